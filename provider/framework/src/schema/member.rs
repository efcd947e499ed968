//! What the compiler is told about the names that a struct and its flattened groups have: a derive sees one
//! struct at a time, so a name that only a group can have is looked for in a constant.

/// One field of a struct.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the derive writes them, and there is no fourth")]
pub enum Member {
    /// The fields of a flattened group.
    Group(&'static [Self]),
    /// An attribute that a configuration may set or not.
    Optional(&'static str),
    /// An attribute that no rule may name, and why.
    Unrelated(&'static str, &'static str),
}

impl Member {
    /// Why `members` have no attribute `name`, if that is so.
    pub const fn missing(members: &[Self], name: &str) -> Option<Problem> {
        match find(members, name) {
            Found::Nowhere => Some(unknown(members, name)),
            Found::Optional | Found::Unrelated(_) => None,
        }
    }

    /// Why a rule must not name `name`, if that is so.
    pub const fn unrelated(members: &[Self], name: &str) -> Option<Problem> {
        match find(members, name) {
            Found::Nowhere => Some(unknown(members, name)),
            Found::Optional => None,
            Found::Unrelated(reason) => {
                Some(Problem::new(&["`", name, "` ", reason, ": take it out of the rule"]))
            }
        }
    }
}

/// A message that was put together at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    text: [u8; Self::LIMIT],
    length: usize,
}

impl Problem {
    /// Longer messages are cut off; none is.
    const LIMIT: usize = 256;

    const fn new(parts: &[&str]) -> Self {
        let mut problem = Self { text: [b' '; Self::LIMIT], length: 0 };
        let mut part = 0;
        while part < parts.len() {
            let bytes = parts[part].as_bytes();
            let mut at = 0;
            while at < bytes.len() && problem.length < Self::LIMIT {
                problem.text[problem.length] = bytes[at];
                problem.length += 1;
                at += 1;
            }
            part += 1;
        }
        problem
    }

    /// The message.
    pub const fn text(&self) -> &str {
        match str::from_utf8(self.text.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "a name is wrong",
        }
    }
}

enum Found {
    Nowhere,
    Optional,
    Unrelated(&'static str),
}

const fn find(members: &[Member], name: &str) -> Found {
    let mut at = 0;
    while at < members.len() {
        match members[at] {
            Member::Group(group) => match find(group, name) {
                Found::Nowhere => {}
                found => return found,
            },
            Member::Optional(own) if same(own, name) => return Found::Optional,
            Member::Unrelated(own, reason) if same(own, name) => return Found::Unrelated(reason),
            Member::Optional(_) | Member::Unrelated(..) => {}
        }
        at += 1;
    }
    Found::Nowhere
}

/// The message that derives have for it, with the nearest name when one is near.
const fn unknown(members: &[Member], name: &str) -> Problem {
    match nearest(members, name) {
        (near, distance) if distance * 5 <= name.len() * 2 => {
            Problem::new(&["Unknown field: `", name, "`. Did you mean `", near, "`?"])
        }
        _ => Problem::new(&["Unknown field: `", name, "`"]),
    }
}

/// The member whose name is the most like `name`, and how many letters differ.
const fn nearest(members: &[Member], name: &str) -> (&'static str, usize) {
    let mut best = ("", usize::MAX / 3);
    let mut at = 0;
    while at < members.len() {
        let other = match members[at] {
            Member::Group(group) => nearest(group, name),
            Member::Optional(own) | Member::Unrelated(own, _) => (own, distance(own, name)),
        };
        if other.1 < best.1 {
            best = other;
        }
        at += 1;
    }
    best
}

const fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && distance(one, other) == 0
}

/// How many letters must be put in, taken out or changed to make `other` of `one` (Levenshtein).
const fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() >= LONGEST || other.len() >= LONGEST {
        return LONGEST;
    }
    let mut row = [0; LONGEST];
    let mut at = 0;
    while at <= other.len() {
        row[at] = at;
        at += 1;
    }
    let mut line = 0;
    while line < one.len() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        let mut at = 0;
        while at < other.len() {
            let change = if one[line] == other[at] { diagonal } else { diagonal + 1 };
            diagonal = row[at + 1];
            let aside = if row[at] < diagonal { row[at] } else { diagonal } + 1;
            row[at + 1] = if change < aside { change } else { aside };
            at += 1;
        }
        line += 1;
    }
    row[other.len()]
}

/// No attribute has a name as long as this.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &[Member] = &[Member::Optional("sport"), Member::Unrelated("id", "is computed")];
    const MEMBERS: &[Member] = &[Member::Optional("name"), Member::Group(GROUP)];

    fn text(problem: Option<Problem>) -> Option<String> {
        problem.map(|problem| problem.text().to_owned())
    }

    #[test]
    fn a_name_is_found_in_a_group_too() {
        assert_eq!(text(Member::unrelated(MEMBERS, "sport")), None);
        let computed = "`id` is computed: take it out of the rule";
        assert_eq!(text(Member::unrelated(MEMBERS, "id")).unwrap(), computed);
        assert_eq!(text(Member::missing(MEMBERS, "id")), None);
    }

    #[test]
    fn the_nearest_name_is_suggested_and_none_when_nothing_is_near() {
        let near = "Unknown field: `spotr`. Did you mean `sport`?";
        assert_eq!(text(Member::missing(MEMBERS, "spotr")).unwrap(), near);
        let far = "Unknown field: `address`";
        assert_eq!(text(Member::unrelated(MEMBERS, "address")).unwrap(), far);
    }

    #[test]
    fn letters_that_differ_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance(&"x".repeat(200), "y"), LONGEST);
    }
}
