//! A cart that uses everything, explained.

use super::*;

#[test]
fn a_cart_that_uses_everything_is_explained() {
    let mut shop = Shop::new("EUR", true);
    shop.count(&["per-order"]);
    for line in [
        "tax standard 19 VAT",
        "tax standard 1 City level 1",
        "tax food 7 VAT",
        "variant lamp 40 weighs 1200 under 7",
        "price lamp 36 from 3",
        "variant bread 4.99 taxed food weighs 800",
        "variant vase 30 weighs 600",
        "delivery post 4.90 taxed as-goods",
        "surcharge post Heavy 0.75 each 500 above 1000",
        "fee cash percent-with-delivery 1.7 taxed as-goods",
        "promotion Lamps percent 10 under 7",
        "promotion Five order 5 lane after",
        "promotion Bulk percent 25 units 10",
        "cart lamp 3",
        "cart bread 2",
        "cart vase 1",
        "choose post",
    ] {
        super::scenario::build(&mut shop, &line.split(' ').collect::<Vec<_>>()).unwrap();
    }
    // The vase is on sale: another list of higher priority, with the price that is struck through.
    let retail = shop.facts.price_lists[0].clone();
    let sale = PriceListId::from_u128(2);
    shop.facts.price_lists.push(PriceList {
        id: sale,
        name: "Winter sale".to_owned(),
        priority: 5,
        ..retail
    });
    let (variant, amount) = (shop.variant("vase").variant, shop.money("24"));
    let compare_at = Some(shop.money("30"));
    shop.facts.prices.push(Price { list: sale, variant, min_quantity: 1, amount, compare_at });
    let told = told(&shop.quote().unwrap());
    let expected = "\
line 1, var_00000000000000000000000000000001: 93.49 EUR
  unit price of list \"Retail\", from 3 units on: 36.00 EUR
  times 3: 108.00 EUR
  promotion \"Lamps\": 10 % of 108.00 EUR, rounded half away from zero: -10.80 EUR
  promotion \"Five\": its part of 5.00 EUR off the order: -3.71 EUR
  VAT 19 % (standard) contained in what is left, net 77.78 EUR, its part of the order's 20.59 EUR, rounded half away from zero: 14.78 EUR
  City 1 % (standard) contained in what is left, on 92.56 EUR, the net with the tax before it, its part of the order's 1.29 EUR, rounded half away from zero: 0.93 EUR
line 2, var_00000000000000000000000000000002: 9.60 EUR
  unit price of list \"Retail\": 4.99 EUR
  times 2: 9.98 EUR
  promotion \"Five\": its part of 5.00 EUR off the order: -0.38 EUR
  VAT 7 % (food) contained in what is left, net 8.97 EUR, its part of the order's 0.70 EUR, rounded half away from zero: 0.63 EUR
line 3, var_00000000000000000000000000000003: 23.09 EUR
  unit price of list \"Winter sale\", instead of 30.00 EUR: 24.00 EUR
  times 1: 24.00 EUR
  promotion \"Five\": its part of 5.00 EUR off the order: -0.91 EUR
  VAT 19 % (standard) contained in what is left, net 19.21 EUR, its part of the order's 20.59 EUR, rounded half away from zero: 3.65 EUR
  City 1 % (standard) contained in what is left, on 22.86 EUR, the net with the tax before it, its part of the order's 1.29 EUR, rounded half away from zero: 0.23 EUR
delivery \"post\" (post): 12.40 EUR
  flat rate: 4.90 EUR
  surcharge \"Heavy\", 10 times: 7.50 EUR
  VAT 19 % (standard) contained in what is left, net 9.54 EUR, its part of the order's 20.59 EUR, rounded half away from zero: 1.81 EUR
  City 1 % (standard) contained in what is left, on 11.35 EUR, the net with the tax before it, its part of the order's 1.29 EUR, rounded half away from zero: 0.11 EUR
  VAT 7 % (food) contained in what is left, net 0.88 EUR, its part of the order's 0.70 EUR, rounded half away from zero: 0.06 EUR
fee \"cash\" (cash): 2.36 EUR
  1.7 % of 138.58 EUR, rounded half away from zero: 2.36 EUR
  VAT 19 % (standard) contained in what is left, net 1.81 EUR, its part of the order's 20.59 EUR, rounded half away from zero: 0.35 EUR
  City 1 % (standard) contained in what is left, on 2.16 EUR, the net with the tax before it, its part of the order's 1.29 EUR, rounded half away from zero: 0.02 EUR
  VAT 7 % (food) contained in what is left, net 0.17 EUR, its part of the order's 0.70 EUR, rounded half away from zero: 0.01 EUR
total: 140.94 EUR
  goods: 141.98 EUR
  discounts: -15.80 EUR
  delivery: 12.40 EUR
  fees: 2.36 EUR
  tax, contained: 22.58 EUR
tax zone \"everywhere\"
promotion \"Bulk\" did not apply: it needs 10 units and there are 6
";
    assert_eq!(told, expected);
}
