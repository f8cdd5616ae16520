//! How far a replica is behind.
//!
//! Measured by the event log, which both have: the events that are not here yet, and what the replica says of the newest
//! commit that it shows. What tells no event (a cart that is being filled) may be behind unnoticed for as long.

use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::{FlowError, Reader};

/// How far a replica is behind its shop.
///
/// ```
/// use std::sync::Arc;
/// use sutler_engine::testing::{self, Counting, HandClock};
/// use sutler_engine::{Reader, flow::lag::Lag};
/// # use sutler_store_memory::MemoryStore;
///
/// # let store = Arc::new(MemoryStore::new());
/// # let clock = Arc::new(HandClock::default());
/// # let shop = sutler_engine::Shop::new(store.clone(), clock.clone(), Arc::new(Counting::default()));
/// # shop.init(&sutler_engine::flow::setup::InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// # let replica = store.clone();
/// let reader = Reader::new(replica, clock, Arc::new(Counting::default())).replica_of(store)?;
/// let lag = reader.lag()?.expect("it reads a replica");
/// assert_eq!((lag.events, lag.millis), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Lag {
    /// The newest event of the replica.
    pub head: u64,
    /// How many newer events the shop has.
    pub events: u64,
    /// The moment whose shop is read: every event that was told before it is here.
    pub as_of: Timestamp,
    /// How long ago that was, in milliseconds; 0 when no event is missing.
    pub millis: u64,
    /// The moment of the newest commit that the replica shows, where it says so.
    pub replayed_at: Option<Timestamp>,
}

impl Reader {
    /// Measures how far the store is behind the shop; `None` where it is the shop itself.
    ///
    /// Errors: a failure of either store; `shop.other` when the store has events that the shop has not.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// assert!(shop.lag()?.is_none(), "a shop is never behind itself");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lag(&self) -> Result<Option<Lag>, FlowError> {
        let Some(primary) = self.primary() else { return Ok(None) };
        // The replica first: what is committed meanwhile counts as not here.
        let replayed_at = self.store().replayed_at()?;
        let (head, _) = self.store().event_head()?;
        let (newest, _) = primary.event_head()?;
        if head > newest {
            return Err(Rejection::OtherShop.into());
        }
        let now = self.now();
        let events = newest - head;
        let missing = if events == 0 { None } else { primary.events(head, 1)?.pop() };
        let as_of = missing.map_or(now, |missing| missing.at.min(now));
        let millis = u64::try_from(now.millis().saturating_sub(as_of.millis())).unwrap_or(0);
        Ok(Some(Lag { head, events, as_of, millis, replayed_at }))
    }
}
