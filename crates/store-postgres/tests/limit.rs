//! A server at its limits: no connection left, no room left on its disk. Calls wait with a deadline, or are refused with a
//! word of their own; when the limit is gone, so is the trouble.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests may panic, and say when they are skipped"
)]

mod fixture;

use std::time::{Duration, Instant};

use fixture::Schema;
use fixture::cluster::Cluster;
use fixture::load::Load;
use sutler_core::port::Retry;
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{OpenOptions, PostgresStore};
use tokio_postgres::{Client, NoTls};

/// Connections of another program.
struct Held {
    runtime: tokio::runtime::Runtime,
    taken: Vec<Client>,
}

impl Held {
    fn new() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        Self { runtime, taken: Vec::new() }
    }

    /// Takes one more connection; false when there is none.
    fn take(&mut self, cluster: &Cluster) -> bool {
        let connected = self.runtime.block_on(tokio_postgres::connect(&cluster.url(), NoTls));
        connected.is_ok_and(|(client, connection)| {
            self.runtime.spawn(connection);
            self.taken.push(client);
            true
        })
    }

    fn run(&self, sql: &str) {
        self.runtime.block_on(self.taken[0].batch_execute(sql)).unwrap();
    }
}

#[test]
fn who_finds_no_connection_left_waits_for_one_or_is_told_in_time() {
    let cluster = Cluster::start(&["max_connections = 5", "superuser_reserved_connections = 0"]);
    let patience = Duration::from_secs(10);
    let schema = Schema::at(cluster.address(), OpenOptions { patience, ..OpenOptions::default() });
    let load = Load::new(schema.store());
    let mut others = Held::new();
    while others.take(&cluster) {}
    assert_eq!(others.taken.len(), 3, "the store has one that writes and one that reads");
    // Eight callers want eight connections, and share the two that are there.
    load.during(|load| (0..5).for_each(|_| load.goes_on()));
    load.is_exact();
    let error = PostgresStore::open(&cluster.address(), OpenOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.retry()), ("store.away", Retry::Later), "{error:?}");
    assert!(error.help().contains("connection left"), "{}", error.help());

    others.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sutler'");
    while others.take(&cluster) {}
    let began = Instant::now();
    let error = load.try_commit().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.away", Retry::Later), "{error:?}");
    let waited = began.elapsed();
    assert!(waited > patience / 2 && waited < 3 * patience, "{waited:?}");
    drop(others);
    load.commit();
    load.is_exact();
}

#[test]
fn a_full_disk_of_the_server_is_named_and_the_shop_goes_on_when_there_is_room() {
    let Some(cluster) = Cluster::on_small_disk(60) else {
        eprintln!("SKIPPED: a small disk cannot be mounted here, which takes root");
        return;
    };
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    let filler = cluster.data().join("filler").display().to_string();
    let rows = "SELECT generate_series(1, 1000000), repeat('x', 1000)";
    let full = cluster.try_admin(&format!("COPY ({rows}) TO '{filler}'")).unwrap_err();
    assert_eq!(full.code().unwrap().code(), "53100", "{full:?}");
    let failed = (0..5_000).find_map(|_| load.try_commit().err());
    let error = failed.expect("there is room for a few small rows, not for thousands");
    assert_eq!((error.code, error.retry), ("store.full", Retry::Never), "{error:?}");
    assert!(error.help.as_ref().is_some_and(|help| help.contains("free some room")), "{error:?}");
    load.is_exact();
    cluster.admin(&format!("COPY (SELECT 1) TO PROGRAM 'rm {filler}'"));
    load.during(Load::goes_on);
    load.is_exact();
}
