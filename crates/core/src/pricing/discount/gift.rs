//! [`Gift`]: what a promotion puts beside the goods of the buyer, and how many units of it there are to give.
//!
//! A gift is a line of its own at its own price, all of which its promotion takes off. The lines of the buyer stay as
//! they are, also those with the same variant. No discount competes for a gift and none is split over it; its worth
//! counts against the caps of its promotion, and its units against the limits on units.

use std::collections::BTreeMap;

use super::judge::{Candidate, Judge};
use super::turn::Turn;
use super::{DiscountOrigin, Effect, Given, UnitSpan};
use crate::id::VariantId;
use crate::money::MoneyError;
use crate::pricing::price_list::choose_of;
use crate::pricing::promotion::PromotionRefusal;
use crate::pricing::{Price, PriceList, PriceQuery, VariantFacts};

/// A variant that a promotion gives.
#[derive(Clone, Copy, Debug)]
pub(in crate::pricing) struct Gift<'a> {
    /// What is given.
    pub(in crate::pricing) facts: &'a VariantFacts,
    /// The list that its price is from.
    pub(in crate::pricing) list: &'a PriceList,
    /// What it would cost.
    pub(in crate::pricing) price: &'a Price,
    /// How many units the promotion gives.
    units: u32,
    /// How many there are beside those in the cart; `None` where nobody counts them.
    available: Option<u32>,
}

/// Units of a gift that were given: they make a line.
#[derive(Clone, Copy, Debug)]
pub(in crate::pricing) struct GivenGift {
    /// By which promotion: its place among the verdicts.
    pub(in crate::pricing) place: usize,
    /// By which of its grants.
    grant: usize,
    /// How many units.
    pub(in crate::pricing) units: u32,
}

impl<'a> Judge<'a, '_> {
    /// Finds the gift; refuses one that is not for sale, has no price or is out of stock.
    pub(super) fn gift(
        &self,
        variant: VariantId,
        units: u32,
    ) -> Result<Effect<'a>, PromotionRefusal> {
        let facts = self.facts;
        let Some(known) = facts.variant(variant).filter(|known| known.sellable) else {
            let known = facts.variant(variant);
            let gift = known.map_or_else(|| variant.to_string(), VariantFacts::label);
            return Err(PromotionRefusal::GiftNotForSale { gift });
        };
        let query = PriceQuery {
            variant,
            quantity: 1,
            channel: facts.channel.id,
            currency: facts.channel.currency,
            customer_group: self.request.customer_group.as_deref(),
            now: self.now,
        };
        let prices = facts.prices.iter().filter(|price| price.variant == variant);
        let Some((list, price)) = choose_of(prices, &facts.price_lists, &query) else {
            return Err(PromotionRefusal::GiftWithoutPrice { gift: known.label() });
        };
        let in_cart = self.goods.iter().filter(|goods| goods.facts.variant == variant);
        let in_cart = in_cart.map(|goods| goods.quantity).fold(0, u32::saturating_add);
        let stock = facts.gift_stock.iter().find(|(counted, _)| *counted == variant);
        let available = stock.map(|(_, units)| units.saturating_sub(in_cart));
        let gift = Gift { facts: known, list, price, units, available };
        if available == Some(0) { Err(gift.refusal(None)) } else { Ok(Effect::Gift(gift)) }
    }
}

impl Gift<'_> {
    /// Says why it is not given by a promotion that may take off `amount_max`.
    pub(super) fn refusal(&self, amount_max: Option<i64>) -> PromotionRefusal {
        let (gift, price) = (self.facts.label(), self.price.amount);
        if amount_max.is_some_and(|most| most < price.minor()) {
            PromotionRefusal::GiftTooDear { gift, price }
        } else {
            PromotionRefusal::GiftOutOfStock { gift }
        }
    }

    /// Returns how many units can be given where others gave `taken` and the promotion has limits.
    fn units(&self, taken: u32, units_max: Option<u64>, amount_left: Option<i64>) -> u32 {
        let in_stock = self.available.map(|available| available.saturating_sub(taken).into());
        let price = self.price.amount.minor();
        // What costs nothing fits every budget.
        let affordable = amount_left.and_then(|left| left.checked_div(price));
        let affordable = affordable.map(|units| u64::try_from(units).unwrap_or(0));
        let limits = [in_stock, units_max, affordable].into_iter().flatten();
        let units = limits.fold(u64::from(self.units), u64::min);
        u32::try_from(units).unwrap_or(self.units)
    }
}

impl Turn<'_, '_> {
    /// Gives what every promotion gives beside the goods, as many units as there are and as its limits leave.
    pub(super) fn gifts(&mut self) -> Result<Vec<GivenGift>, MoneyError> {
        let mut gifts: Vec<GivenGift> = Vec::new();
        let mut taken: BTreeMap<VariantId, u32> = BTreeMap::new();
        for (index, candidate) in self.candidates.iter().enumerate() {
            for (grant, gift) in candidate.gifts() {
                let taken = taken.entry(gift.facts.variant).or_default();
                let units = gift.units(*taken, candidate.units_max, self.amount_left[index]);
                if units == 0 {
                    continue;
                }
                let cost = gift.price.amount.checked_mul(units)?;
                *taken = taken.saturating_add(units);
                self.offered[index] = true;
                self.amount_left[index] = self.amount_left[index].map(|left| left - cost.minor());
                self.given.push(Given {
                    place: candidate.place,
                    line: Some(self.goods.len() + gifts.len()),
                    amount: cost,
                    origin: DiscountOrigin::Gift.into(),
                    span: Some(UnitSpan { first: 0, units, cost }),
                });
                gifts.push(GivenGift { place: candidate.place, grant, units });
            }
        }
        Ok(gifts)
    }
}

impl<'a> Candidate<'a> {
    /// Lists its gifts with the places of their grants.
    fn gifts(&self) -> impl Iterator<Item = (usize, &Gift<'a>)> {
        self.grants.iter().enumerate().filter_map(|(index, grant)| match &grant.effect {
            Effect::Gift(gift) => Some((index, gift)),
            _ => None,
        })
    }

    /// Returns the gift that was given by one of its grants.
    pub(in crate::pricing) fn gift(&self, given: &GivenGift) -> Option<&Gift<'a>> {
        self.gifts().find(|(grant, _)| *grant == given.grant).map(|(_, gift)| gift)
    }
}
