//! Payments with their facts, and tasks for providers.

use std::sync::Arc;

use sutler_core::id::PaymentId;
use sutler_core::payment::{Payment, PaymentFact, PaymentTask, TaskStatus};
use sutler_core::rejection::Rejection;

use crate::state::{Applied, State, Stop, guard_version};

impl State {
    /// Opens a payment.
    pub(crate) fn open_payment(&mut self, payment: Payment) -> Applied {
        let stored = self.payments.get(&payment.id).map(|stored| stored.version);
        guard_version(stored, payment.version, payment.id)?;
        // Of a payment that is there already only facts and tasks change.
        if stored.is_some() {
            return Err(Stop::Conflict(payment.id.into()));
        }
        Arc::make_mut(&mut self.payments).insert(payment.id, Arc::new(payment));
        Ok(())
    }

    /// Appends a fact, once; where a version is given, only to that version of the payment.
    pub(crate) fn add_payment_fact(
        &mut self,
        id: PaymentId,
        fact: PaymentFact,
        payment_version: Option<u64>,
    ) -> Applied {
        let payment = Arc::make_mut(&mut self.payments).get_mut(&id);
        let payment = Arc::make_mut(payment.ok_or_else(|| Rejection::not_found("payment", id))?);
        if payment_version.is_some_and(|version| version != payment.version) {
            return Err(Stop::Conflict(id.into()));
        }
        let is_it =
            |known: &PaymentFact| known.kind == fact.kind && known.reference == fact.reference;
        if !payment.facts.iter().any(is_it) {
            payment.facts.push(fact);
            payment.version += 1;
        }
        Ok(())
    }

    /// Writes a provider task; it takes its turn by the version of the payment.
    pub(crate) fn put_payment_task(&mut self, task: PaymentTask, payment_version: u64) -> Applied {
        let payment = Arc::make_mut(&mut self.payments).get_mut(&task.payment);
        let payment = payment.filter(|payment| payment.version == payment_version);
        let payment = payment.ok_or(Stop::Conflict(task.payment.into()))?;
        let known = self.payment_tasks.get(&task.key);
        if known.is_none_or(|known| known.status != TaskStatus::Done) {
            Arc::make_mut(payment).version += 1;
            Arc::make_mut(&mut self.payment_tasks).insert(task.key.clone(), task);
        }
        Ok(())
    }
}
