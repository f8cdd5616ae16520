//! Counts against a second search that is slow and obviously right.

use std::collections::{BTreeMap, BTreeSet};

use crate::shop::{list, prices, product};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sutler_search::{
    Batch, Filter, PriceComparison, ProductDocument, SearchIndex, SearchRequest, Sort,
};

const FACETS: [&str; 7] =
    ["brand", "category", "category.2", "tag", "in_stock", "option.size", "attribute.Material"];
const WORDS: [&str; 4] = ["alder", "birch", "cedar", "maple"];

fn text(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(values).prop_map(str::to_owned)
}

fn category() -> impl Strategy<Value = Vec<String>> {
    text(&["A", "A/B", "A/C", "A/B/C", "B", "B/A"]).prop_map(|path| crate::shop::path(&path))
}

fn document() -> impl Strategy<Value = ProductDocument> {
    let named =
        |name: &'static str, values| text(values).prop_map(|value| (name.to_owned(), value));
    (
        0..12_u8,
        btree_set(text(&WORDS), 0..3),
        option::of(text(&["Acme", "Globex", "Initech"])),
        vec(category(), 0..3),
        vec(named("Size", &["S", "M", "L"]), 0..4),
        vec(named("material", &["oak", "pine"]), 0..3),
        vec(text(&["new", "sale"]), 0..3),
        option::of((0..6_i64, 0..4_i64)),
        any::<bool>(),
        0..5_i64,
    )
        .prop_map(
            |(
                id,
                words,
                brand,
                category_paths,
                options,
                attributes,
                tags,
                price,
                stock,
                created_ms,
            )| {
                let title: Vec<String> = words.into_iter().collect();
                ProductDocument {
                    brand,
                    category_paths,
                    options,
                    attributes,
                    tags,
                    price_range: price.and_then(|(low, span)| prices(low, low + span)),
                    prices_shown: Vec::new(),
                    in_stock: stock,
                    created_ms,
                    ..product(&format!("p{id:02}"), &title.join(" "))
                }
            },
        )
}

fn filter() -> impl Strategy<Value = Filter> {
    use PriceComparison::{Above, AtLeast, AtMost, Below};
    prop_oneof![
        text(&["Acme", "Globex", "Nobody"]).prop_map(Filter::Brand),
        text(&["new", "sale"]).prop_map(Filter::Tag),
        category().prop_map(Filter::Category),
        text(&["S", "M"]).prop_map(|value| Filter::Option { name: "Size".to_owned(), value }),
        text(&["oak", "pine"])
            .prop_map(|value| Filter::Attribute { name: "MATERIAL".to_owned(), value }),
        any::<bool>().prop_map(Filter::InStock),
        (select(&[Below, AtMost, AtLeast, Above][..]), 0..8_i64)
            .prop_map(|(comparison, minor)| Filter::Price { comparison, minor }),
    ]
}

/// The field of a filter or facet: what is alternative to each other, and left out in counting.
fn group(filter: &Filter) -> &'static str {
    match filter {
        Filter::Brand(_) => "brand",
        Filter::Category(_) => "category",
        Filter::Tag(_) => "tag",
        Filter::Option { .. } => "option.size",
        Filter::Attribute { .. } => "attribute.Material",
        Filter::InStock(_) => "in_stock",
        _ => "price",
    }
}

/// Every value that a product has in a facet.
fn values(document: &ProductDocument, facet: &str) -> BTreeSet<String> {
    let seconds =
        |pairs: &[(String, String)]| pairs.iter().map(|(_, value)| value.clone()).collect();
    let categories = || {
        document
            .category_paths
            .iter()
            .flat_map(|path| (1..=path.len()).map(|n| path[..n].join("/")))
    };
    match facet {
        "brand" => document.brand.iter().cloned().collect(),
        "category" => categories().collect(),
        "category.2" => categories().filter(|path| path.matches('/').count() == 1).collect(),
        "tag" => document.tags.iter().cloned().collect(),
        "in_stock" => BTreeSet::from([document.in_stock.to_string()]),
        "option.size" => seconds(&document.options),
        _ => seconds(&document.attributes),
    }
}

fn passes(document: &ProductDocument, filters: &[Filter], left_out: &str) -> bool {
    let mut groups: BTreeMap<&str, bool> = BTreeMap::new();
    let mut allowed: Vec<i64> = (0..20).collect();
    for filter in filters.iter().filter(|filter| group(filter) != left_out) {
        let holds = match filter {
            Filter::Price { comparison, minor } => {
                allowed.retain(|price| match comparison {
                    PriceComparison::Below => price < minor,
                    PriceComparison::AtMost => price <= minor,
                    PriceComparison::AtLeast => price >= minor,
                    PriceComparison::Above => price > minor,
                });
                document.price_range.is_some_and(|range| {
                    allowed.iter().any(|price| (range.minor_min..=range.minor_max).contains(price))
                })
            }
            Filter::Category(path) => values(document, "category").contains(&path.join("/")),
            Filter::Brand(value) | Filter::Tag(value) => {
                values(document, group(filter)).contains(value)
            }
            Filter::Option { value, .. } | Filter::Attribute { value, .. } => {
                values(document, group(filter)).contains(value)
            }
            Filter::InStock(flag) => document.in_stock == *flag,
            _ => false,
        };
        let group = groups.entry(group(filter)).or_default();
        *group = if matches!(filter, Filter::Price { .. }) { holds } else { *group || holds };
    }
    groups.values().all(|holds| *holds)
}

/// Says which products the words mean, and whether any word was enough.
fn meant<'a>(all: &'a [ProductDocument], words: &[String]) -> (Vec<&'a ProductDocument>, bool) {
    let has =
        |document: &ProductDocument, word: &String| document.title.split(' ').any(|w| w == word);
    let strict: Vec<_> = all.iter().filter(|d| words.iter().all(|word| has(d, word))).collect();
    if !strict.is_empty() || words.len() < 2 {
        return (strict, false);
    }
    (all.iter().filter(|d| words.iter().any(|word| has(d, word))).collect(), true)
}

fn key(document: &ProductDocument, sort: Sort) -> (i64, String, String) {
    let price = |pick: fn(&sutler_search::PriceRange) -> i64, sign: i64| {
        document.price_range.as_ref().map_or(i64::MAX, |range| sign * pick(range))
    };
    let number = match sort {
        Sort::PriceAscending => price(|range| range.minor_min, 1),
        Sort::PriceDescending => price(|range| range.minor_max, -1),
        Sort::Newest => -document.created_ms,
        _ => 0,
    };
    let title = if sort == Sort::Title { document.title.clone() } else { String::new() };
    (number, title, document.id.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn totals_facets_and_orders_are_exact(
        commits in vec((vec(document(), 0..10), vec(0..12_u8, 0..3)), 1..4),
        filters in vec(filter(), 0..5),
        words in vec(text(&WORDS), 0..3),
        sort in select(&Sort::ALL[1..]),
    ) {
        let index = SearchIndex::in_memory().unwrap();
        let mut catalog: BTreeMap<String, ProductDocument> = BTreeMap::new();
        for (cursor, (documents, deletes)) in commits.into_iter().enumerate() {
            let mut batch = Batch::new();
            for document in documents {
                catalog.insert(document.id.clone(), document.clone());
                batch.upsert(document);
            }
            for id in deletes.into_iter().map(|id| format!("p{id:02}")) {
                catalog.remove(&id);
                batch.delete(id);
            }
            index.apply(batch, u64::try_from(cursor).unwrap()).unwrap();
        }
        let all: Vec<ProductDocument> = catalog.into_values().collect();
        prop_assert_eq!(index.product_count().unwrap(), u64::try_from(all.len()).unwrap());

        // The blank at the end keeps the last word from being completed.
        let typed: String = words.iter().map(|word| format!("{word} ")).collect();
        let request = SearchRequest {
            filters: filters.clone(),
            facets: list(&FACETS),
            sort,
            limit: 200,
            ..SearchRequest::new(typed)
        };
        let answer = index.search(&request).unwrap();

        let (meant, relaxed) = meant(&all, &words);
        let mut expected: Vec<&ProductDocument> =
            meant.iter().copied().filter(|d| passes(d, &filters, "")).collect();
        expected.sort_by_key(|document| key(document, sort));
        let expected: Vec<&str> = expected.iter().map(|document| document.id.as_str()).collect();
        prop_assert_eq!(crate::shop::ids(&answer), expected);
        prop_assert_eq!(answer.relaxed, relaxed);
        prop_assert_eq!(answer.total, u64::try_from(answer.hits.len()).unwrap());

        for facet in &answer.facets {
            let left_out = facet.name.trim_end_matches(".2");
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for document in meant.iter().filter(|d| passes(d, &filters, left_out)) {
                for value in values(document, &facet.name) {
                    *counts.entry(value).or_default() += 1;
                }
            }
            let found: BTreeMap<String, u64> =
                facet.values.iter().map(|v| (v.value.clone(), v.count)).collect();
            prop_assert_eq!(found, counts, "{}", &facet.name);
        }
    }
}
