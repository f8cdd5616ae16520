//! A back-end could not work.

/// Whether a failed call may succeed when it is made again.
///
/// ```
/// use sutler_core::port::{Retry, StoreError};
///
/// /// How a flow goes on after a failed commit.
/// fn next(error: &StoreError) -> &'static str {
///     match error.retry {
///         Retry::Later => "the same call again",
///         Retry::Unknown => "read first, then decide",
///         Retry::Never => "tell a person",
///     }
/// }
/// assert_eq!(next(&StoreError::broken("commit", "shop.db", "the disk is full")), "tell a person");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retry {
    /// Locked, restarting: the same call may succeed. Nothing was written.
    Later,
    /// Corrupt, missing table, out of disk, not permitted: a person must act first.
    Never,
    /// It is not known whether the call took effect: read before deciding.
    Unknown,
}

/// A back-end could not do its work: what it was doing, on what, and whether to try again.
///
/// The message does not repeat the source; printers walk the chain.
///
/// ```
/// use std::error::Error;
/// use sutler_core::port::{Retry, StoreError};
///
/// let locked = StoreError {
///     retry: Retry::Later,
///     code: "store.locked",
///     help: Some("wait for the other program".to_owned()),
///     ..StoreError::broken("commit", "shop.db", "database is locked")
/// };
/// assert_eq!(locked.to_string(), "commit failed on shop.db");
/// assert_eq!(locked.source().map(ToString::to_string).as_deref(), Some("database is locked"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{op} failed on {subject}")]
pub struct StoreError {
    /// What it was doing: `commit`.
    pub op: &'static str,
    /// On what: a path, a record.
    pub subject: String,
    /// Whether to try again.
    pub retry: Retry,
    /// Stable word for scripts: `store.locked`, `store.full`, `store.damaged`, `store.failed`.
    pub code: &'static str,
    /// What a person can do.
    pub help: Option<String>,
    /// What went wrong below.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// Returns an error that trying again will not mend.
    pub fn broken(
        op: &'static str,
        subject: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            op,
            subject: subject.into(),
            retry: Retry::Never,
            code: "store.failed",
            help: None,
            source: source.into(),
        }
    }
}
