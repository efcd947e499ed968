//! The documents of the tree, as a client may GET them.

mod dell;

use serde_json::{Value, json};

use crate::idrac::auth;
use crate::idrac::hardware::{Generation, Kind};
use crate::idrac::inventory;
use crate::idrac::jobs::iso;
use crate::idrac::messages;
use crate::idrac::power::RESET_TYPES;
use crate::idrac::{Idrac, engine};

pub(crate) use self::dell::remote_services_status;

const ROOT: &str = "/redfish/v1";
const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";
const CHASSIS: &str = "/redfish/v1/Chassis/System.Embedded.1";

/// Lab seconds after the making of a job in which its task is not there yet.
const TASK_APPEARS: u64 = 4;
/// Lab seconds after the end of a job in which its task is still there.
const TASK_DELETED: u64 = 600;

/// A document by the segments of its path after `/redfish/v1`.
pub(crate) fn document(idrac: &Idrac, segments: &[&str]) -> Option<Value> {
    Some(match segments {
        [] => root(idrac),
        ["Chassis"] => collection(
            "Chassis",
            "ChassisCollection",
            "Chassis Collection",
            &["System.Embedded.1".to_owned()],
        ),
        ["Chassis", "System.Embedded.1"] => chassis(idrac),
        ["JobService"] => job_service(idrac),
        ["JobService", "Jobs"] => {
            collection("JobService/Jobs", "JobCollection", "JobCollection", &jobs(idrac))
        }
        ["JobService", "Jobs", id] => idrac.state().jobs.get(*id)?.standard(idrac.generation()),
        ["Managers"] => {
            collection("Managers", "ManagerCollection", "Manager", &["iDRAC.Embedded.1".to_owned()])
        }
        ["Managers", "iDRAC.Embedded.1"] => manager(idrac),
        ["Managers", "iDRAC.Embedded.1", "Jobs"] if idrac.generation() == Generation::Nine => {
            dell::dell_jobs(idrac, "Managers/iDRAC.Embedded.1/Jobs")
        }
        ["Managers", "iDRAC.Embedded.1", "Jobs", id] if idrac.generation() == Generation::Nine => {
            let mut job = idrac.state().jobs.get(*id)?.dell();
            job["@odata.id"] = format!("{MANAGER}/Jobs/{id}").into();
            job
        }
        ["Managers", "iDRAC.Embedded.1", "Oem", "Dell", rest @ ..] => dell::dell(idrac, rest)?,
        ["Registries"] => collection(
            "Registries",
            "MessageRegistryFileCollection",
            "Registry Repository",
            &["Messages".to_owned()],
        ),
        ["Registries", "Messages"] => messages::registry_file(),
        ["Registries", "Messages", "EEMIRegistry"] => {
            messages::registry(idrac.generation().registry())
        }
        ["SessionService"] => session_service(),
        ["SessionService", "Sessions"] => {
            let ids: Vec<String> = idrac.state().sessions.keys().map(u64::to_string).collect();
            collection("SessionService/Sessions", "SessionCollection", "Session Collection", &ids)
        }
        ["SessionService", "Sessions", id] => {
            let id: u64 = id.parse().ok()?;
            idrac.state().sessions.get(&id)?;
            auth::document(id)
        }
        ["Systems"] => collection(
            "Systems",
            "ComputerSystemCollection",
            "Computer System Collection",
            &["System.Embedded.1".to_owned()],
        ),
        ["Systems", "System.Embedded.1"] => system(idrac),
        ["Systems", "System.Embedded.1", "Oem", "Dell", "DellSystem", "System.Embedded.1"] => {
            dell::dell_system(idrac)
        }
        ["TaskService"] => task_service(idrac),
        ["TaskService", "Tasks"] => {
            let ids: Vec<String> =
                jobs(idrac).into_iter().filter(|id| task_there(idrac, id)).collect();
            collection("TaskService/Tasks", "TaskCollection", "Task Collection", &ids)
        }
        ["TaskService", "TaskMonitors", _] if idrac.generation() == Generation::Nine => {
            return None;
        }
        ["TaskService", "Tasks" | "TaskMonitors", id] if task_there(idrac, id) => {
            idrac.state().jobs.get(*id)?.task(idrac.generation())
        }
        ["UpdateService"] => update_service(idrac),
        ["UpdateService", "FirmwareInventory"] => {
            let ids = inventory::ids(&idrac.state());
            let name = "Firmware Inventory Collection";
            collection("UpdateService/FirmwareInventory", "SoftwareInventoryCollection", name, &ids)
        }
        ["UpdateService", "FirmwareInventory", id] => inventory::document(idrac, id)?,
        [
            "UpdateService",
            "FirmwareInventory",
            id,
            "Oem",
            "Dell",
            "DellSoftwareInventory",
            inner,
        ] => {
            let document = inventory::document(idrac, id)?;
            let software = &document["Oem"]["Dell"]["DellSoftwareInventory"];
            (software["Id"] == **inner).then(|| software.clone())?
        }
        _ => return None,
    })
}

/// Whether the job of a task is still under way.
pub(crate) fn task_pending(idrac: &Idrac, id: &str) -> bool {
    idrac.state().jobs.get(id).is_some_and(|job| !job.state.ended())
}

fn task_there(idrac: &Idrac, id: &str) -> bool {
    let now = idrac.clock.unix();
    idrac.state().jobs.get(id).is_some_and(|job| {
        now >= job.created + TASK_APPEARS
            && job.ended.is_none_or(|ended| now < ended + TASK_DELETED)
    })
}

fn jobs(idrac: &Idrac) -> Vec<String> {
    idrac.state().jobs.keys().cloned().collect()
}

fn collection(path: &str, kind: &str, name: &str, ids: &[String]) -> Value {
    let members: Vec<Value> =
        ids.iter().map(|id| json!({ "@odata.id": format!("{ROOT}/{path}/{id}") })).collect();
    json!({
        "@odata.context": format!("{ROOT}/$metadata#{kind}.{kind}"),
        "@odata.id": format!("{ROOT}/{path}"),
        "@odata.type": format!("#{kind}.{kind}"),
        "Description": name,
        "Members@odata.count": members.len(),
        "Members": members,
        "Name": name,
    })
}

fn link(path: impl Into<String>) -> Value {
    json!({ "@odata.id": path.into() })
}

/// `#Kind.vX.Kind` and what else every document begins with.
fn head(path: &str, kind: &str, version: &str) -> Value {
    json!({
        "@odata.context": format!("{ROOT}/$metadata#{kind}.{kind}"),
        "@odata.id": path,
        "@odata.type": format!("#{kind}.{version}.{kind}"),
    })
}

/// Adds the properties of `more` to a document.
fn with(mut document: Value, more: Value) -> Value {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
    document
}

fn root(idrac: &Idrac) -> Value {
    let nine = idrac.generation() == Generation::Nine;
    let head = head(ROOT, "ServiceRoot", if nine { "v1_10_0" } else { "v1_17_0" });
    with(
        head,
        json!({
            "Chassis": link("/redfish/v1/Chassis"),
            "Description": "Root Service",
            "Id": "RootService",
            "JobService": link("/redfish/v1/JobService"),
            "Links": { "Sessions": link("/redfish/v1/SessionService/Sessions") },
            "Managers": link("/redfish/v1/Managers"),
            "Name": "Root Service",
            "Oem": {
                "Dell": {
                    "@odata.context": "/redfish/v1/$metadata#DellServiceRoot.DellServiceRoot",
                    "@odata.type": "#DellServiceRoot.v1_0_0.DellServiceRoot",
                    "IsBranded": 0,
                    "ManagerMACAddress": idrac.hardware.mac,
                    "ServiceTag": idrac.hardware.service_tag,
                }
            },
            "Product": "Integrated Dell Remote Access Controller",
            "ProtocolFeaturesSupported": {
                "DeepOperations": { "DeepPATCH": false, "DeepPOST": false },
                "ExcerptQuery": false,
                "ExpandQuery": {
                    "ExpandAll": true,
                    "Levels": true,
                    "Links": true,
                    "MaxLevels": 1,
                    "NoLinks": true,
                },
                "FilterQuery": false,
                "OnlyMemberQuery": false,
                "SelectQuery": true,
            },
            "RedfishVersion": if nine { "1.13.1" } else { "1.20.1" },
            "Registries": link("/redfish/v1/Registries"),
            "SessionService": link("/redfish/v1/SessionService"),
            "Systems": link("/redfish/v1/Systems"),
            "Tasks": link("/redfish/v1/TaskService"),
            "UpdateService": link("/redfish/v1/UpdateService"),
            "Vendor": "Dell",
        }),
    )
}

fn session_service() -> Value {
    with(
        head("/redfish/v1/SessionService", "SessionService", "v1_1_8"),
        json!({
            "Description": "Session Service",
            "Id": "SessionService",
            "Name": "Session Service",
            "ServiceEnabled": true,
            "SessionTimeout": auth::TIMEOUT,
            "Sessions": link("/redfish/v1/SessionService/Sessions"),
        }),
    )
}

fn task_service(idrac: &Idrac) -> Value {
    with(
        head("/redfish/v1/TaskService", "TaskService", "v1_2_0"),
        json!({
            "DateTime": iso(idrac.clock.unix()),
            "Description": "The service and its tasks",
            "Id": "TaskService",
            "Name": "Task Service",
            "ServiceEnabled": true,
            "Status": { "Health": "OK", "State": "Enabled" },
            "TaskAutoDeleteTimeoutMinutes": TASK_DELETED / 60,
            "Tasks": link("/redfish/v1/TaskService/Tasks"),
        }),
    )
}

fn job_service(idrac: &Idrac) -> Value {
    with(
        head("/redfish/v1/JobService", "JobService", "v1_0_4"),
        json!({
            "DateTime": iso(idrac.clock.unix()),
            "Description": "The service of jobs",
            "Id": "JobService",
            "Jobs": link("/redfish/v1/JobService/Jobs"),
            "Name": "Job Service",
            "ServiceCapabilities": { "MaxJobs": engine::QUEUE, "MaxSteps": 1, "Scheduling": true },
            "ServiceEnabled": true,
            "Status": { "State": "Enabled", "Health": "OK" },
        }),
    )
}

fn update_service(idrac: &Idrac) -> Value {
    let nine = idrac.generation() == Generation::Nine;
    let times = ["Immediate", "OnReset", "OnStartUpdateRequest"];
    let mut document = with(
        head("/redfish/v1/UpdateService", "UpdateService", if nine { "v1_9_0" } else { "v1_15_0" }),
        json!({
            "Actions": {
                "#UpdateService.SimpleUpdate": {
                    "@Redfish.OperationApplyTimeSupport": {
                        "@odata.type": "#Settings.v1_3_3.OperationApplyTimeSupport",
                        "SupportedValues": times,
                    },
                    "TransferProtocol@Redfish.AllowableValues": ["HTTP", "NFS", "CIFS", "TFTP", "HTTPS"],
                    "target": "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate",
                },
                "#UpdateService.StartUpdate": {
                    "target": "/redfish/v1/UpdateService/Actions/UpdateService.StartUpdate",
                },
            },
            "Description": "Represents the properties for the Update Service",
            "FirmwareInventory": link("/redfish/v1/UpdateService/FirmwareInventory"),
            "Id": "UpdateService",
            "MaxImageSizeBytes": null,
            "MultipartHttpPushUri": "/redfish/v1/UpdateService/MultipartUpload",
            "Name": "Update Service",
            "ServiceEnabled": true,
            "Status": { "Health": "OK", "State": "Enabled" },
        }),
    );
    if nine {
        document["HttpPushUri"] = "/redfish/v1/UpdateService/FirmwareInventory".into();
        document["Actions"]["Oem"] = json!({
            "DellUpdateService.v1_1_0#DellUpdateService.Install": {
                "InstallUpon@Redfish.AllowableValues": ["Now", "NowAndReboot", "NextReboot"],
                "target": "/redfish/v1/UpdateService/Actions/Oem/DellUpdateService.Install",
            }
        });
    }
    document
}

fn chassis(idrac: &Idrac) -> Value {
    let hardware = idrac.hardware;
    with(
        head(CHASSIS, "Chassis", "v1_16_0"),
        json!({
            "AssetTag": null,
            "ChassisType": "RackMount",
            "Description": "The chassis of the server",
            "Id": "System.Embedded.1",
            "Links": {
                "ComputerSystems": [link(SYSTEM)],
                "ComputerSystems@odata.count": 1,
                "ManagedBy": [link(MANAGER)],
                "ManagedBy@odata.count": 1,
            },
            "Manufacturer": "Dell Inc.",
            "Model": hardware.model,
            "Name": "Computer System Chassis",
            "PartNumber": hardware.part_number,
            "PowerState": power_state(idrac),
            "SKU": hardware.service_tag,
            "SerialNumber": hardware.serial,
            "Status": { "Health": "OK", "HealthRollup": "OK", "State": "Enabled" },
        }),
    )
}

/// When the host was last restarted; long ago, if nobody did.
fn last_reset(idrac: &Idrac) -> String {
    match idrac.state().power.booted_at {
        0 => "2024-06-01T08:00:00-05:00".to_owned(),
        at => iso(at),
    }
}

fn system(idrac: &Idrac) -> Value {
    let hardware = idrac.hardware;
    let nine = idrac.generation() == Generation::Nine;
    let ok = json!({ "Health": "OK", "HealthRollup": "OK", "State": "Enabled" });
    with(
        head(SYSTEM, "ComputerSystem", if nine { "v1_16_0" } else { "v1_23_1" }),
        json!({
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": format!("{SYSTEM}/Actions/ComputerSystem.Reset"),
                    "ResetType@Redfish.AllowableValues": RESET_TYPES,
                }
            },
            "AssetTag": "",
            "BiosVersion": idrac.state().version_of(Kind::Bios),
            "Description": "The server that this controller manages",
            "HostName": "",
            "Id": "System.Embedded.1",
            "IndicatorLED": "Lit",
            "LastResetTime": last_reset(idrac),
            "Links": {
                "Chassis": [link(CHASSIS)],
                "Chassis@odata.count": 1,
                "ManagedBy": [link(MANAGER)],
                "ManagedBy@odata.count": 1,
            },
            "Manufacturer": "Dell Inc.",
            "MemorySummary": {
                "MemoryMirroring": "System",
                "Status": ok,
                "TotalSystemMemoryGiB": hardware.memory_gib,
            },
            "Model": hardware.model,
            "Name": "System",
            "Oem": {
                "Dell": {
                    "@odata.type": "#DellOem.v1_3_0.DellOemResources",
                    "DellSystem": dell::dell_system(idrac),
                }
            },
            "PartNumber": hardware.part_number,
            "PowerState": power_state(idrac),
            "ProcessorSummary": {
                "CoreCount": hardware.cores,
                "Count": 2,
                "LogicalProcessorCount": hardware.cores * 2,
                "Model": hardware.processor,
                "Status": ok,
            },
            "SKU": hardware.service_tag,
            "SerialNumber": hardware.serial,
            "Status": ok,
            "SystemType": "Physical",
            "UUID": hardware.uuid,
        }),
    )
}

fn manager(idrac: &Idrac) -> Value {
    let hardware = idrac.hardware;
    let nine = idrac.generation() == Generation::Nine;
    let state = idrac.state();
    let component = state.components.iter().find(|component| component.part.kind == Kind::Idrac);
    let image = |id: String| link(format!("/redfish/v1/UpdateService/FirmwareInventory/{id}"));
    let installed = component
        .map(|component| image(inventory::id("Installed", component.part, &component.version)));
    let previous = component.and_then(|component| {
        let version = component.previous.as_deref()?;
        Some(image(inventory::id("Previous", component.part, version)))
    });
    let images: Vec<Value> = previous.into_iter().chain(installed.clone()).collect();
    with(
        head(MANAGER, "Manager", if nine { "v1_12_0" } else { "v1_20_0" }),
        json!({
            "Actions": {
                "#Manager.Reset": {
                    "ResetType@Redfish.AllowableValues": ["GracefulRestart"],
                    "target": format!("{MANAGER}/Actions/Manager.Reset"),
                }
            },
            "DateTime": iso(idrac.clock.unix()),
            "DateTimeLocalOffset": "+00:00",
            "Description": "BMC",
            "FirmwareVersion": state.version_of(Kind::Idrac),
            "Id": "iDRAC.Embedded.1",
            "Links": {
                "ActiveSoftwareImage": installed,
                "ManagerForChassis": [link(CHASSIS)],
                "ManagerForChassis@odata.count": 1,
                "ManagerForServers": [link(SYSTEM)],
                "ManagerForServers@odata.count": 1,
                "ManagerInChassis": link(CHASSIS),
                "Oem": {
                    "Dell": {
                        "@odata.type": "#DellOem.v1_3_0.DellOemLinks",
                        "DellJobService": link(format!("{MANAGER}/Oem/Dell/DellJobService")),
                        "DellLCService": link(format!("{MANAGER}/Oem/Dell/DellLCService")),
                        "Jobs": link(format!("{MANAGER}/Oem/Dell/Jobs")),
                    }
                },
                "SoftwareImages@odata.count": images.len(),
                "SoftwareImages": images,
            },
            "ManagerType": "BMC",
            "Model": hardware.system_generation,
            "Name": "Manager",
            "PowerState": "On",
            "Status": { "Health": "OK", "State": "Enabled" },
            "TimeZoneName": "UTC",
            "UUID": hardware.uuid,
        }),
    )
}

fn power_state(idrac: &Idrac) -> &'static str {
    if idrac.state().power.on { "On" } else { "Off" }
}
