//! Where a shop stands: server, database, and the schema that holds it.
//!
//! `postgres://user:password@host:port/database?shop=NAME` as every Postgres program reads it, but for three words of the
//! query that are ours: `shop`, `sslmode` and `sslrootcert`.
//!
//! A connection over a network is encrypted and the server's certificate is verified; modes that a stranger on the way
//! could switch off (`prefer`, `allow`) do not exist. `sslmode=disable` has to be written out.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// The shop of a database that names none.
const USUAL_SHOP: &str = "shop";

/// The longest name that Postgres keeps whole.
const NAME_MAX: usize = 63;

/// Where a shop stands.
///
/// ```
/// use sutler_store_postgres::Address;
///
/// let address: Address = "postgres://ada:secret@db.example.com/shops?shop=corner".parse()?;
/// assert_eq!(address.shop(), "corner");
/// assert_eq!(address.to_string(), "postgres://ada@db.example.com/shops?shop=corner", "no password is shown");
/// assert!("postgres://db.example.com/shops?shop=Corner Shop".parse::<Address>().is_err());
/// assert!("mysql://db.example.com".parse::<Address>().is_err());
/// # Ok::<(), sutler_store_postgres::BadAddress>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    config: Config,
    shop: String,
    root_certificate: Option<PathBuf>,
    /// The server and the database as they were given, without the password.
    place: String,
    /// The other words of the query as they were given, without the password.
    words: Vec<String>,
}

/// A text is not the address of a shop on Postgres.
///
/// ```
/// use sutler_store_postgres::Address;
///
/// let error = "postgres://localhost/shops?sslmode=prefer".parse::<Address>().unwrap_err();
/// assert!(error.to_string().contains("sslmode=prefer"), "{error}");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadAddress(String);

impl Address {
    /// Returns the name of the shop, which is that of its schema.
    pub fn shop(&self) -> &str {
        &self.shop
    }

    /// Returns the address of another shop in the same database.
    ///
    /// Errors: the name is not one that a shop may have.
    ///
    /// ```
    /// use sutler_store_postgres::Address;
    ///
    /// let address: Address = "postgres://db.example.com/shops?shop=corner".parse()?;
    /// let other = address.with_shop("kiosk")?;
    /// assert_eq!(other.to_string(), "postgres://db.example.com/shops?shop=kiosk");
    /// # Ok::<(), sutler_store_postgres::BadAddress>(())
    /// ```
    pub fn with_shop(&self, name: &str) -> Result<Self, BadAddress> {
        check_name(name)?;
        Ok(self.of_shop(name))
    }

    /// Returns the address of another shop in the same database; the name is one that was checked.
    pub(crate) fn of_shop(&self, shop: &str) -> Self {
        Self { shop: shop.to_owned(), ..self.clone() }
    }

    /// Returns the URL as it was given, without a password: what a command line or a list may show.
    ///
    /// ```
    /// use sutler_store_postgres::Address;
    ///
    /// let url = "postgres://ada:secret@localhost/shops?sslmode=disable&shop=corner";
    /// let address: Address = url.parse()?;
    /// assert_eq!(address.without_password(), "postgres://ada@localhost/shops?shop=corner&sslmode=disable");
    /// # Ok::<(), sutler_store_postgres::BadAddress>(())
    /// ```
    pub fn without_password(&self) -> String {
        let mut url = self.to_string();
        for word in &self.words {
            url.push('&');
            url.push_str(word);
        }
        url
    }

    /// Returns the server and the database, without the password.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Returns the schema of the shop as SQL names it: in quotes, because `order` and `user` are good names and words of SQL.
    pub(crate) fn schema(&self) -> String {
        // A name that was checked holds no quote.
        format!("\"{}\"", self.shop)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn root_certificate(&self) -> Option<&PathBuf> {
        self.root_certificate.as_ref()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?shop={}", self.place, self.shop)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(BadAddress("the address of a shop begins with postgres://".to_owned()));
        }
        // A password may hold a `?`: the query begins behind user and password, which end with the first `@`.
        let login = text.find('@').unwrap_or(0);
        let asked = text.bytes().skip(login).position(|byte| byte == b'?');
        let (place, query) = text.split_at(asked.map_or(text.len(), |at| login + at));
        let query = query.trim_start_matches('?');
        let mut own = Own::default();
        let (mut rest, mut words) = (Vec::new(), Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if !own.take(pair)? {
                rest.push(pair);
            }
            if may_be_shown(pair) {
                words.push(pair.to_owned());
            }
        }
        let mut url = place.to_owned();
        if !rest.is_empty() {
            url = format!("{place}?{}", rest.join("&"));
        }
        // What the parser says may quote the text, and with it the password.
        let mut config: Config = url.parse().map_err(|_| unread(&rest))?;
        check_way(&config)?;
        let shop = own.shop.unwrap_or_else(|| USUAL_SHOP.to_owned());
        let over_network = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        let encrypted = over_network && own.encrypted.unwrap_or(true);
        config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        let place = without_password(place);
        Ok(Self { config, shop, root_certificate: own.root_certificate, place, words })
    }
}

/// The words of the query that are ours.
#[derive(Default)]
struct Own {
    shop: Option<String>,
    encrypted: Option<bool>,
    root_certificate: Option<PathBuf>,
}

impl Own {
    /// Takes a word of the query if it is ours.
    fn take(&mut self, pair: &str) -> Result<bool, BadAddress> {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("shop", name) => {
                check_name(name)?;
                self.shop = Some(name.to_owned());
            }
            ("sslmode", "disable") => self.encrypted = Some(false),
            ("sslmode", "require" | "verify-ca" | "verify-full") => self.encrypted = Some(true),
            ("sslmode", _) => {
                return Err(BadAddress(format!(
                    "`{pair}` is not safe: write sslmode=verify-full, or sslmode=disable where nobody else reads the network"
                )));
            }
            ("sslrootcert", path) => self.root_certificate = Some(PathBuf::from(path)),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Says what of an address cannot be read: which word of the query, unless that may be a part of a password.
fn unread(words: &[&str]) -> BadAddress {
    let is_read = |word: &str| format!("postgres://localhost?{word}").parse::<Config>().is_ok();
    let wrong = words.iter().find(|word| !is_read(word) && may_be_shown(word));
    let name = wrong.and_then(|word| word.split('=').next());
    BadAddress(match name {
        Some(name) if !words.iter().any(|word| word.contains('@')) => {
            format!("`{name}=` is no word of a Postgres URL here, or its value cannot be read")
        }
        _ => "it is not a URL as Postgres reads it: postgres://user:password@host:port/database?shop=NAME".to_owned(),
    })
}

/// Refuses a way to the server that would go past its name, which is what is shown, what its certificate must be for, and
/// where `pg_dump` goes.
fn check_way(config: &Config) -> Result<(), BadAddress> {
    if !config.get_hostaddrs().is_empty() {
        return Err(BadAddress(
            "hostaddr= is not taken: write the host that the server's certificate is for in front of the database".to_owned(),
        ));
    }
    if config.get_hosts().is_empty() {
        return Err(BadAddress(
            "it names no host: write one, such as postgres://ada@localhost/shops, or the folder of a socket, postgres://ada@%2Frun%2Fpostgresql/shops".to_owned(),
        ));
    }
    let (hosts, ports) = (config.get_hosts().len(), config.get_ports().len());
    if ports > 1 && ports != hosts {
        return Err(BadAddress(format!(
            "there are {ports} ports for the hosts, of which there are {hosts}: write one, or one for each"
        )));
    }
    Ok(())
}

/// Checks the name of a shop: a name of a schema that is the same in every program and in every letter case.
pub(crate) fn check_name(name: &str) -> Result<(), BadAddress> {
    let good = name.len() <= NAME_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !name.starts_with("pg_")
        && !matches!(name, "information_schema" | "public");
    if good {
        return Ok(());
    }
    Err(BadAddress(format!(
        "`{}` is no name of a shop: 1 to {NAME_MAX} of a-z, 0-9 and _, a letter first, not `public` and not pg_…",
        name.chars().take(NAME_MAX).collect::<String>()
    )))
}

/// Whether a word of the query stands in what is shown: not a password, not in disguise either, and not the shop, which stands
/// in front of them.
fn may_be_shown(pair: &str) -> bool {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name);
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    plain && !matches!(name, "password" | "shop")
}

/// Returns the server and the database without the password.
fn without_password(place: &str) -> String {
    match (place.split_once("://"), place.rsplit_once('@')) {
        (Some((scheme, _)), Some((before, host))) => {
            let user = before.split_once("://").map_or("", |(_, user)| user);
            let user = user.split_once(':').map_or(user, |(name, _)| name);
            format!("{scheme}://{user}@{host}")
        }
        _ => place.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_is_encrypted_unless_that_is_written_out_and_a_socket_is_not() {
        let mode = |text: &str| address(text).config.get_ssl_mode();
        assert_eq!(mode("postgres://db.example.com/shops"), SslMode::Require);
        assert_eq!(mode("postgres://db.example.com/shops?sslmode=verify-full"), SslMode::Require);
        assert_eq!(mode("postgres://db.example.com/shops?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://ada@%2Frun%2Fpostgresql/shops"), SslMode::Disable);
        for stripped in ["prefer", "allow", ""] {
            let text = format!("postgres://db.example.com/shops?sslmode={stripped}");
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_way_leads_past_the_name_of_the_server() {
        for place in ["ada@", "ada@%2Fnowhere:5991", "ada@localhost"] {
            let text = format!("postgres://{place}/shops?hostaddr=203.0.113.7&shop=a1");
            let refused = text.parse::<Address>().unwrap_err().to_string();
            assert!(refused.contains("hostaddr"), "{text}: {refused}");
        }
        let by_word = address("postgres:///shops?host=db.example.com&user=ada");
        assert_eq!(by_word.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn what_cannot_be_read_is_named_unless_it_may_be_a_password() {
        let told = |text: &str| text.parse::<Address>().unwrap_err().to_string();
        for (text, named) in [
            ("postgres://localhost/shops?sslcert=a.pem", "`sslcert=`"),
            ("postgres://localhost/shops?user=ada&connect_timeout=abc", "`connect_timeout=`"),
            ("postgres://", "no host"),
            ("postgres:///shops", "no host"),
            ("postgres:///shops?host=one&port=1,2", "2 ports"),
            ("postgres://localhost:port/shops", "as Postgres reads it"),
        ] {
            assert!(told(text).contains(named), "{text}: {}", told(text));
        }
        let hidden = told("postgres://ada:ge@x?heim=1@localhost/shops");
        assert!(!hidden.contains("heim"), "{hidden}");
    }

    #[test]
    fn the_shop_is_the_name_of_a_schema() {
        assert_eq!(address("postgres://localhost/shops").shop(), "shop");
        assert_eq!(address("postgres://localhost/shops?connect_timeout=3&shop=a_1").shop(), "a_1");
        let long = "a".repeat(NAME_MAX + 1);
        for bad in ["", "A", "1a", "pg_a", "public", "a;drop", "a\"b", "ä", &long] {
            let text = format!("postgres://localhost/shops?shop={bad}");
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_password_is_shown_anywhere() {
        for text in [
            "postgres://ada:geheim@localhost/shops",
            "postgresql://ada:ge@heim@localhost:5433/shops?shop=x",
            "postgres://ada@localhost/shops?password=geheim",
            "postgres://ada:ge?heim=1@localhost/shops",
            "postgres://ada:ge?x=1&heim@localhost/shops?sslmode=disable",
            "postgres://ada@localhost/shops?pass%77ord=geheim&sslmode=disable",
        ] {
            let address = address(text);
            let shown = format!("{address} {address:?} {}", address.without_password());
            assert!(!shown.contains("heim") && shown.contains("ada@localhost"), "{shown}");
        }
        let wrong = "postgres://ada:geheim@localhost:port/shops".parse::<Address>().unwrap_err();
        assert!(!wrong.to_string().contains("geheim"), "{wrong}");
    }
}
