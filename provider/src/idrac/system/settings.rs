//! What is configured, from the block and the environment.

use std::collections::BTreeMap;
use std::sync::Arc;

use onprem_http::Secret;
use tf_provider::Value;

use super::IdracConfigValues;
use super::client::{HostSettings, Hosts};
use crate::system::{self, Reader};

/// The system as it is configured, or is not.
pub(super) type Settings = system::Settings<Arc<Hosts>>;

pub(super) fn settings(block: Value<IdracConfigValues>) -> Settings {
    let block = match block {
        Value::Unknown => return Settings::Unknown("servers"),
        Value::Null => return Settings::Absent,
        Value::Known(block) => block,
    };
    let mut reader = Reader::default();
    let username = reader.text(Some(&block.username), "username", &["IDRAC_USERNAME"]);
    let password = reader.text(Some(&block.password), "password", &["IDRAC_PASSWORD"]);
    let mut servers = BTreeMap::new();
    for (name, server) in reader.take(Some(&block.servers), "servers").unwrap_or_default() {
        let Some(server) = reader.take(Some(&server), "servers") else { continue };
        let mut own = |value| reader.take::<String>(Some(value), "servers");
        let host = HostSettings {
            endpoint: own(&server.endpoint).unwrap_or_default(),
            username: own(&server.username).or_else(|| username.clone()),
            password: own(&server.password).or_else(|| password.clone()).map(Secret::new),
        };
        servers.insert(name, host);
    }
    let transport = system::transport!(&mut reader, Some(&block), "IDRAC");
    reader.finish(Arc::new(Hosts::new(transport, servers)))
}
