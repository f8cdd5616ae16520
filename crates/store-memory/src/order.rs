//! Orders and what belongs to them: logs, allocations, fulfillments. What is about money stands in [`crate::payment`].

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use sutler_core::fulfillment::Fulfillment;
use sutler_core::id::{CartId, OrderId, PaymentId, StockLocationId, VariantId};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::order::{LoggedAction, Order, OrderAction, OrderNumber, OrderStatus};
use sutler_core::payment::{Payment, PaymentTask, TaskStatus};
use sutler_core::port::{OrderFilter, OrderReader, StoreError};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, State, Stop, guard_version, taken};

impl OrderReader for MemoryStore {
    fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.snapshot().orders.get(&id).map(|order| Order::clone(order)))
    }

    fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, StoreError> {
        let state = self.snapshot();
        let order = state.order_numbers.get(&number).and_then(|id| state.orders.get(id));
        Ok(order.map(|order| Order::clone(order)))
    }

    fn order_by_cart(&self, cart: CartId) -> Result<Option<Order>, StoreError> {
        Ok(self.snapshot().order_of_cart(cart).map(|order| Order::clone(order)))
    }

    fn order_page(
        &self,
        filter: OrderFilter,
        before: Option<OrderNumber>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError> {
        let state = self.snapshot();
        let below = before.map_or(Bound::Unbounded, Bound::Excluded);
        let newest_first = state.order_numbers.range((Bound::Unbounded, below)).rev();
        let orders = newest_first.filter_map(|(_, id)| state.orders.get(id));
        let wanted =
            orders.filter(|order| filter.status.is_none_or(|status| order.status == status));
        Ok(wanted.take(limit).map(|order| Order::clone(order)).collect())
    }

    fn order_log(&self, id: OrderId) -> Result<Vec<LoggedAction>, StoreError> {
        Ok(self.snapshot().order_logs.get(&id).map(|log| log.to_vec()).unwrap_or_default())
    }

    fn allocations(&self, order: OrderId) -> Result<Vec<Allocation>, StoreError> {
        let state = self.snapshot();
        let (variant, location) = (VariantId::from_u128(0), StockLocationId::from_u128(0));
        let first = (order, 0, StockKey { variant, location });
        let of_order = state.allocations.range(first..).take_while(|((of, ..), _)| *of == order);
        Ok(of_order.map(|(_, allocation)| *allocation).collect())
    }

    fn fulfillments(&self, order: OrderId) -> Result<Vec<Fulfillment>, StoreError> {
        let state = self.snapshot();
        let of_order = state.fulfillments.values().filter(|fulfillment| fulfillment.order == order);
        Ok(of_order.map(|fulfillment| Fulfillment::clone(fulfillment)).collect())
    }

    fn payments(&self, orders: &[OrderId]) -> Result<Vec<Payment>, StoreError> {
        let state = self.snapshot();
        let mut of_order: BTreeMap<OrderId, Vec<&Arc<Payment>>> = BTreeMap::new();
        for payment in state.payments.values() {
            of_order.entry(payment.order).or_default().push(payment);
        }
        let asked = orders.iter().filter_map(|order| of_order.get(order)).flatten();
        Ok(asked.map(|payment| Payment::clone(payment)).collect())
    }

    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        Ok(self.snapshot().payments.get(&id).map(|payment| Payment::clone(payment)))
    }

    fn payment_tasks(&self, payment: PaymentId) -> Result<Vec<PaymentTask>, StoreError> {
        let state = self.snapshot();
        let of_payment = state.payment_tasks.values().filter(|task| task.payment == payment);
        Ok(of_payment.cloned().collect())
    }

    fn payment_tasks_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PaymentTask>, StoreError> {
        let state = self.snapshot();
        let is_due = |task: &&PaymentTask| task.status == TaskStatus::Queued && task.due_at <= now;
        let mut due: Vec<&PaymentTask> = state.payment_tasks.values().filter(is_due).collect();
        due.sort_by_key(|task| (task.due_at, &task.key));
        Ok(due.into_iter().take(limit).cloned().collect())
    }

    fn orders_placed(&self, buyer: &str) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.snapshot().placed_orders(buyer).count()).unwrap_or(u64::MAX))
    }
}

impl State {
    fn order_of_cart(&self, cart: CartId) -> Option<&Arc<Order>> {
        let live =
            |order: &&Arc<Order>| order.cart == cart && order.status != OrderStatus::Canceled;
        self.orders.values().find(live)
    }

    /// Opens an order; returns its number.
    pub(crate) fn open_order(
        &mut self,
        mut order: Order,
        at: Timestamp,
    ) -> Result<OrderNumber, Stop> {
        guard_version(
            self.orders.get(&order.id).map(|stored| stored.version),
            order.version,
            order.id,
        )?;
        if self.orders.contains_key(&order.id) {
            return Err(Stop::Conflict(order.id.into()));
        }
        if self.order_of_cart(order.cart).is_some() {
            return Err(Rejection::CartAlreadyOrdered { cart: order.cart }.into());
        }
        if order.number == OrderNumber(0) {
            let last = self.order_numbers.last_key_value().map(|(last, _)| last.0);
            order.number = last.map_or(OrderNumber::FIRST, |last| OrderNumber(last + 1));
        }
        if self.order_numbers.contains_key(&order.number) {
            return Err(taken("order", order.number));
        }
        let number = order.number;
        Arc::make_mut(&mut self.order_numbers).insert(number, order.id);
        self.log_action(order.id, order.version, at, OrderAction::Opened);
        Arc::make_mut(&mut self.orders).insert(order.id, Arc::new(order));
        Ok(number)
    }

    /// Writes what changes of an order, and logs why.
    pub(crate) fn put_order(
        &mut self,
        order: &Order,
        action: OrderAction,
        at: Timestamp,
    ) -> Applied {
        let stored = Arc::make_mut(&mut self.orders).get_mut(&order.id);
        guard_version(stored.as_ref().map(|stored| stored.version), order.version, order.id)?;
        let Some(stored) = stored else { return Err(Stop::Conflict(order.id.into())) };
        let stored = Arc::make_mut(stored);
        stored.status = order.status;
        stored.placed_at = order.placed_at;
        stored.canceled_at = order.canceled_at;
        stored.version = order.version;
        for line in &mut stored.lines {
            if let Some(given) = order.line(line.line) {
                line.put_counters(given.counters());
            }
        }
        self.log_action(order.id, order.version, at, action);
        Ok(())
    }

    fn log_action(&mut self, id: OrderId, version: u64, at: Timestamp, action: OrderAction) {
        let log = Arc::make_mut(&mut self.order_logs).entry(id).or_default();
        Arc::make_mut(log).push(LoggedAction { version, at, action });
    }

    /// Writes an allocation.
    pub(crate) fn put_allocation(&mut self, allocation: Allocation) -> Applied {
        let slot = (allocation.order, allocation.line, allocation.key);
        Arc::make_mut(&mut self.allocations).insert(slot, allocation);
        Ok(())
    }

    /// Writes a fulfillment.
    pub(crate) fn put_fulfillment(&mut self, fulfillment: Fulfillment) -> Applied {
        let stored = self.fulfillments.get(&fulfillment.id).map(|stored| stored.version);
        guard_version(stored, fulfillment.version, fulfillment.id)?;
        Arc::make_mut(&mut self.fulfillments).insert(fulfillment.id, Arc::new(fulfillment));
        Ok(())
    }
}
