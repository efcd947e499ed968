//! Private state: what a resource remembers that is no attribute.
//!
//! Terraform stores it beside the state and shows it to nobody. It must hold no secret all the same:
//! a state file is readable to whoever may read the state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use crate::{Diagnostic, Result};

/// Keys of the framework's own; no resource's key starts with a dot.
const CONFIGURED: &str = ".configured";
const LEFT: &str = ".left";
const IMPORTED: &str = ".imported";
const FOUND: &str = ".found";

/// What a resource remembers, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Private(BTreeMap<String, Json>);

impl Private {
    /// Reads what Terraform stored; nothing stored is an empty memory.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map(Self).map_err(|error| {
            Diagnostic::error("The private state of the resource cannot be read")
                .detail(format!("It is not what this provider writes: {error}"))
                .hint("if another provider wrote it, remove the resource from the state and import it")
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// What was remembered under `key`.
    ///
    /// # Errors
    /// A value of another shape than `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.0.get(key).map(|value| serde_json::from_value(value.clone())).transpose().map_err(
            |error| {
                Diagnostic::error(format!("Private state `{key}` cannot be read"))
                    .detail(error.to_string())
            },
        )
    }

    /// Remembers `value` under `key`.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn set(&mut self, key: &str, value: &impl Serialize) -> Result<()> {
        debug_assert!(!key.starts_with('.'), "`{key}`: keys with a dot are the framework's");
        self.0.insert(key.to_owned(), serde_json::to_value(value)?);
        Ok(())
    }

    /// Forgets what was remembered under `key`.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// The settings that the last applied configuration had set, or one that was not wholly applied.
    pub(crate) fn configured(&self) -> BTreeSet<String> {
        let paths = |key| self.get::<BTreeSet<String>>(key).ok().flatten().unwrap_or_default();
        let (mut configured, left) = (paths(CONFIGURED), paths(LEFT));
        configured.extend(left);
        configured
    }

    /// Notes what the configuration sets now. What it set `before` is kept until an apply has reset it.
    pub(crate) fn set_configured(&mut self, now: &BTreeSet<String>, before: &BTreeSet<String>) {
        let left: BTreeSet<_> = before.difference(now).cloned().collect();
        self.0.insert(CONFIGURED.to_owned(), Json::from_iter(now.iter().cloned()));
        match left.is_empty() {
            true => self.0.remove(LEFT),
            false => self.0.insert(LEFT.to_owned(), Json::from_iter(left)),
        };
    }

    /// After an apply: what left the configuration is reset, or is still to be.
    pub(crate) fn settle_configured(&mut self, applied: bool) {
        let left: BTreeSet<String> = self.get(LEFT).ok().flatten().unwrap_or_default();
        self.0.remove(LEFT);
        self.0.remove(FOUND);
        if !applied && !left.is_empty() {
            let both: BTreeSet<_> = self.configured().union(&left).cloned().collect();
            self.0.insert(CONFIGURED.to_owned(), Json::from_iter(both));
        }
    }

    /// What a plan found out under `key`.
    pub(crate) fn found<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let found = self.0.get(FOUND).and_then(|all| all.get(key));
        found.map(|value| serde_json::from_value(value.clone())).transpose().map_err(|error| {
            Diagnostic::error(format!("What the plan found as `{key}` cannot be read"))
                .detail(error.to_string())
                .hint("plan again")
        })
    }

    /// Notes what a plan found out, for its apply.
    pub(crate) fn set_found(&mut self, found: BTreeMap<String, Json>) {
        match found.is_empty() {
            true => self.0.remove(FOUND),
            false => self.0.insert(FOUND.to_owned(), Json::from_iter(found)),
        };
    }

    /// Whether the resource was imported and not yet read.
    pub(crate) fn imported(&self) -> bool {
        self.0.contains_key(IMPORTED)
    }

    pub(crate) fn set_imported(&mut self, imported: bool) {
        match imported {
            true => self.0.insert(IMPORTED.to_owned(), Json::Bool(true)),
            false => self.0.remove(IMPORTED),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_across_a_round_trip() {
        let mut private = Private::default();
        private.set("uuid", &"a-b").unwrap();
        private.set_configured(&BTreeSet::from(["cpu.cores".to_owned()]), &BTreeSet::new());
        let again = Private::decode(&private.encode()).unwrap();
        assert_eq!(again.get::<String>("uuid").unwrap().as_deref(), Some("a-b"));
        assert!(again.configured().contains("cpu.cores"));
    }

    #[test]
    fn a_failed_apply_still_has_to_reset_what_left_the_configuration() {
        let (before, now) = (BTreeSet::from(["a".to_owned()]), BTreeSet::from(["b".to_owned()]));
        let mut private = Private::default();
        private.set_configured(&now, &before);
        let mut failed = private.clone();
        failed.settle_configured(false);
        assert_eq!(failed.configured(), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        private.settle_configured(true);
        assert_eq!(private.configured(), now);
    }

    /// What was found for one plan must not be taken for the next.
    #[test]
    fn what_a_plan_found_is_gone_after_the_apply() {
        let mut private = Private::default();
        private.set_found(BTreeMap::from([("slot".to_owned(), Json::from(7))]));
        let mut again = Private::decode(&private.encode()).unwrap();
        assert_eq!(again.found("slot").unwrap(), Some(7));
        again.settle_configured(true);
        assert_eq!(again.found::<i64>("slot").unwrap(), None);
        assert_eq!(again, Private::default());
    }

    #[test]
    fn foreign_bytes_are_an_error_that_says_what_to_do() {
        let error = Private::decode(b"\x00gob").unwrap_err();
        assert!(error.full_detail().contains("hint: "), "{error}");
    }
}
