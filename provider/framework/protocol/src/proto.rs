//! The messages and services of the protocol, generated from `proto/` by `cargo xtask codegen`, and
//! their conversions to and from [`crate::cty`].
//!
//! The names are the protocol's own, which is its documentation.

use crate::cty::{DecodeError, EncodeError, Path, Step, Type, Value};

pub use generated::tfplugin6::*;

/// Version 6.11 of the protocol, and the services beside it.
#[allow(missing_docs, unnameable_types, unreachable_pub, unused_qualifications)]
#[allow(clippy::all, clippy::pedantic, clippy::restriction, clippy::nursery)]
mod generated {
    pub mod plugin {
        include!("generated/plugin.rs");
    }
    pub mod tfplugin6 {
        include!("generated/tfplugin6.rs");
    }
}

/// The services beside the provider that Terraform expects in a plugin process.
pub mod plugin {
    pub use super::generated::plugin::*;
}

impl DynamicValue {
    /// The value as msgpack, the encoding that Terraform always understands.
    ///
    /// # Errors
    /// When the value is not of that type.
    pub fn encode_value(value: &Value, ty: &Type) -> Result<Self, EncodeError> {
        Ok(Self { msgpack: value.to_msgpack(ty)?, json: Vec::new() })
    }

    /// The value in whichever encoding is there; null when there is none.
    ///
    /// # Errors
    /// When the bytes are no value of that type.
    pub fn decode_value(&self, ty: &Type) -> Result<Value, DecodeError> {
        if !self.msgpack.is_empty() {
            Value::from_msgpack(&self.msgpack, ty)
        } else if !self.json.is_empty() {
            Value::from_json(&self.json, ty)
        } else {
            Ok(Value::Null)
        }
    }

    /// [`DynamicValue::decode_value`] of a field that may be absent, which means null.
    ///
    /// # Errors
    /// When the bytes are no value of that type.
    pub fn decode_field(field: Option<&Self>, ty: &Type) -> Result<Value, DecodeError> {
        field.map_or(Ok(Value::Null), |present| present.decode_value(ty))
    }
}

impl From<&Path> for AttributePath {
    fn from(path: &Path) -> Self {
        use attribute_path::step::Selector;
        let steps = path.steps().iter().map(|step| attribute_path::Step {
            selector: Some(match step {
                Step::Attribute(name) => Selector::AttributeName(name.clone()),
                Step::Key(key) => Selector::ElementKeyString(key.clone()),
                Step::Index(index) => Selector::ElementKeyInt(*index),
            }),
        });
        Self { steps: steps.collect() }
    }
}

/// Ends before a step of a kind that this version of the protocol does not have.
impl From<&AttributePath> for Path {
    fn from(path: &AttributePath) -> Self {
        use attribute_path::step::Selector;
        let steps = path.steps.iter().map_while(|step| {
            Some(match step.selector.as_ref()? {
                Selector::AttributeName(name) => Step::Attribute(name.clone()),
                Selector::ElementKeyString(key) => Step::Key(key.clone()),
                Selector::ElementKeyInt(index) => Step::Index(*index),
            })
        });
        steps.collect()
    }
}
