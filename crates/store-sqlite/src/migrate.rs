//! The schema and its history: numbered SQL, each applied once, in one transaction of its own.
//!
//! The SHA-256 of every migration stands in the file. A file whose migrations differ from ours was made by another build,
//! and one with more of them by a newer program; both are refused rather than guessed at. Released migrations are never
//! edited.
//!
//! Callers hold the lock between processes, so that of several starters one migrates and the others find it done.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};
use sutler_core::hash::ContentHash;
use sutler_core::money::Currency;

use crate::error::OpenError;
use crate::value::Hash;

/// Marks the file as a shop: `Sutl` in ASCII.
pub(crate) const APPLICATION_ID: i32 = 0x5375_746c;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Every step, in order. Append-only.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "tables", sql: include_str!("schema/0001_tables.sql") },
    Migration { number: 2, name: "views", sql: include_str!("schema/0002_views.sql") },
    Migration {
        number: 3,
        name: "tax_and_fees",
        sql: include_str!("schema/0003_tax_and_fees.sql"),
    },
    Migration {
        number: 4,
        name: "price_history",
        sql: include_str!("schema/0004_price_history.sql"),
    },
    Migration {
        number: 5,
        name: "promotion_counters",
        sql: include_str!("schema/0005_promotion_counters.sql"),
    },
    Migration { number: 6, name: "credit", sql: include_str!("schema/0006_credit.sql") },
    Migration { number: 7, name: "customers", sql: include_str!("schema/0007_customers.sql") },
    Migration { number: 8, name: "leases", sql: include_str!("schema/0008_leases.sql") },
    Migration { number: 9, name: "copy", sql: include_str!("schema/0009_copy.sql") },
];

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS raw_migration (
  number  INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  sha256  BLOB NOT NULL CHECK (length(sha256) = 32),
  program TEXT NOT NULL
) STRICT";

/// What a file is, as far as the schema says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Nothing is in it yet.
    Empty,
    /// A shop whose last migration has this number.
    Shop(u32),
    /// The database of another program; what gave it away.
    Foreign(String),
}

/// Looks at what a file is.
pub(crate) fn standing(conn: &Connection) -> rusqlite::Result<Standing> {
    let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if application == 0 && tables == 0 && version == 0 {
        return Ok(Standing::Empty);
    }
    if application != APPLICATION_ID {
        let table = "SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 1";
        let table: Option<String> = conn.query_row(table, [], |row| row.get(0)).optional()?;
        let found = match table {
            Some(table) => format!("it has a table `{table}`"),
            None => format!("its application id is {application:#010x}"),
        };
        return Ok(Standing::Foreign(found));
    }
    let history = "SELECT count(*) FROM sqlite_schema WHERE name = 'raw_migration'";
    match conn.query_row(history, [], |row| row.get::<_, i64>(0))? {
        0 => Ok(Standing::Foreign("it has our mark but not our tables".to_owned())),
        _ => Ok(Standing::Shop(version)),
    }
}

/// Refuses a shop of a newer program or another build.
pub(crate) fn check(
    conn: &Connection,
    migrations: &[Migration],
    path: &Path,
) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::of(path, error);
    let path = path.to_path_buf();
    let mut stored = conn
        .prepare("SELECT number, name, sha256 FROM raw_migration ORDER BY number")
        .map_err(sqlite)?;
    let mut rows = stored.raw_query();
    let known = migrations.last().map_or(0, |last| last.number);
    while let Some(row) = rows.next().map_err(sqlite)? {
        let read = || Ok((row.get(0)?, row.get(1)?, row.get::<_, Hash>(2)?));
        let (number, name, sha256): (u32, String, Hash) = read().map_err(sqlite)?;
        match migrations.iter().find(|migration| migration.number == number) {
            None => return Err(OpenError::Newer { path, found: number, known }),
            Some(ours) if digest(ours) != sha256.0 => {
                return Err(OpenError::Changed { path, number, name });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Applies what is missing; returns how many steps that were.
pub(crate) fn run(conn: &Connection, migrations: &[Migration]) -> rusqlite::Result<usize> {
    let done: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let missing = migrations.iter().filter(|migration| migration.number > done);
    let mut steps = 0;
    for migration in missing {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        let applied = apply(conn, migration).and_then(|()| conn.execute_batch("COMMIT"));
        if let Err(error) = applied {
            // Whatever went wrong first is what is told.
            let _ = conn.execute_batch("ROLLBACK");
            return Err(error);
        }
        steps += 1;
    }
    Ok(steps)
}

fn apply(conn: &Connection, migration: &Migration) -> rusqlite::Result<()> {
    let Migration { number, name, sql } = *migration;
    conn.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number}; {HISTORY};"
    ))?;
    conn.execute_batch(sql)?;
    let mut currency = conn.prepare(
        "INSERT OR REPLACE INTO raw_currency (code, exponent, unit) VALUES (?1, ?2, ?3)",
    )?;
    for known in Currency::all() {
        currency.execute((known.code(), known.exponent(), known.minor_per_major()))?;
    }
    let program = concat!("sutler ", env!("CARGO_PKG_VERSION"));
    let row = (number, name, digest(migration).to_bytes(), program);
    conn.execute(
        "INSERT INTO raw_migration (number, name, sha256, program) VALUES (?1, ?2, ?3, ?4)",
        row,
    )?;
    Ok(())
}

fn digest(migration: &Migration) -> ContentHash {
    ContentHash::of(migration.sql.as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_by_one() {
        assert!(MIGRATIONS.iter().zip(1..).all(|(migration, number)| migration.number == number));
    }

    #[test]
    fn each_step_is_applied_once() {
        let conn = Connection::open_in_memory().unwrap();
        assert_eq!(standing(&conn).unwrap(), Standing::Empty);
        assert_eq!(run(&conn, &MIGRATIONS[..1]).unwrap(), 1);
        assert_eq!(standing(&conn).unwrap(), Standing::Shop(1));
        assert_eq!(run(&conn, MIGRATIONS).unwrap(), MIGRATIONS.len() - 1);
        assert_eq!(run(&conn, MIGRATIONS).unwrap(), 0);
        check(&conn, MIGRATIONS, Path::new("memory")).unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_no_half_schema() {
        let conn = Connection::open_in_memory().unwrap();
        run(&conn, MIGRATIONS).unwrap();
        let last = MIGRATIONS.last().unwrap().number;
        let broken = Migration {
            number: last + 1,
            name: "broken",
            sql: "CREATE TABLE half (x); CREATE TABLE half (x);",
        };
        let more: Vec<Migration> = MIGRATIONS.iter().copied().chain([broken]).collect();
        assert!(run(&conn, &more).is_err());
        assert_eq!(standing(&conn).unwrap(), Standing::Shop(last));
        assert!(conn.prepare("SELECT x FROM half").is_err());
    }

    #[test]
    fn the_history_of_prices_begins_when_it_is_first_kept() {
        let conn = Connection::open_in_memory().unwrap();
        run(&conn, &MIGRATIONS[..2]).unwrap();
        conn.execute_batch(
            "INSERT INTO raw_price VALUES (zeroblob(16), 1, 1, 990, 'EUR', NULL, NULL);
             INSERT INTO raw_setup VALUES (4, zeroblob(16), NULL, 1, '{}'), (2, zeroblob(16), 'web', 1, '{}')",
        )
        .unwrap();
        run(&conn, MIGRATIONS).unwrap();
        // Between 2025 and the year 2100, in milliseconds.
        let began = "SELECT (SELECT count(*) FROM raw_price WHERE since BETWEEN 1735689600000 AND 4102444800000),
            (SELECT count(*) FROM raw_price_list_since WHERE since BETWEEN 1735689600000 AND 4102444800000),
            (SELECT count(*) FROM raw_price_past)";
        let counts = conn.query_row(began, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        assert_eq!(counts.unwrap(), (1_i64, 1_i64, 0_i64));
    }

    #[test]
    fn what_a_newer_or_another_build_made_is_refused() {
        let conn = Connection::open_in_memory().unwrap();
        run(&conn, MIGRATIONS).unwrap();
        let path = Path::new("memory");
        let newer = check(&conn, &MIGRATIONS[..1], path).unwrap_err();
        assert!(matches!(newer, OpenError::Newer { found: 2.., known: 1, .. }), "{newer}");
        assert!(newer.to_string().contains("made by a newer Sutler"), "{newer}");
        let edited: Vec<Migration> = MIGRATIONS
            .iter()
            .map(|migration| Migration { sql: "SELECT 1", ..*migration })
            .collect();
        let changed = check(&conn, &edited, path).unwrap_err();
        assert!(matches!(changed, OpenError::Changed { number: 1, .. }), "{changed}");
    }

    #[test]
    fn rates_and_deliveries_of_the_first_shops_are_carried_over() {
        let conn = Connection::open_in_memory().unwrap();
        run(&conn, &MIGRATIONS[..2]).unwrap();
        conn.execute_batch(
            r#"INSERT INTO raw_tax_rate (zone, category, name, data) VALUES
                 (zeroblob(16), 'standard', 'VAT', '{"rate":"19","window":{}}'),
                 (zeroblob(16), 'standard', 'Later', '{"rate":"1","window":{"from":"2027-01-01T00:00:00.250Z"}}');
               INSERT INTO raw_setup (kind, id, code, version, data) VALUES
                 (7, zeroblob(16), 'post', 1, '{"code":"post","tax_category":"reduced"}'),
                 (7, x'01000000000000000000000000000000', 'pickup', 1, '{"code":"pickup","tax_category":null}')"#,
        )
        .unwrap();
        run(&conn, MIGRATIONS).unwrap();
        let texts = |sql: &str| -> Vec<String> {
            let mut found = conn.prepare(sql).unwrap();
            found.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let begins = texts("SELECT CAST(begins_at AS TEXT) FROM raw_tax_rate ORDER BY begins_at");
        assert_eq!(begins, [i64::MIN.to_string(), "1798761600250".to_owned()]);
        let views = texts("SELECT percent || ' ' || level FROM tax_rates ORDER BY name");
        assert_eq!(views, ["1 0", "19 0"]);
        let methods = texts("SELECT data FROM raw_setup WHERE kind = 7 ORDER BY id");
        assert_eq!(
            methods,
            [
                r#"{"code":"post","tax":{"category":"reduced"}}"#,
                r#"{"code":"pickup","tax":"untaxed"}"#
            ]
        );
    }
}
