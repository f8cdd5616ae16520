//! The changes of one commit.
//!
//! A batch holds at most one change for each product: what was said last counts. So the order of
//! events inside a batch does not matter to the index, and repeating one event is harmless.

use std::collections::BTreeMap;

use crate::document::ProductDocument;

/// Products to write and products to take out, to be applied together.
///
/// ```
/// use sutler_search::Batch;
///
/// # let table = sutler_search::testing::document("prod_1", "Oak table", "Acme", 49_900);
/// let mut batch = Batch::new();
/// assert!(batch.is_empty());
/// batch.upsert(table);
/// batch.delete("prod_1");
/// assert_eq!(batch.len(), 1, "of each product the last word counts");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    changes: BTreeMap<String, Option<ProductDocument>>,
    note: Option<String>,
}

impl Batch {
    /// Returns a batch without changes. Applying it moves the cursor alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `document`, in place of an earlier one of the same id.
    pub fn upsert(&mut self, document: ProductDocument) {
        self.changes.insert(document.id.clone(), Some(document));
    }

    /// Takes the product out. A product that is not in the index is no error.
    pub fn delete(&mut self, id: impl Into<String>) {
        self.changes.insert(id.into(), None);
    }

    /// Leaves a note of the caller in the index, in place of an earlier one: what its documents were made with, beside
    /// events. [`SearchIndex::note`](crate::SearchIndex::note) gives it back.
    pub fn note(&mut self, note: impl Into<String>) {
        self.note = Some(note.into());
    }

    /// Returns the note that is to be left.
    pub(crate) fn new_note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns how many products the batch changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Says whether the batch changes no product.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns each id with its new document, or with `None` where the product goes; by id.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (&String, Option<&ProductDocument>)> {
        self.changes.iter().map(|(id, document)| (id, document.as_ref()))
    }
}

impl Extend<ProductDocument> for Batch {
    fn extend<I: IntoIterator<Item = ProductDocument>>(&mut self, documents: I) {
        for document in documents {
            self.upsert(document);
        }
    }
}

impl FromIterator<ProductDocument> for Batch {
    fn from_iter<I: IntoIterator<Item = ProductDocument>>(documents: I) -> Self {
        let mut batch = Batch::new();
        batch.extend(documents);
        batch
    }
}

/// What a commit did.
///
/// ```
/// use sutler_search::{Applied, Batch};
/// # let index = sutler_search::testing::index()?;
/// # let desk = sutler_search::testing::document("prod_1", "Oak desk", "Acme", 39_900);
///
/// let mut batch = Batch::new();
/// batch.delete("prod_3");
/// batch.upsert(desk);
/// let Applied { created, replaced, deleted, .. } = index.apply(batch, 4)?;
/// assert_eq!((created, replaced, deleted), (0, 1, 1));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Applied {
    /// Products that were not in the index before.
    pub created: u64,
    /// Products whose document was replaced.
    pub replaced: u64,
    /// Products that were taken out.
    pub deleted: u64,
}
