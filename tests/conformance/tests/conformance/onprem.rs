//! The real provider: its schemas, and its validators against whatever may be configured.

use std::collections::BTreeMap;

use conformance::{Attribute, Core, Kind, Outcome, Schema};
use onprem_provider::OnPrem;
use tf_provider::cty::{Path, Value};

#[tokio::test]
async fn the_schemas_are_ones_that_core_loads() {
    let core = Core::new::<OnPrem>().await.expect_value();
    assert!(core.resource_schemas().count() > 0);
    assert!(core.data_source_schemas().count() > 0);
    assert!(core.list_schemas().count() > 0);
    assert!(core.action_schemas().count() > 0);
    assert!(core.ephemeral_schemas().count() > 0);
    for (name, _) in everything(&core) {
        assert!(name.starts_with("onprem_"), "{name}");
    }
}

#[tokio::test]
async fn everything_is_described() {
    let core = Core::new::<OnPrem>().await.expect_value();
    let mut silent = vec![];
    for (name, schema) in everything(&core).chain([("provider", core.provider_schema())]) {
        if schema.description.is_empty() {
            silent.push(name.to_owned());
        }
        undescribed(&schema.block.attributes, &Path::from(name), &mut silent);
    }
    assert!(silent.is_empty(), "no description: {}", silent.join(", "));
}

/// Every schema but the provider block's.
fn everything(core: &Core) -> impl Iterator<Item = (&str, &Schema)> {
    core.resource_schemas()
        .chain(core.data_source_schemas())
        .chain(core.list_schemas())
        .chain(core.action_schemas())
        .chain(core.ephemeral_schemas())
}

fn undescribed(attributes: &BTreeMap<String, Attribute>, path: &Path, silent: &mut Vec<String>) {
    for (name, attribute) in attributes {
        let path = path.clone().attribute(name);
        if attribute.description.is_empty() {
            silent.push(path.to_string());
        }
        if let Kind::Nested(_, nested) = &attribute.kind {
            undescribed(nested, &path, silent);
        }
    }
}

#[tokio::test]
async fn every_configuration_is_answered_with_messages_and_no_more() {
    let core = Core::new::<OnPrem>().await.expect_value();
    let check = |config: &Value, outcome: Outcome<()>| {
        let bug = outcome.messages.iter().any(|m| m.summary.starts_with("Bug in the provider"));
        assert!(!bug && outcome.violations.is_empty(), "{config:?}\n{}", outcome.complaints());
    };
    for (name, schema) in core.resource_schemas() {
        for config in conformance::configurations(&schema.block) {
            check(&config, core.validate(name, &config).await);
        }
    }
    for (name, schema) in core.data_source_schemas() {
        for config in conformance::configurations(&schema.block) {
            check(&config, core.validate_data(name, &config).await);
        }
    }
    for (name, schema) in core.list_schemas() {
        for config in conformance::configurations(&schema.block) {
            check(&config, core.validate_list(name, &config).await);
        }
    }
    for (name, schema) in core.action_schemas() {
        for config in conformance::configurations(&schema.block) {
            check(&config, core.validate_action(name, &config).await);
        }
    }
    for (name, schema) in core.ephemeral_schemas() {
        for config in conformance::configurations(&schema.block) {
            check(&config, core.validate_ephemeral(name, &config).await);
        }
    }
}

#[tokio::test]
async fn every_provider_block_is_answered_with_messages_and_no_more() {
    let core = Core::new::<OnPrem>().await.expect_value();
    for config in conformance::configurations(&core.provider_schema().block) {
        let outcome = core.configure(&config).await;
        let bug = outcome.messages.iter().any(|m| m.summary.starts_with("Bug in the provider"));
        assert!(!bug && outcome.violations.is_empty(), "{config:?}\n{}", outcome.complaints());
    }
}

/// With a provider block that is not known there is no system to ask, and every plan is made of the
/// configuration alone.
#[tokio::test]
async fn every_plan_of_a_create_keeps_the_rules() {
    let core = Core::new::<OnPrem>().await.expect_value();
    let unknown = core.provider_schema().block.attributes.keys();
    let unknown = Value::object(unknown.map(|name| (name.clone(), Value::unknown())));
    core.configure(&unknown).await.expect_value();
    for (name, schema) in core.resource_schemas() {
        let mut planned = 0;
        for config in conformance::configurations(&schema.block) {
            let plan = core.plan(name, None, &config).await;
            let bug = plan.messages.iter().any(|m| m.summary.starts_with("Bug in the provider"));
            assert!(!bug && plan.violations.is_empty(), "{config:?}\n{}", plan.complaints());
            planned += usize::from(plan.value.is_some());
        }
        // A container needs a template and a root file system, which few of them have.
        let least = if name == "onprem_proxmox_container" { 10 } else { 50 };
        assert!(planned > least, "{name}: only {planned} of them could be planned");
    }
}
