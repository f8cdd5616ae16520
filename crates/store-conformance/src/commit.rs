//! A commit: all of a set or nothing, in its order, decided by the first guard that fails.

use sutler_core::cart::Cart;
use sutler_core::change::{Change, CommitOutcome, Receipt, RecordRef};
use sutler_core::inventory::MovementKind;
use sutler_core::port::Store;

use crate::given::order::place;
use crate::given::stock::moved;
use crate::given::sweep::product_event;
use crate::given::{World, once};
use crate::then::{commit, committed, conflict, refused};
use crate::{Fixture, Known, Picture};

/// Returns a change that is refused: one unit is taken from an empty shelf.
fn refusable(world: &World, store: &dyn Store) -> Change {
    let variant = world.new_product(store).variants.first().unwrap().id;
    moved(world.key(variant), MovementKind::CorrectedDown, 1)
}

/// Returns a change that meets a conflict: the fifth version of a cart that is not there.
fn conflicting(world: &World) -> Change {
    Change::Cart(Box::new(Cart { version: 5, ..world.cart(&[]) }))
}

/// Every kind of change, told with events and under a key, leaves nothing behind when the last change of its set is
/// refused or meets a conflict.
pub fn a_set_whose_last_change_fails_leaves_nothing<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (refusable, conflicting) = (refusable(&world, store), conflicting(&world));
    let sets = world.sweep();
    let known = Known::of(sets.iter().map(|(_, set)| set));
    for (name, set) in sets {
        let before = Picture::of(store, &known);
        for last in [&refusable, &conflicting] {
            let mut failing = set.clone();
            failing.push(last.clone());
            assert!(!matches!(
                commit(store, failing),
                CommitOutcome::Committed(_) | CommitOutcome::Replayed { .. }
            ));
            Picture::of(store, &known)
                .assert_same(&before, &format!("after {name} that was not committed"));
        }
        committed(store, set);
    }
}

/// What was committed can be read at once, from every thread.
pub fn a_commit_is_read_at_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for _ in 0..10 {
        let cart = world.new_cart(store, &[]);
        assert_eq!(store.cart(cart.id).unwrap().as_ref(), Some(&cart));
        let elsewhere = std::thread::scope(|scope| {
            scope.spawn(|| store.cart(cart.id).unwrap()).join().unwrap()
        });
        assert_eq!(elsewhere, Some(cart));
    }
}

/// Changes are applied in their order: a later one sees what an earlier one wrote.
pub fn changes_of_a_set_are_applied_in_their_order<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let first = world.cart(&[]);
    let second = Cart { version: 2, coupons: vec!["LATER".to_owned()], ..first.clone() };
    let change = |cart: &Cart| Change::Cart(Box::new(cart.clone()));
    assert_eq!(conflict(store, world.set_of([change(&second), change(&first)])), first.id.into());
    committed(store, world.set_of([change(&first), change(&second)]));
    assert_eq!(store.cart(first.id).unwrap(), Some(second));

    let variant = world.new_product(store).variants.first().unwrap().id;
    let received = moved(world.key(variant), MovementKind::Received, 3);
    let taken = moved(world.key(variant), MovementKind::CorrectedDown, 3);
    refused(store, world.set_of([taken.clone(), received.clone()]));
    committed(store, world.set_of([received, taken]));
}

/// An order may be opened and placed in one set, as free orders are.
pub fn an_order_is_opened_and_placed_in_one_set<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let cart = world.new_cart(store, &[world.new_product(store).variants.first().unwrap().id]);
    let order = world.order(&cart);
    let placed = world.placed(&order);
    let set = world.set_of([Change::OrderOpened(Box::new(order.clone())), place(&placed)]);
    let number = committed(store, set).order_number.unwrap();
    let stored = store.order(order.id).unwrap().unwrap();
    assert_eq!(stored, sutler_core::order::Order { number, ..placed });
    assert_eq!(store.order_log(order.id).unwrap().len(), 2);
}

/// Of several guards that fail, the one of the earliest change decides; the same in every back-end.
pub fn the_first_guard_that_fails_decides<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let refusable = refusable(&world, store);
    let conflicting = conflicting(&world);
    let RecordRef::Cart(_) =
        conflict(store, world.set_of([conflicting.clone(), refusable.clone()]))
    else {
        panic!("the conflict came first and is about the cart");
    };
    let why = refused(store, world.set_of([refusable.clone(), conflicting.clone()]));
    assert_eq!(why.code(), "stock.insufficient");

    // A set whose key was used before is not even looked at.
    let key = || once("first", "asked", world.channel.id);
    committed(store, world.set_of([]).once(key()));
    let outcome = commit(store, world.set_of([conflicting.clone(), refusable]).once(key()));
    assert_eq!(outcome, CommitOutcome::Replayed { answer: world.channel.id.into() });
    let other = world.set_of([conflicting]).once(once("first", "something else", world.channel.id));
    assert_eq!(refused(store, other).code(), "key.reused");
}

/// Of one record, the version is looked at before texts that must be unique.
pub fn the_version_of_a_record_comes_before_its_unique_texts<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let taken = world.new_product(store);
    let mut product = world.product();
    product.handle = taken.handle;
    let change =
        |product: &sutler_core::catalog::Product| Change::Product(Box::new(product.clone()));
    assert_eq!(refused(store, world.set_of([change(&product)])).code(), "already_exists");
    product.version = 2;
    assert_eq!(conflict(store, world.set_of([change(&product)])), product.id.into());
}

/// A set that writes nothing is committed, with an empty receipt.
pub fn an_empty_set_is_committed<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::new();
    assert_eq!(commit(store, world.set()), CommitOutcome::Committed(Receipt::default()));
}

/// The receipt names the order that was opened and the place of the last event, and nothing that was not written.
pub fn a_receipt_says_what_was_given_out<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let product = world.new_product(store);
    let cart = world.new_cart(store, &[]);
    let mut set = world.set_of([Change::OrderOpened(Box::new(world.order(&cart)))]);
    set.tell(product_event(product.id)).tell(product_event(product.id));
    let receipt = committed(store, set);
    let order = store.order_by_cart(cart.id).unwrap().unwrap();
    assert_eq!(receipt.order_number, Some(order.number));
    let told: Vec<u64> = store.events(0, 10).unwrap().iter().map(|event| event.seq).collect();
    assert_eq!((told.len(), told.last()), (2, Some(&receipt.last_event)));

    // Without events of its own a set names none, although there are some.
    let quiet = committed(store, world.set_of([Change::Cart(Box::new(world.cart(&[])))]));
    assert_eq!(quiet, Receipt::default());
}
