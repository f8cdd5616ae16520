//! From a [`Promotion`] to its document.

use super::{DocumentValue, PromotionNames};
use crate::catalog::AttributeValue;
use crate::money::{Money, Rate};
use crate::pricing::promotion::{
    AttributeTest, Benefit, BuyGet, Calendar, Condition, Lane, Limits, Promotion, TierBenefit,
    TimeOfDay,
};

type Fields = Vec<(String, DocumentValue)>;

fn text(text: impl ToString) -> DocumentValue {
    DocumentValue::Text(text.to_string())
}

fn texts<T: ToString>(words: impl IntoIterator<Item = T>) -> DocumentValue {
    DocumentValue::List(words.into_iter().map(text).collect())
}

fn money(amount: Money) -> DocumentValue {
    text(amount.amount_text())
}

fn rate(rate: Rate) -> DocumentValue {
    text(format!("{}%", rate.percent_text()))
}

fn count(count: u32) -> DocumentValue {
    DocumentValue::Integer(count.into())
}

fn field(name: &str, value: DocumentValue) -> (String, DocumentValue) {
    (name.to_owned(), value)
}

/// Writes a promotion; what has its usual value is left out.
pub(super) fn promotion(promotion: &Promotion, names: &dyn PromotionNames) -> DocumentValue {
    let mut fields = vec![field("name", text(&promotion.name))];
    let lane = match promotion.lane {
        Lane::Before => Some("before"),
        Lane::Normal => None,
        Lane::After => Some("after"),
    };
    fields.extend(lane.map(|lane| field("lane", text(lane))));
    if promotion.priority != 0 {
        fields.push(field("priority", DocumentValue::Integer(promotion.priority.into())));
    }
    if promotion.exclusive {
        fields.push(field("exclusive", DocumentValue::Flag(true)));
    }
    if !promotion.active {
        fields.push(field("active", DocumentValue::Flag(false)));
    }
    fields.extend(promotion.window.from.map(|from| field("from", text(from))));
    fields.extend(promotion.window.until.map(|until| field("until", text(until))));
    let when = tables(promotion.conditions.iter().map(|c| condition(c, names)));
    if let Some(when) = when {
        fields.push(field("when", when));
    }
    let gives = promotion.benefits.iter();
    let gives: Vec<DocumentValue> =
        gives.map(|benefit| DocumentValue::Table(self::benefit(benefit, names))).collect();
    match <[DocumentValue; 1]>::try_from(gives) {
        Ok([one]) => fields.push(field("gives", one)),
        Err(many) => fields.push(field("gives", DocumentValue::List(many))),
    }
    let limits = limits(&promotion.limits);
    if !limits.is_empty() {
        fields.push(field("limits", DocumentValue::Table(limits)));
    }
    DocumentValue::Table(fields)
}

/// Puts conditions into one table; those whose name is taken go to a further one. Order within a table follows that of
/// the shape when it is read, so a condition also goes to a further table when it would come back earlier.
fn tables(conditions: impl Iterator<Item = (String, DocumentValue)>) -> Option<DocumentValue> {
    let place = |name: &str| {
        let fields = super::shape::CONDITIONS.fields.iter();
        fields.enumerate().find(|(_, field)| field.name == name).map_or(0, |(place, _)| place)
    };
    let mut tables: Vec<Fields> = Vec::new();
    for (name, value) in conditions {
        let last = tables.last().and_then(|table| table.last());
        match (last.map(|(last, _)| place(last) < place(&name)), tables.last_mut()) {
            (Some(true), Some(table)) => table.push((name, value)),
            _ => tables.push(vec![(name, value)]),
        }
    }
    match tables.len() {
        0 => None,
        1 => tables.pop().map(DocumentValue::Table),
        _ => Some(DocumentValue::List(tables.into_iter().map(DocumentValue::Table).collect())),
    }
}

fn limits(limits: &Limits) -> Fields {
    let counts = [
        ("uses", limits.uses),
        ("uses_per_customer", limits.uses_per_customer),
        ("uses_per_coupon", limits.uses_per_coupon),
        ("units", limits.units),
        ("units_per_customer", limits.units_per_customer),
        ("units_per_order", limits.units_per_order),
    ];
    let amounts = [("amount_per_order", limits.amount_per_order), ("budget", limits.budget)];
    let counts = counts.into_iter().filter_map(|(name, n)| Some(field(name, count(n?))));
    counts.chain(amounts.into_iter().filter_map(|(name, n)| Some(field(name, money(n?))))).collect()
}

/// Writes ids as what people call them, or as they are.
fn named<I: Copy + ToString>(ids: &[I], name: impl Fn(I) -> Option<String>) -> DocumentValue {
    texts(ids.iter().map(|id| name(*id).unwrap_or_else(|| id.to_string())))
}

fn condition(condition: &Condition, names: &dyn PromotionNames) -> (String, DocumentValue) {
    let (name, value) = match condition {
        Condition::Coupon { codes } => ("coupons", texts(codes)),
        Condition::CouponBatch { batch } => ("coupon_batch", text(batch)),
        Condition::MinSubtotal { amount } => ("min_subtotal", money(*amount)),
        Condition::MinGoods { amount } => ("min_goods", money(*amount)),
        Condition::MinQuantity { quantity } => ("min_quantity", count(*quantity)),
        Condition::Channel { channels } => ("channels", named(channels, |id| names.of_channel(id))),
        Condition::CustomerGroup { groups } => ("customer_groups", texts(groups)),
        Condition::FirstOrder => ("first_order", DocumentValue::Flag(true)),
        Condition::DeliveryMethod { methods } => ("delivery_methods", texts(methods)),
        Condition::Calendar(calendar) => ("hours", hours(calendar)),
        Condition::Category { categories } => {
            ("categories", named(categories, |id| names.of_category(id)))
        }
        Condition::Collection { collections } => {
            ("collections", named(collections, |id| names.of_collection(id)))
        }
        Condition::Product { products } => ("products", named(products, |id| names.of_product(id))),
        Condition::Variant { variants } => ("variants", named(variants, |id| names.of_variant(id))),
        Condition::Attribute(test) => ("attribute", attribute(test)),
        Condition::Any { conditions } => {
            let table = |one| DocumentValue::Table(vec![self::condition(one, names)]);
            ("any", DocumentValue::List(conditions.iter().map(table).collect()))
        }
        Condition::Not { condition } => {
            ("not", DocumentValue::Table(vec![self::condition(condition, names)]))
        }
    };
    field(name, value)
}

fn hours(calendar: &Calendar) -> DocumentValue {
    let mut fields = Vec::new();
    if !calendar.weekdays.is_empty() {
        let days = calendar.weekdays.iter().map(|day| day.name());
        fields.push(field("weekdays", texts(days)));
    }
    if calendar.from != TimeOfDay::MIDNIGHT {
        fields.push(field("from", text(calendar.from)));
    }
    if calendar.until != TimeOfDay::END {
        fields.push(field("until", text(calendar.until)));
    }
    fields.push(field("zone", text(calendar.zone)));
    DocumentValue::Table(fields)
}

fn attribute(test: &AttributeTest) -> DocumentValue {
    let mut fields = vec![field("name", text(&test.name))];
    let (mut values, mut numbers) = (Vec::new(), Vec::new());
    for value in &test.values {
        match value {
            AttributeValue::Text(word) => values.push(text(word)),
            AttributeValue::Integer(number) => values.push(DocumentValue::Integer(*number)),
            AttributeValue::Flag(flag) => values.push(DocumentValue::Flag(*flag)),
            AttributeValue::Decimal(number) => numbers.push(text(number)),
        }
    }
    for (name, list) in [("values", values), ("numbers", numbers)] {
        if !list.is_empty() {
            fields.push(field(name, DocumentValue::List(list)));
        }
    }
    fields.extend(test.at_least.map(|least| field("at_least", text(least))));
    fields.extend(test.below.map(|end| field("below", text(end))));
    DocumentValue::Table(fields)
}

fn goods(conditions: &[Condition], names: &dyn PromotionNames) -> DocumentValue {
    DocumentValue::Table(conditions.iter().map(|one| condition(one, names)).collect())
}

fn benefit(benefit: &Benefit, names: &dyn PromotionNames) -> Fields {
    let one = |name, value| vec![field(name, value)];
    let tier = |from: DocumentValue, benefit: TierBenefit| {
        let mut fields = vec![field("from", from)];
        fields.extend(self::benefit(&benefit.to_benefit(), names));
        DocumentValue::Table(fields)
    };
    match benefit {
        Benefit::Percent { rate } => one("percent", self::rate(*rate)),
        Benefit::FixedUnit { amount } => one("off_unit", money(*amount)),
        Benefit::FixedLine { amount } => one("off_line", money(*amount)),
        Benefit::FixedOrder { amount } => one("off_order", money(*amount)),
        Benefit::FixedPrice { amount } => one("unit_price", money(*amount)),
        Benefit::BuyGet(rule) => buy_get(rule, names),
        Benefit::CheapestFree { of } => one("cheapest_free_of", count(*of)),
        Benefit::QuantityTiers { tiers } => {
            let tiers = tiers.iter().map(|one| tier(count(one.from), one.benefit));
            one("quantity_tiers", DocumentValue::List(tiers.collect()))
        }
        Benefit::SubtotalTiers { tiers } => {
            let tiers = tiers.iter().map(|one| tier(money(one.from), one.benefit));
            one("subtotal_tiers", DocumentValue::List(tiers.collect()))
        }
        Benefit::Bundle { parts, price } => {
            let part = parts.iter().map(|part| {
                DocumentValue::Table(vec![
                    field("units", count(part.units)),
                    field("of", goods(&part.goods, names)),
                ])
            });
            vec![
                field("bundle", DocumentValue::List(part.collect())),
                field("price", money(*price)),
            ]
        }
        Benefit::FreeDelivery => one("free_delivery", DocumentValue::Flag(true)),
        Benefit::DeliveryPercent { rate } => one("delivery_percent", self::rate(*rate)),
        Benefit::DeliveryFixed { amount } => one("off_delivery", money(*amount)),
        Benefit::Gift { variant, units } => {
            let name = names.of_variant(*variant).unwrap_or_else(|| variant.to_string());
            vec![field("gift", text(name)), field("units", count(*units))]
        }
    }
}

fn buy_get(rule: &BuyGet, names: &dyn PromotionNames) -> Fields {
    let mut fields = vec![field("buy", count(rule.buy)), field("get", count(rule.get))];
    if rule.rate != Rate::ONE {
        fields.push(field("at", rate(rule.rate)));
    }
    if !rule.goods.is_empty() {
        fields.push(field("of", goods(&rule.goods, names)));
    }
    if rule.each_variant {
        fields.push(field("each_variant", DocumentValue::Flag(true)));
    }
    fields
}
