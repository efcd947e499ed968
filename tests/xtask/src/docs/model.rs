//! What `terraform-provider-onprem schema --annotated` prints, as far as a page needs it.

use serde::Deserialize;
use serde_json::Value;

/// Everything that the provider has.
#[derive(Debug, Deserialize)]
pub(super) struct Annotated {
    pub(super) provider: Documented,
    pub(super) resources: Vec<Documented>,
    pub(super) data_sources: Vec<Documented>,
}

/// The provider block, a resource or a data source.
#[derive(Debug, Deserialize)]
pub(super) struct Documented {
    /// Its type, `onprem_proxmox_image`; of the provider, `onprem`.
    pub(super) name: String,
    /// The heading that the registry lists it under.
    #[serde(default)]
    pub(super) group: String,
    pub(super) description: String,
    pub(super) attributes: Vec<Attribute>,
    /// Names of the attributes that an import by identity takes.
    #[serde(default)]
    pub(super) identity: Vec<Attribute>,
}

/// One attribute.
#[derive(Debug, Deserialize)]
pub(super) struct Attribute {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    /// The type as the protocol spells it; absent where there are nested attributes.
    #[serde(default, rename = "type")]
    pub(super) ty: Value,
    #[serde(default)]
    pub(super) nested: Option<Nested>,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) write_only: bool,
    /// Why not to use it.
    #[serde(default)]
    pub(super) deprecated: Option<String>,
    /// A change destroys the object and creates another.
    #[serde(default)]
    pub(super) replace: bool,
    /// Used by create alone.
    #[serde(default)]
    pub(super) creation: bool,
    /// The provider's own default.
    #[serde(default)]
    pub(super) default: Option<Value>,
    #[serde(default)]
    pub(super) allowed: Vec<String>,
    #[serde(default)]
    pub(super) range: Option<(i64, i64)>,
    /// What it must look like, `a network in CIDR form`.
    #[serde(default)]
    pub(super) form: Option<String>,
    /// Server version that it needs.
    #[serde(default)]
    pub(super) since: Option<String>,
}

/// Attributes inside an attribute.
#[derive(Debug, Deserialize)]
pub(super) struct Nested {
    pub(super) nesting: Nesting,
    pub(super) attributes: Vec<Attribute>,
}

/// How nested attributes repeat.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Nesting {
    List,
    Map,
    Set,
    Single,
}
