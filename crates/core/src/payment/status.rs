//! The lifecycle of one payment: the fold of its facts, never written by hand.

use serde::{Deserialize, Serialize};

use super::FactKind;
use crate::status::Status;

/// Where a payment is.
///
/// ```
/// use sutler_core::payment::{FactKind, PaymentStatus};
/// use sutler_core::status::Status;
///
/// assert!(PaymentStatus::Authorized.after(FactKind::Voided).is_ok());
/// assert!(PaymentStatus::Captured.after(FactKind::Voided).is_err(), "taken money is refunded");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing is known yet; for a manual payment: not paid yet.
    Pending,
    /// Money is held.
    Authorized,
    /// Some of the held money was taken.
    PartlyCaptured,
    /// All was taken.
    Captured,
    /// Some was given back, or all that was taken while more is held.
    PartlyRefunded,
    /// All was given back, and nothing is held any more.
    Refunded,
    /// The hold was dropped.
    Voided,
    /// The attempt failed.
    Failed,
}

impl Status for PaymentStatus {
    type Move = FactKind;
    const NOUN: &'static str = "payment";
    const ALL: &'static [Self] = &[
        PaymentStatus::Pending,
        PaymentStatus::Authorized,
        PaymentStatus::PartlyCaptured,
        PaymentStatus::Captured,
        PaymentStatus::PartlyRefunded,
        PaymentStatus::Refunded,
        PaymentStatus::Voided,
        PaymentStatus::Failed,
    ];
    const START: Self = PaymentStatus::Pending;
    const FINAL: &'static [Self] =
        &[PaymentStatus::Refunded, PaymentStatus::Voided, PaymentStatus::Failed];
    /// Decides what may be *asked* of a provider. Facts themselves are never refused: they happened.
    /// A captured move leads to the status of a full capture; the fold knows about parts.
    #[rustfmt::skip]
    const MOVES: &'static [(Self, FactKind, Self)] = &[
        // from                          move                  to
        (PaymentStatus::Pending,         FactKind::Authorized, PaymentStatus::Authorized),
        (PaymentStatus::Pending,         FactKind::Captured,   PaymentStatus::Captured),     // paid in one go, or by hand
        (PaymentStatus::Pending,         FactKind::Failed,     PaymentStatus::Failed),
        (PaymentStatus::Pending,         FactKind::Voided,     PaymentStatus::Voided),       // dropped before we heard
        (PaymentStatus::Authorized,      FactKind::Captured,   PaymentStatus::PartlyCaptured),
        (PaymentStatus::Authorized,      FactKind::Voided,     PaymentStatus::Voided),
        (PaymentStatus::PartlyCaptured,  FactKind::Captured,   PaymentStatus::Captured),
        (PaymentStatus::PartlyCaptured,  FactKind::Refunded,   PaymentStatus::PartlyRefunded),
        (PaymentStatus::Captured,        FactKind::Refunded,   PaymentStatus::PartlyRefunded),
        (PaymentStatus::PartlyRefunded,  FactKind::Captured,   PaymentStatus::PartlyRefunded), // a later parcel
        (PaymentStatus::PartlyRefunded,  FactKind::Refunded,   PaymentStatus::Refunded),
    ];
}
