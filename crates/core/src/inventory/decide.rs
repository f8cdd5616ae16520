//! What may be done to the stock on a shelf.
//!
//! Deliberately absent: selling and shipping, whose bounds are [`StockLevel::room_for`] and are guarded by the store.

use super::{MovementKind, StockKey, StockLevel};
use crate::quantity::{QUANTITY_MAX, Quantity, QuantityError};
use crate::rejection::Rejection;

/// Returns the movement that brings a level to what a count found; `None` when it found what the level says.
///
/// `expected` is the count that must still stand, when given. Units: pieces on hand. The labels in refusals are ids.
///
/// Errors: `quantity.invalid` above [`QUANTITY_MAX`]; `stock.changed`; `stock.promised` when more is promised than was
/// counted.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{MovementKind, StockKey, StockLevel, correction};
///
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let level = StockLevel { on_hand: 5, allocated: 2, ..StockLevel::default() };
/// let counted = |units, expected| correction(key, &level, units, expected);
///
/// assert_eq!(counted(4, None)?, Some((MovementKind::CorrectedDown, 1)));
/// assert_eq!(counted(7, Some(5))?, Some((MovementKind::CorrectedUp, 2)));
/// assert_eq!(counted(5, None)?, None);
/// assert_eq!(counted(4, Some(6)).unwrap_err().code(), "stock.changed");
/// assert_eq!(counted(1, None).unwrap_err().code(), "stock.promised");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn correction(
    key: StockKey,
    level: &StockLevel,
    counted: u32,
    expected: Option<u32>,
) -> Result<Option<(MovementKind, u32)>, Rejection> {
    if counted > QUANTITY_MAX {
        return Err(Rejection::Quantity(QuantityError { given: counted.to_string() }));
    }
    let (variant, label, found) = (key.variant, key.variant.to_string(), level.on_hand);
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        return Err(Rejection::StockChanged { variant, label, expected, found });
    }
    let (kind, quantity) = if counted >= found {
        (MovementKind::CorrectedUp, counted - found)
    } else {
        (MovementKind::CorrectedDown, found - counted)
    };
    if kind == MovementKind::CorrectedDown && quantity > level.room_for(kind) {
        let promised = level.reserved.saturating_add(level.allocated);
        return Err(Rejection::StockPromised { variant, label, promised });
    }
    Ok((quantity > 0).then_some((kind, quantity)))
}

/// Refuses goods that would make a level larger than an import takes: what is exported must come back.
///
/// Errors: `stock.overflow`.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{StockKey, StockLevel, require_room};
/// use sutler_core::quantity::{QUANTITY_MAX, Quantity};
///
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let nearly_full = StockLevel { on_hand: QUANTITY_MAX - 1, ..StockLevel::default() };
/// assert_eq!(require_room(key, &nearly_full, Quantity::ONE), Ok(()));
/// let refused = require_room(key, &nearly_full, Quantity::new(2)?).unwrap_err();
/// assert_eq!(refused.code(), "stock.overflow");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn require_room(
    key: StockKey,
    level: &StockLevel,
    quantity: Quantity,
) -> Result<(), Rejection> {
    if quantity.get() <= QUANTITY_MAX.saturating_sub(level.on_hand) {
        return Ok(());
    }
    Err(Rejection::StockOverflow { variant: key.variant, label: key.variant.to_string() })
}
