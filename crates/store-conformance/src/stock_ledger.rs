//! The ledger: append-only, chained per location, and the truth that levels are the fold of.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use sutler_core::change::{Change, CommitOutcome, RecordRef, StockChange};
use sutler_core::hash::ContentHash;
use sutler_core::id::StockLocationId;
use sutler_core::inventory::{
    MovementKind, Reservation, StockKey, StockLevel, StockMovement, StoredMovement,
};
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::stock::{Hold, limits, moved};
use crate::given::{NOW, World, after};
use crate::then::{commit, committed, pages, refused, together};

/// Reads the whole ledger of a location.
fn ledger(store: &dyn Store, location: StockLocationId) -> Vec<StoredMovement> {
    pages(50, |last: Option<&StoredMovement>, limit| {
        store.stock_ledger(location, last.map_or(0, |entry| entry.seq), limit).unwrap()
    })
}

/// Checks that a ledger has no gaps and that its chain, made again from its entries, is the stored one.
#[track_caller]
fn check_chain(store: &dyn Store, location: StockLocationId) {
    let entries = ledger(store, location);
    let mut head = ContentHash::ZERO;
    for (seq, entry) in (1..).zip(&entries) {
        assert_eq!(entry.seq, seq, "the ledger of {location} has a gap");
        assert_eq!(entry.movement.key.location, location);
        head = head.chain(&entry.movement.chain_input(seq, entry.at));
        assert_eq!(entry.link, head.link(), "entry {seq} of {location} does not fit the chain");
    }
    let length = u64::try_from(entries.len()).unwrap();
    assert_eq!(store.stock_ledger_head(location).unwrap(), (length, head));
}

/// Checks that every level is the fold of the ledgers, and that what is reserved is what reservations hold.
#[track_caller]
fn check_fold(store: &dyn Store, locations: &[StockLocationId]) {
    let mut folded: BTreeMap<StockKey, StockLevel> = BTreeMap::new();
    for entry in locations.iter().flat_map(|&location| ledger(store, location)) {
        let level = folded.entry(entry.movement.key).or_default();
        let next = level.folded(entry.movement.kind.effect(), entry.movement.quantity);
        *level = next.unwrap_or_else(|| panic!("entry {} leaves the range of a count", entry.seq));
    }
    let mut held: BTreeMap<StockKey, u32> = BTreeMap::new();
    for reservation in pages(50, |last: Option<&Reservation>, limit| {
        store.reservation_page(last.copied(), limit).unwrap()
    }) {
        *held.entry(reservation.key).or_default() += reservation.quantity;
    }
    for (key, level) in store.stock_level_page(None, 10_000).unwrap() {
        let counts = |level: &StockLevel| (level.on_hand, level.reserved, level.allocated);
        assert_eq!(
            counts(&level),
            folded.remove(&key).as_ref().map_or((0, 0, 0), counts),
            "{key:?}"
        );
        assert_eq!(level.reserved, held.remove(&key).unwrap_or(0), "{key:?}");
    }
    assert!(folded.is_empty() && held.is_empty(), "without a level: {folded:?} {held:?}");
}

/// An entry comes back as it was written, with its place, its moment and every field filled or not.
pub fn an_entry_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.new_order(store);
    let key = world.stocked(store, 1);
    let full = StockMovement {
        cause: Some(RecordRef::Order(order.id)),
        reason: Some("broken in storage — “zerbrochen”".to_owned()),
        ..crate::given::stock::movement(key, MovementKind::CorrectedUp, 4)
    };
    let blank = StockMovement {
        cause: None,
        reason: Some(String::new()),
        quantity: 1_000_000,
        ..full.clone()
    };
    let entries = [full, blank];
    for (n, movement) in (1..).zip(&entries) {
        let mut set = world.set_at(after(n));
        set.push(Change::Stock(StockChange::Move {
            movement: movement.clone(),
            expected_on_hand: None,
        }));
        committed(store, set);
    }
    let stored = store.stock_ledger(key.location, 1, 10).unwrap();
    let plain: Vec<_> =
        stored.into_iter().map(|entry| (entry.seq, entry.at, entry.movement)).collect();
    let [first, second] = entries;
    assert_eq!(plain, [(2, after(1), first), (3, after(2), second)]);
    check_chain(store, key.location);
}

/// Each location has a ledger of its own, from 1 without gaps, in the order of changes.
pub fn each_location_has_its_own_ledger<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let here = world.stocked(store, 5);
    let there = StockKey { location: world.second_location.id, ..here };
    let moves = [
        moved(there, MovementKind::Received, 1),
        moved(here, MovementKind::CorrectedDown, 1),
        moved(there, MovementKind::Received, 2),
    ];
    committed(store, world.set_of(moves));
    let quantities = |location| {
        ledger(store, location).iter().map(|e| (e.seq, e.movement.quantity)).collect::<Vec<_>>()
    };
    assert_eq!(quantities(here.location), [(1, 5), (2, 1)]);
    assert_eq!(quantities(there.location), [(1, 1), (2, 2)]);
    for location in [here.location, there.location] {
        check_chain(store, location);
    }
}

/// Pages of a ledger have no gaps and no repeats.
pub fn ledger_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 1);
    committed(store, world.set_of((2..=11).map(|n| moved(key, MovementKind::Received, n))));
    for limit in [1, 3, 11, 100] {
        let page = |last: Option<&StoredMovement>, limit| {
            store.stock_ledger(key.location, last.map_or(0, |entry| entry.seq), limit).unwrap()
        };
        let quantities: Vec<u32> =
            pages(limit, page).iter().map(|entry| entry.movement.quantity).collect();
        assert_eq!(quantities, (1..=11).collect::<Vec<u32>>(), "pages of {limit}");
    }
    assert_eq!(store.stock_ledger(key.location, 0, 0).unwrap(), []);
    assert_eq!(store.stock_ledger(key.location, 11, 10).unwrap(), []);
}

/// The history of a variant is its newest movements at all locations, newest first, each with its location.
pub fn history_is_newest_first_from_all_locations<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let here = world.stocked(store, 1);
    let there = StockKey { location: world.second_location.id, ..here };
    world.stocked(store, 99);
    for (n, key) in (2..).zip([there, there, here, there, here]) {
        let mut set = world.set_at(after(n));
        set.push(moved(key, MovementKind::Received, n));
        committed(store, set);
    }
    let newest = |limit| {
        let entries = store.stock_history(here.variant, limit).unwrap();
        entries.into_iter().map(|e| (e.movement.key, e.movement.quantity)).collect::<Vec<_>>()
    };
    let all = [(here, 6), (there, 5), (here, 4), (there, 3), (there, 2), (here, 1)];
    assert_eq!(newest(100), all);
    assert_eq!(newest(2), all.get(..2).unwrap());
    assert_eq!(newest(0), []);
}

/// What is refused leaves no entry, and the chain goes on from the one before.
pub fn a_refused_movement_leaves_no_entry<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 5);
    let head = store.stock_ledger_head(key.location).unwrap();
    refused(
        store,
        world.set_of([
            moved(key, MovementKind::Received, 1),
            moved(key, MovementKind::CorrectedDown, 7),
        ]),
    );
    assert_eq!(store.stock_ledger_head(key.location).unwrap(), head);
    committed(store, world.set_of([moved(key, MovementKind::CorrectedDown, 5)]));
    check_chain(store, key.location);
}

/// Ledgers that many threads write to at once have no gaps, and their chains and folds hold.
pub fn ledgers_hold_under_concurrency<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let keys = [world.stocked(store, 40), world.stocked_at(store, world.second_location.id, 40)];
    together(8, |n| {
        for round in 0..5 {
            let hold = world.hold(&keys.map(|key| (key, 1)), after(60));
            let mut set = world.set_of([hold.reserve()]);
            if (n + round) % 2 == 0 {
                set.push(hold.release());
            }
            committed(store, set);
        }
    });
    let locations = keys.map(|key| key.location);
    for location in locations {
        check_chain(store, location);
    }
    check_fold(store, &locations);
    assert_eq!(ledger(store, world.location.id).len(), 61);
}

/// Something that happens to stock in a random history. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Act {
    Move { key: usize, kind: MovementKind, quantity: u32 },
    Limits { key: usize, backorder_limit: u32, safety: u32 },
    Reserve { lines: Vec<(usize, u32)>, seconds: u32 },
    Release(usize),
    Allocate(usize),
    Wait(u32),
}

fn act() -> impl Strategy<Value = Act> {
    // The kinds that only come with a reservation are left to reservations, else `reserved` would not be what they hold.
    let kind = prop_oneof![
        3 => Just(MovementKind::Received),
        1 => Just(MovementKind::CorrectedDown),
        1 => Just(MovementKind::CorrectedUp),
        1 => Just(MovementKind::Shipped),
        1 => Just(MovementKind::AllocationReleased),
        1 => Just(MovementKind::TransferredOut),
        1 => Just(MovementKind::TransferredIn),
        1 => Just(MovementKind::Returned),
    ];
    let key = 0..KEYS;
    let lines = proptest::collection::btree_map(key.clone(), 1..5_u32, 1..=KEYS);
    prop_oneof![
        4 => (key.clone(), kind, 1..9_u32).prop_map(|(key, kind, quantity)| Act::Move { key, kind, quantity }),
        1 => (key, 0..5_u32, 0..3_u32).prop_map(|(key, backorder_limit, safety)| Act::Limits { key, backorder_limit, safety }),
        5 => (lines, 1..30_u32).prop_map(|(lines, seconds)| Act::Reserve { lines: lines.into_iter().collect(), seconds }),
        2 => any::<usize>().prop_map(Act::Release),
        3 => any::<usize>().prop_map(Act::Allocate),
        2 => (1..20_u32).prop_map(Act::Wait),
    ]
}

/// Levels in a random history: two variants at two locations.
const KEYS: usize = 4;

/// Random histories of movements, limits, reservations, releases, allocations and time: every level is the fold of the
/// ledgers after each, what is reserved is what reservations hold, and nothing is ever promised twice.
pub fn levels_are_the_fold_of_the_ledger<F: Fixture>() {
    let config =
        Config { cases: 24, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let histories = proptest::collection::vec(act(), 1..24);
    TestRunner::new_with_rng(
        config.clone(),
        proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm),
    )
    .run(&histories, |acts| {
        live_through::<F>(&acts);
        Ok(())
    })
    .unwrap_or_else(|failure| panic!("{failure}"));
}

fn live_through<F: Fixture>(acts: &[Act]) {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let [a, b] = [world.new_product(store), world.new_product(store)]
        .map(|p| world.key(p.variants.first().unwrap().id));
    let there = |key: StockKey| StockKey { location: world.second_location.id, ..key };
    let keys = [a, there(a), b, there(b)];
    let locations = [world.location.id, world.second_location.id];
    let mut now = NOW;
    let mut holds: Vec<Hold> = Vec::new();
    for act in acts {
        let key = |n: &usize| *keys.get(*n).unwrap();
        let pick = |n: &usize| n.checked_rem(holds.len()).and_then(|n| holds.get(n));
        let change = match act {
            Act::Wait(seconds) => {
                now = now.plus_seconds(*seconds);
                continue;
            }
            Act::Move { key: n, kind, quantity } => Some(moved(key(n), *kind, *quantity)),
            Act::Limits { key: n, backorder_limit, safety } => {
                Some(limits(key(n), *backorder_limit, *safety))
            }
            Act::Reserve { lines, seconds } => {
                let lines: Vec<(StockKey, u32)> =
                    lines.iter().map(|(n, quantity)| (key(n), *quantity)).collect();
                let hold = world.hold(&lines, now.plus_seconds(*seconds));
                let change = hold.reserve();
                holds.push(hold);
                Some(change)
            }
            Act::Release(n) => pick(n).map(Hold::release),
            Act::Allocate(n) => pick(n).map(Hold::allocate),
        };
        let Some(change) = change else { continue };
        let before = store.stock_level_page(None, 100).unwrap();
        let mut set = world.set_at(now);
        set.push(change);
        if !matches!(commit(store, set), CommitOutcome::Committed(_)) {
            assert_eq!(
                store.stock_level_page(None, 100).unwrap(),
                before,
                "{act:?} was refused and changed a level"
            );
        }
        for (key, level) in store.stock_level_page(None, 100).unwrap() {
            let promised = level.reserved + level.allocated;
            assert!(
                promised <= level.on_hand + level.backorder_limit,
                "{act:?} promised too much: {key:?} {level:?}"
            );
        }
        check_fold(store, &locations);
    }
    locations.into_iter().for_each(|location| check_chain(store, location));
}
