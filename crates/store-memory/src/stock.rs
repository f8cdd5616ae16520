//! Stock: levels, reservations, and the ledger of each location.
//!
//! A level is only ever changed together with an entry in the ledger, by [`State::post`]; limits are not counts and have
//! no entry.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use sutler_core::change::StockChange;
use sutler_core::hash::ContentHash;
use sutler_core::id::{CheckoutId, OrderId, StockLocationId, VariantId};
use sutler_core::inventory::{
    MovementKind, Reservation, SourcedUnits, StockKey, StockLevel, StockMovement, StoredMovement,
    limited, require_on_hand,
};
use sutler_core::port::{StockReader, StoreError};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, ChainHead, State};

/// What happened at one location, in order.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    /// Entry n has `seq` n + 1.
    pub(crate) entries: Vec<Arc<StoredMovement>>,
    pub(crate) head: ChainHead,
}

impl Ledger {
    /// Returns how many entries there are.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }
}

impl StockReader for MemoryStore {
    fn stock_levels(
        &self,
        variants: &[VariantId],
        now: Timestamp,
    ) -> Result<BTreeMap<StockKey, StockLevel>, StoreError> {
        let state = self.snapshot();
        let mut levels: BTreeMap<StockKey, StockLevel> = BTreeMap::new();
        for &variant in variants {
            let first = StockKey { variant, location: StockLocationId::from_u128(0) };
            let of_variant =
                state.levels.range(first..).take_while(|(key, _)| key.variant == variant);
            levels.extend(of_variant.map(|(&key, &level)| (key, level)));
        }
        for (key, level) in &mut levels {
            let expired: u32 = state.expired(*key, now).map(|gone| gone.quantity).sum();
            level.reserved = level.reserved.saturating_sub(expired);
        }
        Ok(levels)
    }

    fn stock_level_page(
        &self,
        after: Option<StockKey>,
        limit: usize,
    ) -> Result<Vec<(StockKey, StockLevel)>, StoreError> {
        let state = self.snapshot();
        let rest =
            state.levels.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        Ok(rest.take(limit).map(|(&key, &level)| (key, level)).collect())
    }

    fn stock_ledger(
        &self,
        location: StockLocationId,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        let state = self.snapshot();
        let Some(ledger) = state.ledgers.get(&location) else { return Ok(Vec::new()) };
        let rest = ledger.entries.iter().skip_while(|entry| entry.seq <= after_seq);
        Ok(rest.take(limit).map(|entry| StoredMovement::clone(entry)).collect())
    }

    fn stock_ledger_head(
        &self,
        location: StockLocationId,
    ) -> Result<(u64, ContentHash), StoreError> {
        let state = self.snapshot();
        let head = |ledger: &Arc<Ledger>| (ledger.len(), ledger.head.0);
        Ok(state.ledgers.get(&location).map_or((0, ContentHash::ZERO), head))
    }

    fn stock_history(
        &self,
        variant: VariantId,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        let state = self.snapshot();
        let newest_first = state.movements.iter().rev();
        let of_variant = newest_first.filter(|entry| entry.movement.key.variant == variant);
        Ok(of_variant.take(limit).map(|entry| StoredMovement::clone(entry)).collect())
    }

    fn reservation_page(
        &self,
        after: Option<Reservation>,
        limit: usize,
    ) -> Result<Vec<Reservation>, StoreError> {
        let state = self.snapshot();
        let after = after.map(|last| (last.key, last.expires_at, last.checkout));
        let rest = state
            .reservations
            .range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        Ok(rest.take(limit).map(|(&slot, &quantity)| reservation(slot, quantity)).collect())
    }
}

pub(crate) fn reservation(slot: (StockKey, Timestamp, CheckoutId), quantity: u32) -> Reservation {
    let (key, expires_at, checkout) = slot;
    Reservation { key, expires_at, checkout, quantity }
}

impl State {
    /// Applies a change of stock at the moment `at`.
    pub(crate) fn change_stock(&mut self, change: StockChange, at: Timestamp) -> Applied {
        match change {
            StockChange::Move { movement, expected_on_hand } => {
                self.move_stock(movement, expected_on_hand, at)
            }
            StockChange::Reserve { checkout, lines, expires_at } => {
                lines.iter().try_for_each(|line| self.reserve(checkout, line, expires_at, at))
            }
            StockChange::Release { checkout, lines, expires_at } => {
                lines.iter().try_for_each(|line| self.release(checkout, line, expires_at, at))
            }
            StockChange::Allocate { checkout, lines, expires_at, order } => {
                let slot = |line: &SourcedUnits| (line.key, expires_at, checkout);
                lines
                    .iter()
                    .try_for_each(|line| self.allocate(slot(line), line.quantity, order, at))
            }
            StockChange::Limits { key, backorder_limit, safety } => {
                self.reclaim(key, at)?;
                self.limit_stock(key, backorder_limit, safety)
            }
        }
    }

    fn move_stock(
        &mut self,
        movement: StockMovement,
        expected_on_hand: Option<u32>,
        at: Timestamp,
    ) -> Applied {
        if movement.kind.reclaims() {
            self.reclaim(movement.key, at)?;
        }
        require_on_hand(movement.key, &self.level(movement.key), expected_on_hand)?;
        self.post(movement, at)
    }

    fn reserve(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Applied {
        self.reclaim(line.key, at)?;
        self.post(
            StockMovement::caused_by(checkout, line.key, MovementKind::Reserved, line.quantity),
            at,
        )?;
        let slot = (line.key, expires_at, checkout);
        *Arc::make_mut(&mut self.reservations).entry(slot).or_default() += line.quantity;
        Ok(())
    }

    /// Releases what expired of one level.
    fn reclaim(&mut self, key: StockKey, at: Timestamp) -> Applied {
        let expired: Vec<Reservation> = self.expired(key, at).collect();
        for gone in expired {
            self.post(StockMovement::expired(gone.checkout, key, gone.quantity), at)?;
            let slot = (gone.key, gone.expires_at, gone.checkout);
            Arc::make_mut(&mut self.reservations).remove(&slot);
        }
        Ok(())
    }

    fn release(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Applied {
        let slot = (line.key, expires_at, checkout);
        let Some(held) = Arc::make_mut(&mut self.reservations).remove(&slot) else { return Ok(()) };
        self.post(StockMovement::caused_by(checkout, line.key, MovementKind::Released, held), at)
    }

    fn allocate(
        &mut self,
        slot: (StockKey, Timestamp, CheckoutId),
        quantity: u32,
        order: OrderId,
        at: Timestamp,
    ) -> Applied {
        let held = Arc::make_mut(&mut self.reservations).remove(&slot);
        if held != Some(quantity) {
            return Err(Rejection::ReservationExpired.into());
        }
        self.post(StockMovement::caused_by(order, slot.0, MovementKind::Allocated, quantity), at)
    }

    fn limit_stock(&mut self, key: StockKey, backorder_limit: u32, safety: u32) -> Applied {
        let level = limited(key, &self.level(key), backorder_limit, safety)?;
        Arc::make_mut(&mut self.levels).insert(key, level);
        Ok(())
    }

    /// Changes a level and writes the entry that says so; nothing else changes a count.
    fn post(&mut self, movement: StockMovement, at: Timestamp) -> Applied {
        let (key, quantity) = (movement.key, movement.quantity);
        let level = self.level(key).after(movement.kind, quantity);
        let level = level.map_err(|short| movement.refusal(short))?;
        Arc::make_mut(&mut self.levels).insert(key, level);

        let ledger = Arc::make_mut(&mut self.ledgers).entry(key.location).or_default();
        let ledger = Arc::make_mut(ledger);
        let seq = ledger.len() + 1;
        ledger.head = ChainHead(ledger.head.0.chain(&movement.chain_input(seq, at)));
        let entry = Arc::new(StoredMovement { seq, at, movement, link: ledger.head.0.link() });
        ledger.entries.push(Arc::clone(&entry));
        Arc::make_mut(&mut self.movements).push(entry);
        Ok(())
    }

    fn level(&self, key: StockKey) -> StockLevel {
        self.levels.get(&key).copied().unwrap_or_default()
    }

    /// Returns the reservations of a key that expired at or before `now`, in their order.
    fn expired(&self, key: StockKey, now: Timestamp) -> impl Iterator<Item = Reservation> {
        self.reservations
            .range((key, Timestamp::from_millis(i64::MIN), CheckoutId::from_u128(0))..)
            .take_while(move |((of, expires_at, _), _)| *of == key && *expires_at <= now)
            .map(|(&slot, &quantity)| reservation(slot, quantity))
    }
}
