//! Money of one order: its quote, and what pays it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::finding;
use crate::money::Money;
use crate::order::{Order, OrderStatus};
use crate::payment::{FactKind, Payment, PaymentTask, TaskStatus};
use crate::port::Finding;
use crate::pricing::{Quote, TaxLine, TaxTreatment};

/// Checks that the parts of a quote add up, that the tax of each rate is what the rate gives, and that the whole still has
/// the hash that it was placed with.
///
/// What an outside tax engine answered is only added up: its rates are for people.
///
/// Why the tax may be off by a little: it is rounded on each line, so each tax line may differ from the exact product by
/// one minor unit, and the net of a tax-inclusive price by as much again.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::order::Order;
/// use sutler_core::verify::check_quote;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let mut order: Order = serde_json::from_str(text)?;
///
/// assert!(check_quote(&order).is_empty());
/// order.quote.totals.total = Money::from_minor(1, Currency::EUR);
/// assert_eq!(check_quote(&order)[0].check, "money.quote");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn check_quote(order: &Order) -> Vec<Finding> {
    let quote = &order.quote;
    let mut found = Vec::new();
    if let Err(why) = quote.check() {
        found.push(finding("money.quote", order.id, why));
    }
    if quote.tax.provider.is_none()
        && let Some(message) = tax_off(quote)
    {
        found.push(finding("money.tax", order.id, message));
    }
    if quote.recomputed_hash() != quote.hash {
        let message = "the quote is not the one that its hash was made from";
        found.push(finding("money.hash", order.id, message));
    }
    found
}

/// One sum for each rate.
#[derive(Default)]
struct RateSum {
    base: i128,
    amount: i128,
    lines: i128,
}

fn tax_off(quote: &Quote) -> Option<String> {
    let lines = quote.lines.iter().map(|line| (line.net, &line.tax));
    let delivery = quote.delivery.iter().map(|delivery| (delivery.net, &delivery.tax));
    let fees = quote.fees.iter().map(|fee| (fee.net, &fee.tax));
    let mut sums: BTreeMap<(&str, String), (&TaxLine, RateSum)> = BTreeMap::new();
    for (net, tax) in lines.chain(delivery).chain(fees) {
        if let Some(off) = base_off(net, tax) {
            return Some(off);
        }
        for tax in tax {
            let slot = (tax.name.as_str(), tax.rate.percent_text());
            let (_, sum) = sums.entry(slot).or_insert_with(|| (tax, RateSum::default()));
            sum.base += i128::from(tax.base.minor());
            // What was taken out of a price is what the rate gave; the buyer does not pay it.
            sum.amount += i128::from(tax.relieved.unwrap_or(tax.amount).minor());
            sum.lines += 1;
        }
    }
    sums.into_values().find_map(|(tax, sum)| {
        let exact = Decimal::try_from_i128_with_scale(sum.base, 0)
            .ok()
            .and_then(|base| base.checked_mul(tax.rate.to_decimal()))?;
        let amount = Decimal::try_from_i128_with_scale(sum.amount, 0).ok()?;
        let most_off = Decimal::try_from_i128_with_scale(2 * sum.lines, 0).ok()?;
        let off = amount.checked_sub(exact)?.abs();
        (off > most_off).then(|| {
            let (rate, base) = (tax.rate, sum.base);
            let amount = sum.amount;
            format!("{} at {rate} on {base} minor units cannot be {amount}", tax.name)
        })
    })
}

/// Says which tax line was not taken on what it should have been. The kinds of goods share the net; within a kind, the
/// rates of one level stand on the same part of it and the tax of all lower levels.
fn base_off(net: Money, tax: &[TaxLine]) -> Option<String> {
    let (mut bases, mut rest) = (0_i128, tax);
    while let Some(first) = rest.first() {
        // Parts of several kinds follow each other; one on which no rate was taken has one line.
        let length = match is_untaxed(first) {
            true => 1,
            false => rest
                .iter()
                .take_while(|tax| tax.category == first.category && !is_untaxed(tax))
                .count(),
        };
        let (kind, others) = rest.split_at(length);
        rest = others;
        bases += i128::from(first.base.minor());
        let (mut level, mut base) = (first.level, i128::from(first.base.minor()));
        let mut taxed = base;
        for tax in kind {
            if tax.level != level {
                (level, base) = (tax.level, taxed);
            }
            if i128::from(tax.base.minor()) != base {
                return Some(format!(
                    "{} was taken on {}, which nothing comes to",
                    tax.name, tax.base
                ));
            }
            taxed += i128::from(tax.relieved.unwrap_or(tax.amount).minor());
        }
    }
    (!tax.is_empty() && bases != i128::from(net.minor()))
        .then(|| format!("taxes were taken on {bases} minor units, not on {net}"))
}

fn is_untaxed(tax: &TaxLine) -> bool {
    tax.relieved.is_none()
        && matches!(tax.treatment, TaxTreatment::Exempt | TaxTreatment::ReverseCharge)
}

/// Checks everything that pays one order: one currency, `0 ≤ refunded ≤ captured ≤ authorized`, that tasks which count as
/// done have their fact, and that no fact or task is gone.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::order::{Order, place};
/// use sutler_core::verify::check_payments;
/// # use sutler_core::id::PaymentId;
/// # use sutler_core::payment::Payment;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let now = Timestamp::from_millis(0);
/// # let order = place(&serde_json::from_str::<Order>(text)?, now)?;
/// # let payment = Payment {
/// #     id: PaymentId::from_u128(1), order: order.id, provider: "test".to_owned(), method: "ok".to_owned(),
/// #     amount: order.total(), facts: vec![], created_at: now, version: 1,
/// # };
///
/// assert!(check_payments(&order, &[(payment.clone(), vec![])]).is_empty());
/// let foreign = Payment { amount: Money::from_minor(18_390, Currency::USD), ..payment };
/// let words: Vec<_> = check_payments(&order, &[(foreign, vec![])]).iter().map(|f| f.check).collect();
/// assert_eq!(words, ["money.currency", "payment.amount"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_payments(order: &Order, payments: &[(Payment, Vec<PaymentTask>)]) -> Vec<Finding> {
    let mut found = Vec::new();
    let currency = order.quote.currency;
    for (payment, tasks) in payments {
        let amounts = payment.facts.iter().map(|fact| fact.amount);
        let amounts = amounts.chain(tasks.iter().map(|task| task.amount)).chain([payment.amount]);
        let foreign = amounts.into_iter().find(|amount: &Money| amount.currency() != currency);
        if let Some(foreign) = foreign {
            let message = format!("{foreign} pays an order in {}", currency.code());
            found.push(finding("money.currency", payment.id, message));
        }
        if let Err(why) = payment.state().check() {
            found.push(finding("payment.facts", payment.id, why));
        }
        found.extend(held_off(order, payment));
        for task in tasks.iter().filter(|task| task.status == TaskStatus::Done) {
            if !payment.facts.iter().any(|fact| fact.kind == task.kind.fact()) {
                let message = format!("the task {} is done, but no fact says so", task.key);
                found.push(finding("payment.task", payment.id, message));
            }
        }
        found.extend(writes_off(order, payment, tasks));
    }
    found.extend(amounts_off(order, payments));
    found
}

/// Counts what raised the version of a payment: its opening, each fact, each task when it was queued and with each attempt.
/// What counts less than the version says has lost a fact or a task.
///
/// Calling an order off writes tasks more often than they are tried ([`crate::payment::PaymentDraft`] touches captures and
/// takes refused voids up again), so of such an order only the other direction can be told.
fn writes_off(order: &Order, payment: &Payment, tasks: &[PaymentTask]) -> Option<Finding> {
    let facts = u64::try_from(payment.facts.len()).unwrap_or(u64::MAX);
    let tried = tasks.iter().map(|task| u64::from(task.attempts).saturating_add(1));
    let counted = tried.fold(facts.saturating_add(1), u64::saturating_add);
    let fits = match order.status {
        OrderStatus::Placed => payment.version == counted,
        OrderStatus::Pending | OrderStatus::Canceled => payment.version >= counted,
    };
    (!fits).then(|| {
        let message = format!(
            "it was written {} times, its facts and tasks account for {counted}",
            payment.version
        );
        finding("payment.task", payment.id, message)
    })
}

/// Compares what all payments of an order are for with what it comes to; the last of them is named.
fn amounts_off(order: &Order, payments: &[(Payment, Vec<PaymentTask>)]) -> Option<Finding> {
    // A checkout may have been undone just because the provider held another amount.
    let (last, _) = payments.last().filter(|_| order.status == OrderStatus::Placed)?;
    let total = order.total();
    let sum =
        Money::checked_sum(payments.iter().map(|(payment, _)| payment.amount), total.currency());
    let message = match sum {
        Ok(sum) if sum == total => return None,
        Ok(sum) => format!("the payments are for {sum}, the order comes to {total}"),
        Err(why) => format!("the payments do not add up: {why}"),
    };
    Some(finding("payment.amount", last.id, message))
}

/// Compares what a provider held with what was asked for. What a person marked as paid may be more than is owed: that
/// happens, and shows as overpaid.
fn held_off(order: &Order, payment: &Payment) -> Option<Finding> {
    if order.status != OrderStatus::Placed {
        return None;
    }
    let held: Vec<_> = payment.facts.iter().filter(|f| f.kind == FactKind::Authorized).collect();
    let state = payment.state();
    let message = if held.iter().any(|fact| fact.amount.minor() > payment.amount.minor()) {
        format!("more than the {} that were asked for is held", payment.amount)
    } else if !held.is_empty() && state.captured.minor() > payment.amount.minor() {
        format!("{} was captured of {}", state.captured, payment.amount)
    } else {
        return None;
    };
    Some(finding("payment.amount", payment.id, message))
}

/// Returns what a person still has to do about the money of one order; not damage: calls that a provider refused for good,
/// and money of a canceled order that nobody is giving back.
///
/// ```
/// use sutler_core::order::{Order, OrderStatus};
/// use sutler_core::payment::{FactKind, Payment, PaymentFact};
/// use sutler_core::verify::remark_payments;
/// # use sutler_core::id::PaymentId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// # let (at, amount, reference) = (Timestamp::from_millis(0), order.total(), "c-1".to_owned());
/// # let payment = Payment {
/// #     id: PaymentId::from_u128(1), order: order.id, provider: "test".to_owned(), method: "ok".to_owned(), amount,
/// #     facts: vec![], created_at: at, version: 2,
/// # };
///
/// let captured = PaymentFact { kind: FactKind::Captured, amount, reference, at };
/// let payment = Payment { facts: vec![captured], ..payment };
/// let canceled = Order { status: OrderStatus::Canceled, ..order };
/// let remarks = remark_payments(&canceled, &[(payment, vec![])]);
/// assert_eq!(remarks[0].check, "payment.left", "nobody is giving the money back");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn remark_payments(order: &Order, payments: &[(Payment, Vec<PaymentTask>)]) -> Vec<Finding> {
    let mut remarks = Vec::new();
    for (payment, tasks) in payments {
        for task in tasks.iter().filter(|task| task.status == TaskStatus::Refused) {
            let why = task.last_error.as_deref().unwrap_or("no reason was given");
            remarks.push(finding(
                "payment.refused",
                payment.id,
                format!("the provider refused {}: {why}", task.key),
            ));
        }
        let (state, queued) =
            (payment.state(), tasks.iter().any(|task| task.status == TaskStatus::Queued));
        let (taken, held) = (state.refundable(), state.held());
        if order.status == OrderStatus::Canceled
            && !queued
            && (taken.is_positive() || held.is_positive())
        {
            let message = format!(
                "order {} is canceled, but {taken} is taken and {held} is held",
                order.number
            );
            remarks.push(finding("payment.left", payment.id, message));
        }
    }
    remarks
}
