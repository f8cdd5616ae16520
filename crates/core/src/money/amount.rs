//! [`Money`]: an exact amount in one currency, and its checked sums.
//!
//! Deliberately absent: operators and `Ord`. `a + b` and `a < b` cannot say "other currency" or "too big", so
//! they do not exist.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Currency, MoneyError};

/// An exact amount in one currency.
///
/// Units: minor units (cents for USD, whole yen for JPY, fils for KWD).
///
/// Invariant: arithmetic never mixes currencies and never wraps. There is deliberately no `impl Add`: an operator
/// cannot return an error. As text it is `19.99 EUR`; in serde it is `{"amount": "19.99", "currency": "EUR"}`.
///
/// ```
/// use sutler_core::money::{Currency, Money};
///
/// let price = Money::parse("19.99", Currency::EUR)?;
/// let three = price.checked_mul(3)?;
/// assert_eq!(three.minor(), 5997);
/// assert_eq!(three.to_string(), "59.97 EUR");
/// assert!(three.checked_add(Money::zero(Currency::USD)).is_err());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// The largest magnitude taken at the door, in minor units: 10^15, ten trillion dollars.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// let most = Money::from_minor(Money::MAX_MINOR, Currency::USD);
    /// assert_eq!(most.to_string(), "10000000000000.00 USD");
    /// ```
    pub const MAX_MINOR: i64 = 1_000_000_000_000_000;

    /// Returns an amount of minor units.
    ///
    /// This is for code that knows its numbers; what comes from outside goes through [`Money::new_checked`] or
    /// [`Money::parse`].
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// assert_eq!(Money::from_minor(1999, Currency::EUR).to_string(), "19.99 EUR");
    /// assert_eq!(Money::from_minor(1999, Currency::JPY).to_string(), "1999 JPY");
    /// ```
    pub const fn from_minor(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Returns an amount of minor units that came from outside.
    ///
    /// Errors: [`MoneyError::OutOfRange`] beyond ±[`Money::MAX_MINOR`].
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money, MoneyError};
    /// assert!(Money::new_checked(-1999, Currency::EUR).is_ok());
    /// let beyond = Money::new_checked(Money::MAX_MINOR + 1, Currency::EUR);
    /// assert_eq!(beyond, Err(MoneyError::OutOfRange { currency: Currency::EUR }));
    /// ```
    pub const fn new_checked(minor: i64, currency: Currency) -> Result<Money, MoneyError> {
        if minor > Money::MAX_MINOR || minor < -Money::MAX_MINOR {
            return Err(MoneyError::OutOfRange { currency });
        }
        Ok(Money { minor, currency })
    }

    /// Returns nothing, in `currency`.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// let nothing = Money::zero(Currency::EUR);
    /// assert!(nothing.is_zero() && !nothing.is_negative() && !nothing.is_positive());
    /// assert_ne!(nothing, Money::zero(Currency::USD), "nothing has a currency too");
    /// assert_eq!(nothing.currency(), Currency::EUR);
    /// ```
    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// Returns the minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Tells whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Tells whether this is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Tells whether this is above zero.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Returns `self + other`.
    ///
    /// Errors: [`MoneyError::MixedCurrency`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.require_same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Returns `self − other`.
    ///
    /// Errors: [`MoneyError::MixedCurrency`], [`MoneyError::Overflow`].
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money, MoneyError};
    /// let (price, off) = (Money::parse("19.99", Currency::EUR)?, Money::parse("20.00", Currency::EUR)?);
    /// assert_eq!(price.checked_sub(off)?.to_string(), "-0.01 EUR");
    /// let dollars = Money::from_minor(1, Currency::USD);
    /// let mixed = MoneyError::MixedCurrency { left: Currency::EUR, right: Currency::USD };
    /// assert_eq!(price.checked_sub(dollars), Err(mixed));
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.require_same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Returns `−self`.
    ///
    /// Errors: [`MoneyError::Overflow`] for the one amount that has no opposite.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money, MoneyError};
    /// let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// assert_eq!(eur(5).checked_neg(), Ok(eur(-5)));
    /// assert_eq!(eur(i64::MIN).checked_neg(), Err(MoneyError::Overflow));
    /// ```
    pub fn checked_neg(self) -> Result<Money, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Returns `self × quantity`.
    ///
    /// Errors: [`MoneyError::Overflow`].
    pub fn checked_mul(self, quantity: u32) -> Result<Money, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// Returns the sum of `amounts`, nothing in `currency` when there are none.
    ///
    /// Errors: [`MoneyError::MixedCurrency`] when one of them is in another currency, [`MoneyError::Overflow`]. The
    /// sum is formed in 128 bits, so only the result has to fit and the order does not matter.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money, MoneyError};
    /// let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// assert_eq!(Money::checked_sum([eur(100), eur(-1)], Currency::EUR), Ok(eur(99)));
    /// assert_eq!(Money::checked_sum([], Currency::EUR), Ok(eur(0)));
    /// assert!(Money::checked_sum([eur(1)], Currency::USD).is_err());
    /// ```
    pub fn checked_sum(
        amounts: impl IntoIterator<Item = Money>,
        currency: Currency,
    ) -> Result<Money, MoneyError> {
        let mut sum: i128 = 0;
        for amount in amounts {
            Money::zero(currency).require_same_currency(amount)?;
            // 2^64 amounts of 2^63 would be needed to leave 128 bits.
            sum += i128::from(amount.minor);
        }
        Money::from_wide(sum, currency)
    }

    /// Compares two amounts of one currency.
    ///
    /// Errors: [`MoneyError::MixedCurrency`].
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// use std::cmp::Ordering;
    ///
    /// let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// assert_eq!(eur(1).checked_cmp(eur(2)), Ok(Ordering::Less));
    /// assert!(eur(1).checked_cmp(Money::from_minor(2, Currency::USD)).is_err());
    /// ```
    pub fn checked_cmp(self, other: Money) -> Result<Ordering, MoneyError> {
        self.require_same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Returns the smaller of two amounts of one currency.
    ///
    /// Errors: [`MoneyError::MixedCurrency`].
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// assert_eq!(eur(500).checked_min(eur(350)), Ok(eur(350)));
    /// ```
    pub fn checked_min(self, other: Money) -> Result<Money, MoneyError> {
        self.require_same_currency(other)?;
        Ok(Money { minor: self.minor.min(other.minor), ..self })
    }

    /// Returns the amount alone, with a point and all decimals of the currency: `19.99`, `-0.05`, `1000`, `0.001`.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// assert_eq!(Money::from_minor(-5, Currency::EUR).amount_text(), "-0.05");
    /// assert_eq!(Money::from_minor(1, Currency::KWD).amount_text(), "0.001");
    /// ```
    pub fn amount_text(self) -> String {
        AmountText(self).to_string()
    }

    /// Refuses to go on with two currencies.
    pub(super) fn require_same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::MixedCurrency { left: self.currency, right: other.currency })
    }

    /// Brings an intermediate result back to 64 bits.
    pub(super) fn from_wide(minor: i128, currency: Currency) -> Result<Money, MoneyError> {
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
        Ok(Money { minor, currency })
    }
}

/// Prints the amount of a [`Money`] without its currency.
struct AmountText(Money);

impl fmt::Display for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Money { minor, currency } = self.0;
        let sign = if minor < 0 { "-" } else { "" };
        let per_major = currency.minor_per_major().unsigned_abs();
        let (major, rest) = (minor.unsigned_abs() / per_major, minor.unsigned_abs() % per_major);
        match usize::from(currency.exponent()) {
            0 => write!(f, "{sign}{major}"),
            digits => write!(f, "{sign}{major}.{rest:0digits$}"),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", AmountText(*self), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Text(Money);
        impl Serialize for Text {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&AmountText(self.0))
            }
        }
        let mut fields = serializer.serialize_struct("Money", 2)?;
        fields.serialize_field("amount", &Text(*self))?;
        fields.serialize_field("currency", &self.currency)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "Money", deny_unknown_fields)]
        struct Fields<'a> {
            #[serde(borrow)]
            amount: Cow<'a, str>,
            currency: Currency,
        }
        let Fields { amount, currency } = Fields::deserialize(deserializer)?;
        Money::parse(&amount, currency).map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    const fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    #[test]
    fn amounts_print_with_the_decimals_of_their_currency() {
        for (minor, code, text) in [
            (1999, "EUR", "19.99 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (-1999, "EUR", "-19.99 EUR"),
            (0, "EUR", "0.00 EUR"),
            (1000, "JPY", "1000 JPY"),
            (-1, "JPY", "-1 JPY"),
            (1, "KWD", "0.001 KWD"),
            (12345, "KWD", "12.345 KWD"),
            (12345, "CLF", "1.2345 CLF"),
            (i64::MIN, "USD", "-92233720368547758.08 USD"),
            (i64::MAX, "JPY", "9223372036854775807 JPY"),
        ] {
            let money = Money::from_minor(minor, Currency::from_code(code).unwrap());
            assert_eq!(money.to_string(), text);
            assert_eq!(format!("{} {code}", money.amount_text()), text);
        }
    }

    #[test]
    fn sums_refuse_mixed_currencies_and_overflow() {
        let usd = Money::from_minor(1, Currency::USD);
        let mixed = Err(MoneyError::MixedCurrency { left: Currency::EUR, right: Currency::USD });
        assert_eq!(eur(1).checked_add(usd), mixed);
        assert_eq!(eur(1).checked_sub(usd), mixed);
        assert_eq!(eur(1).checked_min(usd), mixed);
        assert_eq!(Money::checked_sum([eur(1), usd], Currency::EUR), mixed);
        assert_eq!(eur(1).checked_cmp(usd).unwrap_err().code(), "money.mixed_currency");

        assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(MoneyError::Overflow));
        assert_eq!(eur(i64::MIN).checked_sub(eur(1)), Err(MoneyError::Overflow));
        assert_eq!(eur(i64::MIN).checked_neg(), Err(MoneyError::Overflow));
        assert_eq!(eur(i64::MAX / 2).checked_mul(3), Err(MoneyError::Overflow));
        assert_eq!(
            Money::checked_sum([eur(i64::MAX), eur(1)], Currency::EUR),
            Err(MoneyError::Overflow)
        );
        // Only the result has to fit.
        assert_eq!(
            Money::checked_sum([eur(i64::MAX), eur(1), eur(-1)], Currency::EUR),
            Ok(eur(i64::MAX))
        );
        assert_eq!(Money::checked_sum([], Currency::JPY), Ok(Money::zero(Currency::JPY)));
    }

    #[test]
    fn the_door_is_ten_to_the_fifteenth() {
        assert_eq!(Money::new_checked(Money::MAX_MINOR, Currency::EUR), Ok(eur(Money::MAX_MINOR)));
        assert_eq!(
            Money::new_checked(-Money::MAX_MINOR, Currency::EUR),
            Ok(eur(-Money::MAX_MINOR))
        );
        for minor in [Money::MAX_MINOR + 1, -Money::MAX_MINOR - 1, i64::MAX, i64::MIN] {
            let refused = Money::new_checked(minor, Currency::EUR).unwrap_err();
            assert_eq!(refused, MoneyError::OutOfRange { currency: Currency::EUR });
        }
    }

    #[test]
    fn signs_and_comparison() {
        assert!(eur(0).is_zero() && !eur(0).is_negative() && !eur(0).is_positive());
        assert!(eur(-1).is_negative() && eur(1).is_positive());
        assert_eq!(eur(1).checked_cmp(eur(2)), Ok(Ordering::Less));
        assert_eq!(eur(1).checked_min(eur(2)), Ok(eur(1)));
        assert_eq!(eur(9).checked_mul(3), Ok(eur(27)));
        assert_eq!(eur(9).checked_neg(), Ok(eur(-9)));
    }

    #[test]
    fn serde_reads_what_it_should_and_nothing_else() {
        use serde::de::value::{Error, MapDeserializer};

        let read = |fields: &[(&'static str, &'static str)]| {
            Money::deserialize(MapDeserializer::<_, Error>::new(fields.iter().copied()))
        };
        assert_eq!(read(&[("amount", "19.99"), ("currency", "EUR")]).unwrap(), eur(1999));
        assert_eq!(read(&[("currency", "EUR"), ("amount", "-0.05")]).unwrap(), eur(-5));
        for wrong in [
            &[("amount", "19.999"), ("currency", "EUR")][..],
            &[("amount", "19,99"), ("currency", "EUR")],
            &[("amount", "19.99")],
            &[("currency", "EUR")],
            &[("amount", "19.99"), ("currency", "XXX")],
            &[("amount", "19.99"), ("currency", "EUR"), ("minor", "1999")],
            &[("amount", "10000000000000.01"), ("currency", "EUR")],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
