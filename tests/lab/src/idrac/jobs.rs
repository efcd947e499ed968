//! Jobs and the three views of one: the iDRAC's own, the standard's job, the standard's task.

use serde_json::{Value, json};

use super::hardware::Generation;
use super::messages;

/// State of a job, as the iDRAC's own view names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum JobState {
    Completed,
    CompletedWithErrors,
    Downloaded,
    Downloading,
    Failed,
    New,
    Paused,
    PendingActivation,
    ReadyForExecution,
    RebootCompleted,
    RebootFailed,
    RebootPending,
    Running,
    Scheduled,
    Scheduling,
    Unknown,
    UserIntervention,
    Waiting,
}

const STATES: [(JobState, &str); 18] = [
    (JobState::Completed, "Completed"),
    (JobState::CompletedWithErrors, "CompletedWithErrors"),
    (JobState::Downloaded, "Downloaded"),
    (JobState::Downloading, "Downloading"),
    (JobState::Failed, "Failed"),
    (JobState::New, "New"),
    (JobState::Paused, "Paused"),
    (JobState::PendingActivation, "PendingActivation"),
    (JobState::ReadyForExecution, "ReadyForExecution"),
    (JobState::RebootCompleted, "RebootCompleted"),
    (JobState::RebootFailed, "RebootFailed"),
    (JobState::RebootPending, "RebootPending"),
    (JobState::Running, "Running"),
    (JobState::Scheduled, "Scheduled"),
    (JobState::Scheduling, "Scheduling"),
    (JobState::Unknown, "Unknown"),
    (JobState::UserIntervention, "UserIntervention"),
    (JobState::Waiting, "Waiting"),
];

impl JobState {
    pub(crate) fn name(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("Unknown", |(_, name)| name)
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    /// Whether nothing happens to the job any more.
    pub(crate) fn ended(self) -> bool {
        matches!(
            self,
            Self::Completed
                | Self::CompletedWithErrors
                | Self::Failed
                | Self::RebootCompleted
                | Self::RebootFailed
        )
    }

    fn failed(self) -> bool {
        matches!(self, Self::CompletedWithErrors | Self::Failed | Self::RebootFailed)
    }

    /// `JobState` of the standard's job.
    fn standard(self) -> &'static str {
        match self {
            Self::Completed | Self::RebootCompleted => "Completed",
            Self::CompletedWithErrors | Self::Failed | Self::RebootFailed | Self::Unknown => {
                "Exception"
            }
            Self::Downloading | Self::Running => "Running",
            Self::New => "New",
            Self::Paused => "Suspended",
            Self::UserIntervention => "UserIntervention",
            Self::Downloaded
            | Self::PendingActivation
            | Self::ReadyForExecution
            | Self::RebootPending
            | Self::Scheduled
            | Self::Scheduling
            | Self::Waiting => "Pending",
        }
    }

    /// `TaskState` of the standard's task.
    fn task(self) -> &'static str {
        match self {
            Self::New => "Starting",
            other => other.standard(),
        }
    }
}

/// One job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// `FirmwareUpdate`, `FirmwareRollback`, `RebootNoForce`…
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) state: JobState,
    /// Last segment of the message's id.
    pub(crate) message_id: String,
    pub(crate) message_arguments: Vec<String>,
    pub(crate) percent: u8,
    /// Places of the components in the list of them; empty while the package is not read.
    pub(crate) targets: Vec<usize>,
    /// Lab times in seconds since 1970.
    pub(crate) created: u64,
    pub(crate) started: Option<u64>,
    pub(crate) ended: Option<u64>,
    /// Whether `StartUpdate` or `SetupJobQueue` has let a job go on that waits for it.
    pub(crate) let_go: bool,
    /// Boots of the host when the job was scheduled; the next one runs it.
    pub(crate) boots: u64,
    pub(crate) cold_boots: u64,
    /// Whether a fault keeps it where it is.
    pub(crate) stuck: bool,
}

impl Job {
    pub(crate) fn summary(&self) -> Value {
        json!({
            "type": self.kind,
            "name": self.name,
            "state": self.state.name(),
            "message_id": self.message_id,
        })
    }

    fn message(&self) -> String {
        messages::fill(&self.message_id, &self.message_arguments)
    }

    /// The iDRAC's own view.
    pub(crate) fn dell(&self) -> Value {
        let time = |time: Option<u64>| time.map(|time| iso(time)[..19].to_owned());
        json!({
            "@odata.context": "/redfish/v1/$metadata#DellJob.DellJob",
            "@odata.id": format!("/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/Jobs/{}", self.id),
            "@odata.type": "#DellJob.v1_2_0.DellJob",
            "ActualRunningStartTime": time(self.started),
            "ActualRunningStopTime": time(self.ended),
            "CompletionTime": time(self.ended),
            "Description": "Job Instance",
            "EndTime": "TIME_NA",
            "Id": self.id,
            "JobState": self.state.name(),
            "JobType": self.kind,
            "Message": self.message(),
            "MessageArgs": self.message_arguments,
            "MessageArgs@odata.count": self.message_arguments.len(),
            "MessageId": self.message_id,
            "Name": self.name,
            "PercentComplete": self.percent,
            "StartTime": &iso(self.created)[..19],
            "TargetSettingsURI": null,
        })
    }

    /// The standard's job.
    pub(crate) fn standard(&self, generation: Generation) -> Value {
        let mut job = json!({
            "@odata.context": "/redfish/v1/$metadata#Job.Job",
            "@odata.id": format!("/redfish/v1/JobService/Jobs/{}", self.id),
            "@odata.type": match generation {
                Generation::Nine => "#Job.v1_0_7.Job",
                Generation::Ten => "#Job.v1_2_3.Job",
            },
            "Description": "Represent a job in Redfish",
            "Id": self.id,
            "Name": self.name,
            "JobState": self.state.standard(),
            "JobStatus": self.health(),
            "PercentComplete": self.percent,
            "StartTime": iso(self.created),
            "Messages": self.messages(generation),
            "Messages@odata.count": 1,
        });
        if let Some(ended) = self.ended {
            job["EndTime"] = iso(ended).into();
        }
        job
    }

    /// The standard's task.
    pub(crate) fn task(&self, generation: Generation) -> Value {
        let mut task = json!({
            "@odata.context": "/redfish/v1/$metadata#Task.Task",
            "@odata.id": format!("/redfish/v1/TaskService/Tasks/{}", self.id),
            "@odata.type": match generation {
                Generation::Nine => "#Task.v1_5_1.Task",
                Generation::Ten => "#Task.v1_7_3.Task",
            },
            "Description": "Server Configuration and other Tasks running on iDRAC are listed here",
            "Id": self.id,
            "Name": self.name,
            "TaskState": self.state.task(),
            "TaskStatus": self.health(),
            "PercentComplete": self.percent,
            "StartTime": iso(self.created),
            "Messages": self.messages(generation),
            "Messages@odata.count": 1,
            "Oem": { "Dell": self.dell() },
        });
        if let Some(ended) = self.ended {
            task["EndTime"] = iso(ended).into();
        }
        if generation == Generation::Ten {
            task["TaskMonitor"] =
                format!("/redfish/v1/TaskService/TaskMonitors/{}", self.id).into();
        }
        task
    }

    fn health(&self) -> &'static str {
        match self.state {
            state if !state.failed() => "OK",
            JobState::CompletedWithErrors => "Warning",
            _ => "Critical",
        }
    }

    fn messages(&self, generation: Generation) -> Value {
        json!([{
            "Message": self.message(),
            "MessageArgs": self.message_arguments,
            "MessageArgs@odata.count": self.message_arguments.len(),
            "MessageId": format!("{}.{}", generation.registry(), self.message_id),
        }])
    }
}

/// A time in UTC, as the iDRAC writes it.
pub(crate) fn iso(unix: u64) -> String {
    let (days, seconds) = (unix / 86_400, unix % 86_400);
    // Days since the first of March of the year 0, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(iso(0), "1970-01-01T00:00:00+00:00");
        assert_eq!(iso(1_709_210_096), "2024-02-29T12:34:56+00:00");
    }
}
