//! Backups of a shop, by the programs that come with PostgreSQL: `pg_dump` writes its schema into a file, from which
//! `restore` puts it back.
//!
//! A file takes its name only when it is whole and was read through once.
//!
//! Deliberately absent: the whole server. Who backs that up (base backups, archived logs) has the shops in it.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::PostgresStore;
use crate::address::Address;
use crate::archive::Archive;
use crate::error::OpenError;
use crate::open::OpenOptions;

/// Writes a shop into a file, as it is at one moment, while it is in use.
///
/// Errors: [`OpenError::FileExists`] when something stands there and `overwrite` is false; [`OpenError::Program`] when
/// `pg_dump` is missing or fails; else as [`PostgresStore::open`].
///
/// ```
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
/// assert_eq!(restore(&file, &address, Restore::default()).unwrap_err().code(), "store.exists");
/// restore(&file, &address, Restore { overwrite: true, uid: None })?;
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn backup(address: &Address, file: &Path, overwrite: bool) -> Result<(), OpenError> {
    // Whatever is no whole shop of ours is refused here.
    drop(PostgresStore::open(address, OpenOptions::default())?);
    let exists = || OpenError::FileExists { path: file.to_path_buf() };
    if file.exists() && !overwrite {
        return Err(exists());
    }
    let part = beside(file);
    let _swept = Swept(&part);
    let io = |source| OpenError::File { path: file.to_path_buf(), source };
    let archive = Archive { file: &part, server: address };
    archive.write()?;
    archive.look_through()?;
    File::open(&part).and_then(|part| part.sync_all()).map_err(io)?;
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
