//! Counts the matches and keeps one page of them, in an order that never wavers.
//!
//! Every order comes down to one number for each product, smaller first, with the id behind it for
//! ties. Inside a segment both numbers are ordinals or column values, so that comparing costs
//! nothing; only the rows that survive are turned into text and compared across segments.
//!
//! Scores are compared by their leading 16 bits of precision: the same words in two segments may
//! differ in the last bits, because sums are taken in another order, and such products should
//! stand in the order of their ids, not in that of their segments.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader, i64_to_u64};

use crate::error::SearchError;
use crate::query::Sort;

/// Bits of a score that do not count when two are compared.
const SCORE_NOISE_BITS: u32 = 8;

/// What a product is sorted by, before its id. Smaller comes first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum SortKey {
    /// A score, a price or a time, turned so that the first is the smallest.
    Number(u64),
    /// A title.
    Text(String),
}

/// Where a page begins: after which hit of which order.
///
/// A token is text for links and scripts, and stays good while products come and go: the page
/// holds what stands behind that place *now*. Only under [`Sort::Relevance`] can a commit between
/// two pages shift the scores themselves.
///
/// ```
/// use sutler_search::{PageToken, Sort};
///
/// let token: PageToken = "price-ascending.1387.prod_1".parse()?;
/// assert_eq!(token.to_string(), "price-ascending.1387.prod_1");
/// assert_eq!(token.sort(), Sort::PriceAscending);
/// assert!("7".parse::<PageToken>().is_err());
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageToken {
    sort: Sort,
    key: SortKey,
    id: String,
}

impl PageToken {
    /// Returns the order that the token belongs to.
    #[must_use]
    pub fn sort(&self) -> Sort {
        self.sort
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.sort.name())?;
        match &self.key {
            SortKey::Number(number) => write!(f, "{number:x}")?,
            SortKey::Text(text) => {
                for byte in text.bytes() {
                    write!(f, "{byte:02x}")?;
                }
            }
        }
        write!(f, ".{}", self.id)
    }
}

impl FromStr for PageToken {
    type Err = SearchError;

    fn from_str(text: &str) -> Result<Self, SearchError> {
        let read = || {
            let mut parts = text.splitn(3, '.');
            let (name, key, id) = (parts.next()?, parts.next()?, parts.next()?);
            let sort = Sort::ALL.into_iter().find(|sort| sort.name() == name)?;
            let key = match sort {
                Sort::Title => SortKey::Text(text_of_hex(key)?),
                _ => SortKey::Number(u64::from_str_radix(key, 16).ok()?),
            };
            Some(PageToken { sort, key, id: id.to_owned() })
        };
        read().ok_or_else(|| SearchError::BadRequest {
            what: format!("`{text}` as the beginning of a page"),
            why: "it is no token that an earlier answer gave as `next`; start from the first page"
                .to_owned(),
        })
    }
}

fn text_of_hex(hex: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()))
        .collect();
    String::from_utf8(bytes?).ok()
}

/// The matches of one search: how many there are, and the first of them.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) total: u64,
    pub(crate) rows: Vec<Row>,
}

/// One product of a page.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: SortKey,
    pub(crate) id: String,
    pub(crate) score: Score,
    pub(crate) address: DocAddress,
}

impl Row {
    fn compare(&self, other: &Row) -> Ordering {
        (&self.key, &self.id).cmp(&(&other.key, &other.id))
    }

    /// Returns the place directly after this row.
    pub(crate) fn token(&self, sort: Sort) -> PageToken {
        PageToken { sort, key: self.key.clone(), id: self.id.clone() }
    }
}

/// Collects a [`Page`].
pub(crate) struct PageCollector {
    pub(crate) sort: Sort,
    /// How many rows to keep.
    pub(crate) rows_max: usize,
    /// Rows up to this place are counted, but not kept.
    pub(crate) after: Option<PageToken>,
}

impl Collector for PageCollector {
    type Fruit = Page;
    type Child = SegmentPage;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentPage> {
        let keys = KeyColumn::open(self.sort, reader)?;
        let ids = reader.fast_fields().str("id")?;
        let after = match &self.after {
            Some(token) => Some(After::in_segment(token, &keys, ids.as_ref())?),
            None => None,
        };
        Ok(SegmentPage {
            segment,
            keys,
            ids,
            after,
            rows_max: self.rows_max,
            heap: BinaryHeap::new(),
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort == Sort::Relevance
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Page>>) -> tantivy::Result<Page> {
        let mut page = Page { total: 0, rows: Vec::new() };
        for segment in segments {
            let segment = segment?;
            page.total += segment.total;
            page.rows.extend(segment.rows);
        }
        page.rows.sort_by(Row::compare);
        page.rows.truncate(self.rows_max);
        Ok(page)
    }
}

/// Where a segment keeps what products are sorted by.
enum KeyColumn {
    Score,
    /// A number, the smallest first; none is last.
    Ascending(Option<Column<i64>>),
    /// A number, the largest first; none is last.
    Descending(Option<Column<i64>>),
    Text(Option<StrColumn>),
}

impl KeyColumn {
    fn open(sort: Sort, reader: &SegmentReader) -> tantivy::Result<KeyColumn> {
        let columns = reader.fast_fields();
        Ok(match sort {
            Sort::Relevance => KeyColumn::Score,
            Sort::PriceAscending => KeyColumn::Ascending(columns.column_opt("price_min")?),
            Sort::PriceDescending => KeyColumn::Descending(columns.column_opt("price_max")?),
            Sort::Newest => KeyColumn::Descending(columns.column_opt("created")?),
            Sort::Title => KeyColumn::Text(columns.str("title_key")?),
        })
    }

    /// Returns the number of a product, comparable within this segment.
    fn key(&self, doc: DocId, score: Score) -> u64 {
        let number = |column: &Option<Column<i64>>| column.as_ref().and_then(|c| c.first(doc));
        match self {
            // The bits of floats that are not negative are in the order of the floats.
            KeyColumn::Score => u64::from(!(score.to_bits() >> SCORE_NOISE_BITS)),
            KeyColumn::Ascending(column) => number(column).map_or(u64::MAX, i64_to_u64),
            KeyColumn::Descending(column) => number(column).map_or(u64::MAX, |n| !i64_to_u64(n)),
            KeyColumn::Text(column) => {
                column.as_ref().and_then(|c| c.ords().first(doc)).unwrap_or(u64::MAX)
            }
        }
    }

    /// Turns the number of a product into what is comparable across segments.
    fn sort_key(&self, key: u64) -> tantivy::Result<SortKey> {
        let KeyColumn::Text(column) = self else { return Ok(SortKey::Number(key)) };
        let mut text = String::new();
        if let Some(column) = column {
            column.ord_to_str(key, &mut text)?;
        }
        Ok(SortKey::Text(text))
    }
}

/// A place in the order of one segment: keep what has a larger key, or this key and an id from
/// `id_from` on.
struct After {
    key: u64,
    id_from: u64,
}

impl After {
    fn in_segment(
        token: &PageToken,
        keys: &KeyColumn,
        ids: Option<&StrColumn>,
    ) -> tantivy::Result<After> {
        let (key, tie) = match (&token.key, keys) {
            (SortKey::Text(text), KeyColumn::Text(Some(column))) => {
                match column.dictionary().term_ord(text)? {
                    Some(ordinal) => (ordinal, true),
                    // No title of this segment is equal: everything from the next one on.
                    None => (first_ordinal(column, Bound::Included(text))?, false),
                }
            }
            (SortKey::Number(number), _) => (*number, true),
            (SortKey::Text(_), _) => (0, false),
        };
        let id_from = match ids {
            Some(ids) if tie => first_ordinal(ids, Bound::Excluded(&token.id))?,
            _ => 0,
        };
        Ok(After { key, id_from })
    }

    fn keeps(&self, key: u64, id: impl FnOnce() -> u64) -> bool {
        key > self.key || (key == self.key && id() >= self.id_from)
    }
}

/// Returns the smallest ordinal of a text within the bound, or one that no text has.
fn first_ordinal(column: &StrColumn, bound: Bound<&String>) -> tantivy::Result<u64> {
    Ok(match column.dictionary().term_bounds_to_ord(bound, Bound::Unbounded)?.0 {
        Bound::Included(ordinal) => ordinal,
        Bound::Excluded(ordinal) => ordinal.saturating_add(1),
        Bound::Unbounded => 0,
    })
}

/// The page of one segment. The heap holds the best rows so far, the worst of them on top.
pub(crate) struct SegmentPage {
    segment: SegmentOrdinal,
    keys: KeyColumn,
    ids: Option<StrColumn>,
    after: Option<After>,
    rows_max: usize,
    heap: BinaryHeap<Kept>,
    total: u64,
}

/// A row as its segment knows it, compared by key and id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    key: u64,
    id: u64,
    doc: DocId,
    score_bits: u32,
}

impl SegmentPage {
    fn id(&self, doc: DocId) -> u64 {
        self.ids.as_ref().and_then(|ids| ids.ords().first(doc)).unwrap_or(u64::MAX)
    }

    fn into_rows(self) -> tantivy::Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(self.heap.len());
        for kept in &self.heap {
            let mut id = String::new();
            if let Some(ids) = &self.ids {
                ids.ord_to_str(kept.id, &mut id)?;
            }
            rows.push(Row {
                key: self.keys.sort_key(kept.key)?,
                id,
                score: Score::from_bits(kept.score_bits),
                address: DocAddress::new(self.segment, kept.doc),
            });
        }
        Ok(rows)
    }
}

impl SegmentCollector for SegmentPage {
    type Fruit = tantivy::Result<Page>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        let key = self.keys.key(doc, score);
        let is_full = self.heap.len() >= self.rows_max;
        // Most products end here, before anything else is looked up.
        if is_full && self.heap.peek().is_none_or(|worst| key > worst.key) {
            return;
        }
        if self.after.as_ref().is_some_and(|after| !after.keeps(key, || self.id(doc))) {
            return;
        }
        let kept = Kept { key, id: self.id(doc), doc, score_bits: score.to_bits() };
        if !is_full {
            self.heap.push(kept);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && kept < *worst
        {
            *worst = kept;
        }
    }

    fn harvest(self) -> tantivy::Result<Page> {
        let total = self.total;
        Ok(Page { total, rows: self.into_rows()? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::{PageToken, SortKey};
    use crate::query::Sort;

    #[test]
    fn tokens_survive_being_written_and_read() {
        for sort in Sort::ALL {
            let key = match sort {
                Sort::Title => SortKey::Text("a.b – ü".to_owned()),
                _ => SortKey::Number(u64::MAX),
            };
            let token = PageToken { sort, key, id: "prod.1 ü".to_owned() };
            assert_eq!(token.to_string().parse::<PageToken>().unwrap(), token);
        }
    }

    #[test]
    fn other_text_is_no_token() {
        for text in [
            "",
            "relevance",
            "relevance.1",
            "relevance.x.id",
            "title.é.id",
            "title.6.id",
            "best.1.id",
        ] {
            assert!(text.parse::<PageToken>().is_err(), "{text}");
        }
    }
}
