//! The counts of one variant at one location.

use serde::{Deserialize, Serialize};

use super::{Effect, MovementKind};
use crate::id::{StockLocationId, VariantId};

/// Which variant at which location. Ordered, because stores lock levels in this order.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::StockKey;
///
/// let key = |variant, location| StockKey {
///     variant: VariantId::from_u128(variant),
///     location: StockLocationId::from_u128(location),
/// };
/// assert!(key(1, 9) < key(2, 1), "by variant first");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct StockKey {
    /// The variant.
    pub variant: VariantId,
    /// The location.
    pub location: StockLocationId,
}

/// Units of one variant at one location.
///
/// Invariant: `reserved + allocated <= on_hand + backorder_limit`. A level is a read model: the truth is the ledger of
/// movements, of which it is the fold.
///
/// ```
/// use sutler_core::inventory::{MovementKind, StockLevel};
/// let level = StockLevel { on_hand: 3, reserved: 1, ..StockLevel::default() };
/// assert_eq!(level.available(), 2);
/// assert!(level.after(MovementKind::Reserved, 3).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StockLevel {
    /// Units physically there.
    pub on_hand: u32,
    /// Units held for running checkouts.
    pub reserved: u32,
    /// Units promised to placed orders and not shipped yet.
    pub allocated: u32,
    /// How far selling may go beyond `on_hand`.
    pub backorder_limit: u32,
    /// Units kept back from selling.
    pub safety: u32,
}

/// A movement does not fit the level.
///
/// ```
/// use sutler_core::inventory::{MovementKind, Shortfall, StockLevel};
///
/// let level = StockLevel { on_hand: 2, ..StockLevel::default() };
/// let short = level.after(MovementKind::Reserved, 3);
/// assert_eq!(short, Err(Shortfall { requested: 3, available: 2 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("only {available} of {requested} units are there")]
pub struct Shortfall {
    /// Units asked for.
    pub requested: u32,
    /// Units there were.
    pub available: u32,
}

impl StockLevel {
    /// Returns how many units may still be sold:
    /// `on_hand + backorder_limit − safety − reserved − allocated`, never below 0.
    ///
    /// ```
    /// # use sutler_core::inventory::StockLevel;
    /// let level = StockLevel { on_hand: 5, reserved: 1, allocated: 2, backorder_limit: 3, safety: 1 };
    /// assert_eq!(level.available(), 5 + 3 - 1 - 1 - 2);
    /// assert_eq!(StockLevel { safety: 100, ..level }.available(), 0);
    /// ```
    pub fn available(&self) -> u32 {
        let sellable = u64::from(self.on_hand) + u64::from(self.backorder_limit);
        let promised =
            u64::from(self.safety) + u64::from(self.reserved) + u64::from(self.allocated);
        u32::try_from(sellable.saturating_sub(promised)).unwrap_or(u32::MAX)
    }

    /// Returns how many units a movement of this kind could take.
    ///
    /// ```
    /// # use sutler_core::inventory::{MovementKind, StockLevel};
    /// let level = StockLevel { on_hand: 5, allocated: 2, safety: 4, ..StockLevel::default() };
    /// assert_eq!(level.room_for(MovementKind::Reserved), 0, "safety is kept from buyers");
    /// assert_eq!(level.room_for(MovementKind::CorrectedDown), 3, "but not from a count");
    /// assert_eq!(level.room_for(MovementKind::Shipped), 2, "only what is promised leaves");
    /// ```
    pub fn room_for(&self, kind: MovementKind) -> u32 {
        let promised = u64::from(self.reserved) + u64::from(self.allocated);
        let unpromised =
            (u64::from(self.on_hand) + u64::from(self.backorder_limit)).saturating_sub(promised);
        let unpromised = u32::try_from(unpromised).unwrap_or(u32::MAX);
        match kind {
            MovementKind::Received
            | MovementKind::Returned
            | MovementKind::CorrectedUp
            | MovementKind::TransferredIn => u32::MAX - self.on_hand,
            MovementKind::Reserved => self.available(),
            MovementKind::Released | MovementKind::Allocated => self.reserved,
            MovementKind::AllocationReleased => self.allocated,
            MovementKind::Shipped => self.allocated.min(self.on_hand),
            MovementKind::CorrectedDown | MovementKind::TransferredOut => {
                self.on_hand.min(unpromised)
            }
        }
    }

    /// Returns the level after a movement, or how many units it could have taken.
    ///
    /// Errors: [`Shortfall`] when it takes more units than [`StockLevel::room_for`] allows.
    ///
    /// ```
    /// # use sutler_core::inventory::{MovementKind, StockLevel};
    /// let level = StockLevel { on_hand: 3, allocated: 2, ..StockLevel::default() };
    /// let shipped = level.after(MovementKind::Shipped, 2)?;
    /// assert_eq!((shipped.on_hand, shipped.allocated), (1, 0));
    /// # Ok::<(), sutler_core::inventory::Shortfall>(())
    /// ```
    pub fn after(&self, kind: MovementKind, quantity: u32) -> Result<StockLevel, Shortfall> {
        let available = self.room_for(kind);
        if quantity > available {
            return Err(Shortfall { requested: quantity, available });
        }
        self.folded(kind.effect(), quantity).ok_or(Shortfall { requested: quantity, available })
    }

    /// Returns the level after a movement that was already decided, as replaying a ledger does; `None` when a count
    /// would leave its range, which means that the ledger is broken.
    ///
    /// ```
    /// # use sutler_core::inventory::{MovementKind, StockLevel};
    /// let empty = StockLevel::default();
    /// let received = empty.folded(MovementKind::Received.effect(), 5);
    /// assert_eq!(received.map(|level| level.on_hand), Some(5));
    /// assert_eq!(empty.folded(MovementKind::Shipped.effect(), 1), None, "the ledger is broken");
    /// ```
    pub fn folded(&self, effect: Effect, quantity: u32) -> Option<StockLevel> {
        let count = |now: u32, sign: i8| match sign {
            0 => Some(now),
            1.. => now.checked_add(quantity),
            _ => now.checked_sub(quantity),
        };
        Some(StockLevel {
            on_hand: count(self.on_hand, effect.on_hand)?,
            reserved: count(self.reserved, effect.reserved)?,
            allocated: count(self.allocated, effect.allocated)?,
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only function that knows the API; scenarios know only the words.
    #[track_caller]
    fn check(scenario: &str) {
        let mut level = StockLevel::default();
        for line in scenario
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let words: Vec<&str> = line.split_whitespace().collect();
            let n = |i: usize| -> u32 {
                words
                    .get(i)
                    .and_then(|w| w.parse().ok())
                    .unwrap_or_else(|| panic!("a number in `{line}`"))
            };
            let kind = |word: &str| {
                MovementKind::ALL.iter().copied().find(|k| crate::status::word(k) == word)
            };
            match words.as_slice() {
                ["backorder", _] => level.backorder_limit = n(1),
                ["safety", _] => level.safety = n(1),
                ["available", _] => assert_eq!(level.available(), n(1), "{line}"),
                ["level", _, _, _] => assert_eq!(
                    (level.on_hand, level.reserved, level.allocated),
                    (n(1), n(2), n(3)),
                    "{line}"
                ),
                [word, _, "->", "short", _] => {
                    let kind = kind(word).unwrap_or_else(|| panic!("a kind in `{line}`"));
                    assert_eq!(level.after(kind, n(1)).expect_err(line).available, n(4), "{line}");
                }
                [word, _] => {
                    let kind = kind(word).unwrap_or_else(|| panic!("a kind in `{line}`"));
                    level =
                        level.after(kind, n(1)).unwrap_or_else(|short| panic!("`{line}`: {short}"));
                }
                _ => panic!("cannot read `{line}`"),
            }
            let promised = level.reserved + level.allocated;
            assert!(
                promised <= level.on_hand + level.backorder_limit,
                "`{line}` broke the invariant"
            );
        }
    }

    #[test]
    fn the_last_unit_is_sold_once() {
        check(
            "
            received 3
            reserved 2
            reserved 2 -> short 1
            # A refusal holds nothing back.
            reserved 1
            available 0
        ",
        );
    }

    #[test]
    fn selling_never_lowers_on_hand_shipping_does() {
        check(
            "
            received 5
            reserved 2
            allocated 2
            level 5 0 2
            shipped 2
            level 3 0 0
            shipped 1 -> short 0
            returned 1
            level 4 0 0
        ",
        );
    }

    #[test]
    fn a_backorder_is_a_limit_not_a_negative_count() {
        check(
            "
            backorder 2
            received 1
            reserved 3
            available 0
            allocated 3
            # Only what is on hand can leave.
            shipped 3 -> short 1
            received 2
            shipped 3
            level 0 0 0
        ",
        );
    }

    #[test]
    fn what_is_promised_cannot_be_corrected_away() {
        check(
            "
            received 5
            reserved 3
            corrected_down 3 -> short 2
            corrected_down 2
            transferred_out 1 -> short 0
            released 3
            level 3 0 0
        ",
        );
    }

    #[test]
    fn safety_is_kept_from_buyers_only() {
        check(
            "
            received 5
            safety 4
            reserved 2 -> short 1
            corrected_down 5
            available 0
        ",
        );
    }
}
