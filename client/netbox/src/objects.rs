//! Reading, changing and deleting objects of one kind.

use std::collections::BTreeMap;

use onprem_http::Method;
use serde_json::Value;
use tracing::debug;

use crate::{
    Client, Error, ErrorKind, Fields, Kind, Object, Place, Query, Version,
    call::{Call, query},
    compare,
};

/// The objects of one kind
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    kind: &'static Kind,
}

/// Fields that the server takes together.
const PAIRS: [(&str, &str); 4] = [
    ("assigned_object_type", "assigned_object_id"),
    ("parent_object_type", "parent_object_id"),
    ("protocol", "ports"),
    ("scope_type", "scope_id"),
];
/// Objects in one page of a list.
const PAGE: usize = 250;
/// More objects than any list that somebody could work with.
const MOST: usize = 200_000;

impl Objects {
    pub(crate) fn new(client: Client, kind: &'static Kind) -> Self {
        Self { client, kind }
    }

    /// Get an object as it is at this moment, with what its next change needs
    ///
    /// # Errors
    /// Any failure of the request; `NotFound` when there is none, or the token may not see it.
    pub async fn get(&self, id: i64) -> Result<Object, Error> {
        let path = self.kind.path_of(id);
        let answer = self.client.send(&Call::get(&path)).await?;
        let context = answer.context;
        Object::new(answer.body, answer.etag).map_err(|error| error.with_request(context))
    }

    /// Read an object, together with others that are wanted at the same time; none when there is none
    ///
    /// Where many are wanted in a short while, what lies between them is read ahead.
    ///
    /// # Errors
    /// Any failure of the request.
    pub async fn read(&self, id: i64) -> Result<Option<Object>, Error> {
        self.client.read_batched(self.kind, id).await
    }

    /// List what the query finds, to the end
    ///
    /// # Errors
    /// Any failure of a request, a filter that the kind does not have, and an answer that shows that
    /// the server ignored one.
    pub async fn list(&self, wanted: &Query) -> Result<Vec<Object>, Error> {
        let mut pages = self.pages(wanted)?;
        let mut found = vec![];
        while let Some(page) = pages.next().await? {
            found.extend(page);
            let count = pages.count().max(found.len());
            if count > MOST {
                let text = format!(
                    "{count} {}s are what was searched for, and one search ends with an error beyond \
                     {MOST}: search for less",
                    self.kind.noun
                );
                return Err(Error::new(ErrorKind::Other { status: None }, text));
            }
        }
        Ok(found)
    }

    /// The same page by page, for who may have enough before the end
    ///
    /// # Errors
    /// A filter that the kind does not have.
    pub fn pages(&self, wanted: &Query) -> Result<Pages, Error> {
        let parameters = query(wanted.parameters(self.kind)?);
        Ok(Pages { wanted: wanted.clone(), ..self.pages_of(parameters) })
    }

    /// The pages of a list with these parameters, whatever is in them.
    pub(crate) fn pages_of(&self, parameters: String) -> Pages {
        Pages {
            objects: self.clone(),
            wanted: Query::new(),
            parameters,
            after: None,
            count: 0,
            more: true,
        }
    }

    /// Make an object of these fields
    ///
    /// # Errors
    /// Any failure of the request, and a field that the server did not store.
    pub async fn create(&self, fields: Fields) -> Result<Object, Error> {
        self.client.create(Place::Collection(self.kind), fields, None).await
    }

    /// Change the fields that differ from the object, null unsets; nothing is sent when none does
    ///
    /// `tags` are names. `add_tags` and `remove_tags` leave others alone, on any version.
    ///
    /// # Errors
    /// Any failure of the request, `Conflict` when somebody else changed the object since it was
    /// [got](Self::get), and a field that the server did not store.
    pub async fn update(&self, object: &Object, fields: Fields) -> Result<Object, Error> {
        let changes = self.changes(object, fields);
        if changes.is_empty() {
            return Ok(object.clone());
        }
        debug!(kind = self.kind.noun, id = object.id(), fields = ?changes.keys(), "changing");
        let path = self.kind.path_of(object.id());
        let call = Call::new(Method::PATCH, &path).etag(object.etag()).fields(changes.clone());
        let answer = self.client.send(&call).await;
        self.client.inner.reads.forget(self.kind);
        let answer = answer?;
        let changed = Object::new(answer.body, answer.etag)
            .map_err(|error| error.with_request(answer.context.clone()))?;
        compare::stored(&changes, &changed, self.client.noted_version())
            .map_err(|error| error.with_request(answer.context))?;
        Ok(changed)
    }

    /// What of the wanted fields is not so already.
    fn changes(&self, object: &Object, fields: Fields) -> Fields {
        let mut changes = Fields::new();
        let (mut add, mut remove) = (vec![], vec![]);
        let there = object.tags();
        for (field, value) in fields {
            match (field.as_str(), value) {
                ("add_tags", names) => add = names_of(&names),
                ("remove_tags", names) => remove = names_of(&names),
                ("custom_fields", Value::Object(wanted)) => {
                    let stored = |name: &str| object.get("custom_fields").get(name);
                    let differs = |(name, value): &(String, Value)| {
                        !compare::same(value, stored(name).unwrap_or(&Value::Null))
                    };
                    let wanted: Fields = wanted.into_iter().filter(differs).collect();
                    if !wanted.is_empty() {
                        changes.insert(field, Value::Object(wanted));
                    }
                }
                (_, value) => {
                    if !compare::same_field(&field, &value, object.get(&field)) {
                        changes.insert(field, value);
                    }
                }
            }
        }
        // Both halves of what goes together, or none.
        for (one, other) in PAIRS {
            for (changed, with) in [(one, other), (other, one)] {
                if changes.contains_key(changed) && !changes.contains_key(with) {
                    let value = object.get(with);
                    let value = value.get("value").unwrap_or(value).clone();
                    changes.insert(with.to_owned(), value);
                }
            }
        }
        add.retain(|name| !there.contains(name));
        remove.retain(|name| there.contains(name) && !add.contains(name));
        if add.is_empty() && remove.is_empty() {
            return changes;
        }
        let knows = self.client.noted_version().is_some_and(|version| version >= Version::ADD_TAGS);
        if knows {
            for (field, names) in [("add_tags", add), ("remove_tags", remove)] {
                if !names.is_empty() {
                    changes.insert(field.to_owned(), tags(names));
                }
            }
        } else {
            let kept = there.into_iter().filter(|name| !remove.contains(name));
            let all: Vec<String> = kept.chain(add).collect();
            changes.insert("tags".to_owned(), tags(all));
        }
        changes
    }

    /// Delete an object; one that is gone already is a success
    ///
    /// Where other objects need it, they get some seconds to go first.
    ///
    /// # Errors
    /// Any failure of the request; `Dependents` lists what still needs it.
    pub async fn delete(&self, id: i64) -> Result<(), Error> {
        let path = self.kind.path_of(id);
        let end = tokio::time::Instant::now() + self.client.inner.patience;
        loop {
            let outcome = self.client.send(&Call::new(Method::DELETE, &path)).await;
            self.client.inner.reads.forget(self.kind);
            match outcome {
                Ok(_) => return Ok(()),
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error)
                    if *error.kind() == ErrorKind::Dependents
                        && tokio::time::Instant::now() < end =>
                {
                    debug!(%error, "waiting for dependents to go");
                    tokio::time::sleep(self.client.inner.patience / 10).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// A list that is read page by page
///
/// Each page begins behind the last number of the one before. So whatever is made or deleted
/// meanwhile, no other object is skipped or told twice.
#[derive(Debug)]
pub struct Pages {
    objects: Objects,
    wanted: Query,
    parameters: String,
    after: Option<i64>,
    count: usize,
    more: bool,
}

impl Pages {
    /// Objects that the server counted at the first page
    pub fn count(&self) -> usize {
        self.count
    }

    /// The next page, by number; none behind the last one
    ///
    /// # Errors
    /// Any failure of the request, and an answer that shows that the server ignored a filter.
    pub async fn next(&mut self) -> Result<Option<Vec<Object>>, Error> {
        if !self.more {
            return Ok(None);
        }
        let Objects { client, kind } = &self.objects;
        let separator = if self.parameters.is_empty() { "" } else { "&" };
        let mut query = format!("{}{separator}limit={PAGE}&ordering=id", self.parameters);
        if let Some(after) = self.after {
            query = format!("{query}&id__gt={after}");
        }
        let answer = client.send(&Call::get(kind.path).query(query)).await?;
        let unreadable =
            |text: &str| Error::new(ErrorKind::Decode, text).with_request(answer.context.clone());
        let Value::Object(mut page) = answer.body else {
            return Err(unreadable("the answer is no page of a list"));
        };
        let Some(Value::Array(results)) = page.remove("results") else {
            return Err(unreadable("the answer has no `results`"));
        };
        let mut found = BTreeMap::new();
        for result in results {
            let object = Object::new(result, None)
                .map_err(|error| error.with_request(answer.context.clone()))?;
            found.insert(object.id(), object);
        }
        if let Some(other) = found.values().find(|object| !self.wanted.holds(kind, object)) {
            let text = format!(
                "the server answered {}?{} with {} {}, which that does not describe: it ignores filters \
                 that its version does not know",
                kind.path,
                self.parameters,
                kind.noun,
                other.id()
            );
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        self.more = page.get("next").is_some_and(|next| !next.is_null());
        let first = found.keys().next().copied();
        if first.is_some_and(|first| self.after.is_some_and(|after| first <= after))
            || (self.more && first.is_none())
        {
            return Err(unreadable("the pages of the list do not end"));
        }
        if self.after.is_none() {
            let count = page.get("count").and_then(Value::as_u64).unwrap_or_default();
            self.count = usize::try_from(count).unwrap_or(usize::MAX);
        }
        self.after = found.keys().next_back().copied();
        Ok(Some(found.into_values().collect()))
    }
}

fn names_of(names: &Value) -> Vec<String> {
    let names = names.as_array().into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Tags as the API takes them.
pub(crate) fn tags(names: impl IntoIterator<Item = String>) -> Value {
    names.into_iter().map(|name| serde_json::json!({ "name": name })).collect()
}
