//! Encryption on the way to the server: certificates that are verified, and everything else refused.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::Schema;
use fixture::cluster::Cluster;
use fixture::load::Load;
use sutler_core::port::Retry;
use sutler_store_conformance::Fixture as _;
use sutler_store_postgres::{Address, OpenError, OpenOptions, PostgresStore};

/// An authority, and what it signed.
struct Authority(tempfile::TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        authority.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem");
        authority
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a certificate for a host that ends so many days from now.
    fn sign(&self, name: &str, host: &str, days: i32) {
        std::fs::write(self.file("names"), format!("subjectAltName={host}\n")).unwrap();
        self.openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout {name}.key -out {name}.csr"));
        self.openssl(&format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -extfile names -out {name}.pem"));
    }

    fn openssl(&self, words: &str) {
        let output =
            Command::new("openssl").args(words.split(' ')).current_dir(self.0.path()).output();
        let output = output.expect("openssl, which every package of Postgres brings along");
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Lets a server show a certificate from now on.
    fn show(&self, name: &str, cluster: &Cluster) {
        let (user, group) = cluster.owner().unzip();
        for (from, to) in
            [(format!("{name}.pem"), "server.crt"), (format!("{name}.key"), "server.key")]
        {
            let to = cluster.data().join(to);
            std::fs::copy(self.file(&from), &to).unwrap();
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
            chown(&to, user, group).unwrap();
        }
        cluster.admin("ALTER SYSTEM SET ssl = on");
        cluster.admin("SELECT pg_reload_conf()");
        // The server reads its files a moment later.
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
}

fn address(port: u16, root: Option<&Path>) -> Address {
    let root = root.map(|path| format!("&sslrootcert={}", path.display())).unwrap_or_default();
    format!("postgres://sutler@localhost:{port}/postgres?shop=shop{root}").parse().unwrap()
}

#[track_caller]
fn is_refused(address: &Address, why: &str) {
    let error =
        PostgresStore::open(address, OpenOptions { create: true, ..OpenOptions::default() });
    let error = error.expect_err(why);
    assert!(matches!(error, OpenError::Tls { .. }), "{why}: {error:?}");
    assert_eq!((error.code(), error.retry()), ("store.tls", Retry::Never), "{why}");
    assert!(error.help().contains("sslrootcert"), "{why}: {}", error.help());
}

#[test]
fn only_a_server_whose_certificate_holds_is_talked_to() {
    let cluster = Cluster::start(&[]);
    let (ours, strange) = (Authority::new(), Authority::new());
    let root = ours.file("ca.pem");
    let secure = address(cluster.port(), Some(&root));
    is_refused(&secure, "the server has no encryption");

    ours.sign("old", "DNS:localhost", -1);
    ours.show("old", &cluster);
    is_refused(&secure, "the certificate has expired");
    ours.sign("other", "DNS:db.example.com", 2);
    ours.show("other", &cluster);
    is_refused(&secure, "the certificate is for another host");
    strange.sign("strange", "DNS:localhost", 2);
    strange.show("strange", &cluster);
    is_refused(&secure, "nobody knows who signed the certificate");

    ours.sign("good", "DNS:localhost", 2);
    ours.show("good", &cluster);
    is_refused(
        &address(cluster.port(), None),
        "the system does not know who signed the certificate",
    );
    is_refused(
        &address(cluster.port(), Some(&strange.file("ca.pem"))),
        "another authority is named",
    );
    let schema = Schema::at(secure, OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    load.is_exact();
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'sutler'";
    assert_eq!(cluster.admin(encrypted), ["t"]);
}

/// A server that ends while it shows its certificate says nothing about the certificate.
#[test]
fn a_line_that_is_cut_while_encryption_begins_is_tried_again_later() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let ending = std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        line.read_exact(&mut [0; 8]).unwrap();
        line.write_all(b"S").unwrap();
        // The greeting is read, so that the line is ended and not broken off.
        assert!(line.read(&mut [0; 4_096]).unwrap() > 0);
    });
    let error = PostgresStore::open(&address(port, None), OpenOptions::default()).unwrap_err();
    ending.join().unwrap();
    assert_eq!((error.code(), error.retry()), ("store.away", Retry::Later), "{error:?}");
}

#[test]
fn an_authority_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, letter) = (folder.path().join("missing.pem"), folder.path().join("letter.pem"));
    std::fs::write(&letter, "-----BEGIN CERTIFICATE-----\nDear Ada\n-----END CERTIFICATE-----\n")
        .unwrap();
    for file in [missing, letter] {
        let error =
            PostgresStore::open(&address(1, Some(&file)), OpenOptions::default()).unwrap_err();
        assert_eq!(error.code(), "store.tls", "{error:?}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(&file.display().to_string()), "{cause}");
    }
}

/// Somebody on the way who says that the server knows no encryption, and would read along.
#[test]
fn encryption_that_is_stripped_on_the_way_is_refused() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let stranger = std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        // Who asks for encryption sends eight bytes; the answer is one letter.
        line.read_exact(&mut [0; 8]).unwrap();
        line.write_all(b"N").unwrap();
        let mut told = Vec::new();
        line.read_to_end(&mut told).unwrap();
        told
    });
    is_refused(&address(port, None), "the server says no");
    assert!(stranger.join().unwrap().is_empty(), "no name and no password was told");
}

/// Waits for a store, and answers its greeting with a demand of its own; returns what is told behind that.
fn stranger(demand: &'static [u8]) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asks = std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        line.read_exact(&mut length).unwrap();
        let rest = usize::try_from(u32::from_be_bytes(length)).unwrap() - length.len();
        line.read_exact(&mut vec![0; rest]).unwrap();
        line.write_all(demand).unwrap();
        let mut told = Vec::new();
        // A store that goes away with something unread resets the line.
        let _ = line.read_to_end(&mut told);
        told
    });
    (port, asks)
}

/// Who demands `channel_binding=require` is not talked out of it: neither with no password at all, nor with one in the clear or
/// hashed as of old, nor with SCRAM that anybody could pass on.
#[test]
fn a_server_that_offers_less_than_channel_binding_is_told_no_password() {
    for (demand, what) in [
        (&b"R\0\0\0\x08\0\0\0\0"[..], "nothing"),
        (b"R\0\0\0\x08\0\0\0\x03", "a password in the clear"),
        (b"R\0\0\0\x0c\0\0\0\x05salt", "an MD5 of it"),
        (b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", "SCRAM without the channel"),
    ] {
        let (port, asks) = stranger(demand);
        let bound = "sslmode=disable&channel_binding=require";
        let url = format!("postgres://ada:geheim@127.0.0.1:{port}/shops?{bound}");
        let error = PostgresStore::open(&url.parse().unwrap(), OpenOptions::default());
        let error = error.expect_err(what);
        assert!(matches!(&error, OpenError::Denied { .. }), "{what}: {error:?}");
        assert_eq!((error.code(), error.retry()), ("store.denied", Retry::Never), "{what}");
        assert!(error.to_string().contains("channel binding"), "{what}: {error}");
        assert!(!error.to_string().contains("geheim"), "{what}: {error}");
        // A farewell at most.
        let told = asks.join().unwrap();
        assert!(told.is_empty() || told == b"X\0\0\0\x04", "{what}: {told:?}");
    }
}

#[test]
fn a_password_is_proved_over_a_channel_that_is_bound_to_the_certificate() {
    let cluster = Cluster::start(&[]);
    let ours = Authority::new();
    ours.sign("good", "DNS:localhost", 2);
    let rules = cluster.data().join("pg_hba.conf");
    std::fs::write(rules, "local all all trust\nhostssl all ada all scram-sha-256\n").unwrap();
    ours.show("good", &cluster);
    cluster.admin("CREATE ROLE ada LOGIN PASSWORD 'geheim'");
    cluster.admin("GRANT CREATE ON DATABASE postgres TO ada");
    let (port, root) = (cluster.port(), ours.file("ca.pem"));
    let at = |password: &str| -> Address {
        let url = format!("postgres://ada:{password}@localhost:{port}/postgres?shop=shop");
        let bound = format!("{url}&channel_binding=require&sslrootcert={}", root.display());
        bound.parse().unwrap()
    };
    let schema = Schema::at(at("geheim"), OpenOptions::default());
    let load = Load::new(schema.store());
    load.commit();
    load.is_exact();
    let error = PostgresStore::open(&at("falsch"), OpenOptions::default()).unwrap_err();
    assert_eq!(error.code(), "store.denied", "{error:?}");
}
