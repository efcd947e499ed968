//! What Terraform remembers.

use serde_json::Value;

/// The state file of a stage.
#[derive(Debug)]
pub struct State {
    json: Value,
}

impl State {
    pub(crate) fn new(json: Value) -> Self {
        Self { json }
    }

    /// The attributes of a resource.
    ///
    /// # Panics
    /// When the state does not hold it.
    #[must_use]
    pub fn attributes(&self, address: &str) -> &Value {
        match self.instance(address) {
            Some(instance) => &instance["attributes"],
            None => panic!("no {address} in {:#}", self.json),
        }
    }

    /// The value of an output; null when there is none.
    #[must_use]
    pub fn output(&self, name: &str) -> &Value {
        &self.json["outputs"][name]["value"]
    }

    /// Whether the state holds a resource.
    #[must_use]
    pub fn has(&self, address: &str) -> bool {
        self.instance(address).is_some()
    }

    /// Whether a resource is to be replaced because its creation failed half-way.
    #[must_use]
    pub fn tainted(&self, address: &str) -> bool {
        self.instance(address).is_some_and(|instance| instance["status"] == "tainted")
    }

    /// Whether there is no resource at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.json["resources"].as_array().is_none_or(Vec::is_empty)
    }

    /// `type.name`, with `[index]` for one of several.
    fn instance(&self, address: &str) -> Option<&Value> {
        let (resource, index) = match address.split_once('[') {
            Some((resource, index)) => (resource, Some(index.trim_end_matches(']'))),
            None => (address, None),
        };
        let resources = self.json["resources"].as_array().into_iter().flatten();
        let mut found = resources.filter(|one| {
            let place = [&one["type"], &one["name"]].map(|part| part.as_str().unwrap_or_default());
            place.join(".") == resource && one["mode"] == "managed"
        });
        let mut instances = found.next()?["instances"].as_array()?.iter();
        let wanted = index.map(|index| serde_json::from_str::<Value>(index).unwrap());
        instances.find(|one| wanted.as_ref().is_none_or(|wanted| one["index_key"] == *wanted))
    }
}
