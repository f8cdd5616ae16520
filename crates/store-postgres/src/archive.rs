//! The file of a backup: a schema as `pg_dump` writes it (custom format), looked through and put back by `pg_restore` and
//! `psql`.
//!
//! A schema is put back under a name that nobody has, whatever its own name is and whoever has that one, in one
//! transaction: the schema of its own name steps aside, `pg_restore` tells `psql` what to make, and the names change back.
//! Nobody else ever sees any of it but the end, and a transaction that is cut leaves nothing.

use std::ffi::OsStr;
use std::path::Path;

use crate::address::{Address, check_name};
use crate::error::OpenError;
use crate::program::Program;

/// A file, and the server that it came from or goes to.
pub(crate) struct Archive<'a> {
    pub(crate) file: &'a Path,
    pub(crate) server: &'a Address,
}

impl Archive<'_> {
    /// Writes the shop of the address.
    pub(crate) fn write(&self) -> Result<(), OpenError> {
        let words =
            ["--format=custom", "--no-owner", "--no-privileges", "--schema", self.server.shop()];
        let words = words.map(OsStr::new).into_iter();
        let file = [OsStr::new("--file"), self.file.as_os_str()];
        Program::find("pg_dump")?.run(self.server, words.chain(file)).map(drop)
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
