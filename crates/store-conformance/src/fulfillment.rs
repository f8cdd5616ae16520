//! Fulfillments.

use sutler_core::change::Change;
use sutler_core::fulfillment::{Fulfillment, FulfillmentLine, FulfillmentStatus, Shipment};
use sutler_core::id::ShipmentId;
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::{World, after};
use crate::then::committed;

fn write(fulfillment: &Fulfillment) -> Change {
    Change::Fulfillment(Box::new(fulfillment.clone()))
}

/// A fulfillment comes back as it was written, in every status, with and without its shipment.
pub fn a_fulfillment_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.new_order(store);
    let open = world.fulfillment(&order);
    let line = |line, quantity| FulfillmentLine { line, quantity };
    let statuses = [
        FulfillmentStatus::Open,
        FulfillmentStatus::Picked,
        FulfillmentStatus::Packed,
        FulfillmentStatus::Shipped,
        FulfillmentStatus::Delivered,
        FulfillmentStatus::Canceled,
        FulfillmentStatus::Lost,
        FulfillmentStatus::Returned,
    ];
    for (version, status) in (1..).zip(statuses) {
        let shipment = (version % 2 == 0).then(|| Shipment {
            id: ShipmentId::from_u128(world.id()),
            carrier: "dhl".to_owned(),
            tracking: (version % 4 == 0).then(|| "00340434161094042557".to_owned()),
            shipped_at: after(5),
        });
        let lines = vec![line(2, 3), line(1, 1_000_000)];
        let delivered_at = (version % 3 == 0).then(|| after(6));
        let written =
            Fulfillment { status, shipment, lines, delivered_at, version, ..open.clone() };
        committed(store, world.set_of([write(&written)]));
        assert_eq!(store.fulfillments(order.id).unwrap(), [written]);
    }
}

/// Fulfillments of an order come oldest id first, and only those of the order.
pub fn fulfillments_come_oldest_first<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (order, other) = (world.new_order(store), world.new_order(store));
    let expected =
        [world.fulfillment(&order), world.fulfillment(&order), world.fulfillment(&order)];
    let foreign = world.fulfillment(&other);
    committed(store, world.set_of(expected.iter().rev().chain([&foreign]).map(write)));
    assert_eq!(store.fulfillments(order.id).unwrap(), expected);
    assert_eq!(store.fulfillments(other.id).unwrap(), [foreign]);
}
