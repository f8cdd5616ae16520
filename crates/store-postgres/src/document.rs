//! Rows that are a version and the whole record beside it: carts, fulfillments, checkouts, import runs.

use std::sync::Arc;

use crate::flight::{Call, params};
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Uid, int};

/// A version and the record as JSON.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) version: u64,
    /// Empty while the batch did not write it: the guard needs no more than the version.
    pub(crate) data: Arc<str>,
}

impl Document {
    /// Returns a row that is stored, of which only the version was loaded.
    pub(crate) fn stored(version: u64) -> Self {
        Self { version, data: Arc::from("") }
    }

    /// Returns a row that is to be written.
    pub(crate) fn new(version: u64, data: String) -> Self {
        Self { version, data: data.into() }
    }
}

/// Writes documents by statements that take ids, versions and records.
pub(crate) fn write_documents<K: Kind<Row = Document>>(
    changes: &Changes<'_, K>,
    id: impl Fn(&K::Key) -> u128,
    insert: &'static str,
    update: &'static str,
) -> Vec<Call> {
    let params = |rows: &[(&K::Key, &Document)]| {
        params![
            column(rows, |key, _| Uid(id(key))),
            column(rows, |_, row| int(row.version)),
            column(rows, |_, row| row.data.to_string()),
        ]
    };
    calls([
        (!changes.changed.is_empty(), Call::new(update, params(&changes.changed))),
        (!changes.new.is_empty(), Call::new(insert, params(&changes.new))),
    ])
}
