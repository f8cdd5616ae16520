//! Importing a catalog, beside the least that csv and SQLite can do, in one run.
//!
//! `cargo bench --bench import` makes a Shopify file of 100,000 variants (4 to a product), puts it into a table with a
//! unique SKU by hand, then imports it with plan, checks and durable batches, twice: the second time nothing changes.
//! Then it fills the search index. With `-- --quick` the file has 4,000 variants, with `-- --rows N` it has N.
//!
//! What is measured, beside time: the processor's time of this program, which other programs on the machine do not move as
//! much; and the most memory of its own while the file is planned and written, which must not grow with the file beyond
//! [`MEMORY_MB_MAX`]: then the program fails.

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

/// The most memory over what the program had with an open, empty shop.
const MEMORY_MB_MAX: f64 = 64.0;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let quick = args.iter().any(|arg| arg == "--quick" || arg == "--test");
    let said = args.iter().skip_while(|arg| *arg != "--rows").nth(1).map(|n| n.parse().unwrap());
    let rows: usize = said.unwrap_or(if quick { 4_000 } else { 100_000 });
    let folder =
        tempfile::tempdir_in(std::env::var("SUTLER_BENCH_DIR").unwrap_or_else(|_| ".".to_owned()))
            .unwrap();
    let file = folder.path().join("catalog.csv");
    write_catalog(&file, rows);
    println!("{rows} variants, {:.1} MB", std::fs::metadata(&file).unwrap().len() as f64 / 1e6);

    let raw = timed(|| raw_import(&file, &folder.path().join("raw.db")));
    println!(
        "csv → rusqlite by hand    {:>9.0} rows/s   {:.2} s of processor",
        rows as f64 / raw.seconds,
        raw.cpu
    );

    let shop =
        sutler::create(&format!("sqlite:{}", folder.path().join("shop.db").display())).unwrap();
    shop.init(&InitCommand::new("Bench", "EUR", "DE").unwrap()).unwrap();
    let base = resident_mb();
    let mut peaks = Vec::new();
    for run in ["first", "again"] {
        let (mut planned, mut written, mut changed) = (base, base, 0);
        let took = timed(|| {
            let options = ImportOptions::new("catalog.csv");
            let mut watch = |_: &_| planned = planned.max(resident_mb());
            let plan = shop.import_plan_watched(Input::path(&file), &options, &mut watch).unwrap();
            let summary = shop
                .import_apply(plan, &mut |_| {
                    written = written.max(resident_mb());
                    ControlFlow::Continue(())
                })
                .unwrap();
            changed = summary.created + summary.updated;
        });
        println!(
            "import, {run} run         {:>9.0} rows/s   {:.2} × raw, {:.2} s of processor, {changed} products changed",
            rows as f64 / took.seconds,
            raw.seconds / took.seconds,
            took.cpu
        );
        peaks.extend([planned - base, written - base]);
    }
    let [plan, write, plan_again, write_again] = peaks[..] else { unreachable!() };
    println!(
        "memory over base          {plan:>9.1} MB plan, {write:.1} MB write; again {plan_again:.1} MB, {write_again:.1} MB"
    );
    let index = timed(|| {
        shop.index_sync().unwrap();
    });
    println!(
        "search index, first fill  {:>9.0} rows/s   {:.2} s of processor, {:.1} MB over base after it",
        rows as f64 / index.seconds,
        index.cpu,
        resident_mb() - base
    );
    let most = peaks.into_iter().fold(0.0, f64::max);
    assert!(most <= MEMORY_MB_MAX, "{most:.1} MB over base are more than {MEMORY_MB_MAX}");
}

/// How long something took, by the clock and of the processor, in seconds.
struct Took {
    seconds: f64,
    cpu: f64,
}

fn timed(work: impl FnOnce()) -> Took {
    let (start, before) = (Instant::now(), cpu_seconds());
    work();
    Took { seconds: start.elapsed().as_secs_f64(), cpu: cpu_seconds() - before }
}

/// What the processors did for this program so far, in its own code and in the system's.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    // Fields 14 and 15, in hundredths of a second.
    let ticks = behind_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
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
