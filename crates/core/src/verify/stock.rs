//! Levels against everything they are derived from.
//!
//! A [`StockWindow`] covers a range of keys. Whatever is streamed through it, in any order, is counted when its key lies
//! in the range and passed over otherwise, so its size is that of the range, not of the shop.

use std::collections::BTreeMap;

use super::finding;
use crate::inventory::{Reservation, StockKey, StockLevel, StockMovement};
use crate::port::Finding;

/// What is known of one key.
#[derive(Clone, Copy, Default, Debug)]
struct Tally {
    level: Option<StockLevel>,
    /// The fold of the ledger; only its three counts are of meaning.
    folded: StockLevel,
    /// The ledger left the range of a count.
    broken: bool,
    held: u64,
    promised: u64,
}

/// The levels of a range of keys, and all that must lead to them.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{StockKey, StockLevel};
/// use sutler_core::verify::StockWindow;
///
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(2) };
/// let mut window = StockWindow::new(None, None);
/// window.level(key, StockLevel { on_hand: 5, ..StockLevel::default() });
/// assert_eq!(window.finish()[0].check, "stock.level", "nothing in the ledger says so");
/// ```
#[derive(Clone, Debug)]
pub struct StockWindow {
    after: Option<StockKey>,
    up_to: Option<StockKey>,
    rows: BTreeMap<StockKey, Tally>,
}

impl StockWindow {
    /// Returns a window over the keys behind `after` up to and including `up_to`; `None` is no border.
    pub fn new(after: Option<StockKey>, up_to: Option<StockKey>) -> Self {
        Self { after, up_to, rows: BTreeMap::new() }
    }

    fn row(&mut self, key: StockKey) -> Option<&mut Tally> {
        let inside = self.after.is_none_or(|after| key > after)
            && self.up_to.is_none_or(|up_to| key <= up_to);
        inside.then(|| self.rows.entry(key).or_default())
    }

    /// Counts a level as stored, with all reservations, expired or not.
    pub fn level(&mut self, key: StockKey, level: StockLevel) {
        if let Some(row) = self.row(key) {
            row.level = Some(level);
        }
    }

    /// Counts an entry of a ledger. Entries of one key must come in their order.
    ///
    /// ```
    /// # use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
    /// # use sutler_core::inventory::{MovementKind, Reservation, StockKey, StockLevel, StockMovement};
    /// # use sutler_core::time::Timestamp;
    /// # use sutler_core::verify::StockWindow;
    /// # let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(2) };
    /// # let (expires_at, checkout) = (Timestamp::from_millis(0), CheckoutId::from_u128(1));
    /// let moved = |kind, quantity| StockMovement { key, kind, quantity, cause: None, reason: None };
    /// let mut window = StockWindow::new(None, None);
    /// window.level(key, StockLevel { on_hand: 5, reserved: 2, ..StockLevel::default() });
    /// window.movement(&moved(MovementKind::Received, 5));
    /// window.movement(&moved(MovementKind::Reserved, 2));
    /// window.reservation(&Reservation { key, expires_at, checkout, quantity: 2 });
    /// assert!(window.finish().is_empty());
    /// window.promise(key, 1);
    /// assert_eq!(window.finish()[0].check, "stock.allocated", "a promise that the level does not know");
    /// ```
    pub fn movement(&mut self, movement: &StockMovement) {
        let Some(row) = self.row(movement.key) else { return };
        match row.folded.folded(movement.kind.effect(), movement.quantity) {
            Some(folded) => row.folded = folded,
            None => row.broken = true,
        }
    }

    /// Counts a reservation, expired or not.
    pub fn reservation(&mut self, reservation: &Reservation) {
        if let Some(row) = self.row(reservation.key) {
            row.held += u64::from(reservation.quantity);
        }
    }

    /// Counts units that are promised to a line whose stock is counted and have not left.
    pub fn promise(&mut self, key: StockKey, open: u32) {
        if open > 0
            && let Some(row) = self.row(key)
        {
            row.promised += u64::from(open);
        }
    }

    /// Returns what does not fit, in key order.
    pub fn finish(&self) -> Vec<Finding> {
        self.rows.iter().flat_map(|(key, row)| check_row(*key, row)).collect()
    }
}

fn check_row(key: StockKey, row: &Tally) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |word, message: String| {
        let subject = format!("{} at {}", key.variant, key.location);
        found.push(finding(word, subject, message));
    };
    let level = row.level.unwrap_or_default();
    let counts = |level: &StockLevel| (level.on_hand, level.reserved, level.allocated);
    if row.broken {
        tell("stock.level", "the ledger leaves the range of a count".to_owned());
    } else if counts(&level) != counts(&row.folded) {
        let words = |(on_hand, reserved, allocated): (u32, u32, u32)| {
            format!("{on_hand} on hand, {reserved} reserved, {allocated} allocated")
        };
        let (kept, folded) = (words(counts(&level)), words(counts(&row.folded)));
        tell("stock.level", format!("the level says {kept}; its ledger says {folded}"));
    }
    if u64::from(level.reserved) != row.held {
        let message =
            format!("{} units count as reserved, reservations hold {}", level.reserved, row.held);
        tell("stock.reserved", message);
    }
    if u64::from(level.allocated) != row.promised {
        let message = format!(
            "{} units count as allocated, {} are promised to orders and have not left",
            level.allocated, row.promised
        );
        tell("stock.allocated", message);
    }
    let promised = u64::from(level.reserved) + u64::from(level.allocated);
    let limit = u64::from(level.on_hand) + u64::from(level.backorder_limit);
    if promised > limit {
        let message = format!("{promised} units are reserved and allocated, {limit} may be");
        tell("stock.limit", message);
    }
    found
}
