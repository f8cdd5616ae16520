//! Version guards: a record may only follow the version that its writer read.

use sutler_core::cart::Cart;
use sutler_core::catalog::{Category, Channel, Collection, Product};
use sutler_core::change::{Change, RecordRef, SetupChange};
use sutler_core::checkout::Checkout;
use sutler_core::customer::Customer;
use sutler_core::fulfillment::Fulfillment;
use sutler_core::import::ImportRun;
use sutler_core::inventory::StockLocation;
use sutler_core::order::{Order, OrderAction};
use sutler_core::port::Store;
use sutler_core::pricing::{DeliveryMethod, DeliveryRate, Fee, PriceList, Promotion, TaxZone};

use crate::Fixture;
use crate::given::order::place;
use crate::given::{World, eur};
use crate::then::{commit, committed, conflict, is_committed, refused, together};

/// Writes one record at a version.
type Write = Box<dyn Fn(u64) -> Change + Sync>;

/// A kind of record: its name, how it is written, what a conflict points at.
type Kind = (&'static str, Write, RecordRef);

macro_rules! kind {
    ($name:literal, $record:expr, $ty:ident => $change:expr) => {{
        let record = $record;
        let what = RecordRef::from(record.id);
        let write: Write = Box::new(move |version| ($change)($ty { version, ..record.clone() }));
        ($name, write, what)
    }};
}

/// Returns every kind of record that is written whole and guarded by its version.
fn kinds(world: &World, store: &dyn Store) -> Vec<Kind> {
    let order = world.new_order(store);
    let run = world.import_run("guarded.csv");
    let run_id = ImportRun::id_of(run.content);
    let write_run: Write =
        Box::new(move |version| Change::ImportRun(ImportRun { version, ..run.clone() }));
    let rate = DeliveryRate::Flat { amount: eur(0) };
    let setup = Change::Setup;
    vec![
        kind!("channel", world.channel("guarded"), Channel => |r| setup(SetupChange::Channel(r))),
        kind!("stock location", world.location("guarded"), StockLocation => |r| setup(SetupChange::StockLocation(r))),
        kind!("price list", PriceList { id: sutler_core::id::PriceListId::from_u128(world.id()), ..world.price_list.clone() },
            PriceList => |r| setup(SetupChange::PriceList(r))),
        kind!("tax zone", world.tax_zone(&["DE"]), TaxZone => |r| setup(SetupChange::TaxZone(r))),
        kind!("delivery method", world.delivery_method("guarded", rate), DeliveryMethod => |r| setup(SetupChange::DeliveryMethod(Box::new(r)))),
        kind!("fee", world.fee("guarded"), Fee => |r| setup(SetupChange::Fee(Box::new(r)))),
        kind!("promotion", world.promotion("guarded"), Promotion => |r| setup(SetupChange::Promotion(r))),
        kind!("category", world.category(None, "guarded"), Category => Change::Category),
        kind!("product", world.product(), Product => |r| Change::Product(Box::new(r))),
        kind!("collection", world.collection("guarded"), Collection => |r| setup(SetupChange::Collection(Box::new(r)))),
        kind!("customer", world.customer("ada@example.com"), Customer => |r| Change::Customer(Box::new(r))),
        kind!("cart", world.cart(&[]), Cart => |r| Change::Cart(Box::new(r))),
        kind!("fulfillment", world.fulfillment(&order), Fulfillment => |r| Change::Fulfillment(Box::new(r))),
        kind!("checkout", world.checkout(&order), Checkout => |r| Change::Checkout(Box::new(r))),
        ("import run", write_run, run_id.into()),
    ]
}

/// Every guarded record: the version after the stored one is written, every other ends in a conflict that names the
/// record.
pub fn a_record_must_follow_its_stored_version<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for (name, write, what) in kinds(&world, store) {
        let conflicts = |version: u64| {
            let met = conflict(store, world.set_of([write(version)]));
            assert_eq!(met, what, "{name} {version}");
        };
        conflicts(2);
        committed(store, world.set_of([write(1)]));
        conflicts(1);
        conflicts(3);
        committed(store, world.set_of([write(2)]));
        conflicts(1);
        conflicts(2);
        committed(store, world.set_of([write(3)]));
    }
}

/// Of sixteen threads that write the same next version, exactly one succeeds; every kind of record.
pub fn one_of_many_writers_of_a_version_succeeds<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for (name, write, _) in kinds(&world, store) {
        for version in [1, 2] {
            let outcomes = together(16, |_| commit(store, world.set_of([write(version)])));
            let winners = outcomes.iter().filter(|outcome| is_committed(outcome)).count();
            assert_eq!(winners, 1, "{name} {version}: {outcomes:?}");
        }
    }
}

/// An order is guarded by its version too, and each version has its entry in the log.
pub fn an_order_must_follow_its_stored_version<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.new_order(store);
    let placed = world.placed(&order);
    let later = Order { version: 3, ..placed.clone() };
    assert_eq!(conflict(store, world.set_of([place(&later)])), order.id.into());
    assert_eq!(conflict(store, world.set_of([place(&order)])), order.id.into());
    committed(store, world.set_of([place(&placed)]));
    assert_eq!(conflict(store, world.set_of([place(&placed)])), order.id.into());
    let again = Change::OrderOpened(Box::new(order.clone()));
    assert_eq!(conflict(store, world.set_of([again])), order.id.into());

    let missing = world.order(&world.cart(&[]));
    assert_eq!(conflict(store, world.set_of([place(&world.placed(&missing))])), missing.id.into());
    let outcomes = together(16, |n| {
        let action = OrderAction::Canceled { reason: format!("reason {n}") };
        commit(store, world.set_of([Change::Order { order: Box::new(later.clone()), action }]))
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1, "{outcomes:?}");
    assert_eq!(store.order_log(order.id).unwrap().len(), 3);
}

/// A payment is opened once.
pub fn a_payment_is_opened_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.payment(&world.new_order(store));
    let open = || world.set_of([Change::PaymentOpened(payment.clone())]);
    committed(store, open());
    assert_eq!(conflict(store, open()), payment.id.into());
    assert_eq!(store.payment(payment.id).unwrap(), Some(payment));
}

/// The shop has no id that a conflict could name: a second shop is refused, and so is a change of none.
pub fn the_shop_is_made_once_and_follows_its_version<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::new();
    let Some(SetupChange::Shop(shop)) = world.setup().next() else {
        panic!("the shop comes first")
    };
    let write = |version| {
        let shop = sutler_core::shop::ShopRecord { version, ..shop.clone() };
        world.set_of([Change::Setup(SetupChange::Shop(shop))])
    };
    assert_eq!(refused(store, write(2)).code(), "shop.missing");
    committed(store, write(1));
    assert_eq!(refused(store, write(1)).code(), "shop.exists");
    assert_eq!(refused(store, write(3)).code(), "shop.exists");
    committed(store, write(2));
    assert_eq!(store.setup().unwrap().unwrap().shop.version, 2);
}
