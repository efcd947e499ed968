//! What core reads of the sample provider's schema.

use conformance::{Core, Kind};

use super::sample::{SERVER, Sample};

#[tokio::test]
async fn the_schema_is_one_that_core_loads() {
    let core = Core::new::<Sample>().await.expect_value();
    let (_, schema) = core.resource_schemas().find(|(name, _)| *name == SERVER).unwrap();
    assert_eq!(schema.version, 2);
    assert_eq!(schema.description, "A server.");
    let attributes = &schema.block.attributes;
    let class = |name: &str| {
        let a = &attributes[name];
        (a.required, a.optional, a.computed)
    };
    assert_eq!(class("name"), (true, false, false));
    assert_eq!(class("memory"), (false, true, true));
    assert_eq!(class("image"), (false, true, false));
    assert_eq!(class("attempts"), (false, true, true));
    assert_eq!(class("note"), (false, true, false));
    assert_eq!(class("id"), (false, false, true));
    assert_eq!(class("firmware"), (false, true, true), "a group lies flat in its parent");
    assert_eq!(class("timeouts"), (false, true, false));
    assert!(attributes["password"].write_only && attributes["password"].sensitive);
    assert!(attributes["token"].sensitive);
    assert_eq!(attributes["start_on_boot"].description, "Whether it starts with its host.");
    let Kind::Nested(_, disk) = &attributes["disks"].kind else { panic!("disks are not nested") };
    assert!(disk["volume"].computed && !disk["volume"].optional);
}

#[tokio::test]
async fn the_provider_block_has_a_schema() {
    let core = Core::new::<Sample>().await.expect_value();
    assert!(core.provider_schema().block.attributes["endpoint"].optional);
    let data: Vec<_> = core.data_source_schemas().map(|(name, _)| name).collect();
    assert_eq!(data, ["sample_inventory", "sample_members"]);
}
