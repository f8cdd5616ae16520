//! Payments, facts and tasks.

use sutler_core::change::Change;
use sutler_core::id::PaymentId;
use sutler_core::order::Order;
use sutler_core::payment::{FactKind, Payment, PaymentFact, PaymentTask, TaskKind, TaskStatus};
use sutler_core::port::Store;

use super::{NOW, World, after, eur};
use crate::then::committed;

/// Returns something that a provider told us.
///
/// ```
/// use sutler_core::payment::FactKind;
/// use sutler_store_conformance::given::payment::fact;
///
/// let held = fact(FactKind::Authorized, 1_990, "hold-1");
/// assert_eq!(held.amount.to_string(), "19.90 EUR");
/// ```
pub fn fact(kind: FactKind, minor: i64, reference: &str) -> PaymentFact {
    PaymentFact { kind, amount: eur(minor), reference: reference.to_owned(), at: after(9) }
}

/// Returns the change that tells a fact of a payment.
///
/// ```
/// use sutler_core::payment::FactKind;
/// use sutler_core::port::OrderReader;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::payment::{fact, told};
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let payment = world.new_payment(&store);
/// let held = told(payment.id, fact(FactKind::Authorized, 1_990, "hold-1"));
/// committed(&store, world.set_of([held.clone()]));
/// committed(&store, world.set_of([held]));
/// let stored = store.payment(payment.id)?.expect("it was opened");
/// assert_eq!(stored.facts.len(), 1, "a fact that is told twice is one fact");
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub fn told(payment: PaymentId, fact: PaymentFact) -> Change {
    Change::PaymentFact { payment, fact, payment_version: None }
}

/// Returns the change that tells a fact, decided on a version of the payment.
///
/// ```
/// use sutler_core::payment::FactKind;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::payment::{decided, fact, told};
/// use sutler_store_conformance::then::{committed, conflict};
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let payment = world.new_payment(&store);
/// let stale = decided(payment.id, fact(FactKind::Captured, 1_990, "cap-1"), payment.version);
/// committed(&store, world.set_of([told(payment.id, fact(FactKind::Authorized, 1_990, "hold-1"))]));
/// assert_eq!(conflict(&store, world.set_of([stale])), payment.id.into());
/// ```
pub fn decided(payment: PaymentId, fact: PaymentFact, payment_version: u64) -> Change {
    Change::PaymentFact { payment, fact, payment_version: Some(payment_version) }
}

/// Returns a queued task that is due at once.
///
/// ```
/// use sutler_core::id::PaymentId;
/// use sutler_core::payment::{TaskKind, TaskStatus};
/// use sutler_store_conformance::given::payment::task;
///
/// let capture = task(PaymentId::from_u128(1), TaskKind::Capture, 2);
/// assert_eq!((capture.status, capture.attempts), (TaskStatus::Queued, 0));
/// ```
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
///
/// ```
/// use sutler_core::payment::TaskKind;
/// use sutler_core::port::OrderReader;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::payment::{queued, task};
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let payment = world.new_payment(&store);
/// let capture = task(payment.id, TaskKind::Capture, 1);
/// committed(&store, world.set_of([queued(&capture, payment.version)]));
/// assert_eq!(store.payment_tasks(payment.id)?, [capture]);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
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
