//! Connections that only read: a small pool, each with its own snapshot, none ever in the way of the writer.
//!
//! A connection is opened when none is free and fewer than the limit are open; who comes later waits for one to come back.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
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
pub(crate) struct Lent<'p> {
    conn: Option<Connection>,
    readers: &'p Readers,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, access: Access, busy: Duration, most: usize) -> Self {
        let (pool, freed) = (Mutex::new(Pool::default()), Condvar::new());
        Self { path, access, busy, most: most.max(1), pool, freed }
    }

    /// Returns how the file is read.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Lends a connection; waits while all are lent.
    pub(crate) fn lend(&self) -> Result<Lent<'_>, OpenError> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if self.access == Access::Immutable {
            self.forget_changed(&mut pool);
        }
        loop {
            if let Some(conn) = pool.idle.pop() {
                return Ok(Lent { conn: Some(conn), readers: self });
            }
            if pool.open < self.most {
                pool.open += 1;
                drop(pool);
                // Gives its place back if opening fails.
                let mut lent = Lent { conn: None, readers: self };
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

impl Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.conn {
            Some(conn) => conn,
            // `lend` gives out no other.
            None => unreachable!("a lent connection is open"),
        }
    }
}

impl Drop for Lent<'_> {
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

/// Runs reads in one snapshot.
pub(crate) fn in_snapshot<T>(
    conn: &Connection,
    read: impl FnOnce() -> Result<T, Fault>,
) -> Result<T, Fault> {
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
