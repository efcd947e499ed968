//! Which Terraform it is that asks, and what it makes of a configuration before it sends it.

use tf_provider::cty::{Type, Value};
use tf_provider_protocol::proto;

use crate::core::Core;
use crate::schema::{Block, NestedBlock, Nesting, Schema};

impl Core {
    /// The same provider, asked by a Terraform before 1.16: it knows no computed blocks, and forgets what
    /// a provider remembered of a plan before it asks again.
    #[must_use]
    pub fn before_1_16(mut self) -> Self {
        self.client = proto::ClientCapabilities {
            store_planned_private: false,
            computed_blocks_allowed: false,
            ..self.client
        };
        let resources = self.resources.values_mut().map(|resource| &mut resource.schema);
        let others = self.data_sources.values_mut().chain(self.ephemeral.values_mut());
        for schema in resources.chain(others) {
            ordinary(&mut schema.block);
        }
        self
    }
}

/// Blocks without the word that this Terraform does not read.
fn ordinary(block: &mut Block) {
    for nested in block.blocks.values_mut() {
        nested.computed = false;
        ordinary(&mut nested.block);
    }
}

/// What the newest Terraform can do.
pub(crate) fn newest() -> proto::ClientCapabilities {
    proto::ClientCapabilities {
        deferral_allowed: false,
        write_only_attributes_allowed: true,
        store_planned_private: true,
        computed_blocks_allowed: true,
    }
}

/// The configuration with null for every attribute left out and "none" for every block, and with sets
/// where the type has sets.
pub(crate) fn fill(value: &Value, schema: &Schema) -> Value {
    without_null_blocks(&typed(value, &schema.ty()), &schema.block)
}

fn without_null_blocks(value: &Value, block: &Block) -> Value {
    let Value::Object(object) = value else { return value.clone() };
    let mut object = object.clone();
    for (name, nested) in &block.blocks {
        let value = object.remove(name).unwrap_or(Value::Null);
        let each = |value: &Value| without_null_blocks(value, &nested.block);
        let value = match value {
            Value::Null => none(nested),
            Value::List(elements) => Value::List(elements.iter().map(each).collect()),
            Value::Set(elements) => Value::set(elements.iter().map(each).collect()),
            Value::Map(elements) => {
                Value::Map(elements.iter().map(|(key, value)| (key.clone(), each(value))).collect())
            }
            other => each(&other),
        };
        object.insert(name.clone(), value);
    }
    Value::Object(object)
}

/// What a block is that a configuration does not have.
pub(crate) fn none(nested: &NestedBlock) -> Value {
    match nested.nesting {
        Nesting::Single => Value::Null,
        Nesting::Group => {
            let null = Value::Object(Default::default());
            without_null_blocks(&typed(&null, &nested.block.ty()), &nested.block)
        }
        Nesting::List => Value::List(vec![]),
        Nesting::Map => Value::map::<String>([]),
        Nesting::Set => Value::set(vec![]),
    }
}

/// The value with null for every attribute left out, and with sets where the type has sets.
fn typed(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Object(object), Type::Object(attributes)) => {
            let mut object = object.clone();
            for (name, ty) in attributes {
                let value = object.get_or_insert(name.clone(), Value::Null);
                *value = typed(value, ty);
            }
            Value::Object(object)
        }
        (Value::Object(elements) | Value::Map(elements), Type::Map(ty)) => {
            Value::map(elements.iter().map(|(key, value)| (key.clone(), typed(value, ty))))
        }
        (Value::List(elements), Type::List(ty)) => {
            Value::List(elements.iter().map(|value| typed(value, ty)).collect())
        }
        (Value::List(elements) | Value::Set(elements), Type::Set(ty)) => {
            Value::set(elements.iter().map(|value| typed(value, ty)).collect())
        }
        (other, _) => other.clone(),
    }
}
