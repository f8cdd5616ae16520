//! Several processes on one file: nothing is sold twice, and one that is killed leaves nothing half done.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sutler_core::change::{Change, CommitOutcome};
use sutler_core::id::VariantId;
use sutler_core::inventory::StockKey;
use sutler_core::port::{EventReader as _, StockReader as _, Store as _, StoreReader as _};
use sutler_core::rejection::Rejection;
use sutler_store_conformance::given::{World, after};
use sutler_store_conformance::then::committed;
use sutler_store_sqlite::{OpenOptions, SqliteStore};

const UNITS: u32 = 50;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, OpenOptions { create: true, ..OpenOptions::default() }).unwrap()
}

/// Starts a test of this file in a process of its own.
fn start(test: &str, path: &Path, more: &[(&str, String)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("SUTLER_TEST_SHOP", path)
        .envs(more.iter().map(|(name, value)| (*name, value)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Returns what the child said behind a word, line by line.
fn said(child: Child, word: &str) -> (Vec<String>, std::process::ExitStatus) {
    let mut child = child;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told = lines
        .filter_map(|line| line.split_once(word).map(|(_, rest)| rest.trim().to_owned()))
        .collect();
    (told, child.wait().unwrap())
}

fn say(word: &str, what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{word} {what}").unwrap();
    out.flush().unwrap();
}

#[test]
fn four_processes_sell_what_there_is_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = open(&path);
    let world = World::on(&store);
    let key = world.stocked(&store, UNITS);
    let variant = [
        ("SUTLER_TEST_VARIANT", key.variant.to_string()),
        ("SUTLER_TEST_PLACE", key.location.to_string()),
    ];
    let sellers: Vec<Child> = (0..4_u32)
        .map(|n| {
            let mut more = variant.to_vec();
            more.push(("SUTLER_TEST_NUMBER", n.to_string()));
            start("sells_until_it_is_sold_out", &path, &more)
        })
        .collect();
    let mut sold = Vec::new();
    for seller in sellers {
        let (told, status) = said(seller, "SOLD");
        assert!(status.success());
        sold.push(told.first().unwrap().parse::<u32>().unwrap());
    }
    assert_eq!(sold.iter().sum::<u32>(), UNITS, "{sold:?}");
    let level = store.stock_levels(&[key.variant], after(0)).unwrap()[&key];
    assert_eq!((level.reserved, level.available()), (UNITS, 0));
    assert!(store.integrity().unwrap().is_empty());
}

/// A part of the test above, in a process of its own.
#[test]
fn sells_until_it_is_sold_out() {
    let Some(path) = std::env::var_os("SUTLER_TEST_SHOP") else { return };
    let Ok(variant) = std::env::var("SUTLER_TEST_VARIANT") else { return };
    let number: u128 = std::env::var("SUTLER_TEST_NUMBER").unwrap().parse().unwrap();
    let variant: VariantId = variant.parse().unwrap();
    let location = std::env::var("SUTLER_TEST_PLACE").unwrap().parse().unwrap();
    let key = StockKey { variant, location };
    let store = open(Path::new(&path));
    let world = World::new();
    let sold = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..2_u128 {
            let (store, world, sold) = (&store, &world, &sold);
            scope.spawn(move || {
                for round in 0.. {
                    // Ids of their own for every process, thread and round.
                    let mut hold = world.hold(&[(key, 1)], after(900));
                    let checkout = (1 << 100) + (number << 64) + (thread << 32) + round;
                    hold.checkout = sutler_core::id::CheckoutId::from_u128(checkout);
                    match store.commit(world.set_of([hold.reserve()])).unwrap() {
                        CommitOutcome::Committed(_) => drop(sold.fetch_add(1, Ordering::SeqCst)),
                        CommitOutcome::Refused(Rejection::InsufficientStock { .. }) => break,
                        other => panic!("{other:?}"),
                    }
                }
            });
        }
    });
    say("SOLD", sold.load(Ordering::SeqCst));
}

#[test]
fn a_process_killed_anywhere_leaves_all_of_a_set_or_nothing() {
    for point in [
        "before_begin",
        "after_begin",
        "after_change",
        "after_apply",
        "before_commit",
        "after_commit",
    ] {
        for nth in [0, 1, 5] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("shop.db");
            let world = World::on(&open(&path));
            drop(world);
            let more =
                [("SUTLER_TEST_POINT", point.to_owned()), ("SUTLER_TEST_NTH", nth.to_string())];
            let (told, status) = said(start("writes_until_it_is_killed", &path, &more), "DONE");
            assert!(!status.success(), "{point} {nth}: it was killed");
            let acknowledged = told.iter().map(|n| n.parse::<u64>().unwrap()).max().unwrap_or(0);

            let store = open(&path);
            let (reached, told) = (store.cursor("worker").unwrap(), store.event_head().unwrap().0);
            assert!(
                reached >= acknowledged,
                "{point} {nth}: {acknowledged} was acknowledged, {reached} is there"
            );
            assert!(reached <= acknowledged + 1, "{point} {nth}");
            assert_eq!(told, reached, "{point} {nth}: the event of a set is there with the set");
            assert!(store.integrity().unwrap().is_empty(), "{point} {nth}");
            let world = World::new();
            committed(
                &store,
                world.set_of([Change::Cursor { consumer: "worker".to_owned(), seq: 1_000 }]),
            );
        }
    }
}

/// A part of the test above, in a process of its own.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os("SUTLER_TEST_SHOP") else { return };
    let Ok(deadly) = std::env::var("SUTLER_TEST_POINT") else { return };
    let nth: u32 = std::env::var("SUTLER_TEST_NTH").unwrap().parse().unwrap();
    let passed = AtomicU32::new(0);
    let kill = move |point: &'static str| {
        if point == deadly && passed.fetch_add(1, Ordering::SeqCst) == nth {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    };
    let options = OpenOptions { fail_point: Some(Arc::new(kill)), ..OpenOptions::default() };
    let store = SqliteStore::open(path, options).unwrap();
    let world = World::new();
    for seq in 1..100 {
        let mut set = world.set_of([
            Change::Cart(Box::new(world.cart(&[]))),
            Change::Cursor { consumer: "worker".to_owned(), seq },
            Change::Product(Box::new(world.product())),
        ]);
        let product = sutler_core::id::ProductId::from_u128(7);
        set.tell(sutler_core::event::Event::plain(
            sutler_core::event::EventKind::ProductChanged,
            product,
        ));
        committed(&store, set);
        say("DONE", seq);
    }
}
