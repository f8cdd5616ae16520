//! A server that ends without a word, again and again, while a shop sells. Callers wait; nothing that was acknowledged is
//! lost, nothing is done twice.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::time::Duration;

use fixture::Schema;
use fixture::cluster::Cluster;
use fixture::load::Load;
use sutler_core::port::StoreReader as _;
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::OpenOptions;

/// How often each crash happens; `SUTLER_TEST_CRASHES` says another number.
fn crashes() -> u32 {
    std::env::var("SUTLER_TEST_CRASHES").ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// Kills a backend of a store with signal 9, by the server's own hand; the server recovers by itself.
fn kill_a_backend(cluster: &mut Cluster) {
    let pids = "SELECT pid FROM pg_stat_activity WHERE application_name = 'sutler' LIMIT 1";
    let pid = loop {
        // The writer may be connecting just now.
        match cluster.admin(pids).pop() {
            Some(pid) => break pid,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    // The answer is lost with the server.
    let _ = cluster.try_admin(&format!("COPY (SELECT 1) TO PROGRAM 'kill -9 {pid}'"));
}

/// As `pg_ctl stop -m immediate`, and then a start.
fn stop_at_once(cluster: &mut Cluster) {
    cluster.stop("immediate");
    cluster.serve();
}

/// The whole server, with signal 9.
fn kill_the_server(cluster: &mut Cluster) {
    cluster.kill();
    cluster.serve();
}

#[test]
fn a_server_that_crashes_under_load_loses_nothing_and_doubles_nothing() {
    let mut cluster = Cluster::start(&[]);
    let patience = Duration::from_secs(300);
    let schema = Schema::at(cluster.address(), OpenOptions { patience, ..OpenOptions::default() });
    let load = Load::new(schema.store());
    load.during(|load| {
        for crash in [stop_at_once, kill_the_server] {
            for _ in 0..crashes() {
                crash(&mut cluster);
                load.goes_on();
            }
        }
    });
    load.is_exact();
}

/// One backend is killed and the server ends all others and recovers, which no caller notices but by the time.
#[test]
fn a_killed_backend_is_ridden_out_with_the_usual_patience() {
    let mut cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    let began = "SELECT pg_postmaster_start_time()";
    let before = cluster.admin(began);
    load.during(|load| {
        for _ in 0..crashes() {
            kill_a_backend(&mut cluster);
            load.goes_on();
        }
    });
    load.is_exact();
    assert_eq!(cluster.admin(began), before, "the server recovered by itself");
}

/// A crash in the middle of a commit, at each of its points.
#[test]
fn a_server_that_crashes_at_any_point_of_a_commit_leaves_it_done_once() {
    let cluster = std::sync::Arc::new(std::sync::Mutex::new(Cluster::start(&[])));
    let armed = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (at, server) = (armed.clone(), cluster.clone());
    let point: sutler_store_postgres::FailPoint = std::sync::Arc::new(move |point| {
        let mut at = at.lock().unwrap();
        if *at == Some(point) {
            *at = None;
            let mut server = server.lock().unwrap();
            server.stop("immediate");
            server.serve();
        }
    });
    let options = OpenOptions { fail_point: Some(point), ..OpenOptions::default() };
    let address = cluster.lock().unwrap().address();
    let schema = Schema::at(address, options);
    let load = Load::new(schema.store());
    for point in ["before_begin", "after_load", "before_commit", "after_commit"] {
        *armed.lock().unwrap() = Some(point);
        load.commit();
        assert_eq!(*armed.lock().unwrap(), None, "{point} was passed");
        assert_eq!(load.on_hand(), load.acknowledged(), "{point}");
    }
    assert_eq!(schema.store().integrity().unwrap(), []);
}
