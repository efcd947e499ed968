//! What can go wrong, named so that a caller can say what to do about it.

use std::{collections::BTreeMap, error::Error as StdError, fmt, sync::Arc};

use onprem_http::{RequestContext, StatusError, TlsFailure, Unreachable};
use serde_json::Value;

use crate::{NameError, Upid, codec::CodecError};

/// A failed operation: what was attempted, on which endpoint, and what the server said
///
/// Cheap to clone. Match on [`kind`](Self::kind) to tell situations apart; it looks through a failed
/// task to the reason in its exit status.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    text: String,
    request: Option<RequestContext>,
    task: Option<TaskFailure>,
    maybe_executed: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            text: text.into(),
            request: None,
            task: None,
            maybe_executed: false,
        }))
    }

    pub(crate) fn with_request(mut self, request: Option<&RequestContext>) -> Self {
        if let Some(request) = request {
            Arc::make_mut(&mut self.0).request = Some(request.clone());
        }
        self
    }

    pub(crate) fn task_failed(failure: TaskFailure) -> Self {
        let kind = classify(&failure.exit).unwrap_or(ErrorKind::TaskFailed);
        let text = format!("the task {} ended with: {}", failure.upid, failure.exit);
        let mut error = Self::new(kind, text);
        Arc::make_mut(&mut error.0).task = Some(failure);
        error
    }

    /// The situation
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What the server said, or what happened instead of an answer
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The request that failed; absent for errors outside any request
    pub fn request(&self) -> Option<&RequestContext> {
        self.0.request.as_ref()
    }

    /// The task that failed, with its exit status and the end of its log
    pub fn task(&self) -> Option<&TaskFailure> {
        self.0.task.as_ref()
    }

    /// Whether the object that was asked for definitely does not exist
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), ErrorKind::NotFound)
    }

    /// Whether the server may have carried the request out although no clear answer came back
    pub fn maybe_executed(&self) -> bool {
        self.0.maybe_executed
    }

    /// Whether no answer of the server itself came, and the request may have been carried out
    pub(crate) fn is_lost(&self) -> bool {
        let unclear = match self.kind() {
            ErrorKind::Lost | ErrorKind::Timeout | ErrorKind::Unreachable(_) => true,
            ErrorKind::Other { status } => matches!(status, Some(502..=504)),
            _ => false,
        };
        unclear && self.maybe_executed()
    }

    /// Whether the same operation may well succeed a moment later
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::Lost
            | ErrorKind::LockTimeout
            | ErrorKind::Timeout
            | ErrorKind::Unreachable(_)
            | ErrorKind::WorkerNotStarted => true,
            ErrorKind::Other { status: Some(status) } => matches!(status, 429 | 502..=504),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(request) = self.request() {
            write!(f, "{request}: ")?;
        }
        let ErrorKind::BadParameters(errors) = self.kind() else {
            return f.write_str(self.text());
        };
        f.write_str(self.text().trim_end_matches('.'))?;
        let mut separator = ": ";
        for (parameter, text) in errors {
            write!(f, "{separator}{parameter}: {text}")?;
            separator = "; ";
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind())
    }
}

impl StdError for Error {}

/// The situations that callers tell apart
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The object to be made is there already, and not by us
    AlreadyExists,
    /// The guest runs already
    AlreadyRunning,
    /// Parameters were refused, each with the server's text
    BadParameters(BTreeMap<String, String>),
    /// A setting of the client, or an argument of a call, cannot be used
    Configuration,
    /// The answer was not in the expected form
    Decode,
    /// The object was changed by somebody else since its digest was read
    DigestMismatch,
    /// The credentials lack a permission
    Forbidden {
        /// Path and privileges as the server names them, such as `/vms/100, VM.Audit`; may be empty
        permission: String,
    },
    /// Another task held the lock of the object's configuration too long; trying again helps
    LockTimeout,
    /// The object carries a lock of this name, such as `migrate` or `backup`
    Locked {
        /// Name of the lock
        lock: String,
    },
    /// The connection broke before the answer came
    Lost,
    /// There is no node of this name
    NoSuchNode,
    /// There is no storage of this name, or not on this node
    NoSuchStorage,
    /// The object definitely does not exist
    NotFound,
    /// The guest does not run
    NotRunning,
    /// The storage has no room left
    StorageFull,
    /// A task failed for a reason that has no kind of its own
    TaskFailed,
    /// Time ran out; the text says which limit
    Timeout,
    /// The server's certificate or TLS itself was refused
    Tls(TlsFailure),
    /// Username, password or token were refused
    Unauthorized,
    /// No connection could be made, to the endpoint or from it to another node
    Unreachable(Unreachable),
    /// The server was too busy to start a task; trying again helps
    WorkerNotStarted,
    /// Anything else
    Other {
        /// HTTP status, when there was an answer
        status: Option<u16>,
    },
}

/// How a task failed
#[derive(Clone, Debug)]
pub struct TaskFailure {
    /// The task
    pub upid: Upid,
    /// Its exit status: the error's text
    pub exit: String,
    /// The last lines of its log, at most 25
    pub log: Vec<String>,
}

impl From<onprem_http::Error> for Error {
    fn from(error: onprem_http::Error) -> Self {
        use onprem_http::ErrorKind as Http;
        let (kind, text) = match error.kind() {
            Http::Configuration(text) => (ErrorKind::Configuration, text.clone()),
            Http::Decode(text) => (ErrorKind::Decode, text.clone()),
            Http::Lost(_) => (ErrorKind::Lost, error.kind().to_string()),
            Http::Timeout(text) => (ErrorKind::Timeout, text.clone()),
            Http::Tls(failure) => (ErrorKind::Tls(failure.clone()), failure.to_string()),
            Http::Unreachable(how) => (ErrorKind::Unreachable(how.clone()), how.to_string()),
            Http::Status(status) => of_status(status),
            _ => (ErrorKind::Other { status: None }, error.kind().to_string()),
        };
        Self(Arc::new(Inner {
            kind,
            text,
            request: error.context().cloned(),
            task: None,
            maybe_executed: error.maybe_executed(),
        }))
    }
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Self::new(ErrorKind::Configuration, error.to_string())
    }
}

impl From<CodecError> for Error {
    fn from(error: CodecError) -> Self {
        Self::new(ErrorKind::Decode, error.to_string())
    }
}

/// The situation and the server's words in an answer with an error status
fn of_status(answer: &StatusError) -> (ErrorKind, String) {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = body.get("message").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let reason = answer.reason.trim();
    let text = match (message, reason) {
        ("", "") => format!("status {}", answer.code.as_u16()),
        ("", reason) => reason.to_owned(),
        (message, _) => message.to_owned(),
    };
    let errors: BTreeMap<String, String> = body
        .get("errors")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().trim().to_owned()))
        .collect();
    let status = answer.code.as_u16();
    let kind = match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden { permission: permission(&text) },
        595 | 596 => ErrorKind::Unreachable(Unreachable::Other(text.clone())),
        599 => ErrorKind::Timeout,
        _ if !errors.is_empty() => {
            // A lone complaint that is a situation of its own, such as {"vmid": "VM 100 already exists"}.
            let single = errors.values().next().filter(|_| errors.len() == 1);
            single
                .and_then(|text| classify(text))
                .unwrap_or_else(|| ErrorKind::BadParameters(errors.clone()))
        }
        _ => classify(&text).unwrap_or(ErrorKind::Other { status: Some(status) }),
    };
    let text = match &kind {
        ErrorKind::BadParameters(_) => text,
        _ if !errors.is_empty() => {
            let texts: Vec<String> =
                errors.iter().map(|(key, text)| format!("{key}: {text}")).collect();
            texts.join("; ")
        }
        _ => text,
    };
    (kind, text)
}

/// The situation that an error text of Proxmox names, wherever it stands
fn classify(text: &str) -> Option<ErrorKind> {
    let text = text.trim();
    if text.contains("can't lock file") || text.contains("can't aquire lock") {
        return Some(ErrorKind::LockTimeout);
    }
    if text.contains("got no worker upid") {
        return Some(ErrorKind::WorkerNotStarted);
    }
    for guest in ["VM", "CT"] {
        if let Some(rest) =
            text.strip_prefix(guest).and_then(|rest| rest.strip_prefix(" is locked"))
        {
            let lock = rest.trim().trim_start_matches('(').trim_end_matches(')');
            return Some(ErrorKind::Locked { lock: lock.to_owned() });
        }
        let words = text.strip_prefix(guest).and_then(|rest| rest.strip_prefix(' '));
        match words.and_then(|words| words.split_once(' ')) {
            Some((_, "already running")) => return Some(ErrorKind::AlreadyRunning),
            Some((_, "not running" | "is not running")) => return Some(ErrorKind::NotRunning),
            _ => {}
        }
    }
    if text.starts_with("checksum mismatch (file change by other user?)")
        || text.starts_with("detected modified configuration")
    {
        return Some(ErrorKind::DigestMismatch);
    }
    if text.contains("no such cluster node") || text.starts_with("hostname lookup '") {
        return Some(ErrorKind::NoSuchNode);
    }
    let missing = text.contains("does not exist");
    if text == "No such storage." || (text.starts_with("storage '") && missing) {
        return Some(ErrorKind::NoSuchStorage);
    }
    // What a rule or a set names is not the object that was addressed.
    if text.starts_with("no such alias '") || text.starts_with("no such ipset '") {
        return None;
    }
    // "does not exist" alone says nothing about the object that was addressed: a disk, an image or a
    // bridge that it names may be what is missing.
    let pool = text.strip_prefix("update pools failed: ");
    let pool = pool.or_else(|| text.strip_prefix("delete pool failed: ")).unwrap_or(text);
    if (text.starts_with("Configuration file '") && missing)
        || text.starts_with("unable to find configuration file for ")
        || (pool.starts_with("pool '") && missing)
        || (text.starts_with("resource '") && text.ends_with("does not exist in cluster"))
        || text.starts_with("no such ")
        || text.starts_with("update resources config failed: no such resource ")
        || (text.starts_with("cannot delete service '") && text.ends_with("not HA managed!"))
        || text.starts_with("no rule at position ")
    {
        return Some(ErrorKind::NotFound);
    }
    if text.ends_with("already exists")
        || text.contains("config file already exists")
        || text.contains(" already exists on node '")
        || text.contains("' already defined")
        || text.starts_with("refusing to override existing file")
    {
        return Some(ErrorKind::AlreadyExists);
    }
    let lower = text.to_lowercase();
    let full = ["no space left", "not enough free space", "out of space", "not enough space"];
    if full.iter().any(|words| lower.contains(words))
        || (lower.contains("insufficient") && lower.contains("space"))
    {
        return Some(ErrorKind::StorageFull);
    }
    if let Some(rest) = text.strip_prefix("403 ") {
        return Some(ErrorKind::Forbidden { permission: permission(rest) });
    }
    None
}

/// What stands in the parentheses of `Permission check failed (/vms/100, VM.Audit)`
fn permission(text: &str) -> String {
    let inside = text.split_once('(').map(|(_, rest)| rest.trim_end());
    let inside = inside.map(|rest| rest.strip_suffix(')').unwrap_or(rest));
    inside.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, reason: &str, body: &'static str) -> (ErrorKind, String) {
        of_status(&StatusError {
            code: onprem_http::StatusCode::from_u16(status).unwrap(),
            reason: reason.to_owned(),
            headers: onprem_http::HeaderMap::new(),
            body: body.into(),
        })
    }

    #[test]
    fn texts_of_the_server_name_their_situation() {
        let other = ErrorKind::Other { status: Some(500) };
        for (text, kind) in [
            (
                "can't lock file '/var/lock/qemu-server/lock-170.conf' - got timeout",
                ErrorKind::LockTimeout,
            ),
            (
                "unable to create VM 171 - can't lock file '/x' - got timeout",
                ErrorKind::LockTimeout,
            ),
            ("got no worker upid - start worker failed", ErrorKind::WorkerNotStarted),
            ("VM is locked (migrate)", ErrorKind::Locked { lock: "migrate".to_owned() }),
            ("CT is locked (backup)", ErrorKind::Locked { lock: "backup".to_owned() }),
            ("checksum mismatch (file change by other user?)", ErrorKind::DigestMismatch),
            (
                "detected modified configuration - file changed by other user? Try again.",
                ErrorKind::DigestMismatch,
            ),
            ("no such cluster node 'nonode'", ErrorKind::NoSuchNode),
            (
                "hostname lookup 'nonode' failed - failed to get address info for: nonode: x",
                ErrorKind::NoSuchNode,
            ),
            ("storage 'nostore' does not exist", ErrorKind::NoSuchStorage),
            (
                "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
                ErrorKind::NotFound,
            ),
            ("unable to find configuration file for VM 999 on node 'pve1'", ErrorKind::NotFound),
            (
                "unable to create VM 102 - VM 102 already exists on node 'pve1'",
                ErrorKind::AlreadyExists,
            ),
            ("unable to create VM 185: config file already exists", ErrorKind::AlreadyExists),
            (
                "refusing to override existing file '/var/lib/vz/template/iso/dl.iso'",
                ErrorKind::AlreadyExists,
            ),
            ("VM 170 already running", ErrorKind::AlreadyRunning),
            ("CT 310 not running", ErrorKind::NotRunning),
            ("VM 170 is not running", ErrorKind::NotRunning),
            ("no such security group 'nope'", ErrorKind::NotFound),
            ("no such IPSet 'nope'", ErrorKind::NotFound),
            ("update pools failed: pool 'none' does not exist", ErrorKind::NotFound),
            ("cannot delete service 'vm:220', not HA managed!", ErrorKind::NotFound),
            ("write failed: No space left on device", ErrorKind::StorageFull),
            (
                "403 Permission check failed (/storage/local, Datastore.AllocateSpace)",
                ErrorKind::Forbidden {
                    permission: "/storage/local, Datastore.AllocateSpace".to_owned(),
                },
            ),
            // What is missing here is not the guest.
            ("disk 'scsi20' does not exist", other.clone()),
            ("unable to create VM 101 - volume 'local:iso/nope.iso' does not exist", other.clone()),
            ("bridge 'v1' does not exist", other.clone()),
            ("no such ipset 'set2'", other.clone()),
            ("create pool failed: parent 'nope' of pool 'nope/sub' does not exist", other.clone()),
            ("VM 220 is running - destroy failed", other),
        ] {
            assert_eq!(answer(500, text, "{}").0, kind, "{text}");
        }
    }

    #[test]
    fn a_refused_parameter_is_named_with_its_text() {
        let body = r#"{"data":null,"message":"Parameter verification failed.\n","errors":{"a":"x\n","b":"y"}}"#;
        let (kind, text) = answer(400, "Parameter verification failed.", body);
        assert_eq!(text, "Parameter verification failed.");
        let error = Error::new(kind, text).to_string();
        assert_eq!(error, "Parameter verification failed: a: x; b: y");
    }

    #[test]
    fn a_lone_complaint_may_be_a_situation() {
        let body = r#"{"data":null,"errors":{"vmid":"VM 220 already exists"}}"#;
        assert_eq!(answer(400, "Parameter verification failed.", body).0, ErrorKind::AlreadyExists);
        let body = r#"{"data":null,"errors":{"storage":"No such storage."}}"#;
        assert_eq!(answer(400, "", body).0, ErrorKind::NoSuchStorage);
    }

    #[test]
    fn an_answer_without_a_body_speaks_through_its_reason() {
        assert_eq!(answer(401, "No ticket", ""), (ErrorKind::Unauthorized, "No ticket".to_owned()));
        let (kind, _) = answer(403, "Permission check failed (/vms/999, VM.Audit)", "");
        assert_eq!(kind, ErrorKind::Forbidden { permission: "/vms/999, VM.Audit".to_owned() });
        assert_eq!(answer(500, "", "").1, "status 500");
    }
}
