//! Opening and making shops, and opening them for reading alone.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use sutler_core::port::{Dump, StoreReader};
use tokio::sync::mpsc::unbounded_channel;

use crate::PostgresStore;
use crate::address::Address;
use crate::connection::Connection;
use crate::dump;
use crate::error::{Fault, OpenError};
use crate::link::Link;
use crate::migrate;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::session::{Place, Purpose, SILENCE, Session, silence};
use crate::writer::{Manner, Writer};

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
    /// How long a call waits for others and is tried again while the server is away or busy, from when it was made. What is
    /// under way then comes to its end, and a commit whose answer was lost is looked up for as long once more.
    pub patience: Duration,
    /// How long a server may be silent about a statement before its connection is given up: longer than the limit of 30 s that
    /// the server keeps itself.
    pub silence: Duration,
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
            silence: SILENCE,
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
            .field("silence", &self.silence)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens a shop, and brings it to the newest schema.
    ///
    /// Errors: [`OpenError`] says whether the server, the user, the shop or a setting is the reason.
    pub fn open(address: &Address, options: OpenOptions) -> Result<Self, OpenError> {
        let place = Arc::new(Place::new(address, Purpose::Writing, options.silence)?);
        let link = start(&place)?;
        let OpenOptions { create, copying, readers, batch_max, patience, fail_point, .. } = options;
        let connecting = Arc::clone(&place);
        let connected = link.run(async move {
            let mut session = connecting.connect().await?;
            session.bear_silence_of(silence(migrate::STEP_MAX));
            migrate::run(&connecting, &session, migrate::MIGRATIONS, create).await?;
            session.bear_silence_of(connecting.silence());
            if !copying {
                dump::require_whole(&connecting, &session).await?;
            }
            Ok((session, connecting.connect().await?))
        });
        let (writing, reading) = connected.unwrap_or_else(|| Err(panicked(&place)))?;
        let (queue, waiting) = unbounded_channel();
        let writer = Writer::new(Arc::clone(&place), writing, Manner { patience, fail_point });
        link.spawn(writer.serve(Queue::new(waiting, batch_max, patience)));
        Ok(Self {
            shown: address.to_string(),
            queue: Some(queue),
            pool: Arc::new(Pool::new(place, reading, readers, patience)),
            setup: RwLock::new(None),
            link,
        })
    }
}

/// Opens a shop, or a replica of it, for reading alone: what comes back has no way to write, and neither have its
/// connections.
///
/// Errors: as [`PostgresStore::open`], but for what is asked of a server that is written to; [`OpenError::Older`] where the
/// schema would have to be changed first.
///
/// ```
/// use sutler_core::port::{EventReader, StoreReader};
/// use sutler_store_postgres::{Address, OpenOptions, PostgresStore, open_reader};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_reading");
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let reader = open_reader(&address, OpenOptions::default())?;
/// assert_eq!(reader.event_head()?.0, 0);
/// assert!(reader.replayed_at()?.is_none(), "it is no replica");
/// # drop(reader);
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_reader(
    address: &Address,
    options: OpenOptions,
) -> Result<impl StoreReader + use<>, OpenError> {
    PostgresStore::open_read_only(address, options)
}

/// Opens a shop, or a replica of it, to be copied: it is not written to, and brought to no newer schema.
///
/// Errors: as [`open_reader`]; [`OpenError::Unfinished`] where a copy into it is under way. Whatever is to be written is
/// refused as `store.read_only`.
///
/// ```
/// use sutler_core::port::Dump;
/// use sutler_store_postgres::{Address, OpenOptions, PostgresStore, open_source};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_a_source");
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let source = open_source(&address, OpenOptions::default())?;
/// assert!(source.dump_counts()?.values().all(|records| *records == 0));
/// # drop(source);
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open_source(
    address: &Address,
    options: OpenOptions,
) -> Result<impl Dump + use<>, OpenError> {
    PostgresStore::open_read_only(address, options)
}

impl PostgresStore {
    fn open_read_only(address: &Address, options: OpenOptions) -> Result<Self, OpenError> {
        let place = Arc::new(Place::new(address, Purpose::Reading, options.silence)?);
        let link = start(&place)?;
        let connecting = Arc::clone(&place);
        let connected = link.run(async move {
            let session = connecting.connect().await?;
            migrate::require_newest(&connecting, &session, migrate::MIGRATIONS).await?;
            dump::require_whole(&connecting, &session).await?;
            Ok(session)
        });
        let reading = connected.unwrap_or_else(|| Err(panicked(&place)))?;
        Ok(Self {
            shown: address.to_string(),
            // Nobody writes: a commit would be refused.
            queue: None,
            pool: Arc::new(Pool::new(place, reading, options.readers, options.patience)),
            setup: RwLock::new(None),
            link,
        })
    }
}

pub(crate) fn start(place: &Place) -> Result<Link, OpenError> {
    let failed = |source| OpenError::Failed { server: place.server().to_owned(), source };
    Link::start().map_err(|error| failed(Box::new(error)))
}

pub(crate) fn panicked(place: &Place) -> OpenError {
    OpenError::Failed { server: place.server().to_owned(), source: Box::new(Fault::Unanswered) }
}

/// Does work on a connection of its own.
pub(crate) fn on_server<T: Send + 'static, W>(
    address: &Address,
    purpose: Purpose,
    work: impl FnOnce(Arc<Place>, Arc<Session>) -> W + Send + 'static,
) -> Result<T, OpenError>
where
    W: Future<Output = Result<T, OpenError>> + Send,
{
    Connection::make(address, purpose, SILENCE)?.run(work)
}
