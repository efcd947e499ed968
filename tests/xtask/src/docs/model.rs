//! What `terraform-provider-onprem schema --annotated` prints, as far as a page needs it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Everything that the provider has.
#[derive(Debug, Deserialize)]
pub(super) struct Annotated {
    /// `onprem`.
    pub(super) name: String,
    pub(super) provider: Documented,
    pub(super) resources: BTreeMap<String, Documented>,
    pub(super) data_sources: BTreeMap<String, Documented>,
    pub(super) ephemeral_resources: BTreeMap<String, Documented>,
    pub(super) list_resources: BTreeMap<String, Documented>,
    pub(super) actions: BTreeMap<String, Documented>,
    pub(super) functions: BTreeMap<String, Function>,
}

/// A function.
#[derive(Debug, Deserialize)]
pub(super) struct Function {
    /// The heading that the registry lists it under.
    #[serde(default)]
    pub(super) group: String,
    pub(super) summary: String,
    /// Why not to use it.
    #[serde(default)]
    pub(super) deprecation_message: Option<String>,
    pub(super) description: String,
    #[serde(default)]
    pub(super) parameters: Vec<Parameter>,
    #[serde(default)]
    pub(super) variadic_parameter: Option<Parameter>,
    pub(super) return_type: Value,
}

/// One parameter of a function.
#[derive(Debug, Deserialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(rename = "type")]
    pub(super) ty: Value,
    #[serde(default)]
    pub(super) is_nullable: bool,
}

/// The provider block, or anything with attributes.
#[derive(Debug, Deserialize)]
pub(super) struct Documented {
    /// The heading that the registry lists it under.
    #[serde(default)]
    pub(super) group: String,
    pub(super) description: String,
    /// Why not to use it.
    #[serde(default)]
    pub(super) deprecation_message: Option<String>,
    pub(super) attributes: Vec<Attribute>,
    /// What an import by identity takes.
    #[serde(default)]
    pub(super) identity: BTreeMap<String, Identity>,
    /// What an import id looks like: `{node}/{vm_id}`.
    #[serde(default)]
    pub(super) import: Vec<String>,
    /// How long an action may take unless configured.
    #[serde(default)]
    pub(super) timeout: Option<String>,
    /// The time limits unless configured, by operation.
    #[serde(default)]
    pub(super) timeouts: Option<BTreeMap<String, String>>,
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
    pub(super) nested_type: Option<Nested>,
    pub(super) class: Class,
    /// How often it may be there, where it is a block.
    #[serde(default)]
    pub(super) block: Option<Items>,
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
    pub(super) deprecation_message: Option<String>,
    /// A change destroys the object and creates another.
    #[serde(default)]
    pub(super) replace: bool,
    /// Nothing can be created without it, but it may be absent after an import.
    #[serde(default)]
    pub(super) required_to_create: bool,
    /// The provider's own default.
    #[serde(default)]
    pub(super) default: Option<Value>,
    /// What the server does where the setting is absent.
    #[serde(default)]
    pub(super) server_default: Option<Value>,
    /// Taking it out of a configuration leaves the server as it is.
    #[serde(default)]
    pub(super) keep: bool,
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
    /// Of a write-only one, the attribute whose change sends it again.
    #[serde(default)]
    pub(super) version_attribute: Option<String>,
    /// The rules across attributes in which it takes part.
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

/// A rule across attributes.
#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) relation: Relation,
    /// The attributes; the one that the rule is said of comes first, where it is said of one.
    pub(super) names: Vec<String>,
}

/// What a rule says, in the derive's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Relation {
    AlsoRequires,
    AtLeastOneOf,
    Conflicting,
    ConflictsWith,
    ExactlyOneOf,
    RequiredTogether,
}

/// Who decides the value of an attribute, and when.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Class {
    Block,
    Computed,
    Creation,
    Optional,
    Required,
    Setting,
    WriteOnly,
}

/// How often a block must and may be there; 0 where that is not limited.
#[derive(Debug, Deserialize)]
pub(super) struct Items {
    #[serde(default)]
    pub(super) min_items: u32,
    #[serde(default)]
    pub(super) max_items: u32,
}

/// Attributes inside an attribute.
#[derive(Debug, Deserialize)]
pub(super) struct Nested {
    #[serde(rename = "nesting_mode")]
    pub(super) nesting: Nesting,
    pub(super) attributes: Vec<Attribute>,
}

/// How nested attributes repeat.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Nesting {
    Group,
    List,
    Map,
    Set,
    Single,
}

/// One attribute of an identity.
#[derive(Debug, Deserialize)]
pub(super) struct Identity {
    #[serde(rename = "type")]
    pub(super) ty: Value,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) required_for_import: bool,
}
