//! pgbouncer between a shop and the server: used where it gives each client a session of its own, refused where it lets
//! them share.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fixture::cluster::Cluster;
use fixture::kept::Kept;
use fixture::load::Load;
use fixture::{Schema, try_admin_at};
use sutler_core::port::{Retry, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{Address, OpenError, OpenOptions, PostgresStore};

/// A pgbouncer before a server, and the settings of the server's user.
struct Pooler {
    cluster: Cluster,
    port: u16,
    kept: Option<Kept>,
}

impl Pooler {
    /// Starts one with these lines in its file.
    fn start(lines: &[&str]) -> Self {
        let cluster = Cluster::start(&[]);
        let port = fixture::cluster::free_port();
        let folder = cluster.path();
        let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        file("users", "\"sutler\" \"\"\n");
        file(
            "pgbouncer.ini",
            &format!(
                "[databases]\n* = host={folder} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\nauth_type = trust\nauth_file = {folder}/users\n{}\n",
                cluster.port(),
                lines.join("\n"),
                folder = folder.display(),
            ),
        );
        let words = [program(), "pgbouncer.ini".to_owned()];
        let kept = Kept::start(&words, folder, cluster.owner());
        let pooler = Self { cluster, port, kept: Some(kept) };
        let until = Instant::now() + Duration::from_secs(20);
        while try_admin_at(&pooler.url(), "SELECT 1").is_err() {
            assert!(Instant::now() < until, "pgbouncer does not answer");
            std::thread::sleep(Duration::from_millis(30));
        }
        pooler
    }

    fn url(&self) -> String {
        format!("postgres://sutler@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    fn address(&self) -> Address {
        format!("{}&shop=shop", self.url()).parse().unwrap()
    }

    #[track_caller]
    fn is_refused(&self) {
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        let error = PostgresStore::open(&self.address(), options).unwrap_err();
        assert!(
            matches!(&error, OpenError::Setting { name, found, .. } if name == "pool_mode" && found == "transaction"),
            "{error:?}"
        );
        assert_eq!((error.code(), error.retry()), ("store.setting", Retry::Never));
        assert!(error.help().contains("pool_mode=session"), "{}", error.help());
        let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'";
        assert_eq!(self.cluster.admin(schemas), ["0"], "nothing was made");
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.kept.take());
    }
}

fn program() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = places.map(|place| place.join("pgbouncer")).find(|program| Path::is_file(program));
    found.map(|program| program.display().to_string()).expect(
        "these tests need pgbouncer: `cargo xtask test --store postgres` installs it where it may",
    )
}

#[test]
fn sessions_of_its_own_make_a_shop_work_whether_settings_are_refused_or_dropped() {
    for lines in [
        &["pool_mode = session"][..],
        &["pool_mode = session", "ignore_startup_parameters = options"],
    ] {
        let pooler = Pooler::start(lines);
        let schema = Schema::at(pooler.address(), OpenOptions::default());
        let load = Load::new(schema.store());
        load.during(Load::goes_on);
        let other = PostgresStore::open(&pooler.address(), OpenOptions::default()).unwrap();
        load.commit_by(&other);
        assert_eq!(load.on_hand(), load.acknowledged(), "{lines:?}");
        assert_eq!(other.integrity().unwrap(), []);
        drop(other);
        // Connections that are cut are made again, with their settings.
        pooler.cluster.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sutler' AND pid <> pg_backend_pid()",
        );
        load.commit();
        assert_eq!(load.on_hand(), load.acknowledged(), "{lines:?}");
    }
}

#[test]
fn shared_sessions_are_refused() {
    for mode in ["transaction", "statement"] {
        let mode = format!("pool_mode = {mode}");
        Pooler::start(&[&mode]).is_refused();
        Pooler::start(&[&mode, "ignore_startup_parameters = options"]).is_refused();
    }
}

/// Whoever follows the messages one by one ends with a user that has every setting, and sessions that are still shared.
#[test]
fn shared_sessions_are_refused_when_the_user_has_all_settings() {
    let pooler = Pooler::start(&["pool_mode = transaction", "ignore_startup_parameters = options"]);
    pooler.cluster.admin(
        "ALTER ROLE sutler SET search_path = shop, pg_temp; ALTER ROLE sutler SET statement_timeout = '30s';
         ALTER ROLE sutler SET lock_timeout = '10s'; ALTER ROLE sutler SET idle_in_transaction_session_timeout = '10s';
         ALTER ROLE sutler SET jit = off",
    );
    pooler.is_refused();
}

/// Sessions that others use at the same time, in turn: no luck hides that they are shared.
#[test]
fn shared_sessions_are_found_out_while_others_use_them() {
    for lines in
        [&["pool_mode = transaction"][..], &["pool_mode = transaction", "server_round_robin = 1"]]
    {
        let pooler = Pooler::start(lines);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        let _ = try_admin_at(&pooler.url(), "SELECT pg_sleep(0.002)");
                    }
                });
            }
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                (0..20).for_each(|_| pooler.is_refused());
            }));
            done.store(true, Ordering::SeqCst);
            outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }
}
