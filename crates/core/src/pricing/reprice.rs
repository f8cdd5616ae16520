//! [`Repricing`]: what a placed order would have cost under other promotions.
//!
//! Everything but the promotions is held as it was: unit prices, the delivery rate with its surcharges, the amounts of
//! fees, the tax rates, the buyer, the coupons that were entered and the moment. All of that stands in the quote that the
//! order keeps; what it does not keep, what the goods are (categories, collections, attributes), is an argument.
//!
//! A quote is priced again only when its own taxes can be derived again from its own rates, to the minor unit. So what an
//! outside engine answered is passed over where it rounds in its own way, and told as [`NotRepriced::Taxes`].
//!
//! Whether a delivery or fee is taxed like the goods is not kept either. It is where its kinds of goods are those of the
//! goods; otherwise it is its own kind.
//!
//! What was given is not bought: a promotion that gives it gives it again, one that did not exist then can give only what the
//! order holds, and how much there was to give is not known.
//!
//! Deliberately absent: counting uses over several orders, which is `simulation`; and what else depends on how much is
//! left of the goods: a delivery stays as free as it was, and a fee that was a percentage keeps its amount.

use super::tax::{Charge, How, Kind, Place};
use super::{
    BatchCoupon, BuyerTax, ChargeTax, CouponCode, DeliveryLimits, DeliveryMethod, DeliveryRate,
    Destination, Fee, FeeAmount, FeeCondition, LaneMode, Price, PriceList, PricingError,
    PricingFacts, Promotion, PromotionUses, Quote, QuoteDelivery, QuoteFee, QuoteLine,
    QuoteRequest, QuoteTax, RequestLine, TaxCategory, TaxLine, TaxRate, TaxRelief, TaxTreatment,
    TaxZone, Territory, VariantFacts, Window, quote,
};
use crate::address::CountryCode;
use crate::catalog::{CapturePolicy, Channel};
use crate::id::{ChannelId, CustomerId, TaxZoneId, VariantId};
use crate::money::Money;
use crate::shared::Shared;
use crate::time::Timestamp;

/// A sale of the past, as far as promotions depend on it.
///
/// ```
/// use sutler_core::pricing::{PastSale, Repricing};
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// # let at = Timestamp::from_millis(0);
///
/// let sold = quote(&request, &facts, at)?;
/// let past = PastSale {
///     quote: &sold,
///     channel: facts.channel.id,
///     ship_to: request.ship_to.clone().ok_or("no address")?,
///     customer: None,
///     customer_group: None,
///     orders_placed: None,
///     goods: facts.variants.clone(),
///     batch_coupons: vec![],
///     lane_mode: facts.lane_mode,
///     at,
/// };
/// assert_eq!(Repricing::of(&past)?.quote(&facts.promotions, vec![])?.totals, sold.totals);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PastSale<'a> {
    /// The quote that the order keeps.
    pub quote: &'a Quote,
    /// Where it was sold.
    pub channel: ChannelId,
    /// Where the goods went.
    pub ship_to: Destination,
    /// Who bought; `None` for a guest.
    pub customer: Option<CustomerId>,
    /// Customer group of the buyer.
    pub customer_group: Option<String>,
    /// How many orders the buyer had placed before; `None` while nobody knows.
    pub orders_placed: Option<u64>,
    /// What the goods are. Tax, weight and whether they may be sold are not looked at.
    pub goods: Vec<VariantFacts>,
    /// The entered coupon codes that belong to a batch.
    pub batch_coupons: Vec<BatchCoupon>,
    /// How promotions are combined.
    pub lane_mode: LaneMode,
    /// When it was priced.
    pub at: Timestamp,
}

/// Why an order cannot be priced again.
///
/// ```
/// use sutler_core::id::VariantId;
/// use sutler_core::pricing::NotRepriced;
///
/// let gone = NotRepriced::Goods { variant: VariantId::from_u128(7) };
/// assert_eq!(gone.code(), "goods");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotRepriced {
    /// Something that was bought is not known any more.
    #[error("{variant} is not in the catalog any more, so nobody knows what promotions it is for")]
    Goods {
        /// What was bought.
        variant: VariantId,
    },
    /// Its prices do not say which line had which.
    #[error("line {line} would get another unit price than it had")]
    Prices {
        /// Number of the line.
        line: u32,
    },
    /// Its taxes do not follow from its rates.
    #[error("its taxes do not follow from its rates{}", .provider.as_ref().map_or_else(String::new, |name| format!(": the tax engine {name} rounds in its own way")))]
    Taxes {
        /// The outside engine that answered them.
        provider: Option<String>,
    },
    /// A promotion that it held is not in the shop any more.
    #[error("it held the promotion {name:?}, which is not in the shop any more")]
    PromotionGone {
        /// Its name at that time.
        name: String,
    },
    /// The promotions as they are now do not give what they gave.
    #[error("the promotions as they are now give {again}, not {total}: one was changed since")]
    PromotionsChanged {
        /// What was paid.
        total: Money,
        /// What the same promotions as they are now come to.
        again: Money,
    },
    /// Pricing refuses it.
    #[error(transparent)]
    Pricing(#[from] PricingError),
}

impl NotRepriced {
    /// Returns the stable, machine-readable word.
    pub fn code(&self) -> &'static str {
        match self {
            NotRepriced::Goods { .. } => "goods",
            NotRepriced::Prices { .. } => "prices",
            NotRepriced::Taxes { .. } => "taxes",
            NotRepriced::PromotionGone { .. } => "promotion_gone",
            NotRepriced::PromotionsChanged { .. } => "promotions_changed",
            NotRepriced::Pricing(_) => "pricing",
        }
    }
}

/// A sale of the past, ready to be priced with other promotions.
///
/// ```
/// use sutler_core::pricing::Repricing;
/// # use sutler_core::pricing::{PastSale, PricingFacts, QuoteRequest, quote};
/// # use sutler_core::shared::Shared;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// # let at = Timestamp::from_millis(0);
/// # let sold = quote(&request, &facts, at)?;
/// # let past = PastSale {
/// #     quote: &sold, channel: facts.channel.id, ship_to: request.ship_to.clone().ok_or("no address")?, customer: None,
/// #     customer_group: None, orders_placed: None, goods: facts.variants.clone(), batch_coupons: vec![],
/// #     lane_mode: facts.lane_mode, at,
/// # };
///
/// let mut repricing = Repricing::of(&past)?;
/// let without = repricing.quote(&Shared::default(), vec![])?;
/// assert_eq!(sold.totals.discount_total.to_string(), "23.80 EUR");
/// assert_eq!(without.totals.discount_total.to_string(), "0.00 EUR");
/// assert_eq!(without.lines[0].unit_price, sold.lines[0].unit_price);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Repricing {
    request: QuoteRequest,
    facts: PricingFacts,
    at: Timestamp,
}

/// Every rule that is made from a quote stands in one zone.
const ZONE: TaxZoneId = TaxZoneId::from_u128(0);

impl Repricing {
    /// Makes the request and the facts from what the quote recorded.
    ///
    /// Errors: [`NotRepriced::Goods`], [`NotRepriced::Taxes`].
    pub fn of(past: &PastSale<'_>) -> Result<Repricing, NotRepriced> {
        let quote = past.quote;
        let kinds = kinds(quote)?;
        let (buyer_tax, home) = claims(quote.tax.relief.as_ref());
        let facts = PricingFacts {
            channel: channel(past),
            price_lists: price_lists(quote).into(),
            prices: prices(quote),
            variants: variants(past, &kinds)?,
            home,
            tax_zones: vec![TaxZone {
                id: ZONE,
                name: quote.tax.zone.clone().unwrap_or_default(),
                territory: Territory::default(),
                version: 1,
            }]
            .into(),
            tax_rates: tax_rates(quote).into(),
            tax_answer: None,
            delivery_methods: quote.delivery.iter().map(|d| method(d, &kinds)).collect(),
            fees: quote.fees.iter().map(|sold| fee(sold, &kinds)).collect(),
            promotions: Shared::default(),
            promotion_uses: Vec::new(),
            batch_coupons: past.batch_coupons.clone(),
            orders_placed: past.orders_placed,
            gift_stock: Vec::new(),
            lane_mode: past.lane_mode,
        };
        let request = QuoteRequest {
            lines: quote
                .bought()
                .map(|l| RequestLine { line: l.line, variant: l.variant, quantity: l.quantity })
                .collect(),
            coupons: coupons(quote),
            customer: past.customer,
            customer_group: past.customer_group.clone(),
            ship_to: Some(past.ship_to.clone()),
            delivery_method: quote.delivery.as_ref().map(|delivery| delivery.code.clone()),
            payment: None,
            buyer_tax,
        };
        let repricing = Repricing { request, facts, at: past.at };
        repricing.check_taxes(quote, &kinds)?;
        Ok(repricing)
    }

    /// Prices the sale with these promotions. In the answer, delivery and fees stand as flat amounts, and the hash is not
    /// that of any cart.
    ///
    /// Errors: [`NotRepriced::Pricing`], [`NotRepriced::Prices`].
    pub fn quote(
        &mut self,
        promotions: &Shared<Promotion>,
        uses: Vec<PromotionUses>,
    ) -> Result<Quote, NotRepriced> {
        self.facts.promotions = promotions.clone();
        self.facts.promotion_uses = uses;
        let again = quote(&self.request, &self.facts, self.at)?;
        let moved = again.lines.iter().find(|line| {
            let row = |p: &&Price| p.variant == line.variant && p.list == line.price_list;
            let mut rows = self.facts.prices.iter().filter(row);
            !rows.any(|row| row.min_quantity == line.min_quantity && row.amount == line.unit_price)
        });
        moved.map_or(Ok(()), |line| Err(NotRepriced::Prices { line: line.line }))?;
        Ok(again)
    }

    /// Derives the taxes of the quote again from what it charged, and compares.
    fn check_taxes(&self, quote: &Quote, kinds: &[KindOfLine<'_>]) -> Result<(), NotRepriced> {
        let left = |before: Money, off: Money| before.checked_sub(off).map_err(PricingError::from);
        let mut charges = Vec::with_capacity(quote.lines.len() + quote.fees.len() + 1);
        for (line, kind) in quote.bought().zip(kinds) {
            let kind = Kind { category: kind.category, taxable: kind.taxable };
            let amount = left(line.subtotal, line.discount_total)?;
            charges.push(Charge { amount, how: How::Goods(kind) });
        }
        if let (Some(sold), Some(method)) =
            (&quote.delivery, self.facts.delivery_methods.iter().next())
        {
            let amount = left(sold.rate, sold.discount_total)?;
            charges.push(Charge { amount, how: How::Beside(&method.tax) });
        }
        for (sold, fee) in quote.fees.iter().zip(&self.facts.fees) {
            charges.push(Charge { amount: sold.amount, how: How::Beside(&fee.tax) });
        }
        let anywhere = Destination::country(quote.country);
        let place = Place {
            channel: &self.facts.channel,
            zones: &self.facts.tax_zones,
            rates: &self.facts.tax_rates,
            answer: None,
            destination: self.request.ship_to.as_ref().unwrap_or(&anywhere),
            now: self.at,
        };
        let relief = quote.tax.relief.clone();
        let refused = || NotRepriced::Taxes { provider: quote.tax.provider.clone() };
        let again = place
            .tax(&charges, &mut QuoteTax { relief, ..QuoteTax::default() })
            .map_err(|_| refused())?;
        let lines = quote.bought().map(|line| &line.tax);
        let delivery = quote.delivery.iter().map(|delivery| &delivery.tax);
        let sold = lines.chain(delivery).chain(quote.fees.iter().map(|fee| &fee.tax));
        let mut pairs = again.iter().zip(sold);
        if pairs.all(|(again, sold)| same_taxes(&again.tax, sold)) {
            Ok(())
        } else {
            Err(refused())
        }
    }
}

/// What kind of goods a line was, for tax.
struct KindOfLine<'a> {
    variant: VariantId,
    category: &'a TaxCategory,
    taxable: bool,
    /// Whether something was left to pay.
    paid: bool,
}

/// Errors: [`NotRepriced::Taxes`] for a line that an outside engine left without any tax line.
fn kinds(quote: &Quote) -> Result<Vec<KindOfLine<'_>>, NotRepriced> {
    let mut kinds = Vec::with_capacity(quote.lines.len());
    for line in quote.bought() {
        let provider = || quote.tax.provider.clone();
        let tax = line.tax.first().ok_or_else(|| NotRepriced::Taxes { provider: provider() })?;
        kinds.push(KindOfLine {
            variant: line.variant,
            category: &tax.category,
            taxable: is_rated(tax),
            paid: line.subtotal != line.discount_total,
        });
    }
    Ok(kinds)
}

/// Tells whether a tax line was formed with a rate; one that says that goods are not taxed was not.
fn is_rated(tax: &TaxLine) -> bool {
    tax.relieved.is_some() || matches!(tax.treatment, TaxTreatment::Standard | TaxTreatment::Zero)
}

/// Tells whether two lists come to the same money; tax lines without any may differ.
fn same_taxes(again: &[TaxLine], sold: &[TaxLine]) -> bool {
    let counts = |tax: &&TaxLine| {
        !tax.amount.is_zero() || tax.relieved.is_some_and(|relieved| !relieved.is_zero())
    };
    let told = |tax: &'_ TaxLine| (tax.amount, tax.relieved, tax.rate);
    again.iter().filter(counts).map(told).eq(sold.iter().filter(counts).map(told))
}

fn channel(past: &PastSale<'_>) -> Channel {
    let quote = past.quote;
    Channel {
        id: past.channel,
        code: String::new(),
        name: String::new(),
        currency: quote.currency,
        tax_inclusive: quote.tax_inclusive,
        rounding: quote.rounding,
        tax_rounding: quote.tax_rounding,
        default_country: quote.country,
        capture: CapturePolicy::AtPlacement,
        reservation_seconds: 0,
        cart_seconds: 0,
        lane_mode: past.lane_mode,
        version: 1,
    }
}

fn price_lists(quote: &Quote) -> Vec<PriceList> {
    let mut lists: Vec<PriceList> = Vec::new();
    for line in &quote.lines {
        if lists.iter().all(|list| list.id != line.price_list) {
            let name = line.price_list_name.to_string();
            lists.push(PriceList::new(line.price_list, name, quote.currency));
        }
    }
    lists
}

fn prices(quote: &Quote) -> Vec<Price> {
    let row = |line: &QuoteLine| Price {
        list: line.price_list,
        variant: line.variant,
        min_quantity: line.min_quantity,
        amount: line.unit_price,
        compare_at: line.compare_at,
    };
    quote.lines.iter().map(row).collect()
}

/// Returns what the goods are, taxed as they were. All of them count as sent, so that the delivery stays charged.
fn variants(
    past: &PastSale<'_>,
    kinds: &[KindOfLine<'_>],
) -> Result<Vec<VariantFacts>, NotRepriced> {
    let known = |kind: &KindOfLine<'_>| {
        let known = past.goods.iter().find(|goods| goods.variant == kind.variant);
        let known = known.ok_or(NotRepriced::Goods { variant: kind.variant })?;
        Ok(VariantFacts {
            tax_category: kind.category.clone(),
            taxable: kind.taxable,
            requires_shipping: true,
            weight_grams: None,
            dimensions: None,
            dangerous_goods: false,
            sellable: true,
            ..known.clone()
        })
    };
    let mut variants = kinds.iter().map(known).collect::<Result<Vec<_>, NotRepriced>>()?;
    for goods in &past.goods {
        // What was only given bears no tax, so of which kind it is does not matter.
        if !kinds.iter().any(|kind| kind.variant == goods.variant) {
            variants.push(VariantFacts { sellable: true, ..goods.clone() });
        }
    }
    Ok(variants)
}

/// Returns each rate that the quote was taxed with. A charge with a kind of goods names all rates of that kind.
fn tax_rates(quote: &Quote) -> Vec<TaxRate> {
    let mut rates: Vec<TaxRate> = Vec::new();
    let lines = quote.lines.iter().map(|line| &line.tax);
    let delivery = quote.delivery.iter().map(|delivery| &delivery.tax);
    for taxes in lines.chain(delivery).chain(quote.fees.iter().map(|fee| &fee.tax)) {
        let known = rates.len();
        for tax in taxes.iter().filter(|tax| is_rated(tax)) {
            let (before, _) = rates.split_at(known);
            if before.iter().all(|rate| rate.category != tax.category) {
                rates.push(TaxRate {
                    zone: ZONE,
                    category: tax.category.clone(),
                    name: tax.name.to_string(),
                    rate: tax.rate,
                    level: tax.level,
                    window: Window::ALWAYS,
                });
            }
        }
    }
    rates
}

/// Finds how a delivery or fee was taxed from the kinds of goods that its taxes name.
fn charge_tax(taxes: &[TaxLine], amount: Money, kinds: &[KindOfLine<'_>]) -> ChargeTax {
    let mut named: Vec<(&TaxCategory, bool)> =
        taxes.iter().map(|tax| (&tax.category, is_rated(tax))).collect();
    named.sort_unstable();
    named.dedup();
    let Some((first, _)) = named.first() else { return ChargeTax::Untaxed };
    let nothing_paid = amount.is_zero() || kinds.iter().all(|kind| !kind.paid);
    let of_goods = kinds.iter().filter(|kind| kind.paid || nothing_paid);
    let mut of_goods: Vec<(&TaxCategory, bool)> =
        of_goods.map(|kind| (kind.category, kind.taxable)).collect();
    of_goods.sort_unstable();
    of_goods.dedup();
    if named == of_goods || named.len() > 1 {
        ChargeTax::AsGoods
    } else {
        ChargeTax::Category((*first).clone())
    }
}

fn method(sold: &QuoteDelivery, kinds: &[KindOfLine<'_>]) -> DeliveryMethod {
    let left = sold.rate.minor().saturating_sub(sold.discount_total.minor());
    DeliveryMethod {
        id: sold.method,
        code: sold.code.clone(),
        name: sold.name.clone(),
        zone: Territory::default(),
        rate: DeliveryRate::Flat { amount: sold.rate },
        free_over: None,
        surcharges: Vec::new(),
        limits: DeliveryLimits::default(),
        tax: charge_tax(&sold.tax, Money::from_minor(left, sold.rate.currency()), kinds),
        active: true,
        version: 1,
    }
}

fn fee(sold: &QuoteFee, kinds: &[KindOfLine<'_>]) -> Fee {
    Fee {
        id: sold.fee,
        code: sold.code.clone(),
        name: sold.name.clone(),
        amount: FeeAmount::Flat { amount: sold.amount },
        condition: FeeCondition::default(),
        tax: charge_tax(&sold.tax, sold.amount, kinds),
        active: true,
        version: 1,
    }
}

/// Returns the coupons that were entered: those that unlocked something and those that did not.
fn coupons(quote: &Quote) -> Vec<CouponCode> {
    let applied = quote.promotions_applied.iter().filter_map(|applied| applied.coupon.as_ref());
    let mut codes: Vec<CouponCode> = Vec::new();
    for code in applied.chain(quote.coupons_refused.iter().map(|refused| &refused.code)) {
        if !codes.contains(code) {
            codes.push(code.clone());
        }
    }
    codes
}

/// Returns the claims and the shop's country that give the same relief again.
fn claims(relief: Option<&TaxRelief>) -> (BuyerTax, Option<CountryCode>) {
    match relief {
        None => (BuyerTax::default(), None),
        Some(TaxRelief::Exempt { reason }) => {
            (BuyerTax { vat_id: None, exemption: Some(reason.clone()) }, None)
        }
        Some(TaxRelief::ReverseCharge { vat_id, home, .. }) => {
            (BuyerTax { vat_id: Some(vat_id.clone()), exemption: None }, Some(*home))
        }
    }
}
