//! What becomes of promotions that somebody wrote down: which are new, which change one that is stored, which say nothing
//! new.
//!
//! A promotion that is written down is known by its name, letter by letter: a file has no other word for it, and buyers
//! see that word at their discount. So a file that is read twice makes nothing twice, and one that was changed changes
//! what is stored: uses and budgets go on counting under the same id.
//!
//! Deliberately absent: taking promotions away. What a file does not name stays.

use super::Promotion;

/// A promotion as somebody wrote it down.
///
/// ```
/// use sutler_core::pricing::WrittenPromotion;
/// # use sutler_core::id::PromotionId;
/// # use sutler_core::pricing::{Benefit, Promotion};
/// # let promotion = Promotion::new(PromotionId::from_u128(1), "Spring", Benefit::FreeDelivery);
/// let written = WrittenPromotion { promotion, says_active: false };
/// assert!(written.promotion.active, "a new one is switched on unless it says otherwise");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenPromotion {
    /// What it says. Its id is used when it is new; its version is not looked at.
    pub promotion: Promotion,
    /// Whether it says that it is switched on or off. When not, one that is stored stays as it is.
    pub says_active: bool,
}

/// What becomes of one written promotion.
///
/// ```
/// use sutler_core::pricing::{PlannedPromotion, WrittenPromotion, plan_promotions};
/// # use sutler_core::id::PromotionId;
/// # use sutler_core::pricing::{Benefit, Promotion};
/// # let spring = Promotion {
/// #     version: 0,
/// #     ..Promotion::new(PromotionId::from_u128(1), "Spring", Benefit::FreeDelivery)
/// # };
/// let written = WrittenPromotion { promotion: spring, says_active: false };
/// let planned = plan_promotions([written.clone()], &[]);
/// let Ok(PlannedPromotion::Created(stored)) = &planned[0] else { panic!("{planned:?}") };
/// assert_eq!(stored.version, 1);
/// let again = plan_promotions([written], std::slice::from_ref(stored));
/// assert_eq!(again, [Ok(PlannedPromotion::Unchanged(stored.clone()))]);
/// assert_eq!(again[0].as_ref().ok().and_then(PlannedPromotion::to_write), None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlannedPromotion {
    /// It is new.
    Created(Promotion),
    /// One that is stored changes.
    Changed {
        /// As it is stored.
        before: Box<Promotion>,
        /// As it is to be.
        after: Promotion,
    },
    /// It is stored already and says the same.
    Unchanged(Promotion),
}

impl PlannedPromotion {
    /// Returns the promotion as it is to be.
    ///
    /// ```
    /// use sutler_core::pricing::PlannedPromotion;
    /// # use sutler_core::id::PromotionId;
    /// # use sutler_core::pricing::{Benefit, Promotion};
    /// # let spring = Promotion::new(PromotionId::from_u128(1), "Spring", Benefit::FreeDelivery);
    /// let before = Box::new(spring.clone());
    /// let after = Promotion { active: false, version: 2, ..spring };
    /// assert!(!PlannedPromotion::Changed { before, after }.after().active);
    /// ```
    pub fn after(&self) -> &Promotion {
        match self {
            PlannedPromotion::Created(after)
            | PlannedPromotion::Changed { after, .. }
            | PlannedPromotion::Unchanged(after) => after,
        }
    }

    /// Returns what is to be written; `None` when nothing is.
    pub fn to_write(&self) -> Option<&Promotion> {
        Some(self.after()).filter(|_| !matches!(self, PlannedPromotion::Unchanged(_)))
    }
}

/// Why a written promotion cannot be told from others.
///
/// ```
/// use sutler_core::pricing::PromotionNameRefusal;
///
/// let refusal = PromotionNameRefusal::SeveralStored { count: 2 };
/// assert_eq!(refusal.to_string(), "2 promotions of the shop have this name");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PromotionNameRefusal {
    /// It stands there twice.
    #[error("another promotion before it has this name")]
    WrittenTwice,
    /// The shop has several of its name, from before names were looked at.
    #[error("{count} promotions of the shop have this name")]
    SeveralStored {
        /// How many.
        count: usize,
    },
}

/// Finds out what becomes of each written promotion, in their order.
///
/// Errors, one for each: [`PromotionNameRefusal`].
///
/// ```
/// use sutler_core::pricing::{PromotionNameRefusal, WrittenPromotion, plan_promotions};
/// # use sutler_core::id::PromotionId;
/// # use sutler_core::pricing::{Benefit, Promotion};
/// # let promotion = Promotion::new(PromotionId::from_u128(1), "Spring", Benefit::FreeDelivery);
/// let written = WrittenPromotion { promotion, says_active: false };
/// let planned = plan_promotions([written.clone(), written], &[]);
/// assert_eq!(planned[1], Err(PromotionNameRefusal::WrittenTwice));
/// ```
pub fn plan_promotions(
    written: impl IntoIterator<Item = WrittenPromotion>,
    stored: &[Promotion],
) -> Vec<Result<PlannedPromotion, PromotionNameRefusal>> {
    let mut names: Vec<String> = Vec::new();
    let mut planned = Vec::new();
    for written in written {
        let name = written.promotion.name.clone();
        let is_new = !names.contains(&name);
        planned.push(if is_new {
            plan(written, stored)
        } else {
            Err(PromotionNameRefusal::WrittenTwice)
        });
        names.push(name);
    }
    planned
}

fn plan(
    WrittenPromotion { promotion, says_active }: WrittenPromotion,
    stored: &[Promotion],
) -> Result<PlannedPromotion, PromotionNameRefusal> {
    let known: Vec<&Promotion> =
        stored.iter().filter(|known| known.name == promotion.name).collect();
    let known = match known.as_slice() {
        [] => return Ok(PlannedPromotion::Created(Promotion { version: 1, ..promotion })),
        [known] => *known,
        several => return Err(PromotionNameRefusal::SeveralStored { count: several.len() }),
    };
    let promotion = still_unlocked(promotion, known);
    let active = if says_active { promotion.active } else { known.active };
    let same = Promotion { id: known.id, version: known.version, active, ..promotion };
    Ok(if same == *known {
        PlannedPromotion::Unchanged(same)
    } else {
        let after = Promotion { version: known.version + 1, ..same };
        PlannedPromotion::Changed { before: Box::new(known.clone()), after }
    })
}

/// Returns what was written with the batch of codes that unlocks what is stored, unless it has codes of its own: codes are made
/// beside the file, and buyers hold them.
fn still_unlocked(written: Promotion, known: &Promotion) -> Promotion {
    let has_codes = written.coupon_codes().next().is_some();
    let batch = known.coupon_batches().next();
    let Some(batch) = batch.filter(|_| !has_codes && written.coupon_batches().next().is_none())
    else {
        return written;
    };
    let mut unlocked = written.clone();
    unlocked.limits.uses_per_coupon =
        written.limits.uses_per_coupon.or(known.limits.uses_per_coupon);
    unlocked.unlocked_by(batch).unwrap_or(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PromotionId;
    use crate::pricing::Benefit;

    fn promotion(id: u128, name: &str) -> Promotion {
        Promotion {
            version: 0,
            ..Promotion::new(PromotionId::from_u128(id), name, Benefit::FreeDelivery)
        }
    }

    fn written(promotion: Promotion) -> WrittenPromotion {
        WrittenPromotion { promotion, says_active: false }
    }

    #[test]
    fn what_is_stored_keeps_its_id_and_whether_it_is_switched_on() {
        let stored = Promotion { active: false, version: 7, ..promotion(1, "Spring") };
        let dearer = written(Promotion { priority: 3, ..promotion(9, "Spring") });
        let planned = plan_promotions([dearer.clone()], std::slice::from_ref(&stored));
        let after = Promotion { priority: 3, version: 8, ..stored.clone() };
        let before = Box::new(stored.clone());
        assert_eq!(planned, [Ok(PlannedPromotion::Changed { before, after })]);
        let spoken = WrittenPromotion { says_active: true, ..dearer };
        let planned = plan_promotions([spoken], &[stored]);
        assert!(matches!(&planned[0], Ok(planned) if planned.after().active));
    }

    #[test]
    fn what_says_nothing_new_writes_nothing() {
        let stored = Promotion { version: 2, ..promotion(1, "Spring") };
        let planned =
            plan_promotions([written(promotion(9, "Spring"))], std::slice::from_ref(&stored));
        assert_eq!(planned, [Ok(PlannedPromotion::Unchanged(stored))]);
        assert!(matches!(&planned[0], Ok(planned) if planned.to_write().is_none()));
    }

    #[test]
    fn a_name_that_several_have_is_refused() {
        let stored = [promotion(1, "Spring"), promotion(2, "Spring")];
        let planned = plan_promotions(
            [
                written(promotion(3, "Spring")),
                written(promotion(4, "May")),
                written(promotion(5, "May")),
            ],
            &stored,
        );
        assert_eq!(planned[0], Err(PromotionNameRefusal::SeveralStored { count: 2 }));
        assert!(matches!(planned[1], Ok(PlannedPromotion::Created(_))));
        assert_eq!(planned[2], Err(PromotionNameRefusal::WrittenTwice));
    }
}
