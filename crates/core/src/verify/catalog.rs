//! The catalog's own rules.

use super::finding;
use crate::catalog::{Category, CategoryTree, Product};
use crate::port::Finding;
use crate::pricing::{Price, PriceList};

/// Checks that the categories are one tree.
pub fn check_categories(categories: &[Category]) -> Option<Finding> {
    let tree = CategoryTree::new(categories.iter().cloned());
    tree.err().map(|why| finding("catalog.category", "tree", why.to_string()))
}

/// Checks one product by its own rules and against the tree.
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
