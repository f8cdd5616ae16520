//! The file of a backup: a schema as `pg_dump` writes it (custom format), looked through and put back by `pg_restore` and
//! `psql`.
//!
//! A schema is put back under a name that nobody has, whatever its own name is and whoever has that one, in one
//! transaction: the schema of its own name steps aside, `pg_restore` tells `psql` what to make, and the names change back.
//! Nobody else ever sees any of it but the end, and a transaction that is cut leaves nothing.
//!
//! Behind what `pg_dump` wrote stand the [`Sums`] of the tables at the moment of the backup, as JSON, and a last line that
//! says how long that is. The programs of PostgreSQL do not read so far: where each table lies stands at the beginning.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::address::{Address, check_name};
use crate::error::OpenError;
use crate::program::Program;
use crate::sums::Sums;

/// What the last line says before the length of the sums, which has as many digits.
const SUMS: &str = "sutler sums ";

/// How many digits a length has in the last line.
const DIGITS: usize = 12;

/// A file, and the server that it came from or goes to.
pub(crate) struct Archive<'a> {
    pub(crate) file: &'a Path,
    pub(crate) server: &'a Address,
}

impl Archive<'_> {
    /// Writes the shop of the address as a snapshot of the server shows it.
    pub(crate) fn write(&self, snapshot: &str) -> Result<(), OpenError> {
        let shop = self.server.shop();
        let words = ["--format=custom", "--no-owner", "--no-privileges", "--schema", shop];
        let words = words.into_iter().chain(["--snapshot", snapshot]).map(OsStr::new);
        let file = [OsStr::new("--file"), self.file.as_os_str()];
        Program::find("pg_dump")?.run(self.server, words.chain(file)).map(drop)
    }

    /// Writes the sums behind the rest, and all of it onto the disk.
    pub(crate) fn end_with(&self, sums: &Sums) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.file)?;
        let text = serde_json::to_string(sums)?;
        writeln!(file, "{text}{SUMS}{:0DIGITS$}", text.len())?;
        file.sync_all()
    }

    /// Reads the sums.
    pub(crate) fn sums(&self) -> Result<Sums, OpenError> {
        let read = self.last_text().map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => self.damaged(
                "its end is missing, or it was not written by `sutler backup`; what pg_dump wrote is put back by pg_restore",
            ),
            _ => OpenError::File { path: self.file.to_path_buf(), source },
        })?;
        serde_json::from_str(&read).map_err(|error| self.damaged(error.to_string()))
    }

    fn last_text(&self) -> io::Result<String> {
        let strange = || io::Error::from(io::ErrorKind::InvalidData);
        let last = SUMS.len() + DIGITS + 1;
        let back = |length: usize| i64::try_from(length).map(|length| SeekFrom::End(-length));
        let mut file = File::open(self.file)?;
        file.seek(back(last).map_err(|_| strange())?)?;
        let mut line = vec![0; last];
        file.read_exact(&mut line)?;
        let line = String::from_utf8(line).map_err(|_| strange())?;
        let length = line.strip_prefix(SUMS).and_then(|line| line.trim_end().parse().ok());
        let length: usize = length.ok_or_else(strange)?;
        file.seek(back(length + last).map_err(|_| strange())?)?;
        let mut text = vec![0; length];
        file.read_exact(&mut text)?;
        String::from_utf8(text).map_err(|_| strange())
    }

    /// Reads all of it, so that one that was cut or spoilt is found.
    pub(crate) fn look_through(&self) -> Result<(), OpenError> {
        let words = [OsStr::new("--file"), OsStr::new("/dev/null"), self.file.as_os_str()];
        let read = Program::find("pg_restore")?.run(self.server, words);
        read.map(drop).map_err(|error| self.damaged_if_told(error))
    }

    /// Returns the name of the shop in it.
    pub(crate) fn shop(&self) -> Result<String, OpenError> {
        let words = [OsStr::new("--list"), self.file.as_os_str()];
        let list = Program::find("pg_restore")?.run(self.server, words);
        let list = list.map_err(|error| self.damaged_if_told(error))?;
        // `12; 2615 16385 SCHEMA - corner owner`
        let name = list.lines().find_map(|line| line.split_once(" SCHEMA - ")?.1.split(' ').next());
        let name = name.filter(|name| check_name(name).is_ok());
        name.map(str::to_owned).ok_or_else(|| self.damaged("it holds no shop"))
    }

    /// Puts it back as a schema of another name, in place of one that has the name.
    pub(crate) fn put_back(&self, schema: &str) -> Result<(), OpenError> {
        let own = self.shop()?;
        let before = before(&own, schema);
        let after = after(&own, schema);
        let words = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction"];
        let script = ["--output", "/dev/null", "--command", &before, "--file", "-", "--command"];
        let words = words.into_iter().chain(script).chain([after.as_str()]).map(OsStr::new);
        let printed = ["--no-owner", "--no-privileges", "--file", "-"].map(OsStr::new).into_iter();
        let printed = printed.chain([self.file.as_os_str()]).collect();
        let printer = Program::find("pg_restore")?;
        Program::find("psql")?.run_on_output(self.server, words, (&printer, printed))
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> OpenError {
        OpenError::Damaged { path: self.file.to_path_buf(), what: what.into() }
    }

    /// What a program says of a file that it cannot read is about the file.
    fn damaged_if_told(&self, error: OpenError) -> OpenError {
        match error {
            OpenError::Program { told, .. } => self.damaged(told),
            other => other,
        }
    }
}

/// Where the schema of a shop's own name is while another one of that name is made: inside one transaction, seen by nobody.
const ASIDE: &str = "_stepped_aside";

/// Makes room: for what is put back, and for the name under which it was backed up.
///
/// Why the lock: a name stands aside for a moment, and what an earlier run left may still be under way. Restores in one
/// database go one after the other.
fn before(own: &str, schema: &str) -> String {
    format!(
        "SET client_min_messages = warning;
         SELECT pg_advisory_xact_lock(hashtextextended('sutler restore', 0));
         DROP SCHEMA IF EXISTS \"{schema}\" CASCADE;
         DO $$ BEGIN IF to_regnamespace('\"{own}\"') IS NOT NULL THEN
           ALTER SCHEMA \"{own}\" RENAME TO {ASIDE}; END IF; END $$"
    )
}

fn after(own: &str, schema: &str) -> String {
    format!(
        "ALTER SCHEMA \"{own}\" RENAME TO \"{schema}\";
         DO $$ BEGIN IF to_regnamespace('{ASIDE}') IS NOT NULL THEN
           ALTER SCHEMA {ASIDE} RENAME TO \"{own}\"; END IF; END $$"
    )
}
