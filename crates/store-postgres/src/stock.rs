//! Stock: levels, reservations, and the ledger of each location.

pub(crate) mod write;

use std::collections::BTreeMap;

use sutler_core::change::RecordRef;
use sutler_core::hash::ContentHash;
use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
use sutler_core::inventory::{
    MovementKind, Reservation, StockKey, StockLevel, StockMovement, StoredMovement,
};
use sutler_core::port::{StockReader, StoreError};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::Fault;
use crate::flight::params;
use crate::value::{Columns as _, Uid, int, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        LEVELS = "SELECT variant, location, on_hand, reserved - coalesce((SELECT sum(quantity) FROM raw_reservation r
                WHERE r.variant = l.variant AND r.location = l.location AND r.expires_at <= $2), 0)::bigint,
              allocated, backorder_limit, safety
            FROM raw_level l WHERE variant = ANY ($1)";
        LEVEL_PAGE_FIRST = "SELECT variant, location, on_hand, reserved, allocated, backorder_limit, safety
            FROM raw_level ORDER BY variant, location LIMIT $1";
        LEVEL_PAGE_AFTER = "SELECT variant, location, on_hand, reserved, allocated, backorder_limit, safety
            FROM raw_level WHERE (variant, location) > ($1, $2) ORDER BY variant, location LIMIT $3";
        LEDGER = "SELECT location, seq, at, variant, kind, quantity, cause_kind, cause, reason, link
            FROM raw_movement WHERE location = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        LEDGER_HEAD = "SELECT seq, hash FROM raw_ledger_head WHERE location = $1";
        HISTORY = "SELECT location, seq, at, variant, kind, quantity, cause_kind, cause, reason, link
            FROM raw_movement WHERE variant = $1 ORDER BY nr DESC LIMIT $2";
        RESERVATION_PAGE_FIRST = "SELECT variant, location, expires_at, checkout, quantity FROM raw_reservation
            ORDER BY variant, location, expires_at, checkout LIMIT $1";
        RESERVATION_PAGE_AFTER = "SELECT variant, location, expires_at, checkout, quantity FROM raw_reservation
            WHERE (variant, location, expires_at, checkout) > ($1, $2, $3, $4)
            ORDER BY variant, location, expires_at, checkout LIMIT $5";
    }
}

impl StockReader for PostgresStore {
    fn stock_levels(
        &self,
        variants: &[VariantId],
        now: Timestamp,
    ) -> Result<BTreeMap<StockKey, StockLevel>, StoreError> {
        let ids: Vec<Uid> = variants.iter().map(|id| Uid(id.to_u128())).collect();
        let levels = self.all("read stock", sql::LEVELS, params![ids, now.millis()], level)?;
        Ok(levels.into_iter().collect())
    }

    fn stock_level_page(
        &self,
        after: Option<StockKey>,
        rows: usize,
    ) -> Result<Vec<(StockKey, StockLevel)>, StoreError> {
        let (sql, params) = match after {
            None => (sql::LEVEL_PAGE_FIRST, params![limit(rows)]),
            Some(key) => {
                let (variant, location) = (key.variant.to_u128(), key.location.to_u128());
                (sql::LEVEL_PAGE_AFTER, params![Uid(variant), Uid(location), limit(rows)])
            }
        };
        self.all("read stock", sql, params, level)
    }

    fn stock_ledger(
        &self,
        location: StockLocationId,
        after_seq: u64,
        rows: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        let params = params![Uid(location.to_u128()), int(after_seq), limit(rows)];
        self.all("read a ledger", sql::LEDGER, params, movement)
    }

    fn stock_ledger_head(
        &self,
        location: StockLocationId,
    ) -> Result<(u64, ContentHash), StoreError> {
        let params = params![Uid(location.to_u128())];
        let head = self.one("read a ledger", sql::LEDGER_HEAD, params, |row| {
            Ok((row.count(0)?, row.hash(1)?))
        })?;
        Ok(head.unwrap_or((0, ContentHash::ZERO)))
    }

    fn stock_history(
        &self,
        variant: VariantId,
        rows: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        let params = params![Uid(variant.to_u128()), limit(rows)];
        self.all("read the history of stock", sql::HISTORY, params, movement)
    }

    fn reservation_page(
        &self,
        after: Option<Reservation>,
        rows: usize,
    ) -> Result<Vec<Reservation>, StoreError> {
        let (sql, params) = match after {
            None => (sql::RESERVATION_PAGE_FIRST, params![limit(rows)]),
            Some(last) => (
                sql::RESERVATION_PAGE_AFTER,
                params![
                    Uid(last.key.variant.to_u128()),
                    Uid(last.key.location.to_u128()),
                    last.expires_at.millis(),
                    Uid(last.checkout.to_u128()),
                    limit(rows),
                ],
            ),
        };
        self.all("read reservations", sql, params, reservation)
    }
}

/// Reads a key that begins at `column`.
fn key(row: &Row, column: usize) -> Result<StockKey, Fault> {
    let variant = VariantId::from_u128(row.id(column)?);
    Ok(StockKey { variant, location: StockLocationId::from_u128(row.id(column + 1)?) })
}

/// Reads the columns of [`sql::LEVELS`].
pub(crate) fn level(row: &Row) -> Result<(StockKey, StockLevel), Fault> {
    let level = StockLevel {
        on_hand: row.small(2)?,
        reserved: row.small(3)?,
        allocated: row.small(4)?,
        backorder_limit: row.small(5)?,
        safety: row.small(6)?,
    };
    Ok((key(row, 0)?, level))
}

/// Reads the columns of [`sql::RESERVATION_PAGE_FIRST`].
pub(crate) fn reservation(row: &Row) -> Result<Reservation, Fault> {
    Ok(Reservation {
        key: key(row, 0)?,
        expires_at: row.moment(2)?,
        checkout: CheckoutId::from_u128(row.id(3)?),
        quantity: row.small(4)?,
    })
}

/// Reads the columns of [`sql::LEDGER`].
pub(crate) fn movement(row: &Row) -> Result<StoredMovement, Fault> {
    let unknown =
        |what: &str| Fault::damaged("an entry of a ledger", format!("its {what} is not known"));
    let location = StockLocationId::from_u128(row.id(0)?);
    let cause = match row.at::<Option<i16>>(6)? {
        None => None,
        Some(_) => {
            let cause = RecordRef::from_parts(row.tag(6)?, row.id(7)?);
            Some(cause.ok_or_else(|| unknown("cause"))?)
        }
    };
    Ok(StoredMovement {
        seq: row.count(1)?,
        at: row.moment(2)?,
        movement: StockMovement {
            key: StockKey { variant: VariantId::from_u128(row.id(3)?), location },
            kind: MovementKind::from_number(row.tag(4)?).ok_or_else(|| unknown("kind"))?,
            quantity: row.small(5)?,
            cause,
            reason: row.at(8)?,
        },
        link: row.at(9)?,
    })
}
