//! One way to break each rule.

use conformance::Rule;
use tf_provider::cty::{Path, Value};
use tf_provider_protocol::proto::schema::nested_block::NestingMode;
use tf_provider_protocol::proto::schema::{Block, NestedBlock};
use tf_provider_protocol::proto::{self, Diagnostic};
use tonic::Status;

use super::tampered::{Answer, Tamper, attribute, block, identity, optional, put, put_open, text};

/// A provider that breaks a rule.
pub(super) struct Case {
    pub(super) rule: Rule,
    pub(super) rpc: &'static str,
    pub(super) path: &'static str,
    pub(super) drive: Drive,
    pub(super) tamper: Tamper,
}

/// How far the harness has to go to find it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drive {
    Load,
    Operations,
    /// The operations of the sample with blocks.
    Racks,
}

pub(super) const fn load(rule: Rule, path: &'static str, tamper: Tamper) -> Case {
    Case { rule, rpc: "GetProviderSchema", path, drive: Drive::Load, tamper }
}

pub(super) const fn operation(
    rule: Rule,
    rpc: &'static str,
    path: &'static str,
    tamper: Tamper,
) -> Case {
    Case { rule, rpc, path, drive: Drive::Operations, tamper }
}

pub(super) const fn plan(rule: Rule, path: &'static str, tamper: Tamper) -> Case {
    operation(rule, "PlanResourceChange", path, tamper)
}

pub(super) const fn apply(rule: Rule, path: &'static str, tamper: Tamper) -> Case {
    operation(rule, "ApplyResourceChange", path, tamper)
}

pub(super) const fn read(rule: Rule, path: &'static str, tamper: Tamper) -> Case {
    operation(rule, "ReadResource", path, tamper)
}

/// A tampering with one kind of answer.
macro_rules! on {
    ($kind:ident, |$answer:ident| $body:expr) => {
        |answer, _| {
            if let Answer::$kind($answer) = answer {
                $body;
            }
            None
        }
    };
    ($kind:ident, |$answer:ident, $count:ident| $body:expr) => {
        |answer, $count| {
            if let Answer::$kind($answer) = answer {
                $body;
            }
            None
        }
    };
}

pub(super) const CASES: &[Case] = &[
    // Schemas.
    load(Rule::AttributeClass, "memory", on!(Schema, |a| attribute(a, "memory").required = true)),
    load(Rule::AttributeClass, "id", on!(Schema, |a| attribute(a, "id").computed = false)),
    load(
        Rule::AttributeName,
        "Bad-Name",
        on!(Schema, |a| block(a).attributes.push(optional("Bad-Name", "\"string\""))),
    ),
    load(Rule::AttributeType, "memory", on!(Schema, |a| attribute(a, "memory").r#type.clear())),
    load(
        Rule::AttributeType,
        "disks",
        on!(Schema, |a| attribute(a, "disks").r#type = b"\"string\"".to_vec()),
    ),
    load(
        Rule::BlockItems,
        "part",
        on!(Schema, |a| nest(block(a), NestingMode::Single, (0, 1), Block::default())),
    ),
    load(
        Rule::BlockItems,
        "part",
        on!(Schema, |a| nest(block(a), NestingMode::Group, (0, 1), Block::default())),
    ),
    load(
        Rule::BlockItems,
        "part",
        on!(Schema, |a| nest(block(a), NestingMode::List, (3, 2), Block::default())),
    ),
    load(
        Rule::ComputedBlock,
        "part.size",
        on!(Schema, |a| {
            let attributes = vec![optional("size", "\"number\"")];
            let computed = Block { computed: true, attributes, ..Block::default() };
            nest(block(a), NestingMode::List, (0, 0), computed);
        }),
    ),
    load(
        Rule::DeprecationMessage,
        "memory",
        on!(Schema, |a| attribute(a, "memory").deprecation_message = "use less".to_owned()),
    ),
    load(
        Rule::DuplicateName,
        "part",
        on!(Schema, |a| {
            block(a).attributes.push(optional("part", "\"string\""));
            nest(block(a), NestingMode::List, (0, 0), Block::default());
        }),
    ),
    load(
        Rule::DynamicInSet,
        "any",
        on!(Schema, |a| block(a).attributes.push(optional("any", r#"["set","dynamic"]"#))),
    ),
    load(
        Rule::DynamicInSet,
        "part.any",
        on!(Schema, |a| {
            let attributes = vec![optional("any", "\"dynamic\"")];
            let inner = Block { attributes, ..Block::default() };
            nest(block(a), NestingMode::Set, (0, 0), inner);
        }),
    ),
    Case {
        rule: Rule::IdentitySchema,
        rpc: "GetResourceIdentitySchemas",
        path: "id",
        drive: Drive::Load,
        tamper: on!(Identities, |a| {
            let schema = a.identity_schemas.values_mut().next().unwrap();
            schema.identity_attributes[0].r#type = br#"["map","string"]"#.to_vec();
        }),
    },
    Case {
        rule: Rule::IdentitySchema,
        rpc: "GetResourceIdentitySchemas",
        path: "id",
        drive: Drive::Load,
        tamper: on!(Identities, |a| {
            let schema = a.identity_schemas.values_mut().next().unwrap();
            schema.identity_attributes[0].optional_for_import = true;
        }),
    },
    load(Rule::MissingProviderSchema, "", on!(Schema, |a| a.provider = None)),
    load(
        Rule::NestingMode,
        "disks",
        on!(Schema, |a| attribute(a, "disks").nested_type.as_mut().unwrap().nesting = 0),
    ),
    load(
        Rule::ReservedName,
        "count",
        on!(Schema, |a| block(a).attributes.push(optional("count", "\"number\""))),
    ),
    load(
        Rule::WriteOnlyComputed,
        "memory",
        on!(Schema, |a| attribute(a, "memory").write_only = true),
    ),
    load(
        Rule::WriteOnlyInSet,
        "part.secret",
        on!(Schema, |a| {
            let mut secret = optional("secret", "\"string\"");
            secret.write_only = true;
            let inner = Block { attributes: vec![secret], ..Block::default() };
            nest(block(a), NestingMode::Set, (0, 0), inner);
        }),
    ),
    // Messages.
    operation(
        Rule::DiagnosticPath,
        "ValidateResourceConfig",
        "nowhere",
        on!(Validate, |a| a.diagnostics.push(warning("nowhere"))),
    ),
    operation(
        Rule::DiagnosticPath,
        "ValidateResourceConfig",
        "tags[0]",
        on!(Validate, |a| {
            let mut diagnostic = warning("tags");
            diagnostic.attribute = Some((&Path::from("tags").index(0)).into());
            a.diagnostics.push(diagnostic);
        }),
    ),
    operation(
        Rule::DiagnosticSeverity,
        "ValidateResourceConfig",
        "",
        on!(Validate, |a| a.diagnostics.push(Diagnostic { severity: 0, ..warning("memory") })),
    ),
    operation(
        Rule::DiagnosticSummary,
        "ValidateResourceConfig",
        "",
        on!(Validate, |a| {
            a.diagnostics.push(Diagnostic { summary: String::new(), ..warning("memory") });
        }),
    ),
    operation(Rule::GrpcError, "ReadDataSource", "", |answer, _| {
        matches!(answer, Answer::Data(_)).then(|| Status::internal("no such thing"))
    }),
    // Plans.
    plan(Rule::Deferred, "", on!(Plan, |a| a.deferred = Some(proto::Deferred::default()))),
    plan(
        Rule::Encoding,
        "",
        on!(Plan, |a| {
            a.planned_state = Some(proto::DynamicValue { msgpack: vec![], json: b"null".to_vec() });
        }),
    ),
    plan(Rule::LegacyTypeSystem, "", on!(Plan, |a| a.legacy_type_system = true)),
    plan(
        Rule::PlannedElements,
        "disks",
        on!(Plan, |a| put(&mut a.planned_state, &"disks".into(), Value::map::<String>([]))),
    ),
    plan(
        Rule::PlannedNotComputed,
        "note",
        on!(Plan, |a| put(&mut a.planned_state, &"note".into(), "surprise".into())),
    ),
    plan(Rule::PlannedNull, "", on!(Plan, |a| a.planned_state = None)),
    plan(
        Rule::PlannedNull,
        "disks",
        on!(Plan, |a| put(&mut a.planned_state, &"disks".into(), Value::Null)),
    ),
    plan(
        Rule::PlannedOtherThanConfigured,
        "memory",
        on!(Plan, |a| put(&mut a.planned_state, &"memory".into(), 65.into())),
    ),
    plan(
        Rule::PlannedOtherThanConfigured,
        r#"disks["scsi0"].size"#,
        on!(Plan, |a| {
            let size = Path::from("disks").key("scsi0").attribute("size");
            put(&mut a.planned_state, &size, 9.into());
        }),
    ),
    plan(
        Rule::PlannedUnknown,
        "zone",
        on!(Plan, |a| put(&mut a.planned_state, &"zone".into(), Value::unknown())),
    ),
    plan(
        Rule::PlanNotRepeatable,
        "",
        on!(Plan, |a, count| a.planned_private = format!("{{\"{count}\":1}}").into_bytes()),
    ),
    plan(
        Rule::PlanNotRepeatable,
        "attempts",
        on!(Plan, |a, count| {
            let count = i64::try_from(count).unwrap();
            put(&mut a.planned_state, &"attempts".into(), count.into());
        }),
    ),
    plan(
        Rule::ReplacePath,
        "nowhere",
        on!(Plan, |a| a.requires_replace.push((&Path::from("nowhere")).into())),
    ),
    plan(
        Rule::InconsistentFinalPlan,
        "attempts",
        on!(Plan, |a, count| if count >= 2 {
            put(&mut a.planned_state, &"attempts".into(), 4.into());
        }),
    ),
    plan(
        Rule::SecondPlanNotEmpty,
        "attempts",
        on!(Plan, |a, count| if count >= 4 {
            put(&mut a.planned_state, &"attempts".into(), 4.into());
        }),
    ),
    plan(
        Rule::WriteOnlyStored,
        "password",
        on!(Plan, |a| put(&mut a.planned_state, &"password".into(), "pa55".into())),
    ),
    // Applies.
    apply(Rule::IdentityMissing, "", on!(Apply, |a| a.new_identity = None)),
    apply(
        Rule::InconsistentAfterApply,
        "memory",
        on!(Apply, |a| put(&mut a.new_state, &"memory".into(), 65.into())),
    ),
    apply(Rule::NullAfterApply, "", on!(Apply, |a| a.new_state = None)),
    apply(Rule::PrivateLost, "", on!(Apply, |a| a.private.clear())),
    apply(
        Rule::TypeConformity,
        "",
        on!(Apply, |a| {
            a.new_state = Some(proto::DynamicValue { msgpack: vec![0x80], json: vec![] });
        }),
    ),
    apply(
        Rule::UnknownAfterApply,
        "address",
        on!(Apply, |a| put(&mut a.new_state, &"address".into(), Value::unknown())),
    ),
    apply(
        Rule::WriteOnlyStored,
        "password",
        on!(Apply, |a| put(&mut a.new_state, &"password".into(), "pa55".into())),
    ),
    // Reads.
    read(
        Rule::ChangedByRefresh,
        "comment",
        on!(Read, |a| put(&mut a.new_state, &"comment".into(), "surprise".into())),
    ),
    read(Rule::IdentityChanged, "", on!(Read, |a| a.new_identity = identity(99.into()))),
    read(Rule::IdentityUnknown, "id", on!(Read, |a| a.new_identity = identity(Value::unknown()))),
    read(Rule::PrivateLost, "", on!(Read, |a| a.private.clear())),
    read(
        Rule::WriteOnlyStored,
        "password",
        on!(Read, |a| put(&mut a.new_state, &"password".into(), "pa55".into())),
    ),
    operation(
        Rule::UpgradeChanged,
        "UpgradeResourceState",
        "comment",
        on!(Upgrade, |a| put(&mut a.upgraded_state, &"comment".into(), "surprise".into())),
    ),
    operation(
        Rule::ImportedOne,
        "ImportResourceState",
        "",
        on!(Import, |a| a.imported_resources.clear()),
    ),
    operation(
        Rule::ImportedOne,
        "ImportResourceState",
        "",
        on!(Import, |a| a.imported_resources[0].type_name = "sample_other".to_owned()),
    ),
    operation(Rule::NullDataSource, "ReadDataSource", "", on!(Data, |a| a.state = None)),
    // What there is beside resources.
    load(Rule::Capability, "", on!(Schema, |a| a.server_capabilities = None)),
    load(
        Rule::Capability,
        "",
        on!(Schema, |a| a.server_capabilities.as_mut().unwrap().move_resource_state = false),
    ),
    Case {
        rule: Rule::Metadata,
        rpc: "GetMetadata",
        path: "",
        drive: Drive::Load,
        tamper: on!(Metadata, |a| a.actions.clear()),
    },
    load(
        Rule::FunctionSignature,
        "",
        on!(Schema, |a| a.functions.get_mut("join").unwrap().r#return = None),
    ),
    load(
        Rule::FunctionSignature,
        "separator",
        on!(Schema, |a| {
            let join = a.functions.get_mut("join").unwrap();
            let twice = join.parameters[0].clone();
            join.parameters.push(twice);
        }),
    ),
    operation(
        Rule::FunctionArgument,
        "CallFunction",
        "",
        on!(Call, |a| a.error.iter_mut().for_each(|error| error.function_argument = Some(1))),
    ),
    operation(
        Rule::FunctionImpure,
        "CallFunction",
        "",
        on!(Call, |a, count| if count == 1 {
            a.result = text(&"surprise".into());
        }),
    ),
    operation(
        Rule::UnknownAfterApply,
        "CallFunction",
        "",
        on!(Call, |a| if a.error.is_none() {
            a.result = text(&Value::unknown());
        }),
    ),
    load(
        Rule::ListedType,
        "",
        on!(Schema, |a| {
            let schema = a.list_resource_schemas.values().next().unwrap().clone();
            a.list_resource_schemas.insert("sample_nothing".to_owned(), schema);
        }),
    ),
    operation(
        Rule::ListedName,
        "ListResource",
        "",
        on!(List, |a| a.iter_mut().for_each(|event| event.display_name.clear())),
    ),
    operation(
        Rule::ListedObject,
        "ListResource",
        "",
        on!(List, |a| a.iter_mut().for_each(|event| {
            event.resource_object.get_or_insert_with(Default::default);
        })),
    ),
    operation(
        Rule::ListedTooMany,
        "ListResource",
        "",
        on!(List, |a| {
            let twice = a[0].clone();
            a.push(twice);
        }),
    ),
    operation(
        Rule::IdentityMissing,
        "ListResource",
        "",
        on!(List, |a| a.iter_mut().for_each(|event| event.identity = None)),
    ),
    operation(
        Rule::ActionCompleted,
        "InvokeAction",
        "",
        on!(Invoke, |a| {
            a.pop();
        }),
    ),
    operation(
        Rule::ActionCompleted,
        "InvokeAction",
        "",
        on!(Invoke, |a| {
            let twice = a[0].clone();
            a.push(twice);
        }),
    ),
    operation(Rule::ActionEvent, "InvokeAction", "", on!(Invoke, |a| a[0].r#type = None)),
    operation(
        Rule::Deferred,
        "PlanAction",
        "",
        on!(PlanAction, |a| a.deferred = Some(proto::Deferred::default())),
    ),
    operation(
        Rule::Deferred,
        "OpenEphemeralResource",
        "",
        on!(Open, |a| a.deferred = Some(proto::Deferred::default())),
    ),
    operation(
        Rule::PlannedOtherThanConfigured,
        "OpenEphemeralResource",
        "user",
        on!(Open, |a| put_open(a, "user", "root".into())),
    ),
    operation(
        Rule::UnknownAfterApply,
        "OpenEphemeralResource",
        "token",
        on!(Open, |a| put_open(a, "token", Value::unknown())),
    ),
    operation(Rule::PrivateLost, "RenewEphemeralResource", "", on!(Renew, |a| a.private = None)),
    operation(
        Rule::GeneratedConfiguration,
        "GenerateResourceConfig",
        "id",
        on!(Generate, |a| put(&mut a.config, &"id".into(), 1.into())),
    ),
    operation(
        Rule::GeneratedConfiguration,
        "GenerateResourceConfig",
        "memory",
        on!(Generate, |a| put(&mut a.config, &"memory".into(), 1.into())),
    ),
    operation(Rule::MovedNothing, "MoveResourceState", "", on!(Move, |a| a.target_state = None)),
    operation(
        Rule::IdentityMissing,
        "MoveResourceState",
        "",
        on!(Move, |a| a.target_identity = None),
    ),
    operation(
        Rule::WriteOnlyStored,
        "MoveResourceState",
        "password",
        on!(Move, |a| put(&mut a.target_state, &"password".into(), "pa55".into())),
    ),
    operation(
        Rule::IdentityUnknown,
        "UpgradeResourceIdentity",
        "id",
        on!(UpgradeIdentity, |a| a.upgraded_identity = identity(Value::unknown())),
    ),
];

pub(super) fn nest(
    block: &mut Block,
    nesting: NestingMode,
    (least, most): (i64, i64),
    inner: Block,
) {
    block.block_types.push(NestedBlock {
        type_name: "part".to_owned(),
        block: Some(inner),
        nesting: nesting.into(),
        min_items: least,
        max_items: most,
    });
}

pub(super) fn warning(attribute: &str) -> Diagnostic {
    Diagnostic {
        severity: proto::diagnostic::Severity::Warning.into(),
        summary: "Beware".to_owned(),
        detail: String::new(),
        attribute: Some((&Path::from(attribute)).into()),
    }
}
