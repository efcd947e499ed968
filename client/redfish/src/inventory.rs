//! What firmware is there. API: `/redfish/v1/UpdateService/FirmwareInventory`.

use std::time::{Duration, Instant};

use onprem_http::Delays;
use serde_json::Value;

use crate::{Client, Error, client::Outage, json};

/// Firmware that is installed, or that could be
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Firmware {
    /// Id, such as `Installed-159-1.8.2__BIOS.Setup.1-1`
    pub id: String,
    /// Path, which an update may name as its image
    pub uri: String,
    /// Whether it is installed, or kept
    pub place: Place,
    /// Name, such as `BIOS`
    pub name: String,
    /// Version, such as `1.8.2`; not always numbers
    pub version: String,
    /// Id of the component, such as `159`; absent where Dell has none, which it writes as `0`
    pub component_id: Option<String>,
    /// Device that it is on, such as `BIOS.Setup.1-1`; may be empty
    pub fqdd: String,
    /// `BIOS`, `FRMW` or `APAC`
    pub component_type: Option<String>,
    /// Further words that identify the device, such as `DCIM:firmware:15B3:101B:15B3:0009`
    pub identity: Vec<String>,
    /// Whether it can be updated through the controller
    pub updateable: bool,
    /// Day of its release, where it is known
    pub release_date: Option<String>,
}

/// Where an entry of the inventory is
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// It waits on the controller to be installed
    Available,
    /// A copy of what is installed, kept for a new part
    Current,
    /// It runs
    Installed,
    /// What ran before, kept to go back to
    Previous,
    /// The id does not say
    Unknown,
}

impl Client {
    /// All firmware, kept versions included. API: `GET …/FirmwareInventory`
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn firmware_inventory(&self) -> Result<Vec<Firmware>, Error> {
        let path = self.update_service().await?.inventory_path()?;
        let members = self.collection(&path).await?;
        Ok(members.iter().filter_map(Firmware::parse).collect())
    }

    /// Read the inventory until it shows what `done` looks for, or for so long; the last one read
    ///
    /// A controller may finish a job some time before its inventory shows what the job did. One that
    /// restarts is waited for.
    ///
    /// # Errors
    /// A timeout, and any lasting failure of a request.
    pub async fn wait_for_firmware(
        &self,
        patience: Duration,
        done: impl Fn(&[Firmware]) -> bool,
    ) -> Result<Vec<Firmware>, Error> {
        let _busy = self.busy();
        let poll = self.patience().poll;
        let mut outage = Outage::new(self, "waiting for the firmware inventory").missing_passes();
        let mut pauses = Delays::new(poll.0, poll.1, 1.5);
        let since = Instant::now();
        loop {
            let client = self.brisk();
            let Some(found) = outage.outlast(client.firmware_inventory()).await? else { continue };
            if done(&found) || since.elapsed() > patience {
                return Ok(found);
            }
            outage.pause(pauses.next_pause()).await?;
        }
    }
}

impl Firmware {
    /// What a job for it may call its device: the FQDD, and the name without what follows a dash
    pub fn device_names(&self) -> Vec<String> {
        let name = self.name.split(" - ").next().unwrap_or_default().trim();
        let names = [self.fqdd.as_str(), name].into_iter().filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }

    /// The installed one, where no copies are meant
    pub fn is_installed(&self) -> bool {
        matches!(self.place, Place::Installed | Place::Unknown)
    }

    /// Whether the component is one that `word` means: its component id, its FQDD or its name
    pub fn is_called(&self, word: &str) -> bool {
        self.component_id.as_deref() == Some(word)
            || (!self.fqdd.is_empty() && self.fqdd.eq_ignore_ascii_case(word))
            || self.name.eq_ignore_ascii_case(word)
            // The device without the place where it is described: `BIOS.Setup.1-1`, `iDRAC.Embedded.1-1`.
            || self.device().is_some_and(|device| device.eq_ignore_ascii_case(word))
    }

    /// Whether the host has to be restarted for an update to take effect
    ///
    /// The controller, and what it keeps for itself, is updated at once.
    pub fn needs_reboot(&self) -> bool {
        let direct = self.is_controller()
            || ["USC.", "Diagnostics.", "DriverPack.", "OSCollector.", "ServiceModule."]
                .iter()
                .any(|prefix| self.fqdd.starts_with(prefix));
        !direct && self.component_type.as_deref() != Some("APAC")
    }

    /// Whether it is the controller's own: it restarts for an update
    pub fn is_controller(&self) -> bool {
        self.component_id.as_deref() == Some("25227") || self.fqdd.starts_with("iDRAC.")
    }

    /// Whether it is a CPLD, which is updated alone
    pub fn is_cpld(&self) -> bool {
        self.component_id.as_deref() == Some("27763") || self.fqdd.starts_with("CPLD.")
    }

    /// The kind of device in short, such as `BIOS` of `BIOS.Setup.1-1`
    fn device(&self) -> Option<&str> {
        let device = self.fqdd.split('.').next()?;
        matches!(device, "BIOS" | "iDRAC" | "CPLD").then_some(device)
    }

    fn parse(value: &Value) -> Option<Self> {
        let uri = json::link(value, "/@odata.id")?;
        let id = json::text(value, "/Id").unwrap_or_else(|| json::last_segment(&uri).to_owned());
        let dell = "/Oem/Dell/DellSoftwareInventory";
        let component_id = json::text(value, "/SoftwareId")
            .or_else(|| json::text(value, &format!("{dell}/ComponentID")))
            .filter(|id| id != "0");
        let name = json::text(value, "/Name");
        let name = name.or_else(|| json::text(value, &format!("{dell}/ElementName")));
        Some(Self {
            place: Place::of(&id),
            fqdd: id.split_once("__").map(|(_, fqdd)| fqdd.to_owned()).unwrap_or_default(),
            name: name.unwrap_or_else(|| id.clone()),
            version: json::text(value, "/Version").unwrap_or_default(),
            component_id,
            component_type: json::text(value, &format!("{dell}/ComponentType")),
            identity: json::texts(value, &format!("{dell}/IdentityInfoValue")),
            updateable: json::flag(value, "/Updateable").unwrap_or(true),
            // A day that is not known is written as midnight of none.
            release_date: json::text(value, "/ReleaseDate").filter(|date| date.contains('-')),
            id,
            uri,
        })
    }
}

impl Place {
    fn of(id: &str) -> Self {
        match id.split_once('-').map(|(place, _)| place) {
            Some("Available") => Self::Available,
            Some("Current") => Self::Current,
            Some("Installed") => Self::Installed,
            Some("Previous") => Self::Previous,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(id: &str, name: &str, software_id: &str) -> Firmware {
        let uri = format!("/redfish/v1/UpdateService/FirmwareInventory/{id}");
        let value = json!({ "@odata.id": uri, "Id": id, "Name": name, "SoftwareId": software_id });
        Firmware::parse(&value).unwrap()
    }

    #[test]
    fn a_component_goes_by_its_id_its_device_and_its_name() {
        let bios = entry("Installed-159-1.8.2__BIOS.Setup.1-1", "BIOS", "159");
        for word in ["159", "BIOS.Setup.1-1", "BIOS", "bios"] {
            assert!(bios.is_called(word), "{word}");
        }
        assert!(!bios.is_called("15") && bios.needs_reboot());
        let nic = entry("Installed-0-24.40.10.00__NIC.Slot.5-1", "Mellanox", "0");
        assert!(!nic.is_called("0"), "`0` is no component");
        assert_eq!((nic.fqdd.as_str(), nic.component_id), ("NIC.Slot.5-1", None));
    }

    #[test]
    fn ids_with_underscores_and_colons_are_taken_apart() {
        let lc = entry(
            "Installed-101734-OSC_1.1__OSCollector.Embedded.1:LC.Embedded.1",
            "OS COLLECTOR 1.1, OSC_1.1, A00",
            "101734",
        );
        assert_eq!(lc.fqdd, "OSCollector.Embedded.1:LC.Embedded.1");
        assert!(!lc.needs_reboot());
        let previous = entry("Previous-25227-4.40.29.00__iDRAC.Embedded.1-1", "iDRAC", "25227");
        assert_eq!(previous.place, Place::Previous);
        assert!(previous.is_controller() && !previous.needs_reboot() && !previous.is_installed());
    }
}
