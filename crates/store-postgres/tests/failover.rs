//! A primary that dies, and a replica that takes its place: what was acknowledged, and what may be lost.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::Schema;
use fixture::cluster::Cluster;
use fixture::load::Load;
use sutler_core::port::{Retry, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{Address, FailPoint, OpenOptions, PostgresStore};

/// The address of a shop that stands on both, wherever the primary is.
fn either(one: &Cluster, other: &Cluster) -> Address {
    let (one, other) = (one.host(), other.host());
    format!("postgres://sutler@{one},{other}/postgres?shop=shop").parse().unwrap()
}

fn patient() -> OpenOptions {
    OpenOptions { patience: Duration::from_secs(120), ..OpenOptions::default() }
}

#[test]
fn a_failover_under_load_loses_nothing_that_was_replicated_synchronously() {
    let mut primary = Cluster::start(&[]);
    let replica = primary.replica();
    primary.replicate_synchronously();
    let schema = Schema::at(either(&primary, &replica), patient());
    let load = Load::new(schema.store());
    load.during(|load| {
        load.goes_on();
        primary.kill();
        replica.promote();
        load.goes_on();
    });
    load.is_exact();
}

#[test]
fn without_synchronous_replication_the_newest_commits_are_lost_and_nothing_else() {
    let mut primary = Cluster::start(&[]);
    let mut replica = primary.replica();
    let schema = Schema::at(either(&primary, &replica), patient());
    let load = Load::new(schema.store());
    (0..10).for_each(|_| load.commit());
    replica.fall_behind(&primary);
    (0..5).for_each(|_| load.commit());
    replica.take_over(&mut primary);
    assert_eq!((load.on_hand(), load.acknowledged()), (10, 15), "the newest five are gone");
    load.commit();
    assert_eq!(load.on_hand(), 11);
    assert_eq!(schema.store().integrity().unwrap(), []);
}

/// The server that answers knows nothing of the process that asks: so nothing of its commit is there.
#[test]
fn a_commit_in_doubt_is_done_again_on_a_server_that_never_heard_of_its_writer() {
    let primary = Cluster::start(&[]);
    let mut replica = primary.replica();
    let schema = Schema::at(either(&primary, &replica), patient());
    let load = Load::new(schema.store());
    load.commit();
    replica.fall_behind(&primary);

    let address = either(&primary, &replica);
    let pair = Arc::new(Mutex::new(Some((primary, replica))));
    let kept = Arc::new(Mutex::new(None));
    let (pair_of_point, keep) = (Arc::clone(&pair), Arc::clone(&kept));
    let point: FailPoint = Arc::new(move |point| {
        let taken =
            if point == "before_commit" { pair_of_point.lock().unwrap().take() } else { None };
        if let Some((mut primary, mut replica)) = taken {
            replica.take_over(&mut primary);
            *keep.lock().unwrap() = Some((primary, replica));
        }
    });
    let options = OpenOptions { fail_point: Some(point), ..patient() };
    let late = PostgresStore::open(&address, options).unwrap();
    load.commit_by(&late);
    assert!(kept.lock().unwrap().is_some(), "it failed over in the middle");
    assert_eq!((load.on_hand(), load.acknowledged()), (2, 2));
    assert_eq!(late.integrity().unwrap(), []);
}

#[test]
fn a_primary_that_was_replaced_and_comes_back_is_not_written_to() {
    let mut primary = Cluster::start(&[]);
    let mut replica = primary.replica();
    let options = OpenOptions { patience: Duration::from_secs(4), ..OpenOptions::default() };
    let schema = Schema::at(either(&primary, &replica), options);
    let load = Load::new(schema.store());
    replica.fall_behind(&primary);
    replica.take_over(&mut primary);
    load.commit();
    let marks = "SELECT string_agg(batch::text, ',') FROM shop.raw_writer";
    primary.serve();
    let before = primary.admin(marks);
    let ours = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'sutler'";
    replica.admin(ours);
    // It stands first in the URL, and takes connections.
    let error = load.try_commit().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.away", Retry::Later), "{error:?}");
    assert!(format!("{error:?}").contains("was replaced"), "{error:?}");
    assert_eq!(primary.admin(marks), before);
    primary.stop("fast");
    load.commit();
    assert_eq!(load.on_hand(), load.acknowledged());
}
