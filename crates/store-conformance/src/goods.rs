//! Goods: products, prices and stock of the same variants, asked for at once.

use sutler_core::catalog::Product;
use sutler_core::change::Change;
use sutler_core::id::VariantId;
use sutler_core::port::{Goods, Store};
use sutler_core::time::Timestamp;

use crate::Fixture;
use crate::given::{NOW, World, after};
use crate::then::committed;

/// What single reads say of some variants.
fn singly(store: &dyn Store, variants: &[VariantId], now: Timestamp) -> Goods {
    let prices = store.prices(variants).unwrap();
    let levels = store.stock_levels(variants, now).unwrap();
    Goods::new(products_singly(store, variants), prices, levels)
}

fn products_singly(store: &dyn Store, variants: &[VariantId]) -> Vec<Product> {
    let found = store.variant_refs(variants).unwrap().into_iter().flatten();
    let mut ids: Vec<_> = found.map(|found| found.product).collect();
    ids.sort_unstable();
    ids.dedup();
    store.products(&ids).unwrap().into_iter().flatten().collect()
}

/// Goods are what single reads say of the same variants: products, prices and stock without what expired; nothing of others.
pub fn goods_are_what_single_reads_say<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 5), world.stocked(store, 7));
    let (unasked, unpriced) = (world.stocked(store, 9), world.new_product(store));
    let unpriced = unpriced.variants.first().unwrap().id;
    let prices = [(a.variant, 1), (a.variant, 10), (b.variant, 1), (unasked.variant, 1)];
    let prices = prices.map(|(variant, rung)| Change::Price(world.price(variant, rung, 1_190)));
    committed(store, world.set_of(prices));
    committed(store, world.reserve(a, 2, after(60)));
    let unknown = VariantId::from_u128(world.id());
    for asked in
        [&[b.variant, unknown, a.variant, a.variant, unpriced][..], &[unpriced], &[unknown], &[]]
    {
        for now in [NOW, after(60)] {
            assert_eq!(store.goods(asked, now).unwrap(), singly(store, asked, now), "{asked:?}");
        }
    }
    let goods = store.goods(&[a.variant, b.variant], NOW).unwrap();
    assert_eq!(goods.get(a.variant).unwrap().1.id, a.variant);
    assert_eq!((goods.prices.len(), goods.levels.len()), (3, 2));
    assert_eq!(goods.levels.get(&a).unwrap().available(), 3);
    assert!(goods.get(unasked.variant).is_none() && goods.get(unknown).is_none());
}

/// Products are found by any of their variants, each once, in the order of their ids.
pub fn products_are_found_by_their_variants<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut several = world.product();
    several.option_names = vec!["Size".to_owned()];
    several.variants = ["S", "M", "L"]
        .map(|size| {
            let option_values = vec![size.to_owned()];
            sutler_core::catalog::Variant { option_values, ..world.variant(&world.word(size)) }
        })
        .into();
    committed(store, world.set_of([Change::Product(Box::new(several.clone()))]));
    let other = world.new_product(store);
    let unknown = VariantId::from_u128(world.id());
    let [small, .., large] = several.variants.as_slice() else { panic!("three variants") };
    let asked = [other.variants.first().unwrap().id, large.id, unknown, small.id];
    let found = store.products_of(&asked).unwrap();
    assert_eq!(found, products_singly(store, &asked));
    assert_eq!(found.iter().map(|product| product.id).collect::<Vec<_>>(), {
        let mut ids = [several.id, other.id];
        ids.sort_unstable();
        ids
    });
    assert_eq!(store.products_of(&[unknown]).unwrap(), []);
    assert_eq!(store.products_of(&[]).unwrap(), []);
}
