//! Products: one with its variants, and lists of them.

use std::collections::BTreeMap;

use sutler_core::catalog::Product;
use sutler_core::id::{ProductId, VariantId};
use sutler_core::inventory::StockLevel;
use sutler_core::money::Money;
use sutler_core::pricing::{Price, PriceReduction};
use sutler_core::status::word;
use sutler_core::time::Timestamp;
use sutler_engine::flow::catalog::ProductView;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side, Table};

view! {
    /// What is bought: one choice of every option.
    VariantView {
        /// Identity.
        id: VariantId,
        /// The merchant's label.
        sku: Option<String>,
        /// EAN, UPC, ISBN or the like.
        barcode: Option<String>,
        /// One value for each option of the product.
        option_values: Vec<String>,
        /// What one unit costs in the base price list.
        price: Option<Money>,
        /// The earlier price of one unit.
        compare_at_price: Option<Money>,
        /// Since when buyers in no customer group get a reduced price; `null` when they do not.
        reduced_since: Option<Timestamp>,
        /// The lowest price of the 30 days before that reduction (Directive 98/6/EC, Article 6a).
        lowest_price_30_days: Option<Money>,
        /// Units physically there, at all locations together.
        on_hand: u64,
        /// Units that may still be sold, at all locations together.
        available: u64,
        /// Whether stock is counted.
        tracks_stock: bool,
        /// Weight of one packed unit in grams.
        weight_grams: Option<u32>,
        /// Whether it is no longer sold.
        retired: bool,
    }
}

view! {
    /// A product with everything around it.
    ProductShown {
        /// Identity.
        id: ProductId,
        /// The text key in addresses and files.
        handle: String,
        /// Title.
        title: String,
        /// Description, HTML as the merchant wrote it.
        description: String,
        /// Brand.
        brand: Option<String>,
        /// The merchant's own word for its kind.
        product_type: Option<String>,
        /// `draft`, `active` or `archived`.
        status: String,
        /// Whether buyers see it at all.
        published: bool,
        /// Paths of its categories.
        categories: Vec<String>,
        /// Free words.
        tags: Vec<String>,
        /// Names of the ways in which variants differ.
        option_names: Vec<String>,
        /// Typed facts.
        attributes: BTreeMap<String, String>,
        /// Addresses of pictures.
        images: Vec<String>,
        /// What is bought.
        variants: Vec<VariantView>,
        /// When it was made.
        created_at: Timestamp,
        /// When it was last changed.
        updated_at: Timestamp,
    }
}

view! {
    /// A product in a list.
    ProductRow {
        /// Identity.
        id: ProductId,
        /// The text key in addresses and files.
        handle: String,
        /// Title.
        title: String,
        /// Brand.
        brand: Option<String>,
        /// `draft`, `active` or `archived`.
        status: String,
        /// Whether buyers see it at all.
        published: bool,
        /// Variants in use.
        variants: u64,
        /// The lowest price of its variants in the base price list.
        price_from: Option<Money>,
        /// Units that may still be sold, all variants and locations together.
        available: u64,
    }
}

view! {
    /// Products, oldest first.
    ProductList {
        /// The products.
        products: Vec<ProductRow>,
        /// For `--after`: where the next page begins.
        next: Option<ProductId>,
    }
}

/// Prices and stock of some variants, as rows show them.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    /// What one unit of each variant costs now.
    pub(crate) prices: BTreeMap<VariantId, Price>,
    /// Levels of the variants, by variant.
    pub(crate) levels: Vec<(VariantId, StockLevel)>,
}

impl Offer {
    fn sum(&self, variant: VariantId, count: fn(&StockLevel) -> u32) -> u64 {
        self.levels
            .iter()
            .filter(|(of, _)| *of == variant)
            .map(|(_, level)| u64::from(count(level)))
            .sum()
    }
}

impl ProductRow {
    /// Makes a row of a product.
    pub(crate) fn new(product: &Product, offer: &Offer) -> Self {
        let in_use = || product.variants.iter().filter(|variant| !variant.retired);
        let prices =
            in_use().filter_map(|variant| offer.prices.get(&variant.id)).map(|price| price.amount);
        Self {
            id: product.id,
            handle: product.handle.to_string(),
            title: product.title.clone(),
            brand: product.brand.clone(),
            status: word(product.status),
            published: product.published,
            variants: u64::try_from(in_use().count()).unwrap_or(u64::MAX),
            price_from: prices.min_by_key(|amount| amount.minor()),
            available: in_use().map(|variant| offer.sum(variant.id, StockLevel::available)).sum(),
        }
    }
}

impl ProductShown {
    /// Puts a product together with its prices, reductions and stock.
    pub(crate) fn new(
        view: &ProductView,
        prices: BTreeMap<VariantId, Price>,
        reductions: &BTreeMap<VariantId, PriceReduction>,
    ) -> Self {
        let product = &view.product;
        let levels = view.levels.iter().map(|(key, level)| (key.variant, *level)).collect();
        let offer = Offer { prices, levels };
        let variants = product.variants.iter().map(|variant| {
            let (price, reduction) = (offer.prices.get(&variant.id), reductions.get(&variant.id));
            VariantView {
                id: variant.id,
                sku: variant.sku.as_ref().map(ToString::to_string),
                barcode: variant.barcode.clone(),
                option_values: variant.option_values.clone(),
                price: price.map(|price| price.amount),
                compare_at_price: price.and_then(|price| price.compare_at),
                reduced_since: reduction.map(|reduction| reduction.since),
                lowest_price_30_days: reduction.map(|reduction| reduction.lowest_before),
                on_hand: offer.sum(variant.id, |level| level.on_hand),
                available: offer.sum(variant.id, StockLevel::available),
                tracks_stock: variant.tracks_stock,
                weight_grams: variant.weight_grams,
                retired: variant.retired,
            }
        });
        Self {
            id: product.id,
            handle: product.handle.to_string(),
            title: product.title.clone(),
            description: product.description.clone(),
            brand: product.brand.clone(),
            product_type: product.product_type.clone(),
            status: word(product.status),
            published: product.published,
            categories: view.categories.clone(),
            tags: product.tags.clone(),
            option_names: product.option_names.clone(),
            attributes: product
                .attributes
                .iter()
                .map(|a| (a.name.clone(), a.value.to_string()))
                .collect(),
            images: product.images.iter().map(|image| image.url.clone()).collect(),
            variants: variants.collect(),
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

const VARIANTS: &[Column] = &[
    ("SKU", Side::Left),
    ("OPTIONS", Side::Left),
    ("PRICE", Side::Right),
    ("BEFORE", Side::Right),
    ("ON HAND", Side::Right),
    ("AVAILABLE", Side::Right),
    ("BARCODE", Side::Left),
];

impl Show for ProductShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let published = if self.published { "" } else { ", not published" };
        sheet.title(&self.title, &format!("{}{published}", self.status));
        sheet.pair("handle", &self.handle);
        sheet.pair("id", &self.id.to_string());
        sheet.some("brand", self.brand.as_deref());
        for category in &self.categories {
            sheet.pair("category", category);
        }
        if !self.tags.is_empty() {
            sheet.pair("tags", &self.tags.join(", "));
        }
        for (name, value) in &self.attributes {
            sheet.pair(name, value);
        }
        let mut table = Table::new(VARIANTS);
        for variant in &self.variants {
            let money = |amount: Option<Money>| {
                amount.map_or_else(String::new, |amount| amount.to_string())
            };
            let options = variant.option_values.join(" / ");
            let uncounted = || "∞".to_owned();
            table.row([
                variant.sku.clone().unwrap_or_default(),
                if variant.retired { format!("{options} (retired)") } else { options },
                money(variant.price),
                money(variant.compare_at_price),
                if variant.tracks_stock { variant.on_hand.to_string() } else { uncounted() },
                if variant.tracks_stock { variant.available.to_string() } else { uncounted() },
                variant.barcode.clone().unwrap_or_default(),
            ]);
        }
        sheet.gap().table(&table);
        for variant in &self.variants {
            if let (Some(since), Some(lowest)) =
                (variant.reduced_since, variant.lowest_price_30_days)
            {
                let options = variant.option_values.join(" / ");
                let label = variant.sku.as_deref().unwrap_or(&options);
                sheet.line(&format!(
                    "  {label} is reduced since {since}; lowest price of the 30 days before: {lowest}"
                ));
            }
        }
        sheet.finish()
    }
}

impl Row for ProductRow {
    const COLUMNS: &'static [Column] = &[
        ("HANDLE", Side::Left),
        ("TITLE", Side::Left),
        ("BRAND", Side::Left),
        ("STATUS", Side::Left),
        ("VARIANTS", Side::Right),
        ("FROM", Side::Right),
        ("AVAILABLE", Side::Right),
    ];
    const FIELDS: &'static [&'static str] = &[
        "id",
        "handle",
        "title",
        "brand",
        "status",
        "published",
        "variants",
        "price_from",
        "currency",
        "available",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.handle.clone(),
            self.title.clone(),
            self.brand.clone().unwrap_or_default(),
            if self.published { self.status.clone() } else { format!("{}, hidden", self.status) },
            self.variants.to_string(),
            self.price_from.map_or_else(String::new, |amount| amount.to_string()),
            self.available.to_string(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.handle.clone(),
            self.title.clone(),
            self.brand.clone().unwrap_or_default(),
            self.status.clone(),
            self.published.to_string(),
            self.variants.to_string(),
            self.price_from.map_or_else(String::new, Money::amount_text),
            self.price_from.map_or_else(String::new, |amount| amount.currency().code().to_owned()),
            self.available.to_string(),
        ]
    }
}

impl List for ProductList {
    type Row = ProductRow;

    fn rows(&self) -> &[ProductRow] {
        &self.products
    }

    fn when_empty(&self) -> String {
        "no products; bring some in: `sutler import products.csv`".to_owned()
    }
}
