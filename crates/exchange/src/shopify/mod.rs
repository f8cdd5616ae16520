//! Shopify's files: product tables (read and written) and inventory tables (read in three shapes, written in one).

pub(crate) mod columns;
pub(crate) mod export;
pub(crate) mod inventory;
pub(crate) mod inventory_columns;
mod inventory_export;

pub use export::{ExportColumns, ProductWriter};
pub use inventory::StockEntry;
pub use inventory_export::{InventoryRow, InventoryWriter};

use crate::catalog::layout::{Column, ImageForm, Layout, Role, Separators};
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic, fatal_place};
use crate::open::Refused;
use crate::table::Header;
use sutler_core::import::Diagnostic;

/// Makes the layout of a Shopify product table.
///
/// Errors: two columns that mean the same field.
pub(crate) fn layout(header: &Header) -> Result<(Layout, Vec<Diagnostic>), Refused> {
    let mut columns: Vec<Column> = Vec::with_capacity(header.len());
    let mut remarks = Vec::new();
    let mut duplicates = Vec::new();
    for (at, key) in header.keys().iter().enumerate() {
        let (role, mut name) = match key.is_empty() {
            true => (Role::Ignored, String::new()),
            false => columns::meaning(key, header.name(at)),
        };
        let is_fact = matches!(role, Role::Fact | Role::ProductFact | Role::VariantFact);
        let same = |column: &Column| {
            column.role == role && (!is_fact || column.name.eq_ignore_ascii_case(&name))
        };
        if role != Role::Ignored
            && let Some(first) = columns.iter().position(same)
        {
            if is_fact && columns::known(key).is_none() {
                name = format!("{name} (column {})", at + 1);
                let message = format!(
                    "there are two columns {:?}; the second is kept as {name:?}",
                    header.name(at)
                );
                let place = header.header_place(at);
                remarks.push(
                    diagnostic(&codes::REPEATED_COLUMN, place, message)
                        .with_help("give one of them another name"),
                );
            } else {
                duplicates.push(duplicate(header, first, at));
            }
        }
        columns.push(Column { role, name });
    }
    if !duplicates.is_empty() {
        return Err(Refused::new(duplicates));
    }
    let layout = Layout {
        columns,
        also: Vec::new(),
        constants: Vec::new(),
        separators: Separators {
            category: ">".to_owned(),
            categories: None,
            tags: ",".to_owned(),
            images: None,
        },
        weight_unit: crate::number::WeightUnit::Gram,
        image_form: ImageForm::Url,
        every_row_is_variant: false,
    };
    Ok((layout, remarks))
}

/// The refusal of two columns for one field.
pub(crate) fn duplicate(header: &Header, first: usize, second: usize) -> Diagnostic {
    let message = format!(
        "column {} {:?} and column {} {:?} mean the same field",
        first + 1,
        header.name(first),
        second + 1,
        header.name(second)
    );
    let help = "delete or rename the one that is wrong";
    fatal_place(&codes::DUPLICATE_COLUMN, header.header_place(second), message, help)
}
