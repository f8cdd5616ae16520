//! Choosing which location serves which line.
//!
//! A pure function of levels and policy: ship complete from one location if possible; else take the fewest locations
//! by taking, again and again, the one that serves the most units; ties by same country as the buyer, then priority,
//! then id. The result is a proposal from a snapshot; the guarded commit decides again.

use std::collections::BTreeMap;

use super::{StockKey, StockLevel, StockLocation};
use crate::address::CountryCode;
use crate::id::{StockLocationId, VariantId};

/// Units of one variant to be served.
///
/// ```
/// use std::collections::BTreeMap;
/// use sutler_core::id::VariantId;
/// use sutler_core::inventory::{Demand, source};
///
/// let line = Demand { variant: VariantId::from_u128(1), quantity: 2 };
/// let short = source(&[line, line], &BTreeMap::new(), &[], None);
/// assert!(short.is_err_and(|short| short.requested == 4), "two lines of one variant are summed");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demand {
    /// The variant.
    pub variant: VariantId,
    /// Units.
    pub quantity: u32,
}

/// Units of one variant to be taken from one location.
///
/// ```
/// use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{SourcedUnits, StockKey};
///
/// let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(2) };
/// let taken = SourcedUnits { key, quantity: 2 };
/// assert_eq!(serde_json::from_str::<SourcedUnits>(&serde_json::to_string(&taken)?)?, taken);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize,
)]
pub struct SourcedUnits {
    /// From where.
    pub key: StockKey,
    /// Units; at least 1.
    pub quantity: u32,
}

/// Not enough stock anywhere.
///
/// ```
/// use std::collections::BTreeMap;
/// use sutler_core::id::VariantId;
/// use sutler_core::inventory::{Demand, SourcingShortfall, source};
///
/// let variant = VariantId::from_u128(1);
/// let sourced = source(&[Demand { variant, quantity: 2 }], &BTreeMap::new(), &[], None);
/// assert_eq!(sourced, Err(SourcingShortfall { variant, requested: 2, available: 0 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourcingShortfall {
    /// Which variant.
    pub variant: VariantId,
    /// Units asked for.
    pub requested: u32,
    /// Units available at all active locations together.
    pub available: u32,
}

/// Returns which location serves which units, in key order, or the first variant there is not enough of.
///
/// `demands` may name a variant twice: its units are summed first.
///
/// Errors: [`SourcingShortfall`]; what one location lacks is no shortfall while others have it.
///
/// ```
/// use std::collections::BTreeMap;
/// # use sutler_core::id::{StockLocationId, VariantId};
/// use sutler_core::inventory::{Demand, SourcedUnits, StockKey, StockLevel, StockLocation, source};
///
/// # let location = |id, code: &str| StockLocation {
/// #     id: StockLocationId::from_u128(id), code: code.to_owned(), name: code.to_owned(),
/// #     country: "DE".parse().ok(), priority: 0, active: true, version: 1,
/// # };
/// # let variant = VariantId::from_u128(1);
/// # let units = |on_hand| StockLevel { on_hand, ..StockLevel::default() };
/// let places = [location(1, "shop"), location(2, "barn")];
/// let at = |place: &StockLocation| StockKey { variant, location: place.id };
/// let levels = BTreeMap::from([(at(&places[0]), units(2)), (at(&places[1]), units(9))]);
///
/// let sourced = source(&[Demand { variant, quantity: 3 }], &levels, &places, None);
/// let from_one = SourcedUnits { key: at(&places[1]), quantity: 3 };
/// assert_eq!(sourced, Ok(vec![from_one]), "one parcel rather than two");
/// ```
pub fn source(
    demands: &[Demand],
    levels: &BTreeMap<StockKey, StockLevel>,
    locations: &[StockLocation],
    country: Option<CountryCode>,
) -> Result<Vec<SourcedUnits>, SourcingShortfall> {
    let mut wanted: BTreeMap<VariantId, u32> = BTreeMap::new();
    for demand in demands {
        let sum = wanted.entry(demand.variant).or_default();
        *sum = sum.saturating_add(demand.quantity);
    }
    let available = |variant: VariantId, location: StockLocationId| {
        levels.get(&StockKey { variant, location }).map_or(0, StockLevel::available)
    };
    let mut order: Vec<&StockLocation> =
        locations.iter().filter(|location| location.active).collect();
    order.sort_by_key(|location| {
        (location.country.is_none() || location.country != country, location.priority, location.id)
    });

    for (&variant, &requested) in &wanted {
        let total: u64 =
            order.iter().map(|location| u64::from(available(variant, location.id))).sum();
        if total < u64::from(requested) {
            return Err(SourcingShortfall {
                variant,
                requested,
                available: u32::try_from(total).unwrap_or(u32::MAX),
            });
        }
    }

    let mut sourced = Vec::with_capacity(wanted.len());
    while !wanted.is_empty() && !order.is_empty() {
        let serves = |location: &StockLocation| -> u64 {
            wanted
                .iter()
                .map(|(&variant, &quantity)| {
                    u64::from(quantity.min(available(variant, location.id)))
                })
                .sum()
        };
        // The first of the best: `max_by_key` would keep the last, so count down.
        let Some(best) = (0..order.len())
            .rev()
            .max_by_key(|&i| order.get(i).map_or(0, |location| serves(location)))
        else {
            break;
        };
        let location = order.remove(best);
        wanted.retain(|&variant, quantity| {
            let taken = (*quantity).min(available(variant, location.id));
            if taken > 0 {
                sourced.push(SourcedUnits {
                    key: StockKey { variant, location: location.id },
                    quantity: taken,
                });
            }
            *quantity -= taken;
            *quantity > 0
        });
    }
    sourced.sort_unstable();
    Ok(sourced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(id: u128, priority: i32, country: &str) -> StockLocation {
        StockLocation {
            id: StockLocationId::from_u128(id),
            code: format!("l{id}"),
            name: format!("Location {id}"),
            country: country.parse().ok(),
            priority,
            active: true,
            version: 1,
        }
    }

    fn levels(rows: &[(u128, u128, u32)]) -> BTreeMap<StockKey, StockLevel> {
        let key = |v, l| StockKey {
            variant: VariantId::from_u128(v),
            location: StockLocationId::from_u128(l),
        };
        rows.iter()
            .map(|&(v, l, on_hand)| (key(v, l), StockLevel { on_hand, ..StockLevel::default() }))
            .collect()
    }

    /// Variant, location and units of each part.
    type Parts = Vec<(u128, u128, u32)>;

    fn run(
        demands: &[(u128, u32)],
        rows: &[(u128, u128, u32)],
        locations: &[StockLocation],
    ) -> Result<Parts, (u128, u32)> {
        let demands: Vec<Demand> = demands
            .iter()
            .map(|&(v, quantity)| Demand { variant: VariantId::from_u128(v), quantity })
            .collect();
        source(&demands, &levels(rows), locations, "DE".parse().ok())
            .map(|all| {
                all.iter()
                    .map(|s| (s.key.variant.to_u128(), s.key.location.to_u128(), s.quantity))
                    .collect()
            })
            .map_err(|short| (short.variant.to_u128(), short.available))
    }

    #[test]
    fn one_location_that_serves_all_wins_over_a_preferred_one_that_does_not() {
        let places = [location(1, 0, "DE"), location(2, 9, "FR")];
        let stock = [(7, 1, 5), (7, 2, 5), (8, 2, 5)];
        assert_eq!(run(&[(7, 2), (8, 1)], &stock, &places), Ok(vec![(7, 2, 2), (8, 2, 1)]));
    }

    #[test]
    fn ties_go_to_the_buyers_country_then_to_priority() {
        let places = [location(1, 0, "FR"), location(2, 5, "DE"), location(3, 4, "DE")];
        assert_eq!(
            run(&[(7, 1)], &[(7, 1, 9), (7, 2, 9), (7, 3, 9)], &places),
            Ok(vec![(7, 3, 1)])
        );
    }

    #[test]
    fn a_line_is_divided_when_no_location_has_it_all_and_twice_the_variant_is_summed() {
        let places = [location(1, 0, "DE"), location(2, 1, "DE")];
        assert_eq!(
            run(&[(7, 3), (7, 3)], &[(7, 1, 2), (7, 2, 4)], &places),
            Ok(vec![(7, 1, 2), (7, 2, 4)])
        );
        assert_eq!(run(&[(7, 4), (7, 3)], &[(7, 1, 2), (7, 2, 4)], &places), Err((7, 6)));
    }

    #[test]
    fn an_inactive_location_serves_nothing() {
        let mut closed = location(1, 0, "DE");
        closed.active = false;
        assert_eq!(run(&[(7, 1)], &[(7, 1, 9)], &[closed]), Err((7, 0)));
    }
}
