//! Writes products as a Shopify product file, with classic or new column names.
//!
//! What is written is read back as the same drafts, and written again byte for byte: see the round trip tests. Texts
//! are written without blanks at their ends, as reading takes them off; formulas are guarded (module `text`).
//!
//! The columns are the fixed base of a Shopify export and one for each further fact that any product has; so the
//! products are looked at once before the first is written ([`ExportColumns`]).
//!
//! Deliberately absent: reading the products from anywhere, and Shopify's limits (three options, 2,048 variants).

use std::borrow::Cow;
use std::io::{self, Write};

use sutler_core::catalog::ProductStatus;
use sutler_core::import::{ImageDraft, ProductDraft, Said, VariantDraft};
use sutler_core::money::Money;

use super::columns::{KNOWN, PRODUCT_FACT_PREFIX, VARIANT_FACT_PREFIX, meaning};
use crate::catalog::layout::Role;
use crate::catalog::options::{NO_OPTION_NAME, NO_OPTION_VALUE};
use crate::catalog::row::{TRACKER, TRACKER_FACT, other_tracker};
use crate::format::HeaderSet;
use crate::list;
use crate::text::{guard, guard_identifier, header_key, trim_cell};

/// How many options every file has columns for.
const OPTIONS_BASE: usize = 3;

/// Which columns a file needs beyond the base; found by looking at all products first.
///
/// Every product that is written later must have been added.
///
/// ```
/// use sutler_core::import::{ProductDraft, VariantDraft};
/// use sutler_exchange::{ExportColumns, HeaderSet, ProductWriter};
///
/// let hat = ProductDraft {
///     handle: "hat".into(),
///     option_names: vec!["Size".into()],
///     variants: vec![VariantDraft { option_values: vec!["S".into()], ..VariantDraft::default() }],
///     ..ProductDraft::default()
/// };
/// let mut columns = ExportColumns::default();
/// columns.add(&hat);
/// let mut writer = ProductWriter::new(Vec::new(), columns, HeaderSet::Classic)?;
/// writer.write(&hat)?;
/// assert!(String::from_utf8(writer.finish()?)?.contains("Size,S"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExportColumns {
    product_facts: Vec<String>,
    variant_facts: Vec<String>,
    options: usize,
    further_categories: bool,
    lowest_prices: bool,
}

impl ExportColumns {
    /// Adds the column of lowest prices before reductions; see [`ProductWriter::write_reduced`].
    pub fn add_lowest_prices(&mut self) {
        self.lowest_prices = true;
    }

    /// Takes a product into account.
    pub fn add(&mut self, product: &ProductDraft) {
        self.options = self.options.max(used_options(product).len());
        self.further_categories |= category_paths(product).len() > 1;
        for (name, _) in &product.metadata {
            add_name(&mut self.product_facts, name);
        }
        for (name, _) in product.variants.iter().flat_map(|variant| &variant.metadata) {
            if name != TRACKER_FACT {
                add_name(&mut self.variant_facts, name);
            }
        }
    }
}

fn add_name(names: &mut Vec<String>, name: &str) {
    let name = trim_cell(name);
    if !name.is_empty() && !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}

/// What a column of the file holds.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Content {
    Field(Role),
    ProductFact(String),
    VariantFact(String),
    LowestPrice,
}

/// Writes products, one after the other.
///
/// ```
/// use sutler_core::import::{ProductDraft, VariantDraft};
/// use sutler_exchange::{ExportColumns, HeaderSet, ProductWriter};
///
/// let hat = ProductDraft {
///     handle: "hat".into(),
///     title: Some("Hat".into()),
///     variants: vec![VariantDraft::default()],
///     ..ProductDraft::default()
/// };
/// let mut columns = ExportColumns::default();
/// columns.add(&hat);
/// let mut writer = ProductWriter::new(Vec::new(), columns, HeaderSet::Classic)?;
/// writer.write(&hat)?;
/// let file = String::from_utf8(writer.finish()?)?;
/// assert!(file.starts_with("Handle,Title,Body (HTML),Vendor,"));
/// assert!(file.contains("\nhat,Hat,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ProductWriter<W: Write> {
    writer: csv::Writer<W>,
    contents: Vec<Content>,
    names: HeaderSet,
}

impl<W: Write> ProductWriter<W> {
    /// Writes the header row.
    pub fn new(out: W, columns: ExportColumns, names: HeaderSet) -> io::Result<ProductWriter<W>> {
        let columns = arrange(&columns, names);
        let mut writer = csv::WriterBuilder::new().from_writer(out);
        let header = columns.iter().map(|(name, _)| clean(name));
        writer.write_record(header.map(|name| guard(&name).into_owned()))?;
        let contents = columns.into_iter().map(|(_, content)| content).collect();
        Ok(ProductWriter { writer, contents, names })
    }

    /// Writes one product: a row for each variant and each image, at least one.
    pub fn write(&mut self, product: &ProductDraft) -> io::Result<()> {
        self.write_reduced(product, &[])
    }

    /// As [`ProductWriter::write`], with the lowest price before the reduction of each variant whose price is reduced. Such a
    /// column is told as ignored when the file is read: it follows from what prices were.
    ///
    /// ```
    /// use sutler_core::import::{ProductDraft, VariantDraft};
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_exchange::{ExportColumns, HeaderSet, ProductWriter};
    ///
    /// let hat = ProductDraft {
    ///     handle: "hat".into(),
    ///     variants: vec![VariantDraft::default()],
    ///     ..ProductDraft::default()
    /// };
    /// let mut columns = ExportColumns::default();
    /// columns.add(&hat);
    /// columns.add_lowest_prices();
    /// let mut writer = ProductWriter::new(Vec::new(), columns, HeaderSet::Classic)?;
    /// writer.write_reduced(&hat, &[Some(Money::parse("8.00", Currency::EUR)?)])?;
    /// let file = String::from_utf8(writer.finish()?)?;
    /// assert!(file.contains("Variant Lowest Price 30 Days") && file.contains(",8.00,"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_reduced(
        &mut self,
        product: &ProductDraft,
        lowest_before: &[Option<Money>],
    ) -> io::Result<()> {
        let images = distinct_images(product);
        let options = used_options(product);
        let rows = product.variants.len().max(images.len()).max(1);
        for n in 0..rows {
            let row = Row {
                product,
                options: &options,
                variant: product.variants.get(n),
                image: images.get(n).copied(),
                lowest_before: lowest_before.get(n).copied().flatten(),
                number: n,
                names: self.names,
            };
            for content in &self.contents {
                self.writer.write_field(row.cell(content).as_bytes())?;
            }
            self.writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    /// Ends the file and gives the output back.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// Puts all columns in order: the base, with unknown facts before the column of variant images.
fn arrange(columns: &ExportColumns, names: HeaderSet) -> Vec<(String, Content)> {
    let mut arranged: Vec<(String, Content)> = Vec::new();
    let has = |facts: &[String], name: &str| facts.iter().any(|fact| fact == name);
    for known in KNOWN {
        let name = match names {
            HeaderSet::Classic => known.classic,
            HeaderSet::New => known.new,
        };
        if known.role == Role::VariantImage {
            arranged.extend(unknown_facts(columns));
        }
        let content = match known.role {
            Role::ProductFact if known.always || has(&columns.product_facts, known.classic) => {
                Content::ProductFact(known.classic.to_owned())
            }
            Role::VariantFact if known.always || has(&columns.variant_facts, known.classic) => {
                Content::VariantFact(known.classic.to_owned())
            }
            Role::FurtherCategories if columns.further_categories => Content::Field(known.role),
            Role::Ignored if columns.lowest_prices => Content::LowestPrice,
            Role::ProductFact | Role::VariantFact | Role::FurtherCategories | Role::Ignored => {
                continue;
            }
            role => Content::Field(role),
        };
        arranged.push((name.to_owned(), content));
        if known.role == Role::OptionValue(3) {
            arranged.extend(further_options(columns.options));
        }
    }
    arranged
}

/// The columns of options that Shopify does not have.
fn further_options(count: usize) -> Vec<(String, Content)> {
    let numbers = (OPTIONS_BASE + 1..=count).filter_map(|n| u8::try_from(n).ok());
    numbers
        .flat_map(|n| {
            [
                (format!("Option{n} Name"), Content::Field(Role::OptionName(n))),
                (format!("Option{n} Value"), Content::Field(Role::OptionValue(n))),
            ]
        })
        .collect()
}

/// The columns of facts that are not in the table of known ones.
fn unknown_facts(columns: &ExportColumns) -> Vec<(String, Content)> {
    let known = |name: &str, role: Role| KNOWN.iter().any(|k| k.role == role && k.classic == name);
    let mut unknown = Vec::new();
    for name in columns.product_facts.iter().filter(|name| !known(name, Role::ProductFact)) {
        // A plain name is enough when reading it gives a product fact of this very name.
        let header = match meaning(&header_key(name), name) {
            (Role::ProductFact | Role::Fact, kept) if kept == *name => name.clone(),
            _ => format!("{PRODUCT_FACT_PREFIX}{name}"),
        };
        unknown.push((header, Content::ProductFact(name.clone())));
    }
    for name in columns.variant_facts.iter().filter(|name| !known(name, Role::VariantFact)) {
        let header = match meaning(&header_key(name), name) {
            (Role::VariantFact, kept) if kept == *name => name.clone(),
            _ => format!("{VARIANT_FACT_PREFIX}{name}"),
        };
        unknown.push((header, Content::VariantFact(name.clone())));
    }
    unknown
}

/// Returns the indexes of the options that a variant has a value for.
fn used_options(product: &ProductDraft) -> Vec<usize> {
    let says = |variant: &VariantDraft, at: usize| {
        variant.option_values.get(at).is_some_and(|value| !trim_cell(value).is_empty())
    };
    (0..product.option_names.len())
        .filter(|at| product.variants.iter().any(|variant| says(variant, *at)))
        .collect()
}

/// Returns the images with an address, each address once.
fn distinct_images(product: &ProductDraft) -> Vec<&ImageDraft> {
    let mut seen = std::collections::HashSet::new();
    let images = product.images.iter().flatten();
    images.filter(|i| !trim_cell(&i.url).is_empty() && seen.insert(trim_cell(&i.url))).collect()
}

/// Returns the category paths as cells, each once.
fn category_paths(product: &ProductDraft) -> Vec<String> {
    let mut cells: Vec<String> = Vec::new();
    for path in product.categories.iter().flatten() {
        let parts: Vec<String> = path
            .iter()
            .flat_map(|part| part.split('>'))
            .map(|part| trim_cell(part).replace(['\n', '\r'], " "))
            .filter(|part| !part.is_empty())
            .collect();
        let cell = parts.join(" > ");
        if !cell.is_empty() && !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    cells
}

/// One row of the file.
struct Row<'a> {
    product: &'a ProductDraft,
    options: &'a [usize],
    variant: Option<&'a VariantDraft>,
    image: Option<&'a ImageDraft>,
    lowest_before: Option<Money>,
    number: usize,
    names: HeaderSet,
}

impl<'a> Row<'a> {
    /// Returns the cell of a column.
    fn cell(&self, content: &'a Content) -> Cow<'a, str> {
        match content {
            Content::Field(role) => self.field(*role),
            Content::ProductFact(name) => {
                let first = self.number == 0;
                plain(fact(&self.product.metadata, name).filter(|_| first))
            }
            Content::VariantFact(name) => {
                plain(self.variant.and_then(|variant| fact(&variant.metadata, name)))
            }
            Content::LowestPrice => {
                Cow::Owned(self.lowest_before.map_or_else(String::new, Money::amount_text))
            }
        }
    }

    fn field(&self, role: Role) -> Cow<'a, str> {
        match role {
            Role::Handle => plain(Some(&self.product.handle)),
            Role::ImageUrl => plain(self.image.map(|image| image.url.as_str())),
            Role::ImageAlt => plain(self.image.map(|image| image.alt.as_str())),
            Role::ImagePosition => match self.image {
                Some(_) => Cow::Owned((self.number + 1).to_string()),
                None => Cow::Borrowed(""),
            },
            Role::OptionValue(n) => self.option_value(n),
            role => match self.variant_field(role) {
                Some(cell) => cell,
                None if self.number == 0 => self.product_field(role),
                None => Cow::Borrowed(""),
            },
        }
    }

    /// A field that only the first row of a product has.
    fn product_field(&self, role: Role) -> Cow<'a, str> {
        let product = self.product;
        match role {
            Role::Title => plain(product.title.as_deref()),
            Role::Description => match product.description.as_deref() {
                Some(text) if !trim_cell(text).is_empty() => guard_clean(text),
                _ => Cow::Borrowed(""),
            },
            Role::Brand => said(product.brand.as_ref()),
            Role::ProductType => said(product.product_type.as_ref()),
            Role::SeoTitle => said(product.seo_title.as_ref()),
            Role::SeoDescription => said(product.seo_description.as_ref()),
            Role::Category => owned(category_paths(product).into_iter().next().unwrap_or_default()),
            Role::FurtherCategories => {
                let further: Vec<String> = category_paths(product).into_iter().skip(1).collect();
                owned(further.join("\n"))
            }
            Role::Tags => {
                let mut tags: Vec<&str> = Vec::new();
                for tag in product.tags.iter().flatten().map(|tag| trim_cell(tag)) {
                    if !tags.contains(&tag) {
                        tags.push(tag);
                    }
                }
                owned(list::join(tags.into_iter()))
            }
            Role::Published => self.yes_or_no(product.published),
            Role::Status => self.status(),
            Role::OptionName(n) => self.option_name(n),
            _ => Cow::Borrowed(""),
        }
    }

    /// A field that every variant has; `None` when the role is none of a variant.
    fn variant_field(&self, role: Role) -> Option<Cow<'a, str>> {
        let said_money = |price: Option<&Said<Money>>| match price.and_then(Said::value) {
            Some(price) => Cow::Owned(price.amount_text()),
            None => Cow::Borrowed(""),
        };
        let number = |n: Option<i64>| n.map_or(Cow::Borrowed(""), |n| Cow::Owned(n.to_string()));
        let variant = self.variant;
        Some(match role {
            Role::Sku => identifier(variant.and_then(|v| v.sku.as_ref())),
            Role::Barcode => identifier(variant.and_then(|v| v.barcode.as_ref())),
            Role::Weight => {
                let grams = variant.and_then(|v| v.weight_grams.as_ref()).and_then(Said::value);
                number(grams.copied().map(i64::from))
            }
            Role::Price => match variant.and_then(|v| v.price) {
                Some(price) => Cow::Owned(price.amount_text()),
                None => Cow::Borrowed(""),
            },
            Role::CompareAt => said_money(variant.and_then(|v| v.compare_at.as_ref())),
            Role::UnitCost => said_money(variant.and_then(|v| v.unit_cost.as_ref())),
            Role::Stock => number(variant.and_then(|v| v.stock)),
            Role::Tracker => match variant {
                Some(v) if v.tracks_stock == Some(true) => {
                    let other = fact(&v.metadata, TRACKER_FACT).and_then(other_tracker);
                    plain(Some(other.unwrap_or(TRACKER)))
                }
                _ => Cow::Borrowed(""),
            },
            Role::Policy => {
                let words = match self.names {
                    HeaderSet::Classic => ["deny", "continue"],
                    HeaderSet::New => ["DENY", "CONTINUE"],
                };
                let goes_on = variant.and_then(|v| v.sells_without_stock);
                Cow::Borrowed(goes_on.map_or("", |goes_on| words[usize::from(goes_on)]))
            }
            Role::RequiresShipping => self.yes_or_no(variant.and_then(|v| v.requires_shipping)),
            Role::Taxable => self.yes_or_no(variant.and_then(|v| v.taxable)),
            Role::TaxCode => said(variant.and_then(|v| v.tax_code.as_ref())),
            Role::VariantImage => said(variant.and_then(|v| v.image_url.as_ref())),
            _ => return None,
        })
    }

    /// The n-th used option; a product without options has the placeholder that Shopify wants.
    fn option_name(&self, n: u8) -> Cow<'a, str> {
        let at = usize::from(n) - 1;
        match self.options.get(at) {
            Some(option) => match trim_cell(&self.product.option_names[*option]) {
                "" => Cow::Owned(format!("Option{n}")),
                name => plain(Some(name)),
            },
            None if self.lacks_options() && at == 0 => Cow::Borrowed(NO_OPTION_NAME),
            None => Cow::Borrowed(""),
        }
    }

    fn option_value(&self, n: u8) -> Cow<'a, str> {
        let at = usize::from(n) - 1;
        match (self.options.get(at), self.variant) {
            (_, None) => Cow::Borrowed(""),
            (Some(option), Some(variant)) => {
                plain(variant.option_values.get(*option).map(String::as_str))
            }
            (None, _) if self.lacks_options() && at == 0 => Cow::Borrowed(NO_OPTION_VALUE),
            (None, _) => Cow::Borrowed(""),
        }
    }

    fn lacks_options(&self) -> bool {
        self.options.is_empty() && !self.product.variants.is_empty()
    }

    fn yes_or_no(&self, answer: Option<bool>) -> Cow<'static, str> {
        let words = match self.names {
            HeaderSet::Classic => ["false", "true"],
            HeaderSet::New => ["FALSE", "TRUE"],
        };
        Cow::Borrowed(answer.map_or("", |answer| words[usize::from(answer)]))
    }

    fn status(&self) -> Cow<'static, str> {
        let [draft, active, archived] = match self.names {
            HeaderSet::Classic => ["draft", "active", "archived"],
            HeaderSet::New => ["Draft", "Active", "Archived"],
        };
        Cow::Borrowed(match self.product.status {
            None => "",
            Some(ProductStatus::Draft) => draft,
            Some(ProductStatus::Active) => active,
            Some(ProductStatus::Archived) => archived,
        })
    }
}

/// Returns a fact by its name.
fn fact<'a>(facts: &'a [(String, String)], name: &str) -> Option<&'a str> {
    facts.iter().find(|(key, _)| trim_cell(key) == name).map(|(_, value)| value.as_str())
}

/// Takes NUL characters out, which no text file may hold.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// A text as a cell: clean, trimmed and guarded.
pub(crate) fn plain(text: Option<&str>) -> Cow<'_, str> {
    let Some(text) = text else { return Cow::Borrowed("") };
    match clean(text) {
        Cow::Borrowed(text) => guard(trim_cell(text)),
        Cow::Owned(text) => Cow::Owned(guard(trim_cell(&text)).into_owned()),
    }
}

/// A text as a cell that keeps its blanks.
fn guard_clean(text: &str) -> Cow<'_, str> {
    match clean(text) {
        Cow::Borrowed(text) => guard(text),
        Cow::Owned(text) => Cow::Owned(guard(&text).into_owned()),
    }
}

fn owned(text: String) -> Cow<'static, str> {
    Cow::Owned(plain(Some(&text)).into_owned())
}

fn said(text: Option<&Said<String>>) -> Cow<'_, str> {
    plain(text.and_then(Said::value).map(String::as_str))
}

fn identifier(text: Option<&Said<String>>) -> Cow<'_, str> {
    identifier_text(text.and_then(Said::value).map_or("", String::as_str))
}

/// An identifier as a cell: clean, trimmed and guarded against mending.
pub(crate) fn identifier_text(text: &str) -> Cow<'_, str> {
    match clean(text) {
        Cow::Borrowed(text) => guard_identifier(trim_cell(text)),
        Cow::Owned(text) => Cow::Owned(guard_identifier(trim_cell(&text)).into_owned()),
    }
}
