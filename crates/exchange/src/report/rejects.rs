//! The file of refused rows: the columns of the source in their order, then `Error(s)` and `Source line`.
//!
//! All rows of a product stand together, also those that were accepted, so that the file is imported as it is once the
//! errors are mended: the accepted rows say what the shop has already. The two added columns are ignored on import; a
//! column that is called after another one says that this one holds facts about variants (module `shopify::columns`).
//!
//! Cells that a spreadsheet would run get an apostrophe (module `text`); a cell that carries one already is written as
//! it is, so reading the file gives what reading the source gave.

use std::io::{self, Write};

use sutler_core::import::{Diagnostic, Place};

use crate::shopify::columns::REJECT_COLUMNS;
use crate::table::{Mark, Record};
use crate::text::guard_source_cell;

/// One row of a product of which a row was refused.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// let file = "Handle,Title,Variant Price\nhat,Hat,N/A\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// let row = opened.products().next().expect("a product")?.rejected.remove(0);
/// assert_eq!((row.line, row.cells), (2, vec!["hat".into(), "Hat".into(), "N/A".into()]));
/// assert_eq!(row.errors[0].code, "E102");
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectRow {
    /// Physical line in the source.
    pub line: u64,
    /// Number of the record in the source.
    pub record: u64,
    /// The cells as written in the source.
    pub cells: Vec<String>,
    /// Why the row was refused; empty for a row that stands here to keep its product together.
    pub errors: Vec<Diagnostic>,
}

impl RejectRow {
    /// Takes a record as it stands.
    pub(crate) fn of(record: &Record<'_>, errors: Vec<Diagnostic>) -> RejectRow {
        RejectRow {
            line: record.mark.line,
            record: record.mark.record,
            cells: record.iter().map(str::to_owned).collect(),
            errors,
        }
    }

    /// Returns the place of the whole row.
    pub(crate) fn place(&self) -> Place {
        Place { line: self.line, record: self.record, column: None }
    }
}

/// Where the rows of one entry stand in their file, in a few bytes; good for the file that it came from and no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowsAt(pub(crate) At);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum At {
    /// The rows of a product, by its first run.
    Product(usize),
    /// One row.
    Row(Mark),
}

impl RowsAt {
    pub(crate) fn product(first_run: usize) -> RowsAt {
        RowsAt(At::Product(first_run))
    }

    pub(crate) fn row(mark: Mark) -> RowsAt {
        RowsAt(At::Row(mark))
    }
}

/// Writes a file of refused rows.
///
/// The header is written with the first row, so that a file without rejects stays empty.
///
/// ```
/// use sutler_exchange::{Input, ReadOptions, RejectWriter, open};
/// use sutler_core::money::Currency;
///
/// let file = "Handle,Title,Variant Price\nhat,Hat,N/A\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// let mut rejects = RejectWriter::new(Vec::new(), &opened.summary().headers);
/// for entry in opened.products() {
///     rejects.write(&entry?.rejected)?;
/// }
/// assert_eq!(rejects.rows(), 1);
/// let written = String::from_utf8(rejects.finish()?)?;
/// assert_eq!(
///     written,
///     "Handle,Title,Variant Price,Error(s),Source line\n\
///      hat,Hat,N/A,E102: Variant Price 'N/A' is not a number,2\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RejectWriter<W: Write> {
    writer: csv::Writer<W>,
    headers: Vec<String>,
    /// Where the source has the added columns already, because it is a reject file itself.
    added: [Option<usize>; 2],
    /// Further columns, which stay blank.
    further: Vec<String>,
    rows: u64,
}

impl<W: Write> RejectWriter<W> {
    /// Writes rows of a source with these headers.
    pub fn new(out: W, headers: &[String]) -> RejectWriter<W> {
        let find = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
        RejectWriter {
            writer: csv::WriterBuilder::new().flexible(true).from_writer(out),
            headers: headers.to_vec(),
            added: REJECT_COLUMNS.map(find),
            further: Vec::new(),
            rows: 0,
        }
    }

    /// Adds columns behind all others; see [`FileSummary::reject_columns`](crate::FileSummary::reject_columns).
    pub fn with_columns(mut self, further: Vec<String>) -> RejectWriter<W> {
        self.further = further;
        self
    }

    /// Writes the rows of one product.
    pub fn write(&mut self, rows: &[RejectRow]) -> io::Result<()> {
        for row in rows {
            if self.rows == 0 {
                let mut header = self.headers.clone();
                let missing = REJECT_COLUMNS.iter().zip(self.added).filter(|(_, at)| at.is_none());
                header.extend(missing.map(|(name, _)| (*name).to_owned()));
                header.extend(self.further.iter().cloned());
                self.write_cells(&header)?;
            }
            self.rows += 1;
            self.write_row(row)?;
        }
        Ok(())
    }

    fn write_row(&mut self, row: &RejectRow) -> io::Result<()> {
        let errors: Vec<String> =
            row.errors.iter().map(|error| format!("{}: {}", error.code, error.message)).collect();
        let added = [errors.join("; "), row.line.to_string()];
        let mut cells = row.cells.clone();
        // A row with too few cells is not filled up: padded, it would pass as good when read again.
        for (text, at) in added.into_iter().zip(self.added) {
            match at.and_then(|at| cells.get_mut(at)) {
                Some(cell) => *cell = text,
                None => cells.push(text),
            }
        }
        if row.cells.len() >= self.headers.len() {
            cells.extend(self.further.iter().map(|_| String::new()));
        }
        self.write_cells(&cells)
    }

    fn write_cells(&mut self, cells: &[String]) -> io::Result<()> {
        let guarded = cells.iter().map(|cell| guard_source_cell(cell));
        self.writer.write_record(guarded.map(|cell| cell.into_owned())).map_err(io::Error::from)
    }

    /// Counts the rows written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file and gives the output back.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sutler_core::import::Severity;

    fn row(line: u64, cells: &[&str], errors: &[&str]) -> RejectRow {
        let error = |message: &&str| Diagnostic {
            code: "E102".to_owned(),
            severity: Severity::Reject,
            place: Place::default(),
            message: (*message).to_owned(),
            value: None,
            help: None,
        };
        RejectRow {
            line,
            record: line - 1,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
            errors: errors.iter().map(error).collect(),
        }
    }

    fn written(headers: &[&str], rows: &[RejectRow]) -> String {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let mut writer = RejectWriter::new(Vec::new(), &headers);
        writer.write(rows).expect("memory");
        String::from_utf8(writer.finish().expect("memory")).expect("UTF-8")
    }

    #[test]
    fn rows_keep_their_columns_and_get_two_more() {
        let rows = [row(2, &["a", "x,y"], &["wrong", "very wrong"]), row(9, &["a", "b"], &[])];
        assert_eq!(
            written(&["H", "T"], &rows),
            "H,T,Error(s),Source line\na,\"x,y\",E102: wrong; E102: very wrong,2\na,b,,9\n"
        );
        assert_eq!(written(&["H", "T"], &[]), "");
    }

    #[test]
    fn rows_of_a_wrong_length_stay_wrong() {
        let rows = [row(2, &["a"], &["short"]), row(3, &["a", "b", "c"], &["long"])];
        assert_eq!(
            written(&["H", "T"], &rows),
            "H,T,Error(s),Source line\na,E102: short,2\na,b,c,E102: long,3\n"
        );
    }

    #[test]
    fn further_columns_stay_blank_and_do_not_make_a_wrong_row_right() {
        let headers = ["H".to_owned(), "T".to_owned()];
        let further = vec!["F1".to_owned(), "F2".to_owned()];
        let mut writer = RejectWriter::new(Vec::new(), &headers).with_columns(further);
        let rows = [row(2, &["a", "b"], &[]), row(3, &["a"], &[]), row(4, &["a", "b", "c"], &[])];
        writer.write(&rows).expect("memory");
        assert_eq!(
            String::from_utf8(writer.finish().expect("memory")).expect("UTF-8"),
            "H,T,Error(s),Source line,F1,F2\na,b,,2,,\na,,3\na,b,c,,4,,\n"
        );
    }

    #[test]
    fn a_reject_file_of_a_reject_file_has_the_columns_once() {
        let rows = [row(5, &["a", "old", "2", "x"], &["new"])];
        assert_eq!(
            written(&["H", "error(s)", "Source line", "T"], &rows),
            "H,error(s),Source line,T\na,E102: new,5,x\n"
        );
    }

    #[test]
    fn formulas_are_guarded_once() {
        let rows = [row(2, &["=1+1", "'=1+1", "-5", "@x"], &[])];
        assert!(written(&["A", "B", "C", "D"], &rows).contains("\n'=1+1,'=1+1,-5,'@x,,2\n"));
    }
}
