//! Products and their variants.

use std::collections::BTreeSet;

use sutler_core::catalog::{Handle, Product, Sku};
use sutler_core::change::Change;
use sutler_core::id::{ProductId, VariantId};
use sutler_core::port::{CatalogSize, Store, VariantRef};

use crate::Fixture;
use crate::given::World;
use crate::then::{committed, pages, refused};

fn write(product: &Product) -> Change {
    Change::Product(Box::new(product.clone()))
}

fn refs(product: &Product) -> Vec<VariantRef> {
    product
        .variants
        .iter()
        .map(|variant| VariantRef { variant: variant.id, product: product.id })
        .collect()
}

/// A product comes back as it was written, with everything filled and with nothing filled, and after it changed.
pub fn a_product_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let categories = ["b", "a"].map(|name| world.category(None, name));
    let [b, a] = categories.clone().map(|category| category.id);
    committed(store, world.set_of(categories.map(Change::Category)));
    let (rich, plain) = (world.rich_product(&[b, a]), world.product());
    committed(store, world.set_of([write(&rich), write(&plain)]));
    let read = |id| store.products(&[id]).unwrap().pop().flatten();
    assert_eq!(read(rich.id).as_ref(), Some(&rich));
    assert_eq!(read(plain.id).as_ref(), Some(&plain));

    // Everything may change, down to nothing; and come back.
    let emptied =
        Product { variants: rich.variants.clone(), id: rich.id, version: 2, ..world.product() };
    committed(store, world.set_of([write(&emptied)]));
    assert_eq!(read(rich.id), Some(emptied));
    let again = Product { version: 3, ..rich };
    committed(store, world.set_of([write(&again)]));
    assert_eq!(read(again.id), Some(again));
    assert_eq!(read(plain.id), Some(plain));
}

/// The handle of a product is unique; it is free again when its owner changed it.
pub fn a_handle_is_unique<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut owner = world.new_product(store);
    let second = Product { handle: owner.handle.clone(), ..world.product() };
    let why = refused(store, world.set_of([write(&second)]));
    assert_eq!(why.code(), "already_exists");
    assert!(why.to_string().contains(owner.handle.as_str()), "{why}");

    let old = std::mem::replace(&mut owner.handle, Handle::new("moved").unwrap());
    owner.version = 2;
    committed(store, world.set_of([write(&owner)]));
    assert_eq!(store.products_by_handle(&[old]).unwrap(), [None]);
    committed(store, world.set_of([write(&second)]));
    let moved = Product { handle: Handle::new("moved").unwrap(), version: 2, ..second };
    assert_eq!(refused(store, world.set_of([write(&moved)])).code(), "already_exists");
}

/// Products are found by id and by handle in the order asked, with a gap where there is none, and as often as asked.
pub fn products_come_in_the_order_asked<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let [a, b] = [world.new_product(store), world.new_product(store)];
    let missing = ProductId::from_u128(world.id());
    let expected = vec![Some(b.clone()), None, Some(a.clone()), Some(b.clone())];
    assert_eq!(store.products(&[b.id, missing, a.id, b.id]).unwrap(), expected);
    assert_eq!(store.products(&[]).unwrap(), []);

    // Handles are compared letter by letter.
    let shouted = Handle::new(a.handle.as_str().to_uppercase()).unwrap();
    let handles = [b.handle.clone(), shouted, a.handle.clone(), b.handle.clone()];
    assert_eq!(store.products_by_handle(&handles).unwrap(), expected);
}

/// Variants are found by id in the order asked, retired ones too: orders and stock point to them.
pub fn variant_refs_come_in_the_order_asked<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let rich = world.rich_product(&[]);
    let plain = world.new_product(store);
    committed(store, world.set_of([write(&rich)]));
    let mut expected: Vec<Option<VariantRef>> =
        refs(&rich).into_iter().chain(refs(&plain)).map(Some).collect();
    expected.reverse();
    expected.push(None);
    let missing = VariantId::from_u128(world.id());
    let asked: Vec<VariantId> =
        expected.iter().map(|found| found.map_or(missing, |found| found.variant)).collect();
    assert_eq!(store.variant_refs(&asked).unwrap(), expected);
}

/// Pages of products have no gaps and no repeats, in the order of ids.
pub fn product_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut expected: Vec<Product> = (0..7).map(|_| world.product()).collect();
    // Written in another order than that of the ids.
    let shuffled = [3, 0, 6, 1, 5, 2, 4].map(|n: usize| expected.get(n).unwrap());
    committed(store, world.set_of(shuffled.map(write)));
    expected.sort_by_key(|product| product.id);
    for limit in [1, 2, 3, 7, 100] {
        let page =
            |last: Option<&Product>, limit| store.product_page(last.map(|p| p.id), limit).unwrap();
        assert_eq!(pages(limit, page), expected, "pages of {limit}");
    }
    assert_eq!(store.product_page(None, 0).unwrap(), []);
}

/// Variants are found by SKU, letter by letter; a SKU need not be unique; retired variants are not found.
pub fn variants_are_found_by_sku<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let twins = [world.product_with_sku("TWIN"), world.product_with_sku("TWIN")];
    let near = ["twin", "TWIN-", "TWI_", "TWIN%", "ÄTWIN"].map(|sku| world.product_with_sku(sku));
    // Written in another order than that of the ids.
    let [first, second] = &twins;
    committed(store, world.set_of([second, first].map(write)));
    committed(store, world.set_of(near.iter().map(write)));
    let expected: Vec<VariantRef> = twins.iter().flat_map(refs).collect();
    assert_eq!(store.variants_by_sku("TWIN").unwrap(), expected);
    for product in &near {
        let sku = product.variants.first().and_then(|v| v.sku.clone()).unwrap();
        assert_eq!(store.variants_by_sku(sku.as_str()).unwrap(), refs(product), "{sku}");
    }
    assert_eq!(store.variants_by_sku("TWIN ").unwrap(), []);
    assert_eq!(store.variants_by_sku("").unwrap(), []);
}

/// A variant that is retired, or got another SKU or barcode, is no longer found by the old one.
pub fn labels_of_the_past_find_nothing<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut product = world.product_with_sku("OLD");
    product.variants.first_mut().unwrap().barcode = Some("111".to_owned());
    committed(store, world.set_of([write(&product)]));
    assert_eq!(store.variants_by_sku("OLD").unwrap(), refs(&product));
    assert_eq!(store.variants_by_barcode("111").unwrap(), refs(&product));

    let variant = product.variants.first_mut().unwrap();
    variant.sku = Sku::new("NEW").ok();
    variant.barcode = Some("222".to_owned());
    product.version = 2;
    committed(store, world.set_of([write(&product)]));
    assert_eq!(
        (store.variants_by_sku("OLD").unwrap(), store.variants_by_barcode("111").unwrap()),
        (vec![], vec![])
    );
    assert_eq!(store.variants_by_sku("NEW").unwrap(), refs(&product));
    assert_eq!(store.variants_by_barcode("222").unwrap(), refs(&product));

    product.variants.first_mut().unwrap().retired = true;
    product.version = 3;
    committed(store, world.set_of([write(&product)]));
    assert_eq!(
        (store.variants_by_sku("NEW").unwrap(), store.variants_by_barcode("222").unwrap()),
        (vec![], vec![])
    );
}

/// Variants are found by barcode, in the order of ids.
pub fn variants_are_found_by_barcode<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut products = [world.product(), world.product(), world.product()];
    for (product, barcode) in
        products.iter_mut().zip(["4006381333931", "4006381333932", "4006381333931"])
    {
        product.variants.first_mut().unwrap().barcode = Some(barcode.to_owned());
    }
    committed(store, world.set_of(products.iter().rev().map(write)));
    let [first, other, second] = &products;
    let expected: Vec<VariantRef> = [first, second].into_iter().flat_map(refs).collect();
    assert_eq!(store.variants_by_barcode("4006381333931").unwrap(), expected);
    assert_eq!(store.variants_by_barcode("4006381333932").unwrap(), refs(other));
    assert_eq!(store.variants_by_barcode("400638133393").unwrap(), []);
}

/// Variants that a product record does not name stay as they are stored.
pub fn variants_missing_from_the_record_are_left<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let rich = world.rich_product(&[]);
    committed(store, world.set_of([write(&rich)]));
    let shorter = Product {
        variants: rich.variants.iter().skip(1).cloned().collect(),
        version: 2,
        ..rich.clone()
    };
    committed(store, world.set_of([write(&shorter)]));
    let left = rich.variants.first().unwrap();
    let stored = store.products(&[rich.id]).unwrap().pop().flatten().unwrap();
    assert_eq!(stored.variant(left.id), Some(left));
    assert_eq!(stored.variants.len(), rich.variants.len());
    let sku = left.sku.as_ref().unwrap().as_str();
    assert_eq!(
        store.variants_by_sku(sku).unwrap(),
        [VariantRef { variant: left.id, product: rich.id }]
    );
}

/// SKUs and handles that begin with a text are suggested without regard to ASCII case, in alphabetical order.
pub fn labels_that_begin_with_a_text_are_suggested<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut products: Vec<Product> = ["TEE-1", "TEE-2", "TEE-3", "TE", "T%E-1", "T_E-1", "ÄTEE"]
        .map(|sku| world.product_with_sku(sku))
        .into();
    products.push(Product {
        handle: Handle::new("tee-4-handle").unwrap(),
        ..world.product_with_sku("OTHER")
    });
    let mut retired = world.product_with_sku("TEE-0");
    retired.variants.first_mut().unwrap().retired = true;
    products.push(retired);
    committed(store, world.set_of(products.iter().map(write)));

    let all = ["TEE-1", "TEE-2", "TEE-3", "tee-4-handle"];
    for prefix in ["TEE-", "tee-", "Tee-"] {
        assert_eq!(store.labels_near(prefix, 10).unwrap(), all, "{prefix}");
    }
    assert_eq!(store.labels_near("tee-", 2).unwrap(), ["TEE-1", "TEE-2"]);
    assert_eq!(store.labels_near("TEE-1", 10).unwrap(), ["TEE-1"]);
    // Nothing in the text is a pattern.
    assert_eq!(store.labels_near("T_E", 10).unwrap(), ["T_E-1"]);
    assert_eq!(store.labels_near("T%", 10).unwrap(), ["T%E-1"]);
    assert_eq!(store.labels_near("Ä", 10).unwrap(), ["ÄTEE"]);
    assert_eq!(store.labels_near("zzz", 10).unwrap(), Vec::<String>::new());
    assert_eq!(store.labels_near("tee-", 0).unwrap(), Vec::<String>::new());
}

/// A label that stands twice is suggested once.
pub fn a_label_is_suggested_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let twins = [world.product_with_sku("TWIN"), world.product_with_sku("TWIN")];
    committed(store, world.set_of(twins.iter().map(write)));
    let labels = store.labels_near("tw", 10).unwrap();
    assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{labels:?}");
}

/// The size of the catalog counts products of any status and variants in use.
pub fn the_size_of_the_catalog_counts_what_is_in_use<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    assert_eq!(store.catalog_size().unwrap(), CatalogSize::default());
    let world = World::on(store);
    let rich = world.rich_product(&[]);
    committed(store, world.set_of([write(&rich), write(&world.product())]));
    assert_eq!(store.catalog_size().unwrap(), CatalogSize { products: 2, variants: 3 });
    let mut gone = Product { version: 2, ..rich };
    gone.variants.iter_mut().for_each(|variant| variant.retired = true);
    committed(store, world.set_of([write(&gone)]));
    assert_eq!(store.catalog_size().unwrap(), CatalogSize { products: 2, variants: 1 });
}
