//! Putting a backup back: truly beside the shop that it is to replace, which sells on meanwhile; then the two change places in
//! one short transaction.
//!
//! What is put back stands under a name that no address can have, so that nobody opens or lists it, until it was looked over.
//! Whoever ends the program before that, by Ctrl-C or otherwise, leaves the shop that stands there as it is; what lies
//! beside is taken away by the next restore.
//!
//! Invariant: a commit of another program is wholly in the shop that was replaced or wholly in the one that took its place.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sutler_core::hash::ContentHash;
use sutler_core::port::{Finding, StoreError};
use sutler_core::shop::ShopRecord;
use tokio_postgres::error::SqlState;

use crate::PostgresStore;
use crate::address::Address;
use crate::archive::Archive;
use crate::connection::Connection;
use crate::error::{Fault, Meaning, OpenError};
use crate::flight::{Call, params};
use crate::migrate;
use crate::open::{OpenOptions, on_server};
use crate::pause::Pause;
use crate::pool::LONG_SILENCE;
use crate::session::{Place, Purpose, Session};
use crate::sums::{self, Sums};
use crate::value::{Columns as _, Uid};

pub(crate) mod sql {
    crate::statements::statements! {
        TURN = "SELECT pg_advisory_lock(hashtextextended('sutler restore into ' || $1, 0))::text";
        SHOP = "SELECT data::text FROM raw_setup WHERE kind = 1";
        SET_UID = "UPDATE raw_setup SET id = $1, data = $2::text::json WHERE kind = 1";
        RAISE_SETUP = "UPDATE raw_counter SET value = value + 1 WHERE name = 'setup_version'";
    }
}

/// How long the two are tried to change places, where somebody reads the shop for long.
const SWAP: Duration = Duration::from_secs(60);

/// How a backup is put back.
///
/// ```
/// use sutler_store_postgres::Restore;
///
/// let moved = Restore::default();
/// assert!(!moved.overwrite && moved.uid.is_none(), "nothing is replaced, and the shop keeps its number");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Restore {
    /// Whether a shop that stands there may be replaced.
    pub overwrite: bool,
    /// A new number for the shop, so that outsiders can tell its events from those of the shop that went on after the
    /// backup was made. `None` keeps the number: right for a move, wrong for going back in time.
    pub uid: Option<u128>,
}

/// Puts a backup back as a shop, after looking through it: the file is read from end to end,
/// the tables are compared with those of the moment of the backup, and `look_over` says what else is off. The shop may have another name
/// than the one that was backed up.
///
/// A shop that is replaced goes on until the moment at which the other one takes its name; what it sold since the backup goes
/// with it.
///
/// Errors: [`OpenError::Exists`] when a shop stands there and may not be replaced; [`OpenError::Damaged`] when the backup is;
/// [`OpenError::Restoring`] when somebody else puts one back there; [`OpenError::Program`] when `pg_restore` or `psql` is
/// missing or fails. Then what stood there stands there.
///
/// ```
/// use std::path::Path;
/// use sutler_core::port::StoreReader;
/// use sutler_store_postgres::{Address, OpenError, Restore, restore};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_no_backup");
/// let address: Address = url.parse()?;
/// let nothing = restore(Path::new("no-such.dump"), &address, Restore::default(), &mut |store| store.integrity());
/// assert!(matches!(nothing, Err(OpenError::File { .. })));
/// # Ok::<(), sutler_store_postgres::BadAddress>(())
/// ```
pub fn restore(
    file: &Path,
    address: &Address,
    how: Restore,
    look_over: &mut dyn FnMut(Arc<PostgresStore>) -> Result<Vec<Finding>, StoreError>,
) -> Result<(), OpenError> {
    File::open(file).map_err(|source| OpenError::File { path: file.to_path_buf(), source })?;
    let archive = Archive { file, server: address };
    archive.look_through()?;
    let sums = archive.sums()?;
    let turn = Turn::take(address)?;
    let replaces = turn.is_taken()?;
    if replaces && !how.overwrite {
        return Err(turn.exists());
    }
    let beside = Beside { of: &turn, shop: address.of_shop(&name_beside(address)) };
    archive.put_back(beside.shop.shop())?;
    turn.compare(&archive, &sums, &beside.shop)?;
    let store = PostgresStore::open(&beside.shop, OpenOptions::default())?;
    require_in_order(&archive, look_over(Arc::new(store)))?;
    if let Some(uid) = how.uid {
        set_uid(&beside.shop, uid)?;
    }
    turn.swap(&beside.shop, replaces)
}

/// Returns where a shop stands that is to take the name of another: a name of its own for each, which no address can have.
fn name_beside(address: &Address) -> String {
    let shop = address.shop();
    format!("_restored_{shop:.30}_{:.16}", ContentHash::of(shop.as_bytes()).to_string())
}

fn require_in_order(
    archive: &Archive<'_>,
    findings: Result<Vec<Finding>, StoreError>,
) -> Result<(), OpenError> {
    let findings = findings.map_err(|error| archive.damaged(error.to_string()))?;
    let Some(first) = findings.first() else { return Ok(()) };
    let more = findings.len() - 1;
    let (check, of, said) = (first.check, &first.subject, &first.message);
    Err(archive.damaged(format!("{check} of {of}: {said} (and {more} more)")))
}

fn set_uid(address: &Address, uid: u128) -> Result<(), OpenError> {
    on_server(address, Purpose::Writing, move |place, session| async move {
        migrate::run(&place, &session, migrate::MIGRATIONS, false).await?;
        let failed = |fault: Fault| place.failed(fault);
        let rows =
            session.fly(&[Call::plain(sql::SHOP)]).await.map_err(|error| place.refused(error))?;
        let Some(row) = rows.iter().flatten().next() else { return Ok(()) };
        let shop: ShopRecord = row.json(0).map_err(failed)?;
        let data = crate::value::json(&ShopRecord { uid, ..shop }).map_err(failed)?;
        let set = Call::new(sql::SET_UID, params![Uid(uid), data]);
        let calls =
            [Call::plain("BEGIN"), set, Call::plain(sql::RAISE_SETUP), Call::plain("COMMIT")];
        session.fly(&calls).await.map(drop).map_err(|error| place.refused(error))
    })
}

/// The right to put a shop back, which one at a time has; held by a connection, and given up with it.
struct Turn {
    shop: Address,
    connection: Connection,
}

impl Turn {
    fn take(shop: &Address) -> Result<Self, OpenError> {
        let connection = Connection::make(shop, Purpose::Writing, LONG_SILENCE)?;
        connection.run(|place, session| async move {
            let shop = place.address().shop().to_owned();
            let taken = session.fly(&[Call::new(sql::TURN, params![shop.clone()])]).await;
            taken.map(drop).map_err(|error| match error.told_code() {
                Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => {
                    OpenError::Restoring { shop }
                }
                _ => place.refused(error),
            })
        })?;
        Ok(Self { shop: shop.clone(), connection })
    }

    /// Whether a shop stands there, of whichever program.
    fn is_taken(&self) -> Result<bool, OpenError> {
        let found = self.connection.run(|place, session| async move {
            migrate::require_shop(&place, &session, migrate::MIGRATIONS).await
        });
        match found {
            Ok(_) | Err(OpenError::Newer { .. } | OpenError::Changed { .. }) => Ok(true),
            Err(OpenError::Missing { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Refuses a shop that does not hold what was backed up; before it is opened, which may bring it to a newer schema.
    fn compare(&self, archive: &Archive<'_>, sums: &Sums, of: &Address) -> Result<(), OpenError> {
        let schema = of.shop().to_owned();
        let found = self.connection.run(move |place, session| async move {
            session.script(sums::sql::BEGIN).await.map_err(|error| place.refused(error))?;
            let found = Sums::of(&session, &schema).await;
            rolled_back(&place, &session).await?;
            found.map_err(|fault| place.failed(fault))
        })?;
        sums.difference(&found).map_or(Ok(()), |what| Err(archive.damaged(what)))
    }

    fn exists(&self) -> OpenError {
        OpenError::Exists { shop: self.shop.shop().to_owned() }
    }

    /// Lets the shop that stands beside take the name, and the one that had it go.
    fn swap(&self, beside: &Address, replaces: bool) -> Result<(), OpenError> {
        let script = swap(self.shop.shop(), beside.shop(), replaces);
        let swapped = self.connection.run(|place, session| async move {
            let (until, mut pause) = (Instant::now() + SWAP, Pause::new());
            while let Err(error) = session.script(&script).await {
                rolled_back(&place, &session).await?;
                if error.meaning() != Meaning::Again || !pause.wait_until(until).await {
                    let is_taken = error.told_code() == Some(&SqlState::DUPLICATE_SCHEMA);
                    return if is_taken { Ok(false) } else { Err(place.refused(error)) };
                }
            }
            Ok(true)
        })?;
        if swapped { Ok(()) } else { Err(self.exists()) }
    }
}

async fn rolled_back(place: &Arc<Place>, session: &Arc<Session>) -> Result<(), OpenError> {
    session.script("ROLLBACK").await.map_err(|error| place.refused(error))
}

/// Changes names in one transaction.
///
/// Why the lock: every commit begins with its row in this table, so those that began are at their end, and those to come wait
/// and find the other shop. The tables that go away are locked in turn, which waits for whoever reads them; short, because
/// everybody who comes behind waits too. The version of the set-up goes beyond both, because programs keep the set-up by it.
fn swap(shop: &str, beside: &str, replaces: bool) -> String {
    let away = format!(
        "DO $$ BEGIN IF to_regclass('\"{shop}\".raw_writer') IS NOT NULL THEN
           LOCK TABLE \"{shop}\".raw_writer IN ACCESS EXCLUSIVE MODE;
           UPDATE \"{beside}\".raw_counter AS new SET value = greatest(new.value, old.value) + 1
             FROM \"{shop}\".raw_counter AS old WHERE new.name = 'setup_version' AND old.name = 'setup_version';
         END IF; END $$;
         DROP SCHEMA \"{shop}\" CASCADE;"
    );
    format!(
        "BEGIN; SET LOCAL lock_timeout = '3s'; {}
         ALTER SCHEMA \"{beside}\" RENAME TO \"{shop}\"; COMMIT",
        if replaces { away.as_str() } else { "" }
    )
}

/// What stands beside; taken away when dropped. After it took its name there is nothing to take.
struct Beside<'t> {
    of: &'t Turn,
    shop: Address,
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        let away = format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", self.shop.shop());
        // What stays behind is taken away by the next restore.
        let _ = self.of.connection.script(away);
    }
}
