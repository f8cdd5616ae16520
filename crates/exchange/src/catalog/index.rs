//! Where the rows of each product are, in 32 bytes for each run of rows.
//!
//! A run is a stretch of neighboring rows with one handle. Most products are one run; where the rows of a product
//! stand apart, its runs are linked.
//!
//! Invariants
//! * Runs are in file order; a product is found at its first run.
//! * Handles are not kept, only their hashes: who reads the runs of a product must compare the handles.

use crate::table::Mark;
use crate::text::wide;

/// The most rows one product may have.
pub(crate) const PRODUCT_ROWS_MAX: u32 = 10_000;
/// The most bytes the rows of one product may have.
pub(crate) const PRODUCT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// No further run.
const NONE: u32 = u32::MAX;
/// In `rows`: the run continues a product that appeared before.
const FOLLOWS: u32 = 1 << 31;

/// A stretch of rows with one handle.
#[derive(Clone, Copy, Debug)]
struct Run {
    hash: u64,
    offset: u64,
    line: u32,
    record: u32,
    rows: u32,
    next: u32,
}

/// Where the rows of all products are.
#[derive(Debug, Default)]
pub(crate) struct RowIndex {
    runs: Vec<Run>,
    /// Whether the first run holds rows without a handle and without a product above them.
    orphans: bool,
    /// Offset behind all rows.
    end: u64,
}

/// A product whose rows are too many.
pub(crate) struct TooLarge {
    pub(crate) mark: Mark,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl RowIndex {
    /// Begins a run; `hash` is `None` for rows that belong to no product.
    pub(crate) fn begin(&mut self, hash: Option<u64>, mark: Mark) {
        self.orphans |= hash.is_none();
        self.runs.push(Run {
            hash: hash.unwrap_or(0),
            offset: mark.offset,
            line: narrow(mark.line),
            record: narrow(mark.record),
            rows: 1,
            next: NONE,
        });
    }

    /// Adds a row to the last run; false when there is none yet.
    pub(crate) fn extend(&mut self) -> bool {
        match self.runs.last_mut() {
            Some(run) => {
                run.rows = (run.rows + 1).min(FOLLOWS - 1);
                true
            }
            None => false,
        }
    }

    /// Links the runs of each handle and checks that no product is too large; `end` is the offset behind all rows.
    pub(crate) fn link(&mut self, end: u64) -> Result<(), TooLarge> {
        let mut order: Vec<u32> = (usize::from(self.orphans)..self.runs.len())
            .filter_map(|at| u32::try_from(at).ok())
            .collect();
        order.sort_unstable_by_key(|at| (self.runs[index(*at)].hash, *at));
        for pair in order.windows(2) {
            let (earlier, later) = (index(pair[0]), index(pair[1]));
            if self.runs[earlier].hash == self.runs[later].hash {
                self.runs[earlier].next = pair[1];
                self.runs[later].rows |= FOLLOWS;
            }
        }
        drop(order);
        self.end = end;
        for product in self.products() {
            let rows = self.runs_of(product).map(|at| u64::from(self.rows(at))).sum();
            let bytes = self.bytes_of(product);
            if rows > u64::from(PRODUCT_ROWS_MAX) || bytes > PRODUCT_BYTES_MAX {
                return Err(TooLarge { mark: self.mark(product), rows, bytes });
            }
        }
        Ok(())
    }

    /// Iterates over the first run of each product, rows without a product included.
    pub(crate) fn products(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.runs.len()).filter(|at| self.runs[*at].rows & FOLLOWS == 0)
    }

    /// Returns the first run of the product that comes at `from` or later.
    pub(crate) fn product_from(&self, from: usize) -> Option<usize> {
        let runs = self.runs.get(from..)?;
        runs.iter().position(|run| run.rows & FOLLOWS == 0).map(|at| from + at)
    }

    /// Counts the products.
    pub(crate) fn product_count(&self) -> u64 {
        wide(self.products().count()) - u64::from(self.orphans)
    }

    /// Iterates over the runs of a product, given its first.
    pub(crate) fn runs_of(&self, first: usize) -> impl Iterator<Item = usize> + '_ {
        let next = |at: &usize| match self.runs[*at].next {
            NONE => None,
            next => Some(index(next)),
        };
        std::iter::successors(Some(first), next)
    }

    /// Counts the bytes that the rows of a product take, given its first run; blank rows between them included.
    pub(crate) fn bytes_of(&self, first: usize) -> u64 {
        let bytes = |at: usize| {
            let next = self.runs.get(at + 1).map_or(self.end, |run| run.offset);
            next.saturating_sub(self.runs[at].offset)
        };
        self.runs_of(first).map(bytes).sum()
    }

    /// Returns where a run begins.
    pub(crate) fn mark(&self, run: usize) -> Mark {
        let run = self.runs[run];
        Mark { offset: run.offset, line: run.line.into(), record: run.record.into() }
    }

    /// Returns how many rows a run has.
    pub(crate) fn rows(&self, run: usize) -> u32 {
        self.runs[run].rows & !FOLLOWS
    }
}

/// Lines and records beyond four thousand million are told as that; nothing but messages depends on them.
fn narrow(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A run number is an index that was narrowed before.
fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(offset: u64) -> Mark {
        Mark { offset, line: offset, record: offset }
    }

    #[test]
    fn runs_of_one_handle_are_linked_in_file_order() {
        assert_eq!(size_of::<Run>(), 32);
        let mut index = RowIndex::default();
        assert!(!index.extend());
        for (hash, offset) in [(7, 0), (9, 10), (7, 20), (8, 30), (7, 40)] {
            index.begin(Some(hash), mark(offset));
            assert!(index.extend());
        }
        assert!(index.link(50).is_ok());
        assert_eq!(index.products().collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(index.runs_of(0).collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!(index.product_count(), 3);
        assert_eq!(index.product_from(2), Some(3));
        assert_eq!(index.rows(4), 2);
    }

    #[test]
    fn rows_without_a_product_are_no_product() {
        let mut index = RowIndex::default();
        index.begin(None, mark(0));
        index.begin(Some(0), mark(5));
        assert!(index.link(9).is_ok());
        assert_eq!((index.product_count(), index.products().count()), (1, 2));
        assert_eq!(index.runs_of(0).count(), 1, "hash 0 of a real handle is not linked to them");
    }

    #[test]
    fn a_product_of_too_many_rows_or_bytes_is_found() {
        let mut index = RowIndex::default();
        index.begin(Some(1), mark(0));
        for _ in 0..PRODUCT_ROWS_MAX {
            index.extend();
        }
        assert_eq!(index.link(100).err().map(|large| large.rows), Some(10_001));
        let mut index = RowIndex::default();
        index.begin(Some(1), mark(0));
        index.begin(Some(2), mark(5));
        assert_eq!(index.link(PRODUCT_BYTES_MAX + 6).err().map(|large| large.mark.offset), Some(5));
    }
}
