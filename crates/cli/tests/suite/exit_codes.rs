//! Each exit code, and what leads to it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::place::Place;

#[test]
fn zero_is_done() {
    Place::empty().run(&["--version"]).with_code(0);
    Place::demo().run(&["verify"]).with_code(0);
}

#[test]
fn one_is_a_failure_and_what_verify_finds() {
    let place = Place::demo();
    let tampered = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    tampered.execute("UPDATE raw_level SET on_hand = on_hand + 1", []).unwrap();
    tampered.close().unwrap();
    let found = place.run(&["verify"]).with_code(1);
    assert!(found.stdout.contains("stock.level"), "{}", found.stdout);
    let doctor = place.run(&["doctor", "--json"]).with_code(1).json();
    assert_eq!(doctor["ok"], false);
    place.run(&["export", "no/such/folder/out.csv"]).with_code(1);
}

#[test]
fn two_is_a_wrong_command_line() {
    let place = Place::empty();
    place.run(&[]).with_code(2);
    place.run(&["order", "show", "x"]).with_code(2);
    place.run(&["init"]).with_code(2);
}

#[test]
fn three_is_not_there() {
    let place = Place::demo();
    place.run(&["order", "show", "1001"]).with_code(3);
    place.run(&["product", "show", "nothing-like-this"]).with_code(3);
    place.run(&["cart", "show", "cart_00000000000000000000000000000001"]).with_code(3);
    place.run(&["stock", "show", "FEN-SKIL-26", "--store", "sqlite:elsewhere.db"]).with_code(3);
    place.run(&["stock", "receive", "FEN-SKIL-26", "1", "--location", "moon"]).with_code(3);
}

#[test]
fn four_is_a_conflict_or_a_shortage() {
    let place = Place::demo();
    place.run(&["init", "--demo"]).with_code(4);
    let cart = place.cart("FEN-SKIL-26", "5000");
    place.checkout(&cart, "test:ok", &[]).with_code(4);
    place
        .run(&["stock", "correct", "FEN-SKIL-26", "1", "--reason", "count", "--expect", "1"])
        .with_code(4);
}

#[test]
fn five_is_invalid_input_and_nothing_was_written() {
    let place = Place::demo();
    place.write("cut.csv", "Handle,Title,Variant Price\nhat,Hat,1.00\ncap,\"Cap");
    place.run(&["import", "cut.csv"]).with_code(5);
    place.run(&["product", "show", "hat"]).with_code(3);
    place.write("bad.csv", "Handle,Title,Variant Price\nhat,Hat,1.00\ncap,Cap,N/A\n");
    place.run(&["import", "bad.csv", "--strict"]).with_code(5);
    place.run(&["product", "show", "hat"]).with_code(3);
}

#[test]
fn six_is_finished_with_rejects() {
    let place = Place::demo();
    place.write("bad.csv", "Handle,Title,Variant Price\nhat,Hat,1.00\ncap,Cap,N/A\n");
    place.run(&["import", "bad.csv", "--dry-run"]).with_code(6);
    place.run(&["product", "show", "hat"]).with_code(3);
    place.run(&["import", "bad.csv"]).with_code(6);
    place.run(&["product", "show", "hat"]).with_code(0);
}

#[test]
fn seven_is_locked() {
    let place = Place::demo();
    let lock =
        std::fs::File::options().read(true).write(true).open(place.file("sutler.db-lock")).unwrap();
    lock.lock().unwrap();
    let ended = place.run(&["cart", "new"]).with_code(7);
    assert!(ended.stderr.contains("error[store.locked]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("help: "), "{}", ended.stderr);
    drop(lock);
    place.run(&["cart", "new"]).with_code(0);
}

#[test]
fn eight_is_a_store_of_another_version() {
    let place = Place::demo();
    let newer = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    let row = "INSERT INTO raw_migration (number, name, sha256, program) VALUES (9999, 'later', zeroblob(32), 'sutler 9')";
    newer.execute(row, []).unwrap();
    newer.close().unwrap();
    let ended = place.run(&["order", "list"]).with_code(8);
    assert!(ended.stderr.contains("error[store.newer]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("help: install the newer Sutler"), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_hundred_and_thirty_is_interrupted_at_a_batch_border_and_the_import_goes_on() {
    let place = Place::demo();
    let mut rows = "Handle,Title,Variant SKU,Variant Price\n".to_owned();
    let products = 6_000;
    for n in 0..products {
        rows.push_str(&format!("cap-{n},Cap {n},CAP-{n},{}.50\n", n % 90 + 1));
    }
    place.write("caps.csv", rows);
    let words = ["import", "caps.csv", "--batch", "20", "--json"];
    let child =
        place.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while place.run(&["product", "show", "cap-200", "--quiet"]).code != 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the import never began");
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let ended = crate::place::Ended::from(child.wait_with_output().unwrap()).with_code(130);
    let told = ended.json();
    assert_eq!(told["error"]["code"], "interrupted");
    assert!(told["error"]["help"].as_str().unwrap().contains("goes on"), "{told}");
    place.run(&["verify", "--quiet"]).with_code(0);
    let resumed = place.run(&words).with_code(0).json();
    assert!(resumed["resumed_after"].as_u64() > Some(0), "{resumed}");
    assert!(resumed["created"].as_u64() < Some(products), "{resumed}");
    let again = place.run(&["import", "caps.csv", "--json"]).with_code(0).json();
    assert_eq!((again["created"].clone(), again["unchanged"].clone()), (0.into(), products.into()));
}

/// Who only reads does not wait for who writes.
#[test]
fn reading_goes_on_while_somebody_else_writes() {
    let place = Place::busy();
    place.run(&["search", "tent"]).with_code(0);
    let lock =
        std::fs::File::options().read(true).write(true).open(place.file("sutler.db-lock")).unwrap();
    lock.lock().unwrap();
    let writing = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    writing.execute_batch("BEGIN IMMEDIATE; UPDATE raw_level SET on_hand = on_hand + 1").unwrap();
    let reads: [&[&str]; 19] = [
        &["product", "list"],
        &["product", "show", "FEN-SKIL-26"],
        &["category", "tree"],
        &["price", "show", "FEN-SKIL-26"],
        &["price", "history", "FEN-SKIL-26"],
        &["search", "tent"],
        &["search", "tent", "--json"],
        &["stock", "show", "FEN-SKIL-26"],
        &["stock", "history", "FEN-SKIL-26"],
        &["location", "list"],
        &["promotion", "list"],
        &["order", "list"],
        &["order", "show", "1001"],
        &["explain", "1001"],
        &["fulfill", "plan", "1001"],
        &["events", "tail"],
        &["export", "out.csv"],
        &["backup", "copy.db"],
        &["verify"],
    ];
    for words in reads {
        place.run(words).with_code(0);
    }
    writing.execute_batch("ROLLBACK").unwrap();
    drop(lock);
    place.run(&["cart", "new"]).with_code(0);
}
