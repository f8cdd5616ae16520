//! Copies made while the shop is in use, and putting them back.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use sutler_core::change::Change;
use sutler_core::port::{CatalogReader as _, EventReader as _, SetupReader as _, StoreReader as _};
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::committed;
use sutler_store_conformance::{Known, Picture};
use sutler_store_sqlite::{OpenOptions, Restore, SqliteStore, restore};
use tempfile::TempDir;

const OVERWRITE: Restore = Restore { overwrite: true, uid: None };

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, OpenOptions { create: true, ..OpenOptions::default() }).unwrap()
}

/// Makes a shop with one of everything; returns what was said about it.
fn shop() -> (TempDir, PathBuf, Known) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = open(&path);
    let world = World::on(&store);
    let sets: Vec<_> = world.sweep().into_iter().map(|(_, set)| set).collect();
    let known = Known::of(&sets);
    for set in sets {
        committed(&store, set);
    }
    (folder, path, known)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_copy_shows_what_the_shop_showed() {
    let (folder, path, known) = shop();
    let copy = folder.path().join("copy.db");
    let store = open(&path);
    store.backup_to(&copy, false).unwrap();
    assert_eq!(store.backup_to(&copy, false).unwrap_err().code(), "store.exists");
    store.backup_to(&copy, true).unwrap();
    let before = Picture::of(&store, &known);
    committed(
        &store,
        World::new().set_of([Change::Cursor { consumer: "later".to_owned(), seq: 1 }]),
    );

    let opened = open(&copy);
    Picture::of(&opened, &known).assert_same(&before, "after copying");
    assert_eq!(opened.cursor("later").unwrap(), 0);
    assert!(opened.integrity().unwrap().is_empty());
    assert!(
        !names(folder.path()).iter().any(|name| name.contains("part")),
        "{:?}",
        names(folder.path())
    );
}

#[test]
fn a_copy_is_made_while_the_shop_is_written_to() {
    let (folder, path, _) = shop();
    let store = open(&path);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let (store, done) = (&store, &done);
            scope.spawn(move || {
                let world = World::new();
                for seq in 1.. {
                    let consumer = format!("worker {worker}");
                    let mut product = world.product();
                    // The worlds of the workers give the same ids.
                    product.id = sutler_core::id::ProductId::from_u128(
                        (1 << 100) + (worker << 64) + u128::from(seq),
                    );
                    product.handle =
                        sutler_core::catalog::Handle::new(format!("p-{worker}-{seq}")).unwrap();
                    product.variants.iter_mut().for_each(|variant| {
                        variant.id = sutler_core::id::VariantId::from_u128(product.id.to_u128());
                    });
                    let changes =
                        [Change::Cursor { consumer, seq }, Change::Product(Box::new(product))];
                    committed(store, world.set_of(changes));
                    if done.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        for round in 0..5 {
            let copy = folder.path().join(format!("copy-{round}.db"));
            store.backup_to(&copy, false).unwrap();
            let opened = open(&copy);
            let moved: u64 =
                (0..3).map(|worker| opened.cursor(&format!("worker {worker}")).unwrap()).sum();
            // One set moved a cursor and wrote a product; the copy has both or neither.
            assert_eq!(opened.catalog_size().unwrap().products, moved + 2, "round {round}");
            assert!(opened.integrity().unwrap().is_empty());
        }
        done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_copy_is_put_back_as_a_shop() {
    let (folder, path, known) = shop();
    let copy = folder.path().join("copy.db");
    let before = {
        let store = open(&path);
        store.backup_to(&copy, false).unwrap();
        let before = Picture::of(&store, &known);
        committed(
            &store,
            World::new().set_of([Change::Cursor { consumer: "later".to_owned(), seq: 1 }]),
        );
        before
    };
    let elsewhere = folder.path().join("elsewhere.db");
    restore(&copy, &elsewhere, Restore::default()).unwrap();
    Picture::of(&open(&elsewhere), &known).assert_same(&before, "after putting back elsewhere");

    assert_eq!(restore(&copy, &path, Restore::default()).unwrap_err().code(), "store.exists");
    assert_eq!(open(&path).cursor("later").unwrap(), 1, "nothing was replaced");
    restore(&copy, &path, OVERWRITE).unwrap();
    let store = open(&path);
    Picture::of(&store, &known).assert_same(&before, "after putting back");
    committed(
        &store,
        World::new().set_of([Change::Cursor { consumer: "again".to_owned(), seq: 1 }]),
    );
    assert!(
        !names(folder.path()).iter().any(|name| name.contains("restoring")),
        "{:?}",
        names(folder.path())
    );
}

#[test]
fn a_shop_that_went_back_in_time_gets_a_new_number() {
    let (folder, path, _) = shop();
    let copy = folder.path().join("copy.db");
    let old = {
        let store = open(&path);
        store.backup_to(&copy, false).unwrap();
        store.setup().unwrap().unwrap()
    };
    restore(&copy, &path, Restore { overwrite: true, uid: Some(42) }).unwrap();
    let new = open(&path).setup().unwrap().unwrap();
    assert_eq!((new.shop.uid, new.version), (42, old.version + 1));
    assert_eq!(new.shop.name, old.shop.name);
}

#[test]
fn a_shop_that_is_open_is_not_replaced() {
    let (folder, path, _) = shop();
    let copy = folder.path().join("copy.db");
    let store = open(&path);
    store.backup_to(&copy, false).unwrap();
    committed(
        &store,
        World::new().set_of([Change::Cursor { consumer: "later".to_owned(), seq: 1 }]),
    );
    let error = restore(&copy, &path, OVERWRITE).unwrap_err();
    assert_eq!(error.code(), "store.locked", "{error}");
    assert_eq!(store.cursor("later").unwrap(), 1);
    committed(
        &store,
        World::new().set_of([Change::Cursor { consumer: "later".to_owned(), seq: 2 }]),
    );
}

#[test]
fn a_copy_that_is_damaged_is_not_put_back() {
    let (folder, path, _) = shop();
    let copy = folder.path().join("copy.db");
    open(&path).backup_to(&copy, false).unwrap();
    // A digit that no check of pages can see.
    let conn = Connection::open(&copy).unwrap();
    conn.execute("UPDATE raw_ledger SET entries = replace(entries, ',50]', ',51]')", []).unwrap();
    drop(conn);
    let before = std::fs::read(&path).unwrap();
    let error = restore(&copy, &path, OVERWRITE).unwrap_err();
    assert_eq!(error.code(), "store.damaged");
    assert!(error.to_string().contains("stock.chain"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::write(&copy, "no database").unwrap();
    assert_eq!(restore(&copy, &path, OVERWRITE).unwrap_err().code(), "store.not_a_database");
    std::fs::remove_file(&copy).unwrap();
    assert_eq!(restore(&copy, &path, OVERWRITE).unwrap_err().code(), "store.missing");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(open(&path).integrity().unwrap().is_empty());
}

#[test]
fn a_copy_put_back_over_a_link_replaces_what_the_link_points_at() {
    let (folder, path, _) = shop();
    let (copy, link) = (folder.path().join("copy.db"), folder.path().join("link.db"));
    open(&path).backup_to(&copy, false).unwrap();
    std::os::unix::fs::symlink("shop.db", &link).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, private).unwrap();
    restore(&copy, &link, Restore { overwrite: true, uid: Some(7) }).unwrap();
    assert!(link.is_symlink());
    for place in [&path, &link] {
        assert_eq!(open(place).setup().unwrap().unwrap().shop.uid, 7);
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else may read the shop now");
    // A copy over a link, and one through a link to what is not there yet.
    std::os::unix::fs::symlink("later.db", folder.path().join("next.db")).unwrap();
    open(&path).backup_to(folder.path().join("next.db"), false).unwrap();
    assert!(folder.path().join("next.db").is_symlink());
    assert!(folder.path().join("later.db").is_file());
}

#[test]
fn what_is_no_file_does_not_become_one() {
    let (folder, path, _) = shop();
    let (copy, pipe) = (folder.path().join("copy.db"), folder.path().join("pipe"));
    let store = open(&path);
    store.backup_to(&copy, false).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for target in [&pipe, &folder.path().to_path_buf()] {
        for overwrite in [false, true] {
            let refused = store.backup_to(target, overwrite).unwrap_err();
            assert_eq!(refused.code(), "file.not_regular");
            let how = Restore { overwrite, uid: None };
            assert_eq!(restore(&copy, target, how).unwrap_err().code(), "file.not_regular");
        }
    }
    assert!(!pipe.is_file());
}
