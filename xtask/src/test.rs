//! `cargo xtask test`: every test of the workspace, with the set-up that some of them need.
//!
//! The cheap steps stand first; the workspace's own tests stand last, so that the run ends with what cargo says of
//! them. Benches are left out: clippy compiles them in `ci`, and measuring is a command of its own.
//!
//! The Postgres back-end needs a server: [`Cluster`] starts one that lives as long as the run. A server that cannot be had
//! is a failure, never a skip; so is pgbouncer. Tests that crash or fill a server up start their own with the same programs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::place::{self, Samples};
use crate::postgres::Cluster;
use crate::step::{self, Failure, Step};

/// Runs every test.
pub(crate) fn run() -> Result<(), Failure> {
    require_c_compiler()?;
    let steps = steps()?;
    let cluster = Cluster::get()?;
    step::run_all(&steps.map(|step| cluster.named_to(step)))
}

/// Runs the tests that need a Postgres server.
pub(crate) fn postgres() -> Result<(), Failure> {
    require_c_compiler()?;
    let cluster = Cluster::get()?;
    let store = Step::new("postgres", "cargo test --package sutler-store-postgres");
    let program = Step::new(
        "program on postgres",
        "cargo test --package sutler-cli --features postgres --test postgres",
    );
    let shop = Step::new("shops on postgres", SHOPS);
    step::run_all(
        &[store, shop, program, flows("flows on postgres", "postgres")]
            .map(|step| cluster.named_to(step)),
    )
}

/// The tests of the library that run on every store.
const SHOPS: &str = "cargo test --package sutler --features postgres --test competition --test consumers --test copy \
     --test customer_group --test flash_sale --test gift --test kill --test outage --test postgres --test same_quote --test simulate --test trace";

/// Returns the tests of flows on a store; without the word for one they run in memory.
fn flows(name: &'static str, store: &str) -> Step {
    Step::new(name, "cargo test --package sutler-engine --tests").env("SUTLER_TEST_STORE", store)
}

/// Returns the steps in order.
///
/// Errors: the merchant samples are required and not there.
fn steps() -> Result<[Step; 6], Failure> {
    let plain =
        Step::new("no features", "cargo check --package sutler --lib --no-default-features");
    let doc_tests = Step::new("doc tests", "cargo test --workspace --all-features --doc");
    // All targets but benches, which would be run once each.
    let tests =
        Step::new("tests", "cargo test --workspace --all-features --lib --bins --examples --tests");
    // Outside of the workspace; without libFuzzer, so that no C++ compiler is needed.
    let seeds =
        Step::new("fuzz seeds", "cargo test --locked --manifest-path fuzz/Cargo.toml --lib");
    Ok([
        plain,
        seeds,
        doc_tests,
        flows("flows on sqlite", "sqlite"),
        flows("flows on postgres", "postgres"),
        with_samples(tests)?,
    ])
}

/// Runs the tests that read real merchant files, in a release build, on the files below `folder`.
pub(crate) fn samples(folder: &str) -> Result<(), Failure> {
    let Samples::At(folder) = place::samples(&place::root(), Some(folder.into()), true)? else {
        return Ok(());
    };
    let tests = Step::new(
        "samples",
        "cargo test --release --package sutler --test samples --package sutler-exchange",
    );
    step::run_all(&[tests.env("SUTLER_SAMPLES", step::path_text(&folder)?)])
}

/// Tells the tests where the real merchant files are.
fn with_samples(tests: Step) -> Result<Step, Failure> {
    let named = std::env::var_os("SUTLER_SAMPLES").map(PathBuf::from);
    let required = std::env::var_os("CI").is_some_and(|value| value == "true");
    match place::samples(&place::root(), named, required)? {
        Samples::At(folder) => Ok(tests.env("SUTLER_SAMPLES", step::path_text(&folder)?)),
        Samples::Missing => {
            step::remark(
                "samples",
                "no real merchant files in ../shared/samples, and SUTLER_SAMPLES is not set; the tests that read \
                 them check nothing in this run",
            );
            Ok(tests)
        }
    }
}

/// Checks that C can be compiled, because SQLite is built from its source.
///
/// Errors: the compiler is missing or has no headers. Without this the same thing is said some minutes later, in the
/// middle of a build log.
fn require_c_compiler() -> Result<(), Failure> {
    if cfg!(windows) {
        return Ok(()); // The `cc` crate finds MSVC through the registry; there is no name to try.
    }
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    if compiles_c(&compiler) {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "`{compiler}` cannot compile a C file that includes <stdlib.h>; SQLite is built from C"
        ),
        "Debian and Ubuntu: apt-get install gcc libc6-dev. Fedora: dnf install gcc. macOS: xcode-select --install",
    ))
}

/// Whether `compiler` accepts a small program from its stdin.
fn compiles_c(compiler: &str) -> bool {
    let mut words = compiler.split_whitespace();
    let Some(program) = words.next() else { return false };
    let child = Command::new(program)
        .args(words)
        .args(["-fsyntax-only", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    if let Some(mut stdin) = child.stdin.take() {
        use std::io::Write as _;
        // A compiler that does not read its input has failed anyway; its status says so.
        let _ = stdin.write_all(b"#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n");
    }
    child.wait().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_is_not_there_is_found_out_before_the_build() {
        assert!(!compiles_c("no-such-compiler"));
        assert!(!compiles_c(""));
    }

    #[test]
    fn the_workspace_tests_come_last_and_leave_benches_out() {
        // Whether samples are there or not must not matter here.
        let Ok(steps) = steps() else { return };
        let last = steps.last().expect("there are steps").line();
        assert!(last.contains("cargo test --workspace"), "{last}");
        assert!(!last.contains("--benches") && !last.contains("--all-targets"), "{last}");
    }
}
