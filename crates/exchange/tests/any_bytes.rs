//! Whatever the bytes are: no panic, and every row is accounted for.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proptest::prelude::*;
use sutler_core::id::PromotionId;
use sutler_core::money::Currency;
use sutler_core::pricing::IdsOnly;
use sutler_exchange::{Entry, Input, PriceEntry, ReadOptions, RejectWriter, open, read_promotions};

/// Reads everything that can be read and checks what must hold for every file.
fn read(bytes: Vec<u8>) {
    let read_once = |name: &str, bytes: Vec<u8>| {
        let Ok(opened) = open(Input::bytes(name, bytes), ReadOptions::new(Currency::EUR)) else {
            return None;
        };
        let entries: Vec<Entry> = opened.products().map(Result::unwrap).collect();
        let stock_rows = opened.stock().map(Result::unwrap).count();
        let prices: Vec<PriceEntry> = opened.prices().map(Result::unwrap).collect();
        for entry in &prices {
            assert_eq!(entry.draft.is_none(), entry.rejected.is_some(), "a row is used or refused");
            assert!(entry.draft.as_ref().is_none_or(|d| d.list < opened.price_lists().len()));
        }
        let rows: u64 = entries.iter().map(|entry| entry.rows).sum();
        let others = u64::try_from(stock_rows + prices.len()).unwrap();
        assert_eq!(rows + others, opened.summary().rows);
        for entry in &entries {
            match &entry.draft {
                Some(draft) => {
                    assert!(!draft.handle.is_empty());
                    for variant in &draft.variants {
                        assert_eq!(variant.option_values.len(), draft.option_names.len());
                    }
                }
                None => assert_eq!(entry.reject_count(), entry.rows, "refused as a whole"),
            }
        }
        Some((opened, entries))
    };
    let Some((opened, entries)) = read_once("any.csv", bytes) else { return };
    // The file of refused rows is a file like any other: all of its rows are accounted for again.
    let mut writer = RejectWriter::new(Vec::new(), &opened.summary().headers);
    entries.iter().for_each(|entry| writer.write(&entry.rejected).unwrap());
    let rows = writer.rows();
    let file = writer.finish().unwrap();
    if let Some((again, _)) = read_once("rejects.csv", file) {
        assert_eq!(again.summary().rows, rows);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(bytes);
    }

    #[test]
    fn random_rows_are_used_or_refused(
        cells in prop::collection::vec(
            prop_oneof![
                Just(","), Just(","), Just(","), Just(","), Just("\n"), Just("\n"), Just("\r\n"), Just("\""),
                Just("hat"), Just("cap"), Just("Hat"), Just("S"), Just("M"), Just("19.90"), Just("1,234"), Just("N/A"),
                Just("TRUE"), Just("active"), Just("https://x.example/a.png"), Just("=1+1"), Just("'"), Just("ü"),
            ],
            0..120,
        ),
        header in prop_oneof![
            Just("Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src,Status\n"),
            Just("Handle,Title,Variant SKU,Variant Price,Published\n"),
            Just("Title,URL handle,Price,SKU,\n"),
            Just("Handle,SKU,HS Code,COO,Berlin\n"),
            Just("price_list,sku,min_quantity,price\n"),
        ],
    ) {
        read(format!("{header}{}", cells.concat()).into_bytes());
    }

    #[test]
    fn random_promotions_are_read_or_refused(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("name"), Just("gives"), Just("when"), Just("promotion"), Just("percent"), Just("any"), Just("\"ü\""),
                Just(" = "), Just("="), Just("["), Just("]"), Just("[["), Just("]]"), Just("{"), Just("}"), Just(","), Just(":"),
                Just("\n"), Just("\n"), Just("."), Just("\"10%\""), Just("true"), Just("7.5"), Just("0x1f"), Just("\""), Just("'"),
                Just("2027-01-01"), Just("\u{feff}"), Just("# ü\n"), Just("\"gives\""), Just("\"promotion\""),
            ],
            0..40,
        ),
        as_json in any::<bool>(),
    ) {
        let text = format!("{}{}", if as_json { "{" } else { "" }, pieces.concat());
        let lines = u64::try_from(text.matches('\n').count() + 1).unwrap();
        let told = match read_promotions(&text) {
            Err(refused) => refused.into_diagnostics(),
            Ok(file) => {
                let mut told = Vec::new();
                for (index, document) in file.documents().iter().enumerate() {
                    let checked = document.check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly);
                    told.extend(checked.err().unwrap_or_default().iter().map(|p| file.told(index, p)));
                }
                told
            }
        };
        for diagnostic in told {
            prop_assert!((1..=lines).contains(&diagnostic.place.line), "{diagnostic:?}");
            prop_assert!(diagnostic.place.column.is_some() && diagnostic.help.is_some());
        }
    }
}
