//! What no provider may refuse, whatever it thinks of it; and the one thing that each must.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto;
use tf_provider_protocol::proto::provider_server::Provider as Service;
use tonic::Request;

use crate::client::{fill, none};
use crate::core::{Core, answered, encode};
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;
use crate::schema::{Block, Nesting};

impl Core {
    /// Has a block validated of which nothing is known yet, twice. It needs no configured provider: that
    /// is how `terraform validate` asks.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn tolerates(&self, type_name: &str) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let resource = self.resource(type_name);
        let config = fill(&nothing_known(&resource.schema.block), &resource.schema);
        let first = self.judged(type_name, &config, &mut report).await;
        let second = self.judged(type_name, &config, &mut Report::new(type_name)).await;
        report.answering("ValidateResourceConfig");
        if first != second {
            report.broken(Rule::ValidateNotRepeatable, &Path::root());
        }
        for error in first.iter().flatten().filter(|one| is_error(one)) {
            let path = error.attribute.as_ref().map(Path::from).unwrap_or_default();
            report.broken(Rule::UnknownRefused, &path);
        }
        report.finish(Some(()))
    }

    async fn judged(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<Vec<proto::Diagnostic>> {
        let ty = &self.resource(type_name).ty;
        report.answering("ValidateResourceConfig");
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(config, ty)),
            client_capabilities: Some(self.client),
        };
        let answer = self.service.validate_resource_config(Request::new(request)).await;
        let answer = answered(answer, report)?;
        report.messages(&answer.diagnostics, ty);
        Some(answer.diagnostics)
    }

    /// Hands over a provider block of which nothing is known yet, as a plan does where the block depends
    /// on what is still to be made.
    pub async fn configure_unknown(&self) -> Outcome<()> {
        let block = &self.provider_schema().block;
        let outcome = self.configure(&nothing_known(block)).await;
        let mut report = Report::new("");
        for error in outcome.errors() {
            report.answering("ConfigureProvider");
            report.broken(Rule::UnknownRefused, &error.path.clone().unwrap_or_default());
        }
        let configured = report.absorb(outcome);
        report.finish(configured)
    }

    /// Sends a configuration with write-only values as a Terraform that does not know them, and would
    /// store them.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn keeps_secrets_from_old_terraform(
        &self,
        type_name: &str,
        config: &Value,
    ) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let resource = self.resource(type_name);
        let ty = &resource.ty;
        let config = fill(config, &resource.schema);
        report.answering("ValidateResourceConfig");
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&config, ty)),
            client_capabilities: None,
        };
        let answer = self.service.validate_resource_config(Request::new(request)).await;
        let Some(answer) = answered(answer, &mut report) else { return report.finish(None) };
        let refused = report.messages(&answer.diagnostics, ty);
        for (name, attribute) in &resource.schema.block.attributes {
            let value = crate::proposed::part(&config, name);
            if attribute.write_only && !value.is_null() && !refused {
                report.broken(Rule::WriteOnlyAccepted, &name.as_str().into());
            }
        }
        report.finish(Some(()))
    }

    /// Another process of this provider, which nobody asks for a schema: core has it from this one. It is
    /// asked for as much as an unconfigured provider can answer.
    pub async fn cold(&self, service: impl Service) -> Outcome<Self> {
        let mut report = Report::new("");
        let cold = Self { service: Arc::new(service), ..self.clone() };
        let ty = self.provider_schema().ty();
        let config = encode(&fill(&Value::object::<String>([]), self.provider_schema()), &ty);
        report.answering("ValidateProviderConfig");
        let request = proto::validate_provider_config::Request { config: Some(config) };
        let warm = self.service.validate_provider_config(Request::new(request.clone())).await;
        let found = cold.service.validate_provider_config(Request::new(request)).await;
        let same = match (warm, found) {
            (Ok(warm), Ok(found)) => warm.into_inner() == found.into_inner(),
            _ => false,
        };
        if !same {
            report.broken(Rule::SchemaFirst, &Path::root());
        }
        for (name, resource) in &self.resources {
            let unknown = fill(&nothing_known(&resource.schema.block), &resource.schema);
            let warm = self.judged(name, &unknown, &mut Report::new(name)).await;
            let found = cold.judged(name, &unknown, &mut Report::new(name)).await;
            if warm != found {
                report.about(name);
                report.answering("ValidateResourceConfig");
                report.broken(Rule::SchemaFirst, &Path::root());
            }
        }
        report.finish(Some(cold))
    }

    /// Asks the provider to end what is under way. Terraform waits for the answer, and not for the end.
    pub async fn stop(&self) -> Outcome<()> {
        let mut report = Report::new("");
        report.answering("StopProvider");
        let mut stopping = self.service.stop_provider(Request::new(Default::default()));
        let mut turns = 0;
        let answer = poll_fn(|context| match stopping.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if turns == TURNS => Poll::Ready(None),
            Poll::Pending => {
                turns += 1;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        });
        match answer.await {
            Some(Ok(answer)) if answer.get_ref().error.is_empty() => {}
            Some(_) => report.broken(Rule::StopFailed, &Path::root()),
            None => report.broken(Rule::StopWaits, &Path::root()),
        }
        report.finish(Some(()))
    }
}

/// Turns of the runtime that a stop may take.
const TURNS: usize = 100;

/// A block whose every argument comes of something that is still to be made.
fn nothing_known(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let configurable = attribute.required || attribute.optional;
        (name.clone(), if configurable { Value::unknown() } else { Value::Null })
    });
    // A block is written, or comes of `dynamic` with a collection that is not known.
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let value = match nested.nesting {
            _ if nested.computed => none(nested),
            Nesting::Single => Value::Null,
            Nesting::Group => nothing_known(&nested.block),
            Nesting::List | Nesting::Map | Nesting::Set => Value::unknown(),
        };
        (name.clone(), value)
    });
    Value::object(attributes.chain(blocks))
}

fn is_error(diagnostic: &proto::Diagnostic) -> bool {
    diagnostic.severity() == proto::diagnostic::Severity::Error
}
