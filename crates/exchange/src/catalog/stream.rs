//! Pass 2 over a product table: product after product, in order of first appearance.
//!
//! Rows are read in file order; only where the rows of a product stand apart does the reader jump. The rows of a
//! product that has a refused row are read a second time, for the reject file; nothing is kept for the others.

use std::collections::BTreeMap;

use sutler_core::import::{Diagnostic, Place, ProductDraft};
use sutler_core::money::Currency;

use super::assemble::{Assembler, Product};
use super::layout::Layout;
use super::scan::Scan;
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic};
use crate::open::Refused;
use crate::report::{RejectRow, RowsAt};
use crate::table::{RecordReader, Table, changed};
use crate::text::{shown, wide};

/// A product table after pass 1.
pub(crate) struct Catalog {
    pub(crate) table: Table,
    pub(crate) layout: Layout,
    pub(crate) scan: Scan,
}

impl Catalog {
    /// Reads all rows of a product again, given its first run.
    pub(crate) fn rows_of(
        &self,
        reader: &mut RecordReader,
        first_run: usize,
    ) -> Result<Vec<RejectRow>, Refused> {
        let index = &self.scan.index;
        let mut rows = Vec::new();
        for run in index.runs_of(first_run) {
            reader.seek(index.mark(run));
            let mut left = index.rows(run);
            while left > 0 {
                let record = reader.read()?.ok_or_else(changed)?;
                if record.is_blank() {
                    continue;
                }
                left -= 1;
                rows.push(RejectRow::of(&record, Vec::new()));
            }
        }
        Ok(rows)
    }
}

/// What a file says about one product.
///
/// Invariant: `draft` holds the rows that were accepted, `rejected` names those that were not; together they are all
/// rows of the product.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// let file = "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
///             hat,Hat,Size,S,19.90\n\
///             hat,,,M,cheap\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// let hat = opened.products().next().expect("a product")?;
/// assert_eq!((hat.handle.as_str(), hat.line, hat.rows, hat.reject_count()), ("hat", 2, 2, 1));
/// assert!(hat.errors().all(|error| error.place.line == 3));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The product; `None` when all of its rows were refused.
    pub draft: Option<ProductDraft>,
    /// Its handle, empty for rows that belong to no product.
    pub handle: String,
    /// Physical line of its first row.
    pub line: u64,
    /// How many rows it has, refused ones included.
    pub rows: u64,
    /// Remarks about rows that are used.
    pub remarks: Vec<Diagnostic>,
    /// Empty when every row was accepted. Otherwise *all* rows of the product, so that the reject file holds a whole
    /// product; those without errors are there for company.
    pub rejected: Vec<RejectRow>,
    /// Where its rows stand: [`Opened::rows_of`](crate::Opened::rows_of) reads them again.
    pub source: RowsAt,
    /// How many bytes of the source its rows take.
    pub bytes: u64,
}

impl Entry {
    /// Counts the refused rows.
    pub fn reject_count(&self) -> u64 {
        wide(self.rejected.iter().filter(|row| !row.errors.is_empty()).count())
    }

    /// Iterates over the diagnostics that refused rows.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.rejected.iter().flat_map(|row| &row.errors)
    }
}

/// Streams the products of a file.
///
/// After an error it ends.
pub(crate) struct Products<'a> {
    catalog: &'a Catalog,
    assembler: Assembler<'a>,
    reader: RecordReader,
    next_run: usize,
    ended: bool,
}

impl<'a> Products<'a> {
    pub(crate) fn new(catalog: &'a Catalog, currency: Currency, strict_sku: bool) -> Products<'a> {
        let Catalog { table, layout, scan } = catalog;
        Products {
            catalog,
            assembler: Assembler::new(&table.header, layout, scan, currency, strict_sku),
            reader: table.rows(),
            next_run: 0,
            ended: false,
        }
    }

    /// Reads the product whose first run this is.
    fn product(&mut self, first_run: usize) -> Result<Entry, Refused> {
        let index = &self.catalog.scan.index;
        let start = index.mark(first_run);
        let place = Place { line: start.line, record: start.record, column: None };
        let mut product: Option<Product> = None;
        let mut rows = 0;
        for run in index.runs_of(first_run) {
            self.reader.seek(index.mark(run));
            let mut left = index.rows(run);
            while left > 0 {
                let record = self.reader.read()?.ok_or_else(changed)?;
                if record.is_blank() {
                    continue;
                }
                left -= 1;
                rows += 1;
                let product = match &mut product {
                    Some(product) => product,
                    None => {
                        let handle = self.assembler.handles.of(&record).into_owned();
                        product.insert(self.assembler.begin(handle))
                    }
                };
                let handle = self.assembler.handles.of(&record);
                if !handle.is_empty() && *handle != *product.handle {
                    // The scan saw another handle here, or two handles with one hash.
                    return Err(changed());
                }
                product.row(&self.assembler, record);
            }
        }
        let mut product = product.ok_or_else(changed)?;
        let handle = product.handle.clone();
        self.remark_runs(first_run, &mut product);
        let draft = if handle.is_empty() {
            no_handle(&mut product, rows, &place);
            None
        } else {
            product.finish(&self.assembler, &place)
        };
        let rejected = if product.faults.is_empty() {
            Vec::new()
        } else {
            let faults = std::mem::take(&mut product.faults);
            self.reject_rows(first_run, faults, draft.is_none())?
        };
        let (source, bytes) = (RowsAt::product(first_run), index.bytes_of(first_run));
        Ok(Entry {
            draft,
            handle,
            line: start.line,
            rows,
            remarks: product.remarks,
            rejected,
            source,
            bytes,
        })
    }

    /// Remarks that the rows of a product stand apart.
    fn remark_runs(&self, first_run: usize, product: &mut Product) {
        let index = &self.catalog.scan.index;
        for run in index.runs_of(first_run).skip(1) {
            let mark = index.mark(run);
            let message = format!(
                "product '{}' of line {} goes on here, after rows of other products",
                shown(&product.handle),
                index.mark(first_run).line
            );
            let place = Place { line: mark.line, record: mark.record, column: None };
            let help = "nothing is to be done when that is intended";
            let remark = diagnostic(&codes::INTERLEAVED_HANDLE, place, message);
            product.remarks.push(remark.with_help(help));
        }
    }

    /// Reads all rows of a product again, with the errors of each.
    fn reject_rows(
        &mut self,
        first_run: usize,
        faults: Vec<(u32, Diagnostic)>,
        whole: bool,
    ) -> Result<Vec<RejectRow>, Refused> {
        let mut by_row: BTreeMap<u32, Vec<Diagnostic>> = BTreeMap::new();
        for (row, fault) in faults {
            by_row.entry(row).or_default().push(fault);
        }
        let mut rows = self.catalog.rows_of(&mut self.reader, first_run)?;
        for (number, row) in (0_u32..).zip(&mut rows) {
            row.errors = by_row.remove(&number).unwrap_or_default();
            if whole && row.errors.is_empty() {
                let message = "its product was refused because of another row";
                let help = "mend the row with the error and import all rows together";
                let error = diagnostic(&codes::PRODUCT_REFUSED, row.place(), message);
                row.errors.push(error.with_help(help));
            }
        }
        Ok(rows)
    }
}

/// Refuses rows that belong to no product.
fn no_handle(product: &mut Product, rows: u64, first: &Place) {
    product.remarks.clear();
    product.faults.clear();
    for row in 0..u32::try_from(rows).unwrap_or(u32::MAX) {
        let place = if row == 0 { first.clone() } else { Place::default() };
        let message = "the row has no handle, and no product stands above it";
        let help = "write the handle of its product into the row";
        product.faults.push((row, diagnostic(&codes::NO_HANDLE, place, message).with_help(help)));
    }
}

impl Iterator for Products<'_> {
    type Item = Result<Entry, Refused>;

    fn next(&mut self) -> Option<Result<Entry, Refused>> {
        if self.ended {
            return None;
        }
        let Some(run) = self.catalog.scan.index.product_from(self.next_run) else {
            // The last rows are read by now; what another program wrote meanwhile may be in any of them.
            self.ended = true;
            return self.catalog.table.has_changed().then(|| Err(changed()));
        };
        self.next_run = run + 1;
        let entry = self.product(run);
        self.ended = entry.is_err();
        Some(entry)
    }
}
