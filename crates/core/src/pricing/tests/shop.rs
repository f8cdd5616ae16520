//! A small shop, built from the words of scenarios.

use super::*;

/// A small shop and one cart in it.
pub(super) struct Shop {
    pub(super) facts: PricingFacts,
    pub(super) request: QuoteRequest,
    pub(super) now: Timestamp,
}

impl Shop {
    pub(super) fn new(currency: &str, tax_inclusive: bool) -> Shop {
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

    pub(super) fn money(&self, text: &str) -> Money {
        Money::parse(text, self.facts.channel.currency).unwrap()
    }

    pub(super) fn variant(&self, sku: &str) -> &VariantFacts {
        let named = |v: &&VariantFacts| v.sku.as_ref().is_some_and(|have| have.as_str() == sku);
        self.facts.variants.iter().find(named).unwrap_or_else(|| panic!("no variant {sku}"))
    }

    /// `tax <category> <percent> [<name>] [in <country>]`
    pub(super) fn tax(&mut self, category: &str, percent: &str, rest: &[&str]) {
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
    pub(super) fn add_variant(&mut self, sku: &str, price: &str, words: &[&str]) {
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

    pub(super) fn price(&mut self, sku: &str, price: &str, min_quantity: u32) {
        let (list, variant, amount) =
            (self.facts.price_lists[0].id, self.variant(sku).variant, self.money(price));
        self.facts.prices.push(Price { list, variant, min_quantity, amount, compare_at: None });
    }

    /// `delivery <code> <flat amount> [taxed <category>] [free-over <amount>] [to <country>]`
    pub(super) fn delivery(&mut self, code: &str, amount: &str, words: &[&str]) {
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
    pub(super) fn promotion(&mut self, name: &str, kind: &str, number: &str, words: &[&str]) {
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

    pub(super) fn cart(&mut self, sku: &str, quantity: u32) {
        let line = u32::try_from(self.request.lines.len()).unwrap() + 1;
        let (variant, quantity) = (self.variant(sku).variant, Quantity::new(quantity).unwrap());
        self.request.lines.push(RequestLine { line, variant, quantity });
    }

    pub(super) fn quote(&self) -> Result<Quote, PricingError> {
        let quote = quote(&self.request, &self.facts, self.now)?;
        assert_eq!(quote.check(), Ok(()));
        Ok(quote)
    }
}

impl Promotion {
    /// Reads one of the words that are no condition.
    pub(super) fn set(&mut self, pair: &[&str]) {
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

impl Shop {
    pub(super) fn count(&mut self, words: &[&str]) {
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
