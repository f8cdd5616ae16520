//! [`Parcel`]: what is to be delivered, as far as the price depends on it.

use crate::catalog::Dimensions;
use crate::id::CategoryId;
use crate::money::Money;
use crate::pricing::{Destination, VariantFacts};

/// One line that is sent.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest};
/// use sutler_core::pricing::SentLine;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let line = SentLine { facts: &facts.variants[0], units: 2 };
/// assert_eq!((line.facts.label(), line.units), ("LAMP".to_owned(), 2));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SentLine<'a> {
    /// SKU or id, for refusals.
    pub facts: &'a VariantFacts,
    /// How many units.
    pub units: u32,
}

/// What is to be delivered, as far as the price depends on it.
///
/// ```
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest};
/// use sutler_core::pricing::{Destination, Parcel, SentLine};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let destination = Destination::country("DE".parse()?);
/// let goods_total = Money::parse("238.00", Currency::EUR)?;
/// let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// let parcel = Parcel { destination: &destination, goods_total, sent: &sent };
/// assert_eq!((parcel.weight_grams(), parcel.volume_cm3(), parcel.units()), (Some(2400), Some(16_000), 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parcel<'a> {
    /// Where it goes.
    pub destination: &'a Destination,
    /// The goods of the cart after discounts, in the channel's currency.
    pub goods_total: Money,
    /// The lines that are sent; none when there is nothing to send.
    pub sent: &'a [SentLine<'a>],
}

impl<'a> Parcel<'a> {
    /// Returns the weight of everything; `None` when one weight is unknown.
    ///
    /// Unit: grams.
    pub fn weight_grams(&self) -> Option<u64> {
        self.sent.iter().try_fold(0_u64, |sum, line| {
            let unit = u64::from(line.facts.weight_grams?);
            sum.checked_add(unit.checked_mul(u64::from(line.units))?)
        })
    }

    /// Returns the volume of everything, rounded up once; `None` when one size is unknown.
    ///
    /// Unit: cubic centimeters.
    pub fn volume_cm3(&self) -> Option<u64> {
        let cubic_mm = self.sent.iter().try_fold(0_u128, |sum, line| {
            let Dimensions { length_mm, width_mm, height_mm } = line.facts.dimensions?;
            // 2^32 cubed times 2^20 lines of 2^20 units stays inside 128 bits only when each step is checked.
            let sides = [length_mm, width_mm, height_mm, line.units].map(u128::from);
            let volume =
                sides.iter().try_fold(1_u128, |product, side| product.checked_mul(*side))?;
            sum.checked_add(volume)
        })?;
        u64::try_from(cubic_mm.div_ceil(1000)).ok()
    }

    /// Returns how many units are sent.
    pub fn units(&self) -> u64 {
        self.sent.iter().map(|line| u64::from(line.units)).sum()
    }

    /// Returns how many units have a side longer than a limit. A unit of unknown size counts as small.
    pub(super) fn units_longer_than(&self, limit_mm: u32) -> u64 {
        let long =
            self.sent.iter().filter(|line| line.longest_mm().is_some_and(|side| side > limit_mm));
        long.map(|line| u64::from(line.units)).sum()
    }

    /// Returns the first line under one of some categories.
    pub(super) fn line_under(&self, categories: &[CategoryId]) -> Option<&SentLine<'a>> {
        self.sent.iter().find(|line| line.is_under(categories))
    }
}

impl SentLine<'_> {
    pub(super) fn longest_mm(&self) -> Option<u32> {
        let Dimensions { length_mm, width_mm, height_mm } = self.facts.dimensions?;
        Some(length_mm.max(width_mm).max(height_mm))
    }

    pub(super) fn is_under(&self, categories: &[CategoryId]) -> bool {
        categories.iter().any(|category| self.facts.categories.contains(category))
    }
}
