//! Tasks: what Proxmox does after it has answered.
//!
//! Most changes answer at once with a task id and are carried out by a task. A [`TaskCall`] is such a
//! change: awaiting it sends the request, follows the task to its end and gives its warnings.
//!
//! **Nothing is started twice.** When the answer to a start is lost, the node's task list is searched
//! for the task that the request made; only when there is none is the request sent again.
//!
//! **Cancellation.** Dropping the future of a `TaskCall` or of [`Client::wait`] ends the watching, not
//! the task: it goes on on its node, and what it makes appears. A caller who needs to know the task
//! then takes its id with [`TaskCall::on_start`]. Dropped before the answer to the start has come, it
//! leaves open whether there is a task.

use std::{
    collections::HashSet,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use onprem_http::{AfterLoss, Body, Deadline, Delays, Method, RequestContext, Resend};
use serde::Deserialize;
use tracing::{debug, info};

use crate::{
    Client, Error, ErrorKind, NodeName, Params, TaskFailure, Upid, call::Call, limits::Busy,
    params::encode_segment,
};

/// Lines of its log that a failed task's error carries
const LOG_LINES: u64 = 25;

/// Tasks remembered as our own; beyond it the memory starts anew
const OWN_TASKS: usize = 10_000;

/// A change that a task carries out; nothing is sent before it is awaited
///
/// Awaiting it waits for its turn (see [`Limits`](crate::Limits)), starts the task, follows it to its
/// end, and starts it again as long as it only failed to get a lock. The client's deadline bounds all
/// of that, 30 minutes if it has none.
#[must_use = "nothing is sent until it is awaited"]
pub struct TaskCall {
    client: Client,
    method: Method,
    path: String,
    params: Params,
    body: Option<Body>,
    timeout: Option<Duration>,
    resend: Resend,
    made: Expected,
    busy: Vec<Busy>,
}

/// The task that a call makes
#[derive(Clone, Debug)]
struct Expected {
    node: NodeName,
    types: &'static [&'static str],
    object: String,
}

impl TaskCall {
    pub(crate) fn new(
        client: Client,
        method: Method,
        path: String,
        params: Params,
        node: &NodeName,
        types: &'static [&'static str],
        object: impl fmt::Display,
    ) -> Self {
        let made = Expected { node: node.clone(), types, object: object.to_string() };
        Self {
            client,
            method,
            path,
            params,
            body: None,
            timeout: None,
            resend: Resend::IfNotExecuted,
            made,
            busy: Vec::new(),
        }
    }

    pub(crate) fn busy(mut self, busy: impl IntoIterator<Item = Busy>) -> Self {
        self.busy.extend(busy);
        self
    }

    pub(crate) fn body(mut self, body: Body, timeout: Duration) -> Self {
        self.body = Some(body);
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn resend(mut self, resend: Resend) -> Self {
        self.resend = resend;
        self
    }

    /// End everything at this deadline instead of the client's
    pub fn until(mut self, deadline: &Deadline) -> Self {
        self.client = self.client.until(deadline);
        self
    }

    /// Await it, and call this as soon as the task has started, with its id
    ///
    /// From then on the task goes on even if the future is dropped. It is called again for a task
    /// that is started anew after a lock timeout, and not at all when everything is done at once.
    ///
    /// # Errors
    /// As awaiting the call itself.
    pub async fn on_start(self, started: impl FnMut(&Upid) + Send) -> Result<TaskReport, Error> {
        self.run(started).await
    }

    /// Start the task and leave following it to the caller; `None` if all was done at once
    ///
    /// # Errors
    /// When the start was refused, or whether it succeeded cannot be found out.
    pub async fn start(self) -> Result<Option<Upid>, Error> {
        let deadline = self.client.deadline();
        let _turns = self.client.inner.turns.take(self.busy.clone(), &deadline).await?;
        self.client.until(&deadline).start_task(&self).await
    }

    async fn run(self, started: impl FnMut(&Upid) + Send) -> Result<TaskReport, Error> {
        let deadline = self.client.deadline();
        let client = self.client.until(&deadline);
        let _turns = client.inner.turns.take(self.busy.clone(), &deadline).await?;
        let started = Mutex::new(started);
        let call = &self;
        let attempt = || async {
            let upid = client.start_task(call).await?;
            if let Some(upid) = &upid {
                (started.lock().unwrap_or_else(PoisonError::into_inner))(upid);
            }
            Ok(upid)
        };
        client.run_task(&deadline, attempt).await.map_err(|error| {
            let context = RequestContext {
                method: call.method.clone(),
                path: call.path.clone(),
                endpoint: client.inner.http.endpoint().to_owned(),
            };
            if error.request().is_none() { error.with_request(Some(&context)) } else { error }
        })
    }
}

impl IntoFuture for TaskCall {
    type Output = Result<TaskReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<TaskReport, Error>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run(|_| {}))
    }
}

impl fmt::Debug for TaskCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

/// A task that ended well
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskReport {
    /// The task; `None` when the server had done everything by the time it answered
    pub upid: Option<Upid>,
    /// What the task warned about
    pub warnings: Vec<String>,
}

/// Lines of a task's log. API: `GET /nodes/{node}/tasks/{upid}/log`
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskLog {
    /// The lines asked for
    pub lines: Vec<String>,
    /// How many lines there are
    pub total: u64,
}

/// State of a task. API: `GET /nodes/{node}/tasks/{upid}/status`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TaskStatus {
    /// `running` or `stopped`
    pub status: String,
    /// How a stopped task ended: `OK`, `WARNINGS: n` or the error
    #[serde(default)]
    pub exitstatus: Option<String>,
}

/// A row of a node's task list. API: `GET /nodes/{node}/tasks`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TaskEntry {
    /// The task
    pub upid: Upid,
    /// Start by the node's clock, in seconds since 1970
    pub starttime: u64,
    /// End by the node's clock; `None` while it runs
    #[serde(default)]
    pub endtime: Option<u64>,
    /// `RUNNING`, `OK`, `WARNINGS: n` or the error
    #[serde(default)]
    pub status: Option<String>,
}

impl Client {
    /// Follow a task to its end
    ///
    /// Asks in growing intervals, 100 ms to 2 s, and goes on through passing failures. Dropping the
    /// future leaves the task running.
    ///
    /// # Errors
    /// When the task fails, with its exit status and the last lines of its log; when the deadline
    /// passes, which leaves the task running; when its state cannot be read.
    pub async fn wait(&self, upid: &Upid, deadline: &Deadline) -> Result<TaskReport, Error> {
        let client = self.until(deadline);
        let mut pauses = Delays::new(Duration::from_millis(100), Duration::from_secs(2), 1.5);
        let start = Instant::now();
        let mut reported = Duration::ZERO;
        let mut unknown = 0;
        loop {
            match client.task_status(upid).await {
                Ok(status) if status.status != "running" => {
                    return client.finish(upid, status.exitstatus.unwrap_or_default()).await;
                }
                Ok(_) => unknown = 0,
                Err(error) if error.is_transient() => {
                    debug!(%error, %upid, "asking again for the state of the task");
                }
                // A task may be unknown for a moment after its start.
                Err(error) if error.is_not_found() && unknown < 10 => unknown += 1,
                Err(error) => return Err(error),
            }
            let elapsed = start.elapsed();
            if elapsed - reported > Duration::from_secs(10) {
                reported = elapsed;
                info!(%upid, seconds = elapsed.as_secs(), "the task is still running");
            }
            if !deadline.sleep(pauses.next_pause()).await {
                let doing = format!("the task {upid} was running; it goes on on its node");
                return Err(Error::new(ErrorKind::Timeout, deadline.passed_while(&doing)));
            }
        }
    }

    /// Start and follow a task, and start it again as long as it only fails to get a lock
    ///
    /// `start` sends the request and gives the task's id, or `None` if all was done at once.
    ///
    /// # Errors
    /// The errors of `start` and of [`wait`](Self::wait); a lock timeout only after the deadline.
    pub async fn run_task<F, Fut>(
        &self,
        deadline: &Deadline,
        mut start: F,
    ) -> Result<TaskReport, Error>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Option<Upid>, Error>>,
    {
        let mut pauses = Delays::new(Duration::from_millis(500), Duration::from_secs(10), 2.0);
        loop {
            let outcome = match start().await {
                Ok(Some(upid)) => self.wait(&upid, deadline).await,
                Ok(None) => return Ok(TaskReport { upid: None, warnings: Vec::new() }),
                Err(error) => Err(error),
            };
            match outcome {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::LockTimeout | ErrorKind::WorkerNotStarted
                    ) =>
                {
                    info!(%error, "the guest is busy: trying again");
                    if !deadline.sleep(pauses.next_pause()).await {
                        return Err(error);
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// State of a task. API: `GET /nodes/{node}/tasks/{upid}/status`
    ///
    /// # Errors
    /// Not found for a task that the node does not know, and any failure of the request.
    pub async fn task_status(&self, upid: &Upid) -> Result<TaskStatus, Error> {
        self.get(&task_path(upid, "status"), &Params::new()).await
    }

    /// Lines of a task's log. API: `GET /nodes/{node}/tasks/{upid}/log`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn task_log(&self, upid: &Upid, start: u64, limit: u64) -> Result<TaskLog, Error> {
        #[derive(Deserialize)]
        struct Line {
            t: String,
        }
        let params = Params::new().with("start", start).with("limit", limit);
        let answer = self.send(&Call::new(Method::GET, &task_path(upid, "log"), &params)).await?;
        let lines: Vec<Line> = answer.decode()?;
        let total = answer.total.unwrap_or(lines.len() as u64);
        Ok(TaskLog { lines: lines.into_iter().map(|line| line.t).collect(), total })
    }

    async fn finish(&self, upid: &Upid, exit: String) -> Result<TaskReport, Error> {
        self.inner.resources.invalidate();
        if exit == "OK" {
            return Ok(TaskReport { upid: Some(upid.clone()), warnings: Vec::new() });
        }
        // The log is an extra: what happened is known without it.
        if exit.starts_with("WARNINGS") {
            let log = self.task_log(upid, 0, 1000).await.map(|log| log.lines).unwrap_or_default();
            let warnings = log.iter().filter_map(|line| {
                line.strip_prefix("WARN: ").or_else(|| line.strip_prefix("WARNING: "))
            });
            let mut warnings: Vec<String> = warnings.map(str::to_owned).collect();
            if warnings.is_empty() {
                warnings.push(format!("the task {upid} ended with {exit}"));
            }
            return Ok(TaskReport { upid: Some(upid.clone()), warnings });
        }
        let exit = if exit.is_empty() { "no exit status".to_owned() } else { exit };
        let log = self.last_lines(upid).await.unwrap_or_default();
        Err(Error::task_failed(TaskFailure { upid: upid.clone(), exit, log }))
    }

    async fn last_lines(&self, upid: &Upid) -> Result<Vec<String>, Error> {
        let head = self.task_log(upid, 0, LOG_LINES).await?;
        if head.total <= LOG_LINES {
            return Ok(head.lines);
        }
        Ok(self.task_log(upid, head.total - LOG_LINES, LOG_LINES).await?.lines)
    }

    /// Find the task of a request that answers without naming it; `None` if none starts in time
    pub(crate) async fn unnamed_task(
        &self,
        node: &NodeName,
        types: &'static [&'static str],
        object: impl fmt::Display,
        since: u64,
    ) -> Result<Option<Upid>, Error> {
        let made = Expected { node: node.clone(), types, object: object.to_string() };
        let found = self.find_started(&made, since, self.inner.lost_answer_patience).await?;
        if let Some(upid) = &found {
            self.remember(upid);
        }
        Ok(found)
    }

    /// Send the request of a call; a lost answer is looked up before it is sent again
    async fn start_task(&self, call: &TaskCall) -> Result<Option<Upid>, Error> {
        let since = self.server_time();
        let found = Mutex::new(None);
        let lost = Mutex::new(false);
        let request = Call::new(call.method.clone(), &call.path, &call.params)
            .body(call.body.as_ref())
            .timeout(call.timeout)
            .resend(call.resend);
        let outcome = self
            .send_checked(&request, |error| {
                let (found, lost) = (&found, &lost);
                async move {
                    // An answer with a status of its own, such as 500, is no lost answer: it does not
                    // come here. 502 to 504 and 596 leave open what the node did.
                    debug!(%error, "the answer was lost: looking for the task");
                    set(lost, true);
                    match self
                        .find_started(&call.made, since, self.inner.lost_answer_patience)
                        .await
                    {
                        Ok(Some(upid)) => {
                            set(found, Some(upid));
                            AfterLoss::Stop
                        }
                        Ok(None) => AfterLoss::Resend,
                        Err(error) => {
                            debug!(%error, "the task list cannot be read");
                            AfterLoss::Stop
                        }
                    }
                }
            })
            .await;
        let was_lost = lost.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut recovered = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let error = match outcome {
            Ok(answer) if answer.data.is_null() => return Ok(None),
            Ok(answer) => {
                let upid: Upid = answer.decode()?;
                self.remember(&upid);
                return Ok(Some(upid));
            }
            Err(error) => error,
        };
        // The object may exist because an earlier request made it whose answer was lost.
        if was_lost && recovered.is_none() && matches!(error.kind(), ErrorKind::AlreadyExists) {
            let patience = self.inner.lost_answer_patience;
            recovered = self.find_started(&call.made, since, patience).await?;
        }
        match recovered {
            Some(upid) => {
                info!(%upid, "found the task whose start was not answered");
                self.remember(&upid);
                Ok(Some(upid))
            }
            None => Err(error),
        }
    }

    /// Look for the task that a request of ours made, for as long as the node may take to start it
    async fn find_started(
        &self,
        made: &Expected,
        since: u64,
        patience: Duration,
    ) -> Result<Option<Upid>, Error> {
        let path = format!("/nodes/{}/tasks", made.node);
        let params = Params::new().with("source", "all").with("since", since).with("limit", 500);
        let end = Instant::now() + patience;
        let mut pauses = Delays::new(Duration::from_millis(250), Duration::from_secs(2), 2.0);
        loop {
            let tasks: Vec<TaskEntry> = self.get(&path, &params).await?;
            let own = self.own_tasks();
            let found = tasks.into_iter().map(|task| task.upid).find(|upid| {
                made.types.contains(&upid.task_type())
                    && upid.object() == made.object
                    && upid.user() == self.inner.user
                    && upid.start_time() >= since
                    && !own.contains(upid)
            });
            if found.is_some() || Instant::now() >= end {
                return Ok(found);
            }
            tokio::time::sleep(pauses.next_pause().min(patience)).await;
        }
    }

    fn own_tasks(&self) -> HashSet<Upid> {
        self.inner.own_tasks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, upid: &Upid) {
        let mut own = self.inner.own_tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() >= OWN_TASKS {
            own.clear();
        }
        own.insert(upid.clone());
    }

    /// The server's clock, in seconds since 1970, a little early rather than late
    pub(crate) fn server_time(&self) -> u64 {
        // Without any answer yet there is only our own clock, which may be off by some minutes.
        let (time, slack) = match self.inner.http.server_time() {
            Some(time) => (time, 2),
            None => (SystemTime::now(), 300),
        };
        let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        seconds.saturating_sub(slack)
    }
}

fn set<T>(cell: &Mutex<T>, value: T) {
    *cell.lock().unwrap_or_else(PoisonError::into_inner) = value;
}

fn task_path(upid: &Upid, leaf: &str) -> String {
    format!("/nodes/{}/tasks/{}/{leaf}", upid.node(), encode_segment(upid.as_str()))
}
