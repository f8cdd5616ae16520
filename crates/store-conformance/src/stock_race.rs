//! Many buyers at once: what is sold is there, and no more of it.

use sutler_core::change::{CommitOutcome, RecordRef};
use sutler_core::inventory::{MovementKind, StockKey};
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::stock::{limits, moved};
use crate::given::{World, after};
use crate::stock::level;
use crate::then::{commit, committed, is_committed, together};

#[track_caller]
fn all_others_are_refused_for_want_of_stock(outcomes: &[CommitOutcome]) {
    for outcome in outcomes.iter().filter(|outcome| !is_committed(outcome)) {
        let short =
            matches!(outcome, CommitOutcome::Refused(why) if why.code() == "stock.insufficient");
        assert!(short, "{outcome:?}");
    }
}

fn winners(outcomes: &[CommitOutcome]) -> usize {
    outcomes.iter().filter(|outcome| is_committed(outcome)).count()
}

/// The last unit goes to exactly one of sixteen threads.
pub fn the_last_unit_goes_to_exactly_one_of_many_threads<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for _ in 0..5 {
        let key = world.stocked(store, 1);
        let outcomes = together(16, |_| commit(store, world.reserve(key, 1, after(900))));
        assert_eq!(winners(&outcomes), 1, "{outcomes:?}");
        all_others_are_refused_for_want_of_stock(&outcomes);
        assert_eq!(level(store, key).reserved, 1);
    }
}

/// Of 500 tries to reserve one of 50 units, from sixteen threads, 50 succeed.
pub fn fifty_units_go_to_fifty_of_five_hundred_tries<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 50);
    let outcomes: Vec<CommitOutcome> = together(16, |thread| {
        let tries = (0..500).filter(|n| n % 16 == thread);
        tries.map(|_| commit(store, world.reserve(key, 1, after(900)))).collect::<Vec<_>>()
    })
    .concat();
    assert_eq!((outcomes.len(), winners(&outcomes)), (500, 50));
    all_others_are_refused_for_want_of_stock(&outcomes);
    assert_eq!(level(store, key).reserved, 50);
    let held = store.reservation_page(None, 1_000).unwrap();
    assert_eq!((held.len(), held.iter().map(|held| held.quantity).sum::<u32>()), (50, 50));
}

/// Baskets of several lines, in every order of lines, never hold a part and never block each other for good.
pub fn carts_in_any_order_of_lines_do_not_block_each_other<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let keys: Vec<StockKey> = (0..3).map(|_| world.stocked(store, 8)).collect();
    let outcomes: Vec<CommitOutcome> = together(8, |thread| {
        let one_try = |n: usize| {
            let mut lines: Vec<(StockKey, u32)> = keys.iter().map(|key| (*key, 1)).collect();
            lines.rotate_left((thread + n) % 3);
            if thread % 2 == 0 {
                lines.reverse();
            }
            commit(store, world.set_of([world.hold(&lines, after(900)).reserve()]))
        };
        (0..4).map(one_try).collect::<Vec<_>>()
    })
    .concat();
    assert_eq!(winners(&outcomes), 8, "{outcomes:?}");
    all_others_are_refused_for_want_of_stock(&outcomes);
    assert!(keys.iter().all(|key| level(store, *key).reserved == 8));
}

/// Expired units are reclaimed once, however many threads want them.
pub fn expired_units_are_reclaimed_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 4);
    let old = world.hold(&[(key, 4)], after(60));
    committed(store, world.set_of([old.reserve()]));
    let outcomes = together(16, |_| {
        let mut set = world.set_at(after(60));
        set.push(world.hold(&[(key, 1)], after(900)).reserve());
        commit(store, set)
    });
    assert_eq!(winners(&outcomes), 4, "{outcomes:?}");
    let history = store.stock_history(key.variant, 100).unwrap();
    let released = history.iter().filter(|entry| entry.movement.kind == MovementKind::Released);
    let released: Vec<_> =
        released.map(|entry| (entry.movement.cause, entry.movement.quantity)).collect();
    assert_eq!(released, [(Some(RecordRef::Checkout(old.checkout)), 4)]);
    assert_eq!(level(store, key).reserved, 4);
}

/// A hold that is released and allocated at the same moment ends in one way.
pub fn a_hold_ends_in_exactly_one_way<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for _ in 0..10 {
        let key = world.stocked(store, 1);
        let hold = world.hold(&[(key, 1)], after(60));
        committed(store, world.set_of([hold.reserve()]));
        let outcomes = together(4, |n| {
            let end = if n % 2 == 0 { hold.release() } else { hold.allocate() };
            is_committed(&commit(store, world.set_of([end])))
        });
        let allocated = outcomes.iter().skip(1).step_by(2).filter(|done| **done).count();
        assert!(allocated <= 1, "{outcomes:?}");
        let level = level(store, key);
        assert_eq!(
            (level.on_hand, level.reserved, level.allocated),
            (1, 0, u32::try_from(allocated).unwrap())
        );
    }
}

/// Counting and selling at the same moment never breaks a promise.
pub fn a_count_and_a_sale_do_not_pass_each_other<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 20);
    committed(store, world.set_of([limits(key, 4, 0)]));
    let outcomes = together(16, |n| {
        let set = if n % 2 == 0 {
            world.reserve(key, 2, after(900))
        } else {
            world.set_of([moved(key, MovementKind::CorrectedDown, 2)])
        };
        (n % 2 == 0, is_committed(&commit(store, set)))
    });
    let done = |sale: bool| {
        u32::try_from(outcomes.iter().filter(|outcome| **outcome == (sale, true)).count()).unwrap()
    };
    let level = level(store, key);
    assert_eq!((level.on_hand, level.reserved), (20 - 2 * done(false), 2 * done(true)));
    assert!(level.reserved <= level.on_hand + level.backorder_limit, "{level:?}");
}
