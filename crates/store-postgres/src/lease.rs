//! Leases, by the clock of the server: the machines that share a shop share no other one.

use std::collections::BTreeSet;

use sutler_core::lease::{Lease, LeaseChange};
use sutler_core::port::{LeaseReader, StoreError};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::{Applied, Fault};
use crate::flight::{Call, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, int};

pub(crate) mod sql {
    crate::statements::statements! {
        LEASE = "SELECT name, holder, token, until FROM raw_lease WHERE name = $1";
        LOAD = "SELECT name, holder, token, until FROM raw_lease WHERE name = ANY ($1) ORDER BY name FOR UPDATE";
        /// Not now(): that is when the transaction began, before it waited for the lock.
        CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        INSERT = "INSERT INTO raw_lease (name, holder, token, until)
            SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])";
        UPDATE = "UPDATE raw_lease o SET holder = n.holder, token = n.token, until = n.until
            FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS n (name, holder, token, until)
            WHERE o.name = n.name";
    }
}

impl LeaseReader for PostgresStore {
    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.one("read a lease", sql::LEASE, params![name.to_owned()], read)
    }
}

fn read(row: &Row) -> Result<Lease, Fault> {
    Ok(Lease {
        name: row.at(0)?,
        holder: row.at(1)?,
        token: row.count(2)?,
        until: row.at::<Option<i64>>(3)?.map(Timestamp::from_millis),
    })
}

/// Rows of `raw_lease`.
pub(crate) struct Leases;

impl Kind for Leases {
    type Key = String;
    type Row = Lease;
    type Ask = String;

    fn load(asked: &BTreeSet<String>) -> Option<Call> {
        let names: Vec<String> = asked.iter().cloned().collect();
        Some(Call::new(sql::LOAD, params![names]))
    }

    fn read(row: &Row) -> Result<(String, Lease), Fault> {
        read(row).map(|lease| (lease.name.clone(), lease))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&String, &Lease)]| {
            params![
                column(rows, |name, _| name.clone()),
                column(rows, |_, lease| lease.holder.clone()),
                column(rows, |_, lease| int(lease.token)),
                column(rows, |_, lease| lease.until.map(|until| until.millis())),
            ]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT, params(&changes.new))),
        ]))
    }
}

/// The time by the server's clock, read behind the locks of the leases; only read.
pub(crate) struct ServerClock;

impl Kind for ServerClock {
    type Key = ();
    type Row = Timestamp;
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        Some(Call::plain(sql::CLOCK))
    }

    fn read(row: &Row) -> Result<((), Timestamp), Fault> {
        Ok(((), row.moment(0)?))
    }

    fn write(_: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        Ok(Vec::new())
    }
}

impl Rows {
    /// Takes a lease, goes on holding it, or gives it back.
    pub(crate) fn change_lease(&mut self, change: &LeaseChange) -> Applied {
        let unasked = || Fault::damaged("a lease", "the server did not say what time it is");
        let now = *self.server_clock.get(&()).ok_or_else(unasked)?;
        let lease = change.decide(self.leases.get(&change.name().to_owned()), now)?;
        self.leases.put(lease.name.clone(), lease);
        Ok(())
    }

    /// Returns the token under which a lease was taken last.
    pub(crate) fn lease_token(&self, name: &str) -> Option<u64> {
        self.leases.get(&name.to_owned()).map(|lease| lease.token)
    }
}
