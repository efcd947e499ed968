//! A configuration looked at once more: what was unknown when Terraform had it validated is known later.

use crate::engine::validate::{self, ClientCapabilities};
use crate::erased::AnyResource;
use crate::schema::Object;
use crate::{Diagnostic, Diagnostics, Severity};

/// What is wrong with a configuration of a resource.
pub(super) fn errors<C>(resource: &dyn AnyResource<C>, config: &Object) -> Vec<Diagnostic> {
    let mut diagnostics = Diagnostics::default();
    // An older Terraform had its answer at the first look.
    let client = ClientCapabilities { write_only_attributes: true };
    let attributes = &resource.description().schema.attributes;
    validate::validate(attributes, config, client, &mut diagnostics);
    if !diagnostics.has_errors() {
        resource.validate(config, &mut diagnostics);
    }
    let errors = diagnostics.into_iter();
    errors.filter(|diagnostic| diagnostic.severity() == Severity::Error).collect()
}
