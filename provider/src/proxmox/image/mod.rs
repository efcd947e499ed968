//! Images in a storage. API: `/nodes/{node}/storage/{storage}/download-url` and `…/content`.

mod create;
pub(super) mod list;

use onprem_proxmox::{NodeName, StorageName, VolumeId};
use serde_json::{Map, Value as Json};
use tf_provider::{
    Choice, Context, Diagnostic, Diagnostics, Resource, Result, Source, Text, Update,
};

use super::Proxmox;
use super::names::DownloadUrl;
use super::peers;

/// A file that a node downloads into a storage: an ISO image, a container template, or a disk image
/// for VMs to be imported from.
///
/// The node verifies the checksum while it downloads. Proxmox VE tells no checksum afterwards: a file
/// that has gone is downloaded again, one whose size has changed is reported. A file of the same name
/// that is there already is left alone and is an error.
#[derive(Clone, Resource)]
#[resource(
    name = "proxmox_image",
    group = "Proxmox VE",
    import = "{node}/{volume_id}",
    timeouts(create = "1h", read = "5m", update = "5m", delete = "10m")
)]
pub(crate) struct Image {
    /// Node and volume, for example `pve1/local:import/ubuntu-24.04.qcow2`.
    #[attr(computed)]
    id: String,
    /// Volume id, for example `local:import/ubuntu-24.04.qcow2`: what a template takes as `image`.
    #[attr(computed, identity)]
    volume_id: Text<VolumeId>,
    /// Node that downloads it. On a storage that nodes share, all of them have it.
    #[attr(required, replace, identity)]
    node: Text<NodeName>,
    /// Storage to keep it in.
    #[attr(required, replace)]
    storage: Text<StorageName>,
    /// What it is.
    #[attr(required, replace)]
    content: Content,
    /// Name in the storage; the last part of the URL unless set. Its extension must fit the content:
    /// `.iso` or `.img`, `.tar.gz`, `.tar.xz` or `.tar.zst`, or `.qcow2`, `.raw`, `.vmdk` or `.ova`.
    #[attr(setting, replace)]
    file_name: String,
    /// Where to download it from.
    #[attr(creation(required))]
    url: Option<Text<DownloadUrl>>,
    /// Checksum that the file must have, in hexadecimal digits. For a file that is decompressed it is
    /// the checksum of the compressed one.
    #[attr(creation)]
    checksum: Option<String>,
    /// Algorithm of the checksum; told by its length unless set.
    #[attr(creation, also_requires = [checksum])]
    checksum_algorithm: Option<ChecksumAlgorithm>,
    /// Decompresses the file after the download. Not for `import`.
    #[attr(creation)]
    decompression_algorithm: Option<DecompressionAlgorithm>,
    /// Whether the node verifies the certificate of the URL. It does unless this is `false`.
    #[attr(creation)]
    verify_certificates: Option<bool>,
    /// Size in bytes.
    #[attr(computed)]
    size: i64,
}

/// What a storage keeps.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum Content {
    Import,
    Iso,
    Vztmpl,
    Other(String),
}

/// What Proxmox makes checksums with.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum ChecksumAlgorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Other(String),
}

impl ChecksumAlgorithm {
    /// Told by the number of hexadecimal digits.
    fn of(checksum: &str) -> Option<Self> {
        match checksum.len() {
            32 => Some(Self::Md5),
            40 => Some(Self::Sha1),
            56 => Some(Self::Sha224),
            64 => Some(Self::Sha256),
            96 => Some(Self::Sha384),
            128 => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// What Proxmox decompresses.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum DecompressionAlgorithm {
    Bz2,
    Gz,
    Lzo,
    Zst,
    Other(String),
}

/// Size at the download, in private state.
const SIZE: &str = "size";

impl Resource for Image {
    type Client = Proxmox;

    fn validate(config: &ImageValues, diagnostics: &mut Diagnostics) {
        if let Some(checksum) = config.checksum.known() {
            let hexadecimal = checksum.chars().all(|c| c.is_ascii_hexdigit());
            if !hexadecimal || ChecksumAlgorithm::of(checksum).is_none() {
                diagnostics.push(
                    Diagnostic::error("`checksum` is not a checksum")
                        .detail("It is 32 to 128 hexadecimal digits and nothing else.")
                        .hint("SHA256SUMS files begin each line with one")
                        .at("checksum"),
                );
            }
        }
        let import = config.content.known() == Some(&Content::Import);
        if import && config.decompression_algorithm.known().is_some() {
            diagnostics.push(
                Diagnostic::error("Proxmox VE does not decompress an `import`")
                    .hint("publish the image uncompressed; qcow2 images are compressed inside")
                    .at("decompression_algorithm"),
            );
        }
        let no_name = config.url.known().is_some_and(|url| url.file_name().is_none());
        if no_name && config.file_name.is_null() {
            diagnostics.push(
                Diagnostic::error("The URL ends without a file name")
                    .hint("set `file_name`")
                    .at("file_name"),
            );
        }
    }

    async fn create(cx: &mut Context<Self>, pve: &Proxmox, plan: ImagePlan) -> Result<Self> {
        create::create(cx, &pve.within(cx), &plan).await
    }

    async fn read(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: ImageIdentity,
    ) -> Result<Option<Self>> {
        let Some(image) = find(&pve.within(cx), &identity).await? else { return Ok(None) };
        match cx.recall::<i64>(SIZE)? {
            Some(size) if size != image.size => cx.warn(
                Diagnostic::warning(format!(
                    "{} is another file than was downloaded",
                    identity.volume_id
                ))
                .detail(format!("It had {size} bytes and has {} now.", image.size))
                .hint("to download it again: terraform apply -replace=ADDRESS")
                .at("size"),
            ),
            Some(_) => {}
            None => cx.remember(SIZE, &image.size)?,
        }
        Ok(Some(image))
    }

    /// Nothing about a file can be changed: only creation inputs get here, and they send nothing.
    async fn update(
        cx: &mut Context<Self>,
        pve: &Proxmox,
        identity: ImageIdentity,
        _update: Update<Self>,
    ) -> Result<Self> {
        find(&pve.within(cx), &identity).await?.ok_or_else(|| {
            Diagnostic::error(format!("{} has gone", identity.volume_id)).hint("apply again")
        })
    }

    async fn delete(cx: &mut Context<Self>, pve: &Proxmox, identity: ImageIdentity) -> Result<()> {
        let pve = pve.within(cx);
        let storage = pve.storage(&identity.node, &identity.volume_id.storage());
        if storage.volume(&identity.volume_id).await?.is_some() {
            storage.delete_volume(&identity.volume_id).await?;
        }
        Ok(())
    }

    fn take_over(source: &Source) -> Result<Option<Map<String, Json>>> {
        peers::image(source)
    }
}

/// Looks the file up; nothing when the storage answers and does not list it.
async fn find(pve: &Proxmox, identity: &ImageIdentity) -> Result<Option<Image>> {
    let ImageIdentity { volume_id, node } = identity;
    let storage = volume_id.storage();
    let found = pve.storage(node, &storage).volume(volume_id).await?;
    Ok(found.map(|volume| Image {
        id: format!("{node}/{volume_id}"),
        volume_id: volume_id.clone(),
        node: node.clone(),
        storage: storage.into(),
        content: Content::from(volume_id.path().split('/').next().unwrap_or_default()),
        file_name: volume_id.file_name().to_owned(),
        url: None,
        checksum: None,
        checksum_algorithm: None,
        decompression_algorithm: None,
        verify_certificates: None,
        size: i64::try_from(volume.size).unwrap_or(i64::MAX),
    }))
}
