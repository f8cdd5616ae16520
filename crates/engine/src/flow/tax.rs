//! Tax rates: what a file of them would change, and changing it.

use sutler_core::change::{Change, SetupChange};
use sutler_core::id::TaxZoneId;
use sutler_core::import::Place;
use sutler_core::pricing::{EU_VAT, TaxImportPlan, TaxRateDraft, plan_tax_import};
use sutler_core::rejection::Rejection;
pub use sutler_exchange::TAX_RATE_COLUMNS;
use sutler_exchange::{Input, read_tax_rates, tax_row_refused};

use super::cart::done;
use crate::{FlowError, Shop};

/// Where tax rates are taken from.
///
/// ```
/// # use std::sync::Arc;
/// # use sutler_engine::Shop;
/// # use sutler_engine::flow::setup::InitCommand;
/// # use sutler_engine::testing::{Counting, HandClock};
/// # use sutler_store_memory::MemoryStore;
/// # let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(HandClock::default()));
/// # let shop = Shop::new(store, clock, Arc::new(Counting::default()));
/// use sutler_engine::flow::tax::TaxSource;
///
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// let plan = shop.tax_import(TaxSource::EuVat, true)?;
/// assert!(plan.created.iter().any(|rate| rate.rate.to_string() == "25.5 %"));
/// let zones = shop.setup()?.tax_zones.len();
/// assert!(zones < plan.zones.len(), "a dry run writes nothing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub enum TaxSource {
    /// A table of text; see [`sutler_exchange::read_tax_rates`] for its columns.
    File(Input),
    /// The bundled rates of the European Union: [`sutler_core::pricing::EU_VAT`].
    EuVat,
}

impl Shop {
    /// Writes the rates of a file, with the zones they need, all of them or none; says what was changed. A second run of
    /// the same file changes nothing. With `dry_run` nothing is written.
    ///
    /// Errors: [`FlowError::File`] with every row that cannot be used, when nothing was written.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use sutler_engine::flow::tax::TaxSource;
    /// # use sutler_engine::flow::setup::InitCommand;
    /// # use sutler_engine::Shop;
    /// # struct World(std::sync::atomic::AtomicU64);
    /// # impl sutler_core::port::Clock for World {
    /// #     fn now(&self) -> sutler_core::time::Timestamp { sutler_core::time::Timestamp::from_millis(0) }
    /// # }
    /// # impl sutler_core::port::IdSource for World {
    /// #     fn next_id(&self) -> u128 { self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed).into() }
    /// # }
    /// # let world = Arc::new(World(1.into()));
    /// # let shop = Shop::new(Arc::new(sutler_store_memory::MemoryStore::default()), world.clone(), world);
    /// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
    /// let done = shop.tax_import(TaxSource::EuVat, false)?;
    /// assert_eq!(done.zones.len(), 27);
    /// assert!(shop.tax_import(TaxSource::EuVat, false)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tax_import(&self, source: TaxSource, dry_run: bool) -> Result<TaxImportPlan, FlowError> {
        let rows: Vec<(Place, TaxRateDraft)> = match source {
            TaxSource::File(input) => read_tax_rates(input)
                .map_err(|refused| FlowError::File(refused.into_diagnostics()))?,
            TaxSource::EuVat => {
                let drafts = EU_VAT.drafts().map_err(Rejection::from)?;
                drafts.into_iter().map(|draft| (Place::default(), draft)).collect()
            }
        };
        if dry_run {
            return self.tax_plan(&rows);
        }
        let settled = self.settle(|set| {
            let plan = self.tax_plan(&rows)?;
            for zone in &plan.zones {
                set.push(Change::Setup(SetupChange::TaxZone(zone.clone())));
            }
            let rates = plan.created.iter().chain(plan.changed.iter().map(|(_, after)| after));
            for rate in rates {
                set.push(Change::Setup(SetupChange::TaxRate(rate.clone())));
            }
            Ok(plan)
        });
        done(settled?)
    }

    fn tax_plan(&self, rows: &[(Place, TaxRateDraft)]) -> Result<TaxImportPlan, FlowError> {
        let setup = self.setup()?;
        let drafts: Vec<TaxRateDraft> = rows.iter().map(|(_, draft)| draft.clone()).collect();
        let new_id = || TaxZoneId::from_u128(self.next_id());
        let plan = plan_tax_import(&drafts, &setup.tax_zones, &setup.tax_rates, new_id);
        let place = |row: usize| rows.get(row).map(|(place, _)| place.clone()).unwrap_or_default();
        let refused: Vec<_> = plan
            .refused
            .iter()
            .map(|(row, why)| tax_row_refused(place(*row), &why.to_string()))
            .collect();
        if refused.is_empty() { Ok(plan) } else { Err(FlowError::File(refused)) }
    }
}
