//! Uses of promotions: limits hold under any concurrency, an order counts once, and a canceled one gives all of it back.

use sutler_core::change::{Change, ChangeSet, CommitOutcome, SetupChange};
use sutler_core::id::{CustomerId, PromotionId};
use sutler_core::money::{Currency, Money};
use sutler_core::order::{Order, PromotionUse};
use sutler_core::port::{Store, UsesAsked};
use sutler_core::pricing::{CouponCode, Limits, PromotionUses};

use crate::Fixture;
use crate::given::order::{cancel, place};
use crate::given::{World, eur};
use crate::then::{commit, committed, is_committed, refused, together};

/// What one order of a test uses.
#[derive(Clone, Copy)]
struct Used<'a> {
    customer: &'a str,
    coupon: Option<&'a str>,
    units: u32,
    amount: Money,
}

/// Returns a use of one unit and one euro by a customer without a coupon.
fn by(customer: &str) -> Used<'_> {
    Used { customer, coupon: None, units: 1, amount: eur(100) }
}

fn code(text: &str) -> CouponCode {
    CouponCode::new(text).unwrap()
}

fn new_promotion(world: &World, store: &dyn Store) -> PromotionId {
    let promotion = world.promotion("Limited");
    committed(store, world.set_of([Change::Setup(SetupChange::Promotion(promotion.clone()))]));
    promotion.id
}

fn used(promotion: PromotionId, order: &Order, how: Used<'_>, limits: Limits) -> Change {
    let promotion_use = Box::new(PromotionUse {
        promotion,
        order: order.id,
        customer: how.customer.to_owned(),
        coupon: how.coupon.map(code),
        units: how.units,
        amount: how.amount,
    });
    Change::PromotionUse { promotion_use, limits: Box::new(limits), first_order: false }
}

/// Returns a set that opens an order and uses a promotion, as placing does.
fn order_with(
    world: &World,
    promotion: PromotionId,
    how: Used<'_>,
    limits: Limits,
) -> (Order, ChangeSet) {
    let cart = world.cart(&[]);
    let order = world.order(&cart);
    let change = used(promotion, &order, how, limits);
    let set = world.set_of([
        Change::Cart(Box::new(cart)),
        Change::OrderOpened(Box::new(order.clone())),
        change,
    ]);
    (order, set)
}

/// Returns what is counted of a promotion: in all, by `customer`, by the coupons, in euros.
fn counted(
    store: &dyn Store,
    promotion: PromotionId,
    customer: &str,
    coupons: &[&str],
) -> PromotionUses {
    let coupons: Vec<CouponCode> = coupons.iter().map(|text| code(text)).collect();
    let customer = Some(customer).filter(|customer| !customer.is_empty());
    let asked = UsesAsked { customer, coupons: &coupons, currency: Currency::EUR };
    store.promotion_uses(&[promotion], &asked).unwrap().pop().unwrap()
}

fn limit(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::NONE;
    change(&mut limits);
    limits
}

/// Uses, units and money are counted in all, by customer, by coupon and by currency, for each promotion in the order asked.
pub fn uses_are_counted_by_everything_that_limits_them<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b, unused) =
        (new_promotion(&world, store), new_promotion(&world, store), new_promotion(&world, store));
    let dollars = Money::from_minor(7, Currency::USD);
    for how in [
        Used { coupon: Some("one"), units: 2, ..by("ada") },
        Used { coupon: Some("two"), amount: eur(250), ..by("ada") },
        Used { coupon: Some("one"), units: 4, amount: dollars, ..by("bob") },
    ] {
        committed(store, order_with(&world, a, how, Limits::NONE).1);
    }
    committed(store, order_with(&world, b, Used { units: 0, ..by("bob") }, Limits::NONE).1);
    let of_a =
        PromotionUses { total: 3, units: 7, given: Some(eur(350)), ..PromotionUses::none(a) };
    let own = PromotionUses { by_customer: 2, units_by_customer: 3, ..of_a.clone() };
    assert_eq!(counted(store, a, "", &[]), of_a);
    assert_eq!(counted(store, a, "ada", &[]), own);
    assert_eq!(counted(store, a, "Ada", &[]), of_a);
    let by_coupon = vec![(code("two"), 1), (code("one"), 2)];
    let asked = ["two", "never", "one", "two"];
    assert_eq!(counted(store, a, "ada", &asked), PromotionUses { by_coupon, ..own });
    let in_dollars = UsesAsked { customer: None, coupons: &[], currency: Currency::USD };
    let all = store.promotion_uses(&[unused, b, a], &in_dollars).unwrap();
    let of_b = PromotionUses { total: 1, ..PromotionUses::none(b) };
    let in_dollars_a = PromotionUses { given: Some(dollars), ..of_a };
    assert_eq!(all, [PromotionUses::none(unused), of_b, in_dollars_a]);
    assert_eq!(store.promotion_uses(&[], &in_dollars).unwrap(), []);
    assert_eq!(store.integrity().unwrap(), []);
}

/// What was counted for an order is read back, by promotion; nothing for one that used none.
pub fn uses_of_an_order_come_back<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (new_promotion(&world, store), new_promotion(&world, store));
    let how = Used { coupon: Some("GRÜN"), units: 3, ..by("ada@example.com") };
    let (order, mut set) = order_with(&world, b, how, Limits::NONE);
    set.push(used(a, &order, Used { units: 0, amount: eur(0), ..by("=$#") }, Limits::NONE));
    committed(store, set);
    let counted = store.promotion_uses_of(order.id).unwrap();
    let plain: Vec<_> = counted
        .iter()
        .map(|used| (used.promotion, used.customer.as_str(), used.units, used.amount))
        .collect();
    assert_eq!(plain, [(a, "=$#", 0, eur(0)), (b, "ada@example.com", 3, eur(100))]);
    assert_eq!(counted[1].coupon, Some(code("grün")));
    assert!(counted.iter().all(|used| used.order == order.id));
    assert_eq!(store.promotion_uses_of(world.new_order(store).id).unwrap(), []);
}

/// A use beyond the limit in all is refused as `promotion.used_up`, and with it the whole set; one by a coupon as
/// `coupon.used_up`.
pub fn a_use_beyond_the_limit_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let twice = limit(|limits| limits.uses = Some(2));
    for customer in ["ada", "bob"] {
        committed(store, order_with(&world, promotion, by(customer), twice).1);
    }
    let (order, set) = order_with(&world, promotion, by("eve"), twice);
    assert_eq!(refused(store, set).code(), "promotion.used_up");
    assert_eq!(store.order(order.id).unwrap(), None);
    assert_eq!(counted(store, promotion, "", &[]).total, 2);
    let typed = Used { coupon: Some("SPRING"), ..by("eve") };
    assert_eq!(
        refused(store, order_with(&world, promotion, typed, twice).1).code(),
        "coupon.used_up"
    );
    // Nothing may be used zero times; another promotion is not concerned; a higher limit opens it again.
    let other = new_promotion(&world, store);
    let never = limit(|limits| limits.uses = Some(0));
    refused(store, order_with(&world, other, by("eve"), never).1);
    committed(store, order_with(&world, other, by("eve"), twice).1);
    let thrice = limit(|limits| limits.uses = Some(3));
    committed(store, order_with(&world, promotion, by("eve"), thrice).1);
}

/// A use beyond the limit of one customer is refused; other customers are not concerned.
pub fn a_use_beyond_the_limit_of_a_customer_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let once = limit(|limits| (limits.uses, limits.uses_per_customer) = (Some(3), Some(1)));
    committed(store, order_with(&world, promotion, by("ada"), once).1);
    refused(store, order_with(&world, promotion, by("ada"), once).1);
    committed(store, order_with(&world, promotion, by("bob"), once).1);
    let uses = counted(store, promotion, "ada", &[]);
    assert_eq!((uses.total, uses.by_customer), (2, 1));
}

/// A use beyond the limit of a coupon is refused; other coupons of the promotion are not concerned.
pub fn a_use_beyond_the_limit_of_a_coupon_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let once = limit(|limits| limits.uses_per_coupon = Some(1));
    let typed = |coupon, customer| Used { coupon: Some(coupon), ..by(customer) };
    committed(store, order_with(&world, promotion, typed("one", "ada"), once).1);
    let refusal = refused(store, order_with(&world, promotion, typed("ONE", "bob"), once).1);
    assert_eq!(refusal.code(), "coupon.used_up");
    committed(store, order_with(&world, promotion, typed("two", "bob"), once).1);
    // The same code of another promotion is another counter.
    let other = new_promotion(&world, store);
    committed(store, order_with(&world, other, typed("one", "bob"), once).1);
}

/// Units are sold up to the limit, in all and to one customer; an order that takes more than are left gets none.
pub fn units_beyond_the_limit_are_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let cap = limit(|limits| (limits.units, limits.units_per_customer) = (Some(5), Some(3)));
    let buys =
        |customer, units| order_with(&world, promotion, Used { units, ..by(customer) }, cap).1;
    committed(store, buys("ada", 2));
    refused(store, buys("ada", 2));
    committed(store, buys("ada", 1));
    refused(store, buys("bob", 3));
    committed(store, buys("bob", 2));
    refused(store, buys("eve", 1));
    // What takes nothing off units is not concerned.
    committed(store, buys("eve", 0));
    let uses = counted(store, promotion, "ada", &[]);
    assert_eq!((uses.units, uses.units_by_customer), (5, 3));
}

/// Money is given up to the budget; an order that takes more than is left gets nothing.
pub fn money_beyond_the_budget_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let budget = limit(|limits| limits.budget = Some(eur(1_000)));
    let takes = |amount| order_with(&world, promotion, Used { amount, ..by("ada") }, budget).1;
    committed(store, takes(eur(900)));
    refused(store, takes(eur(101)));
    committed(store, takes(eur(100)));
    refused(store, takes(eur(1)));
    refused(store, takes(Money::from_minor(1, Currency::USD)));
    assert_eq!(counted(store, promotion, "ada", &[]).given, Some(eur(1_000)));
}

/// The same order counts once, whatever the limits say by then.
pub fn an_order_counts_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let once = limit(|limits| (limits.uses, limits.units) = (Some(1), Some(1)));
    let (order, set) = order_with(&world, promotion, by("ada"), once);
    committed(store, set);
    let before = counted(store, promotion, "ada", &[]);
    let again = || used(promotion, &order, by("ada"), once);
    committed(store, world.set_of([again(), again()]));
    assert_eq!(counted(store, promotion, "ada", &[]), before);
    assert_eq!(before.total, 1);
}

/// A canceled order gives all that it used back, and only its own; giving back twice is nothing.
pub fn uses_are_given_back<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b) = (new_promotion(&world, store), new_promotion(&world, store));
    let tight = Limits {
        uses: Some(2),
        uses_per_coupon: Some(1),
        units: Some(4),
        budget: Some(eur(400)),
        ..Limits::NONE
    };
    let how = |customer, coupon| Used {
        coupon: Some(coupon),
        units: 2,
        amount: eur(200),
        ..by(customer)
    };
    let (order, mut set) = order_with(&world, a, how("ada", "one"), tight);
    set.push(used(b, &order, by("ada"), Limits::NONE));
    committed(store, set);
    committed(store, order_with(&world, a, how("bob", "two"), tight).1);
    refused(store, order_with(&world, a, how("eve", "three"), tight).1);
    let left = PromotionUses {
        total: 1,
        units: 2,
        given: Some(eur(200)),
        by_coupon: vec![(code("two"), 1)],
        ..PromotionUses::none(a)
    };
    for _ in 0..2 {
        committed(store, world.set_of([Change::PromotionUseReturned { order: order.id }]));
        assert_eq!(counted(store, a, "ada", &["one", "two"]), left);
        assert_eq!(counted(store, b, "ada", &[]), PromotionUses::none(b));
        assert_eq!(store.promotion_uses_of(order.id).unwrap(), []);
    }
    committed(store, order_with(&world, a, how("eve", "one"), tight).1);
    refused(store, order_with(&world, a, how("ada", "four"), tight).1);
    assert_eq!(store.integrity().unwrap(), []);
}

/// A promotion that may be used once is used once, by 200 orders from sixteen threads.
pub fn one_use_goes_to_one_of_two_hundred_orders<F: Fixture>() {
    let once = limit(|limits| limits.uses = Some(1));
    let how = |_| Used { coupon: Some("SPRING"), ..by("") };
    let (uses, outcomes) = crowd::<F>(200, once, how);
    assert_eq!((uses.total, uses.by_coupon), (1, vec![(code("SPRING"), 1)]));
    for outcome in outcomes.iter().filter(|outcome| !is_committed(outcome)) {
        assert!(
            matches!(outcome, CommitOutcome::Refused(why) if why.code() == "coupon.used_up"),
            "{outcome:?}"
        );
    }
}

/// The limit of a coupon holds when many buyers have the same code.
pub fn the_limit_of_a_coupon_holds_under_concurrency<F: Fixture>() {
    let twice = limit(|limits| limits.uses_per_coupon = Some(2));
    let how = |n: usize| Used {
        coupon: Some(if n.is_multiple_of(2) { "even" } else { "odd" }),
        ..by("")
    };
    let (uses, _) = crowd::<F>(64, twice, how);
    assert_eq!(uses.total, 4);
}

/// Units are sold to the last one and not beyond, by orders of one to three units from sixteen threads.
pub fn the_limit_of_units_holds_under_concurrency<F: Fixture>() {
    let fifty = limit(|limits| limits.units = Some(50));
    let how = |n: usize| Used { units: u32::try_from(1 + n % 3).unwrap(), ..by("") };
    let (uses, _) = crowd::<F>(200, fifty, how);
    assert_eq!(uses.units, 50);
}

/// The budget is given to the last cent and not beyond, by orders from sixteen threads.
pub fn the_budget_holds_under_concurrency<F: Fixture>() {
    let budget = limit(|limits| limits.budget = Some(eur(1_000)));
    let how = |n: usize| Used { amount: eur(if n.is_multiple_of(3) { 70 } else { 10 }), ..by("") };
    let (uses, _) = crowd::<F>(200, budget, how);
    assert_eq!(uses.given, Some(eur(1_000)));
}

/// The limits of a customer hold when the customer checks out many carts at once.
pub fn the_limits_of_a_customer_hold_under_concurrency<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let own = limit(|limits| limits.uses_per_customer = Some(3));
    let two_units = limit(|limits| limits.units_per_customer = Some(2));
    let outcomes = together(24, |n| {
        let (customer, limits) =
            [("ada", own), ("bob", own), ("eve", two_units)].get(n % 3).copied().unwrap();
        commit(store, order_with(&world, promotion, by(customer), limits).1)
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 8, "{outcomes:?}");
    for (customer, most) in [("ada", 3), ("bob", 3), ("eve", 2)] {
        assert_eq!(counted(store, promotion, customer, &[]).by_customer, most, "{customer}");
    }
}

/// Has `orders` orders of as many customers use one promotion from sixteen threads; returns what was counted and what
/// became of each.
fn crowd<'a, F: Fixture>(
    orders: usize,
    limits: Limits,
    how: impl Fn(usize) -> Used<'a> + Sync,
) -> (PromotionUses, Vec<CommitOutcome>) {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let outcomes = together(16, |thread| {
        let tries = (0..orders).filter(|n| n % 16 == thread);
        tries
            .map(|n| {
                let customer = format!("customer {n}");
                let how = Used { customer: &customer, ..how(n) };
                commit(store, order_with(&world, promotion, how, limits).1)
            })
            .collect::<Vec<_>>()
    })
    .concat();
    let uses = counted(store, promotion, "", &["SPRING"]);
    let placed = outcomes.iter().filter(|outcome| is_committed(outcome)).count();
    assert_eq!((outcomes.len(), u64::try_from(placed).unwrap()), (orders, uses.total));
    assert_eq!(store.integrity().unwrap(), []);
    (uses, outcomes)
}

/// Returns an order of a buyer, as opened and placed, with the changes that do both.
fn order_of(world: &World, customer: Option<CustomerId>, email: &str) -> (Order, [Change; 3]) {
    let cart = world.cart(&[]);
    let order = Order { customer, email: email.to_owned(), ..world.order(&cart) };
    let placed = world.placed(&order);
    let changes =
        [Change::Cart(Box::new(cart)), Change::OrderOpened(Box::new(order)), place(&placed)];
    (placed, changes)
}

/// Orders of a customer are counted by the customer, those of guests by normalized e-mail; pending and canceled ones are
/// not.
pub fn placed_orders_are_counted_by_buyer<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let customer = CustomerId::from_u128(world.id());
    let mut last = None;
    for (customer, email) in [
        (None, "Ada@Example.com"),
        (None, "ada@example.com"),
        (None, "ÄDA@example.com"),
        (Some(customer), "ada@example.com"),
    ] {
        let (order, changes) = order_of(&world, customer, email);
        let [cart, opened, placed] = changes;
        committed(store, world.set_of([cart, opened]));
        let buyer = sutler_core::order::buyer_key(customer, Some(email)).unwrap();
        let before = store.orders_placed(&buyer).unwrap();
        committed(store, world.set_of([placed]));
        assert_eq!(store.orders_placed(&buyer).unwrap(), before + 1, "{buyer}");
        last = Some((buyer, order));
    }
    let placed = |buyer: &str| store.orders_placed(buyer).unwrap();
    assert_eq!((placed("ada@example.com"), placed("äda@example.com")), (2, 1));
    assert_eq!((placed("Ada@Example.com"), placed("eve@example.com"), placed("")), (0, 0, 0));
    let (buyer, order) = last.unwrap();
    committed(store, world.set_of([cancel(&world.canceled(&order))]));
    assert_eq!((placed(&buyer), placed("ada@example.com")), (0, 2));
    assert_eq!(store.integrity().unwrap(), []);
}

/// A promotion for first orders goes to one of many orders of one buyer; once that is canceled, to another.
pub fn a_first_order_is_one_of_many<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let promotion = new_promotion(&world, store);
    let first = |email: &str| {
        let (order, changes) = order_of(&world, None, email);
        let mut change = used(promotion, &order, by("ada@example.com"), Limits::NONE);
        if let Change::PromotionUse { first_order, .. } = &mut change {
            *first_order = true;
        }
        (order, world.set_of(changes.into_iter().chain([change])))
    };
    let outcomes = together(16, |n| {
        let (order, set) = first(if n % 2 == 0 { "ada@example.com" } else { "ADA@example.com" });
        (order, commit(store, set))
    });
    let mut placed = outcomes.iter().filter(|(_, outcome)| is_committed(outcome));
    let (order, _) = placed.next().unwrap();
    assert_eq!(placed.count(), 0, "only one is the first");
    assert_eq!(counted(store, promotion, "", &[]).total, 1);
    assert_eq!(refused(store, first("ada@example.com").1).code(), "promotion.used_up");
    committed(
        store,
        world.set_of([
            cancel(&world.canceled(order)),
            Change::PromotionUseReturned { order: order.id },
        ]),
    );
    committed(store, first("ada@example.com").1);
}
