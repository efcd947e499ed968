//! Jobs: what a controller works at. API: `…/Oem/Dell/Jobs`, `/redfish/v1/JobService/Jobs` and
//! `/redfish/v1/TaskService/Tasks`, three views of the same.

use std::fmt;

use serde_json::Value;

use crate::{Client, error::message_code, json};

mod follow;
mod queue;

pub use follow::{JobEnd, Stop};

/// A job of a controller
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// Id, such as `JID_102241909559`
    pub id: String,
    /// Name, such as `Firmware Update: BIOS`
    pub name: String,
    /// Type, such as `FirmwareUpdate`; empty where the view does not say
    pub job_type: String,
    /// State
    pub state: JobState,
    /// Message id, such as `RED001`, with or without a registry before it; may be empty
    pub message_id: String,
    /// What the controller says; may be empty
    pub message: String,
    /// How much is done
    pub percent: Option<i64>,
    /// When it began, as the controller writes it
    pub start_time: Option<String>,
    /// When it ended
    pub end_time: Option<String>,
    /// Further words of the job that may name what it is for, such as the image
    pub target: Vec<String>,
}

/// State of a job
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobState {
    /// It ended well
    Completed,
    /// It ended, and not well
    CompletedWithErrors,
    /// It has the package
    Downloaded,
    /// It fetches the package
    Downloading,
    /// It ended badly
    Failed,
    /// It was just made
    New,
    /// It was halted
    Paused,
    /// It waits to be activated
    PendingActivation,
    /// It begins soon
    ReadyForExecution,
    /// A restart that it was for has happened
    RebootCompleted,
    /// A restart that it was for has not happened
    RebootFailed,
    /// It waits for a restart of the host
    RebootPending,
    /// It works
    Running,
    /// It waits for its time, or for a restart of the host
    Scheduled,
    /// It is being queued
    Scheduling,
    /// It waits for somebody to do something, such as cutting the power
    UserIntervention,
    /// It waits for something else
    Waiting,
    /// A state that this client does not know
    Other(String),
}

/// What the state of a job means to who waits for it
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// It ended well, as far as the controller says
    Done,
    /// It ended badly, or will never go on
    Failed,
    /// It is at work
    Running,
    /// It waits for a restart of the host
    Staged,
    /// It waits for a person
    UserIntervention,
}

impl Job {
    /// What its state means
    pub fn phase(&self) -> Phase {
        match &self.state {
            JobState::Completed if message_code(&self.message_id) == "RED029" => Phase::Staged,
            JobState::Completed if self.is_success() => Phase::Done,
            JobState::RebootCompleted => Phase::Done,
            JobState::Completed
            | JobState::CompletedWithErrors
            | JobState::Failed
            | JobState::RebootFailed => Phase::Failed,
            // "Job processing initialization failure": it stays scheduled for ever.
            JobState::Scheduled if message_code(&self.message_id) == "PR30" => Phase::Failed,
            JobState::Scheduled | JobState::RebootPending | JobState::PendingActivation => {
                Phase::Staged
            }
            JobState::UserIntervention => Phase::UserIntervention,
            JobState::Downloaded
            | JobState::Downloading
            | JobState::New
            | JobState::Paused
            | JobState::ReadyForExecution
            | JobState::Running
            | JobState::Scheduling
            | JobState::Waiting
            | JobState::Other(_) => Phase::Running,
        }
    }

    /// Whether it restarts the host
    pub fn is_restart(&self) -> bool {
        self.id.starts_with("RID_")
            || self.job_type.starts_with("Reboot")
            || self.job_type == "PowerCycle"
    }

    /// Whether it updates firmware, or goes back to what was before
    pub fn is_firmware_update(&self) -> bool {
        let words = [self.job_type.as_str(), self.name.as_str()];
        words.iter().any(|word| {
            let word: String = word.to_lowercase().split_whitespace().collect();
            word.contains("firmwareupdate")
                || word.contains("firmwarerollback")
                || word.contains("repositoryupdate")
                || word.contains("simpleupdate")
                || word.starts_with("update:")
                || word.starts_with("rollback:")
        })
    }

    /// Whether it is neither done nor failed
    pub fn is_open(&self) -> bool {
        !matches!(self.phase(), Phase::Done | Phase::Failed)
    }

    /// Whether nothing comes any more, by its state alone: what is stuck has not ended
    pub fn has_ended(&self) -> bool {
        matches!(
            self.state,
            JobState::Completed
                | JobState::CompletedWithErrors
                | JobState::Failed
                | JobState::RebootCompleted
                | JobState::RebootFailed
        )
    }

    /// Whether one of its words holds `word`, whatever the case
    pub fn mentions(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let mut words = self.target.iter().chain([&self.name, &self.message]);
        !word.is_empty() && words.any(|one| one.to_lowercase().contains(&word))
    }

    /// Id, name and state, for a person: `JID_1 (Firmware Update: BIOS) is Running: Job in progress [PR20]`
    pub fn summary(&self) -> String {
        match self.name.as_str() {
            "" => format!("{} {}", self.id, self.ending()),
            name => format!("{} ({name}) {}", self.id, self.ending()),
        }
    }

    /// How it ended, in the controller's words: `ended as Failed: … [PR21]`
    pub fn ending(&self) -> String {
        let verb = if self.has_ended() { "ended as" } else { "is" };
        let mut text = format!("{verb} {}", self.state);
        if !self.message.is_empty() {
            text.push_str(": ");
            text.push_str(self.message.trim_end_matches('.'));
        }
        if !self.message_id.is_empty() {
            text.push_str(&format!(" [{}]", message_code(&self.message_id)));
        }
        text
    }

    /// A state of success counts unless the message is known for a failure: what the job was for tells
    /// whether one that nobody knows was good
    fn is_success(&self) -> bool {
        !means_failure(message_code(&self.message_id))
    }

    /// The vendor's own view: the best
    pub(crate) fn of_dell(value: &Value) -> Option<Self> {
        let get = |name: &str| json::text(value, name);
        let end = get("/CompletionTime").or_else(|| get("/EndTime"));
        Some(Self {
            state: JobState::of(&get("/JobState")?),
            ..Self::common(value, get("/Message"), get("/MessageId"), end)?
        })
    }

    /// The view of the JobService, whose states are DMTF's
    fn of_job_service(value: &Value) -> Option<Self> {
        Self::of_standard(value, "/JobState", "/JobStatus")
    }

    /// The view of the TaskService, whose states are DMTF's, too
    fn of_task(value: &Value) -> Option<Self> {
        Self::of_standard(value, "/TaskState", "/TaskStatus")
    }

    fn of_standard(value: &Value, state: &str, status: &str) -> Option<Self> {
        let get = |name: &str| json::text(value, name);
        let healthy = get(status).is_none_or(|status| status == "OK");
        let messages = value.get("Messages").and_then(Value::as_array);
        let last = messages.and_then(|messages| messages.last()).cloned().unwrap_or_default();
        let (text, id) = (json::text(&last, "/Message"), json::text(&last, "/MessageId"));
        Some(Self {
            state: JobState::of_standard(&get(state)?, healthy),
            ..Self::common(value, text, id, get("/EndTime"))?
        })
    }

    fn common(
        value: &Value,
        message: Option<String>,
        message_id: Option<String>,
        end_time: Option<String>,
    ) -> Option<Self> {
        let get = |name: &str| json::text(value, name);
        let id = get("/Id").or_else(|| {
            json::link(value, "/@odata.id").map(|path| json::last_segment(&path).to_owned())
        })?;
        let time = |text: &String| !matches!(text.as_str(), "TIME_NA" | "TIME_NOW" | "NA");
        let mut target = json::texts(value, "/MessageArgs");
        target.extend(get("/TargetSettingsURI"));
        // Somebody else's request, which may hold the password of a share.
        let body = get("/Payload/JsonBody").filter(|body| !body.contains("Password"));
        target.extend(body);
        Some(Self {
            id,
            name: get("/Name").unwrap_or_default(),
            job_type: get("/JobType").unwrap_or_default(),
            state: JobState::New,
            message_id: message_id.unwrap_or_default(),
            message: message.unwrap_or_default(),
            percent: json::number(value, "/PercentComplete"),
            start_time: get("/ActualRunningStartTime").or_else(|| get("/StartTime")).filter(time),
            end_time: end_time.filter(time),
            target,
        })
    }
}

/// Whether a message of a job says that it failed, by the vendor's registry, where such a one is a warning
/// or worse
fn means_failure(code: &str) -> bool {
    // Those of updates that are neither, up to the last that is known.
    const GOOD_UPDATES: [u32; 47] = [
        1, 2, 3, 23, 24, 25, 29, 30, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
        52, 53, 54, 55, 58, 61, 63, 64, 65, 66, 67, 69, 83, 89, 90, 92, 94, 99, 100, 102, 110, 111,
        143, 34,
    ];
    const LAST_UPDATE: u32 = 149;
    let digits = code.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let Ok(number) = digits.parse::<u32>() else { return false };
    match code.strip_suffix(digits) {
        Some("RED") => number <= LAST_UPDATE && !GOOD_UPDATES.contains(&number),
        Some("PR") => matches!(number, 5 | 14..=17 | 21 | 24..=27 | 29..=32 | 34),
        Some("JCP") => {
            matches!(number, 2..=4 | 6 | 8 | 9 | 11..=23 | 29 | 41 | 42 | 44 | 52)
        }
        _ => false,
    }
}

impl JobState {
    fn of(word: &str) -> Self {
        match word {
            "Completed" => Self::Completed,
            "CompletedWithErrors" => Self::CompletedWithErrors,
            "Downloaded" => Self::Downloaded,
            "Downloading" => Self::Downloading,
            "Failed" => Self::Failed,
            "New" => Self::New,
            "Paused" => Self::Paused,
            "PendingActivation" => Self::PendingActivation,
            "ReadyForExecution" => Self::ReadyForExecution,
            "RebootCompleted" => Self::RebootCompleted,
            "RebootFailed" => Self::RebootFailed,
            "RebootPending" => Self::RebootPending,
            "Running" => Self::Running,
            "Scheduled" => Self::Scheduled,
            "Scheduling" => Self::Scheduling,
            "UserIntervention" => Self::UserIntervention,
            "Waiting" => Self::Waiting,
            other => Self::Other(other.to_owned()),
        }
    }

    fn of_standard(word: &str, healthy: bool) -> Self {
        match word {
            "Completed" if healthy => Self::Completed,
            "Completed" => Self::CompletedWithErrors,
            "Exception" | "Killed" | "Cancelled" | "Interrupted" => Self::Failed,
            "Pending" => Self::Scheduled,
            "Starting" | "Continue" | "Service" | "Stopping" | "Cancelling" => Self::Running,
            "Suspended" => Self::Paused,
            other => Self::of(other),
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(word) => f.write_str(word),
            known => write!(f, "{known:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dell(state: &str, message_id: &str) -> Phase {
        let job = json!({ "Id": "JID_1", "JobState": state, "MessageId": message_id });
        Job::of_dell(&job).unwrap().phase()
    }

    #[test]
    fn every_state_of_the_vendors_table_means_something() {
        use Phase::{Done, Failed, Running, Staged, UserIntervention};
        for (state, message_id, phase) in [
            ("New", "", Running),
            ("Scheduled", "JCP001", Staged),
            ("Scheduled", "PR30", Failed),
            ("Running", "RED034", Running),
            ("Downloading", "RED003", Running),
            ("Downloaded", "RED002", Running),
            ("Scheduling", "", Running),
            ("ReadyForExecution", "", Running),
            ("Waiting", "RED023", Running),
            ("Paused", "", Running),
            ("RebootPending", "RED029", Staged),
            ("PendingActivation", "", Staged),
            ("UserIntervention", "", UserIntervention),
            ("Completed", "PR19", Done),
            ("Completed", "IDRAC.2.7.RED001", Done),
            ("Completed", "JCP007", Done),
            ("Completed", "RED037", Done),
            ("Completed", "", Done),
            ("Completed", "RED029", Staged),
            ("Completed", "PR21", Failed),
            ("Completed", "RED097", Failed),
            ("Completed", "RED999", Done),
            ("Completed", "IDRAC.9.9.SUP0518", Done),
            ("CompletedWithErrors", "PR19", Failed),
            ("Failed", "RED006", Failed),
            ("RebootFailed", "RED033", Failed),
            ("RebootCompleted", "RED030", Done),
            ("Completed", "RED030", Done),
            ("Unknown", "", Running),
        ] {
            assert_eq!(dell(state, message_id), phase, "{state} {message_id}");
        }
    }

    #[test]
    fn a_task_that_completed_critically_failed() {
        let task = |state: &str, status: &str| {
            let task = json!({ "Id": "JID_1", "TaskState": state, "TaskStatus": status, "Messages": [
                { "Message": "Job completed successfully.", "MessageId": "IDRAC.2.7.PR19" }
            ]});
            Job::of_task(&task).unwrap().phase()
        };
        assert_eq!(task("Completed", "OK"), Phase::Done);
        assert_eq!(task("Completed", "Critical"), Phase::Failed);
        assert_eq!(task("Exception", "Critical"), Phase::Failed);
        assert_eq!(task("Pending", "OK"), Phase::Staged);
        assert_eq!(task("Starting", "OK"), Phase::Running);
    }

    #[test]
    fn a_job_with_next_to_nothing_in_it_is_read() {
        let job = Job::of_dell(&json!({ "Id": "JID_1", "JobState": "Running" })).unwrap();
        assert_eq!((job.percent, job.message.as_str()), (None, ""));
        assert_eq!(job.ending(), "is Running");
        assert!(Job::of_dell(&json!({ "Id": "JID_1" })).is_none());
    }
}
