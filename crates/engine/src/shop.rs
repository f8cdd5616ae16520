//! A whole shop over its ports.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use sutler_core::change::{ChangeSet, CommitOutcome, Idempotency, Receipt, RecordRef};
use sutler_core::id::{CommandId, PromotionId};
use sutler_core::port::{
    Clock, IdSource, PaymentProvider, RandomSource, Retry, Store, TaxProvider,
};
use sutler_core::rejection::Rejection;

use crate::flow::lease::Fence;
use crate::{FlowError, Reader};

/// How often a flow decides anew when records move on under it.
const TRIES: u32 = 12;

/// A whole shop: a store, a clock, a source of ids, payment providers and a search index.
///
/// Cheap to share: all methods take `&self` and may be called from any thread. Methods are grouped by flow, one file
/// each under [`crate::flow`]; those that only read are those of its [`Reader`].
///
/// ```
/// use std::sync::Arc;
/// use sutler_core::id::CommandId;
/// use sutler_core::port::SetupReader;
/// use sutler_engine::Shop;
/// use sutler_engine::flow::setup::InitCommand;
/// use sutler_engine::provider::{ManualProvider, TestProvider};
/// use sutler_engine::testing::{Counting, HandClock};
/// use sutler_store_memory::MemoryStore;
///
/// let store = Arc::new(MemoryStore::new());
/// let clock = Arc::new(HandClock::default());
/// let shop = Shop::new(store, clock.clone(), Arc::new(Counting::default()))
///     .with_provider(Arc::new(TestProvider::in_memory()))
///     .with_provider(Arc::new(ManualProvider))
///     .with_random(Arc::new(Counting::default()))
///     .with_search_at(None)
///     .with_command(CommandId::from_u128(7))
///     .with_holder("till 1");
///
/// assert_eq!(shop.setup().unwrap_err().code(), "shop.missing");
/// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
/// assert_eq!(shop.setup()?.shop.name, "Corner shop");
/// assert_eq!(shop.store().setup()?.map(|setup| setup.shop.created_at), Some(shop.now()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Shop {
    /// Reads the same store.
    reader: Reader,
    store: Arc<dyn Store>,
    random: Option<Arc<dyn RandomSource>>,
    providers: BTreeMap<String, Arc<dyn PaymentProvider>>,
    tax_provider: Option<Arc<dyn TaxProvider>>,
    command: Option<CommandId>,
    /// What this program calls itself where it holds a lease.
    holder: String,
    /// The leases that everything is written under.
    fences: Vec<Fence>,
}

/// What only reads is written once, for a shop and for a replica of it.
impl Deref for Shop {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// What a flow's commit came to, once conflicts are settled.
#[derive(Clone, Debug)]
pub(crate) enum Settled<T> {
    /// It was written now.
    Done(T, Receipt),
    /// The same key with the same content was done before.
    Replayed(RecordRef),
}

impl Shop {
    /// Puts a shop together. Without providers nothing can be paid; see [`Shop::with_provider`].
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            reader: Reader::new(store.clone(), clock, ids),
            store,
            random: None,
            providers: BTreeMap::new(),
            tax_provider: None,
            command: None,
            holder: "a program without a name".to_owned(),
            fences: Vec::new(),
        }
    }

    /// Adds a payment provider; one of the same name is replaced.
    #[must_use]
    pub fn with_provider(mut self, provider: Arc<dyn PaymentProvider>) -> Self {
        self.providers.insert(provider.name().to_owned(), provider);
        self
    }

    /// Has an outside engine say what tax is due. It is asked for every quote; where it declines to answer, and without
    /// this call, the tax zones and rates of the shop hold.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use sutler_engine::flow::cart::QuoteFor;
    /// use sutler_core::port::{TaxProvider, TaxProviderError};
    /// use sutler_core::pricing::{TaxAnswer, TaxRequest};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// /// An engine that nobody can reach.
    /// struct Down;
    ///
    /// impl TaxProvider for Down {
    ///     fn name(&self) -> &str {
    ///         "down"
    ///     }
    ///
    ///     fn tax(&self, _: &TaxRequest) -> Result<Option<TaxAnswer>, TaxProviderError> {
    ///         Err(TaxProviderError { reason: "no answer within two seconds".to_owned() })
    ///     }
    /// }
    ///
    /// let cart = sutler_engine::testing::cart(&shop)?;
    /// assert!(shop.cart_quote(cart, &QuoteFor::default()).is_ok());
    /// // Tax is never guessed: an engine that fails is no reason to take the rates of the shop.
    /// let shop = shop.taxed_by(Arc::new(Down));
    /// assert!(shop.cart_quote(cart, &QuoteFor::default()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn taxed_by(mut self, provider: Arc<dyn TaxProvider>) -> Self {
        self.tax_provider = Some(provider);
        self
    }

    /// Says where chance comes from: what nobody may guess, such as coupon codes, is made of it. Without this call the shop
    /// makes none.
    #[must_use]
    pub fn with_random(mut self, source: Arc<dyn RandomSource>) -> Self {
        self.random = Some(source);
        self
    }

    /// Says where the search index is kept: in a folder, which is made and opened by the first search; `None`, as without
    /// this call, in memory.
    #[must_use]
    pub fn with_search_at(mut self, folder: Option<PathBuf>) -> Self {
        self.reader = self.reader.with_search_at(folder);
        self
    }

    /// Makes every change of this value carry one command id, as a program that runs one command a process wants.
    #[must_use]
    pub fn with_command(mut self, command: CommandId) -> Self {
        self.command = Some(command);
        self
    }

    /// Says what this program calls itself, for people who ask who holds a lease: `process 4711 on till-1`.
    #[must_use]
    pub fn with_holder(mut self, holder: impl Into<String>) -> Self {
        self.holder = holder.into();
        self
    }

    /// Returns what this program calls itself.
    pub(crate) fn holder(&self) -> &str {
        &self.holder
    }

    /// Returns the same shop, but for its search index, whose every commit carries the fence.
    pub(crate) fn fenced(&self, fence: Fence) -> Shop {
        Shop {
            reader: self.reader.once_more(),
            store: Arc::clone(&self.store),
            random: self.random.clone(),
            providers: self.providers.clone(),
            tax_provider: self.tax_provider.clone(),
            command: self.command,
            holder: self.holder.clone(),
            fences: self.fences.iter().cloned().chain([fence]).collect(),
        }
    }

    /// Returns the store, for reads that no flow offers.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Returns what only reads, for a part of a program that must not decide.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let reports = shop.into_reader();
    /// assert!(reports.order_list(None, None, 50)?.is_empty());
    /// assert!(reports.lag()?.is_none(), "it reads the shop itself");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_reader(self) -> Reader {
        self.reader
    }

    /// Returns the source of chance.
    pub(crate) fn random(&self) -> Option<&dyn RandomSource> {
        self.random.as_deref()
    }

    /// Returns an empty set at the present moment.
    pub(crate) fn change_set(&self) -> ChangeSet {
        let command = self.command.unwrap_or_else(|| CommandId::from_u128(self.next_id()));
        let mut set = ChangeSet::new(self.now(), command);
        set.changes.extend(self.fences.iter().map(Fence::change));
        set
    }

    /// Returns a provider by name.
    pub(crate) fn provider(&self, name: &str) -> Result<&dyn PaymentProvider, Rejection> {
        let known = || self.providers.keys().cloned().collect();
        let provider = self.providers.get(name).map(|provider| &**provider);
        provider
            .ok_or_else(|| Rejection::UnknownProvider { given: name.to_owned(), known: known() })
    }

    /// Returns the outside tax engine.
    pub(crate) fn tax_provider(&self) -> Option<&dyn TaxProvider> {
        self.tax_provider.as_deref()
    }

    /// Reads, decides and commits, again and again while records move on, with a bound.
    ///
    /// `decide` reads what it needs and fills a fresh set; its value is given back with the receipt. It names the key first:
    /// what the key did before often is why it refuses now, and then the first answer stands. This is the only loop of its
    /// kind.
    pub(crate) fn settle<T>(
        &self,
        mut decide: impl FnMut(&mut ChangeSet) -> Result<T, FlowError>,
    ) -> Result<Settled<T>, FlowError> {
        let (mut contended, mut was_busy) = (String::new(), false);
        for attempt in 0..TRIES {
            let mut set = self.change_set();
            let decided = match self.together(|| decide(&mut set)) {
                Err(FlowError::Refused(rejection)) => {
                    let known = self.known_answer(set.idempotency.as_ref())?;
                    return known
                        .map(Settled::Replayed)
                        .ok_or_else(|| self.labeled(rejection).into());
                }
                decided => decided?,
            };
            set.check_texts()?;
            match self.store.commit(set) {
                Ok(CommitOutcome::Committed(receipt)) => {
                    return Ok(Settled::Done(decided, receipt));
                }
                Ok(CommitOutcome::Replayed { answer }) => return Ok(Settled::Replayed(answer)),
                Ok(CommitOutcome::Refused(rejection)) => {
                    return Err(self.labeled(rejection).into());
                }
                Ok(CommitOutcome::Conflict { what }) => contended = what.to_string(),
                // A store that is busy for a moment is asked again, once.
                Err(error) if error.retry == Retry::Later && !was_busy => {
                    was_busy = true;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            was_busy = false;
            self.pause(attempt);
        }
        Err(FlowError::Contended { what: contended })
    }

    /// Decides as [`Shop::settle`] does, and commits nothing: what would be written is dropped.
    pub(crate) fn dry_run<T>(
        &self,
        mut decide: impl FnMut(&mut ChangeSet) -> Result<T, FlowError>,
    ) -> Result<T, FlowError> {
        let mut set = self.change_set();
        let decided = self.together(|| decide(&mut set));
        self.known_answer(set.idempotency.as_ref())?;
        let decided = decided.map_err(|error| match error {
            FlowError::Refused(rejection) => self.labeled(rejection).into(),
            other => other,
        })?;
        set.check_texts()?;
        Ok(decided)
    }

    /// Returns what a key was answered with before; refused when it was used for another request.
    fn known_answer(&self, once: Option<&Idempotency>) -> Result<Option<RecordRef>, FlowError> {
        let Some(once) = once else { return Ok(None) };
        match self.store.idempotency(&once.key)? {
            Some((content, _)) if content != once.content => {
                Err(Rejection::KeyReused { key: once.key.to_string() }.into())
            }
            known => Ok(known.map(|(_, answer)| answer)),
        }
    }

    /// Waits a little, longer each time and never the same for two callers, so that they stop meeting.
    fn pause(&self, attempt: u32) {
        if attempt == 0 {
            return;
        }
        let jitter = u64::try_from(self.next_id() & 0x3ff).unwrap_or(0);
        let micros = (1_u64 << attempt.min(8)).saturating_mul(100).saturating_add(jitter);
        std::thread::sleep(std::time::Duration::from_micros(micros));
    }

    /// Replaces the id that a store's guard names by what people call the variant or promotion.
    pub(crate) fn labeled(&self, rejection: Rejection) -> Rejection {
        let name = |id| self.variant_label(id).ok().flatten();
        match rejection {
            Rejection::InsufficientStock { variant, label, requested, available } => {
                Rejection::InsufficientStock {
                    variant,
                    label: name(variant).unwrap_or(label),
                    requested,
                    available,
                }
            }
            Rejection::StockChanged { variant, label, expected, found } => {
                Rejection::StockChanged {
                    variant,
                    label: name(variant).unwrap_or(label),
                    expected,
                    found,
                }
            }
            Rejection::StockPromised { variant, label, promised } => Rejection::StockPromised {
                variant,
                label: name(variant).unwrap_or(label),
                promised,
            },
            Rejection::StockOverflow { variant, label } => {
                Rejection::StockOverflow { variant, label: name(variant).unwrap_or(label) }
            }
            Rejection::PromotionUsedUp { name, coupon, reason } => {
                let name = self.promotion_name(&name).unwrap_or(name);
                Rejection::PromotionUsedUp { name, coupon, reason }
            }
            other => other,
        }
    }

    fn promotion_name(&self, id: &str) -> Option<String> {
        let id: PromotionId = id.parse().ok()?;
        let setup = self.setup().ok()?;
        setup
            .promotions
            .iter()
            .find(|promotion| promotion.id == id)
            .map(|promotion| promotion.name.clone())
    }
}
