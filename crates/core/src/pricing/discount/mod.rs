//! Which promotions apply to a cart, and what each takes off which unit.
//!
//! Every promotion is judged by itself first (`judge`): does it apply at all, to which lines? Those that do take turns
//! (`turn`): discounts on units in their lanes, then discounts on the order in their lanes, then discounts on the
//! delivery in theirs. In one lane each unit takes the best discount (`contest`), and a bundle takes its units as a
//! whole where it takes off more than they would get otherwise (`bundle`). Discounts on the order of one lane that
//! share a line exclude each other; the larger is taken. `combine` chooses which promotions take part at all: exclusive
//! ones are tried alone, and the buyer gets whatever is the least to pay.
//!
//! What a discount is worth to a unit is compared exactly, before any rounding; rounding happens once for all units
//! that take it.
//!
//! Invariants
//! * The order of the promotions given never changes anything: they are sorted by priority, name and id before anything
//!   else, and only a strictly better one replaces another.
//! * No unit, no line and no delivery goes below zero.
//! * A promotion never gives more than its caps and what is left of its budget.
//!
//! Gifts come last (`gift`): lines of their own, for which no discount competes.
//!
//! Deliberately absent: the counting over many orders.

mod bundle;
mod combine;
mod contest;
mod gift;
mod goods_index;
mod judge;
mod line_set;
mod offer;
mod record;
mod run;
pub(super) mod summary;
mod turn;

pub(super) use combine::{Outcome, Trial, best};
use gift::Gift;
pub(super) use gift::GivenGift;
pub(super) use judge::{Judge, Verdict};
use line_set::LineSet;
pub use record::{Discount, DiscountOrigin, UnitSpan};

use std::sync::Arc;

use super::promotion::{BuyGet, TierBenefit};
use super::{DeliveryMethod, Destination, SentLine, VariantFacts};
use crate::money::{Money, Rate};

/// A line as far as discounts depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goods<'a> {
    /// What is bought.
    pub(super) facts: &'a VariantFacts,
    /// How many units.
    pub(super) quantity: u32,
    /// Unit price times quantity.
    pub(super) subtotal: Money,
}

/// The delivery that was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipping<'a> {
    /// The method.
    pub(super) method: &'a DeliveryMethod,
    /// Where it goes.
    pub(super) destination: &'a Destination,
    /// What is sent.
    pub(super) sent: &'a [SentLine<'a>],
}

/// One discount that was taken.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// By which promotion: its place among the verdicts.
    pub(super) place: usize,
    /// Off which line, those of gifts after the others; `None`: off the delivery.
    pub(super) line: Option<usize>,
    /// How much.
    pub(super) amount: Money,
    /// How it came about.
    pub(super) origin: Arc<DiscountOrigin>,
    /// Off which units of the line.
    pub(super) span: Option<UnitSpan>,
}

/// What a benefit grants for one cart: its tier is chosen and its goods are found.
#[derive(Clone, Debug)]
struct Grant<'a> {
    effect: Effect<'a>,
    tier: Option<Tier>,
}

/// The tier that was reached.
#[derive(Clone, Copy, Debug)]
enum Tier {
    Quantity(u32),
    Subtotal(Money),
}

/// What a grant does.
#[derive(Clone, Debug)]
enum Effect<'a> {
    Percent { rate: Rate },
    FixedUnit { amount: Money },
    FixedLine { amount: Money },
    FixedOrder { amount: Money },
    FixedPrice { amount: Money },
    BuyGet { rule: &'a BuyGet, others: Option<LineSet> },
    CheapestFree { of: u32 },
    Bundle { parts: Vec<(LineSet, u32)>, price: Money },
    Gift(Gift<'a>),
    FreeDelivery,
    DeliveryPercent { rate: Rate },
    DeliveryFixed { amount: Money },
}

impl Effect<'_> {
    fn of_tier(benefit: TierBenefit) -> Effect<'static> {
        match benefit {
            TierBenefit::Percent { rate } => Effect::Percent { rate },
            TierBenefit::FixedUnit { amount } => Effect::FixedUnit { amount },
            TierBenefit::FixedPrice { amount } => Effect::FixedPrice { amount },
            TierBenefit::FixedOrder { amount } => Effect::FixedOrder { amount },
        }
    }

    fn is_on_delivery(&self) -> bool {
        use Effect::{DeliveryFixed, DeliveryPercent, FreeDelivery};
        matches!(self, FreeDelivery | DeliveryPercent { .. } | DeliveryFixed { .. })
    }

    fn is_on_units(&self) -> bool {
        !matches!(self, Effect::FixedOrder { .. } | Effect::Gift(_)) && !self.is_on_delivery()
    }
}

impl Grant<'_> {
    /// Puts the tier around how a discount came about.
    fn told(&self, gave: Arc<DiscountOrigin>) -> Arc<DiscountOrigin> {
        match self.tier {
            None => gave,
            Some(Tier::Quantity(from)) => DiscountOrigin::QuantityTier { from, gave }.into(),
            Some(Tier::Subtotal(from)) => DiscountOrigin::SubtotalTier { from, gave }.into(),
        }
    }
}
