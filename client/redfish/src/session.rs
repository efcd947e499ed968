//! Who asks: one session a host, deleted when the host is left alone, or Basic authentication where no
//! session is to be had.
//!
//! A process that is killed leaves its session to the controller's timeout. What a controller tells of a
//! session (user, origin's address and type; neither the time nor a `Context` before newer schemas) is
//! the same for every process of a user on a host, or behind one address, so none is ever deleted by
//! guess when there is no room.

use std::{
    fmt,
    sync::{Arc, Mutex as StdMutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use onprem_http::{Body, Deadline, HeaderName, HttpClient, Method, Request, Resend, Secret};
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::Mutex};

use crate::{Client, Error, ErrorKind, call::Call, error::message_code, json};

/// How long requests authenticate one by one after there was no room for a session
const WITHOUT_SESSION: Duration = Duration::from_secs(120);

/// Where sessions are made when the service root does not say
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// The session of one host
pub(crate) struct Sessions {
    http: HttpClient,
    username: String,
    password: Secret,
    idle: Duration,
    current: Mutex<Option<Access>>,
    usage: StdMutex<Usage>,
}

#[derive(Clone)]
enum Access {
    Session(Session),
    Basic { until: Instant },
}

#[derive(Clone)]
struct Session {
    token: Secret,
    uri: Option<String>,
}

/// A session for somebody else, who ends it; it is none of the client's own
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenSession {
    /// Value of the header `X-Auth-Token`
    pub token: Secret,
    /// Path of the session, such as `/redfish/v1/SessionService/Sessions/12`
    pub uri: String,
}

impl Client {
    /// Open a session that somebody else uses. API: `POST /redfish/v1/SessionService/Sessions`
    ///
    /// # Errors
    /// Any failure of the request, such as that there is no room for another session.
    pub async fn open_session(&self) -> Result<OpenSession, Error> {
        let Session { token, uri } = self.sessions().open(Some(&self.deadline())).await?;
        let uri = uri.ok_or_else(|| {
            let text = "the answer to the login does not say where the session is";
            Error::new(ErrorKind::Decode, text)
        })?;
        Ok(OpenSession { token, uri })
    }

    /// Use a session once, so that it does not end for want of use
    ///
    /// # Errors
    /// Any failure of the request; `Unauthorized` when the session has ended.
    pub async fn use_session(&self, session: &OpenSession) -> Result<(), Error> {
        let request = Request::get(session.uri.clone())
            .secret_header(HeaderName::from_static("x-auth-token"), &session.token)
            .deadline(&self.deadline());
        self.sessions().http.send(&request).await.map(drop).map_err(Into::into)
    }

    /// Delete a session; one that has ended is fine
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn delete_session(&self, uri: &str) -> Result<(), Error> {
        match self.send(&Call::new(Method::DELETE, uri)).await {
            Err(error) if error.is_not_found() => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// How long a session lives that nobody uses; nothing where the controller does not say
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn session_timeout(&self) -> Result<Option<Duration>, Error> {
        let Some(path) = json::link(&*self.root().await?, "/SessionService") else {
            return Ok(None);
        };
        let seconds = json::number(&self.get(&path).await?, "/SessionTimeout");
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        Ok(seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs))
    }
}

/// Who is at work, so that nobody's session is deleted under him
#[derive(Debug)]
struct Usage {
    active: usize,
    last: Instant,
    /// Whether somebody waits for the host to be left alone.
    watched: bool,
}

/// The headers of one request
pub(crate) struct Credentials {
    header: (HeaderName, Secret),
    /// The token, when they are a session's.
    token: Option<Secret>,
}

impl Credentials {
    pub(crate) fn apply(&self, request: Request) -> Request {
        request.secret_header(self.header.0.clone(), &self.header.1)
    }
}

impl Sessions {
    pub(crate) fn new(
        http: HttpClient,
        username: String,
        password: Secret,
        idle: Duration,
    ) -> Arc<Self> {
        let usage = Usage { active: 0, last: Instant::now(), watched: false };
        let (current, usage) = (Mutex::new(None), StdMutex::new(usage));
        Arc::new(Self { http, username, password, idle, current, usage })
    }

    /// Keep the session while the guard lives
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.usage().active += 1;
        Busy(Arc::clone(self))
    }

    /// The headers that authenticate a request, after a login where one is due
    pub(crate) async fn credentials(
        self: &Arc<Self>,
        deadline: Option<&Deadline>,
    ) -> Result<Credentials, Error> {
        let (sessions, deadline) = (Arc::clone(self), deadline.cloned());
        // In a task of its own: a login that its caller gives up would leave a session that nobody ends.
        let found = tokio::spawn(async move {
            let _busy = sessions.busy();
            sessions.current(deadline.as_ref()).await
        });
        found.await.unwrap_or_else(|error| {
            let text = format!("the login was broken off: {error}");
            Err(Error::new(ErrorKind::Other { status: None }, text))
        })
    }

    async fn current(&self, deadline: Option<&Deadline>) -> Result<Credentials, Error> {
        // Held during the login, so that many requests at once make one session.
        let mut current = self.current.lock().await;
        let usable = match &*current {
            Some(Access::Basic { until }) => Instant::now() < *until,
            Some(Access::Session(_)) => true,
            None => false,
        };
        if !usable {
            *current = Some(self.log_in(deadline).await?);
        }
        Ok(match &*current {
            Some(Access::Session(session)) => Credentials {
                header: (HeaderName::from_static("x-auth-token"), session.token.clone()),
                token: Some(session.token.clone()),
            },
            _ => Credentials { header: self.basic(), token: None },
        })
    }

    /// Forget a session that was refused; false when there is nothing to renew
    pub(crate) async fn forget(&self, refused: &Credentials) -> bool {
        let Some(token) = &refused.token else { return false };
        let mut current = self.current.lock().await;
        // Another request may have renewed it meanwhile.
        if let Some(Access::Session(session)) = &*current
            && session.token.expose() == token.expose()
        {
            *current = None;
        }
        true
    }

    /// Delete the session; nothing is said when the host does not answer: it ends by itself later
    pub(crate) async fn close(&self) {
        let access = self.current.lock().await.take();
        let Some(Access::Session(Session { token, uri: Some(uri) })) = access else { return };
        let request = Request::new(Method::DELETE, uri)
            .secret_header(HeaderName::from_static("x-auth-token"), &token)
            .resend(Resend::IfNotExecuted)
            .timeout(Duration::from_secs(5));
        match self.http.send(&request).await {
            Ok(_) => tracing::debug!(username = self.username, "logged out"),
            Err(error) => tracing::debug!(%error, "the session could not be deleted"),
        }
    }

    async fn log_in(&self, deadline: Option<&Deadline>) -> Result<Access, Error> {
        match self.open(deadline).await {
            Ok(session) => {
                tracing::debug!(username = self.username, "logged in");
                Ok(Access::Session(session))
            }
            Err(error) if no_session_to_be_had(&error) => {
                tracing::warn!(%error, "no session to be had: every request logs in by itself");
                Ok(Access::Basic { until: Instant::now() + WITHOUT_SESSION })
            }
            Err(error) => Err(error),
        }
    }

    async fn open(&self, deadline: Option<&Deadline>) -> Result<Session, Error> {
        let within = |request: Request| match deadline {
            Some(deadline) => request.deadline(deadline),
            None => request,
        };
        let root = self.http.send(&within(Request::get("/redfish/v1/"))).await;
        let root: Value = match root {
            Ok(root) => serde_json::from_slice(&root.body).unwrap_or_default(),
            // Some ask for credentials even there.
            Err(error) if error.status().is_some() => Value::Null,
            Err(error) => return Err(error.into()),
        };
        let sessions = json::link(&root, "/Links/Sessions");
        let uri = sessions.unwrap_or_else(|| SESSIONS.to_owned());
        let body = json!({ "UserName": self.username, "Password": self.password.expose() });
        let request = Request::new(Method::POST, uri)
            .body(Body::Bytes { content_type: "application/json", bytes: body.to_string().into() })
            .resend(Resend::IfNotExecuted);
        let response = self.http.send(&within(request)).await?;
        let header = |name: &str| {
            let value = response.headers.get(name)?.to_str().ok()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        let Some(token) = header("x-auth-token") else {
            let text = "the answer to the login holds no token";
            return Err(Error::new(ErrorKind::Decode, text));
        };
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let uri = header("location").and_then(|location| json::path_of(&location));
        let uri = uri.or_else(|| json::link(&body, ""));
        Ok(Session { token: Secret::new(token), uri })
    }

    fn basic(&self) -> (HeaderName, Secret) {
        let pair = format!("{}:{}", self.username, self.password.expose());
        let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
        (HeaderName::from_static("authorization"), Secret::new(value))
    }

    fn usage(&self) -> std::sync::MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Keeps the session of a host while it lives
#[derive(Debug)]
pub struct Busy(Arc<Sessions>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut usage = self.0.usage();
        usage.active -= 1;
        usage.last = Instant::now();
        if usage.active == 0
            && !usage.watched
            && let Ok(runtime) = Handle::try_current()
        {
            usage.watched = true;
            let idle = self.0.idle;
            runtime.spawn(watch(Arc::downgrade(&self.0), idle));
        }
    }
}

/// Wait until nobody has asked the host for anything for a while, then delete the session
async fn watch(sessions: Weak<Sessions>, mut pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let Some(sessions) = sessions.upgrade() else { return };
        {
            let mut usage = sessions.usage();
            let idle = usage.last.elapsed();
            if usage.active == 0 && idle < sessions.idle {
                pause = sessions.idle - idle;
                continue;
            }
            usage.watched = false;
            if usage.active > 0 {
                return;
            }
        }
        sessions.close().await;
        return;
    }
}

/// Whether a login was refused for want of room, or because there are no sessions at all
fn no_session_to_be_had(error: &Error) -> bool {
    let full = error.messages().iter().any(|one| message_code(&one.id) == "RAC0218");
    full || matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Other { status: Some(503) }
    )
}
