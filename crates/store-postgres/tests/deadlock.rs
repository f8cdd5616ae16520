//! Rows that many want at once: our own programs lock them in one order, others may not, and whoever waits too long is told
//! so in words that say to try again.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::cluster::Cluster;
use fixture::load::Load;
use fixture::{Schema, try_admin_at};
use sutler_core::change::CommitOutcome;
use sutler_core::inventory::{MovementKind, StockKey};
use sutler_core::port::{Retry, StockReader as _, Store, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::given::stock::moved;
use sutler_store_postgres::{FailPoint, OpenOptions, PostgresStore};

/// Processes, threads of each, and baskets that each thread commits.
const PROCESSES: usize = 4;
const THREADS: usize = 4;
const ROUNDS: usize = 15;
/// Levels in a basket, each in an order of its own.
const LINES: usize = 6;

/// Commits baskets from several stores at once while `disturb` runs, and looks that all of them took effect.
fn commit_shuffled(schema: &Schema, disturb: impl FnOnce(&AtomicBool) + Send) {
    let world = World::on(schema.store());
    let keys: Vec<StockKey> = (0..LINES).map(|_| world.stocked(schema.store(), 0)).collect();
    let open = |_| PostgresStore::open(schema.address(), OpenOptions::default()).unwrap();
    let stores: Vec<PostgresStore> = (0..PROCESSES).map(open).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| disturb(&done));
        let baskets: Vec<_> = (0..PROCESSES * THREADS)
            .map(|n| {
                let (world, keys, store) = (&world, &keys, &stores[n % PROCESSES]);
                scope.spawn(move || {
                    (0..ROUNDS).for_each(|at| commit_lines(store, world, keys, n + at))
                })
            })
            .collect();
        let ended: Vec<_> = baskets.into_iter().map(|basket| basket.join()).collect();
        done.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok), "a basket failed");
    });
    let levels = schema.store().stock_level_page(None, LINES).unwrap();
    let each = u32::try_from(PROCESSES * THREADS * ROUNDS).unwrap();
    assert!(levels.iter().all(|(_, level)| level.on_hand == each), "{each}: {levels:?}");
    assert_eq!(schema.store().integrity().unwrap(), []);
}

fn commit_lines(store: &dyn Store, world: &World, keys: &[StockKey], turn: usize) {
    let mut keys = keys.to_vec();
    keys.rotate_left(turn % LINES);
    if turn.is_multiple_of(2) {
        keys.reverse();
    }
    let changes: Vec<_> = keys.iter().map(|key| moved(*key, MovementKind::Received, 1)).collect();
    let outcome = store.commit(world.set_of(changes));
    assert!(matches!(outcome, Ok(CommitOutcome::Committed(_))), "{outcome:?}");
}

/// Returns how many deadlocks the server has broken.
fn deadlocks(cluster: &Cluster) -> u64 {
    // The counts are written once a second.
    std::thread::sleep(Duration::from_millis(1_500));
    cluster.admin("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'")[0]
        .parse()
        .unwrap()
}

#[test]
fn shuffled_baskets_of_several_processes_never_deadlock() {
    let cluster = Cluster::start(&["deadlock_timeout = 10ms"]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    commit_shuffled(&schema, |_| {});
    assert_eq!(deadlocks(&cluster), 0);
}

/// Others lock the same rows the other way round, in any isolation: somebody is broken off again and again, and none of our
/// callers hears of it.
#[test]
fn programs_that_lock_in_another_order_cost_time_and_nothing_else() {
    let cluster = Cluster::start(&["deadlock_timeout = 10ms"]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let opposite = |isolation: &str| {
        let lock = |order: &str| {
            format!(
                "DO $$ DECLARE level record; BEGIN
                   FOR level IN SELECT variant FROM shop.raw_level ORDER BY variant {order} LOOP
                     UPDATE shop.raw_level SET on_hand = on_hand WHERE variant = level.variant;
                     PERFORM pg_sleep(0.002);
                   END LOOP; END $$"
            )
        };
        format!("BEGIN ISOLATION LEVEL {isolation}; {}; COMMIT", lock("DESC"))
    };
    let broken_off = AtomicU64::new(0);
    commit_shuffled(&schema, |done| {
        std::thread::scope(|scope| {
            for isolation in ["READ COMMITTED", "SERIALIZABLE", "REPEATABLE READ"] {
                let (script, cluster, broken_off) = (opposite(isolation), &cluster, &broken_off);
                scope.spawn(move || {
                    while !done.load(Ordering::SeqCst) {
                        let failed = cluster.try_admin(&script).is_err();
                        broken_off.fetch_add(u64::from(failed), Ordering::SeqCst);
                    }
                });
            }
        });
    });
    assert!(deadlocks(&cluster) > 0, "there was no storm");
    assert!(broken_off.into_inner() > 0, "there was no storm");
}

/// Statements that are canceled at any moment, as a time limit does: tried again.
#[test]
fn statements_that_are_canceled_are_tried_again() {
    let cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'sutler' AND state = 'active'";
    load.during(|load| {
        for _ in 0..300 {
            cluster.admin(cancel);
        }
        load.goes_on();
    });
    load.is_exact();
}

#[test]
fn who_waits_too_long_for_a_row_is_told_to_try_again() {
    let cluster = Cluster::start(&[]);
    let options = OpenOptions { patience: Duration::from_secs(1), ..OpenOptions::default() };
    let schema = Schema::at(cluster.address(), options);
    let load = Load::new(schema.store());
    load.commit();
    std::thread::scope(|scope| {
        let hold = "BEGIN; LOCK TABLE shop.raw_level; SELECT pg_sleep(60); COMMIT";
        scope.spawn(|| cluster.try_admin(hold));
        let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'shop.raw_level'::regclass";
        while cluster.admin(locks) != ["1"] {
            std::thread::sleep(Duration::from_millis(10));
        }
        let error = load.try_commit().unwrap_err();
        assert_eq!((error.code, error.retry), ("store.locked", Retry::Later), "{error:?}");
        let holder =
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        assert_eq!(cluster.admin(holder), ["t"]);
    });
    load.commit();
    load.is_exact();
}

/// A process that sleeps in the middle of a commit is thrown out by the server, and does it again when it wakes.
#[test]
fn a_transaction_that_was_idle_for_too_long_is_done_again() {
    let cluster = Cluster::start(&[]);
    let asleep = Arc::new(AtomicBool::new(false));
    // How many transactions of the process were open when it fell asleep, and when it woke.
    let open = Arc::new(Mutex::new(Vec::new()));
    let (sleeps, counts, url) = (Arc::clone(&asleep), Arc::clone(&open), cluster.url());
    let point: FailPoint = Arc::new(move |point| {
        if point == "before_commit" && sleeps.swap(false, Ordering::SeqCst) {
            let count = || {
                let open = "SELECT count(*) FROM pg_stat_activity
                    WHERE application_name = 'sutler' AND state LIKE 'idle in transaction%'";
                counts.lock().unwrap().push(try_admin_at(&url, open).unwrap().remove(0));
            };
            count();
            std::thread::sleep(Duration::from_secs(12));
            count();
        }
    });
    let options = OpenOptions { fail_point: Some(point), ..OpenOptions::default() };
    let schema = Schema::at(cluster.address(), options);
    let load = Load::new(schema.store());
    asleep.store(true, Ordering::SeqCst);
    load.commit();
    assert_eq!(*open.lock().unwrap(), ["1", "0"], "the server ended it while its process slept");
    load.is_exact();
}
