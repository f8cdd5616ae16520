//! Tax rates.

use sutler_core::pricing::{TaxImportPlan, TaxRate, TaxZone};
use sutler_core::time::Timestamp;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side};

view! {
    /// The rate of one kind of goods in one zone for a time.
    TaxRateRow {
        /// Its countries; none means everywhere that no other zone names.
        country: Vec<String>,
        /// Regions of its one country.
        region: Vec<String>,
        /// Its postal codes: how they begin, or ranges.
        postal_codes: Vec<String>,
        /// Postal codes that are left out.
        except_postal_codes: Vec<String>,
        /// Name of the zone.
        zone: String,
        /// What kind of goods.
        category: String,
        /// The name on invoices.
        name: String,
        /// The rate in percent.
        percent: String,
        /// On how many levels of other tax it stands; 0 for most.
        compound: u32,
        /// When it begins.
        from: Option<Timestamp>,
        /// When it no longer holds.
        until: Option<Timestamp>,
    }
}

view! {
    /// Tax rates.
    TaxRateList {
        /// The rates, by zone, kind of goods, name, beginning.
        rates: Vec<TaxRateRow>,
    }
}

view! {
    /// Where the shop is, for tax.
    HomeView {
        /// The country; `null` when nobody said: then no charge is ever reversed.
        country: Option<String>,
    }
}

view! {
    /// What a file of tax rates changed.
    TaxImportView {
        /// Whether nothing was written.
        dry_run: bool,
        /// The day as of which bundled rates hold.
        as_of: Option<String>,
        /// Zones that were made.
        zones_created: Vec<String>,
        /// Rates that were made.
        created: Vec<TaxRateRow>,
        /// Rates that were changed, as they are now.
        changed: Vec<TaxRateRow>,
        /// Rows that say what was there already.
        unchanged: u64,
    }
}

impl TaxRateRow {
    /// Returns a rate with its zone.
    pub(crate) fn of(rate: &TaxRate, zones: &[TaxZone]) -> Self {
        fn texts<T: ToString>(parts: &[T]) -> Vec<String> {
            parts.iter().map(T::to_string).collect()
        }
        let zone = zones.iter().find(|zone| zone.id == rate.zone);
        let place = zone.map(|zone| zone.territory.clone()).unwrap_or_default();
        Self {
            country: texts(&place.countries),
            region: texts(&place.regions),
            postal_codes: texts(&place.postal_codes),
            except_postal_codes: texts(&place.except_postal_codes),
            zone: zone.map_or_else(|| rate.zone.to_string(), |zone| zone.name.clone()),
            category: rate.category.as_str().to_owned(),
            name: rate.name.clone(),
            percent: rate.rate.percent_text(),
            compound: rate.level.into(),
            from: rate.window.from,
            until: rate.window.until,
        }
    }

    fn words(&self) -> String {
        format!("{}: {} {} % on {} goods", self.zone, self.name, self.percent, self.category)
    }
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

impl Row for TaxRateRow {
    const COLUMNS: &'static [Column] = &[
        ("ZONE", Side::Left),
        ("GOODS", Side::Left),
        ("NAME", Side::Left),
        ("PERCENT", Side::Right),
        ("FROM", Side::Left),
        ("UNTIL", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &sutler_engine::flow::tax::TAX_RATE_COLUMNS;

    fn cells(&self) -> Vec<String> {
        let percent = match self.compound {
            0 => self.percent.clone(),
            _ => format!("{} compound", self.percent),
        };
        vec![
            self.zone.clone(),
            self.category.clone(),
            self.name.clone(),
            percent,
            moment(self.from),
            moment(self.until),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.country.join("|"),
            self.region.join("|"),
            self.postal_codes.join("|"),
            self.except_postal_codes.join("|"),
            self.zone.clone(),
            self.category.clone(),
            self.name.clone(),
            self.percent.clone(),
            self.compound.to_string(),
            moment(self.from),
            moment(self.until),
        ]
    }
}

impl List for TaxRateList {
    type Row = TaxRateRow;

    fn rows(&self) -> &[TaxRateRow] {
        &self.rates
    }

    fn when_empty(&self) -> String {
        "no tax rates".to_owned()
    }
}

impl TaxImportView {
    /// Returns what was changed, or would be; `zones` are those of the shop.
    pub(crate) fn new(
        plan: &TaxImportPlan,
        zones: &[TaxZone],
        dry_run: bool,
        as_of: Option<&str>,
    ) -> Self {
        let zones: Vec<TaxZone> = zones.iter().chain(&plan.zones).cloned().collect();
        let row = |rate: &TaxRate| TaxRateRow::of(rate, &zones);
        Self {
            dry_run,
            as_of: as_of.map(str::to_owned),
            zones_created: plan.zones.iter().map(|zone| zone.name.clone()).collect(),
            created: plan.created.iter().map(row).collect(),
            changed: plan.changed.iter().map(|(_, after)| row(after)).collect(),
            unchanged: u64::try_from(plan.unchanged).unwrap_or(u64::MAX),
        }
    }
}

impl Show for HomeView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.pair("home", self.country.as_deref().unwrap_or("(nobody said)"));
        sheet.finish()
    }
}

impl Show for TaxImportView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        for rate in &self.created {
            sheet.pair("new", &rate.words());
        }
        for rate in &self.changed {
            sheet.pair("changed", &rate.words());
        }
        if self.created.is_empty() && self.changed.is_empty() {
            sheet.line("nothing changes");
        }
        sheet.finish()
    }
}
