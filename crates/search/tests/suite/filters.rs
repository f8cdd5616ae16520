//! What each filter leaves over.

use crate::shop::{ids, index_of, list, narrowed, pairs, path, prices, product};
use sutler_search::{ProductDocument, SearchIndex, SearchRequest};

fn shop() -> SearchIndex {
    index_of([
        ProductDocument {
            brand: Some("Acme".into()),
            category_paths: vec![path("Apparel/Shirts/Polo"), path("Sale")],
            options: pairs(&[("Size", "M"), ("size", "L"), ("Color", "Navy  Blue")]),
            attributes: pairs(&[("Material", "Cotton")]),
            tags: list(&["sale"]),
            price_range: prices(1_000, 2_000),
            ..product("a", "One")
        },
        ProductDocument {
            brand: Some("Globex & Söhne".into()),
            category_paths: vec![path("Apparel/Shirts")],
            options: pairs(&[("SIZE", "M")]),
            attributes: pairs(&[("Material", "Oak"), ("Ships from", "Oslo")]),
            tags: list(&["New In"]),
            price_range: prices(2_000, 2_000),
            in_stock: false,
            ..product("b", "Two")
        },
        ProductDocument {
            brand: Some("ACME".into()),
            category_paths: vec![vec!["Audio/Video".into(), "TV".into()]],
            price_range: prices(4_999, 9_900),
            ..product("c", "Three")
        },
        ProductDocument {
            category_paths: vec![path("Shirts")],
            in_stock: false,
            ..product("d", "Four")
        },
    ])
}

#[test]
fn each_filter_leaves_what_it_says() {
    let index = shop();
    #[rustfmt::skip]
    let table: [(&[&str], &str); 43] = [
        (&[],                                               "a b c d"),
        // As written; and where nothing is written so, in any letter case.
        (&["brand=Acme"],                                   "a"),
        (&["brand=ACME"],                                   "c"),
        (&["brand=acme"],                                   "a c"),
        (&["brand=globex & sohne"],                         "b"),
        (&["brand=Initech"],                                ""),
        (&["tag=sale"],                                     "a"),
        (&["tag=new in"],                                   "b"),
        (&["in_stock=true"],                                "a c"),
        (&["in_stock=false"],                               "b d"),
        // A category has those below it, and no namesakes.
        (&["category=Apparel"],                             "a b"),
        (&["category=Apparel/Shirts"],                      "a b"),
        (&["category=apparel/shirts/polo"],                 "a"),
        (&["category=Shirts"],                              "d"),
        (&["category=Shirts/Polo"],                         ""),
        (&["category=Sale"],                                "a"),
        (&[r"category=Audio\/Video/TV"],                    "c"),
        (&["category=Audio/Video/TV"],                      ""),
        // Names in any letter case, blanks do not count.
        (&["option.Size=M"],                                "a b"),
        (&["option.size=L"],                                "a"),
        (&["option.Color=Navy Blue"],                       "a"),
        (&["option.color=navy blue"],                       "a"),
        (&["option.Material=Oak"],                          ""),
        (&["attribute.material=oak"],                       "b"),
        (&["attribute.ships from=Oslo"],                    "b"),
        // Some price between the lowest and the highest.
        (&["price<10"],                                     ""),
        (&["price<=10"],                                    "a"),
        (&["price<10.01"],                                  "a"),
        (&["price<20"],                                     "a"),
        (&["price<=20"],                                    "a b"),
        (&["price>20"],                                     "c"),
        (&["price>=20"],                                    "a b c"),
        (&["price>99"],                                     ""),
        (&["price>=99"],                                    "c"),
        (&["price>=15", "price<=16"],                       "a"),
        (&["price>=20.01", "price<49.99"],                  ""),
        (&["price>=20.01", "price<=49.99"],                 "c"),
        (&["price<5", "price>50"],                          ""),
        // Alternatives on one field, all fields together.
        (&["brand=Acme", "brand=ACME"],                     "a c"),
        (&["brand=Acme", "brand=Initech"],                  "a"),
        (&["option.Size=L", "option.SIZE=M"],               "a b"),
        (&["category=Apparel", "in_stock=false"],           "b"),
        (&["in_stock=true", "in_stock=false", "price>=0"],  "a b c"),
    ];
    for (filters, expected) in table {
        let answer = index.search(&narrowed(filters)).unwrap();
        assert_eq!(ids(&answer).join(" "), expected, "{filters:?}");
        assert_eq!(answer.total, u64::try_from(answer.hits.len()).unwrap(), "{filters:?}");
    }
}

#[test]
fn a_value_that_no_product_has_is_said_to_be_the_reason() {
    let index = shop();
    #[rustfmt::skip]
    let table = [
        ("brand=Amce",                  "brand",                Some("ACME")),
        ("brand=Initech",               "brand",                None),
        ("category=Apparel/Shrits",     "category",             Some("Apparel/Shirts")),
        (r"category=Audio\/Video/TVs",  "category",             Some(r"Audio\/Video/TV")),
        ("attribute.Material=Coton",    "attribute.Material",   Some("Cotton")),
        ("option.Size=XXL",             "option.Size",          None),
        ("option.Width=M",              "option.Width",         None),
    ];
    for (filter, field, suggestion) in table {
        let answer = index.search(&narrowed(&[filter])).unwrap();
        assert_eq!(answer.total, 0, "{filter}");
        let [unmatched] = answer.unmatched.as_slice() else { panic!("{filter}: {answer:?}") };
        assert_eq!(unmatched.field, field);
        assert_eq!(unmatched.did_you_mean.as_deref(), suggestion, "{filter}");
    }
    assert!(index.search(&narrowed(&["brand=acme", "price<1"])).unwrap().unmatched.is_empty());
}

#[test]
fn filters_narrow_what_words_find_without_touching_the_score() {
    let index = shop();
    let all = index.search(&SearchRequest::new("shirts")).unwrap();
    let some = index
        .search(&SearchRequest { words: "shirts".into(), ..narrowed(&["in_stock=false"]) })
        .unwrap();
    assert_eq!(all.total, 3);
    assert_eq!(some.total, 2);
    for hit in &some.hits {
        let same = all.hits.iter().find(|other| other.id == hit.id).unwrap();
        assert_eq!(hit.score.to_bits(), same.score.to_bits(), "{}", hit.id);
    }
}
