//! Reading amounts: strict about scale, form and range.
//!
//! Deliberately absent: guessing. Thousands marks, currency signs and blanks are the business of the crate that
//! reads merchants' files; what arrives here is a plain decimal number or an error.

use serde::{Deserialize, Serialize};

use super::{Currency, Money, MoneyError};

/// Which character stands between whole units and decimals.
///
/// ```
/// use sutler_core::money::{Currency, DecimalMark, Money};
///
/// assert_eq!(DecimalMark::Comma.as_char(), ',');
/// let price = Money::parse_scaled("19,99", DecimalMark::Comma, Currency::EUR)?;
/// assert_eq!(price.minor(), 1999);
/// assert!(Money::parse_scaled("1.234,50", DecimalMark::Comma, Currency::EUR).is_err());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `19.99`
    Point,
    /// `19,99`
    Comma,
}

impl DecimalMark {
    /// Returns the character.
    pub const fn as_char(self) -> char {
        match self {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }
}

/// The parts of a plain decimal number: `-19.99` is negative, `19`, `99`.
///
/// Invariant: `whole` and `decimals` hold ASCII digits only and `whole` at least one.
pub(super) struct Digits<'a> {
    /// Whether a minus stood in front.
    pub(super) negative: bool,
    /// The digits in front of the mark.
    pub(super) whole: &'a str,
    /// The digits behind the mark; empty when there is none.
    pub(super) decimals: &'a str,
}

impl<'a> Digits<'a> {
    /// Takes a number apart, `None` when it is not `-?[0-9]+(mark[0-9]+)?`.
    pub(super) fn read(text: &'a str, mark: char) -> Option<Digits<'a>> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (whole, decimals) = match unsigned.split_once(mark) {
            Some((whole, decimals)) if plain(decimals) => (whole, decimals),
            Some(_) => return None,
            None => (unsigned, ""),
        };
        plain(whole).then_some(Digits { negative, whole, decimals })
    }
}

impl Money {
    /// Reads an amount written with a point, strict about scale.
    ///
    /// `19.99`, `19.9` and `19` are read for a currency of two decimals; `19.999` is refused, never rounded.
    ///
    /// Errors: [`MoneyError::NotANumber`], [`MoneyError::TooManyDecimals`], [`MoneyError::OutOfRange`].
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    ///
    /// assert_eq!(Money::parse("19.9", Currency::USD)?.minor(), 1990);
    /// assert_eq!(Money::parse("19.999", Currency::USD).unwrap_err().code(), "money.too_many_decimals");
    /// assert_eq!(Money::parse("1_000", Currency::USD).unwrap_err().code(), "money.not_a_number");
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let digits = Digits::read(text, '.').ok_or_else(|| MoneyError::not_a_number(text, '.'))?;
        if digits.decimals.len() > usize::from(currency.exponent()) {
            return Err(MoneyError::too_many_decimals(text, currency));
        }
        from_digits(&digits, currency)
    }

    /// Reads an amount whose writer used more decimals than the currency has, provided that they are zeros.
    ///
    /// `1000.00` JPY and `19.9900` USD are read; `19.9901` USD is refused, never rounded.
    ///
    /// Errors: as [`Money::parse`].
    ///
    /// ```
    /// # use sutler_core::money::{Currency, DecimalMark, Money};
    /// let read = |text| Money::parse_scaled(text, DecimalMark::Point, Currency::USD);
    /// assert_eq!(read("19.9900")?.minor(), 1999);
    /// assert_eq!(read("19.9901").map_err(|why| why.code()), Err("money.too_many_decimals"));
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn parse_scaled(
        text: &str,
        mark: DecimalMark,
        currency: Currency,
    ) -> Result<Money, MoneyError> {
        let mark = mark.as_char();
        let mut digits =
            Digits::read(text, mark).ok_or_else(|| MoneyError::not_a_number(text, mark))?;
        if let Some((kept, extra)) =
            digits.decimals.split_at_checked(usize::from(currency.exponent()))
        {
            if extra.bytes().any(|b| b != b'0') {
                return Err(MoneyError::too_many_decimals(text, currency));
            }
            digits.decimals = kept;
        }
        from_digits(&digits, currency)
    }
}

/// Builds the amount; the decimals are already known to fit the currency.
fn from_digits(digits: &Digits<'_>, currency: Currency) -> Result<Money, MoneyError> {
    let missing = usize::from(currency.exponent()) - digits.decimals.len();
    let padding = std::iter::repeat_n(b'0', missing);
    let mut minor: i64 = 0;
    for byte in digits.whole.bytes().chain(digits.decimals.bytes()).chain(padding) {
        minor = minor
            .checked_mul(10)
            .and_then(|m| m.checked_add(i64::from(byte - b'0')))
            .ok_or(MoneyError::OutOfRange { currency })?;
    }
    Money::new_checked(if digits.negative { -minor } else { minor }, currency)
}
