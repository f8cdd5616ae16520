//! Reading a shop, or a replica of one, without being able to decide anything.
//!
//! A [`Reader`] has the flows that only read: lists, reports, searches, exports, simulations, `verify`. It holds its store as
//! a [`StoreReader`], which has no way to commit, so that no decision can rest on reads that lag. A [`Shop`](crate::Shop)
//! has one of its own over the store that it writes to.
//!
//! Invariants
//! * A replica is read only after it was seen to be of the same shop, and to hold nothing that the shop does not.
//!
//! Deliberately absent: whatever writes, and whatever is read to be written by.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use sutler_core::hash::HashInput;
use sutler_core::port::{Clock, IdSource, StoreReader};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;
use sutler_search::{SearchError, SearchIndex};

use crate::FlowError;

/// What reads a shop: everything that can be told of it, nothing that changes it.
///
/// ```
/// use std::sync::Arc;
/// use sutler_engine::Reader;
/// use sutler_engine::testing::{Counting, HandClock};
/// use sutler_store_memory::MemoryStore;
///
/// let store = Arc::new(MemoryStore::new());
/// let reader = Reader::new(store, Arc::new(HandClock::default()), Arc::new(Counting::default()))
///     .with_search_at(None);
/// assert_eq!(reader.setup().unwrap_err().code(), "shop.missing");
/// assert_eq!(reader.store().event_head()?.0, 0);
/// assert!(reader.now() >= sutler_core::time::Timestamp::from_millis(0));
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub struct Reader {
    store: Arc<dyn StoreReader>,
    /// The shop itself, where `store` is a replica of it.
    primary: Option<Arc<dyn StoreReader>>,
    clock: Arc<dyn Clock>,
    /// Numbers for what is only tried, such as the promotions of a simulation.
    ids: Arc<dyn IdSource>,
    search_folder: Option<PathBuf>,
    search: OnceLock<SearchIndex>,
    /// What is searched where the index cannot be written.
    spare_search: OnceLock<SearchIndex>,
}

impl Reader {
    /// Puts a reader of a store together.
    pub fn new(store: Arc<dyn StoreReader>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            store,
            primary: None,
            clock,
            ids,
            search_folder: None,
            search: OnceLock::new(),
            spare_search: OnceLock::new(),
        }
    }

    /// Returns the same reader, but for its search index, which is opened anew.
    pub(crate) fn once_more(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            primary: self.primary.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            search_folder: self.search_folder.clone(),
            search: OnceLock::new(),
            spare_search: OnceLock::new(),
        }
    }

    /// Says that the store is a replica, and of what: the two are compared, and [`Reader::lag`] measures between them.
    ///
    /// Errors: `shop.other` when they hold two different shops, or a shop and a copy of it that sold on its own since;
    /// `shop.missing` when one holds none.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sutler_engine::Reader;
    /// use sutler_engine::testing::{self, Counting, HandClock};
    /// use sutler_store_memory::MemoryStore;
    ///
    /// let (replica, primary) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    /// let reader = Reader::new(replica, Arc::new(HandClock::default()), Arc::new(Counting::default()));
    /// assert_eq!(reader.replica_of(primary).err().map(|e| e.code()), Some("shop.missing"));
    /// ```
    pub fn replica_of(mut self, primary: Arc<dyn StoreReader>) -> Result<Self, FlowError> {
        let uid = |store: &dyn StoreReader| -> Result<u128, FlowError> {
            Ok(store.setup()?.ok_or(Rejection::ShopMissing)?.shop.uid)
        };
        if uid(&*self.store)? != uid(&*primary)? {
            return Err(Rejection::OtherShop.into());
        }
        // The replica first: whatever it shows, its shop has shown before.
        let (here, _) = self.store.event_head()?;
        check_follows(&*self.store, here, &*primary, primary.event_head()?.0)?;
        self.primary = Some(primary);
        Ok(self)
    }

    /// Says where the search index is kept: in a folder, which is made and opened by the first search; `None`, as without
    /// this call, in memory.
    #[must_use]
    pub fn with_search_at(mut self, folder: Option<PathBuf>) -> Self {
        self.search_folder = folder;
        self
    }

    /// Returns the store, for reads that no flow offers.
    pub fn store(&self) -> &dyn StoreReader {
        &*self.store
    }

    /// Returns the shop itself, where this reads a replica.
    pub(crate) fn primary(&self) -> Option<&dyn StoreReader> {
        self.primary.as_deref()
    }

    /// Returns the present moment, as the shop's clock has it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns a fresh id.
    pub(crate) fn next_id(&self) -> u128 {
        self.ids.next_id()
    }

    /// Runs reads that belong together, of one moment where the store can give one.
    pub(crate) fn together<T>(&self, mut work: impl FnMut() -> T) -> T {
        let mut done = None;
        self.store.together(&mut || done = Some(work()));
        done.unwrap_or_else(work)
    }

    /// Returns the set-up; refused while the store holds no shop.
    pub fn setup(&self) -> Result<Arc<Setup>, FlowError> {
        self.store.setup()?.ok_or(FlowError::Refused(Rejection::ShopMissing))
    }

    /// Returns the search index, opened by the first call. An index that cannot be used is emptied: its cursor says that
    /// everything is to be read again.
    pub(crate) fn search_index(&self) -> Result<&SearchIndex, FlowError> {
        if let Some(index) = self.search.get() {
            return Ok(index);
        }
        let opened = match &self.search_folder {
            None => SearchIndex::in_memory()?,
            Some(folder) => match SearchIndex::open(folder) {
                Err(SearchError::NeedsRebuild { .. }) => SearchIndex::recreate(folder)?,
                opened => opened?,
            },
        };
        // Two threads may open it at once; the first one's stays.
        Ok(self.search.get_or_init(|| opened))
    }

    /// Returns what is searched where the index cannot be written: the index as it lies there when it has seen every event,
    /// else one in memory.
    pub(crate) fn spare_search_index(&self) -> Result<&SearchIndex, FlowError> {
        if let Some(index) = self.spare_search.get() {
            return Ok(index);
        }
        let (head, _) = self.store.event_head()?;
        let kept = self.search_folder.as_deref().map(SearchIndex::open_read_only);
        let opened = match kept {
            Some(Ok(index)) if index.cursor().is_ok_and(|cursor| cursor == head) => index,
            _ => SearchIndex::in_memory()?,
        };
        Ok(self.spare_search.get_or_init(|| opened))
    }

    /// Returns whether searches could not use the kept index, because its folder cannot be written to or has no room: they are answered
    /// from what lies there, or from an index in memory that the next program must build again.
    ///
    /// ```
    /// use sutler_engine::flow::search::SearchRequest;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// shop.search(&SearchRequest::new("mug"))?;
    /// assert!(!shop.search_is_spare(), "an index in memory can always be written");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search_is_spare(&self) -> bool {
        self.spare_search.get().is_some()
    }

    /// Returns the id of a new record that is known by its name: the same for whoever makes it at the same time, so that the
    /// second is refused by the store, looks again and finds the first. One that is taken is passed over.
    pub(crate) fn id_of_name(&self, noun: &str, name: &str, taken: impl Fn(u128) -> bool) -> u128 {
        let hash = HashInput::new(noun).text(name).finish().to_bytes();
        let id = hash.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        // Behind every id that was made of a moment: of two price lists that apply alike the first id decides, and what is new
        // must not go before what stands.
        let id = id | 1 << 127;
        if taken(id) { self.next_id() } else { id }
    }
}

/// Refuses a store that does not follow the shop: one that is ahead of it, or whose newest event is another one there.
pub(crate) fn check_follows(
    replica: &dyn StoreReader,
    here: u64,
    primary: &dyn StoreReader,
    there: u64,
) -> Result<(), FlowError> {
    let Some(before) = here.checked_sub(1) else { return Ok(()) };
    // The link of an event stands for all events up to it.
    let link = |store: &dyn StoreReader| -> Result<Option<(u64, i64)>, FlowError> {
        let newest = store.events(before, 1)?;
        Ok(newest.first().map(|event| (event.seq, event.link)))
    };
    if here > there || link(replica)? != link(primary)? {
        return Err(Rejection::OtherShop.into());
    }
    Ok(())
}
