//! What outlives a crash: checkouts and import runs.

use sutler_core::change::Change;
use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::hash::ContentHash;
use sutler_core::id::CheckoutId;
use sutler_core::import::ImportRun;
use sutler_core::inventory::SourcedUnits;
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::{World, after};
use crate::then::{committed, pages};

fn write(checkout: &Checkout) -> Change {
    Change::Checkout(Box::new(checkout.clone()))
}

/// A checkout comes back as it was written, in every status, with everything filled or not.
pub fn a_checkout_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (world.stocked(store, 5), world.stocked(store, 5));
    let bare = Checkout { payment: None, ..world.checkout(&world.new_order(store)) };
    let full = Checkout {
        payment: world.checkout(&world.new_order(store)).payment,
        status: CheckoutStatus::Unwinding,
        reserved: vec![
            SourcedUnits { key: b, quantity: 1_000_000 },
            SourcedUnits { key: a, quantity: 1 },
        ],
        expires_at: after(1),
        problem: Some("the payment was declined: “nein”".to_owned()),
        updated_at: after(2),
        version: 2,
        ..bare.clone()
    };
    let stuck = Checkout { status: CheckoutStatus::Stuck, version: 3, ..full.clone() };
    let unwound = Checkout {
        status: CheckoutStatus::Unwound,
        reserved: Vec::new(),
        problem: None,
        version: 4,
        ..full.clone()
    };
    for checkout in [bare, full, stuck, unwound] {
        committed(store, world.set_of([write(&checkout)]));
        assert_eq!(store.checkout(checkout.id).unwrap(), Some(checkout));
    }
    assert_eq!(store.checkout(CheckoutId::from_u128(world.id())).unwrap(), None);
}

/// Open checkouts are those neither placed nor unwound, in the order of ids, page by page.
pub fn open_checkouts_come_in_the_order_of_ids<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    assert_eq!(store.checkouts_open(None, 10).unwrap(), []);
    let statuses = [
        CheckoutStatus::Authorizing,
        CheckoutStatus::Placed,
        CheckoutStatus::Stuck,
        CheckoutStatus::Unwound,
        CheckoutStatus::Unwinding,
        CheckoutStatus::Authorizing,
    ];
    let all = statuses.map(|status| Checkout { status, ..world.checkout(&world.new_order(store)) });
    committed(store, world.set_of(all.iter().rev().map(write)));
    let is_open =
        |c: &&Checkout| !matches!(c.status, CheckoutStatus::Placed | CheckoutStatus::Unwound);
    let mut expected: Vec<Checkout> = all.iter().filter(is_open).cloned().collect();
    expected.sort_by_key(|checkout| checkout.id);
    for limit in [1, 2, 4, 100] {
        let page = |last: Option<&Checkout>, limit| {
            store.checkouts_open(last.map(|c| c.id), limit).unwrap()
        };
        assert_eq!(pages(limit, page), expected, "pages of {limit}");
    }
    // A checkout that ends leaves the list.
    let first = expected.remove(0);
    committed(
        store,
        world.set_of([write(&Checkout { status: CheckoutStatus::Placed, version: 2, ..first })]),
    );
    assert_eq!(store.checkouts_open(None, 100).unwrap(), expected);
}

/// An import run comes back as it was written; of several runs of one content, the newest is found.
pub fn the_newest_import_run_of_a_content_is_found<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (first, other) = (world.import_run("a.csv"), world.import_run("b.csv"));
    assert_eq!(store.import_run(first.content).unwrap(), None);
    let write = |run: &ImportRun| {
        committed(store, world.set_of([Change::ImportRun(run.clone())]));
    };
    write(&first);
    write(&other);
    assert_eq!(store.import_run(first.content).unwrap().as_ref(), Some(&first));
    let finished = ImportRun {
        finished: true,
        batches_done: u32::MAX,
        created: 1 << 40,
        version: 2,
        ..first.clone()
    };
    write(&finished);
    assert_eq!(store.import_run(first.content).unwrap().as_ref(), Some(&finished));
    for run in 2..=11 {
        let next = ImportRun {
            run,
            file: format!("Kopie {run}.csv"),
            started_at: after(run),
            ..first.clone()
        };
        write(&next);
        assert_eq!(store.import_run(first.content).unwrap(), Some(next));
    }
    assert_eq!(store.import_run(other.content).unwrap(), Some(other));
    assert_eq!(store.import_run(ContentHash::of(b"c.csv")).unwrap(), None);
}
