//! Taking jobs out of the queue. API: `…/DellJobService.DeleteJobQueue` and `…/Oem/Dell/Jobs`.

use tf_provider::{Action, ActionContext, Diagnostic, Diagnostics, Result};

use super::Idrac;

/// Takes a job out of the queue of an iDRAC, such as an update that waits for a restart of the host. A
/// job that has ended, or is not there, is left alone; an iDRAC refuses for one that runs.
#[derive(Clone, Action)]
#[action(name = "idrac_job_cancel", group = "Dell iDRAC", timeout = "5m")]
pub(crate) struct JobCancel {
    /// Name of the server in the provider block.
    #[attr(required)]
    server: String,
    /// Id of the job, for example `JID_102241909559`, as the data source `onprem_idrac_jobs` lists them.
    #[attr(required)]
    job_id: String,
}

impl Action for JobCancel {
    type Client = Idrac;

    fn validate(config: &JobCancelValues, diagnostics: &mut Diagnostics) {
        let Some(id) = config.job_id.known() else { return };
        // Dell's word for all jobs at once; whoever wants that shall say so job by job.
        let is_one = id.starts_with("JID_") || id.starts_with("RID_");
        if !is_one || id == "JID_CLEARALL" || id == "JID_CLEARALL_FORCE" {
            diagnostics.push(
                Diagnostic::error(format!("`{id}` is no job"))
                    .hint("write the id of one job, like `JID_102241909559`")
                    .at("job_id"),
            );
        }
    }

    async fn invoke(cx: &mut ActionContext, idrac: &Idrac, arguments: JobCancelPlan) -> Result<()> {
        let JobCancelPlan { server, job_id } = arguments;
        let host = idrac.host(&server)?;
        let host = host.ending(cx.deadline(), cx.time_limit(), "the action's `timeout`");
        let _guard = host.change().await?;
        let Some(job) = host.job(&job_id).await? else {
            cx.progress(format!("{server} knows no job {job_id}: nothing to take out"));
            return Ok(());
        };
        cx.progress(format!("{job_id} on {server}, {}, {}", job.name, job.ending()));
        if job.has_ended() {
            cx.progress(format!("{job_id} has ended: nothing to take out"));
            return Ok(());
        }
        host.delete_job(&job_id).await?;
        cx.progress(format!("{job_id} is out of the queue of {server}"));
        Ok(())
    }
}
