//! The firmware inventory.

use serde_json::{Value, json};

use super::Idrac;
use super::hardware::{Generation, Kind, Part};
use super::jobs::iso;
use super::state::State;

/// Id of a member of the inventory.
pub(crate) fn id(status: &str, part: &Part, version: &str) -> String {
    format!("{status}-{}-{version}__{}", part.component_id, part.fqdd)
}

/// Ids of all members, sorted.
pub(crate) fn ids(state: &State) -> Vec<String> {
    let mut ids: Vec<String> = state.available.keys().cloned().collect();
    for component in &state.components {
        ids.push(id("Installed", component.part, &component.version));
        if component.part.kind.copy() {
            ids.push(id("Current", component.part, &component.version));
        }
        if let Some(previous) = &component.previous {
            ids.push(id("Previous", component.part, previous));
        }
    }
    ids.sort();
    ids
}

/// One member; `None` where there is none of that id.
pub(crate) fn document(idrac: &Idrac, wanted: &str) -> Option<Value> {
    let state = idrac.state();
    let generation = idrac.generation();
    if let Some(package) = state.available.get(wanted) {
        let component = state
            .components
            .iter()
            .find(|component| package.fits(component.part.component_id, component.part.pci))?;
        return Some(render(generation, "Available", component.part, &package.version, 0));
    }
    state.components.iter().find_map(|component| {
        let part = component.part;
        let is = |status: &str, version: &str| id(status, part, version) == wanted;
        if is("Installed", &component.version) {
            let at = component.installed_at;
            return Some(render(generation, "Installed", part, &component.version, at));
        }
        if part.kind.copy() && is("Current", &component.version) {
            return Some(render(generation, "Current", part, &component.version, 0));
        }
        let previous = component.previous.as_deref().filter(|version| is("Previous", version))?;
        Some(render(generation, "Previous", part, previous, 0))
    })
}

fn render(generation: Generation, status: &str, part: &Part, version: &str, at: u64) -> Value {
    let id = id(status, part, version);
    let path = format!("/redfish/v1/UpdateService/FirmwareInventory/{id}");
    let installed = status == "Installed";
    let instance = format!("DCIM:{}_0x23_{}", status.to_ascii_uppercase(), instance(part));
    let numbers: Vec<Option<u64>> = version.split('.').map(|number| number.parse().ok()).collect();
    let number = |index: usize| match numbers.first() {
        Some(Some(_)) => numbers.get(index).copied().flatten().or(Some(0)),
        _ => None,
    };
    let pci = |index: usize| part.pci.map(|quad| quad[index]);
    let class = if part.kind == Kind::Bios { "BIOS" } else { "firmware" };
    let (kind, value) = match part.pci {
        Some([vendor, device, sub_vendor, sub_device]) => (
            "OrgID:ComponentType:VendorID:DeviceID:SubVendorID:SubDeviceID",
            format!("DCIM:firmware:{vendor}:{device}:{sub_vendor}:{sub_device}"),
        ),
        None => ("OrgID:ComponentType:ComponentID", format!("DCIM:{class}:{}", part.component_id)),
    };
    let installation = match (installed, at) {
        (false, _) => "NA".to_owned(),
        (true, 0) => "2024-06-01T08:00:00Z".to_owned(),
        (true, at) => format!("{}Z", &iso(at)[..19]),
    };
    let software = json!({
        "@odata.context": "/redfish/v1/$metadata#DellSoftwareInventory.DellSoftwareInventory",
        "@odata.id": format!("{path}/Oem/Dell/DellSoftwareInventory/{instance}"),
        "@odata.type": "#DellSoftwareInventory.v1_1_1.DellSoftwareInventory",
        "BuildNumber": number(3),
        "Classifications": [if part.kind == Kind::Bios { "BIOS/FCode" } else { "Firmware" }],
        "Classifications@odata.count": 1,
        "ComponentID": part.component_id,
        "ComponentType": part.kind.component_type(),
        "Description": "A firmware of a device in the managed system.",
        "DeviceID": pci(1),
        "ElementName": part.name,
        "HashValue": null,
        "Id": instance,
        "IdentityInfoType": [kind],
        "IdentityInfoType@odata.count": 1,
        "IdentityInfoValue": [value],
        "IdentityInfoValue@odata.count": 1,
        "InstallationDate": installation,
        "IsEntity": true,
        "MajorVersion": number(0),
        "MinorVersion": number(1),
        "Name": "DellSoftwareInventory",
        "RevisionNumber": number(2),
        "RevisionString": null,
        "Status": if installed { "Installed" } else { "AvailableForInstallation" },
        "SubDeviceID": pci(3),
        "SubVendorID": pci(2),
        "VendorID": pci(0),
        "impactsTPMmeasurements": matches!(part.kind, Kind::Bios | Kind::Nic | Kind::Disk),
    });
    json!({
        "@odata.context": "/redfish/v1/$metadata#SoftwareInventory.SoftwareInventory",
        "@odata.id": path,
        "@odata.type": match generation {
            Generation::Nine => "#SoftwareInventory.v1_4_0.SoftwareInventory",
            Generation::Ten => "#SoftwareInventory.v1_10_2.SoftwareInventory",
        },
        "Description": "Represents Firmware Inventory",
        "Id": id,
        "Name": part.name,
        "Oem": {
            "Dell": {
                "@odata.type": "#DellOem.v1_3_0.DellOemResources",
                "DellSoftwareInventory": software,
            }
        },
        "ReleaseDate": "2024-05-01T00:00:00Z",
        "SoftwareId": part.component_id,
        "Status": { "Health": "OK", "State": "Enabled" },
        "Updateable": part.kind.updateable() || part.kind == Kind::LifecycleController,
        "Version": version,
    })
}

/// Number of the device in the ids of the iDRAC's own inventory.
fn instance(part: &Part) -> String {
    let number = match part.kind {
        Kind::Backplane => "314_C_",
        Kind::Bios => "741__",
        Kind::Cpld => "803__",
        Kind::Diagnostics | Kind::DriverPack | Kind::LifecycleController => "802__",
        Kind::Disk => "304_C_",
        Kind::Idrac => return format!("{}_0x23_IDRACinfo", part.fqdd),
        Kind::Nic | Kind::NicColdBoot => "701__",
        Kind::Psu => "0x15__",
        Kind::Raid => "301_C_",
        Kind::Tpm => "850__",
    };
    format!("{number}{}", part.fqdd)
}
