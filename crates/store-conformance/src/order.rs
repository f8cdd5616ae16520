//! Orders: opened once, numbered, changed only where they may, and logged.

use std::collections::BTreeSet;

use sutler_core::address::Address;
use sutler_core::change::{Change, CommitOutcome};
use sutler_core::id::{CartId, FulfillmentId, OrderId, PaymentId};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::order::{LoggedAction, Order, OrderAction, OrderNumber, OrderStatus};
use sutler_core::port::{OrderFilter, Store};
use sutler_core::rejection::Rejection;

use crate::Fixture;
use crate::given::order::{cancel, place};
use crate::given::{NOW, World, after, eur, units};
use crate::then::{commit, committed, is_committed, pages, refused, together};

fn open(order: &Order) -> Change {
    Change::OrderOpened(Box::new(order.clone()))
}

/// An order comes back as it was opened: quote, lines, address, with the number it was given.
pub fn an_order_comes_back_as_it_was_opened<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variants = [world.new_product(store), world.new_product(store)]
        .map(|p| p.variants.first().unwrap().id);
    let mut cart = world.cart(&variants);
    cart.lines.first_mut().unwrap().quantity = units(1_000_000);
    cart.lines.last_mut().unwrap().line = 7;
    committed(store, world.set_of([Change::Cart(Box::new(cart.clone()))]));
    let mut order = world.order(&cart);
    order.email = "ada+tag@exämple.com".to_owned();
    order.ship_to.postal_code = String::new();
    order.ship_to.name = "Ada; Lovelace".to_owned();
    let line = order.lines.last_mut().unwrap();
    line.sku = None;
    line.tracks_stock = false;
    line.requires_shipping = false;
    let number = committed(store, world.set_of([open(&order)])).order_number.unwrap();
    order.number = number;
    assert_eq!(store.order(order.id).unwrap().as_ref(), Some(&order));
    assert_eq!(store.order_by_number(number).unwrap().as_ref(), Some(&order));
    assert_eq!(store.order_by_cart(order.cart).unwrap(), Some(order.clone()));

    // A guest's order without discounts, delivery or address parts that may be blank.
    let cart = world.new_cart(store, &[]);
    let mut bare = Order { customer: None, ..world.order(&cart) };
    bare.quote.delivery = None;
    bare.quote.promotions_applied = Vec::new();
    let totals = &mut bare.quote.totals;
    totals.delivery_total = eur(0);
    totals.tax_total = eur(0);
    totals.total = eur(0);
    assert_eq!(bare.quote.check(), Ok(()));
    bare.number = committed(store, world.set_of([open(&bare)])).order_number.unwrap();
    assert_eq!(store.order(bare.id).unwrap(), Some(bare));
}

/// What few orders have comes back too: fees, surcharges, compound taxes, a buyer who pays none, the region of an address.
pub fn an_order_with_fees_and_tax_relief_comes_back<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let variant = world.new_product(store).variants.first().unwrap().id;
    let mut order = world.order(&world.new_cart(store, &[variant]));
    world.enrich(&mut order.quote);
    order.ship_to.region = "BE".parse().ok();
    assert_eq!(order.quote.check(), Ok(()));
    order.number = committed(store, world.set_of([open(&order)])).order_number.unwrap();
    assert_eq!(store.order(order.id).unwrap(), Some(order));
}

/// An order that is not there is not found, in any way.
pub fn an_unknown_order_is_not_found<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let known = world.new_order(store);
    let id = OrderId::from_u128(world.id());
    assert_eq!(store.order(id).unwrap(), None);
    assert_eq!(store.order_by_number(OrderNumber(known.number.0 + 1)).unwrap(), None);
    assert_eq!(store.order_by_number(OrderNumber(0)).unwrap(), None);
    assert_eq!(store.order_by_number(OrderNumber(u64::MAX)).unwrap(), None);
    assert_eq!(store.order_by_cart(CartId::from_u128(world.id())).unwrap(), None);
    assert_eq!(store.order_log(id).unwrap(), []);
    assert_eq!((store.allocations(id).unwrap(), store.fulfillments(id).unwrap()), (vec![], vec![]));
    assert_eq!(store.payments(&[id]).unwrap(), []);
}

/// Numbers begin at the first one and rise; a set that was not committed gives none that comes again.
pub fn order_numbers_rise<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let first = world.new_order(store);
    assert_eq!(first.number, OrderNumber::FIRST);
    let mut last = first.number;
    for _ in 0..3 {
        let again = world.order(&world.cart(&[]));
        let failing = world.set_of([
            open(&again),
            open(&Order { cart: first.cart, ..world.order(&world.cart(&[])) }),
        ]);
        refused(store, failing);
        let next = world.new_order(store).number;
        assert!(next > last, "{next} after {last}");
        last = next;
    }
    // A canceled order keeps its number to itself.
    committed(store, world.set_of([cancel(&world.canceled(&first))]));
    assert!(world.new_order(store).number > last);
    assert_eq!(store.order_by_number(first.number).unwrap().map(|order| order.id), Some(first.id));
}

/// An order that brings its number keeps it, as copies of a shop do; later numbers go on above it, and it is unique.
pub fn a_given_order_number_is_kept<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let numbered =
        |number| Order { number: OrderNumber(number), ..world.order(&world.new_cart(store, &[])) };
    let copied = numbered(5_000);
    let receipt = committed(store, world.set_of([open(&copied)]));
    assert_eq!(receipt.order_number, Some(OrderNumber(5_000)));
    assert_eq!(store.order(copied.id).unwrap(), Some(copied));
    assert!(world.new_order(store).number > OrderNumber(5_000));
    assert_eq!(refused(store, world.set_of([open(&numbered(5_000))])).code(), "already_exists");
    committed(store, world.set_of([open(&numbered(2_000))]));
    assert!(world.new_order(store).number > OrderNumber(5_001));
}

/// Sixteen threads that open orders get different numbers without end, and each thread sees its own rise.
pub fn order_numbers_are_unique_and_rise_under_concurrency<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let numbers =
        together(16, |_| (0..4).map(|_| world.new_order(store).number).collect::<Vec<_>>());
    for of_thread in &numbers {
        assert!(of_thread.is_sorted(), "{of_thread:?}");
    }
    let unique: BTreeSet<OrderNumber> = numbers.concat().into_iter().collect();
    assert_eq!(unique.len(), 64);
    assert_eq!(unique.first(), Some(&OrderNumber::FIRST));
}

/// A cart has one order: a second is refused, until the first is canceled.
pub fn a_cart_has_one_order_that_is_not_canceled<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let cart = world.new_cart(store, &[]);
    let first = world.opened(store, &cart);
    let second = || world.set_of([open(&world.order(&cart))]);
    let refusal = Rejection::CartAlreadyOrdered { cart: cart.id };
    assert_eq!(refused(store, second()), refusal);
    let placed = world.placed(&first);
    committed(store, world.set_of([place(&placed)]));
    assert_eq!(refused(store, second()), refusal);
    committed(store, world.set_of([cancel(&world.canceled(&placed))]));
    assert_eq!(store.order_by_cart(cart.id).unwrap(), None);
    let again = world.opened(store, &cart);
    assert_eq!(store.order_by_cart(cart.id).unwrap(), Some(again));
    assert_eq!(refused(store, second()), refusal);
    assert_eq!(
        store.order(first.id).unwrap().map(|order| order.status),
        Some(OrderStatus::Canceled)
    );
}

/// Of sixteen checkouts of one cart exactly one opens an order.
pub fn one_of_many_checkouts_of_a_cart_opens_its_order<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let cart = world.new_cart(store, &[]);
    let outcomes = together(16, |_| commit(store, world.set_of([open(&world.order(&cart))])));
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1, "{outcomes:?}");
    let refusal = CommitOutcome::Refused(Rejection::CartAlreadyOrdered { cart: cart.id });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == refusal).count(), 15, "{outcomes:?}");
}

/// Writing an order changes its status, its moments, its version and the counters of its lines, and nothing that was
/// frozen when it was opened.
pub fn what_is_frozen_in_an_order_is_not_written_again<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut cart = world.cart(&[world.new_product(store).variants.first().unwrap().id]);
    cart.lines.first_mut().unwrap().quantity = units(10);
    committed(store, world.set_of([Change::Cart(Box::new(cart.clone()))]));
    let order = world.opened(store, &cart);
    let mut wanted = world.placed(&order);
    wanted.canceled_at = Some(after(70));
    for line in &mut wanted.lines {
        line.canceled = 1;
        line.allocated = 8;
        line.shipped = 7;
        line.delivered = 6;
        line.return_requested = 5;
        line.returned = 4;
        line.refunded = 3;
    }
    let mut forged = wanted.clone();
    forged.number = OrderNumber(0);
    forged.email = "mallory@example.com".to_owned();
    forged.ship_to = Address { city: "Nowhere".to_owned(), ..forged.ship_to };
    forged.quote.totals.total = eur(1);
    forged.created_at = after(99);
    for line in &mut forged.lines {
        line.title = "Something else".to_owned();
        line.sku = None;
    }
    committed(store, world.set_of([place(&forged)]));
    assert_eq!(store.order(order.id).unwrap().as_ref(), Some(&wanted));
    assert_eq!(store.order_by_number(order.number).unwrap(), Some(wanted));
}

/// The log has one entry for each version, oldest first, with its moment and everything it says.
pub fn the_log_of_an_order_is_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.new_order(store);
    let fulfillment = FulfillmentId::from_u128(world.id());
    let payment = PaymentId::from_u128(world.id());
    let actions = [
        OrderAction::Placed,
        OrderAction::Shipped { fulfillment, lines: vec![(2, 1), (1, 5)] },
        OrderAction::Delivered { fulfillment, lines: Vec::new() },
        OrderAction::Refunded {
            payment,
            amount: eur(500),
            reason: "“kaputt”".to_owned(),
            lines: vec![(1, 3)],
        },
        OrderAction::Canceled { reason: String::new() },
    ];
    let mut expected = vec![LoggedAction { version: 1, at: NOW, action: OrderAction::Opened }];
    for (version, action) in (2..).zip(actions) {
        let at = after(u32::try_from(version).unwrap());
        let mut set = world.set_at(at);
        let next = Order { version, status: OrderStatus::Placed, ..order.clone() };
        set.push(Change::Order { order: Box::new(next), action: action.clone() });
        committed(store, set);
        expected.push(LoggedAction { version, at, action });
    }
    assert_eq!(store.order_log(order.id).unwrap(), expected);
}

/// Pages of orders have no gaps and no repeats, newest number first; a filter keeps one status.
pub fn order_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut expected: Vec<Order> = (0..7).map(|_| world.new_order(store)).collect();
    for n in [1_usize, 2, 5] {
        let order = expected.get_mut(n).unwrap();
        *order = world.placed(order);
        committed(store, world.set_of([place(order)]));
    }
    let order = expected.get_mut(2).unwrap();
    *order = world.canceled(order);
    committed(store, world.set_of([cancel(order)]));
    expected.reverse();
    let statuses =
        [None, Some(OrderStatus::Pending), Some(OrderStatus::Placed), Some(OrderStatus::Canceled)];
    for status in statuses {
        let wanted: Vec<Order> = expected
            .iter()
            .filter(|order| status.is_none_or(|status| order.status == status))
            .cloned()
            .collect();
        for limit in [1, 3, 100] {
            let page = |last: Option<&Order>, limit| {
                store
                    .order_page(OrderFilter { status }, last.map(|order| order.number), limit)
                    .unwrap()
            };
            assert_eq!(pages(limit, page), wanted, "{status:?}, pages of {limit}");
        }
    }
    assert_eq!(store.order_page(OrderFilter::default(), Some(OrderNumber::FIRST), 10).unwrap(), []);
    assert_eq!(store.order_page(OrderFilter::default(), None, 0).unwrap(), []);
}

/// Allocations come back by line and key; one replaces that of the same line, variant and location.
pub fn allocations_come_by_line_and_key<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (order, other) = (world.new_order(store), world.new_order(store));
    let a = world.stocked(store, 1);
    let b = world.stocked(store, 1);
    let there = StockKey { location: world.second_location.id, ..a };
    let mut expected = vec![
        world.allocation(&order, 1, a),
        world.allocation(&order, 1, there),
        world.allocation(&order, 1, b),
        world.allocation(&order, 2, a),
        world.allocation(&order, 10, a),
    ];
    let foreign = world.allocation(&other, 1, a);
    committed(
        store,
        world.set_of(
            expected
                .iter()
                .rev()
                .chain([&foreign])
                .map(|allocation| Change::Allocation(*allocation)),
        ),
    );
    assert_eq!(store.allocations(order.id).unwrap(), expected);

    let changed =
        Allocation { quantity: 9, shipped: 3, released: 2, ..world.allocation(&order, 1, there) };
    committed(store, world.set_of([Change::Allocation(changed)]));
    *expected.get_mut(1).unwrap() = changed;
    assert_eq!(store.allocations(order.id).unwrap(), expected);
    assert_eq!(store.allocations(other.id).unwrap(), [foreign]);
}
