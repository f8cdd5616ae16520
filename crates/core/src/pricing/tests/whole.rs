//! Hash, trace, delivery options and the self-check of whole quotes.

use super::*;

#[test]
fn the_hash_changes_with_what_the_buyer_pays_for_and_nothing_else() {
    let shop = |change: fn(&mut Shop)| {
        let mut shop = Shop::new("EUR", true);
        shop.tax("standard", "19", &[]);
        shop.add_variant("lamp", "5", &[]);
        shop.add_variant("vase", "5", &[]);
        shop.delivery("post", "4.90", &[]);
        shop.promotion("off", "percent", "10", &["coupon", "ten"]);
        shop.cart("lamp", 2);
        change(&mut shop);
        shop.quote().unwrap().hash
    };
    let same = shop(|_| {});
    let harmless: [fn(&mut Shop); 6] = [
        |shop| shop.facts.promotions[0].name = "Renamed".to_owned(),
        |shop| shop.promotion("other", "percent", "10", &["coupon", "more"]),
        |shop| shop.price("vase", "4", 10),
        |shop| shop.now = Timestamp::from_millis(5000),
        |shop| shop.facts.variants[0].title = "Other".to_owned(),
        |shop| shop.request.coupons.push(CouponCode::new("unknown").unwrap()),
    ];
    for change in harmless {
        assert_eq!(shop(change), same);
    }
    let others = [
        shop(|shop| shop.facts.prices[0].amount = Money::from_minor(501, Currency::EUR)),
        shop(|shop| shop.request.lines[0].quantity = Quantity::new(3).unwrap()),
        shop(|shop| shop.request.coupons.push(CouponCode::new("ten").unwrap())),
        shop(|shop| shop.request.delivery_method = Some("post".to_owned())),
        shop(|shop| shop.facts.tax_rates[0].rate = Rate::percent("20").unwrap()),
        shop(|shop| shop.facts.channel.tax_inclusive = false),
        shop(|shop| shop.cart("vase", 1)),
        same,
    ];
    for (index, hash) in others.iter().enumerate() {
        assert!(!others[..index].contains(hash), "{index}");
    }
    assert_eq!(same.to_string().parse(), Ok(same));
}

#[test]
fn the_trace_tells_every_step() {
    let mut shop = Shop::new("EUR", true);
    shop.tax("standard", "19", &[]);
    shop.add_variant("lamp", "25", &[]);
    shop.price("lamp", "22.50", 2);
    shop.add_variant("song", "1.99", &["digital", "untaxed"]);
    shop.delivery("post", "4.90", &["taxed", "standard"]);
    shop.promotion("Spring", "percent", "10", &["product", "lamp"]);
    shop.promotion("Tenner", "order", "10", &[]);
    shop.promotion("Secret", "percent", "50", &["coupon", "hush"]);
    shop.cart("lamp", 2);
    shop.cart("song", 1);
    shop.request.coupons.push(CouponCode::new("sesame").unwrap());
    shop.request.delivery_method = Some("post".to_owned());
    let told = told(&shop.quote().unwrap());
    let expected = "\
line 1, var_00000000000000000000000000000001: 30.97 EUR
  unit price of list \"Retail\", from 2 units on: 22.50 EUR
  times 2: 45.00 EUR
  promotion \"Spring\": 10 % of 45.00 EUR, rounded half away from zero: -4.50 EUR
  promotion \"Tenner\": its part of 10.00 EUR off the order: -9.53 EUR
  VAT 19 % (standard) contained in what is left, net 26.03 EUR, rounded half away from zero: 4.94 EUR
line 2, var_00000000000000000000000000000002: 1.52 EUR
  unit price of list \"Retail\": 1.99 EUR
  times 1: 1.99 EUR
  promotion \"Tenner\": its part of 10.00 EUR off the order: -0.47 EUR
  not taxed (standard): 0.00 EUR
delivery \"post\" (post): 4.90 EUR
  flat rate: 4.90 EUR
  VAT 19 % (standard) contained in what is left, net 4.12 EUR, rounded half away from zero: 0.78 EUR
total: 37.39 EUR
  goods: 46.99 EUR
  discounts: -14.50 EUR
  delivery: 4.90 EUR
  tax, contained: 5.72 EUR
tax zone \"everywhere\"
promotion \"Secret\" did not apply: it needs a coupon code
coupon SESAME is not known; check its spelling
";
    assert_eq!(told, expected);
}

#[test]
fn options_of_delivery_are_listed_with_reasons() {
    let mut shop = Shop::new("EUR", true);
    shop.tax("standard", "19", &[]);
    shop.add_variant("lamp", "25", &[]);
    shop.delivery("post", "4.90", &["free-over", "50"]);
    shop.delivery("courier", "9.90", &["to", "FR"]);
    shop.delivery("old", "1", &[]);
    shop.facts.delivery_methods[2].active = false;
    shop.cart("lamp", 2);
    let options = delivery_options(&shop.request, &shop.facts, shop.now).unwrap();
    let told: Vec<_> = options
        .iter()
        .map(|o| (o.code.as_str(), o.charge.as_ref().map(|c| c.rate.minor()).ok()))
        .collect();
    assert_eq!(told, [("courier", None), ("post", Some(0))]);
}

/// Adds one minor unit.
fn one(money: &mut Money) {
    *money = money.checked_add(Money::from_minor(1, money.currency())).unwrap();
}

#[test]
fn a_quote_that_was_tampered_with_does_not_add_up() {
    let mut shop = Shop::new("EUR", true);
    shop.tax("standard", "19", &[]);
    shop.add_variant("lamp", "25", &[]);
    shop.delivery("post", "4.90", &["taxed", "standard"]);
    shop.promotion("off", "percent", "10", &[]);
    shop.cart("lamp", 2);
    shop.request.delivery_method = Some("post".to_owned());
    let good = shop.quote().unwrap();
    let changes: [fn(&mut Quote); 13] = [
        |quote| one(&mut quote.totals.total),
        |quote| one(&mut quote.totals.tax_total),
        |quote| one(&mut quote.totals.subtotal),
        |quote| one(&mut quote.lines[0].unit_price),
        |quote| one(&mut quote.lines[0].subtotal),
        |quote| one(&mut quote.lines[0].discounts[0].amount),
        |quote| one(&mut quote.lines[0].tax[0].amount),
        |quote| one(&mut quote.lines[0].net),
        |quote| one(&mut quote.lines[0].total),
        |quote| quote.lines[0].total = Money::zero(Currency::JPY),
        |quote| one(&mut quote.delivery.as_mut().unwrap().rate),
        |quote| quote.delivery = None,
        |quote| quote.totals.fee_total = Money::from_minor(-1, Currency::EUR),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut quote = good.clone();
        change(&mut quote);
        assert!(quote.check().is_err(), "change {index}");
    }
}

#[test]
fn wrong_rows_are_found_before_they_are_charged() {
    let shop = |amount| {
        let mut shop = Shop::new("EUR", true);
        shop.tax("standard", "19", &[]);
        shop.add_variant("lamp", "5", &[]);
        shop.facts.prices[0].amount = amount;
        shop.cart("lamp", 1_000_000);
        shop.quote().map(|quote| quote.totals.total).map_err(|e| e.code())
    };
    assert_eq!(shop(Money::from_minor(5, Currency::JPY)), Err("price.mixed_currency"));
    assert_eq!(shop(Money::from_minor(-5, Currency::EUR)), Err("pricing.invalid_rule"));
    assert_eq!(shop(Money::from_minor(i64::MAX, Currency::EUR)), Err("money.overflow"));
    assert_eq!(
        shop(Money::from_minor(Money::MAX_MINOR / 1_000_000 + 1, Currency::EUR)),
        Err("money.out_of_range")
    );
    let most = Money::from_minor(Money::MAX_MINOR, Currency::EUR);
    assert_eq!(shop(Money::from_minor(Money::MAX_MINOR / 1_000_000, Currency::EUR)), Ok(most));
}

#[test]
fn a_variant_that_nobody_knows_is_refused() {
    let mut shop = Shop::new("EUR", true);
    let (variant, quantity) = (VariantId::from_u128(77), Quantity::ONE);
    shop.request.lines.push(RequestLine { line: 1, variant, quantity });
    assert_eq!(shop.quote().unwrap_err().code(), "price.unknown_variant");
}
