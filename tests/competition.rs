//! Many buyers, few units: threads of one program on every store, and programs on one that they can share.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use store_each::Places;
use sutler::Shop;
use sutler::prelude::*;

/// Units there are.
const UNITS: u32 = 50;
/// Checkouts that want one each.
const BUYERS: u32 = 500;
/// Set for a child process: the store it works on.
const WORKER: &str = "SUTLER_TEST_WORKER";

fn shop_with_the_last_units(url: &str) -> (Shop, VariantId) {
    let shop = sutler::create(url).unwrap();
    shop.init(&InitCommand::new("Scarce goods", "EUR", "DE").unwrap()).unwrap();
    let catalog = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                   lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,50\n";
    shop.import_text(catalog, "lamp.csv").unwrap();
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    (shop, lamp)
}

/// One buyer: a cart with one lamp, then the checkout. True when it became an order.
fn buy(shop: &Shop, lamp: VariantId, buyer: &str) -> bool {
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::ONE, None).unwrap();
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let bought = shop.checkout(&CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        key: Some(format!("buyer-{buyer}").parse().unwrap()),
        ..CheckoutCommand::new(cart.id, format!("{buyer}@example.com"), ship_to, "standard")
    });
    match bought {
        Ok(_) => true,
        Err(FlowError::Refused(Rejection::InsufficientStock { .. })) => false,
        Err(other) => {
            panic!("a buyer was neither served nor told that the lamps are gone: {other}")
        }
    }
}

#[track_caller]
fn is_sold_out_exactly(shop: &Shop, lamp: VariantId) {
    assert_eq!(shop.order_list(Some(Stage::Confirmed), None, 1_000).unwrap().len(), 50);
    let level = shop.stock_show(lamp).unwrap().levels[0].1;
    assert_eq!((level.on_hand, level.reserved, level.allocated), (UNITS, 0, UNITS));
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

#[test]
fn sixteen_threads_sell_the_last_fifty_units_fifty_times() {
    for url in Places::new().urls() {
        let (shop, lamp) = shop_with_the_last_units(&url);
        sixteen_threads_sell_them(&shop, lamp);
        is_sold_out_exactly(&shop, lamp);
    }
}

fn sixteen_threads_sell_them(shop: &Shop, lamp: VariantId) {
    let (next, sold, refused) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let buyer @ 0..BUYERS = next.fetch_add(1, Ordering::Relaxed) {
                    let counter =
                        if buy(shop, lamp, &buyer.to_string()) { &sold } else { &refused };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!((sold.into_inner(), refused.into_inner()), (UNITS, BUYERS - UNITS));
}

#[test]
fn four_programs_sell_the_last_fifty_units_fifty_times() {
    for url in Places::new().shared_urls() {
        let (shop, lamp) = shop_with_the_last_units(&url);
        four_programs_sell_them(&url);
        is_sold_out_exactly(&shop, lamp);
    }
}

fn four_programs_sell_them(url: &str) {
    let workers: Vec<_> = (0..4)
        .map(|n| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a_program_that_buys", "--nocapture", "--test-threads=1"])
                .env(WORKER, format!("{n};{url}"))
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let (mut sold, mut refused) = (0, 0);
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "a program failed");
        let text = String::from_utf8(output.stdout).unwrap();
        // libtest writes `test NAME ... ` before what the test prints, on the same line.
        let answer = text
            .lines()
            .find_map(|line| line.split("bought=").nth(1))
            .expect("the program's answer");
        let (bought, went_without) = answer.split_once(" refused=").unwrap();
        sold += bought.parse::<u32>().unwrap();
        refused += went_without.trim().parse::<u32>().unwrap();
    }
    assert_eq!((sold, refused), (UNITS, BUYERS - UNITS));
}

/// The child of the test above; by itself it has nothing to do.
#[test]
fn a_program_that_buys() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let (worker, url) = work.split_once(';').unwrap();
    let shop = sutler::open(url).unwrap();
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    let bought = (0..BUYERS / 4).filter(|n| buy(&shop, lamp, &format!("{worker}-{n}"))).count();
    let refused = usize::try_from(BUYERS / 4).unwrap() - bought;
    use std::io::Write as _;
    writeln!(std::io::stdout(), "bought={bought} refused={refused}").unwrap();
}
