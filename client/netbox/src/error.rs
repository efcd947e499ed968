//! What can go wrong, named so that a caller can say what to do about it.

use std::{collections::BTreeMap, error::Error as StdError, fmt, sync::Arc};

use onprem_http::{RequestContext, StatusError, TlsFailure, Unreachable};
use serde_json::Value;

/// A failed operation: what was attempted, on which endpoint, and what the server said
///
/// Cheap to clone. Match on [`kind`](Self::kind) to tell situations apart.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    text: String,
    request: Option<RequestContext>,
    request_id: Option<String>,
    maybe_executed: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            text: text.into(),
            request: None,
            request_id: None,
            maybe_executed: false,
        }))
    }

    pub(crate) fn with_request(mut self, request: RequestContext) -> Self {
        Arc::make_mut(&mut self.0).request = Some(request);
        self
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

    /// The `X-Request-ID` of the answer, by which the server's log names the request
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether the object that was asked for does not exist, or is hidden from the token
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), ErrorKind::NotFound)
    }

    /// Whether the server may have carried the request out although no clear answer came back
    pub fn maybe_executed(&self) -> bool {
        self.0.maybe_executed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(request) = self.request() {
            write!(f, "{request}: ")?;
        }
        f.write_str(self.text())?;
        if let ErrorKind::Invalid(fields) = self.kind() {
            let mut separator = ": ";
            for (field, text) in fields {
                match field.as_str() {
                    "" => write!(f, "{separator}{text}")?,
                    field => write!(f, "{separator}{field}: {text}")?,
                }
                separator = "; ";
            }
        }
        if let Some(id) = self.request_id() {
            write!(f, " (X-Request-ID {id})")?;
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
    /// A setting of the client, or an argument of a call, cannot be used
    Configuration,
    /// Somebody else changed the object since it was read (412)
    Conflict,
    /// The answer was not in the expected form
    Decode,
    /// Other objects need the one that was to be deleted; the text lists them
    Dependents,
    /// The server answered well and did not store this field
    Dropped {
        /// The field's name in the API
        field: String,
    },
    /// Another object has what must be unique
    Duplicate(BTreeMap<String, String>),
    /// Nothing is free in the prefix or range
    Exhausted,
    /// The token is missing, unknown, expired, read-only or lacks a permission (403)
    Forbidden,
    /// Fields were refused, each with the server's text; an empty name is about the whole object
    Invalid(BTreeMap<String, String>),
    /// The connection broke before the answer came
    Lost,
    /// The object does not exist, or the token may not see it
    NotFound,
    /// The server answered with a redirect, which is never followed
    Redirect,
    /// Time ran out; the text says which limit
    Timeout,
    /// The server's certificate or TLS itself was refused
    Tls(TlsFailure),
    /// No connection could be made
    Unreachable(Unreachable),
    /// The server's version cannot do it
    Unsupported,
    /// Anything else
    Other {
        /// HTTP status, when there was an answer
        status: Option<u16>,
    },
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
        let request_id = error.status().and_then(|status| status.headers.get("x-request-id"));
        let request_id = request_id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        Self(Arc::new(Inner {
            kind,
            text,
            request: error.context().cloned(),
            request_id,
            maybe_executed: error.maybe_executed(),
        }))
    }
}

fn of_status(status: &StatusError) -> (ErrorKind, String) {
    let code = status.code.as_u16();
    let answer = serde_json::from_slice::<Value>(&status.body).ok();
    let detail = answer.as_ref().and_then(|answer| answer["detail"].as_str()).map(str::to_owned);
    let said = detail.clone().unwrap_or_else(|| readable(&status.body));
    let text = match said.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {said}"),
    };
    let kind = match code {
        300..=399 => {
            let location = status.headers.get("location").and_then(|l| l.to_str().ok());
            let text = format!("{status}, to {}", location.unwrap_or("nowhere"));
            return (ErrorKind::Redirect, text);
        }
        400 => match (&detail, &answer) {
            (None, Some(answer)) => {
                let fields = complaints(answer);
                let duplicate = fields.values().any(|text| is_duplicate(text));
                let kind = if duplicate { ErrorKind::Duplicate } else { ErrorKind::Invalid };
                let kind = kind(fields);
                return match &kind {
                    // Said once: the complaints are printed from the kind.
                    ErrorKind::Invalid(_) => (kind, status.to_string()),
                    _ => (kind, text),
                };
            }
            _ => ErrorKind::Other { status: Some(code) },
        },
        401 | 403 => ErrorKind::Forbidden,
        404 if answer.is_some() => ErrorKind::NotFound,
        409 if said.starts_with("Insufficient resources") => ErrorKind::Exhausted,
        409 if said.contains("dependent objects") => ErrorKind::Dependents,
        412 => ErrorKind::Conflict,
        _ => ErrorKind::Other { status: Some(code) },
    };
    (kind, text)
}

fn is_duplicate(text: &str) -> bool {
    let text = text.to_lowercase();
    ["duplicate ip address", "duplicate prefix", "already exists", "must make a unique set"]
        .iter()
        .any(|words| text.contains(words))
}

/// The complaints of a 400, by field; those of the whole object under no name.
fn complaints(answer: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(answer, "", &mut found);
    found
}

fn collect(value: &Value, field: &str, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let whole = matches!(name.as_str(), "__all__" | "non_field_errors");
                let path = match (whole, field) {
                    (true, field) => field.to_owned(),
                    (false, "") => name.clone(),
                    (false, field) => format!("{field}.{name}"),
                };
                collect(value, &path, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, field, found)),
        Value::Null => {}
        other => {
            let text = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            let entry: &mut String = found.entry(field.to_owned()).or_default();
            if !entry.is_empty() {
                entry.push(' ');
            }
            entry.push_str(&text);
        }
    }
}

/// The text of a body, without tags, at most two thousand characters of it.
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = if text.contains('<') { without_tags(&text) } else { text.into_owned() };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(2000).collect()
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let name = tag.get(..6).unwrap_or_default().to_ascii_lowercase();
        let end = ["style", "script"].into_iter().find(|hidden| name.starts_with(hidden));
        let after = match end.map(|hidden| format!("</{hidden}")) {
            Some(end) => tag.split_once(&end).map_or("", |(_, after)| after),
            None => tag,
        };
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> (ErrorKind, String) {
        of_status(&StatusError {
            code: onprem_http::StatusCode::from_u16(status).unwrap(),
            reason: String::new(),
            headers: onprem_http::HeaderMap::new(),
            body: body.into(),
        })
    }

    #[test]
    fn a_page_of_html_is_read_as_text() {
        let page = "<html><head><style>p { color: red }</style><title>Server Error</title></head>\
                    <body><p>Please   contact\nyour administrator.</p></body></html>";
        let (kind, text) = answer(500, page);
        assert_eq!(kind, ErrorKind::Other { status: Some(500) });
        assert!(text.ends_with("Server Error Please contact your administrator."), "{text}");
        assert!(!text.contains("color"), "{text}");
    }

    #[test]
    fn complaints_are_told_by_field() {
        let (kind, _) =
            answer(400, r#"{"status":["\"x\" is not a valid choice."],"__all__":["a","b"]}"#);
        let ErrorKind::Invalid(fields) = kind else { panic!("{kind:?}") };
        assert_eq!(fields["status"], "\"x\" is not a valid choice.");
        assert_eq!(fields[""], "a b");
    }

    #[test]
    fn answers_to_a_list_are_told_like_those_to_one_object() {
        let (kind, _) =
            answer(400, r#"[{},{"custom_fields":{"cpus":["Value must be an integer."]}}]"#);
        let ErrorKind::Invalid(fields) = kind else { panic!("{kind:?}") };
        assert_eq!(fields["custom_fields.cpus"], "Value must be an integer.");
    }

    #[test]
    fn situations_have_names() {
        let exhausted =
            r#"{"detail":"Insufficient resources are available to satisfy the request"}"#;
        assert_eq!(answer(409, exhausted).0, ErrorKind::Exhausted);
        let needed =
            r#"{"detail":"Unable to delete object. 2 dependent objects were found: a (1), b (2)"}"#;
        assert_eq!(answer(409, needed).0, ErrorKind::Dependents);
        let duplicate =
            r#"{"address":["Duplicate IP address found in global table: 10.9.12.1/24"]}"#;
        assert!(matches!(answer(400, duplicate).0, ErrorKind::Duplicate(_)));
        let exists = r#"{"name":["tag with this name already exists."]}"#;
        assert!(matches!(answer(400, exists).0, ErrorKind::Duplicate(_)));
        assert_eq!(answer(403, r#"{"detail":"Invalid v1 token"}"#).0, ErrorKind::Forbidden);
        assert_eq!(
            answer(404, r#"{"detail":"No Prefix matches the given query."}"#).0,
            ErrorKind::NotFound
        );
        // The page of a web server, which knows no object.
        assert_eq!(answer(404, "<h1>Not Found</h1>").0, ErrorKind::Other { status: Some(404) });
        assert_eq!(answer(412, "{}").0, ErrorKind::Conflict);
    }
}
