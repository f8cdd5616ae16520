//! Copies: every record of the shop read in the order of [`DumpKind`], in one snapshot; and written as it was.
//!
//! Each kind has its statement here; records are put together by the readers of their ports, and written by the functions
//! of their changes, with the guards of versions and moments left out (see `write`).
//!
//! Deliberately absent: what follows from records: numbers of ids, words of orders, counters and columns to look up by are
//! made anew while records are written.

pub(crate) mod write;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::change::IdempotencyKey;
use sutler_core::id::{CheckoutId, CouponBatchId, OrderId, StockLocationId, VariantId};
use sutler_core::inventory::{Allocation, Reservation, StockKey, StockLevel};
use sutler_core::port::{CopyMark, Dump, DumpKind, DumpRecord, StoreError};
use sutler_core::pricing::{BatchCoupon, PriceRecord};
use sutler_core::time::Timestamp;

use crate::SqliteStore;
use crate::error::Fault;
use crate::ledger::LedgerRow;
use crate::short::Words;
use crate::value::{At, Hash, count, int};
use crate::{
    cart, catalog, credit, customer, event, fulfillment, lease, order, payment, promotion, saga,
    setup,
};

pub(crate) mod sql {
    crate::statements::statements! {
        PRODUCTS = "SELECT id, handle, version, data FROM raw_product ORDER BY id";
        PRICES = "SELECT p.list, p.min_quantity, p.amount, p.currency, p.compare_at, p.compare_currency, p.since, p.until,
              p.variant
            FROM (SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, NULL AS until
                FROM raw_price
              UNION ALL SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, until
                FROM raw_price_past) p
            JOIN raw_short s ON s.key = p.list ORDER BY p.variant, s.id, p.min_quantity, p.since";
        CUSTOMERS = "SELECT data FROM raw_customer ORDER BY id";
        ORDERS = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version
            FROM raw_order ORDER BY number";
        ORDER_LOG = "SELECT l.version, l.at, l.action, o.id FROM raw_order_log l JOIN raw_order o ON o.number = l.number
            ORDER BY l.number, l.version";
        ALLOCATIONS = "SELECT o.id, a.line, v.id, p.id, a.quantity, a.shipped, a.released
            FROM raw_allocation a JOIN raw_order o ON o.number = a.number
            JOIN raw_short v ON v.key = a.variant JOIN raw_short p ON p.key = a.location
            ORDER BY a.number, a.line, v.id, p.id";
        FULFILLMENTS = "SELECT f.id, f.location, f.status, f.lines, f.shipment, f.created_at, f.delivered_at, f.version, o.id
            FROM raw_fulfillment f JOIN raw_order o ON o.number = f.number ORDER BY f.number, f.id";
        PAYMENTS = "SELECT p.key, p.id, o.id, p.provider, p.method, p.amount, p.currency, p.created_at, p.version
            FROM raw_payment p JOIN raw_order o ON o.number = p.number ORDER BY p.id";
        PAYMENT_TASKS = "SELECT t.key, t.kind, t.amount, ifnull(t.currency, p.currency), t.status, t.attempts, t.due_at,
              t.last_error, p.id
            FROM raw_payment_task t JOIN raw_payment p ON p.key = t.payment
            ORDER BY p.id, iif(substr(t.key, 1, 1) = '*', 'pay_' || lower(hex(p.id)), '') || substr(t.key, 2)";
        PROMOTION_USES = "SELECT u.promotion, u.customer, u.coupon, u.units, u.amount, u.currency, o.id
            FROM raw_promotion_use u JOIN raw_order o ON o.number = u.number ORDER BY u.number, u.promotion";
        COUPONS = "SELECT c.code, s.id FROM raw_coupon c JOIN raw_short s ON s.key = c.batch ORDER BY c.code";
        CREDITS = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at,
              version
            FROM raw_credit ORDER BY kind, id";
        CREDIT_ENTRIES = "SELECT e.seq, e.at, e.entry, e.amount, e.payment, e.reason, e.link, e.kind, e.id, c.currency
            FROM raw_credit_entry e JOIN raw_credit c ON c.kind = e.kind AND c.id = e.id ORDER BY e.kind, e.id, e.seq";
        CARTS = "SELECT c.channel, c.customer, c.status, c.lines, c.coupons, c.\"order\", c.expires_at, c.created_at,
              c.version, o.id, c.id
            FROM raw_cart c LEFT JOIN raw_order o ON o.number = c.\"order\" AND typeof(c.\"order\") = 'integer'
            ORDER BY c.id";
        CHECKOUTS = "SELECT c.id, c.cart, c.\"order\", c.payment, c.status, c.reserved, c.expires_at, c.created_at,
              c.updated_at, c.problem, c.version, p.id, o.cart
            FROM raw_checkout c LEFT JOIN raw_order o ON o.id = c.id AND c.cart IS NULL
            LEFT JOIN raw_payment p ON p.key = c.payment AND typeof(c.payment) = 'integer'
            ORDER BY c.id";
        IMPORT_RUNS = "SELECT content, run, file, batches_done, created, updated, finished, started_at, version
            FROM raw_import_run ORDER BY content, run";
        KEYS = "SELECT content, answer_kind, answer, key FROM raw_idempotency ORDER BY key";
        LEVELS = "SELECT v.id, p.id, l.on_hand, l.reserved, l.allocated, l.backorder_limit, l.safety
            FROM raw_level l JOIN raw_short v ON v.key = l.variant JOIN raw_short p ON p.key = l.location
            ORDER BY v.id, p.id";
        RESERVATIONS = "SELECT v.id, p.id, r.expires_at, r.checkout, r.quantity
            FROM raw_reservation r JOIN raw_short v ON v.key = r.variant JOIN raw_short p ON p.key = r.location
            ORDER BY v.id, p.id, r.expires_at, r.checkout";
        MOVEMENTS = "SELECT l.seq, l.nr, l.at, l.cause_kind, l.cause, l.entries, l.links, o.id, l.kind, p.id
            FROM raw_ledger l JOIN raw_short p ON p.key = l.location
            LEFT JOIN raw_order o ON o.number = l.cause AND l.cause_kind IN (4, 8)
            ORDER BY l.nr";
        LEDGER_HEADS = "SELECT p.id, h.seq, h.hash FROM raw_ledger_head h JOIN raw_short p ON p.key = h.location ORDER BY p.id";
        EVENTS = "SELECT e.seq, e.kind, e.subject_kind, e.subject, e.subject_seq, e.at, e.command, e.data, e.link,
              o.id, o.terms, p.id, p.currency, po.id
            FROM raw_event e
            LEFT JOIN raw_order o ON o.number = e.subject AND typeof(e.subject) = 'integer'
              AND ifnull(e.subject_kind, 8) = 8 AND e.kind IN (6, 7)
            LEFT JOIN raw_payment p ON p.key = e.subject AND typeof(e.subject) = 'integer'
              AND ifnull(e.subject_kind, 9) = 9 AND e.kind BETWEEN 8 AND 13
            LEFT JOIN raw_order po ON po.number = p.number
            ORDER BY e.seq";
        CURSORS = "SELECT consumer, seq FROM raw_cursor ORDER BY consumer";
        LEASES = "SELECT name, holder, token, until FROM raw_lease ORDER BY name";
        /// In the order of the kinds.
        COUNTS = "SELECT (SELECT count(*) FROM raw_category), (SELECT count(*) FROM raw_product),
              (SELECT count(*) FROM raw_price) + (SELECT count(*) FROM raw_price_past),
              (SELECT count(*) FROM raw_price_list_since), (SELECT count(*) FROM raw_customer),
              (SELECT count(*) FROM raw_order), (SELECT count(*) FROM raw_order_log), (SELECT count(*) FROM raw_allocation),
              (SELECT count(*) FROM raw_fulfillment), (SELECT count(*) FROM raw_payment),
              (SELECT count(*) FROM raw_payment_task), (SELECT count(*) FROM raw_promotion_use),
              (SELECT count(*) FROM raw_coupon), (SELECT count(*) FROM raw_credit), (SELECT count(*) FROM raw_credit_entry),
              (SELECT count(*) FROM raw_cart), (SELECT count(*) FROM raw_checkout), (SELECT count(*) FROM raw_import_run),
              (SELECT count(*) FROM raw_idempotency), (SELECT count(*) FROM raw_level),
              (SELECT count(*) FROM raw_reservation), (SELECT ifnull(sum(seq), 0) FROM raw_ledger_head),
              (SELECT count(*) FROM raw_ledger_head), (SELECT count(*) FROM raw_event), (SELECT count(*) FROM raw_event_head),
              (SELECT count(*) FROM raw_cursor), (SELECT count(*) FROM raw_lease), (SELECT count(*) FROM raw_setup WHERE kind = 1)";
        MARK = "SELECT source, records, hash FROM raw_copy WHERE one = 1";
        SET_MARK = "INSERT INTO raw_copy (one, source, records, hash) VALUES (1, ?1, ?2, ?3)
            ON CONFLICT (one) DO UPDATE SET source = excluded.source, records = excluded.records, hash = excluded.hash";
        DROP_MARK = "DELETE FROM raw_copy";
    }
}

/// How many records are given at a time: each part is one transaction of the target.
const PART: usize = 5_000;

impl Dump for SqliteStore {
    fn dump_counts(&self) -> Result<BTreeMap<DumpKind, u64>, StoreError> {
        self.read("count records", |conn, _| counts(conn))
    }

    fn dump(
        &self,
        take: &mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.snapshot("read all records", |conn, words| {
            let mut reader = Reader { conn, words, take, part: Vec::with_capacity(PART) };
            for kind in DumpKind::ALL {
                if reader.read(*kind)?.is_break() || reader.flush().is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn copy_mark(&self) -> Result<Option<CopyMark>, StoreError> {
        self.read("read how far a copy is", |conn, _| mark(conn))
    }

    fn copy_in(
        &self,
        before: Option<CopyMark>,
        records: Vec<DumpRecord>,
        after: CopyMark,
    ) -> Result<bool, StoreError> {
        let work = |batch: &mut crate::batch::Batch<'_>| {
            let holds = |counts: BTreeMap<DumpKind, u64>| counts.values().any(|count| *count > 0);
            if mark(batch.conn)? != before || (before.is_none() && holds(counts(batch.conn)?)) {
                return Ok(false);
            }
            batch.put_records(records)?;
            let CopyMark { source, records, hash } = after;
            batch.run(sql::SET_MARK, (source.to_be_bytes(), int(records), hash.to_bytes()))?;
            Ok(true)
        };
        let done = match &self.writer {
            Some(writer) => writer.load(work),
            None => Err(Fault::ReadOnly),
        };
        done.map_err(|fault| fault.at("copy a shop", self.path()))
    }

    fn copy_done(&self) -> Result<(), StoreError> {
        let done = match &self.writer {
            Some(writer) => writer.load(|batch| Ok(batch.run(sql::DROP_MARK, []).map(|_| ())?)),
            None => Err(Fault::ReadOnly),
        };
        done.map_err(|fault| fault.at("copy a shop", self.path()))
    }
}

fn counts(conn: &Connection) -> Result<BTreeMap<DumpKind, u64>, Fault> {
    let read = |row: &Row<'_>| {
        let all = DumpKind::ALL.iter().enumerate();
        all.map(|(column, kind)| Ok((*kind, row.get::<_, i64>(column)?))).collect()
    };
    let counts: Vec<(DumpKind, i64)> = conn.prepare_cached(sql::COUNTS)?.query_row([], read)?;
    counts.into_iter().map(|(kind, records)| Ok((kind, count(records)?))).collect()
}

fn mark(conn: &Connection) -> Result<Option<CopyMark>, Fault> {
    let read = |row: &Row<'_>| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?, row.get::<_, Hash>(2)?))
    };
    let found = conn.prepare_cached(sql::MARK)?.query_row([], read).optional()?;
    let Some((source, records, hash)) = found else { return Ok(None) };
    let source = u128::from_be_bytes(source);
    Ok(Some(CopyMark { source, records: count(records)?, hash: hash.0 }))
}

/// Returns whether a copy into the file is under way; the schema must be that of today.
pub(crate) fn is_unfinished(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare(sql::MARK)?.exists([])
}

/// Reads records and gives them on in parts.
struct Reader<'r> {
    conn: &'r Connection,
    words: &'r Words,
    take: &'r mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    part: Vec<DumpRecord>,
}

impl Reader<'_> {
    fn give(&mut self, record: DumpRecord) -> ControlFlow<()> {
        self.part.push(record);
        if self.part.len() < PART { ControlFlow::Continue(()) } else { self.flush() }
    }

    /// Gives what is left of a kind.
    fn flush(&mut self) -> ControlFlow<()> {
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(PART));
        if part.is_empty() { ControlFlow::Continue(()) } else { (self.take)(part) }
    }

    /// Gives whatever a statement finds.
    fn all(
        &mut self,
        sql: &str,
        read: impl Fn(&Row<'_>, &Connection, &Words) -> Result<DumpRecord, Fault>,
    ) -> Result<ControlFlow<()>, Fault> {
        let (conn, words) = (self.conn, self.words);
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if self.give(read(row, conn, words)?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn read(&mut self, kind: DumpKind) -> Result<ControlFlow<()>, Fault> {
        match kind {
            DumpKind::Category => self.all(catalog::sql::CATEGORIES, |row, _, _| {
                catalog::category(row).map(DumpRecord::Category)
            }),
            DumpKind::Product => self.all(sql::PRODUCTS, |row, _, _| {
                Ok(DumpRecord::Product(Box::new(catalog::read_product(row)?)))
            }),
            DumpKind::Price => self.all(sql::PRICES, price),
            DumpKind::PriceList => self.price_lists(),
            DumpKind::Customer => self.all(sql::CUSTOMERS, |row, _, _| {
                Ok(DumpRecord::Customer(Box::new(customer::read(row)?)))
            }),
            DumpKind::Order => self.all(sql::ORDERS, |row, conn, words| {
                Ok(DumpRecord::Order(Box::new(order::read(row, conn, words)?)))
            }),
            DumpKind::OrderLog => self.all(sql::ORDER_LOG, |row, _, _| {
                let order = OrderId::from_bytes(row.get(3)?);
                Ok(DumpRecord::OrderLog((order, order::logged(row)?)))
            }),
            DumpKind::Allocation => self.all(sql::ALLOCATIONS, allocation),
            DumpKind::Fulfillment => self.all(sql::FULFILLMENTS, |row, conn, words| {
                let order = OrderId::from_bytes(row.get(8)?);
                let of = fulfillment::read(row, order, conn, words)?;
                Ok(DumpRecord::Fulfillment(Box::new(of)))
            }),
            DumpKind::Payment => self.all(sql::PAYMENTS, |row, conn, _| {
                Ok(DumpRecord::Payment(Box::new(payment::read(row, conn)?)))
            }),
            DumpKind::PaymentTask => self.all(sql::PAYMENT_TASKS, |row, _, _| {
                Ok(DumpRecord::PaymentTask(Box::new(payment::task(row)?)))
            }),
            DumpKind::PromotionUse => self.all(sql::PROMOTION_USES, |row, _, _| {
                let order = OrderId::from_bytes(row.get(6)?);
                Ok(DumpRecord::PromotionUse(Box::new(promotion::read(row, order)?)))
            }),
            DumpKind::Coupon => self.all(sql::COUPONS, |row, _, _| {
                let code: String = row.get(0)?;
                let (code, batch) = (promotion::coupon_code(&code)?, row.get(1)?);
                let batch = CouponBatchId::from_bytes(batch);
                Ok(DumpRecord::Coupon(BatchCoupon { code, batch }))
            }),
            DumpKind::Credit => self.all(sql::CREDITS, |row, _, _| {
                Ok(DumpRecord::Credit(Box::new(credit::read(row)?)))
            }),
            DumpKind::CreditEntry => self.all(sql::CREDIT_ENTRIES, |row, _, _| {
                let id = credit::id_of(row.get(7)?, row.get(8)?)?;
                let code: String = row.get(9)?;
                Ok(DumpRecord::CreditEntry(Box::new(credit::entry(row, id, &code)?)))
            }),
            kind => self.read_rest(kind),
        }
    }

    fn read_rest(&mut self, kind: DumpKind) -> Result<ControlFlow<()>, Fault> {
        match kind {
            DumpKind::Cart => self.all(sql::CARTS, |row, conn, words| {
                Ok(DumpRecord::Cart(Box::new(cart::read(row, conn, words)?)))
            }),
            DumpKind::Checkout => self.all(sql::CHECKOUTS, |row, conn, words| {
                Ok(DumpRecord::Checkout(Box::new(saga::read(row, conn, words)?)))
            }),
            DumpKind::ImportRun => self.all(sql::IMPORT_RUNS, |row, _, _| {
                Ok(DumpRecord::ImportRun(Box::new(saga::read_run(row)?)))
            }),
            DumpKind::Key => self.all(sql::KEYS, |row, conn, _| {
                let key: String = row.get(3)?;
                let key = IdempotencyKey::new(&key)
                    .map_err(|error| Fault::damaged("an idempotency key", error))?;
                let (content, answer) = saga::read_key(row, conn)?;
                Ok(DumpRecord::Key(Box::new((key, content, answer))))
            }),
            DumpKind::Level => self.all(sql::LEVELS, |row, _, _| {
                let [on_hand, reserved, allocated, backorder_limit, safety] =
                    [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
                let level = StockLevel { on_hand, reserved, allocated, backorder_limit, safety };
                Ok(DumpRecord::Level((stock_key(row, 0)?, level)))
            }),
            DumpKind::Reservation => self.all(sql::RESERVATIONS, |row, _, _| {
                Ok(DumpRecord::Reservation(Reservation {
                    key: stock_key(row, 0)?,
                    expires_at: row.get::<_, At>(2)?.0,
                    checkout: CheckoutId::from_bytes(row.get(3)?),
                    quantity: row.get(4)?,
                }))
            }),
            DumpKind::Movement => self.movements(),
            DumpKind::LedgerHead => self.all(sql::LEDGER_HEADS, |row, _, _| {
                let location = StockLocationId::from_bytes(row.get(0)?);
                let head = (location, count(row.get(1)?)?, row.get::<_, Hash>(2)?.0);
                Ok(DumpRecord::LedgerHead(head))
            }),
            DumpKind::Event => self.all(sql::EVENTS, |row, conn, words| {
                Ok(DumpRecord::Event(Box::new(event::read(row, conn, words)?)))
            }),
            DumpKind::EventHead => {
                let head = event::head(self.conn)?;
                Ok(if head.seq == 0 {
                    ControlFlow::Continue(())
                } else {
                    self.give(DumpRecord::EventHead((head.seq, head.hash)))
                })
            }
            DumpKind::Cursor => self.all(sql::CURSORS, |row, _, _| {
                Ok(DumpRecord::Cursor((row.get(0)?, count(row.get(1)?)?)))
            }),
            DumpKind::Lease => {
                self.all(sql::LEASES, |row, _, _| Ok(DumpRecord::Lease(lease::read(row)?)))
            }
            DumpKind::Setup => Ok(match setup::load(self.conn, setup::version(self.conn)?)? {
                Some(setup) => self.give(DumpRecord::Setup(Box::new(setup))),
                None => ControlFlow::Continue(()),
            }),
            kind => Err(Fault::damaged("a copy", format!("nobody reads {}", kind.word()))),
        }
    }

    fn price_lists(&mut self) -> Result<ControlFlow<()>, Fault> {
        for record in catalog::price_lists(self.conn)? {
            if self.give(DumpRecord::PriceList(Box::new(record))).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes the entries out of their rows.
    fn movements(&mut self) -> Result<ControlFlow<()>, Fault> {
        let (conn, words) = (self.conn, self.words);
        let mut statement = conn.prepare(sql::MOVEMENTS)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let location = StockLocationId::from_bytes(row.get(9)?);
            let row = LedgerRow::read(row)?;
            for index in 0..row.len() {
                let entry = row.movement(index, location, words, conn)?;
                if self.give(DumpRecord::Movement(Box::new(entry))).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Reads the ids of variant and location, which begin at `column`.
fn stock_key(row: &Row<'_>, column: usize) -> Result<StockKey, Fault> {
    let variant = VariantId::from_bytes(row.get(column)?);
    Ok(StockKey { variant, location: StockLocationId::from_bytes(row.get(column + 1)?) })
}

fn price(row: &Row<'_>, conn: &Connection, words: &Words) -> Result<DumpRecord, Fault> {
    Ok(DumpRecord::Price(PriceRecord {
        price: catalog::price(row, VariantId::from_bytes(row.get(8)?), conn, words)?,
        since: row.get::<_, At>(6)?.0,
        until: row.get::<_, Option<_>>(7)?.map(Timestamp::from_millis),
    }))
}

fn allocation(row: &Row<'_>, _: &Connection, _: &Words) -> Result<DumpRecord, Fault> {
    Ok(DumpRecord::Allocation(Allocation {
        order: OrderId::from_bytes(row.get(0)?),
        line: row.get(1)?,
        key: stock_key(row, 2)?,
        quantity: row.get(4)?,
        shipped: row.get(5)?,
        released: row.get(6)?,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::migrate::{self, MIGRATIONS};

    /// Tables that no record is read from, and why.
    const NOT_COPIED: &[(&str, &str)] = &[
        ("raw_copy", "belongs to a copy under way, not to the shop"),
        (
            "raw_counter",
            "counted while records are written; the version of the set-up is part of it",
        ),
        ("raw_currency", "the same in every shop"),
        ("raw_event_subject", "counted while events are written"),
        ("raw_frozen", "words of orders, which carry them"),
        ("raw_migration", "the target has its own history"),
        ("raw_payment_fact", "part of payments"),
        ("raw_promotion_count", "counted while uses are written"),
        ("raw_short", "numbers of ids within one file"),
        ("raw_tax_rate", "part of the set-up"),
        ("raw_variant", "part of products"),
    ];

    #[test]
    fn every_table_is_copied_or_there_is_a_reason() {
        let conn = Connection::open_in_memory().unwrap();
        migrate::run(&conn, MIGRATIONS).unwrap();
        let mut names =
            conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let tables: BTreeSet<String> =
            names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let counted = sql::COUNTS;
        let copied = |table: &&String| {
            counted.contains(&format!("FROM {table})"))
                || counted.contains(&format!("FROM {table},"))
                || counted.contains(&format!("FROM {table} WHERE"))
        };
        // Entries of ledgers are counted by their heads.
        let mut seen: BTreeSet<String> = tables.iter().filter(copied).cloned().collect();
        seen.insert("raw_ledger".to_owned());
        seen.extend(NOT_COPIED.iter().map(|(table, _)| (*table).to_owned()));
        assert_eq!(
            seen, tables,
            "a table belongs to a kind of record, or there is a reason why not"
        );
    }
}
