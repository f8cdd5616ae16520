//! Writing the products of a file, batch by batch.

use std::ops::ControlFlow;

use sutler_core::change::{Change, ChangeSet, StockChange};
use sutler_core::event::{Event, EventKind};
use sutler_core::import::{InitialStock, PlannedProduct, ProductChange};
use sutler_core::inventory::{MovementKind, StockKey, StockMovement};
use sutler_core::quantity::QUANTITY_MAX;

use super::category::Categories;
use super::plan::{Drafted, Gathered, collect};
use super::summary::wide;
use super::{
    Collector, ImportOptions, ImportProgress, ImportSummary, PreparedImport, RunWriter, Step,
    Target, refused,
};
use crate::flow::stock::changed;
use crate::{FlowError, Shop};

/// How many variants a batch holds at most, roughly: a product is never divided.
const BATCH_VARIANTS: usize = 2_000;

/// How far selling goes beyond stock for variants that are sold without stock.
const BACKORDER_LIMIT: u32 = QUANTITY_MAX;

impl Shop {
    /// Streams a product file again and commits it in batches.
    pub(super) fn apply_products(
        &self,
        prepared: &PreparedImport,
        progress: &mut dyn FnMut(&ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportSummary, FlowError> {
        let PreparedImport { opened, options, .. } = prepared;
        let mut applying = Applying {
            shop: self,
            prepared,
            run: RunWriter::begin(self, prepared)?,
            categories: Categories::read(self)?,
            // The plan kept the limit; from here on batches are written, so nothing stops because of it.
            collector: Collector::new(
                opened.summary(),
                &ImportOptions { max_errors: None, ..options.clone() },
            ),
        };
        let mut told =
            ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() };
        // One batch is held back, so that the last one can say that it is.
        let (mut held, mut gathered) = (None, Gathered::default());
        for entry in opened.products() {
            let entry = entry.map_err(refused)?;
            told.rows += entry.rows;
            applying.collector.diagnostics(&entry.remarks);
            applying.collector.diagnostics(entry.errors());
            applying.collector.rejected(entry.reject_count())?;
            match Drafted::of(entry) {
                Some(drafted) => gathered.push(drafted),
                None => applying.collector.summary.rejected_products += 1,
            }
            if gathered.is_full(options.batch_size(), BATCH_VARIANTS)
                && let Some(batch) = held.replace(std::mem::take(&mut gathered))
            {
                applying.write(&batch.drafts, false)?;
                if progress(&applying.progress(told)).is_break() {
                    return Ok(applying.finish());
                }
            }
        }
        if let Some(batch) = held {
            let last = gathered.drafts.is_empty();
            applying.write(&batch.drafts, last)?;
            if progress(&applying.progress(told)).is_break() && !last {
                return Ok(applying.finish());
            }
        }
        if !gathered.drafts.is_empty() || applying.run.summary().is_some_and(|run| !run.finished) {
            applying.write(&gathered.drafts, true)?;
        }
        // There is nothing left to stop.
        let _ = progress(&applying.progress(told));
        Ok(applying.finish())
    }
}

/// An import that is being written.
struct Applying<'a> {
    shop: &'a Shop,
    prepared: &'a PreparedImport,
    run: RunWriter<'a>,
    categories: Categories,
    collector: Collector,
}

impl Applying<'_> {
    fn write(&mut self, drafts: &[Drafted], last: bool) -> Result<(), FlowError> {
        let PreparedImport { options, target, .. } = self.prepared;
        let (shop, categories) = (self.shop, &mut self.categories);
        let (verdicts, new_categories) = self.run.write(last, |set, again| {
            if again {
                categories.read_again(shop)?;
            }
            let mut chunk = shop.plan_chunk(drafts, options, target, categories, set.at)?;
            for category in &chunk.categories {
                set.push(Change::Category(category.clone()));
                set.tell(Event::plain(EventKind::CategoryChanged, category.id));
            }
            let (mut created, mut updated) = (0, 0);
            for verdict in &mut chunk.verdicts {
                let super::plan::Verdict::Planned(planned) = verdict else { continue };
                created += u64::from(planned.change == ProductChange::Created);
                updated += u64::from(planned.change == ProductChange::Updated);
                write_product(set, planned, target);
            }
            Ok(Step { value: (chunk.verdicts, chunk.categories), created, updated })
        })?;
        self.collector.summary.categories_created += wide(new_categories.len());
        self.categories.written(&new_categories);
        for (drafted, verdict) in drafts.iter().zip(verdicts) {
            collect(drafted, verdict, &mut self.collector)?;
        }
        Ok(())
    }

    fn progress(&self, told: ImportProgress) -> ImportProgress {
        let summary = &self.collector.summary;
        ImportProgress {
            batches: self.run.batches(),
            created: summary.created,
            updated: summary.updated,
            ..told
        }
    }

    /// Returns what was done; where the refused rows are is known from the plan.
    fn finish(self) -> ImportSummary {
        let planned = &self.prepared.summary;
        let mut summary = self.collector.finish();
        summary.run = self.run.summary();
        summary.reject_file.clone_from(&planned.reject_file);
        summary.reject_file_rows = planned.reject_file_rows;
        summary
    }
}

/// Writes what is planned for a product, with its events.
fn write_product(set: &mut ChangeSet, planned: &mut PlannedProduct, target: &Target) {
    let product = planned.product.id;
    if planned.product_changed {
        set.push(Change::Product(Box::new(planned.product.clone())));
        set.tell(Event::plain(EventKind::ProductChanged, product));
    }
    if !planned.prices.is_empty() {
        set.changes.extend(planned.prices.iter().cloned().map(Change::Price));
        set.tell(Event::plain(EventKind::PriceChanged, product));
    }
    for stock in &planned.stock {
        write_stock(set, stock, target);
    }
}

/// Writes the stock that a new variant begins with.
fn write_stock(set: &mut ChangeSet, stock: &InitialStock, target: &Target) {
    let key = StockKey { variant: stock.variant, location: target.location };
    if stock.sells_without_stock {
        let limits = StockChange::Limits { key, backorder_limit: BACKORDER_LIMIT, safety: 0 };
        set.push(Change::Stock(limits));
    }
    if stock.on_hand > 0 {
        let movement = StockMovement {
            key,
            kind: MovementKind::Received,
            quantity: stock.on_hand,
            cause: None,
            reason: Some("import".to_owned()),
        };
        set.push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }));
    }
    set.tell(changed(key));
}
