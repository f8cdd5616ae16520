//! Events: something that happened, told to outsiders, written by the commit that made it true.
//!
//! The log is append-only and hash-chained. Consumers keep their own place in it (a cursor), so the log is also the
//! outbox. Payloads are compact: ids and totals, not records. [`Envelope`] is the CloudEvents 1.0 form.
//!
//! Invariants: sequence numbers of the log rise; those of one subject are 1..n without gaps.

mod envelope;

pub use envelope::Envelope;

use serde::{Deserialize, Serialize};

use crate::change::RecordRef;
use crate::hash::HashInput;
use crate::id::{CommandId, FulfillmentId, OrderId, StockLocationId};
use crate::money::Money;
use crate::order::OrderNumber;
use crate::time::Timestamp;

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal $word:literal,)+) => {
        /// What happened. Numbers and words are part of the public contract; append-only. Numbers that are missing (4 and 5)
        /// are kept free.
        ///
        /// ```
        /// use sutler_core::event::EventKind;
        ///
        /// assert_eq!(EventKind::OrderPlaced.word(), "order.placed");
        /// assert_eq!(EventKind::from_number(EventKind::OrderPlaced.number()), Some(EventKind::OrderPlaced));
        /// assert_eq!(EventKind::from_number(4), None, "kept free");
        /// assert!(EventKind::ALL.iter().all(|kind| kind.word().contains('.')));
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum EventKind { $($(#[$doc])* $name,)+ }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$name,)+];

            /// Returns the word: `order.placed`.
            pub const fn word(self) -> &'static str {
                match self { $(EventKind::$name => $word,)+ }
            }

            /// Returns the stable number that stores keep.
            pub const fn number(self) -> u8 {
                match self { $(EventKind::$name => $number,)+ }
            }

            /// Returns the kind with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(EventKind::$name),)+ _ => None }
            }
        }

        impl Serialize for EventKind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    };
}

event_kinds! {
    /// A product, one of its variants or its place in the tree changed. Subject: the product.
    ProductChanged = 1 "product.changed",
    /// A price changed. Subject: the product.
    PriceChanged = 2 "price.changed",
    /// Units on hand or the limits of a level changed. Subject: the variant.
    StockChanged = 3 "stock.changed",
    /// An order was placed. Subject: the order.
    OrderPlaced = 6 "order.placed",
    /// An order was canceled. Subject: the order.
    OrderCanceled = 7 "order.canceled",
    /// Money is held. Subject: the payment.
    PaymentAuthorized = 8 "payment.authorized",
    /// Money was taken. Subject: the payment.
    PaymentCaptured = 9 "payment.captured",
    /// A hold was dropped. Subject: the payment.
    PaymentVoided = 10 "payment.voided",
    /// Money was given back. Subject: the payment.
    PaymentRefunded = 11 "payment.refunded",
    /// An attempt to pay failed. Subject: the payment.
    PaymentFailed = 12 "payment.failed",
    /// A bank pulls money back. Subject: the payment.
    PaymentDisputed = 13 "payment.disputed",
    /// Goods left. Subject: the fulfillment.
    FulfillmentShipped = 14 "fulfillment.shipped",
    /// Goods arrived. Subject: the fulfillment.
    FulfillmentDelivered = 15 "fulfillment.delivered",
    /// A fulfillment was opened, picked, packed or called off. Subject: the fulfillment.
    FulfillmentChanged = 16 "fulfillment.changed",
    /// A category changed; every product below it may have. Subject: the category.
    CategoryChanged = 17 "category.changed",
    /// A gift card was issued, redeemed, given back to, corrected, disabled. Subject: the gift card.
    GiftCardChanged = 20 "gift_card.changed",
    /// Store credit was granted, redeemed, given back to, corrected. Subject: the store credit.
    StoreCreditChanged = 21 "store_credit.changed",
    /// A customer was made or changed.
    CustomerChanged = 18 "customer.changed",
    /// A collection was made, changed or taken away.
    CollectionChanged = 19 "collection.changed",
}

/// What an event says beside its subject.
///
/// ```
/// use sutler_core::event::EventData;
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::order::OrderNumber;
///
/// let total = Money::parse("183.90", Currency::EUR)?;
/// let data = EventData::Order { number: OrderNumber(1001), total };
/// assert_eq!(
///     serde_json::to_string(&data)?,
///     r#"{"number":1001,"total":{"amount":"183.90","currency":"EUR"}}"#,
/// );
/// assert_eq!(serde_json::to_string(&EventData::None {})?, "{}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventData {
    /// Of an order.
    Order {
        /// Its number; 0 in a set that also opens the order: the store fills in the one it gives.
        number: OrderNumber,
        /// What it comes to.
        total: Money,
    },
    /// Of a payment.
    Payment {
        /// The order it pays.
        order: OrderId,
        /// How much.
        amount: Money,
    },
    /// Of a fulfillment.
    Fulfillment {
        /// Which.
        fulfillment: FulfillmentId,
        /// Its order.
        order: OrderId,
        /// Where it is now.
        status: crate::fulfillment::FulfillmentStatus,
    },
    /// Of stock at a location; the counts are read from the shop.
    Stock {
        /// Where.
        location: StockLocationId,
    },
    /// Of an entry in the ledger of a gift card or store credit.
    Credit {
        /// What happened.
        entry: crate::credit::CreditKind,
        /// What it added to what is left; negative for what was taken.
        amount: Money,
    },
    /// Nothing beside the subject.
    None {},
}

/// Something that happened, before the store gives it its place.
///
/// ```
/// use sutler_core::event::{Event, EventData, EventKind};
/// use sutler_core::id::{ProductId, StockLocationId, VariantId};
///
/// let changed = Event::plain(EventKind::ProductChanged, ProductId::from_u128(1));
/// assert_eq!(changed.data, EventData::None {});
/// let counted = Event {
///     kind: EventKind::StockChanged,
///     subject: VariantId::from_u128(1).into(),
///     data: EventData::Stock { location: StockLocationId::from_u128(1) },
/// };
/// assert_ne!(changed.subject, counted.subject);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// To which record.
    pub subject: RecordRef,
    /// More.
    pub data: EventData,
}

impl Event {
    /// Returns it with the number of its order, where it was made before the order had one and `given` knows it; `None`: it is whole.
    ///
    /// ```
    /// use sutler_core::event::{Event, EventData, EventKind};
    /// use sutler_core::id::OrderId;
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_core::order::OrderNumber;
    ///
    /// let data = |number| EventData::Order { number, total: Money::zero(Currency::EUR) };
    /// let (kind, subject) = (EventKind::OrderPlaced, OrderId::from_u128(1).into());
    /// let event = Event { kind, subject, data: data(OrderNumber(0)) };
    /// let numbered = event.numbered(|_| Some(OrderNumber(1001)));
    /// assert_eq!(numbered, Some(Event { data: data(OrderNumber(1001)), ..event.clone() }));
    /// assert_eq!(event.numbered(|_| None), None);
    /// ```
    pub fn numbered(&self, given: impl FnOnce(OrderId) -> Option<OrderNumber>) -> Option<Event> {
        let EventData::Order { number: OrderNumber(0), total } = self.data else { return None };
        let RecordRef::Order(id) = self.subject else { return None };
        let data = EventData::Order { number: given(id)?, total };
        Some(Event { data, ..self.clone() })
    }
}

/// An event of the log.
///
/// ```
/// use sutler_core::event::{Event, EventKind, StoredEvent};
/// use sutler_core::hash::ContentHash;
/// # use sutler_core::id::{CommandId, ProductId};
/// # use sutler_core::time::Timestamp;
///
/// # let (at, command) = (Timestamp::from_millis(0), CommandId::from_u128(1));
/// let event = Event::plain(EventKind::ProductChanged, ProductId::from_u128(1));
/// let head = ContentHash::ZERO.chain(&event.chain_input(1, 1, at, command, "{}"));
/// let first = StoredEvent { seq: 1, subject_seq: 1, at, command, event, link: head.link() };
/// let forged = first.event.chain_input(1, 1, at, command, "{\"total\":0}");
/// assert_ne!(ContentHash::ZERO.chain(&forged).link(), first.link);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StoredEvent {
    /// Its place in the log, rising; from 1.
    pub seq: u64,
    /// Its place among the events of its subject, 1..n without gaps.
    pub subject_seq: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// The command that caused it.
    pub command: CommandId,
    /// What it says.
    pub event: Event,
    /// First eight bytes of the chain's head after it.
    pub link: i64,
}

impl Event {
    /// Returns an event without data.
    pub fn plain(kind: EventKind, subject: impl Into<RecordRef>) -> Self {
        Self { kind, subject: subject.into(), data: EventData::None {} }
    }

    /// Returns the canonical bytes that the log chains. `data` is the event's data as stored text.
    pub fn chain_input(
        &self,
        seq: u64,
        subject_seq: u64,
        at: Timestamp,
        command: CommandId,
        data: &str,
    ) -> HashInput {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut input = HashInput::new("event");
        input
            .number(number(seq))
            .number(number(subject_seq))
            .number(at.millis())
            .id(command.to_u128())
            .number(i64::from(self.kind.number()))
            .number(i64::from(self.subject.tag()))
            .id(self.subject.raw())
            .text(data);
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_unique_and_stable() {
        for (i, kind) in EventKind::ALL.iter().enumerate() {
            assert_eq!(EventKind::from_number(kind.number()), Some(*kind));
            assert!(EventKind::ALL.iter().skip(i + 1).all(|other| other.word() != kind.word()));
        }
    }
}
