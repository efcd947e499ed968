//! Stored states and identities of this and other versions of the schema.

use serde_json::{Map, Value as Json};

use crate::cty::{Type, Value as CtyValue};
use crate::schema::{Attribute, Object};
use crate::{Diagnostic, Result};

/// Reads a stored JSON state of version `version` as one of version `current`. Attributes that the
/// schema does not have are dropped and missing ones are null, so that a downgrade works, too.
pub(crate) fn upgrade(
    json: &[u8],
    ty: &Type,
    (version, current): (i64, i64),
    upgrade_one: impl Fn(i64, &mut Map<String, Json>) -> Result<()>,
) -> Result<CtyValue> {
    if version >= current {
        return read(json, ty);
    }
    let mut state: Map<String, Json> = serde_json::from_slice(json).map_err(|error| {
        Diagnostic::error("The stored state cannot be read").detail(error.to_string())
    })?;
    for from in version..current {
        upgrade_one(from, &mut state)?;
    }
    read(&serde_json::to_vec(&state)?, ty)
}

/// Takes out what is write-only now, and was not where the state was written.
pub(crate) fn drop_secrets(attributes: &[Attribute], state: &mut Object) {
    for attribute in attributes {
        let Some(value) = state.get_mut(attribute.name) else { continue };
        if attribute.write_only() {
            *value = CtyValue::Null;
        }
        let Some((_, nested)) = attribute.kind.nested() else { continue };
        let one = |value: &mut CtyValue| {
            if let CtyValue::Object(object) = value {
                drop_secrets(nested, object);
            }
        };
        match value {
            CtyValue::Map(elements) => elements.values_mut().for_each(one),
            CtyValue::List(elements) => elements.iter_mut().for_each(one),
            // No set holds anything write-only.
            other => one(other),
        }
    }
}

fn read(json: &[u8], ty: &Type) -> Result<CtyValue> {
    CtyValue::from_json_lenient(json, ty).map_err(|error| {
        Diagnostic::error("The stored state does not fit the schema")
            .detail(error.to_string())
            .hint("if the resource still exists, `terraform state rm` it and import it again")
    })
}
