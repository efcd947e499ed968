//! Starting updates of firmware. API: `/redfish/v1/UpdateService`.
//!
//! The service advertises which doors it has; this client takes the one that it is told to and says
//! plainly when it is not there. Nothing is started twice: when the answer to a start is lost, the job
//! that it may have made is looked for.

use std::{collections::BTreeSet, fmt, path::Path, time::Duration};

use onprem_http::{AfterLoss, Delays, HeaderName, HeaderValue, Method, Resend, Secret};
use serde_json::{Value, json};

use crate::{
    Client, Error, ErrorKind,
    call::Call,
    json,
    service::{action, action_target},
    upload,
};

/// Time for an upload: images are large, and controllers slow
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(1800);

/// Time for an action: starting an update may take a controller a while
const ACTION_TIMEOUT: Duration = Duration::from_secs(120);

/// What the update service of a controller offers
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpdateService {
    /// Path of the action that fetches an image, or takes one from the inventory
    pub simple_update: Option<String>,
    /// Ways to fetch an image, such as `HTTP` and `NFS`; empty where the service does not say
    pub transfer_protocols: Vec<String>,
    /// When an update may be asked to happen; empty where the service does not say
    pub apply_times: Vec<String>,
    /// Path of the action that starts what waits for it
    pub start_update: Option<String>,
    /// Where an image is pushed together with its parameters
    pub multipart_push: Option<String>,
    /// Where an image is pushed alone
    pub http_push: Option<String>,
    inventory: Option<String>,
}

/// When an update happens
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyTime {
    /// At once; the controller may restart the host for it
    Immediate,
    /// At the next restart of the host; what needs none happens at once
    OnReset,
    /// When [`Client::start_update`] says so
    OnStartUpdateRequest,
}

impl fmt::Display for ApplyTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// An image that the controller fetches
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SimpleUpdate {
    /// Where it is: a URL, or the path of an entry of the inventory
    pub image_uri: String,
    /// When to apply it
    pub apply_time: ApplyTime,
    /// User and password of the server that has it
    pub credentials: Option<(String, Secret)>,
}

impl SimpleUpdate {
    /// An image without credentials, applied at the next restart of the host
    pub fn new(image_uri: impl Into<String>) -> Self {
        let apply_time = ApplyTime::OnReset;
        Self { image_uri: image_uri.into(), apply_time, credentials: None }
    }

    /// Apply it at another time
    #[must_use]
    pub fn apply_time(mut self, apply_time: ApplyTime) -> Self {
        self.apply_time = apply_time;
        self
    }
}

impl UpdateService {
    fn parse(service: &Value) -> Self {
        let simple = action(service, "UpdateService.SimpleUpdate");
        let texts =
            |pointer: &str| simple.map(|action| json::texts(action, pointer)).unwrap_or_default();
        Self {
            simple_update: action_target(service, "UpdateService.SimpleUpdate"),
            transfer_protocols: texts("/TransferProtocol@Redfish.AllowableValues"),
            apply_times: texts("/@Redfish.OperationApplyTimeSupport/SupportedValues"),
            start_update: action_target(service, "UpdateService.StartUpdate"),
            multipart_push: json::link(service, "/MultipartHttpPushUri"),
            http_push: json::link(service, "/HttpPushUri"),
            inventory: json::link(service, "/FirmwareInventory"),
        }
    }

    /// Whether an update can be made to wait for the next restart of the host
    pub fn can_wait_for_reset(&self) -> bool {
        self.apply_times.iter().any(|time| time == "OnReset")
    }

    /// Whether images can be pushed
    pub fn can_push(&self) -> bool {
        self.multipart_push.is_some() || (self.http_push.is_some() && self.simple_update.is_some())
    }

    pub(crate) fn inventory_path(&self) -> Result<String, Error> {
        self.inventory.clone().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the controller has no inventory of firmware")
        })
    }

    fn apply_time(&self, wanted: ApplyTime) -> Result<Option<String>, Error> {
        let word = wanted.to_string();
        if self.apply_times.is_empty() {
            return Ok(None);
        }
        if !self.apply_times.contains(&word) {
            let text = format!(
                "the controller offers no updates with the time `{word}`, only: {}",
                self.apply_times.join(", ")
            );
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        Ok(Some(word))
    }
}

impl Client {
    /// What the update service offers. API: `GET /redfish/v1/UpdateService`
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn update_service(&self) -> Result<UpdateService, Error> {
        let path = self.linked("UpdateService").await?;
        Ok(UpdateService::parse(&*self.directory(&path).await?))
    }

    /// Have the controller fetch an image and make a job of it; its id
    ///
    /// # Errors
    /// A refusal, such as [`ErrorKind::JobExists`], and any failure of a request. It is not repeated
    /// unless no job was made.
    pub async fn simple_update(&self, update: &SimpleUpdate) -> Result<String, Error> {
        let service = self.update_service().await?;
        let target = service.simple_update.clone().ok_or_else(|| {
            let text = "the controller's firmware does not offer updates through Redfish \
                        (`SimpleUpdate`): iDRAC8 has them from 2.60, iDRAC9 always";
            Error::new(ErrorKind::Unsupported, text)
        })?;
        let mut body = json!({ "ImageURI": update.image_uri });
        if let Some((scheme, _)) = update.image_uri.split_once("://") {
            let protocol = scheme.to_uppercase();
            if !service.transfer_protocols.is_empty()
                && !service.transfer_protocols.contains(&protocol)
            {
                let text = format!(
                    "the controller does not fetch images by {protocol}, only by: {}",
                    service.transfer_protocols.join(", ")
                );
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
            body["TransferProtocol"] = protocol.into();
        }
        if let Some(time) = service.apply_time(update.apply_time)? {
            body["@Redfish.OperationApplyTime"] = time.into();
        }
        if let Some((username, password)) = &update.credentials {
            body["Username"] = username.as_str().into();
            body["Password"] = password.expose().into();
        }
        // Never with If-Match: some refuse an action that has it.
        let call = Call::new(Method::POST, target).json(&body).timeout(ACTION_TIMEOUT);
        self.start_job(&call).await
    }

    /// Go back to the version that an entry of the inventory keeps; the job's id
    ///
    /// # Errors
    /// As [`simple_update`](Self::simple_update).
    pub async fn roll_back(
        &self,
        previous: &crate::Firmware,
        time: ApplyTime,
    ) -> Result<String, Error> {
        self.simple_update(&SimpleUpdate::new(previous.uri.clone()).apply_time(time)).await
    }

    /// Start what was told to wait for it
    ///
    /// # Errors
    /// Any failure of the request, and a controller that does not offer it.
    pub async fn start_update(&self) -> Result<(), Error> {
        let target = self.update_service().await?.start_update.ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the controller offers no `StartUpdate`")
        })?;
        let call = Call::new(Method::POST, target).json(&json!({})).timeout(ACTION_TIMEOUT);
        self.send(&call).await.map(drop)
    }

    /// Push an image from a file here, by the best door that there is; the id of its job
    ///
    /// # Errors
    /// A file that cannot be read, a controller that takes no images, and as
    /// [`simple_update`](Self::simple_update).
    pub async fn push_update(&self, file: &Path, time: ApplyTime) -> Result<String, Error> {
        let service = self.update_service().await?;
        if let Some(door) = &service.multipart_push {
            let time = service.apply_time(time)?;
            let mut parameters = json!({ "Targets": [], "Oem": {} });
            if let Some(time) = time {
                parameters["@Redfish.OperationApplyTime"] = time.into();
            }
            let body = upload::multipart(file, Some(&parameters)).await?;
            let call = Call::new(Method::POST, door).body(body).timeout(UPLOAD_TIMEOUT);
            return self.start_job(&call).await;
        }
        let Some(door) = &service.http_push else {
            let text = "the controller takes no images over HTTP: iDRAC8 does from 2.60, iDRAC9 from \
                        3.18; let it fetch the image from a web server";
            return Err(Error::new(ErrorKind::Unsupported, text));
        };
        let image = self.push_image(door, file).await?;
        self.simple_update(&SimpleUpdate::new(image).apply_time(time)).await
    }

    /// Push an image into the inventory; the path of its entry
    async fn push_image(&self, door: &str, file: &Path) -> Result<String, Error> {
        let body = upload::multipart(file, None).await?;
        // The push wants the collection's ETag, in quotes or bare as it came.
        let collection = self.send(&Call::new(Method::GET, door)).await?;
        let etag = collection.headers.get("etag").cloned().or_else(|| {
            let etag = json::text(&collection.body, "/@odata.etag")?;
            HeaderValue::from_str(&etag).ok()
        });
        let mut call = Call::new(Method::POST, door).body(body).timeout(UPLOAD_TIMEOUT);
        if let Some(etag) = etag {
            call = call.header(HeaderName::from_static("if-match"), etag);
        }
        // An image that is there twice does no harm: the second takes the place of the first.
        let answer = self.send(&call.resend(Resend::Always)).await?;
        answer.location().ok_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                "the answer to the upload does not say where the image is",
            )
        })
    }

    /// Post what makes a job, once, and tell the job's id
    async fn start_job(&self, call: &Call) -> Result<String, Error> {
        let before: BTreeSet<String> = self.jobs().await?.into_iter().map(|job| job.id).collect();
        let made = std::sync::Mutex::new(None);
        let outcome = self
            .send_checked(call, |error| {
                let (before, made) = (&before, &made);
                async move {
                    // A refusal, and a clear one.
                    if *error.kind() == ErrorKind::NotReady {
                        return AfterLoss::Stop;
                    }
                    tracing::warn!(%error, "no clear answer; looking for the job that it may have made");
                    match self.new_job(before).await {
                        Ok(None) => AfterLoss::Resend,
                        Ok(found) => {
                            if let Ok(mut made) = made.lock() {
                                *made = found;
                            }
                            AfterLoss::Stop
                        }
                        Err(_) => AfterLoss::Stop,
                    }
                }
            })
            .await;
        let found = made.into_inner().unwrap_or_default();
        match (outcome, found) {
            (Err(error), None) => {
                // Also a plain error may have left one: it is named rather than forgotten.
                let refused = *error.kind() == ErrorKind::NotReady;
                match error.maybe_executed() && error.is_passing() && !refused {
                    true => self.new_job(&before).await?.ok_or(error),
                    false => Err(error),
                }
            }
            (_, Some(id)) => Ok(id),
            (Ok(answer), None) => {
                let location = answer.location();
                let named = location.as_deref().map(json::last_segment);
                match named.filter(|id| id.starts_with("JID_") || id.starts_with("RID_")) {
                    Some(id) => Ok(id.to_owned()),
                    None => self.new_job(&before).await?.ok_or_else(|| {
                        let text = "the update was accepted, and no job of it is to be found";
                        Error::new(ErrorKind::Decode, text)
                    }),
                }
            }
        }
    }

    /// A firmware job that was not there before
    async fn new_job(&self, before: &BTreeSet<String>) -> Result<Option<String>, Error> {
        let patience = self.patience();
        let end = self.deadline();
        let mut pauses = Delays::new(patience.poll.0, patience.poll.1, 1.5);
        let since = std::time::Instant::now();
        loop {
            let jobs = self.brisk().jobs().await;
            let mut fresh = jobs.iter().flatten().filter(|job| !before.contains(&job.id));
            if let Some(job) = fresh.find(|job| job.is_firmware_update()) {
                return Ok(Some(job.id.clone()));
            }
            if since.elapsed() > patience.lost_answer {
                return jobs.map(|_| None);
            }
            if !end.sleep(pauses.next_pause()).await {
                return jobs.map(|_| None);
            }
        }
    }
}
