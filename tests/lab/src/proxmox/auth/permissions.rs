//! Evaluates the schema's privilege expressions.

use serde_json::{Map, Value};

use super::{Access, Identity};
use crate::proxmox::Call;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::Params;

/// Refuses a call whose expression of privileges does not hold.
///
/// # Errors
/// 403 with the path and the privileges that are missing.
pub(crate) fn check_permissions(
    access: &Access,
    who: &Identity,
    rules: Option<&Value>,
    params: &Params,
) -> Result<(), ApiError> {
    // A name that fits no path is no object on which anybody has a privilege.
    let pool = params.get("poolid").is_some_and(|pool| pool.contains(' '));
    if pool && rules.is_some_and(|rules| rules.to_string().contains("/pool/")) {
        return Err(ApiError::forbidden(Some(", Pool.Allocate")));
    }
    if who.user == "root@pam" && privileged(access, who) {
        return Ok(());
    }
    match rules {
        None => Err(ApiError::forbidden(Some("user != root@pam"))),
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(rule)) => match holds(access, who, rule, params) {
            Ok(()) => Ok(()),
            Err(detail) => Err(ApiError::forbidden(detail.as_deref())),
        },
        Some(_) => Ok(()),
    }
}

fn privileged(access: &Access, who: &Identity) -> bool {
    who.token.as_ref().is_none_or(|token| {
        access
            .users
            .get(&who.user)
            .and_then(|user| user.tokens.get(token))
            .is_some_and(|t| !t.privsep)
    })
}

/// Says whether a rule holds; the error is the detail for the text, if the server gives one.
fn holds(
    access: &Access,
    who: &Identity,
    rule: &[Value],
    params: &Params,
) -> Result<(), Option<String>> {
    let kind = rule.first().and_then(Value::as_str).unwrap_or_default();
    let nested = || rule[1..].iter().filter_map(Value::as_array);
    match kind {
        "and" => nested().try_for_each(|rule| holds(access, who, rule, params)),
        "or" => {
            // Which alternative was meant is not known, so the text names none.
            if nested().any(|rule| holds(access, who, rule, params).is_ok()) {
                Ok(())
            } else {
                Err(None)
            }
        }
        "perm" => {
            let path = fill(rule.get(1).and_then(Value::as_str).unwrap_or("/"), params);
            let Some(path) = path else { return Err(None) };
            let wanted: Vec<&str> = rule
                .get(2)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let mut any = false;
            for pair in rule.get(3..).unwrap_or_default().chunks(2) {
                match (pair[0].as_str(), pair.get(1)) {
                    (Some("any"), _) => any = true,
                    (Some("require_param" | "require-param"), Some(Value::String(name)))
                        if params.get(name).is_none() =>
                    {
                        return Err(None);
                    }
                    _ => {}
                }
            }
            let granted = access.privileges(who, &path);
            let has = |privilege: &&str| granted.contains_key(*privilege);
            let fits = if any { wanted.iter().any(has) } else { wanted.iter().all(has) };
            if fits {
                return Ok(());
            }
            let missing = if any {
                wanted.join("|")
            } else {
                wanted
                    .into_iter()
                    .filter(|privilege| !has(privilege))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            Err(Some(format!("{path}, {missing}")))
        }
        "userid-param" => {
            let is_self = rule.get(1).and_then(Value::as_str) == Some("self")
                && params.get("userid") == Some(&who.user);
            let may_create = rule.get(1).and_then(Value::as_str) == Some("Realm.AllocateUser")
                && access.allowed(who, "/access/realm", "Realm.AllocateUser");
            if is_self || may_create {
                return Ok(());
            }
            if is_self || rule.get(1).and_then(Value::as_str) == Some("self") {
                return Err(None);
            }
            let realm = params.get("userid").and_then(|user| user.rsplit('@').next());
            let realm = realm.unwrap_or_default();
            Err(Some(format!("/access/realm/{realm}, Realm.AllocateUser")))
        }
        "userid-group" => {
            let known = params.get("userid").is_none_or(|user| access.users.contains_key(user))
                || rule.len() > 2;
            let wanted = rule
                .get(1)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let mut wanted = wanted;
            if known && wanted.any(|privilege| access.allowed(who, "/access/groups", privilege)) {
                Ok(())
            } else {
                Err(None)
            }
        }
        "perm-modify" => {
            let path = fill(rule.get(1).and_then(Value::as_str).unwrap_or("/"), params);
            match path {
                Some(path) if access.allowed(who, &path, "Permissions.Modify") => Ok(()),
                Some(path) => Err(Some(format!("{path}, Permissions.Modify"))),
                None => Err(None),
            }
        }
        _ => Ok(()),
    }
}

/// Puts parameters into a path; `None` when one is absent.
fn fill(template: &str, params: &Params) -> Option<String> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        path.push_str(before);
        path.push_str(params.get(name)?);
        rest = after;
    }
    path.push_str(rest);
    Some(path)
}

/// `GET /access/permissions`.
pub(crate) fn own_permissions(call: &Call) -> Answer {
    let params = &call.params;
    let state = call.shared.state();
    let access = &state.access;
    let who = match params.get("userid") {
        None => call.who.clone(),
        Some(id) => {
            let (user, token) = id
                .split_once('!')
                .map_or((id, None), |(user, token)| (user, Some(token.to_owned())));
            if user != call.who.user && !access.allowed(&call.who, "/access", "Sys.Audit") {
                return Err(ApiError::forbidden(Some("/access, Sys.Audit")));
            }
            Identity { user: user.to_owned(), token }
        }
    };
    let paths: Vec<String> = match params.get("path") {
        Some(path) => vec![path.to_owned()],
        None => {
            let fixed = [
                "/",
                "/access",
                "/access/groups",
                "/mapping",
                "/nodes",
                "/pool",
                "/sdn",
                "/storage",
                "/vms",
            ];
            let mut paths: Vec<String> = fixed.map(str::to_owned).to_vec();
            paths.extend(access.grants.iter().map(|grant| grant.path.clone()));
            paths.sort();
            paths.dedup();
            paths
        }
    };
    let mut data = Map::new();
    for path in paths {
        let privileges: Map<String, Value> = access
            .privileges(&who, &path)
            .into_iter()
            .map(|(privilege, propagate)| (privilege, u8::from(propagate).into()))
            .collect();
        if !privileges.is_empty() {
            data.insert(path, privileges.into());
        }
    }
    Ok(Value::from(data).into())
}
