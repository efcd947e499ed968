//! Tickets. API: `POST /access/ticket`.

use onprem_http::{Method, Secret};
use onprem_proxmox::{ErrorKind, Params};
use tf_provider::{Diagnostic, Diagnostics, EphemeralContext, EphemeralResource, Result};

use super::Proxmox;

/// A ticket of a user: what a browser has after a login. It is for programs that take neither tokens nor
/// passwords, and for the console.
///
/// It is in no state and in no plan. Proxmox VE takes no ticket back: one ends two hours after it was made.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(
    name = "proxmox_ticket",
    group = "Proxmox VE",
    required_together(username, password)
)]
pub(crate) struct Ticket {
    /// User, for example `operator@pve`; the user of the provider block unless set, where that has one
    /// with a password.
    #[attr(setting)]
    username: String,
    /// Password of the user.
    #[attr(optional, sensitive)]
    password: Option<String>,
    /// Value of the cookie `PVEAuthCookie`.
    #[attr(computed, sensitive)]
    ticket: String,
    /// Value of the header `CSRFPreventionToken`, which every request but a GET needs.
    #[attr(computed, sensitive)]
    csrf_prevention_token: String,
}

impl EphemeralResource for Ticket {
    type Client = Proxmox;

    fn validate(config: &TicketValues, diagnostics: &mut Diagnostics) {
        if let Some(username) = config.username.known()
            && !username.contains('@')
        {
            diagnostics.push(
                Diagnostic::error(format!("`{username}` names no realm"))
                    .hint("write it like `operator@pve` or `root@pam`")
                    .at("username"),
            );
        }
    }

    async fn open(cx: &mut EphemeralContext, pve: &Proxmox, arguments: TicketPlan) -> Result<Self> {
        let pve =
            pve.until(cx.deadline(), cx.time_limit(), "the time limit of an ephemeral resource");
        let given = arguments.username.zip(arguments.password.clone().map(Secret::new));
        let own = given.is_some();
        let (username, password) = given.or_else(|| pve.login.clone()).ok_or_else(|| {
            Diagnostic::error("There is no user to make a ticket for")
                .detail("The provider block has an API token, and a token makes no ticket.")
                .hint("set `username` and `password`")
                .at("username")
        })?;
        let params = Params::new().with("username", &username).with("password", &password);
        let answer = pve.request(Method::POST, "/access/ticket", &params).await;
        let answer = answer.map_err(|error| match error.kind() {
            ErrorKind::Unauthorized if own => {
                Diagnostic::error(format!("Proxmox VE refused the login of {username}"))
                    .detail(error.to_string())
                    .hint("check `username`, its realm, and `password`; the user may be disabled")
                    .at("username")
            }
            _ => error.into(),
        })?;
        if answer["NeedTFA"] == 1 {
            return Err(Diagnostic::error(format!("{username} needs a second factor to log in"))
                .hint("take a user without one, with no more rights than it needs")
                .at("username"));
        }
        let text = |name: &str| {
            answer[name].as_str().map(str::to_owned).ok_or_else(|| {
                Diagnostic::error(format!("The answer to the login of {username} has no `{name}`"))
            })
        };
        Ok(Self {
            ticket: text("ticket")?,
            csrf_prevention_token: text("CSRFPreventionToken")?,
            password: None,
            username,
        })
    }
}
