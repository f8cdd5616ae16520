//! A checker that distrusts the engine: it derives each minor unit of a quote again, from the trace alone.
//!
//! It knows what the operations of a trace mean and nothing else: no shop, no cart, no quote. Its arithmetic is that of
//! [`oracle`](super::oracle).

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;

use super::oracle::{self, big, minor, ratio};
use super::tax_checker::{self, Charge};
use super::*;

pub(super) type Checked<T> = Result<T, String>;

/// A discount as a part of what it was formed with.
struct Part {
    cost: BigInt,
    amount: BigInt,
    quantity: u32,
    span: Option<(u32, u32)>,
}

/// Everything that was formed over several lines, to be checked when all are seen.
#[derive(Default)]
struct Checker<'t> {
    /// Discounts by promotion and origin.
    groups: BTreeMap<String, (DiscountOrigin, Rounding, Vec<Part>)>,
    charges: Vec<Charge<'t>>,
    /// Units of each line, and what is left of it.
    lines: Vec<(u32, BigInt)>,
    goods: BigInt,
    discounts: BigInt,
    delivery: BigInt,
    fees: BigInt,
    taken_out: BigInt,
    tax: BigInt,
}

/// Derives a trace again; says what cannot be derived.
pub(super) fn check(trace: &[TraceNode]) -> Checked<()> {
    let mut checker = Checker::default();
    for node in trace {
        match &node.step {
            TraceStep::Line { contains_tax, .. } => checker.line(node, *contains_tax)?,
            TraceStep::Delivery { contains_tax } => checker.delivery(node, *contains_tax)?,
            TraceStep::Fee { contains_tax } => checker.fee(node, *contains_tax)?,
            TraceStep::Totals { contains_tax } => checker.totals(node, *contains_tax)?,
            _ => equal(&node.text, node.amount.is_some(), false)?,
        }
    }
    for (name, (origin, rounding, parts)) in &checker.groups {
        formed(origin, *rounding, parts).map_err(|why| format!("{name}: {why}"))?;
    }
    tax_checker::derive(&checker.charges)
}

pub(super) fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    derived: T,
) -> Checked<()> {
    if found == derived {
        return Ok(());
    }
    Err(format!("{what}: the trace says {found:?}, derived is {derived:?}"))
}

pub(super) fn amount(node: &TraceNode) -> Checked<BigInt> {
    node.amount.map(minor).ok_or_else(|| format!("{}: no amount", node.text))
}

/// Units of a line that cost the same: first, how many, what they cost.
type Runs = Vec<(u32, u32, BigInt)>;

/// Returns what units of a line cost, dividing runs where needed: evenly, more to the earliest.
fn cut(runs: &mut Runs, first: u32, units: u32) -> Checked<usize> {
    for edge in [first, first + units] {
        let Some(index) = runs.iter().position(|(f, u, _)| *f < edge && edge < f + u) else {
            continue;
        };
        let (f, u, cost) = runs[index].clone();
        let each =
            oracle::split(&cost, &vec![ratio(1.into(), 1.into()); usize::try_from(u).unwrap()]);
        let head: BigInt = each[..usize::try_from(edge - f).unwrap()].iter().sum();
        runs[index] = (f, edge - f, head.clone());
        runs.insert(index + 1, (edge, f + u - edge, cost - head));
    }
    let at = runs.iter().position(|(f, u, _)| (*f, *u) == (first, units));
    at.ok_or_else(|| format!("units {first}+{units} cost different amounts: {runs:?}"))
}

impl<'t> Checker<'t> {
    fn line(&mut self, node: &'t TraceNode, contains_tax: bool) -> Checked<()> {
        let [row, times, rest @ ..] = node.children.as_slice() else {
            return Err(format!("{}: no price", node.text));
        };
        let TraceStep::Times { unit, quantity } = &times.step else {
            return Err(format!("{}: no quantity", node.text));
        };
        equal("unit price", amount(row)?, minor(*unit))?;
        let subtotal = minor(*unit) * quantity;
        equal("subtotal", amount(times)?, subtotal.clone())?;
        self.goods += &subtotal;
        let mut runs: Runs = vec![(0, *quantity, subtotal.clone())];
        let mut left = subtotal;
        let mut taxes = Vec::new();
        let mut given = false;
        for step in rest {
            match &step.step {
                TraceStep::Discount { span, origin, .. } => {
                    given |= *origin == DiscountOrigin::Gift;
                    let off = -amount(step)?;
                    let span = span.map(|span| (span.first, span.units, minor(span.cost)));
                    let cost = match &span {
                        None => left.clone(),
                        Some((first, units, told)) => {
                            let at = cut(&mut runs, *first, *units)?;
                            let cost = runs[at].2.clone();
                            equal(&step.text, told.clone(), cost.clone())?;
                            runs[at].2 -= &off;
                            cost
                        }
                    };
                    left -= &off;
                    self.discounts += &off;
                    let span = span.map(|(first, units, _)| (first, units));
                    self.discount(step, Part { cost, amount: off, quantity: *quantity, span })?;
                }
                _ => taxes.push(step),
            }
        }
        if given {
            // A gift is given whole, by nothing else, and what costs nothing is not taxed.
            equal("what a gift costs", (left, rest.len()), (big(0), 1))?;
            return equal("what is paid for a gift", amount(node)?, big(0));
        }
        self.lines.push((*quantity, left.clone()));
        self.charge(node, true, left, &taxes, contains_tax)
    }

    fn delivery(&mut self, node: &'t TraceNode, contains_tax: bool) -> Checked<()> {
        let [rate, rest @ ..] = node.children.as_slice() else {
            return Err(format!("{}: no rate", node.text));
        };
        let mut left = amount(rate)?;
        let mut taxes = Vec::new();
        for step in rest {
            match &step.step {
                TraceStep::Surcharge { times } => {
                    let all = amount(step)?;
                    equal("an amount so many times", &all % *times, big(0))?;
                    left += all;
                }
                TraceStep::Discount { .. } => {
                    let (cost, off) = (left.clone(), -amount(step)?);
                    left -= &off;
                    self.discount(step, Part { cost, amount: off, quantity: 0, span: None })?;
                }
                _ => taxes.push(step),
            }
        }
        self.delivery += &left;
        self.charge(node, false, left, &taxes, contains_tax)
    }

    fn fee(&mut self, node: &'t TraceNode, contains_tax: bool) -> Checked<()> {
        let [rate, taxes @ ..] = node.children.as_slice() else {
            return Err(format!("{}: no amount", node.text));
        };
        let TraceStep::FeeRate { origin, rounding } = &rate.step else {
            return Err(format!("{}: no origin", node.text));
        };
        let left = amount(rate)?;
        // Which goods a fee is for is not in the trace, but it is for whole lines, and for one at least.
        match origin {
            FeeOrigin::Flat => {}
            FeeOrigin::PerUnit { amount, units } => {
                let fits = self.some_lines(|lines| {
                    lines.iter().map(|(units, _)| *units).sum::<u32>() == *units
                });
                equal("units of some lines", fits, true)?;
                equal("amount of a fee", left.clone(), minor(*amount) * units)?;
            }
            FeeOrigin::Percent { rate, base } => {
                let fits = self.some_lines(|lines| {
                    let left: BigInt = lines.iter().map(|(_, left)| left).sum();
                    minor(*base) == left || minor(*base) == left + &self.delivery
                });
                equal("base of some lines, perhaps with the delivery", fits, true)?;
                let exact = oracle::rate(*rate) * ratio(minor(*base), 1.into());
                equal("amount of a fee", left.clone(), oracle::round(&exact, *rounding))?;
            }
        }
        self.fees += &left;
        self.charge(node, false, left, &taxes.iter().collect::<Vec<_>>(), contains_tax)
    }

    /// Tells whether some lines of the order, one at least, pass.
    fn some_lines(&self, pass: impl Fn(&[&(u32, BigInt)]) -> bool) -> bool {
        assert!(self.lines.len() < 16, "too many lines to try every choice of them");
        (1..1_u32 << self.lines.len()).any(|chosen| {
            let lines = self.lines.iter().enumerate();
            let lines = lines.filter(|(nr, _)| chosen >> nr & 1 == 1).map(|(_, line)| line);
            pass(&lines.collect::<Vec<_>>())
        })
    }

    fn charge(
        &mut self,
        node: &TraceNode,
        is_goods: bool,
        left: BigInt,
        taxes: &[&'t TraceNode],
        contains_tax: bool,
    ) -> Checked<()> {
        if left < big(0) {
            return Err(format!("{}: below zero", node.text));
        }
        let charge = Charge::read(is_goods, left.clone(), taxes, contains_tax)
            .map_err(|why| format!("{}: {why}", node.text))?;
        self.tax += &charge.paid;
        self.taken_out += &charge.taken_out;
        let added = if contains_tax { big(0) } else { charge.paid.clone() };
        let total = left + added - &charge.taken_out;
        self.charges.push(charge);
        equal(&node.text, amount(node)?, total)
    }

    /// Puts a discount to those that it was formed with.
    fn discount(&mut self, node: &TraceNode, part: Part) -> Checked<()> {
        let TraceStep::Discount { promotion, origin, rounding, .. } = &node.step else {
            return Err(node.text.clone());
        };
        let inner = untiered(origin);
        // What caps a discount has parts of its own: first what each would have got, then the split of the cap.
        if let DiscountOrigin::Capped { limit, sum, uncapped, gave } = inner {
            let name = format!("{promotion} {limit} of {sum}: {gave:?}");
            let Part { cost, amount, quantity, span } = part;
            let capped = Part { cost: minor(*uncapped), amount, quantity, span };
            let uncapped = Part { cost, amount: minor(*uncapped), quantity, span };
            self.part(format!("{promotion} {limit} of {sum}"), inner.clone(), *rounding, capped);
            self.part(name, (**gave).clone(), *rounding, uncapped);
        } else {
            self.part(format!("{promotion} {inner:?}"), inner.clone(), *rounding, part);
        }
        Ok(())
    }

    fn part(&mut self, name: String, origin: DiscountOrigin, rounding: Rounding, part: Part) {
        let group = self.groups.entry(name).or_insert_with(|| (origin, rounding, Vec::new()));
        group.2.push(part);
    }

    fn totals(&self, node: &TraceNode, contains_tax: bool) -> Checked<()> {
        let mut sum = big(0);
        let mut seen = vec![];
        for child in &node.children {
            let derived = match child.step {
                TraceStep::GoodsTotal => self.goods.clone(),
                TraceStep::DiscountTotal => -self.discounts.clone(),
                TraceStep::DeliveryTotal => self.delivery.clone(),
                TraceStep::FeeTotal => self.fees.clone(),
                TraceStep::TakenOutTotal => -self.taken_out.clone(),
                TraceStep::TaxTotal => self.tax.clone(),
                _ => return Err(format!("{}: not derived", child.text)),
            };
            equal(&child.text, amount(child)?, derived.clone())?;
            seen.push(child.step.clone());
            if !(contains_tax && child.step == TraceStep::TaxTotal) {
                sum += derived;
            }
        }
        let expected = [
            (TraceStep::GoodsTotal, &self.goods),
            (TraceStep::DiscountTotal, &self.discounts),
            (TraceStep::DeliveryTotal, &self.delivery),
            (TraceStep::FeeTotal, &self.fees),
            (TraceStep::TakenOutTotal, &self.taken_out),
            (TraceStep::TaxTotal, &self.tax),
        ];
        for (step, total) in expected {
            equal("a total is told unless it is zero", seen.contains(&step), *total != big(0))?;
        }
        equal("total", amount(node)?, sum)
    }
}

fn untiered(origin: &DiscountOrigin) -> &DiscountOrigin {
    match origin {
        DiscountOrigin::QuantityTier { gave, .. } | DiscountOrigin::SubtotalTier { gave, .. } => {
            untiered(gave)
        }
        origin => origin,
    }
}

/// Derives the discounts that were formed together.
fn formed(origin: &DiscountOrigin, rounding: Rounding, parts: &[Part]) -> Checked<()> {
    let costs: Vec<BigRational> =
        parts.iter().map(|part| ratio(part.cost.clone(), 1.into())).collect();
    let cost: BigInt = parts.iter().map(|part| &part.cost).sum();
    let taken: Vec<BigInt> = parts.iter().map(|part| part.amount.clone()).collect();
    let rated = |rate: Rate, base: &BigInt| {
        let exact = oracle::rate(rate) * ratio(base.clone(), 1.into());
        oracle::round(&exact, rounding).min(base.clone())
    };
    let derived = match origin {
        DiscountOrigin::Percent { rate, base, whole }
        | DiscountOrigin::BuyGet { rate, base, whole, .. } => {
            equal("base", minor(*base), cost.clone())?;
            equal("whole", minor(*whole), rated(*rate, &cost))?;
            oracle::split(&minor(*whole), &costs)
        }
        DiscountOrigin::Bundle { price, bundles, base, whole, .. } => {
            equal("base", minor(*base), cost.clone())?;
            equal("whole", minor(*whole), cost - minor(*price) * bundles)?;
            oracle::split(&minor(*whole), &costs)
        }
        DiscountOrigin::FixedOrder { amount, whole } => {
            if minor(*whole) > minor(*amount) || minor(*whole) > cost {
                return Err(format!("{whole} is more than {amount}, or than the lines cost"));
            }
            if minor(*whole) < minor(*amount).min(cost) {
                return Err(format!("{whole} is less than {amount} without a reason"));
            }
            oracle::split(&minor(*whole), &costs)
        }
        DiscountOrigin::Capped { limit, sum, .. } => {
            equal("sum", minor(*sum), cost)?;
            oracle::split(&minor(*limit), &costs)
        }
        origin => parts.iter().map(|part| alone(origin, rounding, part)).collect::<Checked<_>>()?,
    };
    equal("amounts", taken, derived)
}

/// Derives a discount that was formed by itself.
fn alone(origin: &DiscountOrigin, rounding: Rounding, part: &Part) -> Checked<BigInt> {
    let (first, units) = part.span.unwrap_or((0, part.quantity));
    let cost = &part.cost;
    let at_most = |amount: BigInt| amount.min(cost.clone());
    Ok(match origin {
        DiscountOrigin::FixedUnit { amount } => at_most(minor(*amount) * units),
        DiscountOrigin::FixedPrice { amount } => (cost - minor(*amount) * units).max(big(0)),
        DiscountOrigin::FixedLine { amount } => {
            at_most(oracle::share(&minor(*amount), first, first + units, part.quantity))
        }
        DiscountOrigin::CheapestFree { .. }
        | DiscountOrigin::Gift
        | DiscountOrigin::FreeDelivery => cost.clone(),
        DiscountOrigin::DeliveryPercent { rate, base } => {
            equal("base", minor(*base), cost.clone())?;
            let exact = oracle::rate(*rate) * ratio(cost.clone(), 1.into());
            at_most(oracle::round(&exact, rounding))
        }
        DiscountOrigin::DeliveryFixed { amount } => at_most(minor(*amount)),
        _ => return Err("cannot be derived".to_owned()),
    })
}

/// Changes the amount of the node with some number by one minor unit; returns whether there is one.
fn tamper(nodes: &mut [TraceNode], at: &mut usize) -> bool {
    nodes.iter_mut().any(|node| {
        let Some(amount) = &mut node.amount else { return tamper(&mut node.children, at) };
        if *at == 0 {
            *amount = Money::from_minor(amount.minor() + 1, amount.currency());
            return true;
        }
        *at -= 1;
        tamper(&mut node.children, at)
    })
}

#[test]
fn no_amount_of_a_trace_can_be_changed_unseen() {
    for (kind, count, buyer) in [
        ("net", "", ""),
        ("net", "per-order", ""),
        ("gross", "", ""),
        ("gross", "per-order", ""),
        ("gross", "per-order", "exempt"),
        ("net", "", "exempt"),
    ] {
        let mut shop = Shop::new("EUR", kind == "gross");
        if count == "per-order" {
            shop.facts.channel.tax_rounding = TaxRounding::PerOrder;
        }
        for line in [
            "tax standard 19 State",
            "tax standard 1.5 City",
            "tax standard 7.3 Levy level 1",
            "tax food 7",
            "variant lamp 33.33 weighs 1200",
            "variant bread 4.99 taxed food weighs 800",
            "delivery post 4.90 taxed as-goods",
            "surcharge post Heavy 0.75 each 500 above 1000",
            "fee cash percent-with-delivery 1.7 taxed as-goods",
            "fee deposit each 0.25",
            "promotion tenth percent 10",
            "cart lamp 3",
            "cart bread 2",
            "choose post",
        ] {
            super::scenario::build(&mut shop, &line.split(' ').collect::<Vec<_>>()).unwrap();
        }
        if !buyer.is_empty() {
            shop.request.buyer_tax.exemption = Some("embassy".to_owned());
        }
        let trace = shop.quote().unwrap().trace();
        let mut changed = 0;
        for number in 0.. {
            let mut spoiled = trace.clone();
            if !tamper(&mut spoiled, &mut number.clone()) {
                break;
            }
            assert!(check(&spoiled).is_err(), "{kind} {count} {buyer}: number {number}\n{trace:?}");
            changed += 1;
        }
        assert!(changed > 20, "{changed}");
    }
}
