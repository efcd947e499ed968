//! The texts of the iDRAC's messages, by the last segment of their id.

use serde_json::{Value, json};

/// One message of the server's registry.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) id: &'static str,
    pub(crate) message: &'static str,
    pub(crate) resolution: &'static str,
    pub(crate) severity: &'static str,
}

/// Text of a message; a plain one for an id that the lab does not know.
pub(crate) fn text(id: &str) -> &'static Text {
    TEXTS.iter().find(|text| text.id == id).unwrap_or(&UNKNOWN)
}

/// Whether the lab knows a message.
pub(crate) fn known(id: &str) -> bool {
    TEXTS.iter().any(|text| text.id == id)
}

/// The message with its arguments in place.
pub(crate) fn fill(id: &str, arguments: &[String]) -> String {
    let mut message = text(id).message.to_owned();
    for (index, argument) in arguments.iter().enumerate() {
        message = message.replace(&format!("%{}", index + 1), argument);
    }
    message
}

/// One member of `@Message.ExtendedInfo`; `prefix` is the registry with its version.
pub(crate) fn extended(prefix: &str, id: &str, arguments: &[String]) -> Value {
    let text = text(id);
    json!({
        "Message": fill(id, arguments),
        "MessageArgs": arguments,
        "MessageArgs@odata.count": arguments.len(),
        "MessageId": format!("{prefix}.{id}"),
        "RelatedProperties": [],
        "RelatedProperties@odata.count": 0,
        "Resolution": text.resolution,
        "Severity": text.severity,
    })
}

/// The registry of the messages, as far as the lab has them.
pub(crate) fn registry(prefix: &str) -> Value {
    let version = prefix.split_once('.').map_or(prefix, |(_, version)| version);
    let messages: serde_json::Map<String, Value> = TEXTS
        .iter()
        .map(|text| {
            let count =
                (1..=3).filter(|number| text.message.contains(&format!("%{number}"))).count();
            let severity = if text.severity == "Informational" { "OK" } else { text.severity };
            let mut message = json!({
                "Description": text.message,
                "Message": text.message,
                "MessageSeverity": severity,
                "NumberOfArgs": count,
                "Resolution": text.resolution,
                "Severity": text.severity,
            });
            if count > 0 {
                message["ParamTypes"] = vec!["string"; count].into();
            }
            (text.id.to_owned(), message)
        })
        .collect();
    json!({
        "@odata.context": "/redfish/v1/$metadata#MessageRegistry.MessageRegistry",
        "@odata.id": "/redfish/v1/Registries/Messages/EEMIRegistry",
        "@odata.type": "#MessageRegistry.v1_5_0.MessageRegistry",
        "Description": "The messages that the lab's iDRACs can give",
        "Id": "EEMIRegistry",
        "Language": "en",
        "Messages@odata.count": messages.len(),
        "Messages": messages,
        "Name": "iDRAC Message Registry",
        "OwningEntity": "Dell",
        "RegistryPrefix": "IDRAC",
        "RegistryVersion": format!("{version}.0"),
    })
}

/// Where the registry is.
pub(crate) fn registry_file() -> Value {
    json!({
        "@odata.context": "/redfish/v1/$metadata#MessageRegistryFile.MessageRegistryFile",
        "@odata.id": "/redfish/v1/Registries/Messages",
        "@odata.type": "#MessageRegistryFile.v1_1_3.MessageRegistryFile",
        "Description": "iDRAC Message Registry File locations",
        "Id": "Messages",
        "Languages": ["En"],
        "Languages@odata.count": 1,
        "Location": [{ "Language": "En", "Uri": "/redfish/v1/Registries/Messages/EEMIRegistry" }],
        "Location@odata.count": 1,
        "Name": "iDRAC Message Registry File",
        "Registry": "iDRAC.1.6.1",
    })
}

const NONE: &str = "No response action is required.";

const fn info(id: &'static str, message: &'static str) -> Text {
    Text { id, message, resolution: NONE, severity: "Informational" }
}

const fn warning(id: &'static str, message: &'static str, resolution: &'static str) -> Text {
    Text { id, message, resolution, severity: "Warning" }
}

const fn critical(id: &'static str, message: &'static str, resolution: &'static str) -> Text {
    Text { id, message, resolution, severity: "Critical" }
}

static UNKNOWN: Text = Text {
    id: "",
    message: "The operation failed.",
    resolution: "Retry the operation.",
    severity: "Warning",
};

/// The messages that the lab can give.
pub(crate) static TEXTS: &[Text] = &[
    warning(
        "JCP022",
        "Invalid Job ID %1 for scheduling or deletion operation.",
        "Verify the job ID value by enumerating job instances.",
    ),
    info("JCP001", "Task successfully scheduled."),
    info("JCP007", "Job successfully completed."),
    info("JCP027", "The (installation or configuration) job %1 is successfully created on iDRAC."),
    warning(
        "JCP042",
        "Job %1 failed because %2.",
        "Review the LC Log for related update, configuration, or collection job errors. Retry the operation.",
    ),
    info("JCP045", "All jobs in the Job Queue were deleted successfully."),
    info("JCP046", "All jobs in the Job Queue were force deleted successfully."),
    Text {
        resolution: "Wait for the iDRAC firmware update process to be completed and retry the operation.",
        ..info(
            "JCP048",
            "Unable to create a job because the iDRAC firmware is currently getting updated on the server.",
        )
    },
    warning(
        "JCP052",
        "The Job was in running state and made no progress for the allocated time.",
        "Retry the operation.",
    ),
    info("PR19", "Job completed successfully."),
    info("PR20", "Job in progress."),
    warning(
        "PR21",
        "Job failed.",
        "Check the Lifecycle Log for more details associated with this failure then retry the operation.",
    ),
    info("PR22", "Preparing new job."),
    warning(
        "PR30",
        "Job processing initialization failure.",
        "Enable the Collect System Inventory on Restart attribute of the Lifecycle Controller and restart the system. After the system has restarted, retry the operation.",
    ),
    info("PSU501", "Server is already powered ON."),
    info("PSU502", "Server is already powered OFF."),
    Text {
        resolution: "Make sure that the number of active sessions is less than or equal to the threshold limit.",
        ..info("RAC0218", "The maximum number of user sessions is reached.")
    },
    critical(
        "RAC0508",
        "Unable to complete the operation because the provider is not ready.",
        "Wait for few minutes, refresh the page and retry. If the problem persists, reset the iDRAC and retry the operation.",
    ),
    warning(
        "RAC0524",
        "The job queue is full. No new jobs can be created.",
        "Delete some old jobs and retry the configuration or update operation.",
    ),
    warning(
        "RAC0679",
        "A job operation is already running. Retry the operation after the existing job is completed.",
        "Wait until the running job is completed or delete the scheduled job and retry the operation.",
    ),
    Text {
        resolution: "Wait a few minutes to log in to iDRAC. Some iDRAC features may not be available for use if log in is continued at this time.",
        ..info(
            "RAC0768",
            "iDRAC is currently initializing. Try logging in to iDRAC after few minutes because iDRAC is initializing after a recent firmware update process.",
        )
    },
    info("RED001", "Job completed successfully."),
    Text {
        resolution: "Schedule the job if it is not already scheduled.",
        ..info("RED002", "Package successfully downloaded.")
    },
    Text {
        resolution: "Schedule the job if it is not already scheduled.",
        ..info("RED003", "Downloading package.")
    },
    warning(
        "RED006",
        "Unable to download Update Package.",
        "Check the network connection and access to the update package from the iDRAC.",
    ),
    warning(
        "RED007",
        "Unable to verify Update Package signature.",
        "Re-acquire the Update Package from the service provider.",
    ),
    warning(
        "RED008",
        "Unable to extract payloads from Update Package.",
        "Re-acquire the Update Package from the service provider.",
    ),
    warning(
        "RED013",
        "The DUP specified is not compatible with the target device.",
        "Download and use the DUP that matches the device being targeted.",
    ),
    warning(
        "RED014",
        "Job for this device is already present.",
        "Delete the existing job before scheduling a new update job.",
    ),
    warning(
        "RED015",
        "The download protocol specified is not supported.",
        "The supported protocols include NFS, CIFS, HTTP, FTP, TFTP.",
    ),
    warning(
        "RED016",
        "Mount of remote share failed.",
        "1. Verify that the path to the share is correct and that the parameters to the call are correct. 2. Verify that there are no network connectivity issues. 3. Verify that the mount point exists.",
    ),
    warning(
        "RED018",
        "Reinstall or Rollback not supported for this device.",
        "1. Update the device directly using the update methods since rollback is not supported for this device. 2. Verify that the target specified in the command is correct.",
    ),
    warning(
        "RED022",
        "Version compatibility check was not successful.",
        "Verify that the firmware version pre-requisites specified in the release notes are satisfied.",
    ),
    warning(
        "RED023",
        "Lifecycle Controller in use. This job will start when Lifecycle Controller is available.",
        "Make sure all other Lifecycle Controller operations are finished and retry the operation.",
    ),
    info("RED029", "A reboot is pending."),
    info("RED030", "Reboot is complete."),
    warning(
        "RED033",
        "Unable to reboot system.",
        "Identify and resolve any operating system issues that prevented the shutdown.",
    ),
    warning(
        "RED050",
        "The specified user credentials necessary for downloading an update package were not correct.",
        "Check the network connection and access to the update package from the iDRAC. Verify that the user access credentials and proxy server settings are correct.",
    ),
    warning(
        "RED097",
        "Unable to complete the firmware update operation because the specified firmware image is for a component that is not in the target system inventory or the component is disabled for performing the update.",
        "Identify and download the firmware version that corresponds to the component being updated in the target system inventory, and retry the operation.",
    ),
    warning(
        "RED098",
        "Unable to complete the firmware update operation because the specified firmware image is not compatible with the target system model.",
        "Identify and download the firmware version that corresponds to the system model being updated, and retry the operation.",
    ),
    warning(
        "RED108",
        "Unable to complete the job because of an error with iDRAC reboot during iDRAC firmware update.",
        "Retry the operation. If the issue persists, contact your service provider.",
    ),
    warning(
        "RED114",
        "Unable to run the job because iDRAC restart operation interrupted the job while in the New state.",
        "Make sure that iDRAC is not in restart mode, and then retry the operation.",
    ),
    warning(
        "RED115",
        "Unable to run the job because iDRAC restart operation interrupted the job while downloading.",
        "Make sure that iDRAC is not in restart mode, and then retry the operation.",
    ),
    critical(
        "RED149",
        "Unable to create the job because a CPLD firmware job and non-CPLD job cannot be performed at the same time.",
        "Make sure there is no other Job already running if you are updating the CPLD firmware.",
    ),
    Text {
        resolution: "Wait until the update package is downloaded and retry the action.",
        ..info("SUP006", "Update package downloading - Delete failed.")
    },
    warning(
        "SUP007",
        "iDRAC busy - Delete failed.",
        "If Lifecycle Controller / Unified Server Configurator (USC) is in use, wait until it has exited and retry the action.",
    ),
    warning(
        "SUP011",
        "Invalid Job ID specified.",
        "Verify the job ID and retry the action. Retrieve all open jobs by issuing the GetAllJobs command.",
    ),
    info("SUP020", "The specified job was deleted"),
    Text {
        resolution: "Do not schedule Lifecycle Controller or Unified Server Configurator or Diagnostics Jobs.",
        ..info(
            "SUP021",
            "Diagnostics, Driver Pack or Lifecycle Controller update is a direct update and cannot be scheduled.",
        )
    },
    info(
        "SUP031",
        "Unable to schedule the update job because it is already scheduled or is running.",
    ),
    Text {
        resolution: "Do one of the following to power cycle (cold-boot) the server.",
        ..info(
            "SUP0544",
            "To make the %1 run with newly updated firmware, manually power cycle the server.",
        )
    },
    critical(
        "SWC0700",
        "iDRAC is not ready. The configuration values cannot be accessed. Please retry after a few minutes.",
        "Turn off the system, Remove AC. Wait for 5 seconds. Connect AC. Turn it on.",
    ),
    warning(
        "SYS400",
        "Unable to successfully complete the precondition check operations such as Open Data Protocol (OData) Version, If-Match request-header, and If-Not-Modified request-headers.",
        "Make sure that the prerequisites specified for the request are satisfied.",
    ),
    warning(
        "SYS401",
        "Unable to complete the operation because the media type entered is not supported.",
        "Enter a media type that is supported and retry the operation.",
    ),
    Text {
        resolution: "Enter a valid HTTP method and retry the operation.",
        ..info(
            "SYS402",
            "Unable to run the method because the requested HTTP method is not allowed.",
        )
    },
    critical(
        "SYS403",
        "Unable to complete the operation because the resource %1 entered is not found.",
        "Enter the correct resource and retry the operation.",
    ),
    warning(
        "SYS404",
        "Unable to complete the operation because the If-Match request header is missing.",
        "Make sure that the If-Match request header is entered and retry the operation.",
    ),
    critical(
        "SYS405",
        "Unable to complete the operation because the JSON data format entered is invalid.",
        "Enter the correct JSON data format and retry the operation.",
    ),
    Text {
        resolution: "Make sure that the Lockdown.1.SystemLockdown attribute is set to Disabled.",
        ..info(
            "SYS406",
            "Unable to start the configuration operation because the System Lockdown mode is enabled.",
        )
    },
    info("SYS413", "The operation successfully completed."),
    info("SYS414", "A new resource is successfully created."),
    warning(
        "SYS411",
        "Unable to upload the file because the file size is greater than specified limit.",
        "Make sure that the file size is less than the specified limit.",
    ),
    warning(
        "SYS412",
        "Unable to upload the file because of unknown internal issues.",
        "Retry the operation. If the issue persists, reset the iDRAC, and then retry the operation.",
    ),
    warning(
        "SYS415",
        "Unable to complete the operation because an invalid username and/or password is entered, and therefore authentication failed.",
        "Enter valid user name and password and retry the operation.",
    ),
    warning(
        "SYS416",
        "Unable to complete the operation because the username and/or password is not entered, and therefore authentication failed.",
        "Enter valid user name and password and retry the operation.",
    ),
    warning(
        "SYS424",
        "Unable to complete the operation because the value %1 entered for the property %2 is of different type than the property can accept.",
        "Enter a valid value in the expected type for the property in the request body and retry the operation.",
    ),
    warning(
        "SYS425",
        "Unable to complete the operation because the value %1 entered for the property %2 is invalid.",
        "Enter a valid value for the property in the request body and retry the operation.",
    ),
    warning(
        "SYS426",
        "Unable to complete the operation because the value %1 entered for the property %2 is not in the list of acceptable values.",
        "Enter a valid value from the enumeration list that Redfish service supports and retry the operation.",
    ),
    warning(
        "SYS428",
        "Unable to complete the operation because the property %1 is a required property and must be included in the request.",
        "Make sure that the property is in the request body and has a valid value, and retry the operation.",
    ),
    warning(
        "SYS434",
        "Unable to upload the firmware image because the file extension is not supported.",
        "Make sure to use a valid firmware image and retry the operation.",
    ),
    warning(
        "SYS442",
        "Unable to start the installation because more than one firmware inventory component URI is entered.",
        "Enter only one firmware inventory component URI for installation and retry the operation.",
    ),
    Text {
        resolution: "Wait for the data to be available and retry the operation.",
        ..info(
            "SYS518",
            "iDRAC is currently unable to display any information because data sources are unavailable.",
        )
    },
    critical(
        "SYS446",
        "The requested operation cannot be completed because of an internal error.",
        "Retry the operation after a few minutes. If the issue persists, contact your service provider.",
    ),
];
