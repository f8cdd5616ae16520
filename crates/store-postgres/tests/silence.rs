//! A server that takes what is sent and never answers, with its line open: nobody waits for it without end, and a commit that
//! it swallowed is looked up or said to be unknown, never guessed.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::Schema;
use fixture::cluster::Cluster;
use fixture::load::Load;
use fixture::proxy::{Cut, Proxy};
use sutler_core::port::{EventReader as _, Retry, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{Address, FailPoint, OpenOptions, PostgresStore};

/// A store that holds a server to be gone after a second, where the usual one waits for half a minute.
fn quick(patience: Duration, fail_point: Option<FailPoint>) -> OpenOptions {
    let silence = Duration::from_secs(1);
    OpenOptions { silence, patience, fail_point, ..OpenOptions::default() }
}

const PATIENCE: Duration = Duration::from_secs(15);

/// Does something at one point of the next commit.
fn once_at(point: &'static str, act: impl FnOnce() + Send + 'static) -> FailPoint {
    let act = Mutex::new(Some(act));
    Arc::new(move |passed| {
        let act = if passed == point { act.lock().unwrap().take() } else { None };
        if let Some(act) = act {
            act();
        }
    })
}

fn signal(name: &str, pid: &str) {
    assert!(Command::new("kill").args([name, pid]).status().unwrap().success(), "{name} {pid}");
}

/// Returns the process that lets others in.
fn postmaster(cluster: &Cluster) -> String {
    let told = std::fs::read_to_string(cluster.data().join("postmaster.pid")).unwrap();
    told.lines().next().unwrap().to_owned()
}

/// The process of the server whose transaction is open.
const OPEN: &str = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sutler' AND state = 'idle in transaction'";

#[test]
fn a_commit_that_a_silent_line_swallowed_is_looked_up_and_done_once() {
    let proxy = Proxy::start();
    let armed = Arc::new(Mutex::new(None));
    let (arm, line) = (Arc::clone(&armed), proxy.clone());
    let point: FailPoint = Arc::new(move |point| {
        if let Some((_, cut)) = arm.lock().unwrap().take_if(|(at, _)| *at == point) {
            line.cut_next(cut);
        }
    });
    let schema = Schema::at(proxy.address(), quick(PATIENCE, Some(point)));
    let load = Load::new(schema.store());
    for at in ["before_begin", "before_commit"] {
        for thousandths in [0, 400, 1_000] {
            *armed.lock().unwrap() = Some((at, Cut::Silent(thousandths)));
            load.commit();
            assert_eq!(*armed.lock().unwrap(), None, "it was swallowed");
            assert_eq!(load.on_hand(), load.acknowledged(), "{at}, {thousandths} thousandths");
        }
    }
    load.is_exact();
}

#[test]
fn a_read_that_is_not_answered_ends_with_a_word_of_its_own() {
    let proxy = Proxy::start();
    let options = quick(Duration::from_millis(500), None);
    let schema = Schema::at(proxy.address(), options);
    let head = schema.store().event_head().unwrap();
    proxy.cut_next(Cut::Silent(1_000));
    let error = schema.store().event_head().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.away", Retry::Later), "{error:?}");
    let told = error.source.to_string();
    assert!(told.contains("did not answer within 1.0 s"), "{told}");
    assert!(error.help.as_ref().is_some_and(|help| help.contains("does not answer")), "{error:?}");
    assert_eq!(schema.store().event_head().unwrap(), head, "on another connection");
}

/// Each statement is answered in time, all of them together are not.
#[test]
fn a_server_that_answers_bit_by_bit_is_not_silent() {
    let schema = Schema::with(quick(PATIENCE, None));
    let load = Load::new(schema.store());
    let shop = schema.address().shop();
    let slow = |table: &str| {
        format!(
            "CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON {shop}.{table} FOR EACH STATEMENT EXECUTE FUNCTION {shop}.slow();"
        )
    };
    let slowed: String =
        ["raw_level", "raw_movement", "raw_event", "raw_ledger_head"].map(slow).concat();
    fixture::admin(&format!(
        "CREATE FUNCTION {shop}.slow() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END'; {slowed}"
    ));
    load.commit();
    load.is_exact();
}

#[test]
fn a_backend_that_stands_still_in_a_commit_and_goes_on_later_has_it_looked_up() {
    let cluster = Arc::new(Cluster::start(&[]));
    let server = Arc::clone(&cluster);
    let point = once_at("before_commit", move || {
        let backend = server.admin(OPEN).remove(0);
        signal("-STOP", &backend);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(4));
            signal("-CONT", &backend);
        });
    });
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    let late = PostgresStore::open(&cluster.address(), quick(PATIENCE, Some(point))).unwrap();
    load.commit_by(&late);
    assert_eq!(load.on_hand(), 2);
    load.is_exact();
}

#[test]
fn a_backend_that_stands_still_for_good_leaves_a_commit_unknown_and_nothing_guessed() {
    let cluster = Arc::new(Cluster::start(&[]));
    let stopped = Arc::new(Mutex::new(None));
    let (server, stop) = (Arc::clone(&cluster), Arc::clone(&stopped));
    let point = once_at("before_commit", move || {
        let backend = server.admin(OPEN).remove(0);
        signal("-STOP", &backend);
        *stop.lock().unwrap() = Some(backend);
    });
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    let options = quick(Duration::from_secs(3), Some(point));
    let late = PostgresStore::open(&cluster.address(), options).unwrap();
    let error = load.try_commit_by(&late).unwrap_err();
    assert_eq!((error.code, error.retry), ("store.failed", Retry::Unknown), "{error:?}");
    assert_eq!(load.on_hand(), 0, "it may still come");
    signal("-CONT", stopped.lock().unwrap().as_ref().unwrap());
    load.commit_by(&late);
    // It came after all, or was given up since nobody waited for it: neither was claimed.
    assert!((1..=2).contains(&load.on_hand()) && load.acknowledged() == 1, "{}", load.on_hand());
    assert_eq!(late.integrity().unwrap(), []);
}

/// The server has the commit, keeps it to itself until a replica has it too, and none comes.
#[test]
fn a_commit_that_waits_for_a_replica_that_is_gone_is_unknown() {
    let cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), quick(Duration::from_secs(3), None));
    let load = Load::new(schema.store());
    load.commit();
    cluster.admin("ALTER SYSTEM SET synchronous_standby_names = 'gone'");
    cluster.admin("SELECT pg_reload_conf()");
    while cluster.admin("SHOW synchronous_standby_names") != ["gone"] {
        std::thread::sleep(Duration::from_millis(20));
    }
    // The process that looks after the names notes them a moment later; until then nobody waits.
    std::thread::sleep(Duration::from_millis(500));
    let error = load.try_commit().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.failed", Retry::Unknown), "{error:?}");
    cluster.admin("ALTER SYSTEM RESET synchronous_standby_names");
    cluster.admin("SELECT pg_reload_conf()");
    load.commit();
    assert_eq!((load.on_hand(), load.acknowledged()), (3, 2));
}

/// The kernel takes connections for a server that stands still.
#[test]
fn a_server_that_takes_connections_and_lets_nobody_in_is_away() {
    let cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let postmaster = postmaster(&cluster);
    let quick: Address = format!("{}?shop=shop&connect_timeout=1", cluster.url()).parse().unwrap();
    signal("-STOP", &postmaster);
    let opened = PostgresStore::open(&quick, OpenOptions::default());
    signal("-CONT", &postmaster);
    let error = opened.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("store.away", Retry::Later), "{error:?}");
    assert!(format!("{error:?}").contains("Silent(2s)"), "{error:?}");
    assert!(PostgresStore::open(&quick, OpenOptions::default()).is_ok());
    drop(schema);
}

/// What stands first in a URL and lets nobody in does not keep everybody from the other one.
#[test]
fn of_several_servers_a_silent_one_is_passed_over() {
    let (mut first, second) = (Cluster::start(&[]), Cluster::start(&[]));
    first.stop("fast");
    let hosts = format!("{},{}", first.host(), second.host());
    let address = format!("postgres://sutler@{hosts}/postgres?shop=shop&connect_timeout=1");
    let options = OpenOptions { patience: Duration::from_secs(120), ..OpenOptions::default() };
    let schema = Schema::at(address.parse().unwrap(), options);
    let load = Load::new(schema.store());
    first.serve();
    let postmaster = postmaster(&first);
    signal("-STOP", &postmaster);
    second.admin("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sutler'");
    load.commit();
    load.is_exact();
    signal("-CONT", &postmaster);
}
