//! Who buys, over many orders.

use sutler_core::change::Change;
use sutler_core::customer::Customer;
use sutler_core::id::CustomerId;
use sutler_core::port::Store;
use sutler_core::pricing::BuyerTax;

use crate::Fixture;
use crate::given::World;
use crate::then::{committed, pages, refused};

/// A customer comes back as it was written, by id and by address, and after any of it changed.
pub fn a_customer_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let plain = world.customer("ada@example.com");
    let trader = Customer {
        email: "ädä@example.com".to_owned(),
        group: Some("trade \"A\"".to_owned()),
        tax: BuyerTax {
            vat_id: Some("ATU13585627".parse().unwrap()),
            exemption: Some("certificate 7".to_owned()),
        },
        version: 2,
        ..plain.clone()
    };
    for customer in [&plain, &trader] {
        committed(store, world.set_of([Change::Customer(Box::new(customer.clone()))]));
        assert_eq!(store.customer(customer.id).unwrap().as_ref(), Some(customer));
        assert_eq!(store.customer_by_email(&customer.email).unwrap().as_ref(), Some(customer));
    }
    assert_eq!(store.customer_by_email(&plain.email).unwrap(), None, "the address of before");
    assert_eq!(store.customer(CustomerId::from_u128(world.id())).unwrap(), None);
}

/// An address belongs to one customer; one that was given up is free again.
pub fn an_address_belongs_to_one_customer<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let write = |customer: &Customer| world.set_of([Change::Customer(Box::new(customer.clone()))]);
    let (ada, other) = (world.customer("ada@example.com"), world.customer("ada@example.com"));
    committed(store, write(&ada));
    let why = refused(store, write(&other));
    assert_eq!(why.code(), "already_exists");
    assert!(why.to_string().contains("ada@example.com"), "{why}");
    committed(store, write(&Customer { email: "a@example.com".into(), version: 2, ..ada.clone() }));
    committed(store, write(&other));
    let back = Customer { version: 3, ..ada };
    assert_eq!(refused(store, write(&back)).code(), "already_exists");
}

/// Pages of customers come in the order of ids, and together are all.
pub fn customer_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let all: Vec<Customer> = (0..7).map(|n| world.customer(&format!("{n}@example.com"))).collect();
    let writes = all.iter().rev().map(|customer| Change::Customer(Box::new(customer.clone())));
    committed(store, world.set_of(writes));
    let found = pages(3, |last: Option<&Customer>, limit| {
        store.customer_page(last.map(|customer| customer.id), limit).unwrap()
    });
    assert_eq!(found, all);
    assert_eq!(store.customer_page(None, 0).unwrap(), []);
}
