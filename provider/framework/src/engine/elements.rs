//! Which element is which: lists and maps, now and before.
//!
//! An element of a list is known by its required attributes: taking the first out of a list must not
//! hand its settings to the one that is first now. Where there are none, the position has to do. An
//! element of a map is known by its key, in whatever spelling.

use std::collections::{BTreeMap, VecDeque};

use crate::cty::{Name, Value as CtyValue};
use crate::schema::{Attribute, Object};

/// For each element of `now` the position that it had in `before`, if it was there.
pub(crate) fn positions(
    nested: &[Attribute],
    now: &[CtyValue],
    before: &[CtyValue],
) -> Vec<Option<usize>> {
    let required: Vec<&Attribute> =
        nested.iter().filter(|one| one.required() && !one.is_block()).collect();
    if required.is_empty() {
        return (0..now.len()).map(|index| Some(index).filter(|at| *at < before.len())).collect();
    }
    let mut places: BTreeMap<Vec<CtyValue>, VecDeque<usize>> = BTreeMap::new();
    for (index, element) in before.iter().enumerate() {
        if let Some(key) = key(&required, element) {
            places.entry(key).or_default().push_back(index);
        }
    }
    let place = |element| places.get_mut(&key(&required, element)?)?.pop_front();
    now.iter().map(place).collect()
}

/// What an element is known by, in one spelling; nothing while that is unknown.
pub(crate) fn key(required: &[&Attribute], element: &CtyValue) -> Option<Vec<CtyValue>> {
    let object = element.as_object()?;
    let part = |attribute: &&Attribute| {
        let value = object.get(attribute.name).filter(|value| value.is_wholly_known())?;
        Some((attribute.canonical)(value))
    };
    required.iter().map(part).collect()
}

/// The keys of a map as it was, to be found in any spelling.
pub(crate) struct Keys<'a> {
    attribute: &'a Attribute,
    before: Option<&'a Object>,
    spellings: Option<BTreeMap<String, &'a Name>>,
}

impl<'a> Keys<'a> {
    pub(crate) fn of(attribute: &'a Attribute, before: Option<&'a Object>) -> Self {
        Self { attribute, before, spellings: None }
    }

    /// The key that `key` was before, where the map had it.
    pub(crate) fn before(&mut self, key: &str) -> Option<&'a Name> {
        let before = self.before?;
        if let Some((same, _)) = before.get_key_value(key) {
            return Some(same);
        }
        let canonical = self.attribute.canonical_key;
        let spellings = self.spellings.get_or_insert_with(|| {
            before.keys().map(|key| (canonical(key).into_owned(), key)).collect()
        });
        spellings.get(canonical(key).as_ref()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Class;

    fn rule(port: i64, remark: &str) -> CtyValue {
        CtyValue::object([("port", port.into()), ("remark", remark.into())])
    }

    fn attributes(required: bool) -> Vec<Attribute> {
        let class = || Class::Setting { absent: None, keep: false };
        let port = if required { Class::Required } else { class() };
        vec![Attribute::of::<i64>("port", port), Attribute::of::<String>("remark", class())]
    }

    #[test]
    fn an_element_is_known_by_what_it_must_have() {
        let before = [rule(22, "a"), rule(80, "b"), rule(80, "c")];
        let now = [rule(80, ""), rule(443, ""), rule(80, ""), rule(80, "")];
        let found = positions(&attributes(true), &now, &before);
        assert_eq!(found, [Some(1), None, Some(2), None]);
    }

    #[test]
    fn without_that_its_position_has_to_do() {
        let found = positions(&attributes(false), &[rule(1, ""), rule(2, "")], &[rule(2, "")]);
        assert_eq!(found, [Some(0), None]);
    }
}
