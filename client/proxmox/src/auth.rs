//! Who asks: an API token, or a user whose ticket is renewed as needed.

use std::time::{Duration, Instant};

use onprem_http::{Body, Deadline, HeaderName, HttpClient, Method, Request, Resend, Secret};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{Error, ErrorKind, Params, call::FORM, codec};

/// Tickets live for two hours; a younger one is renewed so that no request carries it to its end
const TICKET_AGE: Duration = Duration::from_secs(3600);

/// What stands before a token in its header; people paste it with the token
const TOKEN_SCHEME: &str = "PVEAPIToken=";

/// How a client proves who it is
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Authentication {
    /// An API token, whole: `user@realm!name=secret`
    ApiToken(Secret),
    /// A user with a password; the client fetches and renews tickets
    Password {
        /// `user@realm`, such as `root@pam`
        username: String,
        /// The password
        password: Secret,
    },
}

impl Authentication {
    /// Check the form, and tell the user as task ids spell it
    pub(crate) fn user(&self) -> Result<String, Error> {
        let configuration = |text: &str| Error::new(ErrorKind::Configuration, text);
        match self {
            Self::ApiToken(token) => {
                let token = token.expose().trim_start_matches(TOKEN_SCHEME);
                let name = token.split_once('=').filter(|(_, secret)| !secret.is_empty());
                let name = name.map(|(name, _)| name);
                match name.and_then(|name| Some((name, name.split_once('!')?))) {
                    Some((name, (user, token)))
                        if user.contains('@') && !token.is_empty() && printable(name) =>
                    {
                        Ok(name.to_owned())
                    }
                    _ => Err(configuration("the API token must look like user@realm!name=secret")),
                }
            }
            Self::Password { username, password } => {
                if !username.contains('@') || !printable(username) {
                    let text = format!("the username {username:?} must look like user@realm");
                    return Err(configuration(&text));
                }
                if password.is_empty() {
                    return Err(configuration("the password is empty"));
                }
                Ok(username.clone())
            }
        }
    }
}

fn printable(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_graphic())
}

/// The tickets of one client
#[derive(Debug)]
pub(crate) struct Sessions {
    authentication: Authentication,
    current: Mutex<Option<Session>>,
}

#[derive(Clone, Debug)]
struct Session {
    cookie: Secret,
    csrf: Secret,
    since: Instant,
}

/// The headers of one request, and the ticket that they came from
pub(crate) struct Credentials {
    headers: Vec<(HeaderName, Secret)>,
    since: Option<Instant>,
}

impl Credentials {
    pub(crate) fn apply(&self, request: Request) -> Request {
        self.headers
            .iter()
            .fold(request, |request, (name, value)| request.secret_header(name.clone(), value))
    }
}

#[derive(Deserialize)]
struct Ticket {
    ticket: Option<String>,
    #[serde(rename = "CSRFPreventionToken")]
    csrf: Option<String>,
    #[serde(rename = "NeedTFA", default)]
    needs_second_factor: bool,
}

impl Sessions {
    pub(crate) fn new(authentication: Authentication) -> Self {
        Self { authentication, current: Mutex::new(None) }
    }

    /// The headers that authenticate a request, after a login where one is due
    pub(crate) async fn credentials(
        &self,
        http: &HttpClient,
        deadline: Option<&Deadline>,
    ) -> Result<Credentials, Error> {
        let (username, password) = match &self.authentication {
            Authentication::ApiToken(token) => {
                let token = token.expose().trim_start_matches(TOKEN_SCHEME);
                let value = Secret::new(format!("{TOKEN_SCHEME}{token}"));
                let headers = vec![(HeaderName::from_static("authorization"), value)];
                return Ok(Credentials { headers, since: None });
            }
            Authentication::Password { username, password } => (username, password),
        };
        // Held during the login, so that many requests at once make one login.
        let mut current = self.current.lock().await;
        let session = match &*current {
            Some(session) if session.since.elapsed() < TICKET_AGE => session.clone(),
            _ => {
                let session = log_in(http, username, password, deadline).await?;
                current.insert(session).clone()
            }
        };
        let headers = vec![
            (HeaderName::from_static("cookie"), session.cookie),
            (HeaderName::from_static("csrfpreventiontoken"), session.csrf),
        ];
        Ok(Credentials { headers, since: Some(session.since) })
    }

    /// Forget a ticket that was refused; false when there is nothing to renew
    pub(crate) async fn forget(&self, refused: &Credentials) -> bool {
        let Some(since) = refused.since else { return false };
        let mut current = self.current.lock().await;
        // Another request may have renewed it meanwhile.
        if current.as_ref().is_some_and(|session| session.since == since) {
            *current = None;
        }
        true
    }
}

/// API: `POST /access/ticket`
async fn log_in(
    http: &HttpClient,
    username: &str,
    password: &Secret,
    deadline: Option<&Deadline>,
) -> Result<Session, Error> {
    let since = Instant::now();
    let params = Params::new().with("username", username).with("password", password);
    let mut request = Request::new(Method::POST, "/access/ticket")
        .body(Body::Bytes { content_type: FORM, bytes: params.encode().into() })
        .resend(Resend::Always);
    if let Some(deadline) = deadline {
        request = request.deadline(deadline);
    }
    let response = http.send(&request).await?;
    let answer: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let ticket: Ticket = codec::from_value(&answer["data"])?;
    if ticket.needs_second_factor {
        return Err(Error::new(
            ErrorKind::Unauthorized,
            format!("{username} needs a second factor to log in: use an API token instead"),
        ));
    }
    let (Some(ticket), Some(csrf)) = (ticket.ticket, ticket.csrf) else {
        return Err(Error::new(ErrorKind::Decode, "the answer to the login holds no ticket"));
    };
    tracing::debug!(username, "logged in");
    Ok(Session {
        cookie: Secret::new(format!("PVEAuthCookie={ticket}")),
        csrf: Secret::new(csrf),
        since,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_the_wrong_form_are_refused_without_showing_them() {
        for token in ["", "abc", "root@pam=abc", "root!x=abc", "root@pam!=abc", "root@pam!x="] {
            let error = Authentication::ApiToken(Secret::new(token)).user().unwrap_err();
            assert_eq!(error.text(), "the API token must look like user@realm!name=secret");
        }
        let token = Authentication::ApiToken(Secret::new("PVEAPIToken=root@pam!tf=a=b"));
        assert_eq!(token.user().unwrap(), "root@pam!tf");
        let password = Authentication::Password {
            username: "root".to_owned(),
            password: Secret::new("hunter2"),
        };
        assert!(!password.user().unwrap_err().to_string().contains("hunter2"));
        assert!(!format!("{password:?}").contains("hunter2"));
    }
}
