//! How core compares objects: a plan with its configuration, a result with its plan.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::cty::{Named, Path, Value};

use crate::outcome::Report;
use crate::proposed::part;
use crate::rule::Rule;
use crate::schema::{Attribute, Block, Kind, Nesting};

type Attributes = BTreeMap<String, Attribute>;

/// Reports where `planned` is not a plan for `config` over `prior`.
pub(crate) fn assert_plan_valid(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
    report: &mut Report,
) {
    if planned.is_null() != config.is_null() {
        return report.broken(Rule::PlannedNull, &Path::root());
    }
    if !planned.is_null() {
        plan_of_block(block, prior, config, planned, &Path::root(), report);
    }
}

fn plan_of_block(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    report: &mut Report,
) {
    plan_of_attributes(&block.attributes, prior, config, planned, path, report);
    for (name, nested) in &block.blocks {
        let path = path.clone().attribute(name);
        let (prior, config) = (part(prior, name), part(config, name));
        let planned = part(planned, name);
        // A whole block that is unknown comes of `dynamic` and stays as it is.
        if planned == config {
            continue;
        }
        if nested.computed && *config == crate::client::none(nested) {
            continue;
        }
        if planned.is_unknown() {
            report.broken(Rule::PlannedUnknown, &path);
            continue;
        }
        let each = &mut |prior: &Value, config: &Value, planned: &Value, path: &Path| {
            plan_of_block(&nested.block, prior, config, planned, path, report);
        };
        let valid = &|prior: &Value, config: &Value, planned: &Value| {
            let mut found = Report::new("");
            plan_of_block(&nested.block, prior, config, planned, &Path::root(), &mut found);
            found.sound()
        };
        let object = (nested.nesting, prior, config, planned);
        if let Err(rule) = elements(object, &path, valid, each) {
            report.broken(rule, &path);
        }
    }
}

fn plan_of_attributes(
    attributes: &Attributes,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    report: &mut Report,
) {
    for (name, attribute) in attributes {
        let path = path.clone().attribute(name);
        let (prior, config) = (part(prior, name), part(config, name));
        plan_of_value(attribute, prior, config, part(planned, name), &path, report);
    }
}

fn plan_of_value(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    report: &mut Report,
) {
    // Write-only values are null whatever is configured; another check looks at them.
    if attribute.write_only || planned == config {
        return;
    }
    if config.is_null() {
        if !attribute.computed {
            report.broken(Rule::PlannedNotComputed, path);
        }
        return;
    }
    // The value of before is the same value in another spelling.
    if !prior.is_null() && planned == prior {
        return;
    }
    if planned.is_unknown() {
        return report.broken(Rule::PlannedUnknown, path);
    }
    let Kind::Nested(nesting, nested) = &attribute.kind else {
        return report.broken(Rule::PlannedOtherThanConfigured, path);
    };
    let each = &mut |prior: &Value, config: &Value, planned: &Value, path: &Path| {
        plan_of_attributes(nested, prior, config, planned, path, report);
    };
    let valid = &|prior: &Value, config: &Value, planned: &Value| {
        let mut found = Report::new("");
        plan_of_attributes(nested, prior, config, planned, &Path::root(), &mut found);
        found.sound()
    };
    if let Err(rule) = elements((*nesting, prior, config, planned), path, valid, each) {
        report.broken(rule, path);
    }
}

/// Calls `each` for every element that has an address; an error when the elements are not the configured
/// ones. Whether an element of a set is one of them, `valid` tells.
fn elements(
    (nesting, prior, config, planned): (Nesting, &Value, &Value, &Value),
    path: &Path,
    valid: &Valid<'_>,
    each: &mut dyn FnMut(&Value, &Value, &Value, &Path),
) -> Result<(), Rule> {
    let null = Value::Null;
    match (nesting, config, planned) {
        (_, _, Value::Null) | (_, Value::Null, _) => Err(Rule::PlannedNull),
        // What is unknown as a whole may turn out to be anything.
        (_, Value::Unknown(_), _) => Err(Rule::PlannedOtherThanConfigured),
        (Nesting::Single | Nesting::Group, Value::Object(_), Value::Object(_)) => {
            each(prior, config, planned, path);
            Ok(())
        }
        (Nesting::List, Value::List(configured), Value::List(elements)) => {
            if configured.len() != elements.len() {
                return Err(Rule::PlannedElements);
            }
            let before = prior.as_list().unwrap_or_default();
            for (at, (config, planned)) in configured.iter().zip(elements).enumerate() {
                let path = path.clone().index(i64::try_from(at).unwrap_or(i64::MAX));
                element(before.get(at).unwrap_or(&null), config, planned, &path, each)?;
            }
            Ok(())
        }
        (Nesting::Map, Value::Map(configured), Value::Map(elements)) => {
            if !configured.keys().eq(elements.keys()) {
                return Err(Rule::PlannedElements);
            }
            let before = prior.as_map();
            for ((key, config), planned) in configured.iter().zip(elements.values()) {
                let before = before.and_then(|before| before.get(key)).unwrap_or(&null);
                element(before, config, planned, &path.clone().key(key), each)?;
            }
            Ok(())
        }
        (Nesting::Set, Value::Set(configured), Value::Set(elements)) => {
            let before = prior.as_list().unwrap_or_default();
            match corresponding(configured, elements, before, valid) {
                true => Ok(()),
                false => Err(Rule::PlannedElements),
            }
        }
        _ => Err(Rule::PlannedOtherThanConfigured),
    }
}

/// Whether something is a plan for a configuration over what there was.
type Valid<'a> = dyn Fn(&Value, &Value, &Value) -> bool + 'a;

/// Whether each element of a set is planned for one that is configured, and the other way round. Core
/// does not look, since nothing tells which came from which.
fn corresponding(
    configured: &[Value],
    planned: &[Value],
    before: &[Value],
    valid: &Valid<'_>,
) -> bool {
    if configured.len() != planned.len() {
        return false;
    }
    let there: BTreeSet<&Value> = planned.iter().collect();
    let same: BTreeSet<&Value> = configured.iter().filter(|one| there.contains(one)).collect();
    let configured: Vec<&Value> = configured.iter().filter(|one| !same.contains(one)).collect();
    let planned: Vec<&Value> = planned.iter().filter(|one| !same.contains(one)).collect();
    let fits = |config: &Value, planned: &Value| match (config, planned) {
        (Value::Object(_), Value::Object(_)) => {
            valid(&Value::Null, config, planned)
                || before.iter().any(|prior| valid(prior, config, planned))
        }
        _ => false,
    };
    let mut taken = vec![None; planned.len()];
    (0..configured.len()).all(|at| {
        let mut seen = vec![false; planned.len()];
        assigned(at, &configured, &planned, &fits, &mut taken, &mut seen)
    })
}

/// Finds a planned element for the configured one at `at`, moving those that have one already.
fn assigned(
    at: usize,
    configured: &[&Value],
    planned: &[&Value],
    fits: &dyn Fn(&Value, &Value) -> bool,
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    (0..planned.len()).any(|to| {
        if seen[to] || !fits(configured[at], planned[to]) {
            return false;
        }
        seen[to] = true;
        let free =
            taken[to].is_none_or(|other| assigned(other, configured, planned, fits, taken, seen));
        if free {
            taken[to] = Some(at);
        }
        free
    })
}

fn element(
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    each: &mut dyn FnMut(&Value, &Value, &Value, &Path),
) -> Result<(), Rule> {
    match (config, planned) {
        _ if config == planned => Ok(()),
        (_, Value::Unknown(_)) => Err(Rule::PlannedUnknown),
        (Value::Object(_), Value::Object(_)) => {
            each(prior, config, planned, path);
            Ok(())
        }
        _ => Err(Rule::PlannedOtherThanConfigured),
    }
}

/// Reports where `actual` is not what `planned` promised.
pub(crate) fn assert_compatible(planned: &Value, actual: &Value, rule: Rule, report: &mut Report) {
    let mut places = vec![];
    incompatible(planned, actual, &Path::root(), &mut places);
    for path in places {
        report.broken(rule, &path);
    }
}

/// Where two values differ, an unknown one standing for whatever it admits.
fn incompatible(planned: &Value, actual: &Value, path: &Path, places: &mut Vec<Path>) {
    match (planned, actual) {
        (Value::Unknown(refinement), actual) => {
            if !refinement.admits(actual) {
                places.push(path.clone());
            }
        }
        (Value::Object(planned), Value::Object(actual)) => {
            keyed(planned, actual, &|key| path.clone().attribute(key), places);
        }
        (Value::Map(planned), Value::Map(actual)) => {
            keyed(planned, actual, &|key| path.clone().key(key), places);
        }
        (Value::List(planned), Value::List(actual)) if planned.len() == actual.len() => {
            for (at, (planned, actual)) in (0..).zip(planned.iter().zip(actual)) {
                incompatible(planned, actual, &path.clone().index(at), places);
            }
        }
        (Value::Tuple(planned), Value::Tuple(actual)) if planned.len() == actual.len() => {
            for (at, (planned, actual)) in (0..).zip(planned.iter().zip(actual)) {
                incompatible(planned, actual, &path.clone().index(at), places);
            }
        }
        (Value::Dynamic(one, planned), Value::Dynamic(other, actual)) if one == other => {
            incompatible(planned, actual, path, places);
        }
        (Value::Set(planned), Value::Set(actual)) => {
            if !same_set(planned, actual) {
                places.push(path.clone());
            }
        }
        (planned, actual) => {
            if planned != actual {
                places.push(path.clone());
            }
        }
    }
}

fn keyed(
    planned: &Named<Value>,
    actual: &Named<Value>,
    place: &dyn Fn(&str) -> Path,
    places: &mut Vec<Path>,
) {
    for (key, planned) in planned {
        match actual.get(key) {
            Some(actual) => incompatible(planned, actual, &place(key), places),
            None => places.push(place(key)),
        }
    }
    places.extend(actual.keys().filter(|key| !planned.contains_key(key)).map(|key| place(key)));
}

/// Whether each known element is there, each other one stands for one of the rest, and none is left.
fn same_set(planned: &[Value], actual: &[Value]) -> bool {
    let (known, open): (Vec<_>, Vec<_>) = planned.iter().partition(|e| e.is_wholly_known());
    let known: BTreeSet<&Value> = known.into_iter().collect();
    let there: BTreeSet<&Value> = actual.iter().collect();
    if !known.is_subset(&there) || actual.len() > planned.len() {
        return false;
    }
    let compatible = |planned: &Value, actual: &Value| {
        let mut places = vec![];
        incompatible(planned, actual, &Path::root(), &mut places);
        places.is_empty()
    };
    there.difference(&known).all(|actual| open.iter().any(|planned| compatible(planned, actual)))
}

/// Where two values are not the same.
pub(crate) fn differences(one: &Value, other: &Value) -> Vec<Path> {
    let mut places = vec![];
    differ(one, other, &Path::root(), &mut places);
    places
}

fn differ(one: &Value, other: &Value, path: &Path, places: &mut Vec<Path>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            for ((name, one), other) in one.iter().zip(other.values()) {
                differ(one, other, &path.clone().attribute(name), places);
            }
        }
        (Value::Map(one), Value::Map(other)) if one.keys().eq(other.keys()) => {
            for ((key, one), other) in one.iter().zip(other.values()) {
                differ(one, other, &path.clone().key(key), places);
            }
        }
        (Value::List(one), Value::List(other)) if one.len() == other.len() => {
            for (at, (one, other)) in (0..).zip(one.iter().zip(other)) {
                differ(one, other, &path.clone().index(at), places);
            }
        }
        _ if one != other => places.push(path.clone()),
        _ => {}
    }
}

/// Reports what is unknown.
pub(crate) fn assert_known(value: &Value, rule: Rule, report: &mut Report) {
    let mut places = vec![];
    unknowns(value, &Path::root(), &mut places);
    for path in places {
        report.broken(rule, &path);
    }
}

fn unknowns(value: &Value, path: &Path, places: &mut Vec<Path>) {
    match value {
        Value::Unknown(_) => places.push(path.clone()),
        Value::Object(object) => {
            object.iter().for_each(|(n, v)| unknowns(v, &path.clone().attribute(n), places));
        }
        Value::Map(map) => map.iter().for_each(|(k, v)| unknowns(v, &path.clone().key(k), places)),
        Value::List(list) => {
            (0..).zip(list).for_each(|(i, v)| unknowns(v, &path.clone().index(i), places));
        }
        other if !other.is_wholly_known() => places.push(path.clone()),
        _ => {}
    }
}

/// Reports what no plan and no state may hold: a value of a write-only attribute, and null for blocks
/// that are a collection.
pub(crate) fn assert_fit(block: &Block, value: &Value, report: &mut Report) {
    assert_write_only_null(block, value, report);
    if let Value::Object(_) = value {
        null_blocks(block, value, &Path::root(), report);
    }
}

fn null_blocks(block: &Block, value: &Value, path: &Path, report: &mut Report) {
    for (name, nested) in &block.blocks {
        let (value, path) = (part(value, name), path.clone().attribute(name));
        if value.is_null() && nested.nesting != Nesting::Single {
            report.broken(Rule::BlockNull, &path);
        }
        each_object(value, &path, &mut |value, path| {
            null_blocks(&nested.block, value, path, report);
        });
    }
}

/// Reports write-only attributes that have a value.
pub(crate) fn assert_write_only_null(block: &Block, value: &Value, report: &mut Report) {
    secrets_of_block(block, value, &Path::root(), report);
}

fn secrets_of_block(block: &Block, value: &Value, path: &Path, report: &mut Report) {
    secrets(&block.attributes, value, path, report);
    for (name, nested) in &block.blocks {
        let path = path.clone().attribute(name);
        each_object(part(value, name), &path, &mut |value, path| {
            secrets_of_block(&nested.block, value, path, report);
        });
    }
}

fn secrets(attributes: &Attributes, value: &Value, path: &Path, report: &mut Report) {
    for (name, attribute) in attributes {
        let path = path.clone().attribute(name);
        let value = part(value, name);
        if attribute.write_only && !value.is_null() {
            report.broken(Rule::WriteOnlyStored, &path);
        }
        if let Kind::Nested(_, nested) = &attribute.kind {
            each_object(value, &path, &mut |value, path| secrets(nested, value, path, report));
        }
    }
}

/// The objects in a nested value.
pub(crate) fn each_object(value: &Value, path: &Path, each: &mut dyn FnMut(&Value, &Path)) {
    match value {
        Value::Object(_) => each(value, path),
        Value::Map(map) => map.iter().for_each(|(key, value)| each(value, &path.clone().key(key))),
        Value::List(list) => {
            (0..).zip(list).for_each(|(at, value)| each(value, &path.clone().index(at)));
        }
        Value::Set(set) => set.iter().for_each(|value| each(value, path)),
        _ => {}
    }
}
