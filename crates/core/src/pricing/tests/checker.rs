//! A checker that distrusts the engine: it derives each minor unit of a quote again, from the trace alone.
//!
//! It knows what the operations of a trace mean and nothing else: no shop, no cart, no quote. Its arithmetic is that of
//! [`oracle`](super::oracle).

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;

use super::oracle::{self, big, minor, ratio};
use super::*;

type Checked<T> = Result<T, String>;

/// A discount as a part of what it was formed with.
struct Part {
    cost: BigInt,
    amount: BigInt,
    quantity: u32,
    span: Option<(u32, u32)>,
}

/// An amount with its taxes.
struct Charge<'t> {
    amount: BigInt,
    taxes: Vec<(&'t TraceStep, BigInt)>,
}

/// Everything that was formed over several lines, to be checked when all are seen.
#[derive(Default)]
struct Checker<'t> {
    /// Discounts by promotion and origin.
    groups: BTreeMap<String, (DiscountOrigin, Rounding, Vec<Part>)>,
    charges: Vec<Charge<'t>>,
    goods: BigInt,
    discounts: BigInt,
    delivery: BigInt,
    tax: BigInt,
}

/// Derives a trace again; says what cannot be derived.
pub(super) fn check(trace: &[TraceNode]) -> Checked<()> {
    let mut checker = Checker::default();
    for node in trace {
        match &node.step {
            TraceStep::Line { contains_tax, .. } => checker.line(node, *contains_tax)?,
            TraceStep::Delivery { contains_tax } => checker.delivery(node, *contains_tax)?,
            TraceStep::Totals { contains_tax } => checker.totals(node, *contains_tax)?,
            _ => equal(&node.text, node.amount.is_some(), false)?,
        }
    }
    for (name, (origin, rounding, parts)) in &checker.groups {
        formed(origin, *rounding, parts).map_err(|why| format!("{name}: {why}"))?;
    }
    checker.taxes()
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: T, derived: T) -> Checked<()> {
    if found == derived {
        return Ok(());
    }
    Err(format!("{what}: the trace says {found:?}, derived is {derived:?}"))
}

fn amount(node: &TraceNode) -> Checked<BigInt> {
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
        for step in rest {
            match &step.step {
                TraceStep::Discount { span, .. } => {
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
                _ => taxes.push((&step.step, amount(step)?)),
            }
        }
        self.charge(node, left, taxes, contains_tax)
    }

    fn delivery(&mut self, node: &'t TraceNode, contains_tax: bool) -> Checked<()> {
        let [rate, rest @ ..] = node.children.as_slice() else {
            return Err(format!("{}: no rate", node.text));
        };
        let mut left = amount(rate)?;
        let mut taxes = Vec::new();
        for step in rest {
            match &step.step {
                TraceStep::Discount { .. } => {
                    let (cost, off) = (left.clone(), -amount(step)?);
                    left -= &off;
                    self.discount(step, Part { cost, amount: off, quantity: 0, span: None })?;
                }
                _ => taxes.push((&step.step, amount(step)?)),
            }
        }
        self.delivery += &left;
        self.charge(node, left, taxes, contains_tax)
    }

    fn charge(
        &mut self,
        node: &TraceNode,
        left: BigInt,
        taxes: Vec<(&'t TraceStep, BigInt)>,
        contains_tax: bool,
    ) -> Checked<()> {
        let tax: BigInt = taxes.iter().map(|(_, amount)| amount).sum();
        self.tax += &tax;
        for (step, _) in &taxes {
            let TraceStep::Tax { net, .. } = step else { return Err(node.text.clone()) };
            let derived = if contains_tax { &left - &tax } else { left.clone() };
            equal("net", minor(*net), derived)?;
        }
        if left < big(0) {
            return Err(format!("{}: below zero", node.text));
        }
        let total = if contains_tax { left.clone() } else { &left + tax };
        self.charges.push(Charge { amount: left, taxes });
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
            (TraceStep::TaxTotal, &self.tax),
        ];
        for (step, total) in expected {
            equal("a total is told unless it is zero", seen.contains(&step), *total != big(0))?;
        }
        equal("total", amount(node)?, sum)
    }

    /// Derives taxes: those of one line from what is left of it, or those of all lines of one category together.
    fn taxes(&self) -> Checked<()> {
        let mut orders: BTreeMap<&str, Vec<&Charge<'_>>> = BTreeMap::new();
        for charge in &self.charges {
            let Some((TraceStep::Tax { category, treatment, per_order, .. }, _)) =
                charge.taxes.first()
            else {
                continue;
            };
            if *treatment == TaxTreatment::Exempt {
                equal("tax on what is exempt", charge.tax(), big(0))?;
            } else if *per_order {
                orders.entry(category.as_str()).or_default().push(charge);
            } else {
                equal("tax", charge.tax(), charge.rounded(&charge.amount))?;
            }
            charge.by_rate()?;
        }
        for charges in orders.values() {
            let sum: BigInt = charges.iter().map(|charge| &charge.amount).sum();
            let weights: Vec<BigRational> =
                charges.iter().map(|charge| ratio(charge.amount.clone(), 1.into())).collect();
            let parts = oracle::split(&charges[0].rounded(&sum), &weights);
            for (charge, part) in charges.iter().zip(parts) {
                equal("tax of the order", charge.tax(), part)?;
            }
        }
        Ok(())
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

impl Charge<'_> {
    fn tax(&self) -> BigInt {
        self.taxes.iter().map(|(_, amount)| amount).sum()
    }

    fn rates(&self) -> Vec<BigRational> {
        let rate = |(step, _): &(&TraceStep, BigInt)| match step {
            TraceStep::Tax { rate, .. } => oracle::rate(*rate),
            _ => ratio(0.into(), 1.into()),
        };
        self.taxes.iter().map(rate).collect()
    }

    /// The tax on an amount, at the sum of the rates, rounded once.
    fn rounded(&self, amount: &BigInt) -> BigInt {
        let rate = self.rates().into_iter().fold(ratio(0.into(), 1.into()), |sum, rate| sum + rate);
        let Some((TraceStep::Tax { contained, rounding, .. }, _)) = self.taxes.first() else {
            return big(0);
        };
        let amount = ratio(amount.clone(), 1.into());
        let exact = match contained {
            true => amount * &rate / (ratio(1.into(), 1.into()) + &rate),
            false => amount * rate,
        };
        oracle::round(&exact, *rounding)
    }

    /// The tax is split over its rates.
    fn by_rate(&self) -> Checked<()> {
        let parts = oracle::split(&self.tax(), &self.rates());
        for ((_, told), part) in self.taxes.iter().zip(parts) {
            equal("tax by rate", told.clone(), part)?;
        }
        Ok(())
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
