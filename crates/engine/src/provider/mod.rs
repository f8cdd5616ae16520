//! Payment providers that come with Sutler: `test` for demos and tests, `manual` for cash and bank transfer.
//!
//! Real providers live outside, behind [`sutler_core::port::PaymentProvider`].

mod manual;
mod test;

pub use manual::ManualProvider;
pub use test::{LedgerEntry, TestProvider};
