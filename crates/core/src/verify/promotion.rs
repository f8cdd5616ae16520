//! How often each promotion was used.

use std::collections::BTreeMap;

use super::finding;
use crate::id::PromotionId;
use crate::order::{Order, OrderStatus};
use crate::port::Finding;
use crate::pricing::Promotion;

/// Counts the orders that hold each promotion.
///
/// An order holds what its quote applied from its placement until it is canceled.
///
/// ```
/// use sutler_core::order::{Order, place};
/// use sutler_core::verify::PromotionTally;
/// # use sutler_core::id::PromotionId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{AppliedPromotion, Benefit, Lane, Limits, Promotion, Window};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let mut pending: Order = serde_json::from_str(text)?;
/// # let spring = Promotion {
/// #     id: PromotionId::from_u128(6), name: "Spring".to_owned(), conditions: vec![], benefits: vec![Benefit::FreeDelivery],
/// #     lane: Lane::Normal, priority: 0, exclusive: false, window: Window::ALWAYS, limits: Limits::default(),
/// #     active: true, version: 1,
/// # };
/// # pending.quote.promotions_applied.push(AppliedPromotion {
/// #     promotion: spring.id, name: spring.name.clone(), coupon: None, amount: Money::from_minor(490, Currency::EUR), units: 0,
/// # });
///
/// let mut tally = PromotionTally::default();
/// tally.order(&pending);
/// assert_eq!(tally.check(&spring, 0), None, "it holds nothing before it is placed");
/// tally.order(&place(&pending, Timestamp::from_millis(0))?);
/// assert_eq!(tally.check(&spring, 1), None);
/// assert!(tally.check(&spring, 2).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, Debug)]
pub struct PromotionTally {
    held: BTreeMap<PromotionId, u64>,
}

impl PromotionTally {
    /// Counts an order.
    pub fn order(&mut self, order: &Order) {
        if order.status != OrderStatus::Placed {
            return;
        }
        for applied in &order.quote.promotions_applied {
            *self.held.entry(applied.promotion).or_default() += 1;
        }
    }

    /// Compares with the uses that the store counted for one promotion.
    pub fn check(&self, promotion: &Promotion, uses: u32) -> Option<Finding> {
        let held = self.held.get(&promotion.id).copied().unwrap_or(0);
        (held != u64::from(uses)).then(|| {
            let message =
                format!("`{}` counts {uses} uses, {held} placed orders hold it", promotion.name);
            finding("promotion.uses", promotion.id, message)
        })
    }
}
