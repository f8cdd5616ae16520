//! Shopify inventory files in their three shapes, and the one that is written.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::opened;
use sutler_core::import::StockDraft;
use sutler_core::money::Currency;
use sutler_exchange::{
    FileKind, FormatName, Input, InventoryRow, InventoryWriter, ReadOptions, StockEntry, open,
};

fn entries(text: &str) -> Vec<StockEntry> {
    let opened = opened(text).unwrap_or_else(|refused| panic!("refused: {refused}"));
    assert_eq!(opened.summary().kind, FileKind::Stock);
    assert_eq!(opened.products().count(), 0);
    opened.stock().map(Result::unwrap).collect()
}

/// Tells a draft in a few words: `hat/Blue @Berlin 5 -> 7`.
fn told(draft: &StockDraft) -> String {
    let count = |n: Option<i64>| n.map_or("-".to_owned(), |n| n.to_string());
    let name: Vec<&str> = std::iter::once(draft.handle.as_str())
        .chain(draft.option_values.iter().map(String::as_str))
        .collect();
    let (expected, on_hand) = (count(draft.expected_on_hand), count(draft.on_hand));
    format!("{} @{} {expected} -> {on_hand}", name.join("/"), draft.location)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let mut lines = Vec::new();
    for entry in entries(text) {
        lines.extend(entry.drafts.iter().map(told));
        if let Some(row) = entry.rejected {
            let codes: Vec<&str> = row.errors.iter().map(|error| error.code.as_str()).collect();
            lines.push(format!("{} {}", row.line, codes.join(" ")));
        }
    }
    assert_eq!(lines, expected);
}

#[test]
fn one_column_for_each_location() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Berlin,Paris\n\
         hat,Hat,Color,Blue,H1,,,5,not stocked\n\
         cap,Cap,Title,Default Title,C1,,,-2,\n\
         mug,Mug,,,,,,few,1\n",
        &[
            "hat/Blue @Berlin - -> 5",
            "hat/Blue @Paris - -> -",
            "cap @Berlin - -> -2",
            "cap @Paris - -> -",
            "4 E110",
        ],
    );
}

#[test]
fn one_row_for_each_location() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Incoming,Committed,Available,On hand\n\
         hat,Hat,Color,Blue,\"\",,,Berlin,0,2,3,5\n\
         hat,Hat,Color,Blue,,,,Paris,0,0,0,Not Stocked\n\
         hat,Hat,Color,Blue,,,,Berlin,0,0,0,9\n\
         hat,Hat,Color,Red,,,,,0,0,0,9\n\
         ,Hat,Color,Red,,,,Berlin,0,0,0,9\n\
         hat,Hat\n",
        &[
            "hat/Blue @Berlin - -> 5",
            "hat/Blue @Paris - -> -",
            "4 E147",
            "5 E146",
            "6 E140",
            "7 E120",
        ],
    );
}

#[test]
fn every_shape_is_read_without_customs_columns() {
    check(
        "URL handle,Title,Option1 name,Option1 value,SKU,Berlin,Paris\n\
         hat,Hat,Color,Blue,H1,5,not stocked\n\
         cap,Cap,,,C1,,2\n",
        &[
            "hat/Blue @Berlin - -> 5",
            "hat/Blue @Paris - -> -",
            "cap @Berlin - -> -",
            "cap @Paris - -> 2",
        ],
    );
    let rows = "Handle,SKU,Location,Available,On hand\nhat,H1,Berlin,4,5\n";
    check(rows, &["hat @Berlin - -> 5"]);
    let guarded = "Handle,Location,On hand (current),On hand (new)\nhat,Berlin,4,5\n";
    check(guarded, &["hat @Berlin 4 -> 5"]);
    // Who says what the file is need not have a count in it, nor a SKU.
    for text in ["Handle,Berlin\nhat,few\n", "Handle,Title,SKU,Berlin\n", rows, guarded] {
        let said = ReadOptions {
            format: Some(FormatName::ShopifyInventory),
            ..ReadOptions::new(Currency::EUR)
        };
        let opened = open(Input::bytes("stock.csv", text), said).unwrap();
        assert_eq!(opened.summary().kind, FileKind::Stock, "{text}");
        let columns = &opened.summary().columns;
        assert!(columns.iter().any(|column| column.field == "on_hand"), "{text}");
    }
}

#[test]
fn the_current_count_is_a_guard() {
    check(
        "Handle,Option1 Value,SKU,Location,On hand (current),On hand (new)\n\
         hat,Blue,H1,Berlin,5,7\n\
         hat,Red,H2,Berlin,5,\n\
         hat,Green,H3,Berlin,not stocked,4\n",
        &["hat/Blue @Berlin 5 -> 7", "hat/Red @Berlin 5 -> -", "hat/Green @Berlin - -> 4"],
    );
}

#[test]
fn available_stands_in_for_on_hand_with_a_remark() {
    let opened = opened("Handle,SKU,Location,Available\nhat,H1,Berlin,5\n").unwrap();
    assert_eq!(opened.summary().format, FormatName::ShopifyInventory);
    assert_eq!(opened.summary().remarks[0].code, "E221");
    assert_eq!(opened.stock().next().unwrap().unwrap().drafts[0].on_hand, Some(5));
}

#[test]
fn what_is_not_read_is_listed() {
    let opened =
        opened("Handle,Title,SKU,HS Code,COO,Location,Bin name,On hand (current),On hand (new)\n")
            .unwrap();
    assert_eq!(opened.summary().ignored_columns, ["Title", "HS Code", "COO", "Bin name"]);
    let refused = common::refusal("Handle,SKU,Location,On hand,on hand\n");
    assert_eq!(refused.code, "E134");
}

#[test]
fn what_is_written_is_read_back() {
    let row = |handle: &str, options: &[(&str, &str)], on_hand| InventoryRow {
        handle: handle.to_owned(),
        title: "=Title".to_owned(),
        options: options.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        sku: "'1.0".to_owned(),
        location: "Berlin, Mitte".to_owned(),
        committed: 2,
        available: 3,
        on_hand,
        ..InventoryRow::default()
    };
    let mut writer = InventoryWriter::new(Vec::new()).unwrap();
    writer.write(&row("hat", &[("Color", "@blue"), ("Size", "M\n\"L\"")], Some(-5))).unwrap();
    writer.write(&row("cap", &[], None)).unwrap();
    let file = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(file.lines().next().unwrap().split(',').count(), 19);
    check(&file, &["hat/@blue/M\n\"L\" @Berlin, Mitte -5 -> -5", "cap @Berlin, Mitte - -> -"]);
    assert_eq!(entries(&file)[0].drafts[0].sku, "'1.0");
    assert!(file.contains("'=Title") && file.contains("''1.0"), "{file}");
}
