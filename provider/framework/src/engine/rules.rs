//! Rules across attributes: what a configuration breaks, and what is left out to keep them.

use crate::cty::{Path, Value as CtyValue};
use crate::schema::{Attribute, Object, Relation, Rule};
use crate::{Diagnostic, Diagnostics};

/// Reports every rule that the configuration of one object breaks, once. What is unknown may become null
/// or not, so it breaks none.
pub(crate) fn check(
    attributes: &[Attribute],
    config: &Object,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    for rule in attributes.iter().flat_map(|attribute| &attribute.rules) {
        if let Some(broken) = Broken::find(rule, attributes, config) {
            diagnostics.push(broken.report(rule, path));
        }
    }
}

/// Takes out of a configuration that is made of a state what its rules do not allow together. What the
/// configuration alone decides goes before what the server has too, and then what a rule names first.
pub(crate) fn settle(attributes: &[Attribute], config: &mut Object) {
    let rules: Vec<&Rule> = attributes.iter().flat_map(|attribute| &attribute.rules).collect();
    let servers = |name: &str| {
        let attribute = attributes.iter().find(|attribute| attribute.name == name);
        attribute.is_some_and(Attribute::computed)
    };
    // What is taken out for one rule may break another; each round takes out one attribute at least.
    for _ in attributes {
        let Some((rule, broken)) =
            rules.iter().find_map(|rule| Some((*rule, Broken::find(rule, attributes, config)?)))
        else {
            break;
        };
        let Some(out) = broken.dispensable(rule, &servers) else { break };
        for name in out {
            let attribute = attributes.iter().find(|attribute| attribute.name == name);
            config.insert(name.to_owned(), attribute.map_or(CtyValue::Null, Attribute::none));
        }
    }
}

/// How a rule is broken: by which attributes that are set, and which that are not.
struct Broken {
    set: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl Broken {
    fn find(rule: &Rule, attributes: &[Attribute], config: &Object) -> Option<Self> {
        let value = |name: &str| {
            let value = config.get(name).unwrap_or(&CtyValue::Null);
            let attribute = attributes.iter().find(|attribute| attribute.name == name);
            // No block is an empty one.
            match attribute.is_some_and(|attribute| attribute.is_none(value)) {
                true => &CtyValue::Null,
                false => value,
            }
        };
        let is_set = |name: &&str| !value(name).is_null() && !value(name).is_unknown();
        let is_missing = |name: &&str| value(name).is_null();
        let set: Vec<&str> = rule.names.iter().copied().filter(is_set).collect();
        let missing: Vec<&str> = rule.names.iter().copied().filter(is_missing).collect();
        let none = missing.len() == rule.names.len();
        let first = rule.names.first().is_some_and(|first| set.first() == Some(first));
        let broken = match rule.relation {
            Relation::AlsoRequires => first && !missing.is_empty(),
            Relation::AtLeastOneOf => none,
            Relation::Conflicting => set.len() > 1,
            Relation::ConflictsWith => first && set.len() > 1,
            Relation::ExactlyOneOf => none || set.len() > 1,
            Relation::RequiredTogether => !set.is_empty() && !missing.is_empty(),
        };
        broken.then_some(Self { set, missing })
    }

    fn report(&self, rule: &Rule, path: &Path) -> Diagnostic {
        let Self { set, missing } = self;
        let all = list(rule.names, "and");
        let first = rule.names.first().copied().unwrap_or_default();
        let others = list(rule.names.get(1..).unwrap_or_default(), "and");
        let law = match rule.relation {
            Relation::AlsoRequires => format!("`{first}` needs {others} to be set as well."),
            Relation::AtLeastOneOf => format!("At least one of {all} must be set."),
            Relation::Conflicting => format!("At most one of {all} may be set."),
            Relation::ConflictsWith => {
                format!("`{first}` must not be set together with {}.", list(&rule.names[1..], "or"))
            }
            Relation::ExactlyOneOf => format!("Exactly one of {all} must be set."),
            Relation::RequiredTogether => format!("{all} are set together, or not at all."),
        };
        let (summary, hint, at) = match (set.as_slice(), missing.as_slice()) {
            ([], _) => {
                let summary = match rule.names {
                    [one, other] => format!("Neither `{one}` nor `{other}` is set"),
                    names => format!("None of {} is set", list(names, "and")),
                };
                (summary, format!("set {}", list(rule.names, "or")), first)
            }
            ([one, ..], missing) if !rule.relation.excludes() => {
                let missing = list(missing, "and");
                let hint = format!("set {missing} too, or leave {} out", list(set, "and"));
                (format!("`{one}` needs {missing}"), hint, *one)
            }
            (set, _) => {
                let both = if set.len() == 2 { "both" } else { "all" };
                let hint = match rule.relation {
                    Relation::ConflictsWith => {
                        format!("leave `{first}` out, or {}", list(&set[1..], "and"))
                    }
                    _ => format!(
                        "keep one, and leave {} out",
                        if set.len() == 2 { "the other" } else { "the others" }
                    ),
                };
                // The first may well be what is wanted, and what came later the mistake.
                (format!("{} are {both} set", list(set, "and")), hint, set[1])
            }
        };
        let report = Diagnostic::error(summary).detail(law).hint(hint);
        report.at(path.clone().attribute(at))
    }

    /// The attributes to take out, or nothing when that mends nothing.
    fn dispensable(
        &self,
        rule: &Rule,
        servers: &dyn Fn(&str) -> bool,
    ) -> Option<Vec<&'static str>> {
        let (first, others) = self.set.split_first()?;
        let out = match rule.relation {
            Relation::AtLeastOneOf => return None,
            Relation::AlsoRequires => vec![*first],
            Relation::RequiredTogether => self.set.clone(),
            Relation::ConflictsWith => {
                match servers(first) && !others.iter().all(|one| servers(one)) {
                    true => vec![*first],
                    false => others.to_vec(),
                }
            }
            Relation::Conflicting | Relation::ExactlyOneOf => {
                let kept = self.set.iter().find(|name| !servers(name)).unwrap_or(first);
                self.set.iter().copied().filter(|name| name != kept).collect()
            }
        };
        Some(out)
    }
}

impl Relation {
    /// Whether it is broken by what is there, and not by what is missing beside it.
    fn excludes(self) -> bool {
        match self {
            Self::AtLeastOneOf | Self::Conflicting | Self::ConflictsWith | Self::ExactlyOneOf => {
                true
            }
            Self::AlsoRequires | Self::RequiredTogether => false,
        }
    }
}

/// Names in a sentence: `` `a`, `b` and `c` ``.
fn list(names: &[&str], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cty::Refinement;
    use crate::engine::validate::{ClientCapabilities, validate};
    use crate::schema::{Class, Kind, Nesting};

    fn attributes(rules: &[(Relation, &'static [&'static str])]) -> Vec<Attribute> {
        let optional = || Class::Optional { default: None };
        let setting = Class::Setting { absent: None, keep: false };
        let mut attributes = vec![
            Attribute::of::<String>("a", setting),
            Attribute::of::<String>("b", optional()),
            Attribute::of::<String>("c", optional()),
        ];
        for (relation, names) in rules {
            Rule::attach(&mut attributes, *relation, names);
        }
        attributes
    }

    fn object(values: [CtyValue; 3]) -> Object {
        ["a", "b", "c"].into_iter().map(str::to_owned).zip(values).collect()
    }

    const NULL: CtyValue = CtyValue::Null;

    fn set() -> CtyValue {
        CtyValue::string("x")
    }

    fn unknown() -> CtyValue {
        Refinement::not_null().into()
    }

    fn found(relation: Relation, names: &'static [&'static str], config: &Object) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        check(&attributes(&[(relation, names)]), config, &Path::default(), &mut diagnostics);
        diagnostics
    }

    /// The one message, in one line.
    fn said(relation: Relation, names: &'static [&'static str], config: [CtyValue; 3]) -> String {
        let found = found(relation, names, &object(config));
        let said: Vec<String> = found
            .iter()
            .map(|one| {
                let path = one.path().map(ToString::to_string).unwrap_or_default();
                let detail = one.full_detail().replace("\n\n", " | ");
                format!("{path}: {} | {detail}", one.summary())
            })
            .collect();
        said.join("\n")
    }

    const ALL: &[&str] = &["a", "b", "c"];
    const RELATIONS: [Relation; 6] = [
        Relation::AlsoRequires,
        Relation::AtLeastOneOf,
        Relation::Conflicting,
        Relation::ConflictsWith,
        Relation::ExactlyOneOf,
        Relation::RequiredTogether,
    ];

    /// Every configuration of three attributes, against the rules as one would write them by hand: broken
    /// is what is broken whatever the unknown ones turn out to be.
    #[test]
    fn an_unknown_value_breaks_a_rule_only_where_every_value_would() {
        let keeps = |relation, [a, b, c]: [bool; 3]| {
            let count = usize::from(a) + usize::from(b) + usize::from(c);
            match relation {
                Relation::AlsoRequires => !a || (b && c),
                Relation::AtLeastOneOf => count > 0,
                Relation::Conflicting => count < 2,
                Relation::ConflictsWith => !a || (!b && !c),
                Relation::ExactlyOneOf => count == 1,
                Relation::RequiredTogether => count == 0 || count == 3,
            }
        };
        let states = [None, Some(false), Some(true)];
        for relation in RELATIONS {
            for at in 0..27 {
                let state = [states[at % 3], states[at / 3 % 3], states[at / 9]];
                let outcomes = (0..8).map(|guess| {
                    let guess = [guess & 1 > 0, guess & 2 > 0, guess & 4 > 0];
                    [0, 1, 2].map(|one| state[one].unwrap_or(guess[one]))
                });
                let possible = outcomes.filter(|set| keeps(relation, *set)).count() > 0;
                let config = state.map(|one| match one {
                    None => unknown(),
                    Some(false) => NULL,
                    Some(true) => set(),
                });
                let found = found(relation, ALL, &object(config));
                assert_eq!(found.is_empty(), possible, "{relation:?} {state:?}");
                assert!(found.iter().count() < 2);
            }
        }
    }

    #[test]
    fn what_is_wrong_names_the_whole_group_what_is_set_and_what_to_do() {
        let exactly = |config| said(Relation::ExactlyOneOf, ALL, config);
        assert_eq!(
            exactly([set(), NULL, set()]),
            "c: `a` and `c` are both set | Exactly one of `a`, `b` and `c` must be set. | \
             hint: keep one, and leave the other out"
        );
        assert_eq!(
            exactly([NULL, NULL, NULL]),
            "a: None of `a`, `b` and `c` is set | Exactly one of `a`, `b` and `c` must be set. | \
             hint: set `a`, `b` or `c`"
        );
        assert_eq!(
            said(Relation::AtLeastOneOf, &["b", "c"], [set(), NULL, NULL]),
            "b: Neither `b` nor `c` is set | At least one of `b` and `c` must be set. | \
             hint: set `b` or `c`"
        );
        assert_eq!(
            said(Relation::Conflicting, ALL, [set(), set(), set()]),
            "b: `a`, `b` and `c` are all set | At most one of `a`, `b` and `c` may be set. | \
             hint: keep one, and leave the others out"
        );
        assert_eq!(
            said(Relation::ConflictsWith, &["b", "a", "c"], [set(), set(), NULL]),
            "a: `b` and `a` are both set | `b` must not be set together with `a` or `c`. | \
             hint: leave `b` out, or `a`"
        );
        assert_eq!(
            said(Relation::RequiredTogether, ALL, [NULL, set(), NULL]),
            "b: `b` needs `a` and `c` | `a`, `b` and `c` are set together, or not at all. | \
             hint: set `a` and `c` too, or leave `b` out"
        );
        assert_eq!(
            said(Relation::AlsoRequires, ALL, [set(), unknown(), NULL]),
            "a: `a` needs `c` | `a` needs `b` and `c` to be set as well. | \
             hint: set `c` too, or leave `a` out"
        );
    }

    #[test]
    fn rules_hold_in_every_element_and_name_it() {
        let nested = attributes(&[(Relation::Conflicting, &["a", "b"])]);
        let mut disks = Attribute::of::<String>("disks", Class::Required);
        disks.kind = Kind::Nested(Nesting::Map, nested);
        disks.validate = |_, _, _| {};
        let element = |config| CtyValue::Object(object(config));
        let elements =
            [("scsi0", element([set(), NULL, NULL])), ("scsi1", element([set(), set(), NULL]))];
        let config = Object::from([("disks".to_owned(), CtyValue::map(elements))]);
        let mut diagnostics = Diagnostics::default();
        validate(&[disks], &config, ClientCapabilities::default(), &mut diagnostics);
        let paths = diagnostics.iter().filter_map(Diagnostic::path).map(ToString::to_string);
        assert_eq!(paths.collect::<Vec<_>>(), ["disks[\"scsi1\"].b"]);
    }

    #[test]
    fn a_configuration_made_of_a_state_keeps_what_the_server_does_not_have() {
        let settled = |rules: &[(Relation, &'static [&'static str])], config| {
            let mut config = object(config);
            settle(&attributes(rules), &mut config);
            let left = config.into_iter().filter(|(_, value)| !value.is_null());
            left.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };
        let exactly: (_, &[&str]) = (Relation::ExactlyOneOf, ALL);
        assert_eq!(settled(&[exactly], [set(), NULL, NULL]), "a");
        assert_eq!(settled(&[exactly], [set(), NULL, set()]), "c");
        assert_eq!(settled(&[exactly], [set(), set(), set()]), "b");
        assert_eq!(settled(&[exactly], [NULL, NULL, NULL]), "");
        let conflicts: (_, &[&str]) = (Relation::ConflictsWith, &["a", "b", "c"]);
        assert_eq!(settled(&[conflicts], [set(), set(), set()]), "b c");
        let together: (_, &[&str]) = (Relation::RequiredTogether, &["a", "b"]);
        assert_eq!(settled(&[together], [set(), NULL, set()]), "c");
        // One rule leads to the other.
        let requires: (_, &[&str]) = (Relation::AlsoRequires, &["c", "a"]);
        let conflicting: (_, &[&str]) = (Relation::Conflicting, &["a", "b"]);
        assert_eq!(settled(&[requires, conflicting], [set(), set(), set()]), "b");
    }
}
