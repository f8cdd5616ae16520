//! Fulfillments.

use std::collections::BTreeSet;

use sutler_core::fulfillment::Fulfillment;
use sutler_core::id::{FulfillmentId, OrderId};
use tokio_postgres::Row;

use crate::error::{Applied, Fault, guard_version};
use crate::flight::{Call, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json};

pub(crate) mod sql {
    crate::statements::statements! {
        OF_ORDER = "SELECT data::text FROM raw_fulfillment WHERE \"order\" = $1 ORDER BY id";
        LOAD = "SELECT id, \"order\", version FROM raw_fulfillment WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        INSERT = "INSERT INTO raw_fulfillment (id, \"order\", version, data) SELECT id, \"order\", version, data::json
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) AS n (id, \"order\", version, data)";
        UPDATE = "UPDATE raw_fulfillment o SET \"order\" = n.\"order\", version = n.version, data = n.data::json
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) AS n (id, \"order\", version, data) WHERE o.id = n.id";
    }
}

/// An order's record: whose it is, its version and the whole as JSON.
#[derive(Clone)]
pub(crate) struct OfOrder {
    pub(crate) order: OrderId,
    pub(crate) version: u64,
    pub(crate) data: String,
}

/// Rows of `raw_fulfillment`.
pub(crate) struct Fulfillments;

impl Kind for Fulfillments {
    type Key = FulfillmentId;
    type Row = OfOrder;
    type Ask = FulfillmentId;

    fn load(asked: &BTreeSet<FulfillmentId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD, params![ids]))
    }

    fn read(row: &Row) -> Result<(FulfillmentId, OfOrder), Fault> {
        let order = OrderId::from_u128(row.id(1)?);
        let stored = OfOrder { order, version: row.count(2)?, data: String::new() };
        Ok((FulfillmentId::from_u128(row.id(0)?), stored))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&FulfillmentId, &OfOrder)]| {
            params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, row| Uid(row.order.to_u128())),
                column(rows, |_, row| int(row.version)),
                column(rows, |_, row| row.data.clone()),
            ]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT, params(&changes.new))),
        ]))
    }
}

impl Rows {
    /// Writes a fulfillment.
    pub(crate) fn put_fulfillment(&mut self, fulfillment: &Fulfillment) -> Applied {
        let Fulfillment { id, order, version, .. } = *fulfillment;
        let stored = self.fulfillments.get(&id).map(|stored| stored.version);
        guard_version(stored, version, id)?;
        self.fulfillments.put(id, OfOrder { order, version, data: json(fulfillment)? });
        Ok(())
    }
}
