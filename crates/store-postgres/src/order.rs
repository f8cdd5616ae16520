//! Orders: one row each with the frozen record, columns for what moves, and the log of what happened to them.

pub(crate) mod write;

use std::collections::BTreeMap;

use sutler_core::fulfillment::Fulfillment;
use sutler_core::id::{CartId, OrderId, PaymentId, StockLocationId, VariantId};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::order::{LoggedAction, Order, OrderNumber, buyer_key};
use sutler_core::payment::{Payment, PaymentTask};
use sutler_core::port::{OrderFilter, OrderReader, StoreError};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::Fault;
use crate::flight::params;
use crate::value::{Columns as _, Uid, int, limit, order_status, order_status_from};
use crate::{fulfillment, payment, promotion};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version FROM raw_order WHERE id = $1";
        BY_NUMBER = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version FROM raw_order
            WHERE number = $1";
        BY_CART = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version FROM raw_order
            WHERE cart = $1 AND status <> 2";
        PAGE = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version FROM raw_order
            WHERE number < $1 ORDER BY number DESC LIMIT $2";
        PAGE_OF_STATUS = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version FROM raw_order
            WHERE status = $3 AND number < $1 ORDER BY number DESC LIMIT $2";
        LOG = "SELECT version, at, action::text FROM raw_order_log WHERE \"order\" = $1 ORDER BY version";
        ALLOCATIONS = "SELECT line, variant, location, quantity, shipped, released FROM raw_allocation
            WHERE \"order\" = $1 ORDER BY line, variant, location";
    }
}

impl OrderReader for PostgresStore {
    fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.one("read an order", sql::BY_ID, params![Uid(id.to_u128())], read)
    }

    fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, StoreError> {
        self.one("read an order", sql::BY_NUMBER, params![int(number.0)], read)
    }

    fn order_by_cart(&self, cart: CartId) -> Result<Option<Order>, StoreError> {
        self.one("read an order", sql::BY_CART, params![Uid(cart.to_u128())], read)
    }

    fn order_page(
        &self,
        filter: OrderFilter,
        before: Option<OrderNumber>,
        rows: usize,
    ) -> Result<Vec<Order>, StoreError> {
        let below = before.map_or(i64::MAX, |number| int(number.0));
        let (sql, params) = match filter.status {
            None => (sql::PAGE, params![below, limit(rows)]),
            Some(status) => {
                (sql::PAGE_OF_STATUS, params![below, limit(rows), order_status(status)])
            }
        };
        self.all("read orders", sql, params, read)
    }

    fn order_log(&self, id: OrderId) -> Result<Vec<LoggedAction>, StoreError> {
        let params = params![Uid(id.to_u128())];
        self.all("read the log of an order", sql::LOG, params, |row| {
            Ok(LoggedAction { version: row.count(0)?, at: row.moment(1)?, action: row.json(2)? })
        })
    }

    fn allocations(&self, order: OrderId) -> Result<Vec<Allocation>, StoreError> {
        let params = params![Uid(order.to_u128())];
        self.all("read allocations", sql::ALLOCATIONS, params, |row| {
            let variant = VariantId::from_u128(row.id(1)?);
            let location = StockLocationId::from_u128(row.id(2)?);
            Ok(Allocation {
                order,
                line: row.small(0)?,
                key: StockKey { variant, location },
                quantity: row.small(3)?,
                shipped: row.small(4)?,
                released: row.small(5)?,
            })
        })
    }

    fn fulfillments(&self, order: OrderId) -> Result<Vec<Fulfillment>, StoreError> {
        let params = params![Uid(order.to_u128())];
        self.all("read fulfillments", fulfillment::sql::OF_ORDER, params, |row| row.json(0))
    }

    fn payments(&self, orders: &[OrderId]) -> Result<Vec<Payment>, StoreError> {
        let ids: Vec<Uid> = orders.iter().map(|id| Uid(id.to_u128())).collect();
        self.all("read payments", payment::sql::OF_ORDERS, params![ids], |row| row.json(0))
    }

    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let params = params![Uid(id.to_u128())];
        self.one("read a payment", payment::sql::BY_ID, params, |row| row.json(0))
    }

    fn payment_tasks(&self, payment: PaymentId) -> Result<Vec<PaymentTask>, StoreError> {
        let params = params![Uid(payment.to_u128())];
        self.all("read payment tasks", payment::sql::TASKS, params, |row| row.json(0))
    }

    fn payment_tasks_due(
        &self,
        now: Timestamp,
        rows: usize,
    ) -> Result<Vec<PaymentTask>, StoreError> {
        let params = params![now.millis(), limit(rows)];
        self.all("read payment tasks", payment::sql::TASKS_DUE, params, |row| row.json(0))
    }

    fn orders_placed(&self, buyer: &str) -> Result<u64, StoreError> {
        let params = params![buyer.to_owned()];
        let placed =
            self.one("count orders", promotion::sql::PLACED, params, |row| row.count(0))?;
        Ok(placed.unwrap_or(0))
    }
}

/// Returns who bought, as buyers are told apart.
pub(crate) fn buyer(order: &Order) -> String {
    buyer_key(order.customer, Some(&order.email)).unwrap_or_default()
}

/// [`OrderLine::counters`] of each line; lines without any are left out.
pub(crate) type Counts = BTreeMap<u32, [u32; 7]>;

/// Reads the columns of [`sql::BY_ID`].
pub(crate) fn read(row: &Row) -> Result<Order, Fault> {
    let mut order: Order = row.json(0)?;
    let counts: Option<&str> = row.at(3)?;
    let counts: Counts = counts.map(serde_json::from_str).transpose()?.unwrap_or_default();
    for line in &mut order.lines {
        line.put_counters(counts.get(&line.line).copied().unwrap_or_default());
    }
    let moment =
        |column| Ok::<_, Fault>(row.at::<Option<i64>>(column)?.map(Timestamp::from_millis));
    order.number = OrderNumber(row.count(1)?);
    order.status = order_status_from(row.at(2)?)?;
    order.placed_at = moment(4)?;
    order.canceled_at = moment(5)?;
    order.version = row.count(6)?;
    Ok(order)
}
