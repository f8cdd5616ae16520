//! Whole shops copied between SQLite and Postgres: identical by hash, whatever cuts the copy, and refused where it would not
//! be one shop of one moment.
//!
//! `SUTLER_COPY_SIZE=100000` makes the first test copy that many products and orders, and say what it took.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use sutler::engine::flow::copy::{CopyReport, CopyStep};
use sutler::engine::flow::fulfill::ShipCommand;
use sutler::prelude::*;
use sutler::{CopyError, Opening, Shop, StoreUrl};

/// Set for a child process: source, target, and at which step it dies.
const WORKER: &str = "SUTLER_TEST_COPY";

/// How many threads fill a shop.
const THREADS: usize = 8;

/// A folder, and a schema of its own that is taken away at the end.
struct Place {
    folder: tempfile::TempDir,
    schema: String,
}

impl Place {
    fn new(name: &str) -> Self {
        let server = std::env::var("SUTLER_TEST_POSTGRES").expect(
            "these tests need a Postgres server: run `cargo xtask test --store postgres`, which starts one",
        );
        let schema = format!("{server}?shop={name}_{}", std::process::id());
        let place = Self { folder: tempfile::tempdir().unwrap(), schema };
        place.clear();
        place
    }

    fn clear(&self) {
        // The shop of a process that had this number before, if any.
        let _ = sutler::postgres::drop_shop(&self.schema.parse().unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str) -> StoreUrl {
        StoreUrl::Sqlite(self.path(name))
    }

    fn postgres(&self) -> StoreUrl {
        self.schema.parse().unwrap()
    }

    /// Makes a shop that has sold.
    fn sold(&self, name: &str, products: usize, orders: usize) -> Shop {
        let shop = Opening::new(self.file(name)).creating(true).open().unwrap();
        shop.init(&InitCommand::new("Mover", "EUR", "DE").unwrap()).unwrap();
        fill(&shop, products, orders);
        shop
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap()
}

fn sku(number: usize) -> String {
    format!("LAMP-{number}")
}

fn fill(shop: &Shop, products: usize, orders: usize) {
    let mut catalog = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n",
    );
    for number in 0..products {
        let sku = sku(number);
        catalog.push_str(&format!(
            "lamp-{number},Lamp {number},Title,Default Title,{sku},19.90,shopify,1000\n"
        ));
    }
    shop.import_text(&catalog, "lamps.csv").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for number in (thread..orders).step_by(THREADS) {
                    sell(shop, number, products);
                }
            });
        }
    });
}

/// One order; some go on to be shipped, paid back or canceled.
fn sell(shop: &Shop, number: usize, products: usize) {
    let lamp = shop.find_variant(&sku(number * 7 % products)).unwrap().variant.id;
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::ONE, None).unwrap();
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let command = CheckoutCommand {
        pay: Some(if number.is_multiple_of(3) { "test:ok" } else { "manual:invoice" }.to_owned()),
        key: Some(format!("buyer-{number}").parse().unwrap()),
        ..CheckoutCommand::new(cart.id, format!("buyer-{number}@example.com"), ship_to, "standard")
    };
    let order = shop.checkout(&command).unwrap().order.number;
    match number % 30 {
        3 => {
            ship(shop, order);
            shop.refund(order, None, "a dent", None).map(drop).unwrap();
        }
        6 => shop.order_cancel(order, "changed her mind", None).map(drop).unwrap(),
        _ => {}
    }
}

fn ship(shop: &Shop, order: OrderNumber) {
    let command =
        ShipCommand { tracking: Some("0034".to_owned()), unpaid: true, ..ShipCommand::new("dhl") };
    shop.fulfill_ship(order, &command).unwrap();
}

fn copy(from: &StoreUrl, to: &StoreUrl) -> Result<CopyReport, CopyError> {
    sutler::copy(from, to, &mut |_| {})
}

#[track_caller]
fn refused(outcome: Result<CopyReport, CopyError>, code: &str) -> String {
    match outcome.unwrap_err() {
        CopyError::Flow(error) => {
            assert_eq!(error.code(), code, "{error}");
            error.to_string()
        }
        other => panic!("expected {code}: {other}"),
    }
}

#[track_caller]
fn is_unfinished(url: &StoreUrl) {
    for create in [false, true] {
        let error = Opening::new(url.clone()).creating(create).open().err().expect("it is shut");
        assert!(error.to_string().contains("a copy into it is not at its end"), "{error}");
    }
}

#[test]
fn a_shop_goes_to_postgres_and_back_and_is_the_same() {
    let size = std::env::var("SUTLER_COPY_SIZE").ok().and_then(|size| size.parse().ok());
    let (products, orders) = size.map_or((60, 90), |size: usize| (size, size));
    let place = Place::new("there_and_back");
    let began = Instant::now();
    drop(place.sold("first.db", products, orders));
    let filled = began.elapsed();
    let (first, second) = (place.file("first.db"), place.file("second.db"));
    let timed = |from: &StoreUrl, to: &StoreUrl| {
        let (began, mut last) = (Instant::now(), String::new());
        let mut told = Vec::new();
        let report = sutler::copy(from, to, &mut |step| {
            let word = match step {
                CopyStep::Looking(_) => "looked",
                CopyStep::Writing { .. } => "copied",
                CopyStep::Comparing { .. } => "compared",
            };
            if last != word {
                last = word.to_owned();
                told.push(format!("{word} from {:.1?}", began.elapsed()));
            }
        });
        (report.unwrap(), format!("{:.1?}: {}", began.elapsed(), told.join(", ")))
    };
    let (there, took_there) = timed(&first, &place.postgres());
    let (back, took_back) = timed(&place.postgres(), &second);
    if size.is_some() {
        let bytes = |name: &str| std::fs::metadata(place.path(name)).unwrap().len();
        let (old, new) = (bytes("first.db"), bytes("second.db"));
        let mut out = std::io::stdout().lock();
        writeln!(out, "filled in {filled:.1?}; {old} bytes, {new} after coming back").unwrap();
        writeln!(out, "SQLite to Postgres in {took_there}").unwrap();
        writeln!(out, "Postgres to SQLite in {took_back}").unwrap();
        for of in &back.kinds {
            writeln!(out, "{:15} {:8} {}", of.kind.word(), of.records, of.hash).unwrap();
        }
    }
    assert_eq!(there.kinds, back.kinds, "hash for hash");
    let count = |word: &str| there.kinds.iter().find(|of| of.kind.word() == word).unwrap().records;
    assert_eq!((count("products"), count("orders")), (whole(products), whole(orders)));
    for report in [&there, &back] {
        assert!(report.source.is_clean() && report.target.is_clean(), "{report:#?}");
        assert_eq!((report.resumed_at, report.events_since), (0, 0));
    }
    // Everything goes on where it was, at every station.
    for url in [place.postgres(), second] {
        let shop = Opening::new(url).open().unwrap();
        sell(&shop, orders + 3, products);
        sell(&shop, orders + 6, products);
        let newest = shop.order_list(None, None, 1).unwrap().remove(0).order.number;
        assert_eq!(newest.0, 1_000 + whole(orders) + 2);
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

#[test]
fn a_copy_that_was_killed_goes_on() {
    let place = Place::new("killed");
    drop(place.sold("first.db", 20, 12));
    let (first, there) = (place.file("first.db"), place.postgres());
    let mut steps = 0;
    let wanted = sutler::copy(&first, &there, &mut |_| steps += 1).unwrap().kinds;
    assert!(steps > 20, "{steps} steps");
    for (round, at) in
        [1, 3, steps / 3, steps / 2, steps * 2 / 3, steps - 9, steps].into_iter().enumerate()
    {
        let back = place.file(&format!("back-{round}.db"));
        resumes(&there, &back, at, &wanted);
        // And into Postgres, from what was just copied.
        place.clear();
        resumes(&back, &there, at, &wanted);
    }
}

/// Kills a copy at a step, finds what it left shut, and goes on.
fn resumes(
    from: &StoreUrl,
    to: &StoreUrl,
    at: usize,
    wanted: &[sutler::engine::flow::copy::CopiedKind],
) {
    let url = |url: &StoreUrl| match url {
        // Shown without its password, of which there is none here.
        StoreUrl::Postgres(address) => address.to_string(),
        other => other.to_string(),
    };
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_copy_that_dies", "--nocapture", "--test-threads=1"])
        .env(WORKER, format!("{};{};{at}", url(from), url(to)))
        .output()
        .unwrap();
    assert!(!child.status.success(), "it was to die at step {at}");
    let report = copy(from, to).unwrap_or_else(|error| panic!("killed at step {at}: {error}"));
    assert_eq!(report.kinds, wanted, "killed at step {at}");
    assert!(report.target.is_clean());
}

/// The child of the test above; by itself it has nothing to do.
#[test]
fn a_copy_that_dies() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let words: Vec<&str> = work.split(';').collect();
    let (from, to) = (words[0].parse().unwrap(), words[1].parse().unwrap());
    let mut left: usize = words[2].parse().unwrap();
    let _ = sutler::copy(&from, &to, &mut |_| {
        left -= 1;
        if left == 0 {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
            loop {
                std::thread::park();
            }
        }
    });
}

/// Ends every connection to the shop by the server's own hand.
fn end_connections(name: &str) {
    let server = std::env::var("SUTLER_TEST_POSTGRES").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
    );
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.simple_query(&cut).await.unwrap();
    });
}

#[test]
fn a_copy_rides_out_a_server_that_is_away_for_a_moment() {
    let place = Place::new("away");
    drop(place.sold("first.db", 20, 12));
    let name = format!("copied_{}", std::process::id());
    let (first, back) = (place.file("first.db"), place.file("back.db"));
    let there: StoreUrl = place
        .schema
        .replacen("?shop", &format!("?application_name={name}&shop"), 1)
        .parse()
        .unwrap();
    for (from, to) in [(&first, &there), (&there, &back)] {
        let mut cuts = 0;
        let report = sutler::copy(from, to, &mut |step| {
            let at = match step {
                CopyStep::Looking(_) => 0,
                CopyStep::Writing { .. } => 1,
                CopyStep::Comparing { .. } => 2,
            };
            // Once while it writes, once while it compares.
            if at == cuts + 1 {
                cuts += 1;
                end_connections(&name);
            }
        });
        let report = report.unwrap();
        assert!(cuts == 2 && report.target.is_clean(), "{cuts} cuts");
        assert_eq!((report.resumed_at, report.events_since), (0, 0));
    }
}

/// Begins a copy that is cut once so many steps wrote something; what is left is shut.
fn cut(from: &StoreUrl, to: &StoreUrl, writes: usize) {
    let mut left = writes;
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sutler::copy(from, to, &mut |step| {
            if matches!(step, CopyStep::Writing { .. }) {
                left -= 1;
                assert!(left > 0, "cut on purpose");
            }
        })
    }));
    assert!(cut.is_err());
    is_unfinished(to);
}

#[test]
fn a_copy_goes_on_only_with_what_it_began_with() {
    let place = Place::new("other");
    let shop = place.sold("first.db", 12, 3);
    drop(place.sold("other.db", 12, 3));
    let (first, other) = (place.file("first.db"), place.file("other.db"));
    for to in [place.postgres(), place.file("target.db")] {
        cut(&first, &to, 6);
        refused(copy(&other, &to), "copy.other_source");
        is_unfinished(&to);
    }
    let at = copy(&first, &place.file("target.db")).unwrap().resumed_at;
    assert!(at > 20, "it went on at {at}");
    // A record that was copied already is another one by now.
    let category = "Handle,Title,Variant SKU,Variant Price\nlamp-3,A renamed lamp,LAMP-3,19.90\n";
    shop.import_text(category, "renamed.csv").unwrap();
    let told = refused(copy(&first, &place.postgres()), "copy.source_changed");
    assert!(told.contains("changed since"), "{told}");
    is_unfinished(&place.postgres());
    // Taken away, it can begin anew.
    place.clear();
    assert_eq!(copy(&first, &place.postgres()).unwrap().resumed_at, 0);
}

#[test]
fn what_a_shop_sells_meanwhile_is_not_in_its_copy_and_is_told() {
    let place = Place::new("meanwhile");
    let shop = place.sold("first.db", 12, 3);
    let (first, to) = (place.file("first.db"), place.postgres());
    let mut sold = false;
    let report = sutler::copy(&first, &to, &mut |step| {
        if matches!(step, CopyStep::Writing { .. }) && !std::mem::replace(&mut sold, true) {
            sell(&shop, 100, 12);
        }
    });
    let report = report.unwrap();
    assert!(report.events_since > 0 && report.target.is_clean());
    assert_eq!(Opening::new(to).open().unwrap().order_list(None, None, 9).unwrap().len(), 3);
    assert_eq!(shop.order_list(None, None, 9).unwrap().len(), 4);
}

#[test]
fn a_store_that_holds_anything_is_not_copied_into() {
    let place = Place::new("full");
    drop(place.sold("first.db", 12, 3));
    let (first, there) = (place.file("first.db"), place.postgres());
    copy(&first, &there).unwrap();
    refused(copy(&first, &there), "copy.not_empty");
    refused(copy(&there, &first), "copy.not_empty");
    refused(copy(&first, &first), "copy.not_empty");
    // A shop without a product is one, too.
    let bare = place.file("bare.db");
    let shop = Opening::new(bare.clone()).creating(true).open().unwrap();
    shop.init(&InitCommand::new("Bare", "EUR", "DE").unwrap()).unwrap();
    refused(copy(&first, &bare), "copy.not_empty");
    assert_eq!(shop.setup().unwrap().shop.name, "Bare");
    // And of nothing there is no copy.
    drop(Opening::new(place.file("nothing.db")).creating(true).open().unwrap());
    refused(copy(&place.file("nothing.db"), &place.file("target.db")), "shop.missing");
}

#[test]
fn nothing_is_made_for_a_copy_of_no_shop() {
    let place = Place::new("copy_none");
    for to in [place.file("new.db"), place.postgres()] {
        refused(copy(&"memory:".parse().unwrap(), &to), "shop.missing");
        let error = sutler::open(&to.to_string()).err().unwrap();
        assert!(error.to_string().starts_with("there is no shop"), "{error}");
    }
}

fn sql(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_shop_that_is_not_in_order_is_not_copied() {
    let place = Place::new("damaged");
    drop(place.sold("first.db", 12, 3));
    sql(&place.path("first.db"), "UPDATE raw_level SET on_hand = on_hand + 1 WHERE variant = 2");
    let told = refused(copy(&place.file("first.db"), &place.postgres()), "copy.source_damaged");
    assert!(told.contains("stock.level"), "{told}");
    // Nothing was begun.
    let shop = Opening::new(place.postgres()).open().unwrap();
    assert_eq!(shop.setup().unwrap_err().code(), "shop.missing");
}

#[test]
fn a_shop_of_an_older_schema_is_not_brought_to_a_newer_one_to_be_copied() {
    let place = Place::new("older");
    drop(place.sold("first.db", 3, 1));
    let older =
        "DROP TABLE raw_copy; DELETE FROM raw_migration WHERE number > 8; PRAGMA user_version = 8";
    sql(&place.path("first.db"), older);
    let error = copy(&place.file("first.db"), &place.postgres()).unwrap_err();
    assert!(matches!(error, CopyError::Open(_)), "{error}");
    assert!(error.to_string().contains("has schema 8"), "{error}");
    let found = rusqlite::Connection::open(place.path("first.db")).unwrap();
    let newest = found.query_one("PRAGMA user_version", [], |row| row.get(0));
    assert_eq!(newest, Ok(8_u32), "and nothing stands beside it");
    assert!(!place.path("first.db.schema-8.bak").exists());
}

#[test]
fn a_copy_that_does_not_hold_what_it_was_given_stays_shut() {
    let place = Place::new("spoilt");
    drop(place.sold("first.db", 12, 3));
    let (first, target) = (place.file("first.db"), place.file("target.db"));
    let path = place.path("target.db");
    let outcome = sutler::copy(&first, &target, &mut |step| {
        if matches!(step, CopyStep::Writing { done, of } if done == of) {
            sql(&path, "UPDATE raw_price SET amount = amount + 1");
        }
    });
    let told = refused(outcome, "copy.differs");
    assert!(told.contains("prices"), "{told}");
    is_unfinished(&target);
    // The same copy again finds it again.
    refused(copy(&first, &target), "copy.differs");
}
