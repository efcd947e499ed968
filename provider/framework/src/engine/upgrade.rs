//! Stored states and identities of this and other versions of the schema.

use serde_json::{Map, Value as Json};

use crate::cty::{Type, Value as CtyValue};
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

fn read(json: &[u8], ty: &Type) -> Result<CtyValue> {
    CtyValue::from_json_lenient(json, ty).map_err(|error| {
        Diagnostic::error("The stored state does not fit the schema")
            .detail(error.to_string())
            .hint("if the resource still exists, `terraform state rm` it and import it again")
    })
}
