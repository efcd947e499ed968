//! Types of extras: tags and custom fields.

use super::super::custom_fields;
use super::{
    COMMENTS, Choices, DESCRIPTION, Field, Kind, NAME, OWNER, Type, boolean, choice, computed,
    foreign, text, unique,
};

pub(super) const TAG: Type = Type {
    path: "extras/tags",
    model: "extras.tag",
    class: "Tag",
    name: "tag",
    own: &[
        NAME,
        SLUG,
        Field::new("color", Kind::Color("9e9e9e")),
        Field::new("weight", Kind::Integer { min: 0, max: 32767, default: Some(1000) }).since(4),
        Field::new("object_types", Kind::ObjectTypes),
        computed("tagged_items", |view, tag| {
            let kinds = super::ALL.iter();
            kinds.map(|kind| view.store.count(kind.model, "tags", tag.id)).sum::<usize>().into()
        }),
    ],
    common: &[DESCRIPTION],
    brief: &["name", "slug", "color"],
    nested: &["name", "slug", "color"],
    order: &["weight", "name"],
    unique: &[unique(&["name"]), unique(&["slug"])],
    ..Type::BASE
};
const SLUG: Field = super::SLUG;

pub(super) const CUSTOM_FIELD: Type = Type {
    path: "extras/custom-fields",
    model: "extras.customfield",
    class: "CustomField",
    name: "custom field",
    own: &[
        Field::new("object_types", Kind::ObjectTypes).required(),
        choice("type", TYPES, "").required(),
        Field::new("related_object_type", Kind::ObjectType(&[])).null(),
        computed("data_type", |_, field| {
            let kind = match field.text("type") {
                "integer" => "integer",
                "decimal" => "decimal",
                "boolean" => "boolean",
                "json" | "object" => "object",
                "multiobject" | "multiselect" => "array",
                _ => "string",
            };
            kind.into()
        }),
        text("name", 50).required(),
        text("label", 50),
        text("group_name", 50),
        boolean("required", false),
        boolean("unique", false),
        Field::new("search_weight", Kind::Integer { min: 0, max: 32767, default: Some(1000) }),
        choice("filter_logic", FILTER_LOGIC, "loose"),
        choice("ui_visible", VISIBLE, "always"),
        choice("ui_editable", EDITABLE, "yes"),
        boolean("is_cloneable", false),
        boolean("nulls_first", true).since(7),
        Field::new("default", Kind::Json).null(),
        Field::new("related_object_filter", Kind::Json).null(),
        Field::new("weight", Kind::Integer { min: 0, max: 32767, default: Some(100) }),
        Field::new("validation_minimum", Kind::Decimal(0.0)).null(),
        Field::new("validation_maximum", Kind::Decimal(0.0)).null(),
        text("validation_regex", 500),
        Field::new("validation_schema", Kind::Json).null().since(6),
        foreign("choice_set", "extras.customfieldchoiceset").null(),
        computed("status", |_, _| serde_json::json!({ "value": "active", "label": "Active" }))
            .since(7),
    ],
    common: &[DESCRIPTION, COMMENTS, OWNER],
    brief: &["name"],
    order: &["group_name", "weight", "name"],
    unique: &[unique(&["name"])],
    display: |_, field| match field.text("label") {
        "" => {
            let words = field.text("name").replace('_', " ");
            let mut letters = words.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default()
        }
        label => label.to_owned(),
    },
    clean: Some(custom_fields::clean_definition),
    ..Type::BASE
};
const TYPES: Choices = &[
    ("text", "Text"),
    ("longtext", "Text (long)"),
    ("integer", "Integer"),
    ("decimal", "Decimal"),
    ("boolean", "Boolean (true/false)"),
    ("date", "Date"),
    ("datetime", "Date & time"),
    ("url", "URL"),
    ("json", "JSON"),
    ("select", "Selection"),
    ("multiselect", "Multiple selection"),
    ("object", "Object"),
    ("multiobject", "Multiple objects"),
];
const FILTER_LOGIC: Choices = &[("disabled", "Disabled"), ("loose", "Loose"), ("exact", "Exact")];
const VISIBLE: Choices = &[("always", "Always"), ("if-set", "If set"), ("hidden", "Hidden")];
const EDITABLE: Choices = &[("yes", "Yes"), ("no", "No"), ("hidden", "Hidden")];

pub(super) const CHOICE_SET: Type = Type {
    path: "extras/custom-field-choice-sets",
    model: "extras.customfieldchoiceset",
    class: "CustomFieldChoiceSet",
    name: "custom field choice set",
    own: &[
        NAME,
        choice("base_choices", BASE_CHOICES, "").null(),
        Field::new("extra_choices", Kind::ChoicePairs).required(),
        Field::new("choice_colors", Kind::Json).since(6),
        boolean("order_alphabetically", false),
        computed("choices_count", |_, set| {
            set.get("extra_choices").as_array().map_or(0, Vec::len).into()
        }),
    ],
    common: &[DESCRIPTION, OWNER],
    brief: &["name", "choices_count"],
    unique: &[unique(&["name"])],
    ..Type::BASE
};
const BASE_CHOICES: Choices = &[
    ("IATA", "IATA (Airport codes)"),
    ("ISO_3166", "ISO 3166 (Country codes)"),
    ("UN_LOCODE", "UN/LOCODE (Location codes)"),
];
