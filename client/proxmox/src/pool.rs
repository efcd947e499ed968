//! Pools of guests and storages. API: `/pools`

use onprem_http::{Method, Resend};
use serde::Deserialize;

use crate::{Client, Error, ErrorKind, NodeName, Params, StorageName, VmId, call::Call};

impl Client {
    /// The pools with their comments. API: `GET /pools`
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn pools(&self) -> Result<Vec<PoolEntry>, Error> {
        self.get("/pools", &Params::new()).await
    }

    /// One pool; a pool in a pool is named `outer/inner`. API: `/pools?poolid=…`
    pub fn pool(&self, name: &str) -> Pool {
        Pool { client: self.clone(), name: name.to_owned() }
    }
}

/// One pool. API: `/pools?poolid=…`
#[derive(Clone, Debug)]
pub struct Pool {
    client: Client,
    name: String,
}

impl Pool {
    /// Comment and members. API: `GET /pools?poolid=…`
    ///
    /// # Errors
    /// Not found when there is no such pool. Any failure of the request.
    pub async fn get(&self) -> Result<PoolInfo, Error> {
        let rows: Vec<PoolInfo> = self.client.get("/pools", &self.params()).await?;
        rows.into_iter().find(|row| row.poolid == self.name).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("pool '{}' does not exist", self.name))
        })
    }

    /// Create the pool. API: `POST /pools`
    ///
    /// # Errors
    /// Already exists; when the pool around it does not exist.
    pub async fn create(&self, comment: Option<&str>) -> Result<(), Error> {
        let mut params = self.params();
        params.set_opt("comment", comment);
        self.send(Method::POST, &params, Resend::IfNotExecuted).await
    }

    /// Set the comment; an empty one takes it away. API: `PUT /pools`
    ///
    /// # Errors
    /// Not found when there is no such pool.
    pub async fn set_comment(&self, comment: &str) -> Result<(), Error> {
        let params = self.params().with("comment", comment);
        self.send(Method::PUT, &params, Resend::Always).await
    }

    /// Add a guest; one that is in it already is left there. API: `PUT /pools`
    ///
    /// A guest is in one pool at most: `take` takes it out of another one. The server does not ask
    /// whether the guest exists.
    ///
    /// # Errors
    /// Not found when there is no such pool; when the guest is in another pool and `take` is not set.
    pub async fn add_guest(&self, vmid: VmId, take: bool) -> Result<(), Error> {
        let mut params = self.params().with("vms", vmid);
        params.set_opt("allow-move", take.then_some(true));
        self.change_members(&params, "is already a pool member").await
    }

    /// Take a guest out; one that is not in it is left alone. API: `PUT /pools`
    ///
    /// # Errors
    /// Not found when there is no such pool.
    pub async fn remove_guest(&self, vmid: VmId) -> Result<(), Error> {
        let params = self.params().with("vms", vmid).with("delete", true);
        self.change_members(&params, "is not a pool member").await
    }

    /// Add a storage; one that is in it already is left there. API: `PUT /pools`
    ///
    /// # Errors
    /// Not found when there is no such pool.
    pub async fn add_storage(&self, storage: &StorageName) -> Result<(), Error> {
        let params = self.params().with("storage", storage);
        self.change_members(&params, "is already a pool member").await
    }

    /// Take a storage out; one that is not in it is left alone. API: `PUT /pools`
    ///
    /// # Errors
    /// Not found when there is no such pool.
    pub async fn remove_storage(&self, storage: &StorageName) -> Result<(), Error> {
        let params = self.params().with("storage", storage).with("delete", true);
        self.change_members(&params, "is not a pool member").await
    }

    /// Delete the pool, which must be empty; its guests would live on. API: `DELETE /pools`
    ///
    /// # Errors
    /// Not found when there is no such pool; when guests, storages or pools are in it.
    pub async fn delete(&self) -> Result<(), Error> {
        self.send(Method::DELETE, &self.params(), Resend::IfNotExecuted).await
    }

    /// Change members; `done` is what the server says when there is nothing to change
    async fn change_members(&self, params: &Params, done: &str) -> Result<(), Error> {
        match self.send(Method::PUT, params, Resend::Always).await {
            Err(error) if error.text().ends_with(done) => Ok(()),
            outcome => outcome,
        }
    }

    async fn send(&self, method: Method, params: &Params, resend: Resend) -> Result<(), Error> {
        let call = Call::new(method, "/pools", params).resend(resend);
        self.client.send(&call).await.map(|_| ())
    }

    fn params(&self) -> Params {
        Params::new().with("poolid", &self.name)
    }
}

/// A row of the list of pools. API: `GET /pools`
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolEntry {
    /// Its name
    pub poolid: String,
    /// Its comment
    #[serde(default)]
    pub comment: Option<String>,
}

/// A pool with its members. API: `GET /pools?poolid=…`
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct PoolInfo {
    /// Its name
    pub poolid: String,
    /// Its comment
    #[serde(default)]
    pub comment: Option<String>,
    /// Guests, and storages once for each node
    #[serde(default)]
    pub members: Vec<PoolMember>,
}

impl PoolInfo {
    /// The numbers of the guests in it
    pub fn guests(&self) -> impl Iterator<Item = VmId> {
        self.members.iter().filter_map(|member| member.vmid)
    }
}

/// A member of a pool
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct PoolMember {
    /// Unique name, such as `qemu/100` or `storage/pve1/local`
    pub id: String,
    /// `qemu`, `lxc` or `storage`
    #[serde(rename = "type")]
    pub kind: String,
    /// Its node
    #[serde(default)]
    pub node: Option<NodeName>,
    /// Number of a guest
    #[serde(default)]
    pub vmid: Option<VmId>,
    /// Name of a storage
    #[serde(default)]
    pub storage: Option<StorageName>,
}
