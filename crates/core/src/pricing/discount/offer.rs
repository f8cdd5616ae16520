//! [`Offer`]: what a grant would take off which units, before anybody takes it.

use std::cmp::Reverse;

use super::judge::Candidate;
use super::line_set::LineSet;
use super::run::{Run, SCALE, scaled};
use super::{Effect, Goods, Grant};
use crate::money::{Money, MoneyError, Rate};
use crate::pricing::promotion::BuyGet;

/// What a grant would take off the first units of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Offer {
    /// Which run.
    pub(super) run: usize,
    /// How many of its units, from the first on.
    pub(super) units: u32,
    /// What it would take off if all units of the run took it; in minor units × [`SCALE`], exact but for fractions of that.
    pub(super) worth: u128,
}

/// Lists what one grant offers; a bundle offers nothing here, because it takes its units as a whole.
pub(super) fn list(
    candidate: &Candidate<'_>,
    grant: &Grant<'_>,
    goods: &[Goods<'_>],
    runs: &[Run],
    offers: &mut Vec<Offer>,
) -> Result<(), MoneyError> {
    offers.clear();
    let lines = &candidate.lines;
    match &grant.effect {
        Effect::Percent { rate } => {
            let part = rate.scaled_to(SCALE);
            whole(lines, runs, offers, |run| run.left_times(part));
        }
        Effect::FixedUnit { amount } => {
            let unit = scaled(amount.minor());
            whole(lines, runs, offers, |run| {
                unit.saturating_mul(run.units.into()).min(run.worth())
            });
        }
        Effect::FixedPrice { amount } => {
            let unit = scaled(amount.minor());
            whole(lines, runs, offers, |run| {
                run.worth().saturating_sub(unit.saturating_mul(run.units.into()))
            });
        }
        Effect::FixedLine { amount } => {
            for (index, run) in runs.iter().enumerate().filter(|(_, r)| lines.contains(r.line)) {
                let off = fixed_line(*amount, run, goods[run.line].quantity)?;
                let worth = scaled(off);
                push(offers, Offer { run: index, units: run.units, worth });
            }
        }
        Effect::BuyGet { rule, others } => {
            buy_get(rule, lines, others.as_ref(), goods, runs, offers);
        }
        Effect::CheapestFree { of } => cheapest_free(*of, lines, runs, offers),
        _ => {}
    }
    Ok(())
}

/// Returns what a fixed amount for the line takes off one run of it: the share of its units.
pub(super) fn fixed_line(amount: Money, run: &Run, quantity: u32) -> Result<i64, MoneyError> {
    let until = u64::from(run.first) + u64::from(run.units);
    let share = amount.share_between(run.first.into(), until, quantity.into())?;
    Ok(share.minor().min(run.left))
}

fn push(offers: &mut Vec<Offer>, offer: Offer) {
    if offer.worth > 0 && offer.units > 0 {
        offers.push(offer);
    }
}

/// Offers something on all units of each line.
fn whole(lines: &LineSet, runs: &[Run], offers: &mut Vec<Offer>, worth: impl Fn(&Run) -> u128) {
    for (index, run) in runs.iter().enumerate() {
        if lines.contains(run.line) {
            push(offers, Offer { run: index, units: run.units, worth: worth(run) });
        }
    }
}

/// Returns the runs of some lines whose units still cost something: what is free already is neither bought nor got.
fn priced(lines: &LineSet, runs: &[Run]) -> Vec<usize> {
    let of_lines = |index: &usize| lines.contains(runs[*index].line) && runs[*index].left > 0;
    let mut pool = Vec::with_capacity(runs.len());
    pool.extend((0..runs.len()).filter(of_lines));
    pool
}

fn units(pool: &[usize], runs: &[Run]) -> u64 {
    pool.iter().map(|index| u64::from(runs[*index].units)).sum()
}

/// Offers a rate on the first `count` units of some runs, in their order.
fn take_first(pool: &[usize], count: u64, rate: Rate, runs: &[Run], offers: &mut Vec<Offer>) {
    let mut left = count;
    let part = rate.scaled_to(SCALE);
    for index in pool {
        let run = &runs[*index];
        let units = u32::try_from(left).unwrap_or(u32::MAX).min(run.units);
        let worth = run.left_times(part);
        push(offers, Offer { run: *index, units, worth });
        left -= u64::from(units);
    }
}

fn buy_get(
    rule: &BuyGet,
    lines: &LineSet,
    others: Option<&LineSet>,
    goods: &[Goods<'_>],
    runs: &[Run],
    offers: &mut Vec<Offer>,
) {
    let (buy, get) = (u64::from(rule.buy), u64::from(rule.get));
    let mut pool = priced(others.unwrap_or(lines), runs);
    pool.sort_by(|a, b| runs[*a].cmp_unit(&runs[*b]));
    match others {
        Some(got) => {
            let bought: Vec<usize> = priced(lines, runs)
                .into_iter()
                .filter(|run| !got.contains(runs[*run].line))
                .collect();
            let count = (units(&bought, runs) / buy).saturating_mul(get);
            take_first(&pool, count, rule.rate, runs, offers);
        }
        None if rule.each_variant => {
            pool.sort_by_key(|index| goods[runs[*index].line].facts.variant);
            for same in pool.chunk_by(|a, b| {
                goods[runs[*a].line].facts.variant == goods[runs[*b].line].facts.variant
            }) {
                take_first(same, got_of(units(same, runs), buy, get), rule.rate, runs, offers);
            }
        }
        None => take_first(&pool, got_of(units(&pool, runs), buy, get), rule.rate, runs, offers),
    }
}

/// Returns how many of `units` are got, when `buy` of each group are bought and up to `get` are got.
fn got_of(units: u64, buy: u64, get: u64) -> u64 {
    let group = buy + get;
    units / group * get + (units % group).saturating_sub(buy)
}

/// Lines all units up from the dearest down and offers every `of`th.
fn cheapest_free(of: u32, lines: &LineSet, runs: &[Run], offers: &mut Vec<Offer>) {
    let mut pool = priced(lines, runs);
    pool.sort_by(|a, b| runs[*b].cmp_unit(&runs[*a]));
    let of = u64::from(of);
    let mut before = 0_u64;
    for index in pool {
        let run = &runs[index];
        let after = before + u64::from(run.units);
        // At most the units of the run, so it fits.
        let units = u32::try_from(after / of - before / of).unwrap_or(run.units);
        push(offers, Offer { run: index, units, worth: run.worth() });
        before = after;
    }
}

/// Keeps the units on which it gives most, at most `units_max` of them.
pub(super) fn limit_units(offers: &mut Vec<Offer>, units_max: u64, runs: &[Run]) {
    let unit_worth = |offer: &Offer| offer.worth / u128::from(runs[offer.run].units);
    offers.sort_by_key(|offer| (Reverse(unit_worth(offer)), offer.run));
    let mut left = units_max;
    for offer in offers.iter_mut() {
        offer.units = offer.units.min(u32::try_from(left).unwrap_or(u32::MAX));
        left -= u64::from(offer.units);
    }
    offers.retain(|offer| offer.units > 0);
}

/// Returns what all offers would take off together, × [`SCALE`].
pub(super) fn sum(offers: &[Offer], runs: &[Run]) -> u128 {
    let part = |offer: &Offer| match runs[offer.run].units {
        units if units == offer.units => offer.worth,
        units => offer.worth / u128::from(units) * u128::from(offer.units),
    };
    offers.iter().map(part).fold(0, u128::saturating_add)
}

/// Lowers every offer in proportion, when together they take off more than `most` minor units.
///
/// A promotion that is capped competes with what it can really give. The proportion is kept to 30 binary digits; the
/// amounts themselves are split exactly later.
pub(super) fn lower(offers: &mut [Offer], most: i64, runs: &[Run]) {
    let (most, sum) = (scaled(most), sum(offers, runs));
    if sum <= most {
        return;
    }
    let proportion = most / ((sum >> 30) + 1);
    for offer in offers {
        offer.worth = (offer.worth >> 30) * proportion;
    }
}
