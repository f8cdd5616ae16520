//! A payment while one decision is being made on it.
//!
//! A decision often writes more than one thing about a payment: a task that is done, the fact it gave, the refund that has
//! to follow. Each write names the version before it, so somebody has to count; [`PaymentDraft`] does, and knows at each
//! moment how the payment will look. Deliberately absent: when to decide what, which is up to the flows.

use super::{FactKind, Payment, PaymentFact, PaymentStatus, PaymentTask, TaskKind, TaskStatus};
use super::{event, queued, refundable};
use crate::change::{Change, ChangeSet};
use crate::event::Event;
use crate::money::Money;
use crate::order::OrderStatus;
use crate::port::{ProviderError, ProviderReply};
use crate::rejection::Rejection;
use crate::status::Status as _;
use crate::time::Timestamp;

/// A payment with its tasks as they will be, and what has to be written for that.
///
/// ```
/// use sutler_core::change::ChangeSet;
/// use sutler_core::payment::{FactKind, PaymentDraft, PaymentFact};
/// # use sutler_core::id::{CommandId, OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::payment::Payment;
/// # use sutler_core::time::Timestamp;
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// # let now = Timestamp::from_millis(0);
/// # let payment = Payment {
/// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
/// #     amount: eur(1_000), facts: vec![], created_at: now, version: 1,
/// # };
///
/// let mut draft = PaymentDraft::new(payment, vec![]);
/// let reference = "hold-1".to_owned();
/// let held = PaymentFact { kind: FactKind::Authorized, amount: eur(1_000), reference, at: now };
/// assert!(draft.record(held.clone()));
/// assert!(!draft.record(held), "no news");
/// draft.capture(eur(400), now);
/// assert_eq!(draft.tasks()[0].amount, eur(400));
/// assert_eq!(draft.payment().version, 3, "each write names the version before it");
///
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// draft.write(&mut set);
/// assert_eq!((set.changes.len(), set.events.len()), (2, 1));
/// ```
#[derive(Clone, Debug)]
pub struct PaymentDraft {
    pub(super) payment: Payment,
    tasks: Vec<PaymentTask>,
    pub(super) changes: Vec<Change>,
    pub(super) events: Vec<Event>,
}

impl PaymentDraft {
    /// Starts from what was read.
    pub fn new(payment: Payment, tasks: Vec<PaymentTask>) -> Self {
        Self { payment, tasks, changes: Vec::new(), events: Vec::new() }
    }

    /// Returns the payment as it will be.
    pub fn payment(&self) -> &Payment {
        &self.payment
    }

    /// Returns its tasks as they will be.
    pub fn tasks(&self) -> &[PaymentTask] {
        &self.tasks
    }

    /// Returns what may still be given back, queued refunds counted as given.
    pub fn refundable(&self) -> Money {
        refundable(&self.payment, &self.tasks)
    }

    /// Adds what has to be written to a set.
    pub fn write(self, set: &mut ChangeSet) {
        set.changes.extend(self.changes);
        set.events.extend(self.events);
    }

    /// Records what a provider told, with its event; returns whether it was news. A fact that is there already is not told
    /// again.
    pub fn record(&mut self, fact: PaymentFact) -> bool {
        let known = self
            .payment
            .facts
            .iter()
            .any(|known| (known.kind, &known.reference) == (fact.kind, &fact.reference));
        if !known {
            self.add(fact, None);
        }
        !known
    }

    pub(super) fn add(&mut self, fact: PaymentFact, payment_version: Option<u64>) {
        self.events.push(event(&self.payment, &fact));
        self.changes.push(Change::PaymentFact {
            payment: self.payment.id,
            fact: fact.clone(),
            payment_version,
        });
        self.payment.facts.push(fact);
        self.payment.version += 1;
    }

    /// Records money that a person saw arrive: `amount`, or all that is owed. Decided on what was owed, so nobody may have
    /// recorded any meanwhile. The same reference with the same amount is the same money.
    ///
    /// Errors: `input.invalid` when the reference is blank or stands for another amount already; `currency.wrong`;
    /// `amount.not_positive`, also when nothing is owed any more.
    ///
    /// ```
    /// # use sutler_core::id::{OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::payment::{Payment, PaymentDraft};
    /// # use sutler_core::time::Timestamp;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// # let now = Timestamp::from_millis(0);
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "manual".to_owned(), method: "bank".to_owned(),
    /// #     amount: eur(1_000), facts: vec![], created_at: now, version: 1,
    /// # };
    /// let mut owed = PaymentDraft::new(payment, vec![]);
    /// owed.receive(Some(eur(400)), "bank 17", now)?;
    /// owed.receive(Some(eur(400)), "bank 17", now)?;
    /// assert_eq!(owed.payment().state().captured, eur(400), "the same money, once");
    /// let refused = owed.receive(Some(eur(500)), "bank 17", now);
    /// assert_eq!(refused.map_err(|why| why.code()), Err("input.invalid"));
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn receive(
        &mut self,
        amount: Option<Money>,
        reference: &str,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let bad = |why: String| Rejection::BadInput {
            what: "reference",
            given: reference.to_owned(),
            why,
        };
        if reference.trim().is_empty() {
            return Err(
                bad("is blank: give the number of the receipt or bank transfer".to_owned()),
            );
        }
        let known =
            |fact: &&PaymentFact| fact.kind == FactKind::Captured && fact.reference == reference;
        if let Some(known) = self.payment.facts.iter().find(known) {
            return match amount {
                Some(other) if other != known.amount => Err(bad(format!(
                    "stands for {} already: give the number of the other receipt",
                    known.amount
                ))),
                _ => Ok(()),
            };
        }
        let currency = self.payment.amount.currency();
        let owed = self.payment.amount.checked_sub(self.payment.state().captured)?;
        let amount = amount.unwrap_or(owed);
        if amount.currency() != currency {
            return Err(Rejection::WrongCurrency {
                given: amount.to_string(),
                wanted: currency.code().to_owned(),
            });
        }
        if amount.minor() <= 0 {
            return Err(Rejection::AmountNotPositive { given: amount, verb: "mark as paid" });
        }
        let fact = PaymentFact {
            kind: FactKind::Captured,
            amount,
            reference: reference.to_owned(),
            at: now,
        };
        self.add(fact, Some(self.payment.version));
        Ok(())
    }

    /// Writes a task, new or known.
    fn put(&mut self, task: PaymentTask) {
        self.changes.push(Change::PaymentTask {
            task: task.clone(),
            payment_version: self.payment.version,
        });
        self.payment.version += 1;
        match self.tasks.iter_mut().find(|known| known.key == task.key) {
            Some(known) => *known = task,
            None => self.tasks.push(task),
        }
    }

    fn queue(&mut self, kind: TaskKind, amount: Money, of_capture: Option<usize>, now: Timestamp) {
        if let Some(credit) = self.payment.credit() {
            return self.settle(kind, amount, credit, now);
        }
        let number = self.tasks.iter().filter(|task| task.kind == kind).count() + 1;
        let key = PaymentTask::key(self.payment.id, kind, number, of_capture);
        let payment = self.payment.id;
        self.put(PaymentTask {
            key,
            payment,
            kind,
            amount,
            status: TaskStatus::Queued,
            attempts: 0,
            due_at: now,
            last_error: None,
        });
    }

    /// Queues taking held money so that `target` in all is taken; nothing when that much is taken or queued already, or
    /// nothing is held. Money that was given back was taken all the same.
    pub fn capture(&mut self, target: Money, now: Timestamp) {
        let state = self.payment.state();
        let under_way = queued(&self.tasks, TaskKind::Capture);
        let missing =
            target.minor().saturating_sub(state.captured.minor()).saturating_sub(under_way);
        let missing = missing.min(state.held().minor().saturating_sub(under_way));
        if missing > 0 {
            self.queue(TaskKind::Capture, Money::from_minor(missing, target.currency()), None, now);
        }
    }

    /// Queues dropping a hold; nothing when nothing is held, or it is queued or being taken.
    ///
    /// A pending payment may be held at the provider without our knowing, so it is voided too, unless it is manual (the
    /// caller knows).
    ///
    /// ```
    /// # use sutler_core::id::{OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact, TaskKind};
    /// # use sutler_core::time::Timestamp;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// # let now = Timestamp::from_millis(0);
    /// # let held = PaymentFact { kind: FactKind::Authorized, amount: eur(1_000), reference: "a".to_owned(), at: now };
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
    /// #     amount: eur(1_000), facts: vec![held], created_at: now, version: 2,
    /// # };
    /// let mut draft = PaymentDraft::new(payment, vec![]);
    /// draft.void(now);
    /// draft.void(now);
    /// let kinds: Vec<TaskKind> = draft.tasks().iter().map(|task| task.kind).collect();
    /// assert_eq!(kinds, [TaskKind::Void], "once");
    /// ```
    pub fn void(&mut self, now: Timestamp) {
        let state = self.payment.state();
        let unheard = state.status == PaymentStatus::Pending && self.payment.credit().is_none();
        let held = state.held().minor() > 0 || unheard;
        let legal = state.status.after(FactKind::Voided).is_ok();
        let free =
            queued(&self.tasks, TaskKind::Void) == 0 && queued(&self.tasks, TaskKind::Capture) == 0;
        if held && legal && free {
            self.queue(TaskKind::Void, self.payment.amount, None, now);
        }
    }

    /// Queues giving taken money back, one task for each capture that it comes from, the oldest first.
    ///
    /// Errors: `refund.too_large` when less is left than asked, queued refunds counted as given; `amount.not_positive`;
    /// `currency.wrong`.
    ///
    /// ```
    /// # use sutler_core::id::{OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact};
    /// # use sutler_core::time::Timestamp;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// # let now = Timestamp::from_millis(0);
    /// # let captured = |minor, reference: &str| PaymentFact {
    /// #     kind: FactKind::Captured, amount: eur(minor), reference: reference.to_owned(), at: now,
    /// # };
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
    /// #     amount: eur(1_000), facts: vec![captured(600, "c1"), captured(400, "c2")], created_at: now, version: 3,
    /// # };
    /// let mut paid_in_two = PaymentDraft::new(payment, vec![]);
    /// paid_in_two.refund(eur(700), now)?;
    /// let amounts: Vec<i64> = paid_in_two.tasks().iter().map(|task| task.amount.minor()).collect();
    /// assert_eq!(amounts, [600, 100], "the oldest capture first");
    /// assert_eq!(paid_in_two.refundable(), eur(300));
    /// let refused = paid_in_two.refund(eur(301), now);
    /// assert_eq!(refused.map_err(|why| why.code()), Err("refund.too_large"));
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn refund(&mut self, amount: Money, now: Timestamp) -> Result<(), Rejection> {
        if let Some(credit) = self.payment.credit() {
            return self.refund_to(credit, amount, now);
        }
        self.require_refundable(amount)?;
        let currency = amount.currency();
        let mut missing = amount.minor();
        let captures =
            self.payment.facts.iter().filter(|fact| fact.kind == FactKind::Captured).count();
        for capture in 1..=captures {
            // What refunds of other origin took is not known by capture, so the last one stands in for what is missing.
            let left = if capture == captures { missing } else { self.left_of_capture(capture) };
            let share = missing.min(left);
            if share > 0 {
                self.queue(
                    TaskKind::Refund,
                    Money::from_minor(share, currency),
                    Some(capture),
                    now,
                );
                missing -= share;
            }
        }
        Ok(())
    }

    /// Refuses what [`PaymentDraft::refund`] refuses.
    pub(super) fn require_refundable(&self, amount: Money) -> Result<(), Rejection> {
        let currency = self.payment.amount.currency();
        if amount.currency() != currency {
            return Err(Rejection::WrongCurrency {
                given: amount.to_string(),
                wanted: currency.code().to_owned(),
            });
        }
        if amount.minor() <= 0 {
            return Err(Rejection::AmountNotPositive { given: amount, verb: "refund" });
        }
        let refundable = self.refundable();
        if amount.minor() > refundable.minor() {
            return Err(Rejection::RefundTooLarge { requested: amount, refundable });
        }
        Ok(())
    }

    /// What the n-th capture (from 1) has left after the refunds that were asked of it.
    fn left_of_capture(&self, capture: usize) -> i64 {
        let mut captures = self.payment.facts.iter().filter(|fact| fact.kind == FactKind::Captured);
        let taken = captures.nth(capture - 1).map_or(0, |fact| fact.amount.minor());
        let given = self
            .tasks
            .iter()
            .filter(|task| task.status != TaskStatus::Refused && task.capture() == Some(capture));
        given.fold(taken, |left, task| left.saturating_sub(task.amount.minor())).max(0)
    }

    /// Queues giving up all money of an order that was called off: what was taken is refunded, what is held is dropped.
    /// While a capture is under way it is left alone; whoever records its answer calls this again.
    ///
    /// Errors: as [`PaymentDraft::refund`].
    ///
    /// ```
    /// # use sutler_core::id::{OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact, TaskKind};
    /// # use sutler_core::time::Timestamp;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// # let now = Timestamp::from_millis(0);
    /// # let payment = |kind| {
    /// #     let fact = PaymentFact { kind, amount: eur(1_000), reference: "x".to_owned(), at: now };
    /// #     Payment {
    /// #         id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(),
    /// #         method: "ok".to_owned(), amount: eur(1_000), facts: vec![fact], created_at: now, version: 2,
    /// #     }
    /// # };
    /// for (told, asked) in
    ///     [(FactKind::Captured, TaskKind::Refund), (FactKind::Authorized, TaskKind::Void)]
    /// {
    ///     let mut draft = PaymentDraft::new(payment(told), vec![]);
    ///     draft.give_up(now)?;
    ///     assert_eq!(draft.tasks()[0].kind, asked);
    /// }
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn give_up(&mut self, now: Timestamp) -> Result<(), Rejection> {
        let refundable = self.refundable();
        if refundable.minor() > 0 {
            return self.refund(refundable, now);
        }
        self.void(now);
        Ok(())
    }

    /// Writes queued captures unchanged, so that whoever records an answer to one decided before this notices: the order
    /// was canceled meanwhile.
    pub fn touch_captures(&mut self) {
        let under_way = |task: &&PaymentTask| {
            task.kind == TaskKind::Capture && task.status == TaskStatus::Queued
        };
        let captures: Vec<PaymentTask> = self.tasks.iter().filter(under_way).cloned().collect();
        captures.into_iter().for_each(|task| self.put(task));
    }

    /// Queues a void that the provider refused once more.
    ///
    /// ```
    /// # use sutler_core::id::{OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// use sutler_core::order::OrderStatus;
    /// # use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact};
    /// use sutler_core::payment::TaskStatus;
    /// use sutler_core::port::ProviderError;
    /// # use sutler_core::time::Timestamp;
    /// # let now = Timestamp::from_millis(0);
    /// # let amount = Money::from_minor(1_000, Currency::EUR);
    /// # let held = PaymentFact { kind: FactKind::Authorized, amount, reference: "a".to_owned(), at: now };
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
    /// #     amount, facts: vec![held], created_at: now, version: 2,
    /// # };
    /// # let mut draft = PaymentDraft::new(payment, vec![]);
    ///
    /// draft.void(now);
    /// let declined = Err(ProviderError::Declined { reason: "call us".to_owned() });
    /// draft.answer(&draft.tasks()[0].clone(), &declined, OrderStatus::Canceled, now)?;
    /// assert_eq!(draft.tasks()[0].status, TaskStatus::Refused);
    /// draft.retry_voids(now);
    /// assert_eq!(draft.tasks()[0].status, TaskStatus::Queued);
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn retry_voids(&mut self, now: Timestamp) {
        let refused =
            |task: &&PaymentTask| task.kind == TaskKind::Void && task.status == TaskStatus::Refused;
        let voids: Vec<PaymentTask> = self.tasks.iter().filter(refused).cloned().collect();
        voids.into_iter().for_each(|task| {
            self.put(PaymentTask { status: TaskStatus::Queued, due_at: now, ..task })
        });
    }

    /// Writes what a provider answered to a task, and what has to follow for the sake of an order that is called off by now:
    /// what a capture took is refunded, and what a capture could not take is dropped.
    ///
    /// Errors: as [`PaymentDraft::give_up`].
    ///
    /// ```
    /// # use sutler_core::id::{OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// use sutler_core::order::OrderStatus;
    /// # use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact};
    /// use sutler_core::payment::{TaskKind, TaskStatus};
    /// use sutler_core::port::{ProviderError, ProviderReply};
    /// # use sutler_core::time::Timestamp;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// # let now = Timestamp::from_millis(0);
    /// # let held = PaymentFact { kind: FactKind::Authorized, amount: eur(1_000), reference: "a".to_owned(), at: now };
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
    /// #     amount: eur(1_000), facts: vec![held], created_at: now, version: 2,
    /// # };
    /// # let mut draft = PaymentDraft::new(payment, vec![]);
    ///
    /// draft.capture(eur(1_000), now);
    /// let task = draft.tasks()[0].clone();
    /// let away = Err(ProviderError::Unavailable { reason: "no route".to_owned() });
    /// draft.answer(&task, &away, OrderStatus::Placed, now)?;
    /// assert_eq!(draft.tasks()[0].due_at, now.plus_seconds(2), "tried again after a pause");
    ///
    /// // The order is canceled meanwhile: whoever decided so saw to it that a late answer is noticed.
    /// draft.touch_captures();
    /// let taken = Ok(ProviderReply { reference: "c-1".to_owned(), amount: eur(1_000) });
    /// draft.answer(&task, &taken, OrderStatus::Canceled, now)?;
    /// assert_eq!((draft.tasks()[0].status, draft.tasks()[1].kind), (TaskStatus::Done, TaskKind::Refund));
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn answer(
        &mut self,
        task: &PaymentTask,
        answer: &Result<ProviderReply, ProviderError>,
        order: OrderStatus,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        match answer {
            Ok(reply) => self.done(task, reply, now),
            Err(error) => self.failed(task, error, now),
        }
        let over = answer.is_ok() || matches!(answer, Err(ProviderError::Declined { .. }));
        if over && order == OrderStatus::Canceled && task.kind == TaskKind::Capture {
            return self.give_up(now);
        }
        Ok(())
    }

    /// The task as done, and the fact that it gave.
    fn done(&mut self, task: &PaymentTask, reply: &ProviderReply, now: Timestamp) {
        self.put(PaymentTask {
            status: TaskStatus::Done,
            attempts: task.attempts + 1,
            last_error: None,
            ..task.clone()
        });
        self.record(PaymentFact {
            kind: task.kind.fact(),
            amount: reply.amount,
            reference: reply.reference.clone(),
            at: now,
        });
    }

    /// The task as due again after a pause that doubles up to an hour, or as refused for good.
    fn failed(&mut self, task: &PaymentTask, error: &ProviderError, now: Timestamp) {
        let attempts = task.attempts + 1;
        let pause_seconds = 2_u32.saturating_pow(attempts.min(11)).min(3_600);
        let refused = matches!(error, ProviderError::Declined { .. });
        self.put(PaymentTask {
            status: if refused { TaskStatus::Refused } else { TaskStatus::Queued },
            attempts,
            due_at: now.plus_seconds(pause_seconds),
            last_error: Some(task.problem(error)),
            ..task.clone()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrderId, PaymentId};
    use crate::money::Currency;
    use crate::testing::moment;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn fact(kind: FactKind, minor: i64, reference: &str) -> PaymentFact {
        PaymentFact { kind, amount: eur(minor), reference: reference.to_owned(), at: moment(0) }
    }

    fn draft(facts: &[PaymentFact]) -> PaymentDraft {
        let payment = Payment {
            id: PaymentId::from_u128(1),
            order: OrderId::from_u128(2),
            provider: "test".to_owned(),
            method: "ok".to_owned(),
            amount: eur(1_000),
            facts: facts.to_vec(),
            created_at: moment(0),
            version: 3,
        };
        PaymentDraft::new(payment, Vec::new())
    }

    fn held() -> PaymentDraft {
        draft(&[fact(FactKind::Authorized, 1_000, "a")])
    }

    /// What is asked of the provider: verb and amount of each queued task.
    fn asked(draft: &PaymentDraft) -> Vec<(&'static str, i64)> {
        let queued = draft.tasks().iter().filter(|task| task.status == TaskStatus::Queued);
        queued.map(|task| (task.kind.word(), task.amount.minor())).collect()
    }

    #[track_caller]
    fn first(draft: &PaymentDraft) -> PaymentTask {
        draft.tasks()[0].clone()
    }

    fn reply(minor: i64, reference: &str) -> Result<ProviderReply, ProviderError> {
        Ok(ProviderReply { reference: reference.to_owned(), amount: eur(minor) })
    }

    fn declined() -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Declined { reason: "no".to_owned() })
    }

    #[test]
    fn each_write_names_the_version_before_it() {
        let mut draft = held();
        draft.capture(eur(400), moment(1));
        let task = first(&draft);
        draft.answer(&task, &reply(400, "c"), OrderStatus::Canceled, moment(1)).expect("legal");
        let mut set = ChangeSet::new(moment(1), crate::id::CommandId::from_u128(1));
        let version = draft.payment().version;
        draft.write(&mut set);
        let named = set.changes.iter().filter_map(|change| match change {
            Change::PaymentTask { payment_version, .. } => Some(*payment_version),
            _ => None,
        });
        assert_eq!(named.collect::<Vec<_>>(), [3, 4, 6], "the fact between raised it too");
        assert_eq!((version, set.events.len()), (7, 1));
    }

    #[test]
    fn a_fact_is_told_once() {
        let mut draft = held();
        assert!(!draft.record(fact(FactKind::Authorized, 1_000, "a")));
        assert!(draft.record(fact(FactKind::Captured, 1_000, "c")));
        assert!(!draft.record(fact(FactKind::Captured, 1_000, "c")));
        assert_eq!((draft.payment().version, draft.events.len()), (4, 1));
    }

    #[test]
    fn money_that_a_person_saw_is_recorded_once_and_only_while_some_is_owed() {
        let mut owed = draft(&[]);
        owed.receive(Some(eur(400)), "bank 17", moment(1)).expect("owed");
        owed.receive(Some(eur(400)), "bank 17", moment(2)).expect("the same money");
        owed.receive(None, "bank 17", moment(2)).expect("the same money");
        let refused = |draft: &mut PaymentDraft, amount, reference| {
            draft.receive(amount, reference, moment(3)).map_err(|refusal| refusal.code())
        };
        assert_eq!(refused(&mut owed, Some(eur(500)), "bank 17"), Err("input.invalid"));
        assert_eq!(refused(&mut owed, None, " "), Err("input.invalid"));
        assert_eq!(
            refused(&mut owed, Some(Money::from_minor(1, Currency::USD)), "x"),
            Err("currency.wrong")
        );
        owed.receive(None, "bank 18", moment(3)).expect("owed");
        assert_eq!(owed.payment().state().captured, eur(1_000));
        assert_eq!(refused(&mut owed, None, "bank 19"), Err("amount.not_positive"));
        let versions = owed.changes.iter().map(|change| match change {
            Change::PaymentFact { payment_version, .. } => *payment_version,
            _ => None,
        });
        assert_eq!(versions.collect::<Vec<_>>(), [Some(3), Some(4)]);
    }

    #[test]
    fn queued_refunds_count_as_given() {
        let mut paid =
            draft(&[fact(FactKind::Authorized, 1_000, "a"), fact(FactKind::Captured, 1_000, "c")]);
        paid.refund(eur(700), moment(1)).expect("enough");
        assert_eq!(first(&paid).key, format!("{}:refund:1@1", paid.payment().id));
        let refused = paid.refund(eur(301), moment(2));
        assert_eq!(
            refused,
            Err(Rejection::RefundTooLarge { requested: eur(301), refundable: eur(300) })
        );
        paid.refund(eur(300), moment(2)).expect("enough");
        assert_eq!(asked(&paid), [("refund", 700), ("refund", 300)]);
        assert!(matches!(paid.refund(eur(0), moment(2)), Err(Rejection::AmountNotPositive { .. })));
    }

    #[test]
    fn a_refund_is_split_over_the_captures_it_comes_from() {
        let facts = [
            fact(FactKind::Authorized, 1_000, "a"),
            fact(FactKind::Captured, 600, "c1"),
            fact(FactKind::Captured, 400, "c2"),
        ];
        let mut paid = draft(&facts);
        paid.refund(eur(100), moment(1)).expect("enough");
        paid.refund(eur(700), moment(2)).expect("enough");
        let follows =
            paid.tasks().iter().map(|task| (task.amount.minor(), task.follows(paid.payment())));
        let expected =
            [(100, "c1"), (500, "c1"), (200, "c2")].map(|(minor, name)| (minor, name.to_owned()));
        assert_eq!(follows.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_capture_takes_what_is_missing_and_held_and_no_more() {
        let mut draft_held = held();
        draft_held.capture(eur(400), moment(1));
        draft_held.capture(eur(2_000), moment(1));
        assert_eq!(asked(&draft_held), [("capture", 400), ("capture", 600)]);
        let mut unknown = draft(&[]);
        unknown.capture(eur(400), moment(1));
        let mut dropped =
            draft(&[fact(FactKind::Authorized, 1_000, "a"), fact(FactKind::Voided, 1_000, "v")]);
        dropped.capture(eur(400), moment(1));
        assert_eq!((asked(&unknown), asked(&dropped)), (vec![], vec![]));
    }

    #[test]
    fn what_is_still_held_is_taken_although_all_that_was_taken_went_back() {
        let mut returned = draft(&[
            fact(FactKind::Authorized, 1_000, "a"),
            fact(FactKind::Captured, 400, "c"),
            fact(FactKind::Refunded, 400, "r"),
        ]);
        returned.capture(eur(1_000), moment(1));
        assert_eq!(asked(&returned), [("capture", 600)]);
    }

    #[test]
    fn a_hold_is_voided_once_and_taken_money_never() {
        let mut hold = held();
        hold.void(moment(1));
        hold.void(moment(1));
        assert_eq!(asked(&hold), [("void", 1_000)]);
        let mut taken = draft(&[fact(FactKind::Captured, 1_000, "c")]);
        taken.void(moment(1));
        assert_eq!(asked(&taken), []);
        let mut unheard = draft(&[]);
        unheard.void(moment(1));
        assert_eq!(asked(&unheard), [("void", 1_000)], "a hold that we did not hear of");
        let mut late =
            draft(&[fact(FactKind::Failed, 1_000, "f"), fact(FactKind::Authorized, 1_000, "a")]);
        late.void(moment(1));
        assert_eq!(asked(&late), [("void", 1_000)], "a hold that came after we gave up");
    }

    #[test]
    fn the_money_of_a_canceled_order_goes_back_whatever_its_capture_came_to() {
        for (answer, expected) in
            [(reply(1_000, "c"), ("refund", 1_000)), (declined(), ("void", 1_000))]
        {
            let mut draft = held();
            draft.capture(eur(1_000), moment(1));
            draft.give_up(moment(1)).expect("legal");
            assert_eq!(
                asked(&draft),
                [("capture", 1_000)],
                "nothing is decided while the capture is under way"
            );
            let task = first(&draft);
            draft.answer(&task, &answer, OrderStatus::Canceled, moment(2)).expect("legal");
            assert_eq!(asked(&draft), [expected]);
            let mut stands = held();
            stands.capture(eur(1_000), moment(1));
            stands.answer(&task, &answer, OrderStatus::Placed, moment(2)).expect("legal");
            assert_eq!(asked(&stands), []);
        }
    }

    #[test]
    fn a_failed_try_waits_longer_each_time_or_gives_up() {
        let mut draft = held();
        draft.void(moment(0));
        let away = Err(ProviderError::Unavailable { reason: "no route".to_owned() });
        let task = first(&draft);
        draft.answer(&task, &away, OrderStatus::Canceled, moment(0)).expect("legal");
        let again = first(&draft);
        assert_eq!(
            (again.status, again.attempts, again.due_at),
            (TaskStatus::Queued, 1, moment(2))
        );
        draft.answer(&again, &declined(), OrderStatus::Canceled, moment(0)).expect("legal");
        let over = first(&draft);
        assert_eq!((over.status, over.attempts), (TaskStatus::Refused, 2));
        draft.retry_voids(moment(9));
        assert_eq!((first(&draft).status, first(&draft).due_at), (TaskStatus::Queued, moment(9)));
    }
}
