//! Leases. The programs that share a file share the machine, so its clock decides, as the set has it.

use rusqlite::{OptionalExtension as _, Row};
use sutler_core::lease::{Lease, LeaseChange};
use sutler_core::port::{LeaseReader, StoreError};

use crate::SqliteStore;
use crate::batch::Batch;
use crate::error::{Fault, Stop};
use crate::value::{At, int};

pub(crate) mod sql {
    crate::statements::statements! {
        LEASE = "SELECT name, holder, token, until FROM raw_lease WHERE name = ?1";
        PUT = "INSERT INTO raw_lease (name, holder, token, until) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET holder = excluded.holder, token = excluded.token, until = excluded.until";
    }
}

impl LeaseReader for SqliteStore {
    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.read("read a lease", |conn, _| {
            Ok(conn.prepare_cached(sql::LEASE)?.query_row([name], read).optional()?)
        })
    }
}

/// Reads the columns of [`sql::LEASE`].
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Lease> {
    Ok(Lease {
        name: row.get(0)?,
        holder: row.get(1)?,
        token: row.get::<_, i64>(2)?.unsigned_abs(),
        until: row.get::<_, Option<At>>(3)?.map(|until| until.0),
    })
}

impl Batch<'_> {
    /// Takes a lease, goes on holding it, or gives it back.
    pub(crate) fn change_lease(&mut self, change: &LeaseChange) -> Result<(), Stop> {
        let stored = self.one(sql::LEASE, [change.name()], read)?;
        let lease = change.decide(stored.as_ref(), self.set.at)?;
        self.write_lease(&lease)
    }

    /// Writes the row of a lease.
    pub(crate) fn write_lease(&self, lease: &Lease) -> Result<(), Stop> {
        let until = lease.until.map(|until| until.millis());
        self.run(sql::PUT, (&lease.name, &lease.holder, int(lease.token), until))?;
        Ok(())
    }

    /// Returns the token under which a lease was taken last.
    pub(crate) fn lease_token(&self, name: &str) -> Result<Option<u64>, Fault> {
        Ok(self.one(sql::LEASE, [name], read)?.map(|lease| lease.token))
    }
}
