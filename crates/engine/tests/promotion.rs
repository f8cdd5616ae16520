//! Promotions that are limited: what is counted, who loses a race and hears what, what a canceled order gives back.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod world;

use std::sync::Arc;

use sutler_core::catalog::Channel;
use sutler_core::change::SetupChange;
use sutler_core::id::{CustomerId, PromotionId};
use sutler_core::money::{Currency, Money, Rate};
use sutler_core::order::Order;
use sutler_core::port::{PromotionReader as _, UsesAsked};
use sutler_core::pricing::{
    Benefit, Condition, CouponCode, LaneMode, Limits, Promotion, PromotionRefusal,
};
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_engine::flow::cart::QuoteFor;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::flow::coupon::CodesCommand;
use sutler_engine::flow::promotion::{PromotionTrial, TrialOf};
use sutler_engine::testing::Counting;
use sutler_engine::{FlowError, Shop};
use world::World;

const SALE: PromotionId = PromotionId::from_u128(0x5a1e);

/// A red mug with delivery, and the mug for half of it.
const FULL: i64 = 1_190 + 490;
const HALF: i64 = 595 + 490;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn code(text: &str) -> CouponCode {
    CouponCode::new(text).unwrap()
}

/// A promotion of half the price of each mug.
fn half(conditions: Vec<Condition>, limits: Limits) -> Promotion {
    let half = Benefit::Percent { rate: Rate::percent("50").unwrap() };
    Promotion { conditions, limits, ..Promotion::new(SALE, "Half price", half) }
}

fn typed() -> Vec<Condition> {
    vec![Condition::Coupon { codes: vec![code("HALF"), code("OTHER")] }]
}

/// A cart with some red mugs, and the command that buys them.
fn mugs(world: &World, units: u32, email: &str, pay: &str) -> CheckoutCommand {
    let cart = world.shop.cart_new("web", None, None).unwrap();
    world.shop.cart_add(cart.id, world.red, Quantity::new(units).unwrap(), None).unwrap();
    let command = world.command(pay, None);
    CheckoutCommand { cart: cart.id, email: email.to_owned(), ..command }
}

fn with_coupon(world: &World, command: CheckoutCommand, coupon: &str) -> CheckoutCommand {
    world.shop.cart_coupon(command.cart, coupon).unwrap();
    command
}

#[track_caller]
fn pays(world: &World, command: &CheckoutCommand, minor: i64) -> Order {
    let order = world.shop.checkout(command).unwrap().order;
    assert_eq!(order.total(), eur(minor));
    order
}

fn cancel(world: &World, order: &Order) {
    world.shop.order_cancel(order.number, "changed my mind", None).unwrap();
}

/// Has another buyer take the last use of the sale before this one's placing commit; returns what this one hears.
fn loses(
    pay: &str,
    coupon: Option<&str>,
    expect_total: Option<i64>,
) -> (World, Result<Order, FlowError>) {
    let world = World::new();
    let conditions = if coupon.is_some() { typed() } else { Vec::new() };
    let limits = Limits { uses: Some(1), ..Limits::NONE };
    world.shop.promotion_add(&half(conditions, limits)).unwrap();
    let buyer = |email| {
        let command = mugs(&world, 1, email, pay);
        coupon.iter().for_each(|code| {
            world.shop.cart_coupon(command.cart, code).unwrap();
        });
        CheckoutCommand { expect_total: expect_total.map(eur), ..command }
    };
    let (slow, quick) = (buyer("slow@example.com"), buyer("quick@example.com"));
    // A provider is asked between the first commit and the placing one.
    let placing = if pay.starts_with("manual") { 1 } else { 2 };
    let shop = world.interrupted(placing, move |other| {
        assert_eq!(other.checkout(&quick).unwrap().order.total(), eur(HALF));
    });
    let heard = shop.checkout(&slow).map(|placed| placed.order);
    assert_eq!(counted(&world, None).total, 1);
    world.is_whole();
    (world, heard)
}

fn counted(world: &World, customer: Option<&str>) -> sutler_core::pricing::PromotionUses {
    let asked = UsesAsked { customer, coupons: &[code("HALF")], currency: Currency::EUR };
    world.store.promotion_uses(&[SALE], &asked).unwrap().remove(0)
}

#[test]
fn who_loses_the_race_for_a_coupon_hears_that_it_is_used_up() {
    for pay in ["manual:cash", "test:ok"] {
        let (world, heard) = loses(pay, Some("HALF"), None);
        let refusal = heard.unwrap_err();
        assert_eq!(refusal.code(), "coupon.used_up", "{pay}");
        assert!(refusal.to_string().contains("Half price"), "{refusal}");
        assert_eq!(world.level(world.red).allocated, 1, "only the winner has a mug");
    }
}

#[test]
fn who_saw_a_price_that_is_gone_is_shown_the_new_one_before_anybody_was_asked_for_money() {
    let (_, heard) = loses("manual:cash", None, Some(HALF));
    let Err(FlowError::Refused(Rejection::QuoteChanged { expected, actual, .. })) = heard else {
        panic!("{heard:?}")
    };
    assert_eq!((expected, actual), (eur(HALF), eur(FULL)));
}

#[test]
fn who_did_not_insist_on_a_price_is_sold_to_as_if_they_had_come_later() {
    let (_, heard) = loses("manual:cash", None, None);
    assert_eq!(heard.unwrap().total(), eur(FULL));
}

#[test]
fn who_loses_the_race_after_the_money_was_held_gets_it_back() {
    for expected in [None, Some(HALF)] {
        let (world, heard) = loses("test:ok", None, expected);
        let Err(FlowError::Refused(Rejection::PromotionUsedUp { name, reason, .. })) = &heard
        else {
            panic!("{heard:?}")
        };
        assert_eq!(
            (name.as_str(), &**reason),
            ("Half price", &PromotionRefusal::UsedUp { limit: 1 })
        );
        assert_eq!(heard.unwrap_err().code(), "promotion.used_up");
        world.settle();
        assert_eq!(world.money_held(), HALF, "only the winner's");
    }
}

#[test]
fn units_of_a_sale_are_sold_to_the_cap_and_each_buyer_up_to_theirs() {
    let world = World::new();
    let limits = Limits { units: Some(3), units_per_customer: Some(2), ..Limits::NONE };
    world.shop.promotion_add(&half(Vec::new(), limits)).unwrap();
    // Two of three for half: the third unit is beyond the buyer's own cap.
    pays(&world, &mugs(&world, 3, "ada@example.com", "test:ok"), 595 * 2 + FULL);
    pays(&world, &mugs(&world, 1, " ADA@Example.com ".trim(), "test:ok"), FULL);
    pays(&world, &mugs(&world, 1, "bob@example.com", "test:ok"), HALF);
    let uses = counted(&world, Some("ada@example.com"));
    assert_eq!((uses.units, uses.units_by_customer, uses.given), (3, 2, Some(eur(595 * 3))));
    world.is_whole();
}

#[test]
fn a_budget_is_given_to_the_last_cent() {
    let world = World::new();
    let limits = Limits { budget: Some(eur(1_000)), ..Limits::NONE };
    world.shop.promotion_add(&half(Vec::new(), limits)).unwrap();
    pays(&world, &mugs(&world, 1, "ada@example.com", "test:ok"), HALF);
    pays(&world, &mugs(&world, 1, "bob@example.com", "test:ok"), FULL - 405);
    pays(&world, &mugs(&world, 1, "eve@example.com", "test:ok"), FULL);
    assert_eq!(counted(&world, None).given, Some(eur(1_000)));
    world.is_whole();
}

#[test]
fn a_canceled_order_gives_back_all_that_it_used() {
    let world = World::new();
    let limits = Limits {
        uses: Some(1),
        uses_per_customer: Some(1),
        uses_per_coupon: Some(1),
        units: Some(1),
        units_per_customer: Some(1),
        budget: Some(eur(595)),
        ..Limits::NONE
    };
    world.shop.promotion_add(&half(typed(), limits)).unwrap();
    let buys = || with_coupon(&world, mugs(&world, 1, "ada@example.com", "test:ok"), "half");
    for _ in 0..2 {
        let order = pays(&world, &buys(), HALF);
        let used = counted(&world, Some("ada@example.com"));
        assert_eq!((used.total, used.by_customer, used.units), (1, 1, 1));
        assert_eq!(
            (used.by_coupon.as_slice(), used.given),
            (&[(code("HALF"), 1)][..], Some(eur(595)))
        );
        assert_eq!(world.shop.checkout(&buys()).unwrap_err().code(), "coupon.used_up");
        cancel(&world, &order);
        let left = counted(&world, Some("ada@example.com"));
        assert_eq!(left, sutler_core::pricing::PromotionUses::none(SALE));
        world.is_whole();
    }
}

#[test]
fn a_repeated_checkout_counts_once() {
    let world = World::new();
    world.shop.promotion_add(&half(Vec::new(), Limits { uses: Some(1), ..Limits::NONE })).unwrap();
    let command = mugs(&world, 1, "ada@example.com", "test:ok");
    let command = CheckoutCommand { key: Some("once".parse().unwrap()), ..command };
    for replayed in [false, true, true] {
        assert_eq!(world.shop.checkout(&command).unwrap().replayed, replayed);
        assert_eq!(counted(&world, None).total, 1);
    }
}

#[test]
fn a_first_order_is_the_first_of_a_buyer_until_it_is_canceled() {
    let world = World::new();
    world.shop.promotion_add(&half(vec![Condition::FirstOrder], Limits::NONE)).unwrap();
    let wanted = QuoteFor::default();
    let unknown = mugs(&world, 1, "ada@example.com", "test:ok");
    let quote = world.shop.cart_quote(unknown.cart, &wanted).unwrap().quote;
    assert_eq!(quote.promotions_refused[0].refusal, PromotionRefusal::BuyerUnknown);

    let first = pays(&world, &unknown, HALF);
    pays(&world, &mugs(&world, 1, "Ada@Example.COM", "test:ok"), FULL);
    pays(&world, &mugs(&world, 1, "bob@example.com", "test:ok"), HALF);
    cancel(&world, &first);
    // Ada has another order that stands.
    pays(&world, &mugs(&world, 1, "ada@example.com", "test:ok"), FULL);

    // A customer is counted by who they are, whatever address they give.
    let world = World::new();
    world.shop.promotion_add(&half(vec![Condition::FirstOrder], Limits::NONE)).unwrap();
    for (email, minor) in [("ada@example.com", HALF), ("other@example.com", FULL)] {
        let own = world.shop.cart_new("web", Some(CustomerId::from_u128(1)), None).unwrap();
        world.shop.cart_add(own.id, world.red, Quantity::ONE, None).unwrap();
        let command = mugs(&world, 1, email, "test:ok");
        pays(&world, &CheckoutCommand { cart: own.id, ..command }, minor);
    }
    let first = pays(&world, &mugs(&world, 1, "guest@example.com", "test:ok"), HALF);
    cancel(&world, &first);
    pays(&world, &mugs(&world, 1, "guest@example.com", "test:ok"), HALF);
}

#[test]
fn two_first_orders_of_one_buyer_at_once_are_one() {
    let world = World::new();
    world.shop.promotion_add(&half(vec![Condition::FirstOrder], Limits::NONE)).unwrap();
    let (slow, quick) = (
        mugs(&world, 1, "ada@example.com", "test:ok"),
        mugs(&world, 1, "ada@example.com", "test:ok"),
    );
    let shop = world.interrupted(2, move |other| {
        other.checkout(&quick).unwrap();
    });
    assert_eq!(shop.checkout(&slow).unwrap_err().code(), "promotion.used_up");
    world.settle();
    assert_eq!(world.money_held(), HALF);
    world.is_whole();
}

fn with_chance(world: &World) -> Shop {
    world.bare_program(9_000_000).with_random(Arc::new(Counting::default()))
}

fn codes(count: u32) -> CodesCommand {
    CodesCommand { promotion: "Half price".to_owned(), count, prefix: "mug".to_owned() }
}

#[test]
fn each_code_of_a_batch_unlocks_once_however_it_is_typed() {
    let world = World::new();
    world.shop.promotion_add(&half(Vec::new(), Limits::NONE)).unwrap();
    let plan = with_chance(&world).coupon_codes_make(&codes(2), true).unwrap();
    assert_eq!(plan.promotion.limits.uses_per_coupon, Some(1));
    assert_eq!(world.shop.setup().unwrap().promotions[0].version, 1, "a plan writes nothing");

    let made = with_chance(&world).coupon_codes_make(&codes(2), false).unwrap().codes;
    let without = mugs(&world, 1, "ada@example.com", "test:ok");
    let sloppy = made[0].as_str().replace('-', " ").to_lowercase();
    pays(
        &world,
        &with_coupon(&world, mugs(&world, 1, "ada@example.com", "test:ok"), &sloppy),
        HALF,
    );
    let again = with_coupon(&world, without.clone(), made[0].as_str());
    assert_eq!(world.shop.checkout(&again).unwrap_err().code(), "coupon.used_up");
    world.shop.cart_coupon_remove(again.cart, &sloppy).unwrap();
    pays(&world, &with_coupon(&world, again, made[1].as_str()), HALF);
    pays(&world, &mugs(&world, 1, "ada@example.com", "test:ok"), FULL);
    let guessed = CouponCode::from_random("mug", [9; CouponCode::RANDOM_BYTES]).unwrap();
    let refusal = world.shop.cart_coupon(without.cart, guessed.as_str()).unwrap_err();
    assert_eq!(refusal.code(), "not_found");
    world.is_whole();
}

#[test]
fn a_batch_is_filled_as_often_as_codes_are_wanted() {
    let world = World::new();
    world.shop.promotion_add(&half(Vec::new(), Limits::NONE)).unwrap();
    let shop = with_chance(&world);
    let first = shop.coupon_codes_make(&codes(3), false).unwrap();
    // More than one commit writes.
    let second = shop.coupon_codes_make(&codes(20_001), false).unwrap();
    assert_eq!((first.batch, second.codes.len()), (second.batch, 20_001));
    assert_eq!(world.shop.setup().unwrap().promotions[0].version, 2, "it was changed once");
    let (mut listed, mut last) = (Vec::new(), None);
    loop {
        let page = shop.coupon_codes("Half price", last.as_ref(), 5_000).unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.clone());
        listed.extend(page);
    }
    let mut all = [first.codes, second.codes].concat();
    all.sort();
    assert_eq!(listed, all);
}

#[test]
fn codes_are_refused_where_they_could_not_work() {
    let world = World::new();
    let shop = with_chance(&world);
    let refused = |command: &CodesCommand| shop.coupon_codes_make(command, false).unwrap_err();
    assert_eq!(refused(&codes(1)).code(), "not_found");
    world.shop.promotion_add(&half(typed(), Limits::NONE)).unwrap();
    assert_eq!(refused(&codes(1)).code(), "pricing.invalid_rule", "it has codes of its own");
    world
        .shop
        .promotion_add(&Promotion { id: PromotionId::from_u128(9), ..half(vec![], Limits::NONE) })
        .unwrap();
    assert_eq!(refused(&codes(1)).code(), "ambiguous");
    let by_id = CodesCommand { promotion: PromotionId::from_u128(9).to_string(), ..codes(1) };
    assert_eq!(refused(&CodesCommand { count: 0, ..by_id.clone() }).code(), "input.invalid");
    assert_eq!(
        refused(&CodesCommand { count: 1_000_001, ..by_id.clone() }).code(),
        "input.invalid"
    );
    let spaced = CodesCommand { prefix: "two words".to_owned(), ..by_id.clone() };
    assert_eq!(refused(&spaced).code(), "pricing.invalid_rule");
    assert!(world.shop.coupon_codes_make(&by_id, false).is_err(), "no source of chance");
    assert_eq!(shop.coupon_codes_make(&by_id, false).unwrap().codes.len(), 1);
}

#[test]
fn a_channel_says_how_promotions_are_combined() {
    let world = World::new();
    // Goods for 75.40 go free of delivery; one euro off makes delivery cost 4.90.
    let one_off = Benefit::FixedOrder { amount: eur(100) };
    let sale = Promotion { benefits: vec![one_off], ..half(Vec::new(), Limits::NONE) };
    world.shop.promotion_add(&sale).unwrap();
    let cart = world.shop.cart_new("web", None, None).unwrap().id;
    for (mug, units) in [(world.red, 4), (world.blue, 2)] {
        world.shop.cart_add(cart, mug, Quantity::new(units).unwrap(), None).unwrap();
    }
    let delivery = Some("standard".to_owned());
    let wanted = QuoteFor { delivery, ..QuoteFor::default() };
    let total = || world.shop.cart_quote(cart, &wanted).unwrap().quote.totals.total;
    assert_eq!(total(), eur(7_440 + 490));
    let web = world.shop.setup().unwrap().channels[0].clone();
    let version = web.version + 1;
    let best = Channel { lane_mode: LaneMode::BestOf, version, ..web };
    world.shop.setup_put(&SetupChange::Channel(best)).unwrap();
    assert_eq!(total(), eur(7_540), "without it the buyer pays less");
}

#[test]
fn a_gift_is_tried_that_is_not_in_the_cart() {
    let world = World::new();
    let gift = Benefit::Gift { variant: world.blue, units: 1 };
    let sale = Promotion { benefits: vec![gift], active: false, ..half(vec![], Limits::NONE) };
    world.shop.promotion_add(&sale).unwrap();
    let cart = mugs(&world, 1, "ada@example.com", "test:ok").cart;
    let trial = PromotionTrial::new(TrialOf::Stored("Half price"));
    let seen = world.shop.promotion_test(cart, &trial, &QuoteFor::default()).unwrap();
    assert_eq!(seen.outcomes[0].given, Ok(eur(1_390)));
    let given: Vec<_> = seen.after.lines.iter().map(|line| (line.variant, line.total)).collect();
    assert_eq!(given, [(world.red, eur(1_190)), (world.blue, eur(0))]);
    assert_eq!(seen.before.lines.len(), 1);
    assert!(seen.titles.contains_key(&world.blue));
}
