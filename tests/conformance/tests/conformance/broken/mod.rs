//! Every rule, broken on purpose: the harness must name the rule, the call and the place.

#[macro_use]
mod cases;
mod changes;
mod clauses;
mod tampered;

use std::collections::BTreeSet;

use conformance::{Action, Core, ImportBy, Outcome, Rule, State, Violation};
use tf_provider::cty::{Path, Refinement, Type, Value};
use tf_provider_protocol::proto::provider_server::Provider;

use super::sample::rack::{RACK, Racks, bare_rack, rack};
use super::sample::{Fault, SERVER, Sample, World, list, object, server, start};
use cases::{CASES, Case, Drive};
use changes::CHANGES;
use clauses::CLAUSES;
use tampered::{Answer, LARGE, Tampered};

/// What the harness says of each broken provider.
pub(crate) fn samples() -> impl Iterator<Item = (Rule, &'static str, &'static str)> {
    cases().map(|case| (case.rule, case.rpc, case.path))
}

fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(CLAUSES).chain(CHANGES)
}

/// What the harness says of a provider whose answers are tampered with.
async fn violations(case: &Case) -> Vec<Violation> {
    // The values in the answers are read by the types of the untampered schema.
    tampered::remember_types(&Core::new::<Sample>().await.expect_value());
    if let Drive::Racks = case.drive {
        let service = Tampered::new(Racks::default(), case.tamper);
        return racks(&Core::load(service).await.expect_value()).await;
    }
    let service = || Tampered::new(tf_provider::testing::service::<Sample>(), case.tamper);
    let loaded = Core::load(service()).await;
    let (Some(core), Drive::Operations) = (loaded.value, &case.drive) else {
        return loaded.violations;
    };
    operations(&core, service()).await
}

/// One of each operation, as far as they go; `cold` is another process of the same provider.
async fn operations(core: &Core, cold: impl Provider) -> Vec<Violation> {
    let mut violations = vec![];
    violations.extend(core.tolerates(SERVER).await.violations);
    let world = World::create();
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    let config = |memory: i64| {
        server([
            ("memory", memory.into()),
            ("password", "pa55".into()),
            ("password_version", LARGE.into()),
            ("tags", list(["a", "b"])),
            ("disks", object([("scsi0", object([("size", 8.into())]))])),
            ("rules", Value::List(vec![object([("port", 22.into())])])),
            ("peers", Value::List(vec![object([("name", "a".into()), ("port", 22.into())])])),
            ("agent", object([("enabled", true.into()), ("secret", "s3cret".into())])),
        ])
    };
    violations.extend(core.validate(SERVER, &config(64)).await.violations);
    let state = core.lifecycle(SERVER, &[config(64), config(128)]).await;
    let state = keep(state, &mut violations);
    let data = core.read_data("sample_inventory", &object([("zone", "north".into())])).await;
    violations.extend(data.violations);
    let identity = ImportBy::Identity(object([("id", 1.into())]));
    for by in [ImportBy::Id("1".to_owned()), identity] {
        violations.extend(core.import(SERVER, &by).await.violations);
    }
    violations.extend(others(core).await);
    violations.extend(forms(core).await);
    violations.extend(core.keeps_secrets_from_old_terraform(SERVER, &config(64)).await.violations);
    violations.extend(failing(core, &world, state.as_ref(), &config(256)).await);
    if let Some(state) = state {
        if state.value.is_wholly_known() {
            violations.extend(core.downgrade(&state).await.violations);
        }
        violations.extend(core.destroy(&state).await.violations);
    }
    violations.extend(core.cold(cold).await.violations);
    violations.extend(core.configure_unknown().await.violations);
    violations.extend(core.stop().await.violations);
    violations
}

/// Configurations that have a form of every kind.
async fn forms(core: &Core) -> Vec<Violation> {
    let prefixed = Value::from(Refinement::not_null().with_prefix("hello-"));
    let own = |value: &str| Value::Dynamic(Box::new(Type::String), Box::new(value.into()));
    let mut violations = vec![];
    for config in [
        server([
            ("comment", "caf\u{e9}".into()),
            ("tags", list(["a", "b"])),
            ("password_version", LARGE.into()),
        ]),
        server([("note", prefixed), ("dns", Value::unknown()), ("extra", own("x"))]),
        server([("extra", Value::unknown()), ("owner", Value::unknown())]),
    ] {
        violations.extend(core.accepts(SERVER, &config).await.violations);
    }
    violations
}

/// A create that fails half way, and an update that fails.
async fn failing(
    core: &Core,
    world: &World,
    state: Option<&State>,
    config: &Value,
) -> Vec<Violation> {
    let mut violations = vec![];
    for (fault, prior) in [(Fault::AfterCreate, None), (Fault::Update, state)] {
        let plan = core.plan(SERVER, prior, config).await;
        violations.extend(plan.violations);
        let Some(plan) = plan.value else { continue };
        world.fail(fault);
        let failed = core.apply(&plan).await;
        violations.extend(failed.violations);
        // The other operation must find no fault.
        world.fails(fault);
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

/// The operations of a resource with blocks.
async fn racks(core: &Core) -> Vec<Violation> {
    let mut violations = vec![];
    let unknown = rack([("shelf", Value::unknown())]);
    violations.extend(core.plan(RACK, None, &unknown).await.violations);
    let configs = [rack([]), rack([("name", "r2".into())]), bare_rack(), rack([])];
    let state = keep(core.lifecycle(RACK, &configs).await, &mut violations);
    if let Some(state) = state {
        violations.extend(core.destroy(&state).await.violations);
    }
    violations
}

fn keep(outcome: Outcome<State>, violations: &mut Vec<Violation>) -> Option<State> {
    violations.extend(outcome.violations);
    outcome.value
}

#[tokio::test]
async fn every_broken_rule_is_named() {
    let mut missed = vec![];
    for case in cases() {
        let found = violations(case).await;
        let named = found.iter().any(|violation| {
            violation.rule == case.rule
                && violation.rpc == case.rpc
                && violation.path.to_string() == case.path
        });
        if !named {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            missed.push(format!(
                "{:?} in {} at {:?}: found {found:#?}",
                case.rule, case.rpc, case.path
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A core of a provider whose answers are tampered with, and the state of a server.
async fn tampered_update(tamper: tampered::Tamper) -> (Core, State) {
    tampered::remember_types(&Core::new::<Sample>().await.expect_value());
    let service = Tampered::new(tf_provider::testing::service::<Sample>(), tamper);
    let core = Core::load(service).await.expect_value();
    let world = World::create();
    core.configure(&object([("endpoint", world.name().into())])).await.expect_value();
    let plan = core.plan(SERVER, None, &server([])).await.expect_value();
    let state = core.apply(&plan).await.expect_value();
    (core, state)
}

/// A value that is never stored cannot be compared: that it changed is the provider's word alone.
#[tokio::test]
async fn what_is_write_only_may_require_a_replacement() {
    let (core, state) = tampered_update(on!(Plan, |a| {
        a.requires_replace.push((&Path::from("password")).into());
    }))
    .await;
    let config = server([("password", "pa55".into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!((plan.action, plan.replace), (Action::Replace, vec![Path::from("password")]));
}

#[tokio::test]
async fn what_did_not_change_requires_no_replacement() {
    let (core, state) = tampered_update(on!(Plan, |a| {
        a.requires_replace.push((&Path::from("zone")).into());
    }))
    .await;
    let config = server([("memory", 64.into())]);
    let plan = core.plan(SERVER, Some(&state), &config).await.expect_value();
    assert_eq!((plan.action, plan.replace), (Action::Update, vec![]));
}

/// What a function does not take never gets to it.
#[tokio::test]
async fn a_function_is_not_called_with_what_it_does_not_take() {
    let service = tf_provider::testing::service::<Sample>();
    let service = Tampered::new(service, |answer, _| {
        assert!(!matches!(answer, Answer::Call(_)), "it was called");
        None
    });
    let core = Core::load(service).await.expect_value();
    let result = core.call("join", &["-".into(), Value::unknown()]).await.expect_value();
    assert!(result.unwrap().is_unknown());
}

#[test]
fn no_rule_is_without_a_provider_that_breaks_it() {
    let broken: BTreeSet<Rule> = cases().map(|case| case.rule).collect();
    let unproven: Vec<_> = Rule::ALL.iter().filter(|rule| !broken.contains(rule)).collect();
    assert!(unproven.is_empty(), "{unproven:?}");
}

#[tokio::test]
async fn an_honest_provider_breaks_none() {
    for drive in [Drive::Operations, Drive::Racks] {
        let honest = Case { rule: Rule::GrpcError, rpc: "", path: "", drive, tamper: |_, _| None };
        assert_eq!(violations(&honest).await, []);
    }
    let core = Core::new::<Sample>().await.expect_value();
    assert_eq!(operations(&core, tf_provider::testing::service::<Sample>()).await, []);
    let (core, _) = start().await;
    assert!(core.plan(SERVER, None, &Value::object([("name", "a".into())])).await.value.is_none());
}
