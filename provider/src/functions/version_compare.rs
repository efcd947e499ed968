//! Which of two versions is the newer one.

use std::cmp::Ordering;

use tf_provider::{Function, FunctionError};

/// Compares two versions: -1 when the first is the older one, 0 when they are the same, 1 when it is the
/// newer one.
///
/// Numbers are compared as numbers, part by part, and a missing part is 0: `2.19.1` is newer than `2.9`,
/// and `9.2` is `9.2.0`. A word marks what comes before: `1.0.0-rc1` is older than `1.0.0`. What follows
/// a `+` says nothing, nor does a leading `v`. The versions of firmware, of Proxmox VE and of NetBox all
/// compare so.
#[derive(Function)]
#[function(name = "version_compare")]
pub(crate) struct VersionCompare {
    /// A version, for example `7.00.00.171`.
    a: String,
    /// Another one.
    b: String,
}

impl Function for VersionCompare {
    type Output = i64;

    fn call(arguments: VersionCompareArguments) -> Result<i64, FunctionError> {
        let VersionCompareArguments { a, b } = arguments;
        let parsed = |text: &str, name| {
            parts(text).ok_or_else(|| {
                let text =
                    format!("`{text}` is no version: it is made of numbers, such as `2.19.1`");
                FunctionError::new(text).argument(name)
            })
        };
        Ok(match compare(&parsed(&a, "a")?, &parsed(&b, "b")?) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        })
    }
}

/// A part of a version.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    /// A number of any length, without leading zeros.
    Number(String),
    Word(String),
}

/// The parts of a version; nothing when it is none.
fn parts(version: &str) -> Option<Vec<Part>> {
    let version = version.trim();
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let release = version.split('+').next().unwrap_or_default();
    let mut parts = vec![];
    for piece in release.split(['.', '-', '_', '~']) {
        let mut rest = piece;
        if rest.is_empty() || !rest.chars().all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            parts.push(match digits {
                true => Part::Number(part.trim_start_matches('0').to_owned()),
                false => Part::Word(part.to_ascii_lowercase()),
            });
            rest = after;
        }
    }
    parts.iter().any(|part| matches!(part, Part::Number(_))).then_some(parts)
}

fn compare(a: &[Part], b: &[Part]) -> Ordering {
    let zero = Part::Number(String::new());
    for position in 0..a.len().max(b.len()) {
        let order = match (a.get(position), b.get(position)) {
            // A word where the other has ended comes before it: it is a candidate.
            (Some(Part::Word(_)), None) => Ordering::Less,
            (None, Some(Part::Word(_))) => Ordering::Greater,
            (a, b) => match (a.unwrap_or(&zero), b.unwrap_or(&zero)) {
                (Part::Number(a), Part::Number(b)) => a.len().cmp(&b.len()).then(a.cmp(b)),
                (Part::Word(a), Part::Word(b)) => a.cmp(b),
                (Part::Number(_), Part::Word(_)) => Ordering::Greater,
                (Part::Word(_), Part::Number(_)) => Ordering::Less,
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(a: &str, b: &str) -> Result<i64, FunctionError> {
        VersionCompare::call(VersionCompareArguments { a: a.to_owned(), b: b.to_owned() })
    }

    #[test]
    fn versions_are_ordered() {
        let ordered = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-rc1",
            "1.0.0-rc2",
            "1.0",
            "1.0.1",
            "2.9",
            "2.19.1",
            "6.00.30",
            "7.00.00.171",
            "9.2",
            "9.2-1",
            "18446744073709551616",
        ];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                let expected = i64::try_from(i).unwrap() - i64::try_from(j).unwrap();
                assert_eq!(call(a, b).unwrap(), expected.signum(), "{a} and {b}");
            }
        }
        for (a, b) in [("1.0", "1.0.0"), ("v2.1", "2.1"), ("1.0+a", "1.0+b"), ("06.00", "6.0")] {
            assert_eq!(call(a, b).unwrap(), 0, "{a} and {b}");
        }
        for wrong in ["", "latest", "1..2", "1.2 3", "1.é"] {
            assert!(call(wrong, "1").is_err(), "{wrong}");
        }
    }
}
