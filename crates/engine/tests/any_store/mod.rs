//! The store that flows are tested on: in memory, or of the kind that `SUTLER_TEST_STORE` names, each new and nobody else's.
//!
//! `cargo xtask test` runs these tests on memory, then on SQLite, then on Postgres. Which store it is, no test knows.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its part; a store that cannot be had should stop the test"
)]

mod schema;

use schema::Schema;
use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Store, StoreError, StoreReader};
use sutler_store_conformance::pass_reads_on;
use sutler_store_memory::MemoryStore;
use sutler_store_sqlite::{OpenOptions, SqliteStore};
use tempfile::TempDir;

/// A store of the kind that is tested. What it is kept in goes with it.
pub struct AnyStore {
    // Closed before its place is taken away.
    store: Box<dyn Store>,
    _place: Place,
}

enum Place {
    Memory,
    File { _folder: TempDir },
    Schema(Option<Box<Schema>>),
}

impl AnyStore {
    /// Makes a store that holds nothing.
    pub fn new() -> Self {
        let kind = std::env::var("SUTLER_TEST_STORE");
        match kind.as_deref().unwrap_or("memory") {
            "memory" => Self { store: Box::new(MemoryStore::new()), _place: Place::Memory },
            "sqlite" => Self::in_file(),
            "postgres" => Self::in_schema(),
            other => panic!("SUTLER_TEST_STORE is memory, sqlite or postgres, not {other}"),
        }
    }

    fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        let store = SqliteStore::open(folder.path().join("shop.db"), options).unwrap();
        Self { store: Box::new(store), _place: Place::File { _folder: folder } }
    }

    fn in_schema() -> Self {
        let (schema, store) = Schema::take();
        Self { store: Box::new(store), _place: Place::Schema(Some(Box::new(schema))) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Schema(schema) = self {
            schema.take().into_iter().for_each(|schema| schema.give_back());
        }
    }
}

pass_reads_on!([] AnyStore, |this| &*this.store);

impl Store for AnyStore {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.store.commit(set)
    }
}

impl StoreReader for AnyStore {
    fn together(&self, work: &mut dyn FnMut()) {
        self.store.together(work);
    }
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.store.integrity()
    }
}
