//! What each column of a product table says: the meeting point of all formats.
//!
//! A format (Shopify, or a mapping file) turns a header into a [`Layout`]; scanning and assembling know only layouts.
//! So the rules about rows, images, options and numbers exist once, whatever the names of the columns are.
//!
//! Deliberately absent: header names of any shop system.

use std::borrow::Cow;

use crate::number::WeightUnit;
use crate::table::Record;
use crate::text::{slug, trim_cell, unguard};

/// What a column says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Role {
    Handle,
    ExternalId,
    Title,
    Description,
    Brand,
    Category,
    /// Further category paths, one on each line of the cell.
    FurtherCategories,
    ProductType,
    Tags,
    Status,
    Published,
    PublishFrom,
    PublishUntil,
    OptionName(u8),
    OptionValue(u8),
    ImageUrl,
    ImagePosition,
    ImageAlt,
    SeoTitle,
    SeoDescription,
    Sku,
    Barcode,
    Weight,
    Price,
    CompareAt,
    UnitCost,
    Stock,
    /// Name of what counts the stock, blank for none; or yes and no.
    Tracker,
    /// `deny` or `continue`; or no and yes.
    Policy,
    RequiresShipping,
    Taxable,
    TaxCategory,
    TaxCode,
    /// Outer size, in millimeters.
    Length,
    Width,
    Height,
    VariantImage,
    /// A further fact about the product, kept under the column's name.
    ProductFact,
    /// A further fact about the variant.
    VariantFact,
    /// A further fact of which scanning decides whether it is about products or variants.
    Fact,
    /// Not read.
    Ignored,
}

impl Role {
    /// Tells whether the column holds decimal numbers, whose decimal mark must be decided.
    pub(crate) fn is_decimal(self) -> bool {
        matches!(self, Role::Price | Role::CompareAt | Role::UnitCost | Role::Weight)
    }

    /// Tells whether a price or another bare number is nothing strange in this column.
    pub(crate) fn may_hold_number(self) -> bool {
        self.is_decimal()
            || matches!(
                self,
                Role::Stock
                    | Role::Length
                    | Role::Width
                    | Role::Height
                    | Role::ImagePosition
                    | Role::OptionValue(_)
                    | Role::Sku
                    | Role::Barcode
                    | Role::Ignored
            )
    }

    /// Returns the word for the field in messages and in the column list of a summary.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Handle => "handle",
            Role::ExternalId => "external_id",
            Role::Title => "title",
            Role::Description => "description",
            Role::Brand => "brand",
            Role::Category => "category",
            Role::FurtherCategories => "further_categories",
            Role::ProductType => "product_type",
            Role::Tags => "tags",
            Role::Status => "status",
            Role::Published => "published",
            Role::PublishFrom => "publish_from",
            Role::PublishUntil => "publish_until",
            Role::OptionName(_) => "option_name",
            Role::OptionValue(_) => "option_value",
            Role::ImageUrl => "image",
            Role::ImagePosition => "image_position",
            Role::ImageAlt => "image_alt",
            Role::SeoTitle => "seo_title",
            Role::SeoDescription => "seo_description",
            Role::Sku => "sku",
            Role::Barcode => "barcode",
            Role::Weight => "weight",
            Role::Price => "price",
            Role::CompareAt => "compare_at",
            Role::UnitCost => "unit_cost",
            Role::Stock => "stock",
            Role::Tracker => "tracks_stock",
            Role::Policy => "sells_without_stock",
            Role::RequiresShipping => "requires_shipping",
            Role::Taxable => "taxable",
            Role::TaxCategory => "tax_category",
            Role::TaxCode => "tax_code",
            Role::Length => "length_mm",
            Role::Width => "width_mm",
            Role::Height => "height_mm",
            Role::VariantImage => "variant_image",
            Role::ProductFact => "product metadata",
            Role::VariantFact => "variant metadata",
            Role::Fact => "metadata",
            Role::Ignored => "ignored",
        }
    }
}

/// One column: what it says, and the name its facts are kept under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    pub(crate) role: Role,
    pub(crate) name: String,
}

/// Where one field of a row comes from: a column, a text that stands for every row, or the text where the cell is
/// blank.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) column: Option<usize>,
    pub(crate) constant: Option<String>,
}

impl Slot {
    /// Tells whether the file says anything about the field.
    pub(crate) fn is_there(&self) -> bool {
        self.column.is_some() || self.constant.is_some()
    }

    /// Returns the cell as written, `None` when the file does not speak of the field.
    pub(crate) fn raw<'a>(&'a self, record: &Record<'a>) -> Option<&'a str> {
        match (self.column, &self.constant) {
            (Some(column), None) => Some(record.get(column)),
            (Some(column), Some(constant)) => match record.get(column) {
                cell if trim_cell(cell).is_empty() => Some(constant),
                cell => Some(cell),
            },
            (None, constant) => constant.as_deref(),
        }
    }

    /// Returns the cell without blanks at its ends and without guard.
    pub(crate) fn get<'a>(&'a self, record: &Record<'a>) -> Option<&'a str> {
        self.raw(record).map(|cell| unguard(trim_cell(cell)))
    }
}

/// How lists and paths are written in cells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Separators {
    /// Between the parts of a category path.
    pub(crate) category: String,
    /// Between several category paths in one cell.
    pub(crate) categories: Option<String>,
    /// Between tags.
    pub(crate) tags: String,
    /// Between several images in one cell.
    pub(crate) images: Option<String>,
}

/// What an image cell may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImageForm {
    /// A web address, or the relative path of a file with the ending of a picture.
    Url,
    /// A web address, or any relative path.
    UrlOrPath,
}

/// The columns of a table and how their cells are written; see the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) columns: Vec<Column>,
    /// Further meanings of columns that have one already.
    pub(crate) also: Vec<(usize, Column)>,
    pub(crate) constants: Vec<(Role, String)>,
    pub(crate) separators: Separators,
    pub(crate) weight_unit: WeightUnit,
    pub(crate) image_form: ImageForm,
    /// Whether every row is a variant; otherwise rows may carry only an image.
    pub(crate) every_row_is_variant: bool,
}

impl Layout {
    /// Iterates over all meanings of all columns.
    pub(crate) fn meanings(&self) -> impl Iterator<Item = (usize, &Column)> {
        let also = self.also.iter().map(|(at, column)| (*at, column));
        self.columns.iter().enumerate().chain(also)
    }

    /// Returns where a field comes from; for a role that only one column can have.
    pub(crate) fn slot(&self, role: Role) -> Slot {
        let constant = self.constants.iter().find(|(of, _)| *of == role);
        Slot {
            column: self.meanings().find(|(_, column)| column.role == role).map(|(at, _)| at),
            constant: constant.map(|(_, text)| text.clone()),
        }
    }

    /// Returns the name and value slots of the options, in order.
    pub(crate) fn option_slots(&self) -> Vec<(Slot, Slot)> {
        (1..=u8::MAX)
            .map(|n| (self.slot(Role::OptionName(n)), self.slot(Role::OptionValue(n))))
            .take_while(|(name, value)| name.is_there() || value.is_there())
            .collect()
    }
}

/// How the handle of a row is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HandleSource {
    handle: Slot,
    title: Slot,
    sku: Slot,
}

impl HandleSource {
    /// Takes the slots of a layout.
    pub(crate) fn new(layout: &Layout) -> HandleSource {
        HandleSource {
            handle: layout.slot(Role::Handle),
            title: layout.slot(Role::Title),
            sku: layout.slot(Role::Sku),
        }
    }

    /// Tells whether handles are made of titles or SKUs, because no column holds them.
    pub(crate) fn is_derived(&self) -> bool {
        !self.handle.is_there()
    }

    /// Returns the handle that a row states, empty when it states none.
    pub(crate) fn of<'a>(&'a self, record: &Record<'a>) -> Cow<'a, str> {
        if let Some(handle) = self.handle.get(record) {
            return Cow::Borrowed(handle);
        }
        let made = self.title.get(record).map(slug).filter(|slug| !slug.is_empty());
        Cow::Owned(made.or_else(|| self.sku.get(record).map(slug)).unwrap_or_default())
    }
}
