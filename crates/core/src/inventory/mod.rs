//! Stock: levels, the ledger of movements, reservations, and the choice of a location.
//!
//! `available = on_hand + backorder_limit − safety − reserved − allocated` is computed, never stored. Selling never
//! lowers `on_hand`; only shipping does. A reservation holds units for a checkout until a moment; reads ignore expired
//! ones, so correctness never depends on a sweeper.
//!
//! Deliberately absent: the guarded statement itself. A store decides again inside its transaction, with the same
//! condition as [`StockLevel::room_for`].

mod decide;
mod level;
mod location;
mod movement;
mod sourcing;

pub use decide::{correction, limited, require_on_hand, require_room};
pub use level::{Shortfall, StockKey, StockLevel};
pub use location::StockLocation;
pub use movement::{Effect, MovementKind, StockMovement, StoredMovement};
pub use sourcing::{Demand, SourcedUnits, SourcingShortfall, source};

use serde::{Deserialize, Serialize};

use crate::id::{CheckoutId, OrderId};
use crate::time::Timestamp;

/// Units held for a checkout until a moment.
///
/// ```
/// use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
/// use sutler_core::inventory::{Reservation, StockKey};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let checkout = CheckoutId::from_u128(1);
/// let held = Reservation { key, expires_at: now.plus_seconds(900), checkout, quantity: 2 };
/// let longer = Reservation { expires_at: now.plus_seconds(901), ..held };
/// assert!(held < longer, "by key, then by moment: a sweeper meets the oldest first");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Reservation {
    /// What is held where.
    pub key: StockKey,
    /// Until when; at this moment it counts as expired.
    pub expires_at: Timestamp,
    /// For whom.
    pub checkout: CheckoutId,
    /// Units.
    pub quantity: u32,
}

/// Units promised to one line of a placed order at one location, and how many of them have left.
///
/// Invariant: `shipped + released <= quantity`.
///
/// ```
/// use sutler_core::id::{OrderId, StockLocationId, VariantId};
/// use sutler_core::inventory::{Allocation, StockKey};
///
/// let promised = Allocation {
///     order: OrderId::from_u128(1),
///     line: 1,
///     key: StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) },
///     quantity: 5,
///     shipped: 3,
///     released: 1,
/// };
/// assert_eq!(promised.open(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allocation {
    /// The order.
    pub order: OrderId,
    /// Its line.
    pub line: u32,
    /// What is promised where.
    pub key: StockKey,
    /// Units promised at placement.
    pub quantity: u32,
    /// Units that have left.
    pub shipped: u32,
    /// Units taken back by a cancellation.
    pub released: u32,
}

impl Allocation {
    /// Returns the units that are still promised and have not left.
    pub fn open(&self) -> u32 {
        self.quantity.saturating_sub(self.shipped).saturating_sub(self.released)
    }
}
