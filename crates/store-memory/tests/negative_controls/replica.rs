//! Flaws of following: a replica that leaves commits out, tells of what is not there, or says the wrong moment of itself.
//!
//! The replica is a second store in memory, into which what was committed to the first is committed again.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Store, StoreError, StoreReader};
use sutler_core::time::Timestamp;
use sutler_store_conformance::replica::Followed;
use sutler_store_conformance::{Fixture, pass_reads_on, replica};
use sutler_store_memory::MemoryStore;

use crate::{Outcome, as_long_as_a_disk_takes};

/// One way of following wrongly.
trait Manner: Send + Sync + 'static {
    /// What arrives of a commit.
    fn arrives(set: ChangeSet) -> Vec<ChangeSet> {
        vec![set]
    }

    /// What the replica says of itself, who last showed a commit of the moment `shown`.
    fn says(shown: Option<Timestamp>, _: &Ticks) -> Option<Timestamp> {
        shown
    }

    /// Whether it goes on although it is held.
    const RESTLESS: bool = false;
}

/// A clock that goes on with each look.
#[derive(Default)]
struct Ticks(AtomicI64);

impl Ticks {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// What is on its way to the replica, each with the moment of its commit.
#[derive(Default)]
struct Way {
    held: bool,
    sets: Vec<(ChangeSet, Timestamp)>,
    shown: Option<Timestamp>,
}

struct Pair<M> {
    store: Primary<M>,
}

struct Primary<M> {
    inner: MemoryStore,
    replica: Replica<M>,
}

struct Replica<M> {
    inner: MemoryStore,
    way: Mutex<Way>,
    ticks: Ticks,
    manner: PhantomData<M>,
}

pass_reads_on!([<M: Manner>] Primary<M>, |this| &this.inner);
pass_reads_on!([<M: Manner>] Replica<M>, |this| &this.inner);

impl<M: Manner> Replica<M> {
    /// Shows what is on its way, unless it is held.
    fn follow(&self, way: &mut Way) {
        if way.held && !M::RESTLESS {
            return;
        }
        for (set, at) in way.sets.drain(..) {
            for part in M::arrives(set) {
                self.inner.commit(part).expect("it was committed once");
                as_long_as_a_disk_takes();
            }
            way.shown = Some(at);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Way)) {
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut way);
        self.follow(&mut way);
    }
}

impl<M: Manner> Store for Primary<M> {
    fn commit(&self, set: ChangeSet) -> Outcome {
        let mut outcome = None;
        self.replica.change(|way| {
            let done = self.inner.commit(set.clone());
            if matches!(done, Ok(CommitOutcome::Committed(_))) {
                way.sets.push((set, self.replica.ticks.now()));
            }
            outcome = Some(done);
        });
        outcome.expect("it was tried")
    }
}

impl<M: Manner> StoreReader for Primary<M> {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }
}

impl<M: Manner> StoreReader for Replica<M> {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }

    fn replayed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let shown = self.way.lock().unwrap_or_else(PoisonError::into_inner).shown;
        Ok(M::says(shown, &self.ticks))
    }
}

impl<M: Manner> Followed for Pair<M> {
    type Store = Primary<M>;

    fn pair() -> Self {
        let replica = Replica {
            inner: MemoryStore::new(),
            way: Mutex::default(),
            ticks: Ticks::default(),
            manner: PhantomData,
        };
        Self { store: Primary { inner: MemoryStore::new(), replica } }
    }

    fn store(&self) -> &Primary<M> {
        &self.store
    }

    fn replica(&self) -> &dyn StoreReader {
        &self.store.replica
    }

    fn hold(&self) {
        self.store.replica.change(|way| way.held = true);
    }

    fn catch_up(&self) {
        self.store.replica.change(|way| way.held = false);
    }

    fn clock(&self) -> Timestamp {
        self.store.replica.ticks.now()
    }
}

/// Follows as it should.
struct Rightly;

impl Manner for Rightly {}

mod rightly {
    sutler_store_conformance::replica_conformance!(super::Pair<super::Rightly>);
}

/// Leaves out what tells of nothing.
struct Forgetful;

impl Manner for Forgetful {
    fn arrives(set: ChangeSet) -> Vec<ChangeSet> {
        if set.events.is_empty() { Vec::new() } else { vec![set] }
    }
}

/// Goes on although it is held.
struct Restless;

impl Manner for Restless {
    const RESTLESS: bool = true;
}

/// Shows events before their records.
struct Hasty;

impl Manner for Hasty {
    fn arrives(set: ChangeSet) -> Vec<ChangeSet> {
        let mut news = ChangeSet::new(set.at, set.command);
        news.events.clone_from(&set.events);
        vec![news, ChangeSet { events: Vec::new(), ..set }]
    }
}

#[test]
fn a_replica_that_shows_another_shop_is_noticed() {
    noticed!(Pair<Forgetful>: replica::a_replica_shows_what_its_shop_showed);
    noticed!(Pair<Restless>:
        replica::a_replica_shows_what_its_shop_showed,
        replica::a_replica_says_when_its_newest_commit_was_made,
    );
    noticed!(Pair<Hasty>: replica::the_log_of_a_replica_is_a_beginning);
}

/// Says that it shows everything up to now.
struct Boasts;

impl Manner for Boasts {
    fn says(_: Option<Timestamp>, ticks: &Ticks) -> Option<Timestamp> {
        Some(ticks.now())
    }
}

/// Says what it was when it began.
struct Stuck;

impl Manner for Stuck {
    fn says(shown: Option<Timestamp>, _: &Ticks) -> Option<Timestamp> {
        shown.map(|_| Timestamp::from_millis(0))
    }
}

/// Says nothing of itself.
struct Silent;

impl Manner for Silent {
    fn says(_: Option<Timestamp>, _: &Ticks) -> Option<Timestamp> {
        None
    }
}

#[test]
fn a_replica_that_says_the_wrong_moment_is_noticed() {
    noticed!(Pair<Boasts>: replica::a_replica_says_when_its_newest_commit_was_made);
    noticed!(Pair<Stuck>: replica::a_replica_says_when_its_newest_commit_was_made);
    noticed!(Pair<Silent>: replica::a_replica_says_when_its_newest_commit_was_made);
}

/// Takes writes, and says that it is a replica.
struct Pretends(MemoryStore);

pass_reads_on!([] Pretends, |this| &this.0);

impl Store for Pretends {
    fn commit(&self, set: ChangeSet) -> Outcome {
        self.0.commit(set)
    }
}

impl StoreReader for Pretends {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.0.integrity()
    }

    fn replayed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(Some(Timestamp::from_millis(0)))
    }
}

impl Fixture for Pretends {
    type Store = Self;

    fn empty() -> Self {
        Self(MemoryStore::new())
    }

    fn store(&self) -> &Self {
        self
    }
}

#[test]
fn a_shop_that_says_it_is_a_replica_is_noticed() {
    noticed!(Pretends: replica::what_is_written_to_is_no_replica);
}
