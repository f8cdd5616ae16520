//! Uses of promotions, counted anew from those of orders whenever they are asked for, and the codes of coupon batches.

use std::ops::Bound;
use std::sync::Arc;

use sutler_core::id::{CouponBatchId, OrderId, PromotionId};
use sutler_core::money::Money;
use sutler_core::order::{OrderStatus, PromotionUse, buyer_key};
use sutler_core::port::{PromotionReader, StoreError, UsesAsked};
use sutler_core::pricing::{BatchCoupon, CouponCode, Limits, PromotionRefusal, PromotionUses};

use crate::MemoryStore;
use crate::state::{Applied, State, taken};

impl PromotionReader for MemoryStore {
    fn promotion_uses(
        &self,
        promotions: &[PromotionId],
        asked: &UsesAsked<'_>,
    ) -> Result<Vec<PromotionUses>, StoreError> {
        let state = self.snapshot();
        Ok(promotions.iter().map(|&id| state.promotion_uses_of(id, asked)).collect())
    }

    fn promotion_uses_of(&self, order: OrderId) -> Result<Vec<PromotionUse>, StoreError> {
        let state = self.snapshot();
        let uses = state.promotion_uses.values();
        Ok(uses.filter(|used| used.order == order).cloned().collect())
    }

    fn batch_coupons(&self, codes: &[CouponCode]) -> Result<Vec<BatchCoupon>, StoreError> {
        let state = self.snapshot();
        let found = codes.iter().filter_map(|code| state.coupons.get_key_value(code));
        Ok(found.map(|(code, &batch)| BatchCoupon { code: code.clone(), batch }).collect())
    }

    fn coupon_page(
        &self,
        batch: CouponBatchId,
        after: Option<&CouponCode>,
        limit: usize,
    ) -> Result<Vec<CouponCode>, StoreError> {
        let state = self.snapshot();
        let beyond = after.map_or(Bound::Unbounded, Bound::Excluded);
        let codes = state.coupons.range((beyond, Bound::Unbounded));
        let of_batch = codes.filter(|(_, of)| **of == batch);
        Ok(of_batch.take(limit).map(|(code, _)| code.clone()).collect())
    }
}

impl State {
    /// Counts what an order uses of a promotion, within its limits.
    pub(crate) fn use_promotion(
        &mut self,
        used: PromotionUse,
        limits: &Limits,
        first_order: bool,
    ) -> Applied {
        if self.promotion_uses.contains_key(&(used.promotion, used.order)) {
            return Ok(());
        }
        let coupons = used.coupon.as_slice();
        let asked =
            UsesAsked { customer: Some(&used.customer), coupons, currency: used.amount.currency() };
        used.check(limits, &self.promotion_uses_of(used.promotion, &asked))?;
        if first_order && self.placed_orders(&used.customer).any(|other| other != used.order) {
            return Err(used.used_up(PromotionRefusal::NotFirstOrder).into());
        }
        Arc::make_mut(&mut self.promotion_uses).insert((used.promotion, used.order), used);
        Ok(())
    }

    /// Gives back what an order used.
    pub(crate) fn return_promotion_uses(&mut self, order: OrderId) -> Applied {
        Arc::make_mut(&mut self.promotion_uses).retain(|(_, user), _| *user != order);
        Ok(())
    }

    /// Adds codes to a batch.
    pub(crate) fn put_coupon_codes(
        &mut self,
        batch: CouponBatchId,
        codes: Vec<CouponCode>,
    ) -> Applied {
        let coupons = Arc::make_mut(&mut self.coupons);
        for code in codes {
            if coupons.contains_key(&code) {
                return Err(taken("coupon code", code));
            }
            coupons.insert(code, batch);
        }
        Ok(())
    }

    /// Returns the placed orders of a buyer.
    pub(crate) fn placed_orders(&self, buyer: &str) -> impl Iterator<Item = OrderId> {
        let placed = self.orders.values().filter(|order| order.status == OrderStatus::Placed);
        let own = placed.filter(move |order| {
            buyer_key(order.customer, Some(&order.email)).as_deref() == Some(buyer)
        });
        own.map(|order| order.id)
    }

    fn promotion_uses_of(&self, promotion: PromotionId, asked: &UsesAsked<'_>) -> PromotionUses {
        let first = (promotion, OrderId::from_u128(0));
        let uses = self.promotion_uses.range(first..).take_while(|((of, _), _)| *of == promotion);
        let uses: Vec<&PromotionUse> = uses.map(|(_, used)| used).collect();
        let mut counted = PromotionUses::none(promotion);
        let mut given = 0;
        for used in &uses {
            counted.total += 1;
            counted.units += u64::from(used.units);
            if asked.customer == Some(used.customer.as_str()) {
                counted.by_customer += 1;
                counted.units_by_customer += u64::from(used.units);
            }
            if used.amount.currency() == asked.currency {
                given += used.amount.minor();
            }
        }
        for code in asked.coupons {
            let by_code = uses.iter().filter(|used| used.coupon.as_ref() == Some(code)).count();
            let by_code = u64::try_from(by_code).unwrap_or(u64::MAX);
            if by_code > 0 && !counted.by_coupon.iter().any(|(known, _)| known == code) {
                counted.by_coupon.push((code.clone(), by_code));
            }
        }
        counted.given = (given > 0).then(|| Money::from_minor(given, asked.currency));
        counted
    }
}
