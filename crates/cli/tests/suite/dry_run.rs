//! What a dry run says is what the real run does: it refuses what that refuses, and changes nothing.

use crate::place::{ADDRESS, Ended, Place};

/// Insists that a command is refused alike with `--dry-run` and without.
#[track_caller]
fn refused_alike(place: &Place, words: &[&str], code: &str) {
    let tried = place.run(&[words, &["--dry-run"]].concat());
    let done = place.run(words);
    let error = format!("error[{code}]");
    assert!(tried.stderr.contains(&error), "{words:?}: {}{}", tried.stdout, tried.stderr);
    assert_eq!((tried.code, tried.stderr), (done.code, done.stderr));
}

fn expire(place: &Place, cart: &str) {
    let conn = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    let changed = conn.execute("UPDATE raw_cart SET expires_at = 1", []).unwrap();
    assert!(changed > 0, "{cart} is in the file");
}

#[test]
fn a_checkout_is_tried_by_the_rules_of_a_checkout() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let base = ["checkout", &cart, "--ship-to", ADDRESS, "--delivery", "standard"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    let good = ["--email", "ada@example.com", "--pay", "test:ok"];
    refused_alike(&place, &with(&["--email", "notamail", "--pay", "test:ok"]), "email.invalid");
    refused_alike(
        &place,
        &with(&["--email", "ada@example.com", "--pay", "nope:x"]),
        "payment.unknown_provider",
    );
    let dear = ["--email", "ada@example.com", "--pay", "test:ok", "--expect-total", "1.00"];
    refused_alike(&place, &with(&dear), "quote.changed");
    let tried: Ended = place.run(&[&with(&good)[..], &["--dry-run"]].concat()).with_code(0);
    assert!(tried.stderr.contains("nothing was done"), "{}", tried.stderr);
    assert_eq!(place.run(&["order", "list", "--json"]).json()["orders"], serde_json::json!([]));

    expire(&place, &cart);
    refused_alike(&place, &with(&good), "cart.expired");
    let shown = place.run(&["cart", "show", &cart]).with_code(0);
    assert!(shown.stdout.lines().next().unwrap().contains("expired"), "{}", shown.stdout);
    assert_eq!(place.run(&["cart", "show", &cart, "--json"]).json()["expired"], true);
    let added = place.run(&["cart", "add", &cart, "FEN-SKIL-26", "1"]);
    assert!(added.stderr.contains("error[cart.expired]"), "{}", added.stderr);
}

#[test]
fn a_shipment_is_tried_by_the_rules_of_a_shipment() {
    let place = Place::busy();
    let ship = ["fulfill", "ship", "1001", "--carrier", "dhl"];
    let with = |more: &[&'static str]| [&ship[..], more].concat();
    refused_alike(&place, &with(&["--line", "NOPE=99"]), "not_found");
    refused_alike(&place, &with(&["--location", "nowhere"]), "not_found");
    refused_alike(&place, &["fulfill", "ship", "1003", "--carrier", "dhl"], "order.not_paid");
    refused_alike(
        &place,
        &["fulfill", "ship", "1002", "--carrier", "dhl"],
        "order.nothing_to_ship",
    );

    let one = with(&["--line", "FEN-SKIL-26=1", "--dry-run", "--json"]);
    let planned = place.run(&one).with_code(0).json();
    assert_eq!(planned["planned"][0]["lines"][0]["quantity"], 1, "{planned}");
    assert_eq!(planned["active"], serde_json::json!([]));
    place.run(&ship).with_code(0);
}

#[test]
fn a_canceled_order_is_not_called_unpaid() {
    let place = Place::busy();
    place.run(&["order", "cancel", "1001", "--reason", "a slip", "--yes"]).with_code(0);
    refused_alike(&place, &["fulfill", "ship", "1001", "--carrier", "dhl"], "order.not_placed");
    let plan = place.run(&["fulfill", "plan", "1001"]).with_code(0);
    assert!(!plan.stderr.contains("fulfill ship"), "{}", plan.stderr);
}

#[test]
fn a_refund_is_tried_by_the_rules_of_a_refund() {
    let place = Place::busy();
    refused_alike(&place, &["refund", "1001", "--yes"], "refund.too_large");
    refused_alike(&place, &["refund", "1002", "--amount", "9999.00", "--yes"], "refund.too_large");
    refused_alike(&place, &["refund", "1002", "--amount", "0.00", "--yes"], "amount.not_positive");
    let planned = place.run(&["refund", "1002", "--dry-run", "--json"]).with_code(0).json();
    assert_eq!((&planned["amount"], &planned["dry_run"]), (&planned["captured"], &true.into()));
}
