//! What is looked up of goods before they are sold.
//!
//! Every quote and every checkout asks for the same three things of the same variants: their products, their prices, their
//! stock. A back-end that is far away can answer all three at once, so they are one question.

use std::collections::{BTreeMap, BTreeSet};

use super::{CatalogReader, StockReader, StoreError};
use crate::catalog::{Product, Variant};
use crate::id::{ProductId, VariantId};
use crate::inventory::{StockKey, StockLevel};
use crate::pricing::Price;
use crate::time::Timestamp;

/// Some variants with their products, prices and stock.
///
/// ```
/// use std::collections::BTreeMap;
/// use sutler_core::catalog::Product;
/// use sutler_core::id::VariantId;
/// use sutler_core::port::Goods;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// let blanket: Product = serde_json::from_str(text)?;
/// let large = blanket.variants[0].id;
/// let goods = Goods::new(vec![blanket], Vec::new(), BTreeMap::new());
/// let (product, variant) = goods.get(large).expect("it is there");
/// assert_eq!(product.variant_title(variant), "Wool blanket (Large)");
/// assert!(goods.get(VariantId::from_u128(404)).is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Goods {
    products: BTreeMap<ProductId, Product>,
    homes: BTreeMap<VariantId, ProductId>,
    /// All prices of the variants in all lists; see [`CatalogReader::prices`].
    pub prices: Vec<Price>,
    /// Stock of the variants at every location; see [`StockReader::stock_levels`].
    pub levels: BTreeMap<StockKey, StockLevel>,
}

impl Goods {
    /// Puts together what was read.
    #[must_use]
    pub fn new(
        products: Vec<Product>,
        prices: Vec<Price>,
        levels: BTreeMap<StockKey, StockLevel>,
    ) -> Self {
        let home = |product: &Product| {
            let id = product.id;
            product.variants.iter().map(move |variant| (variant.id, id)).collect::<Vec<_>>()
        };
        let homes = products.iter().flat_map(home).collect();
        let products = products.into_iter().map(|product| (product.id, product)).collect();
        Self { products, homes, prices, levels }
    }

    /// Returns the product and variant that a variant id names.
    #[must_use]
    pub fn get(&self, id: VariantId) -> Option<(&Product, &Variant)> {
        let product = self.products.get(self.homes.get(&id)?)?;
        product.variant(id).map(|variant| (product, variant))
    }
}

/// Reads goods. What it says is what [`CatalogReader`] and [`StockReader`] say of the same variants, in one question.
///
/// ```
/// use sutler_core::id::VariantId;
/// use sutler_core::port::{GoodsReader, StoreError};
/// use sutler_core::time::Timestamp;
///
/// /// Counts the units that could be sold now, at all locations together.
/// fn available(shop: &dyn GoodsReader, variant: VariantId, now: Timestamp) -> Result<u32, StoreError> {
///     Ok(shop.goods(&[variant], now)?.levels.values().map(|level| level.available()).sum())
/// }
/// ```
pub trait GoodsReader: CatalogReader + StockReader {
    /// Returns the products of some variants, each once, in the order of their ids; variants that nobody knows have none.
    fn products_of(&self, variants: &[VariantId]) -> Result<Vec<Product>, StoreError> {
        let known = self.variant_refs(variants)?.into_iter().flatten();
        let ids: BTreeSet<ProductId> = known.map(|found| found.product).collect();
        let products = self.products(&ids.into_iter().collect::<Vec<_>>())?;
        Ok(products.into_iter().flatten().collect())
    }

    /// Returns some variants with their products, prices and stock; reservations that expired by `now` hold nothing.
    fn goods(&self, variants: &[VariantId], now: Timestamp) -> Result<Goods, StoreError> {
        let products = self.products_of(variants)?;
        Ok(Goods::new(products, self.prices(variants)?, self.stock_levels(variants, now)?))
    }
}
