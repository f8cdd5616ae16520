//! Counts how many matching products have each value of some columns.
//!
//! A column gives each product the ordinals of its values, and no ordinal twice, because encoding
//! left out repetitions. So counting is one addition for each value, into a table as long as the
//! column's dictionary, or as the stretch of it that belongs to one option or attribute. Only
//! values that were counted are turned into text. The numbers are counts, never estimates.

use std::collections::BTreeMap;
use std::io;
use std::ops::{Bound, Range};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::schema::{AFTER_SEPARATOR, SEPARATOR};

/// How often each value was met; by value.
pub(crate) type Counts = BTreeMap<String, u64>;

/// What to count: a column, and the beginning its values must have (none if empty).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Counted {
    pub(crate) column: &'static str,
    pub(crate) prefix: String,
}

/// Counts several things in one pass, in the order given.
pub(crate) struct FacetCounter {
    pub(crate) counted: Vec<Counted>,
}

impl Collector for FacetCounter {
    type Fruit = Vec<Counts>;
    type Child = SegmentCounter;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentCounter> {
        let mut tables = Vec::with_capacity(self.counted.len());
        for counted in &self.counted {
            tables.push(match reader.fast_fields().str(counted.column)? {
                Some(column) => Some(Table::new(column, &counted.prefix)?),
                None => None,
            });
        }
        Ok(SegmentCounter { tables })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(
        &self,
        segments: Vec<tantivy::Result<Vec<Counts>>>,
    ) -> tantivy::Result<Vec<Counts>> {
        let mut all: Vec<Counts> = self.counted.iter().map(|_| Counts::new()).collect();
        for segment in segments {
            for (sum, counts) in all.iter_mut().zip(segment?) {
                for (value, count) in counts {
                    *sum.entry(value).or_default() += count;
                }
            }
        }
        Ok(all)
    }
}

/// The tables of one segment; `None` where it has no such column.
pub(crate) struct SegmentCounter {
    tables: Vec<Option<Table>>,
}

struct Table {
    column: StrColumn,
    ordinals: Range<u64>,
    /// The bytes before the value itself.
    prefix_len: usize,
    counts: Vec<u64>,
}

impl Table {
    fn new(column: StrColumn, prefix: &str) -> tantivy::Result<Table> {
        let terms = u64::try_from(column.num_terms()).unwrap_or(u64::MAX);
        let (ordinals, prefix_len) = if prefix.is_empty() {
            (0..terms, 0)
        } else {
            let from = format!("{prefix}{SEPARATOR}");
            let to = format!("{prefix}{AFTER_SEPARATOR}");
            let bounds = column
                .dictionary()
                .term_bounds_to_ord(Bound::Included(&from), Bound::Excluded(&to))?;
            let start = match bounds.0 {
                Bound::Included(ordinal) => ordinal,
                Bound::Excluded(ordinal) => ordinal.saturating_add(1),
                Bound::Unbounded => 0,
            };
            let end = match bounds.1 {
                Bound::Included(ordinal) => ordinal.saturating_add(1),
                Bound::Excluded(ordinal) => ordinal,
                Bound::Unbounded => terms,
            };
            let end = end.min(terms);
            (start.min(end)..end, from.len())
        };
        let len = usize::try_from(ordinals.end - ordinals.start).map_err(io::Error::other)?;
        Ok(Table { column, ordinals, prefix_len, counts: vec![0; len] })
    }

    fn count(&mut self, doc: DocId) {
        for ordinal in self.column.term_ords(doc) {
            // An ordinal before the stretch wraps to a place beyond the table.
            let place = usize::try_from(ordinal.wrapping_sub(self.ordinals.start));
            if let Some(count) = place.ok().and_then(|place| self.counts.get_mut(place)) {
                *count += 1;
            }
        }
    }

    fn into_counts(self) -> tantivy::Result<Counts> {
        let met: (Vec<u64>, Vec<u64>) =
            self.ordinals.zip(&self.counts).filter(|(_, count)| **count > 0).unzip();
        let mut numbers = met.1.into_iter();
        let mut counts = Counts::new();
        self.column.dictionary().sorted_ords_to_term_cb(&met.0, |bytes| {
            let value = String::from_utf8_lossy(bytes.get(self.prefix_len..).unwrap_or_default());
            counts.extend(numbers.next().map(|count| (value.into_owned(), count)));
        })?;
        Ok(counts)
    }
}

impl SegmentCollector for SegmentCounter {
    type Fruit = tantivy::Result<Vec<Counts>>;

    fn collect(&mut self, doc: DocId, _: Score) {
        for table in self.tables.iter_mut().flatten() {
            table.count(doc);
        }
    }

    fn harvest(self) -> tantivy::Result<Vec<Counts>> {
        let counts = |table: Option<Table>| table.map_or(Ok(Counts::new()), Table::into_counts);
        self.tables.into_iter().map(counts).collect()
    }
}
