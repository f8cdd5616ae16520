//! Why a search or an index could not do its work.
//!
//! Sorted by who must act: [`SearchError::BadFilter`], [`SearchError::BadRequest`] and
//! [`SearchError::BadDocument`] by whoever wrote the input, [`SearchError::NeedsRebuild`] by
//! building the index again from the catalog, [`SearchError::Busy`] and [`SearchError::Behind`] by
//! the caller's next attempt, the rest by a person. Tantivy's own error type never shows.

use std::io::{self, ErrorKind};
use std::path::Path;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

/// What went wrong, on what, and what to do about it.
///
/// ```
/// use sutler_search::{Batch, SearchError};
/// # let index = sutler_search::testing::index()?;
///
/// // Events up to 3 are in the index, so this batch has missed some.
/// let error = index.apply(Batch::new(), 2).unwrap_err();
/// assert!(matches!(error, SearchError::Behind { given: 2, committed: 3 }));
/// assert_eq!((error.code(), error.is_worth_retrying()), ("search.behind", false));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The index is damaged, incomplete, or was built by another version.
    #[error("the search index at {place} cannot be used: {why}; rebuild it from the catalog")]
    NeedsRebuild {
        /// The folder, or `memory`.
        place: String,
        /// What was found.
        why: String,
    },
    /// Someone else is writing right now; searching still works.
    #[error(
        "the search index at {place} is being written by someone else; write again in a moment"
    )]
    Busy {
        /// The folder.
        place: String,
    },
    /// A batch is older than what the index already holds.
    #[error(
        "a batch up to event {given} came too late, the search index already holds event \
         {committed}; read the cursor again and go on from there"
    )]
    Behind {
        /// The cursor given with the batch.
        given: u64,
        /// The cursor of the last commit.
        committed: u64,
    },
    /// The folder holds files, but no search index.
    #[error("{place} holds files that are no search index; name an empty folder or a new one")]
    NotAnIndex {
        /// The folder.
        place: String,
    },
    /// A document cannot be indexed; nothing of its batch was written.
    #[error("product `{id}` cannot be indexed: {why}")]
    BadDocument {
        /// The id as given.
        id: String,
        /// What is wrong and what is right.
        why: String,
    },
    /// A filter cannot be read.
    #[error("cannot read the filter `{text}`: {why}")]
    BadFilter {
        /// The filter as given.
        text: String,
        /// What is wrong and how to write it.
        why: String,
    },
    /// Another part of a request cannot be read or is beyond its bounds.
    #[error("cannot search with {what}: {why}")]
    BadRequest {
        /// The part of the request.
        what: String,
        /// What is wrong and how to mend it.
        why: String,
    },
    /// The operating system refused.
    #[error("{op} failed on {place}")]
    Io {
        /// What was being done.
        op: &'static str,
        /// The folder or file.
        place: String,
        /// The refusal.
        source: io::Error,
    },
    /// The search engine refused for a reason none of the above describes.
    #[error("{op} failed on {place}")]
    Engine {
        /// What was being done.
        op: &'static str,
        /// The folder, or `memory`.
        place: String,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SearchError {
    /// Returns the stable name of this kind of error, for scripts and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            SearchError::NeedsRebuild { .. } => "search.needs_rebuild",
            SearchError::Busy { .. } => "search.busy",
            SearchError::Behind { .. } => "search.behind",
            SearchError::NotAnIndex { .. } => "search.not_an_index",
            SearchError::BadDocument { .. } => "search.bad_document",
            SearchError::BadFilter { .. } => "search.bad_filter",
            SearchError::BadRequest { .. } => "search.bad_request",
            SearchError::Io { .. } => "search.io",
            SearchError::Engine { .. } => "search.engine",
        }
    }

    /// Says whether the same call may succeed a little later, with nobody doing anything.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self, SearchError::Busy { .. })
    }

    /// Says whether the folder may be looked at but not written to: read-only media, or another owner's.
    #[must_use]
    pub fn is_about_writing_rights(&self) -> bool {
        use ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        matches!(self.refusal(), Some(PermissionDenied | ReadOnlyFilesystem))
    }

    /// Says whether there was no room for what was to be written: a full disk, a used-up quota, or a limit on the length of
    /// a file. What was in the index before is still there.
    #[must_use]
    pub fn is_about_room(&self) -> bool {
        use ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(self.refusal(), Some(StorageFull | QuotaExceeded | FileTooLarge))
    }

    fn refusal(&self) -> Option<ErrorKind> {
        match self {
            SearchError::Io { source, .. } => Some(source.kind()),
            _ => None,
        }
    }
}

/// Where an operation happened, to be told when it fails.
#[derive(Clone, Debug)]
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn folder(path: &Path) -> Self {
        Place(path.display().to_string())
    }

    pub(crate) fn memory() -> Self {
        Place("memory".to_owned())
    }

    pub(crate) fn busy(&self) -> SearchError {
        SearchError::Busy { place: self.0.clone() }
    }

    pub(crate) fn not_an_index(&self) -> SearchError {
        SearchError::NotAnIndex { place: self.0.clone() }
    }

    pub(crate) fn needs_rebuild(&self, why: impl Into<String>) -> SearchError {
        SearchError::NeedsRebuild { place: self.0.clone(), why: why.into() }
    }

    /// Sorts a refusal of the operating system: what reads as damage asks for a rebuild.
    pub(crate) fn io(&self, op: &'static str, source: io::Error) -> SearchError {
        match source.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::NotFound => {
                self.needs_rebuild(format!("{op}: {source}"))
            }
            _ => SearchError::Io { op, place: self.0.clone(), source },
        }
    }

    /// Sorts an error of tantivy by who must act.
    pub(crate) fn engine(&self, op: &'static str, error: TantivyError) -> SearchError {
        let copy = |e: &io::Error| io::Error::new(e.kind(), e.to_string());
        match &error {
            TantivyError::LockFailure(LockError::LockBusy, _) => self.busy(),
            TantivyError::LockFailure(LockError::IoError(e), _) => self.io(op, copy(e)),
            TantivyError::IoError(e) => self.io(op, copy(e)),
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. })
            | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, .. }) => {
                self.io(op, copy(io_error))
            }
            TantivyError::DataCorruption(_)
            | TantivyError::OpenReadError(_)
            | TantivyError::OpenDirectoryError(OpenDirectoryError::DoesNotExist(_))
            | TantivyError::IncompatibleIndex(_)
            | TantivyError::SchemaError(_)
            | TantivyError::FieldNotFound(_)
            | TantivyError::DeserializeError(_)
            | TantivyError::InternalError(_) => self.needs_rebuild(error.to_string()),
            _ => SearchError::Engine { op, place: self.0.clone(), source: Box::new(error) },
        }
    }
}
