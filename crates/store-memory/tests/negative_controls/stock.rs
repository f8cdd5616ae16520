//! Flaws of stock: selling what is not there, keeping what expired, losing what was promised.

use sutler_core::change::{Change, ChangeSet, CommitOutcome, StockChange};
use sutler_core::port::Store;
use sutler_core::time::Timestamp;
use sutler_store_conformance::{event, stock_race, stock_reserve};
use sutler_store_memory::MemoryStore;

use crate::{Flaw, Lent, Outcome};

/// Reads, decides and writes without a guard in between: sells what is not there.
struct SellsTooMuch;

impl Flaw for SellsTooMuch {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        let outcome = store.commit(set.clone())?;
        let short =
            matches!(&outcome, CommitOutcome::Refused(why) if why.code() == "stock.insufficient");
        let lines = set.changes.iter().find_map(|change| match change {
            Change::Stock(StockChange::Reserve { lines, .. }) => Some(lines.clone()),
            _ => None,
        });
        let Some(lines) = lines.filter(|_| short) else { return Ok(outcome) };
        let mut wider = ChangeSet::new(set.at, set.command);
        for line in lines {
            let limits =
                StockChange::Limits { key: line.key, backorder_limit: 1_000_000, safety: 0 };
            wider.push(Change::Stock(limits));
        }
        store.commit(wider)?;
        store.commit(set)
    }
}

#[test]
fn overselling_is_noticed() {
    noticed!(Lent<SellsTooMuch>:
        stock_race::the_last_unit_goes_to_exactly_one_of_many_threads,
        stock_race::fifty_units_go_to_fifty_of_five_hundred_tries,
        stock_race::carts_in_any_order_of_lines_do_not_block_each_other,
        stock_reserve::reserving_is_all_lines_or_none,
    );
}

/// Never reclaims what expired.
struct KeepsExpired;

impl Flaw for KeepsExpired {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        store.commit(ChangeSet { at: Timestamp::from_millis(0), ..set })
    }
}

#[test]
fn reservations_that_never_expire_are_noticed() {
    noticed!(Lent<KeepsExpired>:
        stock_reserve::reserving_reclaims_what_expired,
        stock_reserve::releasing_passes_over_what_is_gone,
        stock_race::expired_units_are_reclaimed_once,
        event::events_come_back_as_they_were_told,
    );
}

/// Releases what is held when it should be promised, and says yes.
struct LosesPromises;

impl Flaw for LosesPromises {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        for change in &mut set.changes {
            if let Change::Stock(StockChange::Allocate { checkout, lines, expires_at, .. }) = change
            {
                let (checkout, lines, expires_at) = (*checkout, lines.clone(), *expires_at);
                *change = Change::Stock(StockChange::Release { checkout, lines, expires_at });
            }
        }
        store.commit(set)
    }
}

#[test]
fn lost_promises_are_noticed() {
    noticed!(Lent<LosesPromises>:
        stock_reserve::allocating_turns_reservations_into_promises,
        stock_reserve::allocating_what_is_gone_is_refused,
        stock_race::a_hold_ends_in_exactly_one_way,
    );
}
