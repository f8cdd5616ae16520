//! Writes stock counts as a Shopify inventory file in its newest shape of 19 columns.
//!
//! `On hand (current)` and `On hand (new)` both hold the count; who edits the second and imports the file changes the
//! stock only where the first still stands.

use std::io::{self, Write};

use super::export::{identifier_text, plain};
use crate::catalog::options::{NO_OPTION_NAME, NO_OPTION_VALUE};

/// The columns, in order.
const HEADERS: [&str; 19] = [
    "Handle",
    "Title",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "SKU",
    "HS Code",
    "COO",
    "Location",
    "Bin name",
    "Incoming (not editable)",
    "Unavailable (not editable)",
    "Committed (not editable)",
    "Available (not editable)",
    "On hand (current)",
    "On hand (new)",
];

/// What stands in the count columns for a variant that the location does not stock.
const NOT_STOCKED: &str = "not stocked";

/// One variant at one location.
///
/// ```
/// use sutler_exchange::{InventoryRow, InventoryWriter};
///
/// let row = InventoryRow {
///     handle: "hat".into(),
///     options: vec![("Size".into(), "S".into())],
///     location: "Berlin".into(),
///     on_hand: None,
///     ..InventoryRow::default()
/// };
/// let mut writer = InventoryWriter::new(Vec::new())?;
/// writer.write(&row)?;
/// let file = String::from_utf8(writer.finish()?)?;
/// assert!(file.contains("hat,,Size,S,") && file.contains("not stocked"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InventoryRow {
    /// Product handle.
    pub handle: String,
    /// Product title.
    pub title: String,
    /// Options of the variant in order, each with its name and value; at most three are written.
    pub options: Vec<(String, String)>,
    /// The merchant's label, may be empty.
    pub sku: String,
    /// Name of the stock location.
    pub location: String,
    /// Name of the shelf, may be empty.
    pub bin: String,
    /// Units on their way to the location.
    pub incoming: i64,
    /// Units that are there but cannot be sold.
    pub unavailable: i64,
    /// Units promised to orders.
    pub committed: i64,
    /// Units that can be sold.
    pub available: i64,
    /// Units physically there; `None` when the location does not stock the variant.
    pub on_hand: Option<i64>,
}

/// Writes inventory rows, one after the other.
///
/// ```
/// use sutler_exchange::{InventoryRow, InventoryWriter};
///
/// let mut writer = InventoryWriter::new(Vec::new())?;
/// writer.write(&InventoryRow {
///     handle: "hat".into(),
///     location: "Berlin".into(),
///     on_hand: Some(7),
///     ..InventoryRow::default()
/// })?;
/// let file = String::from_utf8(writer.finish()?)?;
/// assert!(file.ends_with("\nhat,,Title,Default Title,,,,,,,,Berlin,,0,0,0,0,7,7\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct InventoryWriter<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> InventoryWriter<W> {
    /// Writes the header row.
    pub fn new(out: W) -> io::Result<InventoryWriter<W>> {
        let mut writer = csv::WriterBuilder::new().from_writer(out);
        writer.write_record(HEADERS)?;
        Ok(InventoryWriter { writer })
    }

    /// Writes one row.
    pub fn write(&mut self, row: &InventoryRow) -> io::Result<()> {
        let mut cells: Vec<String> = Vec::with_capacity(HEADERS.len());
        cells.push(plain(Some(&row.handle)).into_owned());
        cells.push(plain(Some(&row.title)).into_owned());
        for n in 0..3 {
            let none = if n == 0 && row.options.is_empty() {
                (NO_OPTION_NAME, NO_OPTION_VALUE)
            } else {
                ("", "")
            };
            let (name, value) =
                row.options.get(n).map_or(none, |(name, value)| (name.as_str(), value.as_str()));
            cells.push(plain(Some(name)).into_owned());
            cells.push(plain(Some(value)).into_owned());
        }
        cells.push(identifier_text(&row.sku).into_owned());
        cells.extend([String::new(), String::new()]);
        cells.push(plain(Some(&row.location)).into_owned());
        cells.push(plain(Some(&row.bin)).into_owned());
        match row.on_hand {
            Some(on_hand) => {
                let counts = [row.incoming, row.unavailable, row.committed, row.available];
                cells.extend(counts.iter().chain(&[on_hand, on_hand]).map(i64::to_string));
            }
            None => cells.extend((0..6).map(|_| NOT_STOCKED.to_owned())),
        }
        self.writer.write_record(&cells)?;
        Ok(())
    }

    /// Ends the file and gives the output back.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}
