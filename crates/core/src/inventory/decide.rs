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
    require_on_hand(key, level, expected)?;
    let found = level.on_hand;
    let (kind, quantity) = if counted >= found {
        (MovementKind::CorrectedUp, counted - found)
    } else {
        (MovementKind::CorrectedDown, found - counted)
    };
    if kind == MovementKind::CorrectedDown && quantity > level.room_for(kind) {
        return Err(promised(key, level));
    }
    Ok((quantity > 0).then_some((kind, quantity)))
}

/// Refuses a level whose units on hand are not those that somebody saw, where they say what they saw.
///
/// Errors: `stock.changed`.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{StockKey, StockLevel, require_on_hand};
///
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let level = StockLevel { on_hand: 5, ..StockLevel::default() };
/// assert_eq!((require_on_hand(key, &level, None), require_on_hand(key, &level, Some(5))), (Ok(()), Ok(())));
/// assert_eq!(require_on_hand(key, &level, Some(6)).unwrap_err().code(), "stock.changed");
/// ```
pub fn require_on_hand(
    key: StockKey,
    level: &StockLevel,
    expected: Option<u32>,
) -> Result<(), Rejection> {
    let found = level.on_hand;
    match expected.filter(|expected| *expected != found) {
        None => Ok(()),
        Some(expected) => {
            let (variant, label) = (key.variant, key.variant.to_string());
            Err(Rejection::StockChanged { variant, label, expected, found })
        }
    }
}

/// Returns a level with other limits: how far selling may go beyond what is on hand, and how much of that is kept back.
///
/// Errors: `stock.promised` when more is promised already than could be sold then.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{StockKey, StockLevel, limited};
///
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let level = StockLevel { on_hand: 3, allocated: 5, backorder_limit: 4, ..StockLevel::default() };
/// assert_eq!(limited(key, &level, 2, 1)?.backorder_limit, 2);
/// assert_eq!(limited(key, &level, 1, 0).unwrap_err().code(), "stock.promised");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn limited(
    key: StockKey,
    level: &StockLevel,
    backorder_limit: u32,
    safety: u32,
) -> Result<StockLevel, Rejection> {
    let out = u64::from(level.reserved) + u64::from(level.allocated);
    if out > u64::from(level.on_hand) + u64::from(backorder_limit) {
        return Err(promised(key, level));
    }
    Ok(StockLevel { backorder_limit, safety, ..*level })
}

fn promised(key: StockKey, level: &StockLevel) -> Rejection {
    let (variant, label) = (key.variant, key.variant.to_string());
    let promised = level.reserved.saturating_add(level.allocated);
    Rejection::StockPromised { variant, label, promised }
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
