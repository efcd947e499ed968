//! Objects that another resource type has managed.

use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::core::{Core, State, answered};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;

impl Core {
    /// Takes an object over from another resource type: its state, as JSON, of the type `source` of the
    /// provider at `address`. Core then reads it.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn take_over(
        &self,
        type_name: &str,
        (address, source): (&str, &str),
        stored: &str,
    ) -> Outcome<State> {
        let mut report = Report::new(type_name);
        let state = self.taking_over(type_name, (address, source), stored, &mut report).await;
        let state = match state {
            Some(state) => self.refreshing(&state, &mut report).await,
            None => None,
        };
        report.finish(state)
    }

    async fn taking_over(
        &self,
        type_name: &str,
        (address, source): (&str, &str),
        stored: &str,
        report: &mut Report,
    ) -> Option<State> {
        let resource = self.resource(type_name);
        report.answering("MoveResourceState");
        let request = proto::move_resource_state::Request {
            source_provider_address: address.to_owned(),
            source_type_name: source.to_owned(),
            source_state: Some(proto::RawState {
                json: stored.as_bytes().to_vec(),
                ..Default::default()
            }),
            target_type_name: type_name.to_owned(),
            ..Default::default()
        };
        let answer = self.service.move_resource_state(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if report.messages(&answer.diagnostics, &resource.ty) {
            return None;
        }
        let value = report.decode(answer.target_state.as_ref(), &resource.ty)?;
        if value.is_null() {
            report.broken(Rule::MovedNothing, &Path::root());
            return None;
        }
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        objects::assert_write_only_null(&resource.schema.block, &value, report);
        let identity = resource.read_identity(answer.target_identity.as_ref(), None, false, report);
        Some(State {
            type_name: type_name.to_owned(),
            value,
            private: answer.target_private,
            identity,
            tainted: false,
        })
    }

    /// Reads a stored identity, JSON of some version of its schema.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn upgrade_identity(
        &self,
        type_name: &str,
        version: i64,
        stored: &str,
    ) -> Outcome<Value> {
        let mut report = Report::new(type_name);
        let resource = self.resource(type_name);
        report.answering("UpgradeResourceIdentity");
        let request = proto::upgrade_resource_identity::Request {
            type_name: type_name.to_owned(),
            version,
            raw_identity: Some(proto::RawState {
                json: stored.as_bytes().to_vec(),
                ..Default::default()
            }),
        };
        let answer = self.service.upgrade_resource_identity(Request::new(request)).await;
        let identity = answered(answer, &mut report).and_then(|answer| {
            if report.messages(&answer.diagnostics, &resource.ty) {
                return None;
            }
            resource.read_identity(answer.upgraded_identity.as_ref(), None, false, &mut report)
        });
        report.finish(identity)
    }
}
