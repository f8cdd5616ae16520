//! Two programs at one shop: whatever one does between the other's decision and its commit, the books and the money fit.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod world;

use std::sync::{Arc, Mutex};

use sutler_core::change::SetupChange;
use sutler_core::event::EventKind;
use sutler_core::fulfillment::FulfillmentStatus;
use sutler_core::id::StockLocationId;
use sutler_core::order::{Order, OrderNumber};
use sutler_core::port::{
    EventReader as _, Lookup, OrderReader as _, PaymentProvider, ProviderError, ProviderReply,
    ProviderRequest, SetupReader as _,
};
use sutler_core::quantity::Quantity;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::flow::fulfill::ShipCommand;
use sutler_engine::flow::recover::RecoveryReport;
use sutler_engine::{FlowError, Shop};
use world::{Cut, World};

fn sold(world: &World, pay: &str) -> Order {
    world.shop.checkout(&world.command(pay, None)).unwrap().order
}

fn number_of(world: &World, pay: &str) -> OrderNumber {
    sold(world, pay).number
}

fn units(n: u32) -> Quantity {
    Quantity::new(n).unwrap()
}

fn parcel(lines: &[(&str, u32)]) -> ShipCommand {
    let lines = lines.iter().map(|(sku, n)| ((*sku).to_owned(), units(*n))).collect();
    ShipCommand { lines, ..ShipCommand::new("dhl") }
}

#[test]
fn an_order_canceled_between_a_capture_and_its_record_gets_its_money_back() {
    // The first commit queues the capture, the second one records what came of it.
    for line_is_down in [false, true] {
        let world = World::new();
        let number = number_of(&world, "test:ok");
        let provider = world.provider.clone();
        let shop = world.interrupted(2, move |other| {
            if line_is_down {
                provider.schedule([(1, Cut::Before)]);
            }
            other.order_cancel(number, "changed my mind", None).unwrap();
        });
        shop.capture(number, None).unwrap();
        world.settle();
        world.nothing_is_held();
    }
}

#[test]
fn one_capture_that_two_programs_record_is_told_once() {
    let world = World::new();
    let number = number_of(&world, "test:ok");
    let shop = world.interrupted(2, |other| {
        other.run_payment_tasks().unwrap();
    });
    shop.capture(number, None).unwrap();
    let told = world.store.events(0, 1_000).unwrap();
    assert_eq!(
        told.iter().filter(|stored| stored.event.kind == EventKind::PaymentCaptured).count(),
        1
    );
    world.is_whole();
}

#[test]
fn two_who_mark_one_order_paid_do_not_pay_it_twice() {
    let world = World::new();
    let order = sold(&world, "manual:transfer");
    let number = order.number;
    let shop = world.interrupted(1, move |other| {
        other.mark_paid(number, None, "bank 17", None).unwrap();
    });
    assert_eq!(
        shop.mark_paid(number, None, "booking 17", None).unwrap_err().code(),
        "amount.not_positive"
    );
    assert_eq!(world.shop.order(number).unwrap().payments[0].state().captured, order.total());
}

#[test]
fn a_stalled_checkout_gives_up_the_hold_it_gets_after_recovery_undid_it() {
    let world = World::new();
    let command = world.command("test:ok", Some("k"));
    let clock = world.clock.clone();
    let shop = world.stalled(move |other| {
        clock.advance(120);
        assert_eq!(other.recover().unwrap().unwound, 1);
    });
    assert_eq!(shop.checkout(&command).unwrap_err().code(), "payment.declined");
    assert_eq!(world.money_held(), 0, "it does not take recovery to drop it");
    world.settle();
    world.nothing_is_held();
}

/// Recovery undid the checkout while the call was on its way, and then the only program died that knew of the hold.
#[test]
fn a_hold_that_only_the_provider_knows_of_is_found_and_dropped() {
    let world = World::new();
    let command = world.command("test:ok", Some("k"));
    let clock = world.clock.clone();
    world.dies_with_the_answer(&command, move |other| {
        clock.advance(120);
        assert_eq!(other.recover().unwrap().unwound, 1);
    });
    assert!(world.money_held() > 0);
    assert_eq!(world.shop.checkout(&command).unwrap_err().code(), "payment.declined");
    world.settle();
    world.nothing_is_held();
    assert_eq!(world.shop.recover().unwrap(), RecoveryReport::default());
}

#[test]
fn a_hold_may_come_a_day_after_the_undo_and_no_later() {
    for (hours, found) in [(1, true), (23, true), (25, false)] {
        let world = World::new();
        let command = world.command("test:ok", Some("k"));
        let (clock, provider) = (world.clock.clone(), world.provider.clone());
        let late: Arc<Mutex<Option<ProviderRequest>>> = Arc::default();
        // The call never leaves before its program dies; the network delivers it much later.
        let shop = world.bare_program(2_000_000).with_provider(Arc::new(Undelivered(late.clone())));
        assert_eq!(shop.checkout(&command).unwrap_err().code(), "payment.open");
        clock.advance(120);
        assert_eq!(world.shop.recover().unwrap().unwound, 1);
        for _ in 0..hours {
            clock.advance(3_600);
            world.shop.recover().unwrap();
            assert!(world.shop.verify(&mut |_| {}).unwrap().remarks.is_empty());
        }
        provider.authorize(&late.lock().unwrap().take().unwrap()).unwrap();
        world.settle();
        assert_eq!(world.money_held() == 0, found, "after {hours} hours");
        world.is_whole();
        // Goods and cart were free all the time.
        world.shop.checkout(&CheckoutCommand { key: None, ..command }).unwrap();
    }
}

/// A line that takes a call and delivers it to nobody.
struct Undelivered(Arc<Mutex<Option<ProviderRequest>>>);

impl PaymentProvider for Undelivered {
    fn name(&self) -> &'static str {
        "test"
    }
    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        *self.0.lock().unwrap() = Some(request.clone());
        self.capture(request)
    }
    fn capture(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Unknown { reason: "no answer".to_owned() })
    }
    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.capture(request)
    }
    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.capture(request)
    }
    fn lookup(&self, _: &str) -> Result<Lookup, ProviderError> {
        Err(ProviderError::Unavailable { reason: "no answer".to_owned() })
    }
}

#[test]
fn a_cart_is_not_changed_while_it_is_being_paid() {
    let world = World::new();
    let command = world.command("test:ok", Some("k"));
    world.provider.schedule([(1, Cut::After), (2, Cut::Before)]);
    assert_eq!(world.shop.checkout(&command).unwrap_err().code(), "payment.open");
    world.provider.schedule([]);
    let own = world.shop.cart_new("web", None, None).unwrap();
    let refused = [
        world.shop.cart_add(command.cart, world.blue, units(3), None),
        world.shop.cart_set(command.cart, world.blue, None),
        world.shop.cart_merge(command.cart, own.id),
        world.shop.cart_merge(own.id, command.cart),
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().code(), "cart.checkout_running");
    }
    let placed = world.shop.checkout(&command).unwrap();
    let in_cart: Vec<u32> = world
        .shop
        .cart(command.cart)
        .unwrap()
        .lines
        .iter()
        .map(|line| line.quantity.get())
        .collect();
    assert_eq!(placed.order.lines.iter().map(|line| line.ordered).collect::<Vec<_>>(), in_cart);
    world.is_whole();
}

#[test]
fn a_cart_edited_between_the_look_and_the_first_commit_is_sold_as_edited() {
    let world = World::new();
    let command = world.command("test:ok", None);
    let (cart, blue) = (command.cart, world.blue);
    let shop = world.interrupted(1, move |other| {
        other.cart_add(cart, blue, Quantity::ONE, None).unwrap();
    });
    let placed = shop.checkout(&command).unwrap();
    assert_eq!(placed.order.lines.iter().map(|line| line.ordered).collect::<Vec<_>>(), [2, 2]);
    world.is_whole();
}

#[test]
fn a_program_without_the_provider_leaves_a_checkout_open() {
    let world = World::new();
    let command = world.command("test:ok", Some("k"));
    world.provider.schedule([(1, Cut::After), (2, Cut::Before)]);
    assert_eq!(world.shop.checkout(&command).unwrap_err().code(), "payment.open");
    let bare = world.bare_program(1_000_000);
    assert!(matches!(bare.checkout(&command), Err(FlowError::PaymentOpen { .. })));
    world.settle();
    assert!(
        world.store.order_by_cart(command.cart).unwrap().is_some(),
        "whoever has the provider places it"
    );
    world.is_whole();
}

#[test]
fn a_program_without_the_provider_ships_and_leaves_the_capture_to_others() {
    let world = World::new();
    let number = number_of(&world, "test:ok");
    let shipped =
        world.bare_program(1_000_000).fulfill_ship(number, &parcel(&[("MUG-RED", 1)])).unwrap();
    assert_eq!(shipped.order.lines[0].shipped, 1);
    world.settle();
    assert!(world.shop.order(number).unwrap().payments[0].state().captured.is_positive());
}

#[test]
fn what_is_picked_while_the_order_is_canceled_is_called_off() {
    let world = World::new();
    let number = number_of(&world, "test:ok");
    let shop = world.interrupted(1, move |other| {
        other.order_cancel(number, "changed my mind", None).unwrap();
    });
    assert_eq!(shop.fulfill_pick(number).unwrap_err().code(), "order.not_placed");
    let view = world.shop.order(number).unwrap();
    assert!(view.fulfillments.iter().all(|work| work.status == FulfillmentStatus::Canceled));
    world.nothing_is_held();
}

#[test]
fn what_two_pick_or_ship_at_once_leaves_once() {
    type Work = fn(&Shop, OrderNumber);
    let picks: Work = |other, number| drop(other.fulfill_pick(number).unwrap());
    let ships: Work =
        |other, number| drop(other.fulfill_ship(number, &parcel(&[("MUG-RED", 2)])).unwrap());
    for meanwhile in [picks, ships] {
        let world = World::new();
        let number = number_of(&world, "test:ok");
        let shop = world.interrupted(1, move |other| meanwhile(other, number));
        // Whether there is anything left to pick depends on what the other one did.
        let _ = shop.fulfill_pick(number);
        let shipped = world.shop.fulfill_ship(number, &parcel(&[])).unwrap();
        assert_eq!(shipped.order.lines.iter().map(|line| line.shipped).collect::<Vec<_>>(), [2, 1]);
        world.is_whole();
    }
}

#[test]
fn one_shipment_key_at_two_programs_ships_once_and_answers_both() {
    let world = World::new();
    let number = number_of(&world, "test:ok");
    let once = ShipCommand { key: Some("parcel-1".parse().unwrap()), ..parcel(&[]) };
    let same = once.clone();
    let shop = world.interrupted(1, move |other| {
        other.fulfill_ship(number, &same).unwrap();
    });
    let shipped = shop.fulfill_ship(number, &once).unwrap();
    assert_eq!(shipped.order.lines.iter().map(|line| line.shipped).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn goods_that_went_to_somebody_else_are_taken_from_another_location() {
    let world = World::new();
    let mut second = world.store.setup().unwrap().unwrap().locations[0].clone();
    (second.id, second.code, second.name, second.priority) =
        (StockLocationId::from_u128(0xdd), "two".into(), "Two".into(), 9);
    world.shop.setup_put(&SetupChange::StockLocation(second)).unwrap();
    for variant in [world.red, world.blue] {
        world.shop.stock_receive(variant, units(5), "two", None, None).unwrap();
    }
    let first = world.command("test:ok", None);
    world.shop.cart_set(first.cart, world.red, Some(units(5))).unwrap();
    let command = world.command("test:ok", None);
    let shop = world.interrupted(1, move |other| {
        other.checkout(&first).unwrap();
    });
    shop.checkout(&command).unwrap();
}

#[test]
fn two_recoveries_at_once_settle_an_undo_once() {
    let world = World::new();
    let command = world.command("test:ok", Some("k"));
    world.shop.cart_set(command.cart, world.red, Some(units(5))).unwrap();
    world.provider.schedule([(1, Cut::After), (2, Cut::Before)]);
    assert_eq!(world.shop.checkout(&command).unwrap_err().code(), "payment.open");
    // Its reservation ran out and went to somebody else, so it cannot be placed any more; its void is cut.
    world.clock.advance(16 * 60);
    world.shop.checkout(&world.command("test:ok", None)).unwrap();
    world.provider.schedule([(3, Cut::Before)]);
    world.shop.recover().unwrap();
    world.clock.advance(600);
    world.shop.run_payment_tasks().unwrap();
    let shop = world.interrupted(1, |other| {
        other.recover().unwrap();
    });
    assert_eq!(shop.recover().unwrap().stuck, Vec::<String>::new());
    world.settle();
    world.is_whole();
}
