//! Following a job to where it ends, or to where it waits for somebody else.

use std::time::Instant;

use onprem_http::Delays;

use super::{Client, Job, Phase};
use crate::{Error, client::Outage};

/// Where to stop following a job
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a job either waits for the host or it does not")]
pub enum Stop {
    /// Where it ends, whatever it waits for
    AtEnd,
    /// Where it ends, or waits for a restart of the host
    WhenStaged,
}

/// Where a job was left
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobEnd {
    /// It ended well, as far as the controller says: look whether it did what it was for
    Done(Job),
    /// The controller knows no such job any more, as after its restart: look whether it did its work
    Gone,
    /// It waits for a restart of the host
    Staged(Job),
    /// It waits for a person, mostly for the power to be cut
    UserIntervention(Job),
}

impl Client {
    /// Follow a job; a restart of the controller on the way is waited for
    ///
    /// A job that was just made may not show up for some seconds.
    ///
    /// # Errors
    /// [`ErrorKind::JobFailed`](crate::ErrorKind::JobFailed) with the job when it ended badly, a
    /// timeout, and any lasting failure of a request.
    pub async fn follow_job(&self, id: &str, stop: Stop) -> Result<JobEnd, Error> {
        let _busy = self.busy();
        let doing = format!("following the job {id}");
        let patience = self.patience();
        let mut outage = Outage::new(self, &doing);
        let mut pauses = Delays::new(patience.poll.0, patience.poll.1, 1.5);
        let (mut missing, mut told): (Option<Instant>, Option<Job>) = (None, None);
        loop {
            let client = self.brisk();
            let was_away = outage.is_on();
            let Some(found) = outage.outlast(client.job(id)).await? else { continue };
            if was_away {
                // What came up may be another firmware of the controller.
                client.forget_directory().await;
            }
            let Some(job) = found else {
                let since = *missing.get_or_insert_with(Instant::now);
                if since.elapsed() > patience.missing_job {
                    tracing::info!(job = id, "the controller does not know the job any more");
                    return Ok(JobEnd::Gone);
                }
                outage.pause(pauses.next_pause()).await?;
                continue;
            };
            missing = None;
            if told
                .as_ref()
                .is_none_or(|told| told.state != job.state || told.message != job.message)
            {
                let Job { state, message, percent, .. } = &job;
                tracing::info!(job = id, %state, percent, message, "the job goes on");
                told = Some(job.clone());
            }
            match (job.phase(), stop) {
                (Phase::Done, _) => return Ok(JobEnd::Done(job)),
                (Phase::Failed, _) => return Err(Error::job_failed(job)),
                (Phase::UserIntervention, _) => return Ok(JobEnd::UserIntervention(job)),
                (Phase::Staged, Stop::WhenStaged) => return Ok(JobEnd::Staged(job)),
                (Phase::Running | Phase::Staged, _) => outage.pause(pauses.next_pause()).await?,
            }
        }
    }
}
