//! Imports, identities, all that is no resource, and what holds for every answer.

use conformance::Rule as R;

use super::{
    APPLY, CALL, DATA, GENERATE, IDENTITIES, IMPORT, INVOKE, LIST, LOAD, Line, MOVE, OPEN, PLAN,
    READ, VALIDATE, clause,
};

pub(super) const LINES: &[Line] = &[
    Line {
        says: "an import answers with one object, which is then read",
        clauses: &[
            clause(
                "one object of the type, not null",
                &[(R::ImportedOne, IMPORT, "")],
                &["import::an_import_leads_to_an_empty_plan_but_for_creation_inputs", IMPORTS],
            ),
            clause(
                "with its identity where that was asked for",
                &[(R::IdentityMissing, IMPORT, "")],
                &["volumes::an_identity_may_be_spelt_in_several_ways", IMPORTS],
            ),
            clause(
                "known, without secrets, and else as empty as it may be",
                &[
                    (R::WriteOnlyStored, IMPORT, "password"),
                    (R::UnknownAfterApply, IMPORT, "comment"),
                ],
                &["import::an_imported_object_can_be_changed_and_destroyed"],
            ),
            clause(
                "what the read does not find cannot be imported",
                &[],
                &["import::what_is_not_there_cannot_be_imported"],
            ),
        ],
    },
    Line {
        says: "an identity is known, stays, and is no secret",
        clauses: &[
            clause(
                "primitives and lists of them, needed or not for an import, from version 0 on",
                &[(R::IdentitySchema, IDENTITIES, "id"), (R::IdentitySchema, IDENTITIES, "")],
                &["onprem::the_schemas_are_ones_that_core_loads"],
            ),
            clause(
                "known, but in the plan of a create",
                &[
                    (R::IdentityUnknown, READ, "id"),
                    (R::IdentityUnknown, "UpgradeResourceIdentity", "id"),
                    (R::IdentityUnknown, PLAN, "id"),
                ],
                &[
                    "identity::an_identity_is_the_same_in_every_answer",
                    "moved::an_identity_of_an_older_version_is_read",
                    "wire::a_stored_identity_is_read",
                ],
            ),
            clause(
                "there after every create, update, read and move",
                &[
                    (R::IdentityMissing, APPLY, ""),
                    (R::IdentityMissing, READ, ""),
                    (R::IdentityMissing, MOVE, ""),
                ],
                &["identity::an_identity_is_the_same_in_every_answer"],
            ),
            clause(
                "the same as before",
                &[
                    (R::IdentityChanged, READ, ""),
                    (R::IdentityChanged, PLAN, ""),
                    (R::IdentityChanged, APPLY, ""),
                ],
                &["identity::an_identity_is_the_same_in_every_answer", STATES],
            )
            .server(&["changed in a read"]),
            clause(
                "a state that had none gets it at the next read",
                &[(R::IdentityMissing, READ, "")],
                &["identity::a_state_without_an_identity_gets_it_at_the_next_read"],
            ),
            clause(
                "made of nothing that is write-only or sensitive",
                &[(R::IdentitySecret, IDENTITIES, "password")],
                &["onprem::the_schemas_are_ones_that_core_loads"],
            ),
        ],
    },
    Line {
        says: "a data source answers with a known object",
        clauses: &[
            clause(
                "not null, known, of its type",
                &[
                    (R::NullDataSource, DATA, ""),
                    (R::UnknownAfterApply, DATA, ""),
                    (R::TypeConformity, DATA, ""),
                ],
                &[
                    "data_source::a_data_source_is_read",
                    "data_source::a_data_source_that_finds_nothing_says_so",
                ],
            ),
            clause(
                "what is unknown in its block never gets to it but for validation",
                &[],
                &[
                    "data_source::a_data_source_is_validated",
                    "catalogue::no_block_of_which_nothing_is_known_is_a_mistake",
                ],
            ),
        ],
    },
    Line {
        says: "an ephemeral resource answers as a plan of a create does",
        clauses: &[
            clause(
                "as configured where not computed, and known",
                &[
                    (R::PlannedOtherThanConfigured, OPEN, "user"),
                    (R::PlannedNull, OPEN, ""),
                    (R::UnknownAfterApply, OPEN, "token"),
                ],
                &[
                    "ephemeral::what_the_configuration_leaves_out_is_answered",
                    "ephemeral::what_is_wrong_with_a_session_is_said",
                ],
            ),
            clause(
                "its private state comes with each renewal and with the end",
                &[(R::PrivateLost, "RenewEphemeralResource", "")],
                &["ephemeral::a_session_is_opened_renewed_and_closed"],
            ),
        ],
    },
    Line {
        says: "a function depends on its arguments alone",
        clauses: &[
            clause(
                "the same result for the same arguments, known and of its type",
                &[
                    (R::FunctionImpure, CALL, ""),
                    (R::UnknownAfterApply, CALL, ""),
                    (R::TypeConformity, CALL, ""),
                ],
                &[
                    "function::a_function_that_is_not_pure_is_found_out",
                    "catalogue::every_function_is_pure",
                ],
            ),
            clause(
                "no provider is configured for it",
                &[(R::GrpcError, CALL, "")],
                &["function::a_function_takes_any_number_of_further_arguments"],
            ),
            clause(
                "null and unknown arguments come only where they are taken",
                &[],
                &[
                    "function::a_function_that_copes_with_the_unknown_gets_it",
                    "function::arguments_that_no_core_sends_are_errors",
                    "broken::a_function_is_not_called_with_what_it_does_not_take",
                ],
            ),
            clause(
                "an error has a text, and names an argument from 0 on",
                &[(R::FunctionArgument, CALL, ""), (R::DiagnosticSummary, CALL, "")],
                &["function::an_error_names_the_argument"],
            ),
            clause(
                "its parameters have names and types",
                &[(R::FunctionSignature, LOAD, ""), (R::FunctionSignature, LOAD, "separator")],
                &["onprem::the_schemas_are_ones_that_core_loads"],
            ),
        ],
    },
    Line {
        says: "a listing finds resources with an identity, as many as are wanted",
        clauses: &[
            clause(
                "of a type that is managed, and has an identity",
                &[(R::ListedType, LOAD, ""), (R::IdentityMissing, LIST, "")],
                &["list::what_is_there_is_found"],
            ),
            clause(
                "with a name, and with the object exactly where that was asked for",
                &[
                    (R::ListedName, LIST, ""),
                    (R::ListedObject, LIST, ""),
                    (R::UnknownAfterApply, LIST, "comment"),
                ],
                &["list::what_is_there_is_found", "list::what_goes_wrong_in_a_listing_is_said"],
            ),
            clause(
                "no more than the limit, and none for a reader that has gone",
                &[(R::ListedTooMany, LIST, "")],
                &[
                    "list::a_listing_ends_at_its_limit",
                    "robust::a_listing_ends_when_nobody_reads_it",
                ],
            ),
        ],
    },
    Line {
        says: "an action tells how far it has come, and that it has ended",
        clauses: &[
            clause(
                "every event is one of the two",
                &[(R::ActionEvent, INVOKE, "")],
                &["action::an_action_tells_how_far_it_has_come"],
            ),
            clause(
                "it ends once, with what went wrong",
                &[(R::ActionCompleted, INVOKE, "")],
                &[
                    "action::what_went_wrong_comes_with_the_end",
                    "action::an_action_ends_when_it_is_stopped_or_out_of_time",
                ],
            ),
            clause(
                "what can be said before is said in its plan",
                &[(R::Deferred, "PlanAction", "")],
                &["action::an_action_is_validated_and_planned_before_it_is_done"],
            ),
        ],
    },
    Line {
        says: "a generated configuration is one that somebody could have written",
        clauses: &[clause(
            "nothing computed, write-only, deprecated or in conflict",
            &[
                (R::GeneratedConfiguration, GENERATE, "id"),
                (R::GeneratedConfiguration, GENERATE, "memory"),
                (R::GeneratedConfiguration, GENERATE, "password"),
                (R::GeneratedConfiguration, GENERATE, "name_server"),
                (R::GeneratedConfiguration, GENERATE, r#"disks["scsi0"].volume"#),
            ],
            &["list::a_configuration_is_made_of_what_was_found", STATES],
        )],
    },
    Line {
        says: "only a client that can wait is asked to",
        clauses: &[clause(
            "in each call that could",
            &[
                (R::Deferred, PLAN, ""),
                (R::Deferred, READ, ""),
                (R::Deferred, IMPORT, ""),
                (R::Deferred, DATA, ""),
                (R::Deferred, OPEN, ""),
                (R::Deferred, "PlanAction", ""),
            ],
            &["deferred::only_a_client_that_can_wait_is_asked_to"],
        )],
    },
    Line {
        says: "what went wrong is a message at a place that is there",
        clauses: &[
            clause(
                "an error or a warning, with a summary",
                &[
                    (R::DiagnosticSeverity, VALIDATE, ""),
                    (R::DiagnosticSeverity, PLAN, ""),
                    (R::DiagnosticSummary, VALIDATE, ""),
                ],
                &["wire::what_cannot_be_read_is_an_error_for_the_user"],
            ),
            clause(
                "no place lies inside a set",
                &[
                    (R::DiagnosticPath, VALIDATE, "nowhere"),
                    (R::DiagnosticPath, VALIDATE, "tags[0]"),
                ],
                &["plan::validation_names_the_attribute", "volumes::null_is_no_element"],
            ),
            clause(
                "and no failure is an error of the transport",
                &[(R::GrpcError, DATA, "")],
                &[
                    "robust::nonsense_on_the_wire_is_answered_with_messages",
                    "robust::a_panic_ends_one_operation_alone",
                    "wire::an_unknown_type_is_an_error_for_the_user",
                ],
            ),
            clause(
                "time limits are an attribute of durations",
                &[],
                &[
                    "plan::validation_names_the_attribute",
                    "failures::the_end_of_its_time_keeps_what_was_made",
                ],
            ),
        ],
    },
    Line {
        says: "a stop is answered at once",
        clauses: &[
            clause(
                "without an error, and without waiting for what it stops",
                &[(R::StopFailed, "StopProvider", ""), (R::StopWaits, "StopProvider", "")],
                &[
                    "forms::a_stop_is_answered_while_what_it_stops_is_under_way",
                    "robust::a_stop_reaches_everything_that_is_under_way",
                    "wire::a_stopped_provider_can_be_configured_again",
                ],
            ),
            clause(
                "a schema for the modules of the provider may be left out, and is judged where it is there",
                &[(R::AttributeClass, LOAD, "mood")],
                &["schema::the_provider_block_has_a_schema"],
            ),
        ],
    },
    Line {
        says: "all of this for every resource, with configurations that nobody wrote",
        clauses: &[
            clause(
                "every kind of value is thrown at every block",
                &[(R::PlannedOtherThanConfigured, PLAN, "memory")],
                &[
                    "generator::every_kind_of_value_is_thrown_at_every_block",
                    "onprem::every_configuration_is_answered_with_messages_and_no_more",
                    "onprem::every_provider_block_is_answered_with_messages_and_no_more",
                    "catalogue::every_form_of_a_configuration_is_read_alike",
                ],
            ),
            clause(
                "every plan, state, import and generated configuration is judged",
                &[(R::UpgradeChanged, "UpgradeResourceState", "comment")],
                &["onprem::every_plan_of_a_create_keeps_the_rules", STATES, IMPORTS],
            ),
            clause(
                "what takes a server is applied by the real Terraform",
                &[(R::InconsistentAfterApply, APPLY, "memory")],
                &["catalogue::every_resource_is_applied_in_the_acceptance_tests"],
            ),
        ],
    },
];

const STATES: &str = "catalogue::every_state_is_upgraded_planned_and_destroyed_by_the_rules";
const IMPORTS: &str = "catalogue::every_identity_can_be_imported";
