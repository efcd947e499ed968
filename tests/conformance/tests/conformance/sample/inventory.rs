//! The sample data source.

use tf_provider::{DataSource, Diagnostic, Diagnostics, Result};

use super::Client;

/// The servers of a zone.
#[derive(Clone, DataSource)]
#[data_source(name = "inventory", group = "Sample")]
pub(crate) struct Inventory {
    /// Zone to look at.
    #[attr(required)]
    zone: String,
    /// Prefix of the names to list.
    #[attr(optional)]
    prefix: Option<String>,
    /// Most names to list.
    #[attr(optional, default = 100)]
    limit: i64,
    /// Their names.
    #[attr(computed)]
    names: Vec<String>,
}

impl DataSource for Inventory {
    type Client = Client;

    fn validate(config: &InventoryValues, diagnostics: &mut Diagnostics) {
        if config.limit.known() == Some(&0) {
            diagnostics.push(Diagnostic::error("Nothing to list").at("limit"));
        }
    }

    async fn read(client: &Client, arguments: InventoryPlan) -> Result<Self> {
        let InventoryPlan { zone, prefix, limit } = arguments;
        let mut names = client.0.names(&zone);
        if names.is_empty() {
            return Err(Diagnostic::error(format!("There is nothing in zone {zone}")).at("zone"));
        }
        names.retain(|name| prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix)));
        names.truncate(usize::try_from(limit)?);
        Ok(Self { zone, prefix, limit, names })
    }
}
