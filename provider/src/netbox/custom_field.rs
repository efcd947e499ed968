//! Custom fields. API: `/api/extras/custom-fields/`.

use std::collections::BTreeSet;

use onprem_netbox::{Kind, kinds};
use tf_provider::{Choice, Resource, Text};

use super::model::{Key, Model, resource};
use super::names::Prose;

/// A custom field in NetBox. Destroying it destroys its values on all objects.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_custom_field",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct CustomField {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name: letters, digits and `_`.
    #[attr(required, api)]
    name: String,
    /// Type of its values.
    #[attr(required, replace, api)]
    r#type: CustomFieldType,
    /// Types of objects that have it, for example `ipam.prefix`.
    #[attr(required, api)]
    object_types: BTreeSet<String>,
    /// Type of the objects that it refers to, where its type is `object` or `multiobject`.
    #[attr(setting, api)]
    related_object_type: Option<String>,
    /// Number of the set of choices, where its type is `select` or `multiselect`.
    #[attr(setting, api = "choice_set")]
    choice_set_id: Option<i64>,
    /// What forms call it.
    #[attr(setting, api, absent = "")]
    label: String,
    /// Heading that forms show it under.
    #[attr(setting, api, absent = "")]
    group_name: String,
    /// One line about it.
    #[attr(setting, api, absent = Prose::default())]
    description: Text<Prose>,
    /// Refuses objects without a value.
    #[attr(setting, api, absent = false)]
    required: bool,
    /// Refuses the same value on two objects.
    #[attr(setting, api, absent = false, since = "4.2")]
    unique: bool,
    /// Place in forms; the smallest comes first.
    #[attr(setting, api, absent = 100)]
    weight: i64,
    /// Smallest number.
    #[attr(setting, api)]
    validation_minimum: Option<f64>,
    /// Largest number.
    #[attr(setting, api)]
    validation_maximum: Option<f64>,
    /// What texts must look like, as a regular expression.
    #[attr(setting, api, absent = "")]
    validation_regex: String,
}

/// Type of the values of a custom field.
#[derive(Clone, Debug, Eq, PartialEq, Choice)]
pub(crate) enum CustomFieldType {
    Text,
    Longtext,
    Integer,
    Decimal,
    Boolean,
    Date,
    Datetime,
    Url,
    Json,
    Select,
    Multiselect,
    Object,
    Multiobject,
    Other(String),
}

impl Model for CustomField {
    const KIND: &'static Kind = &kinds::CUSTOM_FIELD;

    fn key(named: &CustomFieldValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(CustomField);
