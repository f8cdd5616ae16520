//! Changes of stock.
//!
//! A level is only ever changed together with an entry in the ledger, by [`Batch::post`]; limits are not counts and have no
//! entry. Whether a movement fits is decided by [`StockLevel::after`], the rule of core, on the row as this transaction
//! sees it; the CHECKs of the table say the same once more.

use rusqlite::Row;
use sutler_core::change::StockChange;
use sutler_core::id::{CheckoutId, OrderId};
use sutler_core::inventory::{
    MovementKind, Reservation, SourcedUnits, StockKey, StockLevel, StockMovement, StoredMovement,
    limited, require_on_hand,
};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::batch::{Batch, LevelRow, Rows};
use crate::error::{Fault, Stop};
use crate::value::int;

pub(crate) mod sql {
    crate::statements::statements! {
        LEVEL = "SELECT on_hand, reserved, allocated, backorder_limit, safety, last_seq, next_expiry
            FROM raw_level WHERE variant = ?1 AND location = ?2";
        SET_LEVEL = "INSERT INTO raw_level
              (variant, location, on_hand, reserved, allocated, backorder_limit, safety, last_seq, next_expiry)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (variant, location) DO UPDATE SET
              on_hand = excluded.on_hand, reserved = excluded.reserved, allocated = excluded.allocated,
              backorder_limit = excluded.backorder_limit, safety = excluded.safety, last_seq = excluded.last_seq,
              next_expiry = excluded.next_expiry";
        HOLD = "INSERT INTO raw_reservation (variant, location, expires_at, checkout, quantity) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity";
        HELD = "SELECT quantity FROM raw_reservation
            WHERE variant = ?1 AND location = ?2 AND expires_at = ?3 AND checkout = ?4";
        DROP_HOLD = "DELETE FROM raw_reservation
            WHERE variant = ?1 AND location = ?2 AND expires_at = ?3 AND checkout = ?4";
        DROP_HOLD_OF = "DELETE FROM raw_reservation
            WHERE variant = ?1 AND location = ?2 AND expires_at = ?3 AND checkout = ?4 AND quantity = ?5";
        EXPIRED = "SELECT checkout, quantity FROM raw_reservation
            WHERE variant = ?1 AND location = ?2 AND expires_at <= ?3 ORDER BY expires_at, checkout";
        DROP_EXPIRED = "DELETE FROM raw_reservation WHERE variant = ?1 AND location = ?2 AND expires_at <= ?3";
        NEXT_EXPIRY = "SELECT min(expires_at) FROM raw_reservation WHERE variant = ?1 AND location = ?2";
    }
}

/// A level by its small numbers, and by the ids that the ledger chains.
#[derive(Clone, Copy)]
struct Slot {
    short: (i64, i64),
    key: StockKey,
}

impl Batch<'_> {
    /// Applies a change of stock.
    pub(crate) fn change_stock(&mut self, change: &StockChange) -> Result<(), Stop> {
        match change {
            StockChange::Move { movement, expected_on_hand } => {
                self.move_stock(movement, *expected_on_hand)
            }
            StockChange::Reserve { checkout, lines, expires_at } => {
                // All lines are looked at before anything is written: most refusals then leave
                // nothing to take back.
                lines.iter().try_for_each(|line| self.reserve(*checkout, line))?;
                lines.iter().try_for_each(|line| self.hold(*checkout, line, *expires_at))
            }
            StockChange::Release { checkout, lines, expires_at } => {
                lines.iter().try_for_each(|line| self.release(*checkout, line, *expires_at))
            }
            StockChange::Allocate { checkout, lines, expires_at, order } => lines
                .iter()
                .try_for_each(|line| self.allocate(*checkout, line, *expires_at, *order)),
            StockChange::Limits { key, backorder_limit, safety } => {
                self.limit_stock(*key, *backorder_limit, *safety)
            }
        }
    }

    fn move_stock(
        &mut self,
        movement: &StockMovement,
        expected_on_hand: Option<u32>,
    ) -> Result<(), Stop> {
        let slot = self.slot(movement.key)?;
        if movement.kind.reclaims() {
            self.reclaim(slot)?;
        }
        require_on_hand(movement.key, &self.level(slot.short)?.level, expected_on_hand)?;
        self.post(slot, movement)
    }

    fn reserve(&mut self, checkout: CheckoutId, line: &SourcedUnits) -> Result<(), Stop> {
        let slot = self.slot(line.key)?;
        self.reclaim(slot)?;
        self.post(
            slot,
            &StockMovement::caused_by(checkout, line.key, MovementKind::Reserved, line.quantity),
        )
    }

    /// Writes a reservation whose units are counted already.
    fn hold(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
    ) -> Result<(), Stop> {
        let slot = self.slot(line.key)?;
        let ((variant, location), expires_at) = (slot.short, expires_at.millis());
        self.run(sql::HOLD, (variant, location, expires_at, checkout.to_bytes(), line.quantity))?;
        let row = self.level(slot.short)?;
        if row.next_expiry.is_none_or(|next| expires_at < next) {
            let next_expiry = Some(expires_at);
            self.rows().levels.set(slot.short, LevelRow { next_expiry, ..row });
        }
        Ok(())
    }

    /// Gives back what expired of one level by the moment of the set.
    fn reclaim(&mut self, slot: Slot) -> Result<(), Stop> {
        let (variant, location) = slot.short;
        let now = self.set.at.millis();
        if self.level(slot.short)?.next_expiry.is_none_or(|next| next > now) {
            return Ok(());
        }
        let gone: Vec<([u8; 16], u32)> = {
            let mut expired = self.conn.prepare_cached(sql::EXPIRED)?;
            let rows = expired
                .query_map((variant, location, now), |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (checkout, quantity) in &gone {
            let checkout = CheckoutId::from_bytes(*checkout);
            self.post(slot, &StockMovement::expired(checkout, slot.key, *quantity))?;
        }
        if !gone.is_empty() {
            self.run(sql::DROP_EXPIRED, (variant, location, now))?;
        }
        let next_expiry = self.one(sql::NEXT_EXPIRY, slot.short, |row| row.get(0))?.flatten();
        let row = self.level(slot.short)?;
        self.rows().levels.set(slot.short, LevelRow { next_expiry, ..row });
        Ok(())
    }

    fn release(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
    ) -> Result<(), Stop> {
        let slot = self.slot(line.key)?;
        let (variant, location) = slot.short;
        let hold = (variant, location, expires_at.millis(), checkout.to_bytes());
        let Some(held) = self.one(sql::HELD, hold, |row| row.get(0))? else { return Ok(()) };
        self.run(sql::DROP_HOLD, hold)?;
        self.post(slot, &StockMovement::caused_by(checkout, line.key, MovementKind::Released, held))
    }

    fn allocate(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
        order: OrderId,
    ) -> Result<(), Stop> {
        let slot = self.slot(line.key)?;
        let (variant, location) = slot.short;
        let hold = (variant, location, expires_at.millis(), checkout.to_bytes(), line.quantity);
        if self.run(sql::DROP_HOLD_OF, hold)? == 0 {
            return Err(Rejection::ReservationExpired.into());
        }
        self.post(
            slot,
            &StockMovement::caused_by(order, line.key, MovementKind::Allocated, line.quantity),
        )
    }

    fn limit_stock(
        &mut self,
        key: StockKey,
        backorder_limit: u32,
        safety: u32,
    ) -> Result<(), Stop> {
        let slot = self.slot(key)?;
        self.reclaim(slot)?;
        let row = self.level(slot.short)?;
        let level = limited(key, &row.level, backorder_limit, safety)?;
        self.rows().levels.set(slot.short, LevelRow { level, ..row });
        Ok(())
    }

    /// Changes a level and enters it in the ledger; nothing else changes a count.
    fn post(&mut self, slot: Slot, movement: &StockMovement) -> Result<(), Stop> {
        let row = self.level(slot.short)?;
        let level = row.level.after(movement.kind, movement.quantity);
        let level = level.map_err(|short| movement.refusal(short))?;
        let last_seq = self.enter(slot.short, row.last_seq, movement)?;
        self.rows().levels.set(slot.short, LevelRow { level, last_seq, ..row });
        Ok(())
    }

    /// Writes a level of a copy; its ledger and its reservations follow.
    pub(crate) fn copy_level(&mut self, key: StockKey, level: StockLevel) -> Result<(), Stop> {
        let slot = self.slot(key)?;
        self.level(slot.short)?;
        self.rows().levels.set(slot.short, LevelRow { level, ..LevelRow::default() });
        Ok(())
    }

    /// Writes a reservation of a copy, whose units its level counts already.
    pub(crate) fn copy_reservation(&mut self, of: &Reservation) -> Result<(), Stop> {
        self.hold(of.checkout, &SourcedUnits { key: of.key, quantity: of.quantity }, of.expires_at)
    }

    /// Writes an entry of a copy, after which its level counts nothing new.
    pub(crate) fn copy_movement(&mut self, stored: &StoredMovement) -> Result<(), Stop> {
        let slot = self.slot(stored.movement.key)?;
        let row = self.level(slot.short)?;
        let place = (stored.seq, stored.link);
        self.enter_chained(slot.short, row.last_seq, &stored.movement, place)?;
        self.rows().levels.set(slot.short, LevelRow { last_seq: stored.seq, ..row });
        Ok(())
    }

    fn slot(&mut self, key: StockKey) -> Result<Slot, Fault> {
        let short = (self.short(key.variant.to_bytes())?, self.short(key.location.to_bytes())?);
        Ok(Slot { short, key })
    }

    fn level(&mut self, short: (i64, i64)) -> Result<LevelRow, Fault> {
        if let Some(row) = self.rows().levels.get(short) {
            return Ok(row);
        }
        let row = if self.set.new_keys.contains(&short.0) {
            LevelRow::default()
        } else {
            self.one(sql::LEVEL, short, level_row)?.unwrap_or_default()
        };
        let promised = u64::from(row.level.reserved) + u64::from(row.level.allocated);
        if promised > u64::from(row.level.on_hand) + u64::from(row.level.backorder_limit) {
            return Err(Fault::damaged("a stock level", "it promises more than there is"));
        }
        self.rows().levels.learn(short, row);
        Ok(row)
    }

    /// Writes the levels that moved.
    pub(crate) fn flush_levels(&self, rows: &Rows) -> Result<(), Fault> {
        for ((variant, location), row) in rows.levels.dirty() {
            let StockLevel { on_hand, reserved, allocated, backorder_limit, safety } = row.level;

            self.run(
                sql::SET_LEVEL,
                rusqlite::params![
                    variant,
                    location,
                    on_hand,
                    reserved,
                    allocated,
                    backorder_limit,
                    safety,
                    int(row.last_seq),
                    row.next_expiry
                ],
            )?;
        }
        Ok(())
    }
}

fn level_row(row: &Row<'_>) -> rusqlite::Result<LevelRow> {
    let level = StockLevel {
        on_hand: row.get(0)?,
        reserved: row.get(1)?,
        allocated: row.get(2)?,
        backorder_limit: row.get(3)?,
        safety: row.get(4)?,
    };
    let last_seq = row.get::<_, i64>(5)?.unsigned_abs();
    Ok(LevelRow { level, last_seq, next_expiry: row.get(6)? })
}
