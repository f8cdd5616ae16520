//! Bringing a catalog, stock or price file in: first everything is read and checked, then it is written.
//!
//! [`Shop::import_plan`] opens the file, streams it past the shop once and writes nothing: what comes out is the whole
//! story of what would happen, in bounded memory. [`Shop::import_apply`] streams it again and commits batches, each with
//! the record of how far the import came. Products go through the pure comparison of
//! [`sutler_core::import::plan_product`]; stock files through [`super::import_stock`], price lists through
//! [`super::import_prices`].
//!
//! Invariants
//! * Nothing is written before all of the file was read and checked.
//! * A batch is all or nothing. Whatever cuts an import off, running it again goes on: what was written compares as
//!   unchanged. The second run of a finished file changes nothing.
//! * Of two imports of one file at once, one goes on; the other is told so at its next batch.
//! * Memory does not depend on the file: chunks of products, counts, and capped samples.
//!
//! Deliberately absent: file formats (see the crate `sutler-exchange`) and the comparison itself (see core).

mod apply;
mod category;
pub(super) mod codes;
mod plan;
mod rejects;
mod run;
mod summary;
mod target;

pub use codes::{Code, codes, explain};
pub use summary::{
    DiagnosticGroup, ImportKind, ImportProgress, ImportSummary, ProductDifference, RunSummary,
    SAMPLES_MAX,
};
pub use sutler_exchange::Input;

pub(crate) use codes::refusal;
pub(crate) use rejects::RejectFile;
pub(crate) use run::{RunWriter, Step};
pub(crate) use summary::Collector;
pub(crate) use target::Target;

use std::ops::ControlFlow;
use std::path::PathBuf;

use sutler_core::hash::{ContentHash, HashInput};
use sutler_exchange::{FileKind, Opened, Refused};

use crate::{FlowError, Shop};

/// How many products or stock rows a batch holds unless told otherwise.
///
/// ```
/// use sutler_engine::flow::import::{BATCH, ImportOptions};
///
/// assert_eq!(ImportOptions::new("catalog.csv").batch, BATCH);
/// ```
pub const BATCH: usize = 400;

/// What becomes of products that the shop has already.
///
/// ```
/// use sutler_engine::flow::import::{ImportOptions, Input, OnConflict};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # use sutler_engine::testing::MUGS;
///
/// let dearer = MUGS.replace("11.90", "12.50");
/// let options =
///     ImportOptions { on_conflict: OnConflict::Skip, ..ImportOptions::new("mugs.csv") };
/// let plan = shop.import_plan(Input::bytes("mugs.csv", dearer), &options)?;
/// assert_eq!((plan.summary.skipped, plan.summary.updated), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// They are changed to what the file says.
    #[default]
    Update,
    /// They stay as they are.
    Skip,
    /// Their rows are refused, unless nothing would change.
    Error,
}

/// What becomes of the stock that a product file states for new variants.
///
/// ```
/// use sutler_engine::flow::import::{ImportOptions, Input, StockPolicy};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # use sutler_engine::testing::MUGS;
///
/// let cups = MUGS.replace("mug", "cup").replace("MUG", "CUP");
/// let options =
///     ImportOptions { stock: StockPolicy::Ignore, ..ImportOptions::new("cups.csv") };
/// let plan = shop.import_plan(Input::bytes("cups.csv", cups), &options)?;
/// assert_eq!((plan.summary.created, plan.summary.stock_written), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockPolicy {
    /// They begin with it.
    #[default]
    Initial,
    /// It is left out.
    Ignore,
}

/// How a file is to be imported.
///
/// ```
/// use sutler_engine::FlowError;
/// use sutler_engine::flow::import::{ImportOptions, Input};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # use sutler_engine::testing::MUGS;
///
/// // All or nothing: one row without a readable price refuses the file.
/// let options = ImportOptions { max_errors: Some(0), ..ImportOptions::new("mugs.csv") };
/// let file = Input::bytes("mugs.csv", MUGS.replace("11.90", "eleven"));
/// assert!(matches!(shop.import_plan(file, &options), Err(FlowError::File(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportOptions {
    /// The file's name, for people.
    pub name: String,
    /// Code of the channel whose currency and prices are meant; `web` or the only one when not given.
    pub channel: Option<String>,
    /// Code or name of the location that initial stock goes to; the preferred one when not given.
    pub location: Option<String>,
    /// The format: `shopify`, `shopify-inventory`, `generic`, `price-list`; told by the header when not given.
    pub format: Option<String>,
    /// The text of a mapping file that says which column holds what.
    pub map: Option<String>,
    /// Name of the encoding; found out when not given.
    pub encoding: Option<String>,
    /// The delimiter: one character, or `tab`; found out when not given.
    pub delimiter: Option<String>,
    /// The decimal mark, `,` or `.`; found out when not given.
    pub decimal: Option<String>,
    /// Name of the price list that rows of a price file are of when they name none.
    pub price_list: Option<String>,
    /// Whether a SKU that comes twice refuses its row instead of being remarked.
    pub strict_sku: bool,
    /// After how many refused rows the whole file is refused; never when not given.
    pub max_errors: Option<u64>,
    /// How many products or stock rows are written at a time.
    pub batch: usize,
    /// Where refused rows are written to; the file is made with the first of them.
    pub reject_to: Option<PathBuf>,
    /// Whether a single refused row keeps everything from being written.
    pub strict: bool,
    /// What becomes of the stock that a product file states.
    pub stock: StockPolicy,
    /// What becomes of products that the shop has already.
    pub on_conflict: OnConflict,
}

impl ImportOptions {
    /// Finds everything out, updates what is there, and writes no reject file.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            channel: None,
            location: None,
            format: None,
            map: None,
            encoding: None,
            delimiter: None,
            decimal: None,
            price_list: None,
            strict_sku: false,
            max_errors: None,
            batch: BATCH,
            reject_to: None,
            strict: false,
            stock: StockPolicy::Initial,
            on_conflict: OnConflict::Update,
        }
    }

    pub(crate) fn batch_size(&self) -> usize {
        if self.batch == 0 { BATCH } else { self.batch }
    }
}

/// A file that was read and checked, with the plan of what it would change. Nothing is written yet.
///
/// ```
/// use std::ops::ControlFlow;
/// use sutler_engine::flow::import::{ImportOptions, Input};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # use sutler_engine::testing::MUGS;
///
/// let file = Input::bytes("mugs.csv", MUGS.replace("11.90", "12.50"));
/// let plan = shop.import_plan(file, &ImportOptions::new("mugs.csv"))?;
/// assert_eq!(plan.summary.differences[0].differences[0].after, "12.50 EUR");
/// let done = shop.import_apply(plan, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(done.updated, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PreparedImport {
    /// What would happen.
    pub summary: ImportSummary,
    pub(crate) opened: Opened,
    pub(crate) options: ImportOptions,
    pub(crate) target: Target,
    pub(crate) content: ContentHash,
}

impl std::fmt::Debug for PreparedImport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedImport").field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl Shop {
    /// Reads and checks a whole file and says what it would change. Writes nothing but the reject file, when asked.
    ///
    /// Errors: [`FlowError::File`] when the file is refused as a whole: unreadable, of no known format, broken, or with more
    /// refused rows than allowed. Refusals of single rows are in the summary.
    ///
    /// ```
    /// use sutler_engine::flow::import::{ImportOptions, Input};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let options = ImportOptions::new("tees.csv");
    /// let file = "Handle,Title,Variant Price\ntee,Tee,19.90\nsock,Sock,cheap\n";
    /// let plan = shop.import_plan(Input::bytes("tees.csv", file), &options)?;
    /// assert_eq!((plan.summary.created, plan.summary.rejected_rows), (1, 1));
    /// assert_eq!(plan.summary.groups[0].examples[0].value.as_deref(), Some("cheap"));
    /// assert!(shop.find_product("tee").is_err(), "nothing is written yet");
    ///
    /// let poem = Input::bytes("poem.txt", "Roses are red\n");
    /// assert_eq!(shop.import_plan(poem, &options).unwrap_err().code(), "file.refused");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import_plan(
        &self,
        input: Input,
        options: &ImportOptions,
    ) -> Result<PreparedImport, FlowError> {
        self.import_plan_watched(input, options, &mut |_| {})
    }

    /// As [`Shop::import_plan`], telling `progress` how far it is.
    ///
    /// Errors: as [`Shop::import_plan`].
    ///
    /// ```
    /// use sutler_engine::flow::import::{ImportOptions, Input};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # use sutler_engine::testing::MUGS;
    /// let mut rows = 0;
    /// let file = Input::bytes("mugs.csv", MUGS);
    /// shop.import_plan_watched(file, &ImportOptions::new("mugs.csv"), &mut |at| rows = at.rows)?;
    /// assert_eq!(rows, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import_plan_watched(
        &self,
        input: Input,
        options: &ImportOptions,
        progress: &mut dyn FnMut(&ImportProgress),
    ) -> Result<PreparedImport, FlowError> {
        let setup = self.setup()?;
        let target = Target::find(&setup, options)?;
        if let Some(path) = &options.reject_to {
            rejects::require_other_file(path, input.name())?;
        }
        let opened = target::open(input, options, target.currency())?;
        let summary = match opened.summary().kind {
            FileKind::Products => self.plan_products(&opened, options, &target, progress)?,
            FileKind::Stock => self.plan_stock(&opened, options, progress)?,
            FileKind::Prices => self.plan_prices(&opened, options, &target, progress)?,
        };
        let content = content_hash(opened.summary().sha256.as_str(), options, &target);
        Ok(PreparedImport { summary, opened, options: options.clone(), target, content })
    }

    /// Imports a file that is already in memory, with everything found out by itself, and returns what was done: the short way
    /// for programs that trust their file. Rows that are refused are counted in the summary.
    ///
    /// Errors: as [`Shop::import_plan`] and [`Shop::import_apply`].
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # use sutler_engine::testing::MUGS;
    /// let summary = shop.import_text(&MUGS.replace("11.90", "12.50"), "mugs.csv")?;
    /// assert_eq!((summary.created, summary.updated), (0, 1));
    /// let again = shop.import_text(&MUGS.replace("11.90", "12.50"), "mugs.csv")?;
    /// assert!(again.changes_nothing(), "a file that was read already says nothing new");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import_text(&self, text: &str, name: &str) -> Result<ImportSummary, FlowError> {
        let plan = self.import_plan(Input::bytes(name, text), &ImportOptions::new(name))?;
        self.import_apply(plan, &mut |_| ControlFlow::Continue(()))
    }

    /// Writes what was planned, in batches, and returns what was done. `progress` is told after each batch, and stops the
    /// import there when it returns [`ControlFlow::Break`]; the same import goes on from there when it is run again.
    ///
    /// Errors: [`FlowError::File`] when rows were refused and the options are strict, or when the file changed since it was
    /// planned; [`FlowError::Contended`] when the same file is being imported twice at the same time. Batches that were
    /// committed before stay.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use sutler_engine::flow::import::{ImportOptions, Input};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let file = "Handle,Title,Variant Price\ntee,Tee,19.90\nsock,Sock,4.90\n";
    /// let options = ImportOptions { batch: 1, ..ImportOptions::new("tees.csv") };
    /// let plan = || shop.import_plan(Input::bytes("tees.csv", file), &options);
    ///
    /// let stopped = shop.import_apply(plan()?, &mut |_| ControlFlow::Break(()))?;
    /// assert!(stopped.run.is_some_and(|run| !run.finished));
    /// let finished = shop.import_apply(plan()?, &mut |_| ControlFlow::Continue(()))?;
    /// assert!(finished.run.is_some_and(|run| run.finished && run.resumed_after == 1));
    /// assert!(shop.find_product("tee").is_ok() && shop.find_product("sock").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import_apply(
        &self,
        prepared: PreparedImport,
        progress: &mut dyn FnMut(&ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportSummary, FlowError> {
        if prepared.options.strict && prepared.summary.rejected_rows > 0 {
            return Err(FlowError::File(prepared.summary.reject_examples()));
        }
        match prepared.opened.summary().kind {
            FileKind::Products => self.apply_products(&prepared, progress),
            FileKind::Stock => self.apply_stock(&prepared, progress),
            FileKind::Prices => self.apply_prices(&prepared, progress),
        }
    }
}

/// The refusal of a whole file.
pub(crate) fn refused(refused: Refused) -> FlowError {
    FlowError::File(refused.into_diagnostics())
}

/// Hashes a file with the options that change its meaning: what an import run and its keys stand for.
fn content_hash(sha256: &str, options: &ImportOptions, target: &Target) -> ContentHash {
    let ImportOptions {
        format,
        map,
        encoding,
        delimiter,
        decimal,
        price_list,
        strict_sku,
        stock,
        on_conflict,
        ..
    } = options;
    let mut input = HashInput::new("import");
    input.text(sha256).id(target.channel.id.to_u128()).id(target.location.to_u128());
    for option in [format, map, encoding, delimiter, decimal, price_list] {
        input.optional_text(option.as_deref());
    }
    input.number(i64::from(*strict_sku));
    input.number(i64::from(*stock == StockPolicy::Ignore));
    input.text(&sutler_core::status::word(on_conflict));
    input.finish()
}
