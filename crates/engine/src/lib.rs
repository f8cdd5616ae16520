//! The flows of a Sutler shop.
//!
//! A flow reads, lets core decide, commits, and does so again when a record moved on meanwhile. One file a flow, each
//! adding methods to [`Shop`], or to [`Reader`] where it only reads: set-up, catalog look-ups, cart, checkout with its recovery, orders, payments, fulfillment,
//! stock, import and export, search, events, verify.
//!
//! Invariants
//! * Every write is one [`sutler_core::change::ChangeSet`] through [`sutler_core::port::Store::commit`].
//! * A payment provider is never called inside a transaction, and never without a key written down before.
//! * Whatever a crash cuts off is found by [`Shop::recover`] and finished or undone.
//!
//! Deliberately absent: which store, which provider, how output looks, and every rule of price, stock or status.

pub mod error;
pub mod flow;
pub mod provider;
mod reader;
mod shop;
#[doc(hidden)]
pub mod testing;

pub use error::FlowError;
pub use reader::Reader;
pub use shop::Shop;
/// What a search takes and gives.
pub use sutler_search as search;
