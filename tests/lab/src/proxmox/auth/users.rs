//! Users, tokens, groups, roles and grants. API: `/access`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Access, Grant, Token, User};
use crate::proxmox::Call;
use crate::proxmox::dispatch::names;
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::split_list;

/// Free texts of a user.
const TEXTS: &[&str] = &["comment", "email", "firstname", "lastname"];

pub(crate) fn route(call: &Call, method: &str, template: &str) -> Option<Answer> {
    let rest = template.strip_prefix("/access")?;
    Some(match (method, rest) {
        ("GET", "") => Ok(names(&[
            "users", "groups", "roles", "acl", "domains", "openid", "tfa", "ticket", "password",
        ])),
        ("GET", "/domains") => Ok(json!([
            { "realm": "pam", "type": "pam", "comment": "Linux PAM standard authentication" },
            { "realm": "pve", "type": "pve", "comment": "Proxmox VE authentication server" },
        ])
        .into()),
        ("GET", "/users") => list_users(call),
        ("POST", "/users") => create_user(call),
        ("GET", "/users/{userid}") => get_user(call),
        ("PUT", "/users/{userid}") => update_user(call),
        ("DELETE", "/users/{userid}") => delete_user(call),
        ("GET", "/users/{userid}/token") => list_tokens(call),
        ("GET", "/users/{userid}/token/{tokenid}") => get_token(call),
        ("POST", "/users/{userid}/token/{tokenid}") => create_token(call),
        ("PUT", "/users/{userid}/token/{tokenid}") => update_token(call),
        ("DELETE", "/users/{userid}/token/{tokenid}") => delete_token(call),
        ("PUT", "/password") => change_password(call),
        ("GET", "/groups") => list_groups(call),
        ("POST", "/groups") => create_group(call),
        ("DELETE", "/groups/{groupid}") => delete_group(call),
        ("GET", "/roles") => list_roles(call),
        ("POST", "/roles") => create_role(call),
        ("GET", "/roles/{roleid}") => get_role(call),
        ("PUT", "/roles/{roleid}") => update_role(call),
        ("DELETE", "/roles/{roleid}") => delete_role(call),
        ("GET", "/acl") => list_grants(call),
        ("PUT", "/acl") => update_grants(call),
        _ => return None,
    })
}

fn check_name(userid: &str) -> Result<(), ApiError> {
    let good = userid.rsplit_once('@').is_some_and(|(name, realm)| {
        !name.is_empty() && !realm.is_empty() && !name.contains([' ', ':', '/'])
    });
    if good {
        return Ok(());
    }
    Err(ApiError::internal(format!("value '{userid}' does not look like a valid user name")))
}

fn find<'a>(access: &'a mut Access, userid: &str) -> Result<&'a mut User, ApiError> {
    check_name(userid)?;
    access
        .users
        .get_mut(userid)
        .ok_or_else(|| ApiError::internal(format!("no such user ('{userid}')")))
}

fn describe(user: &User) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("enable".to_owned(), u8::from(user.enabled).into());
    object.insert("expire".to_owned(), user.expire.into());
    for (name, text) in &user.texts {
        object.insert(name.clone(), text.as_str().into());
    }
    object
}

fn list_users(call: &Call) -> Answer {
    let state = call.shared.state();
    let access = &state.access;
    let sees_all = access.allowed(&call.who, "/access/groups", "User.Modify")
        || access.allowed(&call.who, "/access/groups", "Sys.Audit");
    let rows: Vec<Value> = access
        .users
        .iter()
        .filter(|(name, _)| sees_all || (call.who.token.is_none() && **name == call.who.user))
        .filter(|(_, user)| {
            call.params.get("enabled").is_none_or(|flag| (flag == "1") == user.enabled)
        })
        .map(|(name, user)| {
            let mut row = describe(user);
            row.insert("userid".to_owned(), name.as_str().into());
            let realm = name.rsplit('@').next().unwrap_or_default();
            row.insert("realm-type".to_owned(), realm.into());
            if call.params.flag("full") {
                let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
                row.insert("groups".to_owned(), groups.join(",").into());
                let tokens: Vec<Value> =
                    user.tokens.iter().map(|(id, token)| token_row(id, token)).collect();
                row.insert("tokens".to_owned(), tokens.into());
            }
            row.into()
        })
        .collect();
    Ok(Value::from(rows).into())
}

fn create_user(call: &Call) -> Answer {
    let params = &call.params;
    let name = params.text("userid");
    check_name(name)?;
    let mut state = call.shared.state();
    let access = &mut state.access;
    let failed = |text: String| ApiError::internal(format!("create user failed: {text}"));
    if access.users.contains_key(name) {
        return Err(failed(format!("user '{name}' already exists")));
    }
    let groups = split_list(params.get("groups").unwrap_or_default());
    if let Some(group) = groups.iter().find(|group| !access.groups.contains_key(*group)) {
        return Err(failed(format!("no such group '{group}'")));
    }
    if let (Some((plain, "pam")), Some(_)) = (name.rsplit_once('@'), params.get("password")) {
        return Err(failed(format!("change password failed: user '{plain}' does not exist")));
    }
    let mut user = User {
        password: params.get("password").map(str::to_owned),
        enabled: params.get("enable") != Some("0"),
        expire: params.integer("expire").unwrap_or_default().unsigned_abs(),
        groups: groups.into_iter().collect(),
        texts: texts(call),
        ..User::default()
    };
    user.texts.entry("email".to_owned()).or_default();
    access.users.insert(name.to_owned(), user);
    Ok(Value::Null.into())
}

fn texts(call: &Call) -> BTreeMap<String, String> {
    TEXTS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), call.params.get(name)?.to_owned())))
        .collect()
}

fn get_user(call: &Call) -> Answer {
    let mut state = call.shared.state();
    let user = find(&mut state.access, call.params.text("userid"))?;
    let mut object = describe(user);
    object.insert("groups".to_owned(), user.groups.iter().cloned().collect::<Vec<_>>().into());
    let tokens = if user.tokens.is_empty() {
        Value::Null
    } else {
        let each = user.tokens.iter().map(|(id, token)| (id.clone(), describe_token(token)));
        Value::from(each.collect::<Map<String, Value>>())
    };
    object.insert("tokens".to_owned(), tokens);
    Ok(Value::from(object).into())
}

fn update_user(call: &Call) -> Answer {
    let params = &call.params;
    let mut state = call.shared.state();
    let name = params.text("userid");
    let groups = params.get("groups").map(split_list);
    let unknown =
        groups.iter().flatten().find(|group| !state.access.groups.contains_key(*group)).cloned();
    let user = find(&mut state.access, name)?;
    if let Some(group) = unknown {
        return Err(ApiError::internal(format!("update user failed: no such group '{group}'")));
    }
    if let Some(groups) = groups {
        if !params.flag("append") {
            user.groups.clear();
        }
        user.groups.extend(groups);
    }
    if let Some(flag) = params.get("enable") {
        user.enabled = flag == "1";
    }
    if let Some(expire) = params.integer("expire") {
        user.expire = expire.unsigned_abs();
    }
    user.texts.extend(texts(call));
    user.texts.entry("email".to_owned()).or_default();
    Ok(Value::Null.into())
}

fn delete_user(call: &Call) -> Answer {
    let mut state = call.shared.state();
    let name = call.params.text("userid");
    find(&mut state.access, name)?;
    state.access.users.remove(name);
    let tokens = format!("{name}!");
    state.access.grants.retain(|grant| grant.to != name && !grant.to.starts_with(&tokens));
    Ok(Value::Null.into())
}

fn change_password(call: &Call) -> Answer {
    let params = &call.params;
    if call.who.token.is_some() {
        let detail = "URI '/access/password' not available with API token, need proper ticket.\n";
        return Err(ApiError::forbidden(Some(detail)));
    }
    let mut state = call.shared.state();
    let own = state.access.users.get(&call.who.user).and_then(|user| user.password.clone());
    if !call.who.is_root() {
        match params.get("confirmation-password") {
            None => {
                let text = "password is required to modify user";
                return Err(ApiError::parameter("confirmation-password", text));
            }
            Some(given) if own.as_deref() != Some(given) => {
                return Err(ApiError::internal("invalid credentials"));
            }
            Some(_) => {}
        }
    }
    let user = find(&mut state.access, params.text("userid"))?;
    user.password = Some(params.text("password").to_owned());
    Ok(Value::Null.into())
}

fn describe_token(token: &Token) -> Value {
    let mut object = json!({ "privsep": u8::from(token.privsep), "expire": token.expire });
    if let Some(comment) = &token.comment {
        object["comment"] = comment.as_str().into();
    }
    object
}

fn token_row(id: &str, token: &Token) -> Value {
    let mut row = describe_token(token);
    row["tokenid"] = id.into();
    row
}

fn no_such_token(call: &Call) -> ApiError {
    let (user, token) = (call.params.text("userid"), call.params.text("tokenid"));
    ApiError::internal(format!("no such token '{token}' for user '{user}'"))
}

fn list_tokens(call: &Call) -> Answer {
    let mut state = call.shared.state();
    let user = find(&mut state.access, call.params.text("userid"))?;
    let rows: Vec<Value> = user.tokens.iter().map(|(id, token)| token_row(id, token)).collect();
    Ok(Value::from(rows).into())
}

fn get_token(call: &Call) -> Answer {
    let mut state = call.shared.state();
    let user = find(&mut state.access, call.params.text("userid"))?;
    let token = user.tokens.get(call.params.text("tokenid"));
    token.map(|token| describe_token(token).into()).ok_or_else(|| no_such_token(call))
}

/// What was given, as it was given: the server echoes texts.
fn echo(call: &Call) -> Map<String, Value> {
    let names = ["privsep", "expire", "comment"];
    let given = names.iter().filter_map(|name| Some((*name, call.params.get(name)?)));
    given.map(|(name, text)| (name.to_owned(), text.into())).collect()
}

fn create_token(call: &Call) -> Answer {
    let params = &call.params;
    let (name, id) = (params.text("userid"), params.text("tokenid"));
    let mut state = call.shared.state();
    let user = find(&mut state.access, name)?;
    if user.tokens.contains_key(id) {
        return Err(ApiError::parameter("tokenid", "Token already exists."));
    }
    let secret = crate::lab::uuid();
    let token = Token {
        secret: secret.clone(),
        privsep: params.get("privsep") != Some("0"),
        expire: params.integer("expire").unwrap_or_default().unsigned_abs(),
        comment: params.get("comment").map(str::to_owned),
    };
    user.tokens.insert(id.to_owned(), token);
    let mut info = echo(call);
    info.entry("privsep").or_insert_with(|| 1.into());
    Ok(json!({ "full-tokenid": format!("{name}!{id}"), "info": info, "value": secret }).into())
}

fn update_token(call: &Call) -> Answer {
    let params = &call.params;
    let (name, id) = (params.text("userid"), params.text("tokenid"));
    let mut state = call.shared.state();
    let user = find(&mut state.access, name)?;
    let Some(token) = user.tokens.get_mut(id) else { return Err(no_such_token(call)) };
    for option in split_list(params.get("delete").unwrap_or_default()) {
        match option.as_str() {
            "comment" => token.comment = None,
            "expire" => token.expire = 0,
            _ => return Err(ApiError::internal("updating token info failed: 400")),
        }
    }
    if let Some(flag) = params.get("privsep") {
        token.privsep = flag == "1";
    }
    if let Some(expire) = params.integer("expire") {
        token.expire = expire.unsigned_abs();
    }
    if let Some(comment) = params.get("comment") {
        token.comment = Some(comment.to_owned());
    }
    let Value::Object(mut object) = describe_token(token) else { return Ok(Value::Null.into()) };
    object.extend(echo(call));
    if params.flag("regenerate") {
        token.secret = crate::lab::uuid();
        object.insert("value".to_owned(), token.secret.as_str().into());
        object.insert("full-tokenid".to_owned(), format!("{name}!{id}").into());
    }
    Ok(Value::from(object).into())
}

fn delete_token(call: &Call) -> Answer {
    let (name, id) = (call.params.text("userid"), call.params.text("tokenid"));
    let mut state = call.shared.state();
    let user = find(&mut state.access, name)?;
    if user.tokens.remove(id).is_none() {
        return Err(no_such_token(call));
    }
    let full = format!("{name}!{id}");
    state.access.grants.retain(|grant| grant.to != full);
    Ok(Value::Null.into())
}

fn list_groups(call: &Call) -> Answer {
    let state = call.shared.state();
    let members = |group: &str| {
        let users = state.access.users.iter().filter(|(_, user)| user.groups.contains(group));
        users.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<Value> = state
        .access
        .groups
        .iter()
        .map(|(name, comment)| {
            let mut row = json!({ "groupid": name, "users": members(name) });
            if let Some(comment) = comment {
                row["comment"] = comment.as_str().into();
            }
            row
        })
        .collect();
    Ok(Value::from(rows).into())
}

fn create_group(call: &Call) -> Answer {
    let name = call.params.text("groupid");
    let mut state = call.shared.state();
    if state.access.groups.contains_key(name) {
        let text = format!("create group failed: group '{name}' already exists");
        return Err(ApiError::internal(text));
    }
    let comment = call.params.get("comment").map(str::to_owned);
    state.access.groups.insert(name.to_owned(), comment);
    Ok(Value::Null.into())
}

fn delete_group(call: &Call) -> Answer {
    let name = call.params.text("groupid");
    let mut state = call.shared.state();
    if state.access.groups.remove(name).is_none() {
        let text = format!("delete group failed: group '{name}' does not exist");
        return Err(ApiError::internal(text));
    }
    for user in state.access.users.values_mut() {
        user.groups.remove(name);
    }
    state.access.grants.retain(|grant| grant.kind != "group" || grant.to != name);
    Ok(Value::Null.into())
}

fn list_roles(call: &Call) -> Answer {
    let state = call.shared.state();
    let rows: Vec<Value> = state
        .access
        .roles
        .iter()
        .map(|(name, privileges)| {
            let privileges: Vec<&str> = privileges.iter().map(String::as_str).collect();
            json!({
                "roleid": name,
                "privs": privileges.join(","),
                "special": u8::from(Access::is_special(name)),
            })
        })
        .collect();
    Ok(Value::from(rows).into())
}

fn create_role(call: &Call) -> Answer {
    let name = call.params.text("roleid");
    if name.to_ascii_uppercase().starts_with("PVE") {
        let text = "cannot use role ID starting with the (case-insensitive) 'PVE' namespace";
        return Err(ApiError::parameter("roleid", text));
    }
    let mut state = call.shared.state();
    if state.access.roles.contains_key(name) {
        let text = format!("create role failed: role '{name}' already exists");
        return Err(ApiError::internal(text));
    }
    let privileges = split_list(call.params.get("privs").unwrap_or_default());
    state.access.roles.insert(name.to_owned(), privileges.into_iter().collect());
    Ok(Value::Null.into())
}

fn get_role(call: &Call) -> Answer {
    let name = call.params.text("roleid");
    let state = call.shared.state();
    let Some(privileges) = state.access.roles.get(name) else {
        return Err(ApiError::internal(format!("role '{name}' does not exist")));
    };
    let object: Map<String, Value> =
        privileges.iter().map(|privilege| (privilege.clone(), 1.into())).collect();
    Ok(Value::from(object).into())
}

fn update_role(call: &Call) -> Answer {
    let name = call.params.text("roleid");
    if Access::is_special(name) {
        let text = format!("auto-generated role '{name}' cannot be modified");
        return Err(ApiError::internal(text));
    }
    let mut state = call.shared.state();
    let Some(privileges) = state.access.roles.get_mut(name) else {
        let text = format!("update role failed: role '{name}' does not exist");
        return Err(ApiError::internal(text));
    };
    let given: BTreeSet<String> =
        split_list(call.params.get("privs").unwrap_or_default()).into_iter().collect();
    if call.params.flag("append") {
        privileges.extend(given);
    } else {
        *privileges = given;
    }
    Ok(Value::Null.into())
}

fn delete_role(call: &Call) -> Answer {
    let name = call.params.text("roleid");
    if Access::is_special(name) {
        let text = format!("auto-generated role '{name}' cannot be deleted");
        return Err(ApiError::internal(text));
    }
    let mut state = call.shared.state();
    if state.access.roles.remove(name).is_none() {
        let text = format!("delete role failed: role '{name}' does not exist");
        return Err(ApiError::internal(text));
    }
    state.access.grants.retain(|grant| grant.role != name);
    Ok(Value::Null.into())
}

fn list_grants(call: &Call) -> Answer {
    let state = call.shared.state();
    let access = &state.access;
    let rows: Vec<Value> = access
        .grants
        .iter()
        .filter(|grant| {
            access.allowed(&call.who, "/access", "Sys.Audit")
                || access.allowed(&call.who, &grant.path, "Permissions.Modify")
        })
        .map(|grant| {
            json!({
                "path": grant.path,
                "type": grant.kind,
                "ugid": grant.to,
                "roleid": grant.role,
                "propagate": u8::from(grant.propagate),
            })
        })
        .collect();
    Ok(Value::from(rows).into())
}

/// A path of the access control list in its one spelling.
fn normal_path(text: &str) -> Option<String> {
    let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
    let path = format!("/{}", segments.join("/"));
    let good = match &segments[..] {
        [] => true,
        ["vms"] => true,
        ["vms", id] => id.parse::<u32>().is_ok_and(|id| id >= 100),
        ["access" | "mapping" | "nodes" | "pool" | "sdn" | "storage", ..] => true,
        _ => false,
    };
    good.then_some(path)
}

fn update_grants(call: &Call) -> Answer {
    let params = &call.params;
    let given = params.text("path");
    let Some(path) = normal_path(given) else {
        return Err(ApiError::parameter("path", format!("invalid ACL path '{given}'")));
    };
    let lists = [("user", "users"), ("group", "groups"), ("token", "tokens")];
    if lists.iter().all(|(_, name)| params.get(name).is_none()) {
        let text = "either 'users', 'groups' or 'tokens' is required.";
        let errors = lists.iter().map(|(_, name)| ((*name).to_owned(), text.to_owned()));
        return Err(ApiError::parameters(errors.collect()));
    }
    let mut state = call.shared.state();
    let access = &mut state.access;
    let failed = |text: String| ApiError::internal(format!("ACL update failed: {text}"));
    let roles = split_list(params.text("roles"));
    if let Some(role) = roles.iter().find(|role| !access.roles.contains_key(*role)) {
        return Err(failed(format!("role '{role}' does not exist")));
    }
    for (kind, name) in lists {
        for to in split_list(params.get(name).unwrap_or_default()) {
            match kind {
                "user" if !access.users.contains_key(&to) => {
                    return Err(failed(format!("user '{to}' does not exist")));
                }
                "group" if !access.groups.contains_key(&to) => {
                    return Err(failed(format!("group '{to}' does not exist")));
                }
                "token" => {
                    let (user, id) = to.split_once('!').unwrap_or((&to, ""));
                    if !access.users.get(user).is_some_and(|user| user.tokens.contains_key(id)) {
                        return Err(failed(format!("no such token '{id}' for user '{user}'")));
                    }
                }
                _ => {}
            }
            for role in &roles {
                access.grants.retain(|grant| {
                    grant.path != path
                        || grant.to != to
                        || grant.kind != kind
                        || grant.role != *role
                });
                if !params.flag("delete") {
                    access.grants.push(Grant {
                        path: path.clone(),
                        kind,
                        to: to.clone(),
                        role: role.clone(),
                        propagate: params.get("propagate") != Some("0"),
                    });
                }
            }
        }
    }
    Ok(Value::Null.into())
}
