//! Arguments that are more than words.

use std::str::FromStr;

use sutler_core::money::{Currency, Money, Rate};
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::nearest::nearest;

/// An amount as people type it: `47.60`, `47.60 EUR` or `EUR 47.60`.
///
/// Without a code it is in whatever currency it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TypedMoney {
    digits: String,
    currency: Option<Currency>,
}

impl TypedMoney {
    /// Returns the amount in the currency that was typed, else in the usual one.
    ///
    /// Errors: the codes of money for too many decimals.
    pub(crate) fn in_own_currency(&self, usual: Currency) -> Result<Money, Rejection> {
        self.in_currency(self.currency.unwrap_or(usual))
    }

    /// Returns the amount in the currency that it must be in.
    ///
    /// Errors: `currency.wrong` for another code, and the codes of money for too many decimals.
    pub(crate) fn in_currency(&self, wanted: Currency) -> Result<Money, Rejection> {
        let currency = self.currency.unwrap_or(wanted);
        let money = Money::parse(&self.digits, currency)?;
        if currency == wanted {
            Ok(money)
        } else {
            Err(Rejection::WrongCurrency {
                given: money.to_string(),
                wanted: wanted.code().to_owned(),
            })
        }
    }
}

/// Reads an [`TypedMoney`].
pub(crate) fn amount(text: &str) -> Result<TypedMoney, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_number = |word: &str| {
        word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && word.bytes().any(|b| b.is_ascii_digit())
    };
    let (digits, code) = match words.as_slice() {
        [digits] => (*digits, None),
        [digits, code] if is_number(digits) => (*digits, Some(*code)),
        [code, digits] => (*digits, Some(*code)),
        _ => ("", None),
    };
    if !is_number(digits) {
        return Err(format!(
            "`{text}` is not an amount: write digits with a point, such as 47.60, perhaps with a currency, `47.60 EUR`"
        ));
    }
    let currency = code.map(currency).transpose()?;
    Ok(TypedMoney { digits: digits.to_owned(), currency })
}

/// Reads a currency; what is almost one gets the nearest.
pub(crate) fn currency(text: &str) -> Result<Currency, String> {
    Currency::from_code(text).map_err(|error| {
        match nearest(text, Currency::all().map(Currency::code)) {
            Some(code) => format!("{error}; did you mean `{code}`?"),
            None => error.to_string(),
        }
    })
}

/// A moment, or how long ago it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Since {
    /// The moment.
    At(Timestamp),
    /// Milliseconds before now.
    Ago(i64),
}

impl Since {
    /// Returns the moment, as seen from now.
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Since::At(moment) => moment,
            Since::Ago(millis) => Timestamp::from_millis(now.millis().saturating_sub(millis)),
        }
    }
}

/// Reads a moment (`2027-05-01T08:00:00Z`), or the beginning of a day in UTC (`2027-05-01`).
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let moment = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
    moment.map_err(|_: sutler_core::time::ParseTimestampError| {
        format!("`{text}` is no moment: write 2027-05-01T08:00:00Z, or 2027-05-01 for its first moment in UTC")
    })
}

/// Reads a moment as [`moment`] does, or how long ago (`90d`, `12h`).
pub(crate) fn since(text: &str) -> Result<Since, String> {
    if let Ok(moment) = moment(text) {
        return Ok(Since::At(moment));
    }
    let ago = |digits: &str, millis: i64| {
        let count = digits.parse::<u32>().ok().filter(|_| !digits.starts_with('+'))?;
        i64::from(count).checked_mul(millis).map(Since::Ago)
    };
    let hours = text.strip_suffix('h').and_then(|digits| ago(digits, 3_600_000));
    let days = || text.strip_suffix('d').and_then(|digits| ago(digits, 86_400_000));
    hours.or_else(days).ok_or_else(|| {
        format!("`{text}` is no moment: write 2027-05-01, 2027-05-01T08:00:00Z, or how long ago, 90d or 12h")
    })
}

/// Reads a rate in percent.
pub(crate) fn percent(text: &str) -> Result<Rate, String> {
    let digits = text.trim().trim_end_matches('%').trim_end();
    Rate::percent(digits).map_err(|error| error.to_string())
}

/// Reads `SKU=QTY`; the SKU may hold `=` itself.
pub(crate) fn line(text: &str) -> Result<(String, Quantity), String> {
    let Some((label, quantity)) = text.rsplit_once('=') else {
        return Err(format!("`{text}` has no `=`: write SKU=QTY, such as FEN-SKIL-26=1"));
    };
    if label.is_empty() {
        return Err(format!("`{text}` names nothing before the `=`: write SKU=QTY"));
    }
    let quantity = Quantity::from_str(quantity).map_err(|error| error.to_string())?;
    Ok((label.to_owned(), quantity))
}

/// Reads a count that may be zero.
pub(crate) fn count(text: &str) -> Result<u32, String> {
    if text == "0" {
        return Ok(0);
    }
    Quantity::from_str(text).map(Quantity::get).map_err(|_| {
        format!(
            "`{text}` is not a count: write a whole number from 0 to {}",
            sutler_core::quantity::QUANTITY_MAX
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_and_without_their_currency() {
        for text in ["47.60", "47.60 EUR", "EUR 47.60"] {
            assert_eq!(
                amount(text).unwrap().in_currency(Currency::EUR).unwrap().minor(),
                4760,
                "{text}"
            );
        }
        let dollars = amount("47.60 USD").unwrap().in_currency(Currency::EUR).unwrap_err();
        assert_eq!(dollars.code(), "currency.wrong");
        for bad in ["", "-5", "47,60", "abc", "1 2 3", "1e3", "47.60 EURO"] {
            assert!(amount(bad).is_err(), "{bad}");
        }
        assert_eq!(
            amount("1.005").unwrap().in_currency(Currency::EUR).unwrap_err().code(),
            "money.too_many_decimals"
        );
    }

    #[test]
    fn a_moment_is_named_or_counted_back() {
        let now: Timestamp = "2027-05-01T12:00:00Z".parse().unwrap();
        let read = |text| since(text).unwrap().before(now).to_string();
        assert_eq!(read("2027-04-01"), "2027-04-01T00:00:00.000Z");
        assert_eq!(read("2027-04-01T08:30:00+02:00"), "2027-04-01T06:30:00.000Z");
        assert_eq!(read("30d"), "2027-04-01T12:00:00.000Z");
        assert_eq!(read("12h"), "2027-05-01T00:00:00.000Z");
        for bad in ["", "d", "-1d", "+1d", "1.5d", "90", "90m", "2027-13-01", "yesterday"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_is_split_at_its_last_sign() {
        assert_eq!(line("A=B=2").unwrap(), ("A=B".to_owned(), Quantity::new(2).unwrap()));
        for bad in ["A", "=1", "A=", "A=0", "A=-1"] {
            assert!(line(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn currencies_and_counts_say_what_is_wrong() {
        assert!(currency("EURO").unwrap_err().contains("did you mean `EUR`"));
        assert!(currency("eur").unwrap_err().contains("did you mean `EUR`"));
        assert_eq!((count("0"), count("12")), (Ok(0), Ok(12)));
        assert!(count("-1").is_err() && count("99999999").is_err());
        assert_eq!(percent("19 %").unwrap().percent_text(), "19");
    }
}
