//! What if: many orders looked back on, over pages, limits and a period. On every store.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use std::sync::atomic::{AtomicU32, Ordering};

use store_each::Places;
use sutler::Shop;
use sutler::core::pricing::Promotion;
use sutler::core::simulation::{RuleSet, SimulationReport};
use sutler::core::time::Timestamp;
use sutler::engine::flow::promotion::PromotionFile;
use sutler::engine::flow::simulate::SimulateCommand;
use sutler::prelude::*;

const CATALOG: &str = "\
Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Cost per item
lamp,Lamp,Title,Default Title,LAMP,19.90,,8.00
vase,Vase,Title,Default Title,VASE,12.50,,
";

const SHOP_PROMOTIONS: &str = r#"
[[promotion]]
name = "Two lamps"
gives = { percent = "10%" }
when = { variants = ["LAMP"], min_quantity = 2 }
"#;

/// How many: more than the simulation reads at once, twice over.
const ORDERS: u32 = 1_100;

fn shop(url: &str) -> (Shop, [VariantId; 2]) {
    let shop = sutler::create(url).unwrap();
    shop.init(&InitCommand::new("Corner shop", "EUR", "DE").unwrap()).unwrap();
    shop.import_text(CATALOG, "catalog.csv").unwrap();
    for promotion in shop.promotions_of_file(&PromotionFile::new(SHOP_PROMOTIONS)).unwrap() {
        shop.promotion_add(&Promotion { version: 1, ..promotion }).unwrap();
    }
    let variant = |sku| shop.find_variant(sku).unwrap().variant.id;
    let variants = [variant("LAMP"), variant("VASE")];
    (shop, variants)
}

/// The nth order: one or two lamps and a vase, by one of three hundred buyers.
fn buy(shop: &Shop, [lamp, vase]: [VariantId; 2], nr: u32) {
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::new(nr % 2 + 1).unwrap(), None).unwrap();
    shop.cart_add(cart.id, vase, Quantity::ONE, None).unwrap();
    let email = format!("buyer{}@example.com", nr % 300);
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    shop.checkout(&CheckoutCommand {
        pay: Some("manual:cash".to_owned()),
        ..CheckoutCommand::new(cart.id, email, ship_to, "standard")
    })
    .unwrap();
}

fn simulate(shop: &Shop, file: &str, rules: RuleSet) -> SimulationReport {
    let promotions = shop.promotions_of_file(&PromotionFile::new(file)).unwrap();
    let since = Timestamp::from_millis(0);
    let report = shop
        .simulate_promotions(&SimulateCommand { promotions, rules, since, until: None })
        .unwrap();
    assert_eq!((report.orders, report.not_repriced.as_slice()), (ORDERS.into(), &[][..]));
    report
}

#[test]
fn many_orders_are_looked_back_on_to_the_cent_and_nothing_is_written() {
    for url in Places::new().urls() {
        let (shop, variants) = shop(&url);
        many_orders_are_looked_back_on(&shop, variants);
    }
}

fn many_orders_are_looked_back_on(shop: &Shop, variants: [VariantId; 2]) {
    let next = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let nr @ 0..ORDERS = next.fetch_add(1, Ordering::Relaxed) {
                    buy(shop, variants, nr);
                }
            });
        }
    });
    let events = shop.events(0, 100_000).unwrap().len();
    let half = u64::from(ORDERS / 2);

    // Exactly what was in force: no difference, whichever way it is asked.
    for (file, rules) in [
        (SHOP_PROMOTIONS, RuleSet::Instead),
        (SHOP_PROMOTIONS, RuleSet::Beside),
        (
            "[[promotion]]\nname = \"Never\"\ngives = { percent = \"5%\" }\nwhen = { coupons = [\"NEVER\"] }\n",
            RuleSet::Beside,
        ),
    ] {
        let report = simulate(shop, file, rules);
        let sales = &report.sales[0];
        assert_eq!((sales.orders, sales.changed), (ORDERS.into(), 0));
        assert_eq!(sales.before, sales.after);
        assert_eq!(sales.promotions[0].after.uses, half);
        // Half of the lines are vases, which have no cost.
        assert_eq!((sales.before.lines, sales.before.lines_with_cost), (half * 4, half * 2));
    }

    // A limit over all pages, and one per buyer.
    let limited = "name = \"First\"\nlimits.uses = 700\ngives = { off_order = \"1.00\" }\n";
    let report = simulate(shop, limited, RuleSet::Beside);
    let first = report.sales[0].promotions.iter().find(|p| p.name == "First").unwrap();
    assert_eq!((first.after.uses, first.after.discount.minor()), (700, 70_000));
    assert_eq!(report.sales[0].changed, 700);
    let each = "name = \"Each\"\nlimits.uses_per_customer = 1\ngives = { off_order = \"1.00\" }\n";
    let report = simulate(shop, each, RuleSet::Instead);
    let each = report.sales[0].promotions.iter().find(|p| p.name == "Each").unwrap();
    assert_eq!(each.after.uses, 300);

    assert_eq!(shop.events(0, 100_000).unwrap().len(), events);
    assert_eq!(shop.setup().unwrap().promotions.len(), 1, "what was tried is not stored");
}
