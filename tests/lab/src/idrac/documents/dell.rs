//! Dell's own services and properties.

use serde_json::{Value, json};

use super::{MANAGER, SYSTEM, collection, head, jobs, with};
use crate::idrac::state::Availability;
use crate::idrac::{Idrac, engine};

pub(super) fn dell(idrac: &Idrac, segments: &[&str]) -> Option<Value> {
    let action = |service: &str, name: &str| json!({ "target": format!("{MANAGER}/Oem/Dell/{service}/Actions/{service}.{name}") });
    Some(match segments {
        ["DellJobService"] => with(
            head(&format!("{MANAGER}/Oem/Dell/DellJobService"), "DellJobService", "v1_2_0"),
            json!({
                "Actions": {
                    "#DellJobService.CreateRebootJob": with(
                        action("DellJobService", "CreateRebootJob"),
                        json!({ "RebootJobType@Redfish.AllowableValues": [
                            "GracefulRebootWithForcedShutdown",
                            "GracefulRebootWithoutForcedShutdown",
                            "PowerCycle",
                        ] }),
                    ),
                    "#DellJobService.DeleteJobQueue": action("DellJobService", "DeleteJobQueue"),
                    "#DellJobService.SetupJobQueue": action("DellJobService", "SetupJobQueue"),
                },
                "CurrentNumberOfJobs": idrac.state().jobs.len(),
                "DeleteOnCompletionTimeoutMinutes": 2880,
                "Description": "The service of the job queue",
                "Id": "Job Service",
                "MaximumNumberOfJobs": engine::QUEUE,
                "Name": "DellJobService",
                "StartAutoDeleteAtThreshold": engine::QUEUE / 2,
            }),
        ),
        ["DellLCService"] => with(
            head(&format!("{MANAGER}/Oem/Dell/DellLCService"), "DellLCService", "v1_3_0"),
            json!({
                "Actions": {
                    "#DellLCService.GetRSStatus": action("DellLCService", "GetRSStatus"),
                    "#DellLCService.GetRemoteServicesAPIStatus":
                        action("DellLCService", "GetRemoteServicesAPIStatus"),
                },
                "Description": "The service of the Lifecycle Controller",
                "Id": "DellLCService",
                "Name": "DellLCService",
            }),
        ),
        ["Jobs"] => dell_jobs(idrac, "Managers/iDRAC.Embedded.1/Oem/Dell/Jobs"),
        ["Jobs", id] => idrac.state().jobs.get(*id)?.dell(),
        _ => return None,
    })
}

pub(super) fn dell_jobs(idrac: &Idrac, path: &str) -> Value {
    let mut document = collection(path, "DellJobCollection", "JobQueue", &jobs(idrac));
    document["Description"] = "Collection of Job Instances".into();
    document
}

pub(super) fn dell_system(idrac: &Idrac) -> Value {
    let hardware = idrac.hardware;
    with(
        head(&format!("{SYSTEM}/Oem/Dell/DellSystem/System.Embedded.1"), "DellSystem", "v1_3_0"),
        json!({
            "BIOSReleaseDate": "05/01/2024",
            "BladeGeometry": "NotApplicable",
            "CPURollupStatus": "OK",
            "ChassisName": "Main System Chassis",
            "ChassisServiceTag": hardware.service_tag,
            "ChassisSystemHeightUnit": 2,
            "Id": "System.Embedded.1",
            "ManagedSystemSize": "2 U",
            "MaxCPUSockets": 2,
            "Name": "DellSystem",
            "NodeID": hardware.service_tag,
            "PSRollupStatus": "OK",
            "SystemGeneration": hardware.system_generation,
            "SystemID": hardware.system_id,
            "UUID": hardware.uuid,
        }),
    )
}

/// `GetRemoteServicesAPIStatus`: what the Lifecycle Controller and the host are doing.
pub(crate) fn remote_services_status(idrac: &Idrac) -> Value {
    let kept = idrac.faults.lifecycle_controller_not_ready(idrac.name());
    let in_use = idrac.lifecycle_controller.try_lock().is_err();
    let state = idrac.state();
    let initializing = state.availability != Availability::Ready || kept;
    let controller = match () {
        () if initializing => "Initializing",
        () if in_use || state.power.post || state.power.collecting => "InUse",
        () => "Ready",
    };
    let server = match &state.power {
        power if !power.on => "PoweredOff",
        power if power.post => "InPOST",
        power if power.collecting => "CollectingInventory",
        _ => "OutOfPOST",
    };
    let runtime = if initializing { "NotReady" } else { "Ready" };
    let ready = controller == "Ready";
    json!({
        "LCStatus": if ready { "Ready" } else { controller },
        "RTStatus": runtime,
        "ServerStatus": server,
        "Status": if ready { "Ready" } else { "NotReady" },
    })
}
