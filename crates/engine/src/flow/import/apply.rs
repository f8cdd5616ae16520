//! Writing the products of a file, batch by batch.
//!
//! While a batch is written, the next one is read and compared on a thread of its own. That looks ahead by a batch: the
//! shop it compares with is the one before the batch that is being written. Nothing depends on it, because products of a
//! file have different handles; and where anything else moved on, the guards of the commit refuse, and the batch is
//! decided anew from what is there.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sutler_core::catalog::Category;
use sutler_core::change::{Change, ChangeSet, StockChange};
use sutler_core::event::{Event, EventKind};
use sutler_core::import::{InitialStock, PlannedProduct, ProductChange};
use sutler_core::inventory::{MovementKind, StockKey, StockMovement};
use sutler_core::quantity::QUANTITY_MAX;

use super::category::Categories;
use super::plan::{Chunk, Gathered, Verdict, collect, gather};
use super::summary::{Told, wide};
use super::{
    Collector, ImportOptions, ImportProgress, ImportSummary, PreparedImport, RunWriter, Step,
    Target,
};
use crate::flow::stock::changed;
use crate::{FlowError, Shop};

/// How many variants a batch holds at most, roughly: a product is never divided.
const BATCH_VARIANTS: usize = 1_600;

/// How far selling goes beyond stock for variants that are sold without stock.
const BACKORDER_LIMIT: u32 = QUANTITY_MAX;

/// A batch that was read and compared; an error ends the stream of them.
type Ready = Result<Batch, FlowError>;

/// Products on their way into one commit.
struct Batch {
    gathered: Gathered,
    chunk: Chunk,
    /// Whether it is the last of the file.
    last: bool,
}

impl Shop {
    /// Streams a product file again and commits it in batches.
    pub(super) fn apply_products(
        &self,
        prepared: &PreparedImport,
        progress: &mut dyn FnMut(&ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportSummary, FlowError> {
        let PreparedImport { opened, options, .. } = prepared;
        let applying = Applying {
            shop: self,
            prepared,
            run: RunWriter::begin(self, prepared)?,
            categories: None,
            // The plan kept the limit; from here on batches are written, so nothing stops because of it.
            collector: Collector::new(
                opened.summary(),
                &ImportOptions { max_errors: None, ..options.clone() },
            ),
            told: ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() },
        };
        std::thread::scope(|scope| {
            // Without room in between: one batch is written while the next is made.
            let (sender, batches) = sync_channel(0);
            let reader = std::thread::Builder::new().name("import".to_owned());
            let spawned = reader.spawn_scoped(scope, move || self.make_batches(prepared, &sender));
            spawned.map_err(|source| FlowError::Io {
                what: "cannot start a thread for",
                path: options.name.clone(),
                source,
            })?;
            applying.all(&batches, progress)
        })
    }

    /// Reads the file and compares it batch by batch, until it ends or nobody takes the batches any more.
    fn make_batches(&self, prepared: &PreparedImport, sender: &SyncSender<Ready>) {
        let PreparedImport { opened, options, target, .. } = prepared;
        let made = Categories::read(self).and_then(|mut categories| {
            gather(opened, (options.batch_size(), BATCH_VARIANTS), |gathered, last| {
                let drafts = &gathered.drafts;
                let chunk =
                    self.plan_chunk(drafts, options, target, &mut categories, self.now())?;
                // As good as written: when it is not, no later batch is, or they are decided anew.
                categories.written(&chunk.categories);
                Ok(match sender.send(Ok(Batch { gathered, chunk, last })) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })
            })
        });
        if let Err(error) = made {
            // Nobody is left to be told.
            let _ = sender.send(Err(error));
        }
    }
}

/// An import that is being written.
struct Applying<'a> {
    shop: &'a Shop,
    prepared: &'a PreparedImport,
    run: RunWriter<'a>,
    /// The tree as it was when a batch had to be decided anew; from then on all of them are.
    categories: Option<Categories>,
    collector: Collector,
    told: ImportProgress,
}

impl Applying<'_> {
    /// Writes all batches.
    fn all(
        mut self,
        batches: &Receiver<Ready>,
        progress: &mut dyn FnMut(&ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportSummary, FlowError> {
        while let Ok(batch) = batches.recv() {
            let Batch { gathered, chunk, last } = batch?;
            gathered.count(&mut self.collector, &mut self.told)?;
            self.write(&gathered, chunk, last)?;
            if progress(&self.progress()).is_break() && !last {
                break;
            }
        }
        Ok(self.finish())
    }

    fn write(&mut self, gathered: &Gathered, chunk: Chunk, last: bool) -> Result<(), FlowError> {
        let PreparedImport { options, target, .. } = self.prepared;
        let (shop, categories) = (self.shop, &mut self.categories);
        let mut ahead = Some(chunk).filter(|_| categories.is_none());
        let (verdicts, new_categories) = self.run.write(last, |set, again| {
            let chunk = match ahead.take() {
                Some(chunk) => chunk,
                None => {
                    let known = match categories.take() {
                        Some(known) if !again => known,
                        _ => Categories::read(shop)?,
                    };
                    let known = categories.insert(known);
                    shop.plan_chunk(&gathered.drafts, options, target, known, set.at)?
                }
            };
            Ok(write_chunk(set, chunk, target))
        })?;
        self.collector.summary.categories_created += wide(new_categories.len());
        if let Some(categories) = categories {
            categories.written(&new_categories);
        }
        for (drafted, verdict) in gathered.drafts.iter().zip(verdicts) {
            collect(drafted, verdict, &mut self.collector)?;
        }
        Ok(())
    }

    fn progress(&self) -> ImportProgress {
        let summary = &self.collector.summary;
        ImportProgress {
            batches: self.run.batches(),
            created: summary.created,
            updated: summary.updated,
            ..self.told
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

/// Writes what is decided about a batch; returns what is to be told of it.
fn write_chunk(
    set: &mut ChangeSet,
    chunk: Chunk,
    target: &Target,
) -> Step<(Vec<Verdict<Told>>, Vec<Category>)> {
    let Chunk { verdicts, categories } = chunk;
    for category in &categories {
        set.push(Change::Category(category.clone()));
        set.tell(Event::plain(EventKind::CategoryChanged, category.id));
    }
    let (mut created, mut updated) = (0, 0);
    let mut write = |mut planned: Box<PlannedProduct>| {
        created += u64::from(planned.change == ProductChange::Created);
        updated += u64::from(planned.change == ProductChange::Updated);
        let told = Told::of(&mut planned);
        write_product(set, *planned, target);
        told
    };
    let told = verdicts.into_iter().map(|verdict| verdict.map(&mut write)).collect();
    Step { value: (told, categories), created, updated }
}

/// Writes what is planned for a product, with its events.
fn write_product(set: &mut ChangeSet, planned: PlannedProduct, target: &Target) {
    let product = planned.product.id;
    if planned.product_changed {
        set.push(Change::Product(Box::new(planned.product)));
        set.tell(Event::plain(EventKind::ProductChanged, product));
    }
    if !planned.prices.is_empty() {
        set.changes.extend(planned.prices.into_iter().map(Change::Price));
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
