//! The running saga from cart to order, as the log keeps it, and what a crash leaves to be done.
//!
//! The steps stand in the table of the engine; here is what they leave behind: one [`Checkout`] record whose status
//! says how far the saga came. It is written in the same commit as the step's effects, so it is never ahead of or
//! behind the truth. [`recovery`] turns open records into what to do, without I/O.

mod decide;
mod recovery;

pub use decide::{
    Begun, allocations, cancel_order, open_order, place, redeem_credit, release_stock,
    reserve_stock, return_credit, step, undone, unwound,
};
pub use recovery::{
    LATE_HOLD_SECONDS, LEASE_SECONDS, PATIENCE_SECONDS, Recovery, late_hold_is_over,
    patience_is_over, recovery, undo_end, waits_for_late_hold,
};

use serde::{Deserialize, Serialize};

use crate::id::{CartId, CheckoutId, OrderId, PaymentId};
use crate::inventory::SourcedUnits;
use crate::status::Status;
use crate::time::Timestamp;

/// How far a checkout came.
///
/// ```
/// use sutler_core::checkout::{CheckoutMove, CheckoutStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(CheckoutStatus::Authorizing.after(CheckoutMove::Place), Ok(CheckoutStatus::Placed));
/// let refused = CheckoutStatus::Placed.after(CheckoutMove::Unwind);
/// assert!(refused.is_err(), "from here only forward");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutStatus {
    /// Quote frozen, stock reserved, order opened; the provider may or may not have been asked.
    Authorizing,
    /// Placed: from here only forward.
    Placed,
    /// Something said no: undone here, but the provider may have to drop a hold, or may give one late.
    Unwinding,
    /// All undone; nothing is held.
    Unwound,
    /// The outcome at the provider cannot be found out; a person must look.
    Stuck,
}

/// What changes the status of a checkout.
///
/// ```
/// use sutler_core::checkout::{CheckoutMove, CheckoutStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(CheckoutStatus::Stuck.after(CheckoutMove::Resume), Ok(CheckoutStatus::Unwinding));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckoutMove {
    /// The placing commit succeeded.
    Place,
    /// A step was refused: undo the ones before.
    Unwind,
    /// The last undo succeeded.
    Finish,
    /// Recovery gave up.
    GiveUp,
    /// A person settled what recovery could not.
    Resume,
}

impl Status for CheckoutStatus {
    type Move = CheckoutMove;
    const NOUN: &'static str = "checkout";
    const ALL: &'static [Self] = &[
        CheckoutStatus::Authorizing,
        CheckoutStatus::Placed,
        CheckoutStatus::Unwinding,
        CheckoutStatus::Unwound,
        CheckoutStatus::Stuck,
    ];
    const START: Self = CheckoutStatus::Authorizing;
    const FINAL: &'static [Self] = &[CheckoutStatus::Placed, CheckoutStatus::Unwound];
    #[rustfmt::skip]
    const MOVES: &'static [(Self, CheckoutMove, Self)] = &[
        // from                         move                  to
        (CheckoutStatus::Authorizing,   CheckoutMove::Place,  CheckoutStatus::Placed),
        (CheckoutStatus::Authorizing,   CheckoutMove::Unwind, CheckoutStatus::Unwinding),
        (CheckoutStatus::Authorizing,   CheckoutMove::GiveUp, CheckoutStatus::Stuck),
        (CheckoutStatus::Unwinding,     CheckoutMove::Finish, CheckoutStatus::Unwound),
        (CheckoutStatus::Unwinding,     CheckoutMove::GiveUp, CheckoutStatus::Stuck),
        (CheckoutStatus::Stuck,         CheckoutMove::Resume, CheckoutStatus::Unwinding),
    ];
}

/// The log record of one checkout.
///
/// ```
/// use sutler_core::checkout::{Checkout, CheckoutStatus};
///
/// let running: Checkout = serde_json::from_str(
///     r#"{
///         "id": "chk_00000000000000000000000000000001",
///         "cart": "cart_00000000000000000000000000000001",
///         "order": "ord_00000000000000000000000000000001",
///         "payment": "pay_00000000000000000000000000000001",
///         "status": "authorizing", "reserved": [], "problem": null,
///         "expires_at": "2026-03-02T09:15:00Z", "created_at": "2026-03-02T09:00:00Z",
///         "updated_at": "2026-03-02T09:00:00Z", "version": 1
///     }"#,
/// )?;
/// assert_eq!(running.status, CheckoutStatus::Authorizing);
/// assert_eq!(running.id.to_u128(), running.order.to_u128());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checkout {
    /// Identity; the same number as its order's.
    pub id: CheckoutId,
    /// The cart it sells.
    pub cart: CartId,
    /// The order it opened.
    pub order: OrderId,
    /// The payment it opened; `None` when nothing is to be paid.
    pub payment: Option<PaymentId>,
    /// How far it came.
    pub status: CheckoutStatus,
    /// What it reserved where.
    pub reserved: Vec<SourcedUnits>,
    /// Until when the reservations hold.
    pub expires_at: Timestamp,
    /// Why it was undone or is stuck: the refusal as `code: sentence`, and what happened after it.
    pub problem: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}
