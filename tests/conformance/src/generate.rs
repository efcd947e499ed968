//! Configurations that nobody would write: what a validator must survive.

use tf_provider::cty::{Number, Refinement, Type, Value};

use crate::client::none;
use crate::schema::{Attribute, Block, Kind, NestedBlock, Nesting};

/// Configurations for a block: every attribute null, unknown and unknown with a promise, empty, odd and
/// plain; all of them at once, and each alone among others that are unset or unknown.
#[must_use]
pub fn configurations(block: &Block) -> Vec<Value> {
    let unset = object(block, &mut |_| Value::Null);
    let least = object(block, &mut |attribute| match attribute.required {
        true => Value::unknown(),
        false => Value::Null,
    });
    let unknown = object(block, &mut |_| Value::unknown());
    let mut configurations = vec![unset];
    for round in 0..ROUNDS {
        configurations.push(object(block, &mut |attribute| at(&attribute.kind, round)));
    }
    for (name, attribute) in block.attributes.iter().filter(|(_, a)| configurable(a)) {
        for round in 0..ROUNDS {
            for others in [&least, &unknown] {
                let mut configuration = others.clone();
                if let Value::Object(object) = &mut configuration {
                    object.insert(name.clone(), at(&attribute.kind, round));
                }
                configurations.push(configuration);
            }
        }
    }
    for (name, nested) in block.blocks.iter().filter(|(_, nested)| !nested.computed) {
        for round in 0..ROUNDS {
            for others in [&least, &unknown] {
                let mut configuration = others.clone();
                if let Value::Object(object) = &mut configuration {
                    object.insert(name.clone(), blocks_at(nested, round));
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

fn object(block: &Block, value: &mut dyn FnMut(&Attribute) -> Value) -> Value {
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let value = if configurable(attribute) { value(attribute) } else { Value::Null };
        (name.clone(), value)
    });
    let blocks = block.blocks.iter().map(|(name, nested)| (name.clone(), none(nested)));
    Value::object(attributes.chain(blocks))
}

/// What `dynamic` may make of a block in a round: unknown as a whole, none, or one or more of which
/// everything may be unset or unknown. No element is.
fn blocks_at(nested: &NestedBlock, round: usize) -> Value {
    let element = |round: usize| {
        let mut element = object(&nested.block, &mut |attribute| at(&attribute.kind, round));
        if let Value::Object(element) = &mut element {
            for (name, inner) in nested.block.blocks.iter().filter(|(_, inner)| !inner.computed) {
                element.insert(name.clone(), blocks_at(inner, round));
            }
        }
        element
    };
    match (round % 4, nested.nesting) {
        (0, _) => none(nested),
        (1, Nesting::List | Nesting::Map | Nesting::Set) => Value::unknown(),
        _ => collection(nested.nesting, 5, &|at| element(round + at - 5)),
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

fn collection(nesting: Nesting, round: usize, element: &dyn Fn(usize) -> Value) -> Value {
    match (round % 6, nesting) {
        (0, _) => Value::Null,
        (1, _) => Value::unknown(),
        (2, _) => Refinement::not_null().into(),
        (_, Nesting::Single | Nesting::Group) => element(round),
        (3, Nesting::List) => Value::List(vec![]),
        (3, Nesting::Map) => Value::map::<String>([]),
        (3, Nesting::Set) => Value::set(vec![]),
        (4, Nesting::List) => Value::List(vec![Value::unknown()]),
        (4, Nesting::Map) => {
            Value::map([("", Value::unknown()), ("\u{e9} \u{1f600}", Value::Null)])
        }
        (4, Nesting::Set) => Value::set(vec![Value::unknown(), Value::unknown()]),
        (_, Nesting::List) => Value::List(vec![element(round), element(round + 1)]),
        (_, Nesting::Map) => Value::map([
            ("scsi0", element(round)),
            ("net0", element(round + 1)),
            ("a.b[\"c\"]", element(round + 2)),
        ]),
        (_, Nesting::Set) => Value::set(vec![element(round), element(round + 1)]),
    }
}

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
            values.push(Value::string("x".repeat(70_000)));
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
    let each: Vec<Value> = elements.iter().map(|value| make(vec![value.clone()])).collect();
    [make(vec![]), make(elements)].into_iter().chain(each)
}
