//! Saying yes, and saying the same twice: what is asked before, and what a key makes of a repeated call.

use crate::place::Place;

/// Runs a line twice under one key, and once more under the same key with other content.
#[track_caller]
fn under_one_key(place: &Place, line: &str, other: &str) -> (serde_json::Value, serde_json::Value) {
    let run = |line: &str| place.shell(&format!("sutler {line} --key k-4711 --json"), &[]);
    let first = run(line).with_code(0).json();
    let second = run(line).with_code(0).json();
    assert_eq!(run(other).with_code(4).json()["error"]["code"], "key.reused", "{other}");
    (first, second)
}

#[test]
fn a_key_makes_a_repeated_stock_command_one_command() {
    for (line, other) in [
        (
            "stock correct FEN-SKIL-26 40 --reason count",
            "stock correct FEN-SKIL-26 41 --reason count",
        ),
        (
            "stock transfer FEN-SKIL-26 3 --from main --to van",
            "stock transfer FEN-SKIL-26 4 --from main --to van",
        ),
        (
            "stock limits FEN-SKIL-26 --backorder 5 --safety 1",
            "stock limits FEN-SKIL-26 --backorder 6 --safety 1",
        ),
    ] {
        let place = Place::busy();
        let (first, second) = under_one_key(&place, line, other);
        assert_eq!(first["levels"], second["levels"], "{line}");
    }
}

#[test]
fn a_key_makes_a_repeated_payment_command_one_command() {
    let place = Place::busy();
    // Without a reference of its own each call would count by itself.
    let (first, second) = under_one_key(
        &place,
        "payment mark-paid 1003 --amount 10.00",
        "payment mark-paid 1003 --amount 11.00",
    );
    assert_eq!(first["payments"][0]["captured"]["amount"], "10.00");
    assert_eq!(second["payments"], first["payments"]);
    let place = Place::busy();
    let (first, second) = under_one_key(&place, "payment capture 1001", "payment capture 1002");
    assert_eq!(first["payments"][0]["status"], "captured");
    assert_eq!(second["payments"], first["payments"]);
}

#[test]
fn a_key_makes_a_repeated_cart_command_one_command() {
    let place = Place::demo();
    let (first, second) = under_one_key(
        &place,
        "cart new",
        "cart new --customer cust_00000000000000000000000000000001",
    );
    assert_eq!(first["id"], second["id"], "no orphan is left");
    let other = place.run(&["cart", "new", "--key", "another"]).with_code(0).stdout;
    assert_ne!(first["id"], other.trim(), "another key is another cart");

    let cart = other.trim();
    let add = |key: &str| {
        let line = ["cart", "add", cart, "FEN-SKIL-26", "1", "--key", key, "--json"];
        place.run(&line).with_code(0).json()["lines"][0]["quantity"].clone()
    };
    assert_eq!((add("click-1"), add("click-1"), add("click-2")), (1.into(), 1.into(), 2.into()));
    let more = ["cart", "add", cart, "FEN-SKIL-26", "2", "--key", "click-1", "--json"];
    assert_eq!(place.run(&more).with_code(4).json()["error"]["code"], "key.reused");
}

#[test]
fn a_script_that_names_its_order_is_not_asked() {
    let place = Place::busy();
    place.run(&["refund", "1002", "--amount", "5.00"]).with_code(0);
    place.run(&["refund", "1002", "--amount", "5.00", "--yes"]).with_code(0);
    place.run(&["order", "cancel", "1001", "--yes"]).with_code(0);
    place.run(&["order", "cancel", "1003"]).with_code(0);
    let again = place.run(&["order", "cancel", "1003", "--yes"]).with_code(4);
    assert!(again.stderr.contains("error[order.not_placed]"), "{}", again.stderr);
}

#[test]
fn a_backup_replaces_a_file_only_with_a_yes_and_never_the_shop() {
    let place = Place::demo();
    place.write("nightly.db", "last night's");
    let refused = place.run(&["backup", "nightly.db"]).with_code(4);
    assert!(refused.stderr.contains("error[store.exists]"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(place.read("nightly.db"), "last night's");
    place.run(&["backup", "nightly.db", "--yes"]).with_code(0);
    place.run(&["verify", "--store", "sqlite:nightly.db"]).with_code(0);
    let own = place.run(&["backup", "sutler.db", "--yes"]).with_code(2);
    assert!(own.stderr.contains("error[file.of_the_shop]"), "{}", own.stderr);
    place.run(&["verify"]).with_code(0);
}
