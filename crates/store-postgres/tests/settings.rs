//! What a server and a role are set to: what would lose something or sell it twice is refused, and what belongs to the
//! connection is nobody else's to change.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::time::Duration;

use fixture::cluster::Cluster;
use fixture::load::Load;
use fixture::{Schema, address, admin, database, server};
use sutler_core::port::Retry;
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_postgres::{
    Address, OpenError, OpenOptions, PostgresStore, drop_shop, open_reader,
};

fn creating() -> OpenOptions {
    OpenOptions { create: true, ..OpenOptions::default() }
}

#[track_caller]
fn is_refused(address: &Address, setting: &str) {
    let error = PostgresStore::open(address, creating()).expect_err(setting);
    assert!(matches!(&error, OpenError::Setting { name, .. } if name == setting), "{error:?}");
    assert_eq!((error.code(), error.retry()), ("store.setting", Retry::Never));
}

#[test]
fn settings_that_would_lose_or_sell_twice_are_refused() {
    let role = format!("{}_role", address().shop());
    let database = database();
    admin(&format!("CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {database} TO {role}"));
    let url = server().replacen("sutler@", &format!("{role}@"), 1);
    let address: Address = format!("{url}?shop={}", address().shop()).parse().unwrap();
    drop(PostgresStore::open(&address, creating()).unwrap());
    for less in ["off", "0", "local", "remote_write"] {
        admin(&format!("ALTER ROLE {role} SET synchronous_commit = '{less}'"));
        is_refused(&address, "synchronous_commit");
    }
    admin(&format!("ALTER ROLE {role} SET synchronous_commit = 'remote_apply'"));
    drop(PostgresStore::open(&address, OpenOptions::default()).unwrap());
    admin(&format!("ALTER ROLE {role} RESET synchronous_commit"));
    // What a role says is no match for what the connection asks for.
    for (name, spoiled) in [
        ("search_path", "pg_catalog"),
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_read_only", "on"),
        ("statement_timeout", "1ms"),
    ] {
        admin(&format!("ALTER ROLE {role} SET {name} = '{spoiled}'"));
        let store = PostgresStore::open(&address, OpenOptions::default()).unwrap();
        World::on(&store);
        drop(store);
        drop_shop(&address).unwrap();
        drop(PostgresStore::open(&address, creating()).unwrap());
        admin(&format!("ALTER ROLE {role} RESET {name}"));
    }
    drop_shop(&address).unwrap();
    admin(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_server_that_would_not_survive_a_power_cut_is_refused() {
    for (setting, spoiled) in [("fsync", "off"), ("full_page_writes", "off")] {
        let cluster = Cluster::start(&[&format!("{setting} = {spoiled}")]);
        is_refused(&cluster.address(), setting);
        // Where nothing is written, nothing is lost.
        let error = open_reader(&cluster.address(), OpenOptions::default()).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
    }
}

#[test]
fn a_database_that_does_not_hold_every_letter_is_refused() {
    let cluster = Cluster::start(&[]);
    for encoding in ["LATIN1", "SQL_ASCII", "UTF8"] {
        let name = encoding.to_lowercase();
        cluster.admin(&format!(
            "CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        ));
        let url = format!("postgres://sutler@{}/{name}", cluster.host());
        let address: Address = url.parse().unwrap();
        if encoding == "UTF8" {
            assert!(PostgresStore::open(&address, creating()).is_ok());
        } else {
            is_refused(&address, "server_encoding");
        }
    }
}

/// A commit that waits for its replica goes on doing so when the server is told that nobody needs to: a program that runs
/// has promised more.
#[test]
fn what_a_commit_waits_for_does_not_change_while_a_program_runs() {
    let cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    // Nobody is the replica, so that whoever waits for one is seen waiting.
    cluster.admin("ALTER SYSTEM SET synchronous_commit = off");
    cluster.admin("ALTER SYSTEM SET synchronous_standby_names = '*'");
    cluster.admin("SELECT pg_reload_conf()");
    while cluster.admin("SHOW synchronous_commit") != ["off"] {
        std::thread::sleep(Duration::from_millis(20));
    }
    is_refused(&cluster.address(), "synchronous_commit");
    let waits = std::thread::scope(|scope| {
        let committing = scope.spawn(|| load.commit());
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sutler' AND wait_event = 'SyncRep'";
        let mut waits = false;
        while !waits && !committing.is_finished() {
            waits = cluster.admin(waiting) == ["1"];
        }
        cluster.admin("ALTER SYSTEM RESET synchronous_standby_names");
        cluster.admin("SELECT pg_reload_conf()");
        committing.join().unwrap();
        waits
    });
    assert!(waits, "it was acknowledged at once");
    load.is_exact();
}
