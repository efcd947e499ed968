//! A resource that identifies itself by two parts, one of which the server may choose.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::api::{FromApi, PlainJson};
use tf_provider::{Attributes, Context, Resource, Result, Text, Update};

use super::Client;
use super::server::Hostname;

/// A volume.
#[derive(Clone, Resource)]
#[resource(name = "volume", group = "Sample", import = "{pool}/{name}")]
pub(crate) struct Volume {
    /// Number that the server gave it.
    #[attr(computed, api)]
    id: i64,
    /// Pool that it is in; case does not matter.
    #[attr(required, replace, identity, api)]
    pool: Text<Hostname>,
    /// Name; the server finds one unless set.
    #[attr(setting, replace, identity, api)]
    name: String,
    /// Who may mount it, by mount point.
    #[attr(required, api)]
    exports: BTreeMap<String, Export>,
    /// Share of the pool.
    #[attr(setting, api)]
    share: Option<f64>,
    /// Numbers of users.
    #[attr(setting, api)]
    users: Option<BTreeSet<i64>>,
    /// Old name of the share.
    #[attr(optional, deprecated = "Use `share`.")]
    quota: Option<i64>,
    #[attr(flatten)]
    access: Access,
    /// Changes with the mode.
    #[attr(computed(until = [mode]), api)]
    revision: Option<i64>,
}

/// Who may do what.
#[derive(Clone, Attributes)]
pub(crate) struct Access {
    /// Mode.
    #[attr(setting, absent = "rw", api)]
    mode: String,
}

/// One mount point.
#[derive(Clone, Attributes)]
pub(crate) struct Export {
    /// Who mounts it.
    #[attr(required, api)]
    client: Text<Hostname>,
    /// Whether writes wait.
    #[attr(optional, default = true)]
    sync: bool,
    /// What is in it at first.
    #[attr(creation)]
    seed: Option<String>,
    /// Key of the client.
    #[attr(write_only(version = key_version), api)]
    key: Option<String>,
    /// Counts the keys.
    #[attr(optional)]
    key_version: Option<i64>,
    /// Changes with the client.
    #[attr(computed(until = [client]), api)]
    handle: Option<String>,
    /// Options of the mount.
    #[attr(setting, api)]
    options: Option<BTreeMap<String, String>>,
    /// Limits.
    #[attr(setting, api)]
    limits: Option<Limits>,
}

/// Limits of a mount point.
#[derive(Clone, Attributes)]
pub(crate) struct Limits {
    /// Bytes.
    #[attr(required, api)]
    bytes: i64,
    /// Warns at so many percent.
    #[attr(setting, absent = 80.0, api)]
    warn_at: f64,
}

impl Resource for Volume {
    type Client = Client;

    async fn create(cx: &mut Context<Self>, client: &Client, plan: VolumePlan) -> Result<Self> {
        let mut fields = plan.to_api();
        fields.entry("name").or_insert("vol-a".into());
        let id = client.0.post(fields);
        let volume = find(client, |fields| fields["id"] == id)?;
        let volume = volume.ok_or_else(|| tf_provider::Diagnostic::error("It has gone"))?;
        cx.created(&VolumeIdentity { pool: volume.pool.clone(), name: volume.name.clone() });
        Ok(volume)
    }

    async fn read(
        _: &mut Context<Self>,
        client: &Client,
        identity: VolumeIdentity,
    ) -> Result<Option<Self>> {
        find(client, |fields| fields["name"] == identity.name.as_str())
    }

    async fn update(
        _: &mut Context<Self>,
        client: &Client,
        identity: VolumeIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        let same = |fields: &tf_provider::api::ApiFields| fields["name"] == identity.name.as_str();
        if let Some(volume) = find(client, same)? {
            client.0.patch(volume.id, &update.changes.to_api());
        }
        find(client, same)?.ok_or_else(|| tf_provider::Diagnostic::error("It has gone"))
    }

    async fn delete(
        _: &mut Context<Self>,
        client: &Client,
        identity: VolumeIdentity,
    ) -> Result<()> {
        if let Some(volume) = find(client, |fields| fields["name"] == identity.name.as_str())? {
            client.0.delete(volume.id);
        }
        Ok(())
    }
}

fn find(
    client: &Client,
    matches: impl Fn(&tf_provider::api::ApiFields) -> bool,
) -> Result<Option<Volume>> {
    let found = client.0.find(matches);
    found.map(|fields| Volume::from_api::<PlainJson>(&fields)).transpose().map_err(Into::into)
}
