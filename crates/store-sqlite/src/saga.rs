//! What outlives a crash: checkouts, import runs, idempotency keys.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;
use sutler_core::change::{Idempotency, IdempotencyKey, RecordRef};
use sutler_core::checkout::Checkout;
use sutler_core::hash::ContentHash;
use sutler_core::id::{CartId, CheckoutId, OrderId, PaymentId, StockLocationId, VariantId};
use sutler_core::import::ImportRun;
use sutler_core::inventory::{SourcedUnits, StockKey};
use sutler_core::port::{SagaReader, StoreError};
use sutler_core::rejection::Rejection;

use crate::SqliteStore;
use crate::batch::{Batch, guard_version};
use crate::error::{Fault, Stop};
use crate::short::Words;
use crate::value::{At, Hash, Mention, Word, count, int, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        CHECKOUT = "SELECT c.id, c.cart, c.\"order\", c.payment, c.status, c.reserved, c.expires_at, c.created_at,
              c.updated_at, c.problem, c.version, p.id, o.cart
            FROM raw_checkout c LEFT JOIN raw_order o ON o.id = c.id AND c.cart IS NULL
            LEFT JOIN raw_payment p ON p.key = c.payment AND typeof(c.payment) = 'integer'
            WHERE c.id = ?1";
        OPEN_FIRST = "SELECT c.id, c.cart, c.\"order\", c.payment, c.status, c.reserved, c.expires_at, c.created_at,
              c.updated_at, c.problem, c.version, p.id, o.cart
            FROM raw_checkout c LEFT JOIN raw_order o ON o.id = c.id AND c.cart IS NULL
            LEFT JOIN raw_payment p ON p.key = c.payment AND typeof(c.payment) = 'integer'
            WHERE c.status IN (0, 2, 4) ORDER BY c.id LIMIT ?1";
        OPEN_AFTER = "SELECT c.id, c.cart, c.\"order\", c.payment, c.status, c.reserved, c.expires_at, c.created_at,
              c.updated_at, c.problem, c.version, p.id, o.cart
            FROM raw_checkout c LEFT JOIN raw_order o ON o.id = c.id AND c.cart IS NULL
            LEFT JOIN raw_payment p ON p.key = c.payment AND typeof(c.payment) = 'integer'
            WHERE c.status IN (0, 2, 4) AND c.id > ?1 ORDER BY c.id LIMIT ?2";
        INSERT = "INSERT INTO raw_checkout
              (id, cart, \"order\", payment, status, reserved, expires_at, created_at, updated_at, problem, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
        UPDATE = "UPDATE raw_checkout SET cart = ?2, \"order\" = ?3, payment = ?4, status = ?5, reserved = ?6,
              expires_at = ?7, created_at = ?8, updated_at = ?9, problem = ?10, version = ?11
            WHERE id = ?1 AND version = ?11 - 1";
        IMPORT_RUN = "SELECT content, run, file, batches_done, created, updated, finished, started_at, version
            FROM raw_import_run WHERE content = ?1 ORDER BY run DESC LIMIT 1";
        IMPORT_RUN_VERSION = "SELECT version FROM raw_import_run WHERE content = ?1 AND run = ?2";
        PUT_IMPORT_RUN = "INSERT INTO raw_import_run
              (content, run, file, batches_done, created, updated, finished, started_at, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT DO UPDATE SET file = excluded.file, batches_done = excluded.batches_done,
              created = excluded.created, updated = excluded.updated, finished = excluded.finished,
              started_at = excluded.started_at, version = excluded.version";
        KEY = "SELECT content, answer_kind, answer FROM raw_idempotency WHERE key = ?1";
        ANSWER_ORDER = "SELECT id FROM raw_order WHERE number = ?1";
        ANSWER_PAYMENT = "SELECT id FROM raw_payment WHERE key = ?1";
        REMEMBER = "INSERT INTO raw_idempotency (key, content, answer_kind, answer) VALUES (?1, ?2, ?3, ?4)";
    }
}

impl SagaReader for SqliteStore {
    fn checkout(&self, id: CheckoutId) -> Result<Option<Checkout>, StoreError> {
        self.read("read a checkout", |conn, words| {
            let mut by_id = conn.prepare_cached(sql::CHECKOUT)?;
            by_id
                .query_row([id.to_bytes()], |row| Ok(read(row, conn, words)))
                .optional()?
                .transpose()
        })
    }

    fn checkouts_open(
        &self,
        after: Option<CheckoutId>,
        rows: usize,
    ) -> Result<Vec<Checkout>, StoreError> {
        self.read("read open checkouts", |conn, words| match after {
            None => {
                let mut open = conn.prepare_cached(sql::OPEN_FIRST)?;
                open.query_and_then([limit(rows)], |row| read(row, conn, words))?.collect()
            }
            Some(after) => {
                let mut open = conn.prepare_cached(sql::OPEN_AFTER)?;
                open.query_and_then((after.to_bytes(), limit(rows)), |row| read(row, conn, words))?
                    .collect()
            }
        })
    }

    fn import_run(&self, content: ContentHash) -> Result<Option<ImportRun>, StoreError> {
        self.read("read an import run", |conn, _| {
            let mut newest = conn.prepare_cached(sql::IMPORT_RUN)?;
            newest.query_row([content.to_bytes()], |row| Ok(read_run(row))).optional()?.transpose()
        })
    }

    fn idempotency(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<(ContentHash, RecordRef)>, StoreError> {
        self.read("read a key", |conn, _| known_key(conn, key))
    }
}

#[derive(Deserialize)]
struct ReservedText(i64, i64, #[serde(default = "one")] u32);

fn one() -> u32 {
    1
}

/// Reads the columns of [`sql::CHECKOUT`].
pub(crate) fn read(row: &Row<'_>, conn: &Connection, words: &Words) -> Result<Checkout, Fault> {
    let id = CheckoutId::from_bytes(row.get(0)?);
    let text = row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?;
    let mut reserved = Vec::new();
    for ReservedText(variant, location, quantity) in
        serde_json::from_str::<Vec<ReservedText>>(text)?
    {
        let variant = VariantId::from_bytes(words.id(conn, variant)?);
        let location = StockLocationId::from_bytes(words.id(conn, location)?);
        reserved.push(SourcedUnits { key: StockKey { variant, location }, quantity });
    }
    let payment = match row.get::<_, Option<Mention>>(3)? {
        None => None,
        Some(Mention::Id(id)) => Some(id),
        Some(Mention::Key(_)) => {
            let found = row.get::<_, Option<[u8; 16]>>(11)?;
            Some(found.ok_or_else(|| Fault::damaged("a checkout", "its payment is missing"))?)
        }
    };
    let cart = row.get::<_, Option<[u8; 16]>>(1)?.or(row.get(12)?);
    let order =
        row.get::<_, Option<_>>(2)?.map_or(OrderId::from_u128(id.to_u128()), OrderId::from_bytes);
    Ok(Checkout {
        id,
        cart: cart
            .map(CartId::from_bytes)
            .ok_or_else(|| Fault::damaged("a checkout", "its cart is missing"))?,
        order,
        payment: payment.map(PaymentId::from_bytes),
        status: row.get::<_, Word<_>>(4)?.0,
        reserved,
        expires_at: row.get::<_, At>(6)?.0,
        problem: row.get(9)?,
        created_at: row.get::<_, At>(7)?.0,
        updated_at: row.get::<_, At>(8)?.0,
        version: count(row.get(10)?)?,
    })
}

/// Reads the columns of [`sql::IMPORT_RUN`].
pub(crate) fn read_run(row: &Row<'_>) -> Result<ImportRun, Fault> {
    Ok(ImportRun {
        content: row.get::<_, Hash>(0)?.0,
        run: row.get(1)?,
        file: row.get(2)?,
        batches_done: row.get(3)?,
        created: count(row.get(4)?)?,
        updated: count(row.get(5)?)?,
        finished: row.get(6)?,
        started_at: row.get::<_, At>(7)?.0,
        version: count(row.get(8)?)?,
    })
}

fn known_key(
    conn: &Connection,
    key: &IdempotencyKey,
) -> Result<Option<(ContentHash, RecordRef)>, Fault> {
    let mut find = conn.prepare_cached(sql::KEY)?;
    find.query_row([key.as_str()], |row| Ok(read_key(row, conn))).optional()?.transpose()
}

/// Reads the columns of [`sql::KEY`].
pub(crate) fn read_key(
    row: &Row<'_>,
    conn: &Connection,
) -> Result<(ContentHash, RecordRef), Fault> {
    let (content, kind, answer) =
        (row.get::<_, Hash>(0)?.0, row.get::<_, u8>(1)?, row.get::<_, Mention>(2)?);
    let id: Option<[u8; 16]> = match answer {
        Mention::Id(id) => Some(id),
        Mention::Key(key) => {
            let of = if kind == PAYMENT { sql::ANSWER_PAYMENT } else { sql::ANSWER_ORDER };
            conn.prepare_cached(of)?.query_row([key], |row| row.get(0)).optional()?
        }
    };
    let answer = id.and_then(|id| RecordRef::from_parts(kind, u128::from_be_bytes(id)));
    let answer =
        answer.ok_or_else(|| Fault::damaged("an idempotency key", "its answer is no record"))?;
    Ok((content, answer))
}

/// The number of payments among the kinds of records.
const PAYMENT: u8 = RecordRef::Payment(PaymentId::from_u128(0)).tag();

impl Batch<'_> {
    /// Stops a set that was committed before, or whose key was used for something else.
    pub(crate) fn look_up(&self, once: &Idempotency) -> Result<(), Stop> {
        match known_key(self.conn, &once.key)? {
            None => Ok(()),
            Some((content, answer)) if content == once.content => Err(Stop::Replayed(answer)),
            Some(_) => Err(Rejection::KeyReused { key: once.key.to_string() }.into()),
        }
    }

    /// Makes the set take effect once.
    pub(crate) fn remember(&self, once: &Idempotency) -> Result<(), Stop> {
        self.write_key(&once.key, once.content, once.answer)
    }

    pub(crate) fn write_key(
        &self,
        key: &IdempotencyKey,
        content: ContentHash,
        answer: RecordRef,
    ) -> Result<(), Stop> {
        let row = (key.as_str(), content.to_bytes(), answer.tag(), self.mention(answer));
        self.run(sql::REMEMBER, row)?;
        Ok(())
    }

    /// Writes the log record of a checkout.
    pub(crate) fn put_checkout(&mut self, checkout: &Checkout) -> Result<(), Stop> {
        let mut reserved = String::with_capacity(2 + checkout.reserved.len() * 12);
        reserved.push('[');
        for (index, units) in checkout.reserved.iter().enumerate() {
            use std::fmt::Write as _;
            let comma = if index == 0 { "" } else { "," };
            let variant = self.short(units.key.variant.to_bytes())?;
            let location = self.short(units.key.location.to_bytes())?;
            // Writing to a string cannot fail.
            let _ = match units.quantity {
                1 => write!(reserved, "{comma}[{variant},{location}]"),
                more => write!(reserved, "{comma}[{variant},{location},{more}]"),
            };
        }
        reserved.push(']');
        let same_order = checkout.order.to_u128() == checkout.id.to_u128();
        let known = self.set.order(checkout.id.to_u128());
        let same_cart = known.is_some_and(|order| order.cart == Some(checkout.cart));
        let row = (
            checkout.id.to_bytes(),
            (!same_cart).then(|| checkout.cart.to_bytes()),
            (!same_order).then(|| checkout.order.to_bytes()),
            checkout.payment.map(|payment| self.mention(RecordRef::Payment(payment))),
            Word(checkout.status),
            reserved,
            checkout.expires_at.millis(),
            checkout.created_at.millis(),
            checkout.updated_at.millis(),
            checkout.problem.as_deref(),
            int(checkout.version),
        );
        self.put_versioned((sql::INSERT, sql::UPDATE), row, checkout.version, checkout.id)
    }

    /// Writes the record of an import run.
    pub(crate) fn put_import_run(&mut self, run: &ImportRun) -> Result<(), Stop> {
        let stored =
            self.one(sql::IMPORT_RUN_VERSION, (run.content.to_bytes(), run.run), |row| row.get(0))?;
        guard_version(stored, run.version, ImportRun::id_of(run.content))?;
        self.write_import_run(run)
    }

    pub(crate) fn write_import_run(&mut self, run: &ImportRun) -> Result<(), Stop> {
        let row = (
            run.content.to_bytes(),
            run.run,
            &run.file,
            run.batches_done,
            int(run.created),
            int(run.updated),
            run.finished,
            run.started_at.millis(),
            int(run.version),
        );
        self.run(sql::PUT_IMPORT_RUN, row)?;
        Ok(())
    }
}
