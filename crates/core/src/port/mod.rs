//! Ports: what the rules and flows need from the world, as traits. Nothing here is implemented here.
//!
//! Ports block (`Send + Sync`): SQLite does, an embedded library should not pick a runtime, and a pure core leaves the
//! choice to one crate. They stay few and coarse so that an async twin remains affordable.

mod error;
mod provider;
mod store;

pub use error::{Retry, StoreError};
pub use provider::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};
pub use store::{
    CartReader, CatalogReader, CatalogSize, EventReader, Finding, OrderFilter, OrderReader,
    SagaReader, SetupReader, StockReader, Store, VariantRef,
};

use crate::time::Timestamp;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Returns the present moment.
    fn now(&self) -> Timestamp;
}

/// Where new ids come from: 128-bit numbers that sort by the time they were made (UUIDv7).
pub trait IdSource: Send + Sync {
    /// Returns a number that was never returned before, by this or any other source.
    fn next_id(&self) -> u128;
}
