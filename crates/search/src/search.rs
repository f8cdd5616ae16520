//! Runs one request: words, filters, one pass for the page, as many as needed for the facets.
//!
//! What the words mean, strictly or relaxed, is decided by the words alone, before any filter.
//! Otherwise choosing a filter could turn a precise search into a vague one, and the numbers of a
//! facet would not be those that a click on it gives.
//!
//! A facet whose own filter is set needs the products that this filter hides, so it is counted
//! over a query without that group; all others are counted in the pass that collects the page.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tantivy::query::{AllQuery, BooleanQuery, EnableScoring, Query};
use tantivy::schema::Value;
use tantivy::{DocSet, Searcher, TERMINATED, TantivyDocument, TantivyError};

use crate::analysis::Analysis;
use crate::answer::{Facet, FacetValue, Hit, SearchAnswer};
use crate::encode;
use crate::error::{Place, SearchError};
use crate::facet::{FacetField, Group, category_text};
use crate::facet_counter::{Counted, Counts, FacetCounter};
use crate::filter_query::{Narrowing, narrowing};
use crate::moment::shown_at;
use crate::page::{Page, PageCollector};
use crate::query::SearchRequest;
use crate::schema::{Fields, SEPARATOR};
use crate::words;

/// Answers a request that was validated.
pub(crate) fn answer(
    request: &SearchRequest,
    searcher: &Searcher,
    fields: &Fields,
    place: &Place,
) -> Result<SearchAnswer, SearchError> {
    let failed = |error| place.engine("searching", error);
    let facets =
        request.facets.iter().map(|name| FacetField::parse(name)).collect::<Result<Vec<_>, _>>()?;
    let mut analysis = Analysis::new();
    let meaning = meaning(request, searcher, fields, &mut analysis).map_err(failed)?;
    let narrowing = narrowing(&request.filters, fields, searcher, &mut analysis).map_err(failed)?;
    let facets: Vec<PlannedFacet> = facets
        .into_iter()
        .map(|field| PlannedFacet::new(field, &narrowing, &mut analysis))
        .collect();

    let run = Run { searcher, words: &*meaning.query, narrowing: &narrowing };
    let (page, counts) = run.page(request, &facets).map_err(failed)?;
    let mut counted = run.facets(&facets, counts).map_err(failed)?;

    let first = page.rows.iter().skip(request.offset);
    let shown: Vec<_> = first.take(request.limit).collect();
    let has_more = page.rows.len() > request.offset.saturating_add(shown.len());
    let next = shown.last().filter(|_| has_more).map(|row| row.token(request.sort));
    let hits = shown
        .iter()
        .map(|row| hit(searcher, fields, row, request.at_ms, place))
        .collect::<Result<Vec<_>, _>>()?;
    let facets = request
        .facets
        .iter()
        .zip(&facets)
        .enumerate()
        .map(|(at, (name, facet))| {
            let counts = counted.remove(&at).unwrap_or_default();
            facet.answer(name, counts, request.facet_values_max)
        })
        .collect();
    Ok(SearchAnswer {
        total: page.total,
        relaxed: meaning.relaxed,
        hits,
        facets,
        next,
        unmatched: narrowing.unmatched,
    })
}

/// What the words of a request ask for.
struct Meaning {
    query: Box<dyn Query>,
    relaxed: bool,
}

fn meaning(
    request: &SearchRequest,
    searcher: &Searcher,
    fields: &Fields,
    analysis: &mut Analysis,
) -> tantivy::Result<Meaning> {
    let strictly = |query| Meaning { query, relaxed: false };
    let shown = |query| shown_at(request.at_ms, query, fields, searcher);
    let Some(plan) = words::plan(&request.words, fields, searcher, analysis)? else {
        return Ok(strictly(shown(Box::new(AllQuery))?));
    };
    let strict = shown(plan.strict)?;
    let Some(relaxed) = plan.relaxed else { return Ok(strictly(strict)) };
    if at_least(searcher, &*strict, request.relax_below)? {
        return Ok(strictly(strict));
    }
    Ok(Meaning { query: shown(relaxed)?, relaxed: true })
}

/// Says whether at least `wanted` products match, and looks at no more than these.
fn at_least(searcher: &Searcher, query: &dyn Query, wanted: u64) -> tantivy::Result<bool> {
    if wanted == 0 {
        return Ok(true);
    }
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut found = 0;
    for segment in searcher.segment_readers() {
        let mut matches = weight.scorer(segment, 1.0)?;
        let mut doc = matches.doc();
        while doc != TERMINATED {
            found += u64::from(!segment.is_deleted(doc));
            if found >= wanted {
                return Ok(true);
            }
            doc = matches.advance();
        }
    }
    Ok(false)
}

/// A facet as it will be counted.
struct PlannedFacet {
    field: FacetField,
    counted: Counted,
    /// The group to leave out, where a filter of the request is in it.
    left_out: Option<Group>,
}

impl PlannedFacet {
    fn new(field: FacetField, narrowing: &Narrowing, analysis: &mut Analysis) -> PlannedFacet {
        let (column, prefix) = field.column(|name| analysis.fold(name));
        let group = field.group(|name| analysis.fold(name));
        let left_out = group.filter(|group| narrowing.has(group));
        PlannedFacet { field, counted: Counted { column, prefix }, left_out }
    }

    /// Writes the counts as they are answered.
    fn answer(&self, name: &str, counts: Counts, values_max: usize) -> Facet {
        let counts = match &self.field {
            FacetField::OptionNames | FacetField::AttributeNames => by_name(counts),
            FacetField::Category { level } => counts
                .into_iter()
                .filter(|(stored, _)| level.is_none_or(|level| depth(stored) == level))
                .map(|(stored, count)| (category_text(&stored), count))
                .collect(),
            _ => counts,
        };
        let distinct = u64::try_from(counts.len()).unwrap_or(u64::MAX);
        let mut values: Vec<FacetValue> =
            counts.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
        // Stable, and the counts come in the order of the alphabet.
        values.sort_by_key(|value| Reverse(value.count));
        values.truncate(values_max);
        Facet { name: name.to_owned(), values, distinct }
    }
}

/// Returns the level of a stored category; that of a root is 1.
fn depth(stored: &str) -> usize {
    stored.split(SEPARATOR).count()
}

/// Adds up the spellings of each name, and calls it by the most frequent one.
fn by_name(counts: Counts) -> Counts {
    let mut names: BTreeMap<String, (u64, u64, String)> = BTreeMap::new();
    for (stored, count) in counts {
        let (folded, spelling) = stored.split_once(SEPARATOR).unwrap_or((&stored, &stored));
        let (sum, most, name) = names.entry(folded.to_owned()).or_default();
        *sum += count;
        if count > *most {
            *most = count;
            *name = spelling.to_owned();
        }
    }
    names.into_values().map(|(sum, _, name)| (name, sum)).collect()
}

/// The counts of facets, by their place in the request.
type CountsByPlace = BTreeMap<usize, Counts>;

struct Run<'a> {
    searcher: &'a Searcher,
    words: &'a dyn Query,
    narrowing: &'a Narrowing,
}

impl Run<'_> {
    fn query(&self, left_out: Option<&Group>) -> Box<dyn Query> {
        let mut queries = self.narrowing.without(left_out);
        if queries.is_empty() {
            return self.words.box_clone();
        }
        queries.insert(0, self.words.box_clone());
        Box::new(BooleanQuery::intersection(queries))
    }

    /// Collects the page, and the facets whose filter is not set.
    fn page(
        &self,
        request: &SearchRequest,
        facets: &[PlannedFacet],
    ) -> tantivy::Result<(Page, CountsByPlace)> {
        let collector = PageCollector {
            sort: request.sort,
            // One more than is shown tells whether there is a next page.
            rows_max: request.offset + request.limit + 1,
            after: request.after.clone(),
        };
        let (places, counter) = counter(facets, None);
        let (page, counts) = self.searcher.search(&*self.query(None), &(collector, counter))?;
        Ok((page, places.into_iter().zip(counts).collect()))
    }

    /// Counts the facets whose own filter is set, one pass for each group.
    fn facets(
        &self,
        facets: &[PlannedFacet],
        mut counts: CountsByPlace,
    ) -> tantivy::Result<CountsByPlace> {
        let mut groups: Vec<&Group> = facets.iter().filter_map(|f| f.left_out.as_ref()).collect();
        groups.sort();
        groups.dedup();
        for group in groups {
            let (places, counter) = counter(facets, Some(group));
            let found = self.searcher.search(&*self.query(Some(group)), &counter)?;
            counts.extend(places.into_iter().zip(found));
        }
        Ok(counts)
    }
}

/// Returns a counter for the facets that leave out `group`, and their places in the request.
fn counter(facets: &[PlannedFacet], group: Option<&Group>) -> (Vec<usize>, FacetCounter) {
    let (places, counted) = facets
        .iter()
        .enumerate()
        .filter(|(_, facet)| facet.left_out.as_ref() == group)
        .map(|(place, facet)| (place, facet.counted.clone()))
        .unzip();
    (places, FacetCounter { counted })
}

/// Reads what is shown of one row.
fn hit(
    searcher: &Searcher,
    fields: &Fields,
    row: &crate::page::Row,
    at_ms: Option<i64>,
    place: &Place,
) -> Result<Hit, SearchError> {
    let stored: TantivyDocument =
        searcher.doc(row.address).map_err(|error| place.engine("reading a product", error))?;
    let value = stored.get_first(fields.shown);
    let shown = value.as_ref().and_then(|value| value.as_str()).ok_or_else(|| {
        place.engine("reading a product", TantivyError::InternalError("a row is empty".to_owned()))
    })?;
    encode::hit(shown, row.score, at_ms).map_err(|error| {
        place.needs_rebuild(format!("product `{}` is unreadable: {error}", row.id))
    })
}
