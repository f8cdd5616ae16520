//! Who shares a transaction, who hears what, and what a commit costs.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use fixture::Schema;
use fixture::proxy::Proxy;
use sutler_core::change::{Change, CommitOutcome};
use sutler_core::inventory::MovementKind;
use sutler_core::port::{EventReader as _, StockReader as _, Store as _, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::given::stock::moved;
use sutler_store_conformance::then::{committed, together};
use sutler_store_postgres::{FailPoint, OpenOptions};

const CALLERS: usize = 24;

/// Holds the first commit back until the rest waits, and counts commits.
struct Gate {
    commits: AtomicU64,
    opened: Barrier,
}

#[test]
fn whoever_waits_shares_the_next_transaction_and_hears_its_own_verdict() {
    let gate = Arc::new(Gate { commits: AtomicU64::new(0), opened: Barrier::new(2) });
    let armed = Arc::new(AtomicU64::new(u64::MAX));
    let (at_gate, from) = (Arc::clone(&gate), Arc::clone(&armed));
    let point: FailPoint = Arc::new(move |point| {
        if point == "before_commit" {
            let n = at_gate.commits.fetch_add(1, Ordering::SeqCst);
            if n == from.load(Ordering::SeqCst) {
                at_gate.opened.wait();
            }
        }
    });
    let schema = Schema::with(OpenOptions { fail_point: Some(point), ..OpenOptions::default() });
    let store = schema.store();
    let world = World::on(store);
    let key = world.stocked(store, 3);
    let before = gate.commits.load(Ordering::SeqCst);
    armed.store(before, Ordering::SeqCst);
    let waiting = AtomicU64::new(0);
    let outcomes = std::thread::scope(|scope| {
        scope.spawn(|| {
            // The first is held; all others have queued when it goes on.
            while waiting.load(Ordering::SeqCst) < u64::try_from(CALLERS).unwrap() {
                std::thread::yield_now();
            }
            std::thread::sleep(std::time::Duration::from_millis(300));
            gate.opened.wait();
        });
        together(CALLERS, |_| {
            waiting.fetch_add(1, Ordering::SeqCst);
            store.commit(world.set_of([moved(key, MovementKind::CorrectedDown, 1)])).unwrap()
        })
    });
    let sold = outcomes.iter().filter(|of| matches!(of, CommitOutcome::Committed(_))).count();
    let short = outcomes.iter().filter(|of| matches!(of, CommitOutcome::Refused(_))).count();
    assert_eq!((sold, short), (3, CALLERS - 3), "three units, each sold once");
    assert!(gate.commits.load(Ordering::SeqCst) - before <= 2, "they shared a transaction");
    assert_eq!(store.stock_level_page(None, 1).unwrap()[0].1.on_hand, 0);
    assert_eq!(store.integrity().unwrap(), []);
}

/// One set that cannot be written does not take its neighbors along.
#[test]
fn a_set_that_the_server_refuses_fails_alone() {
    let schema = Schema::empty();
    let store = schema.store();
    let world = World::on(store);
    // Postgres keeps no NUL in a text.
    let consumer = |n: usize| if n == 5 { "\0".to_owned() } else { format!("consumer {n}") };
    let outcomes = together(CALLERS, |n| {
        store.commit(world.set_of([Change::Cursor { consumer: consumer(n), seq: 7 }])).is_ok()
    });
    assert_eq!(outcomes.iter().filter(|ok| !**ok).count(), 1, "{outcomes:?}");
    let kept = (0..CALLERS).filter(|n| *n != 5 && store.cursor(&consumer(*n)).unwrap() == 7);
    assert_eq!(kept.count(), CALLERS - 1);
}

#[test]
fn a_commit_costs_two_flights() {
    let proxy = Proxy::start();
    let schema = Schema::at(proxy.address(), OpenOptions::default());
    let store = schema.store();
    let world = World::on(store);
    let key = world.stocked(store, 50);
    let sell = || {
        let mut set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]);
        set.tell(sutler_core::event::Event::plain(
            sutler_core::event::EventKind::StockChanged,
            key.variant,
        ));
        committed(store, set);
    };
    // The first ones prepare their statements.
    (0..3).for_each(|_| sell());
    let before = proxy.flights();
    (0..10).for_each(|_| sell());
    assert_eq!(proxy.flights() - before, 20, "two flights each");
}
