//! The binary `sutler`: a whole shop from the command line.
//!
//! A command parses its arguments, calls one flow of the engine and returns an [`answer::Answer`]; it never prints. What
//! is printed, where and how, is decided once, in [`output`]; what goes wrong is sorted by who must act, in [`error`].
//!
//! | module | one noun |
//! |---|---|
//! | [`args`] | the command line as clap sees it |
//! | [`failure`] | what each code of a failure means |
//! | [`config`] | settings and where each came from |
//! | [`command`] | one file for each command |
//! | [`view`] | JSON fields and the text of each answer |
//! | [`output`] | the only place that prints |
//!
//! Deliberately absent: rules of the shop. A command that needs an `if` about the shop lacks a flow.

mod answer;
mod args;
mod clean;
mod command;
mod config;
mod confirm;
mod context;
mod error;
mod exit;
mod failure;
mod interrupt;
mod nearest;
mod output;
mod page;
mod parse;
mod plural;
mod progress;
mod run;
mod standby;
mod table;
mod target;
mod view;

fn main() -> std::process::ExitCode {
    run::run(std::env::args_os().collect())
}
