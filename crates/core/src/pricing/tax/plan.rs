//! What a file of tax rates would change: [`plan_tax_import`].
//!
//! A row names its zone by where it is: rows of one territory are in one zone, and a zone of the shop with the same
//! territory is that zone. A row names a rate by zone, category, name and the moment from which it holds; a rate that is
//! there already is changed, everything else of the shop stays. So the second run of a file changes nothing.
//!
//! Deliberately absent: reading the file, and ending rates that the file does not name: give them an `until`.

use serde::{Deserialize, Serialize};

use super::{TaxCategory, TaxRate, TaxZone};
use crate::id::TaxZoneId;
use crate::money::Rate;
use crate::pricing::{PricingError, Territory, Window};

/// A tax rate as a file writes it.
///
/// ```
/// use sutler_core::pricing::{EU_VAT, TaxRateDraft};
///
/// let draft: TaxRateDraft = EU_VAT.drafts()?.swap_remove(0);
/// assert_eq!((draft.territory.to_string(), draft.rate.to_string()), ("AT".into(), "20 %".into()));
/// assert_eq!(draft.zone, None);
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxRateDraft {
    /// Name of the zone; `None`: that of the zone that is there, else what the territory is called.
    pub zone: Option<String>,
    /// Where it applies.
    pub territory: Territory,
    /// To what kind of goods.
    pub category: TaxCategory,
    /// Name on invoices.
    pub name: String,
    /// The rate.
    pub rate: Rate,
    /// On how many levels of other rates it stands.
    pub level: u8,
    /// When it applies.
    pub window: Window,
}

/// What a file of tax rates would change.
///
/// ```
/// use sutler_core::id::TaxZoneId;
/// use sutler_core::pricing::{EU_VAT, TaxImportPlan, plan_tax_import};
///
/// assert!(TaxImportPlan::default().is_empty());
/// let mut twice = EU_VAT.drafts()?;
/// twice.truncate(1);
/// twice.extend(twice.clone());
/// let plan = plan_tax_import(&twice, &[], &[], || TaxZoneId::from_u128(1));
/// assert_eq!((plan.created.len(), plan.refused.len()), (1, 1));
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TaxImportPlan {
    /// Zones that are made.
    pub zones: Vec<TaxZone>,
    /// Rates that are made.
    pub created: Vec<TaxRate>,
    /// Rates that are changed: before and after.
    pub changed: Vec<(TaxRate, TaxRate)>,
    /// How many rows say what is there already.
    pub unchanged: usize,
    /// Rows that cannot be used, by their place in the list, and why.
    pub refused: Vec<(usize, PricingError)>,
}

impl TaxImportPlan {
    /// Tells whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty() && self.created.is_empty() && self.changed.is_empty()
    }
}

/// Decides what some rates would change beside what is there. Nothing is written; a row that cannot be used is refused with
/// its reason, and the others are planned all the same.
///
/// `new_id` gives an id to each zone that is made.
///
/// ```
/// use sutler_core::id::TaxZoneId;
/// use sutler_core::pricing::{EU_VAT, plan_tax_import};
///
/// let mut ids = 0;
/// let plan = plan_tax_import(&EU_VAT.drafts()?, &[], &[], || {
///     ids += 1;
///     TaxZoneId::from_u128(ids)
/// });
/// assert_eq!((plan.zones.len(), plan.created.len()), (27, EU_VAT.rates.len()));
/// let again = plan_tax_import(&EU_VAT.drafts()?, &plan.zones, &plan.created, || unreachable!());
/// assert!(again.is_empty());
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
pub fn plan_tax_import(
    drafts: &[TaxRateDraft],
    zones: &[TaxZone],
    rates: &[TaxRate],
    mut new_id: impl FnMut() -> TaxZoneId,
) -> TaxImportPlan {
    let mut plan = TaxImportPlan::default();
    // The rates as they will be, so that the rows of the file are held against each other too.
    let mut after: Vec<TaxRate> = rates.to_vec();
    let mut seen: Vec<TaxRate> = Vec::new();
    let mut found: Vec<(usize, TaxRate)> = Vec::new();
    for (row, draft) in drafts.iter().enumerate() {
        match take(draft, zones, &mut plan.zones, &mut new_id) {
            Ok(rate) if seen.iter().any(|earlier| is_same(earlier, &rate)) => {
                let why = "stands in the file twice for one zone, category and beginning; keep one";
                plan.refused.push((row, refusal(&rate, why)));
            }
            Ok(rate) => {
                seen.push(rate.clone());
                after.retain(|known| !is_same(known, &rate));
                after.push(rate.clone());
                found.push((row, rate));
            }
            Err(refused) => plan.refused.push((row, refused)),
        }
    }
    for (row, rate) in found {
        if after.iter().any(|other| other.clashes_with(&rate)) {
            let why = "holds at the same time as another rate of its zone, category and name; end the earlier one with a \
                       row that has its `from` and an `until`";
            plan.refused.push((row, refusal(&rate, why)));
            continue;
        }
        match rates.iter().find(|known| is_same(known, &rate)) {
            None => plan.created.push(rate),
            Some(known) if *known == rate => plan.unchanged += 1,
            Some(known) => plan.changed.push((known.clone(), rate)),
        }
    }
    plan.refused.sort_by_key(|(row, _)| *row);
    let used = |zone: &TaxZone| plan.created.iter().any(|rate| rate.zone == zone.id);
    let zones = std::mem::take(&mut plan.zones);
    plan.zones = zones.into_iter().filter(used).collect();
    plan
}

/// Tells whether two rates are one to a store: the later one replaces the earlier one.
fn is_same(a: &TaxRate, b: &TaxRate) -> bool {
    (a.zone, &a.category, &a.name, a.window.from) == (b.zone, &b.category, &b.name, b.window.from)
}

fn refusal(rate: &TaxRate, why: &'static str) -> PricingError {
    PricingError::InvalidRule { noun: "tax rate", name: rate.name.clone(), why }
}

/// Turns one row into a rate, with its zone: one of the shop, one made by an earlier row, or a new one.
fn take(
    draft: &TaxRateDraft,
    zones: &[TaxZone],
    new: &mut Vec<TaxZone>,
    new_id: &mut impl FnMut() -> TaxZoneId,
) -> Result<TaxRate, PricingError> {
    let place = draft.territory.clone().in_order();
    let rate = |zone| TaxRate {
        zone,
        category: draft.category.clone(),
        name: draft.name.clone(),
        rate: draft.rate,
        level: draft.level,
        window: draft.window,
    };
    let known = zones.iter().chain(new.iter());
    if let Some(zone) = known.clone().find(|zone| zone.territory.clone().in_order() == place) {
        if draft.zone.as_ref().is_some_and(|name| *name != zone.name) {
            let why = "covers what another zone covers under another name; use that name, or leave the name out";
            let name = draft.zone.clone().unwrap_or_default();
            return Err(PricingError::InvalidRule { noun: "tax zone", name, why });
        }
        let rate = rate(zone.id);
        return rate.check().map(|()| rate);
    }
    let zone = TaxZone {
        id: new_id(),
        name: draft.zone.clone().unwrap_or_else(|| place.to_string()),
        territory: place,
        version: 1,
    };
    zone.check()?;
    let others: Vec<TaxZone> = known.cloned().collect();
    zone.check_beside(&others)?;
    let rate = rate(zone.id);
    rate.check()?;
    new.push(zone);
    Ok(rate)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn draft(country: &str, percent: &str, from: Option<i64>, until: Option<i64>) -> TaxRateDraft {
        let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        TaxRateDraft {
            zone: None,
            territory: Territory::of_countries([country.parse().unwrap()]),
            category: TaxCategory::standard(),
            name: "VAT".to_owned(),
            rate: Rate::percent(percent).unwrap(),
            level: 0,
            window: Window { from: at(from), until: at(until) },
        }
    }

    fn plan(drafts: &[TaxRateDraft], before: &TaxImportPlan) -> TaxImportPlan {
        let mut ids = 100 + u128::try_from(before.zones.len()).unwrap();
        plan_tax_import(drafts, &before.zones, &before.created, || {
            ids += 1;
            TaxZoneId::from_u128(ids)
        })
    }

    fn told(plan: &TaxImportPlan) -> [usize; 5] {
        let TaxImportPlan { zones, created, changed, unchanged, refused } = plan;
        [zones.len(), created.len(), changed.len(), *unchanged, refused.len()]
    }

    #[test]
    fn a_second_run_changes_nothing_and_an_edit_changes_one_rate() {
        let shop = plan(
            &[draft("DE", "19", None, None), draft("FR", "20", None, None)],
            &TaxImportPlan::default(),
        );
        assert_eq!(told(&shop), [2, 2, 0, 0, 0]);
        assert_eq!(shop.zones[0].name, "DE");
        let again = plan(&[draft("DE", "19", None, None), draft("FR", "21", None, None)], &shop);
        assert_eq!(told(&again), [0, 0, 1, 1, 0]);
    }

    #[test]
    fn a_rate_follows_another_once_that_one_ends() {
        let shop = plan(&[draft("DE", "19", None, None)], &TaxImportPlan::default());
        let successor = draft("DE", "20", Some(100), None);
        assert_eq!(told(&plan(std::slice::from_ref(&successor), &shop)), [0, 0, 0, 0, 1]);
        let both = [draft("DE", "19", None, Some(100)), successor];
        assert_eq!(told(&plan(&both, &shop)), [0, 1, 1, 0, 0]);
    }

    #[test]
    fn rows_that_contradict_each_other_are_refused() {
        let none = TaxImportPlan::default();
        let twice = [draft("DE", "19", None, None), draft("DE", "16", None, None)];
        assert_eq!(told(&plan(&twice, &none)), [1, 1, 0, 0, 1]);
        // Neither of two that overlap is taken: which one is meant, nobody can tell. No zone is made for nothing.
        let overlap = [draft("DE", "19", None, None), draft("DE", "16", Some(5), Some(9))];
        assert_eq!(told(&plan(&overlap, &none)), [0, 0, 0, 0, 2]);
        let named = |name: &str, country| TaxRateDraft {
            zone: Some(name.to_owned()),
            ..draft(country, "19", None, None)
        };
        let shop = plan(&[named("Home", "DE")], &none);
        assert_eq!(told(&plan(&[named("House", "DE")], &shop))[4], 1);
        assert_eq!(told(&plan(&[named("Home", "FR")], &shop))[4], 1);
        assert_eq!(told(&plan(&[named("Home", "DE")], &shop))[3], 1);
    }
}
