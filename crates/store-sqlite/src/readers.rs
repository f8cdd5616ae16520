//! Connections that only read: a small pool, each with its own snapshot, none ever in the way of the writer.
//!
//! A connection is opened when none is free and fewer than the limit are open; who comes later waits for one to come back.
//!
//! Reads that belong together ([`Readers::together`]) share one connection and one snapshot. That is not only for the eye:
//! a connection that begins to read after somebody wrote forgets its whole cache.

use std::cell::RefCell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Fault, OpenError};
use crate::settings::{self, Role};

/// How the file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Together with writers.
    Shared,
    /// Nobody can write to it here, so it is read without locks; looked at again when it changed all the same.
    Immutable,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<Connection>,
    open: usize,
    /// What an immutable file looked like when `idle` were opened.
    seen: Option<(u64, Option<SystemTime>)>,
}

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    access: Access,
    busy: Duration,
    most: usize,
    pool: Mutex<Pool>,
    freed: Condvar,
}

/// A connection until it is dropped.
#[derive(Debug)]
pub(crate) struct Lent {
    conn: Option<Connection>,
    readers: Arc<Readers>,
}

/// A connection for one read: its own, or that of the reads it belongs to.
#[derive(Debug)]
pub(crate) enum Reading {
    Alone(Lent),
    Together(Rc<Lent>),
}

impl Deref for Reading {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Reading::Alone(lent) => lent,
            Reading::Together(lent) => lent,
        }
    }
}

/// Reads of one thread that belong together.
struct Together {
    of: Arc<Readers>,
    /// In a snapshot, from the first read on.
    lent: Option<Rc<Lent>>,
}

thread_local! {
    static TOGETHER: RefCell<Option<Together>> = const { RefCell::new(None) };
}

/// Ends the reads that belong together, also when one of them panics.
struct Apart;

impl Drop for Apart {
    fn drop(&mut self) {
        let ended = TOGETHER.take();
        if let Some(lent) = ended.and_then(|together| together.lent) {
            // One that cannot let go of its snapshot is not lent again.
            drop(lent.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])));
        }
    }
}

impl Readers {
    pub(crate) fn new(path: PathBuf, access: Access, busy: Duration, most: usize) -> Arc<Self> {
        let (pool, freed) = (Mutex::new(Pool::default()), Condvar::new());
        Arc::new(Self { path, access, busy, most: most.max(1), pool, freed })
    }

    /// Returns how the file is read.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Runs reads that belong together: on this thread they share one connection and one snapshot. Within those of another
    /// shop, reads go one by one.
    pub(crate) fn together(self: &Arc<Self>, work: &mut dyn FnMut()) {
        let is_first = TOGETHER.with_borrow_mut(|together| {
            let is_first = together.is_none();
            together.get_or_insert_with(|| Together { of: Arc::clone(self), lent: None });
            is_first
        });
        let _apart = is_first.then_some(Apart);
        work();
    }

    /// Returns the connection for a read.
    pub(crate) fn reading(self: &Arc<Self>) -> Result<Reading, OpenError> {
        TOGETHER.with_borrow_mut(|together| match together {
            Some(together) if Arc::ptr_eq(&together.of, self) => {
                let lent = match together.lent.take() {
                    Some(lent) => lent,
                    None => Rc::new(self.lend_in_snapshot()?),
                };
                Ok(Reading::Together(Rc::clone(together.lent.insert(lent))))
            }
            _ => Ok(Reading::Alone(self.lend()?)),
        })
    }

    fn lend_in_snapshot(self: &Arc<Self>) -> Result<Lent, OpenError> {
        let lent = self.lend()?;
        let begun = lent.prepare_cached("BEGIN DEFERRED").and_then(|mut begin| begin.execute([]));
        begun.map_err(|error| OpenError::of(&self.path, error))?;
        Ok(lent)
    }

    /// Lends a connection; waits while all are lent.
    fn lend(self: &Arc<Self>) -> Result<Lent, OpenError> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if self.access == Access::Immutable {
            self.forget_changed(&mut pool);
        }
        loop {
            if let Some(conn) = pool.idle.pop() {
                return Ok(Lent { conn: Some(conn), readers: Arc::clone(self) });
            }
            if pool.open < self.most {
                pool.open += 1;
                drop(pool);
                // Gives its place back if opening fails.
                let mut lent = Lent { conn: None, readers: Arc::clone(self) };
                lent.conn = Some(open(&self.path, self.access, self.busy)?);
                return Ok(lent);
            }
            pool = self.freed.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn forget_changed(&self, pool: &mut Pool) {
        let now =
            std::fs::metadata(&self.path).map(|found| (found.len(), found.modified().ok())).ok();
        if pool.seen != now {
            pool.open -= pool.idle.len();
            pool.idle.clear();
            pool.seen = now;
        }
    }
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.conn {
            Some(conn) => conn,
            // `lend` gives out no other.
            None => unreachable!("a lent connection is open"),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut pool = self.readers.pool.lock().unwrap_or_else(PoisonError::into_inner);
        // One that a panic left in a transaction would show an old snapshot to the next.
        match self.conn.take().filter(Connection::is_autocommit) {
            Some(conn) => pool.idle.push(conn),
            None => pool.open -= 1,
        }
        drop(pool);
        self.readers.freed.notify_one();
    }
}

/// Runs reads in one snapshot: that of the connection where it has one.
pub(crate) fn in_snapshot<T>(
    conn: &Connection,
    read: impl FnOnce() -> Result<T, Fault>,
) -> Result<T, Fault> {
    if !conn.is_autocommit() {
        return read();
    }
    conn.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    let result = read();
    // Nothing was written; ending the transaction lets go of the snapshot. What was read stays true when a damaged file
    // makes even that fail, and a connection that is still in a transaction goes to nobody else.
    if conn.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])).is_err() {
        let _ = conn.execute_batch("ROLLBACK");
    }
    result
}

/// Opens a connection that only reads.
pub(crate) fn open(path: &Path, access: Access, busy: Duration) -> Result<Connection, OpenError> {
    let sqlite = |error| OpenError::of(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = match access {
        Access::Shared => Connection::open_with_flags(path, flags),
        Access::Immutable => {
            Connection::open_with_flags(uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
        }
    };
    let conn = conn.map_err(sqlite)?;
    settings::apply(&conn, Role::Reader, busy, path)?;
    // Opening reads nothing; this finds out whether the file can be read at all.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(sqlite)?;
    Ok(conn)
}

/// Returns the path as a URI that says that nobody writes to the file.
fn uri(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(byte))
            }
            // Writing to a string cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// A file with a number in it, one connection to read it, and one to write it.
    fn file(folder: &Path) -> (Arc<Readers>, Connection) {
        let path = folder.join("n.db");
        let writer = Connection::open(&path).unwrap();
        settings::apply(&writer, Role::Writer, Duration::from_secs(1), &path).unwrap();
        writer.execute_batch("CREATE TABLE n (n INTEGER); INSERT INTO n VALUES (1)").unwrap();
        (Readers::new(path, Access::Shared, Duration::from_secs(1), 1), writer)
    }

    fn number(readers: &Arc<Readers>) -> i64 {
        readers.reading().unwrap().query_row("SELECT n FROM n", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn reads_that_belong_together_see_one_moment() {
        let folder = tempfile::tempdir().unwrap();
        let (readers, writer) = file(folder.path());
        let write = |n: i64| writer.execute("UPDATE n SET n = ?1", [n]).unwrap();
        readers.together(&mut || {
            write(2);
            assert_eq!(number(&readers), 2, "the moment is that of the first read");
            write(3);
            let held = readers.reading().unwrap();
            assert_eq!(in_snapshot(&held, || Ok(number(&readers))).unwrap(), 2);
        });
        assert_eq!(number(&readers), 3);
    }

    #[test]
    fn a_connection_comes_back_from_reads_that_panic() {
        let folder = tempfile::tempdir().unwrap();
        let (readers, _writer) = file(folder.path());
        let panics = || {
            readers.together(&mut || {
                number(&readers);
                panic!("on purpose");
            });
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(number(&readers), 1, "there is one connection, and it is free");
        assert!(readers.reading().unwrap().is_autocommit(), "and in no snapshot");
    }

    #[test]
    fn reads_of_another_shop_within_go_one_by_one() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ((ours, _our_writer), (theirs, their_writer)) = (file(here.path()), file(there.path()));
        ours.together(&mut || {
            assert_eq!((number(&ours), number(&theirs)), (1, 1));
            theirs.together(&mut || {
                their_writer.execute("UPDATE n SET n = 2", []).unwrap();
                assert_eq!((number(&ours), number(&theirs)), (1, 2));
            });
        });
    }
}
