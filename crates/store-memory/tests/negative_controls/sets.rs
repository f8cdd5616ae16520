//! Flaws of a commit as a whole: keys, events, order, all or nothing.

use sutler_core::change::{Change, ChangeSet, CommitOutcome, Receipt};
use sutler_core::lease::LeaseChange;
use sutler_core::port::Store;
use sutler_store_conformance::{
    commit, event, faults, idempotency, isolation, lease, promotion, stock_ledger,
};
use sutler_store_memory::MemoryStore;

use crate::{Flaw, Lent, Outcome, as_long_as_a_disk_takes};

/// Writes without keeping the key.
struct ForgetsKeys;

impl Flaw for ForgetsKeys {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        store.commit(ChangeSet { idempotency: None, ..set })
    }
}

#[test]
fn forgotten_keys_are_noticed() {
    noticed!(Lent<ForgetsKeys>:
        idempotency::the_same_key_and_content_is_replayed,
        idempotency::the_same_key_with_other_content_is_refused,
        idempotency::one_key_from_many_threads_has_one_effect,
        idempotency::one_key_for_different_content_from_many_threads_is_used_once,
        idempotency::a_key_can_be_looked_up,
        commit::the_first_guard_that_fails_decides,
        faults::a_commit_whose_answer_was_lost_is_written,
    );
}

/// Uses the key up although nothing was written.
struct BurnsKeys;

impl Flaw for BurnsKeys {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        let outcome = store.commit(set.clone())?;
        if matches!(outcome, CommitOutcome::Refused(_) | CommitOutcome::Conflict { .. }) {
            store.commit(ChangeSet { changes: Vec::new(), events: Vec::new(), ..set })?;
        }
        Ok(outcome)
    }
}

#[test]
fn burnt_keys_are_noticed() {
    noticed!(Lent<BurnsKeys>:
        idempotency::a_refused_set_does_not_use_its_key_up,
        commit::a_set_whose_last_change_fails_leaves_nothing,
    );
}

/// Writes records and forgets to tell.
struct LosesEvents;

impl Flaw for LosesEvents {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        store.commit(ChangeSet { events: Vec::new(), ..set })
    }
}

#[test]
fn lost_events_are_noticed() {
    noticed!(Lent<LosesEvents>:
        event::events_come_back_as_they_were_told,
        event::events_stand_in_the_order_of_commits,
        event::subjects_count_without_gaps_under_concurrency,
        event::a_consumer_that_follows_the_log_misses_nothing,
        commit::a_receipt_says_what_was_given_out,
    );
}

/// Tells before it knows whether anything will be written.
struct TellsFirst;

impl Flaw for TellsFirst {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        let told = ChangeSet { idempotency: None, changes: Vec::new(), ..set.clone() };
        let CommitOutcome::Committed(receipt) = store.commit(told)? else {
            return store.commit(set);
        };
        let last_event = receipt.last_event;
        match store.commit(ChangeSet { events: Vec::new(), ..set })? {
            CommitOutcome::Committed(mut receipt) => {
                receipt.last_event = last_event;
                Ok(CommitOutcome::Committed(receipt))
            }
            other => Ok(other),
        }
    }
}

#[test]
fn events_apart_from_their_records_are_noticed() {
    noticed!(Lent<TellsFirst>:
        commit::a_set_whose_last_change_fails_leaves_nothing,
        event::subjects_count_without_gaps_under_concurrency,
        event::the_number_of_an_opened_order_is_filled_in,
    );
}

/// Has no transaction: writes change by change and stops where one fails.
struct HalfWrites;

impl Flaw for HalfWrites {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        let mut receipt = Receipt::default();
        for change in set.changes.clone() {
            let one = ChangeSet {
                idempotency: None,
                changes: vec![change],
                events: Vec::new(),
                ..set.clone()
            };
            match store.commit(one)? {
                CommitOutcome::Committed(part) => {
                    receipt.order_number = receipt.order_number.max(part.order_number)
                }
                other => return Ok(other),
            }
            as_long_as_a_disk_takes();
        }
        match store.commit(ChangeSet { changes: Vec::new(), ..set })? {
            CommitOutcome::Committed(part) => {
                receipt.last_event = part.last_event;
                Ok(CommitOutcome::Committed(receipt))
            }
            other => Ok(other),
        }
    }
}

#[test]
fn half_written_sets_are_noticed() {
    noticed!(Lent<HalfWrites>:
        commit::a_set_whose_last_change_fails_leaves_nothing,
        isolation::levels_are_one_snapshot,
        idempotency::the_same_key_and_content_is_replayed,
        promotion::a_use_beyond_the_limit_is_refused,
        stock_ledger::a_refused_movement_leaves_no_entry,
        event::the_number_of_an_opened_order_is_filled_in,
    );
}

/// Applies the changes of a set in another order.
struct Reorders;

impl Flaw for Reorders {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        set.changes.reverse();
        store.commit(set)
    }
}

#[test]
fn another_order_of_changes_is_noticed() {
    noticed!(Lent<Reorders>:
        commit::changes_of_a_set_are_applied_in_their_order,
        commit::an_order_is_opened_and_placed_in_one_set,
        commit::the_first_guard_that_fails_decides,
        stock_ledger::each_location_has_its_own_ledger,
    );
}

/// Tells before it writes, each in a commit of its own, so that a reader may come in between.
struct TellsTooEarly;

impl Flaw for TellsTooEarly {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        store.commit(ChangeSet { idempotency: None, changes: Vec::new(), ..set.clone() })?;
        as_long_as_a_disk_takes();
        store.commit(ChangeSet { events: Vec::new(), ..set })
    }
}

#[test]
fn an_event_before_its_record_is_noticed() {
    noticed!(Lent<TellsTooEarly>: isolation::an_event_is_not_seen_before_its_record);
}

/// Writes what was done under a lease without looking whether it is held still.
struct TrustsHolders;

impl Flaw for TrustsHolders {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        set.changes.retain(|change| !matches!(change, Change::Lease(LeaseChange::Renew { .. })));
        store.commit(set)
    }
}

#[test]
fn holders_that_are_trusted_are_noticed() {
    noticed!(Lent<TrustsHolders>:
        lease::a_lease_is_taken_renewed_and_given_back,
        lease::a_lease_that_ran_out_is_taken_or_renewed,
        lease::a_set_with_an_older_token_is_refused_as_a_whole,
    );
}

/// Begins to count anew once a lease was given back.
struct ForgetsTokens;

impl Flaw for ForgetsTokens {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        let outcome = store.commit(set)?;
        Ok(match outcome {
            CommitOutcome::Committed(mut receipt) => {
                receipt.lease_token = receipt.lease_token.map(|_| 1);
                CommitOutcome::Committed(receipt)
            }
            other => other,
        })
    }
}

#[test]
fn tokens_that_do_not_grow_are_noticed() {
    noticed!(Lent<ForgetsTokens>:
        lease::the_token_of_a_lease_only_grows,
        lease::one_of_many_takers_at_a_time_moves_a_cursor,
    );
}
