//! Stock and what changes it.

use sutler_core::change::{Change, ChangeSet, StockChange};
use sutler_core::id::{CheckoutId, OrderId, StockLocationId, VariantId};
use sutler_core::inventory::{MovementKind, SourcedUnits, StockKey, StockMovement};
use sutler_core::port::Store;
use sutler_core::time::Timestamp;

use super::World;
use crate::then::committed;

/// A reservation that a test makes, keeps, ends or turns into a promise.
///
/// ```
/// use sutler_store_conformance::given::{World, after};
/// use sutler_store_conformance::then::{committed, refused};
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let mug = world.stocked(&store, 5);
/// let hold = world.hold(&[(mug, 3)], after(900));
/// committed(&store, world.set_of([hold.reserve()]));
/// let refusal = refused(&store, world.reserve(mug, 3, after(900)));
/// assert_eq!(refusal.code(), "stock.insufficient");
/// committed(&store, world.set_of([hold.release()]));
/// committed(&store, world.reserve(mug, 3, after(900)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// For whom.
    pub checkout: CheckoutId,
    /// What.
    pub lines: Vec<SourcedUnits>,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Hold {
    /// Returns the change that reserves.
    pub fn reserve(&self) -> Change {
        let Self { checkout, lines, expires_at } = self.clone();
        Change::Stock(StockChange::Reserve { checkout, lines, expires_at })
    }

    /// Returns the change that ends it without an order.
    pub fn release(&self) -> Change {
        let Self { checkout, lines, expires_at } = self.clone();
        Change::Stock(StockChange::Release { checkout, lines, expires_at })
    }

    /// Returns the change that turns it into a promise to the order of the same number.
    pub fn allocate(&self) -> Change {
        let Self { checkout, lines, expires_at } = self.clone();
        let order = OrderId::from_u128(checkout.to_u128());
        Change::Stock(StockChange::Allocate { checkout, lines, expires_at, order })
    }
}

/// Returns a movement without a cause.
///
/// ```
/// use sutler_core::inventory::MovementKind;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::stock::movement;
///
/// let world = World::new();
/// let mug = world.key(world.product().variants[0].id);
/// assert_eq!(movement(mug, MovementKind::Received, 5).quantity, 5);
/// ```
pub fn movement(key: StockKey, kind: MovementKind, quantity: u32) -> StockMovement {
    StockMovement { key, kind, quantity, cause: None, reason: None }
}

/// Returns the change that moves stock.
///
/// ```
/// use sutler_core::inventory::MovementKind;
/// use sutler_core::port::StockReader;
/// use sutler_store_conformance::given::stock::moved;
/// use sutler_store_conformance::given::{NOW, World};
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let mug = world.stocked(&store, 5);
/// committed(&store, world.set_of([moved(mug, MovementKind::Received, 2)]));
/// assert_eq!(store.stock_levels(&[mug.variant], NOW)?[&mug].on_hand, 7);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub fn moved(key: StockKey, kind: MovementKind, quantity: u32) -> Change {
    let movement = movement(key, kind, quantity);
    Change::Stock(StockChange::Move { movement, expected_on_hand: None })
}

/// Returns the change that sets the limits of a level.
///
/// ```
/// use sutler_store_conformance::given::stock::limits;
/// use sutler_store_conformance::given::{World, after};
/// use sutler_store_conformance::then::{committed, refused};
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let mug = world.stocked(&store, 5);
/// committed(&store, world.set_of([limits(mug, 0, 4)]));
/// assert_eq!(refused(&store, world.reserve(mug, 2, after(900))).code(), "stock.insufficient");
/// ```
pub fn limits(key: StockKey, backorder_limit: u32, safety: u32) -> Change {
    Change::Stock(StockChange::Limits { key, backorder_limit, safety })
}

impl World {
    /// Returns the key of a variant at the world's location.
    pub fn key(&self, variant: VariantId) -> StockKey {
        StockKey { variant, location: self.location.id }
    }

    /// Returns a new hold of these units for a new checkout.
    pub fn hold(&self, lines: &[(StockKey, u32)], expires_at: Timestamp) -> Hold {
        let line = |&(key, quantity)| SourcedUnits { key, quantity };
        let lines = lines.iter().map(line).collect();
        Hold { checkout: CheckoutId::from_u128(self.id()), lines, expires_at }
    }

    /// Returns a set that reserves for a new checkout.
    pub fn reserve(&self, key: StockKey, quantity: u32, expires_at: Timestamp) -> ChangeSet {
        self.set_of([self.hold(&[(key, quantity)], expires_at).reserve()])
    }

    /// Writes a product whose variant has `units` at the world's location; returns where they are.
    pub fn stocked(&self, store: &dyn Store, units: u32) -> StockKey {
        self.stocked_at(store, self.location.id, units)
    }

    /// Writes a product whose variant has `units` at a location; returns where they are.
    pub fn stocked_at(&self, store: &dyn Store, location: StockLocationId, units: u32) -> StockKey {
        let variant = self.new_product(store).variants.first().unwrap().id;
        let key = StockKey { variant, location };
        committed(store, self.set_of([moved(key, MovementKind::Received, units)]));
        key
    }
}
