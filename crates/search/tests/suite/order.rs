//! Orders and pages.

use crate::shop::{ids, index_of, narrowed, prices, product};
use sutler_search::{
    Batch, OFFSET_MAX, ProductDocument, SearchError, SearchIndex, SearchRequest, Sort,
};

#[test]
fn each_order_and_its_ties() {
    let index = index_of([
        ProductDocument { price_range: prices(300, 300), created_ms: 5, ..product("a", "zebra") },
        ProductDocument { price_range: prices(100, 900), created_ms: -1, ..product("b", "Ähre") },
        ProductDocument { created_ms: 7, ..product("c", "apple") },
        ProductDocument { price_range: prices(300, 300), created_ms: 5, ..product("d", "Apple") },
        ProductDocument { price_range: prices(0, 0), created_ms: 0, ..product("e", "") },
    ]);
    #[rustfmt::skip]
    let table = [
        (Sort::PriceAscending,  "e b a d c"),
        (Sort::PriceDescending, "b a d e c"),
        (Sort::Title,           "e b c d a"),
        (Sort::Newest,          "c a d e b"),
        (Sort::Relevance,       "a b c d e"),
    ];
    for (sort, expected) in table {
        let answer = index.search(&SearchRequest { sort, ..SearchRequest::new("") }).unwrap();
        assert_eq!(ids(&answer).join(" "), expected, "{sort:?}");
    }
}

/// The same products in one segment, and in many with deletions between them.
fn twins() -> [SearchIndex; 2] {
    let products = || {
        (0..60_i64).map(|n| ProductDocument {
            price_range: (n % 7 != 0)
                .then_some(n % 5 * 100)
                .and_then(|low| prices(low, low + n % 3)),
            created_ms: n % 4,
            ..product(
                &format!("p{:02}", n * 37 % 60),
                ["Oak Table", "Oak", "Pine table"][usize::try_from(n % 3).unwrap()],
            )
        })
    };
    let whole = index_of(products());
    let pieces = SearchIndex::in_memory().unwrap();
    for (at, document) in products().enumerate() {
        let mut batch = Batch::new();
        batch.upsert(product("gone", "Oak Table"));
        batch.upsert(product(&document.id, "something else"));
        pieces.apply(batch, 1).unwrap();
        let mut batch = Batch::new();
        batch.upsert(document);
        if at % 2 == 1 {
            batch.delete("gone");
        }
        pieces.apply(batch, 1).unwrap();
    }
    // What deleted products leave behind counts in BM25 until it is merged away.
    pieces.merge().unwrap();
    [whole, pieces]
}

#[test]
fn pages_put_together_are_the_whole_however_the_index_is_cut() {
    for index in twins() {
        for sort in Sort::ALL {
            for words in ["", "oak table", "oak zebra"] {
                let request = SearchRequest { sort, limit: 200, ..SearchRequest::new(words) };
                let whole = index.search(&request).unwrap();
                assert!(whole.next.is_none());
                let mut by_token = Vec::new();
                let mut by_offset = Vec::new();
                let mut request = SearchRequest { limit: 7, ..request };
                loop {
                    let page = index.search(&request).unwrap();
                    assert_eq!(page.total, whole.total);
                    by_token.extend(page.hits);
                    request.after = page.next;
                    if request.after.is_none() {
                        break;
                    }
                }
                request.after = None;
                while by_offset.len() < whole.hits.len() {
                    request.offset = by_offset.len();
                    by_offset.extend(index.search(&request).unwrap().hits);
                }
                assert_eq!(by_token, whole.hits, "{sort:?} {words}");
                assert_eq!(by_offset, whole.hits, "{sort:?} {words}");
            }
        }
    }
}

#[test]
fn the_order_does_not_depend_on_how_the_index_is_cut() {
    let [whole, pieces] = twins();
    for sort in Sort::ALL {
        for words in ["", "oak table", "oak zebra"] {
            let request = SearchRequest { sort, limit: 200, ..SearchRequest::new(words) };
            let (one, two) = (whole.search(&request).unwrap(), pieces.search(&request).unwrap());
            assert_eq!(ids(&one), ids(&two), "{sort:?} {words}");
        }
    }
}

#[test]
fn a_page_goes_on_where_it_was_while_products_come_and_go() {
    let named = |n: u32| product(&format!("p{n}"), &format!("Title {n}"));
    let index = index_of((10..20).map(named));
    let request = SearchRequest { sort: Sort::Title, limit: 3, ..SearchRequest::new("") };
    let first = index.search(&request).unwrap();
    assert_eq!(ids(&first), ["p10", "p11", "p12"]);
    let mut batch = Batch::new();
    batch.delete("p12");
    batch.delete("p10");
    batch.upsert(product("p00", "Title 00"));
    batch.upsert(product("new", "Title 125"));
    index.apply(batch, 2).unwrap();
    // The token is text, as it would be in a link.
    let after = first.next.unwrap().to_string().parse().unwrap();
    let second = index.search(&SearchRequest { after: Some(after), ..request }).unwrap();
    assert_eq!(ids(&second), ["new", "p13", "p14"]);
}

#[test]
fn pages_beyond_the_bounds_are_refused() {
    let index = index_of([product("a", "One"), product("b", "Two")]);
    let page = SearchRequest { limit: 1, ..SearchRequest::new("") };
    let token = index.search(&page).unwrap().next;
    assert!(token.is_some());
    #[rustfmt::skip]
    let table = [
        (SearchRequest { limit: 201, ..page.clone() },                                          "200"),
        (SearchRequest { offset: OFFSET_MAX + 1, ..page.clone() },                              "`after`"),
        (SearchRequest { offset: usize::MAX, limit: usize::MAX, ..page.clone() },               "200"),
        (SearchRequest { offset: 1, after: token.clone(), ..page.clone() },                     "one of them"),
        (SearchRequest { sort: Sort::Title, after: token.clone(), ..page.clone() },             "relevance"),
        (SearchRequest { filters: vec![narrowed(&["tag=x"]).filters[0].clone(); 101], ..page.clone() }, "100"),
        (SearchRequest { facets: vec!["tag".to_owned(); 51], ..page.clone() },                  "50"),
    ];
    for (request, expected) in table {
        let error = index.search(&request).unwrap_err();
        assert!(matches!(error, SearchError::BadRequest { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let last = index.search(&SearchRequest { offset: OFFSET_MAX, ..page }).unwrap();
    assert_eq!((last.total, last.hits.len(), last.next), (2, 0, None));
}

#[test]
fn orders_have_names() {
    for sort in Sort::ALL {
        assert_eq!(sort.name().parse::<Sort>().unwrap(), sort);
    }
    assert_eq!("Price".parse::<Sort>().unwrap(), Sort::PriceAscending);
    let message = "newst".parse::<Sort>().unwrap_err().to_string();
    assert!(message.contains("did you mean `newest`"), "{message}");
}
