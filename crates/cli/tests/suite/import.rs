//! Importing: the plan, the dangers, the rejects, and files that are not what they seem.

use crate::place::Place;

const HATS: &str = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                    felt-hat,Felt Hat,HAT-1,24.00,shopify,7\nfelt-cap,Felt Cap,CAP-1,18.50,shopify,3\n";

#[test]
fn a_plan_writes_nothing_and_the_second_run_changes_nothing() {
    let place = Place::demo();
    place.write("hats.csv", HATS);
    let plan = place.run(&["import", "hats.csv", "--dry-run"]).with_code(0);
    insta::assert_snapshot!(plan.shown());
    place.run(&["product", "show", "felt-hat"]).with_code(3);
    place.run(&["import", "hats.csv"]).with_code(0);
    let again = place.run(&["import", "hats.csv", "--json"]).with_code(0).json();
    assert_eq!(
        (again["created"].clone(), again["updated"].clone(), again["unchanged"].clone()),
        (0.into(), 0.into(), 2.into())
    );
}

#[test]
fn dangerous_changes_need_a_yes() {
    let place = Place::demo();
    place.write("hats.csv", HATS);
    place.run(&["import", "hats.csv"]).with_code(0);
    place.write("cheap.csv", HATS.replace("24.00", "2.40"));
    let plan = place.run(&["import", "cheap.csv", "--dry-run", "--json"]).with_code(0).json();
    assert_eq!(plan["dangers_total"], 1);
    let refused = place.run(&["import", "cheap.csv"]).with_code(2);
    assert!(refused.stderr.contains("error[confirmation.missing]"), "{}", refused.stderr);
    insta::assert_snapshot!(refused.shown());
    let told = place.run(&["import", "cheap.csv", "--json"]).with_code(2).json();
    assert_eq!(
        told["error"]["message"],
        "this makes 1 dangerous change, the first on HAT-1: its price would move from 24.00 EUR to 2.40 EUR; \
         nobody is there to say yes"
    );
    let price = |place: &Place| {
        let product = place.run(&["product", "show", "felt-hat", "--json"]).with_code(0).json();
        product["variants"][0]["price"]["amount"].as_str().unwrap().to_owned()
    };
    assert_eq!(price(&place), "24.00");
    place.run(&["import", "cheap.csv", "--yes"]).with_code(0);
    assert_eq!(price(&place), "2.40");
}

#[test]
fn rejects_import_once_they_are_mended() {
    let place = Place::demo();
    place.write("bad.csv", HATS.replace("18.50", "N/A"));
    let ended = place.run(&["import", "bad.csv", "--rejects", "rejected.csv"]).with_code(6);
    insta::assert_snapshot!(ended.shown());
    place.run(&["product", "show", "felt-hat"]).with_code(0);
    let rejected = place.read("rejected.csv");
    assert!(
        rejected.lines().next().is_some_and(|head| head.starts_with("Handle,Title")),
        "{rejected}"
    );
    place.write("mended.csv", rejected.replace("N/A", "18.50"));
    place.run(&["import", "mended.csv"]).with_code(0);
    place.run(&["product", "show", "felt-cap"]).with_code(0);
}

#[test]
fn equal_errors_are_told_once() {
    let place = Place::demo();
    let mut rows = "Handle,Title,Variant Price\n".to_owned();
    (0..300).for_each(|n| rows.push_str(&format!("p-{n},P {n},N/A\n")));
    place.write("many.csv", rows);
    let ended = place.run(&["import", "many.csv"]).with_code(6);
    assert_eq!(ended.stderr.matches("error[E102]").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("300 rows"), "{}", ended.stderr);
}

#[test]
fn standard_input_is_a_file_too() {
    let place = Place::demo();
    place.write("hats.csv", HATS);
    place.shell("sutler import - < hats.csv", &[]).with_code(0);
    let round = place.shell("sutler export - | sutler import - --json", &[]).with_code(0).json();
    assert_eq!((round["created"].clone(), round["updated"].clone()), (0.into(), 0.into()));
}

#[test]
fn files_that_are_not_what_they_seem_are_refused_whole() {
    let place = Place::demo();
    place.write(
        "cut.csv",
        "Handle,Title,Variant Price\nhat,Hat,1.00\ncap,\"Cap with an open quote\n",
    );
    place.write("empty.csv", "");
    place.write("other.csv", "Foo,Bar\n1,2\n");
    place.write("book.xlsx", b"PK\x03\x04 not really a workbook");
    for (file, part) in [
        ("cut.csv", "quote"),
        ("empty.csv", "empty"),
        ("other.csv", "E101"),
        ("book.xlsx", "error[E"),
        ("missing.csv", "missing.csv"),
    ] {
        let ended = place.run(&["import", file]);
        assert!(matches!(ended.code, 1 | 3 | 5), "{file}: {}", ended.stderr);
        assert!(ended.stderr.contains(part), "{file}: {}", ended.stderr);
        assert!(ended.stderr.contains("help:"), "{file}: {}", ended.stderr);
    }
    let located = place.run(&["import", "cut.csv"]).with_code(5);
    assert!(located.stderr.contains(" --> cut.csv:3"), "{}", located.stderr);
}

#[test]
fn an_export_imports_without_a_change_in_both_forms() {
    let place = Place::demo();
    for headers in ["classic", "new"] {
        let file = format!("{headers}.csv");
        place.run(&["export", &file, "--shopify-headers", headers]).with_code(0);
        let back = place.run(&["import", &file, "--json"]).with_code(0).json();
        assert_eq!(
            (back["created"].clone(), back["updated"].clone()),
            (0.into(), 0.into()),
            "{headers}"
        );
    }
    place.run(&["export", "classic.csv"]).with_code(2);
    place.run(&["export", "classic.csv", "--yes"]).with_code(0);
    place.run(&["export", "stock.csv", "--as", "shopify-inventory"]).with_code(0);
    let stock = place.run(&["import", "stock.csv", "--json"]).with_code(0).json();
    assert_eq!((stock["kind"].clone(), stock["updated"].clone()), ("stock".into(), 0.into()));
}

#[test]
fn a_table_of_ones_own_needs_a_mapping() {
    let place = Place::demo();
    place.write("pricelist.csv", "Artikel;Name;Preis\nfelt-hat;Felt Hat;24,00\n");
    place.run(&["import", "pricelist.csv"]).with_code(5);
    place.write(
        "map.toml",
        "[columns]\nhandle = \"Artikel\"\ntitle = \"Name\"\nprice = \"Preis\"\n",
    );
    place.run(&["import", "pricelist.csv", "--map", "map.toml", "--decimal", ","]).with_code(0);
    place.run(&["product", "show", "felt-hat"]).with_code(0);
}
