//! The names of the columns.

use sutler_core::import::Place;

use crate::text::{header_key, trim_cell};

/// The header row: its names as written (without blanks at their ends) and the keys they are looked up by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    names: Vec<String>,
    keys: Vec<String>,
    line: u64,
}

impl Header {
    /// Takes the cells of the header row.
    pub(crate) fn new<'a>(cells: impl Iterator<Item = &'a str>, line: u64) -> Header {
        let names: Vec<String> =
            cells.map(|cell| trim_cell(crate::text::unguard(trim_cell(cell))).to_owned()).collect();
        let keys = names.iter().map(|name| header_key(name)).collect();
        Header { names, keys, line }
    }

    /// Returns how many columns there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns the names as written.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the name of a column, empty when there is none.
    pub(crate) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// Returns the keys, in column order.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Tells whether a column of this key exists.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|k| k == key)
    }

    /// Returns the column of this key.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.keys.iter().position(|k| k == key)
    }

    /// Returns the place of a cell in this column, for a record's place.
    pub(crate) fn place(&self, record: &Place, column: usize) -> Place {
        let number = u32::try_from(column + 1).unwrap_or(u32::MAX);
        Place { column: Some((number, self.name(column).to_owned())), ..record.clone() }
    }

    /// Returns the place of the header cell of this column.
    pub(crate) fn header_place(&self, column: usize) -> Place {
        self.place(&Place { line: self.line, ..Place::default() }, column)
    }

    /// Returns the place of the header row.
    pub(crate) fn row_place(&self) -> Place {
        Place { line: self.line, ..Place::default() }
    }
}
