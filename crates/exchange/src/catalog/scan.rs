//! Pass 1 over a product table: everything that one row alone cannot tell.
//!
//! Found here: where each product's rows are, the decimal mark of each number column, repeated SKUs, whether facts of
//! unknown columns are about products or variants, and faults that refuse the whole file. Nothing is kept of the
//! cells but hashes and counts.

use sutler_core::import::{Diagnostic, Place};
use sutler_core::money::DecimalMark;

use super::index::{PRODUCT_BYTES_MAX, PRODUCT_ROWS_MAX, RowIndex};
use super::layout::{HandleSource, Layout, Role};
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic, fatal_place};
use crate::number::{Evidence, Rule, Verdict};
use crate::open::Refused;
use crate::table::{Header, Mark, Record, RecordReader, Table};
use crate::text::{Damage, identifier, stable_hash, trim_cell};

/// What pass 1 found.
pub(crate) struct Scan {
    pub(crate) index: RowIndex,
    /// How to read the numbers of each column; `None` where it holds none.
    pub(crate) rules: Vec<Option<Rule>>,
    /// The columns in which a decimal mark was seen or could be, with the mark that is used.
    pub(crate) decimal_marks: Vec<(String, DecimalMark)>,
    /// Repeated SKUs: the line of the row and the line where the SKU came first; by line.
    pub(crate) repeated_skus: Vec<(u32, u32)>,
    pub(crate) rows: u64,
    pub(crate) blank_rows: u64,
    /// Line of the last record, when it has fewer cells than the header.
    /// Remarks about the whole file.
    pub(crate) remarks: Vec<Diagnostic>,
}

/// What is counted while the rows go by.
struct Scanner<'t> {
    table: &'t Table,
    handles: HandleSource,
    index: RowIndex,
    /// The handle of the run that goes on.
    current: String,
    evidence: Vec<(usize, Evidence)>,
    sku_column: Option<usize>,
    skus: Vec<(u64, u32)>,
    /// Columns of which it is not known yet whether their facts are about variants, and whether a later row of a
    /// product had one.
    facts: Vec<(usize, bool)>,
    /// Columns without a name, and the line of their first value.
    nameless: Vec<(usize, Option<u64>)>,
    rows: u64,
    blank_rows: u64,
    longer: u64,
    /// Rows of another length than the header.
    ragged: u64,
    most_cells: usize,
    /// The last record: where it is, how many cells it has, and the diagnosis of a quote that it leaves open.
    last: Option<(Mark, usize, Option<Diagnostic>)>,
}

/// Scans a table and settles what the layout left open.
///
/// Errors: fatal diagnostics; see the module.
pub(crate) fn scan(
    table: &Table,
    layout: &mut Layout,
    decimal: Option<DecimalMark>,
) -> Result<Scan, Refused> {
    let columns_of = |wanted: fn(Role) -> bool| -> Vec<usize> {
        layout.meanings().filter(|(_, column)| wanted(column.role)).map(|(at, _)| at).collect()
    };
    let mut scanner = Scanner {
        table,
        handles: HandleSource::new(layout),
        index: RowIndex::default(),
        current: String::new(),
        evidence: columns_of(Role::is_decimal)
            .into_iter()
            .map(|at| (at, Evidence::default()))
            .collect(),
        sku_column: layout.slot(Role::Sku).column,
        skus: Vec::new(),
        facts: columns_of(|role| role == Role::Fact).into_iter().map(|at| (at, false)).collect(),
        nameless: columns_of(|role| role == Role::Ignored)
            .into_iter()
            .filter(|at| table.header.name(*at).is_empty())
            .map(|at| (at, None))
            .collect(),
        rows: 0,
        blank_rows: 0,
        longer: 0,
        ragged: 0,
        most_cells: 0,
        last: None,
    };
    let mut reader = table.rows();
    scanner.read(&mut reader)?;
    scanner.check_header_length(layout)?;
    // One after the other, so that the two lists that grow with the rows are never both at their largest.
    let repeated_skus = repeated(std::mem::take(&mut scanner.skus));
    let end = reader.mark().offset;
    scanner.index.link(end).map_err(|large| too_large(&large))?;
    for (column, on_later_rows) in &scanner.facts {
        layout.columns[*column].role =
            if *on_later_rows { Role::VariantFact } else { Role::ProductFact };
    }
    let rules = scanner.rules(decimal)?;
    let mut remarks = scanner.mixed_marks();
    remarks.extend(scanner.nameless_remarks());
    let decimal_marks = scanner
        .evidence
        .iter()
        .filter(|(_, evidence)| evidence.is_decided())
        .filter_map(|(column, _)| {
            Some((table.header.name(*column).to_owned(), rules[*column]?.mark))
        })
        .collect();
    Ok(Scan {
        rules,
        decimal_marks,
        repeated_skus,
        rows: scanner.rows,
        blank_rows: scanner.blank_rows,
        remarks,
        index: scanner.index,
    })
}

impl Scanner<'_> {
    fn read(&mut self, reader: &mut RecordReader) -> Result<(), Refused> {
        while let Some(record) = reader.read()? {
            if record.is_blank() {
                self.blank_rows += 1;
                continue;
            }
            self.rows += 1;
            let later = self.place_row(&record);
            let cells = record.len();
            self.most_cells = self.most_cells.max(cells);
            let names = self.table.header.len();
            let open_quote = if cells < names { open_quote(&record) } else { None };
            self.last = Some((record.mark, cells, open_quote));
            self.ragged += u64::from(cells != names);
            if cells == names {
                self.look_at_cells(&record, later);
            } else {
                self.longer += u64::from(cells > names);
            }
        }
        // A quote that stays open to the end of the file takes the rest of it: that is no fault of one row.
        match self.last.as_mut().and_then(|(_, _, open_quote)| open_quote.take()) {
            Some(diagnostic) => Err(Refused::one(diagnostic)),
            None => self.require_end(),
        }
    }

    /// Refuses a file of which the last row alone is too short: its end is missing, and nobody knows how much of it.
    fn require_end(&self) -> Result<(), Refused> {
        let names = self.table.header.len();
        let Some((mark, cells, _)) = self.last.as_ref().filter(|(_, cells, _)| *cells < names)
        else {
            return Ok(());
        };
        if self.ragged > 1 {
            return Ok(());
        }
        let place = Place { line: mark.line, record: mark.record, column: None };
        let message = format!(
            "the file is cut off: its last row has {cells} cells, but the header has {names}"
        );
        let help = "export or copy the file again: further rows may be missing as well";
        Err(Refused::one(fatal_place(&codes::TRUNCATED_ROW, place, message, help)))
    }

    /// Puts a row into the index; returns whether it is a later row of its run.
    fn place_row(&mut self, record: &Record<'_>) -> bool {
        let handle = self.handles.of(record);
        if handle.is_empty() && !self.handles.is_derived() {
            if !self.index.extend() {
                self.index.begin(None, record.mark);
            }
            return true;
        }
        if self.rows > 1 && *handle == *self.current && !handle.is_empty() {
            return self.index.extend();
        }
        // Rows without title and SKU have no derived handle: they stand alone and are refused later.
        let hash = stable_hash(&handle);
        self.index.begin(Some(hash), record.mark);
        self.current.clear();
        self.current.push_str(&handle);
        false
    }

    fn look_at_cells(&mut self, record: &Record<'_>, later: bool) {
        for (column, evidence) in &mut self.evidence {
            evidence.observe(record.get(*column), record.mark.line);
        }
        if let Some(column) = self.sku_column {
            let (sku, damage) = identifier(record.get(column));
            if !sku.is_empty() && damage != Damage::Exponent {
                let line = u32::try_from(record.mark.line).unwrap_or(u32::MAX);
                self.skus.push((stable_hash(sku), line));
            }
        }
        if later {
            for (column, on_later_rows) in &mut self.facts {
                *on_later_rows = *on_later_rows || !trim_cell(record.get(*column)).is_empty();
            }
        }
        for (column, line) in &mut self.nameless {
            if line.is_none() && !trim_cell(record.get(*column)).is_empty() {
                *line = Some(record.mark.line);
            }
        }
    }

    /// Refuses a file of which no row fits the header.
    ///
    /// Rows that are a little longer are refused one by one, with a hint about the shift. The header itself is wrong
    /// when it lacks the price, or a good part of what the rows have.
    fn check_header_length(&self, layout: &Layout) -> Result<(), Refused> {
        let names = self.table.header.len();
        if self.rows == 0 || self.longer < self.rows {
            return Ok(());
        }
        if layout.slot(Role::Price).is_there() && self.most_cells <= names + names / 4 {
            return Ok(());
        }
        let message = format!(
            "the header has {names} names, but all {} rows have more cells, up to {}",
            self.rows, self.most_cells
        );
        let help = "the header row was cut or belongs to another file: put the right one in place";
        let place = self.table.header.row_place();
        Err(Refused::one(fatal_place(&codes::HEADER_TOO_SHORT, place, message, help)))
    }

    /// Decides the decimal mark of every number column.
    fn rules(&self, decimal: Option<DecimalMark>) -> Result<Vec<Option<Rule>>, Refused> {
        let mut rules = vec![None; self.table.header.len()];
        let mut ambiguous = Vec::new();
        for (column, evidence) in &self.evidence {
            rules[*column] = match (decimal, evidence.verdict()) {
                (Some(mark), _) => Some(Rule::given(mark)),
                (None, Verdict::Read(rule)) => Some(rule),
                (None, Verdict::Ambiguous { count, line, example }) => {
                    let header = &self.table.header;
                    ambiguous.push(ambiguous_column(header, *column, count, line, &example));
                    None
                }
            };
        }
        if ambiguous.is_empty() { Ok(rules) } else { Err(Refused::new(ambiguous)) }
    }

    fn mixed_marks(&self) -> Vec<Diagnostic> {
        let remark = |(column, evidence): &(usize, Evidence)| {
            let [(point_line, point), (comma_line, comma)] = evidence.contradiction()?;
            let place = self.table.header.header_place(*column);
            let message = format!(
                "{} has '{point}' on line {point_line} and '{comma}' on line {comma_line}",
                self.table.header.name(*column)
            );
            let help = "values with the rarer mark are refused; `--decimal` says another mark";
            Some(diagnostic(&codes::MIXED_DECIMAL_MARKS, place, message).with_help(help))
        };
        self.evidence.iter().filter_map(remark).collect()
    }

    fn nameless_remarks(&self) -> Vec<Diagnostic> {
        let remark = |(column, line): &(usize, Option<u64>)| {
            let message = format!("column {} has values but no name; they are ignored", column + 1);
            let place = Place { line: (*line)?, ..Place::default() };
            let help = "write a name into the header row to keep them";
            Some(diagnostic(&codes::NAMELESS_COLUMN, place, message).with_help(help))
        };
        self.nameless.iter().filter_map(remark).collect()
    }
}

/// The refusal of a column of numbers that can be read in two ways.
pub(crate) fn ambiguous_column(
    header: &Header,
    column: usize,
    count: u64,
    line: u64,
    example: &str,
) -> Diagnostic {
    let place = header.place(&Place { line, ..Place::default() }, column);
    let name = header.name(column);
    let message = match count {
        1 => format!("{name} '{example}' can be read in two ways, and no other value decides it"),
        n => format!(
            "{n} rows: {name} such as '{example}' can be read in two ways, and no value decides it"
        ),
    };
    let help = "say the decimal mark: rerun with `--decimal ,` or `--decimal .`";
    fatal_place(&codes::AMBIGUOUS_NUMBER, place, message, help).with_value(example)
}

/// Finds repeated SKUs: of each, all lines but the first, with the first.
pub(crate) fn repeated(mut skus: Vec<(u64, u32)>) -> Vec<(u32, u32)> {
    skus.sort_unstable();
    let mut repeated: Vec<(u32, u32)> = skus
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|same| same[1..].iter().map(|(_, line)| (*line, same[0].1)))
        .collect();
    repeated.sort_unstable();
    repeated
}

/// Tells of a quote within a cell of a record that is too short: it opens what nothing closes.
fn open_quote(record: &Record<'_>) -> Option<Diagnostic> {
    let cell = record.bare_quote()?;
    let message = format!(
        "a quote in cell {} of this record is never closed, and the record ends early",
        cell + 1
    );
    let help = "close the quote, or double it (\"\") where it belongs to the text";
    let refusal = fatal_place(&codes::OPEN_QUOTE, record.place(), message, help);
    Some(refusal.with_value(record.get(cell)))
}

fn too_large(large: &super::index::TooLarge) -> Refused {
    let place = Place { line: large.mark.line, record: large.mark.record, column: None };
    let message = format!(
        "the product that begins here has {} rows of {} bytes together; at most \
         {PRODUCT_ROWS_MAX} rows and {} MiB are read",
        large.rows,
        large.bytes,
        PRODUCT_BYTES_MAX / 1024 / 1024
    );
    let help = "check the handle column: does every row have the same handle?";
    Refused::one(fatal_place(&codes::PRODUCT_TOO_LARGE, place, message, help))
}

impl Scan {
    /// Returns the line on which the SKU of the row on `line` came first, when it came before.
    pub(crate) fn first_line_of_sku(&self, line: u64) -> Option<u64> {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let at = self.repeated_skus.binary_search_by_key(&line, |(line, _)| *line).ok()?;
        Some(u64::from(self.repeated_skus[at].1))
    }
}
