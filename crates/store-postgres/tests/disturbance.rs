//! What a network and a server do to a commit, and that nothing of it is lost or done twice.
//!
//! Every commit here corrects a level by one unit and is repeated by nobody but the store, so the level says how often it
//! took effect.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fixture::proxy::{Cut, Proxy};
use fixture::{Schema, admin};
use sutler_core::change::CommitOutcome;
use sutler_core::inventory::MovementKind;
use sutler_core::port::{StockReader as _, Store};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::given::stock::moved;
use sutler_store_postgres::{FailPoint, OpenOptions};

/// How often a line is cut; `SUTLER_TEST_CUTS` says another number.
fn cuts() -> u64 {
    std::env::var("SUTLER_TEST_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

fn on_hand(store: &dyn Store) -> u64 {
    u64::from(store.stock_level_page(None, 1).unwrap()[0].1.on_hand)
}

#[test]
fn a_line_that_is_cut_around_a_commit_loses_nothing_and_doubles_nothing() {
    let proxy = Proxy::start();
    let (armed, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (arm, count, line) = (Arc::clone(&armed), Arc::clone(&seen), proxy.clone());
    let point: FailPoint = Arc::new(move |point| {
        if point == "before_commit" && arm.swap(false, Ordering::SeqCst) {
            let n = count.fetch_add(1, Ordering::SeqCst);
            line.cut_next([Cut::Before, Cut::After, Cut::During][usize::try_from(n % 3).unwrap()]);
        }
    });
    let options = OpenOptions { fail_point: Some(point), ..OpenOptions::default() };
    let schema = Schema::at(proxy.address(), options);
    let store = schema.store();
    let world = World::on(store);
    let key = world.stocked(store, 0);
    for n in 1..=cuts() {
        armed.store(true, Ordering::SeqCst);
        let outcome = store.commit(world.set_of([moved(key, MovementKind::Received, 1)]));
        assert!(matches!(outcome, Ok(CommitOutcome::Committed(_))), "cut {n}: {outcome:?}");
        assert_eq!(on_hand(store), n, "cut {n}");
    }
    assert_eq!(seen.load(Ordering::SeqCst), cuts(), "every commit was cut once");
    assert_eq!(store.integrity().unwrap(), []);
}

#[test]
fn backends_that_are_terminated_at_any_moment_lose_nothing_and_double_nothing() {
    let schema = Schema::empty();
    let store = schema.store();
    let world = World::on(store);
    let key = world.stocked(store, 0);
    let (commits, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let kill = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE application_name = 'sutler' AND pid IN (SELECT pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{}')",
        schema.address().shop()
    );
    let killed = std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let mut killed = 0;
            while !done.load(Ordering::SeqCst) {
                killed += admin(&kill)[0].parse::<u64>().unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
            killed
        });
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let set = world.set_of([moved(key, MovementKind::Received, 1)]);
                        let outcome = store.commit(set);
                        assert!(matches!(outcome, Ok(CommitOutcome::Committed(_))), "{outcome:?}");
                        commits.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok), "a writer failed");
        killer.join().unwrap()
    });
    assert!(killed > 0, "nobody was disturbed");
    assert_eq!(on_hand(store), commits.load(Ordering::SeqCst), "{killed} backends were terminated");
    assert_eq!(store.integrity().unwrap(), []);
}

/// Two processes' worth of stores, baskets in any order: nobody hears of a deadlock.
#[test]
fn shuffled_baskets_of_several_stores_lock_nobody_out() {
    let schema = Schema::empty();
    let world = World::on(schema.store());
    let keys: Vec<_> = (0..6).map(|_| world.stocked(schema.store(), 0)).collect();
    let others: Vec<_> = (0..4)
        .map(|_| {
            let options = OpenOptions::default();
            sutler_store_postgres::PostgresStore::open(schema.address(), options).unwrap()
        })
        .collect();
    std::thread::scope(|scope| {
        for (n, store) in others.iter().enumerate() {
            for thread in 0..4 {
                let (world, keys) = (&world, &keys);
                scope.spawn(move || {
                    for round in 0..10 {
                        let mut basket = keys.clone();
                        basket.rotate_left((n + thread + round) % keys.len());
                        let changes: Vec<_> = basket
                            .iter()
                            .map(|key| moved(*key, MovementKind::Received, 1))
                            .collect();
                        let outcome = store.commit(world.set_of(changes));
                        assert!(matches!(outcome, Ok(CommitOutcome::Committed(_))), "{outcome:?}");
                    }
                });
            }
        }
    });
    let levels = schema.store().stock_level_page(None, 10).unwrap();
    assert!(levels.iter().all(|(_, level)| level.on_hand == 160), "{levels:?}");
    assert_eq!(schema.store().integrity().unwrap(), []);
}
