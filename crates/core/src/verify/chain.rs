//! Hash chains, recomputed entry by entry.
//!
//! Only the first break of a chain is told: every link after it is off as well and says nothing new.

use super::finding;
use crate::event::StoredEvent;
use crate::hash::ContentHash;
use crate::id::StockLocationId;
use crate::inventory::StoredMovement;
use crate::port::Finding;

/// The ledger of one location, recomputed from its first entry.
///
/// ```
/// use sutler_core::hash::ContentHash;
/// use sutler_core::id::StockLocationId;
/// use sutler_core::verify::LedgerChain;
///
/// let chain = LedgerChain::new(StockLocationId::from_u128(1));
/// assert_eq!(chain.finish((0, ContentHash::ZERO)), None);
/// let finding = chain.finish((1, ContentHash::ZERO)).expect("an entry is missing");
/// assert_eq!(finding.check, "stock.chain");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LedgerChain {
    location: StockLocationId,
    entries: u64,
    head: ContentHash,
    broken: bool,
}

impl LedgerChain {
    /// Returns the chain of an empty ledger.
    pub fn new(location: StockLocationId) -> Self {
        Self { location, entries: 0, head: ContentHash::ZERO, broken: false }
    }

    /// Appends the next entry as stored; tells the first that does not fit.
    ///
    /// ```
    /// # use sutler_core::hash::ContentHash;
    /// # use sutler_core::id::{StockLocationId, VariantId};
    /// # use sutler_core::inventory::{MovementKind, StockKey, StockMovement, StoredMovement};
    /// # use sutler_core::time::Timestamp;
    /// # use sutler_core::verify::LedgerChain;
    /// # let (location, at) = (StockLocationId::from_u128(1), Timestamp::from_millis(0));
    /// # let key = StockKey { variant: VariantId::from_u128(1), location };
    /// # let movement = StockMovement { key, kind: MovementKind::Received, quantity: 5, cause: None, reason: None };
    /// # let link = ContentHash::ZERO.chain(&movement.chain_input(1, at)).link();
    /// # let first = StoredMovement { seq: 1, at, movement, link };
    /// assert_eq!(LedgerChain::new(location).entry(&first), None);
    /// let mut forged = first;
    /// forged.movement.quantity = 50;
    /// assert!(LedgerChain::new(location).entry(&forged).is_some());
    /// ```
    pub fn entry(&mut self, stored: &StoredMovement) -> Option<Finding> {
        self.entries += 1;
        self.head = self.head.chain(&stored.movement.chain_input(stored.seq, stored.at));
        if self.broken {
            return None;
        }
        let message = if stored.seq != self.entries {
            format!("entry {} follows entry {}", stored.seq, self.entries - 1)
        } else if stored.movement.key.location != self.location {
            format!("entry {} is about {}", stored.seq, stored.movement.key.location)
        } else if stored.link != self.head.link() {
            format!("entry {} does not fit its chain: it or one before it was changed", stored.seq)
        } else {
            return None;
        };
        self.broken = true;
        Some(finding("stock.chain", self.location, message))
    }

    /// Compares the whole with the head that the store keeps: number of entries and hash.
    pub fn finish(&self, kept: (u64, ContentHash)) -> Option<Finding> {
        if self.broken || kept == (self.entries, self.head) {
            return None;
        }
        let message = if kept.0 == self.entries {
            "the chain has another head than was kept".to_owned()
        } else {
            format!("{} entries were kept, {} are there", kept.0, self.entries)
        };
        Some(finding("stock.chain", self.location, message))
    }
}

/// The event log, recomputed from its first entry.
///
/// ```
/// use sutler_core::event::{Event, EventKind, StoredEvent};
/// use sutler_core::hash::ContentHash;
/// use sutler_core::verify::EventChain;
/// # use sutler_core::id::{CommandId, ProductId};
/// # use sutler_core::time::Timestamp;
///
/// # let (at, command) = (Timestamp::from_millis(0), CommandId::from_u128(1));
/// # let event = Event::plain(EventKind::ProductChanged, ProductId::from_u128(1));
/// let head = ContentHash::ZERO.chain(&event.chain_input(1, 1, at, command, "{}"));
/// let stored = StoredEvent { seq: 1, subject_seq: 1, at, command, event, link: head.link() };
/// let mut chain = EventChain::default();
/// assert_eq!(chain.event(&stored, "{}"), None);
/// assert_eq!(chain.finish((1, head)), None);
/// let finding = chain.finish((2, head)).expect("the last event is gone");
/// assert_eq!(finding.check, "event.chain");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EventChain {
    last: u64,
    head: ContentHash,
    broken: bool,
}

impl Default for EventChain {
    fn default() -> Self {
        Self { last: 0, head: ContentHash::ZERO, broken: false }
    }
}

impl EventChain {
    /// Appends the next event as stored; `data` is its data as stored text. Tells the first that does not fit.
    pub fn event(&mut self, stored: &StoredEvent, data: &str) -> Option<Finding> {
        let (seq, before) = (stored.seq, self.last);
        let input =
            stored.event.chain_input(seq, stored.subject_seq, stored.at, stored.command, data);
        self.head = self.head.chain(&input);
        self.last = seq;
        if self.broken {
            return None;
        }
        let message = if seq <= before {
            format!("event {seq} follows event {before}")
        } else if stored.link != self.head.link() {
            format!("event {seq} does not fit its chain: it or one before it was changed")
        } else {
            return None;
        };
        self.broken = true;
        Some(finding("event.chain", stored.event.subject, message))
    }

    /// Compares the whole with the head that the store keeps: place of the last event and hash.
    pub fn finish(&self, kept: (u64, ContentHash)) -> Option<Finding> {
        if self.broken || kept == (self.last, self.head) {
            return None;
        }
        let message = if kept.0 == self.last {
            "the chain has another head than was kept".to_owned()
        } else {
            format!("the last event should be {}, it is {}", kept.0, self.last)
        };
        Some(finding("event.chain", "head", message))
    }
}
