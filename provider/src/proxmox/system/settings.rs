//! What is configured, from the block and the environment.

use std::ops::RangeInclusive;

use onprem_http::Secret;
use onprem_proxmox::{Authentication, Client, Error, VmId};
use tf_provider::Value;

use super::ProxmoxConfigValues;
use super::client::Proxmox;
use crate::system::{self, Reader, Transport, variable_text};

/// The system as it is configured, or is not.
pub(super) type Settings = system::Settings<Known>;

#[derive(Debug)]
pub(super) struct Known {
    endpoints: Vec<String>,
    pub(super) authentication: Option<Authentication>,
    transport: Transport,
    owner: Option<String>,
    vm_id_range: Option<RangeInclusive<VmId>>,
}

pub(super) fn settings(block: Value<ProxmoxConfigValues>, owner: &Value<String>) -> Settings {
    let endpoint = variable_text("PROXMOX_VE_ENDPOINT");
    let block = match block {
        Value::Unknown => return Settings::Unknown("endpoints"),
        Value::Null if endpoint.is_none() => return Settings::Absent,
        Value::Null => None,
        Value::Known(block) => Some(block),
    };
    let block = block.as_ref();
    let mut reader = Reader::default();
    let endpoints = match reader.take(block.map(|block| &block.endpoints), "endpoints") {
        Some(list) => reader.list(list, "endpoints"),
        None => endpoint
            .iter()
            .flat_map(|list| list.split(','))
            .map(|one| one.trim().to_owned())
            .collect(),
    };
    macro_rules! text {
        ($field:ident, $variable:literal) => {
            reader.text(block.map(|block| &block.$field), stringify!($field), &[$variable])
        };
    }
    let token = text!(api_token, "PROXMOX_VE_API_TOKEN");
    let username = text!(username, "PROXMOX_VE_USERNAME");
    let password = text!(password, "PROXMOX_VE_PASSWORD");
    let authentication = match (token, username, password) {
        (Some(token), ..) => Some(Authentication::ApiToken(Secret::new(token))),
        (None, Some(username), Some(password)) => {
            Some(Authentication::Password { username, password: Secret::new(password) })
        }
        _ => None,
    };
    let range = reader.take(block.map(|block| &block.vm_id_range), "vm_id_range");
    let transport = system::transport!(&mut reader, block, "PROXMOX_VE");
    reader.finish(Known {
        endpoints,
        authentication,
        transport,
        owner: owner.known().cloned(),
        vm_id_range: range.and_then(|range| {
            let first = VmId::new(range.first.into_known()?).ok()?;
            let last = VmId::new(range.last.into_known()?).ok()?;
            Some(first..=last)
        }),
    })
}

impl Known {
    pub(super) fn client(&self, authentication: Authentication) -> Result<Proxmox, Error> {
        let builder = Client::builder(self.endpoints.clone(), authentication);
        let builder = builder.http(|http| self.transport.apply(http));
        let login = match &self.authentication {
            Some(Authentication::Password { username, password }) => {
                Some((username.clone(), password.clone()))
            }
            _ => None,
        };
        Ok(Proxmox::new(builder.build()?, self.owner.clone(), self.vm_id_range.clone(), login))
    }
}
