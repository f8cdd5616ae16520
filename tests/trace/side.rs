//! One shop of a trace: its store, which can fail on schedule, its clock, and what the words of the trace stand for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sutler::Shop;
use sutler::core::change::{Change, ChangeSet, CommitOutcome};
use sutler::core::port::{EventReader as _, Finding, Store, StoreError, StoreReader};
use sutler::engine::provider::{ManualProvider, TestProvider};
use sutler::engine::testing::{Counting, HandClock};
use sutler::prelude::*;
use sutler_store_conformance::{FlakyStore, Known, Picture, pass_reads_on};

/// A store that remembers what was written to it, so that all of it can be looked at.
pub struct Kept {
    inner: Arc<dyn Store>,
    known: Mutex<Known>,
    /// A planted bug: an event of a set that tells of a fulfillment is forgotten.
    forgets: bool,
}

pass_reads_on!([] Kept, |this| &*this.inner);

impl Store for Kept {
    fn commit(&self, mut set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.known.lock().unwrap().learn(&set);
        if self.forgets && set.changes.iter().any(|change| matches!(change, Change::Fulfillment(_)))
        {
            set.events.pop();
        }
        self.inner.commit(set)
    }
}

impl StoreReader for Kept {
    fn together(&self, work: &mut dyn FnMut()) {
        self.inner.together(work);
    }
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }
}

/// A shop, and what the words of a trace stand for in it.
pub struct Side {
    pub name: &'static str,
    pub shop: Shop,
    pub store: Arc<FlakyStore<Kept>>,
    pub clock: Arc<HandClock>,
    pub carts: BTreeMap<String, CartId>,
    pub cards: BTreeMap<String, GiftCardCode>,
}

impl Side {
    /// Sets a shop up, with ids that count and a clock that stands still.
    pub fn new(name: &'static str, inner: Arc<dyn Store>, forgets: bool) -> Self {
        let kept = Kept { inner, known: Mutex::default(), forgets };
        let store = Arc::new(FlakyStore::quiet(kept));
        let clock = Arc::new(HandClock::default());
        let shop = Shop::new(store.clone(), clock.clone(), Arc::new(Counting::default()))
            .with_random(Arc::new(Counting::default()))
            .with_provider(Arc::new(TestProvider::in_memory()))
            .with_provider(Arc::new(ManualProvider));
        shop.init(&InitCommand::new("Trace", "EUR", "DE").unwrap()).unwrap();
        Self { name, shop, store, clock, carts: BTreeMap::new(), cards: BTreeMap::new() }
    }

    /// Returns the place and hash of the newest event.
    pub fn head(&self) -> String {
        let (seq, hash) = self.store.inner().event_head().unwrap();
        format!("{seq} {hash}")
    }

    /// Returns every record, ledger, event and hash.
    pub fn picture(&self) -> Picture {
        Picture::of(self.store.inner(), &self.store.inner().known.lock().unwrap())
    }
}
