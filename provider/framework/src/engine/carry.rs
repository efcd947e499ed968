//! Carries over what an answer of a server cannot hold: what only the configuration knows, and the
//! spelling that the user chose.

use std::collections::{BTreeMap, VecDeque};

use super::elements::{self, Keys};
use crate::cty::Value as CtyValue;
use crate::schema::{Attribute, Class, Object};

/// Completes the `fresh` object that a resource returned from the `known` one: the plan after a create
/// or update, the prior state after a read.
pub(crate) fn carry(attributes: &[Attribute], fresh: &mut Object, known: Option<&Object>) {
    for attribute in attributes {
        let before = known.and_then(|known| known.get(attribute.name)).unwrap_or(&CtyValue::Null);
        let slot = fresh.get_or_insert(attribute.name, CtyValue::Null);
        match &attribute.class {
            Class::WriteOnly { .. } => *slot = CtyValue::Null,
            Class::Creation { .. } => *slot = before.clone(),
            Class::Optional { default } => {
                *slot = match (before, default) {
                    (CtyValue::Null, Some(default)) => default.clone(),
                    _ => before.clone(),
                };
            }
            // Nothing in it is known to a server, and so neither is whether it is there.
            Class::Block if attribute.carried() => {
                *slot = if before.is_null() { attribute.none() } else { before.clone() };
            }
            Class::Required | Class::Setting { .. } | Class::Computed { .. } | Class::Block => {
                value(attribute, slot, before)
            }
        }
    }
}

/// Gives settings that the configuration leaves to the server the value that was planned for them, even
/// where the server has another one since: somebody changed it between plan and apply, and the next
/// refresh shows that.
pub(crate) fn hold(
    attributes: &[Attribute],
    fresh: &mut Object,
    planned: &Object,
    config: Option<&Object>,
) {
    for attribute in attributes {
        let (Some(slot), Some(promised)) =
            (fresh.get_mut(attribute.name), planned.get(attribute.name))
        else {
            continue;
        };
        let config = config.and_then(|config| config.get(attribute.name));
        let config = config.filter(|config| !config.is_null());
        let setting = matches!(attribute.class, Class::Setting { .. });
        // The plan of a Terraform that does not know computed blocks has none.
        let left = (setting && config.is_none()) || attribute.is_computed_block();
        if left && promised.is_wholly_known() {
            *slot = promised.clone();
            continue;
        }
        let Some((_, nested)) = attribute.kind.nested() else { continue };
        match (slot, promised) {
            (CtyValue::Object(fresh), CtyValue::Object(promised)) => {
                hold(nested, fresh, promised, config.and_then(CtyValue::as_object));
            }
            (CtyValue::Map(fresh), CtyValue::Map(promised)) => {
                let config = config.and_then(CtyValue::as_map);
                for (key, element) in fresh {
                    if let (CtyValue::Object(fresh), Some(CtyValue::Object(promised))) =
                        (element, promised.get(key))
                    {
                        let config = config.and_then(|config| config.get(key));
                        hold(nested, fresh, promised, config.and_then(CtyValue::as_object));
                    }
                }
            }
            (CtyValue::List(fresh), CtyValue::List(promised)) => {
                let config = config.and_then(CtyValue::as_list).unwrap_or_default();
                for (index, (element, promised)) in fresh.iter_mut().zip(promised).enumerate() {
                    if let (CtyValue::Object(fresh), CtyValue::Object(promised)) =
                        (element, promised)
                    {
                        let config = config.get(index).and_then(CtyValue::as_object);
                        hold(nested, fresh, promised, config);
                    }
                }
            }
            _ => {}
        }
    }
}

fn value(attribute: &Attribute, slot: &mut CtyValue, before: &CtyValue) {
    if let (CtyValue::Map(fresh), Some(before)) = (&mut *slot, before.as_map()) {
        respell(attribute, fresh, before);
    }
    let Some((_, nested)) = attribute.kind.nested() else {
        if before.is_known() && !before.is_null() && attribute.equivalent(before, slot) {
            *slot = before.clone();
        }
        return;
    };
    match slot {
        // Two of before may be one in another spelling.
        CtyValue::Set(_) if before.is_wholly_known() && attribute.equivalent(before, slot) => {
            *slot = before.clone();
        }
        CtyValue::Set(fresh) => {
            let before = before.as_list().unwrap_or_default();
            *slot = CtyValue::set(recognized(nested, std::mem::take(fresh), before));
        }
        CtyValue::Object(fresh) => carry(nested, fresh, before.as_object()),
        CtyValue::Map(fresh) => {
            let before = before.as_map();
            for (key, element) in fresh {
                if let CtyValue::Object(fresh) = element {
                    let before = before.and_then(|before| before.get(key));
                    carry(nested, fresh, before.and_then(CtyValue::as_object));
                }
            }
        }
        CtyValue::List(fresh) => {
            let before = before.as_list().unwrap_or_default();
            let positions = elements::positions(nested, fresh, before);
            for (element, position) in fresh.iter_mut().zip(positions) {
                if let CtyValue::Object(fresh) = element {
                    let before = position.and_then(|position| before.get(position));
                    carry(nested, fresh, before.and_then(CtyValue::as_object));
                }
            }
        }
        _ => {}
    }
}

/// The elements of a set as they were before, where they are the same in everything that a server knows.
fn recognized(nested: &[Attribute], fresh: Vec<CtyValue>, before: &[CtyValue]) -> Vec<CtyValue> {
    let told: Vec<&Attribute> = nested.iter().filter(|attribute| !attribute.carried()).collect();
    let mut known: BTreeMap<Vec<CtyValue>, VecDeque<&CtyValue>> = BTreeMap::new();
    for element in before.iter().filter(|element| element.is_wholly_known()) {
        if let Some(key) = elements::key(&told, element) {
            known.entry(key).or_default().push_back(element);
        }
    }
    let mut same = |element: &CtyValue| known.get_mut(&elements::key(&told, element)?)?.pop_front();
    let recognized = fresh.into_iter().map(|element| same(&element).cloned().unwrap_or(element));
    recognized.collect()
}

/// Gives keys, and plain elements, the spelling that they had before.
fn respell(attribute: &Attribute, fresh: &mut Object, before: &Object) {
    let mut keys = Keys::of(attribute, Some(before));
    let plain = attribute.kind.nested().is_none();
    let entries = std::mem::take(fresh).into_iter().map(|(key, value)| {
        let Some(was) = keys.before(&key) else { return (key, value) };
        let Some(old) = before.get(was).filter(|old| plain && old.is_wholly_known()) else {
            return (was.clone(), value);
        };
        let one = |value: &CtyValue| CtyValue::map([(was.clone(), value.clone())]);
        let same = *old != value && attribute.equivalent(&one(old), &one(&value));
        (was.clone(), if same { old.clone() } else { value })
    });
    *fresh = entries.collect();
}
