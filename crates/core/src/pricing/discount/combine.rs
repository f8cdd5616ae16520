//! [`best`]: which promotions take part, so that the most is taken off.
//!
//! What is compared is what is left to pay for goods and delivery by the prices of the channel: without taxes that are added
//! to them, and without fees. Taxes hang on what is left of each line, and an outside engine may set them, so they cannot be
//! asked for each of thousands of combinations.

use std::cmp::Reverse;

use super::judge::{Candidate, Verdict};
use super::turn::Turn;
use super::{Effect, Given, GivenGift, Goods, Shipping};
use crate::money::{Money, MoneyError, Rounding};
use crate::pricing::PricingError;
use crate::pricing::delivery::{DeliveryCharge, DeliveryRefusal};
use crate::pricing::promotion::{Benefit, CombinationSearch, Lane, LaneMode, PromotionRefusal};

/// What one combination of promotions leads to.
#[derive(Clone, Debug)]
pub(in crate::pricing) struct Outcome {
    /// What is left to pay for each line.
    pub(in crate::pricing) remaining: Vec<Money>,
    /// Every discount with the line it is for, in the order in which they were taken.
    pub(in crate::pricing) given: Vec<Given>,
    /// The gifts, each with its discount in `given`.
    pub(in crate::pricing) gifts: Vec<GivenGift>,
    /// The delivery rate before its discount, or why there is none; `None` when none was chosen.
    pub(in crate::pricing) delivery: Option<Result<DeliveryCharge, DeliveryRefusal>>,
    /// How the combination was found, where one was looked for.
    pub(in crate::pricing) search: Option<CombinationSearch>,
    /// Places of promotions that had something to give, taken or not.
    offered: Vec<usize>,
    /// Places of promotions that were left out because the buyer pays less without them.
    left_out: Vec<usize>,
    /// Whether an exclusive promotion stands alone here.
    alone: bool,
}

/// The cart that combinations are tried on.
#[derive(Clone, Copy)]
pub(in crate::pricing) struct Trial<'g> {
    /// The lines with their prices.
    pub(in crate::pricing) goods: &'g [Goods<'g>],
    /// The delivery, when one is chosen.
    pub(in crate::pricing) shipping: Option<Shipping<'g>>,
    /// What the goods cost together.
    pub(in crate::pricing) subtotal: Money,
    /// How fractions are rounded.
    pub(in crate::pricing) rounding: Rounding,
    /// How promotions are combined.
    pub(in crate::pricing) mode: LaneMode,
}

/// Finds the combination of promotions that leaves the least to pay for goods and delivery.
pub(in crate::pricing) fn best(
    verdicts: &[Verdict<'_>],
    trial: Trial<'_>,
) -> Result<Outcome, PricingError> {
    let applicable = || verdicts.iter().filter_map(|verdict| verdict.outcome.as_ref().ok());
    let together: Vec<&Candidate<'_>> = applicable().filter(|c| !c.promotion.exclusive).collect();
    let mut best = match trial.mode {
        LaneMode::EachUnit => trial.evaluate(&together)?,
        LaneMode::BestOf => trial.search(&together)?,
    };
    for exclusive in applicable().filter(|candidate| candidate.promotion.exclusive) {
        let mut alone = trial.evaluate(&[exclusive])?;
        (alone.alone, alone.search) = (true, best.search);
        let offered = std::mem::take(&mut alone.offered);
        if alone.rank()? < best.rank()? {
            std::mem::swap(&mut alone, &mut best);
        }
        best.offered.extend(offered);
    }
    Ok(best)
}

impl Trial<'_> {
    /// Lets a combination of promotions take their turns.
    fn evaluate(&self, candidates: &[&Candidate<'_>]) -> Result<Outcome, PricingError> {
        let currency = self.subtotal.currency();
        let mut turn = Turn::new(self.goods, candidates, self.rounding, currency);
        if !candidates.is_empty() {
            for lane in Lane::ALL {
                turn.units(lane)?;
            }
            for lane in Lane::ALL {
                turn.order(lane)?;
            }
        }
        let delivery = self.shipping.map(|shipping| turn.delivery(shipping)).transpose()?;
        let gifts = turn.gifts()?;
        let offered = candidates.iter().zip(&turn.offered).filter(|(_, offered)| **offered);
        let money = |minor: &i64| Money::from_minor(*minor, currency);
        Ok(Outcome {
            remaining: turn.remaining.iter().map(money).collect(),
            offered: offered.map(|(candidate, _)| candidate.place).collect(),
            given: turn.given,
            gifts,
            delivery,
            search: None,
            left_out: Vec::new(),
            alone: false,
        })
    }

    /// Finds the best combination: of all there are, or, of too many, by leaving out one at a time.
    fn search(&self, candidates: &[&Candidate<'_>]) -> Result<Outcome, PricingError> {
        let exhaustive = candidates.len() <= LaneMode::EXHAUSTIVE_MAX;
        let mut best = match exhaustive {
            true => self.search_all(candidates)?,
            false => self.search_greedily(candidates)?,
        };
        let promotions = u32::try_from(candidates.len()).map_err(|_| MoneyError::Overflow)?;
        best.search = Some(CombinationSearch { promotions, exhaustive });
        Ok(best)
    }

    /// Tries every combination. Of two that are as good, the one that leaves out fewer is taken.
    fn search_all(&self, candidates: &[&Candidate<'_>]) -> Result<Outcome, PricingError> {
        let mut best = self.evaluate(candidates)?;
        let mut masks: Vec<u32> = (1..1_u32 << candidates.len()).collect();
        masks.sort_by_key(|mask| (mask.count_ones(), *mask));
        for left_out in masks {
            let leave = |index: usize| left_out >> index & 1 == 1;
            best = self.without(candidates, leave, best)?;
        }
        Ok(best)
    }

    /// Leaves out the promotion that helps most, as long as one helps.
    fn search_greedily(&self, candidates: &[&Candidate<'_>]) -> Result<Outcome, PricingError> {
        let mut best = self.evaluate(candidates)?;
        loop {
            let (before, gone) = (best.rank()?, best.left_out.clone());
            for more in 0..candidates.len() {
                let leave = |index: usize| index == more || gone.contains(&candidates[index].place);
                best = self.without(candidates, leave, best)?;
            }
            if best.rank()? == before {
                return Ok(best);
            }
        }
    }

    /// Returns the better of `best` and what is left without some candidates.
    fn without(
        &self,
        candidates: &[&Candidate<'_>],
        leave: impl Fn(usize) -> bool,
        best: Outcome,
    ) -> Result<Outcome, PricingError> {
        let kept = candidates.iter().enumerate().filter(|(index, _)| !leave(*index));
        let kept: Vec<&Candidate<'_>> = kept.map(|(_, candidate)| *candidate).collect();
        let mut other = self.evaluate(&kept)?;
        if other.rank()? >= best.rank()? {
            return Ok(best);
        }
        let gone = candidates.iter().enumerate().filter(|(index, _)| leave(*index));
        other.left_out = gone.map(|(_, candidate)| candidate.place).collect();
        Ok(other)
    }
}

impl Outcome {
    /// Returns what goods and delivery cost; an impossible delivery is worse than any price. Of two that cost the same, the one
    /// with more gifts is better.
    fn rank(&self) -> Result<(bool, i64, Reverse<u64>), PricingError> {
        let mut sum: i128 = self.remaining.iter().map(|amount| i128::from(amount.minor())).sum();
        let mut impossible = false;
        match &self.delivery {
            Some(Ok(charge)) => sum += i128::from(charge.rate.minor()),
            Some(Err(_)) => impossible = true,
            None => {}
        }
        let off = self.given.iter().filter(|given| given.line.is_none());
        sum -= off.map(|given| i128::from(given.amount.minor())).sum::<i128>();
        let to_pay = i64::try_from(sum).map_err(|_| MoneyError::Overflow)?;
        let gifts = self.gifts.iter().map(|gift| u64::from(gift.units)).sum();
        Ok((impossible, to_pay, Reverse(gifts)))
    }

    /// Says why a promotion that applies by itself gave nothing.
    pub(in crate::pricing) fn refusal(&self, candidate: &Candidate<'_>) -> PromotionRefusal {
        let promotion = candidate.promotion;
        let offered = self.offered.contains(&candidate.place);
        let first = promotion.benefits.first();
        if self.alone || offered && promotion.exclusive {
            PromotionRefusal::NotCombinable
        } else if self.left_out.contains(&candidate.place) {
            PromotionRefusal::LeftOut
        } else if offered {
            PromotionRefusal::Outdone
        } else if let Some(Effect::Gift(gift)) = candidate.grants.first().map(|grant| &grant.effect)
        {
            gift.refusal(candidate.amount_max)
        } else if first.is_some_and(Benefit::is_on_delivery) {
            PromotionRefusal::NoDelivery
        } else {
            PromotionRefusal::NothingToDiscount
        }
    }
}
