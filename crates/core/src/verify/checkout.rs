//! Checkouts that are open, and what they hold.

use super::finding;
use crate::checkout::{
    Checkout, CheckoutStatus, Recovery, late_hold_is_over, recovery, waits_for_late_hold,
};
use crate::inventory::Reservation;
use crate::order::{Order, OrderStatus};
use crate::payment::PaymentTask;
use crate::port::Finding;
use crate::status::word;
use crate::time::Timestamp;

/// What an open checkout shows.
///
/// ```
/// use sutler_core::verify::OpenCheckout;
///
/// let young_and_well = OpenCheckout::default();
/// assert!(young_and_well.findings.is_empty() && young_and_well.remark.is_none());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OpenCheckout {
    /// What is off.
    pub findings: Vec<Finding>,
    /// What recovery or a person still has to do; not damage.
    pub remark: Option<Finding>,
}

/// Checks a checkout that is neither placed nor unwound; `order` is the one that it names, `tasks` are those of its payment.
///
/// ```
/// use sutler_core::verify::check_open_checkout;
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: sutler_core::id::CheckoutId::from_u128(1), cart: order.cart, order: order.id, payment: None,
/// #     status: CheckoutStatus::Authorizing, reserved: vec![], expires_at: now.plus_seconds(900), problem: None,
/// #     created_at: now, updated_at: now, version: 1,
/// # };
///
/// let young = check_open_checkout(&checkout, Some(&order), &[], now);
/// assert!(young.findings.is_empty() && young.remark.is_none());
/// let old = check_open_checkout(&checkout, Some(&order), &[], now.plus_seconds(3_600));
/// assert_eq!(old.remark.map(|remark| remark.check), Some("checkout.overdue"));
/// let lost = check_open_checkout(&checkout, None, &[], now);
/// assert_eq!(lost.findings[0].check, "checkout.order");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn check_open_checkout(
    checkout: &Checkout,
    order: Option<&Order>,
    tasks: &[PaymentTask],
    now: Timestamp,
) -> OpenCheckout {
    let mut found = OpenCheckout::default();
    let mut tell = |message: String| {
        found.findings.push(finding("checkout.order", checkout.id, message));
    };
    match order {
        None => tell(format!("{} is not there", checkout.order)),
        Some(order) if order.cart != checkout.cart => {
            tell(format!("{} is of another cart", order.id));
        }
        // An unwinding or stuck checkout has called its order off already.
        Some(order) if order.status == OrderStatus::Placed => {
            tell(format!("{} is placed, the checkout is {}", order.id, word(checkout.status)));
        }
        Some(_) => {}
    }
    let overdue = match recovery(checkout, now) {
        // It is undone; the provider is only asked whether it gives a hold late.
        Recovery::Unwind
            if waits_for_late_hold(checkout, tasks) && !late_hold_is_over(checkout, now) =>
        {
            None
        }
        Recovery::LookUp | Recovery::Unwind => Some("recovery has not settled it yet"),
        Recovery::Person => Some("a person must look at it"),
        Recovery::Wait { .. } | Recovery::Nothing => None,
    };
    found.remark = overdue.map(|what| {
        let message = format!("open since {}: {what}", checkout.created_at);
        finding("checkout.overdue", checkout.id, message)
    });
    found
}

/// Checks a reservation against the checkout that it names.
///
/// One that ran out may outlast its checkout by as long as nobody reserves the same units again; then it is released with
/// its entry in the ledger. So only reservations that still hold are looked at.
///
/// ```
/// use sutler_core::inventory::{Reservation, StockKey};
/// use sutler_core::verify::check_reservation;
/// # use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let expires_at = now.plus_seconds(900);
/// let held = Reservation { key, expires_at, checkout: CheckoutId::from_u128(1), quantity: 2 };
/// let finding = check_reservation(&held, None, now).expect("no checkout stands behind it");
/// assert_eq!(finding.check, "reservation.orphan");
/// assert_eq!(check_reservation(&held, None, expires_at), None, "it holds nothing any more");
/// ```
pub fn check_reservation(
    reservation: &Reservation,
    checkout: Option<&Checkout>,
    now: Timestamp,
) -> Option<Finding> {
    if reservation.expires_at <= now {
        return None;
    }
    let why = match checkout {
        None => "which is not there".to_owned(),
        Some(checkout)
            if matches!(checkout.status, CheckoutStatus::Placed | CheckoutStatus::Unwound) =>
        {
            format!("which is {}", word(checkout.status))
        }
        Some(_) => return None,
    };
    let subject = format!("{} at {}", reservation.key.variant, reservation.key.location);
    let message =
        format!("{} units are held for {}, {why}", reservation.quantity, reservation.checkout);
    Some(finding("reservation.orphan", subject, message))
}
