//! Every rule, broken on purpose: the harness must name the rule, the call and the place.

mod cases;
mod tampered;

use std::collections::BTreeSet;

use conformance::{Core, ImportBy, Outcome, Rule, State, Violation};
use tf_provider::cty::Value;

use super::sample::{SERVER, Sample, World, object, server};
use cases::{CASES, Case, Drive};
use tampered::Tampered;

/// What the harness says of a provider whose answers are tampered with.
async fn violations(case: &Case) -> Vec<Violation> {
    // The values in the answers are read by the types of the untampered schema.
    tampered::remember_types(&Core::new::<Sample>().await.expect_value());
    let service = Tampered::new(tf_provider::testing::service::<Sample>(), case.tamper);
    let loaded = Core::load(service).await;
    let (Some(core), Drive::Operations) = (loaded.value, &case.drive) else {
        return loaded.violations;
    };
    let world = World::create();
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    operations(&core).await
}

/// One of each operation, as far as they go.
async fn operations(core: &Core) -> Vec<Violation> {
    let mut violations = vec![];
    let config = server([
        ("memory", 64.into()),
        ("password", "pa55".into()),
        ("disks", object([("scsi0", object([("size", 8.into())]))])),
    ]);
    violations.extend(core.validate(SERVER, &config).await.violations);
    let state = keep(core.lifecycle(SERVER, std::slice::from_ref(&config)).await, &mut violations);
    let data = core.read_data("sample_inventory", &object([("zone", "north".into())])).await;
    violations.extend(data.violations);
    violations.extend(core.import(SERVER, &ImportBy::Id("1".to_owned())).await.violations);
    violations.extend(others(core).await);
    if let Some(state) = state {
        violations.extend(core.destroy(&state).await.violations);
    }
    violations
}

/// One of each operation that is about no resource, or about none that is managed yet.
async fn others(core: &Core) -> Vec<Violation> {
    let mut violations = vec![];
    let opened = core.open("sample_session", &object([("user", "ops".into())])).await;
    violations.extend(opened.violations);
    if let Some(opened) = opened.value {
        violations.extend(core.renew(&opened).await.violations);
        violations.extend(core.close(&opened).await.violations);
    }
    violations.extend(core.call("join", &["-".into(), "a".into()]).await.violations);
    violations.extend(core.call("join", &["long".into()]).await.violations);
    let restart = object([("id", 1.into())]);
    violations.extend(core.invoke("sample_restart", &restart).await.violations);
    violations.extend(core.list(SERVER, &object([]), 1, false).await.violations);
    let listed = core.list(SERVER, &object([]), 1, true).await;
    violations.extend(listed.violations);
    let found = listed.value.unwrap_or_default().into_iter().find_map(|one| one.object);
    if let Some(found) = found {
        violations.extend(core.generate(SERVER, &found).await.violations);
    }
    let cloud = ("registry.terraform.io/other/cloud", "cloud_machine");
    violations.extend(core.take_over(SERVER, cloud, r#"{"number": 1}"#).await.violations);
    violations.extend(core.upgrade_identity(SERVER, 0, r#"{"server": 1}"#).await.violations);
    violations
}

fn keep(outcome: Outcome<State>, violations: &mut Vec<Violation>) -> Option<State> {
    violations.extend(outcome.violations);
    outcome.value
}

#[tokio::test]
async fn every_broken_rule_is_named() {
    let mut missed = vec![];
    for case in CASES {
        let found = violations(case).await;
        let named = found.iter().any(|violation| {
            violation.rule == case.rule
                && violation.rpc == case.rpc
                && violation.path.to_string() == case.path
        });
        if !named {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            missed.push(format!("{:?} at {:?}: found {found:#?}", case.rule, case.path));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn no_rule_is_without_a_provider_that_breaks_it() {
    let broken: BTreeSet<Rule> = CASES.iter().map(|case| case.rule).collect();
    let unproven: Vec<_> = Rule::ALL.iter().filter(|rule| !broken.contains(rule)).collect();
    assert!(unproven.is_empty(), "{unproven:?}");
}

#[tokio::test]
async fn an_honest_provider_breaks_none() {
    let honest = Case {
        rule: Rule::GrpcError,
        rpc: "",
        path: "",
        drive: Drive::Operations,
        tamper: |_, _| None,
    };
    assert_eq!(violations(&honest).await, []);
    let world = World::create();
    let core = Core::new::<Sample>().await.expect_value();
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    assert_eq!(operations(&core).await, []);
    assert!(core.plan(SERVER, None, &Value::object([("name", "a".into())])).await.value.is_none());
}
