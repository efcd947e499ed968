//! Lists of objects that are created, changed or deleted all or none.

use serde_json::{Value, json};

use super::super::decode::{Mode, class};
use super::super::list;
use super::super::reply::Reply;
use super::super::rules::Errors;
use super::super::store::Object;
use super::super::types::Type;
use super::super::write::message;
use super::{Answer, Api, positional, protected};

impl Api<'_> {
    pub(super) fn create_many(&mut self, kind: &'static Type, bodies: &[Value]) -> Answer {
        let ids = self
            .transaction(|writer| writer.create_all(kind, bodies))
            .map_err(|errors| self.refused_list(&errors, bodies.len()))?;
        Ok(Reply::json(201, self.show_all(kind, &ids)))
    }

    /// The answer to a list of which some entries cannot be created.
    fn refused_list(&self, errors: &[(usize, Errors)], total: usize) -> Reply {
        if self.version.minor() < 7 {
            return Reply::json(400, positional(errors, total));
        }
        let entries: Vec<Value> = errors
            .iter()
            .map(|(index, errors)| json!({ "index": index, "errors": errors }))
            .collect();
        let text = format!("{} of {total} objects could not be created.", errors.len());
        Reply::json(400, json!({ "detail": text, "errors": entries }))
    }

    pub(super) fn update_many(&mut self, kind: &'static Type, mode: Mode) -> Answer {
        let bodies = self.entries(kind)?;
        let minor = self.version.minor();
        let result = self.transaction(|writer| {
            let mut errors = Vec::new();
            for (object, body) in &bodies {
                if let Err(refused) = writer.update(kind, object, body, mode) {
                    errors.push((object.id, refused));
                }
            }
            if errors.is_empty() { Ok(()) } else { Err(errors) }
        });
        if let Err(errors) = result {
            if minor < 7 {
                let first = errors.into_iter().next().map(|(_, errors)| errors);
                return Err(Reply::bad(first.unwrap_or_default()));
            }
            let text =
                format!("{} of {} objects could not be updated.", errors.len(), bodies.len());
            let entries = errors.into_iter();
            let entries: Vec<Value> =
                entries.map(|(id, errors)| json!({ "id": id, "errors": errors })).collect();
            return Err(Reply::json(400, json!({ "detail": text, "errors": entries })));
        }
        let mut ids: Vec<u64> = bodies.iter().map(|(object, _)| object.id).collect();
        list::sort(self.store, kind, &mut ids);
        Ok(Reply::json(200, self.show_all(kind, &ids)))
    }

    pub(super) fn delete_many(&mut self, kind: &'static Type) -> Answer {
        let bodies = self.entries(kind)?;
        let minor = self.version.minor();
        let result = self.transaction(|writer| {
            let mut errors = Vec::new();
            for (object, body) in &bodies {
                if let Err(dependents) = writer.delete(kind, object.id, message(body)) {
                    errors.push((object.id, dependents));
                }
            }
            if errors.is_empty() { Ok(()) } else { Err(errors) }
        });
        let Err(errors) = result else { return Ok(Reply::empty(204)) };
        if minor < 7 {
            let first = errors.into_iter().next().map(|(_, dependents)| dependents);
            return Err(protected(&first.unwrap_or_default()));
        }
        let text = format!("{} of {} objects could not be deleted.", errors.len(), bodies.len());
        let entries: Vec<Value> = errors
            .into_iter()
            .map(|(id, dependents)| {
                let text = format!(
                    "Unable to delete: {} dependent object(s) prevent deletion.",
                    dependents.len()
                );
                json!({ "id": id, "errors": { "__all__": [text] } })
            })
            .collect();
        Err(Reply::json(409, json!({ "detail": text, "errors": entries })))
    }

    /// The entries of a bulk change with the objects that they name.
    fn entries(&self, kind: &'static Type) -> Result<Vec<(Object, Value)>, Reply> {
        let body = self.body()?;
        let Value::Array(bodies) = body else {
            let empty = body == json!({}) || body.is_null() || body == "";
            return Err(Reply::detail(
                400,
                match empty {
                    true => "Expected a list of objects, but no data was submitted.".to_owned(),
                    false => format!("Expected a list of objects, but got {}.", class(&body)),
                },
            ));
        };
        let mut invalid = Vec::new();
        let mut missing = Vec::new();
        let mut found = Vec::new();
        for (index, body) in bodies.iter().enumerate() {
            match body["id"].as_u64() {
                None => invalid.push(json!({
                    "index": index,
                    "errors": { "id": ["This field is required."] },
                })),
                Some(id) => match self.store.find(kind, id) {
                    Some(object) => found.push(((**object).clone(), body.clone())),
                    None => missing.push(json!({
                        "id": id,
                        "errors": { "id": [format!("Object with ID {id} does not exist")] },
                    })),
                },
            }
        }
        let refuse = |entries: Vec<Value>, what: &str| {
            let text = format!("{} of {} objects {what}.", entries.len(), bodies.len());
            Err(Reply::json(400, json!({ "detail": text, "errors": entries })))
        };
        if !invalid.is_empty() {
            return refuse(invalid, "failed validation");
        }
        // Before 4.7 numbers that nobody has are passed over.
        if !missing.is_empty() && self.version.minor() >= 7 {
            return refuse(missing, "could not be found");
        }
        Ok(found)
    }
}
