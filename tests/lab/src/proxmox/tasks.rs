//! Background tasks: UPIDs, logs, exit statuses, and the time they take.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::auth::Identity;
use super::error::{Answer, ApiError, Reply};
use super::params::{Params, split_list};
use super::{Call, Shared};

/// One task, running or finished.
#[derive(Debug)]
pub(crate) struct TaskRecord {
    upid: String,
    node: String,
    pid: u32,
    pstart: u64,
    started: u64,
    kind: String,
    id: String,
    user: String,
    token: Option<String>,
    ended: Option<u64>,
    exit: Option<String>,
    log: Log,
    stop: watch::Sender<bool>,
}

/// Lines of a task, apart from the cluster's state: a task may write while it holds that.
type Log = Arc<Mutex<Vec<String>>>;

fn lines(log: &Log) -> MutexGuard<'_, Vec<String>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a running task holds of itself.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    shared: Arc<Shared>,
    upid: String,
    pid: u32,
    log: Log,
    stop: watch::Receiver<bool>,
}

impl Task {
    pub(crate) fn log(&self, line: impl Into<String>) {
        lines(&self.log).push(line.into());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Lets lab time pass.
    ///
    /// # Errors
    /// The task was stopped meanwhile.
    pub(crate) async fn sleep(&self, lab_time: Duration) -> Result<(), String> {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = self.shared.clock.sleep(lab_time) => Ok(()),
            result = stop.wait_for(|stop| *stop) => match result {
                Ok(_) | Err(_) => Err("received interrupt".to_owned()),
            },
        }
    }
}

/// Starts a task and returns its UPID.
pub(crate) fn start<F, Body>(
    shared: &Arc<Shared>,
    node: &str,
    kind: &str,
    id: impl Into<String>,
    who: &Identity,
    body: Body,
) -> String
where
    F: Future<Output = Result<(), String>> + Send,
    Body: FnOnce(Task) -> F + Send + 'static,
{
    let id = id.into();
    let started = shared.clock.unix();
    let pstart = shared.clock.passed().as_millis() as u64 / 10 + 500_000;
    let (stop, stopped) = watch::channel(false);
    let log = Log::default();
    let (upid, pid) = {
        let mut state = shared.state();
        let pid = state.pid();
        let upid = format!("UPID:{node}:{pid:08X}:{pstart:08X}:{started:08X}:{kind}:{id}:{who}:");
        state.tasks.push(TaskRecord {
            upid: upid.clone(),
            node: node.to_owned(),
            pid,
            pstart,
            started,
            kind: kind.to_owned(),
            id,
            user: who.user.clone(),
            token: who.token.clone(),
            ended: None,
            exit: None,
            log: Arc::clone(&log),
            stop,
        });
        (upid, pid)
    };
    let task = Task { shared: Arc::clone(shared), upid: upid.clone(), pid, log, stop: stopped };
    let failure = shared.faults.task_failure(kind);
    let running = Arc::clone(shared);
    shared.spawn(async move {
        let upid = task.upid.clone();
        let result = match failure {
            Some(exit) => Err(exit),
            None => body(task).await,
        };
        let mut state = running.state();
        let ended = running.clock.unix();
        if let Some(record) = state.tasks.iter_mut().find(|record| record.upid == upid) {
            let exit = match result {
                Ok(()) => "OK".to_owned(),
                Err(error) => error.trim_end().to_owned(),
            };
            let line =
                if exit == "OK" { "TASK OK".to_owned() } else { format!("TASK ERROR: {exit}") };
            lines(&record.log).push(line);
            record.exit = Some(exit);
            record.ended = Some(ended);
        }
    });
    upid
}

/// Waits for a task, and says whether it ended well within so many seconds of lab time.
pub(crate) async fn ended_within(shared: &Arc<Shared>, upid: &str, seconds: i64) -> bool {
    let until = shared.clock.passed() + Duration::from_secs(seconds.unsigned_abs());
    // Under a fast clock the delay is over before the task had a chance to run at all.
    let started = std::time::Instant::now();
    loop {
        {
            let state = shared.state();
            let record = state.tasks.iter().find(|record| record.upid == upid);
            if record.is_none_or(|record| record.exit.as_deref() == Some("OK")) {
                return true;
            }
            let failed = record.is_some_and(|record| record.exit.is_some());
            let late = shared.clock.passed() >= until;
            if failed || (late && started.elapsed() > Duration::from_millis(100)) {
                return false;
            }
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl TaskRecord {
    fn describe(&self) -> serde_json::Map<String, Value> {
        let mut object = serde_json::Map::new();
        object.insert("upid".to_owned(), self.upid.as_str().into());
        object.insert("node".to_owned(), self.node.as_str().into());
        object.insert("pid".to_owned(), self.pid.into());
        object.insert("pstart".to_owned(), self.pstart.into());
        object.insert("starttime".to_owned(), self.started.into());
        object.insert("type".to_owned(), self.kind.as_str().into());
        object.insert("id".to_owned(), self.id.as_str().into());
        object.insert("user".to_owned(), self.user.as_str().into());
        if let Some(token) = &self.token {
            object.insert("tokenid".to_owned(), token.as_str().into());
        }
        object
    }

    fn row(&self) -> Value {
        let mut row = self.describe();
        row.insert("status".to_owned(), self.exit.as_deref().unwrap_or("RUNNING").into());
        if let Some(ended) = self.ended {
            row.insert("endtime".to_owned(), ended.into());
        }
        row.into()
    }

    fn owner(&self) -> String {
        match &self.token {
            Some(token) => format!("{}!{token}", self.user),
            None => self.user.clone(),
        }
    }
}

/// `GET /nodes/{node}/tasks`.
pub(crate) fn list(call: &Call) -> Answer {
    let params = &call.params;
    let state = call.shared.state();
    let limit = params.integer("limit").unwrap_or(50).max(0) as usize;
    let start = params.integer("start").unwrap_or(0).max(0) as usize;
    let source = params.get("source").unwrap_or("archive");
    let sees_all = state.access.allowed(&call.who, &format!("/nodes/{}", call.node), "Sys.Audit");
    let mut matching: Vec<&TaskRecord> = state
        .tasks
        .iter()
        .rev()
        .filter(|task| task.node == call.node)
        .filter(|task| sees_all || task.user == call.who.user)
        .filter(|task| match source {
            "archive" => task.ended.is_some(),
            "active" => task.ended.is_none(),
            _ => true,
        })
        .filter(|task| wanted(task, params))
        .collect();
    matching.sort_by_key(|task| std::cmp::Reverse((task.ended.is_none(), task.started)));
    let total = matching.len();
    let limit = if limit == 0 { usize::MAX } else { limit };
    let rows: Vec<Value> =
        matching.into_iter().skip(start).take(limit).map(TaskRecord::row).collect();
    Ok(Reply { data: rows.into(), extra: BTreeMap::from([("total", total.into())]) })
}

fn wanted(task: &TaskRecord, params: &Params) -> bool {
    let exit = task.exit.as_deref();
    let state = match exit {
        None => "unknown",
        Some("OK") => "ok",
        Some(text) if text.starts_with("WARNINGS") => "warning",
        Some(_) => "error",
    };
    params.get("vmid").is_none_or(|vmid| task.id == vmid)
        && params.get("typefilter").is_none_or(|kind| task.kind == kind)
        && params.get("userfilter").is_none_or(|user| task.owner().contains(user))
        && params.integer("since").is_none_or(|since| task.started as i64 >= since)
        && params.integer("until").is_none_or(|until| task.started as i64 <= until)
        && (!params.flag("errors") || (exit.is_some() && exit != Some("OK")))
        && params
            .get("statusfilter")
            .is_none_or(|wanted| split_list(wanted).iter().any(|w| w == state))
}

/// Runs `read` on the task that the path names, after the checks that every task call makes; another's
/// task asks for a privilege on the node.
fn with_task(call: &Call, privilege: &str, read: impl FnOnce(&TaskRecord) -> Value) -> Answer {
    let upid = call.params.text("upid");
    let parts: Vec<&str> = upid.split(':').collect();
    if parts.len() != 9 || parts[0] != "UPID" {
        return Err(ApiError::parameter("upid", "unable to parse worker upid"));
    }
    let state = call.shared.state();
    let Some(task) = state.tasks.iter().find(|task| task.upid == upid) else {
        return Err(ApiError::parameter("upid", "no such task"));
    };
    if task.user != call.who.user {
        let path = format!("/nodes/{}", call.node);
        if !state.access.allowed(&call.who, &path, privilege) {
            return Err(ApiError::forbidden(Some(&format!("{path}, {privilege}"))));
        }
    }
    Ok(read(task).into())
}

/// `GET /nodes/{node}/tasks/{upid}/status`.
pub(crate) fn status(call: &Call) -> Answer {
    with_task(call, "Sys.Audit", |task| {
        let mut object = task.describe();
        let running = task.ended.is_none();
        object.insert("status".to_owned(), if running { "running" } else { "stopped" }.into());
        if let Some(exit) = &task.exit {
            object.insert("exitstatus".to_owned(), exit.as_str().into());
        }
        object.into()
    })
}

/// `GET /nodes/{node}/tasks/{upid}`.
pub(crate) fn index(call: &Call) -> Answer {
    with_task(call, "Sys.Audit", |_| json!([{ "name": "log" }, { "name": "status" }]))
}

/// `GET /nodes/{node}/tasks/{upid}/log`.
pub(crate) fn log(call: &Call) -> Answer {
    let start = call.params.integer("start").unwrap_or(0).max(0) as usize;
    let limit = match call.params.integer("limit") {
        Some(0) => usize::MAX,
        Some(limit) => limit.max(0) as usize,
        None => 50,
    };
    let mut total = 0;
    let result = with_task(call, "Sys.Audit", |task| {
        let log = lines(&task.log);
        total = log.len();
        let lines = log.iter().enumerate().skip(start).take(limit);
        let rows: Vec<Value> =
            lines.map(|(index, line)| json!({ "n": index + 1, "t": line })).collect();
        if rows.is_empty() && total == 0 {
            json!([{ "n": start + 1, "t": "no content" }])
        } else {
            rows.into()
        }
    });
    match result {
        Err(error) if error.errors.get("upid").is_some_and(|text| text == "no such task") => {
            let text = "unable to open file - No such file or directory";
            let data = json!([{ "n": 1, "t": text }]);
            Ok(Reply { data, extra: BTreeMap::from([("total", 1.into())]) })
        }
        Ok(mut reply) => {
            reply.extra.insert("total", total.max(1).into());
            Ok(reply)
        }
        Err(error) => Err(error),
    }
}

/// `DELETE /nodes/{node}/tasks/{upid}`.
pub(crate) fn stop(call: &Call) -> Answer {
    with_task(call, "Sys.Modify", |task| {
        task.stop.send_replace(true);
        Value::Null
    })
}
