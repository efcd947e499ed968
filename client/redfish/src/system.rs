//! The host and its controller. API: `/redfish/v1/Systems/…` and `/redfish/v1/Managers/…`.

use onprem_http::{Delays, Method};
use serde_json::json;

use crate::{
    Client, Error, ErrorKind,
    call::Call,
    client::Outage,
    json,
    service::{action, action_target},
};

/// A host with its controller
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct System {
    /// Id, such as `System.Embedded.1`
    pub id: String,
    /// Manufacturer
    pub manufacturer: Option<String>,
    /// Model, such as `PowerEdge R750`
    pub model: Option<String>,
    /// Service tag
    pub service_tag: Option<String>,
    /// Serial number
    pub serial_number: Option<String>,
    /// UUID
    pub uuid: Option<String>,
    /// Name that the operating system told; may be absent
    pub host_name: Option<String>,
    /// `On`, `Off`, `PoweringOn`, `PoweringOff`
    pub power_state: Option<String>,
    /// Health in one word
    pub health: Option<String>,
    /// Version of the BIOS
    pub bios_version: Option<String>,
    /// Version of the controller's firmware
    pub controller_version: Option<String>,
    /// Model of the controller, such as `15G Monolithic`
    pub controller_model: Option<String>,
    /// Number of the model in catalogs, as four hexadecimal digits, such as `090E`
    pub system_id: Option<String>,
    /// When the host was last restarted, as the controller writes it
    pub last_reset_time: Option<String>,
    /// Processors
    pub processor_count: Option<i64>,
    /// Memory in GiB
    pub memory_gib: Option<i64>,
}

/// The power of a host
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostPower {
    /// `On`, `Off`, `PoweringOn`, `PoweringOff`; empty where the controller does not say
    pub state: String,
    /// When the host was last restarted, as the controller writes it
    pub last_reset_time: Option<String>,
}

impl HostPower {
    /// Whether the host is on, and does not merely become so
    pub fn is_on(&self) -> bool {
        self.state == "On"
    }

    /// Whether the host is off, and does not merely become so
    pub fn is_off(&self) -> bool {
        self.state == "Off"
    }
}

/// What to do to the power of a host
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetType {
    /// Switch off at once
    ForceOff,
    /// Restart at once
    ForceRestart,
    /// Ask the operating system to restart
    GracefulRestart,
    /// Ask the operating system to shut down
    GracefulShutdown,
    /// Switch on
    On,
    /// Switch off and on
    PowerCycle,
}

impl Client {
    /// The host and its controller
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn system(&self) -> Result<System, Error> {
        let system = self.get(&self.system_path().await?).await?;
        let manager = self.get(&self.manager_path().await?).await?;
        let get = |name: &str| json::text(&system, name);
        let dell = |name: &str| json::text(&system, &format!("/Oem/Dell/DellSystem/{name}"));
        // The number comes as a decimal, and catalogs have it in hexadecimal digits.
        let system_id = json::number(&system, "/Oem/Dell/DellSystem/SystemID");
        Ok(System {
            id: get("/Id").unwrap_or_default(),
            manufacturer: get("/Manufacturer"),
            model: get("/Model"),
            service_tag: get("/SKU").or_else(|| dell("ChassisServiceTag")),
            serial_number: get("/SerialNumber"),
            uuid: get("/UUID"),
            host_name: get("/HostName"),
            power_state: get("/PowerState"),
            health: get("/Status/HealthRollup").or_else(|| get("/Status/Health")),
            bios_version: get("/BiosVersion"),
            controller_version: json::text(&manager, "/FirmwareVersion"),
            controller_model: json::text(&manager, "/Model"),
            system_id: system_id.map(|id| format!("{id:04X}")),
            last_reset_time: get("/LastResetTime"),
            processor_count: json::number(&system, "/ProcessorSummary/Count"),
            memory_gib: json::number(&system, "/MemorySummary/TotalSystemMemoryGiB"),
        })
    }

    /// The power of the host
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn power(&self) -> Result<HostPower, Error> {
        let system = self.get(&self.system_path().await?).await?;
        Ok(HostPower {
            state: json::text(&system, "/PowerState").unwrap_or_default(),
            last_reset_time: json::text(&system, "/LastResetTime"),
        })
    }

    /// Look at the power of the host until it is as wanted; nothing is changed
    ///
    /// # Errors
    /// The deadline passed, and any lasting failure of a request.
    pub async fn follow_power(
        &self,
        mut wanted: impl FnMut(&HostPower) -> bool + Send,
    ) -> Result<HostPower, Error> {
        let _busy = self.busy();
        let patience = self.patience();
        let mut outage = Outage::new(self, "waiting for the power of the host");
        let mut pauses = Delays::new(patience.poll.0, patience.poll.1, 1.5);
        loop {
            let client = self.brisk();
            let Some(power) = outage.outlast(client.power()).await? else { continue };
            if wanted(&power) {
                return Ok(power);
            }
            outage.pause(pauses.next_pause()).await?;
        }
    }

    /// Change the power of the host; what is so already is left alone
    ///
    /// # Errors
    /// Any failure of a request, and a kind of reset that the host does not offer.
    pub async fn reset(&self, reset: ResetType) -> Result<(), Error> {
        let system = self.get(&self.system_path().await?).await?;
        let on = json::text(&system, "/PowerState").as_deref() == Some("On");
        let off = json::text(&system, "/PowerState").as_deref() == Some("Off");
        match reset {
            ResetType::On if on => return Ok(()),
            ResetType::ForceOff | ResetType::GracefulShutdown if off => return Ok(()),
            _ => {}
        }
        let unsupported = |text: String| Error::new(ErrorKind::Unsupported, text);
        let target = action_target(&system, "ComputerSystem.Reset")
            .ok_or_else(|| unsupported("the host's power cannot be changed here".to_owned()))?;
        let word = format!("{reset:?}");
        let allowed = action(&system, "ComputerSystem.Reset")
            .map(|action| json::texts(action, "/ResetType@Redfish.AllowableValues"));
        if allowed.is_some_and(|allowed| !allowed.is_empty() && !allowed.contains(&word)) {
            return Err(unsupported(format!("the host offers no `{word}` at the moment")));
        }
        // 409 where the power is so by now.
        let call = Call::new(Method::POST, target).json(&json!({ "ResetType": word }));
        self.send(&call).await.map(drop)
    }

    /// Restart the host: by a job of the controller, which insists when the operating system does not
    /// react, and by a reset where there are no such jobs; the job's id, where there is one
    ///
    /// # Errors
    /// Any failure of a request. A request whose answer was lost is not repeated.
    pub async fn restart_host(&self) -> Result<Option<String>, Error> {
        let manager = self.manager().await?;
        let Some(path) = json::link(&manager, "/Links/Oem/Dell/DellJobService") else {
            return self.reset(ResetType::GracefulRestart).await.map(|()| None);
        };
        let service = self.directory(&path).await?;
        let create = action_target(&service, "DellJobService.CreateRebootJob");
        let set_up = action_target(&service, "DellJobService.SetupJobQueue");
        let (Some(create), Some(set_up)) = (create, set_up) else {
            return self.reset(ResetType::GracefulRestart).await.map(|()| None);
        };
        let body = json!({ "RebootJobType": "GracefulRebootWithForcedShutdown" });
        let answer = self.send(&Call::new(Method::POST, create).json(&body)).await?;
        let location = answer.location().map(|path| json::last_segment(&path).to_owned());
        let id =
            location.or_else(|| json::text(&answer.body, "/RebootJobID")).ok_or_else(|| {
                Error::new(ErrorKind::Decode, "the answer to the reboot job does not tell its id")
            })?;
        let body = json!({ "JobArray": [&id], "StartTimeInterval": "TIME_NOW" });
        self.send(&Call::new(Method::POST, set_up).json(&body)).await?;
        Ok(Some(id))
    }
}
