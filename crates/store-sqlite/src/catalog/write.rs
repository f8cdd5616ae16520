//! Changes of the catalog.

use std::collections::BTreeMap;

use sutler_core::catalog::{Category, Product, Variant};
use sutler_core::id::{CategoryId, PriceListId, VariantId};
use sutler_core::pricing::Price;

use super::{read_product, record};
use crate::batch::{Batch, Counter, guard_version};
use crate::error::{Fault, Stop};
use crate::value::int;

pub(crate) mod sql {
    crate::statements::statements! {
        STORED = "SELECT id, handle, version, data, key FROM raw_product WHERE id = ?1";
        HANDLE_OWNER = "SELECT id FROM raw_product WHERE handle = ?1 AND handle = ?1 COLLATE BINARY LIMIT 1";
        INSERT = "INSERT INTO raw_product (id, handle, version, data) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO NOTHING";
        UPDATE = "UPDATE raw_product SET handle = ?2, version = ?3, data = ?4 WHERE key = ?1";
        INSERT_VARIANT = "INSERT INTO raw_variant (id, product, sku, barcode, retired) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO NOTHING";
        UPDATE_VARIANT = "UPDATE raw_variant SET sku = ?2, barcode = ?3, retired = ?4 WHERE id = ?1";
        CATEGORY_VERSION = "SELECT version FROM raw_category WHERE id = ?1";
        NAMESAKE = "SELECT id FROM raw_category WHERE ifnull(parent, x'') = ifnull(?1, x'') AND name = ?2";
        PUT_CATEGORY = "INSERT INTO raw_category (id, parent, name, version) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, name = excluded.name, version = excluded.version";
        KEEP_CHANGED_PRICE = "INSERT INTO raw_price_past
              (variant, list, min_quantity, since, until, amount, currency, compare_at, compare_currency)
            SELECT variant, list, min_quantity, since, ?8, amount, currency, compare_at, compare_currency FROM raw_price
            WHERE variant = ?1 AND list = ?2 AND min_quantity = ?3 AND since < ?8
              AND (amount, currency, compare_at, compare_currency) IS NOT (?4, ?5, ?6, ?7)";
        KEEP_PRICE = "INSERT INTO raw_price_past
              (variant, list, min_quantity, since, until, amount, currency, compare_at, compare_currency)
            SELECT variant, list, min_quantity, since, ?4, amount, currency, compare_at, compare_currency FROM raw_price
            WHERE variant = ?1 AND list = ?2 AND min_quantity = ?3 AND since < ?4";
        PUT_PRICE = "INSERT INTO raw_price
              (variant, list, min_quantity, amount, currency, compare_at, compare_currency, since)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, max(?8, ifnull((SELECT until FROM raw_price_past
              WHERE variant = ?1 AND list = ?2 AND min_quantity = ?3 ORDER BY since DESC LIMIT 1), ?8)))
            ON CONFLICT DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
              compare_at = excluded.compare_at, compare_currency = excluded.compare_currency,
              since = max(since, excluded.since)
            WHERE (amount, currency, compare_at, compare_currency) IS NOT
              (excluded.amount, excluded.currency, excluded.compare_at, excluded.compare_currency)";
        DROP_PRICE = "DELETE FROM raw_price WHERE variant = ?1 AND list = ?2 AND min_quantity = ?3";
    }
}

impl Batch<'_> {
    /// Writes a category.
    pub(crate) fn put_category(&mut self, category: &Category) -> Result<(), Stop> {
        let id = category.id.to_bytes();
        let stored = self.one(sql::CATEGORY_VERSION, [id], |row| row.get(0))?;
        guard_version(stored, category.version, category.id)?;
        let parent = category.parent.map(CategoryId::to_bytes);
        let namesake: Option<[u8; 16]> =
            self.one(sql::NAMESAKE, (parent, &category.name), |row| row.get(0))?;
        if namesake.is_some_and(|other| other != id) {
            return Err(Stop::taken("category", &category.name));
        }
        self.run(sql::PUT_CATEGORY, (id, parent, &category.name, int(category.version)))?;
        Ok(())
    }

    /// Writes a product; variants that the record does not name stay as they are.
    pub(crate) fn put_product(&mut self, product: &Product) -> Result<(), Stop> {
        let owner: Option<[u8; 16]> =
            self.one(sql::HANDLE_OWNER, [product.handle.as_str()], |row| row.get(0))?;
        let is_free = owner.is_none_or(|owner| owner == product.id.to_bytes());
        // A first version whose handle is free is most likely new; whether its id is free is told by the insert.
        if product.version == 1 && owner.is_none() {
            let key = self.insert_product(product)?;
            return product.variants.iter().try_for_each(|new| self.put_variant(key, new, None));
        }
        let stored = self.stored_product(product)?;
        guard_version(
            stored.as_ref().map(|(old, _)| int(old.version)),
            product.version,
            product.id,
        )?;
        if !is_free {
            return Err(Stop::taken("product", &product.handle));
        }
        let (key, old) = match stored {
            None => (self.insert_product(product)?, BTreeMap::new()),
            Some((old, key)) => {
                let unnamed: Vec<Variant> = old
                    .variants
                    .iter()
                    .filter(|variant| product.variant(variant.id).is_none())
                    .cloned()
                    .collect();
                let data = record::write(product, &unnamed)?;
                self.run(sql::UPDATE, (key, product.handle.as_str(), int(product.version), data))?;
                let old: BTreeMap<VariantId, Variant> =
                    old.variants.into_iter().map(|v| (v.id, v)).collect();
                (key, old)
            }
        };
        product
            .variants
            .iter()
            .try_for_each(|variant| self.put_variant(key, variant, old.get(&variant.id)))
    }

    /// Writes the row of a new product; returns its key.
    pub(crate) fn insert_product(&mut self, product: &Product) -> Result<i64, Stop> {
        let data = record::write(product, &[])?;
        let row = (product.id.to_bytes(), product.handle.as_str(), int(product.version), data);
        self.guarded(sql::INSERT, row, product.id)?;
        let key = self.conn.last_insert_rowid();
        self.count(Counter::Products, 1)?;
        Ok(key)
    }

    fn stored_product(&self, product: &Product) -> Result<Option<(Product, i64)>, Fault> {
        let read =
            |row: &rusqlite::Row<'_>| Ok(read_product(row).map(|old| (old, row.get::<_, i64>(4))));
        match self.one(sql::STORED, [product.id.to_bytes()], read)? {
            None => Ok(None),
            Some(found) => {
                let (old, key) = found?;
                Ok(Some((old, key?)))
            }
        }
    }

    pub(crate) fn put_variant(
        &mut self,
        product: i64,
        variant: &Variant,
        old: Option<&Variant>,
    ) -> Result<(), Stop> {
        let (sku, barcode) =
            (variant.sku.as_ref().map(|sku| sku.as_str()), variant.barcode.as_deref());
        let in_use = |variant: &Variant| i64::from(!variant.retired);
        match old {
            None => {
                let row = (variant.id.to_bytes(), product, sku, barcode, variant.retired);
                if self.run(sql::INSERT_VARIANT, row)? == 0 {
                    return Err(Stop::taken("variant", variant.id));
                }
                self.count(Counter::Variants, in_use(variant))?;
                self.set.new_variants.insert(variant.id.to_bytes());
            }
            Some(old) => {
                let looked_up_by = |v: &Variant| (v.sku.clone(), v.barcode.clone(), v.retired);
                if looked_up_by(old) != looked_up_by(variant) {
                    self.run(
                        sql::UPDATE_VARIANT,
                        (variant.id.to_bytes(), sku, barcode, variant.retired),
                    )?;
                    self.count(Counter::Variants, in_use(variant) - in_use(old))?;
                }
            }
        }
        Ok(())
    }

    /// Writes a price; the one in its place becomes past, unless it is the same.
    pub(crate) fn put_price(&mut self, price: &Price) -> Result<(), Stop> {
        let list = self.short(price.list.to_bytes())?;
        let currency = price.amount.currency();
        let other =
            price.compare_at.map(|amount| amount.currency()).filter(|other| *other != currency);
        let row = (
            price.variant.to_bytes(),
            list,
            price.min_quantity,
            price.amount.minor(),
            currency.code(),
            price.compare_at.map(|amount| amount.minor()),
            other.map(|other| other.code()),
            self.set.at.millis(),
        );
        // What the set made itself has no past.
        if !self.set.new_variants.contains(&row.0) {
            self.run(sql::KEEP_CHANGED_PRICE, row)?;
        }
        self.run(sql::PUT_PRICE, row)?;
        Ok(())
    }

    /// Takes a price away; it becomes past.
    pub(crate) fn remove_price(
        &mut self,
        list: PriceListId,
        variant: VariantId,
        min_quantity: u32,
    ) -> Result<(), Stop> {
        let place = (variant.to_bytes(), self.short(list.to_bytes())?, min_quantity);
        self.run(sql::KEEP_PRICE, (place.0, place.1, place.2, self.set.at.millis()))?;
        self.run(sql::DROP_PRICE, place)?;
        Ok(())
    }
}
