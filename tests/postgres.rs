//! A shop on Postgres, as a program that embeds the library meets it: a whole sale, and many programs that want the same
//! few units.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sutler::engine::flow::fulfill::ShipCommand;
use sutler::prelude::*;
use sutler::{Opening, Shop};

/// Units there are.
const UNITS: u32 = 100;
/// Programs, threads in each, and carts that each thread wants to buy.
const PROGRAMS: u32 = 4;
const THREADS: u32 = 16;
const CARTS: u32 = 3;
/// Set for a child process: the store it works on.
const WORKER: &str = "SUTLER_TEST_WORKER";

/// A schema of its own, taken away at the end.
struct Place(String);

impl Place {
    fn new(name: &str) -> Self {
        let server = std::env::var("SUTLER_TEST_POSTGRES").expect(
            "these tests need a Postgres server: run `cargo xtask test --store postgres`, which starts one",
        );
        let place = Self(format!("{server}?shop={name}_{}", std::process::id()));
        place.clear();
        place
    }

    fn clear(&self) {
        // The shop of a process that had this number before, if any.
        let _ = sutler::postgres::drop_shop(&self.0.parse().unwrap());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Opens a shop whose payments and index are nobody else's.
fn open(url: &str) -> Shop {
    Opening::new(url.parse().unwrap()).creating(true).open().unwrap()
}

fn shop_with_lamps(url: &str) -> VariantId {
    let shop = open(url);
    shop.init(&InitCommand::new("Scarce goods", "EUR", "DE").unwrap()).unwrap();
    let catalog = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                   lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,100\n";
    shop.import_text(catalog, "lamp.csv").unwrap();
    shop.find_variant("LAMP").unwrap().variant.id
}

fn checkout(cart: CartId, buyer: &str, pay: &str) -> CheckoutCommand {
    CheckoutCommand {
        cart,
        email: format!("{buyer}@example.com"),
        ship_to: "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap(),
        delivery: "standard".to_owned(),
        pay: Some(pay.to_owned()),
        credit: CreditChoice::NONE,
        buyer_tax: BuyerTax::default(),
        expect_total: None,
        expect_quote: None,
        key: Some(format!("buyer-{buyer}").parse().unwrap()),
    }
}

#[test]
fn a_whole_sale() {
    let place = Place::new("sale");
    let lamp = shop_with_lamps(&place.0);
    let shop = open(&place.0);
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::ONE, None).unwrap();
    let placed = shop.checkout(&checkout(cart.id, "ada", "test:ok")).unwrap();
    let again = shop.checkout(&checkout(cart.id, "ada", "test:ok")).unwrap();
    assert_eq!(placed.order.id, again.order.id, "the same key, the same order");
    let ship = ShipCommand {
        lines: Vec::new(),
        location: None,
        carrier: "dhl".to_owned(),
        tracking: Some("0034".to_owned()),
        unpaid: false,
        key: None,
    };
    shop.fulfill_ship(placed.order.number, &ship).unwrap();
    let level = shop.stock_show(lamp).unwrap().levels[0].1;
    assert_eq!((level.on_hand, level.reserved, level.allocated), (UNITS - 1, 0, 0));
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

/// One buyer: a cart with one lamp, then the checkout. True when it became an order.
fn buy(shop: &Shop, lamp: VariantId, buyer: &str) -> bool {
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::ONE, None).unwrap();
    match shop.checkout(&checkout(cart.id, buyer, "manual:invoice")) {
        Ok(_) => true,
        Err(FlowError::Refused(Rejection::InsufficientStock { .. })) => false,
        Err(other) => {
            panic!("a buyer was neither served nor told that the lamps are gone: {other:?}")
        }
    }
}

#[test]
fn four_programs_of_sixteen_threads_sell_a_hundred_units_a_hundred_times() {
    let place = Place::new("race");
    let lamp = shop_with_lamps(&place.0);
    let workers: Vec<_> = (0..PROGRAMS)
        .map(|n| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a_program_that_buys", "--nocapture", "--test-threads=1"])
                .env(WORKER, format!("{n};{}", place.0))
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut sold = Vec::new();
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "a program failed");
        let text = String::from_utf8(output.stdout).unwrap();
        // libtest writes `test NAME ... ` before what the test prints, on the same line.
        let answer = text.lines().find_map(|line| line.split("bought=").nth(1));
        sold.push(answer.expect("the program's answer").trim().parse::<u32>().unwrap());
    }
    assert_eq!(sold.iter().sum::<u32>(), UNITS, "{sold:?}");
    let shop = open(&place.0);
    assert_eq!(shop.order_list(None, None, 1_000).unwrap().len(), 100);
    let level = shop.stock_show(lamp).unwrap().levels[0].1;
    assert_eq!((level.on_hand, level.reserved, level.allocated), (UNITS, 0, UNITS));
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

/// The child of the test above; by itself it has nothing to do.
#[test]
fn a_program_that_buys() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let (worker, url) = work.split_once(';').unwrap();
    let shop = open(url);
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    let bought = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shop, bought) = (&shop, &bought);
            scope.spawn(move || {
                for cart in 0..CARTS {
                    let own = buy(shop, lamp, &format!("{worker}-{thread}-{cart}"));
                    bought.fetch_add(u32::from(own), Ordering::Relaxed);
                }
            });
        }
    });
    use std::io::Write as _;
    writeln!(std::io::stdout(), "bought={}", bought.into_inner()).unwrap();
}
