//! The checkout saga: what it does when all goes well, and what is left when anything fails, anywhere.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod world;

use sutler_core::cart::CartStatus;
use sutler_core::event::EventKind;
use sutler_core::money::{Currency, Money};
use sutler_core::order::{MoneyProgress, OrderStatus, Stage};
use sutler_core::port::{EventReader as _, OrderReader as _};
use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;
use sutler_engine::flow::checkout::{CHECKOUT, CheckoutCommand, Placed};
use sutler_store_conformance::Fault;
use world::{Cut, ON_HAND, World};

/// Two red mugs at 11.90, a blue one at 13.90, delivery 4.90.
const TOTAL: i64 = 2 * 1_190 + 1_390 + 490;

fn placed_events(world: &World) -> usize {
    let events = world.store.events(0, 1_000).unwrap();
    events.iter().filter(|stored| stored.event.kind == EventKind::OrderPlaced).count()
}

/// Asserts that the order is placed once, with its stock promised and its money held once.
#[track_caller]
fn is_placed_once(world: &World, command: &CheckoutCommand) {
    let order = world.store.order_by_cart(command.cart).unwrap().expect("an order");
    assert_eq!(order.status, OrderStatus::Placed);
    assert_eq!(placed_events(world), 1, "placed exactly once");
    let (red, blue) = (world.level(world.red), world.level(world.blue));
    assert_eq!((red.on_hand, red.reserved, red.allocated), (ON_HAND, 0, 2));
    assert_eq!((blue.on_hand, blue.reserved, blue.allocated), (ON_HAND, 0, 1));
    let (held, progress) = if command.pay.as_deref().is_some_and(|pay| pay.starts_with("manual")) {
        (0, (MoneyProgress::Unpaid, Stage::Payment))
    } else {
        (TOTAL, (MoneyProgress::Authorized, Stage::Confirmed))
    };
    assert_eq!(world.money_held(), held, "held exactly once");
    assert_eq!(world.shop.cart(command.cart).unwrap().status, CartStatus::Ordered);
    let view = world.shop.order_view(order.id).unwrap();
    assert_eq!((view.progress.money, view.progress.stage), progress);
    world.is_whole();
}

#[test]
fn a_checkout_costs_two_commits_around_one_call() {
    let world = World::new();
    let command = world.command("test:ok", None);
    world.store.schedule([]);
    world.provider.schedule([]);
    let placed = world.shop.checkout(&command).unwrap();
    assert_eq!((world.store.commits(), world.provider.calls()), (2, 1));
    assert_eq!(placed.order.total(), Money::from_minor(TOTAL, Currency::EUR));
    assert_eq!(
        placed.order,
        world.store.order(placed.order.id).unwrap().unwrap(),
        "what is given back is what is stored"
    );
    assert_eq!(placed.payments, world.store.payments(&[placed.order.id]).unwrap());
    is_placed_once(&world, &command);
}

#[test]
fn a_manual_payment_needs_one_commit_and_no_call() {
    let world = World::new();
    let command = world.command("manual:transfer", None);
    world.store.schedule([]);
    let placed = world.shop.checkout(&command).unwrap();
    assert_eq!((world.store.commits(), world.provider.calls()), (1, 0));
    assert_eq!(placed.order, world.store.order(placed.order.id).unwrap().unwrap());
    let view = world.shop.order_view(placed.order.id).unwrap();
    assert_eq!((view.progress.money, view.progress.stage), (MoneyProgress::Unpaid, Stage::Payment));
    let paid = world.shop.mark_paid(placed.order.number, None, "bank 17", None).unwrap();
    assert_eq!((paid.progress.money, paid.progress.stage), (MoneyProgress::Paid, Stage::Confirmed));
    let again = world.shop.mark_paid(placed.order.number, None, "bank 17", None).unwrap();
    assert_eq!(again.progress.money, MoneyProgress::Paid);
    world.is_whole();
}

#[test]
fn a_refusal_leaves_nothing_behind() {
    let world = World::new();
    let declined = world.command("test:decline", None);
    assert!(matches!(
        world.shop.checkout(&declined),
        Err(FlowError::Refused(Rejection::PaymentDeclined { .. }))
    ));
    world.nothing_is_held();

    let seen = Money::from_minor(TOTAL - 1, Currency::EUR);
    let changed = CheckoutCommand { expect_total: Some(seen), ..declined.clone() };
    let refused = world.shop.checkout(&changed).unwrap_err();
    assert_eq!(refused.code(), "quote.changed");
    assert_eq!(
        refused.to_string(),
        format!(
            "the total is {}, not {seen}: show the new total, then repeat with --expect-total {}",
            Money::from_minor(TOTAL, Currency::EUR),
            Money::from_minor(TOTAL, Currency::EUR).amount_text()
        )
    );
    let foreign = CheckoutCommand {
        expect_total: Some(Money::from_minor(1, Currency::USD)),
        ..declined.clone()
    };
    assert_eq!(world.shop.checkout(&foreign).unwrap_err().code(), "currency.wrong");
    let nowhere = CheckoutCommand { pay: Some("paypal:x".to_owned()), ..declined.clone() };
    assert_eq!(world.shop.checkout(&nowhere).unwrap_err().code(), "payment.unknown_provider");
    for slip in ["test:frob", "test:", "test", "test:OK"] {
        let orders = world.store.order_page(Default::default(), None, 10).unwrap().len();
        let mistyped = CheckoutCommand { pay: Some(slip.to_owned()), ..declined.clone() };
        let refused = world.shop.checkout(&mistyped).unwrap_err();
        assert_eq!(refused.code(), "input.invalid", "{slip}");
        assert!(refused.to_string().contains("test:ok, test:decline"), "{refused}");
        let after = world.store.order_page(Default::default(), None, 10).unwrap().len();
        assert_eq!(after, orders, "nothing was opened for {slip}");
    }
    let unmailable = CheckoutCommand { email: "ada".to_owned(), ..declined.clone() };
    assert_eq!(world.shop.checkout(&unmailable).unwrap_err().code(), "email.invalid");
    world.nothing_is_held();

    // The cart is still there, and sells.
    let paid = CheckoutCommand { pay: Some("test:ok".to_owned()), ..declined };
    world.shop.checkout(&paid).unwrap();
    is_placed_once(&world, &paid);
}

#[test]
fn a_key_makes_a_repeated_checkout_the_same_checkout() {
    let world = World::new();
    let command = world.command("test:ok", Some("order-of-ada"));
    let first = world.shop.checkout(&command).unwrap();
    let again = world.shop.checkout(&command).unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.order.id, again.order.id);
    let other = CheckoutCommand { email: "eve@example.com".to_owned(), ..command.clone() };
    assert_eq!(world.shop.checkout(&other).unwrap_err().code(), "key.reused");
    let keyless = CheckoutCommand { key: None, ..other };
    assert_eq!(world.shop.checkout(&keyless).unwrap_err().code(), "cart.already_ordered");
    is_placed_once(&world, &command);
}

/// Runs a checkout under a fault, lets recovery do its work, and asserts that the world is whole: all or nothing; then
/// that the buyer can get the goods.
fn survives(fault: &str, pay: &str, break_it: impl Fn(&World)) {
    let world = World::new();
    let command = world.command(pay, Some("the-key"));
    break_it(&world);
    let answer = world.shop.checkout(&command);
    let (store, provider) = (world.store.pending(), world.provider.calls());
    world.settle();
    let order = world.store.order_by_cart(command.cart).unwrap();
    match (&answer, order) {
        (Ok(Placed { .. }), None) => panic!("{fault}: acknowledged and lost"),
        (_, Some(order)) if order.status == OrderStatus::Placed => is_placed_once(&world, &command),
        (_, Some(order)) => {
            panic!("{fault}: left {:?} ({answer:?}, {store:?}, {provider} calls)", order.status)
        }
        (Err(_), None) => {
            world.nothing_is_held();
            let retry = CheckoutCommand {
                key: Some("another-key".parse().unwrap()),
                pay: Some("test:ok".to_owned()),
                ..command.clone()
            };
            world.shop.checkout(&retry).unwrap_or_else(|error| {
                panic!("{fault}: the cart cannot be sold any more: {error}")
            });
            is_placed_once(&world, &retry);
        }
    }
    // The same call with the same key never does it again.
    let _ = world.shop.checkout(&command);
    assert_eq!(placed_events(&world), 1, "{fault}");
}

#[test]
fn every_commit_failed_or_cut_from_its_answer_leaves_the_world_whole() {
    for pay in ["test:ok", "test:decline", "test:timeout", "test:unknown", "manual:cash"] {
        for n in 1..=4 {
            survives(&format!("{pay}: commit {n} failed"), pay, |world| {
                world.store.schedule([Fault::BeforeCommit(n)])
            });
            survives(&format!("{pay}: commit {n} failed and again"), pay, |world| {
                world.store.schedule([Fault::BeforeCommit(n), Fault::BeforeCommit(n + 1)]);
            });
            survives(&format!("{pay}: answer of commit {n} lost"), pay, |world| {
                world.store.schedule([Fault::AfterCommit(n)])
            });
        }
        for n in 1..=24 {
            survives(&format!("{pay}: read {n} failed"), pay, |world| {
                world.store.schedule([Fault::Read(n)])
            });
        }
    }
}

#[test]
fn every_provider_call_cut_or_doubled_leaves_the_world_whole() {
    for pay in ["test:ok", "test:decline", "test:timeout", "test:unknown"] {
        for n in 1..=4 {
            for cut in [Cut::Before, Cut::After, Cut::Twice] {
                survives(&format!("{pay}: call {n} {cut:?}"), pay, |world| {
                    world.provider.schedule([(n, cut)])
                });
                for commit in 1..=3 {
                    survives(
                        &format!("{pay}: call {n} {cut:?} and commit {commit} cut"),
                        pay,
                        |world| {
                            world.provider.schedule([(n, cut)]);
                            world.store.schedule([Fault::AfterCommit(commit)]);
                        },
                    );
                }
            }
        }
    }
}

/// The harness must be able to fail: a client that sends a fresh key with each try holds the money twice.
#[test]
fn a_fresh_key_on_each_try_is_found() {
    let found = std::panic::catch_unwind(|| {
        survives("fresh keys", "test:ok", |world| {
            world.provider.fresh_keys.store(true, std::sync::atomic::Ordering::SeqCst);
            world.provider.schedule([(1, Cut::After)]);
        });
    });
    assert!(found.is_err(), "money was held twice and nobody noticed");
}

#[test]
fn a_reservation_that_ran_out_and_was_sold_to_somebody_else_unwinds_the_late_checkout() {
    let world = World::new();
    // All the stock goes to a checkout whose provider does not answer.
    let first = world.command("test:unknown", None);
    world.shop.cart_set(first.cart, world.red, Some("5".parse().unwrap())).unwrap();
    assert_eq!(world.shop.checkout(&first).unwrap_err().code(), "payment.open");
    let second = world.command("test:ok", None);
    assert_eq!(world.shop.checkout(&second).unwrap_err().code(), "stock.insufficient");
    // Once the hold ran out, the next buyer gets the goods, without any sweeper.
    world.clock.advance(16 * 60);
    world.shop.checkout(&second).unwrap();
    world.settle();
    is_placed_once(&world, &second);
}

#[test]
fn the_table_has_a_point_of_no_return_and_undoes_everything_before_it() {
    use sutler_engine::flow::checkout::Undo;
    let names: Vec<&str> = CHECKOUT.iter().map(|step| step.name).collect();
    assert_eq!(
        names,
        [
            "freeze_quote",
            "reserve_stock",
            "open_order",
            "redeem_credit",
            "authorize_payment",
            "place_order",
            "capture_payment"
        ]
    );
    let never = CHECKOUT.iter().position(|step| matches!(step.undo, Undo::Never)).unwrap();
    assert_eq!(names[never], "place_order");
    assert!(CHECKOUT[never..].iter().all(|step| matches!(step.undo, Undo::Never)));
}
