//! What can be said of a file without opening it as a shop: a damaged, foreign or locked one has findings like any other.
//!
//! Every check stands alone and none of them fails: what cannot be looked at is a check that says so. Nothing is written,
//! and nobody is waited for.
//!
//! Deliberately absent: chains and rows ([`sutler_core::port::StoreReader::integrity`], which needs an open shop), and rules.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sutler_core::port::Finding;

use crate::error::OpenError;
use crate::lock::{self, Holder};
use crate::migrate::{self, MIGRATIONS, Standing};
use crate::readers::{self, Access};
use crate::settings::{self, Role};
use crate::{integrity, open};

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// A journal that is longer than this in bytes was kept from being copied back for long.
const JOURNAL_BYTES_MANY: u64 = 256 << 20;

/// Room that a shop should find on its disk besides a copy of itself, in bytes.
const ROOM_BYTES_MIN: u64 = 64 << 20;

/// How bad what was seen is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// The shop works, and somebody should look.
    Doubtful,
    /// The shop cannot work, or not safely.
    Broken,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Stable name: `database`, `kind`, `schema`, `journal`, `settings`, `lock`, `disk`, `pages`, `references`.
    pub name: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was seen.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
}

impl Check {
    fn fine(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fine, message: message.into(), help: None }
    }

    fn doubtful(name: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self { name, verdict: Verdict::Doubtful, message: message.into(), help: Some(help) }
    }

    fn broken(name: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self { name, verdict: Verdict::Broken, message: message.into(), help: Some(help) }
    }

    fn of(name: &'static str, error: &OpenError) -> Self {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        Self::broken(name, format!("{error}{}", cause.unwrap_or_default()), error.help())
    }
}

const CUT_OFF: &str = "stop all writers, keep a copy of the file and what lies beside it, and restore the newest backup";

/// Looks at a file and what lies beside it, in the order in which one thing needs another.
///
/// ```
/// use sutler_store_sqlite::{Verdict, inspect};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("notes.db");
/// std::fs::write(&path, "not a database")?;
/// let checks = inspect(&path);
/// assert!(checks.iter().any(|check| check.name == "database" && check.verdict == Verdict::Broken));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn inspect(path: &Path) -> Vec<Check> {
    let (database, is_database) = database(path);
    let mut checks = vec![database];
    if is_database {
        inside(path, &mut checks);
    }
    checks.push(lock_of(path));
    checks.push(disk(path));
    checks
}

/// Looks at every page and every reference of a file that cannot be opened as a shop.
pub fn inspect_pages(path: &Path) -> Vec<Check> {
    let conn = match reader(path) {
        Ok(conn) => conn,
        Err(error) => return vec![Check::of("pages", &error)],
    };
    let findings = match readers::in_snapshot(&conn, || integrity::page_findings(&conn)) {
        Ok(findings) if findings.is_empty() => {
            return vec![Check::fine("pages", "every page and reference is whole")];
        }
        Ok(findings) => findings,
        Err(fault) => return vec![Check::broken("pages", fault.to_string(), CUT_OFF)],
    };
    let check = |finding: Finding| {
        let name = if finding.check == "store.reference" { "references" } else { "pages" };
        Check::broken(name, format!("{}: {}", finding.subject, finding.message), CUT_OFF)
    };
    findings.into_iter().map(check).collect()
}

/// Looks at the first bytes and the length; says whether looking further makes sense.
fn database(path: &Path) -> (Check, bool) {
    const NAME: &str = "database";
    let mut head = Vec::with_capacity(100);
    let read = File::open(path).and_then(|file| {
        let length = file.metadata()?.len();
        file.take(100).read_to_end(&mut head).map(|_| length)
    });
    let length = match read {
        Ok(0) => {
            let help = "make a shop with `sutler init`, or restore a backup";
            return (Check::broken(NAME, "the file is empty", help), false);
        }
        Ok(length) => length,
        Err(error) => {
            return (Check::broken(NAME, error.to_string(), "check the rights on the file"), false);
        }
    };
    if !head.starts_with(MAGIC) {
        let help = "check the path; nothing in the file was changed";
        return (Check::broken(NAME, "it is not an SQLite database", help), false);
    }
    let number = |at: usize, bytes: usize| {
        let bytes = head.get(at..at + bytes).unwrap_or_default();
        bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let page = match number(16, 2) {
        1 => 65_536,
        bytes => bytes.max(1),
    };
    let (pages, there) = (number(28, 4), length / page);
    // While a journal is beside it, its newest pages stand there.
    let has_journal = open::has_journal(path);
    if !has_journal && (length % page != 0 || there < pages) {
        let message = format!("it is cut off: {there} of {pages} pages of {page} bytes are there");
        return (Check::broken(NAME, message, CUT_OFF), true);
    }
    (Check::fine(NAME, format!("SQLite, {there} pages of {page} bytes")), true)
}

fn reader(path: &Path) -> Result<Connection, OpenError> {
    match readers::open(path, Access::Shared, Duration::from_secs(1)) {
        // Where nobody may write, a file without a journal is read alone.
        Err(OpenError::Unreachable { .. }) if !open::has_journal(path) => {
            readers::open(path, Access::Immutable, Duration::from_secs(1))
        }
        result => result,
    }
}

/// Looks at what the file says of itself.
fn inside(path: &Path, checks: &mut Vec<Check>) {
    let standing = reader(path).and_then(|conn| {
        let standing = migrate::standing(&conn).map_err(|error| OpenError::of(path, error))?;
        Ok((conn, standing))
    });
    let (conn, standing) = match standing {
        Ok(found) => found,
        Err(error) => return checks.push(Check::of("kind", &error)),
    };
    match standing {
        Standing::Empty => {
            let help = "set a shop up in it with `sutler init`";
            checks.push(Check::broken("kind", "it holds no tables yet", help));
        }
        Standing::Foreign(found) => {
            let message = format!("it is the database of another program: {found}");
            let help = "check the path; nothing in the file was changed";
            checks.push(Check::broken("kind", message, help));
        }
        Standing::Shop(number) => {
            checks.push(Check::fine("kind", "it is a shop"));
            checks.push(schema(&conn, number, path));
            checks.push(journal(&conn, path));
            drop(conn);
            checks.push(made_settings(path));
        }
    }
}

fn schema(conn: &Connection, number: u32, path: &Path) -> Check {
    let known = MIGRATIONS.last().map_or(0, |last| last.number);
    match migrate::check(conn, MIGRATIONS, path) {
        Err(error) => Check::of("schema", &error),
        Ok(()) if number < known => Check::doubtful(
            "schema",
            format!("{number}, and this program brings it to {known}"),
            "the next command does so, with a copy of the file beside it",
        ),
        Ok(()) => Check::fine("schema", format!("{number}, the newest that this program knows")),
    }
}

/// Looks at how the file keeps its journal, and how long that is.
fn journal(conn: &Connection, path: &Path) -> Check {
    const NAME: &str = "journal";
    let mode = match conn.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0)) {
        Ok(mode) => mode,
        Err(error) => return Check::of(NAME, &OpenError::of(path, error)),
    };
    let bytes = std::fs::metadata(open::journal_of(path)).map_or(0, |found| found.len());
    let message = format!("mode {mode}, {bytes} bytes wait to be copied into the file");
    if mode != "wal" {
        let help = "somebody changed it from wal; the next command that writes changes it back";
        return Check::doubtful(NAME, message, help);
    }
    if bytes > JOURNAL_BYTES_MANY {
        let help = "a program that reads for very long keeps it from shrinking: end that program";
        return Check::doubtful(NAME, message, help);
    }
    Check::fine(NAME, message)
}

/// Makes the settings of a connection that writes, and tells what SQLite says they are.
fn made_settings(path: &Path) -> Check {
    const NAME: &str = "settings";
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sqlite = |error| OpenError::of(path, error);
    let made = Connection::open_with_flags(path, flags).map_err(sqlite).and_then(|conn| {
        // One that may only read shows what readers get.
        let read_only = conn.is_readonly("main").map_err(sqlite)?;
        let role = if read_only { Role::Reader } else { Role::Writer };
        settings::apply(&conn, role, Duration::from_secs(1), path)?;
        // Applying read each of them back.
        Ok(settings::told(role))
    });
    match made {
        Ok(told) => Check::fine(NAME, told),
        Err(OpenError::Locked { .. }) => {
            let help = "look again when the other program is done";
            Check::doubtful(NAME, "another program is writing just now", help)
        }
        Err(error) => Check::of(NAME, &error),
    }
}

fn lock_of(path: &Path) -> Check {
    const NAME: &str = "lock";
    match lock::holder(path) {
        Ok(Holder::Nobody) => Check::fine(NAME, "nobody holds it"),
        Ok(Holder::Somebody(who)) => Check::doubtful(
            NAME,
            format!("{who} is writing"),
            "that is as it should be for a moment; if it lasts, end that program",
        ),
        Err(error) => Check::broken(
            NAME,
            format!("the lock file cannot be used: {error}"),
            "check the rights on the file that ends in -lock",
        ),
    }
}

fn disk(path: &Path) -> Check {
    const NAME: &str = "disk";
    let room = match rustix::fs::statvfs(open::folder_of(path)) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            let help = "check the path of the file";
            return Check::doubtful(NAME, format!("its room is not known: {error}"), help);
        }
    };
    let size = std::fs::metadata(path).map_or(0, |found| found.len());
    let message = format!("{} MiB are free", room >> 20);
    if room < size.saturating_add(ROOM_BYTES_MIN) {
        let help = "free some room: a copy of the shop would not fit, and soon no order would";
        return Check::doubtful(NAME, message, help);
    }
    Check::fine(NAME, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::lock::FileLock;
    use crate::{OpenOptions, SqliteStore};

    fn shop(folder: &Path) -> PathBuf {
        let path = folder.join("shop.db");
        drop(SqliteStore::open(&path, OpenOptions { create: true, ..Default::default() }).unwrap());
        path
    }

    fn verdicts(path: &Path) -> BTreeMap<&'static str, Verdict> {
        inspect(path).into_iter().map(|check| (check.name, check.verdict)).collect()
    }

    #[test]
    fn a_whole_shop_is_fine_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = shop(folder.path());
        let before = std::fs::read(&path).unwrap();
        for check in inspect(&path).into_iter().chain(inspect_pages(&path)) {
            assert!(check.verdict == Verdict::Fine || check.name == "disk", "{check:?}");
        }
        let settings = inspect(&path).into_iter().find(|check| check.name == "settings").unwrap();
        assert!(
            settings.message.starts_with("journal_mode wal, synchronous full,"),
            "{settings:?}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_is_no_shop_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        let found = verdicts(&path);
        assert_eq!((found["database"], found["kind"]), (Verdict::Fine, Verdict::Broken));
        std::fs::write(&path, "notes, not a database").unwrap();
        assert_eq!(verdicts(&path)["database"], Verdict::Broken);
        std::fs::write(&path, "").unwrap();
        assert_eq!(verdicts(&path)["database"], Verdict::Broken);
        assert_eq!(verdicts(&folder.path().join("nothing.db"))["database"], Verdict::Broken);
        assert!(!folder.path().join("nothing.db").exists());
    }

    #[test]
    fn a_file_that_was_cut_off_and_a_journal_mode_that_was_changed_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = shop(folder.path());
        let conn = Connection::open(&path).unwrap();
        conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).unwrap();
        drop(conn);
        assert_eq!(verdicts(&path)["journal"], Verdict::Doubtful);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 4096]).unwrap();
        assert_eq!(verdicts(&path)["database"], Verdict::Broken);
    }

    #[test]
    fn pages_are_listed_even_where_a_table_cannot_be_read_to_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = shop(folder.path());
        let conn = Connection::open(&path).unwrap();
        let root: i64 = conn
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'raw_currency'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        drop(conn);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = usize::try_from(root - 1).unwrap() * 4096;
        bytes[at + 8..at + 200].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        let found = inspect_pages(&path);
        assert!(found.len() > 1, "{found:?}");
        assert!(found.iter().all(|check| check.verdict == Verdict::Broken), "{found:?}");
        assert!(
            found.iter().any(|check| check.message.contains(&format!("page {root}"))),
            "{found:?}"
        );
    }

    #[test]
    fn the_holder_of_the_lock_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = shop(folder.path());
        let lock = FileLock::open(&path).unwrap();
        let held = lock.hold(Duration::from_secs(1)).unwrap();
        let check = lock_of(&path);
        assert_eq!(check.verdict, Verdict::Doubtful);
        if cfg!(target_os = "linux") {
            let process = format!("process {}", std::process::id());
            assert!(check.message.starts_with(&process), "{check:?}");
        }
        drop(held);
        assert_eq!(lock_of(&path).verdict, Verdict::Fine);
    }
}
