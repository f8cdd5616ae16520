//! [`DeliveryRefusal`]: why a delivery method cannot take a cart.

use serde::{Deserialize, Serialize};

use crate::address::CountryCode;
use crate::money::{Currency, Money};

/// Why a delivery method cannot take a cart.
///
/// ```
/// use sutler_core::pricing::DeliveryRefusal;
///
/// let refusal = DeliveryRefusal::TooHeavy { weight_grams: 2400, limit_grams: 2000 };
/// assert_eq!(
///     refusal.to_string(),
///     "the cart weighs 2400 g and it carries at most 2000 g; choose another method"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryRefusal {
    /// It is switched off.
    #[error("it is not active; choose another method")]
    Inactive,
    /// It does not go there.
    #[error("it does not go to {}; choose another method or address", format!("{country} {postal_code}").trim_end())]
    OutsideZone {
        /// Where the goods go.
        country: CountryCode,
        /// Where in the country.
        postal_code: String,
    },
    /// The cart is heavier than the heaviest rung.
    #[error(
        "the cart weighs {weight_grams} g and it carries at most {limit_grams} g; choose another method"
    )]
    TooHeavy {
        /// Weight of the cart.
        weight_grams: u64,
        /// The heaviest rung.
        limit_grams: u64,
    },
    /// Its price depends on the weight, and one variant has none.
    #[error("its price depends on the weight, and a variant in the cart has none; set its weight")]
    WeightUnknown,
    /// The cart costs less than the lowest rung.
    #[error(
        "the goods cost {goods_total} and it starts at {needed}; add goods or choose another method"
    )]
    SubtotalTooSmall {
        /// What the goods cost after discounts.
        goods_total: Money,
        /// The lowest rung.
        needed: Money,
    },
    /// Its amounts are in another currency than the channel.
    #[error("its price is in {currency}, not in the channel's currency; choose another method")]
    OtherCurrency {
        /// Currency of the method.
        currency: Currency,
    },
    /// Its ladder has no rung.
    #[error("it has no price; give it one")]
    NoRate,
    /// The cart is larger than the largest rung.
    #[error(
        "the cart has {volume_cm3} cm³ and it takes at most {limit_cm3} cm³; choose another method"
    )]
    TooLarge {
        /// Volume of the cart.
        volume_cm3: u64,
        /// The largest rung.
        limit_cm3: u64,
    },
    /// Its price depends on the size, and one variant has none.
    #[error(
        "its price depends on the size, and a variant in the cart has none; set its dimensions"
    )]
    SizeUnknown,
    /// One unit is too long.
    #[error(
        "{label} has a side of {side_mm} mm and it takes at most {limit_mm} mm; choose another method"
    )]
    TooLong {
        /// SKU or id of the variant.
        label: String,
        /// Its longest side.
        side_mm: u32,
        /// The longest side it takes.
        limit_mm: u32,
    },
    /// The cart has more units than the greatest rung.
    #[error("{units} units are in the cart and it takes at most {limit}; choose another method")]
    TooManyUnits {
        /// Units that are sent.
        units: u64,
        /// The greatest rung.
        limit: u64,
    },
    /// No row of its table fits.
    #[error("no row of its table fits this cart; choose another method, or add a row")]
    OutsideTable,
    /// It does not take goods of a category.
    #[error("it does not take {label}; choose another method")]
    GoodsNotTaken {
        /// SKU or id of the variant.
        label: String,
    },
    /// It does not take dangerous goods.
    #[error("it does not take dangerous goods such as {label}; choose another method")]
    DangerousGoods {
        /// SKU or id of the variant.
        label: String,
    },
    /// It would cost more than an amount can be.
    #[error("it would cost more than an amount can be; check its surcharges")]
    TooExpensive,
}
