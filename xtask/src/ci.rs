//! `cargo xtask ci`: what must pass before a change is merged, cheapest first.

use crate::step::{self, Failure, Step};
use crate::test;

/// Runs everything.
pub(crate) fn run() -> Result<(), Failure> {
    step::run_all(&lints())?;
    supply_chain()?;
    test::run()
}

fn lints() -> Vec<Step> {
    vec![
        Step::new("fmt", "cargo fmt --all --check"),
        Step::new("clippy", "cargo clippy --workspace --all-targets --all-features -- -D warnings"),
        Step::new("rustdoc", "cargo doc --workspace --all-features --no-deps")
            .env("RUSTDOCFLAGS", "-D warnings"),
    ]
}

/// Checks licenses, bans, sources and advisories, as far as the tool and its database can be had.
///
/// Both come from the network, and a run without one is still worth having; what was left out is said plainly.
fn supply_chain() -> Result<(), Failure> {
    if !step::is_there("cargo-deny") {
        step::remark(
            "cargo-deny",
            "not installed, so licenses, bans, sources and advisories were not checked \
             (`cargo install --locked cargo-deny`)",
        );
        return Ok(());
    }
    Step::new("licenses", "cargo deny --workspace check licenses bans sources").run()?;
    let database = Step::new("advisory database", "cargo deny fetch db");
    match database.run() {
        Ok(()) => {
            Step::new("advisories", "cargo deny --workspace --offline check advisories").run()
        }
        Err(failure) => {
            step::remark("advisories", &format!("their database cannot be had: {}", failure.what));
            Ok(())
        }
    }
}
