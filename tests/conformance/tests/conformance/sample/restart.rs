//! The sample action.

use tf_provider::{Action, ActionContext, Diagnostic, Diagnostics, Result};

use super::Client;

/// Restarts a server.
#[derive(Clone, Action)]
#[action(name = "restart", group = "Sample", timeout = "1m")]
pub(crate) struct Restart {
    /// Number of the server.
    #[attr(required)]
    id: i64,
    /// How often.
    #[attr(optional, default = 1)]
    times: i64,
    /// Password of the console.
    #[attr(write_only)]
    password: Option<String>,
    /// What goes wrong.
    #[attr(optional)]
    fault: Option<String>,
}

impl Action for Restart {
    type Client = Client;

    fn validate(config: &RestartValues, diagnostics: &mut Diagnostics) {
        if config.times.known() == Some(&0) {
            diagnostics.push(Diagnostic::error("Nothing to do").at("times"));
        }
        if config.password.known().is_some_and(|password| password.contains(' ')) {
            diagnostics.push(Diagnostic::error("The console takes no spaces").at("password"));
        }
    }

    async fn plan(
        config: &RestartValues,
        client: Option<&Client>,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        if client.is_some() && config.times.known().is_some_and(|times| *times > 5) {
            diagnostics.push(Diagnostic::warning("That is often").at("times"));
        }
        match config.fault.known().map(String::as_str) {
            Some("plan") => Err(Diagnostic::error("It cannot be restarted now").at("id")),
            _ => Ok(()),
        }
    }

    async fn invoke(cx: &mut ActionContext, client: &Client, arguments: RestartPlan) -> Result<()> {
        for round in 1..=arguments.times {
            cx.progress(format!("restart {round} of {}", arguments.times));
        }
        match arguments.fault.as_deref() {
            Some("panic") => panic!("secret {:?}", arguments.password),
            Some("hang") => {
                client.0.hanging.cancel();
                std::future::pending::<()>().await;
            }
            Some("fail") => return Err(std::io::Error::other("no power").into()),
            Some("password") => cx.progress(format!("{}", arguments.password.is_some())),
            _ => {}
        }
        client.0.get(arguments.id).map(drop).ok_or_else(|| {
            Diagnostic::error(format!("There is no server {}", arguments.id)).at("id")
        })
    }
}
