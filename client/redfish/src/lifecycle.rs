//! Whether the Lifecycle Controller takes work. API: `…/DellLCService.GetRemoteServicesAPIStatus`.

use onprem_http::Delays;
use serde_json::json;

use crate::{Client, Error, client::Outage, json, service::action_target};

/// State of the Lifecycle Controller
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LifecycleStatus {
    /// `Ready` or `NotReady`
    pub status: String,
    /// Of the Lifecycle Controller alone, such as `Ready` or `InUse`
    pub lc_status: Option<String>,
    /// Of the real-time part, such as `Ready`
    pub rt_status: Option<String>,
    /// Of the host, such as `PoweredOff`, `InPOST` or `OutOfPOST`
    pub server_status: Option<String>,
}

impl LifecycleStatus {
    /// Whether it takes work
    pub fn is_ready(&self) -> bool {
        self.status == "Ready"
    }

    /// Whether the host is in its self-test, in which updates that waited for a restart are installed
    pub fn is_in_post(&self) -> bool {
        self.server_status.as_deref() == Some("InPOST")
    }
}

impl Client {
    /// State of the Lifecycle Controller; nothing where the controller does not tell it
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn lifecycle_status(&self) -> Result<Option<LifecycleStatus>, Error> {
        let manager = self.manager().await?;
        let Some(service) = json::link(&manager, "/Links/Oem/Dell/DellLCService") else {
            return Ok(None);
        };
        let action = "DellLCService.GetRemoteServicesAPIStatus";
        let Some(target) = action_target(&*self.directory(&service).await?, action) else {
            return Ok(None);
        };
        let answer = match self.ask(&target, &json!({})).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(json::text(&answer, "/Status").map(|status| LifecycleStatus {
            status,
            lc_status: json::text(&answer, "/LCStatus"),
            rt_status: json::text(&answer, "/RTStatus"),
            server_status: json::text(&answer, "/ServerStatus"),
        }))
    }

    /// Wait until the Lifecycle Controller takes work; a controller that restarts is waited for
    ///
    /// # Errors
    /// A timeout, and any lasting failure of a request.
    pub async fn wait_until_ready(&self) -> Result<(), Error> {
        let _busy = self.busy();
        let poll = self.patience().poll;
        let mut outage = Outage::new(self, "waiting for the Lifecycle Controller to be ready");
        let mut pauses = Delays::new(poll.0, poll.1, 1.5);
        loop {
            let client = self.brisk();
            let Some(status) = outage.outlast(client.lifecycle_status()).await? else { continue };
            match status {
                Some(status) if !status.is_ready() => {
                    tracing::info!(?status, "the Lifecycle Controller is not ready");
                    outage.pause(pauses.next_pause()).await?;
                }
                _ => return Ok(()),
            }
        }
    }
}
