//! The further cases of the harness, each clause of each rule, and what either Terraform makes of it.

use super::scene::Scene;
use super::table::{NO_GENERATING, NO_IDENTITIES, NO_QUERY, Row, both, each};
use super::verdict::Verdict::{Accepts, Crashes, NeverAsks, Refuses, Shows};

pub(super) const FURTHER: &[Row] = &[
    both("AcceptedEncoding PlanResourceChange", NeverAsks("core itself sends msgpack alone")),
    both(
        "AcceptedEncoding PlanResourceChange (2)",
        NeverAsks("core itself sends null in its own form"),
    ),
    both("AcceptedEncoding ValidateResourceConfig", NeverAsks("core itself sends msgpack alone")),
    both(
        "AcceptedText PlanResourceChange",
        NeverAsks("the values here have no such form; the harness sends it"),
    ),
    both(
        "AcceptedNumber PlanResourceChange",
        NeverAsks("the values here have no such form; the harness sends it"),
    ),
    both(
        "AcceptedUnknown PlanResourceChange",
        NeverAsks("the values here have no such form; the harness sends it"),
    ),
    both(
        "AcceptedUnknown PlanResourceChange (2)",
        NeverAsks("the values here have no such form; the harness sends it"),
    ),
    both(
        "AcceptedDynamic PlanResourceChange",
        NeverAsks("the values here have no such form; the harness sends it"),
    ),
    both(
        "AcceptedSet PlanResourceChange",
        NeverAsks("the values here have no such form; the harness sends it"),
    ),
    both(
        "TypeConformity ApplyResourceChange (2)",
        Refuses("an object with 28 attributes is required (29 given)"),
    ),
    both(
        "PlannedOtherThanConfigured PlanResourceChange password_version",
        Refuses(".password_version: planned value"),
    ),
    both(
        "UpgradeChanged UpgradeResourceState password_version",
        Accepts("the refresh right after it finds what is there"),
    ),
    both("EmptyRefinement PlanResourceChange", Accepts("core reads it; older ones may not")),
    both(
        "InconsistentAfterApply ApplyResourceChange address",
        Refuses(".address: final value cty.StringVal(\"10.0.0.1\") does not"),
    )
    .at(Scene::Apply),
    both(
        "InconsistentFinalPlan PlanResourceChange address",
        Refuses("Provider produced inconsistent final plan"),
    )
    .at(Scene::Apply)
    .after(1),
    both("AttributeType GetProviderSchema memory (2)", Crashes("invalid complex type kind name")),
    both(
        "BlockNull PlanResourceChange shelf",
        Refuses("must be empty to indicate no blocks, not null"),
    )
    .at(Scene::Rack),
    both(
        "BlockNull PlanResourceChange cooling",
        Refuses(".cooling: planned for absence but config wants existence"),
    )
    .at(Scene::Rack),
    both("BlockNull ReadResource tag", Accepts("core makes it empty")).at(Scene::RackRefresh),
    both("BlockNull ApplyResourceChange port", Accepts("core makes it empty")).at(Scene::RackApply),
    both(
        "AttributeClass GetProviderSchema name",
        Refuses("name: cannot set both Optional and Required"),
    ),
    both(
        "AttributeClass GetProviderSchema disks.size",
        Refuses("size: must set Optional, Required or Computed"),
    ),
    both(
        "AttributeClass GetProviderSchema mood",
        Accepts("core looks at it when a module has such metadata"),
    ),
    both(
        "AttributeName GetProviderSchema Part",
        Refuses("Part: name may contain only lowercase letters"),
    ),
    both(
        "BlockItems GetProviderSchema part (4)",
        Refuses("part: MinItems and MaxItems must both be 0 in NestingMap mode"),
    ),
    both(
        "BlockItems GetProviderSchema part (5)",
        Refuses("part: MinItems must be less than or equal to MaxItems in NestingSet mode"),
    ),
    both("NestingMode GetProviderSchema part", Refuses("part: invalid nesting mode")),
    both(
        "ComputedBlock GetProviderSchema part.part",
        Accepts("computed blocks are of Terraform 1.16"),
    ),
    each(
        "DeprecationMessage GetProviderSchema part",
        Accepts("messages are of Terraform 1.15"),
        Refuses("DeprecationMessage must not be set when Deprecated is false"),
    ),
    both("DuplicateName GetProviderSchema memory", Accepts("core takes the last one")),
    both(
        "DynamicInSet GetProviderSchema peers.name",
        Refuses("peers: NestingSet attributes may not contain attributes of cty.DynamicPseudoType"),
    ),
    both(
        "WriteOnlyInSet GetProviderSchema peers.name",
        Refuses("peers: NestingSet attributes may not contain WriteOnly attributes"),
    ),
    both("Capability GetProviderSchema (3)", Accepts("core then leaves out what it could ask")),
    both("Capability GetProviderSchema (4)", Accepts("core then leaves out what it could ask")),
    both("Capability GetProviderSchema (5)", Accepts("core then leaves out what it could ask")),
    both("SchemaFirst ValidateProviderConfig", Refuses("desc = no schema")),
    both("SchemaFirst ValidateResourceConfig", Refuses("desc = no schema")),
    both("UnknownRefused ValidateResourceConfig memory", Refuses("Beware")),
    both("UnknownRefused ConfigureProvider", Refuses("Beware")).after(1),
    both(
        "ValidateNotRepeatable ValidateResourceConfig",
        Shows("Beware", "core does not compare what it is told"),
    )
    .after(1),
    both(
        "WriteOnlyAccepted ValidateResourceConfig password",
        NeverAsks("both store nothing that is write-only; older ones would"),
    ),
    both("UndefinedAttribute UpgradeResourceState", NeverAsks("the state here is of this version")),
    both(
        "UnknownAfterApply UpgradeResourceState comment",
        Refuses("The returned state contains unknown values"),
    ),
    both("TypeConformity UpgradeResourceState", Refuses("missing required attribute \"zone\"")),
    both(
        "WriteOnlyStored UpgradeResourceState password",
        Refuses("returned a value for the write-only attribute \"sample_server.this.password\""),
    ),
    both(
        "UnknownAfterApply ReadResource comment",
        Refuses("during refresh: The returned state contains unknown values"),
    ),
    both(
        "TypeConformity ReadResource",
        Refuses("an object with 28 attributes is required (29 given)"),
    ),
    both("ReadNotRepeatable ReadResource comment", Accepts("something else may have changed it"))
        .after(1),
    each(
        "IdentityMissing ReadResource",
        Accepts("identities are of Terraform 1.12"),
        Accepts("core keeps the identity that it has"),
    ),
    both(
        "PlannedNull PlanResourceChange (2)",
        Refuses("planned a non-null destroy value for sample_server.this"),
    )
    .at(Scene::Destroy),
    both(
        "PlannedElements PlanResourceChange rules",
        Refuses(".rules: count in plan (cty.NumberIntVal(0)) disagrees with count in config"),
    ),
    both(
        "PlannedElements PlanResourceChange peers",
        Refuses(".peers: count in plan (cty.NumberIntVal(0)) disagrees with count in config"),
    ),
    both(
        "PlannedElements PlanResourceChange peers (2)",
        Accepts("core counts the elements of a set and compares none"),
    ),
    both(
        "PlannedUnknown PlanResourceChange disks",
        Refuses(".disks: planned unknown for configured value"),
    ),
    both(
        r#"PlannedUnknown PlanResourceChange disks["scsi0"].size"#,
        Refuses(".disks.scsi0.size: planned value cty.UnknownVal(cty.Number)"),
    ),
    both(
        "WriteOnlyStored PlanResourceChange agent.secret",
        Refuses("\"sample_server.this.agent.secret\" during planning"),
    ),
    both(
        "PlannedElements PlanResourceChange shelf",
        Refuses(".shelf: block count in plan (0) disagrees with count in config (2)"),
    )
    .at(Scene::Rack),
    both(
        "PlannedElements PlanResourceChange port",
        Refuses("block key \"eth9\" from plan is not present in config"),
    )
    .at(Scene::Rack),
    both("PlannedElements PlanResourceChange tag", Accepts("core compares no blocks in sets"))
        .at(Scene::Rack),
    both(
        "PlannedOtherThanConfigured PlanResourceChange shelf[0].height",
        Refuses(".shelf[0].height: planned value cty.NumberIntVal(9)"),
    )
    .at(Scene::Rack),
    both(
        "PlannedUnknown PlanResourceChange shelf",
        Refuses("attribute representing nested block must not be unknown itself"),
    )
    .at(Scene::Rack),
    both(
        "PlannedOtherThanConfigured PlanResourceChange shelf",
        Refuses(".shelf: planned value cty.ListValEmpty("),
    )
    .at(Scene::RackUnknown),
    both(
        "PlannedNull PlanResourceChange location",
        Refuses(".location: planned for absence but config wants existence"),
    )
    .at(Scene::Rack),
    both(
        "InconsistentFinalPlan PlanResourceChange",
        Refuses("changed the planned action from Update to DeleteThenCreate"),
    )
    .at(Scene::UpdateApply)
    .after(9),
    each(
        "IdentityUnknown PlanResourceChange id",
        Accepts("identities are of Terraform 1.12"),
        Refuses("returned an identity with unknown values for sample_server.this"),
    )
    .at(Scene::Update)
    .after(4),
    each(
        "IdentityChanged PlanResourceChange",
        Accepts("identities are of Terraform 1.12"),
        Accepts("core takes the other one"),
    )
    .at(Scene::Update)
    .after(4),
    both("PrivateLost PlanResourceChange", Accepts("what a provider remembers is its own affair"))
        .at(Scene::Apply)
        .after(2),
    both(
        "PrivateLost PlanResourceChange (2)",
        Accepts("what a provider remembers is its own affair"),
    )
    .at(Scene::Update)
    .after(4),
    both(
        r#"InconsistentAfterApply ApplyResourceChange disks["scsi0"]"#,
        Refuses(".disks: element \"scsi0\" has vanished"),
    ),
    both(
        "InconsistentAfterApply ApplyResourceChange rules",
        Refuses(".rules: element 0 has vanished"),
    ),
    both(
        "InconsistentAfterApply ApplyResourceChange tags",
        Refuses(".tags: actual set element cty.StringVal(\"c\") does not"),
    ),
    both(
        "InconsistentAfterApply ApplyResourceChange peers",
        Refuses(".peers: planned set element"),
    ),
    both(
        "InconsistentAfterApply ApplyResourceChange note",
        Refuses(".note: was null, but now cty.StringVal(\"surprise\")"),
    ),
    both(
        "InconsistentAfterApply ApplyResourceChange shelf",
        Refuses(".shelf: block count changed from 2 to 0"),
    )
    .at(Scene::RackApply),
    both("InconsistentAfterApply ApplyResourceChange tag", Refuses(".tag: actual set element"))
        .at(Scene::RackApply),
    both(
        "NullAfterApply ApplyResourceChange (2)",
        Refuses("the provider returned a non-null object for sample_server.this"),
    )
    .at(Scene::Destroy),
    both(
        r#"UnknownAfterApply ApplyResourceChange disks["scsi0"].volume"#,
        Refuses("indicated an unknown value for sample_server.this.disks[\"scsi0\"].volume"),
    ),
    both(
        "WriteOnlyStored ApplyResourceChange agent.secret",
        Refuses("\"sample_server.this.agent.secret\" after apply"),
    ),
    both(
        "Orphaned ApplyResourceChange",
        NeverAsks("the apply here does not fail; core would forget the object"),
    ),
    both("PrivateLost ApplyResourceChange (2)", NeverAsks("the apply here does not fail")),
    both(
        "LegacyTypeSystem ApplyResourceChange",
        Accepts("it has Terraform log what else is wrong instead of refusing it"),
    ),
    each(
        "IdentityChanged ApplyResourceChange",
        Accepts("identities are of Terraform 1.12"),
        Accepts("core takes the other one"),
    )
    .at(Scene::UpdateApply)
    .after(1),
    both(
        "ImportedOne ImportResourceState (3)",
        Refuses("the provider returned multiple resource instance states"),
    ),
    both("ImportedOne ImportResourceState (4)", Refuses("returned an instance with no state")),
    each(
        "IdentityMissing ImportResourceState",
        Accepts("identities are of Terraform 1.12"),
        Accepts("the refresh that follows finds it"),
    ),
    both(
        "WriteOnlyStored ImportResourceState password",
        Refuses("returned a value for the write-only attribute \"sample_server.this.password\""),
    ),
    both(
        "UnknownAfterApply ImportResourceState comment",
        Accepts("the refresh that follows finds it"),
    ),
    each(
        "IdentitySchema GetResourceIdentitySchemas",
        NO_IDENTITIES,
        Refuses("has invalid negative ident"),
    ),
    each(
        "IdentitySchema GetResourceIdentitySchemas (2)",
        NO_IDENTITIES,
        Accepts("nothing can be imported by it"),
    ),
    each(
        "IdentitySecret GetResourceIdentitySchemas password",
        NO_IDENTITIES,
        Accepts("core shows every identity"),
    ),
    both(
        "UnknownAfterApply ReadDataSource",
        Refuses("produced a value for data.sample_inventory.this that is not wholly known"),
    ),
    both("TypeConformity ReadDataSource", Refuses("missing required attribute \"zone\"")),
    both(
        "PlannedNull OpenEphemeralResource",
        Refuses("planned for absence but config wants existence"),
    ),
    both(
        "DiagnosticSummary CallFunction",
        Shows("Invalid value for \"separator\" parameter: .", "the message says nothing"),
    )
    .at(Scene::Call(r#""long""#)),
    both("TypeConformity CallFunction", Refuses("failed: string is required")),
    both("GrpcError CallFunction", Refuses("The plugin returned an unexpected err")),
    each(
        "ListedObject ListResource (2)",
        NO_QUERY,
        Accepts("it is listed without what was asked for"),
    )
    .at(Scene::ListWhole),
    each("UnknownAfterApply ListResource comment", NO_QUERY, Accepts("core does not look into it"))
        .at(Scene::ListWhole),
    each(
        "GeneratedConfiguration GenerateResourceConfig password",
        NO_GENERATING,
        Accepts("a secret is in the file"),
    ),
    each(
        "GeneratedConfiguration GenerateResourceConfig name_server",
        NO_GENERATING,
        Accepts("the file warns from then on"),
    ),
    each(
        r#"GeneratedConfiguration GenerateResourceConfig disks["scsi0"].volume"#,
        NO_GENERATING,
        Refuses("`disks[\"scsi0\"].volume` cannot be configured"),
    ),
    both(
        "Deferred ReadResource",
        Refuses("Provider deferred changes when Terraform did not allow deferrals"),
    ),
    both(
        "Deferred ImportResourceState",
        Refuses("Provider deferred changes when Terraform did not allow deferrals"),
    ),
    both(
        "Deferred ReadDataSource",
        Refuses("Provider deferred changes when Terraform did not allow deferrals"),
    ),
    both("DiagnosticSeverity PlanResourceChange", Accepts("the message is lost")),
    both("StopFailed StopProvider", NeverAsks("core stops a provider at Ctrl-C alone")),
    both("StopWaits StopProvider", NeverAsks("core stops a provider at Ctrl-C alone")),
];
