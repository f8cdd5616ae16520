//! Schemas that tests take turns in: to make one takes a second, to empty it some milliseconds.
//!
//! A schema has a number; whoever holds the advisory lock of that number has it for himself, also between processes. So few
//! are ever made, and those that stay behind are made anew by whoever comes next.

use std::sync::{Mutex, PoisonError};

use sutler_store_postgres::{Address, OpenOptions, PostgresStore, drop_shop};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

/// Those that nobody uses now.
static IDLE: Mutex<Vec<Schema>> = Mutex::new(Vec::new());

/// Keeps what a new shop holds, in a schema beside it.
const KEEP: &str = "DO $$ DECLARE name text; BEGIN
    DROP SCHEMA IF EXISTS SHOP_new CASCADE;
    CREATE SCHEMA SHOP_new;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'SHOP' LOOP
        EXECUTE format('CREATE TABLE SHOP_new.%1$I AS TABLE SHOP.%1$I', name);
    END LOOP; END $$";

/// Makes a shop what it was when it was new. Its guards of ledgers look away meanwhile.
const EMPTY: &str = "DO $$ DECLARE name text; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'SHOP' LOOP
        EXECUTE format('DELETE FROM SHOP.%I', name);
        EXECUTE format('INSERT INTO SHOP.%1$I OVERRIDING SYSTEM VALUE TABLE SHOP_new.%1$I', name);
    END LOOP; END $$";

/// A schema for one test at a time.
pub struct Schema {
    address: Address,
    runtime: Runtime,
    /// Holds the lock of the number.
    wire: Client,
}

impl Schema {
    /// Returns a schema that nobody else uses, with a new shop in it.
    pub fn take() -> (Self, PostgresStore) {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(schema) => {
                schema.script(EMPTY);
                let store = schema.open();
                (schema, store)
            }
            None => {
                let schema = Self::make();
                let store = schema.open();
                schema.script(KEEP);
                (schema, store)
            }
        }
    }

    /// Lets the next test have it.
    pub fn give_back(self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    fn make() -> Self {
        let server = std::env::var("SUTLER_TEST_POSTGRES")
            .expect("SUTLER_TEST_POSTGRES names the server; cargo xtask test starts one");
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&server, NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        let free = |number: &i32| -> bool {
            let lock = "SELECT pg_try_advisory_lock(hashtext('schema of flow tests'), $1)";
            runtime.block_on(client.query_one(lock, &[number])).unwrap().get(0)
        };
        let number = (1..1_000).find(free).expect("a schema that nobody uses");
        let address: Address = format!("{server}?shop=flow_{number}").parse().unwrap();
        // Whatever was left there, perhaps by an older version.
        let _ = drop_shop(&address);
        Self { address, runtime, wire: client }
    }

    fn open(&self) -> PostgresStore {
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        PostgresStore::open(&self.address, options).unwrap()
    }

    fn script(&self, script: &str) {
        let script = script.replace("SHOP", self.address.shop());
        self.runtime.block_on(self.wire.batch_execute(&script)).unwrap();
    }
}
