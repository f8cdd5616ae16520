//! [`EU_VAT`]: the VAT rates of the member states of the European Union, as of one day.
//!
//! A table to start from, not advice: rates change, and which goods a reduced rate is for differs from state to state and
//! is not said here. The day stands in the data and is told by every command that uses it.
//!
//! Deliberately absent: special areas (the Canary Islands, Madeira, the Azores, Corsica, Greek islands, Büsingen …), zero
//! rates that only some goods have, and rates that held at other times.

use super::{TaxCategory, TaxRateDraft};
use crate::money::Rate;
use crate::pricing::{PricingError, Territory, Window};

/// One rate of one member state.
///
/// ```
/// use sutler_core::pricing::{EU_VAT, EuVatRate};
///
/// let books = EuVatRate { country: "FR", category: "reduced", percent: "5.5" };
/// assert!(EU_VAT.rates.contains(&books));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EuVatRate {
    /// ISO 3166-1 code of the member state.
    pub country: &'static str,
    /// The category it is put under: `standard`, `reduced`, `reduced-2` (rising), `super-reduced` (below 5 %),
    /// `parking`.
    pub category: &'static str,
    /// The rate in percent.
    pub percent: &'static str,
}

/// The rates of the European Union as of one day.
///
/// ```
/// use sutler_core::pricing::{EU_VAT, EuVat};
///
/// let nobody = EuVat { rates: &EU_VAT.rates[..0], ..EU_VAT };
/// assert!(nobody.drafts()?.is_empty());
/// assert_eq!(EU_VAT.drafts()?.len(), EU_VAT.rates.len());
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EuVat {
    /// The day, as of which the rates hold.
    pub as_of: &'static str,
    /// Where they are published.
    pub source: &'static str,
    /// The rates, by country, the standard one first.
    pub rates: &'static [EuVatRate],
}

const fn vat(country: &'static str, category: &'static str, percent: &'static str) -> EuVatRate {
    EuVatRate { country, category, percent }
}

const STANDARD: &str = "standard";
const REDUCED: &str = "reduced";
const REDUCED_2: &str = "reduced-2";
const SUPER_REDUCED: &str = "super-reduced";
const PARKING: &str = "parking";

/// The VAT rates of the 27 member states.
///
/// Source: European Commission, *Taxes in Europe* database, and the laws of the member states that changed rates in 2024 to
/// 2026: Czechia (12 % since 2024-01-01), Finland (25.5 % since 2024-09-01, 13.5 % since 2026-01-01), Estonia (13 % and 9 %
/// since 2025-01-01, 24 % since 2025-07-01), Slovakia (23, 19 and 5 % since 2025-01-01), Romania (21 and 11 % since
/// 2025-08-01), Lithuania (12 % since 2026-01-01).
///
/// ```
/// use sutler_core::pricing::EU_VAT;
///
/// let germany: Vec<_> = EU_VAT.rates.iter().filter(|rate| rate.country == "DE").collect();
/// assert_eq!(germany.iter().map(|rate| rate.percent).collect::<Vec<_>>(), ["19", "7"]);
/// assert_eq!(EU_VAT.as_of, "2026-09-29");
/// ```
#[rustfmt::skip]
pub const EU_VAT: EuVat = EuVat {
    as_of: "2026-09-29",
    source: "European Commission, Taxes in Europe database, and national laws in force on that day",
    rates: &[
        vat("AT", STANDARD, "20"),   vat("AT", REDUCED, "10"),   vat("AT", REDUCED_2, "13"),  vat("AT", SUPER_REDUCED, "4.9"),
        vat("BE", STANDARD, "21"),   vat("BE", REDUCED, "6"),    vat("BE", REDUCED_2, "12"),
        vat("BG", STANDARD, "20"),   vat("BG", REDUCED, "9"),
        vat("CY", STANDARD, "19"),   vat("CY", REDUCED, "5"),    vat("CY", REDUCED_2, "9"),    vat("CY", SUPER_REDUCED, "3"),
        vat("CZ", STANDARD, "21"),   vat("CZ", REDUCED, "12"),
        vat("DE", STANDARD, "19"),   vat("DE", REDUCED, "7"),
        vat("DK", STANDARD, "25"),
        vat("EE", STANDARD, "24"),   vat("EE", REDUCED, "9"),    vat("EE", REDUCED_2, "13"),
        vat("ES", STANDARD, "21"),   vat("ES", REDUCED, "10"),   vat("ES", SUPER_REDUCED, "4"),
        vat("FI", STANDARD, "25.5"), vat("FI", REDUCED, "10"),   vat("FI", REDUCED_2, "13.5"),
        vat("FR", STANDARD, "20"),   vat("FR", REDUCED, "5.5"),  vat("FR", REDUCED_2, "10"),   vat("FR", SUPER_REDUCED, "2.1"),
        vat("GR", STANDARD, "24"),   vat("GR", REDUCED, "6"),    vat("GR", REDUCED_2, "13"),
        vat("HR", STANDARD, "25"),   vat("HR", REDUCED, "5"),    vat("HR", REDUCED_2, "13"),
        vat("HU", STANDARD, "27"),   vat("HU", REDUCED, "5"),    vat("HU", REDUCED_2, "18"),
        vat("IE", STANDARD, "23"),   vat("IE", REDUCED, "9"),    vat("IE", REDUCED_2, "13.5"), vat("IE", SUPER_REDUCED, "4.8"),
        vat("IT", STANDARD, "22"),   vat("IT", REDUCED, "5"),    vat("IT", REDUCED_2, "10"),   vat("IT", SUPER_REDUCED, "4"),
        vat("LT", STANDARD, "21"),   vat("LT", REDUCED, "5"),    vat("LT", REDUCED_2, "12"),
        vat("LU", STANDARD, "17"),   vat("LU", REDUCED, "8"),    vat("LU", SUPER_REDUCED, "3"), vat("LU", PARKING, "14"),
        vat("LV", STANDARD, "21"),   vat("LV", REDUCED, "5"),    vat("LV", REDUCED_2, "12"),
        vat("MT", STANDARD, "18"),   vat("MT", REDUCED, "5"),    vat("MT", REDUCED_2, "7"),    vat("MT", PARKING, "12"),
        vat("NL", STANDARD, "21"),   vat("NL", REDUCED, "9"),
        vat("PL", STANDARD, "23"),   vat("PL", REDUCED, "5"),    vat("PL", REDUCED_2, "8"),
        vat("PT", STANDARD, "23"),   vat("PT", REDUCED, "6"),    vat("PT", REDUCED_2, "13"),
        vat("RO", STANDARD, "21"),   vat("RO", REDUCED, "11"),
        vat("SE", STANDARD, "25"),   vat("SE", REDUCED, "6"),    vat("SE", REDUCED_2, "12"),
        vat("SI", STANDARD, "22"),   vat("SI", REDUCED, "5"),    vat("SI", REDUCED_2, "9.5"),
        vat("SK", STANDARD, "23"),   vat("SK", REDUCED, "5"),    vat("SK", REDUCED_2, "19"),
    ],
};

impl EuVat {
    /// Returns the standard rate of a member state in percent; `None` for any other country.
    ///
    /// ```
    /// use sutler_core::pricing::EU_VAT;
    ///
    /// assert_eq!((EU_VAT.standard_percent("FI"), EU_VAT.standard_percent("CH")), (Some("25.5"), None));
    /// ```
    pub fn standard_percent(&self, country: &str) -> Option<&'static str> {
        let standard =
            self.rates.iter().find(|rate| rate.country == country && rate.category == STANDARD);
        standard.map(|rate| rate.percent)
    }

    /// Returns the table as if it had been read from a file: one zone for each member state, rates named `VAT`.
    ///
    /// Errors: none for [`EU_VAT`], which a test reads.
    pub fn drafts(&self) -> Result<Vec<TaxRateDraft>, PricingError> {
        let draft = |rate: &EuVatRate| {
            let country = rate.country.parse().map_err(|_| PricingError::InvalidRule {
                noun: "tax rate",
                name: rate.country.to_owned(),
                why: "is for no country",
            })?;
            Ok(TaxRateDraft {
                zone: None,
                territory: Territory::of_countries([country]),
                category: TaxCategory::new(rate.category)?,
                name: "VAT".to_owned(),
                rate: Rate::percent(rate.percent)?,
                level: 0,
                window: Window::ALWAYS,
            })
        };
        self.rates.iter().map(draft).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pricing::is_in_eu;

    #[test]
    fn every_member_state_has_one_standard_rate_and_lawful_reduced_ones() {
        let mut states: BTreeMap<&str, Vec<(&str, Rate)>> = BTreeMap::new();
        for (row, draft) in EU_VAT.rates.iter().zip(EU_VAT.drafts().unwrap()) {
            assert!(is_in_eu(row.country.parse().unwrap()), "{row:?}");
            states.entry(row.country).or_default().push((row.category, draft.rate));
        }
        assert_eq!(states.len(), 27);
        let percent = |rate: &Rate| rate.to_decimal() * rust_decimal::Decimal::ONE_HUNDRED;
        for (state, rates) in states {
            let [(first, standard), reduced @ ..] = rates.as_slice() else { panic!("{state}") };
            // 2006/112/EC, Art. 97 and 98: the standard rate is 15 % or more; one or two reduced rates are 5 % or more, and
            // one may be lower. Malta has a third one by Art. 98(1) as amended in 2022, for goods of Annex III.
            assert_eq!(*first, STANDARD, "{state}");
            assert!(percent(standard) >= 15.into(), "{state}");
            for (category, rate) in reduced {
                let lowest = if *category == SUPER_REDUCED { 0 } else { 5 };
                assert!(percent(rate) >= lowest.into(), "{state} {category}");
                assert!(percent(rate) < percent(standard), "{state} {category}");
                assert_eq!(
                    *category == SUPER_REDUCED,
                    percent(rate) < 5.into(),
                    "{state} {category}"
                );
            }
            let rising: Vec<_> = reduced.iter().filter(|(c, _)| c.starts_with(REDUCED)).collect();
            assert!(
                rising.is_sorted_by(|a, b| a.0 < b.0 && percent(&a.1) < percent(&b.1)),
                "{state}"
            );
        }
    }
}
