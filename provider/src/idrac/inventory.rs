//! The firmware that a server has. API: `/redfish/v1/UpdateService/FirmwareInventory`.

use onprem_redfish::{Firmware, Place};
use tf_provider::{Attributes, DataSource, Result};

use super::Idrac;

/// The firmware of a server: what is installed, and the versions that the iDRAC keeps to go back to.
#[derive(Clone, DataSource)]
#[data_source(name = "idrac_firmware_inventory", group = "Dell iDRAC")]
pub(crate) struct FirmwareInventory {
    /// Name of the server in the provider block.
    #[attr(required)]
    server: String,
    /// What there is, in the order of the iDRAC.
    #[attr(computed)]
    firmware: Vec<FirmwareEntry>,
}

/// Firmware of one component.
#[derive(Clone, Attributes)]
pub(crate) struct FirmwareEntry {
    /// Id, for example `Installed-159-1.8.2__BIOS.Setup.1-1`.
    #[attr(computed)]
    id: String,
    /// Name, for example `BIOS`.
    #[attr(computed)]
    name: String,
    /// Version.
    #[attr(computed)]
    version: String,
    /// Id of the component, for example `159`; none where Dell has none.
    #[attr(computed)]
    component_id: Option<String>,
    /// Device, for example `BIOS.Setup.1-1`.
    #[attr(computed)]
    fqdd: String,
    /// `installed`, `previous` (kept to go back to), `current` (a copy of the installed one) or
    /// `available` (uploaded).
    #[attr(computed)]
    place: String,
    /// Whether it can be updated.
    #[attr(computed)]
    updateable: bool,
    /// Whether an update takes effect only when the host restarts.
    #[attr(computed)]
    needs_reboot: bool,
    /// Day of its release, where the iDRAC knows it.
    #[attr(computed)]
    release_date: Option<String>,
}

impl DataSource for FirmwareInventory {
    type Client = Idrac;

    async fn read(idrac: &Idrac, arguments: FirmwareInventoryPlan) -> Result<Self> {
        let FirmwareInventoryPlan { server } = arguments;
        let found = idrac.host(&server)?.firmware_inventory().await?;
        Ok(Self { server, firmware: found.into_iter().map(FirmwareEntry::from).collect() })
    }
}

impl From<Firmware> for FirmwareEntry {
    fn from(firmware: Firmware) -> Self {
        let place = match firmware.place {
            Place::Available => "available",
            Place::Current => "current",
            Place::Previous => "previous",
            _ => "installed",
        };
        Self {
            needs_reboot: firmware.needs_reboot(),
            place: place.to_owned(),
            id: firmware.id,
            name: firmware.name,
            version: firmware.version,
            component_id: firmware.component_id,
            fqdd: firmware.fqdd,
            updateable: firmware.updateable,
            release_date: firmware.release_date,
        }
    }
}
