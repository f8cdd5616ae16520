//! Syncs of a checkout, counted in the kernel: the program runs itself under `strace`, with and without checkouts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::ours::Ours;

/// The argument that makes the program sell some carts, and nothing else.
pub const SELL: &str = "--sell";

/// How many checkouts are counted.
const CHECKOUTS: usize = 400;

/// Sells as many carts as told, by one caller.
pub fn sell(folder: &Path, checkouts: usize) {
    let mut ours = Ours::new(&folder.join(format!("counted-{checkouts}.db")), 100);
    ours.fill(CHECKOUTS, 3);
    if checkouts > 0 {
        ours.latencies(checkouts);
    } else {
        ours.sell(1, Duration::ZERO);
    }
}

/// Returns fsync and fdatasync calls of one checkout by one caller; `None` where there is no `strace`.
pub fn syncs(folder: &Path) -> Option<f64> {
    let count = |checkouts: usize| {
        let report = folder.join("strace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-o"]).arg(&report);
        strace.arg(std::env::current_exe().ok()?).args([SELL, &checkouts.to_string()]);
        let ended = strace.env("SUTLER_BENCH_DIR", folder).stderr(Stdio::null()).status().ok()?;
        let report = ended.success().then(|| std::fs::read_to_string(report))?.ok()?;
        let calls = |line: &str| -> Option<f64> {
            let words: Vec<&str> = line.split_whitespace().collect();
            let sync = matches!(words.last(), Some(&("fsync" | "fdatasync")));
            words.get(3).filter(|_| sync)?.parse().ok()
        };
        Some(report.lines().filter_map(calls).sum::<f64>())
    };
    Some((count(CHECKOUTS)? - count(0)?) / CHECKOUTS as f64)
}
