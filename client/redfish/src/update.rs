//! Starting updates of firmware. API: `/redfish/v1/UpdateService`.
//!
//! The service advertises which doors it has; this client takes the one that it is told to and says
//! plainly when it is not there. `start` makes the job, once; `push` brings an image there first.

mod push;
mod start;

use std::{fmt, time::Duration};

use onprem_http::{Method, Secret};
use serde_json::{Value, json};

use crate::{
    Client, Error, ErrorKind,
    call::Call,
    json,
    service::{action, action_target},
};
use start::Expected;

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
    /// Names of the devices that it is for, such as `BIOS` and `BIOS.Setup.1-1`; by them its job is told
    /// from somebody else's when the answer is lost
    pub device_names: Vec<String>,
}

impl SimpleUpdate {
    /// An image without credentials, applied at the next restart of the host
    pub fn new(image_uri: impl Into<String>) -> Self {
        let apply_time = ApplyTime::OnReset;
        Self { image_uri: image_uri.into(), apply_time, credentials: None, device_names: vec![] }
    }

    /// Name the devices that it is for
    #[must_use]
    pub fn device_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.device_names = names.into_iter().map(Into::into).collect();
        self
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
    /// unless no job was made. [`ErrorKind::AmbiguousJob`] when the answer is lost and there are jobs of
    /// which nobody can say whose they are.
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
        self.start_job(&call, &Expected::of(update)).await
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
        let update = SimpleUpdate::new(previous.uri.clone()).apply_time(time);
        self.simple_update(&update.device_names(previous.device_names())).await
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
}
