//! Reading the event log, as outsiders get it, and delivering it to consumers.
//!
//! A consumer has a name and a place in the log. [`Shop::consumer`] takes its lease, so that of several programs one
//! delivers while the others stand by. [`Consumer::deliver`] reads what comes next, gives it to a closure, and then moves
//! the place, in a set that is refused once another program took over.
//!
//! Invariants
//! * Every event is delivered, in the order of the log, without gaps.
//! * What was delivered may be delivered again: when the program dies, or sleeps for longer than its lease, between its
//!   closure and the commit that follows. What was moved past is not.
//! * A consumer never goes on in silence over a log that went back, as it does when a replica takes over that did not have the
//!   newest commits. It remembers the last event that it gave, and ends where that stands in the log no more. Its place
//!   went back with the log, being a row beside it; so nothing of the new history is left out either. Before the place is moved
//!   it is looked once more, because work may outlast a failover; only one in the moment of that very commit can move the
//!   place over events of the new history, and then the log is looked at and refused by the next call.
//!
//! Deliberately absent: sinks, and how long to wait for news.

use sutler_core::change::Change;
use sutler_core::event::{Envelope, StoredEvent};
use sutler_core::rejection::Rejection;

use super::lease::HeldLease;
use crate::{FlowError, Reader, Shop};

/// The most events that one call returns.
const EVENTS_MAX: usize = 10_000;

/// The longest name of a consumer.
const CONSUMER_MAX: usize = 60;

impl Reader {
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
        self.wrapped(&self.store().events(after, limit.min(EVENTS_MAX))?)
    }

    /// Returns events as outsiders get them.
    fn wrapped(&self, stored: &[StoredEvent]) -> Result<Vec<Envelope>, FlowError> {
        let uid = self.setup()?.shop.uid;
        Ok(stored.iter().map(|event| Envelope::new(uid, event)).collect())
    }
}

impl Shop {
    /// Becomes the one that delivers events to a consumer, until it is dropped or not heard of for `lease_seconds`; a
    /// consumer that never was before begins with the first event.
    ///
    /// Choose more seconds than delivering a batch takes: whoever takes longer is taken for dead, and another one delivers
    /// the batch again.
    ///
    /// Errors: `lease.held` while another program, or another value of this one, delivers; `input.invalid` for a name that
    /// is not made of ASCII letters, digits, `-`, `_` and `.`.
    pub fn consumer(&self, name: &str, lease_seconds: u32) -> Result<Consumer, FlowError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > CONSUMER_MAX || !name.chars().all(fits) {
            let given = name.chars().take(CONSUMER_MAX).collect();
            let why =
                format!("is no name: 1 to {CONSUMER_MAX} ASCII letters, digits, `-`, `_` and `.`");
            return Err(Rejection::BadInput { what: "the consumer", given, why }.into());
        }
        let lease = self.lease(&format!("consumer/{name}"), lease_seconds)?;
        Ok(Consumer { name: name.to_owned(), lease, delivered: None })
    }
}

/// Delivers events to one consumer, as the only one that does.
///
/// ```
/// use sutler_engine::FlowError;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let mut mailer = shop.consumer("mailer", 30)?;
/// let mut told = Vec::new();
/// while mailer.deliver(100, |events| {
///     told.extend(events.iter().map(|event| event.kind.clone()));
///     Ok::<(), FlowError>(())
/// })? > 0
/// {}
/// assert_eq!(told.first().map(String::as_str), Some("sutler.product.changed.v1"));
///
/// // Another program stands by: it asks again now and then, and goes on where this one got to.
/// assert_eq!(shop.consumer("mailer", 30).map(drop).unwrap_err().code(), "lease.held");
/// drop(mailer);
/// let delivered = shop.consumer("mailer", 30)?.deliver(100, |_| Ok::<(), FlowError>(()))?;
/// assert_eq!(delivered, 0, "nothing is delivered twice without need");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Consumer {
    name: String,
    lease: HeldLease,
    delivered: Option<Delivered>,
}

/// The newest event that a consumer was given or stood at, as it was in the log.
///
/// ```
/// use sutler_engine::FlowError;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let mut mailer = shop.consumer("mailer", 30)?;
/// mailer.deliver(2, |_| Ok::<(), FlowError>(()))?;
/// let delivered = mailer.delivered();
/// assert_eq!(delivered.map(|delivered| delivered.seq()), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivered {
    seq: u64,
    link: i64,
}

impl Delivered {
    /// Returns its place in the log.
    pub fn seq(self) -> u64 {
        self.seq
    }

    fn of(event: &StoredEvent) -> Self {
        Self { seq: event.seq, link: event.link }
    }
}

impl Consumer {
    /// Returns the token of the lease, which grows with each program that takes over. A receiver that remembers the highest
    /// token it saw can refuse a batch that comes late from a program that slept.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// assert_eq!(shop.consumer("mailer", 30)?.token(), 1);
    /// assert_eq!(shop.consumer("mailer", 30)?.token(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token(&self) -> u64 {
        self.lease.token()
    }

    /// Returns the newest event that was given or stood at; `None` before the first.
    pub fn delivered(&self) -> Option<Delivered> {
        self.delivered
    }

    /// Returns the same consumer, who was given events before, by a value that lost its lease: it goes on only where they still
    /// stand in the log.
    ///
    /// ```
    /// use sutler_engine::FlowError;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let mut first = shop.consumer("mailer", 30)?;
    /// first.deliver(2, |_| Ok::<(), FlowError>(()))?;
    /// let delivered = first.delivered();
    /// drop(first);
    /// let again = shop.consumer("mailer", 30)?.having_delivered(delivered);
    /// assert_eq!(again.delivered(), delivered);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn having_delivered(mut self, delivered: Option<Delivered>) -> Self {
        self.delivered = delivered;
        self
    }

    /// Reads up to `limit` events that come next, has `work` deal with them, and moves past them; returns how many there
    /// were. Without news, `work` is not called, and the lease is held on to.
    ///
    /// Errors: what `work` returns, and nothing is moved past; `lease.lost` when another program took over, before or after
    /// `work`, and then this value is of no further use; `events.gone` when the log went back behind what was given, and then
    /// a person has to look at what was done for it; failures of the store.
    pub fn deliver<E: From<FlowError>>(
        &mut self,
        limit: usize,
        work: impl FnOnce(&[Envelope]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let stored = self.news(limit.min(EVENTS_MAX))?;
        let events = self.lease.shop().wrapped(&stored)?;
        // Whoever slept until here must not deliver what another one moved past meanwhile.
        self.lease.assure()?;
        let Some(last) = stored.last() else { return Ok(0) };
        // Whatever becomes of the work, a part of it may have been seen outside.
        let delivered = Delivered::of(last);
        self.delivered = Some(delivered);
        work(&events)?;
        if self.standing(delivered.seq)? != self.delivered {
            return Err(self.gone(delivered.seq)?.into());
        }
        let consumer = &self.name;
        self.lease.write(|set| {
            set.push(Change::Cursor { consumer: consumer.clone(), seq: delivered.seq });
        })?;
        Ok(events.len())
    }

    /// Reads what comes behind the place; refused where the event at the place, or the newest one that was given, is not in the
    /// log as it was.
    fn news(&mut self, limit: usize) -> Result<Vec<StoredEvent>, FlowError> {
        let place = self.place()?;
        // The event at the place comes along, to be looked at.
        let along = usize::from(place > 0);
        let store = self.lease.shop().store();
        let mut stored = store.events(place.saturating_sub(1), limit.saturating_add(along))?;
        let at_place = stored.first().filter(|event| event.seq == place).map(Delivered::of);
        let found = match self.delivered {
            Some(delivered) if delivered.seq != place => self.standing(delivered.seq)?,
            _ => at_place,
        };
        if at_place.is_some() != (place > 0) || self.delivered.is_some() && self.delivered != found
        {
            return Err(self.gone(self.delivered.map_or(place, Delivered::seq))?);
        }
        if found.is_none_or(|found| found.seq < place) {
            self.delivered = at_place;
        }
        stored.drain(..along);
        Ok(stored)
    }

    fn place(&self) -> Result<u64, FlowError> {
        Ok(self.lease.shop().store().cursor(&self.name)?)
    }

    /// Returns what stands at a place of the log now.
    fn standing(&self, seq: u64) -> Result<Option<Delivered>, FlowError> {
        let stored = self.lease.shop().store().events(seq.saturating_sub(1), 1)?;
        Ok(stored.first().map(Delivered::of))
    }

    /// Returns the refusal of a log that went back behind what was given.
    fn gone(&self, delivered: u64) -> Result<FlowError, FlowError> {
        let (consumer, place) = (self.name.clone(), self.place()?);
        Ok(Rejection::EventsGone { consumer, delivered, place }.into())
    }
}
