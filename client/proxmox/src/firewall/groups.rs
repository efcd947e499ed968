//! Groups of rules. API: `/cluster/firewall/groups`

use onprem_http::Method;
use serde::Deserialize;

use crate::{Client, Error, FirewallRules, Params, params::encode_segment};

use super::{send, send_once};

const GROUPS: &str = "/cluster/firewall/groups";

/// Groups of rules that a rule of the direction `group` puts in its place
///
/// API: `/cluster/firewall/groups`
#[derive(Clone, Debug)]
pub struct FirewallGroups {
    client: Client,
}

impl FirewallGroups {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The groups. API: `GET /cluster/firewall/groups`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn list(&self) -> Result<Vec<FirewallGroup>, Error> {
        self.client.get(GROUPS, &Params::new()).await
    }

    /// Create a group; its name has 2 to 18 characters. API: `POST /cluster/firewall/groups`
    ///
    /// # Errors
    /// Already exists; refused parameters.
    pub async fn create(&self, name: &str, comment: Option<&str>) -> Result<(), Error> {
        let mut params = Params::new().with("group", name);
        params.set_opt("comment", comment);
        send_once(&self.client, GROUPS, &params).await
    }

    /// Set the comment of a group. API: `POST /cluster/firewall/groups` with the same name twice
    ///
    /// # Errors
    /// Refused parameters when there is no such group; digest mismatch.
    pub async fn set_comment(
        &self,
        name: &str,
        comment: &str,
        digest: Option<&str>,
    ) -> Result<(), Error> {
        let mut params = Params::new().with("group", name).with("rename", name);
        params.set("comment", comment).set_opt("digest", digest);
        send(&self.client, Method::POST, GROUPS, &params).await
    }

    /// The rules of a group; not found when there is no such group
    ///
    /// API: `/cluster/firewall/groups/{group}`
    pub fn rules(&self, name: &str) -> FirewallRules {
        FirewallRules::new(self.client.clone(), format!("{GROUPS}/{}", encode_segment(name)))
    }

    /// Delete a group, which must be empty. API: `DELETE /cluster/firewall/groups/{group}`
    ///
    /// # Errors
    /// Not found; when it has rules.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        let path = format!("{GROUPS}/{}", encode_segment(name));
        send(&self.client, Method::DELETE, &path, &Params::new()).await
    }
}

/// A group of rules. API: `GET /cluster/firewall/groups`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct FirewallGroup {
    /// Its name
    pub group: String,
    /// Its comment
    #[serde(default)]
    pub comment: Option<String>,
    /// Digest of the list of groups
    #[serde(default)]
    pub digest: String,
}
