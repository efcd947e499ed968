//! Comparisons of filters: `__n`, `__ic`, `__gte` and their kin.

use regex_lite::Regex;

use super::super::store::Object;
use super::{Found, time};

pub(super) fn numbers<'a>(
    lookup: &str,
    values: &[String],
    number: impl Fn(&Object) -> Option<i64> + 'a,
) -> Found<'a> {
    if lookup == "empty" {
        return flag("", values, move |object| number(object).is_none());
    }
    let wanted: Result<Vec<i64>, _> = values.iter().map(|value| value.parse::<i64>()).collect();
    let Ok(wanted) = wanted else { return Some(Err("Enter a whole number.".to_owned())) };
    let compare: fn(i64, i64) -> bool = match lookup {
        "" => |own, wanted| own == wanted,
        "n" => {
            return Some(Ok(Box::new(move |object| {
                number(object).is_none_or(|own| !wanted.contains(&own))
            })));
        }
        "gt" => |own, wanted| own > wanted,
        "gte" => |own, wanted| own >= wanted,
        "lt" => |own, wanted| own < wanted,
        "lte" => |own, wanted| own <= wanted,
        _ => return None,
    };
    Some(Ok(Box::new(move |object| {
        number(object).is_some_and(|own| wanted.iter().any(|wanted| compare(own, *wanted)))
    })))
}

/// A boolean; what is neither true nor false filters nothing.
pub(super) fn flag<'a>(
    lookup: &str,
    values: &[String],
    own: impl Fn(&Object) -> bool + 'a,
) -> Found<'a> {
    if !lookup.is_empty() {
        return None;
    }
    let wanted = match values.first().map(|value| value.to_lowercase()).as_deref() {
        Some("true" | "1") => true,
        Some("false" | "0") => false,
        _ => return Some(Ok(Box::new(|_| true))),
    };
    Some(Ok(Box::new(move |object| own(object) == wanted)))
}

pub(super) fn texts<'a>(
    lookup: &str,
    values: Vec<String>,
    own: impl Fn(&Object) -> String + 'a,
) -> Found<'a> {
    if lookup == "empty" {
        return flag("", &values, move |object| own(object).is_empty());
    }
    let (negative, lookup) = match lookup {
        "n" => (true, ""),
        "nic" => (true, "ic"),
        "nie" => (true, "ie"),
        "niew" => (true, "iew"),
        "nisw" => (true, "isw"),
        lookup => (false, lookup),
    };
    let matches: fn(&str, &str) -> bool = match lookup {
        "" => |own, wanted| own == wanted || (wanted == "null" && own.is_empty()),
        "ic" => |own, wanted| own.to_lowercase().contains(&wanted.to_lowercase()),
        "ie" => |own, wanted| own.to_lowercase() == wanted.to_lowercase(),
        "iew" => |own, wanted| own.to_lowercase().ends_with(&wanted.to_lowercase()),
        "isw" => |own, wanted| own.to_lowercase().starts_with(&wanted.to_lowercase()),
        "regex" => |own, wanted| Regex::new(wanted).is_ok_and(|regex| regex.is_match(own)),
        "iregex" => |own, wanted| {
            Regex::new(&format!("(?i){wanted}")).is_ok_and(|regex| regex.is_match(own))
        },
        _ => return None,
    };
    Some(Ok(Box::new(move |object| {
        let own = own(object);
        values.iter().any(|wanted| matches(&own, wanted)) != negative
    })))
}

pub(super) fn times<'a>(
    lookup: &str,
    values: &[String],
    own: impl Fn(&Object) -> String + 'a,
) -> Found<'a> {
    let mut wanted = Vec::new();
    for value in values {
        let Some(time) = time(value) else {
            return Some(Err("Enter a valid date/time.".to_owned()));
        };
        wanted.push(time);
    }
    let compare: fn(&str, &str) -> bool = match lookup {
        "" => |own, wanted| own.starts_with(wanted),
        "gt" => |own, wanted| own > wanted,
        "gte" => |own, wanted| own >= wanted,
        "lt" => |own, wanted| own < wanted,
        "lte" => |own, wanted| own <= wanted,
        _ => return None,
    };
    Some(Ok(Box::new(move |object| {
        let own = own(object);
        wanted.iter().any(|wanted| compare(own.trim_end_matches('Z'), wanted))
    })))
}
