//! What a quote says of its promotions: what each took off which line, what it gave in all, or why it gave nothing.

use super::{Discount, Given, Outcome, Verdict};
use crate::money::{Currency, Money, MoneyError};
use crate::pricing::promotion::{Condition, Promotion};
use crate::pricing::{
    AppliedPromotion, CouponCode, PricingFacts, QuoteRequest, RefusedCoupon, RefusedPromotion,
};

/// Returns the discounts of each line, and those of the delivery, in the order in which they were taken.
pub(in crate::pricing) fn by_line(
    verdicts: &[Verdict<'_>],
    given: Vec<Given>,
    lines: usize,
) -> (Vec<Vec<Discount>>, Vec<Discount>) {
    let mut counts = vec![0; lines];
    given.iter().filter_map(|given| given.line).for_each(|line| counts[line] += 1);
    let mut of_lines: Vec<Vec<Discount>> = counts.into_iter().map(Vec::with_capacity).collect();
    let mut of_delivery = Vec::new();
    for Given { place, line, amount, origin, span } in given {
        let Verdict { promotion, name, .. } = &verdicts[place];
        let (promotion, name) = (promotion.id, name.clone());
        let discount = Discount { promotion, name, amount, origin, span };
        line.map_or(&mut of_delivery, |line| &mut of_lines[line]).push(discount);
    }
    (of_lines, of_delivery)
}

/// Sorts promotions by whether they gave something, each in the order of the verdicts.
pub(in crate::pricing) fn promotions(
    verdicts: &[Verdict<'_>],
    outcome: &Outcome,
    currency: Currency,
) -> Result<(Vec<AppliedPromotion>, Vec<RefusedPromotion>), MoneyError> {
    let mut sums = vec![(0_i128, 0_u32); verdicts.len()];
    for given in &outcome.given {
        let (amount, units) = &mut sums[given.place];
        *amount += i128::from(given.amount.minor());
        *units = units.saturating_add(given.span.map_or(0, |span| span.units));
    }
    let (mut applied, mut refused) = (Vec::new(), Vec::with_capacity(verdicts.len()));
    // A gift may have been free before.
    let gives = |place| outcome.gifts.iter().any(|gift| gift.place == place);
    for (place, (verdict, (amount, units))) in verdicts.iter().zip(sums).enumerate() {
        let (promotion, name) = (verdict.promotion.id, verdict.name.clone());
        let refusal = match &verdict.outcome {
            Ok(candidate) if amount > 0 || gives(place) => {
                let minor = i64::try_from(amount).map_err(|_| MoneyError::Overflow)?;
                let (coupon, amount) =
                    (candidate.coupon.cloned(), Money::from_minor(minor, currency));
                applied.push(AppliedPromotion { promotion, name, coupon, amount, units });
                continue;
            }
            Ok(candidate) => outcome.refusal(candidate),
            Err(refusal) => refusal.clone(),
        };
        refused.push(RefusedPromotion { promotion, name, refusal });
    }
    Ok((applied, refused))
}

/// Finds the entered codes of which no promotion applied, and the best reason to tell.
pub(in crate::pricing) fn coupons_refused(
    request: &QuoteRequest,
    facts: &PricingFacts,
    applied: &[AppliedPromotion],
    refused: &[RefusedPromotion],
) -> Vec<RefusedCoupon> {
    let mut found: Vec<RefusedCoupon> = Vec::new();
    for code in &request.coupons {
        let knows = |id| {
            let promotion = facts.promotions.iter().find(|promotion| promotion.id == id);
            promotion.is_some_and(|promotion| knows(promotion, code, facts))
        };
        if found.iter().any(|f| f.code == *code) || applied.iter().any(|a| knows(a.promotion)) {
            continue;
        }
        // "Used up" is the last thing to say: whatever else is wrong, the buyer can perhaps mend.
        let reasons = refused.iter().filter(|refused| knows(refused.promotion));
        let reason = reasons.min_by_key(|refused| refused.refusal.is_used_up());
        let promotion = reason.map(|refused| (refused.name.clone(), refused.refusal.clone()));
        found.push(RefusedCoupon { code: code.clone(), promotion });
    }
    found
}

/// Tells whether a code unlocks a promotion, by its list or by a batch.
fn knows(promotion: &Promotion, code: &CouponCode, facts: &PricingFacts) -> bool {
    let in_batch = |wanted| {
        facts.batch_coupons.iter().any(|known| known.batch == wanted && known.code == *code)
    };
    promotion.conditions.iter().any(|condition| match condition {
        Condition::Coupon { codes } => codes.contains(code),
        Condition::CouponBatch { batch } => in_batch(*batch),
        _ => false,
    })
}
