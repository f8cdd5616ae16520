//! Opening a shop by URL.
//!
//! `sqlite:PATH` is one file, with its search index in `PATH-search` and the ledger of the test payment provider in
//! `PATH-test-payments`; `memory:` ends with the program. `postgres://…/db?shop=NAME` is one schema of a database; each machine
//! keeps its own search index, and the ledger of the test payment provider, in the user's folder for such things.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sutler_core::id::CommandId;
use sutler_core::port::{PaymentProvider, Store, StoreReader};
use sutler_engine::provider::{ManualProvider, TestProvider};
use sutler_engine::{FlowError, Reader, Shop};
#[cfg(feature = "postgres")]
use sutler_store_postgres::Address;
#[cfg(feature = "sqlite")]
use sutler_store_sqlite::Check;

use crate::world::{SystemClock, SystemRandom, UuidSource};

/// Where a shop is kept.
///
/// ```
/// use sutler::StoreUrl;
///
/// let url: StoreUrl = "sqlite:shops/corner.db".parse()?;
/// assert_eq!(url, StoreUrl::Sqlite("shops/corner.db".into()));
/// assert_eq!("memory:".parse::<StoreUrl>()?.to_string(), "memory:");
/// assert!("mysql://localhost".parse::<StoreUrl>().is_err());
/// assert!("sqlite::memory:".parse::<StoreUrl>().is_err(), "it is written `memory:`");
/// # Ok::<(), sutler::OpenError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreUrl {
    /// One SQLite file.
    Sqlite(PathBuf),
    /// This program's memory.
    Memory,
    /// One schema of a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(Box<Address>),
}

/// Why a shop could not be opened.
///
/// ```
/// use sutler::OpenError;
///
/// let error = sutler::open("corner.db").err().expect("it is no URL");
/// assert!(matches!(&error, OpenError::Url { given } if given == "corner.db"));
/// assert_eq!(error.to_string(), "`corner.db` is not a store URL: write sqlite:PATH, postgres://USER@HOST/DATABASE?shop=NAME or memory:");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL names no back-end that this build has.
    #[error(
        "`{given}` is not a store URL: write sqlite:PATH, postgres://USER@HOST/DATABASE?shop=NAME or memory:"
    )]
    Url {
        /// What was given.
        given: String,
    },
    /// The SQLite file cannot be used.
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] sutler_store_sqlite::OpenError),
    /// The URL begins as one of a PostgreSQL database does, and does not go on so.
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Address(#[from] sutler_store_postgres::BadAddress),
    /// The shop on Postgres cannot be used.
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Postgres(#[from] sutler_store_postgres::OpenError),
    /// The URL names a back-end that was left out of this build.
    #[error("this build of Sutler was made without Postgres")]
    Without,
    /// A store in memory is asked for what only stores can do that others find.
    #[error(
        "a store in memory ends with its program: nobody else can read it, and no other is beside it"
    )]
    Alone,
    /// A name is none that a shop may have beside another.
    #[error("`{given}` cannot be the name of a shop: write a name without a folder")]
    Name {
        /// What was given.
        given: String,
    },
    /// The read store cannot be read in the place of the shop.
    #[error(transparent)]
    Compare(#[from] FlowError),
    /// The old search index could not be taken away.
    #[error("`{}`, which belongs to the shop that stood here, cannot be removed", .path.display())]
    Index {
        /// Its folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl StoreUrl {
    /// Returns the URL with every word of it but a password: what a command line or a list may show.
    ///
    /// ```
    /// use sutler::StoreUrl;
    ///
    /// let url: StoreUrl = "sqlite:shops/corner.db".parse()?;
    /// assert_eq!(url.without_password(), "sqlite:shops/corner.db");
    /// # Ok::<(), sutler::OpenError>(())
    /// ```
    pub fn without_password(&self) -> String {
        match self {
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(address) => address.without_password(),
            file_or_memory => file_or_memory.to_string(),
        }
    }
}

impl std::str::FromStr for StoreUrl {
    type Err = OpenError;

    fn from_str(text: &str) -> Result<Self, OpenError> {
        match text.split_once(':') {
            // SQLite's own word for it; here the whole URL says so.
            Some(("sqlite", path)) if !matches!(path, "" | ":memory:") => {
                Ok(StoreUrl::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path))))
            }
            Some(("memory", "")) => Ok(StoreUrl::Memory),
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => Ok(StoreUrl::Postgres(Box::new(text.parse()?))),
            // Not told back: it may hold a password.
            #[cfg(not(feature = "postgres"))]
            Some(("postgres" | "postgresql", _)) => Err(OpenError::Without),
            _ => Err(OpenError::Url { given: text.chars().take(200).collect() }),
        }
    }
}

impl std::fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            StoreUrl::Memory => f.write_str("memory:"),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(address) => address.fmt(f),
        }
    }
}

/// How a shop is opened, where [`open`] and [`create`] are not enough: further payment providers, one command id for all
/// changes.
///
/// ```
/// use std::sync::Arc;
/// use sutler::Opening;
/// use sutler::core::id::CommandId;
/// use sutler::engine::provider::TestProvider;
///
/// let bank = Arc::new(TestProvider::in_memory());
/// let shop = Opening::new("memory:".parse()?)
///     .creating(true)
///     .provider(bank.clone())
///     .command(CommandId::from_u128(7))
///     .open()?;
/// assert!(shop.setup().is_err(), "a new store holds no shop yet");
/// assert!(bank.ledger()?.is_empty(), "`bank` stands in the place of the usual `test`");
///
/// // Where money is real, nobody may pay with `test:ok`.
/// use sutler::prelude::*;
///
/// let shop = Opening::new("memory:".parse()?).creating(true).without_test_payments().open()?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// shop.import_text(sutler::demo::CATALOG, sutler::demo::CATALOG_NAME)?;
/// # let skillet = shop.find_variant("FEN-SKIL-26")?.variant.id;
/// # let cart = shop.cart_new("web", None, None)?;
/// # shop.cart_add(cart.id, skillet, Quantity::ONE, None)?;
/// # let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
/// # let command = CheckoutCommand {
/// #     pay: Some("test:ok".into()),
/// #     ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
/// # };
/// let refusal = shop.checkout(&command).unwrap_err();
/// assert_eq!(refusal.code(), "payment.unknown_provider");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Opening {
    url: StoreUrl,
    create: bool,
    providers: Vec<Arc<dyn PaymentProvider>>,
    command: Option<CommandId>,
    test_payments: bool,
    read_store: Option<StoreUrl>,
}

impl Opening {
    /// Returns an opening of what stands at `url`.
    pub fn new(url: StoreUrl) -> Self {
        Self {
            url,
            create: false,
            providers: Vec::new(),
            command: None,
            test_payments: true,
            read_store: None,
        }
    }

    /// Makes the store when it is not there.
    #[must_use]
    pub fn creating(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Leaves the provider `test` out: for a shop that sells for real, where `test:ok` would give goods away. Orders that
    /// were paid with it before can be read, but no money of theirs is captured or refunded.
    #[must_use]
    pub fn without_test_payments(mut self) -> Self {
        self.test_payments = false;
        self
    }

    /// Adds a payment provider beside `test` and `manual`.
    #[must_use]
    pub fn provider(mut self, provider: Arc<dyn PaymentProvider>) -> Self {
        self.providers.push(provider);
        self
    }

    /// Makes every change carry one command id.
    #[must_use]
    pub fn command(mut self, command: CommandId) -> Self {
        self.command = Some(command);
        self
    }

    /// Says that a replica, or another copy that follows, is read by [`Opening::reader`]. What decides never reads it.
    #[must_use]
    pub fn read_store(mut self, url: StoreUrl) -> Self {
        self.read_store = Some(url);
        self
    }

    /// Opens the shop for reading alone: the read store, when one was named, and else the shop itself. Both are asked whose
    /// shop they hold. The search index is that of the shop.
    ///
    /// Errors: as [`Opening::open`]; a read store that holds another shop, an older schema that nobody may change here.
    ///
    /// ```
    /// use sutler::Opening;
    /// use sutler::prelude::*;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
    /// let copy = folder.path().join("copy.db");
    /// let shop = sutler::create(&url)?;
    /// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
    /// sutler::backup(&url.parse()?, &copy, false)?;
    /// shop.import_text(sutler::demo::CATALOG, "catalog.csv")?;
    ///
    /// let copy = format!("sqlite:{}", copy.display()).parse()?;
    /// let reader = Opening::new(url.parse()?).read_store(copy).reader()?;
    /// assert!(reader.product_list(None, 1)?.is_empty(), "the copy does not know them yet");
    /// assert!(reader.lag()?.is_some_and(|lag| lag.events > 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader(self) -> Result<Reader, OpenError> {
        let shop = store_reader(&self.url)?;
        let uid = shop.setup().ok().flatten().map(|setup| setup.shop.uid);
        let search = Beside::of(&self.url, uid).search;
        let clock = Arc::new(SystemClock);
        let reader = match &self.read_store {
            None => Reader::new(shop, clock, Arc::new(UuidSource)),
            Some(read) => {
                Reader::new(store_reader(read)?, clock, Arc::new(UuidSource)).replica_of(shop)?
            }
        };
        Ok(reader.with_search_at(search))
    }

    /// Opens the shop.
    pub fn open(self) -> Result<Shop, OpenError> {
        let (store, test, search) = self.parts()?;
        let mut shop = Shop::new(store, Arc::new(SystemClock), Arc::new(UuidSource))
            .with_random(Arc::new(SystemRandom))
            .with_holder(crate::world::this_program())
            .with_search_at(search)
            .with_provider(Arc::new(ManualProvider));
        if self.test_payments {
            shop = shop.with_provider(Arc::new(test));
        }
        for provider in self.providers {
            shop = shop.with_provider(provider);
        }
        Ok(match self.command {
            Some(command) => shop.with_command(command),
            None => shop,
        })
    }

    #[expect(clippy::type_complexity, reason = "the three parts of one place, taken apart at once")]
    fn parts(&self) -> Result<(Arc<dyn Store>, TestProvider, Option<PathBuf>), OpenError> {
        match &self.url {
            StoreUrl::Memory => Ok((
                Arc::new(sutler_store_memory::MemoryStore::new()),
                TestProvider::in_memory(),
                None,
            )),
            #[cfg(feature = "sqlite")]
            StoreUrl::Sqlite(path) => {
                let options =
                    sutler_store_sqlite::OpenOptions { create: self.create, ..Default::default() };
                let store = sutler_store_sqlite::SqliteStore::open(path, options)?;
                let beside = Beside::of_file(store.path());
                Ok((Arc::new(store), beside.test_provider(), beside.search))
            }
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(address) => {
                let options = sutler_store_postgres::OpenOptions {
                    create: self.create,
                    ..Default::default()
                };
                let store = sutler_store_postgres::PostgresStore::open(address, options)?;
                let setup = sutler_core::port::SetupReader::setup(&store).ok().flatten();
                let beside = Beside::of_address(address, setup.map(|setup| setup.shop.uid));
                Ok((Arc::new(store), beside.test_provider(), beside.search))
            }
            #[cfg(not(feature = "sqlite"))]
            StoreUrl::Sqlite(_) => Err(OpenError::Url { given: self.url.to_string() }),
        }
    }
}

/// What belongs to a store and lies outside of it; `None` where there is no place for it.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// The ledger of the provider `test`.
    pub(crate) test_payments: Option<PathBuf>,
    /// The search index.
    pub(crate) search: Option<PathBuf>,
}

impl Beside {
    /// Returns what belongs to a store, whose shop has a number once it is there.
    #[cfg_attr(not(feature = "postgres"), allow(unused_variables, reason = "files have one shop"))]
    pub(crate) fn of(url: &StoreUrl, uid: Option<u128>) -> Self {
        match url {
            #[cfg(feature = "sqlite")]
            StoreUrl::Sqlite(path) => Self::of_file(&path.canonicalize().unwrap_or(path.clone())),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(address) => Self::of_address(address, uid),
            _ => Self::default(),
        }
    }

    /// Beside the file itself, whatever link led to it: one shop has one index and one ledger.
    #[cfg(feature = "sqlite")]
    fn of_file(path: &Path) -> Self {
        let (test_payments, search) = (beside(path, "-test-payments"), beside(path, "-search"));
        Self { test_payments: Some(test_payments), search: Some(search) }
    }

    /// A shop that was dropped and made anew under its name has another number, and another index.
    #[cfg(feature = "postgres")]
    fn of_address(address: &Address, uid: Option<u128>) -> Self {
        let Some(place) = local(address) else { return Self::default() };
        let search = uid.map(|uid| beside(&place, &format!("-{uid:032x}-search")));
        Self { test_payments: Some(beside(&place, "-test-payments")), search }
    }

    fn test_provider(&self) -> TestProvider {
        self.test_payments.clone().map_or_else(TestProvider::in_memory, TestProvider::at)
    }
}

/// Opens what stands at a URL for reading alone.
fn store_reader(url: &StoreUrl) -> Result<Arc<dyn StoreReader>, OpenError> {
    match url {
        StoreUrl::Memory => Err(OpenError::Alone),
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => {
            let options = sutler_store_sqlite::OpenOptions::default();
            Ok(Arc::new(sutler_store_sqlite::open_reader(path, options)?))
        }
        #[cfg(not(feature = "sqlite"))]
        StoreUrl::Sqlite(_) => Err(OpenError::Url { given: url.to_string() }),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(address) => {
            let options = sutler_store_postgres::OpenOptions::default();
            Ok(Arc::new(sutler_store_postgres::open_reader(address, options)?))
        }
    }
}

/// Returns where this machine keeps what belongs to a shop on a server, as the beginning of names; `None` where the user has
/// no folder for it.
#[cfg(feature = "postgres")]
pub(crate) fn local(address: &Address) -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = folder("XDG_STATE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local").join("state")))?
        .join("sutler");
    std::fs::create_dir_all(&own).ok()?;
    let hash = sutler_core::hash::ContentHash::of(address.to_string().as_bytes()).to_string();
    Some(own.join(format!("{}-{}", address.shop(), hash.get(..16)?)))
}

/// Returns the path of something that belongs to a store: a name with an ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Opens a shop that is there.
///
/// Errors: [`OpenError`] says whether the file is missing, foreign, damaged, locked or made by a newer Sutler.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// assert!(sutler::open(&url).is_err(), "nothing is made by mistake");
///
/// sutler::create(&url)?;
/// let shop = sutler::open(&url)?;
/// assert_eq!(shop.setup().unwrap_err().code(), "shop.missing", "it is not set up yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(url: &str) -> Result<Shop, OpenError> {
    Opening::new(url.parse()?).open()
}

/// Opens a shop, making its store when it is not there.
///
/// Errors: as [`open()`], but for a missing file.
///
/// ```
/// use sutler::prelude::*;
///
/// let shop = sutler::create("memory:")?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// assert_eq!(shop.setup()?.shop.name, "Corner shop");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create(url: &str) -> Result<Shop, OpenError> {
    Opening::new(url.parse()?).creating(true).open()
}

/// Opens a shop for reading alone, from a replica or another copy of it.
///
/// Nothing that decides can be asked of what comes back: a [`Reader`] has no way to write. See [`Opening::reader`].
///
/// Errors: as [`open()`]; the two hold different shops.
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// let shop = sutler::create(&url)?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
///
/// let reader = sutler::open_reader(&url, &url)?;
/// assert_eq!(reader.setup()?.shop.name, "Corner shop");
/// assert_eq!(reader.lag()?.map(|lag| lag.events), Some(0));
/// assert!(sutler::open_reader(&url, "memory:").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_reader(url: &str, read_store: &str) -> Result<Reader, OpenError> {
    Opening::new(url.parse()?).read_store(read_store.parse()?).reader()
}

/// Copies a running shop into a file, so that nobody has to stop: a whole shop as it was at one moment. A SQLite file is
/// copied page by page; of a shop on Postgres `pg_dump` writes the schema.
///
/// What stands at `target` is replaced only when `replace` says so, and stays until the copy is whole and on the disk.
///
/// Errors: the target is there already and `replace` is false; the store is in memory; the programs of PostgreSQL are missing.
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// let shop = sutler::create(&url)?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
///
/// let copy = folder.path().join("copy.db");
/// let url = url.parse()?;
/// sutler::backup(&url, &copy, false)?;
/// assert!(sutler::backup(&url, &copy, false).is_err(), "a copy is not written over unasked");
/// assert!(sutler::backup(&"memory:".parse()?, &copy, false).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "sqlite")]
pub fn backup(url: &StoreUrl, target: &Path, replace: bool) -> Result<(), OpenError> {
    #[cfg(feature = "postgres")]
    if let StoreUrl::Postgres(address) = url {
        return Ok(sutler_store_postgres::backup(address, target, replace)?);
    }
    let path = sqlite_path(url)?;
    let store =
        sutler_store_sqlite::SqliteStore::open(&path, sutler_store_sqlite::OpenOptions::default())?;
    Ok(store.backup_to(target, replace)?)
}

/// Puts a backup in the place of a store, after checking it page by page and chain by chain.
///
/// Errors: the backup is damaged or foreign; a shop stands there already and `replace` is false.
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// let copy = folder.path().join("copy.db");
/// let shop = sutler::create(&url)?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// let at = url.parse()?;
/// sutler::backup(&at, &copy, false)?;
/// shop.import_text(sutler::demo::CATALOG, "catalog.csv")?;
/// drop(shop);
///
/// assert!(sutler::restore(&copy, &at, false).is_err(), "a shop stands there");
/// sutler::restore(&copy, &at, true)?;
/// assert!(sutler::open(&url)?.product_list(None, 1)?.is_empty(), "as it was at the backup");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "sqlite")]
pub fn restore(backup: &Path, url: &StoreUrl, replace: bool) -> Result<(), OpenError> {
    // A shop that goes back in time gets a new number: outsiders must not take its events for those they know.
    let uid = Some(sutler_core::port::IdSource::next_id(&UuidSource));
    #[cfg(feature = "postgres")]
    if let StoreUrl::Postgres(address) = url {
        // A shop of another number has another search index: there is none to take away.
        let how = sutler_store_postgres::Restore { overwrite: replace, uid };
        return Ok(sutler_store_postgres::restore(backup, address, how, &mut look_over)?);
    }
    let path = sqlite_path(url)?;
    sutler_store_sqlite::restore(
        backup,
        &path,
        sutler_store_sqlite::Restore { overwrite: replace, uid },
    )?;
    // The index belongs to the shop that stood here; it is made anew by the next search.
    let index = beside(&path.canonicalize().unwrap_or(path), "-search");
    if index.exists() {
        std::fs::remove_dir_all(&index)
            .map_err(|source| OpenError::Index { path: index, source })?;
    }
    Ok(())
}

/// Verifies a shop that was put back; of a store without a shop there are only tables to look at.
#[cfg(all(feature = "sqlite", feature = "postgres"))]
fn look_over(
    store: Arc<sutler_store_postgres::PostgresStore>,
) -> Result<Vec<sutler_core::port::Finding>, sutler_core::port::StoreError> {
    if sutler_core::port::SetupReader::setup(&*store)?.is_none() {
        return store.integrity();
    }
    let shop = Shop::new(store, Arc::new(SystemClock), Arc::new(UuidSource));
    match shop.verify(&mut |_| {}) {
        Ok(report) => Ok(report.findings),
        Err(sutler_engine::FlowError::Store(error)) => Err(error),
        Err(other) => Err(sutler_core::port::StoreError::broken(
            "look over",
            "a shop that was put back",
            other,
        )),
    }
}

/// Looks at a store without opening it as a shop: what the file is, its schema and settings, who holds its lock, how much
/// room is left. A damaged, foreign or locked file has findings like any other; nothing is written.
///
/// ```
/// use sutler::Verdict;
///
/// let checks = sutler::inspect(&"sqlite:no-such-shop.db".parse()?);
/// assert!(checks.iter().any(|check| check.verdict == Verdict::Broken));
/// # Ok::<(), sutler::OpenError>(())
/// ```
#[cfg(feature = "sqlite")]
pub fn inspect(url: &StoreUrl) -> Vec<Check> {
    match url {
        StoreUrl::Sqlite(path) => sutler_store_sqlite::inspect(path),
        StoreUrl::Memory => Vec::new(),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(_) => Vec::new(),
    }
}

/// Looks at every page and every reference of a store that cannot be opened as a shop.
///
/// ```
/// use sutler::Verdict;
///
/// let checks = sutler::inspect_pages(&"sqlite:no-such-shop.db".parse()?);
/// assert_eq!(checks.first().map(|check| check.verdict), Some(Verdict::Broken));
/// # Ok::<(), sutler::OpenError>(())
/// ```
#[cfg(feature = "sqlite")]
pub fn inspect_pages(url: &StoreUrl) -> Vec<Check> {
    match url {
        StoreUrl::Sqlite(path) => sutler_store_sqlite::inspect_pages(path),
        StoreUrl::Memory => Vec::new(),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(_) => Vec::new(),
    }
}

#[cfg(feature = "sqlite")]
fn sqlite_path(url: &StoreUrl) -> Result<PathBuf, OpenError> {
    match url {
        StoreUrl::Sqlite(path) => Ok(path.clone()),
        other => Err(OpenError::Url { given: other.to_string() }),
    }
}
