//! The record of one import of one file.

use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::id::ImportRunId;
use crate::time::Timestamp;

/// How far an import of a file came. One open run per file content; a finished file that is imported again gets a new run.
///
/// ```
/// use sutler_core::hash::ContentHash;
/// use sutler_core::import::ImportRun;
/// # use sutler_core::time::Timestamp;
///
/// let begun = ImportRun {
///     content: ContentHash::of(b"Handle,Title\nwool-blanket,Wool blanket\n"),
///     run: 1,
///     file: "products.csv".to_owned(),
///     batches_done: 0,
///     created: 0,
///     updated: 0,
///     finished: false,
///     started_at: Timestamp::from_millis(0),
///     version: 0,
/// };
/// let batch_later = ImportRun { batches_done: 1, created: 1, version: 1, ..begun.clone() };
/// assert_eq!(batch_later.content, begun.content, "the same file goes on where it was");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportRun {
    /// SHA-256 of the file's bytes and of the options that change its meaning.
    pub content: ContentHash,
    /// Counts the runs of this content, from 1.
    pub run: u32,
    /// The file's name, for people.
    pub file: String,
    /// Batches committed.
    pub batches_done: u32,
    /// Records made so far.
    pub created: u64,
    /// Records changed so far.
    pub updated: u64,
    /// Whether all batches are committed.
    pub finished: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

impl ImportRun {
    /// Returns what a conflict about a run of this content points at.
    ///
    /// ```
    /// use sutler_core::hash::ContentHash;
    /// use sutler_core::import::ImportRun;
    ///
    /// let content = ContentHash::of(b"Handle,Title\n");
    /// assert!(ImportRun::id_of(content).to_string().ends_with(&content.to_string()[..32]));
    /// ```
    pub fn id_of(content: ContentHash) -> ImportRunId {
        let mut half = [0; 16];
        half.iter_mut().zip(content.to_bytes()).for_each(|(to, from)| *to = from);
        ImportRunId::from_bytes(half)
    }
}
