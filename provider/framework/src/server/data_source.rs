//! Data sources: validation and reading.

use std::collections::BTreeSet;
use std::time::Duration;

use tf_provider_protocol::proto;
use tokio::time::Instant;

use super::{CHECKED, Server, bugs, decode_object, deferred, encode, encode_all};
use crate::cty::Value as CtyValue;
use crate::engine::run::{self, Limits};
use crate::engine::validate::ClientCapabilities;
use crate::engine::{carry, check, plan, validate};
use crate::progress::Progress;
use crate::{Diagnostics, Private, Provider, Result, Situation};

/// How long a data source may take; it has no `timeouts`.
const LIMIT: Duration = Duration::from_secs(5 * 60);

impl<P: Provider> Server<P> {
    pub(super) fn validate_data_source(
        &self,
        request: &proto::validate_data_resource_config::Request,
    ) -> Result<proto::validate_data_resource_config::Response> {
        let source = self.data_source(&request.type_name)?;
        let description = source.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(validate::deprecation(&description.schema, &request.type_name));
        if let Some(config) = config {
            let client = ClientCapabilities::default();
            validate::validate(&description.schema.attributes, &config, client, &mut diagnostics);
            if !diagnostics.has_errors() {
                source.validate(&config, &mut diagnostics);
            }
        }
        let diagnostics = encode_all(&diagnostics, &description.schema.attributes);
        Ok(proto::validate_data_resource_config::Response { diagnostics })
    }

    pub(super) async fn read_data_source(
        &self,
        request: proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response> {
        let source = self.data_source(&request.type_name)?;
        let description = source.description();
        let config = decode_object(request.config.as_ref(), &description.ty, "configuration")?;
        let config = config.unwrap_or_default();
        let attempt = format!("read {}", request.type_name);
        let situation = Situation {
            type_name: request.type_name.clone(),
            attempt: attempt.clone(),
            values: config.clone(),
        };
        let clients = self.configured()?;
        if source.unknown(&clients)
            && let Some(deferred) = deferred(request.client_capabilities)
        {
            // Terraform takes no null even here.
            let mut unread = config.clone();
            for attribute in description.schema.attributes.iter().filter(|one| !one.is_block()) {
                if let Some(value) = unread.get_mut(attribute.name).filter(|one| one.is_null()) {
                    *value = CtyValue::unknown();
                }
            }
            let unread = CtyValue::Object(unread);
            return Ok(proto::read_data_source::Response {
                state: Some(encode(&unread, &description.ty)?),
                deferred: Some(deferred),
                ..Default::default()
            });
        }
        let progress = Progress::new(Private::default());
        let limits = Limits {
            deadline: Instant::now() + LIMIT,
            limit: LIMIT,
            stop: self.stop_token(),
            attempt,
        };
        let attributes = &description.schema.attributes;
        // The arguments with the defaults of those that are not set.
        let arguments = plan::plan(attributes, &config, None, &BTreeSet::new()).planned;
        let outcome = match source.read(&clients, arguments) {
            Ok(running) => run::run(running, &progress, limits).await,
            Err(error) => Err(error),
        };
        let mut answer = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                let error = self.explain(error, &situation);
                return Ok(proto::read_data_source::Response {
                    diagnostics: encode_all(&error.into(), attributes),
                    ..Default::default()
                });
            }
        };
        carry::carry(attributes, &mut answer, Some(&config));
        let mut diagnostics = Diagnostics::default();
        if CHECKED {
            let violations = check::stored(attributes, &answer);
            bugs(violations, "ReadDataSource", &request.type_name, &mut diagnostics);
        }
        Ok(proto::read_data_source::Response {
            state: Some(encode(&CtyValue::Object(answer), &description.ty)?),
            diagnostics: encode_all(&diagnostics, attributes),
            ..Default::default()
        })
    }
}
