//! What the tables of a shop hold, as one count and one sum for each: the same before a backup and after it was put back.
//!
//! A sum is over the hashes of all rows, each hashed as the server writes it, so it needs no order, no memory, and nothing
//! that a newer program might read otherwise. Whatever table there is, is summed.
//!
//! Why not the hashes of a copy: they are over records of core, as the program of today writes them. A backup may be put back
//! by a later one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::flight::{Call, params};
use crate::session::Session;
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '1h';
            SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO';
            SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1";
        /// The statement that sums each table of a schema, in the words of the server, which knows how to quote.
        TABLES = "SELECT relname::text, format($$SELECT count(*),
              coalesce(sum(('x' || left(encode(sha256(convert_to(whole_row::text, 'UTF8')), 'hex'), 16))::bit(64)::bigint), 0)::text
              FROM %I.%I AS whole_row$$, nspname, relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE nspname = $1 AND relkind = 'r' ORDER BY relname";
    }
}

/// What one table holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct TableSum {
    rows: u64,
    sum: String,
}

/// What all tables of a schema hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    tables: BTreeMap<String, TableSum>,
}

impl Sums {
    /// Sums the tables of a schema, in the transaction that [`sql::BEGIN`] began.
    pub(crate) async fn of(session: &Session, schema: &str) -> Result<Self, Fault> {
        let found = session.fly(&[Call::new(sql::TABLES, params![schema.to_owned()])]).await?;
        let mut tables = BTreeMap::new();
        for table in found.iter().flatten() {
            for row in session.once(&table.at::<String>(1)?).await? {
                tables.insert(table.at(0)?, TableSum { rows: row.count(0)?, sum: row.at(1)? });
            }
        }
        Ok(Self { tables })
    }

    /// Says in which table `found` differs from this, if in any.
    pub(crate) fn difference(&self, found: &Self) -> Option<String> {
        let rows = |of: Option<&TableSum>| of.map_or(0, |of| of.rows);
        let names = self.tables.keys().chain(found.tables.keys());
        let mut differing = names.filter(|name| self.tables.get(*name) != found.tables.get(*name));
        let first = differing.next()?;
        let (was, is) = (rows(self.tables.get(first)), rows(found.tables.get(first)));
        Some(format!(
            "the table {first} is another one than was backed up: {was} rows then, {is} now, or not the same ones"
        ))
    }
}
