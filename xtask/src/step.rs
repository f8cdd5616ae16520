//! One step of a command: a program with its arguments, announced, timed, and stopped at when it fails.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{complain, place};

/// Why a command stopped: what went wrong, and what to do about it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    /// What happened, on what.
    pub(crate) what: String,
    /// The next thing to try.
    pub(crate) help: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

/// A program to run from the root of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its name for people.
    pub(crate) name: &'static str,
    /// The words as typed, the program first.
    pub(crate) words: Vec<String>,
    /// Environment variables put on it.
    pub(crate) env: Vec<(&'static str, String)>,
}

impl Step {
    /// Makes a step from a command line without quotes: words are separated by blanks.
    pub(crate) fn new(name: &'static str, line: &str) -> Self {
        let words = line.split_whitespace().map(str::to_owned).collect();
        Self { name, words, env: Vec::new() }
    }

    /// Puts one environment variable on the step.
    pub(crate) fn env(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.env.push((key, value.into()));
        self
    }

    /// Returns the line that repeats this step in a shell.
    pub(crate) fn line(&self) -> String {
        let mut line = String::new();
        for (key, value) in &self.env {
            line.push_str(&format!("{key}={} ", quoted(value)));
        }
        line + &self.words.join(" ")
    }

    /// Runs the step; its output goes where ours goes.
    ///
    /// Errors: it could not be started, or it ended with anything but success.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        complain(&format!("\n── {}: {}\n", self.name, self.line()));
        let begun = Instant::now();
        let (program, arguments) = self.words.split_first().expect("a step has a program");
        let status = Command::new(resolve(program))
            .args(arguments)
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .current_dir(place::root())
            .status();
        let took = seconds(begun.elapsed());
        match status {
            Ok(status) if status.success() => {
                complain(&format!("── {}: ok, {took}\n", self.name));
                Ok(())
            }
            Ok(status) => Err(Failure::new(
                format!("the step `{}` failed after {took} ({status})", self.name),
                format!("repeat it alone with: {}", self.line()),
            )),
            Err(error) => Err(Failure::new(
                format!("the step `{}` could not start `{program}`: {error}", self.name),
                format!("install `{program}` or put it on the PATH"),
            )),
        }
    }
}

/// Runs steps in order and stops at the first that fails.
pub(crate) fn run_all(steps: &[Step]) -> Result<(), Failure> {
    steps.iter().try_for_each(Step::run)
}

/// Whether a program answers to `--version`. `cargo deny` is asked for as `cargo-deny`.
pub(crate) fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Cargo calls us with the path of the very cargo that runs; the same one must do the steps.
fn resolve(program: &str) -> String {
    match program {
        "cargo" => std::env::var("CARGO").unwrap_or_else(|_| program.to_owned()),
        _ => program.to_owned(),
    }
}

fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=+:,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

fn seconds(took: Duration) -> String {
    format!("{took:.1?}")
}

/// Says what was done between two steps.
pub(crate) fn tell(text: &str) {
    complain(text);
}

/// Says what was left out and why, so that a green run never looks like more than it was.
pub(crate) fn remark(name: &str, text: &str) {
    complain(&format!("\n── {name}: NOT DONE: {text}\n"));
}

/// Returns a path as text for an environment variable.
///
/// Errors: the path is not Unicode.
pub(crate) fn path_text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(
            format!("the path {} is not Unicode", path.display()),
            "move the folder to a path of plain letters",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_prints_the_line_that_repeats_it() {
        let step = Step::new("rustdoc", "cargo doc --no-deps").env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(step.line(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn the_first_failing_step_ends_the_run_and_says_how_to_repeat_it() {
        // `cargo` is the one program that is certainly there.
        let good = Step::new("good", "cargo --version");
        let bad = Step::new("bad", "cargo no-such-command");
        let never = Step::new("never", "no-such-program");
        let failure = run_all(&[good, bad, never]).expect_err("the second step fails");
        assert!(failure.what.contains("`bad` failed"), "{failure:?}");
        assert_eq!(failure.help, "repeat it alone with: cargo no-such-command");
    }

    #[test]
    fn a_program_that_is_not_installed_is_named() {
        let failure = Step::new("absent", "no-such-program").run().expect_err("not installed");
        assert!(failure.what.contains("no-such-program"), "{failure:?}");
        assert!(!is_there("no-such-program"));
    }
}
