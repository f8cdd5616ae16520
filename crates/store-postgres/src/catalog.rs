//! The catalog: products with their variants, the tree of categories, prices.
//!
//! A product is one row with everything about it; a variant has a small row of its own for what it is looked up by: its id,
//! SKU and barcode.

pub(crate) mod write;

use std::collections::BTreeSet;

use sutler_core::catalog::{Category, Handle, Product};
use sutler_core::id::{CategoryId, PriceListId, ProductId, VariantId};
use sutler_core::port::{CatalogReader, CatalogSize, StoreError, VariantRef};
use sutler_core::pricing::{Price, PriceList, PriceListRecord, PriceRecord};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::counter::{self, Counter};
use crate::error::Fault;
use crate::flight::params;
use crate::value::{Columns as _, Uid, limit, money};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_IDS = "SELECT data::text FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)
            LEFT JOIN raw_product p ON p.id = a.id ORDER BY a.n";
        BY_HANDLES = "SELECT data::text FROM unnest($1::text[]) WITH ORDINALITY AS a (handle, n)
            LEFT JOIN raw_product p ON p.handle = a.handle ORDER BY a.n";
        PAGE_FIRST = "SELECT data::text FROM raw_product ORDER BY id LIMIT $1";
        PAGE_AFTER = "SELECT data::text FROM raw_product WHERE id > $1 ORDER BY id LIMIT $2";
        VARIANTS = "SELECT v.id, v.product FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)
            LEFT JOIN raw_variant v ON v.id = a.id ORDER BY a.n";
        BY_SKU = "SELECT id, product FROM raw_variant WHERE sku = $1 AND NOT retired ORDER BY id";
        BY_BARCODE = "SELECT id, product FROM raw_variant WHERE barcode = $1 AND NOT retired ORDER BY id";
        LABELS_NEAR = "(SELECT sku FROM raw_variant
              WHERE lower(sku) COLLATE \"C\" >= $1 AND lower(sku) COLLATE \"C\" < $2 AND NOT retired
              ORDER BY lower(sku) COLLATE \"C\" LIMIT $3)
            UNION ALL (SELECT handle FROM raw_product
              WHERE lower(handle) COLLATE \"C\" >= $1 AND lower(handle) COLLATE \"C\" < $2
              ORDER BY lower(handle) COLLATE \"C\" LIMIT $3)";
        CATEGORIES = "SELECT id, parent, name, version FROM raw_category ORDER BY id";
        PRICES = "SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency
            FROM raw_price WHERE variant = ANY ($1) ORDER BY variant, list, min_quantity";
        PRICE_HISTORY = "SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, until
            FROM raw_price_past WHERE variant = ANY ($1)
            UNION ALL SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, NULL
            FROM raw_price WHERE variant = ANY ($1)
            ORDER BY variant, list, min_quantity, since";
        PRICE_LIST_HISTORY = "SELECT since, data::text FROM raw_price_list_since ORDER BY list, since";
    }
}

/// How many labels are looked at beyond those asked for, so that upper and lower case fall into the order of the alphabet.
const LABELS_MORE: usize = 500;

impl CatalogReader for PostgresStore {
    fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<Product>>, StoreError> {
        let ids: Vec<Uid> = ids.iter().map(|id| Uid(id.to_u128())).collect();
        self.all("read products", sql::BY_IDS, params![ids], optional_product)
    }

    fn products_by_handle(&self, handles: &[Handle]) -> Result<Vec<Option<Product>>, StoreError> {
        let handles: Vec<String> = handles.iter().map(|handle| handle.to_string()).collect();
        self.all("read products", sql::BY_HANDLES, params![handles], optional_product)
    }

    fn product_page(
        &self,
        after: Option<ProductId>,
        rows: usize,
    ) -> Result<Vec<Product>, StoreError> {
        let (sql, params) = match after {
            None => (sql::PAGE_FIRST, params![limit(rows)]),
            Some(after) => (sql::PAGE_AFTER, params![Uid(after.to_u128()), limit(rows)]),
        };
        self.all("read products", sql, params, |row| row.json(0))
    }

    fn variant_refs(&self, ids: &[VariantId]) -> Result<Vec<Option<VariantRef>>, StoreError> {
        let ids: Vec<Uid> = ids.iter().map(|id| Uid(id.to_u128())).collect();
        self.all("read variants", sql::VARIANTS, params![ids], |row| {
            row.at::<Option<Uid>>(0)?.map(|_| variant_ref(row)).transpose()
        })
    }

    fn variants_by_sku(&self, sku: &str) -> Result<Vec<VariantRef>, StoreError> {
        self.all("read variants", sql::BY_SKU, params![sku.to_owned()], variant_ref)
    }

    fn variants_by_barcode(&self, barcode: &str) -> Result<Vec<VariantRef>, StoreError> {
        self.all("read variants", sql::BY_BARCODE, params![barcode.to_owned()], variant_ref)
    }

    fn labels_near(&self, prefix: &str, rows: usize) -> Result<Vec<String>, StoreError> {
        let most = limit(rows.saturating_add(LABELS_MORE));
        let lower = prefix.to_ascii_lowercase();
        let beyond = format!("{lower}\u{10FFFF}");
        let found: Vec<String> =
            self.all("read labels", sql::LABELS_NEAR, params![lower, beyond, most], |row| {
                row.at(0)
            })?;
        let begins = |label: &String| {
            label.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let labels: BTreeSet<String> = found.into_iter().filter(begins).collect();
        Ok(labels.into_iter().take(rows).collect())
    }

    fn categories(&self) -> Result<Vec<Category>, StoreError> {
        self.all("read categories", sql::CATEGORIES, params![], category)
    }

    fn catalog_size(&self) -> Result<CatalogSize, StoreError> {
        let names = vec![Counter::Products.name(), Counter::Variants.name()];
        let counters =
            self.all("count the catalog", counter::sql::VALUES_OF, params![names], counter::read)?;
        let value = |wanted: Counter| {
            let found = counters.iter().find(|(counter, _)| *counter == wanted);
            found.and_then(|(_, value)| u64::try_from(*value).ok()).unwrap_or(0)
        };
        Ok(CatalogSize { products: value(Counter::Products), variants: value(Counter::Variants) })
    }

    fn prices(&self, variants: &[VariantId]) -> Result<Vec<Price>, StoreError> {
        let ids: Vec<Uid> = variants.iter().map(|id| Uid(id.to_u128())).collect();
        self.all("read prices", sql::PRICES, params![ids], price)
    }

    fn price_history(&self, variants: &[VariantId]) -> Result<Vec<PriceRecord>, StoreError> {
        let ids: Vec<Uid> = variants.iter().map(|id| Uid(id.to_u128())).collect();
        self.all("read past prices", sql::PRICE_HISTORY, params![ids], |row| {
            let until: Option<i64> = row.at(8)?;
            Ok(PriceRecord {
                price: price(row)?,
                since: row.moment(7)?,
                until: until.map(Timestamp::from_millis),
            })
        })
    }

    fn price_list_history(&self) -> Result<Vec<PriceListRecord>, StoreError> {
        let wordings: Vec<(Timestamp, PriceList)> =
            self.all("read past price lists", sql::PRICE_LIST_HISTORY, params![], |row| {
                Ok((row.moment(0)?, row.json(1)?))
            })?;
        let mut records: Vec<PriceListRecord> = Vec::with_capacity(wordings.len());
        for (since, list) in wordings {
            if let Some(last) = records.last_mut().filter(|last| last.list.id == list.id) {
                last.until = Some(since);
            }
            records.push(PriceListRecord { list, since, until: None });
        }
        Ok(records)
    }
}

fn optional_product(row: &Row) -> Result<Option<Product>, Fault> {
    let data: Option<&str> = row.at(0)?;
    Ok(data.map(serde_json::from_str).transpose()?)
}

fn variant_ref(row: &Row) -> Result<VariantRef, Fault> {
    let variant = VariantId::from_u128(row.id(0)?);
    Ok(VariantRef { variant, product: ProductId::from_u128(row.id(1)?) })
}

pub(crate) fn category(row: &Row) -> Result<Category, Fault> {
    let parent: Option<Uid> = row.at(1)?;
    Ok(Category {
        id: CategoryId::from_u128(row.id(0)?),
        parent: parent.map(|parent| CategoryId::from_u128(parent.0)),
        name: row.at(2)?,
        version: row.count(3)?,
    })
}

/// Reads the columns of [`sql::PRICES`].
pub(crate) fn price(row: &Row) -> Result<Price, Fault> {
    let (code, other): (&str, Option<&str>) = (row.at(4)?, row.at(6)?);
    let compare_at: Option<i64> = row.at(5)?;
    Ok(Price {
        variant: VariantId::from_u128(row.id(0)?),
        list: PriceListId::from_u128(row.id(1)?),
        min_quantity: row.small(2)?,
        amount: money(row.at(3)?, code)?,
        compare_at: compare_at.map(|minor| money(minor, other.unwrap_or(code))).transpose()?,
    })
}
