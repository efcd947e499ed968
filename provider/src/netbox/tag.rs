//! Tags. API: `/api/extras/tags/`.

use std::collections::BTreeSet;

use onprem_netbox::{Kind, kinds};
use tf_provider::{Resource, Text};

use super::model::{Key, Model, resource};
use super::names::{Color, Prose, Slug};

/// A tag in NetBox. Objects that have it lose it when it is destroyed.
#[derive(Clone, Resource)]
#[resource(
    name = "netbox_tag",
    group = "NetBox",
    import = "{id}",
    import = "{name}",
    timeouts(create = "5m", read = "5m", update = "5m", delete = "5m")
)]
pub(crate) struct Tag {
    /// Number that NetBox gave it.
    #[attr(computed, identity, api)]
    id: i64,
    /// Its name, which no other tag has.
    #[attr(required, api)]
    name: String,
    /// Its name in URLs; made of the name unless set.
    #[attr(setting, keep, api)]
    slug: Text<Slug>,
    /// Colour, as six hexadecimal digits.
    #[attr(setting, api, absent = Color::grey())]
    color: Text<Color>,
    /// One line about it.
    #[attr(setting, api, absent = Prose::default())]
    description: Text<Prose>,
    /// Types of objects that may have it, for example `ipam.prefix`; all unless set.
    #[attr(setting, api, absent = BTreeSet::new())]
    object_types: BTreeSet<String>,
}

impl Model for Tag {
    const KIND: &'static Kind = &kinds::TAG;

    fn key(named: &TagValues) -> Key {
        Key::name(&named.name)
    }
}

resource!(Tag);
