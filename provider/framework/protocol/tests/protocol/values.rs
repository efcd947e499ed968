//! Values and their bytes, in both directions, and bytes that are no values.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tf_provider_protocol::cty::{Bound, Number, Path, Refinement, Type, Value};
use tf_provider_protocol::proto::{AttributePath, DynamicValue};

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn unknown(refinement: Refinement) -> Value {
    refinement.into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

#[test]
fn msgpack_in_both_directions() {
    let bound =
        |text: &str, inclusive| Some(Bound { value: text.parse::<Number>().unwrap(), inclusive });
    let cases = [
        (Type::String, Value::Null, "c0"),
        (Type::Bool, Value::Bool(true), "c3"),
        (Type::String, Value::string("é"), "a2c3a9"),
        (Type::Number, number("0"), "00"),
        (Type::Number, number("-1"), "ff"),
        (Type::Number, number("200"), "ccc8"),
        // Ids above 2^53 are integers, not doubles.
        (Type::Number, number("9007199254740993"), "cf 0020000000000001"),
        (Type::Number, number("18446744073709551615"), "cf ffffffffffffffff"),
        (Type::Number, number("-9223372036854775808"), "d3 8000000000000000"),
        (Type::Number, number("0.5"), "cb 3fe0000000000000"),
        (Type::Number, number("1e25"), "ba 3130303030303030303030303030303030303030303030303030"),
        (Type::Number, number("0.1"), "a3 302e31"),
        (Type::list(Type::Bool), Value::List(vec![]), "90"),
        (
            Type::set(Type::Number),
            Value::set(vec![number("2"), number("1"), number("2")]),
            "92 01 02",
        ),
        (Type::map(Type::Bool), Value::map([("k", Value::Bool(false))]), "81 a16b c2"),
        (
            Type::object([("b", Type::String), ("a", Type::Number)]),
            Value::object([("a", number("1")), ("b", Value::Null)]),
            "82 a161 01 a162 c0",
        ),
        (
            Type::Tuple(vec![Type::String, Type::Bool]),
            Value::Tuple(vec![Value::string("x"), Value::Bool(true)]),
            "92 a178 c3",
        ),
        (
            Type::Dynamic,
            Value::Dynamic(Box::new(Type::Number), Box::new(number("1"))),
            "92 c408 226e756d62657222 01",
        ),
        (
            Type::Dynamic,
            Value::Dynamic(Box::new(Type::Bool), Box::new(Value::Null)),
            "92 c406 22626f6f6c22 c0",
        ),
        (Type::Dynamic, Value::Null, "c0"),
        (Type::Dynamic, Value::unknown(), "d40000"),
        (Type::Number, Value::unknown(), "d40000"),
        (Type::Bool, unknown(Refinement::not_null()), "c7030c 81 01c2"),
        // What Terraform sends for "hello-${var.x}".
        (
            Type::String,
            unknown(Refinement::not_null().with_prefix("hello-")),
            "c70b0c 82 01c2 02a668656c6c6f2d",
        ),
        (
            Type::Number,
            unknown(Refinement {
                minimum: bound("1", true),
                maximum: bound("0.5", false),
                ..Refinement::default()
            }),
            "c7110c 82 03 92 01 c3 04 92 cb3fe0000000000000 c2",
        ),
        (
            Type::list(Type::Bool),
            unknown(Refinement {
                min_length: Some(1),
                max_length: Some(200),
                ..Refinement::default()
            }),
            "c7060c 82 0501 06ccc8",
        ),
    ];
    for (ty, value, expected) in cases {
        let expected = bytes(expected);
        let written = value.to_msgpack(&ty).unwrap();
        assert_eq!(hex(&written), hex(&expected), "{value:?} as {ty}");
        assert_eq!(Value::from_msgpack(&expected, &ty).as_ref(), Ok(&value), "{}", hex(&expected));
        assert_eq!(value.conforms(&ty), Ok(()));
    }
}

#[test]
fn msgpack_that_others_write_differently() {
    let cases = [
        // Wide integers and floats of small numbers.
        (Type::Number, "d3 0000000000000001", number("1")),
        (Type::Number, "ca 3f000000", number("0.5")),
        (Type::Number, "cb 3ff0000000000000", number("1")),
        (Type::Number, "d9 03 312e30", number("1")),
        // Decomposed text.
        (Type::String, "a3 65cc81", Value::string("é")),
        (Type::map(Type::Bool), "81 a3 65cc81 c3", Value::map([("é", Value::Bool(true))])),
        // Sets in any order, with duplicates.
        (Type::set(Type::String), "93 a162 a161 a162", Value::set(vec!["a".into(), "b".into()])),
        // Any extension is an unknown value.
        (Type::String, "d6 7f 00000000", Value::unknown()),
        (Type::Dynamic, "c7030c 81 01c2", Value::unknown()),
        // Refinements of later versions are stepped over.
        (Type::String, "c70d0c 82 63 92 81a16b c3 a3616263 01c2", unknown(Refinement::not_null())),
        // Certainly null is null.
        (Type::String, "c7030c 81 01c3", Value::Null),
        // The type of a dynamic value as text instead of bytes.
        (
            Type::Dynamic,
            "92 a6 22626f6f6c22 c3",
            Value::Dynamic(Box::new(Type::Bool), Box::new(Value::Bool(true))),
        ),
    ];
    for (ty, wire, expected) in cases {
        assert_eq!(Value::from_msgpack(&bytes(wire), &ty), Ok(expected), "{wire} as {ty}");
    }
}

#[test]
fn refinements_that_do_not_fit_are_not_sent() {
    let everything = Refinement {
        nullness: None,
        prefix: Some(String::new()),
        minimum: Some(Bound { value: 1.into(), inclusive: true }),
        maximum: None,
        min_length: Some(1),
        max_length: None,
    };
    for ty in [Type::String, Type::Bool, Type::Dynamic, Type::object([("a", Type::Bool)])] {
        assert_eq!(hex(&unknown(everything.clone()).to_msgpack(&ty).unwrap()), "d40000", "{ty}");
    }
    let long = unknown(Refinement::not_null().with_prefix("é".repeat(200)));
    let read = Value::from_msgpack(&long.to_msgpack(&Type::String).unwrap(), &Type::String);
    assert_eq!(read, Ok(unknown(Refinement::not_null().with_prefix("é".repeat(128)))));
}

#[test]
fn facts_of_another_type_were_read_and_then_not_written() {
    let cases = [
        (Type::String, "c7030c 81 0501", Value::unknown()),
        (Type::String, "c7030c 81 02a0", Value::unknown()),
        (Type::Bool, "c7060c 82 01c2 02a161", unknown(Refinement::not_null())),
        (Type::Number, "c7040c 81 02a161", Value::unknown()),
        (Type::list(Type::Bool), "c7050c 81 03 92 01 c3", Value::unknown()),
    ];
    for (ty, wire, expected) in cases {
        let read = Value::from_msgpack(&bytes(wire), &ty).unwrap();
        assert_eq!(read, expected, "{wire} as {ty}");
        let written = read.to_msgpack(&ty).unwrap();
        assert_eq!(Value::from_msgpack(&written, &ty), Ok(read), "{wire} as {ty}");
    }
    let wire = [&bytes("c801060c 81 02 da0101")[..], "a".repeat(257).as_bytes()].concat();
    let read = Value::from_msgpack(&wire, &Type::String).unwrap();
    let prefix = Refinement { prefix: Some("a".repeat(256)), ..Refinement::default() };
    assert_eq!(read, unknown(prefix));
}

#[test]
fn mistakes_are_named_without_the_value() {
    let disks =
        Type::object([("disks", Type::map(Type::object([("size", Type::list(Type::Number))])))]);
    let secrets = Type::object([("tokens", Type::set(Type::Bool))]);
    let tuple = Type::Tuple(vec![Type::Bool]);
    let cases = [
        (
            &disks,
            "81 a56469736b73 81 a57363736930 81 a473697a65 92 01 a668756e746572",
            r#"disks["scsi0"].size[1]: expected number, found text that is no number"#,
        ),
        (
            &disks,
            "81 a56469736b73 81 a57363736930 81 a473697a65 c3",
            r#"disks["scsi0"].size: expected list of number, found bool"#,
        ),
        (
            &disks,
            "81 a56469736b73 81 a57363736930 80",
            r#"disks["scsi0"]: expected the attribute "size", found none"#,
        ),
        (
            &disks,
            "81 a161 c0",
            r#"expected only attributes of the schema, found the attribute "a""#,
        ),
        (
            &disks,
            "82 a56469736b73 c0 a56469736b73 c0",
            r#"expected each attribute once, found "disks" twice"#,
        ),
        (&secrets, "81 a6746f6b656e73 91 a668756e746572", "tokens: expected bool, found string"),
        (&tuple, "92 c3 c3", "expected a tuple of 1, found one of 2"),
        (&Type::String, "a3 616263 c0", "expected the end of the value, found more bytes"),
        (&Type::String, "dbffffffff 61", "expected more bytes, found the end"),
        (&Type::String, "a2 c328", "expected text, found bytes that are not UTF-8"),
        (&Type::String, "", "expected more bytes, found the end"),
        (&Type::String, "c1", "expected string, found a reserved byte"),
        (&Type::Number, "cb 7ff0000000000000", "expected number, found one that is not finite"),
        (
            &Type::Dynamic,
            "92 c402 2222 c0",
            "expected the description of a type, found something else",
        ),
        (&Type::Dynamic, "c3", "expected dynamic, found bool"),
    ];
    for (ty, wire, message) in cases {
        let error = Value::from_msgpack(&bytes(wire), ty).unwrap_err();
        assert_eq!(error.to_string(), message, "{wire}");
    }
    let value = Value::object([("tokens", Value::set(vec!["hunter2".into()]))]);
    assert_eq!(
        value.to_msgpack(&secrets).unwrap_err().to_string(),
        "tokens: expected bool, found string"
    );
    assert_eq!(
        Value::object([("x", Value::Null)]).to_msgpack(&secrets).unwrap_err().to_string(),
        r#"attribute "x" is not expected"#
    );
}

#[test]
fn claimed_lengths_allocate_nothing_and_depth_is_limited() {
    let list = Type::list(Type::Bool);
    for wire in ["ddffffffff", "dfffffffff", "c9ffffffff0c", "c6ffffffff"] {
        for ty in [&list, &Type::map(Type::Bool), &Type::Dynamic, &Type::String] {
            assert!(Value::from_msgpack(&bytes(wire), ty).is_err());
        }
    }
    // A dynamic value in a dynamic value in …
    let nested = bytes("92 c409 2264796e616d696322").repeat(100_000);
    assert!(Value::from_msgpack(&nested, &Type::Dynamic).is_err());
    let json = r#"{"type":"dynamic","value":"#.repeat(100_000);
    assert!(Value::from_json(json.as_bytes(), &Type::Dynamic).is_err());
    // An unknown refinement that nests.
    let mut deep = bytes("c8ffff0c 81 63");
    deep.resize(4 + 0xffff, 0x91);
    assert!(Value::from_msgpack(&deep, &Type::String).is_err());
}

#[test]
fn json_in_both_directions() {
    let ty = Type::object([
        ("any", Type::Dynamic),
        ("id", Type::Number),
        ("name", Type::String),
        ("none", Type::list(Type::Bool)),
        ("pair", Type::Tuple(vec![Type::Bool, Type::Number])),
        ("tags", Type::set(Type::String)),
    ]);
    let value = Value::object([
        ("any", Value::Dynamic(Box::new(Type::list(Type::Bool)), Box::new(Value::List(vec![])))),
        ("id", number("12345678901234567890.12345678901234567890")),
        ("name", Value::string("a \"quoted\"\nline")),
        ("none", Value::Null),
        ("pair", Value::Tuple(vec![Value::Bool(false), number("-0.5")])),
        ("tags", Value::set(vec!["b".into(), "a".into()])),
    ]);
    let json = concat!(
        r#"{"any":{"type":["list","bool"],"value":[]},"id":12345678901234567890.1234567890123456789,"#,
        r#""name":"a \"quoted\"\nline","none":null,"pair":[false,-0.5],"tags":["a","b"]}"#
    );
    assert_eq!(value.to_json(&ty).unwrap(), json);
    assert_eq!(Value::from_json(json.as_bytes(), &ty), Ok(value));
    assert_eq!(
        Value::unknown().to_json(&Type::Bool).unwrap_err().to_string(),
        "an unknown value cannot be written as JSON"
    );
}

#[test]
fn lenient_json_fits_a_state_to_another_schema() {
    let ty = Type::object([
        ("count", Type::Number),
        ("enabled", Type::Bool),
        ("name", Type::String),
        ("new", Type::String),
        ("rule", Type::list(Type::object([("port", Type::String)]))),
    ]);
    let json = br#" { "count": "3", "enabled": "true", "name": 1.50, "old": {"x": [1]},
                      "rule": [ { "port": 80, "gone": null } ] } "#;
    let expected = Value::object([
        ("count", number("3")),
        ("enabled", Value::Bool(true)),
        ("name", "1.5".into()),
        ("new", Value::Null),
        ("rule", Value::List(vec![Value::object([("port", "80".into())])])),
    ]);
    assert_eq!(Value::from_json_lenient(json, &ty), Ok(expected));

    let refused = |json: &str| Value::from_json(json.as_bytes(), &ty).unwrap_err().to_string();
    assert_eq!(
        refused(r#"{"count": 1, "old": 1}"#),
        r#"expected only attributes of the schema, found the attribute "old""#
    );
    assert_eq!(refused(r#"{"count": true}"#), "count: expected number, found bool");
    assert_eq!(refused("{}"), r#"expected the attribute "count", found none"#);
    assert_eq!(refused("{"), "expected JSON, found something else");
    assert_eq!(
        Value::from_json_lenient(br#"{"rule": [{"port": []}]}"#, &ty).unwrap_err().to_string(),
        "rule[0].port: expected string, found an array"
    );
}

#[test]
fn dynamic_values_are_msgpack_or_json_or_null() {
    let ty = Type::list(Type::Bool);
    let value = Value::List(vec![true.into()]);
    let msgpack = DynamicValue::encode_value(&value, &ty).unwrap();
    assert_eq!(msgpack.decode_value(&ty).as_ref(), Ok(&value));
    let json = DynamicValue { msgpack: Vec::new(), json: b"[true]".to_vec() };
    assert_eq!(json.decode_value(&ty), Ok(value));
    assert_eq!(DynamicValue::default().decode_value(&ty), Ok(Value::Null));
    assert_eq!(DynamicValue::decode_field(None, &ty), Ok(Value::Null));
}

#[test]
fn paths_travel() {
    let path = Path::root().attribute("disks").key("scsi0").attribute("parts").index(2);
    let wire = AttributePath::from(&path);
    assert_eq!(wire.steps.len(), 4);
    assert_eq!(Path::from(&wire), path);
    let mut cut = wire;
    cut.steps[1].selector = None;
    assert_eq!(Path::from(&cut), Path::root().attribute("disks"));
}

fn types() -> impl Strategy<Value = Type> {
    let leaf =
        prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String), Just(Type::Dynamic)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            btree_map("[a-c]", inner.clone(), 0..3).prop_map(Type::object),
            vec(inner, 0..3).prop_map(Type::Tuple),
        ]
    })
}

fn refinements() -> impl Strategy<Value = Value> {
    any::<bool>().prop_map(
        |refined| {
            if refined { unknown(Refinement::not_null()) } else { Value::unknown() }
        },
    )
}

fn values(ty: &Type, unknowns: bool) -> BoxedStrategy<Value> {
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e[0-9]{1,2})?".prop_map(|text| number(&text)),
            any::<f64>()
                .prop_filter_map("finite", |float| Number::from_exact_f64(float).ok())
                .prop_map(Value::Number),
        ]
        .boxed(),
        Type::String => any::<String>().prop_map(Value::string).boxed(),
        // A bare unknown is all that says "not even the type is known".
        Type::Dynamic => types()
            .prop_flat_map(move |own| {
                values(&own, unknowns)
                    .prop_map(move |value| Value::Dynamic(Box::new(own.clone()), Box::new(value)))
            })
            .boxed(),
        Type::List(element) => vec(values(element, unknowns), 0..3).prop_map(Value::List).boxed(),
        Type::Set(element) => vec(values(element, unknowns), 0..3).prop_map(Value::set).boxed(),
        Type::Map(element) => {
            btree_map(any::<String>(), values(element, unknowns), 0..3).prop_map(Value::map).boxed()
        }
        Type::Object(types) => {
            let (names, attributes): (Vec<_>, Vec<_>) =
                types.iter().map(|(name, ty)| (name.clone(), values(ty, unknowns))).unzip();
            attributes
                .prop_map(move |values| Value::object(names.iter().cloned().zip(values)))
                .boxed()
        }
        Type::Tuple(types) => types
            .iter()
            .map(|ty| values(ty, unknowns))
            .collect::<Vec<_>>()
            .prop_map(Value::Tuple)
            .boxed(),
    };
    let refined = unknowns && *ty != Type::Dynamic;
    prop_oneof![
        8 => known,
        1 => Just(Value::Null),
        u32::from(unknowns) => Just(Value::unknown()),
        u32::from(refined) => refinements(),
    ]
    .boxed()
}

fn typed(unknowns: bool) -> impl Strategy<Value = (Type, Value)> {
    types().prop_flat_map(move |ty| {
        let values = values(&ty, unknowns);
        (Just(ty), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn msgpack_round_trips((ty, value) in typed(true)) {
        let bytes = value.to_msgpack(&ty).unwrap();
        prop_assert_eq!(Value::from_msgpack(&bytes, &ty), Ok(value.clone()));
        prop_assert_eq!(value.conforms(&ty), Ok(()));
        prop_assert!(value.null_unknowns().is_wholly_known());
    }

    #[test]
    fn json_round_trips((ty, value) in typed(false)) {
        let json = value.to_json(&ty).unwrap();
        prop_assert_eq!(Value::from_json(json.as_bytes(), &ty), Ok(value.clone()));
        prop_assert_eq!(Value::from_json_lenient(json.as_bytes(), &ty), Ok(value));
    }

    /// The floats that others write: exact, or, where there is no number, refused.
    #[test]
    fn floats_are_exact_or_refused(bits in any::<u64>()) {
        let (single, double) = (f32::from_bits(bits as u32), f64::from_bits(bits));
        let wires = [
            (f64::from(single), [vec![0xca], single.to_be_bytes().to_vec()].concat()),
            (double, [vec![0xcb], double.to_be_bytes().to_vec()].concat()),
        ];
        for (float, wire) in wires {
            match Value::from_msgpack(&wire, &Type::Number) {
                Ok(Value::Number(number)) => {
                    prop_assert_eq!(number.as_exact_f64(), Some(if float == 0.0 { 0.0 } else { float }));
                }
                read => {
                    prop_assert!(!float.is_finite(), "{} was read as {:?}", float, read);
                    prop_assert!(read.is_err());
                }
            }
        }
    }

    #[test]
    fn type_json_round_trips(ty in types()) {
        prop_assert_eq!(Type::from_json_bytes(&ty.to_json_bytes()), Ok(ty));
    }

    #[test]
    fn nonsense_never_panics(ty in types(), bytes in vec(any::<u8>(), 0..64)) {
        let _ = Value::from_msgpack(&bytes, &ty);
        let _ = Value::from_json(&bytes, &ty);
        let _ = Value::from_json_lenient(&bytes, &ty);
        let _ = Type::from_json_bytes(&bytes);
    }

    /// What is nearly right reaches further into the decoder than noise does, and whatever it
    /// accepts is of the type.
    #[test]
    fn damaged_values_never_panic(
        (ty, value) in typed(true),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = value.to_msgpack(&ty).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Value::from_msgpack(&bytes, &ty) {
            prop_assert_eq!(read.conforms(&ty), Ok(()));
        }
        bytes.truncate(at);
        prop_assert!(Value::from_msgpack(&bytes, &ty).is_err());
    }
}

#[test]
fn infinities_and_not_a_number_are_no_numbers() {
    let singles = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN];
    let doubles = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN];
    let singles = singles.map(|float| [vec![0xca], float.to_be_bytes().to_vec()].concat());
    let doubles = doubles.map(|float| [vec![0xcb], float.to_be_bytes().to_vec()].concat());
    for wire in singles.into_iter().chain(doubles) {
        assert!(Value::from_msgpack(&wire, &Type::Number).is_err(), "{wire:02x?}");
        assert!(
            Value::from_msgpack(&[vec![0x91], wire].concat(), &Type::list(Type::Number)).is_err()
        );
    }
    for text in ["Infinity", "-inf", "nan", "NaN", "1e9999999999"] {
        let ty = Type::Number;
        assert!(Value::from_json(text.as_bytes(), &ty).is_err(), "{text}");
        assert!(Value::from_json(format!("{text:?}").as_bytes(), &ty).is_err(), "{text}");
        let wire = Value::string(text).to_msgpack(&Type::String).unwrap();
        assert!(Value::from_msgpack(&wire, &ty).is_err(), "{text}");
    }
}

#[test]
fn large_sets_are_sorted_once() {
    // Quadratic work would take minutes here.
    let elements: Vec<Value> = (0..200_000u64)
        .map(|index| Value::object([("id", (index.wrapping_mul(2_654_435_761) % 100_000).into())]))
        .collect();
    let set = Value::set(elements);
    assert_eq!(set.as_list().map(<[_]>::len), Some(distinct()));
}

fn distinct() -> usize {
    let ids: BTreeMap<u64, ()> =
        (0..200_000u64).map(|index| (index.wrapping_mul(2_654_435_761) % 100_000, ())).collect();
    ids.len()
}
