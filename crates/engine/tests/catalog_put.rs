//! Writing single records of the catalog: what is guarded, what is told, what a repeated call does.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod any_store;

use std::sync::Barrier;

use any_store::AnyStore;
use sutler_core::catalog::{Category, Product};
use sutler_core::event::EventKind;
use sutler_core::id::{CategoryId, ProductId, VariantId};
use sutler_core::money::{Currency, Money};
use sutler_core::pricing::{Price, Window};
use sutler_engine::Shop;
use sutler_engine::flow::search::SearchRequest;
use sutler_engine::testing::shop;

fn mugs() -> Shop {
    shop(AnyStore::new()).unwrap()
}

/// The kinds of the events that `work` causes.
fn told<T>(shop: &Shop, work: impl FnOnce() -> T) -> (T, Vec<EventKind>) {
    let (head, _) = shop.store().event_head().unwrap();
    let done = work();
    let events = shop.store().events(head, 100).unwrap();
    (done, events.iter().map(|stored| stored.event.kind).collect())
}

fn node(id: u128, parent: Option<u128>, name: &str) -> Category {
    let parent = parent.map(CategoryId::from_u128);
    Category { id: CategoryId::from_u128(id), parent, name: name.into(), version: 0 }
}

#[test]
fn a_product_that_is_put_is_told_and_found_and_a_retry_writes_nothing() {
    let shop = mugs();
    let mug = Product { title: "Goblet".into(), ..shop.find_product("mug").unwrap() };
    let (put, events) = told(&shop, || shop.product_put(&mug).unwrap());
    assert_eq!(events, [EventKind::ProductChanged]);
    let hits = shop.search(&SearchRequest::new("goblet")).unwrap();
    assert_eq!(hits.hits.len(), 1);
    let (again, events) = told(&shop, || shop.product_put(&mug).unwrap());
    assert_eq!((again, events), (put, vec![]));
}

#[test]
fn a_new_product_takes_a_handle_and_variants_of_its_own() {
    let shop = mugs();
    let mug = shop.find_product("mug").unwrap();
    let mut cup = Product {
        id: ProductId::from_u128(0xc0b),
        handle: "cup".parse().unwrap(),
        version: 0,
        ..mug.clone()
    };
    let code = |product: &Product| shop.product_put(product).unwrap_err().code();
    assert_eq!(code(&cup), "already_exists", "the variants are the mug's");
    for (id, variant) in (0xc1..).zip(&mut cup.variants) {
        variant.id = VariantId::from_u128(id);
    }
    assert_eq!(code(&Product { handle: mug.handle.clone(), ..cup.clone() }), "already_exists");
    let nowhere = vec![CategoryId::from_u128(404)];
    assert_eq!(code(&Product { categories: nowhere, ..cup.clone() }), "not_found");
    assert_eq!(shop.product_put(&cup).unwrap().version, 1);
    assert_eq!(shop.find_product("cup").unwrap().created_at, shop.now());
}

#[test]
fn a_product_keeps_its_variants_and_a_window_that_can_open() {
    let shop = mugs();
    let mug = shop.find_product("mug").unwrap();
    let mut fewer = mug.clone();
    fewer.variants.pop();
    assert_eq!(shop.product_put(&fewer).unwrap_err().code(), "product.invalid");
    let now = Some(shop.now());
    let never = Product { publish_window: Window { from: now, until: now }, ..mug.clone() };
    assert_eq!(shop.product_put(&never).unwrap_err().code(), "product.invalid");
    assert_eq!(shop.find_product("mug").unwrap(), mug, "nothing was changed");
}

#[test]
fn two_moves_at_once_never_make_a_circle() {
    for _ in 0..50 {
        let shop = mugs();
        let a = shop.category_put(&node(1, None, "A")).unwrap();
        let b = shop.category_put(&node(2, None, "B")).unwrap();
        let start = Barrier::new(2);
        let moved = |node: &Category, below: &Category| {
            start.wait();
            shop.category_put(&Category { parent: Some(below.id), ..node.clone() }).is_ok()
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| moved(&b, &a));
            (moved(&a, &b), other.join().unwrap())
        });
        assert!(one != other, "one of the two stands: {one} {other}");
        shop.category_tree().unwrap();
    }
}

#[test]
fn a_price_is_told_once_and_must_stand_in_a_list_of_its_currency() {
    let shop = mugs();
    let red = shop.find_variant("MUG-RED").unwrap().variant.id;
    let list = shop.setup().unwrap().price_lists[0].id;
    let amount = Money::from_minor(990, Currency::EUR);
    let price = Price { list, variant: red, min_quantity: 10, amount, compare_at: None };
    let (_, events) = told(&shop, || shop.price_put(&price).unwrap());
    assert_eq!(events, [EventKind::PriceChanged]);
    assert!(told(&shop, || shop.price_put(&price).unwrap()).1.is_empty());
    let code = |price: &Price| shop.price_put(price).unwrap_err().code();
    assert_eq!(code(&Price { min_quantity: 0, ..price.clone() }), "pricing.invalid_rule");
    assert_eq!(code(&Price { variant: VariantId::from_u128(404), ..price.clone() }), "not_found");
    assert_eq!(told(&shop, || shop.price_remove(list, red, 10)).1, [EventKind::PriceChanged]);
    assert!(told(&shop, || shop.price_remove(list, red, 10)).1.is_empty());
    assert_eq!(shop.store().prices(&[red]).unwrap().len(), 1);
}
