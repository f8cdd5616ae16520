//! The schema of a shop, step by step: numbered SQL, its hash kept beside, one transaction each.
//!
//! Numbers and meanings are those of the SQLite back-end, so that *schema 4* is the same shop on both. Several programs
//! may start at once: whoever migrates holds an advisory lock of the shop, the others wait and find it done. A step may go
//! through all orders of a large shop, so it may take an hour, and the others are patient; but nobody waits long for a table
//! that is in use, because all who come later would wait behind.
//!
//! Deliberately absent: going back. A newer shop is refused, not guessed at.

use std::collections::BTreeSet;
use std::time::Duration;

use sutler_core::hash::ContentHash;
use sutler_core::money::Currency;
use tokio_postgres::error::SqlState;

use crate::error::{Fault, OpenError};
use crate::flight::{Call, params};
use crate::session::{Place, Session};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('sutler shop ' || $1, 0))::text";
        /// What stands there, our own history first; whether it may be entered, and whether the history has our columns.
        TABLES = "SELECT c.relname::text, has_schema_privilege(n.oid, 'USAGE'),
              c.relname = 'raw_migration' AND c.relkind = 'r' AND (SELECT count(*) = 4 FROM pg_attribute a WHERE a.attrelid = c.oid
                AND (a.attname, a.atttypid) IN (('number', 'int4'::regtype), ('name', 'text'::regtype),
                  ('sha256', 'bytea'::regtype), ('program', 'text'::regtype)))
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname = 'raw_migration' DESC, 1 LIMIT 1";
        HAS_SCHEMA = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
        DONE = "SELECT number, name, sha256 FROM raw_migration ORDER BY number";
        RECORD = "INSERT INTO raw_migration (number, name, sha256, program) VALUES ($1, $2, $3, $4)";
        PUT_CURRENCY = "INSERT INTO raw_currency (code, exponent, unit)
            SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[])
            ON CONFLICT (code) DO UPDATE SET exponent = excluded.exponent, unit = excluded.unit";
    }
}

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: i32,
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

/// How long a step may take: what the statements below tell the server.
pub(crate) const STEP_MAX: Duration = Duration::from_secs(3_600);

/// Begins, and says how long a program that migrates is waited for.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = '1h'; SET LOCAL lock_timeout = '10min'";

/// What holds for the steps: that of the connection, but for the time that a statement takes.
const STEPS: &str = "SET LOCAL lock_timeout = '10s'";

const HISTORY: &str = "CREATE TABLE raw_migration (
  number  integer PRIMARY KEY,
  name    text NOT NULL,
  sha256  bytea NOT NULL CHECK (length(sha256) = 32),
  program text NOT NULL
)";

/// Refuses what is no shop, or one of a newer program or another build; changes nothing.
pub(crate) async fn require_shop(
    place: &Place,
    session: &Session,
    migrations: &[Migration],
) -> Result<i32, OpenError> {
    let done = Run { place, session }.standing(migrations).await?;
    let missing = || OpenError::Missing {
        server: place.server().to_owned(),
        shop: place.address().shop().to_owned(),
    };
    done.ok_or_else(missing)
}

/// Refuses what is no shop of the newest schema; changes nothing.
pub(crate) async fn require_newest(
    place: &Place,
    session: &Session,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let found = require_shop(place, session, migrations).await?;
    let known = migrations.last().map_or(0, |last| last.number);
    if found == known {
        return Ok(());
    }
    Err(OpenError::Older { shop: place.address().shop().to_owned(), found, known })
}

/// Brings the shop to the newest schema, making it where `create` says so.
pub(crate) async fn run(
    place: &Place,
    session: &Session,
    migrations: &[Migration],
    create: bool,
) -> Result<(), OpenError> {
    let done = Run { place, session }.run(migrations, create).await;
    if done.is_err() {
        // Whatever went wrong first is what is told.
        let _ = session.script("ROLLBACK").await;
    }
    done
}

struct Run<'r> {
    place: &'r Place,
    session: &'r Session,
}

impl Run<'_> {
    async fn run(&self, migrations: &[Migration], create: bool) -> Result<(), OpenError> {
        self.script(BEGIN).await?;
        let shop = self.place.address().shop().to_owned();
        let told = self
            .fly(vec![
                Call::new(sql::LOCK, params![shop.clone()]),
                Call::new(sql::HAS_SCHEMA, params![shop.clone()]),
            ])
            .await?;
        let has_schema = told.get(1).is_some_and(|rows| !rows.is_empty());
        self.script(STEPS).await?;
        let done = match self.standing(migrations).await? {
            Some(done) => done,
            None if !create => {
                return Err(OpenError::Missing { server: self.server(), shop });
            }
            None => {
                if !has_schema {
                    let schema = self.place.address().schema();
                    self.script(&format!("CREATE SCHEMA {schema}")).await?;
                }
                self.script(HISTORY).await?;
                0
            }
        };
        for migration in migrations.iter().filter(|migration| migration.number > done) {
            self.apply(migration).await?;
        }
        self.script("COMMIT").await
    }

    /// Returns the number of the last step of the shop, `None` where nothing is.
    async fn standing(&self, migrations: &[Migration]) -> Result<Option<i32>, OpenError> {
        let shop = self.place.address().shop().to_owned();
        let told = self.fly(vec![Call::new(sql::TABLES, params![shop.clone()])]).await?;
        let Some(row) = told.iter().flatten().next() else { return Ok(None) };
        let read = || Ok::<_, Fault>((row.at::<String>(0)?, row.at(1)?, row.at(2)?));
        let (table, may_enter, is_ours): (_, bool, bool) =
            read().map_err(|fault| self.failed(fault))?;
        if !may_enter {
            let told = format!("permission denied for schema {shop}");
            return Err(OpenError::Denied { server: self.server(), told });
        }
        if is_ours {
            return self.check(migrations).await.map(Some);
        }
        let found = format!("a table `{table}`");
        Err(OpenError::Foreign { server: self.server(), shop, found })
    }

    /// Refuses a shop of a newer program or another build; returns the number of its last step.
    async fn check(&self, migrations: &[Migration]) -> Result<i32, OpenError> {
        let known = migrations.last().map_or(0, |last| last.number);
        let shop = self.place.address().shop().to_owned();
        let mut newest = 0;
        for row in self.fly(vec![Call::plain(sql::DONE)]).await?.iter().flatten() {
            let read = || Ok::<_, Fault>((row.at(0)?, row.at::<String>(1)?, row.hash(2)?));
            let (number, name, hash): (i32, String, ContentHash) =
                read().map_err(|fault| self.failed(fault))?;
            let shop = shop.clone();
            match migrations.iter().find(|migration| migration.number == number) {
                None => return Err(OpenError::Newer { shop, found: number, known }),
                Some(ours) if digest(ours) != hash => {
                    return Err(OpenError::Changed { shop, number, name });
                }
                Some(_) if number != newest + 1 => {
                    let found =
                        format!("step {} of its schema is not in raw_migration", newest + 1);
                    return Err(OpenError::Torn { shop, found });
                }
                Some(_) => newest = number,
            }
        }
        Ok(newest)
    }

    async fn apply(&self, migration: &Migration) -> Result<(), OpenError> {
        match self.session.script(migration.sql).await {
            // A step is made in one transaction with its row: where only one of the two is there, somebody took the other.
            Err(fault) if is_there(&fault) => {
                let (number, name) = (migration.number, migration.name);
                let found = format!(
                    "step {number} of its schema ({name}) is not in raw_migration, and what it makes is there: {fault}"
                );
                return Err(OpenError::Torn {
                    shop: self.place.address().shop().to_owned(),
                    found,
                });
            }
            made => made.map_err(|error| self.place.refused(error))?,
        }
        let all = Currency::all;
        let codes: Vec<String> = all().map(|known| known.code().to_owned()).collect();
        let exponents: Vec<i16> = all().map(|known| i16::from(known.exponent())).collect();
        let units: Vec<i64> = all().map(|known| known.minor_per_major()).collect();
        let row = params![
            migration.number,
            migration.name,
            digest(migration).to_bytes().to_vec(),
            concat!("sutler ", env!("CARGO_PKG_VERSION"))
        ];
        let calls = vec![
            Call::new(sql::PUT_CURRENCY, params![codes, exponents, units]),
            Call::new(sql::RECORD, row),
        ];
        self.fly(calls).await.map(drop)
    }

    async fn fly(&self, calls: Vec<Call>) -> Result<Vec<Vec<tokio_postgres::Row>>, OpenError> {
        let flown = self.session.fly(&calls).await;
        flown.map_err(|failed| self.place.refused(failed))
    }

    async fn script(&self, sql: &str) -> Result<(), OpenError> {
        self.session.script(sql).await.map_err(|error| self.place.refused(error))
    }

    fn server(&self) -> String {
        self.place.server().to_owned()
    }

    fn failed(&self, fault: Fault) -> OpenError {
        self.place.failed(fault)
    }
}

/// Whether a fault says that something that is to be made is there already.
fn is_there(fault: &Fault) -> bool {
    let Fault::Postgres(error) = fault else { return false };
    let codes = [
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_COLUMN,
        SqlState::DUPLICATE_FUNCTION,
        SqlState::DUPLICATE_OBJECT,
    ];
    error.code().is_some_and(|code| codes.contains(code))
}

/// Returns what the steps make in a schema: the names of tables, views and functions.
pub(crate) fn made(migrations: &[Migration]) -> BTreeSet<&'static str> {
    let scripts = migrations.iter().map(|migration| migration.sql).chain([HISTORY]);
    let name = |line: &'static str| {
        let line = line.strip_prefix("CREATE ")?;
        let line = line.strip_prefix("OR REPLACE ").unwrap_or(line);
        let name = ["TABLE ", "VIEW ", "FUNCTION "].iter().find_map(|noun| line.strip_prefix(noun));
        name?.split([' ', '(']).next()
    };
    scripts.flat_map(str::lines).filter_map(name).collect()
}

fn digest(migration: &Migration) -> ContentHash {
    ContentHash::of(migration.sql.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_by_one() {
        assert!(MIGRATIONS.iter().zip(1..).all(|(migration, number)| migration.number == number));
    }
}
