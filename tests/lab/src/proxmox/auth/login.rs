//! Tokens, passwords and tickets. Source: `POST /access/ticket` and the headers of every request.

use aws_lc_rs::hmac;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::{Access, Identity};
use crate::proxmox::error::{Answer, ApiError};
use crate::proxmox::params::decode;
use crate::proxmox::{Call, Shared};

/// How long a ticket is good for, in seconds of lab time.
const TICKET_LIFETIME: u64 = 2 * 3600;

/// Finds out who asks.
///
/// # Errors
/// 401 with the server's reason; a write with a ticket needs the CSRF token too.
pub(crate) fn authenticate(
    shared: &Shared,
    method: &http::Method,
    headers: &HeaderMap,
) -> Result<Identity, ApiError> {
    let now = shared.clock.unix();
    let state = shared.state();
    let access = &state.access;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let cookie = header("cookie").and_then(|cookies| {
        cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("PVEAuthCookie="))
    });
    let authorization = header("authorization").unwrap_or_default();
    let ticket = cookie.or_else(|| authorization.strip_prefix("PVEAuthCookie="));
    if let Some(ticket) = ticket {
        let ticket = decode(ticket.as_bytes(), false);
        let user = verify_ticket(shared, access, &ticket, now)
            .ok_or_else(|| ApiError::unauthorized("Authentication failed!"))?;
        let csrf = header("csrfpreventiontoken").unwrap_or_default();
        if method != http::Method::GET && !verify_csrf(access, &user, csrf, now) {
            return Err(ApiError::unauthorized("Permission denied - invalid csrf token"));
        }
        return Ok(Identity { user, token: None });
    }
    let token =
        authorization.strip_prefix("PVEAPIToken").and_then(|rest| rest.strip_prefix(['=', ' ']));
    match token {
        Some(token) => verify_token(access, token, now)
            .ok_or_else(|| ApiError::unauthorized("Authentication failed!")),
        None => Err(ApiError::unauthorized("No ticket")),
    }
}

fn verify_token(access: &Access, text: &str, now: u64) -> Option<Identity> {
    let (id, secret) = text.split_once('=')?;
    let (user_id, token_id) = id.split_once('!')?;
    let user = active_user(access, user_id, now)?;
    let token = user.tokens.get(token_id)?;
    let expired = token.expire != 0 && token.expire <= now;
    (!expired && token.secret == secret)
        .then(|| Identity { user: user_id.to_owned(), token: Some(token_id.to_owned()) })
}

fn active_user<'a>(access: &'a Access, id: &str, now: u64) -> Option<&'a super::User> {
    access.users.get(id).filter(|user| user.enabled && (user.expire == 0 || user.expire > now))
}

fn sign(access: &Access, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &access.secret);
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

fn verify_ticket(shared: &Shared, access: &Access, ticket: &str, now: u64) -> Option<String> {
    let (plain, signature) = ticket.split_once("::")?;
    let (user, time) = plain.strip_prefix("PVE:")?.rsplit_once(':')?;
    let given_at = u64::from_str_radix(time, 16).ok()?;
    let fresh = given_at <= now + 300 && now < given_at + TICKET_LIFETIME;
    let good = fresh
        && sign(access, plain) == signature
        && !shared.faults.tickets_expired(given_at)
        && active_user(access, user, now).is_some();
    good.then(|| user.to_owned())
}

fn verify_csrf(access: &Access, user: &str, text: &str, now: u64) -> bool {
    let Some((time, signature)) = text.split_once(':') else { return false };
    let given_at = u64::from_str_radix(time, 16).unwrap_or(0);
    now < given_at + TICKET_LIFETIME && sign(access, &format!("{time}:{user}")) == signature
}

/// `POST /access/ticket`.
pub(crate) fn ticket(call: &Call) -> Answer {
    let params = &call.params;
    let mut user = params.text("username").to_owned();
    if let Some(realm) = params.get("realm").filter(|_| !user.contains('@')) {
        user = format!("{user}@{realm}");
    }
    let now = call.shared.clock.unix();
    let password = params.text("password");
    let state = call.shared.state();
    let access = &state.access;
    let known = active_user(access, &user, now).is_some_and(|known| {
        known.password.as_deref() == Some(password)
            || verify_ticket(&call.shared, access, password, now).as_deref() == Some(&*user)
    });
    if !known {
        let refused = ApiError::unauthorized("authentication failure");
        return Err(ApiError { bare: false, ..refused });
    }
    let plain = format!("PVE:{user}:{now:08X}");
    let time = format!("{now:08X}");
    let mut data = json!({ "username": user, "cap": capabilities(access, &user) });
    if params.get("path").is_none() {
        data["ticket"] = format!("{plain}::{}", sign(access, &plain)).into();
        let csrf = sign(access, &format!("{time}:{user}"));
        data["CSRFPreventionToken"] = format!("{time}:{csrf}").into();
    }
    Ok(data.into())
}

/// The privileges that the web interface asks for, by area.
fn capabilities(access: &Access, user: &str) -> Value {
    let who = Identity { user: user.to_owned(), token: None };
    let areas: [(&str, &str, &[&str]); 7] = [
        ("access", "/access", &["User.", "Group.", "Permissions."]),
        ("dc", "/", &["Sys.Audit", "Sys.Modify", "SDN."]),
        ("mapping", "/mapping", &["Mapping.", "Permissions."]),
        ("nodes", "/nodes", &["Sys.", "Permissions."]),
        ("sdn", "/sdn", &["SDN.", "Permissions."]),
        ("storage", "/storage", &["Datastore.", "Permissions."]),
        ("vms", "/vms", &["VM.", "Permissions."]),
    ];
    let mut capabilities = Map::new();
    for (area, path, stems) in areas {
        let privileges: Map<String, Value> = access
            .privileges(&who, path)
            .into_keys()
            .filter(|privilege| stems.iter().any(|stem| privilege.starts_with(stem)))
            .map(|privilege| (privilege, 1.into()))
            .collect();
        capabilities.insert(area.to_owned(), privileges.into());
    }
    capabilities.into()
}
