//! What tells a fact, and how much of which payment may be given back.
//!
//! A task is written down before the call it stands for, under the key that the call will carry, so that a crash can
//! neither lose nor double it; [`PaymentDraft`] queues them.

use super::{FactKind, Payment, PaymentDraft, PaymentFact, PaymentTask, TaskKind, TaskStatus};
use crate::event::{Event, EventData, EventKind};
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

/// Returns the event that tells a fact.
pub(super) fn event(payment: &Payment, fact: &PaymentFact) -> Event {
    let kind = match fact.kind {
        FactKind::Authorized => EventKind::PaymentAuthorized,
        FactKind::Captured => EventKind::PaymentCaptured,
        FactKind::Voided => EventKind::PaymentVoided,
        FactKind::Refunded => EventKind::PaymentRefunded,
        FactKind::Failed => EventKind::PaymentFailed,
        FactKind::Disputed => EventKind::PaymentDisputed,
    };
    let data = EventData::Payment { order: payment.order, amount: fact.amount };
    Event { kind, subject: payment.id.into(), data }
}

/// Returns the sum of the queued tasks of one kind.
pub(super) fn queued(tasks: &[PaymentTask], kind: TaskKind) -> i64 {
    let of_kind =
        tasks.iter().filter(|task| task.kind == kind && task.status == TaskStatus::Queued);
    of_kind.fold(0, |sum, task| sum.saturating_add(task.amount.minor()))
}

/// Returns what may still be given back, queued refunds counted as given.
///
/// ```
/// use sutler_core::payment::{FactKind, PaymentDraft, PaymentFact, refundable};
/// # use sutler_core::id::{OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::payment::Payment;
/// # use sutler_core::time::Timestamp;
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// # let at = Timestamp::from_millis(0);
/// # let captured = PaymentFact { kind: FactKind::Captured, amount: eur(1_000), reference: "c".to_owned(), at };
/// # let payment = Payment {
/// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
/// #     amount: eur(1_000), facts: vec![captured], created_at: at, version: 2,
/// # };
///
/// assert_eq!(refundable(&payment, &[]), eur(1_000));
/// let mut draft = PaymentDraft::new(payment, vec![]);
/// draft.refund(eur(700), at)?;
/// assert_eq!(refundable(draft.payment(), draft.tasks()), eur(300), "a queued refund counts");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn refundable(payment: &Payment, tasks: &[PaymentTask]) -> Money {
    let left = payment.state().refundable().minor().saturating_sub(queued(tasks, TaskKind::Refund));
    Money::from_minor(left.max(0), payment.amount.currency())
}

/// Returns how much of each payment is given back, oldest first, each as much as it has; `amount`, or all there is.
///
/// Errors: `currency.wrong`, `refund.too_large`, `amount.not_positive`.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::payment::{PaymentDraft, refund_shares};
/// # use sutler_core::id::{OrderId, PaymentId};
/// # use sutler_core::payment::{FactKind, Payment, PaymentFact};
/// # use sutler_core::time::Timestamp;
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// # let at = Timestamp::from_millis(0);
/// # let paid = |minor| {
/// #     let captured = PaymentFact { kind: FactKind::Captured, amount: eur(minor), reference: "c".to_owned(), at };
/// #     let payment = Payment {
/// #         id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(),
/// #         method: "ok".to_owned(), amount: eur(minor), facts: vec![captured], created_at: at, version: 2,
/// #     };
/// #     PaymentDraft::new(payment, vec![])
/// # };
///
/// let both = [paid(300), paid(500)];
/// let shares = refund_shares(Currency::EUR, &both, Some(eur(400)));
/// assert_eq!(shares, Ok(vec![eur(300), eur(100)]), "the oldest payment first");
/// let refused = refund_shares(Currency::EUR, &both, Some(eur(801)));
/// assert_eq!(refused.map_err(|why| why.code()), Err("refund.too_large"));
/// ```
pub fn refund_shares(
    currency: Currency,
    payments: &[PaymentDraft],
    amount: Option<Money>,
) -> Result<Vec<Money>, Rejection> {
    let all = Money::checked_sum(payments.iter().map(PaymentDraft::refundable), currency)?;
    let amount = amount.unwrap_or(all);
    if amount.currency() != currency {
        return Err(Rejection::WrongCurrency {
            given: amount.to_string(),
            wanted: currency.code().to_owned(),
        });
    }
    if amount.minor() > all.minor() || all.is_zero() {
        return Err(Rejection::RefundTooLarge { requested: amount, refundable: all });
    }
    if amount.minor() <= 0 {
        return Err(Rejection::AmountNotPositive { given: amount, verb: "refund" });
    }
    let mut missing = amount.minor();
    let share = |payment: &PaymentDraft| {
        let share = missing.min(payment.refundable().minor());
        missing -= share;
        Money::from_minor(share, currency)
    };
    Ok(payments.iter().map(share).collect())
}

/// Returns how much of each payment is to be taken in all so that `target` is: gift cards and store credit before other
/// providers, and then the oldest first, each as much as it holds.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::payment::{PaymentDraft, capture_shares};
/// # use sutler_core::id::{OrderId, PaymentId};
/// # use sutler_core::payment::{FactKind, Payment, PaymentFact};
/// # use sutler_core::time::Timestamp;
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// # let at = Timestamp::from_millis(0);
/// # let held = |minor| {
/// #     let held = PaymentFact { kind: FactKind::Authorized, amount: eur(minor), reference: "a".to_owned(), at };
/// #     let payment = Payment {
/// #         id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(),
/// #         method: "ok".to_owned(), amount: eur(minor), facts: vec![held], created_at: at, version: 2,
/// #     };
/// #     PaymentDraft::new(payment, vec![])
/// # };
///
/// let both = [held(300), held(500)];
/// assert_eq!(capture_shares(eur(400), &both), [eur(300), eur(100)], "never more than is due");
/// ```
pub fn capture_shares(target: Money, payments: &[PaymentDraft]) -> Vec<Money> {
    let mut missing = target.minor();
    let mut shares = vec![Money::zero(target.currency()); payments.len()];
    for by_credit in [true, false] {
        let of_kind = payments.iter().zip(&mut shares);
        for (draft, share) in
            of_kind.filter(|(draft, _)| draft.payment().credit().is_some() == by_credit)
        {
            let state = draft.payment().state();
            let most = if state.voided { state.captured } else { state.authorized };
            let taken = missing.min(most.minor()).max(0);
            *share = Money::from_minor(taken, target.currency());
            missing -= taken;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrderId, PaymentId};
    use crate::payment::PaymentStatus;
    use crate::testing::moment;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn fact(kind: FactKind, minor: i64, reference: &str) -> PaymentFact {
        PaymentFact { kind, amount: eur(minor), reference: reference.to_owned(), at: moment(0) }
    }

    fn payment(facts: &[PaymentFact]) -> Payment {
        Payment {
            id: PaymentId::from_u128(1),
            order: OrderId::from_u128(2),
            provider: "test".to_owned(),
            method: "ok".to_owned(),
            amount: eur(1_000),
            facts: facts.to_vec(),
            created_at: moment(0),
            version: 3,
        }
    }

    #[test]
    fn a_refund_takes_from_the_oldest_payment_first() {
        let paid =
            |minor| PaymentDraft::new(payment(&[fact(FactKind::Captured, minor, "c")]), Vec::new());
        let both = [paid(300), paid(500)];
        let shares = |minor| refund_shares(Currency::EUR, &both, minor);
        assert_eq!(shares(Some(eur(400))), Ok(vec![eur(300), eur(100)]));
        assert_eq!(shares(None), Ok(vec![eur(300), eur(500)]));
        assert_eq!(
            shares(Some(eur(801))),
            Err(Rejection::RefundTooLarge { requested: eur(801), refundable: eur(800) })
        );
        assert!(matches!(shares(Some(eur(0))), Err(Rejection::AmountNotPositive { .. })));
        let foreign = Money::from_minor(1, Currency::USD);
        assert!(matches!(shares(Some(foreign)), Err(Rejection::WrongCurrency { .. })));
        assert!(matches!(
            refund_shares(Currency::EUR, &[], None),
            Err(Rejection::RefundTooLarge { .. })
        ));
    }

    #[test]
    fn a_hold_that_came_after_a_failure_is_held_and_a_rest_keeps_a_payment_alive() {
        type Row = (&'static [(FactKind, i64)], PaymentStatus, i64);
        #[rustfmt::skip]
        let table: &[Row] = &[
            //  facts                                                                                    status                         held
            (&[(FactKind::Failed, 1_000)],                                                               PaymentStatus::Failed,         0),
            (&[(FactKind::Failed, 1_000), (FactKind::Authorized, 1_000)],                                PaymentStatus::Authorized,     1_000),
            (&[(FactKind::Authorized, 1_000), (FactKind::Voided, 1_000)],                                PaymentStatus::Voided,         0),
            (&[(FactKind::Authorized, 1_000), (FactKind::Captured, 400), (FactKind::Refunded, 400)],     PaymentStatus::PartlyRefunded, 600),
            (&[(FactKind::Authorized, 1_000), (FactKind::Captured, 1_000), (FactKind::Refunded, 1_000)], PaymentStatus::Refunded,       0),
        ];
        for (facts, status, held) in table {
            let facts: Vec<_> =
                facts.iter().map(|(kind, minor)| fact(*kind, *minor, "x")).collect();
            let state = payment(&facts).state();
            assert_eq!((state.status, state.held().minor()), (*status, *held), "{facts:?}");
        }
    }

    #[test]
    fn the_same_facts_in_any_order_and_number_give_the_same_payment() {
        let facts = [
            fact(FactKind::Authorized, 1_000, "a"),
            fact(FactKind::Captured, 600, "c1"),
            fact(FactKind::Captured, 400, "c2"),
            fact(FactKind::Refunded, 300, "r1"),
        ];
        let expected = payment(&facts).state();
        assert_eq!(
            (expected.captured, expected.refunded, expected.status),
            (eur(1_000), eur(300), PaymentStatus::PartlyRefunded)
        );
        assert_eq!(expected.refundable(), eur(700));
        // Heap's algorithm: every permutation of the four facts, each with one of them told twice.
        let mut order = facts.to_vec();
        let mut counters = [0_usize; 4];
        let mut i = 0;
        while i < 4 {
            if counters[i] < i {
                order.swap(if i % 2 == 0 { 0 } else { counters[i] }, i);
                let twice: Vec<_> = order.iter().chain(order.first()).cloned().collect();
                assert_eq!(payment(&twice).state(), expected);
                counters[i] += 1;
                i = 0;
            } else {
                counters[i] = 0;
                i += 1;
            }
        }
    }
}
