//! Starting a job once, and telling which one it is when the answer is lost.
//!
//! Nothing is started twice: without an answer the queue is searched for the job that the request may
//! have made. Somebody else may have started one in the same moment. A controller tells no job's author,
//! but its type, the device once it has read the package, and sometimes the image. A job that is of
//! another type, or of another image, is not ours; one that names our device, or our image, is. Where
//! that leaves it open, nobody decides it here: the error names the candidates.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use onprem_http::{AfterLoss, Delays};

use super::SimpleUpdate;
use crate::{Client, Error, ErrorKind, Job, JobState, call::Call, json};

/// What is known beforehand of the job that a request makes
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// File name of the image, or the entry of the inventory.
    image: String,
    device_names: Vec<String>,
    rolls_back: bool,
}

impl Expected {
    pub(crate) fn of(update: &SimpleUpdate) -> Self {
        let path = update.image_uri.split(['?', '#']).next().unwrap_or_default();
        Self::image(json::last_segment(path), &update.device_names)
    }

    pub(crate) fn image(name: &str, device_names: &[String]) -> Self {
        let rolls_back = name.starts_with("Previous-");
        Self { image: name.to_owned(), device_names: device_names.to_vec(), rolls_back }
    }

    /// Whose a firmware job is that was not there before the request
    fn judge(&self, job: &Job) -> Whose {
        let kind = job.job_type.to_lowercase();
        if kind.contains("repository") || (kind.contains("rollback") && !self.rolls_back) {
            return Whose::Anothers;
        }
        let said = |word: &str| {
            let word = word.to_lowercase();
            let mut words = job.target.iter().chain([&job.name]);
            !word.is_empty() && words.any(|one| one.to_lowercase().contains(&word))
        };
        if said(&self.image) {
            return Whose::Ours;
        }
        if job.target.iter().any(|one| one.contains("://")) {
            return Whose::Anothers;
        }
        let device = job.name.split_once(':').map(|(_, device)| device.trim()).unwrap_or_default();
        match () {
            () if self.device_names.iter().any(|name| said(name)) => Whose::Ours,
            () if device.is_empty() && may_tell_yet(job) => Whose::Untold,
            () if device.is_empty() || self.device_names.is_empty() => Whose::Open,
            () => Whose::Doubtful,
        }
    }
}

/// Whose a job is, by what it says
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    /// It has not read its package yet, and will say what it is for.
    Untold,
    /// It says nothing that would tell.
    Open,
    /// It names a device, and none that we know by that name.
    Doubtful,
    Anothers,
}

/// Whether a job has yet to read its package, after which it names its device
fn may_tell_yet(job: &Job) -> bool {
    matches!(job.state, JobState::New | JobState::Downloading)
}

/// What the fresh jobs of a queue mean
enum Finding {
    Job(String),
    Nothing,
    Wait,
    Ambiguous,
}

/// Decide on the jobs that are not surely somebody else's; `late` when no further one is waited for
fn decide(candidates: &[(Whose, &Job)], late: bool) -> Finding {
    let ours: Vec<_> = candidates.iter().filter(|(whose, _)| *whose == Whose::Ours).collect();
    match (&ours[..], candidates) {
        ([(_, job)], _) => Finding::Job(job.id.clone()),
        _ if !late => Finding::Wait,
        ([], []) => Finding::Nothing,
        ([], [(Whose::Open, job)]) => {
            tracing::warn!(job = job.id, "taking the only new job for the one that was started");
            Finding::Job(job.id.clone())
        }
        ([], jobs) if jobs.iter().any(|(whose, _)| *whose == Whose::Untold) => Finding::Wait,
        _ => Finding::Ambiguous,
    }
}

impl Client {
    /// Post what makes a job, once, and tell the job's id
    pub(super) async fn start_job(
        &self,
        call: &Call,
        expected: &Expected,
    ) -> Result<String, Error> {
        let before: BTreeSet<String> = self.jobs().await?.into_iter().map(|job| job.id).collect();
        let made = Mutex::new(None);
        let outcome = self
            .send_checked(call, |error| {
                let (before, made) = (&before, &made);
                async move {
                    // A refusal, and a clear one.
                    if *error.kind() == ErrorKind::NotReady {
                        return AfterLoss::Stop;
                    }
                    tracing::warn!(%error, "no clear answer; looking for the job that it may have made");
                    let found = match self.new_job(before, expected).await {
                        Ok(None) => return AfterLoss::Resend,
                        Ok(Some(id)) => Ok(id),
                        Err(error) if *error.kind() == ErrorKind::AmbiguousJob => Err(error),
                        Err(_) => return AfterLoss::Stop,
                    };
                    *made.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                    AfterLoss::Stop
                }
            })
            .await;
        let found = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (outcome, found) {
            (_, Some(found)) => found,
            (Err(error), None) => {
                // Also a plain error may have left one: it is named rather than forgotten.
                let refused = *error.kind() == ErrorKind::NotReady;
                match error.maybe_executed() && error.is_passing() && !refused {
                    true => self.new_job(&before, expected).await?.ok_or(error),
                    false => Err(error),
                }
            }
            (Ok(answer), None) => {
                let location = answer.location();
                let named = location.as_deref().map(json::last_segment);
                match named.filter(|id| id.starts_with("JID_") || id.starts_with("RID_")) {
                    Some(id) => Ok(id.to_owned()),
                    None => self.new_job(&before, expected).await?.ok_or_else(|| {
                        let text = "the update was accepted, and no job of it is to be found";
                        Error::new(ErrorKind::Decode, text).with_messages(answer.warnings)
                    }),
                }
            }
        }
    }

    /// The firmware job that was not there before and is ours; nothing when there is none
    async fn new_job(
        &self,
        before: &BTreeSet<String>,
        expected: &Expected,
    ) -> Result<Option<String>, Error> {
        let patience = self.patience();
        let end = self.deadline();
        let mut pauses = Delays::new(patience.poll.0, patience.poll.1, 1.5);
        let since = Instant::now();
        loop {
            let jobs = self.brisk().jobs().await;
            let fresh = jobs.iter().flatten().filter(|job| !before.contains(&job.id));
            let candidates: Vec<(Whose, &Job)> = fresh
                .filter(|job| job.is_firmware_update())
                .map(|job| (expected.judge(job), job))
                .filter(|(whose, _)| *whose != Whose::Anothers)
                .collect();
            let late = since.elapsed() > patience.lost_answer;
            match decide(&candidates, late) {
                Finding::Job(id) => return Ok(Some(id)),
                Finding::Nothing => return jobs.map(|_| None),
                Finding::Ambiguous => return Err(ambiguous(&candidates)),
                Finding::Wait if since.elapsed() > patience.restart => {
                    return Err(ambiguous(&candidates));
                }
                Finding::Wait => {}
            }
            if !end.sleep(pauses.next_pause()).await {
                return match candidates.is_empty() {
                    true => jobs.map(|_| None),
                    false => Err(ambiguous(&candidates)),
                };
            }
        }
    }
}

fn ambiguous(candidates: &[(Whose, &Job)]) -> Error {
    let jobs: Vec<String> = candidates.iter().map(|(_, job)| job.summary()).collect();
    let text = format!(
        "the answer to the start of the update was lost, and nothing tells whether it made one of these \
         jobs, or somebody else did: {}",
        jobs.join("; ")
    );
    Error::new(ErrorKind::AmbiguousJob, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, kind: &str, state: JobState) -> Job {
        let job = serde_json::json!({
            "Id": "JID_1", "JobState": "Running", "Name": name, "JobType": kind, "MessageArgs": [],
        });
        Job { state, ..Job::of_dell(&job).unwrap() }
    }

    #[test]
    fn a_job_is_told_by_its_device_its_image_and_its_type() {
        let names = ["BIOS".to_owned(), "BIOS.Setup.1-1".to_owned()];
        let bios = Expected::image("BIOS_R750.EXE", &names);
        let judge = |name: &str, kind: &str| bios.judge(&job(name, kind, JobState::Running));
        assert_eq!(judge("Firmware Update: BIOS", "FirmwareUpdate"), Whose::Ours);
        assert_eq!(judge("Firmware Update: PERC H755", "FirmwareUpdate"), Whose::Doubtful);
        assert_eq!(judge("Firmware Update", "FirmwareUpdate"), Whose::Open);
        assert_eq!(judge("Rollback: BIOS", "FirmwareRollback"), Whose::Anothers);
        assert_eq!(judge("Repository Update", "RepositoryUpdate"), Whose::Anothers);
        let new = job("Firmware Update", "FirmwareUpdate", JobState::Downloading);
        assert_eq!(bios.judge(&new), Whose::Untold);
        let with = |target: &str| Job { target: vec![target.to_owned()], ..new.clone() };
        assert_eq!(bios.judge(&with("http://10.0.0.9/BIOS_R750.EXE")), Whose::Ours);
        assert_eq!(bios.judge(&with("http://10.0.0.9/NIC.EXE")), Whose::Anothers);

        let back = Expected::image("Previous-159-1.2.4__BIOS.Setup.1-1", &names);
        let rollback = job("Rollback: BIOS", "FirmwareRollback", JobState::Running);
        assert_eq!(back.judge(&rollback), Whose::Ours);
        // Without names only the type tells.
        let anything = Expected::image("x.EXE", &[]);
        assert_eq!(anything.judge(&job("Firmware Update: NIC", "", JobState::New)), Whose::Open);
    }

    #[test]
    fn what_is_open_is_taken_only_alone() {
        let (one, other) = (job("a", "", JobState::New), job("b", "", JobState::New));
        let found = |candidates: &[(Whose, &Job)], late| match decide(candidates, late) {
            Finding::Job(_) => "job",
            Finding::Nothing => "nothing",
            Finding::Wait => "wait",
            Finding::Ambiguous => "ambiguous",
        };
        use Whose::{Doubtful, Open, Ours, Untold};
        assert_eq!(found(&[(Ours, &one), (Open, &other)], false), "job");
        assert_eq!(found(&[(Open, &one)], false), "wait");
        assert_eq!(found(&[(Open, &one)], true), "job");
        assert_eq!(found(&[(Open, &one), (Open, &other)], true), "ambiguous");
        assert_eq!(found(&[(Open, &one), (Doubtful, &other)], true), "ambiguous");
        assert_eq!(found(&[(Doubtful, &one)], true), "ambiguous");
        assert_eq!(found(&[(Untold, &one)], true), "wait");
        assert_eq!(found(&[(Ours, &one), (Ours, &other)], true), "ambiguous");
        assert_eq!(found(&[], true), "nothing");
    }
}
