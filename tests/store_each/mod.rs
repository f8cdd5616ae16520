//! A place of its own on each back-end, for the shops of one test: in memory, in a file, and in a schema of a Postgres server
//! where this build knows Postgres.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program uses a part of it; a place that cannot be had should stop the test"
)]

use std::sync::Arc;

use sutler::core::port::Store;
use sutler_store_memory::MemoryStore;
use sutler_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// Called at named points of every commit.
pub type FailPoint = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Opens the store at a URL of [`Places::shared_urls`], and makes it where it is not there.
pub fn open(url: &str, fail_point: FailPoint) -> Arc<dyn Store> {
    let fail_point = Some(fail_point);
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let options =
                sutler_store_sqlite::OpenOptions { create: true, fail_point, ..Default::default() };
            Arc::new(SqliteStore::open(path, options).unwrap())
        }
        #[cfg(feature = "postgres")]
        None => {
            let options =
                sutler::postgres::OpenOptions { create: true, fail_point, ..Default::default() };
            let address = url.parse().unwrap();
            Arc::new(sutler::postgres::PostgresStore::open(&address, options).unwrap())
        }
        #[cfg(not(feature = "postgres"))]
        None => panic!("this build knows no store at {url}"),
    }
}

/// Places where nothing is yet; what is put there goes with them.
pub struct Places {
    folder: TempDir,
    #[cfg(feature = "postgres")]
    schema: schema::Schema,
}

impl Places {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            #[cfg(feature = "postgres")]
            schema: schema::Schema::new(),
        }
    }

    /// Returns the URLs of the places.
    pub fn urls(&self) -> Vec<String> {
        vec![
            "memory:".to_owned(),
            format!("sqlite:{}", self.file().display()),
            #[cfg(feature = "postgres")]
            self.schema.url(),
        ]
    }

    /// Returns the URLs of those that several programs can open.
    pub fn shared_urls(&self) -> Vec<String> {
        self.urls().split_off(1)
    }

    /// Opens a store at each place, by name; the one in memory stands first.
    pub fn stores(&self) -> Vec<(&'static str, Arc<dyn Store>)> {
        let options = sutler_store_sqlite::OpenOptions { create: true, ..Default::default() };
        vec![
            ("memory", Arc::new(MemoryStore::new())),
            ("SQLite", Arc::new(SqliteStore::open(self.file(), options).unwrap())),
            #[cfg(feature = "postgres")]
            ("Postgres", Arc::new(self.schema.store())),
        ]
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("shop.db")
    }
}

#[cfg(feature = "postgres")]
mod schema {
    use std::sync::atomic::{AtomicU32, Ordering};

    use sutler::postgres::{Address, OpenOptions, PostgresStore, drop_shop};

    /// The schema of a shop, taken away at the end.
    pub struct Schema(Address);

    impl Schema {
        pub fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let server = std::env::var("SUTLER_TEST_POSTGRES").expect(
                "these tests need a Postgres server: run `cargo xtask test --store postgres`, which starts one",
            );
            let (process, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let url = format!("{server}?shop=place_{process}_{n}");
            let schema = Self(url.parse().unwrap());
            schema.clear();
            schema
        }

        pub fn url(&self) -> String {
            let server = std::env::var("SUTLER_TEST_POSTGRES").unwrap();
            format!("{server}?shop={}", self.0.shop())
        }

        pub fn store(&self) -> PostgresStore {
            let options = OpenOptions { create: true, ..OpenOptions::default() };
            PostgresStore::open(&self.0, options).unwrap()
        }

        fn clear(&self) {
            // The shop of a process that had this number before, if any.
            let _ = drop_shop(&self.0);
        }
    }

    impl Drop for Schema {
        fn drop(&mut self) {
            self.clear();
        }
    }
}
