//! [`Quote`]: the full priced result for one cart at one moment.
//!
//! Invariants, checked by [`Quote::check`]
//! * The parts add up to the totals, to the minor unit.
//! * `net + tax_total == total` on each line, on the delivery, on each fee and in all; in a tax-inclusive channel `total`
//!   is the price after discounts, in others `net` is. Where a buyer pays no tax, what the price contained of it is
//!   taken out: then `total` and `relieved` are the price together.
//! * Nothing is negative.

use serde::{Deserialize, Serialize};

use super::{
    CombinationSearch, CouponCode, DeliveryOrigin, Discount, FeeOrigin, PricingError,
    PromotionRefusal, QuoteHash, QuoteTax, Surcharge, TaxLine,
};
use crate::address::CountryCode;
use crate::catalog::TaxRounding;
use crate::id::{DeliveryMethodId, FeeId, PriceListId, PromotionId, VariantId};
use crate::money::{Currency, Money, MoneyError, Rounding};
use crate::quantity::Quantity;
use crate::rejection::Rejection;
use crate::shared::SharedText;

/// One line of a cart, priced.
///
/// Units: `unit_price`, `subtotal` and `discount_total` are as the channel counts: with tax when it is tax-inclusive.
/// `net` is without and `total` is with tax always.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::QuoteLine;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let lamps: &QuoteLine = &quote.lines[0];
/// assert_eq!(lamps.subtotal.to_string(), "238.00 EUR");
/// assert_eq!(lamps.discount_total.to_string(), "23.80 EUR");
/// assert_eq!(lamps.net.checked_add(lamps.tax_total)?, lamps.total);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteLine {
    /// Number of the cart's line.
    pub line: u32,
    /// What.
    pub variant: VariantId,
    /// How many.
    pub quantity: Quantity,
    /// What one unit costs before discounts.
    pub unit_price: Money,
    /// The struck-through earlier price of one unit; never charged.
    pub compare_at: Option<Money>,
    /// The price list it is from.
    pub price_list: PriceListId,
    /// Name of that list.
    pub price_list_name: SharedText,
    /// The rung of that list: from how many units on the price holds.
    pub min_quantity: u32,
    /// Unit price times quantity.
    pub subtotal: Money,
    /// What was taken off, in the order in which it was.
    pub discounts: Vec<Discount>,
    /// The sum of what was taken off.
    pub discount_total: Money,
    /// The tax, one entry for each rate.
    pub tax: Vec<TaxLine>,
    /// What is left, without tax.
    pub net: Money,
    /// The sum of the tax.
    pub tax_total: Money,
    /// What is left, with tax: what the buyer pays for the line.
    pub total: Money,
}

/// The delivery of a cart, priced.
///
/// Units: as in [`QuoteLine`].
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::QuoteDelivery;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let post: &QuoteDelivery = quote.delivery.as_ref().ok_or("no delivery")?;
/// assert_eq!((post.name.as_str(), post.total.to_string()), ("Post", "5.95 EUR".to_owned()));
/// assert_eq!((post.net.to_string(), post.tax_total.to_string()), ("5.00 EUR".into(), "0.95 EUR".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteDelivery {
    /// Which method.
    pub method: DeliveryMethodId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it costs before discounts.
    pub rate: Money,
    /// How that was found, surcharges aside.
    pub origin: DeliveryOrigin,
    /// What of it are surcharges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surcharges: Vec<Surcharge>,
    /// What was taken off.
    pub discounts: Vec<Discount>,
    /// The sum of what was taken off.
    pub discount_total: Money,
    /// The tax, one entry for each rate.
    pub tax: Vec<TaxLine>,
    /// What is left, without tax.
    pub net: Money,
    /// The sum of the tax.
    pub tax_total: Money,
    /// What is left, with tax: what the buyer pays for the delivery.
    pub total: Money,
}

/// A fee of a cart, priced.
///
/// Units: as in [`QuoteLine`].
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::{FeeOrigin, QuoteFee};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let cash: &QuoteFee = &quote.fees[0];
/// assert_eq!((cash.code.as_str(), cash.origin), ("cash", FeeOrigin::Flat));
/// assert_eq!(cash.net.to_string(), "2.00 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteFee {
    /// Which fee.
    pub fee: FeeId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How much.
    pub amount: Money,
    /// How that came about.
    pub origin: FeeOrigin,
    /// The tax, one entry for each rate and kind of goods.
    pub tax: Vec<TaxLine>,
    /// It without tax.
    pub net: Money,
    /// The sum of the tax.
    pub tax_total: Money,
    /// What the buyer pays for it.
    pub total: Money,
}

/// The sums of a quote.
///
/// Units: `subtotal`, `discount_total`, `delivery_total` and `fee_total` are as the channel counts. So
/// `total = subtotal − discount_total + delivery_total + fee_total`, plus `tax_total` in a channel that is not
/// tax-inclusive, minus [`Quote::tax_relief_total`] in one that is.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::Totals;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let Totals { subtotal, discount_total, delivery_total, fee_total, total, .. } = quote.totals;
/// let goods = subtotal.checked_sub(discount_total)?;
/// assert_eq!(goods.checked_add(delivery_total)?.checked_add(fee_total)?, total);
///
/// let again = Totals::add_up(&quote.lines, quote.delivery.as_ref(), &quote.fees, quote.currency)?;
/// assert_eq!(again, quote.totals);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Totals {
    /// Goods before discounts.
    pub subtotal: Money,
    /// What was taken off goods. Discounts on delivery are in `delivery_total` already.
    pub discount_total: Money,
    /// Delivery after its discounts.
    pub delivery_total: Money,
    /// Fees: amounts that are neither goods, delivery nor tax.
    pub fee_total: Money,
    /// The tax on goods, delivery and fees.
    pub tax_total: Money,
    /// What the buyer pays.
    pub total: Money,
}

/// A promotion that gave something.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::AppliedPromotion;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let ten: &AppliedPromotion = &quote.promotions_applied[0];
/// assert_eq!(ten.coupon.as_ref().map(ToString::to_string).as_deref(), Some("TEN"));
/// assert_eq!((ten.amount.to_string(), ten.units), ("23.80 EUR".to_owned(), 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppliedPromotion {
    /// Which promotion.
    pub promotion: PromotionId,
    /// Its name.
    pub name: SharedText,
    /// The coupon code that unlocked it.
    pub coupon: Option<CouponCode>,
    /// All it took off, goods and delivery: what its budget is used by.
    pub amount: Money,
    /// How many units took a discount of it, what is off the order or the delivery left aside: what its limits on units
    /// are used by.
    #[serde(default)]
    pub units: u32,
}

/// A promotion that gave nothing, and why.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::RefusedPromotion;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (mut request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// request.coupons.clear();
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let ten: &RefusedPromotion = &quote.promotions_refused[0];
/// assert_eq!((ten.name.as_str(), ten.refusal.code()), ("Ten per cent", "promotion.coupon_missing"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedPromotion {
    /// Which promotion.
    pub promotion: PromotionId,
    /// Its name.
    pub name: SharedText,
    /// Why.
    pub refusal: PromotionRefusal,
}

/// An entered coupon code that unlocked nothing, and why.
///
/// ```
/// use sutler_core::pricing::{CouponCode, PromotionRefusal, RefusedCoupon};
///
/// let code = CouponCode::new("TEN")?;
/// let mistyped = RefusedCoupon { code: code.clone(), promotion: None };
/// assert_eq!(mistyped.to_error().code(), "coupon.unknown");
/// let off = RefusedCoupon { code, promotion: Some(("Ten".into(), PromotionRefusal::Inactive)) };
/// assert_eq!(off.to_error().code(), "coupon.not_applicable");
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedCoupon {
    /// The code.
    pub code: CouponCode,
    /// The name of a promotion that knows it, and why that did not apply; `None`: no promotion knows it.
    pub promotion: Option<(SharedText, PromotionRefusal)>,
}

impl RefusedCoupon {
    /// Returns it as an error: [`PricingError::UnknownCoupon`], [`PricingError::CouponUsedUp`] or
    /// [`PricingError::CouponNotApplicable`].
    pub fn to_error(&self) -> PricingError {
        let code = self.code.clone();
        let Some((promotion, refusal)) = &self.promotion else {
            return PricingError::UnknownCoupon { code };
        };
        let (promotion, reason) = (promotion.to_string(), Box::new(refusal.clone()));
        if refusal.is_used_up() {
            PricingError::CouponUsedUp { code, promotion, reason }
        } else {
            PricingError::CouponNotApplicable { code, promotion, reason }
        }
    }
}

/// The full priced result for one cart at one moment, with all that is needed to derive each minor unit of it.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::{CouponCode, Quote};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (mut request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let now = Timestamp::from_millis(0);
/// let mut first: Quote = quote(&request, &facts, now)?;
/// assert_eq!((first.check(), first.check_coupons()), (Ok(()), Ok(())));
/// assert_eq!(first.line(1).map(|line| line.total.to_string()).as_deref(), Some("214.20 EUR"));
/// // One tax line each: the goods, the delivery, the fee. Nobody was spared any.
/// assert_eq!(first.tax_lines().count(), 3);
/// assert!(first.tax_relief_total()?.is_zero());
///
/// request.coupons.push(CouponCode::new("TWENTY")?);
/// assert!(quote(&request, &facts, now)?.check_coupons().is_err());
///
/// assert_eq!(first.recomputed_hash(), first.hash);
/// first.totals.total = first.totals.subtotal;
/// assert_ne!(first.recomputed_hash(), first.hash);
/// assert!(first.check().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// The currency of all amounts.
    pub currency: Currency,
    /// Whether the channel's prices contain tax.
    pub tax_inclusive: bool,
    /// How fractions of a minor unit were rounded.
    pub rounding: Rounding,
    /// Where tax was rounded.
    pub tax_rounding: TaxRounding,
    /// The country that decided tax and delivery.
    pub country: CountryCode,
    /// Under which rules of tax it was made.
    #[serde(default)]
    pub tax: QuoteTax,
    /// The lines, in the order of the cart.
    pub lines: Vec<QuoteLine>,
    /// The delivery; `None` while none is chosen.
    pub delivery: Option<QuoteDelivery>,
    /// The fees, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<QuoteFee>,
    /// The sums.
    pub totals: Totals,
    /// Promotions that gave something, by priority.
    pub promotions_applied: Vec<AppliedPromotion>,
    /// Promotions that gave nothing, by priority.
    pub promotions_refused: Vec<RefusedPromotion>,
    /// Entered coupon codes that unlocked nothing, in the order entered.
    pub coupons_refused: Vec<RefusedCoupon>,
    /// How the combination of promotions was found, where one was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combination: Option<CombinationSearch>,
    /// The hash of everything it depended on; a different one means that the buyer saw something else.
    pub hash: QuoteHash,
}

impl Quote {
    /// Returns a line by its number.
    pub fn line(&self, line: u32) -> Option<&QuoteLine> {
        self.lines.iter().find(|l| l.line == line)
    }

    /// Returns every tax line: of the lines in their order, of the delivery, of the fees.
    pub fn tax_lines(&self) -> impl Iterator<Item = &TaxLine> {
        let lines = self.lines.iter().flat_map(|line| &line.tax);
        let delivery = self.delivery.iter().flat_map(|delivery| &delivery.tax);
        lines.chain(delivery).chain(self.fees.iter().flat_map(|fee| &fee.tax))
    }

    /// Returns the tax that prices contained and that was taken out of them, for a buyer who pays none.
    ///
    /// Errors: [`MoneyError::MixedCurrency`], [`MoneyError::Overflow`], for a quote that does not come from
    /// [`quote`](super::quote).
    pub fn tax_relief_total(&self) -> Result<Money, MoneyError> {
        Money::checked_sum(self.tax_lines().filter_map(|tax| tax.relieved), self.currency)
    }

    /// Refuses when an entered coupon code unlocked nothing.
    ///
    /// Pricing itself goes on without such a code, so that a cart which fell below a minimum can still be shown. Where
    /// somebody just entered a code, it is this that tells them.
    ///
    /// Errors: [`PricingError::UnknownCoupon`], [`PricingError::CouponUsedUp`],
    /// [`PricingError::CouponNotApplicable`], for the first such code.
    /// A code whose promotion was outdone by a better one is no error: the buyer pays less than it would have given.
    pub fn check_coupons(&self) -> Result<(), PricingError> {
        let outdone = |refused: &&RefusedCoupon| {
            matches!(
                refused.promotion,
                Some((_, PromotionRefusal::Outdone | PromotionRefusal::LeftOut))
            )
        };
        let refused = self.coupons_refused.iter().find(|refused| !outdone(refused));
        refused.map_or(Ok(()), |refused| Err(refused.to_error()))
    }

    /// Returns the hash of what the quote says now. It differs from [`Quote::hash`] when the quote was changed after it was
    /// made.
    pub fn recomputed_hash(&self) -> QuoteHash {
        QuoteHash::of(self)
    }

    /// Refuses when it is not the quote that a buyer saw, which is known by its hash.
    ///
    /// Errors: `quote.changed` with both totals and what moved.
    ///
    /// ```
    /// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
    /// # use sutler_core::time::Timestamp;
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
    /// # let (request, mut facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
    /// # let now = Timestamp::from_millis(0);
    /// let seen = quote(&request, &facts, now)?;
    /// seen.require_seen(seen.hash)?;
    ///
    /// facts.fees.iter_mut().for_each(|fee| fee.active = false);
    /// let refusal = quote(&request, &facts, now)?.require_seen(seen.hash).unwrap_err();
    /// assert_eq!(refusal.code(), "quote.changed");
    /// let told = refusal.to_string();
    /// assert!(told.starts_with("the total is 220.15 EUR, not 222.53 EUR, and the delivery or the fees"), "{told}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn require_seen(&self, seen: QuoteHash) -> Result<(), Rejection> {
        if seen == self.hash {
            return Ok(());
        }
        Err(Rejection::QuoteChanged {
            expected: Money::from_minor(seen.total_minor(), self.currency),
            actual: self.totals.total,
            moved: self.hash.moved_since(seen),
            quote: Some(self.hash),
        })
    }

    /// Checks that the parts add up and nothing is negative; says what does not.
    ///
    /// A quote that was made by [`quote`](super::quote) always passes; this is for those that come back from a store.
    pub fn check(&self) -> Result<(), &'static str> {
        let mut sums = Sums::default();
        for line in &self.lines {
            let part = Part {
                before: line.subtotal,
                discounts: &line.discounts,
                discount_total: line.discount_total,
                tax: &line.tax,
                net: line.net,
                tax_total: line.tax_total,
                total: line.total,
            };
            if i128::from(line.unit_price.minor()) * i128::from(line.quantity.get())
                != i128::from(line.subtotal.minor())
            {
                return Err("a subtotal is not the unit price times the quantity");
            }
            self.check_part(&part)?;
            sums.goods(&part);
        }
        if let Some(delivery) = &self.delivery {
            let part = Part {
                before: delivery.rate,
                discounts: &delivery.discounts,
                discount_total: delivery.discount_total,
                tax: &delivery.tax,
                net: delivery.net,
                tax_total: delivery.tax_total,
                total: delivery.total,
            };
            self.check_part(&part)?;
            sums.delivery(&part);
        }
        for fee in &self.fees {
            let part = Part {
                before: fee.amount,
                discounts: &[],
                discount_total: Money::zero(self.currency),
                tax: &fee.tax,
                net: fee.net,
                tax_total: fee.tax_total,
                total: fee.total,
            };
            self.check_part(&part)?;
            sums.fee(&part);
        }
        self.check_totals(&sums)
    }

    fn check_part(&self, part: &Part<'_>) -> Result<(), &'static str> {
        let amounts = [part.before, part.discount_total, part.net, part.tax_total, part.total];
        let in_lists =
            part.discounts.iter().map(|d| d.amount).chain(part.tax.iter().map(|t| t.amount));
        let in_lists = in_lists.chain(part.tax.iter().filter_map(|t| t.relieved));
        for amount in amounts.into_iter().chain(in_lists) {
            if amount.currency() != self.currency {
                return Err("an amount is in another currency than the quote");
            }
            if amount.is_negative() {
                return Err("an amount is below zero");
            }
        }
        let left = wide(part.before) - wide(part.discount_total);
        let relieved: i128 = part.tax.iter().filter_map(|t| t.relieved).map(wide).sum();
        let counted = if self.tax_inclusive { wide(part.total) + relieved } else { wide(part.net) };
        if part.discounts.iter().map(|d| wide(d.amount)).sum::<i128>() != wide(part.discount_total)
        {
            Err("discounts do not add up to their total")
        } else if part.tax.iter().map(|t| wide(t.amount)).sum::<i128>() != wide(part.tax_total) {
            Err("taxes do not add up to their total")
        } else if wide(part.net) + wide(part.tax_total) != wide(part.total) {
            Err("net and tax do not add up to the total")
        } else if left != counted {
            Err("what is left after discounts is not what is charged")
        } else {
            Ok(())
        }
    }

    fn check_totals(&self, sums: &Sums) -> Result<(), &'static str> {
        let Totals { subtotal, discount_total, delivery_total, fee_total, tax_total, total } =
            self.totals;
        let all = [subtotal, discount_total, delivery_total, fee_total, tax_total, total];
        if all.iter().any(|amount| amount.currency() != self.currency || amount.is_negative()) {
            return Err("a total is below zero or in another currency than the quote");
        }
        let [subtotal, discount_total, delivery_total, fee_total, tax_total, total] = all.map(wide);
        let added_tax = if self.tax_inclusive { -sums.relieved } else { tax_total };
        if (subtotal, discount_total, delivery_total, fee_total, tax_total)
            != (
                sums.subtotal,
                sums.discount_total,
                sums.delivery_total,
                sums.fee_total,
                sums.tax_total,
            )
        {
            Err("the parts do not add up to the totals")
        } else if subtotal - discount_total + delivery_total + fee_total + added_tax != total {
            Err("the totals do not add up")
        } else if sums.total != total {
            Err("the lines, the delivery and the fees do not add up to the total")
        } else {
            Ok(())
        }
    }
}

/// What lines, delivery and fees have in common.
struct Part<'a> {
    before: Money,
    discounts: &'a [Discount],
    discount_total: Money,
    tax: &'a [TaxLine],
    net: Money,
    tax_total: Money,
    total: Money,
}

/// Sums of parts in 128 bits.
#[derive(Default)]
struct Sums {
    subtotal: i128,
    discount_total: i128,
    delivery_total: i128,
    fee_total: i128,
    tax_total: i128,
    relieved: i128,
    total: i128,
}

impl Sums {
    fn goods(&mut self, part: &Part<'_>) {
        self.subtotal += wide(part.before);
        self.discount_total += wide(part.discount_total);
        self.add(part);
    }

    fn delivery(&mut self, part: &Part<'_>) {
        self.delivery_total += wide(part.before) - wide(part.discount_total);
        self.add(part);
    }

    fn fee(&mut self, part: &Part<'_>) {
        self.fee_total += wide(part.before);
        self.add(part);
    }

    fn add(&mut self, part: &Part<'_>) {
        self.tax_total += wide(part.tax_total);
        self.relieved += part.tax.iter().filter_map(|t| t.relieved).map(wide).sum::<i128>();
        self.total += wide(part.total);
    }
}

fn wide(amount: Money) -> i128 {
    i128::from(amount.minor())
}

impl Totals {
    /// Adds up the parts.
    ///
    /// Errors: [`MoneyError::Overflow`], and [`MoneyError::OutOfRange`] when the buyer would pay more than an amount
    /// may be at the door: such a quote could not be read back.
    ///
    /// Stores that keep only what cannot be computed call it to read the totals back.
    pub fn add_up(
        lines: &[QuoteLine],
        delivery: Option<&QuoteDelivery>,
        fees: &[QuoteFee],
        currency: Currency,
    ) -> Result<Totals, MoneyError> {
        let subtotal = Money::checked_sum(lines.iter().map(|line| line.subtotal), currency)?;
        let discount_total =
            Money::checked_sum(lines.iter().map(|line| line.discount_total), currency)?;
        let delivery_total = match delivery {
            Some(delivery) => delivery.rate.checked_sub(delivery.discount_total)?,
            None => Money::zero(currency),
        };
        let taxes = lines.iter().map(|line| line.tax_total).chain(delivery.map(|d| d.tax_total));
        let taxes = taxes.chain(fees.iter().map(|fee| fee.tax_total));
        let tax_total = Money::checked_sum(taxes, currency)?;
        let fee_total = Money::checked_sum(fees.iter().map(|fee| fee.amount), currency)?;
        let totals = lines.iter().map(|line| line.total).chain(delivery.map(|d| d.total));
        let totals = totals.chain(fees.iter().map(|fee| fee.total));
        let total = Money::checked_sum(totals, currency)?;
        for amount in [subtotal, total] {
            Money::new_checked(amount.minor(), currency)?;
        }
        Ok(Totals { subtotal, discount_total, delivery_total, fee_total, tax_total, total })
    }
}
