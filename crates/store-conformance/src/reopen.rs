//! Opening a store again: what was committed is there, and everything goes on from where it was.

use sutler_core::port::{Finding, Store, StoreReader as _};

use crate::given::World;
use crate::then::{committed, replayed};
use crate::{Fixture, Known, Picture};

/// After one of everything was written, the store finds nothing off with itself.
pub fn a_healthy_store_has_no_findings<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let none: [Finding; 0] = [];
    assert_eq!(store.integrity().unwrap(), none);
    let world = World::on(store);
    for (name, set) in world.sweep() {
        committed(store, set);
        assert_eq!(store.integrity().unwrap(), none, "after {name}");
    }
}

/// A store that is opened again shows everything that it showed before.
pub fn reading_after_reopening_is_as_before<F: Fixture>() {
    let fixture = F::empty();
    let world = World::on(fixture.store());
    let sets = world.sweep();
    let known = Known::of(sets.iter().map(|(_, set)| set));
    for (_, set) in &sets {
        committed(fixture.store(), set.clone());
    }
    let before = Picture::of(fixture.store(), &known);
    let fixture = fixture.reopen();
    Picture::of(fixture.store(), &known).assert_same(&before, "after opening again");
    let none: [Finding; 0] = [];
    assert_eq!(fixture.store().integrity().unwrap(), none);
}

/// A store that is opened again after each commit ends up as one that stayed open: numbers, places in logs, versions of
/// the set-up and chains go on.
pub fn everything_goes_on_after_reopening<F: Fixture>() {
    let world = World::new();
    let mut sets = vec![world.set_of(world.setup().map(sutler_core::change::Change::Setup))];
    sets.extend(world.sweep().into_iter().map(|(_, set)| set));
    let known = Known::of(&sets);
    let stayed = F::empty();
    let mut reopened = F::empty();
    for set in &sets {
        let receipt = committed(stayed.store(), set.clone());
        assert_eq!(committed(reopened.store(), set.clone()), receipt);
        reopened = reopened.reopen();
    }
    let expected = Picture::of(stayed.store(), &known);
    Picture::of(reopened.store(), &known).assert_same(&expected, "opened again after every commit");
}

/// A key that was used is known after opening again.
pub fn keys_are_known_after_reopening<F: Fixture>() {
    let fixture = F::empty();
    let world = World::on(fixture.store());
    let sets = world.sweep();
    for (_, set) in &sets {
        committed(fixture.store(), set.clone());
    }
    let fixture = fixture.reopen();
    for (name, set) in sets {
        let answer = set.idempotency.as_ref().unwrap().answer;
        assert_eq!(replayed(fixture.store(), set), answer, "{name}");
    }
}
