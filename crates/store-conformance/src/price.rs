//! Prices.

use sutler_core::change::{Change, SetupChange};
use sutler_core::id::{PriceListId, VariantId};
use sutler_core::money::{Currency, Money};
use sutler_core::port::Store;
use sutler_core::pricing::{Price, PriceList};

use crate::Fixture;
use crate::given::sweep::removed;
use crate::given::{World, eur};
use crate::then::committed;

/// Prices come back as they were written, in the order of variant, list, minimum quantity.
pub fn prices_come_in_their_order<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let second = PriceList {
        id: PriceListId::from_u128(world.id()),
        currency: Currency::JPY,
        ..world.price_list.clone()
    };
    let variants: Vec<VariantId> =
        (0..3).map(|_| world.new_product(store).variants.first().unwrap().id).collect();
    let [a, b, unasked] = variants.as_slice() else { panic!("three variants") };
    committed(store, world.set_of([Change::Setup(SetupChange::PriceList(second.clone()))]));
    let yen = Money::from_minor(1_900, Currency::JPY);
    let expected = [
        Price { compare_at: Some(eur(2_000)), ..world.price(*a, 1, 1_190) },
        world.price(*a, 10, 990),
        world.price(*a, 100, 0),
        Price { list: second.id, amount: yen, ..world.price(*a, 1, 0) },
        world.price(*b, 1, Money::MAX_MINOR),
    ];
    committed(store, world.set_of(expected.iter().rev().cloned().map(Change::Price)));
    committed(store, world.set_of([Change::Price(world.price(*unasked, 1, 1))]));
    assert_eq!(store.prices(&[*b, *a]).unwrap(), expected);
    assert_eq!(store.prices(&[*b]).unwrap(), expected.get(4..).unwrap());
    assert_eq!(store.prices(&[]).unwrap(), []);
    assert_eq!(store.prices(&[VariantId::from_u128(world.id())]).unwrap(), []);
}

/// A price replaces the one of the same list, variant and minimum quantity, and no other.
pub fn a_price_replaces_the_one_in_its_place<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variant = world.new_product(store).variants.first().unwrap().id;
    let (unit, rung) = (world.price(variant, 1, 1_000), world.price(variant, 5, 900));
    let first = Price { compare_at: Some(eur(1_500)), ..unit.clone() };
    committed(store, world.set_of([first, rung.clone()].map(Change::Price)));
    committed(store, world.set_of([Change::Price(unit.clone())]));
    assert_eq!(store.prices(&[variant]).unwrap(), [unit, rung]);
}

/// A price is taken away alone; one that is not there need not be.
pub fn a_price_is_taken_away<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variant = world.new_product(store).variants.first().unwrap().id;
    let (unit, rung) = (world.price(variant, 1, 1_000), world.price(variant, 5, 900));
    committed(store, world.set_of([unit.clone(), rung.clone()].map(Change::Price)));
    committed(store, world.set_of([removed(&rung)]));
    assert_eq!(store.prices(&[variant]).unwrap(), std::slice::from_ref(&unit));
    committed(store, world.set_of([removed(&rung)]));
    assert_eq!(store.prices(&[variant]).unwrap(), std::slice::from_ref(&unit));
}
