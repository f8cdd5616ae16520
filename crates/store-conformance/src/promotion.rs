//! Uses of promotions: limits hold under any concurrency, and an order counts once.

use sutler_core::change::{Change, ChangeSet, CommitOutcome, SetupChange};
use sutler_core::id::{OrderId, PromotionId};
use sutler_core::order::Order;
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::World;
use crate::then::{commit, committed, is_committed, refused, together};

fn new_promotion(world: &World, store: &dyn Store) -> PromotionId {
    let promotion = world.promotion("Limited");
    committed(store, world.set_of([Change::Setup(SetupChange::Promotion(promotion.clone()))]));
    promotion.id
}

/// Most uses in all and of one customer.
type Limits = (Option<u32>, Option<u32>);

fn used(
    promotion: PromotionId,
    order: OrderId,
    customer: &str,
    (limit, limit_per_customer): Limits,
) -> Change {
    let customer = customer.to_owned();
    Change::PromotionUse { promotion, order, customer, limit, limit_per_customer }
}

/// Returns a set that opens an order and uses a promotion, as placing does.
fn order_with(
    world: &World,
    promotion: PromotionId,
    customer: &str,
    limits: Limits,
) -> (Order, ChangeSet) {
    let cart = world.cart(&[]);
    let order = world.order(&cart);
    let change = used(promotion, order.id, customer, limits);
    let set = world.set_of([
        Change::Cart(Box::new(cart)),
        Change::OrderOpened(Box::new(order.clone())),
        change,
    ]);
    (order, set)
}

/// Uses are counted in all and by customer, for each promotion asked, in the order asked.
pub fn uses_are_counted_in_all_and_by_customer<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b, unused) =
        (new_promotion(&world, store), new_promotion(&world, store), new_promotion(&world, store));
    for (promotion, customer) in [(a, "ada"), (a, "ada"), (a, "bob"), (b, "bob")] {
        committed(store, order_with(&world, promotion, customer, (None, None)).1);
    }
    let count = |customer| store.promotion_uses(&[unused, b, a], customer).unwrap();
    assert_eq!(count(None), [(0, 0), (1, 0), (3, 0)]);
    assert_eq!(count(Some("ada")), [(0, 0), (1, 0), (3, 2)]);
    assert_eq!(count(Some("bob")), [(0, 0), (1, 1), (3, 1)]);
    assert_eq!(count(Some("Ada")), [(0, 0), (1, 0), (3, 0)]);
    assert_eq!(store.promotion_uses(&[], Some("ada")).unwrap(), []);
}

/// A use beyond the limit in all is refused as `coupon.used_up`, and with it the whole set.
pub fn a_use_beyond_the_limit_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    for customer in ["ada", "bob"] {
        committed(store, order_with(&world, promotion, customer, (Some(2), None)).1);
    }
    let (order, set) = order_with(&world, promotion, "eve", (Some(2), None));
    assert_eq!(refused(store, set).code(), "coupon.used_up");
    assert_eq!(store.order(order.id).unwrap(), None);
    assert_eq!(store.promotion_uses(&[promotion], None).unwrap(), [(2, 0)]);
    // Nothing may be used zero times; another promotion is not concerned; a higher limit opens it again.
    let other = new_promotion(&world, store);
    assert_eq!(
        refused(store, order_with(&world, other, "eve", (Some(0), None)).1).code(),
        "coupon.used_up"
    );
    committed(store, order_with(&world, other, "eve", (Some(1), None)).1);
    committed(store, order_with(&world, promotion, "eve", (Some(3), None)).1);
}

/// A use beyond the limit of one customer is refused; other customers are not concerned.
pub fn a_use_beyond_the_limit_of_a_customer_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let limits = (Some(3), Some(1));
    committed(store, order_with(&world, promotion, "ada", limits).1);
    assert_eq!(
        refused(store, order_with(&world, promotion, "ada", limits).1).code(),
        "coupon.used_up"
    );
    committed(store, order_with(&world, promotion, "bob", limits).1);
    assert_eq!(store.promotion_uses(&[promotion], Some("ada")).unwrap(), [(2, 1)]);
}

/// The same order counts once, whatever the limits say by then.
pub fn an_order_counts_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let (order, set) = order_with(&world, promotion, "ada", (Some(1), Some(1)));
    committed(store, set);
    let again = || used(promotion, order.id, "ada", (Some(1), Some(1)));
    committed(store, world.set_of([again(), again()]));
    assert_eq!(store.promotion_uses(&[promotion], Some("ada")).unwrap(), [(1, 1)]);
}

/// A canceled order gives all its uses back, and only its own; giving back twice is nothing.
pub fn uses_are_given_back<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (new_promotion(&world, store), new_promotion(&world, store));
    let (order, mut set) = order_with(&world, a, "ada", (Some(2), None));
    set.push(used(b, order.id, "ada", (None, None)));
    committed(store, set);
    committed(store, order_with(&world, a, "bob", (Some(2), None)).1);
    refused(store, order_with(&world, a, "eve", (Some(2), None)).1);
    for _ in 0..2 {
        committed(store, world.set_of([Change::PromotionUseReturned { order: order.id }]));
        assert_eq!(store.promotion_uses(&[a, b], Some("ada")).unwrap(), [(1, 0), (0, 0)]);
    }
    committed(store, order_with(&world, a, "eve", (Some(2), None)).1);
    refused(store, order_with(&world, a, "ada", (Some(2), None)).1);
}

/// A promotion that may be used once is used once, by 200 orders from sixteen threads.
pub fn one_use_goes_to_one_of_two_hundred_orders<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let outcomes: Vec<CommitOutcome> = together(16, |thread| {
        let tries = (0..200).filter(|n| n % 16 == thread);
        tries
            .map(|n| {
                commit(
                    store,
                    order_with(&world, promotion, &format!("customer {n}"), (Some(1), None)).1,
                )
            })
            .collect::<Vec<_>>()
    })
    .concat();
    assert_eq!(outcomes.len(), 200);
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| !is_committed(outcome)) {
        assert!(
            matches!(outcome, CommitOutcome::Refused(why) if why.code() == "coupon.used_up"),
            "{outcome:?}"
        );
    }
    assert_eq!(store.promotion_uses(&[promotion], None).unwrap(), [(1, 0)]);
}

/// The limit of a customer holds when the customer checks out many carts at once.
pub fn the_limit_of_a_customer_holds_under_concurrency<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let outcomes = together(16, |n| {
        let customer = if n % 2 == 0 { "ada" } else { "bob" };
        commit(store, order_with(&world, promotion, customer, (None, Some(3))).1)
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 6, "{outcomes:?}");
    assert_eq!(store.promotion_uses(&[promotion], Some("ada")).unwrap(), [(6, 3)]);
}
