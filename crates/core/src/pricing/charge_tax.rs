//! [`ChargeTax`]: how something beside the goods, a delivery or a fee, is taxed.

use serde::{Deserialize, Serialize};

use super::TaxCategory;

/// How something beside the goods is taxed.
///
/// Why as the goods: a delivery or a handling fee is no supply of its own but shares the tax of what it goes with; with goods
/// of several rates it is split over them by what they cost. Source: Court of Justice of the EU, C-349/96 (*Card Protection
/// Plan*), on ancillary supplies; many states of the US do the same for delivery.
///
/// ```
/// use sutler_core::pricing::{ChargeTax, TaxCategory};
///
/// assert_eq!(ChargeTax::default(), ChargeTax::AsGoods);
/// let as_standard = ChargeTax::Category(TaxCategory::standard());
/// assert_eq!(serde_json::to_string(&as_standard)?, r#"{"category":"standard"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeTax {
    /// Outside of tax, with no tax line at all.
    Untaxed,
    /// Like the goods of the order, in proportion to what they cost after discounts.
    #[default]
    AsGoods,
    /// As goods of this kind, whatever else is in the order.
    Category(TaxCategory),
}
