//! Comparing what a file says about a product with what the shop holds.
//!
//! Pure: the draft, the stored product with its prices and the ids of its categories go in; what would be written comes
//! out, with every difference and every danger named. `--dry-run` is the same call without the commit.
//!
//! What the file does not speak of stays as it is. Variants that the file does not name stay too, unless they no longer
//! fit the product's options: then they are retired. Stock is only stated for variants that are new: a product file is
//! older than the shop's own ledger.

use std::collections::BTreeMap;

use super::difference::{Difference, differences};
use super::{ProductDraft, Said, VariantDraft};
use crate::catalog::{Attribute, AttributeValue, Handle, Image, Product, Sku, Variant};
use crate::id::{CategoryId, PriceListId, ProductId, VariantId};
use crate::money::Money;
use crate::pricing::{Price, TaxCategory};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// What the shop holds of a drafted product.
///
/// ```
/// use sutler_core::import::{Existing, ProductChange, ProductDraft, plan_product};
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
///
/// let existing = Existing { product: &product, prices: &[] };
/// let says_nothing_new = ProductDraft {
///     handle: "wool-blanket".to_owned(),
///     option_names: vec!["Size".to_owned()],
///     ..ProductDraft::default()
/// };
/// let planned = plan_product(&says_nothing_new, Some(existing), &context, || 7)?;
/// assert_eq!(planned.change, ProductChange::Unchanged);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Existing<'a> {
    /// The product.
    pub product: &'a Product,
    /// Prices of its variants in the list that the import writes to.
    pub prices: &'a [Price],
}

/// What a plan needs beside the draft.
///
/// ```
/// use sutler_core::id::PriceListId;
/// use sutler_core::import::PlanContext;
/// use sutler_core::pricing::TaxCategory;
/// # use sutler_core::time::Timestamp;
///
/// let context = PlanContext {
///     price_list: PriceListId::from_u128(1),
///     categories: vec![],
///     tax_category: TaxCategory::standard(),
///     now: Timestamp::from_millis(0),
/// };
/// assert!(context.categories.is_empty(), "the draft names none");
/// ```
#[derive(Clone, Debug)]
pub struct PlanContext {
    /// The list that prices go to.
    pub price_list: PriceListId,
    /// Ids of the draft's category paths, in their order.
    pub categories: Vec<CategoryId>,
    /// The tax category of new variants.
    pub tax_category: TaxCategory,
    /// When.
    pub now: Timestamp,
}

/// What would become of a drafted product.
///
/// ```
/// use sutler_core::import::ProductChange;
///
/// assert_eq!(serde_json::to_string(&ProductChange::Unchanged)?, "\"unchanged\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductChange {
    /// It is new.
    Created,
    /// Something differs.
    Updated,
    /// Nothing differs.
    Unchanged,
}

/// A change that a person should confirm.
///
/// ```
/// use sutler_core::import::{Danger, Existing, ProductDraft, plan_product};
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
/// let other_options = ProductDraft {
///     option_names: vec!["Size".to_owned(), "Color".to_owned()],
/// #   handle: "wool-blanket".to_owned(),
///     // … and no variants that have both
///     ..ProductDraft::default()
/// };
/// let planned = plan_product(&other_options, Some(existing), &context, || 7)?;
/// let danger: &Danger = &planned.dangers[0];
/// assert_eq!((danger.kind, danger.subject.as_str()), ("variants.lost", "wool-blanket"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Danger {
    /// Stable word: `price.moves`, `price.removed`, `variants.lost`, `stock.to_zero`.
    pub kind: &'static str,
    /// What it is about.
    pub subject: String,
    /// One sentence, told beside the subject and so without it.
    pub message: String,
}

/// Stock that a new variant begins with.
///
/// ```
/// use sutler_core::import::{InitialStock, ProductDraft, VariantDraft, plan_product};
/// # use sutler_core::id::{PriceListId, VariantId};
/// # use sutler_core::import::PlanContext;
/// # use sutler_core::pricing::TaxCategory;
/// # use sutler_core::time::Timestamp;
/// # let context = PlanContext {
/// #     price_list: PriceListId::from_u128(1), categories: vec![], tax_category: TaxCategory::standard(),
/// #     now: Timestamp::from_millis(0),
/// # };
///
/// let made_to_order = VariantDraft { sells_without_stock: Some(true), ..VariantDraft::default() };
/// let draft = ProductDraft {
///     handle: "wool-blanket".to_owned(),
///     variants: vec![made_to_order],
///     ..ProductDraft::default()
/// };
/// let planned = plan_product(&draft, None, &context, || 7)?;
/// let variant = VariantId::from_u128(7);
/// assert_eq!(planned.stock, [InitialStock { variant, on_hand: 0, sells_without_stock: true }]);
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitialStock {
    /// The variant.
    pub variant: VariantId,
    /// Units on hand.
    pub on_hand: u32,
    /// Whether selling goes on beyond them.
    pub sells_without_stock: bool,
}

/// The plan for one product.
///
/// ```
/// use sutler_core::import::{PlannedProduct, ProductChange, ProductDraft, VariantDraft, plan_product};
/// # use sutler_core::id::PriceListId;
/// # use sutler_core::import::PlanContext;
/// # use sutler_core::pricing::TaxCategory;
/// # use sutler_core::time::Timestamp;
/// # let context = PlanContext {
/// #     price_list: PriceListId::from_u128(1), categories: vec![], tax_category: TaxCategory::standard(),
/// #     now: Timestamp::from_millis(0),
/// # };
///
/// let draft = ProductDraft {
///     handle: "wool-blanket".to_owned(),
///     variants: vec![VariantDraft { stock: Some(5), ..VariantDraft::default() }],
///     ..ProductDraft::default()
/// };
/// let planned: PlannedProduct = plan_product(&draft, None, &context, || 7)?;
/// assert_eq!((planned.change, planned.variants_created), (ProductChange::Created, 1));
/// assert_eq!(planned.stock[0].on_hand, 5);
/// assert!(planned.prices.is_empty(), "the file does not say");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedProduct {
    /// In one word.
    pub change: ProductChange,
    /// The product as it is to be; written only when it changed.
    pub product: Product,
    /// Whether the product's own record changed; prices may change alone.
    pub product_changed: bool,
    /// Prices to write.
    pub prices: Vec<Price>,
    /// Stock of new variants.
    pub stock: Vec<InitialStock>,
    /// Variants that are new.
    pub variants_created: usize,
    /// Every fact that would change; empty for a new product.
    pub differences: Vec<Difference>,
    /// What a person should confirm.
    pub dangers: Vec<Danger>,
}

/// Compares a draft with what the shop holds and returns what would be written.
///
/// Errors: a handle, SKU or category that cannot be one, and everything [`Product::check`] refuses.
///
/// ```
/// use sutler_core::import::{Existing, ProductChange, ProductDraft, VariantDraft, plan_product};
/// # use sutler_core::id::PriceListId;
/// # use sutler_core::import::PlanContext;
/// # use sutler_core::pricing::TaxCategory;
/// # use sutler_core::time::Timestamp;
/// # let context = PlanContext {
/// #     price_list: PriceListId::from_u128(1), categories: vec![], tax_category: TaxCategory::standard(),
/// #     now: Timestamp::from_millis(0),
/// # };
///
/// let draft = ProductDraft {
///     handle: "wool-blanket".to_owned(),
///     variants: vec![VariantDraft::default()],
///     ..ProductDraft::default()
/// };
/// let first = plan_product(&draft, None, &context, || 7)?;
/// let existing = Existing { product: &first.product, prices: &first.prices };
/// let second = plan_product(&draft, Some(existing), &context, || 8)?;
/// assert_eq!(second.change, ProductChange::Unchanged, "the second run of a file");
///
/// let empty = ProductDraft { variants: vec![], ..draft };
/// let refused = plan_product(&empty, None, &context, || 9);
/// assert_eq!(refused.map_err(|why| why.code()).err(), Some("product.invalid"));
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn plan_product(
    draft: &ProductDraft,
    existing: Option<Existing<'_>>,
    context: &PlanContext,
    mut next_id: impl FnMut() -> u128,
) -> Result<PlannedProduct, Rejection> {
    let before = existing.map(|existing| existing.product);
    let mut product = match before {
        Some(product) => product.clone(),
        None => {
            let handle = Handle::new(draft.handle.as_str())?;
            let (id, title) = (ProductId::from_u128(next_id()), handle.to_string());
            Product::new(id, handle, title, Vec::new(), context.now)
        }
    };
    describe(&mut product, draft, context);
    let mut plan = Plan {
        prices: Vec::new(),
        stock: Vec::new(),
        created: 0,
        dangers: Vec::new(),
        price_differences: Vec::new(),
    };
    plan.variants(&mut product, draft, existing, context, &mut next_id)?;
    product.check()?;
    let product_changed = before != Some(&product);
    let change = match (before, product_changed, plan.prices.is_empty()) {
        (None, ..) => ProductChange::Created,
        (Some(_), false, true) => ProductChange::Unchanged,
        (Some(_), ..) => ProductChange::Updated,
    };
    let mut differences = match before {
        Some(before) if product_changed => differences(before, &product),
        _ => Vec::new(),
    };
    differences.append(&mut plan.price_differences);
    if product_changed {
        product.version += 1;
        product.updated_at = context.now;
    }
    let Plan { prices, stock, created, dangers, .. } = plan;
    Ok(PlannedProduct {
        change,
        product,
        product_changed,
        prices,
        stock,
        variants_created: created,
        differences,
        dangers,
    })
}

fn set<T: Clone>(field: &mut T, said: Option<&T>) {
    if let Some(value) = said {
        field.clone_from(value);
    }
}

fn set_optional<T: Clone>(field: &mut Option<T>, said: Option<&Said<T>>) {
    if let Some(said) = said {
        *field = said.value().cloned();
    }
}

fn set_metadata(metadata: &mut BTreeMap<String, String>, said: &[(String, String)]) {
    for (name, text) in said {
        if text.is_empty() {
            metadata.remove(name);
        } else {
            metadata.insert(name.clone(), text.clone());
        }
    }
}

fn describe(product: &mut Product, draft: &ProductDraft, context: &PlanContext) {
    if let Some(title) = draft.title.as_ref().filter(|title| !title.trim().is_empty()) {
        product.title.clone_from(title);
    }
    set(&mut product.description, draft.description.as_ref());
    set_optional(&mut product.brand, draft.brand.as_ref());
    set_optional(&mut product.product_type, draft.product_type.as_ref());
    set(&mut product.tags, draft.tags.as_ref());
    set(&mut product.status, draft.status.as_ref());
    set(&mut product.published, draft.published.as_ref());
    set_optional(&mut product.publish_window.from, draft.publish_from.as_ref());
    set_optional(&mut product.publish_window.until, draft.publish_until.as_ref());
    set_optional(&mut product.seo_title, draft.seo_title.as_ref());
    set_optional(&mut product.seo_description, draft.seo_description.as_ref());
    if draft.external_id.is_some() {
        product.external_id.clone_from(&draft.external_id);
    }
    if draft.categories.is_some() {
        product.categories.clone_from(&context.categories);
    }
    if let Some(images) = &draft.images {
        product.images = images
            .iter()
            .map(|image| Image { url: image.url.clone(), alt: image.alt.clone() })
            .collect();
    }
    product.option_names.clone_from(&draft.option_names);
    set_metadata(&mut product.metadata, &draft.metadata);
    product.attributes = attributes(&product.metadata);
}

/// Reads attributes out of metafield columns: `Material (product.metafields.custom.material)` is the attribute `material`.
fn attributes(metadata: &BTreeMap<String, String>) -> Vec<Attribute> {
    let label = |name: &str| -> Option<String> {
        let (label, rest) = name.split_once("(product.metafields.")?;
        let key = rest.strip_suffix(')')?.rsplit('.').next()?;
        let label = label.trim();
        Some(if label.is_empty() { key } else { label }.to_lowercase())
    };
    let named = metadata.iter().filter_map(|(name, text)| label(name).map(|label| (label, text)));
    named
        .map(|(name, text)| Attribute { name, value: AttributeValue::Text(text.clone()) })
        .collect()
}

struct Plan {
    prices: Vec<Price>,
    stock: Vec<InitialStock>,
    created: usize,
    dangers: Vec<Danger>,
    price_differences: Vec<Difference>,
}

impl Plan {
    fn variants(
        &mut self,
        product: &mut Product,
        draft: &ProductDraft,
        existing: Option<Existing<'_>>,
        context: &PlanContext,
        next_id: &mut impl FnMut() -> u128,
    ) -> Result<(), Rejection> {
        let had_variants = product.variants.iter().any(|v| !v.retired);
        let mut named = Vec::with_capacity(draft.variants.len());
        for drafted in &draft.variants {
            let at = match find(product, drafted) {
                Some(at) => at,
                None => {
                    let id = VariantId::from_u128(next_id());
                    product.variants.push(fresh_variant(id, context));
                    self.created += 1;
                    self.initial_stock(id, drafted);
                    product.variants.len() - 1
                }
            };
            named.push(at);
            let Some(variant) = product.variants.get_mut(at) else { continue };
            fill(variant, drafted, context)?;
            let (id, label) = (variant.id, variant.label(&product.handle));
            let known = existing.and_then(|e| {
                e.prices.iter().find(|price| price.variant == id && price.min_quantity == 1)
            });
            self.price(id, &label, drafted, known, context);
        }
        put_in_order(&mut product.variants, &named);
        let mut lost = 0;
        for variant in product.variants.iter_mut().filter(|v| !v.retired) {
            if variant.option_values.len() != product.option_names.len() {
                variant.retired = true;
                lost += 1;
            }
        }
        if had_variants && lost > 0 {
            let subject = product.handle.to_string();
            let message =
                format!("{lost} of its variants no longer fit its options and would be retired");
            self.dangers.push(Danger { kind: "variants.lost", subject, message });
        }
        Ok(())
    }

    fn initial_stock(&mut self, variant: VariantId, drafted: &VariantDraft) {
        let on_hand =
            drafted.stock.map_or(0, |units| u32::try_from(units.max(0)).unwrap_or(u32::MAX));
        let sells_without_stock = drafted.sells_without_stock.unwrap_or(false);
        if drafted.tracks_stock.unwrap_or(true) && (on_hand > 0 || sells_without_stock) {
            self.stock.push(InitialStock { variant, on_hand, sells_without_stock });
        }
    }

    fn price(
        &mut self,
        variant: VariantId,
        label: &str,
        drafted: &VariantDraft,
        known: Option<&Price>,
        context: &PlanContext,
    ) {
        let Some(amount) = drafted.price else { return };
        let compare_at = match &drafted.compare_at {
            None => known.and_then(|price| price.compare_at),
            Some(said) => said.value().copied(),
        };
        let price =
            Price { list: context.price_list, variant, min_quantity: 1, amount, compare_at };
        if known == Some(&price) {
            return;
        }
        if let Some(known) = known {
            let text = |price: &Price| match price.compare_at {
                None => price.amount.to_string(),
                Some(compare_at) => format!("{} (was {compare_at})", price.amount),
            };
            self.price_differences.push(Difference {
                field: format!("{label} price"),
                before: text(known),
                after: text(&price),
            });
            if moves_by_more_than_half(known.amount, amount) {
                let message = format!("its price would move from {} to {amount}", known.amount);
                self.dangers.push(Danger {
                    kind: "price.moves",
                    subject: label.to_owned(),
                    message,
                });
            }
        }
        self.prices.push(price);
    }
}

/// Puts variants into the order in which the file names them; others stay where they are among them. So a row that was
/// refused and mended later stands where it would have stood.
fn put_in_order(variants: &mut [Variant], named: &[usize]) {
    let mut places = named.to_vec();
    places.sort_unstable();
    places.dedup();
    if places == named || places.len() != named.len() {
        return;
    }
    let ordered: Vec<Variant> = named.iter().filter_map(|at| variants.get(*at).cloned()).collect();
    for (place, variant) in places.into_iter().zip(ordered) {
        if let Some(slot) = variants.get_mut(place) {
            *slot = variant;
        }
    }
}

pub(super) fn moves_by_more_than_half(before: Money, after: Money) -> bool {
    let (before, after) = (i128::from(before.minor()), i128::from(after.minor()));
    (after - before).abs() * 2 > before.abs()
}

/// Finds the variant that a row means: the same options; else, when the options were renamed or added, the same SKU.
fn find(product: &Product, drafted: &VariantDraft) -> Option<usize> {
    let in_use = |v: &&Variant| !v.retired;
    let by_options = product
        .variants
        .iter()
        .position(|v| in_use(&v) && v.option_values == drafted.option_values);
    let by_sku = || {
        let sku = drafted.sku.as_ref()?.value()?;
        let fits = |v: &Variant| v.option_values.len() == product.option_names.len();
        let mut found = product.variants.iter().enumerate().filter(|(_, v)| {
            !v.retired && !fits(v) && v.sku.as_ref().is_some_and(|s| s.as_str() == sku)
        });
        let first = found.next();
        if found.next().is_some() { None } else { first.map(|(at, _)| at) }
    };
    by_options.or_else(by_sku)
}

fn fresh_variant(id: VariantId, context: &PlanContext) -> Variant {
    Variant { tax_category: context.tax_category.clone(), ..Variant::new(id) }
}

fn fill(
    variant: &mut Variant,
    drafted: &VariantDraft,
    context: &PlanContext,
) -> Result<(), Rejection> {
    variant.option_values.clone_from(&drafted.option_values);
    if let Some(said) = &drafted.sku {
        variant.sku = said.value().map(|text| Sku::new(text.as_str())).transpose()?;
    }
    set_optional(&mut variant.barcode, drafted.barcode.as_ref());
    set_optional(&mut variant.weight_grams, drafted.weight_grams.as_ref());
    set_optional(&mut variant.dimensions, drafted.dimensions.as_ref());
    if let Some(said) = &drafted.tax_category {
        variant.tax_category.clone_from(said.value().unwrap_or(&context.tax_category));
    }
    set_optional(&mut variant.unit_cost, drafted.unit_cost.as_ref());
    set_optional(&mut variant.tax_code, drafted.tax_code.as_ref());
    set_optional(&mut variant.image_url, drafted.image_url.as_ref());
    set(&mut variant.taxable, drafted.taxable.as_ref());
    set(&mut variant.tracks_stock, drafted.tracks_stock.as_ref());
    set(&mut variant.sells_without_stock, drafted.sells_without_stock.as_ref());
    set(&mut variant.requires_shipping, drafted.requires_shipping.as_ref());
    set_metadata(&mut variant.metadata, &drafted.metadata);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImageDraft;
    use crate::money::Currency;
    use crate::testing::moment;

    fn context() -> PlanContext {
        PlanContext {
            price_list: PriceListId::from_u128(1),
            categories: Vec::new(),
            tax_category: TaxCategory::standard(),
            now: moment(0),
        }
    }

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn draft(rows: &[(&str, &str, i64)]) -> ProductDraft {
        let variant = |&(size, sku, minor): &(&str, &str, i64)| VariantDraft {
            option_values: vec![size.to_owned()],
            sku: Some(Said::Value(sku.to_owned())),
            price: Some(eur(minor)),
            stock: Some(5),
            ..VariantDraft::default()
        };
        ProductDraft {
            handle: "tee".to_owned(),
            title: Some("Tee".to_owned()),
            option_names: vec!["Size".to_owned()],
            images: Some(vec![ImageDraft {
                url: "https://x.example/1.jpg".to_owned(),
                alt: String::new(),
            }]),
            metadata: vec![(
                "Material (product.metafields.custom.material)".to_owned(),
                "Wool".to_owned(),
            )],
            variants: rows.iter().map(variant).collect(),
            ..ProductDraft::default()
        }
    }

    fn ids() -> impl FnMut() -> u128 {
        let mut last = 0;
        move || {
            last += 1;
            last
        }
    }

    fn created(draft: &ProductDraft) -> PlannedProduct {
        plan_product(draft, None, &context(), ids()).expect("a good draft")
    }

    fn again(draft: &ProductDraft, first: &PlannedProduct) -> PlannedProduct {
        let mut more = ids();
        let next = move || 1_000 + more();
        let existing = Existing { product: &first.product, prices: &first.prices };
        plan_product(draft, Some(existing), &context(), next).expect("a good draft")
    }

    #[test]
    fn the_second_run_of_a_file_changes_nothing() {
        let file = draft(&[("S", "T-S", 1_990), ("M", "T-M", 2_190)]);
        let first = created(&file);
        assert_eq!(
            (first.change, first.variants_created, first.stock.len()),
            (ProductChange::Created, 2, 2)
        );
        assert_eq!(
            first.product.attributes.first().map(|a| (a.name.as_str(), a.value.to_string())),
            Some(("material", "Wool".to_owned()))
        );
        let second = again(&file, &first);
        assert_eq!(
            (second.change, second.prices.len(), second.stock.len()),
            (ProductChange::Unchanged, 0, 0)
        );
        assert_eq!(second.product, first.product);
    }

    #[test]
    fn a_new_row_is_a_new_variant_and_a_missing_row_stays() {
        let first = created(&draft(&[("S", "T-S", 1_990)]));
        let second = again(&draft(&[("M", "T-M", 1_990)]), &first);
        assert_eq!((second.change, second.variants_created), (ProductChange::Updated, 1));
        assert_eq!(second.product.variants.iter().filter(|v| !v.retired).count(), 2);
        assert_eq!(second.product.version, 2);
    }

    #[test]
    fn variants_take_the_order_of_the_file_and_others_stay_among_them() {
        let sizes = |planned: &PlannedProduct| -> Vec<String> {
            planned.product.variants.iter().map(Variant::options_text).collect()
        };
        let first =
            created(&draft(&[("S", "T-S", 1_990), ("L", "T-L", 1_990), ("XL", "T-XL", 1_990)]));
        let whole =
            [("S", "T-S", 1_990), ("M", "T-M", 1_990), ("L", "T-L", 1_990), ("XL", "T-XL", 1_990)];
        let second = again(&draft(&whole), &first);
        assert_eq!(sizes(&second), ["S", "M", "L", "XL"]);
        assert!(!again(&draft(&whole), &second).product_changed);
        let turned = again(&draft(&[("XL", "T-XL", 1_990), ("S", "T-S", 1_990)]), &second);
        assert_eq!(sizes(&turned), ["XL", "M", "L", "S"]);
        let told: Vec<&str> = turned.differences.iter().map(|d| d.field.as_str()).collect();
        assert!(turned.product_changed && told.starts_with(&["order of variants"]), "{told:?}");
    }

    #[test]
    fn a_price_alone_changes_without_touching_the_product() {
        let first = created(&draft(&[("S", "T-S", 1_990)]));
        let second = again(&draft(&[("S", "T-S", 900)]), &first);
        assert_eq!(
            (second.change, second.product_changed, second.prices.len()),
            (ProductChange::Updated, false, 1)
        );
        assert_eq!(
            second.differences,
            [Difference {
                field: "T-S price".into(),
                before: "19.90 EUR".into(),
                after: "9.00 EUR".into()
            }]
        );
        assert_eq!(second.dangers.iter().map(|d| d.kind).collect::<Vec<_>>(), ["price.moves"]);
    }

    #[test]
    fn another_set_of_options_retires_what_no_longer_fits_but_keeps_the_ids_of_known_skus() {
        let first = created(&draft(
            &[("S", "T-S", 1_990), ("M", "", 1_990)]
                .map(|(a, b, c)| (a, if b.is_empty() { "T-M" } else { b }, c)),
        ));
        let mut wider = draft(&[("S", "T-S", 1_990)]);
        wider.option_names.push("Color".to_owned());
        wider.variants[0].option_values.push("Red".to_owned());
        let second = again(&wider, &first);
        assert_eq!(second.product.variants[0].id, first.product.variants[0].id);
        assert!(second.product.variants[1].retired);
        assert_eq!(second.dangers.iter().map(|d| d.kind).collect::<Vec<_>>(), ["variants.lost"]);
    }

    #[test]
    fn what_the_file_does_not_speak_of_stays_and_a_blank_cell_clears() {
        let mut file = draft(&[("S", "T-S", 1_990)]);
        file.brand = Some(Said::Value("Acme".to_owned()));
        let first = created(&file);
        file.brand = None;
        file.images = None;
        assert_eq!(again(&file, &first).change, ProductChange::Unchanged);
        file.brand = Some(Said::Cleared);
        file.metadata[0].1.clear();
        let second = again(&file, &first);
        assert_eq!((second.product.brand, second.product.attributes), (None, Vec::new()));
        assert_eq!(
            second.differences.iter().map(|d| d.field.as_str()).collect::<Vec<_>>(),
            ["brand", "metadata"]
        );
    }

    #[test]
    fn tax_category_size_and_window_are_taken_over_and_a_blank_cell_takes_them_back() {
        let mut file = draft(&[("S", "T-S", 1_990)]);
        let size = crate::catalog::Dimensions { length_mm: 3, width_mm: 2, height_mm: 1 };
        let reduced = TaxCategory::new("reduced").expect("a word");
        file.publish_from = Some(Said::Value(moment(5)));
        file.variants[0].tax_category = Some(Said::Value(reduced.clone()));
        file.variants[0].dimensions = Some(Said::Value(size));
        let first = created(&file);
        let variant = &first.product.variants[0];
        assert_eq!((&variant.tax_category, variant.dimensions), (&reduced, Some(size)));
        assert_eq!(first.product.publish_window.from, Some(moment(5)));

        file.publish_from = Some(Said::Cleared);
        file.variants[0].tax_category = Some(Said::Cleared);
        file.variants[0].dimensions = None;
        let second = again(&file, &first);
        let told: Vec<&str> = second.differences.iter().map(|d| d.field.as_str()).collect();
        assert_eq!(told, ["published from", "T-S tax category"]);
        assert_eq!(second.product.variants[0].tax_category, TaxCategory::standard());
        assert_eq!(second.product.variants[0].dimensions, Some(size), "the file does not say");
    }
}
