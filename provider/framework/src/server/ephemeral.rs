//! Ephemeral resources: validation, opening, renewing and closing.

use std::collections::BTreeSet;
use std::time::Duration;

use tf_provider_protocol::proto;

use super::{CHECKED, Once, Server, bugs, decode_object, deferred, encode, encode_all};
use crate::cty::Value as CtyValue;
use crate::engine::validate::ClientCapabilities;
use crate::engine::{block, carry, check, plan, validate};
use crate::erased::{AnyEphemeralResource, Opened};
use crate::{Diagnostic, Diagnostics, Private, Provider, Result};

/// How long each step may take; an ephemeral resource has no `timeouts`.
const LIMIT: Duration = Duration::from_secs(5 * 60);

impl<P: Provider> Server<P> {
    fn ephemeral_resource(&self, name: &str) -> Result<&dyn AnyEphemeralResource<P::Clients>> {
        self.registry().ephemeral_resources.get(name).map(AsRef::as_ref).ok_or_else(|| {
            Diagnostic::error(format!("This provider has no ephemeral resource {name}"))
                .hint("a newer version of the provider may have it")
        })
    }

    pub(super) fn validate_ephemeral(
        &self,
        request: &proto::validate_ephemeral_resource_config::Request,
    ) -> Result<proto::validate_ephemeral_resource_config::Response> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let description = ephemeral.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(validate::deprecation(&description.schema, &request.type_name));
        if let Some(config) = config {
            let client = ClientCapabilities::default();
            validate::validate(&description.schema.attributes, &config, client, &mut diagnostics);
            if !diagnostics.has_errors() {
                ephemeral.validate(&config, &mut diagnostics);
            }
        }
        let diagnostics = encode_all(&diagnostics, &description.schema.attributes);
        Ok(proto::validate_ephemeral_resource_config::Response { diagnostics })
    }

    pub(super) async fn open(
        &self,
        request: proto::open_ephemeral_resource::Request,
    ) -> Result<proto::open_ephemeral_resource::Response> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let description = ephemeral.description();
        let attributes = &description.schema.attributes;
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let config = config.unwrap_or_default();
        if ephemeral.unknown(self.configured()?.as_ref())
            && let Some(deferred) = deferred(request.client_capabilities)
        {
            return Ok(proto::open_ephemeral_resource::Response {
                deferred: Some(deferred),
                ..Default::default()
            });
        }
        let arguments = plan::plan(attributes, &config, None, &BTreeSet::new()).planned;
        let once = Once { verb: "open", type_name: &request.type_name, limit: LIMIT };
        let finished = self
            .once(once, config.clone(), Private::default(), |clients, around| {
                ephemeral.open(clients, around, arguments)
            })
            .await;
        let mut diagnostics = finished.diagnostics;
        let Opened { mut result, renew_at } = match finished.outcome {
            Ok(opened) => opened,
            Err(error) => {
                diagnostics.push(error);
                return Ok(proto::open_ephemeral_resource::Response {
                    diagnostics: encode_all(&diagnostics, attributes),
                    ..Default::default()
                });
            }
        };
        carry::carry(attributes, &mut result, Some(&config));
        if !request.client_capabilities.is_some_and(|client| client.computed_blocks_allowed) {
            block::withhold(attributes, &mut result);
        }
        if CHECKED {
            let mut violations = check::stored(attributes, &result);
            violations.extend(check::plan(attributes, &config, None, &result));
            bugs(violations, "OpenEphemeralResource", &request.type_name, &mut diagnostics);
        }
        Ok(proto::open_ephemeral_resource::Response {
            result: Some(encode(&CtyValue::Object(result), &description.ty)?),
            renew_at: renew_at.map(Into::into),
            private: Some(finished.private.encode()),
            diagnostics: encode_all(&diagnostics, attributes),
            deferred: None,
        })
    }

    pub(super) async fn renew(
        &self,
        request: proto::renew_ephemeral_resource::Request,
    ) -> Result<proto::renew_ephemeral_resource::Response> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let private = Private::decode(request.private.as_deref().unwrap_or_default())?;
        let once = Once { verb: "renew", type_name: &request.type_name, limit: LIMIT };
        let finished = self
            .once(once, Default::default(), private, |clients, around| {
                ephemeral.renew(clients, around)
            })
            .await;
        let mut diagnostics = finished.diagnostics;
        let renew_at = match finished.outcome {
            Ok(opened) => opened.renew_at,
            Err(error) => {
                diagnostics.push(error);
                None
            }
        };
        Ok(proto::renew_ephemeral_resource::Response {
            diagnostics: encode_all(&diagnostics, self.ephemeral_attributes(&request.type_name)),
            renew_at: renew_at.map(Into::into),
            private: Some(finished.private.encode()),
        })
    }

    pub(super) async fn close(
        &self,
        request: proto::close_ephemeral_resource::Request,
    ) -> Result<proto::close_ephemeral_resource::Response> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let private = Private::decode(request.private.as_deref().unwrap_or_default())?;
        let once = Once { verb: "close", type_name: &request.type_name, limit: LIMIT };
        let finished = self
            .once(once, Default::default(), private, |clients, around| {
                ephemeral.close(clients, around)
            })
            .await;
        let mut diagnostics = finished.diagnostics;
        diagnostics.extend(finished.outcome.err());
        let diagnostics = encode_all(&diagnostics, self.ephemeral_attributes(&request.type_name));
        Ok(proto::close_ephemeral_resource::Response { diagnostics })
    }
}
