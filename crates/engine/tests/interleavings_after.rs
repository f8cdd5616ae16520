//! After a failure, a refusal or a refund: what is asked again is answered the same way, and nothing is done twice.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod world;

use std::sync::Arc;

use sutler_core::checkout::CheckoutStatus;
use sutler_core::id::{CheckoutId, CustomerId, PromotionId};
use sutler_core::money::{Currency, Money};
use sutler_core::order::{MoneyProgress, Order};
use sutler_core::port::{
    Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest, SagaReader as _,
};
use sutler_core::pricing::{Benefit, Condition, CouponCode, Limits, Promotion};
use sutler_core::quantity::Quantity;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::flow::fulfill::ShipCommand;
use sutler_store_conformance::Fault;
use world::{Cut, FlakyProvider, World};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn sold(world: &World, pay: &str) -> Order {
    world.shop.checkout(&world.command(pay, None)).unwrap().order
}

fn parcel(lines: &[(&str, u32)]) -> ShipCommand {
    let lines =
        lines.iter().map(|(sku, n)| ((*sku).to_owned(), Quantity::new(*n).unwrap())).collect();
    ShipCommand { lines, ..ShipCommand::new("dhl") }
}

fn one_euro_off(conditions: Vec<Condition>) -> Promotion {
    let euro = Benefit::FixedOrder { amount: eur(100) };
    Promotion { conditions, ..Promotion::new(PromotionId::from_u128(0xb1), "One euro off", euro) }
}

/// A provider that holds a cent instead of what was asked, and refuses to drop it.
struct Stubborn(Arc<FlakyProvider>);

impl PaymentProvider for Stubborn {
    fn name(&self) -> &'static str {
        "test"
    }
    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Ok(ProviderReply { amount: eur(1), ..self.0.authorize(request)? })
    }
    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.0.capture(request)
    }
    fn void(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Declined { reason: "call us".to_owned() })
    }
    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.0.refund(request)
    }
    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
        self.0.lookup(key)
    }
}

/// A provider that is always still working on it.
struct Slow;

impl PaymentProvider for Slow {
    fn name(&self) -> &'static str {
        "test"
    }
    fn authorize(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Unknown { reason: "wait".to_owned() })
    }
    fn capture(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Unknown { reason: "wait".to_owned() })
    }
    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Ok(ProviderReply { reference: request.key.clone(), amount: request.amount })
    }
    fn refund(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Unknown { reason: "wait".to_owned() })
    }
    fn lookup(&self, _: &str) -> Result<Lookup, ProviderError> {
        Ok(Lookup::UnderWay)
    }
}

#[test]
fn a_capture_that_is_refused_after_the_cancellation_drops_the_hold() {
    let world = World::new();
    let number = sold(&world, "test:capture-decline").number;
    world.provider.schedule([(1, Cut::Before)]);
    world.shop.capture(number, None).unwrap();
    world.shop.order_cancel(number, "changed my mind", None).unwrap();
    world.settle();
    world.nothing_is_held();
}

#[test]
fn a_refund_of_the_first_parcel_leaves_the_second_one_paid() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    world.shop.fulfill_ship(order.number, &parcel(&[("MUG-RED", 1)])).unwrap();
    let refunded = world.shop.refund(order.number, None, "came broken", None).unwrap();
    assert_eq!(refunded.progress.money, MoneyProgress::PartlyRefunded, "the rest is still held");
    let rest = world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    assert_eq!(rest.payments[0].state().captured, order.total());
    world.is_whole();
}

#[test]
fn a_refund_over_two_captures_takes_from_each_what_it_has() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    world.shop.fulfill_ship(order.number, &parcel(&[("MUG-RED", 1)])).unwrap();
    world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    world.shop.refund(order.number, Some(eur(100)), "a dent", None).unwrap();
    let all = world.shop.refund(order.number, None, "sent back", None).unwrap();
    assert_eq!((all.progress.money, world.money_held()), (MoneyProgress::Refunded, 0));
    world.is_whole();
}

#[test]
fn a_cent_that_was_paid_and_half_given_back_is_not_the_price() {
    let world = World::new();
    let order = sold(&world, "manual:transfer");
    world.shop.mark_paid(order.number, Some(eur(2)), "bank 17", None).unwrap();
    assert_eq!(
        world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap_err().code(),
        "order.not_paid"
    );
    world.shop.refund(order.number, Some(eur(1)), "oops", None).unwrap();
    assert_eq!(
        world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap_err().code(),
        "order.not_paid"
    );
}

#[test]
fn one_reference_stands_for_one_amount_and_canceled_orders_are_not_paid() {
    let world = World::new();
    let order = sold(&world, "manual:transfer");
    let key = || Some("receipt".parse().unwrap());
    world.shop.mark_paid(order.number, Some(eur(2)), "bank 17", key()).unwrap();
    world.shop.mark_paid(order.number, Some(eur(2)), "bank 17", key()).unwrap();
    assert_eq!(
        world.shop.mark_paid(order.number, Some(eur(3)), "bank 17", key()).unwrap_err().code(),
        "key.reused"
    );
    assert_eq!(
        world.shop.mark_paid(order.number, Some(eur(3)), "bank 17", None).unwrap_err().code(),
        "input.invalid"
    );
    let canceled = world.shop.order_cancel(order.number, "changed my mind", None).unwrap();
    assert_eq!(canceled.payments[0].state().refunded, eur(2));
    assert_eq!(
        world.shop.mark_paid(order.number, None, "bank 18", None).unwrap_err().code(),
        "order.not_placed"
    );
}

#[test]
fn a_refund_whose_answer_cannot_be_recorded_is_no_error_to_repeat() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    world.shop.capture(order.number, None).unwrap();
    // The first commit queues the refund; the record of its answer fails twice.
    world.store.schedule([Fault::BeforeCommit(2), Fault::BeforeCommit(3)]);
    world.shop.refund(order.number, Some(eur(100)), "a dent", None).unwrap();
    world.settle();
    assert_eq!(world.shop.order(order.number).unwrap().payments[0].state().refunded, eur(100));
}

#[test]
fn a_shipment_whose_capture_cannot_be_recorded_is_no_error_to_repeat() {
    let world = World::new();
    let number = sold(&world, "test:ok").number;
    world.store.schedule([Fault::BeforeCommit(2), Fault::BeforeCommit(3)]);
    let shipped = world.shop.fulfill_ship(number, &parcel(&[("MUG-RED", 1)])).unwrap();
    assert_eq!(shipped.order.lines[0].shipped, 1);
}

#[test]
fn a_limit_per_customer_counts_a_known_customer_when_quoting_too() {
    let world = World::new();
    world
        .shop
        .promotion_add(&Promotion {
            limits: Limits { uses_per_customer: Some(1), ..Limits::NONE },
            ..one_euro_off(vec![])
        })
        .unwrap();
    let buy = || {
        let cart = world.shop.cart_new("web", Some(CustomerId::from_u128(0xc5)), None).unwrap();
        world.shop.cart_add(cart.id, world.red, Quantity::ONE, None).unwrap();
        world
            .shop
            .checkout(&CheckoutCommand { cart: cart.id, ..world.command("test:ok", None) })
            .unwrap()
            .order
            .total()
    };
    let (first, second) = (buy(), buy());
    assert_eq!(second.checked_sub(first), Ok(eur(100)), "the second order costs the full price");
}

#[test]
fn a_coupon_that_is_used_up_can_be_taken_out() {
    let world = World::new();
    let coupon = Condition::Coupon { codes: vec![CouponCode::new("ONE").unwrap()] };
    world
        .shop
        .promotion_add(&Promotion {
            limits: Limits { uses: Some(1), ..Limits::NONE },
            ..one_euro_off(vec![coupon])
        })
        .unwrap();
    let (first, second) = (world.command("test:ok", None), world.command("test:ok", None));
    for command in [&first, &second] {
        world.shop.cart_coupon(command.cart, "ONE").unwrap();
    }
    world.shop.checkout(&first).unwrap();
    assert!(world.shop.checkout(&second).is_err());
    assert_eq!(world.shop.cart_coupon_remove(second.cart, "TWO").unwrap_err().code(), "not_found");
    assert_eq!(
        world.shop.cart_coupon_remove(second.cart, "one").unwrap().coupons,
        Vec::<String>::new()
    );
    world.shop.checkout(&second).unwrap();
}

#[test]
fn a_refusal_asked_for_again_is_the_same_refusal() {
    let world = World::new();
    let command = world.command("test:decline", Some("k"));
    let first = world.shop.checkout(&command).unwrap_err();
    let again = world.shop.checkout(&command).unwrap_err();
    assert_eq!((first.code(), first.to_string()), (again.code(), again.to_string()));
}

#[test]
fn a_retry_without_a_key_must_ask_for_what_was_ordered() {
    let world = World::new();
    let first = world.command("manual:cash", None);
    world.shop.checkout(&first).unwrap();
    assert!(world.shop.checkout(&first).unwrap().replayed);
    for other in [
        CheckoutCommand { pay: Some("test:ok".to_owned()), ..first.clone() },
        CheckoutCommand { delivery: "pickup".to_owned(), ..first.clone() },
        CheckoutCommand { expect_total: Some(eur(1)), ..first.clone() },
        CheckoutCommand { email: "eve@example.com".to_owned(), ..first.clone() },
    ] {
        assert_eq!(world.shop.checkout(&other).unwrap_err().code(), "cart.already_ordered");
    }
}

#[test]
fn expired_holds_do_not_stand_in_the_way_of_a_count() {
    let world = World::new();
    let command = world.command("test:unknown", None);
    world.shop.cart_set(command.cart, world.red, Some(Quantity::new(5).unwrap())).unwrap();
    assert_eq!(world.shop.checkout(&command).unwrap_err().code(), "payment.open");
    world.clock.advance(16 * 60);
    assert_eq!(world.shop.stock_show(world.red).unwrap().levels[0].1.available(), 5);
    world.shop.stock_correct(world.red, 0, "main", "stolen", None, None).unwrap();
    world.is_whole();
}

#[test]
fn keys_make_counts_transfers_limits_and_captures_take_effect_once() {
    let world = World::new();
    let key = |text: &str| Some(text.parse().unwrap());
    for _ in 0..2 {
        world.shop.stock_correct(world.red, 4, "main", "one broke", Some(5), key("count")).unwrap();
        world.shop.stock_limits(world.red, "main", 2, 0, key("limits")).unwrap();
    }
    let number = sold(&world, "test:ok").number;
    for _ in 0..2 {
        world.shop.capture(number, key("capture")).unwrap();
    }
    assert_eq!(
        world.shop.stock_limits(world.red, "main", 3, 0, key("limits")).unwrap_err().code(),
        "key.reused"
    );
    assert_eq!(world.level(world.red).on_hand, 4);
}

#[test]
fn a_stuck_checkout_says_so_and_is_settled_by_a_person() {
    let world = World::new();
    let shop =
        world.bare_program(2_000_000).with_provider(Arc::new(Stubborn(world.provider.clone())));
    let command = world.command("test:ok", Some("k"));
    assert_eq!(shop.checkout(&command).unwrap_err().code(), "payment.declined");
    let stuck = shop.checkout(&command).unwrap_err();
    assert_eq!((stuck.code(), stuck.may_retry()), ("checkout.stuck", false));
    let id = world.store.checkouts_open(None, 9).unwrap()[0].id;
    assert_eq!(shop.recover().unwrap().stuck.len(), 1, "it is told until somebody settles it");
    assert_eq!(shop.checkout_settle(id).unwrap().status, CheckoutStatus::Unwound);
    assert_eq!(shop.checkout_settle(id).unwrap_err().code(), "move.illegal");
    let nobody = CheckoutId::from_u128(0xdead);
    assert_eq!(shop.checkout_settle(nobody).unwrap_err().code(), "not_found");
    assert_eq!(
        shop.checkout(&command).unwrap_err().code(),
        "payment.declined",
        "the refusal of that time"
    );
    let remarks = shop.verify(&mut |_| {}).unwrap().remarks;
    let words: Vec<_> = remarks.iter().map(|remark| remark.check).collect();
    assert_eq!(
        words,
        ["payment.refused", "payment.left"],
        "what the provider still holds stays in sight"
    );
}

#[test]
fn a_provider_that_never_says_does_not_keep_a_checkout_open_for_ever() {
    let world = World::new();
    let shop = world.bare_program(2_000_000).with_provider(Arc::new(Slow));
    let command = world.command("test:ok", None);
    assert_eq!(shop.checkout(&command).unwrap_err().code(), "payment.open");
    world.clock.advance(3_600);
    assert_eq!(shop.recover().unwrap().waiting, 1);
    world.clock.advance(24 * 3_600);
    assert_eq!(shop.recover().unwrap().stuck.len(), 1);
    assert_eq!(shop.checkout(&command).unwrap_err().code(), "checkout.stuck");
    let id = world.store.checkouts_open(None, 9).unwrap()[0].id;
    assert_eq!(shop.checkout_settle(id).unwrap().status, CheckoutStatus::Unwound);
    world.nothing_is_held();
    // The cart is free again.
    world.shop.checkout(&command).unwrap();
}
