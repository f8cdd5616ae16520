//! Products that are shown for a time only.

use sutler_search::{ProductDocument, SearchIndex, SearchRequest};

use crate::shop::{index_of, list, product};

fn found(index: &SearchIndex, words: &str, at_ms: Option<i64>) -> Vec<String> {
    let request = SearchRequest { at_ms, ..SearchRequest::new(words) };
    let answer = index.search(&request).unwrap();
    assert_eq!(answer.total, u64::try_from(answer.hits.len()).unwrap());
    let mut ids: Vec<String> = answer.hits.into_iter().map(|hit| hit.id).collect();
    ids.sort();
    ids
}

fn lamps() -> SearchIndex {
    let shown = |id: &str, shown_from_ms, shown_until_ms| ProductDocument {
        shown_from_ms,
        shown_until_ms,
        ..product(id, "Brass lamp")
    };
    index_of([
        shown("always", None, None),
        shown("early", None, Some(100)),
        shown("late", Some(100), None),
        shown("never", Some(100), Some(100)),
        shown("once", Some(100), Some(200)),
    ])
}

#[test]
fn a_window_holds_at_its_beginning_and_no_longer_at_its_end() {
    let index = lamps();
    for words in ["", "lamp", "brass lamp"] {
        for (at_ms, expected) in [
            (i64::MIN, &["always", "early"][..]),
            (99, &["always", "early"]),
            (100, &["always", "late", "once"]),
            (199, &["always", "late", "once"]),
            (200, &["always", "late"]),
            (i64::MAX, &["always", "late"]),
        ] {
            assert_eq!(found(&index, words, Some(at_ms)), expected, "`{words}` at {at_ms}");
        }
        assert_eq!(found(&index, words, None).len(), 5);
    }
}

#[test]
fn facets_count_and_relaxing_looks_at_what_is_shown() {
    let hidden = ProductDocument {
        shown_from_ms: Some(100),
        tags: list(&["oak"]),
        ..product("a", "Oak lamp")
    };
    let shown = ProductDocument { tags: list(&["pine"]), ..product("b", "Pine lamp") };
    let index = index_of([hidden, shown]);
    let request =
        SearchRequest { facets: list(&["tag"]), at_ms: Some(0), ..SearchRequest::new("oak lamp") };
    let answer = index.search(&request).unwrap();
    assert!(answer.relaxed, "what nobody sees does not fill the page");
    assert_eq!(answer.hits.len(), 1);
    let tags: Vec<_> = answer.facets[0].values.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(tags, ["pine"]);
}
