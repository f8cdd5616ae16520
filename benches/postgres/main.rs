//! Checkouts of a whole shop on Postgres, beside the same work by hand, in one run.
//!
//! `SUTLER_TEST_POSTGRES=postgres://… cargo bench --features postgres --bench postgres` prints rates and the ratios that matter: the
//! goals P10 (a commit in two flights; 64 callers of one process beside one statement at a time by 8 clients) and P11 (the same on
//! one hot unit, beside a row lock). The server's disk has a speed of its own, so read ratios: some rounds measure everything in
//! turn, and the median of each is shown. One checkout is two commits around a provider call; the work by hand makes one.
//!
//! Neither goal is met. One short round on two idle cores with a quick disk: by hand 1,040, 4,270 and 16,800 a second (1 client, 8, one writer for 64 callers);
//! whole checkouts 315, 985 and 2,140 (1, 8, 64 callers): P10 0.5 (of 4), P11 1.5 (of 8), twice that counting both commits. With other programs at work on both
//! cores P10 is 0.6 and P11 8.7, because the lock of a row is then held for longer. A checkout is seven flights: its two commits are two each, the rest are
//! reads. A transaction of 64 callers carries some 36 sets; 2.1 ms of it are loading, 0.9 deciding, 4.6 writing and the sync. Clients by hand
//! share one sync among their commits; ours follow one another, because each holds the head of the event log until it is synced; and a commit here writes an
//! order with its log, ledger and chained events where the work by hand writes four bare rows. Tried: 2, 4, 16 and 32 connections that read instead of 8
//! (fewer are slower, more gain nothing); one thread below the port instead of two (nothing); goods in one flight, plans by index that are made once, and
//! lz4, which were kept and gave 1.6 times the checkouts (`docs/adr/0018-fixed-plans-and-goods-in-one-flight.md`). Not tried: giving the locks back before the
//! sync (`docs/adr/0016-hot-units-across-processes.md`).
//!
//! `-- --quick` takes one short round. `-- --alone` lets 64 callers check out for some seconds and nothing else, for a
//! profiler. `-- --programs` measures instead 1, 2 and 4 programs of 16 threads, on one unit and on many.

#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout,
    unreachable_pub,
    dead_code,
    missing_docs,
    reason = "a measuring program: it stops at the first surprise, and rates are fractions"
)]

mod flights;
#[path = "../checkout/meter.rs"]
mod meter;
mod ours;
mod programs;
mod raw;

use std::time::Duration;

use meter::median;
use ours::{Goods, Ours};
use raw::Raw;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let given = |wanted: &str| args.iter().any(|arg| arg == wanted);
    if let Ok(work) = std::env::var(programs::WORKER) {
        return programs::work(&work);
    }
    let server =
        std::env::var("SUTLER_TEST_POSTGRES").expect("SUTLER_TEST_POSTGRES names a server");
    // `cargo test` runs benches too, once and without a wish for figures.
    let (rounds, millis) = if given("--quick") || given("--test") { (1, 500) } else { (5, 2_000) };
    let time = Duration::from_millis(millis);
    if given("--programs") {
        return programs::print(&server, rounds, time);
    }
    if given("--alone") {
        return alone(&server);
    }
    print(&server, rounds, time);
}

/// Lets 64 callers check out for a while and nothing else, so that a profiler sees only that.
fn alone(server: &str) {
    let mut ours = Ours::new(&format!("{server}?shop=bench_alone"));
    ours.sell(64, Goods::Many, Duration::from_secs(1));
    let rate = ours.sell(64, Goods::Many, Duration::from_secs(8)).per_second;
    println!("checkouts, 64 callers alone {rate:>8.0}/s");
    println!("  {}", ours.stages());
    ours.end();
}

/// What is measured in each round, each a second.
struct Round {
    /// By 1 and 8 clients, one statement at a time; by 64 callers and one writer.
    raw: [f64; 3],
    /// By 1, 8 and 64 callers.
    ours: [f64; 3],
    /// On one hot unit: the row lock by 8 clients, ours by 8 and 64 callers.
    hot: [f64; 3],
}

fn print(server: &str, rounds: usize, time: Duration) {
    println!("flights of a checkout, 1 caller: {}", flights::counted(server));
    let raw = Raw::new(server);
    let mut ours = Ours::new(&format!("{server}?shop=bench_checkouts"));
    let mut stages = String::new();
    let rounds: Vec<Round> = (0..rounds)
        .map(|_| {
            let mut sell = |callers, goods| {
                let rate = ours.sell(callers, goods, time).per_second;
                if (callers, goods) == (64, Goods::Many) {
                    stages = ours.stages();
                }
                rate
            };
            let singly = raw.singly(1, time);
            let one = sell(1, Goods::Many);
            let eight_raw = raw.singly(8, time);
            let eight = sell(8, Goods::Many);
            let queue = raw.queued(64, time);
            let many = sell(64, Goods::Many);
            let lock = raw.hot(8, time);
            let hot = [lock, sell(8, Goods::Hot), sell(64, Goods::Hot)];
            Round { raw: [singly, eight_raw, queue], ours: [one, eight, many], hot }
        })
        .collect();
    let middle = |of: &dyn Fn(&Round) -> f64| median(rounds.iter().map(of));
    for (name, of) in [("1 client", 0), ("8 clients", 1), ("64 callers, one writer", 2)] {
        println!("by hand, {name:<24}{:>8.0}/s", middle(&|r| r.raw[of]));
    }
    for (callers, of) in [(1, 0), (8, 1), (64, 2)] {
        println!(
            "checkouts, {callers:>2} callers {:>18.0}/s  {:.2} of by hand, {:.2} counting both commits",
            middle(&|r| r.ours[of]),
            middle(&|r| r.ours[of] / r.raw[of]),
            middle(&|r| 2.0 * r.ours[of] / r.raw[of]),
        );
    }
    println!("  in the last round of 64: {stages}");
    let p10 = middle(&|r| r.ours[2] / r.raw[1]);
    println!("P10: 64 callers / by hand at 8: {p10:.2}, {:.2} counting both commits", 2.0 * p10);
    for (name, of) in [("row lock, 8 clients", 0), ("ours, 8 callers", 1), ("ours, 64 callers", 2)]
    {
        println!("hot unit, {name:<22}{:>8.0}/s", middle(&|r| r.hot[of]));
    }
    let p11 = middle(&|r| r.hot[2] / r.hot[0]);
    println!("P11: 64 callers / row lock at 8: {p11:.2}, {:.2} counting both commits", 2.0 * p11);
    ours.end();
}
