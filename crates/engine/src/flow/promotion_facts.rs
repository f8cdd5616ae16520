//! What a quote must know of promotions beside their rules: what was used of them, which entered codes are of a batch, and
//! how many orders the buyer has placed. Nothing is read that no promotion asks for.

use sutler_core::money::Currency;
use sutler_core::port::UsesAsked;
use sutler_core::pricing::{BatchCoupon, CouponCode, Promotion, PromotionUses};
use sutler_core::shop::Setup;

use crate::{FlowError, Shop};

/// What a quote must know of promotions beside their rules.
pub(crate) struct PromotionFacts {
    pub(crate) uses: Vec<PromotionUses>,
    pub(crate) batch_coupons: Vec<BatchCoupon>,
    pub(crate) orders_placed: Option<u64>,
}

impl Shop {
    /// Reads them for a buyer, `None` while nobody knows who buys, and the codes that were entered.
    pub(crate) fn promotion_facts(
        &self,
        setup: &Setup,
        currency: Currency,
        coupons: &[CouponCode],
        buyer: Option<&str>,
    ) -> Result<PromotionFacts, FlowError> {
        let active = || setup.promotions.iter().filter(|promotion| promotion.active);
        let counted = active().filter(|promotion| promotion.limits.is_counted());
        let ids: Vec<_> = counted.map(|promotion| promotion.id).collect();
        let uses = if ids.is_empty() {
            Vec::new()
        } else {
            self.store().promotion_uses(&ids, &UsesAsked { customer: buyer, coupons, currency })?
        };
        let orders_placed = if active().any(Promotion::is_for_first_orders) {
            buyer.map(|buyer| self.store().orders_placed(buyer)).transpose()?
        } else {
            None
        };
        let batch_coupons = self.batch_coupons(setup, coupons)?;
        Ok(PromotionFacts { uses, batch_coupons, orders_placed })
    }

    /// Returns those of the codes that were made in a batch.
    pub(crate) fn batch_coupons(
        &self,
        setup: &Setup,
        coupons: &[CouponCode],
    ) -> Result<Vec<BatchCoupon>, FlowError> {
        let has_batch = |promotion: &Promotion| promotion.coupon_batches().next().is_some();
        if coupons.is_empty() || !setup.promotions.iter().any(has_batch) {
            return Ok(Vec::new());
        }
        Ok(self.store().batch_coupons(coupons)?)
    }
}
