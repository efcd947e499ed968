//! Names for addresses, and everything that a rule may refer to. API: `…/firewall/aliases`,
//! `…/firewall/refs`.

use serde_json::{Value, json};

use super::{Alias, File, Scope, check_digest, comment, digest, ip_version};
use crate::proxmox::Call;
use crate::proxmox::error::{Answer, ApiError, Reply};

fn digest_of(file: Option<&File>) -> String {
    let aliases = file.into_iter().flat_map(|file| file.aliases.values());
    digest(aliases.map(|alias| format!("{alias:?}")))
}

fn describe(alias: &Alias) -> Value {
    let mut row = json!({ "name": alias.name, "cidr": alias.cidr });
    if let Some(version) = ip_version(&alias.cidr) {
        row["ipversion"] = version.into();
    }
    if let Some(comment) = &alias.comment {
        row["comment"] = comment.as_str().into();
    }
    row
}

pub(super) fn list(call: &Call, scope: &Scope) -> Answer {
    let state = call.shared.state();
    let file = state.firewall.file(scope);
    let digest = digest_of(file);
    let rows: Vec<Value> = file
        .into_iter()
        .flat_map(|file| file.aliases.values())
        .map(|alias| {
            let mut row = describe(alias);
            row["digest"] = digest.as_str().into();
            row
        })
        .collect();
    Ok(Value::from(rows).into())
}

pub(super) fn get(call: &Call, scope: &Scope) -> Answer {
    let name = call.params.text("name").to_ascii_lowercase();
    let state = call.shared.state();
    match state.firewall.file(scope).and_then(|file| file.aliases.get(&name)) {
        Some(alias) => Ok(describe(alias).into()),
        None => Err(ApiError::parameter("name", "no such alias")),
    }
}

pub(super) fn create(call: &Call, scope: &Scope) -> Answer {
    let name = call.params.text("name");
    let mut state = call.shared.state();
    let aliases = &mut state.firewall.file_mut(scope).aliases;
    let key = name.to_ascii_lowercase();
    if aliases.contains_key(&key) {
        return Err(ApiError::parameter("name", format!("alias '{name}' already exists")));
    }
    aliases.insert(key, wanted(call, name));
    Ok(Value::Null.into())
}

fn wanted(call: &Call, name: &str) -> Alias {
    let cidr = call.params.text("cidr").to_owned();
    Alias { name: name.to_owned(), cidr, comment: comment(call) }
}

/// Replaces the whole entry: a comment that is not given again is gone.
pub(super) fn update(call: &Call, scope: &Scope) -> Answer {
    let name = call.params.text("name");
    let mut state = call.shared.state();
    check_digest(call, &digest_of(state.firewall.file(scope)))?;
    let aliases = &mut state.firewall.file_mut(scope).aliases;
    let key = name.to_ascii_lowercase();
    if !aliases.contains_key(&key) {
        return Err(ApiError::parameter("name", "no such alias"));
    }
    let new_name = call.params.get("rename").unwrap_or(name);
    let new_key = new_name.to_ascii_lowercase();
    if new_key != key && aliases.contains_key(&new_key) {
        return Err(ApiError::parameter("name", format!("alias '{new_name}' already exists")));
    }
    aliases.remove(&key);
    aliases.insert(new_key, wanted(call, new_name));
    Ok(Value::Null.into())
}

/// Removes an alias whether rules use it or not; a missing one is no error.
pub(super) fn delete(call: &Call, scope: &Scope) -> Answer {
    let name = call.params.text("name").to_ascii_lowercase();
    let mut state = call.shared.state();
    check_digest(call, &digest_of(state.firewall.file(scope)))?;
    state.firewall.file_mut(scope).aliases.remove(&name);
    Ok(Value::Null.into())
}

pub(super) fn references(call: &Call, scope: &Scope) -> Reply {
    let wanted = |kind: &str| call.params.get("type").is_none_or(|given| given == kind);
    let state = call.shared.state();
    let own = match scope {
        Scope::Guest(..) => state.firewall.file(scope).map(|file| ("guest", file)),
        Scope::Cluster | Scope::Node(_) => None,
    };
    let mut rows = Vec::new();
    for (place, file) in [Some(("dc", &state.firewall.cluster)), own].into_iter().flatten() {
        if wanted("ipset") {
            rows.extend(file.sets.iter().map(|(name, set)| {
                row("ipset", place, name, &format!("+{name}"), set.comment.as_deref())
            }));
        }
        if wanted("alias") {
            rows.extend(file.aliases.values().map(|alias| {
                row("alias", place, &alias.name, &alias.name, alias.comment.as_deref())
            }));
        }
    }
    Value::from(rows).into()
}

fn row(kind: &str, scope: &str, name: &str, reference: &str, comment: Option<&str>) -> Value {
    let mut row = json!({ "type": kind, "scope": scope, "name": name, "ref": reference });
    if let Some(comment) = comment {
        row["comment"] = comment.into();
    }
    row
}
