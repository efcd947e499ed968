//! Configurations that nobody would write: what a validator must survive.

use tf_provider::cty::{Named, Number, Refinement, Type, Value};

use crate::client::none;
use crate::schema::{Attribute, Block, Kind, NestedBlock, Nesting};

/// Configurations for a block: every attribute null, unknown and unknown with a promise, empty, odd and
/// plain; all of them at once, and each alone among others that are unset or unknown. Blocks are there,
/// there twice, not there and not known.
#[must_use]
pub fn configurations(block: &Block) -> Vec<Value> {
    let unset = object(block, &mut |_| Value::Null, 0);
    let least = object(
        block,
        &mut |attribute| match attribute.required {
            true => Value::unknown(),
            false => Value::Null,
        },
        0,
    );
    let unknown = object(block, &mut |_| Value::unknown(), 1);
    let mut configurations = vec![unset];
    for round in 0..ROUNDS {
        configurations.push(object(block, &mut |attribute| at(&attribute.kind, round), round));
    }
    let attributes = block.attributes.iter().filter(|(_, one)| configurable(one));
    let attributes = attributes.map(|(name, one)| {
        (name, (0..ROUNDS).map(|round| at(&one.kind, round)).chain(inside(&one.kind)).collect())
    });
    let blocks = block.blocks.iter();
    let blocks =
        blocks.map(|(name, one)| (name, (0..ROUNDS).map(|round| nest(one, round)).collect()));
    for (name, values) in attributes.chain(blocks).collect::<Vec<(_, Vec<Value>)>>() {
        for value in values {
            for others in [&least, &unknown] {
                let mut configuration = others.clone();
                if let Value::Object(object) = &mut configuration {
                    object.insert(name.clone(), value.clone());
                }
                configurations.push(configuration);
            }
        }
    }
    configurations
}

/// As many as the longest list of values.
const ROUNDS: usize = 24;

fn configurable(attribute: &Attribute) -> bool {
    attribute.required || attribute.optional
}

fn object(block: &Block, value: &mut dyn FnMut(&Attribute) -> Value, round: usize) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let value = if configurable(attribute) { value(attribute) } else { Value::Null };
        (name.clone(), value)
    });
    let blocks = block.blocks.iter().map(|(name, nested)| (name.clone(), nest(nested, round)));
    Value::object(attributes.chain(blocks))
}

/// One element with one attribute among others that are unset, for each of them.
fn inside(kind: &Kind) -> Vec<Value> {
    let Kind::Nested(nesting, attributes) = kind else { return vec![] };
    let least = attributes.iter().map(|(name, attribute)| {
        (name.clone(), if attribute.required { Value::unknown() } else { Value::Null })
    });
    let least: Named<Value> = least.collect();
    let element = |name: &String, value: Value| {
        let mut element = least.clone();
        element.insert(name.clone(), value);
        let element = Value::Object(element);
        match nesting {
            Nesting::Single | Nesting::Group => element,
            Nesting::List => Value::List(vec![element]),
            Nesting::Map => Value::map([("scsi0", element)]),
            Nesting::Set => Value::set(vec![element]),
        }
    };
    let attributes = attributes.iter().filter(|(_, one)| configurable(one));
    let values = attributes.flat_map(|(name, one)| {
        INSIDE.iter().map(|round| element(name, at(&one.kind, *round))).collect::<Vec<_>>()
    });
    values.collect()
}

/// Unknown, refined, and two of those that are known.
const INSIDE: [usize; 4] = [1, 2, 3, 6];

/// A block in a round: not there, not known, and then there, in turns alone and with another.
fn nest(nested: &NestedBlock, round: usize) -> Value {
    let inner = |round: usize| object(&nested.block, &mut |one| at(&one.kind, round), round);
    let odd = round.saturating_sub(2);
    let alone = odd.is_multiple_of(2);
    match (round, nested.nesting) {
        _ if nested.computed => none(nested),
        (0, _) => none(nested),
        // Only where there may be several can a `dynamic` block stand.
        (_, Nesting::Single | Nesting::Group) => inner(round - 1),
        (1, _) => Value::unknown(),
        (_, Nesting::List) if alone => Value::List(vec![inner(odd)]),
        (_, Nesting::Map) if alone => Value::map([("a", inner(odd))]),
        (_, Nesting::Set) if alone => Value::set(vec![inner(odd)]),
        (_, Nesting::List) => Value::List(vec![inner(odd), inner(odd)]),
        (_, Nesting::Map) => Value::map([("a", inner(odd)), ("b c", inner(odd))]),
        (_, Nesting::Set) => Value::set(vec![inner(odd), inner(odd + 1)]),
    }
}

/// The value of a kind in a round.
fn at(kind: &Kind, round: usize) -> Value {
    match kind {
        Kind::Plain(ty) => {
            let values = values(ty);
            values[round % values.len()].clone()
        }
        Kind::Nested(nesting, attributes) => {
            let element = |round: usize| {
                Value::object(attributes.iter().map(|(name, attribute)| {
                    let value = match configurable(attribute) {
                        true => at(&attribute.kind, round),
                        false => Value::Null,
                    };
                    (name.clone(), value)
                }))
            };
            collection(*nesting, round, &element)
        }
    }
}

/// Null, unknown, refined, empty, with unknown elements, and then elements of every kind.
fn collection(nesting: Nesting, round: usize, element: &dyn Fn(usize) -> Value) -> Value {
    let odd = round.saturating_sub(SPECIAL);
    match (round, nesting) {
        (0, _) => Value::Null,
        (1, _) => Value::unknown(),
        (2, _) => Refinement::not_null().into(),
        (_, Nesting::Single | Nesting::Group) => element(round - 2),
        (3, Nesting::List) => Value::List(vec![]),
        (3, Nesting::Map) => Value::map::<String>([]),
        (3, Nesting::Set) => Value::set(vec![]),
        (4, Nesting::List) => Value::List(vec![Value::unknown()]),
        (4, Nesting::Map) => {
            Value::map([("", Value::unknown()), ("\u{e9} \u{1f600}", Value::Null)])
        }
        (4, Nesting::Set) => Value::set(vec![Value::unknown(), Value::unknown()]),
        (_, Nesting::List) if odd.is_multiple_of(2) => {
            Value::List(vec![element(odd), element(odd)])
        }
        (_, Nesting::List) => Value::List(vec![element(odd), element(odd + 2)]),
        (_, Nesting::Map) => Value::map([
            ("scsi0", element(odd)),
            ("net0", element(odd + 1)),
            ("a.b[\"c\"]", element(odd + 2)),
        ]),
        (_, Nesting::Set) => Value::set(vec![element(odd), element(odd + 2)]),
    }
}

/// Rounds without a known element.
const SPECIAL: usize = 5;

fn values(ty: &Type) -> Vec<Value> {
    let mut values = vec![Value::Null, Value::unknown(), Refinement::not_null().into()];
    match ty {
        Type::Bool => values.extend([Value::Bool(true), Value::Bool(false)]),
        Type::Number => {
            let odd = [
                "0",
                "-1",
                "1.5",
                "0.1",
                "9007199254740993",
                "18446744073709551616",
                "-9223372036854775809",
                "1e400",
                "1e-400",
                "3.14159265358979323846264338327950288",
            ];
            values.extend(
                odd.iter().filter_map(|text| text.parse::<Number>().ok().map(Value::Number)),
            );
        }
        Type::String => {
            values.push(Refinement::not_null().with_prefix("hello-").into());
            let odd = [
                "",
                " ",
                "a",
                "e\u{301}",
                "\u{1f469}\u{200d}\u{1f4bb}",
                "line\nbreak\ttab\u{0}nul",
                "../../etc/passwd",
                "https://[::1]:8006/a?b=c#d",
                "local:import/a.qcow2",
                "-",
                ":",
                "/",
                "=,;",
                "5m",
                "10.0.0.0/8",
                "iso",
                "0",
            ];
            values.extend(odd.map(Value::string));
            // Made as it is: to look at each letter of it, every time, takes most of a test's time.
            values.push(Value::String("x".repeat(70_000)));
        }
        Type::List(element) => values.extend(collections(element, &Value::List)),
        Type::Set(element) => values.extend(collections(element, &Value::set)),
        Type::Map(element) => values.extend(collections(element, &|elements: Vec<Value>| {
            let keyed = elements.into_iter().enumerate();
            Value::map(keyed.map(|(at, value)| (format!("key{at}"), value)))
        })),
        Type::Object(attributes) => {
            let object = |round: usize| {
                Value::object(attributes.iter().map(|(name, ty)| {
                    let values = self::values(ty);
                    (name.clone(), values[round % values.len()].clone())
                }))
            };
            values.extend((0..ROUNDS).map(object));
        }
        Type::Tuple(types) => {
            let first = |ty: &Type| self::values(ty).pop().unwrap_or(Value::Null);
            values.push(Value::Tuple(types.iter().map(first).collect()));
        }
        Type::Dynamic => {
            // Nothing is ever known of a value whose type is unknown, too.
            values.truncate(2);
            let types = [
                Type::Bool,
                Type::Number,
                Type::String,
                Type::list(Type::String),
                Type::map(Type::Number),
                Type::Tuple(vec![Type::Bool, Type::String]),
                Type::object([("a", Type::String), ("b", Type::list(Type::Number))]),
            ];
            for ty in types {
                let own = self::values(&ty).into_iter();
                let own = own.map(|value| Value::Dynamic(Box::new(ty.clone()), Box::new(value)));
                // One of each is enough of what each type is tried with by itself.
                values.extend(own.step_by(4));
            }
        }
    }
    values
}

fn collections<'a>(
    element: &Type,
    make: &'a dyn Fn(Vec<Value>) -> Value,
) -> impl Iterator<Item = Value> + 'a {
    let elements = values(element);
    let twice = elements.get(ELEMENT).map(|value| make(vec![value.clone(), value.clone()]));
    // The odd ones are in all of them; alone there is room for every second.
    let each: Vec<Value> =
        elements.iter().step_by(2).map(|value| make(vec![value.clone()])).collect();
    [make(vec![]), make(elements)].into_iter().chain(twice).chain(each)
}

/// A known element among the values of any type.
const ELEMENT: usize = 3;
