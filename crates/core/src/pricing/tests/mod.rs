//! Scenarios of whole quotes as text, and properties of all quotes.
//!
//! [`Shop`] and `scenario` are the only places that know the API; the files under `scenarios/` know only the words.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod arithmetic;
mod checker;
mod explained;
mod frozen;
mod oracle;
mod place;
mod price_history;
mod promotion;
mod properties;
mod scenario;
mod shop;
mod simulation;
mod tax_checker;
mod tax_oracle;
mod whole;

pub(super) use properties::config;
use shop::Shop;

use super::*;
use crate::catalog::{Attribute, AttributeValue, CapturePolicy, Channel, Sku, TaxRounding};
use crate::id::*;
use crate::money::{Currency, Money, Rate, Rounding};
use crate::quantity::Quantity;
use crate::shared::Shared;
use crate::time::Timestamp;

/// The trace as text.
fn told(quote: &Quote) -> String {
    quote.trace().iter().map(|node| format!("{node}\n")).collect()
}
