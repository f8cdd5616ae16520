//! What orders use of each promotion, against what was counted.
//!
//! Three things are compared, so that every counter is covered: what was counted for an order with its quote
//! ([`check_promotion_uses`]), the sums of a promotion with the sums over its orders ([`PromotionTally`]), and, by the
//! back-end that keeps them, the counters of each customer and coupon with what was counted for orders
//! ([`crate::port::StoreReader::integrity`]).

use std::collections::BTreeMap;

use super::finding;
use crate::id::PromotionId;
use crate::order::{Order, OrderStatus, PromotionUse, promotion_uses};
use crate::port::Finding;
use crate::pricing::{Promotion, PromotionUses};

/// Returns what an order holds of promotions: what its quote applied, from its placement until it is canceled.
fn held(order: &Order) -> Vec<PromotionUse> {
    if order.status == OrderStatus::Placed { promotion_uses(order) } else { Vec::new() }
}

/// Compares what was counted for an order with what it holds.
///
/// ```
/// use sutler_core::order::Order;
/// use sutler_core::verify::check_promotion_uses;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let pending: Order = serde_json::from_str(text)?;
///
/// assert_eq!(check_promotion_uses(&pending, &[]), None, "it holds nothing before it is placed");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn check_promotion_uses(order: &Order, counted: &[PromotionUse]) -> Option<Finding> {
    let held = held(order);
    (held != counted).then(|| {
        let words = |uses: &[PromotionUse]| {
            let one = |used: &PromotionUse| {
                let coupon = used.coupon.as_ref().map_or("no coupon", |coupon| coupon.as_str());
                let PromotionUse { promotion, customer, units, amount, .. } = used;
                format!("{promotion} by {customer}, {coupon}, {units} units, {amount}")
            };
            if uses.is_empty() {
                return "nothing".to_owned();
            }
            uses.iter().map(one).collect::<Vec<_>>().join("; ")
        };
        let message = format!("it holds {} and {} is counted", words(&held), words(counted));
        finding("promotion.uses", order.id, message)
    })
}

/// What orders use of one promotion.
#[derive(Clone, Default, Debug)]
struct Sums {
    orders: u64,
    units: u64,
    /// Minor units by currency.
    given: BTreeMap<&'static str, i128>,
}

/// Adds up what orders use of each promotion.
///
/// ```
/// use sutler_core::order::{Order, place};
/// use sutler_core::pricing::PromotionUses;
/// use sutler_core::verify::PromotionTally;
/// # use sutler_core::id::PromotionId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{AppliedPromotion, Benefit, Promotion};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let mut pending: Order = serde_json::from_str(text)?;
/// # let spring = Promotion::new(PromotionId::from_u128(6), "Spring", Benefit::FreeDelivery);
/// # let free = Money::from_minor(490, Currency::EUR);
/// # pending.quote.promotions_applied.push(AppliedPromotion {
/// #     promotion: spring.id, name: spring.name.as_str().into(), coupon: None, amount: free, units: 0,
/// # });
///
/// let mut tally = PromotionTally::default();
/// tally.order(&pending);
/// assert_eq!(tally.check(&spring, &[PromotionUses::none(spring.id)]), None, "it is not placed yet");
/// tally.order(&place(&pending, Timestamp::from_millis(0))?);
/// let once = PromotionUses { total: 1, given: Some(free), ..PromotionUses::none(spring.id) };
/// assert_eq!(tally.check(&spring, &[once.clone()]), None);
/// assert!(tally.check(&spring, &[PromotionUses { units: 1, ..once }]).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, Debug)]
pub struct PromotionTally {
    held: BTreeMap<PromotionId, Sums>,
}

impl PromotionTally {
    /// Adds what an order holds.
    pub fn order(&mut self, order: &Order) {
        for used in held(order) {
            let sums = self.held.entry(used.promotion).or_default();
            sums.orders += 1;
            sums.units += u64::from(used.units);
            *sums.given.entry(used.amount.currency().code()).or_default() +=
                i128::from(used.amount.minor());
        }
    }

    /// Compares with what the store counted for one promotion, asked once for each currency of the shop.
    pub fn check(&self, promotion: &Promotion, counted: &[PromotionUses]) -> Option<Finding> {
        let none = Sums::default();
        let held = self.held.get(&promotion.id).unwrap_or(&none);
        let fits = |counted: &PromotionUses| {
            let given = counted.given.is_none_or(|given| {
                held.given.get(given.currency().code()) == Some(&i128::from(given.minor()))
            });
            (counted.total, counted.units, given) == (held.orders, held.units, true)
        };
        // What was given in a currency that no answer names was given and not counted.
        let named = counted.iter().filter(|counted| counted.given.is_some()).count();
        let given = held.given.values().filter(|minor| **minor != 0).count();
        if counted.iter().all(fits) && named == given {
            return None;
        }
        let told: Vec<String> = counted.iter().map(words).collect();
        let message = format!(
            "`{}` counts {}; {} placed orders hold it with {} units and {:?} minor units given",
            promotion.name,
            told.join(" and "),
            held.orders,
            held.units,
            held.given,
        );
        Some(finding("promotion.uses", promotion.id, message))
    }
}

fn words(counted: &PromotionUses) -> String {
    let given = counted.given.map_or_else(|| "nothing".to_owned(), |given| given.to_string());
    format!("{} uses, {} units, {given} given", counted.total, counted.units)
}
