//! Stock as it is read: levels, reservations, ledgers, histories.
//!
//! Levels are stored with every reservation counted, expired or not; a read takes those off that expired by then. A level
//! knows the earliest moment at which that can be, so most reads look at no reservation at all.

pub(crate) mod write;

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use sutler_core::hash::ContentHash;
use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
use sutler_core::inventory::{Reservation, StockKey, StockLevel, StoredMovement};
use sutler_core::port::{StockReader, StoreError};
use sutler_core::time::Timestamp;

use crate::SqliteStore;
use crate::error::Fault;
use crate::ledger::{self, LedgerRow};
use crate::short::Words;
use crate::value::{self, At, count, int};

pub(crate) mod sql {
    crate::statements::statements! {
        OF_VARIANT = "SELECT location, on_hand, reserved, allocated, backorder_limit, safety, last_seq, next_expiry
            FROM raw_level WHERE variant = ?1";
        EXPIRED = "SELECT ifnull(sum(quantity), 0) FROM raw_reservation
            WHERE variant = ?1 AND location = ?2 AND expires_at <= ?3";
        /// Variants in stock, in the order of ids: that is the order of pages, while rows lie in that of small numbers.
        VARIANTS_FROM = "SELECT s.id, s.key FROM raw_short s
            WHERE s.id >= ?1 AND EXISTS (SELECT 1 FROM raw_level l WHERE l.variant = s.key) ORDER BY s.id LIMIT ?2";
        HELD_VARIANTS_FROM = "SELECT s.id, s.key FROM raw_short s
            WHERE s.id >= ?1 AND EXISTS (SELECT 1 FROM raw_reservation r WHERE r.variant = s.key) ORDER BY s.id LIMIT ?2";
        HELD_AFTER = "SELECT expires_at, checkout, quantity FROM raw_reservation
            WHERE variant = ?1 AND location = ?2 AND (expires_at, checkout) > (?3, ?4)
            ORDER BY expires_at, checkout LIMIT ?5";
    }
}

impl StockReader for SqliteStore {
    fn stock_levels(
        &self,
        variants: &[VariantId],
        now: Timestamp,
    ) -> Result<BTreeMap<StockKey, StockLevel>, StoreError> {
        self.snapshot("read stock levels", |conn, words| {
            let mut levels = BTreeMap::new();
            for &variant in variants {
                let Some(key) = words.key(conn, variant.to_bytes())? else { continue };
                let mut expired = Vec::new();
                let mut of_variant = conn.prepare_cached(sql::OF_VARIANT)?;
                let mut rows = of_variant.query([key])?;
                while let Some(row) = rows.next()? {
                    let place: i64 = row.get(0)?;
                    let location = StockLocationId::from_bytes(words.id(conn, place)?);
                    let slot = StockKey { variant, location };
                    levels.insert(slot, level(row)?);
                    if row.get::<_, Option<i64>>(7)?.is_some_and(|next| next <= now.millis()) {
                        expired.push((slot, place));
                    }
                }
                for (slot, place) in expired {
                    let mut sum = conn.prepare_cached(sql::EXPIRED)?;
                    let gone: i64 = sum.query_row((key, place, now.millis()), |row| row.get(0))?;
                    if let Some(level) = levels.get_mut(&slot) {
                        level.reserved =
                            level.reserved.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
                    }
                }
            }
            Ok(levels)
        })
    }

    fn stock_level_page(
        &self,
        after: Option<StockKey>,
        limit: usize,
    ) -> Result<Vec<(StockKey, StockLevel)>, StoreError> {
        self.snapshot("read stock levels", |conn, words| {
            let from = after.map_or([0; 16], |key| key.variant.to_bytes());
            by_variant(conn, sql::VARIANTS_FROM, from, limit, |variant, key, page| {
                let mut of_variant = conn.prepare_cached(sql::OF_VARIANT)?;
                let mut rows = of_variant.query([key])?;
                while let Some(row) = rows.next()? {
                    let location = StockLocationId::from_bytes(words.id(conn, row.get(0)?)?);
                    page.push((StockKey { variant, location }, level(row)?));
                }
                page.retain(|(key, _)| after.is_none_or(|after| *key > after));
                page.sort_unstable_by_key(|(key, _)| *key);
                Ok(())
            })
        })
    }

    fn stock_ledger(
        &self,
        location: StockLocationId,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        self.snapshot("read the stock ledger", |conn, words| {
            let mut page = Vec::new();
            let Some(place) = words.key(conn, location.to_bytes())? else { return Ok(page) };
            let mut from = conn.prepare_cached(ledger::sql::FROM)?;
            let mut rows = from.query((place, int(after_seq.saturating_add(1))))?;
            while page.len() < limit
                && let Some(row) = rows.next()?
            {
                let row = LedgerRow::read(row)?;
                for index in 0..row.len() {
                    let entry = row.movement(index, location, words, conn)?;
                    if entry.seq > after_seq && page.len() < limit {
                        page.push(entry);
                    }
                }
            }
            Ok(page)
        })
    }

    fn stock_ledger_head(
        &self,
        location: StockLocationId,
    ) -> Result<(u64, ContentHash), StoreError> {
        self.snapshot("read the stock ledger", |conn, words| {
            let Some(place) = words.key(conn, location.to_bytes())? else {
                return Ok((0, ContentHash::ZERO));
            };
            let head = ledger::head(conn, place)?;
            Ok((head.seq, head.hash))
        })
    }

    fn stock_history(
        &self,
        variant: VariantId,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        self.snapshot("read the stock history", |conn, words| {
            let Some(key) = words.key(conn, variant.to_bytes())? else { return Ok(Vec::new()) };
            let mut trails = trails(conn, key, words)?;
            let mut history = Vec::new();
            while history.len() < limit {
                let newest = trails
                    .iter_mut()
                    .filter(|trail| trail.row.is_some())
                    .max_by_key(|trail| trail.nr);
                let Some(trail) = newest else { break };
                history.push(trail.step(conn, key, words)?);
            }
            Ok(history)
        })
    }

    fn reservation_page(
        &self,
        after: Option<Reservation>,
        limit: usize,
    ) -> Result<Vec<Reservation>, StoreError> {
        self.snapshot("read reservations", |conn, words| {
            let from = after.map_or([0; 16], |last| last.key.variant.to_bytes());
            by_variant(conn, sql::HELD_VARIANTS_FROM, from, limit, |variant, key, page| {
                for (location, place) in places(conn, key, words)? {
                    let slot = StockKey { variant, location };
                    let last = match after {
                        Some(after) if after.key > slot => continue,
                        Some(after) if after.key == slot => {
                            (after.expires_at.millis(), after.checkout.to_bytes())
                        }
                        _ => (i64::MIN, [0; 16]),
                    };
                    let mut held = conn.prepare_cached(sql::HELD_AFTER)?;
                    let mut rows = held.query((key, place, last.0, last.1, value::limit(limit)))?;
                    while let Some(row) = rows.next()? {
                        let (expires_at, checkout) =
                            (row.get::<_, At>(0)?.0, CheckoutId::from_bytes(row.get(1)?));
                        page.push(Reservation {
                            key: slot,
                            expires_at,
                            checkout,
                            quantity: row.get(2)?,
                        });
                    }
                }
                Ok(())
            })
        })
    }
}

/// Returns the locations where a variant has a level, in the order of ids, with their small numbers.
fn places(
    conn: &Connection,
    key: i64,
    words: &Words,
) -> Result<Vec<(StockLocationId, i64)>, Fault> {
    let mut of_variant = conn.prepare_cached(sql::OF_VARIANT)?;
    let mut rows = of_variant.query([key])?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        places.push((StockLocationId::from_bytes(words.id(conn, place)?), place));
    }
    places.sort_unstable();
    Ok(places)
}

/// Reads the counts of [`sql::OF_VARIANT`].
fn level(row: &Row<'_>) -> Result<StockLevel, Fault> {
    Ok(StockLevel {
        on_hand: row.get(1)?,
        reserved: row.get(2)?,
        allocated: row.get(3)?,
        backorder_limit: row.get(4)?,
        safety: row.get(5)?,
    })
}

/// Fills a page variant by variant, in the order of ids from `from` on; `part` gives what one variant has, in order.
fn by_variant<T>(
    conn: &Connection,
    variants_from: &str,
    mut from: [u8; 16],
    limit: usize,
    mut part: impl FnMut(VariantId, i64, &mut Vec<T>) -> Result<(), Fault>,
) -> Result<Vec<T>, Fault> {
    let (mut page, mut of_one) = (Vec::new(), Vec::new());
    loop {
        let mut find = conn.prepare_cached(variants_from)?;
        let found =
            find.query_map((from, value::limit(limit)), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let variants: Vec<([u8; 16], i64)> = found.collect::<Result<_, _>>()?;
        for &(id, key) in &variants {
            part(VariantId::from_bytes(id), key, &mut of_one)?;
            page.append(&mut of_one);
            if page.len() >= limit {
                page.truncate(limit);
                return Ok(page);
            }
        }
        match variants.last().and_then(|(id, _)| u128::from_be_bytes(*id).checked_add(1)) {
            Some(next) if variants.len() >= limit => from = next.to_be_bytes(),
            _ => return Ok(page),
        }
    }
}

/// The walk back along the entries of one level.
struct Trail {
    place: i64,
    location: StockLocationId,
    /// The entry that comes next, and its number in the shop.
    seq: u64,
    nr: u64,
    /// The row that holds it; `None` at the end.
    row: Option<LedgerRow>,
}

/// Begins at the newest entry of each level of a variant.
fn trails(conn: &Connection, key: i64, words: &Words) -> Result<Vec<Trail>, Fault> {
    let mut of_variant = conn.prepare_cached(sql::OF_VARIANT)?;
    let mut rows = of_variant.query([key])?;
    let mut trails = Vec::new();
    while let Some(row) = rows.next()? {
        let (place, seq) = (row.get(0)?, count(row.get(6)?)?);
        let location = StockLocationId::from_bytes(words.id(conn, place)?);
        let mut trail = Trail { place, location, seq, nr: 0, row: None };
        if seq > 0 {
            trail.load(conn)?;
        }
        trails.push(trail);
    }
    Ok(trails)
}

impl Trail {
    fn load(&mut self, conn: &Connection) -> Result<(), Fault> {
        let is_before = |row: &LedgerRow, seq| row.seq <= seq;
        if !self.row.as_ref().is_some_and(|row| is_before(row, self.seq)) {
            let mut row_of = conn.prepare_cached(ledger::sql::ROW_OF)?;
            let mut rows = row_of.query((self.place, int(self.seq)))?;
            self.row = rows.next()?.map(LedgerRow::read).transpose()?;
        }
        let Some(row) = &self.row else {
            return Err(Fault::damaged("a ledger", format!("entry {} is missing", self.seq)));
        };
        self.nr = row.nr + (self.seq - row.seq);
        Ok(())
    }

    /// Returns the entry and goes to the one before it; `None` at the end or for a broken link.
    fn step(
        &mut self,
        conn: &Connection,
        variant: i64,
        words: &Words,
    ) -> Result<StoredMovement, Fault> {
        let broken = |seq| {
            Fault::damaged("a ledger", format!("the history of a level leads to entry {seq}"))
        };
        let row = self.row.as_ref().ok_or_else(|| broken(self.seq))?;
        let index = usize::try_from(self.seq - row.seq).map_err(|_| broken(self.seq))?;
        let (of, back) = row.place(index).ok_or_else(|| broken(self.seq))?;
        if of != variant || back >= self.seq {
            return Err(broken(self.seq));
        }
        let entry = row.movement(index, self.location, words, conn)?;
        if back == 0 {
            self.row = None;
        } else {
            self.seq -= back;
            self.load(conn)?;
        }
        Ok(entry)
    }
}
