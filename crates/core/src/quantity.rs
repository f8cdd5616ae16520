//! How many units.

use crate::shown::shown;
use serde::{Deserialize, Serialize};

/// The most units one line, movement or rung may hold.
///
/// ```
/// use sutler_core::quantity::{QUANTITY_MAX, Quantity};
///
/// assert!(Quantity::new(QUANTITY_MAX).is_ok());
/// assert!(Quantity::new(QUANTITY_MAX + 1).is_err());
/// ```
pub const QUANTITY_MAX: u32 = 1_000_000;

/// A number of units that somebody buys, receives or ships: 1 to [`QUANTITY_MAX`].
///
/// ```
/// use sutler_core::quantity::Quantity;
/// assert_eq!("12".parse::<Quantity>().map(Quantity::get), Ok(12));
/// assert!("0".parse::<Quantity>().is_err());
/// assert!("1e3".parse::<Quantity>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

/// A text or number is not a quantity.
///
/// ```
/// use sutler_core::quantity::{Quantity, QuantityError};
///
/// let refused = "-1".parse::<Quantity>();
/// assert_eq!(refused, Err(QuantityError { given: "-1".to_owned() }));
/// assert!(refused.is_err_and(|why| why.to_string().contains("from 1 to 1000000")));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{given}` is not a quantity: write a whole number from 1 to {QUANTITY_MAX}")]
pub struct QuantityError {
    /// What was given.
    pub given: String,
}

impl Quantity {
    /// One unit.
    ///
    /// ```
    /// # use sutler_core::quantity::Quantity;
    /// assert_eq!(Quantity::new(1), Ok(Quantity::ONE));
    /// ```
    pub const ONE: Quantity = Quantity(1);

    /// Wraps a number of units.
    ///
    /// Errors: [`QuantityError`] outside 1 to [`QUANTITY_MAX`].
    pub fn new(units: u32) -> Result<Self, QuantityError> {
        match units {
            1..=QUANTITY_MAX => Ok(Self(units)),
            _ => Err(QuantityError { given: units.to_string() }),
        }
    }

    /// Returns the number of units.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u32> for Quantity {
    type Error = QuantityError;
    fn try_from(units: u32) -> Result<Self, QuantityError> {
        Self::new(units)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> u32 {
        quantity.0
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let refused = || QuantityError { given: shown(text) };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused());
        }
        text.parse::<u32>().ok().and_then(|units| Self::new(units).ok()).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_whole_numbers_in_range_are_quantities() {
        for good in ["1", "12", "1000000", "007"] {
            assert!(good.parse::<Quantity>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "0",
            "-1",
            "+1",
            "1.5",
            " 1",
            "1e3",
            "0x10",
            "1_000",
            "NaN",
            "1000001",
            "99999999999",
            "١٢",
            "１２",
        ] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }
}
