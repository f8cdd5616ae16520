//! Getting goods to people.

use std::collections::BTreeMap;

use sutler_core::change::{Change, ChangeSet, Idempotency, IdempotencyKey};
use sutler_core::fulfillment::{
    self, Fulfillment, FulfillmentDecision, FulfillmentLine, FulfillmentMove, ShipOrder,
};
use sutler_core::hash::{ContentHash, HashInput};
use sutler_core::id::{FulfillmentId, StockLocationId};
use sutler_core::order::{self, Order, OrderLine, OrderNumber};
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;

use super::order::{OrderView, lines_by_label};
use super::stock::location_by_word;
use crate::{FlowError, Shop};

/// What is to leave from where.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
///
/// let plan = shop.fulfill_plan(placed.order.number)?;
/// for (location, lines) in &plan.planned {
///     assert_eq!((shop.setup()?.locations[0].id, lines[0].quantity), (*location, 2));
/// }
/// assert!(plan.active.is_empty(), "nobody has begun");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FulfillmentPlan {
    /// The order.
    pub order: Order,
    /// Units that no fulfillment takes care of yet.
    pub planned: BTreeMap<StockLocationId, Vec<FulfillmentLine>>,
    /// Fulfillments under way.
    pub active: Vec<Fulfillment>,
}

/// What is handed to a carrier.
///
/// ```
/// use sutler_core::quantity::Quantity;
/// use sutler_engine::flow::fulfill::ShipCommand;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
///
/// let one_now = ShipCommand {
///     lines: vec![("MUG-RED".into(), Quantity::ONE)],
///     tracking: Some("00340434".into()),
///     ..ShipCommand::new("dhl")
/// };
/// let view = shop.fulfill_ship(placed.order.number, &one_now)?;
/// assert_eq!(view.order.lines[0].shipped, 1);
///
/// let the_rest = ShipCommand { lines: vec![], ..one_now };
/// let view = shop.fulfill_ship(placed.order.number, &the_rest)?;
/// assert_eq!(view.order.lines[0].shipped, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShipCommand {
    /// SKU, variant id or line number, and units; empty for all that is left.
    pub lines: Vec<(String, Quantity)>,
    /// Code of the only location to ship from.
    pub location: Option<String>,
    /// Who takes it.
    pub carrier: String,
    /// How to follow it.
    pub tracking: Option<String>,
    /// Ship although the money is neither held nor taken.
    pub unpaid: bool,
    /// Same key, same shipment.
    pub key: Option<IdempotencyKey>,
}

impl ShipCommand {
    /// Returns the shipment of all that is left of an order, from wherever it stands, once the money is held or taken:
    /// without tracking, and without a key.
    ///
    /// A program that may call twice sets a key. Nothing is checked here: the shipment does that.
    ///
    /// ```
    /// use sutler_engine::flow::fulfill::ShipCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    ///
    /// let all = ShipCommand::new("dhl");
    /// assert_eq!((all.tracking.as_deref(), all.unpaid), (None, false));
    /// let view = shop.fulfill_ship(placed.order.number, &all)?;
    /// assert_eq!(view.order.lines[0].shipped, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(carrier: impl Into<String>) -> Self {
        Self {
            lines: Vec::new(),
            location: None,
            carrier: carrier.into(),
            tracking: None,
            unpaid: false,
            key: None,
        }
    }

    fn check_carrier(&self) -> Result<(), Rejection> {
        if !self.carrier.trim().is_empty() {
            return Ok(());
        }
        let why = "is blank: write who takes the parcel, such as dhl".to_owned();
        Err(Rejection::BadInput { what: "carrier", given: self.carrier.clone(), why })
    }

    fn content(&self, number: OrderNumber) -> ContentHash {
        let mut input = HashInput::new("fulfill.ship");
        input.text(&number.to_string());
        for (label, quantity) in &self.lines {
            input.text(label).number(i64::from(quantity.get()));
        }
        input
            .optional_text(self.location.as_deref())
            .text(&self.carrier)
            .optional_text(self.tracking.as_deref());
        input.number(i64::from(self.unpaid));
        input.finish()
    }
}

impl Shop {
    /// Returns what is to leave from where, from the recorded allocations. Writes nothing.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let plan = shop.fulfill_plan(placed.order.number)?;
    /// assert_eq!(plan.planned.values().flatten().map(|line| line.quantity).sum::<u32>(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fulfill_plan(&self, number: OrderNumber) -> Result<FulfillmentPlan, FlowError> {
        use sutler_core::fulfillment::FulfillmentStatus::{Open, Packed, Picked};
        let view = self.order(number)?;
        let planned = fulfillment::plan(&view.allocations, &view.fulfillments);
        let active = view
            .fulfillments
            .into_iter()
            .filter(|f| matches!(f.status, Open | Picked | Packed))
            .collect();
        Ok(FulfillmentPlan { order: view.order, planned, active })
    }

    /// Marks all that is planned as taken from the shelf.
    ///
    /// Errors: `not_found`; `order.not_placed`; `order.nothing_to_ship`.
    ///
    /// ```
    /// use sutler_core::fulfillment::FulfillmentStatus;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let view = shop.fulfill_pick(placed.order.number)?;
    /// assert_eq!(view.fulfillments[0].status, FulfillmentStatus::Picked);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fulfill_pick(&self, number: OrderNumber) -> Result<OrderView, FlowError> {
        self.advance(number, FulfillmentMove::Pick)
    }

    /// Marks all that is planned or picked as put in its parcels.
    ///
    /// Errors: `not_found`; `order.not_placed`; `order.nothing_to_ship`.
    ///
    /// ```
    /// use sutler_core::fulfillment::FulfillmentStatus;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// let view = shop.fulfill_pack(placed.order.number)?;
    /// assert_eq!(view.fulfillments[0].status, FulfillmentStatus::Packed, "picked on the way");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fulfill_pack(&self, number: OrderNumber) -> Result<OrderView, FlowError> {
        self.advance(number, FulfillmentMove::Pack)
    }

    fn advance(&self, number: OrderNumber, step: FulfillmentMove) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        self.settle(|set| {
            let view = self.order_view(id)?;
            let decision = fulfillment::advance(
                &view.order,
                &view.allocations,
                &view.fulfillments,
                step,
                || self.next_id(),
                set.at,
            )?;
            decision.write(set);
            Ok(())
        })?;
        self.order_view(id)
    }

    /// Hands goods to a carrier, in one commit: stock leaves, the order's counters move, the shipment is recorded, and the
    /// capture that it makes due is queued; then the capture is tried.
    ///
    /// Errors: `order.not_placed`; `order.not_paid` unless `unpaid`; `order.nothing_to_ship`; `fulfillment.too_many`; `stock.insufficient` when a
    /// backordered unit is not there yet.
    ///
    /// ```
    /// use sutler_core::order::{MoneyProgress, Stage};
    /// use sutler_engine::flow::fulfill::ShipCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    ///
    /// let all = ShipCommand {
    ///     key: Some("parcel-1".parse()?),
    ///     ..ShipCommand::new("dhl")
    /// };
    /// let view = shop.fulfill_ship(placed.order.number, &all)?;
    /// assert_eq!(view.progress.stage, Stage::Shipped);
    /// assert_eq!(view.progress.money, MoneyProgress::Paid, "shipping takes the money");
    ///
    /// let again = shop.fulfill_ship(placed.order.number, &all)?;
    /// assert_eq!(again.fulfillments.len(), 1, "the same key is the same parcel");
    /// let more = ShipCommand { key: None, ..all.clone() };
    /// let refusal = shop.fulfill_ship(placed.order.number, &more).unwrap_err();
    /// assert_eq!(refusal.code(), "order.nothing_to_ship");
    ///
    /// # let owed = sutler_engine::testing::order(&shop, "manual:transfer")?;
    /// let refusal = shop.fulfill_ship(owed.order.number, &more).unwrap_err();
    /// assert_eq!(refusal.code(), "order.not_paid", "the buyer's transfer has not come");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fulfill_ship(
        &self,
        number: OrderNumber,
        command: &ShipCommand,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        self.settle(|set| self.decide_shipment(number, command, set).map(drop))?;
        self.run_order_tasks(id);
        self.order_view(id)
    }

    /// Returns what [`Shop::fulfill_ship`] would hand to the carrier, from where. Writes nothing; whether a backordered unit
    /// is there by then, only the shipment itself finds out.
    ///
    /// Errors: those of [`Shop::fulfill_ship`].
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
    /// let plan = shop.fulfill_ship_plan(placed.order.number, &all)?;
    /// assert_eq!(plan.planned.values().flatten().map(|line| line.quantity).sum::<u32>(), 2);
    ///
    /// # let owed = sutler_engine::testing::order(&shop, "manual:transfer")?;
    /// let refusal = shop.fulfill_ship_plan(owed.order.number, &all).unwrap_err();
    /// assert_eq!(refusal.code(), "order.not_paid", "as the shipment itself would say");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fulfill_ship_plan(
        &self,
        number: OrderNumber,
        command: &ShipCommand,
    ) -> Result<FulfillmentPlan, FlowError> {
        let leaving = self.dry_run(|set| self.decide_shipment(number, command, set))?;
        let mut planned: BTreeMap<StockLocationId, Vec<FulfillmentLine>> = BTreeMap::new();
        for fulfillment in leaving {
            planned.entry(fulfillment.location).or_default().extend(fulfillment.lines);
        }
        let order = self.order(number)?.order;
        Ok(FulfillmentPlan { order, planned, active: Vec::new() })
    }

    /// Decides on a shipment; returns what leaves.
    fn decide_shipment(
        &self,
        number: OrderNumber,
        command: &ShipCommand,
        set: &mut ChangeSet,
    ) -> Result<Vec<Fulfillment>, FlowError> {
        let id = self.order_id(number)?;
        let content = command.content(number);
        set.idempotency =
            command.key.clone().map(|key| Idempotency { key, content, answer: id.into() });
        command.check_carrier()?;
        let setup = self.setup()?;
        let only = command.location.as_deref().map(|word| location_by_word(&setup, word));
        let view = self.order_view(id)?;
        view.require_placed("shipped")?;
        if !command.unpaid {
            order::require_paid(number, view.order.total(), &view.payments)?;
        }
        let lines = lines_by_label(&view.order, &command.lines, OrderLine::to_ship)?;
        let wanted = ShipOrder {
            lines: &lines,
            location: only.transpose()?.map(|location| location.id),
            carrier: command.carrier.trim(),
            tracking: command.tracking.as_deref(),
        };
        let decision = fulfillment::ship(
            &view.order,
            &view.allocations,
            &view.fulfillments,
            &wanted,
            || self.next_id(),
            set.at,
        )?;
        let (leaving, shipped) = (decision.fulfillments.clone(), last_order(&decision).cloned());
        decision.write(set);
        if let Some(order) = shipped {
            self.capture_for(&order, view.drafts(), set)?;
        }
        Ok(leaving)
    }

    /// Records that parcels arrived: all of the order that are on their way, or one.
    ///
    /// Errors: `not_found`; `order.not_placed`; `input.invalid` when nothing is on its way.
    ///
    /// ```
    /// use sutler_core::order::Stage;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
    /// shop.fulfill_ship(placed.order.number, &all)?;
    /// let view = shop.fulfill_deliver(placed.order.number, None)?;
    /// assert_eq!(view.progress.stage, Stage::Delivered);
    ///
    /// let refusal = shop.fulfill_deliver(placed.order.number, None).unwrap_err();
    /// assert_eq!(refusal.code(), "input.invalid", "nothing is on its way any more");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fulfill_deliver(
        &self,
        number: OrderNumber,
        only: Option<FulfillmentId>,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        self.settle(|set| {
            let view = self.order_view(id)?;
            fulfillment::deliver(&view.order, &view.fulfillments, only, set.at)?.write(set);
            Ok(())
        })?;
        self.order_view(id)
    }
}

fn last_order(decision: &FulfillmentDecision) -> Option<&Order> {
    decision.changes.iter().rev().find_map(|change| match change {
        Change::Order { order, .. } => Some(&**order),
        _ => None,
    })
}
