//! What the server answers to a commit: a refusal that says to try again, at each of its places, and answers that say nothing
//! of the transaction, or come from a process that it was not sent to. It is done once, or said to be unknown, and never
//! repeated blindly.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::cluster::Cluster;
use fixture::load::Load;
use fixture::proxy::{Cut, Proxy};
use fixture::{Schema, admin};
use sutler_core::port::{Retry, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{FailPoint, OpenOptions};

/// Serialization failure, deadlock, lock not available, canceled, no memory.
const AGAIN: [&str; 5] = ["40001", "40P01", "55P03", "57014", "53200"];

/// Where a server refuses: in the flight that loads, in the one that writes, and at the very COMMIT.
const PLACES: [(&str, &str); 3] = [
    ("TRIGGER once BEFORE UPDATE ON", "raw_writer"),
    ("TRIGGER once BEFORE INSERT ON", "raw_movement"),
    ("CONSTRAINT TRIGGER once AFTER INSERT ON", "raw_movement"),
];

#[test]
fn what_the_server_answers_with_try_again_is_done_again_and_once() {
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    let shop = schema.address().shop();
    // A sequence counts on where a transaction is rolled back.
    admin(&format!(
        "CREATE SEQUENCE {shop}.passed;
         CREATE FUNCTION {shop}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF nextval('{shop}.passed') = 1 THEN
               RAISE EXCEPTION 'not now' USING ERRCODE = TG_ARGV[0];
             END IF;
             RETURN NEW;
           END $$"
    ));
    for (trigger, table) in PLACES {
        let late =
            if trigger.starts_with("CONSTRAINT") { "DEFERRABLE INITIALLY DEFERRED" } else { "" };
        for code in AGAIN {
            admin(&format!(
                "ALTER SEQUENCE {shop}.passed RESTART; CREATE {trigger} {shop}.{table} {late}
                 FOR EACH ROW EXECUTE FUNCTION {shop}.refuse('{code}')"
            ));
            load.commit();
            let passed = admin(&format!("SELECT last_value FROM {shop}.passed"));
            assert_eq!(passed, ["2"], "{code} was said once at {trigger} {table}");
            assert_eq!(load.on_hand(), load.acknowledged(), "{code} at {trigger} {table}");
            admin(&format!("DROP TRIGGER once ON {shop}.{table}"));
        }
    }
    load.is_exact();
}

/// Arms a line, and more, when a commit comes to a point.
fn armed(
    cut: Cut,
    and: impl Fn() + Send + Sync + 'static,
    line: &Proxy,
) -> (FailPoint, Arc<Mutex<Option<&'static str>>>) {
    let at = Arc::new(Mutex::new(None));
    let (armed, line) = (Arc::clone(&at), line.clone());
    let point: FailPoint = Arc::new(move |point| {
        if armed.lock().unwrap().take_if(|at| *at == point).is_some() {
            and();
            line.cut_next(cut);
        }
    });
    (point, at)
}

#[test]
fn an_answer_that_is_none_is_looked_up() {
    let proxy = Proxy::start();
    let (point, at) = armed(Cut::Garbled, || {}, &proxy);
    let options = OpenOptions { fail_point: Some(point), ..OpenOptions::default() };
    let schema = Schema::at(proxy.address(), options);
    let load = Load::new(schema.store());
    // The first meets the preparing of its statements, those behind it the transaction itself.
    for _ in 0..4 {
        for place in ["before_begin", "before_commit"] {
            *at.lock().unwrap() = Some(place);
            load.commit();
            assert_eq!(*at.lock().unwrap(), None, "it was garbled");
            assert_eq!(load.on_hand(), load.acknowledged(), "{place}");
            // On the new connection, all is prepared again.
            load.commit();
        }
    }
    load.is_exact();
}

/// It was written; the answer was cut off; and whoever would look it up is not let in again.
#[test]
fn a_commit_that_cannot_be_looked_up_is_unknown_whatever_the_reason() {
    let cluster = Arc::new(Cluster::start(&[]));
    let proxy = Proxy::before(&cluster);
    let server = Arc::clone(&cluster);
    let unsafely = move || {
        server.admin("ALTER DATABASE postgres SET synchronous_commit = off");
    };
    let (point, at) = armed(Cut::After, unsafely, &proxy);
    let patience = Duration::from_secs(5);
    let options = OpenOptions { fail_point: Some(point), patience, ..OpenOptions::default() };
    let schema = Schema::at(proxy.address(), options);
    let load = Load::new(schema.store());
    // These prepare what the cut one sends.
    (0..2).for_each(|_| load.commit());
    *at.lock().unwrap() = Some("before_commit");
    let error = load.try_commit().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.failed", Retry::Unknown), "{error:?}");
    assert!(error.source.to_string().contains("synchronous_commit"), "{error:?}");
    cluster.admin("ALTER DATABASE postgres RESET synchronous_commit");
    load.commit();
    assert_eq!((load.on_hand(), load.acknowledged()), (4, 3), "it was written");
    assert_eq!(schema.store().integrity().unwrap(), []);
}

/// A pooler that began to share sessions after the connection was made.
#[test]
fn a_commit_that_another_process_of_the_server_answers_is_not_written() {
    let proxy = Proxy::start();
    let schema = Schema::at(proxy.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    proxy.swap_backends(true);
    let error = load.try_commit().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.setting", Retry::Never), "{error:?}");
    assert!(error.source.to_string().contains("pool_mode"), "{error:?}");
    assert_eq!(load.on_hand(), load.acknowledged());
    proxy.swap_backends(false);
    load.commit();
    load.is_exact();
}
