//! Writing single records of the catalog: a product with its variants, a category, a price.
//!
//! A program reads a record, changes it and puts it back as it was read, version included; who wrote meanwhile is noticed.
//! Putting back what stands already writes nothing and tells nothing, so that a retry has one effect.
//!
//! Deliberately absent: whole files (see [`super::import`]), and removing products, variants or categories: orders and
//! stock point to them, so a product is archived and a variant is retired.

use sutler_core::catalog::{Category, CategoryTree, Product};
use sutler_core::change::{Change, ChangeSet};
use sutler_core::event::{Event, EventKind};
use sutler_core::id::{PriceListId, ProductId, VariantId};
use sutler_core::pricing::Price;
use sutler_core::rejection::Rejection;

use crate::{FlowError, Shop};

impl Shop {
    /// Writes a product with all its variants and returns it as it stands then: give it with the version that was read, 0
    /// for a new one.
    ///
    /// Errors: `product.invalid` for what [`Product::check`] and [`Product::check_after`] refuse; `not_found` for a category;
    /// `already_exists` for a handle in use, or a variant of another product; `Contended` when somebody else changed it meanwhile.
    ///
    /// ```
    /// use sutler_core::catalog::{Dimensions, Handle, Product, Variant};
    /// use sutler_core::id::{ProductId, VariantId};
    /// use sutler_core::pricing::{TaxCategory, Window};
    /// use sutler_engine::FlowError;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let mut mug = shop.find_product("mug")?;
    /// mug.publish_window = Window { from: Some("2030-01-01T00:00:00Z".parse()?), until: None };
    /// for variant in &mut mug.variants {
    ///     variant.tax_category = TaxCategory::new("reduced")?;
    ///     variant.dimensions = Some(Dimensions { length_mm: 120, width_mm: 90, height_mm: 90 });
    /// }
    /// let put = shop.product_put(&mug)?;
    /// assert_eq!((put.version, shop.find_product("mug")?), (mug.version + 1, put));
    /// shop.product_put(&mug)?;
    ///
    /// let late = Product { title: "Tin mug".into(), ..mug.clone() };
    /// assert!(matches!(shop.product_put(&late), Err(FlowError::Contended { .. })));
    /// let nothing = Product { variants: vec![], ..shop.find_product("mug")? };
    /// assert_eq!(shop.product_put(&nothing).unwrap_err().code(), "product.invalid");
    ///
    /// let (id, only) = (ProductId::from_u128(7), Variant::new(VariantId::from_u128(8)));
    /// let plate = Product::new(id, Handle::new("plate")?, "Plate", vec![only], mug.updated_at);
    /// assert_eq!(shop.product_put(&plate)?, shop.find_product("plate")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn product_put(&self, product: &Product) -> Result<Product, FlowError> {
        self.setup()?;
        product.check().map_err(Rejection::from)?;
        let mut put = product.clone();
        self.settle(|set| {
            let before = self.store().products(&[product.id])?.into_iter().flatten().next();
            put = Product { version: product.version + 1, updated_at: set.at, ..product.clone() };
            let read = before.as_ref().map_or(0, |before| before.version);
            if let Some(before) = before {
                product.check_after(&before).map_err(Rejection::from)?;
                put.created_at = before.created_at;
                let (version, updated_at) = (before.version, before.updated_at);
                if before == (Product { version, updated_at, ..put.clone() }) {
                    put = before;
                    return Ok(());
                }
            } else {
                put.created_at = set.at;
            }
            require_version(product.version, read, product.id)?;
            let tree = self.category_tree()?;
            if let Some(id) = product.categories.iter().find(|id| tree.get(**id).is_none()) {
                return Err(Rejection::not_found("category", id).into());
            }
            set.push(Change::Product(Box::new(put.clone())));
            set.tell(Event::plain(EventKind::ProductChanged, product.id));
            Ok(())
        })?;
        Ok(put)
    }

    /// Writes a category, new, renamed or moved, and returns it as it stands then: give it with the version that was read, 0
    /// for a new one.
    ///
    /// Errors: `category.invalid` when the tree would be none: a missing parent, a cycle, two siblings of one name, too deep a
    /// path, a bad name; `Contended` when somebody else changed it meanwhile.
    ///
    /// ```
    /// use sutler_core::catalog::Category;
    /// use sutler_core::id::CategoryId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let node = |id, parent, name: &str| {
    ///     let id = CategoryId::from_u128(id);
    ///     Category { id, parent, name: name.into(), version: 0 }
    /// };
    /// let kitchen = shop.category_put(&node(1, None, "Kitchen"))?;
    /// let mugs = shop.category_put(&node(2, Some(kitchen.id), "Mugs"))?;
    /// shop.category_put(&Category { name: "Mugs and cups".into(), ..mugs.clone() })?;
    /// assert_eq!(shop.category_tree()?.path(mugs.id), ["Kitchen", "Mugs and cups"]);
    ///
    /// let round = Category { parent: Some(mugs.id), ..kitchen };
    /// assert_eq!(shop.category_put(&round).unwrap_err().code(), "category.invalid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn category_put(&self, category: &Category) -> Result<Category, FlowError> {
        self.setup()?;
        let mut put = category.clone();
        self.settle(|set| {
            let nodes = self.store().categories()?;
            let before = nodes.iter().find(|node| node.id == category.id).cloned();
            let read = before.as_ref().map_or(0, |before| before.version);
            if let Some(before) = &before
                && *before == (Category { version: before.version, ..category.clone() })
            {
                put.clone_from(before);
                return Ok(());
            }
            require_version(category.version, read, category.id)?;
            put = Category { version: category.version + 1, ..category.clone() };
            let others = nodes.into_iter().filter(|node| node.id != category.id);
            let tree = CategoryTree::new(others.chain([put.clone()])).map_err(Rejection::from)?;
            if before.is_some_and(|before| before.parent != put.parent) {
                guard_way_up(set, &tree, &put);
            }
            set.push(Change::Category(put.clone()));
            set.tell(Event::plain(EventKind::CategoryChanged, put.id));
            Ok(())
        })?;
        Ok(put)
    }

    /// Writes a price of any list and rung; it replaces the one of the same list, variant and minimum quantity.
    ///
    /// Errors: `not_found` for a list or variant; `pricing.invalid_rule` and `price.mixed_currency` for what [`Price::check`]
    /// refuses.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_core::pricing::Price;
    /// use sutler_engine::flow::cart::QuoteFor;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let list = shop.setup()?.price_lists[0].id;
    /// let amount = Money::parse("9.90", Currency::EUR)?;
    /// let from_two = Price { list, variant: red, min_quantity: 2, amount, compare_at: None };
    /// shop.price_put(&from_two)?;
    /// let quote = shop.cart_quote(cart, &QuoteFor::default())?.quote;
    /// assert_eq!(quote.totals.total.to_string(), "19.80 EUR");
    ///
    /// let dollars = Price { amount: Money::parse("9.90", Currency::USD)?, ..from_two };
    /// assert_eq!(shop.price_put(&dollars).unwrap_err().code(), "price.mixed_currency");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_put(&self, price: &Price) -> Result<(), FlowError> {
        let setup = self.setup()?;
        let list = setup.price_lists.iter().find(|list| list.id == price.list);
        let list = list.ok_or_else(|| Rejection::not_found("price list", price.list))?;
        price.check(list).map_err(Rejection::from)?;
        let product = self.home(price.variant)?;
        self.settle(|set| {
            if !self.store().prices(&[price.variant])?.contains(price) {
                set.push(Change::Price(price.clone()));
                set.tell(Event::plain(EventKind::PriceChanged, product));
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Takes a price of a list away; one that is not there is left alone.
    ///
    /// Errors: `not_found` for a list or variant.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// use sutler_engine::flow::cart::QuoteFor;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let list = shop.setup()?.price_lists[0].id;
    /// shop.price_remove(list, red, 1)?;
    /// let refusal = shop.cart_quote(cart, &QuoteFor::default()).unwrap_err();
    /// assert_eq!(refusal.code(), "price.missing");
    /// shop.price_remove(list, red, 1)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_remove(
        &self,
        list: PriceListId,
        variant: VariantId,
        min_quantity: u32,
    ) -> Result<(), FlowError> {
        if !self.setup()?.price_lists.iter().any(|known| known.id == list) {
            return Err(Rejection::not_found("price list", list).into());
        }
        let product = self.home(variant)?;
        let is_meant = |price: &Price| price.list == list && price.min_quantity == min_quantity;
        self.settle(|set| {
            if self.store().prices(&[variant])?.iter().any(is_meant) {
                set.push(Change::PriceRemoved { list, variant, min_quantity });
                set.tell(Event::plain(EventKind::PriceChanged, product));
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Returns the product of a variant.
    fn home(&self, variant: VariantId) -> Result<ProductId, FlowError> {
        let found = self.store().variant_refs(&[variant])?.into_iter().flatten().next();
        let found = found.ok_or_else(|| Rejection::not_found("variant", variant))?;
        Ok(found.product)
    }
}

/// Refuses a record that was read before somebody else changed it.
pub(super) fn require_version(
    given: u64,
    stored: u64,
    id: impl std::fmt::Display,
) -> Result<(), FlowError> {
    if given == stored { Ok(()) } else { Err(FlowError::Contended { what: id.to_string() }) }
}

/// Writes the nodes above a moved one again, as they are: two moves at once that would make a circle together then meet
/// in one of them.
fn guard_way_up(set: &mut ChangeSet, tree: &CategoryTree, moved: &Category) {
    let above = moved.parent.map(|parent| tree.with_ancestors(parent)).unwrap_or_default();
    for node in above.into_iter().filter_map(|id| tree.get(id)) {
        set.push(Change::Category(Category { version: node.version + 1, ..node.clone() }));
    }
}
