//! [`FlakyStore`]: a store that fails on schedule, so that flows can be tested against every lost reply.
//!
//! It decorates another store and changes nothing that is written: a fault happens before the commit reached the inner
//! store, or after. Without faults it is that store, and passes the whole suite.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{Finding, Retry, Store, StoreError, StoreReader};

/// The code of every error that a [`FlakyStore`] makes up.
pub const CUT: &str = "store.flaky";

/// Something that goes wrong once. Commits and reads are counted apart, each from 1, since the last
/// [`FlakyStore::schedule`].
///
/// ```
/// use sutler_core::change::ChangeSet;
/// use sutler_core::id::CommandId;
/// use sutler_core::port::{Retry, Store};
/// use sutler_core::time::Timestamp;
/// use sutler_store_conformance::{CUT, Fault, FlakyStore};
/// use sutler_store_memory::MemoryStore;
///
/// // The worst that a network does: it was written, and nobody was told.
/// let store = FlakyStore::new(MemoryStore::new(), [Fault::AfterCommit(1)]);
/// let set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// let error = store.commit(set).unwrap_err();
/// assert_eq!((error.retry, error.code), (Retry::Unknown, CUT));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The n-th commit never reaches the store: [`Retry::Later`], nothing was written.
    BeforeCommit(u64),
    /// The n-th commit is done as usual, but its answer is lost: [`Retry::Unknown`].
    AfterCommit(u64),
    /// The n-th read fails: [`Retry::Later`].
    Read(u64),
    /// The n-th commit waits before it begins.
    Delay {
        /// Which commit.
        commit: u64,
        /// How long, in milliseconds.
        millis: u64,
    },
}

/// A store that fails on schedule.
///
/// ```
/// use sutler_core::port::{EventReader, Retry, Store};
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::{Fault, FlakyStore};
/// use sutler_store_memory::MemoryStore;
///
/// let set = World::new().set();
/// let store = FlakyStore::new(MemoryStore::new(), [Fault::BeforeCommit(2)]);
/// assert!(store.commit(set.clone()).is_ok());
/// assert_eq!(store.commit(set.clone()).unwrap_err().retry, Retry::Later);
/// assert!(store.commit(set.clone()).is_ok());
/// assert_eq!((store.commits(), store.reads(), store.pending().len()), (3, 0, 0));
///
/// store.schedule([Fault::Read(1)]);
/// assert!(store.event_head().is_err() && store.inner().event_head().is_ok());
///
/// let quiet = FlakyStore::quiet(store.into_inner());
/// assert!(quiet.commit(set).is_ok());
/// ```
#[derive(Debug)]
pub struct FlakyStore<S> {
    inner: S,
    faults: Mutex<Vec<Fault>>,
    commits: AtomicU64,
    reads: AtomicU64,
}

impl<S: Store> FlakyStore<S> {
    /// Decorates a store with a schedule of faults.
    pub fn new(inner: S, faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults = Mutex::new(faults.into_iter().collect());
        Self { inner, faults, commits: AtomicU64::new(0), reads: AtomicU64::new(0) }
    }

    /// Decorates a store without any fault.
    pub fn quiet(inner: S) -> Self {
        Self::new(inner, [])
    }

    /// Replaces the schedule, and counts commits and reads from 1 again.
    pub fn schedule(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut scheduled = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        *scheduled = faults.into_iter().collect();
        self.commits.store(0, Ordering::SeqCst);
        self.reads.store(0, Ordering::SeqCst);
    }

    /// Returns how many commits were tried since the last schedule.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Returns how many reads were tried since the last schedule.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// Returns the faults that have not happened yet.
    pub fn pending(&self) -> Vec<Fault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the store below, without faults.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Takes the decoration off.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Takes a fault from the schedule, if it is there.
    fn happens(&self, fault: Fault) -> bool {
        self.take(|scheduled| *scheduled == fault).is_some()
    }

    fn take(&self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let place = faults.iter().position(wanted)?;
        Some(faults.remove(place))
    }

    /// Lends the inner store for one read.
    fn for_reading(&self) -> Result<&S, StoreError> {
        let n = self.reads.fetch_add(1, Ordering::SeqCst) + 1;
        if self.happens(Fault::Read(n)) {
            return Err(cut("read", Retry::Later, format!("read {n} failed on schedule")));
        }
        Ok(&self.inner)
    }
}

impl<S: Store> Store for FlakyStore<S> {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        let n = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let delays = |fault: &Fault| matches!(fault, Fault::Delay { commit, .. } if *commit == n);
        if let Some(Fault::Delay { millis, .. }) = self.take(delays) {
            std::thread::sleep(Duration::from_millis(millis));
        }
        if self.happens(Fault::BeforeCommit(n)) {
            return Err(cut("commit", Retry::Later, format!("commit {n} failed on schedule")));
        }
        let outcome = self.inner.commit(set)?;
        if self.happens(Fault::AfterCommit(n)) {
            let lost = format!("the answer of commit {n} was lost on schedule");
            return Err(cut("commit", Retry::Unknown, lost));
        }
        Ok(outcome)
    }
}

impl<S: Store> StoreReader for FlakyStore<S> {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }
}

fn cut(op: &'static str, retry: Retry, why: String) -> StoreError {
    let source = why.into();
    StoreError { op, subject: "a flaky store".to_owned(), retry, code: CUT, help: None, source }
}

/// Implements every reader trait of the ports for a decorator, by passing each read on to another store.
///
/// The first part holds generics, the last says how to get at the inner store as a reference; it may use `?`. With
/// `Reader for` in front, one trait alone is implemented, for decorators that write the others by hand.
///
/// ```
/// # use sutler_core::port::Store;
/// use sutler_store_conformance::pass_reads_on;
///
/// struct Loud<S>(S);
/// pass_reads_on!([<S: Store>] Loud<S>, |this| &this.0);
/// ```
#[macro_export]
macro_rules! pass_reads_on {
    ([$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on!(SetupReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(CatalogReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(CartReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(CustomerReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(StockReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(OrderReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(PromotionReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(CreditReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(SagaReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(EventReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(LeaseReader for [$($generics)*] $decorator, |$this| $inner);
        $crate::pass_reads_on!(GoodsReader for [$($generics)*] $decorator, |$this| $inner);
    };
    (SetupReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] SetupReader {
            fn setup() -> Option<::std::sync::Arc<::sutler_core::shop::Setup>>;
        } }
    };
    (CatalogReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] CatalogReader {
            fn products(ids: &[::sutler_core::id::ProductId]) -> Vec<Option<::sutler_core::catalog::Product>>;
            fn products_by_handle(handles: &[::sutler_core::catalog::Handle]) -> Vec<Option<::sutler_core::catalog::Product>>;
            fn product_page(after: Option<::sutler_core::id::ProductId>, limit: usize) -> Vec<::sutler_core::catalog::Product>;
            fn variant_refs(ids: &[::sutler_core::id::VariantId]) -> Vec<Option<::sutler_core::port::VariantRef>>;
            fn variants_by_sku(sku: &str) -> Vec<::sutler_core::port::VariantRef>;
            fn variants_by_barcode(barcode: &str) -> Vec<::sutler_core::port::VariantRef>;
            fn labels_near(prefix: &str, limit: usize) -> Vec<String>;
            fn categories() -> Vec<::sutler_core::catalog::Category>;
            fn catalog_size() -> ::sutler_core::port::CatalogSize;
            fn prices(variants: &[::sutler_core::id::VariantId]) -> Vec<::sutler_core::pricing::Price>;
            fn price_history(variants: &[::sutler_core::id::VariantId]) -> Vec<::sutler_core::pricing::PriceRecord>;
            fn price_list_history() -> Vec<::sutler_core::pricing::PriceListRecord>;
        } }
    };
    (CartReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] CartReader {
            fn cart(id: ::sutler_core::id::CartId) -> Option<::sutler_core::cart::Cart>;
        } }
    };
    (CustomerReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] CustomerReader {
            fn customer(id: ::sutler_core::id::CustomerId) -> Option<::sutler_core::customer::Customer>;
            fn customer_by_email(email: &str) -> Option<::sutler_core::customer::Customer>;
            fn customer_page(after: Option<::sutler_core::id::CustomerId>, limit: usize)
                -> Vec<::sutler_core::customer::Customer>;
        } }
    };
    (StockReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] StockReader {
            fn stock_levels(variants: &[::sutler_core::id::VariantId], now: ::sutler_core::time::Timestamp)
                -> ::std::collections::BTreeMap<::sutler_core::inventory::StockKey, ::sutler_core::inventory::StockLevel>;
            fn stock_level_page(after: Option<::sutler_core::inventory::StockKey>, limit: usize)
                -> Vec<(::sutler_core::inventory::StockKey, ::sutler_core::inventory::StockLevel)>;
            fn stock_ledger(location: ::sutler_core::id::StockLocationId, after_seq: u64, limit: usize)
                -> Vec<::sutler_core::inventory::StoredMovement>;
            fn stock_ledger_head(location: ::sutler_core::id::StockLocationId) -> (u64, ::sutler_core::hash::ContentHash);
            fn stock_history(variant: ::sutler_core::id::VariantId, limit: usize)
                -> Vec<::sutler_core::inventory::StoredMovement>;
            fn reservation_page(after: Option<::sutler_core::inventory::Reservation>, limit: usize)
                -> Vec<::sutler_core::inventory::Reservation>;
        } }
    };
    (OrderReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] OrderReader {
            fn order(id: ::sutler_core::id::OrderId) -> Option<::sutler_core::order::Order>;
            fn order_by_number(number: ::sutler_core::order::OrderNumber) -> Option<::sutler_core::order::Order>;
            fn order_by_cart(cart: ::sutler_core::id::CartId) -> Option<::sutler_core::order::Order>;
            fn order_page(filter: ::sutler_core::port::OrderFilter, before: Option<::sutler_core::order::OrderNumber>, limit: usize)
                -> Vec<::sutler_core::order::Order>;
            fn order_log(id: ::sutler_core::id::OrderId) -> Vec<::sutler_core::order::LoggedAction>;
            fn allocations(order: ::sutler_core::id::OrderId) -> Vec<::sutler_core::inventory::Allocation>;
            fn fulfillments(order: ::sutler_core::id::OrderId) -> Vec<::sutler_core::fulfillment::Fulfillment>;
            fn payments(orders: &[::sutler_core::id::OrderId]) -> Vec<::sutler_core::payment::Payment>;
            fn payment(id: ::sutler_core::id::PaymentId) -> Option<::sutler_core::payment::Payment>;
            fn payment_tasks(payment: ::sutler_core::id::PaymentId) -> Vec<::sutler_core::payment::PaymentTask>;
            fn payment_tasks_due(now: ::sutler_core::time::Timestamp, limit: usize) -> Vec<::sutler_core::payment::PaymentTask>;
            fn orders_placed(buyer: &str) -> u64;
        } }
    };
    (PromotionReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] PromotionReader {
            fn promotion_uses(promotions: &[::sutler_core::id::PromotionId], asked: &::sutler_core::port::UsesAsked<'_>)
                -> Vec<::sutler_core::pricing::PromotionUses>;
            fn promotion_uses_of(order: ::sutler_core::id::OrderId) -> Vec<::sutler_core::order::PromotionUse>;
            fn batch_coupons(codes: &[::sutler_core::pricing::CouponCode]) -> Vec<::sutler_core::pricing::BatchCoupon>;
            fn coupon_page(batch: ::sutler_core::id::CouponBatchId, after: Option<&::sutler_core::pricing::CouponCode>, limit: usize)
                -> Vec<::sutler_core::pricing::CouponCode>;
        } }
    };
    (CreditReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] CreditReader {
            fn credit(id: ::sutler_core::credit::CreditId) -> Option<::sutler_core::credit::Credit>;
            fn gift_card_by_code(code: ::sutler_core::hash::ContentHash) -> Option<::sutler_core::credit::Credit>;
            fn store_credits(customer: &str) -> Vec<::sutler_core::credit::Credit>;
            fn credit_page(after: Option<::sutler_core::credit::CreditId>, limit: usize) -> Vec<::sutler_core::credit::Credit>;
            fn credit_ledger(id: ::sutler_core::credit::CreditId, after_seq: u64, limit: usize)
                -> Vec<::sutler_core::credit::StoredCreditEntry>;
            fn credit_ledger_head(id: ::sutler_core::credit::CreditId) -> (u64, ::sutler_core::hash::ContentHash);
        } }
    };
    (SagaReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] SagaReader {
            fn checkout(id: ::sutler_core::id::CheckoutId) -> Option<::sutler_core::checkout::Checkout>;
            fn checkouts_open(after: Option<::sutler_core::id::CheckoutId>, limit: usize) -> Vec<::sutler_core::checkout::Checkout>;
            fn import_run(content: ::sutler_core::hash::ContentHash) -> Option<::sutler_core::import::ImportRun>;
            fn idempotency(key: &::sutler_core::change::IdempotencyKey)
                -> Option<(::sutler_core::hash::ContentHash, ::sutler_core::change::RecordRef)>;
        } }
    };
    (EventReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] EventReader {
            fn events(after_seq: u64, limit: usize) -> Vec<::sutler_core::event::StoredEvent>;
            fn event_head() -> (u64, ::sutler_core::hash::ContentHash);
            fn cursor(consumer: &str) -> u64;
        } }
    };
    (LeaseReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] LeaseReader {
            fn lease(name: &str) -> Option<::sutler_core::lease::Lease>;
        } }
    };
    (GoodsReader for [$($generics:tt)*] $decorator:ty, |$this:ident| $inner:expr) => {
        $crate::pass_reads_on! { @reader [$($generics)*] [$decorator] $this [$inner] GoodsReader {
            fn products_of(variants: &[::sutler_core::id::VariantId]) -> Vec<::sutler_core::catalog::Product>;
            fn goods(variants: &[::sutler_core::id::VariantId], now: ::sutler_core::time::Timestamp)
                -> ::sutler_core::port::Goods;
        } }
    };
    (@reader [$($generics:tt)*] [$decorator:ty] $this:ident [$inner:expr]
        $reader:ident { $(fn $read:ident($($arg:ident: $given:ty),*) -> $answer:ty;)+ }
    ) => {
        impl $($generics)* ::sutler_core::port::$reader for $decorator {
            $(
                fn $read(&self, $($arg: $given),*) -> Result<$answer, ::sutler_core::port::StoreError> {
                    let $this = self;
                    ::sutler_core::port::$reader::$read($inner, $($arg),*)
                }
            )+
        }
    };
}

crate::pass_reads_on!([<S: Store>] FlakyStore<S>, |this| this.for_reading()?);
