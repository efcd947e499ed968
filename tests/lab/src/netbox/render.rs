//! Objects as answers show them: whole, brief, or nested in others.

use serde_json::{Map, Value, json};

use super::custom_fields;
use super::store::{Change, Object, Store};
use super::types::{self, Form, Kind, Type};

/// What rendering needs beside the object.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) store: &'a Store,
    /// Scheme and host by which the client came.
    pub(super) base: &'a str,
}

/// The fields that a request wants: `brief`, `fields`, `omit`.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) brief: bool,
    pub(super) fields: Option<Vec<String>>,
    pub(super) omit: Vec<String>,
}

impl Selection {
    fn wants(&self, name: &str) -> bool {
        match &self.fields {
            Some(fields) => fields.iter().any(|field| field == name),
            None => !self.omit.iter().any(|field| field == name),
        }
    }

    /// Leaves what is wanted.
    pub(super) fn apply(&self, object: Value) -> Value {
        let Value::Object(object) = object else { return object };
        object.into_iter().filter(|(name, _)| self.wants(name)).collect::<Map<_, _>>().into()
    }
}

impl View<'_> {
    /// An object for a list or an answer of its own.
    pub(super) fn select(
        &self,
        kind: &'static Type,
        object: &Object,
        selection: &Selection,
    ) -> Value {
        let brief = selection.brief && selection.fields.is_none();
        let form = if brief { Form::Brief } else { Form::Full };
        let mut shown = self.show(kind, object, form);
        // In a list a brief object shows counts that it does not show inside others.
        if brief && let Value::Object(shown) = &mut shown {
            for field in kind.fields_of(self.store.minor) {
                let counted = kind.brief.contains(&field.name) && kind.counts(field.name);
                if counted || COUNTED_IN_BRIEF.contains(&(kind.model, field.name)) {
                    shown.insert(field.name.to_owned(), self.value(kind, object, field));
                }
            }
        }
        selection.apply(shown)
    }

    pub(super) fn show(&self, kind: &'static Type, object: &Object, form: Form) -> Value {
        let mut shown = Map::new();
        shown.insert("id".to_owned(), object.id.into());
        let url = format!("{}/api/{}/{}/", self.base, kind.path, object.id);
        shown.insert("url".to_owned(), url.into());
        shown.insert("display".to_owned(), (kind.display)(self.store, object).into());
        if form != Form::Brief {
            let path = display_path(kind);
            let url = format!("{}/{path}/{}/", self.base, object.id);
            shown.insert("display_url".to_owned(), url.into());
        }
        let is_tree = kind.brief.contains(&"_depth");
        for field in kind.fields_of(self.store.minor) {
            let wanted = match form {
                Form::Full => true,
                Form::Brief => kind.brief.contains(&field.name) || field.name == "description",
                Form::Nested => kind.nested.contains(&field.name),
            };
            if wanted {
                let value = if form == Form::Nested && field.name == "family" {
                    // Self-references show the bare number.
                    self.value(kind, object, field)["value"].clone()
                } else if form == Form::Brief && is_tree && kind.counts(field.name) {
                    // Inside others the members of trees do not count.
                    0.into()
                } else {
                    self.value(kind, object, field)
                };
                shown.insert(field.name.to_owned(), value);
            }
        }
        // From 4.7 on a service has port mappings, and the brief form leaves the old fields out.
        if form == Form::Brief && self.store.minor >= 7 && kind.model == "ipam.service" {
            shown.remove("protocol");
            shown.remove("ports");
        }
        if form == Form::Full {
            shown.insert("created".to_owned(), object.created.clone().into());
            shown.insert("last_updated".to_owned(), object.updated.clone().into());
        }
        shown.into()
    }

    /// An object of a model by its number, if it is there.
    pub(super) fn reference(&self, model: &str, id: u64, form: Form) -> Value {
        let found = types::of(model).zip(self.store.get(model, id));
        found.map_or(Value::Null, |(kind, object)| self.show(kind, object, form))
    }

    /// How many parents an object has in its tree.
    pub(super) fn depth(&self, model: &str, object: &Object) -> u64 {
        let mut depth = 0;
        let mut parent = object.number("parent");
        while let Some(id) = parent.filter(|_| depth < 100) {
            depth += 1;
            parent = self.store.get(model, id).and_then(|object| object.number("parent"));
        }
        depth
    }

    fn value(&self, kind: &'static Type, object: &Object, field: &types::Field) -> Value {
        let stored = object.get(field.name);
        match field.kind {
            Kind::Choice { choices, .. } => match stored.as_str() {
                None | Some("") => Value::Null,
                Some(value) => {
                    let label = choices.iter().find(|(name, _)| *name == value);
                    json!({ "value": value, "label": label.map_or("", |(_, label)| label) })
                }
            },
            Kind::Computed(show) => show(self, object),
            Kind::Count(model, name) => self.store.count(model, name, object.id).into(),
            Kind::CustomFields => custom_fields::show(self, kind, object),
            Kind::Foreign { model, form, .. } => {
                let Some(id) = stored.as_u64() else { return Value::Null };
                let mut shown = self.reference(model, id, form);
                if PRIMARY.contains(&field.name) {
                    self.add_nat(id, &mut shown);
                }
                shown
            }
            Kind::Many { model, form } => {
                object.ids(field.name).map(|id| self.reference(model, id, form)).collect()
            }
            Kind::Object { object_type, object_id } => {
                object.number(object_id).map_or(Value::Null, |id| {
                    self.reference(object.text(object_type), id, Form::Brief)
                })
            }
            Kind::Tags => {
                let mut tags: Vec<_> =
                    object.ids("tags").filter_map(|id| self.store.get("extras.tag", id)).collect();
                tags.sort_by_key(|tag| (tag.number("weight"), tag.text("name").to_owned()));
                let tags = tags.into_iter();
                tags.map(|tag| self.reference("extras.tag", tag.id, Form::Nested)).collect()
            }
            Kind::Mac if kind.field("primary_mac_address", self.store.minor).is_some() => object
                .number("primary_mac_address")
                .and_then(|id| self.store.get("dcim.macaddress", id))
                .map_or(Value::Null, |mac| mac.get("mac_address").clone()),
            _ => stored.clone(),
        }
    }

    /// A primary address shows its translations and name, from 4.6 on.
    pub(super) fn add_nat(&self, id: u64, shown: &mut Value) {
        let address = self.store.get("ipam.ipaddress", id);
        let (Some(address), Value::Object(shown)) = (address, shown) else { return };
        if self.store.minor < 6 {
            return;
        }
        let inside = address.number("nat_inside");
        let inside =
            inside.map_or(Value::Null, |id| self.reference("ipam.ipaddress", id, Form::Nested));
        let all = self.store.of_model("ipam.ipaddress");
        let outside: Vec<Value> = all
            .filter(|other| other.number("nat_inside") == Some(id))
            .map(|other| self.reference("ipam.ipaddress", other.id, Form::Nested))
            .collect();
        shown.insert("nat_inside".to_owned(), inside);
        shown.insert("nat_outside".to_owned(), outside.into());
        shown.insert("dns_name".to_owned(), address.get("dns_name").clone());
    }

    /// A line of the change log.
    pub(super) fn change(&self, change: &Change, selection: &Selection) -> Value {
        let label = match change.action {
            "create" => "Created",
            "update" => "Updated",
            _ => "Deleted",
        };
        let app = match change.kind.model.split('.').next() {
            Some("ipam") => "IPAM",
            Some("dcim") => "DCIM",
            Some("tenancy") => "Tenancy",
            Some("extras") => "Extras",
            _ => "Virtualization",
        };
        let done = label.to_lowercase();
        let user = super::USER;
        let mut shown = json!({
            "id": change.id,
            "url": format!("{}/api/core/object-changes/{}/", self.base, change.id),
            "display_url": format!("{}/core/changelog/{}/", self.base, change.id),
            "display": format!("{app} | {} {} {done} by {user}", change.kind.name, change.shown),
            "time": change.time,
            "user": {
                "id": super::USER_ID,
                "url": format!("{}/api/users/users/{}/", self.base, super::USER_ID),
                "display": user,
                "username": user,
            },
            "user_name": user,
            "request_id": change.request,
            "action": { "value": change.action, "label": label },
            "changed_object_type": change.kind.model,
            "changed_object_id": change.object,
            "changed_object": self.reference(change.kind.model, change.object, Form::Brief),
            "object_repr": change.shown,
            "prechange_data": change.before,
            "postchange_data": change.after,
        });
        if self.store.minor >= 4 {
            shown["message"] = change.message.clone().into();
        }
        selection.apply(shown)
    }
}

/// The state of an object as the change log keeps it.
pub(super) fn snapshot(store: &Store, kind: &'static Type, object: &Object) -> Value {
    let mut snapshot = Map::new();
    for field in kind.fields_of(store.minor).filter(|field| field.writable()) {
        let value = match field.kind {
            Kind::Tags => {
                let tags = object.ids("tags").filter_map(|id| store.get("extras.tag", id));
                let mut names: Vec<&str> = tags.map(|tag| tag.text("name")).collect();
                names.sort_unstable();
                json!(names)
            }
            _ => object.get(field.name).clone(),
        };
        snapshot.insert(field.name.to_owned(), value);
    }
    snapshot.into()
}

/// Path of an object's page. One differs from the path of the API.
fn display_path(kind: &Type) -> &'static str {
    match kind.path {
        "extras/custom-field-choice-sets" => "extras/custom-field-choices",
        path => path,
    }
}

const PRIMARY: &[&str] = &["primary_ip4", "primary_ip6", "oob_ip"];
const COUNTED_IN_BRIEF: &[(&str, &str)] = &[
    ("ipam.rir", "aggregate_count"),
    ("ipam.role", "prefix_count"),
    ("ipam.role", "vlan_count"),
    ("ipam.vlangroup", "vlan_count"),
    ("ipam.vrf", "prefix_count"),
    ("virtualization.cluster", "virtualmachine_count"),
    ("virtualization.clustergroup", "cluster_count"),
    ("virtualization.clustertype", "cluster_count"),
];
