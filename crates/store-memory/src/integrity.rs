//! Looks for what only the back-end can see: chains, folds and indexes that do not fit each other.
//!
//! A healthy store of this kind cannot have any; the checks are here so that callers meet the same answer everywhere.

use std::collections::BTreeMap;

use sutler_core::change::RecordRef;
use sutler_core::hash::ContentHash;
use sutler_core::inventory::{StockKey, StockLevel};
use sutler_core::port::{Finding, Looked, StoreError};
use sutler_core::verify::CreditLedger;

use crate::event::data_text;
use crate::state::State;

/// Returns what is looked at.
pub(crate) fn scope() -> Vec<Looked> {
    let chains = "every ledger and event fits its chain, and every count what it counts";
    vec![Looked::at("chains", chains)]
}

/// Returns what is off.
pub(crate) fn integrity(state: &State) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    check_ledgers(state, &mut findings);
    check_levels(state, &mut findings);
    check_reservations(state, &mut findings);
    check_events(state, &mut findings)?;
    check_order_logs(state, &mut findings);
    check_credits(state, &mut findings);
    Ok(findings)
}

fn finding(check: &'static str, subject: impl ToString, message: impl Into<String>) -> Finding {
    Finding { check, subject: subject.to_string(), message: message.into() }
}

fn name(key: StockKey) -> String {
    format!("{} at {}", key.variant, key.location)
}

fn check_ledgers(state: &State, findings: &mut Vec<Finding>) {
    for (location, ledger) in state.ledgers.iter() {
        let mut head = ContentHash::ZERO;
        for (seq, entry) in (1..).zip(&ledger.entries) {
            head = head.chain(&entry.movement.chain_input(seq, entry.at));
            if entry.seq != seq || entry.link != head.link() {
                findings.push(finding(
                    "stock.chain",
                    location,
                    format!("entry {seq} does not fit its chain"),
                ));
            }
        }
        if head != ledger.head.0 {
            findings.push(finding(
                "stock.chain",
                location,
                "the chain has another head than was kept",
            ));
        }
    }
}

fn check_levels(state: &State, findings: &mut Vec<Finding>) {
    let mut folded: BTreeMap<StockKey, StockLevel> = BTreeMap::new();
    for entry in state.movements.iter() {
        let level = folded.entry(entry.movement.key).or_default();
        match level.folded(entry.movement.kind.effect(), entry.movement.quantity) {
            Some(next) => *level = next,
            None => findings.push(finding(
                "stock.level",
                name(entry.movement.key),
                "the ledger leaves the range of a count",
            )),
        }
    }
    for (&key, level) in state.levels.iter() {
        let counts = |level: &StockLevel| (level.on_hand, level.reserved, level.allocated);
        if counts(level) != folded.get(&key).map_or((0, 0, 0), counts) {
            findings.push(finding(
                "stock.level",
                name(key),
                "the level is not the fold of the ledger",
            ));
        }
    }
}

fn check_reservations(state: &State, findings: &mut Vec<Finding>) {
    let mut held: BTreeMap<StockKey, u64> = BTreeMap::new();
    for ((key, ..), &quantity) in state.reservations.iter() {
        *held.entry(*key).or_default() += u64::from(quantity);
    }
    for (&key, level) in state.levels.iter() {
        let held = held.get(&key).copied().unwrap_or(0);
        if u64::from(level.reserved) != held {
            let message =
                format!("{} units count as reserved, reservations hold {held}", level.reserved);
            findings.push(finding("stock.reserved", name(key), message));
        }
    }
}

fn check_events(state: &State, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let mut head = ContentHash::ZERO;
    let mut subjects: BTreeMap<RecordRef, u64> = BTreeMap::new();
    for stored in state.events.iter() {
        let subject_seq = subjects.entry(stored.event.subject).or_default();
        *subject_seq += 1;
        let data = data_text(&stored.event)?;
        head = head.chain(&stored.event.chain_input(
            stored.seq,
            *subject_seq,
            stored.at,
            stored.command,
            &data,
        ));
        if stored.subject_seq != *subject_seq || stored.link != head.link() {
            findings.push(finding("event.chain", stored.seq, "the event does not fit its chain"));
        }
    }
    if head != state.event_head.0 {
        findings.push(finding("event.chain", "head", "the chain has another head than was kept"));
    }
    Ok(())
}

fn check_order_logs(state: &State, findings: &mut Vec<Finding>) {
    for order in state.orders.values() {
        let log = state.order_logs.get(&order.id);
        let versions = log.into_iter().flat_map(|log| log.iter()).map(|entry| entry.version);
        if !versions.eq(1..=order.version) {
            findings.push(finding(
                "order.log",
                order.id,
                "the log does not lead to the order's version",
            ));
        }
    }
}

fn check_credits(state: &State, findings: &mut Vec<Finding>) {
    for (id, record) in state.credits.iter() {
        let mut ledger = CreditLedger::new(*id);
        let entries = record.entries.iter();
        findings.extend(entries.flat_map(|stored| ledger.entry(stored)).collect::<Vec<_>>());
        let kept = (record.credit.entries, record.head.0);
        findings.extend(ledger.finish(&record.credit, kept));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::sync::Arc;

    use sutler_core::event::EventData;
    use sutler_core::port::StoreReader as _;
    use sutler_store_conformance::given::World;
    use sutler_store_conformance::then::committed;

    use super::*;
    use crate::MemoryStore;

    /// Writes one of everything, does `damage`, and returns the words of what is found.
    fn found(damage: impl FnOnce(&mut State)) -> Vec<&'static str> {
        let store = MemoryStore::new();
        let world = World::on(&store);
        for (_, set) in world.sweep() {
            committed(&store, set);
        }
        assert_eq!(store.integrity().unwrap(), []);
        damage(Arc::make_mut(&mut store.state.lock().unwrap()));
        let mut words: Vec<_> =
            store.integrity().unwrap().iter().map(|finding| finding.check).collect();
        words.dedup();
        words
    }

    #[test]
    fn a_level_that_is_not_the_fold_of_its_ledger_is_found() {
        let level = |state: &mut State, change: fn(&mut StockLevel)| {
            change(Arc::make_mut(&mut state.levels).values_mut().next().unwrap());
        };
        assert_eq!(found(|state| level(state, |level| level.on_hand += 1)), ["stock.level"]);
        assert_eq!(
            found(|state| level(state, |level| level.reserved += 1)),
            ["stock.level", "stock.reserved"]
        );
    }

    #[test]
    fn a_ledger_that_was_changed_is_found() {
        let entry = |state: &mut State, change: fn(&mut sutler_core::inventory::StoredMovement)| {
            let ledger = Arc::make_mut(&mut state.ledgers).values_mut().next().unwrap();
            change(Arc::make_mut(Arc::make_mut(ledger).entries.first_mut().unwrap()));
        };
        assert_eq!(
            found(|state| entry(state, |entry| entry.movement.quantity += 1)),
            ["stock.chain"]
        );
        assert_eq!(found(|state| entry(state, |entry| entry.seq = 7)), ["stock.chain"]);
        let cut = |state: &mut State| {
            let ledger = Arc::make_mut(&mut state.ledgers).values_mut().next().unwrap();
            Arc::make_mut(ledger).entries.pop();
        };
        assert_eq!(found(cut), ["stock.chain"]);
    }

    #[test]
    fn an_event_that_was_changed_or_lost_is_found() {
        let rewritten = |state: &mut State| {
            let event = Arc::make_mut(&mut state.events).first_mut().unwrap();
            let location = sutler_core::id::StockLocationId::from_u128(0xbad);
            Arc::make_mut(event).event.data = EventData::Stock { location };
        };
        assert_eq!(found(rewritten), ["event.chain"]);
        assert_eq!(
            found(|state| drop(Arc::make_mut(&mut state.events).remove(2))),
            ["event.chain"]
        );
    }

    #[test]
    fn a_log_that_does_not_lead_to_the_version_of_its_order_is_found() {
        let shortened = |state: &mut State| {
            let log = Arc::make_mut(&mut state.order_logs).values_mut().next().unwrap();
            Arc::make_mut(log).pop();
        };
        assert_eq!(found(shortened), ["order.log"]);
    }
}
