//! The columns of Shopify's inventory files.

use crate::catalog::layout::Role;
use crate::number;
use crate::table::{Header, Record, Table};
use crate::text::is_placeholder;

use super::columns;

/// In which of its shapes an inventory file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// One row for each variant, one column for each location.
    ByColumn,
    /// One row for each variant and location, with the count in `On hand`.
    ByRow,
    /// The same with `On hand (current)`, which must still be true, and `On hand (new)`, which is written.
    Guarded,
}

/// The keys of columns that are no locations in [`Shape::ByColumn`], beside those of the variant and of other shapes.
const NO_LOCATIONS: [&str; 4] = ["hs code", "coo", "bin name", "location"];

/// How the keys of counts begin; the newest shape adds ` (not editable)`, ` (current)` or ` (new)`.
const COUNTS: [&str; 5] = ["incoming", "unavailable", "committed", "available", "on hand"];

/// What stands in place of a count where a location does not stock a variant.
pub(crate) const NOT_STOCKED: &str = "not stocked";

/// How many rows are looked at to tell counts from facts.
const ROWS_LOOKED_AT: usize = 50;

impl Shape {
    /// Tells the shape by the header, `None` when it is no inventory file, or not for sure.
    pub(crate) fn of(header: &Header) -> Option<Shape> {
        handle_column(header)?;
        if header.has("location") {
            return if header.has("on hand (new)") {
                Some(Shape::Guarded)
            } else if header.has("on hand") || header.has("available") {
                Some(Shape::ByRow)
            } else {
                None
            };
        }
        let stock_like = header.has("sku") && (header.has("hs code") || header.has("coo"));
        (stock_like && may_be_by_column(header)).then_some(Shape::ByColumn)
    }

    /// Tells the shape of a table of which somebody says that it is an inventory file.
    pub(crate) fn of_said(header: &Header) -> Option<Shape> {
        let by_column = || may_be_by_column(header).then_some(Shape::ByColumn);
        Shape::of(header).or_else(by_column)
    }

    /// Tells the shape by the first rows, where the header fits both a stock file that lost `HS Code` and `COO` and a
    /// product file of few columns: what stands below the names of locations is counts.
    pub(crate) fn by_rows(table: &Table) -> Option<Shape> {
        let header = &table.header;
        let names_variants = header.has("sku") || header.has("option1 value");
        if !names_variants || !may_be_by_column(header) {
            return None;
        }
        let columns = location_columns(header);
        let (mut rows, mut counts) = (table.rows(), 0);
        for _ in 0..ROWS_LOOKED_AT {
            // What cannot be read is told by the scan.
            let Ok(Some(record)) = rows.read() else { break };
            for column in &columns {
                match is_count(&record, *column) {
                    Some(true) => counts += 1,
                    Some(false) => {}
                    None => return None,
                }
            }
        }
        (counts > 0).then_some(Shape::ByColumn)
    }

    /// Describes it for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Shape::ByColumn => "one column for each location",
            Shape::ByRow => "one row for each location",
            Shape::Guarded => "one row for each location, with a guard",
        }
    }
}

/// Returns the column of the handle.
pub(crate) fn handle_column(header: &Header) -> Option<usize> {
    header.find("handle").or_else(|| header.find("url handle"))
}

/// Whether a cell is a count, or blank; `None` when it is something else.
fn is_count(record: &Record<'_>, column: usize) -> Option<bool> {
    let cell = record.trimmed(column);
    if is_placeholder(cell) {
        return Some(false);
    }
    match number::whole(cell) {
        Ok(count) => Some(count.is_some()),
        Err(_) => cell.eq_ignore_ascii_case(NOT_STOCKED).then_some(true),
    }
}

/// Whether nothing speaks against one column for each location: no column is about products only.
fn may_be_by_column(header: &Header) -> bool {
    let names_variant = |role| {
        matches!(
            role,
            Role::Handle | Role::Title | Role::OptionName(_) | Role::OptionValue(_) | Role::Sku
        )
    };
    let about_products = |key: &String| match columns::known(key) {
        Some(known) => !names_variant(known.role) && !is_option_link(key),
        None => !columns::is_added_by_rejects(key) && columns::level(key) != Role::Fact,
    };
    handle_column(header).is_some()
        && !header.keys().iter().any(about_products)
        && !header.keys().iter().any(|key| is_count_column(key))
        && !location_columns(header).is_empty()
}

fn is_option_link(key: &str) -> bool {
    key.starts_with("option") && key.ends_with("linked to")
}

fn is_count_column(key: &str) -> bool {
    let (word, rest) = key.split_once(" (").unwrap_or((key, ""));
    COUNTS.contains(&word) && matches!(rest, "" | "not editable)" | "current)" | "new)")
}

/// Returns the columns that are named after locations, in [`Shape::ByColumn`].
pub(crate) fn location_columns(header: &Header) -> Vec<usize> {
    let other = |key: &str| {
        key.is_empty()
            || columns::known(key).is_some()
            || NO_LOCATIONS.contains(&key)
            || is_count_column(key)
            || columns::is_added_by_rejects(key)
    };
    (0..header.len()).filter(|at| !other(&header.keys()[*at])).collect()
}
