//! The reference back-end of Sutler: obviously right, in memory.
//!
//! It keeps a whole shop in plain ordered maps behind one lock. A commit works on a copy and the copy takes the place of
//! the old one only when every change went through; so *all or nothing* is not a property to prove but the shape of
//! `commit.rs`. It stands in for mocks everywhere, and other back-ends are compared with it.
//!
//! One file for each port (catalog, cart, stock, order, promotion, saga, event, setup) holds the reads
//! and the one function for each kind of change.
//!
//! Invariants
//! * Guards are looked at in one order, the same in every back-end: first the idempotency key, then the changes as they
//!   stand in the set; the first that fails decides the outcome. Of one change, the version comes before unique texts.
//! * A reader holds a snapshot: it never sees part of a commit and never waits for longer than one.
//! * A panic in the middle of a commit leaves the old snapshot in place.
//!
//! Deliberately absent: any rule (prices, promotions, status tables), durability, and speed: unique texts that have no
//! map of their own are found by looking at every record.

mod cart;
mod catalog;
mod commit;
mod credit;
mod customer;
mod dump;
mod event;
mod integrity;
mod lease;
mod order;
mod payment;
mod promotion;
mod saga;
mod setup;
mod state;
mod stock;

use std::sync::{Arc, Mutex, PoisonError};

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Looked, Store, StoreError, StoreReader};

use state::State;

/// A shop in memory, for tests, examples and simulations. Gone when it is dropped.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, CommitOutcome};
/// use sutler_core::id::CommandId;
/// use sutler_core::port::{EventReader, Store};
/// use sutler_core::time::Timestamp;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// set.push(Change::Cursor { consumer: "mailer".to_owned(), seq: 7 });
/// assert!(matches!(store.commit(set)?, CommitOutcome::Committed(_)));
/// assert_eq!(store.cursor("mailer")?, 7);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<Arc<State>>,
}

impl MemoryStore {
    /// Returns a store that holds no shop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns what is committed now; later commits do not change it.
    pub(crate) fn snapshot(&self) -> Arc<State> {
        Arc::clone(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.snapshot();
        f.debug_struct("MemoryStore")
            .field("products", &state.products.len())
            .field("orders", &state.orders.len())
            .field("events", &state.events.len())
            .finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        // A lock that a panic left behind still guards a whole snapshot, because only whole ones are put there.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, outcome) = commit::commit(&state, set)?;
        if let Some(next) = next {
            *state = Arc::new(next);
        }
        Ok(outcome)
    }
}

impl StoreReader for MemoryStore {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        integrity::integrity(&self.snapshot())
    }

    fn integrity_scope(&self) -> Result<Vec<Looked>, StoreError> {
        Ok(integrity::scope())
    }
}
