//! Moving a whole shop from one store to another.

use std::path::Path;
use std::sync::Arc;

use sutler_core::port::Dump;
use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;
use sutler_engine::flow::copy::{CopyReport, CopyStep};

use crate::open::{Beside, OpenError, StoreUrl};
use crate::world::{SystemClock, UuidSource};

/// Why a shop was not copied.
///
/// ```
/// use sutler::CopyError;
///
/// let (from, to) = ("sqlite:nowhere.db".parse()?, "memory:".parse()?);
/// let error = sutler::copy(&from, &to, &mut |_| {}).unwrap_err();
/// assert!(matches!(error, CopyError::Open(_)), "{error}");
/// # Ok::<(), sutler::OpenError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Source or target could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy was refused, or one of the stores could not work.
    #[error(transparent)]
    Flow(Box<FlowError>),
}

impl From<FlowError> for CopyError {
    fn from(error: FlowError) -> Self {
        CopyError::Flow(Box::new(error))
    }
}

/// Copies a whole shop into a store that holds nothing: between SQLite and Postgres in either direction, or between two of a
/// kind. A copy that was cut goes on when it is called again; see [`sutler_engine::flow::copy::copy`] for what is promised.
///
/// What the target is made of is made where it is not there. The ledger of the provider `test` is copied too; the search
/// index is built anew by the first search.
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// # let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
/// let (old, new) = (url("old.db"), url("new.db"));
/// let shop = sutler::create(&old)?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// shop.import_text(sutler::demo::CATALOG, sutler::demo::CATALOG_NAME)?;
///
/// let report = sutler::copy(&old.parse()?, &new.parse()?, &mut |_| {})?;
/// let products = report.kinds.iter().find(|of| of.kind.word() == "products").expect("a kind");
/// assert_eq!(products.records, 101);
/// assert_eq!(sutler::open(&new)?.setup()?, shop.setup()?);
///
/// let again = sutler::copy(&old.parse()?, &new.parse()?, &mut |_| {}).unwrap_err();
/// assert!(again.to_string().contains("not empty"), "{again}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn copy(
    from: &StoreUrl,
    to: &StoreUrl,
    tell: &mut dyn FnMut(CopyStep<'_>),
) -> Result<CopyReport, CopyError> {
    let source = source(from)?;
    // Nothing is made for a copy that cannot begin.
    source.setup().map_err(FlowError::from)?.ok_or(FlowError::Refused(Rejection::ShopMissing))?;
    let target = target(to)?;
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(UuidSource));
    let report = sutler_engine::flow::copy::copy(&source, &target, clock, ids, tell)?;
    let uid = source.setup().map_err(FlowError::from)?.map(|setup| setup.shop.uid);
    let (kept, copied) = (Beside::of(from, uid), Beside::of(to, uid));
    if let (Some(kept), Some(copied)) = (kept.test_payments, copied.test_payments) {
        bring(&kept, &copied)?;
    }
    // Whatever index lies there is of a shop that stood here before.
    if let Some(index) = copied.search.filter(|index| index.exists()) {
        std::fs::remove_dir_all(&index)
            .map_err(|source| OpenError::Index { path: index, source })?;
    }
    Ok(report)
}

/// Opens a store to be copied; nothing is written to it.
fn source(url: &StoreUrl) -> Result<Arc<dyn Dump>, OpenError> {
    Ok(match url {
        StoreUrl::Memory => Arc::new(sutler_store_memory::MemoryStore::new()),
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => {
            Arc::new(sutler_store_sqlite::open_source(path, Default::default())?)
        }
        #[cfg(not(feature = "sqlite"))]
        StoreUrl::Sqlite(_) => return Err(OpenError::Url { given: url.to_string() }),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(address) => {
            Arc::new(sutler_store_postgres::open_source(address, Default::default())?)
        }
    })
}

/// Opens a store to be copied into, and makes it where it is not there.
fn target(url: &StoreUrl) -> Result<Arc<dyn Dump>, OpenError> {
    Ok(match url {
        StoreUrl::Memory => Arc::new(sutler_store_memory::MemoryStore::new()),
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => {
            let options = sutler_store_sqlite::OpenOptions {
                create: true,
                copying: true,
                ..Default::default()
            };
            Arc::new(sutler_store_sqlite::SqliteStore::open(path, options)?)
        }
        #[cfg(not(feature = "sqlite"))]
        StoreUrl::Sqlite(_) => return Err(OpenError::Url { given: url.to_string() }),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(address) => {
            let options = sutler_store_postgres::OpenOptions {
                create: true,
                copying: true,
                ..Default::default()
            };
            Arc::new(sutler_store_postgres::PostgresStore::open(address, options)?)
        }
    })
}

/// Copies the ledger of the provider `test`, without which its payments could not be captured or refunded.
fn bring(from: &Path, to: &Path) -> Result<(), FlowError> {
    match std::fs::copy(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let path = to.display().to_string();
            Err(FlowError::Io { what: "cannot write", path, source: error })
        }
        _ => Ok(()),
    }
}
