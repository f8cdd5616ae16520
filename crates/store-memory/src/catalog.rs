//! The catalog: products with their variants, the tree of categories, prices.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use sutler_core::catalog::{Category, Handle, Product, Variant};
use sutler_core::id::{PriceListId, ProductId, VariantId};
use sutler_core::port::{CatalogReader, CatalogSize, GoodsReader, StoreError, VariantRef};
use sutler_core::pricing::{Price, PriceListRecord, PriceRecord};
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, State, guard_version, taken};

impl GoodsReader for MemoryStore {}

impl CatalogReader for MemoryStore {
    fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<Product>>, StoreError> {
        let state = self.snapshot();
        Ok(ids.iter().map(|&id| state.product(id)).collect())
    }

    fn products_by_handle(&self, handles: &[Handle]) -> Result<Vec<Option<Product>>, StoreError> {
        let state = self.snapshot();
        let find = |handle| state.handles.get(handle).and_then(|&id| state.product(id));
        Ok(handles.iter().map(find).collect())
    }

    fn product_page(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<Product>, StoreError> {
        let state = self.snapshot();
        let rest = state
            .products
            .range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        Ok(rest.take(limit).map(|(_, product)| Product::clone(product)).collect())
    }

    fn variant_refs(&self, ids: &[VariantId]) -> Result<Vec<Option<VariantRef>>, StoreError> {
        let state = self.snapshot();
        let find =
            |&variant| state.variants.get(&variant).map(|&product| VariantRef { variant, product });
        Ok(ids.iter().map(find).collect())
    }

    fn variants_by_sku(&self, sku: &str) -> Result<Vec<VariantRef>, StoreError> {
        let has_it = |variant: &Variant| variant.sku.as_ref().is_some_and(|s| s.as_str() == sku);
        Ok(self.snapshot().variants_in_use_where(has_it))
    }

    fn variants_by_barcode(&self, barcode: &str) -> Result<Vec<VariantRef>, StoreError> {
        let has_it = |variant: &Variant| variant.barcode.as_deref() == Some(barcode);
        Ok(self.snapshot().variants_in_use_where(has_it))
    }

    fn labels_near(&self, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let state = self.snapshot();
        let skus = state.variants_in_use().filter_map(|(_, variant)| variant.sku.as_ref());
        let begins = |label: &&str| {
            label.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let labels: BTreeSet<&str> = state
            .handles
            .keys()
            .map(Handle::as_str)
            .chain(skus.map(|sku| sku.as_str()))
            .filter(begins)
            .collect();
        Ok(labels.into_iter().take(limit).map(str::to_owned).collect())
    }

    fn categories(&self) -> Result<Vec<Category>, StoreError> {
        Ok(self.snapshot().categories.values().cloned().collect())
    }

    fn catalog_size(&self) -> Result<CatalogSize, StoreError> {
        let state = self.snapshot();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (products, variants) = (state.products.len(), state.variants_in_use().count());
        Ok(CatalogSize { products: count(products), variants: count(variants) })
    }

    fn prices(&self, variants: &[VariantId]) -> Result<Vec<Price>, StoreError> {
        let state = self.snapshot();
        let wanted: BTreeSet<VariantId> = variants.iter().copied().collect();
        Ok(wanted
            .into_iter()
            .flat_map(|variant| state.prices_of(variant))
            .map(|record| record.price.clone())
            .collect())
    }

    fn price_history(&self, variants: &[VariantId]) -> Result<Vec<PriceRecord>, StoreError> {
        let state = self.snapshot();
        let wanted: BTreeSet<VariantId> = variants.iter().copied().collect();
        let of = |variant| state.past_prices_of(variant).chain(state.prices_of(variant));
        let mut records: Vec<PriceRecord> = wanted.into_iter().flat_map(of).cloned().collect();
        records.sort_by_key(|PriceRecord { price, since, .. }| {
            (price.variant, price.list, price.min_quantity, *since)
        });
        Ok(records)
    }

    fn price_list_history(&self) -> Result<Vec<PriceListRecord>, StoreError> {
        Ok(self.snapshot().setup.price_list_history())
    }
}

impl State {
    fn product(&self, id: ProductId) -> Option<Product> {
        self.products.get(&id).map(|product| Product::clone(product))
    }

    fn variants_in_use(&self) -> impl Iterator<Item = (ProductId, &Variant)> {
        self.products.iter().flat_map(|(&product, record)| {
            record.variants.iter().filter(|v| !v.retired).map(move |variant| (product, variant))
        })
    }

    fn variants_in_use_where(&self, has_it: impl Fn(&Variant) -> bool) -> Vec<VariantRef> {
        let found: BTreeMap<VariantId, ProductId> = self
            .variants_in_use()
            .filter(|(_, variant)| has_it(variant))
            .map(|(product, variant)| (variant.id, product))
            .collect();
        found.into_iter().map(|(variant, product)| VariantRef { variant, product }).collect()
    }

    /// Writes a category.
    pub(crate) fn put_category(&mut self, category: Category) -> Applied {
        let stored = self.categories.get(&category.id).map(|stored| stored.version);
        guard_version(stored, category.version, category.id)?;
        let is_namesake = |other: &&Category| {
            other.id != category.id
                && other.parent == category.parent
                && other.name == category.name
        };
        if self.categories.values().any(|other| is_namesake(&other)) {
            return Err(taken("category", &category.name));
        }
        Arc::make_mut(&mut self.categories).insert(category.id, category);
        Ok(())
    }

    /// Writes a product; variants that the record does not name stay as they are.
    pub(crate) fn put_product(&mut self, mut product: Product) -> Applied {
        let stored = self.products.get(&product.id).cloned();
        guard_version(stored.as_ref().map(|stored| stored.version), product.version, product.id)?;
        if self.handles.get(&product.handle).is_some_and(|&owner| owner != product.id) {
            return Err(taken("product", &product.handle));
        }
        for variant in &product.variants {
            if self.variants.get(&variant.id).is_some_and(|&owner| owner != product.id) {
                return Err(taken("variant", variant.id));
            }
        }
        if let Some(stored) = stored {
            Arc::make_mut(&mut self.handles).remove(&stored.handle);
            let unnamed = stored.variants.iter().filter(|old| product.variant(old.id).is_none());
            let unnamed: Vec<Variant> = unnamed.cloned().collect();
            product.variants.extend(unnamed);
        }
        Arc::make_mut(&mut self.handles).insert(product.handle.clone(), product.id);
        let variants = Arc::make_mut(&mut self.variants);
        variants.extend(product.variants.iter().map(|variant| (variant.id, product.id)));
        Arc::make_mut(&mut self.products).insert(product.id, Arc::new(product));
        Ok(())
    }

    /// Returns the prices of a variant that hold.
    fn prices_of(&self, variant: VariantId) -> impl Iterator<Item = &PriceRecord> {
        let first = (variant, PriceListId::from_u128(0), 0);
        let own = self.prices.range(first..).take_while(move |((of, ..), _)| *of == variant);
        own.map(|(_, record)| record)
    }

    /// Returns the prices of a variant that were replaced or taken away.
    fn past_prices_of(&self, variant: VariantId) -> impl Iterator<Item = &PriceRecord> {
        let first = (variant, PriceListId::from_u128(0), 0, Timestamp::from_millis(i64::MIN));
        let own = self.past_prices.range(first..).take_while(move |((of, ..), _)| *of == variant);
        own.map(|(_, record)| record)
    }

    /// Writes a price; the one in its place becomes past, unless it is the same.
    pub(crate) fn put_price(&mut self, price: Price, at: Timestamp) -> Applied {
        let slot = (price.variant, price.list, price.min_quantity);
        let current = self.prices.get(&slot);
        if current.is_some_and(|record| record.price == price) {
            return Ok(());
        }
        let past = self.past_prices_of(slot.0).filter(|past| slot == place(past));
        let known = past.filter_map(|past| past.until).chain(current.map(|record| record.since));
        let since = known.fold(at, Timestamp::max);
        self.end_price(slot, at);
        let record = PriceRecord { price, since, until: None };
        Arc::make_mut(&mut self.prices).insert(slot, record);
        Ok(())
    }

    /// Takes a price away.
    pub(crate) fn remove_price(
        &mut self,
        list: PriceListId,
        variant: VariantId,
        min_quantity: u32,
        at: Timestamp,
    ) -> Applied {
        self.end_price((variant, list, min_quantity), at);
        Ok(())
    }

    /// Makes the price in a place past; one that held for no time is forgotten.
    fn end_price(&mut self, slot: (VariantId, PriceListId, u32), at: Timestamp) {
        let Some(record) = Arc::make_mut(&mut self.prices).remove(&slot) else { return };
        if record.since < at {
            let key = (slot.0, slot.1, slot.2, record.since);
            let record = PriceRecord { until: Some(at), ..record };
            Arc::make_mut(&mut self.past_prices).insert(key, record);
        }
    }
}

/// Returns where a price stands.
fn place(record: &PriceRecord) -> (VariantId, PriceListId, u32) {
    (record.price.variant, record.price.list, record.price.min_quantity)
}
