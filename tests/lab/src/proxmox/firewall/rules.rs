//! Rules. API: `…/firewall/rules` and `/cluster/firewall/groups/{group}`.

use serde_json::{Map, Value};

use super::{Rule, Scope, check_digest, digest, first_line, verify};
use crate::proxmox::Call;
use crate::proxmox::datacenter::Datacenter;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::split_list;

/// Properties of a rule.
const PROPERTIES: &[&str] = &[
    "action",
    "comment",
    "dest",
    "dport",
    "enable",
    "icmp-type",
    "iface",
    "log",
    "macro",
    "proto",
    "source",
    "sport",
    "type",
];

/// The rules that a call is about: of a file, or of a security group.
fn rules_mut<'a>(
    state: &'a mut Datacenter,
    call: &Call,
    scope: &Scope,
) -> Result<&'a mut Vec<Rule>, ApiError> {
    let file = state.firewall.file_mut(scope);
    match call.params.get("group") {
        None => Ok(&mut file.rules),
        Some(name) => match file.groups.get_mut(&name.to_ascii_lowercase()) {
            Some(group) => Ok(&mut group.rules),
            None => Err(ApiError::internal(format!("no such security group '{name}'"))),
        },
    }
}

fn rules(state: &Datacenter, call: &Call, scope: &Scope) -> Result<Vec<Rule>, ApiError> {
    let file = state.firewall.file(scope);
    match call.params.get("group") {
        None => Ok(file.map(|file| file.rules.clone()).unwrap_or_default()),
        Some(name) => file
            .and_then(|file| file.groups.get(&name.to_ascii_lowercase()))
            .map(|group| group.rules.clone())
            .ok_or_else(|| ApiError::internal(format!("no such security group '{name}'"))),
    }
}

/// Where a rule stands, in the server's words.
fn environment(call: &Call, scope: &Scope) -> &'static str {
    match scope {
        _ if call.params.get("group").is_some() => "group",
        Scope::Cluster => "cluster",
        Scope::Node(_) => "host",
        Scope::Guest(_, kind) => kind,
    }
}

fn digest_of(rules: &[Rule]) -> String {
    digest(rules.iter().map(|rule| format!("{rule:?}")))
}

fn position(call: &Call, rules: &[Rule]) -> Result<usize, ApiError> {
    let position = call.params.integer("pos").unwrap_or_default();
    match usize::try_from(position).ok().filter(|position| *position < rules.len()) {
        Some(position) => Ok(position),
        None => Err(ApiError::internal(format!("no rule at position {position}"))),
    }
}

/// A rule as the API shows it, with what is wrong with it by now.
fn describe(
    state: &Datacenter,
    scope: &Scope,
    environment: &str,
    rule: &Rule,
) -> Map<String, Value> {
    let mut object: Map<String, Value> = rule
        .iter()
        .map(|(name, text)| {
            let value = match name.as_str() {
                "enable" => text.parse::<i64>().unwrap_or_default().into(),
                _ => text.as_str().into(),
            };
            (name.clone(), value)
        })
        .collect();
    match verify::rule(state, scope, environment, rule) {
        Ok(Some(version)) => {
            object.insert("ipversion".to_owned(), version.into());
        }
        Ok(None) => {}
        Err((name, text)) => {
            object.insert("errors".to_owned(), serde_json::json!({ name: text }));
        }
    }
    object
}

pub(super) fn list(call: &Call, scope: &Scope) -> Answer {
    let state = call.shared.state();
    let rules = rules(&state, call, scope)?;
    let digest = digest_of(&rules);
    let environment = environment(call, scope);
    let rows: Vec<Value> = rules
        .iter()
        .enumerate()
        .map(|(position, rule)| {
            let mut row = describe(&state, scope, environment, rule);
            row.insert("pos".to_owned(), position.into());
            row.insert("digest".to_owned(), digest.as_str().into());
            row.into()
        })
        .collect();
    Ok(Value::from(rows).into())
}

pub(super) fn get(call: &Call, scope: &Scope) -> Answer {
    let state = call.shared.state();
    let rules = rules(&state, call, scope)?;
    let position = position(call, &rules)?;
    let mut object = describe(&state, scope, environment(call, scope), &rules[position]);
    // A single rule shows its position the way the path wrote it.
    object.insert("pos".to_owned(), position.to_string().into());
    object.insert("digest".to_owned(), digest_of(&rules).into());
    Ok(Value::from(object).into())
}

/// A new rule comes first, whatever position is asked for, and the digest does not matter.
pub(super) fn create(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    rules(&state, call, scope)?;
    let mut rule = Rule::new();
    apply(call, &mut rule);
    rule.entry("enable".to_owned()).or_insert_with(|| "0".to_owned());
    verified(&state, call, scope, &mut rule)?;
    rules_mut(&mut state, call, scope)?.insert(0, rule);
    Ok(Value::Null.into())
}

fn apply(call: &Call, rule: &mut Rule) {
    for name in PROPERTIES {
        let Some(text) = call.params.get(name) else { continue };
        let text = match *name {
            "enable" => Some(u8::from(text != "0").to_string()),
            "comment" => first_line(text),
            _ => Some(text.to_owned()).filter(|text| !text.is_empty() && text != "-"),
        };
        match text {
            Some(text) => rule.insert((*name).to_owned(), text),
            None => rule.remove(*name),
        };
    }
}

fn verified(
    state: &Datacenter,
    call: &Call,
    scope: &Scope,
    rule: &mut Rule,
) -> Result<(), ApiError> {
    if let Some(name) = rule.get("macro").and_then(|name| verify::macro_name(name)) {
        rule.insert("macro".to_owned(), name.to_owned());
    }
    verify::rule(state, scope, environment(call, scope), rule)
        .map_err(|(name, text)| ApiError::parameter(name, text))?;
    if rule.get("type").is_some_and(|kind| kind == "group") {
        // All that a line that names a group can say.
        let kept = ["action", "comment", "enable", "iface", "type"];
        rule.retain(|name, _| kept.contains(&name.as_str()));
    }
    Ok(())
}

/// Changes a rule, or moves it: then everything else that is asked for is left out.
pub(super) fn update(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let now = rules(&state, call, scope)?;
    check_digest(call, &digest_of(&now))?;
    let position = position(call, &now)?;
    let moved = call.params.integer("moveto").and_then(|to| usize::try_from(to).ok());
    if let Some(to) = moved.filter(|to| *to != position) {
        let rules = rules_mut(&mut state, call, scope)?;
        // The target counts positions with the rule still in its place.
        let to = if to > position { to - 1 } else { to };
        let rule = rules.remove(position);
        rules.insert(to.min(rules.len()), rule);
        return Ok(Value::Null.into());
    }
    let mut rule = now[position].clone();
    apply(call, &mut rule);
    for name in split_list(call.params.get("delete").unwrap_or_default()) {
        let text = match name.as_str() {
            "type" | "action" => format!("unable to delete required property '{name}'"),
            other if PROPERTIES.contains(&other) => {
                rule.remove(other);
                continue;
            }
            _ => format!("no such property ('{name}')"),
        };
        return Err(ApiError::parameter("delete", text));
    }
    rule.entry("enable".to_owned()).or_insert_with(|| "0".to_owned());
    verified(&state, call, scope, &mut rule)?;
    rules_mut(&mut state, call, scope)?[position] = rule;
    Ok(Value::Null.into())
}

pub(super) fn delete(call: &Call, scope: &Scope) -> Answer {
    let mut state = call.shared.state();
    let rules = rules_mut(&mut state, call, scope)?;
    check_digest(call, &digest_of(rules))?;
    let position = position(call, rules)?;
    rules.remove(position);
    Ok(Value::Null.into())
}
