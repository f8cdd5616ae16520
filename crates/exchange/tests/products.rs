//! The rules about rows of product files, each with the smallest file that shows it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{check, entries, opened, refusal, told};
use sutler_core::catalog::ProductStatus;
use sutler_core::import::Said;
use sutler_core::money::{Currency, DecimalMark};
use sutler_exchange::{Input, ReadOptions, open};

#[test]
fn rows_are_variants_or_images_or_both() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n\
         hat,Hat,Size,S,19.90,https://x.example/1.png\n\
         hat,,,M,20,https://x.example/2.png\n\
         hat,,,,,https://x.example/3.png\n\
         hat,,,,,https://x.example/1.png\n",
        "hat \"Hat\" [Size] S 19.90; M 20.00 | \
         https://x.example/1.png https://x.example/2.png https://x.example/3.png",
    );
}

#[test]
fn a_product_without_options_has_one_plain_variant() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
         a,A,Title,Default Title,1.50\n\
         b,B,,,2.50\n\
         c,C,Title,Small,3.50\n\
         d,D,,Default Title,4.50\n",
        r#"a "A" 1.50
           b "B" 2.50
           c "C" [Title] Small 3.50
           d "D" 4.50"#,
    );
}

#[test]
fn rows_that_stand_apart_are_one_product() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
         hat,Hat,Size,S,1.50\n\
         cap,Cap,,,9.50\n\
         hat,,,M,2.50\n\
         cup,Cup,,,5.50\n\
         hat,,,L,3.50\n",
        r#"hat "Hat" [Size] S 1.50; M 2.50; L 3.50
             4 E201
             6 E201
           cap "Cap" 9.50
           cup "Cup" 5.50"#,
    );
}

#[test]
fn the_same_options_twice_refuse_the_second() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n\
         hat,Hat,Size,S,1,1.50\n\
         hat,,,M,2,2.50\n\
         hat,,,S,3,3.50\n\
         cap,Cap,,,4,1.50\n\
         cap,,,,5,2.50\n",
        r#"hat "Hat" [Size] S #1 1.50; M #2 2.50
             4 E142
           cap "Cap" #4 1.50
             6 E142"#,
    );
}

#[test]
fn rows_without_a_handle_continue_the_product_above() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
         ,Lost,,,1.50\n\
         ,,,,2.50\n\
         hat,Hat,Size,S,1.50\n\
         ,,,M,2.50\n",
        r#" refused
             2 E140
             3 E140
           hat "Hat" [Size] S 1.50; M 2.50
             5 E215"#,
    );
}

#[test]
fn a_refused_first_row_refuses_its_product_and_keeps_the_rows_together() {
    let text = "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
                hat,Hat,Size,S,cheap\n\
                hat,,,M,2.50\n\
                cap,Cap,Size,S,1.50\n\
                cap,,,M,N/A\n";
    check(
        text,
        r#"hat refused
             2 E102
             3 E143
           cap "Cap" [Size] S 1.50
             5 E102"#,
    );
    let cap = &entries(text)[1];
    assert_eq!((cap.rejected.len(), cap.reject_count()), (2, 1));
    assert!(cap.rejected[0].errors.is_empty(), "the good row stands there for company");
}

#[test]
fn a_product_that_would_lose_all_its_variants_is_refused() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\n\
         hat,Hat,Size,,,https://x.example/1.png\n\
         hat,,,S,N/A,\n",
        "hat refused\n2 E143\n3 E102",
    );
}

#[test]
fn a_file_that_is_cut_off_is_refused_whole() {
    let text = "Handle,Title,Variant Price\nhat,Hat,19.90\ncap,Ca";
    let input = Input::bytes("cut.csv", text);
    let refused = open(input, ReadOptions::new(Currency::EUR)).err().unwrap();
    let diagnostic = &refused.diagnostics()[0];
    assert_eq!((diagnostic.code.as_str(), diagnostic.place.line), ("E122", 3));
}

#[test]
fn rows_of_another_length_are_refused_with_a_hint() {
    let text = "Handle,Title,Vendor,Variant Price,Variant Inventory Qty,Status\n\
                hat,Hat,Acme,19.90,5,active\n\
                cap,Cap,19.90,5,active\n\
                cup,Cup,Acme,,19.90,5,active\n\
                mug,Mug,Acme,9.90,5,active,more\n\
                pot,Pot,Acme";
    check(
        text,
        r#"hat "Hat" 19.90
           cap refused
             3 E121
           cup refused
             4 E121
           mug refused
             5 E120
           pot refused
             6 E120"#,
    );
    let message = &entries(text)[1].rejected[0].errors[0].message;
    assert_eq!(
        message,
        "the row looks shifted: 'Variant Price' holds 5, 'Vendor' holds 19.90 (it has 5 cells, but the header has 6)"
    );
}

#[test]
fn a_quote_left_open_in_the_last_row_refuses_the_file() {
    let refused = refusal("Handle,Title,Vendor\nhat,Hat,Acme\ncap,\"Cap,Acme\n");
    assert_eq!((refused.code.as_str(), refused.place.line), ("E124", 3));
    let refused = refusal("Handle,Title,Vendor\nhat,Hat,Acme\ncap,27\" Cap\n");
    assert_eq!((refused.code.as_str(), refused.place.line), ("E124", 3));
}

#[test]
fn repeated_skus_are_remarked_or_refused() {
    let text = "Handle,Title,Variant SKU,Variant Price\n\
                a,A,X1,1.50\n\
                b,B,X1,2.50\n\
                c,C,'X1,3.50\n\
                d,D,,4.50\n\
                e,E,,5.50\n";
    check(
        text,
        r##"a "A" #X1 1.50
            b "B" #X1 2.50
              3 E202
            c "C" #X1 3.50
              4 E202
              4 E204
            d "D" 4.50
            e "E" 5.50"##,
    );
    let options = ReadOptions { strict_sku: true, ..ReadOptions::new(Currency::EUR) };
    let strict = open(Input::bytes("t.csv", text), options).unwrap();
    let refused: Vec<_> =
        strict.products().map(Result::unwrap).filter(|entry| entry.draft.is_none()).collect();
    assert_eq!(refused.len(), 2);
    let error = refused[0].errors().next().unwrap();
    assert_eq!(error.message, "SKU 'X1' stands on line 2 already");
    assert_eq!(strict.summary().repeated_skus, 2);
}

#[test]
fn prices_that_cannot_be_trusted_refuse_their_row() {
    #[rustfmt::skip]
    let table = [
        ("N/A", "E102"), ("cheap", "E102"), ("19,99", "E104"), ("19.999", "E105"), ("1e400", "E102"),
        ("99999999999999999", "E106"), ("-5.00", "E107"), ("$5.00", "E108"), ("5.00 USD", "E108"),
    ];
    for (cell, code) in table {
        let text = format!(
            "Handle,Title,Variant Price,Variant SKU\nok,Ok,19.90,1\nok2,Ok,1.10,3\nhat,Hat,\"{cell}\",2\n"
        );
        let found = told(&text);
        assert!(found.ends_with(&format!("hat refused\n  4 {code}")), "{cell}: {found}");
    }
}

#[test]
fn an_ambiguous_column_refuses_the_file_unless_the_mark_is_said() {
    let text = "Handle,Title,Variant Price\na,A,\"1,234\"\nb,B,\"2,500\"\nc,C,7\n";
    let refused = refusal(text);
    assert_eq!((refused.code.as_str(), refused.place.line), ("E103", 2));
    assert!(
        refused.message.starts_with("2 rows: Variant Price such as '1,234'"),
        "{}",
        refused.message
    );
    let cents = |decimal| {
        let options = ReadOptions { decimal: Some(decimal), ..ReadOptions::new(Currency::KWD) };
        let opened = open(Input::bytes("t.csv", text), options).unwrap();
        let entry = opened.products().next().unwrap().unwrap();
        entry.draft.unwrap().variants[0].price.unwrap().minor()
    };
    assert_eq!(cents(DecimalMark::Point), 1_234_000);
    assert_eq!(cents(DecimalMark::Comma), 1_234);
}

#[test]
fn a_column_with_both_marks_is_read_by_its_majority() {
    let text = "Handle,Title,Variant Price\na,A,\"1,50\"\nb,B,\"2,50\"\nc,C,3.50\nd,D,1.234\n";
    check(
        text,
        r#"a "A" 1.50
           b "B" 2.50
           c refused
             4 E104
           d refused
             5 E109"#,
    );
    let opened = opened(text).unwrap();
    assert_eq!(opened.summary().remarks[0].code, "E220");
    let marks = [("Variant Price".to_owned(), DecimalMark::Comma)];
    assert_eq!(opened.summary().decimal_marks, marks);
}

#[test]
fn both_header_sets_give_the_same_draft() {
    let classic = "Handle,Title,Body (HTML),Vendor,Published,Variant SKU,Variant Price,Variant Inventory Policy,\
                   Google Shopping / MPN,Status,Variant Grams\n\
                   hat,Hat,<p>x</p>,Acme,TRUE,H1,5.50,continue,m1,active,120\n";
    let new = "Title,URL handle,Description,Vendor,Published on online store,SKU,Price,\
               Continue selling when out of stock,Google Shopping / Manufacturer part number (MPN),Status,\
               Weight value (grams)\n\
               Hat,hat,<p>x</p>,Acme,true,H1,5.50,CONTINUE,m1,Active,120\n";
    let (classic, new) = (entries(classic), entries(new));
    assert_eq!(classic[0].draft, new[0].draft);
    let draft = classic[0].draft.as_ref().unwrap();
    assert_eq!(draft.metadata, [("Google Shopping / MPN".to_owned(), "m1".to_owned())]);
    assert_eq!((draft.status, draft.published), (Some(ProductStatus::Active), Some(true)));
    assert_eq!(draft.variants[0].sells_without_stock, Some(true));
}

#[test]
fn absent_columns_are_silent_and_blank_cells_clear() {
    let entry = &entries(
        "Handle,Title,Vendor,Variant Barcode,Variant Price,Tags,My Fact\nhat,Hat,,,5.50,,\n",
    )[0];
    let draft = entry.draft.as_ref().unwrap();
    assert_eq!((&draft.brand, &draft.product_type), (&Some(Said::Cleared), &None));
    assert_eq!((&draft.tags, &draft.images), (&Some(Vec::new()), &None));
    assert_eq!(draft.metadata, [("My Fact".to_owned(), String::new())]);
    let variant = &draft.variants[0];
    assert_eq!((&variant.barcode, &variant.sku), (&Some(Said::Cleared), &None));
    assert_eq!((variant.stock, variant.tracks_stock), (None, None));
}

#[test]
fn facts_go_to_the_product_or_to_its_variants() {
    let text = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Season,Fit,Price / France,Included / France\n\
                hat,Hat,Size,S,5.50,summer,slim,6.50,TRUE\n\
                hat,,,M,5.50,,wide,7.50,\n";
    let opened = opened(text).unwrap();
    assert_eq!(opened.summary().kept_columns, ["Season", "Fit"]);
    let draft = opened.products().next().unwrap().unwrap().draft.unwrap();
    let named = |facts: &[(String, String)]| {
        facts.iter().map(|(name, fact)| format!("{name}={fact}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(named(&draft.metadata), "Season=summer Included / France=TRUE");
    assert_eq!(named(&draft.variants[1].metadata), "Fit=wide Price / France=7.50");
}

#[test]
fn spreadsheet_damage_is_mended_or_left_out() {
    let text = "Handle,Title,Variant SKU,Variant Barcode,Variant Price,Variant Compare At Price,Variant Inventory Qty\n\
                a,A,'0812,671241127551.0,5.50,N/A,12.0\n\
                b,B,\"=\"\"0812\"\"\",6.71E+11,5.50,,-3\n";
    let found = entries(text);
    let (a, b) = (
        &found[0].draft.as_ref().unwrap().variants[0],
        &found[1].draft.as_ref().unwrap().variants[0],
    );
    let value = |text: &str| Some(Said::Value(text.to_owned()));
    assert_eq!((&a.sku, &a.barcode), (&value("0812"), &value("671241127551")));
    assert_eq!((a.stock, &a.compare_at), (Some(12), &Some(Said::Cleared)));
    assert_eq!((&b.sku, &b.barcode, b.stock), (&value("0812"), &None, Some(-3)));
    let codes: Vec<&str> =
        found.iter().flat_map(|entry| &entry.remarks).map(|remark| remark.code.as_str()).collect();
    assert_eq!(codes, ["E204", "E203", "E206", "E214", "E204", "E205", "E202"]);
}

#[test]
fn the_first_row_wins_and_contradictions_are_remarked() {
    check(
        "Handle,Title,Vendor,Option1 Name,Option1 Value,Variant Price\n\
         hat,Hat,Acme,Size,S,1.50\n\
         hat,Hat,Acme,Size,M,1.50\n\
         hat,Other,Acme,Width,L,1.50\n\
         hat,Third,Acme,,XL,1.50\n",
        r#"hat "Hat" [Size] S 1.50; M 1.50; L 1.50; XL 1.50
             4 E208
             4 E216"#,
    );
}

#[test]
fn options_without_a_name_and_titles_that_are_missing() {
    check(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
         hat,Hat,,S,1.50\n\
         hat,,,M,1.50\n\
         cap,,Size,S,1.50\n\
         cap,,,M,1.50\n",
        r#"hat "Hat" [Option1] S 1.50; M 1.50
             2 E209
           cap refused
             4 E141
             5 E143"#,
    );
}

#[test]
fn images_are_ordered_by_their_position() {
    let text = "Handle,Title,Variant Price,Image Src,Image Position,Image Alt Text\n\
                hat,Hat,1.50,https://x.example/b.png,2,back\n\
                hat,,,https://x.example/a.png,1,front\n\
                hat,,,https://x.example/c.png,3,\n\
                hat,,,https://x.example/b.png,2,again\n";
    let draft = entries(text)[0].draft.clone().unwrap();
    let images: Vec<_> =
        draft.images.unwrap().into_iter().map(|i| format!("{} {}", &i.url[18..], i.alt)).collect();
    assert_eq!(images, ["a.png front", "b.png back", "c.png "]);
}

#[test]
fn cells_of_the_wrong_kind_refuse_their_row() {
    let header = "Handle,Title,Variant Price,Published,Status,Variant Inventory Policy,Image Src,Variant Grams,\
                  Variant Inventory Qty,Image Position";
    #[rustfmt::skip]
    let table = [
        ("maybe,active,deny,https://x.example/a.png,1,1,1", "E111"),
        ("TRUE,sold,deny,https://x.example/a.png,1,1,1", "E112"),
        ("TRUE,active,never,https://x.example/a.png,1,1,1", "E112"),
        ("TRUE,active,deny,manual,1,1,1", "E113"),
        ("TRUE,active,deny,../../etc/passwd.png,1,1,1", "E113"),
        ("TRUE,active,deny,https://x.example/a.png,heavy,1,1", "E114"),
        ("TRUE,active,deny,https://x.example/a.png,1,1.5,1", "E110"),
        ("TRUE,active,deny,https://x.example/a.png,1,10000000000000000000,1", "E106"),
        ("TRUE,active,deny,https://x.example/a.png,1,1,first", "E110"),
    ];
    for (cells, code) in table {
        let found = told(&format!("{header}\nhat,Hat,5.50,{cells}\n"));
        assert_eq!(found, format!("hat refused\n  2 {code}"), "{cells}");
    }
    let good = told(&format!("{header}\nhat,Hat,5.50,no,unlisted,FALSE,shirts/a.png,1,0,\n"));
    assert!(good.ends_with("2 E213"), "{good}");
}

#[test]
fn headers_are_checked_before_anything_is_read() {
    #[rustfmt::skip]
    let table = [
        ("Handle,Title,Variant Price,Price\n", "E134", "column 3 \"Variant Price\" and column 4 \"Price\""),
        ("Handle,Title,handle \n", "E134", "column 1 \"Handle\" and column 3 \"handle\""),
        ("lamp,Lamp,TRUE,9.99\n", "E133", "values, not names"),
        ("Title,Price\n", "E101", "fit no known format"),
        ("Handle,Title,Vendor\na,A,x,19.90,5,active\nb,B,y,19.90,5,active\n", "E123", "3 names"),
        ("\n \n", "E132", "nothing but blanks"),
    ];
    for (text, code, message) in table {
        let refused = refusal(text);
        assert_eq!(refused.code, code, "{text:?}: {}", refused.message);
        assert!(refused.message.contains(message), "{}", refused.message);
    }
}

#[test]
fn unknown_columns_twice_are_kept_twice_and_nameless_ones_are_told() {
    let opened = opened("Handle,Title,Variant Price,Fact,Fact,\nhat,Hat,5.50,a,b,c\n").unwrap();
    let codes: Vec<_> = opened.summary().remarks.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(codes, ["E211", "E210"]);
    let draft = opened.products().next().unwrap().unwrap().draft.unwrap();
    let facts: Vec<_> =
        draft.metadata.iter().map(|(name, fact)| format!("{name}={fact}")).collect();
    assert_eq!(facts, ["Fact=a", "Fact (column 5)=b"]);
}

#[test]
fn blank_rows_are_skipped_and_a_header_alone_is_fine() {
    let opened = opened("Handle,Title,Variant Price\n,,\nhat,Hat,5.50\n , ,\n\n,,\n").unwrap();
    assert_eq!((opened.summary().rows, opened.summary().blank_rows), (1, 3));
    assert_eq!(opened.products().count(), 1);
    let empty = common::opened("Handle,Title,Variant Price\n").unwrap();
    assert_eq!((empty.summary().rows, empty.products().count(), empty.stock().count()), (0, 0, 0));
}

#[test]
fn lines_are_physical_and_records_are_counted() {
    let text = "Handle,Title,Body (HTML),Variant Price\nhat,Hat,\"one\ntwo\r\nthree\",5.50\ncap,Cap,,N/A\n";
    let error = entries(text)[1].rejected[0].errors[0].clone();
    assert_eq!((error.place.line, error.place.record), (5, 2));
    assert_eq!(error.place.column, Some((4, "Variant Price".to_owned())));
}

#[test]
fn a_product_of_too_many_rows_refuses_the_file() {
    let rows: String = (0..10_001).map(|n| format!("same,Same,{n},5.50\n")).collect();
    let refused = refusal(&format!("Handle,Title,Option1 Value,Variant Price\n{rows}"));
    assert_eq!((refused.code.as_str(), refused.place.line), ("E144", 2));
}

#[test]
fn the_summary_tells_what_was_found() {
    let opened =
        opened("\u{feff}sep=;\r\nHandle;Title;Variant Price;Note;Error(s)\r\nhat;Hat;5,50;n;\r\n")
            .unwrap();
    let summary = opened.summary();
    assert_eq!((summary.delimiter, summary.encoding), (';', "UTF-8"));
    assert_eq!(summary.ignored_columns, ["Error(s)"]);
    assert_eq!(summary.kept_columns, ["Note"]);
    assert_eq!(summary.columns[2].field, "price");
    assert_eq!(summary.sha256.len(), 64);
    assert!(summary.format_reason.contains("Shopify product file (classic names)"));
}

#[test]
fn a_file_that_changes_between_the_passes_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hats.csv");
    std::fs::write(&path, "Handle,Title,Variant Price\nhat,Hat,5.50\n").unwrap();
    let opened = open(Input::path(&path), ReadOptions::new(Currency::EUR)).unwrap();
    assert_eq!(opened.products().count(), 1);
    std::fs::write(&path, "Handle,Title,Variant Price\nhat,Hat,5.50\ncap,Cap,1.50\n").unwrap();
    // Rows that were read already are handed out; the stream ends with a refusal, so they are not applied.
    let outcome: Result<Vec<_>, _> = opened.products().collect();
    assert_eq!(outcome.err().unwrap().diagnostics()[0].code, "E131");
}
