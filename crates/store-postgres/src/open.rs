//! Opening, making, listing and dropping shops.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use crate::PostgresStore;
use crate::address::Address;
use crate::dump;
use crate::error::{Fault, OpenError};
use crate::flight::Call;
use crate::link::Link;
use crate::migrate;
use crate::pool::Pool;
use crate::session::{Place, Session};
use crate::value::Columns as _;
use crate::writer::{Manner, Writer};

pub(crate) mod sql {
    crate::statements::statements! {
        SHOPS = "SELECT n.nspname::text FROM pg_namespace n
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'raw_migration'
            WHERE has_schema_privilege(n.oid, 'USAGE') ORDER BY 1";
    }
}

/// Called at named points of every commit, on a thread of the store; see [`OpenOptions::fail_point`].
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use sutler_store_postgres::FailPoint;
///
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let points = Arc::clone(&seen);
/// let fail_point: FailPoint = Arc::new(move |point| points.lock().unwrap().push(point));
/// fail_point("before_commit");
/// assert_eq!(*seen.lock().unwrap(), ["before_commit"]);
/// ```
pub type FailPoint = Arc<dyn Fn(&'static str) + Send + Sync>;

/// How a shop is opened.
///
/// ```
/// use std::time::Duration;
/// use sutler_store_postgres::OpenOptions;
///
/// let usual = OpenOptions::default();
/// assert!(!usual.create, "nothing is made by mistake");
/// assert!(usual.patience >= Duration::from_secs(10), "a server that restarts is ridden out");
/// ```
#[derive(Clone)]
pub struct OpenOptions {
    /// Makes the shop when it is not there.
    pub create: bool,
    /// Whether a shop is opened into which a copy is under way: for the copy itself, and nothing else.
    pub copying: bool,
    /// Most connections that read at once; one more writes.
    pub readers: usize,
    /// Most callers whose changes share one transaction.
    pub batch_max: usize,
    /// How long a call is tried again while the server is away or busy.
    pub patience: Duration,
    /// Called at named points of every commit: `before_begin`, `after_load`, `before_commit`, `after_commit`. For tests.
    pub fail_point: Option<FailPoint>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            create: false,
            copying: false,
            readers: 8,
            batch_max: 256,
            patience: Duration::from_secs(15),
            fail_point: None,
        }
    }
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions")
            .field("create", &self.create)
            .field("copying", &self.copying)
            .field("readers", &self.readers)
            .field("batch_max", &self.batch_max)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens a shop, and brings it to the newest schema.
    ///
    /// Errors: [`OpenError`] says whether the server, the user, the shop or a setting is the reason.
    pub fn open(address: &Address, options: OpenOptions) -> Result<Self, OpenError> {
        let place = Arc::new(Place::new(address)?);
        let link = start(&place)?;
        let OpenOptions { create, copying, readers, batch_max, patience, fail_point } = options;
        let connecting = Arc::clone(&place);
        let connected = link.run(async move {
            let session = connecting.connect().await?;
            migrate::run(&connecting, &session, migrate::MIGRATIONS, create).await?;
            let unfinished = dump::is_unfinished(&session).await;
            if unfinished.map_err(|error| connecting.refused(error))? && !copying {
                let (server, shop) = (connecting.server(), connecting.address().shop());
                let (server, shop) = (server.to_owned(), shop.to_owned());
                return Err(OpenError::Unfinished { server, shop });
            }
            Ok((session, connecting.connect().await?))
        });
        let (writing, reading) = connected.unwrap_or_else(|| Err(panicked(&place)))?;
        let (queue, waiting) = unbounded_channel();
        let manner = Manner { batch_max: batch_max.max(1), patience, fail_point };
        link.spawn(Writer::new(Arc::clone(&place), writing, manner).serve(waiting));
        Ok(Self {
            shown: address.to_string(),
            queue: Some(queue),
            pool: Arc::new(Pool::new(place, reading, readers, patience)),
            setup: RwLock::new(None),
            link,
        })
    }
}

fn start(place: &Place) -> Result<Link, OpenError> {
    let failed = |source| OpenError::Failed { server: place.server().to_owned(), source };
    Link::start().map_err(|error| failed(Box::new(error)))
}

fn panicked(place: &Place) -> OpenError {
    OpenError::Failed { server: place.server().to_owned(), source: Box::new(Fault::Unanswered) }
}

/// Returns the names of the shops in a database that its user can see, in alphabetical order.
///
/// Errors: as [`PostgresStore::open`].
///
/// ```
/// use sutler_store_postgres::{Address, OpenOptions, PostgresStore, shops};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_a_list");
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// assert!(shops(&address)?.contains(&"example_of_a_list".to_owned()));
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shops(address: &Address) -> Result<Vec<String>, OpenError> {
    on_server(address, |place, session| async move {
        let rows = session.fly(&[Call::plain(sql::SHOPS)]).await;
        let rows = rows.map_err(|failed| place.refused(failed))?;
        let names: Result<Vec<String>, Fault> =
            rows.iter().flatten().map(|row| row.at(0)).collect();
        names.map_err(|fault| place.failed(fault))
    })
}

/// Does work on a connection of its own.
pub(crate) fn on_server<T: Send + 'static, W>(
    address: &Address,
    work: impl FnOnce(Arc<Place>, Session) -> W + Send + 'static,
) -> Result<T, OpenError>
where
    W: Future<Output = Result<T, OpenError>> + Send,
{
    let place = Arc::new(Place::new(address)?);
    let its = Arc::clone(&place);
    let done = start(&place)?.run(async move {
        let session = its.connect().await?;
        work(its, session).await
    });
    done.unwrap_or_else(|| Err(panicked(&place)))
}

/// Takes a shop away, with everything in it. It cannot be brought back but from a backup.
///
/// Errors: as [`PostgresStore::open`]; a schema that holds no shop is not touched.
///
/// ```
/// use sutler_store_postgres::{Address, OpenError, OpenOptions, PostgresStore, drop_shop};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_an_end");
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// drop_shop(&address)?;
/// assert!(matches!(drop_shop(&address), Err(OpenError::Missing { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn drop_shop(address: &Address) -> Result<(), OpenError> {
    on_server(address, |place, session| async move {
        // Whatever is no shop of ours is refused here.
        migrate::run(&place, &session, migrate::MIGRATIONS, false).await?;
        // The name was checked when the address was read: it needs no quotes.
        let drop = format!("DROP SCHEMA {} CASCADE", place.address().shop());
        session.script(&drop).await.map_err(|error| place.refused(error))
    })
}
