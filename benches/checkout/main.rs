//! Durable checkouts of a whole shop, beside the least that SQLite can do, in one run.
//!
//! `cargo bench --bench checkout` prints rates, CPU per checkout, commits, syncs, file size, and the ratios that matter. The
//! disk's own speed changes within the hour, so read ratios, not rates: five rounds measure everything in turn, and the
//! median of each is shown. One checkout is two commits around a provider call; the raw loop makes one commit with the same
//! rows by hand.
//!
//! `-- --quick` takes one short round; `-- --growth` measures instead how checkouts behave when a shop grows, in open orders
//! of one SKU and in SKUs. `SUTLER_BENCH_DIR` says which disk.

#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout,
    unreachable_pub,
    missing_docs,
    reason = "a measuring program: it stops at the first surprise, and rates are fractions"
)]

mod counted;
mod growth;
mod meter;
mod ours;
mod raw;

use std::path::Path;
use std::time::Duration;

use meter::{Figure, fsync_rate, median};
use ours::Ours;
use raw::Raw;

/// How many variants the shop sells.
const VARIANTS: usize = 1_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let given = |wanted: &str| args.iter().position(|arg| arg == wanted);
    // `cargo test` runs benches too, once and without a wish for figures.
    let quick = given("--quick").or(given("--test")).is_some();
    let place = std::env::var("SUTLER_BENCH_DIR").unwrap_or_else(|_| ".".to_owned());
    let folder = tempfile::tempdir_in(place).unwrap();
    if let Some(at) = given(counted::SELL) {
        return counted::sell(folder.path(), args[at + 1].parse().unwrap());
    }
    if given("--growth").is_some() {
        return growth::print(folder.path());
    }
    let (rounds, time) = if quick { (1, 300) } else { (5, 1_200) };
    print(folder.path(), rounds, Duration::from_millis(time));
}

/// What is measured in each round.
#[derive(Clone, Copy)]
struct Round {
    fsync: f64,
    raw: Figure,
    /// At 8 and 64 callers.
    queue: [Figure; 2],
    /// At 1, 8 and 64 callers.
    ours: [Figure; 3],
}

fn print(folder: &Path, rounds: usize, time: Duration) {
    let mut raw = Raw::new(&folder.join("raw.db"));
    let mut ours = Ours::new(&folder.join("shop.db"), VARIANTS);
    let rounds: Vec<Round> =
        (0..rounds).map(|_| round(folder, &mut raw, &mut ours, time)).collect();
    let middle = |of: &dyn Fn(&Round) -> f64| median(rounds.iter().map(of));
    let line = |name: &str, of: &dyn Fn(&Round) -> Figure, more: String| {
        let (rate, cpu) = (middle(&|r| of(r).per_second), middle(&|r| of(r).cpu_micros));
        println!("{name:<27}{rate:>8.0}/s{cpu:>7.0} µs CPU   {more}");
    };

    println!("fsync                      {:>8.0}/s", middle(&|r| r.fsync));
    line("raw, 1 per commit", &|r| r.raw, String::new());
    for (at, callers) in [8, 64].into_iter().enumerate() {
        let batch = middle(&|r| r.queue[at].done as f64 / r.queue[at].commits as f64);
        line(
            &format!("raw queue, {callers} callers"),
            &|r| r.queue[at],
            format!("{batch:.0} a commit"),
        );
    }
    for (at, callers) in [1, 8, 64].into_iter().enumerate() {
        let commits = middle(&|r| r.ours[at].commits as f64 / r.ours[at].done as f64);
        let whole = middle(&|r| r.ours[at].per_second / against(r, at).per_second);
        let each = middle(&|r| r.ours[at].per_second * 2.0 / against(r, at).per_second);
        let more = format!(
            "{commits:.2} commits, {whole:.2} of raw, {each:.2} counting both commits of each"
        );
        let s = if callers == 1 { "" } else { "s" };
        line(&format!("checkouts, {callers} caller{s}"), &|r| r.ours[at], more);
    }
    match counted::syncs(folder) {
        Some(syncs) => println!("syncs of a checkout, 1 caller: {syncs:.2}, counted by strace"),
        None => println!("syncs of a checkout are counted where strace is installed"),
    }
    println!("100,000 checkouts          {:>8.1} MB, {} sold", ours.size_of_100k(), ours.sold);
    let reads: Vec<[f64; 3]> = (0..rounds.len()).map(|_| ours.reads()).collect();
    let [one, newest, halfway] = [0, 1, 2].map(|at| median(reads.iter().map(|r| r[at])));
    println!("an order with its lines    {one:>8.1} µs");
    println!("newest 50, a page halfway  {newest:>8.1} µs, {halfway:.1} µs");
}

/// What checkouts of so many callers are compared with.
fn against(round: &Round, at: usize) -> &Figure {
    if at == 0 { &round.raw } else { &round.queue[at - 1] }
}

fn round(folder: &Path, raw: &mut Raw, ours: &mut Ours, time: Duration) -> Round {
    let fsync = fsync_rate(folder, time / 3);
    let single = raw.singly(time);
    let mut sell = |callers: usize, most: usize| {
        // More than any disk lets us sell in the time, so that it never runs dry.
        ours.fill(500 + most * time.as_millis() as usize / 1_000, 3);
        ours.sell(callers, time)
    };
    let one = sell(1, 5_000);
    let queue_8 = raw.queued(8, time);
    let eight = sell(8, 10_000);
    let queue_64 = raw.queued(64, time);
    let many = sell(64, 20_000);
    Round { fsync, raw: single, queue: [queue_8, queue_64], ours: [one, eight, many] }
}
