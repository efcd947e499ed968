//! The clauses of the rules for plans, applies, imports, and all that is no resource.

use conformance::Rule;
use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto::{self, DynamicValue};
use tonic::Status;

use super::cases::{Case, Drive, apply, operation, plan, read, warning};
use super::clauses::racks;
use super::tampered::{Answer, Tamper, appear, identity, put, put_rack};
use crate::sample::object;

const fn identities(rule: Rule, path: &'static str, tamper: Tamper) -> Case {
    Case { rule, rpc: "GetResourceIdentitySchemas", path, drive: Drive::Load, tamper }
}

pub(super) const CHANGES: &[Case] = &[
    // Plans.
    plan(Rule::PlannedNull, "", on!(Plan, |a| appear(&mut a.planned_state))),
    plan(
        Rule::PlannedElements,
        "rules",
        on!(Plan, |a| {
            put(&mut a.planned_state, &"rules".into(), Value::List(vec![]));
        }),
    ),
    plan(
        Rule::PlannedElements,
        "peers",
        on!(Plan, |a| {
            put(&mut a.planned_state, &"peers".into(), Value::set(vec![]));
        }),
    ),
    plan(
        Rule::PlannedElements,
        "peers",
        on!(Plan, |a| {
            put(&mut a.planned_state, &"peers".into(), Value::set(vec![peer("a", 23)]));
        }),
    ),
    plan(
        Rule::PlannedUnknown,
        "disks",
        on!(Plan, |a| {
            put(&mut a.planned_state, &"disks".into(), Value::unknown());
        }),
    ),
    plan(
        Rule::PlannedUnknown,
        r#"disks["scsi0"].size"#,
        on!(Plan, |a| {
            put(&mut a.planned_state, &disk("size"), Value::unknown());
        }),
    ),
    plan(
        Rule::WriteOnlyStored,
        "agent.secret",
        on!(Plan, |a| {
            put(&mut a.planned_state, &Path::from("agent").attribute("secret"), "s3cret".into());
        }),
    ),
    racks(
        Rule::PlannedElements,
        "PlanResourceChange",
        "shelf",
        on!(Plan, |a| {
            put_rack(&mut a.planned_state, "shelf", Value::List(vec![]));
        }),
    ),
    racks(
        Rule::PlannedElements,
        "PlanResourceChange",
        "port",
        on!(Plan, |a| {
            let port = object([("speed", Value::Null)]);
            put_rack(&mut a.planned_state, "port", Value::map([("eth9", port)]));
        }),
    ),
    racks(
        Rule::PlannedElements,
        "PlanResourceChange",
        "tag",
        on!(Plan, |a| {
            let tag = |key: &str| object([("key", key.into()), ("color", Value::Null)]);
            put_rack(&mut a.planned_state, "tag", Value::set(vec![tag("a"), tag("z")]));
        }),
    ),
    racks(
        Rule::PlannedOtherThanConfigured,
        "PlanResourceChange",
        "shelf[0].height",
        on!(Plan, |a| {
            let shelf = |height: i64| object([("height", height.into()), ("label", Value::Null)]);
            put_rack(&mut a.planned_state, "shelf", Value::List(vec![shelf(9), shelf(2)]));
        }),
    ),
    racks(
        Rule::PlannedUnknown,
        "PlanResourceChange",
        "shelf",
        on!(Plan, |a| {
            put_rack(&mut a.planned_state, "shelf", Value::unknown());
        }),
    ),
    racks(
        Rule::PlannedOtherThanConfigured,
        "PlanResourceChange",
        "shelf",
        on!(Plan, |a, count| {
            // The first is of a rack whose shelves are not known.
            if count < 2 {
                put_rack(&mut a.planned_state, "shelf", Value::List(vec![]));
            }
        }),
    ),
    racks(
        Rule::PlannedNull,
        "PlanResourceChange",
        "location",
        on!(Plan, |a| {
            put_rack(&mut a.planned_state, "location", Value::Null);
        }),
    ),
    plan(
        Rule::InconsistentFinalPlan,
        "",
        on!(Plan, |a, count| {
            // The last plan of the update, after two of its first one and the eight of the create.
            if count == 10 || count == 11 {
                a.requires_replace.push((&Path::from("memory")).into());
            }
        }),
    ),
    plan(
        Rule::IdentityUnknown,
        "id",
        on!(Plan, |a, count| if count >= 4 {
            a.planned_identity = identity(Value::unknown());
        }),
    ),
    plan(
        Rule::IdentityChanged,
        "",
        on!(Plan, |a, count| if count >= 4 {
            a.planned_identity = identity(99.into());
        }),
    ),
    plan(
        Rule::PrivateLost,
        "",
        on!(Plan, |a, count| if count == 2 || count == 3 {
            a.planned_private.clear();
        }),
    ),
    plan(
        Rule::PrivateLost,
        "",
        on!(Plan, |a, count| if count >= 4 {
            a.planned_private.clear();
        }),
    ),
    // Applies.
    apply(
        Rule::InconsistentAfterApply,
        r#"disks["scsi0"]"#,
        on!(Apply, |a| {
            put(&mut a.new_state, &"disks".into(), Value::map::<String>([]));
        }),
    ),
    apply(
        Rule::InconsistentAfterApply,
        "rules",
        on!(Apply, |a| {
            put(&mut a.new_state, &"rules".into(), Value::List(vec![]));
        }),
    ),
    apply(
        Rule::InconsistentAfterApply,
        "tags",
        on!(Apply, |a| {
            let grown = Value::set(vec!["a".into(), "b".into(), "c".into()]);
            put(&mut a.new_state, &"tags".into(), grown);
        }),
    ),
    apply(
        Rule::InconsistentAfterApply,
        "peers",
        on!(Apply, |a| {
            put(&mut a.new_state, &"peers".into(), Value::set(vec![peer("a", 23)]));
        }),
    ),
    apply(
        Rule::InconsistentAfterApply,
        "note",
        on!(Apply, |a| {
            put(&mut a.new_state, &"note".into(), "surprise".into());
        }),
    ),
    racks(
        Rule::InconsistentAfterApply,
        "ApplyResourceChange",
        "shelf",
        on!(Apply, |a| {
            put_rack(&mut a.new_state, "shelf", Value::List(vec![]));
        }),
    ),
    racks(
        Rule::InconsistentAfterApply,
        "ApplyResourceChange",
        "tag",
        on!(Apply, |a| {
            let tag = |key: &str| object([("key", key.into()), ("color", "red".into())]);
            let grown = Value::set(vec![tag("a"), tag("b"), tag("c")]);
            put_rack(&mut a.new_state, "tag", grown);
        }),
    ),
    apply(Rule::NullAfterApply, "", on!(Apply, |a| appear(&mut a.new_state))),
    apply(
        Rule::UnknownAfterApply,
        r#"disks["scsi0"].volume"#,
        on!(Apply, |a| {
            put(&mut a.new_state, &disk("volume"), Value::unknown());
        }),
    ),
    apply(
        Rule::WriteOnlyStored,
        "agent.secret",
        on!(Apply, |a| {
            put(&mut a.new_state, &Path::from("agent").attribute("secret"), "s3cret".into());
        }),
    ),
    apply(
        Rule::Orphaned,
        "",
        on!(Apply, |a| if !a.diagnostics.is_empty() {
            a.new_state = None;
        }),
    ),
    apply(
        Rule::PrivateLost,
        "",
        on!(Apply, |a| if !a.diagnostics.is_empty() {
            a.private.clear();
        }),
    ),
    apply(Rule::LegacyTypeSystem, "", on!(Apply, |a| a.legacy_type_system = true)),
    apply(
        Rule::IdentityChanged,
        "",
        on!(Apply, |a, count| if count > 0 {
            a.new_identity = identity(99.into());
        }),
    ),
    // Imports and identities.
    operation(
        Rule::ImportedOne,
        "ImportResourceState",
        "",
        on!(Import, |a| {
            let twice = a.imported_resources[0].clone();
            a.imported_resources.push(twice);
        }),
    ),
    operation(
        Rule::ImportedOne,
        "ImportResourceState",
        "",
        on!(Import, |a| {
            a.imported_resources[0].state = None;
        }),
    ),
    operation(
        Rule::IdentityMissing,
        "ImportResourceState",
        "",
        on!(Import, |a| {
            a.imported_resources[0].identity = None;
        }),
    ),
    operation(
        Rule::WriteOnlyStored,
        "ImportResourceState",
        "password",
        on!(Import, |a| {
            put(&mut a.imported_resources[0].state, &"password".into(), "pa55".into());
        }),
    ),
    operation(
        Rule::UnknownAfterApply,
        "ImportResourceState",
        "comment",
        on!(Import, |a| {
            put(&mut a.imported_resources[0].state, &"comment".into(), Value::unknown());
        }),
    ),
    identities(
        Rule::IdentitySchema,
        "",
        on!(Identities, |a| {
            a.identity_schemas.values_mut().for_each(|schema| schema.version = -1);
        }),
    ),
    identities(
        Rule::IdentitySchema,
        "",
        on!(Identities, |a| {
            a.identity_schemas.values_mut().for_each(|schema| schema.identity_attributes.clear());
        }),
    ),
    identities(
        Rule::IdentitySecret,
        "password",
        on!(Identities, |a| {
            let schema = a.identity_schemas.get_mut("sample_server").unwrap();
            schema.identity_attributes[0].name = "password".to_owned();
        }),
    ),
    // What there is beside resources.
    operation(
        Rule::UnknownAfterApply,
        "ReadDataSource",
        "",
        on!(Data, |a| {
            a.state = Some(DynamicValue { msgpack: vec![0xd4, 0, 0], json: vec![] });
        }),
    ),
    operation(
        Rule::TypeConformity,
        "ReadDataSource",
        "",
        on!(Data, |a| {
            a.state = Some(DynamicValue { msgpack: vec![0x80], json: vec![] });
        }),
    ),
    operation(Rule::PlannedNull, "OpenEphemeralResource", "", on!(Open, |a| a.result = None)),
    operation(
        Rule::DiagnosticSummary,
        "CallFunction",
        "",
        on!(Call, |a| {
            a.error.iter_mut().for_each(|error| error.text.clear());
        }),
    ),
    operation(
        Rule::TypeConformity,
        "CallFunction",
        "",
        on!(Call, |a| {
            a.result.iter_mut().for_each(|result| result.msgpack = vec![0xc3]);
        }),
    ),
    operation(Rule::GrpcError, "CallFunction", "", |answer, _| {
        matches!(answer, Answer::Call(_)).then(|| Status::internal("not configured"))
    }),
    operation(
        Rule::ListedObject,
        "ListResource",
        "",
        on!(List, |a| {
            a.iter_mut().for_each(|event| event.resource_object = None);
        }),
    ),
    operation(
        Rule::UnknownAfterApply,
        "ListResource",
        "comment",
        on!(List, |a| {
            for event in a.iter_mut() {
                put(&mut event.resource_object, &"comment".into(), Value::unknown());
            }
        }),
    ),
    operation(
        Rule::GeneratedConfiguration,
        "GenerateResourceConfig",
        "password",
        on!(Generate, |a| {
            put(&mut a.config, &"password".into(), "pa55".into());
        }),
    ),
    operation(
        Rule::GeneratedConfiguration,
        "GenerateResourceConfig",
        "name_server",
        on!(Generate, |a| put(&mut a.config, &"name_server".into(), "9.9.9.9".into())),
    ),
    operation(
        Rule::GeneratedConfiguration,
        "GenerateResourceConfig",
        r#"disks["scsi0"].volume"#,
        on!(Generate, |a| put(&mut a.config, &disk("volume"), "vol-1".into())),
    ),
    read(Rule::Deferred, "", on!(Read, |a| a.deferred = Some(proto::Deferred::default()))),
    operation(
        Rule::Deferred,
        "ImportResourceState",
        "",
        on!(Import, |a| {
            a.deferred = Some(proto::Deferred::default());
        }),
    ),
    operation(
        Rule::Deferred,
        "ReadDataSource",
        "",
        on!(Data, |a| {
            a.deferred = Some(proto::Deferred::default());
        }),
    ),
    operation(
        Rule::DiagnosticSeverity,
        "PlanResourceChange",
        "",
        on!(Plan, |a| {
            a.diagnostics.push(proto::Diagnostic { severity: 0, ..warning("memory") });
        }),
    ),
    operation(Rule::StopFailed, "StopProvider", "", on!(Stop, |a| a.error = "no".to_owned())),
    operation(Rule::StopWaits, "StopProvider", "", |answer, _| {
        matches!(answer, Answer::Stop(_)).then(|| Status::deadline_exceeded("never"))
    }),
];

fn peer(name: &str, port: i64) -> Value {
    object([("name", name.into()), ("port", port.into())])
}

fn disk(name: &str) -> Path {
    Path::from("disks").key("scsi0").attribute(name)
}
