//! Starting and stopping a guest. API: `/nodes/{node}/{qemu|lxc}/{vmid}/status`

use std::time::Duration;

use onprem_http::Method;
use serde::Deserialize;

use crate::{
    Client, Error, GuestKind, NodeName, Params, PendingValue, TaskCall, VmId, limits::Busy,
};

impl Client {
    /// The power of a guest. API: `/nodes/{node}/{qemu|lxc}/{vmid}/status`
    pub fn power(&self, node: &NodeName, kind: GuestKind, vmid: VmId) -> Power {
        Power { client: self.clone(), node: node.clone(), kind, vmid }
    }
}

/// The power of a VM or container. API: `/nodes/{node}/{qemu|lxc}/{vmid}/status`
#[derive(Clone, Debug)]
pub struct Power {
    client: Client,
    node: NodeName,
    kind: GuestKind,
    vmid: VmId,
}

impl Power {
    /// What sort of guest it is
    pub fn kind(&self) -> GuestKind {
        self.kind
    }

    /// Whether the guest runs; a paused VM does. API: `GET …/status/current`
    ///
    /// # Errors
    /// Not found when this node does not have the guest. Any failure of the request.
    pub async fn is_running(&self) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Status {
            status: String,
        }
        let status: Status = self.client.get(&self.path("/status/current"), &Params::new()).await?;
        Ok(status.status == "running")
    }

    /// The configuration in force, with what changes at the next cold start. API: `GET …/pending`
    ///
    /// # Errors
    /// As [`is_running`](Self::is_running).
    pub async fn pending(&self) -> Result<Vec<PendingValue>, Error> {
        self.client.get(&self.path("/pending"), &Params::new()).await
    }

    /// Start the guest. API: `POST …/status/start`
    ///
    /// Under high availability the task ends when the start is requested, not when it runs.
    ///
    /// # Errors
    /// When it runs already (a VM says so in a failed task); a failed task when it cannot run.
    pub fn start(&self) -> TaskCall {
        self.call("start", Params::new(), &["qmstart", "hastart"], &["vzstart", "hastart"])
    }

    /// Switch the guest off at once. API: `POST …/status/stop`
    ///
    /// With `overrule_shutdown` a shutdown that is waiting for the guest is ended first.
    ///
    /// # Errors
    /// Any failure of the request or the task. A stopped VM is none, a stopped container is one.
    pub fn stop(&self, overrule_shutdown: bool) -> TaskCall {
        let mut params = Params::new();
        params.set_opt("overrule-shutdown", overrule_shutdown.then_some(true));
        self.call("stop", params, &["qmstop", "hastop"], &["vzstop", "hastop"])
    }

    /// Ask the guest to shut down. API: `POST …/status/shutdown`
    ///
    /// After `timeout` it fails, or switches the guest off when `force_stop` is set.
    ///
    /// # Errors
    /// A failed task when the guest does not stop in time. A stopped container is an error.
    pub fn shutdown(&self, timeout: Duration, force_stop: bool) -> TaskCall {
        let mut params = Params::new();
        params.set("timeout", timeout.as_secs());
        params.set_opt("forceStop", force_stop.then_some(true));
        self.call("shutdown", params, &["qmshutdown", "hastop"], &["vzshutdown", "hastop"])
    }

    /// Shut the guest down and start it from cold, which applies pending changes
    ///
    /// API: `POST …/status/reboot`
    ///
    /// # Errors
    /// Not running; a failed task when the guest does not shut down within `timeout`.
    pub fn reboot(&self, timeout: Duration) -> TaskCall {
        let params = Params::new().with("timeout", timeout.as_secs());
        self.call("reboot", params, &["qmreboot"], &["vzreboot"])
    }

    fn call(
        &self,
        verb: &str,
        params: Params,
        qemu: &'static [&'static str],
        lxc: &'static [&'static str],
    ) -> TaskCall {
        let types = if self.kind == GuestKind::Lxc { lxc } else { qemu };
        let path = self.path(&format!("/status/{verb}"));
        let (client, node) = (self.client.clone(), &self.node);
        // No turn at the guest: a stop must get through while a shutdown waits.
        TaskCall::new(client, Method::POST, path, params, node, types, self.vmid)
            .busy([Busy::Node(node.clone())])
    }

    fn path(&self, leaf: &str) -> String {
        format!("/nodes/{}/{}/{}{leaf}", self.node, self.kind, self.vmid)
    }
}
