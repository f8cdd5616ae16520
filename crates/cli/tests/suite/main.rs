//! The program as people and scripts meet it: started as a process, looked at from outside.
//!
//! Text that is a contract stands in `snapshots/`; ids, moments and durations in it are replaced by names.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod channel;
mod consume;
mod contract;
mod coupon;
mod customer;
mod demo;
mod doctor;
mod dry_run;
mod errors;
mod examples;
mod exit_codes;
mod full_disk;
mod gift_card;
mod help;
mod import;
mod journey;
mod output;
mod place;
mod price;
mod promotion;
mod read_only;
mod refund;
mod repeat;
mod same_quote;
mod script;
mod settings;
mod shops;
mod simulate;
mod target;
mod tax;
