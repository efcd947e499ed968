//! Lists: filters, order, pages by offset or by cursor.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Value, json};

use super::filter;
use super::net::Net;
use super::render::{Selection, View};
use super::reply::Reply;
use super::store::{Change, Object, Store};
use super::types::{self, Kind, Type};

/// Entries on a page that did not ask for a number.
const PAGE: usize = 50;
/// Most entries on a page.
const LARGEST_PAGE: usize = 1000;

/// Parameters of a request, decoded.
pub(super) type Query = [(String, String)];

/// First value of a parameter.
pub(super) fn parameter<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// What of an object a request wants.
pub(super) fn selection(query: &Query, minor: u8) -> Selection {
    let names = |text: &str| text.split(',').map(|name| name.trim().to_owned()).collect();
    let omit = parameter(query, "omit").filter(|_| minor >= 5);
    let mut omit: Vec<String> = omit.map(names).unwrap_or_default();
    if minor < 7
        && parameter(query, "exclude").is_some_and(|names| names.contains("config_context"))
    {
        omit.push("config_context".to_owned());
    }
    Selection {
        brief: parameter(query, "brief")
            .is_some_and(|value| matches!(value, "true" | "True" | "1")),
        fields: parameter(query, "fields").filter(|names| !names.is_empty()).map(names),
        omit,
    }
}

/// Objects of a type that pass the filters, in order.
pub(super) fn objects(
    view: &View<'_>,
    kind: &'static Type,
    query: &Query,
    path: &str,
) -> Result<Reply, Reply> {
    let store = view.store;
    let tests = filter::tests(store, kind, query).map_err(Reply::bad)?;
    let mut found: Vec<&Arc<Object>> =
        store.all(kind).filter(|object| tests.iter().all(|test| test(object))).collect();
    let page = Page::read(query, store.minor)?;
    if page.start.is_none() {
        let order = parameter(query, "ordering").unwrap_or_default();
        let order: Vec<&str> = order.split(',').map(str::trim).collect();
        let known: Vec<&str> = order
            .into_iter()
            .filter(|name| {
                let name = name.trim_start_matches('-');
                ["id", "created", "last_updated"].contains(&name)
                    || kind.field(name, store.minor).is_some()
            })
            .collect();
        let order = if known.is_empty() { kind.order.to_vec() } else { known };
        found.sort_by(|a, b| compare(store, kind, &order, a, b));
    }
    let selection = selection(query, store.minor);
    let ids: Vec<u64> = found.iter().map(|object| object.id).collect();
    Ok(page.cut(view, query, path, &ids, |index| view.select(kind, found[index], &selection)))
}

/// The change log, the newest first.
pub(super) fn changes(view: &View<'_>, query: &Query, path: &str) -> Result<Reply, Reply> {
    let mut found: Vec<&Arc<Change>> = view.store.changes().iter().rev().collect();
    for (name, value) in query {
        let values =
            || query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match name.as_str() {
            "q" => {
                let wanted = value.trim().to_lowercase();
                found.retain(|change| {
                    let texts = [super::USER, &change.shown, &change.message];
                    texts.iter().any(|text| text.to_lowercase().contains(&wanted))
                });
            }
            "action" => {
                if let Some(bad) =
                    values().find(|value| !["create", "update", "delete"].contains(value))
                {
                    return Err(Reply::bad(super::rules::error(
                        "action",
                        filter::unavailable(bad),
                    )));
                }
                found.retain(|change| values().any(|value| value == change.action));
            }
            "request_id" => {
                if !filter::is_uuid(value) {
                    return Err(Reply::bad(super::rules::error(
                        "request_id",
                        "Enter a valid UUID.",
                    )));
                }
                found.retain(|change| change.request.eq_ignore_ascii_case(value));
            }
            "changed_object_type" => {
                found.retain(|change| values().any(|value| value == change.kind.model));
            }
            "changed_object_id" | "id" => {
                let wanted: Result<Vec<u64>, _> = values().map(str::parse::<u64>).collect();
                let Ok(wanted) = wanted else {
                    return Err(Reply::bad(super::rules::error(name, "Enter a whole number.")));
                };
                found.retain(|change| {
                    wanted.contains(if name == "id" { &change.id } else { &change.object })
                });
            }
            "user" | "user_name" => found.retain(|_| values().any(|value| value == super::USER)),
            "user_id" => {
                found.retain(|_| values().any(|value| value.parse() == Ok(super::USER_ID)));
            }
            "object_repr" => found.retain(|change| values().any(|value| value == change.shown)),
            "time_after" | "time_before" => {
                let Some(wanted) = filter::time(value) else {
                    return Err(Reply::bad(super::rules::error(name, "Enter a valid date/time.")));
                };
                let after = name == "time_after";
                found.retain(|change| {
                    let own = change.time.trim_end_matches('Z');
                    if after { own >= wanted.as_str() } else { own <= wanted.as_str() }
                });
            }
            _ => {}
        }
    }
    let page = Page::read(query, view.store.minor)?;
    if page.start.is_some()
        || parameter(query, "ordering").is_some_and(|order| order == "id" || order == "time")
    {
        found.reverse();
    }
    let selection = selection(query, view.store.minor);
    let ids: Vec<u64> = found.iter().map(|change| change.id).collect();
    Ok(page.cut(view, query, path, &ids, |index| view.change(found[index], &selection)))
}

/// Number of entries that lists of available things show.
pub(super) fn limit(query: &Query) -> usize {
    match parameter(query, "limit").and_then(|limit| limit.parse::<usize>().ok()) {
        Some(0) => LARGEST_PAGE,
        Some(limit) => limit.min(LARGEST_PAGE),
        None => PAGE,
    }
}

/// Puts the numbers of objects into the order of lists.
pub(super) fn sort(store: &Store, kind: &'static Type, ids: &mut [u64]) {
    ids.sort_by(|a, b| match (store.find(kind, *a), store.find(kind, *b)) {
        (Some(a), Some(b)) => compare(store, kind, kind.order, a, b),
        _ => Ordering::Equal,
    });
}

struct Page {
    limit: usize,
    offset: usize,
    /// Lowest number on a page by cursor.
    start: Option<u64>,
}

impl Page {
    fn read(query: &Query, minor: u8) -> Result<Self, Reply> {
        let start = parameter(query, "start").filter(|_| minor >= 6);
        let start = match start.map(str::parse::<u64>) {
            None => None,
            Some(Ok(start)) => Some(start),
            Some(Err(_)) => {
                let text = "Invalid 'start' parameter: must be a non-negative integer.";
                return Err(Reply::json(400, json!([text])));
            }
        };
        if start.is_some() && parameter(query, "offset").is_some() {
            let text = "'start' and 'offset' are mutually exclusive.";
            return Err(Reply::json(400, json!([text])));
        }
        if start.is_some() && parameter(query, "ordering").is_some() {
            let text = "Ordering cannot be specified in conjunction with cursor-based pagination.";
            return Err(Reply::json(400, json!([text])));
        }
        let offset = parameter(query, "offset").and_then(|offset| offset.parse().ok());
        Ok(Self { limit: limit(query), offset: offset.unwrap_or(0), start })
    }

    fn cut(
        &self,
        view: &View<'_>,
        query: &Query,
        path: &str,
        ids: &[u64],
        show: impl Fn(usize) -> Value,
    ) -> Reply {
        let link = |changes: &[(&str, Option<String>)]| {
            let mut pairs: Vec<(String, String)> = query
                .iter()
                .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
                .cloned()
                .collect();
            pairs.extend(
                changes
                    .iter()
                    .filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))),
            );
            // Values of one parameter keep their order.
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
                .collect();
            let mark = if pairs.is_empty() { "" } else { "?" };
            format!("{}{path}{mark}{}", view.base, pairs.join("&"))
        };
        let limit = Some(self.limit.to_string());
        if let Some(start) = self.start {
            let page: Vec<usize> =
                (0..ids.len()).filter(|index| ids[*index] >= start).take(self.limit).collect();
            let next = page.last().filter(|_| page.len() == self.limit).map(|last| {
                link(&[("limit", limit), ("start", Some((ids[*last] + 1).to_string()))])
            });
            let results: Vec<Value> = page.into_iter().map(show).collect();
            return Reply::json(
                200,
                json!({ "count": null, "next": next, "previous": null, "results": results }),
            );
        }
        let end = self.offset.saturating_add(self.limit);
        let next = (end < ids.len())
            .then(|| link(&[("limit", limit.clone()), ("offset", Some(end.to_string()))]));
        let previous = (self.offset > 0).then(|| {
            let offset = self.offset.saturating_sub(self.limit);
            let offset = (self.offset > self.limit).then(|| offset.to_string());
            link(&[("limit", limit), ("offset", offset)])
        });
        let results: Vec<Value> =
            (self.offset.min(ids.len())..end.min(ids.len())).map(show).collect();
        let count = ids.len();
        Reply::json(
            200,
            json!({ "count": count, "next": next, "previous": previous, "results": results }),
        )
    }
}

fn encode(text: &str) -> String {
    const PLAIN: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, PLAIN).to_string().replace("%20", "+")
}

#[derive(Debug, PartialEq, PartialOrd)]
enum Key {
    Nothing,
    Number(f64),
    Net(Net),
    Text(Vec<Part>),
}

/// Digits sort by their number, so that `eth2` comes before `eth10`.
#[derive(Debug, PartialEq, PartialOrd)]
enum Part {
    Number(u64),
    Text(String),
}

fn compare(store: &Store, kind: &'static Type, order: &[&str], a: &Object, b: &Object) -> Ordering {
    for name in order {
        let (descending, name) = match name.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, *name),
        };
        let own = key(store, kind, name, a).partial_cmp(&key(store, kind, name, b));
        let own = own.unwrap_or(Ordering::Equal);
        let own = if descending { own.reverse() } else { own };
        if own != Ordering::Equal {
            return own;
        }
    }
    a.id.cmp(&b.id)
}

fn key(store: &Store, kind: &'static Type, name: &str, object: &Object) -> Key {
    match name {
        "id" => return Key::Number(object.id as f64),
        "created" => return Key::Text(vec![Part::Text(object.created.clone())]),
        "last_updated" => return Key::Text(vec![Part::Text(object.updated.clone())]),
        _ => {}
    }
    let value = object.get(name);
    match kind.field(name, store.minor).map(|field| field.kind) {
        Some(Kind::Address) => {
            object.net(name).map_or(Key::Nothing, |net| Key::Net(Net { length: 0, ..net }))
        }
        Some(Kind::Network) => object.net(name).map_or(Key::Nothing, Key::Net),
        Some(Kind::Foreign { model, .. }) => {
            let found = value.as_u64().and_then(|id| store.get(model, id));
            let kind = types::of(model);
            found.zip(kind).map_or(Key::Nothing, |(object, kind)| {
                Key::Text(parts(&(kind.display)(store, object)))
            })
        }
        _ => match value {
            Value::Number(number) => Key::Number(number.as_f64().unwrap_or_default()),
            Value::String(text) => Key::Text(parts(text)),
            Value::Bool(value) => Key::Number(f64::from(u8::from(*value))),
            _ => Key::Nothing,
        },
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for letter in text.chars() {
        match (parts.last_mut(), letter.to_digit(10)) {
            (Some(Part::Number(number)), Some(digit)) => {
                *number = number.saturating_mul(10).saturating_add(u64::from(digit));
            }
            (_, Some(digit)) => parts.push(Part::Number(u64::from(digit))),
            (Some(Part::Text(text)), None) => text.push(letter),
            (_, None) => parts.push(Part::Text(letter.to_string())),
        }
    }
    parts
}
