//! The shape of a promotion's document: every field with its form, in one place.
//!
//! The strict check, the messages and the published JSON schema are all made from these tables, so they cannot differ.

/// What may stand at a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Words.
    Text,
    /// Several words.
    Texts,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Several of these words.
    SomeOf(&'static [&'static str]),
    /// An amount as text: `"10.00"`.
    Money,
    /// A percentage as text: `"10%"`.
    Rate,
    /// A decimal number as text: `"1.5"`.
    Decimal,
    /// Several decimal numbers as text.
    Decimals,
    /// A whole number from 1 on.
    Count,
    /// A whole number.
    Integer,
    /// True or false.
    Flag,
    /// Texts, whole numbers, true or false.
    Values,
    /// A table.
    Table(&'static Shape),
    /// Several tables.
    Tables(&'static Shape),
    /// A table or several.
    OneOrMore(&'static Shape),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) needed: bool,
    pub(super) about: &'static str,
}

/// The fields of one kind of table.
#[derive(Debug)]
pub(super) struct Shape {
    /// Its name in the schema.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) fields: &'static [Field],
    /// Exactly one of these fields stands in it; none: no such rule.
    pub(super) one_of: &'static [&'static str],
}

impl Shape {
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

const fn may(name: &'static str, form: Form, about: &'static str) -> Field {
    Field { name, form, needed: false, about }
}

const fn must(name: &'static str, form: Form, about: &'static str) -> Field {
    Field { name, form, needed: true, about }
}

// Fields that stand in several tables.
const PERCENT: Field = may("percent", Form::Rate, "A part of the price of each unit.");
const OFF_UNIT: Field = may("off_unit", Form::Money, "An amount off each unit.");
const OFF_ORDER: Field = may("off_order", Form::Money, "An amount off all lines together.");
const UNIT_PRICE: Field =
    may("unit_price", Form::Money, "Each unit costs this, where it cost more.");
const CATEGORIES: Field =
    may("categories", Form::Texts, "In one of these categories or below, by path, handle or id.");
const COLLECTIONS: Field =
    may("collections", Form::Texts, "In one of these collections, by handle or id.");
const PRODUCTS: Field = may("products", Form::Texts, "One of these products, by handle or id.");
const VARIANTS: Field = may("variants", Form::Texts, "One of these variants, by SKU or id.");
const WITH_ATTRIBUTE: Field = may("attribute", Form::Table(&ATTRIBUTE), "With an attribute.");

/// A promotion.
pub(super) static PROMOTION: Shape = Shape {
    name: "promotion",
    about: "A rule that grants discounts.",
    fields: &[
        must("name", Form::Text, "Name for people; buyers see it at their discount."),
        must("gives", Form::OneOrMore(&BENEFIT), "What it gives."),
        may(
            "when",
            Form::OneOrMore(&CONDITIONS),
            "What must be true, all of it; left out: always.",
        ),
        may(
            "from",
            Form::Text,
            "The first moment: 2026-05-01 18:00 by the clock of `zone`, or 2026-05-01T16:00:00Z.",
        ),
        may(
            "until",
            Form::Text,
            "The first moment at which it no longer applies; written as `from`.",
        ),
        may(
            "zone",
            Form::Text,
            "The IANA time zone of `from`, `until` and `when.hours`: Europe/Berlin.",
        ),
        may(
            "lane",
            Form::OneOf(&["before", "normal", "after"]),
            "When it takes its turn; left out: normal.",
        ),
        may(
            "priority",
            Form::Integer,
            "Of two that give the same, the higher is taken; left out: 0.",
        ),
        may("exclusive", Form::Flag, "Whether it applies alone or not at all."),
        may("active", Form::Flag, "Whether it is switched on; left out: yes."),
        may("limits", Form::Table(&LIMITS), "How often, on how many units and for how much money."),
    ],
    one_of: &[],
};

static LIMITS: Shape = Shape {
    name: "limits",
    about: "How often, on how many units and for how much money a promotion may be used.",
    fields: &[
        may("uses", Form::Count, "How many orders may hold it."),
        may(
            "uses_per_customer",
            Form::Count,
            "How many orders of one customer; guests by their e-mail.",
        ),
        may("uses_per_coupon", Form::Count, "How many orders by the same coupon code."),
        may("units", Form::Count, "How many units may be sold with it in all."),
        may("units_per_customer", Form::Count, "How many units one customer may buy with it."),
        may("units_per_order", Form::Count, "How many units of one order get it."),
        may("amount_per_order", Form::Money, "How much it takes off one order at most."),
        may("budget", Form::Money, "How much it takes off all orders together at most."),
    ],
    one_of: &[],
};

/// What a benefit says which kind it is by.
pub(super) const BENEFITS: &[&str] = &[
    "percent",
    "off_unit",
    "off_line",
    "off_order",
    "unit_price",
    "buy",
    "cheapest_free_of",
    "quantity_tiers",
    "subtotal_tiers",
    "bundle",
    "free_delivery",
    "delivery_percent",
    "off_delivery",
    "gift",
];

pub(super) static BENEFIT: Shape = Shape {
    name: "benefit",
    about: "What a promotion gives: exactly one kind.",
    fields: &[
        PERCENT,
        OFF_UNIT,
        may("off_line", Form::Money, "An amount off each line, whatever its quantity."),
        OFF_ORDER,
        UNIT_PRICE,
        may("buy", Form::Count, "Who buys this many units gets others cheaper."),
        may("get", Form::Count, "With `buy`: how many units are got."),
        may(
            "at",
            Form::Rate,
            "With `buy`: how much of their price is taken off; left out: all of it.",
        ),
        may(
            "of",
            Form::Table(&GOODS),
            "With `buy`: the goods that are got; left out: the same as are bought.",
        ),
        may("each_variant", Form::Flag, "With `buy`: whether each variant counts by itself."),
        may("cheapest_free_of", Form::Count, "Of every so many units the cheapest is free."),
        may(
            "quantity_tiers",
            Form::Tables(&QUANTITY_TIER),
            "By quantity: the highest tier that is reached.",
        ),
        may(
            "subtotal_tiers",
            Form::Tables(&SUBTOTAL_TIER),
            "By amount: the highest tier that is reached.",
        ),
        may("bundle", Form::Tables(&BUNDLE_PART), "Some units of each part together cost `price`."),
        may("price", Form::Money, "With `bundle`: what one bundle costs."),
        may("free_delivery", Form::Flag, "The whole delivery rate; always true."),
        may("delivery_percent", Form::Rate, "A part of the delivery rate."),
        may("off_delivery", Form::Money, "An amount off the delivery rate."),
        may("gift", Form::Text, "SKU or id of a variant that is given: a line of its own, free."),
        may("units", Form::Count, "With `gift`: how many units; left out: 1."),
    ],
    one_of: BENEFITS,
};

/// What a tier gives.
pub(super) const TIER_BENEFITS: &[&str] = &["percent", "off_unit", "off_order", "unit_price"];

static QUANTITY_TIER: Shape = Shape {
    name: "quantity_tier",
    about: "One tier by quantity.",
    fields: &[
        must("from", Form::Count, "From how many units on."),
        PERCENT,
        OFF_UNIT,
        OFF_ORDER,
        UNIT_PRICE,
    ],
    one_of: TIER_BENEFITS,
};

static SUBTOTAL_TIER: Shape = Shape {
    name: "subtotal_tier",
    about: "One tier by amount.",
    fields: &[
        must("from", Form::Money, "From what subtotal on."),
        PERCENT,
        OFF_UNIT,
        OFF_ORDER,
        UNIT_PRICE,
    ],
    one_of: TIER_BENEFITS,
};

static BUNDLE_PART: Shape = Shape {
    name: "bundle_part",
    about: "What a bundle needs of one kind of goods.",
    fields: &[
        must("units", Form::Count, "How many units one bundle needs."),
        must("of", Form::Table(&GOODS), "Which goods."),
    ],
    one_of: &[],
};

pub(super) static GOODS: Shape = Shape {
    name: "goods",
    about: "Which goods: those that fulfill all of this.",
    fields: &[
        CATEGORIES,
        COLLECTIONS,
        PRODUCTS,
        VARIANTS,
        WITH_ATTRIBUTE,
        may("any", Form::Tables(&GOODS), "One of these."),
        may("not", Form::Table(&GOODS), "Not this."),
    ],
    one_of: &[],
};

pub(super) static CONDITIONS: Shape = Shape {
    name: "conditions",
    about: "What must be true, all of it.",
    fields: &[
        may("coupons", Form::Texts, "One of these codes was entered."),
        may("coupon_batch", Form::Text, "A code of this batch was entered, by id."),
        may(
            "min_subtotal",
            Form::Money,
            "The goods of the cart cost this much or more before discounts.",
        ),
        may(
            "min_goods",
            Form::Money,
            "The lines it is for cost this much or more before discounts.",
        ),
        may("min_quantity", Form::Count, "The lines it is for hold this many units or more."),
        may("channels", Form::Texts, "It is sold in one of these channels, by code or id."),
        may("customer_groups", Form::Texts, "The buyer is in one of these groups."),
        may("first_order", Form::Flag, "The buyer has placed no order before; always true."),
        may("delivery_methods", Form::Texts, "One of these delivery methods is chosen, by code."),
        may("hours", Form::Table(&HOURS), "The clock on a wall shows a weekday and time."),
        CATEGORIES,
        COLLECTIONS,
        PRODUCTS,
        VARIANTS,
        WITH_ATTRIBUTE,
        may("any", Form::Tables(&GOODS), "One of these."),
        may("not", Form::Table(&GOODS), "Not this."),
    ],
    one_of: &[],
};

const WEEKDAYS: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

static HOURS: Shape = Shape {
    name: "hours",
    about: "Weekdays and times by the clock on a wall. What ends before it begins runs into the next day.",
    fields: &[
        may(
            "weekdays",
            Form::SomeOf(WEEKDAYS),
            "The days on which it begins; left out: every day.",
        ),
        may("from", Form::Text, "The first time of the day: 18:00; left out: 00:00."),
        may("until", Form::Text, "The first time at which it no longer applies; left out: 24:00."),
        may("zone", Form::Text, "The IANA time zone; left out: that of the promotion."),
    ],
    one_of: &[],
};

static ATTRIBUTE: Shape = Shape {
    name: "attribute",
    about: "What an attribute must be.",
    fields: &[
        must("name", Form::Text, "Its name."),
        may("values", Form::Values, "One of these words, whole numbers, true or false."),
        may("numbers", Form::Decimals, "One of these decimal numbers."),
        may("at_least", Form::Decimal, "The least number."),
        may("below", Form::Decimal, "The first number that is too much."),
    ],
    one_of: &[],
};
