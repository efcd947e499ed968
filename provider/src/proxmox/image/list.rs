//! Finding images. API: `GET /nodes/{node}/storage` and `…/{storage}/content`.

use std::collections::BTreeSet;

use onprem_proxmox::{NodeName, StorageName};
use tf_provider::{ListContext, ListResource, Result, Text};

use super::{Content, Image, ImageIdentity};
use crate::proxmox::Proxmox;

/// Finds the ISO images, container templates and disk images of the cluster's storages, whoever put them
/// there. On a storage that nodes share, each is found once.
#[derive(Clone, ListResource)]
pub(in crate::proxmox) struct Images {
    /// Only those that this node sees.
    #[attr(optional)]
    node: Option<Text<NodeName>>,
    /// Only those in this storage.
    #[attr(optional)]
    storage: Option<Text<StorageName>>,
    /// Only those of this kind.
    #[attr(optional)]
    content: Option<Content>,
}

impl ListResource for Images {
    type Resource = Image;

    async fn list(cx: &mut ListContext<Image>, pve: &Proxmox, arguments: ImagesPlan) -> Result<()> {
        let ImagesPlan { node, storage, content } = arguments;
        let kinds = content.map_or_else(
            || vec![Content::Import, Content::Iso, Content::Vztmpl],
            |content| vec![content],
        );
        let mut nodes = pve.nodes().await?;
        nodes.sort_by(|one, other| one.node.cmp(&other.node));
        let mut shared = BTreeSet::new();
        for entry in nodes {
            let wanted = node.as_ref().is_none_or(|node| **node == entry.node);
            if !wanted || entry.status != "online" {
                continue;
            }
            for one in pve.node(&entry.node).storages().await? {
                let wanted = storage.as_ref().is_none_or(|storage| **storage == one.storage);
                if !wanted || !one.active || (one.shared && !shared.insert(one.storage.to_string()))
                {
                    continue;
                }
                let kinds =
                    kinds.iter().filter(|kind| one.content.iter().any(|c| c == kind.as_str()));
                for kind in kinds {
                    let files = pve.storage(&entry.node, &one.storage);
                    for volume in files.content(Some(kind.as_str())).await? {
                        let name = volume.volid.file_name().to_owned();
                        let identity = ImageIdentity {
                            volume_id: volume.volid.into(),
                            node: entry.node.clone().into(),
                        };
                        cx.found(&identity, name).await?;
                    }
                }
            }
        }
        Ok(())
    }
}
