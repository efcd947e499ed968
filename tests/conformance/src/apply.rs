//! Applies: the second plan, the change itself, and what is left of it.

use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::client::fill;
use crate::core::{Core, ResourceType, State, answered, encode};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::plan::{Action, Plan};
use crate::rule::Rule;

/// What core sends to have a change made.
struct Change<'a> {
    type_name: &'a str,
    prior: Option<&'a State>,
    planned: &'a Value,
    config: &'a Value,
    private: &'a [u8],
    identity: Option<&'a Value>,
}

impl Core {
    /// Applies a plan. The value is what is in the state afterwards, also after an error.
    pub async fn apply(&self, plan: &Plan) -> Outcome<State> {
        self.apply_with(plan, &plan.config).await
    }

    /// The same, with the configuration as it is known by then.
    pub async fn apply_with(&self, plan: &Plan, config: &Value) -> Outcome<State> {
        let mut report = Report::new(&plan.type_name);
        let config = fill(config, &self.resource(&plan.type_name).schema);
        let state = self.applying(plan, &config, &mut report).await;
        report.finish(state)
    }

    pub(crate) async fn applying(
        &self,
        plan: &Plan,
        config: &Value,
        report: &mut Report,
    ) -> Option<State> {
        let prior = match plan.action {
            Action::NoOp => return plan.prior.clone(),
            Action::Delete => return self.destroying(plan, report).await,
            Action::Create | Action::Update => plan.prior.clone(),
            Action::Replace => {
                let left = self.destroying(plan, report).await;
                if left.is_some() || !report.sound() {
                    return left;
                }
                None
            }
        };
        // By now more may be known; what was known before must not have changed.
        let again = self.planning_again(plan, prior.as_ref(), config, report).await;
        let Some(last) = again else { return prior };
        let rule = Rule::InconsistentFinalPlan;
        objects::assert_compatible(&plan.planned, &last.planned, rule, report);
        let same_action = match plan.action {
            Action::Update => matches!(last.action, Action::Update | Action::NoOp),
            _ => last.action == Action::Create,
        };
        if !same_action {
            report.broken(rule, &Path::root());
        }
        if last.action == Action::NoOp {
            return prior;
        }
        let change = Change {
            type_name: &plan.type_name,
            prior: prior.as_ref(),
            planned: &last.planned,
            config,
            private: &last.private,
            identity: last.identity.as_ref(),
        };
        self.changing(&change, report).await
    }

    /// Plans to destroy an object, and does it. The value is what could not be destroyed.
    pub async fn destroy(&self, state: &State) -> Outcome<State> {
        let mut report = Report::new(&state.type_name);
        let left = match self.planning_destroy(state, &mut report).await {
            Some(plan) => self.destroying(&plan, &mut report).await,
            None => Some(state.clone()),
        };
        report.finish(left)
    }

    async fn destroying(&self, plan: &Plan, report: &mut Report) -> Option<State> {
        let change = Change {
            type_name: &plan.type_name,
            prior: plan.prior.as_ref(),
            planned: &Value::Null,
            config: &Value::Null,
            // In a replacement this is what the plan of the new object remembers.
            private: &plan.private,
            identity: None,
        };
        self.changing(&change, report).await
    }

    async fn changing(&self, change: &Change<'_>, report: &mut Report) -> Option<State> {
        let Change { type_name, prior, planned, config, private, identity } = change;
        let resource = self.resource(type_name);
        let ResourceType { schema, ty, .. } = resource;
        report.answering("ApplyResourceChange");
        let null = Value::Null;
        let before = prior.map_or(&null, |prior| &prior.value);
        let request = proto::apply_resource_change::Request {
            type_name: (*type_name).to_owned(),
            prior_state: Some(encode(before, ty)),
            planned_state: Some(encode(planned, ty)),
            config: Some(encode(config, ty)),
            planned_private: private.to_vec(),
            planned_identity: resource.write_identity(*identity),
            ..Default::default()
        };
        let answer = self.service.apply_resource_change(Request::new(request)).await;
        let Some(answer) = answered(answer, report) else { return prior.cloned() };
        if answer.legacy_type_system {
            report.broken(Rule::LegacyTypeSystem, &Path::root());
        }
        let failed = report.messages(&answer.diagnostics, ty);
        let value = report.decode(answer.new_state.as_ref(), ty)?;
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        objects::assert_fit(&schema.block, &value, report);
        if !failed {
            match value.is_null() == planned.is_null() {
                true => {
                    let rule = Rule::InconsistentAfterApply;
                    objects::assert_compatible(planned, &value, rule, report);
                }
                false => report.broken(Rule::NullAfterApply, &Path::root()),
            }
        }
        if value.is_null() {
            if failed && prior.is_none() && answer.new_identity.is_some() {
                report.broken(Rule::Orphaned, &Path::root());
            }
            // A failed update or destroy leaves what there was, a failed create leaves nothing.
            return prior.filter(|_| failed).cloned();
        }
        if !private.is_empty() && answer.private.is_empty() {
            report.broken(Rule::PrivateLost, &Path::root());
        }
        let known = prior.and_then(|prior| prior.identity.as_ref()).or(*identity);
        let data = answer.new_identity.as_ref();
        let identity = resource.read_identity(data, known, false, report);
        Some(State {
            type_name: (*type_name).to_owned(),
            value,
            private: answer.private,
            identity,
            tainted: match prior {
                None => failed,
                Some(prior) => prior.tainted,
            },
        })
    }
}
