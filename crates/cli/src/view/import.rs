//! What an import would do, or did; and what an export wrote.

use sutler_core::import::Severity;
use sutler_core::status::word;
use sutler_engine::flow::import::{DiagnosticGroup, ImportKind, ImportSummary};

use super::{Sheet, view};
use crate::answer::Show;
use crate::error::{Report, report_of_diagnostic};
use crate::page::{Look, Page};
use crate::plural::counted;
use crate::table::{Column, Side, Table};

/// How many dangers and differences are shown to people.
const SHOWN_MAX: usize = 20;

view! {
    /// Refusals or remarks of one kind about one column.
    RemarkView {
        /// Stable code; `sutler explain CODE` has the long text.
        code: String,
        /// `reject`: the rows are refused; `remark`: they are used.
        severity: String,
        /// The column, where one is to blame.
        column: Option<String>,
        /// How many there are.
        count: u64,
        /// All of it in one sentence.
        message: String,
        /// How to mend it.
        help: Option<String>,
        /// Line of the first one.
        line: Option<u64>,
        /// Cell of the first one.
        value: Option<String>,
    }
}

view! {
    /// A change that a person should confirm.
    DangerView {
        /// What kind of danger.
        kind: String,
        /// The product or variant.
        subject: String,
        /// What would happen.
        message: String,
    }
}

view! {
    /// A fact that differs.
    DifferenceView {
        /// The product; in a stock file the variant.
        subject: String,
        /// `created`, `updated` or `unchanged`.
        change: String,
        /// The fact.
        field: String,
        /// What the shop has.
        before: String,
        /// What the file says.
        after: String,
    }
}

view! {
    /// What an import would do, or did.
    ImportView {
        /// Whether nothing was written.
        dry_run: bool,
        /// The file.
        file: String,
        /// `products`, `stock` or `prices`.
        kind: String,
        /// The format.
        format: String,
        /// By what it was recognized.
        format_reason: String,
        /// Name of the encoding.
        encoding: String,
        /// Whether the encoding is a guess.
        encoding_guessed: bool,
        /// What separates the cells.
        delimiter: String,
        /// SHA-256 of the file.
        sha256: String,
        /// Data rows.
        rows: u64,
        /// Products in the file.
        products: u64,
        /// Their variants.
        variants: u64,
        /// Their pictures.
        images: u64,
        /// Products, or prices, that are new.
        created: u64,
        /// Products, levels, or prices, that change.
        updated: u64,
        /// Products, counts, or prices, that stay as they are.
        unchanged: u64,
        /// Products that were told to stay.
        skipped: u64,
        /// Variants that are new.
        variants_created: u64,
        /// Prices that are new or change.
        prices_written: u64,
        /// Prices that are taken away.
        prices_removed: u64,
        /// Price lists that are new or change.
        price_lists_written: u64,
        /// Categories that are new.
        categories_created: u64,
        /// Levels that are new or change.
        stock_written: u64,
        /// Rows that are refused.
        rejected_rows: u64,
        /// Products that are refused as a whole.
        rejected_products: u64,
        /// The reject file.
        reject_file: Option<String>,
        /// Rows in it.
        reject_file_rows: u64,
        /// Refusals and remarks, refusals first.
        remarks: Vec<RemarkView>,
        /// Columns that are not read.
        ignored_columns: Vec<String>,
        /// Columns of unknown meaning that are kept as facts.
        kept_columns: Vec<String>,
        /// Changes that a person should confirm.
        dangers: Vec<DangerView>,
        /// How many there are in all.
        dangers_total: u64,
        /// What would change; a sample.
        differences: Vec<DifferenceView>,
        /// Batches that are committed.
        batches: u64,
        /// Batches that an interrupted start had committed before.
        resumed_after: u64,
        /// How long it took in milliseconds.
        elapsed_ms: u64,
    }
}

view! {
    /// What an export wrote.
    ExportView {
        /// The file.
        file: String,
        /// The format.
        format: String,
        /// Products in it.
        products: u64,
        /// Variants in it.
        variants: u64,
        /// Rows of a stock file.
        rows: u64,
    }
}

impl From<&DiagnosticGroup> for RemarkView {
    fn from(group: &DiagnosticGroup) -> Self {
        let first = group.examples.first();
        Self {
            code: group.code.clone(),
            severity: word(group.severity),
            column: group.column.clone(),
            count: group.count,
            message: group.message.clone(),
            help: group.help.clone(),
            line: first.map(|first| first.place.line).filter(|line| *line > 0),
            value: first.and_then(|first| first.value.clone()),
        }
    }
}

/// Returns a group as it is told on stderr: `error` or `warning`, and the report.
pub(crate) fn report_of_group(file: &str, group: &DiagnosticGroup) -> (&'static str, Report) {
    let told = if group.severity == Severity::Remark { "warning" } else { "error" };
    let report = match group.examples.first() {
        Some(first) => Report {
            message: group.message.clone(),
            help: group.help.clone(),
            ..report_of_diagnostic(Some(file), first)
        },
        None => {
            Report { code: group.code.clone(), message: group.message.clone(), ..Report::default() }
        }
    };
    (told, report)
}

impl ImportView {
    /// Puts a summary into the words of the command line.
    pub(crate) fn new(summary: &ImportSummary, dry_run: bool, elapsed_ms: u64) -> Self {
        let differences = summary.differences.iter().flat_map(|product| {
            product.differences.iter().map(|difference| DifferenceView {
                subject: product.subject.clone(),
                change: word(product.change),
                field: difference.field.clone(),
                before: difference.before.clone(),
                after: difference.after.clone(),
            })
        });
        Self {
            dry_run,
            file: summary.file.clone(),
            kind: word(summary.kind),
            format: summary.format.clone(),
            format_reason: summary.format_reason.clone(),
            encoding: summary.encoding.clone(),
            encoding_guessed: summary.encoding_guessed,
            delimiter: summary.delimiter.to_string(),
            sha256: summary.sha256.clone(),
            rows: summary.rows,
            products: summary.products,
            variants: summary.variants,
            images: summary.images,
            created: summary.created,
            updated: summary.updated,
            unchanged: summary.unchanged,
            skipped: summary.skipped,
            variants_created: summary.variants_created,
            prices_written: summary.prices_written,
            prices_removed: summary.prices_removed,
            price_lists_written: summary.price_lists_written,
            categories_created: summary.categories_created,
            stock_written: summary.stock_written,
            rejected_rows: summary.rejected_rows,
            rejected_products: summary.rejected_products,
            reject_file: summary.reject_file.as_ref().map(|path| path.display().to_string()),
            reject_file_rows: summary.reject_file_rows,
            remarks: summary.groups.iter().map(RemarkView::from).collect(),
            ignored_columns: summary.ignored_columns.clone(),
            kept_columns: summary.kept_columns.clone(),
            dangers: summary
                .dangers
                .iter()
                .map(|danger| DangerView {
                    kind: danger.kind.to_owned(),
                    subject: danger.subject.clone(),
                    message: danger.message.clone(),
                })
                .collect(),
            dangers_total: summary.dangers_total,
            differences: differences.collect(),
            batches: summary.run.map_or(0, |run| u64::from(run.batches)),
            resumed_after: summary.run.map_or(0, |run| u64::from(run.resumed_after)),
            elapsed_ms,
        }
    }

    /// Returns what is dangerous about the plan, as text.
    pub(crate) fn dangers_text(&self) -> String {
        // What a person is about to agree to is never cut.
        let page = Page::WHOLE;
        let mut sheet = Sheet::new(&page);
        sheet.title("Changes to confirm", &format!("{} in all", self.dangers_total));
        let mut table =
            Table::new(&[("WHAT", Side::Left), ("WHERE", Side::Left), ("", Side::Left)]);
        for danger in self.dangers.iter().take(SHOWN_MAX) {
            table.row([danger.kind.clone(), danger.subject.clone(), danger.message.clone()]);
        }
        sheet.table(&table);
        sheet.finish()
    }
}

const DIFFERENCES: &[Column] =
    &[("WHERE", Side::Left), ("FACT", Side::Left), ("BEFORE", Side::Left), ("AFTER", Side::Left)];

impl Show for ImportView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let written = self.created + self.updated + self.price_lists_written;
        let outcome = match (self.dry_run, written) {
            (true, _) => "plan, nothing was written",
            (false, 0) => "nothing to change",
            (false, _) => "imported",
        };
        sheet.title(&self.file, outcome);
        let guessed = if self.encoding_guessed { " (a guess: look at the letters)" } else { "" };
        let delimiter = if self.delimiter == "\t" { "tab" } else { self.delimiter.as_str() };
        sheet.pair("format", &format!("{}, {}", self.format, self.format_reason));
        sheet.pair("encoding", &format!("{}{guessed}, delimiter {delimiter}", self.encoding));
        sheet.pair("rows", &self.rows.to_string());
        let is_of = |kind| self.kind == word(kind);
        if is_of(ImportKind::Products) {
            let variants = counted(self.variants, "variant", "variants");
            let images = counted(self.images, "image", "images");
            let goods = format!("{} with {variants} and {images}", self.products);
            sheet.pair("products", &goods);
        }
        let verb = if self.dry_run { "would be " } else { "" };
        let nouns = if is_of(ImportKind::Stock) {
            ("level", "levels")
        } else if is_of(ImportKind::Prices) {
            let lists = counted(self.price_lists_written, "list", "lists");
            sheet.pair("price lists", &format!("{lists} {verb}written"));
            ("price", "prices")
        } else {
            ("product", "products")
        };
        sheet
            .pair("created", &format!("{} {verb}created", counted(self.created, nouns.0, nouns.1)));
        sheet
            .pair("updated", &format!("{} {verb}updated", counted(self.updated, nouns.0, nouns.1)));
        if self.prices_removed > 0 {
            sheet.pair("removed", &format!("{} of these", self.prices_removed));
        }
        sheet.pair("unchanged", &counted(self.unchanged, nouns.0, nouns.1));
        if self.skipped > 0 {
            sheet.pair(
                "skipped",
                &format!("{} as the shop has them", counted(self.skipped, "product", "products")),
            );
        }
        if self.rejected_rows > 0 {
            let rows = counted(self.rejected_rows, "row", "rows");
            let products = counted(self.rejected_products, "whole product", "whole products");
            let products =
                if is_of(ImportKind::Products) { format!(", {products}") } else { String::new() };
            sheet.pair("rejected", &format!("{rows}{products}"));
        }
        sheet.some("reject file", self.reject_file.as_deref());
        if !self.kept_columns.is_empty() {
            sheet.pair("kept as facts", &self.kept_columns.join(", "));
        }
        if !self.ignored_columns.is_empty() {
            sheet.pair("ignored", &self.ignored_columns.join(", "));
        }
        if self.dry_run && self.dangers_total > 0 {
            sheet.gap();
            for line in self.dangers_text().lines() {
                sheet.marked(line);
            }
        }
        if self.dry_run && !self.differences.is_empty() {
            self.add_differences(&mut sheet);
        }
        sheet.finish()
    }
}

impl ImportView {
    fn add_differences(&self, sheet: &mut Sheet<'_>) {
        let mut table = Table::new(DIFFERENCES);
        for difference in self.differences.iter().take(SHOWN_MAX) {
            table.row([
                difference.subject.clone(),
                difference.field.clone(),
                difference.before.clone(),
                difference.after.clone(),
            ]);
        }
        sheet.gap().marked(&Look::Bold.on("What would change")).table(&table);
        if self.differences.len() > SHOWN_MAX {
            sheet.line(&format!("  … and {} more in --json", self.differences.len() - SHOWN_MAX));
        }
    }
}

impl Show for ExportView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.file, &self.format);
        sheet.pair("products", &self.products.to_string());
        sheet.pair("variants", &self.variants.to_string());
        if self.rows > 0 {
            sheet.pair("rows", &self.rows.to_string());
        }
        sheet.finish()
    }
}
