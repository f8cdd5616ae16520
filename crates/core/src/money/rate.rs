//! [`Rate`]: an exact decimal for taxes and percentages, and the two ways to apply it.
//!
//! Deliberately absent: floats, negative rates (a discount is an amount taken off, not a negative tax) and
//! arithmetic between rates, save the sum of the taxes of one place.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::parse::Digits;
use super::{Money, MoneyError, Rounding};

/// An exact rate of at most 12 significant digits, zero or above: 7.25 % is `Rate::percent("7.25")`. Never a float.
///
/// Two spellings of one number are equal: `7.25` and `7.250`. As text it is `7.25 %`; in serde it is the percent
/// number as text, `"7.25"`.
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate, Rounding};
///
/// let rate = Rate::percent("10.75")?;
/// assert_eq!(rate, Rate::fraction("0.1075")?);
/// let tax = Money::parse("24.99", Currency::USD)?.at_rate(rate, Rounding::HalfAwayFromZero)?;
/// assert_eq!(tax.to_string(), "2.69 USD");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// The digits. Below 10^12, not divisible by ten unless `scale` is 0.
    mantissa: u64,
    /// How many of the digits stand behind the point of the fraction.
    scale: u8,
}

impl Rate {
    /// The most significant digits a rate may have.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// assert!(Rate::percent(&"9".repeat(Rate::DIGITS_MAX)).is_ok());
    /// assert!(Rate::percent(&"9".repeat(Rate::DIGITS_MAX + 1)).is_err());
    /// ```
    pub const DIGITS_MAX: usize = 12;
    /// The most decimals of the fraction; ten to this power times any amount stays inside 128 bits.
    const SCALE_MAX: u8 = 18;
    /// Ten to the power of [`Rate::DIGITS_MAX`].
    const MANTISSA_END: u64 = 1_000_000_000_000;
    /// No tax, no discount. Zero is a rate; a missing rate is not zero.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// assert_eq!(Rate::percent("0.00"), Ok(Rate::ZERO));
    /// assert!(Rate::ZERO.is_zero() && !Rate::ONE.is_zero());
    /// ```
    pub const ZERO: Rate = Rate { mantissa: 0, scale: 0 };
    /// The whole: 100 %.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// assert_eq!(Rate::percent("100"), Ok(Rate::ONE));
    /// ```
    pub const ONE: Rate = Rate { mantissa: 1, scale: 0 };

    /// Reads a percentage: `7.25` is seven and a quarter percent.
    ///
    /// ASCII digits with an optional point and decimals; no sign, no exponent, no `_`, no blanks, no `%`.
    ///
    /// Errors: [`MoneyError::NotARate`], [`MoneyError::RateTooLong`] when digits would be lost.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// assert_eq!(Rate::percent("7.250"), Rate::percent("7.25"));
    /// for refused in ["-7", "7,25", "7.25 %", "1_000", "1e3"] {
    ///     assert_eq!(Rate::percent(refused).map_err(|why| why.code()), Err("money.not_a_rate"));
    /// }
    /// ```
    pub fn percent(text: &str) -> Result<Rate, MoneyError> {
        Rate::read(text, 2)
    }

    /// Reads a fraction: `0.0725` is seven and a quarter percent.
    ///
    /// Errors: as [`Rate::percent`].
    pub fn fraction(text: &str) -> Result<Rate, MoneyError> {
        Rate::read(text, 0)
    }

    /// Reads plain decimal text and moves its point `shift` places to the left.
    fn read(text: &str, shift: u8) -> Result<Rate, MoneyError> {
        let digits = Digits::read(text, '.').ok_or_else(|| MoneyError::not_a_rate(text))?;
        if digits.negative {
            return Err(MoneyError::not_a_rate(text));
        }
        let decimals = digits.decimals.trim_end_matches('0');
        let too_long = || MoneyError::rate_too_long(text);
        let mut mantissa: u64 = 0;
        for byte in digits.whole.bytes().chain(decimals.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|m| m.checked_add(u64::from(byte - b'0')))
                .ok_or_else(too_long)?;
        }
        let decimals = u8::try_from(decimals.len()).map_err(|_| too_long())?;
        let mut scale = decimals.checked_add(shift).ok_or_else(too_long)?;
        while scale > 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            scale -= 1;
        }
        if mantissa >= Rate::MANTISSA_END || scale > Rate::SCALE_MAX {
            return Err(too_long());
        }
        Ok(Rate { mantissa, scale })
    }

    /// Returns `self + other`, such as the tax of a state and a city together.
    ///
    /// Errors: [`MoneyError::RateTooLong`] when digits would be lost.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// let (state, city) = (Rate::percent("6.25")?, Rate::percent("1.5")?);
    /// assert_eq!(state.checked_add(city)?.to_string(), "7.75 %");
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn checked_add(self, other: Rate) -> Result<Rate, MoneyError> {
        let scale = self.scale.max(other.scale);
        // Below 10^12 × 10^18 each, far inside 128 bits.
        let [a, b] = [self, other].map(|rate| rate.mantissa_at(scale));
        let mut mantissa = a + b;
        let mut scale = scale;
        while scale > 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            scale -= 1;
        }
        match u64::try_from(mantissa) {
            Ok(mantissa) if mantissa < Rate::MANTISSA_END => Ok(Rate { mantissa, scale }),
            _ => Err(MoneyError::rate_too_long(&format!("{self} + {other}"))),
        }
    }

    /// Returns whole numbers in the proportion of `rates`, to split by.
    ///
    /// Errors: [`MoneyError::Overflow`] when the rates are too far apart for 64 bits.
    pub(crate) fn weights(
        rates: impl Iterator<Item = Rate> + Clone,
    ) -> Result<Vec<u64>, MoneyError> {
        let scale = rates.clone().map(|rate| rate.scale).max().unwrap_or(0);
        rates
            .map(|r| u64::try_from(r.mantissa_at(scale)).map_err(|_| MoneyError::Overflow))
            .collect()
    }

    /// Returns the rate times `whole`, a power of ten of 10^18 or more, so that nothing is lost.
    pub(crate) fn scaled_to(self, whole: u128) -> u128 {
        u128::from(self.mantissa) * (whole / self.denominator())
    }

    /// Returns the digits with `scale` of them behind the point; `scale` is at least that of the rate.
    fn mantissa_at(self, scale: u8) -> u128 {
        u128::from(self.mantissa) * u128::from(10_u64.pow(u32::from(scale - self.scale)))
    }

    /// Tells whether this is the zero rate.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Tells whether this is 100 % or below, as a discount must be.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// assert!(Rate::ONE.is_at_most_one());
    /// assert!(!Rate::percent("100.1")?.is_at_most_one());
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn is_at_most_one(self) -> bool {
        u128::from(self.mantissa) <= self.denominator()
    }

    /// Returns the percent number without a sign: `7.25`.
    pub fn percent_text(self) -> String {
        PercentText(self).to_string()
    }

    /// Returns the fraction as a decimal: 7.25 % is 0.0725.
    ///
    /// ```
    /// # use sutler_core::money::Rate;
    /// let rate = Rate::percent("7.25")?;
    /// assert_eq!(rate.percent_text(), "7.25");
    /// assert_eq!(rate.to_decimal().to_string(), "0.0725");
    /// assert_eq!(rate.to_parts(), (725, 4));
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn to_decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.mantissa), u32::from(self.scale))
    }

    /// Returns the digits and how many of them stand behind the point of the fraction: 7.25 % is `(725, 4)`.
    ///
    /// Two equal rates have equal parts, so they may go into a hash.
    pub const fn to_parts(self) -> (u64, u8) {
        (self.mantissa, self.scale)
    }

    /// Returns ten to the power of the scale.
    fn denominator(self) -> u128 {
        u128::from(10_u64.pow(u32::from(self.scale)))
    }
}

impl Money {
    /// Returns `self × rate`, rounded once, here, and nowhere else.
    ///
    /// Errors: [`MoneyError::Overflow`].
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money, Rate, Rounding};
    ///
    /// let half = Rate::percent("50")?;
    /// let odd = Money::from_minor(5, Currency::EUR);
    /// assert_eq!(odd.at_rate(half, Rounding::HalfAwayFromZero)?.minor(), 3);
    /// assert_eq!(odd.at_rate(half, Rounding::HalfEven)?.minor(), 2);
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn at_rate(self, rate: Rate, rounding: Rounding) -> Result<Money, MoneyError> {
        self.scaled(u128::from(rate.mantissa), rate.denominator(), rounding)
    }

    /// Returns the tax that is contained in a gross amount: `gross × rate ÷ (1 + rate)`, rounded once.
    ///
    /// The net is what is left, so `net + tax == gross` holds by construction.
    ///
    /// Errors: [`MoneyError::Overflow`].
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money, Rate, Rounding};
    ///
    /// let gross = Money::parse("65.00", Currency::GBP)?;
    /// let tax = gross.tax_within(Rate::percent("20")?, Rounding::HalfAwayFromZero)?;
    /// assert_eq!(tax.to_string(), "10.83 GBP");
    /// assert_eq!(gross.checked_sub(tax)?.to_string(), "54.17 GBP");
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn tax_within(self, rate: Rate, rounding: Rounding) -> Result<Money, MoneyError> {
        let mantissa = u128::from(rate.mantissa);
        self.scaled(mantissa, rate.denominator() + mantissa, rounding)
    }

    /// Returns `self × numerator ÷ denominator`; the sign is kept, zero has none.
    ///
    /// 2^63 × 10^12 is below 2^103, so the product cannot overflow.
    fn scaled(
        self,
        numerator: u128,
        denominator: u128,
        rounding: Rounding,
    ) -> Result<Money, MoneyError> {
        let product = u128::from(self.minor().unsigned_abs()) * numerator;
        let magnitude = rounding.divide(product, denominator);
        let minor = i128::try_from(magnitude).map_err(|_| MoneyError::Overflow)?;
        Money::from_wide(if self.is_negative() { -minor } else { minor }, self.currency())
    }
}

/// Prints a rate as a percent number.
struct PercentText(Rate);

impl fmt::Display for PercentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rate { mantissa, scale } = self.0;
        match scale {
            0 => write!(f, "{}", u128::from(mantissa) * 100),
            1 => write!(f, "{}", u128::from(mantissa) * 10),
            2 => write!(f, "{mantissa}"),
            _ => {
                let per_one = 10_u64.pow(u32::from(scale - 2));
                let decimals = usize::from(scale - 2);
                write!(f, "{}.{:0decimals$}", mantissa / per_one, mantissa % per_one)
            }
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", PercentText(*self))
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&PercentText(*self))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Percent;
        impl Visitor<'_> for Percent {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percent number as text such as \"7.25\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rate, E> {
                Rate::percent(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Percent)
    }
}
