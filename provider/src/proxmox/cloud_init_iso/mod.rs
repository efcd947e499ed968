//! Cloud-init's data as an ISO image in a storage. API: `/nodes/{node}/storage/{storage}/upload` and
//! `…/content`.
//!
//! The texts are write-only, and their hash tells whether they changed. The server overwrites a file
//! of the same name without a question, which is how a change gets there; a create looks first.

mod iso;

use std::fmt;
use std::str::FromStr;

use onprem_proxmox::{NodeName, StorageName, Upload, VolumeId};
use sha2::{Digest, Sha256};
use tf_provider::{
    Attempt, Context, Diagnostic, PlanContext, Resource, Result, Text, Update, Value,
};

use super::Proxmox;
use iso::Texts;

/// User data and what else cloud-init reads, as an ISO image for the CD drive of a VM.
///
/// The image is of the kind that cloud-init calls NoCloud. The texts are in no state and no plan, only
/// the hash of all of them is: a change of a text is seen by it and made in place, and so is a value in
/// them that is another one in every run. Proxmox VE does not hand the file out again: one that has
/// gone is made anew, one whose size has changed is reported, and after an import the first apply
/// writes it once. A file of the same name that is there already is left alone and is an error.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_cloud_init",
    group = "Proxmox VE",
    import = "{node}/{volume_id}",
    at_least_one_of(user_data, meta_data, network_config, vendor_data),
    timeouts(create = "10m", read = "5m", update = "10m", delete = "10m")
)]
pub(crate) struct CloudInitIso {
    /// Node and volume, for example `pve1/local:iso/web-01.iso`.
    #[attr(computed)]
    id: String,
    /// Volume id, for example `local:iso/web-01.iso`: what a VM takes as the image of its CD drive.
    #[attr(computed, identity)]
    volume_id: Text<VolumeId>,
    /// Node to upload it to. On a storage that nodes share, all of them have it.
    #[attr(required, replace, identity)]
    node: Text<NodeName>,
    /// Storage to keep it in; its content types must include `iso`.
    #[attr(required, replace)]
    storage: Text<StorageName>,
    /// Name in the storage, ending in `.iso`.
    #[attr(required, replace)]
    file_name: Text<IsoName>,
    /// User data: what the machine shall do, for example a text that begins with `#cloud-config`.
    #[attr(write_only)]
    user_data: Option<String>,
    /// Meta data: `instance-id` and `local-hostname`. Unless set it holds an `instance-id` that is
    /// made of `content_hash`, so that cloud-init runs again at the next boot once a text has changed.
    #[attr(write_only)]
    meta_data: Option<String>,
    /// Network configuration, version 1 or 2.
    #[attr(write_only)]
    network_config: Option<String>,
    /// Vendor data: what user data may overrule.
    #[attr(write_only)]
    vendor_data: Option<String>,
    /// SHA-256 of the four texts together. None after an import, until the first apply.
    #[attr(computed)]
    content_hash: Option<String>,
    /// Size in bytes.
    #[attr(computed)]
    size: i64,
}

/// Name of an ISO image in a storage, as the server keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct IsoName(String);

impl FromStr for IsoName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(stem) = text.strip_suffix(".iso") else {
            return Err(format!("`{text}` does not end in `.iso`."));
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match stem.chars().next() {
            Some(first) if first != '.' && stem.chars().all(allowed) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no name that a storage keeps: it takes letters, digits, `-`, `_` and `.`, \
                 and does not begin with a `.`."
            )),
        }
    }
}

impl fmt::Display for IsoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Size at the upload, in private state.
const SIZE: &str = "size";

impl Resource for CloudInitIso {
    type Client = Proxmox;

    async fn plan(cx: &mut PlanContext<Self>, _pve: Option<&Proxmox>) -> Result<()> {
        let Some(config) = cx.config() else { return Ok(()) };
        let hash = planned(config).map(|texts| texts.hash());
        let before = cx.prior().and_then(|prior| prior.content_hash.known().cloned());
        if hash.is_none() || hash != before {
            cx.unknown("size");
        }
        match hash {
            Some(hash) => cx.foresee("content_hash", &hash),
            None => cx.unknown("content_hash"),
        }
        Ok(())
    }

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: CloudInitIsoPlan) -> Result<Self> {
        let path = format!("iso/{}", plan.file_name);
        let volume = VolumeId::of(&plan.storage, &path).at("file_name")?;
        let identity = CloudInitIsoIdentity { volume_id: volume.into(), node: plan.node.clone() };
        let pve = pve.within(cx);
        let storage = pve.storage(&plan.node, &plan.storage);
        if storage.volume(&identity.volume_id).await?.is_some() {
            return Err(occupied(&identity));
        }
        let written = write(cx, &pve, &identity, plan).await;
        // A failed upload leaves no file, so there is nothing for the state to keep.
        if written.is_err() && matches!(storage.volume(&identity.volume_id).await, Ok(None)) {
            cx.abandoned();
        }
        written
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: CloudInitIsoIdentity,
    ) -> Result<Option<Self>> {
        let hash = cx.prior().and_then(|prior| prior.content_hash.known().cloned());
        let Some(found) = find(&pve.within(cx), &identity, hash).await? else { return Ok(None) };
        match cx.recall::<i64>(SIZE)? {
            Some(size) if size != found.size => cx.warn(
                Diagnostic::warning(format!(
                    "{} is another file than was uploaded",
                    identity.volume_id
                ))
                .detail(format!("It had {size} bytes and has {} now.", found.size))
                .hint("to write it again: terraform apply -replace=ADDRESS")
                .at("size"),
            ),
            Some(_) => {}
            None => cx.remember(SIZE, &found.size)?,
        }
        Ok(Some(found))
    }

    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: CloudInitIsoIdentity,
        update: Update<Self>,
    ) -> Result<Self> {
        write(cx, &pve.within(cx), &identity, update.plan).await
    }

    async fn delete(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: CloudInitIsoIdentity,
    ) -> Result<()> {
        let pve = pve.within(cx);
        let storage = pve.storage(&identity.node, &identity.volume_id.storage());
        if storage.volume(&identity.volume_id).await?.is_some() {
            storage.delete_volume(&identity.volume_id).await?;
        }
        Ok(())
    }
}

/// The four texts of a configuration.
fn texts(config: &CloudInitIsoValues) -> [&Value<String>; 4] {
    [&config.user_data, &config.meta_data, &config.network_config, &config.vendor_data]
}

/// The texts, when all of them are known.
fn planned(config: &CloudInitIsoValues) -> Option<Texts> {
    if texts(config).iter().any(|text| text.is_unknown()) {
        return None;
    }
    let [user_data, meta_data, network_config, vendor_data] =
        texts(config).map(|text| text.known().cloned());
    Some(Texts { user_data, meta_data, network_config, vendor_data })
}

/// Makes the image and uploads it, over the one that is there.
async fn write(
    cx: &Context<CloudInitIso>,
    pve: &Proxmox,
    identity: &CloudInitIsoIdentity,
    plan: CloudInitIsoPlan,
) -> Result<CloudInitIso> {
    let CloudInitIsoIdentity { volume_id, node } = identity;
    let CloudInitIsoPlan { user_data, meta_data, network_config, vendor_data, .. } = plan;
    let texts = Texts { user_data, meta_data, network_config, vendor_data };
    let image = texts.image()?;
    let checksum = hex::encode(Sha256::digest(&image));
    let mut upload = Upload::from_bytes("iso", volume_id.file_name(), image);
    upload.checksum = Some(("sha256".to_owned(), checksum));
    let storage = pve.storage(node, &volume_id.storage());
    let mut section = Some(cx.critical());
    let uploaded = storage
        .upload(&upload)
        .await?
        .on_start(|_| {
            cx.created(identity);
            section = None;
        })
        .await;
    drop(section);
    uploaded?;
    cx.created(identity);
    let found = find(pve, identity, Some(texts.hash())).await?.ok_or_else(|| {
        Diagnostic::error(format!("{volume_id} is not there after its upload"))
            .detail("The task ended well, and the storage does not list the file.")
            .hint("is something cleaning up the storage?")
    })?;
    cx.remember(SIZE, &found.size)?;
    Ok(found)
}

/// Looks the file up; nothing when the storage answers and does not list it.
async fn find(
    pve: &Proxmox,
    identity: &CloudInitIsoIdentity,
    content_hash: Option<String>,
) -> Result<Option<CloudInitIso>> {
    let CloudInitIsoIdentity { volume_id, node } = identity;
    let storage = volume_id.storage();
    let Some(volume) = pve.storage(node, &storage).volume(volume_id).await? else {
        return Ok(None);
    };
    let file_name = volume_id.file_name().parse::<IsoName>();
    let file_name = file_name.map_err(|why| {
        Diagnostic::error(format!("{volume_id} is not an image of cloud-init's data")).detail(why)
    })?;
    Ok(Some(CloudInitIso {
        id: format!("{node}/{volume_id}"),
        volume_id: volume_id.clone(),
        node: node.clone(),
        storage: storage.into(),
        file_name: file_name.into(),
        user_data: None,
        meta_data: None,
        network_config: None,
        vendor_data: None,
        content_hash,
        size: i64::try_from(volume.size).unwrap_or(i64::MAX),
    }))
}

fn occupied(identity: &CloudInitIsoIdentity) -> Diagnostic {
    let CloudInitIsoIdentity { volume_id, node } = identity;
    Diagnostic::error(format!("{volume_id} is there already"))
        .detail(format!(
            "The storage on node {node} holds a file of this name that was not made by this resource, so \
             it is left alone."
        ))
        .hint(format!(
            "to overwrite it: terraform import onprem_proxmox_cloud_init.NAME '{node}/{volume_id}', and \
             apply; else choose another `file_name`"
        ))
        .at("file_name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_the_server_keeps() {
        for right in ["web-01.iso", "a.b_c.iso", "1.iso"] {
            assert_eq!(right.parse::<IsoName>().unwrap().to_string(), right);
        }
        for wrong in [".iso", "a.img", "a b.iso", "../a.iso", "ä.iso", "a.ISO", ""] {
            assert!(wrong.parse::<IsoName>().is_err(), "{wrong}");
        }
    }
}
