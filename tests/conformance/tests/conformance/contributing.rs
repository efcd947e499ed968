//! What CONTRIBUTING.md shows, word for word, and run.

use tf_provider::cty::Value;

use super::sample::{SERVER as MY_THING, Sample as MyProvider, World, object, server};

use conformance::{Core, configurations};

#[tokio::test]
async fn it_keeps_the_rules() {
    let core = Core::new::<MyProvider>().await.expect_value(); // the schemas are judged here
    core.configure(&my_provider_block()).await.expect_value();
    for (name, schema) in core.resource_schemas() {
        for config in configurations(&schema.block) {
            assert!(core.plan(name, None, &config).await.violations.is_empty());
        }
    }
    core.lifecycle(MY_THING, &[first(), second()]).await.expect_value(); // every step is judged
}

fn my_provider_block() -> Value {
    object([("endpoint", World::create().name().into())])
}

fn first() -> Value {
    server([])
}

fn second() -> Value {
    server([("memory", 64.into())])
}

#[test]
fn the_guide_shows_what_is_run_here() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = std::fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let shown = guide.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let shown = shown.into_iter().find(|block| block.contains("conformance::")).unwrap();
    assert!(include_str!("contributing.rs").contains(shown), "{shown}");
}
