//! What the faults say about an iDRAC beside its requests.

use super::jobs::JobState;
use crate::faults::{Effect, Faults};

impl Faults {
    /// Id of the message with which a download of this server fails, when a fault says so.
    pub(crate) fn download_failure(&self, server: &str) -> Option<String> {
        self.strike(server, |effect| match effect {
            Effect::DownloadFailure { message_id } => {
                Some(message_id.clone().unwrap_or_else(|| "RED006".to_owned()))
            }
            _ => None,
        })
    }

    /// State and message with which a job that installs one of these ends.
    pub(crate) fn job_failure(&self, server: &str, names: &[&str]) -> Option<(JobState, String)> {
        self.strike(server, |effect| match effect {
            Effect::JobFailure { component, message_id, state }
                if component.as_deref().is_none_or(|component| names.contains(&component)) =>
            {
                let state = state.as_deref().and_then(JobState::parse).unwrap_or(JobState::Failed);
                Some((state, message_id.clone().unwrap_or_else(|| "PR21".to_owned())))
            }
            _ => None,
        })
    }

    /// Id of the message of a job that stays in this state for ever.
    pub(crate) fn job_stuck(&self, server: &str, entered: &str) -> Option<String> {
        self.strike(server, |effect| match effect {
            Effect::JobStuck { message_id, state }
                if state.as_deref().unwrap_or("Scheduled") == entered =>
            {
                Some(message_id.clone().unwrap_or_else(|| "PR30".to_owned()))
            }
            _ => None,
        })
    }

    /// Whether the iDRAC restarts because a job entered this state.
    pub(crate) fn idrac_restart_in(&self, server: &str, entered: &str) -> bool {
        self.strike(server, |effect| match effect {
            Effect::IdracRestart { state: Some(state) } if state == entered => Some(()),
            _ => None,
        })
        .is_some()
    }

    pub(crate) fn job_queue_full(&self, server: &str) -> bool {
        self.strike(server, |effect| (*effect == Effect::JobQueueFull).then_some(())).is_some()
    }

    pub(crate) fn lifecycle_controller_not_ready(&self, server: &str) -> bool {
        self.strike(server, |effect| (*effect == Effect::LcNotReady).then_some(())).is_some()
    }

    pub(crate) fn lockdown(&self, server: &str) -> bool {
        self.strike(server, |effect| (*effect == Effect::Lockdown).then_some(())).is_some()
    }

    pub(crate) fn session_limit(&self, server: &str) -> bool {
        self.strike(server, |effect| (*effect == Effect::SessionLimit).then_some(())).is_some()
    }
}
