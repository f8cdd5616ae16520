//! Price lists from files: every price of every list that the file names.
//!
//! A list is known by its name; one that the shop lacks is made. A row that names no variant is refused, and the prices that
//! a file does not name stay. What a price was before is kept by the store with every write.
//!
//! Invariants
//! * The lists of a file are written with its first batch, all of them; the rows of later batches find them.
//! * A row never makes a variant or a channel.
//! * The second run of a file changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sutler_core::change::{Change, ChangeSet, SetupChange};
use sutler_core::event::{Event, EventKind};
use sutler_core::id::{PriceListId, ProductId, VariantId};
use sutler_core::import::{
    Diagnostic, PlannedPrice, PlannedPriceList, PriceChange, PriceListDraft, ProductChange,
    plan_price, plan_price_list,
};
use sutler_core::pricing::Price;
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_core::shown::shown;
use sutler_exchange::{Opened, PriceEntry, Refused};

use super::cart::channel_by_code;
use super::import::{
    Collector, ImportOptions, ImportProgress, ImportSummary, PreparedImport, RejectFile, RunWriter,
    Step, Target, codes, refusal, refused,
};
use crate::{FlowError, Shop};

/// A variant that a row names.
#[derive(Clone)]
struct Named {
    variant: VariantId,
    product: ProductId,
    label: String,
}

/// One row after comparison.
struct Row {
    entry: PriceEntry,
    verdict: Verdict,
}

/// What is to become of one row.
enum Verdict {
    /// Its price is written, taken away, or there already.
    Planned(Named, PriceListId, u32, Box<PlannedPrice>),
    /// It is refused by the shop.
    Refused(Diagnostic),
    /// It was refused by the file.
    Unread,
}

impl Shop {
    /// Streams a price list past the shop and sums up what it would change.
    pub(super) fn plan_prices(
        &self,
        opened: &Opened,
        options: &ImportOptions,
        target: &Target,
        progress: &mut dyn FnMut(&ImportProgress),
    ) -> Result<ImportSummary, FlowError> {
        let mut collector = Collector::new(opened.summary(), options);
        let mut rejects = RejectFile::new(options.reject_to.clone(), opened.summary());
        let mut told =
            ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() };
        let setup = self.setup()?;
        let lists = self.price_lists(&setup, opened, target)?;
        collect_lists(&lists, &setup, &mut collector);
        let mut stream = opened.prices();
        loop {
            let entries = chunk(&mut stream, options.batch_size())?;
            if entries.is_empty() {
                break;
            }
            told.rows += count(entries.len());
            for row in self.compare_prices(&lists, target, entries)? {
                collect(&row, &mut collector, Some((opened, &mut rejects)))?;
            }
            progress(&told);
        }
        rejects.finish(&mut collector.summary)?;
        Ok(collector.finish())
    }

    /// Streams a price list again and commits its lists and prices in batches.
    pub(super) fn apply_prices(
        &self,
        prepared: &PreparedImport,
        progress: &mut dyn FnMut(&ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportSummary, FlowError> {
        let PreparedImport { opened, options, target, .. } = prepared;
        let mut run = RunWriter::begin(self, prepared)?;
        let mut collector = Collector::new(
            opened.summary(),
            &ImportOptions { max_errors: None, ..options.clone() },
        );
        let mut told =
            ImportProgress { rows_total: opened.summary().rows, ..ImportProgress::default() };
        let mut stream = opened.prices();
        let mut entries = chunk(&mut stream, options.batch_size())?;
        while !entries.is_empty() {
            let behind = chunk(&mut stream, options.batch_size())?;
            let last = behind.is_empty();
            let (lists, rows) = run.write(last, |set, _| {
                let lists = self.price_lists(&*self.setup()?, opened, target)?;
                for list in lists.iter().filter(|list| list.changes()) {
                    set.push(Change::Setup(SetupChange::PriceList(list.list.clone())));
                }
                let rows = self.compare_prices(&lists, target, entries.clone())?;
                let (created, updated) = write(set, &rows);
                Ok(Step { value: (lists, rows), created, updated })
            })?;
            collect_lists(&lists, &*self.setup()?, &mut collector);
            for row in &rows {
                collect(row, &mut collector, None)?;
            }
            told.rows += count(entries.len());
            told.batches = run.batches();
            told.created = collector.summary.created;
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

    /// Finds out what becomes of the lists of a file, in its order.
    fn price_lists(
        &self,
        setup: &Setup,
        opened: &Opened,
        target: &Target,
    ) -> Result<Vec<PlannedPriceList>, FlowError> {
        let (mut planned, mut wrong) = (Vec::new(), Vec::new());
        for draft in opened.price_lists() {
            match self.price_list(setup, draft, target) {
                Ok(list) => planned.push(list),
                Err(rejection) => {
                    let message = format!("the price list '{}': {rejection}", shown(&draft.name));
                    let help = "mend what the file says about the list; nothing was written";
                    wrong.push(refusal(&codes::PRICE_LIST_REFUSED, 0, 0, message, help));
                }
            }
        }
        if wrong.is_empty() { Ok(planned) } else { Err(FlowError::File(wrong)) }
    }

    fn price_list(
        &self,
        setup: &Setup,
        draft: &PriceListDraft,
        target: &Target,
    ) -> Result<PlannedPriceList, Rejection> {
        let code = draft.channel.as_ref().and_then(|said| said.value());
        let channel = code.map(|code| channel_by_code(setup, code)).transpose()?;
        let mut known = setup.price_lists.iter().filter(|list| list.name.trim() == draft.name);
        let (first, second) = (known.next(), known.next());
        if let (Some(first), Some(second)) = (first, second) {
            let candidates = vec![first.id.to_string(), second.id.to_string()];
            let given = draft.name.clone();
            return Err(Rejection::Ambiguous { noun: "price list", given, candidates });
        }
        // What says no currency is in that of its channel, of the list as it stands, or of the import.
        let currency = channel
            .map(|channel| channel.currency)
            .or(first.map(|list| list.currency))
            .unwrap_or(target.currency());
        let taken = |id| setup.price_lists.iter().any(|known| known.id.to_u128() == id);
        let id = PriceListId::from_u128(self.id_of_name("price list", &draft.name, taken));
        plan_price_list(draft, first, channel.map(|channel| channel.id), currency, id)
    }

    /// Compares rows with the prices as they are now.
    fn compare_prices(
        &self,
        lists: &[PlannedPriceList],
        target: &Target,
        entries: Vec<PriceEntry>,
    ) -> Result<Vec<Row>, FlowError> {
        let mut named: BTreeMap<String, Result<Named, Diagnostic>> = BTreeMap::new();
        for draft in entries.iter().filter_map(|entry| entry.draft.as_ref()) {
            if !named.contains_key(&draft.variant) {
                named.insert(draft.variant.clone(), self.named(&draft.variant)?);
            }
        }
        let variants: BTreeSet<VariantId> =
            named.values().flatten().map(|found| found.variant).collect();
        let variants: Vec<VariantId> = variants.into_iter().collect();
        let held = self.store().prices(&variants)?;
        let mut told: BTreeSet<(PriceListId, VariantId, u32)> = BTreeSet::new();
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let verdict = judge(&entry, lists, target, &named, &held, &mut told);
            rows.push(Row { entry, verdict });
        }
        Ok(rows)
    }

    /// Finds the variant of a row, or says why there is none.
    fn named(&self, word: &str) -> Result<Result<Named, Diagnostic>, FlowError> {
        // Nearly every row names a SKU; then no product has to be read.
        if let [only] = self.store().variants_by_sku(word)?.as_slice() {
            let (variant, product) = (only.variant, only.product);
            return Ok(Ok(Named { variant, product, label: word.to_owned() }));
        }
        match self.find_variant(word) {
            Ok(found) => Ok(Ok(Named {
                variant: found.variant.id,
                product: found.product.id,
                label: found.variant.label(&found.product.handle),
            })),
            Err(FlowError::Refused(rejection)) => {
                let near = match &rejection {
                    Rejection::NotFound { near, .. } => near.first(),
                    _ => None,
                };
                let help = near.map_or_else(
                    || "write a SKU, barcode or id of the shop, or handle:option/option".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = match rejection {
                    Rejection::NotFound { .. } => format!("there is no variant '{}'", shown(word)),
                    rejection => rejection.to_string(),
                };
                Ok(Err(refusal(&codes::UNKNOWN_PRICED_VARIANT, 0, 0, message, &help)))
            }
            Err(error) => Err(error),
        }
    }
}

fn judge(
    entry: &PriceEntry,
    lists: &[PlannedPriceList],
    target: &Target,
    named: &BTreeMap<String, Result<Named, Diagnostic>>,
    held: &[Price],
    told: &mut BTreeSet<(PriceListId, VariantId, u32)>,
) -> Verdict {
    let Some(draft) = &entry.draft else { return Verdict::Unread };
    let (Some(list), Some(found)) = (lists.get(draft.list), named.get(&draft.variant)) else {
        return Verdict::Unread;
    };
    let refuse = |told: Diagnostic| {
        let (place, value) = (entry.place.clone(), Some(shown(&draft.variant)));
        Verdict::Refused(Diagnostic { place, value, ..told })
    };
    let found = match found {
        Ok(found) => found.clone(),
        Err(told) => return refuse(told.clone()),
    };
    let list = &list.list;
    if !told.insert((list.id, found.variant, draft.min_quantity)) {
        let message =
            format!("{} is priced twice in '{}', with different spellings", found.label, list.name);
        let help = "delete the row that is wrong";
        return refuse(refusal(&codes::UNKNOWN_PRICED_VARIANT, 0, 0, message, help));
    }
    // The prices of one variant stand side by side.
    let first = held.partition_point(|price| price.variant < found.variant);
    let end = held.partition_point(|price| price.variant <= found.variant);
    let own = held.get(first..end).unwrap_or_default();
    match plan_price(draft, &found.label, found.variant, list, Some(target.price_list), own) {
        Ok(planned) => Verdict::Planned(found, list.id, draft.min_quantity, Box::new(planned)),
        Err(rejection) => {
            let help = "write the price in the currency of its list";
            refuse(refusal(&codes::PRICE_REFUSED, 0, 0, rejection.to_string(), help))
        }
    }
}

/// Writes what is decided about rows; returns how many prices are new, and how many change or go.
fn write(set: &mut ChangeSet, rows: &[Row]) -> (u64, u64) {
    let (mut created, mut updated) = (0, 0);
    let mut products: BTreeSet<ProductId> = BTreeSet::new();
    for row in rows {
        let Verdict::Planned(named, list, min_quantity, planned) = &row.verdict else { continue };
        let (list, min_quantity) = (*list, *min_quantity);
        match &planned.change {
            PriceChange::Unchanged => continue,
            PriceChange::Created(price) => {
                created += 1;
                set.push(Change::Price(price.clone()));
            }
            PriceChange::Changed(price) => {
                updated += 1;
                set.push(Change::Price(price.clone()));
            }
            PriceChange::Removed => {
                updated += 1;
                set.push(Change::PriceRemoved { list, variant: named.variant, min_quantity });
            }
        }
        products.insert(named.product);
    }
    for product in products {
        set.tell(Event::plain(EventKind::PriceChanged, product));
    }
    (created, updated)
}

/// Takes the next rows of a stream.
fn chunk(
    stream: &mut impl Iterator<Item = Result<PriceEntry, Refused>>,
    rows: usize,
) -> Result<Vec<PriceEntry>, FlowError> {
    stream.take(rows).collect::<Result<_, _>>().map_err(refused)
}

/// Takes what becomes of the lists into the summary, and remarks those whose prices nobody would get.
fn collect_lists(lists: &[PlannedPriceList], setup: &Setup, collector: &mut Collector) {
    for planned in lists.iter().filter(|list| list.changes()) {
        let first = setup.price_lists.iter().find(|other| planned.list.is_behind(other));
        if let Some(first) = first {
            let (name, first) = (shown(&planned.list.name), shown(&first.name));
            let message = format!("the price list '{name}' stands behind '{first}'");
            let help = "give it a priority, a time, a channel or a customer group; see `sutler explain E321`";
            collector.diagnostics(&[refusal(&codes::PRICE_LIST_BEHIND, 0, 0, message, help)]);
        }
        collector.summary.price_lists_written += 1;
        let change = if planned.is_new { ProductChange::Created } else { ProductChange::Updated };
        let subject = || planned.list.name.clone();
        collector.change(subject, change, planned.differences.clone(), Vec::new());
    }
}

/// Takes a row into the summary, and into the reject file when it is refused.
fn collect(
    row: &Row,
    collector: &mut Collector,
    rejects: Option<(&Opened, &mut RejectFile)>,
) -> Result<(), FlowError> {
    collector.diagnostics(&row.entry.remarks);
    if let Some(rejected) = &row.entry.rejected {
        collector.diagnostics(&rejected.errors);
        if let Some((_, rejects)) = rejects {
            rejects.write(std::slice::from_ref(rejected))?;
        }
        return collector.rejected(1);
    }
    match &row.verdict {
        Verdict::Unread => Ok(()),
        Verdict::Refused(told) => {
            let errors = std::slice::from_ref(told);
            collector.diagnostics(errors);
            if let Some((opened, rejects)) = rejects {
                rejects.refused(opened, row.entry.source, &[], errors)?;
            }
            collector.rejected(1)
        }
        Verdict::Planned(named, _, _, planned) => {
            let summary = &mut collector.summary;
            let change = match &planned.change {
                PriceChange::Unchanged => {
                    summary.unchanged += 1;
                    return Ok(());
                }
                PriceChange::Created(_) => {
                    summary.created += 1;
                    summary.prices_written += 1;
                    ProductChange::Created
                }
                PriceChange::Changed(_) => {
                    summary.updated += 1;
                    summary.prices_written += 1;
                    ProductChange::Updated
                }
                PriceChange::Removed => {
                    summary.updated += 1;
                    summary.prices_removed += 1;
                    ProductChange::Updated
                }
            };
            let differences = planned.difference.iter().cloned().collect();
            let dangers = planned.danger.iter().cloned().collect();
            collector.change(|| named.label.clone(), change, differences, dangers);
            Ok(())
        }
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
