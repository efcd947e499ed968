//! Actions: validation, planning and doing.

use std::collections::BTreeSet;
use std::sync::Arc;

use tf_provider_protocol::proto;
use tf_provider_protocol::proto::invoke_action::{Event, event};
use tokio::sync::mpsc;
use tonic::codegen::BoxStream;
use tracing::Instrument;

use super::{Once, Server, decode_object, deferred, encode_all, stream};
use crate::engine::validate::ClientCapabilities;
use crate::engine::{plan, validate};
use crate::erased::{AnyAction, Report};
use crate::schema::Object;
use crate::timeouts;
use crate::{Diagnostic, Diagnostics, Private, Provider, Result, Situation};

impl<P: Provider> Server<P> {
    fn action(&self, name: &str) -> Result<&dyn AnyAction<P::Clients>> {
        self.registry().actions.get(name).map(AsRef::as_ref).ok_or_else(|| {
            Diagnostic::error(format!("This provider has no action {name}"))
                .hint("a newer version of the provider may have it")
        })
    }

    pub(super) fn validate_action(
        &self,
        request: &proto::validate_action_config::Request,
    ) -> Result<proto::validate_action_config::Response> {
        let action = self.action(&request.type_name)?;
        let description = action.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let mut diagnostics = config.map(|config| problems(action, &config)).unwrap_or_default();
        diagnostics.extend(validate::deprecation(&description.schema, &request.type_name));
        Ok(proto::validate_action_config::Response {
            diagnostics: encode_all(&diagnostics, &description.schema.attributes),
        })
    }

    pub(super) async fn plan_action(
        &self,
        request: proto::plan_action::Request,
    ) -> Result<proto::plan_action::Response> {
        let action = self.action(&request.action_type)?;
        let description = action.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let config = config.unwrap_or_default();
        let problems = problems(action, &config);
        if problems.has_errors() {
            let diagnostics = encode_all(&problems, &description.schema.attributes);
            return Ok(proto::plan_action::Response { diagnostics, deferred: None });
        }
        let clients = self.configured()?;
        if action.unknown(&clients)
            && let Some(deferred) = deferred(request.client_capabilities)
        {
            let deferred = Some(deferred);
            return Ok(proto::plan_action::Response { deferred, ..Default::default() });
        }
        let situation = Situation {
            type_name: request.action_type.clone(),
            attempt: format!("plan {}", request.action_type),
            values: config.clone(),
        };
        let explained = |error| self.explain(error, &situation);
        let planned = match action.plan(&clients, config) {
            Ok(planning) => planning.await,
            Err(error) => Err(error),
        };
        let (found, outcome) = planned.map_err(explained)?;
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(found.into_iter().chain(outcome.err()).map(explained));
        let diagnostics = encode_all(&diagnostics, &description.schema.attributes);
        Ok(proto::plan_action::Response { diagnostics, deferred: None })
    }

    /// The progress of an action, and at last what came of it.
    pub(super) fn invoke(&self, request: proto::invoke_action::Request) -> BoxStream<Event> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (stream, gone) = stream::unbounded(receiver);
        let server = self.clone();
        let call = self.of_action("InvokeAction", &request.action_type).asked(&request);
        let span = call.span;
        let work = async move {
            let progress = sender.clone();
            let report: Report = Arc::new(move |message| {
                let progress = event::Type::Progress(event::Progress { message });
                // Nobody listens any more: then the action is being dropped, too.
                let _ = sender.send(Event { r#type: Some(progress) });
            });
            let action_type = request.action_type.clone();
            let invoked = stream::caught("InvokeAction", server.invoking(request, report, gone));
            let diagnostics = invoked.await.unwrap_or_else(Diagnostics::from);
            let attributes = server.action_attributes(&action_type);
            let diagnostics = encode_all(&diagnostics, attributes);
            let completed = event::Type::Completed(event::Completed { diagnostics });
            let _ = progress.send(Event { r#type: Some(completed) });
        };
        tokio::spawn(work.instrument(span));
        stream
    }

    async fn invoking(
        &self,
        request: proto::invoke_action::Request,
        report: Report,
        gone: tokio_util::sync::CancellationToken,
    ) -> Result<Diagnostics> {
        let action = self.action(&request.action_type)?;
        let description = action.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let config = config.unwrap_or_default();
        let problems = problems(action, &config);
        if problems.has_errors() {
            return Ok(problems);
        }
        let attributes = &description.schema.attributes;
        let planned = plan::plan(attributes, &config, None, &BTreeSet::new()).planned;
        let limit = timeouts::of_action(description.timeout, &planned);
        let once = Once { verb: "invoke", type_name: &request.action_type, limit };
        let invoked = self.once(once, planned.clone(), Private::default(), |clients, around| {
            action.invoke(clients, around, report, (planned, config))
        });
        // Whoever asked has gone away: nothing more is done.
        let finished = tokio::select! {
            finished = invoked => finished,
            () = gone.cancelled() => return Ok(Diagnostics::default()),
        };
        let mut diagnostics = finished.diagnostics;
        diagnostics.extend(finished.outcome.err());
        Ok(diagnostics)
    }
}

/// What is wrong with a configuration. Core asks for it while variables are unknown and never again, so
/// that planning and doing look once more.
fn problems<C>(action: &dyn AnyAction<C>, config: &Object) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    // No action is stored, so what is write-only elsewhere is plain here.
    let client = ClientCapabilities { write_only_attributes: true };
    let attributes = &action.description().schema.attributes;
    validate::validate(attributes, config, client, &mut diagnostics);
    if !diagnostics.has_errors() {
        action.validate(config, &mut diagnostics);
    }
    diagnostics
}
