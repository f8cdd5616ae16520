//! Looking things up in the catalog, by whatever people have at hand.
//!
//! A variant is named by its id, its SKU, its barcode, or the handle of its product with the option values behind a
//! colon: `tee:M/Red`. What names several variants is refused with all of them; what names none is refused with the
//! nearest labels there are.
//!
//! Deliberately absent: searching by words (see [`super::search`]).

use std::collections::BTreeMap;
use sutler_core::shown::shown;

use sutler_core::catalog::{CategoryTree, Handle, Product, Variant};
use sutler_core::id::{ProductId, VariantId};
use sutler_core::inventory::{StockKey, StockLevel};
use sutler_core::port::VariantRef;
use sutler_core::pricing::Price;
use sutler_core::rejection::Rejection;

use crate::{FlowError, Reader};

/// The most candidates that a refusal lists.
const CANDIDATES_MAX: usize = 50;

/// The most labels that are suggested.
const NEAR_MAX: usize = 3;

/// The most labels that are compared to find the nearest.
const LABELS_MAX: usize = 2_000;

/// A variant with its product.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let found = shop.find_variant("MUG-RED")?;
/// assert_eq!(found.product.variant_title(&found.variant), "Enamel mug (Red)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The product.
    pub product: Product,
    /// The variant; one of the product's.
    pub variant: Variant,
}

/// A product with everything that stands around it.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let view = shop.product_view(&shop.find_product("mug")?)?;
/// let prices: Vec<String> = view.prices.iter().map(|price| price.amount.to_string()).collect();
/// assert_eq!(prices, ["11.90 EUR", "13.90 EUR"]);
/// assert!(view.levels.values().all(|level| level.available() == 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// The prices of its variants in every list, in the order of variant, list, minimum quantity.
    pub prices: Vec<Price>,
    /// The stock of its variants; expired reservations are not counted.
    pub levels: BTreeMap<StockKey, StockLevel>,
    /// The paths of its categories, names joined by ` > `.
    pub categories: Vec<String>,
}

impl Reader {
    /// Returns the variant that a text names: an id, a SKU, a barcode, or `handle:Option1/Option2` (the handle alone
    /// when the product has a single variant). Options are compared without regard to case.
    ///
    /// Errors: `ambiguous` with all candidates; `not_found` with the nearest labels.
    ///
    /// ```
    /// use sutler_core::rejection::Rejection;
    /// use sutler_engine::FlowError;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let red = shop.find_variant("MUG-RED")?;
    /// assert_eq!(shop.find_variant("mug:red")?, red);
    /// assert_eq!(shop.find_variant(&red.variant.id.to_string())?, red);
    ///
    /// assert_eq!(shop.find_variant("mug").unwrap_err().code(), "ambiguous");
    /// let refusal = shop.find_variant("MUG-RAD");
    /// let Err(FlowError::Refused(Rejection::NotFound { near, .. })) = refusal else { panic!() };
    /// assert_eq!(near, ["MUG-RED"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find_variant(&self, text: &str) -> Result<Found, FlowError> {
        let given = text.trim();
        if let Ok(id) = given.parse::<VariantId>() {
            let found = self.variants_found(&self.refs(&[id])?)?;
            return found
                .into_iter()
                .next()
                .ok_or_else(|| Rejection::not_found("variant", given).into());
        }
        if let Ok(id) = given.parse::<ProductId>() {
            let product = self.store().products(&[id])?.into_iter().flatten().next();
            let product = product.ok_or_else(|| Rejection::not_found("product", given))?;
            return only_variant(product, given);
        }
        if given.is_empty() {
            return Err(Rejection::not_found("variant", given).into());
        }
        for refs in [self.store().variants_by_sku(given)?, self.store().variants_by_barcode(given)?]
        {
            let mut found = self.variants_found(&refs)?;
            match found.len() {
                0 => {}
                1 => return Ok(found.remove(0)),
                _ => return Err(ambiguous(given, &found).into()),
            }
        }
        if let Some(product) = self.product_by_handle(given)? {
            return only_variant(product, given);
        }
        self.variant_by_options(given)?.map_or_else(|| Err(self.no_such("variant", given)?), Ok)
    }

    /// Returns the product that a text names: its id or handle, or an id, SKU or barcode of one of its variants.
    ///
    /// Errors: `ambiguous` with all candidates; `not_found` with the nearest labels.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let mug = shop.find_product("mug")?;
    /// assert_eq!(shop.find_product("MUG-BLUE")?, mug, "a variant names its product");
    /// assert_eq!(shop.find_product("tub").unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find_product(&self, text: &str) -> Result<Product, FlowError> {
        let given = text.trim();
        if let Ok(id) = given.parse::<ProductId>() {
            let product = self.store().products(&[id])?.into_iter().flatten().next();
            return product.ok_or_else(|| Rejection::not_found("product", given).into());
        }
        if let Some(product) = self.product_by_handle(given)? {
            return Ok(product);
        }
        let refs = match given.parse::<VariantId>() {
            Ok(id) => self.refs(&[id])?,
            Err(_) if given.is_empty() => Vec::new(),
            Err(_) => {
                let by_sku = self.store().variants_by_sku(given)?;
                if by_sku.is_empty() { self.store().variants_by_barcode(given)? } else { by_sku }
            }
        };
        let mut ids: Vec<ProductId> = refs.iter().map(|found| found.product).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut products: Vec<Product> =
            self.store().products(&ids)?.into_iter().flatten().collect();
        match products.len() {
            0 => Err(self.no_such("product", given)?),
            1 => Ok(products.remove(0)),
            _ => {
                let candidates =
                    products.iter().map(|p| format!("{} ({})", p.handle, p.id)).collect();
                Err(Rejection::Ambiguous { noun: "product", given: given.to_owned(), candidates }
                    .into())
            }
        }
    }

    /// Returns a product with its prices, stock and category paths.
    ///
    /// Errors: only failures of the store.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let mug = shop.find_product("mug")?;
    /// let view = shop.product_view(&mug)?;
    /// assert_eq!((view.prices.len(), view.levels.len()), (2, 2));
    /// assert!(view.categories.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn product_view(&self, product: &Product) -> Result<ProductView, FlowError> {
        let variants: Vec<VariantId> = product.variants.iter().map(|variant| variant.id).collect();
        let tree = self.category_tree()?;
        Ok(ProductView {
            prices: self.store().prices(&variants)?,
            levels: self.store().stock_levels(&variants, self.now())?,
            categories: product.categories.iter().map(|id| tree.path(*id).join(" > ")).collect(),
            product: product.clone(),
        })
    }

    /// Returns up to `limit` products after `after`, oldest first.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let first = shop.product_list(None, 50)?;
    /// assert_eq!(first.len(), 1);
    /// let last = first.last().map(|product| product.id);
    /// assert!(shop.product_list(last, 50)?.is_empty(), "the next page begins after the last one");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn product_list(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<Product>, FlowError> {
        Ok(self.store().product_page(after, limit)?)
    }

    /// Returns the whole category tree.
    ///
    /// Errors: `category.invalid` when what is stored is no tree, which only a damaged store shows.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// shop.import_text(
    ///     "Handle,Title,Variant Price,Product Category\ntee,Tee,19.90,Apparel > Shirts\n",
    ///     "tees.csv",
    /// )?;
    /// let tree = shop.category_tree()?;
    /// let shirts = tree.find(&["Apparel".into(), "Shirts".into()]).expect("imported");
    /// assert_eq!(tree.path(shirts), ["Apparel", "Shirts"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn category_tree(&self) -> Result<CategoryTree, FlowError> {
        Ok(CategoryTree::new(self.store().categories()?).map_err(Rejection::from)?)
    }

    /// Returns what people call a variant, `None` when there is none of this id.
    ///
    /// ```
    /// use sutler_core::id::VariantId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// assert_eq!(shop.variant_label(red)?.as_deref(), Some("MUG-RED"));
    /// assert_eq!(shop.variant_label(VariantId::from_u128(404))?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn variant_label(&self, id: VariantId) -> Result<Option<String>, FlowError> {
        let found = self.variants_found(&self.refs(&[id])?)?;
        Ok(found.first().map(|found| found.variant.label(&found.product.handle)))
    }

    fn refs(&self, ids: &[VariantId]) -> Result<Vec<VariantRef>, FlowError> {
        Ok(self.store().variant_refs(ids)?.into_iter().flatten().collect())
    }

    fn variants_found(&self, refs: &[VariantRef]) -> Result<Vec<Found>, FlowError> {
        let ids: Vec<ProductId> = refs.iter().map(|found| found.product).collect();
        let products = self.store().products(&ids)?;
        let found = refs.iter().zip(products).filter_map(|(wanted, product)| {
            let product = product?;
            let variant = product.variant(wanted.variant)?.clone();
            Some(Found { product, variant })
        });
        Ok(found.collect())
    }

    fn product_by_handle(&self, text: &str) -> Result<Option<Product>, FlowError> {
        let Ok(handle) = Handle::new(text) else { return Ok(None) };
        let mut handles = vec![handle];
        // Handles are lower case nearly always, and people type as they please.
        let lower = text.to_lowercase();
        if lower != text {
            handles.extend(Handle::new(lower));
        }
        Ok(self.store().products_by_handle(&handles)?.into_iter().flatten().next())
    }

    /// Reads `handle:Option1/Option2`, whatever colons the handle itself has.
    fn variant_by_options(&self, given: &str) -> Result<Option<Found>, FlowError> {
        for (colon, _) in given.match_indices(':') {
            let Some((handle, options)) = given.split_at_checked(colon) else { continue };
            let options = options.trim_start_matches(':');
            let Some(product) = self.product_by_handle(handle.trim_end())? else { continue };
            let wanted = options_key(options);
            let fits = |variant: &&Variant| {
                !variant.retired && options_key(&variant.options_text()) == wanted
            };
            if let Some(variant) = product.variants.iter().find(fits).cloned() {
                return Ok(Some(Found { product, variant }));
            }
            let labels = product
                .variants
                .iter()
                .filter(|variant| !variant.retired)
                .map(|variant| format!("{}:{}", product.handle, variant.options_text()));
            let near = nearest(given, labels, usize::MAX);
            let given = given.to_owned();
            return Err(Rejection::NotFound { noun: "variant", given, near }.into());
        }
        Ok(None)
    }

    /// Returns the refusal of a text that names nothing, with the nearest labels.
    fn no_such(&self, noun: &'static str, given: &str) -> Result<FlowError, FlowError> {
        let near = self.near_labels(given)?;
        Ok(Rejection::NotFound { noun, given: shown(given), near }.into())
    }

    /// Looks among labels that begin alike, then among more and more of them.
    fn near_labels(&self, given: &str) -> Result<Vec<String>, FlowError> {
        let longest_off = given.chars().count().div_ceil(4).max(1);
        for letters in [4, 2, 1, 0] {
            let prefix: String = given.chars().take(letters).collect();
            let labels = self.store().labels_near(&prefix, LABELS_MAX)?;
            let near = nearest(given, labels.into_iter(), longest_off);
            if !near.is_empty() {
                return Ok(near);
            }
        }
        Ok(Vec::new())
    }
}

/// Options as they are compared: without case and without blanks around the slashes.
fn options_key(text: &str) -> String {
    let values: Vec<String> = text.split('/').map(|value| value.trim().to_lowercase()).collect();
    values.join("/")
}

/// Returns the single variant in use of a product.
fn only_variant(product: Product, given: &str) -> Result<Found, FlowError> {
    let in_use: Vec<&Variant> =
        product.variants.iter().filter(|variant| !variant.retired).collect();
    match in_use.as_slice() {
        [] => Err(Rejection::NotForSale {
            label: product.handle.to_string(),
            why: "all its variants were retired".to_owned(),
        }
        .into()),
        [only] => {
            let variant = Variant::clone(only);
            Ok(Found { product, variant })
        }
        several => {
            let found: Vec<Found> = several
                .iter()
                .take(CANDIDATES_MAX + 1)
                .map(|variant| Found { product: product.clone(), variant: Variant::clone(variant) })
                .collect();
            Err(ambiguous(given, &found).into())
        }
    }
}

fn ambiguous(given: &str, found: &[Found]) -> Rejection {
    let label = |found: &Found| {
        let handle = &found.product.handle;
        let options = found.variant.options_text();
        let name =
            if options.is_empty() { handle.to_string() } else { format!("{handle}:{options}") };
        format!("{name} ({})", found.variant.id)
    };
    let candidates = found.iter().take(CANDIDATES_MAX).map(label).collect();
    Rejection::Ambiguous { noun: "variant", given: given.to_owned(), candidates }
}

/// Returns the labels that are most like `given`, best first, none that differs in more than `longest_off` letters.
fn nearest(given: &str, labels: impl Iterator<Item = String>, longest_off: usize) -> Vec<String> {
    let wanted = given.to_lowercase();
    let mut ranked: Vec<(usize, String)> = labels
        .map(|label| (strsim::osa_distance(&wanted, &label.to_lowercase()), label))
        .filter(|(off, _)| *off <= longest_off)
        .collect();
    ranked.sort();
    ranked.truncate(NEAR_MAX);
    ranked.into_iter().map(|(_, label)| label).collect()
}
