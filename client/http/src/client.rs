//! The client: one system, one or several endpoints.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    io,
    sync::{
        Arc, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use hyper::ext::ReasonPhrase;
use reqwest::{Url, redirect::Policy};
use tokio::sync::Semaphore;
use tracing::{Instrument, debug, debug_span, field::Empty};

use crate::{
    AfterLoss, Body, Error, ErrorKind, Request, RequestContext, Resend, Response, RetryPolicy,
    StatusError, Unreachable,
    tls::{TrustSettings, find_failure},
};

/// A client of one system; clones share everything
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    endpoints: Vec<Endpoint>,
    /// Index of the endpoint that answered last.
    active: AtomicUsize,
    headers: HeaderMap,
    timeout: Duration,
    retry: RetryPolicy,
    permits: Semaphore,
    server_time: RwLock<Option<SystemTime>>,
}

struct Endpoint {
    /// Scheme, host and port, for people.
    origin: String,
    /// The same with the path that every request path follows; no slash at the end.
    base: String,
}

impl HttpClient {
    /// A builder for the endpoints of one system, the preferred one first
    pub fn builder<T: Into<String>>(endpoints: impl IntoIterator<Item = T>) -> HttpClientBuilder {
        HttpClientBuilder {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            default_path: String::new(),
            trust: TrustSettings::default(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_concurrency: 16,
            headers: Vec::new(),
            retry: RetryPolicy::default(),
        }
    }

    /// Send a request and read the whole answer
    ///
    /// An endpoint that cannot be reached is left for the next one, which is remembered. Passing
    /// failures are repeated as [`RetryPolicy`] and [`Resend`] allow.
    ///
    /// # Errors
    /// Every status other than 2xx, and every failure to get an answer, is an [`Error`].
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        self.send_checked(request, |_| std::future::ready(AfterLoss::Stop)).await
    }

    /// Send a request that must not be carried out twice
    ///
    /// When an attempt ends without a clear answer, `check` finds out whether the server carried it
    /// out, and says whether to send it again.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_checked<F, Fut>(&self, request: &Request, check: F) -> Result<Response, Error>
    where
        F: Fn(Error) -> Fut,
        Fut: Future<Output = AfterLoss>,
    {
        let mut delays = self.0.retry.delays();
        let mut attempt = 1;
        loop {
            let error = match self.try_endpoints(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            // A host that cannot be reached at all is more likely a mistake than a hiccup.
            let unreachable = matches!(error.kind(), ErrorKind::Unreachable(_));
            let exhausted = match &request.deadline {
                _ if unreachable => attempt >= self.0.retry.max_attempts.min(3),
                Some(deadline) => deadline.has_passed(),
                None => attempt >= self.0.retry.max_attempts,
            };
            if exhausted || !error.is_transient() {
                return Err(error);
            }
            if matches!(error.kind(), ErrorKind::Unreachable(Unreachable::Timeout)) {
                return Err(error);
            }
            if error.maybe_executed()
                && request.resend == Resend::IfNotExecuted
                && check(error.clone()).await == AfterLoss::Stop
            {
                return Err(error);
            }
            let pause = retry_after(&error).unwrap_or_else(|| delays.next_pause());
            debug!(%error, attempt, pause_ms = pause.as_millis(), "sending the request again");
            match &request.deadline {
                Some(deadline) if !deadline.sleep(pause).await => return Err(error),
                Some(_) => {}
                None => tokio::time::sleep(pause).await,
            }
            attempt += 1;
        }
    }

    /// The server's clock at its latest answer, to the second
    pub fn server_time(&self) -> Option<SystemTime> {
        self.0.server_time.read().ok().and_then(|time| *time)
    }

    /// Scheme, host and port of the endpoint that requests go to first at the moment
    pub fn endpoint(&self) -> &str {
        let index = self.0.active.load(Ordering::Relaxed) % self.0.endpoints.len();
        &self.0.endpoints[index].origin
    }

    /// Try each endpoint once, beginning with the one that worked last
    async fn try_endpoints(&self, request: &Request) -> Result<Response, Error> {
        let count = self.0.endpoints.len();
        let first = self.0.active.load(Ordering::Relaxed);
        let mut failure = None;
        for offset in 0..count {
            let index = (first + offset) % count;
            match self.attempt(request, &self.0.endpoints[index]).await {
                Err(error) if matches!(error.kind(), ErrorKind::Unreachable(_)) => {
                    debug!(%error, "this endpoint cannot be reached");
                    failure = Some(error);
                }
                outcome => {
                    if offset > 0 {
                        self.0.active.store(index, Ordering::Relaxed);
                    }
                    return outcome;
                }
            }
        }
        // The builder refuses an empty list, so that there was at least one failure.
        Err(failure.unwrap_or_else(|| Error::configuration("no endpoint is configured")))
    }

    async fn attempt(&self, request: &Request, endpoint: &Endpoint) -> Result<Response, Error> {
        let span = debug_span!(
            "http_request",
            method = %request.method,
            path = %request.path,
            endpoint = %endpoint.origin,
            status = Empty,
            duration_ms = Empty,
        );
        let context = || RequestContext {
            method: request.method.clone(),
            path: request.path.clone(),
            endpoint: endpoint.origin.clone(),
        };
        let work = async {
            let Ok(_permit) = self.0.permits.acquire().await else {
                return Err(Error::configuration("the client was closed"));
            };
            let limit = request.timeout.unwrap_or(self.0.timeout);
            let start = Instant::now();
            let exchange = tokio::time::timeout(limit, self.exchange(request, endpoint));
            let outcome = exchange.await.unwrap_or_else(|_| {
                let text = format!("no answer came within {} s", limit.as_secs_f32());
                Err(Error::new(ErrorKind::Timeout(text), context(), true))
            });
            let span = tracing::Span::current();
            let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            span.record("duration_ms", elapsed);
            match &outcome {
                Ok(response) => {
                    span.record("status", response.status.as_u16());
                }
                Err(error) => {
                    if let Some(status) = error.status() {
                        span.record("status", status.code.as_u16());
                    }
                }
            }
            debug!(ok = outcome.is_ok(), "request done");
            outcome
        };
        let work = work.instrument(span);
        match &request.deadline {
            None => work.await,
            Some(deadline) => deadline.run(work).await.unwrap_or_else(|| {
                let text = deadline.passed_while("waiting for the answer");
                Err(Error::new(ErrorKind::Timeout(text), context(), true))
            }),
        }
    }

    async fn exchange(&self, request: &Request, endpoint: &Endpoint) -> Result<Response, Error> {
        let context = || RequestContext {
            method: request.method.clone(),
            path: request.path.clone(),
            endpoint: endpoint.origin.clone(),
        };
        let mut url = format!("{}{}", endpoint.base, request.path);
        if let Some(query) = &request.query {
            url.push('?');
            url.push_str(query);
        }
        let url = Url::parse(&url).map_err(|error| {
            let text = format!("the path is no valid URL: {error}");
            Error::new(ErrorKind::Configuration(text), context(), false)
        })?;
        let mut builder = self
            .0
            .http
            .request(request.method.clone(), url)
            .headers(self.0.headers.clone())
            .headers(request.headers.clone());
        match &request.body {
            Body::Empty => {}
            Body::Bytes { content_type, bytes } => {
                builder = builder.header(header::CONTENT_TYPE, *content_type).body(bytes.clone());
            }
            Body::Stream { content_type, length, open } => {
                builder = builder
                    .header(header::CONTENT_TYPE, content_type)
                    .header(header::CONTENT_LENGTH, *length)
                    .body(reqwest::Body::wrap_stream(open()));
            }
        }
        let response = builder.send().await.map_err(|error| classify(&error, context()))?;
        let status = response.status();
        let headers = response.headers().clone();
        let reason = match response.extensions().get::<ReasonPhrase>() {
            Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
            None => status.canonical_reason().unwrap_or_default().to_owned(),
        };
        self.note_server_time(&headers);
        let body = response.bytes().await;
        if !status.is_success() {
            // An error's body may be missing or cut short; the status is what counts.
            let body = body.unwrap_or_default();
            let error = StatusError { code: status, reason, headers, body };
            let executed = status != StatusCode::TOO_MANY_REQUESTS;
            return Err(Error::new(ErrorKind::Status(error), context(), executed));
        }
        let body = body.map_err(|error| {
            Error::new(ErrorKind::Lost(root_cause(&error).to_string()), context(), true)
        })?;
        Ok(Response { status, reason, headers, body, endpoint: endpoint.origin.clone() })
    }

    fn note_server_time(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else { return };
        if let Ok(mut time) = self.0.server_time.write() {
            *time = Some(date);
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<&str> =
            self.0.endpoints.iter().map(|endpoint| endpoint.origin.as_str()).collect();
        f.debug_struct("HttpClient").field("endpoints", &endpoints).finish_non_exhaustive()
    }
}

/// Settings of a client; [`build`](Self::build) opens no connection
#[derive(Debug)]
#[must_use]
pub struct HttpClientBuilder {
    endpoints: Vec<String>,
    default_path: String,
    trust: TrustSettings,
    timeout: Duration,
    connect_timeout: Duration,
    max_concurrency: usize,
    headers: Vec<(String, crate::Secret)>,
    retry: RetryPolicy,
}

impl HttpClientBuilder {
    /// Path that every request path follows, such as `/api2/json`, unless the endpoint ends with it
    pub fn default_path(mut self, path: impl Into<String>) -> Self {
        self.default_path = path.into();
        self
    }

    /// Trust these authorities instead of the system's: PEM text, or the path of a PEM file
    ///
    /// The file is read by [`build`](Self::build). A server's own certificate may stand here too.
    pub fn ca_certificate(mut self, pem_or_path: impl Into<String>) -> Self {
        self.trust.authorities.push(pem_or_path.into());
        self
    }

    /// Trust exactly the certificate with this SHA-256 fingerprint, whatever its chain, name and age
    ///
    /// May be given several times, once a server. Without a CA certificate nothing else is trusted.
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.trust.fingerprints.push(fingerprint.into());
        self
    }

    /// Trust anybody; off by default
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.trust.insecure = insecure;
        self
    }

    /// Time for one attempt from sending to the last byte of the answer; 30 s by default
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Time for connecting, TLS included; 10 s by default
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Requests under way at the same time; 16 by default
    pub fn max_concurrency(mut self, count: usize) -> Self {
        self.max_concurrency = count;
        self
    }

    /// Send a header with every request; its value is treated as a secret
    pub fn header(mut self, name: impl Into<String>, value: impl Into<crate::Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How passing failures are repeated
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Make the client
    ///
    /// # Errors
    /// A configuration error for an endpoint that is no URL, a header that HTTP cannot carry, a
    /// certificate that cannot be read, or a fingerprint that is none.
    pub fn build(self) -> Result<HttpClient, Error> {
        let endpoints = self.endpoints.iter().map(|text| self.endpoint(text));
        let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            return Err(Error::configuration("no endpoint is configured"));
        }
        if self.max_concurrency == 0 {
            return Err(Error::configuration("max_concurrency must be at least 1"));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let bad = |what: &str| {
                Error::configuration(format!("the {what} of the extra header {name:?} is invalid"))
            };
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("name"))?;
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad("value"))?;
            value.set_sensitive(true);
            headers.append(key, value);
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(self.trust.client_config()?)
            .http1_only()
            .redirect(Policy::none())
            .connect_timeout(self.connect_timeout)
            // Servers of this kind close idle connections after about 5 s; be earlier than they.
            .pool_idle_timeout(Duration::from_secs(3))
            .tcp_keepalive(Duration::from_secs(15))
            .user_agent(concat!("onprem/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::configuration(format!("the HTTP client cannot be set up: {error}"))
            })?;
        Ok(HttpClient(Arc::new(Inner {
            http,
            endpoints,
            active: AtomicUsize::new(0),
            headers,
            timeout: self.timeout,
            retry: self.retry,
            permits: Semaphore::new(self.max_concurrency.min(Semaphore::MAX_PERMITS)),
            server_time: RwLock::new(None),
        })))
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, Error> {
        let url = Url::parse(text.trim()).map_err(|error| {
            Error::configuration(format!("the endpoint {text:?} is not a URL: {error}"))
        })?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(Error::configuration(format!(
                "the endpoint {text:?} must look like https://host:port"
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // The text itself is not repeated: it holds a password.
            return Err(Error::configuration(
                "an endpoint must not hold credentials: give them as settings of their own",
            ));
        }
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/');
        let tail = if path.ends_with(&self.default_path) { "" } else { &self.default_path };
        Ok(Endpoint { base: format!("{origin}{path}{tail}"), origin })
    }
}

/// Sort a failure to exchange into what callers tell apart
fn classify(error: &reqwest::Error, context: RequestContext) -> Error {
    if let Some(failure) = find_failure(error) {
        return Error::new(ErrorKind::Tls(failure), context, false);
    }
    let cause = root_cause(error);
    if !error.is_connect() {
        if error.is_builder() {
            return Error::new(ErrorKind::Configuration(cause.to_string()), context, false);
        }
        return Error::new(ErrorKind::Lost(cause.to_string()), context, true);
    }
    let io_kind = find_io_error(error).map(io::Error::kind);
    let how = if error.is_dns() {
        Unreachable::Dns(cause.to_string())
    } else if error.is_timeout() || io_kind == Some(io::ErrorKind::TimedOut) {
        Unreachable::Timeout
    } else if io_kind == Some(io::ErrorKind::ConnectionRefused) {
        Unreachable::Refused
    } else {
        Unreachable::Other(cause.to_string())
    };
    Error::new(ErrorKind::Unreachable(how), context, false)
}

fn root_cause<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

fn find_io_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<io::Error>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The pause that the server asked for, within reason
fn retry_after(error: &Error) -> Option<Duration> {
    let value = error.status()?.headers.get(header::RETRY_AFTER)?;
    let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(60)))
}
