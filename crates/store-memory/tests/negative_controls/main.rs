//! Stores that are broken on purpose, each in one way, and the promises that must notice.
//!
//! A suite that cannot fail shows nothing. Every flaw here is one that a real back-end could have: a write without its
//! guard, a key that is not kept, events that are written apart from their records, a page by a key that is not unique.

use std::marker::PhantomData;
use std::time::Duration;

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Store, StoreError, StoreReader};
use sutler_store_conformance::{Fixture, commit, pass_reads_on, reopen, saga, stock_race};
use sutler_store_memory::MemoryStore;

/// Passes if every one of the promises is seen to be broken.
macro_rules! noticed {
    ($fixture:ty: $($noun:ident::$promise:ident),+ $(,)?) => {$(
        let kept = std::panic::catch_unwind(|| $noun::$promise::<$fixture>()).is_ok();
        assert!(!kept, "{} did not notice", stringify!($promise));
    )+};
}

mod goods;
mod reading;
mod records;
mod replica;
mod sets;
mod stock;

type Outcome = Result<CommitOutcome, StoreError>;

/// One way of committing wrongly.
trait Flaw: Send + Sync + 'static {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome;
}

struct Flawed<W> {
    inner: MemoryStore,
    flaw: PhantomData<W>,
}

pass_reads_on!([<W: Flaw>] Flawed<W>, |this| &this.inner);

impl<W: Flaw> Store for Flawed<W> {
    fn commit(&self, set: ChangeSet) -> Outcome {
        W::commit(&self.inner, set)
    }
}

impl<W: Flaw> StoreReader for Flawed<W> {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }
}

struct Lent<W>(Flawed<W>);

impl<W: Flaw> Fixture for Lent<W> {
    type Store = Flawed<W>;

    fn empty() -> Self {
        Lent(Flawed { inner: MemoryStore::new(), flaw: PhantomData })
    }

    fn store(&self) -> &Flawed<W> {
        &self.0
    }

    /// Loses everything.
    fn reopen(self) -> Self {
        Self::empty()
    }
}

/// Waits between two writes that should have been one.
fn as_long_as_a_disk_takes() {
    std::thread::sleep(Duration::from_millis(5));
}

/// Does everything right.
struct Nothing;

impl Flaw for Nothing {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        store.commit(set)
    }
}

#[test]
fn a_store_that_loses_everything_when_it_is_closed_is_noticed() {
    noticed!(Lent<Nothing>:
        reopen::reading_after_reopening_is_as_before,
        reopen::everything_goes_on_after_reopening,
        reopen::keys_are_known_after_reopening,
    );
}

#[test]
fn a_store_without_a_flaw_passes() {
    commit::a_set_whose_last_change_fails_leaves_nothing::<Lent<Nothing>>();
    saga::open_checkouts_come_in_the_order_of_ids::<Lent<Nothing>>();
    stock_race::the_last_unit_goes_to_exactly_one_of_many_threads::<Lent<Nothing>>();
}
