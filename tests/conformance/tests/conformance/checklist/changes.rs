//! Plans and applies.

use conformance::Rule as R;

use super::{APPLY, Line, PLAN, READ, clause};

pub(super) const LINES: &[Line] = &[
    Line {
        says: "a configured object is planned, and only that",
        clauses: &[
            clause(
                "planned null where configured null, nowhere else",
                &[(R::PlannedNull, PLAN, ""), (R::PlannedNull, PLAN, "disks")],
                &["lifecycle::the_least_configuration_lives_and_dies"],
            ),
            clause(
                "a destroy plans nothing",
                &[(R::PlannedNull, PLAN, "")],
                &["plan::a_destroy_is_planned_without_a_configuration", STATES],
            ),
        ],
    },
    Line {
        says: "what is not computed is planned as configured, or as it was",
        clauses: &[
            clause(
                "another spelling of what was is that",
                &[
                    (R::PlannedOtherThanConfigured, PLAN, "memory"),
                    (R::PlannedOtherThanConfigured, PLAN, r#"disks["scsi0"].size"#),
                ],
                &[
                    "settings::a_spelling_that_means_the_same_is_no_change",
                    "settings::a_key_that_means_the_same_is_the_same_key",
                ],
            )
            .server(&["is planned other than configured"]),
            clause(
                "neither configured nor computed is null",
                &[(R::PlannedNotComputed, PLAN, "note")],
                &["settings::an_optional_attribute_comes_and_goes"],
            )
            .server(&["is planned, but it is not configured and not computed"]),
        ],
    },
    Line {
        says: "what is computed is the provider's, as long as nobody configures it",
        clauses: &[
            clause(
                "unconfigured it is anything, configured it is that or what was",
                &[(R::PlannedOtherThanConfigured, PLAN, "memory")],
                &[
                    "settings::a_setting_that_was_never_configured_is_the_servers",
                    "settings::a_setting_that_leaves_the_configuration_goes_back_to_the_servers_default",
                    "lifecycle::what_the_plan_hook_adds_is_there_twice",
                ],
            ),
            clause(
                "computed alone it is anything",
                &[(R::PlanNotRepeatable, PLAN, "attempts")],
                &["lifecycle::a_computed_attribute_is_known_as_long_as_nothing_moves_it"],
            ),
        ],
    },
    Line {
        says: "nested attributes are judged one by one",
        clauses: &[
            clause(
                "as many elements, under the same keys, in sets too",
                &[
                    (R::PlannedElements, PLAN, "disks"),
                    (R::PlannedElements, PLAN, "rules"),
                    (R::PlannedElements, PLAN, "peers"),
                ],
                &[
                    "settings::nested_objects_are_planned_by_key",
                    "settings::elements_of_a_list_come_and_go",
                    "settings::a_set_of_objects_has_no_order_and_one_spelling",
                ],
            )
            .server(&[
                "is planned with other keys than configured",
                "is planned with another length than configured",
            ]),
            clause(
                "what is configured is not planned unknown",
                &[
                    (R::PlannedUnknown, PLAN, "zone"),
                    (R::PlannedUnknown, PLAN, "disks"),
                    (R::PlannedUnknown, PLAN, r#"disks["scsi0"].size"#),
                ],
                &["volumes::everything_nested_comes_and_goes"],
            )
            .server(&["is planned unknown, but it is configured"]),
        ],
    },
    Line {
        says: "blocks are judged one by one",
        clauses: &[
            clause(
                "as many elements, under the same keys",
                &[
                    (R::PlannedElements, PLAN, "shelf"),
                    (R::PlannedElements, PLAN, "port"),
                    (R::PlannedOtherThanConfigured, PLAN, "shelf[0].height"),
                    (R::PlannedNull, PLAN, "location"),
                ],
                &["racks::blocks_of_every_nesting_come_and_go"],
            ),
            clause(
                "none is unknown as a whole, unless it came so, and then it stays so",
                &[
                    (R::PlannedUnknown, PLAN, "shelf"),
                    (R::PlannedOtherThanConfigured, PLAN, "shelf"),
                ],
                &["racks::a_block_of_which_nothing_is_known_is_planned_as_it_is"],
            ),
            clause(
                "sets, at which core does not look, have an element for each that is configured",
                &[(R::PlannedElements, PLAN, "tag")],
                &[
                    "racks::what_a_provider_computes_inside_a_block_is_unknown_and_then_stays",
                    "racks::an_element_with_an_unknown_part_may_become_anything_that_fits",
                ],
            ),
        ],
    },
    Line {
        says: "what is write-only is null in every plan and there in every configuration",
        clauses: &[
            clause(
                "null, inside others too",
                &[
                    (R::WriteOnlyStored, PLAN, "password"),
                    (R::WriteOnlyStored, PLAN, "agent.secret"),
                ],
                &["write_only::a_secret_is_in_no_answer"],
            )
            .server(&["is write-only and must be null in a plan"]),
            clause(
                "read from the configuration, in the plan and in the apply",
                &[],
                &[
                    "write_only::a_password_is_sent_when_its_version_changes",
                    "write_only::a_secret_inside_an_object_is_sent_and_not_stored",
                ],
            ),
        ],
    },
    Line {
        says: "a plan is made twice, and says the same",
        clauses: &[
            clause(
                "asked with the same, it answers the same",
                &[(R::PlanNotRepeatable, PLAN, ""), (R::PlanNotRepeatable, PLAN, "attempts")],
                &["random::a_life_with_any_configurations_keeps_the_rules"],
            ),
            clause(
                "what was known does not change once more is known",
                &[(R::InconsistentFinalPlan, PLAN, "attempts")],
                &[
                    "random::what_is_planned_unknown_may_become_anything_that_was_configured",
                    "plan::the_final_plan_keeps_to_the_first",
                ],
            ),
            clause(
                "an update may turn out to be none, and nothing else",
                &[(R::InconsistentFinalPlan, PLAN, "")],
                &["plan::an_update_that_turns_out_to_be_none_is_none"],
            ),
        ],
    },
    Line {
        says: "a replacement is planned once more, as a create",
        clauses: &[
            clause(
                "what requires it is there, before or after",
                &[(R::ReplacePath, PLAN, "nowhere")],
                &[
                    "plan::a_replacement_is_planned_once_more_as_a_create",
                    "plan::a_resource_may_ask_for_a_replacement_of_its_own",
                ],
            ),
            clause(
                "what did not change requires none; what is write-only may",
                &[],
                &[
                    "broken::what_did_not_change_requires_no_replacement",
                    "broken::what_is_write_only_may_require_a_replacement",
                ],
            ),
            clause(
                "what is tainted is planned as if it were not there",
                &[],
                &["failures::a_create_that_failed_half_way_is_tainted_and_replaced"],
            ),
            clause(
                "its private state and identity come from the first plan",
                &[(R::IdentityUnknown, PLAN, "id"), (R::IdentityChanged, PLAN, "")],
                &["identity::the_plan_of_a_replacement_knows_no_identity"],
            ),
        ],
    },
    Line {
        says: "core proposes the configuration over what was computed before",
        clauses: &[
            clause(
                "by position, key or content",
                &[(R::PlannedElements, PLAN, "disks")],
                &[
                    "tests/conformance/src/proposed.rs::elements_keep_what_was_computed_for_them",
                    "tests/conformance/src/proposed.rs::what_has_left_the_configuration_is_not_computed",
                ],
            ),
            clause(
                "defaults are planned, and nothing is unknown in a plan that changes nothing",
                &[(R::SecondPlanNotEmpty, PLAN, "attempts")],
                &[
                    "settings::the_default_of_an_optional_attribute_comes_back",
                    "lifecycle::everything_can_come_and_go",
                ],
            ),
            clause(
                "the resource has its say after that, in a destroy too; what it requires stands once",
                &[(R::PlannedNull, PLAN, "")],
                &[
                    "lifecycle::what_the_plan_hook_adds_is_there_twice",
                    "plan::what_requires_a_replacement_twice_is_named_once",
                    "failures::a_panic_in_a_plan_is_a_message_that_tells_no_secret",
                ],
            ),
        ],
    },
    Line {
        says: "ignored changes and marks of sensitivity are core's",
        clauses: &[clause(
            "what is ignored comes as it was, and is planned so",
            &[(R::PlannedOtherThanConfigured, PLAN, "memory")],
            &["plan::an_ignored_change_comes_as_the_value_of_before_and_is_none"],
        )],
    },
    Line {
        says: "an apply does what was planned",
        clauses: &[
            clause(
                "every known value is there",
                &[(R::InconsistentAfterApply, APPLY, "memory")],
                &["lifecycle::the_fullest_configuration_lives_and_dies"],
            )
            .server(&["is another value than planned"]),
            clause(
                "what was unknown fits",
                &[(R::InconsistentAfterApply, APPLY, "address")],
                &["plan::an_unknown_value_may_turn_out_to_be_null"],
            )
            .server(&["is not what the plan promised of it"]),
            clause(
                "no element comes or goes",
                &[
                    (R::InconsistentAfterApply, APPLY, r#"disks["scsi0"]"#),
                    (R::InconsistentAfterApply, APPLY, "rules"),
                    (R::InconsistentAfterApply, APPLY, "shelf"),
                ],
                &["volumes::everything_nested_comes_and_goes"],
            )
            .server(&["has another length than planned", "was planned and has gone"]),
            clause(
                "sets correspond and do not grow",
                &[
                    (R::InconsistentAfterApply, APPLY, "tags"),
                    (R::InconsistentAfterApply, APPLY, "peers"),
                    (R::InconsistentAfterApply, APPLY, "tag"),
                ],
                &["racks::an_element_with_an_unknown_part_may_become_anything_that_fits"],
            )
            .server(&["is another set than planned"]),
            clause(
                "null stays null",
                &[(R::InconsistentAfterApply, APPLY, "note")],
                &["settings::an_optional_attribute_comes_and_goes"],
            )
            .server(&["was planned null and is not"]),
        ],
    },
    Line {
        says: "after an apply everything is known",
        clauses: &[
            clause(
                "nothing unknown is left",
                &[
                    (R::UnknownAfterApply, APPLY, "address"),
                    (R::UnknownAfterApply, APPLY, r#"disks["scsi0"].volume"#),
                ],
                &["lifecycle::the_fullest_configuration_lives_and_dies"],
            )
            .server(&["is still unknown"]),
            clause(
                "nothing write-only is stored",
                &[
                    (R::WriteOnlyStored, APPLY, "password"),
                    (R::WriteOnlyStored, APPLY, "agent.secret"),
                ],
                &["write_only::a_password_is_sent_when_its_version_changes"],
            )
            .server(&["is write-only and must be null in the state"]),
            clause(
                "an object is there, after a destroy none",
                &[(R::NullAfterApply, APPLY, "")],
                &["lifecycle::the_least_configuration_lives_and_dies"],
            ),
            clause(
                "nobody claims the old type system",
                &[(R::LegacyTypeSystem, PLAN, ""), (R::LegacyTypeSystem, APPLY, "")],
                &["broken::an_honest_provider_breaks_none"],
            ),
        ],
    },
    Line {
        says: "what was made is in the state, whatever went wrong after it",
        clauses: &[
            clause(
                "a create that failed half way leaves what it made, tainted",
                &[(R::Orphaned, APPLY, "")],
                &[
                    "failures::a_create_that_failed_half_way_is_tainted_and_replaced",
                    "failures::a_stop_keeps_what_was_made",
                    "failures::the_end_of_its_time_keeps_what_was_made",
                    "failures::a_create_that_made_nothing_leaves_nothing",
                ],
            ),
            clause(
                "an update or destroy that failed leaves what there was",
                &[],
                &[
                    "failures::a_failed_update_keeps_what_there_was_and_resets_later",
                    "failures::a_failed_destroy_keeps_everything",
                ],
            ),
        ],
    },
    Line {
        says: "private state is in every answer",
        clauses: &[
            clause(
                "from plan to apply, after an error too",
                &[(R::PrivateLost, APPLY, ""), (R::PrivateLost, READ, "")],
                &[
                    "failures::a_failed_destroy_keeps_everything",
                    "identity::an_identity_is_the_same_in_every_answer",
                ],
            ),
            clause(
                "from the state to the plan, and from the first plan to the last",
                &[(R::PrivateLost, PLAN, "")],
                &["racks::what_the_first_plan_remembered_comes_with_the_last"],
            ),
        ],
    },
];

const STATES: &str = "catalogue::every_state_is_upgraded_planned_and_destroyed_by_the_rules";
