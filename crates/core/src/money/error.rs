//! Why money refuses: one error with a stable code per reason.

use super::{Currency, Money};
use crate::shown::shown;

/// Why an amount, a rate or a currency was refused. Nothing was changed.
///
/// [`code`](MoneyError::code) is stable and part of the public contract; the sentence may be reworded.
///
/// ```
/// use sutler_core::money::{Currency, MoneyError};
///
/// let refused = Currency::from_code("DEM");
/// assert_eq!(refused, Err(MoneyError::WithdrawnCurrency { code: "DEM", successor: "EUR" }));
/// assert_eq!(refused.map_err(|why| why.code()), Err("money.withdrawn_currency"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Two amounts of different currencies met in one sum or comparison.
    #[error("cannot combine {left} with {right}; convert one of them first")]
    MixedCurrency {
        /// Currency of the left amount.
        left: Currency,
        /// Currency of the right amount.
        right: Currency,
    },
    /// The result does not fit: it would have wrapped.
    #[error("the amount became too large to calculate with; check quantities and prices")]
    Overflow,
    /// The text is not a plain decimal number.
    #[error(
        "{text:?} is not a number; write digits with an optional {mark:?} and decimals, such as 19{mark}99"
    )]
    NotANumber {
        /// The text, shortened.
        text: String,
        /// The decimal mark that was expected.
        mark: char,
    },
    /// The text has decimals that the currency cannot hold.
    #[error("{text:?} has more than the {allowed} decimals of {currency}; round it before")]
    TooManyDecimals {
        /// The text, shortened.
        text: String,
        /// The currency.
        currency: Currency,
        /// How many decimals it has.
        allowed: u8,
    },
    /// The code is not an ISO 4217 currency.
    #[error("{text:?} is not a currency; write the three capital letters of ISO 4217, such as EUR")]
    UnknownCurrency {
        /// The text, shortened.
        text: String,
    },
    /// The code was an ISO 4217 currency once.
    #[error("the currency {code} was withdrawn from ISO 4217; use {successor}")]
    WithdrawnCurrency {
        /// The withdrawn code.
        code: &'static str,
        /// The code of the currency that replaced it.
        successor: &'static str,
    },
    /// The code is in ISO 4217 but is no currency with a minor unit.
    #[error("{code} has no minor unit, so nobody can be charged in it; use a currency such as EUR")]
    NotPayable {
        /// The code.
        code: &'static str,
    },
    /// The amount is larger than the engine takes at the door.
    #[error("the amount is beyond ±{}; check the decimal mark", Money::from_minor(Money::MAX_MINOR, *currency))]
    OutOfRange {
        /// Currency of the amount.
        currency: Currency,
    },
    /// There is nothing to split over.
    #[error("cannot split an amount without a weight above zero; give at least one")]
    NoWeights,
    /// A share asked for more parts than there are.
    #[error(
        "cannot take {part} of {whole} parts; the part may not be above the whole, nor the whole zero"
    )]
    BadShare {
        /// How many parts were asked for.
        part: u64,
        /// How many there are.
        whole: u64,
    },
    /// The rate is not a plain decimal number that is zero or above.
    #[error(
        "{text:?} is not a rate; write digits with an optional point and decimals, such as 7.25"
    )]
    NotARate {
        /// The text, shortened.
        text: String,
    },
    /// The rate has more digits than can be kept exactly.
    #[error(
        "the rate {text:?} has more than {} significant digits; round it before",
        super::Rate::DIGITS_MAX
    )]
    RateTooLong {
        /// The text, shortened.
        text: String,
    },
}

impl MoneyError {
    /// Returns the stable, machine-readable code. Append-only, like a wire format.
    pub fn code(&self) -> &'static str {
        match self {
            MoneyError::MixedCurrency { .. } => "money.mixed_currency",
            MoneyError::Overflow => "money.overflow",
            MoneyError::NotANumber { .. } => "money.not_a_number",
            MoneyError::TooManyDecimals { .. } => "money.too_many_decimals",
            MoneyError::UnknownCurrency { .. } => "money.unknown_currency",
            MoneyError::WithdrawnCurrency { .. } => "money.withdrawn_currency",
            MoneyError::NotPayable { .. } => "money.not_payable",
            MoneyError::OutOfRange { .. } => "money.out_of_range",
            MoneyError::NoWeights => "money.no_weights",
            MoneyError::BadShare { .. } => "money.bad_share",
            MoneyError::NotARate { .. } => "money.not_a_rate",
            MoneyError::RateTooLong { .. } => "money.rate_too_long",
        }
    }

    /// Builds [`MoneyError::NotANumber`] with a shortened text.
    pub(super) fn not_a_number(text: &str, mark: char) -> MoneyError {
        MoneyError::NotANumber { text: shown(text), mark }
    }

    /// Builds [`MoneyError::TooManyDecimals`] with a shortened text.
    pub(super) fn too_many_decimals(text: &str, currency: Currency) -> MoneyError {
        MoneyError::TooManyDecimals { text: shown(text), currency, allowed: currency.exponent() }
    }

    /// Builds [`MoneyError::UnknownCurrency`] with a shortened text.
    pub(super) fn unknown_currency(text: &str) -> MoneyError {
        MoneyError::UnknownCurrency { text: shown(text) }
    }

    /// Builds [`MoneyError::NotARate`] with a shortened text.
    pub(super) fn not_a_rate(text: &str) -> MoneyError {
        MoneyError::NotARate { text: shown(text) }
    }

    /// Builds [`MoneyError::RateTooLong`] with a shortened text.
    pub(super) fn rate_too_long(text: &str) -> MoneyError {
        MoneyError::RateTooLong { text: shown(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shortened_in_the_error() {
        let long = "9x".repeat(1000);
        let MoneyError::UnknownCurrency { text } = MoneyError::unknown_currency(&long) else {
            panic!("another error");
        };
        assert_eq!(text, shown(&long));
        assert!(text.len() < 100, "{text}");
    }

    #[test]
    fn the_sentences_say_how_to_mend_it() {
        assert_eq!(
            MoneyError::MixedCurrency { left: Currency::EUR, right: Currency::USD }.to_string(),
            "cannot combine EUR with USD; convert one of them first"
        );
        assert_eq!(
            MoneyError::OutOfRange { currency: Currency::KWD }.to_string(),
            "the amount is beyond ±1000000000000.000 KWD; check the decimal mark"
        );
        assert_eq!(
            MoneyError::not_a_number("1 000", ',').to_string(),
            "\"1 000\" is not a number; write digits with an optional ',' and decimals, such as 19,99"
        );
    }
}
