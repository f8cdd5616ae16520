//! Durable checkouts of a whole shop, beside the least that SQLite can do, in one run.
//!
//! `cargo bench --bench checkout` prints rates, CPU per checkout and file size, and the ratios that matter. The disk's own
//! speed changes within the hour, so read ratios, not rates. One checkout is two commits around a provider call; the raw
//! loop makes one commit with the same rows by hand. With `-- --quick` every figure takes a tenth of the time.

#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "a measuring program: it stops at the first surprise, and rates are fractions"
)]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use sutler::Shop;
use sutler::prelude::*;

/// How many variants the shop sells.
const VARIANTS: usize = 1_000;

fn main() {
    // `cargo test` runs benches too, once and without a wish for figures.
    let quick = std::env::args().any(|arg| arg == "--quick" || arg == "--test");
    let time = Duration::from_millis(if quick { 300 } else { 3_000 });
    let folder =
        tempfile::tempdir_in(std::env::var("SUTLER_BENCH_DIR").unwrap_or_else(|_| ".".to_owned()))
            .unwrap();
    println!("fsync                     {:>9.0}/s", fsync_rate(folder.path(), time / 3));
    let raw = raw_single(&folder.path().join("raw.db"), time);
    println!("raw, 1 per commit         {:>9.0}/s  {:>6.0} µs CPU", raw.per_second, raw.cpu_micros);
    for callers in [1, 8, 64] {
        let path = folder.path().join(format!("shop-{callers}.db"));
        let figure = checkouts(&path, callers, time);
        println!(
            "checkouts, {callers:>2} callers     {:>9.0}/s  {:>6.0} µs CPU   {:.2} × raw",
            figure.per_second,
            figure.cpu_micros,
            figure.per_second / raw.per_second
        );
        if callers == 64 {
            reads(&path, figure.orders);
        }
    }
    println!("fsync again               {:>9.0}/s", fsync_rate(folder.path(), time / 3));
}

struct Figure {
    per_second: f64,
    cpu_micros: f64,
    orders: usize,
}

/// CPU time of this process, all threads, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Runs `work` until the time is over; `work` says whether it did something.
fn measure(time: Duration, callers: usize, work: impl Fn() -> bool + Sync) -> Figure {
    let (cpu, start, done) = (cpu_seconds(), Instant::now(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                while start.elapsed() < time && work() {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (elapsed, done) = (start.elapsed().as_secs_f64(), done.into_inner());
    Figure {
        per_second: done as f64 / elapsed,
        cpu_micros: (cpu_seconds() - cpu) * 1e6 / done as f64,
        orders: done,
    }
}

fn fsync_rate(folder: &Path, time: Duration) -> f64 {
    use std::io::Write as _;
    let file = std::sync::Mutex::new(std::fs::File::create(folder.join("fsync")).unwrap());
    let figure = measure(time, 1, || {
        let mut file = file.lock().unwrap();
        file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).is_ok()
    });
    figure.per_second
}

/// The same rows as a checkout of three lines, by hand, one durable commit each.
fn raw_single(path: &Path, time: Duration) -> Figure {
    let db = Connection::open(path).unwrap();
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000; PRAGMA cache_size = -65536;
         CREATE TABLE level (variant INTEGER PRIMARY KEY, free INTEGER NOT NULL CHECK (free >= 0), promised INTEGER NOT NULL);
         CREATE TABLE sale (id BLOB PRIMARY KEY, email TEXT, ship_to TEXT, total INTEGER, tax INTEGER, at INTEGER) WITHOUT ROWID;
         CREATE TABLE sale_line (sale BLOB, line INTEGER, variant INTEGER, title TEXT, quantity INTEGER, price INTEGER, tax INTEGER,
             PRIMARY KEY (sale, line)) WITHOUT ROWID;
         CREATE TABLE payment (id BLOB PRIMARY KEY, sale BLOB, amount INTEGER, reference TEXT) WITHOUT ROWID;
         CREATE TABLE movement (seq INTEGER PRIMARY KEY, variant INTEGER, quantity INTEGER, sale BLOB, at INTEGER);
         CREATE TABLE event (seq INTEGER PRIMARY KEY, kind TEXT, subject BLOB, data TEXT);",
    )
    .unwrap();
    for variant in 0..VARIANTS {
        db.execute("INSERT INTO level VALUES (?1, 1000000000, 0)", [variant as i64]).unwrap();
    }
    let (db, turn) = (std::sync::Mutex::new(db), AtomicUsize::new(0));
    measure(time, 1, || {
        let (db, turn) = (db.lock().unwrap(), turn.fetch_add(1, Ordering::Relaxed));
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            db.prepare_cached(sql).unwrap().execute(values).unwrap()
        };
        let id = |salt: u128| ((turn as u128) << 8 | salt).to_be_bytes().to_vec();
        let sale = id(1);
        run("BEGIN IMMEDIATE", &[]);
        for line in 0..3_i64 {
            let variant = ((turn * 7 + line as usize * 13) % VARIANTS) as i64;
            let taken = run(
                "UPDATE level SET free = free - 1, promised = promised + 1 WHERE variant = ?1 AND free >= 1",
                &[&variant],
            );
            assert_eq!(taken, 1);
            run(
                "INSERT INTO sale_line VALUES (?1, ?2, ?3, 'A thing of some kind', 1, 1990, 318)",
                params![sale, line, variant],
            );
            run(
                "INSERT INTO movement (variant, quantity, sale, at) VALUES (?1, -1, ?2, ?3)",
                params![variant, sale, turn as i64],
            );
        }
        let address = "[\"Ada Lovelace\",\"St James's Square 12\",\"10115\",\"Berlin\",\"DE\"]";
        run(
            "INSERT INTO sale VALUES (?1, 'ada@example.com', ?2, 6460, 1031, ?3)",
            params![sale, address, turn as i64],
        );
        run("INSERT INTO payment VALUES (?1, ?2, 6460, 'test_authorize_1')", params![id(2), sale]);
        run(
            "INSERT INTO event (kind, subject, data) VALUES ('order.placed', ?1, '{\"total\":6460}')",
            params![sale],
        );
        run("COMMIT", &[]);
        true
    })
}

fn new_shop(path: &Path) -> (Shop, Vec<VariantId>) {
    let shop = sutler::create(&format!("sqlite:{}", path.display())).unwrap();
    shop.init(&InitCommand::new("Bench", "EUR", "DE").unwrap()).unwrap();
    let mut catalog = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n",
    );
    for n in 0..VARIANTS {
        catalog.push_str(&format!(
            "thing-{n},Thing number {n},Title,Default Title,SKU-{n},{}.90,shopify,1000000\n",
            5 + n % 50
        ));
    }
    shop.import_text(&catalog, "bench.csv").unwrap();
    let variants =
        (0..VARIANTS).map(|n| shop.find_variant(&format!("SKU-{n}")).unwrap().variant.id).collect();
    (shop, variants)
}

/// Checkouts of carts with three lines that are filled before the clock runs.
fn checkouts(path: &Path, callers: usize, time: Duration) -> Figure {
    let (shop, variants) = new_shop(path);
    // More than any disk lets us sell in the time, so that it never runs dry.
    let wanted = 500 + 5_000 * time.as_millis() as usize / 1_000 * if callers == 1 { 1 } else { 2 };
    let carts = std::sync::Mutex::new(Vec::with_capacity(wanted));
    let turn = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                loop {
                    let n = turn.fetch_add(1, Ordering::Relaxed);
                    if n >= wanted {
                        return;
                    }
                    let cart = shop.cart_new("web", None).unwrap().id;
                    for line in 0..3 {
                        shop.cart_add(
                            cart,
                            variants[(n * 7 + line * 13) % VARIANTS],
                            Quantity::ONE,
                        )
                        .unwrap();
                    }
                    carts.lock().unwrap().push(cart);
                }
            });
        }
    });
    let before = std::fs::metadata(path).map_or(0, |file| file.len());
    let figure = measure(time, callers, || {
        let Some(cart) = carts.lock().unwrap().pop() else { return false };
        let command = CheckoutCommand {
            cart,
            email: "ada@example.com".to_owned(),
            ship_to: "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap(),
            delivery: "standard".to_owned(),
            pay: "test:ok".to_owned(),
            expect_total: None,
            key: Some(IdempotencyKey::new(format!("checkout-{cart}")).unwrap()),
        };
        shop.checkout(&command).unwrap();
        true
    });
    drop(shop);
    let after = std::fs::metadata(path).map_or(0, |file| file.len());
    let per_100k = after.saturating_sub(before) as f64 / figure.orders as f64 * 100_000.0 / 1e6;
    println!(
        "  size of 100,000 checkouts {per_100k:>6.1} MB (carts not counted, {} sold)",
        figure.orders
    );
    figure
}

/// Looks at orders: one with its lines, the newest page, a page in the middle.
fn reads(path: &Path, orders: usize) {
    let shop = sutler::open(&format!("sqlite:{}", path.display())).unwrap();
    let store = shop.store();
    let numbers: Vec<OrderNumber> =
        (0..orders as u64).map(|n| OrderNumber(OrderNumber::FIRST.0 + n)).collect();
    let ids: Vec<OrderId> = numbers
        .iter()
        .step_by((orders / 500).max(1))
        .filter_map(|n| store.order_by_number(*n).unwrap())
        .map(|order| order.id)
        .collect();
    let micros = |times: usize, work: &dyn Fn(usize)| {
        let start = Instant::now();
        (0..times).for_each(work);
        start.elapsed().as_secs_f64() * 1e6 / times as f64
    };
    let one = micros(20_000, &|n| assert!(store.order(ids[n % ids.len()]).unwrap().is_some()));
    let page =
        |before| store.order_page(sutler::core::port::OrderFilter::default(), before, 50).unwrap();
    let newest = micros(1_000, &|_| assert_eq!(page(None).len(), 50.min(orders)));
    let middle = micros(1_000, &|_| {
        assert_eq!(page(numbers.get(orders / 2).copied()).len(), 50.min(orders / 2))
    });
    println!("  an order with its lines   {one:>6.1} µs");
    println!("  newest 50, a page halfway {newest:>6.1} µs, {middle:.1} µs");
}
