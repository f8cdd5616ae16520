//! Export, import, export: the same bytes, whatever the texts hold.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use proptest::prelude::*;
use sutler_core::catalog::ProductStatus;
use sutler_core::import::{ImageDraft, ProductDraft, Said, VariantDraft};
use sutler_core::money::{Currency, DecimalMark, Money};
use sutler_exchange::{
    ExportColumns, HeaderSet, Input, ProductWriter, ReadOptions, RejectWriter, open,
};

fn exported(drafts: &[ProductDraft], names: HeaderSet) -> Vec<u8> {
    let mut columns = ExportColumns::default();
    drafts.iter().for_each(|draft| columns.add(draft));
    let mut writer = ProductWriter::new(Vec::new(), columns, names).unwrap();
    drafts.iter().for_each(|draft| writer.write(draft).unwrap());
    writer.finish().unwrap()
}

/// Reads what was written; prices are written with a point whatever the currency is.
fn imported(file: &[u8]) -> Vec<ProductDraft> {
    let options =
        ReadOptions { decimal: Some(DecimalMark::Point), ..ReadOptions::new(Currency::EUR) };
    let opened = open(Input::bytes("export.csv", file), options)
        .unwrap_or_else(|refused| panic!("{refused}\n{}", String::from_utf8_lossy(file)));
    opened
        .products()
        .map(|entry| {
            let entry = entry.unwrap();
            assert!(
                entry.rejected.is_empty(),
                "{:?}\n{}",
                entry.rejected,
                String::from_utf8_lossy(file)
            );
            entry.draft.unwrap()
        })
        .collect()
}

/// A product in which every field says something, as reading gives it.
fn complete() -> ProductDraft {
    let said = |text: &str| Some(Said::Value(text.to_owned()));
    let eur = |minor| Money::from_minor(minor, Currency::EUR);
    let variant = |size: &str, sku: &str| VariantDraft {
        option_values: vec![size.to_owned(), "=1+1".to_owned()],
        sku: said(sku),
        barcode: said("0012345678905"),
        weight_grams: Some(Said::Value(250)),
        price: Some(eur(1990)),
        compare_at: Some(Said::Value(eur(2990))),
        unit_cost: Some(Said::Cleared),
        stock: Some(-3),
        tracks_stock: Some(true),
        sells_without_stock: Some(false),
        requires_shipping: Some(true),
        taxable: Some(false),
        tax_code: said("P0000000"),
        image_url: Some(Said::Cleared),
        metadata: vec![
            ("Variant Fulfillment Service".to_owned(), "manual".to_owned()),
            ("fit".to_owned(), format!("'{size}")),
            ("Variant Weight Unit".to_owned(), "g".to_owned()),
            ("Variant Inventory Tracker".to_owned(), "amazon".to_owned()),
        ],
        ..VariantDraft::default()
    };
    ProductDraft {
        handle: "hat".to_owned(),
        title: Some("-Hat \"of\" felt,\nwarm".to_owned()),
        description: Some(" <p>\r\n@x</p>\t".to_owned()),
        brand: said("+Acme"),
        categories: Some(vec![
            vec!["Apparel".to_owned(), "Hats & Caps".to_owned()],
            vec!["New".to_owned()],
        ]),
        product_type: Some(Said::Cleared),
        tags: Some(vec!["a, b".to_owned(), "\"q\"".to_owned(), "größe".to_owned()]),
        status: Some(ProductStatus::Archived),
        published: Some(false),
        option_names: vec!["Size".to_owned(), "Formula".to_owned()],
        images: Some(vec![
            ImageDraft { url: "https://x.example/1.png".to_owned(), alt: "'front".to_owned() },
            ImageDraft { url: "https://x.example/2.png".to_owned(), alt: String::new() },
            ImageDraft { url: "hats/3.png".to_owned(), alt: "back".to_owned() },
        ]),
        seo_title: said("=cmd|' /C calc'!A0"),
        seo_description: Some(Said::Cleared),
        metadata: vec![
            ("Gift Card".to_owned(), "false".to_owned()),
            ("Season (product.metafields.my.season)".to_owned(), "''summer".to_owned()),
            ("Title".to_owned(), "a fact of that name".to_owned()),
        ],
        variants: vec![variant("S", "'007"), variant("M", "12345.0")],
        ..ProductDraft::default()
    }
}

#[test]
fn a_complete_product_comes_back_as_it_was() {
    for names in [HeaderSet::Classic, HeaderSet::New] {
        let file = exported(&[complete()], names);
        let mut back = imported(&file);
        for variant in &mut back[0].variants {
            assert!(variant.line > 1);
            variant.line = 0;
        }
        assert_eq!(back, [complete()], "{}", String::from_utf8_lossy(&file));
        assert_eq!(exported(&back, names), file);
    }
}

#[test]
fn the_new_names_are_those_of_the_template() {
    let file = String::from_utf8(exported(&[complete()], HeaderSet::New)).unwrap();
    let header = file.lines().next().unwrap();
    for name in
        ["URL handle", "Description", "Continue selling when out of stock", "Weight value (grams)"]
    {
        assert!(header.split(',').any(|column| column == name), "{name}: {header}");
    }
    assert!(file.contains(",DENY,") && file.contains(",Archived"), "{file}");
}

#[test]
fn no_written_cell_is_a_formula() {
    let file = exported(&[complete()], HeaderSet::Classic);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_slice());
    for record in reader.records() {
        for cell in record.unwrap().iter() {
            let number = cell.parse::<i64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
}

#[test]
fn a_product_with_many_options_and_one_with_nothing_but_a_handle() {
    let many = ProductDraft {
        handle: "many".to_owned(),
        title: Some("Many".to_owned()),
        option_names: (1..=5).map(|n| format!("O{n}")).collect(),
        variants: vec![VariantDraft {
            option_values: (1..=5).map(|n| format!("v{n}")).collect(),
            ..VariantDraft::default()
        }],
        ..ProductDraft::default()
    };
    let bare = ProductDraft {
        handle: "bare".to_owned(),
        title: Some("Bare".to_owned()),
        ..ProductDraft::default()
    };
    let file = exported(&[many, bare], HeaderSet::Classic);
    let back = imported(&file);
    assert_eq!(back[0].option_names.len(), 5);
    assert_eq!(back[0].variants[0].option_values[4], "v5");
    assert!(back[1].variants.is_empty());
    assert_eq!(exported(&back, HeaderSet::Classic), file);
}

#[test]
fn a_mended_reject_file_is_imported_as_it_is() {
    let source = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Note\n\
                  hat,Hat,Size,S,5.50,=x\n\
                  hat,,,M,N/A,\n\
                  cap,Cap,,,6.50,\n";
    let opened = common::opened(source).unwrap();
    let mut rejects = RejectWriter::new(Vec::new(), &opened.summary().headers);
    for entry in opened.products() {
        rejects.write(&entry.unwrap().rejected).unwrap();
    }
    assert_eq!(rejects.rows(), 2);
    let file = String::from_utf8(rejects.finish().unwrap()).unwrap();
    assert!(file.contains(",'=x,,2\n"), "{file}");
    let mended = common::entries(&file.replace("N/A", "7.50"));
    let hat = mended[0].draft.as_ref().unwrap();
    assert_eq!((mended.len(), hat.variants.len()), (1, 2));
    assert_eq!(hat.metadata, [("Note".to_owned(), "=x".to_owned())]);
}

/// Texts that are hard on a table: quotes, line ends, blanks, formulas, guards, other scripts.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,8}",
        "['=+@\\-\"a,;\t\r\n \u{a0}ü]{0,10}",
        Just("Default Title".to_owned()),
        Just("N/A".to_owned()),
        Just("６7.E+11\u{feff}".to_owned()),
        Just("'=\"0012\"".to_owned()),
        "\\PC{0,12}",
    ]
}

/// Names that differ in more than case and blanks, as columns must.
fn fact_names() -> impl Strategy<Value = Vec<String>> {
    const NAMES: [&str; 9] = [
        "Gift Card",
        "Google Shopping / MPN",
        "custom.make",
        "=formula",
        "Price / France",
        "Variant Price",
        "Seam, \"inner\"",
        "Cut (variant.metafields.my.cut)",
        "Variant Weight Unit",
    ];
    prop::sample::subsequence(NAMES.to_vec(), 0..4)
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn image(name: &str, alt: &str) -> ImageDraft {
    ImageDraft { url: format!("https://x.example/{name}"), alt: alt.to_owned() }
}

fn said(text: String) -> Option<Said<String>> {
    Some(if text.is_empty() { Said::Cleared } else { Said::Value(text) })
}

prop_compose! {
    fn variant(options: usize)(
        option_values in prop::collection::vec(nasty(), options),
        texts in prop::collection::vec(nasty(), 4),
        names in fact_names(),
        fact in nasty(),
        price in 0_i64..10_000_000,
        stock in prop::option::of(-50_i64..50),
        answers in prop::collection::vec(prop::option::of(any::<bool>()), 4),
        grams in 0_u32..9999,
    ) -> VariantDraft {
        let [sku, barcode, tax_code, tracker] = texts.try_into().unwrap();
        let mut metadata: Vec<(String, String)> = names.into_iter().map(|name| (name, fact.clone())).collect();
        if answers[0] == Some(true) {
            metadata.push(("Variant Inventory Tracker".to_owned(), tracker));
        }
        VariantDraft {
            option_values,
            sku: said(sku),
            barcode: said(barcode),
            tax_code: said(tax_code),
            price: Some(Money::from_minor(price, Currency::EUR)),
            weight_grams: Some(Said::Value(grams)),
            stock,
            tracks_stock: answers[0],
            sells_without_stock: answers[1],
            requires_shipping: answers[2],
            taxable: answers[3],
            metadata,
            ..VariantDraft::default()
        }
    }
}

prop_compose! {
    fn product(number: usize)(
        names in prop::collection::vec("[A-Z][a-z]{0,4}", 0..4),
    )(
        variants in prop::collection::vec(variant(names.len()), 0..5),
        option_names in Just(names),
        texts in prop::collection::vec(nasty(), 6),
        tags in prop::collection::vec(nasty(), 0..4),
        path in prop::collection::vec(nasty(), 0..4),
        images in prop::collection::vec("[a-z]{1,3}", 0..5),
        facts in fact_names(),
    ) -> ProductDraft {
        let [title, description, brand, seo, alt, fact] = texts.try_into().unwrap();
        let mut product = ProductDraft {
            handle: format!("p{number}"),
            // A product needs a title that is more than blanks.
            title: Some(format!("{title}t")),
            description: Some(description),
            brand: said(brand),
            seo_title: said(seo),
            categories: Some(vec![path.clone(), path.into_iter().rev().collect()]),
            tags: Some(tags),
            images: Some(images.iter().map(|name| image(name, &alt)).collect()),
            option_names,
            metadata: facts.into_iter().map(|name| (name, fact.clone())).collect(),
            variants,
            ..ProductDraft::default()
        };
        // Handle and options name a variant, so they differ; here the first option tells them apart.
        for (n, variant) in product.variants.iter_mut().enumerate() {
            if let Some(value) = variant.option_values.first_mut() {
                value.push_str(&format!("v{n}"));
            }
        }
        if product.option_names.is_empty() {
            product.variants.truncate(1);
        }
        product
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn export_import_export_gives_the_same_bytes(
        first in product(1),
        second in product(2),
        classic in any::<bool>(),
    ) {
        let names = if classic { HeaderSet::Classic } else { HeaderSet::New };
        let file = exported(&[first, second], names);
        let drafts = imported(&file);
        let again = exported(&drafts, names);
        prop_assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&file));
        prop_assert_eq!(imported(&again), drafts);
    }
}
