//! Damage that SQLite cannot see, and that `integrity` must.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sutler_core::event::StoredEvent;
use sutler_core::inventory::StoredMovement;
use sutler_core::port::{EventReader as _, StockReader as _, Store as _, StoreReader as _};
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::committed;
use sutler_store_sqlite::{OpenOptions, SqliteStore};
use tempfile::TempDir;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, OpenOptions { create: true, ..OpenOptions::default() }).unwrap()
}

/// Makes a shop with one of everything.
fn shop() -> (TempDir, PathBuf, World) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = open(&path);
    let world = World::on(&store);
    for (_, set) in world.sweep() {
        committed(&store, set);
    }
    assert!(store.integrity().unwrap().is_empty());
    (folder, path, world)
}

#[test]
fn every_change_behind_the_back_of_the_store_is_found() {
    for (sql, check) in [
        // Ledgers.
        ("UPDATE raw_ledger SET entries = replace(entries, ',50]', ',51]')", "stock.chain"),
        ("UPDATE raw_ledger SET at = at + 1 WHERE seq = 1", "stock.chain"),
        ("UPDATE raw_ledger SET kind = 6 WHERE kind = 0 AND seq = 1", "stock.chain"),
        ("UPDATE raw_ledger SET links = zeroblob(length(links)) WHERE seq = 1", "stock.chain"),
        (
            "UPDATE raw_ledger SET cause = NULL, cause_kind = NULL WHERE cause IS NOT NULL",
            "stock.chain",
        ),
        ("DELETE FROM raw_ledger WHERE seq = 1", "stock.chain"),
        (
            "DELETE FROM raw_ledger WHERE (location, seq) IN (SELECT location, max(seq) FROM raw_ledger GROUP BY 1)",
            "stock.chain",
        ),
        ("UPDATE raw_ledger_head SET hash = zeroblob(32)", "stock.chain"),
        ("DELETE FROM raw_ledger_head", "stock.chain"),
        // Levels and reservations.
        ("UPDATE raw_level SET on_hand = on_hand + 1", "stock.level"),
        ("UPDATE raw_level SET last_seq = last_seq - 1", "stock.level"),
        ("DELETE FROM raw_level", "stock.level"),
        (
            "INSERT INTO raw_reservation SELECT variant, location, 1, zeroblob(16), 1 FROM raw_level LIMIT 1",
            "stock.reserved",
        ),
        // Events.
        ("UPDATE raw_event SET at = at + 1 WHERE seq = 3", "event.chain"),
        ("UPDATE raw_event SET command = zeroblob(16) WHERE seq = 3", "event.chain"),
        ("UPDATE raw_event SET kind = 2 WHERE seq = 1", "event.chain"),
        ("UPDATE raw_event SET data = data + 1 WHERE typeof(data) = 'integer'", "event.chain"),
        ("UPDATE raw_event SET link = link + 1 WHERE seq = 2", "event.chain"),
        ("UPDATE raw_event SET subject_seq = subject_seq + 1 WHERE seq = 2", "event.chain"),
        ("DELETE FROM raw_event WHERE seq = 2", "event.chain"),
        ("DELETE FROM raw_event WHERE seq = (SELECT max(seq) FROM raw_event)", "event.chain"),
        ("UPDATE raw_event_head SET seq = seq + 1", "event.chain"),
        ("UPDATE raw_event_subject SET last = last + 1", "event.subject"),
        ("UPDATE raw_order SET events = events + 1", "event.subject"),
        // Orders and what they share.
        ("UPDATE raw_order SET total = total + 1", "order.row"),
        ("UPDATE raw_order SET lines = replace(lines, '1190', 'x')", "order.row"),
        ("UPDATE raw_order SET counts = '[[1,0,99]]'", "order.line"),
        ("DELETE FROM raw_order_log WHERE version = 2", "order.log"),
        ("UPDATE raw_frozen SET data = replace(data, 'blanket', 'Blanket')", "order.words"),
        // Others.
        ("UPDATE raw_product SET data = replace(data, '\"title\"', '\"titel\"')", "product.row"),
        ("UPDATE raw_cart SET lines = '[[1,99999]]'", "cart.row"),
        ("UPDATE raw_checkout SET payment = 99999 WHERE payment IS NOT NULL", "checkout.row"),
        ("UPDATE raw_payment SET currency = 'XXX'", "payment.row"),
        ("UPDATE raw_counter SET value = value + 1 WHERE name = 'variants'", "catalog.size"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM raw_payment", "store.reference"),
        // Columns to look up by, and counters.
        ("UPDATE raw_variant SET sku = 'OTHER' WHERE sku IS NOT NULL", "variant.row"),
        ("UPDATE raw_variant SET sku = lower(sku) WHERE sku IS NOT NULL", "variant.row"),
        ("UPDATE raw_variant SET barcode = '4006381333931'", "variant.row"),
        ("UPDATE raw_variant SET retired = 1 - retired", "variant.row"),
        (
            "PRAGMA foreign_keys = OFF; UPDATE raw_variant SET product = product + 1000",
            "variant.row",
        ),
        ("DELETE FROM raw_variant", "variant.row"),
        (
            "INSERT INTO raw_variant SELECT zeroblob(16), product, sku, barcode, 1 FROM raw_variant LIMIT 1",
            "variant.row",
        ),
        ("UPDATE raw_product SET handle = 'the-same'", "product.row"),
        ("UPDATE raw_currency SET exponent = 3 WHERE code = 'EUR'", "currency.row"),
        ("UPDATE raw_currency SET unit = 1000 WHERE code = 'EUR'", "currency.row"),
        ("DELETE FROM raw_currency WHERE code = 'EUR'", "currency.row"),
        ("UPDATE raw_setup SET code = 'other' WHERE kind = 2 AND code = 'web'", "setup.row"),
        ("UPDATE raw_setup SET id = zeroblob(16) WHERE kind = 1", "setup.row"),
        ("UPDATE raw_setup SET version = version + 1 WHERE kind = 3", "setup.row"),
        ("UPDATE raw_tax_rate SET name = name || '!'", "setup.row"),
        ("UPDATE raw_tax_rate SET zone = zeroblob(16)", "setup.row"),
        ("UPDATE raw_promotion_count SET uses = uses + 1 WHERE counter <> ''", "promotion.count"),
        ("UPDATE raw_promotion_count SET units = units + 1 WHERE counter LIKE '=%'", "promotion.count"),
        ("UPDATE raw_promotion_count SET amount = amount + 1 WHERE counter = '$EUR'", "promotion.count"),
        ("UPDATE raw_promotion_count SET counter = '#SUMMER' WHERE counter = '#SPRING'", "promotion.count"),
        ("UPDATE raw_promotion_use SET coupon = NULL", "promotion.count"),
        ("UPDATE raw_promotion_use SET customer = 'nobody'", "promotion.count"),
        ("UPDATE raw_coupon SET batch = 99999", "coupon.row"),
        ("UPDATE raw_order SET buyer = 'somebody'", "order.row"),
        ("DELETE FROM raw_promotion_use", "promotion.count"),
        (
            "INSERT INTO raw_price_past SELECT variant, list, min_quantity, since, since + 1, amount, currency, NULL, NULL
             FROM raw_price LIMIT 1",
            "price.history",
        ),
        ("UPDATE raw_price_list_since SET data = replace(data, '\"priority\":0', '\"priority\":1')", "price.history"),
        ("UPDATE raw_ledger SET nr = 1", "stock.chain"),
        ("UPDATE raw_counter SET value = value + 1 WHERE name = 'movements'", "stock.chain"),
        (
            "UPDATE raw_event_subject SET id = zeroblob(16) WHERE id = (SELECT min(id) FROM raw_event_subject)",
            "event.subject",
        ),
    ] {
        let (_folder, path, _) = shop();
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(sql).unwrap();
        assert!(conn.total_changes() > 0, "{sql} changes something");
        drop(conn);
        let findings = open(&path).integrity().unwrap();
        assert!(
            findings.iter().any(|finding| finding.check == check),
            "{sql} must be found as {check}: {findings:?}"
        );
    }
}

#[test]
fn a_level_that_forgot_when_its_reservations_expire_is_found() {
    for sql in [
        "UPDATE raw_level SET next_expiry = next_expiry + 1",
        "UPDATE raw_level SET next_expiry = NULL",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let store = open(&path);
        let world = World::on(&store);
        let key = world.stocked(&store, 5);
        let later = sutler_store_conformance::given::after(900);
        committed(&store, world.reserve(key, 1, later));
        assert!(store.integrity().unwrap().is_empty());
        assert_eq!(Connection::open(&path).unwrap().execute(sql, []).unwrap(), 1);
        let found = store.integrity().unwrap();
        assert!(found.iter().any(|finding| finding.check == "stock.reserved"), "{sql}: {found:?}");
    }
}

/// What ledgers and events say, as far as they can be read.
type Told = (Option<Vec<StoredMovement>>, Option<Vec<StoredEvent>>);

fn told(store: &SqliteStore, world: &World) -> Told {
    let places = [world.location.id, world.second_location.id];
    let ledgers: Result<Vec<_>, _> =
        places.into_iter().map(|id| store.stock_ledger(id, 0, 10_000)).collect();
    (ledgers.ok().map(|ledgers| ledgers.concat()), store.events(0, 10_000).ok())
}

/// Flips bits of the pages that hold ledgers and events. Each flip either changes nothing that is told, or is found.
#[test]
fn flipped_bits_in_ledgers_and_events_are_found() {
    let (folder, path, world) = shop();
    let truth = {
        let store = open(&path);
        told(&store, &world)
    };
    let pages: Vec<usize> = {
        let conn = Connection::open(&path).unwrap();
        let sql = "SELECT pageno FROM dbstat WHERE name IN ('raw_ledger', 'raw_event', 'raw_ledger_head', 'raw_event_head')";
        let mut pages = conn.prepare(sql).unwrap();
        let numbers = pages.query_map([], |row| row.get::<_, u32>(0)).unwrap();
        numbers.map(|number| usize::try_from(number.unwrap()).unwrap()).collect()
    };
    let whole = std::fs::read(&path).unwrap();
    let flipped = folder.path().join("flipped.db");
    let (mut found, mut silent) = (0, 0);
    for (turn, page) in pages.iter().cycle().take(240).enumerate() {
        let mut bytes = whole.clone();
        // Pages fill from their end; a step that shares no factor with the page reaches everywhere.
        let place = (page - 1) * 4_096 + (4_095 - (turn * 37) % 2_048);
        *bytes.get_mut(place).unwrap() ^= 1 << (turn % 8);
        std::fs::write(&flipped, &bytes).unwrap();
        let noticed = match SqliteStore::open(&flipped, OpenOptions::default()) {
            Err(_) => true,
            Ok(store) => {
                let noticed = store.integrity().map_or(true, |findings| !findings.is_empty());
                assert!(
                    noticed || told(&store, &world) == truth,
                    "a flip at {place} changes what is told and is not found"
                );
                noticed
            }
        };
        if noticed {
            found += 1;
        } else {
            silent += 1;
        }
    }
    assert!(found > 40, "{found} flips were found, {silent} changed nothing");
}

/// A level that promises more than there is stops the sale of that variant, not of the shop.
#[test]
fn a_broken_level_stops_its_own_sales_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let store = open(&path);
    let world = World::on(&store);
    let (broken, whole) = (world.stocked(&store, 5), world.stocked(&store, 5));
    drop(store);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    let sql = "UPDATE raw_level SET reserved = 9 WHERE variant = (SELECT key FROM raw_short WHERE id = ?1)";
    assert_eq!(conn.execute(sql, [broken.variant.to_bytes()]).unwrap(), 1);
    drop(conn);

    let store = open(&path);
    let later = sutler_store_conformance::given::after(900);
    let error = store.commit(world.reserve(broken, 1, later)).unwrap_err();
    assert_eq!(error.code, "store.damaged");
    committed(&store, world.reserve(whole, 1, later));
    assert!(store.integrity().unwrap().iter().any(|finding| finding.check == "stock.level"));
}

#[test]
fn the_past_of_prices_cannot_be_changed() {
    let (_folder, path, _) = shop();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "UPDATE raw_price SET since = since + 10;
         INSERT INTO raw_price_past SELECT variant, list, min_quantity, since - 10, since, amount, currency, NULL, NULL
         FROM raw_price LIMIT 1;
         INSERT INTO raw_price_list_since SELECT list, since - 10, data FROM raw_price_list_since",
    )
    .unwrap();
    for sql in [
        "UPDATE raw_price_past SET amount = 1",
        "DELETE FROM raw_price_past",
        "UPDATE raw_price_list_since SET data = '{}'",
        "UPDATE raw_price_list_since SET since = since + 1",
        "DELETE FROM raw_price_list_since",
    ] {
        let refused = conn.execute_batch(sql).unwrap_err().to_string();
        assert!(refused.contains("never"), "{sql}: {refused}");
    }
    drop(conn);
    assert_eq!(open(&path).integrity().unwrap(), []);
}
