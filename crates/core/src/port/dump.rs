//! Everything a shop holds, as records: what a copy reads from one store and writes into another.
//!
//! Stores keep a shop in ways of their own; what they have in common are the records of core. So a copy goes through these:
//! the source reads all of them in one snapshot, kind by kind and by key within a kind, and the target takes them in that
//! order. Equal shops give equal records in equal order on every back-end, which is what their hashes compare.
//!
//! Ids, versions, places in logs, links and heads of chains are part of the records, and written as they are. What follows
//! from records (counters, sums, what is looked up by) is not, and is worked out again by the target.
//!
//! Invariants
//! * The set-up is the last kind. Until it is there, a store that is copied into holds no shop that could sell.
//! * A store remembers a [`CopyMark`] from the first record to [`Dump::copy_done`], and whoever opens it for business
//!   meanwhile is refused.
//!
//! Deliberately absent: hashes of records and the way of a copy (see the flow `copy` of the engine), and what belongs to a
//! process rather than to the shop.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::cart::Cart;
use crate::catalog::{Category, Product};
use crate::change::{IdempotencyKey, RecordRef};
use crate::checkout::Checkout;
use crate::credit::{Credit, StoredCreditEntry};
use crate::customer::Customer;
use crate::event::StoredEvent;
use crate::fulfillment::Fulfillment;
use crate::hash::ContentHash;
use crate::id::{OrderId, StockLocationId};
use crate::import::ImportRun;
use crate::inventory::{Allocation, Reservation, StockKey, StockLevel, StoredMovement};
use crate::lease::Lease;
use crate::order::{LoggedAction, Order, PromotionUse};
use crate::payment::{Payment, PaymentTask};
use crate::pricing::{BatchCoupon, PriceListRecord, PriceRecord};
use crate::shop::Setup;

use super::{Store, StoreError};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($record:ty) = $word:literal,)+) => {
        /// A kind of record that a shop holds, in the order in which a copy goes through them.
        ///
        /// ```
        /// use sutler_core::port::DumpKind;
        ///
        /// assert_eq!(DumpKind::Order.word(), "orders");
        /// assert_eq!(DumpKind::ALL.last(), Some(&DumpKind::Setup), "a shop that is not whole cannot sell");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum DumpKind { $($(#[$doc])* $name,)+ }

        impl DumpKind {
            /// Every kind, in order.
            pub const ALL: &'static [DumpKind] = &[$(DumpKind::$name,)+];

            /// Returns the word for people and scripts: `order_log`.
            pub const fn word(self) -> &'static str {
                match self { $(DumpKind::$name => $word,)+ }
            }
        }

        /// One record of a shop, of whichever kind.
        ///
        /// ```
        /// use sutler_core::port::{DumpKind, DumpRecord};
        ///
        /// let cursor = DumpRecord::Cursor(("mailer".to_owned(), 7));
        /// assert_eq!(cursor.kind(), DumpKind::Cursor);
        /// ```
        #[derive(Clone, PartialEq, Eq, Debug, Serialize)]
        #[serde(untagged)]
        pub enum DumpRecord { $($(#[$doc])* $name($record),)+ }

        impl DumpRecord {
            /// Returns its kind.
            pub const fn kind(&self) -> DumpKind {
                match self { $(DumpRecord::$name(_) => DumpKind::$name,)+ }
            }
        }
    };
}

kinds! {
    /// Categories, by id.
    Category(Category) = "categories",
    /// Products with their variants, by id.
    Product(Box<Product>) = "products",
    /// Prices that hold and held, by variant, list, minimum quantity, since.
    Price(PriceRecord) = "prices",
    /// Price lists as they are and were, by list, since.
    PriceList(Box<PriceListRecord>) = "price_lists",
    /// Customers, by id.
    Customer(Box<Customer>) = "customers",
    /// Orders, by number.
    Order(Box<Order>) = "orders",
    /// What happened to each order, by the number of the order, version.
    OrderLog((OrderId, LoggedAction)) = "order_log",
    /// Allocations, by the number of the order, line, variant, location.
    Allocation(Allocation) = "allocations",
    /// Fulfillments with their shipments, by the number of the order, id.
    Fulfillment(Box<Fulfillment>) = "fulfillments",
    /// Payments with their facts, by id.
    Payment(Box<Payment>) = "payments",
    /// Tasks for providers, by payment, key.
    PaymentTask(Box<PaymentTask>) = "payment_tasks",
    /// Uses of promotions, by the number of the order, promotion.
    PromotionUse(Box<PromotionUse>) = "promotion_uses",
    /// Codes of coupon batches, by code.
    Coupon(BatchCoupon) = "coupons",
    /// Gift cards and store credit, each with the head of its ledger's chain, by kind, id.
    Credit(Box<(Credit, ContentHash)>) = "credits",
    /// Entries of their ledgers, by kind, id, place.
    CreditEntry(Box<StoredCreditEntry>) = "credit_entries",
    /// Carts, by id.
    Cart(Box<Cart>) = "carts",
    /// Checkouts, by id.
    Checkout(Box<Checkout>) = "checkouts",
    /// Import runs, by content, run.
    ImportRun(Box<ImportRun>) = "import_runs",
    /// Idempotency keys: what each was used for and what was answered, by key.
    Key(Box<(IdempotencyKey, ContentHash, RecordRef)>) = "keys",
    /// Stock levels, by variant, location.
    Level((StockKey, StockLevel)) = "levels",
    /// Reservations, expired ones included, by variant, location, expiry, checkout.
    Reservation(Reservation) = "reservations",
    /// Entries of the ledgers of all locations, as they came.
    Movement(Box<StoredMovement>) = "movements",
    /// The head of each ledger's chain and the place of its last entry, by location.
    LedgerHead((StockLocationId, u64, ContentHash)) = "ledger_heads",
    /// Events, by their place in the log.
    Event(Box<StoredEvent>) = "events",
    /// The head of the log's chain and the place of its last event; none of an empty log.
    EventHead((u64, ContentHash)) = "event_head",
    /// Places of consumers, by name.
    Cursor((String, u64)) = "cursors",
    /// Leases, held or not, because their tokens only grow; by name.
    Lease(Lease) = "leases",
    /// Shop, channels, locations, lists, zones, rates, methods, fees, promotions and collections, as one record.
    Setup(Box<Setup>) = "setup",
}

/// How far a copy has come, as the target remembers it.
///
/// ```
/// use sutler_core::hash::ContentHash;
/// use sutler_core::port::CopyMark;
///
/// let begun = CopyMark { source: 7, records: 5_000, hash: ContentHash::of(b"what was read by then") };
/// assert_eq!(begun.source, 7, "another shop cannot go on with it");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CopyMark {
    /// The number of the shop that is copied.
    pub source: u128,
    /// How many of its records are written.
    pub records: u64,
    /// Hash over all of them.
    pub hash: ContentHash,
}

/// A store whose shop can be copied, or be copied into it.
///
/// ```
/// use std::ops::ControlFlow;
/// use sutler_core::port::{Dump, DumpKind, StoreError};
///
/// /// Returns the kinds of records that a shop has any of.
/// fn kinds(store: &dyn Dump) -> Result<Vec<DumpKind>, StoreError> {
///     let mut kinds = Vec::new();
///     store.dump(&mut |records| {
///         kinds.extend(records.iter().map(|record| record.kind()));
///         ControlFlow::Continue(())
///     })?;
///     kinds.dedup();
///     Ok(kinds)
/// }
/// # let _: fn(&dyn Dump) -> _ = kinds;
/// ```
pub trait Dump: Store {
    /// Returns how many records there are of each kind; kinds of which there are none may be left out.
    fn dump_counts(&self) -> Result<BTreeMap<DumpKind, u64>, StoreError>;

    /// Reads every record of the shop in one snapshot, whatever is committed meanwhile, and gives them to `take` in parts:
    /// kinds in the order of [`DumpKind::ALL`], records of a kind in the order of their key. Ends when `take` breaks.
    fn dump(
        &self,
        take: &mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Returns how far the copy into this store has come; `None` when none is under way.
    fn copy_mark(&self) -> Result<Option<CopyMark>, StoreError>;

    /// Writes records of one shop in the order of [`Dump::dump`], and how far the copy has come with them, in one
    /// transaction. Returns false, and writes nothing, when the stored mark is not `before`: somebody else copies too; and
    /// without a mark, when the store holds anything.
    ///
    /// Errors: as [`Store::commit`]; a record whose key is there, or which another one contradicts, is an error too.
    fn copy_in(
        &self,
        before: Option<CopyMark>,
        records: Vec<DumpRecord>,
        after: CopyMark,
    ) -> Result<bool, StoreError>;

    /// Works out what follows from the records once all are written, so that the shop is whole; the mark stays. Asked again, as
    /// after a crash, it does the same again. There is nothing to do where it was worked out as records came.
    fn copy_derive(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Forgets the mark: from now on the shop is open for business.
    fn copy_done(&self) -> Result<(), StoreError>;
}
