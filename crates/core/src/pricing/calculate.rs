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
use super::fee::{FeeCart, FeeLine};
use super::gift;
use super::price_list::choose_of;
use super::tax::{Charge, How, Kind, Place, Taxed};
use super::{
    ChargeTax, DeliveryCharge, DeliveryMethod, DeliveryRefusal, Destination, Discount, Fee,
    FeeOrigin, Parcel, Price, PriceList, PriceQuery, PricingError, PricingFacts, Quote,
    QuoteDelivery, QuoteFee, QuoteHash, QuoteLine, QuoteRequest, QuoteTax, RequestLine, SentLine,
    TaxRequest, TaxableCharge, Totals, VariantFacts,
};
use crate::id::{PriceListId, VariantId};
use crate::money::Money;
use crate::shared::SharedText;
use crate::shown::shown;
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
/// #     cart_seconds: 86400, lane_mode: LaneMode::EachUnit, version: 1,
/// # };
/// let facts = PricingFacts {
///     channel,
///     prices: vec![Price {
///         list, variant, min_quantity: 1, amount: Money::parse("24.99", Currency::USD)?, compare_at: None,
///     }],
///     tax_rates: vec![TaxRate {
///         zone, category: TaxCategory::standard(), name: "Sales tax".into(), rate: Rate::percent("10.75")?, level: 0,
///         window: Window::ALWAYS,
///     }].into(),
/// #   price_lists: vec![PriceList::new(list, "Retail", Currency::USD)].into(),
/// #   variants: vec![VariantFacts {
/// #       variant, product: ProductId::from_u128(1), title: "Lamp".into(), sku: None, categories: vec![],
/// #       collections: vec![], attributes: vec![], tax_category: TaxCategory::standard(), taxable: true, requires_shipping: true, weight_grams: None,
/// #       dimensions: None, dangerous_goods: false, sellable: true,
/// #   }],
/// #   tax_zones: vec![TaxZone { id: zone, name: "US".into(), territory: Territory::default(), version: 1 }].into(),
/// #   home: None, tax_answer: None, fees: Shared::default(), delivery_methods: Shared::default(),
/// #   promotions: Shared::default(), promotion_uses: vec![], batch_coupons: vec![], orders_placed: None, gift_stock: vec![],
/// #   lane_mode: LaneMode::EachUnit,
///     // … price lists, variants, tax zones, delivery methods, promotions
/// };
/// let request = QuoteRequest {
///     lines: vec![RequestLine { line: 1, variant, quantity: Quantity::ONE }],
/// #   coupons: vec![], customer: None, customer_group: None, ship_to: None, delivery_method: None,
/// #   payment: None, buyer_tax: BuyerTax::default(),
///     // … coupons, customer, address, delivery method, payment, what the buyer claims about tax
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
    let before = BeforeTax::of(request, facts, now)?;
    if let Some(answer) = &facts.tax_answer
        && answer.request != before.tax_request(request, facts, now).content()
    {
        let provider = answer.provider.clone();
        let why = "the cart, the address or the prices have changed since it was asked";
        return Err(PricingError::TaxAnswer { provider, why });
    }
    let (relief, refused) = request.buyer_tax.decide(facts.home, before.destination.country);
    let mut terms = QuoteTax { relief, refused, ..QuoteTax::default() };
    let place = Place {
        channel: &facts.channel,
        zones: &facts.tax_zones,
        rates: &facts.tax_rates,
        answer: facts.tax_answer.as_ref(),
        destination: &before.destination,
        now,
    };
    let taxed = place.tax(&before.charges, &mut terms)?;
    before.assemble(request, facts, terms, taxed)
}

/// Returns what an outside tax engine is to be asked for a cart; its answer goes into [`PricingFacts::tax_answer`].
///
/// Errors: as [`quote`], tax aside.
///
/// ```
/// use sutler_core::pricing::{PricingFacts, QuoteRequest, tax_request};
/// # use sutler_core::time::Timestamp;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let asked = tax_request(&request, &facts, Timestamp::from_millis(0))?;
/// let labels: Vec<_> = asked.charges.iter().map(|charge| charge.label.as_str()).collect();
/// assert_eq!(labels, ["LAMP", "delivery", "cash"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tax_request(
    request: &QuoteRequest,
    facts: &PricingFacts,
    now: Timestamp,
) -> Result<TaxRequest, PricingError> {
    Ok(BeforeTax::of(request, facts, now)?.tax_request(request, facts, now))
}

/// What one delivery method would cost for a cart, or why it cannot take it.
///
/// ```
/// use sutler_core::pricing::{DeliveryOption, DeliveryRefusal};
///
/// let closed = DeliveryOption {
///     code: "bike".into(),
///     name: "Bicycle courier".into(),
///     charge: Err(DeliveryRefusal::Inactive),
/// };
/// let text = serde_json::to_string(&closed)?;
/// assert_eq!(serde_json::from_str::<DeliveryOption>(&text)?, closed);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use sutler_core::pricing::{PricingFacts, QuoteRequest, delivery_options};
/// # use sutler_core::time::Timestamp;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let options = delivery_options(&request, &facts, Timestamp::from_millis(0))?;
/// let told: Vec<_> = options
///     .iter()
///     .map(|option| match &option.charge {
///         Ok(charge) => format!("{}: {}", option.code, charge.rate),
///         Err(refusal) => format!("{}: {refusal}", option.code),
///     })
///     .collect();
/// assert_eq!(told, [
///     "bike: the cart weighs 2400 g and it carries at most 2000 g; choose another method",
///     "post: 5.95 EUR",
/// ]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn delivery_options(
    request: &QuoteRequest,
    facts: &PricingFacts,
    now: Timestamp,
) -> Result<Vec<DeliveryOption>, PricingError> {
    let destination = destination(request, facts);
    let priced = price_all(request, facts, now)?;
    let (goods, subtotal) = goods(&priced, facts)?;
    let verdicts = Judge { request, facts, goods: &goods, subtotal, now }.judge();
    let outcome = discount::best(&verdicts, trial(facts, &goods, subtotal, None))?;
    let goods_total =
        Money::checked_sum(outcome.remaining.iter().copied(), facts.channel.currency)?;
    let parcel = Parcel { destination: &destination, goods_total, sent: &sent(&goods) };
    let option = |method: &&DeliveryMethod| DeliveryOption {
        code: method.code.clone(),
        name: method.name.clone(),
        charge: method.charge(&parcel),
    };
    Ok(active_methods(facts).iter().map(option).collect())
}

/// Returns the delivery methods that a buyer may choose from, by code.
fn active_methods(facts: &PricingFacts) -> Vec<&DeliveryMethod> {
    let mut methods: Vec<&DeliveryMethod> =
        facts.delivery_methods.iter().filter(|method| method.active).collect();
    methods.sort_unstable_by(|a, b| (&a.code, a.id).cmp(&(&b.code, b.id)));
    methods
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

/// Returns where the goods go; while unknown, the channel's default country.
fn destination(request: &QuoteRequest, facts: &PricingFacts) -> Destination {
    let known = request.ship_to.clone();
    known.unwrap_or_else(|| Destination::country(facts.channel.default_country))
}

fn price_all<'a>(
    request: &'a QuoteRequest,
    facts: &'a PricingFacts,
    now: Timestamp,
) -> Result<Vec<Priced<'a>>, PricingError> {
    let shelf = Shelf::new(facts);
    let mut priced = Vec::with_capacity(request.lines.len());
    for line in &request.lines {
        priced.push(price(line, request, &shelf, now)?);
    }
    Ok(priced)
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
    let mut goods = Vec::with_capacity(priced.len());
    for line in priced {
        let quantity = line.request.quantity.get();
        let subtotal = line.price.amount.checked_mul(quantity)?;
        goods.push(Goods { facts: line.facts, quantity, subtotal });
    }
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
    best.ok_or_else(|| PricingError::UnknownDelivery {
        code: shown(code),
        known: active_methods(facts).iter().map(|method| method.code.clone()).collect(),
    })
}

/// Returns the lines that are sent.
fn sent<'a>(goods: &[Goods<'a>]) -> Vec<SentLine<'a>> {
    let sent = goods.iter().filter(|line| line.facts.requires_shipping);
    sent.map(|line| SentLine { facts: line.facts, units: line.quantity }).collect()
}

/// A fee that is charged.
#[derive(Clone, Copy)]
struct Charged<'a> {
    fee: &'a Fee,
    amount: Money,
    origin: FeeOrigin,
}

/// Everything about a quote but its tax.
struct BeforeTax<'a> {
    destination: Destination,
    priced: Vec<Priced<'a>>,
    goods: Vec<Goods<'a>>,
    verdicts: Vec<Verdict<'a>>,
    outcome: Outcome,
    delivery: Option<(&'a DeliveryMethod, DeliveryCharge)>,
    fees: Vec<Charged<'a>>,
    /// What is left after discounts: the lines in their order, then the delivery, then the fees.
    charges: Vec<Charge<'a>>,
}

impl<'a> BeforeTax<'a> {
    fn of(
        request: &'a QuoteRequest,
        facts: &'a PricingFacts,
        now: Timestamp,
    ) -> Result<BeforeTax<'a>, PricingError> {
        let destination = destination(request, facts);
        let code = request.delivery_method.as_deref();
        let method = code.map(|code| method_by_code(facts, code)).transpose()?;
        let priced = price_all(request, facts, now)?;
        let (goods, subtotal) = goods(&priced, facts)?;
        let sent = sent(&goods);
        let shipping =
            method.map(|method| Shipping { method, destination: &destination, sent: &sent });

        let verdicts = Judge { request, facts, goods: &goods, subtotal, now }.judge();
        let mut outcome = discount::best(&verdicts, trial(facts, &goods, subtotal, shipping))?;
        let delivery = match (method, outcome.delivery.take()) {
            (Some(method), Some(Ok(charge))) => Some((method, charge)),
            (Some(method), Some(Err(reason))) => {
                let code = method.code.clone();
                return Err(PricingError::DeliveryNotAvailable { code, reason });
            }
            _ => None,
        };

        let mut charges: Vec<Charge<'a>> = Vec::with_capacity(goods.len() + 1);
        for (line, amount) in goods.iter().zip(&outcome.remaining) {
            let (category, taxable) = (&line.facts.tax_category, line.facts.taxable);
            charges.push(Charge { amount: *amount, how: How::Goods(Kind { category, taxable }) });
        }
        if let Some((method, charge)) = &delivery {
            let off =
                outcome.given.iter().filter(|given| given.line.is_none()).map(|given| given.amount);
            let off = Money::checked_sum(off, charge.rate.currency())?;
            let amount = charge.rate.checked_sub(off)?;
            charges.push(Charge { amount, how: How::Beside(&method.tax) });
        }
        let fees = fees(request, facts, &destination, &goods, &charges, now)?;
        let beside = |charged: &Charged<'a>| Charge {
            amount: charged.amount,
            how: How::Beside(&charged.fee.tax),
        };
        charges.extend(fees.iter().map(beside));
        Ok(BeforeTax { destination, priced, goods, verdicts, outcome, delivery, fees, charges })
    }

    fn tax_request(
        &self,
        request: &QuoteRequest,
        facts: &PricingFacts,
        now: Timestamp,
    ) -> TaxRequest {
        let goods = self.goods.iter().map(|line| (line.facts.label(), line.quantity));
        let delivery = self.delivery.iter().map(|_| ("delivery".to_owned(), 1));
        let fees = self.fees.iter().map(|charged| (charged.fee.code.clone(), 1));
        let charge = |((label, quantity), charge): ((String, u32), &Charge<'_>)| {
            let (tax, taxable) = match charge.how {
                How::Goods(Kind { category, taxable }) => {
                    (ChargeTax::Category(category.clone()), taxable)
                }
                How::Beside(tax) => (tax.clone(), *tax != ChargeTax::Untaxed),
            };
            TaxableCharge { label, amount: charge.amount, quantity, tax, taxable }
        };
        TaxRequest {
            channel: facts.channel.code.clone(),
            currency: facts.channel.currency,
            tax_inclusive: facts.channel.tax_inclusive,
            destination: self.destination.clone(),
            home: facts.home,
            buyer: request.buyer_tax.clone(),
            at: now,
            charges: goods.chain(delivery).chain(fees).zip(&self.charges).map(charge).collect(),
        }
    }

    /// Puts everything together.
    fn assemble(
        self,
        request: &QuoteRequest,
        facts: &PricingFacts,
        tax: QuoteTax,
        taxed: Vec<Taxed>,
    ) -> Result<Quote, PricingError> {
        let BeforeTax { priced, goods, verdicts, outcome, delivery, fees, .. } = self;
        let currency = facts.channel.currency;
        let (promotions_applied, promotions_refused) =
            summary::promotions(&verdicts, &outcome, currency)?;
        let coupons_refused =
            summary::coupons_refused(request, facts, &promotions_applied, &promotions_refused);
        let (mut off_lines, off_delivery) =
            summary::by_line(&verdicts, outcome.given, priced.len() + outcome.gifts.len());
        let gifts_off = off_lines.split_off(priced.len());
        let mut taxed = taxed.into_iter();
        let mut lines = Vec::with_capacity(priced.len());
        let mut names = ListNames::default();
        let left = outcome.remaining.iter().zip(off_lines);
        for (((priced, goods), left), taxed) in
            priced.iter().zip(&goods).zip(left).zip(taxed.by_ref())
        {
            lines.push(quote_line(priced, names.of(priced.list), goods, left, taxed)?);
        }
        gift::push_lines(&mut lines, &verdicts, &outcome.gifts, gifts_off)?;
        let delivery = match delivery {
            Some((method, charge)) => taxed
                .next()
                .map(|taxed| quote_delivery(method, charge, off_delivery, taxed))
                .transpose()?,
            None => None,
        };
        let fees: Vec<QuoteFee> = fees.iter().zip(taxed).map(quote_fee).collect();
        let mut quote = Quote {
            currency,
            tax_inclusive: facts.channel.tax_inclusive,
            rounding: facts.channel.rounding,
            tax_rounding: facts.channel.tax_rounding,
            country: self.destination.country,
            tax,
            totals: Totals::add_up(&lines, delivery.as_ref(), &fees, currency)?,
            lines,
            delivery,
            fees,
            coupons_refused,
            promotions_applied,
            promotions_refused,
            combination: outcome.search,
            hash: QuoteHash::from_bytes([0; 32]),
        };
        quote.hash = QuoteHash::of(&quote);
        debug_assert_eq!(quote.check(), Ok(()), "a quote does not add up: {quote:?}");
        Ok(quote)
    }
}

/// Returns the fees that are charged, by code. `charges` are the lines and the delivery.
fn fees<'a>(
    request: &QuoteRequest,
    facts: &'a PricingFacts,
    destination: &Destination,
    goods: &[Goods<'_>],
    charges: &[Charge<'_>],
    now: Timestamp,
) -> Result<Vec<Charged<'a>>, PricingError> {
    let (on_lines, on_delivery) = charges.split_at(goods.len());
    let currency = facts.channel.currency;
    let sum = |charges: &[Charge<'_>]| {
        Money::checked_sum(charges.iter().map(|charge| charge.amount), currency)
    };
    let lines: Vec<FeeLine<'_>> = goods
        .iter()
        .zip(on_lines)
        .map(|(Goods { facts, quantity, .. }, charge)| FeeLine {
            facts,
            quantity: *quantity,
            remaining: charge.amount,
        })
        .collect();
    let cart = FeeCart {
        channel: facts.channel.id,
        payment: request.payment.as_deref(),
        destination,
        lines: &lines,
        goods_total: sum(on_lines)?,
        delivery: sum(on_delivery)?,
        rounding: facts.channel.rounding,
        now,
    };
    let mut charged = Vec::new();
    for fee in &facts.fees {
        if let Some((amount, origin)) = fee.charge(&cart)? {
            charged.push(Charged { fee, amount, origin });
        }
    }
    charged.sort_unstable_by(|a, b| (&a.fee.code, a.fee.id).cmp(&(&b.fee.code, b.fee.id)));
    Ok(charged)
}

/// The names of the price lists of a cart, each made once however many lines it prices.
#[derive(Default)]
struct ListNames(Vec<(PriceListId, SharedText)>);

impl ListNames {
    fn of(&mut self, list: &PriceList) -> SharedText {
        if let Some((_, name)) = self.0.iter().find(|(id, _)| *id == list.id) {
            return name.clone();
        }
        let name = SharedText::from(list.name.as_str());
        self.0.push((list.id, name.clone()));
        name
    }
}

fn quote_line(
    priced: &Priced<'_>,
    price_list_name: SharedText,
    goods: &Goods<'_>,
    (left, discounts): (&Money, Vec<Discount>),
    Taxed { tax, net, tax_total, total }: Taxed,
) -> Result<QuoteLine, PricingError> {
    Ok(QuoteLine {
        line: priced.request.line,
        variant: priced.request.variant,
        quantity: priced.request.quantity,
        unit_price: priced.price.amount,
        compare_at: priced.price.compare_at,
        price_list: priced.list.id,
        price_list_name,
        min_quantity: priced.price.min_quantity,
        subtotal: goods.subtotal,
        discounts,
        discount_total: goods.subtotal.checked_sub(*left)?,
        tax,
        net,
        tax_total,
        total,
    })
}

fn quote_delivery(
    method: &DeliveryMethod,
    charge: DeliveryCharge,
    discounts: Vec<Discount>,
    Taxed { tax, net, tax_total, total }: Taxed,
) -> Result<QuoteDelivery, PricingError> {
    let off = discounts.iter().map(|discount| discount.amount);
    Ok(QuoteDelivery {
        method: method.id,
        code: method.code.clone(),
        name: method.name.clone(),
        rate: charge.rate,
        origin: charge.origin,
        surcharges: charge.surcharges,
        discount_total: Money::checked_sum(off, charge.rate.currency())?,
        discounts,
        tax,
        net,
        tax_total,
        total,
    })
}

fn quote_fee((charged, Taxed { tax, net, tax_total, total }): (&Charged<'_>, Taxed)) -> QuoteFee {
    QuoteFee {
        fee: charged.fee.id,
        code: charged.fee.code.clone(),
        name: charged.fee.name.clone(),
        amount: charged.amount,
        origin: charged.origin,
        tax,
        net,
        tax_total,
        total,
    }
}
