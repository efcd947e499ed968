//! The jobs of an iDRAC. API: `…/Oem/Dell/Jobs`.

use onprem_redfish::Job;
use tf_provider::{Attributes, DataSource, Result};

use super::Idrac;

/// The jobs of an iDRAC: what it works at, what waits for a restart of the host, and what has ended.
#[derive(Clone, DataSource)]
#[data_source(name = "idrac_jobs", group = "Dell iDRAC")]
pub(crate) struct Jobs {
    /// Name of the server in the provider block.
    #[attr(required)]
    server: String,
    /// Only jobs that have not ended, or only those that have.
    #[attr(optional)]
    open: Option<bool>,
    /// The jobs, in the order of the iDRAC.
    #[attr(computed)]
    jobs: Vec<JobEntry>,
}

/// A job.
#[derive(Clone, Attributes)]
pub(crate) struct JobEntry {
    /// Id, for example `JID_102241909559`.
    #[attr(computed)]
    id: String,
    /// Name, for example `Firmware Update: BIOS`.
    #[attr(computed)]
    name: String,
    /// Type, for example `FirmwareUpdate`.
    #[attr(computed)]
    job_type: String,
    /// State, for example `Scheduled`.
    #[attr(computed)]
    state: String,
    /// Whether it has not ended.
    #[attr(computed)]
    open: bool,
    /// What the iDRAC says about it.
    #[attr(computed)]
    message: String,
    /// Id of the message, for example `PR19`.
    #[attr(computed)]
    message_id: String,
    /// How much is done, where the iDRAC tells.
    #[attr(computed)]
    percent_complete: Option<i64>,
    /// When it began, as the iDRAC writes it.
    #[attr(computed)]
    start_time: Option<String>,
    /// When it ended, as the iDRAC writes it.
    #[attr(computed)]
    end_time: Option<String>,
}

impl DataSource for Jobs {
    type Client = Idrac;

    async fn read(idrac: &Idrac, arguments: JobsPlan) -> Result<Self> {
        let JobsPlan { server, open } = arguments;
        let jobs = idrac.host(&server)?.jobs().await?;
        let wanted = jobs.into_iter().filter(|job| open.is_none_or(|open| open == job.is_open()));
        let jobs = wanted.map(JobEntry::from).collect();
        Ok(Self { server, open, jobs })
    }
}

impl From<Job> for JobEntry {
    fn from(job: Job) -> Self {
        Self {
            open: job.is_open(),
            state: job.state.to_string(),
            id: job.id,
            name: job.name,
            job_type: job.job_type,
            message: job.message,
            message_id: job.message_id,
            percent_complete: job.percent,
            start_time: job.start_time,
            end_time: job.end_time,
        }
    }
}
