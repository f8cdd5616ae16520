//! What words find, and in which order.

use crate::shop::{found, ids, index_of, list, pairs, path, product};
use sutler_search::{ProductDocument, SearchError, SearchIndex, SearchRequest};

fn shop() -> SearchIndex {
    index_of([
        ProductDocument {
            description: "<p>Soft <b>organic</b> cotton, for summer &amp; sport.</p>".into(),
            brand: Some("Acme".into()),
            category_paths: vec![path("Apparel/Shirts")],
            options: pairs(&[("Size", "M"), ("Color", "Navy Blue")]),
            skus: list(&["TS-100-M", "TS-100-L"]),
            ..product("shirt", "Men's T-Shirt")
        },
        ProductDocument {
            brand: Some("Globex".into()),
            category_paths: vec![path("Furniture/Tables")],
            attributes: pairs(&[("Material", "Oak")]),
            skus: list(&["OAK 180"]),
            ..product("table", "Dining Table 1.5 m")
        },
        ProductDocument {
            tags: list(&["bestseller"]),
            skus: list(&["RUN/77"]),
            ..product("shoes", "Running Shoes")
        },
        product("cafe", "Café Crème Cup"),
        product("who", "The Who"),
    ])
}

#[test]
fn words_find_products_wherever_they_stand() {
    let index = shop();
    #[rustfmt::skip]
    let table = [
        // Forms of a word.
        ("shirts",              "shirt"),
        ("TABLES",              "table"),
        ("run shoe",            "shoes"),
        ("runs ",               "shoes"),
        // One word, several ways of writing it.
        ("t-shirt",             "shirt"),
        ("tshirts",             "shirt"),
        ("t shirt",             "shirt"),
        ("mens",                "shirt"),
        ("men’s",               "shirt"),
        // Accents.
        ("cafe",                "cafe"),
        ("CAFÉ creme",          "cafe"),
        ("cafe\u{301} ",        "cafe"),
        // Every field, also together.
        ("acme",                "shirt"),
        ("apparel",             "shirt"),
        ("oak table",           "table"),
        ("globex oak dining",   "table"),
        ("material",            "table"),
        ("bestsellers",         "shoes"),
        ("navy shirt",          "shirt"),
        ("organic cotton",      "shirt"),
        ("1.5",                 "table"),
        // Markup is not text.
        ("amp ",                ""),
        // Stop words may be missing, unless there is nothing else.
        ("shirt for the men",   "shirt"),
        ("shirt with a",        "shirt"),
        ("the",                 "who"),
        ("the who",             "who"),
        // Nothing, and nothing that could be found.
        ("",                    "cafe shirt shoes table who"),
        ("  ",                  "cafe shirt shoes table who"),
        ("!!!",                 ""),
        ("!!! shirt",           "shirt"),
        ("zebra",               ""),
        ("\" OR NEAR(* ^",      ""),
    ];
    for (words, expected) in table {
        assert_eq!(found(&index, words), expected, "{words}");
    }
}

#[test]
fn the_last_word_is_completed_until_a_blank_follows() {
    let index = shop();
    #[rustfmt::skip]
    let table = [
        ("din",         "table"),
        ("dining tab",  "table"),
        ("din ",        ""),
        ("shoe runn",   "shoes"),
        ("caf",         "cafe"),
        ("CRÈ",         "cafe"),
        ("t-sh",        "shirt"),
        ("tsh",         "shirt"),
        ("glob",        "table"),
        ("best",        "shoes"),
        ("r",           "shoes"),
    ];
    for (words, expected) in table {
        assert_eq!(found(&index, words), expected, "{words}");
    }
}

#[test]
fn a_sku_is_found_whole_or_by_its_beginning() {
    let index = shop();
    #[rustfmt::skip]
    let table = [
        ("TS-100-M",    "shirt"),
        ("ts-100-m",    "shirt"),
        ("ts100m",      "shirt"),
        ("ts-100-m ",   "shirt"),
        ("TS-1",        "shirt"),
        ("ts1",         "shirt"),
        ("ts-1 ",       ""),
        ("oak 180",     "table"),
        ("oak 18",      "table"),
        ("run/77",      "shoes"),
        ("run/7",       "shoes"),
        ("100",         ""),
    ];
    for (words, expected) in table {
        assert_eq!(found(&index, words), expected, "{words}");
    }
}

#[test]
fn a_whole_sku_comes_first() {
    let mut products: Vec<ProductDocument> =
        (0..20).map(|n| product(&format!("p{n:02}"), "Oak Oak Oak")).collect();
    products.push(ProductDocument { skus: list(&["oak"]), ..product("z", "Chair") });
    let answer = index_of(products).search(&SearchRequest::new("oak")).unwrap();
    assert_eq!(ids(&answer)[0], "z");
    assert_eq!(answer.total, 21);
}

#[test]
fn a_title_counts_more_than_a_description_and_a_word_more_than_a_beginning() {
    let index = index_of([
        ProductDocument { description: "Goes with any lamp.".into(), ..product("a", "Shade") },
        product("b", "Lamp"),
        product("c", "Lampion"),
        product("d", "Chair"),
    ]);
    let answer = index.search(&SearchRequest::new("lamp")).unwrap();
    assert_eq!(ids(&answer)[0], "b");
    assert_eq!(answer.total, 3);
    assert!(answer.hits.is_sorted_by(|one, two| one.score >= two.score));
}

#[test]
fn any_word_will_do_only_when_too_few_products_have_all() {
    let index = index_of([
        product("both", "Oak Table"),
        product("oak", "Oak Chair"),
        product("table", "Pine Table"),
        product("none", "Lamp"),
    ]);
    let search = |words: &str, relax_below: u64| {
        let answer =
            index.search(&SearchRequest { relax_below, ..SearchRequest::new(words) }).unwrap();
        let relaxed = answer.relaxed;
        (ids(&answer).join(" "), relaxed)
    };
    #[rustfmt::skip]
    let table = [
        ("oak table",   1, "both",           false),
        ("oak table",   2, "both table oak", true),
        ("oak table",   0, "both",           false),
        ("oak zebra",   1, "both oak",       true),
        ("oak zebra",   0, "",               false),
        ("zebra",       1, "",               false),
        ("oak-zebra",   1, "both oak",       true),
        ("the zebra",   1, "",               false),
        ("",            9, "both none oak table", false),
    ];
    for (words, relax_below, expected, relaxed) in table {
        assert_eq!(
            search(words, relax_below),
            (expected.to_owned(), relaxed),
            "{words}, {relax_below}"
        );
    }
}

#[test]
fn a_filter_never_changes_what_the_words_mean() {
    let index = index_of([
        ProductDocument { brand: Some("Acme".into()), ..product("both", "Oak Table") },
        ProductDocument { brand: Some("Globex".into()), ..product("oak", "Oak Chair") },
    ]);
    let request =
        SearchRequest { words: "oak table".into(), ..crate::shop::narrowed(&["brand=Globex"]) };
    let answer = index.search(&request).unwrap();
    assert_eq!((answer.total, answer.relaxed), (0, false));
}

#[test]
fn one_letter_means_its_most_frequent_words() {
    // 200 rare words begin with s, and one frequent one.
    let mut products: Vec<ProductDocument> =
        (0..200).map(|n| product(&format!("rare{n:03}"), &format!("saa{n:03}"))).collect();
    products.extend((0..5).map(|n| product(&format!("sofa{n}"), "Sofa")));
    let answer = index_of(products).search(&SearchRequest::new("s")).unwrap();
    assert_eq!(answer.total, 5 + 63, "64 words: sofa and 63 of the rare ones");
}

#[test]
fn words_beyond_the_bound_are_refused() {
    let index = shop();
    let long = "é".repeat(256);
    assert_eq!(index.search(&SearchRequest::new(long.clone())).unwrap().total, 0);
    let error = index.search(&SearchRequest::new(format!("{long}x"))).unwrap_err();
    assert!(matches!(error, SearchError::BadRequest { .. }), "{error}");
    assert!(error.to_string().contains("256"), "{error}");
    // The most words that fit.
    index.search(&SearchRequest::new("a ".repeat(128))).unwrap();
    index.search(&SearchRequest::new("x-".repeat(128))).unwrap();
}

#[test]
fn a_document_may_hold_anything() {
    let long = "x".repeat(70_000);
    let index = index_of([ProductDocument {
        description: long.clone(),
        brand: Some(long.clone()),
        category_paths: vec![vec![], list(&["", "  "]), list(&[&long])],
        attributes: pairs(&[("", "x"), ("x", ""), ("\u{1f}", "\u{1f}"), (&long, &long)]),
        options: pairs(&[("a\u{1f}b", "c\u{0}d")]),
        skus: list(&["", " ", "--", &long]),
        tags: list(&["", "one", "one"]),
        created_ms: i64::MIN,
        ..product("any", &format!("Odd {long}"))
    }]);
    assert_eq!(found(&index, "odd"), "any");
    let request = SearchRequest {
        facets: list(&["brand", "category", "attribute", "option", "option.a b", "tag"]),
        ..SearchRequest::new("")
    };
    let answer = index.search(&request).unwrap();
    let lines: Vec<String> = answer.facets.iter().map(crate::shop::line).collect();
    assert_eq!(lines, ["", "", "", "a b 1", "c d 1", "one 1"]);
}
