//! The rules across attributes, as sentences at each attribute that they name.

use super::model::{Relation, Rule};

/// What the rules say of one attribute.
pub(super) fn sentences(name: &str, rules: &[Rule]) -> Vec<String> {
    let mut conflicts: Vec<&str> = vec![];
    let mut sentences = vec![];
    for Rule { relation, names } in rules {
        let names = || names.iter().map(String::as_str);
        let others = || names().filter(|other| *other != name);
        let first = names().next() == Some(name);
        match relation {
            Relation::AlsoRequires if first => sentences.push(format!("Needs {}.", list(others()))),
            // Whoever needs it says so itself.
            Relation::AlsoRequires => {}
            Relation::AtLeastOneOf => {
                sentences.push(format!("At least one of {} must be set.", list(names())));
            }
            Relation::Conflicting => conflicts.extend(others()),
            Relation::ConflictsWith if first => conflicts.extend(others()),
            Relation::ConflictsWith => conflicts.extend(names().next()),
            Relation::ExactlyOneOf => {
                sentences.push(format!("Exactly one of {} must be set.", list(names())));
            }
            Relation::RequiredTogether => {
                sentences.push(format!("Goes together with {}.", list(others())));
            }
        }
    }
    // Several rules may name the same.
    let mut seen = vec![];
    conflicts.retain(|other| {
        !seen.contains(other) && {
            seen.push(*other);
            true
        }
    });
    if !conflicts.is_empty() {
        sentences.push(format!("Conflicts with {}.", list(conflicts.into_iter())));
    }
    sentences
}

/// Names in a sentence: `` `a`, `b` and `c` ``.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} and {end}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(name: &str, rules: serde_json::Value) -> Vec<String> {
        let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
        sentences(name, &rules)
    }

    #[test]
    fn a_group_is_named_whole_at_each_of_its_attributes() {
        let rules = json!([{"relation": "exactly_one_of", "names": ["a", "b", "c"]}]);
        for name in ["a", "b", "c"] {
            let expected = ["Exactly one of `a`, `b` and `c` must be set."];
            assert_eq!(said(name, rules.clone()), expected);
        }
        let rules = json!([{"relation": "required_together", "names": ["a", "b"]}]);
        assert_eq!(said("b", rules), ["Goes together with `a`."]);
    }

    #[test]
    fn a_conflict_stands_at_both_of_its_ends_and_once() {
        let rules = json!([
            {"relation": "conflicts_with", "names": ["a", "b"]},
            {"relation": "conflicting", "names": ["b", "a", "c"]},
        ]);
        assert_eq!(said("b", rules.clone()), ["Conflicts with `a` and `c`."]);
        assert_eq!(said("a", rules), ["Conflicts with `b` and `c`."]);
    }

    #[test]
    fn a_need_stands_at_the_one_that_has_it() {
        let rules = json!([{"relation": "also_requires", "names": ["sport", "proto"]}]);
        assert_eq!(said("sport", rules.clone()), ["Needs `proto`."]);
        assert!(said("proto", rules).is_empty());
    }
}
