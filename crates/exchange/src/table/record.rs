//! Reads records of delimited text, one at a time, from any offset, in bounded memory.
//!
//! The grammar is that of the `csv` crate with `flexible(true)`, proven equal by a test that reads the same bytes with
//! both: a cell is quoted when its first byte is `"`; `""` inside is one quote; what follows a closing quote is
//! literal; LF, CR LF and a lone CR end a record outside quotes; empty lines are no records.
//!
//! Why not that crate itself: a caller of it cannot learn that a quote was still open at the end, cannot bound the
//! size of a cell before it is in memory, and gets lines counted by LF alone.
//!
//! Invariants
//! * Memory: one buffer of at most [`RECORD_BYTES_MAX`] plus one chunk.
//! * `line` is the physical line of the first byte, counting all three kinds of line end, also within quotes.
//! * Reading on from an offset that an earlier record reported gives that record again.

use std::io;

use sutler_core::import::Place;

use crate::codes;
use crate::diagnose::{Extend as _, fatal, fatal_place};
use crate::open::Refused;
use crate::source::Text;
use crate::text::{trim_cell, wide};

/// The longest cell that is read.
pub(crate) const CELL_BYTES_MAX: usize = 1024 * 1024;
/// The most cells a record may have.
pub(crate) const COLUMNS_MAX: usize = 10_000;
/// The longest record that is read.
pub(crate) const RECORD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How many bytes the buffer has at first; it grows for longer records only.
const BUFFER_BYTES: usize = 128 * 1024;
/// How many bytes are read first after a jump: one or two records, as jumps come in numbers.
const JUMP_BYTES: usize = 4 * 1024;

/// Where a record begins, so that it can be found again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    /// Offset of its first byte in the text.
    pub(crate) offset: u64,
    /// Physical line, from 1.
    pub(crate) line: u64,
    /// Number of the data record, from 1; the header is 0.
    pub(crate) record: u64,
}

/// One record, borrowed from the reader's buffer.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    text: &'a str,
    /// Buffer index of the text's first byte, from which the cells count.
    shift: usize,
    cells: &'a [Cell],
    /// Where it begins.
    pub(crate) mark: Mark,
    /// Whether text stood between a closing quote and the next delimiter.
    pub(crate) stray_quote: bool,
}

/// Where one cell stands in the buffer.
#[derive(Clone, Copy)]
struct Cell {
    start: usize,
    end: usize,
    /// Whether quotes inside must still be resolved; only while the record is taken apart.
    raw: bool,
}

impl<'a> Record<'a> {
    /// Returns how many cells there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Returns a cell as written, empty when the record is too short.
    pub(crate) fn get(&self, index: usize) -> &'a str {
        match self.cells.get(index) {
            Some(cell) => &self.text[cell.start - self.shift..cell.end - self.shift],
            None => "",
        }
    }

    /// Returns a cell without blanks at its ends.
    pub(crate) fn trimmed(&self, index: usize) -> &'a str {
        trim_cell(self.get(index))
    }

    /// Iterates over the cells as written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (text, shift) = (self.text, self.shift);
        self.cells.iter().map(move |cell| &text[cell.start - shift..cell.end - shift])
    }

    /// Tells whether all cells are blank: a row of delimiters only.
    pub(crate) fn is_blank(&self) -> bool {
        self.iter().all(|cell| trim_cell(cell).is_empty())
    }

    /// Returns the first cell that has an odd number of quotes without being quoted itself.
    ///
    /// Such a quote is an ordinary character; in a record of the wrong length it is probably one that should have
    /// opened the cell.
    pub(crate) fn bare_quote(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        self.cells.iter().position(|cell| {
            let (start, end) = (cell.start - self.shift, cell.end - self.shift);
            let quoted = start > 0 && bytes[start - 1] == b'"';
            !quoted && bytes[start..end].iter().filter(|b| **b == b'"').count() % 2 == 1
        })
    }

    /// Returns the place of the whole record.
    pub(crate) fn place(&self) -> Place {
        Place { line: self.mark.line, record: self.mark.record, column: None }
    }
}

/// Reads records one after the other; see the module.
pub(crate) struct RecordReader {
    text: Text,
    delimiter: u8,
    buffer: Vec<u8>,
    /// Buffer range that is read but not consumed.
    next: usize,
    filled: usize,
    /// How many bytes are read next; doubles up to the size of the buffer.
    chunk: usize,
    /// Text offset of the buffer's first byte.
    base: u64,
    /// Whether the text ends with what is in the buffer.
    at_end: bool,
    line: u64,
    record: u64,
    cells: Vec<Cell>,
}

/// What taking a record apart came to.
enum Parsed {
    /// The record ends before `end`; `lines` line ends lie in it and behind it.
    Record { end: usize, lines: u64, stray_quote: bool },
    /// The bytes at hand end within a record.
    NeedMore,
    /// The text ends within quotes that were opened in the cell with this index, on this line of the record.
    Unclosed { cell: usize, start: usize, lines: u64 },
    /// A cell is too long: its index.
    CellTooLong { cell: usize, lines: u64, quoted: bool },
    /// There are too many cells.
    TooManyCells,
}

impl RecordReader {
    /// Reads from the beginning of the text; `delimiter` is ASCII and no quote or line end.
    pub(crate) fn new(text: &Text, delimiter: u8) -> RecordReader {
        RecordReader {
            delimiter,
            buffer: vec![0; BUFFER_BYTES],
            next: 0,
            filled: 0,
            chunk: BUFFER_BYTES,
            base: text.start(),
            at_end: false,
            line: text.first_line(),
            record: 0,
            cells: Vec::new(),
            text: text.clone(),
        }
    }

    /// Returns where the next record begins, or an empty line before it.
    pub(crate) fn mark(&self) -> Mark {
        Mark { offset: self.base + wide(self.next), line: self.line, record: self.record }
    }

    /// Goes to where a record begins.
    pub(crate) fn seek(&mut self, mark: Mark) {
        let buffered = self.base..self.base + wide(self.filled);
        match mark.offset.checked_sub(self.base).map(usize::try_from) {
            // Only forward: quotes of what was consumed are resolved in place already.
            Some(Ok(within)) if buffered.contains(&mark.offset) && within >= self.next => {
                self.next = within;
            }
            _ => {
                self.base = mark.offset;
                (self.next, self.filled, self.at_end) = (0, 0, false);
                self.chunk = JUMP_BYTES;
            }
        }
        self.line = mark.line;
        self.record = mark.record;
    }

    /// Returns the next record, `None` at the end.
    ///
    /// Errors: a fatal diagnostic for an open quote, a cell or record beyond its cap, a failing read, or a file that
    /// was changed meanwhile.
    pub(crate) fn read(&mut self) -> Result<Option<Record<'_>>, Refused> {
        if !self.skip_empty_lines()? {
            return Ok(None);
        }
        let (end, lines, stray_quote) = loop {
            match self.parse() {
                Parsed::Record { end, lines, stray_quote } => break (end, lines, stray_quote),
                Parsed::NeedMore if self.filled - self.next > RECORD_BYTES_MAX => {
                    return Err(self.record_too_long());
                }
                Parsed::NeedMore => self.fill()?,
                Parsed::Unclosed { cell, start, lines } => {
                    return Err(self.unclosed(cell, start, lines));
                }
                Parsed::CellTooLong { cell, lines, quoted } => {
                    return Err(self.cell_too_long(cell, lines, quoted));
                }
                Parsed::TooManyCells => return Err(self.too_many_cells()),
            }
        };
        let start = self.next;
        self.resolve_quotes();
        let mark = Mark { offset: self.base + wide(start), line: self.line, record: self.record };
        self.line += lines;
        self.record += 1;
        self.next = end;
        match std::str::from_utf8(&self.buffer[start..end]) {
            Ok(text) => {
                Ok(Some(Record { text, shift: start, cells: &self.cells, mark, stray_quote }))
            }
            Err(_) => Err(changed()),
        }
    }

    /// Steps over empty lines; false at the end of the text.
    fn skip_empty_lines(&mut self) -> Result<bool, Refused> {
        loop {
            while self.next < self.filled {
                match self.buffer[self.next] {
                    b'\n' => self.next += 1,
                    b'\r' if self.next + 1 < self.filled => {
                        let pair = self.buffer[self.next + 1] == b'\n';
                        self.next += if pair { 2 } else { 1 };
                    }
                    b'\r' if self.at_end => self.next += 1,
                    b'\r' => break,
                    _ => return Ok(true),
                }
                self.line += 1;
            }
            if self.at_end {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Reads one more chunk behind what is not consumed.
    fn fill(&mut self) -> Result<(), Refused> {
        self.buffer.copy_within(self.next..self.filled, 0);
        self.base += wide(self.next);
        self.filled -= self.next;
        self.next = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let offset = self.base + wide(self.filled);
        let end = self.buffer.len().min(self.filled + self.chunk);
        self.chunk = (self.chunk * 2).min(self.buffer.len());
        let n = self
            .text
            .read_at(offset, &mut self.buffer[self.filled..end])
            .map_err(|error: io::Error| crate::source::read_failed("the file", &error))?;
        self.filled += n;
        self.at_end = n == 0;
        if self.at_end && self.text.has_changed() {
            return Err(changed());
        }
        Ok(())
    }

    /// Takes the record at `next` apart without changing the buffer.
    fn parse(&mut self) -> Parsed {
        self.cells.clear();
        let bytes = &self.buffer[..self.filled];
        let (mut at, mut lines, mut stray_quote) = (self.next, 0, false);
        loop {
            let quoted = bytes.get(at) == Some(&b'"');
            let start = if quoted { at + 1 } else { at };
            let mut raw = false;
            let mut end = start;
            let mut behind = start;
            if quoted {
                match find_closing(bytes, start, &mut lines, &mut raw) {
                    Some(quote) => (end, behind) = (quote, quote + 1),
                    None if bytes.len() - start > CELL_BYTES_MAX => {
                        return Parsed::CellTooLong { cell: self.cells.len(), lines, quoted };
                    }
                    None if self.at_end => {
                        return Parsed::Unclosed { cell: self.cells.len(), start, lines };
                    }
                    None => return Parsed::NeedMore,
                }
            }
            let delimiter = self.delimiter;
            let rest = &bytes[behind..];
            let length = rest.iter().position(|b| *b == delimiter || matches!(b, b'\n' | b'\r'));
            let stop = match length {
                Some(length) => behind + length,
                None if self.at_end => bytes.len(),
                None if rest.len() > CELL_BYTES_MAX => {
                    return Parsed::CellTooLong { cell: self.cells.len(), lines, quoted };
                }
                None => return Parsed::NeedMore,
            };
            if !quoted || stop > behind {
                (end, raw) = (stop, quoted);
                stray_quote |= quoted;
            }
            if end - start > CELL_BYTES_MAX {
                return Parsed::CellTooLong { cell: self.cells.len(), lines, quoted };
            }
            if self.cells.len() == COLUMNS_MAX {
                return Parsed::TooManyCells;
            }
            self.cells.push(Cell { start, end, raw });
            match bytes.get(stop) {
                None => return Parsed::Record { end: stop, lines, stray_quote },
                Some(b'\n') => {
                    return Parsed::Record { end: stop + 1, lines: lines + 1, stray_quote };
                }
                Some(b'\r') => match bytes.get(stop + 1) {
                    Some(b'\n') => {
                        return Parsed::Record { end: stop + 2, lines: lines + 1, stray_quote };
                    }
                    None if !self.at_end => return Parsed::NeedMore,
                    _ => return Parsed::Record { end: stop + 1, lines: lines + 1, stray_quote },
                },
                Some(_) => at = stop + 1,
            }
            // A delimiter as the last byte of the text opens one more, empty cell.
            if at == bytes.len() && !self.at_end {
                return Parsed::NeedMore;
            }
        }
    }

    /// Resolves `""` and text behind closing quotes, in place: the result is never longer.
    fn resolve_quotes(&mut self) {
        for cell in self.cells.iter_mut().filter(|cell| cell.raw) {
            let mut to = cell.start;
            let mut quoted = true;
            let mut from = cell.start;
            while from < cell.end {
                let byte = self.buffer[from];
                from += 1;
                if quoted && byte == b'"' {
                    if from < cell.end && self.buffer[from] == b'"' {
                        from += 1;
                    } else {
                        quoted = false;
                        continue;
                    }
                }
                self.buffer[to] = byte;
                to += 1;
            }
            // What is left behind could begin within a character; the record must stay UTF-8.
            self.buffer[to..cell.end].fill(b' ');
            cell.end = to;
        }
    }

    /// The place of the record at `next`.
    fn place(&self) -> Place {
        Place { line: self.line, record: self.record, column: None }
    }

    fn unclosed(&self, cell: usize, start: usize, lines: u64) -> Refused {
        let place = self.place();
        let message = format!(
            "a quote that opens in cell {} of this record is never closed: everything up to line {} is one cell",
            cell + 1,
            place.line + lines
        );
        let help = "close the quote, or double it (\"\") where it belongs to the text";
        let value = String::from_utf8_lossy(&self.buffer[start..self.filled]);
        Refused::one(fatal_place(&codes::OPEN_QUOTE, place, message, help).with_value(&value))
    }

    fn cell_too_long(&self, cell: usize, lines: u64, quoted: bool) -> Refused {
        let message = format!(
            "cell {} of this record is longer than {} KiB and runs to line {} at least",
            cell + 1,
            CELL_BYTES_MAX / 1024,
            self.line + lines
        );
        let help = if quoted {
            "most likely a quote is never closed: close it, or double it (\"\") where it belongs to the text"
        } else {
            "check the delimiter and the line ends of the file"
        };
        Refused::one(fatal_place(&codes::CELL_TOO_LONG, self.place(), message, help))
    }

    fn record_too_long(&self) -> Refused {
        let message = format!("this record is longer than {} MiB", RECORD_BYTES_MAX / 1024 / 1024);
        let help = "check the delimiter and the line ends of the file";
        Refused::one(fatal_place(&codes::RECORD_TOO_LONG, self.place(), message, help))
    }

    fn too_many_cells(&self) -> Refused {
        let message = format!("this record has more than {COLUMNS_MAX} cells");
        let help = "check the delimiter and the line ends of the file";
        Refused::one(fatal_place(&codes::TOO_MANY_COLUMNS, self.place(), message, help))
    }
}

/// Finds the quote that closes a cell whose text begins at `from`.
///
/// Counts the line ends on the way, a lone CR included, and sets `raw` when there is a doubled quote. `None`: the
/// bytes end before it is sure.
fn find_closing(bytes: &[u8], from: usize, lines: &mut u64, raw: &mut bool) -> Option<usize> {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' if bytes.get(at + 1) == Some(&b'"') => {
                *raw = true;
                at += 1;
            }
            b'"' => return Some(at),
            b'\n' => *lines += 1,
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => *lines += 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The refusal of a file that another program wrote while it was read.
pub(crate) fn changed() -> Refused {
    Refused::one(fatal(
        &codes::CHANGED,
        "the file was changed while it was read".to_owned(),
        "wait until the program that writes it is done, then try again",
    ))
}

#[cfg(test)]
mod tests;
