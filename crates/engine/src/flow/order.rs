//! Looking at orders, and calling them off.

use sutler_core::change::{Change, Idempotency, IdempotencyKey};
use sutler_core::event::{Event, EventData, EventKind};
use sutler_core::fulfillment::{self, Fulfillment};
use sutler_core::hash::HashInput;
use sutler_core::id::OrderId;
use sutler_core::inventory::Allocation;
use sutler_core::order::{
    self, LineUnits, LoggedAction, Order, OrderLine, OrderNumber, OrderStatus, Progress, Stage,
    progress,
};
use sutler_core::payment::{Payment, PaymentDraft, PaymentTask};
use sutler_core::port::OrderFilter;
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_core::status::word;

use crate::{FlowError, Reader, Shop};

/// The most orders one page may hold; who asks for more gets so many.
///
/// ```
/// assert_eq!(sutler_engine::flow::order::PAGE_MAX, 1_000);
/// ```
pub const PAGE_MAX: usize = 1_000;

/// An order with what belongs to it and what is derived from that.
///
/// ```
/// use sutler_core::order::{FulfillmentProgress, MoneyProgress, Stage};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
///
/// let view = shop.order(placed.order.number)?;
/// assert_eq!(view.progress.stage, Stage::Confirmed);
/// assert_eq!(view.progress.money, MoneyProgress::Authorized);
/// assert_eq!(view.progress.fulfillment, FulfillmentProgress::Unfulfilled);
/// assert_eq!(view.allocations[0].quantity, 2, "promised, and still on the shelf");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// Its payments with their facts.
    pub payments: Vec<Payment>,
    /// What its providers are still to do, or did.
    pub tasks: Vec<PaymentTask>,
    /// Its fulfillments.
    pub fulfillments: Vec<Fulfillment>,
    /// Which location serves which line.
    pub allocations: Vec<Allocation>,
    /// What is derived.
    pub progress: Progress,
}

impl Reader {
    /// Returns the id of an order by its number.
    pub(crate) fn order_id(&self, number: OrderNumber) -> Result<OrderId, FlowError> {
        let order = self.store().order_by_number(number)?;
        Ok(order.ok_or_else(|| Rejection::not_found("order", number))?.id)
    }

    /// Returns an order with all that belongs to it.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let view = shop.order("1001".parse()?)?;
    /// assert_eq!(view.order.id, placed.order.id);
    /// assert_eq!(shop.order("9999".parse()?).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn order(&self, number: OrderNumber) -> Result<OrderView, FlowError> {
        self.order_view(self.order_id(number)?)
    }

    /// Returns an order with all that belongs to it.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let view = shop.order_view(placed.order.id)?;
    /// assert_eq!(view.order.number.to_string(), "1001");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn order_view(&self, id: OrderId) -> Result<OrderView, FlowError> {
        let store = self.store();
        let order = store.order(id)?.ok_or_else(|| Rejection::not_found("order", id))?;
        let payments = store.payments(&[id])?;
        let mut tasks = Vec::new();
        for payment in &payments {
            tasks.extend(store.payment_tasks(payment.id)?);
        }
        let progress = progress(&order, &payments);
        Ok(OrderView {
            payments,
            tasks,
            fulfillments: store.fulfillments(id)?,
            allocations: store.allocations(id)?,
            progress,
            order,
        })
    }

    /// Returns up to `limit` orders, newest first, below `before`; tasks, fulfillments and allocations are left out. A stage is
    /// derived, so asking for one looks through the orders until enough are found.
    ///
    /// ```
    /// use sutler_core::order::Stage;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let first = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let second = sutler_engine::testing::order(&shop, "manual:transfer")?;
    ///
    /// let newest = shop.order_list(None, None, 1)?;
    /// assert_eq!(newest[0].order.number, second.order.number);
    /// let rest = shop.order_list(None, Some(second.order.number), 50)?;
    /// assert_eq!(rest[0].order.number, first.order.number);
    ///
    /// let unpaid = shop.order_list(Some(Stage::Payment), None, 50)?;
    /// assert_eq!((unpaid.len(), unpaid[0].order.id), (1, second.order.id));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn order_list(
        &self,
        stage: Option<Stage>,
        before: Option<OrderNumber>,
        limit: usize,
    ) -> Result<Vec<OrderView>, FlowError> {
        let limit = limit.min(PAGE_MAX);
        let status = match stage {
            Some(Stage::Checkout) => Some(OrderStatus::Pending),
            Some(Stage::Canceled) => Some(OrderStatus::Canceled),
            Some(_) => Some(OrderStatus::Placed),
            None => None,
        };
        let mut found = Vec::new();
        let mut before = before;
        while found.len() < limit {
            let page_size = if stage.is_some() { 200 } else { limit - found.len() };
            let page = self.store().order_page(OrderFilter { status }, before, page_size)?;
            let ended = page.len() < page_size;
            before = page.last().map(|order| order.number);
            let ids: Vec<OrderId> = page.iter().map(|order| order.id).collect();
            let payments = self.store().payments(&ids)?;
            for order in page {
                let payments: Vec<Payment> =
                    payments.iter().filter(|payment| payment.order == order.id).cloned().collect();
                let progress = progress(&order, &payments);
                if stage.is_none_or(|stage| stage == progress.stage) && found.len() < limit {
                    let (tasks, fulfillments, allocations) = Default::default();
                    found.push(OrderView {
                        order,
                        payments,
                        tasks,
                        fulfillments,
                        allocations,
                        progress,
                    });
                }
            }
            if ended {
                break;
            }
        }
        Ok(found)
    }

    /// Returns the log of an order, oldest first.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let log = shop.order_log(placed.order.number)?;
    /// let words: Vec<&str> = log.iter().map(|entry| entry.action.word()).collect();
    /// assert_eq!(words, ["opened", "placed"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn order_log(&self, number: OrderNumber) -> Result<Vec<LoggedAction>, FlowError> {
        Ok(self.store().order_log(self.order_id(number)?)?)
    }
}

impl Shop {
    /// Calls a placed order off before anything of it left: its stock is free again, what it used of promotions (uses, units,
    /// money, coupon codes) is given back, a hold is voided, captured money is refunded.
    ///
    /// Errors: `order.already_shipped`, `order.not_placed` (pending or canceled already).
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    ///
    /// let key = Some("call-off-1001".parse()?);
    /// let view = shop.order_cancel(placed.order.number, "the buyer changed her mind", key.clone())?;
    /// assert!(view.payments[0].state().held().is_zero());
    /// assert_eq!(shop.stock_show(red)?.levels[0].1.available(), 5);
    ///
    /// let again = shop.order_cancel(placed.order.number, "the buyer changed her mind", key)?;
    /// assert_eq!(again.order, view.order, "the same key calls off once");
    /// let refusal = shop.order_cancel(placed.order.number, "again", None).unwrap_err();
    /// assert_eq!(refusal.code(), "order.not_placed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn order_cancel(
        &self,
        number: OrderNumber,
        reason: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        let content = HashInput::new("order.cancel").id(id.to_u128()).text(reason).finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: id.into() });
            let view = self.order_view(id)?;
            view.require_placed("canceled")?;
            set.changes.extend(order::cancel(&view.order, &view.allocations, reason, set.at)?);
            fulfillment::call_off(&view.fulfillments).write(set);
            set.push(Change::PromotionUseReturned { order: id });
            for mut draft in view.drafts() {
                draft.touch_captures();
                if !self.is_manual(draft.payment()) || draft.refundable().is_positive() {
                    draft.give_up(set.at)?;
                }
                draft.write(set);
            }
            let data = EventData::Order { number, total: view.order.total() };
            set.tell(Event { kind: EventKind::OrderCanceled, subject: id.into(), data });
            Ok(())
        })?;
        self.run_order_tasks(id);
        self.order_view(id)
    }

    /// Returns whether a person says when this payment's money arrived; an unknown provider is not manual.
    pub(crate) fn is_manual(&self, payment: &Payment) -> bool {
        self.provider(&payment.provider).is_ok_and(|provider| provider.is_manual())
    }

    /// Runs the provider tasks of an order. What they come to is no part of the answer: the decision that queued them is
    /// committed, so an error here would invite a second one. Whatever failed stays queued.
    pub(crate) fn run_order_tasks(&self, id: OrderId) {
        let run = || -> Result<(), FlowError> {
            for payment in self.store().payments(&[id])? {
                self.run_tasks_of(payment.id)?;
            }
            Ok(())
        };
        if let Err(problem) = run() {
            tracing::warn!(order = %id, %problem, "the provider calls of this order wait for recovery");
        }
    }
}

impl OrderView {
    /// Returns its payments, each with its tasks, to decide on.
    pub(crate) fn drafts(&self) -> Vec<PaymentDraft> {
        let tasks = |payment: &Payment| {
            self.tasks.iter().filter(|task| task.payment == payment.id).cloned().collect()
        };
        self.payments
            .iter()
            .map(|payment| PaymentDraft::new(payment.clone(), tasks(payment)))
            .collect()
    }

    /// Refuses an order that is pending or canceled.
    pub(crate) fn require_placed(&self, verb: &'static str) -> Result<(), Rejection> {
        match self.order.status {
            OrderStatus::Placed => Ok(()),
            status => Err(Rejection::OrderNotPlaced {
                number: self.order.number,
                status: word(status),
                verb,
            }),
        }
    }
}

/// Finds the lines that people named by SKU, variant id or line number. A SKU that stands on several lines takes of each, in
/// order, as many units as are `open`; the last one is asked for what remains.
pub(super) fn lines_by_label(
    order: &Order,
    wanted: &[(String, Quantity)],
    open: impl Fn(&OrderLine) -> u32,
) -> Result<Vec<LineUnits>, Rejection> {
    let mut found = Vec::new();
    for (label, quantity) in wanted {
        let names = |line: &&OrderLine| {
            line.sku.as_ref().is_some_and(|sku| sku.as_str() == label)
                || line.variant.to_string() == *label
        };
        let mut lines: Vec<_> = order.lines.iter().filter(names).collect();
        if lines.is_empty() {
            lines.extend(label.parse().ok().and_then(|number| order.line(number)));
        }
        let Some((last, before)) = lines.split_last() else {
            let near = order.lines.iter().map(OrderLine::label).collect();
            return Err(Rejection::NotFound { noun: "order line", given: label.clone(), near });
        };
        let mut left = quantity.get();
        for line in before {
            let taken = found.iter().filter(|taken: &&LineUnits| taken.line == line.line);
            let taken = taken.fold(0, |sum: u32, taken| sum.saturating_add(taken.quantity));
            let units = left.min(open(line).saturating_sub(taken));
            if units > 0 {
                found.push(LineUnits { line: line.line, quantity: units });
                left -= units;
            }
        }
        if left > 0 {
            found.push(LineUnits { line: last.line, quantity: left });
        }
    }
    Ok(found)
}
