//! Stock counts of Shopify's inventory files.
//!
//! Three shapes are read: one column for each location, one row for each variant and location, and the newest one with
//! `On hand (current)` and `On hand (new)`. The current count is a guard: whoever writes the new one must first see
//! that the current one still stands, or sales since the export would be undone.
//!
//! `not stocked` and a blank cell mean that the row changes nothing. The identity of a variant is handle and options;
//! the SKU is information only.
//!
//! Deliberately absent: making variants. A stock file never does.

use sutler_core::import::{Diagnostic, Place, StockDraft};

use super::inventory_columns::{NOT_STOCKED, Shape, handle_column, location_columns};
use crate::catalog::options::NO_OPTION_VALUE;
use crate::codes::{self, Code};
use crate::diagnose::{Extend as _, diagnostic, remark_file};
use crate::number::{self, NumberError};
use crate::open::{ColumnUse, Refused};
use crate::report::{RejectRow, RowsAt};
use crate::table::{Record, RecordReader, Table};
use crate::text::{identifier, is_placeholder, shown, stable_hash, unguard};

/// Where the fields of a stock row are.
struct Columns {
    shape: Shape,
    handle: usize,
    options: Vec<usize>,
    sku: Option<usize>,
    location: Option<usize>,
    /// The counts: one column for each location, or the one count column.
    counts: Vec<usize>,
    current: Option<usize>,
}

/// A stock table after pass 1.
pub(crate) struct StockTable {
    pub(crate) table: Table,
    columns: Columns,
    pub(crate) rows: u64,
    pub(crate) blank_rows: u64,
    /// Lines that repeat the variant and location of an earlier line, with that line.
    repeated: Vec<(u32, u32)>,
    pub(crate) remarks: Vec<Diagnostic>,
}

/// What a stock file says in one row.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, InventoryRow, InventoryWriter, ReadOptions, open};
///
/// let mut writer = InventoryWriter::new(Vec::new())?;
/// let hats = InventoryRow { on_hand: Some(7), ..InventoryRow::default() };
/// writer.write(&InventoryRow { handle: "hat".into(), location: "Berlin".into(), ..hats })?;
/// let opened = open(Input::bytes("stock.csv", writer.finish()?), ReadOptions::new(Currency::EUR))?;
///
/// let entry = opened.stock().next().expect("a row")?;
/// assert!(entry.rejected.is_none());
/// let draft = &entry.drafts[0];
/// assert_eq!((draft.location.as_str(), draft.expected_on_hand), ("Berlin", Some(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockEntry {
    /// Physical line of the row.
    pub line: u64,
    /// The counts; more than one where locations are columns, none when the row was refused.
    pub drafts: Vec<StockDraft>,
    /// Remarks about a row that is used.
    pub remarks: Vec<Diagnostic>,
    /// The row, when it was refused.
    pub rejected: Option<RejectRow>,
    /// Where it stands: [`Opened::rows_of`](crate::Opened::rows_of) reads it again.
    pub source: RowsAt,
}

impl StockTable {
    /// Checks the whole table.
    ///
    /// Errors: fatal diagnostics of its structure.
    pub(crate) fn scan(table: Table, shape: Shape) -> Result<StockTable, Refused> {
        let header = &table.header;
        for (at, key) in header.keys().iter().enumerate() {
            if let Some(first) = header.find(key)
                && first < at
                && !key.is_empty()
            {
                return Err(Refused::one(super::duplicate(header, first, at)));
            }
        }
        let columns = columns(&table, shape)?;
        let mut remarks = Vec::new();
        if shape == Shape::ByRow && !header.has("on hand") {
            remarks.push(remark_file(
                &codes::AVAILABLE_READ_AS_ON_HAND,
                "there is no column \"On hand\"; \"Available\" is read instead",
                "export the inventory with all columns",
            ));
        }
        let mut found =
            StockTable { columns, rows: 0, blank_rows: 0, repeated: Vec::new(), remarks, table };
        let mut keys = Vec::new();
        let mut reader = found.table.rows();
        while let Some(record) = reader.read()? {
            if record.is_blank() {
                found.blank_rows += 1;
                continue;
            }
            found.rows += 1;
            if record.len() == found.table.header.len() {
                let line = u32::try_from(record.mark.line).unwrap_or(u32::MAX);
                keys.push((found.columns.key(&record), line));
            }
        }
        found.repeated = crate::catalog::scan::repeated(keys);
        Ok(found)
    }

    /// Returns what each column is read as.
    pub(crate) fn column_uses(&self) -> Vec<ColumnUse> {
        let columns = &self.columns;
        let field = |at: usize| match at {
            at if at == columns.handle => "handle",
            at if columns.options.contains(&at) => "option_value",
            at if columns.sku == Some(at) => "sku",
            at if columns.location == Some(at) => "location",
            at if columns.counts.contains(&at) => "on_hand",
            at if columns.current == Some(at) => "expected_on_hand",
            _ => "ignored",
        };
        let header = &self.table.header;
        (0..header.len())
            .map(|at| ColumnUse { header: header.name(at).to_owned(), field: field(at) })
            .collect()
    }

    /// Streams the rows.
    pub(crate) fn stream(&self) -> Stock<'_> {
        Stock { stock: self, reader: self.table.rows(), failed: false }
    }
}

/// Finds the columns of a shape.
fn columns(table: &Table, shape: Shape) -> Result<Columns, Refused> {
    let header = &table.header;
    let missing = |name: &str| crate::format::missing(header, name);
    let count = |keys: &[&str], name: &str| {
        keys.iter().find_map(|key| header.find(key)).ok_or_else(|| missing(name))
    };
    let (counts, current) = match shape {
        Shape::ByColumn => (location_columns(header), None),
        Shape::ByRow => (vec![count(&["on hand", "available"], "On hand")?], None),
        Shape::Guarded => {
            (vec![count(&["on hand (new)"], "On hand (new)")?], header.find("on hand (current)"))
        }
    };
    Ok(Columns {
        shape,
        handle: handle_column(header).ok_or_else(|| missing("Handle"))?,
        options: (1..=3).filter_map(|n| header.find(&format!("option{n} value"))).collect(),
        sku: header.find("sku"),
        location: header.find("location"),
        counts,
        current,
    })
}

impl Columns {
    /// Returns a hash of what a row counts: variant and, where it is a cell, location.
    fn key(&self, record: &Record<'_>) -> u64 {
        let cells = std::iter::once(self.handle).chain(self.options.iter().copied());
        cells.chain(self.location).fold(0, |hash: u64, column| {
            let cell = unguard(record.trimmed(column));
            hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(stable_hash(cell))
        })
    }

    fn option_values(&self, record: &Record<'_>) -> Vec<String> {
        let values = self.options.iter().map(|column| unguard(record.trimmed(*column)));
        values
            .filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case(NO_OPTION_VALUE))
            .map(str::to_owned)
            .collect()
    }
}

/// Streams the rows of a stock file.
///
/// After an error it ends.
pub(crate) struct Stock<'a> {
    stock: &'a StockTable,
    reader: RecordReader,
    failed: bool,
}

impl Iterator for Stock<'_> {
    type Item = Result<StockEntry, Refused>;

    fn next(&mut self) -> Option<Result<StockEntry, Refused>> {
        if self.failed {
            return None;
        }
        loop {
            match self.reader.read() {
                Ok(Some(record)) if record.is_blank() => {}
                Ok(Some(record)) => return Some(Ok(self.stock.entry(&record))),
                Ok(None) => return None,
                Err(refused) => {
                    self.failed = true;
                    return Some(Err(refused));
                }
            }
        }
    }
}

impl StockTable {
    fn entry(&self, record: &Record<'_>) -> StockEntry {
        let mut row = StockRow { stock: self, record, faults: Vec::new(), remarks: Vec::new() };
        let drafts = row.read();
        let StockRow { faults, remarks, .. } = row;
        let rejected = (!faults.is_empty()).then(|| RejectRow::of(record, faults));
        let drafts = if rejected.is_some() { Vec::new() } else { drafts };
        let source = RowsAt::row(record.mark);
        StockEntry { line: record.mark.line, drafts, remarks, rejected, source }
    }
}

/// One row while it is read.
struct StockRow<'a> {
    stock: &'a StockTable,
    record: &'a Record<'a>,
    faults: Vec<Diagnostic>,
    remarks: Vec<Diagnostic>,
}

impl StockRow<'_> {
    fn read(&mut self) -> Vec<StockDraft> {
        let (columns, record) = (&self.stock.columns, self.record);
        let header = &self.stock.table.header;
        if record.len() != header.len() {
            let message =
                format!("the row has {} cells, but the header has {}", record.len(), header.len());
            let help = "look for a delimiter or a quote that is missing or too many";
            self.fault(&codes::RAGGED_ROW, record.place(), message, help);
            return Vec::new();
        }
        let handle = unguard(record.trimmed(columns.handle));
        if handle.is_empty() {
            let place = header.place(&record.place(), columns.handle);
            let message = "the row has no handle".to_owned();
            self.fault(
                &codes::NO_HANDLE,
                place,
                message,
                "write the handle of its product into the row",
            );
            return Vec::new();
        }
        if let Some(first) = self.repeated_line() {
            let message =
                format!("the count of this variant and location stands on line {first} already");
            let help = "delete the row that is wrong";
            self.fault(&codes::SAME_STOCK_TWICE, record.place(), message, help);
        }
        let sku = columns.sku.map_or("", |column| identifier(record.get(column)).0);
        let draft = |location: &str, expected_on_hand, on_hand| StockDraft {
            line: record.mark.line,
            handle: handle.to_owned(),
            option_values: columns.option_values(record),
            sku: sku.to_owned(),
            location: location.to_owned(),
            expected_on_hand,
            on_hand,
        };
        match columns.location {
            Some(column) if columns.shape != Shape::ByColumn => {
                let location = unguard(record.trimmed(column));
                if location.is_empty() {
                    let place = header.place(&record.place(), column);
                    let message = "the row names no location".to_owned();
                    self.fault(
                        &codes::NO_LOCATION,
                        place,
                        message,
                        "write the name of the location",
                    );
                }
                let expected = columns.current.and_then(|column| self.count(column));
                let on_hand = self.count(columns.counts[0]);
                vec![draft(location, expected, on_hand)]
            }
            _ => columns
                .counts
                .iter()
                .map(|column| draft(header.name(*column), None, self.count(*column)))
                .collect(),
        }
    }

    /// Reads a count; `None` for a blank cell, `not stocked`, or a fault.
    fn count(&mut self, column: usize) -> Option<i64> {
        let cell = self.record.trimmed(column);
        if cell.eq_ignore_ascii_case(NOT_STOCKED) || is_placeholder(cell) {
            return None;
        }
        let header = &self.stock.table.header;
        let place = header.place(&self.record.place(), column);
        let name = header.name(column);
        match number::whole(cell) {
            Ok(whole) => {
                if whole.is_some_and(|whole| whole.point_zero) {
                    let message = format!("{name} '{}' lost its `.0`", shown(cell));
                    let remark = diagnostic(&codes::WHOLE_WITH_POINT_ZERO, place, message);
                    self.remarks.push(remark.with_value(cell));
                }
                whole.map(|whole| whole.value)
            }
            Err(error) => {
                let (code, what) = match error {
                    NumberError::OutOfRange => (&codes::OUT_OF_RANGE, "is too large"),
                    _ => (&codes::NOT_A_WHOLE_NUMBER, "is not a whole number"),
                };
                let message = format!("{name} '{}' {what}", shown(cell));
                let help = "write digits, with a minus where units are owed, or `not stocked`";
                self.fault(code, place, message, help);
                None
            }
        }
    }

    fn repeated_line(&self) -> Option<u32> {
        let line = u32::try_from(self.record.mark.line).unwrap_or(u32::MAX);
        let repeated = &self.stock.repeated;
        let at = repeated.binary_search_by_key(&line, |(line, _)| *line).ok()?;
        Some(repeated[at].1)
    }

    fn fault(&mut self, code: &Code, place: Place, message: String, help: &str) {
        self.faults.push(diagnostic(code, place, message).with_help(help));
    }
}
