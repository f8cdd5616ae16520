//! How values of core stand in columns.
//!
//! Ids are `uuid`, which sorts like the id; moments are milliseconds; counts and amounts are `bigint`. Numbers of statuses
//! are this crate's own and written down here, so that reordering an enum cannot change what a stored row means.

use bytes::{BufMut as _, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sutler_core::hash::ContentHash;
use sutler_core::money::{Currency, Money};
use sutler_core::order::OrderStatus;
use sutler_core::time::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::error::Fault;

type SqlError = Box<dyn std::error::Error + Sync + Send>;

/// The raw number of an id, in a column of type `uuid`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Uid(pub(crate) u128);

impl ToSql for Uid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, SqlError> {
        out.put_u128(self.0);
        Ok(IsNull::No)
    }

    accepts!(UUID);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Uid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, SqlError> {
        Ok(Uid(u128::from_be_bytes(raw.try_into()?)))
    }

    accepts!(UUID);
}

/// Reads columns of a row, and says which one cannot be read.
pub(crate) trait Columns {
    /// Returns a column.
    fn at<'a, T: FromSql<'a>>(&'a self, column: usize) -> Result<T, Fault>;

    /// Returns a raw id.
    fn id(&self, column: usize) -> Result<u128, Fault> {
        Ok(self.at::<Uid>(column)?.0)
    }

    /// Returns a count that is never below zero.
    fn count(&self, column: usize) -> Result<u64, Fault> {
        let stored: i64 = self.at(column)?;
        u64::try_from(stored)
            .map_err(|_| Fault::damaged("a count", format!("{stored} is below zero")))
    }

    /// Returns a count of 32 bits.
    fn small(&self, column: usize) -> Result<u32, Fault> {
        let stored: i64 = self.at(column)?;
        u32::try_from(stored)
            .map_err(|_| Fault::damaged("a count", format!("{stored} is out of range")))
    }

    /// Returns a small number, as kinds of records have.
    fn tag(&self, column: usize) -> Result<u8, Fault> {
        let stored: i16 = self.at(column)?;
        u8::try_from(stored)
            .map_err(|_| Fault::damaged("a kind", format!("{stored} is out of range")))
    }

    /// Returns a moment.
    fn moment(&self, column: usize) -> Result<Timestamp, Fault> {
        Ok(Timestamp::from_millis(self.at(column)?))
    }

    /// Returns a hash.
    fn hash(&self, column: usize) -> Result<ContentHash, Fault> {
        let stored: &[u8] = self.at(column)?;
        let bytes = stored.try_into().map_err(|error| Fault::damaged("a hash", error))?;
        Ok(ContentHash::from_bytes(bytes))
    }

    /// Returns a record that is stored as JSON.
    fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T, Fault> {
        Ok(serde_json::from_str(self.at(column)?)?)
    }
}

impl Columns for Row {
    fn at<'a, T: FromSql<'a>>(&'a self, column: usize) -> Result<T, Fault> {
        self.try_get(column).map_err(|error| Fault::damaged("a row", error))
    }
}

/// Returns the JSON of a record.
pub(crate) fn json(record: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_string(record)?)
}

/// Returns a count as Postgres keeps it. Counts are versions and sequence numbers, far below the limit.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a page size as Postgres takes it.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Returns an amount, of a currency written as text.
pub(crate) fn money(minor: i64, code: &str) -> Result<Money, Fault> {
    let currency =
        Currency::from_code(code).map_err(|error| Fault::damaged("a currency", error))?;
    Ok(Money::from_minor(minor, currency))
}

/// Returns the number that stands for a status of orders.
pub(crate) const fn order_status(status: OrderStatus) -> i16 {
    match status {
        OrderStatus::Pending => 0,
        OrderStatus::Placed => 1,
        OrderStatus::Canceled => 2,
    }
}

/// Returns the status of orders with this number.
pub(crate) fn order_status_from(number: i16) -> Result<OrderStatus, Fault> {
    match number {
        0 => Ok(OrderStatus::Pending),
        1 => Ok(OrderStatus::Placed),
        2 => Ok(OrderStatus::Canceled),
        _ => Err(Fault::damaged("an order", format!("it has the status {number}"))),
    }
}
