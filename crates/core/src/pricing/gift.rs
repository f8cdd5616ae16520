//! The lines of gifts: what promotions put beside the goods of the buyer.
//!
//! A gift's line comes after those of the cart, with a number above theirs, and costs its price less all of it. It bears
//! no tax, because nothing is charged for it, and changes neither the delivery rate nor the fees: those are for what the
//! buyer chose. From the order on it is a line like any other.

use super::discount::{GivenGift, Verdict};
use super::{Discount, DiscountOrigin, PricingError, Quote, QuoteLine};
use crate::money::{Money, MoneyError};
use crate::quantity::Quantity;

impl QuoteLine {
    /// Tells whether a promotion put it in, so that the cart has no such line.
    ///
    /// ```
    /// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
    /// # use sutler_core::time::Timestamp;
    /// use sutler_core::pricing::{Benefit, Promotion};
    ///
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
    /// # let (request, mut facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
    /// // A second lamp comes with the lamps.
    /// let lamp = request.lines[0].variant;
    /// let ten: &Promotion = &facts.promotions[0];
    /// let benefits = vec![Benefit::Gift { variant: lamp, units: 1 }];
    /// facts.promotions = vec![Promotion { benefits, ..ten.clone() }].into();
    /// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
    /// let given: Vec<_> = quote.lines.iter().filter(|line| line.is_gift()).collect();
    /// assert_eq!((given.len(), given[0].variant, given[0].line), (1, lamp, 2));
    /// assert!(given[0].total.is_zero());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_gift(&self) -> bool {
        self.discounts.iter().any(|discount| *discount.origin == DiscountOrigin::Gift)
    }
}

impl Quote {
    /// Returns the lines that the buyer chose.
    pub(super) fn bought(&self) -> impl Iterator<Item = &QuoteLine> {
        self.lines.iter().filter(|line| !line.is_gift())
    }
}

/// Adds the lines of gifts, each with its discount.
pub(super) fn push_lines(
    lines: &mut Vec<QuoteLine>,
    verdicts: &[Verdict<'_>],
    gifts: &[GivenGift],
    discounts: Vec<Vec<Discount>>,
) -> Result<(), PricingError> {
    let mut number = lines.iter().map(|line| line.line).max().unwrap_or(0);
    for (given, discounts) in gifts.iter().zip(discounts) {
        let verdict = verdicts.get(given.place).and_then(|verdict| verdict.outcome.as_ref().ok());
        let Some(gift) = verdict.and_then(|candidate| candidate.gift(given)) else { continue };
        gift.price.check(gift.list)?;
        number = number.checked_add(1).ok_or(MoneyError::Overflow)?;
        let subtotal = gift.price.amount.checked_mul(given.units)?;
        let zero = Money::zero(subtotal.currency());
        lines.push(QuoteLine {
            line: number,
            variant: gift.facts.variant,
            quantity: Quantity::new(given.units).map_err(|_| MoneyError::Overflow)?,
            unit_price: gift.price.amount,
            compare_at: None,
            price_list: gift.list.id,
            price_list_name: gift.list.name.clone().into(),
            min_quantity: gift.price.min_quantity,
            subtotal,
            discounts,
            discount_total: subtotal,
            tax: Vec::new(),
            net: zero,
            tax_total: zero,
            total: zero,
        });
    }
    Ok(())
}
