//! Comparing the products of a file with the shop, a chunk at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use sutler_core::shown::shown;

use sutler_core::catalog::{Category, Handle, Product};
use sutler_core::id::{CategoryId, VariantId};
use sutler_core::import::{
    Diagnostic, Existing, PlanContext, PlannedProduct, ProductChange, ProductDraft, plan_product,
};
use sutler_core::pricing::{Price, TaxCategory};
use sutler_core::quantity::QUANTITY_MAX;
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;
use sutler_exchange::{Entry, Opened, RejectRow, RowsAt};

use super::category::Categories;
use super::summary::{Told, wide};
use super::{
    Collector, ImportOptions, ImportProgress, ImportSummary, OnConflict, RejectFile, StockPolicy,
    Target,
};
use super::{codes, refusal, refused};
use crate::{FlowError, Shop};

/// How many products are compared at a time while nothing is written yet.
const CHUNK: usize = 200;

/// How many variants are compared at a time.
const CHUNK_VARIANTS: usize = 2_000;

/// After how many bytes of the file a chunk or batch is full, whatever it holds: descriptions may be long.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;

/// A product as the file states it, with where it stands there.
#[derive(Debug)]
pub(super) struct Drafted {
    pub(super) draft: ProductDraft,
    pub(super) line: u64,
    /// How many of its rows are used.
    pub(super) rows: u64,
    /// Where its rows stand in the file.
    source: RowsAt,
    /// All of its rows, when some are refused already.
    rejected: Vec<RejectRow>,
}

impl Drafted {
    /// Returns what of an entry is not refused yet.
    fn of(entry: Entry) -> Option<Self> {
        let rows = entry.rows.saturating_sub(entry.reject_count());
        let Entry { draft, line, source, rejected, .. } = entry;
        draft.map(|draft| Self { draft, line, rows, source, rejected })
    }
}

/// What is to become of a drafted product. `T` is what is planned for it, or what is told of that once it is written.
pub(super) enum Verdict<T> {
    /// It is written, or is there already.
    Planned(T),
    /// The shop has it and it stays.
    Skipped,
    /// It is refused.
    Rejected(Diagnostic),
}

impl<T> Verdict<T> {
    pub(super) fn map<U>(self, planned: impl FnOnce(T) -> U) -> Verdict<U> {
        match self {
            Verdict::Planned(value) => Verdict::Planned(planned(value)),
            Verdict::Skipped => Verdict::Skipped,
            Verdict::Rejected(diagnostic) => Verdict::Rejected(diagnostic),
        }
    }
}

/// A chunk after comparison.
pub(super) struct Chunk {
    /// One for each draft, in their order.
    pub(super) verdicts: Vec<Verdict<Box<PlannedProduct>>>,
    /// Categories that its products need and that are not written yet, parents first.
    pub(super) categories: Vec<Category>,
}

/// Products of a file on their way into one chunk or batch, and what is told of the rows that they come from.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) drafts: Vec<Drafted>,
    variants: usize,
    bytes: u64,
    /// Rows read, used or not.
    rows: u64,
    /// Remarks and refusals of the file's own checks.
    diagnostics: Vec<Diagnostic>,
    /// Products of which nothing is left: their rows.
    refused: Vec<Vec<RejectRow>>,
    refused_rows: u64,
}

impl Gathered {
    fn push(&mut self, mut entry: Entry) {
        self.rows += entry.rows;
        self.bytes += entry.bytes;
        self.refused_rows += entry.reject_count();
        self.diagnostics.append(&mut entry.remarks);
        self.diagnostics.extend(entry.errors().cloned());
        match entry.draft {
            None => self.refused.push(entry.rejected),
            Some(_) => self.drafts.extend(Drafted::of(entry)),
        }
        self.variants += self.drafts.last().map_or(0, |drafted| drafted.draft.variants.len());
    }

    fn is_full(&self, (products, variants): (usize, usize)) -> bool {
        self.drafts.len() >= products || self.variants >= variants || self.bytes >= CHUNK_BYTES
    }

    /// Takes what the file's own checks found into the summary.
    pub(super) fn count(
        &self,
        collector: &mut Collector,
        told: &mut ImportProgress,
    ) -> Result<(), FlowError> {
        told.rows += self.rows;
        collector.diagnostics(&self.diagnostics);
        collector.summary.rejected_products += wide(self.refused.len());
        collector.rejected(self.refused_rows)
    }
}

/// Streams the products of a file in chunks of at most so many products and variants, roughly, until `each` breaks; it is
/// told whether a chunk is the last. A file without products comes as one empty chunk.
pub(super) fn gather(
    opened: &Opened,
    most: (usize, usize),
    mut each: impl FnMut(Gathered, bool) -> Result<ControlFlow<()>, FlowError>,
) -> Result<(), FlowError> {
    let mut gathered = Gathered::default();
    for entry in opened.products() {
        // A full chunk waits for the next product: so the last one is known.
        if gathered.is_full(most) && each(std::mem::take(&mut gathered), false)?.is_break() {
            return Ok(());
        }
        gathered.push(entry.map_err(refused)?);
    }
    // There is nothing left to break off.
    each(gathered, true).map(|_| ())
}

/// A plan that is being made.
struct Planning<'a> {
    opened: &'a Opened,
    options: &'a ImportOptions,
    target: &'a Target,
    collector: Collector,
    rejects: RejectFile,
    categories: Categories,
}

impl Shop {
    /// Streams a product file past the shop and sums up what it would change.
    pub(super) fn plan_products(
        &self,
        opened: &Opened,
        options: &ImportOptions,
        target: &Target,
        progress: &mut dyn FnMut(&ImportProgress),
    ) -> Result<ImportSummary, FlowError> {
        let mut planning = Planning {
            opened,
            options,
            target,
            collector: Collector::new(opened.summary(), options),
            rejects: RejectFile::new(options.reject_to.clone(), opened.summary()),
            categories: Categories::read(self)?,
        };
        let mut told =
            ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() };
        gather(opened, (CHUNK, CHUNK_VARIANTS), |gathered, _| {
            gathered.count(&mut planning.collector, &mut told)?;
            self.plan_gathered(&gathered, &mut planning)?;
            progress(&told);
            Ok(ControlFlow::Continue(()))
        })?;
        let Planning { mut collector, rejects, .. } = planning;
        rejects.finish(&mut collector.summary)?;
        Ok(collector.finish())
    }

    fn plan_gathered(
        &self,
        gathered: &Gathered,
        planning: &mut Planning<'_>,
    ) -> Result<(), FlowError> {
        let Planning { opened, options, target, collector, rejects, categories } = planning;
        gathered.refused.iter().try_for_each(|rows| rejects.write(rows))?;
        let chunk = self.plan_chunk(&gathered.drafts, options, target, categories, self.now())?;
        for (drafted, verdict) in gathered.drafts.iter().zip(chunk.verdicts) {
            match &verdict {
                Verdict::Rejected(error) => {
                    let error = std::slice::from_ref(error);
                    rejects.refused(opened, drafted.source, &drafted.rejected, error)?;
                }
                _ => rejects.write(&drafted.rejected)?,
            }
            collect(drafted, verdict.map(|mut planned| Told::of(&mut planned)), collector)?;
        }
        collector.summary.categories_created += wide(chunk.categories.len());
        // Counted once: in a plan that is as good as written.
        categories.written(&chunk.categories);
        Ok(())
    }

    /// Compares a chunk of products with what the shop holds now.
    pub(super) fn plan_chunk(
        &self,
        drafts: &[Drafted],
        options: &ImportOptions,
        target: &Target,
        categories: &mut Categories,
        now: Timestamp,
    ) -> Result<Chunk, FlowError> {
        let known = self.known(drafts, target)?;
        let mut used: Vec<CategoryId> = Vec::new();
        let mut verdicts = Vec::with_capacity(drafts.len());
        for drafted in drafts {
            let existing = known.get(drafted.draft.handle.as_str());
            let planned = self.plan_one(&drafted.draft, existing, target, categories, now);
            let verdict = match planned {
                Err(rejection) => Verdict::Rejected(product_refused(drafted, &rejection)),
                Ok(planned) if planned.stock.iter().any(|stock| stock.on_hand > QUANTITY_MAX) => {
                    Verdict::Rejected(stock_too_large(drafted))
                }
                Ok(mut planned) => {
                    if options.stock == StockPolicy::Ignore {
                        planned.stock.iter_mut().for_each(|stock| stock.on_hand = 0);
                        planned.stock.retain(|stock| stock.sells_without_stock);
                    }
                    match (planned.change, options.on_conflict) {
                        (ProductChange::Updated, OnConflict::Skip) => Verdict::Skipped,
                        (ProductChange::Updated, OnConflict::Error) => {
                            Verdict::Rejected(product_exists(drafted))
                        }
                        _ => Verdict::Planned(Box::new(planned)),
                    }
                }
            };
            if let Verdict::Planned(planned) = &verdict
                && planned.product_changed
            {
                used.extend(&planned.product.categories);
            }
            verdicts.push(verdict);
        }
        Ok(Chunk { verdicts, categories: categories.to_write(&used) })
    }

    fn plan_one(
        &self,
        draft: &ProductDraft,
        known: Option<&(Product, Vec<Price>)>,
        target: &Target,
        categories: &mut Categories,
        now: Timestamp,
    ) -> Result<PlannedProduct, Rejection> {
        let mut ids: Vec<CategoryId> = Vec::new();
        for path in draft.categories.iter().flatten() {
            let id = categories.resolve(path, || self.next_id())?;
            ids.extend(id.filter(|id| !ids.contains(id)));
        }
        let context = PlanContext {
            price_list: target.price_list,
            categories: ids,
            tax_category: TaxCategory::standard(),
            now,
        };
        let existing = known.map(|(product, prices)| Existing { product, prices });
        plan_product(draft, existing, &context, || self.next_id())
    }

    /// Returns the products of these handles, with their prices in the list that is written to.
    fn known(
        &self,
        drafts: &[Drafted],
        target: &Target,
    ) -> Result<BTreeMap<String, (Product, Vec<Price>)>, FlowError> {
        let handles: Vec<Handle> = drafts
            .iter()
            .filter_map(|drafted| Handle::new(drafted.draft.handle.as_str()).ok())
            .collect();
        let products: Vec<Product> =
            self.store().products_by_handle(&handles)?.into_iter().flatten().collect();
        let variants: Vec<VariantId> = products
            .iter()
            .flat_map(|product| &product.variants)
            .map(|variant| variant.id)
            .collect();
        let mut prices: BTreeMap<VariantId, Vec<Price>> = BTreeMap::new();
        if !variants.is_empty() {
            for price in self.store().prices(&variants)? {
                if price.list == target.price_list {
                    prices.entry(price.variant).or_default().push(price);
                }
            }
        }
        let with_prices = |product: Product| {
            let own = product.variants.iter().filter_map(|variant| prices.remove(&variant.id));
            let own = own.flatten().collect();
            (product.handle.to_string(), (product, own))
        };
        Ok(products.into_iter().map(with_prices).collect())
    }
}

/// Takes what is to become of a product into the summary.
pub(super) fn collect(
    drafted: &Drafted,
    verdict: Verdict<Told>,
    collector: &mut Collector,
) -> Result<(), FlowError> {
    if !matches!(verdict, Verdict::Rejected(_)) {
        collector.summary.variants += wide(drafted.draft.variants.len());
        collector.summary.images += wide(drafted.draft.images.as_ref().map_or(0, Vec::len));
    }
    match verdict {
        Verdict::Planned(told) => {
            collector.planned(told);
            Ok(())
        }
        Verdict::Skipped => {
            collector.summary.skipped += 1;
            Ok(())
        }
        Verdict::Rejected(diagnostic) => {
            collector.diagnostics([&diagnostic]);
            collector.summary.rejected_products += 1;
            collector.rejected(drafted.rows)
        }
    }
}

fn product_refused(drafted: &Drafted, rejection: &Rejection) -> Diagnostic {
    let message = format!("product '{}': {rejection}", shown(&drafted.draft.handle));
    let help = "mend its rows in the reject file and import that";
    refusal(&codes::PRODUCT_REFUSED, drafted.line, 0, message, help)
}

fn product_exists(drafted: &Drafted) -> Diagnostic {
    let message =
        format!("there already is a product '{}', and it differs", shown(&drafted.draft.handle));
    let help = "use `--on-conflict update` to change it, or `skip` to leave it";
    refusal(&codes::PRODUCT_EXISTS, drafted.line, 0, message, help)
}

fn stock_too_large(drafted: &Drafted) -> Diagnostic {
    let handle = shown(&drafted.draft.handle);
    let message =
        format!("product '{handle}' has a variant with more than {QUANTITY_MAX} units in stock");
    refusal(
        &codes::COUNT_TOO_LARGE,
        drafted.line,
        0,
        message,
        "write the number of units at the shelf",
    )
}
