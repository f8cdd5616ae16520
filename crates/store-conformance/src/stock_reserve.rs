//! Reservations: held for a checkout, released, expired, or turned into promises.

use sutler_core::change::{Change, RecordRef, StockChange};
use sutler_core::inventory::{MovementKind, Reservation, SourcedUnits, StockKey, StoredMovement};
use sutler_core::port::Store;
use sutler_core::rejection::Rejection;

use crate::Fixture;
use crate::given::stock::{Hold, moved};
use crate::given::{NOW, World, after};
use crate::stock::level;
use crate::then::{committed, pages, refused};

fn available(store: &dyn Store, key: StockKey, seconds: u32) -> u32 {
    let levels = store.stock_levels(&[key.variant], after(seconds)).unwrap();
    levels.get(&key).map_or(0, |level| level.available())
}

fn reservations(store: &dyn Store) -> Vec<Reservation> {
    store.reservation_page(None, 10_000).unwrap()
}

/// Returns the reservations that a hold makes.
fn held_by(hold: &Hold) -> Vec<Reservation> {
    let Hold { checkout, expires_at, .. } = *hold;
    let held = |line: &SourcedUnits| Reservation {
        key: line.key,
        expires_at,
        checkout,
        quantity: line.quantity,
    };
    hold.lines.iter().map(held).collect()
}

fn newest(store: &dyn Store, key: StockKey, count: usize) -> Vec<StoredMovement> {
    store.stock_history(key.variant, count).unwrap()
}

/// Reserving holds units of every line, with an entry each that names the checkout; on hand stays.
pub fn reserving_holds_units<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 5), world.stocked(store, 3));
    let hold = world.hold(&[(a, 2), (b, 3)], after(900));
    committed(store, world.set_of([hold.reserve()]));
    assert_eq!((level(store, a).on_hand, level(store, a).reserved), (5, 2));
    assert_eq!((level(store, b).on_hand, level(store, b).reserved), (3, 3));
    let mut expected = held_by(&hold);
    expected.sort_unstable();
    assert_eq!(reservations(store), expected);
    let entry = newest(store, a, 1).pop().unwrap();
    assert_eq!((entry.movement.kind, entry.movement.quantity), (MovementKind::Reserved, 2));
    assert_eq!(entry.movement.cause, Some(RecordRef::Checkout(hold.checkout)));
    assert_eq!(entry.at, NOW);
}

/// All lines are held or none: one short line refuses them all, with what there was.
pub fn reserving_is_all_lines_or_none<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 5), world.stocked(store, 3));
    let before = (level(store, a), level(store, b), store.stock_ledger_head(a.location).unwrap());
    let why = refused(store, world.set_of([world.hold(&[(a, 5), (b, 4)], after(900)).reserve()]));
    let label = b.variant.to_string();
    assert_eq!(
        why,
        Rejection::InsufficientStock { variant: b.variant, label, requested: 4, available: 3 }
    );
    assert_eq!(
        (level(store, a), level(store, b), store.stock_ledger_head(a.location).unwrap()),
        before
    );
    assert_eq!(reservations(store), []);
}

/// Nothing can be reserved where no level ever was.
pub fn nothing_is_reserved_of_an_absent_level<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.key(world.new_product(store).variants.first().unwrap().id);
    let why = refused(store, world.reserve(key, 1, after(60)));
    assert!(
        matches!(why, Rejection::InsufficientStock { available: 0, requested: 1, .. }),
        "{why:?}"
    );
    assert_eq!(store.stock_level_page(None, 10).unwrap(), [], "a refusal makes no level");
}

/// A reservation counts until the millisecond before it expires; reads leave it out from then on, swept or not.
pub fn reads_leave_expired_reservations_out<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 5);
    committed(store, world.reserve(key, 2, after(60)));
    committed(store, world.reserve(key, 1, after(120)));
    let just_before = sutler_core::time::Timestamp::from_millis(after(60).millis() - 1);
    let at = store.stock_levels(&[key.variant], just_before).unwrap();
    assert_eq!(at.get(&key).map(|level| level.reserved), Some(3));
    assert_eq!(available(store, key, 60), 4);
    assert_eq!(available(store, key, 119), 4);
    assert_eq!(available(store, key, 120), 5);
    // Pages count what is stored, for those who sweep and verify.
    assert_eq!(level(store, key).reserved, 3);
    assert_eq!(reservations(store).len(), 2);
}

/// Reserving releases the expired reservations of the same key first, each with an entry that names its checkout, and no
/// others.
pub fn reserving_reclaims_what_expired<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (key, other) = (world.stocked(store, 5), world.stocked(store, 5));
    let gone = world.hold(&[(key, 2), (other, 1)], after(60));
    let also_gone = world.hold(&[(key, 1)], after(59));
    let alive = world.hold(&[(key, 1)], after(61));
    committed(store, world.set_of([gone.reserve(), also_gone.reserve(), alive.reserve()]));

    // At the moment of the set there are 4 of 5 units again, not 5 and not 1.
    let late = |hold: &Hold| {
        let mut set = world.set_at(after(60));
        set.push(hold.reserve());
        set
    };
    refused(store, late(&world.hold(&[(key, 5)], after(900))));
    assert_eq!(level(store, key).reserved, 4, "a refusal reclaims nothing");
    let winner = world.hold(&[(key, 4)], after(900));
    committed(store, late(&winner));
    assert_eq!(level(store, key).reserved, 5);
    assert_eq!(level(store, other).reserved, 1, "another key is not swept");

    let mut expected: Vec<Reservation> = [held_by(&alive), held_by(&winner)].concat();
    expected.extend(held_by(&gone).into_iter().filter(|held| held.key == other));
    expected.sort_unstable();
    assert_eq!(reservations(store), expected);

    let mut released: Vec<_> = newest(store, key, 3)
        .into_iter()
        .filter(|entry| entry.movement.kind == MovementKind::Released)
        .map(|entry| (entry.movement.cause, entry.movement.quantity, entry.at))
        .collect();
    released.sort_unstable();
    let mut causes = vec![(gone.checkout, 2), (also_gone.checkout, 1)];
    causes.sort_unstable();
    let causes: Vec<_> =
        causes.into_iter().map(|(who, n)| (Some(RecordRef::Checkout(who)), n, after(60))).collect();
    assert_eq!(released, causes);
}

/// A count that finds less, a transfer and new limits release what expired of their key first; receiving does not need to.
pub fn counting_moving_and_limiting_reclaim_what_expired<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let limits = |key| Change::Stock(StockChange::Limits { key, backorder_limit: 0, safety: 5 });
    let changes: [&dyn Fn(StockKey) -> Change; 3] = [
        &|key| moved(key, MovementKind::CorrectedDown, 5),
        &|key| moved(key, MovementKind::TransferredOut, 5),
        &limits,
    ];
    for change in changes {
        let key = world.stocked(store, 5);
        let hold = world.hold(&[(key, 5)], after(60));
        committed(store, world.set_of([hold.reserve()]));
        let late = |change| {
            let mut set = world.set_at(after(60));
            set.push(change);
            set
        };
        committed(store, late(change(key)));
        assert_eq!(level(store, key).reserved, 0);
        assert_eq!(reservations(store), []);
    }
}

/// Releasing ends the reservations of a checkout, with entries; those that are gone are passed over, without.
pub fn releasing_passes_over_what_is_gone<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 2), world.stocked(store, 2));
    let hold = world.hold(&[(a, 2), (b, 1)], after(60));
    committed(store, world.set_of([hold.reserve()]));
    // Another buyer takes the first line over after it expired.
    let mut set = world.set_at(after(60));
    set.push(world.hold(&[(a, 2)], after(900)).reserve());
    committed(store, set);

    let entries = store.stock_ledger_head(a.location).unwrap().0;
    committed(store, world.set_of([hold.release()]));
    assert_eq!((level(store, a).reserved, level(store, b).reserved), (2, 0));
    assert_eq!(store.stock_ledger_head(a.location).unwrap().0, entries + 1);
    let entry = newest(store, b, 1).pop().unwrap();
    assert_eq!((entry.movement.kind, entry.movement.quantity), (MovementKind::Released, 1));
    assert_eq!(entry.movement.cause, Some(RecordRef::Checkout(hold.checkout)));

    // Releasing twice, or what never was, is nothing.
    committed(store, world.set_of([hold.release()]));
    committed(store, world.set_of([world.hold(&[(b, 1)], after(60)).release()]));
    assert_eq!(store.stock_ledger_head(a.location).unwrap().0, entries + 1);
    assert_eq!((level(store, a).reserved, level(store, b).reserved), (2, 0));
}

/// Releasing ends the reservation of one checkout, not that of another with the same end.
pub fn releasing_ends_one_checkout_only<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 5);
    let (mine, yours) = (world.hold(&[(key, 2)], after(60)), world.hold(&[(key, 3)], after(60)));
    committed(store, world.set_of([mine.reserve(), yours.reserve()]));
    committed(store, world.set_of([mine.release()]));
    assert_eq!(reservations(store), held_by(&yours));
    assert_eq!(level(store, key).reserved, 3);
}

/// Allocating turns reservations into promises, with entries that name the order.
pub fn allocating_turns_reservations_into_promises<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 5), world.stocked(store, 5));
    let hold = world.hold(&[(a, 2), (b, 1)], after(60));
    committed(store, world.set_of([hold.reserve()]));
    committed(store, world.set_of([hold.allocate()]));
    let counts =
        |key| (level(store, key).on_hand, level(store, key).reserved, level(store, key).allocated);
    assert_eq!((counts(a), counts(b)), ((5, 0, 2), (5, 0, 1)));
    assert_eq!(reservations(store), []);
    let entry = newest(store, a, 1).pop().unwrap();
    assert_eq!((entry.movement.kind, entry.movement.quantity), (MovementKind::Allocated, 2));
    let order = sutler_core::id::OrderId::from_u128(hold.checkout.to_u128());
    assert_eq!(entry.movement.cause, Some(RecordRef::Order(order)));
}

/// Allocating is refused as `reservation.expired` when one reservation is gone, and then promises nothing at all.
pub fn allocating_what_is_gone_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 2), world.stocked(store, 2));
    let hold = world.hold(&[(a, 1), (b, 2)], after(60));
    committed(store, world.set_of([hold.reserve()]));
    let mut set = world.set_at(after(60));
    set.push(world.hold(&[(b, 2)], after(900)).reserve());
    committed(store, set);
    let before = (level(store, a), level(store, b), reservations(store));
    assert_eq!(refused(store, world.set_of([hold.allocate()])), Rejection::ReservationExpired);
    assert_eq!((level(store, a), level(store, b), reservations(store)), before);

    let never = world.hold(&[(a, 1)], after(60));
    assert_eq!(refused(store, world.set_of([never.allocate()])), Rejection::ReservationExpired);
    let done = world.hold(&[(a, 1)], after(61));
    committed(store, world.set_of([done.reserve(), done.allocate()]));
    assert_eq!(refused(store, world.set_of([done.allocate()])), Rejection::ReservationExpired);
}

/// A reservation that expired, but that nobody reclaimed, is still there to be allocated: late is not gone.
pub fn an_expired_reservation_that_is_still_there_is_allocated<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 1);
    let hold = world.hold(&[(key, 1)], after(60));
    committed(store, world.set_of([hold.reserve()]));
    let mut set = world.set_at(after(3_600));
    set.push(hold.allocate());
    committed(store, set);
    assert_eq!((level(store, key).reserved, level(store, key).allocated), (0, 1));
}

/// Pages of reservations have no gaps and no repeats, in their order, expired ones included.
pub fn reservation_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let keys = [world.stocked(store, 100), world.stocked_at(store, world.second_location.id, 100)];
    let mut expected = Vec::new();
    for (n, seconds) in [30, 10, 20, 10, 3_000, 20].into_iter().enumerate() {
        let quantity = u32::try_from(n).unwrap() + 1;
        let hold = world.hold(&keys.map(|key| (key, quantity)), after(seconds));
        committed(store, world.set_of([hold.reserve()]));
        expected.extend(held_by(&hold));
    }
    expected.sort_unstable();
    for limit in [1, 2, 5, 12, 100] {
        let page = |last: Option<&Reservation>, limit| {
            store.reservation_page(last.copied(), limit).unwrap()
        };
        assert_eq!(pages(limit, page), expected, "pages of {limit}");
    }
    assert_eq!(store.reservation_page(None, 0).unwrap(), []);
}

/// A sweep of expired reservations is a release by name, page by page, and needs nothing else.
pub fn expired_reservations_can_be_swept<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 10);
    let alive = world.hold(&[(key, 3)], after(900));
    committed(store, world.set_of([alive.reserve(), moved(key, MovementKind::Received, 1)]));
    for seconds in [10, 20, 30] {
        committed(store, world.reserve(key, 1, after(seconds)));
    }
    let now = after(60);
    for held in reservations(store).into_iter().filter(|held| held.expires_at <= now) {
        let lines = vec![SourcedUnits { key: held.key, quantity: held.quantity }];
        let hold = Hold { checkout: held.checkout, lines, expires_at: held.expires_at };
        committed(store, world.set_of([hold.release()]));
    }
    assert_eq!(reservations(store), held_by(&alive));
    assert_eq!(level(store, key).reserved, 3);
}
