//! The programs that come with PostgreSQL: found, told which server it is, run.
//!
//! Passwords are handed to them in their environment, which nobody else can read, and never as a word of the command.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tokio_postgres::config::{Host, SslMode};

use crate::address::Address;
use crate::error::OpenError;

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Where most systems keep the certificates of authorities in one file.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A program of PostgreSQL.
pub(crate) struct Program {
    name: &'static str,
    path: PathBuf,
}

impl Program {
    /// Looks on the PATH, then in the folders of Debian, the newest version first.
    pub(crate) fn find(name: &'static str) -> Result<Self, OpenError> {
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
    pub(crate) fn run<'w>(
        &self,
        server: &Address,
        words: impl IntoIterator<Item = &'w OsStr>,
    ) -> Result<String, OpenError> {
        let output = self.command(server, words).output().map_err(|error| self.failed(error))?;
        self.done(&output)
    }

    /// Runs it with what another one prints as its input.
    pub(crate) fn run_on_output<'w>(
        &self,
        server: &Address,
        words: impl IntoIterator<Item = &'w OsStr>,
        (printer, its_words): (&Program, Vec<&OsStr>),
    ) -> Result<(), OpenError> {
        let mut printing = printer.command(server, its_words);
        printing.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut printing = printing.spawn().map_err(|error| printer.failed(error))?;
        let mut reading = self.command(server, words);
        reading.stdin(printing.stdout.take().map_or_else(Stdio::null, Stdio::from));
        // Whichever waits for its output to be read must not keep the other one waiting.
        let (printed, read) = std::thread::scope(|scope| {
            let printed = scope.spawn(|| printing.wait_with_output());
            let read = reading.output();
            // Once nobody holds the other end, the printer ends.
            drop(reading);
            (printed.join(), read)
        });
        let printed = printed.map_err(|_| printer.failed("the wait for it panicked"))?;
        let printed = printer.done(&printed.map_err(|error| printer.failed(error))?);
        // Whoever reads ends first where it fails, and what is printed then fails with it.
        self.done(&read.map_err(|error| self.failed(error))?).and(printed).map(drop)
    }

    fn command<'w>(&self, server: &Address, words: impl IntoIterator<Item = &'w OsStr>) -> Command {
        let mut command = Command::new(&self.path);
        command.args(words);
        surround(&mut command, server);
        command
    }

    fn done(&self, output: &Output) -> Result<String, OpenError> {
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(self.failed(String::from_utf8_lossy(&output.stderr).trim()))
    }

    fn failed(&self, told: impl ToString) -> OpenError {
        OpenError::Program { program: self.name, told: told.to_string() }
    }
}

/// Says by the environment which server it is, and who asks.
fn surround(command: &mut Command, address: &Address) {
    let config = address.config();
    for name in ["PGSERVICE", "PGOPTIONS", "PGPASSFILE"] {
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
    let addresses: Vec<String> = config.get_hostaddrs().iter().map(ToString::to_string).collect();
    set("PGHOSTADDR", Some(addresses.join(",")));
    set("PGPORT", Some(ports.join(",")));
    // Of several, the primary, as with connections of our own.
    let primary = (hosts.len() > 1).then(|| "read-write".to_owned());
    set("PGTARGETSESSIONATTRS", primary);
    set("PGUSER", config.get_user().map(str::to_owned));
    set("PGDATABASE", config.get_dbname().map(str::to_owned));
    let password = config.get_password();
    set("PGPASSWORD", password.map(|password| String::from_utf8_lossy(password).into_owned()));
    let encrypted = config.get_ssl_mode() != SslMode::Disable;
    set("PGSSLMODE", Some(if encrypted { "verify-full" } else { "disable" }.to_owned()));
    let authority = address.root_certificate().cloned().unwrap_or_else(|| AUTHORITIES.into());
    set("PGSSLROOTCERT", Some(authority.display().to_string()).filter(|_| encrypted));
    set("PGAPPNAME", Some("sutler".to_owned()));
    // Texts of a shop are UTF-8, whatever the role or the surroundings ask for.
    set("PGCLIENTENCODING", Some("UTF8".to_owned()));
}
