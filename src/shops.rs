//! The shops of one place: the schemas of a database, or the files of a folder.

use std::path::{Path, PathBuf};

use sutler_core::port::ShopSummary;

use crate::open::beside;
#[cfg(feature = "postgres")]
use crate::open::local;
use crate::{OpenError, StoreUrl};

/// The ending of a shop's file, where its name has none.
const ENDING: &str = "db";

impl StoreUrl {
    /// Returns the URL of the shop of this name in the same place: another schema of the database, another file of the folder
    /// (`corner` is `corner.db` there). A URL of a folder names the folder.
    ///
    /// Errors: the name leads elsewhere, or is none that a schema may have; a store in memory has no other beside it.
    ///
    /// ```
    /// use sutler::StoreUrl;
    ///
    /// let url: StoreUrl = "sqlite:shops/corner.db".parse()?;
    /// assert_eq!(url.beside("kiosk")?.to_string(), "sqlite:shops/kiosk.db");
    /// assert!(url.beside("../kiosk").is_err());
    /// assert!("memory:".parse::<StoreUrl>()?.beside("kiosk").is_err());
    /// # Ok::<(), sutler::OpenError>(())
    /// ```
    pub fn beside(&self, name: &str) -> Result<StoreUrl, OpenError> {
        match self {
            StoreUrl::Sqlite(path) => {
                let is_plain = Path::new(name).file_name().is_some_and(|file| file == name);
                if !is_plain {
                    return Err(OpenError::Name { given: name.to_owned() });
                }
                let mut path = folder(path).join(name);
                if path.extension().is_none() {
                    path.set_extension(ENDING);
                }
                Ok(StoreUrl::Sqlite(path))
            }
            StoreUrl::Memory => Err(OpenError::Alone),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(address) => {
                Ok(StoreUrl::Postgres(Box::new(address.with_shop(name)?)))
            }
        }
    }
}

/// Returns the folder that a path of a shop is about.
fn folder(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_path_buf();
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.unwrap_or(Path::new(".")).to_path_buf()
}

/// Returns the shops that stand where a URL points: those of the database that its user can see, or those in the folder of
/// the file (or in the folder itself), in alphabetical order.
///
/// Errors: the place cannot be read; a store in memory is alone.
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// sutler::create(&url)?.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// let listed = sutler::shops(&url.parse()?)?;
/// assert_eq!((listed[0].name.as_str(), listed[0].title.as_deref()), ("corner.db", Some("Corner shop")));
/// assert!(sutler::shops(&sutler::StoreUrl::Memory).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shops(url: &StoreUrl) -> Result<Vec<ShopSummary>, OpenError> {
    match url {
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => Ok(sutler_store_sqlite::shops(&folder(path))?),
        #[cfg(not(feature = "sqlite"))]
        StoreUrl::Sqlite(_) => Err(OpenError::Url { given: url.to_string() }),
        StoreUrl::Memory => Err(OpenError::Alone),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(address) => Ok(sutler_store_postgres::shops(address)?),
    }
}

/// Takes a shop away, with its orders, its search index and whatever else this machine keeps of it. It cannot be brought back
/// but from a backup. Programs that use it should be ended first.
///
/// Errors: what stands there is no shop, or belongs to somebody else; nothing was changed then.
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// let shop = sutler::create(&url)?;
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// shop.index_sync()?;
/// drop(shop);
/// sutler::drop_shop(&url.parse()?)?;
/// assert!(sutler::open(&url).is_err());
/// assert_eq!(folder.path().read_dir()?.count(), 0, "nothing of it stays");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn drop_shop(url: &StoreUrl) -> Result<(), OpenError> {
    match url {
        #[cfg(feature = "sqlite")]
        StoreUrl::Sqlite(path) => {
            // Before the file goes, a link still leads to the place.
            let place = path.canonicalize().unwrap_or_else(|_| path.clone());
            sutler_store_sqlite::drop_shop(path)?;
            remove_all([beside(&place, "-search"), beside(&place, "-test-payments")])
        }
        #[cfg(not(feature = "sqlite"))]
        StoreUrl::Sqlite(_) => Err(OpenError::Url { given: url.to_string() }),
        StoreUrl::Memory => Err(OpenError::Alone),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(address) => {
            sutler_store_postgres::drop_shop(address)?;
            remove_all(local(address).map(|place| kept_of(&place)).unwrap_or_default())
        }
    }
}

/// Looks whether [`drop_shop`] would take a shop away; changes nothing.
///
/// Errors: as [`drop_shop`].
///
/// ```
/// use sutler::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// let url = format!("sqlite:{}", folder.path().join("corner.db").display());
/// sutler::create(&url)?.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// sutler::may_drop_shop(&url.parse()?)?;
/// assert!(sutler::open(&url)?.setup().is_ok(), "it is still there");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn may_drop_shop(url: &StoreUrl) -> Result<(), OpenError> {
    match url {
        // A file is a shop or none; whether it is one, its list says.
        StoreUrl::Sqlite(_) => Ok(()),
        StoreUrl::Memory => Err(OpenError::Alone),
        #[cfg(feature = "postgres")]
        StoreUrl::Postgres(address) => Ok(sutler_store_postgres::may_drop_shop(address)?),
    }
}

/// Returns what this machine keeps of a shop on a server: names that begin as `place` does.
#[cfg(feature = "postgres")]
fn kept_of(place: &Path) -> Vec<PathBuf> {
    let beginning = beside(place, "-");
    let entries = place.parent().and_then(|folder| folder.read_dir().ok());
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let begins = |path: &PathBuf| {
        path.as_os_str().as_encoded_bytes().starts_with(beginning.as_os_str().as_encoded_bytes())
    };
    paths.filter(begins).collect()
}

/// Removes files and folders; one that is not there is as good as removed.
fn remove_all(paths: impl IntoIterator<Item = PathBuf>) -> Result<(), OpenError> {
    for path in paths {
        let removed = match path.is_dir() {
            true => std::fs::remove_dir_all(&path),
            false => std::fs::remove_file(&path),
        };
        match removed {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(OpenError::Index { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}
