//! What must become of a commit, and how tests run at the same time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sutler_core::change::{ChangeSet, CommitOutcome, Receipt, RecordRef};
use sutler_core::port::{Retry, Store};
use sutler_core::rejection::Rejection;

/// How often a back-end may say [`Retry::Later`] to one set before that counts as broken.
const PATIENCE: u32 = 10_000;

/// Commits; tries again when the back-end says that nothing was written and trying again may help.
///
/// ```
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::then::{commit, is_committed};
/// use sutler_store_memory::MemoryStore;
///
/// assert!(is_committed(&commit(&MemoryStore::new(), World::new().set())));
/// ```
#[track_caller]
pub fn commit(store: &dyn Store, set: ChangeSet) -> CommitOutcome {
    for _ in 0..PATIENCE {
        match store.commit(set.clone()) {
            Ok(outcome) => return outcome,
            Err(error) if error.retry == Retry::Later => std::thread::yield_now(),
            Err(error) => panic!("the store could not work: {error:?}"),
        }
    }
    panic!("the store said `later` {PATIENCE} times");
}

/// Commits what must be written; returns the receipt.
///
/// ```
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let receipt = committed(&MemoryStore::new(), World::new().set());
/// assert_eq!(receipt.order_number, None, "no order was opened");
/// ```
#[track_caller]
pub fn committed(store: &dyn Store, set: ChangeSet) -> Receipt {
    match commit(store, set) {
        CommitOutcome::Committed(receipt) => receipt,
        other => panic!("expected to be committed, got {other:?}"),
    }
}

/// Commits what must be refused; returns why.
///
/// ```
/// use sutler_store_conformance::given::{World, after};
/// use sutler_store_conformance::then::refused;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let mug = world.stocked(&store, 1);
/// assert_eq!(refused(&store, world.reserve(mug, 2, after(900))).code(), "stock.insufficient");
/// ```
#[track_caller]
pub fn refused(store: &dyn Store, set: ChangeSet) -> Rejection {
    match commit(store, set) {
        CommitOutcome::Refused(why) => why,
        other => panic!("expected to be refused, got {other:?}"),
    }
}

/// Commits what must meet a record that moved on; returns which.
///
/// ```
/// use sutler_core::change::Change;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::then::conflict;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let product = world.new_product(&store);
/// let again = world.set_of([Change::Product(Box::new(product.clone()))]);
/// assert_eq!(conflict(&store, again), product.id.into(), "version 1 stands already");
/// ```
#[track_caller]
pub fn conflict(store: &dyn Store, set: ChangeSet) -> RecordRef {
    match commit(store, set) {
        CommitOutcome::Conflict { what } => what,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// Commits what was committed before under the same key; returns the answer of that time.
///
/// ```
/// use sutler_store_conformance::given::{World, once};
/// use sutler_store_conformance::then::{committed, replayed};
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let cart = world.cart(&[]);
/// let set = world.set().once(once("key-1", "a new cart", cart.id));
/// committed(&store, set.clone());
/// assert_eq!(replayed(&store, set), cart.id.into());
/// ```
#[track_caller]
pub fn replayed(store: &dyn Store, set: ChangeSet) -> RecordRef {
    match commit(store, set) {
        CommitOutcome::Replayed { answer } => answer,
        other => panic!("expected a replay, got {other:?}"),
    }
}

/// Runs `work` on threads that start at the same moment, each with its number; returns what each gave.
///
/// ```
/// use sutler_store_conformance::then::together;
///
/// assert_eq!(together(4, |n| n * n), [0, 1, 4, 9]);
/// ```
pub fn together<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|n| {
                let (start, work) = (&start, &work);
                scope.spawn(move || {
                    start.wait();
                    work(n)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

/// Writes `rounds` times or more while another thread reads as often or more; `read` says what it saw that must not be.
///
/// `write` gets the number of its turn, from 0.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use sutler_store_conformance::then::while_writing;
///
/// let seen = AtomicU32::new(0);
/// while_writing(
///     10,
///     |turn| seen.store(turn, Ordering::SeqCst),
///     || if seen.load(Ordering::SeqCst) < 1_000_000 { Ok(()) } else { Err("too far".into()) },
/// );
/// assert!(seen.load(Ordering::SeqCst) >= 9);
/// ```
pub fn while_writing(
    rounds: u32,
    mut write: impl FnMut(u32),
    mut read: impl FnMut() -> Result<(), String> + Send,
) {
    let (turns, done) = (AtomicU32::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let look = || {
                let mut reads = 0;
                while reads < rounds || turns.load(Ordering::SeqCst) < rounds {
                    read()?;
                    reads += 1;
                }
                Ok(())
            };
            let seen = catch_unwind(AssertUnwindSafe(look));
            done.store(true, Ordering::SeqCst);
            seen
        });
        for turn in 0..1_000_000 {
            if done.load(Ordering::SeqCst) {
                break;
            }
            write(turn);
            turns.store(turn + 1, Ordering::SeqCst);
        }
        match reader.join().expect("it was caught") {
            Ok(seen) => assert_eq!(seen, Ok::<(), String>(())),
            Err(panic) => resume_unwind(panic),
        }
    });
}

/// Returns whether everything was written.
///
/// ```
/// use sutler_core::change::CommitOutcome;
/// use sutler_store_conformance::then::is_committed;
///
/// assert!(is_committed(&CommitOutcome::Committed(Default::default())));
/// ```
pub fn is_committed(outcome: &CommitOutcome) -> bool {
    matches!(outcome, CommitOutcome::Committed(_))
}

/// Reads a list page by page and checks that no page is longer than asked; `page` gets the last entry seen.
///
/// ```
/// use sutler_store_conformance::then::pages;
///
/// let list = [1, 2, 3, 4, 5];
/// let after = |last: Option<&i32>, limit: usize| -> Vec<i32> {
///     list.iter().filter(|n| last.is_none_or(|last| *n > last)).take(limit).copied().collect()
/// };
/// assert_eq!(pages(2, after), list);
/// ```
#[track_caller]
pub fn pages<T: Clone>(limit: usize, mut page: impl FnMut(Option<&T>, usize) -> Vec<T>) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let next = page(all.last(), limit);
        assert!(next.len() <= limit, "asked for {limit}, got {}", next.len());
        if next.is_empty() {
            return all;
        }
        all.extend(next);
        assert!(all.len() < 100_000, "the pages never end");
    }
}
