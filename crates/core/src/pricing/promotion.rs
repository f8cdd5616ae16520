//! Promotions as rules: conditions, a benefit, and how rules stand to each other.
//!
//! Conditions come in two kinds. Those on the whole cart (coupon, subtotal, quantity, channel, customer group) decide
//! whether the promotion applies at all. Those on goods (category, product) also choose the lines that it is for; a
//! line must fulfill all of them.
//!
//! Deliberately absent: the arithmetic (see `discount`), and when a promotion was created: that never matters.

use serde::{Deserialize, Serialize};

use super::{CouponCode, PricingError, VariantFacts, Window};
use crate::id::{CategoryId, ChannelId, ProductId, PromotionId};
use crate::money::{Currency, Money, Rate};
use crate::time::Timestamp;

/// What must be true for a promotion to apply. All conditions of a promotion must hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// One of these codes was entered.
    Coupon {
        /// The codes.
        codes: Vec<CouponCode>,
    },
    /// The goods cost this much or more before discounts.
    MinSubtotal {
        /// How much.
        amount: Money,
    },
    /// The lines it is for hold this many units or more together.
    MinQuantity {
        /// How many units.
        quantity: u32,
    },
    /// It is sold in one of these channels.
    Channel {
        /// The channels.
        channels: Vec<ChannelId>,
    },
    /// The buyer is in one of these groups.
    CustomerGroup {
        /// The groups.
        groups: Vec<String>,
    },
    /// For goods in one of these categories or below.
    Category {
        /// The categories.
        categories: Vec<CategoryId>,
    },
    /// For these products.
    Product {
        /// The products.
        products: Vec<ProductId>,
    },
}

/// What a promotion gives.
///
/// Units: amounts are with tax when the channel is tax-inclusive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Benefit {
    /// A part of the price of each line, rounded once over all lines that get it.
    Percent {
        /// How much, at most 100 %.
        rate: Rate,
    },
    /// An amount off each unit.
    FixedUnit {
        /// How much.
        amount: Money,
    },
    /// An amount off each line, whatever its quantity.
    FixedLine {
        /// How much.
        amount: Money,
    },
    /// An amount off all lines together, split over them by what they cost.
    FixedOrder {
        /// How much.
        amount: Money,
    },
    /// The whole delivery rate.
    FreeDelivery,
}

/// At which point a promotion takes its turn: later lanes see the price after earlier ones.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// First, such as a clearance.
    Before,
    /// Where most stand.
    #[default]
    Normal,
    /// Last, such as a discount for staff.
    After,
}

impl Lane {
    /// All lanes in their order.
    pub const ALL: [Lane; 3] = [Lane::Before, Lane::Normal, Lane::After];
}

/// A rule that grants discounts: conditions and a benefit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Promotion {
    /// Identity.
    pub id: PromotionId,
    /// Name for people; buyers see it at their discount.
    pub name: String,
    /// What must be true; none: always.
    pub conditions: Vec<Condition>,
    /// What it gives.
    pub benefit: Benefit,
    /// When it takes its turn.
    pub lane: Lane,
    /// Of two that give the same in one lane, the higher is taken; then the smaller id.
    pub priority: i32,
    /// Applies alone or not at all, whichever is better for the buyer.
    pub exclusive: bool,
    /// When it applies.
    pub window: Window,
    /// How many orders may hold it.
    pub usage_limit: Option<u32>,
    /// How many orders of one customer may hold it.
    pub usage_limit_per_customer: Option<u32>,
    /// Whether it is switched on.
    pub active: bool,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// Why a promotion did not apply.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PromotionRefusal {
    /// It is switched off.
    #[error("it is switched off")]
    Inactive,
    /// It has not begun.
    #[error("it begins at {from}")]
    NotYet {
        /// When it begins.
        from: Timestamp,
    },
    /// It has ended.
    #[error("it ended at {until}")]
    Over {
        /// When it ended.
        until: Timestamp,
    },
    /// As many orders hold it as may.
    #[error("it may be used {limit} times and was")]
    UsedUp {
        /// How many may.
        limit: u32,
    },
    /// As many orders of this customer hold it as may.
    #[error("a customer may use it {limit} times and this one did")]
    UsedUpByCustomer {
        /// How many may.
        limit: u32,
    },
    /// None of its codes was entered.
    #[error("it needs a coupon code")]
    CouponMissing,
    /// It is for other channels.
    #[error("it is for other channels")]
    OtherChannel,
    /// It is for other customer groups.
    #[error("it is for other customers")]
    OtherCustomerGroup,
    /// The goods cost too little.
    #[error("it needs goods for {needed} and there are {subtotal}")]
    SubtotalTooSmall {
        /// What it needs.
        needed: Money,
        /// What there is, before discounts.
        subtotal: Money,
    },
    /// There are too few units of what it is for.
    #[error("it needs {needed} units and there are {quantity}")]
    QuantityTooSmall {
        /// What it needs.
        needed: u32,
        /// What there is.
        quantity: u64,
    },
    /// Nothing in the cart is what it is for.
    #[error("nothing in the cart is what it is for")]
    NoMatchingLine,
    /// One of its amounts is in another currency.
    #[error("it is in {currency}")]
    OtherCurrency {
        /// Its currency.
        currency: Currency,
    },
    /// It is for delivery, and no delivery is charged.
    #[error("no delivery is charged")]
    NoDelivery,
    /// What it is for costs nothing already, or too little for its benefit to make a minor unit.
    #[error("there is nothing left to take off")]
    NothingToDiscount,
    /// Another promotion of its lane gives at least as much.
    #[error("another promotion gives as much or more")]
    Outdone,
    /// An exclusive promotion applies alone, or it is exclusive and others give more.
    #[error("it cannot be combined with what applies")]
    NotCombinable,
}

impl PromotionRefusal {
    /// Returns the stable, machine-readable code. Append-only, like a wire format.
    pub fn code(&self) -> &'static str {
        match self {
            PromotionRefusal::Inactive => "promotion.inactive",
            PromotionRefusal::NotYet { .. } => "promotion.not_yet",
            PromotionRefusal::Over { .. } => "promotion.over",
            PromotionRefusal::UsedUp { .. } => "promotion.used_up",
            PromotionRefusal::UsedUpByCustomer { .. } => "promotion.used_up_by_customer",
            PromotionRefusal::CouponMissing => "promotion.coupon_missing",
            PromotionRefusal::OtherChannel => "promotion.other_channel",
            PromotionRefusal::OtherCustomerGroup => "promotion.other_customer_group",
            PromotionRefusal::SubtotalTooSmall { .. } => "promotion.subtotal_too_small",
            PromotionRefusal::QuantityTooSmall { .. } => "promotion.quantity_too_small",
            PromotionRefusal::NoMatchingLine => "promotion.no_matching_line",
            PromotionRefusal::OtherCurrency { .. } => "promotion.other_currency",
            PromotionRefusal::NoDelivery => "promotion.no_delivery",
            PromotionRefusal::NothingToDiscount => "promotion.nothing_to_discount",
            PromotionRefusal::Outdone => "promotion.outdone",
            PromotionRefusal::NotCombinable => "promotion.not_combinable",
        }
    }

    /// Tells whether a usage limit was reached.
    pub fn is_used_up(&self) -> bool {
        matches!(self, PromotionRefusal::UsedUp { .. } | PromotionRefusal::UsedUpByCustomer { .. })
    }
}

impl Benefit {
    /// Returns the amount it is made of, if it is.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Benefit::FixedUnit { amount }
            | Benefit::FixedLine { amount }
            | Benefit::FixedOrder { amount } => Some(*amount),
            Benefit::Percent { .. } | Benefit::FreeDelivery => None,
        }
    }

    /// Returns the rate it is made of, if it is.
    pub fn rate(&self) -> Option<Rate> {
        if let Benefit::Percent { rate } = self { Some(*rate) } else { None }
    }

    /// Tells whether each line has its own discount.
    pub(super) fn is_for_lines(&self) -> bool {
        matches!(
            self,
            Benefit::Percent { .. } | Benefit::FixedUnit { .. } | Benefit::FixedLine { .. }
        )
    }
}

impl Promotion {
    /// Returns the coupon codes that unlock it, one of which must be entered; empty: it needs none.
    pub fn coupon_codes(&self) -> impl Iterator<Item = &CouponCode> {
        self.conditions.iter().filter_map(Condition::codes).flatten()
    }

    /// Tells whether a line is among those it is for: it fulfills every condition on goods.
    pub fn is_for(&self, goods: &VariantFacts) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::Category { categories } => {
                categories.iter().any(|id| goods.categories.contains(id))
            }
            Condition::Product { products } => products.contains(&goods.product),
            _ => true,
        })
    }

    /// Checks what one promotion must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let refuse = |why| {
            Err(PricingError::InvalidRule { noun: "promotion", name: self.name.clone(), why })
        };
        if self.name.trim().is_empty() {
            return refuse("has no name; buyers see it at their discount");
        }
        if self.window.is_empty() {
            return refuse("ends before it begins; swap the two moments");
        }
        match &self.benefit {
            Benefit::Percent { rate } if rate.is_zero() || !rate.is_at_most_one() => {
                return refuse(
                    "takes off no part of a price; the rate is above 0 % and at most 100 %",
                );
            }
            benefit if benefit.amount().is_some_and(|amount| !amount.is_positive()) => {
                return refuse("takes nothing off; the amount is above zero");
            }
            _ => {}
        }
        for condition in &self.conditions {
            if let Some(why) = condition.contradiction() {
                return refuse(why);
            }
        }
        Ok(())
    }
}

impl Condition {
    /// Returns the codes of a coupon condition.
    fn codes(&self) -> Option<&[CouponCode]> {
        if let Condition::Coupon { codes } = self { Some(codes) } else { None }
    }

    /// Says what makes it impossible to fulfill, or pointless.
    fn contradiction(&self) -> Option<&'static str> {
        let empty = match self {
            Condition::Coupon { codes } => codes.is_empty(),
            Condition::Channel { channels } => channels.is_empty(),
            Condition::CustomerGroup { groups } => groups.is_empty(),
            Condition::Category { categories } => categories.is_empty(),
            Condition::Product { products } => products.is_empty(),
            Condition::MinSubtotal { amount } if amount.is_negative() => {
                return Some("needs a subtotal below zero; it is zero or above");
            }
            Condition::MinSubtotal { .. } | Condition::MinQuantity { .. } => false,
        };
        empty.then_some("has a condition with an empty list that nobody can fulfill; leave it out")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn promotion(benefit: Benefit, conditions: Vec<Condition>) -> Promotion {
        Promotion {
            id: PromotionId::from_u128(1),
            name: "Spring".to_owned(),
            conditions,
            benefit,
            lane: Lane::Normal,
            priority: 0,
            exclusive: false,
            window: Window::ALWAYS,
            usage_limit: None,
            usage_limit_per_customer: None,
            active: true,
            version: 1,
        }
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_at_the_door() {
        let percent = |text| Benefit::Percent { rate: Rate::percent(text).unwrap() };
        let minus = Money::from_minor(-1, Currency::EUR);
        let at = Timestamp::from_millis(5);
        assert_eq!(promotion(percent("100"), vec![]).check(), Ok(()));
        assert_eq!(promotion(Benefit::FreeDelivery, vec![]).check(), Ok(()));
        for wrong in [
            promotion(percent("0"), vec![]),
            promotion(percent("100.01"), vec![]),
            promotion(Benefit::FixedOrder { amount: minus }, vec![]),
            promotion(Benefit::FixedLine { amount: Money::zero(Currency::EUR) }, vec![]),
            promotion(percent("5"), vec![Condition::Coupon { codes: vec![] }]),
            promotion(percent("5"), vec![Condition::MinSubtotal { amount: minus }]),
            Promotion { name: String::new(), ..promotion(percent("5"), vec![]) },
            Promotion {
                window: Window { from: Some(at), until: Some(at) },
                ..promotion(percent("5"), vec![])
            },
        ] {
            assert_eq!(
                wrong.check().map_err(|e| e.code()),
                Err("pricing.invalid_rule"),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn all_codes_of_all_coupon_conditions_unlock() {
        let code = |text| CouponCode::new(text).unwrap();
        let coupon = Condition::Coupon { codes: vec![code("a"), code("b")] };
        let promotion = promotion(Benefit::FreeDelivery, vec![coupon]);
        assert_eq!(
            promotion.coupon_codes().map(CouponCode::as_str).collect::<Vec<_>>(),
            ["A", "B"]
        );
    }
}
