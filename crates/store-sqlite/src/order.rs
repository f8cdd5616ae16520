//! Orders: one row each, lines and prices in it, and the log of what happened to them.
//!
//! What was frozen at placement stands in columns that are written once; what moves (status, moments, counters of lines,
//! version) in columns of its own. Reading an order touches one row, and its words are mostly known already.

mod codec;
mod counts;
mod decode;
mod encode;
mod write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::fulfillment::Fulfillment;
use sutler_core::id::{CartId, CustomerId, OrderId, PaymentId, StockLocationId, VariantId};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::order::{LoggedAction, Order, OrderAction, OrderNumber, OrderStatus};
use sutler_core::payment::{Payment, PaymentTask};
use sutler_core::port::{OrderFilter, OrderReader, StoreError};
use sutler_core::pricing::QuoteHash;
use sutler_core::time::Timestamp;

use crate::SqliteStore;
use crate::error::Fault;
use crate::short::Words;
use crate::value::{At, Word, count, int, limit};
use crate::{fulfillment, payment, promotion};

pub(crate) mod sql {
    crate::statements::statements! {
        NUMBER_OF = "SELECT number FROM raw_order WHERE id = ?1";
        BY_ID = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version
            FROM raw_order WHERE id = ?1";
        BY_NUMBER = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version
            FROM raw_order WHERE number = ?1";
        BY_CART = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version
            FROM raw_order WHERE cart = ?1 AND status <> 2";
        PAGE_FIRST = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version
            FROM raw_order ORDER BY number DESC LIMIT ?1";
        PAGE = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version
            FROM raw_order WHERE number < ?2 ORDER BY number DESC LIMIT ?1";
        PAGE_PLACED_FIRST = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery,
              hash, extra, created_at, placed_at, canceled_at, version
            FROM raw_order WHERE status = 1 ORDER BY number DESC LIMIT ?1";
        PAGE_PLACED = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash,
              extra, created_at, placed_at, canceled_at, version
            FROM raw_order WHERE status = 1 AND number < ?2 ORDER BY number DESC LIMIT ?1";
        PAGE_PENDING_FIRST = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery,
              hash, extra, created_at, placed_at, canceled_at, version
            FROM raw_order WHERE status = 0 AND status <> 1 ORDER BY number DESC LIMIT ?1";
        PAGE_PENDING = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash,
              extra, created_at, placed_at, canceled_at, version
            FROM raw_order WHERE status = 0 AND status <> 1 AND number < ?2 ORDER BY number DESC LIMIT ?1";
        PAGE_CANCELED_FIRST = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery,
              hash, extra, created_at, placed_at, canceled_at, version
            FROM raw_order WHERE status = 2 AND status <> 1 ORDER BY number DESC LIMIT ?1";
        PAGE_CANCELED = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash,
              extra, created_at, placed_at, canceled_at, version
            FROM raw_order WHERE status = 2 AND status <> 1 AND number < ?2 ORDER BY number DESC LIMIT ?1";
        LOG = "SELECT l.version, l.at, l.action FROM raw_order o JOIN raw_order_log l ON l.number = o.number
            WHERE o.id = ?1 ORDER BY l.version";
        ALLOCATIONS = "SELECT a.line, a.variant, a.location, a.quantity, a.shipped, a.released
            FROM raw_order o JOIN raw_allocation a ON a.number = o.number WHERE o.id = ?1 ORDER BY a.line";
        LAST_NUMBER = "SELECT max(number) FROM raw_order";
        INSERT = "INSERT INTO raw_order (number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery,
              total, hash, extra, created_at, placed_at, canceled_at, version, events, buyer)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
            ON CONFLICT DO NOTHING";
        LIVE_OF_CART = "SELECT number FROM raw_order WHERE cart = ?1 AND status <> 2";
        UPDATE = "UPDATE raw_order SET status = ?3, counts = ?4, placed_at = ?5, canceled_at = ?6, version = ?7
            WHERE number = ?1 AND id = ?2 AND version = ?7 - 1";
        LOG_ACTION = "INSERT INTO raw_order_log (number, version, at, action) VALUES (?1, ?2, ?3, ?4)";
        /// What a row that points at an order needs to know of it.
        NOTE = "SELECT o.number, o.cart, json_extract(t.data, '$.terms.currency')
            FROM raw_order o LEFT JOIN raw_frozen t ON t.key = o.terms WHERE o.id = ?1";
        OF_PAYMENT = "SELECT o.id FROM raw_payment p JOIN raw_order o ON o.number = p.number WHERE p.id = ?1";
        PUT_ALLOCATION = "INSERT INTO raw_allocation (number, line, variant, location, quantity, shipped, released)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET quantity = excluded.quantity, shipped = excluded.shipped,
              released = excluded.released";
    }
}

/// How many orders a page has room for from the start; an order takes a good half kilobyte.
const PAGE_ROOM: usize = 128;

impl OrderReader for SqliteStore {
    fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read("read an order", |conn, words| one(conn, words, sql::BY_ID, [id.to_bytes()]))
    }

    fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, StoreError> {
        self.read("read an order", |conn, words| one(conn, words, sql::BY_NUMBER, [int(number.0)]))
    }

    fn order_by_cart(&self, cart: CartId) -> Result<Option<Order>, StoreError> {
        self.read("read an order", |conn, words| one(conn, words, sql::BY_CART, [cart.to_bytes()]))
    }

    fn order_page(
        &self,
        filter: OrderFilter,
        before: Option<OrderNumber>,
        rows: usize,
    ) -> Result<Vec<Order>, StoreError> {
        let (first, next) = match filter.status {
            None => (sql::PAGE_FIRST, sql::PAGE),
            Some(OrderStatus::Placed) => (sql::PAGE_PLACED_FIRST, sql::PAGE_PLACED),
            Some(OrderStatus::Pending) => (sql::PAGE_PENDING_FIRST, sql::PAGE_PENDING),
            Some(OrderStatus::Canceled) => (sql::PAGE_CANCELED_FIRST, sql::PAGE_CANCELED),
        };
        self.read("read orders", |conn, words| {
            let mut page = conn.prepare_cached(if before.is_some() { next } else { first })?;
            let mut found = match before {
                None => page.query([limit(rows)])?,
                Some(before) => page.query([limit(rows), int(before.0)])?,
            };
            let mut orders = Vec::with_capacity(rows.min(PAGE_ROOM));
            while let Some(row) = found.next()? {
                orders.push(read(row, conn, words)?);
            }
            Ok(orders)
        })
    }

    fn order_log(&self, id: OrderId) -> Result<Vec<LoggedAction>, StoreError> {
        self.read("read the log of an order", |conn, _| {
            let mut log = conn.prepare_cached(sql::LOG)?;
            log.query_and_then([id.to_bytes()], logged)?.collect()
        })
    }

    fn allocations(&self, order: OrderId) -> Result<Vec<Allocation>, StoreError> {
        self.read("read allocations", |conn, words| {
            let mut of_order = conn.prepare_cached(sql::ALLOCATIONS)?;
            let mut rows = of_order.query([order.to_bytes()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let variant = VariantId::from_bytes(words.id(conn, row.get(1)?)?);
                let location = StockLocationId::from_bytes(words.id(conn, row.get(2)?)?);
                let key = StockKey { variant, location };
                let (quantity, shipped, released) = (row.get(3)?, row.get(4)?, row.get(5)?);
                found.push(Allocation {
                    order,
                    line: row.get(0)?,
                    key,
                    quantity,
                    shipped,
                    released,
                });
            }
            found.sort_unstable_by_key(|allocation| (allocation.line, allocation.key));
            Ok(found)
        })
    }

    fn fulfillments(&self, order: OrderId) -> Result<Vec<Fulfillment>, StoreError> {
        self.read("read fulfillments", |conn, words| fulfillment::of_order(conn, words, order))
    }

    fn payments(&self, orders: &[OrderId]) -> Result<Vec<Payment>, StoreError> {
        self.snapshot("read payments", |conn, _| payment::of_orders(conn, orders))
    }

    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.snapshot("read a payment", |conn, _| payment::by_id(conn, id))
    }

    fn payment_tasks(&self, payment: PaymentId) -> Result<Vec<PaymentTask>, StoreError> {
        self.read("read payment tasks", |conn, _| payment::tasks(conn, payment))
    }

    fn payment_tasks_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PaymentTask>, StoreError> {
        self.snapshot("read payment tasks", |conn, _| payment::tasks_due(conn, now, limit))
    }

    fn orders_placed(&self, buyer: &str) -> Result<u64, StoreError> {
        // No order has the number 0, so none is left out.
        self.read("count orders of a buyer", |conn, _| promotion::orders_placed(conn, buyer, 0))
    }
}

fn one(
    conn: &Connection,
    words: &Words,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Order>, Fault> {
    let mut find = conn.prepare_cached(sql)?;
    find.query_row(params, |row| Ok(read(row, conn, words))).optional()?.transpose()
}

/// Reads the columns of [`sql::BY_ID`].
pub(crate) fn read(row: &Row<'_>, conn: &Connection, words: &Words) -> Result<Order, Fault> {
    fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Fault> {
        Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
    }
    fn optional_text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>, Fault> {
        Ok(row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?)
    }
    let frozen = codec::FrozenColumns {
        terms: row.get(4)?,
        lines: text(row, 8)?,
        counts: row.get_ref(9)?,
        delivery: optional_text(row, 10)?,
        hash: QuoteHash::from_bytes(row.get(11)?),
        extra: optional_text(row, 12)?,
    };
    let (channel, quote, lines) = decode::decode(&frozen, &|key| words.frozen(conn, key))?;
    Ok(Order {
        id: OrderId::from_bytes(row.get(1)?),
        number: OrderNumber(count(row.get(0)?)?),
        cart: CartId::from_bytes(row.get(2)?),
        channel,
        status: row.get::<_, Word<_>>(3)?.0,
        email: row.get(5)?,
        customer: row.get::<_, Option<_>>(6)?.map(CustomerId::from_bytes),
        ship_to: decode::address(text(row, 7)?)?,
        quote,
        lines,
        created_at: row.get::<_, At>(13)?.0,
        placed_at: row.get::<_, Option<At>>(14)?.map(|at| at.0),
        canceled_at: row.get::<_, Option<At>>(15)?.map(|at| at.0),
        version: count(row.get(16)?)?,
    })
}

pub(crate) fn logged(row: &Row<'_>) -> Result<LoggedAction, Fault> {
    let action = match row.get_ref(2)? {
        ValueRef::Integer(0) => OrderAction::Opened,
        ValueRef::Integer(1) => OrderAction::Placed,
        ValueRef::Text(text) => serde_json::from_slice(text)?,
        _ => return Err(Fault::damaged("an order's log", "an action cannot be read")),
    };
    Ok(LoggedAction { version: count(row.get(0)?)?, at: row.get::<_, At>(1)?.0, action })
}
