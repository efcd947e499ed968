//! Plans: what core asks for, twice, and how it judges the answer.

use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::client::fill;
use crate::core::{Core, ResourceType, State, answered, encode};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::proposed::proposed_new;
use crate::rule::Rule;
use crate::schema::{Attribute, Kind};

/// What a plan does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "Terraform knows exactly these")]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Makes the object.
    Create,
    /// Changes it in place.
    Update,
    /// Destroys it and makes another.
    Replace,
    /// Destroys it.
    Delete,
}

/// A plan for one object.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The type of the object.
    pub type_name: String,
    /// What it does.
    pub action: Action,
    /// What there is.
    pub prior: Option<State>,
    /// What was configured; null in a destroy.
    pub config: Value,
    /// What there will be.
    pub planned: Value,
    /// What the provider remembers of the plan.
    pub private: Vec<u8>,
    /// What will identify the object.
    pub identity: Option<Value>,
    /// The attributes whose change requires another object.
    pub replace: Vec<Path>,
}

impl Plan {
    /// Where the plan differs from what there is.
    #[must_use]
    pub fn changes(&self) -> Vec<Path> {
        let prior = self.prior.as_ref().map_or(&Value::Null, |prior| &prior.value);
        objects::differences(prior, &self.planned)
    }

    /// The planned attribute `name`; null where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        crate::proposed::part(&self.planned, name)
    }
}

/// What core sends to have a plan made.
struct Question<'a> {
    type_name: &'a str,
    prior: &'a Value,
    config: &'a Value,
    private: &'a [u8],
    /// What the provider remembered of the same plan before.
    remembered: &'a [u8],
    identity: Option<&'a Value>,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    planned: Value,
    replace: Vec<Path>,
    private: Vec<u8>,
    identity: Option<Value>,
}

impl Core {
    /// Plans a create (no `prior`), an update or a replacement.
    pub async fn plan(
        &self,
        type_name: &str,
        prior: Option<&State>,
        config: &Value,
    ) -> Outcome<Plan> {
        let mut report = Report::new(type_name);
        let config = fill(config, &self.resource(type_name).schema);
        let plan = self.planning(type_name, prior, &config, &mut report).await;
        report.finish(plan)
    }

    pub(crate) async fn planning(
        &self,
        type_name: &str,
        prior: Option<&State>,
        config: &Value,
        report: &mut Report,
    ) -> Option<Plan> {
        self.planning_with((type_name, &[]), prior, config, report).await
    }

    /// The plan of the apply, which may see what the provider remembered of the first.
    pub(crate) async fn planning_again(
        &self,
        plan: &Plan,
        prior: Option<&State>,
        config: &Value,
        report: &mut Report,
    ) -> Option<Plan> {
        let remembered: &[u8] = match self.client.store_planned_private {
            true => &plan.private,
            false => &[],
        };
        self.planning_with((&plan.type_name, remembered), prior, config, report).await
    }

    async fn planning_with(
        &self,
        (type_name, remembered): (&str, &[u8]),
        prior: Option<&State>,
        config: &Value,
        report: &mut Report,
    ) -> Option<Plan> {
        self.validating(type_name, config, report).await?;
        let tainted = prior.is_some_and(|prior| prior.tainted);
        let before = prior.map_or(Value::Null, |prior| prior.value.clone());
        let null = Value::Null;
        let first = Question {
            type_name,
            // What is tainted will go: the plan is for the object after it.
            prior: if tainted { &null } else { &before },
            config,
            private: prior.map_or(&[], |prior| &prior.private),
            remembered,
            identity: prior.and_then(|prior| prior.identity.as_ref()),
        };
        let mut answer = self.asking(&first, report).await?;
        let replace = self.replaced(type_name, &before, &answer, report);
        let action = match prior {
            None => Action::Create,
            Some(_) if tainted => Action::Replace,
            Some(_) if !replace.is_empty() => Action::Replace,
            Some(_) if before == answer.planned => Action::NoOp,
            Some(_) => Action::Update,
        };
        if action == Action::Replace && !tainted {
            let (private, identity) = (answer.private.clone(), answer.identity.clone());
            let second =
                Question { prior: &null, private: &private, identity: identity.as_ref(), ..first };
            answer = self.asking(&second, report).await?;
        }
        Some(Plan {
            type_name: type_name.to_owned(),
            action,
            prior: prior.cloned(),
            config: config.clone(),
            planned: answer.planned,
            private: answer.private,
            identity: answer.identity,
            replace,
        })
    }

    /// Plans to destroy an object.
    pub async fn plan_destroy(&self, state: &State) -> Outcome<Plan> {
        let mut report = Report::new(&state.type_name);
        let plan = self.planning_destroy(state, &mut report).await;
        report.finish(plan)
    }

    pub(crate) async fn planning_destroy(
        &self,
        state: &State,
        report: &mut Report,
    ) -> Option<Plan> {
        let question = Question {
            type_name: &state.type_name,
            prior: &state.value,
            config: &Value::Null,
            private: &state.private,
            remembered: &[],
            identity: state.identity.as_ref(),
        };
        let answer = self.asking(&question, report).await?;
        Some(Plan {
            type_name: state.type_name.clone(),
            action: Action::Delete,
            prior: Some(state.clone()),
            config: Value::Null,
            planned: Value::Null,
            private: answer.private,
            identity: answer.identity,
            replace: vec![],
        })
    }

    /// Asks twice, and takes the first answer when it is the second, too.
    async fn asking(&self, question: &Question<'_>, report: &mut Report) -> Option<Answer> {
        let first = self.asking_once(question, report).await?;
        let mut again = Report::new(question.type_name);
        let second = self.asking_once(question, &mut again).await;
        report.answering("PlanResourceChange");
        match second {
            Some(second) if second == first => {}
            Some(second) => {
                let places = objects::differences(&first.planned, &second.planned);
                for path in places.first().map_or(&[Path::root()] as &[_], |_| &places) {
                    report.broken(Rule::PlanNotRepeatable, path);
                }
            }
            None => report.broken(Rule::PlanNotRepeatable, &Path::root()),
        }
        Some(first)
    }

    async fn asking_once(&self, question: &Question<'_>, report: &mut Report) -> Option<Answer> {
        let Question { type_name, prior, config, private, remembered, identity } = question;
        let resource = self.resource(type_name);
        let ResourceType { schema, ty, .. } = resource;
        report.answering("PlanResourceChange");
        let proposed = proposed_new(&schema.block, prior, config);
        let request = proto::plan_resource_change::Request {
            type_name: (*type_name).to_owned(),
            prior_state: Some(encode(prior, ty)),
            proposed_new_state: Some(encode(&proposed, ty)),
            config: Some(encode(config, ty)),
            prior_private: private.to_vec(),
            client_capabilities: Some(self.client),
            prior_identity: resource.write_identity(*identity),
            planned_private: remembered.to_vec(),
            ..Default::default()
        };
        let answer = self.service.plan_resource_change(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if answer.legacy_type_system {
            report.broken(Rule::LegacyTypeSystem, &Path::root());
        }
        if answer.deferred.is_some() {
            report.broken(Rule::Deferred, &Path::root());
        }
        if report.messages(&answer.diagnostics, ty) {
            return None;
        }
        let planned = report.decode(answer.planned_state.as_ref(), ty)?;
        objects::assert_fit(&schema.block, &planned, report);
        if answer.planned_private.is_empty() && !(private.is_empty() && remembered.is_empty()) {
            report.broken(Rule::PrivateLost, &Path::root());
        }
        objects::assert_plan_valid(&schema.block, prior, config, &planned, report);
        let identity = match config.is_null() {
            true => None,
            false => {
                let before = identity.filter(|_| !prior.is_null());
                let may_be_unknown = prior.is_null();
                let data = answer.planned_identity.as_ref();
                resource.read_identity(data, before, may_be_unknown, report)
            }
        };
        let replace = answer.requires_replace.iter().map(Path::from).collect();
        Some(Answer { planned, replace, private: answer.planned_private, identity })
    }

    /// The attributes whose change really requires a replacement.
    fn replaced(
        &self,
        type_name: &str,
        prior: &Value,
        answer: &Answer,
        report: &mut Report,
    ) -> Vec<Path> {
        let attributes = &self.resource(type_name).schema.block.attributes;
        let mut paths = vec![];
        for path in &answer.replace {
            let (before, after) = (prior.get(path), answer.planned.get(path));
            if before.is_none() && after.is_none() {
                report.broken(Rule::ReplacePath, path);
            }
            // A value that is never stored cannot be compared: the provider's word is enough.
            if before != after || write_only(attributes, path) {
                paths.push(path.clone());
            }
        }
        if prior.is_null() { vec![] } else { paths }
    }
}

fn write_only(attributes: &std::collections::BTreeMap<String, Attribute>, path: &Path) -> bool {
    let mut attributes = attributes;
    for step in path.steps() {
        let tf_provider::cty::Step::Attribute(name) = step else { continue };
        match attributes.get(name) {
            Some(attribute) if attribute.write_only => return true,
            Some(Attribute { kind: Kind::Nested(_, nested), .. }) => attributes = nested,
            _ => return false,
        }
    }
    false
}
