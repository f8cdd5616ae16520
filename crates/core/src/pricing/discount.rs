//! Which promotions apply to a cart, and what each takes off which line.
//!
//! Every promotion is judged by itself first: does it apply at all? Those that do take turns: discounts on lines in
//! their lanes, then discounts on the order in their lanes, then discounts on the delivery. In one lane a line takes
//! the best discount on lines (of two percentages that round alike, the higher), and the order takes the best discount on the order; a line discount and an order
//! discount combine. Exclusive promotions are tried alone, and the buyer gets whatever is the least to pay.
//!
//! Invariants
//! * The order of the promotions given never changes anything: they are sorted by priority and id before anything
//!   else, and only a strictly better one replaces another.
//! * No line and no delivery goes below zero.
//!
//! Deliberately absent: mixing several discounts of one lane on different units of a line.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::delivery::{DeliveryCharge, DeliveryMethod, DeliveryRefusal, Parcel};
use super::promotion::{Benefit, Condition, Lane, Promotion, PromotionRefusal};
use super::{CouponCode, Destination, PricingError, PricingFacts, QuoteRequest, VariantFacts};
use crate::id::PromotionId;
use crate::money::{Money, MoneyError, Rate, Rounding};
use crate::time::Timestamp;

/// How the amount of a [`Discount`] came about.
///
/// Where a discount was formed over several lines, `whole` is what all of them got together; this line's amount is
/// its part of the split.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscountOrigin {
    /// A percentage.
    Percent {
        /// The rate.
        rate: Rate,
        /// What it was taken of: all lines that got it, before it.
        base: Money,
        /// The rate applied to the base, rounded once.
        whole: Money,
    },
    /// An amount for each unit.
    FixedUnit {
        /// For one unit.
        amount: Money,
    },
    /// An amount for the line.
    FixedLine {
        /// For the line.
        amount: Money,
    },
    /// An amount for the order.
    FixedOrder {
        /// What the promotion gives.
        amount: Money,
        /// What was taken off all its lines together: less than `amount` when they cost less.
        whole: Money,
    },
    /// The whole delivery rate.
    FreeDelivery,
}

/// An amount taken off one line or one delivery by a promotion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discount {
    /// Which promotion.
    pub promotion: PromotionId,
    /// Its name.
    pub name: String,
    /// How much was taken off; above zero.
    pub amount: Money,
    /// How it came about.
    pub origin: DiscountOrigin,
}

/// A line as far as discounts depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goods<'a> {
    /// What is bought.
    pub(super) facts: &'a VariantFacts,
    /// How many units.
    pub(super) quantity: u32,
    /// Unit price times quantity.
    pub(super) subtotal: Money,
}

/// The delivery that was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipping<'a> {
    /// The method.
    pub(super) method: &'a DeliveryMethod,
    /// Where it goes.
    pub(super) destination: &'a Destination,
}

/// A promotion that applies by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    /// The promotion.
    pub(super) promotion: &'a Promotion,
    /// The entered code that unlocked it.
    pub(super) coupon: Option<&'a CouponCode>,
}

/// Every promotion with the verdict on it, in the order of priority and id.
pub(super) type Verdicts<'a> = Vec<(&'a Promotion, Result<Candidate<'a>, PromotionRefusal>)>;

/// What one combination of promotions leads to.
#[derive(Clone, Debug)]
pub(super) struct Outcome<'a> {
    /// What is left to pay for each line.
    pub(super) remaining: Vec<Money>,
    /// Every discount with the line it is for, in the order in which they were taken.
    pub(super) given: Vec<Given<'a>>,
    /// The delivery rate before its discount, or why there is none; `None` when none was chosen.
    pub(super) delivery: Option<Result<DeliveryCharge, DeliveryRefusal>>,
    /// Promotions that had something to give, taken or not.
    offered: Vec<PromotionId>,
    /// Whether an exclusive promotion stands alone here.
    alone: bool,
}

/// One discount that was taken.
#[derive(Clone, Debug)]
pub(super) struct Given<'a> {
    /// By which promotion.
    pub(super) candidate: Candidate<'a>,
    /// Off which line; `None`: off the delivery.
    pub(super) line: Option<usize>,
    /// How much.
    pub(super) amount: Money,
    /// How it came about.
    pub(super) origin: DiscountOrigin,
}

impl Given<'_> {
    /// Returns it as a quote keeps it.
    pub(super) fn to_discount(&self) -> Discount {
        let Promotion { id, name, .. } = self.candidate.promotion;
        Discount {
            promotion: *id,
            name: name.clone(),
            amount: self.amount,
            origin: self.origin.clone(),
        }
    }
}

/// Judges every promotion by itself.
pub(super) fn judge<'a>(
    request: &'a QuoteRequest,
    facts: &'a PricingFacts,
    goods: &[Goods<'_>],
    subtotal: Money,
    now: Timestamp,
) -> Verdicts<'a> {
    let mut promotions: Vec<&Promotion> = facts.promotions.iter().collect();
    promotions.sort_unstable_by_key(|promotion| (Reverse(promotion.priority), promotion.id));
    promotions
        .into_iter()
        .map(|p| (p, judge_one(p, request, facts, goods, subtotal, now)))
        .collect()
}

fn judge_one<'a>(
    promotion: &'a Promotion,
    request: &'a QuoteRequest,
    facts: &PricingFacts,
    goods: &[Goods<'_>],
    subtotal: Money,
    now: Timestamp,
) -> Result<Candidate<'a>, PromotionRefusal> {
    if !promotion.active {
        return Err(PromotionRefusal::Inactive);
    }
    if let Some(from) = promotion.window.from.filter(|from| now < *from) {
        return Err(PromotionRefusal::NotYet { from });
    }
    if let Some(until) = promotion.window.until.filter(|until| *until <= now) {
        return Err(PromotionRefusal::Over { until });
    }
    if let Some(amount) = promotion.benefit.amount().filter(|a| a.currency() != subtotal.currency())
    {
        return Err(PromotionRefusal::OtherCurrency { currency: amount.currency() });
    }
    let mut coupon = None;
    for condition in &promotion.conditions {
        match condition {
            Condition::Coupon { codes } => {
                let entered = request.coupons.iter().find(|entered| codes.contains(entered));
                coupon = coupon.or(Some(entered.ok_or(PromotionRefusal::CouponMissing)?));
            }
            _ => require(condition, promotion, request, facts, goods, subtotal)?,
        }
    }
    let on_goods = !matches!(promotion.benefit, Benefit::FreeDelivery);
    if on_goods && !goods.iter().any(|line| promotion.is_for(line.facts)) {
        return Err(PromotionRefusal::NoMatchingLine);
    }
    let (total, by_customer) = facts.uses(promotion.id);
    if let Some(limit) = promotion.usage_limit.filter(|limit| total >= u64::from(*limit)) {
        return Err(PromotionRefusal::UsedUp { limit });
    }
    let limit_per_customer = promotion.usage_limit_per_customer;
    if let Some(limit) = limit_per_customer.filter(|limit| by_customer >= u64::from(*limit)) {
        return Err(PromotionRefusal::UsedUpByCustomer { limit });
    }
    Ok(Candidate { promotion, coupon })
}

/// Refuses when a condition that needs no coupon does not hold.
fn require(
    condition: &Condition,
    promotion: &Promotion,
    request: &QuoteRequest,
    facts: &PricingFacts,
    goods: &[Goods<'_>],
    subtotal: Money,
) -> Result<(), PromotionRefusal> {
    let matching = || goods.iter().filter(|line| promotion.is_for(line.facts));
    match condition {
        Condition::Coupon { .. } => Ok(()),
        Condition::MinSubtotal { amount } if amount.currency() != subtotal.currency() => {
            Err(PromotionRefusal::OtherCurrency { currency: amount.currency() })
        }
        Condition::MinSubtotal { amount } if amount.minor() > subtotal.minor() => {
            Err(PromotionRefusal::SubtotalTooSmall { needed: *amount, subtotal })
        }
        Condition::MinSubtotal { .. } => Ok(()),
        Condition::MinQuantity { quantity: needed } => {
            let quantity: u64 = matching().map(|line| u64::from(line.quantity)).sum();
            let short = PromotionRefusal::QuantityTooSmall { needed: *needed, quantity };
            if quantity < u64::from(*needed) { Err(short) } else { Ok(()) }
        }
        Condition::Channel { channels } if channels.contains(&facts.channel.id) => Ok(()),
        Condition::Channel { .. } => Err(PromotionRefusal::OtherChannel),
        Condition::CustomerGroup { groups } => {
            let group = request.customer_group.as_ref();
            if group.is_some_and(|group| groups.contains(group)) {
                Ok(())
            } else {
                Err(PromotionRefusal::OtherCustomerGroup)
            }
        }
        // For free delivery, too, there must be one line that it is for.
        Condition::Category { .. } | Condition::Product { .. } => {
            matching().next().map(|_| ()).ok_or(PromotionRefusal::NoMatchingLine)
        }
    }
}

/// Finds the combination of promotions that leaves the least to pay.
pub(super) fn best<'a>(
    verdicts: &Verdicts<'a>,
    goods: &[Goods<'_>],
    shipping: Option<Shipping<'_>>,
    subtotal: Money,
    rounding: Rounding,
) -> Result<Outcome<'a>, PricingError> {
    let applicable = || verdicts.iter().filter_map(|(_, verdict)| verdict.as_ref().ok().copied());
    let together: Vec<Candidate<'a>> = applicable().filter(|c| !c.promotion.exclusive).collect();
    let mut best = evaluate(&together, goods, shipping, subtotal, rounding)?;
    for exclusive in applicable().filter(|candidate| candidate.promotion.exclusive) {
        let mut alone = evaluate(&[exclusive], goods, shipping, subtotal, rounding)?;
        alone.alone = true;
        let offered = std::mem::take(&mut alone.offered);
        if alone.to_pay()? < best.to_pay()? {
            std::mem::swap(&mut alone, &mut best);
        }
        best.offered.extend(offered);
    }
    Ok(best)
}

impl Outcome<'_> {
    /// Returns what goods and delivery cost; an impossible delivery is worse than any price.
    fn to_pay(&self) -> Result<(bool, i64), PricingError> {
        let mut sum: i128 = self.remaining.iter().map(|amount| i128::from(amount.minor())).sum();
        let mut impossible = false;
        match &self.delivery {
            Some(Ok(charge)) => sum += i128::from(charge.rate.minor()),
            Some(Err(_)) => impossible = true,
            None => {}
        }
        let off = self.given.iter().filter(|given| given.line.is_none());
        sum -= off.map(|given| i128::from(given.amount.minor())).sum::<i128>();
        Ok((impossible, i64::try_from(sum).map_err(|_| MoneyError::Overflow)?))
    }

    /// Says why a promotion that applies by itself gave nothing; `None` when it gave something.
    pub(super) fn refusal(&self, candidate: Candidate<'_>) -> Option<PromotionRefusal> {
        let promotion = candidate.promotion;
        if self.given.iter().any(|given| given.candidate.promotion.id == promotion.id) {
            return None;
        }
        let offered = self.offered.contains(&promotion.id);
        Some(match &promotion.benefit {
            _ if self.alone => PromotionRefusal::NotCombinable,
            _ if offered && promotion.exclusive => PromotionRefusal::NotCombinable,
            _ if offered => PromotionRefusal::Outdone,
            Benefit::FreeDelivery => PromotionRefusal::NoDelivery,
            _ => PromotionRefusal::NothingToDiscount,
        })
    }
}

/// Lets a combination of promotions take their turns.
fn evaluate<'a>(
    candidates: &[Candidate<'a>],
    goods: &[Goods<'_>],
    shipping: Option<Shipping<'_>>,
    subtotal: Money,
    rounding: Rounding,
) -> Result<Outcome<'a>, PricingError> {
    let mut turn = Turn {
        goods,
        rounding,
        remaining: goods.iter().map(|line| line.subtotal).collect(),
        given: Vec::new(),
        offered: Vec::new(),
    };
    if !candidates.is_empty() {
        for lane in Lane::ALL {
            turn.lines(candidates, lane)?;
        }
        for lane in Lane::ALL {
            turn.order(candidates, lane)?;
        }
    }
    let delivery =
        shipping.map(|shipping| turn.delivery(candidates, shipping, subtotal)).transpose()?;
    let Turn { remaining, given, offered, .. } = turn;
    Ok(Outcome { remaining, given, delivery, offered, alone: false })
}

/// What changes while promotions take their turns.
struct Turn<'g, 'a> {
    goods: &'g [Goods<'g>],
    rounding: Rounding,
    remaining: Vec<Money>,
    given: Vec<Given<'a>>,
    offered: Vec<PromotionId>,
}

impl<'a> Turn<'_, 'a> {
    /// Gives every line the best discount on lines of one lane.
    fn lines(&mut self, candidates: &[Candidate<'a>], lane: Lane) -> Result<(), PricingError> {
        let in_lane =
            |c: &&Candidate<'a>| c.promotion.lane == lane && c.promotion.benefit.is_for_lines();
        if !candidates.iter().any(|candidate| in_lane(&candidate)) {
            return Ok(());
        }
        let mut winners: Vec<Option<(usize, Money)>> = vec![None; self.goods.len()];
        for (index, candidate) in
            candidates.iter().enumerate().filter(|(_, candidate)| in_lane(candidate))
        {
            for (line, winner) in winners.iter_mut().enumerate() {
                if !candidate.promotion.is_for(self.goods[line].facts)
                    || self.remaining[line].is_zero()
                {
                    continue;
                }
                let amount = self.line_discount(&candidate.promotion.benefit, line)?;
                let rate = candidate.promotion.benefit.rate();
                if amount.is_positive() {
                    self.offer(candidate);
                } else if rate.is_none() {
                    // Of a percentage, lines together may make a minor unit where one alone does not.
                    continue;
                }
                let better = |(rival, best): (usize, Money)| {
                    let rival = candidates[rival].promotion.benefit.rate();
                    (best.minor(), rival.map(Rate::to_decimal))
                        < (amount.minor(), rate.map(Rate::to_decimal))
                };
                if winner.is_none_or(better) {
                    *winner = Some((index, amount));
                }
            }
        }
        for (index, candidate) in
            candidates.iter().enumerate().filter(|(_, candidate)| in_lane(candidate))
        {
            let won: Vec<usize> = (0..winners.len())
                .filter(|line| winners[*line].is_some_and(|(winner, _)| winner == index))
                .collect();
            match &candidate.promotion.benefit {
                Benefit::Percent { rate } if !won.is_empty() => {
                    self.percent(*candidate, *rate, &won)?
                }
                benefit => {
                    let origin = match benefit {
                        Benefit::FixedUnit { amount } => {
                            DiscountOrigin::FixedUnit { amount: *amount }
                        }
                        Benefit::FixedLine { amount } => {
                            DiscountOrigin::FixedLine { amount: *amount }
                        }
                        _ => continue,
                    };
                    for line in won {
                        let amount = self.line_discount(benefit, line)?;
                        self.take(*candidate, line, amount, origin.clone())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns what a benefit would take off one line alone.
    fn line_discount(&self, benefit: &Benefit, line: usize) -> Result<Money, MoneyError> {
        let left = self.remaining[line];
        match benefit {
            Benefit::Percent { rate } => left.at_rate(*rate, self.rounding)?.checked_min(left),
            // More than fits is more than the line costs.
            Benefit::FixedUnit { amount } => match amount.checked_mul(self.goods[line].quantity) {
                Ok(amount) => amount.checked_min(left),
                Err(_) => Ok(left),
            },
            Benefit::FixedLine { amount } => amount.checked_min(left),
            Benefit::FixedOrder { .. } | Benefit::FreeDelivery => Ok(Money::zero(left.currency())),
        }
    }

    /// Takes a percentage off several lines, rounded once and split.
    fn percent(
        &mut self,
        candidate: Candidate<'a>,
        rate: Rate,
        lines: &[usize],
    ) -> Result<(), PricingError> {
        let base = self.sum(lines)?;
        let whole = base.at_rate(rate, self.rounding)?.checked_min(base)?;
        if whole.is_positive() {
            self.offer(&candidate);
        }
        self.take_split(candidate, lines, whole, &DiscountOrigin::Percent { rate, base, whole })
    }

    /// Gives the order the best discount on the order of one lane.
    fn order(&mut self, candidates: &[Candidate<'a>], lane: Lane) -> Result<(), PricingError> {
        let mut best: Option<(Candidate<'a>, Vec<usize>, Money)> = None;
        for candidate in candidates.iter().filter(|candidate| candidate.promotion.lane == lane) {
            let Benefit::FixedOrder { amount } = candidate.promotion.benefit else {
                continue;
            };
            let lines: Vec<usize> = (0..self.goods.len())
                .filter(|line| candidate.promotion.is_for(self.goods[*line].facts))
                .collect();
            let whole = amount.checked_min(self.sum(&lines)?)?;
            if whole.is_zero() {
                continue;
            }
            self.offer(candidate);
            if best.as_ref().is_none_or(|(_, _, most)| most.minor() < whole.minor()) {
                best = Some((*candidate, lines, whole));
            }
        }
        if let Some((candidate, lines, whole)) = best
            && let Some(amount) = candidate.promotion.benefit.amount()
        {
            self.take_split(
                candidate,
                &lines,
                whole,
                &DiscountOrigin::FixedOrder { amount, whole },
            )?;
        }
        Ok(())
    }

    /// Finds the delivery rate for what the goods cost now, and takes off what a promotion gives.
    fn delivery(
        &mut self,
        candidates: &[Candidate<'a>],
        shipping: Shipping<'_>,
        subtotal: Money,
    ) -> Result<Result<DeliveryCharge, DeliveryRefusal>, PricingError> {
        let goods_total = Money::checked_sum(self.remaining.iter().copied(), subtotal.currency())?;
        let sent = self.goods.iter().filter(|line| line.facts.requires_shipping);
        let parcel = Parcel {
            destination: shipping.destination,
            goods_total,
            weight_grams: weight_grams(sent.clone()),
            requires_shipping: sent.clone().next().is_some(),
        };
        let charge = shipping.method.charge(&parcel);
        if let Ok(DeliveryCharge { rate, .. }) = charge
            && rate.is_positive()
        {
            let free = |c: &&Candidate<'a>| matches!(c.promotion.benefit, Benefit::FreeDelivery);
            for candidate in candidates.iter().filter(free) {
                self.offer(candidate);
            }
            // All give the same, so the lanes make no difference and the first by priority is taken.
            if let Some(candidate) = candidates.iter().find(free) {
                let origin = DiscountOrigin::FreeDelivery;
                self.given.push(Given { candidate: *candidate, line: None, amount: rate, origin });
            }
        }
        Ok(charge)
    }

    /// Takes one amount off several lines, split by what they cost.
    fn take_split(
        &mut self,
        candidate: Candidate<'a>,
        lines: &[usize],
        whole: Money,
        origin: &DiscountOrigin,
    ) -> Result<(), PricingError> {
        if whole.is_zero() {
            return Ok(());
        }
        if let [line] = lines {
            return self.take(candidate, *line, whole, origin.clone());
        }
        let weights: Vec<u64> =
            lines.iter().map(|line| self.remaining[*line].minor().unsigned_abs()).collect();
        for (line, part) in lines.iter().zip(whole.split(&weights)?) {
            if !part.is_zero() {
                self.take(candidate, *line, part, origin.clone())?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        candidate: Candidate<'a>,
        line: usize,
        amount: Money,
        origin: DiscountOrigin,
    ) -> Result<(), PricingError> {
        self.remaining[line] = self.remaining[line].checked_sub(amount)?;
        self.given.push(Given { candidate, line: Some(line), amount, origin });
        Ok(())
    }

    fn offer(&mut self, candidate: &Candidate<'a>) {
        if !self.offered.contains(&candidate.promotion.id) {
            self.offered.push(candidate.promotion.id);
        }
    }

    fn sum(&self, lines: &[usize]) -> Result<Money, MoneyError> {
        let mut sum = 0_i64;
        let mut currency = None;
        for line in lines {
            let left = self.remaining[*line];
            sum = sum.checked_add(left.minor()).ok_or(MoneyError::Overflow)?;
            currency = Some(left.currency());
        }
        // A discount is never formed over no lines; the callers leave such promotions out.
        currency.map(|currency| Money::from_minor(sum, currency)).ok_or(MoneyError::NoWeights)
    }
}

/// Returns the weight of lines that are sent; `None` when one is unknown.
pub(super) fn weight_grams<'g>(mut sent: impl Iterator<Item = &'g Goods<'g>>) -> Option<u64> {
    sent.try_fold(0_u64, |sum, line| {
        let unit = u64::from(line.facts.weight_grams?);
        sum.checked_add(unit * u64::from(line.quantity))
    })
}
