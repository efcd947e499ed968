//! Sessions. API: `/redfish/v1/SessionService/Sessions`.

use std::time::{Duration, SystemTime};

use onprem_redfish::{Error, ErrorKind};
use tf_provider::{Diagnostic, EphemeralContext, EphemeralResource, Result};

use super::{Host, Idrac};

/// A session on an iDRAC, of the provider block's user. It is for programs that shall not have the
/// password: a token ends with the run of Terraform.
///
/// It is in no state and in no plan. It is kept alive while Terraform runs, and deleted at the end. An iDRAC
/// holds few sessions, mostly 8.
#[derive(Clone, EphemeralResource)]
#[ephemeral_resource(name = "idrac_session", group = "Dell iDRAC")]
pub(crate) struct Session {
    /// Name of the server in the provider block.
    #[attr(required)]
    server: String,
    /// URL of the iDRAC, for example `https://10.0.0.21`.
    #[attr(computed)]
    endpoint: String,
    /// Path of the session, for example `/redfish/v1/SessionService/Sessions/12`.
    #[attr(computed)]
    session_uri: String,
    /// Value of the header `X-Auth-Token`.
    #[attr(computed, sensitive)]
    token: String,
}

impl EphemeralResource for Session {
    type Client = Idrac;

    async fn open(
        cx: &mut EphemeralContext,
        idrac: &Idrac,
        arguments: SessionPlan,
    ) -> Result<Self> {
        let SessionPlan { server } = arguments;
        let host = within(cx, &idrac.host(&server)?);
        // Before the session is there, so that nothing stands between it and its being remembered.
        let lives = host.session_timeout().await?;
        let session = host.open_session().await.map_err(no_room)?;
        idrac.keep(&server, session.clone());
        cx.remember(SESSION, &(&server, &session.uri))?;
        renew_in_time(cx, lives);
        Ok(Self {
            endpoint: host.endpoint().to_owned(),
            session_uri: session.uri,
            token: session.token.expose().to_owned(),
            server,
        })
    }

    async fn renew(cx: &mut EphemeralContext, idrac: &Idrac) -> Result<()> {
        let Some((server, uri)) = cx.recall::<(String, String)>(SESSION)? else { return Ok(()) };
        let host = within(cx, &idrac.host(&server)?);
        let ended = || {
            Diagnostic::error(format!("The session on {server} has ended"))
                .detail(format!("The iDRAC does not know {uri} any more."))
                .hint("was it deleted on the iDRAC, or did that restart? Start Terraform again")
        };
        let session = idrac.kept(&server, &uri).ok_or_else(ended)?;
        match host.use_session(&session).await {
            Err(error) if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::NotFound) => {
                return Err(ended());
            }
            outcome => outcome?,
        }
        let lives = host.session_timeout().await?;
        renew_in_time(cx, lives);
        Ok(())
    }

    async fn close(cx: &mut EphemeralContext, idrac: &Idrac) -> Result<()> {
        let Some((server, uri)) = cx.recall::<(String, String)>(SESSION)? else { return Ok(()) };
        let host = within(cx, &idrac.host(&server)?);
        host.delete_session(&uri).await?;
        idrac.forget(&server, &uri);
        Ok(())
    }
}

fn within(cx: &EphemeralContext, host: &Host) -> Host {
    host.ending(cx.deadline(), cx.time_limit(), "the time limit of an ephemeral resource")
}

/// Asks to be renewed well before the iDRAC ends what nobody uses.
fn renew_in_time(cx: &mut EphemeralContext, lives: Option<Duration>) {
    let lives = lives.unwrap_or(SHORTEST).max(SHORTEST);
    cx.renew_at(SystemTime::now() + lives / 2);
}

fn no_room(error: Error) -> Diagnostic {
    if error.messages().iter().any(|message| message.code() == "RAC0218") {
        return Diagnostic::error("The iDRAC has no room for another session")
            .detail(error.to_string())
            .hint("end some on the iDRAC: Sessions, in its settings; others end when nobody uses them");
    }
    error.into()
}

/// Key of server and path in what is remembered. The token is in the memory of this process alone.
const SESSION: &str = "session";
/// The shortest time that an iDRAC can be told to keep an unused session.
const SHORTEST: Duration = Duration::from_secs(60);
