//! Planning fulfillments from the recorded allocations, and what shipping and delivering write.

use std::collections::BTreeMap;

use super::{Fulfillment, FulfillmentLine, FulfillmentMove, FulfillmentStatus, Shipment};
use crate::change::{Change, ChangeSet, StockChange};
use crate::event::{Event, EventData, EventKind};
use crate::id::{FulfillmentId, OrderId, ShipmentId, StockLocationId};
use crate::inventory::{Allocation, MovementKind, StockMovement};
use crate::order::{LineUnits, Order, OrderAction, OrderStatus};
use crate::rejection::Rejection;
use crate::status::{Status as _, word};
use crate::time::Timestamp;

/// What a shipment is told.
///
/// ```
/// use sutler_core::fulfillment::ShipOrder;
///
/// let everything =
///     ShipOrder { lines: &[], location: None, carrier: "dhl", tracking: Some("JJD0146") };
/// assert_eq!(everything.tracking, Some("JJD0146"));
/// ```
#[derive(Clone, Debug)]
pub struct ShipOrder<'a> {
    /// What to ship; empty for all that is left.
    pub lines: &'a [LineUnits],
    /// From where only; `None` for anywhere.
    pub location: Option<StockLocationId>,
    /// Who takes it.
    pub carrier: &'a str,
    /// How to follow it.
    pub tracking: Option<&'a str>,
}

/// Writes and events of one decision about fulfillments, with the fulfillments as they are to be.
///
/// ```
/// use sutler_core::change::ChangeSet;
/// use sutler_core::fulfillment::{Fulfillment, FulfillmentDecision, FulfillmentStatus, call_off};
/// # use sutler_core::id::{CommandId, FulfillmentId, OrderId, StockLocationId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let picked = Fulfillment {
/// #     id: FulfillmentId::from_u128(1), order: OrderId::from_u128(1), location: StockLocationId::from_u128(1),
/// #     status: FulfillmentStatus::Picked, lines: vec![], shipment: None, created_at: now, delivered_at: None, version: 2,
/// # };
/// let decision: FulfillmentDecision = call_off(&[picked]);
/// assert_eq!(decision.fulfillments[0].status, FulfillmentStatus::Canceled);
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// decision.write(&mut set);
/// assert_eq!((set.changes.len(), set.events.len()), (1, 1));
/// ```
#[derive(Clone, Default, Debug)]
pub struct FulfillmentDecision {
    /// What to write.
    pub changes: Vec<Change>,
    /// What to tell.
    pub events: Vec<Event>,
    /// The fulfillments as they are to be.
    pub fulfillments: Vec<Fulfillment>,
}

impl FulfillmentDecision {
    /// Adds what has to be written and told to a set.
    pub fn write(self, set: &mut ChangeSet) {
        set.changes.extend(self.changes);
        set.events.extend(self.events);
    }

    fn put(&mut self, fulfillment: Fulfillment, kind: EventKind) {
        let data = EventData::Fulfillment {
            fulfillment: fulfillment.id,
            order: fulfillment.order,
            status: fulfillment.status,
        };
        self.events.push(Event { kind, subject: fulfillment.id.into(), data });
        self.changes.push(Change::Fulfillment(Box::new(fulfillment.clone())));
        self.fulfillments.push(fulfillment);
    }
}

fn is_active(fulfillment: &Fulfillment) -> bool {
    matches!(
        fulfillment.status,
        FulfillmentStatus::Open | FulfillmentStatus::Picked | FulfillmentStatus::Packed
    )
}

/// Returns the units that are promised, have not left and are in no active fulfillment, by location: what new fulfillments
/// are to be made.
///
/// ```
/// use sutler_core::fulfillment::{FulfillmentLine, plan};
/// use sutler_core::inventory::{Allocation, StockKey};
/// # use sutler_core::id::{OrderId, StockLocationId, VariantId};
///
/// # let (variant, order) = (VariantId::from_u128(1), OrderId::from_u128(1));
/// let shelf = StockLocationId::from_u128(1);
/// let key = StockKey { variant, location: shelf };
/// let promised = Allocation { order, line: 1, key, quantity: 3, shipped: 1, released: 0 };
/// let planned = plan(&[promised], &[]);
/// assert_eq!(planned[&shelf], [FulfillmentLine { line: 1, quantity: 2 }]);
/// assert!(plan(&[Allocation { shipped: 3, ..promised }], &[]).is_empty());
/// ```
pub fn plan(
    allocations: &[Allocation],
    fulfillments: &[Fulfillment],
) -> BTreeMap<StockLocationId, Vec<FulfillmentLine>> {
    let mut open: BTreeMap<(StockLocationId, u32), u32> = BTreeMap::new();
    for allocation in allocations.iter().filter(|allocation| allocation.open() > 0) {
        *open.entry((allocation.key.location, allocation.line)).or_default() += allocation.open();
    }
    for fulfillment in fulfillments.iter().filter(|fulfillment| is_active(fulfillment)) {
        for line in &fulfillment.lines {
            if let Some(units) = open.get_mut(&(fulfillment.location, line.line)) {
                *units = units.saturating_sub(line.quantity);
            }
        }
    }
    let mut planned: BTreeMap<StockLocationId, Vec<FulfillmentLine>> = BTreeMap::new();
    for ((location, line), quantity) in open {
        if quantity > 0 {
            planned.entry(location).or_default().push(FulfillmentLine { line, quantity });
        }
    }
    planned
}

/// Calls off whatever has not left yet: its order was canceled.
///
/// ```
/// use sutler_core::fulfillment::{Fulfillment, FulfillmentStatus, call_off};
/// # use sutler_core::id::{FulfillmentId, OrderId, StockLocationId};
/// # use sutler_core::time::Timestamp;
///
/// # let open = Fulfillment {
/// #     id: FulfillmentId::from_u128(1), order: OrderId::from_u128(1), location: StockLocationId::from_u128(1),
/// #     status: FulfillmentStatus::Open, lines: vec![], shipment: None, created_at: Timestamp::from_millis(0),
/// #     delivered_at: None, version: 1,
/// # };
/// let gone = Fulfillment { status: FulfillmentStatus::Shipped, ..open.clone() };
/// let decision = call_off(&[open, gone]);
/// let statuses: Vec<_> = decision.fulfillments.iter().map(|f| f.status).collect();
/// assert_eq!(statuses, [FulfillmentStatus::Canceled], "what left is left alone");
/// ```
pub fn call_off(fulfillments: &[Fulfillment]) -> FulfillmentDecision {
    let mut decision = FulfillmentDecision::default();
    for fulfillment in fulfillments {
        if let Ok(status) = fulfillment.status.after(FulfillmentMove::Cancel) {
            let version = fulfillment.version + 1;
            decision.put(
                Fulfillment { status, version, ..fulfillment.clone() },
                EventKind::FulfillmentChanged,
            );
        }
    }
    decision
}

fn require_placed(order: &Order, verb: &'static str) -> Result<(), Rejection> {
    if order.status == OrderStatus::Placed {
        Ok(())
    } else {
        Err(Rejection::OrderNotPlaced { number: order.number, status: word(order.status), verb })
    }
}

fn fresh(
    id: FulfillmentId,
    order: OrderId,
    location: StockLocationId,
    lines: Vec<FulfillmentLine>,
    now: Timestamp,
) -> Fulfillment {
    Fulfillment {
        id,
        order,
        location,
        status: FulfillmentStatus::START,
        lines,
        shipment: None,
        created_at: now,
        delivered_at: None,
        version: 0,
    }
}

/// Moves the order's work one step on (`Pick` or `Pack`): active fulfillments that can make the move do; what is planned and
/// has no fulfillment yet gets one first.
///
/// Errors: `order.not_placed`; `order.nothing_to_ship` when nothing is left that can make the move.
///
/// ```
/// use sutler_core::fulfillment::{FulfillmentMove, FulfillmentStatus, advance};
/// # use sutler_core::id::{StockLocationId, VariantId};
/// # use sutler_core::inventory::{Allocation, StockKey};
/// # use sutler_core::order::{Order, place};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let now = Timestamp::from_millis(0);
/// # let order = place(&serde_json::from_str::<Order>(text)?, now)?;
/// # let key = StockKey { variant: order.lines[0].variant, location: StockLocationId::from_u128(1) };
/// # let promised = [Allocation { order: order.id, line: 1, key, quantity: 2, shipped: 0, released: 0 }];
/// # let next_id = || 7;
///
/// let packed = advance(&order, &promised, &[], FulfillmentMove::Pack, next_id, now)?;
/// assert_eq!(packed.fulfillments[0].status, FulfillmentStatus::Packed, "picking is implied");
/// let again =
///     advance(&order, &promised, &packed.fulfillments, FulfillmentMove::Pack, next_id, now);
/// assert_eq!(again.map_err(|why| why.code()).err(), Some("order.nothing_to_ship"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn advance(
    order: &Order,
    allocations: &[Allocation],
    fulfillments: &[Fulfillment],
    step: FulfillmentMove,
    mut next_id: impl FnMut() -> u128,
    now: Timestamp,
) -> Result<FulfillmentDecision, Rejection> {
    require_placed(order, if step == FulfillmentMove::Pick { "picked" } else { "packed" })?;
    let mut work: Vec<Fulfillment> =
        fulfillments.iter().filter(|fulfillment| is_active(fulfillment)).cloned().collect();
    for (location, lines) in plan(allocations, fulfillments) {
        work.push(fresh(FulfillmentId::from_u128(next_id()), order.id, location, lines, now));
    }
    let mut decision = FulfillmentDecision::default();
    let mut order = order.clone();
    for mut fulfillment in work {
        if step == FulfillmentMove::Pack && fulfillment.status == FulfillmentStatus::Open {
            fulfillment.status = fulfillment.status.after(FulfillmentMove::Pick)?;
        }
        if let Ok(status) = fulfillment.status.after(step) {
            fulfillment.status = status;
            fulfillment.version += 1;
            // The order's version guards the step: an order that was canceled meanwhile is noticed.
            order.version += 1;
            let id = fulfillment.id;
            let action = if step == FulfillmentMove::Pick {
                OrderAction::Picked { fulfillment: id }
            } else {
                OrderAction::Packed { fulfillment: id }
            };
            decision.changes.push(Change::Order { order: Box::new(order.clone()), action });
            decision.put(fulfillment, EventKind::FulfillmentChanged);
        }
    }
    if decision.fulfillments.is_empty() {
        return Err(Rejection::NothingToShip { number: order.number });
    }
    Ok(decision)
}

/// Hands goods to a carrier: stock leaves, counters and allocations move, one fulfillment with its shipment per location.
///
/// With `lines` empty everything that is left leaves; active fulfillments are shipped as they are. With lines named, just
/// those units leave; active fulfillments are called off and may be planned again.
///
/// Errors: nothing left, more units than are left, units at several locations under one tracking number, order not placed.
///
/// ```
/// use sutler_core::fulfillment::{ShipOrder, ship};
/// use sutler_core::order::LineUnits;
/// # use sutler_core::id::StockLocationId;
/// # use sutler_core::inventory::{Allocation, StockKey};
/// # use sutler_core::order::{Order, place};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let now = Timestamp::from_millis(0);
/// # let order = place(&serde_json::from_str::<Order>(text)?, now)?;
/// # let key = StockKey { variant: order.lines[0].variant, location: StockLocationId::from_u128(1) };
/// # let promised = [Allocation { order: order.id, line: 1, key, quantity: 2, shipped: 0, released: 0 }];
/// # let next_id = || 7;
///
/// let all = ShipOrder { lines: &[], location: None, carrier: "dhl", tracking: Some("JJD0146") };
/// let shipped = ship(&order, &promised, &[], &all, next_id, now)?;
/// let parcel = shipped.fulfillments[0].shipment.as_ref().expect("it left");
/// assert_eq!((parcel.carrier.as_str(), parcel.shipped_at), ("dhl", now));
///
/// let three = ShipOrder { lines: &[LineUnits { line: 1, quantity: 3 }], ..all };
/// let refused = ship(&order, &promised, &[], &three, next_id, now);
/// assert_eq!(refused.map_err(|why| why.code()).err(), Some("fulfillment.too_many"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ship(
    order: &Order,
    allocations: &[Allocation],
    fulfillments: &[Fulfillment],
    wanted: &ShipOrder<'_>,
    mut next_id: impl FnMut() -> u128,
    now: Timestamp,
) -> Result<FulfillmentDecision, Rejection> {
    require_placed(order, "shipped")?;
    let mut decision = FulfillmentDecision::default();
    let here = |location: StockLocationId| wanted.location.is_none_or(|only| only == location);
    let mut leaving: Vec<Fulfillment> = Vec::new();
    if wanted.lines.is_empty() {
        leaving.extend(fulfillments.iter().filter(|f| is_active(f) && here(f.location)).cloned());
        for (location, lines) in
            plan(allocations, fulfillments).into_iter().filter(|(location, _)| here(*location))
        {
            leaving.push(fresh(
                FulfillmentId::from_u128(next_id()),
                order.id,
                location,
                lines,
                now,
            ));
        }
    } else {
        for (location, lines) in pick_units(order, allocations, wanted)? {
            leaving.push(fresh(
                FulfillmentId::from_u128(next_id()),
                order.id,
                location,
                lines,
                now,
            ));
        }
        let replaced: Vec<Fulfillment> =
            fulfillments.iter().filter(|f| is_active(f) && here(f.location)).cloned().collect();
        decision = call_off(&replaced);
    }
    if leaving.is_empty() {
        return Err(Rejection::NothingToShip { number: order.number });
    }
    require_one_parcel_per_tracking(&leaving, wanted)?;
    decision.fulfillments.clear();
    let mut order = order.clone();
    let mut allocations = allocations.to_vec();
    for fulfillment in leaving {
        ship_one(
            &mut order,
            &mut allocations,
            fulfillment,
            wanted,
            ShipmentId::from_u128(next_id()),
            now,
            &mut decision,
        )?;
    }
    Ok(decision)
}

fn require_one_parcel_per_tracking(
    leaving: &[Fulfillment],
    wanted: &ShipOrder<'_>,
) -> Result<(), Rejection> {
    match wanted.tracking {
        Some(tracking) if leaving.len() > 1 => Err(Rejection::BadInput {
            what: "tracking number",
            given: tracking.to_owned(),
            why: format!(
                "would stand on {} parcels: ship each location by itself with --location",
                leaving.len()
            ),
        }),
        _ => Ok(()),
    }
}

/// Takes the named units from open allocations, in key order.
fn pick_units(
    order: &Order,
    allocations: &[Allocation],
    wanted: &ShipOrder<'_>,
) -> Result<BTreeMap<StockLocationId, Vec<FulfillmentLine>>, Rejection> {
    let mut summed: BTreeMap<u32, u32> = BTreeMap::new();
    for line in wanted.lines {
        let sum = summed.entry(line.line).or_default();
        *sum = sum.saturating_add(line.quantity);
    }
    let mut taken: BTreeMap<StockLocationId, Vec<FulfillmentLine>> = BTreeMap::new();
    for (line, requested) in summed {
        let mut missing = requested;
        let here = |a: &&Allocation| {
            a.line == line && wanted.location.is_none_or(|only| only == a.key.location)
        };
        for allocation in allocations.iter().filter(here) {
            let quantity = missing.min(allocation.open());
            if quantity > 0 {
                taken
                    .entry(allocation.key.location)
                    .or_default()
                    .push(FulfillmentLine { line, quantity });
                missing -= quantity;
            }
        }
        if missing > 0 {
            let label =
                order.line(line).map_or_else(|| line.to_string(), crate::order::OrderLine::label);
            return Err(Rejection::ShipTooMany {
                number: order.number,
                label,
                requested,
                open: requested - missing,
            });
        }
    }
    Ok(taken)
}

fn ship_one(
    order: &mut Order,
    allocations: &mut [Allocation],
    mut fulfillment: Fulfillment,
    wanted: &ShipOrder<'_>,
    shipment: ShipmentId,
    now: Timestamp,
    decision: &mut FulfillmentDecision,
) -> Result<(), Rejection> {
    // A shipped parcel was picked and packed, whether anybody told us or not.
    for step in [FulfillmentMove::Pick, FulfillmentMove::Pack] {
        fulfillment.status = fulfillment.status.after(step).unwrap_or(fulfillment.status);
    }
    fulfillment.status = fulfillment.status.after(FulfillmentMove::Ship)?;
    fulfillment.version += 1;
    let tracking = wanted.tracking.map(str::to_owned);
    fulfillment.shipment = Some(Shipment {
        id: shipment,
        carrier: wanted.carrier.to_owned(),
        tracking,
        shipped_at: now,
    });
    for part in &fulfillment.lines {
        let mut left = part.quantity;
        for allocation in allocations
            .iter_mut()
            .filter(|a| a.line == part.line && a.key.location == fulfillment.location)
        {
            let quantity = left.min(allocation.open());
            if quantity == 0 {
                continue;
            }
            left -= quantity;
            allocation.shipped += quantity;
            decision.changes.push(Change::Allocation(*allocation));
            if order.line(part.line).is_some_and(|line| line.tracks_stock) {
                let cause = Some(fulfillment.id.into());
                let movement = StockMovement {
                    key: allocation.key,
                    kind: MovementKind::Shipped,
                    quantity,
                    cause,
                    reason: None,
                };
                decision
                    .changes
                    .push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }));
                let data = EventData::Stock { location: allocation.key.location };
                decision.events.push(Event {
                    kind: EventKind::StockChanged,
                    subject: allocation.key.variant.into(),
                    data,
                });
            }
        }
        if left > 0 {
            let label =
                order.line(part.line).map_or_else(String::new, crate::order::OrderLine::label);
            let (requested, open) = (part.quantity, part.quantity - left);
            return Err(Rejection::ShipTooMany { number: order.number, label, requested, open });
        }
        if let Some(line) = order.lines.iter_mut().find(|line| line.line == part.line) {
            line.shipped += part.quantity;
        }
    }
    order.version += 1;
    let lines = fulfillment.lines.iter().map(|part| (part.line, part.quantity)).collect();
    let action = OrderAction::Shipped { fulfillment: fulfillment.id, lines };
    decision.changes.push(Change::Order { order: Box::new(order.clone()), action });
    decision.put(fulfillment, EventKind::FulfillmentShipped);
    Ok(())
}

/// Records that parcels arrived: all that are on their way, or the one named.
///
/// Errors: `order.not_placed`; `input.invalid` when no parcel is on its way.
///
/// ```
/// use sutler_core::fulfillment::{Fulfillment, FulfillmentStatus, deliver};
/// # use sutler_core::id::{FulfillmentId, StockLocationId};
/// # use sutler_core::order::{Order, place};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let now = Timestamp::from_millis(0);
/// # let order = place(&serde_json::from_str::<Order>(text)?, now)?;
/// # let sent = Fulfillment {
/// #     id: FulfillmentId::from_u128(1), order: order.id, location: StockLocationId::from_u128(1),
/// #     status: FulfillmentStatus::Shipped, lines: vec![], shipment: None, created_at: now, delivered_at: None, version: 2,
/// # };
///
/// let arrived = deliver(&order, &[sent], None, now)?;
/// assert_eq!(arrived.fulfillments[0].status, FulfillmentStatus::Delivered);
/// let refused = deliver(&order, &arrived.fulfillments, None, now);
/// assert_eq!(refused.map_err(|why| why.code()).err(), Some("input.invalid"), "none is on its way");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deliver(
    order: &Order,
    fulfillments: &[Fulfillment],
    only: Option<FulfillmentId>,
    now: Timestamp,
) -> Result<FulfillmentDecision, Rejection> {
    require_placed(order, "delivered")?;
    let mut decision = FulfillmentDecision::default();
    let mut order = order.clone();
    let on_its_way = |f: &&Fulfillment| {
        f.status == FulfillmentStatus::Shipped && only.is_none_or(|id| id == f.id)
    };
    for fulfillment in fulfillments.iter().filter(on_its_way) {
        let mut arrived = fulfillment.clone();
        arrived.status = fulfillment.status.after(FulfillmentMove::Deliver)?;
        arrived.delivered_at = Some(now);
        arrived.version += 1;
        for part in &arrived.lines {
            if let Some(line) = order.lines.iter_mut().find(|line| line.line == part.line) {
                line.delivered += part.quantity;
            }
        }
        order.version += 1;
        let lines = arrived.lines.iter().map(|part| (part.line, part.quantity)).collect();
        let action = OrderAction::Delivered { fulfillment: arrived.id, lines };
        decision.changes.push(Change::Order { order: Box::new(order.clone()), action });
        decision.put(arrived, EventKind::FulfillmentDelivered);
    }
    if decision.fulfillments.is_empty() {
        return Err(Rejection::BadInput {
            what: "order",
            given: order.number.to_string(),
            why: "has no parcel on its way: ship it first with `sutler fulfill ship`".to_owned(),
        });
    }
    Ok(decision)
}
