//! The queue: looking jobs up, and taking one out.

use onprem_http::Method;
use serde_json::{Value, json};

use super::{Client, Job};
use crate::{Error, ErrorKind, call::Call, json, service::action_target};

impl Client {
    /// All jobs, as the controller orders them
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn jobs(&self) -> Result<Vec<Job>, Error> {
        let path = self.jobs_path().await?;
        let dell = path.contains("/Oem/Dell/") || path.contains("/Managers/");
        let members = self.collection(&path).await?;
        let read = if dell { Job::of_dell } else { Job::of_job_service };
        Ok(members.iter().filter_map(read).collect())
    }

    /// One job; nothing when no view of the controller knows it
    ///
    /// # Errors
    /// Any failure of a request.
    pub async fn job(&self, id: &str) -> Result<Option<Job>, Error> {
        // Not only by the link: what it leads to may have gone with another firmware.
        type View = fn(&Value) -> Option<Job>;
        let views = [
            (self.dell_jobs_path().await?, Job::of_dell as View),
            (self.job_service_path().await?, Job::of_job_service),
            (self.tasks_path().await?, Job::of_task),
        ];
        for (path, read) in views {
            let Some(path) = path else { continue };
            match self.get(&format!("{path}/{id}")).await {
                Ok(found) => {
                    if let Some(job) = read(&found) {
                        return Ok(Some(job));
                    }
                }
                Err(error) if error.is_not_found() => {}
                // A controller that has no such job may call the id malformed.
                Err(error) if matches!(error.kind(), ErrorKind::Other { status: Some(400) }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Take a job out of the queue; one that is not there is fine
    ///
    /// # Errors
    /// Any failure of a request, such as that the job runs.
    pub async fn delete_job(&self, id: &str) -> Result<(), Error> {
        let manager = self.manager().await?;
        if let Some(service) = json::link(&manager, "/Links/Oem/Dell/DellJobService")
            && let Some(target) =
                action_target(&*self.directory(&service).await?, "DellJobService.DeleteJobQueue")
        {
            let call = Call::new(Method::POST, target).json(&json!({ "JobID": id }));
            return match self.send(&call).await {
                Err(_) if self.job(id).await?.is_none() => Ok(()),
                outcome => outcome.map(drop),
            };
        }
        let path = self.jobs_path().await?;
        match self.send(&Call::new(Method::DELETE, format!("{path}/{id}"))).await {
            Err(error) if error.is_not_found() => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn jobs_path(&self) -> Result<String, Error> {
        if let Some(path) = self.dell_jobs_path().await? {
            return Ok(path);
        }
        self.job_service_path().await?.ok_or_else(|| {
            let text = "the controller has no list of jobs: is it an iDRAC?";
            Error::new(ErrorKind::Unsupported, text)
        })
    }

    async fn dell_jobs_path(&self) -> Result<Option<String>, Error> {
        let manager = self.manager().await?;
        Ok(json::link(&manager, "/Links/Oem/Dell/Jobs").or_else(|| json::link(&manager, "/Jobs")))
    }

    async fn job_service_path(&self) -> Result<Option<String>, Error> {
        let Some(service) = json::link(&*self.root().await?, "/JobService") else {
            return Ok(None);
        };
        Ok(json::link(&*self.directory(&service).await?, "/Jobs"))
    }

    async fn tasks_path(&self) -> Result<Option<String>, Error> {
        let Some(service) = json::link(&*self.root().await?, "/Tasks") else { return Ok(None) };
        Ok(json::link(&*self.directory(&service).await?, "/Tasks"))
    }
}
