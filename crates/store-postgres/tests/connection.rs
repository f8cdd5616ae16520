//! Opening: what is refused, and in which words; several starters; inside and outside of an async runtime.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::time::Duration;

use fixture::cluster::Cluster;
use fixture::{Schema, address, admin, socket};
use sutler_core::port::{EventReader as _, Retry, SetupReader as _, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::committed;
use sutler_store_postgres::{Address, OpenError, OpenOptions, PostgresStore, drop_shop, shops};

fn refused(address: &Address) -> OpenError {
    PostgresStore::open(address, OpenOptions::default()).expect_err("it cannot be opened")
}

fn creating() -> OpenOptions {
    OpenOptions { create: true, ..OpenOptions::default() }
}

#[test]
fn a_shop_that_is_not_there_is_not_made_by_mistake() {
    let address = address();
    let error = refused(&address);
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    assert!(error.to_string().contains(address.shop()), "{error}");
    assert!(shops(&address).unwrap().iter().all(|shop| shop.name != address.shop()));
}

#[test]
fn a_schema_of_another_program_is_refused_and_left_alone() {
    let address = address();
    let shop = address.shop();
    admin(&format!("CREATE SCHEMA {shop}; CREATE TABLE {shop}.invoices (id int)"));
    for options in [OpenOptions::default(), creating()] {
        let error = PostgresStore::open(&address, options).unwrap_err();
        assert!(
            matches!(&error, OpenError::Foreign { found, .. } if found.contains("invoices")),
            "{error}"
        );
    }
    assert!(matches!(drop_shop(&address), Err(OpenError::Foreign { .. })));
    admin(&format!("DROP SCHEMA {shop} CASCADE"));
}

#[test]
fn a_wrong_password_user_or_database_says_so() {
    let cluster = Cluster::start(&[]);
    // Who comes over the network has to know a password, whatever the server of other tests asks for.
    let doors = "local all all trust\nhost all all all scram-sha-256\n";
    std::fs::write(cluster.data().join("pg_hba.conf"), doors).unwrap();
    cluster.admin("SELECT pg_reload_conf()");
    cluster.admin("CREATE ROLE ada LOGIN PASSWORD 'right'");
    let at = |user: &str, database: &str| -> OpenError {
        let port = cluster.port();
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable");
        refused(&url.parse().unwrap())
    };
    while !matches!(at("ada", "postgres"), OpenError::Denied { .. }) {
        // The server reads its file a moment later.
        std::thread::sleep(Duration::from_millis(20));
    }
    for (user, database) in [
        ("ada:wrong", "postgres"),
        ("ada:right", "no_such_database"),
        ("nobody_here:x", "postgres"),
        ("ada", "postgres"),
    ] {
        let error = at(user, database);
        assert!(matches!(error, OpenError::Denied { .. }), "{user}: {error:?}");
        assert_eq!((error.code(), error.retry()), ("store.denied", Retry::Never));
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    assert!(matches!(at("ada:right", "postgres"), OpenError::Missing { .. }));
}

#[test]
fn a_server_without_encryption_is_refused_over_a_network() {
    let (_, port) = socket();
    let error = refused(&format!("postgres://sutler@127.0.0.1:{port}/postgres").parse().unwrap());
    assert_eq!(error.code(), "store.tls", "{error:?}");
    assert!(error.help().contains("sslmode=disable"), "{}", error.help());
}

#[test]
fn many_starters_at_once_make_one_shop() {
    let address = address();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| PostgresStore::open(&address, creating()).expect("one made it"));
        }
    });
    let shop = address.shop();
    let steps = admin(&format!("SELECT count(*) FROM {shop}.raw_migration"));
    let newest = admin(&format!("SELECT max(number) FROM {shop}.raw_migration"));
    assert_eq!(steps, newest, "each step once");
    drop_shop(&address).unwrap();
}

/// One step takes longer than anybody waits for a row.
#[test]
fn starters_wait_for_the_one_that_changes_the_schema_however_long_it_takes() {
    let cluster = Cluster::start(&[]);
    cluster.admin(
        "CREATE TABLE seen (statement_timeout text, lock_timeout text);
         CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NOT EXISTS (SELECT FROM public.seen) THEN
             INSERT INTO public.seen VALUES (current_setting('statement_timeout'), current_setting('lock_timeout'));
             PERFORM pg_sleep(11);
           END IF;
         END $$;
         CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION slow()",
    );
    let address = cluster.address();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| PostgresStore::open(&address, creating()).expect("one made it"));
        }
    });
    // One that takes longer than statements may in a shop that sells is not broken off, and none holds up who reads.
    assert_eq!(
        cluster.admin("SELECT statement_timeout || ' ' || lock_timeout FROM seen"),
        ["1h 10s"]
    );
}

#[test]
fn who_cannot_change_a_schema_because_it_is_read_is_told_to_try_again() {
    let schema = Schema::empty();
    let shop = schema.address().shop();
    std::thread::scope(|scope| {
        let read = format!("BEGIN; SELECT * FROM {shop}.raw_level; SELECT pg_sleep(60); COMMIT");
        scope.spawn(move || fixture::try_admin(&read));
        let reads = format!(
            "SELECT pid FROM pg_locks WHERE relation = '{shop}.raw_level'::regclass AND granted"
        );
        let mut reader = Vec::new();
        while reader.is_empty() {
            reader = admin(&reads);
        }
        let error = drop_shop(schema.address()).unwrap_err();
        admin(&format!("SELECT pg_terminate_backend({})", reader[0]));
        assert_eq!((error.code(), error.retry()), ("store.locked", Retry::Later), "{error:?}");
        assert!(error.help().contains("pg_stat_activity"), "{}", error.help());
    });
    assert_eq!(schema.store().integrity().unwrap(), []);
}

#[test]
fn what_a_newer_or_another_build_made_is_refused() {
    let schema = Schema::empty();
    let shop = schema.address().shop();
    admin(&format!(
        "INSERT INTO {shop}.raw_migration VALUES (999, 'later', decode(repeat('00', 32), 'hex'), 'sutler 9')"
    ));
    let error = refused(schema.address());
    assert!(matches!(error, OpenError::Newer { found: 999, .. }), "{error}");
    admin(&format!(
        "DELETE FROM {shop}.raw_migration WHERE number = 999;
         UPDATE {shop}.raw_migration SET sha256 = decode(repeat('00', 32), 'hex') WHERE number = 2"
    ));
    let error = refused(schema.address());
    assert!(matches!(error, OpenError::Changed { number: 2, .. }), "{error}");
    // So that the fixture can take it away.
    admin(&format!("DROP SCHEMA {shop} CASCADE"));
}

#[test]
fn shops_of_one_database_do_not_see_each_other() {
    let (one, other) = (Schema::empty(), Schema::empty());
    let world = World::on(one.store());
    committed(one.store(), world.set());
    assert!(other.store().setup().unwrap().is_none());
    let listed = shops(one.address()).unwrap();
    let of = |schema: &Schema| {
        listed.iter().find(|shop| shop.name == schema.address().shop()).cloned().unwrap()
    };
    let title = one.store().setup().unwrap().map(|setup| setup.shop.name.clone());
    let (one, other) = (of(&one), of(&other));
    assert_eq!(one.title, title);
    assert_eq!((other.title, other.orders, other.head), (None, Some(0), Some(0)));
    assert!(one.schema == other.schema && one.schema > 0 && one.bytes > 100_000);
}

/// Opens, writes, reads and drops.
fn use_a_store() {
    let schema = Schema::empty();
    let world = World::on(schema.store());
    committed(schema.store(), world.set());
    assert!(schema.store().event_head().is_ok());
    assert_eq!(schema.store().integrity().unwrap(), []);
}

#[test]
fn a_store_works_outside_and_inside_of_any_runtime() {
    use_a_store();
    let current = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    current.block_on(async { use_a_store() });
    let many = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    many.block_on(async {
        tokio::spawn(async { use_a_store() }).await.unwrap();
        // Made outside of the runtime, dropped within.
        let schema = tokio::task::spawn_blocking(Schema::empty).await.unwrap();
        drop(schema);
    });
    let schema = many.block_on(async { Schema::empty() });
    World::on(schema.store());
}

#[test]
fn views_for_people_can_be_read() {
    let schema = Schema::empty();
    let world = World::on(schema.store());
    for (_, set) in world.sweep() {
        committed(schema.store(), set);
    }
    let shop = schema.address().shop();
    let views =
        admin(&format!("SELECT viewname FROM pg_views WHERE schemaname = '{shop}' ORDER BY 1"));
    assert!(views.len() > 25, "{views:?}");
    for view in views {
        // As somebody sees it whose search_path is another one.
        admin(&format!("SELECT * FROM {shop}.{view}"));
    }
    let totals = admin(&format!("SELECT total FROM {shop}.orders ORDER BY number LIMIT 1"));
    assert!(totals[0].contains('.'), "{totals:?}");
}
