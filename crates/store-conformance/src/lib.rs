//! The promises of the store ports, as tests that any back-end runs.
//!
//! A back-end lends the suite an empty store with a [`Fixture`] and names it once; every sentence of
//! [`sutler_core::port`] and of [`sutler_core::change::Change`] becomes a `#[test]` of its own:
//!
//! ```text
//! // crates/store-sqlite/tests/conformance.rs, all but the fixture:
//! sutler_store_conformance::store_conformance!(fixture::SqliteFile);
//! ```
//!
//! One module for each noun holds the promises; [`given`] builds the records they begin with, [`then`] says what must
//! become of a commit, [`Picture`] is everything a store shows. [`FlakyStore`] is not a test but a store that fails on
//! schedule, for the tests of flows.
//!
//! Order of guards, the same for every back-end: the idempotency key is looked at first, then the changes as they stand in
//! the set; the first that fails decides the outcome. Of one change, the version comes before unique texts.
//!
//! Invariants
//! * A promise is a function that panics when it is broken; `store-memory` shows, with stores that are broken on purpose,
//!   that it does.
//! * No promise depends on the clock, on chance, or on another promise having run.
//!
//! Deliberately absent: speed, crashes and power cuts. Those need the machine, not the port, and are tested by the
//! back-end that promises them.

#![allow(clippy::unwrap_used, reason = "this is a suite of tests: what cannot go on panics")]
#![allow(
    clippy::missing_panics_doc,
    reason = "a broken promise panics; that is what the suite is for"
)]

mod fixture;
mod flaky;
mod picture;
mod registry;

pub mod cart;
pub mod catalog;
pub mod category;
pub mod commit;
pub mod coupon;
pub mod credit;
pub mod customer;
pub mod dump;
pub mod event;
pub mod faults;
pub mod fulfillment;
pub mod given;
pub mod goods;
pub mod idempotency;
pub mod isolation;
pub mod lease;
pub mod order;
pub mod payment;
pub mod price;
pub mod promotion;
pub mod reopen;
pub mod replica;
pub mod saga;
pub mod setup;
pub mod stock;
pub mod stock_ledger;
pub mod stock_race;
pub mod stock_reserve;
pub mod then;
pub mod version;

pub use fixture::Fixture;
pub use flaky::{CUT, Fault, FlakyStore};
pub use picture::{Known, Picture};
