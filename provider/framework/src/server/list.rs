//! List resources: validation, and finding what is there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tf_provider_protocol::proto;
use tf_provider_protocol::proto::list_resource::Event;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tracing::Instrument;

use super::resource::encode_identity;
use super::{CHECKED, Once, Server, bugs, decode_object, encode, encode_all, stream};
use crate::cty::Value as CtyValue;
use crate::engine::validate::ClientCapabilities;
use crate::engine::{carry, check, import, plan, validate};
use crate::erased::{AnyListResource, ListRequest};
use crate::list::Listed;
use crate::{Diagnostic, Diagnostics, Private, Provider, Result};

/// How long a listing may take; it has no `timeouts`.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// How many objects wait for Terraform at most.
const WAITING: usize = 16;

impl<P: Provider> Server<P> {
    fn list_resource(&self, name: &str) -> Result<&dyn AnyListResource<P::Clients>> {
        self.registry().list_resources.get(name).map(AsRef::as_ref).ok_or_else(|| {
            Diagnostic::error(format!("This provider cannot list {name}"))
                .hint("a newer version of the provider may be able to")
        })
    }

    pub(super) fn validate_list(
        &self,
        request: &proto::validate_list_resource_config::Request,
    ) -> Result<proto::validate_list_resource_config::Response> {
        let list = self.list_resource(&request.type_name)?;
        let description = list.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let mut diagnostics = Diagnostics::default();
        if let Some(config) = config {
            let client = ClientCapabilities::default();
            validate::validate(&description.schema.attributes, &config, client, &mut diagnostics);
            if !diagnostics.has_errors() {
                list.validate(&config, &mut diagnostics);
            }
        }
        let diagnostics = encode_all(&diagnostics, &description.schema.attributes);
        Ok(proto::validate_list_resource_config::Response { diagnostics })
    }

    /// The objects that are found, one after another, and at last what went wrong.
    pub(super) fn list(&self, request: proto::list_resource::Request) -> BoxStream<Event> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (stream, gone) = stream::bounded(receiver);
        let server = self.clone();
        let call = self.of_list("ListResource", &request.type_name).asked(&request);
        let span = call.span;
        let work = async move {
            let type_name = request.type_name.clone();
            let listed = stream::caught("ListResource", server.listing(request, &sender, gone));
            let diagnostics = listed.await.unwrap_or_else(Diagnostics::from);
            if !diagnostics.is_empty() {
                let diagnostic = encode_all(&diagnostics, server.list_attributes(&type_name));
                // Nobody listens any more: then nobody asks what went wrong.
                let _ = sender.send(Event { diagnostic, ..Event::default() }).await;
            }
        };
        tokio::spawn(work.instrument(span));
        stream
    }

    async fn listing(
        &self,
        request: proto::list_resource::Request,
        sender: &mpsc::Sender<Event>,
        gone: CancellationToken,
    ) -> Result<Diagnostics> {
        let list = self.list_resource(&request.type_name)?;
        let description = list.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let attributes = &description.schema.attributes;
        let config = config.unwrap_or_default();
        let config = plan::plan(attributes, &config, None, &BTreeSet::new()).planned;
        let (server, sender) = (self.clone(), sender.clone());
        let type_name: Arc<str> = request.type_name.as_str().into();
        let asked = ListRequest {
            config: config.clone(),
            whole: request.include_resource_object,
            limit: usize::try_from(request.limit).ok().filter(|limit| *limit > 0),
            send: Arc::new(move |listed| {
                let (server, sender) = (server.clone(), sender.clone());
                let type_name = Arc::clone(&type_name);
                Box::pin(async move {
                    let event = server.event(&type_name, listed).unwrap_or_else(|error| Event {
                        diagnostic: encode_all(&error.into(), server.list_attributes(&type_name)),
                        ..Event::default()
                    });
                    sender.send(event).await.is_ok()
                })
            }),
        };
        let once = Once { verb: "list", type_name: &request.type_name, limit: LIMIT };
        let listing = self.once(once, config, Private::default(), |clients, around| {
            list.list(clients, around, asked)
        });
        // Whoever asked has gone away: nothing more is looked for.
        let finished = tokio::select! {
            finished = listing => finished,
            () = gone.cancelled() => return Ok(Diagnostics::default()),
        };
        let mut diagnostics = finished.diagnostics;
        diagnostics.extend(finished.outcome.err());
        Ok(diagnostics)
    }

    /// One object that was found, as a message.
    fn event(&self, type_name: &str, listed: Listed) -> Result<Event> {
        let resource = self.resource(type_name)?;
        let description = resource.description();
        let attributes = &description.schema.attributes;
        let Listed { identity, display_name, object, mut diagnostics } = listed;
        let resource_object = match object {
            None => None,
            Some(mut object) => {
                let mut known = import::empty(description);
                known.extend(identity.clone());
                carry::carry(attributes, &mut object, Some(&known));
                if CHECKED {
                    let violations = check::stored(attributes, &object);
                    bugs(violations, "ListResource", type_name, &mut diagnostics);
                }
                Some(encode(&CtyValue::Object(object), &description.ty)?)
            }
        };
        let situation = self.situation(resource, "read", identity.clone());
        let diagnostics = diagnostics.into_iter().map(|one| self.explain(one, &situation));
        let mut explained = Diagnostics::default();
        explained.extend(diagnostics);
        let event = Event {
            identity: Some(encode_identity(&identity, description)?),
            display_name,
            resource_object,
            diagnostic: encode_all(&explained, self.list_attributes(type_name)),
        };
        self.of_resource("ListResource", type_name).note("Event", &event);
        Ok(event)
    }
}
