//! Which format a table is in, told by its header.
//!
//! A format is recognized when the header holds what makes the format work (a handle and something about products; a
//! handle and a count of units); the rest may be missing, renamed or in any order. A table that belongs to another
//! system is named and refused, never read by the columns that happen to agree.
//!
//! Deliberately absent: looking at values, except to tell a header row from a row of data, and a stock file with one
//! column for each location from a product file: the names of locations can be any words.

mod lookalike;

use std::fmt;
use std::str::FromStr;

use crate::catalog::layout::Role;
use crate::codes;
use crate::diagnose::{Extend as _, fatal, fatal_place};
use crate::open::Refused;
use crate::shopify::columns;
use crate::shopify::inventory_columns::Shape;
use crate::table::{Header, Table};

/// A format that this version reads.
///
/// ```
/// use sutler_exchange::FormatName;
///
/// assert_eq!("inventory".parse(), Ok(FormatName::ShopifyInventory));
/// assert_eq!(FormatName::ShopifyInventory.as_str(), "shopify-inventory");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FormatName {
    /// Shopify's product file, with classic or new column names.
    ShopifyProducts,
    /// Shopify's inventory file, in any of its three shapes.
    ShopifyInventory,
    /// Any table that a mapping file explains.
    Generic,
    /// A price list of this engine.
    PriceList,
}

impl FormatName {
    /// Every format, in the order of help texts.
    pub const ALL: [FormatName; 4] = [
        FormatName::ShopifyProducts,
        FormatName::ShopifyInventory,
        FormatName::Generic,
        FormatName::PriceList,
    ];

    /// Returns the name for command lines.
    pub fn as_str(self) -> &'static str {
        match self {
            FormatName::ShopifyProducts => "shopify",
            FormatName::ShopifyInventory => "shopify-inventory",
            FormatName::Generic => "generic",
            FormatName::PriceList => "price-list",
        }
    }
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name after `--as` is none of a format that this version reads.
///
/// ```
/// use sutler_exchange::FormatName;
///
/// let unknown = "shopfy".parse::<FormatName>().unwrap_err();
/// assert!(unknown.to_string().ends_with("did you mean shopify?"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "no format is called {given:?}; known are shopify, shopify-inventory, generic and price-list{hint}"
)]
pub struct UnknownFormat {
    given: String,
    hint: String,
}

impl FromStr for FormatName {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<FormatName, UnknownFormat> {
        let name = text.to_ascii_lowercase();
        let found = match name.as_str() {
            "shopify" | "shopify-products" => Some(FormatName::ShopifyProducts),
            "shopify-inventory" | "inventory" => Some(FormatName::ShopifyInventory),
            "generic" | "map" => Some(FormatName::Generic),
            "price-list" | "prices" => Some(FormatName::PriceList),
            _ => None,
        };
        found.ok_or_else(|| {
            let near = crate::text::nearest(&name, FormatName::ALL.iter().map(|f| f.as_str()));
            let hint = match (near, lookalike::is_name(&name)) {
                (_, true) => "; this one can be read with a mapping (`--map FILE.toml`)".to_owned(),
                (Some(near), _) => format!("; did you mean {near}?"),
                (None, _) => String::new(),
            };
            UnknownFormat { given: text.to_owned(), hint }
        })
    }
}

/// Which of the two sets of column names a Shopify product file has.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{HeaderSet, Input, ReadOptions, open};
///
/// let file = "URL handle,Title,Price\nhat,Hat,19.90\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// assert_eq!(opened.summary().header_set, Some(HeaderSet::New));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeaderSet {
    /// `Handle`, `Body (HTML)`, `Variant SKU`: what shops export.
    Classic,
    /// `URL handle`, `Description`, `SKU`: what the admin's template has.
    New,
}

/// A recognized format and by what it was recognized.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Recognized {
    pub(crate) format: FormatName,
    pub(crate) header_set: Option<HeaderSet>,
    pub(crate) shape: Option<Shape>,
    /// One sentence for people.
    pub(crate) why: String,
}

/// Recognizes a table; `wanted` overrides, but what the format cannot do without must still be there.
pub(crate) fn recognize(table: &Table, wanted: Option<FormatName>) -> Result<Recognized, Refused> {
    let header = &table.header;
    match wanted {
        Some(FormatName::ShopifyProducts) => {
            // Who says "shopify" may mean either of its files; an inventory file is never a product file.
            if let Some(shape) = Shape::of(header) {
                return Ok(inventory(shape));
            }
            require_handle(header)?;
            Ok(products(header))
        }
        Some(FormatName::ShopifyInventory) => {
            Shape::of_said(header).map(inventory).ok_or_else(|| {
                let handle = require_handle(header).err();
                handle.unwrap_or_else(|| missing(header, missing_in_inventory(header)))
            })
        }
        Some(FormatName::Generic) => Err(Refused::one(fatal(
            &codes::BAD_MAPPING,
            "a table of no known format needs a mapping file".to_owned(),
            "write one and name it with `--map FILE.toml`",
        ))),
        Some(FormatName::PriceList) => Ok(prices("it was said to be a price list")),
        None => guess(table),
    }
}

/// Describes a price list.
fn prices(why: &str) -> Recognized {
    let format = FormatName::PriceList;
    Recognized { format, header_set: None, shape: None, why: why.to_owned() }
}

fn guess(table: &Table) -> Result<Recognized, Refused> {
    let header = &table.header;
    if let Some(shape) = Shape::of(header).or_else(|| Shape::by_rows(table)) {
        return Ok(inventory(shape));
    }
    if crate::price_list::is_price_list(header) {
        return Ok(prices("the columns are those of a price list"));
    }
    let roles: Vec<Role> = header
        .keys()
        .iter()
        .filter_map(|key| columns::known(key))
        .map(|known| known.role)
        .collect();
    let has = |role| roles.contains(&role);
    let says_something = has(Role::Title) || has(Role::Price) || has(Role::OptionValue(1));
    if has(Role::Handle) && says_something && roles.len() >= 3 {
        return Ok(products(header));
    }
    if let Some(system) = lookalike::find(header) {
        return Err(Refused::one(fatal_place(
            &codes::KNOWN_BUT_UNREADABLE,
            header.row_place(),
            format!("this looks like {}, which this version does not read", system.what),
            system.help,
        )));
    }
    // A product without options has the word `Title` among its values.
    if roles.len() <= header.len() / 8 && looks_like_data(header) {
        return Err(Refused::one(
            fatal_place(
                &codes::NO_HEADER,
                header.row_place(),
                "the first row holds values, not names of columns",
                "put the header row back as the first row of the file",
            )
            .with_value(&header.names().join(", ")),
        ));
    }
    let help = match roles.is_empty() {
        true => {
            "write a mapping that says which column holds what, and name it with `--map FILE.toml`"
        }
        false => {
            "if it is a Shopify file, check the header row: a product file needs `Handle` and `Title`; for \
                  another table write a mapping (`--map FILE.toml`)"
        }
    };
    Err(Refused::one(
        fatal_place(
            &codes::UNKNOWN_FORMAT,
            header.row_place(),
            format!("the {} columns of this file fit no known format", header.len()),
            help,
        )
        .with_value(&header.names().join(", ")),
    ))
}

/// Describes a Shopify product header.
fn products(header: &Header) -> Recognized {
    let new = header.keys().iter().filter(|key| is_new(key)).count();
    let classic = header.keys().iter().filter(|key| is_classic(key)).count();
    let (header_set, set) =
        if new > classic { (HeaderSet::New, "new") } else { (HeaderSet::Classic, "classic") };
    let known = header.keys().iter().filter(|key| columns::known(key).is_some()).count();
    let why = format!(
        "{known} of {} columns are those of a Shopify product file ({set} names)",
        header.len()
    );
    Recognized {
        format: FormatName::ShopifyProducts,
        header_set: Some(header_set),
        shape: None,
        why,
    }
}

fn is_new(key: &str) -> bool {
    columns::KNOWN
        .iter()
        .any(|k| k.new.eq_ignore_ascii_case(key) && !k.classic.eq_ignore_ascii_case(key))
}

fn is_classic(key: &str) -> bool {
    columns::KNOWN
        .iter()
        .any(|k| k.classic.eq_ignore_ascii_case(key) && !k.new.eq_ignore_ascii_case(key))
}

/// Describes a Shopify inventory table.
fn inventory(shape: Shape) -> Recognized {
    Recognized {
        format: FormatName::ShopifyInventory,
        header_set: None,
        why: format!("the columns are those of a Shopify inventory file ({})", shape.word()),
        shape: Some(shape),
    }
}

/// Names the column that an inventory file of one row for each location lacks.
fn missing_in_inventory(header: &Header) -> &'static str {
    let counts = ["on hand (new)", "on hand", "available"].iter().any(|key| header.has(key));
    if counts && !header.has("location") { "Location" } else { "On hand (new)" }
}

fn require_handle(header: &Header) -> Result<(), Refused> {
    let there =
        header.keys().iter().any(|key| columns::known(key).is_some_and(|k| k.role == Role::Handle));
    if there { Ok(()) } else { Err(missing(header, "Handle")) }
}

/// The refusal of a header without a column that the format needs.
pub(crate) fn missing(header: &Header, name: &str) -> Refused {
    let near = crate::text::nearest(name, header.names().iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("is it the column {near:?}? Rename it to {name:?}"),
        None => format!("add the column {name:?}"),
    };
    let message = format!("the column {name:?} is missing");
    Refused::one(fatal_place(&codes::MISSING_COLUMN, header.row_place(), message, help))
}

/// Tells whether a row that should be the header holds values instead.
fn looks_like_data(header: &Header) -> bool {
    let blank = header.names().iter().filter(|name| name.is_empty()).count();
    let value = |name: &String| {
        let lower = name.to_lowercase();
        lower.starts_with("http://")
            || lower.starts_with("https://")
            || matches!(lower.as_str(), "true" | "false")
            || (!lower.is_empty()
                && lower.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b','))
            || lower.contains("</")
    };
    header.names().iter().any(value) || blank * 2 > header.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        let text = crate::source::Text::from_bytes(text.as_bytes().to_vec());
        Table::open(&text, Some(b',')).unwrap_or_else(|refused| panic!("refused: {refused}"))
    }

    fn recognized(text: &str) -> Result<Recognized, String> {
        recognize(&table(text), None).map_err(|refused| {
            let diagnostic = &refused.diagnostics()[0];
            format!("{} {}", diagnostic.code, diagnostic.message)
        })
    }

    #[test]
    fn shopify_files_are_told_by_their_header() {
        use HeaderSet::{Classic, New};
        for (header, set) in [
            ("Handle,Title,Variant Price", Classic),
            ("Vendor,  handle ,TITLE,Body (HTML)", Classic),
            ("Title,URL handle,Description,Price,SKU", New),
            ("Handle,Variant SKU,Variant Price,My Column", Classic),
        ] {
            let found = recognized(header).expect(header);
            assert_eq!(
                (found.format, found.header_set),
                (FormatName::ShopifyProducts, Some(set)),
                "{header}"
            );
        }
        for (header, shape) in [
            ("Handle,Title,SKU,HS Code,COO,Berlin,Paris", "one column for each location"),
            (
                "Handle,Title,SKU,HS Code,COO,Location,Incoming,Available,On hand",
                "one row for each location",
            ),
            (
                "Handle,SKU,Location,On hand (current),On hand (new)",
                "one row for each location, with a guard",
            ),
        ] {
            let found = recognized(header).expect(header);
            assert_eq!(found.format, FormatName::ShopifyInventory, "{header}");
            assert!(found.why.contains(shape), "{}", found.why);
        }
    }

    #[test]
    fn a_column_for_each_location_is_told_by_its_counts() {
        use FormatName::{ShopifyInventory, ShopifyProducts};
        for (text, format) in [
            ("Handle,Title,Option1 Name,Option1 Value,SKU,Berlin\nhat,,,,,3", ShopifyInventory),
            ("URL handle,SKU,Berlin,Paris\nhat,H,,\ncap,C,-2,not stocked", ShopifyInventory),
            ("Handle,Title,Option1 Value,Berlin\nhat,Hat,S,not stocked", ShopifyInventory),
            ("Handle,Title,SKU,Material\nhat,Hat,H,Wool", ShopifyProducts),
            ("Handle,Title,SKU,Berlin\nhat,Hat,H,", ShopifyProducts),
            ("Handle,Title,SKU,Price,Shelf\nhat,Hat,H,9.00,3", ShopifyProducts),
            ("Handle,Title,SKU,Cut (variant.metafields.my.cut)\nhat,Hat,H,3", ShopifyProducts),
        ] {
            assert_eq!(recognized(text).map(|found| found.format), Ok(format), "{text}");
        }
        let unclear = table("Handle,Title,Option1 Value,Berlin\nhat,Hat,S,");
        let said = |format| recognize(&unclear, Some(format)).map(|found| found.format).ok();
        assert_eq!(said(ShopifyInventory), Some(ShopifyInventory));
        assert_eq!(said(ShopifyProducts), Some(ShopifyProducts));
    }

    #[test]
    fn what_is_no_header_or_unknown_is_refused() {
        let refused = |header| recognized(header).expect_err(header);
        assert!(
            refused("lamp,Lamp,TRUE,Title,Default Title,,,69.99,https://x.example/a.png")
                .starts_with("E133")
        );
        assert!(refused("a,b,c").starts_with("E101"));
        assert!(refused("Title,Price").starts_with("E101"));
        assert!(refused("Tags,Type,Vendor").starts_with("E101"));
    }

    #[test]
    fn an_override_still_needs_the_handle() {
        let header = table("Handel,Titel");
        let refused = recognize(&header, Some(FormatName::ShopifyProducts)).expect_err("no handle");
        assert_eq!(refused.diagnostics()[0].code, "E137");
        assert!(
            refused.diagnostics()[0].help.as_deref().is_some_and(|help| help.contains("Handel"))
        );
        let header = table("Handle,Titel,Price");
        assert!(recognize(&header, Some(FormatName::ShopifyProducts)).is_ok());
        assert!(recognize(&header, Some(FormatName::ShopifyInventory)).is_err());
        let header = table("Handle,SKU,On hand (current),On hand (new)");
        let refused = recognize(&header, Some(FormatName::ShopifyInventory)).expect_err("where?");
        assert!(refused.diagnostics()[0].message.contains("\"Location\""), "{refused}");
    }

    #[test]
    fn format_names_are_read_and_wrong_ones_explained() {
        for format in FormatName::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        let wrong = |name: &str| name.parse::<FormatName>().expect_err("unknown").to_string();
        assert!(wrong("shopfy").ends_with("did you mean shopify?"));
        assert!(wrong("magento").contains("--map"));
    }
}
