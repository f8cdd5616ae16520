//! [`DeliveryLimits`]: what a delivery method takes.

use serde::{Deserialize, Serialize};

use super::{DeliveryRefusal, Parcel};
use crate::id::CategoryId;

/// What a delivery method takes. The default is everything but dangerous goods.
///
/// ```
/// use sutler_core::pricing::DeliveryLimits;
///
/// let any = DeliveryLimits::default();
/// assert_eq!((any.up_to_grams, any.dangerous_goods), (None, false));
/// let limits: DeliveryLimits = serde_json::from_str(r#"{ "up_to_grams": 31500 }"#)?;
/// assert_eq!(limits, DeliveryLimits { up_to_grams: Some(31_500), ..any });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeliveryLimits {
    /// The heaviest cart, in grams. A cart of unknown weight is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_grams: Option<u64>,
    /// The longest side of one unit, in millimeters. A unit of unknown size is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_mm: Option<u32>,
    /// Everything sent must be under one of these categories; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_categories: Vec<CategoryId>,
    /// Nothing sent may be under one of these categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_categories: Vec<CategoryId>,
    /// Whether it takes dangerous goods.
    #[serde(default)]
    pub dangerous_goods: bool,
}

impl DeliveryLimits {
    /// Refuses a parcel that the method does not take.
    pub(super) fn require(&self, parcel: &Parcel<'_>) -> Result<(), DeliveryRefusal> {
        let label = |line: &super::SentLine<'_>| line.facts.label();
        if let Some(line) = parcel.sent.iter().find(|line| line.facts.dangerous_goods)
            && !self.dangerous_goods
        {
            return Err(DeliveryRefusal::DangerousGoods { label: label(line) });
        }
        if let Some(line) = parcel.line_under(&self.except_categories) {
            return Err(DeliveryRefusal::GoodsNotTaken { label: label(line) });
        }
        let foreign = parcel.sent.iter().find(|line| !line.is_under(&self.only_categories));
        if let Some(line) = foreign.filter(|_| !self.only_categories.is_empty()) {
            return Err(DeliveryRefusal::GoodsNotTaken { label: label(line) });
        }
        if let Some(limit_grams) = self.up_to_grams {
            let weight_grams = parcel.weight_grams().ok_or(DeliveryRefusal::WeightUnknown)?;
            if weight_grams > limit_grams {
                return Err(DeliveryRefusal::TooHeavy { weight_grams, limit_grams });
            }
        }
        let Some(limit_mm) = self.up_to_mm else { return Ok(()) };
        for line in parcel.sent {
            if let Some(side_mm) = line.longest_mm().filter(|side| *side > limit_mm) {
                return Err(DeliveryRefusal::TooLong { label: label(line), side_mm, limit_mm });
            }
        }
        Ok(())
    }
}
