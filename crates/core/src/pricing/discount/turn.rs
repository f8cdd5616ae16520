//! [`Turn`]: one combination of promotions, lane after lane, taking what they give off units, order and delivery.

use std::sync::Arc;

use super::bundle::{Bundling, Field};
use super::contest::{Contest, Winner};
use super::judge::Candidate;
use super::offer::{self, Offer};
use super::run::{Run, SCALE};
use super::{DiscountOrigin, Effect, Given, Goods, Grant, LineSet, Shipping, UnitSpan};
use crate::money::{Currency, Money, MoneyError, Rate, Rounding};
use crate::pricing::delivery::{DeliveryCharge, DeliveryRefusal, Parcel};
use crate::pricing::promotion::Lane;

/// The cart while promotions take their turns.
pub(super) struct Turn<'t, 'a> {
    pub(super) goods: &'t [Goods<'t>],
    pub(super) candidates: &'t [&'t Candidate<'a>],
    rounding: Rounding,
    currency: Currency,
    runs: Vec<Run>,
    /// What is left of each line, in minor units.
    pub(super) remaining: Vec<i64>,
    /// Every discount, in the order in which they were taken.
    pub(super) given: Vec<Given>,
    /// Whether each candidate had something to give, taken or not.
    pub(super) offered: Vec<bool>,
    /// What each candidate may still take off.
    pub(super) amount_left: Vec<Option<i64>>,
}

/// A grant of one lane with its candidate.
type Entrant<'t, 'a> = (usize, &'t Grant<'a>);

/// A discount before its cap: off which run or line, how much, and how that came about.
struct Part {
    place: usize,
    amount: i64,
    origin: Arc<DiscountOrigin>,
}

/// Puts the tier of a grant around how its discounts came about, once for those that came about together.
struct Teller<'g> {
    grant: &'g Grant<'g>,
    last: Option<(Arc<DiscountOrigin>, Arc<DiscountOrigin>)>,
}

impl Teller<'_> {
    fn told(&mut self, gave: Arc<DiscountOrigin>) -> Arc<DiscountOrigin> {
        match &self.last {
            _ if self.grant.tier.is_none() => gave,
            Some((last, told)) if Arc::ptr_eq(last, &gave) => Arc::clone(told),
            _ => {
                let told = self.grant.told(Arc::clone(&gave));
                self.last = Some((gave, Arc::clone(&told)));
                told
            }
        }
    }
}

impl<'t, 'a> Turn<'t, 'a> {
    pub(super) fn new(
        goods: &'t [Goods<'t>],
        candidates: &'t [&'t Candidate<'a>],
        rounding: Rounding,
        currency: Currency,
    ) -> Turn<'t, 'a> {
        let run = |(line, goods): (usize, &Goods<'_>)| Run {
            line,
            first: 0,
            units: goods.quantity,
            left: goods.subtotal.minor(),
        };
        Turn {
            goods,
            candidates,
            rounding,
            currency,
            runs: goods.iter().enumerate().map(run).collect(),
            remaining: goods.iter().map(|line| line.subtotal.minor()).collect(),
            given: Vec::with_capacity(goods.len()),
            offered: vec![false; candidates.len()],
            amount_left: candidates.iter().map(|candidate| candidate.amount_max).collect(),
        }
    }

    /// Lists the grants of one lane of which `kind` is true, in the order of their candidates.
    fn entrants(&self, lane: Lane, kind: impl Fn(&Effect<'_>) -> bool) -> Vec<Entrant<'t, 'a>> {
        let mut entrants = Vec::with_capacity(self.candidates.len());
        for (index, candidate) in self.candidates.iter().enumerate() {
            if candidate.promotion.lane == lane {
                let grants = candidate.grants.iter().filter(|grant| kind(&grant.effect));
                entrants.extend(grants.map(|grant| (index, grant)));
            }
        }
        entrants
    }

    fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.currency)
    }

    /// Tells that a candidate has `worth` to give, when that makes a minor unit.
    fn offer(&mut self, candidate: usize, worth: u128) {
        self.offered[candidate] |= self.rounding.divide(worth, SCALE) > 0;
    }

    /// Gives every unit the best discount of one lane.
    pub(super) fn units(&mut self, lane: Lane) -> Result<(), MoneyError> {
        let entrants = self.entrants(lane, |effect| effect.is_on_units());
        if entrants.is_empty() {
            return Ok(());
        }
        let mut contest = Contest::new(self.runs.len());
        let mut offers: Vec<Offer> = Vec::with_capacity(self.runs.len());
        for (slot, (index, grant)) in entrants.iter().enumerate() {
            let candidate = self.candidates[*index];
            offer::list(candidate, grant, self.goods, &self.runs, &mut offers)?;
            if let Some(units_max) = candidate.units_max {
                offer::limit_units(&mut offers, units_max, &self.runs);
            }
            if let Some(most) = self.amount_left[*index] {
                offer::lower(&mut offers, most, &self.runs);
            }
            if !offers.is_empty() {
                self.offer(*index, offer::sum(&offers, &self.runs));
                contest.enter(slot, &offers, &self.runs);
            }
        }
        let mut winners = contest.settle(&mut self.runs);
        let sets = self.bundles(&entrants, &mut winners)?;
        self.take_units(&entrants, &winners, &sets)
    }

    /// Lets bundles take their units, those that save most first.
    fn bundles(
        &mut self,
        entrants: &[Entrant<'t, 'a>],
        winners: &mut Vec<Winner>,
    ) -> Result<Vec<u32>, MoneyError> {
        let mut sets = Vec::new();
        let is_bundle = |slot: usize| matches!(entrants[slot].1.effect, Effect::Bundle { .. });
        let mut field = Field { runs: &mut self.runs, winners };
        let mut bundlings = Vec::new();
        for (slot, (index, grant)) in entrants.iter().enumerate() {
            if let Effect::Bundle { parts, price } = &grant.effect {
                let bundling =
                    Bundling { grant: slot, parts, price: *price, is_bundle: &is_bundle };
                bundlings.push((bundling.best(&field), *index, bundling));
            }
        }
        // A stable sort: equal ones stay in the order of their candidates.
        bundlings.sort_by_key(|(saves, ..)| std::cmp::Reverse(*saves));
        let mut offered = Vec::new();
        for (saves, index, bundling) in &bundlings {
            bundling.form(&mut field, &mut sets)?;
            offered.push((*index, *saves));
        }
        for (index, saves) in offered {
            self.offer(index, saves);
        }
        Ok(sets)
    }

    /// Takes what was won, grant after grant.
    fn take_units(
        &mut self,
        entrants: &[Entrant<'t, 'a>],
        winners: &[Winner],
        sets: &[u32],
    ) -> Result<(), MoneyError> {
        let won = winners.iter().enumerate();
        let won = won.filter_map(|(run, winner)| winner.grant.map(|slot| (slot, run)));
        let mut won: Vec<(usize, usize)> = won.collect();
        won.sort_unstable();
        let (mut runs, mut parts) = (Vec::with_capacity(won.len()), Vec::with_capacity(won.len()));
        for of_slot in won.chunk_by(|a, b| a.0 == b.0) {
            let (index, grant) = entrants[of_slot[0].0];
            runs.clear();
            runs.extend(of_slot.iter().map(|(_, run)| *run));
            if let Effect::Bundle { price, .. } = &grant.effect {
                for (set, bundles) in (0..).zip(sets) {
                    let of_set = |run: &&usize| winners[**run].set == set;
                    let runs: Vec<usize> = runs.iter().filter(of_set).copied().collect();
                    self.bundle_parts(*price, set, *bundles, &runs, &mut parts)?;
                }
                // A cap is split in the order of the lines, as everything is.
                parts.sort_by_key(|part| part.place);
            } else {
                self.parts(&grant.effect, &runs, &mut parts)?;
            }
            self.take_parts(index, grant, &mut parts)?;
        }
        Ok(())
    }

    /// Finds what a grant takes off the runs that it won.
    fn parts(
        &self,
        effect: &Effect<'_>,
        runs: &[usize],
        parts: &mut Vec<Part>,
    ) -> Result<(), MoneyError> {
        match effect {
            Effect::Percent { rate } => {
                let (rate, base, whole) = self.rated(*rate, runs)?;
                let origin = DiscountOrigin::Percent { rate, base, whole };
                self.split(whole, runs, origin, parts)
            }
            Effect::BuyGet { rule, .. } => {
                let (rate, base, whole) = self.rated(rule.rate, runs)?;
                let (buy, get) = (rule.buy, rule.get);
                let origin = DiscountOrigin::BuyGet { buy, get, rate, base, whole };
                self.split(whole, runs, origin, parts)
            }
            effect => {
                let origin = Arc::new(alone_origin(effect));
                for index in runs {
                    let run = &self.runs[*index];
                    let (amount, origin) = (self.alone(effect, run)?, Arc::clone(&origin));
                    parts.push(Part { place: *index, amount, origin });
                }
                Ok(())
            }
        }
    }

    /// Finds what a grant that needs no rounding takes off one run.
    fn alone(&self, effect: &Effect<'_>, run: &Run) -> Result<i64, MoneyError> {
        Ok(match effect {
            Effect::FixedUnit { amount } => {
                // More than fits is more than the units cost.
                let all = amount.checked_mul(run.units).map_or(run.left, Money::minor);
                all.min(run.left)
            }
            Effect::FixedPrice { amount } => {
                let price = amount.checked_mul(run.units).map_or(run.left, Money::minor);
                (run.left - price.min(run.left)).max(0)
            }
            Effect::FixedLine { amount } => {
                offer::fixed_line(*amount, run, self.goods[run.line].quantity)?
            }
            // Whatever else is on single units gives them for nothing.
            _ => run.left,
        })
    }

    fn bundle_parts(
        &self,
        price: Money,
        set: u32,
        bundles: u32,
        runs: &[usize],
        parts: &mut Vec<Part>,
    ) -> Result<(), MoneyError> {
        if runs.is_empty() {
            return Ok(());
        }
        let base = self.cost(runs)?;
        let whole = base.checked_sub(price.checked_mul(bundles)?)?;
        let origin = DiscountOrigin::Bundle { price, bundles, set, base, whole };
        self.split(whole, runs, origin, parts)
    }

    /// Applies a rate to what some runs cost together, rounded once.
    fn rated(&self, rate: Rate, runs: &[usize]) -> Result<(Rate, Money, Money), MoneyError> {
        let base = self.cost(runs)?;
        let whole = base.at_rate(rate, self.rounding)?.checked_min(base)?;
        Ok((rate, base, whole))
    }

    fn cost(&self, runs: &[usize]) -> Result<Money, MoneyError> {
        let left = runs.iter().map(|run| self.money(self.runs[*run].left));
        Money::checked_sum(left, self.currency)
    }

    /// Splits one amount over runs by what they cost.
    fn split(
        &self,
        whole: Money,
        runs: &[usize],
        origin: DiscountOrigin,
        parts: &mut Vec<Part>,
    ) -> Result<(), MoneyError> {
        let origin = Arc::new(origin);
        if let [run] = runs {
            parts.push(Part { place: *run, amount: whole.minor(), origin });
        } else if whole.is_positive() {
            let weights: Vec<u64> =
                runs.iter().map(|run| self.runs[*run].left.unsigned_abs()).collect();
            for (run, amount) in runs.iter().zip(whole.split(&weights)?) {
                let (place, amount, origin) = (*run, amount.minor(), Arc::clone(&origin));
                parts.push(Part { place, amount, origin });
            }
        }
        Ok(())
    }

    /// Takes parts off their runs, and empties the list: at most as much as the candidate may still give.
    fn take_parts(
        &mut self,
        candidate: usize,
        grant: &Grant<'_>,
        parts: &mut Vec<Part>,
    ) -> Result<(), MoneyError> {
        self.cap(candidate, parts)?;
        if parts.iter().all(|part| part.amount == 0) {
            parts.clear();
            return Ok(());
        }
        let mut teller = Teller { grant, last: None };
        for Part { place: run, amount, origin } in parts.drain(..) {
            // A part of a split that came to nothing is kept: without what it cost the split could not be told.
            if self.runs[run].left == 0 {
                continue;
            }
            let Run { line, first, units, left } = self.runs[run];
            let span = Some(UnitSpan { first, units, cost: self.money(left) });
            self.runs[run].left -= amount;
            self.give(candidate, Some(line), amount, teller.told(origin), span);
        }
        Ok(())
    }

    /// Lowers parts to what a candidate may still give, split by what they would get.
    fn cap(&mut self, candidate: usize, parts: &mut [Part]) -> Result<(), MoneyError> {
        let Some(left) = self.amount_left[candidate] else { return Ok(()) };
        let amounts = parts.iter().map(|part| self.money(part.amount));
        let sum = Money::checked_sum(amounts, self.currency)?;
        if sum.minor() > left {
            let limit = self.money(left);
            let weights: Vec<u64> = parts.iter().map(|part| part.amount.unsigned_abs()).collect();
            for (part, amount) in parts.iter_mut().zip(limit.split(&weights)?) {
                let uncapped = self.money(part.amount);
                let gave = Arc::clone(&part.origin);
                part.origin = DiscountOrigin::Capped { limit, sum, uncapped, gave }.into();
                part.amount = amount.minor();
            }
        }
        self.amount_left[candidate] = Some(left - sum.minor().min(left));
        Ok(())
    }

    fn give(
        &mut self,
        candidate: usize,
        line: Option<usize>,
        amount: i64,
        origin: Arc<DiscountOrigin>,
        span: Option<UnitSpan>,
    ) {
        if let Some(line) = line {
            self.remaining[line] -= amount;
        }
        let (place, amount) = (self.candidates[candidate].place, self.money(amount));
        self.given.push(Given { place, line, amount, origin, span });
    }

    /// Gives the order the best discounts on the order of one lane: of those that share a line, the largest.
    pub(super) fn order(&mut self, lane: Lane) -> Result<(), MoneyError> {
        let mut offers = Vec::new();
        for (index, grant) in
            self.entrants(lane, |effect| matches!(effect, Effect::FixedOrder { .. }))
        {
            let Effect::FixedOrder { amount } = grant.effect else { continue };
            let lines = &self.candidates[index].lines;
            let left = lines.lines().map(|line| self.money(self.remaining[line]));
            let most = self.amount_left[index].unwrap_or(i64::MAX);
            let whole = amount.checked_min(Money::checked_sum(left, self.currency)?)?;
            let whole = whole.minor().min(most);
            if whole > 0 {
                self.offered[index] = true;
                offers.push((whole, index, grant, amount));
            }
        }
        // A stable sort: equal ones stay in the order of their candidates.
        offers.sort_by_key(|(whole, ..)| std::cmp::Reverse(*whole));
        let mut taken = LineSet::none(self.goods.len());
        for (_, index, grant, amount) in offers {
            let lines = &self.candidates[index].lines;
            if !lines.meets(&taken) {
                taken.add(lines);
                self.take_order(index, grant, amount)?;
            }
        }
        Ok(())
    }

    fn take_order(
        &mut self,
        index: usize,
        grant: &Grant<'_>,
        amount: Money,
    ) -> Result<(), MoneyError> {
        let mut lines: Vec<usize> = self.candidates[index].lines.lines().collect();
        lines.retain(|line| self.remaining[*line] > 0);
        let weights: Vec<u64> =
            lines.iter().map(|line| self.remaining[*line].unsigned_abs()).collect();
        let left = lines.iter().map(|line| self.money(self.remaining[*line]));
        let whole = amount.checked_min(Money::checked_sum(left, self.currency)?)?;
        let origin = Arc::new(DiscountOrigin::FixedOrder { amount, whole });
        let part = |(line, part): (&usize, Money)| Part {
            place: *line,
            amount: part.minor(),
            origin: Arc::clone(&origin),
        };
        let mut parts: Vec<Part> = lines.iter().zip(whole.split(&weights)?).map(part).collect();
        self.cap(index, &mut parts)?;
        let mut teller = Teller { grant, last: None };
        for Part { place, amount, origin } in parts {
            self.give(index, Some(place), amount, teller.told(origin), None);
        }
        Ok(())
    }

    /// Finds the delivery rate for what the goods cost now, and takes off what promotions give, lane after lane.
    pub(super) fn delivery(
        &mut self,
        shipping: Shipping<'_>,
    ) -> Result<Result<DeliveryCharge, DeliveryRefusal>, MoneyError> {
        let left = self.remaining.iter().map(|left| self.money(*left));
        let goods_total = Money::checked_sum(left, self.currency)?;
        let parcel = Parcel { destination: shipping.destination, goods_total, sent: shipping.sent };
        let charge = shipping.method.charge(&parcel);
        if let Ok(DeliveryCharge { rate, .. }) = charge {
            let mut left = rate;
            for lane in Lane::ALL {
                left = self.off_delivery(lane, left)?;
            }
        }
        Ok(charge)
    }

    /// Takes the best discount of one lane off the delivery; returns what is left.
    fn off_delivery(&mut self, lane: Lane, left: Money) -> Result<Money, MoneyError> {
        let mut best: Option<(Money, usize, Arc<DiscountOrigin>)> = None;
        for (index, grant) in self.entrants(lane, |effect| effect.is_on_delivery()) {
            let (off, origin) = match grant.effect {
                Effect::DeliveryPercent { rate } => {
                    let off = left.at_rate(rate, self.rounding)?.checked_min(left)?;
                    (off, DiscountOrigin::DeliveryPercent { rate, base: left })
                }
                Effect::DeliveryFixed { amount } => {
                    (amount.checked_min(left)?, DiscountOrigin::DeliveryFixed { amount })
                }
                _ => (left, DiscountOrigin::FreeDelivery),
            };
            let (off, origin) = match self.amount_left[index].map(|minor| self.money(minor)) {
                Some(limit) if limit.minor() < off.minor() => {
                    let gave = Arc::new(origin);
                    let capped = DiscountOrigin::Capped { limit, sum: off, uncapped: off, gave };
                    (limit, capped)
                }
                _ => (off, origin),
            };
            if off.is_positive() {
                self.offered[index] = true;
                if best.as_ref().is_none_or(|(most, ..)| most.minor() < off.minor()) {
                    best = Some((off, index, grant.told(origin.into())));
                }
            }
        }
        let Some((off, index, origin)) = best else { return Ok(left) };
        if let Some(left) = &mut self.amount_left[index] {
            *left -= off.minor();
        }
        self.give(index, None, off.minor(), origin, None);
        left.checked_sub(off)
    }
}

/// Says how an effect that needs no rounding comes about. Whatever is none of the others is a gift.
fn alone_origin(effect: &Effect<'_>) -> DiscountOrigin {
    match *effect {
        Effect::FixedUnit { amount } => DiscountOrigin::FixedUnit { amount },
        Effect::FixedPrice { amount } => DiscountOrigin::FixedPrice { amount },
        Effect::FixedLine { amount } => DiscountOrigin::FixedLine { amount },
        Effect::CheapestFree { of } => DiscountOrigin::CheapestFree { of },
        // A gift is no effect on units of the cart, and neither are the others that are left.
        _ => DiscountOrigin::Gift,
    }
}
