//! One call, as the log knows it: what it is about, and the values that came and went.

use std::sync::atomic::{AtomicU64, Ordering};

use tf_provider_protocol::proto::DynamicValue;
use tracing::field::Empty;
use tracing::{Span, error_span};

use super::dump::{self, Dump, Values};
use super::{Server, convert};
use crate::cty::Type;
use crate::schema::{Attribute, object_type};
use crate::{Diagnostics, Provider};

/// What a call is about.
pub(super) struct Call<'a> {
    pub(super) rpc: &'static str,
    pub(super) attributes: &'a [Attribute],
    /// Fields of every line of the log that is written meanwhile.
    pub(super) span: Span,
    identity: Option<Type>,
    dump: Option<&'static Dump>,
}

impl Call<'_> {
    /// Notes the values of a request or an answer, where somebody wants them.
    pub(super) fn note(&self, message: &'static str, values: &impl Values) {
        let Some(dump) = self.dump else { return };
        for (field, value) in values.objects() {
            self.write(dump, message, field, value, &object_type(self.attributes));
        }
        for (field, value) in values.identities() {
            let Some(ty) = &self.identity else { continue };
            self.write(dump, message, field, value, ty);
        }
    }

    /// The same of a request, in passing.
    pub(super) fn asked(self, request: &impl Values) -> Self {
        self.note("Request", request);
        self
    }

    fn write(
        &self,
        dump: &Dump,
        message: &str,
        field: &str,
        value: Option<&DynamicValue>,
        ty: &Type,
    ) {
        let Some(value) = value else { return };
        let bytes = match dump::presentable(value, ty, self.attributes) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::warn!(field, %error, "a value is not written to TF_LOG_SDK_PROTO_DATA_DIR");
                return;
            }
        };
        dump.write(&[self.rpc, message, field], &bytes);
    }
}

impl<P: Provider> Server<P> {
    /// A call about nothing that has a schema, or about what is for nobody's eyes.
    pub(super) fn about(&self, rpc: &'static str) -> Call<'_> {
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        let span = error_span!(
            "rpc",
            tf_req_id = format!("{}-{number}", std::process::id()),
            tf_rpc = rpc,
            tf_provider_addr = P::ADDRESS,
            tf_resource_type = Empty,
            tf_data_source_type = Empty,
            tf_ephemeral_resource_type = Empty,
            tf_list_resource_type = Empty,
            tf_action_type = Empty,
        );
        Call { rpc, attributes: &[], span, identity: None, dump: None }
    }

    pub(super) fn of_provider(&self, rpc: &'static str) -> Call<'_> {
        let attributes = self.provider_attributes();
        Call { attributes, dump: Dump::wanted(), ..self.about(rpc) }
    }

    pub(super) fn of_resource(&self, rpc: &'static str, name: &str) -> Call<'_> {
        let call = self.about(rpc);
        call.span.record("tf_resource_type", name);
        let dump = Dump::wanted();
        // Nobody else asks for the type.
        let found = dump.and_then(|_| self.registry().resources.get(name));
        Call {
            attributes: self.resource_attributes(name),
            identity: found.map(|found| convert::identity_type(found.description())),
            dump,
            ..call
        }
    }

    pub(super) fn of_data_source(&self, rpc: &'static str, name: &str) -> Call<'_> {
        let call = self.about(rpc);
        call.span.record("tf_data_source_type", name);
        Call { attributes: self.data_source_attributes(name), dump: Dump::wanted(), ..call }
    }

    /// What is ephemeral is in no file, and so it is not noted either.
    pub(super) fn of_ephemeral(&self, rpc: &'static str, name: &str) -> Call<'_> {
        let call = self.about(rpc);
        call.span.record("tf_ephemeral_resource_type", name);
        Call { attributes: self.ephemeral_attributes(name), ..call }
    }

    pub(super) fn of_list(&self, rpc: &'static str, name: &str) -> Call<'_> {
        let call = self.about(rpc);
        call.span.record("tf_list_resource_type", name);
        Call { attributes: self.list_attributes(name), dump: Dump::wanted(), ..call }
    }

    pub(super) fn of_action(&self, rpc: &'static str, name: &str) -> Call<'_> {
        let call = self.about(rpc);
        call.span.record("tf_action_type", name);
        Call { attributes: self.action_attributes(name), dump: Dump::wanted(), ..call }
    }
}

/// Writes what the person at the terminal is told to the log, too.
pub(super) fn log(diagnostics: &Diagnostics) {
    for one in diagnostics.iter() {
        let path = one.path().map(ToString::to_string);
        let tf_attribute_path = path.as_deref();
        match one.severity() {
            crate::Severity::Error => tracing::error!(tf_attribute_path, "{}", one.summary()),
            crate::Severity::Warning => tracing::warn!(tf_attribute_path, "{}", one.summary()),
        }
    }
}

static CALLS: AtomicU64 = AtomicU64::new(1);
