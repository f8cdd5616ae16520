//! One connection: made with the settings that correctness depends on, which are read back.
//!
//! What the store relies on is asked for when the connection begins and looked at before it is used: the schema that is
//! searched, the isolation, that writes are durable, that nothing waits for ever.
//!
//! A pooler between us and the server may drop what is asked for. One that gives each client a session of its own is told
//! again, by SQL; one that shares sessions between clients is found out (see [`Place::prove_own`]) and refused: there the
//! settings and prepared statements of one client would be those of another.
//!
//! Invariant: a server whose history was left behind by a failover that this process saw is not written to again.
//!
//! Invariant: no server is waited for without end. One that is silent for longer than its own limit allows has its
//! connection given up, and what waits for it is told.
//!
//! A connection that only reads ([`Purpose::Reading`]) may lead to a replica: there nothing becomes durable, so nothing is
//! asked of it but that it writes nothing.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use tokio::task::AbortHandle;
use tokio_postgres::config::{LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, NoTls, Row, SimpleQueryMessage};

use crate::address::Address;
use crate::clock;
use crate::encryption::{Encryption, is_of_encryption};
use crate::error::{Fault, Meaning, OpenError, meaning};
use crate::flight::{Call, Prepared, fly, params};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        /// What a commit waits for is read and kept in one step: a server that is told to wait for less tells it to new sessions only.
        SETTINGS = "SELECT name, CASE name WHEN 'synchronous_commit' THEN set_config(name, current_setting(name), false)
              ELSE current_setting(name, true) END FROM unnest($1::text[]) AS s (name)
            UNION ALL SELECT 'in_recovery', pg_is_in_recovery()::text
            UNION ALL SELECT 'backend', pg_backend_pid()::text
            UNION ALL SELECT 'clock', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text
            UNION ALL SELECT 'timeline', CASE WHEN pg_is_in_recovery() THEN '0' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END";
        MAKE = "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS s (name, value)";
    }
}

/// The oldest server that is known to have everything that is used here.
const OLDEST: i32 = 140_000;

/// How long the way to a server may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a network that does not deliver is trusted.
const UNDELIVERED: Duration = Duration::from_secs(15);

/// How long a statement may take, by the clock of the server.
const STATEMENT_MAX: Duration = Duration::from_secs(30);

/// How much longer than the server's limit its answer is waited for.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

/// How long a server may be silent about a statement that it has to end by itself after `statement_max`.
pub(crate) const fn silence(statement_max: Duration) -> Duration {
    statement_max.saturating_add(ON_ITS_WAY)
}

/// How long a server may be silent about an ordinary statement.
pub(crate) const SILENCE: Duration = silence(STATEMENT_MAX);

/// How often it is looked whether a session is shared. Of a pooler with many sessions that are all in use, each look finds
/// it out with a probability near one.
const PROOFS: u32 = 8;

/// A setting that we make, and what it must show.
const MADE: &[(&str, &str)] = &[
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("default_transaction_isolation", "read committed"),
    ("client_encoding", "UTF8"),
    ("jit", "off"),
    // Every statement finds its rows by an index, which a test of the plans shows. The server would walk through tables that
    // were small when it last counted them, and think about the plan anew at each call.
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A setting of the server, and what it may show.
type Needed = (&'static str, &'static [&'static str]);

/// What is needed of every server.
const NEEDED: &[Needed] = &[("server_encoding", &["UTF8"])];

/// What is needed where it is written. With less than these of `synchronous_commit` a commit that was acknowledged may be
/// lost: with `off` in a crash, with `local` and `remote_write` in a failover to a synchronous replica.
const NEEDED_WRITING: &[Needed] = &[
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("synchronous_commit", &["on", "remote_apply"]),
    ("in_recovery", &["false"]),
];

/// What connections are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Reading and writing, on a primary.
    Writing,
    /// Reading alone, on a primary or a replica.
    Reading,
}

impl Purpose {
    /// Returns the settings that a connection makes, and what each must show.
    fn made(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let read_only = if self == Purpose::Reading { "on" } else { "off" };
        MADE.iter().copied().chain([("default_transaction_read_only", read_only)])
    }

    /// Returns the settings of the server, each with what it may show.
    fn needed(self) -> impl Iterator<Item = &'static Needed> {
        let writing = if self == Purpose::Writing { NEEDED_WRITING } else { &[] };
        NEEDED.iter().chain(writing)
    }
}

/// Where connections lead, and how they are made.
pub(crate) struct Place {
    address: Address,
    config: tokio_postgres::Config,
    encryption: Option<Encryption>,
    purpose: Purpose,
    /// The server, for messages.
    server: String,
    /// How long a server may be silent about a statement.
    silence: Duration,
    /// How long all servers together may take to let us in.
    welcome: Duration,
    /// One of several servers took a connection and said nothing: whoever stands first is no longer asked first.
    met_silence: AtomicBool,
    /// A pooler stands before the server, and does not take settings when a connection begins.
    refuses_options: AtomicBool,
    /// A pooler that drops settings was seen to give each client a session of its own.
    is_own: AtomicBool,
    /// A word that stands among the settings of our sessions only: where it is not shown, settings were dropped.
    word: String,
    /// The newest history of the server that was seen; a failover begins the next.
    timeline: AtomicU32,
    /// The clock of this machine.
    clock: fn() -> SystemTime,
}

/// A connection in good order.
pub(crate) struct Session {
    wire: Client,
    prepared: Prepared,
    /// The process of the server that answers.
    backend: i32,
    /// How long the server may be silent about a statement.
    silence: Duration,
    /// Carries what both sides say.
    carrier: AbortHandle,
}

/// What a connection showed of its settings.
struct Shown {
    settings: Vec<(String, String)>,
    /// When it was asked and when it answered, by the clock of this machine, in milliseconds.
    between: (i64, i64),
}

impl Shown {
    fn get(&self, name: &str) -> &str {
        self.settings.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value.as_str())
    }

    /// Returns the process of the server that answers.
    fn backend(&self) -> Result<i32, Unread> {
        let text = self.get("backend");
        text.parse().map_err(|_| Unread { what: "process", text: text.to_owned() })
    }

    /// Returns the moment at which the server answered, in milliseconds since 1970.
    fn clock(&self) -> Result<i64, Unread> {
        let text = self.get("clock");
        text.parse().map_err(|_| Unread { what: "clock", text: text.to_owned() })
    }

    /// Returns the history that the server is in, which is written in hexadecimal digits.
    fn timeline(&self) -> Result<u32, Unread> {
        let text = self.get("timeline");
        let read = u32::from_str_radix(text, 16);
        read.map_err(|_| Unread { what: "timeline", text: text.to_owned() })
    }
}

/// A server, or whatever stands before it, tells of itself what no server does.
#[derive(Debug, thiserror::Error)]
#[error("its {what} is `{text}`, which is no number")]
struct Unread {
    what: &'static str,
    text: String,
}

impl Place {
    /// Prepares everything that connections need; connects to nothing.
    pub(crate) fn new(
        address: &Address,
        purpose: Purpose,
        silence: Duration,
    ) -> Result<Self, OpenError> {
        let mut config = address.config().clone();
        let server = address.place().to_owned();
        if config.get_hosts().len() > 1 && purpose == Purpose::Writing {
            // Where one of several took over, the others are passed over.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        config.tcp_user_timeout(UNDELIVERED);
        config.keepalives_idle(UNDELIVERED).keepalives_interval(UNDELIVERED / 3);
        config.keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("sutler");
        }
        let on_the_way = config.get_connect_timeout().copied().unwrap_or(CONNECT);
        config.connect_timeout(on_the_way);
        // As long for the greeting as for the way, and that for each host.
        let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX);
        let welcome = on_the_way.saturating_mul(2).saturating_mul(hosts.max(1));
        let encryption = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(
                Encryption::of(address)
                    .map_err(|source| OpenError::Tls { server: server.clone(), source })?,
            ),
        };
        Ok(Self {
            address: address.clone(),
            config,
            encryption,
            purpose,
            server,
            silence,
            welcome,
            met_silence: AtomicBool::new(false),
            refuses_options: AtomicBool::new(false),
            is_own: AtomicBool::new(false),
            // The keys of the standard library's hash maps are random.
            word: format!("{:016x}", RandomState::new().hash_one(0_u8)),
            timeline: AtomicU32::new(0),
            clock: SystemTime::now,
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Returns how long a server may be silent about a statement.
    pub(crate) fn silence(&self) -> Duration {
        self.silence
    }

    /// Connects and looks at the settings.
    pub(crate) async fn connect(&self) -> Result<Session, OpenError> {
        let mut session = self.dial().await?;
        let mut shown = self.look(&session).await?;
        if self.made().any(|(name, wanted)| shown.get(name).replace(", ", ",") != wanted) {
            self.prove_own(&session).await?;
            let (names, values): (Vec<&str>, Vec<String>) = self.made().unzip();
            let make = [Call::new(sql::MAKE, params![names, values])];
            session.fly(&make).await.map_err(|failed| self.refused(failed))?;
            shown = self.look(&session).await?;
        }
        self.check(&shown)?;
        session.backend = shown.backend().map_err(|unread| self.failed(unread))?;
        Ok(session)
    }

    /// Connects, and asks for the settings at once where that is possible.
    async fn dial(&self) -> Result<Session, OpenError> {
        let mut config = self.config.clone();
        if self.met_silence.load(Ordering::Relaxed) {
            config.load_balance_hosts(LoadBalanceHosts::Random);
        }
        if !self.refuses_options.load(Ordering::Relaxed) {
            let mut config = config.clone();
            config.options(self.options());
            match self.dial_with(&config).await {
                Err(OpenError::Setting { .. }) => {
                    self.refuses_options.store(true, Ordering::Relaxed)
                }
                dialed => return dialed,
            }
        }
        self.dial_with(&config).await
    }

    async fn dial_with(&self, config: &tokio_postgres::Config) -> Result<Session, OpenError> {
        let dialed = tokio::time::timeout(self.welcome, async {
            match &self.encryption {
                None => {
                    let connected = config.connect(NoTls).await;
                    self.drive(connected.map_err(|error| self.shut(error, true)))
                }
                Some(encryption) => {
                    let attempt = encryption.anew();
                    let connected = config.connect(attempt.clone()).await;
                    self.drive(connected.map_err(|error| self.shut(error, attempt.came_about())))
                }
            }
        });
        dialed.await.unwrap_or_else(|_| {
            self.met_silence.store(true, Ordering::Relaxed);
            Err(self.refused(Fault::Silent(self.welcome)))
        })
    }

    /// Returns the settings that we make, in the form in which they are shown, without blanks in lists.
    fn made(&self) -> impl Iterator<Item = (&'static str, String)> {
        let path = ("search_path", search_path(&self.address).replace(", ", ","));
        let limit = ("statement_timeout", format!("{}s", STATEMENT_MAX.as_secs()));
        let word = ("sutler.session", self.word.clone());
        self.purpose.made().map(|(name, value)| (name, value.to_owned())).chain([limit, path, word])
    }

    /// Returns the settings that we make as words for the server, behind those of the URL.
    fn options(&self) -> String {
        let given = self.config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
        let made =
            self.made().map(|(name, value)| format!("-c {name}={}", value.replace(' ', "\\ ")));
        given + &made.collect::<Vec<_>>().join(" ")
    }

    /// Asks the server for its settings.
    async fn look(&self, session: &Session) -> Result<Shown, OpenError> {
        let names: Vec<&str> = self
            .made()
            .map(|(name, _)| name)
            .chain(
                self.purpose.needed().map(|(name, _)| *name).filter(|name| *name != "in_recovery"),
            )
            .chain(["server_version_num"])
            .collect();
        let ask = [Call::new(sql::SETTINGS, params![names])];
        let asked = clock::millis((self.clock)());
        let answers = session.fly(&ask).await.map_err(|failed| self.refused(failed))?;
        let between = (asked, clock::millis((self.clock)()));
        let read = |row: &Row| Ok((row.at(0)?, row.at::<Option<String>>(1)?.unwrap_or_default()));
        let settings: Result<_, Fault> = answers.iter().flatten().map(read).collect();
        let settings = settings.map_err(|fault| self.failed(fault))?;
        Ok(Shown { settings, between })
    }

    /// Refuses a pooler that lets clients share sessions.
    ///
    /// Why: nothing says so. But where they are shared, a session that nobody uses at the moment is given to whoever asks next;
    /// so two connections meet the same one, or one connection meets several.
    async fn prove_own(&self, session: &Session) -> Result<(), OpenError> {
        if self.is_own.load(Ordering::Relaxed) {
            return Ok(());
        }
        let other = self.dial().await?;
        let first = (self.backend(session).await?, self.backend(&other).await?);
        for _ in 0..PROOFS {
            // Asked twice, because a pooler may also go round.
            let again = (
                self.backend(session).await?,
                self.backend(session).await?,
                self.backend(&other).await?,
            );
            if first.0 == first.1 || again != (first.0.clone(), first.0.clone(), first.1.clone()) {
                return Err(self.shared());
            }
        }
        self.is_own.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Returns the process of the server that answers just now.
    async fn backend(&self, session: &Session) -> Result<Option<String>, OpenError> {
        let told = session.ask("SELECT pg_backend_pid()").await;
        let told = told.map_err(|failed| self.refused(failed))?;
        Ok(told.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }

    /// Returns the refusal of a pooler that lets clients share sessions.
    pub(crate) fn shared(&self) -> OpenError {
        let (name, wanted) = ("pool_mode".to_owned(), "session".to_owned());
        OpenError::Setting {
            server: self.server.clone(),
            name,
            wanted,
            found: "transaction".to_owned(),
        }
    }

    /// Lets the runtime carry what the connection says.
    fn drive<S, T>(
        &self,
        connected: Result<(Client, tokio_postgres::Connection<S, T>), OpenError>,
    ) -> Result<Session, OpenError>
    where
        tokio_postgres::Connection<S, T>:
            Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
    {
        let (wire, connection) = connected?;
        // Whoever waits for an answer is told that the connection ended.
        let carrier = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Session {
            wire,
            prepared: Prepared::default(),
            backend: 0,
            silence: self.silence,
            carrier,
        })
    }

    fn check(&self, shown: &Shown) -> Result<(), OpenError> {
        let wrong = |name: &str, wanted: &str| OpenError::Setting {
            server: self.server.clone(),
            name: name.to_owned(),
            wanted: wanted.to_owned(),
            found: shown.get(name).to_owned(),
        };
        for (name, wanted) in self.made() {
            if shown.get(name).replace(", ", ",") != wanted {
                return Err(wrong(name, &wanted));
            }
        }
        for (name, good) in self.purpose.needed() {
            if !good.contains(&shown.get(name)) {
                return Err(wrong(name, &good.join("` or `")));
            }
        }
        match shown.get("server_version_num").parse::<i32>() {
            Ok(version) if version >= OLDEST => {}
            _ => return Err(wrong("server_version_num", &format!("at least {OLDEST}"))),
        }
        match self.purpose {
            Purpose::Writing => {
                self.compare_clocks(shown)?;
                self.follow(shown.timeline().map_err(|unread| self.failed(unread))?)
            }
            // A replica tells of none, and nothing is written to it.
            Purpose::Reading => Ok(()),
        }
    }

    /// Refuses to write by a clock that is not that of the others.
    fn compare_clocks(&self, shown: &Shown) -> Result<(), OpenError> {
        let server = shown.clock().map_err(|unread| self.failed(unread))?;
        match clock::seconds_ahead(shown.between.0, server, shown.between.1) {
            None => Ok(()),
            Some(seconds_ahead) => {
                Err(OpenError::Clock { server: self.server.clone(), seconds_ahead })
            }
        }
    }

    /// Notes the history that a server is in. One that is older than what was seen belongs to a primary that was replaced.
    fn follow(&self, timeline: u32) -> Result<(), OpenError> {
        let newest = self.timeline.fetch_max(timeline, Ordering::SeqCst);
        if timeline < newest {
            let source = format!(
                "it is a primary that was replaced: its timeline is {timeline}, and {newest} was seen before"
            );
            return Err(OpenError::Unreachable {
                server: self.server.clone(),
                source: source.into(),
            });
        }
        if newest != 0 && timeline > newest {
            tracing::warn!(
                server = self.server,
                timeline,
                "a replica took over; without synchronous replication the newest changes may be lost: run `sutler verify`"
            );
        }
        Ok(())
    }

    pub(crate) fn failed(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> OpenError {
        OpenError::Failed { server: self.server.clone(), source: source.into() }
    }

    /// Sorts why a connection was not made. `is_safe` is whether it was encrypted, or need not be.
    fn shut(&self, error: tokio_postgres::Error, is_safe: bool) -> OpenError {
        let server = self.server.clone();
        let why = std::error::Error::source(&error).filter(|why| !why.is::<DbError>());
        let of_line = why.and_then(|why| why.downcast_ref::<std::io::Error>());
        match (why, of_line) {
            (_, Some(line)) if is_of_encryption(line) => {
                OpenError::Tls { server, source: Box::new(error) }
            }
            // Neither the server said it nor the network: it has no encryption, or asks who comes in a way that cannot be
            // answered, such as for a password that the URL has not.
            (Some(_), None) if !is_safe => OpenError::Tls { server, source: Box::new(error) },
            (Some(why), None) => OpenError::Denied { server, told: why.to_string() },
            _ => self.refused(error),
        }
    }

    /// Sorts what a server said, or that it says nothing any more.
    pub(crate) fn refused(&self, fault: impl Into<Fault>) -> OpenError {
        let server = self.server.clone();
        let error = match fault.into() {
            Fault::Postgres(error) => error,
            silent @ Fault::Silent(_) => {
                return OpenError::Unreachable { server, source: silent.into() };
            }
            other => return self.failed(other),
        };
        let Some(said) = error.as_db_error() else {
            return OpenError::Unreachable { server, source: Box::new(error) };
        };
        let code = said.code();
        let told = said.message().to_owned();
        let forbidden = *code == SqlState::INSUFFICIENT_PRIVILEGE;
        if forbidden || code.code().starts_with("28") || *code == SqlState::INVALID_CATALOG_NAME {
            return OpenError::Denied { server, told };
        }
        if [&SqlState::INVALID_SQL_STATEMENT_NAME, &SqlState::DUPLICATE_PSTATEMENT].contains(&code)
        {
            // What was prepared a moment ago was prepared in another session.
            return self.shared();
        }
        if *code == SqlState::PROTOCOL_VIOLATION && told.contains("startup parameter") {
            // A pooler that does not pass our settings on says so.
            let (name, wanted) = ("options".to_owned(), "passed on".to_owned());
            return OpenError::Setting { server, name, wanted, found: told };
        }
        if meaning(&error) == Meaning::Again && *code != SqlState::TOO_MANY_CONNECTIONS {
            return OpenError::Busy { server, told };
        }
        // A pooler says of class 08 that it has no connection to the server, for now.
        let may_pass = ["57P", "08"].iter().any(|class| code.code().starts_with(class));
        if may_pass || *code == SqlState::TOO_MANY_CONNECTIONS {
            return OpenError::Unreachable { server, source: Box::new(error) };
        }
        OpenError::Failed { server, source: Box::new(error) }
    }
}

impl Session {
    /// Lets the server be silent for so long from now on.
    pub(crate) fn bear_silence_of(&mut self, silence: Duration) {
        self.silence = silence;
    }

    /// Sends calls in one flight.
    pub(crate) async fn fly(&self, calls: &[Call]) -> Result<Vec<Vec<Row>>, Fault> {
        self.heard(fly(&self.wire, &self.prepared, calls, self.silence).await)
    }

    /// Runs a statement that is not kept prepared, because what it gives is another thing each time.
    pub(crate) async fn once(&self, sql: &str) -> Result<Vec<Row>, Fault> {
        self.within(self.silence, self.wire.query(sql, &[])).await
    }

    /// Runs a script of several statements.
    pub(crate) async fn script(&self, sql: &str) -> Result<(), Fault> {
        // It is answered as a whole, and the server's limit is for each of its statements.
        let statements = u32::try_from(sql.split(';').count()).unwrap_or(u32::MAX);
        self.within(self.silence.saturating_mul(statements), self.wire.batch_execute(sql)).await
    }

    /// Runs a statement that is not prepared.
    async fn ask(&self, sql: &str) -> Result<Vec<SimpleQueryMessage>, Fault> {
        self.within(self.silence, self.wire.simple_query(sql)).await
    }

    /// Waits for an answer, so long.
    async fn within<T>(
        &self,
        silence: Duration,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        let answer = tokio::time::timeout(silence, answer).await;
        self.heard(answer.map_or(Err(Fault::Silent(silence)), |told| Ok(told?)))
    }

    /// Ends a connection whose server was silent for too long: who waits for what is still to come is told, and the server,
    /// should it wake up, finds nobody there.
    fn heard<T>(&self, told: Result<T, Fault>) -> Result<T, Fault> {
        if matches!(told, Err(Fault::Silent(_))) {
            self.carrier.abort();
        }
        told
    }

    /// Returns the process of the server that this connection is with.
    pub(crate) fn backend(&self) -> i32 {
        self.backend
    }

    /// Whether the connection has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.wire.is_closed()
    }
}

/// The schema of the shop alone; temporary tables must not take the place of ours.
///
/// It is a value and no SQL, so that no word in it means another thing and nothing has to be quoted.
fn search_path(address: &Address) -> String {
    format!("{}, pg_temp", address.shop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_does_not_tell_of_itself_is_not_made_up() {
        let of = |settings| Shown { settings, between: (0, 0) };
        let shown = |name: &str, value: &str| of(vec![(name.to_owned(), value.to_owned())]);
        assert!(shown("backend", "4711").backend().is_ok_and(|backend| backend == 4_711));
        assert!(shown("timeline", "0000001A").timeline().is_ok_and(|timeline| timeline == 26));
        for value in ["", "none", "-", "99999999999"] {
            assert!(shown("backend", value).backend().is_err(), "{value}");
            assert!(shown("timeline", value).timeline().is_err(), "{value}");
        }
        let nothing = of(Vec::new());
        assert!(nothing.backend().is_err() && nothing.timeline().is_err());
        assert!(nothing.clock().is_err());
    }

    #[test]
    fn a_machine_whose_clock_is_off_does_not_write() {
        let server =
            std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
        let address: Address = server.parse().expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let connected = async |purpose, clock: fn() -> SystemTime| {
                let mut place = Place::new(&address, purpose, Duration::from_secs(30))?;
                place.clock = clock;
                place.connect().await.map(drop)
            };
            let late: fn() -> SystemTime = || SystemTime::now() - Duration::from_secs(86_400);
            let early: fn() -> SystemTime = || SystemTime::now() + Duration::from_secs(3_600);
            for (clock, wanted) in [(late, -86_400), (early, 3_600)] {
                let error = connected(Purpose::Writing, clock).await.expect_err("it is refused");
                let OpenError::Clock { seconds_ahead, .. } = error else { panic!("{error}") };
                assert!(i64::abs(seconds_ahead - wanted) < 30, "{seconds_ahead}");
                assert!(connected(Purpose::Reading, clock).await.is_ok(), "reading harms nobody");
            }
            assert!(connected(Purpose::Writing, SystemTime::now).await.is_ok());
        });
    }
}
