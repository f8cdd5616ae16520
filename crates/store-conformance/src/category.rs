//! The tree of categories.

use sutler_core::catalog::Category;
use sutler_core::change::Change;
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::World;
use crate::then::{committed, refused};

/// Categories come back in the order of ids, whatever the order in which they were written.
pub fn categories_come_in_the_order_of_ids<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    assert_eq!(store.categories().unwrap(), []);
    let second = world.category(None, "Bath");
    let root = world.category(None, "Küche");
    let child = world.category(Some(root.id), "Töpfe & Pfannen");
    let all = [&root, &child, &second].map(|category| Change::Category(category.clone()));
    committed(store, world.set_of(all));
    assert_eq!(store.categories().unwrap(), [second, root, child]);
}

/// The name of a category is unique among its siblings, at the root too, and nowhere else.
pub fn a_category_name_is_unique_among_siblings<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let write = |category: &Category| world.set_of([Change::Category(category.clone())]);
    let home = world.category(None, "Home");
    let garden = world.category(None, "Garden");
    let in_home = world.category(Some(home.id), "Tools");
    let mut in_garden = world.category(Some(garden.id), "Tools");
    for category in [&home, &garden, &in_home, &in_garden] {
        committed(store, write(category));
    }
    for parent in [None, Some(home.id)] {
        let name = if parent.is_none() { "Home" } else { "Tools" };
        let why = refused(store, write(&world.category(parent, name)));
        assert_eq!(why.code(), "already_exists", "{parent:?}");
        assert!(why.to_string().contains(name), "{why}");
    }
    // Moving next to a namesake is the same as being made there; staying is not.
    in_garden.version = 2;
    committed(store, write(&in_garden));
    in_garden.version = 3;
    in_garden.parent = Some(home.id);
    assert_eq!(refused(store, write(&in_garden)).code(), "already_exists");
    in_garden.name = "More tools".to_owned();
    committed(store, write(&in_garden));
    committed(store, write(&world.category(Some(garden.id), "Tools")));
}
