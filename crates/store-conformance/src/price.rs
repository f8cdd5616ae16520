//! Prices.

use sutler_core::change::{Change, CommitOutcome, SetupChange};
use sutler_core::id::{PriceListId, VariantId};
use sutler_core::money::{Currency, Money};
use sutler_core::port::Store;
use sutler_core::pricing::{Price, PriceList, PriceListRecord, PriceRecord};
use sutler_core::time::Timestamp;

use crate::Fixture;
use crate::given::sweep::removed;
use crate::given::{NOW, World, after, eur};
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

/// Commits one change at a moment.
#[track_caller]
fn at(store: &dyn Store, world: &World, moment: Timestamp, change: Change) {
    let mut set = world.set_at(moment);
    set.push(change);
    committed(store, set);
}

fn held(price: &Price, since: u32, until: Option<u32>) -> PriceRecord {
    PriceRecord { price: price.clone(), since: after(since), until: until.map(after) }
}

/// Every price that held is kept, from when until when; the same price again begins no new one.
pub fn past_prices_are_kept<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variant = world.new_product(store).variants.first().unwrap().id;
    let (unit, rung) = (world.price(variant, 1, 1_000), world.price(variant, 5, 900));
    let compared = Price { compare_at: Some(eur(1_500)), ..unit.clone() };
    let lower = Price { amount: eur(800), ..unit.clone() };
    for (second, price) in [(0, &unit), (10, &compared), (20, &compared), (30, &lower), (30, &rung)]
    {
        at(store, &world, after(second), Change::Price(price.clone()));
    }
    at(store, &world, after(40), removed(&rung));
    at(store, &world, after(45), removed(&rung));
    at(store, &world, after(50), Change::Price(rung.clone()));
    let known = [
        held(&unit, 0, Some(10)),
        held(&compared, 10, Some(30)),
        held(&lower, 30, None),
        held(&rung, 30, Some(40)),
        held(&rung, 50, None),
    ];
    assert_eq!(store.price_history(&[variant]).unwrap(), known);
    assert_eq!(store.prices(&[variant]).unwrap(), [lower, rung]);
    assert_eq!(store.price_history(&[]).unwrap(), []);
    assert_eq!(store.price_history(&[VariantId::from_u128(world.id())]).unwrap(), []);
}

/// What is replaced within the same moment was never charged; a moment before the newest known one counts as that one.
pub fn past_prices_never_overlap<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variant = world.new_product(store).variants.first().unwrap().id;
    let price = |minor| world.price(variant, 1, minor);
    committed(store, world.set_of([price(1), price(2)].map(Change::Price)));
    assert_eq!(store.price_history(&[variant]).unwrap(), [held(&price(2), 0, None)]);
    at(store, &world, after(10), Change::Price(price(3)));
    at(store, &world, after(5), Change::Price(price(4)));
    let known = [held(&price(2), 0, Some(10)), held(&price(4), 10, None)];
    assert_eq!(store.price_history(&[variant]).unwrap(), known);
    at(store, &world, after(20), removed(&price(4)));
    at(store, &world, NOW, Change::Price(price(5)));
    at(store, &world, NOW, removed(&price(5)));
    at(store, &world, NOW, Change::Price(price(6)));
    let known =
        [held(&price(2), 0, Some(10)), held(&price(4), 10, Some(20)), held(&price(6), 20, None)];
    assert_eq!(store.price_history(&[variant]).unwrap(), known);
    assert_eq!(store.integrity().unwrap(), []);
}

/// A set that fails leaves the history as it was.
pub fn a_failed_change_of_price_leaves_no_past<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let product = world.new_product(store);
    let variant = product.variants.first().unwrap().id;
    at(store, &world, NOW, Change::Price(world.price(variant, 1, 1_000)));
    let before = store.price_history(&[variant]).unwrap();
    let mut set = world.set_at(after(10));
    set.push(Change::Price(world.price(variant, 1, 900)));
    // Its version was written already.
    set.push(Change::Product(Box::new(product)));
    assert!(matches!(store.commit(set).unwrap(), CommitOutcome::Conflict { .. }));
    assert_eq!(store.price_history(&[variant]).unwrap(), before);
}

/// Every wording of a price list is kept, one after the other.
pub fn past_price_lists_are_kept<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let first = PriceList {
        id: PriceListId::from_u128(world.id()),
        name: "Summer".to_owned(),
        version: 1,
        ..world.price_list.clone()
    };
    let second = PriceList { priority: 3, version: 2, ..first.clone() };
    let third = PriceList { priority: 4, version: 3, ..first.clone() };
    let late = PriceList { priority: 5, version: 4, ..first.clone() };
    for (moment, list) in [(0, &first), (10, &second), (10, &third), (5, &late)] {
        at(store, &world, after(moment), Change::Setup(SetupChange::PriceList(list.clone())));
    }
    let history = store.price_list_history().unwrap();
    let own: Vec<_> = history.iter().filter(|record| record.list.id == first.id).cloned().collect();
    let known = [
        PriceListRecord { list: first, since: NOW, until: Some(after(10)) },
        PriceListRecord { list: late, since: after(10), until: None },
    ];
    assert_eq!(own, known);
    let lists: Vec<_> = history.iter().map(|record| (record.list.id, record.since)).collect();
    assert!(lists.is_sorted() && history.len() > own.len(), "with the list of the set-up");
}
