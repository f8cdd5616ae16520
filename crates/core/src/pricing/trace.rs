//! [`TraceNode`]: where each minor unit of a quote comes from, in words.
//!
//! A trace is built from what the quote recorded, nothing else, so it can be told years later from a stored order.
//!
//! Deliberately absent: languages other than English, and any arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    DeliveryOrigin, Discount, DiscountOrigin, Quote, QuoteDelivery, QuoteLine, TaxLine,
    TaxTreatment,
};
use crate::catalog::TaxRounding;
use crate::money::Money;

/// One step of a derivation, with the steps it is made of.
///
/// Printed, it is a line with its amount and its children indented below.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TraceNode {
    /// What happened.
    pub text: String,
    /// What came out of it; a discount is negative.
    pub amount: Option<Money>,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<TraceNode>,
}

impl TraceNode {
    fn new(text: String, amount: Money) -> TraceNode {
        TraceNode { text, amount: Some(amount), children: Vec::new() }
    }

    fn remark(text: String) -> TraceNode {
        TraceNode { text, amount: None, children: Vec::new() }
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
    /// Derives the quote step by step: each line, the delivery, the totals, then what did not apply and why.
    pub fn trace(&self) -> Vec<TraceNode> {
        let mut nodes: Vec<TraceNode> =
            self.lines.iter().map(|line| self.trace_line(line)).collect();
        nodes.extend(self.delivery.as_ref().map(|delivery| self.trace_delivery(delivery)));
        nodes.push(self.trace_totals());
        for refused in &self.promotions_refused {
            nodes.push(TraceNode::remark(format!(
                "promotion {:?} did not apply: {}",
                refused.name, refused.refusal
            )));
        }
        for refused in &self.coupons_refused {
            nodes.push(TraceNode::remark(refused.to_error().to_string()));
        }
        nodes
    }

    fn trace_line(&self, line: &QuoteLine) -> TraceNode {
        let mut node = TraceNode::new(format!("line {}, {}", line.line, line.variant), line.total);
        let rung = match line.min_quantity {
            1 => String::new(),
            from => format!(", from {from} units on"),
        };
        let unit = format!("unit price of list {:?}{rung}", line.price_list_name);
        node.children.push(TraceNode::new(unit, line.unit_price));
        node.children.push(TraceNode::new(format!("times {}", line.quantity), line.subtotal));
        node.children.extend(line.discounts.iter().map(|discount| self.trace_discount(discount)));
        node.children.extend(line.tax.iter().map(|tax| self.trace_tax(tax)));
        node
    }

    fn trace_delivery(&self, delivery: &QuoteDelivery) -> TraceNode {
        let mut node = TraceNode::new(
            format!("delivery {:?} ({})", delivery.name, delivery.code),
            delivery.total,
        );
        let rate = match delivery.origin {
            DeliveryOrigin::Flat => "flat rate".to_owned(),
            DeliveryOrigin::ByWeight { weight_grams, up_to_grams } => {
                let weight = weight_grams
                    .map_or("an unknown weight".to_owned(), |grams| format!("{grams} g"));
                let rung =
                    up_to_grams.map_or("any weight".to_owned(), |grams| format!("up to {grams} g"));
                format!("rate for {rung}, at {weight}")
            }
            DeliveryOrigin::BySubtotal { from } => format!("rate for goods from {from} on"),
            DeliveryOrigin::FreeOver { limit } => {
                format!("free, because the goods cost {limit} or more")
            }
            DeliveryOrigin::NothingSent => "free, because nothing is sent".to_owned(),
        };
        node.children.push(TraceNode::new(rate, delivery.rate));
        node.children
            .extend(delivery.discounts.iter().map(|discount| self.trace_discount(discount)));
        node.children.extend(delivery.tax.iter().map(|tax| self.trace_tax(tax)));
        node
    }

    fn trace_discount(&self, discount: &Discount) -> TraceNode {
        let how = match &discount.origin {
            DiscountOrigin::Percent { rate, base, whole } if *whole == discount.amount => {
                format!("{rate} of {base}, {}", self.rounding.words())
            }
            DiscountOrigin::Percent { rate, base, whole } => {
                format!("its part of {rate} of {base}, {}, which is {whole}", self.rounding.words())
            }
            DiscountOrigin::FixedUnit { amount } => format!("{amount} off each unit"),
            DiscountOrigin::FixedLine { amount } => format!("{amount} off the line"),
            DiscountOrigin::FixedOrder { amount, whole } if amount == whole => {
                format!("its part of {amount} off the order")
            }
            DiscountOrigin::FixedOrder { amount, whole } => {
                format!("its part of {amount} off the order, of which {whole} could be used")
            }
            DiscountOrigin::FreeDelivery => "free delivery".to_owned(),
        };
        let text = format!("promotion {:?}: {how}", discount.name);
        // A discount is never the one amount without an opposite: it is above zero.
        TraceNode { text, amount: discount.amount.checked_neg().ok(), children: Vec::new() }
    }

    fn trace_tax(&self, tax: &TaxLine) -> TraceNode {
        let rounded = match self.tax_rounding {
            TaxRounding::PerLine => self.rounding.words().to_owned(),
            TaxRounding::PerOrder => {
                format!("its part of the order's tax, {}", self.rounding.words())
            }
        };
        let verb = if self.tax_inclusive { "contained in what is left, net" } else { "on" };
        let base = tax.base;
        let text = match tax.treatment {
            TaxTreatment::Standard => {
                format!("{} {} ({}) {verb} {base}, {rounded}", tax.name, tax.rate, tax.category)
            }
            TaxTreatment::Zero => format!("{} {} ({}) on {base}", tax.name, tax.rate, tax.category),
            TaxTreatment::Exempt => format!("not taxed ({})", tax.category),
            TaxTreatment::ReverseCharge => format!("the buyer owes the tax ({})", tax.category),
        };
        TraceNode::new(text, tax.amount)
    }

    fn trace_totals(&self) -> TraceNode {
        let totals = &self.totals;
        let mut node = TraceNode::new("total".to_owned(), totals.total);
        let tax = if self.tax_inclusive { "tax, contained" } else { "tax" };
        let discount = totals.discount_total.checked_neg().unwrap_or(totals.discount_total);
        for (text, amount) in [
            ("goods", totals.subtotal),
            ("discounts", discount),
            ("delivery", totals.delivery_total),
            ("fees", totals.fee_total),
            (tax, totals.tax_total),
        ] {
            if !amount.is_zero() {
                node.children.push(TraceNode::new(text.to_owned(), amount));
            }
        }
        node
    }
}
