//! What an order's buyer is counted under, owes, and has to have paid before goods leave.

use super::{Order, OrderNumber};
use crate::customer::normalized_email;
use crate::id::CustomerId;
use crate::money::Money;
use crate::payment::Payment;
use crate::rejection::Rejection;
use crate::shown::shown;

/// Returns what a buyer is counted under where promotions are limited per customer: the customer's id, or a guest's e-mail,
/// trimmed and in lower case. Quoting and counting must use the same key, so both ask here; `None` for a guest who has not
/// given an address yet.
///
/// ```
/// use sutler_core::id::CustomerId;
/// use sutler_core::order::buyer_key;
///
/// assert_eq!(buyer_key(None, Some(" Ada@Example.com ")).as_deref(), Some("ada@example.com"));
/// let customer = CustomerId::from_u128(7);
/// assert_eq!(buyer_key(Some(customer), Some("ada@example.com")), Some(customer.to_string()));
/// assert_eq!(buyer_key(None, None), None);
/// ```
pub fn buyer_key(customer: Option<CustomerId>, email: Option<&str>) -> Option<String> {
    let guest = || email.map(normalized_email);
    customer.map(|id| id.to_string()).or_else(guest)
}

/// Refuses what cannot be an e-mail address; whether it reaches anybody only a mail can tell.
///
/// ```
/// use sutler_core::order::check_email;
///
/// assert_eq!(check_email("ada@example.com"), Ok(()));
/// assert_eq!(check_email("ada@home@example.com").map_err(|why| why.code()), Err("email.invalid"));
/// ```
pub fn check_email(email: &str) -> Result<(), Rejection> {
    let good = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && matches!(email.split_once('@'), Some((user, host)) if !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if good { Ok(()) } else { Err(Rejection::BadEmail { given: shown(email) }) }
}

/// Returns what is neither taken nor held of `total`; never below zero.
///
/// A refund in part does not make the rest outstanding: the shop gave that money up. When all that was taken went back and
/// nothing is held, the whole total is outstanding.
///
/// Errors: `money.mixed_currency` when a payment is in another currency; `money.overflow`.
///
/// ```
/// use sutler_core::order::outstanding;
/// use sutler_core::payment::{FactKind, PaymentFact};
/// # use sutler_core::id::{OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::payment::Payment;
/// # use sutler_core::time::Timestamp;
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// # let at = Timestamp::from_millis(0);
/// # let mut payment = Payment {
/// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
/// #     amount: eur(1_000), facts: vec![], created_at: at, version: 1,
/// # };
///
/// assert_eq!(outstanding(eur(1_000), &[payment.clone()]), Ok(eur(1_000)));
/// let reference = "a-1".to_owned();
/// payment.facts.push(PaymentFact { kind: FactKind::Authorized, amount: eur(400), reference, at });
/// assert_eq!(outstanding(eur(1_000), &[payment]), Ok(eur(600)), "what is held is not outstanding");
/// ```
pub fn outstanding(total: Money, payments: &[Payment]) -> Result<Money, Rejection> {
    let currency = total.currency();
    let states: Vec<_> = payments.iter().map(Payment::state).collect();
    let captured = Money::checked_sum(states.iter().map(|state| state.captured), currency)?;
    let refunded = Money::checked_sum(states.iter().map(|state| state.refunded), currency)?;
    let held = Money::checked_sum(states.iter().map(|state| state.held()), currency)?;
    if held.is_zero() && refunded.minor() >= captured.minor() {
        return Ok(total);
    }
    let due = total.checked_sub(captured)?.checked_sub(held)?;
    Ok(Money::from_minor(due.minor().max(0), currency))
}

/// Refuses to let goods go that are neither paid nor held.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::order::{OrderNumber, require_paid};
///
/// let total = Money::from_minor(1_000, Currency::EUR);
/// let refused = require_paid(OrderNumber::FIRST, total, &[]);
/// assert_eq!(refused.map_err(|why| why.code()), Err("order.not_paid"));
/// assert_eq!(require_paid(OrderNumber::FIRST, Money::zero(Currency::EUR), &[]), Ok(()));
/// ```
pub fn require_paid(
    number: OrderNumber,
    total: Money,
    payments: &[Payment],
) -> Result<(), Rejection> {
    let due = outstanding(total, payments)?;
    if due.is_zero() { Ok(()) } else { Err(Rejection::NotPaid { number, due }) }
}

/// Returns what an order's payments should have captured by what left: each line's share of its total, and the delivery and
/// the fees with the first parcel.
///
/// Errors: those of [`Money::share`], for a line whose counters do not fit each other; `money.overflow`.
///
/// ```
/// use sutler_core::order::{Order, capture_target, place};
/// # use sutler_core::time::Timestamp;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let pending: Order = serde_json::from_str(text)?;
///
/// let mut order = place(&pending, Timestamp::from_millis(0))?;
/// order.lines[0].shipped = 1;
/// let first = capture_target(&order)?;
/// assert_eq!(first.to_string(), "69.90 EUR", "one of two blankets, and the delivery");
/// (order.lines[0].shipped, order.lines[1].shipped) = (2, 1);
/// assert_eq!(capture_target(&order)?, order.total());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn capture_target(order: &Order) -> Result<Money, Rejection> {
    if order.lines.iter().all(|line| line.shipped == line.ordered) {
        return Ok(order.total());
    }
    let mut target = Money::zero(order.quote.currency);
    for line in &order.lines {
        if let Some(priced) = order.quote.line(line.line) {
            target = target.checked_add(
                priced.total.share(u64::from(line.shipped), u64::from(line.ordered))?,
            )?;
        }
    }
    let beside = order.quote.delivery.iter().map(|delivery| delivery.total);
    let beside = beside.chain(order.quote.fees.iter().map(|fee| fee.total));
    Ok(target.checked_add(Money::checked_sum(beside, order.quote.currency)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrderId, PaymentId};
    use crate::money::Currency;
    use crate::payment::{FactKind, PaymentFact};
    use crate::testing::moment;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn paid(facts: &[(FactKind, i64)]) -> Payment {
        let fact = |(kind, minor): &(FactKind, i64)| PaymentFact {
            kind: *kind,
            amount: eur(*minor),
            reference: "x".to_owned(),
            at: moment(0),
        };
        Payment {
            id: PaymentId::from_u128(1),
            order: OrderId::from_u128(2),
            provider: "test".to_owned(),
            method: "ok".to_owned(),
            amount: eur(1_000),
            facts: facts.iter().map(fact).collect(),
            created_at: moment(0),
            version: 1,
        }
    }

    #[test]
    fn goods_may_leave_when_all_is_taken_or_held() {
        use FactKind::{Authorized, Captured, Refunded, Voided};
        #[rustfmt::skip]
        let table: &[(&[(FactKind, i64)], i64)] = &[
            // facts                                                   outstanding
            (&[],                                                      1_000),
            (&[(Authorized, 1_000)],                                   0),
            (&[(Authorized, 1_000), (Captured, 400)],                  0),
            (&[(Authorized, 1_000), (Captured, 400), (Refunded, 400)], 0),
            (&[(Authorized, 1_000), (Voided, 1_000)],                  1_000),
            (&[(Captured, 1_000)],                                     0),
            (&[(Captured, 1_200)],                                     0),
            (&[(Captured, 1_000), (Refunded, 100)],                    0),
            (&[(Captured, 1_000), (Refunded, 1_000)],                  1_000),
            (&[(Captured, 2), (Refunded, 1)],                          998),
        ];
        for (facts, expected) in table {
            assert_eq!(outstanding(eur(1_000), &[paid(facts)]), Ok(eur(*expected)), "{facts:?}");
        }
        assert_eq!(outstanding(eur(0), &[]), Ok(eur(0)));
    }

    #[test]
    fn a_buyer_is_counted_by_customer_or_else_by_address() {
        let customer = CustomerId::from_u128(7);
        assert_eq!(buyer_key(Some(customer), Some("a@b")), Some(customer.to_string()));
        assert_eq!(buyer_key(None, Some(" Ada@Example.com ")), Some("ada@example.com".to_owned()));
        assert_eq!(buyer_key(None, None), None);
    }
}
