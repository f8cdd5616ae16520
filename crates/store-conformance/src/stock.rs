//! Levels of stock: movements, limits, and how levels are read.

use std::collections::BTreeMap;

use sutler_core::change::{Change, StockChange};
use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
use sutler_core::inventory::{MovementKind, StockKey, StockLevel};
use sutler_core::port::Store;
use sutler_core::rejection::Rejection;

use crate::Fixture;
use crate::given::stock::{limits, moved, movement};
use crate::given::{NOW, World, after};
use crate::then::{committed, pages, refused};

/// Returns a level as it is now, every reservation counted; empty when there is none.
pub(crate) fn level(store: &dyn Store, key: StockKey) -> StockLevel {
    let page = store.stock_level_page(None, 10_000).unwrap();
    page.into_iter().find(|(found, _)| *found == key).map(|(_, level)| level).unwrap_or_default()
}

fn counts(store: &dyn Store, key: StockKey) -> (u32, u32, u32) {
    let level = level(store, key);
    (level.on_hand, level.reserved, level.allocated)
}

fn new_key(world: &World, store: &dyn Store) -> StockKey {
    world.key(world.new_product(store).variants.first().unwrap().id)
}

/// Every kind of movement changes the counts that it should; a level that is not there counts as empty.
pub fn a_movement_changes_the_level<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = new_key(&world, store);
    #[rustfmt::skip]
    let steps = [
        // kind                            units  on_hand reserved allocated
        (MovementKind::Received,           20,    (20, 0, 0)),
        (MovementKind::Reserved,            9,    (20, 9, 0)),
        (MovementKind::Released,            1,    (20, 8, 0)),
        (MovementKind::Allocated,           7,    (20, 1, 7)),
        (MovementKind::AllocationReleased,  2,    (20, 1, 5)),
        (MovementKind::Shipped,             4,    (16, 1, 1)),
        (MovementKind::Returned,            3,    (19, 1, 1)),
        (MovementKind::CorrectedUp,         2,    (21, 1, 1)),
        (MovementKind::CorrectedDown,       5,    (16, 1, 1)),
        (MovementKind::TransferredOut,      6,    (10, 1, 1)),
        (MovementKind::TransferredIn,       1,    (11, 1, 1)),
    ];
    for (kind, quantity, expected) in steps {
        committed(store, world.set_of([moved(key, kind, quantity)]));
        assert_eq!(counts(store, key), expected, "{kind:?} {quantity}");
    }
}

/// A movement for which there is no room is refused as `stock.insufficient`, with how many units there was room for, or as
/// `stock.overflow` when it brings goods; one unit less passes. Every kind of movement.
pub fn a_movement_without_room_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for &kind in MovementKind::ALL {
        let key = new_key(&world, store);
        let setup = [
            moved(key, MovementKind::Received, 10),
            limits(key, 3, 2),
            moved(key, MovementKind::Reserved, 4),
            moved(key, MovementKind::Allocated, 2),
        ];
        committed(store, world.set_of(setup));
        let before = level(store, key);
        let room = before.room_for(kind);
        let Some(too_many) = room.checked_add(1) else { continue };
        let why = refused(store, world.set_of([moved(key, kind, too_many)]));
        let (variant, label) = (key.variant, key.variant.to_string());
        let expected = if kind.effect().on_hand > 0 {
            Rejection::StockOverflow { variant, label }
        } else {
            Rejection::InsufficientStock { variant, label, requested: too_many, available: room }
        };
        assert_eq!(why, expected, "{kind:?}");
        assert_eq!(level(store, key), before, "{kind:?}");
        committed(store, world.set_of([moved(key, kind, room)]));
        assert_eq!(Some(level(store, key)), before.folded(kind.effect(), room), "{kind:?}");
    }
}

/// The guard of a movement sees what earlier changes of its set did, and expected counts too.
pub fn expected_on_hand_guards_a_movement<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = new_key(&world, store);
    let count = |kind, quantity, expected| {
        let movement = movement(key, kind, quantity);
        Change::Stock(StockChange::Move { movement, expected_on_hand: Some(expected) })
    };
    // A level that is not there has nothing on hand.
    let why = refused(store, world.set_of([count(MovementKind::CorrectedUp, 5, 1)]));
    let label = key.variant.to_string();
    assert_eq!(why, Rejection::StockChanged { variant: key.variant, label, expected: 1, found: 0 });
    committed(store, world.set_of([count(MovementKind::CorrectedUp, 5, 0)]));
    let stale = [moved(key, MovementKind::Received, 1), count(MovementKind::CorrectedDown, 5, 5)];
    assert_eq!(refused(store, world.set_of(stale)).code(), "stock.changed");
    // What is expected is looked at before what there is room for.
    assert_eq!(
        refused(store, world.set_of([count(MovementKind::CorrectedDown, 99, 4)])).code(),
        "stock.changed"
    );
    assert_eq!(
        refused(store, world.set_of([count(MovementKind::CorrectedDown, 99, 5)])).code(),
        "stock.insufficient"
    );
    committed(store, world.set_of([count(MovementKind::CorrectedDown, 5, 5)]));
    assert_eq!(counts(store, key), (0, 0, 0));
}

/// Counts go up to the largest that a level can hold, and not beyond.
pub fn a_count_may_be_as_large_as_a_level_can_hold<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = new_key(&world, store);
    committed(store, world.set_of([moved(key, MovementKind::Received, u32::MAX)]));
    let why = refused(store, world.set_of([moved(key, MovementKind::Received, 1)]));
    assert_eq!(why.code(), "stock.overflow");
    committed(store, world.set_of([limits(key, u32::MAX, 0)]));
    committed(store, world.set_of([moved(key, MovementKind::Reserved, u32::MAX)]));
    assert_eq!(counts(store, key), (u32::MAX, u32::MAX, 0));
    // There is room by the limits, but no count can say so.
    refused(store, world.set_of([moved(key, MovementKind::Reserved, 1)]));
    committed(store, world.set_of([moved(key, MovementKind::Allocated, u32::MAX)]));
    committed(store, world.set_of([moved(key, MovementKind::Shipped, u32::MAX)]));
    assert_eq!(counts(store, key), (0, 0, 0));
}

/// Limits make a level where there is none, open and close what may be sold, and leave counts alone.
pub fn limits_open_and_close_selling<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = new_key(&world, store);
    committed(store, world.set_of([limits(key, 3, 1)]));
    let made = StockLevel { backorder_limit: 3, safety: 1, ..StockLevel::default() };
    assert_eq!(store.stock_level_page(None, 10).unwrap(), [(key, made)]);
    assert_eq!(store.stock_ledger_head(key.location).unwrap().0, 0, "limits are no movement");
    refused(store, world.reserve(key, 3, after(60)));
    committed(store, world.reserve(key, 2, after(60)));
    committed(store, world.set_of([limits(key, 2, 0), moved(key, MovementKind::Received, 1)]));
    committed(store, world.reserve(key, 1, after(60)));
    refused(store, world.reserve(key, 1, after(60)));
}

/// Limits below what is promised are refused as `stock.promised`; keeping units back takes no promise away.
pub fn limits_below_what_is_promised_are_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 2);
    let hold = world.hold(&[(key, 3)], after(60));
    committed(store, world.set_of([limits(key, 4, 0), hold.reserve(), hold.allocate()]));
    committed(store, world.reserve(key, 2, after(60)));
    let before = level(store, key);
    let why = refused(store, world.set_of([limits(key, 2, 0)]));
    let label = key.variant.to_string();
    assert_eq!(why, Rejection::StockPromised { variant: key.variant, label, promised: 5 });
    assert_eq!(level(store, key), before);
    committed(store, world.set_of([limits(key, 3, 100)]));
    assert_eq!(level(store, key).available(), 0);
}

/// Levels of the variants asked come from every location that ever had one, and from no other variant.
pub fn levels_come_from_every_location<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let a = world.stocked(store, 5);
    let b = world.stocked_at(store, world.second_location.id, 7);
    let unasked = world.stocked(store, 9);
    let a_there = StockKey { location: world.second_location.id, ..a };
    // A level that was emptied still is one.
    let emptied =
        [moved(a_there, MovementKind::Received, 1), moved(a_there, MovementKind::CorrectedDown, 1)];
    committed(store, world.set_of(emptied));
    let unknown = VariantId::from_u128(world.id());
    let levels = store.stock_levels(&[b.variant, unknown, a.variant], NOW).unwrap();
    let on_hand: BTreeMap<StockKey, u32> =
        levels.iter().map(|(key, level)| (*key, level.on_hand)).collect();
    assert_eq!(on_hand, BTreeMap::from([(a, 5), (a_there, 0), (b, 7)]));
    assert!(!levels.contains_key(&unasked));
    assert_eq!(store.stock_levels(&[], NOW).unwrap(), BTreeMap::new());
}

/// Pages of levels have no gaps and no repeats, in the order of keys.
pub fn level_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut keys = Vec::new();
    for n in 1..=4 {
        let key = world.stocked(store, n);
        let there = StockKey { location: world.second_location.id, ..key };
        committed(store, world.set_of([moved(there, MovementKind::Received, n)]));
        keys.extend([there, key]);
    }
    keys.sort_unstable();
    for limit in [1, 3, 8, 100] {
        let page = |last: Option<&(StockKey, StockLevel)>, limit| {
            store.stock_level_page(last.map(|(key, _)| *key), limit).unwrap()
        };
        let found: Vec<StockKey> = pages(limit, page).into_iter().map(|(key, _)| key).collect();
        assert_eq!(found, keys, "pages of {limit}");
    }
}

/// A ledger or history of what is not there is empty.
pub fn stock_that_is_not_there_has_no_past<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::new();
    let (variant, location) =
        (VariantId::from_u128(world.id()), StockLocationId::from_u128(world.id()));
    assert_eq!(store.stock_ledger(location, 0, 10).unwrap(), []);
    assert_eq!(
        store.stock_ledger_head(location).unwrap(),
        (0, sutler_core::hash::ContentHash::ZERO)
    );
    assert_eq!(store.stock_history(variant, 10).unwrap(), []);
    assert_eq!(store.stock_level_page(None, 10).unwrap(), []);
    assert_eq!(store.reservation_page(None, 10).unwrap(), []);
    let nobody = sutler_core::inventory::Reservation {
        key: StockKey { variant, location },
        expires_at: NOW,
        checkout: CheckoutId::from_u128(1),
        quantity: 1,
    };
    assert_eq!(store.reservation_page(Some(nobody), 10).unwrap(), []);
}
