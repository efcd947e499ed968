//! The firewall: rules, options, address sets and aliases of the cluster, its nodes and its guests.
//!
//! A [`Firewall`] is one scope of it. Its rules are a list whose first match decides, and so are those
//! of a group that several scopes share ([`FirewallGroups`]); [`FirewallRules`] changes such a list as
//! a whole without a moment in which both the old and the new list would let a packet pass and the one
//! in between does not.
//!
//! API: `/cluster/firewall`, `/nodes/{node}/firewall`, `/nodes/{node}/{qemu|lxc}/{vmid}/firewall`

mod groups;
mod rule;
mod rules;
mod script;
mod sets;

use std::collections::BTreeMap;

use onprem_http::{Method, Resend};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Client, Error, GuestKind, NodeName, Params, VmId,
    call::Call,
    codec::{self, CodecError},
};

pub use groups::{FirewallGroup, FirewallGroups};
pub use rule::{FirewallLog, FirewallRule, RuleAction, RuleDirection, RuleEntry};
pub use rules::{FirewallRules, RuleList};
pub use script::{RuleEdit, edit_script};
pub use sets::{FirewallAlias, IpSet, IpSetEntry, IpSetInfo};

/// One scope of the firewall: the cluster, a node or a guest
///
/// The server answers for a guest that does not exist as for one without rules.
#[derive(Clone, Debug)]
pub struct Firewall {
    client: Client,
    path: String,
}

impl Firewall {
    pub(crate) fn cluster(client: Client) -> Self {
        Self { client, path: "/cluster/firewall".to_owned() }
    }

    pub(crate) fn node(client: Client, node: &NodeName) -> Self {
        Self { client, path: format!("/nodes/{node}/firewall") }
    }

    pub(crate) fn guest(client: Client, node: &NodeName, kind: GuestKind, vmid: VmId) -> Self {
        Self { client, path: format!("/nodes/{node}/{kind}/{vmid}/firewall") }
    }

    /// The rules. API: `…/rules`
    pub fn rules(&self) -> FirewallRules {
        FirewallRules::new(self.client.clone(), format!("{}/rules", self.path))
    }

    /// The options that are set. API: `GET …/options`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn options(&self) -> Result<FirewallOptions, Error> {
        self.client.get(&format!("{}/options", self.path), &Params::new()).await
    }

    /// Set and delete options. API: `PUT …/options`
    ///
    /// With a `digest` among the parameters the change is refused when somebody else changed the
    /// options meanwhile. Nothing is sent when there is nothing to change.
    ///
    /// # Errors
    /// Digest mismatch; refused parameters. After a lost answer that was carried out: a digest
    /// mismatch.
    pub async fn set_options(&self, params: &Params) -> Result<(), Error> {
        if params.keys().all(|key| key == "digest") {
            return Ok(());
        }
        send(&self.client, Method::PUT, &format!("{}/options", self.path), params).await
    }
}

/// Options of a firewall that differ from the defaults. API: `GET …/firewall/options`
///
/// A guest has `enable`, `dhcp`, `ipfilter`, `log_level_in`, `log_level_out`, `macfilter`, `ndp`,
/// `policy_in`, `policy_out` and `radv`; the cluster and nodes have others.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "BTreeMap<String, Value>")]
pub struct FirewallOptions {
    digest: String,
    values: BTreeMap<String, Value>,
}

impl FirewallOptions {
    /// The digest that guards a change of these options
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// All options as they came, without the digest
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// Read an option, `None` when it is not set
    ///
    /// # Errors
    /// When the value does not fit the type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, CodecError> {
        let value = self.values.get(key).filter(|value| !value.is_null());
        value.map(|value| codec::from_value(value).map_err(|error| error.at(key))).transpose()
    }
}

impl From<BTreeMap<String, Value>> for FirewallOptions {
    fn from(mut values: BTreeMap<String, Value>) -> Self {
        let digest = values.remove("digest");
        let digest = digest.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { digest, values }
    }
}

/// Send a change that is done when it is answered, and that does no harm when it is done twice
async fn send(client: &Client, method: Method, path: &str, params: &Params) -> Result<(), Error> {
    let call = Call::new(method, path, params).resend(Resend::Always);
    client.send(&call).await.map(|_| ())
}

/// Send a change that makes something, and so must not be sent twice
async fn send_once(client: &Client, path: &str, params: &Params) -> Result<(), Error> {
    client.send(&Call::new(Method::POST, path, params)).await.map(|_| ())
}
