//! Currencies: the active part of ISO 4217 and the decimal digits of each minor unit.
//!
//! Invariants
//! * A [`Currency`] can only be one of the table below, so its exponent is always known.
//! * The order of currencies is the order of their codes.
//!
//! Deliberately absent: names, symbols and where a currency is used (that is presentation), exchange rates, and
//! the codes that are no money a buyer can pay with (`XXX`, `XTS`, metals, drawing rights).

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::MoneyError;

/// Every active code with its exponent, in the order of the codes.
///
/// Source: ISO 4217 List One as of 2026-01-01, without the codes that have no minor unit.
#[rustfmt::skip]
const TABLE: &[(&str, u8)] = &[
    ("AED", 2), ("AFN", 2), ("ALL", 2), ("AMD", 2), ("AOA", 2), ("ARS", 2), ("AUD", 2), ("AWG", 2), ("AZN", 2),
    ("BAM", 2), ("BBD", 2), ("BDT", 2), ("BHD", 3), ("BIF", 0), ("BMD", 2), ("BND", 2), ("BOB", 2), ("BOV", 2),
    ("BRL", 2), ("BSD", 2), ("BTN", 2), ("BWP", 2), ("BYN", 2), ("BZD", 2),
    ("CAD", 2), ("CDF", 2), ("CHE", 2), ("CHF", 2), ("CHW", 2), ("CLF", 4), ("CLP", 0), ("CNY", 2), ("COP", 2),
    ("COU", 2), ("CRC", 2), ("CUP", 2), ("CVE", 2), ("CZK", 2),
    ("DJF", 0), ("DKK", 2), ("DOP", 2), ("DZD", 2),
    ("EGP", 2), ("ERN", 2), ("ETB", 2), ("EUR", 2),
    ("FJD", 2), ("FKP", 2),
    ("GBP", 2), ("GEL", 2), ("GHS", 2), ("GIP", 2), ("GMD", 2), ("GNF", 0), ("GTQ", 2), ("GYD", 2),
    ("HKD", 2), ("HNL", 2), ("HTG", 2), ("HUF", 2),
    ("IDR", 2), ("ILS", 2), ("INR", 2), ("IQD", 3), ("IRR", 2), ("ISK", 0),
    ("JMD", 2), ("JOD", 3), ("JPY", 0),
    ("KES", 2), ("KGS", 2), ("KHR", 2), ("KMF", 0), ("KPW", 2), ("KRW", 0), ("KWD", 3), ("KYD", 2), ("KZT", 2),
    ("LAK", 2), ("LBP", 2), ("LKR", 2), ("LRD", 2), ("LSL", 2), ("LYD", 3),
    ("MAD", 2), ("MDL", 2), ("MGA", 2), ("MKD", 2), ("MMK", 2), ("MNT", 2), ("MOP", 2), ("MRU", 2), ("MUR", 2),
    ("MVR", 2), ("MWK", 2), ("MXN", 2), ("MXV", 2), ("MYR", 2), ("MZN", 2),
    ("NAD", 2), ("NGN", 2), ("NIO", 2), ("NOK", 2), ("NPR", 2), ("NZD", 2),
    ("OMR", 3),
    ("PAB", 2), ("PEN", 2), ("PGK", 2), ("PHP", 2), ("PKR", 2), ("PLN", 2), ("PYG", 0),
    ("QAR", 2),
    ("RON", 2), ("RSD", 2), ("RUB", 2), ("RWF", 0),
    ("SAR", 2), ("SBD", 2), ("SCR", 2), ("SDG", 2), ("SEK", 2), ("SGD", 2), ("SHP", 2), ("SLE", 2), ("SOS", 2),
    ("SRD", 2), ("SSP", 2), ("STN", 2), ("SVC", 2), ("SYP", 2), ("SZL", 2),
    ("THB", 2), ("TJS", 2), ("TMT", 2), ("TND", 3), ("TOP", 2), ("TRY", 2), ("TTD", 2), ("TWD", 2), ("TZS", 2),
    ("UAH", 2), ("UGX", 0), ("USD", 2), ("USN", 2), ("UYI", 0), ("UYU", 2), ("UYW", 4), ("UZS", 2),
    ("VED", 2), ("VES", 2), ("VND", 0), ("VUV", 0),
    ("WST", 2),
    ("XAD", 2), ("XAF", 0), ("XCD", 2), ("XCG", 2), ("XOF", 0), ("XPF", 0),
    ("YER", 2),
    ("ZAR", 2), ("ZMW", 2), ("ZWG", 2),
];

/// Codes that were withdrawn in living memory, each with what replaced it. Only for clear errors.
///
/// Source: ISO 4217 List Three.
#[rustfmt::skip]
const WITHDRAWN: &[(&str, &str)] = &[
    ("ADP", "EUR"), ("ANG", "XCG"), ("ATS", "EUR"), ("AZM", "AZN"), ("BEF", "EUR"), ("BGN", "EUR"), ("BYB", "BYN"),
    ("BYR", "BYN"), ("CSD", "RSD"), ("CUC", "CUP"), ("CYP", "EUR"), ("DEM", "EUR"), ("EEK", "EUR"), ("ESP", "EUR"),
    ("FIM", "EUR"), ("FRF", "EUR"), ("GHC", "GHS"), ("GRD", "EUR"), ("HRK", "EUR"), ("IEP", "EUR"), ("ITL", "EUR"),
    ("LTL", "EUR"), ("LUF", "EUR"), ("LVL", "EUR"), ("MRO", "MRU"), ("MTL", "EUR"), ("MZM", "MZN"), ("NLG", "EUR"),
    ("PTE", "EUR"), ("ROL", "RON"), ("RUR", "RUB"), ("SDD", "SDG"), ("SIT", "EUR"), ("SKK", "EUR"), ("SLL", "SLE"),
    ("SRG", "SRD"), ("STD", "STN"), ("TMM", "TMT"), ("TRL", "TRY"), ("VEB", "VES"), ("VEF", "VES"), ("YUM", "RSD"),
    ("ZMK", "ZMW"), ("ZWD", "ZWG"), ("ZWL", "ZWG"),
];

/// Codes of ISO 4217 that name no currency with a minor unit: nobody can be charged in them.
#[rustfmt::skip]
const NOT_PAYABLE: &[&str] = &[
    "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX",
];

/// An ISO 4217 currency and how many decimal digits its minor unit has (USD 2, JPY 0, KWD 3).
///
/// Two currencies compare as their codes do. As text and in serde it is its code.
///
/// ```
/// use sutler_core::money::Currency;
///
/// let yen = Currency::from_code("JPY")?;
/// assert_eq!((yen.code(), yen.exponent()), ("JPY", 0));
/// assert!(Currency::from_code("DEM").is_err());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(
    /// Row of [`TABLE`]. Never leaves the process: the order of rows changes when ISO adds a code.
    u8,
);

impl Currency {
    /// The euro, two decimals.
    ///
    /// ```
    /// # use sutler_core::money::Currency;
    /// let named = [Currency::EUR, Currency::GBP, Currency::JPY, Currency::KWD, Currency::USD];
    /// assert_eq!(named.map(Currency::minor_per_major), [100, 100, 1, 1000, 100]);
    /// ```
    pub const EUR: Currency = Currency::listed("EUR");
    /// The pound sterling, two decimals.
    pub const GBP: Currency = Currency::listed("GBP");
    /// The yen, no decimals.
    pub const JPY: Currency = Currency::listed("JPY");
    /// The Kuwaiti dinar, three decimals.
    pub const KWD: Currency = Currency::listed("KWD");
    /// The United States dollar, two decimals.
    pub const USD: Currency = Currency::listed("USD");

    /// Finds a code of the table while compiling; a wrong code does not build.
    const fn listed(code: &str) -> Currency {
        let wanted = code.as_bytes();
        let mut at = 0;
        let mut row: u8 = 0;
        while at < TABLE.len() {
            let have = TABLE[at].0.as_bytes();
            if have[0] == wanted[0] && have[1] == wanted[1] && have[2] == wanted[2] {
                return Currency(row);
            }
            at += 1;
            row += 1;
        }
        panic!("not an active ISO 4217 code")
    }

    /// Returns the currency of an ISO 4217 code: three capital letters, nothing around them.
    ///
    /// Errors: [`MoneyError::UnknownCurrency`], [`MoneyError::WithdrawnCurrency`] for codes such as `DEM`,
    /// [`MoneyError::NotPayable`] for `XXX`, `XTS`, metals and drawing rights.
    pub fn from_code(code: &str) -> Result<Currency, MoneyError> {
        if let Ok(at) = TABLE.binary_search_by(|(have, _)| (*have).cmp(code))
            && let Ok(row) = u8::try_from(at)
        {
            return Ok(Currency(row));
        }
        if let Some((code, successor)) = WITHDRAWN.iter().find(|(have, _)| *have == code) {
            return Err(MoneyError::WithdrawnCurrency { code, successor });
        }
        if let Some(code) = NOT_PAYABLE.iter().find(|have| **have == code) {
            return Err(MoneyError::NotPayable { code });
        }
        Err(MoneyError::unknown_currency(code))
    }

    /// Returns the three-letter code.
    pub fn code(self) -> &'static str {
        TABLE[usize::from(self.0)].0
    }

    /// Returns how many decimal digits one major unit is divided into: cents are 2.
    pub fn exponent(self) -> u8 {
        TABLE[usize::from(self.0)].1
    }

    /// Returns how many minor units make one major unit: 100 for USD, 1 for JPY, 1000 for KWD.
    pub fn minor_per_major(self) -> i64 {
        10_i64.pow(u32::from(self.exponent()))
    }

    /// Returns every active currency, in the order of the codes.
    ///
    /// ```
    /// # use sutler_core::money::Currency;
    /// let undivided = Currency::all().filter(|currency| currency.exponent() == 0);
    /// assert!(undivided.map(Currency::code).any(|code| code == "ISK"));
    /// ```
    pub fn all() -> impl Iterator<Item = Currency> + Clone {
        (0_u8..).zip(TABLE).map(|(row, _)| Currency(row))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Currency::from_code(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Code;
        impl Visitor<'_> for Code {
            type Value = Currency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ISO 4217 currency code such as \"EUR\"")
            }

            fn visit_str<E: de::Error>(self, code: &str) -> Result<Currency, E> {
                Currency::from_code(code).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Code)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_complete_and_free_of_dead_codes() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(TABLE.len() <= 256, "a row number must fit in a byte");
        for (code, exponent) in TABLE {
            assert!(code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()), "{code}");
            assert!(*exponent <= 4, "{code}");
            assert!(WITHDRAWN.iter().all(|(dead, _)| dead != code), "{code}");
            assert!(!NOT_PAYABLE.contains(code), "{code}");
        }
        for (dead, successor) in WITHDRAWN {
            assert!(Currency::from_code(successor).is_ok(), "{dead} → {successor}");
        }
        assert_eq!(Currency::all().count(), TABLE.len());
        assert!(Currency::all().is_sorted());
    }

    #[test]
    fn codes_round_trip_with_their_exponents() {
        for currency in Currency::all() {
            assert_eq!(Currency::from_code(currency.code()), Ok(currency));
            assert_eq!(currency.code().parse::<Currency>(), Ok(currency));
        }
        for (code, exponent) in [
            ("EUR", 2),
            ("JPY", 0),
            ("KWD", 3),
            ("CLF", 4),
            ("UYW", 4),
            ("BHD", 3),
            ("IQD", 3),
            ("JOD", 3),
            ("LYD", 3),
            ("OMR", 3),
            ("TND", 3),
            ("ISK", 0),
            ("KRW", 0),
            ("VND", 0),
            ("XOF", 0),
            ("HUF", 2),
            ("CLP", 0),
            ("PYG", 0),
            ("UGX", 0),
            ("TWD", 2),
            ("MRU", 2),
            ("XCG", 2),
        ] {
            assert_eq!(Currency::from_code(code).unwrap().exponent(), exponent, "{code}");
        }
        assert_eq!(Currency::KWD.minor_per_major(), 1000);
        assert_eq!(Currency::JPY.minor_per_major(), 1);
    }

    #[test]
    fn what_is_no_active_code_is_refused_with_its_reason() {
        for code in ["", "eur", "EUr", " EUR", "EUR ", "EURO", "E", "€", "ＥＵＲ", "QQQ", "EUR\0"]
        {
            assert_eq!(
                Currency::from_code(code).unwrap_err().code(),
                "money.unknown_currency",
                "{code:?}"
            );
        }
        for code in ["XXX", "XTS", "XAU", "XDR"] {
            assert_eq!(
                Currency::from_code(code).unwrap_err().code(),
                "money.not_payable",
                "{code}"
            );
        }
        for code in ["DEM", "HRK", "BGN", "ANG", "CUC", "ZWL", "SLL"] {
            let refused = Currency::from_code(code).unwrap_err();
            assert_eq!(refused.code(), "money.withdrawn_currency", "{code}");
        }
        assert_eq!(
            Currency::from_code("DEM").unwrap_err().to_string(),
            "the currency DEM was withdrawn from ISO 4217; use EUR"
        );
    }

    #[test]
    fn serde_uses_the_code() {
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, StrDeserializer};

        let read = |code: &'static str| {
            let code: StrDeserializer<'_, Error> = code.into_deserializer();
            Currency::deserialize(code)
        };
        assert_eq!(read("KWD").unwrap(), Currency::KWD);
        assert!(read("DEM").unwrap_err().to_string().contains("use EUR"));
    }
}
