//! Moving money after placement: tasks for providers, refunds, and money that a person saw arrive.

use sutler_core::change::{Change, ChangeSet, Idempotency, IdempotencyKey};
use sutler_core::credit::{CreditId, GiftCardCode};
use sutler_core::hash::HashInput;
use sutler_core::id::{GiftCardId, PaymentId};
use sutler_core::money::Money;
use sutler_core::order::{Order, OrderAction, OrderNumber, OrderStatus, buyer_key, capture_target};
use sutler_core::payment::{
    Payment, PaymentDraft, PaymentTask, TaskKind, TaskStatus, capture_shares, refund_shares,
};
use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};
use sutler_core::rejection::Rejection;
use sutler_core::status::word;

use super::cart::done;
use super::credit::gift_card_open;
use super::order::OrderView;
use crate::{FlowError, Shop};

/// What became of provider tasks.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let quiet = shop.run_payment_tasks()?;
/// assert_eq!((quiet.done, quiet.failed, quiet.refused), (0, 0, 0));
///
/// // This card refuses the capture that a shipment makes due: a person must look.
/// # let placed = sutler_engine::testing::order(&shop, "test:capture-decline")?;
/// # let all = sutler_engine::testing::parcel();
/// let view = shop.fulfill_ship(placed.order.number, &all)?;
/// assert!(view.tasks[0].last_error.as_deref().is_some_and(|said| said.contains("declined")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TaskReport {
    /// Tasks whose call succeeded.
    pub done: u32,
    /// Tasks that stay queued for another try.
    pub failed: u32,
    /// Tasks that a person must look at.
    pub refused: u32,
    /// What the failed and refused ones said.
    pub problems: Vec<String>,
    /// The refused ones: key of the task, and what was said.
    pub refusals: Vec<String>,
}

impl TaskReport {
    /// The report of one task that was answered.
    fn of(task: &PaymentTask, answer: &Result<ProviderReply, ProviderError>) -> Self {
        let problems = |error| vec![task.problem(error)];
        match answer {
            Ok(_) => Self { done: 1, ..Self::default() },
            Err(error @ ProviderError::Declined { .. }) => {
                let refusals = vec![format!("{}: {error}", task.key)];
                Self { refused: 1, problems: problems(error), refusals, ..Self::default() }
            }
            Err(error) => Self { failed: 1, problems: problems(error), ..Self::default() },
        }
    }

    fn count(&mut self, other: TaskReport) {
        self.done += other.done;
        self.failed += other.failed;
        self.refused += other.refused;
        self.problems.extend(other.problems);
        self.refusals.extend(other.refusals);
    }
}

/// What a refund would give back, and how the money of its order stands.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
/// # let all = sutler_engine::testing::parcel();
/// shop.fulfill_ship(placed.order.number, &all)?;
/// let plan = shop.refund_plan(placed.order.number, None)?;
/// assert!(plan.refunded.is_zero() && plan.amount == plan.captured);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    /// What would be given back.
    pub amount: Money,
    /// What was taken so far, over all payments.
    pub captured: Money,
    /// What was given back so far.
    pub refunded: Money,
}

/// Where a refund goes.
///
/// ```
/// use sutler_engine::flow::payment::RefundTo;
///
/// assert_eq!(RefundTo::Origin.word(), None, "said by saying nothing");
/// assert_eq!(RefundTo::StoreCredit.word(), Some("store_credit"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RefundTo {
    /// Where the money came from: what a provider paid to the provider, what a gift card paid to the gift card.
    Origin,
    /// The store credit of the buyer, which is opened when there is none yet.
    StoreCredit,
    /// A new gift card with this code, to be shown by whoever calls.
    GiftCard(GiftCardCode),
}

impl RefundTo {
    /// Returns the word for anything but the usual.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            RefundTo::Origin => None,
            RefundTo::StoreCredit => Some("store_credit"),
            RefundTo::GiftCard(_) => Some("gift_card"),
        }
    }
}

/// Decides how much of each payment is given back.
fn shares_of_refund(
    order: &Order,
    drafts: &[PaymentDraft],
    amount: Option<Money>,
) -> Result<Vec<Money>, Rejection> {
    if order.status == OrderStatus::Pending {
        let status = word(order.status);
        let number = order.number;
        return Err(Rejection::OrderNotPlaced { number, status, verb: "refunded" });
    }
    refund_shares(order.quote.currency, drafts, amount)
}

impl Shop {
    /// Gives captured money back: `amount`, or all that is left. Queued refunds count as given, so two at once cannot both
    /// see the same money.
    ///
    /// Errors: `refund.too_large`, `currency.wrong`, `amount.not_positive`, `key.reused`.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::testing::parcel();
    /// shop.fulfill_ship(placed.order.number, &all)?;
    ///
    /// let five = Some(Money::from_minor(500, Currency::EUR));
    /// let key = Some("chipped-mug".parse()?);
    /// let view = shop.refund(placed.order.number, five, "a chipped mug", key.clone())?;
    /// assert_eq!(view.payments[0].state().refunded.to_string(), "5.00 EUR");
    /// let again = shop.refund(placed.order.number, five, "a chipped mug", key)?;
    /// assert_eq!(again.payments, view.payments, "the same key gives back once");
    ///
    /// let more = Some(Money::from_minor(10_000, Currency::EUR));
    /// let refusal = shop.refund(placed.order.number, more, "a mistake", None).unwrap_err();
    /// assert_eq!(refusal.code(), "refund.too_large");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refund(
        &self,
        number: OrderNumber,
        amount: Option<Money>,
        reason: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        self.refund_to(number, amount, reason, &RefundTo::Origin, key)
    }

    /// Gives captured money back like [`Shop::refund`], but says where to: to where it came from, or to a gift card or store
    /// credit of the buyer instead. Then no provider is asked, and the money is there at once.
    ///
    /// Errors: those of [`Shop::refund`]; `already_exists` when the code is on another card.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_engine::flow::payment::RefundTo;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::testing::parcel();
    /// shop.fulfill_ship(placed.order.number, &all)?;
    ///
    /// let five = Some(Money::from_minor(500, Currency::EUR));
    /// let view = shop.refund_to(placed.order.number, five, "a chip", &RefundTo::StoreCredit, None)?;
    /// assert_eq!(view.payments[0].state().refunded.to_string(), "5.00 EUR");
    /// assert_eq!(shop.store_credit("ada@example.com")?[0].left.to_string(), "5.00 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refund_to(
        &self,
        number: OrderNumber,
        amount: Option<Money>,
        reason: &str,
        to: &RefundTo,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        let text = amount.map(|amount| amount.to_string());
        let mut content = HashInput::new("refund");
        content.id(id.to_u128()).optional_text(text.as_deref()).text(reason);
        // Where nothing is said, older keys keep their meaning.
        if let Some(word) = to.word() {
            content.text(word);
        }
        let content = content.finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: id.into() });
            let view = self.order_view(id)?;
            let drafts = view.drafts();
            let shares = shares_of_refund(&view.order, &drafts, amount)?;
            let credit = self.refund_target(&view.order, to, set)?;
            let mut order = view.order;
            for (mut draft, amount) in
                drafts.into_iter().zip(shares).filter(|(_, amount)| amount.is_positive())
            {
                match credit {
                    Some(credit) => draft.refund_to(credit, amount, set.at)?,
                    None => draft.refund(amount, set.at)?,
                }
                order.version += 1;
                let action = OrderAction::Refunded {
                    payment: draft.payment().id,
                    amount,
                    reason: reason.to_owned(),
                };
                set.push(Change::Order { order: Box::new(order.clone()), action });
                draft.write(set);
            }
            Ok(())
        })?;
        self.run_order_tasks(id);
        self.order_view(id)
    }

    /// Returns the gift card or store credit that a refund goes to, opened in this set where it is a new one.
    fn refund_target(
        &self,
        order: &Order,
        to: &RefundTo,
        set: &mut ChangeSet,
    ) -> Result<Option<CreditId>, FlowError> {
        let currency = order.quote.currency;
        Ok(match to {
            RefundTo::Origin => None,
            RefundTo::StoreCredit => {
                let customer = buyer_key(order.customer, Some(&order.email)).unwrap_or_default();
                Some(self.store_credit_of(&customer, currency, set)?)
            }
            RefundTo::GiftCard(code) => {
                self.require_new_code(code)?;
                let id = GiftCardId::from_u128(self.next_id());
                gift_card_open(id, code, currency, None, set);
                Some(id.into())
            }
        })
    }

    /// Returns what [`Shop::refund`] would give back. Writes nothing.
    ///
    /// Errors: those of [`Shop::refund`], but `key.reused`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::testing::parcel();
    /// let refusal = shop.refund_plan(placed.order.number, None).unwrap_err();
    /// assert_eq!(refusal.code(), "refund.too_large", "nothing was taken yet");
    ///
    /// shop.fulfill_ship(placed.order.number, &all)?;
    /// let plan = shop.refund_plan(placed.order.number, None)?;
    /// assert_eq!((plan.amount, plan.captured), (placed.order.total(), placed.order.total()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refund_plan(
        &self,
        number: OrderNumber,
        amount: Option<Money>,
    ) -> Result<RefundPlan, FlowError> {
        let view = self.order(number)?;
        let currency = view.order.quote.currency;
        let shares = shares_of_refund(&view.order, &view.drafts(), amount)?;
        let states = || view.payments.iter().map(Payment::state);
        let sum =
            |amounts: Vec<Money>| Money::checked_sum(amounts, currency).map_err(Rejection::from);
        Ok(RefundPlan {
            amount: sum(shares)?,
            captured: sum(states().map(|state| state.captured).collect())?,
            refunded: sum(states().map(|state| state.refunded).collect())?,
        })
    }

    /// Records that a person saw the money of a manual payment arrive: `amount`, or all that is owed. The same reference twice
    /// is one payment.
    ///
    /// Errors: `input.invalid` when the reference is blank, or stands for another amount already; `order.not_placed`;
    /// `amount.not_positive`, also when nothing is owed any more; `currency.wrong`; `key.reused`.
    ///
    /// ```
    /// use sutler_core::order::MoneyProgress;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "manual:transfer")?;
    ///
    /// let view = shop.mark_paid(placed.order.number, None, "bank 17", None)?;
    /// assert_eq!(view.progress.money, MoneyProgress::Paid);
    /// let again = shop.mark_paid(placed.order.number, None, "bank 17", None)?;
    /// assert_eq!(again.payments[0].facts, view.payments[0].facts, "the same reference, the same money");
    /// let refusal = shop.mark_paid(placed.order.number, None, "bank 18", None).unwrap_err();
    /// assert_eq!(refusal.code(), "amount.not_positive", "nothing is owed any more");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mark_paid(
        &self,
        number: OrderNumber,
        amount: Option<Money>,
        reference: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        let text = amount.map(|amount| amount.to_string());
        let content = HashInput::new("payment.mark_paid")
            .id(id.to_u128())
            .optional_text(text.as_deref())
            .text(reference)
            .finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: id.into() });
            let view = self.order_view(id)?;
            view.require_placed("marked as paid")?;
            let draft = view.drafts().into_iter().find(|draft| self.is_manual(draft.payment()));
            let mut draft =
                draft.ok_or_else(|| Rejection::not_found("manual payment of order", number))?;
            draft.receive(amount, reference, set.at)?;
            draft.write(set);
            Ok(())
        })?;
        self.order_view(id)
    }

    /// Takes all the money that is held for an order.
    ///
    /// Errors: `not_found`; `order.not_placed`; `key.reused`. What the provider says to it stands in the payment's tasks.
    ///
    /// ```
    /// use sutler_core::order::MoneyProgress;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let view = shop.capture(placed.order.number, None)?;
    /// assert_eq!(view.progress.money, MoneyProgress::Paid);
    /// let again = shop.capture(placed.order.number, None)?;
    /// assert_eq!(again.payments[0].state().captured, placed.order.total(), "there is no more to take");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capture(
        &self,
        number: OrderNumber,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        let content = HashInput::new("payment.capture").id(id.to_u128()).finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: id.into() });
            let view = self.order_view(id)?;
            view.require_placed("captured")?;
            for mut draft in view.drafts() {
                draft.capture(draft.payment().amount, set.at);
                draft.write(set);
            }
            Ok(())
        })?;
        self.run_order_tasks(id);
        self.order_view(id)
    }

    /// Makes every provider call that is due, in the order of due moments.
    ///
    /// Errors: failures of the store, and [`FlowError::Contended`]; what providers say is in the report.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// shop.capture(placed.order.number, None)?;
    /// let report = shop.run_payment_tasks()?;
    /// assert_eq!(report.done, 0, "the capture was tried at once, so nothing is due");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_payment_tasks(&self) -> Result<TaskReport, FlowError> {
        let mut report = TaskReport::default();
        loop {
            let due = self.store().payment_tasks_due(self.now(), 100)?;
            let last = due.len() < 100;
            for task in &due {
                report.count(self.run_task(task)?);
            }
            // A task that failed is due later, so the next reading finds others.
            if last {
                return Ok(report);
            }
        }
    }

    /// Makes the queued provider calls of one payment now, due or not.
    pub(crate) fn run_tasks_of(&self, payment: PaymentId) -> Result<TaskReport, FlowError> {
        let mut report = TaskReport::default();
        let mut tried = std::collections::BTreeSet::new();
        loop {
            // A call may queue another one: what was captured of a canceled order is to be refunded.
            let tasks = self.store().payment_tasks(payment)?;
            let next = tasks
                .into_iter()
                .find(|task| task.status == TaskStatus::Queued && !tried.contains(&task.key));
            let Some(task) = next else { return Ok(report) };
            report.count(self.run_task(&task)?);
            tried.insert(task.key);
        }
    }

    /// Makes one provider call and writes down what came of it.
    fn run_task(&self, task: &PaymentTask) -> Result<TaskReport, FlowError> {
        let (payment, _) = self.payment_with_tasks(task.payment)?;
        let answer = match self.provider(&payment.provider) {
            Ok(provider) => call(provider, &payment, task),
            Err(unknown) => Err(ProviderError::Unavailable { reason: unknown.to_string() }),
        };
        let settled = self.settle(|set| {
            let (payment, tasks) = self.payment_with_tasks(task.payment)?;
            let stored = tasks.iter().find(|known| known.key == task.key).cloned();
            let Some(task) = stored.filter(|known| known.status == TaskStatus::Queued) else {
                // Somebody else made the call and wrote it down; the key made it one call.
                return Ok(TaskReport { done: 1, ..TaskReport::default() });
            };
            // Read after the payment, whose version a cancellation raises: an order that is canceled later is noticed.
            let order = self
                .store()
                .order(payment.order)?
                .ok_or_else(|| Rejection::not_found("order", payment.order))?;
            let mut draft = PaymentDraft::new(payment, tasks);
            draft.answer(&task, &answer, order.status, set.at)?;
            draft.write(set);
            Ok(TaskReport::of(&task, &answer))
        })?;
        done(settled)
    }

    /// Returns a payment with its tasks. The payment is read first, so that its version guards what is decided on both.
    pub(crate) fn payment_with_tasks(
        &self,
        id: PaymentId,
    ) -> Result<(Payment, Vec<PaymentTask>), FlowError> {
        let payment =
            self.store().payment(id)?.ok_or_else(|| Rejection::not_found("payment", id))?;
        Ok((payment, self.store().payment_tasks(id)?))
    }

    /// Queues the capture that a shipment of this order makes due.
    pub(crate) fn capture_for(
        &self,
        order: &Order,
        drafts: Vec<PaymentDraft>,
        set: &mut ChangeSet,
    ) -> Result<(), FlowError> {
        let target = capture_target(order)?;
        let shares = capture_shares(target, &drafts);
        let due = drafts.into_iter().zip(shares);
        for (mut draft, share) in due.filter(|(draft, _)| !self.is_manual(draft.payment())) {
            draft.capture(share, set.at);
            draft.write(set);
        }
        Ok(())
    }
}

/// Makes the call; an unclear answer is looked up under the same key.
fn call(
    provider: &dyn PaymentProvider,
    payment: &Payment,
    task: &PaymentTask,
) -> Result<ProviderReply, ProviderError> {
    let request = ProviderRequest {
        key: task.key.clone(),
        amount: task.amount,
        method: payment.method.clone(),
        follows: task.follows(payment),
        order: payment.order.to_string(),
    };
    let verb = match task.kind {
        TaskKind::Capture => PaymentProvider::capture,
        TaskKind::Void => PaymentProvider::void,
        TaskKind::Refund => PaymentProvider::refund,
    };
    match verb(provider, &request) {
        Err(ProviderError::Unknown { reason }) => match provider.lookup(&task.key) {
            Ok(Lookup::Done(reply)) => Ok(reply),
            Ok(Lookup::Declined { reason }) => Err(ProviderError::Declined { reason }),
            _ => Err(ProviderError::Unknown { reason }),
        },
        answer => answer,
    }
}
