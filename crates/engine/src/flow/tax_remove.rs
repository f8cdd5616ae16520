//! Where the shop is for tax, and taking away what it charges: tax rates, zones, deliveries, fees.
//!
//! Orders keep what they were placed with, so nothing here reaches back.

use sutler_core::address::CountryCode;
use sutler_core::change::{Change, SetupChange, SetupKey};
use sutler_core::pricing::{DeliveryMethod, Fee, TaxCategory, TaxRate, TaxZone};
use sutler_core::rejection::Rejection;
use sutler_core::shop::{Setup, ShopRecord};
use sutler_core::shown::shown;
use sutler_core::time::Timestamp;

use super::cart::done;
use crate::{FlowError, Shop};

/// Which tax rates are to end.
///
/// ```
/// use sutler_engine::flow::tax_remove::TaxRemoval;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let zone = shop.setup()?.tax_zones[0].name.clone();
/// let removal = TaxRemoval { zone, category: None, name: None, at: None };
/// assert_eq!(shop.tax_remove(&removal, false)?.len(), 1);
/// assert!(shop.setup()?.tax_zones.is_empty(), "a zone goes with its last rate");
/// assert_eq!(shop.tax_remove(&removal, false).unwrap_err().code(), "not_found");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaxRemoval {
    /// Name or id of the zone.
    pub zone: String,
    /// Of this kind of goods only.
    pub category: Option<TaxCategory>,
    /// Those of this name only.
    pub name: Option<String>,
    /// From when on they hold no more; without it they are taken away, and the zone with its last rate.
    pub at: Option<Timestamp>,
}

impl Shop {
    /// Says which country the shop is in, for tax: from there goods go and charges are reversed. `None`: nobody says, and no charge is
    /// ever reversed.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// shop.home_set(Some("AT".parse()?))?;
    /// assert_eq!(shop.setup()?.shop.country, Some("AT".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn home_set(&self, country: Option<CountryCode>) -> Result<ShopRecord, FlowError> {
        done(self.settle(|set| {
            let stored = self.setup()?.shop.clone();
            if stored.country == country {
                return Ok(stored);
            }
            let moved = ShopRecord { country, version: stored.version + 1, ..stored };
            set.push(Change::Setup(SetupChange::Shop(moved.clone())));
            Ok(moved)
        })?)
    }

    /// Ends tax rates or takes them away; returns those that were, as they stood. With `dry_run` nothing is written.
    ///
    /// Errors: `not_found` for a zone, or when it has no such rate; `input.invalid` for a name that several zones have.
    ///
    /// See [`TaxRemoval`] for an example.
    pub fn tax_remove(
        &self,
        removal: &TaxRemoval,
        dry_run: bool,
    ) -> Result<Vec<TaxRate>, FlowError> {
        if dry_run {
            return Ok(removed(removal, &*self.setup()?)?.0);
        }
        done(self.settle(|set| {
            let (rates, changes) = removed(removal, &*self.setup()?)?;
            set.changes.extend(changes.into_iter().map(Change::Setup));
            Ok(rates)
        })?)
    }

    /// Takes a delivery method away; returns it as it stood. With `dry_run` nothing is written.
    ///
    /// Errors: `not_found`, with the codes there are.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let gone = shop.delivery_remove("standard", false)?;
    /// assert_eq!(gone.code, "standard");
    /// assert_eq!(shop.delivery_remove("standard", false).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delivery_remove(&self, code: &str, dry_run: bool) -> Result<DeliveryMethod, FlowError> {
        let setup = self.setup()?;
        let found = setup.delivery_methods.iter().find(|method| method.code == code);
        let method = found.cloned().ok_or_else(|| Rejection::NotFound {
            noun: "delivery method",
            given: shown(code),
            near: setup.delivery_methods.iter().map(|method| method.code.clone()).collect(),
        })?;
        self.take_away(SetupKey::DeliveryMethod(method.id), dry_run)?;
        Ok(method)
    }

    /// Takes a fee away; returns it as it stood. With `dry_run` nothing is written.
    ///
    /// Errors: `not_found`, with the codes there are.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// shop.fee_add("code = \"cash\"\nname = \"Cash\"\namount = \"2.00\"\n", false)?;
    /// assert_eq!(shop.fee_remove("cash", false)?.name, "Cash");
    /// assert!(shop.setup()?.fees.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fee_remove(&self, code: &str, dry_run: bool) -> Result<Fee, FlowError> {
        let setup = self.setup()?;
        let found = setup.fees.iter().find(|fee| fee.code == code);
        let fee = found.cloned().ok_or_else(|| Rejection::NotFound {
            noun: "fee",
            given: shown(code),
            near: setup.fees.iter().map(|fee| fee.code.clone()).collect(),
        })?;
        self.take_away(SetupKey::Fee(fee.id), dry_run)?;
        Ok(fee)
    }

    fn take_away(&self, key: SetupKey, dry_run: bool) -> Result<(), FlowError> {
        if dry_run {
            return Ok(());
        }
        self.setup_put(&SetupChange::Removed(key))
    }
}

/// Returns the rates that end as they stand, and what is written for it.
fn removed(
    removal: &TaxRemoval,
    setup: &Setup,
) -> Result<(Vec<TaxRate>, Vec<SetupChange>), Rejection> {
    let zone = zone(&removal.zone, &setup.tax_zones)?;
    let named = |rate: &&TaxRate| {
        rate.zone == zone.id
            && removal.category.as_ref().is_none_or(|category| *category == rate.category)
            && removal.name.as_ref().is_none_or(|name| *name == rate.name)
    };
    let of_zone = setup.tax_rates.iter().filter(|rate| rate.zone == zone.id);
    let (ending, staying): (Vec<&TaxRate>, Vec<&TaxRate>) = of_zone.partition(named);
    let mut changes = Vec::new();
    for rate in &ending {
        let ended = removal.at.and_then(|at| rate.ended(at));
        changes.push(ended.map_or_else(|| gone(rate), SetupChange::TaxRate));
    }
    let takes_zone = removal.at.is_none() && staying.is_empty();
    if takes_zone {
        changes.push(SetupChange::Removed(SetupKey::TaxZone(zone.id)));
    } else if ending.is_empty() {
        let near = staying.iter().map(|rate| rate.name.clone()).collect();
        let given = removal.name.clone().or(removal.category.as_ref().map(ToString::to_string));
        let given = given.unwrap_or_else(|| zone.name.clone());
        return Err(Rejection::NotFound { noun: "tax rate", given, near });
    }
    Ok((ending.into_iter().cloned().collect(), changes))
}

fn gone(rate: &TaxRate) -> SetupChange {
    let (zone, category) = (rate.zone, rate.category.clone());
    let (name, from) = (rate.name.clone(), rate.window.from);
    SetupChange::Removed(SetupKey::TaxRate { zone, category, name, from })
}

fn zone<'a>(word: &str, zones: &'a [TaxZone]) -> Result<&'a TaxZone, Rejection> {
    let named = |zone: &&TaxZone| zone.name == word || zone.id.to_string() == word;
    let found: Vec<&TaxZone> = zones.iter().filter(named).collect();
    match found[..] {
        [zone] => Ok(zone),
        [] => Err(Rejection::NotFound {
            noun: "tax zone",
            given: shown(word),
            near: zones.iter().map(|zone| zone.name.clone()).collect(),
        }),
        _ => {
            let ids: Vec<String> = found.iter().map(|zone| zone.id.to_string()).collect();
            let why = format!("is the name of several tax zones; say which: {}", ids.join(", "));
            Err(Rejection::BadInput { what: "tax zone", given: shown(word), why })
        }
    }
}
