//! [`TaxZone`]: where a set of tax rates applies.

use serde::{Deserialize, Serialize};

use crate::id::TaxZoneId;
use crate::pricing::{Destination, PricingError, Territory};

/// Where a set of tax rates applies.
///
/// One zone decides for an address, the one that describes it most closely, and no other zone's rates are looked at: a city
/// that adds its own tax to the country's has a zone with both rates.
///
/// ```
/// use sutler_core::id::TaxZoneId;
/// use sutler_core::pricing::{Destination, TaxZone, Territory};
///
/// let world = TaxZone {
///     id: TaxZoneId::from_u128(1),
///     name: "World".into(),
///     territory: Territory::default(),
///     version: 1,
/// };
/// let spain = TaxZone {
///     id: TaxZoneId::from_u128(2),
///     name: "Spain".into(),
///     territory: Territory::of_countries(["ES".parse()?]),
///     version: 1,
/// };
/// assert_eq!((world.check(), spain.check()), (Ok(()), Ok(())));
/// let twin = TaxZone { id: TaxZoneId::from_u128(3), ..spain.clone() };
/// assert!(twin.check_beside(&[world.clone(), spain.clone()]).is_err());
///
/// let (zones, to) = ([world, spain], Destination::country("ES".parse()?));
/// let decides = TaxZone::for_destination(&zones, &to);
/// assert_eq!(decides.map(|zone| zone.name.as_str()), Some("Spain"));
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxZone {
    /// Identity.
    pub id: TaxZoneId,
    /// Name for people.
    pub name: String,
    /// Where it is; everywhere means everywhere that no other zone names.
    #[serde(flatten)]
    pub territory: Territory,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

impl TaxZone {
    /// Returns the zone that decides for an address: the one that describes it most closely.
    ///
    /// Two that describe it equally closely (the door refuses those with the very same territory) are told apart by id, the
    /// smaller first, so that the answer is always the same.
    pub fn for_destination<'z>(
        zones: &'z [TaxZone],
        destination: &Destination,
    ) -> Option<&'z TaxZone> {
        let close = |zone: &'z TaxZone| Some((zone.territory.closeness(destination)?, zone));
        let best = zones
            .iter()
            .filter_map(close)
            .max_by(|(a, first), (b, second)| a.cmp(b).then_with(|| second.id.cmp(&first.id)));
        best.map(|(_, zone)| zone)
    }

    /// Checks what one zone must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let refuse =
            |why| Err(PricingError::InvalidRule { noun: "tax zone", name: self.name.clone(), why });
        if self.name.trim().is_empty() {
            return refuse("has no name; give it one");
        }
        self.territory.check().or_else(refuse)
    }

    /// Checks that a zone can stand beside the others of a shop.
    ///
    /// Errors: [`PricingError::InvalidRule`] when another one has its name, or the very same territory.
    pub fn check_beside(&self, others: &[TaxZone]) -> Result<(), PricingError> {
        let refuse =
            |why| Err(PricingError::InvalidRule { noun: "tax zone", name: self.name.clone(), why });
        let place = self.territory.clone().in_order();
        for other in others.iter().filter(|other| other.id != self.id) {
            if other.name == self.name {
                return refuse("has the name of another zone; names tell them apart in files");
            }
            if other.territory.clone().in_order() == place {
                return refuse("covers exactly what another zone covers; keep one of them");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn zone(id: u128, countries: &[&str]) -> TaxZone {
        let countries = countries.iter().map(|code| code.parse().unwrap());
        TaxZone {
            id: TaxZoneId::from_u128(id),
            name: format!("zone {id}"),
            territory: Territory::of_countries(countries),
            version: 1,
        }
    }

    #[test]
    fn the_zone_that_describes_the_address_most_closely_decides() {
        let mut islands = zone(5, &["DE"]);
        islands.territory.postal_codes = vec!["27498".parse().unwrap()];
        let zones = [
            zone(1, &[]),
            zone(2, &["DE", "FR", "NL"]),
            zone(3, &["DE"]),
            zone(4, &["FR", "DE", "NL"]),
            islands,
        ];
        for (code, postal_code, id) in
            [("DE", "", 3), ("DE", "27498", 5), ("FR", "", 2), ("US", "27498", 1)]
        {
            let to = Destination {
                postal_code: postal_code.to_owned(),
                ..Destination::country(code.parse().unwrap())
            };
            let found = TaxZone::for_destination(&zones, &to).map(|zone| zone.id.to_u128());
            assert_eq!(found, Some(id), "{code} {postal_code}");
        }
        let us = Destination::country("US".parse().unwrap());
        assert_eq!(TaxZone::for_destination(&zones[1..], &us), None);
    }

    #[test]
    fn zones_that_cannot_be_told_apart_are_refused() {
        let zones = [zone(1, &["DE", "FR"]), zone(2, &["DE"])];
        let twin = zone(3, &["FR", "DE", "FR"]);
        assert!(twin.check_beside(&zones).is_err());
        assert!(twin.check_beside(&zones[1..]).is_ok());
        let namesake = TaxZone { name: "zone 2".to_owned(), ..zone(3, &["NL"]) };
        assert!(namesake.check_beside(&zones).is_err());
        assert!(zones[0].check_beside(&zones).is_ok());
        assert!(TaxZone { name: String::new(), ..zone(1, &[]) }.check().is_err());
        let mut nowhere = zone(1, &[]);
        nowhere.territory.postal_codes = vec!["1".parse().unwrap()];
        assert_eq!(nowhere.check().map_err(|e| e.code()), Err("pricing.invalid_rule"));
    }
}
