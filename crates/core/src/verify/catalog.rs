//! The catalog's own rules.

use super::finding;
use crate::catalog::{Category, CategoryTree, Product};
use crate::port::Finding;
use crate::pricing::{Price, PriceList};

/// Checks that the categories are one tree.
///
/// ```
/// use sutler_core::catalog::Category;
/// use sutler_core::id::CategoryId;
/// use sutler_core::verify::check_categories;
///
/// let id = CategoryId::from_u128(1);
/// let root = Category { id, parent: None, name: "Apparel".to_owned(), version: 1 };
/// assert_eq!(check_categories(std::slice::from_ref(&root)), None);
/// let lost = Category { parent: Some(CategoryId::from_u128(9)), ..root };
/// let finding = check_categories(&[lost]).expect("its parent is gone");
/// assert_eq!(finding.check, "catalog.category");
/// ```
pub fn check_categories(categories: &[Category]) -> Option<Finding> {
    let tree = CategoryTree::new(categories.iter().cloned());
    tree.err().map(|why| finding("catalog.category", "tree", why.to_string()))
}

/// Checks one product by its own rules and against the tree.
///
/// ```
/// use sutler_core::catalog::{CategoryTree, Product};
/// use sutler_core::id::CategoryId;
/// use sutler_core::verify::check_product;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let mut blanket: Product = serde_json::from_str(text)?;
///
/// let no_categories = CategoryTree::default();
/// assert!(check_product(&blanket, &no_categories).is_empty());
/// blanket.categories.push(CategoryId::from_u128(9));
/// blanket.title.clear();
/// assert_eq!(check_product(&blanket, &no_categories).len(), 2, "all that is off, not the first");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn check_product(product: &Product, tree: &CategoryTree) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Err(why) = product.check() {
        found.push(finding("catalog.product", product.id, why.to_string()));
    }
    if let Some(gone) = product.categories.iter().find(|id| tree.get(**id).is_none()) {
        found.push(finding("catalog.product", product.id, format!("{gone} is not there")));
    }
    found
}

/// Checks prices by their own rules and against the lists there are.
///
/// ```
/// use sutler_core::id::{PriceListId, VariantId};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::Price;
/// use sutler_core::verify::check_prices;
///
/// let price = Price {
///     list: PriceListId::from_u128(1),
///     variant: VariantId::from_u128(2),
///     min_quantity: 1,
///     amount: Money::from_minor(6_500, Currency::EUR),
///     compare_at: None,
/// };
/// let findings = check_prices(&[price], &[]);
/// assert_eq!(findings[0].check, "catalog.price", "its list is not there");
/// ```
pub fn check_prices(prices: &[Price], lists: &[PriceList]) -> Vec<Finding> {
    let off = |price: &Price| match lists.iter().find(|list| list.id == price.list) {
        None => Some(format!("{} is not there", price.list)),
        Some(list) => price.check(list).err().map(|why| why.to_string()),
    };
    prices
        .iter()
        .filter_map(|price| off(price).map(|why| finding("catalog.price", price.variant, why)))
        .collect()
}
