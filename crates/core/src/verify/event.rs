//! The event log: numbers of each subject, and that a placed order was told once.
//!
//! A [`SubjectWindow`] holds one part of all subjects, chosen by their ids, so that a log of any length is checked in
//! bounded memory by passing over it once for each part.

use std::collections::{BTreeMap, BTreeSet};

use super::finding;
use crate::change::RecordRef;
use crate::event::{EventData, EventKind, StoredEvent};
use crate::id::OrderId;
use crate::order::Order;
use crate::port::Finding;

/// What is known of one subject.
#[derive(Clone, Copy, Default, Debug)]
struct Tally {
    last: u64,
    placed: u32,
    told: bool,
}

/// One part of all subjects of the log.
///
/// ```
/// use sutler_core::event::{Event, EventKind, StoredEvent};
/// use sutler_core::verify::SubjectWindow;
/// # use sutler_core::id::{CommandId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// let event = |seq, subject_seq| StoredEvent {
///     seq,
///     subject_seq,
///     event: Event::plain(EventKind::OrderPlaced, OrderId::from_u128(7)),
/// #   at: Timestamp::from_millis(0), command: CommandId::from_u128(1), link: 0,
///     // … when, by which command, and its link in the chain
/// };
/// let mut window = SubjectWindow::new(0, 1);
/// assert_eq!(window.event(&event(1, 1)), None);
/// assert_eq!(window.placed(), 1);
/// let again = window.event(&event(2, 2)).expect("told twice");
/// assert_eq!(again.check, "event.placed");
/// let gap = window.event(&event(3, 4)).expect("number 3 is missing");
/// assert_eq!(gap.check, "event.sequence");
/// ```
#[derive(Clone, Debug)]
pub struct SubjectWindow {
    part: u64,
    parts: u64,
    subjects: BTreeMap<RecordRef, Tally>,
}

impl SubjectWindow {
    /// Returns part number `part`, from 0, of `parts`; fewer than one part is one.
    pub fn new(part: u64, parts: u64) -> Self {
        Self { part, parts: parts.max(1), subjects: BTreeMap::new() }
    }

    /// Counts an event; those of other parts are passed over. Events must come in the order of the log.
    ///
    /// Of one subject only the first gap is told.
    pub fn event(&mut self, stored: &StoredEvent) -> Option<Finding> {
        let subject = stored.event.subject;
        if fold(subject) % self.parts != self.part {
            return None;
        }
        let tally = self.subjects.entry(subject).or_default();
        let expected = tally.last + 1;
        tally.last = stored.subject_seq;
        if stored.event.kind == EventKind::OrderPlaced {
            tally.placed += 1;
            if tally.placed == 2 {
                let message = format!("order.placed is told again as event {}", stored.seq);
                return Some(finding("event.placed", subject, message));
            }
        }
        if stored.subject_seq == expected || tally.told {
            return None;
        }
        tally.told = true;
        let message = format!(
            "event {} is number {} of its subject, not {expected}",
            stored.seq, stored.subject_seq
        );
        Some(finding("event.sequence", subject, message))
    }

    /// Returns how many subjects of this part were told to be placed.
    pub fn placed(&self) -> u64 {
        let placed = self.subjects.values().filter(|tally| tally.placed > 0).count();
        u64::try_from(placed).unwrap_or(u64::MAX)
    }
}

/// Spreads ids over parts.
fn fold(subject: RecordRef) -> u64 {
    // The low half of an id is where chance stands, and in ids that only count it is where they differ.
    u64::try_from(subject.raw() & u128::from(u64::MAX)).unwrap_or(0)
}

/// Checks an `order.placed` event against the order that it names, `None` when there is none.
///
/// ```
/// use sutler_core::event::{Event, EventData, EventKind, StoredEvent};
/// use sutler_core::order::{Order, place};
/// use sutler_core::verify::check_placed_event;
/// # use sutler_core::id::CommandId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let pending: Order = serde_json::from_str(text)?;
/// # let at = Timestamp::from_millis(0);
///
/// let order = place(&pending, at)?;
/// let data = EventData::Order { number: order.number, total: order.total() };
/// let event = Event { kind: EventKind::OrderPlaced, subject: order.id.into(), data };
/// let command = CommandId::from_u128(1);
/// let stored = StoredEvent { seq: 1, subject_seq: 1, at, command, event, link: 0 };
/// assert_eq!(check_placed_event(&stored, Some(&order)), None);
/// assert!(check_placed_event(&stored, Some(&pending)).is_some(), "it was never placed");
/// assert!(check_placed_event(&stored, None).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_placed_event(stored: &StoredEvent, order: Option<&Order>) -> Option<Finding> {
    if stored.event.kind != EventKind::OrderPlaced {
        return None;
    }
    let tell = |message: String| Some(finding("event.placed", stored.event.subject, message));
    let Some(order) = order else {
        return tell(format!("event {} tells of an order that is not there", stored.seq));
    };
    if order.placed_at.is_none() {
        return tell(format!("event {} tells of an order that was never placed", stored.seq));
    }
    let said = EventData::Order { number: order.number, total: order.total() };
    if stored.event.data == said {
        None
    } else {
        tell(format!("event {} tells another number or total than the order has", stored.seq))
    }
}

/// Returns a finding for each order of `placed` that is not in `told`.
///
/// ```
/// use std::collections::BTreeSet;
/// use sutler_core::id::OrderId;
/// use sutler_core::verify::placed_but_not_told;
///
/// let placed = BTreeSet::from([1, 2].map(OrderId::from_u128));
/// let told = BTreeSet::from([2].map(OrderId::from_u128));
/// let findings = placed_but_not_told(&placed, &told);
/// assert_eq!(findings.len(), 1);
/// assert_eq!(findings[0].subject, OrderId::from_u128(1).to_string());
/// ```
pub fn placed_but_not_told(placed: &BTreeSet<OrderId>, told: &BTreeSet<OrderId>) -> Vec<Finding> {
    let missing = placed.difference(told);
    missing.map(|id| finding("event.placed", id, "it was placed, and no event told so")).collect()
}
