//! Bringing a stock file in: counts of variants at locations.
//!
//! A row names its variant by handle and option values, and its location by code or name. Its count becomes a correction of
//! what the ledger says. Where the row carries the count of its export, that count must still stand: a row that was
//! overtaken by a sale is skipped and told, because writing it would undo the sale. The guard is decided twice: here, to
//! tell it, and in the commit, to be sure.
//!
//! Invariants
//! * A blank cell and `not stocked` change nothing; a row never makes a product, a variant or a location.
//! * The second run of a file changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sutler_core::catalog::{Handle, Product, Variant};
use sutler_core::change::{Change, ChangeSet, StockChange};
use sutler_core::id::VariantId;
use sutler_core::import::{Danger, Diagnostic, Difference, ProductChange, StockDraft};
use sutler_core::inventory::{MovementKind, StockKey, StockLevel, StockLocation, StockMovement};
use sutler_core::quantity::QUANTITY_MAX;
use sutler_core::shop::Setup;
use sutler_core::shown::shown;
use sutler_exchange::{Opened, StockEntry};

use super::import::{
    Collector, ImportOptions, ImportProgress, ImportSummary, PreparedImport, RejectFile, RunWriter,
    Step, codes, refusal, refused,
};
use super::stock::changed;
use crate::{FlowError, Shop};

/// What is to become of one count.
enum Verdict {
    /// The level is corrected.
    Corrected(Correction),
    /// It is there already, or the row says nothing.
    Unchanged,
    /// The row is refused.
    Rejected(Diagnostic),
}

/// A correction of one level.
struct Correction {
    key: StockKey,
    label: String,
    location: String,
    before: u32,
    after: u32,
}

/// One row after comparison.
struct Row {
    entry: StockEntry,
    verdicts: Vec<Verdict>,
    remarks: Vec<Diagnostic>,
}

impl Shop {
    /// Streams a stock file past the shop and sums up what it would change.
    pub(super) fn plan_stock(
        &self,
        opened: &Opened,
        options: &ImportOptions,
        progress: &mut dyn FnMut(&ImportProgress),
    ) -> Result<ImportSummary, FlowError> {
        let setup = self.setup()?;
        let mut collector = Collector::new(opened.summary(), options);
        let mut rejects = RejectFile::new(options.reject_to.clone(), opened.summary());
        let mut told =
            ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() };
        let mut stream = opened.stock();
        loop {
            let entries = chunk(&mut stream, options.batch_size())?;
            if entries.is_empty() {
                break;
            }
            told.rows += count(entries.len());
            for row in self.compare(&setup, entries)? {
                collect(&row, &mut collector, Some((opened, &mut rejects)))?;
            }
            progress(&told);
        }
        rejects.finish(&mut collector.summary)?;
        Ok(collector.finish())
    }

    /// Streams a stock file again and commits its corrections in batches.
    pub(super) fn apply_stock(
        &self,
        prepared: &PreparedImport,
        progress: &mut dyn FnMut(&ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportSummary, FlowError> {
        let PreparedImport { opened, options, .. } = prepared;
        let setup = self.setup()?;
        let reason = format!("import {}", shown(&options.name));
        let mut run = RunWriter::begin(self, prepared)?;
        let mut collector = Collector::new(
            opened.summary(),
            &ImportOptions { max_errors: None, ..options.clone() },
        );
        let mut told =
            ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() };
        let mut stream = opened.stock();
        let mut entries = chunk(&mut stream, options.batch_size())?;
        while !entries.is_empty() {
            let behind = chunk(&mut stream, options.batch_size())?;
            let last = behind.is_empty();
            let rows = run.write(last, |set, _| {
                let rows = self.compare(&setup, entries.clone())?;
                let corrections =
                    rows.iter().flat_map(|row| &row.verdicts).filter_map(|verdict| match verdict {
                        Verdict::Corrected(correction) => Some(correction),
                        _ => None,
                    });
                let updated = corrections.map(|correction| correct(set, correction, &reason)).sum();
                Ok(Step { value: rows, created: 0, updated })
            })?;
            for row in &rows {
                collect(row, &mut collector, None)?;
            }
            told.rows += count(entries.len());
            told.batches = run.batches();
            told.updated = collector.summary.updated;
            entries = behind;
            if progress(&told).is_break() && !last {
                break;
            }
        }
        let mut summary = collector.finish();
        summary.run = run.summary();
        summary.reject_file.clone_from(&prepared.summary.reject_file);
        summary.reject_file_rows = prepared.summary.reject_file_rows;
        Ok(summary)
    }

    /// Compares rows with the levels as they are now.
    fn compare(&self, setup: &Setup, entries: Vec<StockEntry>) -> Result<Vec<Row>, FlowError> {
        let drafts = || entries.iter().flat_map(|entry| &entry.drafts);
        let handles: BTreeSet<Handle> =
            drafts().filter_map(|draft| Handle::new(draft.handle.as_str()).ok()).collect();
        let handles: Vec<Handle> = handles.into_iter().collect();
        let products: BTreeMap<String, Product> = self
            .store()
            .products_by_handle(&handles)?
            .into_iter()
            .flatten()
            .map(|product| (product.handle.to_string(), product))
            .collect();
        let variants: BTreeSet<VariantId> = drafts()
            .filter_map(|draft| find_variant(products.get(&draft.handle)?, draft))
            .map(|variant| variant.id)
            .collect();
        let variants: Vec<VariantId> = variants.into_iter().collect();
        let mut shelf = Shelf {
            setup,
            products,
            levels: self.store().stock_levels(&variants, self.now())?,
            counted: BTreeSet::new(),
        };
        Ok(entries.into_iter().map(|entry| shelf.row(entry)).collect())
    }
}

/// Takes the next rows of a stream.
fn chunk(
    stream: &mut impl Iterator<Item = Result<StockEntry, sutler_exchange::Refused>>,
    rows: usize,
) -> Result<Vec<StockEntry>, FlowError> {
    stream.take(rows).collect::<Result<_, _>>().map_err(refused)
}

/// What rows of a chunk are compared with.
struct Shelf<'a> {
    setup: &'a Setup,
    products: BTreeMap<String, Product>,
    levels: BTreeMap<StockKey, StockLevel>,
    /// Keys that a row of this chunk has counted.
    counted: BTreeSet<StockKey>,
}

impl Shelf<'_> {
    fn row(&mut self, entry: StockEntry) -> Row {
        let mut remarks = Vec::new();
        let verdicts = entry.drafts.iter().map(|draft| self.verdict(draft, &mut remarks)).collect();
        Row { entry, verdicts, remarks }
    }

    fn verdict(&mut self, draft: &StockDraft, remarks: &mut Vec<Diagnostic>) -> Verdict {
        let refuse = |code, message: String, help: &str| {
            Verdict::Rejected(refusal(code, draft.line, 0, message, help))
        };
        let Some(counted) = draft.on_hand else { return Verdict::Unchanged };
        let Some(location) = find_location(self.setup, &draft.location) else {
            let known: Vec<&str> =
                self.setup.locations.iter().map(|location| location.name.as_str()).collect();
            let message = format!(
                "there is no location '{}'; there are {}",
                shown(&draft.location),
                known.join(", ")
            );
            return refuse(
                &codes::UNKNOWN_LOCATION,
                message,
                "write the name of a location of the shop",
            );
        };
        let Some(product) = self.products.get(&draft.handle) else {
            let message = format!("there is no product '{}'", shown(&draft.handle));
            return refuse(&codes::UNKNOWN_VARIANT, message, "import the product file first");
        };
        let Some(variant) = find_variant(product, draft) else {
            let options = draft.option_values.join("/");
            let message =
                format!("product '{}' has no variant '{}'", shown(&draft.handle), shown(&options));
            return refuse(
                &codes::UNKNOWN_VARIANT,
                message,
                "compare the option values with those of the shop",
            );
        };
        let label = variant.label(&product.handle);
        let key = StockKey { variant: variant.id, location: location.id };
        if counted > i64::from(QUANTITY_MAX) {
            let message = format!("{counted} units of {label} are more than a location can have");
            return refuse(
                &codes::COUNT_TOO_LARGE,
                message,
                "write the number of units at the shelf",
            );
        }
        if counted < 0 {
            let message = format!("{counted} units of {label} are taken as 0");
            let help = "set how far selling may go beyond stock with `sutler stock limits`";
            remarks.push(refusal(&codes::NEGATIVE_TAKEN_AS_ZERO, draft.line, 0, message, help));
        }
        let after = u32::try_from(counted.max(0)).unwrap_or(QUANTITY_MAX);
        let level = self.levels.get(&key).copied().unwrap_or_default();
        let before = level.on_hand;
        if after == before {
            return Verdict::Unchanged;
        }
        if let Some(expected) = draft.expected_on_hand
            && expected.max(0) != i64::from(before)
        {
            let message = format!(
                "{label} had {expected} units at '{}' when the file was exported and has {before} now",
                location.name
            );
            return refuse(
                &codes::STOCK_MOVED_ON,
                message,
                "export the stock again and repeat the change there",
            );
        }
        let room = level.room_for(MovementKind::CorrectedDown);
        if after < before && before - after > room {
            let fewest = before.saturating_sub(room);
            let message = format!(
                "{label} cannot have {after} units at '{}': {fewest} are promised",
                location.name
            );
            return refuse(
                &codes::PROMISED,
                message,
                "ship or cancel orders first, or look again at the shelf",
            );
        }
        if !self.counted.insert(key) {
            let message = format!(
                "{label} is counted twice at '{}', with different spellings",
                location.name
            );
            return refuse(&codes::UNKNOWN_VARIANT, message, "delete the row that is wrong");
        }
        Verdict::Corrected(Correction {
            key,
            label,
            location: location.name.clone(),
            before,
            after,
        })
    }
}

/// Finds a location by code or name; case and outer blanks do not matter when nothing fits exactly.
fn find_location<'a>(setup: &'a Setup, word: &str) -> Option<&'a StockLocation> {
    let same = |text: &str| text.trim().to_lowercase() == word.trim().to_lowercase();
    let loosely =
        || setup.locations.iter().find(|location| same(&location.code) || same(&location.name));
    setup.location_by_word(word).or_else(loosely)
}

/// Finds the variant in use that a row names; case does not matter when nothing fits exactly. A row without options names
/// the only variant.
fn find_variant<'a>(product: &'a Product, draft: &StockDraft) -> Option<&'a Variant> {
    let wanted = &draft.option_values;
    let folded =
        |values: &[String]| values.iter().map(|value| value.to_lowercase()).collect::<Vec<_>>();
    let mut in_use = product.variants.iter().filter(|variant| !variant.retired);
    if wanted.is_empty() {
        let only = in_use.next();
        return only.filter(|_| in_use.next().is_none());
    }
    let exact = product.variant_by_options(wanted);
    exact.or_else(|| in_use.find(|variant| folded(&variant.option_values) == folded(wanted)))
}

/// Writes a correction with its event; returns 1, to be counted.
fn correct(set: &mut ChangeSet, correction: &Correction, reason: &str) -> u64 {
    let Correction { key, before, after, .. } = *correction;
    let (kind, quantity) = if after > before {
        (MovementKind::CorrectedUp, after - before)
    } else {
        (MovementKind::CorrectedDown, before - after)
    };
    let movement =
        StockMovement { key, kind, quantity, cause: None, reason: Some(reason.to_owned()) };
    // What was compared is guarded: a sale in between must not be counted away.
    set.push(Change::Stock(StockChange::Move { movement, expected_on_hand: Some(before) }));
    set.tell(changed(key));
    1
}

/// Takes a row into the summary, and into the reject file when it is refused.
fn collect(
    row: &Row,
    collector: &mut Collector,
    rejects: Option<(&Opened, &mut RejectFile)>,
) -> Result<(), FlowError> {
    collector.diagnostics(&row.entry.remarks);
    collector.diagnostics(&row.remarks);
    let mut errors: Vec<Diagnostic> = Vec::new();
    for verdict in &row.verdicts {
        match verdict {
            Verdict::Unchanged => collector.summary.unchanged += 1,
            Verdict::Rejected(diagnostic) => errors.push(diagnostic.clone()),
            Verdict::Corrected(correction) => {
                collector.summary.updated += 1;
                collector.summary.stock_written += 1;
                collector.change(
                    || correction.label.clone(),
                    ProductChange::Updated,
                    differences(correction),
                    dangers(correction),
                );
            }
        }
    }
    if let Some(rejected) = &row.entry.rejected {
        collector.diagnostics(&rejected.errors);
        if let Some((_, rejects)) = rejects {
            rejects.write(std::slice::from_ref(rejected))?;
        }
        return collector.rejected(1);
    }
    if errors.is_empty() {
        return Ok(());
    }
    collector.diagnostics(&errors);
    if let Some((opened, rejects)) = rejects {
        rejects.refused(opened, row.entry.source, &[], &errors)?;
    }
    collector.rejected(1)
}

fn differences(correction: &Correction) -> Vec<Difference> {
    let field = format!("units at {}", correction.location);
    vec![Difference {
        field,
        before: correction.before.to_string(),
        after: correction.after.to_string(),
    }]
}

fn dangers(correction: &Correction) -> Vec<Danger> {
    if correction.after > 0 {
        return Vec::new();
    }
    let Correction { label, location, before, .. } = correction;
    let message = format!("its stock at {location} would go from {before} units to 0");
    vec![Danger { kind: "stock.to_zero", subject: label.clone(), message }]
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
