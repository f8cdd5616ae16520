//! A product as the JSON of its row: what is usual is left out, so that a plain variant takes about a hundred bytes.
//!
//! Id, handle and version stand in columns. Names of fields are those of core; what a newer program adds must have a
//! default here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use sutler_core::catalog::{
    Attribute, Dimensions, Handle, Image, Product, ProductStatus, Sku, Variant,
};
use sutler_core::id::{CategoryId, ProductId, VariantId};
use sutler_core::money::Money;
use sutler_core::pricing::{TaxCategory, Window};
use sutler_core::time::Timestamp;

use crate::error::Fault;
use crate::value::count;

type Facts = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct ProductText<'a> {
    title: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_empty_text")]
    description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brand: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_type: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    categories: Cow<'a, [CategoryId]>,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    tags: Cow<'a, [String]>,
    status: ProductStatus,
    published: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    publish_window: Window,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    option_names: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    attributes: Cow<'a, [Attribute]>,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    images: Cow<'a, [Image]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seo_title: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seo_description: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_empty_map")]
    metadata: Cow<'a, Facts>,
    /// Milliseconds.
    created_at: i64,
    /// Milliseconds.
    updated_at: i64,
    variants: Vec<VariantText<'a>>,
}

#[derive(Serialize, Deserialize)]
struct VariantText<'a> {
    id: VariantId,
    #[serde(default, skip_serializing_if = "is_empty_list")]
    options: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sku: Option<Cow<'a, Sku>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    barcode: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight_grams: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dimensions: Option<Dimensions>,
    #[serde(default = "standard", skip_serializing_if = "is_standard")]
    tax_category: Cow<'a, TaxCategory>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    taxable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tax_code: Option<Cow<'a, str>>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    tracks_stock: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    sells_without_stock: bool,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    requires_shipping: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit_cost: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image_url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_empty_map")]
    metadata: Cow<'a, Facts>,
    #[serde(default, skip_serializing_if = "is_default")]
    retired: bool,
}

fn is_empty_text(text: &str) -> bool {
    text.is_empty()
}

fn is_empty_list<T>(list: &[T]) -> bool {
    list.is_empty()
}

fn is_empty_map(map: &Facts) -> bool {
    map.is_empty()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn yes() -> bool {
    true
}

fn is_yes(flag: &bool) -> bool {
    *flag
}

fn standard() -> Cow<'static, TaxCategory> {
    Cow::Owned(TaxCategory::standard())
}

fn is_standard(category: &TaxCategory) -> bool {
    category.as_str() == "standard"
}

/// Returns the JSON of a product; `unnamed` are stored variants that the record does not speak of and that stay.
pub(super) fn write(product: &Product, unnamed: &[Variant]) -> Result<String, Fault> {
    fn text(text: &Option<String>) -> Option<Cow<'_, str>> {
        text.as_deref().map(Cow::Borrowed)
    }
    let record = ProductText {
        title: Cow::Borrowed(&product.title),
        description: Cow::Borrowed(&product.description),
        brand: text(&product.brand),
        product_type: text(&product.product_type),
        categories: Cow::Borrowed(&product.categories),
        tags: Cow::Borrowed(&product.tags),
        status: product.status,
        published: product.published,
        publish_window: product.publish_window,
        option_names: Cow::Borrowed(&product.option_names),
        attributes: Cow::Borrowed(&product.attributes),
        images: Cow::Borrowed(&product.images),
        seo_title: text(&product.seo_title),
        seo_description: text(&product.seo_description),
        external_id: text(&product.external_id),
        metadata: Cow::Borrowed(&product.metadata),
        created_at: product.created_at.millis(),
        updated_at: product.updated_at.millis(),
        variants: product.variants.iter().chain(unnamed).map(variant_text).collect(),
    };
    Ok(serde_json::to_string(&record)?)
}

fn variant_text(variant: &Variant) -> VariantText<'_> {
    VariantText {
        id: variant.id,
        options: Cow::Borrowed(&variant.option_values),
        sku: variant.sku.as_ref().map(Cow::Borrowed),
        barcode: variant.barcode.as_deref().map(Cow::Borrowed),
        weight_grams: variant.weight_grams,
        dimensions: variant.dimensions,
        tax_category: Cow::Borrowed(&variant.tax_category),
        taxable: variant.taxable,
        tax_code: variant.tax_code.as_deref().map(Cow::Borrowed),
        tracks_stock: variant.tracks_stock,
        sells_without_stock: variant.sells_without_stock,
        requires_shipping: variant.requires_shipping,
        unit_cost: variant.unit_cost,
        image_url: variant.image_url.as_deref().map(Cow::Borrowed),
        metadata: Cow::Borrowed(&variant.metadata),
        retired: variant.retired,
    }
}

/// Reads id, handle, version and data.
pub(crate) fn read(row: &Row<'_>) -> Result<Product, Fault> {
    let data = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    let record: ProductText<'_> = serde_json::from_str(data)?;
    let handle: String = row.get(1)?;
    Ok(Product {
        id: ProductId::from_bytes(row.get(0)?),
        handle: Handle::new(handle).map_err(|error| Fault::damaged("a product", error))?,
        title: record.title.into_owned(),
        description: record.description.into_owned(),
        brand: record.brand.map(Cow::into_owned),
        product_type: record.product_type.map(Cow::into_owned),
        categories: record.categories.into_owned(),
        tags: record.tags.into_owned(),
        status: record.status,
        published: record.published,
        publish_window: record.publish_window,
        option_names: record.option_names.into_owned(),
        attributes: record.attributes.into_owned(),
        images: record.images.into_owned(),
        seo_title: record.seo_title.map(Cow::into_owned),
        seo_description: record.seo_description.map(Cow::into_owned),
        external_id: record.external_id.map(Cow::into_owned),
        metadata: record.metadata.into_owned(),
        created_at: Timestamp::from_millis(record.created_at),
        updated_at: Timestamp::from_millis(record.updated_at),
        version: count(row.get(2)?)?,
        variants: record.variants.into_iter().map(variant).collect(),
    })
}

fn variant(text: VariantText<'_>) -> Variant {
    Variant {
        id: text.id,
        option_values: text.options.into_owned(),
        sku: text.sku.map(Cow::into_owned),
        barcode: text.barcode.map(Cow::into_owned),
        weight_grams: text.weight_grams,
        dimensions: text.dimensions,
        tax_category: text.tax_category.into_owned(),
        taxable: text.taxable,
        tax_code: text.tax_code.map(Cow::into_owned),
        tracks_stock: text.tracks_stock,
        sells_without_stock: text.sells_without_stock,
        requires_shipping: text.requires_shipping,
        unit_cost: text.unit_cost,
        image_url: text.image_url.map(Cow::into_owned),
        metadata: text.metadata.into_owned(),
        retired: text.retired,
    }
}
