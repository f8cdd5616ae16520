//! [`TraceStep`]: an operation of a derivation with its operands.

use serde::{Deserialize, Serialize};

use crate::id::{PriceListId, PromotionId};
use crate::money::{Money, Rate, Rounding};
use crate::pricing::{
    CombinationSearch, CouponCode, DeliveryOrigin, DiscountOrigin, FeeOrigin, PromotionRefusal,
    ReverseChargeRefusal, TaxCategory, TaxRelief, TaxTreatment, UnitSpan, VatId,
};

/// What was done in one step. The amount of its node is the result.
///
/// ```
/// use sutler_core::pricing::TraceStep;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: sutler_core::order::Order = serde_json::from_str(text)?;
/// # let quote = order.quote;
///
/// let line = &quote.trace()[0];
/// let TraceStep::Times { unit, quantity } = line.children[1].step else { panic!("{line}") };
/// assert_eq!(line.children[1].amount, Some(unit.checked_mul(quantity)?), "done again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TraceStep {
    /// The sum of [`TraceStep::Times`], the discounts, the taxes unless they are contained, and each
    /// [`TraceStep::TakenOut`].
    Line {
        /// Number of the line.
        line: u32,
        /// Whether taxes are contained, and so not added.
        contains_tax: bool,
    },
    /// The sum of [`TraceStep::DeliveryRate`], the surcharges, the discounts, the taxes unless they are contained, and each
    /// [`TraceStep::TakenOut`].
    Delivery {
        /// Whether taxes are contained, and so not added.
        contains_tax: bool,
    },
    /// The sum of [`TraceStep::FeeRate`], the taxes unless they are contained, and each [`TraceStep::TakenOut`].
    Fee {
        /// Whether taxes are contained, and so not added.
        contains_tax: bool,
    },
    /// The sum of goods, discounts, delivery, fees, what was taken out of prices, and taxes unless they are contained.
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
    /// What a delivery costs more: an amount of the shop, so many times.
    Surcharge {
        /// How often.
        times: u32,
    },
    /// The amount of a fee. A percentage is of what is left of the goods that the fee is for, with the delivery where the
    /// fee says so.
    FeeRate {
        /// How it came about, with its operands.
        origin: FeeOrigin,
        /// How a rate was rounded.
        rounding: Rounding,
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
    /// Tax on what is left after discounts, with [`TraceStep::TakenOut`] below it where the buyer pays none.
    ///
    /// Taxes of one category and level on one line were formed together, with the sum of their rates, and split by those;
    /// with `per_order` those of all lines, the delivery and the fees were, and split by what is left of each. A higher level
    /// stands on what is left and the tax of all lower ones; contained ones are taken out from the highest level down. A
    /// delivery or fee with several categories was first split over them by what is left of the goods of each.
    Tax {
        /// The rate.
        rate: Rate,
        /// The kind of goods.
        category: TaxCategory,
        /// Why this rate.
        treatment: TaxTreatment,
        /// The level: above 0 it stands on the tax of all lower ones too.
        level: u8,
        /// What it was taken on: what is left, without tax but that of lower levels.
        base: Money,
        /// Whether what is left contains the tax.
        contained: bool,
        /// Whether it was rounded once per order.
        per_order: bool,
        /// How it was rounded.
        rounding: Rounding,
    },
    /// Tax that an outside engine answered: its amount is given.
    AnsweredTax {
        /// The rate, for people.
        rate: Rate,
        /// The kind of goods.
        category: TaxCategory,
        /// Why this rate.
        treatment: TaxTreatment,
        /// What is left, without tax.
        net: Money,
    },
    /// The tax that a price contained and that was taken out of it, below zero; it was formed as its [`TraceStep::Tax`] says.
    TakenOut,
    /// The sum of [`TraceStep::Times`] of all lines.
    GoodsTotal,
    /// The sum of all discounts on lines.
    DiscountTotal,
    /// The delivery rate with its surcharges and discounts.
    DeliveryTotal,
    /// The sum of each [`TraceStep::FeeRate`].
    FeeTotal,
    /// The sum of all taxes that were taken out of prices, below zero.
    TakenOutTotal,
    /// The sum of all taxes.
    TaxTotal,
    /// The tax zone whose rates were taken.
    TaxZone {
        /// Its name.
        name: String,
    },
    /// The outside engine whose answer stands instead of zones and rates.
    TaxProvider {
        /// Its name.
        name: String,
    },
    /// Why the buyer pays no tax.
    TaxRelief {
        /// Why.
        relief: TaxRelief,
    },
    /// A VAT id that changed nothing.
    RefusedVatId {
        /// The number.
        vat_id: VatId,
        /// Why.
        refusal: ReverseChargeRefusal,
    },
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
