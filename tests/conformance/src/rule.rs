//! The rules, each under a name of its own.

use std::fmt;

use tf_provider::cty::Path;

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident => $text:literal,)+) => {
        /// A rule that Terraform core has for providers.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What is wrong, as the end of a sentence about the place where it is.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

rules! {
    /// A value of dynamic type has its type as bytes or as text.
    AcceptedDynamic => "is answered otherwise when a value of dynamic type comes in another form",
    /// A request holds a value as msgpack, as JSON, or, for null, not at all.
    AcceptedEncoding => "is answered otherwise when the same value comes in another encoding",
    /// A number is an integer, a float or decimal text.
    AcceptedNumber => "is answered otherwise when a number comes in another form",
    /// The elements of a set have no order, and may come twice.
    AcceptedSet => "is answered otherwise when the elements of a set come in another order",
    /// Text is the same, composed or not.
    AcceptedText => "is answered otherwise when the same text comes decomposed",
    /// Every extension is an unknown value, and what is said of it beyond what is understood is ignored.
    AcceptedUnknown => "is answered otherwise when what is unknown comes in another form",
    /// An action ends with one event that says so, and nothing comes after it.
    ActionCompleted => "did not end with exactly one completion",
    /// Every event of an action is progress or the end.
    ActionEvent => "sent an event that is neither progress nor the end",
    /// An attribute is required, optional, computed, or optional and computed.
    AttributeClass => "is not exactly one of required, optional, computed, or optional and computed",
    /// Names are lower-case letters, digits and underscores.
    AttributeName => "has a name with other characters than lower-case letters, digits and underscores",
    /// An attribute has a type or nested attributes, never both or neither.
    AttributeType => "must have exactly one of a type and nested attributes",
    /// The least and the most of a block fit its nesting.
    BlockItems => "has numbers of items that do not fit its nesting",
    /// Where there is no block there is an empty collection, and a group is always an object.
    BlockNull => "is null, where blocks that are not there are an empty collection",
    /// Everything in a computed block is computed.
    ComputedBlock => "is not computed, though its block is",
    /// A provider says what it can do, where core asks only those that do.
    Capability => "is not announced, though it is there",
    /// A refresh right after an apply finds what the apply said.
    ChangedByRefresh => "is another value in the refresh right after the apply",
    /// Deferral is for a client that allows it.
    Deferred => "was deferred, which this client does not allow",
    /// Only what is deprecated says why.
    DeprecationMessage => "has a deprecation message and is not deprecated",
    /// The place of a message exists, and no set is on the way to it.
    DiagnosticPath => "is named by a message and does not exist, or lies inside a set",
    /// Every message is an error or a warning.
    DiagnosticSeverity => "came with a message that is neither error nor warning",
    /// Every message has a summary.
    DiagnosticSummary => "came with a message without a summary",
    /// Two attributes, or a block and an attribute, have one name.
    DuplicateName => "is there twice",
    /// No value in a set has a type of its own.
    DynamicInSet => "is of dynamic type, inside a set",
    /// What is said of an unknown value says something.
    EmptyRefinement => "has an unknown value with nothing said of it in a place for that",
    /// Answers are msgpack.
    Encoding => "was not encoded as msgpack",
    /// An error of a function names one of the arguments, from 0.
    FunctionArgument => "blames an argument that was not there",
    /// The same arguments have the same result.
    FunctionImpure => "has another result when called again",
    /// Parameters have names of their own, and types; a function returns something.
    FunctionSignature => "is not fit for a function",
    /// A generated configuration leaves out what nobody may configure, and is valid.
    GeneratedConfiguration => "does not belong into a generated configuration",
    /// Failures are diagnostics; an error of the transport reads as a broken plugin.
    GrpcError => "was answered with an error of the transport",
    /// What identifies an object stays, as long as the object does.
    IdentityChanged => "is another identity than before",
    /// There is an identity after every create, read and update.
    IdentityMissing => "has an identity schema and came without an identity",
    /// An identity is made of known primitives and lists of them, required or optional for import.
    IdentitySchema => "is not fit for an identity",
    /// An identity is no secret.
    IdentitySecret => "identifies an object, and is write-only or sensitive",
    /// An identity is known, except in the plan of a create.
    IdentityUnknown => "is an identity with unknown parts",
    /// An import answers with exactly one object of the type asked for.
    ImportedOne => "was not answered with exactly one object of its type",
    /// After an apply every planned value is there, as it was planned.
    InconsistentAfterApply => "is not what was planned, after the apply",
    /// The plan of the apply says what the first plan said, where that was known.
    InconsistentFinalPlan => "is planned otherwise once more is known",
    /// The old type system is for old SDKs.
    LegacyTypeSystem => "claims the legacy type system",
    /// A listing says what an object is called.
    ListedName => "was found without a name to show",
    /// A listing has whole objects exactly where they were asked for.
    ListedObject => "was found with an object that was not asked for, or without one that was",
    /// A listing stops where core has enough.
    ListedTooMany => "was found more often than the limit allows",
    /// What is listed is a resource with an identity.
    ListedType => "is listed and is no resource with an identity",
    /// The short list of what a provider has is that of its schemas.
    Metadata => "is in the metadata and not in the schemas, or the other way round",
    /// A move answers with an object.
    MovedNothing => "was moved and is null",
    /// A provider has a schema for its own block.
    MissingProviderSchema => "has no schema",
    /// Nested attributes and blocks say how they repeat.
    NestingMode => "has no valid nesting",
    /// An apply of a create or update ends with an object, a destroy without.
    NullAfterApply => "is null after a create or update, or there after a destroy",
    /// A read of a data source answers with an object.
    NullDataSource => "was answered with null",
    /// What was made is in the state, whatever went wrong after it.
    Orphaned => "has an identity and no state, after an error",
    /// Planned lists, maps and sets have as many elements as configured, under the same keys.
    PlannedElements => "is planned with other elements than configured",
    /// What is neither configured nor computed is planned null.
    PlannedNotComputed => "is planned, though neither configured nor computed",
    /// A configured object is planned, an absent one is not.
    PlannedNull => "is planned absent though configured, or the other way round",
    /// A configured value is planned as it is, or as it was before.
    PlannedOtherThanConfigured => "is planned other than configured",
    /// A configured value is not planned unknown.
    PlannedUnknown => "is planned unknown, though configured",
    /// The same plan is made twice of the same input.
    PlanNotRepeatable => "is planned otherwise when asked a second time",
    /// Private state does not get lost between plan and apply, or in a read.
    PrivateLost => "has lost its private state",
    /// What did not change is read as it was.
    ReadNotRepeatable => "is read otherwise when asked a second time",
    /// What requires replacement is in the prior state or in the plan.
    ReplacePath => "requires replacement and does not exist",
    /// Names that Terraform itself takes.
    ReservedName => "has a name that Terraform keeps for itself",
    /// Core remembers schemas between processes, and asks the next one for none.
    SchemaFirst => "is answered otherwise where nobody has asked for the schema",
    /// Right after an apply there is nothing to do.
    SecondPlanNotEmpty => "is planned to change right after the apply",
    /// A stop is asked for without an error.
    StopFailed => "could not be asked to stop",
    /// A stop is answered before what it stops has ended.
    StopWaits => "waits for what it was asked to stop",
    /// An answer has the type that its schema says.
    TypeConformity => "does not conform to the schema",
    /// What a newer version has stored is left out by an older one.
    UndefinedAttribute => "is refused or changed for an attribute that another version has stored",
    /// Nothing is unknown any more.
    UnknownAfterApply => "is still unknown",
    /// What is not known yet is no mistake.
    UnknownRefused => "is refused, though nothing of it is known yet",
    /// A state of the same version comes back as it was.
    UpgradeChanged => "is another value after an upgrade that changes no version",
    /// The same configuration is judged the same way twice.
    ValidateNotRepeatable => "is judged otherwise when validated a second time",
    /// Only a Terraform that knows write-only attributes may send one.
    WriteOnlyAccepted => "is write-only and was taken from a Terraform that would store it",
    /// No computed attribute is write-only.
    WriteOnlyComputed => "is computed and write-only",
    /// No write-only attribute is inside a set.
    WriteOnlyInSet => "is write-only, inside a set",
    /// What is write-only is null in plans and states.
    WriteOnlyStored => "is write-only and has a value",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One broken rule: which, in which answer, about what.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The call whose answer breaks it, for example `PlanResourceChange`.
    pub rpc: &'static str,
    /// The type that it is about, for example `sample_server`; empty for the provider.
    pub subject: String,
    /// The attribute; the root for the whole object.
    pub path: Path,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, rpc, subject, path } = self;
        let place = match (subject.as_str(), path.is_root()) {
            ("", true) => "the provider".to_owned(),
            ("", false) => path.to_string(),
            (subject, true) => subject.to_owned(),
            (subject, false) => format!("{subject}.{path}"),
        };
        write!(f, "{rpc}: {place} {rule}")
    }
}
