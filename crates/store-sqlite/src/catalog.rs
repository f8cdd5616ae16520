//! The catalog: products with their variants, the tree of categories, prices.
//!
//! A product is one row with everything about it; a variant has a small row of its own for what it is looked up by: its id,
//! SKU and barcode.

mod record;
pub(crate) mod write;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::catalog::{Category, Handle, Product};
use sutler_core::id::{CategoryId, PriceListId, ProductId, VariantId};
use sutler_core::money::Money;
use sutler_core::port::{CatalogReader, CatalogSize, GoodsReader, StoreError, VariantRef};
use sutler_core::pricing::{Price, PriceList, PriceListRecord, PriceRecord};
use sutler_core::time::Timestamp;

use crate::SqliteStore;
use crate::batch::Counter;
use crate::error::Fault;
use crate::short::Words;
use crate::value::{self, count, limit};

pub(crate) use record::read as read_product;

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT id, handle, version, data FROM raw_product WHERE id = ?1";
        BY_HANDLE = "SELECT id, handle, version, data FROM raw_product
            WHERE handle = ?1 AND handle = ?1 COLLATE BINARY";
        PAGE_FIRST = "SELECT id, handle, version, data FROM raw_product ORDER BY id LIMIT ?1";
        PAGE_AFTER = "SELECT id, handle, version, data FROM raw_product WHERE id > ?1 ORDER BY id LIMIT ?2";
        VARIANT = "SELECT v.id, p.id FROM raw_variant v JOIN raw_product p ON p.key = v.product WHERE v.id = ?1";
        BY_SKU = "SELECT v.id, p.id FROM raw_variant v JOIN raw_product p ON p.key = v.product
            WHERE v.sku = ?1 AND v.sku = ?1 COLLATE BINARY AND v.retired = 0 ORDER BY v.id";
        BY_BARCODE = "SELECT v.id, p.id FROM raw_variant v JOIN raw_product p ON p.key = v.product
            WHERE v.barcode = ?1 AND v.retired = 0 ORDER BY v.id";
        SKUS_NEAR = "SELECT DISTINCT sku FROM raw_variant
            WHERE sku >= ?1 AND sku < ?1 || char(1114111) AND retired = 0 ORDER BY sku LIMIT ?2";
        HANDLES_NEAR = "SELECT handle FROM raw_product
            WHERE handle >= ?1 AND handle < ?1 || char(1114111) ORDER BY handle LIMIT ?2";
        CATEGORIES = "SELECT id, parent, name, version FROM raw_category ORDER BY id";
        PRICES = "SELECT list, min_quantity, amount, currency, compare_at, compare_currency
            FROM raw_price WHERE variant = ?1";
        PRICE_HISTORY = "SELECT list, min_quantity, amount, currency, compare_at, compare_currency, since, until
            FROM raw_price_past WHERE variant = ?1
            UNION ALL SELECT list, min_quantity, amount, currency, compare_at, compare_currency, since, NULL
            FROM raw_price WHERE variant = ?1";
        PRICE_LIST_HISTORY = "SELECT list, since, data FROM raw_price_list_since ORDER BY list, since";
    }
}

/// How many labels are looked at beyond those asked for, so that upper and lower case fall into the order of the alphabet.
const LABELS_MORE: usize = 500;

impl GoodsReader for SqliteStore {}

impl CatalogReader for SqliteStore {
    fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<Product>>, StoreError> {
        self.snapshot("read products", |conn, _| {
            let mut by_id = conn.prepare_cached(sql::BY_ID)?;
            let mut find = |id: &ProductId| {
                by_id
                    .query_row([id.to_bytes()], |row| Ok(read_product(row)))
                    .optional()?
                    .transpose()
            };
            ids.iter().map(&mut find).collect()
        })
    }

    fn products_by_handle(&self, handles: &[Handle]) -> Result<Vec<Option<Product>>, StoreError> {
        self.snapshot("read products", |conn, _| {
            let mut by_handle = conn.prepare_cached(sql::BY_HANDLE)?;
            let mut find = |handle: &Handle| {
                by_handle
                    .query_row([handle.as_str()], |row| Ok(read_product(row)))
                    .optional()?
                    .transpose()
            };
            handles.iter().map(&mut find).collect()
        })
    }

    fn product_page(
        &self,
        after: Option<ProductId>,
        rows: usize,
    ) -> Result<Vec<Product>, StoreError> {
        self.read("read products", |conn, _| match after {
            None => conn
                .prepare_cached(sql::PAGE_FIRST)?
                .query_and_then([limit(rows)], read_product)?
                .collect(),
            Some(after) => {
                let mut page = conn.prepare_cached(sql::PAGE_AFTER)?;
                page.query_and_then((after.to_bytes(), limit(rows)), read_product)?.collect()
            }
        })
    }

    fn variant_refs(&self, ids: &[VariantId]) -> Result<Vec<Option<VariantRef>>, StoreError> {
        self.snapshot("read variants", |conn, _| {
            let mut find = conn.prepare_cached(sql::VARIANT)?;
            ids.iter()
                .map(|id| Ok(find.query_row([id.to_bytes()], variant_ref).optional()?))
                .collect()
        })
    }

    fn variants_by_sku(&self, sku: &str) -> Result<Vec<VariantRef>, StoreError> {
        self.read("read variants", |conn, _| variant_refs(conn, sql::BY_SKU, sku))
    }

    fn variants_by_barcode(&self, barcode: &str) -> Result<Vec<VariantRef>, StoreError> {
        self.read("read variants", |conn, _| variant_refs(conn, sql::BY_BARCODE, barcode))
    }

    fn labels_near(&self, prefix: &str, rows: usize) -> Result<Vec<String>, StoreError> {
        self.snapshot("read labels", |conn, _| {
            let mut labels = BTreeSet::new();
            for near in [sql::SKUS_NEAR, sql::HANDLES_NEAR] {
                let mut near = conn.prepare_cached(near)?;
                let most = limit(rows.saturating_add(LABELS_MORE));
                let found = near.query_map((prefix, most), |row| row.get::<_, String>(0))?;
                labels.extend(found.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(labels.into_iter().take(rows).collect())
        })
    }

    fn categories(&self) -> Result<Vec<Category>, StoreError> {
        self.read("read categories", |conn, _| {
            let mut all = conn.prepare_cached(sql::CATEGORIES)?;
            all.query_and_then([], category)?.collect()
        })
    }

    fn catalog_size(&self) -> Result<CatalogSize, StoreError> {
        self.snapshot("count the catalog", |conn, _| {
            let mut counter = conn.prepare_cached(crate::setup::sql::COUNTER)?;
            let mut value = |counter_: Counter| {
                let found = counter.query_row([counter_.name()], |row| row.get(0)).optional()?;
                count(found.unwrap_or(0))
            };
            Ok(CatalogSize {
                products: value(Counter::Products)?,
                variants: value(Counter::Variants)?,
            })
        })
    }

    fn prices(&self, variants: &[VariantId]) -> Result<Vec<Price>, StoreError> {
        self.snapshot("read prices", |conn, words| {
            let wanted: BTreeSet<VariantId> = variants.iter().copied().collect();
            let mut of_variant = conn.prepare_cached(sql::PRICES)?;
            let mut prices = Vec::with_capacity(wanted.len());
            for variant in wanted {
                let from = prices.len();
                let mut rows = of_variant.query([variant.to_bytes()])?;
                while let Some(row) = rows.next()? {
                    prices.push(price(row, variant, conn, words)?);
                }
                if let Some(of_one) = prices.get_mut(from..) {
                    of_one.sort_unstable_by_key(|price: &Price| (price.list, price.min_quantity));
                }
            }
            Ok(prices)
        })
    }

    fn price_history(&self, variants: &[VariantId]) -> Result<Vec<PriceRecord>, StoreError> {
        self.snapshot("read past prices", |conn, words| {
            let wanted: BTreeSet<VariantId> = variants.iter().copied().collect();
            let mut of_variant = conn.prepare_cached(sql::PRICE_HISTORY)?;
            let mut records = Vec::with_capacity(wanted.len());
            for variant in wanted {
                let mut rows = of_variant.query([variant.to_bytes()])?;
                while let Some(row) = rows.next()? {
                    records.push(PriceRecord {
                        price: price(row, variant, conn, words)?,
                        since: Timestamp::from_millis(row.get(6)?),
                        until: row.get::<_, Option<_>>(7)?.map(Timestamp::from_millis),
                    });
                }
            }
            records.sort_unstable_by_key(|PriceRecord { price, since, .. }| {
                (price.variant, price.list, price.min_quantity, *since)
            });
            Ok(records)
        })
    }

    fn price_list_history(&self) -> Result<Vec<PriceListRecord>, StoreError> {
        self.read("read past price lists", |conn, _| price_lists(conn))
    }
}

/// Returns every wording of every price list, in the order of list, since.
pub(crate) fn price_lists(conn: &Connection) -> Result<Vec<PriceListRecord>, Fault> {
    let mut records: Vec<PriceListRecord> = Vec::new();
    let mut all = conn.prepare_cached(sql::PRICE_LIST_HISTORY)?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        let list: PriceList = serde_json::from_str(text)?;
        let since = Timestamp::from_millis(row.get(1)?);
        if let Some(last) = records.last_mut().filter(|last| last.list.id == list.id) {
            last.until = Some(since);
        }
        records.push(PriceListRecord { list, since, until: None });
    }
    Ok(records)
}

fn variant_ref(row: &Row<'_>) -> rusqlite::Result<VariantRef> {
    Ok(VariantRef {
        variant: VariantId::from_bytes(row.get(0)?),
        product: ProductId::from_bytes(row.get(1)?),
    })
}

fn variant_refs(conn: &Connection, sql: &str, label: &str) -> Result<Vec<VariantRef>, Fault> {
    let mut find = conn.prepare_cached(sql)?;
    let found = find.query_map([label], variant_ref)?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(crate) fn category(row: &Row<'_>) -> Result<Category, Fault> {
    Ok(Category {
        id: CategoryId::from_bytes(row.get(0)?),
        parent: row.get::<_, Option<_>>(1)?.map(CategoryId::from_bytes),
        name: row.get(2)?,
        version: count(row.get(3)?)?,
    })
}

/// Reads the columns of [`sql::PRICES`].
pub(crate) fn price(
    row: &Row<'_>,
    variant: VariantId,
    conn: &Connection,
    words: &Words,
) -> Result<Price, Fault> {
    let code = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    let other = row.get_ref(5)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let compare_at: Option<i64> = row.get(4)?;
    let compare_at: Option<Money> =
        compare_at.map(|minor| value::money(minor, other.unwrap_or(code))).transpose()?;
    Ok(Price {
        list: PriceListId::from_bytes(words.id(conn, row.get(0)?)?),
        variant,
        min_quantity: row.get(1)?,
        amount: value::money(row.get(2)?, code)?,
        compare_at,
    })
}
