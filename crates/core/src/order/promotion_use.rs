//! [`PromotionUse`]: what a placed order uses of a promotion.
//!
//! The commit that places the order counts it, guarded by the limits of the promotion, and the commit that cancels the
//! order gives all of it back: the use, its units, its money, its coupon code. Returns and refunds give nothing back,
//! because the goods were sold with the promotion.

use serde::Serialize;

use super::{Order, buyer_key};
use crate::id::{OrderId, PromotionId};
use crate::money::Money;
use crate::pricing::{CouponCode, Limits, PromotionRefusal, PromotionUses};
use crate::rejection::Rejection;

/// What one order uses of one promotion.
///
/// ```
/// use sutler_core::order::PromotionUse;
/// use sutler_core::pricing::{Limits, PromotionUses};
/// # use sutler_core::id::{OrderId, PromotionId};
/// # use sutler_core::money::{Currency, Money};
///
/// let sold = PromotionUse {
///     promotion: PromotionId::from_u128(1),
///     order: OrderId::from_u128(1),
///     customer: "ada@example.com".to_owned(),
///     coupon: None,
///     units: 2,
///     amount: Money::parse("10.00", Currency::EUR)?,
/// };
/// let limits = Limits { units: Some(50), ..Limits::NONE };
/// let counted = PromotionUses { total: 30, units: 48, ..PromotionUses::none(sold.promotion) };
/// assert_eq!(sold.check(&limits, &counted), Ok(()));
/// let one_left = PromotionUses { units: 49, ..counted };
/// assert_eq!(sold.check(&limits, &one_left).map_err(|why| why.code()), Err("promotion.used_up"));
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PromotionUse {
    /// The promotion.
    pub promotion: PromotionId,
    /// The order.
    pub order: OrderId,
    /// Who buys: customer id or normalized e-mail, as [`buyer_key`] says.
    pub customer: String,
    /// The entered code that unlocked it.
    pub coupon: Option<CouponCode>,
    /// How many units took a discount of it.
    pub units: u32,
    /// What it took off.
    pub amount: Money,
}

impl PromotionUse {
    /// Refuses what the limits leave no room for beside what was counted so far.
    ///
    /// Stores call it inside their transaction, so that the rule stands once.
    ///
    /// Errors: [`Rejection::PromotionUsedUp`].
    pub fn check(&self, limits: &Limits, counted: &PromotionUses) -> Result<(), Rejection> {
        let units = u64::from(self.units);
        counted
            .room(limits)
            .and_then(|()| counted.room_for_units(limits, units))
            .and_then(|()| counted.room_for_amount(limits, self.amount))
            .and_then(|()| counted.room_for_coupon(limits, self.coupon.as_ref()))
            .map_err(|reason| self.used_up(reason))
    }

    /// Returns the refusal of this use.
    ///
    /// ```
    /// use sutler_core::order::PromotionUse;
    /// use sutler_core::pricing::{CouponCode, PromotionRefusal};
    /// # use sutler_core::id::{OrderId, PromotionId};
    /// # use sutler_core::money::{Currency, Money};
    /// # let plain = PromotionUse {
    /// #     promotion: PromotionId::from_u128(1), order: OrderId::from_u128(1), customer: String::new(), coupon: None,
    /// #     units: 0, amount: Money::zero(Currency::EUR),
    /// # };
    ///
    /// // The buyer who typed a code can take it out; who did not is asked to accept another price.
    /// let reason = PromotionRefusal::UsedUp { limit: 1 };
    /// assert_eq!(plain.used_up(reason.clone()).code(), "promotion.used_up");
    /// let typed = PromotionUse { coupon: Some(CouponCode::new("SPRING")?), ..plain };
    /// assert_eq!(typed.used_up(reason).code(), "coupon.used_up");
    /// # Ok::<(), sutler_core::pricing::PricingError>(())
    /// ```
    pub fn used_up(&self, reason: PromotionRefusal) -> Rejection {
        let (name, coupon) = (self.promotion.to_string(), self.coupon.clone());
        Rejection::PromotionUsedUp { name, coupon, reason: Box::new(reason) }
    }
}

/// Returns what an order uses of each promotion that gave it something, in the order of promotions.
///
/// ```
/// use sutler_core::order::{Order, promotion_uses};
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// let used = promotion_uses(&order);
/// assert_eq!(used.len(), order.quote.promotions_applied.len());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn promotion_uses(order: &Order) -> Vec<PromotionUse> {
    let customer = buyer_key(order.customer, Some(&order.email)).unwrap_or_default();
    let mut used: Vec<PromotionUse> = order
        .quote
        .promotions_applied
        .iter()
        .map(|applied| PromotionUse {
            promotion: applied.promotion,
            order: order.id,
            customer: customer.clone(),
            coupon: applied.coupon.clone(),
            units: applied.units,
            amount: applied.amount,
        })
        .collect();
    used.sort_by_key(|used| used.promotion);
    used
}
