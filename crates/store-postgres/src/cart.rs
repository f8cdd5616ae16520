//! Carts.

use std::collections::BTreeSet;

use sutler_core::cart::Cart;
use sutler_core::id::CartId;
use sutler_core::port::{CartReader, StoreError};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::document::{Document, write_documents};
use crate::error::{Applied, Fault, guard_version};
use crate::flight::{Call, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind};
use crate::value::{Columns as _, Uid, json};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT data::text FROM raw_cart WHERE id = $1";
        LOAD = "SELECT id, version FROM raw_cart WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        INSERT = "INSERT INTO raw_cart (id, version, data)
            SELECT id, version, data::json FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS n (id, version, data)";
        UPDATE = "UPDATE raw_cart o SET version = n.version, data = n.data::json
            FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS n (id, version, data) WHERE o.id = n.id";
    }
}

impl CartReader for PostgresStore {
    fn cart(&self, id: CartId) -> Result<Option<Cart>, StoreError> {
        self.one("read a cart", sql::BY_ID, params![Uid(id.to_u128())], |row| row.json(0))
    }
}

/// Rows of `raw_cart`.
pub(crate) struct Carts;

impl Kind for Carts {
    type Key = CartId;
    type Row = Document;
    type Ask = CartId;

    fn load(asked: &BTreeSet<CartId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD, params![ids]))
    }

    fn read(row: &Row) -> Result<(CartId, Document), Fault> {
        Ok((CartId::from_u128(row.id(0)?), Document::stored(row.count(1)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        Ok(write_documents(&changes, |id| id.to_u128(), sql::INSERT, sql::UPDATE))
    }
}

impl Rows {
    /// Writes a cart with all its lines.
    pub(crate) fn put_cart(&mut self, cart: &Cart) -> Applied {
        let stored = self.carts.get(&cart.id).map(|stored| stored.version);
        guard_version(stored, cart.version, cart.id)?;
        self.carts.put(cart.id, Document::new(cart.version, json(cart)?));
        Ok(())
    }
}
