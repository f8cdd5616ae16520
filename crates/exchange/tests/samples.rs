//! Real merchant files, read from the folder that `SUTLER_SAMPLES` names.
//!
//! The folder is not part of the project: most of the files state no license. Its `EXPECTED.json` holds counts that an
//! independent script made. Without the variable nothing is tested, and a line says so.
//!
//! `SUTLER_SAMPLES=../shared/samples cargo nextest run -p sutler-exchange --test samples --no-capture`
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may fail and must say why it did not run"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sutler_core::import::{Diagnostic, ProductDraft};
use sutler_core::money::{Currency, DecimalMark};
use sutler_exchange::{
    Entry, FileKind, FileSummary, FormatName, HeaderSet, Input, ReadOptions, Refused, open,
};

/// Returns the folder of the samples, or says that there is none.
fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("SUTLER_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: SUTLER_SAMPLES does not name the folder of sample files");
    }
    folder
}

/// Everything that a product file gives.
struct Read {
    summary: FileSummary,
    entries: Vec<Entry>,
}

impl Read {
    fn drafts(&self) -> Vec<&ProductDraft> {
        self.entries.iter().filter_map(|entry| entry.draft.as_ref()).collect()
    }

    fn variants(&self) -> usize {
        self.drafts().iter().map(|draft| draft.variants.len()).sum()
    }

    fn images(&self) -> usize {
        self.drafts().iter().flat_map(|draft| &draft.images).map(Vec::len).sum()
    }

    fn rejects(&self) -> u64 {
        self.entries.iter().map(Entry::reject_count).sum()
    }

    /// Counts diagnostics by code.
    fn codes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for diagnostic in self.entries.iter().flat_map(|e| e.remarks.iter().chain(e.errors())) {
            *counts.entry(diagnostic.code.clone()).or_insert(0) += 1;
        }
        counts
    }
}

fn read_with(path: &Path, options: ReadOptions) -> Result<Read, Refused> {
    let opened = open(Input::path(path), options)?;
    let entries = opened.products().collect::<Result<Vec<_>, _>>()?;
    let again = opened.products().collect::<Result<Vec<_>, _>>()?;
    assert!(entries == again, "{}: the second pass differs", path.display());
    Ok(Read { summary: opened.summary().clone(), entries })
}

fn read(path: &Path, currency: Currency) -> Result<Read, Refused> {
    read_with(path, ReadOptions::new(currency))
}

#[track_caller]
fn refusal(path: &Path) -> Diagnostic {
    match read(path, Currency::USD) {
        Ok(read) => panic!("{} was read: {:?}", path.display(), read.codes()),
        Err(refused) => refused.diagnostics()[0].clone(),
    }
}

/// What a correct importer reports where it differs from the raw counts on purpose.
struct Special {
    file: &'static str,
    products: usize,
    variants: usize,
    images: Option<usize>,
    rejects: u64,
}

const fn special(
    file: &'static str,
    products: usize,
    variants: usize,
    images: Option<usize>,
    rejects: u64,
) -> Special {
    Special { file, products, variants, images, rejects }
}

#[rustfmt::skip]
const SPECIAL: &[Special] = &[
    special("shopify/kcohen-template-forward-filled.csv",    3,   16, Some(10),  1), // The refused row had an image.
    special("shopify/sven-ng-import.csv",                 1115, 4032, None,     31),
    special("shopify/gatsby-demo-products.csv",             99,  299, Some(99),  1), // So had this one.
    special("shopify-new/stoa-template-2026.csv",            0,    0, Some(0),  28),
];

#[test]
fn every_shopify_product_file_gives_the_counts_of_the_independent_script() {
    let Some(folder) = samples() else { return };
    let text = std::fs::read_to_string(folder.join("EXPECTED.json")).unwrap();
    let expected: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut files = 0;
    for (file, counts) in &expected {
        let format = counts["format"].as_str().unwrap();
        if !matches!(format, "shopify-product-v1" | "shopify-product-v2") {
            continue;
        }
        files += 1;
        let count = |key: &str| usize::try_from(counts[key].as_u64().unwrap()).unwrap();
        let currency = if file.contains("-pl-") { "PLN" } else { "USD" };
        let read = read(&folder.join(file), Currency::from_code(currency).unwrap())
            .unwrap_or_else(|refused| panic!("{file}: {refused}"));
        let summary = &read.summary;
        let special = SPECIAL.iter().find(|special| special.file == file);
        assert_eq!(summary.format, FormatName::ShopifyProducts, "{file}");
        let header_set = if format.ends_with("v2") { HeaderSet::New } else { HeaderSet::Classic };
        assert_eq!(summary.header_set, Some(header_set), "{file}");
        assert_eq!(summary.rows, counts["data_rows"].as_u64().unwrap(), "{file}: rows");
        assert_eq!(summary.headers.len(), count("columns"), "{file}: columns");
        assert_eq!(summary.delimiter.to_string(), counts["delimiter"].as_str().unwrap(), "{file}");
        assert_eq!(summary.products, counts["products"].as_u64().unwrap(), "{file}: products");
        assert_eq!(read.entries.len(), count("products"), "{file}: entries");
        let products = special.map_or(count("products"), |e| e.products);
        assert_eq!(read.drafts().len(), products, "{file}: products with a draft");
        let variants = special.map_or(count("variants"), |e| e.variants);
        assert_eq!(read.variants(), variants, "{file}: variants; {:?}", read.codes());
        assert_eq!(read.rejects(), special.map_or(0, |e| e.rejects), "{file}: rejects");
        let images = special.and_then(|e| e.images).unwrap_or(count("images_distinct_per_product"));
        assert_eq!(read.images(), images, "{file}: images");
        let codes = read.codes();
        let of = |code: &str| codes.get(code).copied().unwrap_or(0);
        assert_eq!(of("E201"), count("interleaved_handles"), "{file}: interleaved");
        if special.is_none() {
            let duplicates = counts["duplicate_skus"].as_u64().unwrap();
            assert_eq!(summary.repeated_skus, duplicates, "{file}: duplicate SKUs");
        }
        for draft in read.drafts() {
            assert!(draft.title.as_deref().is_some_and(|title| !title.is_empty()), "{file}");
            for variant in &draft.variants {
                assert!(variant.price.is_some(), "{file}:{}", variant.line);
                assert_eq!(variant.option_values.len(), draft.option_names.len(), "{file}");
            }
        }
    }
    assert!(files >= 13, "{files} files");
}

#[test]
fn refused_rows_have_the_expected_reasons() {
    let Some(folder) = samples() else { return };
    let codes = |file: &str| read(&folder.join(file), Currency::USD).unwrap().codes();
    let count = |file: &str, code: &str| codes(file).get(code).copied().unwrap_or(0);
    assert_eq!(count("shopify/kcohen-template-forward-filled.csv", "E102"), 1);
    assert_eq!(count("shopify/sven-ng-import.csv", "E142"), 31);
    assert_eq!(count("shopify/sven-ng-import.csv", "E203"), 4053);
    assert_eq!(count("shopify/gatsby-demo-products.csv", "E142"), 1);
    assert_eq!(count("shopify-new/stoa-template-2026.csv", "E121"), 28);
    assert_eq!(count("shopify/kcohen-template.csv", "E205"), 16);
    let stoa = read(&folder.join("shopify-new/stoa-template-2026.csv"), Currency::EUR).unwrap();
    let first = stoa.entries[0].errors().next().unwrap();
    let hint = "'Price' is empty, 'Option3 Linked To' holds 689.00";
    assert!(first.message.contains(hint), "{}", first.message);
    assert_eq!(first.place.line, 2);
}

#[test]
fn a_file_with_a_broken_header_is_refused_as_a_whole() {
    let Some(folder) = samples() else { return };
    let refusal = refusal(&folder.join("shopify/variant-splitter-BROKEN-header.csv"));
    assert_eq!(refusal.code, "E123");
    assert!(refusal.message.contains("15 names"), "{}", refusal.message);
}

#[test]
fn decimal_commas_are_seen_per_column() {
    let Some(folder) = samples() else { return };
    let path = folder.join("shopify/milltek-pl-import.csv");
    let zloty = Currency::from_code("PLN").unwrap();
    let found = read(&path, zloty).unwrap();
    let marks = &found.summary.decimal_marks;
    assert!(marks.contains(&("Variant Price".to_owned(), DecimalMark::Comma)), "{marks:?}");
    assert_eq!(found.drafts()[0].variants[0].price.unwrap().minor() % 100, 13);
    let forced = ReadOptions { decimal: Some(DecimalMark::Point), ..ReadOptions::new(zloty) };
    let forced = read_with(&path, forced).unwrap();
    assert_eq!((forced.variants(), forced.codes().get("E104")), (0, Some(&774)));
}

#[test]
fn an_order_export_is_no_catalog() {
    let Some(folder) = samples() else { return };
    let refusal = refusal(&folder.join("shopify/orders-panalysis-anonymous.csv"));
    assert_eq!(refusal.code, "E135");
    assert!(refusal.message.contains("order export"), "{}", refusal.message);
}

#[test]
fn files_of_other_systems_are_named_and_refused() {
    let Some(folder) = samples() else { return };
    for (file, code, what) in [
        ("woocommerce/classic-commerce-sample_products.csv", "E135", "WooCommerce"),
        ("woocommerce/bambini-api-dump-products.csv", "E135", "not a WooCommerce export"),
        ("woocommerce/bambini-api-dump-variations.csv", "E135", "not a WooCommerce export"),
        ("magento/geekbars-export.csv", "E135", "Magento"),
        ("magento/johnybk08-catalog_product.csv", "E135", "Magento"),
        ("medusa/exported-products-comma.csv", "E135", "Medusa"),
        ("medusa/v1-template.csv", "E135", "Medusa"),
        ("spree/products_import_fixture.csv", "E135", "Spree"),
        ("vendure/e2e-product-import.csv", "E135", "Vendure"),
        ("shopware/products_with_variants.csv", "E135", "Shopware"),
        ("shopware/customers.csv", "E135", "customer"),
        ("prestashop/products_import.csv", "E135", "PrestaShop"),
        ("prestashop/combinations_import.csv", "E135", "PrestaShop"),
        ("etsy/sabaceramics-listings.csv", "E135", "Etsy"),
        ("sylius/products.csv", "E135", "Sylius"),
        ("derived/bigcommerce-v3-synthetic.csv", "E135", "BigCommerce"),
        ("derived/bigcommerce-v2-synthetic.csv", "E135", "BigCommerce"),
        ("google/hardlife-feed.xml", "E136", "XML"),
        ("saleor/populatedb_data.json", "E136", "JSON"),
        ("shopify/bmxpc7-es-export.xlsx", "E136", "Excel"),
        ("derived/jsonld-product-group.html", "E136", "web page"),
        ("other/prodot1-title-info-price.csv", "E101", "no known format"),
        ("other/br-10k-semicolon.csv", "E101", "no known format"),
    ] {
        let refusal = refusal(&folder.join(file));
        assert_eq!(refusal.code, code, "{file}: {}", refusal.message);
        assert!(refusal.message.contains(what), "{file}: {}", refusal.message);
    }
}

#[test]
fn an_inventory_export_gives_its_counts() {
    let Some(folder) = samples() else { return };
    let path = folder.join("shopify/inventory-abhilasha.csv");
    let opened = open(Input::path(path), ReadOptions::new(Currency::USD)).unwrap();
    assert_eq!((opened.summary().kind, opened.summary().rows), (FileKind::Stock, 67));
    let entries: Vec<_> = opened.stock().collect::<Result<_, _>>().unwrap();
    assert!(entries.iter().all(|entry| entry.rejected.is_none()));
    let drafts: Vec<_> = entries.iter().flat_map(|entry| &entry.drafts).collect();
    assert_eq!(drafts.len(), 67);
    assert_eq!(drafts.iter().filter_map(|draft| draft.on_hand).sum::<i64>(), 7021);
    assert!(drafts.iter().all(|draft| draft.location == "Shop location"));
}

/// The drafts of a file without their line numbers, which differ between twins.
fn comparable(read: &Read) -> Vec<ProductDraft> {
    let mut drafts: Vec<ProductDraft> = read.drafts().into_iter().cloned().collect();
    for variant in drafts.iter_mut().flat_map(|draft| &mut draft.variants) {
        variant.line = 0;
    }
    drafts
}

#[test]
fn twins_in_other_encodings_and_dialects_give_the_same_drafts() {
    let Some(folder) = samples() else { return };
    let source = read(&folder.join("shopify/packt-product-data.csv"), Currency::USD).unwrap();
    let expected = comparable(&source);
    for (file, encoding, delimiter) in [
        ("packt-utf8-bom-crlf.csv", "UTF-8", ','),
        ("packt-utf16le-tab.csv", "UTF-16LE", '\t'),
        ("packt-cr-only.csv", "UTF-8", ','),
        ("packt-sep-line.csv", "UTF-8", ';'),
        ("packt-trailing-blank-rows.csv", "UTF-8", ','),
        ("packt-currency-suffix.csv", "UTF-8", ','),
        ("packt-blank-handle-continuation.csv", "UTF-8", ','),
    ] {
        let twin = read(&folder.join("derived").join(file), Currency::USD)
            .unwrap_or_else(|refused| panic!("{file}: {refused}"));
        let mut drafts = comparable(&twin);
        for (draft, source) in drafts.iter_mut().zip(&expected) {
            // Descriptions hold line ends, which some twins write differently.
            let same_lines = |text: &Option<String>| {
                text.as_deref().map(|text| text.replace("\r\n", "\n").replace('\r', "\n"))
            };
            assert_eq!(same_lines(&draft.description), same_lines(&source.description), "{file}");
            draft.description.clone_from(&source.description);
        }
        assert_eq!(drafts, expected, "{file}");
        assert_eq!(
            (twin.summary.encoding, twin.summary.delimiter),
            (encoding, delimiter),
            "{file}"
        );
        assert_eq!(twin.rejects(), 0, "{file}");
    }
    let blank = read(&folder.join("derived/packt-trailing-blank-rows.csv"), Currency::USD).unwrap();
    assert!(blank.summary.blank_rows >= 2);
    let continued =
        read(&folder.join("derived/packt-blank-handle-continuation.csv"), Currency::USD).unwrap();
    assert_eq!(continued.codes().get("E215"), Some(&1));
}

#[test]
fn a_german_spreadsheet_gives_the_same_prices() {
    let Some(folder) = samples() else { return };
    let source = read(&folder.join("shopify/packt-product-data.csv"), Currency::EUR).unwrap();
    let path = folder.join("derived/packt-de-semicolon-cp1252.csv");
    let twin = read(&path, Currency::EUR).unwrap();
    assert_eq!((twin.summary.encoding, twin.summary.delimiter), ("windows-1252", ';'));
    assert_eq!(twin.summary.remarks[0].code, "E218");
    assert_eq!((twin.drafts().len(), twin.variants(), twin.rejects()), (20, 21, 0));
    for (draft, source) in twin.drafts().iter().zip(source.drafts()) {
        assert!(draft.title.as_deref().unwrap().ends_with("Größe – €"));
        for (variant, source) in draft.variants.iter().zip(&source.variants) {
            assert_eq!((variant.price, &variant.compare_at), (source.price, &source.compare_at));
        }
    }
}

#[test]
fn a_price_in_another_currency_is_refused() {
    let Some(folder) = samples() else { return };
    let path = folder.join("derived/packt-currency-suffix.csv");
    let euro = read(&path, Currency::EUR).unwrap();
    assert_eq!(euro.variants(), 0);
    assert_eq!(euro.codes().get("E108").copied(), Some(21));
}

#[test]
fn broken_twins_are_refused_for_the_right_reason() {
    let Some(folder) = samples() else { return };
    for (file, code, line) in [
        ("packt-unclosed-quote.csv", "E124", None),
        ("packt-duplicate-column.csv", "E134", Some(1)),
        ("packt-no-header.csv", "E133", Some(1)),
        ("empty.csv", "E132", Some(0)),
    ] {
        let refusal = refusal(&folder.join("derived").join(file));
        assert_eq!(refusal.code, code, "{file}: {}", refusal.message);
        match line {
            Some(line) => assert_eq!(refusal.place.line, line, "{file}"),
            None => assert!(refusal.place.line > 1, "{file}: {:?}", refusal.place),
        }
    }
    // Some copies of this twin lost their NUL byte on the way; then it is an ordinary file.
    let with_nul = folder.join("derived/packt-nul-byte.csv");
    if std::fs::read(&with_nul).unwrap().contains(&0) {
        assert_eq!(refusal(&with_nul).code, "E128");
    } else {
        assert_eq!(read(&with_nul, Currency::USD).unwrap().variants(), 21);
    }
    let header_only = read(&folder.join("derived/header-only.csv"), Currency::USD).unwrap();
    assert_eq!((header_only.summary.rows, header_only.entries.len()), (0, 0));
}

#[test]
fn rejects_of_every_file_are_imported_again_as_they_were() {
    let Some(folder) = samples() else { return };
    for special in SPECIAL {
        let opened =
            open(Input::path(folder.join(special.file)), ReadOptions::new(Currency::USD)).unwrap();
        let mut writer = sutler_exchange::RejectWriter::new(Vec::new(), &opened.summary().headers);
        for entry in opened.products() {
            writer.write(&entry.unwrap().rejected).unwrap();
        }
        let file = writer.finish().unwrap();
        let again = open(Input::bytes("rejects.csv", file), ReadOptions::new(Currency::USD));
        match again {
            Ok(again) => {
                let rejects: u64 =
                    again.products().map(|entry| entry.unwrap().reject_count()).sum();
                assert_eq!(rejects, special.rejects, "{}", special.file);
            }
            Err(refused) => panic!("{}: {refused}", special.file),
        }
    }
}

#[test]
fn every_file_survives_export_and_import() {
    let Some(folder) = samples() else { return };
    for sub in ["shopify", "shopify-new"] {
        for file in std::fs::read_dir(folder.join(sub)).unwrap() {
            let path = file.unwrap().path();
            let Ok(read) = read(&path, Currency::KWD) else { continue };
            for names in [HeaderSet::Classic, HeaderSet::New] {
                let first = exported(read.drafts().into_iter(), names);
                let opened = open(
                    Input::bytes("export.csv", first.clone()),
                    ReadOptions {
                        decimal: Some(DecimalMark::Point),
                        ..ReadOptions::new(Currency::KWD)
                    },
                )
                .unwrap_or_else(|refused| panic!("{}: {refused}", path.display()));
                let entries: Vec<Entry> = opened.products().collect::<Result<_, _>>().unwrap();
                assert!(
                    entries.iter().all(|entry| entry.rejected.is_empty()),
                    "{}",
                    path.display()
                );
                let drafts = entries.iter().filter_map(|entry| entry.draft.as_ref());
                let second = exported(drafts, names);
                assert!(first == second, "{} differs", path.display());
            }
        }
    }
}

fn exported<'d>(
    drafts: impl Iterator<Item = &'d ProductDraft> + Clone,
    names: HeaderSet,
) -> Vec<u8> {
    let mut columns = sutler_exchange::ExportColumns::default();
    drafts.clone().for_each(|draft| columns.add(draft));
    let mut writer = sutler_exchange::ProductWriter::new(Vec::new(), columns, names).unwrap();
    drafts.for_each(|draft| writer.write(draft).unwrap());
    writer.finish().unwrap()
}
