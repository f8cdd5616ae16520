//! The promises of a replica, kept by one that streams.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use fixture::replica::Server;
use sutler_core::port::StoreReader;
use sutler_core::time::Timestamp;
use sutler_store_conformance::replica::Followed;
use sutler_store_postgres::{Address, OpenOptions, PostgresStore, open_reader};

/// A shop, and a replica of it. What is dropped first stands first.
struct Pair {
    store: PostgresStore,
    replica: Box<dyn StoreReader>,
    follower: Server,
    primary: Server,
}

impl Followed for Pair {
    type Store = PostgresStore;

    fn pair() -> Self {
        let address = |server: &Server| -> Address {
            format!("{}?shop=corner", server.url()).parse().unwrap()
        };
        let primary = Server::primary();
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        let store = PostgresStore::open(&address(&primary), options).unwrap();
        let follower = primary.replica();
        let replica = Box::new(open_reader(&address(&follower), OpenOptions::default()).unwrap());
        Self { store, replica, follower, primary }
    }

    fn store(&self) -> &PostgresStore {
        &self.store
    }

    fn replica(&self) -> &dyn StoreReader {
        &*self.replica
    }

    fn hold(&self) {
        self.follower.ask("SELECT pg_wal_replay_pause()");
        while self.follower.ask("SELECT pg_get_wal_replay_pause_state()") != ["paused"] {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn catch_up(&self) {
        self.follower.ask("SELECT pg_wal_replay_resume()");
        self.primary.wait_for(&self.follower);
    }

    fn clock(&self) -> Timestamp {
        let now = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        Timestamp::from_millis(self.primary.ask(now)[0].parse().unwrap())
    }
}

sutler_store_conformance::replica_conformance!(Pair);
