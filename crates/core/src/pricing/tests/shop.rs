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
        let list = PriceList::new(PriceListId::from_u128(1), "Retail", currency);
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
            lane_mode: LaneMode::EachUnit,
            version: 1,
        };
        let facts = PricingFacts {
            channel,
            price_lists: vec![list].into(),
            prices: vec![],
            variants: vec![],
            home: None,
            tax_zones: Shared::default(),
            tax_rates: Shared::default(),
            tax_answer: None,
            delivery_methods: Shared::default(),
            fees: Shared::default(),
            promotions: Shared::default(),
            promotion_uses: vec![],
            batch_coupons: vec![],
            orders_placed: None,
            gift_stock: vec![],
            lane_mode: LaneMode::EachUnit,
        };
        let request = QuoteRequest {
            lines: vec![],
            coupons: vec![],
            customer: None,
            customer_group: None,
            ship_to: None,
            delivery_method: None,
            payment: None,
            buyer_tax: BuyerTax::default(),
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

    /// `variant <sku> <price> [taxed <category>] [weighs <grams>] [sized <mm>x<mm>x<mm>] [dangerous]
    /// [under <category id>] [in <collection id>] [has <attribute>=<value>] [digital] [untaxed] [unsold]`
    pub(super) fn add_variant(&mut self, sku: &str, price: &str, words: &[&str]) {
        let number = u128::try_from(self.facts.variants.len()).unwrap() + 1;
        let variant = VariantId::from_u128(number);
        let mut facts = VariantFacts {
            variant,
            product: ProductId::from_u128(number),
            title: sku.to_owned(),
            sku: Some(Sku::new(sku).unwrap()),
            categories: vec![],
            collections: vec![],
            attributes: vec![],
            tax_category: TaxCategory::standard(),
            taxable: true,
            requires_shipping: true,
            weight_grams: None,
            dimensions: None,
            dangerous_goods: false,
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
                "in" => {
                    let id = words.next().unwrap().parse().unwrap();
                    facts.collections.push(CollectionId::from_u128(id));
                }
                "has" => facts.attributes.push(attribute(words.next().unwrap())),
                "sized" => facts.dimensions = Some(super::place::dimensions(words.next().unwrap())),
                "dangerous" => facts.dangerous_goods = true,
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

    /// `used <promotion> <total> <by this customer>`, or pairs of `units`, `units-by-customer`, `given`, `code:<code>`.
    pub(super) fn used(&mut self, name: &str, words: &[&str]) {
        let promotion = self.facts.promotions.iter().find(|p| p.name == name).unwrap().id;
        let mut uses = PromotionUses::none(promotion);
        let number = |text: &str| text.parse().unwrap();
        for pair in words.chunks(2) {
            match pair {
                ["units", count] => uses.units = number(count),
                ["units-by-customer", count] => uses.units_by_customer = number(count),
                ["given", amount] => uses.given = Some(self.money(amount)),
                [total, by_customer] => match total.strip_prefix("code:") {
                    Some(code) => {
                        let code = CouponCode::new(code).unwrap();
                        uses.by_coupon.push((code, number(by_customer)));
                    }
                    None => {
                        (uses.total, uses.by_customer) = (number(total), number(by_customer));
                    }
                },
                _ => panic!("cannot read {pair:?}"),
            }
        }
        self.facts.promotion_uses.push(uses);
    }

    pub(super) fn cart(&mut self, sku: &str, quantity: u32) {
        let line = u32::try_from(self.request.lines.len()).unwrap() + 1;
        let (variant, quantity) = (self.variant(sku).variant, Quantity::new(quantity).unwrap());
        self.request.lines.push(RequestLine { line, variant, quantity });
    }

    /// Prices the cart without deriving the quote again.
    pub(super) fn unchecked(&self) -> Result<Quote, PricingError> {
        quote(&self.request, &self.facts, self.now)
    }

    /// Prices the cart; the quote adds up and can be derived from its trace.
    pub(super) fn quote(&self) -> Result<Quote, PricingError> {
        let quote = self.unchecked()?;
        assert_eq!(quote.check(), Ok(()));
        assert_eq!(checker::check(&quote.trace()), Ok(()), "{}", told(&quote));
        Ok(quote)
    }
}

impl Shop {
    /// Makes a sale of the past of a quote of this cart, as an order would keep it.
    pub(super) fn past(&self, sold: &Quote) -> Result<Repricing, NotRepriced> {
        Repricing::of(&PastSale {
            quote: sold,
            channel: self.facts.channel.id,
            ship_to: self.request.ship_to.clone().unwrap_or(Destination::country(sold.country)),
            customer: self.request.customer,
            customer_group: self.request.customer_group.clone(),
            orders_placed: self.facts.orders_placed,
            goods: self.facts.variants.clone(),
            batch_coupons: self.facts.batch_coupons.clone(),
            lane_mode: self.facts.lane_mode,
            at: self.now,
        })
    }

    pub(super) fn count(&mut self, words: &[&str]) {
        for word in words {
            match *word {
                "per-order" => self.facts.channel.tax_rounding = TaxRounding::PerOrder,
                "half-even" => self.facts.channel.rounding = Rounding::HalfEven,
                "best-of" => self.facts.lane_mode = LaneMode::BestOf,
                "down" => self.facts.channel.rounding = Rounding::TowardZero,
                _ => panic!("cannot read {word}"),
            }
        }
    }
}

/// Reads `name=value`: a whole number, a decimal, `yes`, `no`, or a word.
pub(super) fn attribute(text: &str) -> Attribute {
    let (name, value) = text.split_once('=').unwrap();
    Attribute { name: name.to_owned(), value: attribute_value(value) }
}

pub(super) fn attribute_value(text: &str) -> AttributeValue {
    match (text, text.parse::<i64>(), text.parse()) {
        ("yes", ..) => AttributeValue::Flag(true),
        ("no", ..) => AttributeValue::Flag(false),
        (_, Ok(number), _) => AttributeValue::Integer(number),
        (_, _, Ok(number)) => AttributeValue::Decimal(number),
        _ => AttributeValue::Text(text.to_owned()),
    }
}
