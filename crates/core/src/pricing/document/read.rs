//! From a document to a [`Promotion`]. The strict check came first, so forms are as they should be; what is wrong here
//! is wrong in its meaning.

use std::fmt::Display;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::problem::{Problems, below};
use super::shape::{BENEFITS, TIER_BENEFITS};
use super::{DocumentValue, PromotionNames};
use crate::catalog::AttributeValue;
use crate::id::PromotionId;
use crate::money::{Currency, Money, Rate};
use crate::pricing::promotion::{
    AttributeTest, Benefit, BundlePart, BuyGet, Calendar, Condition, Lane, Limits, Promotion,
    QuantityTier, SubtotalTier, TierBenefit, TimeOfDay, TimeZone, Weekday,
};
use crate::pricing::{CouponCode, Window};
use crate::time::Timestamp;

/// Reads one promotion; problems are collected, and what is wrong is left out.
pub(super) struct Reader<'r> {
    pub(super) names: &'r dyn PromotionNames,
    pub(super) currency: Currency,
    pub(super) problems: Problems,
}

/// A table and where it stands.
#[derive(Clone)]
struct At<'d> {
    value: &'d DocumentValue,
    place: String,
}

impl<'d> At<'d> {
    fn get(&self, name: &str) -> Option<At<'d>> {
        let value = self.value.get(name)?;
        Some(At { value, place: below(&self.place, name) })
    }

    /// Lists the tables of a list; one table counts as a list of one.
    fn each(&self) -> Vec<At<'d>> {
        match self.value {
            DocumentValue::List(values) => {
                let at = |(index, value)| At { value, place: format!("{}[{index}]", self.place) };
                values.iter().enumerate().map(at).collect()
            }
            _ => vec![self.clone()],
        }
    }

    fn text(&self) -> &'d str {
        if let DocumentValue::Text(text) = self.value { text } else { "" }
    }

    fn flag(&self) -> bool {
        *self.value == DocumentValue::Flag(true)
    }

    fn number<N: TryFrom<i64>>(&self) -> Option<N> {
        if let DocumentValue::Integer(number) = self.value {
            N::try_from(*number).ok()
        } else {
            None
        }
    }
}

impl Reader<'_> {
    pub(super) fn promotion(&mut self, id: PromotionId, document: &DocumentValue) -> Promotion {
        let at = At { value: document, place: String::new() };
        let zone = at.get("zone").and_then(|at| self.parsed::<TimeZone>(&at));
        let gives = at.get("gives").map(|at| at.each()).unwrap_or_default();
        let when = at.get("when").map(|at| at.each()).unwrap_or_default();
        let mut conditions = Vec::new();
        for table in when {
            self.conditions(&table, zone, &mut conditions);
        }
        Promotion {
            id,
            name: at.get("name").map_or("", |at| at.text()).to_owned(),
            conditions,
            benefits: gives.iter().filter_map(|at| self.benefit(at)).collect(),
            lane: match at.get("lane").map_or("", |at| at.text()) {
                "before" => Lane::Before,
                "after" => Lane::After,
                _ => Lane::Normal,
            },
            priority: at.get("priority").and_then(|at| at.number()).unwrap_or(0),
            exclusive: at.get("exclusive").is_some_and(|at| at.flag()),
            window: Window {
                from: at.get("from").and_then(|at| self.moment(&at, zone)),
                until: at.get("until").and_then(|at| self.moment(&at, zone)),
            },
            limits: at.get("limits").map_or(Limits::NONE, |at| self.limits(&at)),
            active: at.get("active").is_none_or(|at| at.flag()),
            version: 0,
        }
    }

    fn limits(&mut self, at: &At<'_>) -> Limits {
        let count = |name| at.get(name).and_then(|at| at.number());
        Limits {
            uses: count("uses"),
            uses_per_customer: count("uses_per_customer"),
            uses_per_coupon: count("uses_per_coupon"),
            units: count("units"),
            units_per_customer: count("units_per_customer"),
            units_per_order: count("units_per_order"),
            amount_per_order: self.money(at, "amount_per_order"),
            budget: self.money(at, "budget"),
        }
    }

    /// Reads text that a type parses by itself.
    fn parsed<T: FromStr<Err: Display>>(&mut self, at: &At<'_>) -> Option<T> {
        match at.text().parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problems.add(&at.place, problem.to_string(), "correct it");
                None
            }
        }
    }

    fn money(&mut self, at: &At<'_>, name: &str) -> Option<Money> {
        let at = at.get(name)?;
        let read = Money::parse(at.text(), self.currency);
        let mend = format!("write an amount of {} such as \"10\"", self.currency);
        read.map_err(|problem| self.problems.add(&at.place, problem.to_string(), mend)).ok()
    }

    fn rate(&mut self, at: &At<'_>, name: &str) -> Option<Rate> {
        let at = at.get(name)?;
        let Some(number) = at.text().strip_suffix('%') else {
            let what = format!("{:?} has no % sign", at.text());
            self.problems.add(&at.place, what, format!("write \"{}%\"", at.text()));
            return None;
        };
        let read = Rate::percent(number.trim_end());
        read.map_err(|p| self.problems.add(&at.place, p.to_string(), "write \"7.25%\"")).ok()
    }

    fn moment(&mut self, at: &At<'_>, zone: Option<TimeZone>) -> Option<Timestamp> {
        if let Ok(moment) = at.text().parse() {
            return Some(moment);
        }
        let Some(zone) = zone else {
            let what =
                format!("{:?} is not a moment, or it is one of a clock on some wall", at.text());
            let mend = "write 2026-05-01T18:00:00+02:00, or add `zone` for 2026-05-01 18:00";
            self.problems.add(&at.place, what, mend);
            return None;
        };
        let moment = zone.moment(at.text());
        if moment.is_none() {
            let what = format!("{:?} is not a date, or a date and time", at.text());
            self.problems.add(&at.place, what, "write 2026-05-01 or 2026-05-01 18:00");
        }
        moment
    }

    fn conditions(&mut self, at: &At<'_>, zone: Option<TimeZone>, into: &mut Vec<Condition>) {
        let texts = |name| {
            let each = at.get(name).map(|at| at.each()).unwrap_or_default();
            each.iter().map(|at| at.text().to_owned()).collect::<Vec<_>>()
        };
        if let Some(list) = at.get("coupons") {
            let codes = list.each().iter().filter_map(|at| self.parsed::<CouponCode>(at)).collect();
            into.push(Condition::Coupon { codes });
        }
        if let Some(batch) = at.get("coupon_batch").and_then(|at| self.parsed(&at)) {
            into.push(Condition::CouponBatch { batch });
        }
        if let Some(amount) = self.money(at, "min_subtotal") {
            into.push(Condition::MinSubtotal { amount });
        }
        if let Some(amount) = self.money(at, "min_goods") {
            into.push(Condition::MinGoods { amount });
        }
        if let Some(quantity) = at.get("min_quantity").and_then(|at| at.number()) {
            into.push(Condition::MinQuantity { quantity });
        }
        if let Some(list) = at.get("channels") {
            let names = self.names;
            let channels = self.found(&list, "channel", |word| names.channel(word));
            into.push(Condition::Channel { channels });
        }
        if at.get("customer_groups").is_some() {
            into.push(Condition::CustomerGroup { groups: texts("customer_groups") });
        }
        if let Some(first) = at.get("first_order") {
            self.always_true(&first);
            into.push(Condition::FirstOrder);
        }
        if let Some(list) = at.get("delivery_methods") {
            let names = self.names;
            let known = |code: &str| names.has_delivery_method(code).then(|| code.to_owned());
            into.push(Condition::DeliveryMethod {
                methods: self.known(&list, "delivery method", known),
            });
        }
        if let Some(hours) = at.get("hours") {
            into.extend(self.calendar(&hours, zone).map(Condition::Calendar));
        }
        self.goods(at, into);
    }

    fn always_true(&mut self, at: &At<'_>) {
        if !at.flag() {
            self.problems.add(&at.place, "is false, which says nothing", "leave it out");
        }
    }

    fn calendar(&mut self, at: &At<'_>, zone: Option<TimeZone>) -> Option<Calendar> {
        let own = at.get("zone").and_then(|at| self.parsed(&at));
        let Some(zone) = own.or(zone) else {
            let mend = "add `zone`, such as \"Europe/Berlin\"";
            self.problems.add(&at.place, "needs to know whose clock counts", mend);
            return None;
        };
        let days = at.get("weekdays").map(|at| at.each()).unwrap_or_default();
        let named = |at: &At<'_>| Weekday::ALL.into_iter().find(|day| day.name() == at.text());
        let mut time = |name, default| match at.get(name) {
            Some(at) => self.parsed(&at).unwrap_or(default),
            None => default,
        };
        let (from, until) = (time("from", TimeOfDay::MIDNIGHT), time("until", TimeOfDay::END));
        Some(Calendar { zone, weekdays: days.iter().filter_map(named).collect(), from, until })
    }

    /// Reads what a table says of goods.
    fn goods(&mut self, at: &At<'_>, into: &mut Vec<Condition>) {
        let names = self.names;
        if let Some(list) = at.get("categories") {
            let categories = self.found(&list, "category", |word| names.category(word));
            into.push(Condition::Category { categories });
        }
        if let Some(list) = at.get("collections") {
            let collections = self.found(&list, "collection", |word| names.collection(word));
            into.push(Condition::Collection { collections });
        }
        if let Some(list) = at.get("products") {
            let products = self.found(&list, "product", |word| names.product(word));
            into.push(Condition::Product { products });
        }
        if let Some(list) = at.get("variants") {
            let variants = self.found(&list, "variant", |word| names.variant(word));
            into.push(Condition::Variant { variants });
        }
        if let Some(test) = at.get("attribute") {
            into.push(Condition::Attribute(self.attribute(&test)));
        }
        if let Some(any) = at.get("any") {
            let conditions = any.each().iter().filter_map(|at| self.one_of_goods(at)).collect();
            into.push(Condition::Any { conditions });
        }
        if let Some(not) = at.get("not")
            && let Some(condition) = self.one_of_goods(&not)
        {
            into.push(Condition::Not { condition: Box::new(condition) });
        }
    }

    /// Reads a table that says one thing of goods. Two would be "and" inside of "or", which nobody reads right.
    fn one_of_goods(&mut self, at: &At<'_>) -> Option<Condition> {
        let mut conditions = Vec::new();
        self.goods(at, &mut conditions);
        if conditions.len() == 1 {
            return conditions.pop();
        }
        let mend = "write each in a table of its own";
        self.problems.add(&at.place, "says not exactly one thing of goods", mend);
        None
    }

    fn attribute(&mut self, at: &At<'_>) -> AttributeTest {
        let mut values: Vec<AttributeValue> = Vec::new();
        for at in at.get("values").map(|at| at.each()).unwrap_or_default() {
            values.push(match at.value {
                DocumentValue::Integer(number) => AttributeValue::Integer(*number),
                DocumentValue::Flag(flag) => AttributeValue::Flag(*flag),
                _ => AttributeValue::Text(at.text().to_owned()),
            });
        }
        for at in at.get("numbers").map(|at| at.each()).unwrap_or_default() {
            values.extend(self.decimal(&at).map(AttributeValue::Decimal));
        }
        AttributeTest {
            name: at.get("name").map_or("", |at| at.text()).to_owned(),
            values,
            at_least: at.get("at_least").and_then(|at| self.decimal(&at)),
            below: at.get("below").and_then(|at| self.decimal(&at)),
        }
    }

    fn decimal(&mut self, at: &At<'_>) -> Option<Decimal> {
        let digits = at.text().strip_prefix('-').unwrap_or(at.text());
        // The library reads `1_000` and rounds what is too long, so texts are checked before it sees them.
        let plain = digits.len() <= 28 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let read = at.text().parse().ok().filter(|_| plain);
        if read.is_none() {
            let what = format!("{:?} is not a decimal number", at.text());
            self.problems.add(&at.place, what, "write \"1.5\"");
        }
        read
    }

    /// Reads words for records: their ids, or what people call them.
    fn found<I: FromStr>(
        &mut self,
        list: &At<'_>,
        noun: &'static str,
        find: impl Fn(&str) -> Option<I>,
    ) -> Vec<I> {
        self.known(list, noun, |word| word.parse().ok().or_else(|| find(word)))
    }

    /// Reads words for records; those that name none are problems, with the nearest that do.
    fn known<T>(
        &mut self,
        list: &At<'_>,
        noun: &'static str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut known = Vec::new();
        for at in list.each() {
            let word = at.text();
            match find(word) {
                Some(one) => known.push(one),
                None => {
                    let near = self.names.near(noun, word);
                    let mend = match near.first() {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("write what a {noun} of the shop is called, or its id"),
                    };
                    self.problems.add(&at.place, format!("there is no {noun} {word:?}"), mend);
                }
            }
        }
        known
    }

    fn benefit(&mut self, at: &At<'_>) -> Option<Benefit> {
        let kind = BENEFITS.iter().find(|kind| at.get(kind).is_some())?;
        self.strangers(at, kind);
        let count = |name| at.get(name).and_then(|at| at.number());
        Some(match *kind {
            "off_line" => Benefit::FixedLine { amount: self.money(at, kind)? },
            "buy" => Benefit::BuyGet(self.buy_get(at)),
            "cheapest_free_of" => Benefit::CheapestFree { of: count(kind)? },
            "quantity_tiers" => {
                let each = at.get(kind)?.each();
                let tier = |at: &At<'_>| {
                    let from = at.get("from").and_then(|at| at.number())?;
                    Some(QuantityTier { from, benefit: self.tier(at)? })
                };
                Benefit::QuantityTiers { tiers: each.iter().filter_map(tier).collect() }
            }
            "subtotal_tiers" => {
                let each = at.get(kind)?.each();
                let tier = |at: &At<'_>| {
                    Some(SubtotalTier { from: self.money(at, "from")?, benefit: self.tier(at)? })
                };
                Benefit::SubtotalTiers { tiers: each.iter().filter_map(tier).collect() }
            }
            "bundle" => {
                let parts = at.get(kind)?.each();
                let parts = parts.iter().map(|at| self.bundle_part(at)).collect();
                let Some(price) = self.money(at, "price") else {
                    self.needed(at, "price", "what one bundle costs");
                    return None;
                };
                Benefit::Bundle { parts, price }
            }
            "free_delivery" => {
                self.always_true(&at.get(kind)?);
                Benefit::FreeDelivery
            }
            "delivery_percent" => Benefit::DeliveryPercent { rate: self.rate(at, kind)? },
            "off_delivery" => Benefit::DeliveryFixed { amount: self.money(at, kind)? },
            "gift" => {
                let names = self.names;
                let found = self.found(&at.get(kind)?, "variant", |word| names.variant(word));
                Benefit::Gift { variant: *found.first()?, units: count("units").unwrap_or(1) }
            }
            _ => self.tier(at)?.to_benefit(),
        })
    }

    /// Refuses fields that belong to another kind of benefit.
    fn strangers(&mut self, at: &At<'_>, kind: &str) {
        let of = |name: &str| match name {
            "get" | "at" | "of" | "each_variant" => Some("buy"),
            "price" => Some("bundle"),
            "units" => Some("gift"),
            _ => None,
        };
        let DocumentValue::Table(fields) = at.value else { return };
        for (name, _) in fields {
            if let Some(owner) = of(name).filter(|owner| *owner != kind) {
                let what = format!("goes with `{owner}`, and this gives `{kind}`");
                self.problems.add(&below(&at.place, name), what, "leave it out");
            }
        }
    }

    fn needed(&mut self, at: &At<'_>, name: &str, about: &str) {
        if at.get(name).is_none() {
            self.problems.add(&below(&at.place, name), "is missing", format!("add {about}"));
        }
    }

    fn buy_get(&mut self, at: &At<'_>) -> BuyGet {
        self.needed(at, "get", "how many units are got");
        let count = |name| at.get(name).and_then(|at| at.number()).unwrap_or(0);
        let mut goods = Vec::new();
        if let Some(of) = at.get("of") {
            self.goods(&of, &mut goods);
        }
        BuyGet {
            buy: count("buy"),
            get: count("get"),
            rate: at
                .get("at")
                .map_or(Some(Rate::ONE), |_| self.rate(at, "at"))
                .unwrap_or(Rate::ZERO),
            goods,
            each_variant: at.get("each_variant").is_some_and(|at| at.flag()),
        }
    }

    fn bundle_part(&mut self, at: &At<'_>) -> BundlePart {
        let mut goods = Vec::new();
        if let Some(of) = at.get("of") {
            self.goods(&of, &mut goods);
        }
        BundlePart { goods, units: at.get("units").and_then(|at| at.number()).unwrap_or(0) }
    }

    fn tier(&mut self, at: &At<'_>) -> Option<TierBenefit> {
        let kind = TIER_BENEFITS.iter().find(|kind| at.get(kind).is_some())?;
        Some(match *kind {
            "percent" => TierBenefit::Percent { rate: self.rate(at, kind)? },
            "off_unit" => TierBenefit::FixedUnit { amount: self.money(at, kind)? },
            "off_order" => TierBenefit::FixedOrder { amount: self.money(at, kind)? },
            _ => TierBenefit::FixedPrice { amount: self.money(at, kind)? },
        })
    }
}
