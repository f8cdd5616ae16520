//! One attempt to pay with one method, and the work still to be done with its provider.

use serde::{Deserialize, Serialize};

use super::{FactKind, PaymentFact, PaymentState};
use crate::id::{OrderId, PaymentId};
use crate::money::Money;
use crate::port::ProviderError;
use crate::time::Timestamp;

/// One attempt to pay with one method.
///
/// ```
/// use sutler_core::payment::{Payment, PaymentStatus};
///
/// let payment: Payment = serde_json::from_str(
///     r#"{
///         "id": "pay_00000000000000000000000000000001",
///         "order": "ord_00000000000000000000000000000001",
///         "provider": "test", "method": "ok",
///         "amount": { "amount": "10.00", "currency": "EUR" },
///         "facts": [], "created_at": "2026-03-02T09:00:00Z", "version": 1
///     }"#,
/// )?;
/// assert_eq!(payment.state().status, PaymentStatus::Pending);
/// assert_eq!(payment.authorize_key(), "pay_00000000000000000000000000000001:authorize");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Payment {
    /// Identity.
    pub id: PaymentId,
    /// What it pays.
    pub order: OrderId,
    /// Name of the provider: `test`, `manual`.
    pub provider: String,
    /// What the provider was given to find the buyer's money: a token, never a card number.
    pub method: String,
    /// How much it is for.
    pub amount: Money,
    /// What the provider told us.
    pub facts: Vec<PaymentFact>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Version for guarded writes; each new fact or task raises it.
    pub version: u64,
}

impl Payment {
    /// Returns the fold of its facts.
    pub fn state(&self) -> PaymentState {
        PaymentState::fold(self.amount, &self.facts)
    }

    /// Returns the key under which the provider is asked to hold the money; the same for every try.
    pub fn authorize_key(&self) -> String {
        format!("{}:authorize", self.id)
    }
}

/// What a provider is asked to do after placement.
///
/// ```
/// use sutler_core::payment::{FactKind, TaskKind};
///
/// assert_eq!(TaskKind::Void.word(), "void");
/// assert_eq!(TaskKind::Void.fact(), FactKind::Voided);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Take held money.
    Capture,
    /// Drop a hold.
    Void,
    /// Give taken money back.
    Refund,
}

impl TaskKind {
    /// Returns the fact that a success gives.
    pub const fn fact(self) -> FactKind {
        match self {
            TaskKind::Capture => FactKind::Captured,
            TaskKind::Void => FactKind::Voided,
            TaskKind::Refund => FactKind::Refunded,
        }
    }

    /// Returns the verb.
    pub const fn word(self) -> &'static str {
        match self {
            TaskKind::Capture => "capture",
            TaskKind::Void => "void",
            TaskKind::Refund => "refund",
        }
    }
}

/// Where a task is.
///
/// ```
/// use sutler_core::payment::TaskStatus;
///
/// assert_eq!(serde_json::to_string(&TaskStatus::Queued)?, "\"queued\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// To be done, now or at `due_at`.
    Queued,
    /// Done; the fact is recorded.
    Done,
    /// The provider said no for good; a person must look.
    Refused,
}

/// One call to a provider, written down before it is made, so that a crash can neither lose nor double it.
///
/// ```
/// use sutler_core::payment::{PaymentTask, TaskKind, TaskStatus};
/// use sutler_core::port::ProviderError;
/// # use sutler_core::id::{OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::payment::Payment;
/// # use sutler_core::time::Timestamp;
///
/// # let (id, amount, at) = (PaymentId::from_u128(1), Money::from_minor(1_200, Currency::EUR), Timestamp::from_millis(0));
/// # let payment = Payment {
/// #     id, order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(), amount, facts: vec![],
/// #     created_at: at, version: 1,
/// # };
/// let task = PaymentTask {
///     key: PaymentTask::key(id, TaskKind::Refund, 2, Some(1)),
///     payment: id,
///     kind: TaskKind::Refund,
///     amount,
///     status: TaskStatus::Queued,
///     attempts: 0,
///     due_at: at,
///     last_error: None,
/// };
/// assert_eq!(task.key, "pay_00000000000000000000000000000001:refund:2@1");
/// assert_eq!(task.capture(), Some(1));
/// assert_eq!(task.follows(&payment), payment.authorize_key(), "that capture was never heard of");
/// let declined = ProviderError::Declined { reason: "too late".to_owned() };
/// assert_eq!(task.problem(&declined), "refund 12.00 EUR: too late");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentTask {
    /// The key the provider gets, the same for every try: `pay_…:capture:2`; see [`PaymentTask::key`].
    pub key: String,
    /// Of which payment.
    pub payment: PaymentId,
    /// What to do.
    pub kind: TaskKind,
    /// How much.
    pub amount: Money,
    /// Where it is.
    pub status: TaskStatus,
    /// Tries so far.
    pub attempts: u32,
    /// Not before this moment.
    pub due_at: Timestamp,
    /// What the last try said.
    pub last_error: Option<String>,
}

impl PaymentTask {
    /// Returns the key of a payment's n-th task of a kind. A refund's key names the capture that it gives back, from 1 in
    /// the order in which captures were recorded: `pay_…:refund:2@1`.
    pub fn key(
        payment: PaymentId,
        kind: TaskKind,
        number: usize,
        of_capture: Option<usize>,
    ) -> String {
        let capture = of_capture.map_or_else(String::new, |capture| format!("@{capture}"));
        format!("{payment}:{}:{number}{capture}", kind.word())
    }

    /// Returns which capture (from 1) a refund gives back.
    pub fn capture(&self) -> Option<usize> {
        self.key.rsplit_once('@').and_then(|(_, capture)| capture.parse().ok())
    }

    /// Returns the provider's name of what this task follows: the hold for a capture or void, the capture for a refund. A
    /// hold that we never heard of is named by the key it was asked for with.
    pub fn follows(&self, payment: &Payment) -> String {
        let (kind, nth) = match self.kind {
            TaskKind::Capture | TaskKind::Void => (FactKind::Authorized, 1),
            TaskKind::Refund => (FactKind::Captured, self.capture().unwrap_or(1)),
        };
        let mut facts = payment.facts.iter().filter(|fact| fact.kind == kind);
        facts
            .nth(nth.saturating_sub(1))
            .map_or_else(|| payment.authorize_key(), |fact| fact.reference.clone())
    }

    /// Returns what went wrong, in words: `capture 12.00 EUR: …`.
    pub fn problem(&self, error: &ProviderError) -> String {
        format!("{} {}: {error}", self.kind.word(), self.amount)
    }
}
