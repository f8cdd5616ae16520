//! Replicas: what a store that follows another one shows, and what it says of itself.

use sutler_core::change::RecordRef;
use sutler_core::port::{EventReader as _, Finding, Store, StoreReader};
use sutler_core::time::Timestamp;

use crate::given::World;
use crate::given::sweep::product_event;
use crate::then::{committed, while_writing};
use crate::{Fixture, Known, Picture};

/// How often a reader looks and a writer writes, at least.
const ROUNDS: u32 = 100;

/// How a back-end lends the suite a store and a replica that follows it.
pub trait Followed: Sized {
    /// The back-end.
    type Store: Store;

    /// Makes a store that holds no shop, and a replica of it that follows.
    fn pair() -> Self;

    /// Lends the store.
    fn store(&self) -> &Self::Store;

    /// Lends the replica.
    fn replica(&self) -> &dyn StoreReader;

    /// Lets the replica stand still: what is committed from now on does not reach it.
    fn hold(&self);

    /// Lets the replica follow, and waits until it shows all that was committed.
    fn catch_up(&self);

    /// Returns the time by the clock of the server that is written to.
    fn clock(&self) -> Timestamp;
}

/// What is written to is no replica, and names no moment up to which it followed.
pub fn what_is_written_to_is_no_replica<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    assert_eq!(store.replayed_at().unwrap(), None);
    let world = World::on(store);
    for (name, set) in world.sweep() {
        committed(store, set);
        assert_eq!(store.replayed_at().unwrap(), None, "after {name}");
    }
}

/// A replica that stands still shows its shop as it was, and one that caught up shows all of it; neither is damaged.
pub fn a_replica_shows_what_its_shop_showed<F: Followed>() {
    let pair = F::pair();
    let (store, replica) = (pair.store(), pair.replica());
    let world = World::on(store);
    let sets = world.sweep();
    let known = Known::of(sets.iter().map(|(_, set)| set));
    let none: [Finding; 0] = [];
    let (first, rest) = sets.split_at(sets.len() / 2);
    for part in [first, rest] {
        pair.catch_up();
        pair.hold();
        let before = Picture::of(store, &known);
        for (name, set) in part {
            committed(store, set.clone());
            Picture::of(replica, &known).assert_same(&before, &format!("held before {name}"));
        }
        pair.catch_up();
        Picture::of(replica, &known).assert_same(&Picture::of(store, &known), "caught up");
        assert_eq!(replica.integrity().unwrap(), none);
    }
}

/// While a writer writes, the log of a replica is always a beginning of that of its shop, and what it tells of is there.
pub fn the_log_of_a_replica_is_a_beginning<F: Followed>() {
    let pair = F::pair();
    let (store, replica) = (pair.store(), pair.replica());
    let world = World::on(store);
    let write = |_| {
        let product = world.product();
        let id = product.id;
        let mut set = world.set_of([sutler_core::change::Change::Product(Box::new(product))]);
        set.tell(product_event(id));
        committed(store, set);
    };
    let mut seen = 0;
    while_writing(ROUNDS, write, || {
        let shown = replica.events(seen, 100).unwrap();
        if shown != store.events(seen, shown.len()).unwrap() {
            return Err(format!("the events after {seen} are others"));
        }
        for event in shown {
            let RecordRef::Product(id) = event.event.subject else {
                panic!("only products are told of")
            };
            if replica.products(&[id]).unwrap() == [None] {
                return Err(format!("event {} has no record", event.seq));
            }
            seen = event.seq;
        }
        Ok(())
    });
    pair.catch_up();
    assert_eq!(replica.event_head().unwrap(), store.event_head().unwrap());
}

/// A replica says when the newest commit that it shows was made, by the clock of the server that made it: while it stands
/// still it goes on saying so, and what it does not show yet is not counted.
pub fn a_replica_says_when_its_newest_commit_was_made<F: Followed>() {
    let pair = F::pair();
    let (store, replica) = (pair.store(), pair.replica());
    let world = World::on(store);
    for round in 0..3 {
        pair.catch_up();
        let before = pair.clock();
        world.new_product(store);
        pair.catch_up();
        let after = pair.clock();
        let said = replica.replayed_at().unwrap();
        let at = said.unwrap_or_else(|| panic!("round {round}: it shows a commit"));
        assert!(before <= at && at <= after, "round {round}: {before} <= {at} <= {after}");
        pair.hold();
        world.new_product(store);
        pair.clock();
        assert_eq!(replica.replayed_at().unwrap(), said, "round {round}: it stands still");
        assert_eq!(store.replayed_at().unwrap(), None, "its shop follows nobody");
    }
}
