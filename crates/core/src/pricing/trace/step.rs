//! [`TraceStep`]: an operation of a derivation with its operands.

use serde::{Deserialize, Serialize};

use crate::id::{PriceListId, PromotionId};
use crate::money::{Money, Rate, Rounding};
use crate::pricing::{
    CombinationSearch, CouponCode, DeliveryOrigin, DiscountOrigin, PromotionRefusal, TaxCategory,
    TaxTreatment, UnitSpan,
};

/// What was done in one step. The amount of its node is the result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TraceStep {
    /// The sum of [`TraceStep::Times`], the discounts, and the taxes unless they are contained.
    Line {
        /// Number of the line.
        line: u32,
        /// Whether taxes are contained, and so not added.
        contains_tax: bool,
    },
    /// The sum of [`TraceStep::DeliveryRate`], the discounts, and the taxes unless they are contained.
    Delivery {
        /// Whether taxes are contained, and so not added.
        contains_tax: bool,
    },
    /// The sum of goods, discounts, delivery, fees, and taxes unless they are contained.
    Totals {
        /// Whether taxes are contained, and so not added.
        contains_tax: bool,
    },
    /// A price of the shop, for one unit.
    PriceRow {
        /// The price list.
        list: PriceListId,
        /// The rung: from how many units on it holds.
        min_quantity: u32,
    },
    /// A price times a quantity.
    Times {
        /// The price.
        unit: Money,
        /// The quantity.
        quantity: u32,
    },
    /// A delivery rate of the shop.
    DeliveryRate {
        /// How it was found.
        origin: DeliveryOrigin,
    },
    /// What a promotion takes off, below zero. Discounts of one promotion with equal origins were formed together: their
    /// amounts are the split of the whole by what each cost before. Capped ones with equal limit and sum are the split of
    /// the limit by what each would have got.
    Discount {
        /// The promotion.
        promotion: PromotionId,
        /// The operation and its operands.
        origin: DiscountOrigin,
        /// The units of the line that it was for; `None`: the whole line as it stood, or the delivery.
        span: Option<UnitSpan>,
        /// How a rate was rounded.
        rounding: Rounding,
    },
    /// Tax on what is left after discounts. Taxes of one category on one line were formed together, with the sum of
    /// their rates, and split by those; with `per_order` those of all lines and the delivery were, and split by what is
    /// left of each.
    Tax {
        /// The rate.
        rate: Rate,
        /// The kind of goods.
        category: TaxCategory,
        /// Why this rate.
        treatment: TaxTreatment,
        /// What is left, without tax.
        net: Money,
        /// Whether what is left contains the tax.
        contained: bool,
        /// Whether it was rounded once per order.
        per_order: bool,
        /// How it was rounded.
        rounding: Rounding,
    },
    /// The sum of [`TraceStep::Times`] of all lines.
    GoodsTotal,
    /// The sum of all discounts on lines.
    DiscountTotal,
    /// The delivery rate with its discounts.
    DeliveryTotal,
    /// The sum of all fees.
    FeeTotal,
    /// The sum of all taxes.
    TaxTotal,
    /// How the combination of promotions was found.
    Combination(CombinationSearch),
    /// A promotion that did not apply.
    Refused {
        /// The promotion.
        promotion: PromotionId,
        /// Why.
        refusal: PromotionRefusal,
    },
    /// An entered code that unlocked nothing.
    RefusedCoupon {
        /// The code.
        code: CouponCode,
    },
}
