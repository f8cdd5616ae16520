//! Where uses of promotions and coupon codes are read.

use crate::id::{CouponBatchId, OrderId, PromotionId};
use crate::money::Currency;
use crate::order::PromotionUse;
use crate::pricing::{BatchCoupon, CouponCode, PromotionUses};

use super::StoreError;

/// For whom uses of promotions are counted.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_core::order::buyer_key;
/// use sutler_core::port::UsesAsked;
///
/// let ada = buyer_key(None, Some("Ada@Example.com"));
/// let asked = UsesAsked { customer: ada.as_deref(), coupons: &[], currency: Currency::EUR };
/// assert_eq!(asked.customer, Some("ada@example.com"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsesAsked<'a> {
    /// Who buys, as [`buyer_key`](crate::order::buyer_key) says; `None` while nobody knows.
    pub customer: Option<&'a str>,
    /// The codes that were entered.
    pub coupons: &'a [CouponCode],
    /// The currency that money is summed in; promotions may be given in several.
    pub currency: Currency,
}

/// Where uses of promotions and coupon codes are read.
///
/// ```
/// # use sutler_core::id::{CouponBatchId, OrderId, PromotionId};
/// # use sutler_core::money::Currency;
/// # use sutler_core::order::PromotionUse;
/// use sutler_core::port::{PromotionReader, StoreError, UsesAsked};
/// # use sutler_core::pricing::{BatchCoupon, CouponCode, PromotionUses};
/// # struct Two;
/// # impl PromotionReader for Two {
/// #     fn promotion_uses(&self, asked: &[PromotionId], _: &UsesAsked<'_>) -> Result<Vec<PromotionUses>, StoreError> {
/// #         Ok(asked.iter().map(|&id| PromotionUses { total: 2, ..PromotionUses::none(id) }).collect())
/// #     }
/// #     fn promotion_uses_of(&self, _: OrderId) -> Result<Vec<PromotionUse>, StoreError> { Ok(vec![]) }
/// #     fn batch_coupons(&self, _: &[CouponCode]) -> Result<Vec<BatchCoupon>, StoreError> { Ok(vec![]) }
/// #     fn coupon_page(&self, _: CouponBatchId, _: Option<&CouponCode>, _: usize) -> Result<Vec<CouponCode>, StoreError> {
/// #         Ok(vec![])
/// #     }
/// # }
/// # let (store, spring) = (Two, PromotionId::from_u128(1));
///
/// let asked = UsesAsked { customer: None, coupons: &[], currency: Currency::EUR };
/// let uses = store.promotion_uses(&[spring], &asked)?;
/// assert_eq!((uses[0].promotion, uses[0].total), (spring, 2));
/// # Ok::<(), StoreError>(())
/// ```
pub trait PromotionReader {
    /// Returns, for each promotion asked, what orders use of it: in all, by the customer, by each of the coupons that was used
    /// (in the order asked), and the money given in the currency (`None` for nothing).
    fn promotion_uses(
        &self,
        promotions: &[PromotionId],
        asked: &UsesAsked<'_>,
    ) -> Result<Vec<PromotionUses>, StoreError>;

    /// Returns what was counted for one order, in the order of promotions; nothing once it was given back.
    fn promotion_uses_of(&self, order: OrderId) -> Result<Vec<PromotionUse>, StoreError>;

    /// Returns those of the codes that were made in a batch, in the order asked. Looked up by code: how many codes there are
    /// makes no difference.
    fn batch_coupons(&self, codes: &[CouponCode]) -> Result<Vec<BatchCoupon>, StoreError>;

    /// Returns up to `limit` codes of a batch after `after`, in alphabetical order of their bytes.
    fn coupon_page(
        &self,
        batch: CouponBatchId,
        after: Option<&CouponCode>,
        limit: usize,
    ) -> Result<Vec<CouponCode>, StoreError>;
}
