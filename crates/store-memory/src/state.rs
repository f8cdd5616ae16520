//! Everything that is committed, as one value.
//!
//! Tables are shared until one of them is written to: cloning a [`State`] copies two dozen pointers, and a commit copies
//! only the tables it touches. Which of them belong together is decided in the file of the port.

use std::collections::BTreeMap;
use std::sync::Arc;

use sutler_core::cart::Cart;
use sutler_core::catalog::{Category, Handle, Product};
use sutler_core::change::{IdempotencyKey, RecordRef};
use sutler_core::checkout::Checkout;
use sutler_core::credit::CreditId;
use sutler_core::customer::Customer;
use sutler_core::event::StoredEvent;
use sutler_core::fulfillment::Fulfillment;
use sutler_core::hash::ContentHash;
use sutler_core::id::{
    CartId, CategoryId, CheckoutId, CouponBatchId, CustomerId, FulfillmentId, OrderId, PaymentId,
    PriceListId, ProductId, PromotionId, StockLocationId, VariantId,
};
use sutler_core::import::ImportRun;
use sutler_core::inventory::{Allocation, StockKey, StockLevel, StoredMovement};
use sutler_core::lease::Lease;
use sutler_core::order::{LoggedAction, Order, OrderNumber, PromotionUse};
use sutler_core::payment::{Payment, PaymentTask};
use sutler_core::port::CopyMark;
use sutler_core::pricing::{CouponCode, PriceRecord};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::credit::CreditRecord;
use crate::setup::SetupTables;
use crate::stock::Ledger;

/// A table that is copied when it is written to while somebody else still reads it.
pub(crate) type Table<K, V> = Arc<BTreeMap<K, V>>;

/// Everything that is committed.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) setup: Arc<SetupTables>,

    pub(crate) categories: Table<CategoryId, Category>,
    pub(crate) products: Table<ProductId, Arc<Product>>,
    /// Which product has a handle.
    pub(crate) handles: Table<Handle, ProductId>,
    /// Which product a variant belongs to.
    pub(crate) variants: Table<VariantId, ProductId>,
    /// The prices that hold, each with since when.
    pub(crate) prices: Table<(VariantId, PriceListId, u32), PriceRecord>,
    /// Those that were replaced or taken away; never changed.
    pub(crate) past_prices: Table<(VariantId, PriceListId, u32, Timestamp), PriceRecord>,

    pub(crate) carts: Table<CartId, Arc<Cart>>,
    pub(crate) customers: Table<CustomerId, Customer>,

    pub(crate) levels: Table<StockKey, StockLevel>,
    /// Units held, expired or not.
    pub(crate) reservations: Table<(StockKey, Timestamp, CheckoutId), u32>,
    pub(crate) ledgers: Table<StockLocationId, Arc<Ledger>>,
    /// The entries of all ledgers as they came.
    pub(crate) movements: Arc<Vec<Arc<StoredMovement>>>,

    pub(crate) orders: Table<OrderId, Arc<Order>>,
    pub(crate) order_numbers: Table<OrderNumber, OrderId>,
    pub(crate) order_logs: Table<OrderId, Arc<Vec<LoggedAction>>>,
    pub(crate) allocations: Table<(OrderId, u32, StockKey), Allocation>,
    pub(crate) fulfillments: Table<FulfillmentId, Arc<Fulfillment>>,
    pub(crate) payments: Table<PaymentId, Arc<Payment>>,
    pub(crate) payment_tasks: Table<String, PaymentTask>,
    /// What orders use of promotions.
    pub(crate) promotion_uses: Table<(PromotionId, OrderId), PromotionUse>,
    /// The codes that were made in batches.
    pub(crate) coupons: Table<CouponCode, CouponBatchId>,
    pub(crate) credits: Table<CreditId, Arc<CreditRecord>>,

    pub(crate) checkouts: Table<CheckoutId, Arc<Checkout>>,
    pub(crate) import_runs: Table<(ContentHash, u32), ImportRun>,
    pub(crate) keys: Table<IdempotencyKey, (ContentHash, RecordRef)>,

    pub(crate) events: Arc<Vec<Arc<StoredEvent>>>,
    pub(crate) event_head: ChainHead,
    /// How many events each subject has.
    pub(crate) subject_events: Table<RecordRef, u64>,
    pub(crate) cursors: Table<String, u64>,
    pub(crate) leases: Table<String, Lease>,

    /// How far the copy into this store has come.
    pub(crate) copy: Option<CopyMark>,
}

/// The head of a chain; that of an empty one by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ChainHead(pub(crate) ContentHash);

impl Default for ChainHead {
    fn default() -> Self {
        Self(ContentHash::ZERO)
    }
}

/// Why a change cannot be applied.
pub(crate) enum Stop {
    /// A record moved on.
    Conflict(RecordRef),
    /// A guard refused.
    Refused(Rejection),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Stop::Refused(rejection)
    }
}

/// What became of one change.
pub(crate) type Applied = Result<(), Stop>;

/// Lets a record of `version` follow the `stored` one, `None` while there is none.
pub(crate) fn guard_version(
    stored: Option<u64>,
    version: u64,
    what: impl Into<RecordRef>,
) -> Applied {
    if version.checked_sub(1) == Some(stored.unwrap_or(0)) {
        Ok(())
    } else {
        Err(Stop::Conflict(what.into()))
    }
}

/// Returns the refusal of a text that is in use.
pub(crate) fn taken(noun: &'static str, given: impl ToString) -> Stop {
    Stop::Refused(Rejection::AlreadyExists { noun, given: given.to_string() })
}
