//! Writing the catalog and the stock as files that merchants' tools read.
//!
//! Products come in the order they were made, oldest first, so that two exports of one shop are the same bytes. They are
//! read twice: once to find out which columns the file needs, once to write it; never more than a page is in memory.
//!
//! Invariant: what is exported, imported into an empty shop and exported again gives the same bytes, but for the lowest
//! prices before reductions: they follow from what prices were, which no file brings along.
//!
//! Deliberately absent: retired variants, prices of other lists than the channel's base list, and quantity rungs: the
//! formats have no place for them. Price lists have a file of their own (`export_prices`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use sutler_core::catalog::{CategoryTree, Product, Variant};
use sutler_core::id::{PriceListId, ProductId, StockLocationId, VariantId};
use sutler_core::import::{ImageDraft, ProductDraft, Said, VariantDraft};
use sutler_core::inventory::{StockKey, StockLevel};
use sutler_core::money::Money;
use sutler_core::pricing::Price;
use sutler_core::rejection::Rejection;
pub use sutler_exchange::guard;
use sutler_exchange::{ExportColumns, HeaderSet, InventoryRow, InventoryWriter, ProductWriter};

use super::cart::channel_by_code;
use super::search::search_channel;
use crate::{FlowError, Reader};

/// How many products are read at a time.
const PAGE: usize = 200;

/// Which format is written.
///
/// ```
/// use sutler_engine::flow::export::{ExportFormat, ExportOptions};
///
/// assert_eq!(ExportOptions::default().format, ExportFormat::Shopify);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExportFormat {
    /// A Shopify product file.
    #[default]
    Shopify,
}

/// Which of Shopify's two sets of column names is written.
///
/// ```
/// use sutler_engine::flow::export::{ExportHeaders, ExportOptions};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let mut file = Vec::new();
/// let options = ExportOptions { headers: ExportHeaders::New, ..ExportOptions::default() };
/// shop.export_products(&mut file, &options)?;
/// assert!(String::from_utf8(file)?.contains("URL handle"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportHeaders {
    /// `Handle`, `Body (HTML)`, `Variant SKU`: what shops export.
    #[default]
    Classic,
    /// `URL handle`, `Description`, `SKU`: what the admin's template has.
    New,
}

/// What is exported, and how.
///
/// ```
/// use sutler_engine::flow::export::ExportOptions;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let options = ExportOptions { channel: Some("kiosk".into()), ..ExportOptions::default() };
/// let refusal = shop.export_products(Vec::new(), &options).unwrap_err();
/// assert_eq!(refusal.code(), "not_found");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExportOptions {
    /// The format.
    pub format: ExportFormat,
    /// The column names.
    pub headers: ExportHeaders,
    /// Code of the channel whose prices are written; `web` or the only one when not given.
    pub channel: Option<String>,
}

/// How much was written.
///
/// ```
/// use sutler_engine::flow::export::ExportOptions;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let report = shop.export_products(Vec::new(), &ExportOptions::default())?;
/// assert_eq!((report.products, report.variants), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct ExportReport {
    /// Products.
    pub products: u64,
    /// Variants in use.
    pub variants: u64,
    /// Rows of a stock file; 0 in a product file.
    pub rows: u64,
}

impl Reader {
    /// Writes every product of the shop.
    ///
    /// Errors: an unknown channel; [`FlowError::Io`] when `out` cannot be written to.
    ///
    /// ```
    /// use sutler_engine::flow::export::ExportOptions;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let mut file = Vec::new();
    /// shop.export_products(&mut file, &ExportOptions::default())?;
    /// let file = String::from_utf8(file)?;
    /// assert!(file.contains("MUG-RED"));
    /// assert!(shop.import_text(&file, "mugs.csv")?.changes_nothing(), "it says what is there");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export_products(
        &self,
        out: impl Write,
        options: &ExportOptions,
    ) -> Result<ExportReport, FlowError> {
        let ExportFormat::Shopify = options.format;
        let setup = self.setup()?;
        let channel = match &options.channel {
            Some(code) => channel_by_code(&setup, code)?,
            None => search_channel(&setup).ok_or_else(|| Rejection::not_found("channel", "web"))?,
        };
        let list = setup.base_price_list(channel).map(|list| list.id);
        let tree = self.category_tree()?;
        let draft = |product: &Product, around: &Around| {
            draft_of(
                product,
                &tree,
                |variant| around.price(variant, list),
                |variant| around.on_hand(variant),
            )
        };
        let lowest = |products: &[Product]| self.lowest_before(products, &channel.code);
        let mut columns = ExportColumns::default();
        self.each_page(|products, around| {
            products.iter().for_each(|product| columns.add(&draft(product, around)));
            if !lowest(products)?.is_empty() {
                columns.add_lowest_prices();
            }
            Ok(())
        })?;
        let headers = match options.headers {
            ExportHeaders::Classic => HeaderSet::Classic,
            ExportHeaders::New => HeaderSet::New,
        };
        let mut writer = ProductWriter::new(out, columns, headers).map_err(failed)?;
        let mut report = ExportReport::default();
        self.each_page(|products, around| {
            let reduced = lowest(products)?;
            for product in products {
                let draft = draft(product, around);
                report.products += 1;
                report.variants += count(draft.variants.len());
                let in_use = product.variants.iter().filter(|variant| !variant.retired);
                let lowest: Vec<Option<Money>> =
                    in_use.map(|variant| reduced.get(&variant.id).copied()).collect();
                writer.write_reduced(&draft, &lowest).map_err(failed)?;
            }
            Ok(())
        })?;
        writer.finish().map_err(failed)?.flush().map_err(failed)?;
        Ok(report)
    }

    /// Writes the stock of every variant at every location, in the shape that can be edited and imported again: a row whose
    /// stock changed meanwhile is skipped then.
    ///
    /// Errors: [`FlowError::Io`] when `out` cannot be written to.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let mut file = Vec::new();
    /// let report = shop.export_stock(&mut file)?;
    /// assert_eq!(report.rows, 2, "two variants at one location");
    /// let summary = shop.import_text(std::str::from_utf8(&file)?, "stock.csv")?;
    /// assert!(summary.changes_nothing());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export_stock(&self, out: impl Write) -> Result<ExportReport, FlowError> {
        let setup = self.setup()?;
        let mut writer = InventoryWriter::new(out).map_err(failed)?;
        let mut report = ExportReport::default();
        self.each_page(|products, around| {
            for product in products {
                report.products += 1;
                for variant in product.variants.iter().filter(|variant| !variant.retired) {
                    report.variants += 1;
                    for location in &setup.locations {
                        let key = StockKey { variant: variant.id, location: location.id };
                        let row = inventory_row(
                            product,
                            variant,
                            &location.name,
                            around.levels.get(&key),
                        );
                        report.rows += 1;
                        writer.write(&row).map_err(failed)?;
                    }
                }
            }
            Ok(())
        })?;
        writer.finish().map_err(failed)?.flush().map_err(failed)?;
        Ok(report)
    }

    /// Returns the lowest price before the reduction of each variant whose price is reduced now.
    fn lowest_before(
        &self,
        products: &[Product],
        channel: &str,
    ) -> Result<BTreeMap<VariantId, Money>, FlowError> {
        let in_use = products.iter().flat_map(|p| &p.variants).filter(|variant| !variant.retired);
        let variants: Vec<VariantId> = in_use.map(|variant| variant.id).collect();
        let reductions = self.price_reductions(&variants, channel)?;
        Ok(reductions.into_iter().map(|(id, reduction)| (id, reduction.lowest_before)).collect())
    }

    /// Reads all products, oldest first, a page at a time.
    fn each_page(
        &self,
        mut look: impl FnMut(&[Product], &Around) -> Result<(), FlowError>,
    ) -> Result<(), FlowError> {
        let mut after: Option<ProductId> = None;
        loop {
            let products = self.store().product_page(after, PAGE)?;
            let Some(last) = products.last() else { return Ok(()) };
            after = Some(last.id);
            let in_use =
                products.iter().flat_map(|p| &p.variants).filter(|variant| !variant.retired);
            let variants: Vec<VariantId> = in_use.map(|variant| variant.id).collect();
            let around = Around {
                prices: self.store().prices(&variants)?,
                levels: self.store().stock_levels(&variants, self.now())?,
            };
            look(&products, &around)?;
        }
    }
}

/// What stands around a page of products.
struct Around {
    /// In the order of variant, list, minimum quantity.
    prices: Vec<Price>,
    levels: BTreeMap<StockKey, StockLevel>,
}

impl Around {
    /// Returns the price of a single unit in a list.
    fn price(&self, variant: VariantId, list: Option<PriceListId>) -> Option<&Price> {
        let first = self.prices.partition_point(|price| price.variant < variant);
        let own = self.prices.get(first..)?.iter().take_while(|price| price.variant == variant);
        own.into_iter().find(|price| Some(price.list) == list && price.min_quantity == 1)
    }

    /// Returns the units at all locations; none where nothing was ever counted.
    fn on_hand(&self, variant: VariantId) -> i64 {
        let at = |raw| StockKey { variant, location: StockLocationId::from_u128(raw) };
        let levels = self.levels.range(at(0)..=at(u128::MAX));
        levels.map(|(_, level)| i64::from(level.on_hand)).sum()
    }
}

pub(super) fn failed(source: io::Error) -> FlowError {
    FlowError::Io { what: "cannot write", path: "the export".to_owned(), source }
}

fn count(variants: usize) -> u64 {
    u64::try_from(variants).unwrap_or(u64::MAX)
}

fn said(text: Option<&String>) -> Option<Said<String>> {
    Some(text.map_or(Said::Cleared, |text| Said::Value(text.clone())))
}

/// Returns a product as a file would state it.
fn draft_of<'p>(
    product: &Product,
    tree: &CategoryTree,
    price: impl Fn(VariantId) -> Option<&'p Price>,
    on_hand: impl Fn(VariantId) -> i64,
) -> ProductDraft {
    let path = |id| tree.path(id).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let in_use = product.variants.iter().filter(|variant| !variant.retired);
    ProductDraft {
        handle: product.handle.to_string(),
        external_id: product.external_id.clone(),
        title: Some(product.title.clone()),
        description: Some(product.description.clone()),
        brand: said(product.brand.as_ref()),
        categories: Some(product.categories.iter().map(|id| path(*id)).collect()),
        product_type: said(product.product_type.as_ref()),
        tags: Some(product.tags.clone()),
        status: Some(product.status),
        published: Some(product.published),
        option_names: product.option_names.clone(),
        images: Some(
            product
                .images
                .iter()
                .map(|i| ImageDraft { url: i.url.clone(), alt: i.alt.clone() })
                .collect(),
        ),
        publish_from: Some(product.publish_window.from.map_or(Said::Cleared, Said::Value)),
        publish_until: Some(product.publish_window.until.map_or(Said::Cleared, Said::Value)),
        seo_title: said(product.seo_title.as_ref()),
        seo_description: said(product.seo_description.as_ref()),
        metadata: product.metadata.clone().into_iter().collect(),
        variants: in_use.map(|v| variant_draft(v, price(v.id), on_hand(v.id))).collect(),
    }
}

fn variant_draft(variant: &Variant, price: Option<&Price>, on_hand: i64) -> VariantDraft {
    let value = |text: Option<String>| said(text.as_ref());
    VariantDraft {
        line: 0,
        option_values: variant.option_values.clone(),
        sku: value(variant.sku.as_ref().map(ToString::to_string)),
        barcode: value(variant.barcode.clone()),
        weight_grams: Some(variant.weight_grams.map_or(Said::Cleared, Said::Value)),
        price: price.map(|price| price.amount),
        compare_at: Some(
            price.and_then(|price| price.compare_at).map_or(Said::Cleared, Said::Value),
        ),
        unit_cost: Some(variant.unit_cost.map_or(Said::Cleared, Said::Value)),
        stock: variant.tracks_stock.then_some(on_hand),
        tracks_stock: Some(variant.tracks_stock),
        sells_without_stock: Some(variant.sells_without_stock),
        requires_shipping: Some(variant.requires_shipping),
        taxable: Some(variant.taxable),
        tax_category: Some(Said::Value(variant.tax_category.clone())),
        dimensions: Some(variant.dimensions.map_or(Said::Cleared, Said::Value)),
        tax_code: value(variant.tax_code.clone()),
        image_url: value(variant.image_url.clone()),
        metadata: variant.metadata.clone().into_iter().collect(),
    }
}

fn inventory_row(
    product: &Product,
    variant: &Variant,
    location: &str,
    level: Option<&StockLevel>,
) -> InventoryRow {
    let units = |count: fn(&StockLevel) -> i64| level.map_or(0, count);
    let promised = |level: &StockLevel| i64::from(level.reserved) + i64::from(level.allocated);
    InventoryRow {
        handle: product.handle.to_string(),
        title: product.title.clone(),
        options: product
            .option_names
            .iter()
            .cloned()
            .zip(variant.option_values.iter().cloned())
            .collect(),
        sku: variant.sku.as_ref().map(ToString::to_string).unwrap_or_default(),
        location: location.to_owned(),
        bin: String::new(),
        incoming: 0,
        unavailable: units(|level| i64::from(level.safety)),
        committed: level.map_or(0, promised),
        available: level.map_or(0, |level| {
            i64::from(level.on_hand) - i64::from(level.safety) - promised(level)
        }),
        on_hand: level.map(|level| i64::from(level.on_hand)),
    }
}
