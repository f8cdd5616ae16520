//! [`store_conformance!`](crate::store_conformance): the list of all promises.

/// Runs the whole suite against one back-end: one `#[test]` for each promise of the ports.
///
/// Takes a type that implements [`Fixture`](crate::Fixture). To run it twice in one file, put each in a module.
///
/// ```
/// use sutler_store_conformance::Fixture;
/// use sutler_store_memory::MemoryStore;
///
/// struct Memory(MemoryStore);
///
/// impl Fixture for Memory {
///     type Store = MemoryStore;
///
///     fn empty() -> Self {
///         Memory(MemoryStore::new())
///     }
///
///     fn store(&self) -> &MemoryStore {
///         &self.0
///     }
/// }
///
/// mod in_memory {
///     sutler_store_conformance::store_conformance!(super::Memory);
/// }
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($fixture:ty) => {
        $crate::store_conformance! { @each $fixture;
            commit {
                a_set_whose_last_change_fails_leaves_nothing
                a_commit_is_read_at_once
                changes_of_a_set_are_applied_in_their_order
                an_order_is_opened_and_placed_in_one_set
                the_first_guard_that_fails_decides
                the_version_of_a_record_comes_before_its_unique_texts
                an_empty_set_is_committed
                a_receipt_says_what_was_given_out
            }
            idempotency {
                the_same_key_and_content_is_replayed
                the_same_key_with_other_content_is_refused
                a_refused_set_does_not_use_its_key_up
                a_key_can_be_looked_up
                one_key_from_many_threads_has_one_effect
                one_key_for_different_content_from_many_threads_is_used_once
            }
            version {
                a_record_must_follow_its_stored_version
                one_of_many_writers_of_a_version_succeeds
                an_order_must_follow_its_stored_version
                a_payment_is_opened_once
                the_shop_is_made_once_and_follows_its_version
            }
            isolation {
                levels_are_one_snapshot
                a_record_is_read_whole
                an_event_is_not_seen_before_its_record
                reads_that_belong_together_see_what_was_committed
            }
            replica {
                what_is_written_to_is_no_replica
            }
            setup {
                an_empty_store_has_no_setup
                setup_comes_back_as_it_was_written
                a_change_of_setup_is_seen_at_once
                a_failed_change_of_setup_is_not_seen
                other_changes_leave_the_version_of_the_setup_alone
                codes_are_unique
                a_tax_rate_replaces_its_namesake
                what_is_taken_away_is_gone
            }
            catalog {
                a_product_comes_back_as_it_was_written
                a_handle_is_unique
                products_come_in_the_order_asked
                variant_refs_come_in_the_order_asked
                product_pages_are_complete
                variants_are_found_by_sku
                labels_of_the_past_find_nothing
                variants_are_found_by_barcode
                variants_missing_from_the_record_are_left
                labels_that_begin_with_a_text_are_suggested
                a_label_is_suggested_once
                the_size_of_the_catalog_counts_what_is_in_use
            }
            category {
                categories_come_in_the_order_of_ids
                a_category_name_is_unique_among_siblings
            }
            goods {
                goods_are_what_single_reads_say
                products_are_found_by_their_variants
            }
            price {
                prices_come_in_their_order
                a_price_replaces_the_one_in_its_place
                a_price_is_taken_away
                past_prices_are_kept
                past_prices_never_overlap
                a_failed_change_of_price_leaves_no_past
                past_price_lists_are_kept
            }
            cart {
                a_cart_comes_back_as_it_was_written
                an_unknown_cart_is_not_found
            }
            customer {
                a_customer_comes_back_as_it_was_written
                an_address_belongs_to_one_customer
                customer_pages_are_complete
            }
            stock {
                a_movement_changes_the_level
                a_movement_without_room_is_refused
                expected_on_hand_guards_a_movement
                a_count_may_be_as_large_as_a_level_can_hold
                limits_open_and_close_selling
                limits_below_what_is_promised_are_refused
                levels_come_from_every_location
                level_pages_are_complete
                stock_that_is_not_there_has_no_past
            }
            stock_reserve {
                reserving_holds_units
                reserving_is_all_lines_or_none
                nothing_is_reserved_of_an_absent_level
                reads_leave_expired_reservations_out
                reserving_reclaims_what_expired
                counting_moving_and_limiting_reclaim_what_expired
                releasing_passes_over_what_is_gone
                releasing_ends_one_checkout_only
                allocating_turns_reservations_into_promises
                allocating_what_is_gone_is_refused
                an_expired_reservation_that_is_still_there_is_allocated
                reservation_pages_are_complete
                expired_reservations_can_be_swept
            }
            stock_ledger {
                an_entry_comes_back_as_it_was_written
                each_location_has_its_own_ledger
                ledger_pages_are_complete
                history_is_newest_first_from_all_locations
                a_refused_movement_leaves_no_entry
                ledgers_hold_under_concurrency
                levels_are_the_fold_of_the_ledger
            }
            stock_race {
                the_last_unit_goes_to_exactly_one_of_many_threads
                fifty_units_go_to_fifty_of_five_hundred_tries
                carts_in_any_order_of_lines_do_not_block_each_other
                expired_units_are_reclaimed_once
                a_hold_ends_in_exactly_one_way
                a_count_and_a_sale_do_not_pass_each_other
            }
            order {
                an_order_comes_back_as_it_was_opened
                an_order_with_fees_and_tax_relief_comes_back
                an_unknown_order_is_not_found
                order_numbers_rise
                a_given_order_number_is_kept
                order_numbers_are_unique_and_rise_under_concurrency
                a_cart_has_one_order_that_is_not_canceled
                one_of_many_checkouts_of_a_cart_opens_its_order
                what_is_frozen_in_an_order_is_not_written_again
                the_log_of_an_order_is_complete
                order_pages_are_complete
                allocations_come_by_line_and_key
            }
            fulfillment {
                a_fulfillment_comes_back_as_it_was_written
                fulfillments_come_oldest_first
            }
            payment {
                a_payment_comes_back_as_it_was_opened
                payments_come_by_order_as_asked
                a_fact_is_kept_once
                facts_in_any_order_give_the_same_payment
                facts_from_many_threads_are_each_kept_once
                a_fact_about_no_payment_is_refused
                a_new_task_is_guarded_by_the_version_of_its_payment
                one_of_many_tasks_decided_on_one_version_is_queued
                a_decided_fact_is_guarded_by_the_version_of_its_payment
                a_known_task_is_overwritten_in_its_turn_until_it_is_done
                tasks_of_a_payment_come_by_key
                due_tasks_come_by_moment_then_key
            }
            promotion {
                uses_are_counted_by_everything_that_limits_them
                uses_of_an_order_come_back
                a_use_beyond_the_limit_is_refused
                a_use_beyond_the_limit_of_a_customer_is_refused
                a_use_beyond_the_limit_of_a_coupon_is_refused
                units_beyond_the_limit_are_refused
                money_beyond_the_budget_is_refused
                an_order_counts_once
                uses_are_given_back
                one_use_goes_to_one_of_two_hundred_orders
                the_limit_of_a_coupon_holds_under_concurrency
                the_limit_of_units_holds_under_concurrency
                the_budget_holds_under_concurrency
                the_limits_of_a_customer_hold_under_concurrency
                placed_orders_are_counted_by_buyer
                a_first_order_is_one_of_many
            }
            coupon {
                codes_of_batches_are_found
                a_code_is_made_once
                coupon_pages_are_complete
                one_code_is_made_by_one_of_many_threads
            }
            credit {
                credit_comes_back_as_it_was_written
                codes_and_customers_are_unique
                a_credit_must_follow_its_stored_version
                an_entry_is_decided_on_the_stored_row
                a_credit_ledger_is_complete_and_chained
                credit_pages_are_complete
                one_card_is_never_overspent_by_two_hundred
            }
            saga {
                a_checkout_comes_back_as_it_was_written
                open_checkouts_come_in_the_order_of_ids
                the_newest_import_run_of_a_content_is_found
            }
            event {
                events_come_back_as_they_were_told
                events_stand_in_the_order_of_commits
                the_number_of_an_opened_order_is_filled_in
                event_pages_are_complete
                subjects_count_without_gaps_under_concurrency
                a_subject_counts_on_when_its_record_is_stored
                a_consumer_that_follows_the_log_misses_nothing
                a_cursor_never_goes_back
            }
            lease {
                a_lease_is_taken_renewed_and_given_back
                a_lease_that_is_held_is_refused
                a_lease_that_ran_out_is_taken_or_renewed
                the_token_of_a_lease_only_grows
                a_set_with_an_older_token_is_refused_as_a_whole
                a_set_that_is_refused_leaves_its_lease_alone
                a_lease_goes_to_one_of_many
                one_of_many_takers_at_a_time_moves_a_cursor
            }
            reopen {
                a_healthy_store_has_no_findings
                reading_after_reopening_is_as_before
                everything_goes_on_after_reopening
                keys_are_known_after_reopening
            }
            faults {
                a_commit_that_was_cut_before_writes_nothing
                a_commit_whose_answer_was_lost_is_written
                a_read_that_failed_can_be_repeated
            }
        }
    };
    (@each $fixture:ty; $($noun:ident { $($promise:ident)+ })+) => {
        $($(
            #[test]
            fn $promise() {
                $crate::$noun::$promise::<$fixture>();
            }
        )+)+
    };
}

/// Runs the promises of [`sutler_core::port::Dump`] against one back-end, beside [`store_conformance!`](crate::store_conformance).
///
/// ```
/// use sutler_store_conformance::Fixture;
/// use sutler_store_memory::MemoryStore;
///
/// struct Memory(MemoryStore);
///
/// impl Fixture for Memory {
///     type Store = MemoryStore;
///
///     fn empty() -> Self {
///         Memory(MemoryStore::new())
///     }
///
///     fn store(&self) -> &MemoryStore {
///         &self.0
///     }
/// }
///
/// mod in_memory {
///     sutler_store_conformance::dump_conformance!(super::Memory);
/// }
/// ```
#[macro_export]
macro_rules! dump_conformance {
    ($fixture:ty) => {
        $crate::store_conformance! { @each $fixture;
            dump {
                every_kind_of_record_is_read
                a_copy_shows_what_its_source_shows
                a_copy_goes_on_as_its_source
                a_shop_is_read_at_one_moment
                reading_can_be_ended
                only_a_copy_in_its_turn_is_written
                a_part_is_written_whole_or_not_at_all
            }
        }
    };
}

/// Runs the promises of a store and a replica that follows it; takes a type that implements
/// [`Followed`](crate::replica::Followed).
///
/// ```text
/// sutler_store_conformance::replica_conformance!(fixture::Pair);
/// ```
#[macro_export]
macro_rules! replica_conformance {
    ($fixture:ty) => {
        $crate::store_conformance! { @each $fixture;
            replica {
                a_replica_shows_what_its_shop_showed
                the_log_of_a_replica_is_a_beginning
                a_replica_says_when_its_newest_commit_was_made
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// A promise that is written but not listed would never run.
    #[test]
    fn every_promise_is_listed() {
        let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
        let files = sources.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let text: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        let written: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("pub fn ")?.split_once("<F: F"))
            .filter(|(_, rest)| rest.starts_with("ixture>()") || rest.starts_with("ollowed>()"))
            .map(|(name, _)| name)
            .collect();
        let list = include_str!("registry.rs");
        let listed: BTreeSet<&str> =
            list.split_whitespace().filter(|word| written.contains(word)).collect();
        assert!(written.len() > 80, "{} promises", written.len());
        assert_eq!(listed, written);
    }
}
