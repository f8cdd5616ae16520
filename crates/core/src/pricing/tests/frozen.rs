//! A quote that a buyer saw, and what may move before it is placed.

use super::*;
use crate::rejection::Rejection;

/// A shop with everything that a quote may depend on.
fn shop() -> Shop {
    let mut shop = Shop::new("EUR", true);
    for line in [
        "tax standard 19 VAT",
        "tax standard 1 City level 1",
        "variant lamp 40 weighs 1200",
        "variant vase 30",
        "price lamp 36 from 3",
        "delivery post 4.90 taxed as-goods",
        "surcharge post Heavy 1.00 each 500 above 1000",
        "fee cash percent 2 taxed as-goods",
        "promotion Tenth percent 10 product lamp",
        "promotion Code order 5 coupon five",
        "cart lamp 3",
        "choose post",
    ] {
        super::scenario::build(&mut shop, &line.split(' ').collect::<Vec<_>>()).unwrap();
    }
    shop.request.coupons.push(CouponCode::new("five").unwrap());
    shop
}

fn method(shop: &mut Shop) -> &mut DeliveryMethod {
    shop.facts.delivery_methods.first_mut().unwrap()
}

fn other_list(shop: &mut Shop) {
    let id = PriceListId::from_u128(9);
    shop.facts.price_lists[0].id = id;
    shop.facts.prices.iter_mut().for_each(|price| price.list = id);
}

#[test]
fn whatever_moved_since_is_told_with_both_totals() {
    use QuotePart::{Delivery, Goods, Promotions, Tax};
    type Move = fn(&mut Shop);
    #[rustfmt::skip]
    let moves: &[(&str, Move, &[QuotePart])] = &[
        ("price", |shop| shop.facts.prices[2].amount = shop.money("37"), &[Goods, Promotions, Delivery, Tax]),
        ("struck-through price", |shop| shop.facts.prices[2].compare_at = Some(shop.money("50")), &[Goods]),
        ("rung", |shop| shop.facts.prices[2].min_quantity = 2, &[Goods]),
        ("list", other_list, &[Goods]),
        ("quantity", |shop| shop.request.lines[0].quantity = Quantity::new(4).unwrap(), &[Goods, Promotions, Delivery, Tax]),
        ("promotion that gives more", |shop| shop.facts.promotions[0].benefits = vec![Benefit::Percent { rate: Rate::percent("11").unwrap() }], &[Promotions, Delivery, Tax]),
        // 10 % of 108.00 is 10.80; 3.60 off each of three units is the same, and comes from something else.
        ("promotion that gives as much", |shop| shop.facts.promotions[0].benefits = vec![Benefit::FixedUnit { amount: shop.money("3.60") }], &[Promotions]),
        ("promotion that ended", |shop| shop.facts.promotions[0].active = false, &[Promotions, Delivery, Tax]),
        ("coupon", |shop| shop.request.coupons.clear(), &[Promotions, Delivery, Tax]),
        ("delivery rate", |shop| { let amount = shop.money("5.90"); method(shop).rate = DeliveryRate::Flat { amount } }, &[Delivery, Tax]),
        ("surcharge", |shop| { let amount = shop.money("2"); method(shop).surcharges[0].amount = amount }, &[Delivery, Tax]),
        // A rate by weight that comes to the same.
        ("kind of delivery rate", |shop| { let amount = shop.money("4.90"); method(shop).rate = DeliveryRate::ByWeight { rungs: vec![WeightRung { up_to_grams: None, amount }] } }, &[Delivery]),
        ("fee", |shop| shop.facts.fees[0].amount = FeeAmount::Flat { amount: shop.money("3") }, &[Delivery, Tax]),
        // 2 % of 92.20 is 1.84.
        ("kind of fee", |shop| shop.facts.fees[0].amount = FeeAmount::Flat { amount: shop.money("1.84") }, &[Delivery]),
        ("tax rate", |shop| shop.facts.tax_rates[0].rate = Rate::percent("20").unwrap(), &[Tax]),
        ("tax zone", |shop| shop.facts.tax_zones[0].name = "Elsewhere".to_owned(), &[Tax]),
        ("rounding of tax", |shop| shop.facts.channel.tax_rounding = TaxRounding::PerOrder, &[Tax]),
        ("exemption", |shop| shop.request.buyer_tax.exemption = Some("embassy".to_owned()), &[Tax]),
        ("country", |shop| shop.facts.channel.default_country = "AT".parse().unwrap(), &[Goods]),
        ("way of counting", |shop| shop.facts.channel.tax_inclusive = false, &[Goods, Tax]),
    ];
    let seen = shop().quote().unwrap();
    assert_eq!(seen.require_seen(seen.hash), Ok(()));
    for (name, change, parts) in moves {
        let mut moved = shop();
        change(&mut moved);
        let now = moved.quote().unwrap();
        let refusal = now.require_seen(seen.hash).unwrap_err();
        assert_eq!(refusal.code(), "quote.changed", "{name}");
        let Rejection::QuoteChanged { expected, actual, moved, quote } = refusal else {
            panic!("{name}: {refusal}")
        };
        assert_eq!((expected, actual), (seen.totals.total, now.totals.total), "{name}");
        assert_eq!((moved.as_slice(), quote), (*parts, Some(now.hash)), "{name}");
    }
}

#[test]
fn what_has_nothing_to_do_with_the_cart_moves_nothing() {
    let seen = shop().quote().unwrap();
    let harmless: &[fn(&mut Shop)] = &[
        |shop| shop.facts.prices[1].amount = shop.money("99"),
        |shop| shop.facts.variants[1].title = "Other".to_owned(),
        |shop| shop.promotion("Vases", "percent", "10", &["product", "vase"]),
        |shop| shop.facts.promotions[0].name = "Tenth part".to_owned(),
        |shop| shop.facts.price_lists[0].name = "Shelf".to_owned(),
        |shop| method(shop).name = "Parcel".to_owned(),
        |shop| shop.delivery("bike", "1", &[]),
        |shop| shop.fee("late", "flat", "1", &["pay", "manual:later"]),
        |shop| shop.tax("books", "7", &[]),
        |shop| shop.now = Timestamp::from_millis(9_000),
    ];
    for (nr, change) in harmless.iter().enumerate() {
        let mut shop = shop();
        change(&mut shop);
        assert_eq!(shop.quote().unwrap().require_seen(seen.hash), Ok(()), "{nr}");
    }
}

#[test]
fn the_refusal_says_what_to_do() {
    let eur = |minor| Money::from_minor(minor, Currency::EUR);
    let refusal = |expected, moved: &[QuotePart], quote| {
        let (expected, actual, moved) = (eur(expected), eur(2_000), moved.to_vec());
        Rejection::QuoteChanged { expected, actual, moved, quote }.to_string()
    };
    assert_eq!(
        refusal(1_900, &[], None),
        "the total is 20.00 EUR, not 19.00 EUR: show the new total, then repeat with --expect-total 20.00"
    );
    let hash = QuoteHash::from_bytes([7; 32]);
    assert_eq!(
        refusal(2_000, &[QuotePart::Goods, QuotePart::Promotions, QuotePart::Tax], Some(hash)),
        format!(
            "the total is 20.00 EUR as before, and the goods or their prices, the promotions and the tax changed: \
             show the new total, then repeat with --expect-quote {hash}"
        )
    );
}
