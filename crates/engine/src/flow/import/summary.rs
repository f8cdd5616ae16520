//! What an import would do, or did, in bounded memory.

use std::path::PathBuf;

use sutler_core::import::{
    Danger, Diagnostic, Difference, PlannedProduct, ProductChange, Severity,
};
use sutler_exchange::{EncodingSource, FileKind, FileSummary, Report};

use super::ImportOptions;
use super::codes::{self, refusal};
use crate::FlowError;

/// The most products, dangers and differences of one product that a summary shows; the rest are counted.
///
/// ```
/// assert_eq!(sutler_engine::flow::import::SAMPLES_MAX, 50);
/// ```
pub const SAMPLES_MAX: usize = 50;

/// What a file is about.
///
/// ```
/// use sutler_engine::flow::import::ImportKind;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let mut counts = Vec::new();
/// shop.export_stock(&mut counts)?;
/// let summary = shop.import_text(std::str::from_utf8(&counts)?, "stock.csv")?;
/// assert_eq!(summary.kind, ImportKind::Stock);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Products.
    Products,
    /// Counts of stock.
    Stock,
    /// Prices of price lists.
    Prices,
}

/// Diagnostics of one code about one column.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let file = "Handle,Title,Variant Price\ntee,Tee,cheap\nsock,Sock,dear\n";
/// let summary = shop.import_text(file, "tees.csv")?;
/// let group = &summary.groups[0];
/// assert_eq!((group.count, group.column.as_deref()), (2, Some("Variant Price")));
/// assert_eq!(group.examples[0].place.line, 2);
/// assert!(sutler_engine::flow::import::explain(&group.code).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct DiagnosticGroup {
    /// Stable code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The header of the column, where one is to blame.
    pub column: Option<String>,
    /// How many there are.
    pub count: u64,
    /// All of it in one sentence.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// The first of them.
    pub examples: Vec<Diagnostic>,
}

/// What would change about one product.
///
/// ```
/// use sutler_core::import::ProductChange;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # use sutler_engine::testing::MUGS;
/// let summary = shop.import_text(&MUGS.replace("11.90", "12.50"), "mugs.csv")?;
/// let mug = &summary.differences[0];
/// assert_eq!((mug.subject.as_str(), mug.change), ("mug", ProductChange::Updated));
/// assert_eq!((&*mug.differences[0].before, &*mug.differences[0].after), ("11.90 EUR", "12.50 EUR"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ProductDifference {
    /// The product's handle; in a stock file the variant's label.
    pub subject: String,
    /// In one word.
    pub change: ProductChange,
    /// The facts that differ, at most [`SAMPLES_MAX`]; empty for what is new.
    pub differences: Vec<Difference>,
}

/// The record of one applied import.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # use sutler_engine::testing::MUGS;
/// let summary = shop.import_text(&MUGS.replace("11.90", "12.50"), "mugs.csv")?;
/// let run = summary.run.expect("something was written");
/// assert_eq!((run.run, run.batches, run.resumed_after, run.finished), (1, 1, 0, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct RunSummary {
    /// Counts the runs of this very file, from 1.
    pub run: u32,
    /// Batches that are committed, those of an interrupted start included.
    pub batches: u32,
    /// Batches that an interrupted start of this run had committed before.
    pub resumed_after: u32,
    /// Whether all of the file is written. When not, the same import goes on where this one stopped.
    pub finished: bool,
}

/// How far an import is.
///
/// ```
/// use std::ops::ControlFlow;
/// use sutler_engine::flow::import::{ImportOptions, Input};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let file = Input::bytes("tees.csv", "Handle,Title,Variant Price\ntee,Tee,19.90\n");
/// let plan = shop.import_plan(file, &ImportOptions::new("tees.csv"))?;
/// let mut last = None;
/// shop.import_apply(plan, &mut |at| {
///     last = Some(*at);
///     ControlFlow::Continue(())
/// })?;
/// let last = last.expect("a batch was committed");
/// assert_eq!((last.rows, last.rows_total, last.batches, last.created), (1, 1, 1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct ImportProgress {
    /// Rows dealt with.
    pub rows: u64,
    /// Rows of the file.
    pub rows_total: u64,
    /// Batches committed.
    pub batches: u32,
    /// Products made so far.
    pub created: u64,
    /// Products, or in a stock file levels, changed so far.
    pub updated: u64,
}

/// What an import would do, or did.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let file = "Handle,Title,Variant Price\ntee,Tee,19.90\nsock,Sock,cheap\n";
/// let summary = shop.import_text(file, "tees.csv")?;
/// assert_eq!((summary.format.as_str(), summary.rows), ("shopify", 2));
/// assert_eq!((summary.created, summary.rejected_rows), (1, 1));
/// assert_eq!(summary.groups[0].examples[0].value.as_deref(), Some("cheap"));
/// assert!(shop.import_text(file, "tees.csv")?.changes_nothing());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ImportSummary {
    /// The file's name.
    pub file: String,
    /// Products, stock or prices.
    pub kind: ImportKind,
    /// The format: `shopify`.
    pub format: String,
    /// By what it was recognized.
    pub format_reason: String,
    /// Name of the encoding.
    pub encoding: String,
    /// Whether the encoding is a guess: a person should look at the letters.
    pub encoding_guessed: bool,
    /// What separates the cells.
    pub delimiter: char,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Data rows.
    pub rows: u64,
    /// Products in the file, refused ones included; 0 in a stock file.
    pub products: u64,
    /// Variants of the products that are not refused.
    pub variants: u64,
    /// Images of the products that are not refused.
    pub images: u64,
    /// Products that are new; in a price list prices.
    pub created: u64,
    /// Products that change; in a stock file levels, in a price list prices.
    pub updated: u64,
    /// Products that stay as they are; in a stock file counts, in a price list prices.
    pub unchanged: u64,
    /// Products that the shop has and that were told to stay (`--on-conflict skip`).
    pub skipped: u64,
    /// Variants that are new.
    pub variants_created: u64,
    /// Prices that are new or change.
    pub prices_written: u64,
    /// Prices that are taken away.
    pub prices_removed: u64,
    /// Price lists that are new or change.
    pub price_lists_written: u64,
    /// Categories that are new.
    pub categories_created: u64,
    /// Variants that begin with stock, or levels that change.
    pub stock_written: u64,
    /// Rows that are refused.
    pub rejected_rows: u64,
    /// Products that are refused as a whole.
    pub rejected_products: u64,
    /// Rows in the reject file: refused ones and those of the same products.
    pub reject_file_rows: u64,
    /// The reject file, once something is in it.
    pub reject_file: Option<PathBuf>,
    /// Refusals and remarks, equal ones together, refusals first, the largest first.
    pub groups: Vec<DiagnosticGroup>,
    /// Columns that are not read.
    pub ignored_columns: Vec<String>,
    /// Columns of unknown meaning that are kept as facts.
    pub kept_columns: Vec<String>,
    /// Changes that a person should confirm, at most [`SAMPLES_MAX`].
    pub dangers: Vec<Danger>,
    /// How many such changes there are in all.
    pub dangers_total: u64,
    /// What would change, dangerous products first, at most twice [`SAMPLES_MAX`] products.
    pub differences: Vec<ProductDifference>,
    /// The run that wrote it; `None` while it is a plan, and when there was nothing to write.
    pub run: Option<RunSummary>,
}

impl ImportSummary {
    /// Returns whether nothing is to be written.
    pub fn changes_nothing(&self) -> bool {
        self.created == 0 && self.updated == 0 && self.price_lists_written == 0
    }

    /// Returns an example of each kind of refusal.
    pub(crate) fn reject_examples(&self) -> Vec<Diagnostic> {
        let rejects = self.groups.iter().filter(|group| group.severity == Severity::Reject);
        rejects.filter_map(|group| group.examples.first().cloned()).collect()
    }
}

/// What is told of the plan for one product, when what is to be written has gone its way.
pub(crate) struct Told {
    /// The handle; `None` when nothing changes.
    subject: Option<String>,
    change: ProductChange,
    variants_created: u64,
    prices: u64,
    stock: u64,
    differences: Vec<Difference>,
    dangers: Vec<Danger>,
}

impl Told {
    /// Takes out of a plan what is told of it.
    pub(crate) fn of(planned: &mut PlannedProduct) -> Self {
        let changes = planned.change != ProductChange::Unchanged;
        Self {
            subject: changes.then(|| planned.product.handle.to_string()),
            change: planned.change,
            variants_created: wide(planned.variants_created),
            prices: wide(planned.prices.len()),
            stock: wide(planned.stock.len()),
            differences: std::mem::take(&mut planned.differences),
            dangers: std::mem::take(&mut planned.dangers),
        }
    }
}

/// Sums an import up while it streams by.
pub(crate) struct Collector {
    pub(crate) summary: ImportSummary,
    report: Report,
    dangerous: Vec<ProductDifference>,
    others: Vec<ProductDifference>,
    max_errors: Option<u64>,
}

impl Collector {
    pub(crate) fn new(file: &FileSummary, options: &ImportOptions) -> Self {
        let mut report = Report::default();
        report.add_all(&file.remarks);
        let summary = ImportSummary {
            file: options.name.clone(),
            kind: match file.kind {
                FileKind::Products => ImportKind::Products,
                FileKind::Stock => ImportKind::Stock,
                FileKind::Prices => ImportKind::Prices,
            },
            format: file.format.to_string(),
            format_reason: file.format_reason.clone(),
            encoding: file.encoding.to_owned(),
            encoding_guessed: file.encoding_source == EncodingSource::Guessed,
            delimiter: file.delimiter,
            sha256: file.sha256.clone(),
            rows: file.rows,
            products: file.products,
            variants: 0,
            images: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            skipped: 0,
            variants_created: 0,
            prices_written: 0,
            prices_removed: 0,
            price_lists_written: 0,
            categories_created: 0,
            stock_written: 0,
            rejected_rows: 0,
            rejected_products: 0,
            reject_file_rows: 0,
            reject_file: None,
            groups: Vec::new(),
            ignored_columns: file.ignored_columns.clone(),
            kept_columns: file.kept_columns.clone(),
            dangers: Vec::new(),
            dangers_total: 0,
            differences: Vec::new(),
            run: None,
        };
        let (dangerous, others) = (Vec::new(), Vec::new());
        Self { summary, report, dangerous, others, max_errors: options.max_errors }
    }

    /// Takes remarks and refusals into account.
    pub(crate) fn diagnostics<'d>(
        &mut self,
        diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
    ) {
        self.report.add_all(diagnostics);
    }

    /// Counts refused rows; refuses the file when there are more than allowed.
    pub(crate) fn rejected(&mut self, rows: u64) -> Result<(), FlowError> {
        self.summary.rejected_rows += rows;
        match self.max_errors {
            Some(most) if self.summary.rejected_rows > most => {
                let message = format!("more than {most} rows were refused, so nothing was written");
                let help = "mend the errors above, or allow more with `--max-errors`";
                let mut all = vec![refusal(&codes::TOO_MANY_REJECTS, 0, 0, message, help)];
                let rejects = self.report.groups_of(Severity::Reject);
                all.extend(rejects.into_iter().filter_map(|group| group.examples.first().cloned()));
                Err(FlowError::File(all))
            }
            _ => Ok(()),
        }
    }

    /// Counts what is planned for a product.
    pub(crate) fn planned(&mut self, told: Told) {
        match told.change {
            ProductChange::Created => self.summary.created += 1,
            ProductChange::Updated => self.summary.updated += 1,
            ProductChange::Unchanged => self.summary.unchanged += 1,
        }
        self.summary.variants_created += told.variants_created;
        self.summary.prices_written += told.prices;
        self.summary.stock_written += told.stock;
        if let Some(subject) = told.subject {
            self.change(|| subject, told.change, told.differences, told.dangers);
        }
    }

    /// Keeps a change as a sample, while there is room.
    pub(crate) fn change(
        &mut self,
        subject: impl FnOnce() -> String,
        change: ProductChange,
        mut differences: Vec<Difference>,
        dangers: Vec<Danger>,
    ) {
        let samples = if dangers.is_empty() { &mut self.others } else { &mut self.dangerous };
        if samples.len() < SAMPLES_MAX {
            differences.truncate(SAMPLES_MAX);
            differences.iter_mut().for_each(shorten);
            samples.push(ProductDifference { subject: subject(), change, differences });
        }
        self.summary.dangers_total += wide(dangers.len());
        let room = SAMPLES_MAX.saturating_sub(self.summary.dangers.len());
        self.summary.dangers.extend(dangers.into_iter().take(room));
    }

    /// Returns the summary.
    pub(crate) fn finish(mut self) -> ImportSummary {
        let (rejects, remarks) =
            (self.report.groups_of(Severity::Reject), self.report.groups_of(Severity::Remark));
        let group = |group: &sutler_exchange::Group| DiagnosticGroup {
            code: group.code.clone(),
            severity: group.severity,
            column: group.column.clone(),
            count: group.count,
            message: group.message(),
            help: group.help().map(str::to_owned),
            examples: group.examples.clone(),
        };
        self.summary.groups = rejects.into_iter().chain(remarks).map(group).collect();
        self.summary.differences = self.dangerous;
        self.summary.differences.append(&mut self.others);
        self.summary
    }
}

/// The most characters that a sample shows of a value.
const VALUE_CHARS: usize = 200;

/// Cuts long values: a description may be a megabyte. Where both are long, what differs stays in sight.
fn shorten(difference: &mut Difference) {
    let same = difference.before.chars().zip(difference.after.chars()).take_while(|(a, b)| a == b);
    let skip = same.count().saturating_sub(VALUE_CHARS / 4);
    for value in [&mut difference.before, &mut difference.after] {
        if value.chars().count() > VALUE_CHARS {
            let shown: String = value.chars().skip(skip).take(VALUE_CHARS).collect();
            let (front, end) =
                (if skip > 0 { "…" } else { "" }, if value.ends_with(&shown) { "" } else { "…" });
            *value = format!("{front}{shown}{end}");
        }
    }
}

pub(crate) fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_to_where_they_differ() {
        let mut difference = Difference {
            field: "description".to_owned(),
            before: "x".repeat(1_000),
            after: format!("{}y{}", "x".repeat(500), "z".repeat(1_000)),
        };
        shorten(&mut difference);
        assert!(
            difference.after.contains("xy") && difference.after.chars().count() <= VALUE_CHARS + 2
        );
        let mut short = Difference {
            field: "title".to_owned(),
            before: "Tee".to_owned(),
            after: "Shirt".to_owned(),
        };
        shorten(&mut short);
        assert_eq!((short.before.as_str(), short.after.as_str()), ("Tee", "Shirt"));
    }
}
