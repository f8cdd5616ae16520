//! [`TaxRate`]: the rate of one category in one zone for a time, and which of them hold now.

use serde::{Deserialize, Serialize};

use super::{TaxCategory, TaxZone};
use crate::id::TaxZoneId;
use crate::money::Rate;
use crate::pricing::{PricingError, Window};
use crate::shared::SharedText;
use crate::time::Timestamp;

/// The rate of one category in one zone for a time.
///
/// Several rates of one zone and category may hold at once, such as a state's and a city's; they need different names.
/// Those of one level are added up. A rate of a higher level stands on the net and the tax of all lower levels: a *compound*
/// rate. Most rates are of level 0.
///
/// ```
/// use sutler_core::id::TaxZoneId;
/// use sutler_core::money::Rate;
/// use sutler_core::pricing::{TaxCategory, TaxRate, Window};
/// use sutler_core::time::Timestamp;
///
/// let rate = TaxRate {
///     zone: TaxZoneId::from_u128(1),
///     category: TaxCategory::standard(),
///     name: "VAT".into(),
///     rate: Rate::percent("19")?,
///     level: 0,
///     window: Window::ALWAYS,
/// };
/// assert_eq!(rate.check(), Ok(()));
/// assert!(TaxRate { level: TaxRate::LEVEL_MAX + 1, ..rate.clone() }.check().is_err());
///
/// let from = Some(Timestamp::from_millis(1_767_225_600_000));
/// let next = TaxRate { window: Window { from, until: None }, ..rate.clone() };
/// assert!(next.clashes_with(&rate));
/// let ended = TaxRate { window: Window { from: None, until: from }, ..rate };
/// assert!(!next.clashes_with(&ended));
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
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
    /// 0: on the net alone. Above: on the net and the tax of all lower levels.
    #[serde(default, skip_serializing_if = "is_simple")]
    pub level: u8,
    /// When it applies.
    pub window: Window,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn is_simple(level: &u8) -> bool {
    *level == 0
}

impl TaxRate {
    /// The highest level a rate may have.
    pub const LEVEL_MAX: u8 = 9;

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
        if self.level > TaxRate::LEVEL_MAX {
            return refuse("stands on more than nine levels of other rates; nobody levies that");
        }
        Ok(())
    }

    /// Returns it as it is when it holds until `end` at the latest; `None` when it never held before.
    pub fn ended(&self, end: Timestamp) -> Option<TaxRate> {
        if self.window.from.is_some_and(|from| end <= from) {
            return None;
        }
        let until = self.window.until.map_or(end, |until| until.min(end));
        let window = Window { until: Some(until), ..self.window };
        Some(TaxRate { window, ..self.clone() })
    }

    /// Tells whether two rates would be charged twice: one zone, category and name, at one moment.
    pub fn clashes_with(&self, other: &TaxRate) -> bool {
        self.zone == other.zone
            && self.category == other.category
            && self.name == other.name
            && self.window.from != other.window.from
            && self.window.meets(&other.window)
    }
}

/// The rates of one category that hold in one zone now.
#[derive(Clone, Debug)]
pub(super) struct RatesNow<'a> {
    /// The category.
    pub(super) category: &'a TaxCategory,
    /// The levels, from the net upwards; at least one.
    pub(super) levels: Vec<Level<'a>>,
}

/// The rates that are taken on the same amount.
#[derive(Clone, Debug)]
pub(super) struct Level<'a> {
    /// The rates with their names, by name; at least one.
    pub(super) rates: Vec<(&'a TaxRate, SharedText)>,
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
        if rates.is_empty() {
            let (zone, category) = (zone.name.clone(), category.clone());
            return Err(PricingError::NoTaxRate { zone, category });
        }
        rates.sort_by_key(|rate| rate.level);
        let levels = rates
            .chunk_by(|a, b| a.level == b.level)
            .map(|rates| {
                let combined =
                    rates.iter().try_fold(Rate::ZERO, |sum, rate| sum.checked_add(rate.rate))?;
                let named = rates.iter().map(|rate| (*rate, rate.name.as_str().into()));
                Ok(Level { rates: named.collect(), combined })
            })
            .collect::<Result<_, PricingError>>()?;
        Ok(RatesNow { category, levels })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;
    use crate::pricing::Territory;

    fn zone() -> TaxZone {
        let id = TaxZoneId::from_u128(1);
        TaxZone { id, name: "zone 1".to_owned(), territory: Territory::default(), version: 1 }
    }

    fn rate(name: &str, percent: &str, from: i64, until: i64) -> TaxRate {
        let at = |millis| Some(Timestamp::from_millis(millis));
        TaxRate {
            zone: TaxZoneId::from_u128(1),
            category: TaxCategory::standard(),
            name: name.to_owned(),
            rate: Rate::percent(percent).unwrap(),
            level: 0,
            window: Window { from: at(from), until: at(until) },
        }
    }

    /// The sums of the levels at a moment, in percent.
    fn levels(rates: &[TaxRate], millis: i64) -> Result<String, &'static str> {
        let category = TaxCategory::standard();
        let now = RatesNow::collect(&zone(), &category, rates, Timestamp::from_millis(millis));
        let now = now.map_err(|e| e.code())?;
        let sums = now.levels.iter().map(|level| level.combined.percent_text());
        Ok(sums.collect::<Vec<_>>().join(" then "))
    }

    #[test]
    fn rates_that_hold_at_once_add_up() {
        let rates = [
            rate("State", "6.25", 0, 100),
            rate("City", "1.75", 0, 50),
            rate("State", "7", 100, 200),
        ];
        assert_eq!(levels(&rates, 0).as_deref(), Ok("8"));
        assert_eq!(levels(&rates, 50).as_deref(), Ok("6.25"));
        assert_eq!(levels(&rates, 100).as_deref(), Ok("7"));
        assert_eq!(levels(&rates, 200), Err("tax.no_rate"));
    }

    #[test]
    fn compound_rates_stand_on_lower_levels() {
        let on = |level, rate: TaxRate| TaxRate { level, ..rate };
        let rates = [
            on(2, rate("Cess", "1", 0, 100)),
            rate("GST", "5", 0, 100),
            on(1, rate("QST", "9.975", 0, 100)),
            on(1, rate("City", "0.025", 0, 100)),
        ];
        assert_eq!(levels(&rates, 0).as_deref(), Ok("5 then 10 then 1"));
    }

    #[test]
    fn one_name_twice_at_once_is_refused() {
        let rates = [rate("VAT", "19", 0, 100), rate("VAT", "16", 50, 100)];
        assert_eq!(levels(&rates, 60), Err("tax.ambiguous_rate"));
        assert_eq!(levels(&rates, 49).as_deref(), Ok("19"));
        assert!(rates[0].clashes_with(&rates[1]) && !rates[0].clashes_with(&rates[0]));
        assert!(!rates[0].clashes_with(&rate("VAT", "16", 100, 200)));
        assert!(!rates[0].clashes_with(&rate("City", "16", 50, 100)));
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_at_the_door() {
        let code = |result: Result<(), PricingError>| result.map_err(|e| e.code());
        assert_eq!(code(rate("VAT", "19", 0, 1).check()), Ok(()));
        for wrong in [
            rate(" ", "19", 0, 1),
            rate("VAT", "19", 1, 1),
            rate("VAT", "1900", 0, 1),
            TaxRate { level: 10, ..rate("VAT", "19", 0, 1) },
        ] {
            assert_eq!(code(wrong.check()), Err("pricing.invalid_rule"));
        }
    }
}
