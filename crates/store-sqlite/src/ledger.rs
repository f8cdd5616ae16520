//! The ledger of a location: how its entries are packed into rows, and chained.
//!
//! One row holds the entries that one commit wrote at one location for one cause; a checkout with three lines writes one
//! row where it would write three. Each entry says how many entries ago its level was moved last, and the level knows its
//! newest entry, so that the history of a variant is a walk along links and needs no index.
//!
//! Invariants: entries of a location are numbered from 1 without gaps; `nr` numbers them over all locations in the order
//! of commits; a row holds at most [`ROW_MAX`] entries.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;
use sutler_core::change::RecordRef;
use sutler_core::hash::ContentHash;
use sutler_core::id::{StockLocationId, VariantId};
use sutler_core::inventory::{MovementKind, StockKey, StockMovement, StoredMovement};
use sutler_core::time::Timestamp;

use crate::batch::{Batch, Counter, Head, Rows};
use crate::error::{Fault, Stop};
use crate::short::Words;
use crate::value::{At, Hash, Mention, count, int};

pub(crate) mod sql {
    crate::statements::statements! {
        HEAD = "SELECT seq, hash FROM raw_ledger_head WHERE location = ?1";
        SET_HEAD = "INSERT INTO raw_ledger_head (location, seq, hash) VALUES (?1, ?2, ?3)
            ON CONFLICT (location) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
        INSERT = "INSERT INTO raw_ledger (location, seq, nr, at, kind, cause_kind, cause, entries, links)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        /// Rows of a location from the one that holds an entry on.
        FROM = "SELECT l.seq, l.nr, l.at, l.cause_kind, l.cause, l.entries, l.links, o.id, l.kind
            FROM raw_ledger l LEFT JOIN raw_order o ON o.number = l.cause AND l.cause_kind IN (4, 8)
            WHERE l.location = ?1 AND l.seq >= (
              SELECT ifnull(max(b.seq), 1) FROM raw_ledger b WHERE b.location = ?1 AND b.seq <= ?2)
            ORDER BY l.seq";
        /// The row that holds an entry.
        ROW_OF = "SELECT l.seq, l.nr, l.at, l.cause_kind, l.cause, l.entries, l.links, o.id, l.kind
            FROM raw_ledger l LEFT JOIN raw_order o ON o.number = l.cause AND l.cause_kind IN (4, 8)
            WHERE l.location = ?1 AND l.seq <= ?2 ORDER BY l.seq DESC LIMIT 1";
    }
}

/// The most entries in one row, so that following a link never reads much.
const ROW_MAX: usize = 64;

/// An entry that is decided and chained, not written yet.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    location: i64,
    seq: u64,
    nr: i64,
    variant: i64,
    kind: MovementKind,
    quantity: u32,
    back: u64,
    cause: Option<RecordRef>,
    reason: Option<String>,
    link: i64,
}

/// A row as stored.
pub(crate) struct LedgerRow {
    /// The place of the first entry.
    pub(crate) seq: u64,
    /// The number of the first entry in the shop.
    pub(crate) nr: u64,
    pub(crate) at: Timestamp,
    kind: MovementKind,
    cause: Option<RecordRef>,
    entries: Vec<EntryText>,
    links: Vec<i64>,
}

#[derive(Deserialize)]
struct EntryText(i64, u64, #[serde(default = "one")] u32, #[serde(default)] Option<String>);

fn one() -> u32 {
    1
}

impl Batch<'_> {
    /// Returns the head of a location's ledger.
    fn ledger_head(&mut self, location: i64) -> Result<Head, Fault> {
        if let Some(head) = self.rows().heads.get(location) {
            return Ok(head);
        }
        let head = head(self.conn, location)?;
        self.rows().heads.learn(location, head);
        Ok(head)
    }

    /// Chains a movement of a level whose newest entry was `last_seq`; returns the place of the new one.
    pub(crate) fn enter(
        &mut self,
        (variant, location): (i64, i64),
        last_seq: u64,
        movement: &StockMovement,
    ) -> Result<u64, Stop> {
        let head = self.ledger_head(location)?;
        let seq = head.seq + 1;
        let hash = head.hash.chain(&movement.chain_input(seq, self.set.at));
        self.rows().heads.set(location, Head { seq, hash });
        self.enter_chained((variant, location), last_seq, movement, (seq, hash.link()))?;
        Ok(seq)
    }

    /// Takes an entry that has its place and its link; the head is another matter.
    pub(crate) fn enter_chained(
        &mut self,
        (variant, location): (i64, i64),
        last_seq: u64,
        movement: &StockMovement,
        (seq, link): (u64, i64),
    ) -> Result<(), Fault> {
        let nr = self.count(Counter::Movements, 1)?;
        self.set.entries.push(Entry {
            location,
            seq,
            nr,
            variant,
            kind: movement.kind,
            quantity: movement.quantity,
            back: if last_seq == 0 { 0 } else { seq - last_seq },
            cause: movement.cause,
            reason: movement.reason.clone(),
            link,
        });
        Ok(())
    }

    /// Writes the head of a ledger.
    pub(crate) fn set_ledger_head(&mut self, of: StockLocationId, head: Head) -> Result<(), Stop> {
        let location = self.short(of.to_bytes())?;
        self.ledger_head(location)?;
        self.rows().heads.set(location, head);
        Ok(())
    }

    /// Writes the entries of the set, those of one location, kind and cause that follow each other in one row.
    pub(crate) fn write_entries(&mut self) -> Result<(), Stop> {
        let entries = std::mem::take(&mut self.set.entries);
        let mut rest = entries.as_slice();
        while let Some(first) = rest.first() {
            let kind = |entry: &Entry| (entry.location, entry.kind, entry.cause);
            let belongs = |entry: &&Entry| kind(entry) == kind(first);
            let length = rest.iter().take(ROW_MAX).take_while(belongs).count();
            let (row, next) = rest.split_at(length);
            self.write_row(first, row)?;
            rest = next;
        }
        Ok(())
    }

    fn write_row(&self, first: &Entry, row: &[Entry]) -> Result<(), Stop> {
        let mut text = String::with_capacity(row.len() * 16);
        let mut links = Vec::with_capacity(row.len() * 8);
        for (index, entry) in row.iter().enumerate() {
            let open = if index == 0 { '[' } else { ',' };
            // Writing to a string cannot fail.
            let _ = write!(text, "{open}[{},{}", entry.variant, entry.back);
            if entry.quantity != 1 || entry.reason.is_some() {
                let _ = write!(text, ",{}", entry.quantity);
            }
            if let Some(reason) = &entry.reason {
                text.push(',');
                text.push_str(&serde_json::to_string(reason)?);
            }
            text.push(']');
            links.extend_from_slice(&entry.link.to_be_bytes());
        }
        text.push(']');
        let cause_kind = first.cause.map(RecordRef::tag);
        let cause = first.cause.map(|cause| self.mention(cause));
        let (at, kind) = (self.set.at.millis(), first.kind.number());
        let row =
            (first.location, int(first.seq), first.nr, at, kind, cause_kind, cause, &text, &links);
        self.run(sql::INSERT, row)?;
        Ok(())
    }

    /// Writes the heads that moved.
    pub(crate) fn flush_heads(&self, rows: &Rows) -> Result<(), Fault> {
        for (location, head) in rows.heads.dirty() {
            self.run(sql::SET_HEAD, (location, int(head.seq), head.hash.to_bytes()))?;
        }
        Ok(())
    }
}

/// Reads the head of a location's ledger.
pub(crate) fn head(conn: &Connection, location: i64) -> Result<Head, Fault> {
    let found = conn
        .prepare_cached(sql::HEAD)?
        .query_row([location], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?)))
        .optional()?;
    match found {
        None => Ok(Head { seq: 0, hash: ContentHash::ZERO }),
        Some((seq, hash)) => Ok(Head { seq: count(seq)?, hash: hash.0 }),
    }
}

impl LedgerRow {
    /// Reads the columns of [`sql::FROM`] and [`sql::ROW_OF`].
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, Fault> {
        let cause = match (row.get::<_, Option<u8>>(3)?, row.get::<_, Option<Mention>>(4)?) {
            (None, _) => None,
            (Some(kind), mention) => {
                let raw = match mention {
                    Some(Mention::Id(id)) => Some(u128::from_be_bytes(id)),
                    Some(Mention::Key(_)) => {
                        row.get::<_, Option<[u8; 16]>>(7)?.map(u128::from_be_bytes)
                    }
                    None => None,
                };
                let cause = raw.and_then(|raw| RecordRef::from_parts(kind, raw));
                Some(
                    cause
                        .ok_or_else(|| Fault::damaged("a ledger row", "its cause is no record"))?,
                )
            }
        };
        let entries: Vec<EntryText> =
            serde_json::from_str(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)?;
        let bytes = row.get_ref(6)?.as_blob().map_err(rusqlite::Error::from)?;
        let links: Vec<i64> =
            bytes.as_chunks().0.iter().map(|link| i64::from_be_bytes(*link)).collect();
        if links.len() != entries.len() {
            return Err(Fault::damaged("a ledger row", "it has not one link for each entry"));
        }
        let (seq, nr, number) = (count(row.get(0)?)?, count(row.get(1)?)?, row.get(8)?);
        let kind = MovementKind::from_number(number).ok_or_else(|| {
            Fault::damaged("a ledger row", format!("{number} is no kind of movement"))
        })?;
        Ok(Self { seq, nr, at: row.get::<_, At>(2)?.0, kind, cause, entries, links })
    }

    /// Returns how many entries it holds.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the small number of an entry's variant, and how far back the entry before it is.
    pub(crate) fn place(&self, index: usize) -> Option<(i64, u64)> {
        self.entries.get(index).map(|entry| (entry.0, entry.1))
    }

    /// Returns an entry.
    pub(crate) fn movement(
        &self,
        index: usize,
        location: StockLocationId,
        words: &Words,
        conn: &Connection,
    ) -> Result<StoredMovement, Fault> {
        let none = || Fault::damaged("a ledger row", format!("it has no entry {index}"));
        let EntryText(variant, _, quantity, reason) = self.entries.get(index).ok_or_else(none)?;
        let variant = VariantId::from_bytes(words.id(conn, *variant)?);
        let key = StockKey { variant, location };
        let movement = StockMovement {
            key,
            kind: self.kind,
            quantity: *quantity,
            cause: self.cause,
            reason: reason.clone(),
        };
        let seq = self.seq + u64::try_from(index).unwrap_or(u64::MAX);
        Ok(StoredMovement {
            seq,
            at: self.at,
            movement,
            link: *self.links.get(index).ok_or_else(none)?,
        })
    }
}
