//! The views that people and their tools read.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use rusqlite::Connection;
use rusqlite::types::Value;
use sutler_core::event::EventKind;
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::committed;
use sutler_store_sqlite::{OpenOptions, SqliteStore};
use tempfile::TempDir;

fn shop() -> (TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store =
        SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() }).unwrap();
    let world = World::on(&store);
    for (_, set) in world.sweep() {
        committed(&store, set);
    }
    drop(store);
    let conn = Connection::open(&path).unwrap();
    // As in a shell that does not trust what stands in files.
    conn.execute_batch("PRAGMA trusted_schema = OFF").unwrap();
    (folder, conn)
}

fn row(conn: &Connection, sql: &str) -> Vec<String> {
    let text = |value: Value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    let read = |row: &rusqlite::Row<'_>| (0..).map_while(|n| row.get(n).ok()).map(text).collect();
    conn.query_row(sql, [], |found| Ok(read(found)))
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[test]
fn every_view_can_be_read_and_none_shows_raw_bytes() {
    let (_folder, conn) = shop();
    let mut names =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(names.len() >= 25, "{names:?}");
    for name in names {
        let mut all = conn.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = all.column_count();
        let mut rows = all.raw_query();
        let mut seen = 0;
        while let Some(row) = rows.next().unwrap() {
            seen += 1;
            for column in 0..columns {
                let value: Value = row.get(column).unwrap();
                assert!(!matches!(value, Value::Blob(_) | Value::Real(_)), "{name}: {value:?}");
            }
        }
        assert!(
            seen > 0 || ["reservations", "payment_tasks"].contains(&name.as_str()),
            "{name} is empty"
        );
    }
}

#[test]
fn amounts_ids_and_times_are_readable() {
    let (_folder, conn) = shop();
    let order = row(
        &conn,
        "SELECT number, status, total, currency, city, lines FROM orders ORDER BY number LIMIT 1",
    );
    assert_eq!(order, ["1001", "placed", "27.37", "EUR", "Berlin", "1"]);
    let line = row(
        &conn,
        "SELECT line, sku, quantity, unit_price, subtotal, tax FROM order_lines WHERE number = 1001",
    );
    assert_eq!(line, ["1", "FROZEN-SKU", "2", "11.90", "23.80", "3.42"]);
    let stock =
        row(&conn, "SELECT on_hand, allocated, available FROM stock WHERE location = 'main'");
    assert_eq!(stock.len(), 3);
    let history = row(
        &conn,
        "SELECT movement, on_hand_change, quantity FROM stock_history WHERE location = 'main' ORDER BY seq LIMIT 1",
    );
    assert_eq!(history, ["received", "50", "50"]);
    let event =
        row(&conn, "SELECT event, data, order_number FROM events WHERE event = 'order.placed'");
    assert_eq!(event, ["order.placed", "27.37 EUR", "1001"]);
    let id = row(&conn, "SELECT id, created_at FROM orders LIMIT 1").join(" ");
    assert!(id.starts_with("ord_0198") && id.ends_with("Z"), "{id}");
    let fact = row(&conn, "SELECT fact, currency FROM payment_facts LIMIT 1");
    assert_eq!(fact.get(1).map(String::as_str), Some("EUR"));
}

#[test]
fn views_find_single_records_without_walking() {
    let (_folder, conn) = shop();
    for sql in [
        "SELECT * FROM variants WHERE sku = 'x'",
        "SELECT * FROM orders WHERE number = 1",
        "SELECT * FROM order_lines WHERE number = 1",
    ] {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            let walks = step.starts_with("SCAN ")
                && !step.contains("VIRTUAL TABLE")
                && !step.contains(" ch");
            assert!(!walks, "{sql}: {step}");
        }
    }
}

#[test]
fn the_view_of_events_has_the_word_of_every_kind() {
    let (_folder, conn) = shop();
    let view = row(&conn, "SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = 'events'");
    let missing: Vec<&str> = EventKind::ALL
        .iter()
        .filter(|kind| !view[0].contains(&format!("WHEN {} THEN '{}'", kind.number(), kind.word())))
        .map(|kind| kind.word())
        .collect();
    assert_eq!(missing, [""; 0]);
}
