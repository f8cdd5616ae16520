//! Records that tests begin with: valid, complete, and the same on every run.
//!
//! A [`World`] gives ids from a counter and remembers the set-up that other records point to. Builders make a record and
//! write nothing; what writes takes a store and says so in its first argument.
//!
//! Invariants
//! * What a record points to was written before it, so that back-ends with foreign keys can be tested too.
//! * Versions are those of a record that is written for the first time.

pub mod order;
pub mod payment;
mod product;
mod setup;
pub mod stock;
pub mod sweep;

use std::sync::atomic::{AtomicU64, Ordering};

use sutler_core::cart::{Cart, CartLine, CartStatus};
use sutler_core::catalog::{Category, Channel, Product};
use sutler_core::change::{Change, ChangeSet, Idempotency, IdempotencyKey, RecordRef, SetupChange};
use sutler_core::customer::Customer;
use sutler_core::hash::ContentHash;
use sutler_core::id::{CartId, CategoryId, CommandId, CustomerId, VariantId};
use sutler_core::inventory::StockLocation;
use sutler_core::money::{Currency, Money};
use sutler_core::port::Store;
use sutler_core::pricing::{BuyerTax, Price, PriceList};
use sutler_core::quantity::Quantity;
use sutler_core::time::Timestamp;

use crate::then::committed;

/// The moment at which most things happen: 2026-06-01T12:00:00.123Z.
pub const NOW: Timestamp = Timestamp::from_millis(1_780_315_200_123);

/// Returns the moment `seconds` after [`NOW`].
///
/// ```
/// use sutler_store_conformance::given::{NOW, after};
///
/// assert_eq!(after(1).millis() - NOW.millis(), 1_000);
/// ```
pub fn after(seconds: u32) -> Timestamp {
    NOW.plus_seconds(seconds)
}

/// Returns an amount of euro cents.
///
/// ```
/// assert_eq!(sutler_store_conformance::given::eur(1_999).to_string(), "19.99 EUR");
/// ```
pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// Returns a quantity.
///
/// ```
/// assert_eq!(sutler_store_conformance::given::units(3).get(), 3);
/// ```
pub fn units(quantity: u32) -> Quantity {
    Quantity::new(quantity).unwrap()
}

/// Returns what makes a set take effect once.
///
/// ```
/// use sutler_store_conformance::given::{World, once};
/// use sutler_store_conformance::then::{committed, replayed};
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let cart = world.cart(&[]);
/// let set = world.set().once(once("key-1", "a new cart", cart.id));
/// committed(&store, set.clone());
/// assert_eq!(replayed(&store, set), cart.id.into());
/// ```
pub fn once(key: &str, asked: &str, answer: impl Into<RecordRef>) -> Option<Idempotency> {
    let key = IdempotencyKey::new(key).unwrap();
    Some(Idempotency { key, content: ContentHash::of(asked.as_bytes()), answer: answer.into() })
}

/// Where ids come from, and the set-up that other records point to.
///
/// ```
/// use sutler_core::port::CatalogReader;
/// use sutler_store_conformance::given::World;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let product = world.new_product(&store);
/// assert_eq!(store.products(&[product.id]).unwrap(), [Some(product)]);
/// ```
#[derive(Debug)]
pub struct World {
    ids: AtomicU64,
    /// The channel that carts and orders stand in.
    pub channel: Channel,
    /// The location that stock stands at.
    pub location: StockLocation,
    /// Another one.
    pub second_location: StockLocation,
    /// The list that prices stand in.
    pub price_list: PriceList,
}

impl World {
    /// Makes a world and writes nothing.
    pub fn new() -> Self {
        let ids = AtomicU64::new(1);
        let next = || raw_id(ids.fetch_add(1, Ordering::SeqCst));
        let channel = setup::channel(next(), "web");
        let location = setup::location(next(), "main");
        let second_location = setup::location(next(), "second");
        let price_list = setup::price_list(next());
        Self { ids, channel, location, second_location, price_list }
    }

    /// Makes a world and writes its shop, channel, locations and price list.
    pub fn on(store: &dyn Store) -> Self {
        let world = Self::new();
        committed(store, world.set_of(world.setup().map(Change::Setup)));
        world
    }

    /// Returns what [`Self::on`] writes.
    pub fn setup(&self) -> impl Iterator<Item = SetupChange> {
        [
            SetupChange::Shop(setup::shop()),
            SetupChange::Channel(self.channel.clone()),
            SetupChange::StockLocation(self.location.clone()),
            SetupChange::StockLocation(self.second_location.clone()),
            SetupChange::PriceList(self.price_list.clone()),
        ]
        .into_iter()
    }

    /// Returns a number that was not returned before; they rise.
    pub fn id(&self) -> u128 {
        raw_id(self.ids.fetch_add(1, Ordering::SeqCst))
    }

    /// Returns a short word that was not returned before.
    pub fn word(&self, stem: &str) -> String {
        format!("{stem}-{}", self.ids.fetch_add(1, Ordering::SeqCst))
    }

    /// Returns a set of the moment [`NOW`] that writes nothing yet.
    pub fn set(&self) -> ChangeSet {
        self.set_at(NOW)
    }

    /// Returns a set of another moment that writes nothing yet.
    pub fn set_at(&self, at: Timestamp) -> ChangeSet {
        ChangeSet::new(at, CommandId::from_u128(self.id()))
    }

    /// Returns a set of the moment [`NOW`] with these changes.
    pub fn set_of(&self, changes: impl IntoIterator<Item = Change>) -> ChangeSet {
        let mut set = self.set();
        set.changes.extend(changes);
        set
    }

    /// Returns a category.
    pub fn category(&self, parent: Option<CategoryId>, name: &str) -> Category {
        let (id, name) = (CategoryId::from_u128(self.id()), name.to_owned());
        Category { id, parent, name, version: 1 }
    }

    /// Returns a customer without a group.
    pub fn customer(&self, email: &str) -> Customer {
        Customer {
            id: CustomerId::from_u128(self.id()),
            email: email.to_owned(),
            group: None,
            tax: BuyerTax::default(),
            created_at: NOW,
            version: 1,
        }
    }

    /// Returns a price in the world's list.
    pub fn price(&self, variant: VariantId, min_quantity: u32, minor: i64) -> Price {
        let amount = eur(minor);
        Price { list: self.price_list.id, variant, min_quantity, amount, compare_at: None }
    }

    /// Returns an open cart of a guest with one unit of each variant.
    pub fn cart(&self, variants: &[VariantId]) -> Cart {
        let line = |(line, &variant)| CartLine { line, variant, quantity: Quantity::ONE };
        Cart {
            id: CartId::from_u128(self.id()),
            channel: self.channel.id,
            customer: None,
            status: CartStatus::Open,
            lines: (1..).zip(variants).map(line).collect(),
            coupons: Vec::new(),
            order: None,
            expires_at: after(86_400),
            created_at: NOW,
            version: 1,
        }
    }

    /// Writes a product with one variant; returns it.
    pub fn new_product(&self, store: &dyn Store) -> Product {
        let product = self.product();
        committed(store, self.set_of([Change::Product(Box::new(product.clone()))]));
        product
    }

    /// Writes a cart with one unit of each variant; returns it.
    pub fn new_cart(&self, store: &dyn Store, variants: &[VariantId]) -> Cart {
        let cart = self.cart(variants);
        committed(store, self.set_of([Change::Cart(Box::new(cart.clone()))]));
        cart
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Looks like a UUIDv7, and sorts as it was made.
fn raw_id(count: u64) -> u128 {
    0x0198_0000_0000_7000_8000_0000_0000_0000 + u128::from(count)
}
