//! Judging every promotion by itself: does it apply at all, to which lines, and with what?

use std::cmp::Reverse;

use super::goods_index::GoodsIndex;
use super::line_set::LineSet;
use super::{Effect, Goods, Grant, Tier};
use crate::money::{Currency, Money};
use crate::pricing::promotion::{Benefit, Condition, Promotion, PromotionRefusal};
use crate::pricing::{CouponCode, PricingFacts, PromotionUses, QuoteRequest};
use crate::shared::SharedText;
use crate::time::Timestamp;

/// A promotion that applies by itself.
#[derive(Clone, Debug)]
pub(in crate::pricing) struct Candidate<'a> {
    /// The promotion.
    pub(in crate::pricing) promotion: &'a Promotion,
    /// The entered code that unlocked it.
    pub(in crate::pricing) coupon: Option<&'a CouponCode>,
    /// Its place among the verdicts.
    pub(super) place: usize,
    /// The lines it is for.
    pub(super) lines: LineSet,
    /// What it gives.
    pub(super) grants: Vec<Grant<'a>>,
    /// The most it may take off this order, in minor units.
    pub(super) amount_max: Option<i64>,
    /// The most units of this order that may get it.
    pub(super) units_max: Option<u64>,
}

/// A promotion with the verdict on it.
pub(in crate::pricing) struct Verdict<'a> {
    /// The promotion.
    pub(in crate::pricing) promotion: &'a Promotion,
    /// Its name, as the quote tells it many times.
    pub(in crate::pricing) name: SharedText,
    /// Why it does not apply, or what it can do.
    pub(in crate::pricing) outcome: Result<Candidate<'a>, PromotionRefusal>,
}

/// What promotions are judged by.
pub(in crate::pricing) struct Judge<'a, 'g> {
    /// What the buyer wants.
    pub(in crate::pricing) request: &'a QuoteRequest,
    /// What the shop says.
    pub(in crate::pricing) facts: &'a PricingFacts,
    /// The lines with their prices.
    pub(in crate::pricing) goods: &'g [Goods<'g>],
    /// What they cost together.
    pub(in crate::pricing) subtotal: Money,
    /// When.
    pub(in crate::pricing) now: Timestamp,
}

impl<'a> Judge<'a, '_> {
    /// Judges every promotion, in the order of priority, name and id. Names stand before ids, so that the order in
    /// which promotions were created, which ids may follow, changes nothing as long as their names differ.
    pub(in crate::pricing) fn judge(&self) -> Vec<Verdict<'a>> {
        let mut promotions: Vec<&'a Promotion> = self.facts.promotions.iter().collect();
        promotions.sort_unstable_by_key(|p| (Reverse(p.priority), p.name.as_str(), p.id));
        let index = GoodsIndex::new(self.goods);
        let verdict = |(place, promotion): (usize, &'a Promotion)| Verdict {
            promotion,
            name: promotion.name.as_str().into(),
            outcome: self.one(promotion, place, &index),
        };
        promotions.into_iter().enumerate().map(verdict).collect()
    }

    fn one(
        &self,
        promotion: &'a Promotion,
        place: usize,
        index: &GoodsIndex<'_>,
    ) -> Result<Candidate<'a>, PromotionRefusal> {
        if !promotion.active {
            return Err(PromotionRefusal::Inactive);
        }
        if let Some(from) = promotion.window.from.filter(|from| self.now < *from) {
            return Err(PromotionRefusal::NotYet { from });
        }
        if let Some(until) = promotion.window.until.filter(|until| *until <= self.now) {
            return Err(PromotionRefusal::Over { until });
        }
        self.check_currency(promotion)?;
        let none = PromotionUses::none(promotion.id);
        let uses = self.facts.uses(promotion.id).unwrap_or(&none);
        let mut coupon = None;
        for condition in &promotion.conditions {
            coupon = coupon.or(self.coupon(condition, promotion, uses)?);
            self.buyer(condition)?;
        }
        let lines = index.fulfilling(&promotion.conditions);
        for condition in &promotion.conditions {
            self.goods(condition, &lines)?;
        }
        let for_goods = !promotion.benefits.iter().all(Benefit::is_on_delivery)
            || promotion.conditions.iter().any(Condition::is_on_goods);
        if for_goods && lines.is_empty() {
            return Err(PromotionRefusal::NoMatchingLine);
        }
        let grants = self.grants(promotion, &lines, index)?;
        let (amount_max, units_max) = limits(promotion, uses, self.subtotal.currency())?;
        Ok(Candidate { promotion, coupon, place, lines, grants, amount_max, units_max })
    }

    fn check_currency(&self, promotion: &Promotion) -> Result<(), PromotionRefusal> {
        let other = |amount: &Money| amount.currency() != self.subtotal.currency();
        let refuse = |currency: Currency| Err(PromotionRefusal::OtherCurrency { currency });
        let mut of_conditions = promotion.conditions.iter().filter_map(|c| match c {
            Condition::MinSubtotal { amount } | Condition::MinGoods { amount } => Some(*amount),
            _ => None,
        });
        let limits = [promotion.limits.amount_per_order, promotion.limits.budget];
        if let Some(amount) = limits.into_iter().flatten().find(other) {
            return refuse(amount.currency());
        }
        for benefit in &promotion.benefits {
            if let Some(currency) = benefit.other_currency(self.subtotal.currency()) {
                return refuse(currency);
            }
        }
        of_conditions.find(other).map_or(Ok(()), |amount| refuse(amount.currency()))
    }

    /// Returns the entered code that fulfills a condition on coupons; refuses when none does.
    fn coupon(
        &self,
        condition: &Condition,
        promotion: &Promotion,
        uses: &PromotionUses,
    ) -> Result<Option<&'a CouponCode>, PromotionRefusal> {
        let unlocks = |entered: &&CouponCode| match condition {
            Condition::Coupon { codes } => codes.contains(entered),
            Condition::CouponBatch { batch } => {
                self.facts.batch_coupons.iter().any(|c| c.batch == *batch && c.code == **entered)
            }
            _ => false,
        };
        if !matches!(condition, Condition::Coupon { .. } | Condition::CouponBatch { .. }) {
            return Ok(None);
        }
        let mut refusal = PromotionRefusal::CouponMissing;
        for entered in self.request.coupons.iter().filter(unlocks) {
            match uses.room_for_coupon(&promotion.limits, Some(entered)) {
                Ok(()) => return Ok(Some(entered)),
                Err(used_up) => refusal = used_up,
            }
        }
        Err(refusal)
    }

    /// Refuses when a condition on buyer, place or time does not hold.
    fn buyer(&self, condition: &Condition) -> Result<(), PromotionRefusal> {
        let subtotal = self.subtotal;
        let (holds, refusal) = match condition {
            Condition::MinSubtotal { amount } => (
                amount.minor() <= subtotal.minor(),
                PromotionRefusal::SubtotalTooSmall { needed: *amount, subtotal },
            ),
            Condition::Channel { channels } => {
                (channels.contains(&self.facts.channel.id), PromotionRefusal::OtherChannel)
            }
            Condition::CustomerGroup { groups } => {
                let group = self.request.customer_group.as_ref();
                let holds = group.is_some_and(|group| groups.contains(group));
                (holds, PromotionRefusal::OtherCustomerGroup)
            }
            Condition::FirstOrder => match self.facts.orders_placed {
                Some(orders) => (orders == 0, PromotionRefusal::NotFirstOrder),
                None => (false, PromotionRefusal::BuyerUnknown),
            },
            Condition::DeliveryMethod { methods } => {
                let chosen = self.request.delivery_method.as_ref();
                let holds = chosen.is_some_and(|code| methods.contains(code));
                (holds, PromotionRefusal::OtherDeliveryMethod)
            }
            Condition::Calendar(calendar) if !calendar.contains(self.now) => {
                return Err(PromotionRefusal::OutsideCalendar { calendar: calendar.clone() });
            }
            _ => return Ok(()),
        };
        if holds { Ok(()) } else { Err(refusal) }
    }

    /// Refuses when the lines it is for are too few or too cheap.
    fn goods(&self, condition: &Condition, lines: &LineSet) -> Result<(), PromotionRefusal> {
        match condition {
            Condition::MinQuantity { quantity: needed } => {
                let quantity = self.units(lines);
                let short = PromotionRefusal::QuantityTooSmall { needed: *needed, quantity };
                if quantity < u64::from(*needed) { Err(short) } else { Ok(()) }
            }
            Condition::MinGoods { amount } => {
                let subtotal = self.cost(lines);
                let short = PromotionRefusal::SubtotalTooSmall { needed: *amount, subtotal };
                if subtotal.minor() < amount.minor() { Err(short) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    fn units(&self, lines: &LineSet) -> u64 {
        lines.lines().map(|line| u64::from(self.goods[line].quantity)).sum()
    }

    /// What lines cost before discounts. A part of a sum that was formed before cannot overflow.
    fn cost(&self, lines: &LineSet) -> Money {
        let minor = lines.lines().map(|line| self.goods[line].subtotal.minor()).sum();
        Money::from_minor(minor, self.subtotal.currency())
    }

    /// Finds what each benefit grants; refuses with the first reason when none grants anything.
    fn grants(
        &self,
        promotion: &'a Promotion,
        lines: &LineSet,
        index: &GoodsIndex<'_>,
    ) -> Result<Vec<Grant<'a>>, PromotionRefusal> {
        let mut refusal = None;
        let mut grants = Vec::with_capacity(promotion.benefits.len());
        for benefit in &promotion.benefits {
            match self.grant(benefit, lines, index) {
                Ok(grant) => grants.push(grant),
                Err(reason) => refusal = refusal.or(Some(reason)),
            }
        }
        match refusal {
            Some(reason) if grants.is_empty() => Err(reason),
            _ => Ok(grants),
        }
    }

    fn grant(
        &self,
        benefit: &'a Benefit,
        lines: &LineSet,
        index: &GoodsIndex<'_>,
    ) -> Result<Grant<'a>, PromotionRefusal> {
        let plain = |effect| Ok(Grant { effect, tier: None });
        match benefit {
            Benefit::QuantityTiers { tiers } => {
                let quantity = self.units(lines);
                let reached = tiers.iter().filter(|tier| u64::from(tier.from) <= quantity);
                let Some(tier) = reached.max_by_key(|tier| tier.from) else {
                    let needed = tiers.iter().map(|tier| tier.from).min().unwrap_or(0);
                    return Err(PromotionRefusal::QuantityTooSmall { needed, quantity });
                };
                let effect = Effect::of_tier(tier.benefit);
                Ok(Grant { effect, tier: Some(Tier::Quantity(tier.from)) })
            }
            Benefit::SubtotalTiers { tiers } => {
                let subtotal = self.cost(lines);
                let reached = tiers.iter().filter(|tier| tier.from.minor() <= subtotal.minor());
                let Some(tier) = reached.max_by_key(|tier| tier.from.minor()) else {
                    let lowest = tiers.iter().min_by_key(|tier| tier.from.minor());
                    let needed = lowest.map_or(subtotal, |tier| tier.from);
                    return Err(PromotionRefusal::SubtotalTooSmall { needed, subtotal });
                };
                let effect = Effect::of_tier(tier.benefit);
                Ok(Grant { effect, tier: Some(Tier::Subtotal(tier.from)) })
            }
            Benefit::BuyGet(rule) if rule.goods.is_empty() => {
                let (needed, quantity) = (rule.buy.saturating_add(1), self.units(lines));
                if quantity < u64::from(needed) {
                    return Err(PromotionRefusal::QuantityTooSmall { needed, quantity });
                }
                plain(Effect::BuyGet { rule, others: None })
            }
            Benefit::BuyGet(rule) => {
                let got = index.fulfilling(&rule.goods);
                if got.is_empty() {
                    return Err(PromotionRefusal::NothingToGet);
                }
                plain(Effect::BuyGet { rule, others: Some(got) })
            }
            Benefit::CheapestFree { of } => {
                let quantity = self.units(lines);
                if quantity < u64::from(*of) {
                    return Err(PromotionRefusal::QuantityTooSmall { needed: *of, quantity });
                }
                plain(Effect::CheapestFree { of: *of })
            }
            Benefit::Bundle { parts, price } => {
                let mut sets = Vec::with_capacity(parts.len());
                for part in parts {
                    let mut set = index.fulfilling(&part.goods);
                    set.keep(lines);
                    if self.units(&set) < u64::from(part.units) {
                        return Err(PromotionRefusal::BundleIncomplete);
                    }
                    sets.push((set, part.units));
                }
                plain(Effect::Bundle { parts: sets, price: *price })
            }
            Benefit::Gift { variant, units } => plain(self.gift(*variant, *units)?),
            Benefit::Percent { rate } => plain(Effect::Percent { rate: *rate }),
            Benefit::FixedUnit { amount } => plain(Effect::FixedUnit { amount: *amount }),
            Benefit::FixedLine { amount } => plain(Effect::FixedLine { amount: *amount }),
            Benefit::FixedOrder { amount } => plain(Effect::FixedOrder { amount: *amount }),
            Benefit::FixedPrice { amount } => plain(Effect::FixedPrice { amount: *amount }),
            Benefit::FreeDelivery => plain(Effect::FreeDelivery),
            Benefit::DeliveryPercent { rate } => plain(Effect::DeliveryPercent { rate: *rate }),
            Benefit::DeliveryFixed { amount } => plain(Effect::DeliveryFixed { amount: *amount }),
        }
    }
}

/// Returns the most minor units and the most goods that a promotion may give here; refuses when a limit is reached.
fn limits(
    promotion: &Promotion,
    uses: &PromotionUses,
    currency: Currency,
) -> Result<(Option<i64>, Option<u64>), PromotionRefusal> {
    let limits = &promotion.limits;
    uses.room(limits)?;
    uses.room_for_units(limits, 1)?;
    uses.room_for_amount(limits, Money::from_minor(1, currency))?;
    let amounts = [uses.amount_left(limits), limits.amount_per_order.map(Money::minor)];
    let units = [uses.units_left(limits), limits.units_per_order.map(u64::from)];
    Ok((amounts.into_iter().flatten().min(), units.into_iter().flatten().min()))
}
