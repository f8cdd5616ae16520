//! The checkup: everything is looked at, and nothing that is found ends it.

use serde_json::Value;

use crate::place::{Ended, Place};

/// Returns the outcome of a check: the worst of those with its name.
fn outcome(told: &Value, name: &str) -> String {
    let checks = told["checks"].as_array().unwrap();
    let of = |wanted: &str| {
        checks.iter().any(|check| check["name"] == name && check["outcome"] == wanted)
    };
    let found = ["failed", "warning", "ok"].into_iter().find(|wanted| of(wanted));
    found.unwrap_or_else(|| panic!("{name} was not looked at: {told}")).to_owned()
}

/// Replaces what differs from machine to machine.
fn shown(ended: &Ended) -> String {
    let shown = ended.shown();
    let lines = shown.lines().map(|line| match line.split_whitespace().nth(1) {
        Some(name @ ("program" | "disk" | "clock" | "database" | "journal")) => {
            format!("{:<8}{name:<16}…\n", line.split_whitespace().next().unwrap())
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn a_shop_that_is_well() {
    let place = Place::busy();
    insta::assert_snapshot!(shown(&place.run(&["doctor"]).with_code(0)));
}

#[test]
fn a_damaged_shop_is_looked_at_to_the_end() {
    let place = Place::busy();
    let path = place.file("sutler.db");
    let roots = ["raw_currency", "raw_price"].map(|table| {
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let conn = rusqlite::Connection::open(&path).unwrap();
        let root: u32 = conn.query_row(root, [table], |row| row.get(0)).unwrap();
        usize::try_from(root).unwrap()
    });
    let mut bytes = std::fs::read(&path).unwrap();
    for root in roots {
        let at = (root - 1) * 4096;
        bytes[at + 8..at + 300].fill(0xff);
    }
    std::fs::write(&path, bytes).unwrap();
    let told = place.run(&["doctor", "--json"]).with_code(1).json();
    for (name, wanted) in [
        ("database", "ok"),
        ("kind", "ok"),
        ("schema", "ok"),
        ("settings", "ok"),
        ("lock", "ok"),
        ("pages", "failed"),
    ] {
        assert_eq!(outcome(&told, name), wanted, "{name}: {told}");
    }
    let pages = told["checks"].as_array().unwrap().iter();
    let pages = pages.filter(|check| check["name"] == "pages").count();
    assert!(pages > 1, "more than the first is told: {told}");
    assert!(told["failed"].as_u64().unwrap() > 1, "{told}");
}

#[test]
fn a_foreign_a_cut_and_a_missing_file_are_findings() {
    let place = Place::demo();
    rusqlite::Connection::open(place.file("other.db"))
        .unwrap()
        .execute_batch("CREATE TABLE notes (text)")
        .unwrap();
    place.write("notes.txt", "no database, ".repeat(400));
    let whole = std::fs::read(place.file("sutler.db")).unwrap();
    place.write("cut.db", &whole[..whole.len() / 2]).write("empty.db", "");
    for (file, name) in [
        ("other.db", "kind"),
        ("notes.txt", "database"),
        ("cut.db", "database"),
        ("empty.db", "database"),
        ("nothing.db", "file"),
    ] {
        let store = format!("sqlite:{file}");
        let told = place.run(&["doctor", "--json", "--store", &store]).with_code(1).json();
        assert_eq!(outcome(&told, name), "failed", "{file}: {told}");
        assert_eq!(outcome(&told, "program"), "ok");
        assert_eq!(told["ok"], false);
    }
    assert!(!place.file("nothing.db").exists());
}

#[test]
fn a_shop_of_an_older_schema_is_not_changed_by_looking() {
    let place = Place::demo();
    let conn = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    let newest: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    conn.execute("DELETE FROM raw_migration WHERE number = ?1", [newest]).unwrap();
    conn.execute_batch(&format!("PRAGMA user_version = {}", newest - 1)).unwrap();
    drop(conn);
    let told = place.run(&["doctor", "--json"]).with_code(0).json();
    assert_eq!(outcome(&told, "schema"), "warning");
    assert_eq!(outcome(&told, "opening"), "warning");
    assert_eq!(outcome(&told, "pages"), "ok");
    let conn = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    let now: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(now, newest - 1);
}

#[test]
fn an_index_that_is_damaged_is_seen_and_mended() {
    let place = Place::demo();
    let folder = place.file("sutler.db-search");
    let store = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "store"))
        .unwrap();
    let mut bytes = std::fs::read(&store).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0x10;
    std::fs::write(&store, bytes).unwrap();
    let told = place.run(&["doctor", "--json"]).with_code(0).json();
    assert_eq!(outcome(&told, "index"), "warning", "{told}");
    assert_eq!(told["warnings"], 1, "{told}");
    let mended = place.run(&["doctor", "--fix", "--json"]).with_code(0).json();
    assert_eq!(mended["fixed"].as_array().map(Vec::len), Some(1), "{mended}");
    let told = place.run(&["doctor", "--json"]).with_code(0).json();
    assert_eq!((outcome(&told, "index").as_str(), &told["warnings"]), ("ok", &0.into()));
}

/// A record that cannot be read does not end `verify`: what it is, is told.
#[test]
fn verify_names_a_record_that_cannot_be_read() {
    let place = Place::busy();
    let conn = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    assert_ne!(conn.execute("UPDATE raw_payment SET currency = '?'", []).unwrap(), 0);
    drop(conn);
    let told = place.run(&["verify", "--json"]).with_code(1).json();
    let checks: Vec<&str> =
        told["findings"].as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()).collect();
    assert!(checks.contains(&"payment.row") && checks.contains(&"store.read"), "{told}");
    assert_eq!(outcome(&place.run(&["doctor", "--json"]).with_code(1).json(), "books"), "failed");
}
