//! Which files are opened, which are refused, and that a refused file stays as it was.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sutler_core::port::StoreReader as _;

use rusqlite::Connection;
use sutler_core::change::Change;
use sutler_core::port::{
    CatalogReader as _, EventReader as _, Retry, SetupReader as _, Store as _,
};
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::{committed, together};
use sutler_store_sqlite::{OpenError, OpenOptions, SqliteStore};
use tempfile::TempDir;

fn creating() -> OpenOptions {
    OpenOptions { create: true, ..OpenOptions::default() }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    (folder, path)
}

/// Makes a shop with one product.
fn shop(path: &Path) -> World {
    let store = SqliteStore::open(path, creating()).unwrap();
    let world = World::on(&store);
    world.new_product(&store);
    world
}

#[track_caller]
fn refused(path: &Path) -> OpenError {
    let before = std::fs::read(path).ok();
    let error = SqliteStore::open(path, OpenOptions::default()).unwrap_err();
    assert!(SqliteStore::open(path, creating()).is_err(), "nor is it made anew");
    assert_eq!(std::fs::read(path).ok(), before, "a refused file stays as it was");
    assert!(!error.help().is_empty() && error.to_string().contains("shop.db"), "{error}");
    error
}

#[test]
fn a_shop_is_made_only_where_it_is_wanted() {
    let (folder, path) = folder();
    let missing = SqliteStore::open(&path, OpenOptions::default()).unwrap_err();
    assert_eq!(missing.code(), "store.missing");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "looking leaves nothing behind");

    drop(SqliteStore::open(&path, creating()).unwrap());
    let store = SqliteStore::open(&path, OpenOptions::default()).unwrap();
    assert!(store.setup().unwrap().is_none());
    assert!(!store.is_read_only());
}

#[test]
fn the_file_says_what_it_is() {
    let (_folder, path) = folder();
    shop(&path);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.get(68..72), Some(&b"Sutl"[..]), "the application id stands in the header");
    let conn = Connection::open(&path).unwrap();
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn what_is_no_database_is_refused() {
    let (_folder, path) = folder();
    std::fs::write(&path, "handle,title\nmug,Mug\n").unwrap();
    assert_eq!(refused(&path).code(), "store.not_a_database");
    let text = "SQLite format 3\0 is how it begins, but it goes on otherwise. ".repeat(100);
    std::fs::write(&path, text).unwrap();
    assert_eq!(refused(&path).code(), "store.not_a_database");
}

#[test]
fn the_database_of_another_program_is_refused() {
    let (_folder, path) = folder();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, title TEXT);").unwrap();
    drop(conn);
    let error = refused(&path);
    assert_eq!(error.code(), "store.foreign");
    assert!(error.to_string().contains("moz_bookmarks"), "{error}");
}

#[test]
fn a_shop_of_a_newer_program_is_refused() {
    let (_folder, path) = folder();
    shop(&path);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "INSERT INTO raw_migration VALUES (99, 'future', zeroblob(32), 'sutler 9'); PRAGMA user_version = 99;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .unwrap();
    drop(conn);
    let error = refused(&path);
    assert_eq!(error.code(), "store.newer");
    assert!(error.to_string().contains("made by a newer Sutler"), "{error}");
}

#[test]
fn a_damaged_file_is_refused() {
    let (_folder, path) = folder();
    shop(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.get_mut(100..4_096).unwrap().fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(refused(&path).code(), "store.damaged");
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(refused(&path).code(), "store.damaged");
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    let (folder, _) = folder();
    let nowhere = folder.path().join("no/such/shop.db");
    assert_eq!(SqliteStore::open(&nowhere, creating()).unwrap_err().code(), "store.unreachable");
    assert_eq!(
        SqliteStore::open(folder.path(), creating()).unwrap_err().code(),
        "store.unreachable"
    );
}

#[test]
fn a_link_leads_to_the_same_lock() {
    let (folder, path) = folder();
    shop(&path);
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let store = SqliteStore::open(&link, OpenOptions::default()).unwrap();
    assert_eq!(store.path(), path.canonicalize().unwrap());
    assert!(!folder.path().join("link.db-lock").exists());
}

#[test]
fn of_several_starters_one_makes_the_shop() {
    let (_folder, path) = folder();
    let stores = together(8, |_| SqliteStore::open(&path, creating()).unwrap());
    for store in &stores {
        assert!(store.integrity().unwrap().is_empty());
    }
    World::on(stores.first().unwrap());
    assert!(stores.iter().all(|store| store.setup().unwrap().is_some()));
}

/// A store whose commits stop before they end, holding every lock that a write holds, until the hand is taken away.
fn stopping_before_the_end(path: &Path, hand: &Arc<Mutex<()>>) -> (SqliteStore, Receiver<()>) {
    let (reached, at_the_end) = std::sync::mpsc::channel();
    let (hand, reached) = (Arc::clone(hand), Mutex::new(reached));
    let stop: sutler_store_sqlite::FailPoint = Arc::new(move |point| {
        if point == "before_commit" {
            reached.lock().unwrap().send(()).unwrap();
            drop(hand.lock().unwrap());
        }
    });
    let options = OpenOptions { fail_point: Some(stop), ..OpenOptions::default() };
    (SqliteStore::open(path, options).unwrap(), at_the_end)
}

#[test]
fn a_shop_is_opened_read_and_copied_while_somebody_else_writes_to_it() {
    let (folder, path) = folder();
    let world = shop(&path);
    let hand = Arc::new(Mutex::new(()));
    let held = hand.lock().unwrap();
    let (writing, at_the_end) = stopping_before_the_end(&path, &hand);
    std::thread::scope(|scope| {
        let write = scope.spawn(|| world.new_product(&writing));
        at_the_end.recv().unwrap();

        let hasty =
            || OpenOptions { patience: Duration::from_millis(50), ..OpenOptions::default() };
        let other = SqliteStore::open(&path, hasty()).unwrap();
        assert!(!other.is_read_only());
        assert_eq!(other.catalog_size().unwrap().products, 1, "what is not committed is not seen");
        assert!(other.integrity().unwrap().is_empty());
        other.backup_to(folder.path().join("copy.db"), false).unwrap();
        let copy = SqliteStore::open(folder.path().join("copy.db"), hasty()).unwrap();
        assert_eq!(copy.catalog_size().unwrap().products, 1);
        let refused = other.commit(world.set_of([Change::Cursor { consumer: "c".into(), seq: 1 }]));
        assert_eq!(refused.unwrap_err().code, "store.locked", "writes still wait for their turn");

        drop(held);
        write.join().unwrap();
        assert_eq!(other.catalog_size().unwrap().products, 2);
        committed(&other, world.set_of([Change::Cursor { consumer: "c".into(), seq: 1 }]));
    });
}

#[test]
fn a_shop_without_a_journal_gets_one_under_the_lock() {
    let (_folder, path) = folder();
    let world = shop(&path);
    let conn = Connection::open(&path).unwrap();
    let mode: String =
        conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    drop(conn);
    let store = SqliteStore::open(&path, OpenOptions::default()).unwrap();
    world.new_product(&store);
    let conn = Connection::open(&path).unwrap();
    let mode: String = conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let (_folder, path) = folder();
    let world = shop(&path);
    let pages: u32 = {
        let conn = Connection::open(&path).unwrap();
        conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
    };
    let options = OpenOptions { pages_max: Some(pages + 8), ..OpenOptions::default() };
    let store = SqliteStore::open(&path, options).unwrap();
    let large = || {
        let mut product = world.product();
        product.description = "x".repeat(3_000);
        world.set_of([Change::Product(Box::new(product))])
    };
    let full =
        (0..100).find_map(|_| store.commit(large()).err()).expect("at some point it is full");
    assert_eq!((full.code, full.retry), ("store.full", Retry::Never));
    assert!(full.help.is_some());
    let before = store.catalog_size().unwrap();
    assert_eq!(store.commit(large()).unwrap_err().code, "store.full");
    assert_eq!(store.catalog_size().unwrap(), before, "nothing of a refused set is written");
    assert!(store.integrity().unwrap().is_empty());
    drop(store);

    let roomy = SqliteStore::open(&path, OpenOptions::default()).unwrap();
    committed(&roomy, large());
}

/// Runs a test of this file in a process that may not write to what root owns; root itself may write everywhere.
fn as_somebody_else(test: &str, shop: &Path) {
    let tools = tempfile::tempdir().unwrap();
    std::fs::set_permissions(tools.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = tools.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut child = Command::new(&program);
    child.args(["--exact", test, "--nocapture"]).env("SUTLER_TEST_SHOP", shop).current_dir("/");
    if rustix::process::geteuid().is_root() {
        child.uid(65_534).gid(65_534);
    }
    let output = child.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

fn let_others_read(folder: &Path, mode: u32) {
    for entry in folder.read_dir().unwrap() {
        std::fs::set_permissions(entry.unwrap().path(), std::fs::Permissions::from_mode(0o444))
            .unwrap();
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_shop_that_may_not_be_written_to_is_read() {
    let (folder, path) = folder();
    shop(&path);
    let_others_read(folder.path(), 0o555);
    as_somebody_else("reads_and_does_not_write", &path);

    // While its owner has it open, its newest state is read.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for entry in folder.path().read_dir().unwrap() {
        std::fs::set_permissions(entry.unwrap().path(), std::fs::Permissions::from_mode(0o644))
            .unwrap();
    }
    let store = SqliteStore::open(&path, OpenOptions::default()).unwrap();
    let_others_read(folder.path(), 0o555);
    as_somebody_else("reads_and_does_not_write", &path);
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    drop(store);
}

#[test]
fn a_folder_that_may_not_be_written_to_gets_no_shop() {
    let (folder, path) = folder();
    let_others_read(folder.path(), 0o555);
    as_somebody_else("makes_no_shop", &path);
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A part of the tests above, in a process of its own.
#[test]
fn reads_and_does_not_write() {
    let Some(path) = std::env::var_os("SUTLER_TEST_SHOP") else { return };
    let store = SqliteStore::open(path, creating()).unwrap();
    assert!(store.is_read_only());
    assert_eq!(store.catalog_size().unwrap().products, 1);
    assert!(store.setup().unwrap().is_some());
    assert_eq!(store.event_head().unwrap().0, 0);
    assert!(store.integrity().unwrap().is_empty());
    let error = store.commit(World::new().set()).unwrap_err();
    assert_eq!((error.code, error.retry), ("store.read_only", Retry::Never));
    assert!(error.help.unwrap().contains("may write"));
}

/// A part of the tests above, in a process of its own.
#[test]
fn makes_no_shop() {
    let Some(path) = std::env::var_os("SUTLER_TEST_SHOP") else { return };
    assert_eq!(SqliteStore::open(path, creating()).unwrap_err().code(), "store.unreachable");
}
