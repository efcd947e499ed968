//! Planning: what will be, from the configuration, what is, and the class of each attribute.
//!
//! The plan is a function of its inputs alone: asked twice it answers the same, as Terraform requires.

use std::collections::BTreeSet;

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
    let mut planner = Planner { configured, replace: vec![], inert: vec![] };
    let planned = planner.object(attributes, Some(config), prior, &Path::default());
    let Planner { replace, inert, .. } = planner;
    Plan { planned, replace, inert }
}

/// The settings that a configuration sets, as paths.
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
                    if let CtyValue::Object(inner) = element {
                        gather(nested, inner, &path.clone().key(key), paths);
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

struct Planner<'a> {
    configured: &'a BTreeSet<String>,
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
        path: &Path,
    ) -> Object {
        let mut planned = Object::new();
        let mut changed = BTreeSet::new();
        for attribute in attributes {
            if matches!(attribute.class, Class::Computed { .. }) {
                continue;
            }
            let path = path.clone().attribute(attribute.name);
            let before = prior.map(|prior| prior.get(attribute.name).unwrap_or(&CtyValue::Null));
            let value = match config {
                Some(config) => {
                    let wanted = config.get(attribute.name).unwrap_or(&CtyValue::Null);
                    self.value(attribute, wanted, before, &path)
                }
                None => match &attribute.class {
                    Class::Setting { absent, keep } => {
                        self.unset(attribute, absent.as_ref(), *keep, before, &path)
                    }
                    _ => before.cloned().unwrap_or(CtyValue::Null),
                },
            };
            if let Some(before) = before
                && *before != value
            {
                changed.insert(attribute.name);
                match attribute.class {
                    _ if attribute.replace => self.replace.push(path),
                    Class::Creation { .. } => self.inert.push(path),
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
        path: &Path,
    ) -> CtyValue {
        match (&attribute.class, config) {
            (Class::WriteOnly { .. }, _) => CtyValue::Null,
            (_, CtyValue::Unknown(_)) => config.clone(),
            (Class::Optional { default: Some(default) }, CtyValue::Null) => default.clone(),
            (Class::Setting { absent, keep }, CtyValue::Null) => {
                self.unset(attribute, absent.as_ref(), *keep, prior, path)
            }
            (_, CtyValue::Null) => CtyValue::Null,
            (_, known) => self.known(attribute, known, prior, path),
        }
    }

    /// A setting that the configuration does not have.
    fn unset(
        &mut self,
        attribute: &Attribute,
        absent: Option<&CtyValue>,
        keep: bool,
        prior: Option<&CtyValue>,
        path: &Path,
    ) -> CtyValue {
        let Some(prior) = prior else { return CtyValue::unknown() };
        if keep || prior.is_null() || !self.was_configured(path) {
            return prior.clone();
        }
        match (attribute.kind.nested(), prior) {
            // An object that is always there loses its settings one by one; another goes as a whole.
            (Some((Nesting::Single, nested)), CtyValue::Object(before))
                if absent.is_none() && !attribute.nullable =>
            {
                CtyValue::Object(self.object(nested, None, Some(before), path))
            }
            _ => absent.cloned().unwrap_or_else(CtyValue::unknown),
        }
    }

    fn was_configured(&self, path: &Path) -> bool {
        self.configured.contains(&path.to_string())
    }

    /// A value that the configuration has.
    fn known(
        &mut self,
        attribute: &Attribute,
        config: &CtyValue,
        prior: Option<&CtyValue>,
        path: &Path,
    ) -> CtyValue {
        let value = match (attribute.kind.nested(), config) {
            (Some((_, nested)), CtyValue::Object(inner)) => {
                let before = prior.and_then(CtyValue::as_object);
                CtyValue::Object(self.object(nested, Some(inner), before, path))
            }
            (Some((_, nested)), CtyValue::Map(elements)) => {
                let before = prior.and_then(CtyValue::as_map);
                CtyValue::Map(
                    elements
                        .iter()
                        .map(|(key, element)| {
                            let before = before.and_then(|before| before.get(key));
                            let path = path.clone().key(key);
                            (key.clone(), self.element(nested, element, before, &path))
                        })
                        .collect(),
                )
            }
            (Some((_, nested)), CtyValue::List(elements)) => {
                let before = prior.and_then(CtyValue::as_list).unwrap_or_default();
                CtyValue::List(
                    elements
                        .iter()
                        .enumerate()
                        .map(|(position, element)| {
                            let index = i64::try_from(position).unwrap_or(i64::MAX);
                            let path = path.clone().index(index);
                            self.element(nested, element, before.get(position), &path)
                        })
                        .collect(),
                )
            }
            _ => config.clone(),
        };
        match prior {
            Some(prior)
                if attribute.kind.nested().is_none() && attribute.equivalent(prior, &value) =>
            {
                prior.clone()
            }
            _ => value,
        }
    }

    fn element(
        &mut self,
        nested: &[Attribute],
        config: &CtyValue,
        prior: Option<&CtyValue>,
        path: &Path,
    ) -> CtyValue {
        match config {
            CtyValue::Object(inner) => {
                let before = prior.and_then(CtyValue::as_object);
                CtyValue::Object(self.object(nested, Some(inner), before, path))
            }
            other => other.clone(),
        }
    }
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
