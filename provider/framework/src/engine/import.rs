//! Import ids: one text that names an object, in one of the formats that its resource declares.

use crate::cty::{Number, Type, Value as CtyValue};
use crate::erased::ResourceDescription;
use crate::schema::{Object, none_of};
use crate::{Diagnostic, Result};

/// Reads `id` into the attributes that it names; every other attribute is null.
pub(crate) fn parse(description: &ResourceDescription, id: &str) -> Result<Object> {
    // The format with most parts first: `{node}/{vm_id}` before `{vm_id}`.
    let mut formats = description.import.to_vec();
    formats.sort_by_key(|format| std::cmp::Reverse(format.matches('{').count()));
    let found = formats.iter().find_map(|format| {
        let parts = split(format, id)?;
        parts
            .into_iter()
            .map(|(name, text)| Some((name, convert(description, name, text)?)))
            .collect()
    });
    let parts: Vec<(&str, CtyValue)> = found.ok_or_else(|| {
        let list =
            description.import.iter().map(|format| format!("`{format}`")).collect::<Vec<_>>();
        Diagnostic::error(format!("`{id}` is not an import id of {}", description.name))
            .detail(format!("It has the form {}.", list.join(" or ")))
    })?;
    let mut state = empty(description);
    for (name, value) in parts {
        state.insert(name.to_owned(), value);
    }
    Ok(state)
}

/// A state with nothing in it.
pub(crate) fn empty(description: &ResourceDescription) -> Object {
    none_of(&description.schema.attributes)
}

fn convert(description: &ResourceDescription, name: &str, text: &str) -> Option<CtyValue> {
    let attribute = description.schema.attribute(name)?;
    let value = match attribute.kind.ty() {
        Type::Number => CtyValue::Number(text.parse::<Number>().ok()?),
        _ => CtyValue::string(text),
    };
    let mut diagnostics = crate::Diagnostics::default();
    (attribute.validate)(&value, &name.into(), &mut diagnostics);
    (!diagnostics.has_errors()).then_some(value)
}

/// Takes `id` apart along `format`. A part ends where the literal after it begins; the last takes the
/// rest, slashes included.
fn split<'f, 'i>(format: &'f str, id: &'i str) -> Option<Vec<(&'f str, &'i str)>> {
    let mut parts = vec![];
    let mut rest = id;
    let mut pieces = format.split('{');
    rest = rest.strip_prefix(pieces.next()?)?;
    for piece in pieces {
        let (name, literal) = piece.split_once('}')?;
        let (text, after) = match literal {
            "" => (rest, ""),
            literal => rest.split_once(literal)?,
        };
        if text.is_empty() {
            return None;
        }
        parts.push((name, text));
        rest = after;
    }
    rest.is_empty().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_id_apart() {
        assert_eq!(split("{vm_id}", "9000"), Some(vec![("vm_id", "9000")]));
        assert_eq!(
            split("{node}/{volume_id}", "pve1/local:iso/a.iso"),
            Some(vec![("node", "pve1"), ("volume_id", "local:iso/a.iso")])
        );
        assert_eq!(split("{node}/{vm_id}", "9000"), None);
        assert_eq!(split("{node}/{vm_id}", "/9000"), None);
    }
}
