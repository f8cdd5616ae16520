//! Everything one decision wants written, atomically.

use serde::{Deserialize, Serialize};

use super::RecordRef;
use crate::cart::Cart;
use crate::catalog::{Category, Channel, Collection, Product};
use crate::checkout::Checkout;
use crate::credit::{Credit, CreditEntry};
use crate::customer::Customer;
use crate::event::Event;
use crate::fulfillment::Fulfillment;
use crate::hash::ContentHash;
use crate::id::{
    CheckoutId, CollectionId, CommandId, CouponBatchId, DeliveryMethodId, FeeId, PaymentId,
    TaxZoneId, VariantId,
};
use crate::import::ImportRun;
use crate::inventory::{Allocation, SourcedUnits, StockKey, StockLocation, StockMovement};
use crate::lease::LeaseChange;
use crate::order::{Order, OrderAction, PromotionUse};
use crate::payment::{Payment, PaymentFact, PaymentTask};
use crate::pricing::{
    CouponCode, DeliveryMethod, Fee, Limits, Price, PriceList, PricingError, Promotion,
    TaxCategory, TaxRate, TaxZone,
};
use crate::shop::ShopRecord;
use crate::time::Timestamp;

/// The longest idempotency key, in bytes.
///
/// ```
/// use sutler_core::change::{IdempotencyKey, KEY_MAX};
///
/// assert!(IdempotencyKey::new("k".repeat(KEY_MAX)).is_ok());
/// assert!(IdempotencyKey::new("k".repeat(KEY_MAX + 1)).is_err());
/// ```
pub const KEY_MAX: usize = 255;

/// Text that makes a repeated call the same call: 1 to [`KEY_MAX`] bytes without control characters.
///
/// ```
/// use sutler_core::change::IdempotencyKey;
///
/// let key: IdempotencyKey = "checkout-2026-03-02-17".parse()?;
/// assert_eq!(key.as_str(), "checkout-2026-03-02-17");
/// assert!(IdempotencyKey::new("two\nlines").is_err());
/// # Ok::<(), sutler_core::change::BadKey>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// A text is not an idempotency key.
///
/// ```
/// use sutler_core::change::{BadKey, IdempotencyKey};
///
/// assert_eq!(IdempotencyKey::new(""), Err(BadKey));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an idempotency key has 1 to {KEY_MAX} bytes and no control characters")]
pub struct BadKey;

impl IdempotencyKey {
    /// Wraps a key.
    ///
    /// Errors: [`BadKey`] for a text that is empty, longer than [`KEY_MAX`] bytes or holds a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, BadKey> {
        let text = text.into();
        let good = !text.is_empty() && text.len() <= KEY_MAX && !text.chars().any(char::is_control);
        if good { Ok(Self(text)) } else { Err(BadKey) }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = BadKey;
    fn try_from(text: String) -> Result<Self, BadKey> {
        Self::new(text)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> String {
        key.0
    }
}

impl std::str::FromStr for IdempotencyKey {
    type Err = BadKey;
    fn from_str(text: &str) -> Result<Self, BadKey> {
        Self::new(text)
    }
}

impl std::fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a ChangeSet take effect once.
///
/// ```
/// use sutler_core::change::{Idempotency, IdempotencyKey};
/// use sutler_core::hash::HashInput;
/// use sutler_core::id::CartId;
///
/// let asked = |coupon: &str| HashInput::new("add coupon").text(coupon).finish();
/// let once = Idempotency {
///     key: IdempotencyKey::new("add-17")?,
///     content: asked("SPRING"),
///     answer: CartId::from_u128(1).into(),
/// };
/// assert_ne!(once.content, asked("SUMMER"), "the same key for another request is refused");
/// # Ok::<(), sutler_core::change::BadKey>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idempotency {
    /// The caller's key.
    pub key: IdempotencyKey,
    /// Hash of what the caller asked for; the same key with another hash is refused.
    pub content: ContentHash,
    /// What a repeated call is answered with.
    pub answer: RecordRef,
}

/// Everything one decision wants written: all of it or nothing.
///
/// Changes are applied in their order. Events are written with them; there is no other way to write events.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, SetupChange};
/// use sutler_core::event::{Event, EventKind};
/// # use sutler_core::catalog::Category;
/// # use sutler_core::id::{CategoryId, CommandId};
/// # use sutler_core::time::Timestamp;
///
/// # let id = CategoryId::from_u128(1);
/// # let category = Category { id, parent: None, name: "Apparel".to_owned(), version: 1 };
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// set.push(Change::Category(category)).tell(Event::plain(EventKind::CategoryChanged, id));
/// assert_eq!((set.changes.len(), set.events.len()), (1, 1));
/// assert_eq!(set.once(None).idempotency, None, "a set without a key may take effect twice");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeSet {
    /// The moment that every row written here carries.
    pub at: Timestamp,
    /// The command that caused it; stands in its events and in traces.
    pub command: CommandId,
    /// Makes it take effect once.
    pub idempotency: Option<Idempotency>,
    /// What to write.
    pub changes: Vec<Change>,
    /// What outsiders are told.
    pub events: Vec<Event>,
}

impl ChangeSet {
    /// Returns a set that writes nothing yet.
    pub fn new(at: Timestamp, command: CommandId) -> Self {
        Self { at, command, idempotency: None, changes: Vec::new(), events: Vec::new() }
    }

    /// Appends a change.
    pub fn push(&mut self, change: Change) -> &mut Self {
        self.changes.push(change);
        self
    }

    /// Appends an event.
    pub fn tell(&mut self, event: Event) -> &mut Self {
        self.events.push(event);
        self
    }

    /// Returns the name of the lease that the set takes, the last one if several are.
    ///
    /// ```
    /// use sutler_core::change::{Change, ChangeSet};
    /// use sutler_core::lease::LeaseChange;
    /// # use sutler_core::id::CommandId;
    /// # use sutler_core::time::Timestamp;
    ///
    /// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
    /// set.push(Change::Lease(LeaseChange::renew("consumer/mailer", 1, 30)));
    /// assert_eq!(set.lease_taken(), None, "it is held already");
    /// set.push(Change::Lease(LeaseChange::take("recovery", "till 1", 60)));
    /// assert_eq!(set.lease_taken(), Some("recovery"));
    /// ```
    pub fn lease_taken(&self) -> Option<&str> {
        self.changes.iter().rev().find_map(|change| match change {
            Change::Lease(LeaseChange::Take { name, .. }) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Makes it take effect once.
    pub fn once(mut self, idempotency: Option<Idempotency>) -> Self {
        self.idempotency = idempotency;
        self
    }
}

/// One kind of write. A store has one function for each and no rule in it.
///
/// Records with a `version` are guarded: the stored version must be one less than the record's (0 means that it must
/// not exist yet); otherwise the whole set ends in [`super::CommitOutcome::Conflict`].
///
/// ```
/// use sutler_core::catalog::Category;
/// use sutler_core::change::Change;
/// # use sutler_core::id::CategoryId;
///
/// # let id = CategoryId::from_u128(1);
/// let read = Category { id, parent: None, name: "Aparel".to_owned(), version: 3 };
/// // One version higher than what was read: whoever wrote meanwhile is noticed.
/// let change = Change::Category(Category { name: "Apparel".to_owned(), version: 4, ..read });
/// assert!(matches!(change, Change::Category(category) if category.version == 4));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Writes something of the shop's set-up. Each raises the set-up's own version.
    Setup(SetupChange),
    /// Writes a category. Guarded by version; its name is unique among siblings.
    Category(Category),
    /// Writes a product with all its variants. Guarded by version; its handle is unique. Variants missing from the record
    /// are left as they are stored, so a writer always gives all of them.
    Product(Box<Product>),
    /// Writes a price; replaces the one of the same list, variant and minimum quantity.
    Price(Price),
    /// Takes a price away; it need not exist.
    PriceRemoved {
        /// The list.
        list: crate::id::PriceListId,
        /// The variant.
        variant: VariantId,
        /// The rung.
        min_quantity: u32,
    },
    /// A customer. Guards: its version, its unique address.
    Customer(Box<Customer>),
    /// Writes a cart with all its lines. Guarded by version.
    Cart(Box<Cart>),
    /// Changes stock.
    Stock(StockChange),
    /// Opens an order with all its lines and its first action. Unique by id and by cart: a second order of one cart ends in
    /// `Refused(CartAlreadyOrdered)`, unless the first is canceled. The store gives the number when it is 0.
    OrderOpened(Box<Order>),
    /// Writes an order's status, moments and line counters, and appends `action` to its log. Guarded by version. Frozen
    /// parts (quote, titles, address) are not written again.
    Order {
        /// The order as it is to be.
        order: Box<Order>,
        /// What happened.
        action: OrderAction,
    },
    /// Writes the allocations of an order; replaces those of the same line, variant and location.
    Allocation(Allocation),
    /// Opens a payment (version 1) with the facts it has.
    PaymentOpened(Payment),
    /// Appends a fact to a payment and raises its version by one; a fact that is there already (same kind and reference)
    /// changes nothing. What a provider told happened, so it is not guarded; what was decided on other facts is.
    PaymentFact {
        /// Which payment.
        payment: PaymentId,
        /// What is new.
        fact: PaymentFact,
        /// Where given, the version that the payment must still have, known fact or not; otherwise the whole set ends in
        /// [`super::CommitOutcome::Conflict`].
        payment_version: Option<u64>,
    },
    /// Writes a provider task, new or known. Guarded: the payment's stored version must be `payment_version`, and is raised
    /// by one, so that two refunds cannot both see the same money, and an answer cannot be recorded twice. A task that is
    /// done stays as it is, and writing it changes nothing.
    PaymentTask {
        /// The task.
        task: PaymentTask,
        /// The payment's version that the decision was made on.
        payment_version: u64,
    },
    /// Opens a gift card or store credit, or changes whether and until when it may be redeemed. Guarded by version; its
    /// ledger is not touched. Codes are unique, and so are customers within a currency.
    Credit(Box<Credit>),
    /// Appends to the ledger of a gift card or store credit. Guarded by [`Credit::entered`], decided on the stored record.
    CreditEntry(CreditEntry),
    /// Writes a fulfillment. Guarded by version.
    Fulfillment(Box<Fulfillment>),
    /// Writes the log record of a checkout. Guarded by version.
    Checkout(Box<Checkout>),
    /// Counts what an order uses of a promotion; the same order counts once. Refused with `coupon.used_up` or
    /// `promotion.used_up` when [`PromotionUse::check`] finds no room beside what was counted before, or when it is for a
    /// first order and the buyer has another one that is placed.
    PromotionUse {
        /// What is used.
        promotion_use: Box<PromotionUse>,
        /// How far the promotion may be used.
        limits: Box<Limits>,
        /// Whether it is for buyers who have placed no order before.
        first_order: bool,
    },
    /// Gives back what an order used of promotions, its units, money and coupon codes included: it was canceled.
    PromotionUseReturned {
        /// The order.
        order: crate::id::OrderId,
    },
    /// Adds codes to a batch. Refused with `already_exists` when one of them was made before, in whatever batch.
    CouponCodes {
        /// The batch.
        batch: CouponBatchId,
        /// The codes.
        codes: Vec<CouponCode>,
    },
    /// Writes the record of an import run. Guarded by version.
    ImportRun(ImportRun),
    /// Takes a lease, goes on holding it, or gives it back; decided on the stored lease and by the store's clock as
    /// [`LeaseChange::decide`] says. A lease that is no longer the set's own has the whole set refused as `lease.lost`.
    Lease(LeaseChange),
    /// Moves a consumer's place in the event log forward; never back.
    Cursor {
        /// The consumer.
        consumer: String,
        /// The last event it has dealt with.
        seq: u64,
    },
}

/// A write to the shop's set-up: few rows, read as a whole. Every record is guarded by its version; codes are unique.
///
/// ```
/// use sutler_core::catalog::{CapturePolicy, Channel};
/// use sutler_core::change::{Change, SetupChange};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
///
/// let paid_at_once =
///     Channel { capture: CapturePolicy::AtPlacement, version: web.version + 1, ..web.clone() };
/// let change = Change::Setup(SetupChange::Channel(paid_at_once));
/// assert_ne!(change, Change::Setup(SetupChange::Channel(web)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetupChange {
    /// The shop itself.
    Shop(ShopRecord),
    /// A channel.
    Channel(Channel),
    /// A stock location.
    StockLocation(StockLocation),
    /// A price list.
    PriceList(PriceList),
    /// A tax zone.
    TaxZone(TaxZone),
    /// A tax rate; replaces the one of the same zone, category, name and beginning.
    TaxRate(TaxRate),
    /// A delivery method.
    DeliveryMethod(Box<DeliveryMethod>),
    /// A fee.
    Fee(Box<Fee>),
    /// A promotion.
    Promotion(Promotion),
    /// A collection. Guards: its version, its unique handle.
    Collection(Box<Collection>),
    /// A row is taken away; one that is not there is passed over.
    Removed(SetupKey),
}

/// What a row of the set-up that may be taken away is named by.
///
/// ```
/// use sutler_core::change::{SetupChange, SetupKey};
/// use sutler_core::id::FeeId;
///
/// let gone = SetupChange::Removed(SetupKey::Fee(FeeId::from_u128(1)));
/// assert!(matches!(gone, SetupChange::Removed(SetupKey::Fee(id)) if id.to_u128() == 1));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetupKey {
    /// A tax zone; its rates are rows of their own.
    TaxZone(TaxZoneId),
    /// A tax rate.
    TaxRate {
        /// Its zone.
        zone: TaxZoneId,
        /// Its category.
        category: TaxCategory,
        /// Its name.
        name: String,
        /// From when on it holds.
        from: Option<Timestamp>,
    },
    /// A delivery method.
    DeliveryMethod(DeliveryMethodId),
    /// A fee.
    Fee(FeeId),
    /// A collection.
    Collection(CollectionId),
}

impl SetupChange {
    /// Checks what the row must keep true by itself, and a tax zone beside those that stand.
    ///
    /// Errors: [`PricingError::InvalidRule`] for a list, zone, rate, method, fee or promotion that contradicts itself.
    ///
    /// ```
    /// use sutler_core::change::SetupChange;
    /// use sutler_core::id::TaxZoneId;
    /// use sutler_core::money::Rate;
    /// use sutler_core::pricing::{TaxCategory, TaxRate, Window};
    ///
    /// let rate = |percent| -> Result<SetupChange, Box<dyn std::error::Error>> {
    ///     Ok(SetupChange::TaxRate(TaxRate {
    ///         zone: TaxZoneId::from_u128(1),
    ///         category: TaxCategory::standard(),
    ///         name: "VAT".to_owned(),
    ///         rate: Rate::percent(percent)?,
    ///         level: 0,
    ///         window: Window::ALWAYS,
    ///     }))
    /// };
    /// assert_eq!(rate("19")?.check(&[]), Ok(()));
    /// assert!(rate("1900")?.check(&[]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, zones: &[TaxZone]) -> Result<(), PricingError> {
        match self {
            SetupChange::Shop(_) | SetupChange::StockLocation(_) => Ok(()),
            SetupChange::Channel(channel) => channel.check(),
            SetupChange::PriceList(list) => list.check(),
            SetupChange::TaxZone(zone) => zone.check().and_then(|()| zone.check_beside(zones)),
            SetupChange::TaxRate(rate) => rate.check(),
            SetupChange::DeliveryMethod(method) => method.check(),
            SetupChange::Fee(fee) => fee.check(),
            SetupChange::Promotion(promotion) => promotion.check(),
            SetupChange::Collection(collection) => collection.check(),
            SetupChange::Removed(_) => Ok(()),
        }
    }
}

/// A change of stock. Each writes its entries to the ledger of the location, chained.
///
/// ```
/// use sutler_core::change::{Change, StockChange};
/// use sutler_core::inventory::{MovementKind, StockKey, StockMovement};
/// # use sutler_core::id::{StockLocationId, VariantId};
///
/// # let key = StockKey { variant: VariantId::from_u128(1), location: StockLocationId::from_u128(1) };
/// let counted = StockMovement {
///     key,
///     kind: MovementKind::CorrectedDown,
///     quantity: 1,
///     cause: None,
///     reason: Some("broken in storage".to_owned()),
/// };
/// // Only when the shelf still holds the five units that were seen.
/// let change = Change::Stock(StockChange::Move { movement: counted, expected_on_hand: Some(5) });
/// assert!(matches!(change, Change::Stock(StockChange::Move { expected_on_hand: Some(5), .. })));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StockChange {
    /// One movement: applied when [`crate::inventory::StockLevel::room_for`] allows it, else refused as
    /// [`StockMovement::refusal`] says. A level that is not there counts as empty. Before one that lowers units on hand without an order
    /// (`CorrectedDown`, `TransferredOut`), expired reservations of the key are released as before a `Reserve`.
    Move {
        /// What moves.
        movement: StockMovement,
        /// Where given, units on hand that must still be there, else refused as `stock.changed`.
        expected_on_hand: Option<u32>,
    },
    /// Holds units for a checkout. All lines or none. Before each, expired reservations of the same key (at the set's
    /// moment) are released with their ledger entries. Refused as `stock.insufficient` with what there was.
    Reserve {
        /// For whom.
        checkout: CheckoutId,
        /// What, each key once.
        lines: Vec<SourcedUnits>,
        /// Until when.
        expires_at: Timestamp,
    },
    /// Ends the reservations of a checkout without an order. Those that are gone already are passed over.
    Release {
        /// Of whom.
        checkout: CheckoutId,
        /// What was reserved.
        lines: Vec<SourcedUnits>,
        /// Until when it was.
        expires_at: Timestamp,
    },
    /// Turns the reservations of a checkout into promises to its order. Refused as `reservation.expired` when one is gone.
    Allocate {
        /// Of whom.
        checkout: CheckoutId,
        /// What was reserved.
        lines: Vec<SourcedUnits>,
        /// Until when it was.
        expires_at: Timestamp,
        /// The order it is promised to.
        order: crate::id::OrderId,
    },
    /// Sets how far selling may go beyond what is on hand, and what is kept back. Expired reservations of the key are released
    /// first, as before a `Reserve`. Refused as `stock.promised` when more is promised already than the new limits allow.
    Limits {
        /// Which level; made when absent.
        key: StockKey,
        /// New limit.
        backorder_limit: u32,
        /// Units kept back.
        safety: u32,
    },
}
