//! The client and its requests.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use onprem_http::{
    AfterLoss, Body, Deadline, HttpClient, HttpClientBuilder, Method, Request, RequestContext,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Cluster, Error, Lxc, Node, NodeName, Params, Qemu, Storage, StorageName, Upid, VmId,
    auth::{Authentication, Sessions},
    call::{Answer, Call, FORM},
    cluster::SharedResources,
    limits::{Limits, Turns},
};

/// How long an operation may take that was given no deadline
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1800);

/// A client of one cluster; cheap to clone, and clones share everything
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    deadline: Option<Deadline>,
}

pub(crate) struct Inner {
    pub(crate) http: HttpClient,
    sessions: Sessions,
    /// As task ids spell it: `user@realm` or `user@realm!token`.
    pub(crate) user: String,
    pub(crate) turns: Turns,
    pub(crate) resources: SharedResources,
    /// Tasks that were started by this client, and so are no lost answers.
    pub(crate) own_tasks: Mutex<HashSet<Upid>>,
    /// Guest numbers handed out by this client.
    pub(crate) reserved: Mutex<BTreeSet<VmId>>,
    pub(crate) lost_answer_patience: Duration,
}

impl Client {
    /// A builder; the preferred endpoint first, such as `https://pve1:8006`
    pub fn builder<T: Into<String>>(
        endpoints: impl IntoIterator<Item = T>,
        authentication: Authentication,
    ) -> ClientBuilder {
        ClientBuilder {
            http: HttpClient::builder(endpoints).default_path("/api2/json"),
            authentication,
            limits: Limits::default(),
            lost_answer_patience: Duration::from_secs(12),
        }
    }

    /// The same client, all of whose requests and waits end at a deadline
    #[must_use]
    pub fn until(&self, deadline: &Deadline) -> Self {
        Self { inner: self.inner.clone(), deadline: Some(deadline.clone()) }
    }

    /// Version of the node that answers. API: `GET /version`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn version(&self) -> Result<Version, Error> {
        self.get("/version", &Params::new()).await
    }

    /// What concerns the whole cluster. API: `/cluster`
    pub fn cluster(&self) -> Cluster {
        Cluster::new(self.clone())
    }

    /// One node. API: `/nodes/{node}`
    pub fn node(&self, node: &NodeName) -> Node {
        Node::new(self.clone(), node.clone())
    }

    /// One storage as one node sees it. API: `/nodes/{node}/storage/{storage}`
    pub fn storage(&self, node: &NodeName, storage: &StorageName) -> Storage {
        Storage::new(self.clone(), node.clone(), storage.clone())
    }

    /// One VM on its node. API: `/nodes/{node}/qemu/{vmid}`
    pub fn qemu(&self, node: &NodeName, vmid: VmId) -> Qemu {
        Qemu::new(self.clone(), node.clone(), vmid)
    }

    /// One container on its node. API: `/nodes/{node}/lxc/{vmid}`
    pub fn lxc(&self, node: &NodeName, vmid: VmId) -> Lxc {
        Lxc::new(self.clone(), node.clone(), vmid)
    }

    /// Get and read anything; `path` is percent-encoded and starts with `/`
    ///
    /// # Errors
    /// Any failure of the request, and an answer that `T` cannot be read from.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, params: &Params) -> Result<T, Error> {
        self.send(&Call::new(Method::GET, path, params)).await?.decode()
    }

    /// Send a request for which there is no method here, and take its `data` as it comes
    ///
    /// GET is repeated after any passing failure, other methods only if they were certainly not
    /// carried out.
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        params: &Params,
    ) -> Result<Value, Error> {
        Ok(self.send(&Call::new(method, path, params)).await?.data)
    }

    /// Who the client is, as task ids spell it: `user@realm` or `user@realm!token`
    pub fn user(&self) -> &str {
        &self.inner.user
    }

    /// The deadline set with [`until`](Self::until), or 30 minutes from now
    pub(crate) fn deadline(&self) -> Deadline {
        let default = || Deadline::after(DEFAULT_TIMEOUT, "the default timeout");
        self.deadline.clone().unwrap_or_else(default)
    }

    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Answer, Error> {
        self.send_checked(call, |_| std::future::ready(AfterLoss::Stop)).await
    }

    /// Send a call; `check` decides about repetition after an answer was lost
    ///
    /// 595 is no lost answer: the node that was asked could not connect to the one that it is for.
    pub(crate) async fn send_checked<F, Fut>(
        &self,
        call: &Call<'_>,
        check: F,
    ) -> Result<Answer, Error>
    where
        F: Fn(onprem_http::Error) -> Fut,
        Fut: Future<Output = AfterLoss>,
    {
        let check = |error: onprem_http::Error| {
            let unsent = error.status().is_some_and(|status| status.code.as_u16() == 595);
            let check = (!unsent).then(|| check(error));
            async {
                match check {
                    Some(check) => check.await,
                    None => AfterLoss::Resend,
                }
            }
        };
        let mut renewed = false;
        loop {
            let deadline = self.deadline.as_ref();
            let credentials = self.inner.sessions.credentials(&self.inner.http, deadline).await?;
            let request = credentials.apply(self.request_of(call));
            let outcome = self.inner.http.send_checked(&request, &check).await;
            if call.method != Method::GET {
                self.inner.resources.invalidate();
            }
            match outcome {
                Ok(response) => {
                    let context = RequestContext {
                        method: call.method.clone(),
                        path: call.path.to_owned(),
                        endpoint: response.endpoint,
                    };
                    return Answer::parse(&response.body, context);
                }
                // A refused ticket is renewed once; a refused request was not carried out.
                Err(error)
                    if !renewed
                        && error.status().is_some_and(|status| status.code.as_u16() == 401)
                        && self.inner.sessions.forget(&credentials).await =>
                {
                    renewed = true;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn request_of(&self, call: &Call<'_>) -> Request {
        let mut request = Request::new(call.method.clone(), call.path).resend(call.resend);
        // A body on GET or DELETE is refused with 501.
        if matches!(call.method, Method::GET | Method::DELETE) {
            request = request.query(call.params.encode());
        } else if let Some(body) = call.body {
            request = request.body(body.clone());
        } else if !call.params.is_empty() {
            let bytes = call.params.encode().into();
            request = request.body(Body::Bytes { content_type: FORM, bytes });
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        if let Some(deadline) = &self.deadline {
            request = request.deadline(deadline);
        }
        request
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("user", &self.inner.user)
            .field("http", &self.inner.http)
            .finish_non_exhaustive()
    }
}

/// Settings of a client; [`build`](Self::build) opens no connection
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    http: HttpClientBuilder,
    authentication: Authentication,
    limits: Limits,
    lost_answer_patience: Duration,
}

impl ClientBuilder {
    /// Change how requests travel: trust, time limits, extra headers, retries
    ///
    /// 16 run at a time by default.
    pub fn http(mut self, change: impl FnOnce(HttpClientBuilder) -> HttpClientBuilder) -> Self {
        self.http = change(self.http);
        self
    }

    /// How many operations run at the same time
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long a task is looked for after the answer to its start was lost; 12 s by default
    ///
    /// A node answers a start at the latest when it has waited 10 s for a lock.
    pub fn lost_answer_patience(mut self, patience: Duration) -> Self {
        self.lost_answer_patience = patience;
        self
    }

    /// Make the client
    ///
    /// # Errors
    /// A configuration error for credentials of the wrong form, an endpoint that is no URL, a
    /// certificate that cannot be read, or a fingerprint that is none.
    pub fn build(self) -> Result<Client, Error> {
        let user = self.authentication.user()?;
        Ok(Client {
            inner: Arc::new(Inner {
                http: self.http.build()?,
                sessions: Sessions::new(self.authentication),
                user,
                turns: Turns::new(self.limits),
                resources: SharedResources::default(),
                own_tasks: Mutex::default(),
                reserved: Mutex::default(),
                lost_answer_patience: self.lost_answer_patience,
            }),
            deadline: None,
        })
    }
}

/// Version of a node. API: `GET /version`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Version {
    /// Full version, such as `9.2.11`
    pub version: String,
    /// Release, such as `9.2`
    pub release: String,
    /// Commit of the manager package
    pub repoid: String,
}
