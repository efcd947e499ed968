//! Actions.

use futures_util::StreamExt;
use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto;
use tf_provider_protocol::proto::invoke_action::event;
use tonic::Request;

use crate::client::fill;
use crate::core::{Core, answered, encode};
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;
use crate::schema::Schema;

impl Core {
    /// The schemas of the actions, by type.
    pub fn action_schemas(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.actions.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Checks an action block.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn validate_action(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let valid = self.validating_action(type_name, config, &mut report).await;
        report.finish(valid)
    }

    async fn validating_action(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<()> {
        let ty = self.actions[type_name].ty();
        report.answering("ValidateActionConfig");
        let request = proto::validate_action_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.actions[type_name]), &ty)),
        };
        let answer = self.service.validate_action_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        let failed = report.messages(&answer.diagnostics, &ty);
        (!failed).then_some(())
    }

    /// Checks and plans an action.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn plan_action(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let planned = self.planning_action(type_name, config, &mut report).await;
        report.finish(planned)
    }

    async fn planning_action(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<()> {
        self.validating_action(type_name, config, report).await?;
        let ty = self.actions[type_name].ty();
        report.answering("PlanAction");
        let request = proto::plan_action::Request {
            action_type: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.actions[type_name]), &ty)),
            client_capabilities: Some(self.client),
        };
        let answer = self.service.plan_action(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if answer.deferred.is_some() {
            report.broken(Rule::Deferred, &Path::root());
        }
        let failed = report.messages(&answer.diagnostics, &ty);
        (!failed).then_some(())
    }

    /// Checks, plans and does an action: what it said on the way.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn invoke(&self, type_name: &str, config: &Value) -> Outcome<Vec<String>> {
        let mut report = Report::new(type_name);
        let done = self.invoking(type_name, config, &mut report).await;
        report.finish(done)
    }

    async fn invoking(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<Vec<String>> {
        self.planning_action(type_name, config, report).await?;
        let ty = self.actions[type_name].ty();
        report.answering("InvokeAction");
        let request = proto::invoke_action::Request {
            action_type: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.actions[type_name]), &ty)),
            client_capabilities: Some(self.client),
        };
        let answer = self.service.invoke_action(Request::new(request)).await;
        let mut events = answered(answer, report)?;
        let mut said = vec![];
        let mut completed = None;
        while let Some(event) = events.next().await {
            let Ok(event) = event else {
                report.broken(Rule::GrpcError, &Path::root());
                return None;
            };
            if completed.is_some() {
                report.broken(Rule::ActionCompleted, &Path::root());
            }
            match event.r#type {
                None => report.broken(Rule::ActionEvent, &Path::root()),
                Some(event::Type::Progress(progress)) => said.push(progress.message),
                Some(event::Type::Completed(done)) => {
                    completed = Some(report.messages(&done.diagnostics, &ty));
                }
            }
        }
        if completed.is_none() {
            report.broken(Rule::ActionCompleted, &Path::root());
        }
        (completed == Some(false)).then_some(said)
    }
}
