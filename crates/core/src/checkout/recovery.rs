//! What a crash left to be done, decided from the log without I/O.

use super::{Checkout, CheckoutMove, CheckoutStatus};
use crate::payment::{PaymentTask, TaskStatus};
use crate::time::Timestamp;

/// What to do with an open checkout.
///
/// ```
/// use sutler_core::checkout::{Checkout, CheckoutStatus, Recovery, recovery};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Authorizing, reserved: vec![], expires_at: now.plus_seconds(900), problem: None,
/// #     created_at: now, updated_at: now, version: 1,
/// # };
/// let at = |status| recovery(&Checkout { status, ..checkout.clone() }, now.plus_seconds(3_600));
/// assert_eq!(at(CheckoutStatus::Authorizing), Recovery::LookUp);
/// assert_eq!(at(CheckoutStatus::Unwinding), Recovery::Unwind);
/// assert_eq!(at(CheckoutStatus::Stuck), Recovery::Person);
/// assert_eq!(at(CheckoutStatus::Placed), Recovery::Nothing);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recovery {
    /// Somebody may be working on it right now: leave it alone until this moment.
    Wait {
        /// When to look again.
        until: Timestamp,
    },
    /// Look the authorization up at the provider under its key, then place or unwind.
    LookUp,
    /// Release, void and cancel what is held.
    Unwind,
    /// A person must look.
    Person,
    /// Nothing is left to do.
    Nothing,
}

/// How long a checkout is left to whoever runs it, in seconds. Longer than any provider call.
///
/// ```
/// use sutler_core::checkout::{LEASE_SECONDS, PATIENCE_SECONDS};
///
/// assert!(LEASE_SECONDS < PATIENCE_SECONDS, "recovery asks long before it gives up");
/// ```
pub const LEASE_SECONDS: u32 = 60;

/// How long a provider may say that it is still working on an authorization before a person must look, in seconds.
///
/// ```
/// use sutler_core::checkout::PATIENCE_SECONDS;
///
/// assert_eq!(PATIENCE_SECONDS / 3_600, 24, "hours");
/// ```
pub const PATIENCE_SECONDS: u32 = 24 * 60 * 60;

/// For how long after an undo the provider is asked again whether it gave a hold after all, in seconds. A call to hold money
/// can be on its way while recovery looks the key up and finds nothing; who made the call may be gone when it is answered,
/// and then nobody else knows of the hold. A day is longer than any program waits for a call, and as long as providers
/// commonly remember a key.
///
/// ```
/// use sutler_core::checkout::LATE_HOLD_SECONDS;
///
/// assert_eq!(LATE_HOLD_SECONDS / 3_600, 24, "hours");
/// ```
pub const LATE_HOLD_SECONDS: u32 = 24 * 60 * 60;

/// Returns whether a checkout has waited for its provider for so long that a person must look.
///
/// ```
/// use sutler_core::checkout::{PATIENCE_SECONDS, patience_is_over};
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Authorizing, reserved: vec![], expires_at: now.plus_seconds(900), problem: None,
/// #     created_at: now, updated_at: now, version: 1,
/// # };
/// let begun = checkout.created_at;
/// assert!(!patience_is_over(&checkout, begun.plus_seconds(PATIENCE_SECONDS - 1)));
/// assert!(patience_is_over(&checkout, begun.plus_seconds(PATIENCE_SECONDS)));
/// ```
pub fn patience_is_over(checkout: &Checkout, now: Timestamp) -> bool {
    now >= checkout.created_at.plus_seconds(PATIENCE_SECONDS)
}

/// Returns what is to be done with a checkout.
///
/// ```
/// use sutler_core::checkout::{LEASE_SECONDS, Recovery, recovery};
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Authorizing, reserved: vec![], expires_at: now.plus_seconds(900), problem: None,
/// #     created_at: now, updated_at: now, version: 1,
/// # };
/// let until = checkout.updated_at.plus_seconds(LEASE_SECONDS);
/// assert_eq!(recovery(&checkout, now), Recovery::Wait { until }, "somebody may be at it");
/// assert_eq!(recovery(&checkout, until), Recovery::LookUp);
/// ```
pub fn recovery(checkout: &Checkout, now: Timestamp) -> Recovery {
    let until = checkout.updated_at.plus_seconds(LEASE_SECONDS);
    match checkout.status {
        CheckoutStatus::Placed | CheckoutStatus::Unwound => Recovery::Nothing,
        CheckoutStatus::Stuck => Recovery::Person,
        _ if now < until => Recovery::Wait { until },
        CheckoutStatus::Authorizing => Recovery::LookUp,
        CheckoutStatus::Unwinding => Recovery::Unwind,
    }
}

/// Returns whether an undo is only still open because the provider may yet give a hold: nothing was asked of it that
/// would drop one.
///
/// ```
/// use sutler_core::checkout::waits_for_late_hold;
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId, PaymentId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1),
/// #     payment: Some(PaymentId::from_u128(1)), status: CheckoutStatus::Unwinding, reserved: vec![],
/// #     expires_at: now.plus_seconds(900), problem: None, created_at: now, updated_at: now, version: 2,
/// # };
/// assert!(waits_for_late_hold(&checkout, &[]));
/// assert!(!waits_for_late_hold(&Checkout { payment: None, ..checkout }, &[]), "nothing is to be paid");
/// ```
pub fn waits_for_late_hold(checkout: &Checkout, tasks: &[PaymentTask]) -> bool {
    checkout.status == CheckoutStatus::Unwinding && checkout.payment.is_some() && tasks.is_empty()
}

/// Returns whether a hold that comes now comes so late that nobody looks for it any more.
///
/// ```
/// use sutler_core::checkout::{LATE_HOLD_SECONDS, late_hold_is_over};
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId, PaymentId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1),
/// #     payment: Some(PaymentId::from_u128(1)), status: CheckoutStatus::Unwinding, reserved: vec![],
/// #     expires_at: now.plus_seconds(900), problem: None, created_at: now, updated_at: now, version: 2,
/// # };
/// let undone = checkout.updated_at;
/// assert!(!late_hold_is_over(&checkout, undone.plus_seconds(LATE_HOLD_SECONDS - 1)));
/// assert!(late_hold_is_over(&checkout, undone.plus_seconds(LATE_HOLD_SECONDS)));
/// ```
pub fn late_hold_is_over(checkout: &Checkout, now: Timestamp) -> bool {
    now >= checkout.updated_at.plus_seconds(LATE_HOLD_SECONDS)
}

/// Returns how an undo ends, from the tasks of its payment: with the refusal of a person's concern, well, or not yet (`None`).
///
/// ```
/// use sutler_core::checkout::{CheckoutMove, undo_end};
/// use sutler_core::payment::TaskStatus;
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::payment::{PaymentTask, TaskKind};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1),
/// #     payment: Some(PaymentId::from_u128(1)), status: CheckoutStatus::Unwinding, reserved: vec![],
/// #     expires_at: now.plus_seconds(900), problem: None, created_at: now, updated_at: now, version: 2,
/// # };
/// # let void = PaymentTask {
/// #     key: "pay_00000000000000000000000000000001:void:1".to_owned(), payment: PaymentId::from_u128(1),
/// #     kind: TaskKind::Void, amount: Money::zero(Currency::EUR), status: TaskStatus::Queued, attempts: 1,
/// #     due_at: Timestamp::from_millis(0), last_error: Some("call us".to_owned()),
/// # };
/// let after = |status| undo_end(&checkout, &[PaymentTask { status, ..void.clone() }], now);
/// assert_eq!(after(TaskStatus::Queued), None, "not yet");
/// assert_eq!(after(TaskStatus::Done), Some((CheckoutMove::Finish, None)));
/// assert_eq!(undo_end(&checkout, &[], now), None, "a hold may come late");
/// let refused = Some((CheckoutMove::GiveUp, Some("call us".to_owned())));
/// assert_eq!(after(TaskStatus::Refused), refused);
/// ```
pub fn undo_end(
    checkout: &Checkout,
    tasks: &[PaymentTask],
    now: Timestamp,
) -> Option<(CheckoutMove, Option<String>)> {
    if waits_for_late_hold(checkout, tasks) && !late_hold_is_over(checkout, now) {
        return None;
    }
    if let Some(refused) = tasks.iter().find(|task| task.status == TaskStatus::Refused) {
        return Some((CheckoutMove::GiveUp, refused.last_error.clone()));
    }
    let queued = tasks.iter().any(|task| task.status == TaskStatus::Queued);
    (!queued).then_some((CheckoutMove::Finish, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{CartId, CheckoutId, OrderId, PaymentId};
    use crate::money::{Currency, Money};
    use crate::payment::TaskKind;
    use crate::testing::moment;

    fn task(status: TaskStatus) -> PaymentTask {
        let last_error = (status == TaskStatus::Refused).then(|| "call us".to_owned());
        let (payment, amount) = (PaymentId::from_u128(1), Money::zero(Currency::EUR));
        let key = PaymentTask::key(payment, TaskKind::Void, 1, None);
        PaymentTask {
            key,
            payment,
            kind: TaskKind::Void,
            amount,
            status,
            attempts: 1,
            due_at: moment(0),
            last_error,
        }
    }

    #[test]
    fn an_undo_ends_when_its_calls_are_answered() {
        use TaskStatus::{Done, Queued, Refused};
        let refused = Some((CheckoutMove::GiveUp, Some("call us".to_owned())));
        let done = Some((CheckoutMove::Finish, None));
        for (statuses, expected) in [
            (vec![], done.clone()),
            (vec![Done], done),
            (vec![Done, Queued], None),
            (vec![Queued, Refused], refused.clone()),
            (vec![Done, Refused], refused),
        ] {
            let tasks: Vec<_> = statuses.iter().copied().map(task).collect();
            assert_eq!(undo_end(&undone(false), &tasks, moment(1)), expected, "{statuses:?}");
        }
    }

    fn undone(paid: bool) -> Checkout {
        Checkout {
            id: CheckoutId::from_u128(1),
            cart: CartId::from_u128(2),
            order: OrderId::from_u128(1),
            payment: paid.then(|| PaymentId::from_u128(1)),
            status: CheckoutStatus::Unwinding,
            reserved: Vec::new(),
            expires_at: moment(9),
            problem: None,
            created_at: moment(0),
            updated_at: moment(0),
            version: 2,
        }
    }

    #[test]
    fn an_undo_that_dropped_no_hold_waits_a_day_for_one() {
        let over = LATE_HOLD_SECONDS;
        assert_eq!(undo_end(&undone(true), &[], moment(over - 1)), None);
        let end = Some((CheckoutMove::Finish, None));
        assert_eq!(undo_end(&undone(true), &[], moment(over)), end);
        assert_eq!(undo_end(&undone(true), &[task(TaskStatus::Done)], moment(1)), end);
    }
}
