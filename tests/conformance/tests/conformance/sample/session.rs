//! The sample ephemeral resource.

use std::time::{Duration, SystemTime};

use tf_provider::{Diagnostic, Diagnostics, EphemeralContext, EphemeralResource, Result};

use super::{Client, Fault};

/// A session of a user.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "session", group = "Sample")]
pub(crate) struct Session {
    /// Who logs in.
    #[attr(required)]
    user: String,
    /// How many minutes it lives.
    #[attr(optional, default = 30)]
    minutes: i64,
    /// Where it is valid.
    #[attr(setting)]
    realm: String,
    /// What authenticates.
    #[attr(computed, sensitive)]
    token: String,
}

impl EphemeralResource for Session {
    type Client = Client;

    fn validate(config: &SessionValues, diagnostics: &mut Diagnostics) {
        if config.user.known().is_some_and(String::is_empty) {
            diagnostics.push(Diagnostic::error("Nobody logs in").at("user"));
        }
    }

    async fn open(
        cx: &mut EphemeralContext,
        client: &Client,
        arguments: SessionPlan,
    ) -> Result<Self> {
        let SessionPlan { user, minutes, realm } = arguments;
        if client.0.fails(Fault::BeforeCreate) {
            return Err(Diagnostic::error("Nobody may log in"));
        }
        client.0.log_in(&user);
        cx.remember("user", &user)?;
        cx.warn(Diagnostic::warning("Sessions are short"));
        cx.renew_at(SystemTime::now() + Duration::from_secs(60 * minutes.unsigned_abs()));
        let token = format!("token of {user}");
        Ok(Self { user, minutes, realm: realm.unwrap_or_else(|| "local".to_owned()), token })
    }

    async fn renew(cx: &mut EphemeralContext, client: &Client) -> Result<()> {
        let user: Option<String> = cx.recall("user")?;
        if !client.0.logged_in(&user.unwrap_or_default()) {
            return Err(Diagnostic::error("The session has ended"));
        }
        cx.renew_at(SystemTime::now() + Duration::from_secs(60));
        Ok(())
    }

    async fn close(cx: &mut EphemeralContext, client: &Client) -> Result<()> {
        let user: Option<String> = cx.recall("user")?;
        client.0.log_out(&user.unwrap_or_default());
        Ok(())
    }
}
