//! Fulfillments.

use rusqlite::{Connection, Row};
use sutler_core::fulfillment::{Fulfillment, FulfillmentLine};
use sutler_core::id::{FulfillmentId, OrderId, StockLocationId};

use crate::batch::Batch;
use crate::error::{Fault, Stop};
use crate::short::Words;
use crate::value::{At, Word, count, int};

pub(crate) mod sql {
    crate::statements::statements! {
        OF_ORDER = "SELECT f.id, f.location, f.status, f.lines, f.shipment, f.created_at, f.delivered_at, f.version
            FROM raw_order o JOIN raw_fulfillment f ON f.number = o.number WHERE o.id = ?1 ORDER BY f.id";
        INSERT = "INSERT INTO raw_fulfillment
              (number, id, location, status, lines, shipment, created_at, delivered_at, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
        UPDATE = "UPDATE raw_fulfillment SET location = ?3, status = ?4, lines = ?5, shipment = ?6, created_at = ?7,
              delivered_at = ?8, version = ?9
            WHERE number = ?1 AND id = ?2 AND version = ?9 - 1";
    }
}

/// Returns the fulfillments of an order, oldest id first.
pub(crate) fn of_order(
    conn: &Connection,
    words: &Words,
    order: OrderId,
) -> Result<Vec<Fulfillment>, Fault> {
    let mut of_order = conn.prepare_cached(sql::OF_ORDER)?;
    of_order.query_and_then([order.to_bytes()], |row| read(row, order, conn, words))?.collect()
}

/// Reads the columns of [`sql::OF_ORDER`].
pub(crate) fn read(
    row: &Row<'_>,
    order: OrderId,
    conn: &Connection,
    words: &Words,
) -> Result<Fulfillment, Fault> {
    let lines: Vec<(u32, u32)> =
        serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
    let shipment = row.get_ref(4)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    Ok(Fulfillment {
        id: FulfillmentId::from_bytes(row.get(0)?),
        order,
        location: StockLocationId::from_bytes(words.id(conn, row.get(1)?)?),
        status: row.get::<_, Word<_>>(2)?.0,
        lines: lines
            .into_iter()
            .map(|(line, quantity)| FulfillmentLine { line, quantity })
            .collect(),
        shipment: shipment.map(serde_json::from_str).transpose()?,
        created_at: row.get::<_, At>(5)?.0,
        delivered_at: row.get::<_, Option<At>>(6)?.map(|at| at.0),
        version: count(row.get(7)?)?,
    })
}

impl Batch<'_> {
    /// Writes a fulfillment.
    pub(crate) fn put_fulfillment(&mut self, fulfillment: &Fulfillment) -> Result<(), Stop> {
        let lines: Vec<(u32, u32)> =
            fulfillment.lines.iter().map(|line| (line.line, line.quantity)).collect();
        let row = (
            self.order_number(fulfillment.order)?,
            fulfillment.id.to_bytes(),
            self.short(fulfillment.location.to_bytes())?,
            Word(fulfillment.status),
            serde_json::to_string(&lines)?,
            fulfillment.shipment.as_ref().map(serde_json::to_string).transpose()?,
            fulfillment.created_at.millis(),
            fulfillment.delivered_at.map(|at| at.millis()),
            int(fulfillment.version),
        );
        let (id, version) = (fulfillment.id, fulfillment.version);
        self.put_versioned((sql::INSERT, sql::UPDATE), row, version, id)
    }
}
