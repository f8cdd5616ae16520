//! [`QuoteHash`]: whether two quotes mean the same.
//!
//! The hash covers everything that decides what the buyer pays and gets: lines with price, list and rung, discounts
//! with their promotion, delivery, tax with its rates, the coupons that unlocked something, and how the channel
//! counts. It does not cover names and other words, nor promotions that did not apply: a renamed promotion or a new
//! one that is for other goods does not send a buyer back to the cart.

use serde::{Deserialize, Serialize};

use super::{Discount, Quote, TaxLine, TaxTreatment};
use crate::catalog::TaxRounding;
use crate::hash::{ContentHash, HashInput, ParseHashError};
use crate::money::Money;

/// The hash of everything a quote depended on; in text 64 lower-case hexadecimal digits.
///
/// ```
/// use sutler_core::pricing::QuoteHash;
///
/// let hash = QuoteHash::from_bytes([0xab; 32]);
/// assert_eq!(hash.to_string(), "ab".repeat(32));
/// assert_eq!(hash.to_string().parse::<QuoteHash>()?.to_bytes(), [0xab; 32]);
/// # Ok::<(), sutler_core::hash::ParseHashError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuoteHash(ContentHash);

impl QuoteHash {
    /// Wraps 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> QuoteHash {
        QuoteHash(ContentHash::from_bytes(bytes))
    }

    /// Returns the 32 bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Hashes a quote; what its `hash` field holds does not matter.
    pub(super) fn of(quote: &Quote) -> QuoteHash {
        let mut input = HashInput::new("sutler quote 2");
        input.text(quote.currency.code());
        input.number(i64::from(quote.tax_inclusive));
        input.text(quote.rounding.name());
        input.number(match quote.tax_rounding {
            TaxRounding::PerLine => 0,
            TaxRounding::PerOrder => 1,
        });
        input.text(quote.country.as_str());
        count(&mut input, quote.lines.len());
        for line in &quote.lines {
            input.number(i64::from(line.line)).id(line.variant.to_u128());
            input.number(i64::from(line.quantity.get())).number(line.unit_price.minor());
            input.id(line.price_list.to_u128()).number(i64::from(line.min_quantity));
            optional(&mut input, line.compare_at);
            discounts(&mut input, &line.discounts);
            taxes(&mut input, &line.tax);
            input.number(line.total.minor());
        }
        count(&mut input, usize::from(quote.delivery.is_some()));
        if let Some(delivery) = &quote.delivery {
            input.id(delivery.method.to_u128()).number(delivery.rate.minor());
            discounts(&mut input, &delivery.discounts);
            taxes(&mut input, &delivery.tax);
            input.number(delivery.total.minor());
        }
        count(&mut input, quote.fees.len());
        for fee in &quote.fees {
            input.id(fee.fee.to_u128()).number(fee.amount.minor());
            taxes(&mut input, &fee.tax);
            input.number(fee.total.minor());
        }
        input.optional_text(quote.tax.provider.as_deref());
        input.optional_text(quote.tax.relief.as_ref().map(ToString::to_string).as_deref());
        count(&mut input, quote.promotions_applied.len());
        for applied in &quote.promotions_applied {
            input.id(applied.promotion.to_u128());
            input.optional_text(applied.coupon.as_ref().map(|code| code.as_str()));
        }
        input.number(quote.totals.total.minor());
        QuoteHash(input.finish())
    }
}

fn count(input: &mut HashInput, many: usize) {
    input.number(i64::try_from(many).unwrap_or(i64::MAX));
}

fn optional(input: &mut HashInput, amount: Option<Money>) {
    input.number(i64::from(amount.is_some())).number(amount.map_or(0, Money::minor));
}

fn discounts(input: &mut HashInput, discounts: &[Discount]) {
    count(input, discounts.len());
    for discount in discounts {
        input.id(discount.promotion.to_u128()).number(discount.amount.minor());
    }
}

fn taxes(input: &mut HashInput, taxes: &[TaxLine]) {
    count(input, taxes.len());
    for tax in taxes {
        let (mantissa, scale) = tax.rate.to_parts();
        input.text(tax.category.as_str());
        input.number(i64::try_from(mantissa).unwrap_or(i64::MAX)).number(i64::from(scale));
        input.number(tax.amount.minor()).number(i64::from(tax.level));
        optional(input, tax.relieved);
        input.number(match tax.treatment {
            TaxTreatment::Standard => 0,
            TaxTreatment::Zero => 1,
            TaxTreatment::Exempt => 2,
            TaxTreatment::ReverseCharge => 3,
        });
    }
}

impl std::fmt::Display for QuoteHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for QuoteHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        text.parse().map(QuoteHash)
    }
}
