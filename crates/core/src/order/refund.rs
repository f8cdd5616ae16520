//! What units are worth when they are given back.
//!
//! A line was charged as a whole, with its discounts and its tax, and its units need not be worth the same. So the n-th
//! unit is worth what n units are worth, less what the ones before it are: whoever gives a line back in parts, in whatever
//! order and size, gives back what was charged for it, to the minor unit. Delivery and fees belong to no unit.
//!
//! Deliberately absent: which payment the money comes from (`payment::refund_shares`), and whether goods came back.

use std::collections::BTreeMap;

use super::{LineUnits, Order};
use crate::money::Money;
use crate::rejection::Rejection;

/// Counts units of an order as given back; returns what they are worth, tax included.
///
/// Lines that are named twice are added up. On an error nothing is counted.
///
/// Errors: `not_found` for a line that the order does not have; `refund.too_many`.
///
/// Source: `docs/adr/0004-money-and-rounding.md`, cumulative shares.
///
/// ```
/// use sutler_core::order::{LineUnits, Order, refund_units};
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// let mut order: Order = serde_json::from_str(text)?;
/// let charged = order.quote.lines[0].total;
/// assert_eq!((order.lines[0].ordered, order.lines[0].refunded), (2, 0));
///
/// let one = [LineUnits { line: 1, quantity: 1 }];
/// let (first, second) = (refund_units(&mut order, &one)?, refund_units(&mut order, &one)?);
/// assert_eq!(first.checked_add(second)?, charged);
///
/// let third = refund_units(&mut order, &one);
/// assert_eq!(third.map_err(|why| why.code()), Err("refund.too_many"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn refund_units(order: &mut Order, units: &[LineUnits]) -> Result<Money, Rejection> {
    let mut wanted: BTreeMap<u32, u32> = BTreeMap::new();
    for LineUnits { line, quantity } in units {
        let sum = wanted.entry(*line).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    let mut worth = Money::zero(order.quote.currency);
    let mut counted = order.lines.clone();
    for (number, requested) in wanted {
        let missing = || Rejection::not_found("order line", number);
        let line = counted.iter_mut().find(|line| line.line == number).ok_or_else(missing)?;
        let charged = order.quote.lines.iter().find(|line| line.line == number);
        let charged = charged.ok_or_else(missing)?.total;
        let open = line.to_refund();
        if requested > open {
            let (number, label) = (order.number, line.label());
            return Err(Rejection::RefundTooMany { number, label, requested, open });
        }
        let until = line.refunded.saturating_add(requested);
        let share =
            charged.share_between(line.refunded.into(), until.into(), line.ordered.into())?;
        worth = worth.checked_add(share)?;
        line.refunded = until;
    }
    order.lines = counted;
    Ok(worth)
}
