//! [`PromotionUses`]: what placed orders used of a promotion so far, and what its limits leave.
//!
//! The rule stands here once: pricing asks it so that a buyer learns early, and stores ask it inside the commit that
//! places an order, so that it holds whoever else buys at that moment.

use serde::{Deserialize, Serialize};

use super::{CouponCode, Limits, PromotionRefusal};
use crate::id::PromotionId;
use crate::money::Money;

/// What placed orders used of a promotion so far. Canceled orders gave back what they used.
///
/// ```
/// use sutler_core::id::PromotionId;
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{CouponCode, Limits, PromotionUses};
///
/// let code = CouponCode::new("SPRING")?;
/// let counted = PromotionUses {
///     total: 3,
///     by_customer: 1,
///     by_coupon: vec![(code.clone(), 2)],
///     units: 48,
///     given: Some(Money::parse("95.00", Currency::EUR)?),
///     ..PromotionUses::none(PromotionId::from_u128(1))
/// };
/// let limits = Limits { uses: Some(4), uses_per_customer: Some(2), ..Limits::NONE };
/// assert!(counted.room(&limits).is_ok());
/// let limits = Limits { units: Some(50), ..Limits::NONE };
/// assert!(counted.room_for_units(&limits, 2).is_ok() && counted.room_for_units(&limits, 3).is_err());
/// let limits = Limits { budget: Some(Money::parse("100.00", Currency::EUR)?), ..Limits::NONE };
/// assert!(counted.room_for_amount(&limits, Money::parse("5.01", Currency::EUR)?).is_err());
/// let limits = Limits { uses_per_coupon: Some(2), ..Limits::NONE };
/// let refusal = counted.room_for_coupon(&limits, Some(&code)).unwrap_err();
/// assert_eq!(refusal.code(), "promotion.coupon_used_up");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PromotionUses {
    /// Which promotion.
    pub promotion: PromotionId,
    /// Orders of everybody that hold it.
    pub total: u64,
    /// Orders of this buyer that hold it, however the caller tells buyers apart; 0 while nobody knows who buys.
    pub by_customer: u64,
    /// Orders that hold it by one of the entered codes; a code that is not listed has not been used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_coupon: Vec<(CouponCode, u64)>,
    /// Units sold with it to everybody.
    #[serde(default)]
    pub units: u64,
    /// Units sold with it to this buyer.
    #[serde(default)]
    pub units_by_customer: u64,
    /// What it has taken off so far, in its own currency; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Money>,
}

impl PromotionUses {
    /// Returns the uses of a promotion that nobody has used.
    pub fn none(promotion: PromotionId) -> PromotionUses {
        PromotionUses {
            promotion,
            total: 0,
            by_customer: 0,
            by_coupon: Vec::new(),
            units: 0,
            units_by_customer: 0,
            given: None,
        }
    }

    /// Refuses another order where no more may hold it, in all or of this buyer.
    pub fn room(&self, limits: &Limits) -> Result<(), PromotionRefusal> {
        if let Some(limit) = limits.uses.filter(|limit| self.total >= u64::from(*limit)) {
            return Err(PromotionRefusal::UsedUp { limit });
        }
        let own = limits.uses_per_customer;
        match own.filter(|limit| self.by_customer >= u64::from(*limit)) {
            Some(limit) => Err(PromotionRefusal::UsedUpByCustomer { limit }),
            None => Ok(()),
        }
    }

    /// Refuses more units than are left, in all or for this buyer.
    pub fn room_for_units(&self, limits: &Limits, units: u64) -> Result<(), PromotionRefusal> {
        let is_short = |limit: &u32, sold: u64| units > u64::from(*limit).saturating_sub(sold);
        if let Some(units) = limits.units.filter(|limit| is_short(limit, self.units)) {
            return Err(PromotionRefusal::SoldOut { units });
        }
        let own = limits.units_per_customer;
        match own.filter(|limit| is_short(limit, self.units_by_customer)) {
            Some(units) => Err(PromotionRefusal::SoldOutToCustomer { units }),
            None => Ok(()),
        }
    }

    /// Refuses more money than is left of its budget.
    pub fn room_for_amount(&self, limits: &Limits, amount: Money) -> Result<(), PromotionRefusal> {
        match (limits.budget, self.amount_left(limits)) {
            (Some(budget), _) if budget.currency() != amount.currency() => {
                Err(PromotionRefusal::OtherCurrency { currency: budget.currency() })
            }
            (Some(budget), Some(left)) if amount.minor() > left => {
                Err(PromotionRefusal::BudgetSpent { budget })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a coupon code by which no more orders may hold it.
    pub fn room_for_coupon(
        &self,
        limits: &Limits,
        coupon: Option<&CouponCode>,
    ) -> Result<(), PromotionRefusal> {
        let (Some(limit), Some(coupon)) = (limits.uses_per_coupon, coupon) else { return Ok(()) };
        let of_code = self.by_coupon.iter().filter(|(used, _)| used == coupon);
        let used: u64 = of_code.map(|(_, count)| *count).sum();
        if used < u64::from(limit) { Ok(()) } else { Err(PromotionRefusal::CouponUsedUp { limit }) }
    }

    /// Returns how many units are left, for everybody and for this buyer; `None`: as many as anybody likes.
    pub(super) fn units_left(&self, limits: &Limits) -> Option<u64> {
        let left =
            |limit: Option<u32>, sold| limit.map(|limit| u64::from(limit).saturating_sub(sold));
        let of_all = left(limits.units, self.units);
        of_all.into_iter().chain(left(limits.units_per_customer, self.units_by_customer)).min()
    }

    /// Returns what is left of its budget, in minor units; `None`: it has none.
    pub(super) fn amount_left(&self, limits: &Limits) -> Option<i64> {
        let given = self.given.map_or(0, Money::minor);
        limits.budget.map(|budget| budget.minor().saturating_sub(given).max(0))
    }
}
