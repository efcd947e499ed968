//! The sample list resource.

use tf_provider::{Diagnostic, Diagnostics, ListContext, ListResource, Result};

use super::server::{Server, ServerIdentity};
use super::{Client, Fault};

/// Finds servers.
#[derive(Clone, ListResource)]
pub(crate) struct Servers {
    /// Only those in this zone.
    #[attr(optional)]
    zone: Option<String>,
    /// Only those from this number on.
    #[attr(optional, default = 1)]
    from: i64,
}

impl ListResource for Servers {
    type Resource = Server;

    fn validate(config: &ServersValues, diagnostics: &mut Diagnostics) {
        if config.zone.known().is_some_and(String::is_empty) {
            diagnostics.push(Diagnostic::error("That is no zone").at("zone"));
        }
    }

    async fn list(
        cx: &mut ListContext<Server>,
        client: &Client,
        arguments: ServersPlan,
    ) -> Result<()> {
        if client.0.fails(Fault::Delete) {
            panic!("secret");
        }
        for (id, name) in client.0.numbered(arguments.zone.as_deref()) {
            if id >= arguments.from {
                client.0.note(&format!("LIST {id}"));
                cx.found(&ServerIdentity { id }, name).await?;
            }
        }
        cx.warn(Diagnostic::warning("Servers in other halls are not listed"));
        if client.0.fails(Fault::Update) {
            return Err(Diagnostic::error("The list is not complete"));
        }
        Ok(())
    }
}
