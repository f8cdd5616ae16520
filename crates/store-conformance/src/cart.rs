//! Carts.

use sutler_core::cart::{Cart, CartLine, CartStatus};
use sutler_core::change::Change;
use sutler_core::id::{CartId, CustomerId};
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::{World, after, units};
use crate::then::committed;

/// A cart comes back as it was written, and after any of it changed.
pub fn a_cart_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.new_order(store);
    let variants = [world.new_product(store), world.new_product(store)]
        .map(|p| p.variants.first().unwrap().id);
    let [a, b] = variants;
    let empty = world.cart(&[]);
    // Lines keep their numbers while others come and go, and one variant may stand on two lines.
    let line = |line, variant, quantity| CartLine { line, variant, quantity: units(quantity) };
    let full = Cart {
        customer: Some(CustomerId::from_u128(world.id())),
        lines: vec![line(2, b, 1_000_000), line(7, a, 1), line(9, b, 3)],
        coupons: vec!["ZULU".to_owned(), "ÄPFEL".to_owned(), "ALPHA".to_owned()],
        version: 2,
        ..empty.clone()
    };
    let closed = Cart {
        status: CartStatus::Ordered,
        lines: vec![line(9, a, 4)],
        coupons: Vec::new(),
        order: Some(order.id),
        expires_at: after(1),
        version: 3,
        ..full.clone()
    };
    let merged = Cart {
        status: CartStatus::Merged,
        lines: Vec::new(),
        order: None,
        version: 4,
        ..closed.clone()
    };
    for cart in [empty, full, closed, merged] {
        committed(store, world.set_of([Change::Cart(Box::new(cart.clone()))]));
        assert_eq!(store.cart(cart.id).unwrap(), Some(cart));
    }
}

/// A cart that is not there is not found.
pub fn an_unknown_cart_is_not_found<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    world.new_cart(store, &[]);
    assert_eq!(store.cart(CartId::from_u128(world.id())).unwrap(), None);
}
