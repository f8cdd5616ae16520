//! What can go wrong, sorted by who must act.
//!
//! [`OpenError`] is about a shop that cannot be opened; [`Fault`] about work on an open one, before the door turns it into
//! a [`StoreError`]; [`Stop`] about a set of changes that is not applied.

use std::sync::Arc;
use std::time::Duration;

use sutler_core::change::RecordRef;
use sutler_core::port::{Retry, StoreError};
use sutler_core::rejection::Rejection;
use tokio_postgres::error::{Severity, SqlState};

/// Why a shop on Postgres cannot be opened.
///
/// ```
/// use sutler_store_postgres::{OpenError, OpenOptions, PostgresStore};
///
/// // Nobody listens on port 1.
/// let address = "postgres://ada@127.0.0.1:1/shops?sslmode=disable".parse()?;
/// let error = PostgresStore::open(&address, OpenOptions::default()).unwrap_err();
/// assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
/// assert_eq!(error.code(), "store.away");
/// assert!(error.help().contains("server"));
/// assert_eq!(error.retry(), sutler_core::port::Retry::Later);
/// # Ok::<(), sutler_store_postgres::BadAddress>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no server, or it does not let anybody in now.
    #[error("no Postgres server answers at {server}")]
    Unreachable {
        /// Where it was looked for.
        server: String,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server does not know the user, the password or the database.
    #[error("the Postgres server at {server} refuses: {told}")]
    Denied {
        /// Which server.
        server: String,
        /// What it said.
        told: String,
    },
    /// The connection cannot be made safe.
    #[error("the connection to {server} cannot be encrypted and verified")]
    Tls {
        /// Which server.
        server: String,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no shop of this name.
    #[error("there is no shop `{shop}` at {server}")]
    Missing {
        /// Which server.
        server: String,
        /// The name that was asked for.
        shop: String,
    },
    /// The schema belongs to another program.
    #[error("the schema `{shop}` at {server} belongs to another program: it has {found}")]
    Foreign {
        /// Which server.
        server: String,
        /// The schema.
        shop: String,
        /// What gave it away.
        found: String,
    },
    /// The shop was made by a newer program.
    #[error(
        "the shop `{shop}` was made by a newer Sutler (schema {found}, this one knows {known})"
    )]
    Newer {
        /// The shop.
        shop: String,
        /// Its schema.
        found: i32,
        /// The newest schema that this program knows.
        known: i32,
    },
    /// The shop has an older schema, and is only to be read.
    #[error(
        "the shop `{shop}` has schema {found} and this Sutler needs {known}, which cannot be made where it is only read"
    )]
    Older {
        /// The shop.
        shop: String,
        /// Its schema.
        found: i32,
        /// The schema that this program needs.
        known: i32,
    },
    /// The shop was made by a program whose schema differs from the one published under that number.
    #[error(
        "the shop `{shop}` was made by another build of Sutler: its schema {number} ({name}) differs"
    )]
    Changed {
        /// The shop.
        shop: String,
        /// Which migration.
        number: i32,
        /// Its name.
        name: String,
    },
    /// What the shop says of its schema is not what stands there.
    #[error("the shop `{shop}` is damaged: {found}")]
    Torn {
        /// The shop.
        shop: String,
        /// What was found.
        found: String,
    },
    /// A shop of this name stands there already.
    #[error("there already is a shop `{shop}` in this database")]
    Exists {
        /// The shop.
        shop: String,
    },
    /// Somebody else puts a backup back in the place of the shop.
    #[error("another restore of the shop `{shop}` is under way")]
    Restoring {
        /// The shop.
        shop: String,
    },
    /// Something stands where a backup is to be written.
    #[error("{} exists already", .path.display())]
    FileExists {
        /// Where.
        path: std::path::PathBuf,
    },
    /// The file of a backup cannot be reached.
    #[error("{} cannot be reached", .path.display())]
    File {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A backup is damaged, or is none.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// Where.
        path: std::path::PathBuf,
        /// What was found.
        what: String,
    },
    /// A program of PostgreSQL is not installed.
    #[error(
        "the program `{program}` of PostgreSQL is neither on the PATH nor in /usr/lib/postgresql/*/bin"
    )]
    ProgramMissing {
        /// Its name.
        program: &'static str,
    },
    /// A program of PostgreSQL failed.
    #[error("`{program}` failed: {told}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it said.
        told: String,
    },
    /// A copy of a shop into the schema is not at its end.
    #[error(
        "the shop `{shop}` at {server} holds a part of a shop: a copy into it is not at its end"
    )]
    Unfinished {
        /// Which server.
        server: String,
        /// The shop.
        shop: String,
    },
    /// A setting that correctness or durability depends on is not as it must be.
    #[error("{server}: the setting {name} is `{found}` and must be `{wanted}`")]
    Setting {
        /// Which server.
        server: String,
        /// Which setting.
        name: String,
        /// What it must be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// The clock of this machine is not that of the others.
    #[error("the clock of this machine is {} that of {server}", off(*.seconds_ahead))]
    Clock {
        /// Which server.
        server: String,
        /// By how many seconds it is ahead; less than zero: behind.
        seconds_ahead: i64,
    },
    /// Somebody else holds what is needed, longer than it is waited for.
    #[error("somebody else is at work in the database of {server}: {told}")]
    Busy {
        /// Which server.
        server: String,
        /// What it said.
        told: String,
    },
    /// It failed in another way.
    #[error("the work at {server} failed")]
    Failed {
        /// Which server.
        server: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Returns a stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            OpenError::Unreachable { .. } => "store.away",
            OpenError::Denied { .. } => "store.denied",
            OpenError::Tls { .. } => "store.tls",
            OpenError::Missing { .. } => "store.missing",
            OpenError::Foreign { .. } => "store.foreign",
            OpenError::Newer { .. } => "store.newer",
            OpenError::Older { .. } => "store.older",
            OpenError::Changed { .. } => "store.changed",
            OpenError::Exists { .. } | OpenError::FileExists { .. } => "store.exists",
            OpenError::Restoring { .. } => "store.locked",
            OpenError::File { .. } => "store.unreachable",
            OpenError::Torn { .. } | OpenError::Damaged { .. } => "store.damaged",
            OpenError::ProgramMissing { .. } => "store.program_missing",
            OpenError::Program { .. } => "store.failed",
            OpenError::Unfinished { .. } => "store.unfinished",
            OpenError::Setting { .. } => "store.setting",
            OpenError::Clock { .. } => "store.clock",
            OpenError::Busy { .. } => "store.locked",
            OpenError::Failed { .. } => "store.failed",
        }
    }

    /// Returns what a person can do.
    pub fn help(&self) -> &'static str {
        match self {
            OpenError::Unreachable { .. } => {
                "check host and port, and that the server runs and has a connection left; nothing was changed"
            }
            OpenError::Denied { .. } => {
                "check user, password and database in the URL, and what the user may do there"
            }
            OpenError::Tls { .. } => {
                "give the server a certificate for its host name, or name its authority with sslrootcert=FILE; only a \
                 network that nobody else reads may do without, with sslmode=disable"
            }
            OpenError::Missing { .. } => {
                "check the name in `?shop=NAME`, or make a shop there with `sutler init`"
            }
            OpenError::Foreign { .. } => {
                "name another schema with `?shop=NAME`; nothing in this one was changed"
            }
            OpenError::Newer { .. } => {
                "install the newer Sutler; an older one could spoil the shop"
            }
            OpenError::Older { .. } => {
                "open the shop itself once, such as with `sutler doctor --fix`, and let the replica follow"
            }
            OpenError::Changed { .. } => "use the build that made the shop, or restore a backup",
            OpenError::Torn { .. } => "restore a backup under another name; nothing was changed",
            OpenError::Exists { .. } => {
                "to replace the shop that the URL names, say so with --yes; or name another shop or another database"
            }
            OpenError::Restoring { .. } => "wait for its end, and look which of the two you want",
            OpenError::FileExists { .. } => "name another file, or replace this one with --yes",
            OpenError::File { .. } => "check the path, and that you may read and write there",
            OpenError::Damaged { .. } => "take another backup; nothing on the server was changed",
            OpenError::ProgramMissing { .. } => {
                "install the client programs of PostgreSQL, of the server's version or newer: on Debian and Ubuntu \
                 `apt-get install postgresql-client`, on Fedora `dnf install postgresql`, on macOS `brew install libpq`"
            }
            OpenError::Program { .. } => {
                "what it said stands above; it must be of the server's version or newer"
            }
            OpenError::Unfinished { .. } => {
                "run the same `sutler copy` again, which goes on where it stopped; a copy that is not to go on is taken away by \
                 `sutler shop drop NAME`"
            }
            OpenError::Setting { .. } => {
                "change the setting on the server or for the role; connect to the server itself, or through a pooler that \
                 gives each client a session of its own (pgbouncer: pool_mode=session)"
            }
            OpenError::Clock { .. } => {
                "set the clock of this machine, best by a time server, or that of the server: prices and reservations begin and end \
                 by the clocks of all machines, which may be a minute apart"
            }
            OpenError::Busy { .. } => {
                "nothing was changed: try again when the other program is done; pg_stat_activity shows who holds a lock"
            }
            OpenError::Failed { .. } => "the cause says why; the log of the server may say more",
        }
    }

    /// Returns whether trying again may help.
    pub fn retry(&self) -> Retry {
        match self {
            OpenError::Unreachable { .. }
            | OpenError::Busy { .. }
            | OpenError::Restoring { .. } => Retry::Later,
            _ => Retry::Never,
        }
    }
}

/// Says by how much a clock is off.
fn off(seconds_ahead: i64) -> String {
    match seconds_ahead {
        0.. => format!("{seconds_ahead} s ahead of"),
        behind => format!("{} s behind", behind.unsigned_abs()),
    }
}

impl OpenError {
    /// Whether a program that was connected before may be in a moment: a server restarts, or a replica is about to take over.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            OpenError::Unreachable { .. } | OpenError::Busy { .. } => true,
            OpenError::Setting { name, .. } => name == "in_recovery",
            _ => false,
        }
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        StoreError {
            op: "open",
            subject: "the store".to_owned(),
            retry: error.retry(),
            code: error.code(),
            help: Some(error.help().to_owned()),
            source: Box::new(error),
        }
    }
}

/// Why work on an open shop failed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The server or the way to it said so.
    #[error("{}", told(.0))]
    Postgres(Arc<tokio_postgres::Error>),
    /// The server said nothing for so long that the connection was given up.
    #[error(
        "the server did not answer within {:.1} s, and the connection was given up",
        .0.as_secs_f32()
    )]
    Silent(Duration),
    /// A row holds what no program of ours writes.
    #[error("{what} in the shop cannot be read: {why}")]
    Damaged { what: &'static str, why: String },
    /// No connection could be had in time.
    #[error("no connection was free or could be made within {0} ms")]
    Waited(u128),
    /// Other changes were under way for so long that these were not begun.
    #[error("these changes waited for others for {0} ms; nothing of them was written")]
    Queued(u128),
    /// The server could not be reached any more.
    #[error("{0}")]
    Reconnect(#[source] Arc<OpenError>),
    /// The connection was lost around a COMMIT, and the server does not tell what became of it.
    #[error("the connection was lost during the commit, and what became of it cannot be told: {0}")]
    CommitLost(String),
    /// The shop was opened to be read alone.
    #[error("the shop was opened for reading alone")]
    ReadOnly,
    /// A bug: code panicked while it applied this set; nothing of it was written.
    #[error("the store panicked while it applied the changes; nothing of them was written")]
    Panicked,
    /// A bug: a guard does not look at a row that stands in the way; nothing of the set was written.
    #[error("the server refuses what the store let pass: {0}")]
    Unseen(String),
    /// A bug: the work panicked before it could answer.
    #[error("the work on these changes panicked")]
    Unanswered,
}

/// Returns what the server said, or what happened to the connection.
fn told(error: &tokio_postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        let source = std::error::Error::source(error);
        return source.map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
    };
    let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{detail} [{}]", said.message(), said.code().code())
}

/// What a failed statement means for the transaction around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// It cannot have been committed, and may go well when it is repeated.
    Again,
    /// It cannot have been committed: somebody else was faster with a unique text or id. Loading again shows it.
    Outrun,
    /// It cannot have been committed, and will fail again.
    Refused,
    /// The connection is gone.
    Cut,
}

/// Sorts what the server said, or what happened to the connection.
pub(crate) fn meaning(error: &tokio_postgres::Error) -> Meaning {
    let Some(said) = error.as_db_error() else {
        // Without a cause, what came was not what a server says there, and nothing behind it can be trusted either.
        let from_network =
            std::error::Error::source(error).is_none_or(|why| why.is::<std::io::Error>());
        return if error.is_closed() || from_network { Meaning::Cut } else { Meaning::Refused };
    };
    let code = said.code();
    // Not the severity that is for people, which is in the language of the server.
    let ends = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    if ends || code.code().starts_with("57P") {
        return Meaning::Cut;
    }
    let again = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::LOCK_NOT_AVAILABLE,
        &SqlState::QUERY_CANCELED,
        &SqlState::TOO_MANY_CONNECTIONS,
        &SqlState::OUT_OF_MEMORY,
    ];
    match code {
        code if *code == SqlState::UNIQUE_VIOLATION => Meaning::Outrun,
        code if again.contains(&code) => Meaning::Again,
        _ => Meaning::Refused,
    }
}

impl Fault {
    /// Returns the fault of a row that does not make sense.
    pub(crate) fn damaged(what: &'static str, why: impl ToString) -> Self {
        Fault::Damaged { what, why: why.to_string() }
    }

    /// Whether the server itself said what is wrong.
    pub(crate) fn is_told(&self) -> bool {
        matches!(self, Fault::Postgres(error) if error.as_db_error().is_some())
    }

    /// Returns the code of what the server said.
    pub(crate) fn told_code(&self) -> Option<&SqlState> {
        match self {
            Fault::Postgres(error) => error.code(),
            _ => None,
        }
    }

    /// Returns what the failure means for the transaction around it.
    pub(crate) fn meaning(&self) -> Meaning {
        match self {
            Fault::Postgres(error) => meaning(error),
            Fault::Silent(_) => Meaning::Cut,
            _ => Meaning::Refused,
        }
    }

    fn sort(&self) -> (&'static str, Retry, Option<&'static str>) {
        const DAMAGED: &str =
            "stop all writers, run `sutler verify`, and restore the newest backup";
        const FULL: &str = "free some room on the disk of the server, then run the same command again; what was acknowledged before stays";
        const DENIED: &str = "ask the owner of the shop for the right to do that, or use the owner's name in the URL";
        const LOST: &str = "read the record before trying again: it may have been written";
        const BUSY: &str = "try again; if it stays so, look at pg_stat_activity for who holds locks or connections";
        const SILENT: &str = "look at the server and the way to it: it takes connections and does not answer; then try again";
        match self {
            Fault::Silent(_) => ("store.away", Retry::Later, Some(SILENT)),
            Fault::Damaged { .. } => ("store.damaged", Retry::Never, Some(DAMAGED)),
            Fault::Waited(_) | Fault::Queued(_) => ("store.locked", Retry::Later, Some(BUSY)),
            Fault::Reconnect(error) => (error.code(), error.retry(), Some(error.help())),
            Fault::CommitLost(_) | Fault::Unanswered => {
                ("store.failed", Retry::Unknown, Some(LOST))
            }
            Fault::ReadOnly => ("store.read_only", Retry::Never, None),
            Fault::Panicked | Fault::Unseen(_) => ("store.failed", Retry::Never, None),
            Fault::Postgres(error) => {
                match error.code() {
                    Some(code) if *code == SqlState::DISK_FULL => {
                        return ("store.full", Retry::Never, Some(FULL));
                    }
                    Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
                        return ("store.denied", Retry::Never, Some(DENIED));
                    }
                    _ => {}
                }
                match meaning(error) {
                    Meaning::Again | Meaning::Outrun => ("store.locked", Retry::Later, Some(BUSY)),
                    Meaning::Cut => ("store.away", Retry::Later, None),
                    Meaning::Refused => ("store.failed", Retry::Never, None),
                }
            }
        }
    }

    /// Turns the fault into what callers see.
    pub(crate) fn at(self, op: &'static str, subject: &str) -> StoreError {
        let (code, retry, help) = self.sort();
        if retry != Retry::Later {
            tracing::warn!(op, code, subject, error = %self, "the store failed");
        }
        StoreError {
            op,
            subject: subject.to_owned(),
            retry,
            code,
            help: help.map(str::to_owned),
            source: Box::new(self),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Fault::Postgres(Arc::new(error))
    }
}

impl From<OpenError> for Fault {
    fn from(error: OpenError) -> Self {
        Fault::Reconnect(Arc::new(error))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Fault::damaged("a JSON text", error)
    }
}

/// Why a set of changes is not applied.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A record moved on.
    Conflict(RecordRef),
    /// A guard refused.
    Refused(Box<Rejection>),
    /// The same set was committed before.
    Replayed(RecordRef),
    /// The back-end could not work.
    Fault(Fault),
}

/// What became of one change.
pub(crate) type Applied = Result<(), Stop>;

impl Stop {
    /// Returns the refusal of a text that is in use.
    pub(crate) fn taken(noun: &'static str, given: impl ToString) -> Self {
        Rejection::AlreadyExists { noun, given: given.to_string() }.into()
    }
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Stop::Refused(Box::new(rejection))
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

/// Lets a record of `version` follow the `stored` one, `None` while there is none.
pub(crate) fn guard_version(
    stored: Option<u64>,
    version: u64,
    what: impl Into<RecordRef>,
) -> Applied {
    if version.checked_sub(1) == Some(stored.unwrap_or(0)) {
        Ok(())
    } else {
        Err(Stop::Conflict(what.into()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio_postgres::NoTls;

    use super::*;

    /// Returns an error as a server tells it.
    fn told(fields: &[(u8, &str)]) -> Vec<u8> {
        let mut body: Vec<u8> = Vec::new();
        for (kind, text) in fields {
            body.push(*kind);
            body.extend_from_slice(text.as_bytes());
            body.push(0);
        }
        body.push(0);
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [b"E", &length[..], &body].concat()
    }

    /// Lets somebody in, and answers the first question with an error.
    async fn answer(mut line: DuplexStream, error: Vec<u8>) {
        let mut asked = [0; 1_024];
        assert!(line.read(&mut asked).await.unwrap() > 0, "who asks says who it is");
        line.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.unwrap();
        assert!(line.read(&mut asked).await.unwrap() > 0, "and asks");
        line.write_all(&error).await.unwrap();
    }

    /// Returns what an error means that a server tells.
    fn meaning_of(fields: &[(u8, &str)]) -> Meaning {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (ours, theirs) = tokio::io::duplex(1_024);
            let answered = tokio::spawn(answer(theirs, told(fields)));
            let mut config = tokio_postgres::Config::new();
            let (client, connection) = config.user("ada").connect_raw(ours, NoTls).await.unwrap();
            tokio::spawn(connection);
            let error = client.batch_execute("SELECT 1").await.unwrap_err();
            answered.await.unwrap();
            meaning(&error)
        })
    }

    /// A transaction that was idle for too long, on servers with `lc_messages` of two languages.
    #[test]
    fn a_connection_that_the_server_ends_is_cut_in_every_language() {
        for fatal in ["FATAL", "致命的エラー"] {
            let ended = meaning_of(&[
                (b'S', fatal),
                (b'V', "FATAL"),
                (b'C', "25P03"),
                (b'M', "terminating connection due to idle-in-transaction timeout"),
            ]);
            assert_eq!(ended, Meaning::Cut, "{fatal}");
        }
        let refused = meaning_of(&[
            (b'S', "エラー"),
            (b'V', "ERROR"),
            (b'C', "23514"),
            (b'M', "new row violates check constraint"),
        ]);
        assert_eq!(refused, Meaning::Refused);
    }
}
