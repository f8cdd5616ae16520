//! Backups of a shop, by the programs that come with PostgreSQL: `pg_dump` writes its schema into a file, `pg_restore`
//! puts it back.
//!
//! A file takes its name only when it is whole and was read through once. A shop that is put back stands beside the one that
//! it is to replace until its chains and levels were looked through; only then it takes the name.
//!
//! Passwords are handed to these programs in their environment, which nobody else can read, and never as a word of the
//! command.
//!
//! Deliberately absent: the whole server. Who backs that up (base backups, archived logs) has the shops in it.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use sutler_core::port::StoreReader as _;
use sutler_core::shop::ShopRecord;
use tokio_postgres::config::{Host, SslMode};

use crate::address::{Address, check_name};
use crate::error::{Fault, OpenError};
use crate::flight::{Call, params};
use crate::migrate;
use crate::open::{OpenOptions, on_server};
use crate::session::Purpose;
use crate::value::{Columns as _, Uid};
use crate::{PostgresStore, drop_shop, shops};

pub(crate) mod sql {
    crate::statements::statements! {
        SHOP = "SELECT data::text FROM raw_setup WHERE kind = 1";
        SET_UID = "UPDATE raw_setup SET id = $1, data = $2::text::json WHERE kind = 1";
        RAISE_SETUP = "UPDATE raw_counter SET value = value + 1 WHERE name = 'setup_version'";
    }
}

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Where most systems keep the certificates of authorities in one file.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

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
    let dump = Program::find("pg_dump")?;
    let words = ["--format=custom", "--no-owner", "--no-privileges", "--schema", address.shop()];
    dump.run(
        address,
        words.map(OsStr::new).into_iter().chain([OsStr::new("--file"), part.as_os_str()]),
    )?;
    look_through(address, &part)?;
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

/// Puts a backup back as a shop, after looking through it. The shop may have another name than the one that was backed up,
/// unless a shop of that name stands in the same database: it is put back under its own name first.
///
/// Programs that use a shop that is replaced should be stopped before: what they write until then is replaced too.
///
/// Errors: [`OpenError::Exists`] when a shop stands there and may not be replaced; [`OpenError::Damaged`] when the backup is;
/// [`OpenError::Program`] when `pg_restore` is missing or fails. Then what stood there stands there.
///
/// ```
/// use std::path::Path;
/// use sutler_store_postgres::{Address, OpenError, Restore, restore};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_no_backup");
/// let address: Address = url.parse()?;
/// let nothing = restore(Path::new("no-such.dump"), &address, Restore::default());
/// assert!(matches!(nothing, Err(OpenError::File { .. })));
/// # Ok::<(), sutler_store_postgres::BadAddress>(())
/// ```
pub fn restore(file: &Path, address: &Address, how: Restore) -> Result<(), OpenError> {
    File::open(file).map_err(|source| OpenError::File { path: file.to_path_buf(), source })?;
    let own = address.of_shop(&name_in(address, file)?);
    look_through(address, file)?;
    let there = shops(address)?;
    let stands = |shop: &Address| there.iter().any(|known| known.name == shop.shop());
    let replaced = stands(address);
    if replaced && !how.overwrite || stands(&own) && own.shop() != address.shop() {
        let taken = if replaced && !how.overwrite { address } else { &own };
        return Err(exists(taken));
    }
    let aside = address.of_shop(&format!("{:.40}_replaced", address.shop()));
    if replaced && stands(&aside) {
        return Err(exists(&aside));
    }
    let in_its_place = own.shop() == address.shop();
    if replaced && in_its_place {
        rename(address, &[(address, &aside)])?;
    }
    let mut names = vec![(address, &aside), (&own, address)];
    if in_its_place {
        names.clear();
    } else if !replaced {
        names.remove(0);
    }
    let done = put_back(file, &own, how.uid).and_then(|()| rename(address, &names));
    if done.is_err() {
        // Whatever went wrong first is what is told.
        let _ = drop_shop(&own);
        if replaced && in_its_place {
            let _ = rename(address, &[(&aside, address)]);
        }
        return done;
    }
    if replaced { drop_shop(&aside) } else { Ok(()) }
}

fn exists(address: &Address) -> OpenError {
    OpenError::Exists { shop: address.shop().to_owned() }
}

/// Puts a backup back under its own name, and looks through the shop.
fn put_back(file: &Path, own: &Address, uid: Option<u128>) -> Result<(), OpenError> {
    let words =
        ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname"];
    let words = words.map(OsStr::new).into_iter();
    let database = own.config().get_dbname().or(own.config().get_user()).unwrap_or_default();
    Program::find("pg_restore")?.run(own, words.chain([OsStr::new(database), file.as_os_str()]))?;
    let store = PostgresStore::open(own, OpenOptions::default())?;
    let damaged = |what: String| OpenError::Damaged { path: file.to_path_buf(), what };
    let findings = store.integrity().map_err(|error| damaged(error.to_string()))?;
    if let Some(first) = findings.first() {
        let more = findings.len() - 1;
        let (check, of, said) = (first.check, &first.subject, &first.message);
        return Err(damaged(format!("{check} of {of}: {said} (and {more} more)")));
    }
    match uid {
        Some(uid) => set_uid(own, uid),
        None => Ok(()),
    }
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

/// Gives shops other names, all at once.
fn rename(server: &Address, names: &[(&Address, &Address)]) -> Result<(), OpenError> {
    // Names were checked when the addresses were read: they need no quotes.
    let rename = |(from, to): &(&Address, &Address)| {
        format!("ALTER SCHEMA {} RENAME TO {};", from.shop(), to.shop())
    };
    let script: String = names.iter().map(rename).collect();
    on_server(server, Purpose::Writing, move |place, session| async move {
        session.script(&script).await.map_err(|error| place.refused(error))
    })
}

/// Returns the name of the shop in a backup.
fn name_in(address: &Address, file: &Path) -> Result<String, OpenError> {
    let list = Program::find("pg_restore")?.run(address, [OsStr::new("--list"), file.as_os_str()]);
    let strange =
        |what: &str| OpenError::Damaged { path: file.to_path_buf(), what: what.to_owned() };
    let list = list.map_err(|error| match error {
        OpenError::Program { told, .. } => strange(&told),
        other => other,
    })?;
    // `12; 2615 16385 SCHEMA - corner owner`
    let name = list.lines().find_map(|line| line.split_once(" SCHEMA - ")?.1.split(' ').next());
    let name = name.filter(|name| check_name(name).is_ok());
    name.map(str::to_owned).ok_or_else(|| strange("it holds no shop"))
}

/// Reads all of a backup, so that one that was cut or spoilt is found.
fn look_through(address: &Address, file: &Path) -> Result<(), OpenError> {
    let words = [OsStr::new("--file"), OsStr::new("/dev/null"), file.as_os_str()];
    let read = Program::find("pg_restore")?.run(address, words);
    read.map(drop).map_err(|error| match error {
        OpenError::Program { told, .. } => {
            OpenError::Damaged { path: file.to_path_buf(), what: told }
        }
        other => other,
    })
}

/// A program of PostgreSQL.
struct Program {
    name: &'static str,
    path: PathBuf,
}

impl Program {
    /// Looks on the PATH, then in the folders of Debian, the newest version first.
    fn find(name: &'static str) -> Result<Self, OpenError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
        let mut versions: Vec<(u32, PathBuf)> = versions
            .filter_map(|entry| {
                Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
            })
            .collect();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        folders.extend(versions.into_iter().map(|(_, folder)| folder));
        let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
        found.map(|path| Self { name, path }).ok_or(OpenError::ProgramMissing { program: name })
    }

    /// Runs it; returns what it printed.
    fn run<'w>(
        &self,
        address: &Address,
        words: impl IntoIterator<Item = &'w OsStr>,
    ) -> Result<String, OpenError> {
        let failed = |told: String| OpenError::Program { program: self.name, told };
        let mut command = Command::new(&self.path);
        command.args(words);
        surround(&mut command, address);
        let output = command.output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// Says by the environment which server it is, and who asks.
fn surround(command: &mut Command, address: &Address) {
    let config = address.config();
    for name in ["PGSERVICE", "PGHOSTADDR", "PGOPTIONS", "PGPASSFILE"] {
        command.env_remove(name);
    }
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let ports: Vec<String> = config.get_ports().iter().map(ToString::to_string).collect();
    let mut set = |name: &str, value: Option<String>| match value.filter(|value| !value.is_empty())
    {
        Some(value) => drop(command.env(name, value)),
        None => drop(command.env_remove(name)),
    };
    set("PGHOST", Some(hosts.join(",")));
    set("PGPORT", Some(ports.join(",")));
    set("PGUSER", config.get_user().map(str::to_owned));
    set("PGDATABASE", config.get_dbname().map(str::to_owned));
    let password = config.get_password();
    set("PGPASSWORD", password.map(|password| String::from_utf8_lossy(password).into_owned()));
    let encrypted = config.get_ssl_mode() != SslMode::Disable;
    set("PGSSLMODE", Some(if encrypted { "verify-full" } else { "disable" }.to_owned()));
    let authority = address.root_certificate().cloned().unwrap_or_else(|| AUTHORITIES.into());
    set("PGSSLROOTCERT", Some(authority.display().to_string()).filter(|_| encrypted));
    set("PGAPPNAME", Some("sutler".to_owned()));
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
