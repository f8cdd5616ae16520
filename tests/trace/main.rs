//! One trace of commands on every back-end: the same answers, line by line, the same hash of the newest event after each, and
//! at the end the same records, ledgers and chains, with nothing that `verify` finds.
//!
//! Traces are text (see `words`). Some stand in `scenarios/`, for people; others are drawn by chance (see `draw`). A drawn one
//! that fails is made short and told as a scenario. `SUTLER_TRACE_SEED=7` draws that one alone, `SUTLER_TRACE_LINES=500`
//! makes traces longer.

#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    unreachable_pub,
    reason = "a failed step should stop the test"
)]

mod draw;
mod side;
#[path = "../store_each/mod.rs"]
mod store_each;
mod words;

use std::sync::Arc;

use side::Side;
use store_each::Places;
use sutler_store_memory::MemoryStore;

/// Every file, as the folder `scenarios/` has it.
const FILES: &[(&str, &str)] = &[
    ("checkout.txt", include_str!("scenarios/checkout.txt")),
    ("credit.txt", include_str!("scenarios/credit.txt")),
    ("order.txt", include_str!("scenarios/order.txt")),
];

/// How many traces are drawn, and how long each is.
const TRACES: u64 = 4;
const LINES: usize = 150;

/// How often a trace that fails is tried with less in it: on servers, and in memory.
const TRIES: usize = 100;
const TRIES_IN_MEMORY: usize = 2_000;

/// Runs a trace on all sides; says where they differ. Each line may begin with what its answer must contain, before `<-`.
fn run(mut sides: Vec<Side>, trace: &[String]) -> Result<(), String> {
    for (at, line) in trace.iter().enumerate() {
        let (wanted, command) = match line.split_once("<-") {
            Some((wanted, command)) => (wanted.trim(), command),
            None => ("", line.as_str()),
        };
        let told: Vec<(String, String)> =
            sides.iter_mut().map(|side| (side.run(command), side.head())).collect();
        for (side, own) in sides.iter().zip(&told) {
            if *own != told[0] {
                let (name, first) = (side.name, sides[0].name);
                return Err(format!(
                    "line {at}, `{line}`:\n{first}: {:?}\n{name}: {own:?}",
                    told[0]
                ));
            }
        }
        if !told[0].0.contains(wanted) {
            return Err(format!("line {at}, `{line}`: {}", told[0].0));
        }
    }
    let first = sides[0].picture();
    for side in &sides {
        if side.picture() != first {
            side.picture().assert_same(&first, side.name);
        }
        let report = side.shop.verify(&mut |_| {}).unwrap();
        if !report.is_clean() {
            return Err(format!("{}: {:#?}", side.name, report.findings));
        }
    }
    Ok(())
}

/// Runs a trace on every store.
fn run_everywhere(trace: &[String]) -> Result<(), String> {
    let places = Places::new();
    let sides = places.stores().into_iter().map(|(name, store)| Side::new(name, store, false));
    run(sides.collect(), trace)
}

/// Leaves out of a failing trace what it does not take to fail, half by half, then line by line.
fn shortened(
    mut trace: Vec<String>,
    mut tries: usize,
    fails: impl Fn(&[String]) -> bool,
) -> Vec<String> {
    let mut size = trace.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < trace.len() && tries > 0 {
            tries -= 1;
            let rest: Vec<String> = [&trace[..at], &trace[(at + size).min(trace.len())..]].concat();
            if fails(&rest) { trace = rest } else { at += size }
        }
        size /= 2;
    }
    trace
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

#[test]
fn every_trace_by_chance_is_the_same_on_every_store() {
    let seeds = number("SUTLER_TRACE_SEED").map_or((1..=TRACES).collect(), |seed| vec![seed]);
    let lines = number("SUTLER_TRACE_LINES").map_or(LINES, |lines| lines as usize);
    for seed in seeds {
        let trace = draw::trace(seed, lines);
        let Err(why) = run_everywhere(&trace) else { continue };
        let short = shortened(trace, TRIES, |trace| run_everywhere(trace).is_err());
        let why = run_everywhere(&short).err().unwrap_or(why);
        panic!("SUTLER_TRACE_SEED={seed}: {why}\n\nscenario: made short\n{}", short.join("\n"));
    }
}

#[test]
fn every_scenario_is_the_same_on_every_store() {
    for (file, text) in FILES {
        for scenario in text.split("scenario: ").skip(1) {
            let (title, lines) = scenario.split_once('\n').unwrap();
            let lines = lines.lines().map(str::trim);
            let trace: Vec<String> = lines
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(str::to_owned)
                .collect();
            assert!(!trace.is_empty(), "{file}: {title}");
            if let Err(why) = run_everywhere(&trace) {
                panic!("{file}: {title}: {why}");
            }
        }
    }
}

/// The harness itself: a store that forgets an event of a shipment is found, and the trace that shows it is short.
#[test]
fn a_store_that_forgets_an_event_is_found_with_a_short_trace() {
    let run_beside = |trace: &[String]| {
        let side = |name, forgets| Side::new(name, Arc::new(MemoryStore::new()), forgets);
        run(vec![side("whole", false), side("forgetful", true)], trace)
    };
    let trace = draw::trace(1, 400);
    assert!(run_beside(&trace).unwrap_err().contains("forgetful"));
    let short = shortened(trace, TRIES_IN_MEMORY, |trace| run_beside(trace).is_err());
    assert!(short.len() <= 24, "{} lines:\n{}", short.len(), short.join("\n"));
}
