//! What the derive macros write for a struct: its schema and its shape in each phase.
//!
//! A configuration has unknown values anywhere (`Values`), a create receives what is known and gets
//! from the server what is not (`Plan`), an update is told what changed (`Changes`), and the struct
//! itself is what a create, update or read returns: everything.

use std::fmt::{Debug, Display};
use std::time::Duration;

use crate::api::{ApiChanges, ApiFields};
use crate::cty::{Path, Type, Value as CtyValue};
use crate::function::{Arguments, FunctionError, Parameter};
use crate::schema::{Attribute, Member, Object, Schema, Shape};
use crate::{AttributeType, Change, Result};

/// A struct of attributes. Written by `#[derive(Attributes)]`, `Resource` and `DataSource`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no attributes",
    note = "a block, or a group that is flattened, is a struct that derives `Attributes`"
)]
pub trait Attributes: Clone + Debug + Send + Sync + Sized + 'static {
    /// Every attribute, in a state where it may be null or unknown.
    type Values: Clone + Debug + Send + Sync + 'static;
    /// Every attribute that a configuration may set, as it shall become.
    type Plan: Clone + Debug + Send + Sync + 'static;
    /// Every attribute that may change in place.
    type Changes: Clone + Debug + Send + Sync + 'static;

    /// What each field is to the rules of a struct that flattens this one.
    const MEMBERS: &'static [Member];

    /// What the compiler has to know of the attributes.
    const SHAPE: Shape;

    /// The attributes, in the order of the fields.
    fn attributes() -> Vec<Attribute>;

    /// Writes the attributes into `object`.
    fn write(&self, object: &mut Object);

    /// Reads a configuration, a plan or a state.
    ///
    /// # Errors
    /// A known value that a type does not take.
    fn values(object: &Object, path: &Path) -> Result<Self::Values>;

    /// Reads what shall become; write-only values come from `config`.
    ///
    /// # Errors
    /// A known value that a type does not take, or a required one that is missing.
    fn plan(planned: &Object, config: &Object, path: &Path) -> Result<Self::Plan>;

    /// Reads what an update has to do.
    ///
    /// # Errors
    /// As [`Attributes::plan`].
    fn changes(
        prior: &Object,
        planned: &Object,
        config: &Object,
        path: &Path,
    ) -> Result<Self::Changes>;

    /// Writes the planned values of the attributes that have an API field.
    fn plan_to_api(plan: &Self::Plan, fields: &mut ApiFields);

    /// Writes the changes of the attributes that have an API field.
    fn changes_to_api(changes: &Self::Changes, fields: &mut ApiChanges);
}

/// What `#[derive(Resource)]` says of a resource beside its attributes.
pub trait ResourceModel: Attributes {
    /// What identifies one object for good.
    type Identity: IdentityModel;

    /// The type's name without the provider's, for example `netbox_prefix`.
    const NAME: &'static str;
    /// The heading under which the documentation lists it.
    const GROUP: &'static str;
    /// What an import id may look like, for example `{node}/{vm_id}`.
    const IMPORT: &'static [&'static str];
    /// Version of the stored identity.
    const IDENTITY_VERSION: i64 = 0;
    /// The attributes of every operation's time limit, when it has any.
    const TIMEOUTS: Option<Timeouts>;

    /// The schema, `timeouts` included.
    fn schema() -> Schema;
}

/// What `#[derive(DataSource)]` says of a data source beside its attributes.
pub trait DataSourceModel: Attributes {
    /// The type's name without the provider's, for example `proxmox_version`.
    const NAME: &'static str;
    /// The heading under which the documentation lists it.
    const GROUP: &'static str;

    /// The schema.
    fn schema() -> Schema;
}

/// What `#[derive(EphemeralResource)]` says of an ephemeral resource beside its attributes.
pub trait EphemeralResourceModel: Attributes {
    /// The type's name without the provider's, for example `proxmox_ticket`.
    const NAME: &'static str;
    /// The heading under which the documentation lists it.
    const GROUP: &'static str;

    /// The schema.
    fn schema() -> Schema;
}

/// What `#[derive(Action)]` says of an action beside its attributes.
pub trait ActionModel: Attributes {
    /// The type's name without the provider's, for example `proxmox_guest_power`.
    const NAME: &'static str;
    /// The heading under which the documentation lists it.
    const GROUP: &'static str;
    /// How long it may take, where its configuration does not say.
    const TIMEOUT: Duration;

    /// The schema.
    fn schema() -> Schema;
}

/// What `#[derive(ListResource)]` says of a list resource beside its attributes. Its name and its
/// heading are those of its resource.
pub trait ListResourceModel: Attributes {
    /// The schema.
    fn schema() -> Schema;
}

/// What `#[derive(Function)]` says of a function.
pub trait FunctionModel: 'static {
    /// Its name, for example `mac_address`.
    const NAME: &'static str;
    /// The heading under which the documentation lists it.
    const GROUP: &'static str;
    /// What it is, in Markdown: the doc comment of the struct.
    const DESCRIPTION: &'static str;
    /// Why not to use it, where that is so.
    const DEPRECATED: Option<&'static str> = None;
    /// The arguments of a call.
    type Arguments: Send;

    /// The parameters, in the order of the fields; without the variadic one.
    fn parameters() -> Vec<Parameter>;

    /// The parameter that takes all further arguments.
    fn variadic() -> Option<Parameter>;

    /// Reads the arguments of a call.
    ///
    /// # Errors
    /// An argument that its type does not take.
    fn read(arguments: &mut Arguments) -> Result<Self::Arguments, FunctionError>;
}

/// The identity of a resource.
pub trait IdentityModel: Clone + Debug + Display + Send + Sync + 'static {
    /// Name, type and description of each part.
    fn attributes() -> Vec<(&'static str, Type, &'static str)>;

    /// The parts, by name.
    fn to_object(&self) -> Object;

    /// Reads it from an identity, or from a state that has the attributes of the same names.
    ///
    /// # Errors
    /// A part that is missing or that its type does not take.
    fn from_object(object: &Object) -> Result<Self>;
}

/// How long each operation may take by default.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the derive writes it as a literal")]
pub struct Timeouts {
    /// For create.
    pub create: Duration,
    /// For read.
    pub read: Duration,
    /// For update.
    pub update: Duration,
    /// For delete.
    pub delete: Duration,
}

/// What an update does to one attribute; the derive calls it.
///
/// # Errors
/// A planned value that the type does not take.
pub fn change_of<T: AttributeType>(
    prior: &Object,
    planned: &Object,
    config: &Object,
    name: &str,
    path: &Path,
) -> Result<Change<T::Plan>> {
    let before = prior.get(name).unwrap_or(&CtyValue::Null);
    let after = planned.get(name).unwrap_or(&CtyValue::Null);
    if before == after {
        return Ok(Change::Unchanged);
    }
    let configured = config.get(name).is_some_and(|value| !value.is_null());
    match after {
        CtyValue::Null | CtyValue::Unknown(_) if before.is_null() => Ok(Change::Unchanged),
        CtyValue::Null | CtyValue::Unknown(_) => Ok(Change::Reset),
        _ if !configured => Ok(Change::Reset),
        known => {
            let config = config.get(name).unwrap_or(&CtyValue::Null);
            T::read_plan(known, config, &path.clone().attribute(name)).map(Change::Set)
        }
    }
}

/// What an update does to a write-only attribute: the attribute `version` tells whether it is sent
/// again. The derive calls it.
///
/// # Errors
/// A configured value that the type does not take.
pub fn write_only_change_of<T: AttributeType>(
    prior: &Object,
    planned: &Object,
    config: &Object,
    (name, version): (&str, &str),
    path: &Path,
) -> Result<Change<T::Plan>> {
    if prior.get(version) == planned.get(version) {
        return Ok(Change::Unchanged);
    }
    match config.get(name) {
        None | Some(CtyValue::Null | CtyValue::Unknown(_)) => Ok(Change::Reset),
        Some(known) => T::read_plan(known, known, &path.clone().attribute(name)).map(Change::Set),
    }
}

/// The object at `name`, empty when there is none; the derive calls it for attributes whose fields lie
/// beside those of their parent in the API.
pub fn nested_object<'a>(object: &'a Object, name: &str) -> &'a Object {
    static EMPTY: Object = Object::new();
    object.get(name).and_then(CtyValue::as_object).unwrap_or(&EMPTY)
}
