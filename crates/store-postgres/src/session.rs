//! One connection: made with the settings that correctness depends on, which are read back.
//!
//! What the store relies on is asked for when the connection begins and looked at before it is used: the schema that is
//! searched, the isolation, that writes are durable, that nothing waits for ever. A pooler between us and the server that
//! drops or shares these settings is found out here and refused.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Address;
use crate::error::OpenError;
use crate::flight::{Call, Prepared, fly, params};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        SETTINGS = "SELECT name, current_setting(name) FROM unnest($1::text[]) AS s (name)
            UNION ALL SELECT 'in_recovery', pg_is_in_recovery()::text";
    }
}

/// The oldest server that is known to have everything that is used here.
const OLDEST: i32 = 140_000;

/// How long the way to a server may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a silent network is trusted.
const SILENCE: Duration = Duration::from_secs(15);

/// A setting that we make, and what it must show.
const MADE: &[(&str, &str)] = &[
    ("statement_timeout", "30s"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    ("client_encoding", "UTF8"),
    ("jit", "off"),
];

/// A setting of the server, and what it must not show.
const NEVER: &[(&str, &str, &str)] = &[
    ("fsync", "off", "on"),
    ("full_page_writes", "off", "on"),
    ("synchronous_commit", "off", "on"),
    ("in_recovery", "true", "false (a primary)"),
    ("server_encoding", "SQL_ASCII", "UTF8"),
];

/// Where connections lead, and how they are made.
pub(crate) struct Place {
    address: Address,
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    /// The server, for messages.
    server: String,
}

/// A connection in good order.
pub(crate) struct Session {
    wire: Client,
    prepared: Prepared,
}

impl Place {
    /// Prepares everything that connections need; connects to nothing.
    pub(crate) fn new(address: &Address) -> Result<Self, OpenError> {
        let mut config = address.config().clone();
        let server = server_of(address);
        let mut options = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
        options.push_str(&format!("-c search_path={}", search_path(address).replace(' ', "")));
        for (name, value) in MADE {
            options.push_str(&format!(" -c {name}={}", value.replace(' ', "\\ ")));
        }
        config.options(options).tcp_user_timeout(SILENCE);
        config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 3).keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("sutler");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(
                connector(address)
                    .map_err(|source| OpenError::Tls { server: server.clone(), source })?,
            ),
        };
        Ok(Self { address: address.clone(), config, tls, server })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Connects and looks at the settings.
    pub(crate) async fn connect(&self) -> Result<Session, OpenError> {
        let client = match &self.tls {
            Some(tls) => self.drive(self.config.connect(tls.clone()).await),
            None => self.drive(self.config.connect(NoTls).await),
        }?;
        let session = Session { wire: client, prepared: Prepared::default() };
        self.check(&session).await?;
        Ok(session)
    }

    /// Lets the runtime carry what the connection says.
    fn drive<S, T>(
        &self,
        connected: Result<(Client, tokio_postgres::Connection<S, T>), tokio_postgres::Error>,
    ) -> Result<Client, OpenError>
    where
        tokio_postgres::Connection<S, T>:
            Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
    {
        let (client, connection) = connected.map_err(|error| self.refused(error))?;
        // Whoever waits for an answer is told that the connection ended.
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }

    async fn check(&self, session: &Session) -> Result<(), OpenError> {
        let names: Vec<&str> = MADE
            .iter()
            .map(|(name, _)| *name)
            .chain(NEVER.iter().map(|(name, ..)| *name).filter(|name| *name != "in_recovery"))
            .chain(["search_path", "server_version_num"])
            .collect();
        let ask = [Call::new(sql::SETTINGS, params![names])];
        let answers = session.fly(&ask).await.map_err(|failed| self.refused(failed))?;
        let mut found: Vec<(String, String)> = Vec::new();
        for row in answers.iter().flatten() {
            let read = || Ok((row.at(0)?, row.at(1)?));
            found.push(read().map_err(|fault: crate::error::Fault| self.failed(fault))?);
        }
        let shown = |name: &str| {
            found.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value.as_str())
        };
        let wrong = |name: &str, wanted: &str| OpenError::Setting {
            server: self.server.clone(),
            name: name.to_owned(),
            wanted: wanted.to_owned(),
            found: shown(name).to_owned(),
        };
        for (name, wanted) in MADE {
            if shown(name) != *wanted {
                return Err(wrong(name, wanted));
            }
        }
        for (name, never, wanted) in NEVER {
            if shown(name) == *never {
                return Err(wrong(name, wanted));
            }
        }
        let path = search_path(&self.address);
        if shown("search_path").replace(' ', "") != path.replace(' ', "") {
            return Err(wrong("search_path", &path));
        }
        match shown("server_version_num").parse::<i32>() {
            Ok(version) if version >= OLDEST => Ok(()),
            _ => Err(wrong("server_version_num", &format!("at least {OLDEST}"))),
        }
    }

    pub(crate) fn failed(
        &self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> OpenError {
        OpenError::Failed { server: self.server.clone(), source: source.into() }
    }

    /// Sorts why a connection was not made.
    pub(crate) fn refused(&self, error: tokio_postgres::Error) -> OpenError {
        let server = self.server.clone();
        let Some(said) = error.as_db_error() else {
            let text = error.to_string();
            if text.contains("TLS") {
                return OpenError::Tls { server, source: Box::new(error) };
            }
            if text.contains("invalid configuration") || text.contains("authentication") {
                let why = std::error::Error::source(&error).map(ToString::to_string);
                return OpenError::Denied { server, told: why.unwrap_or(text) };
            }
            return OpenError::Unreachable { server, source: Box::new(error) };
        };
        let code = said.code();
        let told = said.message().to_owned();
        if code.code().starts_with("28") || *code == SqlState::INVALID_CATALOG_NAME {
            return OpenError::Denied { server, told };
        }
        if *code == SqlState::PROTOCOL_VIOLATION {
            // A pooler that does not pass our settings on says so.
            let (name, wanted) = ("options".to_owned(), "passed on".to_owned());
            return OpenError::Setting { server, name, wanted, found: told };
        }
        if code.code().starts_with("57P") || *code == SqlState::TOO_MANY_CONNECTIONS {
            return OpenError::Unreachable { server, source: Box::new(error) };
        }
        OpenError::Failed { server, source: Box::new(error) }
    }
}

impl Session {
    /// Sends calls in one flight.
    pub(crate) async fn fly(&self, calls: &[Call]) -> Result<Vec<Vec<Row>>, tokio_postgres::Error> {
        fly(&self.wire, &self.prepared, calls).await
    }

    /// Runs a statement that is not kept prepared, because what it gives is another thing each time.
    pub(crate) async fn once(&self, sql: &str) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.wire.query(sql, &[]).await
    }

    /// Runs a script of several statements.
    pub(crate) async fn script(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.wire.batch_execute(sql).await
    }

    /// Whether the connection has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.wire.is_closed()
    }
}

/// The schema of the shop alone; temporary tables must not take the place of ours.
fn search_path(address: &Address) -> String {
    format!("{}, pg_temp", address.shop())
}

/// Returns the address without the shop.
fn server_of(address: &Address) -> String {
    let shown = address.to_string();
    shown.split_once('?').map_or(shown.clone(), |(server, _)| server.to_owned())
}

/// Makes encryption that verifies the server: against the given authority, else against those of the system.
fn connector(
    address: &Address,
) -> Result<MakeRustlsConnect, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = rustls::RootCertStore::empty();
    match address.root_certificate() {
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path)? {
                roots.add(certificate?)?;
            }
        }
        None => {
            let (added, _) =
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if added == 0 {
                return Err("the system has no certificates of authorities".into());
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
