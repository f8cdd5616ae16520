//! What a new shop starts from when only a currency or a country is given.
//!
//! Rates of tax change, so `init` says which one it took and how to give another. Source: the tax authorities of the
//! countries, standard rates as of 2026-01-01. Where there is no single rate (US states, Canadian provinces) none is taken.

use sutler_core::money::Currency;

/// A country with its currency and its standard rate of tax.
///
/// ```
/// use sutler_engine::country::{Country, by_code};
///
/// let switzerland = by_code("CH").expect("it is in the table");
/// let Country { currency, percent, inclusive, .. } = switzerland;
/// assert_eq!((currency, percent, inclusive), ("CHF", "8.1", true));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// Standard rate in percent.
    pub percent: &'static str,
    /// Whether consumer prices contain it.
    pub inclusive: bool,
}

const fn contains_tax(
    code: &'static str,
    currency: &'static str,
    percent: &'static str,
) -> Country {
    Country { code, currency, percent, inclusive: true }
}

const fn before_tax(code: &'static str, currency: &'static str) -> Country {
    Country { code, currency, percent: "0", inclusive: false }
}

/// The first country of a currency stands for it when no country is given.
#[rustfmt::skip]
const COUNTRIES: &[Country] = &[
    contains_tax("DE", "EUR", "19"),   contains_tax("AT", "EUR", "20"),   contains_tax("BE", "EUR", "21"),   contains_tax("BG", "EUR", "20"),
    contains_tax("CY", "EUR", "19"),   contains_tax("EE", "EUR", "24"),   contains_tax("ES", "EUR", "21"),   contains_tax("FI", "EUR", "25.5"),
    contains_tax("FR", "EUR", "20"),   contains_tax("GR", "EUR", "24"),   contains_tax("HR", "EUR", "25"),   contains_tax("IE", "EUR", "23"),
    contains_tax("IT", "EUR", "22"),   contains_tax("LT", "EUR", "21"),   contains_tax("LU", "EUR", "17"),   contains_tax("LV", "EUR", "21"),
    contains_tax("MT", "EUR", "18"),   contains_tax("NL", "EUR", "21"),   contains_tax("PT", "EUR", "23"),   contains_tax("SI", "EUR", "22"),
    contains_tax("SK", "EUR", "23"),
    contains_tax("CZ", "CZK", "21"),   contains_tax("DK", "DKK", "25"),   contains_tax("HU", "HUF", "27"),   contains_tax("PL", "PLN", "23"),
    contains_tax("RO", "RON", "21"),   contains_tax("SE", "SEK", "25"),
    contains_tax("GB", "GBP", "20"),   contains_tax("CH", "CHF", "8.1"),  contains_tax("NO", "NOK", "25"),   contains_tax("IS", "ISK", "24"),
    contains_tax("AU", "AUD", "10"),   contains_tax("NZ", "NZD", "15"),   contains_tax("JP", "JPY", "10"),   contains_tax("KR", "KRW", "10"),
    contains_tax("IN", "INR", "18"),   contains_tax("MX", "MXN", "16"),   contains_tax("ZA", "ZAR", "15"),   contains_tax("SG", "SGD", "9"),
    contains_tax("AE", "AED", "5"),    contains_tax("KW", "KWD", "0"),
    before_tax("US", "USD"),       before_tax("CA", "CAD"),
];

/// Returns what is known of a country.
///
/// ```
/// use sutler_engine::country::by_code;
///
/// assert_eq!(by_code("DE").map(|country| country.percent), Some("19"));
/// assert_eq!(by_code("US").map(|country| country.inclusive), Some(false));
/// assert_eq!(by_code("XX"), None);
/// ```
pub fn by_code(code: &str) -> Option<Country> {
    COUNTRIES.iter().find(|country| country.code == code).copied()
}

/// Returns the country that stands for a currency.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_engine::country::by_currency;
///
/// assert_eq!(by_currency(Currency::EUR).map(|country| country.code), Some("DE"));
/// ```
pub fn by_currency(currency: Currency) -> Option<Country> {
    COUNTRIES.iter().find(|country| country.currency == currency.code()).copied()
}

#[cfg(test)]
mod tests {
    use sutler_core::address::CountryCode;
    use sutler_core::money::Rate;

    use super::*;

    #[test]
    fn every_row_can_be_used() {
        for (at, country) in COUNTRIES.iter().enumerate() {
            assert!(country.code.parse::<CountryCode>().is_ok(), "{country:?}");
            assert!(Currency::from_code(country.currency).is_ok(), "{country:?}");
            assert!(Rate::percent(country.percent).is_ok(), "{country:?}");
            assert!(
                COUNTRIES.iter().skip(at + 1).all(|other| other.code != country.code),
                "{country:?} stands twice"
            );
        }
        assert_eq!(by_currency(Currency::EUR).map(|country| country.code), Some("DE"));
        assert_eq!(by_code("US").map(|country| country.inclusive), Some(false));
    }
}
