//! Changes of stock.
//!
//! A level is only ever changed together with an entry in the ledger, by [`Rows::post`]; limits are not counts and have no
//! entry. Whether a movement fits is decided by [`StockLevel::after`], the rule of core, on the row that this transaction
//! holds locked; the CHECKs of the table say the same once more.

use std::collections::BTreeSet;

use sutler_core::change::StockChange;
use sutler_core::hash::ContentHash;
use sutler_core::id::{CheckoutId, OrderId, StockLocationId};
use sutler_core::inventory::{
    MovementKind, Reservation, SourcedUnits, StockKey, StockLevel, StockMovement, StoredMovement,
    limited, require_on_hand,
};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use super::{level, movement, reservation};
use crate::error::{Applied, Fault};
use crate::event::Head;
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int};

pub(crate) mod sql {
    crate::statements::statements! {
        LOAD_LEVELS = "SELECT variant, location, on_hand, reserved, allocated, backorder_limit, safety
            FROM raw_level l JOIN unnest($1::uuid[], $2::uuid[]) AS n (variant, location) USING (variant, location)
            ORDER BY variant, location FOR UPDATE OF l";
        INSERT_LEVELS = "INSERT INTO raw_level (variant, location, on_hand, reserved, allocated, backorder_limit, safety)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])";
        UPDATE_LEVELS = "UPDATE raw_level o SET on_hand = n.on_hand, reserved = n.reserved, allocated = n.allocated,
              backorder_limit = n.backorder_limit, safety = n.safety
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
              AS n (variant, location, on_hand, reserved, allocated, backorder_limit, safety)
            WHERE (o.variant, o.location) = (n.variant, n.location)";
        /// What expired of levels, and single reservations. The locks of the levels stand for theirs.
        LOAD_HOLDS = "SELECT r.variant, r.location, r.expires_at, r.checkout, r.quantity
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n (variant, location, at)
            JOIN raw_reservation r ON (r.variant, r.location) = (n.variant, n.location) AND r.expires_at <= n.at
            UNION SELECT r.variant, r.location, r.expires_at, r.checkout, r.quantity
            FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::uuid[]) AS n (variant, location, expires_at, checkout)
            JOIN raw_reservation r USING (variant, location, expires_at, checkout)";
        DELETE_HOLDS = "DELETE FROM raw_reservation o
            USING unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[]) AS n (variant, location, expires_at, checkout)
            WHERE (o.variant, o.location, o.expires_at, o.checkout) = (n.variant, n.location, n.expires_at, n.checkout)";
        INSERT_HOLDS = "INSERT INTO raw_reservation (variant, location, expires_at, checkout, quantity)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[])";
        UPDATE_HOLDS = "UPDATE raw_reservation o SET quantity = n.quantity
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[])
              AS n (variant, location, expires_at, checkout, quantity)
            WHERE (o.variant, o.location, o.expires_at, o.checkout) = (n.variant, n.location, n.expires_at, n.checkout)";
        LOAD_HEADS = "SELECT location, seq, hash FROM raw_ledger_head WHERE location = ANY ($1) ORDER BY location FOR UPDATE";
        INSERT_HEADS = "INSERT INTO raw_ledger_head (location, seq, hash) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bytea[])";
        UPDATE_HEADS = "UPDATE raw_ledger_head o SET seq = n.seq, hash = n.hash
            FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS n (location, seq, hash) WHERE o.location = n.location";
        /// Entries in the order in which they came, so that `nr` rises with it.
        INSERT_MOVEMENTS = "INSERT INTO raw_movement
              (location, seq, at, variant, kind, quantity, cause_kind, cause, reason, link)
            SELECT location, seq, at, variant, kind, quantity, cause_kind, cause, reason, link
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::smallint[], $6::bigint[], $7::smallint[],
                $8::uuid[], $9::text[], $10::bigint[]) WITH ORDINALITY
              AS n (location, seq, at, variant, kind, quantity, cause_kind, cause, reason, link, place)
            ORDER BY place";
    }
}

/// Rows of `raw_level`.
pub(crate) struct Levels;

impl Kind for Levels {
    type Key = StockKey;
    type Row = StockLevel;
    type Ask = StockKey;

    fn load(asked: &BTreeSet<StockKey>) -> Option<Call> {
        let variants: Vec<Uid> = asked.iter().map(|key| Uid(key.variant.to_u128())).collect();
        let locations: Vec<Uid> = asked.iter().map(|key| Uid(key.location.to_u128())).collect();
        Some(Call::new(sql::LOAD_LEVELS, params![variants, locations]))
    }

    fn read(row: &Row) -> Result<(StockKey, StockLevel), Fault> {
        level(row)
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&StockKey, &StockLevel)]| {
            params![
                column(rows, |key, _| Uid(key.variant.to_u128())),
                column(rows, |key, _| Uid(key.location.to_u128())),
                column(rows, |_, row| i64::from(row.on_hand)),
                column(rows, |_, row| i64::from(row.reserved)),
                column(rows, |_, row| i64::from(row.allocated)),
                column(rows, |_, row| i64::from(row.backorder_limit)),
                column(rows, |_, row| i64::from(row.safety)),
            ]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_LEVELS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_LEVELS, params(&changes.new))),
        ]))
    }
}

/// What can be asked of reservations.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskHold {
    /// Those of a level that expired by a moment.
    Expired(StockKey, Timestamp),
    /// The one of a checkout.
    Slot(StockKey, Timestamp, CheckoutId),
}

/// Level, moment of expiry, checkout.
type Slot = (StockKey, Timestamp, CheckoutId);

fn slots<'s>(slots: impl Iterator<Item = &'s Slot> + Clone) -> Params {
    params![
        slots.clone().map(|slot| Uid(slot.0.variant.to_u128())).collect::<Vec<_>>(),
        slots.clone().map(|slot| Uid(slot.0.location.to_u128())).collect::<Vec<_>>(),
        slots.clone().map(|slot| slot.1.millis()).collect::<Vec<_>>(),
        slots.map(|slot| Uid(slot.2.to_u128())).collect::<Vec<_>>(),
    ]
}

/// Rows of `raw_reservation`: units by slot.
pub(crate) struct Holds;

impl Kind for Holds {
    type Key = Slot;
    type Row = u32;
    type Ask = AskHold;

    fn load(asked: &BTreeSet<AskHold>) -> Option<Call> {
        let (mut levels, mut single) = (Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskHold::Expired(key, at) => levels.push((key, at)),
                AskHold::Slot(key, expires_at, checkout) => {
                    single.push((*key, *expires_at, *checkout));
                }
            }
        }
        let mut params = params![
            levels.iter().map(|(key, _)| Uid(key.variant.to_u128())).collect::<Vec<_>>(),
            levels.iter().map(|(key, _)| Uid(key.location.to_u128())).collect::<Vec<_>>(),
            levels.iter().map(|(_, at)| at.millis()).collect::<Vec<_>>(),
        ];
        params.extend(slots(single.iter()));
        Some(Call::new(sql::LOAD_HOLDS, params))
    }

    fn read(row: &Row) -> Result<(Slot, u32), Fault> {
        let Reservation { key, expires_at, checkout, quantity } = reservation(row)?;
        Ok(((key, expires_at, checkout), quantity))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&Slot, &u32)]| {
            let mut params = slots(rows.iter().map(|(slot, _)| *slot));
            params.push(Box::new(column(rows, |_, quantity| i64::from(*quantity))));
            params
        };
        let gone = slots(changes.gone.iter().copied());
        Ok(calls([
            (!changes.gone.is_empty(), Call::new(sql::DELETE_HOLDS, gone)),
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_HOLDS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_HOLDS, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_ledger_head`.
pub(crate) struct LedgerHeads;

impl Kind for LedgerHeads {
    type Key = StockLocationId;
    type Row = Head;
    type Ask = StockLocationId;

    fn load(asked: &BTreeSet<StockLocationId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD_HEADS, params![ids]))
    }

    fn read(row: &Row) -> Result<(StockLocationId, Head), Fault> {
        let head = Head { seq: row.count(1)?, hash: row.hash(2)? };
        Ok((StockLocationId::from_u128(row.id(0)?), head))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&StockLocationId, &Head)]| {
            params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, head| int(head.seq)),
                column(rows, |_, head| head.hash.to_bytes().to_vec()),
            ]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_HEADS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_HEADS, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_movement`, which are only added: by the order in which the batch made them.
pub(crate) struct Movements;

impl Kind for Movements {
    type Key = usize;
    type Row = StoredMovement;
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        None
    }

    fn read(row: &Row) -> Result<(usize, StoredMovement), Fault> {
        Ok((0, movement(row)?))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let cause = |row: &StoredMovement| row.movement.cause;
        let params = params![
            column(rows, |_, row| Uid(row.movement.key.location.to_u128())),
            column(rows, |_, row| int(row.seq)),
            column(rows, |_, row| row.at.millis()),
            column(rows, |_, row| Uid(row.movement.key.variant.to_u128())),
            column(rows, |_, row| i16::from(row.movement.kind.number())),
            column(rows, |_, row| i64::from(row.movement.quantity)),
            column(rows, |_, row| cause(row).map(|cause| i16::from(cause.tag()))),
            column(rows, |_, row| cause(row).map(|cause| Uid(cause.raw()))),
            column(rows, |_, row| row.movement.reason.clone()),
            column(rows, |_, row| row.link),
        ];
        Ok(vec![Call::new(sql::INSERT_MOVEMENTS, params)])
    }
}

impl Rows {
    /// Applies a change of stock.
    pub(crate) fn change_stock(&mut self, change: &StockChange) -> Applied {
        match change {
            StockChange::Move { movement, expected_on_hand } => {
                self.move_stock(movement, *expected_on_hand)
            }
            StockChange::Reserve { checkout, lines, expires_at } => {
                lines.iter().try_for_each(|line| self.reserve(*checkout, line, *expires_at))
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

    fn move_stock(&mut self, movement: &StockMovement, expected: Option<u32>) -> Applied {
        if movement.kind.reclaims() {
            self.reclaim(movement.key)?;
        }
        require_on_hand(movement.key, &self.level(movement.key), expected)?;
        self.post(movement.clone())
    }

    fn reserve(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
    ) -> Applied {
        self.reclaim(line.key)?;
        self.post(StockMovement::caused_by(
            checkout,
            line.key,
            MovementKind::Reserved,
            line.quantity,
        ))?;
        let slot = (line.key, expires_at, checkout);
        let held = self.holds.get(&slot).copied().unwrap_or(0);
        self.holds.put(slot, held + line.quantity);
        Ok(())
    }

    /// Gives back what expired of one level by the moment of the set.
    fn reclaim(&mut self, key: StockKey) -> Applied {
        let now = self.at;
        let is_gone = |slot: &Slot| slot.0 == key && slot.1 <= now;
        let gone: Vec<(Slot, u32)> = self
            .holds
            .iter()
            .filter(|(slot, _)| is_gone(slot))
            .map(|(slot, quantity)| (*slot, *quantity))
            .collect();
        for (slot, quantity) in gone {
            self.post(StockMovement::expired(slot.2, key, quantity))?;
            self.holds.remove(&slot);
        }
        Ok(())
    }

    fn release(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
    ) -> Applied {
        let slot = (line.key, expires_at, checkout);
        let Some(held) = self.holds.get(&slot).copied() else { return Ok(()) };
        self.holds.remove(&slot);
        self.post(StockMovement::caused_by(checkout, line.key, MovementKind::Released, held))
    }

    fn allocate(
        &mut self,
        checkout: CheckoutId,
        line: &SourcedUnits,
        expires_at: Timestamp,
        order: OrderId,
    ) -> Applied {
        let slot = (line.key, expires_at, checkout);
        if self.holds.get(&slot) != Some(&line.quantity) {
            return Err(Rejection::ReservationExpired.into());
        }
        self.holds.remove(&slot);
        self.post(StockMovement::caused_by(order, line.key, MovementKind::Allocated, line.quantity))
    }

    fn limit_stock(&mut self, key: StockKey, backorder_limit: u32, safety: u32) -> Applied {
        self.reclaim(key)?;
        let level = limited(key, &self.level(key), backorder_limit, safety)?;
        self.levels.put(key, level);
        Ok(())
    }

    /// Changes a level and enters it in the ledger; nothing else changes a count.
    fn post(&mut self, movement: StockMovement) -> Applied {
        let key = movement.key;
        let level = self.level(key).after(movement.kind, movement.quantity);
        self.levels.put(key, level.map_err(|short| movement.refusal(short))?);

        let head = self.ledger_heads.get(&key.location).copied();
        let head = head.unwrap_or(Head { seq: 0, hash: ContentHash::ZERO });
        let (seq, at) = (head.seq + 1, self.at);
        let hash = head.hash.chain(&movement.chain_input(seq, at));
        self.ledger_heads.put(key.location, Head { seq, hash });
        let place = self.movements.iter().last().map_or(0, |(place, _)| place + 1);
        self.movements.put(place, StoredMovement { seq, at, movement, link: hash.link() });
        Ok(())
    }

    fn level(&self, key: StockKey) -> StockLevel {
        self.levels.get(&key).copied().unwrap_or_default()
    }
}
