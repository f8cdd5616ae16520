//! Copies of a shop, and putting one back.
//!
//! A copy is made while the shop is in use, from one snapshot, under another name; only when it is whole and on the disk
//! does it take its own name. Putting back looks through the copy first, pages and chains, and replaces nothing before
//! all of it was found well.
//!
//! Deliberately absent: copying with `cp`. While a shop is open, part of it lies in the journal beside it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use sutler_core::shop::ShopRecord;

use crate::SqliteStore;
use crate::error::{Fault, OpenError};
use crate::integrity;
use crate::lock::FileLock;
use crate::migrate::{self, MIGRATIONS, Standing};
use crate::open::{OpenOptions, absolute};
use crate::readers::{self, Access};
use crate::short::Words;

pub(crate) mod sql {
    crate::statements::statements! {
        SHOP = "SELECT data FROM raw_setup WHERE kind = 1 LIMIT 1";
        SET_UID = "UPDATE raw_setup SET id = ?1, data = ?2 WHERE kind = 1";
        RAISE_SETUP = "UPDATE raw_counter SET value = value + 1 WHERE name = 'setup_version'";
    }
}

/// How many pages are copied at a time.
const STEP_PAGES: i32 = 4096;

/// How a copy is put back.
///
/// ```
/// use sutler_store_sqlite::{OpenOptions, Restore, SqliteStore, restore};
///
/// # let folder = tempfile::tempdir()?;
/// let (path, copy) = (folder.path().join("shop.db"), folder.path().join("copy.db"));
/// let create = OpenOptions { create: true, ..OpenOptions::default() };
/// SqliteStore::open(&path, create)?.backup_to(&copy, false)?;
///
/// // A move to another place: there the shop keeps its number.
/// let moved = folder.path().join("moved.db");
/// restore(&copy, &moved, Restore { overwrite: false, uid: None })?;
/// assert!(moved.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Restore {
    /// Whether a shop that stands there may be replaced.
    pub overwrite: bool,
    /// A new number for the shop, so that outsiders can tell its events from those of the shop that went on after the
    /// copy was made. `None` keeps the number: right for a move, wrong for going back in time.
    pub uid: Option<u128>,
}

impl SqliteStore {
    /// Copies the shop into a file of its own, while it is in use.
    ///
    /// Errors: [`OpenError::Exists`] when something stands there and `overwrite` is false. Nothing stands under the name
    /// before the copy is whole and on the disk.
    ///
    /// ```
    /// use sutler_store_sqlite::{OpenOptions, SqliteStore};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let (path, copy) = (folder.path().join("shop.db"), folder.path().join("copy.db"));
    /// let store = SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?;
    /// store.backup_to(&copy, false)?;
    /// assert_eq!(store.backup_to(&copy, false).unwrap_err().code(), "store.exists");
    /// store.backup_to(&copy, true)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn backup_to(&self, path: impl AsRef<Path>, overwrite: bool) -> Result<(), OpenError> {
        let conn = readers::open(&self.path, self.readers.access(), Duration::from_secs(10))?;
        copy(&conn, path.as_ref(), overwrite)
    }
}

/// Puts a copy back as a shop, after looking through it.
///
/// Errors: [`OpenError::Exists`] when a shop stands there and may not be replaced; [`OpenError::Locked`] when it is open;
/// [`OpenError::Damaged`] when the copy is; whatever [`SqliteStore::open`] would say about the copy. Nothing was changed
/// then.
///
/// ```
/// use sutler_store_sqlite::{OpenOptions, Restore, SqliteStore, restore};
///
/// # let folder = tempfile::tempdir()?;
/// let (path, copy) = (folder.path().join("shop.db"), folder.path().join("copy.db"));
/// let store = SqliteStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() })?;
/// # sutler_store_conformance::given::World::on(&store);
/// store.backup_to(&copy, false)?;
/// drop(store);
///
/// let back = Restore { overwrite: true, uid: Some(7) };
/// let refused = restore(&copy, &path, Restore { overwrite: false, ..back }).unwrap_err();
/// assert_eq!(refused.code(), "store.exists");
/// restore(&copy, &path, back)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn restore(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    how: Restore,
) -> Result<(), OpenError> {
    let from = from.as_ref();
    let to = &place(to.as_ref(), how.overwrite)?;
    let part = beside(to, "restoring");
    let _swept = Swept(&part);
    {
        let source = open_copy(from)?;
        copy(&source, &part, true)?;
    }
    // Brings an older schema up to date, and refuses what is not a shop.
    let store = SqliteStore::open(&part, OpenOptions::default())?;
    look_through(&store, from)?;
    if let Some(uid) = how.uid {
        set_uid(&store, uid).map_err(|fault| damaged(from, &fault))?;
    }
    drop(store);
    put_in_place(&part, to)
}

/// Copies an older shop beside itself before its schema is changed; returns where.
pub(crate) fn before_migration(
    conn: &Connection,
    path: &Path,
    number: u32,
) -> Result<PathBuf, OpenError> {
    for n in 0_u32.. {
        let mut name = path.as_os_str().to_owned();
        name.push(match n {
            0 => format!(".schema-{number}.bak"),
            n => format!(".schema-{number}.{n}.bak"),
        });
        let target = PathBuf::from(name);
        match copy(conn, &target, false) {
            Err(OpenError::Exists { .. }) => {}
            result => return result.map(|()| target),
        }
    }
    Err(OpenError::Exists { path: path.to_path_buf() })
}

/// Copies what a connection sees now into a file.
fn copy(conn: &Connection, target: &Path, overwrite: bool) -> Result<(), OpenError> {
    let target = &place(target, overwrite)?;
    let part = beside(target, "part");
    let _swept = Swept(&part);
    let io = |error| match OpenError::io(target, error) {
        // Of a target, only the folder can be missing.
        OpenError::Missing { path } => OpenError::Unreachable {
            path,
            source: std::io::Error::from(std::io::ErrorKind::NotFound),
        },
        other => other,
    };
    File::options().write(true).create_new(true).open(&part).map_err(io)?;
    copy_pages(conn, &part).map_err(|error| OpenError::of(target, error))?;
    File::open(&part).and_then(|file| file.sync_all()).map_err(io)?;
    if overwrite {
        replace(&part, target).map_err(io)?;
    } else {
        rename_new(&part, target).map_err(io)?;
    }
    sync_folder(target).map_err(io)
}

fn copy_pages(conn: &Connection, part: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(part, flags)?;
    // The copy is synced as a whole, once.
    target.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;")?;
    // One snapshot: without it, every commit of another connection would make the copy begin anew.
    conn.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
    let copied: rusqlite::Result<()> = (|| {
        let backup = Backup::new(conn, &mut target)?;
        loop {
            match backup.step(STEP_PAGES)? {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    })();
    let ended = conn.execute_batch("COMMIT");
    copied?;
    ended?;
    target.close().map_err(|(_, error)| error)
}

/// Opens a copy to read from; it may lie where nobody may write.
fn open_copy(from: &Path) -> Result<Connection, OpenError> {
    match std::fs::metadata(from) {
        Ok(found) if found.is_file() && found.len() > 0 => {}
        Ok(_) => return Err(OpenError::NotADatabase { path: from.to_path_buf() }),
        Err(error) => return Err(OpenError::io(from, error)),
    }
    let sqlite = |error| OpenError::of(from, error);
    let conn = match readers::open(from, Access::Shared, Duration::from_secs(10)) {
        Err(OpenError::Unreachable { .. }) => {
            readers::open(from, Access::Immutable, Duration::from_secs(10))?
        }
        result => result?,
    };
    match migrate::standing(&conn).map_err(sqlite)? {
        Standing::Empty => {
            Err(OpenError::Foreign { path: from.to_path_buf(), found: "it is empty".to_owned() })
        }
        Standing::Foreign(found) => Err(OpenError::Foreign { path: from.to_path_buf(), found }),
        Standing::Shop(_) => migrate::check(&conn, MIGRATIONS, from).map(|()| conn),
    }
}

fn look_through(store: &SqliteStore, from: &Path) -> Result<(), OpenError> {
    let conn = readers::open(store.path(), Access::Shared, Duration::from_secs(10))?;
    let findings = readers::in_snapshot(&conn, || integrity::findings(&conn, &Words::default()));
    let findings = findings.map_err(|fault| damaged(from, &fault))?;
    match findings.first() {
        None => Ok(()),
        Some(first) => {
            let more = findings.len() - 1;
            let what = format!(
                "{} of {}: {} (and {more} more)",
                first.check, first.subject, first.message
            );
            Err(OpenError::Damaged { path: from.to_path_buf(), what })
        }
    }
}

fn damaged(path: &Path, fault: &Fault) -> OpenError {
    OpenError::Damaged { path: path.to_path_buf(), what: fault.to_string() }
}

fn set_uid(store: &SqliteStore, uid: u128) -> Result<(), Fault> {
    let Some(writer) = &store.writer else { return Err(Fault::ReadOnly) };
    writer.alone(|conn| {
        let tx = conn.unchecked_transaction()?;
        let data: String = tx.query_row(sql::SHOP, [], |row| row.get(0))?;
        let shop = ShopRecord { uid, ..serde_json::from_str(&data)? };
        tx.execute(sql::SET_UID, (uid.to_be_bytes(), serde_json::to_string(&shop)?))?;
        tx.execute(sql::RAISE_SETUP, [])?;
        Ok(tx.commit()?)
    })
}

/// Moves the finished file to where the shop is to stand; the caller said that it may replace what stands there.
fn put_in_place(part: &Path, to: &Path) -> Result<(), OpenError> {
    let io = |error| OpenError::io(to, error);
    let lock = FileLock::open(to).map_err(io)?;
    let _held = lock
        .hold(Duration::from_secs(10))
        .map_err(|_| OpenError::Locked { path: to.to_path_buf() })?;
    // Kept until the new file stands: who opens the old one meanwhile waits, and then finds it without a journal.
    let _alone = if to.exists() { Some(close_journal(to)?) } else { None };
    replace(part, to).map_err(io)?;
    sync_folder(to).map_err(io)
}

/// Returns where a file is to stand, without links, so that a link goes on pointing at the one file of a shop.
///
/// Errors: [`OpenError::NotRegular`] for what is no file and must not become one; [`OpenError::Exists`] for a file that may
/// not be replaced.
fn place(path: &Path, overwrite: bool) -> Result<PathBuf, OpenError> {
    let found = std::fs::metadata(path).ok();
    match found.map(|found| found.is_file()) {
        Some(false) => Err(OpenError::NotRegular { path: path.to_path_buf() }),
        Some(true) if !overwrite => Err(OpenError::Exists { path: path.to_path_buf() }),
        _ => absolute(path),
    }
}

/// Renames a file to a name that may be taken; whoever might read the old file may read the new one, and nobody else.
fn replace(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Ok(old) = std::fs::metadata(to) {
        std::fs::set_permissions(from, old.permissions())?;
    }
    std::fs::rename(from, to)
}

/// Empties the journal of the shop that is to be replaced and takes it away, so that nothing of it is taken for a part of
/// the new one; refuses while somebody has it open. Returns the connection that has the old file for itself: opening a shop
/// takes no lock but SQLite's own.
fn close_journal(shop: &Path) -> Result<Connection, OpenError> {
    let locked = || OpenError::Locked { path: shop.to_path_buf() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn =
        Connection::open_with_flags(shop, flags).map_err(|error| OpenError::of(shop, error))?;
    // Who has it open keeps it open; who only looks at it is gone at once. Writers wait meanwhile.
    conn.busy_timeout(Duration::from_millis(100)).map_err(|error| OpenError::of(shop, error))?;
    let alone = conn.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA journal_mode = DELETE;",
    );
    // Any other error is of no matter: what is replaced may be broken, or no database at all.
    if let Err(OpenError::Locked { .. }) = alone.map_err(|error| OpenError::of(shop, error)) {
        return Err(locked());
    }
    for journal in ["-wal", "-shm"] {
        let mut name = shop.as_os_str().to_owned();
        name.push(journal);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenError::io(shop, error));
            }
            _ => {}
        }
    }
    Ok(conn)
}

/// Returns a path beside another, for a file that is not finished.
fn beside(path: &Path, word: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{word}-{}", std::process::id()));
    PathBuf::from(name)
}

/// Removes a file and what SQLite may have left beside it, when dropped; after the rename there is nothing to remove.
struct Swept<'p>(&'p Path);

impl Drop for Swept<'_> {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal", "-lock"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(suffix);
            // Not being there is what is wanted.
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
    }
}

/// Renames a file to a name that must be free.
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot; a link takes a name only when it is free, too.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        result => Ok(result?),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use sutler_core::port::{CatalogReader as _, StoreReader as _};
    use sutler_store_conformance::given::World;

    use super::*;

    /// Makes a shop of so many products.
    fn shop(path: &Path, products: usize) -> World {
        let creating = OpenOptions { create: true, ..OpenOptions::default() };
        let store = SqliteStore::open(path, creating).unwrap();
        let world = World::on(&store);
        (0..products).for_each(|_| drop(world.new_product(&store)));
        world
    }

    /// Opening takes no lock of ours, so it may meet a shop that is just being replaced.
    #[test]
    fn whoever_opens_a_shop_that_is_being_replaced_gets_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, part) = (folder.path().join("shop.db"), folder.path().join("part.db"));
        shop(&path, 1);
        let world = shop(&part, 100);
        let alone = close_journal(&path).unwrap();
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| SqliteStore::open(&path, OpenOptions::default()).unwrap());
            // Long enough to have met the old file.
            std::thread::sleep(Duration::from_millis(100));
            std::fs::rename(&part, &path).unwrap();
            drop(alone);
            let store = opening.join().unwrap();
            world.new_product(&store);
            drop(store);
            let later = SqliteStore::open(&path, OpenOptions::default()).unwrap();
            assert_eq!(later.catalog_size().unwrap().products, 101);
            assert!(later.integrity().unwrap().is_empty());
        });
    }
}
