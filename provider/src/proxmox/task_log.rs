//! What a task writes into its log, told to the person at the terminal while it runs.

use std::time::Duration;

use onprem_proxmox::{TaskLog, Upid};
use tf_provider::ActionContext;
use tokio::sync::watch;

use super::Proxmox;

/// Awaits `work`, which gets a function to call with its task, and tells the lines of that task's log as
/// they come. That the log cannot be read is no reason to fail.
pub(crate) async fn told<T, Work: Future<Output = T>>(
    cx: &ActionContext,
    pve: &Proxmox,
    work: impl FnOnce(Box<dyn FnMut(&Upid) + Send>) -> Work,
) -> T {
    let (sender, task) = watch::channel(None);
    let started = move |upid: &Upid| {
        sender.send_replace(Some(upid.clone()));
    };
    let mut log = Log { cx, pve, task: None, lines: 0 };
    let work = work(Box::new(started));
    tokio::pin!(work);
    loop {
        let (current, pause) = (task.borrow().clone(), tokio::time::sleep(PAUSE));
        tokio::select! {
            outcome = &mut work => {
                let last = task.borrow().clone();
                log.follow(last).await;
                return outcome;
            }
            () = pause => log.follow(current).await,
        }
    }
}

/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How many lines are told after one look; a log that is longer is cut in its middle.
const LINES: u64 = 40;
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of a log has been told.
struct Log<'a> {
    cx: &'a ActionContext,
    pve: &'a Proxmox,
    task: Option<Upid>,
    lines: u64,
}

impl Log<'_> {
    async fn follow(&mut self, task: Option<Upid>) {
        let Some(upid) = task else { return };
        if self.task.as_ref() != Some(&upid) {
            self.cx.progress(format!("task {upid}"));
            (self.task, self.lines) = (Some(upid.clone()), 0);
        }
        let read = self.pve.task_log(&upid, self.lines, LINES);
        let Ok(Ok(log)) = tokio::time::timeout(PATIENCE, read).await else { return };
        for line in worth_telling(&log) {
            self.cx.progress(line);
        }
        self.lines = log.total.max(self.lines);
    }
}

/// The lines without those that say what the answer says, too.
fn worth_telling(log: &TaskLog) -> impl Iterator<Item = &str> {
    let lines = log.lines.iter().map(String::as_str);
    lines.filter(|line| !line.trim().is_empty() && !matches!(*line, "no content" | "TASK OK"))
}
