//! The invariants of a whole shop, each as a pure function from records to [`Finding`]s.
//!
//! Nothing here reads: a flow of the engine streams the records of any store through these checks, a page at a time. What
//! spans many records (a level against its ledger, the events of one subject) is an accumulator that holds a bounded
//! *window* of keys; a flow passes over the records once for each window.
//!
//! | file | invariants |
//! |---|---|
//! | `chain` | ledgers and the event log are unbroken chains |
//! | `stock` | level = fold of ledger; reserved = reservations; allocated = open promises |
//! | `order` | lines, counters, log, promises, parcels and cart of one order fit each other |
//! | `money` | the parts of a quote add up; payments hold `0 ≤ refunded ≤ captured ≤ authorized` |
//! | `event` | events of one subject are 1..n; a placed order was told exactly once |
//! | `promotion` | uses, units and money counted = what placed orders hold |
//! | `checkout` | an open checkout is young and its order pending |
//! | `credit` | what is left = fold of ledger, never below zero; every entry belongs to a payment |
//! | `catalog` | products, the category tree and prices keep their own rules |
//!
//! Invariants
//! * A check never refuses and never panics, whatever the records hold: damage is what it is for.
//! * The words of [`CHECKS`] are part of the public contract: append-only.
//!
//! Deliberately absent: mending, and what only a back-end can see (pages, indexes): see
//! [`crate::port::StoreReader::integrity`].

mod catalog;
mod chain;
mod checkout;
mod credit;
mod event;
mod money;
mod order;
mod promotion;
mod stock;
#[cfg(test)]
mod tests;

pub use catalog::{check_categories, check_prices, check_product};
pub use chain::{EventChain, LedgerChain};
pub use checkout::{OpenCheckout, check_open_checkout, check_reservation};
pub use credit::{CreditLedger, check_credit_entry, check_credit_facts};
pub use event::{SubjectWindow, check_placed_event, placed_but_not_told};
pub use money::{check_payments, check_quote, remark_payments};
pub use order::{OrderFacts, check_order};
pub use promotion::{PromotionTally, check_promotion_uses};
pub use stock::StockWindow;

use crate::port::Finding;

/// One kind of finding.
///
/// ```
/// use sutler_core::verify::{CHECKS, Check};
///
/// let level: Option<&Check> = CHECKS.iter().find(|check| check.word == "stock.level");
/// assert_eq!(level.map(|check| check.invariant), Some("a level is the fold of its ledger"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Check {
    /// The stable word that findings carry.
    pub word: &'static str,
    /// The invariant that does not hold where it is found.
    pub invariant: &'static str,
}

const fn check(word: &'static str, invariant: &'static str) -> Check {
    Check { word, invariant }
}

/// Every kind of finding, by word. Part of the public contract: append-only.
///
/// ```
/// use sutler_core::verify::CHECKS;
///
/// assert!(CHECKS.is_sorted_by_key(|check| check.word));
/// assert!(CHECKS.iter().any(|check| check.word == "order.log"));
/// ```
#[rustfmt::skip]
pub const CHECKS: &[Check] = &[
    check("catalog.category",  "the categories are one tree"),
    check("catalog.price",     "a price is in a list that exists, in its currency, and not negative"),
    check("catalog.product",   "a product keeps its own rules and stands under categories that exist"),
    check("checkout.order",    "an open checkout has a pending order of the same cart"),
    check("checkout.overdue",  "an open checkout is younger than its lease (a remark: recovery settles it)"),
    check("credit.chain",      "the ledger of a gift card or store credit is an unbroken chain"),
    check("credit.left",       "what is left of a gift card or store credit is the fold of its ledger, never below zero"),
    check("credit.payment",    "what was redeemed or refunded belongs to a payment of an order, and the other way round"),
    check("event.chain",       "the event log is an unbroken chain"),
    check("event.placed",      "order.placed is told exactly once for each placed order"),
    check("event.sequence",    "the events of one subject are numbered 1..n"),
    check("money.currency",    "an order and all that pays it are in one currency"),
    check("money.hash",        "a quote is what its hash was made from"),
    check("money.quote",       "the lines, delivery, fees, tax and discounts of an order add up to its total"),
    check("money.tax",         "the tax of each rate is what the rate gives"),
    check("order.allocations", "what is promised and shipped is what the lines count"),
    check("order.cart",        "one order for one cart, and the cart knows it"),
    check("order.counters",    "the counters of a line fit each other and the log"),
    check("order.fulfillments","what parcels hold is what the lines count and their locations promised"),
    check("order.lines",       "an order has the lines of its quote"),
    check("order.log",         "the log leads by legal moves from version 1 to the order as it is"),
    check("payment.amount",    "the payments of an order are for what it comes to, and no more was held or captured"),
    check("payment.facts",     "0 ≤ refunded ≤ captured ≤ authorized"),
    check("payment.left",      "the money of a canceled order is on its way back (a remark: a person must look)"),
    check("payment.refused",   "no provider call waits for a person (a remark: the provider refused it for good)"),
    check("payment.task",      "a provider task that is done has its fact, and none is missing"),
    check("promotion.uses",    "the uses, units and money counted of a promotion are what placed orders hold of it"),
    check("reservation.orphan","a reservation belongs to a checkout that is open"),
    check("stock.allocated",   "allocated units are the open promises to placed orders"),
    check("stock.chain",       "the ledger of a location is an unbroken chain"),
    check("stock.level",       "a level is the fold of its ledger"),
    check("stock.limit",       "no more is promised than on hand and the backorder limit allow"),
    check("stock.reserved",    "reserved units are those that reservations hold"),
];

/// Returns a finding.
fn finding(word: &'static str, subject: impl ToString, message: impl Into<String>) -> Finding {
    debug_assert!(CHECKS.iter().any(|check| check.word == word), "{word} is not listed");
    Finding { check: word, subject: subject.to_string(), message: message.into() }
}
