//! What a provider told us, append-only, and the fold of it.
//!
//! Facts may arrive twice, late, in any order: the same set of facts gives the same payment. A fact is identified by
//! its kind and the provider's reference; stores keep each once.
//!
//! Invariant of a clean set: `0 <= refunded <= captured <= authorized`.

use serde::{Deserialize, Serialize};

use super::PaymentStatus;
use crate::money::Money;
use crate::time::Timestamp;

/// What kind of thing a provider told us.
///
/// ```
/// use sutler_core::payment::FactKind;
///
/// let kept = FactKind::Captured.number();
/// assert_eq!(FactKind::from_number(kept), Some(FactKind::Captured));
/// assert_eq!(FactKind::from_number(200), None);
/// assert_eq!(FactKind::ALL.len(), 6);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Money is held.
    Authorized,
    /// Held money was taken.
    Captured,
    /// A hold was dropped.
    Voided,
    /// Taken money was given back.
    Refunded,
    /// The attempt failed for good.
    Failed,
    /// The buyer's bank pulls money back.
    Disputed,
}

impl FactKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: &'static [FactKind] = &[
        FactKind::Authorized,
        FactKind::Captured,
        FactKind::Voided,
        FactKind::Refunded,
        FactKind::Failed,
        FactKind::Disputed,
    ];

    /// Returns the stable number that stores keep.
    #[expect(clippy::as_conversions, reason = "the number of a plain enum; `From` cannot be const")]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// One thing a provider told us about one payment.
///
/// ```
/// use sutler_core::payment::{FactKind, PaymentFact};
///
/// let fact: PaymentFact = serde_json::from_str(
///     r#"{
///         "kind": "captured",
///         "amount": { "amount": "10.00", "currency": "EUR" },
///         "reference": "test-17",
///         "at": "2026-03-02T09:00:00Z"
///     }"#,
/// )?;
/// assert_eq!((fact.kind, fact.amount.minor()), (FactKind::Captured, 1_000));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentFact {
    /// What.
    pub kind: FactKind,
    /// How much.
    pub amount: Money,
    /// The provider's own name of it; unique within the payment and kind.
    pub reference: String,
    /// When we learned it.
    pub at: Timestamp,
}

/// The fold of a payment's facts.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::payment::{FactKind, PaymentFact, PaymentState, PaymentStatus};
/// # use sutler_core::time::Timestamp;
///
/// let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// let fact = |kind, minor, reference: &str| PaymentFact {
///     kind,
///     amount: eur(minor),
///     reference: reference.to_owned(),
///     at: Timestamp::from_millis(0),
/// };
/// let captured = fact(FactKind::Captured, 400, "c");
/// // Late, and one of them twice: each counts once.
/// let told = [captured.clone(), fact(FactKind::Authorized, 1_000, "a"), captured];
/// let state = PaymentState::fold(eur(1_000), &told);
/// assert_eq!(state.status, PaymentStatus::PartlyCaptured);
/// assert_eq!((state.held(), state.refundable()), (eur(600), eur(400)));
/// assert_eq!(state.check(), Ok(()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentState {
    /// Most money ever held.
    pub authorized: Money,
    /// Money taken.
    pub captured: Money,
    /// Money given back.
    pub refunded: Money,
    /// Money a bank pulled back.
    pub disputed: Money,
    /// Whether the hold was dropped.
    pub voided: bool,
    /// Whether the attempt failed.
    pub failed: bool,
    /// Where that leaves it.
    pub status: PaymentStatus,
}

impl PaymentState {
    /// Folds facts, in any order, each counted once. `amount` is what the payment is for.
    pub fn fold(amount: Money, facts: &[PaymentFact]) -> PaymentState {
        let mut seen = std::collections::BTreeSet::new();
        let sum = |kind: FactKind, seen: &mut std::collections::BTreeSet<(FactKind, String)>| {
            facts
                .iter()
                .filter(|fact| fact.kind == kind && seen.insert((kind, fact.reference.clone())))
                .fold(0_i64, |sum, fact| sum.saturating_add(fact.amount.minor()))
        };
        let currency = amount.currency();
        let [authorized, captured, refunded, disputed] =
            [FactKind::Authorized, FactKind::Captured, FactKind::Refunded, FactKind::Disputed]
                .map(|kind| sum(kind, &mut seen));
        // Money taken in one go (a sale) was held too, even when nobody said so.
        let authorized = authorized.max(captured);
        let has = |kind| facts.iter().any(|fact| fact.kind == kind);
        let (voided, failed) = (has(FactKind::Voided), has(FactKind::Failed));
        let status = match () {
            () if refunded > 0 && refunded >= captured && (voided || captured >= authorized) => {
                PaymentStatus::Refunded
            }
            () if refunded > 0 => PaymentStatus::PartlyRefunded,
            () if captured > 0 && captured >= authorized => PaymentStatus::Captured,
            () if captured > 0 => PaymentStatus::PartlyCaptured,
            () if voided => PaymentStatus::Voided,
            // A hold may come after we gave up on it: money is held whatever was said before.
            () if authorized > 0 => PaymentStatus::Authorized,
            () if failed => PaymentStatus::Failed,
            () => PaymentStatus::Pending,
        };
        let money = |minor| Money::from_minor(minor, currency);
        PaymentState {
            authorized: money(authorized),
            captured: money(captured),
            refunded: money(refunded),
            disputed: money(disputed),
            voided,
            failed,
            status,
        }
    }

    /// Returns the money that is held and not taken.
    pub fn held(&self) -> Money {
        let held = if self.voided {
            0
        } else {
            self.authorized.minor().saturating_sub(self.captured.minor()).max(0)
        };
        Money::from_minor(held, self.captured.currency())
    }

    /// Returns the money that was taken and may be given back.
    pub fn refundable(&self) -> Money {
        let left = self
            .captured
            .minor()
            .saturating_sub(self.refunded.minor())
            .saturating_sub(self.disputed.minor());
        Money::from_minor(left.max(0), self.captured.currency())
    }

    /// Checks `0 <= refunded <= captured <= authorized`.
    ///
    /// Errors: in words, the first pair that is off.
    pub fn check(&self) -> Result<(), &'static str> {
        match () {
            () if self.refunded.minor() < 0 => Err("a negative refund"),
            () if self.refunded.minor() > self.captured.minor() => {
                Err("more was refunded than captured")
            }
            () if self.captured.minor() > self.authorized.minor() => {
                Err("more was captured than authorized")
            }
            () => Ok(()),
        }
    }
}
