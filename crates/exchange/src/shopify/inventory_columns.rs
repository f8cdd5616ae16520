//! The columns of Shopify's inventory files.

use crate::table::Header;

use super::columns::REJECT_COLUMNS;

/// In which of its shapes an inventory file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// One row for each variant, one column for each location.
    ByColumn,
    /// One row for each variant and location, with the count in `On hand`.
    ByRow,
    /// The same with `On hand (current)`, which must still be true, and `On hand (new)`, which is written.
    Guarded,
}

/// The keys of columns that are no locations in [`Shape::ByColumn`].
const KNOWN: [&str; 13] = [
    "handle",
    "url handle",
    "title",
    "option1 name",
    "option1 value",
    "option2 name",
    "option2 value",
    "option3 name",
    "option3 value",
    "sku",
    "hs code",
    "coo",
    "bin name",
];

impl Shape {
    /// Tells the shape by the header, `None` when it is no inventory file.
    pub(crate) fn of(header: &Header) -> Option<Shape> {
        handle_column(header)?;
        if header.has("location") {
            return if header.has("on hand (new)") {
                Some(Shape::Guarded)
            } else if header.has("on hand") || header.has("available") {
                Some(Shape::ByRow)
            } else {
                None
            };
        }
        let stock_like = header.has("sku") && (header.has("hs code") || header.has("coo"));
        let product_like = header.keys().iter().any(|key| {
            key.contains("price") || key.starts_with("variant ") || key.starts_with("body")
        });
        let locations = location_columns(header);
        (stock_like && !product_like && !locations.is_empty()).then_some(Shape::ByColumn)
    }

    /// Describes it for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Shape::ByColumn => "one column for each location",
            Shape::ByRow => "one row for each location",
            Shape::Guarded => "one row for each location, with a guard",
        }
    }
}

/// Returns the column of the handle.
pub(crate) fn handle_column(header: &Header) -> Option<usize> {
    header.find("handle").or_else(|| header.find("url handle"))
}

/// Returns the columns that are named after locations, in [`Shape::ByColumn`].
pub(crate) fn location_columns(header: &Header) -> Vec<usize> {
    let known = |key: &str| {
        key.is_empty()
            || KNOWN.contains(&key)
            || REJECT_COLUMNS.iter().any(|column| column.eq_ignore_ascii_case(key))
    };
    (0..header.len()).filter(|at| !known(&header.keys()[*at])).collect()
}
