//! The words that scenarios have for promotions.
//!
//! `promotion <name> <what it gives> <number> <pairs of words>`, where it gives:
//!
//! * `percent 10`, `unit 2.00`, `line 2.00`, `order 5.00`, `price 8.00`;
//! * `buy 2/1`, perhaps with `off 50` (percent), `each variant`, `gets <sku>`, `gets-under <category id>`;
//! * `cheapest 3`: of three the cheapest;
//! * `tiers 3:10%,6:=8.00,9:-2.00` by quantity, `spend 50:10%,100:order-15.00` by amount;
//! * `bundle 99.00` with `part 1xlamp`, `part 2xbulb`; `gift 1xmug`;
//! * `free-delivery -`, `delivery-percent 50`, `delivery-off 3.00`.
//!
//! Conditions, limits and the rest stand in [`Shop::pair`]. `also <name> <what it gives> <number> …` adds a benefit.

use super::shop::attribute_value;
use super::*;

impl Shop {
    pub(super) fn promotion(&mut self, name: &str, kind: &str, number: &str, words: &[&str]) {
        let number_of = u128::try_from(self.facts.promotions.len()).unwrap() + 1;
        let benefit = self.benefit(kind, number);
        let mut promotion = Promotion::new(PromotionId::from_u128(number_of), name, benefit);
        for pair in words.chunks(2) {
            self.pair(&mut promotion, pair);
        }
        assert_eq!(promotion.check(), Ok(()));
        self.facts.promotions.push(promotion);
    }

    /// Adds a benefit to a promotion that is there.
    pub(super) fn also(&mut self, name: &str, kind: &str, number: &str, words: &[&str]) {
        let place = self.facts.promotions.iter().position(|p| p.name == name).unwrap();
        let mut promotion = self.facts.promotions.remove(place);
        promotion.benefits.push(self.benefit(kind, number));
        for pair in words.chunks(2) {
            self.pair(&mut promotion, pair);
        }
        assert_eq!(promotion.check(), Ok(()));
        self.facts.promotions.insert(place, promotion);
    }

    /// Puts a promotion that takes an amount off the order into another currency.
    pub(super) fn recurrency(&mut self, name: &str, code: &str) {
        let promotion = self.facts.promotions.iter_mut().find(|p| p.name == name).unwrap();
        let amount = Money::from_minor(500, Currency::from_code(code).unwrap());
        promotion.benefits = vec![Benefit::FixedOrder { amount }];
    }

    fn benefit(&self, kind: &str, number: &str) -> Benefit {
        let rate = |text| Rate::percent(text).unwrap();
        match kind {
            "percent" => Benefit::Percent { rate: rate(number) },
            "unit" => Benefit::FixedUnit { amount: self.money(number) },
            "line" => Benefit::FixedLine { amount: self.money(number) },
            "order" => Benefit::FixedOrder { amount: self.money(number) },
            "price" => Benefit::FixedPrice { amount: self.money(number) },
            "buy" => {
                let (buy, get) = number.split_once('/').unwrap();
                let (buy, get) = (buy.parse().unwrap(), get.parse().unwrap());
                let (goods, each_variant) = (vec![], false);
                Benefit::BuyGet(BuyGet { buy, get, rate: Rate::ONE, goods, each_variant })
            }
            "cheapest" => Benefit::CheapestFree { of: number.parse().unwrap() },
            "tiers" => Benefit::QuantityTiers {
                tiers: self
                    .tiers(number)
                    .map(|(from, benefit)| QuantityTier { from: from.parse().unwrap(), benefit })
                    .collect(),
            },
            "spend" => Benefit::SubtotalTiers {
                tiers: self
                    .tiers(number)
                    .map(|(from, benefit)| SubtotalTier { from: self.money(from), benefit })
                    .collect(),
            },
            "bundle" => Benefit::Bundle { parts: vec![], price: self.money(number) },
            "gift" => {
                let (units, sku) = number.split_once('x').unwrap();
                let (units, variant) = (units.parse().unwrap(), self.variant(sku).variant);
                Benefit::Gift { variant, units }
            }
            "free-delivery" => Benefit::FreeDelivery,
            "delivery-percent" => Benefit::DeliveryPercent { rate: rate(number) },
            "delivery-off" => Benefit::DeliveryFixed { amount: self.money(number) },
            _ => panic!("cannot read {kind}"),
        }
    }

    fn tiers<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (&'t str, TierBenefit)> {
        text.split(',').map(|tier| {
            let (from, gives) = tier.split_once(':').unwrap();
            let benefit = if let Some(percent) = gives.strip_suffix('%') {
                TierBenefit::Percent { rate: Rate::percent(percent).unwrap() }
            } else if let Some(price) = gives.strip_prefix('=') {
                TierBenefit::FixedPrice { amount: self.money(price) }
            } else if let Some(amount) = gives.strip_prefix("order-") {
                TierBenefit::FixedOrder { amount: self.money(amount) }
            } else {
                TierBenefit::FixedUnit { amount: self.money(gives.strip_prefix('-').unwrap()) }
            };
            (from, benefit)
        })
    }

    /// Reads one pair of words: a condition, a part of the last benefit, a limit, or where the promotion stands.
    fn pair(&self, promotion: &mut Promotion, pair: &[&str]) {
        let [word, value] = pair else { panic!("half a pair: {pair:?}") };
        if let Some(condition) = self.condition(word, value) {
            promotion.conditions.push(condition);
            return;
        }
        let count = || Some(value.parse().unwrap());
        let at = || {
            let moment = value.parse().map(Timestamp::from_millis);
            Some(moment.unwrap_or_else(|_| value.parse().unwrap()))
        };
        let limits = &mut promotion.limits;
        match *word {
            "limit" => limits.uses = count(),
            "per-customer" => limits.uses_per_customer = count(),
            "per-coupon" => limits.uses_per_coupon = count(),
            "units-limit" => limits.units = count(),
            "units-per-customer" => limits.units_per_customer = count(),
            "units-per-order" => limits.units_per_order = count(),
            "cap" => limits.amount_per_order = Some(self.money(value)),
            "budget" => limits.budget = Some(self.money(value)),
            "lane" => promotion.lane = if *value == "before" { Lane::Before } else { Lane::After },
            "priority" => promotion.priority = value.parse().unwrap(),
            "from" => promotion.window.from = at(),
            "until" => promotion.window.until = at(),
            "exclusive" => promotion.exclusive = *value == "yes",
            "active" => promotion.active = *value == "yes",
            _ => self.part(promotion.benefits.last_mut().unwrap(), word, value),
        }
    }

    /// Reads a pair that is about the last benefit.
    fn part(&self, benefit: &mut Benefit, word: &str, value: &str) {
        match (benefit, word) {
            (Benefit::BuyGet(rule), "off") => rule.rate = Rate::percent(value).unwrap(),
            (Benefit::BuyGet(rule), "each") => rule.each_variant = true,
            (Benefit::BuyGet(rule), "gets") => {
                rule.goods.extend(self.condition("product", value));
            }
            (Benefit::BuyGet(rule), "gets-under") => {
                rule.goods.extend(self.condition("under", value));
            }
            (Benefit::Bundle { parts, .. }, "part") => {
                let (units, sku) = value.split_once('x').unwrap();
                let goods = self.condition("product", sku).into_iter().collect();
                parts.push(BundlePart { goods, units: units.parse().unwrap() });
            }
            (Benefit::Bundle { parts, .. }, "part-under") => {
                let (units, id) = value.split_once('x').unwrap();
                let goods = self.condition("under", id).into_iter().collect();
                parts.push(BundlePart { goods, units: units.parse().unwrap() });
            }
            _ => panic!("cannot read {word} {value}"),
        }
    }

    fn condition(&self, word: &str, value: &str) -> Option<Condition> {
        let not = |condition| Condition::Not { condition: Box::new(condition) };
        let test = |name: &str, values, at_least, below| {
            Condition::Attribute(AttributeTest { name: name.to_owned(), values, at_least, below })
        };
        Some(match word {
            "coupon" => Condition::Coupon { codes: vec![CouponCode::new(value).unwrap()] },
            "batch" => {
                Condition::CouponBatch { batch: CouponBatchId::from_u128(value.parse().unwrap()) }
            }
            "min" => Condition::MinSubtotal { amount: self.money(value) },
            "goods-min" => Condition::MinGoods { amount: self.money(value) },
            "units" => Condition::MinQuantity { quantity: value.parse().unwrap() },
            "channel" => {
                Condition::Channel { channels: vec![ChannelId::from_u128(value.parse().unwrap())] }
            }
            "group" => Condition::CustomerGroup { groups: vec![value.to_owned()] },
            "first" => Condition::FirstOrder,
            "by" => Condition::DeliveryMethod { methods: vec![value.to_owned()] },
            "calendar" => {
                let mut words = value.split(',');
                let days = words.next().unwrap();
                let (from, until) = words.next().unwrap().split_once('-').unwrap();
                let named = |day: &&Weekday| days.split('+').any(|name| name == day.name());
                Condition::Calendar(Calendar {
                    zone: words.next().unwrap().parse().unwrap(),
                    weekdays: Weekday::ALL.iter().filter(named).copied().collect(),
                    from: from.parse().unwrap(),
                    until: until.parse().unwrap(),
                })
            }
            "product" => Condition::Product { products: vec![self.variant(value).product] },
            "variant" => Condition::Variant { variants: vec![self.variant(value).variant] },
            "under" => Condition::Category {
                categories: vec![CategoryId::from_u128(value.parse().unwrap())],
            },
            "collection" => Condition::Collection {
                collections: vec![CollectionId::from_u128(value.parse().unwrap())],
            },
            "attribute" => {
                if let Some((name, least)) = value.split_once(">=") {
                    test(name, vec![], Some(least.parse().unwrap()), None)
                } else if let Some((name, end)) = value.split_once('<') {
                    test(name, vec![], None, Some(end.parse().unwrap()))
                } else {
                    let (name, values) = value.split_once('=').unwrap();
                    test(name, values.split('|').map(attribute_value).collect(), None, None)
                }
            }
            "not-product" => not(self.condition("product", value)?),
            "not-under" => not(self.condition("under", value)?),
            "not-attribute" => not(self.condition("attribute", value)?),
            "any" => Condition::Any {
                conditions: value
                    .split('|')
                    .map(|one| one.split_once(':').unwrap())
                    .map(|(word, value)| self.condition(word, value).unwrap())
                    .collect(),
            },
            _ => return None,
        })
    }
}
