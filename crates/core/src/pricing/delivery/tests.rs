//! Rates, limits and surcharges of one method; whole quotes with them are in the scenarios.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use super::*;
use crate::catalog::{Dimensions, Sku};
use crate::id::{CategoryId, ProductId, VariantId};
use crate::money::Currency;
use crate::pricing::{TaxCategory, VariantFacts};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn method(rate: DeliveryRate) -> DeliveryMethod {
    DeliveryMethod {
        id: DeliveryMethodId::from_u128(1),
        code: "standard".to_owned(),
        name: "Standard".to_owned(),
        zone: DeliveryZone::default(),
        rate,
        free_over: None,
        surcharges: vec![],
        limits: DeliveryLimits::default(),
        tax: ChargeTax::AsGoods,
        active: true,
        version: 1,
    }
}

fn flat(minor: i64) -> DeliveryMethod {
    method(DeliveryRate::Flat { amount: eur(minor) })
}

fn to(country: &str, postal_code: &str) -> Destination {
    let postal_code = postal_code.to_owned();
    Destination { postal_code, ..Destination::country(country.parse().unwrap()) }
}

fn goods(weight_grams: Option<u32>) -> VariantFacts {
    VariantFacts {
        variant: VariantId::from_u128(1),
        product: ProductId::from_u128(1),
        title: "Lamp".to_owned(),
        sku: Some(Sku::new("LAMP").unwrap()),
        collections: vec![],
        attributes: vec![],
        categories: vec![CategoryId::from_u128(3)],
        tax_category: TaxCategory::standard(),
        taxable: true,
        requires_shipping: true,
        weight_grams,
        dimensions: None,
        dangerous_goods: false,
        sellable: true,
    }
}

/// What one unit of some goods costs to deliver to Berlin.
fn charge_of(
    method: &DeliveryMethod,
    goods_total: i64,
    facts: &VariantFacts,
    units: u32,
) -> Result<i64, DeliveryRefusal> {
    let (destination, sent) = (to("DE", "10115"), [SentLine { facts, units }]);
    let parcel = Parcel { destination: &destination, goods_total: eur(goods_total), sent: &sent };
    method.charge(&parcel).map(|charge| charge.rate.minor())
}

fn charge(
    method: &DeliveryMethod,
    goods_total: i64,
    weight: Option<u32>,
) -> Result<i64, DeliveryRefusal> {
    charge_of(method, goods_total, &goods(weight), 1)
}

#[test]
fn weight_ladders_take_the_lightest_rung_that_carries() {
    let rung = |up_to_grams, minor| WeightRung { up_to_grams, amount: eur(minor) };
    let ladder = method(DeliveryRate::ByWeight {
        rungs: vec![rung(Some(5000), 900), rung(Some(1000), 500)],
    });
    for (grams, minor) in [(0, 500), (1000, 500), (1001, 900), (5000, 900)] {
        assert_eq!(charge(&ladder, 100, Some(grams)), Ok(minor), "{grams}");
    }
    let heavy = DeliveryRefusal::TooHeavy { weight_grams: 5001, limit_grams: 5000 };
    assert_eq!(charge(&ladder, 100, Some(5001)), Err(heavy));
    assert_eq!(charge(&ladder, 100, None), Err(DeliveryRefusal::WeightUnknown));
    let open = method(DeliveryRate::ByWeight { rungs: vec![rung(None, 700)] });
    assert_eq!(charge(&open, 100, None), Ok(700));
    assert_eq!(charge(&open, 100, Some(u32::MAX)), Ok(700));
    assert_eq!(
        charge(&method(DeliveryRate::ByWeight { rungs: vec![] }), 1, Some(1)),
        Err(DeliveryRefusal::NoRate)
    );
}

#[test]
fn subtotal_ladders_take_the_highest_rung_that_is_reached() {
    let rung = |from, minor| SubtotalRung { from: eur(from), amount: eur(minor) };
    let ladder = method(DeliveryRate::BySubtotal {
        rungs: vec![rung(5000, 0), rung(1000, 490), rung(2000, 290)],
    });
    for (goods, minor) in [(1000, 490), (1999, 490), (2000, 290), (5000, 0), (9000, 0)] {
        assert_eq!(charge(&ladder, goods, None), Ok(minor), "{goods}");
    }
    let small = DeliveryRefusal::SubtotalTooSmall { goods_total: eur(999), needed: eur(1000) };
    assert_eq!(charge(&ladder, 999, None), Err(small));
}

#[test]
fn free_over_counts_from_the_limit_on() {
    let method = DeliveryMethod { free_over: Some(eur(5000)), ..flat(490) };
    assert_eq!(charge(&method, 4999, None), Ok(490));
    assert_eq!(charge(&method, 5000, None), Ok(0));
}

#[test]
fn what_is_not_sent_costs_nothing() {
    let destination = to("DE", "");
    let parcel = Parcel { destination: &destination, goods_total: eur(100), sent: &[] };
    let elsewhere =
        DeliveryMethod { zone: DeliveryZone::of_countries(["FR".parse().unwrap()]), ..flat(490) };
    let charge = elsewhere.charge(&parcel).unwrap();
    assert_eq!((charge.rate, charge.origin), (eur(0), DeliveryOrigin::NothingSent));
    let off = DeliveryMethod { active: false, ..flat(490) };
    assert_eq!(off.charge(&parcel), Err(DeliveryRefusal::Inactive));
    assert!(matches!(
        super::DeliveryMethod::charge(
            &elsewhere,
            &Parcel { sent: &[SentLine { facts: &goods(None), units: 1 }], ..parcel }
        ),
        Err(DeliveryRefusal::OutsideZone { .. })
    ));
}

#[test]
fn volume_and_quantity_ladders_take_the_smallest_rung_that_holds() {
    let sized = |length_mm| VariantFacts {
        dimensions: Some(Dimensions { length_mm, width_mm: 100, height_mm: 100 }),
        ..goods(None)
    };
    let rung = |up_to_cm3, minor| VolumeRung { up_to_cm3, amount: eur(minor) };
    let by_volume = method(DeliveryRate::ByVolume {
        rungs: vec![rung(Some(5000), 900), rung(Some(1000), 500)],
    });
    // 100 mm cubed is a liter; one millimeter more is a little more than that.
    for (length, units, minor) in [(100, 1, 500), (101, 1, 900), (100, 5, 900)] {
        assert_eq!(charge_of(&by_volume, 1, &sized(length), units), Ok(minor), "{length}");
    }
    let large = DeliveryRefusal::TooLarge { volume_cm3: 5050, limit_cm3: 5000 };
    assert_eq!(charge_of(&by_volume, 1, &sized(101), 5), Err(large));
    assert_eq!(charge_of(&by_volume, 1, &goods(None), 1), Err(DeliveryRefusal::SizeUnknown));

    let rung = |up_to_units, minor| QuantityRung { up_to_units, amount: eur(minor) };
    let by_units =
        method(DeliveryRate::ByQuantity { rungs: vec![rung(Some(10), 900), rung(Some(3), 500)] });
    for (units, minor) in [(1, 500), (3, 500), (4, 900), (10, 900)] {
        assert_eq!(charge_of(&by_units, 1, &goods(None), units), Ok(minor), "{units}");
    }
    let many = DeliveryRefusal::TooManyUnits { units: 11, limit: 10 };
    assert_eq!(charge_of(&by_units, 1, &goods(None), 11), Err(many));
    assert_eq!(
        charge_of(&method(DeliveryRate::ByQuantity { rungs: vec![] }), 1, &goods(None), 1),
        Err(DeliveryRefusal::NoRate)
    );
}

#[test]
fn sums_that_are_too_large_are_refused_and_never_wrap() {
    let heavy = VariantFacts {
        dimensions: Some(Dimensions {
            length_mm: u32::MAX,
            width_mm: u32::MAX,
            height_mm: u32::MAX,
        }),
        ..goods(Some(u32::MAX))
    };
    let above = SurchargeRule::Weight { above_grams: 0, step_grams: 1 };
    let surcharge =
        |rule| DeliverySurcharge { name: "Heavy".to_owned(), rule, amount: eur(i64::MAX / 2) };
    let steep = DeliveryMethod { surcharges: vec![surcharge(above)], ..flat(1) };
    assert_eq!(charge_of(&steep, 1, &heavy, 1_000_000), Err(DeliveryRefusal::TooExpensive));
    let rung = VolumeRung { up_to_cm3: Some(1), amount: eur(1) };
    let by_volume = method(DeliveryRate::ByVolume { rungs: vec![rung] });
    assert!(charge_of(&by_volume, 1, &heavy, 1_000_000).is_err());
}

#[test]
fn amounts_of_another_currency_are_refused() {
    let yen = Money::from_minor(500, Currency::JPY);
    let refused = Err(DeliveryRefusal::OtherCurrency { currency: Currency::JPY });
    assert_eq!(charge(&method(DeliveryRate::Flat { amount: yen }), 100, None), refused);
    assert_eq!(charge(&DeliveryMethod { free_over: Some(yen), ..flat(490) }, 100, None), refused);
}

#[test]
fn rules_that_contradict_themselves_are_refused_at_the_door() {
    let yen = Money::from_minor(500, Currency::JPY);
    let twice = vec![WeightRung { up_to_grams: None, amount: eur(1) }; 2];
    let row = TableRow {
        territory: DeliveryZone::default(),
        up_to_grams: None,
        up_to_cm3: None,
        up_to_units: None,
        from: None,
        amount: eur(1),
    };
    let nowhere =
        DeliveryZone { postal_codes: vec!["1".parse().unwrap()], ..DeliveryZone::default() };
    let surcharged = |name: &str, amount, rule| DeliveryMethod {
        surcharges: vec![DeliverySurcharge { name: name.to_owned(), rule, amount }],
        ..flat(1)
    };
    assert_eq!(flat(0).check(), Ok(()));
    for wrong in [
        DeliveryMethod { code: "two words".to_owned(), ..flat(1) },
        DeliveryMethod { name: String::new(), ..flat(1) },
        DeliveryMethod { free_over: Some(yen), ..flat(1) },
        flat(-1),
        method(DeliveryRate::BySubtotal { rungs: vec![] }),
        method(DeliveryRate::ByWeight { rungs: twice }),
        method(DeliveryRate::Table { rows: vec![row.clone(), row] }),
        DeliveryMethod { zone: nowhere.clone(), ..flat(1) },
        surcharged("", eur(1), SurchargeRule::DangerousGoods),
        surcharged("Islands", eur(0), SurchargeRule::DangerousGoods),
        surcharged("Islands", yen, SurchargeRule::DangerousGoods),
        surcharged("Islands", eur(1), SurchargeRule::Place { territory: DeliveryZone::default() }),
        surcharged("Islands", eur(1), SurchargeRule::Place { territory: nowhere }),
        surcharged("Heavy", eur(1), SurchargeRule::Weight { above_grams: 1, step_grams: 0 }),
    ] {
        assert_eq!(wrong.check().map_err(|e| e.code()), Err("pricing.invalid_rule"), "{wrong:?}");
    }
}
