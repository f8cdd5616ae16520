//! One entry of the ledger of a gift card or store credit.

use serde::{Deserialize, Serialize};

use super::CreditId;
use crate::change::{Change, ChangeSet};
use crate::event::{Event, EventData};
use crate::hash::HashInput;
use crate::id::PaymentId;
use crate::money::Money;
use crate::time::Timestamp;

/// What an entry is about.
///
/// ```
/// use sutler_core::credit::CreditKind;
///
/// assert_eq!(CreditKind::GivenBack.word(), "given_back");
/// assert_eq!(CreditKind::from_number(CreditKind::Corrected.number()), Some(CreditKind::Corrected));
/// assert_eq!(CreditKind::from_number(99), None);
/// assert_eq!(CreditKind::ALL.len(), 5);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditKind {
    /// The shop issued a card or granted credit.
    Issued,
    /// A checkout took it to pay with.
    Redeemed,
    /// What a checkout took was not used: it was undone, or its order canceled before the money was taken.
    GivenBack,
    /// Money of an order was refunded to it.
    Refunded,
    /// A person corrected it, up or down, and said why: a card that expired is written off so.
    Corrected,
}

impl CreditKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: &'static [CreditKind] = &[
        CreditKind::Issued,
        CreditKind::Redeemed,
        CreditKind::GivenBack,
        CreditKind::Refunded,
        CreditKind::Corrected,
    ];

    /// Returns the stable number that stores keep.
    #[expect(clippy::as_conversions, reason = "the number of a plain enum; `From` cannot be const")]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Returns the word of the public contract.
    pub const fn word(self) -> &'static str {
        match self {
            CreditKind::Issued => "issued",
            CreditKind::Redeemed => "redeemed",
            CreditKind::GivenBack => "given_back",
            CreditKind::Refunded => "refunded",
            CreditKind::Corrected => "corrected",
        }
    }
}

/// One entry, before the store gives it its place.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet};
/// use sutler_core::credit::{CreditEntry, CreditKind};
/// use sutler_core::event::EventKind;
/// # use sutler_core::id::{CommandId, GiftCardId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::time::Timestamp;
///
/// let fifty = Money::from_minor(5_000, Currency::EUR);
/// let credit = GiftCardId::from_u128(1).into();
/// let issued = CreditEntry { credit, kind: CreditKind::Issued, amount: fifty, payment: None, reason: None };
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// issued.write(&mut set);
/// assert!(matches!(&set.changes[..], [Change::CreditEntry(entry)] if *entry == issued));
/// assert_eq!(set.events[0].kind, EventKind::GiftCardChanged);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CreditEntry {
    /// Whose ledger.
    pub credit: CreditId,
    /// What happened.
    pub kind: CreditKind,
    /// What it adds to what is left; negative for what was taken.
    pub amount: Money,
    /// The payment of an order that it belongs to; only what people do has none.
    pub payment: Option<PaymentId>,
    /// Why, in words; a correction must have it.
    pub reason: Option<String>,
}

impl CreditEntry {
    /// Writes the entry and the event that tells it.
    pub fn write(&self, set: &mut ChangeSet) {
        set.push(Change::CreditEntry(self.clone()));
        set.tell(self.event());
    }

    /// Returns the event that tells it.
    pub fn event(&self) -> Event {
        let kind = self.credit.event_kind();
        let data = EventData::Credit { entry: self.kind, amount: self.amount };
        Event { kind, subject: self.credit.into(), data }
    }

    /// Returns the canonical bytes that the ledger chains: the entry with its place and moment.
    pub fn chain_input(&self, seq: u64, at: Timestamp) -> HashInput {
        let mut input = HashInput::new("credit entry");
        let record = crate::change::RecordRef::from(self.credit);
        input
            .number(i64::try_from(seq).unwrap_or(i64::MAX))
            .number(at.millis())
            .number(i64::from(record.tag()))
            .id(record.raw())
            .number(i64::from(self.kind.number()))
            .text(self.amount.currency().code())
            .number(self.amount.minor());
        match self.payment {
            None => input.number(0),
            Some(payment) => input.number(1).id(payment.to_u128()),
        };
        input.optional_text(self.reason.as_deref());
        input
    }
}

/// An entry as stored.
///
/// ```
/// use sutler_core::credit::{CreditKind, StoredCreditEntry};
/// use sutler_core::hash::ContentHash;
///
/// let stored: StoredCreditEntry = serde_json::from_str(
///     r#"{
///         "seq": 1,
///         "at": "2026-03-02T09:00:00Z",
///         "entry": {
///             "credit": "gc_00000000000000000000000000000001", "kind": "issued",
///             "amount": { "amount": "50.00", "currency": "EUR" }, "payment": null, "reason": null
///         },
///         "link": 2129185668028364305
///     }"#,
/// )?;
/// assert_eq!((stored.seq, stored.entry.kind), (1, CreditKind::Issued));
/// let head = ContentHash::ZERO.chain(&stored.entry.chain_input(stored.seq, stored.at));
/// assert_eq!(stored.link, head.link(), "nobody touched the first entry");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredCreditEntry {
    /// Its place in its ledger, from 1 without gaps.
    pub seq: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// What it says.
    pub entry: CreditEntry,
    /// First eight bytes of the chain's head after it.
    pub link: i64,
}
