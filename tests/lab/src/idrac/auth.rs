//! Sessions and Basic authentication.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Value, json};

use super::hardware::Generation;
use super::reply::{Answer, Failure, Reply};
use super::{Idrac, USERNAME};

/// Sessions that an iDRAC holds at a time.
const LIMIT: usize = 8;
/// Lab seconds after which an unused session ends.
pub(crate) const TIMEOUT: u64 = 1800;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    token: String,
    created: u64,
    used: u64,
}

/// Lets a request in.
///
/// # Errors
/// 401 with SYS415 for wrong and SYS416 for missing credentials.
pub(crate) fn authenticate(idrac: &Idrac, headers: &HeaderMap) -> Result<(), Failure> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = header("x-auth-token") {
        let now = idrac.clock.unix();
        let mut state = idrac.state();
        state.sessions.retain(|_, session| now.saturating_sub(session.used) < TIMEOUT);
        let session = state.sessions.values_mut().find(|session| session.token == token);
        return match session {
            Some(session) if !idrac.faults.tickets_expired(session.created) => {
                session.used = now;
                Ok(())
            }
            Some(_) | None => Err(Failure::new(401, "SYS415")),
        };
    }
    let Some(basic) = header("authorization").and_then(|value| value.strip_prefix("Basic ")) else {
        return Err(Failure::new(401, "SYS416"));
    };
    let decoded = STANDARD.decode(basic.trim()).unwrap_or_default();
    let wanted = format!("{USERNAME}:{}", idrac.password);
    if decoded == wanted.as_bytes() { Ok(()) } else { Err(Failure::new(401, "SYS415")) }
}

/// Opens a session.
pub(crate) fn log_in(idrac: &Idrac, body: &Value) -> Answer {
    let text = |name: &str| body[name].as_str().ok_or_else(|| Failure::missing(name));
    let (username, password) = (text("UserName")?, text("Password")?);
    if username != USERNAME || password != idrac.password {
        return Err(Failure::new(401, "SYS415"));
    }
    let now = idrac.clock.unix();
    let token = crate::web::hex(&rand::random::<[u8; 16]>());
    let full = idrac.faults.session_limit(idrac.name());
    let id = idrac.change(|state| {
        state.sessions.retain(|_, session| now.saturating_sub(session.used) < TIMEOUT);
        if full || state.sessions.len() >= LIMIT {
            return None;
        }
        state.last_session += 1;
        let session = Session { token: token.clone(), created: now, used: now };
        state.sessions.insert(state.last_session, session);
        Some(state.last_session)
    });
    // Both statuses have been seen on real ones.
    let status = if idrac.generation() == Generation::Nine { 503 } else { 400 };
    let Some(id) = id else { return Err(Failure::new(status, "RAC0218")) };
    let location = format!("/redfish/v1/SessionService/Sessions/{id}");
    Ok(Reply::created(location, document(id)).header("X-Auth-Token", token))
}

/// Ends a session.
pub(crate) fn log_out(idrac: &Idrac, id: &str, path: &str) -> Answer {
    let number: u64 = id.parse().map_err(|_| Failure::not_found(path))?;
    let found = idrac.change(|state| state.sessions.remove(&number));
    found.map(|_| Reply::no_content()).ok_or_else(|| Failure::not_found(path))
}

/// A session as a document.
pub(crate) fn document(id: u64) -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#Session.Session",
        "@odata.id": format!("/redfish/v1/SessionService/Sessions/{id}"),
        "@odata.type": "#Session.v1_3_0.Session",
        "ClientOriginIPAddress": "127.0.0.1",
        "Description": "User Session",
        "Id": id.to_string(),
        "Name": "User Session",
        "Password": null,
        "SessionType": "Redfish",
        "UserName": USERNAME,
    })
}
