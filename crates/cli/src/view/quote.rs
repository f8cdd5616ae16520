//! What a cart or order costs, and why.

use sutler_core::change::RecordRef;
use sutler_core::id::VariantId;
use sutler_core::money::Money;
use sutler_core::pricing::{
    Discount, Quote, QuoteDelivery, QuoteFee, QuoteLine, TaxLine, TraceNode,
};

use super::{Sheet, view};
use crate::answer::Show;
use crate::page::{Look, Page};
use crate::table::{Column, Side, Table};

view! {
    /// The sums of a cart or order. `subtotal`, `discount_total`, `delivery_total` and `fee_total` are as the channel
    /// counts: with tax when it is tax-inclusive.
    TotalsView {
        /// Goods before discounts.
        subtotal: Money,
        /// What was taken off goods.
        discount_total: Money,
        /// Delivery after its discounts.
        delivery_total: Money,
        /// Fees.
        fee_total: Money,
        /// Tax on goods and delivery.
        tax_total: Money,
        /// What the buyer pays.
        total: Money,
    }
}

view! {
    /// An amount that a promotion took off.
    DiscountView {
        /// The promotion.
        name: String,
        /// How much, above zero.
        amount: Money,
    }
}

view! {
    /// Tax at one rate.
    TaxView {
        /// Name of the rate.
        name: String,
        /// The rate in percent.
        percent: String,
        /// What kind of goods chose it.
        category: String,
        /// `standard`, `zero`, `exempt` or `reverse_charge`.
        treatment: String,
        /// What it was taken on.
        base: Money,
        /// The tax.
        amount: Money,
        /// The tax that the price contained and that was taken out of it, for a buyer who pays none.
        relieved: Option<Money>,
    }
}

view! {
    /// The price of one line.
    QuoteLineView {
        /// Number of the line.
        line: u32,
        /// What.
        variant: VariantId,
        /// Units.
        quantity: u32,
        /// Whether a promotion put it in, free.
        gift: bool,
        /// What one unit costs before discounts.
        unit_price: Money,
        /// The earlier price of one unit, never charged.
        compare_at_price: Option<Money>,
        /// The price list it is from.
        price_list: String,
        /// Unit price times quantity.
        subtotal: Money,
        /// What was taken off.
        discounts: Vec<DiscountView>,
        /// Its sum.
        discount_total: Money,
        /// The tax.
        tax_lines: Vec<TaxView>,
        /// Its sum.
        tax_total: Money,
        /// What is left, without tax.
        net: Money,
        /// What the buyer pays for the line.
        total: Money,
    }
}

view! {
    /// The price of the delivery.
    DeliveryView {
        /// Code of the method.
        code: String,
        /// Its name.
        name: String,
        /// What it costs before discounts.
        rate: Money,
        /// What was taken off.
        discounts: Vec<DiscountView>,
        /// The tax.
        tax_lines: Vec<TaxView>,
        /// What the buyer pays for it.
        total: Money,
    }
}

view! {
    /// The price of a fee.
    FeeView {
        /// Code of the fee.
        code: String,
        /// Its name.
        name: String,
        /// How much, as the channel counts.
        amount: Money,
        /// The tax.
        tax_lines: Vec<TaxView>,
        /// What the buyer pays for it.
        total: Money,
    }
}

view! {
    /// The full priced result for one cart at one moment.
    QuoteView {
        /// Whether prices contain tax.
        tax_inclusive: bool,
        /// The country that decided tax and delivery.
        country: String,
        /// The lines.
        lines: Vec<QuoteLineView>,
        /// The delivery, once it is chosen.
        delivery: Option<DeliveryView>,
        /// The fees, by code.
        fees: Vec<FeeView>,
        /// The sums.
        totals: TotalsView,
        /// Name of the tax zone that decided.
        tax_zone: Option<String>,
        /// Why the buyer pays no tax, in words.
        tax_relief: Option<String>,
        /// Why the buyer's VAT id changed nothing, in words.
        vat_id_refused: Option<String>,
        /// Promotions that gave something.
        promotions: Vec<DiscountView>,
        /// Entered coupons that gave nothing, each with the reason.
        coupons_refused: Vec<String>,
        /// Hash of everything the quote depended on.
        hash: String,
    }
}

view! {
    /// One step of a derivation.
    TraceView {
        /// What happened.
        text: String,
        /// What came out of it.
        amount: Option<Money>,
        /// What it is made of, each a step like this one.
        steps: serde_json::Value,
    }
}

view! {
    /// Where each minor unit of a total comes from.
    ExplainView {
        /// The cart or order.
        subject: String,
        /// Number of the order.
        number: Option<u64>,
        /// What the buyer pays.
        total: Money,
        /// The derivation, step by step.
        steps: Vec<TraceView>,
        /// What became of the money, in order.
        payments: Vec<String>,
    }
}

impl From<&Discount> for DiscountView {
    fn from(discount: &Discount) -> Self {
        Self { name: discount.name.to_string(), amount: discount.amount }
    }
}

impl From<&TaxLine> for TaxView {
    fn from(tax: &TaxLine) -> Self {
        Self {
            name: tax.name.to_string(),
            percent: tax.rate.percent_text(),
            category: tax.category.as_str().to_owned(),
            treatment: sutler_core::status::word(tax.treatment),
            base: tax.base,
            amount: tax.amount,
            relieved: tax.relieved,
        }
    }
}

impl From<&QuoteLine> for QuoteLineView {
    fn from(line: &QuoteLine) -> Self {
        Self {
            line: line.line,
            variant: line.variant,
            quantity: line.quantity.get(),
            gift: line.is_gift(),
            unit_price: line.unit_price,
            compare_at_price: line.compare_at,
            price_list: line.price_list_name.to_string(),
            subtotal: line.subtotal,
            discounts: line.discounts.iter().map(DiscountView::from).collect(),
            discount_total: line.discount_total,
            tax_lines: line.tax.iter().map(TaxView::from).collect(),
            tax_total: line.tax_total,
            net: line.net,
            total: line.total,
        }
    }
}

impl From<&QuoteDelivery> for DeliveryView {
    fn from(delivery: &QuoteDelivery) -> Self {
        Self {
            code: delivery.code.clone(),
            name: delivery.name.clone(),
            rate: delivery.rate,
            discounts: delivery.discounts.iter().map(DiscountView::from).collect(),
            tax_lines: delivery.tax.iter().map(TaxView::from).collect(),
            total: delivery.total,
        }
    }
}

impl From<&QuoteFee> for FeeView {
    fn from(fee: &QuoteFee) -> Self {
        Self {
            code: fee.code.clone(),
            name: fee.name.clone(),
            amount: fee.amount,
            tax_lines: fee.tax.iter().map(TaxView::from).collect(),
            total: fee.total,
        }
    }
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        let totals = &quote.totals;
        Self {
            tax_inclusive: quote.tax_inclusive,
            country: quote.country.to_string(),
            lines: quote.lines.iter().map(QuoteLineView::from).collect(),
            delivery: quote.delivery.as_ref().map(DeliveryView::from),
            fees: quote.fees.iter().map(FeeView::from).collect(),
            tax_zone: quote.tax.zone.clone(),
            tax_relief: quote.tax.relief.as_ref().map(ToString::to_string),
            vat_id_refused: quote.tax.refused.as_ref().map(|(id, why)| format!("{id}: {why}")),
            totals: TotalsView {
                subtotal: totals.subtotal,
                discount_total: totals.discount_total,
                delivery_total: totals.delivery_total,
                fee_total: totals.fee_total,
                tax_total: totals.tax_total,
                total: totals.total,
            },
            promotions: quote
                .promotions_applied
                .iter()
                .map(|applied| DiscountView {
                    name: applied.name.to_string(),
                    amount: applied.amount,
                })
                .collect(),
            coupons_refused: quote
                .coupons_refused
                .iter()
                .map(|refused| refused.to_error().to_string())
                .collect(),
            hash: quote.hash.to_string(),
        }
    }
}

const TOTALS: &[Column] = &[("", Side::Left), ("", Side::Right)];

/// Adds the sums of a quote to a sheet.
pub(super) fn add_totals(sheet: &mut Sheet<'_>, page: &Page, quote: &QuoteView) {
    let totals = &quote.totals;
    let mut table = Table::new(TOTALS);
    let mut row = |name: &str, amount: Money| table.row([name.to_owned(), amount.to_string()]);
    row("goods", totals.subtotal);
    if !totals.discount_total.is_zero() {
        row("discounts", totals.discount_total.checked_neg().unwrap_or(totals.discount_total));
    }
    match &quote.delivery {
        Some(delivery) => row(&format!("delivery, {}", delivery.code), totals.delivery_total),
        None => row("delivery, none chosen yet", totals.delivery_total),
    }
    for fee in &quote.fees {
        row(&format!("fee, {}", fee.code), fee.amount);
    }
    if let Some(relieved) = relieved(quote) {
        row("tax taken out", relieved);
    }
    row(if quote.tax_inclusive { "tax, contained" } else { "tax" }, totals.tax_total);
    row("total", totals.total);
    let text = table.text(page, 2);
    // The head line is empty; the last one is what people look for.
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    let last = lines.pop().unwrap_or_default();
    for line in lines {
        sheet.marked(line);
    }
    sheet.marked(&Look::Bold.on(last));
    for promotion in &quote.promotions {
        sheet.line(&format!("  {} took off {}", promotion.name, promotion.amount));
    }
    for refused in &quote.coupons_refused {
        sheet.line(&format!("  {refused}"));
    }
    if let Some(relief) = &quote.tax_relief {
        sheet.line(&format!("  no tax: {relief}"));
    }
    if let Some(refused) = &quote.vat_id_refused {
        sheet.line(&format!("  the VAT id changes nothing: {refused}"));
    }
}

/// Returns the tax that was taken out of prices, below zero; `None` when there is none.
fn relieved(quote: &QuoteView) -> Option<Money> {
    let lines = quote.lines.iter().flat_map(|line| &line.tax_lines);
    let beside = quote.delivery.iter().flat_map(|delivery| &delivery.tax_lines);
    let beside = beside.chain(quote.fees.iter().flat_map(|fee| &fee.tax_lines));
    let relieved = lines.chain(beside).filter_map(|tax| tax.relieved);
    let sum = Money::checked_sum(relieved, quote.totals.total.currency()).ok()?;
    sum.checked_neg().ok().filter(|sum| !sum.is_zero())
}

impl TraceView {
    /// Returns a step with all that it is made of; ids of variants are replaced by what people call them.
    pub(crate) fn of(node: &TraceNode, name: &dyn Fn(&str) -> Option<String>) -> Self {
        let children: Vec<TraceView> =
            node.children.iter().map(|child| Self::of(child, name)).collect();
        Self {
            text: named(&node.text, name),
            amount: node.amount,
            // Views hold texts and numbers only, which always can be written.
            steps: serde_json::to_value(children).unwrap_or_default(),
        }
    }
}

/// Replaces ids in a text by what people call their records.
fn named(text: &str, name: &dyn Fn(&str) -> Option<String>) -> String {
    let words = text.split(' ').map(|word| {
        let id = word.trim_end_matches([',', ':']);
        let known = id.parse::<RecordRef>().is_ok().then(|| name(id)).flatten();
        known.map_or_else(|| word.to_owned(), |known| word.replacen(id, &known, 1))
    });
    words.collect::<Vec<_>>().join(" ")
}

fn add_trace(sheet: &mut Sheet<'_>, node: &serde_json::Value, depth: usize) {
    let text = node["text"].as_str().unwrap_or_default();
    let money = &node["amount"];
    let amount = match (money["amount"].as_str(), money["currency"].as_str()) {
        (Some(amount), Some(currency)) => format!(": {amount} {currency}"),
        _ => String::new(),
    };
    sheet.line(&format!("{}{text}{amount}", "  ".repeat(depth)));
    for step in node["steps"].as_array().into_iter().flatten() {
        add_trace(sheet, step, depth + 1);
    }
}

impl Show for ExplainView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.subject, &self.total.to_string());
        for step in &self.steps {
            let value = serde_json::to_value(step).unwrap_or_default();
            add_trace(&mut sheet, &value, 1);
        }
        if !self.payments.is_empty() {
            sheet.line("  payments");
            for payment in &self.payments {
                sheet.line(&format!("    {payment}"));
            }
        }
        sheet.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_a_trace_get_their_names() {
        let text = "line 1, var_01980000000070008000000000000042";
        let name = |_: &str| Some("FEN-SKIL-26".to_owned());
        assert_eq!(named(text, &name), "line 1, FEN-SKIL-26");
        assert_eq!(named("times 2", &name), "times 2");
    }
}
