//! Moving money after placement: tasks for providers, and money that a person saw arrive.

use sutler_core::change::{ChangeSet, Idempotency, IdempotencyKey};
use sutler_core::hash::HashInput;
use sutler_core::id::PaymentId;
use sutler_core::money::Money;
use sutler_core::order::{Order, OrderNumber, capture_target};
use sutler_core::payment::{
    Payment, PaymentDraft, PaymentTask, TaskKind, TaskStatus, capture_shares,
};
use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};
use sutler_core::rejection::Rejection;

use super::cart::done;
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
/// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
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

impl Shop {
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
