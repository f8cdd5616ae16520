//! What a simulation found, before and after.

use sutler_core::id::PromotionId;
use sutler_core::money::{Currency, Money};
use sutler_core::order::OrderNumber;
use sutler_core::simulation::{
    Earnings, NotRepricedOrders, PromotionEarnings, RuleSet, SimulatedPromotion, SimulatedSales,
    SimulationReport,
};
use sutler_core::time::Timestamp;

use super::{Sheet, view};
use crate::answer::Show;
use crate::page::Page;
use crate::plural::counted;
use crate::table::{Column, Side, Table};

view! {
    /// What some orders came to, or would have.
    EarningsView {
        /// What buyers pay, with tax.
        revenue_gross: Money,
        /// The same without tax.
        revenue_net: Money,
        /// What promotions took off, as the channels count.
        discount: Money,
        /// Goods without tax less what they cost the merchant; `null` when no line has a cost.
        margin: Option<Money>,
        /// Lines.
        lines: u64,
        /// Lines without a cost; they are left out of the margin.
        lines_without_cost: u64,
    }
}

view! {
    /// What a promotion gave, and what the orders that hold it came to.
    PromotionEarningsView {
        /// Orders that hold it.
        uses: u64,
        /// Units that got it.
        units: u64,
        /// What it took off, as the channels count.
        discount: Money,
        /// What the orders that hold it came to.
        orders: EarningsView,
    }
}

view! {
    /// One promotion before and after.
    SimulatedPromotionView {
        /// Which; one that is not stored has an id of its own in each run.
        promotion: PromotionId,
        /// Its name.
        name: String,
        /// As it was.
        before: PromotionEarningsView,
        /// As it would have been.
        after: PromotionEarningsView,
    }
}

view! {
    /// The orders of one currency before and after.
    SimulatedSalesView {
        /// The currency.
        currency: Currency,
        /// Orders in the sums.
        orders: u64,
        /// Orders of these that would have another total.
        changed: u64,
        /// As it was.
        before: EarningsView,
        /// As it would have been.
        after: EarningsView,
        /// Each promotion that gave something before or after, by name.
        promotions: Vec<SimulatedPromotionView>,
    }
}

view! {
    /// Orders that could not be priced again for one reason.
    NotRepricedView {
        /// The reason: `goods`, `prices`, `taxes`, `promotion_gone`, `promotions_changed` or `pricing`.
        code: String,
        /// How many orders.
        orders: u64,
        /// The first of them.
        example: OrderNumber,
        /// The reason of the first, in words.
        reason: String,
    }
}

view! {
    /// What past orders came to and would have come to under other promotions.
    SimulationView {
        /// `beside` the promotions of the shop, or `instead` of them.
        rules: String,
        /// The first moment of the period.
        since: Timestamp,
        /// The first moment after it; `null`: up to now.
        until: Option<Timestamp>,
        /// Orders that were placed in the period, those that were called off aside.
        orders: u64,
        /// Orders that were placed in the period and called off since; they are in no sum.
        canceled: u64,
        /// The sums, by currency.
        sales: Vec<SimulatedSalesView>,
        /// Orders that are in no sum because they could not be priced again.
        not_repriced: Vec<NotRepricedView>,
    }
}

impl From<&Earnings> for EarningsView {
    fn from(earnings: &Earnings) -> Self {
        Self {
            revenue_gross: earnings.gross,
            revenue_net: earnings.net,
            discount: earnings.discount,
            margin: earnings.margin_known(),
            lines: earnings.lines,
            lines_without_cost: earnings.lines.saturating_sub(earnings.lines_with_cost),
        }
    }
}

impl From<&PromotionEarnings> for PromotionEarningsView {
    fn from(earnings: &PromotionEarnings) -> Self {
        let PromotionEarnings { uses, units, discount, orders } = earnings;
        Self { uses: *uses, units: *units, discount: *discount, orders: orders.into() }
    }
}

impl From<&SimulatedPromotion> for SimulatedPromotionView {
    fn from(promotion: &SimulatedPromotion) -> Self {
        Self {
            promotion: promotion.promotion,
            name: promotion.name.clone(),
            before: (&promotion.before).into(),
            after: (&promotion.after).into(),
        }
    }
}

impl From<&SimulatedSales> for SimulatedSalesView {
    fn from(sales: &SimulatedSales) -> Self {
        Self {
            currency: sales.currency,
            orders: sales.orders,
            changed: sales.changed,
            before: (&sales.before).into(),
            after: (&sales.after).into(),
            promotions: sales.promotions.iter().map(SimulatedPromotionView::from).collect(),
        }
    }
}

impl From<&NotRepricedOrders> for NotRepricedView {
    fn from(group: &NotRepricedOrders) -> Self {
        Self {
            code: group.code.to_owned(),
            orders: group.orders,
            example: group.example,
            reason: group.reason.clone(),
        }
    }
}

impl From<&SimulationReport> for SimulationView {
    fn from(report: &SimulationReport) -> Self {
        let rules = match report.rules {
            RuleSet::Beside => "beside",
            RuleSet::Instead => "instead",
        };
        Self {
            rules: rules.to_owned(),
            since: report.since,
            until: report.until,
            orders: report.orders,
            canceled: report.canceled,
            sales: report.sales.iter().map(SimulatedSalesView::from).collect(),
            not_repriced: report.not_repriced.iter().map(NotRepricedView::from).collect(),
        }
    }
}

const SUMS: &[Column] = &[
    ("", Side::Left),
    ("BEFORE", Side::Right),
    ("AFTER", Side::Right),
    ("DIFFERENCE", Side::Right),
];

const PROMOTIONS: &[Column] = &[
    ("PROMOTION", Side::Left),
    ("", Side::Left),
    ("ORDERS", Side::Right),
    ("UNITS", Side::Right),
    ("DISCOUNT", Side::Right),
    ("NET REVENUE", Side::Right),
    ("MARGIN", Side::Right),
];

/// Returns an amount without its currency; `-` where nobody knows it.
fn amount(money: Option<Money>) -> String {
    money.map_or_else(|| "-".to_owned(), Money::amount_text)
}

/// Returns what is more after than before, with its sign.
fn difference(before: Option<Money>, after: Option<Money>) -> String {
    let difference = before.zip(after).and_then(|(b, a)| a.checked_sub(b).ok());
    let sign = if difference.is_some_and(Money::is_positive) { "+" } else { "" };
    format!("{sign}{}", amount(difference))
}

impl SimulatedSalesView {
    fn show(&self, sheet: &mut Sheet<'_>) {
        let changed = format!("{} with another total", self.changed);
        let title = format!("{} in {}", counted(self.orders, "order", "orders"), self.currency);
        sheet.gap().title(&title, &changed);
        let (before, after) = (&self.before, &self.after);
        let mut sums = Table::new(SUMS);
        for (name, before, after) in [
            ("revenue with tax", Some(before.revenue_gross), Some(after.revenue_gross)),
            ("revenue without tax", Some(before.revenue_net), Some(after.revenue_net)),
            ("discounts", Some(before.discount), Some(after.discount)),
            ("margin", before.margin, after.margin),
        ] {
            let difference = difference(before, after);
            sums.row([name.to_owned(), amount(before), amount(after), difference]);
        }
        sheet.table(&sums);
        let mut table = Table::new(PROMOTIONS);
        for promotion in &self.promotions {
            let sides = [
                (promotion.name.as_str(), "before", &promotion.before),
                ("", "after", &promotion.after),
            ];
            for (name, side, earnings) in sides {
                table.row([
                    name.to_owned(),
                    side.to_owned(),
                    earnings.uses.to_string(),
                    earnings.units.to_string(),
                    amount(Some(earnings.discount)),
                    amount(Some(earnings.orders.revenue_net)),
                    amount(earnings.orders.margin),
                ]);
            }
        }
        sheet.gap().table(&table);
        if self.before.lines_without_cost > 0 {
            let without = counted(self.before.lines_without_cost, "line has", "lines have");
            let all = self.before.lines;
            sheet.line(&format!("  {without} no cost and no part in the margin, of {all}"));
        }
    }
}

impl Show for SimulationView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let until = self.until.map_or_else(|| "now".to_owned(), |until| until.to_string());
        let title = format!(
            "The promotions of the file {} those of the shop",
            match self.rules.as_str() {
                "instead" => "instead of",
                _ => "beside",
            }
        );
        sheet.title(&title, "");
        sheet.pair("from", &self.since.to_string());
        sheet.pair("until", &until);
        sheet.pair("orders", &self.orders.to_string());
        if self.canceled > 0 {
            sheet.pair("called off", &format!("{}, in no sum", self.canceled));
        }
        for group in &self.not_repriced {
            sheet.pair("not priced", &format!("{}, in no sum: {}", group.orders, group.reason));
        }
        for sales in &self.sales {
            sales.show(&mut sheet);
        }
        sheet.finish()
    }
}
