//! Importing a catalog, beside the least that csv and SQLite can do, in one run.
//!
//! `cargo bench --bench import` makes a Shopify file of 100,000 variants (4 to a product), puts it into a table with a
//! unique SKU by hand, then imports it with plan, checks and durable batches, twice: the second time nothing changes.
//! With `-- --quick` the file has 4,000 variants.

#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "a measuring program: it stops at the first surprise, and rates are fractions"
)]

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use sutler::engine::flow::import::{ImportOptions, Input};
use sutler::prelude::*;

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick" || arg == "--test");
    let rows = if quick { 4_000 } else { 100_000 };
    let folder =
        tempfile::tempdir_in(std::env::var("SUTLER_BENCH_DIR").unwrap_or_else(|_| ".".to_owned()))
            .unwrap();
    let file = folder.path().join("catalog.csv");
    write_catalog(&file, rows);
    println!("{rows} variants, {:.1} MB", std::fs::metadata(&file).unwrap().len() as f64 / 1e6);

    let raw = timed(|| raw_import(&file, &folder.path().join("raw.db")));
    println!("csv → rusqlite by hand    {:>9.0} rows/s", rows as f64 / raw);

    let shop =
        sutler::create(&format!("sqlite:{}", folder.path().join("shop.db").display())).unwrap();
    shop.init(&InitCommand::new("Bench", "EUR", "DE").unwrap()).unwrap();
    let base = resident_mb();
    let mut peak = base;
    for run in ["first", "again"] {
        let mut changed = 0;
        let seconds = timed(|| {
            let plan =
                shop.import_plan(Input::path(&file), &ImportOptions::new("catalog.csv")).unwrap();
            let summary = shop
                .import_apply(plan, &mut |_| {
                    peak = peak.max(resident_mb());
                    ControlFlow::Continue(())
                })
                .unwrap();
            changed = summary.created + summary.updated;
        });
        println!(
            "import, {run} run         {:>9.0} rows/s   {:.2} × raw, {changed} products changed",
            rows as f64 / seconds,
            raw / seconds
        );
    }
    println!("memory over base          {:>9.1} MB", peak - base);
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Memory of our own: pages of the mapped file are the system's to take back at any time.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn write_catalog(path: &Path, rows: usize) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(
        out,
        "Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,\
         Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Status"
    )
    .unwrap();
    for row in 0..rows {
        let (product, first) = (row / 4, row % 4 == 0);
        let head = |text: String| if first { text } else { String::new() };
        writeln!(
            out,
            "thing-{product},{},{},{},{},{},SKU-{row:08},{},shopify,{},deny,{}.{:02},,{:013},{}",
            head(format!("\"Thing number {product}, of oak\"")),
            head(format!("<p>Thing {product} is made by hand.</p>")),
            head(format!("Maker {}", product % 300)),
            head("Size".to_owned()),
            ["S", "M", "L", "XL"][row % 4],
            100 + row % 900,
            row % 50,
            5 + row % 90,
            row % 100,
            2_000_000_000_000_u64 + row as u64,
            head("active".to_owned()),
        )
        .unwrap();
    }
}

fn raw_import(file: &Path, db: &Path) {
    let db = rusqlite::Connection::open(db).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
         CREATE TABLE variant (id INTEGER PRIMARY KEY, handle TEXT, title TEXT, body TEXT, vendor TEXT, option TEXT, sku TEXT UNIQUE,
             grams INTEGER, stock INTEGER, price INTEGER, barcode TEXT, status TEXT);",
    )
    .unwrap();
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_path(file).unwrap();
    let mut record = csv::ByteRecord::new();
    let insert = "INSERT INTO variant (handle, title, body, vendor, option, sku, grams, stock, price, barcode, status)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let mut count = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        if count % 10_000 == 0 {
            db.execute_batch(if count == 0 { "BEGIN" } else { "COMMIT; BEGIN" }).unwrap();
        }
        count += 1;
        let text = |i: usize| std::str::from_utf8(&record[i]).unwrap();
        let number = |i: usize| text(i).replace('.', "").parse::<i64>().unwrap();
        db.prepare_cached(insert)
            .unwrap()
            .execute(rusqlite::params![
                text(0),
                text(1),
                text(2),
                text(3),
                text(5),
                text(6),
                number(7),
                number(9),
                number(11),
                text(13),
                text(14)
            ])
            .unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
}
