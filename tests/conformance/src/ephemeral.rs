//! Ephemeral resources.

use std::time::SystemTime;

use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto;
use tonic::Request;

use crate::client::fill;
use crate::core::{Core, answered, encode};
use crate::objects;
use crate::outcome::{Outcome, Report};
use crate::rule::Rule;
use crate::schema::Schema;

/// An ephemeral resource that is open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opened {
    /// Its type, for example `sample_session`.
    pub type_name: String,
    /// Its values.
    pub value: Value,
    /// When it wants to be renewed.
    pub renew_at: Option<SystemTime>,
    /// What the provider remembers of it.
    pub private: Option<Vec<u8>>,
}

impl Core {
    /// The schemas of the ephemeral resources, by type.
    pub fn ephemeral_schemas(&self) -> impl Iterator<Item = (&str, &Schema)> {
        self.ephemeral.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Checks an ephemeral block.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn validate_ephemeral(&self, type_name: &str, config: &Value) -> Outcome<()> {
        let mut report = Report::new(type_name);
        let valid = self.validating_ephemeral(type_name, config, &mut report).await;
        report.finish(valid)
    }

    async fn validating_ephemeral(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<()> {
        let ty = self.ephemeral[type_name].ty();
        report.answering("ValidateEphemeralResourceConfig");
        let request = proto::validate_ephemeral_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&fill(config, &self.ephemeral[type_name]), &ty)),
        };
        let request = Request::new(request);
        let answer = self.service.validate_ephemeral_resource_config(request).await;
        let answer = answered(answer, report)?;
        let failed = report.messages(&answer.diagnostics, &ty);
        (!failed).then_some(())
    }

    /// Opens an ephemeral resource; its configuration must be known, or core would wait for it.
    ///
    /// # Panics
    /// When there is no such type.
    pub async fn open(&self, type_name: &str, config: &Value) -> Outcome<Opened> {
        let mut report = Report::new(type_name);
        let opened = self.opening(type_name, config, &mut report).await;
        report.finish(opened)
    }

    async fn opening(
        &self,
        type_name: &str,
        config: &Value,
        report: &mut Report,
    ) -> Option<Opened> {
        self.validating_ephemeral(type_name, config, report).await?;
        let schema = &self.ephemeral[type_name];
        let ty = schema.ty();
        let config = fill(config, schema);
        report.answering("OpenEphemeralResource");
        let request = proto::open_ephemeral_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&config, &ty)),
            client_capabilities: Some(self.client),
        };
        let answer = self.service.open_ephemeral_resource(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if answer.deferred.is_some() {
            report.broken(Rule::Deferred, &Path::root());
        }
        if report.messages(&answer.diagnostics, &ty) {
            return None;
        }
        let value = report.decode(answer.result.as_ref(), &ty)?;
        objects::assert_plan_valid(&schema.block, &Value::Null, &config, &value, report);
        objects::assert_known(&value, Rule::UnknownAfterApply, report);
        Some(Opened {
            type_name: type_name.to_owned(),
            value,
            renew_at: answer.renew_at.and_then(|time| SystemTime::try_from(time).ok()),
            private: answer.private,
        })
    }

    /// Renews one that is open.
    pub async fn renew(&self, opened: &Opened) -> Outcome<Opened> {
        let mut report = Report::new(&opened.type_name);
        let renewed = self.renewing(opened, &mut report).await;
        report.finish(renewed)
    }

    async fn renewing(&self, opened: &Opened, report: &mut Report) -> Option<Opened> {
        report.answering("RenewEphemeralResource");
        let request = proto::renew_ephemeral_resource::Request {
            type_name: opened.type_name.clone(),
            private: opened.private.clone(),
        };
        let answer = self.service.renew_ephemeral_resource(Request::new(request)).await;
        let answer = answered(answer, report)?;
        if report.messages(&answer.diagnostics, &self.ephemeral[&opened.type_name].ty()) {
            return None;
        }
        if opened.private.is_some() && answer.private.is_none() {
            report.broken(Rule::PrivateLost, &Path::root());
        }
        Some(Opened {
            renew_at: answer.renew_at.and_then(|time| SystemTime::try_from(time).ok()),
            private: answer.private,
            ..opened.clone()
        })
    }

    /// Closes one that is open.
    pub async fn close(&self, opened: &Opened) -> Outcome<()> {
        let mut report = Report::new(&opened.type_name);
        report.answering("CloseEphemeralResource");
        let request = proto::close_ephemeral_resource::Request {
            type_name: opened.type_name.clone(),
            private: opened.private.clone(),
        };
        let answer = self.service.close_ephemeral_resource(Request::new(request)).await;
        let closed = answered(answer, &mut report).and_then(|answer| {
            let ty = self.ephemeral[&opened.type_name].ty();
            let failed = report.messages(&answer.diagnostics, &ty);
            (!failed).then_some(())
        });
        report.finish(closed)
    }
}
