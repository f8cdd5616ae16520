//! What the engine may ask of a back-end. Every sentence here is a test of the conformance suite; what is not promised
//! here may not be relied on.
//!
//! Reads are many and small, by noun; each sees a committed snapshot, never part of a commit, and at least everything
//! that was committed before it began by the same process. Writing goes through [`Store::commit`] alone. Lists come in
//! a stated order and are paged by the last key seen, never by offset. All methods block; all may be called from
//! any thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cart::Cart;
use crate::catalog::{Category, Handle, Product};
use crate::change::{ChangeSet, CommitOutcome, IdempotencyKey, RecordRef};
use crate::checkout::Checkout;
use crate::event::StoredEvent;
use crate::fulfillment::Fulfillment;
use crate::hash::ContentHash;
use crate::id::{
    CartId, CheckoutId, OrderId, PaymentId, ProductId, PromotionId, StockLocationId, VariantId,
};
use crate::import::ImportRun;
use crate::inventory::{Allocation, Reservation, StockKey, StockLevel, StoredMovement};
use crate::order::{LoggedAction, Order, OrderNumber, OrderStatus};
use crate::payment::{Payment, PaymentTask};
use crate::pricing::Price;
use crate::shop::Setup;
use crate::time::Timestamp;

use super::StoreError;

/// Where the set-up of the shop is read.
pub trait SetupReader {
    /// Returns the whole set-up, `None` while the store holds no shop. Cheap to call: a back-end may keep it as long as
    /// its version stands.
    fn setup(&self) -> Result<Option<Arc<Setup>>, StoreError>;
}

/// Where one variant stands in the catalog.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct VariantRef {
    /// The variant.
    pub variant: VariantId,
    /// Its product.
    pub product: ProductId,
}

/// Where the catalog is read.
pub trait CatalogReader {
    /// Returns products, in the order asked, `None` where there is none.
    fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<Product>>, StoreError>;

    /// Returns products by handle, in the order asked, `None` where there is none.
    fn products_by_handle(&self, handles: &[Handle]) -> Result<Vec<Option<Product>>, StoreError>;

    /// Returns up to `limit` products after `after`, in the order of ids.
    fn product_page(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<Product>, StoreError>;

    /// Returns where variants stand, in the order asked, `None` where there is none.
    fn variant_refs(&self, ids: &[VariantId]) -> Result<Vec<Option<VariantRef>>, StoreError>;

    /// Returns the variants in use with this SKU, letter by letter, in the order of ids; SKUs need not be unique.
    fn variants_by_sku(&self, sku: &str) -> Result<Vec<VariantRef>, StoreError>;

    /// Returns the variants in use with this barcode, in the order of ids.
    fn variants_by_barcode(&self, barcode: &str) -> Result<Vec<VariantRef>, StoreError>;

    /// Returns up to `limit` SKUs and handles that begin with `prefix` (without regard to ASCII case), in alphabetical
    /// order, to suggest when one was mistyped.
    fn labels_near(&self, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError>;

    /// Returns every category, in the order of ids.
    fn categories(&self) -> Result<Vec<Category>, StoreError>;

    /// Returns how many products and variants in use there are.
    fn catalog_size(&self) -> Result<CatalogSize, StoreError>;

    /// Returns every price of the given variants in every list, in the order of variant, list, minimum quantity.
    fn prices(&self, variants: &[VariantId]) -> Result<Vec<Price>, StoreError>;
}

/// How much a catalog holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CatalogSize {
    /// Products of any status.
    pub products: u64,
    /// Variants in use.
    pub variants: u64,
}

/// Where carts are read.
pub trait CartReader {
    /// Returns a cart.
    fn cart(&self, id: CartId) -> Result<Option<Cart>, StoreError>;
}

/// Where stock is read.
pub trait StockReader {
    /// Returns the levels of the given variants at every location that ever had one. Reservations that expired at or before
    /// `now` are not counted, whether swept or not. One snapshot: no level is newer than a write the others miss.
    fn stock_levels(
        &self,
        variants: &[VariantId],
        now: Timestamp,
    ) -> Result<BTreeMap<StockKey, StockLevel>, StoreError>;

    /// Returns up to `limit` levels after `after`, in key order, with all reservations counted, expired or not.
    fn stock_level_page(
        &self,
        after: Option<StockKey>,
        limit: usize,
    ) -> Result<Vec<(StockKey, StockLevel)>, StoreError>;

    /// Returns up to `limit` entries of a location's ledger after `after_seq`, in order.
    fn stock_ledger(
        &self,
        location: StockLocationId,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError>;

    /// Returns the head of a location's chain: number of entries and hash; zero and [`ContentHash::ZERO`] for none.
    fn stock_ledger_head(
        &self,
        location: StockLocationId,
    ) -> Result<(u64, ContentHash), StoreError>;

    /// Returns up to `limit` newest movements of a variant, newest first, at all locations, each with its location in its key.
    fn stock_history(
        &self,
        variant: VariantId,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError>;

    /// Returns up to `limit` reservations after `after`, in key order, expired ones included.
    fn reservation_page(
        &self,
        after: Option<Reservation>,
        limit: usize,
    ) -> Result<Vec<Reservation>, StoreError>;
}

/// What an order list is narrowed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    /// Only this status.
    pub status: Option<OrderStatus>,
}

/// Where orders and what belongs to them are read.
pub trait OrderReader {
    /// Returns an order.
    fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// Returns an order by its number.
    fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, StoreError>;

    /// Returns the order of a cart that is not canceled.
    fn order_by_cart(&self, cart: CartId) -> Result<Option<Order>, StoreError>;

    /// Returns up to `limit` orders with numbers below `before`, newest number first.
    fn order_page(
        &self,
        filter: OrderFilter,
        before: Option<OrderNumber>,
        limit: usize,
    ) -> Result<Vec<Order>, StoreError>;

    /// Returns the log of an order, oldest first.
    fn order_log(&self, id: OrderId) -> Result<Vec<LoggedAction>, StoreError>;

    /// Returns the allocations of an order, by line and key.
    fn allocations(&self, order: OrderId) -> Result<Vec<Allocation>, StoreError>;

    /// Returns the fulfillments of an order, oldest id first.
    fn fulfillments(&self, order: OrderId) -> Result<Vec<Fulfillment>, StoreError>;

    /// Returns the payments of the given orders with their facts, by order as asked, then oldest id first.
    fn payments(&self, orders: &[OrderId]) -> Result<Vec<Payment>, StoreError>;

    /// Returns a payment.
    fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError>;

    /// Returns the provider tasks of a payment, by key.
    fn payment_tasks(&self, payment: PaymentId) -> Result<Vec<PaymentTask>, StoreError>;

    /// Returns up to `limit` queued tasks due at or before `now`, by due moment, then key.
    fn payment_tasks_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PaymentTask>, StoreError>;

    /// Returns, for each promotion asked, how often it was used in all and by `customer`.
    fn promotion_uses(
        &self,
        promotions: &[PromotionId],
        customer: Option<&str>,
    ) -> Result<Vec<(u32, u32)>, StoreError>;
}

/// Where sagas, imports and idempotency keys are read.
pub trait SagaReader {
    /// Returns the log record of a checkout.
    fn checkout(&self, id: CheckoutId) -> Result<Option<Checkout>, StoreError>;

    /// Returns up to `limit` checkouts that are neither placed nor unwound, in the order of ids after `after`.
    fn checkouts_open(
        &self,
        after: Option<CheckoutId>,
        limit: usize,
    ) -> Result<Vec<Checkout>, StoreError>;

    /// Returns the newest run of an import of this content.
    fn import_run(&self, content: ContentHash) -> Result<Option<ImportRun>, StoreError>;

    /// Returns what a key was used for: hash of the request and answer.
    fn idempotency(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<(ContentHash, RecordRef)>, StoreError>;
}

/// Where the event log is read.
pub trait EventReader {
    /// Returns up to `limit` events after `after_seq`, in order. An event, once seen, never moves, and none appears before it
    /// later.
    fn events(&self, after_seq: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError>;

    /// Returns the last event's place in the log and the head of the chain; zero and [`ContentHash::ZERO`] for none.
    fn event_head(&self) -> Result<(u64, ContentHash), StoreError>;

    /// Returns a consumer's place, 0 when it never moved.
    fn cursor(&self, consumer: &str) -> Result<u64, StoreError>;
}

/// Something that is off in a store.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Finding {
    /// Stable word of the invariant: `stock.level`.
    pub check: &'static str,
    /// The record it is about.
    pub subject: String,
    /// What is off.
    pub message: String,
}

/// A place that holds a whole shop.
///
/// Object-safe, so that a program can choose its back-end by URL. Every back-end passes the conformance suite.
pub trait Store:
    SetupReader
    + CatalogReader
    + CartReader
    + StockReader
    + OrderReader
    + SagaReader
    + EventReader
    + Send
    + Sync
{
    /// Applies every change of `set`, or none. Guards are decided on the stored rows, inside the same transaction. When it
    /// returns [`CommitOutcome::Committed`], a power cut cannot undo it (for back-ends that promise durability).
    ///
    /// Errors: [`StoreError`] when the back-end could not work; with [`super::Retry::Later`] nothing was written.
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError>;

    /// Looks for damage that only the back-end can see (pages, indexes, chains); what is off, nothing when all is well.
    fn integrity(&self) -> Result<Vec<Finding>, StoreError>;
}
