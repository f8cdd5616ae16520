//! Entries of the stock ledger.
//!
//! The ledger is append-only and hash-chained per location. Every count of every level is the sum of the effects of its
//! entries; [`MovementKind::effect`] is the one table of those effects.

use serde::{Deserialize, Serialize};

use super::{Shortfall, StockKey};
use crate::change::RecordRef;
use crate::hash::HashInput;
use crate::id::CheckoutId;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// What an entry of the ledger does.
///
/// ```
/// use sutler_core::inventory::{Effect, MovementKind};
///
/// assert_eq!(
///     MovementKind::Allocated.effect(),
///     Effect { on_hand: 0, reserved: -1, allocated: 1 },
/// );
/// let lowers = |kind: &&MovementKind| kind.effect().on_hand < 0 && kind.effect().allocated < 0;
/// let selling: Vec<_> = MovementKind::ALL.iter().filter(lowers).collect();
/// assert_eq!(selling, [&MovementKind::Shipped], "selling lowers `on_hand` by shipping only");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Goods arrived.
    Received,
    /// Units are held for a checkout.
    Reserved,
    /// A hold ended without an order.
    Released,
    /// A hold became a promise to a placed order.
    Allocated,
    /// A promise was taken back: the order or line was canceled.
    AllocationReleased,
    /// Goods left. The only movement of selling that lowers `on_hand`.
    Shipped,
    /// Goods came back and can be sold again.
    Returned,
    /// A count found more.
    CorrectedUp,
    /// A count found less; loss, damage.
    CorrectedDown,
    /// Left for another own location.
    TransferredOut,
    /// Came from another own location.
    TransferredIn,
}

/// The sign with which a movement changes each count: −1, 0 or 1.
///
/// ```
/// use sutler_core::inventory::{Effect, MovementKind};
///
/// let shipped: Effect = MovementKind::Shipped.effect();
/// assert_eq!((shipped.on_hand, shipped.reserved, shipped.allocated), (-1, 0, -1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effect {
    /// On units physically there.
    pub on_hand: i8,
    /// On units held.
    pub reserved: i8,
    /// On units promised.
    pub allocated: i8,
}

impl MovementKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: &'static [MovementKind] = &[
        MovementKind::Received,
        MovementKind::Reserved,
        MovementKind::Released,
        MovementKind::Allocated,
        MovementKind::AllocationReleased,
        MovementKind::Shipped,
        MovementKind::Returned,
        MovementKind::CorrectedUp,
        MovementKind::CorrectedDown,
        MovementKind::TransferredOut,
        MovementKind::TransferredIn,
    ];

    /// Returns the effect on the three counts. Nothing else decides what a movement does.
    #[rustfmt::skip]
    pub const fn effect(self) -> Effect {
        const fn effect(on_hand: i8, reserved: i8, allocated: i8) -> Effect {
            Effect { on_hand, reserved, allocated }
        }
        match self {
            //                                        on_hand reserved allocated
            MovementKind::Received           => effect( 1,  0,  0),
            MovementKind::Reserved           => effect( 0,  1,  0),
            MovementKind::Released           => effect( 0, -1,  0),
            MovementKind::Allocated          => effect( 0, -1,  1),
            MovementKind::AllocationReleased => effect( 0,  0, -1),
            MovementKind::Shipped            => effect(-1,  0, -1),
            MovementKind::Returned           => effect( 1,  0,  0),
            MovementKind::CorrectedUp        => effect( 1,  0,  0),
            MovementKind::CorrectedDown      => effect(-1,  0,  0),
            MovementKind::TransferredOut     => effect(-1,  0,  0),
            MovementKind::TransferredIn      => effect( 1,  0,  0),
        }
    }

    /// Returns whether expired reservations of the level are released first: the movement needs what they still hold.
    ///
    /// ```
    /// # use sutler_core::inventory::MovementKind;
    /// assert!(MovementKind::Reserved.reclaims());
    /// assert!(!MovementKind::Shipped.reclaims(), "what is shipped was promised before");
    /// ```
    pub const fn reclaims(self) -> bool {
        matches!(
            self,
            MovementKind::Reserved | MovementKind::CorrectedDown | MovementKind::TransferredOut
        )
    }

    /// Returns the stable number that stores keep.
    #[expect(clippy::as_conversions, reason = "the number of a plain enum; `From` cannot be const")]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the kind with this number.
    ///
    /// ```
    /// # use sutler_core::inventory::MovementKind;
    /// let kept = MovementKind::Shipped.number();
    /// assert_eq!(MovementKind::from_number(kept), Some(MovementKind::Shipped));
    /// assert_eq!(MovementKind::from_number(200), None);
    /// ```
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Returns the word of the glossary: `released` for both kinds of release, `corrected` for both directions.
    ///
    /// ```
    /// # use sutler_core::inventory::MovementKind;
    /// assert_eq!(MovementKind::CorrectedUp.word(), MovementKind::CorrectedDown.word());
    /// assert_eq!(MovementKind::AllocationReleased.word(), "released");
    /// ```
    pub const fn word(self) -> &'static str {
        match self {
            MovementKind::Received => "received",
            MovementKind::Reserved => "reserved",
            MovementKind::Released | MovementKind::AllocationReleased => "released",
            MovementKind::Allocated => "allocated",
            MovementKind::Shipped => "shipped",
            MovementKind::Returned => "returned",
            MovementKind::CorrectedUp | MovementKind::CorrectedDown => "corrected",
            MovementKind::TransferredOut | MovementKind::TransferredIn => "transferred",
        }
    }
}

/// One entry of the ledger, before the store gives it its place.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{MovementKind, Shortfall, StockKey, StockMovement};
///
/// let broken = StockMovement {
///     key: StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) },
///     kind: MovementKind::CorrectedDown,
///     quantity: 3,
///     cause: None,
///     reason: Some("broken in storage".to_owned()),
/// };
/// let refusal = broken.refusal(Shortfall { requested: 3, available: 2 });
/// assert_eq!(refusal.code(), "stock.insufficient");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StockMovement {
    /// What moved where.
    pub key: StockKey,
    /// What happened.
    pub kind: MovementKind,
    /// Units; at least 1.
    pub quantity: u32,
    /// What caused it: a checkout, an order, a fulfillment; `None` for a person at the shelf.
    pub cause: Option<RecordRef>,
    /// Why, in words; a correction must have it.
    pub reason: Option<String>,
}

/// An entry of the ledger as stored.
///
/// ```
/// use sutler_core::hash::ContentHash;
/// use sutler_core::inventory::StoredMovement;
///
/// let stored: StoredMovement = serde_json::from_str(
///     r#"{
///         "seq": 1,
///         "at": "2026-03-02T09:00:00Z",
///         "movement": {
///             "key": {
///                 "variant": "var_00000000000000000000000000000001",
///                 "location": "loc_00000000000000000000000000000001"
///             },
///             "kind": "received", "quantity": 5, "cause": null, "reason": null
///         },
///         "link": -7570664726395220829
///     }"#,
/// )?;
/// let head = ContentHash::ZERO.chain(&stored.movement.chain_input(stored.seq, stored.at));
/// assert_eq!(head.link(), stored.link, "nobody touched the first entry");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredMovement {
    /// Its place in the ledger of its location, from 1 without gaps.
    pub seq: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// What it says.
    pub movement: StockMovement,
    /// First eight bytes of the chain's head after it.
    pub link: i64,
}

impl StockMovement {
    /// Returns the movement that a checkout or an order causes.
    ///
    /// ```
    /// use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
    /// use sutler_core::inventory::{MovementKind, StockKey, StockMovement};
    ///
    /// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
    /// let checkout = CheckoutId::from_u128(7);
    /// let held = StockMovement::caused_by(checkout, key, MovementKind::Reserved, 2);
    /// assert_eq!((held.cause, held.reason), (Some(checkout.into()), None));
    /// ```
    pub fn caused_by(
        cause: impl Into<RecordRef>,
        key: StockKey,
        kind: MovementKind,
        quantity: u32,
    ) -> Self {
        Self { key, kind, quantity, cause: Some(cause.into()), reason: None }
    }

    /// Returns the movement that gives back what a checkout held for too long.
    ///
    /// ```
    /// use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
    /// use sutler_core::inventory::{MovementKind, StockKey, StockMovement};
    ///
    /// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
    /// let gone = StockMovement::expired(CheckoutId::from_u128(7), key, 2);
    /// assert_eq!((gone.kind, gone.reason.as_deref()), (MovementKind::Released, Some("expired")));
    /// ```
    pub fn expired(checkout: CheckoutId, key: StockKey, quantity: u32) -> Self {
        let reason = Some("expired".to_owned());
        Self { reason, ..Self::caused_by(checkout, key, MovementKind::Released, quantity) }
    }

    /// Returns the refusal of a movement that does not fit its level: `stock.insufficient`, or `stock.overflow` for one that
    /// brings goods. The variant is named by its id; a flow that knows better says what people call it.
    pub fn refusal(&self, short: Shortfall) -> Rejection {
        let (variant, label) = (self.key.variant, self.key.variant.to_string());
        if self.kind.effect().on_hand > 0 {
            return Rejection::StockOverflow { variant, label };
        }
        Rejection::InsufficientStock {
            variant,
            label,
            requested: short.requested,
            available: short.available,
        }
    }

    /// Returns the canonical bytes that the ledger chains: the entry with its place and moment.
    pub fn chain_input(&self, seq: u64, at: Timestamp) -> HashInput {
        let mut input = HashInput::new("movement");
        input
            .number(i64::try_from(seq).unwrap_or(i64::MAX))
            .number(at.millis())
            .id(self.key.variant.to_u128())
            .id(self.key.location.to_u128())
            .number(i64::from(self.kind.number()))
            .number(i64::from(self.quantity));
        match self.cause {
            None => input.number(-1),
            Some(cause) => input.number(i64::from(cause.tag())).id(cause.raw()),
        };
        input.optional_text(self.reason.as_deref());
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable() {
        for (number, kind) in MovementKind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.number()), number);
            assert_eq!(MovementKind::from_number(kind.number()), Some(*kind));
        }
        assert_eq!(MovementKind::from_number(99), None);
    }
}
