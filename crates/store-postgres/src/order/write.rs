//! Changes of orders, their logs and allocations.

use std::collections::BTreeSet;
use std::sync::Arc;

use sutler_core::id::{CartId, OrderId, StockLocationId, VariantId};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::order::{Order, OrderAction, OrderNumber, OrderStatus};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use super::Counts;
use crate::counter::Counter;
use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json, order_status, order_status_from};

pub(crate) mod sql {
    crate::statements::statements! {
        LOAD = "SELECT id, number, cart, status, counts::text, placed_at, canceled_at, version, buyer FROM raw_order
            WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        UPDATE = "UPDATE raw_order o SET status = n.status, counts = n.counts::json, placed_at = n.placed_at,
              canceled_at = n.canceled_at, version = n.version
            FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
              AS n (id, status, counts, placed_at, canceled_at, version)
            WHERE o.id = n.id";
        INSERT = "INSERT INTO raw_order (id, status, counts, placed_at, canceled_at, version, number, cart, data, buyer)
            SELECT id, status, counts::json, placed_at, canceled_at, version, number, cart, data::json, buyer
            FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                $8::uuid[], $9::text[], $10::text[])
              AS n (id, status, counts, placed_at, canceled_at, version, number, cart, data, buyer)";
        LOAD_LIVE = "SELECT cart, id FROM raw_order WHERE cart = ANY ($1) AND status <> 2";
        LOAD_NUMBERS = "SELECT number, id FROM raw_order WHERE number = ANY ($1)";
        INSERT_LOG = "INSERT INTO raw_order_log (\"order\", version, at, action) SELECT id, version, at, action::json
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[]) AS n (id, version, at, action)";
        LOAD_ALLOCATIONS = "SELECT a.\"order\", a.line, a.variant, a.location, a.quantity, a.shipped, a.released
            FROM raw_allocation a
            JOIN unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[]) AS n (\"order\", line, variant, location)
              USING (\"order\", line, variant, location)
            ORDER BY a.\"order\", a.line, a.variant, a.location FOR UPDATE OF a";
        UPDATE_ALLOCATIONS = "UPDATE raw_allocation o SET quantity = n.quantity, shipped = n.shipped, released = n.released
            FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[])
              AS n (\"order\", line, variant, location, quantity, shipped, released)
            WHERE (o.\"order\", o.line, o.variant, o.location) = (n.\"order\", n.line, n.variant, n.location)";
        INSERT_ALLOCATIONS = "INSERT INTO raw_allocation (\"order\", line, variant, location, quantity, shipped, released)
            SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[])";
    }
}

/// What moves of an order, and what is written once.
#[derive(Clone)]
pub(crate) struct OrderRow {
    number: OrderNumber,
    cart: CartId,
    status: OrderStatus,
    counts: Counts,
    placed_at: Option<Timestamp>,
    canceled_at: Option<Timestamp>,
    version: u64,
    buyer: Arc<str>,
    /// Empty for an order that was not opened by this batch.
    frozen: Arc<str>,
}

impl OrderRow {
    /// Whether it is a placed order of a buyer.
    pub(crate) fn is_placed_by(&self, buyer: &str) -> bool {
        self.status == OrderStatus::Placed && *self.buyer == *buyer
    }
}

/// Rows of `raw_order`.
pub(crate) struct Orders;

impl Kind for Orders {
    type Key = OrderId;
    type Row = OrderRow;
    type Ask = OrderId;

    fn load(asked: &BTreeSet<OrderId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD, params![ids]))
    }

    fn read(row: &Row) -> Result<(OrderId, OrderRow), Fault> {
        let counts: Option<&str> = row.at(4)?;
        let moment =
            |column| Ok::<_, Fault>(row.at::<Option<i64>>(column)?.map(Timestamp::from_millis));
        let stored = OrderRow {
            number: OrderNumber(row.count(1)?),
            cart: CartId::from_u128(row.id(2)?),
            status: order_status_from(row.at(3)?)?,
            counts: counts.map(serde_json::from_str).transpose()?.unwrap_or_default(),
            placed_at: moment(5)?,
            canceled_at: moment(6)?,
            version: row.count(7)?,
            buyer: row.at::<&str>(8)?.into(),
            frozen: Arc::from(""),
        };
        Ok((OrderId::from_u128(row.id(0)?), stored))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let mut new = moving(&changes.new)?;
        new.push(Box::new(column(&changes.new, |_, row| int(row.number.0))));
        new.push(Box::new(column(&changes.new, |_, row| Uid(row.cart.to_u128()))));
        new.push(Box::new(column(&changes.new, |_, row| row.frozen.to_string())));
        new.push(Box::new(column(&changes.new, |_, row| row.buyer.to_string())));
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, moving(&changes.changed)?)),
            (!changes.new.is_empty(), Call::new(sql::INSERT, new)),
        ]))
    }
}

/// Returns the columns that move.
fn moving(rows: &[(&OrderId, &OrderRow)]) -> Result<Params, Fault> {
    let counts = |row: &OrderRow| (!row.counts.is_empty()).then(|| json(&row.counts)).transpose();
    let counts: Result<Vec<Option<String>>, Fault> =
        rows.iter().map(|(_, row)| counts(row)).collect();
    Ok(params![
        column(rows, |id, _| Uid(id.to_u128())),
        column(rows, |_, row| order_status(row.status)),
        counts?,
        column(rows, |_, row| row.placed_at.map(Timestamp::millis)),
        column(rows, |_, row| row.canceled_at.map(Timestamp::millis)),
        column(rows, |_, row| int(row.version)),
    ])
}

/// Which order of a cart is not canceled; written with the orders.
pub(crate) struct LiveOrders;

impl Kind for LiveOrders {
    type Key = CartId;
    type Row = OrderId;
    type Ask = CartId;

    fn load(asked: &BTreeSet<CartId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD_LIVE, params![ids]))
    }

    fn read(row: &Row) -> Result<(CartId, OrderId), Fault> {
        Ok((CartId::from_u128(row.id(0)?), OrderId::from_u128(row.id(1)?)))
    }

    fn write(_: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        Ok(Vec::new())
    }
}

/// Which order has a number that a set brought along; written with the orders.
pub(crate) struct OrderNumbers;

impl Kind for OrderNumbers {
    type Key = OrderNumber;
    type Row = OrderId;
    type Ask = OrderNumber;

    fn load(asked: &BTreeSet<OrderNumber>) -> Option<Call> {
        let numbers: Vec<i64> = asked.iter().map(|number| int(number.0)).collect();
        Some(Call::new(sql::LOAD_NUMBERS, params![numbers]))
    }

    fn read(row: &Row) -> Result<(OrderNumber, OrderId), Fault> {
        Ok((OrderNumber(row.count(0)?), OrderId::from_u128(row.id(1)?)))
    }

    fn write(_: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        Ok(Vec::new())
    }
}

/// Rows of `raw_order_log`, which are only added: moment and action by order and version.
pub(crate) struct OrderLogs;

impl Kind for OrderLogs {
    type Key = (OrderId, u64);
    type Row = (Timestamp, Arc<str>);
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        None
    }

    fn read(_: &Row) -> Result<(Self::Key, Self::Row), Fault> {
        Err(Fault::damaged("the log of an order", "it was not asked for"))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let params = params![
            column(rows, |key, _| Uid(key.0.to_u128())),
            column(rows, |key, _| int(key.1)),
            column(rows, |_, row| row.0.millis()),
            column(rows, |_, row| row.1.to_string()),
        ];
        Ok(vec![Call::new(sql::INSERT_LOG, params)])
    }
}

/// Order, line, variant and location.
type AllocationKey = (OrderId, u32, StockKey);

/// Rows of `raw_allocation`.
pub(crate) struct Allocations;

fn allocation_keys<'k>(keys: impl Iterator<Item = &'k AllocationKey> + Clone) -> Params {
    params![
        keys.clone().map(|key| Uid(key.0.to_u128())).collect::<Vec<_>>(),
        keys.clone().map(|key| i64::from(key.1)).collect::<Vec<_>>(),
        keys.clone().map(|key| Uid(key.2.variant.to_u128())).collect::<Vec<_>>(),
        keys.map(|key| Uid(key.2.location.to_u128())).collect::<Vec<_>>(),
    ]
}

impl Kind for Allocations {
    type Key = AllocationKey;
    type Row = Allocation;
    type Ask = AllocationKey;

    fn load(asked: &BTreeSet<AllocationKey>) -> Option<Call> {
        Some(Call::new(sql::LOAD_ALLOCATIONS, allocation_keys(asked.iter())))
    }

    fn read(row: &Row) -> Result<(AllocationKey, Allocation), Fault> {
        let (order, line) = (OrderId::from_u128(row.id(0)?), row.small(1)?);
        let variant = VariantId::from_u128(row.id(2)?);
        let key = StockKey { variant, location: StockLocationId::from_u128(row.id(3)?) };
        let (quantity, shipped, released) = (row.small(4)?, row.small(5)?, row.small(6)?);
        Ok(((order, line, key), Allocation { order, line, key, quantity, shipped, released }))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&AllocationKey, &Allocation)]| {
            let mut params = allocation_keys(rows.iter().map(|(key, _)| *key));
            params.push(Box::new(column(rows, |_, row| i64::from(row.quantity))));
            params.push(Box::new(column(rows, |_, row| i64::from(row.shipped))));
            params.push(Box::new(column(rows, |_, row| i64::from(row.released))));
            params
        };
        Ok(calls([
            (
                !changes.changed.is_empty(),
                Call::new(sql::UPDATE_ALLOCATIONS, params(&changes.changed)),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT_ALLOCATIONS, params(&changes.new))),
        ]))
    }
}

impl Rows {
    /// Opens an order; returns its number.
    pub(crate) fn open_order(&mut self, order: &Order) -> Result<OrderNumber, Stop> {
        let stored = self.orders.get(&order.id).map(|stored| stored.version);
        guard_version(stored, order.version, order.id)?;
        if stored.is_some() {
            return Err(Stop::Conflict(order.id.into()));
        }
        if self.live_orders.get(&order.cart).is_some() {
            return Err(Rejection::CartAlreadyOrdered { cart: order.cart }.into());
        }
        let number = self.next_number(order.number)?;
        let order = &Order { number, ..order.clone() };
        self.order_numbers.put(number, order.id);
        if order.status != OrderStatus::Canceled {
            self.live_orders.put(order.cart, order.id);
        }
        self.count_placed(&super::buyer(order), None, order.status);
        self.orders.put(order.id, row_of(order)?);
        self.log_action(order.id, order.version, &OrderAction::Opened)?;
        Ok(number)
    }

    /// Writes an order of a copy; its log follows.
    pub(crate) fn copy_order(&mut self, order: &Order) -> Result<(), Fault> {
        self.orders.add(order.id, row_of(order)?)
    }

    /// Returns the number of a new order: the next one, or the one that it brings along.
    fn next_number(&mut self, given: OrderNumber) -> Result<OrderNumber, Stop> {
        let last = self.counters.get(&Counter::OrderNumber).copied().unwrap_or(0);
        let number = match given {
            OrderNumber(0) if last == 0 => OrderNumber::FIRST,
            OrderNumber(0) => OrderNumber(last.unsigned_abs() + 1),
            given if self.order_numbers.get(&given).is_some() => {
                return Err(Stop::taken("order", given));
            }
            given => given,
        };
        self.counters.put(Counter::OrderNumber, last.max(int(number.0)));
        Ok(number)
    }

    /// Writes what changes of an order, and logs why.
    pub(crate) fn put_order(&mut self, order: &Order, action: &OrderAction) -> Applied {
        let stored = self.orders.get(&order.id).cloned();
        guard_version(stored.as_ref().map(|stored| stored.version), order.version, order.id)?;
        let Some(stored) = stored else { return Err(Stop::Conflict(order.id.into())) };
        if order.status == OrderStatus::Canceled {
            self.live_orders.remove(&stored.cart);
        }
        self.count_placed(&stored.buyer, Some(stored.status), order.status);
        let row = OrderRow {
            status: order.status,
            counts: counts(order, stored.counts),
            placed_at: order.placed_at,
            canceled_at: order.canceled_at,
            version: order.version,
            ..stored
        };
        self.orders.put(order.id, row);
        self.log_action(order.id, order.version, action)
    }

    fn log_action(&mut self, id: OrderId, version: u64, action: &OrderAction) -> Applied {
        self.order_logs.put((id, version), (self.at, json(action)?.into()));
        Ok(())
    }

    /// Writes an allocation.
    pub(crate) fn put_allocation(&mut self, allocation: Allocation) -> Applied {
        let slot = (allocation.order, allocation.line, allocation.key);
        self.allocations.put(slot, allocation);
        Ok(())
    }
}

/// Returns the row of an order as the record has it.
fn row_of(order: &Order) -> Result<OrderRow, Fault> {
    Ok(OrderRow {
        number: order.number,
        cart: order.cart,
        status: order.status,
        counts: counts(order, Counts::new()),
        placed_at: order.placed_at,
        canceled_at: order.canceled_at,
        version: order.version,
        buyer: super::buyer(order).into(),
        frozen: json(order)?.into(),
    })
}

/// Returns the counters with those of the lines that the record has.
fn counts(order: &Order, mut counts: Counts) -> Counts {
    counts.extend(order.lines.iter().map(|line| (line.line, line.counters())));
    counts.retain(|_, counts| *counts != [0; 7]);
    counts
}
