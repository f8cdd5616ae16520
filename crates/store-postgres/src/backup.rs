//! Backups of a shop, by the programs that come with PostgreSQL: `pg_dump` writes its schema into a file, from which
//! `restore` puts it back.
//!
//! A file takes its name only when it is whole and was read through once. It ends with the sums of the tables, of the very
//! moment that `pg_dump` wrote, with which a shop that is put back is compared.
//!
//! Invariant: nothing is written to the shop, not even a newer schema, so that there may be a backup before an upgrade and
//! one from a replica.
//!
//! Deliberately absent: the whole server. Who backs that up (base backups, archived logs) has the shops in it.

use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::archive::Archive;
use crate::connection::Connection;
use crate::dump;
use crate::error::{Fault, OpenError};
use crate::flight::Call;
use crate::pool::LONG_SILENCE;
use crate::session::Purpose;
use crate::sums::{self, Sums};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        SNAPSHOT = "SELECT pg_export_snapshot()";
    }
}

/// Writes a shop into a file, as it is at one moment, while it is in use; nothing is written to the shop. Where the address
/// leads to a replica alone, it is the moment that the replica shows.
///
/// Errors: [`OpenError::FileExists`] when something stands there and `overwrite` is false; [`OpenError::Program`] when
/// `pg_dump` is missing or fails; else as [`crate::PostgresStore::open`].
///
/// ```
/// use std::sync::Arc;
/// use sutler_core::port::StoreReader;
/// use sutler_store_postgres::{Address, OpenOptions, PostgresStore, Restore, backup, restore};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_a_backup");
/// # let folder = tempfile::tempdir()?;
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let file = folder.path().join("monday.dump");
/// backup(&address, &file, false)?;
/// assert_eq!(backup(&address, &file, false).unwrap_err().code(), "store.exists");
///
/// let look_over = &mut |store: Arc<PostgresStore>| store.integrity();
/// assert_eq!(restore(&file, &address, Restore::default(), look_over).unwrap_err().code(), "store.exists");
/// restore(&file, &address, Restore { overwrite: true, uid: None }, look_over)?;
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn backup(address: &Address, file: &Path, overwrite: bool) -> Result<(), OpenError> {
    let exists = || OpenError::FileExists { path: file.to_path_buf() };
    if file.exists() && !overwrite {
        return Err(exists());
    }
    let part = beside(file);
    let _swept = Swept(&part);
    let io = |source| OpenError::File { path: file.to_path_buf(), source };
    let archive = Archive { file: &part, server: address };
    let moment = Moment::of(address)?;
    archive.write(&moment.snapshot)?;
    archive.end_with(&moment.sums()?).map_err(io)?;
    archive.look_through()?;
    if overwrite {
        std::fs::rename(&part, file).map_err(io)
    } else {
        // A link takes a name only when it is free.
        std::fs::hard_link(&part, file).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => exists(),
            _ => io(source),
        })
    }
}

/// A moment of a shop, which others may see as long as this is held.
struct Moment<'a> {
    address: &'a Address,
    connection: Connection,
    snapshot: String,
}

impl<'a> Moment<'a> {
    fn of(address: &'a Address) -> Result<Self, OpenError> {
        let connection = match Connection::make(address, Purpose::Writing, LONG_SILENCE) {
            Err(OpenError::Setting { name, .. }) if name == "in_recovery" => {
                Connection::make(address, Purpose::Reading, LONG_SILENCE)
            }
            connected => connected,
        }?;
        let snapshot = connection.run(|place, session| async move {
            // Whatever is no whole shop of ours is refused here.
            dump::require_whole(&place, &session).await?;
            session.script(sums::sql::BEGIN).await.map_err(|error| place.refused(error))?;
            let told = session.fly(&[Call::plain(sql::SNAPSHOT)]).await;
            let told = told.map_err(|error| place.refused(error))?;
            let named = told.iter().flatten().next().map(|row| row.at(0)).transpose();
            let named = named.map_err(|fault| place.failed(fault))?;
            named.ok_or_else(|| place.failed(Fault::Unanswered))
        })?;
        Ok(Self { address, connection, snapshot })
    }

    fn sums(&self) -> Result<Sums, OpenError> {
        let shop = self.address.shop().to_owned();
        self.connection.run(move |place, session| async move {
            Sums::of(&session, &shop).await.map_err(|fault| place.failed(fault))
        })
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    PathBuf::from(name)
}

/// Removes a file when dropped; after it took its name there is nothing to remove.
struct Swept<'p>(&'p Path);

impl Drop for Swept<'_> {
    fn drop(&mut self) {
        // Not being there is what is wanted.
        let _ = std::fs::remove_file(self.0);
    }
}
