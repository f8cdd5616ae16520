//! Exporting, and that what is exported comes back as it was.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod catalog_given;

use catalog_given::{Bazaar, DEMO, goods};
use sutler_engine::flow::export::{ExportHeaders, ExportOptions};
use sutler_engine::flow::import::ImportOptions;

fn exported(bazaar: &Bazaar, headers: ExportHeaders) -> String {
    let mut out = Vec::new();
    let options = ExportOptions { headers, ..ExportOptions::default() };
    bazaar.shop.export_products(&mut out, &options).unwrap();
    String::from_utf8(out).unwrap()
}

/// Exports, imports into an empty shop, exports again: the same bytes, and nothing would change on the way back.
#[track_caller]
fn comes_back(bazaar: &Bazaar) {
    for headers in [ExportHeaders::Classic, ExportHeaders::New] {
        let first = exported(bazaar, headers);
        let other = Bazaar::with(&first);
        let second = exported(&other, headers);
        assert!(
            first == second,
            "{headers:?}: first difference at {:?}",
            first_difference(&first, &second)
        );
        let back = bazaar.plan(&first, &ImportOptions::new("back.csv")).unwrap();
        assert!(
            back.changes_nothing() && back.rejected_rows == 0,
            "{headers:?}: {:#?} {:#?}",
            back.differences,
            back.groups
        );
        other.is_whole();
    }
}

fn first_difference<'a>(a: &'a str, b: &'a str) -> Option<(&'a str, &'a str)> {
    a.lines().zip(b.lines()).find(|(a, b)| a != b)
}

#[test]
fn the_demo_catalog_comes_back_byte_for_byte() {
    let bazaar = Bazaar::with(DEMO);
    comes_back(&bazaar);
    let file = exported(&bazaar, ExportHeaders::Classic);
    assert!(file.starts_with("Handle,Title,Body (HTML),Vendor,"));
    assert!(exported(&bazaar, ExportHeaders::New).lines().next().unwrap().contains("URL handle"));
}

#[test]
fn nasty_content_comes_back_byte_for_byte() {
    let header = "Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,\
                  Variant Barcode,Variant Price,Variant Compare At Price,Image Src,Image Alt Text,\
                  Note (product.metafields.custom.note),Status";
    let rows = [
        "formula,\"'=1+1\",\"'=cmd|' /C calc'!A0\",\"'@vendor\",\"a, \"\"b, c\"\", d\",,,,,'0812,'0001,1.00,,,,\"'+49 30\",active",
        "quotes,\"27\"\" wide, \"\"fine\"\"\",\"<p>line one\nline two, with comma</p>\n\",,,,,,,,,0.00,,,,,draft",
        "wide,Ünïcode ☕ 漢字 العربية,\"tab\there\",,,Größe,\"1/2\"\" – ½\",Farbe,rot;grün,SKU WITH BLANKS,4006381333931,999999.99,1000000.00,https://x.example/a%20b.jpg?x=1&y=2,\"alt, \"\"text\"\"\",,archived",
        "wide,,,,,,\"3/4\"\"\",,blau,,,5.00,,https://x.example/second.jpg,,,",
        "wide,,,,,,,,,,,,,https://x.example/third.jpg,only a picture,,",
    ];
    let file = std::iter::once(header).chain(rows).collect::<Vec<_>>().join("\n") + "\n";
    let bazaar = Bazaar::with(&file);
    let product = bazaar.shop.find_product("formula").unwrap();
    assert_eq!(product.title, "=1+1", "a guard is for spreadsheets, not for the shop");
    let wide = bazaar.shop.find_product("wide").unwrap();
    assert_eq!((wide.variants.len(), wide.images.len()), (2, 3));
    comes_back(&bazaar);
}

#[test]
fn what_changed_since_is_in_the_next_export_and_retired_variants_are_not() {
    let rows = [
        "tee,Tee,Size,S,TEE-S,shopify,5,deny,19.90,,TRUE,active",
        "tee,,,M,TEE-M,shopify,0,continue,21.90,,,",
    ];
    let bazaar = Bazaar::with(&goods(&rows));
    let wider = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price\n\
                 tee,Tee,Size,S,Color,Red,TEE-S,18.90\n";
    bazaar.import(wider);
    let file = exported(&bazaar, ExportHeaders::Classic);
    assert!(file.contains("18.90") && !file.contains("TEE-M"), "{file}");
    comes_back(&bazaar);
}

#[test]
fn stock_comes_back_guarded() {
    let bazaar = Bazaar::with(DEMO);
    let mut out = Vec::new();
    let report = bazaar.shop.export_stock(&mut out).unwrap();
    assert_eq!(report.rows, report.variants, "one location");
    let file = String::from_utf8(out).unwrap();
    let stock = ImportOptions::new("stock.csv");
    let back = bazaar.plan(&file, &stock).unwrap();
    assert!(back.changes_nothing() && back.rejected_rows == 0, "{:#?}", back.groups);

    let variant = bazaar.shop.find_variant("FEN-SKIL-20").unwrap().variant;
    let edited = file.replacen(",41,41\n", ",41,40\n", 1);
    assert_ne!(edited, file);
    bazaar.buy("FEN-SKIL-20", 2).unwrap();
    assert_eq!(
        bazaar.plan(&edited, &stock).unwrap().updated,
        1,
        "a sale does not lower what is on hand"
    );
    bazaar.shop.stock_correct(variant.id, 39, "main", "broken", None, None).unwrap();
    let late = bazaar.plan(&edited, &stock).unwrap();
    assert_eq!((late.updated, late.rejected_rows, late.groups[0].code.as_str()), (0, 1, "E305"));
}

#[test]
fn an_unknown_channel_is_refused() {
    let options = ExportOptions { channel: Some("moon".to_owned()), ..ExportOptions::default() };
    let error = Bazaar::empty().shop.export_products(Vec::new(), &options).unwrap_err();
    assert_eq!(error.code(), "not_found");
}

#[test]
fn a_reduced_price_is_exported_with_the_lowest_before_and_read_back_knowingly() {
    let row =
        |price: &str| goods(&[&format!("cap,Wool cap,,,CAP,shopify,3,deny,{price},,TRUE,active")]);
    let bazaar = Bazaar::with(&row("80.00"));
    for price in ["100.00", "90.00"] {
        bazaar.clock.advance(86_400);
        bazaar.import(&row(price));
    }
    for (headers, column) in [
        (ExportHeaders::Classic, "Variant Lowest Price 30 Days"),
        (ExportHeaders::New, "Lowest price 30 days"),
    ] {
        let file = exported(&bazaar, headers);
        let mut rows = csv_rows(&file);
        let at = rows.remove(0).iter().position(|name| name == column).unwrap();
        assert_eq!(rows[0][at], "80.00", "80, 100, 90 shows 80");
        let back = bazaar.plan(&file, &ImportOptions::new("back.csv")).unwrap();
        assert!(back.changes_nothing() && back.rejected_rows == 0);
        assert_eq!(back.ignored_columns, [column]);
        let edited = file.replace("80.00", "no price at all");
        let back = bazaar.plan(&edited, &ImportOptions::new("back.csv")).unwrap();
        assert!(back.changes_nothing() && back.rejected_rows == 0, "it is never read");
    }
    bazaar.clock.advance(86_400);
    bazaar.import(&row("110.00"));
    assert!(!exported(&bazaar, ExportHeaders::Classic).contains("Lowest"), "nothing is reduced");
}

/// Cuts a file without quotes into cells.
fn csv_rows(file: &str) -> Vec<Vec<String>> {
    assert!(!file.contains('"'));
    file.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}
