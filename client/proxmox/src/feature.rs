//! What the disks of a guest can do. API: `GET /nodes/{node}/{qemu|lxc}/{vmid}/feature`

use serde::Deserialize;

use crate::NodeName;

/// Something that the disks of a guest may be able to do
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// Be cloned as links to a template's disks
    Clone,
    /// Be copied in full
    Copy,
    /// Be snapshotted
    Snapshot,
}

impl Feature {
    /// The API's name of it
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Copy => "copy",
            Self::Snapshot => "snapshot",
        }
    }
}

/// Whether the disks of a guest can do something
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeatureCheck {
    /// Whether all of them can
    #[serde(rename = "hasFeature")]
    pub has_feature: bool,
    /// Nodes that see all disks of a VM; always empty for a container
    #[serde(default)]
    pub nodes: Vec<NodeName>,
}
