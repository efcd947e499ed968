//! What most objects have: a description, tags, custom fields. Of the tags and custom fields of an object
//! only those are ours that the configuration names, and private state remembers which these are.

use std::collections::{BTreeMap, BTreeSet};

use onprem_netbox::{Object, same};
use tf_provider::api::{ApiFields, Json};
use tf_provider::{Attributes, Context, Dynamic, Resource, Result, Text};

use super::names::Prose;

/// What most objects of NetBox have.
#[derive(Clone, Attributes)]
pub(crate) struct Labels {
    /// One line about it.
    #[attr(setting, api, absent = Prose::default())]
    pub(crate) description: Text<Prose>,
    /// Names of its tags, which must exist. Tags that somebody else gave it are left alone.
    #[attr(setting, api, absent = BTreeSet::new())]
    pub(crate) tags: BTreeSet<String>,
    /// All its tags: those above, the provider's `default_tags`, and those that somebody else gave it.
    #[attr(computed(until = [tags]), api)]
    pub(crate) tags_all: BTreeSet<String>,
    /// Custom fields by name, each of the type that its definition says: a string, a number, `true`, a
    /// list; of an object its number. `null` empties a field. Those that are not named are left alone.
    #[attr(setting, api)]
    pub(crate) custom_fields: Option<Dynamic>,
}

/// Key of what is ours, in private state.
const OWN: &str = "own";

/// What of an object's tags and custom fields is ours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    pub(crate) tags: BTreeSet<String>,
    pub(crate) custom_fields: BTreeSet<String>,
    /// Tags that it has because the provider's block said so.
    pub(crate) default_tags: BTreeSet<String>,
    /// Whether the tags were found by an import: then no configuration ever said that they are ours.
    pub(crate) adopted_tags: bool,
    /// The same of the custom fields.
    pub(crate) adopted_custom_fields: bool,
}

impl Own {
    /// What is remembered; nothing after an import.
    pub(crate) fn recall(sets: Option<BTreeMap<String, BTreeSet<String>>>) -> Option<Self> {
        let mut sets = sets?;
        let adopted = sets.remove("adopted").unwrap_or_default();
        Some(Self {
            tags: sets.remove("tags").unwrap_or_default(),
            custom_fields: sets.remove("custom_fields").unwrap_or_default(),
            default_tags: sets.remove("default_tags").unwrap_or_default(),
            adopted_tags: adopted.contains("tags"),
            adopted_custom_fields: adopted.contains("custom_fields"),
        })
    }

    pub(crate) fn of<R: Resource>(cx: &Context<R>) -> Result<Option<Self>> {
        Ok(Self::recall(cx.recall(OWN)?))
    }

    /// Remembers it.
    pub(crate) fn remember<R: Resource>(&self, cx: &Context<R>) -> Result<()> {
        let adopted = [("tags", self.adopted_tags), ("custom_fields", self.adopted_custom_fields)];
        let adopted = adopted.into_iter().filter(|(_, adopted)| *adopted);
        let sets = BTreeMap::from([
            ("adopted", adopted.map(|(name, _)| name.to_owned()).collect()),
            ("custom_fields", self.custom_fields.clone()),
            ("default_tags", self.default_tags.clone()),
            ("tags", self.tags.clone()),
        ]);
        cx.remember(OWN, &sets)
    }

    /// What an import takes over: all that there is, beside the default tags.
    pub(crate) fn adopt(object: &Object, default_tags: &BTreeSet<String>) -> Self {
        let fields = object.get("custom_fields").as_object();
        let set = fields.into_iter().flatten().filter(|(_, value)| !value.is_null());
        let there: BTreeSet<String> = object.tags().into_iter().collect();
        Self {
            tags: there.difference(default_tags).cloned().collect(),
            custom_fields: set.map(|(name, _)| name.clone()).collect(),
            default_tags: there.intersection(default_tags).cloned().collect(),
            adopted_tags: true,
            adopted_custom_fields: true,
        }
    }

    /// What will be ours after `planned` is applied.
    pub(crate) fn after(
        &self,
        planned: &ApiFields,
        labels: Option<&LabelsValues>,
        default_tags: &BTreeSet<String>,
    ) -> Self {
        let tags = labels.is_some_and(|labels| !labels.tags.is_null());
        let custom_fields = labels.is_some_and(|labels| !labels.custom_fields.is_null());
        let adopted_tags = !tags && self.adopted_tags;
        let adopted_custom_fields = !custom_fields && self.adopted_custom_fields;
        Self {
            tags: match (tags, adopted_tags) {
                (true, _) => names(planned.get("tags")),
                (false, true) => self.tags.clone(),
                (false, false) => BTreeSet::new(),
            },
            custom_fields: match (custom_fields, adopted_custom_fields) {
                (true, _) => keys(planned.get("custom_fields")),
                (false, true) => self.custom_fields.clone(),
                (false, false) => BTreeSet::new(),
            },
            default_tags: default_tags.clone(),
            adopted_tags,
            adopted_custom_fields,
        }
    }

    /// Turns the tags and custom fields of planned `fields` into what an update does to an object that
    /// has others, too. `after` is what will be ours.
    pub(crate) fn changes(&self, fields: &mut ApiFields, after: &Self) {
        let add: BTreeSet<&String> = after.tags.union(&after.default_tags).collect();
        let was = self.tags.iter().filter(|_| !self.adopted_tags).chain(&self.default_tags);
        let remove: Vec<Json> =
            was.filter(|tag| !add.contains(tag)).map(|tag| tag.as_str().into()).collect();
        let add: Vec<Json> = add.into_iter().map(|tag| tag.as_str().into()).collect();
        fields.remove("tags");
        fields.insert("add_tags".to_owned(), add.into());
        fields.insert("remove_tags".to_owned(), remove.into());

        let mut values = match fields.remove("custom_fields") {
            Some(Json::Object(values)) => values,
            _ => ApiFields::new(),
        };
        if !self.adopted_custom_fields {
            let gone =
                self.custom_fields.iter().filter(|name| !after.custom_fields.contains(*name));
            values.extend(gone.map(|name| (name.clone(), Json::Null)));
        }
        if !values.is_empty() {
            fields.insert("custom_fields".to_owned(), values.into());
        }
    }

    /// Leaves in an object's `fields` what is ours; what means the same as `known` is spelt like it.
    pub(crate) fn pick(&self, object: &Object, known: Option<&Json>, fields: &mut ApiFields) {
        let all: BTreeSet<String> = object.tags().into_iter().collect();
        let ours: Vec<&String> = all.intersection(&self.tags).collect();
        fields.insert("tags".to_owned(), ours.into_iter().map(|tag| tag.as_str()).collect());
        fields.insert("tags_all".to_owned(), all.into_iter().collect());
        let stored = object.get("custom_fields");
        let value = |name: &String| {
            let found = stored.get(name).unwrap_or(&Json::Null);
            let known = known.and_then(|known| known.get(name));
            let value = known.filter(|known| same(known, found)).cloned();
            (name.clone(), value.unwrap_or_else(|| plain(found)))
        };
        let ours: ApiFields = self.custom_fields.iter().map(value).collect();
        let nothing = ours.is_empty() && !known.is_some_and(Json::is_object);
        let value = if nothing { Json::Null } else { ours.into() };
        fields.insert("custom_fields".to_owned(), value);
    }
}

/// The value of a custom field without what surrounds it: the number of an object, a choice's value.
fn plain(value: &Json) -> Json {
    match value {
        Json::Object(fields) if fields.contains_key("id") && fields.contains_key("display") => {
            fields["id"].clone()
        }
        Json::Object(fields) if fields.len() == 2 && fields.contains_key("label") => {
            fields.get("value").cloned().unwrap_or_default()
        }
        Json::Array(list) => list.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn names(list: Option<&Json>) -> BTreeSet<String> {
    let list = list.and_then(Json::as_array).into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn keys(object: Option<&Json>) -> BTreeSet<String> {
    object.and_then(Json::as_object).into_iter().flat_map(|fields| fields.keys().cloned()).collect()
}
