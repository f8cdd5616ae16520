//! Prices as people see them, and their history through import, backup and restore.

use crate::place::Place;

const HEAD: &str = "Handle,Title,Variant SKU,Variant Price\n";

fn sell(place: &Place, price: &str) {
    place.write("hat.csv", format!("{HEAD}felt-hat,Felt Hat,HAT,{price}\n"));
    place.run(&["import", "hat.csv", "--quiet"]).with_code(0);
}

/// A shop that sold a hat at 80, at 100 and now at 90.
fn shop() -> Place {
    let place = Place::demo();
    ["80.00", "100.00", "90.00"].iter().for_each(|price| sell(&place, price));
    place
}

#[test]
fn a_reduced_price_is_shown_with_the_lowest_before() {
    let place = shop();
    insta::assert_snapshot!(place.run(&["price", "show", "HAT"]).shown());
    let shown = place.run(&["price", "show", "HAT", "--json"]).with_code(0).json();
    assert_eq!(shown["price"]["amount"], "90.00");
    assert_eq!(shown["lowest_price_30_days"]["amount"], "80.00");
    let product = place.run(&["product", "show", "felt-hat", "--json"]).with_code(0).json();
    let hat = &product["variants"][0];
    assert_eq!(hat["lowest_price_30_days"], shown["lowest_price_30_days"]);
    assert_eq!(hat["reduced_since"], shown["reduced_since"]);
    let text = place.run(&["product", "show", "felt-hat"]).with_code(0).stdout;
    assert!(text.contains("lowest price of the 30 days before: 80.00 EUR"), "{text}");
    let before = place.run(&["price", "show", "HAT", "--at", "2020-01-01T00:00:00Z"]).with_code(0);
    assert!(before.stdout.starts_with("HAT  no price in web"), "{}", before.stdout);
    let other = place.run(&["product", "show", "FEN-SKIL-26", "--json"]).with_code(0).json();
    assert!(other["variants"][0]["lowest_price_30_days"].is_null());
}

#[test]
fn the_history_survives_import_backup_and_restore() {
    let place = shop();
    insta::assert_snapshot!(place.run(&["price", "history", "HAT"]).shown());
    let history = || place.run(&["price", "history", "HAT", "--format", "csv"]).with_code(0).stdout;
    let before = history();
    assert_eq!(before.lines().count(), 4, "{before}");
    sell(&place, "90.00");
    assert_eq!(history(), before, "the same price again is no change");
    place.run(&["backup", "copy.db"]).with_code(0);
    let store = ["--store", "sqlite:other.db"];
    place.run(&[&["restore", "copy.db"][..], &store].concat()).with_code(0);
    let words = ["price", "history", "HAT", "--format", "csv"];
    let restored = place.run(&[&words[..], &store].concat()).with_code(0).stdout;
    assert_eq!(restored, before);
    place.run(&[&["verify"][..], &store].concat()).with_code(0);
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::demo();
    for words in [
        &["price", "show", "NO-SUCH"][..],
        &["price", "show", "FEN-SKIL-26", "--channel", "moon"],
        &["price", "history", "FEN-SKIL-26", "--channel", "moon"],
    ] {
        place.run(words).with_code(3);
    }
    place.run(&["price", "show", "FEN-SKIL-26", "--at", "yesterday"]).with_code(2);
}
