//! What-if: what the orders of a period would have brought in under other promotions.
//!
//! [`Simulation`] is given the shop's orders one after the other, in the order of placing, and adds up what they came to
//! and what they would have come to. It keeps sums and counts, never an order, so a period of any length fits.
//!
//! What is held as it was and what is replaced
//! * Unit prices, delivery, fees, tax rates, buyer, coupons and moment are those of the order; see
//!   [`Repricing`](crate::pricing::Repricing). What the goods are (categories, attributes) and what they cost the merchant
//!   is what the catalog says now.
//! * Beside the shop's promotions ([`RuleSet::Beside`]): for each order those that were in force when it was placed, which
//!   its quote lists, as the shop has them now, and the given ones. Instead of them ([`RuleSet::Instead`]): the given ones
//!   alone. A given promotion with the name of one of the shop takes its place: it *is* that one, changed.
//! * Limits and budgets are counted anew over the period, order by order. What was used before the period counts for
//!   promotions that the shop has; a new one begins at nothing. An order that was called off gives its uses back when it
//!   was called off, as in the shop.
//!
//! Invariants
//! * An order is in the sums only if its own total was reproduced to the minor unit, so that no difference comes from
//!   anything but the promotions. Every other one is told, with the reason.
//! * The promotions that were in force give no difference at all.
//!
//! Deliberately absent: whether buyers would have bought more or less, orders that were called off (they are counted, not
//! summed), and refunds: both sides are what was ordered.

mod counts;
mod report;
mod run;

pub use report::{
    Earnings, NotRepricedOrders, PromotionEarnings, SimulatedPromotion, SimulatedSales,
    SimulationReport,
};
pub use run::{OrderFacts, RuleSet, Simulation, SimulationPlan, SoldGoods};
