//! Ports: what the rules and flows need from the world, as traits. Nothing here is implemented here.
//!
//! Ports block (`Send + Sync`): SQLite does, an embedded library should not pick a runtime, and a pure core leaves the
//! choice to one crate. They stay few and coarse so that an async twin remains affordable.

mod credit;
mod dump;
mod error;
mod goods;
mod lease;
mod promotion;
mod provider;
mod random;
mod store;
mod summary;
mod tax;

pub use credit::CreditReader;
pub use dump::{CopyMark, Dump, DumpKind, DumpRecord};
pub use error::{Retry, StoreError};
pub use goods::{Goods, GoodsReader};
pub use lease::LeaseReader;
pub use promotion::{PromotionReader, UsesAsked};
pub use provider::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};
pub use random::RandomSource;
pub use store::{
    CartReader, CatalogReader, CatalogSize, CustomerReader, EventReader, Finding, Looked,
    OrderFilter, OrderReader, SagaReader, SetupReader, StockReader, Store, StoreReader, VariantRef,
};
pub use summary::ShopSummary;
pub use tax::{TaxProvider, TaxProviderError};

use crate::time::Timestamp;

/// Where the time comes from.
///
/// ```
/// use sutler_core::port::Clock;
/// use sutler_core::time::Timestamp;
///
/// /// Stands still: what a test of an expiry needs.
/// struct At(Timestamp);
///
/// impl Clock for At {
///     fn now(&self) -> Timestamp {
///         self.0
///     }
/// }
/// let clock: &dyn Clock = &At(Timestamp::from_millis(1_000));
/// assert_eq!(clock.now(), clock.now());
/// ```
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    fn now(&self) -> Timestamp;
}

/// Where new ids come from: 128-bit numbers that sort by the time they were made (UUIDv7).
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use sutler_core::id::CartId;
/// use sutler_core::port::IdSource;
///
/// /// Counts: unique in one process, which is enough for a test.
/// struct Counting(AtomicU64);
///
/// impl IdSource for Counting {
///     fn next_id(&self) -> u128 {
///         u128::from(self.0.fetch_add(1, Ordering::Relaxed))
///     }
/// }
/// let ids = Counting(AtomicU64::new(1));
/// assert_ne!(CartId::from_u128(ids.next_id()), CartId::from_u128(ids.next_id()));
/// ```
pub trait IdSource: Send + Sync {
    /// Returns a number that was never returned before, by this or any other source.
    fn next_id(&self) -> u128;
}
