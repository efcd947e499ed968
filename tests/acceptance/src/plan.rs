//! A plan, as `terraform plan -out` and `terraform show -json` tell it.

use serde_json::Value;

use crate::run::Run;

/// What Terraform would do.
#[derive(Debug)]
pub struct Plan {
    run: Run,
    json: Value,
}

impl Plan {
    pub(crate) fn new(run: Run, json: Value) -> Self {
        Self { run, json }
    }

    /// The command that made it, with its warnings.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The plan as `terraform show -json` writes it.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// What would be done to a resource: `create`, `update`, `delete`, `delete+create`, `no-op`, …
    ///
    /// # Panics
    /// When the plan does not mention the resource.
    #[must_use]
    pub fn action(&self, address: &str) -> String {
        let actions = self.change(address)["actions"].as_array().cloned().unwrap_or_default();
        actions.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("+")
    }

    /// Check what would be done to the resources that change: every other one stays as it is.
    ///
    /// # Panics
    /// When it is something else.
    pub fn does(&self, expected: &[(&str, &str)]) -> &Self {
        let changes = self.json["resource_changes"].as_array().cloned().unwrap_or_default();
        let addresses = changes.iter().filter_map(|change| change["address"].as_str());
        let mut planned: Vec<(String, String)> = addresses
            .map(|address| (address.to_owned(), self.action(address)))
            .filter(|(_, action)| action != "no-op")
            .collect();
        planned.sort();
        let mut wanted: Vec<(String, String)> = expected
            .iter()
            .map(|(address, action)| ((*address).to_owned(), (*action).to_owned()))
            .collect();
        wanted.sort();
        assert_eq!(planned, wanted, "{}", self.run);
        self
    }

    /// Values of a resource before the apply.
    ///
    /// # Panics
    /// When the plan does not mention the resource.
    #[must_use]
    pub fn before(&self, address: &str) -> &Value {
        &self.change(address)["before"]
    }

    /// Values of a resource after the apply, as far as they are known.
    ///
    /// # Panics
    /// When the plan does not mention the resource.
    #[must_use]
    pub fn after(&self, address: &str) -> &Value {
        &self.change(address)["after"]
    }

    /// Which values of a resource the plan does not know.
    ///
    /// # Panics
    /// When the plan does not mention the resource.
    #[must_use]
    pub fn unknown(&self, address: &str) -> &Value {
        &self.change(address)["after_unknown"]
    }

    fn change(&self, address: &str) -> &Value {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        let mut found = changes.filter(|change| change["address"] == address);
        let change = found.next().unwrap_or_else(|| panic!("no {address} in {}", self.run));
        &change["change"]
    }
}
