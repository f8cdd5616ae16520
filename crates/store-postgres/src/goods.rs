//! Goods: products, prices and stock in one flight.

use sutler_core::catalog::Product;
use sutler_core::id::VariantId;
use sutler_core::port::{Goods, GoodsReader, StoreError};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::error::Fault;
use crate::flight::{Call, params};
use crate::value::{Columns as _, Uid};
use crate::{PostgresStore, catalog, stock};

pub(crate) mod sql {
    crate::statements::statements! {
        PRODUCTS = "SELECT data::text FROM raw_product
            WHERE id = ANY (ARRAY(SELECT product FROM raw_variant WHERE id = ANY ($1))) ORDER BY id";
    }
}

impl GoodsReader for PostgresStore {
    fn products_of(&self, variants: &[VariantId]) -> Result<Vec<Product>, StoreError> {
        self.all("read products", sql::PRODUCTS, params![ids(variants)], |row| row.json(0))
    }

    fn goods(&self, variants: &[VariantId], now: Timestamp) -> Result<Goods, StoreError> {
        const OP: &str = "read goods";
        let found = self.flight(
            OP,
            vec![
                Call::new(sql::PRODUCTS, params![ids(variants)]),
                Call::new(catalog::sql::PRICES, params![ids(variants)]),
                Call::new(stock::sql::LEVELS, params![ids(variants), now.millis()]),
            ],
        )?;
        let read = || -> Result<Goods, Fault> {
            let [products, prices, levels] = found.as_slice() else { return Ok(Goods::default()) };
            Ok(Goods::new(
                all(products, |row| row.json(0))?,
                all(prices, catalog::price)?,
                all(levels, stock::level)?.into_iter().collect(),
            ))
        };
        read().map_err(|fault| self.failed(OP, fault))
    }
}

fn ids(variants: &[VariantId]) -> Vec<Uid> {
    variants.iter().map(|id| Uid(id.to_u128())).collect()
}

fn all<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    rows.iter().map(read).collect()
}
