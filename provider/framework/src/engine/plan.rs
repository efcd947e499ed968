//! Planning: what will be, from the configuration, what is, and the class of each attribute.
//!
//! The plan is a function of its inputs alone: asked twice it answers the same, as Terraform requires.

use std::collections::BTreeSet;

use super::elements::{self, Keys};
use crate::cty::{Path, Value as CtyValue};
use crate::schema::{Attribute, Class, Nesting, Object};

/// What an object will be.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) planned: Object,
    /// The attributes whose change needs another object.
    pub(crate) replace: Vec<Path>,
    /// The creation inputs that changed, which changes nothing.
    pub(crate) inert: Vec<Path>,
}

/// Plans a create (no `prior`) or an update. `configured` are the settings that the configuration had
/// when it was last applied: those that left it go back to the server's default.
pub(crate) fn plan(
    attributes: &[Attribute],
    config: &Object,
    prior: Option<&Object>,
    configured: &BTreeSet<String>,
) -> Plan {
    let mut planner = Planner { configured, moved: false, replace: vec![], inert: vec![] };
    let planned = planner.object(attributes, Some(config), prior, &Place::ROOT);
    let Planner { replace, inert, .. } = planner;
    Plan { planned, replace, inert }
}

/// The settings that a configuration sets, and the elements of maps that it names, as paths.
pub(crate) fn configured(attributes: &[Attribute], config: &Object) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    gather(attributes, config, &Path::default(), &mut paths);
    paths
}

fn gather(attributes: &[Attribute], config: &Object, path: &Path, paths: &mut BTreeSet<String>) {
    for attribute in attributes {
        let Some(value) = config.get(attribute.name).filter(|value| !value.is_null()) else {
            continue;
        };
        let path = path.clone().attribute(attribute.name);
        match (attribute.kind.nested(), value) {
            (Some((_, nested)), CtyValue::Object(inner)) => gather(nested, inner, &path, paths),
            (Some((_, nested)), CtyValue::Map(elements)) => {
                for (key, element) in elements {
                    let path = path.clone().key(key);
                    if let CtyValue::Object(inner) = element {
                        gather(nested, inner, &path, paths);
                    }
                    paths.insert(path.to_string());
                }
            }
            (Some((_, nested)), CtyValue::List(elements)) => {
                for (index, element) in (0..).zip(elements) {
                    if let CtyValue::Object(inner) = element {
                        gather(nested, inner, &path.clone().index(index), paths);
                    }
                }
            }
            _ => {}
        }
        if matches!(attribute.class, Class::Setting { .. }) {
            paths.insert(path.to_string());
        }
    }
}

/// Where the planner is: in the plan, and in the prior state, where it may have another address.
struct Place<'a> {
    outer: Option<&'a Self>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Attribute(&'a str),
    Key { now: &'a str, before: &'a str },
    Index { now: usize, before: usize },
}

impl<'a> Place<'a> {
    const ROOT: Place<'static> = Place { outer: None, step: Step::Root };

    fn step(&'a self, step: Step<'a>) -> Self {
        Self { outer: Some(self), step }
    }

    fn now(&self) -> Path {
        let outer = self.outer.map_or_else(Path::root, Self::now);
        match self.step {
            Step::Root => outer,
            Step::Attribute(name) => outer.attribute(name),
            Step::Key { now, .. } => outer.key(now),
            Step::Index { now, .. } => outer.index(i64::try_from(now).unwrap_or(i64::MAX)),
        }
    }

    fn before(&self) -> Path {
        let outer = self.outer.map_or_else(Path::root, Self::before);
        match self.step {
            Step::Root => outer,
            Step::Attribute(name) => outer.attribute(name),
            Step::Key { before, .. } => outer.key(before),
            Step::Index { before, .. } => outer.index(i64::try_from(before).unwrap_or(i64::MAX)),
        }
    }
}

struct Planner<'a> {
    configured: &'a BTreeSet<String>,
    /// In an element of a list that has another position than before: Terraform compares by position, so
    /// the spelling of before is not to be kept.
    moved: bool,
    replace: Vec<Path>,
    inert: Vec<Path>,
}

impl Planner<'_> {
    /// One object. No `config`: the object left the configuration, its settings with it.
    fn object(
        &mut self,
        attributes: &[Attribute],
        config: Option<&Object>,
        prior: Option<&Object>,
        place: &Place<'_>,
    ) -> Object {
        let mut planned = Object::new();
        let mut changed = BTreeSet::new();
        for attribute in attributes {
            if matches!(attribute.class, Class::Computed { .. }) {
                continue;
            }
            let place = place.step(Step::Attribute(attribute.name));
            let before = prior.map(|prior| prior.get(attribute.name).unwrap_or(&CtyValue::Null));
            let value = match config {
                Some(config) => {
                    let wanted = config.get(attribute.name).unwrap_or(&CtyValue::Null);
                    self.value(attribute, wanted, before, &place)
                }
                None => match &attribute.class {
                    Class::Setting { absent, keep } => {
                        self.unset(attribute, absent.as_ref(), *keep, before, &place)
                    }
                    _ => before.cloned().unwrap_or(CtyValue::Null),
                },
            };
            if let Some(before) = before
                && *before != value
                && !(self.moved && attribute.equivalent(before, &value))
            {
                changed.insert(attribute.name);
                match attribute.class {
                    _ if attribute.replace => self.replace.push(place.now()),
                    Class::Creation { .. } => self.inert.push(place.now()),
                    _ => {}
                }
            }
            planned.insert(attribute.name.to_owned(), value);
        }
        for attribute in attributes {
            let Class::Computed { until } = &attribute.class else { continue };
            let moved = until.iter().any(|name| changed.contains(name));
            let before = prior.and_then(|prior| prior.get(attribute.name));
            let value = match before {
                Some(before) if !moved => before.clone(),
                _ => CtyValue::unknown(),
            };
            planned.insert(attribute.name.to_owned(), value);
        }
        planned
    }

    fn value(
        &mut self,
        attribute: &Attribute,
        config: &CtyValue,
        prior: Option<&CtyValue>,
        place: &Place<'_>,
    ) -> CtyValue {
        // A value of its own type may be null, too, and is as null as any.
        let config = if config.is_null() { &CtyValue::Null } else { config };
        match (&attribute.class, config) {
            (Class::WriteOnly { .. }, _) => CtyValue::Null,
            (_, CtyValue::Unknown(_)) => config.clone(),
            (Class::Optional { default: Some(default) }, CtyValue::Null) => default.clone(),
            (Class::Setting { absent, keep }, CtyValue::Null) => {
                self.unset(attribute, absent.as_ref(), *keep, prior, place)
            }
            (Class::Block, CtyValue::Null) => attribute.none(),
            (_, CtyValue::Null) => CtyValue::Null,
            (_, known) => self.known(attribute, known, prior, place),
        }
    }

    /// A setting that the configuration does not have.
    fn unset(
        &mut self,
        attribute: &Attribute,
        absent: Option<&CtyValue>,
        keep: bool,
        prior: Option<&CtyValue>,
        place: &Place<'_>,
    ) -> CtyValue {
        let Some(prior) = prior else { return CtyValue::unknown() };
        if keep || prior.is_null() || !self.was_configured(place) {
            return prior.clone();
        }
        match (attribute.kind.nested(), prior) {
            // An object that is always there loses its settings one by one; another goes as a whole.
            (Some((Nesting::Single, nested)), CtyValue::Object(before))
                if absent.is_none() && !attribute.nullable =>
            {
                CtyValue::Object(self.object(nested, None, Some(before), place))
            }
            _ => absent.cloned().unwrap_or_else(CtyValue::unknown),
        }
    }

    fn was_configured(&self, place: &Place<'_>) -> bool {
        self.configured.contains(&place.before().to_string())
    }

    /// A value that the configuration has.
    fn known(
        &mut self,
        attribute: &Attribute,
        config: &CtyValue,
        prior: Option<&CtyValue>,
        place: &Place<'_>,
    ) -> CtyValue {
        let value = match (attribute.kind.nested(), config) {
            (Some((_, nested)), CtyValue::Object(inner)) => {
                let before = prior.and_then(CtyValue::as_object);
                CtyValue::Object(self.object(nested, Some(inner), before, place))
            }
            (Some((_, nested)), CtyValue::Map(elements)) => {
                return self.map(attribute, nested, elements, prior, place);
            }
            (Some((Nesting::List, nested)), CtyValue::List(elements)) => {
                let before = prior.and_then(CtyValue::as_list).unwrap_or_default();
                let positions = elements::positions(nested, elements, before);
                let planned = elements.iter().zip(positions).enumerate();
                CtyValue::List(
                    planned
                        .map(|(now, (element, position))| {
                            let before = position.and_then(|position| before.get(position));
                            let was = position.unwrap_or(now);
                            let step = Step::Index { now, before: was };
                            let moved = self.moved;
                            self.moved |= was != now;
                            let planned = self.element(nested, element, before, &place.step(step));
                            self.moved = moved;
                            planned
                        })
                        .collect(),
                )
            }
            _ => config.clone(),
        };
        match prior {
            Some(prior)
                if !self.moved && !is_object(attribute) && attribute.equivalent(prior, &value) =>
            {
                prior.clone()
            }
            _ => value,
        }
    }

    /// The elements of a map by their keys. Keys that are but spelt otherwise change nothing.
    fn map(
        &mut self,
        attribute: &Attribute,
        nested: &[Attribute],
        elements: &Object,
        prior: Option<&CtyValue>,
        place: &Place<'_>,
    ) -> CtyValue {
        let before = prior.and_then(CtyValue::as_map);
        let mut keys = Keys::of(attribute, before);
        let (mut planned, mut respelt) = (Object::new(), Object::new());
        for (key, element) in elements {
            let was = keys.before(key);
            let old = was.and_then(|was| before?.get(was));
            let step = Step::Key { now: key, before: was.unwrap_or(key) };
            let value = self.element(nested, element, old, &place.step(step));
            // A block has the label that it has in the configuration.
            if !attribute.is_block() && !self.moved && was.is_some_and(|was| was != key) {
                respelt.insert(was.unwrap_or(key).clone(), value.clone());
            }
            planned.insert(key.clone(), value);
        }
        if let (false, Some(before)) = (respelt.is_empty(), before) {
            let kept = planned.iter().filter(|(key, _)| before.contains_key(key));
            respelt.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
            if respelt.len() == planned.len() && respelt == *before {
                return CtyValue::Map(respelt);
            }
        }
        CtyValue::Map(planned)
    }

    fn element(
        &mut self,
        nested: &[Attribute],
        config: &CtyValue,
        prior: Option<&CtyValue>,
        place: &Place<'_>,
    ) -> CtyValue {
        match config {
            CtyValue::Object(inner) => {
                let before = prior.and_then(CtyValue::as_object);
                CtyValue::Object(self.object(nested, Some(inner), before, place))
            }
            other => other.clone(),
        }
    }
}

/// Whether the attributes in it are planned one by one; no element of a set has an address for that.
fn is_object(attribute: &Attribute) -> bool {
    attribute.kind.nested().is_some_and(|(nesting, _)| nesting != Nesting::Set)
}

/// Marks the value at each path unknown; a path that leads nowhere is left alone.
pub(crate) fn mark_unknown(planned: &mut CtyValue, paths: &[Path]) {
    for path in paths {
        if let Some(value) = planned.get_mut(path) {
            *value = CtyValue::unknown();
        }
    }
}

/// Puts a value that is foreseen at each path; a path that leads nowhere is left alone.
pub(crate) fn mark_known(planned: &mut CtyValue, foreseen: Vec<(Path, CtyValue)>) {
    for (path, value) in foreseen {
        if let Some(slot) = planned.get_mut(&path) {
            *slot = value;
        }
    }
}
