//! Promotions as rules: conditions, benefits, and how rules stand to each other.
//!
//! The nouns stand here, one file each; what a promotion takes off which unit is found in `discount`.
//!
//! Deliberately absent: the arithmetic, and when a promotion was created: that never matters.

mod benefit;
mod calendar;
mod condition;
mod lane;
mod limits;
mod plan;
mod refusal;
mod rule;

pub use benefit::{Benefit, BundlePart, BuyGet, QuantityTier, SubtotalTier, TierBenefit};
pub use calendar::{Calendar, ParseTimeOfDayError, TimeOfDay, TimeZone, UnknownTimeZone, Weekday};
pub use condition::{AttributeTest, Condition};
pub use lane::{CombinationSearch, Lane, LaneMode};
pub use limits::Limits;
pub use plan::{PlannedPromotion, PromotionNameRefusal, WrittenPromotion, plan_promotions};
pub use refusal::PromotionRefusal;
pub use rule::Promotion;
