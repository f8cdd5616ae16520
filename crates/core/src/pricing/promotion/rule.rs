//! [`Promotion`]: a rule that grants discounts.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Benefit, Condition, Lane, Limits};
use crate::id::{CollectionId, CouponBatchId, PromotionId, VariantId};
use crate::pricing::{CouponCode, PricingError, VariantFacts, Window};

/// A rule that grants discounts: conditions and benefits.
///
/// A flash sale is a promotion with a window and limits on units.
///
/// ```
/// use sutler_core::id::{CategoryId, PromotionId, VariantId};
/// # use sutler_core::id::ProductId;
/// use sutler_core::pricing::{Benefit, Condition, CouponCode, Promotion};
/// # use sutler_core::pricing::{TaxCategory, VariantFacts};
///
/// let promotion = Promotion {
///     conditions: vec![
///         Condition::Coupon { codes: vec![CouponCode::new("SPRING")?] },
///         Condition::Category { categories: vec![CategoryId::from_u128(7)] },
///     ],
///     ..Promotion::new(PromotionId::from_u128(1), "Spring", Benefit::FreeDelivery)
/// };
/// promotion.check()?;
/// assert!(promotion.coupon_codes().map(CouponCode::as_str).eq(["SPRING"]));
/// # let lamp = VariantFacts {
/// #     variant: VariantId::from_u128(1), product: ProductId::from_u128(1), title: "Lamp".into(), sku: None,
/// #     categories: vec![CategoryId::from_u128(7)], collections: vec![], attributes: vec![],
/// #     tax_category: TaxCategory::standard(), taxable: true, requires_shipping: true, weight_grams: None,
/// #     dimensions: None, dangerous_goods: false, sellable: true,
/// # };
/// assert!(promotion.coupon_batches().next().is_none() && !promotion.is_for_first_orders());
/// // The lamp is in category 7.
/// assert!(promotion.is_for(&lamp));
/// let mug = Benefit::Gift { variant: VariantId::from_u128(5), units: 1 };
/// let thanks = Promotion { benefits: vec![mug], ..promotion.clone() };
/// assert!(thanks.gifts().eq([VariantId::from_u128(5)]));
///
/// let nothing = Promotion { benefits: vec![], ..promotion };
/// assert_eq!(nothing.check().map_err(|refused| refused.code()), Err("pricing.invalid_rule"));
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Promotion {
    /// Identity.
    pub id: PromotionId,
    /// Name for people; buyers see it at their discount.
    pub name: String,
    /// What must be true; none: always.
    pub conditions: Vec<Condition>,
    /// What it gives: one benefit or more. Those on units compete for each unit like benefits of two promotions.
    #[serde(alias = "benefit", deserialize_with = "one_or_more")]
    pub benefits: Vec<Benefit>,
    /// When it takes its turn.
    pub lane: Lane,
    /// Of two that give the same in one lane, the higher is taken; then the first name, then the smaller id.
    pub priority: i32,
    /// Applies alone or not at all, whichever is better for the buyer.
    pub exclusive: bool,
    /// When it applies.
    pub window: Window,
    /// How often, on how many units and for how much money.
    #[serde(flatten)]
    pub limits: Limits,
    /// Whether it is switched on.
    pub active: bool,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// Reads what was one benefit before there could be several.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Benefit>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(Benefit),
        More(Vec<Benefit>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(benefit) => vec![benefit],
        OneOrMore::More(benefits) => benefits,
    })
}

impl Promotion {
    /// Returns a promotion that gives one thing: always, to everybody and as often as it applies. It takes its turn where most
    /// do, beside others, is switched on, and has the version of a row that is stored for the first time.
    ///
    /// Nothing is checked here: [`Promotion::check`] does that.
    ///
    /// ```
    /// use sutler_core::id::PromotionId;
    /// use sutler_core::pricing::{Benefit, Limits, Promotion};
    ///
    /// let free = Promotion::new(PromotionId::from_u128(1), "Free delivery", Benefit::FreeDelivery);
    /// assert!(free.check().is_ok() && free.active && free.conditions.is_empty());
    ///
    /// let once_each = Limits { uses_per_customer: Some(1), ..Limits::NONE };
    /// let welcome = Promotion { priority: 5, limits: once_each, ..free.clone() };
    /// assert_eq!((welcome.version, free.limits), (1, Limits::NONE));
    /// ```
    pub fn new(id: PromotionId, name: impl Into<String>, benefit: Benefit) -> Self {
        Self {
            id,
            name: name.into(),
            conditions: Vec::new(),
            benefits: vec![benefit],
            lane: Lane::Normal,
            priority: 0,
            exclusive: false,
            window: Window::ALWAYS,
            limits: Limits::NONE,
            active: true,
            version: 1,
        }
    }

    /// Returns the coupon codes that unlock it, one of which must be entered; empty: it needs none of a list.
    pub fn coupon_codes(&self) -> impl Iterator<Item = &CouponCode> {
        self.conditions.iter().filter_map(Condition::codes).flatten()
    }

    /// Tells whether it is for goods of a collection, by its conditions or by those of its benefits.
    ///
    /// ```
    /// # use sutler_core::id::{CollectionId, PromotionId};
    /// # use sutler_core::money::Rate;
    /// # use sutler_core::pricing::{Benefit, BuyGet, Condition, Promotion};
    /// let winter = CollectionId::from_u128(7);
    /// let goods = vec![Condition::Collection { collections: vec![winter] }];
    /// let second_free = Benefit::BuyGet(BuyGet { buy: 1, get: 1, rate: Rate::ONE, goods, each_variant: false });
    /// let spring = Promotion::new(PromotionId::from_u128(1), "Spring", second_free);
    /// assert!(spring.names_collection(winter));
    /// assert!(!spring.names_collection(CollectionId::from_u128(8)));
    /// ```
    pub fn names_collection(&self, id: CollectionId) -> bool {
        let of_benefits = self.benefits.iter().flat_map(Benefit::goods);
        self.conditions.iter().chain(of_benefits).any(|condition| condition.names_collection(id))
    }

    /// Returns the batches of codes that unlock it.
    pub fn coupon_batches(&self) -> impl Iterator<Item = CouponBatchId> {
        self.conditions.iter().filter_map(Condition::batch)
    }

    /// Returns it as it must be to be unlocked by the codes of a batch, each of them once where it does not say how often.
    /// One that has a batch already stays as it is.
    ///
    /// Errors: [`PricingError::InvalidRule`] when it is unlocked by codes that somebody thought of: a buyer would have to
    /// enter one of each.
    ///
    /// ```
    /// # use sutler_core::id::{CouponBatchId, PromotionId};
    /// # use sutler_core::pricing::{Benefit, Condition, CouponCode, Promotion};
    /// # let free = Promotion::new(PromotionId::from_u128(1), "Spring", Benefit::FreeDelivery);
    /// let batch = CouponBatchId::from_u128(1);
    /// let unlocked = free.unlocked_by(batch)?;
    /// assert!(unlocked.coupon_batches().eq([batch]));
    /// assert_eq!(unlocked.limits.uses_per_coupon, Some(1));
    /// assert_eq!(unlocked.unlocked_by(CouponBatchId::from_u128(2))?, unlocked);
    ///
    /// let codes = vec![CouponCode::new("SPRING")?];
    /// let listed = Promotion { conditions: vec![Condition::Coupon { codes }], ..free };
    /// assert!(listed.unlocked_by(batch).is_err());
    /// # Ok::<(), sutler_core::pricing::PricingError>(())
    /// ```
    pub fn unlocked_by(&self, batch: CouponBatchId) -> Result<Promotion, PricingError> {
        if self.coupon_codes().next().is_some() {
            let why =
                "is unlocked by coupons that it lists; make another promotion for a batch of codes";
            return Err(PricingError::InvalidRule {
                noun: "promotion",
                name: self.name.clone(),
                why,
            });
        }
        let mut unlocked = self.clone();
        if self.coupon_batches().next().is_none() {
            unlocked.conditions.push(Condition::CouponBatch { batch });
            unlocked.limits.uses_per_coupon.get_or_insert(1);
        }
        Ok(unlocked)
    }

    /// Tells whether it is for buyers who have placed no order before.
    pub fn is_for_first_orders(&self) -> bool {
        self.conditions.contains(&Condition::FirstOrder)
    }

    /// Returns the variants that it gives.
    pub fn gifts(&self) -> impl Iterator<Item = VariantId> {
        self.benefits.iter().filter_map(|benefit| match benefit {
            Benefit::Gift { variant, .. } => Some(*variant),
            _ => None,
        })
    }

    /// Tells whether a line is among those it is for: it fulfills every condition on goods.
    pub fn is_for(&self, goods: &VariantFacts) -> bool {
        self.conditions.iter().all(|condition| condition.is_for(goods))
    }

    /// Checks what one promotion must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let contradiction = || {
            self.contradiction()
                .or_else(|| self.limits.contradiction())
                .or_else(|| self.benefits.iter().find_map(Benefit::contradiction))
                .or_else(|| self.conditions.iter().find_map(Condition::contradiction))
        };
        contradiction().map_or(Ok(()), |why| {
            Err(PricingError::InvalidRule { noun: "promotion", name: self.name.clone(), why })
        })
    }

    fn contradiction(&self) -> Option<&'static str> {
        let limits = &self.limits;
        let counts_units = [limits.units, limits.units_per_customer, limits.units_per_order];
        let counts_units = counts_units.iter().any(Option::is_some);
        let on_units = self.benefits.iter().filter(|benefit| benefit.is_on_units()).count();
        let coupon =
            |c: &&Condition| matches!(c, Condition::Coupon { .. } | Condition::CouponBatch { .. });
        if self.name.trim().is_empty() {
            Some("has no name; buyers see it at their discount")
        } else if self.benefits.is_empty() {
            Some("gives nothing; it has one benefit or more")
        } else if self.window.is_empty() {
            Some("ends before it begins; swap the two moments")
        } else if counts_units && on_units != 1 {
            Some("limits units, so it needs exactly one benefit that takes something off units")
        } else if counts_units && self.benefits.iter().any(|b| matches!(b, Benefit::Bundle { .. }))
        {
            Some("limits units of a bundle, which is sold whole; limit its uses instead")
        } else if limits.uses_per_coupon.is_some() && !self.conditions.iter().any(|c| coupon(&c)) {
            Some("limits the uses of each coupon but needs none; add a coupon")
        } else {
            None
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;
    use crate::money::{Currency, Money, Rate};
    use crate::time::Timestamp;

    fn promotion(benefit: Benefit, conditions: Vec<Condition>) -> Promotion {
        Promotion { conditions, ..Promotion::new(PromotionId::from_u128(1), "Spring", benefit) }
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_at_the_door() {
        let percent = |text| Benefit::Percent { rate: Rate::percent(text).unwrap() };
        let minus = Money::from_minor(-1, Currency::EUR);
        let at = Timestamp::from_millis(5);
        assert_eq!(promotion(percent("100"), vec![]).check(), Ok(()));
        assert_eq!(promotion(Benefit::FreeDelivery, vec![]).check(), Ok(()));
        for wrong in [
            promotion(percent("0"), vec![]),
            promotion(percent("100.01"), vec![]),
            promotion(Benefit::FixedOrder { amount: minus }, vec![]),
            promotion(Benefit::FixedLine { amount: Money::zero(Currency::EUR) }, vec![]),
            promotion(percent("5"), vec![Condition::Coupon { codes: vec![] }]),
            promotion(percent("5"), vec![Condition::MinSubtotal { amount: minus }]),
            Promotion { name: String::new(), ..promotion(percent("5"), vec![]) },
            Promotion {
                window: Window { from: Some(at), until: Some(at) },
                ..promotion(percent("5"), vec![])
            },
        ] {
            assert_eq!(
                wrong.check().map_err(|e| e.code()),
                Err("pricing.invalid_rule"),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_promotion_that_was_stored_with_one_benefit_is_still_read() {
        let stored = r#"{
            "id": "promo_00000000000000000000000000000001", "name": "Spring",
            "conditions": [{"kind": "min_subtotal", "amount": {"amount": "5.00", "currency": "EUR"}}],
            "benefit": {"kind": "fixed_order", "amount": {"amount": "1.00", "currency": "EUR"}},
            "lane": "normal", "priority": 0, "exclusive": false, "window": {},
            "usage_limit": 5, "usage_limit_per_customer": null, "active": true, "version": 1
        }"#;
        let read: Promotion = serde_json::from_str(stored).unwrap();
        let eur = |minor| Money::from_minor(minor, Currency::EUR);
        let wanted = promotion(
            Benefit::FixedOrder { amount: eur(100) },
            vec![Condition::MinSubtotal { amount: eur(500) }],
        );
        assert_eq!(read, Promotion { limits: Limits { uses: Some(5), ..Limits::NONE }, ..wanted });
    }

    #[test]
    fn all_codes_of_all_coupon_conditions_unlock() {
        let code = |text| CouponCode::new(text).unwrap();
        let coupon = Condition::Coupon { codes: vec![code("a"), code("b")] };
        let promotion = promotion(Benefit::FreeDelivery, vec![coupon]);
        assert_eq!(
            promotion.coupon_codes().map(CouponCode::as_str).collect::<Vec<_>>(),
            ["A", "B"]
        );
    }
}
