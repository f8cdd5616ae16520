//! Backups that are put back: while the shop sells, by programs that are ended halfway, beside the shop they came from.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fixture::load::Load;
use fixture::{Schema, address, admin};
use sutler_core::port::{Retry, SetupReader as _, StockReader as _, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_postgres::{
    Address, OpenError, OpenOptions, PostgresStore, Restore, backup, drop_shop, open_source,
    restore,
};

/// Set for a child process: the backup, and the shop that it is to replace.
const WORKER: &str = "SUTLER_TEST_RESTORE";

const REPLACE: Restore = Restore { overwrite: true, uid: None };

fn put_back(file: &Path, shop: &Address, how: Restore) -> Result<(), OpenError> {
    restore(file, shop, how, &mut |store| store.integrity())
}

/// Returns the schemas that no address can name and that are not the server's own.
fn leftovers(of: &Address) -> Vec<String> {
    let shop = of.shop();
    admin(&format!(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE '\\_%{shop}%' OR nspname LIKE '{shop}\\_%' ORDER BY 1"
    ))
}

#[test]
fn a_shop_sells_on_while_it_is_replaced_and_nobody_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    load.during(|load| {
        load.goes_on();
        backup(schema.address(), &file, false).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !done.load(std::sync::atomic::Ordering::SeqCst) {
                        assert_eq!(schema.store().stock_level_page(None, 9).unwrap().len(), 1);
                    }
                });
            }
            for _ in 0..3 {
                load.goes_on();
                put_back(&file, schema.address(), REPLACE).unwrap();
                load.goes_on();
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
    });
    assert!(load.on_hand() < load.acknowledged(), "it went back in time");
    // Every commit was of one of the two shops: none began in one and ended in the other.
    assert_eq!(schema.store().integrity().unwrap(), []);
    assert_eq!(leftovers(schema.address()), [""; 0]);
}

/// How a program is ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Ctrl-C: it and all that it started.
    Interrupt,
    /// It alone, by signal 9.
    Kill,
}

fn worker(file: &Path, shop: &Address) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_restore_that_is_ended", "--nocapture", "--test-threads=1"])
        .env(WORKER, format!("{};{shop}", file.display()))
        .process_group(0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The child of the test below; by itself it has nothing to do.
#[test]
fn a_restore_that_is_ended() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let (file, shop) = work.split_once(';').unwrap();
    put_back(Path::new(file), &shop.parse().unwrap(), REPLACE).unwrap();
}

#[test]
fn a_restore_that_is_ended_leaves_the_shop_that_stands_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    (0..20).for_each(|_| load.commit());
    backup(schema.address(), &file, false).unwrap();
    (0..20).for_each(|_| load.commit());
    let mut ended = 0;
    for step in 1..=16 {
        for end in [End::Interrupt, End::Kill] {
            let mut child = worker(&file, schema.address());
            std::thread::sleep(Duration::from_millis(step * 60));
            match end {
                End::Interrupt => {
                    let group = format!("kill -INT -{}", child.id());
                    assert!(Command::new("sh").args(["-c", &group]).status().unwrap().success());
                }
                End::Kill => child.kill().unwrap(),
            }
            let was_ended = !child.wait().unwrap().success();
            let again = PostgresStore::open(schema.address(), OpenOptions::default())
                .unwrap_or_else(|error| panic!("after {end:?} at step {step}: {error}"));
            let level = again.stock_level_page(None, 1).unwrap()[0].1.on_hand;
            // A program may be ended when its work is done.
            assert!([20, 40].contains(&level), "{level} after {end:?} at step {step}");
            assert_eq!(again.integrity().unwrap(), []);
            ended += u32::from(was_ended && level == 40);
            if level == 20 {
                drop(again);
                (0..20).for_each(|_| load.commit());
            }
        }
    }
    assert!(ended > 5, "{ended} were ended halfway");
    // What they left is taken away by one that goes through, also where a part of one is still at work.
    put_back(&file, schema.address(), REPLACE).unwrap();
    assert_eq!(leftovers(schema.address()), [""; 0]);
    assert_eq!(schema.store().stock_level_page(None, 1).unwrap()[0].1.on_hand, 20);
}

#[test]
fn a_backup_stands_under_another_name_beside_the_shop_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    (0..3).for_each(|_| load.commit());
    backup(schema.address(), &file, false).unwrap();
    load.commit();
    let other = address();
    put_back(&file, &other, Restore::default()).unwrap();
    let level = |of: &Address| {
        let store = PostgresStore::open(of, OpenOptions::default()).unwrap();
        store.stock_level_page(None, 1).unwrap()[0].1.on_hand
    };
    assert_eq!((level(schema.address()), level(&other)), (4, 3));
    let taken = put_back(&file, &other, Restore::default()).unwrap_err();
    assert!(matches!(taken, OpenError::Exists { .. }), "{taken}");
    load.is_exact();
    drop_shop(&other).unwrap();
}

#[test]
fn one_restore_of_a_shop_is_made_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    load.commit();
    backup(schema.address(), &file, false).unwrap();
    let shop = schema.address().shop().to_owned();
    std::thread::scope(|scope| {
        let turn = format!("hashtextextended('sutler restore into {shop}', 0)");
        scope.spawn(move || admin(&format!("SELECT pg_advisory_lock({turn}), pg_sleep(15)")));
        std::thread::sleep(Duration::from_millis(500));
        let refused = put_back(&file, schema.address(), REPLACE).unwrap_err();
        assert!(matches!(refused, OpenError::Restoring { .. }), "{refused}");
        assert_eq!((refused.code(), refused.retry()), ("store.locked", Retry::Later));
    });
    load.is_exact();
}

/// A program keeps the set-up by its version, and both shops may have come to the same one.
#[test]
fn a_program_that_goes_on_sees_the_set_up_that_was_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    let schema = Schema::empty();
    let store = schema.store();
    World::on(store);
    backup(schema.address(), &file, false).unwrap();
    let before = store.setup().unwrap().unwrap().version;
    // As if another program had given the shop another name.
    let shop = schema.address().shop();
    admin(&format!(
        "UPDATE {shop}.raw_setup SET data = jsonb_set(data::jsonb, '{{name}}', '\"Renamed\"')::json WHERE kind = 1;
         UPDATE {shop}.raw_counter SET value = value + 1 WHERE name = 'setup_version'"
    ));
    let renamed = store.setup().unwrap().unwrap();
    assert_eq!((renamed.version, renamed.shop.name.as_str()), (before + 1, "Renamed"));
    let how = Restore { uid: Some(7), ..REPLACE };
    put_back(&file, schema.address(), how).unwrap();
    let again = PostgresStore::open(schema.address(), OpenOptions::default()).unwrap();
    assert_eq!(store.setup().unwrap(), again.setup().unwrap());
    assert_eq!(store.setup().unwrap().unwrap().shop.uid, 7);
}

/// Returns where the sums begin in a backup.
fn sums_at(bytes: &[u8]) -> usize {
    bytes.windows(10).rposition(|window| window == b"{\"tables\":").unwrap()
}

#[test]
fn a_shop_that_is_not_what_was_backed_up_does_not_take_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let (monday, tuesday) = (folder.path().join("monday.dump"), folder.path().join("tuesday.dump"));
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    load.commit();
    backup(schema.address(), &monday, false).unwrap();
    // Something that no chain and no counter knows of.
    let shop = schema.address().shop();
    admin(&format!("UPDATE {shop}.raw_writer SET at = at + interval '1 second'"));
    backup(schema.address(), &tuesday, false).unwrap();
    let (old, new) = (std::fs::read(&monday).unwrap(), std::fs::read(&tuesday).unwrap());
    let damaged = |bytes: &[u8]| {
        std::fs::write(&monday, bytes).unwrap();
        match put_back(&monday, schema.address(), REPLACE).unwrap_err() {
            OpenError::Damaged { what, .. } => what,
            other => panic!("{other}"),
        }
    };
    let mixed = [&old[..sums_at(&old)], &new[sums_at(&new)..]].concat();
    let told = damaged(&mixed);
    assert!(told.contains("raw_writer is another one") && told.contains("1 rows then"), "{told}");
    // What pg_dump wrote by other hands has no sums, and neither has a file that was cut just there.
    for cut in [sums_at(&old), old.len() - 1] {
        assert!(damaged(&old[..cut]).contains("its end is missing"));
    }
    load.is_exact();
    assert_eq!(leftovers(schema.address()), [""; 0]);
    std::fs::write(&monday, &old).unwrap();
    put_back(&monday, schema.address(), REPLACE).unwrap();
}

#[test]
fn what_is_off_in_a_backup_is_found_before_it_takes_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    let schema = Schema::empty();
    let load = Load::new(schema.store());
    load.commit();
    let shop = schema.address().shop();
    let set = |units: u32| admin(&format!("UPDATE {shop}.raw_level SET on_hand = {units}"));
    set(7);
    backup(schema.address(), &file, false).unwrap();
    set(1);
    let told = put_back(&file, schema.address(), REPLACE).unwrap_err().to_string();
    assert!(told.contains("stock.level"), "{told}");
    load.is_exact();
    assert_eq!(leftovers(schema.address()), [""; 0]);
}

#[test]
fn a_backup_and_a_copy_leave_the_schema_of_an_older_shop_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("before-the-upgrade.dump");
    let schema = Schema::empty();
    let shop = schema.address().shop();
    Load::new(schema.store()).commit();
    admin(&format!(
        "DROP TABLE {shop}.raw_copy; DELETE FROM {shop}.raw_migration WHERE number > 8"
    ));
    let number = |of: &str| admin(&format!("SELECT max(number) FROM {of}.raw_migration")).remove(0);
    backup(schema.address(), &file, false).unwrap();
    let refused = open_source(schema.address(), OpenOptions::default()).err().unwrap();
    assert!(matches!(refused, OpenError::Older { found: 8, .. }), "{refused}");
    assert_eq!(number(shop), "8");
    // Put back, it is brought to the schema of today, beside.
    let other = address();
    put_back(&file, &other, Restore::default()).unwrap();
    assert_ne!(number(other.shop()), "8");
    assert_eq!(number(shop), "8");
    drop_shop(&other).unwrap();
}
