//! Each case of the harness, and what either Terraform makes of it.

use super::scene::Scene;
use super::verdict::Verdict::{self, Accepts, Crashes, Lacks, NeverAsks, Refuses, Shows};

/// What the Terraforms make of a case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) case: &'static str,
    /// The way to the answer, where it is not the usual one.
    pub(super) scene: Option<Scene>,
    /// How many answers there were before, for the cases that break a later one.
    pub(super) before: usize,
    /// Of Terraform 1.11.
    pub(super) eleven: Verdict,
    /// Of Terraform 1.15.
    pub(super) fifteen: Verdict,
}

impl Row {
    pub(super) const fn at(mut self, scene: Scene) -> Self {
        self.scene = Some(scene);
        self
    }

    pub(super) const fn after(mut self, before: usize) -> Self {
        self.before = before;
        self
    }
}

pub(super) const fn each(case: &'static str, eleven: Verdict, fifteen: Verdict) -> Row {
    Row { case, scene: None, before: 0, eleven, fifteen }
}

pub(super) const fn both(case: &'static str, verdict: Verdict) -> Row {
    each(case, verdict, verdict)
}

pub(super) const NO_IDENTITIES: Verdict = NeverAsks("identities are of Terraform 1.12");
pub(super) const NO_QUERY: Verdict = Lacks("Terraform has no command named \"query\"");
const NO_ACTIONS: Verdict = Lacks("flag provided but not defined: -invoke");
pub(super) const NO_GENERATING: Verdict =
    NeverAsks("the calls for generated configurations are of Terraform 1.14");

pub(super) const ROWS: &[Row] = &[
    // Schemas.
    both(
        "AttributeClass GetProviderSchema memory",
        Refuses("memory: cannot set both Optional and Required"),
    ),
    both(
        "AttributeClass GetProviderSchema id",
        Refuses("id: must set Optional, Required or Computed"),
    ),
    both(
        "AttributeName GetProviderSchema Bad-Name",
        Accepts("core looks at the names of blocks alone; no configuration can name it"),
    ),
    both(
        "AttributeType GetProviderSchema memory",
        Refuses("memory: either Type or NestedType must be defined"),
    ),
    both(
        "AttributeType GetProviderSchema disks",
        Refuses("disks: Type and NestedType cannot both be set"),
    ),
    both(
        "BlockItems GetProviderSchema part",
        Refuses("part: MinItems and MaxItems must match in NestingSingle mode"),
    ),
    both(
        "BlockItems GetProviderSchema part (2)",
        Refuses("part: MinItems and MaxItems cannot be used in NestingGroup mode"),
    ),
    both(
        "BlockItems GetProviderSchema part (3)",
        Refuses("part: MinItems must be less than or equal to MaxItems"),
    ),
    both(
        "ComputedBlock GetProviderSchema part.size",
        Accepts("computed blocks are of Terraform 1.16"),
    ),
    each(
        "DeprecationMessage GetProviderSchema memory",
        Accepts("messages are of Terraform 1.15"),
        Refuses("memory: DeprecationMessage must not be set when Deprecated is false"),
    ),
    both(
        "DuplicateName GetProviderSchema part",
        Refuses("part: name defined as both attribute and child block type"),
    ),
    both(
        "DynamicInSet GetProviderSchema any",
        Accepts("core looks at blocks alone; no configuration can fill the set"),
    ),
    both(
        "DynamicInSet GetProviderSchema part.any",
        Refuses("part: NestingSet blocks may not contain attributes of cty.DynamicPseudoType"),
    ),
    each(
        "IdentitySchema GetResourceIdentitySchemas id",
        NO_IDENTITIES,
        Refuses("attribute \"id\" is a map, which is not allowed in identity schemas"),
    ),
    each(
        "IdentitySchema GetResourceIdentitySchemas id (2)",
        NO_IDENTITIES,
        Refuses("id: cannot set both Optional and Required"),
    ),
    both("MissingProviderSchema GetProviderSchema", Refuses("missing provider schema")),
    both("NestingMode GetProviderSchema disks", Refuses("disks: invalid nesting mode")),
    both(
        "ReservedName GetProviderSchema count",
        Accepts("no configuration can set it: its place is taken"),
    ),
    both(
        "WriteOnlyComputed GetProviderSchema memory",
        Accepts("what the provider computes has no place to go to"),
    ),
    both(
        "WriteOnlyInSet GetProviderSchema part.secret",
        Refuses("part: NestingSet blocks may not contain WriteOnly attributes"),
    ),
    // Messages.
    both(
        "DiagnosticPath ValidateResourceConfig nowhere",
        Shows("Beware", "the message is shown without its place"),
    ),
    both(
        "DiagnosticPath ValidateResourceConfig tags[0]",
        Shows("Beware", "the message is shown without its place"),
    ),
    both("DiagnosticSeverity ValidateResourceConfig", Accepts("the message is lost")),
    both(
        "DiagnosticSummary ValidateResourceConfig",
        Shows("with sample_server.this", "the message is shown without its first line"),
    ),
    both("GrpcError ReadDataSource", Refuses("The plugin returned an unexpected error")),
    // Plans.
    both(
        "Deferred PlanResourceChange",
        Refuses("Provider deferred changes when Terraform did not allow deferrals"),
    ),
    both("Encoding PlanResourceChange", Refuses("planned for absence but config wants existence")),
    both(
        "LegacyTypeSystem PlanResourceChange",
        Accepts("it has Terraform log what else is wrong instead of refusing it"),
    ),
    both(
        "PlannedElements PlanResourceChange disks",
        Refuses(
            "count in plan (cty.NumberIntVal(0)) disagrees with count in config (cty.NumberIntVal(1))",
        ),
    ),
    both(
        "PlannedNotComputed PlanResourceChange note",
        Refuses(".note: planned value cty.StringVal(\"surprise\") for a non-computed attribute"),
    ),
    both(
        "PlannedNull PlanResourceChange",
        Refuses("planned for absence but config wants existence"),
    ),
    both(
        "PlannedNull PlanResourceChange disks",
        Refuses(".disks: planned for absence but config wants existence"),
    ),
    both(
        "PlannedOtherThanConfigured PlanResourceChange memory",
        Refuses(".memory: planned value cty.NumberIntVal(65) does not match config value"),
    ),
    both(
        r#"PlannedOtherThanConfigured PlanResourceChange disks["scsi0"].size"#,
        Refuses(".disks.scsi0.size: planned value cty.NumberIntVal(9) does not match config value"),
    ),
    both(
        "PlannedUnknown PlanResourceChange zone",
        Refuses(".zone: planned value cty.UnknownVal(cty.String) does not match config value"),
    ),
    both(
        "PlanNotRepeatable PlanResourceChange",
        Accepts("what the second plan remembers is taken"),
    )
    .at(Scene::Apply),
    both(
        "PlanNotRepeatable PlanResourceChange attempts",
        Refuses("Provider produced inconsistent final plan"),
    )
    .at(Scene::Apply),
    both("ReplacePath PlanResourceChange nowhere", Refuses("for a non-existent attribute path"))
        .at(Scene::Update),
    both(
        "InconsistentFinalPlan PlanResourceChange attempts",
        Refuses("Provider produced inconsistent final plan"),
    )
    .at(Scene::Apply)
    .after(1),
    both(
        "SecondPlanNotEmpty PlanResourceChange attempts",
        Accepts("a plan may find something to do; right after an apply it never ends"),
    )
    .at(Scene::ApplyPlan)
    .after(2),
    both(
        "WriteOnlyStored PlanResourceChange password",
        Refuses(
            "returned a value for the write-only attribute \"sample_server.this.password\" during planning",
        ),
    ),
    // Applies.
    each(
        "IdentityMissing ApplyResourceChange",
        Accepts("identities are of Terraform 1.12"),
        Accepts("the state lacks it until a refresh finds it"),
    ),
    both(
        "InconsistentAfterApply ApplyResourceChange memory",
        Refuses(".memory: was cty.NumberIntVal(64), but now cty.NumberIntVal(65)"),
    ),
    both("NullAfterApply ApplyResourceChange", Refuses("Root object was present, but now absent")),
    both("PrivateLost ApplyResourceChange", Accepts("what a provider remembers is its own affair")),
    both("TypeConformity ApplyResourceChange", Refuses("missing required attribute \"name\"")),
    both(
        "UnknownAfterApply ApplyResourceChange address",
        Refuses("the provider still indicated an unknown value for sample_server.this.address"),
    ),
    both(
        "WriteOnlyStored ApplyResourceChange password",
        Refuses(
            "returned a value for the write-only attribute \"sample_server.this.password\" after apply",
        ),
    ),
    // Reads.
    both("ChangedByRefresh ReadResource comment", Accepts("something else may have changed it")),
    each(
        "IdentityChanged ReadResource",
        Accepts("identities are of Terraform 1.12"),
        Accepts("core takes the other one"),
    ),
    each(
        "IdentityUnknown ReadResource id",
        Accepts("identities are of Terraform 1.12"),
        Refuses("returned an identity with unknown values for sample_server.this"),
    ),
    both("PrivateLost ReadResource", Accepts("what a provider remembers is its own affair")),
    both(
        "WriteOnlyStored ReadResource password",
        Refuses(
            "returned a value for the write-only attribute \"sample_server.this.password\" during refresh",
        ),
    ),
    both(
        "UpgradeChanged UpgradeResourceState comment",
        Accepts("the refresh right after it finds what is there"),
    ),
    both("ImportedOne ImportResourceState", Refuses("returned no instance states")),
    each(
        "ImportedOne ImportResourceState (2)",
        Accepts("1.11 takes it for the type that it asked for"),
        Refuses("unknown resource type \"sample_other\""),
    ),
    both(
        "NullDataSource ReadDataSource",
        Refuses("produced a null value for data.sample_inventory.this"),
    ),
    // What there is beside resources.
    both("Capability GetProviderSchema", Accepts("core then leaves out what it could ask")),
    both("Capability GetProviderSchema (2)", Accepts("core then leaves out what it could ask")),
    both("Metadata GetMetadata", NeverAsks("whoever joins several providers into one does")),
    both(
        "FunctionSignature GetProviderSchema",
        Crashes("runtime error: invalid memory address or nil pointer dereference"),
    ),
    both(
        "FunctionSignature GetProviderSchema separator",
        Refuses("function \"join\" reuses name \"separator\" for both parameters 0 and 1"),
    ),
    both(
        "FunctionArgument CallFunction",
        Shows(
            "Invalid value for \"words\" parameter: A separator is short.",
            "core blames the last parameter",
        ),
    )
    .at(Scene::Call(r#""long""#)),
    both("FunctionImpure CallFunction", Refuses("function returned an inconsistent result"))
        .at(Scene::CallApply(r#""-", "a""#)),
    both("UnknownAfterApply CallFunction", Accepts("an output of it is null after the apply"))
        .at(Scene::Call(r#""-", "a""#)),
    each(
        "ListedType GetProviderSchema",
        Accepts("lists are of Terraform 1.14"),
        Accepts("a list of it has no resource to show"),
    ),
    each("ListedName ListResource", NO_QUERY, Accepts("the object is shown without a name")),
    each("ListedObject ListResource", NO_QUERY, Accepts("core drops what it has not asked for")),
    each("ListedTooMany ListResource", NO_QUERY, Accepts("core drops what is beyond its limit")),
    each(
        "IdentityMissing ListResource",
        NO_QUERY,
        Refuses("missing identity data in ListResource event for sample_server"),
    ),
    each(
        "ActionCompleted InvokeAction",
        NO_ACTIONS,
        Accepts("the end of the stream is an end, too; messages come with the completion"),
    ),
    each(
        "ActionCompleted InvokeAction (2)",
        NO_ACTIONS,
        Accepts("core reads on to the end of the stream"),
    ),
    each(
        "ActionEvent InvokeAction",
        NO_ACTIONS,
        Crashes("unexpected event type <nil> in InvokeAction response"),
    ),
    each("Deferred PlanAction", NO_ACTIONS, Accepts("core goes on as if it had not been deferred")),
    both("Deferred OpenEphemeralResource", Refuses("Ephemeral resource instance has expired")),
    both(
        "PlannedOtherThanConfigured OpenEphemeralResource user",
        Refuses(".user: planned value cty.StringVal(\"root\") does not match config value"),
    ),
    both(
        "UnknownAfterApply OpenEphemeralResource token",
        Accepts("what uses it is unknown, too, and never gets known"),
    )
    .at(Scene::OpenWriteOnly),
    both(
        "PrivateLost RenewEphemeralResource",
        Accepts("what a provider remembers is its own affair"),
    ),
    each(
        "GeneratedConfiguration GenerateResourceConfig id",
        NO_GENERATING,
        Refuses("`id` cannot be configured"),
    )
    .at(Scene::GeneratePlan),
    each(
        "GeneratedConfiguration GenerateResourceConfig memory",
        NO_GENERATING,
        Refuses("`memory` is out of range"),
    ),
    both("MovedNothing MoveResourceState", Accepts("core plans to create what is there already")),
    both("IdentityMissing MoveResourceState", Accepts("the refresh that follows finds it")),
    both(
        "WriteOnlyStored MoveResourceState password",
        Refuses(
            "returned a value for the write-only attribute \"sample_server.this.password\" during an across type move",
        ),
    ),
    each(
        "IdentityUnknown UpgradeResourceIdentity id",
        NO_IDENTITIES,
        Refuses("The returned state contains unknown values"),
    ),
];
