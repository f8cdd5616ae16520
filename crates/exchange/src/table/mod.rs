//! A text table: a header and records below it.
//!
//! Deliberately absent: what a column means (module `format`) and whether a row is good (module `catalog`).

mod header;
mod record;

pub(crate) use header::Header;
pub(crate) use record::{Mark, Record, RecordReader, changed};

use crate::codes;
use crate::diagnose::fatal;
use crate::dialect::{self, DelimiterSource};
use crate::open::Refused;
use crate::source::Text;

/// A text cut into a header and the place where the records begin.
#[derive(Clone)]
pub(crate) struct Table {
    text: Text,
    pub(crate) delimiter: u8,
    pub(crate) delimiter_source: DelimiterSource,
    pub(crate) header: Header,
    body: Mark,
}

impl Table {
    /// Finds the delimiter and reads the header.
    ///
    /// Errors: a text without any record, and what [`RecordReader::read`] refuses.
    pub(crate) fn open(text: &Text, delimiter: Option<u8>) -> Result<Table, Refused> {
        let dialect = dialect::find(text, delimiter)?;
        let mut reader = RecordReader::new(&dialect.text, dialect.delimiter);
        loop {
            let Some(record) = reader.read()? else {
                return Err(Refused::one(fatal(
                    &codes::EMPTY,
                    "the file holds nothing but blanks".to_owned(),
                    "check that the export finished and that this is the right file",
                )));
            };
            if record.is_blank() {
                continue;
            }
            let header = Header::new(record.iter(), record.mark.line);
            // Data records count from 1 whatever blank rows stood above the header.
            let body = Mark { record: 1, ..reader.mark() };
            return Ok(Table {
                text: dialect.text,
                delimiter: dialect.delimiter,
                delimiter_source: dialect.source,
                header,
                body,
            });
        }
    }

    /// Tells whether the file is another one than when it was opened.
    pub(crate) fn has_changed(&self) -> bool {
        self.text.has_changed()
    }

    /// Returns a reader that stands before the first record below the header.
    pub(crate) fn rows(&self) -> RecordReader {
        let mut reader = RecordReader::new(&self.text, self.delimiter);
        reader.seek(self.body);
        reader
    }
}
