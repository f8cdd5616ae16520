//! The same commands on this back-end and on the reference give the same shop: every record, ledger, event and hash.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use fixture::Schema;
use sutler_core::port::{EventReader as _, Store as _};
use sutler_store_conformance::given::World;
use sutler_store_conformance::{Fixture as _, Known, Picture};
use sutler_store_memory::MemoryStore;

#[test]
fn one_of_everything_leaves_the_same_picture_and_the_same_chains() {
    let (schema, reference) = (Schema::empty(), MemoryStore::new());
    let mut known = Known::default();
    // Both begin with the same ids.
    let (world, _) = (World::on(&reference), World::on(schema.store()));
    for (what, set) in world.sweep() {
        known.learn(&set);
        let wanted = reference.commit(set.clone()).unwrap();
        assert_eq!(schema.store().commit(set.clone()).unwrap(), wanted, "{what}");
        // Again: keys replay, versions conflict, in the same words.
        let again = reference.commit(set.clone()).unwrap();
        assert_eq!(schema.store().commit(set).unwrap(), again, "{what}, again");
    }
    let (head, wanted) = (schema.store().event_head().unwrap(), reference.event_head().unwrap());
    assert_eq!(head, wanted);
    Picture::of(schema.store(), &known)
        .assert_same(&Picture::of(&reference, &known), "after one of everything");
}
