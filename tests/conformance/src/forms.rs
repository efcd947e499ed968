//! The same configuration in every form: a provider answers all of them alike.

use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto::{self, DynamicValue};
use tonic::Request;

use crate::client::fill;
use crate::core::{Core, ResourceType, encode};
use crate::outcome::{Outcome, Report};
use crate::proposed::proposed_new;
use crate::rule::Rule;
use crate::wire::Form;

/// What a provider says to a configuration; nothing where there was an error of the transport.
#[derive(Debug, PartialEq)]
struct Answers {
    validated: Option<proto::validate_resource_config::Response>,
    planned: Option<proto::plan_resource_change::Response>,
}

impl Core {
    /// Has a configuration validated, and a create planned for it, in every form in which a value may
    /// come; what is null comes as null and not at all.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn accepts(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let ResourceType { schema, ty, .. } = self.resource(type_name);
        let config = fill(config, schema);
        let proposed = encode(&proposed_new(&schema.block, &Value::Null, &config), ty);
        let null = Some(encode(&Value::Null, ty));
        let usual = encode(&config, ty);
        let expected = self.answers(type_name, (&null, &usual, &proposed)).await;
        let missing = self.answers(type_name, (&None, &usual, &proposed)).await;
        differing(&expected, &missing, Rule::AcceptedEncoding, &mut report);
        for form in Form::ALL {
            let Some(other) = form.write(&config, ty) else { continue };
            let found = self.answers(type_name, (&null, &other, &proposed)).await;
            differing(&expected, &found, form.rule(), &mut report);
        }
        report.finish(Some(()))
    }

    async fn answers(
        &self,
        type_name: &str,
        (prior, config, proposed): (&Option<DynamicValue>, &DynamicValue, &DynamicValue),
    ) -> Answers {
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(config.clone()),
            client_capabilities: Some(self.client),
        };
        let validated = self.service.validate_resource_config(Request::new(request)).await;
        let request = proto::plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: prior.clone(),
            config: Some(config.clone()),
            proposed_new_state: Some(proposed.clone()),
            client_capabilities: Some(self.client),
            ..Default::default()
        };
        let planned = self.service.plan_resource_change(Request::new(request)).await;
        let validated = validated.ok().map(tonic::Response::into_inner);
        Answers { validated, planned: planned.ok().map(tonic::Response::into_inner) }
    }
}

fn differing(expected: &Answers, found: &Answers, rule: Rule, report: &mut Report) {
    if expected.validated != found.validated {
        report.answering("ValidateResourceConfig");
        report.broken(rule, &Path::root());
    }
    if expected.planned != found.planned {
        report.answering("PlanResourceChange");
        report.broken(rule, &Path::root());
    }
}
