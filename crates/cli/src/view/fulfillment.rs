//! Parcels: those that exist, and those that a plan would make.

use sutler_core::fulfillment::{Fulfillment, FulfillmentLine, FulfillmentStatus};
use sutler_core::id::{FulfillmentId, StockLocationId};
use sutler_core::order::{Order, OrderNumber};
use sutler_core::shop::Setup;
use sutler_core::status::word;
use sutler_core::time::Timestamp;
use sutler_engine::flow::fulfill::FulfillmentPlan;

use super::{Sheet, view};
use crate::answer::Show;
use crate::page::Page;
use crate::table::{Column, Side, Table};

view! {
    /// Some units of one line of an order.
    PlannedLine {
        /// Line of the order.
        line: u32,
        /// What people call what stands on it.
        label: String,
        /// Its title.
        title: String,
        /// Units.
        quantity: u32,
    }
}

view! {
    /// The work of getting some lines of an order to the buyer.
    FulfillmentView {
        /// Identity.
        id: FulfillmentId,
        /// Code of the stock location.
        location: String,
        /// Where it is.
        status: FulfillmentStatus,
        /// What is in it.
        lines: Vec<PlannedLine>,
        /// Who took it.
        carrier: Option<String>,
        /// How to follow it.
        tracking: Option<String>,
        /// When it left.
        shipped_at: Option<Timestamp>,
        /// When it arrived.
        delivered_at: Option<Timestamp>,
    }
}

view! {
    /// A parcel that is to be made.
    PlannedParcel {
        /// Code of the stock location.
        location: String,
        /// What goes into it.
        lines: Vec<PlannedLine>,
    }
}

view! {
    /// What is left to send of an order, and from where.
    PlanView {
        /// The order.
        number: OrderNumber,
        /// Where the goods go.
        ship_to: sutler_core::address::Address,
        /// Parcels that are to be made.
        planned: Vec<PlannedParcel>,
        /// Fulfillments that are open, picked or packed.
        active: Vec<FulfillmentView>,
        /// Whether this is what `fulfill ship` would send.
        dry_run: bool,
    }
}

fn location_code(setup: &Setup, id: StockLocationId) -> String {
    setup.location(id).map_or_else(|| id.to_string(), |location| location.code.clone())
}

fn lines(lines: &[FulfillmentLine], order: &Order) -> Vec<PlannedLine> {
    let planned = lines.iter().map(|line| {
        let sold = order.line(line.line);
        PlannedLine {
            line: line.line,
            label: sold.map_or_else(String::new, sutler_core::order::OrderLine::label),
            title: sold.map_or_else(String::new, |sold| sold.title.clone()),
            quantity: line.quantity,
        }
    });
    planned.collect()
}

impl FulfillmentView {
    /// Puts a fulfillment together with the names of its lines and location.
    pub(crate) fn new(fulfillment: &Fulfillment, order: &Order, setup: &Setup) -> Self {
        let shipment = fulfillment.shipment.as_ref();
        Self {
            id: fulfillment.id,
            location: location_code(setup, fulfillment.location),
            status: fulfillment.status,
            lines: lines(&fulfillment.lines, order),
            carrier: shipment.map(|shipment| shipment.carrier.clone()),
            tracking: shipment.and_then(|shipment| shipment.tracking.clone()),
            shipped_at: shipment.map(|shipment| shipment.shipped_at),
            delivered_at: fulfillment.delivered_at,
        }
    }
}

impl PlanView {
    /// Puts a plan together with the names of its lines and locations.
    pub(crate) fn new(plan: &FulfillmentPlan, setup: &Setup, dry_run: bool) -> Self {
        let parcel =
            |(location, planned): (&StockLocationId, &Vec<FulfillmentLine>)| PlannedParcel {
                location: location_code(setup, *location),
                lines: lines(planned, &plan.order),
            };
        Self {
            number: plan.order.number,
            ship_to: plan.order.ship_to.clone(),
            planned: plan.planned.iter().map(parcel).collect(),
            active: plan
                .active
                .iter()
                .map(|f| FulfillmentView::new(f, &plan.order, setup))
                .collect(),
            dry_run,
        }
    }

    /// Returns whether nothing is left to send.
    pub(crate) fn is_done(&self) -> bool {
        self.planned.is_empty() && self.active.is_empty()
    }
}

const GOODS: &[Column] =
    &[("LINE", Side::Right), ("SKU", Side::Left), ("TITLE", Side::Left), ("QTY", Side::Right)];

fn goods(lines: &[PlannedLine]) -> Table {
    let mut table = Table::new(GOODS);
    for line in lines {
        table.row([
            line.line.to_string(),
            line.label.clone(),
            line.title.clone(),
            line.quantity.to_string(),
        ]);
    }
    table
}

impl Show for PlanView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(
            &format!("Order {}", self.number),
            if self.dry_run { "nothing was done" } else { "" },
        );
        sheet.pair("ship to", &self.ship_to.to_string());
        if self.is_done() {
            sheet.line("  nothing is left to send");
        }
        for parcel in &self.planned {
            sheet.gap().title(&format!("From {}", parcel.location), "to be picked");
            sheet.table(&goods(&parcel.lines));
        }
        for parcel in &self.active {
            sheet.gap().title(&format!("From {}", parcel.location), &word(parcel.status));
            sheet.table(&goods(&parcel.lines));
        }
        sheet.finish()
    }
}
