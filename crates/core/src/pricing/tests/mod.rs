//! Scenarios of whole quotes as text, and properties of all quotes.
//!
//! [`Shop`] and [`check`] are the only places that know the API; a hundred scenarios below know only the words.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod promotions;
mod properties;
mod scenarios;
mod whole;

use super::*;
use crate::catalog::{CapturePolicy, Channel, Sku, TaxRounding};
use crate::id::*;
use crate::money::{Currency, Money, Rate, Rounding};
use crate::quantity::Quantity;
use crate::shared::Shared;
use crate::time::Timestamp;

/// A small shop and one cart in it.
struct Shop {
    facts: PricingFacts,
    request: QuoteRequest,
    now: Timestamp,
}

impl Shop {
    fn new(currency: &str, tax_inclusive: bool) -> Shop {
        let currency = Currency::from_code(currency).unwrap();
        let list = PriceList {
            id: PriceListId::from_u128(1),
            name: "Retail".to_owned(),
            channel: None,
            currency,
            customer_group: None,
            window: Window::ALWAYS,
            priority: 0,
            version: 1,
        };
        let channel = Channel {
            id: ChannelId::from_u128(1),
            code: "web".to_owned(),
            name: "Web".to_owned(),
            currency,
            tax_inclusive,
            rounding: Rounding::HalfAwayFromZero,
            tax_rounding: TaxRounding::PerLine,
            default_country: "DE".parse().unwrap(),
            capture: CapturePolicy::AtPlacement,
            reservation_seconds: 900,
            cart_seconds: 86_400,
            version: 1,
        };
        let facts = PricingFacts {
            channel,
            price_lists: vec![list].into(),
            prices: vec![],
            variants: vec![],
            tax_zones: Shared::default(),
            tax_rates: Shared::default(),
            delivery_methods: Shared::default(),
            promotions: Shared::default(),
            promotion_uses: vec![],
        };
        let request = QuoteRequest {
            lines: vec![],
            coupons: vec![],
            customer: None,
            customer_group: None,
            ship_to: None,
            delivery_method: None,
        };
        Shop { facts, request, now: Timestamp::from_millis(1000) }
    }

    fn money(&self, text: &str) -> Money {
        Money::parse(text, self.facts.channel.currency).unwrap()
    }

    fn variant(&self, sku: &str) -> &VariantFacts {
        let named = |v: &&VariantFacts| v.sku.as_ref().is_some_and(|have| have.as_str() == sku);
        self.facts.variants.iter().find(named).unwrap_or_else(|| panic!("no variant {sku}"))
    }

    /// `tax <category> <percent> [<name>] [in <country>]`
    fn tax(&mut self, category: &str, percent: &str, rest: &[&str]) {
        let (name, country) = match rest {
            [] => ("VAT", None),
            [name] => (*name, None),
            ["in", country] => ("VAT", Some(country.parse().unwrap())),
            [name, "in", country] => (*name, Some(country.parse().unwrap())),
            _ => panic!("cannot read {rest:?}"),
        };
        let zone =
            self.facts.tax_zones.iter().find(|zone| zone.countries.first().copied() == country);
        let zone = zone.map(|zone| zone.id).unwrap_or_else(|| {
            let id = TaxZoneId::from_u128(u128::try_from(self.facts.tax_zones.len()).unwrap() + 1);
            let countries = country.into_iter().collect();
            self.facts.tax_zones.push(TaxZone {
                id,
                name: format!("{rest:?}"),
                countries,
                version: 1,
            });
            id
        });
        self.facts.tax_rates.push(TaxRate {
            zone,
            category: TaxCategory::new(category).unwrap(),
            name: name.to_owned(),
            rate: Rate::percent(percent).unwrap(),
            window: Window::ALWAYS,
        });
    }

    /// `variant <sku> <price> [taxed <category>] [weighs <grams>] [under <category id>] [digital] [untaxed] [unsold]`
    fn add_variant(&mut self, sku: &str, price: &str, words: &[&str]) {
        let number = u128::try_from(self.facts.variants.len()).unwrap() + 1;
        let variant = VariantId::from_u128(number);
        let mut facts = VariantFacts {
            variant,
            product: ProductId::from_u128(number),
            title: sku.to_owned(),
            sku: Some(Sku::new(sku).unwrap()),
            categories: vec![],
            tax_category: TaxCategory::standard(),
            taxable: true,
            requires_shipping: true,
            weight_grams: None,
            sellable: true,
        };
        let mut words = words.iter();
        let mut next = words.clone();
        while let Some(word) = words.next() {
            match *word {
                "taxed" => facts.tax_category = TaxCategory::new(*words.next().unwrap()).unwrap(),
                "weighs" => facts.weight_grams = Some(words.next().unwrap().parse().unwrap()),
                "under" => facts
                    .categories
                    .push(CategoryId::from_u128(words.next().unwrap().parse().unwrap())),
                "digital" => facts.requires_shipping = false,
                "untaxed" => facts.taxable = false,
                "unsold" => facts.sellable = false,
                _ => panic!("cannot read {:?}", next.next()),
            }
        }
        self.facts.variants.push(facts);
        if price != "-" {
            self.price(sku, price, 1);
        }
    }

    fn price(&mut self, sku: &str, price: &str, min_quantity: u32) {
        let (list, variant, amount) =
            (self.facts.price_lists[0].id, self.variant(sku).variant, self.money(price));
        self.facts.prices.push(Price { list, variant, min_quantity, amount, compare_at: None });
    }

    /// `delivery <code> <flat amount> [taxed <category>] [free-over <amount>] [to <country>]`
    fn delivery(&mut self, code: &str, amount: &str, words: &[&str]) {
        let mut method = DeliveryMethod {
            id: DeliveryMethodId::from_u128(
                u128::try_from(self.facts.delivery_methods.len()).unwrap() + 1,
            ),
            code: code.to_owned(),
            name: code.to_owned(),
            zone: DeliveryZone::default(),
            rate: DeliveryRate::Flat { amount: self.money(amount) },
            free_over: None,
            tax_category: None,
            active: true,
            version: 1,
        };
        for pair in words.chunks(2) {
            match pair {
                ["taxed", category] => {
                    method.tax_category = Some(TaxCategory::new(*category).unwrap())
                }
                ["free-over", amount] => method.free_over = Some(self.money(amount)),
                ["to", country] => method.zone.countries.push(country.parse().unwrap()),
                _ => panic!("cannot read {pair:?}"),
            }
        }
        self.facts.delivery_methods.push(method);
    }

    /// `promotion <name> <percent|unit|line|order> <number> …` or `promotion <name> free-delivery - …`, then
    /// `coupon <code>`, `min <amount>`, `units <n>`, `product <sku>`, `under <category id>`, `group <word>`,
    /// `lane <before|after>`, `priority <n>`, `limit <n>`, `per-customer <n>`, `from <ms>`, `until <ms>`,
    /// `exclusive yes`, `active no`.
    fn promotion(&mut self, name: &str, kind: &str, number: &str, words: &[&str]) {
        let benefit = match kind {
            "percent" => Benefit::Percent { rate: Rate::percent(number).unwrap() },
            "unit" => Benefit::FixedUnit { amount: self.money(number) },
            "line" => Benefit::FixedLine { amount: self.money(number) },
            "order" => Benefit::FixedOrder { amount: self.money(number) },
            "free-delivery" => Benefit::FreeDelivery,
            _ => panic!("cannot read {kind}"),
        };
        let mut promotion = Promotion {
            id: PromotionId::from_u128(u128::try_from(self.facts.promotions.len()).unwrap() + 1),
            name: name.to_owned(),
            conditions: vec![],
            benefit,
            lane: Lane::Normal,
            priority: 0,
            exclusive: false,
            window: Window::ALWAYS,
            usage_limit: None,
            usage_limit_per_customer: None,
            active: true,
            version: 1,
        };
        for pair in words.chunks(2) {
            let condition = match pair {
                ["coupon", code] => {
                    Condition::Coupon { codes: vec![CouponCode::new(code).unwrap()] }
                }
                ["min", amount] => Condition::MinSubtotal { amount: self.money(amount) },
                ["units", quantity] => {
                    Condition::MinQuantity { quantity: quantity.parse().unwrap() }
                }
                ["product", sku] => {
                    Condition::Product { products: vec![self.variant(sku).product] }
                }
                ["under", id] => Condition::Category {
                    categories: vec![CategoryId::from_u128(id.parse().unwrap())],
                },
                ["group", word] => Condition::CustomerGroup { groups: vec![(*word).to_owned()] },
                _ => {
                    promotion.set(pair);
                    continue;
                }
            };
            promotion.conditions.push(condition);
        }
        self.facts.promotions.push(promotion);
    }

    fn cart(&mut self, sku: &str, quantity: u32) {
        let line = u32::try_from(self.request.lines.len()).unwrap() + 1;
        let (variant, quantity) = (self.variant(sku).variant, Quantity::new(quantity).unwrap());
        self.request.lines.push(RequestLine { line, variant, quantity });
    }

    fn quote(&self) -> Result<Quote, PricingError> {
        let quote = quote(&self.request, &self.facts, self.now)?;
        assert_eq!(quote.check(), Ok(()));
        Ok(quote)
    }
}

impl Promotion {
    /// Reads one of the words that are no condition.
    fn set(&mut self, pair: &[&str]) {
        match pair {
            ["lane", "before"] => self.lane = Lane::Before,
            ["lane", "after"] => self.lane = Lane::After,
            ["priority", n] => self.priority = n.parse().unwrap(),
            ["limit", n] => self.usage_limit = Some(n.parse().unwrap()),
            ["per-customer", n] => self.usage_limit_per_customer = Some(n.parse().unwrap()),
            ["from", ms] => self.window.from = Some(Timestamp::from_millis(ms.parse().unwrap())),
            ["until", ms] => self.window.until = Some(Timestamp::from_millis(ms.parse().unwrap())),
            ["exclusive", "yes"] => self.exclusive = true,
            ["active", "no"] => self.active = false,
            _ => panic!("cannot read {pair:?}"),
        }
    }
}

/// Runs one scenario. Lines that begin with `->` ask for the quote and compare.
#[track_caller]
fn check(scenario: &str) {
    let mut shop = Shop::new("EUR", true);
    for (index, text) in scenario.lines().map(str::trim).enumerate() {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [] | ["#", ..] => {}
            ["shop", currency, "gross", rest @ ..] => {
                shop = Shop::new(currency, true);
                shop.count(rest);
            }
            ["shop", currency, "net", rest @ ..] => {
                shop = Shop::new(currency, false);
                shop.count(rest);
            }
            ["tax", category, percent, rest @ ..] => shop.tax(category, percent, rest),
            ["variant", sku, price, rest @ ..] => shop.add_variant(sku, price, rest),
            ["price", sku, price, "from", n] => shop.price(sku, price, n.parse().unwrap()),
            ["delivery", code, amount, rest @ ..] => shop.delivery(code, amount, rest),
            ["promotion", name, kind, number, rest @ ..] => {
                shop.promotion(name, kind, number, rest)
            }
            ["used", name, total, by_customer] => {
                let promotion = shop.facts.promotions.iter().find(|p| p.name == *name).unwrap().id;
                let (total, by_customer) = (total.parse().unwrap(), by_customer.parse().unwrap());
                shop.facts.promotion_uses.push(PromotionUses { promotion, total, by_customer });
            }
            ["cart", sku, quantity] => shop.cart(sku, quantity.parse().unwrap()),
            ["customer", group] => {
                shop.request.customer = Some(CustomerId::from_u128(1));
                shop.request.customer_group = Some((*group).to_owned());
            }
            ["coupon", code] => shop.request.coupons.push(CouponCode::new(code).unwrap()),
            ["to", country] => {
                let country = country.parse().unwrap();
                shop.request.ship_to = Some(Destination { country, postal_code: String::new() });
            }
            ["choose", code] => shop.request.delivery_method = Some((*code).to_owned()),
            ["->", "refused", code] => {
                let refused = shop.quote().map(|quote| quote.totals).map_err(|e| e.code());
                assert_eq!(refused.err(), Some(*code), "line {index}: {text}");
            }
            ["->", expected @ ..] => {
                let quote = shop.quote().unwrap_or_else(|e| panic!("line {index}: {e}"));
                compare(&quote, expected, &format!("line {index}: {text}\n{}", told(&quote)));
            }
            _ => panic!("line {index}: cannot read `{text}`"),
        }
    }
}

impl Shop {
    fn count(&mut self, words: &[&str]) {
        for word in words {
            match *word {
                "per-order" => self.facts.channel.tax_rounding = TaxRounding::PerOrder,
                "half-even" => self.facts.channel.rounding = Rounding::HalfEven,
                "down" => self.facts.channel.rounding = Rounding::TowardZero,
                _ => panic!("cannot read {word}"),
            }
        }
    }
}

/// Compares `<field> <amount>` pairs, `line <n> <net> + <tax> = <total>`, `applied <name>`, `not <name> <code>`,
/// `coupon <code>`.
#[track_caller]
fn compare(quote: &Quote, expected: &[&str], place: &str) {
    let text = |money: Money| money.amount_text();
    match expected {
        ["line", n, net, "+", tax, "=", total] => {
            let line = quote.line(n.parse().unwrap()).unwrap();
            let found = (text(line.net), text(line.tax_total), text(line.total));
            assert_eq!(
                found,
                ((*net).to_owned(), (*tax).to_owned(), (*total).to_owned()),
                "{place}"
            );
        }
        ["delivery", net, "+", tax, "=", total] => {
            let line = quote.delivery.as_ref().unwrap();
            let found = (text(line.net), text(line.tax_total), text(line.total));
            assert_eq!(
                found,
                ((*net).to_owned(), (*tax).to_owned(), (*total).to_owned()),
                "{place}"
            );
        }
        ["unit", n, price] => {
            assert_eq!(text(quote.line(n.parse().unwrap()).unwrap().unit_price), *price, "{place}")
        }
        ["off", n, amount] => {
            assert_eq!(
                text(quote.line(n.parse().unwrap()).unwrap().discount_total),
                *amount,
                "{place}"
            );
        }
        ["applied", names @ ..] => {
            let applied: Vec<&str> =
                quote.promotions_applied.iter().map(|p| p.name.as_str()).collect();
            assert_eq!(applied, *names, "{place}");
        }
        ["not", name, code] => {
            let refused = quote.promotions_refused.iter().find(|p| p.name == *name);
            assert_eq!(refused.map(|p| p.refusal.code()), Some(*code), "{place}");
        }
        ["coupon", code] => assert_eq!(quote.check_coupons().unwrap_err().code(), *code, "{place}"),
        ["coupons", "fine"] => assert_eq!(quote.check_coupons(), Ok(()), "{place}"),
        _ => {
            for pair in expected.chunks(2) {
                let [field, amount] = pair else { panic!("cannot read {pair:?}: {place}") };
                let totals = &quote.totals;
                let found = match *field {
                    "subtotal" => totals.subtotal,
                    "discount" => totals.discount_total,
                    "delivery" => totals.delivery_total,
                    "tax" => totals.tax_total,
                    "total" => totals.total,
                    _ => panic!("cannot read {field}: {place}"),
                };
                assert_eq!(text(found), *amount, "{field}, {place}");
            }
        }
    }
}

/// The trace as text.
fn told(quote: &Quote) -> String {
    quote.trace().iter().map(|node| format!("{node}\n")).collect()
}
