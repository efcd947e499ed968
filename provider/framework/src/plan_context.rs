//! What an author sees of a plan, and adds to it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use crate::cty::{Path, Value as CtyValue};
use crate::{AttributeType, Diagnostic, Diagnostics, Private, ResourceModel, Result};

/// What surrounds a plan.
#[derive(Debug)]
pub struct PlanContext<R: ResourceModel> {
    pub(crate) prior: Option<R::Values>,
    pub(crate) config: Option<R::Values>,
    pub(crate) planned: Option<R::Values>,
    /// Names of the attributes that the plan changes.
    pub(crate) changed: BTreeSet<String>,
    pub(crate) private: Private,
    /// What the plan before this one remembered, when this is the plan of its apply.
    pub(crate) before: Private,
    /// Whether this plan will be remembered by then.
    pub(crate) kept: bool,
    pub(crate) found: BTreeMap<String, Json>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) replace: Vec<Path>,
    pub(crate) unknown: Vec<Path>,
    pub(crate) known: Vec<(Path, CtyValue)>,
}

impl<R: ResourceModel> PlanContext<R> {
    /// The state before; nothing in a create.
    pub fn prior(&self) -> Option<&R::Values> {
        self.prior.as_ref()
    }

    /// The configuration; nothing in a destroy.
    pub fn config(&self) -> Option<&R::Values> {
        self.config.as_ref()
    }

    /// What the framework planned; nothing in a destroy.
    pub fn planned(&self) -> Option<&R::Values> {
        self.planned.as_ref()
    }

    /// Whether the plan changes the attribute of this name.
    pub fn changes(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// As [`Context::configured`](crate::Context::configured).
    pub fn configured(&self, path: &str) -> bool {
        self.private.configured().contains(path)
    }

    /// What was remembered under `key`.
    ///
    /// # Errors
    /// A value of another shape than `T`.
    pub fn recall<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.private.get(key)
    }

    /// Finds something out that may be another thing when it is asked again: a free number, the newest
    /// version. A plan is made twice, for the person and at the apply, and has to say the same; so `find`
    /// is called for the first, and the second is given what it said. The apply has it as
    /// [`Context::found`](crate::Context::found).
    ///
    /// Nothing comes back from a Terraform that does not keep it between the two, which all before 1.16
    /// do not: then leave the attribute to the server, and find it out in the apply.
    ///
    /// # Errors
    /// Those of `find`, and a value that JSON cannot hold.
    pub async fn once<T, F>(
        &mut self,
        key: &str,
        find: impl FnOnce() -> F + Send,
    ) -> Result<Option<T>>
    where
        T: Serialize + DeserializeOwned + Send,
        F: Future<Output = Result<T>> + Send,
    {
        let found = match self.before.found::<T>(key)? {
            Some(found) => found,
            None if !self.kept => return Ok(None),
            None => find().await?,
        };
        self.found.insert(key.to_owned(), serde_json::to_value(&found)?);
        Ok(Some(found))
    }

    /// Adds a warning or a further error to the answer.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Plans to destroy the object and create another, because of the attribute at `path`.
    pub fn replace(&mut self, path: impl Into<Path>) {
        self.replace.push(path.into());
    }

    /// Plans what a computed attribute will be, where that follows from the configuration alone.
    pub fn foresee<T: AttributeType>(&mut self, path: impl Into<Path>, value: &T) {
        self.known.push((path.into(), value.to_value()));
    }

    /// Leaves the value at `path` to the server: it is known after the apply.
    pub fn unknown(&mut self, path: impl Into<Path>) {
        self.unknown.push(path.into());
    }
}
