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
