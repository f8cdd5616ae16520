//! Catalog files to plain drafts, and back.
//!
//! A merchant's file goes through layers that each know one thing:
//! `source` (bytes to text), `dialect` (the delimiter), `table` (records with their physical lines), `format` (what
//! the header says), `number` (prices and counts, exactly), `catalog` (rows to products) with the columns of `shopify`
//! or of a mapping (`generic`). What comes out are [`ProductDraft`](sutler_core::import::ProductDraft)s and
//! [`StockDraft`](sutler_core::import::StockDraft)s, one at a time, and a
//! [`Diagnostic`](sutler_core::import::Diagnostic) for everything that a person should know.
//!
//! Invariants
//! * A file is checked from end to end before the first draft is handed out; a fault of structure refuses all of it.
//! * No row disappears: it is in a draft, or it is refused with a code and kept for the reject file.
//! * Nothing is guessed silently: encoding, delimiter and decimal marks are in the summary, an ambiguous number is
//!   refused, and an undecodable byte never becomes U+FFFD.
//! * Memory is bounded whatever the file holds: at most 48 bytes for each row, one product, and one record of 8 MiB.
//! * Export, import and export again give the same bytes.
//!
//! Deliberately absent: what the shop holds, what an import would change, and every kind of store. That is the crate
//! `sutler-engine`, which compares drafts with the shop.

mod catalog;
pub mod codes;
mod diagnose;
mod dialect;
mod format;
pub mod generic;
mod list;
mod number;
mod open;
mod price_list;
mod promotion_file;
mod report;
mod rule_file;
mod shopify;
mod source;
mod table;
mod tax_rates;
mod text;

pub use catalog::stream::Entry;
pub use codes::explain;
pub use dialect::DelimiterSource;
pub use format::{FormatName, HeaderSet, UnknownFormat};
pub use generic::{BadMapping, Mapping};
pub use number::WeightUnit;
pub use open::{
    ColumnUse, FileKind, FileSummary, Opened, ReadOptions, Refused, delimiter_from, open,
};
pub use price_list::{PRICE_COLUMNS, PriceEntry, PriceRow, PriceWriter};
pub use promotion_file::{PromotionFile, read_promotions};
pub use report::{Group, RejectRow, RejectWriter, Report, RowsAt};
pub use rule_file::{DeliveryDraft, FeeAmountDraft, FeeDraft, read_delivery_method, read_fee};
pub use shopify::{ExportColumns, InventoryRow, InventoryWriter, ProductWriter, StockEntry};
pub use source::{EncodingSource, Input};
pub use tax_rates::{TAX_RATE_COLUMNS, read_tax_rates, tax_row_refused};
pub use text::guard;
