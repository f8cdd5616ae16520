//! The event log as an outbox, read behind the last place by readers who know nothing of transactions; and the clock that
//! leases go by.
//!
//! The usual outbox gives a row its number when it is inserted, so that a row with a lower one may be committed after a
//! reader has passed it. Such a table stands here beside the log, and shows that the reader can lose something.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::{Schema, admin, server};
use sutler_core::change::{Change, ChangeSet};
use sutler_core::event::{Event, EventKind};
use sutler_core::id::ProductId;
use sutler_core::lease::LeaseChange;
use sutler_core::port::{EventReader as _, LeaseReader as _, Store};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::{World, after};
use sutler_store_conformance::then::{committed, refused};
use sutler_store_postgres::{FailPoint, OpenOptions, PostgresStore};
use tokio_postgres::{Client, NoTls};

/// Events of the long run, and how they are told: programs, sets of each, events in a set.
const EVENTS: u64 = 100_000;
const PROGRAMS: u64 = 4;
const EVENTS_IN_A_SET: u64 = 250;

/// Goes on behind the last place that it saw, and believes that nothing comes before it later.
#[derive(Default)]
struct Reader {
    last: i64,
    seen: Vec<i64>,
}

impl Reader {
    fn read(&mut self, after: impl FnOnce(i64) -> Vec<i64>) -> usize {
        let news = after(self.last);
        self.last = news.last().copied().unwrap_or(self.last);
        self.seen.extend(&news);
        news.len()
    }

    fn read_log(&mut self, store: &dyn Store) -> usize {
        self.read(|last| {
            let events = store.events(u64::try_from(last).unwrap(), 1_000).unwrap();
            events.iter().map(|event| i64::try_from(event.seq).unwrap()).collect()
        })
    }
}

async fn session() -> Client {
    let (client, connection) = tokio_postgres::connect(&server(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn told(world: &World, products: Range<u64>) -> ChangeSet {
    let mut set = world.set();
    let event = |n| Event::plain(EventKind::ProductChanged, ProductId::from_u128(u128::from(n)));
    set.events.extend(products.map(event));
    set
}

#[test]
fn a_reader_of_numbers_that_were_given_before_the_commit_loses_events() {
    const ROUNDS: usize = 50;
    let schema = Schema::empty();
    let table = format!("{}.naive_outbox", schema.address().shop());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut reader = Reader::default();
    runtime.block_on(async {
        let (slow, quick) = (session().await, session().await);
        quick
            .batch_execute(&format!("CREATE TABLE {table} (id bigserial PRIMARY KEY)"))
            .await
            .unwrap();
        let insert = format!("INSERT INTO {table} DEFAULT VALUES");
        let select = format!("SELECT id FROM {table} WHERE id > $1 ORDER BY id");
        for _ in 0..ROUNDS {
            // The slow one takes its number first and commits last.
            slow.batch_execute(&format!("BEGIN; {insert}")).await.unwrap();
            quick.batch_execute(&insert).await.unwrap();
            let news = quick.query(&select, &[&reader.last]).await.unwrap();
            reader.read(|_| news.iter().map(|row| row.get(0)).collect());
            slow.batch_execute("COMMIT").await.unwrap();
        }
        let news = quick.query(&select, &[&reader.last]).await.unwrap();
        reader.read(|_| news.iter().map(|row| row.get(0)).collect());
    });
    let stored: usize = admin(&format!("SELECT count(*) FROM {table}"))[0].parse().unwrap();
    assert_eq!(stored, 2 * ROUNDS);
    assert_eq!(stored - reader.seen.len(), ROUNDS, "every event of the slow writer");
}

/// Stops the writer of a store before COMMIT, each time until it is told to go on.
fn stopping() -> (FailPoint, Receiver<()>, Sender<()>, Arc<AtomicBool>) {
    let (arrived, at_commit) = channel();
    let (go_on, goes_on) = channel();
    let armed = Arc::new(AtomicBool::new(false));
    let (is_armed, ends) = (armed.clone(), Mutex::new((arrived, goes_on)));
    let point: FailPoint = Arc::new(move |point| {
        if point == "before_commit" && is_armed.load(Ordering::SeqCst) {
            let ends = ends.lock().unwrap();
            ends.0.send(()).unwrap();
            ends.1.recv().unwrap();
        }
    });
    (point, at_commit, go_on, armed)
}

#[test]
fn the_same_reader_of_the_log_loses_none_where_the_first_writer_commits_late() {
    const ROUNDS: u64 = 10;
    let (point, at_commit, go_on, armed) = stopping();
    let schema = Schema::with(OpenOptions { fail_point: Some(point), ..OpenOptions::default() });
    let slow = schema.store();
    let world = World::on(slow);
    let quick = PostgresStore::open(schema.address(), OpenOptions::default()).unwrap();
    armed.store(true, Ordering::SeqCst);
    let mut reader = Reader::default();
    let is_committed = AtomicU64::new(0);
    for round in 0..ROUNDS {
        std::thread::scope(|scope| {
            scope.spawn(|| committed(slow, told(&world, 0..1)));
            at_commit.recv().unwrap();
            scope.spawn(|| {
                committed(&quick, told(&world, 1..2));
                is_committed.fetch_add(1, Ordering::SeqCst);
            });
            // The quick one waits for the head of the log; the reader waits for nobody.
            std::thread::sleep(Duration::from_millis(30));
            assert_eq!(is_committed.load(Ordering::SeqCst), round, "it does not overtake");
            assert_eq!(reader.read_log(&quick), 0);
            go_on.send(()).unwrap();
        });
        assert_eq!(reader.read_log(&quick), 2);
    }
    assert_eq!(reader.seen, (1..=i64::try_from(2 * ROUNDS).unwrap()).collect::<Vec<_>>());
}

#[test]
fn of_a_hundred_thousand_events_of_many_programs_none_is_lost() {
    let schema = Schema::empty();
    let world = World::on(schema.store());
    let done = AtomicBool::new(false);
    let mut reader = Reader::default();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..PROGRAMS)
            .map(|program| {
                let (world, address) = (&world, schema.address());
                scope.spawn(move || {
                    let store = PostgresStore::open(address, OpenOptions::default()).unwrap();
                    for set in 0..EVENTS / PROGRAMS / EVENTS_IN_A_SET {
                        // Between two sets anything may take its time, differently each time.
                        std::thread::sleep(Duration::from_micros(
                            (set * 7 + program * 3) % 11 * 100,
                        ));
                        let first = (program * 1_000 + set % 4) * EVENTS_IN_A_SET;
                        committed(&store, told(world, first..first + EVENTS_IN_A_SET));
                    }
                })
            })
            .collect();
        let reading = scope.spawn(|| {
            loop {
                let was_done = done.load(Ordering::SeqCst);
                if reader.read_log(schema.store()) == 0 && was_done {
                    break;
                }
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::SeqCst);
        reading.join().unwrap();
    });
    assert_eq!(reader.seen.len(), usize::try_from(EVENTS).unwrap());
    assert!(reader.seen.iter().zip(1..).all(|(seq, place)| *seq == place), "each once, in order");
    assert_eq!(schema.store().event_head().unwrap().0, EVENTS);
}

/// A reader that goes by the oldest transaction still running stops here; ours does not ask for it.
#[test]
fn a_transaction_that_idles_elsewhere_stops_no_reader() {
    let schema = Schema::empty();
    let store = schema.store();
    let world = World::on(store);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let idle = session().await;
        let shop = schema.address().shop();
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE TABLE {shop}.idle (); SELECT seq FROM {shop}.raw_event_head"
        );
        idle.batch_execute(&begin).await.unwrap();
        let oldest = "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint <= $1)";
        let own = idle.query_one("SELECT pg_current_xact_id()::text::bigint", &[]).await.unwrap();
        let own: i64 = own.get(0);
        let mut reader = Reader::default();
        for _ in 0..20 {
            committed(store, told(&world, 0..5));
            assert_eq!(reader.read_log(store), 5);
        }
        let horizon_stands = session().await.query_one(oldest, &[&own]).await.unwrap();
        assert!(horizon_stands.get::<_, bool>(0), "the horizon of the server has not moved");
        idle.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(reader.seen, (1..=100).collect::<Vec<i64>>());
    });
}

/// Programs whose clocks are five minutes and more apart.
#[test]
fn leases_go_by_the_clock_of_the_server() {
    let schema = Schema::empty();
    let store = schema.store();
    let world = World::on(store);
    let at = |seconds: u32, change: LeaseChange| {
        let mut set = world.set_at(after(seconds));
        set.push(Change::Lease(change));
        set
    };
    let before = server_millis();
    let taken = committed(store, at(0, LeaseChange::take("recovery", "till 1", 60)));
    assert_eq!(taken.lease_token, Some(1));
    let until = store.lease("recovery").unwrap().unwrap().until.unwrap().millis();
    assert!((before + 60_000..=server_millis() + 60_000).contains(&until), "{until}");
    let ahead = PostgresStore::open(schema.address(), OpenOptions::default()).unwrap();
    for seconds in [300, 86_400] {
        let take = at(seconds, LeaseChange::take("recovery", "till 2", 60));
        assert_eq!(refused(&ahead, take).code(), "lease.held", "{seconds} s ahead");
    }
    committed(store, at(0, LeaseChange::renew("recovery", 1, 1)));
    std::thread::sleep(Duration::from_millis(1_100));
    let behind = at(0, LeaseChange::take("recovery", "till 2", 60));
    assert_eq!(
        committed(&ahead, behind).lease_token,
        Some(2),
        "it ran out, whatever till 2 thinks"
    );
}

fn server_millis() -> i64 {
    admin("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")[0].parse().unwrap()
}
