//! Finishing or undoing what a crash cut off. Safe to run at any time, as often as wanted, by several programs.
//!
//! Recovery has a lease, so that one program at a time looks keys up at providers and settles what they say; whatever it
//! writes is refused once another one took over. A buyer who comes back to a checkout settles it without the lease: the
//! version of its record keeps the two apart.

use sutler_core::change::{Change, ChangeSet};
use sutler_core::checkout::{self, Checkout, CheckoutMove, CheckoutStatus, Recovery, recovery};
use sutler_core::id::{CheckoutId, OrderId, PaymentId};
use sutler_core::order::OrderStatus;
use sutler_core::payment::{FactKind, PaymentDraft, PaymentFact};
use sutler_core::port::Lookup;
use sutler_core::rejection::Rejection;

use super::cart::done;
use super::checkout::{Outcome, Saga};
use super::payment::TaskReport;
use crate::{FlowError, Shop};

/// The lease of whoever recovers a shop.
const LEASE: &str = "recovery";

/// What recovery did.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let report = shop.recover()?;
/// assert_eq!((report.placed, report.unwound, report.waiting), (0, 0, 0));
/// let needs_a_person = !report.stuck.is_empty() || !report.refused.is_empty();
/// assert!(!needs_a_person);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RecoveryReport {
    /// Checkouts whose money was held: placed.
    pub placed: u32,
    /// Checkouts that were undone.
    pub unwound: u32,
    /// Checkouts that somebody may still be working on, or whose provider does not know yet: whether it holds the money, or
    /// whether it gives a hold late that nobody wants any more.
    pub waiting: u32,
    /// Checkouts that a person must look at.
    pub stuck: Vec<String>,
    /// Provider calls that the provider refused for good in this run: a person must look at them too.
    pub refused: Vec<String>,
    /// Provider calls that were due.
    pub tasks: TaskReport,
}

impl Shop {
    /// Settles every open checkout that nobody works on any more, and makes every provider call that is due.
    ///
    /// Errors: `lease.held` while another program recovers this shop, `lease.lost` when one took over; failures of the store,
    /// and [`FlowError::Contended`] over a provider call. A checkout that cannot be settled is named in the report.
    ///
    /// ```
    /// use sutler_engine::FlowError;
    /// # use std::sync::Arc;
    /// # let clock = Arc::new(sutler_engine::testing::HandClock::default());
    /// # let shop = sutler_engine::testing::shop_at(sutler_store_memory::MemoryStore::new(), clock.clone())?;
    /// # let command = sutler_engine::testing::command(&shop, "test:unknown")?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    ///
    /// // The provider does not say whether it holds the money: the stock stays held.
    /// assert!(matches!(shop.checkout(&command), Err(FlowError::PaymentOpen { .. })));
    /// assert_eq!(shop.recover()?.waiting, 1, "somebody may be working on it still");
    ///
    /// clock.advance(120);
    /// assert_eq!(shop.recover()?.unwound, 1, "asked again, it says that it came to nothing");
    /// assert_eq!(shop.stock_show(red)?.levels[0].1.available(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recover(&self) -> Result<RecoveryReport, FlowError> {
        let mut lease = self.lease(LEASE, checkout::LEASE_SECONDS)?;
        let tasks = lease.shop().run_payment_tasks()?;
        let mut report =
            RecoveryReport { refused: tasks.refusals.clone(), tasks, ..RecoveryReport::default() };
        let mut after = None;
        loop {
            let page = self.store().checkouts_open(after, 100)?;
            let Some(last) = page.last() else { return Ok(report) };
            after = Some(last.id);
            for record in page {
                let name = describe(&record);
                // Asking a provider may write nothing for a long time.
                lease.assure()?;
                // One checkout that cannot be settled must not keep the others from it.
                if let Err(error) = lease.shop().recover_one(record, &mut report) {
                    let is_lost = matches!(
                        error,
                        FlowError::Store(_) | FlowError::Refused(Rejection::LeaseLost { .. })
                    );
                    if is_lost {
                        return Err(error);
                    }
                    report.stuck.push(format!("{name} ({error})"));
                }
            }
        }
    }

    /// Settles one checkout, if nobody works on it any more.
    pub(crate) fn recover_one(
        &self,
        record: Checkout,
        report: &mut RecoveryReport,
    ) -> Result<(), FlowError> {
        match recovery(&record, self.now()) {
            Recovery::Nothing => {}
            Recovery::Wait { .. } => report.waiting += 1,
            Recovery::Person => report.stuck.push(describe(&record)),
            Recovery::LookUp => self.look_up_one(&record, report)?,
            Recovery::Unwind => {
                if !self.late_hold_is_settled(&record)? {
                    report.waiting += 1;
                    return Ok(());
                }
                match self.end_undo(record.order, false)? {
                    CheckoutStatus::Unwound => report.unwound += 1,
                    CheckoutStatus::Stuck => {
                        report.stuck.push(describe(&self.checkout_record(record.order)?))
                    }
                    _ => report.waiting += 1,
                }
            }
        }
        Ok(())
    }

    /// Looks whether the provider gave a hold after the checkout was undone for want of one, and has it dropped. Returns
    /// whether the undo need not wait for such a hold.
    fn late_hold_is_settled(&self, record: &Checkout) -> Result<bool, FlowError> {
        let Some(id) = record.payment else { return Ok(true) };
        let (payment, tasks) = self.payment_with_tasks(id)?;
        if !checkout::waits_for_late_hold(record, &tasks) {
            return Ok(true);
        }
        // Without its provider, a program cannot know.
        let Ok(provider) = self.provider(&payment.provider) else { return Ok(false) };
        match provider.lookup(&payment.authorize_key()) {
            Ok(Lookup::Done(reply)) => {
                let fact = PaymentFact {
                    kind: FactKind::Authorized,
                    amount: reply.amount,
                    reference: reply.reference,
                    at: self.now(),
                };
                self.drop_hold(id, &fact)?;
                Ok(true)
            }
            // It would have been refused: the key is used up.
            Ok(Lookup::Declined { .. }) => self.end_watch(record.order).map(|()| true),
            Ok(Lookup::NeverSeen) => Ok(checkout::late_hold_is_over(record, self.now())),
            Ok(Lookup::UnderWay) | Err(_) => Ok(false),
        }
    }

    /// Records a hold of a checkout that was undone, and has the provider drop it.
    pub(crate) fn drop_hold(&self, id: PaymentId, hold: &PaymentFact) -> Result<(), FlowError> {
        self.settle(|set| {
            let (payment, tasks) = self.payment_with_tasks(id)?;
            let mut draft = PaymentDraft::new(payment, tasks);
            // What is known already was given up already.
            if draft.record(hold.clone()) || draft.tasks().is_empty() {
                draft.void(set.at);
            }
            draft.write(set);
            Ok(())
        })?;
        if let Err(problem) = self.run_tasks_of(id) {
            tracing::warn!(payment = %id, %problem, "a late hold waits for recovery to drop it");
        }
        Ok(())
    }

    /// Ends an undo whose payment can never be held any more.
    fn end_watch(&self, order: OrderId) -> Result<(), FlowError> {
        self.move_checkout(order, |_, found| {
            let waits = found.status == CheckoutStatus::Unwinding;
            Ok(waits.then_some((CheckoutMove::Finish, None)))
        })?;
        Ok(())
    }

    fn look_up_one(&self, record: &Checkout, report: &mut RecoveryReport) -> Result<(), FlowError> {
        match Saga::resume(self, record)?.look_up()? {
            Some(Outcome::Placed(_)) => report.placed += 1,
            Some(Outcome::Unwound(_)) => report.unwound += 1,
            None if checkout::patience_is_over(record, self.now()) => {
                let problem =
                    "the provider has not said for a day whether it holds the money".to_owned();
                self.move_checkout(record.order, |_, found| {
                    let waits = found.status == CheckoutStatus::Authorizing;
                    Ok(waits.then(|| (CheckoutMove::GiveUp, Some(problem.clone()))))
                })?;
                report.stuck.push(describe(&self.checkout_record(record.order)?));
            }
            None => report.waiting += 1,
        }
        Ok(())
    }

    /// Has the provider drop the hold of an undone checkout, and ends its log record. The undo itself is committed, so what
    /// fails now is left to recovery.
    pub(crate) fn finish_unwinding(&self, order: OrderId, payment: PaymentId) {
        let ended = self.run_tasks_of(payment).and_then(|_| self.end_undo(order, false));
        if let Err(problem) = ended {
            tracing::warn!(%order, %problem, "the undo of this checkout waits for recovery");
        }
    }

    /// Ends an undo whose provider calls are all answered; returns where the checkout is then. A refused call ends it only
    /// where a person `insists`.
    fn end_undo(&self, order: OrderId, insists: bool) -> Result<CheckoutStatus, FlowError> {
        self.move_checkout(order, |shop, record| {
            let tasks = match record.payment {
                Some(payment) if record.status == CheckoutStatus::Unwinding => {
                    shop.store().payment_tasks(payment)?
                }
                _ => Vec::new(),
            };
            Ok(match checkout::undo_end(record, &tasks, shop.now()) {
                _ if record.status != CheckoutStatus::Unwinding => None,
                Some((CheckoutMove::GiveUp, problem)) if insists => {
                    Some((CheckoutMove::Finish, problem))
                }
                end => end,
            })
        })
    }

    /// Moves a log record as `decide` says; returns where it is then.
    fn move_checkout(
        &self,
        order: OrderId,
        decide: impl Fn(&Shop, &Checkout) -> Result<Option<(CheckoutMove, Option<String>)>, FlowError>,
    ) -> Result<CheckoutStatus, FlowError> {
        let settled = self.settle(|set| {
            let record = self.checkout_record(order)?;
            let Some((next, problem)) = decide(self, &record)? else { return Ok(record.status) };
            let moved = checkout::step(&record, next, problem, set.at)?;
            let status = moved.status;
            set.push(Change::Checkout(Box::new(moved)));
            Ok(status)
        })?;
        done(settled)
    }

    /// Ends a stuck checkout on a person's word that its payment is settled at the provider: what it still holds here is
    /// given back, its order is called off, and the provider is asked once more to drop the hold. A provider that refuses
    /// again does not keep the checkout stuck; one that is away is asked again by [`Shop::recover`]. Returns the log record.
    ///
    /// Errors: `not_found`; `move.illegal` when the checkout is not stuck.
    ///
    /// ```
    /// use sutler_core::checkout::CheckoutStatus;
    /// use sutler_core::port::SagaReader;
    /// # use std::sync::Arc;
    /// # let clock = Arc::new(sutler_engine::testing::HandClock::default());
    /// # let shop = sutler_engine::testing::shop_at(sutler_store_memory::MemoryStore::new(), clock.clone())?;
    /// # let command = sutler_engine::testing::command(&shop, "mute:card")?;
    ///
    /// // A provider that says nothing for a day leaves a checkout to people.
    /// assert_eq!(shop.checkout(&command).unwrap_err().code(), "payment.open");
    /// clock.advance(25 * 60 * 60);
    /// assert_eq!(shop.recover()?.stuck.len(), 1);
    ///
    /// let stuck = shop.store().checkouts_open(None, 10)?.remove(0);
    /// assert_eq!(shop.checkout_settle(stuck.id)?.status, CheckoutStatus::Unwound);
    /// let refusal = shop.checkout_settle(stuck.id).unwrap_err();
    /// assert_eq!(refusal.code(), "move.illegal", "it is settled already");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn checkout_settle(&self, id: CheckoutId) -> Result<Checkout, FlowError> {
        let settled = self.settle(|set| {
            let record =
                self.store().checkout(id)?.ok_or_else(|| Rejection::not_found("checkout", id))?;
            self.resume_undo(&record, set)?;
            Ok(record)
        })?;
        let record = done(settled)?;
        if let Some(payment) = record.payment
            && let Err(problem) = self.run_tasks_of(payment)
        {
            tracing::warn!(checkout = %id, %problem, "the hold of this checkout waits for recovery");
        }
        self.end_undo(record.order, true)?;
        self.checkout_record(record.order)
    }

    /// Takes the undo of a stuck checkout up again, from wherever it was left.
    fn resume_undo(&self, record: &Checkout, set: &mut ChangeSet) -> Result<(), FlowError> {
        set.push(Change::Checkout(Box::new(checkout::step(
            record,
            CheckoutMove::Resume,
            None,
            set.at,
        )?)));
        let order = self
            .store()
            .order(record.order)?
            .ok_or_else(|| Rejection::not_found("order", record.order))?;
        if order.status == OrderStatus::Pending {
            checkout::release_stock(record, set);
            checkout::cancel_order(&order, record.problem.as_deref().unwrap_or("stuck"), set)?;
        }
        checkout::return_credit(&self.store().payments(&[record.order])?, set);
        if let Some(payment) = record.payment {
            let (payment, tasks) = self.payment_with_tasks(payment)?;
            let mut draft = PaymentDraft::new(payment, tasks);
            draft.retry_voids(set.at);
            draft.void(set.at);
            draft.write(set);
        }
        Ok(())
    }
}

fn describe(record: &Checkout) -> String {
    format!(
        "{} of {}: {}",
        record.id,
        record.cart,
        record.problem.as_deref().unwrap_or("the provider's answer is unknown")
    )
}
