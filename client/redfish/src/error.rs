//! What can go wrong, named so that a caller can say what to do about it.

use std::{error::Error as StdError, fmt, sync::Arc};

use onprem_http::{RequestContext, StatusError, TlsFailure, Unreachable};
use serde_json::Value;

use crate::{Job, json};

/// A failed operation: what was attempted, on which endpoint, and what the server said
///
/// Cheap to clone. Match on [`kind`](Self::kind) to tell situations apart.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    text: String,
    messages: Vec<Message>,
    request: Option<RequestContext>,
    job: Option<Job>,
    maybe_executed: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            text: text.into(),
            messages: vec![],
            request: None,
            job: None,
            maybe_executed: false,
        }))
    }

    pub(crate) fn with_request(mut self, request: Option<&RequestContext>) -> Self {
        if let Some(request) = request {
            Arc::make_mut(&mut self.0).request = Some(request.clone());
        }
        self
    }

    pub(crate) fn with_messages(self, messages: Vec<Message>) -> Self {
        let Inner { kind, text, request, job, maybe_executed, .. } = &*self.0;
        Self(Arc::new(Inner {
            kind: kind.clone(),
            text: text.clone(),
            messages,
            request: request.clone(),
            job: job.clone(),
            maybe_executed: *maybe_executed,
        }))
    }

    /// An answer with the status of success whose body says the contrary
    pub(crate) fn refused(messages: Vec<Message>, request: &RequestContext) -> Self {
        let kind = messages.iter().find_map(|one| classify(one.code()));
        let kind = kind.unwrap_or(ErrorKind::Other { status: None });
        let text = "the server answered with an error in a successful answer";
        let mut error = Self::new(kind, text).with_request(Some(request));
        Arc::make_mut(&mut error.0).messages = messages;
        error
    }

    pub(crate) fn job_failed(job: Job) -> Self {
        let text = format!("the job {} {}", job.id, job.ending());
        let mut error = Self::new(ErrorKind::JobFailed, text);
        Arc::make_mut(&mut error.0).job = Some(job);
        error
    }

    /// The situation
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What happened, without the server's messages
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The messages of the server, the most telling first
    pub fn messages(&self) -> &[Message] {
        &self.0.messages
    }

    /// The request that failed; absent for errors outside any request
    pub fn request(&self) -> Option<&RequestContext> {
        self.0.request.as_ref()
    }

    /// The job that failed
    pub fn job(&self) -> Option<&Job> {
        self.0.job.as_ref()
    }

    /// Whether the object that was asked for does not exist
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), ErrorKind::NotFound)
    }

    /// Whether the server may have carried the request out although no clear answer came back
    pub fn maybe_executed(&self) -> bool {
        self.0.maybe_executed
    }

    /// Whether the start of a job was refused for sure
    pub(crate) fn made_no_job(&self) -> bool {
        match self.kind() {
            ErrorKind::AmbiguousJob => false,
            ErrorKind::Busy
            | ErrorKind::JobExists
            | ErrorKind::JobQueueFull
            | ErrorKind::Lockdown
            | ErrorKind::NotReady => true,
            _ => !self.maybe_executed(),
        }
    }

    /// Whether a controller that restarts answers like this
    pub fn is_passing(&self) -> bool {
        match self.kind() {
            ErrorKind::Lost
            | ErrorKind::NotReady
            | ErrorKind::Timeout
            | ErrorKind::Unauthorized
            | ErrorKind::Unreachable(_) => true,
            ErrorKind::Other { status: Some(status) } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(request) = self.request() {
            write!(f, "{request}: ")?;
        }
        f.write_str(self.text())?;
        let mut separator = ": ";
        for message in self.messages() {
            write!(f, "{separator}{message}")?;
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
    /// The answer to the start of a job was lost, and which job it made cannot be told; the text names
    /// those that it may be
    AmbiguousJob,
    /// Another job or update keeps the controller busy; later it may do
    Busy,
    /// A setting of the client, or an argument of a call, cannot be used
    Configuration,
    /// The answer was not in the expected form
    Decode,
    /// The user lacks a privilege
    Forbidden,
    /// There is a job for this device already
    JobExists,
    /// A job ended badly, or is stuck for good
    JobFailed,
    /// The job queue has no room
    JobQueueFull,
    /// The system is locked down: no change is accepted
    Lockdown,
    /// The connection broke before the answer came
    Lost,
    /// The object does not exist
    NotFound,
    /// The controller is starting and refuses for now
    NotReady,
    /// Time ran out; the text says which limit
    Timeout,
    /// The server's certificate or TLS itself was refused
    Tls(TlsFailure),
    /// The credentials were refused
    Unauthorized,
    /// No connection could be made
    Unreachable(Unreachable),
    /// The controller's firmware does not offer this
    Unsupported,
    /// Any other answer, with its status
    Other {
        /// Status of the answer; none when a body of status 200 held the error
        status: Option<u16>,
    },
}

impl From<onprem_http::Error> for Error {
    fn from(error: onprem_http::Error) -> Self {
        use onprem_http::ErrorKind as Http;

        let mut messages = vec![];
        let (kind, text) = match error.kind() {
            Http::Configuration(text) => (ErrorKind::Configuration, text.clone()),
            Http::Decode(_) => (ErrorKind::Decode, error.kind().to_string()),
            Http::Lost(_) => (ErrorKind::Lost, error.kind().to_string()),
            Http::Timeout(_) => (ErrorKind::Timeout, error.kind().to_string()),
            Http::Tls(failure) => (ErrorKind::Tls(failure.clone()), error.kind().to_string()),
            Http::Unreachable(how) => {
                (ErrorKind::Unreachable(how.clone()), error.kind().to_string())
            }
            Http::Status(status) => {
                messages = messages_of(status);
                (of_status(status, &messages), status.to_string())
            }
            other => (ErrorKind::Other { status: None }, other.to_string()),
        };
        Self(Arc::new(Inner {
            kind,
            text,
            messages,
            request: error.context().cloned(),
            job: None,
            maybe_executed: error.maybe_executed(),
        }))
    }
}

/// A message of a controller's registry
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Whole id, such as `IDRAC.2.7.RED014`; may be empty
    pub id: String,
    /// Text
    pub text: String,
    /// What the registry advises; may be empty
    pub resolution: String,
    /// `OK`, `Warning`, `Critical` or `Informational`; may be empty
    pub severity: String,
}

impl Message {
    /// What the id means whatever the registry's version: its last segment, such as `RED014`
    pub fn code(&self) -> &str {
        message_code(&self.id)
    }

    fn parse(value: &Value) -> Self {
        let get = |name: &str| json::text(value, name).unwrap_or_default();
        let severity = json::text(value, "/MessageSeverity");
        Self {
            id: get("/MessageId"),
            text: get("/Message"),
            resolution: get("/Resolution"),
            severity: severity.unwrap_or_else(|| get("/Severity")),
        }
    }

    /// Whether it takes the success of an answer back that was `accepted` or not: by its severity, and where
    /// nothing was accepted by an id that means a refusal whatever its severity
    fn refuses(&self, accepted: bool) -> bool {
        self.severity == "Critical" || (!accepted && classify(self.code()).is_some())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end_matches('.'))?;
        if !self.id.is_empty() {
            write!(f, " [{}]", self.code())?;
        }
        // The registry's way to say that there is nothing to say.
        let silent = ["", "None", "No response action is required."];
        if !silent.contains(&self.resolution.as_str()) {
            write!(f, " ({})", self.resolution.trim_end_matches('.'))?;
        }
        Ok(())
    }
}

/// The last segment of a message id: `IDRAC.2.7.RED001` and `RED001` are the same
pub fn message_code(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

/// What the messages in the body of a successful answer come to
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Those that take the success back
    pub(crate) failures: Vec<Message>,
    /// Those that somebody should know of
    pub(crate) warnings: Vec<Message>,
}

/// Judge the body of an answer with a status of success, which says of what was `accepted` where that is
///
/// Ids that nobody here knows count by their severity alone: there are thousands.
pub(crate) fn judge(body: &Value, accepted: bool) -> Verdict {
    let list = |pointer: &str| {
        let list = body.pointer(pointer).and_then(Value::as_array);
        list.into_iter().flatten().map(Message::parse)
    };
    let mut verdict = Verdict::default();
    for message in list("/@Message.ExtendedInfo") {
        match message.severity.as_str() {
            _ if message.refuses(accepted) => verdict.failures.push(message),
            "Warning" => verdict.warnings.push(message),
            _ => {}
        }
    }
    // An error by its name, whatever the status.
    let errors = list("/error/@Message.ExtendedInfo");
    let serious = |one: &Message| one.refuses(accepted) || one.severity == "Warning";
    verdict.failures.extend(errors.filter(serious));
    verdict
}

fn messages_of(status: &StatusError) -> Vec<Message> {
    let body: Value = serde_json::from_slice(&status.body).unwrap_or_default();
    let info = body.pointer("/error/@Message.ExtendedInfo");
    let info = info.or_else(|| body.pointer("/@Message.ExtendedInfo"));
    let mut messages: Vec<Message> = match info {
        Some(Value::Array(list)) => list.iter().map(Message::parse).collect(),
        Some(one @ Value::Object(_)) => vec![Message::parse(one)],
        _ => vec![],
    };
    messages.retain(|message| !message.text.is_empty());
    // What the vendor says is more telling than what every Redfish service says.
    messages.sort_by_key(|message| message.id.starts_with("Base."));
    if messages.is_empty()
        && let Some(text) = json::text(&body, "/error/message")
    {
        let id = json::text(&body, "/error/code").unwrap_or_default();
        messages.push(Message { id, text, resolution: String::new(), severity: String::new() });
    }
    messages
}

fn of_status(status: &StatusError, messages: &[Message]) -> ErrorKind {
    let code = status.code.as_u16();
    if let Some(kind) = messages.iter().find_map(|message| classify(message.code())) {
        return kind;
    }
    let locked = messages.iter().any(|one| one.text.to_lowercase().contains("lockdown"));
    match code {
        _ if locked => ErrorKind::Lockdown,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        405 | 501 => ErrorKind::Unsupported,
        _ => ErrorKind::Other { status: Some(code) },
    }
}

/// The situation that a message of the registry names
fn classify(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "RAC0508" | "SWC0700" | "RAC0768" | "SWC0703" => ErrorKind::NotReady,
        "RED014" => ErrorKind::JobExists,
        "RAC034" | "RAC0524" => ErrorKind::JobQueueFull,
        "RAC0679" | "LC068" | "SUP0108" | "RED023" | "RED113" => ErrorKind::Busy,
        "SYS406" => ErrorKind::Lockdown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use onprem_http::{HeaderMap, StatusCode};

    use super::*;

    fn status(code: u16, body: &'static str) -> (ErrorKind, Vec<Message>) {
        let error = StatusError {
            code: StatusCode::from_u16(code).unwrap(),
            reason: String::new(),
            headers: HeaderMap::new(),
            body: body.into(),
        };
        let messages = messages_of(&error);
        (of_status(&error, &messages), messages)
    }

    #[test]
    fn a_message_names_the_situation_whatever_its_registry_is_called() {
        for prefix in ["IDRAC.2.4", "IDRAC.2.9", "Dell.1.0"] {
            let body = format!(
                r#"{{"error":{{"code":"Base.1.12.GeneralError","@Message.ExtendedInfo":[
                {{"MessageId":"Base.1.12.GeneralError","Message":"A general error has occurred."}},
                {{"MessageId":"{prefix}.RED014","Message":"Job for this device is already present.",
                  "Resolution":"Delete the job.","Severity":"Warning"}}]}}}}"#
            );
            let (kind, messages) = status(400, body.leak());
            assert_eq!(kind, ErrorKind::JobExists);
            assert_eq!(
                messages[0].to_string(),
                "Job for this device is already present [RED014] (Delete the job)"
            );
        }
    }

    #[test]
    fn a_body_that_is_no_redfish_error_leaves_the_status() {
        assert_eq!(status(401, "<html>"), (ErrorKind::Unauthorized, vec![]));
        assert_eq!(status(503, "").0, ErrorKind::Other { status: Some(503) });
        let (kind, messages) = status(400, r#"{"error":{"code":"x","message":"no"}}"#);
        assert_eq!(kind, ErrorKind::Other { status: Some(400) });
        assert_eq!(messages[0].text, "no");
    }

    /// Any id that was not known made an error of a successful answer with a warning in it, and SYS406, which
    /// the registry calls OK, was no refusal.
    #[test]
    fn a_message_of_a_successful_answer_counts_by_its_severity() {
        let judged = |id: &str, severity: &str, accepted: bool| {
            let message =
                serde_json::json!({ "MessageId": id, "Message": "so", "Severity": severity });
            let verdict =
                judge(&serde_json::json!({ "@Message.ExtendedInfo": [message] }), accepted);
            (verdict.failures.len(), verdict.warnings.len())
        };
        for id in
            ["Base.1.12.Success", "IDRAC.2.7.SYS413", "IDRAC.2.7.RED002", "IDRAC.9.9.NEW999", ""]
        {
            assert_eq!(judged(id, "OK", false), (0, 0), "{id}");
            assert_eq!(judged(id, "Informational", true), (0, 0), "{id}");
            assert_eq!(judged(id, "Warning", false), (0, 1), "{id}");
            assert_eq!(judged(id, "Critical", true), (1, 0), "{id}");
        }
        // Malformed JSON is critical in the registry, and no lockdown.
        assert_eq!(judged("IDRAC.2.7.SYS405", "Critical", false), (1, 0));
        assert_eq!(judged("IDRAC.2.7.SYS406", "OK", false), (1, 0));
        assert_eq!(judged("IDRAC.2.7.RED014", "Warning", false), (1, 0));
        // The job was made, and waits for the Lifecycle Controller.
        assert_eq!(judged("IDRAC.2.7.RED023", "Warning", true), (0, 1));

        let error = |severity: &str| {
            let message = serde_json::json!({ "MessageId": "X", "Message": "so",
                "MessageSeverity": severity, "Severity": "OK" });
            judge(&serde_json::json!({ "error": { "@Message.ExtendedInfo": [message] } }), false)
        };
        assert_eq!(error("Warning").failures.len(), 1);
        assert_eq!(error("OK").failures.len(), 0);
    }
}
