//! The back-end of Sutler for more than one machine: a schema of a PostgreSQL database.
//!
//! A shop is one schema; any number of programs on any number of machines may use it at once. A commit is one transaction
//! in READ COMMITTED on rows that are locked in one order; it costs two flights to the server, and what waits in one
//! process is committed together.
//!
//! Where to look
//! * `shops` lists and drops the shops of a database; `replica` is what one that only follows says of itself.
//! * `address` reads the URL, `session` makes a connection and looks at its settings, `migrate` keeps the schema.
//! * `link` is the runtime below the blocking port, `flight` sends statements together, `pool` reads.
//! * `writer` is the one write door: group commit, retries, what became of a cut COMMIT; `queue` is who waits for it; `batch`
//!   decides on sets of changes;
//!   `rows` says which rows a set needs, and in which order they are locked; `table` holds them.
//! * `dump` reads and writes whole shops, for copies; `backup` and `restore` have the programs of PostgreSQL do it
//!   (`program`, `archive`), and
//!   `sums` compare.
//! * `catalog`, `cart`, `stock`, `order`, `credit`, `customer`, `saga`, `event`, `lease`, `setup` are named as the ports: the reads, the rows, and one
//!   function for each kind of change. `payment`, `fulfillment`, `promotion` are their larger parts.
//! * `schema/` holds the SQL. Tables are called `raw_…` and are for the engine; the views (`orders`, `stock`, `payments`, …)
//!   are for people and their tools.
//!
//! A further kind of record is: a table in the next file of `schema/`, a `Kind` beside its reads, a line in `rows` for the
//! table and one for what it asks, and a line in `batch`.
//!
//! Invariants
//! * What is acknowledged was committed with `synchronous_commit` on a server with `fsync`; both are looked at, and the
//!   first is kept for as long as the connection lasts.
//! * A commit whose answer was lost is looked up, never guessed and never repeated blindly.
//! * Ledgers and events are hash-chained; [`StoreReader::integrity`] recomputes the chains.
//!
//! Deliberately absent: rules (prices, promotions, status tables, money), other back-ends, poolers that share sessions.

mod address;
mod archive;
mod backup;
mod batch;
mod cart;
mod catalog;
mod clock;
mod connection;
mod counter;
mod credit;
mod customer;
mod document;
mod dump;
mod encryption;
mod error;
mod event;
mod flight;
mod fulfillment;
mod goods;
mod integrity;
mod lease;
mod link;
mod migrate;
mod open;
mod order;
mod pause;
mod payment;
mod pool;
mod program;
mod promotion;
mod queue;
mod replica;
mod restore;
mod rows;
mod saga;
mod session;
mod setup;
mod shops;
mod statements;
mod stock;
mod sums;
mod table;
mod value;
mod writer;

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, RwLock};

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Looked, Store, StoreError, StoreReader};
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio_postgres::Row;

use crate::batch::Verdict;
use crate::error::Fault;
use crate::flight::{Call, Params};
use crate::link::Link;
use crate::pool::Pool;
use crate::queue::Visit;

pub use crate::address::{Address, BadAddress};
pub use crate::backup::backup;
pub use crate::error::OpenError;
pub use crate::open::{FailPoint, OpenOptions, open_reader, open_source};
pub use crate::restore::{Restore, restore};
pub use crate::shops::{drop_shop, may_drop_shop, shops};

/// A shop in a schema of a PostgreSQL database.
///
/// Usable from any thread, inside an async runtime too, where it blocks like every port does.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, CommitOutcome};
/// use sutler_core::id::CommandId;
/// use sutler_core::port::{EventReader, Store};
/// use sutler_core::time::Timestamp;
/// use sutler_store_postgres::{Address, OpenOptions, PostgresStore};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_the_store");
/// let address: Address = url.parse()?;
/// let store = PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// set.push(Change::Cursor { consumer: "mailer".to_owned(), seq: 7 });
/// assert!(matches!(store.commit(set)?, CommitOutcome::Committed(_)));
/// drop(store);
///
/// let again = PostgresStore::open(&address, OpenOptions::default())?;
/// assert_eq!(again.cursor("mailer")?, 7);
/// # drop(again);
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PostgresStore {
    shown: String,
    /// `None` where it is only read, and while it is dropped: the writer ends when nobody can come any more.
    queue: Option<UnboundedSender<Visit>>,
    pool: Arc<Pool>,
    /// The set-up at a version, `None` in it while there is no shop.
    setup: RwLock<Option<(i64, Option<Arc<Setup>>)>>,
    link: Link,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("address", &self.shown).finish_non_exhaustive()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        drop(self.queue.take());
    }
}

impl PostgresStore {
    /// Runs statements that read, in one flight; returns the rows of each.
    fn flight(&self, op: &'static str, calls: Vec<Call>) -> Result<Vec<Vec<Row>>, StoreError> {
        let pool = Arc::clone(&self.pool);
        let read = self.link.run(async move { pool.read(&calls).await });
        read.unwrap_or(Err(Fault::Unanswered)).map_err(|fault| self.failed(op, fault))
    }

    /// Runs a statement that reads; returns its rows.
    fn rows(
        &self,
        op: &'static str,
        sql: &'static str,
        params: Params,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(self.flight(op, vec![Call::new(sql, params)])?.pop().unwrap_or_default())
    }

    /// Runs a statement and reads all rows.
    fn all<T>(
        &self,
        op: &'static str,
        sql: &'static str,
        params: Params,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(op, sql, params)?;
        let all: Result<Vec<T>, Fault> = rows.iter().map(read).collect();
        all.map_err(|fault| self.failed(op, fault))
    }

    /// Runs a statement and reads the row that it finds, if any.
    fn one<T>(
        &self,
        op: &'static str,
        sql: &'static str,
        params: Params,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(op, sql, params, read)?.pop())
    }

    fn failed(&self, op: &'static str, fault: Fault) -> StoreError {
        fault.at(op, &self.shown)
    }

    fn write(&self, set: ChangeSet) -> Verdict {
        let (done, verdict) = sync_channel(1);
        let queue = self.queue.as_ref().ok_or(Fault::ReadOnly)?;
        queue.send(Visit::new(set, done)).map_err(|_| Fault::Unanswered)?;
        verdict.recv().unwrap_or(Err(Fault::Unanswered))
    }
}

impl Store for PostgresStore {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.write(set).map_err(|fault| self.failed("commit", fault))
    }
}

impl StoreReader for PostgresStore {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        let pool = Arc::clone(&self.pool);
        let findings = self.link.run(async move {
            pool.work(|session, _| Box::pin(integrity::findings(session))).await
        });
        findings
            .unwrap_or(Err(Fault::Unanswered))
            .map_err(|fault| self.failed("look for damage", fault))
    }

    fn integrity_scope(&self) -> Result<Vec<Looked>, StoreError> {
        let pool = Arc::clone(&self.pool);
        let scope = self.link.run(async move { integrity::scope(&pool).await });
        scope
            .unwrap_or(Err(Fault::Unanswered))
            .map_err(|fault| self.failed("look for damage", fault))
    }

    fn replayed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.last_replayed()
    }
}
