//! Flash sales: many buyers at once for few units, few uses, one customer. On every store.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use std::sync::Barrier;

use sutler::core::id::PromotionId;
use sutler::core::port::UsesAsked;
use sutler::core::pricing::{
    Benefit, Condition, CouponCode, Limits, Promotion, PromotionUses, Window,
};
use sutler::engine::flow::coupon::CodesCommand;
use sutler::prelude::*;

use store_each::Places;

/// Buyers who check out at the same moment.
const BUYERS: usize = 200;

const SALE: PromotionId = PromotionId::from_u128(0x5a1e);

/// A lamp at 19.90 with free delivery, and the lamp in the sale.
const FULL: i64 = 1_990;
const REDUCED: i64 = 990;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// A sale at 9.90 while its window is open.
fn sale(conditions: Vec<Condition>, limits: Limits) -> Promotion {
    Promotion {
        conditions,
        window: Window {
            from: Some("2020-01-01T00:00:00Z".parse().unwrap()),
            until: Some("2120-01-01T00:00:00Z".parse().unwrap()),
        },
        limits,
        ..Promotion::new(SALE, "Flash", Benefit::FixedPrice { amount: eur(REDUCED) })
    }
}

/// Runs a test on a shop of each kind.
fn on_each_store(test: impl Fn(&Shop)) {
    for url in Places::new().urls() {
        let shop = sutler::create(&url).unwrap();
        let init = InitCommand::new("Scarce goods", "EUR", "DE").unwrap();
        shop.init(&InitCommand { delivery_rate: eur(0), ..init }).unwrap();
        let catalog = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                       lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,5000\n";
        shop.import_text(catalog, "lamp.csv").unwrap();
        test(&shop);
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{url}: {:#?}", report.findings);
    }
}

/// What one buyer wants.
struct Wanted<'a> {
    units: u32,
    coupon: Option<&'a str>,
    email: String,
    pay: &'a str,
    expect_total: Option<i64>,
}

/// The cart of a buyer and the command that buys it.
fn command(shop: &Shop, wanted: &Wanted<'_>) -> CheckoutCommand {
    let cart = shop.cart_new("web", None, None).unwrap();
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    shop.cart_add(cart.id, lamp, Quantity::new(wanted.units).unwrap(), None).unwrap();
    if let Some(code) = wanted.coupon {
        shop.cart_coupon(cart.id, code).unwrap();
    }
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    CheckoutCommand {
        pay: Some(wanted.pay.to_owned()),
        expect_total: wanted.expect_total.map(eur),
        ..CheckoutCommand::new(cart.id, wanted.email.clone(), ship_to, "standard")
    }
}

/// Has all buyers check out at the same moment; returns the totals they paid and the codes of their refusals, sorted.
fn rush<'a>(shop: &Shop, wanted: impl Fn(usize) -> Wanted<'a>) -> (Vec<i64>, Vec<&'static str>) {
    let commands: Vec<_> = (0..BUYERS).map(|n| command(shop, &wanted(n))).collect();
    let start = Barrier::new(BUYERS);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let buyers: Vec<_> = commands
            .iter()
            .map(|command| {
                scope.spawn(|| {
                    start.wait();
                    shop.checkout(command)
                })
            })
            .collect();
        buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
    });
    let (mut paid, mut refused) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(placed) => paid.push(placed.order.total().minor()),
            Err(FlowError::Refused(why)) => refused.push(why.code()),
            Err(other) => panic!("a buyer was neither served nor refused: {other}"),
        }
    }
    paid.sort_unstable();
    refused.sort_unstable();
    refused.dedup();
    (paid, refused)
}

fn counted(shop: &Shop, customer: Option<&str>) -> PromotionUses {
    let asked = UsesAsked { customer, coupons: &[], currency: Currency::EUR };
    shop.store().promotion_uses(&[SALE], &asked).unwrap().remove(0)
}

fn buyer<'a>(n: usize) -> Wanted<'a> {
    let pay = if n.is_multiple_of(2) { "test:ok" } else { "manual:cash" };
    Wanted {
        units: 1,
        coupon: None,
        email: format!("buyer-{n}@example.com"),
        pay,
        expect_total: None,
    }
}

#[test]
fn two_hundred_checkouts_redeem_a_coupon_of_one_use_once() {
    on_each_store(|shop| {
        let coupon = Condition::Coupon { codes: vec![CouponCode::new("FLASH").unwrap()] };
        shop.promotion_add(&sale(vec![coupon], Limits { uses: Some(1), ..Limits::NONE })).unwrap();
        let (paid, refused) = rush(shop, |n| Wanted { coupon: Some("flash"), ..buyer(n) });
        assert_eq!((paid, refused), (vec![REDUCED], vec!["coupon.used_up"]));
        assert_eq!(counted(shop, None).total, 1);
    });
}

#[test]
fn two_hundred_checkouts_redeem_a_code_of_a_batch_once() {
    on_each_store(|shop| {
        shop.promotion_add(&sale(Vec::new(), Limits::NONE)).unwrap();
        let wanted =
            CodesCommand { promotion: "Flash".to_owned(), count: 2, prefix: String::new() };
        let codes = shop.coupon_codes_make(&wanted, false).unwrap().codes;
        let coupon = Some(codes[0].as_str());
        let (paid, refused) = rush(shop, |n| Wanted { coupon, ..buyer(n) });
        assert_eq!((paid, refused), (vec![REDUCED], vec!["coupon.used_up"]));
    });
}

#[test]
fn fifty_units_of_a_flash_sale_go_to_fifty_of_two_hundred_buyers() {
    on_each_store(|shop| {
        let limits = Limits { units: Some(50), ..Limits::NONE };
        shop.promotion_add(&sale(Vec::new(), limits)).unwrap();
        let (paid, refused) = rush(shop, |n| Wanted { expect_total: Some(REDUCED), ..buyer(n) });
        assert_eq!(paid, [REDUCED; 50]);
        for code in refused {
            // The price had changed before, or the units went while the money was being held.
            assert!(["quote.changed", "promotion.used_up"].contains(&code), "{code}");
        }
        assert_eq!((counted(shop, None).units, counted(shop, None).total), (50, 50));
    });
}

#[test]
fn who_did_not_insist_on_the_price_of_a_sale_pays_the_usual_one_after_it() {
    on_each_store(|shop| {
        let limits = Limits { units: Some(50), ..Limits::NONE };
        shop.promotion_add(&sale(Vec::new(), limits)).unwrap();
        let (paid, refused) = rush(shop, |n| Wanted { pay: "manual:cash", ..buyer(n) });
        assert_eq!(paid.iter().filter(|total| **total == REDUCED).count(), 50);
        assert!(paid.iter().all(|total| [REDUCED, FULL].contains(total)));
        assert!(refused.iter().all(|code| *code == "promotion.used_up"), "{refused:?}");
        assert_eq!(counted(shop, None).units, 50);
    });
}

#[test]
fn one_customer_gets_no_more_units_than_one_may() {
    on_each_store(|shop| {
        let limits = Limits { units: Some(50), units_per_customer: Some(4), ..Limits::NONE };
        shop.promotion_add(&sale(Vec::new(), limits)).unwrap();
        let emails = ["ada@example.com", "Ada@Example.com", "bob@example.com", "BOB@example.com"];
        let (paid, _) = rush(shop, |n| Wanted {
            units: 2,
            email: emails[n % emails.len()].to_owned(),
            expect_total: Some(2 * REDUCED),
            ..buyer(n)
        });
        assert_eq!(paid, [2 * REDUCED; 4]);
        for customer in ["ada@example.com", "bob@example.com"] {
            assert_eq!(counted(shop, Some(customer)).units_by_customer, 4);
        }
    });
}

#[test]
fn a_budget_is_never_overdrawn() {
    on_each_store(|shop| {
        // Each lamp takes 10.00 off; there is money for twelve and a half.
        let limits = Limits { budget: Some(eur(12_500)), ..Limits::NONE };
        shop.promotion_add(&sale(Vec::new(), limits)).unwrap();
        let (paid, _) = rush(shop, |n| Wanted { expect_total: Some(REDUCED), ..buyer(n) });
        assert_eq!(paid, [REDUCED; 12]);
        assert_eq!(counted(shop, None).given, Some(eur(12_000)));
        let last = command(shop, &Wanted { pay: "test:ok", ..buyer(0) });
        assert_eq!(shop.checkout(&last).unwrap().order.total(), eur(FULL - 500));
    });
}
