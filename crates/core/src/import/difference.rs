//! What differs between a product as the shop holds it and as it is to be, in words.

use std::collections::BTreeMap;

use crate::catalog::{Product, Variant};

/// One fact that would change.
///
/// ```
/// use sutler_core::import::{Difference, Existing, ProductDraft, plan_product};
/// # use sutler_core::catalog::Product;
/// # use sutler_core::id::PriceListId;
/// # use sutler_core::import::PlanContext;
/// # use sutler_core::pricing::TaxCategory;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let product: Product = serde_json::from_str(text)?;
/// # let context = PlanContext {
/// #     price_list: PriceListId::from_u128(1), categories: vec![], tax_category: TaxCategory::standard(),
/// #     now: Timestamp::from_millis(0),
/// # };
/// # let existing = Existing { product: &product, prices: &[] };
///
/// let renamed = ProductDraft {
///     title: Some("Lambswool blanket".to_owned()),
/// #   handle: "wool-blanket".to_owned(), option_names: vec!["Size".to_owned()],
///     // … handle and options as they are
///     ..ProductDraft::default()
/// };
/// let planned = plan_product(&renamed, Some(existing), &context, || 7)?;
/// let title = Difference {
///     field: "title".to_owned(),
///     before: "Wool blanket".to_owned(),
///     after: "Lambswool blanket".to_owned(),
/// };
/// assert_eq!(planned.differences, [title]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Difference {
    /// Which: `title`, `TEE-M price`.
    pub field: String,
    /// What the shop holds.
    pub before: String,
    /// What the file says.
    pub after: String,
}

/// Names every fact of a product that differs, in words.
pub(super) fn differences(before: &Product, after: &Product) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |field: &str, before: String, after: String| {
        if before != after {
            found.push(Difference { field: field.to_owned(), before, after });
        }
    };
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    compare("title", before.title.clone(), after.title.clone());
    compare("description", before.description.clone(), after.description.clone());
    compare("brand", optional(&before.brand), optional(&after.brand));
    compare("type", optional(&before.product_type), optional(&after.product_type));
    compare("categories", format!("{:?}", before.categories), format!("{:?}", after.categories));
    compare("tags", before.tags.join(", "), after.tags.join(", "));
    compare("status", crate::status::word(before.status), crate::status::word(after.status));
    compare("published", before.published.to_string(), after.published.to_string());
    let moment =
        |at: Option<crate::time::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let (old, new) = (before.publish_window, after.publish_window);
    compare("published from", moment(old.from), moment(new.from));
    compare("published until", moment(old.until), moment(new.until));
    compare("options", before.option_names.join(", "), after.option_names.join(", "));
    compare("images", images(before), images(after));
    compare("seo title", optional(&before.seo_title), optional(&after.seo_title));
    compare("seo description", optional(&before.seo_description), optional(&after.seo_description));
    compare("metadata", facts(&before.metadata), facts(&after.metadata));
    let order = |product: &Product, other: &Product| {
        let both = product.variants.iter().filter(|variant| other.variant(variant.id).is_some());
        both.map(|variant| variant.id).collect::<Vec<_>>()
    };
    if order(before, after) != order(after, before) {
        let labels = |product: &Product| {
            let in_use = product.variants.iter().filter(|variant| !variant.retired);
            in_use.map(|variant| variant.label(&product.handle)).collect::<Vec<_>>().join(", ")
        };
        compare("order of variants", labels(before), labels(after));
    }
    for variant in &after.variants {
        match before.variant(variant.id) {
            None => compare("variant", String::new(), variant.label(&after.handle)),
            Some(old) if old == variant => {}
            Some(old) if !old.retired && variant.retired => {
                compare("variant", old.label(&before.handle), String::new())
            }
            Some(old) => compare_variant(&mut compare, old, variant, &variant.label(&after.handle)),
        }
    }
    found
}

fn compare_variant(
    compare: &mut impl FnMut(&str, String, String),
    old: &Variant,
    new: &Variant,
    label: &str,
) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let shown = |value: Option<String>| value.unwrap_or_default();
    let mut field = |name: &str, before: String, after: String| {
        compare(&format!("{label} {name}"), before, after)
    };
    field("options", old.options_text(), new.options_text());
    field(
        "sku",
        shown(old.sku.as_ref().map(ToString::to_string)),
        shown(new.sku.as_ref().map(ToString::to_string)),
    );
    field("barcode", text(&old.barcode), text(&new.barcode));
    field(
        "weight_grams",
        shown(old.weight_grams.map(|n| n.to_string())),
        shown(new.weight_grams.map(|n| n.to_string())),
    );
    field(
        "unit cost",
        shown(old.unit_cost.map(|m| m.to_string())),
        shown(new.unit_cost.map(|m| m.to_string())),
    );
    let size = |size: crate::catalog::Dimensions| {
        format!("{} x {} x {} mm", size.length_mm, size.width_mm, size.height_mm)
    };
    field("dimensions", shown(old.dimensions.map(size)), shown(new.dimensions.map(size)));
    field("tax category", old.tax_category.to_string(), new.tax_category.to_string());
    field("tax code", text(&old.tax_code), text(&new.tax_code));
    field("image", text(&old.image_url), text(&new.image_url));
    field("taxable", old.taxable.to_string(), new.taxable.to_string());
    field("tracks stock", old.tracks_stock.to_string(), new.tracks_stock.to_string());
    field(
        "sells without stock",
        old.sells_without_stock.to_string(),
        new.sells_without_stock.to_string(),
    );
    field(
        "requires shipping",
        old.requires_shipping.to_string(),
        new.requires_shipping.to_string(),
    );
    field("metadata", facts(&old.metadata), facts(&new.metadata));
}

fn images(product: &Product) -> String {
    product
        .images
        .iter()
        .map(|image| format!("{} {}", image.url, image.alt))
        .collect::<Vec<_>>()
        .join("; ")
}

fn facts(metadata: &BTreeMap<String, String>) -> String {
    metadata.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join("; ")
}
