//! Reads: refreshes, imports and states of older schemas.

use tf_provider::cty::{Path, Type, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::core::{Core, ImportBy, ResourceType, State, answered};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::plan::Plan;
use crate::rule::Rule;

impl Core {
    /// Looks at an object, as before every plan. The value is what is in the state afterwards: nothing
    /// when the object has gone, what there was when the provider could not tell.
    pub async fn refresh(&self, state: &State) -> Outcome<State> {
        let mut report = Report::new(&state.type_name);
        let state = self.refreshing(state, &mut report).await;
        report.finish(state)
    }

    pub(crate) async fn refreshing(&self, state: &State, report: &mut Report) -> Option<State> {
        let ResourceType { schema, ty, .. } = self.resource(&state.type_name);
        // Core reads every state through the upgrade, also one of this very version.
        let json = json(&state.value, ty);
        let upgraded =
            self.upgrading(&state.type_name, schema.version, json.as_bytes(), report).await;
        match upgraded {
            Some(value) => {
                for path in objects::differences(&state.value, &value) {
                    report.broken(Rule::UpgradeChanged, &path);
                }
            }
            None => return Some(state.clone()),
        }
        self.reading(state, report).await
    }

    /// Reads a stored state with an attribute that this version of the schema does not have.
    pub async fn downgrade(&self, state: &State) -> Outcome<State> {
        let mut report = Report::new(&state.type_name);
        let ResourceType { schema, ty, .. } = self.resource(&state.type_name);
        let json = json(&state.value, ty);
        let strange = format!(r#"{{"of_another_version":{{"a":[1]}},{}"#, &json[1..]);
        let (name, version) = (&state.type_name, schema.version);
        let value = self.upgrading(name, version, strange.as_bytes(), &mut report).await;
        match &value {
            Some(value) => {
                for path in objects::differences(&state.value, value) {
                    report.broken(Rule::UndefinedAttribute, &path);
                }
            }
            None => report.broken(Rule::UndefinedAttribute, &Path::root()),
        }
        report.finish(value.map(|value| State { value, ..state.clone() }))
    }

    async fn reading(&self, state: &State, report: &mut Report) -> Option<State> {
        let resource = self.resource(&state.type_name);
        let ResourceType { schema, ty, .. } = resource;
        report.answering("ReadResource");
        let request = proto::read_resource::Request {
            type_name: state.type_name.clone(),
            current_state: Some(crate::core::encode(&state.value, ty)),
            private: state.private.clone(),
            client_capabilities: Some(self.client),
            current_identity: resource.write_identity(state.identity.as_ref()),
            ..Default::default()
        };
        let answer = self.service.read_resource(Request::new(request)).await;
        let Some(answer) = answered(answer, report) else { return Some(state.clone()) };
        if answer.deferred.is_some() {
            report.broken(Rule::Deferred, &Path::root());
        }
        let failed = report.messages(&answer.diagnostics, ty);
        let value = report.decode(answer.new_state.as_ref(), ty)?;
        if failed {
            return Some(state.clone());
        }
        if value.is_null() {
            return None;
        }
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        objects::assert_fit(&schema.block, &value, report);
        if !state.private.is_empty() && answer.private.is_empty() {
            report.broken(Rule::PrivateLost, &Path::root());
        }
        let (data, before) = (answer.new_identity.as_ref(), state.identity.as_ref());
        let identity = resource.read_identity(data, before, false, report);
        Some(State { value, private: answer.private, identity, ..state.clone() })
    }

    /// Takes an existing object into the state, and looks at it.
    pub async fn import(&self, type_name: &str, by: &ImportBy) -> Outcome<State> {
        let mut report = Report::new(type_name);
        let state = self.importing(type_name, by, &mut report).await;
        report.finish(state)
    }

    async fn importing(
        &self,
        type_name: &str,
        by: &ImportBy,
        report: &mut Report,
    ) -> Option<State> {
        let resource = self.resource(type_name);
        let ResourceType { schema, ty, .. } = resource;
        report.answering("ImportResourceState");
        let (id, identity) = match by {
            ImportBy::Id(id) => (id.clone(), None),
            ImportBy::Identity(identity) => {
                (String::new(), resource.write_identity(Some(identity)))
            }
        };
        let request = proto::import_resource_state::Request {
            type_name: type_name.to_owned(),
            id,
            client_capabilities: Some(self.client),
            identity,
        };
        let answer = self.service.import_resource_state(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if answer.deferred.is_some() {
            report.broken(Rule::Deferred, &Path::root());
        }
        if report.messages(&answer.diagnostics, ty) {
            return None;
        }
        let [imported] = answer.imported_resources.as_slice() else {
            report.broken(Rule::ImportedOne, &Path::root());
            return None;
        };
        let value = report.decode(imported.state.as_ref(), ty)?;
        if imported.type_name != type_name || value.is_null() {
            report.broken(Rule::ImportedOne, &Path::root());
            return None;
        }
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        objects::assert_write_only_null(&schema.block, &value, report);
        // An id may leave out a part of the identity; an identity may be spelt in another way.
        let identity = match (by, &imported.identity) {
            (ImportBy::Id(_), None) => None,
            (_, data) => resource.read_identity(data.as_ref(), None, false, report),
        };
        let state = State {
            type_name: type_name.to_owned(),
            value,
            private: imported.private.clone(),
            identity,
            tainted: false,
        };
        self.reading(&state, report).await
    }

    /// Imports an object and plans the configuration for it: where that plan is not empty, an import
    /// leads to a change.
    pub async fn adopt(&self, type_name: &str, by: &ImportBy, config: &Value) -> Outcome<Plan> {
        let mut report = Report::new(type_name);
        let plan = match self.importing(type_name, by, &mut report).await {
            Some(state) => {
                let plan = self.plan(type_name, Some(&state), config).await;
                report.absorb(plan)
            }
            None => None,
        };
        report.finish(plan)
    }

    /// Reads a stored state, JSON of some version of the schema.
    pub async fn upgrade(&self, type_name: &str, version: i64, stored: &str) -> Outcome<State> {
        let mut report = Report::new(type_name);
        let value = self.upgrading(type_name, version, stored.as_bytes(), &mut report).await;
        let state = value.map(|value| State {
            type_name: type_name.to_owned(),
            value,
            private: vec![],
            identity: None,
            tainted: false,
        });
        report.finish(state)
    }

    async fn upgrading(
        &self,
        type_name: &str,
        version: i64,
        stored: &[u8],
        report: &mut Report,
    ) -> Option<Value> {
        let ResourceType { schema, ty, .. } = self.resource(type_name);
        report.answering("UpgradeResourceState");
        let raw_state = proto::RawState { json: stored.to_vec(), ..Default::default() };
        let request = proto::upgrade_resource_state::Request {
            type_name: type_name.to_owned(),
            version,
            raw_state: Some(raw_state),
        };
        let answer = self.service.upgrade_resource_state(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if report.messages(&answer.diagnostics, ty) {
            return None;
        }
        let value = report.decode(answer.upgraded_state.as_ref(), ty)?;
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        objects::assert_fit(&schema.block, &value, report);
        Some(value)
    }
}

/// # Panics
/// When the value cannot be stored, which the checks of the answer that it is from have told before.
#[track_caller]
fn json(value: &Value, ty: &Type) -> String {
    match value.to_json(ty) {
        Ok(json) => json,
        Err(error) => panic!("a state that cannot be stored: {error}"),
    }
}
