//! Filters of lists. A filter that no type knows is ignored without a word, as NetBox does; a known one
//! with a bad value is a 400.

mod lookups;

use serde_json::Value;

use super::allocate;
use super::custom_fields;
use super::net::{Net, mac};
use super::rules::{Errors, error};
use super::store::{Object, Store};
use super::types::{self, Kind, Type};
use lookups::{flag, numbers, texts, times};

/// Whether an object is wanted.
pub(super) type Test<'a> = Box<dyn Fn(&Object) -> bool + 'a>;

type Found<'a> = Option<Result<Test<'a>, String>>;

/// The filters among the parameters of a request.
pub(super) fn tests<'a>(
    store: &'a Store,
    kind: &'static Type,
    query: &[(String, String)],
) -> Result<Vec<Test<'a>>, Errors> {
    let mut tests = Vec::new();
    let mut errors = Errors::new();
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in query {
        if seen.contains(&name.as_str()) || RESERVED.contains(&name.as_str()) {
            continue;
        }
        seen.push(name);
        let values: Vec<String> = query
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.clone())
            .collect();
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        if values.is_empty() {
            continue;
        }
        match one(store, kind, name, values) {
            Some(Ok(test)) => tests.push(test),
            Some(Err(text)) => errors.extend(error(name, text)),
            None => {}
        }
    }
    if errors.is_empty() { Ok(tests) } else { Err(errors) }
}

const RESERVED: &[&str] =
    &["brief", "exclude", "fields", "format", "limit", "offset", "omit", "ordering", "start"];

fn one<'a>(store: &'a Store, kind: &'static Type, name: &str, values: Vec<String>) -> Found<'a> {
    let (base, lookup) = name.split_once("__").unwrap_or((name, ""));
    if let Some(found) = special(store, kind, base, lookup, &values) {
        return Some(found);
    }
    match base {
        "id" => return numbers(lookup, &values, |object| Some(object.id as i64)),
        "q" => return Some(Ok(search(&values.concat()))),
        "tag" | "tag_id" => return tags(store, kind, base, lookup, &values),
        "created" => return times(lookup, &values, |object| object.created.clone()),
        "last_updated" => return times(lookup, &values, |object| object.updated.clone()),
        "created_by_request" => return by_request(store, kind, &["create"], &values),
        "updated_by_request" => return by_request(store, kind, &["update"], &values),
        "modified_by_request" => return by_request(store, kind, &["create", "update"], &values),
        _ => {}
    }
    if let Some(name) = base.strip_prefix("cf_") {
        return custom_field(store, kind, name, lookup, values);
    }
    if let Some(field) = kind.field(base, store.minor) {
        let name = field.name;
        return match field.kind {
            Kind::Boolean(_) => flag(lookup, &values, move |object| object.flag(name)),
            Kind::Choice { choices, .. } => {
                if matches!(lookup, "" | "n") {
                    let known = |value: &&String| {
                        *value == "null" || choices.iter().any(|(name, _)| name == value)
                    };
                    if let Some(bad) = values.iter().find(|value| !known(value)) {
                        return Some(Err(unavailable(bad)));
                    }
                }
                texts(lookup, values, move |object| object.text(name).to_owned())
            }
            Kind::Foreign { model, .. } => by_name(store, model, name, lookup, &values),
            Kind::Many { model, .. } => by_name(store, model, name, lookup, &values),
            Kind::Integer { .. } | Kind::Decimal(_) | Kind::ObjectId { .. } => {
                numbers(lookup, &values, move |object| {
                    object.get(name).as_f64().map(|it| it as i64)
                })
            }
            Kind::Computed(_) | Kind::Count(..) | Kind::Json | Kind::Object { .. } => None,
            Kind::Mac => {
                let values = values.iter().map(|value| mac(value).unwrap_or_else(|| value.clone()));
                texts(lookup, values.collect(), move |object| object.text(name).to_owned())
            }
            _ => texts(lookup, values, move |object| match object.get(name) {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            }),
        };
    }
    let field = kind.field(base.strip_suffix("_id")?, store.minor)?;
    match field.kind {
        Kind::Foreign { model, .. } | Kind::Many { model, .. } => {
            by_id(store, model, field.name, lookup, &values)
        }
        _ => None,
    }
}

/// Filters of single types.
fn special<'a>(
    store: &'a Store,
    kind: &'static Type,
    base: &str,
    lookup: &str,
    values: &[String],
) -> Found<'a> {
    let nets: Vec<Option<Net>> = values.iter().map(|value| Net::parse(value)).collect();
    let own = |object: &Object| {
        let mut fields = ["prefix", "address", "start_address"].iter();
        fields.find_map(|field| object.net(field))
    };
    match (kind.model, base) {
        ("ipam.prefix" | "ipam.aggregate", "prefix") => Some(Ok(Box::new(move |object| {
            nets.iter().any(|net| net.is_some() && object.net("prefix") == *net)
        }))),
        ("ipam.prefix", "within" | "within_include") => {
            let proper = base == "within";
            let net = nets.into_iter().next().flatten();
            Some(Ok(Box::new(move |object| {
                net.zip(object.net("prefix")).is_some_and(|(net, own)| {
                    net.contains(own) && (!proper || own.length > net.length)
                })
            })))
        }
        ("ipam.prefix", "contains") => {
            let net = nets.into_iter().next().flatten();
            Some(Ok(Box::new(move |object| {
                net.zip(object.net("prefix"))
                    .is_some_and(|(net, own)| own.contains(net) && own.length <= net.length)
            })))
        }
        ("ipam.iprange", "contains") => {
            let net = nets.into_iter().next().flatten();
            Some(Ok(Box::new(move |object| {
                net.is_some_and(|net| super::rules::in_range(object, net))
            })))
        }
        ("ipam.ipaddress" | "ipam.iprange", "parent") => Some(Ok(Box::new(move |object| {
            // One that is no network spoils the others.
            let inside = |own: Net| nets.iter().flatten().any(|net| net.holds(own));
            nets.iter().all(Option::is_some) && own(object).is_some_and(inside)
        }))),
        ("ipam.ipaddress", "address") => {
            let wanted: Vec<(Net, bool)> = values
                .iter()
                .filter_map(|value| Some((Net::parse(value)?, value.contains('/'))))
                .collect();
            Some(Ok(Box::new(move |object| {
                object.net("address").is_some_and(|own| {
                    wanted.iter().any(|(net, masked)| {
                        (*masked && *net == own)
                            || (!*masked && net.ip == own.ip && net.v6 == own.v6)
                    })
                })
            })))
        }
        ("ipam.prefix" | "ipam.ipaddress", "mask_length") => {
            numbers(lookup, values, move |object| own(object).map(|net| i64::from(net.length)))
        }
        (_, "family") if kind.field("family", store.minor).is_some() => {
            let wanted = values[0].parse::<u8>().ok();
            match wanted {
                None => Some(Err("Enter a number.".to_owned())),
                Some(wanted) => Some(Ok(Box::new(move |object| {
                    own(object).is_some_and(|net| net.family() == wanted)
                }))),
            }
        }
        ("ipam.prefix", "children") => {
            numbers(lookup, values, move |object| Some(allocate::children(store, object) as i64))
        }
        ("ipam.prefix", "depth") => {
            numbers(lookup, values, move |object| Some(allocate::depth(store, object) as i64))
        }
        ("ipam.prefix", "vlan_vid") => numbers(lookup, values, move |object| {
            let vlan = store.get("ipam.vlan", object.number("vlan")?)?;
            vlan.number("vid").map(|vid| vid as i64)
        }),
        ("ipam.iprange", "size") => numbers(lookup, values, |object| {
            let ends = object.net("start_address").zip(object.net("end_address"))?;
            i64::try_from(ends.1.ip - ends.0.ip + 1).ok()
        }),
        ("ipam.prefix" | "ipam.ipaddress", "present_in_vrf_id") => {
            by_id(store, "ipam.vrf", "vrf", "", values)
        }
        ("ipam.prefix" | "virtualization.cluster", "site_id" | "site") => {
            scoped(store, "dcim.site", base, lookup, values)
        }
        ("ipam.prefix" | "virtualization.cluster", "region_id" | "region") => {
            scoped(store, "dcim.region", base, lookup, values)
        }
        ("ipam.prefix" | "virtualization.cluster", "location_id" | "location") => {
            scoped(store, "dcim.location", base, lookup, values)
        }
        ("ipam.ipaddress" | "dcim.macaddress", "assigned_to_interface" | "assigned") => {
            flag(lookup, values, |object| object.number("assigned_object_id").is_some())
        }
        ("ipam.ipaddress" | "dcim.macaddress", _) => assigned(store, base, lookup, values),
        ("ipam.service", "virtual_machine_id" | "device_id") => {
            let model =
                if base == "device_id" { "dcim.device" } else { "virtualization.virtualmachine" };
            let ids = match ids(store, model, values) {
                Ok(ids) => ids,
                Err(text) => return Some(Err(text)),
            };
            Some(Ok(Box::new(move |object| {
                object.text("parent_object_type") == model
                    && ids.contains(&object.number("parent_object_id"))
            })))
        }
        ("ipam.service", "port") => {
            let wanted: Vec<u64> = values.iter().filter_map(|value| value.parse().ok()).collect();
            Some(Ok(Box::new(move |object| object.ids("ports").any(|port| wanted.contains(&port)))))
        }
        _ => None,
    }
}

/// Filters of addresses by the interface or machine that they belong to.
fn assigned<'a>(store: &'a Store, base: &str, lookup: &str, values: &[String]) -> Found<'a> {
    if !lookup.is_empty() {
        return None;
    }
    let (interface, machine): (&str, Option<&str>) = match base {
        "interface_id" | "interface" => ("dcim.interface", None),
        "vminterface_id" | "vminterface" => ("virtualization.vminterface", None),
        "device_id" | "device" => ("dcim.interface", Some("dcim.device")),
        "virtual_machine_id" | "virtual_machine" => {
            ("virtualization.vminterface", Some("virtualization.virtualmachine"))
        }
        _ => return None,
    };
    let by_id = base.ends_with("_id");
    let target = machine.unwrap_or(interface);
    let wanted = if by_id { ids(store, target, values) } else { named(store, target, values) };
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(text) => return Some(Err(text)),
    };
    Some(Ok(Box::new(move |object| {
        let id = object.number("assigned_object_id");
        if object.text("assigned_object_type") != interface {
            return false;
        }
        let found = match machine {
            None => id,
            Some(_) => id.and_then(|id| store.get(interface, id)).and_then(|interface| {
                interface.number("virtual_machine").or_else(|| interface.number("device"))
            }),
        };
        found.is_some() && wanted.contains(&found)
    })))
}

fn scoped<'a>(
    store: &'a Store,
    model: &'static str,
    base: &str,
    lookup: &str,
    values: &[String],
) -> Found<'a> {
    let by_id = base.ends_with("_id");
    let wanted = if by_id { ids(store, model, values) } else { named(store, model, values) };
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(text) => return Some(Err(text)),
    };
    let negative = lookup == "n";
    Some(Ok(Box::new(move |object| {
        let inside =
            object.text("scope_type") == model && wanted.contains(&object.number("scope_id"));
        inside != negative
    })))
}

fn by_id<'a>(
    store: &'a Store,
    model: &str,
    field: &'static str,
    lookup: &str,
    values: &[String],
) -> Found<'a> {
    let negative = match lookup {
        "" => false,
        "n" => true,
        _ => return None,
    };
    Some(ids(store, model, values).map(|wanted| refers(field, wanted, negative)))
}

fn by_name<'a>(
    store: &'a Store,
    model: &str,
    field: &'static str,
    lookup: &str,
    values: &[String],
) -> Found<'a> {
    let negative = match lookup {
        "" => false,
        "n" => true,
        _ => return None,
    };
    Some(named(store, model, values).map(|wanted| refers(field, wanted, negative)))
}

fn refers<'a>(field: &'static str, wanted: Vec<Option<u64>>, negative: bool) -> Test<'a> {
    Box::new(move |object| {
        let found = match object.get(field) {
            Value::Array(_) => object.ids(field).any(|id| wanted.contains(&Some(id))),
            _ => wanted.contains(&object.number(field)),
        };
        found != negative
    })
}

/// Numbers of existing objects; `null` stands for none.
fn ids(store: &Store, model: &str, values: &[String]) -> Result<Vec<Option<u64>>, String> {
    values
        .iter()
        .map(|value| match value.as_str() {
            "null" => Ok(None),
            text => match text.parse::<u64>() {
                Err(_) => Err(format!("“{text}” is not a valid value.")),
                Ok(id) if store.get(model, id).is_none() => Err(unavailable(text)),
                Ok(id) => Ok(Some(id)),
            },
        })
        .collect()
}

/// Numbers of objects by slug, route distinguisher or name.
fn named(store: &Store, model: &str, values: &[String]) -> Result<Vec<Option<u64>>, String> {
    let field = match types::of(model) {
        Some(kind) if kind.field("slug", store.minor).is_some() => "slug",
        Some(kind) if kind.field("rd", store.minor).is_some() => "rd",
        _ => "name",
    };
    let mut wanted = Vec::new();
    for value in values {
        if value == "null" {
            wanted.push(None);
            continue;
        }
        let before = wanted.len();
        let found = store.of_model(model).filter(|object| object.text(field) == value);
        wanted.extend(found.map(|object| Some(object.id)));
        if wanted.len() == before {
            return Err(unavailable(value));
        }
    }
    Ok(wanted)
}

/// Several tags are wanted all at once.
fn tags<'a>(
    store: &'a Store,
    kind: &'static Type,
    base: &str,
    lookup: &str,
    values: &[String],
) -> Found<'a> {
    kind.field("tags", store.minor)?;
    let wanted = match base {
        "tag" => {
            let mut wanted = Vec::new();
            for value in values {
                let mut tags = store.of_model("extras.tag");
                match tags.find(|tag| tag.text("slug") == value) {
                    Some(tag) => wanted.push(Some(tag.id)),
                    None if value == "null" => wanted.push(None),
                    None => return Some(Err(unavailable(value))),
                }
            }
            Ok(wanted)
        }
        _ => ids(store, "extras.tag", values),
    };
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(text) => return Some(Err(text)),
    };
    let has = |object: &Object, id: Option<u64>| match id {
        Some(id) => object.ids("tags").any(|one| one == id),
        None => object.ids("tags").next().is_none(),
    };
    match lookup {
        "" => Some(Ok(Box::new(move |object| wanted.iter().all(|id| has(object, *id))))),
        "any" => Some(Ok(Box::new(move |object| wanted.iter().any(|id| has(object, *id))))),
        "n" => Some(Ok(Box::new(move |object| !wanted.iter().any(|id| has(object, *id))))),
        _ => None,
    }
}

fn custom_field<'a>(
    store: &'a Store,
    kind: &'static Type,
    name: &str,
    lookup: &str,
    values: Vec<String>,
) -> Found<'a> {
    let definition = custom_fields::definitions(store, kind)
        .find(|definition| definition.text("name") == name)?;
    let loose = definition.text("filter_logic") == "loose"
        && matches!(definition.text("type"), "text" | "longtext" | "url");
    let name = name.to_owned();
    let shown = move |object: &Object| match &object.get("custom_fields")[&name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    texts(if lookup.is_empty() && loose { "ic" } else { lookup }, values, shown)
}
/// A time of day that sorts like those of objects.
pub(super) fn time(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('Z').replace(' ', "T");
    let (date, time) = text.split_once('T').unwrap_or((&text, "00:00:00"));
    let digits =
        |text: &str| text.chars().all(|digit| digit.is_ascii_digit() || ":.".contains(digit));
    (custom_fields::is_date(date) && digits(time)).then(|| format!("{date}T{time}"))
}

fn by_request<'a>(
    store: &'a Store,
    kind: &'static Type,
    actions: &'static [&'static str],
    values: &[String],
) -> Found<'a> {
    let wanted = values.first()?.to_lowercase();
    if !is_uuid(&wanted) {
        return Some(Err("Enter a valid UUID.".to_owned()));
    }
    let ids: Vec<u64> = store
        .changes()
        .iter()
        .filter(|change| change.kind.model == kind.model && actions.contains(&change.action))
        .filter(|change| change.request == wanted)
        .map(|change| change.object)
        .collect();
    Some(Ok(Box::new(move |object| ids.contains(&object.id))))
}

pub(super) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.chars().all(|digit| digit == '-' || digit.is_ascii_hexdigit())
}

/// Looks at every text of an object.
fn search<'a>(wanted: &str) -> Test<'a> {
    let wanted = wanted.trim().to_lowercase();
    Box::new(move |object| {
        let mut texts = object.values.values().filter_map(Value::as_str);
        wanted.is_empty() || texts.any(|text| text.to_lowercase().contains(&wanted))
    })
}

pub(super) fn unavailable(value: &str) -> String {
    format!("Select a valid choice. {value} is not one of the available choices.")
}
