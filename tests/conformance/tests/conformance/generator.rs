//! What is thrown at validators: every kind of value, wherever a schema has a place for it.

use std::collections::BTreeSet;

use conformance::{Attribute, Block, Core, Kind, Nesting, configurations};
use onprem_provider::OnPrem;
use tf_provider::Provider;
use tf_provider::cty::{Number, Type, Value};

use super::sample::Sample;
use super::sample::rack::Racks;

/// A kind of value that validators get wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Odd {
    Null,
    Unknown,
    Refined,
    Prefixed,
    NestedUnknown,
    Negative,
    Fraction,
    LargerThanDoubles,
    LargerThanIntegers,
    EmptyText,
    ComposedText,
    LongText,
    EmptyList,
    EmptySet,
    EmptyMap,
    Duplicates,
    NullElement,
    AbsentBlock,
    UnknownBlock,
    SameBlocks,
}

#[tokio::test]
async fn every_kind_of_value_is_thrown_at_every_block() {
    let racks = Core::load(Racks::default()).await.expect_value();
    let seen = every_kind(&racks);
    assert!(seen.contains(&Odd::SameBlocks) && seen.contains(&Odd::UnknownBlock), "{seen:?}");
    let mut seen = every_kind(&core::<Sample>().await);
    seen.extend(every_kind(&core::<OnPrem>().await));
    for odd in [Odd::LargerThanIntegers, Odd::Duplicates, Odd::EmptySet, Odd::EmptyMap] {
        assert!(seen.contains(&odd), "no block takes {odd:?}");
    }
}

async fn core<P: Provider>() -> Core {
    Core::new::<P>().await.expect_value()
}

/// Checks each block of a provider; all the kinds that were met.
fn every_kind(core: &Core) -> BTreeSet<Odd> {
    let all = core.resource_schemas().chain(core.data_source_schemas()).chain(core.list_schemas());
    let all = all.chain(core.action_schemas()).chain(core.ephemeral_schemas());
    let mut met = BTreeSet::new();
    for (name, schema) in all.chain([("provider", core.provider_schema())]) {
        let mut wanted = BTreeSet::new();
        of_block(&schema.block, &mut wanted);
        if schema.block.attributes.values().any(|one| one.required || one.optional) {
            wanted.extend([Odd::Null, Odd::Unknown]);
        }
        let mut found = BTreeSet::new();
        for config in configurations(&schema.block) {
            let Value::Object(parts) = &config else { panic!("{name}: {config:?}") };
            for (part, value) in parts {
                match schema.block.blocks.contains_key(part.as_str()) {
                    true => in_block(value, &mut found),
                    false => in_value(value, false, &mut found),
                }
            }
        }
        let missing: Vec<_> = wanted.difference(&found).collect();
        assert!(missing.is_empty(), "{name} gets none of {missing:?}");
        met.extend(found);
    }
    met
}

/// What a block has places for.
fn of_block(block: &Block, wanted: &mut BTreeSet<Odd>) {
    for attribute in block.attributes.values().filter(|one| one.required || one.optional) {
        of_attribute(attribute, wanted);
    }
    for nested in block.blocks.values().filter(|nested| !nested.computed) {
        match nested.nesting {
            Nesting::Single => wanted.extend([Odd::AbsentBlock]),
            Nesting::Group => {}
            _ => wanted.extend([Odd::AbsentBlock, Odd::UnknownBlock]),
        }
        if nested.nesting == Nesting::List {
            wanted.insert(Odd::SameBlocks);
        }
        of_block(&nested.block, wanted);
    }
}

fn of_attribute(attribute: &Attribute, wanted: &mut BTreeSet<Odd>) {
    match &attribute.kind {
        Kind::Plain(ty) => of_type(ty, wanted),
        Kind::Nested(nesting, nested) => {
            wanted.insert(Odd::Refined);
            match nesting {
                Nesting::List => wanted.extend([Odd::EmptyList, Odd::Duplicates]),
                Nesting::Set => wanted.extend([Odd::EmptySet]),
                Nesting::Map => wanted.extend([Odd::EmptyMap, Odd::NullElement]),
                _ => {}
            }
            for nested in nested.values().filter(|one| one.required || one.optional) {
                wanted.insert(Odd::NestedUnknown);
                of_attribute(nested, wanted);
            }
        }
    }
}

fn of_type(ty: &Type, wanted: &mut BTreeSet<Odd>) {
    match ty {
        Type::Dynamic => return,
        Type::Bool => {}
        Type::Number => wanted.extend([
            Odd::Negative,
            Odd::Fraction,
            Odd::LargerThanDoubles,
            Odd::LargerThanIntegers,
        ]),
        Type::String => {
            wanted.extend([Odd::Prefixed, Odd::EmptyText, Odd::ComposedText, Odd::LongText])
        }
        Type::List(element) => {
            wanted.extend([Odd::EmptyList, Odd::Duplicates, Odd::NestedUnknown, Odd::NullElement]);
            of_type(element, wanted);
        }
        Type::Set(element) => {
            wanted.extend([Odd::EmptySet, Odd::NestedUnknown, Odd::NullElement]);
            of_type(element, wanted);
        }
        Type::Map(element) => {
            wanted.extend([Odd::EmptyMap, Odd::NestedUnknown, Odd::NullElement]);
            of_type(element, wanted);
        }
        Type::Object(attributes) => attributes.values().for_each(|ty| of_type(ty, wanted)),
        Type::Tuple(types) => types.iter().for_each(|ty| of_type(ty, wanted)),
    }
    wanted.insert(Odd::Refined);
}

fn in_block(value: &Value, found: &mut BTreeSet<Odd>) {
    match value {
        Value::Null => found.extend([Odd::AbsentBlock]),
        Value::Unknown(_) => found.extend([Odd::UnknownBlock]),
        Value::List(all) | Value::Set(all) if all.is_empty() => found.extend([Odd::AbsentBlock]),
        Value::Map(all) if all.is_empty() => found.extend([Odd::AbsentBlock]),
        Value::List(all) => {
            if all.windows(2).any(|pair| pair[0] == pair[1]) {
                found.insert(Odd::SameBlocks);
            }
            all.iter().for_each(|one| in_value(one, true, found));
        }
        other => in_value(other, true, found),
    }
}

fn in_value(value: &Value, inside: bool, found: &mut BTreeSet<Odd>) {
    let inner = |value: &Value, found: &mut BTreeSet<Odd>| in_value(value, true, found);
    match value {
        Value::Null => {
            found.insert(if inside { Odd::NullElement } else { Odd::Null });
        }
        Value::Unknown(known) => {
            found.insert(if inside { Odd::NestedUnknown } else { Odd::Unknown });
            if !known.is_unrefined() {
                found.insert(Odd::Refined);
            }
            if known.prefix.is_some() {
                found.insert(Odd::Prefixed);
            }
        }
        Value::Bool(_) => {}
        Value::Number(number) => in_number(number, found),
        Value::String(text) => {
            if text.is_empty() {
                found.insert(Odd::EmptyText);
            }
            if text.contains('\u{e9}') {
                found.insert(Odd::ComposedText);
            }
            if text.len() > 65_535 {
                found.insert(Odd::LongText);
            }
        }
        Value::List(all) => {
            if all.is_empty() {
                found.insert(Odd::EmptyList);
            }
            if all.windows(2).any(|pair| pair[0] == pair[1]) {
                found.insert(Odd::Duplicates);
            }
            all.iter().for_each(|one| inner(one, found));
        }
        Value::Set(all) => {
            if all.is_empty() {
                found.insert(Odd::EmptySet);
            }
            all.iter().for_each(|one| inner(one, found));
        }
        Value::Map(all) => {
            if all.is_empty() {
                found.insert(Odd::EmptyMap);
            }
            all.values().for_each(|one| inner(one, found));
        }
        Value::Object(parts) => parts.values().for_each(|one| inner(one, found)),
        Value::Tuple(all) => all.iter().for_each(|one| inner(one, found)),
        Value::Dynamic(_, value) => inner(value, found),
    }
}

fn in_number(number: &Number, found: &mut BTreeSet<Odd>) {
    if *number < 0.into() {
        found.insert(Odd::Negative);
    }
    if !number.is_integer() {
        found.insert(Odd::Fraction);
    }
    if number.is_integer() && number.as_exact_f64().is_none() && number.as_i64().is_some() {
        found.insert(Odd::LargerThanDoubles);
    }
    if *number > u64::MAX.into() {
        found.insert(Odd::LargerThanIntegers);
    }
}
