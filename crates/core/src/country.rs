//! Which countries there are, and what a new shop starts from when only a currency or a country is given.
//!
//! Membership is asked at the door, where people write codes ([`CountryCode`](crate::address::CountryCode) from text); what
//! a store kept stays readable when a code is withdrawn.
//!
//! Rates of tax change, so `init` says which one it took and how to give another. Source: the tax authorities of the
//! countries, standard rates as of 2026-01-01; those of the European Union stand in [`EU_VAT`] alone. Where there is no single rate (US states, Canadian provinces) none is taken.

use crate::money::Currency;
use crate::pricing::EU_VAT;

/// Every code that is assigned, in alphabetical order, and `XK`, which is not.
///
/// Source: ISO 3166-1 alpha-2, officially assigned codes as of 2026-01-01 (249 of them). `XK` is one of the codes that the
/// standard leaves to its users; the European Commission, customs and carriers use it for Kosovo.
#[rustfmt::skip]
const CODES: &[&str] = &[
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY", "BZ",
    "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ",
    "DE", "DJ", "DK", "DM", "DO", "DZ",
    "EC", "EE", "EG", "EH", "ER", "ES", "ET",
    "FI", "FJ", "FK", "FM", "FO", "FR",
    "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY",
    "HK", "HM", "HN", "HR", "HT", "HU",
    "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT",
    "JE", "JM", "JO", "JP",
    "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ",
    "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ",
    "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ",
    "OM",
    "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY",
    "QA",
    "RE", "RO", "RS", "RU", "RW",
    "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ",
    "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ",
    "UA", "UG", "UM", "US", "UY", "UZ",
    "VA", "VC", "VE", "VG", "VI", "VN", "VU",
    "WF", "WS",
    "XK",
    "YE", "YT",
    "ZA", "ZM", "ZW",
];

/// Codes that people write, and the assigned code of the same country.
///
/// Source: ISO 3166-1, exceptionally reserved codes (`EU` has no single country and is left out), and languages and license
/// plates that are commonly taken for the country.
#[rustfmt::skip]
const TAKEN_FOR: &[(&str, &str)] = &[
    ("UK", "GB"), ("EL", "GR"), ("EN", "GB"), ("KV", "XK"), ("RK", "XK"), ("JA", "JP"), ("KO", "KR"), ("DA", "DK"), ("CS", "CZ"),
    ("SU", "RU"), ("TP", "TL"), ("ZR", "CD"), ("YU", "RS"),
];

/// Returns whether a country has this code.
///
/// ```
/// assert!(sutler_core::country::is_assigned("DE") && sutler_core::country::is_assigned("XK"));
/// assert!(!sutler_core::country::is_assigned("XX"));
/// ```
pub fn is_assigned(code: &str) -> bool {
    CODES.binary_search(&code).is_ok()
}

/// Returns the code that was probably meant: lower case written for upper case, or another name of the country.
///
/// ```
/// use sutler_core::country::meant_by;
///
/// assert_eq!((meant_by("de"), meant_by("UK"), meant_by("XX")), (Some("DE"), Some("GB"), None));
/// ```
pub fn meant_by(text: &str) -> Option<&'static str> {
    let upper = text.trim().to_ascii_uppercase();
    let other = TAKEN_FOR.iter().find(|(taken, _)| *taken == upper).map(|(_, code)| *code);
    other.or_else(|| CODES.iter().find(|code| **code == upper).copied())
}

/// A country with its currency and its standard rate of tax.
///
/// ```
/// use sutler_core::country::{Country, by_code};
///
/// let percent_of = |code| by_code(code).map(|Country { percent, .. }| percent);
/// assert_eq!((percent_of("CH"), percent_of("US")), (Some("8.1"), Some("0")));
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
    Country { code, currency, percent: NO_RATE, inclusive: false }
}

/// A member state of the European Union: [`EU_VAT`] has its rate.
const fn member(code: &'static str, currency: &'static str) -> Country {
    contains_tax(code, currency, NO_RATE)
}

/// What stands where no rate is known.
const NO_RATE: &str = "0";

/// The first country of a currency stands for it when no country is given.
#[rustfmt::skip]
const COUNTRIES: &[Country] = &[
    member("DE", "EUR"), member("AT", "EUR"), member("BE", "EUR"), member("BG", "EUR"), member("CY", "EUR"), member("EE", "EUR"),
    member("ES", "EUR"), member("FI", "EUR"), member("FR", "EUR"), member("GR", "EUR"), member("HR", "EUR"), member("IE", "EUR"),
    member("IT", "EUR"), member("LT", "EUR"), member("LU", "EUR"), member("LV", "EUR"), member("MT", "EUR"), member("NL", "EUR"),
    member("PT", "EUR"), member("SI", "EUR"), member("SK", "EUR"),
    member("CZ", "CZK"), member("DK", "DKK"), member("HU", "HUF"), member("PL", "PLN"), member("RO", "RON"), member("SE", "SEK"),
    contains_tax("GB", "GBP", "20"),   contains_tax("CH", "CHF", "8.1"),  contains_tax("NO", "NOK", "25"),   contains_tax("IS", "ISK", "24"),
    contains_tax("AU", "AUD", "10"),   contains_tax("NZ", "NZD", "15"),   contains_tax("JP", "JPY", "10"),   contains_tax("KR", "KRW", "10"),
    contains_tax("IN", "INR", "18"),   contains_tax("MX", "MXN", "16"),   contains_tax("ZA", "ZAR", "15"),   contains_tax("SG", "SGD", "9"),
    contains_tax("AE", "AED", "5"),    contains_tax("KW", "KWD", NO_RATE),
    before_tax("US", "USD"),       before_tax("CA", "CAD"),
];

/// Returns a row of the table with its rate.
fn with_rate(row: &Country) -> Country {
    let percent = EU_VAT.standard_percent(row.code).unwrap_or(row.percent);
    Country { percent, ..*row }
}

/// Returns what is known of a country.
///
/// ```
/// let germany = sutler_core::country::by_code("DE");
/// assert!(germany.is_some_and(|country| country.currency == "EUR" && country.inclusive));
/// ```
pub fn by_code(code: &str) -> Option<Country> {
    COUNTRIES.iter().find(|country| country.code == code).map(with_rate)
}

/// Returns the country that stands for a currency.
///
/// ```
/// use sutler_core::country::{Country, by_currency};
/// use sutler_core::money::Currency;
///
/// let japan: Option<Country> = by_currency(Currency::from_code("JPY")?);
/// assert!(japan.is_some_and(|country| country.code == "JP"));
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
pub fn by_currency(currency: Currency) -> Option<Country> {
    COUNTRIES.iter().find(|country| country.currency == currency.code()).map(with_rate)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use serde::Deserialize as _;
    use serde::de::value::StrDeserializer;

    use super::*;
    use crate::address::CountryCode;
    use crate::money::Rate;

    #[test]
    fn every_member_state_of_the_union_has_its_rate() {
        let members: Vec<Country> =
            EU_VAT.rates.iter().filter_map(|rate| by_code(rate.country)).collect();
        assert_eq!(members.len(), EU_VAT.rates.len());
        assert!(members.iter().all(|state| state.inclusive && state.percent != NO_RATE));
        let of = |code| by_code(code).map(|country| country.percent);
        assert_eq!([of("FI"), of("DE"), of("CH")], [Some("25.5"), Some("19"), Some("8.1")]);
        let states = COUNTRIES.iter().filter(|row| EU_VAT.standard_percent(row.code).is_some());
        assert_eq!(states.count(), 27);
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(CODES.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(CODES.len(), 249 + 1);
        for (taken, code) in TAKEN_FOR {
            assert!(!is_assigned(taken) && is_assigned(code), "{taken}");
        }
    }

    #[test]
    fn a_code_that_no_country_has_is_refused_with_the_one_that_was_meant() {
        for (given, hint) in [("UK", "did you mean GB?"), ("de", "did you mean DE?"), ("EL", "GR")]
        {
            let refused = given.parse::<CountryCode>().unwrap_err().to_string();
            assert!(refused.contains(hint), "{refused}");
        }
        for given in ["XX", "ZZ", "AA", "QQ", "EU", "", "D", "DEU", "D1"] {
            let refused = given.parse::<CountryCode>().unwrap_err().to_string();
            assert!(refused.contains("such as DE") && !refused.contains("did you"), "{refused}");
        }
        let kept = StrDeserializer::<serde::de::value::Error>::new("AN");
        let kept = CountryCode::deserialize(kept).unwrap();
        assert_eq!(kept.as_str(), "AN", "what a store kept stays readable");
    }

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
