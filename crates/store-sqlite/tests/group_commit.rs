//! Group commit: who shares a transaction, who hears what, and that nothing gets the queue stuck.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use sutler_core::port::StoreReader as _;

use rustix::fs::{FlockOperation, flock};
use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::inventory::MovementKind;
use sutler_core::port::{
    CatalogReader as _, EventReader as _, Retry, StockReader as _, Store as _,
};
use sutler_store_conformance::given::stock::moved;
use sutler_store_conformance::given::{World, after};
use sutler_store_conformance::then::{committed, is_committed, together};
use sutler_store_sqlite::{FailPoint, OpenOptions, SqliteStore};
use tempfile::TempDir;

const CALLERS: usize = 24;

fn open(path: &Path, options: OpenOptions) -> SqliteStore {
    SqliteStore::open(path, OpenOptions { create: true, ..options }).unwrap()
}

fn with_point(
    point: impl Fn(&'static str) + Send + Sync + 'static,
) -> (TempDir, SqliteStore, World) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("shop.db");
    let world = World::on(&open(&path, OpenOptions::default()));
    let point: FailPoint = Arc::new(point);
    let store = open(&path, OpenOptions { fail_point: Some(point), ..OpenOptions::default() });
    (folder, store, world)
}

fn cursor(world: &World, n: usize) -> ChangeSet {
    let consumer = format!("consumer {n}");
    world.set_of([Change::Cursor { consumer, seq: u64::try_from(n).unwrap() + 1 }])
}

/// Holds the first commit back until all callers wait, so that the second one serves the rest.
struct Gate {
    commits: AtomicU64,
    opened: Barrier,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { commits: AtomicU64::new(0), opened: Barrier::new(2) })
    }

    fn at(&self, point: &'static str) {
        if point == "before_commit" && self.commits.fetch_add(1, Ordering::SeqCst) == 0 {
            self.opened.wait();
        }
    }
}

#[test]
fn callers_that_wait_share_one_commit() {
    let gate = Gate::new();
    let at = Arc::clone(&gate);
    let (_folder, store, world) = with_point(move |point| at.at(point));
    let calls = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for n in 0..CALLERS {
            let (store, world, calls) = (&store, &world, &calls);
            scope.spawn(move || {
                calls.fetch_add(1, Ordering::SeqCst);
                committed(store, cursor(world, n));
            });
        }
        while calls.load(Ordering::SeqCst) < u64::try_from(CALLERS).unwrap() {
            std::thread::yield_now();
        }
        // They have called; give them time to stand in the queue.
        std::thread::sleep(Duration::from_millis(200));
        gate.opened.wait();
    });
    let commits = gate.commits.load(Ordering::SeqCst);
    assert!(commits <= 3, "{CALLERS} callers took {commits} commits");
    for n in 0..CALLERS {
        assert_eq!(store.cursor(&format!("consumer {n}")).unwrap(), u64::try_from(n).unwrap() + 1);
    }
}

/// Refusals that come after something was written, in one batch with sets that go through.
#[test]
fn a_refused_set_takes_its_writes_back_and_leaves_its_neighbors_alone() {
    let gate = Gate::new();
    let at = Arc::clone(&gate);
    let (_folder, store, world) = with_point(move |point| at.at(point));
    let opener = open(store.path(), OpenOptions::default());
    let key = world.stocked(&opener, 10);
    drop(opener);
    // Half of the sets write a product and then want stock that is not there.
    let outcomes = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|n| {
                let (store, world) = (&store, &world);
                scope.spawn(move || {
                    let mut set = world.set_of([Change::Product(Box::new(world.product()))]);
                    if n % 2 == 1 {
                        set.push(moved(key, MovementKind::CorrectedDown, 11));
                    }
                    (n, store.commit(set).unwrap())
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(200));
        gate.opened.wait();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
    });
    for (n, outcome) in outcomes {
        assert_eq!(is_committed(&outcome), n % 2 == 0, "{n}: {outcome:?}");
    }
    let products = u64::try_from(CALLERS / 2).unwrap() + 1;
    assert_eq!(store.catalog_size().unwrap().products, products);
    assert_eq!(store.stock_levels(&[key.variant], after(0)).unwrap()[&key].on_hand, 10);
    assert!(store.integrity().unwrap().is_empty());
}

/// A bug in one set is that caller's problem.
#[test]
fn a_set_that_panics_is_rolled_back_and_nothing_is_stuck() {
    let changes = AtomicU64::new(0);
    let (_folder, store, world) = with_point(move |point| {
        if point == "after_change" && changes.fetch_add(1, Ordering::SeqCst) % 5 == 4 {
            panic!("a bug, on purpose");
        }
    });
    let answers = together(32, |n| store.commit(cursor(&world, n)));
    let mut failed = 0;
    for (n, answer) in answers.into_iter().enumerate() {
        let is_there = store.cursor(&format!("consumer {n}")).unwrap() > 0;
        match answer {
            Ok(outcome) => assert!(is_committed(&outcome) && is_there, "{n}"),
            Err(error) => {
                assert_eq!(
                    (error.code, error.retry, is_there),
                    ("store.failed", Retry::Never, false),
                    "{n}"
                );
                failed += 1;
            }
        }
    }
    assert!((1..=12).contains(&failed), "{failed} of 32 failed");
    assert!(store.integrity().unwrap().is_empty());
}

#[test]
fn a_leader_that_panics_hands_the_lead_on() {
    for place in ["before_begin", "after_begin", "after_apply", "before_commit", "after_commit"] {
        let armed = Arc::new(AtomicBool::new(false));
        let switch = Arc::clone(&armed);
        let (_folder, store, world) = with_point(move |point| {
            if point == place && switch.swap(false, Ordering::SeqCst) {
                panic!("a bug, on purpose");
            }
        });
        armed.store(true, Ordering::SeqCst);
        let answers = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..8)
                .map(|n| {
                    let (store, world) = (&store, &world);
                    scope.spawn(move || store.commit(cursor(world, n)))
                })
                .collect();
            callers.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        });
        assert_eq!(
            answers.iter().filter(|answer| answer.is_err()).count(),
            1,
            "{place}: one panicked"
        );
        for (n, answer) in answers.into_iter().enumerate() {
            let seq = store.cursor(&format!("consumer {n}")).unwrap();
            match answer {
                Ok(Ok(outcome)) => assert!(
                    is_committed(&outcome) && seq > 0,
                    "{place}: acknowledged, so it is there"
                ),
                // Whoever shared the batch is told the truth: it is not known here.
                Ok(Err(error)) => assert_eq!(error.retry, Retry::Unknown, "{place}: {error}"),
                Err(_) => {}
            }
        }
        committed(&store, cursor(&world, 99));
        committed(&store, world.set_of([Change::Product(Box::new(world.product()))]));
        assert!(store.integrity().unwrap().is_empty(), "{place}");
    }
}

#[test]
fn a_batch_is_bounded_and_all_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let world = World::on(&open(&path, OpenOptions::default()));
    let store = open(&path, OpenOptions { batch_max: 2, ..OpenOptions::default() });
    let outcomes = together(CALLERS, |n| {
        (0..20)
            .map(|round| store.commit(cursor(&world, n * 20 + round)).unwrap())
            .collect::<Vec<_>>()
    });
    assert!(outcomes.iter().flatten().all(is_committed));
}

#[test]
fn a_lock_that_is_not_given_back_is_told_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let world = World::on(&open(&path, OpenOptions::default()));
    let patience = Duration::from_millis(100);
    let store = open(&path, OpenOptions { patience, ..OpenOptions::default() });

    let lock = std::fs::File::open(folder.path().join("shop.db-lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    for error in together(4, |n| store.commit(cursor(&world, n)).unwrap_err()) {
        assert_eq!((error.code, error.retry), ("store.locked", Retry::Later));
    }
    flock(&lock, FlockOperation::Unlock).unwrap();
    committed(&store, cursor(&world, 0));

    // A program that knows nothing of the lock file, such as the sqlite3 shell.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.commit(cursor(&world, 1)).unwrap_err();
    assert_eq!((error.code, error.retry), ("store.locked", Retry::Later));
    other.execute_batch("ROLLBACK").unwrap();
    committed(&store, cursor(&world, 1));
}

/// The writer keeps heads and levels in memory; what another process wrote must be seen all the same.
#[test]
fn two_writers_of_one_file_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let (a, b) = (open(&path, OpenOptions::default()), open(&path, OpenOptions::default()));
    let world = World::on(&a);
    let key = world.stocked(&a, 40);
    for round in 0..20 {
        let store = if round % 2 == 0 { &a } else { &b };
        committed(store, world.reserve(key, 2, after(900)));
    }
    let outcome = a.commit(world.reserve(key, 1, after(900))).unwrap();
    assert!(matches!(outcome, CommitOutcome::Refused(_)), "{outcome:?}");
    assert_eq!(b.stock_ledger_head(key.location).unwrap().0, 21);
    assert!(b.integrity().unwrap().is_empty());
}
