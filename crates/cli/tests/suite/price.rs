//! Prices as people see them, and their history through import, backup and restore.

use std::path::Path;

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

/// The lowest price of the hat before its reduction, as everything that shows it to people or programs has it.
#[track_caller]
fn lowest(place: &Place, store: &[&str]) -> Vec<String> {
    let run = |words: &[&str]| place.run(&[words, store].concat()).with_code(0);
    let price = run(&["price", "show", "HAT", "--json"]).json();
    let product = run(&["product", "show", "felt-hat", "--json"]).json();
    let found = run(&["search", "felt hat", "--json"]).json();
    let amounts = [
        &price["lowest_price_30_days"]["amount"],
        &product["variants"][0]["lowest_price_30_days"]["amount"],
        &found["hits"][0]["lowest_price_30_days"]["amount"],
    ];
    let mut told: Vec<String> =
        amounts.iter().map(|amount| amount.as_str().unwrap_or_default().to_owned()).collect();
    let file = run(&["export", "-"]).stdout;
    let header: Vec<&str> = file.lines().next().unwrap().split(',').collect();
    let at = header.iter().position(|name| *name == "Variant Lowest Price 30 Days");
    let hat = file.lines().find(|line| line.starts_with("felt-hat,")).unwrap();
    told.extend(at.and_then(|at| hat.split(',').nth(at)).map(str::to_owned));
    told
}

#[test]
fn the_lowest_price_before_survives_import_backup_and_restore_everywhere() {
    let place = shop();
    assert_eq!(lowest(&place, &[]), ["80.00"; 4]);
    place.run(&["export", "out.csv"]).with_code(0);
    let back = place.run(&["import", "out.csv", "--json"]).with_code(0).json();
    assert_eq!(
        (&back["updated"], &back["ignored_columns"][0]),
        (&0.into(), &"Variant Lowest Price 30 Days".into())
    );
    assert_eq!(lowest(&place, &[]), ["80.00"; 4], "an import of the export");
    place.run(&["backup", "copy.db"]).with_code(0);
    let store = ["--store", "sqlite:other.db"];
    place.run(&[&["restore", "copy.db"][..], &store].concat()).with_code(0);
    assert_eq!(lowest(&place, &store), ["80.00"; 4], "a restored copy");
    sell(&place, "95.00");
    assert_eq!(lowest(&place, &[])[0], "", "it rose");
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

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/prices");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// What one unit costs a buyer at a moment, and by which list.
#[track_caller]
fn charged(place: &Place, at: &str) -> (String, String) {
    let words = ["price", "show", "FEN-SKIL-26", "--at", at, "--json"];
    let shown = place.run(&words).with_code(0).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&shown["price"]["amount"]), text(&shown["price_list"]))
}

#[test]
fn a_contract_and_a_sale_come_in_and_a_second_run_changes_nothing() {
    let place = Place::demo();
    place.write("contract.csv", example("contract.csv"));
    place.write("winter-sale.csv", example("winter-sale.csv"));
    insta::assert_snapshot!(place.run(&["price", "import", "contract.csv", "--dry-run"]).shown());
    for file in ["contract.csv", "winter-sale.csv"] {
        place.run(&["price", "import", file]).with_code(0);
        let again = place.run(&["price", "import", file, "--json"]).with_code(0).json();
        let count = |name: &str| again[name].as_u64().unwrap();
        assert_eq!((count("created"), count("updated"), count("price_lists_written")), (0, 0, 0));
        assert!(count("unchanged") > 0);
    }
    let sale = ("39.00".to_owned(), "Winter sale".to_owned());
    let base = ("46.00".to_owned(), "Base prices in EUR".to_owned());
    assert_eq!(charged(&place, "2027-11-30T22:59:59Z"), base);
    assert_eq!(charged(&place, "2027-11-30T23:00:00Z"), sale, "it starts by itself");
    assert_eq!(charged(&place, "2027-12-24T16:59:59Z"), sale);
    assert_eq!(charged(&place, "2027-12-24T17:00:00Z"), base, "it ends by itself");
    let words = ["price", "show", "FEN-SKIL-26", "--at", "2027-12-10T00:00:00Z"];
    insta::assert_snapshot!("shown_with_all_lists", place.run(&words).shown());
    place.run(&["verify"]).with_code(0);
}

#[test]
fn what_is_exported_imports_without_a_change() {
    let place = Place::demo();
    place.write("contract.csv", example("contract.csv"));
    place.run(&["price", "import", "contract.csv"]).with_code(0);
    insta::assert_snapshot!(
        place.run(&["price", "export", "-", "--list", "Alpine Huts 2027"]).shown()
    );
    place.run(&["price", "export", "out.csv"]).with_code(0);
    let again = place.run(&["price", "import", "out.csv", "--json"]).with_code(0).json();
    assert_eq!((&again["created"], &again["updated"]), (&0.into(), &0.into()));
    let by_import = place.run(&["import", "out.csv", "--json"]).with_code(0).json();
    assert_eq!((&by_import["kind"], &by_import["updated"]), (&"prices".into(), &0.into()));
    place.run(&["price", "export", "out.csv"]).with_code(2);
    place.run(&["price", "export", "more.csv", "--list", "Alpine"]).with_code(3);
}

#[test]
fn rows_that_cannot_be_used_go_to_the_rejects_and_import_once_mended() {
    let place = Place::demo();
    place.write(
        "prices.csv",
        "price_list;sku;min_quantity;price\nTrade;FEN-SKIL-26;10;40,00\nTrade;FEN-SKIL-27;;41,00\n\
         Trade;FEN-SKIL-20;0;30,00\nTrade;FEN-SKIL-20;5;thirty\nTrade;FEN-SKIL-26;10;39,999\n",
    );
    let words = ["price", "import", "prices.csv", "--rejects", "rejected.csv"];
    insta::assert_snapshot!(place.run(&words).shown());
    let rejected = place.read("rejected.csv");
    assert_eq!(rejected.lines().count(), 5, "{rejected}");
    let mended = rejected
        .replace("FEN-SKIL-27", "FEN-SKIL-26")
        .replace("FEN-SKIL-20,0", "FEN-SKIL-20,1")
        .replace(",thirty,", ",\"29,00\",")
        .replace("FEN-SKIL-26,10,\"39,999\"", "FEN-SKIL-26,20,\"39,99\"");
    place.write("mended.csv", mended);
    let done = place.run(&["price", "import", "mended.csv", "--json"]).with_code(0).json();
    assert_eq!((&done["created"], &done["rejected_rows"]), (&4.into(), &0.into()));
    let strict = ["price", "import", "prices.csv", "--strict"];
    place.run(&strict).with_code(5);
}

#[test]
fn a_list_that_cannot_be_refuses_the_file_and_says_where() {
    let place = Place::demo();
    place.write("wrong.csv", "price_list,from,sku,price\nSale,soon,FEN-SKIL-26,40.00\n");
    insta::assert_snapshot!(place.run(&["price", "import", "wrong.csv"]).shown());
    place.write("wrong.csv", "price_list,sku,price,min_qty\nSale,FEN-SKIL-26,40.00,10\n");
    insta::assert_snapshot!("misspelled", place.run(&["price", "import", "wrong.csv"]).shown());
    for file in [
        "price_list,channel,sku,price\nSale,wep,FEN-SKIL-26,40.00\n",
        "price_list,currency,sku,price\nBase prices in EUR,USD,FEN-SKIL-26,40.00\n",
        "price_list,from,until,sku,price\nSale,2027-02-01,2027-01-01,FEN-SKIL-26,40.00\n",
    ] {
        place.write("wrong.csv", file);
        let refused = place.run(&["price", "import", "wrong.csv", "--json"]).with_code(5);
        assert!(refused.stdout.contains("\"E310\""), "{}", refused.stdout);
    }
    let lists = place.run(&["price", "export", "-"]).with_code(0).stdout;
    assert!(!lists.contains("Sale"), "nothing was written");
}

#[test]
fn dangerous_prices_need_a_yes() {
    let place = Place::demo();
    let file = "price_list,sku,price\nBase prices in EUR,FEN-SKIL-26,4.60\n\
                Base prices in EUR,FEN-SKIL-20,remove\nSale,FEN-SKIL-26,1.00\n";
    place.write("slip.csv", file);
    insta::assert_snapshot!(place.run(&["price", "import", "slip.csv"]).shown());
    let done = place.run(&["price", "import", "slip.csv", "--yes", "--json"]).with_code(0).json();
    assert_eq!((&done["dangers_total"], &done["prices_removed"]), (&3.into(), &1.into()));
    let history = place.run(&["price", "history", "FEN-SKIL-20", "--format", "csv"]).with_code(0);
    assert!(!history.stdout.lines().last().unwrap().contains(",,"), "it ended: {}", history.stdout);
}

#[test]
fn a_list_whose_prices_nobody_would_get_is_remarked() {
    let place = Place::demo();
    let price = |list: &str, priority: &str| {
        let text = format!("list,priority,sku,price\n{list},{priority},FEN-SKIL-26,39.00\n");
        place.write("sale.csv", text);
        place.run(&["price", "import", "sale.csv", "--yes"]).with_code(0).stderr
    };
    let behind = price("Sale", "");
    assert!(behind.contains("E321") && behind.contains("'Base prices in EUR'"), "{behind}");
    let shown = || place.run(&["price", "show", "FEN-SKIL-26", "--json"]).with_code(0).json();
    assert_eq!(shown()["price"]["amount"], "46.00");
    assert!(!price("Sale", "1").contains("E321"));
    assert_eq!(shown()["price"]["amount"], "39.00");
}
