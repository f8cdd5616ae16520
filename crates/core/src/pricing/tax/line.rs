//! [`TaxLine`]: tax by one rate, as a quote answers it.

use serde::{Deserialize, Serialize};

use super::TaxCategory;
use crate::money::{Money, Rate};
use crate::shared::SharedText;

/// Why a [`TaxLine`] has its rate.
///
/// ```
/// use sutler_core::pricing::TaxTreatment;
///
/// let treatment: TaxTreatment = serde_json::from_str("\"reverse_charge\"")?;
/// assert_eq!(treatment, TaxTreatment::ReverseCharge);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxTreatment {
    /// A rate above zero.
    Standard,
    /// The rate is zero.
    Zero,
    /// The goods are not taxed, or the buyer pays no tax.
    Exempt,
    /// The buyer owes the tax; see [`reverse_charge`](super::reverse_charge).
    ReverseCharge,
}

/// Tax on one line, delivery or fee, by one rate.
///
/// Units: `base` is what the rate was taken on, after all discounts: the net, with the tax of lower levels for a compound
/// rate, or the part of the net that is taxed like these goods.
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate, Rounding};
/// use sutler_core::pricing::{TaxCategory, TaxLine, TaxTreatment};
///
/// let line = TaxLine {
///     name: "VAT".into(),
///     rate: Rate::percent("19")?,
///     category: TaxCategory::standard(),
///     base: Money::parse("100.00", Currency::EUR)?,
///     amount: Money::parse("19.00", Currency::EUR)?,
///     treatment: TaxTreatment::Standard,
///     level: 0,
///     relieved: None,
/// };
/// assert_eq!(line.base.at_rate(line.rate, Rounding::HalfEven)?, line.amount);
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxLine {
    /// Name of the rate.
    pub name: SharedText,
    /// The rate.
    pub rate: Rate,
    /// The category that chose it.
    pub category: TaxCategory,
    /// What it was taken on.
    pub base: Money,
    /// The tax.
    pub amount: Money,
    /// Why this rate.
    pub treatment: TaxTreatment,
    /// The level of the rate: above 0 it stands on the tax of all lower levels too.
    #[serde(default, skip_serializing_if = "super::rate::is_simple")]
    pub level: u8,
    /// The tax that the price contained and that was taken out of it, for a buyer who pays none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relieved: Option<Money>,
}
