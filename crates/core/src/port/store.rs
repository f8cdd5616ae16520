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
use crate::customer::Customer;
use crate::event::StoredEvent;
use crate::fulfillment::Fulfillment;
use crate::hash::ContentHash;
use crate::id::{
    CartId, CheckoutId, CustomerId, OrderId, PaymentId, ProductId, StockLocationId, VariantId,
};
use crate::import::ImportRun;
use crate::inventory::{Allocation, Reservation, StockKey, StockLevel, StoredMovement};
use crate::order::{LoggedAction, Order, OrderNumber, OrderStatus};
use crate::payment::{Payment, PaymentTask};
use crate::pricing::{Price, PriceListRecord, PriceRecord};
use crate::shop::Setup;
use crate::time::Timestamp;

use super::{CreditReader, GoodsReader, LeaseReader, PromotionReader, StoreError};

/// Where the set-up of the shop is read.
///
/// ```
/// use std::sync::Arc;
/// use sutler_core::port::{SetupReader, StoreError};
/// use sutler_core::shop::Setup;
///
/// /// A store in which no shop was set up yet.
/// struct Unopened;
///
/// impl SetupReader for Unopened {
///     fn setup(&self) -> Result<Option<Arc<Setup>>, StoreError> {
///         Ok(None)
///     }
/// }
/// assert!(Unopened.setup()?.is_none(), "no shop is an answer, not an error");
/// # Ok::<(), StoreError>(())
/// ```
pub trait SetupReader {
    /// Returns the whole set-up, `None` while the store holds no shop. Cheap to call: a back-end may keep it as long as
    /// its version stands.
    fn setup(&self) -> Result<Option<Arc<Setup>>, StoreError>;
}

/// Where one variant stands in the catalog.
///
/// ```
/// use sutler_core::id::{ProductId, VariantId};
/// use sutler_core::port::VariantRef;
///
/// let of = |variant, product| VariantRef {
///     variant: VariantId::from_u128(variant),
///     product: ProductId::from_u128(product),
/// };
/// assert!(of(1, 9) < of(2, 1), "in the order of variants");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct VariantRef {
    /// The variant.
    pub variant: VariantId,
    /// Its product.
    pub product: ProductId,
}

/// Where the catalog is read.
///
/// ```
/// use sutler_core::port::{CatalogReader, StoreError};
/// # use sutler_core::catalog::{Category, Handle, Product};
/// # use sutler_core::id::{ProductId, VariantId};
/// # use sutler_core::port::{CatalogSize, VariantRef};
/// # use sutler_core::pricing::{Price, PriceListRecord, PriceRecord};
/// # struct Shelf(Vec<Product>);
/// # impl CatalogReader for Shelf {
/// #     fn product_page(&self, after: Option<ProductId>, limit: usize) -> Result<Vec<Product>, StoreError> {
/// #         Ok(self.0.iter().filter(|product| Some(product.id) > after).take(limit).cloned().collect())
/// #     }
/// #     fn products(&self, _: &[ProductId]) -> Result<Vec<Option<Product>>, StoreError> { Ok(vec![]) }
/// #     fn products_by_handle(&self, _: &[Handle]) -> Result<Vec<Option<Product>>, StoreError> { Ok(vec![]) }
/// #     fn variant_refs(&self, _: &[VariantId]) -> Result<Vec<Option<VariantRef>>, StoreError> { Ok(vec![]) }
/// #     fn variants_by_sku(&self, _: &str) -> Result<Vec<VariantRef>, StoreError> { Ok(vec![]) }
/// #     fn variants_by_barcode(&self, _: &str) -> Result<Vec<VariantRef>, StoreError> { Ok(vec![]) }
/// #     fn labels_near(&self, _: &str, _: usize) -> Result<Vec<String>, StoreError> { Ok(vec![]) }
/// #     fn categories(&self) -> Result<Vec<Category>, StoreError> { Ok(vec![]) }
/// #     fn catalog_size(&self) -> Result<CatalogSize, StoreError> { Ok(CatalogSize::default()) }
/// #     fn prices(&self, _: &[VariantId]) -> Result<Vec<Price>, StoreError> { Ok(vec![]) }
/// #     fn price_history(&self, _: &[VariantId]) -> Result<Vec<PriceRecord>, StoreError> { Ok(vec![]) }
/// #     fn price_list_history(&self) -> Result<Vec<PriceListRecord>, StoreError> { Ok(vec![]) }
/// # }
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let product: Product = serde_json::from_str(text)?;
/// # let product = |id| Product { id: ProductId::from_u128(id), ..product.clone() };
/// # let store = Shelf(vec![product(1), product(2), product(3)]);
///
/// /// Walks over a catalog of any size: by the last key seen, so that no write in between shifts a page.
/// fn handles(store: &dyn CatalogReader) -> Result<Vec<String>, StoreError> {
///     let (mut handles, mut after) = (Vec::new(), None);
///     loop {
///         let page = store.product_page(after, 2)?;
///         let Some(last) = page.last() else { return Ok(handles) };
///         after = Some(last.id);
///         handles.extend(page.iter().map(|product| product.handle.to_string()));
///     }
/// }
/// assert_eq!(handles(&store)?, ["wool-blanket"; 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// Returns every price that the given variants have or had, in the order of variant, list, minimum quantity, since.
    ///
    /// Every commit that changes or takes away a price ends its record at the moment of the set and begins another; writing
    /// the same amounts again does neither. Records of one place never overlap and never hold for no time: what is replaced
    /// within the same moment leaves none, and a moment before the newest known one counts as that one.
    fn price_history(&self, variants: &[VariantId]) -> Result<Vec<PriceRecord>, StoreError>;

    /// Returns every price list as it is and as it was, in the order of list, since. Records follow each other without a
    /// gap, by the same rules as those of prices.
    fn price_list_history(&self) -> Result<Vec<PriceListRecord>, StoreError>;
}

/// How much a catalog holds.
///
/// ```
/// use sutler_core::port::CatalogSize;
///
/// let empty = CatalogSize::default();
/// assert_eq!((empty.products, empty.variants), (0, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CatalogSize {
    /// Products of any status.
    pub products: u64,
    /// Variants in use.
    pub variants: u64,
}

/// Where carts are read.
///
/// ```
/// use sutler_core::cart::Cart;
/// use sutler_core::id::CartId;
/// use sutler_core::port::{CartReader, StoreError};
/// use sutler_core::rejection::Rejection;
/// # struct Nothing;
/// # impl CartReader for Nothing {
/// #     fn cart(&self, _: CartId) -> Result<Option<Cart>, StoreError> { Ok(None) }
/// # }
/// # let (store, id) = (Nothing, CartId::from_u128(1));
///
/// let cart = store.cart(id)?.ok_or_else(|| Rejection::not_found("cart", id));
/// assert_eq!(cart.map_err(|why| why.code()), Err("not_found"), "nothing there is no failure");
/// # Ok::<(), StoreError>(())
/// ```
pub trait CartReader {
    /// Returns a cart.
    fn cart(&self, id: CartId) -> Result<Option<Cart>, StoreError>;
}

/// Customers.
///
/// ```
/// use sutler_core::port::{CustomerReader, StoreError};
/// # use sutler_core::customer::Customer;
/// # use sutler_core::id::CustomerId;
/// # struct Nobody;
/// # impl CustomerReader for Nobody {
/// #     fn customer(&self, _: CustomerId) -> Result<Option<Customer>, StoreError> { Ok(None) }
/// #     fn customer_by_email(&self, _: &str) -> Result<Option<Customer>, StoreError> { Ok(None) }
/// #     fn customer_page(&self, _: Option<CustomerId>, _: usize) -> Result<Vec<Customer>, StoreError> { Ok(vec![]) }
/// # }
///
/// /// The group that a customer's prices are for.
/// fn group(store: &dyn CustomerReader, email: &str) -> Result<Option<String>, StoreError> {
///     Ok(store.customer_by_email(email)?.and_then(|customer| customer.group))
/// }
/// # assert_eq!(group(&Nobody, "ada@example.com")?, None);
/// # Ok::<(), StoreError>(())
/// ```
pub trait CustomerReader {
    /// Returns a customer.
    fn customer(&self, id: CustomerId) -> Result<Option<Customer>, StoreError>;

    /// Returns the customer with exactly this address, as it was written.
    fn customer_by_email(&self, email: &str) -> Result<Option<Customer>, StoreError>;

    /// Returns up to `limit` customers with ids above `after`, in their order.
    fn customer_page(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Customer>, StoreError>;
}

/// Where stock is read.
///
/// ```
/// use std::collections::BTreeMap;
/// # use sutler_core::hash::ContentHash;
/// # use sutler_core::id::{StockLocationId, VariantId};
/// # use sutler_core::inventory::{Reservation, StockKey, StockLevel, StoredMovement};
/// use sutler_core::port::{StockReader, StoreError};
/// use sutler_core::time::Timestamp;
/// # struct Shelf(BTreeMap<StockKey, StockLevel>);
/// # impl StockReader for Shelf {
/// #     fn stock_levels(&self, variants: &[VariantId], _: Timestamp) -> Result<BTreeMap<StockKey, StockLevel>, StoreError> {
/// #         Ok(self.0.iter().filter(|(key, _)| variants.contains(&key.variant)).map(|(k, l)| (*k, *l)).collect())
/// #     }
/// #     fn stock_level_page(&self, _: Option<StockKey>, _: usize) -> Result<Vec<(StockKey, StockLevel)>, StoreError> {
/// #         Ok(vec![])
/// #     }
/// #     fn stock_ledger(&self, _: StockLocationId, _: u64, _: usize) -> Result<Vec<StoredMovement>, StoreError> {
/// #         Ok(vec![])
/// #     }
/// #     fn stock_ledger_head(&self, _: StockLocationId) -> Result<(u64, ContentHash), StoreError> {
/// #         Ok((0, ContentHash::ZERO))
/// #     }
/// #     fn stock_history(&self, _: VariantId, _: usize) -> Result<Vec<StoredMovement>, StoreError> { Ok(vec![]) }
/// #     fn reservation_page(&self, _: Option<Reservation>, _: usize) -> Result<Vec<Reservation>, StoreError> {
/// #         Ok(vec![])
/// #     }
/// # }
/// # let (blanket, now) = (VariantId::from_u128(2), Timestamp::from_millis(0));
/// # let at = |location| StockKey { variant: blanket, location: StockLocationId::from_u128(location) };
/// # let units = |on_hand| StockLevel { on_hand, ..StockLevel::default() };
/// # let store = Shelf(BTreeMap::from([(at(1), units(2)), (at(2), units(3))]));
///
/// let levels = store.stock_levels(&[blanket], now)?;
/// let available: u32 = levels.values().map(|level| level.available()).sum();
/// assert_eq!(available, 5, "at all locations together, as of now");
/// # Ok::<(), StoreError>(())
/// ```
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
///
/// ```
/// use sutler_core::order::OrderStatus;
/// use sutler_core::port::OrderFilter;
///
/// let placed = OrderFilter { status: Some(OrderStatus::Placed) };
/// assert_ne!(placed, OrderFilter::default(), "the default narrows nothing");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    /// Only this status.
    pub status: Option<OrderStatus>,
}

/// Where orders and what belongs to them are read.
///
/// ```
/// # use sutler_core::fulfillment::Fulfillment;
/// # use sutler_core::id::{CartId, OrderId, PaymentId};
/// # use sutler_core::inventory::Allocation;
/// # use sutler_core::order::{LoggedAction, Order};
/// use sutler_core::order::{OrderNumber, Stage, progress};
/// # use sutler_core::payment::{Payment, PaymentTask};
/// # use sutler_core::port::OrderFilter;
/// use sutler_core::port::{OrderReader, StoreError};
/// # use sutler_core::time::Timestamp;
/// # struct One(Order);
/// # impl OrderReader for One {
/// #     fn order_by_number(&self, number: OrderNumber) -> Result<Option<Order>, StoreError> {
/// #         Ok(Some(self.0.clone()).filter(|order| order.number == number))
/// #     }
/// #     fn order(&self, _: OrderId) -> Result<Option<Order>, StoreError> { Ok(None) }
/// #     fn order_by_cart(&self, _: CartId) -> Result<Option<Order>, StoreError> { Ok(None) }
/// #     fn order_page(&self, _: OrderFilter, _: Option<OrderNumber>, _: usize) -> Result<Vec<Order>, StoreError> {
/// #         Ok(vec![])
/// #     }
/// #     fn order_log(&self, _: OrderId) -> Result<Vec<LoggedAction>, StoreError> { Ok(vec![]) }
/// #     fn allocations(&self, _: OrderId) -> Result<Vec<Allocation>, StoreError> { Ok(vec![]) }
/// #     fn fulfillments(&self, _: OrderId) -> Result<Vec<Fulfillment>, StoreError> { Ok(vec![]) }
/// #     fn payments(&self, _: &[OrderId]) -> Result<Vec<Payment>, StoreError> { Ok(vec![]) }
/// #     fn payment(&self, _: PaymentId) -> Result<Option<Payment>, StoreError> { Ok(None) }
/// #     fn payment_tasks(&self, _: PaymentId) -> Result<Vec<PaymentTask>, StoreError> { Ok(vec![]) }
/// #     fn payment_tasks_due(&self, _: Timestamp, _: usize) -> Result<Vec<PaymentTask>, StoreError> { Ok(vec![]) }
/// #     fn orders_placed(&self, _: &str) -> Result<u64, StoreError> { Ok(0) }
/// # }
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let store = One(serde_json::from_str(text)?);
///
/// /// Returns where an order stands, `None` when there is no such order.
/// fn stage(store: &dyn OrderReader, number: OrderNumber) -> Result<Option<Stage>, StoreError> {
///     let Some(order) = store.order_by_number(number)? else { return Ok(None) };
///     let payments = store.payments(&[order.id])?;
///     Ok(Some(progress(&order, &payments).stage))
/// }
/// assert_eq!(stage(&store, OrderNumber(1001))?, Some(Stage::Checkout));
/// assert_eq!(stage(&store, OrderNumber(1002))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// Returns how many orders of a buyer are placed, canceled ones left out. The buyer is named as
    /// [`buyer_key`](crate::order::buyer_key) says; guests are told apart by their normalized e-mail.
    fn orders_placed(&self, buyer: &str) -> Result<u64, StoreError>;
}

/// Where sagas, imports and idempotency keys are read.
///
/// ```
/// # use sutler_core::change::RecordRef;
/// use sutler_core::change::IdempotencyKey;
/// # use sutler_core::checkout::Checkout;
/// use sutler_core::hash::ContentHash;
/// # use sutler_core::id::{CartId, CheckoutId};
/// # use sutler_core::import::ImportRun;
/// use sutler_core::port::{SagaReader, StoreError};
/// # struct OneKey(IdempotencyKey, ContentHash);
/// # impl SagaReader for OneKey {
/// #     fn idempotency(&self, key: &IdempotencyKey) -> Result<Option<(ContentHash, RecordRef)>, StoreError> {
/// #         Ok((*key == self.0).then(|| (self.1, CartId::from_u128(1).into())))
/// #     }
/// #     fn checkout(&self, _: CheckoutId) -> Result<Option<Checkout>, StoreError> { Ok(None) }
/// #     fn checkouts_open(&self, _: Option<CheckoutId>, _: usize) -> Result<Vec<Checkout>, StoreError> { Ok(vec![]) }
/// #     fn import_run(&self, _: ContentHash) -> Result<Option<ImportRun>, StoreError> { Ok(None) }
/// # }
/// # let store = OneKey(IdempotencyKey::new("add-17")?, ContentHash::of(b"two blankets"));
///
/// let asked = ContentHash::of(b"three blankets");
/// let known = store.idempotency(&IdempotencyKey::new("add-17")?)?;
/// assert!(known.is_some_and(|(content, _)| content != asked), "the key stands for something else");
/// assert_eq!(store.idempotency(&IdempotencyKey::new("add-18")?)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// # use sutler_core::event::{Event, EventKind, StoredEvent};
/// # use sutler_core::hash::ContentHash;
/// # use sutler_core::id::{CommandId, OrderId};
/// use sutler_core::port::{EventReader, StoreError};
/// # use sutler_core::time::Timestamp;
/// # struct Log(Vec<StoredEvent>);
/// # impl EventReader for Log {
/// #     fn events(&self, after_seq: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
/// #         Ok(self.0.iter().filter(|event| event.seq > after_seq).take(limit).cloned().collect())
/// #     }
/// #     fn event_head(&self) -> Result<(u64, ContentHash), StoreError> { Ok((3, ContentHash::ZERO)) }
/// #     fn cursor(&self, _: &str) -> Result<u64, StoreError> { Ok(1) }
/// # }
/// # let event = |seq| StoredEvent {
/// #     seq, subject_seq: seq, at: Timestamp::from_millis(0), command: CommandId::from_u128(1),
/// #     event: Event::plain(EventKind::OrderPlaced, OrderId::from_u128(7)), link: 0,
/// # };
/// # let store = Log(vec![event(1), event(2), event(3)]);
///
/// // A consumer goes on where it was; moving its cursor is a change like any other.
/// let seen = store.cursor("mailer")?;
/// let news = store.events(seen, 100)?;
/// assert_eq!((seen, news.len()), (1, 2));
/// assert_eq!(news.last().map(|event| event.seq), Some(store.event_head()?.0), "nothing is left");
/// # Ok::<(), StoreError>(())
/// ```
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
///
/// ```
/// use sutler_core::port::Finding;
///
/// let finding = Finding {
///     check: "stock.level",
///     subject: "var_00000000000000000000000000000002".to_owned(),
///     message: "the level says 5 on hand; its ledger says 4 on hand".to_owned(),
/// };
/// assert!(serde_json::to_string(&finding)?.starts_with(r#"{"check":"stock.level","#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Finding {
    /// Stable word of the invariant: `stock.level`.
    pub check: &'static str,
    /// The record it is about.
    pub subject: String,
    /// What is off.
    pub message: String,
}

/// A part of a store that [`StoreReader::integrity`] looks at, or cannot look at, in words for people.
///
/// ```
/// use sutler_core::port::Looked;
///
/// let rows = Looked::at("rows", "every row can be read");
/// let pages = Looked::not_at("pages", "a store in memory has none");
/// assert!(rows.is_looked_at && !pages.is_looked_at);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    /// The part: `pages`, `indexes`, `insides` (of indexes), `references`, `chains` (and rows).
    pub part: &'static str,
    /// Whether it is looked at.
    pub is_looked_at: bool,
    /// What holds where nothing was found, or what is not looked at and why.
    pub words: String,
}

impl Looked {
    /// Returns a part that is looked at; `words` say what holds where nothing was found.
    pub fn at(part: &'static str, words: impl Into<String>) -> Self {
        Self { part, is_looked_at: true, words: words.into() }
    }

    /// Returns a part that is not looked at; `words` say what, and why not.
    pub fn not_at(part: &'static str, words: impl Into<String>) -> Self {
        Self { is_looked_at: false, ..Self::at(part, words) }
    }
}

/// Everything that can be read of a shop, and nothing that writes: what a list or a report is given, and all that a replica
/// can be.
///
/// Why a trait of its own: whoever holds a `dyn StoreReader` cannot commit, so no decision can rest on reads that lag.
///
/// ```
/// use sutler_core::port::{StoreError, StoreReader};
///
/// /// Works on every back-end, and on a copy of one that lags.
/// fn is_empty(shop: &dyn StoreReader) -> Result<bool, StoreError> {
///     Ok(shop.event_head()?.0 == 0 && shop.replayed_at()?.is_none())
/// }
/// ```
pub trait StoreReader:
    SetupReader
    + CatalogReader
    + CartReader
    + CustomerReader
    + StockReader
    + OrderReader
    + PromotionReader
    + CreditReader
    + SagaReader
    + EventReader
    + LeaseReader
    + GoodsReader
    + Send
    + Sync
{
    /// Runs `work`, once, on this thread. The reads it makes of this store belong together: they see at least what was
    /// committed before by the same process, and a back-end may answer them from one moment, which costs less. Nothing
    /// should be committed within: its own reads might not see it.
    fn together(&self, work: &mut dyn FnMut()) {
        work();
    }

    /// Looks for damage that only the back-end can see (pages, indexes, chains); what is off, nothing when all is well.
    fn integrity(&self) -> Result<Vec<Finding>, StoreError>;

    /// Says what [`StoreReader::integrity`] looks at here, part by part; nothing where a store keeps that to itself.
    fn integrity_scope(&self) -> Result<Vec<Looked>, StoreError> {
        Ok(Vec::new())
    }

    /// Returns the moment of the newest commit that a replica shows, by the clock of the server that made it; `None` for
    /// what is no replica, and for one that showed none yet.
    fn replayed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}

/// A place that holds a whole shop.
///
/// Object-safe, so that a program can choose its back-end by URL. Every back-end passes the conformance suite.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, CommitOutcome};
/// use sutler_core::port::{Store, StoreError};
/// # use std::collections::BTreeMap;
/// # use std::sync::Arc;
/// # use std::sync::atomic::{AtomicBool, Ordering};
/// # use sutler_core::{cart::Cart, checkout::Checkout, customer::Customer, event::StoredEvent, fulfillment::Fulfillment, hash::ContentHash};
/// # use sutler_core::catalog::{Category, Handle, Product};
/// # use sutler_core::change::{IdempotencyKey, Receipt, RecordRef};
/// # use sutler_core::credit::{Credit, CreditId, StoredCreditEntry};
/// # use sutler_core::id::*;
/// # use sutler_core::import::ImportRun;
/// # use sutler_core::inventory::{Allocation, Reservation, StockKey, StockLevel, StoredMovement};
/// # use sutler_core::lease::Lease;
/// # use sutler_core::order::{LoggedAction, Order, OrderNumber, PromotionUse};
/// # use sutler_core::payment::{Payment, PaymentTask};
/// # use sutler_core::port::*;
/// # use sutler_core::pricing::{BatchCoupon, CouponCode, Price, PriceListRecord, PriceRecord, PromotionUses};
/// # use sutler_core::{shop::Setup, time::Timestamp};
/// # /// Holds one category, and answers the first commit with a conflict.
/// # struct OneCategory(AtomicBool);
/// # macro_rules! lacking {
/// #     ($($port:ident { $($name:ident($($arg:ty),*) -> $answer:ty;)* $({ $($own:item)* })? })*) => {$(
/// #         impl $port for OneCategory {
/// #             $(fn $name(&self, $(_: $arg),*) -> Result<$answer, StoreError> {
/// #                 Err(StoreError::broken(stringify!($name), "one category", "there is nothing else"))
/// #             })*
/// #             $($($own)*)?
/// #         }
/// #     )*};
/// # }
/// # lacking! {
/// #     SetupReader { setup() -> Option<Arc<Setup>>; }
/// #     CatalogReader {
/// #         products(&[ProductId]) -> Vec<Option<Product>>;
/// #         products_by_handle(&[Handle]) -> Vec<Option<Product>>;
/// #         product_page(Option<ProductId>, usize) -> Vec<Product>;
/// #         variant_refs(&[VariantId]) -> Vec<Option<VariantRef>>;
/// #         variants_by_sku(&str) -> Vec<VariantRef>;
/// #         variants_by_barcode(&str) -> Vec<VariantRef>;
/// #         labels_near(&str, usize) -> Vec<String>;
/// #         catalog_size() -> CatalogSize;
/// #         prices(&[VariantId]) -> Vec<Price>;
/// #         price_history(&[VariantId]) -> Vec<PriceRecord>;
/// #         price_list_history() -> Vec<PriceListRecord>;
/// #         { fn categories(&self) -> Result<Vec<Category>, StoreError> {
/// #             let id = CategoryId::from_u128(1);
/// #             Ok(vec![Category { id, parent: None, name: "Aparel".to_owned(), version: 1 }])
/// #         } }
/// #     }
/// #     CartReader { cart(CartId) -> Option<Cart>; }
/// #     CustomerReader {
/// #         customer(CustomerId) -> Option<Customer>;
/// #         customer_by_email(&str) -> Option<Customer>;
/// #         customer_page(Option<CustomerId>, usize) -> Vec<Customer>;
/// #     }
/// #     StockReader {
/// #         stock_levels(&[VariantId], Timestamp) -> BTreeMap<StockKey, StockLevel>;
/// #         stock_level_page(Option<StockKey>, usize) -> Vec<(StockKey, StockLevel)>;
/// #         stock_ledger(StockLocationId, u64, usize) -> Vec<StoredMovement>;
/// #         stock_ledger_head(StockLocationId) -> (u64, ContentHash);
/// #         stock_history(VariantId, usize) -> Vec<StoredMovement>;
/// #         reservation_page(Option<Reservation>, usize) -> Vec<Reservation>;
/// #     }
/// #     OrderReader {
/// #         order(OrderId) -> Option<Order>;
/// #         order_by_number(OrderNumber) -> Option<Order>;
/// #         order_by_cart(CartId) -> Option<Order>;
/// #         order_page(OrderFilter, Option<OrderNumber>, usize) -> Vec<Order>;
/// #         order_log(OrderId) -> Vec<LoggedAction>;
/// #         allocations(OrderId) -> Vec<Allocation>;
/// #         fulfillments(OrderId) -> Vec<Fulfillment>;
/// #         payments(&[OrderId]) -> Vec<Payment>;
/// #         payment(PaymentId) -> Option<Payment>;
/// #         payment_tasks(PaymentId) -> Vec<PaymentTask>;
/// #         payment_tasks_due(Timestamp, usize) -> Vec<PaymentTask>;
/// #         orders_placed(&str) -> u64;
/// #     }
/// #     PromotionReader {
/// #         promotion_uses(&[PromotionId], &UsesAsked<'_>) -> Vec<PromotionUses>;
/// #         promotion_uses_of(OrderId) -> Vec<PromotionUse>;
/// #         batch_coupons(&[CouponCode]) -> Vec<BatchCoupon>;
/// #         coupon_page(CouponBatchId, Option<&CouponCode>, usize) -> Vec<CouponCode>;
/// #     }
/// #     CreditReader {
/// #         credit(CreditId) -> Option<Credit>;
/// #         gift_card_by_code(ContentHash) -> Option<Credit>;
/// #         store_credits(&str) -> Vec<Credit>;
/// #         credit_page(Option<CreditId>, usize) -> Vec<Credit>;
/// #         credit_ledger(CreditId, u64, usize) -> Vec<StoredCreditEntry>;
/// #         credit_ledger_head(CreditId) -> (u64, ContentHash);
/// #     }
/// #     SagaReader {
/// #         checkout(CheckoutId) -> Option<Checkout>;
/// #         checkouts_open(Option<CheckoutId>, usize) -> Vec<Checkout>;
/// #         import_run(ContentHash) -> Option<ImportRun>;
/// #         idempotency(&IdempotencyKey) -> Option<(ContentHash, RecordRef)>;
/// #     }
/// #     EventReader {
/// #         events(u64, usize) -> Vec<StoredEvent>;
/// #         event_head() -> (u64, ContentHash);
/// #         cursor(&str) -> u64;
/// #     }
/// #     LeaseReader { lease(&str) -> Option<Lease>; }
/// #     GoodsReader {}
/// #     StoreReader { integrity() -> Vec<Finding>; }
/// #     Store { { fn commit(&self, _: ChangeSet) -> Result<CommitOutcome, StoreError> {
/// #         let what = CategoryId::from_u128(1).into();
/// #         let first = !self.0.swap(true, Ordering::Relaxed);
/// #         Ok(if first { CommitOutcome::Conflict { what } } else { CommitOutcome::Committed(Receipt::default()) })
/// #     } } }
/// # }
/// # let (now, command) = (Timestamp::from_millis(0), CommandId::from_u128(1));
///
/// // Read, decide, commit; and all of it again while a record moves on meanwhile.
/// let rename = |store: &dyn Store, name: &str| -> Result<CommitOutcome, StoreError> {
///     loop {
///         let mut category = store.categories()?.remove(0);
///         category.name = name.to_owned();
///         category.version += 1;
///         let mut set = ChangeSet::new(now, command);
///         set.push(Change::Category(category));
///         match store.commit(set)? {
///             CommitOutcome::Conflict { .. } => {} // a flow gives up after a few
///             outcome => return Ok(outcome),
///         }
///     }
/// };
/// # let store = OneCategory(AtomicBool::new(false));
/// let outcome = rename(&store, "Apparel")?;
/// assert!(matches!(outcome, CommitOutcome::Committed(_)));
/// # Ok::<(), StoreError>(())
/// ```
pub trait Store: StoreReader {
    /// Applies every change of `set`, or none. Guards are decided on the stored rows, inside the same transaction. When it
    /// returns [`CommitOutcome::Committed`], a power cut cannot undo it (for back-ends that promise durability).
    ///
    /// Errors: [`StoreError`] when the back-end could not work; with [`super::Retry::Later`] nothing was written.
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError>;
}
