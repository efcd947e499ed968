//! The client of one controller and its requests.

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use onprem_http::{AfterLoss, Deadline, HttpClient, HttpClientBuilder, Method, Resend, Secret};
use serde_json::Value;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    Error, ErrorKind,
    call::{Answer, Call},
    json,
    session::{Busy, Sessions},
};

/// How long an operation may take that was given no deadline
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1800);

/// How long one look at something that is waited for may take
///
/// No longer than what a controller that starts asks for in `Retry-After`.
const LOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one controller; cheap to clone, and clones share everything
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    deadline: Option<Deadline>,
}

struct Inner {
    http: HttpClient,
    sessions: Arc<Sessions>,
    /// Held by whoever changes something.
    changes: Arc<Mutex<()>>,
    /// Resources that say where things are, by path.
    known: Mutex<HashMap<String, Arc<Value>>>,
    patience: Patience,
}

/// How long to wait for what usually comes
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the job that a request may have made whose answer was lost.
    pub(crate) lost_answer: Duration,
    /// For a job that does not show up, or is gone.
    pub(crate) missing_job: Duration,
    /// For a controller that restarts.
    pub(crate) restart: Duration,
    /// Between two looks at a job: the first pause, and the longest.
    pub(crate) poll: (Duration, Duration),
}

impl Client {
    /// A builder; `endpoint` is like `https://10.0.0.21`
    pub fn builder(
        endpoint: impl Into<String>,
        username: impl Into<String>,
        password: impl Into<Secret>,
    ) -> ClientBuilder {
        ClientBuilder {
            http: HttpClient::builder([endpoint.into()]).max_concurrency(4),
            username: username.into(),
            password: password.into(),
            idle: Duration::from_secs(5),
            patience: Patience {
                lost_answer: Duration::from_secs(10),
                missing_job: Duration::from_secs(60),
                restart: Duration::from_secs(900),
                poll: (Duration::from_millis(500), Duration::from_secs(10)),
            },
        }
    }

    /// The same client, all of whose requests and waits end at a deadline
    #[must_use]
    pub fn until(&self, deadline: &Deadline) -> Self {
        Self { inner: self.inner.clone(), deadline: Some(deadline.clone()) }
    }

    /// The deadline; half an hour from now when none was given
    pub fn deadline(&self) -> Deadline {
        let default = || Deadline::after(DEFAULT_TIMEOUT, "the default timeout");
        self.deadline.clone().unwrap_or_else(default)
    }

    /// Scheme, host and port of the controller
    pub fn endpoint(&self) -> &str {
        self.inner.http.endpoint()
    }

    /// Wait until nobody else changes anything on this host, and keep everybody else waiting
    ///
    /// Reading goes on meanwhile. Only clones of this client know of the guard.
    ///
    /// # Errors
    /// The deadline passed.
    pub async fn change(&self) -> Result<OwnedMutexGuard<()>, Error> {
        let deadline = self.deadline();
        let lock = deadline.run(self.inner.changes.clone().lock_owned()).await;
        lock.ok_or_else(|| {
            let text = deadline.passed_while("waiting for another change of the same host");
            Error::new(ErrorKind::Timeout, text)
        })
    }

    /// Keep the session while the guard lives, however long the pauses between requests are
    pub fn busy(&self) -> Busy {
        self.inner.sessions.busy()
    }

    /// Log out. The next request logs in again.
    pub async fn close(&self) {
        self.inner.sessions.close().await;
    }

    /// Who makes sessions
    pub(crate) fn sessions(&self) -> &Arc<Sessions> {
        &self.inner.sessions
    }

    /// Get anything as JSON; `path` starts with `/redfish/v1` and may hold a query
    ///
    /// # Errors
    /// Any failure of the request, and an answer that is not JSON.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        Ok(self.send(&Call::new(Method::GET, path)).await?.body)
    }

    /// Post JSON to a path that changes nothing there, and take the answer as it comes
    pub(crate) async fn ask(&self, path: &str, body: &Value) -> Result<Value, Error> {
        let call = Call::new(Method::POST, path).json(body).resend(Resend::Always).reading();
        Ok(self.send(&call).await?.body)
    }

    /// A resource that says where others are; asked for once
    pub(crate) async fn directory(&self, path: &str) -> Result<Arc<Value>, Error> {
        if let Some(known) = self.inner.known.lock().await.get(path) {
            return Ok(known.clone());
        }
        let found = Arc::new(self.get(path).await?);
        self.inner.known.lock().await.insert(path.to_owned(), found.clone());
        Ok(found)
    }

    /// Forget where things are: another firmware of the controller may have them elsewhere
    pub(crate) async fn forget_directory(&self) {
        self.inner.known.lock().await.clear();
    }

    /// The members of a collection, whole
    ///
    /// They come in one answer where the service expands collections, and one by one elsewhere.
    pub(crate) async fn collection(&self, path: &str) -> Result<Vec<Value>, Error> {
        let collection = match self.get(&format!("{path}?$expand=*($levels=1)")).await {
            Ok(collection) => collection,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Other { .. }
                ) && !error.is_passing() =>
            {
                self.get(path).await?
            }
            Err(error) => return Err(error),
        };
        let mut members = self.whole(&collection).await?;
        let mut next = json::link(&collection, "/Members@odata.nextLink");
        // A page that leads back to itself must not keep anybody here.
        for _ in 0..64 {
            let Some(path) = next else { break };
            let page = self.get(&path).await?;
            members.extend(self.whole(&page).await?);
            next = json::link(&page, "/Members@odata.nextLink");
        }
        Ok(members)
    }

    async fn whole(&self, collection: &Value) -> Result<Vec<Value>, Error> {
        let members = collection.get("Members").and_then(Value::as_array);
        let mut whole = vec![];
        for member in members.into_iter().flatten() {
            let only_a_link = member.as_object().is_some_and(|fields| fields.len() == 1);
            match json::link(member, "") {
                Some(path) if only_a_link => match self.get(&path).await {
                    Ok(member) => whole.push(member),
                    // It went while the others were read.
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                },
                _ => whole.push(member.clone()),
            }
        }
        Ok(whole)
    }

    pub(crate) fn patience(&self) -> Patience {
        self.inner.patience
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        self.send_checked(call, |_| std::future::ready(AfterLoss::Stop)).await
    }

    /// Send a request that must not be carried out twice; `check` says whether it was
    pub(crate) async fn send_checked<F, Fut>(&self, call: &Call, check: F) -> Result<Answer, Error>
    where
        F: Fn(Error) -> Fut,
        Fut: Future<Output = AfterLoss>,
    {
        let _busy = self.busy();
        let sessions = &self.inner.sessions;
        let mut renewed = false;
        loop {
            let credentials = sessions.credentials(self.deadline.as_ref()).await?;
            let request = credentials.apply(call.request(self.deadline.as_ref()));
            let check = |error: onprem_http::Error| check(error.into());
            match self.inner.http.send_checked(&request, check).await {
                Ok(response) => return Answer::parse(response, call),
                // A refused session is renewed once; a refused request was not carried out.
                Err(error)
                    if !renewed
                        && error.status().is_some_and(|status| status.code.as_u16() == 401)
                        && sessions.forget(&credentials).await =>
                {
                    renewed = true;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The same client for one look: it ends soon, and the caller decides how long to go on looking
    pub(crate) fn brisk(&self) -> Self {
        let deadline = Deadline::after(LOOK_TIMEOUT, "the time for one look");
        Self { inner: self.inner.clone(), deadline: Some(deadline) }
    }
}

/// A time in which a controller that restarts refuses, loses and misunderstands requests
#[derive(Debug)]
pub(crate) struct Outage<'a> {
    client: &'a Client,
    doing: &'a str,
    deadline: Deadline,
    since: Option<Instant>,
    missing_passes: bool,
}

impl<'a> Outage<'a> {
    /// `doing` is what the requests are for, such as `following the job JID_1`
    pub(crate) fn new(client: &'a Client, doing: &'a str) -> Self {
        Self { client, doing, deadline: client.deadline(), since: None, missing_passes: false }
    }

    /// What is asked for is there unless the controller is still starting
    pub(crate) fn missing_passes(mut self) -> Self {
        self.missing_passes = true;
        self
    }

    /// What came of a request within the deadline; nothing, after a pause, when it shall be asked again
    pub(crate) async fn outlast<T>(
        &mut self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>, Error> {
        let error = match self.deadline.run(request).await {
            Some(Ok(value)) => {
                self.since = None;
                return Ok(Some(value));
            }
            Some(Err(error)) => error,
            None => return Err(self.timed_out()),
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        let patience = self.client.patience();
        // Credentials that stay refused are wrong, and an account may be locked for trying on.
        let refused = *error.kind() == ErrorKind::Unauthorized;
        let limit = if refused { patience.restart / 3 } else { patience.restart };
        let passing = error.is_passing() || (self.missing_passes && error.is_not_found());
        if !passing || since.elapsed() > limit {
            return Err(error);
        }
        tracing::info!(%error, doing = self.doing, "the controller does not answer; asking again");
        let longest = if refused { patience.poll.1 } else { Duration::from_secs(3) };
        let pause = patience.poll.1.min(longest);
        if !self.deadline.sleep(pause).await {
            return Err(error);
        }
        Ok(None)
    }

    /// Whether the controller was away a moment ago
    pub(crate) fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// Wait a while; an error when the deadline comes first
    pub(crate) async fn pause(&self, pause: Duration) -> Result<(), Error> {
        match self.deadline.sleep(pause).await {
            true => Ok(()),
            false => Err(self.timed_out()),
        }
    }

    fn timed_out(&self) -> Error {
        Error::new(ErrorKind::Timeout, self.deadline.passed_while(self.doing))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("http", &self.inner.http).finish_non_exhaustive()
    }
}

/// Settings of a client; [`build`](Self::build) opens no connection
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    http: HttpClientBuilder,
    username: String,
    password: Secret,
    idle: Duration,
    patience: Patience,
}

impl ClientBuilder {
    /// Change how requests travel: trust, time limits, extra headers, retries
    ///
    /// 4 run at a time by default, which is what a controller bears.
    pub fn http(mut self, change: impl FnOnce(HttpClientBuilder) -> HttpClientBuilder) -> Self {
        self.http = change(self.http);
        self
    }

    /// How long a host is left alone before its session is deleted; 5 s by default
    pub fn session_idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// How long a job is looked for after the answer to its start was lost; 10 s by default
    pub fn lost_answer_patience(mut self, patience: Duration) -> Self {
        self.patience.lost_answer = patience;
        self
    }

    /// How long a job may be nowhere to be seen before it counts as gone; 60 s by default
    pub fn missing_job_patience(mut self, patience: Duration) -> Self {
        self.patience.missing_job = patience;
        self
    }

    /// How long a controller may take to restart; 15 min by default
    pub fn restart_patience(mut self, patience: Duration) -> Self {
        self.patience.restart = patience;
        self
    }

    /// Pauses between two looks at a job: the first, and the longest; 500 ms and 10 s by default
    pub fn polling(mut self, first: Duration, longest: Duration) -> Self {
        self.patience.poll = (first, longest);
        self
    }

    /// Make the client
    ///
    /// # Errors
    /// A configuration error for an empty user or password, an endpoint that is no URL, a certificate
    /// that cannot be read, or a fingerprint that is none.
    pub fn build(self) -> Result<Client, Error> {
        if self.username.is_empty() || self.password.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "user or password is empty"));
        }
        let http = self.http.build()?;
        let sessions = Sessions::new(http.clone(), self.username, self.password, self.idle);
        Ok(Client {
            inner: Arc::new(Inner {
                http,
                sessions,
                changes: Arc::default(),
                known: Mutex::default(),
                patience: self.patience,
            }),
            deadline: None,
        })
    }
}
