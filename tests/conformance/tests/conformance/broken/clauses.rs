//! Further ways to break the rules: each clause of each, where one way does not show them all. Here are
//! values, schemas, validation, upgrades and reads; `changes` has the rest.

use conformance::Rule;
use tf_provider::cty::{Refinement, Value};
use tf_provider_protocol::proto::schema::nested_block::NestingMode;
use tf_provider_protocol::proto::schema::{Attribute, Block};
use tf_provider_protocol::proto::{self, DynamicValue};
use tonic::Status;

use super::cases::{Case, Drive, apply, load, nest, operation, plan, read, warning};
use super::tampered::{Answer, Tamper, attribute, block, optional, overfill, put, put_rack, round};

pub(super) const fn racks(
    rule: Rule,
    rpc: &'static str,
    path: &'static str,
    tamper: Tamper,
) -> Case {
    Case { rule, rpc, path, drive: Drive::Racks, tamper }
}

/// A decoder that does not take a form: a request with these bytes in its configuration is refused.
macro_rules! refusing {
    ($bytes:expr) => {
        |answer, _| match answer {
            Answer::AskedPlan(asked) if holds(&asked.config, $bytes) => {
                Some(Status::invalid_argument("cannot be read"))
            }
            _ => None,
        }
    };
}

pub(super) const CLAUSES: &[Case] = &[
    // Values on the wire.
    plan(
        Rule::AcceptedEncoding,
        "",
        on!(AskedPlan, |a| {
            a.config.take_if(|config| config.msgpack.is_empty());
        }),
    ),
    plan(Rule::AcceptedEncoding, "", |answer, _| match answer {
        Answer::AskedPlan(asked) if asked.prior_state.is_none() => {
            Some(Status::invalid_argument("no prior state"))
        }
        _ => None,
    }),
    operation(Rule::AcceptedEncoding, "ValidateResourceConfig", "", |answer, _| match answer {
        Answer::AskedValidate(asked) if asked.config.as_ref().unwrap().msgpack.is_empty() => {
            Some(Status::invalid_argument("no msgpack"))
        }
        _ => None,
    }),
    plan(Rule::AcceptedText, "", refusing!("e\u{301}".as_bytes())),
    plan(Rule::AcceptedNumber, "", refusing!(b"9007199254740993")),
    plan(Rule::AcceptedUnknown, "", refusing!(&[0xd6, 0x7f])),
    plan(Rule::AcceptedUnknown, "", refusing!(&[0x63, 0x92, 0xc0, 0xc3])),
    plan(Rule::AcceptedDynamic, "", refusing!(b"\xdb\x00\x00\x00\x08\"string\"")),
    plan(Rule::AcceptedSet, "", refusing!(b"tags\xdd\x00\x00\x00\x04")),
    apply(Rule::TypeConformity, "", on!(Apply, |a| overfill(&mut a.new_state))),
    plan(
        Rule::PlannedOtherThanConfigured,
        "password_version",
        on!(AskedPlan, |a| {
            round(&mut a.config);
        }),
    ),
    operation(
        Rule::UpgradeChanged,
        "UpgradeResourceState",
        "password_version",
        on!(Upgrade, |a| {
            round(&mut a.upgraded_state);
        }),
    ),
    plan(
        Rule::EmptyRefinement,
        "",
        on!(Plan, |a| {
            let msgpack = &mut a.planned_state.as_mut().unwrap().msgpack;
            if let Some(at) = msgpack.windows(3).position(|bytes| bytes == [0xd4, 0, 0]) {
                msgpack.splice(at..at + 3, [0xc7, 1, 12, 0x80]);
            }
        }),
    ),
    apply(Rule::InconsistentAfterApply, "address", |answer, _| {
        match answer {
            Answer::Plan(a) => put(&mut a.planned_state, &"address".into(), promised("192.")),
            // The framework would say so first.
            Answer::Apply(a) => a.diagnostics.clear(),
            _ => {}
        }
        None
    }),
    plan(
        Rule::InconsistentFinalPlan,
        "address",
        on!(Plan, |a, count| {
            let value = if count < 2 { promised("192.") } else { "10.0.0.1".into() };
            put(&mut a.planned_state, &"address".into(), value);
        }),
    ),
    load(
        Rule::AttributeType,
        "memory",
        on!(Schema, |a| {
            attribute(a, "memory").r#type = br#"["bag","string"]"#.to_vec();
        }),
    ),
    racks(
        Rule::BlockNull,
        "PlanResourceChange",
        "shelf",
        on!(Plan, |a| {
            put_rack(&mut a.planned_state, "shelf", Value::Null);
        }),
    ),
    racks(
        Rule::BlockNull,
        "PlanResourceChange",
        "cooling",
        on!(Plan, |a| {
            put_rack(&mut a.planned_state, "cooling", Value::Null);
        }),
    ),
    racks(
        Rule::BlockNull,
        "ReadResource",
        "tag",
        on!(Read, |a| {
            put_rack(&mut a.new_state, "tag", Value::Null);
        }),
    ),
    racks(
        Rule::BlockNull,
        "ApplyResourceChange",
        "port",
        on!(Apply, |a| {
            put_rack(&mut a.new_state, "port", Value::Null);
        }),
    ),
    // Schemas.
    load(Rule::AttributeClass, "name", on!(Schema, |a| attribute(a, "name").optional = true)),
    load(
        Rule::AttributeClass,
        "disks.size",
        on!(Schema, |a| {
            inner(a, "disks", "size").required = false;
        }),
    ),
    load(
        Rule::AttributeClass,
        "mood",
        on!(Schema, |a| {
            let mut mood = optional("mood", "\"string\"");
            mood.optional = false;
            let block = Some(Block { attributes: vec![mood], ..Block::default() });
            a.provider_meta = Some(proto::Schema { version: 0, block });
        }),
    ),
    load(
        Rule::AttributeName,
        "Part",
        on!(Schema, |a| {
            nest(block(a), NestingMode::List, (0, 0), Block::default());
            block(a).block_types[0].type_name = "Part".to_owned();
        }),
    ),
    load(
        Rule::BlockItems,
        "part",
        on!(Schema, |a| {
            nest(block(a), NestingMode::Map, (0, 1), Block::default());
        }),
    ),
    load(
        Rule::BlockItems,
        "part",
        on!(Schema, |a| {
            nest(block(a), NestingMode::Set, (2, 1), Block::default());
        }),
    ),
    load(
        Rule::NestingMode,
        "part",
        on!(Schema, |a| {
            nest(block(a), NestingMode::Invalid, (0, 0), Block::default());
        }),
    ),
    load(
        Rule::ComputedBlock,
        "part.part",
        on!(Schema, |a| {
            let mut computed = Block { computed: true, ..Block::default() };
            nest(&mut computed, NestingMode::List, (0, 0), Block::default());
            nest(block(a), NestingMode::List, (0, 0), computed);
        }),
    ),
    load(
        Rule::DeprecationMessage,
        "part",
        on!(Schema, |a| {
            let deprecation_message = "use less".to_owned();
            let inner = Block { deprecation_message, ..Block::default() };
            nest(block(a), NestingMode::List, (0, 0), inner);
        }),
    ),
    load(
        Rule::DuplicateName,
        "memory",
        on!(Schema, |a| {
            block(a).attributes.push(optional("memory", "\"number\""));
        }),
    ),
    load(
        Rule::DynamicInSet,
        "peers.name",
        on!(Schema, |a| {
            inner(a, "peers", "name").r#type = b"\"dynamic\"".to_vec();
        }),
    ),
    load(
        Rule::WriteOnlyInSet,
        "peers.name",
        on!(Schema, |a| {
            inner(a, "peers", "name").write_only = true;
        }),
    ),
    load(
        Rule::Capability,
        "",
        on!(Schema, |a| {
            a.server_capabilities.as_mut().unwrap().plan_destroy = false;
        }),
    ),
    load(
        Rule::Capability,
        "",
        on!(Schema, |a| {
            a.server_capabilities.as_mut().unwrap().get_provider_schema_optional = false;
        }),
    ),
    load(
        Rule::Capability,
        "",
        on!(Schema, |a| {
            a.server_capabilities.as_mut().unwrap().generate_resource_config = false;
        }),
    ),
    operation(Rule::SchemaFirst, "ValidateProviderConfig", "", |answer, _| match answer {
        Answer::Cold("validate_provider_config") => Some(Status::failed_precondition("no schema")),
        _ => None,
    }),
    operation(Rule::SchemaFirst, "ValidateResourceConfig", "", |answer, _| match answer {
        Answer::Cold("validate_resource_config") => Some(Status::failed_precondition("no schema")),
        _ => None,
    }),
    // Validation.
    operation(
        Rule::UnknownRefused,
        "ValidateResourceConfig",
        "memory",
        on!(Validate, |a, count| {
            if count == 0 {
                a.diagnostics.push(error("memory"));
            }
        }),
    ),
    operation(
        Rule::UnknownRefused,
        "ConfigureProvider",
        "",
        on!(Configure, |a, count| {
            if count > 0 {
                a.diagnostics.push(proto::Diagnostic { attribute: None, ..error("endpoint") });
            }
        }),
    ),
    operation(
        Rule::ValidateNotRepeatable,
        "ValidateResourceConfig",
        "",
        on!(Validate, |a, count| {
            if count == 1 {
                a.diagnostics.push(warning("memory"));
            }
        }),
    ),
    operation(
        Rule::WriteOnlyAccepted,
        "ValidateResourceConfig",
        "password",
        on!(Validate, |a| {
            a.diagnostics.retain(|one| !one.summary.contains("1.11"));
        }),
    ),
    // Upgrades and reads.
    operation(Rule::UndefinedAttribute, "UpgradeResourceState", "", |answer, _| match answer {
        Answer::AskedUpgrade(asked) if strange(asked) => {
            Some(Status::invalid_argument("an attribute that is not there"))
        }
        _ => None,
    }),
    operation(
        Rule::UnknownAfterApply,
        "UpgradeResourceState",
        "comment",
        on!(Upgrade, |a| {
            put(&mut a.upgraded_state, &"comment".into(), Value::unknown());
        }),
    ),
    operation(
        Rule::TypeConformity,
        "UpgradeResourceState",
        "",
        on!(Upgrade, |a| {
            a.upgraded_state = Some(DynamicValue { msgpack: vec![0x80], json: vec![] });
        }),
    ),
    operation(
        Rule::WriteOnlyStored,
        "UpgradeResourceState",
        "password",
        on!(Upgrade, |a| {
            put(&mut a.upgraded_state, &"password".into(), "pa55".into());
        }),
    ),
    read(
        Rule::UnknownAfterApply,
        "comment",
        on!(Read, |a| {
            put(&mut a.new_state, &"comment".into(), Value::unknown());
        }),
    ),
    read(Rule::TypeConformity, "", on!(Read, |a| overfill(&mut a.new_state))),
    read(
        Rule::ReadNotRepeatable,
        "comment",
        on!(Read, |a, count| if count == 1 {
            put(&mut a.new_state, &"comment".into(), "surprise".into());
        }),
    ),
    read(Rule::IdentityMissing, "", on!(Read, |a| a.new_identity = None)),
];

/// An attribute inside another.
fn inner<'a>(
    answer: &'a mut proto::get_provider_schema::Response,
    outer: &str,
    name: &str,
) -> &'a mut Attribute {
    let attributes = &mut attribute(answer, outer).nested_type.as_mut().unwrap().attributes;
    attributes.iter_mut().find(|attribute| attribute.name == name).unwrap()
}

fn holds(config: &Option<DynamicValue>, bytes: &[u8]) -> bool {
    let msgpack = config.as_ref().map_or(&[][..], |config| &config.msgpack);
    msgpack.windows(bytes.len()).any(|window| window == bytes)
}

fn strange(asked: &proto::upgrade_resource_state::Request) -> bool {
    let json = asked.raw_state.as_ref().map_or(&[][..], |raw| &raw.json);
    String::from_utf8_lossy(json).contains("of_another_version")
}

fn error(attribute: &str) -> proto::Diagnostic {
    let severity = proto::diagnostic::Severity::Error.into();
    proto::Diagnostic { severity, ..warning(attribute) }
}

/// What a plan promises of an address.
fn promised(prefix: &str) -> Value {
    Value::from(Refinement::not_null().with_prefix(prefix))
}
