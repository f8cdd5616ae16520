//! Pricing: turns a cart into a [`Quote`], by one pure function, [`quote`].
//!
//! The order of calculation is fixed and visible in the trace: unit prices from price lists, discounts on lines,
//! discounts on the order split over its lines, the delivery rate and its discounts, fees, then tax on what is left.
//! Whatever a quote looks at arrives as an argument: [`QuoteRequest`] is what the buyer wants, [`PricingFacts`] is what
//! the shop says, and the moment decides windows. The nouns, one file each, are plain values with a `check` for the
//! door; the arithmetic stands in `discount`, `tax` and `calculate`.
//! Merchants write promotions as documents, which `document` checks; what a quote did, `trace` tells in words and as
//! operations that anybody can do again.
//!
//! Invariants
//! * The parts of a quote add up to its total, to the minor unit; see [`Quote::check`].
//! * Same cart, same facts, same `now`: same quote, in whatever order the facts are listed.
//! * Totals are never negative. A missing price or tax rate is an error, never zero.
//! * Every promotion that did not apply says why.
//!
//! Deliberately absent: storage, currency conversion, the current time, and counting the uses of promotions (that is done
//! by the commit that places the order).

mod calculate;
mod charge_tax;
mod coupon;
mod coupon_batch;
mod delivery;
mod discount;
mod document;
mod error;
mod facts;
mod fee;
mod gift;
mod hash;
mod price_history;
mod price_list;
mod price_standing;
mod promotion;
mod promotion_uses;
mod quote;
mod reprice;
mod request;
mod tax;
mod territory;
#[cfg(test)]
mod tests;
mod trace;
mod window;

pub use calculate::{DeliveryOption, delivery_options, quote, tax_request};
pub use charge_tax::ChargeTax;
pub use coupon::CouponCode;
pub use delivery::{
    DeliveryCharge, DeliveryLimits, DeliveryMethod, DeliveryOrigin, DeliveryRate, DeliveryRefusal,
    DeliverySurcharge, DeliveryZone, Parcel, QuantityRung, SentLine, SubtotalRung, Surcharge,
    SurchargeRule, TableRow, VolumeRung, WeightRung,
};
pub use discount::{Discount, DiscountOrigin, UnitSpan};
pub use document::{
    DocumentProblem, DocumentValue, IdsOnly, PromotionDocument, PromotionNames, promotion_schema,
};
pub use error::PricingError;
pub use facts::{BatchCoupon, PricingFacts, VariantFacts};
pub use fee::{Fee, FeeAmount, FeeCondition, FeeOrigin};
pub use hash::{QuoteHash, QuotePart};
pub use price_history::{
    PriceListRecord, PricePeriod, PriceRecord, PriceReduction, lowest_price_before_reduction,
    price_timeline,
};
pub use price_list::{Price, PriceList, PriceQuery, choose};
pub use price_standing::PriceStanding;
pub use promotion::{
    AttributeTest, Benefit, BundlePart, BuyGet, Calendar, CombinationSearch, Condition, Lane,
    LaneMode, Limits, ParseTimeOfDayError, PlannedPromotion, Promotion, PromotionNameRefusal,
    PromotionRefusal, QuantityTier, SubtotalTier, TierBenefit, TimeOfDay, TimeZone,
    UnknownTimeZone, Weekday, WrittenPromotion, plan_promotions,
};
pub use promotion_uses::PromotionUses;
pub use quote::{
    AppliedPromotion, Quote, QuoteDelivery, QuoteFee, QuoteLine, RefusedCoupon, RefusedPromotion,
    Totals,
};
pub use reprice::{NotRepriced, PastSale, Repricing};
pub use request::{Destination, QuoteRequest, RequestLine};
pub use tax::{
    AnsweredTax, BuyerTax, EU_VAT, EuVat, EuVatRate, QuoteTax, ReverseChargeRefusal, TaxAnswer,
    TaxCategory, TaxImportPlan, TaxLine, TaxRate, TaxRateDraft, TaxRelief, TaxRequest,
    TaxTreatment, TaxZone, TaxableCharge, VatId, VatIdError, is_in_eu, plan_tax_import,
    reverse_charge,
};
pub use territory::{Closeness, PostalCodes, Territory};
pub use trace::{TraceNode, TraceStep};
pub use window::Window;
