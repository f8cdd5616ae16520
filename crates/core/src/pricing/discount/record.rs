//! [`Discount`]: what a promotion took off one line or one delivery, and how that came about.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::PromotionId;
use crate::money::{Money, Rate};
use crate::shared::SharedText;

/// How the amount of a [`Discount`] came about.
///
/// Where a discount was formed over several parts, `whole` is what all of them got together and `base` what they cost
/// before; the amount of one is its part of the split, by what each cost.
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate, Rounding};
/// use sutler_core::pricing::DiscountOrigin;
///
/// // 15 % of 9.99, as a quote records it: whoever distrusts it does it again.
/// let stored = r#"{
///     "kind": "percent", "rate": "15",
///     "base": { "amount": "9.99", "currency": "EUR" },
///     "whole": { "amount": "1.50", "currency": "EUR" }
/// }"#;
/// let origin: DiscountOrigin = serde_json::from_str(stored)?;
/// let DiscountOrigin::Percent { rate, base, whole } = origin else { panic!("{origin:?}") };
/// assert_eq!(base.at_rate(rate, Rounding::HalfAwayFromZero)?, whole);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscountOrigin {
    /// A percentage.
    Percent {
        /// The rate.
        rate: Rate,
        /// What it was taken of: all units that got it, before it.
        base: Money,
        /// The rate applied to the base, rounded once.
        whole: Money,
    },
    /// An amount for each unit.
    FixedUnit {
        /// For one unit.
        amount: Money,
    },
    /// An amount for the line.
    FixedLine {
        /// For the line.
        amount: Money,
    },
    /// An amount for the order.
    FixedOrder {
        /// What the promotion gives.
        amount: Money,
        /// What was taken off all its lines together: less than `amount` when they cost less.
        whole: Money,
    },
    /// A price for each unit.
    FixedPrice {
        /// What one unit costs then.
        amount: Money,
    },
    /// Units that are got for others that are bought.
    BuyGet {
        /// How many are bought.
        buy: u32,
        /// How many are got for those.
        get: u32,
        /// How much of their price is taken off.
        rate: Rate,
        /// What the units that are got cost before.
        base: Money,
        /// The rate applied to the base, rounded once.
        whole: Money,
    },
    /// The cheapest units of their groups.
    CheapestFree {
        /// How many units make a group.
        of: u32,
    },
    /// A fixed price for units that belong together.
    Bundle {
        /// What one bundle costs.
        price: Money,
        /// How many bundles.
        bundles: u32,
        /// The number of this set of bundles in the order, when they are not all made of the same goods.
        set: u32,
        /// What their units cost before.
        base: Money,
        /// The base less the price of the bundles.
        whole: Money,
    },
    /// Units that are given.
    Gift,
    /// The whole delivery rate.
    FreeDelivery,
    /// A part of the delivery rate.
    DeliveryPercent {
        /// The rate.
        rate: Rate,
        /// What it was taken of.
        base: Money,
    },
    /// An amount off the delivery rate.
    DeliveryFixed {
        /// How much, where the delivery costs as much.
        amount: Money,
    },
    /// A tier that was reached by quantity.
    QuantityTier {
        /// From how many units on.
        from: u32,
        /// What it gave.
        gave: Arc<DiscountOrigin>,
    },
    /// A tier that was reached by amount.
    SubtotalTier {
        /// From what subtotal on.
        from: Money,
        /// What it gave.
        gave: Arc<DiscountOrigin>,
    },
    /// More than the promotion may give: what it may is split by what its parts would have got.
    Capped {
        /// What it may give.
        limit: Money,
        /// What all parts would have got together.
        sum: Money,
        /// What this part would have got.
        uncapped: Money,
        /// How that came about.
        gave: Arc<DiscountOrigin>,
    },
}

/// The units of a line that a discount was for.
///
/// The units of a line are numbered from 0. Where some of several equal units take a discount and the rest does not,
/// what they cost is split evenly, left-over minor units to the earliest, as in [`Money::split`].
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::UnitSpan;
///
/// // Three units cost 10.00 together, and the first of them takes a discount.
/// let split = Money::parse("10.00", Currency::EUR)?.split(&[1, 1, 1])?;
/// let span = UnitSpan { first: 0, units: 1, cost: split[0] };
/// assert_eq!(span.cost.to_string(), "3.34 EUR");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnitSpan {
    /// The first unit.
    pub first: u32,
    /// How many units.
    pub units: u32,
    /// What they cost before.
    pub cost: Money,
}

/// An amount taken off one line or one delivery by a promotion.
///
/// ```
/// use sutler_core::id::PromotionId;
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{Discount, DiscountOrigin, UnitSpan};
///
/// let each = Money::parse("2.00", Currency::EUR)?;
/// let discount = Discount {
///     promotion: PromotionId::from_u128(1),
///     name: "Spring".into(),
///     amount: each.checked_mul(3)?,
///     origin: DiscountOrigin::FixedUnit { amount: each }.into(),
///     span: Some(UnitSpan { first: 0, units: 3, cost: Money::parse("30.00", Currency::EUR)? }),
/// };
/// assert_eq!(discount.amount.to_string(), "6.00 EUR");
/// let stored = serde_json::to_string(&discount)?;
/// assert_eq!(serde_json::from_str::<Discount>(&stored)?, discount);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discount {
    /// Which promotion.
    pub promotion: PromotionId,
    /// Its name.
    pub name: SharedText,
    /// How much was taken off. Nothing only where the part of a split came to nothing; the others tell of the whole.
    pub amount: Money,
    /// How it came about; discounts that came about together share it.
    pub origin: Arc<DiscountOrigin>,
    /// The units of the line that it was for; `None`: the whole line as it stood, or the delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<UnitSpan>,
}
