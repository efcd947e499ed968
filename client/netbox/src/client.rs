//! The client: its settings, and how one request is sent.

use std::{
    fmt,
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use onprem_http::{
    AfterLoss, Body, Deadline, HeaderName, HeaderValue, HttpClient, HttpClientBuilder, Request,
    RequestContext, Secret,
};
use serde_json::Value;

use crate::{
    Error, ErrorKind, Kind, Objects, Version,
    batch::Reads,
    call::{Answer, Call, JSON},
    claim::{Marks, Orphans},
    create::Creates,
};

/// A client of one NetBox; clones share everything but their deadline
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    deadline: Option<Deadline>,
}

pub(crate) struct Inner {
    http: HttpClient,
    authorization: Secret,
    version: OnceLock<Version>,
    pub(crate) reads: Reads,
    pub(crate) marks: Marks,
    pub(crate) orphans: Orphans,
    pub(crate) creates: Creates,
    pub(crate) patience: Duration,
}

impl Client {
    /// Settings for the NetBox at `url`, which may have a path, with a token of either version
    ///
    /// A token of version 2 begins with `nbt_`.
    pub fn builder(url: &str, token: impl Into<Secret>) -> ClientBuilder {
        let url = url.trim().trim_end_matches('/');
        let url = url.strip_suffix("/api").unwrap_or(url);
        ClientBuilder {
            http: HttpClient::builder([url]).max_concurrency(8),
            token: token.into(),
            patience: Duration::from_secs(5),
        }
    }

    /// The same client, that gives up when the deadline passes
    #[must_use]
    pub fn until(&self, deadline: &Deadline) -> Self {
        Self { inner: self.inner.clone(), deadline: Some(deadline.clone()) }
    }

    pub(crate) fn without_deadline(&self) -> Self {
        Self { inner: self.inner.clone(), deadline: None }
    }

    /// The objects of a kind
    pub fn objects(&self, kind: &'static Kind) -> Objects {
        Objects::new(self.clone(), kind)
    }

    /// The server's version, from its last answer or `GET /api/status/`
    ///
    /// # Errors
    /// Any failure of the request, and a version that is none.
    pub async fn version(&self) -> Result<Version, Error> {
        if let Some(version) = self.noted_version() {
            return Ok(version);
        }
        let answer = self.send(&Call::get("/api/status/")).await?;
        let text = answer.body["netbox-version"].as_str().unwrap_or_default();
        // A version that every answer's header tells is the same, and read already.
        let version = self.noted_version().or_else(|| Version::parse(text));
        let version = version.ok_or_else(|| {
            let text = "the answer has no `netbox-version`: is this the API of a NetBox?";
            Error::new(ErrorKind::Decode, text).with_request(answer.context)
        })?;
        Ok(*self.inner.version.get_or_init(|| version))
    }

    /// The server's version, if any answer has told it yet
    pub fn noted_version(&self) -> Option<Version> {
        self.inner.version.get().copied()
    }

    pub(crate) fn deadline(&self) -> Option<&Deadline> {
        self.deadline.as_ref()
    }

    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Answer, Error> {
        self.send_checked(call, |_| std::future::ready(AfterLoss::Stop)).await
    }

    /// Send a call; `check` decides about repetition after an answer was lost
    pub(crate) async fn send_checked<F, Fut>(
        &self,
        call: &Call<'_>,
        check: F,
    ) -> Result<Answer, Error>
    where
        F: Fn(onprem_http::Error) -> Fut,
        Fut: Future<Output = AfterLoss>,
    {
        let mut request = Request::new(call.method.clone(), call.path)
            .query(call.query.clone())
            .secret_header(HeaderName::from_static("authorization"), &self.inner.authorization)
            .header(HeaderName::from_static("accept"), HeaderValue::from_static(JSON))
            .resend(call.resend);
        if let Some(body) = &call.body {
            request =
                request.body(Body::Bytes { content_type: JSON, bytes: body.to_string().into() });
        }
        if let Some(etag) = call.etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            request = request.header(HeaderName::from_static("if-match"), etag);
        }
        if let Some(deadline) = &self.deadline {
            request = request.deadline(deadline);
        }
        let response = self.inner.http.send_checked(&request, check).await?;
        let header = |name: &str| response.headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(version) = header("api-version").and_then(Version::parse) {
            let _ = self.inner.version.set(version);
        }
        let context = RequestContext {
            method: call.method.clone(),
            path: call.path.to_owned(),
            endpoint: response.endpoint.clone(),
        };
        let etag = header("etag").map(str::to_owned);
        let body = match response.body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&response.body).map_err(|error| {
                let text = format!("the answer is not JSON: {error}; is this the URL of a NetBox?");
                Error::new(ErrorKind::Decode, text).with_request(context.clone())
            })?,
        };
        Ok(Answer { body, etag, context })
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
    token: Secret,
    patience: Duration,
}

impl ClientBuilder {
    /// Change how requests travel: trust, time limits, extra headers; 8 run at a time by default
    pub fn http(mut self, change: impl FnOnce(HttpClientBuilder) -> HttpClientBuilder) -> Self {
        self.http = change(self.http);
        self
    }

    /// How long the change log is asked for an object whose making got no answer, and how long a
    /// deletion waits for dependents to go; 5 s by default
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Make the client
    ///
    /// # Errors
    /// A configuration error for a URL that is none, a token that no header can hold, a certificate
    /// that cannot be read, or a fingerprint that is none.
    pub fn build(self) -> Result<Client, Error> {
        let token = self.token.expose().trim();
        let scheme = if token.starts_with("nbt_") { "Bearer" } else { "Token" };
        let authorization = format!("{scheme} {token}");
        if token.is_empty() || HeaderValue::from_str(&authorization).is_err() {
            let text = "the token is empty, or holds characters that no token has";
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        Ok(Client {
            inner: Arc::new(Inner {
                http: self.http.build()?,
                authorization: Secret::new(authorization),
                version: OnceLock::new(),
                reads: Reads::default(),
                marks: Marks::default(),
                orphans: Orphans::default(),
                creates: Creates::default(),
                patience: self.patience,
            }),
            deadline: None,
        })
    }
}
