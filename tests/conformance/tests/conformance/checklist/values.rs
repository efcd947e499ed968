//! Values on the wire, schemas, validation, upgrades and reads.

use conformance::Rule as R;

use super::{APPLY, LOAD, Line, MOVE, PLAN, READ, UPGRADE, VALIDATE, clause};

pub(super) const LINES: &[Line] = &[
    Line {
        says: "msgpack goes out; msgpack, JSON and nothing come in",
        clauses: &[
            clause(
                "answers are msgpack",
                &[(R::Encoding, PLAN, "")],
                &[VALUES_BOTH_WAYS, "broken::an_honest_provider_breaks_none"],
            ),
            clause(
                "a value may come as JSON",
                &[(R::AcceptedEncoding, PLAN, ""), (R::AcceptedEncoding, VALIDATE, "")],
                &["forms::json_msgpack_and_nothing_are_read_alike", "wire::a_configuration_may_come_as_json"],
            ),
            clause(
                "a value that is missing is null",
                &[(R::AcceptedEncoding, PLAN, "")],
                &[
                    "wire::what_is_left_out_of_a_request_is_null",
                    "provider/framework/protocol/tests/protocol/values.rs::dynamic_values_are_msgpack_or_json_or_null",
                ],
            ),
        ],
    },
    Line {
        says: "objects have exactly the attributes and blocks of the schema, and text is composed",
        clauses: &[
            clause(
                "none too few and none too many",
                &[(R::TypeConformity, APPLY, ""), (R::TypeConformity, READ, "")],
                &["provider/framework/protocol/tests/protocol/values.rs::mistakes_are_named_without_the_value"],
            )
            .server(&["does not conform to the schema", "is missing from the state"]),
            clause(
                "decomposed text is the same text",
                &[(R::AcceptedText, PLAN, "")],
                &[
                    "forms::text_is_the_same_composed_or_not",
                    "provider/framework/protocol/src/cty/value.rs::text_is_normalised",
                ],
            ),
        ],
    },
    Line {
        says: "numbers are integers, floats or text, and lose nothing",
        clauses: &[
            clause(
                "each form is read",
                &[(R::AcceptedNumber, PLAN, "")],
                &["forms::numbers_may_be_integers_floats_or_text", OTHERS_WRITE],
            ),
            clause(
                "no id is rounded on the way through a plan",
                &[(R::PlannedOtherThanConfigured, PLAN, "password_version")],
                &["forms::numbers_may_be_integers_floats_or_text", VALUES_BOTH_WAYS],
            ),
            clause(
                "nor on the way through a state",
                &[(R::UpgradeChanged, UPGRADE, "password_version")],
                &[
                    "upgrade::large_numbers_survive",
                    "provider/framework/protocol/tests/protocol/values.rs::json_in_both_directions",
                ],
            ),
        ],
    },
    Line {
        says: "an extension is an unknown value, and may say what is known of it",
        clauses: &[
            clause(
                "any code, and facts that nobody has defined yet",
                &[(R::AcceptedUnknown, PLAN, "")],
                &["forms::unknown_values_come_in_many_forms", OTHERS_WRITE],
            ),
            clause(
                "what Terraform knows of a value stays with it",
                &[(R::PlannedOtherThanConfigured, PLAN, "memory")],
                &[
                    "plan::unknown_values_of_a_configuration_flow_through",
                    "provider/framework/protocol/tests/protocol/values.rs::facts_of_another_type_were_read_and_then_not_written",
                ],
            ),
            clause(
                "what a plan says of an unknown value holds in the last plan and in the result",
                &[
                    (R::InconsistentAfterApply, APPLY, "address"),
                    (R::InconsistentFinalPlan, PLAN, "address"),
                ],
                &["provider/framework/protocol/src/cty/refinement.rs::each_fact_is_checked"],
            )
            .server(&["is not what the plan promised of it"]),
            clause(
                "no place for facts is empty",
                &[(R::EmptyRefinement, PLAN, "")],
                &["provider/framework/protocol/tests/protocol/values.rs::refinements_that_do_not_fit_are_not_sent"],
            ),
        ],
    },
    Line {
        says: "a dynamic value carries its type, or is bare where that is unknown",
        clauses: &[
            clause(
                "with its type, bare null, bare unknown",
                &[(R::AcceptedDynamic, PLAN, "")],
                &[
                    "forms::values_of_dynamic_type_come_in_many_forms",
                    "settings::an_attribute_may_have_the_type_that_its_value_has",
                    OTHERS_WRITE,
                ],
            ),
            clause(
                "none is in a set",
                &[
                    (R::DynamicInSet, LOAD, "any"),
                    (R::DynamicInSet, LOAD, "part.any"),
                    (R::DynamicInSet, LOAD, "peers.name"),
                ],
                &["schema::the_schema_is_one_that_core_loads"],
            ),
        ],
    },
    Line {
        says: "types are JSON, and sets have no order",
        clauses: &[
            clause(
                "every type can be read",
                &[(R::AttributeType, LOAD, "memory")],
                &[
                    "provider/framework/protocol/src/cty/types.rs::json_and_text",
                    "provider/framework/protocol/src/cty/types.rs::nonsense_is_refused",
                    "provider/framework/protocol/tests/protocol/values.rs::type_json_round_trips",
                ],
            ),
            clause(
                "the elements of a set come in any order, and twice",
                &[(R::AcceptedSet, PLAN, "")],
                &[
                    "forms::a_set_may_come_in_any_order_and_with_duplicates",
                    "settings::a_set_has_no_order",
                    "provider/framework/protocol/src/cty/value.rs::sets_are_canonical",
                ],
            ),
        ],
    },
    Line {
        says: "blocks that are not there are empty collections; a group is always an object",
        clauses: &[
            clause(
                "in plans and in states",
                &[
                    (R::BlockNull, PLAN, "shelf"),
                    (R::BlockNull, PLAN, "cooling"),
                    (R::BlockNull, READ, "tag"),
                    (R::BlockNull, APPLY, "port"),
                ],
                &["racks::blocks_of_every_nesting_come_and_go"],
            ),
        ],
    },
    Line {
        says: "core checks every schema before it does anything",
        clauses: &[
            clause(
                "required, optional, computed, or optional and computed",
                &[
                    (R::AttributeClass, LOAD, "memory"),
                    (R::AttributeClass, LOAD, "id"),
                    (R::AttributeClass, LOAD, "name"),
                    (R::AttributeClass, LOAD, "disks.size"),
                ],
                SCHEMAS,
            ),
            clause(
                "a type or nested attributes",
                &[(R::AttributeType, LOAD, "memory"), (R::AttributeType, LOAD, "disks")],
                SCHEMAS,
            ),
            clause(
                "a reason only for what is deprecated",
                &[
                    (R::DeprecationMessage, LOAD, "memory"),
                    (R::DeprecationMessage, LOAD, "part"),
                ],
                SCHEMAS,
            ),
            clause(
                "names of lower-case letters, digits and underscores, each once, none of Terraform's own",
                &[
                    (R::AttributeName, LOAD, "Bad-Name"),
                    (R::AttributeName, LOAD, "Part"),
                    (R::DuplicateName, LOAD, "part"),
                    (R::DuplicateName, LOAD, "memory"),
                    (R::ReservedName, LOAD, "count"),
                ],
                SCHEMAS,
            ),
            clause(
                "numbers of blocks that fit their nesting",
                &[
                    (R::BlockItems, LOAD, "part"),
                    (R::NestingMode, LOAD, "disks"),
                    (R::NestingMode, LOAD, "part"),
                ],
                &["racks::blocks_of_every_nesting_come_and_go"],
            ),
            clause(
                "nothing write-only in a set, nothing both write-only and computed",
                &[
                    (R::WriteOnlyInSet, LOAD, "part.secret"),
                    (R::WriteOnlyInSet, LOAD, "peers.name"),
                    (R::WriteOnlyComputed, LOAD, "memory"),
                ],
                SCHEMAS,
            ),
            clause(
                "everything computed in a computed block",
                &[(R::ComputedBlock, LOAD, "part.size"), (R::ComputedBlock, LOAD, "part.part")],
                SCHEMAS,
            ),
        ],
    },
    Line {
        says: "the schema of the provider is there, and says what it can do; none but the first process is asked for it",
        clauses: &[
            clause(
                "the provider has a schema, even an empty one",
                &[(R::MissingProviderSchema, LOAD, "")],
                &["schema::the_provider_block_has_a_schema"],
            ),
            clause(
                "each capability is told",
                &[(R::Capability, LOAD, ""), (R::Metadata, "GetMetadata", "")],
                &["wire::the_metadata_names_everything_and_what_the_provider_can_do"],
            ),
            clause(
                "whatever is asked first is answered",
                &[(R::SchemaFirst, "ValidateProviderConfig", ""), (R::SchemaFirst, VALIDATE, "")],
                &["forms::a_process_that_nobody_asked_for_a_schema_answers_all_the_same"],
            ),
        ],
    },
    Line {
        says: "validation comes before the configuration, several times, and with unknown values",
        clauses: &[
            clause(
                "what is unknown is no mistake",
                &[(R::UnknownRefused, VALIDATE, "memory")],
                &[
                    "forms::a_block_of_which_nothing_is_known_is_no_mistake",
                    "plan::validation_needs_no_configured_provider_and_leaves_the_unknown_alone",
                    "catalogue::no_block_of_which_nothing_is_known_is_a_mistake",
                ],
            ),
            clause(
                "it says the same again",
                &[(R::ValidateNotRepeatable, VALIDATE, "")],
                &["forms::a_block_of_which_nothing_is_known_is_no_mistake"],
            ),
            clause(
                "it comes again with known values before a plan, and before an action",
                &[],
                &["plan::validation_names_the_attribute", "action::an_action_is_validated_and_planned_before_it_is_done"],
            ),
        ],
    },
    Line {
        says: "no secret for a Terraform that would store it; a setting may be unknown",
        clauses: &[
            clause(
                "write-only values are refused without the capability",
                &[(R::WriteOnlyAccepted, VALIDATE, "password")],
                &[
                    "write_only::an_old_terraform_is_told_what_it_lacks",
                    "forms::a_secret_is_kept_from_a_terraform_that_would_store_it",
                ],
            ),
            clause(
                "what is optional and computed may be unknown",
                &[(R::UnknownRefused, VALIDATE, "memory")],
                &["plan::an_unknown_value_may_turn_out_to_be_null"],
            ),
        ],
    },
    Line {
        says: "the provider block may be unknown while a plan is made",
        clauses: &[clause(
            "it is kept, and missed only where it is needed",
            &[(R::UnknownRefused, "ConfigureProvider", "")],
            &[
                "plan::an_unknown_provider_block_is_no_hindrance_to_a_plan",
                "deferred::only_a_client_that_can_wait_is_asked_to",
                "onprem::every_plan_of_a_create_keeps_the_rules",
            ],
        )],
    },
    Line {
        says: "every stored state comes through the upgrade, one of this version too",
        clauses: &[
            clause(
                "one of this version comes back as it was",
                &[(R::UpgradeChanged, UPGRADE, "comment")],
                &["lifecycle::the_fullest_configuration_lives_and_dies", STATES],
            ),
            clause(
                "what this version does not have is left out",
                &[(R::UndefinedAttribute, UPGRADE, "")],
                &[
                    "forms::an_attribute_that_another_version_stored_is_left_out",
                    "upgrade::attributes_of_a_newer_provider_are_dropped",
                ],
            ),
            clause(
                "it is known, of the type, and holds no secret",
                &[
                    (R::UnknownAfterApply, UPGRADE, "comment"),
                    (R::TypeConformity, UPGRADE, ""),
                    (R::WriteOnlyStored, UPGRADE, "password"),
                ],
                &[
                    "upgrade::a_state_that_does_not_fit_is_an_error_and_not_the_end",
                    "upgrade::a_secret_that_an_older_version_stored_is_dropped",
                ],
            ),
            clause(
                "older versions are led through each step",
                &[],
                &["upgrade::a_state_is_led_through_every_version"],
            ),
            clause(
                "a move takes the JSON of another type, and is announced",
                &[
                    (R::Capability, LOAD, ""),
                    (R::MovedNothing, MOVE, ""),
                    (R::IdentityMissing, MOVE, ""),
                    (R::WriteOnlyStored, MOVE, "password"),
                ],
                &[
                    "moved::a_machine_of_another_provider_becomes_a_server",
                    "moved::what_cannot_be_moved_says_what_to_do",
                ],
            ),
        ],
    },
    Line {
        says: "a read tells what there is, from the state alone",
        clauses: &[
            clause(
                "another spelling is no change, another value is one",
                &[(R::ChangedByRefresh, READ, "comment")],
                &[
                    "settings::a_spelling_that_means_the_same_is_no_change",
                    "settings::drift_of_a_configured_setting_is_undone",
                ],
            ),
            clause(
                "asked again it says the same",
                &[(R::ReadNotRepeatable, READ, "comment")],
                &["random::a_life_with_any_configurations_keeps_the_rules"],
            ),
            clause(
                "what has gone is null, what cannot be read is kept",
                &[],
                &["failures::an_object_that_has_gone_is_gone", "failures::a_failed_read_forgets_nothing"],
            ),
            clause(
                "it is known, of the type, and holds no secret",
                &[
                    (R::UnknownAfterApply, READ, "comment"),
                    (R::TypeConformity, READ, ""),
                    (R::WriteOnlyStored, READ, "password"),
                ],
                &["write_only::a_secret_is_in_no_answer"],
            )
            .server(&["is write-only and must be null in the state", "is still unknown"]),
            clause(
                "private state and identity come back",
                &[(R::PrivateLost, READ, ""), (R::IdentityMissing, READ, "")],
                &[
                    "failures::a_failed_read_forgets_nothing",
                    "wire::an_operation_before_the_configuration_is_an_error_for_the_user",
                    "identity::an_identity_is_the_same_in_every_answer",
                ],
            ),
        ],
    },
];

const VALUES_BOTH_WAYS: &str =
    "provider/framework/protocol/tests/protocol/values.rs::msgpack_in_both_directions";
const OTHERS_WRITE: &str =
    "provider/framework/protocol/tests/protocol/values.rs::msgpack_that_others_write_differently";
const STATES: &str = "catalogue::every_state_is_upgraded_planned_and_destroyed_by_the_rules";
const SCHEMAS: &[&str] =
    &["schema::the_schema_is_one_that_core_loads", "onprem::the_schemas_are_ones_that_core_loads"];
