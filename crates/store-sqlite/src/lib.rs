//! The embedded back-end of Sutler: one SQLite file.
//!
//! A shop is one file, readable by every program that reads SQLite; beside it lie a journal (`-wal`, `-shm`) while it is
//! open, and a lock file (`-lock`). Any number of threads and processes of one machine may use it at once: reads never
//! wait, writes queue and share commits. What is acknowledged survives a power cut.
//!
//! Where to look
//! * `open` finds out what a file is, `settings` makes and checks what durability depends on, `migrate` keeps the schema.
//! * `writer` is the one write door: group commit, with `lock` between processes; `batch` applies sets of changes.
//! * `readers` is the pool of connections that read.
//! * `catalog`, `cart`, `stock`, `order`, `credit`, `saga`, `event`, `lease`, `setup` are named as the ports: the reads, and one function for
//!   each kind of change. `ledger`, `payment`, `fulfillment`, `promotion` are their larger parts.
//! * `dump` reads and writes whole shops, for copies.
//! * `frozen` and `short` keep the file small; `backup`, `integrity` and `lookup` keep it safe; `inspect` looks at any file.
//! * `schema/` holds the SQL. Tables are called `raw_…` and are for the engine; the views (`orders`, `stock`, `payments`, …)
//!   are for people and their tools: ids with prefixes, money as decimals, times in ISO 8601. See docs/guides/sql.md.
//!
//! Invariants
//! * A commit is one transaction and one sync of the disk, whatever number of callers it serves.
//! * The settings that durability depends on are read back after they were made.
//! * Ledgers and events are hash-chained; [`StoreReader::integrity`] recomputes the chains.
//!
//! Deliberately absent: rules (prices, promotions, status tables, money), other back-ends, file systems over a network.

mod backup;
mod batch;
mod cart;
mod catalog;
mod credit;
mod customer;
mod dump;
mod error;
mod event;
mod frozen;
mod fulfillment;
mod inspect;
mod integrity;
mod kept;
mod lease;
mod ledger;
mod lock;
mod lookup;
mod migrate;
mod open;
mod order;
mod payment;
mod promotion;
mod readers;
mod saga;
mod settings;
mod setup;
mod shelf;
mod shops;
mod short;
mod statements;
mod stock;
mod value;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use rusqlite::Connection;
use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Looked, Store, StoreError, StoreReader};
use sutler_core::shop::Setup;

use crate::error::Fault;
use crate::readers::Readers;
use crate::short::Words;
use crate::writer::Writer;

pub use crate::backup::{Restore, restore};
pub use crate::error::OpenError;
pub use crate::inspect::{Check, Verdict, inspect, inspect_pages};
pub use crate::open::{OpenOptions, open_reader, open_source};
pub use crate::shops::{drop_shop, shops};

/// Called at named points of every commit; see [`OpenOptions::fail_point`].
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use sutler_core::change::ChangeSet;
/// use sutler_core::id::CommandId;
/// use sutler_core::port::Store;
/// use sutler_core::time::Timestamp;
/// use sutler_store_sqlite::{FailPoint, OpenOptions, SqliteStore};
///
/// # let folder = tempfile::tempdir()?;
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let points = Arc::clone(&seen);
/// let fail_point: FailPoint = Arc::new(move |point| points.lock().unwrap().push(point));
/// let options =
///     OpenOptions { create: true, fail_point: Some(fail_point), ..OpenOptions::default() };
/// let store = SqliteStore::open(folder.path().join("shop.db"), options)?;
/// store.commit(ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1)))?;
/// assert_eq!(seen.lock().unwrap().last(), Some(&"after_commit"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type FailPoint = Arc<dyn Fn(&'static str) + Send + Sync>;

/// A shop in one SQLite file.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, CommitOutcome};
/// use sutler_core::id::CommandId;
/// use sutler_core::port::{EventReader, Store};
/// use sutler_core::time::Timestamp;
/// use sutler_store_sqlite::{OpenOptions, SqliteStore};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.db");
/// let store = SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// set.push(Change::Cursor { consumer: "mailer".to_owned(), seq: 7 });
/// assert!(matches!(store.commit(set)?, CommitOutcome::Committed(_)));
/// drop(store);
///
/// let again = SqliteStore::open(&path, OpenOptions::default())?;
/// assert_eq!(again.cursor("mailer")?, 7);
/// assert!(again.checkpoint()?, "all of the journal is in the file");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteStore {
    path: PathBuf,
    // Readers are closed before the writer, which is the one that may tidy the journal away.
    readers: Arc<Readers>,
    /// `None` when the file can only be read.
    writer: Option<Writer>,
    words: Words,
    /// The set-up at a version, `None` in it while there is no shop.
    setup: RwLock<Option<(i64, Option<Arc<Setup>>)>>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let read_only = self.is_read_only();
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .field("read_only", &read_only)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Runs a read of one statement.
    fn read<T>(
        &self,
        op: &'static str,
        read: impl FnOnce(&Connection, &Words) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let conn = self.readers.reading()?;
        read(&conn, &self.words).map_err(|fault| fault.at(op, &self.path))
    }

    /// Runs a read of several statements, all in one snapshot.
    fn snapshot<T>(
        &self,
        op: &'static str,
        read: impl FnOnce(&Connection, &Words) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let conn = self.readers.reading()?;
        readers::in_snapshot(&conn, || read(&conn, &self.words))
            .map_err(|fault| fault.at(op, &self.path))
    }

    /// Copies the journal into the file, so that the journal stays short. SQLite does so by itself after every 10,000
    /// pages; a program that is idle may do it earlier. Returns whether all of it was copied.
    ///
    /// Errors: [`StoreError`] when the disk failed; nothing that was acknowledged is lost.
    pub fn checkpoint(&self) -> Result<bool, StoreError> {
        let Some(writer) = &self.writer else { return Ok(true) };
        let copied = writer.alone(|conn| {
            let pages = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            });
            let (busy, written, copied) = pages?;
            Ok(!busy && written == copied)
        });
        copied.map_err(|fault| fault.at("checkpoint", &self.path))
    }
}

impl Store for SqliteStore {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        let verdict = match &self.writer {
            Some(writer) => writer.commit(set),
            None => Err(Fault::ReadOnly),
        };
        verdict.map_err(|fault| fault.at("commit", &self.path))
    }
}

impl StoreReader for SqliteStore {
    fn together(&self, work: &mut dyn FnMut()) {
        self.readers.together(work);
    }

    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.snapshot("look for damage", integrity::findings)
    }

    fn integrity_scope(&self) -> Result<Vec<Looked>, StoreError> {
        Ok(integrity::scope())
    }
}
