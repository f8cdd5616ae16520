//! What facets count.

use crate::shop::{index_of, line, list, narrowed, pairs, path, product};
use sutler_search::{ProductDocument, SearchError, SearchIndex, SearchRequest};

fn shop() -> SearchIndex {
    let shirt = |id: &str, brand: &str, sizes: &[&str]| ProductDocument {
        brand: Some(brand.into()),
        category_paths: vec![path("Apparel/Shirts")],
        options: sizes.iter().map(|size| ("Size".to_owned(), (*size).to_owned())).collect(),
        attributes: pairs(&[("Material", "cotton")]),
        tags: list(&["sale"]),
        ..product(id, "Shirt")
    };
    index_of([
        shirt("a", "Acme", &["M", "L", "M"]),
        shirt("b", "Acme", &["M"]),
        shirt("c", "Globex", &["L"]),
        ProductDocument {
            category_paths: vec![path("Apparel/Hats"), path("Apparel/Shirts"), path("Sale")],
            options: pairs(&[("SIZE", "L"), ("Size chart", "EU")]),
            in_stock: false,
            ..shirt("d", "Initech", &[])
        },
        product("e", "Lamp"),
    ])
}

#[test]
fn each_facet_counts_its_products() {
    let index = shop();
    #[rustfmt::skip]
    let table: [(&[&str], &str, &str); 19] = [
        (&[],                           "brand",              "Acme 2, Globex 1, Initech 1"),
        (&[],                           "category",           "Apparel 4, Apparel/Shirts 4, Apparel/Hats 1, Sale 1"),
        (&[],                           "category.1",         "Apparel 4, Sale 1"),
        (&[],                           "category.2",         "Apparel/Shirts 4, Apparel/Hats 1"),
        (&[],                           "category.3",         ""),
        (&[],                           "tag",                "sale 4"),
        (&[],                           "in_stock",           "true 4, false 1"),
        (&[],                           "option",             "Size 4, Size chart 1"),
        (&[],                           "option.size",        "L 3, M 2"),
        (&[],                           "option.Size chart",  "EU 1"),
        (&[],                           "option.width",       ""),
        (&[],                           "attribute",          "Material 4"),
        (&[],                           "attribute.MATERIAL", "cotton 4"),
        // Its own filter does not count, all others do.
        (&["brand=Acme"],               "brand",              "Acme 2, Globex 1, Initech 1"),
        (&["brand=Acme"],               "option.Size",        "M 2, L 1"),
        (&["brand=Acme", "option.Size=L"], "brand",           "Acme 1, Globex 1, Initech 1"),
        (&["brand=Acme", "option.Size=L"], "option.Size",     "M 2, L 1"),
        (&["option.Size=L"],            "option",             "Size 3, Size chart 1"),
        (&["in_stock=false"],           "in_stock",           "true 4, false 1"),
    ];
    for (filters, facet, expected) in table {
        let request = SearchRequest { facets: list(&[facet]), ..narrowed(filters) };
        let answer = index.search(&request).unwrap();
        assert_eq!(line(&answer.facets[0]), expected, "{facet} with {filters:?}");
        assert_eq!(answer.facets[0].name, facet);
    }
}

#[test]
fn facets_count_what_the_words_find() {
    let request = SearchRequest { facets: list(&["tag", "brand"]), ..SearchRequest::new("lamp") };
    let answer = shop().search(&request).unwrap();
    assert_eq!(answer.total, 1);
    assert!(answer.facets.iter().all(|facet| facet.values.is_empty() && facet.distinct == 0));
}

#[test]
fn several_facets_come_in_the_order_asked_even_twice() {
    let request = SearchRequest {
        facets: list(&["option.Size", "brand", "option.Size", "category.1"]),
        limit: 0,
        ..narrowed(&["brand=Acme", "option.Size=M"])
    };
    let answer = shop().search(&request).unwrap();
    let lines: Vec<String> = answer.facets.iter().map(line).collect();
    assert_eq!(lines, ["M 2, L 1", "Acme 2", "M 2, L 1", "Apparel 2"]);
    assert_eq!((answer.total, answer.hits.len()), (2, 0));
}

#[test]
fn a_long_facet_is_cut_and_says_so() {
    let tags: Vec<String> = (0..30).map(|n| format!("tag{n:02}")).collect();
    let index = index_of([
        ProductDocument { tags, ..product("a", "One") },
        ProductDocument { tags: list(&["tag29"]), ..product("b", "Two") },
    ]);
    let request =
        SearchRequest { facets: list(&["tag"]), facet_values_max: 3, ..SearchRequest::new("") };
    let facet = &index.search(&request).unwrap().facets[0];
    assert_eq!(line(facet), "tag29 2, tag00 1, tag01 1");
    assert_eq!(facet.distinct, 30);
}

#[test]
fn a_name_is_called_by_its_most_frequent_spelling() {
    let named = |id: &str, name: &str| ProductDocument {
        options: pairs(&[(name, "x"), (&name.to_uppercase(), "y")]),
        ..product(id, "One")
    };
    let index =
        index_of([named("a", "size"), named("b", "Größe"), named("c", "Size"), named("d", "Size")]);
    let request = SearchRequest { facets: list(&["option"]), ..SearchRequest::new("") };
    assert_eq!(line(&index.search(&request).unwrap().facets[0]), "Size 3, Größe 1");
}

#[test]
fn facets_that_do_not_exist_are_refused() {
    let index = shop();
    for (facet, expected) in [
        ("brands", "did you mean `brand`"),
        ("category.0", "category.1"),
        ("category.x", "category.1"),
        ("option.", "did you mean `option`"),
        ("brand.x", "did you mean `brand`"),
        ("", "no such facet"),
    ] {
        let request = SearchRequest { facets: list(&[facet]), ..SearchRequest::new("") };
        let error = index.search(&request).unwrap_err();
        assert!(matches!(error, SearchError::BadRequest { .. }), "{facet}: {error}");
        let message = error.to_string();
        assert!(message.contains(expected), "{message}");
    }
}
