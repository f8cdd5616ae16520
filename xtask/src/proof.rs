//! `cargo xtask properties`, `cargo xtask fuzz` and `cargo xtask cuts`: what every run of the tests does a little of, done at
//! length.
//!
//! Properties are the proptest cases of core's money and pricing, in a release build, on as many threads as the machine
//! has. Fuzzing is libFuzzer on the targets in `fuzz/`, which stand outside of the workspace because they need a C++
//! compiler; the flags below are those that make a stable compiler count which code a text reaches. Cuts are of the line
//! between a shop and its Postgres server, around a COMMIT.
//!
//! Deliberately absent: sanitizers for memory. There is no unsafe code here, and they need a nightly compiler.

use std::process::Command;

use crate::postgres::Cluster;
use crate::step::{self, Failure, Step};

/// How many cases each property is tried on, unless the command says another number.
const CASES: u32 = 1_000_000;
/// For how long one target is fuzzed, unless the command says another time.
const SECONDS: u32 = 180;

/// How often a line is cut, unless the command says another number.
const CUTS: u32 = 1_000;

/// Counts edges and comparisons, as libFuzzer wants it.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Tries every property of money and pricing, or those whose names hold `filter`, on many cases.
pub(crate) fn properties(words: &[&str]) -> Result<(), Failure> {
    step::run_all(&[properties_step(words)?])
}

fn properties_step(words: &[&str]) -> Result<Step, Failure> {
    let (cases, filters) = match words {
        ["--cases", cases, filters @ ..] => (number(cases)?, filters),
        filters => (CASES, filters),
    };
    let filters = if filters.is_empty() { &["money::", "pricing::"] } else { filters };
    let line = format!("cargo test --release --package sutler-core --lib -- {}", filters.join(" "));
    Ok(Step::new("properties", &line).env("PROPTEST_CASES", cases.to_string()))
}

/// Fuzzes one target, beginning with its seeds and with what earlier runs found worth keeping.
///
/// Errors: the target is not there, or a text breaks it; libFuzzer says which and keeps it below `fuzz/artifacts`.
pub(crate) fn fuzz(target: &str, seconds: Option<&str>) -> Result<(), Failure> {
    let seconds = seconds.map_or(Ok(SECONDS), number)?;
    let corpus = crate::place::root().join("fuzz/corpus").join(target);
    for folder in [&corpus, &crate::place::root().join("fuzz/artifacts").join(target)] {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::new(format!("cannot make {}: {error}", folder.display()), "mend that")
        })?;
    }
    step::run_all(&[fuzz_step(target, seconds, &host()?)])
}

fn fuzz_step(target: &str, seconds: u32, host: &str) -> Step {
    // With a target named, cargo leaves the flags out of build scripts, which could not be linked with them.
    let line = format!(
        "cargo run --release --manifest-path fuzz/Cargo.toml --features libfuzzer --target {host} --bin {target} -- \
         -max_total_time={seconds} -max_len=2048 -timeout=10 -print_final_stats=1 \
         -artifact_prefix=fuzz/artifacts/{target}/ fuzz/corpus/{target} fuzz/seeds/{target}"
    );
    Step::new("fuzz", &line).env("RUSTFLAGS", COVERAGE)
}

/// Cuts the line around commits to Postgres, of one caller and of several who share a transaction.
///
/// Errors: there is no server, or a cut lost or doubled something.
pub(crate) fn cuts(count: Option<&str>) -> Result<(), Failure> {
    let step = cuts_step(count)?;
    step::run_all(&[Cluster::get()?.named_to(step)])
}

fn cuts_step(count: Option<&str>) -> Result<Step, Failure> {
    let line =
        "cargo test --package sutler-store-postgres --test disturbance -- a_line_that_is_cut";
    let cuts = count.map_or(Ok(CUTS), number)?;
    Ok(Step::new("cuts", line).env("SUTLER_TEST_CUTS", cuts.to_string()))
}

/// Asks the compiler for which machine it compiles.
fn host() -> Result<String, Failure> {
    let told = Command::new("rustc").arg("-vV").output().ok();
    let told = told.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| {
        Failure::new("`rustc -vV` does not say for which machine it compiles", "install Rust")
    })
}

fn number(word: &str) -> Result<u32, Failure> {
    word.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Failure::new(format!("`{word}` is no number above zero"), "write one, such as 1000")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_tried_on_a_million_cases_unless_another_number_is_said() {
        let line = |words: &[&str]| properties_step(words).map(|step| step.line());
        assert_eq!(
            line(&[]),
            Ok("PROPTEST_CASES=1000000 cargo test --release --package sutler-core --lib -- money:: pricing::".to_owned())
        );
        let few = line(&["--cases", "5", "refunds"]).expect("a number and a name");
        assert!(few.starts_with("PROPTEST_CASES=5 ") && few.ends_with(" -- refunds"), "{few}");
        assert!(line(&["--cases", "none"]).is_err() && line(&["--cases", "0"]).is_err());
    }

    #[test]
    fn a_line_is_cut_a_thousand_times_unless_another_number_is_said() {
        let line = |count| cuts_step(count).map(|step| step.line());
        assert!(line(None).is_ok_and(|line| line.starts_with("SUTLER_TEST_CUTS=1000 cargo test")));
        assert!(line(Some("7")).is_ok_and(|line| line.starts_with("SUTLER_TEST_CUTS=7 ")));
        assert!(line(Some("none")).is_err());
    }

    #[test]
    fn fuzzing_counts_what_is_reached_in_our_code_and_not_in_build_scripts() {
        let step = fuzz_step("money", 7, "x86_64-unknown-linux-gnu");
        assert!(step.line().starts_with("RUSTFLAGS='-Cpasses=sancov-module "), "{}", step.line());
        assert!(
            step.line()
                .contains("--target x86_64-unknown-linux-gnu --bin money -- -max_total_time=7")
        );
    }
}
