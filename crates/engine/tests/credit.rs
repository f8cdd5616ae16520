//! Gift cards and store credit through whole lives of orders: what they pay, what comes back, and that nothing is ever lost or
//! spent twice, whatever fails.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod tampered;
mod world;

use std::sync::Arc;

use proptest::prelude::*;
use sutler_core::catalog::CapturePolicy;
use sutler_core::change::{Change, ChangeSet, CommitOutcome, SetupChange};
use sutler_core::credit::{CreditChoice, CreditId, CreditKind, GiftCardCode};
use sutler_core::id::CommandId;
use sutler_core::money::{Currency, Money};
use sutler_core::order::{MoneyProgress, OrderStatus, Stage};
use sutler_core::port::{
    Clock as _, CreditReader as _, OrderReader as _, SetupReader as _, Store as _,
};
use sutler_core::quantity::Quantity;
use sutler_engine::FlowError;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::flow::credit::GiftCardIssue;
use sutler_engine::flow::fulfill::ShipCommand;
use sutler_engine::flow::refund::RefundTo;
use sutler_store_conformance::Fault;
use tampered::Tampered;
use world::{Cut, World};

/// Two red mugs at 11.90, a blue one at 13.90, delivery 4.90.
const TOTAL: i64 = 2 * 1_190 + 1_390 + 490;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn code(n: u8) -> GiftCardCode {
    GiftCardCode::from_random([n; GiftCardCode::RANDOM_BYTES]).unwrap()
}

/// Issues the n-th card with so much on it.
fn issue(world: &World, n: u8, minor: i64) -> CreditId {
    let command = GiftCardIssue {
        code: code(n),
        amount: eur(minor),
        expires_at: None,
        reason: None,
        key: None,
    };
    world.shop.gift_card_issue(&command).unwrap().credit.id
}

fn cards(numbers: &[u8]) -> CreditChoice {
    CreditChoice { gift_cards: numbers.iter().map(|n| code(*n)).collect(), ..CreditChoice::NONE }
}

fn left(world: &World, id: CreditId) -> i64 {
    world.store.inner().credit(id).unwrap().unwrap().left.minor()
}

fn everything() -> ShipCommand {
    let lines = [("MUG-RED", 2), ("MUG-BLUE", 1)];
    ShipCommand {
        lines: lines
            .iter()
            .map(|(sku, n)| ((*sku).to_owned(), Quantity::new(*n).unwrap()))
            .collect(),
        ..ShipCommand::new("dhl")
    }
}

/// Makes the channel take money at placement.
fn capture_at_placement(world: &World) {
    let setup = world.store.setup().unwrap().unwrap();
    let mut channel = setup.channels[0].clone();
    channel.capture = CapturePolicy::AtPlacement;
    channel.version += 1;
    let mut set = ChangeSet::new(world.clock.now(), CommandId::from_u128(0xc1));
    set.push(Change::Setup(SetupChange::Channel(channel)));
    assert!(matches!(world.store.commit(set), Ok(CommitOutcome::Committed(_))));
}

#[test]
fn a_card_pays_first_and_the_provider_the_rest() {
    let world = World::new();
    let card = issue(&world, 1, 2_000);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:ok", None) };
    world.store.schedule([]);
    world.provider.schedule([]);
    let placed = world.shop.checkout(&command).unwrap();
    assert_eq!((world.store.commits(), world.provider.calls()), (2, 1), "no commit more");
    assert_eq!(placed.order.total(), eur(TOTAL), "a means of payment is no discount");
    assert_eq!(placed.order.quote.totals.discount_total, eur(0));
    assert_eq!(placed.payments, world.store.payments(&[placed.order.id]).unwrap());
    let paid: Vec<_> =
        placed.payments.iter().map(|p| (p.provider.as_str(), p.amount.minor())).collect();
    assert_eq!(paid, [("test", TOTAL - 2_000), ("gift_card", 2_000)]);
    assert_eq!((left(&world, card), world.money_held()), (0, TOTAL - 2_000));
    let view = world.shop.order_view(placed.order.id).unwrap();
    assert_eq!(
        (view.progress.money, view.progress.stage),
        (MoneyProgress::Authorized, Stage::Confirmed)
    );
    world.is_whole();
}

#[test]
fn credit_that_covers_everything_asks_no_provider_and_needs_one_commit() {
    for at_placement in [false, true] {
        let world = World::new();
        if at_placement {
            capture_at_placement(&world);
        }
        let (first, second) = (issue(&world, 1, 1_000), issue(&world, 2, 9_000));
        let granted =
            world.shop.store_credit_grant("ADA@example.com", eur(700), "a late parcel", None);
        let credit = CreditChoice { store_credit: true, ..cards(&[1, 2]) };
        let command = CheckoutCommand { pay: None, credit, ..world.command("test:ok", None) };
        world.store.schedule([]);
        world.provider.schedule([]);
        let placed = world.shop.checkout(&command).unwrap();
        assert_eq!((world.store.commits(), world.provider.calls()), (1, 0));
        assert_eq!(placed.payments, world.store.payments(&[placed.order.id]).unwrap());
        assert_eq!((left(&world, first), left(&world, second)), (0, 9_000 - (TOTAL - 1_000)));
        assert_eq!(left(&world, granted.unwrap().credit.id), 700, "it was not needed");
        let view = world.shop.order_view(placed.order.id).unwrap();
        let expected = if at_placement { MoneyProgress::Paid } else { MoneyProgress::Authorized };
        assert_eq!(view.progress.money, expected);
        let shipped = world.shop.fulfill_ship(placed.order.number, &everything()).unwrap();
        assert_eq!(shipped.progress.money, MoneyProgress::Paid);
        world.is_whole();
    }
}

#[test]
fn store_credit_pays_after_cards_and_belongs_to_its_customer() {
    let world = World::new();
    let grant = world.shop.store_credit_grant("ada@example.com", eur(1_000), "sorry", None);
    let own = grant.unwrap().credit.id;
    let credit = CreditChoice { store_credit: true, ..CreditChoice::NONE };
    let command = CheckoutCommand { credit, ..world.command("test:ok", None) };
    let stranger = CheckoutCommand { email: "eve@example.com".to_owned(), ..command.clone() };
    assert_eq!(world.shop.checkout(&stranger).unwrap_err().code(), "not_found");
    let placed = world.shop.checkout(&command).unwrap();
    assert_eq!((left(&world, own), world.money_held()), (0, TOTAL - 1_000));
    world.shop.order_cancel(placed.order.number, "changed my mind", None).unwrap();
    assert_eq!((left(&world, own), world.money_held()), (1_000, 0));
    world.is_whole();
}

#[test]
fn what_cannot_pay_is_refused_before_anything_happens() {
    let world = World::new();
    let card = issue(&world, 1, 500);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:ok", None) };
    let refused = |command: &CheckoutCommand| world.shop.checkout(command).unwrap_err();
    let unpaid = CheckoutCommand { pay: None, ..command.clone() };
    assert_eq!(refused(&unpaid).code(), "payment.missing");
    assert_eq!(refused(&unpaid).to_string(), "37.60 EUR is left to pay: name what pays it");
    let unknown = CheckoutCommand { credit: cards(&[9]), ..command.clone() };
    assert_eq!(refused(&unknown).code(), "not_found");
    let seen = CreditChoice { expect_due: Some(eur(TOTAL - 501)), ..cards(&[1]) };
    let seen = CheckoutCommand { credit: seen, ..command.clone() };
    assert_eq!(refused(&seen).code(), "payment.changed");
    for (change, code) in [("disable", "credit.disabled"), ("expire", "credit.expired")] {
        if change == "disable" {
            world.shop.credit_disable(card).unwrap();
        } else {
            let soon = world.clock.now().plus_seconds(5);
            world.shop.credit_enable(card, Some(soon)).unwrap();
            world.clock.advance(5);
        }
        assert_eq!(refused(&command).code(), code);
    }
    world.shop.credit_enable(card, Some(world.clock.now().plus_seconds(900))).unwrap();
    world.shop.credit_correct(card, eur(-500), "a slip", None).unwrap();
    assert_eq!(refused(&command).code(), "credit.short");
    assert_eq!(world.store.order_page(Default::default(), None, 9).unwrap(), []);
    world.nothing_is_held();
}

#[test]
fn a_declined_rest_gives_the_card_back_what_it_paid() {
    let world = World::new();
    let card = issue(&world, 1, 2_000);
    let declined =
        CheckoutCommand { credit: cards(&[1]), ..world.command("test:decline", Some("k")) };
    for _ in 0..2 {
        assert_eq!(world.shop.checkout(&declined).unwrap_err().code(), "payment.declined");
        assert_eq!(left(&world, card), 2_000);
    }
    world.nothing_is_held();
    let kinds: Vec<CreditKind> =
        world.shop.credit(card).unwrap().entries.iter().map(|stored| stored.entry.kind).collect();
    assert_eq!(kinds, [CreditKind::Issued, CreditKind::Redeemed, CreditKind::GivenBack]);
    let paid = CheckoutCommand { pay: Some("test:ok".to_owned()), key: None, ..declined };
    world.shop.checkout(&paid).unwrap();
    assert_eq!((left(&world, card), world.money_held()), (0, TOTAL - 2_000));
    world.is_whole();
}

#[test]
fn a_key_makes_a_repeated_checkout_redeem_once() {
    let world = World::new();
    let card = issue(&world, 1, 10_000);
    for (pay, key) in [(None, Some("k")), (None, None)] {
        let command = CheckoutCommand { pay, credit: cards(&[1]), ..world.command("test:ok", key) };
        let before = left(&world, card);
        let first = world.shop.checkout(&command).unwrap();
        let again = world.shop.checkout(&command).unwrap();
        assert!(!first.replayed && again.replayed);
        assert_eq!((first.order.id, left(&world, card)), (again.order.id, before - TOTAL));
        let other = CheckoutCommand { credit: CreditChoice::NONE, ..command.clone() };
        let refused = world.shop.checkout(&other).unwrap_err().code();
        assert_eq!(refused, if key.is_some() { "key.reused" } else { "cart.already_ordered" });
    }
}

/// Runs a checkout with a card under a fault, lets recovery do its work, and asserts that the money is all there.
fn survives(fault: &str, pay: &str, on_card: i64, break_it: impl Fn(&World)) {
    let world = World::new();
    let card = issue(&world, 1, on_card);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command(pay, Some("the-key")) };
    let (by_card, rest) = (on_card.min(TOTAL), (TOTAL - on_card).max(0));
    break_it(&world);
    let answer = world.shop.checkout(&command);
    world.settle();
    let order = world.store.order_by_cart(command.cart).unwrap();
    match (&answer, &order) {
        (Ok(_), None) => panic!("{fault}: acknowledged and lost"),
        (_, Some(order)) if order.status == OrderStatus::Placed => {
            assert_eq!(left(&world, card), on_card - by_card, "{fault}: redeemed once");
            let held = if pay.starts_with("manual") { 0 } else { rest };
            assert_eq!(world.money_held(), held, "{fault}");
            let number = order.number;
            world.shop.order_cancel(number, "changed my mind", None).unwrap();
            world.settle();
        }
        (_, Some(order)) => panic!("{fault}: left {:?} ({answer:?})", order.status),
        (Err(_), None) => {}
    }
    assert_eq!(left(&world, card), on_card, "{fault}: given back once");
    world.nothing_is_held();
    // The same call with the same key never takes anything twice; one that never began may begin now.
    let _ = world.shop.checkout(&command);
    world.settle();
    let sold = world.store.order_by_cart(command.cart).unwrap().is_some();
    let expected = if sold { on_card - by_card } else { on_card };
    assert_eq!(left(&world, card), expected, "{fault}");
    world.is_whole();
}

#[test]
fn every_failed_or_lost_commit_leaves_all_the_money_there() {
    for pay in ["test:ok", "test:decline", "test:timeout", "test:unknown", "manual:cash"] {
        for on_card in [1_000, 9_000] {
            for n in 1..=4 {
                survives(&format!("{pay}: commit {n} failed"), pay, on_card, |world| {
                    world.store.schedule([Fault::BeforeCommit(n)])
                });
                survives(&format!("{pay}: commit {n} failed twice"), pay, on_card, |world| {
                    world.store.schedule([Fault::BeforeCommit(n), Fault::BeforeCommit(n + 1)]);
                });
                survives(&format!("{pay}: answer {n} lost"), pay, on_card, |world| {
                    world.store.schedule([Fault::AfterCommit(n)])
                });
            }
            for n in 1..=28 {
                survives(&format!("{pay}: read {n} failed"), pay, on_card, |world| {
                    world.store.schedule([Fault::Read(n)])
                });
            }
        }
    }
}

#[test]
fn every_provider_call_cut_or_doubled_leaves_all_the_money_there() {
    for pay in ["test:ok", "test:decline", "test:timeout", "test:unknown"] {
        for n in 1..=4 {
            for cut in [Cut::Before, Cut::After, Cut::Twice] {
                survives(&format!("{pay}: call {n} {cut:?}"), pay, 1_000, |world| {
                    world.provider.schedule([(n, cut)])
                });
                for commit in 1..=3 {
                    let fault = format!("{pay}: call {n} {cut:?}, commit {commit} cut");
                    survives(&fault, pay, 1_000, |world| {
                        world.provider.schedule([(n, cut)]);
                        world.store.schedule([Fault::AfterCommit(commit)]);
                    });
                }
            }
        }
    }
}

#[test]
fn a_stuck_checkout_gives_the_card_back_when_a_person_settles_it() {
    let world = World::new();
    let card = issue(&world, 1, 1_000);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:unknown", None) };
    assert_eq!(world.shop.checkout(&command).unwrap_err().code(), "payment.open");
    assert_eq!(left(&world, card), 0, "held while nobody knows");
    world.settle();
    for _ in 0..14 {
        world.clock.advance(7_200);
        world.shop.recover().unwrap();
    }
    let open = sutler_core::port::SagaReader::checkouts_open(world.store.inner(), None, 9).unwrap();
    for record in open {
        world.shop.checkout_settle(record.id).unwrap();
    }
    assert_eq!(left(&world, card), 1_000);
    world.nothing_is_held();
}

#[test]
fn parcels_take_credit_first_and_never_more_than_they_are_worth() {
    let world = World::new();
    issue(&world, 1, 1_500);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:ok", None) };
    let number = world.shop.checkout(&command).unwrap().order.number;
    let one = [("MUG-RED".to_owned(), Quantity::new(1).unwrap())];
    let first = ShipCommand { lines: one.to_vec(), ..ShipCommand::new("dhl") };
    let view = world.shop.fulfill_ship(number, &first).unwrap();
    let taken = |view: &sutler_engine::flow::order::OrderView| -> Vec<i64> {
        view.payments.iter().map(|payment| payment.state().captured.minor()).collect()
    };
    assert_eq!(taken(&view), [180, 1_500], "11.90 and 4.90 delivery");
    let view = world.shop.fulfill_ship(number, &ShipCommand::new("dhl")).unwrap();
    assert_eq!(taken(&view), [TOTAL - 1_500, 1_500]);
    assert_eq!(view.progress.money, MoneyProgress::Paid);
    world.is_whole();
}

#[test]
fn a_refund_goes_back_to_where_it_came_from_or_where_it_is_sent() {
    let world = World::new();
    let card = issue(&world, 1, 1_500);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:ok", None) };
    let number = world.shop.checkout(&command).unwrap().order.number;
    world.shop.fulfill_ship(number, &everything()).unwrap();
    let by_bank = TOTAL - 1_500;
    world.shop.refund(number, Some(eur(1_000)), "a chip", None).unwrap();
    assert_eq!((left(&world, card), world.money_held()), (0, by_bank - 1_000), "the bank's first");

    let key = || Some("to-credit".parse().unwrap());
    let to_credit =
        |key| world.shop.refund_to(number, Some(eur(500)), "a dent", &RefundTo::StoreCredit, key);
    to_credit(key()).unwrap();
    to_credit(key()).unwrap();
    let own = world.shop.store_credit("ada@example.com").unwrap();
    assert_eq!((own[0].left, world.money_held()), (eur(500), by_bank - 1_000), "once");
    let other = world.shop.refund(number, Some(eur(500)), "a dent", key()).unwrap_err();
    assert_eq!(other.code(), "key.reused");

    let new_card = RefundTo::GiftCard(code(5));
    world.shop.refund_to(number, Some(eur(400)), "another", &new_card, None).unwrap();
    assert_eq!(world.shop.gift_card_by_code(&code(5)).unwrap().credit.left, eur(400));
    let view = world.shop.refund(number, None, "all the rest", None).unwrap();
    assert_eq!(view.progress.money, MoneyProgress::Refunded);
    assert_eq!((left(&world, card), world.money_held()), (1_500, 900), "900 went to credit");
    let none = world.shop.refund(number, Some(eur(1)), "more", None).unwrap_err();
    assert_eq!(none.code(), "refund.too_large");
    world.is_whole();
}

#[test]
fn a_canceled_order_gives_back_exactly_once() {
    for at_placement in [false, true] {
        let world = World::new();
        if at_placement {
            capture_at_placement(&world);
        }
        let card = issue(&world, 1, 1_500);
        let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:ok", None) };
        let number = world.shop.checkout(&command).unwrap().order.number;
        assert_eq!(left(&world, card), 0);
        let key = || Some("off".parse().unwrap());
        world.shop.order_cancel(number, "no", key()).unwrap();
        world.shop.order_cancel(number, "no", key()).unwrap();
        assert_eq!(
            world.shop.order_cancel(number, "no", None).unwrap_err().code(),
            "order.not_placed"
        );
        world.settle();
        assert_eq!((left(&world, card), world.money_held()), (1_500, 0));
        world.is_whole();
    }
}

#[test]
fn two_who_cancel_and_refund_at_once_give_back_once() {
    let world = World::new();
    capture_at_placement(&world);
    let card = issue(&world, 1, 9_000);
    let command =
        CheckoutCommand { pay: None, credit: cards(&[1]), ..world.command("test:ok", None) };
    let number = world.shop.checkout(&command).unwrap().order.number;
    let shop = world.interrupted(1, move |other| {
        other.refund(number, None, "all of it", None).unwrap();
    });
    shop.order_cancel(number, "no", None).unwrap();
    assert_eq!(left(&world, card), 9_000);
    world.is_whole();
}

#[test]
fn an_order_canceled_while_its_credit_is_captured_gives_it_back() {
    let world = World::new();
    let card = issue(&world, 1, 9_000);
    let command =
        CheckoutCommand { pay: None, credit: cards(&[1]), ..world.command("test:ok", None) };
    let number = world.shop.checkout(&command).unwrap().order.number;
    let shop = world.interrupted(1, move |other| {
        other.order_cancel(number, "no", None).unwrap();
    });
    assert_eq!(shop.capture(number, None).unwrap_err().code(), "order.not_placed");
    assert_eq!(left(&world, card), 9_000);
    world.is_whole();
}

#[test]
fn what_somebody_else_took_between_look_and_commit_is_not_taken_again() {
    for (pay, expected) in
        [(None, Err("payment.missing")), (Some("test:ok"), Ok(2 * TOTAL - 5_000))]
    {
        let world = World::new();
        let card = issue(&world, 1, 5_000);
        let first =
            CheckoutCommand { pay: None, credit: cards(&[1]), ..world.command("test:ok", None) };
        let pay = pay.map(str::to_owned);
        let second = CheckoutCommand { pay, credit: cards(&[1]), ..world.command("test:ok", None) };
        let shop = world.interrupted(1, move |other| {
            other.checkout(&first).unwrap();
        });
        let answer = shop.checkout(&second).map(|_| world.money_held());
        assert_eq!(
            answer.as_ref().map_err(FlowError::code),
            expected.as_ref().map_err(|code| *code)
        );
        assert_eq!(left(&world, card), if answer.is_ok() { 0 } else { 5_000 - TOTAL });
        world.is_whole();
    }
}

#[test]
fn two_hundred_checkouts_on_one_card_never_overspend_it() {
    let world = Arc::new(World::new());
    let card = issue(&world, 1, 10 * 1_680 + 700);
    let mut set = ChangeSet::new(world.clock.now(), CommandId::from_u128(0xc2));
    let setup = world.store.setup().unwrap().unwrap();
    set.push(Change::Stock(sutler_core::change::StockChange::Move {
        movement: sutler_core::inventory::StockMovement {
            key: sutler_core::inventory::StockKey {
                variant: world.red,
                location: setup.locations[0].id,
            },
            kind: sutler_core::inventory::MovementKind::Received,
            quantity: 1_000,
            cause: None,
            reason: None,
        },
        expected_on_hand: None,
    }));
    assert!(matches!(world.store.commit(set), Ok(CommitOutcome::Committed(_))));
    let commands: Vec<CheckoutCommand> = (0..200)
        .map(|_| {
            let cart = world.shop.cart_new("web", None, None).unwrap();
            world.shop.cart_add(cart.id, world.red, Quantity::ONE, None).unwrap();
            let credit = cards(&[1]);
            CheckoutCommand { cart: cart.id, pay: None, credit, ..world.command("test:ok", None) }
        })
        .collect();
    let answers: Vec<Result<_, FlowError>> =
        sutler_store_conformance::then::together(16, |thread| {
            let own = commands.iter().enumerate().filter(|(n, _)| n % 16 == thread);
            own.map(|(_, command)| world.shop.checkout(command)).collect::<Vec<_>>()
        })
        .into_iter()
        .flatten()
        .collect();
    let placed = answers.iter().filter(|answer| answer.is_ok()).count();
    let codes: std::collections::BTreeSet<&str> =
        answers.iter().filter_map(|answer| answer.as_ref().err()).map(FlowError::code).collect();
    // What contends is not sold; what was sold was paid.
    assert!(placed <= 10, "{placed} orders of 16.80 were paid with 175.00");
    assert_eq!(left(&world, card), 10 * 1_680 + 700 - 1_680 * i64::try_from(placed).unwrap());
    assert_eq!(placed, 10, "{codes:?}");
    assert!(
        codes.iter().all(|code| ["payment.missing", "credit.short"].contains(code)),
        "{codes:?}"
    );
    world.is_whole();
}

#[test]
fn issuing_granting_and_correcting_happen_once_under_a_key() {
    let world = World::new();
    let key = |text: &str| Some(text.parse().unwrap());
    let command = |n: u8| GiftCardIssue {
        code: code(n),
        amount: eur(5_000),
        expires_at: None,
        reason: None,
        key: key("issue"),
    };
    for fault in [None, Some(Fault::AfterCommit(1)), Some(Fault::BeforeCommit(1))] {
        world.store.schedule(fault);
        let _ = world.shop.gift_card_issue(&command(1));
    }
    world.store.schedule([]);
    let card = world.shop.gift_card_issue(&command(2)).unwrap();
    assert!(card.replayed && card.credit.left == eur(5_000));
    for _ in 0..2 {
        world.shop.store_credit_grant("a@b", eur(100), "sorry", key("grant")).unwrap();
        world.shop.credit_correct(card.credit.id, eur(-1_000), "a slip", key("slip")).unwrap();
    }
    assert_eq!(world.shop.store_credit("a@b").unwrap()[0].left, eur(100));
    assert_eq!(left(&world, card.credit.id), 4_000);
    let lists = (world.shop.gift_card_list(None, 10), world.shop.store_credit_list(None, 10));
    assert_eq!((lists.0.unwrap().len(), lists.1.unwrap().len()), (1, 1));
    let refused =
        world.shop.gift_card_issue(&GiftCardIssue { key: None, ..command(1) }).unwrap_err();
    assert_eq!(refused.code(), "already_exists");
    let past = GiftCardIssue { expires_at: Some(world.clock.now()), key: None, ..command(3) };
    assert_eq!(world.shop.gift_card_issue(&past).unwrap_err().code(), "input.invalid");
    let nothing = GiftCardIssue { amount: eur(0), key: None, ..command(3) };
    assert_eq!(world.shop.gift_card_issue(&nothing).unwrap_err().code(), "amount.not_positive");
    world.is_whole();
}

#[test]
fn verify_finds_planted_damage() {
    let world = World::new();
    issue(&world, 1, 1_500);
    let command = CheckoutCommand { credit: cards(&[1]), ..world.command("test:ok", None) };
    world.shop.checkout(&command).unwrap();
    type Plant = fn(&mut Tampered);
    let table: &[(&str, Plant, &[&str])] = &[
        ("nothing", |_| {}, &[]),
        (
            "money on the card",
            |store| store.credit = |credit| credit.left = Money::from_minor(1, Currency::EUR),
            &["credit.left"],
        ),
        (
            "an entry taken from",
            |store| {
                store.credit_entry = |stored| {
                    stored.entry.amount =
                        Money::from_minor(stored.entry.amount.minor() - 1, Currency::EUR)
                }
            },
            &["credit.chain", "credit.left", "credit.payment"],
        ),
        (
            "an entry of no order",
            |store| store.credit_entry = |stored| stored.entry.payment = None,
            &["credit.chain", "credit.payment"],
        ),
    ];
    for (name, plant, expected) in table {
        let mut store = Tampered::nothing(world.store.clone());
        plant(&mut store);
        let shop = sutler_engine::Shop::new(
            Arc::new(store),
            world.clock.clone(),
            Arc::new(world::Counting::default()),
        );
        let report = shop.verify(&mut |_| {}).unwrap();
        let words: std::collections::BTreeSet<&str> =
            report.findings.iter().map(|finding| finding.check).collect();
        assert_eq!(words.into_iter().collect::<Vec<_>>(), *expected, "{name}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Buy { card: u8, also: u8, declined: bool, at_once: bool },
    Cancel(usize),
    Ship(usize),
    Refund { order: usize, minor: i64, away: bool },
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1_u8..4, 1_u8..4, any::<bool>(), any::<bool>())
            .prop_map(|(card, also, declined, at_once)| Act::Buy { card, also, declined, at_once }),
        1 => (0_usize..4).prop_map(Act::Cancel),
        1 => (0_usize..4).prop_map(Act::Ship),
        2 => (0_usize..4, 1_i64..3_000, any::<bool>())
            .prop_map(|(order, minor, away)| Act::Refund { order, minor, away }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever people do in whatever order, the books fit: verify derives every ledger, payment and order again.
    #[test]
    fn the_books_fit_whatever_people_do(acts in proptest::collection::vec(acts(), 1..14)) {
        let world = World::new();
        let cards_issued = [issue(&world, 1, 1_000), issue(&world, 2, 5_000), issue(&world, 3, 30_000)];
        let mut numbers = Vec::new();
        for act in acts {
            match act {
                Act::Buy { card, also, declined, at_once } => {
                    let pay = if declined { "test:decline" } else { "test:ok" };
                    let credit = cards(&[card, also]);
                    let mut command = CheckoutCommand { credit, ..world.command(pay, None) };
                    if at_once {
                        command.pay = None;
                    }
                    numbers.extend(world.shop.checkout(&command).map(|placed| placed.order.number));
                }
                Act::Cancel(n) => if let Some(number) = numbers.get(n) {
                    let _ = world.shop.order_cancel(*number, "no", None);
                },
                Act::Ship(n) => if let Some(number) = numbers.get(n) {
                    let _ = world.shop.fulfill_ship(*number, &ShipCommand::new("dhl"));
                },
                Act::Refund { order, minor, away } => if let Some(number) = numbers.get(order) {
                    let to = if away { RefundTo::StoreCredit } else { RefundTo::Origin };
                    let _ = world.shop.refund_to(*number, Some(eur(minor)), "a chip", &to, None);
                },
            }
        }
        let report = world.shop.verify(&mut |_| {}).unwrap();
        prop_assert!(report.findings.is_empty(), "{:#?}", report.findings);
        // What the shop owes and what orders hold is what was issued and what was sent to credit.
        let owed: i64 = cards_issued.iter().map(|id| left(&world, *id)).sum();
        let sent: i64 = world.shop.store_credit("ada@example.com").unwrap().iter()
            .map(|credit| credit.left.minor()).sum();
        let mut moved = 0;
        for number in &numbers {
            for payment in world.shop.order(*number).unwrap().payments {
                let state = payment.state();
                let kept = state.held().minor() + state.captured.minor() - state.refunded.minor();
                moved += if payment.credit().is_some() { kept } else {
                    -payment.facts.iter().filter(|fact| fact.credit().is_some()).map(|fact| fact.amount.minor()).sum::<i64>()
                };
            }
        }
        prop_assert_eq!(owed + sent + moved, 36_000);
    }
}
