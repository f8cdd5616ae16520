//! Real merchant files: what is in the shop after an import, compared with counts that an independent script made.
//!
//! The files are not part of the project; `SUTLER_SAMPLES` names their folder, and `cargo xtask samples DIR` sets it.
//! Where rows must be refused the result differs from the raw counts on purpose: those files stand in [`RIGHT`].

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sutler::Shop;
use sutler::engine::flow::export::ExportOptions;
use sutler::engine::flow::import::{ImportOptions, ImportSummary, Input};
use sutler::prelude::*;

/// What a correct import of one file leaves: products, variants, refused rows.
type Counts = (u64, u64, u64);

/// Files of which rows must be refused, and what is left of them.
const RIGHT: &[(&str, Counts)] = &[
    // Every row is shifted by hand-edited columns.
    ("shopify-new/stoa-template-2026.csv", (0, 0, 28)),
    // An image row was filled forward into a seventeenth variant whose price is `N/A`.
    ("shopify/kcohen-template-forward-filled.csv", (3, 16, 1)),
    // The same options twice.
    ("shopify/sven-ng-import.csv", (1_115, 4_032, 31)),
    ("shopify/gatsby-demo-products.csv", (99, 299, 1)),
];

/// Files that are refused as a whole.
const REFUSED: &[&str] = &["shopify/variant-splitter-BROKEN-header.csv"];

fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("SUTLER_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        use std::io::Write as _;
        std::io::stderr()
            .write_all(
                b"SUTLER_SAMPLES is not set: the real merchant files were not read
",
            )
            .unwrap();
    }
    folder
}

fn expected(folder: &Path) -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(folder.join("EXPECTED.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap().clone()
}

fn fresh_shop(folder: &Path, name: &str) -> Shop {
    let shop = sutler::create(&format!("sqlite:{}", folder.join(name).display())).unwrap();
    shop.init(&InitCommand::new("Samples", "EUR", "DE").unwrap()).unwrap();
    shop
}

fn import(shop: &Shop, file: &Path) -> Result<ImportSummary, FlowError> {
    let plan = shop.import_plan(
        Input::path(file),
        &ImportOptions::new(file.file_name().unwrap().to_string_lossy()),
    )?;
    shop.import_apply(plan, &mut |_| ControlFlow::Continue(()))
}

/// Products, variants in use and images that are really in the shop.
fn held(shop: &Shop) -> (u64, u64, u64) {
    let (mut products, mut variants, mut images) = (0, 0, 0);
    let mut after = None;
    loop {
        let page = shop.product_list(after, 500).unwrap();
        let Some(last) = page.last() else { return (products, variants, images) };
        after = Some(last.id);
        for product in &page {
            products += 1;
            variants +=
                u64::try_from(product.variants.iter().filter(|variant| !variant.retired).count())
                    .unwrap();
            images += u64::try_from(product.images.len()).unwrap();
        }
    }
}

fn export(shop: &Shop) -> Vec<u8> {
    let mut out = Vec::new();
    shop.export_products(&mut out, &ExportOptions::default()).unwrap();
    out
}

#[test]
fn every_shopify_product_file_is_imported_as_counted_and_twice_is_once() {
    let Some(samples) = samples() else { return };
    let mut seen = 0;
    for (name, counted) in expected(&samples) {
        let format = counted["format"].as_str().unwrap_or_default();
        if !format.starts_with("shopify-product-v") || REFUSED.contains(&name.as_str()) {
            continue;
        }
        seen += 1;
        let folder = tempfile::tempdir().unwrap();
        let shop = fresh_shop(folder.path(), "shop.db");
        let file = samples.join(&name);
        let summary = import(&shop, &file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let count = |field: &str| counted[field].as_u64().unwrap();
        let right = RIGHT.iter().find(|(file, _)| *file == name).map(|(_, counts)| *counts);
        let (products, variants, rejects) =
            right.unwrap_or((count("products"), count("variants"), 0));
        let (held_products, held_variants, images) = held(&shop);
        assert_eq!(
            (held_products, held_variants, summary.rejected_rows),
            (products, variants, rejects),
            "{name}"
        );
        assert_eq!((summary.created, summary.rows), (products, count("data_rows")), "{name}");
        if right.is_none() {
            assert_eq!(images, count("images_distinct_per_product"), "{name}: images");
        }
        let again = import(&shop, &file).unwrap();
        assert_eq!(
            (again.created, again.updated, again.stock_written, again.prices_written),
            (0, 0, 0, 0),
            "{name}: the second run"
        );

        let first = export(&shop);
        let copy = fresh_shop(folder.path(), "copy.db");
        let exported = folder.path().join("export.csv");
        std::fs::write(&exported, &first).unwrap();
        import(&copy, &exported)
            .unwrap_or_else(|error| panic!("{name}: its own export is refused: {error}"));
        assert!(first == export(&copy), "{name}: export, import, export is not the same bytes");
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{name}: {:#?}", report.findings);
    }
    assert!(seen >= 13, "only {seen} files were found");
}

#[test]
fn broken_files_are_refused_as_a_whole_and_change_nothing() {
    let Some(samples) = samples() else { return };
    let derived = [
        "empty.csv",
        "packt-unclosed-quote.csv",
        "packt-duplicate-column.csv",
        "packt-no-header.csv",
    ];
    let files = derived
        .iter()
        .map(|name| format!("derived/{name}"))
        .chain(REFUSED.iter().map(|name| (*name).to_owned()));
    for name in files {
        let folder = tempfile::tempdir().unwrap();
        let shop = fresh_shop(folder.path(), "shop.db");
        match import(&shop, &samples.join(&name)) {
            Err(FlowError::File(diagnostics)) => {
                assert!(!diagnostics.is_empty(), "{name}: refused without a reason")
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(held(&shop), (0, 0, 0), "{name}");
    }
}

#[test]
fn every_encoding_and_dialect_of_one_file_gives_the_same_shop() {
    let Some(samples) = samples() else { return };
    let same = [
        "packt-utf8-bom-crlf.csv",
        "packt-utf16le-tab.csv",
        "packt-de-semicolon-cp1252.csv",
        "packt-cr-only.csv",
        "packt-sep-line.csv",
        "packt-trailing-blank-rows.csv",
        "packt-blank-handle-continuation.csv",
    ];
    for name in same {
        let folder = tempfile::tempdir().unwrap();
        let shop = fresh_shop(folder.path(), "shop.db");
        let summary = import(&shop, &samples.join("derived").join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let (products, variants, images) = held(&shop);
        assert_eq!((products, variants, images, summary.rejected_rows), (20, 21, 21, 0), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let shop = fresh_shop(folder.path(), "shop.db");
    assert_eq!(import(&shop, &samples.join("derived/header-only.csv")).unwrap().products, 0);
}

#[test]
fn a_stock_file_sets_what_it_counts_and_twice_is_once() {
    let Some(samples) = samples() else { return };
    let folder = tempfile::tempdir().unwrap();
    let shop = fresh_shop(folder.path(), "shop.db");
    import(&shop, &samples.join("shopify/abhilasha-export.csv")).unwrap();
    let name = "shopify/inventory-abhilasha.csv";
    let counted = &expected(&samples)[name];
    // The shop has one location, named otherwise than in the file: name it as the file does.
    let mut location = shop.setup().unwrap().locations[0].clone();
    location.name = counted["locations"][0].as_str().unwrap().to_owned();
    location.version += 1;
    shop.setup_put(&sutler::core::change::SetupChange::StockLocation(location)).unwrap();
    let summary = import(&shop, &samples.join(name)).unwrap();
    assert_eq!(summary.rows, counted["variant_location_rows"].as_u64().unwrap());
    assert_eq!(summary.rejected_rows, 0, "{:#?}", summary.groups);
    let again = import(&shop, &samples.join(name)).unwrap();
    assert_eq!((again.updated, again.stock_written), (0, 0));
    assert!(shop.verify(&mut |_| {}).unwrap().findings.is_empty());
}
