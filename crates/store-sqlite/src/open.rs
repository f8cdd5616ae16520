//! Opening a shop: what the file is, whether it may be written to, its schema, its connections.

use std::path::{Path, PathBuf};
use std::sync::RwLock;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access as Permission, access};
use sutler_core::port::{Dump, StoreReader};

use crate::error::OpenError;
use crate::lock::FileLock;
use crate::migrate::{self, MIGRATIONS, Standing};
use crate::readers::{self, Access, Readers};
use crate::short::Words;
use crate::writer::{self, Manner, Writer};
use crate::{FailPoint, SqliteStore, backup, dump};

/// How a shop is opened.
///
/// ```
/// use sutler_store_sqlite::OpenOptions;
/// let options = OpenOptions { create: true, ..OpenOptions::default() };
/// assert_eq!(options.batch_max, 256);
/// ```
#[derive(Clone)]
pub struct OpenOptions {
    /// Whether a shop is made where there is none.
    pub create: bool,
    /// Whether a file is opened into which a copy is under way: for the copy itself, and nothing else.
    pub copying: bool,
    /// How long a write waits for other processes before it fails with `store.locked`.
    pub patience: Duration,
    /// The most sets of changes that share one commit.
    pub batch_max: usize,
    /// The most connections that read at the same time; more readers wait.
    pub readers_max: usize,
    /// The most pages that the file may have; a shop that would grow beyond fails with `store.full`. For tests.
    pub pages_max: Option<u32>,
    /// Called at named points of every commit, for tests that end the process there: `before_begin`, `after_begin`,
    /// `after_change`, `after_apply`, `before_commit`, `after_commit`.
    pub fail_point: Option<FailPoint>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            create: false,
            copying: false,
            patience: Duration::from_secs(10),
            batch_max: 256,
            readers_max: 8,
            pages_max: None,
            fail_point: None,
        }
    }
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions")
            .field("create", &self.create)
            .field("copying", &self.copying)
            .field("patience", &self.patience)
            .field("batch_max", &self.batch_max)
            .field("readers_max", &self.readers_max)
            .field("pages_max", &self.pages_max)
            .field("fail_point", &self.fail_point.is_some())
            .finish()
    }
}

impl SqliteStore {
    /// Opens a shop. A file that may not be written to is opened for reading: writes then fail with `store.read_only`.
    ///
    /// A shop that is there and has the schema of today is opened without waiting for those who write to it; making one and
    /// changing its schema wait for them, for as long as `patience` says.
    ///
    /// Errors: [`OpenError`], each with a code and what to do; then nothing in the file was changed.
    ///
    /// ```
    /// use sutler_store_sqlite::{OpenOptions, SqliteStore};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("shop.db");
    /// let store = SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?;
    /// assert!(store.path().ends_with("shop.db") && !store.is_read_only());
    ///
    /// let letter = folder.path().join("letter.txt");
    /// std::fs::write(&letter, "Dear Ada, this is no shop.")?;
    /// let error = SqliteStore::open(&letter, OpenOptions::default()).unwrap_err();
    /// assert_eq!(error.code(), "store.not_a_database");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>, options: OpenOptions) -> Result<Self, OpenError> {
        let given = path.as_ref();
        let exists = check_is_file(given)?;
        if !exists && !options.create {
            return Err(OpenError::Missing { path: given.to_path_buf() });
        }
        let path = absolute(given)?;
        if is_writable(&path, exists) {
            Self::open_writable(path, options)
        } else if exists {
            Self::open_read_only(path, options)
        } else {
            let source = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
            Err(OpenError::Unreachable { path, source })
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the file can only be read.
    pub fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    fn open_writable(path: PathBuf, options: OpenOptions) -> Result<Self, OpenError> {
        // Looked at before anything is written, so that the file of another program stays as it is.
        let is_ready = look(&path, options.copying)?;
        let lock = FileLock::open(&path).map_err(|error| OpenError::io(&path, error))?;
        let manner = Manner {
            batch_max: options.batch_max.max(1),
            patience: options.patience,
            pages_max: options.pages_max,
            fail_point: options.fail_point,
        };
        // Somebody may be writing for long; who only wants to read must not wait for that.
        let ready = if is_ready { writer::open_kept(&path, &manner)? } else { None };
        let conn = match ready {
            Some(conn) => conn,
            None => {
                let _held = lock
                    .hold(options.patience)
                    .map_err(|_| OpenError::Locked { path: path.clone() })?;
                let conn = writer::open(&path, &manner, options.create)?;
                prepare(&conn, &path)?;
                conn
            }
        };
        let readers =
            Readers::new(path.clone(), Access::Shared, options.patience, options.readers_max);
        let writer = Some(Writer::new(path.clone(), conn, lock, manner));
        Ok(Self { path, readers, writer, words: Words::default(), setup: RwLock::new(None) })
    }

    fn open_to_read(path: &Path, options: OpenOptions) -> Result<Self, OpenError> {
        if !check_is_file(path)? {
            return Err(OpenError::Missing { path: path.to_path_buf() });
        }
        Self::open_read_only(absolute(path)?, options)
    }

    fn open_read_only(path: PathBuf, options: OpenOptions) -> Result<Self, OpenError> {
        // A shop that was closed well has no journal beside it, and without the right to make one it is read alone.
        let is_shared = readers::open(&path, Access::Shared, options.patience);
        let (access, conn) = match is_shared {
            Ok(conn) => (Access::Shared, conn),
            Err(OpenError::Unreachable { .. }) if !has_journal(&path) => {
                (Access::Immutable, readers::open(&path, Access::Immutable, options.patience)?)
            }
            Err(error) => return Err(error),
        };
        match migrate::standing(&conn).map_err(|error| OpenError::of(&path, error))? {
            Standing::Empty => return Err(OpenError::Missing { path }),
            Standing::Foreign(found) => return Err(OpenError::Foreign { path, found }),
            Standing::Shop(number) => {
                migrate::check(&conn, MIGRATIONS, &path)?;
                let known = MIGRATIONS.last().map_or(0, |last| last.number);
                if number < known {
                    // An older schema would have to be changed first.
                    return Err(OpenError::Older { path, found: number, known });
                }
                require_whole(&conn, &path, options.copying)?;
            }
        }
        let readers = Readers::new(path.clone(), access, options.patience, options.readers_max);
        Ok(Self { path, readers, writer: None, words: Words::default(), setup: RwLock::new(None) })
    }
}

/// Opens a shop, or a copy of one, for reading alone: what comes back has no way to write, whatever rights there are.
///
/// Errors: as [`SqliteStore::open`]; an older schema is refused, because it would have to be changed first.
///
/// ```
/// use sutler_core::port::EventReader;
/// use sutler_store_sqlite::{OpenOptions, SqliteStore, open_reader};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.db");
/// assert!(open_reader(&path, OpenOptions::default()).is_err(), "nothing is made");
/// SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?;
/// assert_eq!(open_reader(&path, OpenOptions::default())?.event_head()?.0, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_reader(
    path: &Path,
    options: OpenOptions,
) -> Result<impl StoreReader + use<>, OpenError> {
    SqliteStore::open_to_read(path, options)
}

/// Opens a shop to be copied: it is not written to, and brought to no newer schema.
///
/// Errors: as [`open_reader`]. Whatever is to be written is refused as `store.read_only`.
///
/// ```
/// use sutler_core::port::Dump;
/// use sutler_store_sqlite::{OpenOptions, SqliteStore, open_source};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.db");
/// SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let source = open_source(&path, OpenOptions::default())?;
/// assert!(source.dump_counts()?.values().all(|records| *records == 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_source(path: &Path, options: OpenOptions) -> Result<impl Dump + use<>, OpenError> {
    SqliteStore::open_to_read(path, options)
}

/// Returns whether a file is there; refuses a folder, and a path that leads through something that is no folder.
fn check_is_file(path: &Path) -> Result<bool, OpenError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(found.len() > 0),
        Ok(_) => {
            let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
            Err(OpenError::Unreachable { path: path.to_path_buf(), source })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(OpenError::io(path, error)),
    }
}

/// Returns the path without links, so that every process that opens the file finds the same lock beside it.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    let folder = folder_of(path);
    match (path.canonicalize(), path.read_link()) {
        (Ok(found), _) => return Ok(found),
        // A link to what is not there yet; links in a circle fail otherwise.
        (Err(error), Ok(next)) if error.kind() == std::io::ErrorKind::NotFound => {
            return absolute(&folder.join(next));
        }
        _ => {}
    }
    let unreachable = |source| OpenError::Unreachable { path: path.to_path_buf(), source };
    let folder = folder.canonicalize().map_err(unreachable)?;
    let name =
        path.file_name().ok_or_else(|| unreachable(std::io::ErrorKind::InvalidFilename.into()))?;
    Ok(folder.join(name))
}

/// Returns the folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn is_writable(path: &Path, exists: bool) -> bool {
    let folder = folder_of(path);
    let may = |path: &Path| access(path, Permission::WRITE_OK).is_ok();
    may(folder) && (!exists || may(path))
}

/// Returns the path of the journal of a shop.
pub(crate) fn journal_of(path: &Path) -> PathBuf {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    PathBuf::from(journal)
}

pub(crate) fn has_journal(path: &Path) -> bool {
    std::fs::metadata(journal_of(path)).is_ok_and(|found| found.len() > 0)
}

/// Refuses a file that is not a shop, without writing to it. Returns whether it is one with a schema of today.
fn look(path: &Path, copying: bool) -> Result<bool, OpenError> {
    if !check_is_file(path)? {
        return Ok(false);
    }
    let sqlite = |error| OpenError::of(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    conn.busy_timeout(Duration::from_secs(5)).map_err(sqlite)?;
    match migrate::standing(&conn).map_err(sqlite)? {
        Standing::Foreign(found) => Err(OpenError::Foreign { path: path.to_path_buf(), found }),
        Standing::Empty => Ok(false),
        Standing::Shop(number) => {
            migrate::check(&conn, MIGRATIONS, path)?;
            let is_ready = MIGRATIONS.last().is_some_and(|last| last.number == number);
            if is_ready {
                require_whole(&conn, path, copying)?;
            }
            Ok(is_ready)
        }
    }
}

/// Refuses a file with a part of a shop, unless it is opened to bring the rest.
fn require_whole(conn: &Connection, path: &Path, copying: bool) -> Result<(), OpenError> {
    let unfinished = dump::is_unfinished(conn).map_err(|error| OpenError::of(path, error))?;
    if unfinished && !copying {
        return Err(OpenError::Unfinished { path: path.to_path_buf() });
    }
    Ok(())
}

/// Brings the schema up to date, with a copy of an older file beside. The caller holds the lock.
fn prepare(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::of(path, error);
    let known = MIGRATIONS.last().map_or(0, |last| last.number);
    match migrate::standing(conn).map_err(sqlite)? {
        Standing::Foreign(found) => {
            return Err(OpenError::Foreign { path: path.to_path_buf(), found });
        }
        Standing::Empty => {}
        Standing::Shop(number) => {
            migrate::check(conn, MIGRATIONS, path)?;
            if number < known {
                let copy = backup::before_migration(conn, path, number)?;
                tracing::info!(from = number, to = known, copy = %copy.display(), "the shop's schema is brought up to date");
            }
        }
    }
    migrate::run(conn, MIGRATIONS).map_err(sqlite)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    /// A file of an older program: the first steps of the schema only.
    fn older(path: &Path) {
        let conn = Connection::open(path).unwrap();
        migrate::run(&conn, MIGRATIONS.get(..1).unwrap()).unwrap();
        conn.execute("INSERT INTO raw_cursor (consumer, seq) VALUES ('old', 7)", []).unwrap();
    }

    #[test]
    fn an_older_file_is_copied_before_its_schema_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        older(&path);
        let store = SqliteStore::open(&path, OpenOptions::default()).unwrap();
        assert!(store.integrity().unwrap().is_empty());
        drop(store);
        let version = |path: &Path| -> u32 {
            let conn = Connection::open(path).unwrap();
            conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(version(&path), MIGRATIONS.last().unwrap().number);
        let copy = folder.path().join("shop.db.schema-1.bak");
        assert_eq!(version(&copy), 1);
        let conn = Connection::open(&copy).unwrap();
        let seq: i64 = conn.query_row("SELECT seq FROM raw_cursor", [], |row| row.get(0)).unwrap();
        assert_eq!(seq, 7);
    }

    #[test]
    fn of_several_starters_one_changes_the_schema() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        older(&path);
        let stores = sutler_store_conformance::then::together(6, |_| {
            SqliteStore::open(&path, OpenOptions::default()).unwrap()
        });
        assert!(stores.iter().all(|store| store.integrity().unwrap().is_empty()));
        let copies = folder.path().read_dir().unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".bak")
        });
        assert_eq!(copies.count(), 1, "one copy, by the one that changed the schema");
    }
}
