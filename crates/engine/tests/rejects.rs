//! The reject file: whoever refused a row, it stands there as it stood in the source, and once it is mended and imported
//! the shop is as if the first file had been right.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod catalog_given;

use std::path::Path;

use catalog_given::Bazaar;
use sutler_core::catalog::Product;
use sutler_core::id::VariantId;
use sutler_engine::flow::import::{ImportOptions, ImportSummary};

/// Columns that are read, one that is kept as a fact of variants, one that is not read, and one without a name.
const HEADER: &str = "Handle,Title,Body (HTML),Tags,Option1 Name,Option1 Value,Variant SKU,Variant Grams,\
                      Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src,Image Position,\
                      Gift Card,Shelf,Source line,";

const RIGHT: &[&str] = &[
    "cap,Cap,,,,,CAP,90,shopify,1,9.00,https://x.example/cap.png,1,FALSE,A1,seen,",
    "tee,Tee,\"<p>two\nlines</p>\",\"a, b\",Size,S,TEE-S,120,shopify,5,19.90,https://x.example/1.png,1,FALSE,B1,,note",
    "tee,,,,,M,TEE-M,125,shopify,7,19.90,https://x.example/2.png,2,,B2,,",
    "tee,,,,,L,TEE-L,130,shopify,0,21.90,,,,B3,,",
    "tee,,,,,,,,,,,https://x.example/3.png,3,,,,",
    "mug,\"=Mug, \"\"large\"\"\",,,,,'007,300,shopify,3,7.50,,,TRUE,C9,,\" x \"",
    "pen,Pen,,,,,PEN,10,shopify,2,1.00,,,FALSE,D1,,",
];

fn file(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn right() -> Vec<String> {
    RIGHT.iter().map(|row| (*row).to_owned()).collect()
}

fn options(rejects: &Path) -> ImportOptions {
    ImportOptions { reject_to: Some(rejects.to_owned()), ..ImportOptions::new("goods.csv") }
}

/// Everything that a shop knows about its goods, without ids, moments and versions.
fn picture(bazaar: &Bazaar) -> Vec<String> {
    let mut seen = Vec::new();
    for product in bazaar.shop.product_list(None, 1_000).unwrap() {
        let view = bazaar.shop.product_view(&product).unwrap();
        let prices: Vec<String> = product
            .variants
            .iter()
            .flat_map(|v| view.prices.iter().filter(move |price| price.variant == v.id))
            .map(|price| price.amount.to_string())
            .collect();
        let levels: Vec<u32> = product
            .variants
            .iter()
            .flat_map(|v| view.levels.iter().filter(move |(key, _)| key.variant == v.id))
            .map(|(_, level)| level.on_hand)
            .collect();
        let nameless = without_ids(product);
        seen.push(format!("{nameless:?} {prices:?} {levels:?} {:?}", view.categories));
    }
    seen.sort();
    seen
}

fn without_ids(product: Product) -> Product {
    let mut product = product;
    product.id = sutler_core::id::ProductId::from_u128(0);
    product.version = 0;
    product.created_at = sutler_core::time::Timestamp::from_millis(0);
    product.updated_at = product.created_at;
    for variant in &mut product.variants {
        variant.id = VariantId::from_u128(0);
    }
    product
}

/// Imports a file with faults, mends its reject file with `mend` and imports that; the shop must be as if the right file
/// had been imported.
#[track_caller]
fn check(faulty: &[String], mend: impl Fn(String) -> String) -> ImportSummary {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let bazaar = Bazaar::empty();
    let first = bazaar.try_import(&file(faulty), &options(&path)).unwrap();
    assert!(first.rejected_rows > 0, "nothing was refused");
    let rejects = std::fs::read_to_string(&path).unwrap();
    let mended = mend(rejects.clone());
    assert_ne!(mended, rejects, "nothing was mended");
    let second = bazaar.import(&mended);
    assert_eq!(second.rejected_rows, 0, "{:#?}", second.groups);
    assert_eq!(picture(&bazaar), picture(&Bazaar::with(&file(&right()))));
    let third = bazaar.import(&file(&right()));
    assert!(third.changes_nothing(), "{:#?}", third.differences);
    bazaar.is_whole();
    first
}

#[test]
fn rows_that_only_the_shop_refuses_are_those_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let long = "X".repeat(300);
    let faulty: Vec<String> = RIGHT.iter().map(|row| row.replace("TEE-L", &long)).collect();
    let done = Bazaar::empty().try_import(&file(&faulty), &options(&path)).unwrap();
    assert_eq!((done.rejected_products, done.rejected_rows, done.reject_file_rows), (1, 4, 4));
    let rejects = std::fs::read_to_string(&path).unwrap();
    // The source has a column `Source line` already: it is used. Behind it come the reason and what the rows may not tell.
    let (header, rows) = rejects.split_once('\n').unwrap();
    assert_eq!(header, format!("{HEADER},Error(s),Belongs to variants: Shelf"));
    let reason = rows.split_once("E301: ").unwrap().1.split_once("\n").unwrap().0;
    assert!(reason.contains("longer than 255"), "{reason}");
    let with_line = |row: &str, line: &str, end: &str| {
        let mut cells: Vec<&str> = row.rsplitn(3, ',').collect();
        cells[1] = line;
        cells.reverse();
        format!("{},{end}", cells.join(","))
    };
    let expected = [
        with_line(&faulty[1], "3", &format!("E301: {reason}")),
        with_line(&faulty[2], "5", ","),
        with_line(&faulty[3], "6", ","),
        with_line(&faulty[4], "7", ","),
    ];
    assert_eq!(rows, expected.join("\n") + "\n");
}

#[test]
fn a_product_that_the_shop_refuses_is_mended() {
    let long = "X".repeat(300);
    for at in 0..RIGHT.len() {
        let sku = ["CAP", "TEE-S", "TEE-M", "TEE-L", "none", "'007", "PEN"][at];
        if sku != "none" {
            let mut faulty = right();
            faulty[at] = faulty[at].replacen(&format!(",{sku},"), &format!(",{long},"), 1);
            let first = check(&faulty, |rejects| rejects.replace(&long, sku));
            assert_eq!(first.rejected_products, 1, "{sku}");
        }
    }
}

#[test]
fn a_row_that_the_file_refuses_is_mended() {
    for price in ["9.00", "19.90,https://x.example/2.png", "21.90", "7.50"] {
        let wrong = price.replacen(|c: char| c.is_ascii_digit(), "n", 1);
        let faulty: Vec<String> = right()
            .iter()
            .map(|row| row.replace(&format!(",{price},"), &format!(",{wrong},")))
            .collect();
        let wrong_cell = wrong.split(',').next().unwrap().to_owned();
        let right_cell = price.split(',').next().unwrap().to_owned();
        // The reason names the cell as well, and is not read.
        check(&faulty, |rejects| rejects.replace(&wrong_cell, &right_cell));
    }
}

#[test]
fn rows_that_both_refuse_stand_in_the_file_once() {
    let long = "X".repeat(300);
    let mut faulty = right();
    faulty[2] = faulty[2].replace(",TEE-M,", &format!(",{long},"));
    faulty[3] = faulty[3].replace(",21.90,", ",n/a,");
    let first = check(&faulty, |rejects| {
        assert_eq!(rejects.matches("\ntee,").count(), 4, "{rejects}");
        assert!(rejects.contains("E102: ") && rejects.contains("E301: "), "{rejects}");
        rejects.replace(&long, "TEE-M").replace(",n/a,", ",21.90,")
    });
    assert_eq!((first.rejected_rows, first.reject_file_rows), (4, 4));
}

#[test]
fn a_stock_row_that_the_shop_refuses_is_the_one_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let bazaar = Bazaar::with(&file(&right()));
    let stock = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Main,Moon\n\
                 tee,\"Tee, blue\",Size,S,TEE-S,6109.10,PT,9,not stocked\n\
                 tee,\"Tee, blue\",Size,M,TEE-M,6109.10,PT,8,4\n\
                 cap,Cap,,,CAP,6505.00,IN,6,\n";
    let done = bazaar.try_import(stock, &options(&path)).unwrap();
    assert_eq!((done.updated, done.rejected_rows), (3, 1), "{:#?}", done.groups);
    let rejects = std::fs::read_to_string(&path).unwrap();
    let row = rejects.lines().nth(1).unwrap();
    assert!(row.starts_with("tee,\"Tee, blue\",Size,M,TEE-M,6109.10,PT,8,4,E303: "), "{row}");
    assert!(row.ends_with(",3"), "{row}");
    let again = bazaar.import(&rejects.replace(",8,4,", ",8,,"));
    assert_eq!((again.updated, again.unchanged, again.rejected_rows), (0, 2, 0));
}
