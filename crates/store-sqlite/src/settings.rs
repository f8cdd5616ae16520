//! The settings that durability and speed depend on: made for every connection, then read back.
//!
//! SQLite answers many wrong or impossible settings with silence, so each is asked for again: `synchronous=NORMAL`, for
//! one, would lose the newest orders in a power cut, and nothing else would ever tell.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;

use crate::error::OpenError;

/// A setting, the value to give it, and the value it must show.
type Setting = (&'static str, &'static str, &'static str);

/// For every connection.
const ALL: &[Setting] = &[
    ("foreign_keys", "ON", "1"),
    ("cell_size_check", "ON", "1"),
    ("trusted_schema", "OFF", "0"),
    ("temp_store", "MEMORY", "2"),
    ("mmap_size", "268435456", "268435456"),
];

/// For the connection that writes. The journal is kept and overwritten, which syncs faster than a new one.
const WRITER: &[Setting] = &[
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", "2"),
    ("cache_size", "-32768", "-32768"),
    ("wal_autocheckpoint", "10000", "10000"),
];

/// For connections that read. Most pages come through the memory map, so their own caches are small.
const READER: &[Setting] = &[("cache_size", "-8192", "-8192"), ("query_only", "ON", "1")];

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Writer,
    Reader,
}

impl Role {
    fn settings(self) -> impl Iterator<Item = &'static Setting> {
        let own = match self {
            Role::Writer => WRITER,
            Role::Reader => READER,
        };
        own.iter().chain(ALL)
    }
}

/// Makes the settings of a connection, and checks them.
pub(crate) fn apply(
    conn: &Connection,
    role: Role,
    busy: Duration,
    path: &Path,
) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::of(path, error);
    conn.busy_timeout(busy).map_err(sqlite)?;
    conn.set_prepared_statement_cache_capacity(256);
    // Without it, most statements would be prepared anew for every new value of a parameter.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(sqlite)?;
    for (name, value, _) in role.settings() {
        // Some settings answer with a row, some do not.
        let mut set = conn.prepare(&format!("PRAGMA {name} = {value}")).map_err(sqlite)?;
        let mut rows = set.raw_query();
        while rows.next().map_err(sqlite)?.is_some() {}
    }
    check(conn, role, path)
}

/// Returns the settings of a role as `journal_mode wal, synchronous full, …`, for people.
pub(crate) fn told(role: Role) -> String {
    let told: Vec<String> = role
        .settings()
        .map(|(name, value, _)| format!("{name} {}", value.to_lowercase()))
        .collect();
    told.join(", ")
}

/// Checks the settings of a connection.
pub(crate) fn check(conn: &Connection, role: Role, path: &Path) -> Result<(), OpenError> {
    for &(name, _, wanted) in role.settings() {
        let value = conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
        let found = match value.map_err(|error| OpenError::of(path, error))? {
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        if found != wanted {
            return Err(OpenError::Setting {
                path: path.to_path_buf(),
                name,
                wanted: wanted.to_owned(),
                found,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_not_as_it_must_be_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.db");
        let conn = Connection::open(&path).unwrap();
        apply(&conn, Role::Writer, Duration::from_secs(1), &path).unwrap();
        for spoiled in [
            "synchronous = NORMAL",
            "wal_autocheckpoint = 0",
            "foreign_keys = OFF",
            "trusted_schema = ON",
        ] {
            conn.query_row(&format!("PRAGMA {spoiled}"), [], |_| Ok(())).ok();
            let refused = check(&conn, Role::Writer, &path).unwrap_err();
            let name = spoiled.split(' ').next().unwrap();
            assert!(
                matches!(refused, OpenError::Setting { name: found, .. } if found == name),
                "{refused}"
            );
            assert_eq!(refused.code(), "store.setting");
            apply(&conn, Role::Writer, Duration::from_secs(1), &path).unwrap();
        }
    }

    #[test]
    fn a_database_that_cannot_keep_a_journal_is_refused() {
        let conn = Connection::open_in_memory().unwrap();
        let refused = apply(&conn, Role::Writer, Duration::ZERO, Path::new("memory")).unwrap_err();
        assert!(matches!(refused, OpenError::Setting { name: "journal_mode", .. }), "{refused}");
    }
}
