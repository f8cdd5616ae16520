//! Reading the event log, as outsiders get it.

use sutler_core::event::Envelope;

use crate::{FlowError, Shop};

/// The most events that one call returns.
const EVENTS_MAX: usize = 10_000;

impl Shop {
    /// Returns up to `limit` events after the place `after` of the log, in order; at most 10,000 at a time.
    ///
    /// To go on, ask again with the `sequence` of the last one. An event, once seen, never moves, and none appears before
    /// it later.
    ///
    /// Errors: `shop.missing` while the store holds no shop.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let first = shop.events(0, 2)?;
    /// assert_eq!(first.len(), 2);
    /// let after = first[1].sequence;
    /// assert!(shop.events(after, 1_000)?.iter().all(|event| event.sequence > after));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&self, after: u64, limit: usize) -> Result<Vec<Envelope>, FlowError> {
        let uid = self.setup()?.shop.uid;
        let stored = self.store().events(after, limit.min(EVENTS_MAX))?;
        Ok(stored.iter().map(|event| Envelope::new(uid, event)).collect())
    }
}
