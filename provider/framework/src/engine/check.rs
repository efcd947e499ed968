//! The rules by which Terraform judges a provider's answers.
//!
//! Breaking one is our bug, and Terraform reports it as such, but without saying where it comes from.
//! In debug builds the framework checks its own answers first and names resource, RPC and path.

use crate::cty::{Path, Value as CtyValue};
use crate::schema::{Attribute, Nesting, Object};

/// One broken rule: where, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) path: Path,
    pub(crate) rule: String,
}

/// Whether a plan is one that Terraform accepts for `config` over `prior`.
pub(crate) fn plan(
    attributes: &[Attribute],
    config: &Object,
    prior: Option<&Object>,
    planned: &Object,
) -> Vec<Violation> {
    let mut violations = vec![];
    plan_object(attributes, Some(config), prior, planned, &Path::default(), &mut violations);
    violations
}

fn plan_object(
    attributes: &[Attribute],
    config: Option<&Object>,
    prior: Option<&Object>,
    planned: &Object,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    for attribute in attributes {
        let path = path.clone().attribute(attribute.name);
        let Some(value) = planned.get(attribute.name) else {
            violations.push(Violation { path, rule: "is missing from the plan".into() });
            continue;
        };
        let null = &CtyValue::Null;
        let config = config.map(|config| config.get(attribute.name).unwrap_or(null));
        let prior = prior.and_then(|prior| prior.get(attribute.name));
        plan_value(attribute, config, prior, value, &path, violations);
    }
}

fn plan_value(
    attribute: &Attribute,
    config: Option<&CtyValue>,
    prior: Option<&CtyValue>,
    planned: &CtyValue,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    let mut broken =
        |rule: &str| violations.push(Violation { path: path.clone(), rule: rule.to_owned() });
    if attribute.write_only() {
        if !planned.is_null() {
            broken("is write-only and must be null in a plan");
        }
        return;
    }
    // Under an object that the provider itself plans, there is no configuration to compare with.
    let Some(config) = config else { return };
    if attribute.is_block() {
        return plan_block(attribute, config, prior, planned, path, violations);
    }
    if config.is_null() {
        if !attribute.computed() && !planned.is_null() {
            broken("is planned, but it is not configured and not computed");
        }
        return;
    }
    if planned == config {
        return;
    }
    if let Some(prior) = prior.filter(|prior| !prior.is_null())
        && planned == prior
    {
        return;
    }
    if planned.is_unknown() && config.is_known() {
        return broken("is planned unknown, but it is configured");
    }
    plan_nested(attribute, config, prior, planned, path, violations);
}

/// A block is there as often as the configuration has it, and no prior state makes up for that.
fn plan_block(
    attribute: &Attribute,
    config: &CtyValue,
    prior: Option<&CtyValue>,
    planned: &CtyValue,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    let mut broken =
        |rule: &str| violations.push(Violation { path: path.clone(), rule: rule.to_owned() });
    if planned.is_null() && !attribute.none().is_null() {
        return broken("is planned null, where no block is an empty one");
    }
    if planned == config || (attribute.is_computed_block() && attribute.is_none(config)) {
        return;
    }
    if config.is_unknown() {
        return broken("is a block that is unknown in the configuration, and planned otherwise");
    }
    if planned.is_unknown() {
        return broken("is a block that is planned unknown, but it is configured");
    }
    plan_nested(attribute, config, prior, planned, path, violations);
}

fn plan_nested(
    attribute: &Attribute,
    config: &CtyValue,
    prior: Option<&CtyValue>,
    planned: &CtyValue,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    let mut broken =
        |rule: &str| violations.push(Violation { path: path.clone(), rule: rule.to_owned() });
    let Some((nesting, nested)) = attribute.kind.nested() else {
        return broken("is planned other than configured");
    };
    match (nesting, config, planned) {
        (Nesting::Single, CtyValue::Object(config), CtyValue::Object(planned)) => {
            let prior = prior.and_then(CtyValue::as_object);
            plan_object(nested, Some(config), prior, planned, path, violations);
        }
        (Nesting::Map, CtyValue::Map(config), CtyValue::Map(planned)) => {
            if !config.keys().eq(planned.keys()) {
                return broken("is planned with other keys than configured");
            }
            let prior = prior.and_then(CtyValue::as_map);
            for (key, planned) in planned {
                let prior = prior.and_then(|prior| prior.get(key));
                let path = path.clone().key(key);
                element(nested, config.get(key), prior, planned, &path, violations);
            }
        }
        (Nesting::List, CtyValue::List(config), CtyValue::List(planned)) => {
            if config.len() != planned.len() {
                return broken("is planned with another length than configured");
            }
            let prior = prior.and_then(CtyValue::as_list).unwrap_or_default();
            for (position, planned) in planned.iter().enumerate() {
                let index = i64::try_from(position).unwrap_or(i64::MAX);
                let path = path.clone().index(index);
                let prior = prior.get(position);
                element(nested, config.get(position), prior, planned, &path, violations);
            }
        }
        (Nesting::Set, CtyValue::Set(config), CtyValue::Set(planned)) => {
            if config.len() != planned.len() {
                broken("is planned with another length than configured");
            }
        }
        _ => broken("is planned as another type than configured"),
    }
}

fn element(
    nested: &[Attribute],
    config: Option<&CtyValue>,
    prior: Option<&CtyValue>,
    planned: &CtyValue,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    if planned.is_unknown() && config.is_some_and(CtyValue::is_known) {
        let rule = "is planned unknown, but it is configured".to_owned();
        violations.push(Violation { path: path.clone(), rule });
    }
    let (Some(CtyValue::Object(config)), CtyValue::Object(planned)) = (config, planned) else {
        return;
    };
    let prior = prior.and_then(CtyValue::as_object);
    plan_object(nested, Some(config), prior, planned, path, violations);
}

/// Whether `actual` is what `planned` promised: known values as planned, unknown ones filled.
pub(crate) fn compatible(planned: &CtyValue, actual: &CtyValue) -> Vec<Violation> {
    let mut violations = vec![];
    compare(planned, actual, &Path::default(), &mut violations);
    violations
}

fn compare(planned: &CtyValue, actual: &CtyValue, path: &Path, violations: &mut Vec<Violation>) {
    let mut broken =
        |rule: &str| violations.push(Violation { path: path.clone(), rule: rule.to_owned() });
    match (planned, actual) {
        (CtyValue::Unknown(refinement), actual) => {
            if !refinement.admits(actual) {
                broken("is not what the plan promised of it");
            }
        }
        (CtyValue::Object(planned), CtyValue::Object(actual)) => {
            keyed(planned, actual, |path, key| path.attribute(key), path, violations);
        }
        (CtyValue::Map(planned), CtyValue::Map(actual)) => {
            keyed(planned, actual, |path, key| path.key(key), path, violations);
        }
        (CtyValue::List(planned), CtyValue::List(actual))
        | (CtyValue::Tuple(planned), CtyValue::Tuple(actual)) => {
            if planned.len() != actual.len() {
                return broken("has another length than planned");
            }
            for (index, (planned, actual)) in (0..).zip(planned.iter().zip(actual)) {
                compare(planned, actual, &path.clone().index(index), violations);
            }
        }
        (CtyValue::Set(planned), CtyValue::Set(actual)) => {
            let unknown = planned.iter().any(|element| !element.is_wholly_known());
            if (!unknown && planned != actual) || (unknown && actual.len() > planned.len()) {
                broken("is another set than planned");
            }
        }
        (planned, actual) if planned == actual => {}
        (_, CtyValue::Null) => broken("was planned and is null"),
        (CtyValue::Null, _) => broken("was planned null and is not"),
        _ => broken("is another value than planned"),
    }
}

fn keyed(
    planned: &Object,
    actual: &Object,
    step: impl Fn(Path, &str) -> Path,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    for (key, planned) in planned {
        let path = step(path.clone(), key);
        match actual.get(key) {
            Some(actual) => compare(planned, actual, &path, violations),
            None => violations.push(Violation { path, rule: "was planned and has gone".into() }),
        }
    }
    for key in actual.keys().filter(|key| !planned.contains_key(key)) {
        let path = step(path.clone(), key);
        violations.push(Violation { path, rule: "has appeared and was not planned".into() });
    }
}

/// Whether a value that goes into the state is fit for it.
pub(crate) fn stored(attributes: &[Attribute], object: &Object) -> Vec<Violation> {
    let mut violations = vec![];
    stored_object(attributes, object, &Path::default(), &mut violations);
    violations
}

fn stored_object(
    attributes: &[Attribute],
    object: &Object,
    path: &Path,
    violations: &mut Vec<Violation>,
) {
    for attribute in attributes {
        let path = path.clone().attribute(attribute.name);
        let mut broken = |rule: String| violations.push(Violation { path: path.clone(), rule });
        let Some(value) = object.get(attribute.name) else {
            broken("is missing from the state".into());
            continue;
        };
        if attribute.write_only() && !value.is_null() {
            broken("is write-only and must be null in the state".into());
        }
        if value.is_null() && !attribute.none().is_null() {
            broken("is null, where no block is an empty one".into());
        }
        if !value.is_wholly_known() {
            broken("is still unknown".into());
        }
        if let Err((inner, what)) = value.conforms(&attribute.kind.ty()) {
            broken(format!("does not conform to the schema ({inner}: {what})"));
        }
        let Some((_, nested)) = attribute.kind.nested() else { continue };
        let mut inside = |value: &CtyValue, path: &Path| {
            if let CtyValue::Object(inner) = value {
                stored_object(nested, inner, path, violations);
            }
        };
        match value {
            CtyValue::Map(elements) => {
                elements.iter().for_each(|(key, one)| inside(one, &path.clone().key(key)));
            }
            CtyValue::List(elements) => {
                let elements = (0..).zip(elements);
                elements.for_each(|(index, one)| inside(one, &path.clone().index(index)));
            }
            // No element of a set has a place of its own.
            CtyValue::Set(elements) => elements.iter().for_each(|one| inside(one, &path)),
            value => inside(value, &path),
        }
    }
}
