//! What blocks are where there are none, and computed blocks where Terraform takes none.
//!
//! No schema may depend on which Terraform reads it, so every schema has the computed blocks. One that does
//! not know them sees blocks that a configuration might have: to it they have to be empty, in plans and in
//! states, since it counts them against the configuration.

use crate::cty::Value as CtyValue;
use crate::schema::{Attribute, Object};

/// Gives every block that is null the value that says "none", at any depth.
pub(crate) fn complete(attributes: &[Attribute], object: &mut Object) {
    each(attributes, object, &|attribute, slot| {
        if slot.is_null() && attribute.is_block() {
            *slot = attribute.none();
        }
    });
}

/// Takes the computed blocks out, for a Terraform that does not know them.
pub(crate) fn withhold(attributes: &[Attribute], object: &mut Object) {
    each(attributes, object, &|attribute, slot| {
        if attribute.is_computed_block() {
            *slot = attribute.none();
        }
    });
}

/// Calls `change` for every attribute there is, from the outside in.
fn each(attributes: &[Attribute], object: &mut Object, change: &dyn Fn(&Attribute, &mut CtyValue)) {
    // Only in a block there are blocks.
    for attribute in attributes.iter().filter(|attribute| attribute.is_block()) {
        let slot = object.get_or_insert(attribute.name, CtyValue::Null);
        change(attribute, slot);
        let Some((_, nested)) = attribute.kind.nested() else { continue };
        match slot {
            CtyValue::Object(inner) => each(nested, inner, change),
            CtyValue::Map(elements) => {
                elements.values_mut().for_each(|element| inside(nested, element, change));
            }
            CtyValue::List(elements) => {
                elements.iter_mut().for_each(|element| inside(nested, element, change));
            }
            CtyValue::Set(elements) => {
                let mut elements = std::mem::take(elements);
                elements.iter_mut().for_each(|element| inside(nested, element, change));
                *slot = CtyValue::set(elements);
            }
            _ => {}
        }
    }
}

fn inside(
    attributes: &[Attribute],
    element: &mut CtyValue,
    change: &dyn Fn(&Attribute, &mut CtyValue),
) {
    if let CtyValue::Object(object) = element {
        each(attributes, object, change);
    }
}
