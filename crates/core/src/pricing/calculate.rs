//! [`quote`]: from a cart and the facts to a [`Quote`].
//!
//! The order of calculation is fixed and visible: unit prices, discounts on lines, discounts on the order split over
//! the lines, the delivery rate and its discounts, fees, then tax on what is left. Rounding happens in exactly two
//! places, the two of the module `money`: applying a rate, and splitting.
//!
//! Invariants
//! * The parts of a quote add up to its total, to the minor unit.
//! * Same cart, same facts, same `now`: same quote, byte for byte, in whatever order the facts are listed.
//!
//! Deliberately absent: storage, currency conversion, the current time.

use super::discount::{self, Goods, Judge, Outcome, Shipping, Trial, Verdict, summary};
use super::price_list::choose_of;
use super::taxation::{Charge, Place, Taxed};
use super::{
    DeliveryCharge, DeliveryMethod, DeliveryRefusal, Destination, Parcel, Price, PriceList,
    PriceQuery, PricingError, PricingFacts, Quote, QuoteDelivery, QuoteHash, QuoteLine,
    QuoteRequest, RequestLine, Totals, VariantFacts,
};
use crate::id::VariantId;
use crate::money::Money;
use crate::time::Timestamp;

/// Prices a cart. Pure: the same arguments give the same quote.
///
/// An entered coupon code that unlocks nothing is not an error here; see [`Quote::check_coupons`].
///
/// Errors: [`PricingError`], each with what to mend: no price, a variant that is unknown or not on sale, no tax rate,
/// a delivery method that cannot take the cart, amounts that are too large.
///
/// ```
/// # use sutler_core::catalog::{CapturePolicy, Channel, TaxRounding};
/// # use sutler_core::id::*;
/// # use sutler_core::money::{Currency, Money, Rate, Rounding};
/// # use sutler_core::pricing::*;
/// # use sutler_core::quantity::Quantity;
/// # use sutler_core::shared::Shared;
/// # use sutler_core::time::Timestamp;
/// # let (variant, list, zone) = (VariantId::from_u128(1), PriceListId::from_u128(1), TaxZoneId::from_u128(1));
/// # let channel = Channel {
/// #     id: ChannelId::from_u128(1), code: "web".into(), name: "Web".into(), currency: Currency::USD,
/// #     tax_inclusive: false, rounding: Rounding::HalfAwayFromZero, tax_rounding: TaxRounding::PerLine,
/// #     default_country: "US".parse()?, capture: CapturePolicy::AtPlacement, reservation_seconds: 900,
/// #     cart_seconds: 86400, version: 1,
/// # };
/// let facts = PricingFacts {
///     channel,
///     prices: vec![Price {
///         list, variant, min_quantity: 1, amount: Money::parse("24.99", Currency::USD)?, compare_at: None,
///     }],
///     tax_rates: vec![TaxRate {
///         zone, category: TaxCategory::standard(), name: "Sales tax".into(), rate: Rate::percent("10.75")?,
///         window: Window::ALWAYS,
///     }].into(),
/// #   price_lists: vec![PriceList {
/// #       id: list, name: "Retail".into(), channel: None, currency: Currency::USD, customer_group: None,
/// #       window: Window::ALWAYS, priority: 0, version: 1,
/// #   }].into(),
/// #   variants: vec![VariantFacts {
/// #       variant, product: ProductId::from_u128(1), title: "Lamp".into(), sku: None, categories: vec![],
/// #       collections: vec![], attributes: vec![], tax_category: TaxCategory::standard(), taxable: true, requires_shipping: true, weight_grams: None,
/// #       sellable: true,
/// #   }],
/// #   tax_zones: vec![TaxZone { id: zone, name: "US".into(), countries: vec![], version: 1 }].into(),
/// #   delivery_methods: Shared::default(), promotions: Shared::default(), promotion_uses: vec![],
/// #   batch_coupons: vec![], orders_placed: None, lane_mode: LaneMode::EachUnit,
///     // … price lists, variants, tax zones, delivery methods, promotions
/// };
/// let request = QuoteRequest {
///     lines: vec![RequestLine { line: 1, variant, quantity: Quantity::ONE }],
/// #   coupons: vec![], customer: None, customer_group: None, ship_to: None, delivery_method: None,
///     // … coupons, customer, address, delivery method
/// };
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// assert_eq!(quote.totals.tax_total.to_string(), "2.69 USD");
/// assert_eq!(quote.totals.total.to_string(), "27.68 USD");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn quote(
    request: &QuoteRequest,
    facts: &PricingFacts,
    now: Timestamp,
) -> Result<Quote, PricingError> {
    let assumed =
        Destination { country: facts.channel.default_country, postal_code: String::new() };
    let destination = request.ship_to.as_ref().unwrap_or(&assumed);
    let method =
        request.delivery_method.as_deref().map(|code| method_by_code(facts, code)).transpose()?;
    let shipping = method.map(|method| Shipping { method, destination });

    let shelf = Shelf::new(facts);
    let priced = request
        .lines
        .iter()
        .map(|line| price(line, request, &shelf, now))
        .collect::<Result<Vec<_>, _>>()?;
    let (goods, subtotal) = goods(&priced, facts)?;

    let verdicts = Judge { request, facts, goods: &goods, subtotal, now }.judge();
    let outcome = discount::best(&verdicts, trial(facts, &goods, subtotal, shipping))?;
    let delivery = match (method, &outcome.delivery) {
        (Some(method), Some(Ok(charge))) => Some((method, *charge)),
        (Some(method), Some(Err(reason))) => {
            let (code, reason) = (method.code.clone(), reason.clone());
            return Err(PricingError::DeliveryNotAvailable { code, reason });
        }
        _ => None,
    };

    let place = Place {
        channel: &facts.channel,
        zones: &facts.tax_zones,
        rates: &facts.tax_rates,
        country: destination.country,
        now,
    };
    let taxed = place.tax(&charges(&goods, &outcome, delivery)?)?;
    assemble(request, facts, destination, &priced, &goods, &verdicts, outcome, delivery, taxed)
}

/// What one delivery method would cost for a cart, or why it cannot take it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct DeliveryOption {
    /// Code of the method.
    pub code: String,
    /// Name of the method.
    pub name: String,
    /// What it costs before promotions on delivery, as the channel counts; or why not.
    pub charge: Result<DeliveryCharge, DeliveryRefusal>,
}

/// Returns what each active delivery method would cost for a cart, by code. What the request has chosen is ignored.
///
/// Errors: as [`quote`].
pub fn delivery_options(
    request: &QuoteRequest,
    facts: &PricingFacts,
    now: Timestamp,
) -> Result<Vec<DeliveryOption>, PricingError> {
    let assumed =
        Destination { country: facts.channel.default_country, postal_code: String::new() };
    let destination = request.ship_to.as_ref().unwrap_or(&assumed);
    let shelf = Shelf::new(facts);
    let priced = request
        .lines
        .iter()
        .map(|line| price(line, request, &shelf, now))
        .collect::<Result<Vec<_>, _>>()?;
    let (goods, subtotal) = goods(&priced, facts)?;
    let verdicts = Judge { request, facts, goods: &goods, subtotal, now }.judge();
    let outcome = discount::best(&verdicts, trial(facts, &goods, subtotal, None))?;
    let sent = goods.iter().filter(|line| line.facts.requires_shipping);
    let parcel = Parcel {
        destination,
        goods_total: Money::checked_sum(outcome.remaining.iter().copied(), facts.channel.currency)?,
        weight_grams: discount::weight_grams(sent.clone()),
        requires_shipping: sent.clone().next().is_some(),
    };
    let mut methods: Vec<&DeliveryMethod> =
        facts.delivery_methods.iter().filter(|method| method.active).collect();
    methods.sort_unstable_by(|a, b| (&a.code, a.id).cmp(&(&b.code, b.id)));
    let option = |method: &&DeliveryMethod| DeliveryOption {
        code: method.code.clone(),
        name: method.name.clone(),
        charge: method.charge(&parcel),
    };
    Ok(methods.iter().map(option).collect())
}

fn trial<'g>(
    facts: &PricingFacts,
    goods: &'g [Goods<'g>],
    subtotal: Money,
    shipping: Option<Shipping<'g>>,
) -> Trial<'g> {
    let (rounding, mode) = (facts.channel.rounding, facts.lane_mode);
    Trial { goods, shipping, subtotal, rounding, mode }
}

/// A line with its price.
#[derive(Clone, Copy)]
struct Priced<'a> {
    request: &'a RequestLine,
    facts: &'a VariantFacts,
    list: &'a PriceList,
    price: &'a Price,
}

/// Variants and prices in the order of variants, so that a large cart does not look through all of them line by line.
struct Shelf<'a> {
    facts: &'a PricingFacts,
    variants: Vec<&'a VariantFacts>,
    prices: Vec<&'a Price>,
}

impl<'a> Shelf<'a> {
    fn new(facts: &'a PricingFacts) -> Shelf<'a> {
        let mut variants: Vec<&VariantFacts> = facts.variants.iter().collect();
        let mut prices: Vec<&Price> = facts.prices.iter().collect();
        // Stable, and cheap where they are in order already.
        variants.sort_by_key(|known| known.variant);
        prices.sort_by_key(|price| price.variant);
        Shelf { facts, variants, prices }
    }

    fn variant(&self, id: VariantId) -> Option<&'a VariantFacts> {
        let found = self.variants.binary_search_by_key(&id, |known| known.variant).ok()?;
        self.variants.get(found).copied()
    }

    fn prices(&self, id: VariantId) -> impl Iterator<Item = &'a Price> {
        let begin = self.prices.partition_point(|price| price.variant < id);
        let from = self.prices.get(begin..).unwrap_or_default();
        from.iter().copied().take_while(move |price| price.variant == id)
    }
}

fn price<'a>(
    line: &'a RequestLine,
    request: &QuoteRequest,
    shelf: &Shelf<'a>,
    now: Timestamp,
) -> Result<Priced<'a>, PricingError> {
    let (number, variant) = (line.line, line.variant);
    let facts = shelf.facts;
    let channel = &facts.channel;
    let known =
        shelf.variant(variant).ok_or(PricingError::UnknownVariant { line: number, variant })?;
    if !known.sellable {
        return Err(PricingError::NotSellable { line: number, label: known.label() });
    }
    let query = PriceQuery {
        variant,
        quantity: line.quantity.get(),
        channel: channel.id,
        currency: channel.currency,
        customer_group: request.customer_group.as_deref(),
        now,
    };
    let (list, price) =
        choose_of(shelf.prices(variant), &facts.price_lists, &query).ok_or_else(|| {
            PricingError::NoPrice {
                line: number,
                label: known.label(),
                quantity: query.quantity,
                currency: channel.currency,
                channel: channel.code.clone(),
            }
        })?;
    // What the door checks is checked again where totals depend on it: rows may come from another program.
    price.check(list)?;
    Ok(Priced { request: line, facts: known, list, price })
}

fn goods<'a>(
    priced: &[Priced<'a>],
    facts: &PricingFacts,
) -> Result<(Vec<Goods<'a>>, Money), PricingError> {
    let line = |line: &Priced<'a>| {
        let quantity = line.request.quantity.get();
        let subtotal = line.price.amount.checked_mul(quantity)?;
        Ok(Goods { facts: line.facts, quantity, subtotal })
    };
    let goods = priced.iter().map(line).collect::<Result<Vec<_>, PricingError>>()?;
    let subtotal =
        Money::checked_sum(goods.iter().map(|line| line.subtotal), facts.channel.currency)?;
    Ok((goods, subtotal))
}

fn method_by_code<'a>(
    facts: &'a PricingFacts,
    code: &str,
) -> Result<&'a DeliveryMethod, PricingError> {
    // An active method before an inactive one of the same code, then the smaller id.
    let found = facts.delivery_methods.iter().filter(|method| method.code == code);
    let best = found.min_by_key(|method| (!method.active, method.id));
    best.ok_or_else(|| PricingError::UnknownDelivery { code: code.chars().take(40).collect() })
}

/// Returns what is left after discounts: the lines in their order, then the delivery.
fn charges<'a>(
    goods: &[Goods<'a>],
    outcome: &Outcome,
    delivery: Option<(&'a DeliveryMethod, DeliveryCharge)>,
) -> Result<Vec<Charge<'a>>, PricingError> {
    let mut charges = Vec::with_capacity(goods.len() + 1);
    for (line, amount) in goods.iter().zip(&outcome.remaining) {
        let (category, taxable) = (Some(&line.facts.tax_category), line.facts.taxable);
        charges.push(Charge { amount: *amount, category, taxable });
    }
    if let Some((method, charge)) = delivery {
        let off =
            outcome.given.iter().filter(|given| given.line.is_none()).map(|given| given.amount);
        let amount = charge.rate.checked_sub(Money::checked_sum(off, charge.rate.currency())?)?;
        let category = method.tax_category.as_ref();
        charges.push(Charge { amount, category, taxable: category.is_some() });
    }
    Ok(charges)
}

#[expect(clippy::too_many_arguments, reason = "the one place where all parts of a quote meet")]
fn assemble(
    request: &QuoteRequest,
    facts: &PricingFacts,
    destination: &Destination,
    priced: &[Priced<'_>],
    goods: &[Goods<'_>],
    verdicts: &[Verdict<'_>],
    outcome: Outcome,
    delivery: Option<(&DeliveryMethod, DeliveryCharge)>,
    taxed: Vec<Taxed>,
) -> Result<Quote, PricingError> {
    let currency = facts.channel.currency;
    let (promotions_applied, promotions_refused) =
        summary::promotions(verdicts, &outcome, currency)?;
    let (mut discounts, off_delivery) = summary::by_line(verdicts, outcome.given, priced.len());
    let mut taxed = taxed.into_iter();
    let mut lines = Vec::with_capacity(priced.len());
    for (((index, priced), goods), Taxed { tax, net, tax_total, total }) in
        priced.iter().enumerate().zip(goods).zip(taxed.by_ref())
    {
        lines.push(QuoteLine {
            line: priced.request.line,
            variant: priced.request.variant,
            quantity: priced.request.quantity,
            unit_price: priced.price.amount,
            compare_at: priced.price.compare_at,
            price_list: priced.list.id,
            price_list_name: priced.list.name.clone(),
            min_quantity: priced.price.min_quantity,
            subtotal: goods.subtotal,
            discounts: std::mem::take(&mut discounts[index]),
            discount_total: goods.subtotal.checked_sub(outcome.remaining[index])?,
            tax,
            net,
            tax_total,
            total,
        });
    }
    let delivery = match (delivery, taxed.next()) {
        (Some((method, charge)), Some(Taxed { tax, net, tax_total, total })) => {
            let discounts = off_delivery;
            Some(QuoteDelivery {
                method: method.id,
                code: method.code.clone(),
                name: method.name.clone(),
                rate: charge.rate,
                origin: charge.origin,
                discount_total: Money::checked_sum(discounts.iter().map(|d| d.amount), currency)?,
                discounts,
                tax,
                net,
                tax_total,
                total,
            })
        }
        _ => None,
    };
    let mut quote = Quote {
        currency,
        tax_inclusive: facts.channel.tax_inclusive,
        rounding: facts.channel.rounding,
        tax_rounding: facts.channel.tax_rounding,
        country: destination.country,
        totals: Totals::add_up(&lines, delivery.as_ref(), currency)?,
        lines,
        delivery,
        coupons_refused: summary::coupons_refused(
            request,
            facts,
            &promotions_applied,
            &promotions_refused,
        ),
        promotions_applied,
        promotions_refused,
        combination: outcome.search,
        hash: QuoteHash::from_bytes([0; 32]),
    };
    quote.hash = QuoteHash::of(&quote);
    debug_assert_eq!(quote.check(), Ok(()), "a quote does not add up: {quote:?}");
    Ok(quote)
}
