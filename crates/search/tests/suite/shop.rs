//! Products and questions in a few words, for all tests.

use sutler_search::{
    Batch, Facet, Filter, PriceRange, ProductDocument, SearchAnswer, SearchIndex, SearchRequest,
};

/// A product with a title and nothing else.
pub(crate) fn product(id: &str, title: &str) -> ProductDocument {
    ProductDocument {
        id: id.to_owned(),
        handle: format!("handle-{id}"),
        title: title.to_owned(),
        description: String::new(),
        brand: None,
        category_paths: Vec::new(),
        attributes: Vec::new(),
        options: Vec::new(),
        skus: Vec::new(),
        tags: Vec::new(),
        price_range: None,
        prices_shown: Vec::new(),
        in_stock: true,
        created_ms: 0,
        shown_from_ms: None,
        shown_until_ms: None,
    }
}

pub(crate) fn path(text: &str) -> Vec<String> {
    text.split('/').map(str::to_owned).collect()
}

pub(crate) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(crate) fn prices(minor_min: i64, minor_max: i64) -> Option<PriceRange> {
    Some(PriceRange { minor_min, minor_max })
}

/// An index in memory that holds `products`.
pub(crate) fn index_of(products: impl IntoIterator<Item = ProductDocument>) -> SearchIndex {
    let index = SearchIndex::in_memory().unwrap();
    index.apply(products.into_iter().collect::<Batch>(), 1).unwrap();
    index
}

/// The ids of a page, in order.
pub(crate) fn ids(answer: &SearchAnswer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.id.as_str()).collect()
}

/// The ids that a search for words gives, in the order of the ids, blanks between them.
pub(crate) fn found(index: &SearchIndex, words: &str) -> String {
    let answer = index.search(&SearchRequest { limit: 200, ..SearchRequest::new(words) }).unwrap();
    assert_eq!(u64::try_from(answer.hits.len()).unwrap(), answer.total);
    let mut ids = ids(&answer);
    ids.sort_unstable();
    ids.join(" ")
}

/// A request without words, narrowed by filters as people write them; prices have two decimals.
pub(crate) fn narrowed(filters: &[&str]) -> SearchRequest {
    SearchRequest {
        filters: filters.iter().map(|text| Filter::parse(text, 2).unwrap()).collect(),
        limit: 200,
        ..SearchRequest::new("")
    }
}

/// A facet as one line: `Acme 2, Globex 1`.
pub(crate) fn line(facet: &Facet) -> String {
    let values: Vec<String> =
        facet.values.iter().map(|value| format!("{} {}", value.value, value.count)).collect();
    values.join(", ")
}
