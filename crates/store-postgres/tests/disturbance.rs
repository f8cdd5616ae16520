//! What a network does to a commit, and a server that ends one connection: nothing of it is lost or done twice.
//!
//! `cargo xtask cuts` runs the cuts a thousand times, for one caller and for several that share a transaction.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::cluster::Cluster;
use fixture::gate::Gate;
use fixture::load::Load;
use fixture::proxy::{Cut, Proxy};
use fixture::{Schema, admin};
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{FailPoint, OpenOptions};

/// How often a line is cut; `SUTLER_TEST_CUTS` says another number.
fn cuts() -> u64 {
    std::env::var("SUTLER_TEST_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

/// Numbers that look as if by chance and are the same in every run; `SUTLER_TEST_SEED` begins others.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var("SUTLER_TEST_SEED").ok().and_then(|text| text.parse().ok());
        Self(seed.unwrap_or(20_261_121))
    }

    /// Returns a number below `bound`, by the generator `xorshift64*`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % bound
    }

    fn cut(&mut self) -> Cut {
        match self.below(3) {
            0 => Cut::Before,
            1 => Cut::Within(usize::try_from(self.below(1_000)).unwrap()),
            _ => Cut::After,
        }
    }
}

/// Cuts the first flight of a commit, or mostly the one that ends with COMMIT.
#[test]
fn a_line_that_is_cut_around_a_commit_loses_nothing_and_doubles_nothing() {
    // Its disk is quick, for so many commits.
    let cluster = Cluster::start(&[]);
    let proxy = Proxy::before(&cluster);
    let armed = Arc::new(Mutex::new(None));
    let (arm, line) = (Arc::clone(&armed), proxy.clone());
    let point: FailPoint = Arc::new(move |point| {
        if let Some((_, cut)) = arm.lock().unwrap().take_if(|(at, _)| *at == point) {
            line.cut_next(cut);
        }
    });
    let options = OpenOptions { fail_point: Some(point), ..OpenOptions::default() };
    let schema = Schema::at(proxy.address(), options);
    let load = Load::new(schema.store());
    let mut chance = Chance::new();
    for n in 1..=cuts() {
        let at = if chance.below(4) == 0 { "before_begin" } else { "before_commit" };
        let cut = chance.cut();
        *armed.lock().unwrap() = Some((at, cut));
        load.commit();
        assert_eq!(*armed.lock().unwrap(), None, "it was cut");
        assert_eq!((load.acknowledged(), load.on_hand()), (n, n), "{cut:?} {at}, cut {n}");
    }
    load.is_exact();
}

/// The same for callers that share a transaction: one is held until the others have queued, and those are cut together.
#[test]
fn a_line_that_is_cut_around_a_commit_of_several_loses_nothing_and_doubles_nothing() {
    const CALLERS: u64 = 6;
    let cluster = Cluster::start(&[]);
    let (proxy, gate) = (Proxy::before(&cluster), Gate::new());
    let armed = Arc::new(Mutex::new(None));
    let (arm, line, passed) = (Arc::clone(&armed), proxy.clone(), gate.clone());
    let point: FailPoint = Arc::new(move |point| {
        if let Some((_, cut)) = arm.lock().unwrap().take_if(|(at, _)| *at == point) {
            line.cut_next(cut);
        }
        passed.pass(point);
    });
    let options = OpenOptions { fail_point: Some(point), ..OpenOptions::default() };
    let schema = Schema::at(proxy.address(), options);
    let load = Load::new(schema.store());
    let mut chance = Chance::new();
    for n in 1..=cuts() {
        gate.shut("after_commit");
        std::thread::scope(|scope| {
            scope.spawn(|| load.commit());
            gate.wait_for_one();
            let others: Vec<_> = (1..CALLERS).map(|_| scope.spawn(|| load.commit())).collect();
            // Not all of them need to be there: it is counted below who shared a transaction.
            std::thread::sleep(Duration::from_millis(3));
            let at = if chance.below(4) == 0 { "before_begin" } else { "before_commit" };
            *armed.lock().unwrap() = Some((at, chance.cut()));
            gate.open();
            others.into_iter().for_each(|caller| caller.join().unwrap());
        });
        assert_eq!(*armed.lock().unwrap(), None, "it was cut");
        let units = n * CALLERS;
        assert_eq!((load.acknowledged(), load.on_hand()), (units, units), "cut {n}");
    }
    load.is_exact();
    let shop = schema.address().shop();
    // A row keeps the number of the transaction that wrote it.
    let shared = format!(
        "SELECT count(*) FROM (SELECT FROM {shop}.raw_movement GROUP BY xmin HAVING count(*) > 1) AS t"
    );
    let shared: u64 = cluster.admin(&shared)[0].parse().unwrap();
    assert!(shared > cuts() * 9 / 10, "{shared} of {} were transactions of several", cuts());
}

/// Adds one unit, as a program does that knows no better: `arm` is called before it sends.
fn add(url: &str, table: &str, arm: impl FnOnce()) -> Result<(), tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        arm();
        client.batch_execute(&format!("BEGIN; UPDATE {table} SET units = units + 1; COMMIT")).await
    })
}

/// What the test above would find: behind the same line, a writer that repeats whatever was not answered.
#[test]
fn a_writer_that_repeats_what_was_not_answered_doubles() {
    const ASKED: u64 = 60;
    let proxy = Proxy::start();
    let table = format!("naive_{}", std::process::id());
    admin(&format!("CREATE TABLE {table} AS SELECT 0 AS units"));
    let mut chance = Chance::new();
    for _ in 0..ASKED {
        let cut = chance.cut();
        let mut answered = add(proxy.url(), &table, || proxy.cut_next(cut));
        while answered.is_err() {
            answered = add(proxy.url(), &table, || {});
        }
    }
    let units: u64 = admin(&format!("SELECT units FROM {table}"))[0].parse().unwrap();
    admin(&format!("DROP TABLE {table}"));
    assert!(units > ASKED, "nothing was doubled: {units}");
}

#[test]
fn a_backend_that_is_terminated_at_any_statement_of_a_commit_leaves_it_done_once() {
    let proxy = Proxy::start();
    let schema = Schema::at(proxy.address(), OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    let before = proxy.statements();
    load.commit();
    let statements = proxy.statements() - before;
    assert!(statements > 5, "a commit has {statements} statements");
    // On a connection that is new and prepares its statements, there are more of them.
    for n in 1..=statements {
        proxy.stop_after(n, |backend| {
            assert_eq!(admin(&format!("SELECT pg_terminate_backend({backend}, 5000)")), ["t"]);
        });
        load.commit();
        assert!(!proxy.waits(), "it was terminated behind statement {n}");
        assert_eq!(load.on_hand(), load.acknowledged(), "behind statement {n}");
    }
    load.is_exact();
}

#[test]
fn backends_that_are_terminated_at_any_moment_lose_nothing_and_double_nothing() {
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    let kill = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE application_name = 'sutler' AND pid IN (SELECT pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{}')",
        schema.address().shop()
    );
    let killed = AtomicU64::new(0);
    load.during(|_| {
        while killed.load(Ordering::SeqCst) < 40 {
            killed.fetch_add(admin(&kill)[0].parse().unwrap(), Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    load.is_exact();
}
