//! [`QuoteHash`]: whether two quotes mean the same, and which part of them does not.
//!
//! The hash covers everything that a quote depended on: how the channel counts, lines with price, list and rung,
//! discounts with what they came from, the coupons that unlocked something, the delivery and fees with what they came from,
//! tax with its zone, rates and bases. It does not cover names and other words, nor promotions that did not apply: a
//! renamed promotion or a new one that is for other goods does not send a buyer back to the cart.
//!
//! It begins with the total, and then has a hash of its own for each [`QuotePart`], so that whoever holds an older hash of
//! the same cart can be told both totals and what moved: eight bytes and four times six. Six bytes tell a change from none;
//! they are no proof against somebody who looks for a second content, which nobody gains from: whoever shows a hash could
//! as well show none.

use serde::{Deserialize, Serialize};

use super::{
    AppliedPromotion, DeliveryOrigin, Discount, DiscountOrigin, FeeOrigin, Quote, TaxLine,
    TaxTreatment,
};
use crate::catalog::TaxRounding;
use crate::hash::{ContentHash, HashInput, ParseHashError};
use crate::money::{Money, Rate};

/// A part of a quote that may move by itself.
///
/// ```
/// use sutler_core::pricing::QuotePart;
///
/// assert_eq!(QuotePart::Promotions.to_string(), "the promotions");
/// assert_eq!(QuotePart::ALL.len(), 4, "no other part moves");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotePart {
    /// What is bought, at which prices of which lists.
    Goods,
    /// What promotions took off, and why.
    Promotions,
    /// What the delivery and the fees cost before tax and discounts.
    Delivery,
    /// The tax, and under which rules.
    Tax,
}

impl QuotePart {
    /// Every part, in the order in which a hash holds them.
    pub const ALL: [QuotePart; 4] =
        [QuotePart::Goods, QuotePart::Promotions, QuotePart::Delivery, QuotePart::Tax];
}

impl std::fmt::Display for QuotePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            QuotePart::Goods => "the goods or their prices",
            QuotePart::Promotions => "the promotions",
            QuotePart::Delivery => "the delivery or the fees",
            QuotePart::Tax => "the tax",
        })
    }
}

/// Bytes of the total at the beginning of a hash.
const TOTAL_BYTES: usize = 8;

/// Bytes of each part after it.
const PART_BYTES: usize = 6;

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

    /// Returns the total of the quote, in minor units of its currency.
    pub fn total_minor(self) -> i64 {
        let mut total = [0; TOTAL_BYTES];
        total.iter_mut().zip(self.to_bytes()).for_each(|(to, from)| *to = from);
        i64::from_be_bytes(total)
    }

    /// Returns the parts in which two quotes differ; the total follows from them.
    ///
    /// ```
    /// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
    /// # use sutler_core::time::Timestamp;
    /// use sutler_core::pricing::QuotePart;
    ///
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
    /// # let (request, mut facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
    /// let seen = quote(&request, &facts, Timestamp::from_millis(0))?;
    /// facts.promotions.iter_mut().for_each(|promotion| promotion.active = false);
    /// let now = quote(&request, &facts, Timestamp::from_millis(0))?;
    /// assert_eq!(seen.hash.total_minor(), seen.totals.total.minor());
    /// assert_eq!(now.hash.moved_since(seen.hash), [QuotePart::Promotions, QuotePart::Tax]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn moved_since(self, earlier: QuoteHash) -> Vec<QuotePart> {
        let (now, then) = (self.to_bytes(), earlier.to_bytes());
        let differs = |nr: usize| {
            let bytes = now.iter().zip(&then).skip(TOTAL_BYTES + nr * PART_BYTES).take(PART_BYTES);
            bytes.into_iter().any(|(now, then)| now != then)
        };
        let parts = QuotePart::ALL.into_iter().enumerate();
        parts.filter(|(nr, _)| differs(*nr)).map(|(_, part)| part).collect()
    }

    /// Hashes a quote; what its `hash` field holds does not matter.
    pub(super) fn of(quote: &Quote) -> QuoteHash {
        let total = quote.totals.total.minor().to_be_bytes();
        let parts = [goods(quote), promotions(quote), delivery(quote), tax(quote)];
        let parts = parts.iter().flat_map(|part| part.to_bytes().into_iter().take(PART_BYTES));
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(total.into_iter().chain(parts)).for_each(|(to, from)| *to = from);
        QuoteHash::from_bytes(bytes)
    }
}

/// [`QuotePart::Goods`].
fn goods(quote: &Quote) -> ContentHash {
    let mut input = sized("sutler quote 5 goods", quote);
    input.text(quote.currency.code());
    input.short(i64::from(quote.tax_inclusive));
    input.text(quote.country.as_str());
    count(&mut input, quote.lines.len());
    for line in &quote.lines {
        input.short(i64::from(line.line)).id(line.variant.to_u128());
        input.short(i64::from(line.quantity.get())).short(line.unit_price.minor());
        input.id(line.price_list.to_u128()).short(i64::from(line.min_quantity));
        optional(&mut input, line.compare_at);
    }
    input.finish()
}

/// [`QuotePart::Promotions`].
fn promotions(quote: &Quote) -> ContentHash {
    let mut input = sized("sutler quote 5 promotions", quote);
    input.text(quote.rounding.name());
    let mut told = Told::new(quote);
    quote.lines.iter().for_each(|line| told.discounts(&mut input, &line.discounts));
    quote.delivery.iter().for_each(|delivery| told.discounts(&mut input, &delivery.discounts));
    count(&mut input, quote.promotions_applied.len());
    for applied in &quote.promotions_applied {
        input.id(applied.promotion.to_u128());
        input.optional_text(applied.coupon.as_ref().map(|code| code.as_str()));
    }
    input.finish()
}

/// [`QuotePart::Delivery`].
fn delivery(quote: &Quote) -> ContentHash {
    let mut input = HashInput::new("sutler quote 5 delivery");
    count(&mut input, usize::from(quote.delivery.is_some()));
    if let Some(delivery) = &quote.delivery {
        input.id(delivery.method.to_u128()).short(delivery.rate.minor());
        delivery_origin(&mut input, delivery.origin);
        count(&mut input, delivery.surcharges.len());
        for surcharge in &delivery.surcharges {
            input.short(i64::from(surcharge.times)).short(surcharge.amount.minor());
        }
    }
    count(&mut input, quote.fees.len());
    for fee in &quote.fees {
        input.id(fee.fee.to_u128()).short(fee.amount.minor());
        fee_origin(&mut input, fee.origin);
    }
    input.finish()
}

/// [`QuotePart::Tax`].
fn tax(quote: &Quote) -> ContentHash {
    let mut input = sized("sutler quote 5 tax", quote);
    input.text(quote.rounding.name());
    input.short(match quote.tax_rounding {
        TaxRounding::PerLine => 0,
        TaxRounding::PerOrder => 1,
    });
    input.optional_text(quote.tax.zone.as_deref());
    input.optional_text(quote.tax.provider.as_deref());
    input.optional_text(quote.tax.relief.as_ref().map(ToString::to_string).as_deref());
    quote.lines.iter().for_each(|line| taxes(&mut input, &line.tax, line.total));
    quote.delivery.iter().for_each(|part| taxes(&mut input, &part.tax, part.total));
    quote.fees.iter().for_each(|fee| taxes(&mut input, &fee.tax, fee.total));
    input.finish()
}

/// Begins a part that says something of every line; with room for it, so that a large cart is written without moving it.
fn sized(part: &str, quote: &Quote) -> HashInput {
    HashInput::sized(part, 256 + quote.lines.len() * 128)
}

fn count(input: &mut HashInput, many: usize) {
    input.short(i64::try_from(many).unwrap_or(i64::MAX));
}

fn optional(input: &mut HashInput, amount: Option<Money>) {
    input.short(i64::from(amount.is_some())).short(amount.map_or(0, Money::minor));
}

fn rate(input: &mut HashInput, rate: Rate) {
    let (mantissa, scale) = rate.to_parts();
    input.short(i64::try_from(mantissa).unwrap_or(i64::MAX)).short(i64::from(scale));
}

/// Adds what it is, as the first of some numbers.
fn numbers(input: &mut HashInput, numbers: &[i64]) {
    numbers.iter().for_each(|number| {
        input.short(*number);
    });
}

/// What was said of promotions so far, so that a large cart does not say it again at each of its lines.
struct Told<'q> {
    applied: &'q [AppliedPromotion],
    /// How the last discount of each of them came about.
    last: Vec<Option<&'q DiscountOrigin>>,
}

impl<'q> Told<'q> {
    fn new(quote: &'q Quote) -> Told<'q> {
        let applied = quote.promotions_applied.as_slice();
        Told { applied, last: vec![None; applied.len()] }
    }

    /// Adds discounts: a promotion by its place among those that applied, whose ids are written once, and how a discount
    /// came about where that differs from the one of the promotion before.
    fn discounts(&mut self, input: &mut HashInput, discounts: &'q [Discount]) {
        count(input, discounts.len());
        for discount in discounts {
            let of_promotion = |applied: &AppliedPromotion| applied.promotion == discount.promotion;
            let place = self.applied.iter().position(of_promotion);
            let before = match place {
                Some(place) => {
                    count(input, place + 1);
                    self.last[place].replace(&discount.origin)
                }
                None => {
                    input.short(0).id(discount.promotion.to_u128());
                    None
                }
            };
            input.short(discount.amount.minor());
            let span = discount.span.map_or([-1, 0, 0], |span| {
                [i64::from(span.first), i64::from(span.units), span.cost.minor()]
            });
            numbers(input, &span);
            // Discounts that came about together share one origin; the comparison by content is for those read from a store.
            let same = |before: &DiscountOrigin| {
                std::ptr::eq(before, &*discount.origin) || *before == *discount.origin
            };
            let again = before.is_some_and(same);
            input.short(i64::from(again));
            if !again {
                discount_origin(input, &discount.origin);
            }
        }
    }
}

fn discount_origin(input: &mut HashInput, origin: &DiscountOrigin) {
    match origin {
        DiscountOrigin::Percent { rate: of, base, whole } => {
            numbers(input, &[0, base.minor(), whole.minor()]);
            rate(input, *of);
        }
        DiscountOrigin::FixedUnit { amount } => numbers(input, &[1, amount.minor()]),
        DiscountOrigin::FixedLine { amount } => numbers(input, &[2, amount.minor()]),
        DiscountOrigin::FixedOrder { amount, whole } => {
            numbers(input, &[3, amount.minor(), whole.minor()]);
        }
        DiscountOrigin::FixedPrice { amount } => numbers(input, &[4, amount.minor()]),
        DiscountOrigin::BuyGet { buy, get, rate: of, base, whole } => {
            numbers(input, &[5, i64::from(*buy), i64::from(*get), base.minor(), whole.minor()]);
            rate(input, *of);
        }
        DiscountOrigin::CheapestFree { of } => numbers(input, &[6, i64::from(*of)]),
        DiscountOrigin::Bundle { price, bundles, set, base, whole } => {
            numbers(input, &[7, price.minor(), i64::from(*bundles), i64::from(*set)]);
            numbers(input, &[base.minor(), whole.minor()]);
        }
        DiscountOrigin::Gift => numbers(input, &[8]),
        DiscountOrigin::FreeDelivery => numbers(input, &[9]),
        DiscountOrigin::DeliveryPercent { rate: of, base } => {
            numbers(input, &[10, base.minor()]);
            rate(input, *of);
        }
        DiscountOrigin::DeliveryFixed { amount } => numbers(input, &[11, amount.minor()]),
        DiscountOrigin::QuantityTier { from, gave } => {
            numbers(input, &[12, i64::from(*from)]);
            discount_origin(input, gave);
        }
        DiscountOrigin::SubtotalTier { from, gave } => {
            numbers(input, &[13, from.minor()]);
            discount_origin(input, gave);
        }
        DiscountOrigin::Capped { limit, sum, uncapped, gave } => {
            numbers(input, &[14, limit.minor(), sum.minor(), uncapped.minor()]);
            discount_origin(input, gave);
        }
    }
}

fn delivery_origin(input: &mut HashInput, origin: DeliveryOrigin) {
    let big = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let maybe = |number: Option<u64>| number.map_or(-1, big);
    match origin {
        DeliveryOrigin::Flat => numbers(input, &[0]),
        DeliveryOrigin::ByWeight { weight_grams, up_to_grams } => {
            numbers(input, &[1, maybe(weight_grams), maybe(up_to_grams)]);
        }
        DeliveryOrigin::ByVolume { volume_cm3, up_to_cm3 } => {
            numbers(input, &[2, maybe(volume_cm3), maybe(up_to_cm3)]);
        }
        DeliveryOrigin::ByQuantity { units, up_to_units } => {
            numbers(input, &[3, big(units), maybe(up_to_units)]);
        }
        DeliveryOrigin::Table { row } => numbers(input, &[4, i64::from(row)]),
        DeliveryOrigin::BySubtotal { from } => numbers(input, &[5, from.minor()]),
        DeliveryOrigin::FreeOver { limit } => numbers(input, &[6, limit.minor()]),
        DeliveryOrigin::NothingSent => numbers(input, &[7]),
    }
}

fn fee_origin(input: &mut HashInput, origin: FeeOrigin) {
    match origin {
        FeeOrigin::Flat => numbers(input, &[0]),
        FeeOrigin::PerUnit { amount, units } => {
            numbers(input, &[1, amount.minor(), i64::from(units)]);
        }
        FeeOrigin::Percent { rate: of, base } => {
            numbers(input, &[2, base.minor()]);
            rate(input, of);
        }
    }
}

/// Adds the taxes of a line, delivery or fee, and what it comes to.
fn taxes(input: &mut HashInput, taxes: &[TaxLine], total: Money) {
    input.short(total.minor());
    count(input, taxes.len());
    for tax in taxes {
        input.text(tax.category.as_str());
        rate(input, tax.rate);
        input.short(tax.base.minor());
        input.short(tax.amount.minor()).short(i64::from(tax.level));
        optional(input, tax.relieved);
        input.short(match tax.treatment {
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
