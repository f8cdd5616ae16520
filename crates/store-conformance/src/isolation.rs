//! Isolation: a read sees a committed snapshot, never a part of a commit.

use sutler_core::cart::Cart;
use sutler_core::change::{Change, RecordRef};
use sutler_core::inventory::{MovementKind, StockKey};
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::stock::moved;
use crate::given::sweep::product_event;
use crate::given::{NOW, World, units};
use crate::then::{committed, while_writing};

/// How often a reader looks and a writer writes, at least.
const ROUNDS: u32 = 100;

/// While a writer moves units to and fro between two locations, every answer counts all of them.
pub fn levels_are_one_snapshot<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let here = world.stocked(store, 100);
    let there = StockKey { location: world.second_location.id, ..here };
    committed(store, world.set_of([moved(there, MovementKind::Received, 100)]));
    let write = |turn: u32| {
        let (from, to) = if turn.is_multiple_of(2) { (here, there) } else { (there, here) };
        let moves = [
            moved(from, MovementKind::TransferredOut, 60),
            moved(to, MovementKind::TransferredIn, 60),
        ];
        committed(store, world.set_of(moves));
    };
    while_writing(ROUNDS, write, || {
        let levels = store.stock_levels(&[here.variant], NOW).unwrap();
        match levels.values().map(|level| level.on_hand).sum::<u32>() {
            200 => Ok(()),
            other => Err(format!("{other} of 200 units: {levels:?}")),
        }
    });
}

/// While a writer changes two lines of a cart together, every answer has both of one version, and none is older than
/// the answer before.
pub fn a_record_is_read_whole<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variant = || world.new_product(store).variants.first().unwrap().id;
    let first = world.new_cart(store, &[variant(), variant()]);
    let write = |turn: u32| {
        let mut cart = Cart { version: u64::from(turn) + 2, ..first.clone() };
        cart.lines.iter_mut().for_each(|line| line.quantity = units(turn + 2));
        committed(store, world.set_of([Change::Cart(Box::new(cart))]));
    };
    let mut last = 0;
    while_writing(ROUNDS, write, || {
        let cart = store.cart(first.id).unwrap().unwrap();
        let whole = cart.lines.iter().all(|line| u64::from(line.quantity.get()) == cart.version);
        let older = cart.version < last;
        last = cart.version;
        if whole && cart.lines.len() == 2 && !older {
            Ok(())
        } else {
            Err(format!("after version {last}: {cart:?}"))
        }
    });
}

/// A record and the event that tells of it are seen together: whoever sees the event finds the record.
pub fn an_event_is_not_seen_before_its_record<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let write = |_| {
        let product = world.product();
        let mut set = world.set_of([Change::Product(Box::new(product.clone()))]);
        set.tell(product_event(product.id));
        committed(store, set);
    };
    let mut seen = 0;
    while_writing(ROUNDS, write, || {
        for event in store.events(seen, 100).unwrap() {
            let RecordRef::Product(id) = event.event.subject else {
                panic!("only products are told of")
            };
            if store.products(&[id]).unwrap() == [None] {
                return Err(format!("event {} has no record", event.seq));
            }
            seen = event.seq;
        }
        Ok(())
    });
}

/// Reads that belong together are made once, see all that was committed before they began, and agree with each other;
/// nested ones belong to the outer ones. What is read after them is as new as ever.
pub fn reads_that_belong_together_see_what_was_committed<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 0);
    let on_hand =
        || store.stock_levels(&[key.variant], NOW).unwrap().values().next().unwrap().on_hand;
    for round in 1..=3 {
        committed(store, world.set_of([moved(key, MovementKind::Received, 1)]));
        let mut seen = Vec::new();
        store.together(&mut || {
            seen.push(on_hand());
            store.together(&mut || seen.push(on_hand()));
            seen.push(on_hand());
        });
        assert_eq!(seen, [round; 3], "each read once");
        assert_eq!(on_hand(), round);
    }
}
