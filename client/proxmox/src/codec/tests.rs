use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Disk {
    file: String,
    #[serde(default)]
    size: Option<String>,
    #[serde(default)]
    ssd: Option<bool>,
    #[serde(default)]
    import_from: Option<String>,
    #[serde(default)]
    mbps: Option<f64>,
}

#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(from = "String", into = "String")]
enum Cache {
    None,
    Other(String),
}

impl From<String> for Cache {
    fn from(text: String) -> Self {
        if text == "none" { Self::None } else { Self::Other(text) }
    }
}

impl From<Cache> for String {
    fn from(cache: Cache) -> Self {
        match cache {
            Cache::None => "none".to_owned(),
            Cache::Other(text) => text,
        }
    }
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Running,
    Stopped,
}

#[expect(clippy::needless_pass_by_value, reason = "shorter calls")]
fn read<T: DeserializeOwned>(value: Value) -> T {
    from_value(&value).unwrap_or_else(|error| panic!("{value}: {error}"))
}

#[test]
fn scalars_are_read_in_every_form() {
    for (value, expected) in [
        (json!(1), true),
        (json!("1"), true),
        (json!(true), true),
        (json!("on"), true),
        (json!(0), false),
        (json!("0"), false),
        (json!("false"), false),
    ] {
        assert_eq!(read::<bool>(value), expected);
    }
    for value in [json!(2), json!("2"), json!("02"), json!(2.0), json!("2e0"), json!(" 2 ")] {
        assert_eq!(read::<u32>(value), 2);
    }
    assert_eq!(read::<i64>(json!(9_223_372_036_854_775_807_i64)), i64::MAX);
    assert_eq!(read::<u64>(json!("18446744073709551615")), u64::MAX);
    assert_eq!(read::<f64>(json!("0.5")), 0.5);
    assert_eq!(read::<String>(json!(512)), "512");
    assert_eq!(read::<String>(json!(true)), "1");
    assert_eq!(read::<Option<u8>>(Value::Null), None);
    assert_eq!(read::<Status>(json!("running")), Status::Running);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    assert!(from_value::<bool>(&json!("maybe")).is_err());
    assert!(from_value::<bool>(&json!(2)).is_err());
    assert!(from_value::<u8>(&json!(256)).is_err());
    assert!(from_value::<u32>(&json!("2.5")).is_err());
    assert!(from_value::<u32>(&json!("1e400")).is_err());
    assert!(from_value::<String>(&json!([])).is_err());
    let value = json!([{ "file": "a" }, { "file": "b", "ssd": "perhaps" }]);
    let error = from_value::<Vec<Disk>>(&value).unwrap_err();
    assert_eq!(error.path(), "1.ssd");
    assert!(error.to_string().starts_with("1.ssd: "), "{error}");
}

#[test]
fn nan_and_infinity_could_be_read_and_not_be_written() {
    for text in ["NaN", "inf", "-Infinity", "1e400"] {
        assert!(from_text::<f64>(text).is_err(), "{text}");
        assert!(from_text::<f32>(text).is_err(), "{text}");
        assert!(from_text::<f32>("1e39").is_err(), "too large for 32 bits");
    }
}

#[test]
fn the_bare_value_is_the_first_field() {
    let disk: Disk = read(json!("local:100/vm-100-disk-0.qcow2,size=8G,ssd=1,future=x"));
    let expected = Disk {
        file: "local:100/vm-100-disk-0.qcow2".to_owned(),
        size: Some("8G".to_owned()),
        ssd: Some(true),
        ..Disk::default()
    };
    assert_eq!(disk, expected);
    assert_eq!(read::<Disk>(json!("size=8G,ssd=on,file=local:100/vm-100-disk-0.qcow2")), expected);
    assert!(from_value::<Disk>(&json!("a,file=b")).is_err());
    assert!(from_value::<Disk>(&json!("a,b")).is_err());
    let map: BTreeMap<String, String> = read(json!("virtio=BC:24:11:00:00:01,bridge=vmbr0"));
    assert_eq!(map["virtio"], "BC:24:11:00:00:01");
}

#[test]
fn a_cleared_string_is_a_struct_without_values() {
    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Boot {
        legacy: Option<String>,
        order: Vec<String>,
    }
    assert_eq!(read::<Boot>(json!(" ")), Boot::default());
    assert_eq!(read::<Boot>(json!("order=scsi0;ide2")).order, ["scsi0", "ide2"]);
}

#[test]
fn lists_are_read_with_every_separator() {
    for text in ["a;b;c", "a,b,c", "a b  c", "c, b;a", " "] {
        let set: BTreeSet<String> = read(json!(text));
        assert_eq!(set.len(), if text == " " { 0 } else { 3 }, "{text}");
    }
    assert_eq!(read::<Vec<u8>>(json!(["1", 2])), [1, 2]);
    assert_eq!(read::<Vec<u8>>(json!(7)), [7]);
    assert!(read::<Vec<u8>>(Value::Null).is_empty());
}

#[test]
fn an_enum_may_stay_open() {
    assert_eq!(read::<Cache>(json!("none")), Cache::None);
    assert_eq!(read::<Cache>(json!("new")), Cache::Other("new".to_owned()));
    assert_eq!(to_value(&Cache::Other("new".to_owned())).unwrap(), "new");
}

#[test]
fn parameters_are_written_as_proxmox_reads_them() {
    assert_eq!(to_value(&true).unwrap(), "1");
    assert_eq!(to_value(&0.5).unwrap(), "0.5");
    assert_eq!(to_value(&1e21).unwrap(), "1000000000000000000000");
    assert_eq!(to_value(&["b", "a"]).unwrap(), "b;a");
    assert_eq!(to_value(&Status::Stopped).unwrap(), "stopped");
    let disk = Disk {
        file: "local:0".to_owned(),
        ssd: Some(false),
        import_from: Some("local:import/x.qcow2".to_owned()),
        ..Disk::default()
    };
    assert_eq!(to_value(&disk).unwrap(), "local:0,ssd=0,import-from=local:import/x.qcow2");
    let odd = Disk { file: "local:iso/a=b.iso".to_owned(), ..Disk::default() };
    assert_eq!(to_value(&odd).unwrap(), "file=local:iso/a=b.iso");
    assert_eq!(to_optional_value(&None::<u8>).unwrap(), None);
    assert!(to_value(&None::<u8>).is_err());
    assert!(to_value(&["a b"]).is_err());
    assert!(to_value(&Disk { file: "a,b".to_owned(), ..Disk::default() }).is_err());
    assert!(to_value(&f64::NAN).is_err());
}

#[test]
fn a_skipped_first_field_does_not_make_the_second_the_default() {
    #[derive(Serialize)]
    struct Cpu {
        #[serde(skip_serializing_if = "Option::is_none")]
        cputype: Option<String>,
        hidden: bool,
    }
    assert_eq!(to_value(&Cpu { cputype: None, hidden: true }).unwrap(), "hidden=1");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "[a-z=,;:0-9 ]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,5}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_makes_the_reader_panic(value in any_json()) {
        let _ = from_value::<bool>(&value);
        let _ = from_value::<i8>(&value);
        let _ = from_value::<u64>(&value);
        let _ = from_value::<f32>(&value);
        let _ = from_value::<String>(&value);
        let _ = from_value::<Status>(&value);
        let _ = from_value::<Cache>(&value);
        let _ = from_value::<Vec<Disk>>(&value);
        let _ = from_value::<BTreeMap<u8, Option<Disk>>>(&value);
        let _ = from_value::<(u8, String)>(&value);
        let _ = from_value::<Value>(&value);
    }

    #[test]
    fn what_is_written_is_read_again(
        file in "[a-z]{2,8}:[a-z0-9/=.-]{1,12}",
        size in proptest::option::of("[1-9][0-9]{0,3}[MG]"),
        ssd in any::<Option<bool>>(),
        mbps in proptest::option::of(0.0..1e6),
    ) {
        let disk = Disk { file, size, ssd, import_from: None, mbps };
        let text = to_value(&disk).unwrap();
        prop_assert_eq!(from_text::<Disk>(&text), Ok(disk));
    }
}
