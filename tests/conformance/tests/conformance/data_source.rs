//! Data sources.

use tf_provider::cty::{Path, Value};

use super::sample::{SERVER, list, object, server, start};

const INVENTORY: &str = "sample_inventory";

#[tokio::test]
async fn a_data_source_is_read() {
    let (core, _) = start().await;
    core.lifecycle(SERVER, &[server([])]).await.expect_value();
    let config = object([("zone", "north".into())]);
    let value = core.read_data(INVENTORY, &config).await.expect_value();
    let expected = object([
        ("zone", "north".into()),
        ("prefix", Value::Null),
        ("limit", 100.into()),
        ("names", list(["web-1"])),
    ]);
    assert_eq!(value, expected);
    let config = object([("zone", "north".into()), ("prefix", "db".into())]);
    let value = core.read_data(INVENTORY, &config).await.expect_value();
    assert_eq!(value.get(&"names".into()), Some(&list([])));
}

#[tokio::test]
async fn a_data_source_is_validated() {
    let (core, _) = start().await;
    let config = object([("zone", Value::unknown()), ("limit", 0.into())]);
    let outcome = core.validate_data(INVENTORY, &config).await;
    assert_eq!(outcome.expect_error().path, Some(Path::from("limit")));
    let outcome = core.validate_data(INVENTORY, &object([])).await;
    assert_eq!(outcome.expect_error().path, Some(Path::from("zone")));
}

#[tokio::test]
async fn a_data_source_that_finds_nothing_says_so() {
    let (core, _) = start().await;
    let outcome = core.read_data(INVENTORY, &object([("zone", "west".into())])).await;
    assert_eq!(outcome.expect_error().path, Some(Path::from("zone")));
}
