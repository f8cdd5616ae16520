//! What goes wrong with a file: [`OpenError`] while it is opened, copied or restored; [`StoreError`] afterwards.
//!
//! Codes are stable and for scripts; sentences and help are for people. Inside of the crate everything is a [`Fault`],
//! which becomes a `StoreError` at the door, where the name of the file is known.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::ErrorCode;
use sutler_core::change::RecordRef;
use sutler_core::port::{Retry, StoreError};
use sutler_core::rejection::Rejection;

/// A shop's file cannot be opened, copied or put back. Nothing was changed.
///
/// ```
/// use sutler_core::port::Retry;
/// use sutler_store_sqlite::{OpenError, OpenOptions, SqliteStore};
///
/// # let folder = tempfile::tempdir()?;
/// let nowhere = folder.path().join("shop.db");
/// let error = SqliteStore::open(&nowhere, OpenOptions::default()).unwrap_err();
/// assert!(matches!(error, OpenError::Missing { .. }));
/// assert_eq!((error.code(), error.retry()), ("store.missing", Retry::Never));
/// assert!(error.help().starts_with("check the path"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such file.
    #[error("there is no shop at {}", .path.display())]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// Something stands there already.
    #[error("{} exists already", .path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A folder, a device or a pipe stands where a file is to be written.
    #[error("{} is not a file, so none can take its place", .path.display())]
    NotRegular {
        /// Where.
        path: PathBuf,
    },
    /// The file is no SQLite database.
    #[error("{} is not a shop: it is not an SQLite database", .path.display())]
    NotADatabase {
        /// Where.
        path: PathBuf,
    },
    /// The file is the database of another program.
    #[error("{} is not a shop: it is the database of another program ({found})", .path.display())]
    Foreign {
        /// Where.
        path: PathBuf,
        /// What was found in it.
        found: String,
    },
    /// A newer program made the file.
    #[error("{} was made by a newer Sutler (schema {found}, this one knows {known})", .path.display())]
    Newer {
        /// Where.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// The file has an older schema, and is only to be read.
    #[error(
        "{} has schema {found} and this Sutler needs {known}, which cannot be made where it is only read", .path.display()
    )]
    Older {
        /// Where.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The schema that this program needs.
        known: u32,
    },
    /// The file was made by a program whose schema differs from the one published under that number.
    #[error("{} was made by another build of Sutler: its schema {number} ({name}) differs", .path.display())]
    Changed {
        /// Where.
        path: PathBuf,
        /// Which migration.
        number: u32,
        /// Its name.
        name: String,
    },
    /// A copy of a shop into the file is not at its end.
    #[error("{} holds a part of a shop: a copy into it is not at its end", .path.display())]
    Unfinished {
        /// Where.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The file or its folder cannot be reached.
    #[error("{} cannot be reached", .path.display())]
    Unreachable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else holds the file for too long.
    #[error("{} is in use by another program", .path.display())]
    Locked {
        /// Where.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("there is no room left on the disk of {}", .path.display())]
    Full {
        /// Where.
        path: PathBuf,
    },
    /// A setting that durability depends on could not be made.
    #[error("{}: the setting {name} is {found} and must be {wanted}", .path.display())]
    Setting {
        /// Where.
        path: PathBuf,
        /// Which setting.
        name: &'static str,
        /// What it must be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// SQLite failed in another way.
    #[error("{} cannot be opened", .path.display())]
    Failed {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Returns a stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            OpenError::Missing { .. } => "store.missing",
            OpenError::Exists { .. } => "store.exists",
            OpenError::NotRegular { .. } => "file.not_regular",
            OpenError::NotADatabase { .. } => "store.not_a_database",
            OpenError::Foreign { .. } => "store.foreign",
            OpenError::Newer { .. } => "store.newer",
            OpenError::Older { .. } => "store.older",
            OpenError::Changed { .. } => "store.changed",
            OpenError::Unfinished { .. } => "store.unfinished",
            OpenError::Damaged { .. } => "store.damaged",
            OpenError::Unreachable { .. } => "store.unreachable",
            OpenError::Locked { .. } => "store.locked",
            OpenError::Full { .. } => "store.full",
            OpenError::Setting { .. } => "store.setting",
            OpenError::Failed { .. } => "store.failed",
        }
    }

    /// Returns what a person can do.
    pub fn help(&self) -> &'static str {
        match self {
            OpenError::Missing { .. } => "check the path, or make a shop there with `sutler init`",
            OpenError::Exists { .. } => "choose another path, or say that it may be replaced",
            OpenError::NotRegular { .. } => "name another file; nothing was changed",
            OpenError::NotADatabase { .. } | OpenError::Foreign { .. } => {
                "check the path; nothing in the file was changed"
            }
            OpenError::Newer { .. } => {
                "install the newer Sutler; an older one could spoil the file"
            }
            OpenError::Older { .. } => {
                "open the shop once where it may be written to, such as with `sutler doctor --fix`"
            }
            OpenError::Changed { .. } => "use the build that made the file, or restore a backup",
            OpenError::Unfinished { .. } => {
                "run the same `sutler copy` again, which goes on where it stopped; a copy that is not to go on is taken away by \
                 `sutler shop drop NAME`"
            }
            OpenError::Damaged { .. } => {
                "stop all writers, keep a copy of the file, and restore the newest backup"
            }
            OpenError::Unreachable { .. } => {
                "check that the folder exists and that you may read and write there"
            }
            OpenError::Locked { .. } => {
                "wait for the other program to end, or stop it, then try again"
            }
            OpenError::Full { .. } => {
                "free some room on the disk or raise the limit (quota, `ulimit -f`), then run the same command again: even reading needs a little; what was acknowledged before stays"
            }
            OpenError::Setting { .. } => {
                "put the file on a local disk: network file systems cannot hold a shop"
            }
            OpenError::Failed { .. } => "the cause stands below",
        }
    }

    /// Returns whether trying again may help.
    pub fn retry(&self) -> Retry {
        if matches!(self, OpenError::Locked { .. }) { Retry::Later } else { Retry::Never }
    }

    /// Sorts what SQLite said while a file was opened.
    pub(crate) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        if is_full(&error) {
            return OpenError::Full { path };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => {
                OpenError::Damaged { path, what: error.to_string() }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked { path },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                OpenError::Unreachable { path, source: std::io::Error::other(error) }
            }
            _ => OpenError::Failed { path, source: Box::new(error) },
        }
    }

    /// Sorts what the operating system said about a file.
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::Missing { path },
            std::io::ErrorKind::AlreadyExists => OpenError::Exists { path },
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                OpenError::Full { path }
            }
            _ => OpenError::Unreachable { path, source },
        }
    }
}

/// Returns whether SQLite found no room: in the file or its journal, or for the index of the journal, which a reader grows too.
/// What it could not write for a reason that it does not tell apart from a broken disk is no such case.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error
            .sqlite_error()
            .is_some_and(|cause| cause.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        StoreError {
            op: "open",
            subject: "the store".to_owned(),
            retry: error.retry(),
            code: error.code(),
            help: Some(error.help().to_owned()),
            source: Box::new(error),
        }
    }
}

/// Why work on an open file failed, before the door turns it into a [`StoreError`].
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite said so.
    #[error("{0}")]
    Sqlite(#[source] Arc<rusqlite::Error>),
    /// A row holds what no program of ours writes.
    #[error("{what} in the file cannot be read: {why}")]
    Damaged { what: &'static str, why: String },
    /// Other processes hold the write lock.
    #[error("other programs kept the shop busy for {} ms", .0.as_millis())]
    Locked(Duration),
    /// The file or its folder may not be written to.
    #[error("the file or its folder may not be written to")]
    ReadOnly,
    /// The write lock is broken.
    #[error("the lock file failed: {0}")]
    LockFile(Arc<std::io::Error>),
    /// The disk failed while it made a commit durable.
    #[error("the disk failed during the commit: {0}")]
    CommitLost(#[source] Arc<rusqlite::Error>),
    /// A bug: code panicked while it applied this set, which was rolled back.
    #[error("the store panicked while it applied the changes; they were rolled back")]
    Panicked,
    /// A bug: the thread that committed for this caller panicked before it could answer.
    #[error("the thread that was committing these changes panicked")]
    Unanswered,
    /// The connection was lost and could not be opened again.
    #[error("{0}")]
    Reopen(#[source] Arc<OpenError>),
}

impl Fault {
    /// Returns the fault of a row that does not make sense.
    pub(crate) fn damaged(what: &'static str, why: impl ToString) -> Self {
        Fault::Damaged { what, why: why.to_string() }
    }

    /// Returns whether SQLite may have ended the transaction by itself, or the connection is not to be trusted.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Fault::Sqlite(error) | Fault::CommitLost(error) => error.sqlite_error_code(),
            _ => None,
        }
    }

    /// Returns whether the file does not hold what was written into it.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Fault::Damaged { .. })
            || matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    fn sort(&self) -> (&'static str, Retry, Option<&'static str>) {
        const DAMAGED: &str = "stop all writers, keep a copy of the file, run `sutler verify`, and restore the newest backup";
        const LOCKED: &str = "try again; if it stays so, look for a program that holds the shop";
        const READ_ONLY: &str =
            "check that you may write to the file and its folder; reading goes on";
        const FULL: &str = "free some room on the disk, then run the same command again; what was acknowledged before stays";
        const WRITE: &str = "check the disk, and whether a quota or `ulimit -f` forbids the file to grow; what was acknowledged before stays";
        const LOST: &str =
            "read the record before trying again: it may have been written; check the disk";
        match self {
            Fault::Damaged { .. } => ("store.damaged", Retry::Never, Some(DAMAGED)),
            Fault::Locked(_) => ("store.locked", Retry::Later, Some(LOCKED)),
            Fault::ReadOnly => ("store.read_only", Retry::Never, Some(READ_ONLY)),
            Fault::CommitLost(_) => ("store.failed", Retry::Unknown, Some(LOST)),
            Fault::Unanswered => {
                ("store.failed", Retry::Unknown, Some("read the record before trying again"))
            }
            Fault::Reopen(error) => (error.code(), error.retry(), Some(error.help())),
            Fault::LockFile(_) | Fault::Panicked => ("store.failed", Retry::Never, None),
            Fault::Sqlite(error) if is_full(error) => ("store.full", Retry::Never, Some(FULL)),
            Fault::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    ("store.locked", Retry::Later, Some(LOCKED))
                }
                Some(ErrorCode::OutOfMemory | ErrorCode::OperationInterrupted) => {
                    ("store.failed", Retry::Later, None)
                }
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    ("store.damaged", Retry::Never, Some(DAMAGED))
                }
                Some(ErrorCode::ReadOnly) => ("store.read_only", Retry::Never, Some(READ_ONLY)),
                Some(ErrorCode::SystemIoFailure) => ("store.failed", Retry::Never, Some(WRITE)),
                _ => ("store.failed", Retry::Never, None),
            },
        }
    }

    /// Turns the fault into what callers see.
    pub(crate) fn at(self, op: &'static str, path: &Path) -> StoreError {
        let (code, retry, help) = self.sort();
        if retry != Retry::Later {
            tracing::warn!(op, code, path = %path.display(), error = %self, "the store failed");
        }
        let subject = path.display().to_string();
        StoreError {
            op,
            subject,
            retry,
            code,
            help: help.map(str::to_owned),
            source: Box::new(self),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            // A column that does not hold what the row's kind always holds.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::InvalidColumnType(..) => Fault::damaged("a row", error),
            error => Fault::Sqlite(Arc::new(error)),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Fault::damaged("a JSON text", error)
    }
}

/// Why a set of changes is not applied.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A record moved on.
    Conflict(RecordRef),
    /// A guard refused.
    Refused(Box<Rejection>),
    /// The same set was committed before.
    Replayed(RecordRef),
    /// The back-end could not work.
    Fault(Fault),
}

impl Stop {
    /// Returns the refusal of a text that is in use.
    pub(crate) fn taken(noun: &'static str, given: impl ToString) -> Self {
        Rejection::AlreadyExists { noun, given: given.to_string() }.into()
    }
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Stop::Refused(Box::new(rejection))
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Stop::Fault(error.into())
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Stop::Fault(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(extended: std::ffi::c_int) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(extended), None)
    }

    #[test]
    fn no_room_for_the_file_or_the_index_of_its_journal_is_a_full_disk() {
        let shop = Path::new("shop.db");
        for extended in [rusqlite::ffi::SQLITE_FULL, rusqlite::ffi::SQLITE_IOERR_SHMSIZE] {
            assert_eq!(OpenError::of(shop, said(extended)).code(), "store.full");
            let error = Fault::from(said(extended)).at("read", shop);
            assert_eq!((error.code, error.retry), ("store.full", Retry::Never));
        }
    }

    #[test]
    fn what_the_disk_refused_for_an_untold_reason_says_where_to_look() {
        let error =
            Fault::from(said(rusqlite::ffi::SQLITE_IOERR_WRITE)).at("commit", Path::new("shop.db"));
        assert_eq!(error.code, "store.failed");
        assert!(
            error.help.is_some_and(|help| help.contains("quota")),
            "a limit on the file's length looks so"
        );
    }
}
