//! Leaves out what buyers do not see at a moment.
//!
//! Few products are shown for a time only, and a clock moves without telling anybody. So the ends of that time are in the
//! index, and each search looks at its own moment. An index without such products pays nothing for it.

use std::ops::Bound;

use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery};
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::schema::Fields;

/// Returns a query for those products of another one that are shown at a moment; for all of them without a moment.
pub(crate) fn shown_at(
    at_ms: Option<i64>,
    query: Box<dyn Query>,
    fields: &Fields,
    searcher: &Searcher,
) -> tantivy::Result<Box<dyn Query>> {
    let Some(at_ms) = at_ms else { return Ok(query) };
    let at = |field| Term::from_field_i64(field, at_ms);
    let mut hidden: Vec<RangeQuery> = Vec::new();
    if has_values(searcher, fields.shown_from)? {
        hidden.push(RangeQuery::new(Bound::Excluded(at(fields.shown_from)), Bound::Unbounded));
    }
    if has_values(searcher, fields.shown_until)? {
        hidden.push(RangeQuery::new(Bound::Unbounded, Bound::Included(at(fields.shown_until))));
    }
    if hidden.is_empty() {
        return Ok(query);
    }
    let hidden = hidden
        .into_iter()
        .map(|range| -> (Occur, Box<dyn Query>) { (Occur::MustNot, Box::new(range)) });
    Ok(Box::new(BooleanQuery::new(std::iter::once((Occur::Must, query)).chain(hidden).collect())))
}

fn has_values(searcher: &Searcher, field: Field) -> tantivy::Result<bool> {
    for segment in searcher.segment_readers() {
        if segment.inverted_index(field)?.terms().num_terms() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
