//! The file of refused rows.
//!
//! Rows that the file's own checks refuse come with their cells as they stood in the source. A product or stock row that
//! only the shop can refuse was read into a draft by then; its rows are written back from the draft, under the source's
//! own columns. So that file, too, imports as it is once mended. Columns that are not read stay blank in those rows, and
//! weights in a mapped table do, because only the mapping knows their unit.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use sutler_core::import::{Diagnostic, ProductDraft, Said, StockDraft, VariantDraft};
use sutler_core::money::Money;
use sutler_core::rejection::Rejection;
use sutler_exchange::{ColumnUse, FileSummary, FormatName, RejectRow, RejectWriter};

use super::ImportSummary;
use super::summary::wide;
use crate::FlowError;

/// Writes refused rows; the file is made with the first of them.
pub(crate) struct RejectFile {
    path: Option<PathBuf>,
    headers: Vec<String>,
    columns: Vec<ColumnUse>,
    format: FormatName,
    writer: Option<RejectWriter<BufWriter<File>>>,
    rows: u64,
}

/// Refuses to write refused rows over the file that is read.
pub(super) fn require_other_file(rejects: &Path, input: &str) -> Result<(), FlowError> {
    let same = std::fs::canonicalize(rejects)
        .ok()
        .is_some_and(|path| std::fs::canonicalize(input).ok().is_some_and(|input| input == path));
    if same {
        let given = rejects.display().to_string();
        let why = "is the file that is imported: name another one".to_owned();
        return Err(Rejection::BadInput { what: "reject file", given, why }.into());
    }
    Ok(())
}

impl RejectFile {
    /// Writes to `path` what is refused of this file; nowhere without a path.
    pub(crate) fn new(path: Option<PathBuf>, file: &FileSummary) -> Self {
        let (headers, columns) = (file.headers.clone(), file.columns.clone());
        Self { path, headers, columns, format: file.format, writer: None, rows: 0 }
    }

    /// Writes rows as they stood in the source.
    pub(crate) fn write(&mut self, rows: &[RejectRow]) -> Result<(), FlowError> {
        let Some(path) = &self.path else { return Ok(()) };
        let failed = |source| FlowError::Io {
            what: "cannot write",
            path: path.display().to_string(),
            source,
        };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let file = File::create(path).map_err(failed)?;
                self.writer.insert(RejectWriter::new(BufWriter::new(file), &self.headers))
            }
        };
        writer.write(rows).map_err(failed)?;
        self.rows += wide(rows.len());
        Ok(())
    }

    /// Writes a product that the shop refuses.
    pub(crate) fn product(
        &mut self,
        draft: &ProductDraft,
        line: u64,
        error: &Diagnostic,
    ) -> Result<(), FlowError> {
        let images = draft.images.as_ref().map_or(0, Vec::len);
        let rows = match self.format {
            FormatName::Generic => draft.variants.len(),
            _ => draft.variants.len().max(images),
        };
        let mut written = Vec::with_capacity(rows.max(1));
        for number in 0..rows.max(1) {
            let variant = draft.variants.get(number);
            let row = ProductRow { draft, variant, number, format: self.format };
            written.push(RejectRow {
                line: variant.map_or(line, |variant| variant.line),
                record: 0,
                cells: cells(&self.columns, |field, nth| row.cell(field, nth)),
                errors: if number == 0 { vec![error.clone()] } else { Vec::new() },
            });
        }
        self.write(&written)
    }

    /// Writes a stock row that the shop refuses.
    pub(crate) fn stock(
        &mut self,
        drafts: &[StockDraft],
        errors: &[Diagnostic],
    ) -> Result<(), FlowError> {
        let Some(first) = drafts.first() else { return Ok(()) };
        let headers = self.headers.clone();
        let by_column = drafts.len() > 1 || headers.contains(&first.location);
        let count =
            |units: Option<i64>| units.map_or_else(|| "not stocked".to_owned(), |n| n.to_string());
        let mut counts =
            headers.iter().zip(&self.columns).filter(|(_, column)| column.field == "on_hand").map(
                |(header, _)| {
                    drafts.iter().find(|draft| draft.location == *header).and_then(|d| d.on_hand)
                },
            );
        let cells = cells(&self.columns, |field, nth| match field {
            "handle" => first.handle.clone(),
            "option_value" => first.option_values.get(nth).cloned().unwrap_or_default(),
            "sku" => first.sku.clone(),
            "location" => first.location.clone(),
            "expected_on_hand" => {
                first.expected_on_hand.map_or_else(String::new, |n| n.to_string())
            }
            "on_hand" if by_column => count(counts.next().flatten()),
            "on_hand" => count(first.on_hand),
            _ => String::new(),
        });
        self.write(&[RejectRow { line: first.line, record: 0, cells, errors: errors.to_vec() }])
    }

    /// Ends the file and says where it is.
    pub(crate) fn finish(self, summary: &mut ImportSummary) -> Result<(), FlowError> {
        summary.reject_file_rows = self.rows;
        let (Some(writer), Some(path)) = (self.writer, self.path) else { return Ok(()) };
        let failed = |source| FlowError::Io {
            what: "cannot write",
            path: path.display().to_string(),
            source,
        };
        let file = writer.finish().map_err(failed)?;
        file.into_inner().map_err(|error| failed(error.into_error()))?;
        summary.reject_file = Some(path);
        Ok(())
    }
}

/// Returns one cell for each column; the second argument counts the columns of the same field before it.
fn cells(
    columns: &[ColumnUse],
    mut cell: impl FnMut(&'static str, usize) -> String,
) -> Vec<String> {
    let mut all = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let nth = columns.iter().take(at).filter(|other| other.field == column.field).count();
        all.push(cell(column.field, nth));
    }
    all
}

/// One row of a product as it would stand in the source.
struct ProductRow<'a> {
    draft: &'a ProductDraft,
    variant: Option<&'a VariantDraft>,
    number: usize,
    format: FormatName,
}

fn said<T>(value: Option<&Said<T>>, text: impl Fn(&T) -> String) -> String {
    value.and_then(Said::value).map_or_else(String::new, text)
}

fn yes_or_no(flag: Option<bool>) -> String {
    flag.map_or("", |flag| if flag { "TRUE" } else { "FALSE" }).to_owned()
}

impl ProductRow<'_> {
    fn cell(&self, field: &str, nth: usize) -> String {
        match field {
            "handle" => self.draft.handle.clone(),
            "image" | "image_alt" | "image_position" => self.image(field),
            "option_value" => self.option_value(nth),
            _ => match self.variant.and_then(|variant| self.of_variant(variant, field, nth)) {
                Some(text) => text,
                // In a table whose every row is a variant, facts about the product stand on each row.
                None if self.number == 0 || self.format == FormatName::Generic => {
                    self.of_product(field, nth)
                }
                None => String::new(),
            },
        }
    }

    fn image(&self, field: &str) -> String {
        let images = self.draft.images.iter().flatten();
        match (images.clone().nth(self.number), field) {
            (None, _) => String::new(),
            (Some(image), "image") => image.url.clone(),
            (Some(image), "image_alt") => image.alt.clone(),
            (Some(_), _) => (self.number + 1).to_string(),
        }
    }

    fn option_value(&self, nth: usize) -> String {
        let Some(variant) = self.variant else { return String::new() };
        let plain =
            nth == 0 && variant.option_values.is_empty() && self.format != FormatName::Generic;
        if plain {
            "Default Title".to_owned()
        } else {
            variant.option_values.get(nth).cloned().unwrap_or_default()
        }
    }

    fn of_variant(&self, variant: &VariantDraft, field: &str, nth: usize) -> Option<String> {
        let money = |amount: &Money| amount.amount_text();
        let generic = self.format == FormatName::Generic;
        Some(match field {
            "sku" => said(variant.sku.as_ref(), String::clone),
            "barcode" => said(variant.barcode.as_ref(), String::clone),
            "weight" if generic => String::new(),
            "weight" => said(variant.weight_grams.as_ref(), u32::to_string),
            "price" => variant.price.as_ref().map_or_else(String::new, money),
            "compare_at" => said(variant.compare_at.as_ref(), money),
            "unit_cost" => said(variant.unit_cost.as_ref(), money),
            "stock" => variant.stock.map_or_else(String::new, |units| units.to_string()),
            "tracks_stock" if generic => yes_or_no(variant.tracks_stock),
            "tracks_stock" => {
                if variant.tracks_stock == Some(true) { "shopify" } else { "" }.to_owned()
            }
            "sells_without_stock" if generic => yes_or_no(variant.sells_without_stock),
            "sells_without_stock" => variant
                .sells_without_stock
                .map_or("", |sells| if sells { "continue" } else { "deny" })
                .to_owned(),
            "requires_shipping" => yes_or_no(variant.requires_shipping),
            "taxable" => yes_or_no(variant.taxable),
            "tax_code" => said(variant.tax_code.as_ref(), String::clone),
            "variant_image" => said(variant.image_url.as_ref(), String::clone),
            "variant metadata" => {
                variant.metadata.get(nth).map_or_else(String::new, |(_, text)| text.clone())
            }
            _ => return None,
        })
    }

    fn of_product(&self, field: &str, nth: usize) -> String {
        let draft = self.draft;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let path = |path: &Vec<String>| path.join(" > ");
        let mut paths = draft.categories.iter().flatten();
        match field {
            "external_id" => text(&draft.external_id),
            "title" => text(&draft.title),
            "description" => text(&draft.description),
            "brand" => said(draft.brand.as_ref(), String::clone),
            "category" => paths.next().map_or_else(String::new, path),
            "further_categories" => paths.skip(1).map(path).collect::<Vec<_>>().join("\n"),
            "product_type" => said(draft.product_type.as_ref(), String::clone),
            "tags" => tags(draft.tags.as_deref().unwrap_or_default()),
            "status" => draft.status.map_or_else(String::new, sutler_core::status::word),
            "published" => yes_or_no(draft.published),
            "option_name"
                if nth == 0
                    && draft.option_names.is_empty()
                    && self.format != FormatName::Generic =>
            {
                "Title".to_owned()
            }
            "option_name" => draft.option_names.get(nth).cloned().unwrap_or_default(),
            "seo_title" => said(draft.seo_title.as_ref(), String::clone),
            "seo_description" => said(draft.seo_description.as_ref(), String::clone),
            "product metadata" => {
                draft.metadata.get(nth).map_or_else(String::new, |(_, text)| text.clone())
            }
            _ => String::new(),
        }
    }
}

/// Joins tags; one that holds a comma stands in quotes.
fn tags(tags: &[String]) -> String {
    let quoted = |tag: &String| {
        if tag.contains(',') || tag.starts_with('"') {
            format!("\"{}\"", tag.replace('"', "\"\""))
        } else {
            tag.clone()
        }
    };
    tags.iter().map(quoted).collect::<Vec<_>>().join(", ")
}
