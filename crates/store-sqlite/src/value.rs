//! How values of core stand in columns.
//!
//! Numbers of statuses are this crate's own and written down here, so that reordering an enum cannot change what a stored
//! row means.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use sutler_core::cart::CartStatus;
use sutler_core::checkout::CheckoutStatus;
use sutler_core::fulfillment::FulfillmentStatus;
use sutler_core::hash::ContentHash;
use sutler_core::money::{Currency, Money};
use sutler_core::order::OrderStatus;
use sutler_core::payment::{FactKind, TaskKind, TaskStatus};
use sutler_core::time::Timestamp;

use crate::error::Fault;

/// Returns a count as SQLite keeps it. Counts are versions and sequence numbers, far below the limit.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns a page size as SQLite takes it.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Returns a stored count.
pub(crate) fn count(stored: i64) -> Result<u64, Fault> {
    u64::try_from(stored).map_err(|_| Fault::damaged("a count", format!("{stored} is below zero")))
}

/// Returns an amount, of a currency written as text.
pub(crate) fn money(minor: i64, code: &str) -> Result<Money, Fault> {
    let currency =
        Currency::from_code(code).map_err(|error| Fault::damaged("a currency", error))?;
    Ok(Money::from_minor(minor, currency))
}

/// A moment in a column.
pub(crate) struct At(pub(crate) Timestamp);

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(|millis| At(Timestamp::from_millis(millis)))
    }
}

/// A hash in a column.
pub(crate) struct Hash(pub(crate) ContentHash);

impl FromSql for Hash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(|bytes| Hash(ContentHash::from_bytes(bytes)))
    }
}

/// A record that a row points at: by its small key where the writer knew it, else by its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mention {
    /// The number of an order, the key of a payment.
    Key(i64),
    /// The raw id.
    Id([u8; 16]),
}

impl FromSql for Mention {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(key) => Ok(Mention::Key(key)),
            ValueRef::Blob(_) => <[u8; 16]>::column_result(value).map(Mention::Id),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Mention {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Mention::Key(key) => Ok(ToSqlOutput::from(*key)),
            Mention::Id(id) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(id))),
        }
    }
}

/// An enum that stands in a column as a small number.
pub(crate) trait Numbered: Copy + Sized {
    /// Returns the number.
    fn number(self) -> i64;
    /// Returns the value with this number.
    fn from_number(number: i64) -> Option<Self>;
}

/// A [`Numbered`] value in a column.
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Numbered> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = i64::column_result(value)?;
        T::from_number(number).map(Word).ok_or(FromSqlError::OutOfRange(number))
    }
}

impl<T: Numbered> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.number()))
    }
}

macro_rules! numbered {
    ($($name:ident { $($value:ident = $number:literal),+ $(,)? })+) => {
        $(impl Numbered for $name {
            fn number(self) -> i64 {
                match self { $($name::$value => $number,)+ }
            }

            fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some($name::$value),)+ _ => None }
            }
        })+
    };
}

numbered! {
    CartStatus { Open = 0, Ordered = 1, Merged = 2 }
    OrderStatus { Pending = 0, Placed = 1, Canceled = 2 }
    CheckoutStatus { Authorizing = 0, Placed = 1, Unwinding = 2, Unwound = 3, Stuck = 4 }
    FulfillmentStatus {
        Open = 0, Picked = 1, Packed = 2, Shipped = 3, Delivered = 4, Canceled = 5, Lost = 6, Returned = 7,
    }
    TaskKind { Capture = 0, Void = 1, Refund = 2 }
    TaskStatus { Queued = 0, Done = 1, Refused = 2 }
}

impl Numbered for FactKind {
    fn number(self) -> i64 {
        i64::from(FactKind::number(self))
    }

    fn from_number(number: i64) -> Option<Self> {
        u8::try_from(number).ok().and_then(FactKind::from_number)
    }
}
