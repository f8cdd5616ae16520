//! The developer commands of Sutler: `cargo xtask test`, `cargo xtask samples`, `cargo xtask docs`,
//! `cargo xtask properties`, `cargo xtask fuzz`, `cargo xtask cuts`, `cargo xtask ci`.
//!
//! A command is a list of [`step::Step`]s that reads like what one would type. Every step is announced, timed, and the
//! first that fails ends the run with its name and the line to repeat it alone. The crate leans on the standard
//! library and on the two crates whose tables it renders (`sutler-core`; `sutler-engine`, whose codes join those of `sutler-exchange`).
//!
//! Deliberately absent: any knowledge of how a test works. A test that needs a set-up (merchant samples today, a
//! database server for a further back-end) gets it through an environment variable that a function of [`mod@test`] puts
//! on the step; what the variable means is the test's own business.

mod ci;
mod docs;
mod place;
mod postgres;
mod proof;
mod step;
mod test;

use std::io::Write as _;
use std::process::ExitCode;

use step::Failure;

const HELP: &str = "\
The developer commands of Sutler

Usage: cargo xtask <COMMAND>

Commands:
  test            Run every test: root library without features, doc tests, all other tests
  test --store postgres
                  Run the tests that need a Postgres server, and nothing else
  samples DIR     Import every real merchant file below DIR and compare with its counts
  properties      Try each property of money and pricing on a million cases; --cases N [NAME] for N, and those so named
  fuzz TARGET     Fuzz `money` or `promotion` for three minutes, or for as many seconds as stand behind the target
  cuts [N]        Cut the line to Postgres around a commit a thousand times, or N times, for one caller and for several
  docs            Write the generated pages of docs/ anew
  docs --check    Say which generated page is not current; write nothing
  ci              fmt, clippy, rustdoc, cargo-deny, then `test`
  help            Print this text

Environment:
  SUTLER_SAMPLES  Folder of real merchant files; without it, ../shared/samples is taken when it is there
  SUTLER_TEST_POSTGRES
                  A Postgres server for the tests (postgres://user@host/db); without it, a throwaway one is started
  CI              When `true`, samples that cannot be found are a failure instead of a remark
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test::run(),
        ["test", "--store", "postgres"] => test::postgres(),
        ["samples", folder] => test::samples(folder),
        ["properties", words @ ..] => proof::properties(words),
        ["fuzz", target] => proof::fuzz(target, None),
        ["fuzz", target, seconds] => proof::fuzz(target, Some(seconds)),
        ["cuts"] => proof::cuts(None),
        ["cuts", count] => proof::cuts(Some(count)),
        ["docs"] => docs::run(docs::Mode::Write),
        ["docs", "--check"] => docs::run(docs::Mode::Check),
        ["ci"] => ci::run(),
        ["help" | "--help" | "-h"] => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        [] => {
            complain(HELP);
            return ExitCode::from(2);
        }
        other => {
            complain(&format!("error: `cargo xtask {}` is no command\n\n{HELP}", other.join(" ")));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { what, help }) => {
            complain(&format!("\nerror: {what}\n  help: {help}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Writes what was asked for to stdout. A closed pipe is quiet.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes progress and complaints to stderr.
fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
