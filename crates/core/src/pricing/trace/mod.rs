//! [`TraceNode`]: where each minor unit of a quote comes from, in words and as operations.
//!
//! A trace is built from what the quote recorded, nothing else, so it can be told years later from a stored order. Its
//! words are for people; its [`TraceStep`]s say the same to programs, so that whoever distrusts the engine can do the
//! arithmetic again from the trace alone. The tests do.
//!
//! Deliberately absent: languages other than English, and any arithmetic but taking surcharges out of a delivery rate.

mod step;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};
pub use step::TraceStep;

use super::{Discount, Quote, QuoteDelivery, QuoteFee, QuoteLine, Surcharge, TaxLine};
use crate::catalog::TaxRounding;
use crate::money::Money;

/// One step of a derivation, with the steps it is made of.
///
/// Printed, it is a line with its amount and its children indented below.
///
/// ```
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: sutler_core::order::Order = serde_json::from_str(text)?;
/// # let quote = order.quote;
/// // The quote of an order of two large blankets and a small one.
/// let large = &quote.trace()[0];
/// let told = large.to_string();
/// let lines: Vec<&str> = told.lines().map(str::trim_start).collect();
/// assert_eq!(lines[1], "unit price of list \"Retail\": 65.00 EUR");
/// assert_eq!(lines[2], "times 2: 130.00 EUR");
/// assert_eq!(large.amount, Some(quote.lines[0].total));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TraceNode {
    /// What happened.
    pub text: String,
    /// The same as an operation with its operands.
    pub step: TraceStep,
    /// What came out of it; a discount is negative.
    pub amount: Option<Money>,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<TraceNode>,
}

impl TraceNode {
    fn new(text: String, step: TraceStep, amount: Money) -> TraceNode {
        TraceNode { text, step, amount: Some(amount), children: Vec::new() }
    }

    fn remark(text: String, step: TraceStep) -> TraceNode {
        TraceNode { text, step, amount: None, children: Vec::new() }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:indent$}{}", "", self.text, indent = 2 * depth)?;
        if let Some(amount) = self.amount {
            write!(f, ": {amount}")?;
        }
        for child in &self.children {
            writeln!(f)?;
            child.write(f, depth + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for TraceNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Quote {
    /// Derives the quote step by step: each line, the delivery, the fees, the totals, then under which rules of tax and
    /// how promotions were combined, and what did not apply and why.
    pub fn trace(&self) -> Vec<TraceNode> {
        let mut nodes: Vec<TraceNode> =
            self.lines.iter().map(|line| self.trace_line(line)).collect();
        nodes.extend(self.delivery.as_ref().map(|delivery| self.trace_delivery(delivery)));
        nodes.extend(self.fees.iter().map(|fee| self.trace_fee(fee)));
        nodes.push(self.trace_totals());
        nodes.extend(self.trace_terms());
        nodes.extend(self.combination.map(|search| {
            TraceNode::remark(words::search(search), TraceStep::Combination(search))
        }));
        for refused in &self.promotions_refused {
            let text = format!("promotion {:?} did not apply: {}", refused.name, refused.refusal);
            let (promotion, refusal) = (refused.promotion, refused.refusal.clone());
            nodes.push(TraceNode::remark(text, TraceStep::Refused { promotion, refusal }));
        }
        for refused in &self.coupons_refused {
            let step = TraceStep::RefusedCoupon { code: refused.code.clone() };
            nodes.push(TraceNode::remark(refused.to_error().to_string(), step));
        }
        nodes
    }

    fn trace_line(&self, line: &QuoteLine) -> TraceNode {
        let step = TraceStep::Line { line: line.line, contains_tax: self.tax_inclusive };
        let text = format!("line {}, {}", line.line, line.variant);
        let mut node = TraceNode::new(text, step, line.total);
        let rung = match line.min_quantity {
            1 => String::new(),
            from => format!(", from {from} units on"),
        };
        let reduced = line.compare_at.filter(|before| before.minor() > line.unit_price.minor());
        let reduced = reduced.map_or_else(String::new, |before| format!(", instead of {before}"));
        let unit = format!("unit price of list {:?}{rung}{reduced}", line.price_list_name);
        let row = TraceStep::PriceRow { list: line.price_list, min_quantity: line.min_quantity };
        node.children.push(TraceNode::new(unit, row, line.unit_price));
        let times = TraceStep::Times { unit: line.unit_price, quantity: line.quantity.get() };
        node.children.push(TraceNode::new(
            format!("times {}", line.quantity),
            times,
            line.subtotal,
        ));
        let quantity = line.quantity.get();
        let discounts =
            line.discounts.iter().map(|discount| self.trace_discount(discount, quantity));
        node.children.extend(discounts);
        node.children.extend(line.tax.iter().map(|tax| self.trace_tax(tax)));
        node
    }

    fn trace_delivery(&self, delivery: &QuoteDelivery) -> TraceNode {
        let step = TraceStep::Delivery { contains_tax: self.tax_inclusive };
        let text = format!("delivery {:?} ({})", delivery.name, delivery.code);
        let mut node = TraceNode::new(text, step, delivery.total);
        let surcharges = delivery.surcharges.iter().map(|surcharge| surcharge.amount.minor());
        let base = delivery.rate.minor().saturating_sub(surcharges.sum());
        let base = Money::from_minor(base, self.currency);
        let rate = TraceStep::DeliveryRate { origin: delivery.origin };
        node.children.push(TraceNode::new(words::rate(delivery.origin), rate, base));
        node.children.extend(delivery.surcharges.iter().map(trace_surcharge));
        node.children
            .extend(delivery.discounts.iter().map(|discount| self.trace_discount(discount, 0)));
        node.children.extend(delivery.tax.iter().map(|tax| self.trace_tax(tax)));
        node
    }

    fn trace_fee(&self, fee: &QuoteFee) -> TraceNode {
        let step = TraceStep::Fee { contains_tax: self.tax_inclusive };
        let mut node =
            TraceNode::new(format!("fee {:?} ({})", fee.name, fee.code), step, fee.total);
        let rate = TraceStep::FeeRate { origin: fee.origin, rounding: self.rounding };
        let how = words::fee(fee.origin, self.rounding);
        node.children.push(TraceNode::new(how, rate, fee.amount));
        node.children.extend(fee.tax.iter().map(|tax| self.trace_tax(tax)));
        node
    }

    /// Says under which rules of tax the quote was made.
    fn trace_terms(&self) -> Vec<TraceNode> {
        let remark = |text: String, step| TraceNode::remark(text, step);
        let zone = self.tax.zone.as_ref().map(|name| {
            remark(format!("tax zone {name:?}"), TraceStep::TaxZone { name: name.clone() })
        });
        let provider = self.tax.provider.as_ref().map(|name| {
            let text = format!("the tax is what the tax engine {name} answered");
            remark(text, TraceStep::TaxProvider { name: name.clone() })
        });
        let relief = self.tax.relief.as_ref().map(|relief| {
            let step = TraceStep::TaxRelief { relief: relief.clone() };
            remark(format!("no tax: {relief}"), step)
        });
        let refused = self.tax.refused.as_ref().map(|(vat_id, refusal)| {
            let text = format!("VAT id {vat_id} does not reverse the charge: {refusal}");
            let (vat_id, refusal) = (vat_id.clone(), *refusal);
            remark(text, TraceStep::RefusedVatId { vat_id, refusal })
        });
        [zone, provider, relief, refused].into_iter().flatten().collect()
    }

    fn trace_discount(&self, discount: &Discount, quantity: u32) -> TraceNode {
        let how = words::how(&discount.origin, discount.amount, self.rounding);
        let step = TraceStep::Discount {
            promotion: discount.promotion,
            origin: (*discount.origin).clone(),
            span: discount.span,
            rounding: self.rounding,
        };
        let some = discount.span.filter(|span| span.units < quantity);
        let some = some.map(|span| format!(" on {} of {quantity} units", span.units));
        let text = format!("promotion {:?}{}: {how}", discount.name, some.unwrap_or_default());
        // A discount is never the one amount without an opposite: it is not below zero.
        TraceNode { text, step, amount: discount.amount.checked_neg().ok(), children: Vec::new() }
    }

    fn trace_tax(&self, tax: &TaxLine) -> TraceNode {
        let step = match self.tax.provider {
            Some(_) => TraceStep::AnsweredTax {
                rate: tax.rate,
                category: tax.category.clone(),
                treatment: tax.treatment,
                net: tax.base,
            },
            None => TraceStep::Tax {
                rate: tax.rate,
                category: tax.category.clone(),
                treatment: tax.treatment,
                level: tax.level,
                base: tax.base,
                contained: self.tax_inclusive,
                per_order: self.tax_rounding == TaxRounding::PerOrder,
                rounding: self.rounding,
            },
        };
        let mut node = TraceNode::new(words::tax(self, tax), step, tax.amount);
        if let Some(relieved) = tax.relieved {
            let (text, amount) = (words::taken_out(self, tax), relieved.checked_neg().ok());
            let step = TraceStep::TakenOut;
            node.children.push(TraceNode { text, step, amount, children: Vec::new() });
        }
        node
    }

    fn trace_totals(&self) -> TraceNode {
        let totals = &self.totals;
        let step = TraceStep::Totals { contains_tax: self.tax_inclusive };
        let mut node = TraceNode::new("total".to_owned(), step, totals.total);
        let tax = if self.tax_inclusive { "tax, contained" } else { "tax" };
        let negative = |amount: Money| amount.checked_neg().unwrap_or(amount);
        let taken_out = self.tax_relief_total().unwrap_or(Money::zero(self.currency));
        for (text, step, amount) in [
            ("goods", TraceStep::GoodsTotal, totals.subtotal),
            ("discounts", TraceStep::DiscountTotal, negative(totals.discount_total)),
            ("delivery", TraceStep::DeliveryTotal, totals.delivery_total),
            ("fees", TraceStep::FeeTotal, totals.fee_total),
            ("tax taken out of prices", TraceStep::TakenOutTotal, negative(taken_out)),
            (tax, TraceStep::TaxTotal, totals.tax_total),
        ] {
            if !amount.is_zero() {
                node.children.push(TraceNode::new(text.to_owned(), step, amount));
            }
        }
        node
    }
}

fn trace_surcharge(surcharge: &Surcharge) -> TraceNode {
    let text = words::surcharge(&surcharge.name, surcharge.times);
    TraceNode::new(text, TraceStep::Surcharge { times: surcharge.times }, surcharge.amount)
}
