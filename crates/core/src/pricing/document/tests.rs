#![allow(clippy::unwrap_used, reason = "tests may panic")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::catalog::AttributeValue;
use crate::id::*;
use crate::money::{Money, Rate};
use crate::pricing::*;
use crate::time::Timestamp;

fn text(text: &str) -> DocumentValue {
    DocumentValue::text(text)
}

fn table<const N: usize>(fields: [(&str, DocumentValue); N]) -> DocumentValue {
    DocumentValue::Table(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn list<const N: usize>(values: [DocumentValue; N]) -> DocumentValue {
    DocumentValue::List(values.into())
}

/// A shop with one lamp.
struct Lamps;

impl PromotionNames for Lamps {
    fn category(&self, word: &str) -> Option<CategoryId> {
        (word == "Home/Lamps").then(|| CategoryId::from_u128(7))
    }
    fn near(&self, noun: &'static str, _: &str) -> Vec<String> {
        if noun == "category" { vec!["Home/Lamps".to_owned()] } else { vec![] }
    }
    fn of_category(&self, id: CategoryId) -> Option<String> {
        (id == CategoryId::from_u128(7)).then(|| "Home/Lamps".to_owned())
    }
}

fn check(document: DocumentValue) -> Result<Promotion, Vec<String>> {
    let id = PromotionId::from_u128(1);
    let checked = PromotionDocument(document).check(id, Currency::EUR, &Lamps);
    checked.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_document_says_what_a_merchant_means() {
    let document = table([
        ("name", text("Spring")),
        ("from", text("2027-03-28 02:30")),
        ("zone", text("Europe/Berlin")),
        (
            "when",
            table([
                ("categories", list([text("Home/Lamps")])),
                ("min_subtotal", text("50")),
                ("hours", table([("weekdays", list([text("friday")])), ("from", text("17:00"))])),
                ("not", table([("products", list([text(&ProductId::from_u128(3).to_string())]))])),
            ]),
        ),
        ("gives", table([("percent", text("7.25 %"))])),
        ("limits", table([("uses", DocumentValue::Integer(5)), ("budget", text("1000.00"))])),
    ]);
    let promotion = check(document).unwrap();
    assert_eq!(promotion.benefits, [Benefit::Percent { rate: Rate::percent("7.25").unwrap() }]);
    // 02:30 is not shown in that night.
    assert_eq!(promotion.window.from, "2027-03-28T01:00:00Z".parse().ok());
    assert_eq!(promotion.limits.uses, Some(5));
    assert_eq!(promotion.limits.budget, Money::parse("1000", Currency::EUR).ok());
    let kinds: Vec<String> = promotion.conditions.iter().map(ToString::to_string).collect();
    assert_eq!(
        kinds,
        [
            "goods for 50.00 EUR or more",
            "on friday from 17:00 until 24:00 (Europe/Berlin)",
            "for some categories",
            "not for some products"
        ]
    );
}

#[test]
fn everything_wrong_is_told_at_once_with_place_and_cure() {
    let document = table([
        ("nmae", text("Spring")),
        ("exclusive", text("yes")),
        ("lane", text("befor")),
        ("when", list([table([("categories", text("Home/Lamps"))])])),
        (
            "gives",
            list([
                table([("percent", DocumentValue::Fraction)]),
                table([("percent", text("5%")), ("off_order", text("5"))]),
                table([]),
            ]),
        ),
        ("limits", table([("uses", DocumentValue::Integer(0)), ("uses", DocumentValue::Null)])),
    ]);
    let kinds = BENEFIT_WORDS;
    assert_eq!(
        check(document).unwrap_err(),
        [
            "nmae: there is no such field; did you mean `name`?",
            "exclusive: is text; write true or false",
            "lane: \"befor\" is not a word it knows; did you mean `before`?",
            "when[0].categories: is text; write a list of words: [\"one\", \"two\"]",
            "gives[0].percent: is a number with a point; write a percentage in quotes: \"10%\"",
            "gives[1]: gives percent and off_order at once; write each in a table of its own",
            &format!("gives[2]: gives nothing; write one of {kinds}"),
            "limits.uses: is 0; write a whole number from 1 on",
            "limits.uses: stands twice; keep one of them",
            "limits.uses: is null; write a whole number from 1 on",
            "name: is missing; add it: Name for people; buyers see it at their discount.",
        ]
    );
    assert_eq!(
        check(text("Spring")).unwrap_err(),
        ["the promotion: is text; write a table: A rule that grants discounts."]
    );
}

/// A shop with one delivery method.
struct Parcels;

impl PromotionNames for Parcels {
    fn has_delivery_method(&self, code: &str) -> bool {
        code == "parcel"
    }
    fn near(&self, noun: &'static str, _: &str) -> Vec<String> {
        assert_eq!(noun, "delivery method");
        vec!["parcel".to_owned()]
    }
}

#[test]
fn a_delivery_method_that_nobody_can_choose_is_told() {
    let method = |code| {
        PromotionDocument(table([
            ("name", text("Spring")),
            ("gives", table([("free_delivery", DocumentValue::Flag(true))])),
            ("when", table([("delivery_methods", list([text(code)]))])),
        ]))
        .check(PromotionId::from_u128(1), Currency::EUR, &Parcels)
    };
    assert!(method("parcel").is_ok());
    assert_eq!(
        method("parcle").unwrap_err()[0].to_string(),
        "when.delivery_methods[0]: there is no delivery method \"parcle\"; did you mean `parcel`?"
    );
}

const BENEFIT_WORDS: &str = "percent, off_unit, off_line, off_order, unit_price, buy, cheapest_free_of, \
                             quantity_tiers, subtotal_tiers, bundle, free_delivery, delivery_percent, off_delivery, gift";

#[test]
fn what_has_the_right_form_but_no_sense_is_told_too() {
    let named = |fields: Vec<(&str, DocumentValue)>| {
        let mut all = vec![("name".to_owned(), text("Spring"))];
        all.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        check(DocumentValue::Table(all)).unwrap_err()
    };
    let ten = || table([("percent", text("10%"))]);
    let gives = |benefit| named(vec![("gives", benefit)]);
    let when = |when| named(vec![("gives", ten()), ("when", when)]);
    for (told, problem) in [
        (
            gives(table([("percent", text("10"))])),
            "gives.percent: \"10\" has no % sign; write \"10%\"",
        ),
        (gives(table([("off_unit", text("1.999"))])), "gives.off_unit: "),
        (
            gives(table([("percent", text("101%"))])),
            "the promotion: promotion \"Spring\" takes off no part",
        ),
        (
            gives(table([("percent", text("5%")), ("units", DocumentValue::Integer(1))])),
            "gives.units: goes with `gift`, and this gives `percent`; leave it out",
        ),
        (
            gives(table([("buy", DocumentValue::Integer(1))])),
            "gives.get: is missing; add how many units are got",
        ),
        (
            gives(table([("gift", text("mug"))])),
            "gives.gift: there is no variant \"mug\"; write what",
        ),
        (
            gives(table([("free_delivery", DocumentValue::Flag(false))])),
            "gives.free_delivery: is false, which says nothing; leave it out",
        ),
        (
            when(table([("categories", list([text("Home/Lmaps")]))])),
            "when.categories[0]: there is no category \"Home/Lmaps\"; did you mean `Home/Lamps`?",
        ),
        (when(table([("coupons", list([text("two words")]))])), "when.coupons[0]: coupon code"),
        (
            when(table([("hours", table([("from", text("18:00"))]))])),
            "when.hours: needs to know whose clock counts; add `zone`",
        ),
        (
            when(table([("any", list([table([])]))])),
            "when.any[0]: says not exactly one thing of goods",
        ),
        (
            named(vec![("gives", ten()), ("from", text("2027-05-01"))]),
            "from: \"2027-05-01\" is not a moment, or it is one of a clock on some wall",
        ),
        (
            named(vec![("gives", ten()), ("zone", text("Europe/Berlim"))]),
            "zone: there is no time zone \"Europe/Berlim\"",
        ),
    ] {
        assert!(told.len() == 1 && told[0].starts_with(problem), "{told:?} should be {problem}");
    }
}

#[test]
fn a_file_holds_one_promotion_or_several() {
    let one = || table([("name", text("a"))]);
    assert_eq!(PromotionDocument::all_of(one()), [PromotionDocument(one())]);
    let several = table([("promotion", list([one(), one()]))]);
    assert_eq!(
        PromotionDocument::all_of(several),
        [PromotionDocument(one()), PromotionDocument(one())]
    );
}

#[test]
fn the_schema_has_every_field_of_every_shape() {
    let schema = promotion_schema();
    let defs = schema.get("$defs").unwrap();
    for (shape, fields) in
        [(&shape::PROMOTION, 11), (&shape::BENEFIT, 20), (&shape::CONDITIONS, 17)]
    {
        let DocumentValue::Table(properties) =
            defs.get(shape.name).unwrap().get("properties").unwrap()
        else {
            panic!("no table");
        };
        assert_eq!((properties.len(), shape.fields.len()), (fields, fields));
    }
    let DocumentValue::Table(defs) = defs else { panic!("no table") };
    assert_eq!(defs.len(), 10);
}

fn any_goods() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        (6_u128..9)
            .prop_map(|id| Condition::Category { categories: vec![CategoryId::from_u128(id)] }),
        (0_u128..9).prop_map(|id| Condition::Collection {
            collections: vec![CollectionId::from_u128(id)]
        }),
        vec(0_u128..9, 1..3).prop_map(|ids| Condition::Product {
            products: ids.into_iter().map(ProductId::from_u128).collect(),
        }),
        (0_u128..9).prop_map(|id| Condition::Variant { variants: vec![VariantId::from_u128(id)] }),
        (any::<i64>(), any::<bool>(), 0_i64..100).prop_map(|(number, flag, tenths)| {
            Condition::Attribute(AttributeTest {
                name: "size".to_owned(),
                values: vec![
                    AttributeValue::Integer(number),
                    AttributeValue::Flag(flag),
                    AttributeValue::Text("oak".to_owned()),
                    AttributeValue::Decimal(rust_decimal::Decimal::new(tenths, 1)),
                ],
                at_least: Some(rust_decimal::Decimal::new(tenths, 2)),
                below: None,
            })
        }),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(|conditions| Condition::Any { conditions }),
            inner.prop_map(|condition| Condition::Not { condition: Box::new(condition) }),
        ]
    })
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let calendar = (0_usize..7, 0_u32..24).prop_map(|(day, hour)| {
        Condition::Calendar(Calendar {
            zone: "Europe/Berlin".parse().unwrap(),
            weekdays: Weekday::ALL[..day].to_vec(),
            from: format!("{hour:02}:30").parse().unwrap(),
            until: TimeOfDay::END,
        })
    });
    prop_oneof![
        any_goods(),
        calendar,
        Just(Condition::FirstOrder),
        Just(Condition::Coupon {
            codes: vec![CouponCode::new("A").unwrap(), CouponCode::new("B").unwrap()]
        }),
        (1_u128..9).prop_map(|id| Condition::CouponBatch { batch: CouponBatchId::from_u128(id) }),
        (0_i64..999).prop_map(|minor| Condition::MinSubtotal { amount: eur(minor) }),
        (0_i64..999).prop_map(|minor| Condition::MinGoods { amount: eur(minor) }),
        (1_u32..9).prop_map(|quantity| Condition::MinQuantity { quantity }),
        Just(Condition::Channel { channels: vec![ChannelId::from_u128(1)] }),
        Just(Condition::CustomerGroup { groups: vec!["trade".to_owned()] }),
        Just(Condition::DeliveryMethod { methods: vec!["post".to_owned()] }),
    ]
}

fn any_benefit() -> impl Strategy<Value = Benefit> {
    let rate = || {
        (1_u32..10_000).prop_map(|n| Rate::percent(&format!("{}.{:02}", n / 100, n % 100)).unwrap())
    };
    let amount = || (1_i64..10_000).prop_map(eur);
    let buy = (1_u32..4, 1_u32..4, rate(), proptest::collection::vec(any_goods(), 0..2));
    prop_oneof![
        rate().prop_map(|rate| Benefit::Percent { rate }),
        amount().prop_map(|amount| Benefit::FixedUnit { amount }),
        amount().prop_map(|amount| Benefit::FixedLine { amount }),
        amount().prop_map(|amount| Benefit::FixedOrder { amount }),
        amount().prop_map(|amount| Benefit::FixedPrice { amount }),
        buy.prop_map(|(buy, get, rate, goods)| {
            let each_variant = goods.is_empty();
            Benefit::BuyGet(BuyGet { buy, get, rate, goods, each_variant })
        }),
        (2_u32..5).prop_map(|of| Benefit::CheapestFree { of }),
        (rate(), amount()).prop_map(|(rate, amount)| Benefit::QuantityTiers {
            tiers: vec![
                QuantityTier { from: 2, benefit: TierBenefit::Percent { rate } },
                QuantityTier { from: 5, benefit: TierBenefit::FixedPrice { amount } },
            ],
        }),
        (amount(), amount()).prop_map(|(from, amount)| Benefit::SubtotalTiers {
            tiers: vec![SubtotalTier { from, benefit: TierBenefit::FixedOrder { amount } }],
        }),
        (any_goods(), any_goods(), amount()).prop_map(|(a, b, price)| Benefit::Bundle {
            parts: vec![
                BundlePart { goods: vec![a], units: 1 },
                BundlePart { goods: vec![b], units: 2 },
            ],
            price,
        }),
        Just(Benefit::FreeDelivery),
        rate().prop_map(|rate| Benefit::DeliveryPercent { rate }),
        amount().prop_map(|amount| Benefit::DeliveryFixed { amount }),
        (0_u128..9, 1_u32..3)
            .prop_map(|(id, units)| Benefit::Gift { variant: VariantId::from_u128(id), units }),
    ]
}

proptest! {
    #![proptest_config(crate::pricing::tests::config())]

    #[test]
    fn a_promotion_survives_its_record_and_its_document(
        conditions in vec(any_condition(), 0..5),
        benefits in vec(any_benefit(), 1..3),
        (lane, priority, exclusive, active) in (0_usize..3, any::<i32>(), any::<bool>(), any::<bool>()),
        from in proptest::option::of(0_i64..4_000_000_000_000),
        uses in proptest::option::of(1_u32..9),
    ) {
        let promotion = Promotion {
            id: PromotionId::from_u128(5),
            name: "Spring \"26\"".to_owned(),
            conditions,
            benefits,
            lane: Lane::ALL[lane],
            priority,
            exclusive,
            window: Window { from: from.map(Timestamp::from_millis), until: None },
            limits: Limits { uses, amount_per_order: Some(eur(999)), ..Limits::NONE },
            active,
            version: 0,
        };
        let stored = serde_json::to_string(&promotion).unwrap();
        prop_assert_eq!(serde_json::from_str::<Promotion>(&stored).unwrap(), promotion.clone());
        let document = PromotionDocument::of(&promotion, &Lamps);
        let written = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(&serde_json::from_str::<PromotionDocument>(&written).unwrap(), &document);
        prop_assert_eq!(document.check(promotion.id, Currency::EUR, &Lamps), Ok(promotion));
    }
}
