//! The text of an order for people.

use sutler_core::credit::CreditId;
use sutler_core::status::word;

use super::quote::add_totals;
use super::{OrderShown, PlacedView, RefundPlanView, RefundedView, Sheet};
use crate::answer::Show;
use crate::page::{Look, Page};
use crate::table::{Column, Side, Table};

const LINES: &[Column] = &[
    ("LINE", Side::Right),
    ("SKU", Side::Left),
    ("TITLE", Side::Left),
    ("QTY", Side::Right),
    ("UNIT PRICE", Side::Right),
    ("TOTAL", Side::Right),
    ("SHIPPED", Side::Right),
    ("DELIVERED", Side::Right),
];

const PAYMENTS: &[Column] = &[
    ("PAYMENT", Side::Left),
    ("STATUS", Side::Left),
    ("AMOUNT", Side::Right),
    ("CAPTURED", Side::Right),
    ("REFUNDED", Side::Right),
];

const PARCELS: &[Column] = &[
    ("FROM", Side::Left),
    ("STATUS", Side::Left),
    ("GOODS", Side::Left),
    ("CARRIER", Side::Left),
    ("TRACKING", Side::Left),
];

const LOG: &[Column] = &[("WHEN", Side::Left), ("WHAT", Side::Left), ("", Side::Left)];

impl Show for OrderShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&format!("Order {}", self.number), &word(self.stage));
        sheet.pair("email", &self.email);
        sheet.pair("ship to", &self.ship_to.to_string());
        sheet.pair("money", &self.money_progress);
        sheet.pair("goods", &self.fulfillment_progress);
        if self.return_progress != "none" {
            sheet.pair("returns", &self.return_progress);
        }
        sheet.some("placed", self.placed_at.map(|at| at.to_string()).as_deref());
        sheet.some("canceled", self.canceled_at.map(|at| at.to_string()).as_deref());
        sheet.gap().table(&self.line_table()).gap();
        add_totals(&mut sheet, page, &self.quote);
        sheet.gap().table(&self.payment_table());
        for task in &self.payment_tasks {
            let why =
                task.last_error.as_deref().map_or_else(String::new, |error| format!(": {error}"));
            sheet.line(&format!("  {} {} {}{why}", task.status, task.kind, task.amount));
        }
        if !self.fulfillments.is_empty() {
            sheet.gap().table(&self.parcel_table());
        }
        if !self.log.is_empty() {
            sheet.gap().table(&self.log_table());
        }
        sheet.finish()
    }
}

impl OrderShown {
    fn line_table(&self) -> Table {
        let mut table = Table::new(LINES);
        for line in &self.lines {
            let wanted = line.ordered.saturating_sub(line.canceled);
            let money = |amount: Option<sutler_core::money::Money>| {
                amount.map_or_else(String::new, |m| m.to_string())
            };
            table.row([
                line.line.to_string(),
                line.sku.clone().unwrap_or_default(),
                line.title.clone(),
                line.ordered.to_string(),
                money(line.unit_price),
                money(line.total),
                format!("{} of {wanted}", line.shipped),
                format!("{} of {wanted}", line.delivered),
            ]);
        }
        table
    }

    fn payment_table(&self) -> Table {
        let mut table = Table::new(PAYMENTS);
        for payment in &self.payments {
            table.row([
                match payment.method.parse::<CreditId>() {
                    Ok(credit) => format!("{} {credit}", credit.noun()),
                    Err(_) => format!("{}:{}", payment.provider, payment.method),
                },
                word(payment.status),
                payment.amount.to_string(),
                payment.captured.to_string(),
                payment.refunded.to_string(),
            ]);
        }
        table
    }

    fn parcel_table(&self) -> Table {
        let mut table = Table::new(PARCELS);
        for parcel in &self.fulfillments {
            let goods: Vec<String> = parcel
                .lines
                .iter()
                .map(|line| format!("{} × {}", line.quantity, line.label))
                .collect();
            table.row([
                parcel.location.clone(),
                word(parcel.status),
                goods.join(", "),
                parcel.carrier.clone().unwrap_or_default(),
                parcel.tracking.clone().unwrap_or_default(),
            ]);
        }
        table
    }

    fn log_table(&self) -> Table {
        let mut table = Table::new(LOG);
        for entry in &self.log {
            table.row([
                entry.at.to_string(),
                entry.action.clone(),
                entry.detail.clone().unwrap_or_default(),
            ]);
        }
        table
    }
}

impl Show for PlacedView {
    fn show(&self, page: &Page) -> String {
        self.order.show(page)
    }
}

impl Show for RefundedView {
    fn show(&self, page: &Page) -> String {
        let order = self.order.show(page);
        match &self.gift_card_code {
            Some(code) => {
                format!("{order}\nGift card code, shown this once: {}\n", Look::Bold.on(code))
            }
            None => order,
        }
    }
}

impl Show for RefundPlanView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&format!("Order {}", self.number), "nothing was done");
        sheet.pair("would refund", &self.amount.to_string());
        sheet.pair("captured", &self.captured.to_string());
        sheet.pair("refunded", &self.refunded.to_string());
        sheet.finish()
    }
}
