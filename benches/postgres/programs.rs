//! Several programs of sixteen threads on one shop: all want the same unit, or each its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::meter::median;
use crate::ours::{Goods, Ours};

/// Set for a program: its number, what it sells, for how long, and where.
pub const WORKER: &str = "SUTLER_BENCH_WORKER";

const THREADS: usize = 16;

pub fn print(server: &str, rounds: usize, time: Duration) {
    let url = format!("{server}?shop=bench_programs");
    let shop = Ours::new(&url);
    for programs in [1, 2, 4] {
        for hot in [true, false] {
            let rates: Vec<f64> = (0..rounds).map(|_| rate(&url, programs, hot, time)).collect();
            let what = if hot { "one unit" } else { "a unit each" };
            println!(
                "{programs} programs of {THREADS} threads, {what:<12}{:>8.0}/s",
                median(rates.iter().copied())
            );
        }
    }
    shop.end();
}

fn rate(url: &str, programs: usize, hot: bool, time: Duration) -> f64 {
    let mut workers: Vec<Child> = (0..programs).map(|n| start(url, n, hot, time)).collect();
    let mut answers: Vec<_> =
        workers.iter_mut().map(|worker| BufReader::new(worker.stdout.take().unwrap())).collect();
    let mut line = String::new();
    // Each says when its carts are filled.
    for answer in &mut answers {
        answer.read_line(&mut line).unwrap();
    }
    for worker in &mut workers {
        worker.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let told = answers.iter_mut().map(|answer| {
        let mut line = String::new();
        answer.read_line(&mut line).unwrap();
        line.trim().parse::<f64>().unwrap()
    });
    let rate = told.sum();
    workers.iter_mut().for_each(|worker| assert!(worker.wait().unwrap().success()));
    rate
}

fn start(url: &str, n: usize, hot: bool, time: Duration) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .env(WORKER, format!("{n};{hot};{};{url}", time.as_millis()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What one of the programs does.
pub fn work(work: &str) {
    let parts: Vec<&str> = work.splitn(4, ';').collect();
    let goods = if parts[1] == "true" { Goods::Hot } else { Goods::Own(parts[0].parse().unwrap()) };
    let time: u64 = parts[2].parse().unwrap();
    let mut shop = Ours::of_others(parts[3]);
    let carts = shop.carts(500 + 2 * usize::try_from(time).unwrap(), goods);
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    println!("{}", shop.sell_these(THREADS, carts, Duration::from_millis(time)).per_second);
}
