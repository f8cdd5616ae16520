//! A backend that is killed without a word takes the whole server through crash recovery. Callers wait; nothing that was
//! acknowledged is lost, nothing is done twice.
//!
//! Alone in its program, because every other test on the server would be disturbed.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fixture::{Schema, try_admin};
use sutler_core::change::CommitOutcome;
use sutler_core::inventory::MovementKind;
use sutler_core::port::{StockReader as _, Store as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::given::stock::moved;
use sutler_store_postgres::OpenOptions;

const CRASHES: u32 = 3;

/// Kills a backend of a store with signal 9, by the server's own hand; true when one was there to be killed.
fn crash() -> bool {
    let pids = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sutler' LIMIT 1";
    let Some(pid) = try_admin(pids).ok().and_then(|pids| pids.first().cloned()) else {
        return false;
    };
    // The answer is lost with the server.
    let _ = try_admin(&format!("COPY (SELECT 1) TO PROGRAM 'kill -9 {pid}'"));
    true
}

#[test]
fn a_server_that_crashes_under_load_loses_nothing_and_doubles_nothing() {
    // Recovery lasts as long as there is to do again; other tests may have left much.
    try_admin("CHECKPOINT").unwrap();
    let patience = Duration::from_secs(300);
    let schema = Schema::with(OpenOptions { patience, ..OpenOptions::default() });
    let store = schema.store();
    let world = World::on(store);
    let key = world.stocked(store, 0);
    let (commits, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let began = "SELECT pg_postmaster_start_time()::text";
    let same_server = try_admin(began).unwrap();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        let set = world.set_of([moved(key, MovementKind::Received, 1)]);
                        let outcome = store.commit(set);
                        assert!(matches!(outcome, Ok(CommitOutcome::Committed(_))), "{outcome:?}");
                        commits.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        for _ in 0..CRASHES {
            let before = commits.load(Ordering::SeqCst);
            let failed = || writers.iter().any(|writer| writer.is_finished());
            while !crash() && !failed() {
                std::thread::sleep(Duration::from_millis(50));
            }
            // Until the shop sells again.
            while commits.load(Ordering::SeqCst) < before + 50 && !failed() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        done.store(true, Ordering::SeqCst);
        assert!(writers.into_iter().all(|writer| writer.join().is_ok()), "a writer failed");
    });
    assert_eq!(try_admin(began).unwrap(), same_server, "it recovered by itself");
    let on_hand = store.stock_level_page(None, 1).unwrap()[0].1.on_hand;
    assert_eq!(u64::from(on_hand), commits.into_inner());
    assert_eq!(store.integrity().unwrap(), []);
}
