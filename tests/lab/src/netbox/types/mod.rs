//! The object types that the lab's NetBox knows, as data: their fields with kinds, limits, choices and
//! references, the brief form, the rules of uniqueness. One engine reads, checks, shows and filters
//! all of them by these tables. `since` and `until` are minor releases of NetBox 4.

mod dcim;
mod extras;
mod ipam;
mod tenancy;
mod virtualization;

use serde_json::{Value, json};

pub(super) use ipam::port_mappings;

use super::render::View;
use super::rules::Clean;
use super::store::{Object, Store};

/// Every type, in the order of their paths.
pub(super) static ALL: &[Type] = &[
    dcim::DEVICE_ROLE,
    dcim::DEVICE_TYPE,
    dcim::DEVICE,
    dcim::INTERFACE,
    dcim::LOCATION,
    dcim::MAC_ADDRESS,
    dcim::MANUFACTURER,
    dcim::PLATFORM,
    dcim::REGION,
    dcim::SITE_GROUP,
    dcim::SITE,
    extras::CHOICE_SET,
    extras::CUSTOM_FIELD,
    extras::TAG,
    ipam::AGGREGATE,
    ipam::IP_ADDRESS,
    ipam::IP_RANGE,
    ipam::PREFIX,
    ipam::RIR,
    ipam::ROLE,
    ipam::ROUTE_TARGET,
    ipam::SERVICE,
    ipam::VLAN_GROUP,
    ipam::VLAN,
    ipam::VRF,
    tenancy::TENANT_GROUP,
    tenancy::TENANT,
    virtualization::CLUSTER_GROUP,
    virtualization::CLUSTER_TYPE,
    virtualization::CLUSTER,
    virtualization::INTERFACE,
    virtualization::VIRTUAL_DISK,
    virtualization::VIRTUAL_MACHINE,
];

/// Type at a path after `/api/`, `ipam/prefixes`.
pub(super) fn at(path: &str) -> Option<&'static Type> {
    ALL.iter().find(|kind| kind.path == path)
}

/// Type of a model, `ipam.prefix`.
pub(super) fn of(model: &str) -> Option<&'static Type> {
    ALL.iter().find(|kind| kind.model == model)
}

/// One type of object.
#[derive(Debug)]
pub(super) struct Type {
    /// Path after `/api/`.
    pub(super) path: &'static str,
    /// `app.model`, as content types are written.
    pub(super) model: &'static str,
    /// Name of the model in the text of a 404.
    pub(super) class: &'static str,
    /// Name in other texts.
    pub(super) name: &'static str,
    pub(super) own: &'static [Field],
    /// Fields that many types share.
    pub(super) common: &'static [Field],
    /// Fields of the brief form beside `id`, `url`, `display` and `description`.
    pub(super) brief: &'static [&'static str],
    /// Fields of the form for self-references, beside `id`, `url`, `display_url` and `display`.
    pub(super) nested: &'static [&'static str],
    /// Order of lists.
    pub(super) order: &'static [&'static str],
    pub(super) unique: &'static [Unique],
    pub(super) display: fn(&Store, &Object) -> String,
    /// Rules beyond those of single fields.
    pub(super) clean: Option<Clean>,
}

impl Type {
    /// What most types have in common.
    pub(super) const BASE: Self = Self {
        path: "",
        model: "",
        class: "",
        name: "",
        own: &[],
        common: STANDARD,
        brief: &["name", "slug"],
        nested: &["name", "slug"],
        order: &["name"],
        unique: &[],
        display: |_, object| object.text("name").to_owned(),
        clean: None,
    };

    pub(super) fn fields(&'static self) -> impl Iterator<Item = &'static Field> {
        self.own.iter().chain(self.common)
    }

    /// Fields of that release.
    pub(super) fn fields_of(&'static self, minor: u8) -> impl Iterator<Item = &'static Field> {
        self.fields().filter(move |field| field.since <= minor && minor < field.until)
    }

    /// Whether a field counts objects that refer to this one.
    pub(super) fn counts(&self, name: &str) -> bool {
        self.own.iter().any(|field| field.name == name && matches!(field.kind, Kind::Count(..)))
    }

    pub(super) fn field(&'static self, name: &str, minor: u8) -> Option<&'static Field> {
        self.fields_of(minor).find(|field| field.name == name)
    }
}

/// A combination of fields that two objects may not share.
#[derive(Debug)]
pub(super) struct Unique {
    pub(super) fields: &'static [&'static str],
    /// Fields that make the rule void when they are null.
    pub(super) void: &'static [&'static str],
    /// Text under `__all__`; without one the single field says so itself.
    pub(super) text: &'static str,
}

/// A field that no two objects share.
pub(super) const fn unique(fields: &'static [&'static str]) -> Unique {
    Unique { fields, void: fields, text: "" }
}

/// A combination that is unique where none of it is null.
pub(super) const fn together(fields: &'static [&'static str], text: &'static str) -> Unique {
    Unique { fields, void: fields, text }
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) null: bool,
    /// Whether a PUT without the field sets it to null.
    pub(super) put_clears: bool,
    pub(super) since: u8,
    pub(super) until: u8,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Address,
    Boolean(bool),
    Choice {
        choices: Choices,
        default: &'static str,
    },
    ChoicePairs,
    Color(&'static str),
    /// Worked out at every reading.
    Computed(fn(&View<'_>, &Object) -> Value),
    /// How many objects of a model refer to this one.
    Count(&'static str, &'static str),
    CustomFields,
    Date,
    Decimal(f64),
    DnsName,
    Foreign {
        model: &'static str,
        form: Form,
        on_delete: OnDelete,
    },
    Integer {
        min: i64,
        max: i64,
        default: Option<i64>,
    },
    Json,
    Mac,
    Many {
        model: &'static str,
        form: Form,
    },
    Network,
    /// Shows the object that a type and a number name.
    Object {
        object_type: &'static str,
        object_id: &'static str,
    },
    ObjectId {
        object_type: &'static str,
        on_delete: OnDelete,
    },
    ObjectType(&'static [&'static str]),
    ObjectTypes,
    PortMappings,
    Ports,
    Slug,
    Tags,
    Text(usize),
    VidRanges,
}

/// Values of a choice with their labels.
pub(super) type Choices = &'static [(&'static str, &'static str)];

/// How an object is shown inside another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Brief,
    Full,
    Nested,
}

/// What becomes of an object when the one that it refers to is deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The deletion is refused.
    Protect,
    /// The reference becomes null.
    SetNull,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
            null: false,
            put_clears: false,
            since: 0,
            until: u8::MAX,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self.null = false;
        self
    }

    const fn null(mut self) -> Self {
        self.null = true;
        self
    }

    const fn put_clears(mut self) -> Self {
        self.put_clears = true;
        self
    }

    const fn since(mut self, minor: u8) -> Self {
        self.since = minor;
        self
    }

    const fn until(mut self, minor: u8) -> Self {
        self.until = minor;
        self
    }

    /// Whether requests can set it.
    pub(super) fn writable(&self) -> bool {
        !matches!(self.kind, Kind::Computed(_) | Kind::Count(..) | Kind::Object { .. })
    }

    /// Value of an object that was made without the field.
    pub(super) fn default(&self) -> Value {
        match self.kind {
            _ if self.null && !matches!(self.kind, Kind::Choice { .. }) => Value::Null,
            Kind::Boolean(value) => value.into(),
            Kind::Choice { default: "", .. } => Value::Null,
            Kind::Choice { default, .. } => default.into(),
            Kind::Color(color) => color.into(),
            Kind::Decimal(value) => value.into(),
            Kind::Integer { default, .. } => default.map_or(Value::Null, Value::from),
            Kind::Slug | Kind::Text(_) | Kind::DnsName => "".into(),
            Kind::Tags | Kind::Many { .. } | Kind::ObjectTypes => json!([]),
            Kind::CustomFields | Kind::Json => json!({}),
            Kind::VidRanges => json!([[1, 4094]]),
            _ => Value::Null,
        }
    }
}

const fn text(name: &'static str, max: usize) -> Field {
    Field::new(name, Kind::Text(max))
}

const fn boolean(name: &'static str, default: bool) -> Field {
    Field::new(name, Kind::Boolean(default))
}

const fn choice(name: &'static str, choices: Choices, default: &'static str) -> Field {
    Field::new(name, Kind::Choice { choices, default })
}

const fn computed(name: &'static str, show: fn(&View<'_>, &Object) -> Value) -> Field {
    Field::new(name, Kind::Computed(show))
}

const fn count(name: &'static str, model: &'static str, field: &'static str) -> Field {
    Field::new(name, Kind::Count(model, field))
}

/// A count of objects that the lab does not have.
const fn zero(name: &'static str) -> Field {
    computed(name, |_, _| 0.into())
}

/// A field of objects that the lab does not have; always null.
const fn nothing(name: &'static str) -> Field {
    computed(name, |_, _| Value::Null)
}

const fn integer(name: &'static str, min: i64, max: i64) -> Field {
    Field::new(name, Kind::Integer { min, max, default: None }).null()
}

/// A reference that refuses the deletion of what it refers to.
const fn foreign(name: &'static str, model: &'static str) -> Field {
    Field::new(name, Kind::Foreign { model, form: Form::Brief, on_delete: OnDelete::Protect })
}

/// A reference that becomes null with the deletion of what it refers to.
const fn loose(name: &'static str, model: &'static str) -> Field {
    Field::new(name, Kind::Foreign { model, form: Form::Brief, on_delete: OnDelete::SetNull })
        .null()
}

/// A reference to one of the same type.
const fn nested(name: &'static str, model: &'static str, on_delete: OnDelete) -> Field {
    Field::new(name, Kind::Foreign { model, form: Form::Nested, on_delete }).null()
}

const fn many(name: &'static str, model: &'static str) -> Field {
    Field::new(name, Kind::Many { model, form: Form::Full })
}

/// Type of what a generic reference points to.
const fn object_type(name: &'static str, models: &'static [&'static str]) -> Field {
    Field::new(name, Kind::ObjectType(models)).null()
}

/// Number of what a generic reference points to.
const fn object_id(name: &'static str, object_type: &'static str, on_delete: OnDelete) -> Field {
    Field::new(name, Kind::ObjectId { object_type, on_delete }).null()
}

/// What a generic reference points to, as answers show it.
const fn object(name: &'static str, object_type: &'static str, object_id: &'static str) -> Field {
    Field::new(name, Kind::Object { object_type, object_id })
}

/// Part of the site hierarchy that an object belongs to.
const SCOPE_TYPE: Field = object_type("scope_type", SCOPES).put_clears();
const SCOPE_ID: Field = object_id("scope_id", "scope_type", OnDelete::Cascade).put_clears();
const SCOPE: Field = object("scope", "scope_type", "scope_id");
const SCOPES: &[&str] = &["dcim.location", "dcim.region", "dcim.site", "dcim.sitegroup"];

/// Interface that an address belongs to.
const ASSIGNED_TYPE: Field = object_type("assigned_object_type", INTERFACES);
const ASSIGNED_ID: Field =
    object_id("assigned_object_id", "assigned_object_type", OnDelete::Cascade);
const ASSIGNED: Field = object("assigned_object", "assigned_object_type", "assigned_object_id");
const INTERFACES: &[&str] = &["dcim.interface", "ipam.fhrpgroup", "virtualization.vminterface"];

const FAMILY: fn(&View<'_>, &Object) -> Value = |_, object| {
    let net = ["prefix", "address", "start_address"].iter().find_map(|field| object.net(field));
    net.map_or(
        Value::Null,
        |net| json!({ "value": net.family(), "label": format!("IPv{}", net.family()) }),
    )
};

const NAME: Field = text("name", 100).required();
const SLUG: Field = Field::new("slug", Kind::Slug).required();
const STATUS_OF_SPACE: Choices =
    &[("active", "Active"), ("reserved", "Reserved"), ("deprecated", "Deprecated")];
const TENANT: Field = foreign("tenant", "tenancy.tenant").null();

const DESCRIPTION: Field = text("description", 200);
const COMMENTS: Field = text("comments", usize::MAX);
const OWNER: Field = loose("owner", "users.owner").since(5);
const TAGS: Field = Field::new("tags", Kind::Tags);
const CUSTOM_FIELDS: Field = Field::new("custom_fields", Kind::CustomFields);

/// What almost every type has.
const STANDARD: &[Field] = &[DESCRIPTION, COMMENTS, OWNER, TAGS, CUSTOM_FIELDS];
/// The same for components, which have no comments.
const COMPONENT: &[Field] = &[DESCRIPTION, OWNER, TAGS, CUSTOM_FIELDS];
