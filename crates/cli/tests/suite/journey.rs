//! The first minute: from nothing to a delivered order, and what each step says.

use crate::place::{ADDRESS, Place};

#[test]
fn the_first_minute() {
    let place = Place::empty();
    let mut told = String::new();
    let mut cart = String::new();
    let checkout = format!(
        "checkout CART --email ada@example.com --ship-to '{ADDRESS}' --delivery standard --pay test:ok --key first"
    );
    for line in [
        "init --demo",
        "search \"enamel mugs\" --limit 3",
        "product show field-skillet",
        "cart new",
        "cart add CART FEN-SKIL-26 2",
        "cart quote CART --delivery standard",
        &checkout,
        "order list",
        "explain 1001",
        "fulfill plan 1001",
        "fulfill ship 1001 --carrier dhl --tracking 00340434",
        "fulfill deliver 1001",
        "refund 1001 --amount 5.00 --reason \"dent in the rim\"",
        "stock show FEN-SKIL-26",
        "stock history FEN-SKIL-26",
        "verify",
    ] {
        let ended = place.shell(&format!("sutler {}", line.replace("CART", &cart)), &[]);
        assert_eq!(ended.code, 0, "sutler {line}\n{}", ended.stderr);
        if line == "cart new" {
            cart = ended.stdout.trim().to_owned();
        }
        told.push_str(&format!("$ sutler {line}\n{}\n", ended.shown()));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn every_step_prints_the_next_command_and_it_works() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let mut line = {
        let ended = place.run(&["cart", "show", &cart]).with_code(0);
        assert!(ended.stdout.contains(&cart));
        let ended = place.run(&["cart", "quote", &cart, "--delivery", "standard"]).with_code(0);
        next_of(&ended.stderr)
    };
    let mut steps = Vec::new();
    // checkout → order show → ship → deliver → explain
    for _ in 0..5 {
        let ended = place.shell(&line, &[]).with_code(0);
        steps.push(line.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
        if !ended.stderr.contains("next:") {
            break;
        }
        line = next_of(&ended.stderr);
    }
    assert_eq!(steps.len(), 5, "{steps:?}");
    assert_eq!(
        steps[1..],
        [
            "sutler order show",
            "sutler fulfill ship",
            "sutler fulfill deliver",
            "sutler explain 1001"
        ]
    );
}

fn next_of(stderr: &str) -> String {
    let line = stderr.lines().find_map(|line| line.strip_prefix("next: "));
    line.unwrap_or_else(|| panic!("no next command in:\n{stderr}")).to_owned()
}

#[test]
fn a_manual_payment_waits_for_its_money() {
    let place = Place::busy();
    let stage = |place: &Place| {
        place.run(&["order", "show", "1003", "--json"]).with_code(0).json()["stage"].clone()
    };
    assert_eq!(stage(&place), "payment");
    let refused = place.run(&["fulfill", "ship", "1003", "--carrier", "dhl"]).with_code(4);
    assert!(refused.stderr.contains("error[order.not_paid]"), "{}", refused.stderr);
    place.run(&["payment", "mark-paid", "1003"]).with_code(0);
    assert_eq!(stage(&place), "confirmed");
    place.run(&["fulfill", "ship", "1003", "--carrier", "dhl"]).with_code(0);
}

#[test]
fn a_repeated_checkout_with_its_key_gives_the_first_order() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let first = place.checkout(&cart, "test:ok", &["--key", "k1", "--json"]).with_code(0).json();
    let second = place.checkout(&cart, "test:ok", &["--key", "k1", "--json"]).with_code(0).json();
    assert_eq!(
        (first["replayed"].clone(), second["replayed"].clone()),
        (false.into(), true.into())
    );
    assert_eq!(first["order"]["id"], second["order"]["id"]);
    let other = place.cart("FEN-SKIL-26", "1");
    let reused = place.checkout(&other, "test:ok", &["--key", "k1"]).with_code(4);
    assert!(reused.stderr.contains("error[key.reused]"), "{}", reused.stderr);
}

#[test]
fn a_coupon_takes_its_part_off_and_explains_itself() {
    let place = Place::busy();
    let cart = place.cart("FEN-SKIL-26", "2");
    let before = place.run(&["cart", "show", &cart, "--json"]).with_code(0).json();
    place.run(&["cart", "coupon", &cart, "welcome10"]).with_code(0);
    let after = place.run(&["cart", "show", &cart, "--json"]).with_code(0).json();
    assert_eq!(before["quote"]["totals"]["discount_total"]["amount"], "0.00");
    assert_ne!(after["quote"]["totals"]["discount_total"]["amount"], "0.00");
    let explained = place.run(&["explain", &cart]).with_code(0);
    assert!(explained.stdout.contains("promotion \"Welcome\": 10 %"), "{}", explained.stdout);
    let unknown = place.run(&["cart", "coupon", &cart, "NOPE"]).with_code(3);
    assert!(unknown.stderr.contains("error[not_found]"), "{}", unknown.stderr);
}

#[test]
fn carts_are_changed_and_merged() {
    let place = Place::demo();
    let (guest, own) = (place.cart("FEN-SKIL-26", "1"), place.cart("FEN-SKIL-20", "2"));
    place.run(&["cart", "set", &own, "FEN-SKIL-20", "5"]).with_code(0);
    let merged = place.run(&["cart", "merge", &guest, &own, "--json"]).with_code(0).json();
    assert_eq!(merged["cart"]["lines"].as_array().map(Vec::len), Some(2));
    place.run(&["cart", "add", &guest, "FEN-SKIL-26", "1"]).with_code(4);
    let emptied =
        place.run(&["cart", "set", &own, "FEN-SKIL-20", "0", "--json"]).with_code(0).json();
    assert_eq!(emptied["lines"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = Place::busy();
    let events = |place: &Place| {
        let list = place
            .run(&["events", "tail", "--after", "0", "--limit", "10000", "--json"])
            .with_code(0)
            .json();
        list["next"].clone()
    };
    let cart = place.cart("FEN-SKIL-26", "1");
    let before = events(&place);
    place.checkout(&cart, "test:ok", &["--dry-run"]).with_code(0);
    place.run(&["order", "cancel", "1001", "--dry-run"]).with_code(0);
    place.run(&["order", "cancel", "1002", "--dry-run"]).with_code(4);
    place.run(&["refund", "1002", "--dry-run"]).with_code(0);
    place.run(&["refund", "1001", "--dry-run"]).with_code(4);
    place.run(&["fulfill", "ship", "1001", "--carrier", "dhl", "--dry-run"]).with_code(0);
    assert_eq!(events(&place), before);
}

#[test]
fn an_order_goes_out_in_two_parcels() {
    let place = Place::busy();
    place
        .run(&["fulfill", "ship", "1001", "--line", "FEN-SKIL-26=1", "--carrier", "dhl"])
        .with_code(0);
    let order = place.run(&["order", "show", "1001", "--json"]).with_code(0).json();
    assert_eq!(
        (order["stage"].clone(), order["lines"][0]["shipped"].clone()),
        ("fulfillment".into(), 1.into())
    );
    place.run(&["fulfill", "pick", "1001"]).with_code(0);
    place.run(&["fulfill", "pack", "1001"]).with_code(0);
    place.run(&["fulfill", "ship", "1001", "--carrier", "dhl"]).with_code(0);
    let order = place.run(&["order", "show", "1001", "--json"]).with_code(0).json();
    assert_eq!(
        (order["stage"].clone(), order["fulfillments"].as_array().map(Vec::len)),
        ("shipped".into(), Some(2))
    );
    place.run(&["fulfill", "ship", "1001", "--carrier", "dhl"]).with_code(4);
    place.run(&["verify"]).with_code(0);
}

#[test]
fn a_backup_brings_a_shop_back() {
    let place = Place::busy();
    place.run(&["backup", "monday.db"]).with_code(0);
    place.run(&["backup", "monday.db"]).with_code(4);
    place.order("FEN-SKIL-26", "1", "test:ok");
    place.run(&["order", "show", "1005"]).with_code(0);
    let refused = place.run(&["restore", "monday.db"]).with_code(2);
    assert!(refused.stderr.contains("error[confirmation.missing]"), "{}", refused.stderr);
    place.run(&["restore", "monday.db", "--yes"]).with_code(0);
    place.run(&["order", "show", "1005"]).with_code(3);
    place.run(&["order", "show", "1004"]).with_code(0);
    place.run(&["verify"]).with_code(0);
    place.run(&["search", "skillet"]).with_code(0);
}

#[test]
fn a_trace_names_the_command_that_stands_in_the_events_it_caused() {
    let place = Place::demo();
    let ended = place.run(&["stock", "receive", "FEN-SKIL-26", "1", "-v"]).with_code(0);
    let (_, rest) = ended.stderr.split_once("command=").expect("a trace on stderr");
    let command = rest.split_whitespace().next().unwrap();
    assert!(command.starts_with("cmd_"), "{}", ended.stderr);
    let told = place.run(&["events", "tail", "--format", "ndjson"]).with_code(0).stdout;
    let newest: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(newest["command"], command);
}

/// SKU, barcode, id, handle with options, and the handle alone of a product with one variant.
#[test]
fn a_variant_has_several_names() {
    let place = Place::demo();
    let product = place.run(&["product", "show", "field-skillet", "--json"]).with_code(0).json();
    let variant = &product["variants"][1];
    let names = ["id", "sku", "barcode"].map(|name| variant[name].as_str().unwrap().to_owned());
    for name in names.iter().map(String::as_str).chain(["field-skillet:26 cm"]) {
        let shown = place.run(&["stock", "show", name, "--json"]).with_code(0).json();
        assert_eq!(shown["label"], "FEN-SKIL-26", "{name}");
    }
    let only = place.run(&["stock", "show", "two-burner-griddle", "--json"]).with_code(0).json();
    assert_eq!(only["label"], "FEN-GRID");
    place.run(&["stock", "show", "field-skillet"]).with_code(5);
}
