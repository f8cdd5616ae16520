//! What a commit on one hot unit costs: by number of callers of one process, beside the row lock taken by hand.
//!
//! Run with `SUTLER_TEST_POSTGRES=postgres://… cargo bench -p sutler-store-postgres`. Rates depend on the disk of the server:
//! read ratios. `BENCH_SECONDS=5` says how long each line is measured.
//!
//! A commit here takes one unit off a level, enters it in the ledger, tells an event and keeps an idempotency key. By hand it
//! is a guarded UPDATE, a row of a ledger, a row of an outbox and a key, one statement at a time, on a connection for each caller.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic
)]
#![allow(missing_docs, reason = "a program")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sutler_core::change::CommitOutcome;
use sutler_core::event::{Event, EventKind};
use sutler_core::inventory::MovementKind;
use sutler_core::port::Store as _;
use sutler_store_conformance::given::stock::moved;
use sutler_store_conformance::given::{World, once};
use sutler_store_postgres::{Address, OpenOptions, PostgresStore, drop_shop};

fn seconds() -> Duration {
    let text = std::env::var("BENCH_SECONDS").ok();
    Duration::from_secs(text.and_then(|text| text.parse().ok()).unwrap_or(4))
}

/// Runs `work` by `callers` threads; returns how often a second.
fn rate(callers: usize, work: impl Fn(usize, u64) + Sync) -> f64 {
    let (done, began) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for caller in 0..callers {
            let (work, done) = (&work, &done);
            scope.spawn(move || {
                let mut n = 0;
                while began.elapsed() < seconds() {
                    work(caller, n);
                    n += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

fn by_hand(server: &str, callers: usize) -> f64 {
    let connect = |server: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (client, connection) =
            runtime.block_on(tokio_postgres::connect(server, tokio_postgres::NoTls)).unwrap();
        runtime.spawn(connection);
        (runtime, client)
    };
    let (runtime, admin) = connect(server);
    let script = "DROP SCHEMA IF EXISTS bench_hand CASCADE; CREATE SCHEMA bench_hand;
        CREATE TABLE bench_hand.level (id int PRIMARY KEY, on_hand bigint NOT NULL);
        CREATE TABLE bench_hand.ledger (nr bigserial PRIMARY KEY, id int, quantity bigint);
        CREATE TABLE bench_hand.outbox (nr bigserial PRIMARY KEY, id int);
        CREATE TABLE bench_hand.key (key text PRIMARY KEY);
        INSERT INTO bench_hand.level VALUES (1, 1000000000)";
    runtime.block_on(admin.batch_execute(script)).unwrap();
    let sessions: Vec<_> = (0..callers).map(|_| std::sync::Mutex::new(connect(server))).collect();
    let rate = rate(callers, |caller, n| {
        let session = sessions[caller].lock().unwrap();
        let (runtime, client) = &*session;
        runtime.block_on(async {
            client.batch_execute("BEGIN").await.unwrap();
            let key = format!("{caller}-{n}");
            client.execute("INSERT INTO bench_hand.key VALUES ($1)", &[&key]).await.unwrap();
            let taken =
                "UPDATE bench_hand.level SET on_hand = on_hand - 1 WHERE id = 1 AND on_hand >= 1";
            assert_eq!(client.execute(taken, &[]).await.unwrap(), 1);
            client
                .execute("INSERT INTO bench_hand.ledger (id, quantity) VALUES (1, 1)", &[])
                .await
                .unwrap();
            client.execute("INSERT INTO bench_hand.outbox (id) VALUES (1)", &[]).await.unwrap();
            client.batch_execute("COMMIT").await.unwrap();
        });
    });
    runtime.block_on(admin.batch_execute("DROP SCHEMA bench_hand CASCADE")).unwrap();
    rate
}

fn main() {
    let server =
        std::env::var("SUTLER_TEST_POSTGRES").expect("SUTLER_TEST_POSTGRES names a server");
    let address: Address = format!("{server}?shop=bench_commits").parse().unwrap();
    let _ = drop_shop(&address);
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let store = PostgresStore::open(&address, options).unwrap();
    let world = World::on(&store);
    let key = world.stocked(&store, 4_000_000);
    let sell = |callers: usize| {
        rate(callers, |caller, n| {
            let mut set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]);
            set.tell(Event::plain(EventKind::StockChanged, key.variant));
            let set = set.once(once(&format!("{callers}-{caller}-{n}"), "sell", key.variant));
            let outcome = store.commit(set).unwrap();
            assert!(matches!(outcome, CommitOutcome::Committed(_)), "{outcome:?}");
        })
    };
    for round in 1..=3 {
        let hand = (by_hand(&server, 1), by_hand(&server, 8));
        let own = (sell(1), sell(8), sell(64));
        println!(
            "round {round}, commits/s: by hand 1: {:.0}, 8: {:.0}; store 1: {:.0}, 8: {:.0}, 64: {:.0}; 64 callers / by hand at 8: {:.1}",
            hand.0,
            hand.1,
            own.0,
            own.1,
            own.2,
            own.2 / hand.1
        );
    }
    drop(store);
    drop_shop(&address).unwrap();
}
