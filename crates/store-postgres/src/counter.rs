//! Numbers that are kept as rows: the version of the set-up, sizes, the newest order number.

use std::collections::BTreeSet;

use tokio_postgres::Row;

use crate::error::Fault;
use crate::flight::{Call, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        VALUES_OF = "SELECT name, value FROM raw_counter WHERE name = ANY ($1)";
        LOAD = "SELECT name, value FROM raw_counter WHERE name = ANY ($1) ORDER BY name FOR UPDATE";
        INSERT = "INSERT INTO raw_counter (name, value) SELECT * FROM unnest($1::text[], $2::bigint[])";
        UPDATE = "UPDATE raw_counter o SET value = n.value FROM unnest($1::text[], $2::bigint[]) AS n (name, value)
            WHERE o.name = n.name";
    }
}

/// A number that is kept as a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Counter {
    /// The newest order number.
    OrderNumber,
    /// Products of any status.
    Products,
    /// The version of the set-up.
    Setup,
    /// Variants in use.
    Variants,
}

impl Counter {
    const ALL: [Counter; 4] =
        [Counter::OrderNumber, Counter::Products, Counter::Setup, Counter::Variants];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Counter::OrderNumber => "order_number",
            Counter::Products => "products",
            Counter::Setup => "setup_version",
            Counter::Variants => "variants",
        }
    }
}

/// Reads the columns of [`sql::VALUES_OF`].
pub(crate) fn read(row: &Row) -> Result<(Counter, i64), Fault> {
    let name: &str = row.at(0)?;
    let known = Counter::ALL.into_iter().find(|counter| counter.name() == name);
    let counter =
        known.ok_or_else(|| Fault::damaged("a counter", format!("`{name}` is not known")))?;
    Ok((counter, row.at(1)?))
}

/// Rows of `raw_counter`.
pub(crate) struct Counters;

impl Kind for Counters {
    type Key = Counter;
    type Row = i64;
    type Ask = Counter;

    fn load(asked: &BTreeSet<Counter>) -> Option<Call> {
        let names: Vec<&str> = asked.iter().map(|counter| counter.name()).collect();
        Some(Call::new(sql::LOAD, params![names]))
    }

    fn read(row: &Row) -> Result<(Counter, i64), Fault> {
        read(row)
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&Counter, &i64)]| {
            params![column(rows, |counter, _| counter.name()), column(rows, |_, value| *value)]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT, params(&changes.new))),
        ]))
    }
}

impl Rows {
    /// Adds to a counter.
    pub(crate) fn count(&mut self, counter: Counter, more: i64) {
        if more != 0 {
            let value = self.counters.get(&counter).copied().unwrap_or(0) + more;
            self.counters.put(counter, value);
        }
    }
}
