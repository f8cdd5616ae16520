//! Uses of limited promotions, counted from order to order.

use std::collections::BTreeMap;

use crate::id::PromotionId;
use crate::money::{Currency, Money};
use crate::pricing::{AppliedPromotion, CouponCode, Promotion, PromotionUses};

/// How often limited promotions were used so far.
#[derive(Clone, Default, Debug)]
pub(super) struct Counts {
    of: BTreeMap<PromotionId, Count>,
}

#[derive(Clone, Default, Debug)]
struct Count {
    orders: u64,
    units: u64,
    given: Option<Money>,
    /// Orders and units of each buyer.
    by_customer: BTreeMap<String, (u64, u64)>,
    by_coupon: BTreeMap<CouponCode, u64>,
}

impl Counts {
    /// Counts those promotions that have a limit over orders.
    pub(super) fn of<'a>(promotions: impl Iterator<Item = &'a Promotion>) -> Counts {
        let limited = promotions.filter(|promotion| promotion.limits.is_counted());
        Counts { of: limited.map(|promotion| (promotion.id, Count::default())).collect() }
    }

    /// Tells whether there is nothing to count.
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Returns what a quote of this buyer is to know.
    pub(super) fn uses(&self, buyer: &str, coupons: &[&CouponCode]) -> Vec<PromotionUses> {
        let uses = |(promotion, count): (&PromotionId, &Count)| {
            let (by_customer, units_by_customer) =
                count.by_customer.get(buyer).copied().unwrap_or_default();
            let used = |code: &&CouponCode| Some(((*code).clone(), *count.by_coupon.get(*code)?));
            PromotionUses {
                promotion: *promotion,
                total: count.orders,
                by_customer,
                by_coupon: coupons.iter().filter_map(used).collect(),
                units: count.units,
                units_by_customer,
                given: count.given,
            }
        };
        self.of.iter().map(uses).collect()
    }

    /// Counts an order that holds these promotions.
    pub(super) fn add(&mut self, buyer: &str, applied: &[AppliedPromotion]) {
        for applied in applied {
            let Some(count) = self.of.get_mut(&applied.promotion) else { continue };
            let units = u64::from(applied.units);
            count.orders += 1;
            count.units += units;
            count.given = plus(count.given, applied.amount);
            let of_buyer = count.by_customer.entry(buyer.to_owned()).or_default();
            *of_buyer = (of_buyer.0 + 1, of_buyer.1 + units);
            if let Some(code) = &applied.coupon {
                *count.by_coupon.entry(code.clone()).or_default() += 1;
            }
        }
    }

    /// Gives back what [`Counts::add`] counted.
    pub(super) fn give_back(&mut self, buyer: &str, applied: &[AppliedPromotion]) {
        for applied in applied {
            let Some(count) = self.of.get_mut(&applied.promotion) else { continue };
            let units = u64::from(applied.units);
            count.orders = count.orders.saturating_sub(1);
            count.units = count.units.saturating_sub(units);
            count.given = count.given.and_then(|given| given.checked_sub(applied.amount).ok());
            if let Some(of_buyer) = count.by_customer.get_mut(buyer) {
                *of_buyer = (of_buyer.0.saturating_sub(1), of_buyer.1.saturating_sub(units));
            }
            if let Some(uses) = applied.coupon.as_ref().and_then(|c| count.by_coupon.get_mut(c)) {
                *uses = uses.saturating_sub(1);
            }
        }
    }
}

/// Adds in the currency of the first amount: a budget is in one, and a promotion with a budget applies in no other.
fn plus(given: Option<Money>, amount: Money) -> Option<Money> {
    let most = |currency: Currency| Money::from_minor(i64::MAX, currency);
    Some(match given {
        None => amount,
        Some(given) if given.currency() == amount.currency() => {
            given.checked_add(amount).unwrap_or(most(given.currency()))
        }
        Some(given) => given,
    })
}
