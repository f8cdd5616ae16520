//! After placement: shipping, delivering, canceling, refunding, and the stock and money that move with them.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod world;

use sutler_core::fulfillment::FulfillmentStatus;
use sutler_core::money::{Currency, Money};
use sutler_core::order::{FulfillmentProgress, MoneyProgress, Order, OrderStatus, Stage};
use sutler_core::payment::TaskStatus;
use sutler_core::quantity::Quantity;
use sutler_engine::flow::fulfill::ShipCommand;
use sutler_engine::flow::order::OrderView;
use sutler_engine::flow::refund::RefundOf;
use world::{Cut, ON_HAND, World};

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn sold(world: &World, pay: &str) -> Order {
    world.shop.checkout(&world.command(pay, None)).unwrap().order
}

fn parcel(lines: &[(&str, u32)]) -> ShipCommand {
    ShipCommand {
        lines: lines
            .iter()
            .map(|(sku, units)| ((*sku).to_owned(), Quantity::new(*units).unwrap()))
            .collect(),
        tracking: Some("JD0001".to_owned()),
        ..ShipCommand::new("dhl")
    }
}

#[test]
fn an_order_is_picked_packed_shipped_and_delivered() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    let plan = world.shop.fulfill_plan(order.number).unwrap();
    assert_eq!(plan.planned.values().map(Vec::len).collect::<Vec<_>>(), [2]);
    assert_eq!(
        world.shop.fulfill_pick(order.number).unwrap().fulfillments[0].status,
        FulfillmentStatus::Picked
    );
    assert_eq!(
        world.shop.fulfill_pack(order.number).unwrap().fulfillments[0].status,
        FulfillmentStatus::Packed
    );
    let shipped = world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    assert_eq!(
        (shipped.progress.stage, shipped.progress.money),
        (Stage::Shipped, MoneyProgress::Paid)
    );
    assert_eq!(shipped.fulfillments.len(), 1);
    assert_eq!(world.level(world.red).on_hand, ON_HAND - 2);
    assert_eq!(world.level(world.red).allocated, 0);
    let delivered = world.shop.fulfill_deliver(order.number, None).unwrap();
    assert_eq!(delivered.progress.stage, Stage::Delivered);
    assert_eq!(
        world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap_err().code(),
        "order.nothing_to_ship"
    );
    assert_eq!(
        world.shop.order_cancel(order.number, "late", None).unwrap_err().code(),
        "order.already_shipped"
    );
    let log: Vec<_> = world
        .shop
        .order_log(order.number)
        .unwrap()
        .iter()
        .map(|entry| entry.action.word())
        .collect();
    assert_eq!(log, ["opened", "placed", "picked", "packed", "shipped", "delivered"]);
    world.is_whole();
}

#[test]
fn each_parcel_takes_its_share_of_the_money() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    let first = world.shop.fulfill_ship(order.number, &parcel(&[("MUG-RED", 1)])).unwrap();
    assert_eq!(
        (first.progress.fulfillment, first.progress.stage),
        (FulfillmentProgress::PartlyShipped, Stage::Fulfillment)
    );
    assert_eq!(first.payments[0].state().captured, eur(1_190 + 490), "one mug and the delivery");
    let too_many = world.shop.fulfill_ship(order.number, &parcel(&[("MUG-RED", 2)])).unwrap_err();
    assert_eq!(too_many.code(), "fulfillment.too_many");
    let unknown = world.shop.fulfill_ship(order.number, &parcel(&[("MUG-GREEN", 1)])).unwrap_err();
    assert_eq!(unknown.code(), "not_found");
    let rest = world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    assert_eq!(rest.payments[0].state().captured, order.total());
    assert_eq!(rest.progress.stage, Stage::Shipped);
    world.is_whole();
}

#[test]
fn the_same_shipment_key_ships_once() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    let once = ShipCommand { key: Some("parcel-1".parse().unwrap()), ..parcel(&[("MUG-RED", 1)]) };
    world.shop.fulfill_ship(order.number, &once).unwrap();
    let again = world.shop.fulfill_ship(order.number, &once).unwrap();
    assert_eq!(again.order.lines[0].shipped, 1);
    let other = ShipCommand { carrier: "ups".to_owned(), ..once };
    assert_eq!(world.shop.fulfill_ship(order.number, &other).unwrap_err().code(), "key.reused");
}

#[test]
fn canceling_gives_stock_and_money_back() {
    let world = World::new();
    let held = sold(&world, "test:ok");
    world.shop.fulfill_pick(held.number).unwrap();
    let canceled = world.shop.order_cancel(held.number, "changed my mind", None).unwrap();
    assert_eq!(
        (canceled.order.status, canceled.progress.stage),
        (OrderStatus::Canceled, Stage::Canceled)
    );
    assert_eq!(canceled.fulfillments[0].status, FulfillmentStatus::Canceled);
    world.nothing_is_held();
    assert_eq!(
        world.shop.order_cancel(held.number, "again", None).unwrap_err().code(),
        "order.not_placed"
    );

    let taken = sold(&world, "test:ok");
    world.shop.capture(taken.number, None).unwrap();
    let refunded = world.shop.order_cancel(taken.number, "out of paint", None).unwrap();
    assert_eq!(refunded.progress.money, MoneyProgress::Refunded);
    world.nothing_is_held();
}

#[test]
fn a_capture_under_way_when_the_order_is_canceled_is_given_back() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    // The capture never arrives, and stays queued.
    world.provider.schedule([(1, Cut::Before)]);
    world.shop.capture(order.number, None).unwrap();
    world.provider.schedule([(1, Cut::Before)]);
    let canceled = world.shop.order_cancel(order.number, "changed my mind", None).unwrap();
    assert_eq!(canceled.order.status, OrderStatus::Canceled);
    world.settle();
    world.nothing_is_held();
}

#[test]
fn units_given_back_one_by_one_are_the_line_to_the_cent() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    let line = &order.lines[0];
    let label = || line.sku.as_ref().unwrap().to_string();
    let units = |n| RefundOf::Units(vec![(label(), Quantity::new(n).unwrap())]);
    let refunded =
        |view: &OrderView| view.payments.iter().map(|p| p.state().refunded.minor()).sum::<i64>();
    let key = || Some("unit-1".parse().unwrap());
    let once = world.shop.refund(order.number, units(1), "sent back", key()).unwrap();
    let again = world.shop.refund(order.number, units(1), "sent back", key()).unwrap();
    assert_eq!((refunded(&again), again.order.lines[0].refunded), (refunded(&once), 1));
    let other = world.shop.refund(order.number, units(2), "sent back", key()).unwrap_err();
    assert_eq!(other.code(), "key.reused");
    for _ in 1..line.ordered {
        world.shop.refund(order.number, units(1), "sent back", None).unwrap();
    }
    let view = world.shop.order(order.number).unwrap();
    assert_eq!(refunded(&view), order.quote.lines[0].total.minor());
    let more = world.shop.refund(order.number, units(1), "greed", None).unwrap_err();
    assert_eq!(more.code(), "refund.too_many");
    let unknown = RefundOf::Units(vec![("NO-SUCH".to_owned(), Quantity::ONE)]);
    let plan = world.shop.refund_plan(order.number, unknown).unwrap_err();
    assert_eq!(plan.code(), "not_found");
    world.shop.refund(order.number, None, "delivery too", None).unwrap();
    assert_eq!(refunded(&world.shop.order(order.number).unwrap()), order.total().minor());
    assert_eq!(world.shop.verify(&mut |_| ()).unwrap().findings, []);
}

#[test]
fn refunds_in_parts_never_give_more_than_was_taken() {
    let world = World::new();
    let order = sold(&world, "test:ok");
    assert_eq!(
        world.shop.refund(order.number, None, "early", None).unwrap_err().code(),
        "refund.too_large",
        "nothing was captured yet"
    );
    world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    let some = world
        .shop
        .refund(order.number, Some(eur(1_000)), "a dent", Some("r1".parse().unwrap()))
        .unwrap();
    assert_eq!(some.progress.money, MoneyProgress::PartlyRefunded);
    let again = world
        .shop
        .refund(order.number, Some(eur(1_000)), "a dent", Some("r1".parse().unwrap()))
        .unwrap();
    assert_eq!(again.payments[0].state().refunded, eur(1_000), "the same key gives once");
    let over = order.total().checked_sub(eur(999)).unwrap();
    assert_eq!(
        world.shop.refund(order.number, Some(over), "greed", None).unwrap_err().code(),
        "refund.too_large"
    );
    assert_eq!(
        world.shop.refund(order.number, Some(eur(0)), "", None).unwrap_err().code(),
        "amount.not_positive"
    );
    assert_eq!(
        world
            .shop
            .refund(order.number, Some(Money::from_minor(1, Currency::USD)), "", None)
            .unwrap_err()
            .code(),
        "currency.wrong"
    );
    let all = world.shop.refund(order.number, None, "the rest", None).unwrap();
    assert_eq!(
        (all.progress.money, all.payments[0].state().refunded),
        (MoneyProgress::Refunded, order.total())
    );
    assert_eq!(world.money_held(), 0);
    world.is_whole();
}

#[test]
fn a_provider_that_is_away_gets_its_call_later_and_once() {
    // A call that was cut after is looked up at once; that look-up is cut too.
    for cuts in [vec![(1, Cut::Before)], vec![(1, Cut::After), (2, Cut::Before)]] {
        let world = World::new();
        let order = sold(&world, "test:ok");
        world.provider.schedule(cuts);
        let shipped = world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
        assert_eq!(shipped.tasks[0].status, TaskStatus::Queued, "the goods left all the same");
        world.clock.advance(10);
        let report = world.shop.run_payment_tasks().unwrap();
        assert_eq!((report.done, report.failed, report.refused), (1, 0, 0));
        assert_eq!(world.shop.order(order.number).unwrap().progress.money, MoneyProgress::Paid);
        assert_eq!(
            world
                .provider
                .inner
                .ledger()
                .unwrap()
                .iter()
                .filter(|entry| entry.verb == "capture")
                .count(),
            1
        );
        world.is_whole();
    }
}

#[test]
fn a_refused_capture_waits_for_a_person() {
    let world = World::new();
    let order = sold(&world, "test:capture-decline");
    let shipped = world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap();
    assert_eq!(shipped.tasks[0].status, TaskStatus::Refused);
    assert!(shipped.tasks[0].last_error.as_deref().unwrap().contains("declined the capture"));
    assert_eq!(world.shop.run_payment_tasks().unwrap().done, 0, "it is not tried for ever");
}

#[test]
fn goods_do_not_leave_unpaid_unless_told_to() {
    let world = World::new();
    let order = sold(&world, "manual:transfer");
    assert_eq!(
        world.shop.fulfill_ship(order.number, &parcel(&[])).unwrap_err().code(),
        "order.not_paid"
    );
    let trusting = ShipCommand { unpaid: true, ..parcel(&[]) };
    assert_eq!(
        world.shop.fulfill_ship(order.number, &trusting).unwrap().progress.stage,
        Stage::Shipped
    );
}

#[test]
fn a_count_and_a_transfer_move_stock_with_their_guards() {
    let world = World::new();
    assert_eq!(
        world.shop.stock_correct(world.red, 7, "main", " ", None, None).unwrap_err().code(),
        "reason.missing"
    );
    assert_eq!(
        world
            .shop
            .stock_correct(world.red, 7, "main", "found two", Some(4), None)
            .unwrap_err()
            .code(),
        "stock.changed"
    );
    let view = world.shop.stock_correct(world.red, 7, "main", "found two", Some(5), None).unwrap();
    assert_eq!(view.levels[0].1.on_hand, 7);
    sold(&world, "test:ok");
    assert_eq!(
        world.shop.stock_correct(world.red, 1, "main", "lost", None, None).unwrap_err().code(),
        "stock.promised"
    );
    assert_eq!(
        world.shop.stock_limits(world.red, "nowhere", 1, 0, None).unwrap_err().code(),
        "not_found"
    );
    let open = world.shop.stock_limits(world.red, "main", 3, 1, None).unwrap();
    assert_eq!(open.levels[0].1.available(), 7 + 3 - 1 - 2);
    let one = Quantity::ONE;
    assert_eq!(
        world.shop.stock_transfer(world.red, one, "main", "main", None).unwrap_err().code(),
        "input.invalid"
    );
    let key = Some("delivery-note-9".parse().unwrap());
    world.shop.stock_receive(world.red, one, "main", None, key.clone()).unwrap();
    let once = world.shop.stock_receive(world.red, one, "main", None, key).unwrap();
    assert_eq!(once.levels[0].1.on_hand, 8, "the same delivery note is received once");
    world.is_whole();
}
