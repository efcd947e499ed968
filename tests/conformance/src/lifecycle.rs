//! The whole life of an object, every step judged.

use tf_provider::cty::Value;

use crate::client::fill;
use crate::core::{Core, State};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;

impl Core {
    /// Creates an object with the first of `configs` and updates it with each of the others. After each,
    /// a plan must be empty, a refresh must find what the apply said, and a plan must be empty again.
    pub async fn lifecycle(&self, type_name: &str, configs: &[Value]) -> Outcome<State> {
        self.live(type_name, None, configs).await
    }

    /// Goes on with an object that exists: updates it with each of `configs`, and judges as
    /// [`Core::lifecycle`] does.
    pub async fn lifecycle_from(&self, state: &State, configs: &[Value]) -> Outcome<State> {
        self.live(&state.type_name, Some(state.clone()), configs).await
    }

    async fn live(
        &self,
        type_name: &str,
        mut state: Option<State>,
        configs: &[Value],
    ) -> Outcome<State> {
        let mut report = Report::new(type_name);
        for config in configs {
            let config = fill(config, &self.resource(type_name).schema);
            let plan = self.planning(type_name, state.as_ref(), &config, &mut report).await;
            let Some(plan) = plan else { break };
            state = self.applying(&plan, &config, &mut report).await;
            let (true, Some(applied)) = (report.sound(), &state) else { break };
            self.settled(applied, &config, &mut report).await;
            let Some(fresh) = self.refreshing(applied, &mut report).await else {
                report.broken(Rule::ChangedByRefresh, &Default::default());
                break;
            };
            for path in objects::differences(&applied.value, &fresh.value) {
                report.broken(Rule::ChangedByRefresh, &path);
            }
            if report.sound()
                && let Some(again) = self.refreshing(&fresh, &mut report).await
            {
                for path in objects::differences(&fresh.value, &again.value) {
                    report.broken(Rule::ReadNotRepeatable, &path);
                }
            }
            self.settled(&fresh, &config, &mut report).await;
            state = Some(fresh);
            if !report.sound() {
                break;
            }
        }
        report.finish(state)
    }

    /// Reports where a plan for the configuration of `state` is not empty.
    async fn settled(&self, state: &State, config: &Value, report: &mut Report) {
        let type_name = &state.type_name;
        if let Some(plan) = self.planning(type_name, Some(state), config, report).await {
            for path in plan.changes() {
                report.broken(Rule::SecondPlanNotEmpty, &path);
            }
        }
    }
}
