//! What to do with a fraction of a minor unit, and the one division that does it.

use serde::{Deserialize, Serialize};

/// What to do with a fraction of a minor unit. Always an argument, never a default.
///
/// | | 2.4 | 2.5 | 3.5 | 2.6 | −2.5 |
/// |---|---|---|---|---|---|
/// | `HalfEven` | 2 | 2 | 4 | 3 | −2 |
/// | `HalfAwayFromZero` | 2 | 3 | 4 | 3 | −3 |
/// | `TowardZero` | 2 | 2 | 3 | 2 | −2 |
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate, Rounding};
///
/// let five = Money::from_minor(5, Currency::EUR);
/// let half = |rounding| five.at_rate(Rate::percent("50")?, rounding).map(Money::minor);
/// assert_eq!(half(Rounding::HalfEven), Ok(2));
/// assert_eq!(half(Rounding::HalfAwayFromZero), Ok(3));
/// assert_eq!(half(Rounding::TowardZero), Ok(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest; a half goes to the even neighbor.
    HalfEven,
    /// To the nearest; a half goes away from zero. What most tax offices and buyers expect.
    HalfAwayFromZero,
    /// The fraction is dropped.
    TowardZero,
}

impl Rounding {
    /// Returns the name used in serde and in hashes: `half_even`, `half_away_from_zero`, `toward_zero`.
    ///
    /// ```
    /// # use sutler_core::money::Rounding;
    /// assert_eq!(Rounding::HalfAwayFromZero.name(), "half_away_from_zero");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Rounding::HalfEven => "half_even",
            Rounding::HalfAwayFromZero => "half_away_from_zero",
            Rounding::TowardZero => "toward_zero",
        }
    }

    /// Returns what people read in a trace. May be reworded; [`name`](Self::name) may not.
    ///
    /// ```
    /// # use sutler_core::money::Rounding;
    /// assert_eq!(Rounding::HalfAwayFromZero.words(), "rounded half away from zero");
    /// ```
    pub const fn words(self) -> &'static str {
        match self {
            Rounding::HalfEven => "rounded half to even",
            Rounding::HalfAwayFromZero => "rounded half away from zero",
            Rounding::TowardZero => "rounded toward zero",
        }
    }

    /// Returns `numerator ÷ denominator` as a whole number; the sign stays outside.
    ///
    /// Every fraction of a minor unit in the engine ends here or in a split.
    pub(crate) fn divide(self, numerator: u128, denominator: u128) -> u128 {
        let (whole, rest) = match (u64::try_from(numerator), u64::try_from(denominator)) {
            // Everyday amounts fit in 64 bits, where a division costs a fraction of one in 128.
            (Ok(n), Ok(d)) => (u128::from(n / d), u128::from(n % d)),
            _ => (numerator / denominator, numerator % denominator),
        };
        let up = match self {
            Rounding::TowardZero => false,
            // `rest >= denominator − rest` is `2 × rest >= denominator` without the overflow.
            Rounding::HalfAwayFromZero => rest >= denominator - rest,
            Rounding::HalfEven => match rest.cmp(&(denominator - rest)) {
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => whole % 2 == 1,
                std::cmp::Ordering::Greater => true,
            },
        };
        whole + u128::from(up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_where_the_mode_says() {
        for (tenths, even, away, zero) in [
            (0, 0, 0, 0),
            (4, 0, 0, 0),
            (5, 0, 1, 0),
            (6, 1, 1, 0),
            (15, 2, 2, 1),
            (24, 2, 2, 2),
            (25, 2, 3, 2),
            (26, 3, 3, 2),
            (35, 4, 4, 3),
            (30, 3, 3, 3),
        ] {
            assert_eq!(Rounding::HalfEven.divide(tenths, 10), even, "{tenths}");
            assert_eq!(Rounding::HalfAwayFromZero.divide(tenths, 10), away, "{tenths}");
            assert_eq!(Rounding::TowardZero.divide(tenths, 10), zero, "{tenths}");
        }
    }

    #[test]
    fn a_wide_division_rounds_like_a_narrow_one() {
        let wide = u128::from(u64::MAX) * 4;
        for (tenths, mode, want) in [
            (25, Rounding::HalfEven, 2),
            (35, Rounding::HalfEven, 4),
            (25, Rounding::HalfAwayFromZero, 3),
            (24, Rounding::HalfAwayFromZero, 2),
            (29, Rounding::TowardZero, 2),
        ] {
            assert_eq!(mode.divide(tenths * wide, 10 * wide), want);
        }
    }
}
