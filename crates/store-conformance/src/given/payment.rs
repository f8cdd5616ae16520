//! Payments, facts and tasks.

use sutler_core::change::Change;
use sutler_core::id::PaymentId;
use sutler_core::order::Order;
use sutler_core::payment::{FactKind, Payment, PaymentFact, PaymentTask, TaskKind, TaskStatus};
use sutler_core::port::Store;

use super::{NOW, World, after, eur};
use crate::then::committed;

/// Returns something that a provider told us.
pub fn fact(kind: FactKind, minor: i64, reference: &str) -> PaymentFact {
    PaymentFact { kind, amount: eur(minor), reference: reference.to_owned(), at: after(9) }
}

/// Returns the change that tells a fact of a payment.
pub fn told(payment: PaymentId, fact: PaymentFact) -> Change {
    Change::PaymentFact { payment, fact, payment_version: None }
}

/// Returns the change that tells a fact, decided on a version of the payment.
pub fn decided(payment: PaymentId, fact: PaymentFact, payment_version: u64) -> Change {
    Change::PaymentFact { payment, fact, payment_version: Some(payment_version) }
}

/// Returns a queued task that is due at once.
pub fn task(payment: PaymentId, kind: TaskKind, number: u32) -> PaymentTask {
    PaymentTask {
        key: format!("{payment}:{}:{number}", kind.word()),
        payment,
        kind,
        amount: eur(500),
        status: TaskStatus::Queued,
        attempts: 0,
        due_at: NOW,
        last_error: None,
    }
}

/// Returns the change that writes a task, decided on a version of the payment.
pub fn queued(task: &PaymentTask, payment_version: u64) -> Change {
    Change::PaymentTask { task: task.clone(), payment_version }
}

impl World {
    /// Returns a payment of an order that nobody has heard about yet.
    pub fn payment(&self, order: &Order) -> Payment {
        Payment {
            id: PaymentId::from_u128(self.id()),
            order: order.id,
            provider: "test".to_owned(),
            method: "tok_ok".to_owned(),
            amount: order.total(),
            facts: Vec::new(),
            created_at: NOW,
            version: 1,
        }
    }

    /// Writes an order with a payment; returns the payment.
    pub fn new_payment(&self, store: &dyn Store) -> Payment {
        let payment = self.payment(&self.new_order(store));
        committed(store, self.set_of([Change::PaymentOpened(payment.clone())]));
        payment
    }
}
