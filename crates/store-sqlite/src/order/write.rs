//! Changes of orders.

use rusqlite::params;
use sutler_core::address::Address;
use sutler_core::id::CustomerId;
use sutler_core::inventory::Allocation;
use sutler_core::order::{Order, OrderAction, OrderNumber};
use sutler_core::rejection::Rejection;

use super::{counts, encode, sql};
use crate::batch::{Batch, NotedOrder};
use crate::error::{Fault, Stop};
use crate::promotion::buyer_column;
use crate::value::{Word, int};

impl Batch<'_> {
    /// Opens an order.
    pub(crate) fn open_order(&mut self, order: &Order) -> Result<(), Stop> {
        if order.version != 1 {
            return Err(Stop::Conflict(order.id.into()));
        }
        let last = self.last_number()?;
        let number = match order.number {
            OrderNumber(0) => last.max(int(OrderNumber::FIRST.0) - 1) + 1,
            OrderNumber(given) => int(given),
        };
        if self.insert_order(order, number)? == 0 {
            return Err(self.why_not_opened(order, number)?);
        }
        self.rows().last_number.set((), last.max(number));
        let (currency, cart) = (Some(order.quote.currency), Some(order.cart));
        self.set.note_order(NotedOrder {
            id: order.id.to_u128(),
            number,
            currency,
            cart,
            opened: true,
        });
        self.log_action(number, order.version, &OrderAction::Opened)
    }

    /// Writes the row of an order under a number; returns 0 when something stands in its way.
    pub(crate) fn insert_order(&mut self, order: &Order, number: i64) -> Result<usize, Fault> {
        let columns = encode::encode(order, &mut |words| self.freeze(words))?;
        let address = &order.ship_to;
        let Address { name, street, postal_code, city, country, region } = address;
        let ship_to = match region {
            None => serde_json::to_string(&(name, street, postal_code, city, country)),
            Some(region) => {
                serde_json::to_string(&(name, street, postal_code, city, country, region))
            }
        }?;
        let row = params![
            number,
            order.id.to_bytes(),
            order.cart.to_bytes(),
            Word(order.status),
            columns.terms,
            order.email,
            order.customer.map(CustomerId::to_bytes),
            ship_to,
            columns.lines,
            columns.counts,
            columns.delivery,
            order.total().minor(),
            order.quote.hash.to_bytes(),
            columns.extra,
            order.created_at.millis(),
            order.placed_at.map(|at| at.millis()),
            order.canceled_at.map(|at| at.millis()),
            int(order.version),
            self.told_before(order.id)?,
            buyer_column(order),
        ];
        self.run(sql::INSERT, row)
    }

    /// Looks for what stood in the way of a new order: its id, then its cart, then its number.
    fn why_not_opened(&self, order: &Order, number: i64) -> Result<Stop, Fault> {
        let found =
            |sql: &'static str, id: [u8; 16]| self.one(sql, [id], |row| row.get::<_, i64>(0));
        if found(sql::NUMBER_OF, order.id.to_bytes())?.is_some() {
            return Ok(Stop::Conflict(order.id.into()));
        }
        if found(sql::LIVE_OF_CART, order.cart.to_bytes())?.is_some() {
            return Ok(Rejection::CartAlreadyOrdered { cart: order.cart }.into());
        }
        Ok(Stop::taken("order", number))
    }

    fn last_number(&mut self) -> Result<i64, Fault> {
        if let Some(last) = self.rows().last_number.get(()) {
            return Ok(last);
        }
        let last = self
            .one(sql::LAST_NUMBER, [], |row| row.get::<_, Option<i64>>(0))?
            .flatten()
            .unwrap_or(0);
        self.rows().last_number.learn((), last);
        Ok(last)
    }

    /// Writes what changes of an order, and logs why.
    pub(crate) fn put_order(&mut self, order: &Order, action: &OrderAction) -> Result<(), Stop> {
        let number = match order.number {
            OrderNumber(0) => {
                let found = self.one(sql::NUMBER_OF, [order.id.to_bytes()], |row| row.get(0))?;
                found.ok_or(Stop::Conflict(order.id.into()))?
            }
            OrderNumber(number) => int(number),
        };
        let row = (
            number,
            order.id.to_bytes(),
            Word(order.status),
            counts::counts(order),
            order.placed_at.map(|at| at.millis()),
            order.canceled_at.map(|at| at.millis()),
            int(order.version),
        );
        self.guarded(sql::UPDATE, row, order.id)?;
        let (currency, cart) = (Some(order.quote.currency), Some(order.cart));
        self.set.note_order(NotedOrder {
            id: order.id.to_u128(),
            number,
            currency,
            cart,
            opened: false,
        });
        self.log_action(number, order.version, action)
    }

    pub(crate) fn log_action(
        &self,
        number: i64,
        version: u64,
        action: &OrderAction,
    ) -> Result<(), Stop> {
        let at = self.set.at.millis();
        match action {
            OrderAction::Opened => self.run(sql::LOG_ACTION, (number, int(version), at, 0)),
            OrderAction::Placed => self.run(sql::LOG_ACTION, (number, int(version), at, 1)),
            other => {
                self.run(sql::LOG_ACTION, (number, int(version), at, serde_json::to_string(other)?))
            }
        }?;
        Ok(())
    }

    /// Writes an allocation.
    pub(crate) fn put_allocation(&mut self, allocation: &Allocation) -> Result<(), Stop> {
        let Allocation { order, line, key, quantity, shipped, released } = *allocation;
        let number = self.order_number(order)?;
        let (variant, location) =
            (self.short(key.variant.to_bytes())?, self.short(key.location.to_bytes())?);
        self.run(
            sql::PUT_ALLOCATION,
            (number, line, variant, location, quantity, shipped, released),
        )?;
        Ok(())
    }
}
