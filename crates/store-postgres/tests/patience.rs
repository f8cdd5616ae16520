//! How long a caller waits: for its own patience, from when it came, whatever others wait for.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::time::Duration;

use fixture::Schema;
use fixture::cluster::Cluster;
use fixture::gate::Gate;
use sutler_core::change::{Change, ChangeSet};
use sutler_core::port::{EventReader as _, Retry, Store as _, StoreError};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_postgres::{OpenOptions, PostgresStore};

const CALLERS: usize = 6;

const HOLDERS: &str = "FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

fn consumer(n: usize) -> String {
    format!("consumer {n}")
}

/// A set whose row is the consumer's.
fn moving(world: &World, consumer: &str, seq: u64) -> ChangeSet {
    world.set_of([Change::Cursor { consumer: consumer.to_owned(), seq }])
}

#[track_caller]
fn is_locked(told: &Result<(), StoreError>) {
    let error = told.as_ref().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.locked", Retry::Later), "{error:?}");
}

/// Holds the rows of all consumers until the test lets go.
fn hold_rows(cluster: &Cluster) {
    let rows = "SELECT 1 FROM shop.raw_cursor WHERE consumer LIKE 'consumer %' FOR UPDATE";
    let _ = cluster.try_admin(&format!("BEGIN; {rows}; SELECT pg_sleep(120); COMMIT"));
}

fn wait_for_holder(cluster: &Cluster) {
    while cluster.admin(&format!("SELECT count(*) {HOLDERS}")) != ["1"] {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn let_go(cluster: &Cluster) {
    assert_eq!(cluster.admin(&format!("SELECT pg_cancel_backend(pid) {HOLDERS}")), ["t"]);
}

#[test]
fn the_time_in_the_queue_counts() {
    let (cluster, gate) = (Cluster::start(&[]), Gate::new());
    let (patience, fail_point) = (Duration::from_millis(500), Some(gate.fail_point()));
    let options = OpenOptions { patience, fail_point, ..OpenOptions::default() };
    let schema = Schema::at(cluster.address(), options);
    let (store, world) = (schema.store(), World::on(schema.store()));
    store.commit(moving(&world, &consumer(0), 1)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| hold_rows(&cluster));
        wait_for_holder(&cluster);
        gate.shut("before_begin");
        let first = scope.spawn(|| store.commit(moving(&world, &consumer(0), 7)).map(drop));
        gate.wait_for_one();
        let (before, world) = (gate.attempts(), &world);
        gate.open();
        let queued: Vec<_> = (1..CALLERS)
            .map(|n| scope.spawn(move || store.commit(moving(world, &consumer(n), 7)).map(drop)))
            .collect();
        // Nobody holds their rows: an attempt would go well.
        queued.into_iter().for_each(|caller| is_locked(&caller.join().unwrap()));
        assert_eq!(gate.attempts(), before, "only the first was tried");
        let_go(&cluster);
        first.join().unwrap().expect("what was under way comes to its end");
    });
    assert!((1..CALLERS).all(|n| store.cursor(&consumer(n)).unwrap() == 0), "nothing was written");
    store.commit(moving(&world, &consumer(1), 7)).expect("who comes now is served");
}

/// Each row is waited for until the server's limit of 10 seconds; were that done for one set after the other, the last caller
/// would wait for a minute.
#[test]
fn sets_that_are_taken_one_by_one_do_not_add_up_what_they_wait() {
    let (cluster, gate) = (Cluster::start(&[]), Gate::new());
    let (patience, fail_point) = (Duration::from_secs(3), Some(gate.fail_point()));
    let options = OpenOptions { patience, fail_point, ..OpenOptions::default() };
    let schema = Schema::at(cluster.address(), options);
    let (store, world) = (schema.store(), World::on(schema.store()));
    (0..CALLERS).for_each(|n| drop(store.commit(moving(&world, &consumer(n), 1)).unwrap()));
    std::thread::scope(|scope| {
        scope.spawn(|| hold_rows(&cluster));
        wait_for_holder(&cluster);
        let before = gate.attempts();
        gate.shut("before_begin");
        let first = scope.spawn(|| store.commit(moving(&world, "first", 7)).map(drop));
        gate.wait_for_one();
        let mut queued: Vec<_> = (0..CALLERS).map(|n| moving(&world, &consumer(n), 7)).collect();
        // Postgres keeps no NUL in a text: whoever shares a transaction with this set is refused with it.
        queued.push(moving(&world, "\0", 7));
        let queued: Vec<_> = queued
            .into_iter()
            .map(|set| scope.spawn(move || store.commit(set).map(drop)))
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        gate.open();
        first.join().unwrap().unwrap();
        let mut told: Vec<_> = queued.into_iter().map(|caller| caller.join().unwrap()).collect();
        told.pop().unwrap().unwrap_err();
        told.iter().for_each(is_locked);
        // That of the first, the one that all shared, that of the set which cannot be kept, one that waited for its row.
        let attempts = gate.attempts() - before;
        assert!((3..=4).contains(&attempts), "{attempts} attempts");
        let_go(&cluster);
    });
    (0..CALLERS).for_each(|n| drop(store.commit(moving(&world, &consumer(n), 8)).unwrap()));
    let reopened = PostgresStore::open(schema.address(), OpenOptions::default()).unwrap();
    assert!((0..CALLERS).all(|n| reopened.cursor(&consumer(n)).unwrap() == 8));
}
