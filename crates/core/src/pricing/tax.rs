//! Tax as facts: categories of goods, zones of the world, and rates.
//!
//! Invariants
//! * A missing rate is never read as zero: zero is a rate.
//! * The zone of a country is the one that names it among the fewest; a zone without countries is everywhere else.
//!
//! Deliberately absent: the arithmetic (see `taxation`), and any list of real rates: those belong to the shop.

use serde::{Deserialize, Serialize};

use super::{PricingError, Window};
use crate::address::CountryCode;
use crate::id::TaxZoneId;
use crate::money::{Money, Rate};
use crate::time::Timestamp;

/// What kind of goods something is, for tax: `standard`, `reduced`, `books`.
///
/// ```
/// use sutler_core::pricing::TaxCategory;
///
/// assert_eq!(TaxCategory::new("standard")?, TaxCategory::standard());
/// assert!(TaxCategory::new("").is_err());
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxCategory(String);

impl TaxCategory {
    /// The most characters a category may have.
    pub const CHARS_MAX: usize = 64;

    /// Wraps a word of 1 to 64 characters without control characters or outer blanks.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn new(word: impl Into<String>) -> Result<TaxCategory, PricingError> {
        let word = word.into();
        let refuse = |why| {
            let name = word.chars().take(TaxCategory::CHARS_MAX).collect();
            Err(PricingError::InvalidRule { noun: "tax category", name, why })
        };
        if word.is_empty() {
            refuse("is empty; write a word such as standard")
        } else if word.chars().count() > TaxCategory::CHARS_MAX {
            refuse("is longer than 64 characters")
        } else if word.trim() != word || word.chars().any(char::is_control) {
            refuse("starts or ends with a blank or holds a control character; take it out")
        } else {
            Ok(TaxCategory(word))
        }
    }

    /// Returns the category of ordinary goods, `standard`.
    pub fn standard() -> TaxCategory {
        TaxCategory("standard".to_owned())
    }

    /// Returns the word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TaxCategory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for TaxCategory {
    type Err = PricingError;

    fn from_str(word: &str) -> Result<Self, PricingError> {
        TaxCategory::new(word)
    }
}

impl TryFrom<String> for TaxCategory {
    type Error = PricingError;

    fn try_from(word: String) -> Result<Self, PricingError> {
        TaxCategory::new(word)
    }
}

impl From<TaxCategory> for String {
    fn from(category: TaxCategory) -> String {
        category.0
    }
}

/// Where a set of tax rates applies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxZone {
    /// Identity.
    pub id: TaxZoneId,
    /// Name for people.
    pub name: String,
    /// Its countries; none means everywhere that no other zone names.
    pub countries: Vec<CountryCode>,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

impl TaxZone {
    /// Returns the zone that decides for a country; ties of equally small zones go to the smaller id.
    pub fn for_country(zones: &[TaxZone], country: CountryCode) -> Option<&TaxZone> {
        zones
            .iter()
            .filter(|zone| zone.countries.is_empty() || zone.countries.contains(&country))
            .min_by_key(|zone| {
                let size =
                    if zone.countries.is_empty() { usize::MAX } else { zone.countries.len() };
                (size, zone.id)
            })
    }

    /// Checks what one zone must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        if self.name.trim().is_empty() {
            let why = "has no name; give it one";
            return Err(PricingError::InvalidRule {
                noun: "tax zone",
                name: self.name.clone(),
                why,
            });
        }
        Ok(())
    }
}

/// The rate of one category in one zone for a time.
///
/// Several rates of one zone and category that hold at once, such as a state's and a city's, are added up; they need
/// different names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxRate {
    /// Where it applies.
    pub zone: TaxZoneId,
    /// To what kind of goods.
    pub category: TaxCategory,
    /// Name on invoices: `VAT`.
    pub name: String,
    /// The rate; zero is a rate.
    pub rate: Rate,
    /// When it applies.
    pub window: Window,
}

impl TaxRate {
    /// Checks what one rate must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let refuse =
            |why| Err(PricingError::InvalidRule { noun: "tax rate", name: self.name.clone(), why });
        if self.name.trim().is_empty() {
            return refuse("has no name; give it the one that invoices show, such as VAT");
        }
        if self.window.is_empty() {
            return refuse("ends before it begins; swap the two moments");
        }
        if !self.rate.is_at_most_one() {
            return refuse("is above 100 %; check the decimal point");
        }
        Ok(())
    }
}

/// Why a [`TaxLine`] has its rate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxTreatment {
    /// A rate above zero.
    Standard,
    /// The rate is zero.
    Zero,
    /// The goods are not taxed.
    Exempt,
    /// The buyer owes the tax. Source: 2006/112/EC Art. 196. A quote never decides this by itself; it is here because
    /// an invoice must be able to say it.
    ReverseCharge,
}

/// Tax on one line or one delivery, by one rate.
///
/// Units: `base` is without tax, after all discounts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxLine {
    /// Name of the rate.
    pub name: String,
    /// The rate.
    pub rate: Rate,
    /// The category that chose it.
    pub category: TaxCategory,
    /// What it was taken on.
    pub base: Money,
    /// The tax.
    pub amount: Money,
    /// Why this rate.
    pub treatment: TaxTreatment,
}

/// The rates of one category that hold in one zone now.
#[derive(Clone, Debug)]
pub(super) struct RatesNow<'a> {
    /// The category.
    pub(super) category: &'a TaxCategory,
    /// The rates, by name; at least one.
    pub(super) rates: Vec<&'a TaxRate>,
    /// Their sum.
    pub(super) combined: Rate,
}

impl<'a> RatesNow<'a> {
    /// Collects the rates of a category.
    ///
    /// Errors: [`PricingError::NoTaxRate`], [`PricingError::AmbiguousTaxRate`], and a sum of too many digits.
    pub(super) fn collect(
        zone: &TaxZone,
        category: &'a TaxCategory,
        rates: &'a [TaxRate],
        now: Timestamp,
    ) -> Result<RatesNow<'a>, PricingError> {
        let holds = |rate: &&TaxRate| {
            rate.zone == zone.id && rate.category == *category && rate.window.contains(now)
        };
        let mut rates: Vec<&TaxRate> = rates.iter().filter(holds).collect();
        rates.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let twice = rates.array_windows().find(|[a, b]| a.name == b.name);
        if let Some([rate, _]) = twice {
            let (zone, name) = (zone.name.clone(), rate.name.clone());
            return Err(PricingError::AmbiguousTaxRate { zone, category: category.clone(), name });
        }
        let Some((first, rest)) = rates.split_first() else {
            return Err(PricingError::NoTaxRate {
                zone: zone.name.clone(),
                category: category.clone(),
            });
        };
        let combined = rest.iter().try_fold(first.rate, |sum, rate| sum.checked_add(rate.rate))?;
        Ok(RatesNow { category, rates, combined })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn country(code: &str) -> CountryCode {
        code.parse().unwrap()
    }

    fn zone(id: u128, countries: &[&str]) -> TaxZone {
        let countries = countries.iter().map(|code| country(code)).collect();
        TaxZone { id: TaxZoneId::from_u128(id), name: format!("zone {id}"), countries, version: 1 }
    }

    fn rate(name: &str, percent: &str, from: i64, until: i64) -> TaxRate {
        let at = |millis| Some(Timestamp::from_millis(millis));
        TaxRate {
            zone: TaxZoneId::from_u128(1),
            category: TaxCategory::standard(),
            name: name.to_owned(),
            rate: Rate::percent(percent).unwrap(),
            window: Window { from: at(from), until: at(until) },
        }
    }

    #[test]
    fn the_smallest_zone_that_names_the_country_decides() {
        let zones = [
            zone(1, &[]),
            zone(2, &["DE", "FR", "NL"]),
            zone(3, &["DE"]),
            zone(4, &["FR", "DE", "NL"]),
        ];
        for (code, id) in [("DE", 3), ("FR", 2), ("US", 1)] {
            let found = TaxZone::for_country(&zones, country(code)).map(|zone| zone.id.to_u128());
            assert_eq!(found, Some(id), "{code}");
        }
        assert_eq!(TaxZone::for_country(&zones[1..], country("US")), None);
    }

    #[test]
    fn rates_that_hold_at_once_add_up() {
        let rates = [
            rate("State", "6.25", 0, 100),
            rate("City", "1.75", 0, 50),
            rate("State", "7", 100, 200),
        ];
        let now = |millis| {
            let category = TaxCategory::standard();
            RatesNow::collect(&zone(1, &[]), &category, &rates, Timestamp::from_millis(millis))
                .map(|rates| rates.combined.percent_text())
                .map_err(|e| e.code())
        };
        assert_eq!(now(0).as_deref(), Ok("8"));
        assert_eq!(now(50).as_deref(), Ok("6.25"));
        assert_eq!(now(100).as_deref(), Ok("7"));
        assert_eq!(now(200), Err("tax.no_rate"));
    }

    #[test]
    fn one_name_twice_at_once_is_refused() {
        let rates = [rate("VAT", "19", 0, 100), rate("VAT", "16", 50, 100)];
        let category = TaxCategory::standard();
        let refused =
            RatesNow::collect(&zone(1, &[]), &category, &rates, Timestamp::from_millis(60));
        assert_eq!(refused.unwrap_err().code(), "tax.ambiguous_rate");
        assert!(
            RatesNow::collect(&zone(1, &[]), &category, &rates, Timestamp::from_millis(49)).is_ok()
        );
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_at_the_door() {
        let code = |result: Result<(), PricingError>| result.map_err(|e| e.code());
        assert_eq!(code(rate("VAT", "19", 0, 1).check()), Ok(()));
        for wrong in [rate(" ", "19", 0, 1), rate("VAT", "19", 1, 1), rate("VAT", "1900", 0, 1)] {
            assert_eq!(code(wrong.check()), Err("pricing.invalid_rule"));
        }
        assert_eq!(
            code(TaxZone { name: String::new(), ..zone(1, &[]) }.check()),
            Err("pricing.invalid_rule")
        );
        for wrong in ["", " standard", "a\tb", &"x".repeat(65)] {
            assert!(TaxCategory::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
