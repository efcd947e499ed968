//! What the lab's NetBox holds. Cloning is cheap, so that a request works on a copy, and a failed one
//! leaves nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::types::{self, Kind, Type};

/// One object. References are numbers, choices their plain values.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) id: u64,
    /// RFC 3339 with microseconds, as the API shows it.
    pub(super) created: String,
    pub(super) updated: String,
    pub(super) values: BTreeMap<&'static str, Value>,
}

impl Object {
    pub(super) fn get(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, field: &str) -> &str {
        self.get(field).as_str().unwrap_or_default()
    }

    pub(super) fn number(&self, field: &str) -> Option<u64> {
        self.get(field).as_u64()
    }

    pub(super) fn flag(&self, field: &str) -> bool {
        self.get(field).as_bool().unwrap_or_default()
    }

    pub(super) fn ids(&self, field: &str) -> impl Iterator<Item = u64> {
        self.get(field).as_array().into_iter().flatten().filter_map(Value::as_u64)
    }

    /// Network or address in a field.
    pub(super) fn net(&self, field: &str) -> Option<super::net::Net> {
        super::net::Net::parse(self.text(field))
    }
}

/// One line of the change log.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) id: u64,
    pub(super) time: String,
    pub(super) request: String,
    /// `create`, `update` or `delete`.
    pub(super) action: &'static str,
    pub(super) kind: &'static Type,
    pub(super) object: u64,
    pub(super) shown: String,
    pub(super) message: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

#[derive(Clone, Debug, Default)]
struct Table {
    rows: BTreeMap<u64, Arc<Object>>,
    last: u64,
}

/// All objects, and the log of their changes.
#[derive(Clone, Debug)]
pub(super) struct Store {
    /// Second number of the release.
    pub(super) minor: u8,
    tables: BTreeMap<&'static str, Table>,
    changes: Vec<Arc<Change>>,
}

impl Store {
    pub(super) fn new(minor: u8) -> Self {
        Self { minor, tables: BTreeMap::new(), changes: Vec::new() }
    }

    pub(super) fn all(&self, kind: &Type) -> impl DoubleEndedIterator<Item = &Arc<Object>> {
        self.tables.get(kind.model).into_iter().flat_map(|table| table.rows.values())
    }

    /// Objects of a model that may not be simulated.
    pub(super) fn of_model(&self, model: &str) -> impl Iterator<Item = &Arc<Object>> {
        self.tables.get(model).into_iter().flat_map(|table| table.rows.values())
    }

    pub(super) fn find(&self, kind: &Type, id: u64) -> Option<&Arc<Object>> {
        self.get(kind.model, id)
    }

    pub(super) fn get(&self, model: &str, id: u64) -> Option<&Arc<Object>> {
        self.tables.get(model)?.rows.get(&id)
    }

    /// A number that no object of this type has had.
    pub(super) fn next(&mut self, kind: &Type) -> u64 {
        let table = self.tables.entry(kind.model).or_default();
        table.last += 1;
        table.last
    }

    pub(super) fn put(&mut self, kind: &Type, object: Object) {
        self.tables.entry(kind.model).or_default().rows.insert(object.id, Arc::new(object));
    }

    pub(super) fn take(&mut self, kind: &Type, id: u64) -> Option<Arc<Object>> {
        self.tables.get_mut(kind.model)?.rows.remove(&id)
    }

    pub(super) fn changes(&self) -> &[Arc<Change>] {
        &self.changes
    }

    pub(super) fn log(&mut self, change: Change) {
        let id = self.changes.len() as u64 + 1;
        self.changes.push(Arc::new(Change { id, ..change }));
    }

    /// How many objects of a model refer to this one through a field.
    pub(super) fn count(&self, model: &str, field: &str, id: u64) -> usize {
        self.of_model(model)
            .filter(|object| match object.get(field) {
                Value::Array(ids) => ids.iter().any(|one| one.as_u64() == Some(id)),
                one => one.as_u64() == Some(id),
            })
            .count()
    }

    /// Objects of a model whose generic reference (type and number) points to this one.
    pub(super) fn attached(
        &self,
        model: &str,
        (type_field, id_field): (&'static str, &'static str),
        target: (&'static str, u64),
    ) -> impl Iterator<Item = &Arc<Object>> {
        self.of_model(model).filter(move |object| {
            object.text(type_field) == target.0 && object.number(id_field) == Some(target.1)
        })
    }

    /// Everything by path and display, without times and numbers.
    pub(super) fn inventory(&self) -> Value {
        let mut inventory = Map::new();
        for kind in types::ALL {
            let mut shown: Vec<String> =
                self.all(kind).map(|object| (kind.display)(self, object)).collect();
            shown.sort();
            if !shown.is_empty() {
                inventory.insert(kind.path.to_owned(), shown.into());
            }
        }
        inventory.into()
    }

    /// Those who refer to an object through a foreign key or a generic reference.
    pub(super) fn referrers(&self, kind: &Type, id: u64) -> Vec<Referrer> {
        let mut found = Vec::new();
        for other in types::ALL {
            for field in other.fields() {
                for object in self.all(other) {
                    let refers = match field.kind {
                        Kind::Foreign { model, .. } => {
                            model == kind.model && object.number(field.name) == Some(id)
                        }
                        Kind::Many { model, .. } => {
                            model == kind.model && object.ids(field.name).any(|one| one == id)
                        }
                        Kind::Tags => {
                            kind.model == "extras.tag"
                                && object.ids(field.name).any(|one| one == id)
                        }
                        Kind::ObjectId { object_type, .. } => {
                            object.text(object_type) == kind.model
                                && object.number(field.name) == Some(id)
                        }
                        _ => false,
                    };
                    if refers {
                        found.push(Referrer { kind: other, field, id: object.id });
                    }
                }
            }
        }
        found
    }
}

/// An object that refers to another, and how.
#[derive(Clone, Copy)]
pub(super) struct Referrer {
    pub(super) kind: &'static Type,
    pub(super) field: &'static types::Field,
    pub(super) id: u64,
}
