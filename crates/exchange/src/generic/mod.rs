//! Any table, explained by a mapping file.
//!
//! A mapping is a TOML file. Everything in it is optional but enough columns to name a product:
//!
//! ```toml
//! name = "Nordlicht price list"   # for messages
//! encoding = "windows-1252"       # as `--encoding`
//! delimiter = ";"                 # as `--delimiter`
//! decimal = ","                   # as `--decimal`
//! currency = "EUR"                # refuses the file when the import is in another one
//! weight_unit = "kg"              # g, kg, lb or oz; g when left out
//! rest = "attributes"             # columns not named here: attributes, ignore (the default) or refuse
//! ignore = ["internal note"]      # columns that are never read
//!
//! [columns]                       # field = column
//! handle = "Group"                # rows with one handle are one product; without it the title makes the handle
//! title = "Name"
//! sku = "Article"
//! price = "Price incl. VAT"
//! category = "Category"
//! weight = "Weight"
//!
//! [constants]                     # field = text, for every row or for rows with a blank cell
//! brand = "Nordlicht"
//! status = "draft"
//!
//! [[options]]                     # in order
//! name = "Size"                   # or name_column = "Attribute 1"
//! column = "Size"
//!
//! [attributes]                    # metadata of the product = column
//! material = "Material"
//!
//! [variant_attributes]            # metadata of the variant = column
//! bin = "Shelf"
//!
//! [separators]
//! category = ">"                  # between the parts of a path
//! categories = ";"                # between several paths; without it a cell is one path
//! tags = ","
//! images = "|"                    # between several images; without it a cell is one image
//! ```
//!
//! Fields are `handle`, `external_id`, `title`, `description`, `brand`, `category`, `product_type`, `tags`, `status`,
//! `published`, `publish_from`, `publish_until`, `image`, `image_position`, `image_alt`, `seo_title`, `seo_description`, `sku`, `barcode`, `weight`,
//! `price`, `compare_at`, `unit_cost`, `stock`, `tracks_stock`, `sells_without_stock`, `requires_shipping`, `taxable`,
//! `tax_category`, `tax_code`, `length_mm`, `width_mm`, `height_mm` and `variant_image`. Every row is a variant. A moment is
//! written `2027-05-01T08:00:00+02:00`, or as a day, which begins at midnight UTC; a size has all three sides or none.
//!
//! Deliberately absent: formulas, conditions and joins. A table that needs them is prepared elsewhere.

mod mapping;

pub use mapping::{BadMapping, Mapping};

use sutler_core::import::Diagnostic;

use crate::catalog::layout::{Column, ImageForm, Layout, Role, Separators};
use crate::codes;
use crate::diagnose::fatal_place;
use crate::open::Refused;
use crate::shopify::columns::is_added_by_rejects;
use crate::table::Header;
use crate::text::{header_key, nearest};
use mapping::Rest;

/// Makes the layout of a table that a mapping explains.
///
/// Errors: every mapped column that the header lacks; columns that are named twice in the header; with
/// `rest = "refuse"` every column that the mapping does not name.
pub(crate) fn layout(header: &Header, mapping: &Mapping) -> Result<Layout, Refused> {
    let mut finder = Finder { header, missing: Vec::new() };
    let mut layout = Layout {
        columns: vec![Column { role: Role::Ignored, name: String::new() }; header.len()],
        also: Vec::new(),
        constants: mapping.constants.clone(),
        separators: Separators {
            category: mapping.separators.category.clone().unwrap_or_else(|| ">".to_owned()),
            categories: mapping.separators.categories.clone(),
            tags: mapping.separators.tags.clone().unwrap_or_else(|| ",".to_owned()),
            images: mapping.separators.images.clone(),
        },
        weight_unit: mapping.weight_unit,
        image_form: ImageForm::UrlOrPath,
        every_row_is_variant: true,
    };
    let mut named = Vec::new();
    for (role, name, column) in &mapping.columns {
        let Some(at) = finder.find(column) else { continue };
        let meaning = Column { role: *role, name: name.clone() };
        if named.contains(&at) {
            layout.also.push((at, meaning));
        } else {
            named.push(at);
            layout.columns[at] = meaning;
        }
    }
    let ignored: Vec<usize> = mapping.ignore.iter().filter_map(|name| finder.find(name)).collect();
    if !finder.missing.is_empty() {
        return Err(Refused::new(finder.missing));
    }
    let rest = (0..header.len()).filter(|at| {
        let name = header.name(*at);
        let added = is_added_by_rejects(&header.keys()[*at]);
        !name.is_empty() && !added && !named.contains(at) && !ignored.contains(at)
    });
    match mapping.rest {
        Rest::Ignore => {}
        Rest::Attributes => {
            for at in rest {
                let name = header.name(at).to_owned();
                layout.columns[at] = Column { role: Role::Fact, name };
            }
        }
        Rest::Refuse => {
            let unnamed: Vec<Diagnostic> = rest.map(|at| unnamed(header, at)).collect();
            if !unnamed.is_empty() {
                return Err(Refused::new(unnamed));
            }
        }
    }
    let names_a_product =
        [Role::Handle, Role::Title, Role::Sku].into_iter().any(|role| layout.slot(role).is_there());
    if names_a_product { Ok(layout) } else { Err(crate::format::missing(header, "title")) }
}

/// Looks up mapped columns and remembers those that are not there.
struct Finder<'h> {
    header: &'h Header,
    missing: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn find(&mut self, name: &str) -> Option<usize> {
        let key = header_key(name);
        let found = self.header.find(&key);
        match found {
            None => {
                let near = nearest(name, self.header.names().iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("the columns are {}", self.header.names().join(", ")),
                };
                let message =
                    format!("the mapping names the column {name:?}, which the file does not have");
                let place = self.header.row_place();
                self.missing.push(fatal_place(&codes::MAPPED_COLUMN_MISSING, place, message, help));
            }
            Some(first) => {
                let keys = self.header.keys().iter().skip(first + 1);
                if let Some(second) = keys.clone().position(|other| *other == key) {
                    let second = first + 1 + second;
                    self.missing.push(crate::shopify::duplicate(self.header, first, second));
                }
            }
        }
        found
    }
}

/// The refusal of a column that a strict mapping does not name.
fn unnamed(header: &Header, at: usize) -> Diagnostic {
    let message = format!("the mapping does not name the column {:?}", header.name(at));
    let help = "map it, or add it to `ignore`";
    fatal_place(&codes::BAD_MAPPING, header.header_place(at), message, help)
}
