//! One gift card or store credit as stored.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::change::RecordRef;
use crate::event::EventKind;
use crate::hash::ContentHash;
use crate::id::{GiftCardId, ParseIdError, StoreCreditId};
use crate::money::Money;
use crate::time::Timestamp;

/// Which gift card or store credit.
///
/// ```
/// use sutler_core::credit::CreditId;
/// use sutler_core::id::GiftCardId;
///
/// let card = CreditId::from(GiftCardId::from_u128(7));
/// assert_eq!(card.to_string(), "gc_00000000000000000000000000000007");
/// assert_eq!(card.to_string().parse(), Ok(card));
/// assert_eq!((card.provider(), card.noun()), ("gift_card", "gift card"));
/// assert_eq!(card.event_kind().word(), "gift_card.changed");
/// assert!("ord_00000000000000000000000000000007".parse::<CreditId>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CreditId {
    /// A gift card.
    GiftCard(GiftCardId),
    /// The store credit of a customer in one currency.
    StoreCredit(StoreCreditId),
}

impl CreditId {
    /// Returns the name under which it stands as the provider of a payment.
    pub const fn provider(self) -> &'static str {
        match self {
            CreditId::GiftCard(_) => "gift_card",
            CreditId::StoreCredit(_) => "store_credit",
        }
    }

    /// Returns what people call it.
    pub const fn noun(self) -> &'static str {
        match self {
            CreditId::GiftCard(_) => "gift card",
            CreditId::StoreCredit(_) => "store credit",
        }
    }

    /// Returns the kind of the events about it.
    pub const fn event_kind(self) -> EventKind {
        match self {
            CreditId::GiftCard(_) => EventKind::GiftCardChanged,
            CreditId::StoreCredit(_) => EventKind::StoreCreditChanged,
        }
    }
}

impl From<GiftCardId> for CreditId {
    fn from(id: GiftCardId) -> Self {
        CreditId::GiftCard(id)
    }
}

impl From<StoreCreditId> for CreditId {
    fn from(id: StoreCreditId) -> Self {
        CreditId::StoreCredit(id)
    }
}

impl From<CreditId> for RecordRef {
    fn from(id: CreditId) -> Self {
        match id {
            CreditId::GiftCard(id) => id.into(),
            CreditId::StoreCredit(id) => id.into(),
        }
    }
}

impl std::fmt::Display for CreditId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        RecordRef::from(*self).fmt(f)
    }
}

impl std::str::FromStr for CreditId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let card = text.parse::<GiftCardId>().map(CreditId::from);
        card.or_else(|refused| {
            text.parse::<StoreCreditId>().map(CreditId::from).map_err(|_| refused)
        })
    }
}

impl Serialize for CreditId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CreditId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Whom the money is owed to.
///
/// ```
/// use sutler_core::credit::{GiftCardCode, Holder};
///
/// let code = GiftCardCode::from_random([7; 10])?;
/// let bearer = Holder::Bearer { code: code.hash() };
/// assert_ne!(bearer, Holder::Customer { key: "ada@example.com".to_owned() });
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// Whoever knows the code.
    Bearer {
        /// Hash of the code; unique.
        code: ContentHash,
    },
    /// One customer, as [`crate::order::buyer_key`] names it: an id, or the normalized e-mail of a guest.
    Customer {
        /// Unique within the currency.
        key: String,
    },
}

/// A gift card or the store credit of a customer in one currency.
///
/// ```
/// use sutler_core::credit::{Credit, CreditId, Holder};
/// # use sutler_core::id::StoreCreditId;
/// # use sutler_core::money::Currency;
/// # use sutler_core::time::Timestamp;
///
/// let id = CreditId::from(StoreCreditId::from_u128(1));
/// let holder = Holder::Customer { key: "ada@example.com".to_owned() };
/// let opened = Credit::opened(id, holder, Currency::EUR, None, Timestamp::from_millis(0));
/// assert!(opened.left.is_zero() && opened.active);
/// assert_eq!((opened.entries, opened.version), (0, 1));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Credit {
    /// Identity.
    pub id: CreditId,
    /// Whom the money is owed to.
    pub holder: Holder,
    /// How much is owed; the sum of the ledger.
    pub left: Money,
    /// How many entries the ledger has.
    pub entries: u64,
    /// Whether it may be redeemed; one that is disabled keeps what is left, and may get money back.
    pub active: bool,
    /// From when on it cannot be redeemed any more.
    pub expires_at: Option<Timestamp>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Version of everything but the ledger, for guarded writes.
    pub version: u64,
}

impl Credit {
    /// Returns it as its first commit writes it, with an empty ledger.
    pub fn opened(
        id: impl Into<CreditId>,
        holder: Holder,
        currency: crate::money::Currency,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            holder,
            left: Money::zero(currency),
            entries: 0,
            active: true,
            expires_at,
            created_at: now,
            version: 1,
        }
    }
}
