//! The shops of a folder: which there are, how large each is, and taking one away.
//!
//! A shop is known by the mark in its file, whatever its name is. Nothing in the folder is written to by looking.
//!
//! Deliberately absent: what other crates keep beside a shop (its search index); whoever put it there takes it away.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::OptionalExtension as _;
use sutler_core::port::ShopSummary;

use crate::error::OpenError;
use crate::lock::{self, FileLock};
use crate::migrate::{self, APPLICATION_ID, Standing};
use crate::open::{absolute, has_journal, journal_of};
use crate::readers::{self, Access};

pub(crate) mod sql {
    crate::statements::statements! {
        ORDERS = "SELECT count(*) FROM raw_order";
        HEAD = "SELECT coalesce((SELECT seq FROM raw_event_head WHERE one = 1), 0)";
        TITLE = "SELECT data ->> 'name' FROM raw_setup WHERE kind = 1";
    }
}

/// How long a shop that is being written is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where SQLite keeps the mark of the program that a file belongs to.
const MARK_AT: usize = 68;

/// Returns the shops in a folder, in alphabetical order of their files.
///
/// Errors: [`OpenError`] for a folder that cannot be read.
///
/// ```
/// use sutler_store_sqlite::{OpenOptions, SqliteStore, shops};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// SqliteStore::open(folder.join("corner.db"), OpenOptions { create: true, ..OpenOptions::default() })?;
/// std::fs::write(folder.join("letter.txt"), "Dear Ada, this is no shop.")?;
/// let listed = shops(folder)?;
/// assert_eq!((listed.len(), listed[0].name.as_str(), listed[0].orders), (1, "corner.db", Some(0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shops(folder: &Path) -> Result<Vec<ShopSummary>, OpenError> {
    let unreadable = |source| OpenError::io(folder, source);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if has_mark(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths.iter().filter_map(|path| summary(path)).collect())
}

/// Returns whether a file may be a shop; one whose first page is still in the journal may.
fn has_mark(path: &Path) -> bool {
    let mut head = [0; MARK_AT + 4];
    let is_file = path.metadata().is_ok_and(|found| found.is_file());
    if !is_file || File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_err() {
        return false;
    }
    let mark = head.last_chunk().copied().map(i32::from_be_bytes);
    head.starts_with(b"SQLite format 3\0")
        && (mark == Some(APPLICATION_ID) || (mark == Some(0) && has_journal(path)))
}

/// Looks into one file; `None` when it is no shop after all.
fn summary(path: &Path) -> Option<ShopSummary> {
    let size = |path: &Path| path.metadata().map_or(0, |found| found.len());
    let name = path.file_name()?.to_string_lossy().into_owned();
    let bytes = size(path) + size(&journal_of(path));
    let unknown = ShopSummary { name, bytes, ..ShopSummary::default() };
    let opened = readers::open(path, Access::Shared, PATIENCE);
    let opened = match opened {
        Err(_) if !has_journal(path) => readers::open(path, Access::Immutable, PATIENCE),
        opened => opened,
    };
    // What is ours and cannot be read is told, without what stands in it.
    let Ok(conn) = opened else { return Some(unknown) };
    let schema = match migrate::standing(&conn) {
        Ok(Standing::Shop(number)) => number,
        Ok(_) => return None,
        Err(_) => return Some(unknown),
    };
    let count = |sql: &str| {
        let found = conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        found.ok().and_then(|count| u64::try_from(count).ok())
    };
    let title = conn.query_row(sql::TITLE, [], |row| row.get(0)).optional().ok().flatten();
    Some(ShopSummary {
        schema,
        orders: count(sql::ORDERS),
        head: count(sql::HEAD),
        title,
        ..unknown
    })
}

/// Takes a shop away: its file, its journal and its lock. It cannot be brought back but from a backup.
///
/// A program that has it open goes on in a file that nobody else finds any more; end it first.
///
/// Errors: [`OpenError`] for what is no shop of ours, and for one that somebody is writing to; nothing was changed then.
///
/// ```
/// use sutler_store_sqlite::{OpenOptions, SqliteStore, drop_shop};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("corner.db");
/// assert_eq!(drop_shop(&path).unwrap_err().code(), "store.missing");
/// drop(SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?);
/// drop_shop(&path)?;
/// assert_eq!(folder.path().read_dir()?.count(), 0, "nothing stays behind");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn drop_shop(path: &Path) -> Result<(), OpenError> {
    if !path.metadata().map_err(|error| OpenError::io(path, error))?.is_file() {
        let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(OpenError::Unreachable { path: path.to_path_buf(), source });
    }
    let path = &absolute(path)?;
    let conn = readers::open(path, Access::Shared, PATIENCE)?;
    match migrate::standing(&conn).map_err(|error| OpenError::of(path, error))? {
        Standing::Shop(_) => migrate::check(&conn, migrate::MIGRATIONS, path)?,
        Standing::Empty => return Err(OpenError::Missing { path: path.clone() }),
        Standing::Foreign(found) => return Err(OpenError::Foreign { path: path.clone(), found }),
    }
    drop(conn);
    let failed = |error| OpenError::io(path, error);
    let lock = FileLock::open(path).map_err(failed)?;
    let held = lock.hold(PATIENCE).map_err(|_| OpenError::Locked { path: path.clone() })?;
    // The file first: without it the rest means nothing.
    std::fs::remove_file(path).map_err(failed)?;
    let mut shared = path.as_os_str().to_owned();
    shared.push("-shm");
    for rest in [journal_of(path), PathBuf::from(shared), lock::path_of(path)] {
        match std::fs::remove_file(&rest) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    drop(held);
    Ok(())
}
