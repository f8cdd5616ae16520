//! Tables that a mapping file explains.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use sutler_core::catalog::{Dimensions, ProductStatus};
use sutler_core::import::{ProductDraft, Said};
use sutler_core::money::Currency;
use sutler_core::pricing::TaxCategory;
use sutler_exchange::{Entry, FormatName, Input, Mapping, Opened, ReadOptions, Refused, open};

fn read(map: &str, text: &str) -> Result<Opened, Refused> {
    let map = Mapping::parse(map).unwrap();
    open(
        Input::bytes("list.csv", text),
        ReadOptions { map: Some(map), ..ReadOptions::new(Currency::EUR) },
    )
}

fn drafts(map: &str, text: &str) -> Vec<ProductDraft> {
    let opened = read(map, text).unwrap_or_else(|refused| panic!("refused: {refused}"));
    let entries: Vec<Entry> = opened.products().map(Result::unwrap).collect();
    for entry in &entries {
        assert!(entry.rejected.is_empty(), "{:?}", entry.rejected);
    }
    entries.into_iter().filter_map(|entry| entry.draft).collect()
}

#[test]
fn rows_of_one_handle_are_one_product_with_options() {
    let found = drafts(
        r#"
        decimal = ","
        weight_unit = "kg"
        [columns]
        handle = "Gruppe"
        title = "Name"
        sku = "Artikel"
        price = "VK"
        weight = "Gewicht"
        category = "Warengruppe"
        image = "Bilder"
        [constants]
        brand = "Nordlicht"
        status = "draft"
        [[options]]
        name = "Größe"
        column = "Größe"
        [attributes]
        material = "Stoff"
        [variant_attributes]
        shelf = "Regal"
        [separators]
        category = "/"
        categories = "|"
        images = " "
        "#,
        "Gruppe;Name;Artikel;VK;Gewicht;Warengruppe;Bilder;Größe;Stoff;Regal\n\
         hut;Hut;H-S;19,90;0,25;Mode/Hüte|Neu;a.png img/b.png;S;Filz;R1\n\
         hut;;H-M;21,90;0,3;;a.png;M;;R2\n",
    );
    let hat = &found[0];
    assert_eq!((found.len(), hat.handle.as_str(), hat.title.as_deref()), (1, "hut", Some("Hut")));
    assert_eq!(hat.brand, Some(Said::Value("Nordlicht".to_owned())));
    assert_eq!(hat.status, Some(ProductStatus::Draft));
    assert_eq!(hat.categories, Some(vec![vec!["Mode".into(), "Hüte".into()], vec!["Neu".into()]]));
    assert_eq!(hat.option_names, ["Größe"]);
    assert_eq!(hat.metadata, [("material".to_owned(), "Filz".to_owned())]);
    let images: Vec<_> = hat.images.iter().flatten().map(|image| image.url.as_str()).collect();
    assert_eq!(images, ["a.png", "img/b.png"]);
    let second = &hat.variants[1];
    assert_eq!(
        (second.price.unwrap().minor(), &second.weight_grams),
        (2190, &Some(Said::Value(300)))
    );
    assert_eq!(second.metadata, [("shelf".to_owned(), "R2".to_owned())]);
}

#[test]
fn handles_are_made_of_titles_where_no_column_has_them() {
    let map = "[columns]\ntitle = \"title\"\nprice = \"price\"\nsku = \"code\"\n";
    let found = drafts(
        map,
        "title,code,price\nRed  Hat!,1,5.50\nBlue Hat,2,6.50\n,3,7.50\n\u{a0},X 4,8.50\n"
            .replace(",3,7.50\n\u{a0},X 4,8.50\n", "")
            .as_str(),
    );
    let handles: Vec<_> = found.iter().map(|draft| draft.handle.as_str()).collect();
    assert_eq!(handles, ["red-hat", "blue-hat"]);
    assert!(found.iter().all(|draft| draft.option_names.is_empty() && draft.variants.len() == 1));
}

#[test]
fn one_column_may_mean_two_things_and_constants_fill_blanks() {
    let found = drafts(
        "[columns]\nhandle = \"sku\"\nsku = \"sku\"\ntitle = \"name\"\nprice = \"price\"\nbrand = \"maker\"\n\
         [constants]\nbrand = \"House\"\ntracks_stock = \"yes\"\n",
        "sku,name,price,maker\nh1,Hat,5.50,Acme\nh2,Cap,6.50,\n",
    );
    assert_eq!(found[0].handle, "h1");
    assert_eq!(found[0].variants[0].sku, Some(Said::Value("h1".to_owned())));
    assert_eq!(found[1].brand, Some(Said::Value("House".to_owned())));
    assert_eq!(found[1].variants[0].tracks_stock, Some(true));
}

#[test]
fn columns_that_are_not_named_are_ignored_kept_or_refused() {
    let text = "name,price,color,note\nHat,5.50,red,x\n";
    let map = |rest: &str| {
        format!(
            "rest = \"{rest}\"\nignore = [\"Note\"]\n[columns]\ntitle = \"name\"\nprice = \"price\"\n"
        )
    };
    let ignored = read(&map("ignore"), text).unwrap();
    assert_eq!(ignored.summary().ignored_columns, ["color", "note"]);
    assert_eq!(ignored.summary().format, FormatName::Generic);
    let kept = drafts(&map("attributes"), text);
    assert_eq!(kept[0].metadata, [("color".to_owned(), "red".to_owned())]);
    let refused = read(&map("refuse"), text).err().unwrap();
    assert_eq!(refused.diagnostics()[0].message, "the mapping does not name the column \"color\"");
}

#[test]
fn columns_that_are_missing_are_all_named_with_a_hint() {
    let map = "ignore = [\"nothing\"]\n[columns]\ntitle = \"Naem\"\nprice = \"prize\"\n";
    let refused = read(map, "Name,Price\nHat,5.50\n").err().unwrap();
    let told: Vec<_> = refused
        .diagnostics()
        .iter()
        .map(|d| format!("{} {}", d.code, d.help.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "E139 did you mean \"Price\"?",
            "E139 did you mean \"Name\"?",
            "E139 the columns are Name, Price",
        ]
    );
    let twice = read("[columns]\ntitle = \"name\"\n", "Name,name\nHat,Cap\n").err().unwrap();
    assert_eq!(twice.diagnostics()[0].code, "E134");
    let nothing = read("[columns]\nprice = \"price\"\n", "price\n5.50\n").err().unwrap();
    assert_eq!(nothing.diagnostics()[0].code, "E137");
}

#[test]
fn a_mapping_in_another_currency_refuses_the_file() {
    let map = "currency = \"USD\"\n[columns]\ntitle = \"name\"\n";
    let refused = read(map, "name\nHat\n").err().unwrap();
    assert_eq!(refused.diagnostics()[0].code, "E138");
    assert!(refused.to_string().contains("USD"), "{refused}");
}

#[test]
fn unsafe_image_paths_refuse_their_row() {
    let map = "[columns]\ntitle = \"name\"\nprice = \"price\"\nimage = \"picture\"\n";
    for path in ["../../etc/passwd", "/etc/passwd", "C:\\x.png", "a/%2e%2e/b.png"] {
        let opened = read(map, &format!("name,price,picture\nHat,5.50,{path}\n")).unwrap();
        let entry = opened.products().next().unwrap().unwrap();
        assert_eq!(entry.errors().next().unwrap().code, "E115", "{path}");
    }
}

#[test]
fn without_a_mapping_an_unknown_table_is_refused() {
    assert_eq!(common::refusal("name,cost,color\nHat,5.50,red\n").code, "E101");
    let options =
        ReadOptions { format: Some(FormatName::Generic), ..ReadOptions::new(Currency::EUR) };
    let refused = open(Input::bytes("t.csv", "name\nHat\n"), options).err().unwrap();
    assert!(refused.diagnostics()[0].help.as_deref().unwrap().contains("--map"));
}

#[test]
fn tax_category_size_and_publish_window_are_read() {
    let map = r#"
        [columns]
        title = "Name"
        price = "Price"
        tax_category = "Tax"
        publish_from = "From"
        publish_until = "Until"
        length_mm = "L"
        width_mm = "W"
        height_mm = "H"
        "#;
    let head = "Name,Price,Tax,From,Until,L,W,H\n";
    let found = drafts(
        map,
        &format!(
            "{head}Book,9.90,reduced,2027-05-01,2027-06-01T08:00:00+02:00,300,200,40\nPen,1.90,,,,,,\n"
        ),
    );
    let (book, pen) = (&found[0], &found[1]);
    let moment = |text: &str| Some(Said::Value(text.parse().unwrap()));
    assert_eq!(book.publish_from, moment("2027-05-01T00:00:00Z"));
    assert_eq!(book.publish_until, moment("2027-06-01T06:00:00Z"));
    assert_eq!(
        book.variants[0].tax_category,
        Some(Said::Value(TaxCategory::new("reduced").unwrap()))
    );
    let size = Dimensions { length_mm: 300, width_mm: 200, height_mm: 40 };
    assert_eq!(book.variants[0].dimensions, Some(Said::Value(size)));
    assert_eq!(
        (&pen.publish_from, &pen.variants[0].dimensions),
        (&Some(Said::Cleared), &Some(Said::Cleared))
    );
    assert_eq!(pen.variants[0].tax_category, Some(Said::Cleared));

    for (row, code) in [
        ("Book,9.90,,soon,,,,", "E152"),
        ("Book,9.90,,,,300,,40", "E153"),
        ("Book,9.90,,,,-3,2,1", "E106"),
    ] {
        let opened = read(map, &format!("{head}{row}\n")).unwrap();
        let entry = opened.products().next().unwrap().unwrap();
        assert!(entry.draft.is_none(), "{row}");
        assert_eq!(entry.rejected[0].errors[0].code, code, "{row}");
    }
}
