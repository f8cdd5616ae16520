//! Encryption of a connection, which verifies the server and notes whether it came about.
//!
//! The note is what tells a server that knows no encryption from one that asks in a strange way who comes: the driver has
//! different sentences for the two, and no types.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError};
use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Address;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
type Inner = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;

/// Encryption of connections, for one attempt to connect.
#[derive(Clone)]
pub(crate) struct Encryption {
    connect: MakeRustlsConnect,
    came_about: Arc<AtomicBool>,
}

impl Encryption {
    /// Makes encryption that verifies the server: against the given authority, else against those of the system.
    pub(crate) fn of(address: &Address) -> Result<Self, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        match address.root_certificate() {
            Some(path) => {
                let bad = |error: &dyn std::fmt::Display| {
                    format!("the certificates in {} cannot be used: {error}", path.display())
                };
                for certificate in
                    CertificateDer::pem_file_iter(path).map_err(|error| bad(&error))?
                {
                    let certificate = certificate.map_err(|error| bad(&error))?;
                    roots.add(certificate).map_err(|error| bad(&error))?;
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
        Ok(Self { connect: MakeRustlsConnect::new(config), came_about: Arc::default() })
    }

    /// Returns the same for another attempt.
    pub(crate) fn anew(&self) -> Self {
        Self { connect: self.connect.clone(), came_about: Arc::default() }
    }

    /// Whether the last server that was asked is talked to in secret.
    pub(crate) fn came_about(&self) -> bool {
        self.came_about.load(Ordering::SeqCst)
    }
}

/// Whether a failure of the line is one of encryption, and not of the network below.
pub(crate) fn is_of_encryption(failure: &std::io::Error) -> bool {
    let inner = failure.get_ref();
    inner.is_some_and(|why| why.is::<rustls::Error>() || why.is::<InvalidDnsNameError>())
}

impl MakeTlsConnect<Socket> for Encryption {
    type Stream = Stream;
    type TlsConnect = Begun;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Begun, Self::Error> {
        self.came_about.store(false, Ordering::SeqCst);
        let inner = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.connect, host)?;
        Ok(Begun { inner, came_about: Arc::clone(&self.came_about) })
    }
}

/// Encryption of one connection.
pub(crate) struct Begun {
    inner: Inner,
    came_about: Arc<AtomicBool>,
}

impl TlsConnect<Socket> for Begun {
    type Stream = Stream;
    type Error = <Inner as TlsConnect<Socket>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Self::Error>> + Send>>;

    fn connect(self, line: Socket) -> Self::Future {
        Box::pin(async move {
            let stream = self.inner.connect(line).await?;
            self.came_about.store(true, Ordering::SeqCst);
            Ok(stream)
        })
    }
}
