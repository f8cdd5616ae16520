//! Copies: every record of the shop read in the order of [`DumpKind`], in one snapshot; and written as it was.
//!
//! A shop is read through a cursor for each kind, all in one transaction, so memory does not grow with it. What is written
//! goes the way of all rows, a part of the copy being one transaction (see `write`).
//!
//! Deliberately absent: what follows from records. Columns to look up by are made while records are written, counters and
//! sums at the end.

pub(crate) mod write;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use sutler_core::id::{OrderId, StockLocationId, VariantId};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::order::LoggedAction;
use sutler_core::port::{CopyMark, Dump, DumpKind, DumpRecord, StoreError};
use sutler_core::pricing::{BatchCoupon, PriceListRecord, PriceRecord};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::{Fault, OpenError};
use crate::flight::{Call, params};
use crate::lease::Leases;
use crate::migrate;
use crate::pool::{Held, Pool};
use crate::promotion::Coupons;
use crate::saga::Keys;
use crate::session::{Place, Session};
use crate::table::Kind as _;
use crate::value::Columns as _;
use crate::{catalog, credit, event, order, promotion, setup, stock};

pub(crate) mod sql {
    crate::statements::statements! {
        BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '1h';
            SET LOCAL idle_in_transaction_session_timeout = 0";
        CATEGORY = "SELECT id, parent, name, version FROM raw_category ORDER BY id";
        PRODUCT = "SELECT data::text FROM raw_product ORDER BY id";
        PRICE = "SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, until
            FROM raw_price_past
            UNION ALL SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, NULL
            FROM raw_price ORDER BY variant, list, min_quantity, since";
        PRICE_LIST = "SELECT data::text, since, lead(since) OVER (PARTITION BY list ORDER BY since)
            FROM raw_price_list_since ORDER BY list, since";
        CUSTOMER = "SELECT data::text FROM raw_customer ORDER BY id";
        ORDER = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version FROM raw_order ORDER BY number";
        ORDER_LOG = "SELECT o.id, l.version, l.at, l.action::text FROM raw_order_log l JOIN raw_order o ON o.id = l.\"order\"
            ORDER BY o.number, l.version";
        ALLOCATION = "SELECT o.id, a.line, a.variant, a.location, a.quantity, a.shipped, a.released
            FROM raw_allocation a JOIN raw_order o ON o.id = a.\"order\"
            ORDER BY o.number, a.line, a.variant, a.location";
        FULFILLMENT = "SELECT f.data::text FROM raw_fulfillment f JOIN raw_order o ON o.id = f.\"order\"
            ORDER BY o.number, f.id";
        PAYMENT = "SELECT data::text FROM raw_payment ORDER BY id";
        PAYMENT_TASK = "SELECT data::text FROM raw_payment_task ORDER BY payment, key";
        PROMOTION_USE = "SELECT u.promotion, u.\"order\", u.customer, u.coupon, u.units, u.amount, u.currency
            FROM raw_promotion_use u JOIN raw_order o ON o.id = u.\"order\" ORDER BY o.number, u.promotion";
        COUPON = "SELECT code, batch FROM raw_coupon ORDER BY code";
        CREDIT = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit ORDER BY kind, id";
        CREDIT_ENTRY = "SELECT kind, id, seq, at, entry, amount, currency, payment, reason, link FROM raw_credit_entry
            ORDER BY kind, id, seq";
        CART = "SELECT data::text FROM raw_cart ORDER BY id";
        CHECKOUT = "SELECT data::text FROM raw_checkout ORDER BY id";
        IMPORT_RUN = "SELECT data::text FROM raw_import_run ORDER BY content, run";
        KEY = "SELECT key, content, answer_kind, answer FROM raw_idempotency ORDER BY key";
        LEVEL = "SELECT variant, location, on_hand, reserved, allocated, backorder_limit, safety FROM raw_level
            ORDER BY variant, location";
        RESERVATION = "SELECT variant, location, expires_at, checkout, quantity FROM raw_reservation
            ORDER BY variant, location, expires_at, checkout";
        MOVEMENT = "SELECT location, seq, at, variant, kind, quantity, cause_kind, cause, reason, link FROM raw_movement
            ORDER BY nr";
        LEDGER_HEAD = "SELECT location, seq, hash FROM raw_ledger_head ORDER BY location";
        EVENT = "SELECT seq, kind, subject_kind, subject, subject_seq, at, command, data::text, link FROM raw_event ORDER BY seq";
        EVENT_HEAD = "SELECT seq, hash FROM raw_event_head WHERE seq > 0";
        CURSOR = "SELECT consumer, seq FROM raw_cursor ORDER BY consumer";
        LEASE = "SELECT name, holder, token, until FROM raw_lease ORDER BY name";
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
              (SELECT count(*) FROM raw_reservation), (SELECT count(*) FROM raw_movement),
              (SELECT count(*) FROM raw_ledger_head), (SELECT count(*) FROM raw_event),
              (SELECT count(*) FROM raw_event_head WHERE seq > 0), (SELECT count(*) FROM raw_cursor),
              (SELECT count(*) FROM raw_lease),
              (SELECT count(*) FROM raw_setup WHERE kind = 1)";
        FETCH = "FETCH 5000 FROM kind";
        MARK = "SELECT source, records, hash FROM raw_copy WHERE one";
    }
}

impl Dump for PostgresStore {
    fn dump_counts(&self) -> Result<BTreeMap<DumpKind, u64>, StoreError> {
        let counts = self.one("count records", sql::COUNTS, params![], counts)?;
        Ok(counts.unwrap_or_default())
    }

    fn dump(
        &self,
        take: &mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read_records(take).map_err(|fault| self.failed("read all records", fault))
    }

    fn copy_mark(&self) -> Result<Option<CopyMark>, StoreError> {
        self.one("read how far a copy is", sql::MARK, params![], mark)
    }

    fn copy_in(
        &self,
        before: Option<CopyMark>,
        records: Vec<DumpRecord>,
        after: CopyMark,
    ) -> Result<bool, StoreError> {
        self.copying(move |pool| async move {
            let part = Arc::new(write::Part::new(before, records, after)?);
            pool.work(|session, cuts| {
                let part = Arc::clone(&part);
                Box::pin(async move { part.write(session, cuts).await })
            })
            .await
        })
    }

    fn copy_derive(&self) -> Result<(), StoreError> {
        self.copying(|pool| async move {
            pool.work(|session, _| Box::pin(write::derive(session))).await
        })
    }

    fn copy_done(&self) -> Result<(), StoreError> {
        self.copying(
            |pool| async move { pool.work(|session, _| Box::pin(write::end(session))).await },
        )
    }
}

/// Reads the columns of [`sql::COUNTS`].
pub(crate) fn counts(row: &Row) -> Result<BTreeMap<DumpKind, u64>, Fault> {
    DumpKind::ALL.iter().enumerate().map(|(column, kind)| Ok((*kind, row.count(column)?))).collect()
}

/// Reads the columns of [`sql::MARK`].
pub(crate) fn mark(row: &Row) -> Result<CopyMark, Fault> {
    Ok(CopyMark { source: row.id(0)?, records: row.count(1)?, hash: row.hash(2)? })
}

/// The step of the schema that made the mark of copies.
const COPIES: i32 = 9;

/// Refuses what is no shop, or one into which a copy is under way; changes nothing. Returns the number of its schema.
pub(crate) async fn require_whole(place: &Place, session: &Session) -> Result<i32, OpenError> {
    let number = migrate::require_shop(place, session, migrate::MIGRATIONS).await?;
    if number < COPIES {
        return Ok(number);
    }
    let found = session.fly(&[Call::plain(sql::MARK)]).await;
    let found = found.map_err(|error| place.refused(error))?;
    if found.iter().all(Vec::is_empty) {
        return Ok(number);
    }
    let (server, shop) = (place.server().to_owned(), place.address().shop().to_owned());
    Err(OpenError::Unfinished { server, shop })
}

impl PostgresStore {
    fn read_records(
        &self,
        take: &mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let pool = Arc::clone(&self.pool);
        let session = self.wait(async move {
            // Nothing was read yet, so until here it may be begun again.
            loop {
                let session = pool.hold().await?;
                match session.script(sql::BEGIN).await {
                    Ok(()) => return Ok(Arc::new(session)),
                    Err(fault) if fault.may_pass() => {}
                    Err(fault) => return Err(fault),
                }
            }
        })?;
        for kind in DumpKind::ALL {
            if self.read_kind(&session, *kind, take)?.is_break() {
                break;
            }
        }
        let used = Arc::clone(&session);
        self.wait(async move { used.script("ROLLBACK").await })?;
        if let Some(session) = Arc::into_inner(session) {
            session.give_back();
        }
        Ok(())
    }

    fn read_kind(
        &self,
        session: &Arc<Held>,
        kind: DumpKind,
        take: &mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Fault> {
        if kind == DumpKind::Setup {
            let used = Arc::clone(session);
            let rows = self.wait(async move { used.once(setup::sql::WHOLE).await })?;
            let setup = setup::whole(&rows)?.1.map(|setup| DumpRecord::Setup(Box::new(setup)));
            return Ok(setup.map_or(ControlFlow::Continue(()), |setup| take(vec![setup])));
        }
        let used = Arc::clone(session);
        // What is declared is one of our own statements.
        let declare = format!("DECLARE kind NO SCROLL CURSOR FOR {}", statement(kind));
        self.wait(async move { used.script(&declare).await })?;
        loop {
            let used = Arc::clone(session);
            let rows = self.wait(async move { used.once(sql::FETCH).await })?;
            if rows.is_empty() {
                break;
            }
            let records: Result<Vec<DumpRecord>, Fault> =
                rows.iter().map(|row| record(kind, row)).collect();
            if take(records?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let used = Arc::clone(session);
        self.wait(async move { used.script("CLOSE kind").await })?;
        Ok(ControlFlow::Continue(()))
    }

    /// Waits for work of a copy into the shop.
    fn copying<T: Send + 'static, W>(
        &self,
        work: impl FnOnce(Arc<Pool>) -> W + Send + 'static,
    ) -> Result<T, StoreError>
    where
        W: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        self.wait(work(Arc::clone(&self.pool))).map_err(|fault| self.failed("copy a shop", fault))
    }

    /// Waits for work on a connection.
    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        self.link.run(work).unwrap_or(Err(Fault::Unanswered))
    }
}

/// Returns the statement that reads all records of a kind in order.
fn statement(kind: DumpKind) -> &'static str {
    match kind {
        DumpKind::Category => sql::CATEGORY,
        DumpKind::Product => sql::PRODUCT,
        DumpKind::Price => sql::PRICE,
        DumpKind::PriceList => sql::PRICE_LIST,
        DumpKind::Customer => sql::CUSTOMER,
        DumpKind::Order => sql::ORDER,
        DumpKind::OrderLog => sql::ORDER_LOG,
        DumpKind::Allocation => sql::ALLOCATION,
        DumpKind::Fulfillment => sql::FULFILLMENT,
        DumpKind::Payment => sql::PAYMENT,
        DumpKind::PaymentTask => sql::PAYMENT_TASK,
        DumpKind::PromotionUse => sql::PROMOTION_USE,
        DumpKind::Coupon => sql::COUPON,
        DumpKind::Credit => sql::CREDIT,
        DumpKind::CreditEntry => sql::CREDIT_ENTRY,
        DumpKind::Cart => sql::CART,
        DumpKind::Checkout => sql::CHECKOUT,
        DumpKind::ImportRun => sql::IMPORT_RUN,
        DumpKind::Key => sql::KEY,
        DumpKind::Level => sql::LEVEL,
        DumpKind::Reservation => sql::RESERVATION,
        DumpKind::Movement => sql::MOVEMENT,
        DumpKind::LedgerHead => sql::LEDGER_HEAD,
        DumpKind::Event => sql::EVENT,
        DumpKind::EventHead => sql::EVENT_HEAD,
        DumpKind::Cursor => sql::CURSOR,
        DumpKind::Lease => sql::LEASE,
        DumpKind::Setup => setup::sql::WHOLE,
    }
}

/// Reads a row of the statement of a kind.
fn record(kind: DumpKind, row: &Row) -> Result<DumpRecord, Fault> {
    Ok(match kind {
        DumpKind::Category => DumpRecord::Category(catalog::category(row)?),
        DumpKind::Product => DumpRecord::Product(row.json(0)?),
        DumpKind::Price => DumpRecord::Price(PriceRecord {
            price: catalog::price(row)?,
            since: row.moment(7)?,
            until: row.at::<Option<i64>>(8)?.map(Timestamp::from_millis),
        }),
        DumpKind::PriceList => DumpRecord::PriceList(Box::new(PriceListRecord {
            list: row.json(0)?,
            since: row.moment(1)?,
            until: row.at::<Option<i64>>(2)?.map(Timestamp::from_millis),
        })),
        DumpKind::Customer => DumpRecord::Customer(row.json(0)?),
        DumpKind::Order => DumpRecord::Order(Box::new(order::read(row)?)),
        DumpKind::OrderLog => {
            let (version, at) = (row.count(1)?, row.moment(2)?);
            let entry = LoggedAction { version, at, action: row.json(3)? };
            DumpRecord::OrderLog((OrderId::from_u128(row.id(0)?), entry))
        }
        DumpKind::Allocation => DumpRecord::Allocation(allocation(row)?),
        DumpKind::Fulfillment => DumpRecord::Fulfillment(row.json(0)?),
        DumpKind::Payment => DumpRecord::Payment(row.json(0)?),
        DumpKind::PaymentTask => DumpRecord::PaymentTask(row.json(0)?),
        DumpKind::PromotionUse => {
            DumpRecord::PromotionUse(Box::new(promotion::promotion_use(row)?))
        }
        DumpKind::Coupon => {
            let (code, batch) = Coupons::read(row)?;
            DumpRecord::Coupon(BatchCoupon { code, batch })
        }
        DumpKind::Credit => {
            let stored = credit::read(row)?;
            DumpRecord::Credit(Box::new((stored.credit, stored.head)))
        }
        DumpKind::CreditEntry => DumpRecord::CreditEntry(Box::new(credit::entry(row)?)),
        DumpKind::Cart => DumpRecord::Cart(row.json(0)?),
        DumpKind::Checkout => DumpRecord::Checkout(row.json(0)?),
        DumpKind::ImportRun => DumpRecord::ImportRun(row.json(0)?),
        DumpKind::Key => {
            let (key, (content, answer)) = Keys::read(row)?;
            DumpRecord::Key(Box::new((key, content, answer)))
        }
        DumpKind::Level => DumpRecord::Level(stock::level(row)?),
        DumpKind::Reservation => DumpRecord::Reservation(stock::reservation(row)?),
        DumpKind::Movement => DumpRecord::Movement(Box::new(stock::movement(row)?)),
        DumpKind::LedgerHead => {
            let location = StockLocationId::from_u128(row.id(0)?);
            DumpRecord::LedgerHead((location, row.count(1)?, row.hash(2)?))
        }
        DumpKind::Event => DumpRecord::Event(Box::new(event::read(row)?.0)),
        DumpKind::EventHead => DumpRecord::EventHead((row.count(0)?, row.hash(1)?)),
        DumpKind::Cursor => DumpRecord::Cursor((row.at(0)?, row.count(1)?)),
        DumpKind::Lease => DumpRecord::Lease(Leases::read(row)?.1),
        DumpKind::Setup => DumpRecord::Setup(row.json(3)?),
    })
}

fn allocation(row: &Row) -> Result<Allocation, Fault> {
    let location = StockLocationId::from_u128(row.id(3)?);
    Ok(Allocation {
        order: OrderId::from_u128(row.id(0)?),
        line: row.small(1)?,
        key: StockKey { variant: VariantId::from_u128(row.id(2)?), location },
        quantity: row.small(4)?,
        shipped: row.small(5)?,
        released: row.small(6)?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Tables that no record is read from, and why.
    const NOT_COPIED: &[(&str, &str)] = &[
        ("raw_buyer", "counted at the end"),
        ("raw_copy", "belongs to a copy under way, not to the shop"),
        ("raw_counter", "counted at the end; the version of the set-up is part of it"),
        ("raw_currency", "the same in every shop"),
        ("raw_event_subject", "counted at the end"),
        ("raw_migration", "the target has its own history"),
        ("raw_promotion_count", "counted at the end"),
        ("raw_tax_rate", "part of the set-up"),
        ("raw_variant", "part of products"),
        ("raw_writer", "one row for each process that writes"),
    ];

    #[test]
    fn every_table_is_copied_or_there_is_a_reason() {
        let made = crate::migrate::MIGRATIONS.iter().flat_map(|step| step.sql.split(';'));
        let name = |statement: &str| {
            let lines = statement.lines().filter(|line| !line.starts_with("--"));
            let text: Vec<&str> = lines.collect();
            let text = text.join(" ");
            let (_, rest) = text.split_once("CREATE TABLE ")?;
            rest.split_whitespace().next().map(str::to_owned)
        };
        let mut tables: BTreeSet<String> = made.filter_map(name).collect();
        tables.insert("raw_migration".to_owned());
        let words = sql::COUNTS.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        let mut seen: BTreeSet<String> =
            words.filter(|word| word.starts_with("raw_")).map(str::to_owned).collect();
        seen.extend(NOT_COPIED.iter().map(|(table, _)| (*table).to_owned()));
        assert_eq!(
            seen, tables,
            "a table belongs to a kind of record, or there is a reason why not"
        );
    }
}
