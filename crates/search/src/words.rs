//! Turns what a shopper typed into a query.
//!
//! The text is cut at its blanks into *chunks*. Every chunk must be found, in any field: as words,
//! the best field counting most, or as a SKU. In a chunk like `t-shirt` both pieces must be found,
//! or the joined word. Stop words may be missing, unless there is nothing else.
//!
//! The last word, unless a blank follows it, is still being typed. It also matches words that
//! begin with it. Those are looked up in the dictionary of the index and the [`COMPLETIONS_MAX`]
//! most frequent are taken: a shopper who has typed one letter wants what it most likely becomes,
//! and thousands of rare words would cost much and mean nothing. Completions score the same,
//! whatever their frequency, so that a rare one does not outrank the word itself.
//!
//! The strict query wants all chunks, the relaxed one any piece of any; see
//! [`crate::SearchRequest::relax_below`] for when which is taken.
//!
//! Room: query correction hands this module other words, or several in place of one, which is one
//! more alternative in [`Planner::chunk`].

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Bound;

use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, InvertedIndexRangeQuery, Occur,
    Query, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Score, Searcher, Term};

use crate::analysis::{Analysis, Piece, compounds, is_stop_word, joined};
use crate::schema::Fields;

/// How many completions of the last word are searched for.
pub(crate) const COMPLETIONS_MAX: usize = 64;
/// How many words of one segment's dictionary are looked at to find them.
const COMPLETIONS_SEEN_MAX: usize = 10_000;
/// How many SKUs that begin with the last word are searched for.
const SKUS_MAX: u64 = 10_000;
/// A shorter beginning of a SKU says nothing.
const SKU_PREFIX_CHARS_MIN: usize = 2;

const TITLE_WEIGHT: Score = 3.0;
const BRAND_WEIGHT: Score = 1.5;
const KEYWORDS_WEIGHT: Score = 1.0;
const DESCRIPTION_WEIGHT: Score = 0.5;
/// What the other fields add to the best one.
const OTHER_FIELDS_SHARE: Score = 0.2;
const COMPLETION_SCORE: Score = 1.0;
/// Above all words together: who types a SKU wants that product.
const SKU_SCORE: Score = 100.0;
const SKU_WITHOUT_SIGNS_SCORE: Score = 50.0;
const SKU_PREFIX_SCORE: Score = 1.0;
/// Above everything else, so that products with all words come before those with some.
const STRICT_SCORE: Score = 1_000.0;

/// The queries for one text.
pub(crate) struct Plan {
    /// All words.
    pub(crate) strict: Box<dyn Query>,
    /// Any word, those with all words first; `None` when there is but one word to find.
    pub(crate) relaxed: Option<Box<dyn Query>>,
}

/// Returns the queries for `words`, or `None` when there are none and all products match.
pub(crate) fn plan(
    words: &str,
    fields: &Fields,
    searcher: &Searcher,
    analysis: &mut Analysis,
) -> tantivy::Result<Option<Plan>> {
    if words.trim().is_empty() {
        return Ok(None);
    }
    let last_is_typed = !words.ends_with(char::is_whitespace);
    let texts: Vec<&str> = words.split_whitespace().collect();
    let mut planner = Planner { fields, searcher, analysis };
    let mut chunks = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let is_typed = last_is_typed && at + 1 == texts.len();
        chunks.extend(planner.chunk(text, is_typed)?);
    }
    if chunks.iter().all(|chunk| chunk.is_stop_word) {
        for chunk in &mut chunks {
            chunk.is_stop_word = false;
        }
    }
    let mut strict = all(&chunks);
    if texts.len() > 1 {
        // A SKU may contain blanks.
        let mut alternatives = planner.skus(words, last_is_typed);
        alternatives.push(strict);
        strict = Box::new(DisjunctionMaxQuery::new(alternatives));
    }
    let relaxed = any(&chunks, &*strict);
    Ok(Some(Plan { strict, relaxed }))
}

/// What stands between two blanks.
struct Chunk {
    whole: Box<dyn Query>,
    /// What can be found on its own when not everything can.
    parts: Vec<Box<dyn Query>>,
    is_stop_word: bool,
}

/// Requires all chunks but stop words, which add to the score.
fn all(chunks: &[Chunk]) -> Box<dyn Query> {
    let occur = |chunk: &Chunk| if chunk.is_stop_word { Occur::Should } else { Occur::Must };
    Box::new(BooleanQuery::new(
        chunks.iter().map(|chunk| (occur(chunk), chunk.whole.box_clone())).collect(),
    ))
}

/// Requires any part of any chunk that is no stop word.
fn any(chunks: &[Chunk], strict: &dyn Query) -> Option<Box<dyn Query>> {
    let (stop_words, wanted): (Vec<&Chunk>, Vec<&Chunk>) =
        chunks.iter().partition(|chunk| chunk.is_stop_word);
    let parts: Vec<Box<dyn Query>> =
        wanted.iter().flat_map(|chunk| &chunk.parts).map(|part| part.box_clone()).collect();
    if parts.len() < 2 {
        return None;
    }
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![
        (Occur::Must, Box::new(BooleanQuery::union(parts))),
        (Occur::Should, Box::new(ConstScoreQuery::new(strict.box_clone(), STRICT_SCORE))),
    ];
    clauses.extend(stop_words.iter().map(|chunk| (Occur::Should, chunk.whole.box_clone())));
    Some(Box::new(BooleanQuery::new(clauses)))
}

struct Planner<'a> {
    fields: &'a Fields,
    searcher: &'a Searcher,
    analysis: &'a mut Analysis,
}

impl Planner<'_> {
    /// Returns what finds one chunk; `None` when it has neither letters nor digits.
    fn chunk(&mut self, text: &str, is_typed: bool) -> tantivy::Result<Option<Chunk>> {
        let compounds = compounds(text);
        let count = compounds.len();
        let mut parts = Vec::new();
        let mut wholes = Vec::new();
        for (at, compound) in compounds.iter().enumerate() {
            let is_typed = is_typed && at + 1 == count;
            let (whole, pieces) = self.compound(compound, is_typed)?;
            wholes.push(whole);
            parts.extend(pieces);
        }
        if wholes.is_empty() {
            return Ok(None);
        }
        let is_stop_word = match compounds.as_slice() {
            [compound] if compound.len() == 1 => is_stop_word(&self.analysis.typed(text)),
            _ => false,
        };
        let skus = self.skus(text, is_typed);
        parts.extend(skus.first().map(|sku| sku.box_clone()).filter(|_| parts.len() > 1));
        let mut alternatives = skus;
        alternatives.push(intersection(wholes));
        let whole = Box::new(DisjunctionMaxQuery::new(alternatives));
        Ok(Some(Chunk { whole, parts, is_stop_word }))
    }

    /// Returns what finds all pieces of a compound or its joined word, and what finds each piece.
    #[expect(clippy::type_complexity, reason = "two results that are made from one loop")]
    fn compound(
        &mut self,
        pieces: &[Piece],
        is_typed: bool,
    ) -> tantivy::Result<(Box<dyn Query>, Vec<Box<dyn Query>>)> {
        let mut parts = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            parts.push(self.word(&piece.text, is_typed && at + 1 == pieces.len())?);
        }
        let together = intersection(parts.iter().map(|part| part.box_clone()).collect());
        let Some(joined) = joined(pieces) else { return Ok((together, parts)) };
        let joined = self.word(&joined, is_typed)?;
        let whole = Box::new(DisjunctionMaxQuery::new(vec![together, joined.box_clone()]));
        parts.push(joined);
        Ok((whole, parts))
    }

    /// Returns what finds one word in the fields of text.
    fn word(&mut self, word: &str, is_typed: bool) -> tantivy::Result<Box<dyn Query>> {
        let stem = self.analysis.stem(word);
        let fields = self.fields;
        let mut alternatives: Vec<Box<dyn Query>> = [
            (fields.title, TITLE_WEIGHT),
            (fields.brand_words, BRAND_WEIGHT),
            (fields.keywords, KEYWORDS_WEIGHT),
            (fields.description, DESCRIPTION_WEIGHT),
        ]
        .into_iter()
        .map(|(field, weight)| weighted(field, &stem, weight))
        .collect();
        if is_typed {
            let completions = self.completions(word)?;
            if !completions.is_empty() {
                let completions = Box::new(TermSetQuery::new(completions));
                alternatives.push(Box::new(ConstScoreQuery::new(completions, COMPLETION_SCORE)));
            }
        }
        Ok(Box::new(DisjunctionMaxQuery::with_tie_breaker(alternatives, OTHER_FIELDS_SHARE)))
    }

    /// Returns the most frequent words of the index that begin with `word`.
    fn completions(&mut self, word: &str) -> tantivy::Result<Vec<Term>> {
        let prefix = self.analysis.typed(word);
        if prefix.is_empty() {
            return Ok(Vec::new());
        }
        let end = after_all(&prefix);
        let mut frequencies: HashMap<String, u64> = HashMap::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.typed)?;
            let mut words = index.terms().range().ge(&prefix).le(&end).into_stream()?;
            for _ in 0..COMPLETIONS_SEEN_MAX {
                let Some((word, info)) = words.next() else { break };
                let word = String::from_utf8_lossy(word).into_owned();
                *frequencies.entry(word).or_default() += u64::from(info.doc_freq);
            }
        }
        let mut words: Vec<(Reverse<u64>, String)> =
            frequencies.into_iter().map(|(word, count)| (Reverse(count), word)).collect();
        words.sort_unstable();
        words.truncate(COMPLETIONS_MAX);
        Ok(words
            .into_iter()
            .map(|(_, word)| Term::from_field_text(self.fields.typed, &word))
            .collect())
    }

    /// Returns what finds a SKU: as written, without its signs, by its beginning.
    fn skus(&mut self, text: &str, is_typed: bool) -> Vec<Box<dyn Query>> {
        let sku = self.fields.sku;
        let code = self.analysis.fold(text);
        let squeezed = Analysis::squeeze(&code);
        let mut queries = vec![constant(term(sku, &code), SKU_SCORE)];
        if !squeezed.is_empty() {
            queries.push(constant(term(sku, &squeezed), SKU_WITHOUT_SIGNS_SCORE));
        }
        if is_typed && squeezed.chars().count() >= SKU_PREFIX_CHARS_MIN {
            for prefix in [&code, &squeezed] {
                let mut range = InvertedIndexRangeQuery::new(
                    Bound::Included(Term::from_field_text(sku, prefix)),
                    Bound::Included(Term::from_field_text(sku, &after_all(prefix))),
                );
                range.limit(SKUS_MAX);
                queries.push(constant(Box::new(range), SKU_PREFIX_SCORE));
                if code == squeezed {
                    break;
                }
            }
        }
        queries
    }
}

/// Returns a text that stands behind all that begin with `prefix`, and before all others that
/// follow: the last code point is no character.
fn after_all(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn weighted(field: Field, stem: &str, weight: Score) -> Box<dyn Query> {
    let term = Term::from_field_text(field, stem);
    let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(query), weight))
}

fn constant(query: Box<dyn Query>, score: Score) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, score))
}

fn intersection(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        1 => queries.remove(0),
        _ => Box::new(BooleanQuery::intersection(queries)),
    }
}
