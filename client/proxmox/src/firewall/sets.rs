//! Sets of addresses, and aliases of single ones. API: `…/firewall/ipset`, `…/firewall/aliases`

use onprem_http::Method;
use serde::Deserialize;

use crate::{Client, Error, Firewall, Params, params::encode_segment};

use super::{send, send_once};

impl Firewall {
    /// The address sets; nodes have none. API: `GET …/ipset`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn ipsets(&self) -> Result<Vec<IpSetInfo>, Error> {
        self.client.get(&format!("{}/ipset", self.path), &Params::new()).await
    }

    /// One address set, which rules name as `+name`. API: `…/ipset/{name}`
    pub fn ipset(&self, name: &str) -> IpSet {
        IpSet {
            client: self.client.clone(),
            sets: format!("{}/ipset", self.path),
            name: name.to_owned(),
        }
    }

    /// The aliases; nodes have none. API: `GET …/aliases`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn aliases(&self) -> Result<Vec<FirewallAlias>, Error> {
        self.client.get(&self.alias_path(None), &Params::new()).await
    }

    /// One alias, whose name may be written in any case. API: `GET …/aliases/{name}`
    ///
    /// # Errors
    /// Not found when there is none of this name. Any failure of the request.
    pub async fn alias(&self, name: &str) -> Result<FirewallAlias, Error> {
        self.client.get(&self.alias_path(Some(name)), &Params::new()).await
    }

    /// Create an alias. API: `POST …/aliases`
    ///
    /// # Errors
    /// Already exists; refused parameters.
    pub async fn create_alias(
        &self,
        name: &str,
        cidr: &str,
        comment: Option<&str>,
    ) -> Result<(), Error> {
        let mut params = Params::new().with("name", name).with("cidr", cidr);
        params.set_opt("comment", comment);
        send_once(&self.client, &self.alias_path(None), &params).await
    }

    /// Change an alias: its address, and its comment where one is given. API: `PUT …/aliases/{name}`
    ///
    /// # Errors
    /// Not found; digest mismatch; refused parameters.
    pub async fn update_alias(
        &self,
        name: &str,
        cidr: &str,
        comment: Option<&str>,
        digest: Option<&str>,
    ) -> Result<(), Error> {
        let mut params = Params::new().with("cidr", cidr);
        params.set_opt("comment", comment).set_opt("digest", digest);
        send(&self.client, Method::PUT, &self.alias_path(Some(name)), &params).await
    }

    /// Delete an alias, even while rules name it; one that is gone is no error
    ///
    /// API: `DELETE …/aliases/{name}`
    ///
    /// # Errors
    /// Digest mismatch. Any failure of the request.
    pub async fn delete_alias(&self, name: &str, digest: Option<&str>) -> Result<(), Error> {
        let mut params = Params::new();
        params.set_opt("digest", digest);
        send(&self.client, Method::DELETE, &self.alias_path(Some(name)), &params).await
    }

    fn alias_path(&self, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("{}/aliases/{}", self.path, encode_segment(name)),
            None => format!("{}/aliases", self.path),
        }
    }
}

/// A set of addresses. API: `…/firewall/ipset/{name}`
#[derive(Clone, Debug)]
pub struct IpSet {
    client: Client,
    sets: String,
    name: String,
}

impl IpSet {
    /// Its entries. API: `GET …/ipset/{name}`
    ///
    /// # Errors
    /// Not found when there is no such set. Any failure of the request.
    pub async fn entries(&self) -> Result<Vec<IpSetEntry>, Error> {
        self.client.get(&self.path(), &Params::new()).await
    }

    /// Create the set. API: `POST …/ipset`
    ///
    /// # Errors
    /// Already exists; refused parameters.
    pub async fn create(&self, comment: Option<&str>) -> Result<(), Error> {
        let mut params = Params::new().with("name", &self.name);
        params.set_opt("comment", comment);
        send_once(&self.client, &self.sets, &params).await
    }

    /// Set the comment. API: `POST …/ipset` with the same name twice
    ///
    /// # Errors
    /// Refused parameters when there is no such set; digest mismatch.
    pub async fn set_comment(&self, comment: &str, digest: Option<&str>) -> Result<(), Error> {
        let mut params = Params::new().with("name", &self.name).with("rename", &self.name);
        params.set("comment", comment).set_opt("digest", digest);
        send(&self.client, Method::POST, &self.sets, &params).await
    }

    /// Add an entry; the server cuts host bits and writes single addresses without a prefix
    ///
    /// API: `POST …/ipset/{name}`
    ///
    /// # Errors
    /// Already exists; not found when there is no such set; refused parameters.
    pub async fn add(&self, entry: &IpSetEntry) -> Result<(), Error> {
        let mut params = Params::new().with("cidr", &entry.cidr);
        params
            .set_opt("comment", entry.comment.as_ref())
            .set_opt("nomatch", entry.nomatch.then_some(true));
        send_once(&self.client, &self.path(), &params).await
    }

    /// Make comment and `nomatch` of an entry what they are here. API: `PUT …/ipset/{name}/{cidr}`
    ///
    /// # Errors
    /// Not found when there is no such entry; digest mismatch.
    pub async fn update(&self, entry: &IpSetEntry, digest: Option<&str>) -> Result<(), Error> {
        // What is left out is taken away.
        let mut params = Params::new();
        params
            .set_opt("comment", entry.comment.as_ref())
            .set_opt("nomatch", entry.nomatch.then_some(true))
            .set_opt("digest", digest);
        send(&self.client, Method::PUT, &self.entry_path(&entry.cidr), &params).await
    }

    /// Take an entry out; one that is gone is no error. API: `DELETE …/ipset/{name}/{cidr}`
    ///
    /// # Errors
    /// Not found when there is no such set; digest mismatch.
    pub async fn remove(&self, cidr: &str, digest: Option<&str>) -> Result<(), Error> {
        let mut params = Params::new();
        params.set_opt("digest", digest);
        send(&self.client, Method::DELETE, &self.entry_path(cidr), &params).await
    }

    /// Delete the set, even while rules name it. API: `DELETE …/ipset/{name}`
    ///
    /// # Errors
    /// Not found; when it has entries and `with_entries` is not set.
    pub async fn delete(&self, with_entries: bool) -> Result<(), Error> {
        let mut params = Params::new();
        params.set_opt("force", with_entries.then_some(true));
        send(&self.client, Method::DELETE, &self.path(), &params).await
    }

    fn path(&self) -> String {
        format!("{}/{}", self.sets, encode_segment(&self.name))
    }

    fn entry_path(&self, cidr: &str) -> String {
        format!("{}/{}", self.path(), encode_segment(cidr))
    }
}

/// A row of the list of address sets. API: `GET …/firewall/ipset`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct IpSetInfo {
    /// Its name
    pub name: String,
    /// Its comment
    #[serde(default)]
    pub comment: Option<String>,
    /// Digest of the list of sets
    #[serde(default)]
    pub digest: String,
}

/// An entry of an address set. API: `GET …/firewall/ipset/{name}`
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct IpSetEntry {
    /// Address, network or alias
    pub cidr: String,
    /// Its comment
    #[serde(default)]
    pub comment: Option<String>,
    /// Whether it takes addresses out of the set
    #[serde(default)]
    pub nomatch: bool,
    /// Digest of the set's entries; of no meaning where one is sent
    #[serde(default)]
    pub digest: String,
}

/// A name for an address or network. API: `GET …/firewall/aliases`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct FirewallAlias {
    /// Its name
    pub name: String,
    /// The address or network
    pub cidr: String,
    /// Its comment
    #[serde(default)]
    pub comment: Option<String>,
    /// Digest of the list of aliases; empty where one was asked for alone
    #[serde(default)]
    pub digest: String,
}
