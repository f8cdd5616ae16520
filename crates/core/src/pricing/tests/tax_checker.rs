//! The part of the [`checker`](super::checker) that derives taxes again.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_rational::BigRational;

use super::checker::{Checked, amount, equal};
use super::oracle::{self, big, minor, ratio};
use super::*;

/// An amount with its taxes.
pub(super) struct Charge<'t> {
    is_goods: bool,
    left: BigInt,
    parts: Vec<Part<'t>>,
    /// The tax that the buyer pays.
    pub(super) paid: BigInt,
    /// The tax that was taken out of the price.
    pub(super) taken_out: BigInt,
}

/// A category, and why it is not taxed where it is not.
type Kind<'t> = (&'t str, Option<TaxTreatment>);

/// A part of an amount that is taxed as one kind of goods.
struct Part<'t> {
    kind: Kind<'t>,
    amount: BigInt,
    levels: Vec<Level>,
    terms: Terms,
}

/// The rates of one level with the tax of each.
struct Level {
    rates: Vec<BigRational>,
    taxes: Vec<BigInt>,
}

#[derive(Clone, Copy)]
struct Terms {
    contained: bool,
    per_order: bool,
    rounding: Rounding,
}

/// One tax as a trace tells it.
struct Told<'t> {
    kind: Kind<'t>,
    level: u8,
    rate: BigRational,
    base: BigInt,
    paid: BigInt,
    taken_out: BigInt,
    terms: Terms,
}

impl<'t> Charge<'t> {
    /// Reads the taxes on what is left of a line, delivery or fee, and derives what each was taken on.
    pub(super) fn read(
        is_goods: bool,
        left: BigInt,
        taxes: &[&'t TraceNode],
        contains_tax: bool,
    ) -> Checked<Charge<'t>> {
        let answered = taxes.iter().any(|tax| matches!(tax.step, TraceStep::AnsweredTax { .. }));
        if answered {
            return answers(is_goods, left, taxes, contains_tax);
        }
        let told = taxes.iter().map(|tax| tell(tax)).collect::<Checked<Vec<_>>>()?;
        for told in &told {
            equal("whether tax is contained", told.terms.contained, contains_tax)?;
        }
        let parts = told
            .chunk_by(|a, b| a.kind == b.kind && a.kind.1.is_none())
            .map(part)
            .collect::<Checked<Vec<_>>>()?;
        if is_goods {
            equal("kinds of goods of a line", parts.len(), 1)?;
        }
        if !parts.is_empty() {
            let sum: BigInt = parts.iter().map(|part| &part.amount).sum();
            equal("what was taxed", sum, left.clone())?;
        }
        let paid = told.iter().map(|told| &told.paid).sum();
        let taken_out = told.iter().map(|told| &told.taken_out).sum();
        Ok(Charge { is_goods, left, parts, paid, taken_out })
    }
}

/// What an outside engine answers is its own; it must still be a tax: nothing where none is due, and elsewhere its rate of
/// the net, off by less than what rounding by jurisdiction and by order makes of it.
fn answers<'t>(
    is_goods: bool,
    left: BigInt,
    taxes: &[&'t TraceNode],
    contains_tax: bool,
) -> Checked<Charge<'t>> {
    let mut paid = big(0);
    for tax in taxes {
        paid += amount(tax)?;
    }
    for tax in taxes {
        let TraceStep::AnsweredTax { net, rate, treatment, .. } = &tax.step else {
            return Err(tax.text.clone());
        };
        let derived = if contains_tax { &left - &paid } else { left.clone() };
        equal("net", minor(*net), derived)?;
        let due = matches!(treatment, TaxTreatment::Standard) && !rate.is_zero();
        if !due {
            equal("tax where none is due", amount(tax)?, big(0))?;
            continue;
        }
        let exact = oracle::rate(*rate) * ratio(minor(*net), 1.into());
        let off = oracle::round(&exact, Rounding::HalfAwayFromZero) - amount(tax)?;
        equal(
            "an answered tax that is its rate of the net",
            off.magnitude() <= &1_u32.into(),
            true,
        )?;
    }
    Ok(Charge { is_goods, left, parts: vec![], paid, taken_out: big(0) })
}

fn tell(node: &TraceNode) -> Checked<Told<'_>> {
    let TraceStep::Tax { rate, category, treatment, level, base, contained, per_order, rounding } =
        &node.step
    else {
        return Err(format!("{}: not a tax", node.text));
    };
    let taken_out = match node.children.as_slice() {
        [] => None,
        [child] if child.step == TraceStep::TakenOut => Some(-amount(child)?),
        _ => return Err(format!("{}: more than was taken out", node.text)),
    };
    let spared = matches!(treatment, TaxTreatment::Exempt | TaxTreatment::ReverseCharge);
    let paid = amount(node)?;
    if spared {
        equal("tax of who pays none", paid.clone(), big(0))?;
    } else {
        let expected = if rate.is_zero() { TaxTreatment::Zero } else { TaxTreatment::Standard };
        equal("treatment", *treatment, expected)?;
        equal("what was taken out", taken_out.is_some(), false)?;
    }
    let untaxed = (spared && taken_out.is_none()).then_some(*treatment);
    Ok(Told {
        kind: (category.as_str(), untaxed),
        level: *level,
        rate: oracle::rate(*rate),
        base: minor(*base),
        paid,
        taken_out: taken_out.unwrap_or_else(|| big(0)),
        terms: Terms { contained: *contained, per_order: *per_order, rounding: *rounding },
    })
}

/// Puts the taxes of one kind of goods together: each level stands on the net and the tax of all below.
fn part<'t>(told: &[Told<'t>]) -> Checked<Part<'t>> {
    let (kind, terms) = (told[0].kind, told[0].terms);
    let net = told[0].base.clone();
    let (mut levels, mut base) = (Vec::new(), net.clone());
    for level in told.chunk_by(|a, b| a.level == b.level) {
        let taxes: Vec<BigInt> = level.iter().map(|told| &told.paid + &told.taken_out).collect();
        for told in level {
            equal("what a tax was taken on", told.base.clone(), base.clone())?;
        }
        base += taxes.iter().sum::<BigInt>();
        let rates = level.iter().map(|told| told.rate.clone()).collect();
        levels.push(Level { rates, taxes });
    }
    if !told.is_sorted_by_key(|told| told.level) {
        return Err(format!("{kind:?}: the levels do not rise"));
    }
    if kind.1.is_some() {
        levels.clear();
    }
    let amount = if terms.contained { base } else { net };
    Ok(Part { kind, amount, levels, terms })
}

/// Derives all taxes: those of one part from what is left of it, or those of all parts of one category together.
pub(super) fn derive(charges: &[Charge<'_>]) -> Checked<()> {
    for charge in charges.iter().filter(|charge| !charge.is_goods) {
        shared(charge, charges)?;
    }
    let mut orders: BTreeMap<&str, Vec<&Part<'_>>> = BTreeMap::new();
    for part in charges.iter().flat_map(|charge| &charge.parts) {
        if part.terms.per_order {
            orders.entry(part.kind.0).or_default().push(part);
        } else {
            together(&[part])?;
        }
    }
    for parts in orders.values_mut() {
        parts.retain(|part| part.kind.1.is_none());
        together(parts)?;
    }
    Ok(())
}

/// Returns the kinds of goods in the order in which they first appear, with what is left of each.
fn kinds<'t>(charges: &[Charge<'t>]) -> Vec<(Kind<'t>, BigInt)> {
    let goods = charges.iter().filter(|charge| charge.is_goods).flat_map(|charge| &charge.parts);
    let mut kinds: Vec<(Kind<'t>, BigInt)> = Vec::new();
    for part in goods {
        match kinds.iter_mut().find(|(kind, _)| *kind == part.kind) {
            Some((_, sum)) => *sum += &part.amount,
            None => kinds.push((part.kind, part.amount.clone())),
        }
    }
    kinds
}

/// Derives how a delivery or fee with several kinds was split over the goods.
fn shared(charge: &Charge<'_>, charges: &[Charge<'_>]) -> Checked<()> {
    let kinds = kinds(charges);
    let told: Vec<(Kind<'_>, BigInt)> =
        charge.parts.iter().map(|part| (part.kind, part.amount.clone())).collect();
    // Where the buyer is exempt, goods that are never taxed and others of the same category look alike.
    let alike = |(index, part): (usize, &(Kind<'_>, BigInt))| {
        told[..index].iter().any(|before| before.0 == part.0)
    };
    if told.len() < 2 || told.iter().enumerate().any(alike) {
        return Ok(());
    }
    let mut weights: Vec<BigRational> =
        kinds.iter().map(|(_, left)| ratio(left.clone(), 1.into())).collect();
    if kinds.iter().all(|(_, left)| *left == big(0)) {
        weights.fill(ratio(1.into(), 1.into()));
    }
    if may_hide(charges) {
        return nearly(charge, &kinds, &weights);
    }
    let shares = oracle::split(&charge.left, &weights);
    let derived: Vec<(Kind<'_>, BigInt)> = kinds
        .iter()
        .zip(shares)
        .filter(|(_, share)| *share != big(0) || charge.left == big(0))
        .map(|((kind, _), share)| (*kind, share))
        .collect();
    equal("shares of the kinds of goods", told, derived)
}

/// Tells whether two kinds of goods may look like one: several goods of a category, none of which is taxed. When one of the
/// two gets no part of a charge, not even the charge tells them apart.
fn may_hide(charges: &[Charge<'_>]) -> bool {
    let goods = charges.iter().filter(|charge| charge.is_goods).flat_map(|charge| &charge.parts);
    let untaxed: Vec<Kind<'_>> = goods.map(|p| p.kind).filter(|kind| kind.1.is_some()).collect();
    untaxed.iter().enumerate().any(|(index, kind)| untaxed[..index].contains(kind))
}

/// Checks shares that cannot be derived to the unit: each is less than two units, one for each of two kinds that look like one,
/// from its exact part. That they sum to the whole is checked with the charge.
fn nearly(
    charge: &Charge<'_>,
    kinds: &[(Kind<'_>, BigInt)],
    weights: &[BigRational],
) -> Checked<()> {
    let zero = || ratio(0.into(), 1.into());
    let sum = weights.iter().fold(zero(), |sum, weight| sum + weight);
    for ((kind, _), weight) in kinds.iter().zip(weights) {
        let told = charge.parts.iter().find(|part| part.kind == *kind);
        let told = ratio(told.map_or(big(0), |part| part.amount.clone()), 1.into());
        let exact = ratio(charge.left.clone(), 1.into()) * weight / &sum;
        let off = if told > exact { told - exact } else { exact - told };
        let near = off < ratio(2.into(), 1.into());
        equal("whether a share is near its exact part", near, true)?;
    }
    Ok(())
}

/// Derives taxes that were formed together, level by level; contained ones from the highest down.
fn together(parts: &[&Part<'_>]) -> Checked<()> {
    let Some(first) = parts.first() else { return Ok(()) };
    let Terms { contained, rounding, .. } = first.terms;
    let mut rest: Vec<BigInt> = parts.iter().map(|part| part.amount.clone()).collect();
    let mut order: Vec<usize> = (0..first.levels.len()).collect();
    if contained {
        order.reverse();
    }
    for level in order {
        let rates = &first.levels[level].rates;
        let zero = ratio(0.into(), 1.into());
        let rate = rates.iter().fold(zero, |sum, rate| sum + rate);
        let whole = ratio(rest.iter().sum(), 1.into());
        let exact = match contained {
            true => whole * &rate / (ratio(1.into(), 1.into()) + &rate),
            false => whole * rate,
        };
        let weights: Vec<BigRational> =
            rest.iter().map(|rest| ratio(rest.clone(), 1.into())).collect();
        let taxes = oracle::split(&oracle::round(&exact, rounding), &weights);
        for ((part, rest), tax) in parts.iter().zip(&mut rest).zip(taxes) {
            let told = part.levels.get(level).ok_or("a level is missing")?;
            equal("rates", &told.rates, rates)?;
            equal("tax", told.taxes.iter().sum(), tax.clone())?;
            equal("tax by rate", told.taxes.clone(), oracle::split(&tax, rates))?;
            if contained { *rest -= tax } else { *rest += tax }
        }
    }
    Ok(())
}

/// A shop whose tax is answered from outside: a state's tax and a city's on everything but the fee.
fn answered(odd: i64) -> Vec<TraceNode> {
    let mut shop = Shop::new("USD", false);
    shop.add_variant("lamp", "33.33", &[]);
    shop.add_variant("gift card", "25.00", &["untaxed"]);
    shop.delivery("post", "4.90", &["taxed", "as-goods"]);
    shop.fee("deposit", "each", "0.25", &["taxed", "-"]);
    shop.cart("lamp", 3);
    shop.cart("gift card", 1);
    shop.request.delivery_method = Some("post".to_owned());
    let asked = tax_request(&shop.request, &shop.facts, shop.now).unwrap();
    let tax = |name: &str, percent: &str, on: Money, odd: i64| {
        let rate = Rate::percent(percent).unwrap();
        let exact = on.at_rate(rate, Rounding::HalfAwayFromZero).unwrap();
        let treatment = if rate.is_zero() { TaxTreatment::Exempt } else { TaxTreatment::Standard };
        AnsweredTax {
            name: name.to_owned(),
            rate,
            category: TaxCategory::standard(),
            amount: Money::from_minor(exact.minor() + odd, Currency::USD),
            treatment,
        }
    };
    let both = |on: Money, odd| vec![tax("State", "7.25", on, odd), tax("City", "1", on, 0)];
    let [lamp, card, post, deposit] = asked.charges.as_slice() else { panic!("{asked:?}") };
    assert_eq!(deposit.tax, ChargeTax::Untaxed);
    let charges = vec![
        both(lamp.amount, odd),
        vec![tax("-", "0", card.amount, 0)],
        both(post.amount, 0),
        vec![],
    ];
    shop.facts.tax_answer = Some(TaxAnswer {
        provider: "engine".to_owned(),
        request: asked.content(),
        charges,
        relief: None,
    });
    shop.unchecked().unwrap().trace()
}

#[test]
fn what_an_outside_engine_answers_must_be_its_rate_of_the_net() {
    for odd in [-1, 0, 1] {
        assert_eq!(super::checker::check(&answered(odd)), Ok(()), "{odd}: rounding");
    }
    for odd in [-2, 2, 100] {
        let why = super::checker::check(&answered(odd)).unwrap_err();
        assert!(why.contains("an answered tax that is its rate of the net"), "{why}");
    }
    // And nothing where none is due.
    let mut trace = answered(0);
    let cent = Money::from_minor(1, Currency::USD);
    let card = &mut trace[1];
    card.amount = card.amount.map(|amount| amount.checked_add(cent).unwrap());
    card.children.last_mut().unwrap().amount = Some(cent);
    let why = super::checker::check(&trace).unwrap_err();
    assert!(why.contains("tax where none is due"), "{why}");
}
