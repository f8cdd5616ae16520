//! A shop on Postgres, as a program that embeds the library meets it: a whole sale, and many programs that want the same
//! few units.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../crates/store-postgres/tests/fixture"]
mod fixture {
    pub(crate) mod cluster;
    pub(crate) mod kept;
    pub(crate) mod server;
}

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use fixture::cluster::Cluster;
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
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    CheckoutCommand {
        pay: Some(pay.to_owned()),
        key: Some(format!("buyer-{buyer}").parse().unwrap()),
        ..CheckoutCommand::new(cart, format!("{buyer}@example.com"), ship_to, "standard")
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
    let ship = ShipCommand { tracking: Some("0034".to_owned()), ..ShipCommand::new("dhl") };
    shop.fulfill_ship(placed.order.number, &ship).unwrap();
    let level = shop.stock_show(lamp).unwrap().levels[0].1;
    assert_eq!((level.on_hand, level.reserved, level.allocated), (UNITS - 1, 0, 0));
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

/// One buyer: a cart with one unit of each, then the checkout. True when it became an order.
fn buy(shop: &Shop, variants: &[VariantId], buyer: &str) -> bool {
    let cart = shop.cart_new("web", None, None).unwrap();
    for variant in variants {
        shop.cart_add(cart.id, *variant, Quantity::ONE, None).unwrap();
    }
    match shop.checkout(&checkout(cart.id, buyer, "manual:invoice")) {
        Ok(_) => true,
        Err(FlowError::Refused(Rejection::InsufficientStock { .. })) => false,
        Err(other) => {
            panic!("a buyer was neither served nor told that the goods are gone: {other:?}")
        }
    }
}

/// Starts programs that buy; returns what each of them says it bought.
fn programs_that_buy(test: &str, url: &str) -> Vec<u32> {
    let workers: Vec<_> = (0..PROGRAMS)
        .map(|n| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", test, "--nocapture", "--test-threads=1"])
                .env(WORKER, format!("{n};{url}"))
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let bought = workers.into_iter().map(|worker| {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "a program failed");
        let text = String::from_utf8(output.stdout).unwrap();
        // libtest writes `test NAME ... ` before what the test prints, on the same line.
        let answer = text.lines().find_map(|line| line.split("bought=").nth(1));
        answer.expect("the program's answer").trim().parse().unwrap()
    });
    bought.collect()
}

/// Lets every thread of a child process buy; tells how often one got what it wanted.
fn bought_by_threads(buy: impl Fn(u32, u32) -> bool + Sync) {
    let bought = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (buy, bought) = (&buy, &bought);
            scope.spawn(move || {
                for cart in 0..CARTS {
                    bought.fetch_add(u32::from(buy(thread, cart)), Ordering::Relaxed);
                }
            });
        }
    });
    use std::io::Write as _;
    let bought = bought.into_inner();
    let mut out = std::io::stdout();
    writeln!(out, "bought={bought}").unwrap();
}

#[test]
fn four_programs_of_sixteen_threads_sell_a_hundred_units_a_hundred_times() {
    let place = Place::new("race");
    let lamp = shop_with_lamps(&place.0);
    let sold = programs_that_buy("a_program_that_buys", &place.0);
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
    bought_by_threads(|thread, cart| buy(&shop, &[lamp], &format!("{worker}-{thread}-{cart}")));
}

/// Variants that baskets are made of.
const SORTS: usize = 6;

/// Carts with the same goods in different orders, on a server that breaks a deadlock after 10 ms and counts it.
#[test]
fn shuffled_baskets_of_four_programs_never_deadlock_and_sell_what_is_there() {
    let cluster = Cluster::start(&["deadlock_timeout = 10ms"]);
    let url = format!("{}?shop=shop", cluster.url());
    let shop = open(&url);
    shop.init(&InitCommand::new("Baskets", "EUR", "DE").unwrap()).unwrap();
    let mut catalog = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n",
    );
    for sort in 0..SORTS {
        catalog.push_str(&format!(
            "s{sort},S{sort},Title,Default Title,S{sort},1.90,shopify,{UNITS}\n"
        ));
    }
    shop.import_text(&catalog, "sorts.csv").unwrap();
    let bought: u32 = programs_that_buy("a_program_that_buys_baskets", &url).iter().sum();
    let orders = shop.order_list(None, None, 1_000).unwrap();
    assert_eq!(u32::try_from(orders.len()).unwrap(), bought);
    let mut allocated = 0;
    for sort in 0..SORTS {
        let variant = shop.find_variant(&format!("S{sort}")).unwrap().variant.id;
        let level = shop.stock_show(variant).unwrap().levels[0].1;
        assert_eq!((level.on_hand, level.reserved), (UNITS, 0));
        assert!(level.allocated <= UNITS, "{level:?}");
        allocated += level.allocated;
    }
    assert_eq!(allocated, bought * LINES, "each basket has its lines");
    assert!(bought > UNITS, "much was sold");
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    // The counts are written once a second.
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'";
    assert_eq!(cluster.admin(deadlocks), ["0"]);
}

/// Lines of a basket.
const LINES: u32 = 4;

/// The child of the test above; by itself it has nothing to do.
#[test]
fn a_program_that_buys_baskets() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let (worker, url) = work.split_once(';').unwrap();
    let shop = open(url);
    let sorts: Vec<VariantId> =
        (0..SORTS).map(|sort| shop.find_variant(&format!("S{sort}")).unwrap().variant.id).collect();
    bought_by_threads(|thread, cart| {
        let mut basket = sorts.clone();
        let turn = usize::try_from(thread + cart).unwrap();
        basket.rotate_left(turn % SORTS);
        if turn.is_multiple_of(2) {
            basket.reverse();
        }
        basket.truncate(usize::try_from(LINES).unwrap());
        buy(&shop, &basket, &format!("{worker}-{thread}-{cart}"))
    });
}
