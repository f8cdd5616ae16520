//! What may be entered in a ledger, and how credit covers a total.

use super::{Credit, CreditEntry, CreditId, CreditKind, GiftCardCode};
use crate::money::Money;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// What a buyer wants to be paid with credit, before a provider is asked for the rest.
///
/// ```
/// use sutler_core::credit::{CreditChoice, GiftCardCode};
///
/// assert!(CreditChoice::NONE.is_none());
/// let code = GiftCardCode::from_random([7; 10])?;
/// let card = CreditChoice { gift_cards: vec![code], ..CreditChoice::NONE };
/// assert!(!card.is_none());
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreditChoice {
    /// Gift cards, taken in this order, each as far as it goes.
    pub gift_cards: Vec<GiftCardCode>,
    /// Whether the buyer's store credit is taken after them.
    pub store_credit: bool,
    /// What the buyer saw that is left to pay after all credit; another amount is refused as `payment.changed`.
    pub expect_due: Option<Money>,
}

impl CreditChoice {
    /// No credit at all.
    pub const NONE: CreditChoice =
        CreditChoice { gift_cards: Vec::new(), store_credit: false, expect_due: None };

    /// Returns whether no credit is to be used.
    pub fn is_none(&self) -> bool {
        self.gift_cards.is_empty() && !self.store_credit
    }
}

/// How much of a total one gift card or store credit pays.
///
/// ```
/// use sutler_core::credit::Redemption;
/// # use sutler_core::id::GiftCardId;
/// # use sutler_core::money::{Currency, Money};
///
/// let amount = Money::from_minor(2_000, Currency::EUR);
/// let redemption = Redemption { credit: GiftCardId::from_u128(1).into(), amount };
/// assert!(redemption.amount.is_positive());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Redemption {
    /// What pays.
    pub credit: CreditId,
    /// How much; more than zero.
    pub amount: Money,
}

/// Decides how much of `total` each credit pays, in the order given, each as far as it goes. What the ones before
/// cover is not taken from the ones after.
///
/// Errors: `credit.disabled`, `credit.expired`, `credit.short` when one that is needed has nothing left, `currency.wrong`.
///
/// ```
/// use sutler_core::credit::{Credit, Holder, redemptions};
/// # use sutler_core::id::GiftCardId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::time::Timestamp;
/// # let (eur, now) = (|minor| Money::from_minor(minor, Currency::EUR), Timestamp::from_millis(0));
/// # let card = |n, left| {
/// #     let holder = Holder::Customer { key: "ada".to_owned() };
/// #     Credit { left, ..Credit::opened(GiftCardId::from_u128(n), holder, Currency::EUR, None, now) }
/// # };
///
/// let cards = [card(1, eur(2_000)), card(2, eur(5_000)), card(3, eur(1))];
/// let paid: Vec<i64> =
///     redemptions(eur(2_870), &cards, now)?.iter().map(|part| part.amount.minor()).collect();
/// assert_eq!(paid, [2_000, 870], "the third one is not needed");
/// let empty = redemptions(eur(2_870), &[card(4, eur(0))], now);
/// assert_eq!(empty.map_err(|refusal| refusal.code()), Err("credit.short"));
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn redemptions(
    total: Money,
    credits: &[Credit],
    now: Timestamp,
) -> Result<Vec<Redemption>, Rejection> {
    let (mut due, mut found) = (total, Vec::<Redemption>::new());
    for credit in credits {
        // A card that is named twice pays once.
        if due.is_zero() || found.iter().any(|known| known.credit == credit.id) {
            continue;
        }
        credit.require_currency(total)?;
        credit.require_redeemable(now)?;
        let amount = if credit.left.minor() < due.minor() { credit.left } else { due };
        if !amount.is_positive() {
            return Err(Rejection::CreditShort {
                credit: credit.id,
                requested: due,
                left: credit.left,
            });
        }
        due = due.checked_sub(amount)?;
        found.push(Redemption { credit: credit.id, amount });
    }
    Ok(found)
}

impl Credit {
    /// Decides an entry and returns the record after it. Stores call this on the stored row, inside the transaction that
    /// writes the entry, so the rule stands here alone.
    ///
    /// Why money may go back to a card that is disabled or expired: it is still the bearer's, and `refund --to` can send
    /// it elsewhere.
    ///
    /// Errors: `currency.wrong`; `amount.not_positive` when the amount has the wrong sign or is zero; `reason.missing` for a
    /// correction; `credit.disabled` and `credit.expired` for a redemption; `credit.short` when it would leave less than
    /// nothing; `money.overflow`.
    ///
    /// ```
    /// use sutler_core::credit::{Credit, CreditEntry, CreditKind, Holder};
    /// # use sutler_core::id::StoreCreditId;
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::time::Timestamp;
    /// # let (eur, now) = (|minor| Money::from_minor(minor, Currency::EUR), Timestamp::from_millis(0));
    /// # let holder = Holder::Customer { key: "ada".to_owned() };
    /// # let credit = Credit::opened(StoreCreditId::from_u128(1), holder, Currency::EUR, None, now);
    /// let entry = |kind, amount| CreditEntry {
    ///     credit: credit.id, kind, amount, payment: None, reason: None,
    /// };
    /// let granted = credit.entered(&entry(CreditKind::Issued, eur(1_000)), now)?;
    /// let spent = granted.entered(&entry(CreditKind::Redeemed, eur(-1_000)), now)?;
    /// assert_eq!((spent.left, spent.entries), (eur(0), 2));
    /// let refused = spent.entered(&entry(CreditKind::Redeemed, eur(-1)), now);
    /// assert_eq!(refused.map_err(|refusal| refusal.code()), Err("credit.short"));
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn entered(&self, entry: &CreditEntry, now: Timestamp) -> Result<Credit, Rejection> {
        self.require_currency(entry.amount)?;
        let right_sign = match entry.kind {
            CreditKind::Redeemed => entry.amount.minor() < 0,
            CreditKind::Corrected => !entry.amount.is_zero(),
            CreditKind::Issued | CreditKind::GivenBack | CreditKind::Refunded => {
                entry.amount.is_positive()
            }
        };
        if !right_sign {
            return Err(Rejection::AmountNotPositive {
                given: entry.amount,
                verb: entry.kind.verb(),
            });
        }
        if entry.kind == CreditKind::Corrected
            && entry.reason.as_ref().is_none_or(|reason| reason.trim().is_empty())
        {
            return Err(Rejection::ReasonMissing);
        }
        if entry.kind == CreditKind::Redeemed {
            self.require_redeemable(now)?;
        }
        let left = self.left.checked_add(entry.amount)?;
        if left.minor() < 0 {
            let requested = Money::zero(self.left.currency()).checked_sub(entry.amount)?;
            return Err(Rejection::CreditShort { credit: self.id, requested, left: self.left });
        }
        Ok(Credit { left, entries: self.entries + 1, ..self.clone() })
    }

    /// Refuses what cannot be redeemed at this moment, whatever is left.
    ///
    /// Errors: `credit.disabled`, `credit.expired`.
    ///
    /// ```
    /// use sutler_core::credit::{Credit, Holder};
    /// # use sutler_core::id::GiftCardId;
    /// # use sutler_core::money::Currency;
    /// # use sutler_core::time::Timestamp;
    /// # let (now, holder) = (Timestamp::from_millis(0), Holder::Customer { key: "ada".to_owned() });
    /// let until = Some(now.plus_seconds(60));
    /// let card = Credit::opened(GiftCardId::from_u128(1), holder, Currency::EUR, until, now);
    /// assert_eq!(card.require_redeemable(now), Ok(()));
    /// let late = card.require_redeemable(now.plus_seconds(60));
    /// assert_eq!(late.map_err(|refusal| refusal.code()), Err("credit.expired"));
    /// ```
    pub fn require_redeemable(&self, now: Timestamp) -> Result<(), Rejection> {
        match self.expires_at {
            _ if !self.active => Err(Rejection::CreditDisabled { credit: self.id }),
            Some(at) if at <= now => Err(Rejection::CreditExpired { credit: self.id, at }),
            _ => Ok(()),
        }
    }

    fn require_currency(&self, amount: Money) -> Result<(), Rejection> {
        let wanted = self.left.currency();
        if amount.currency() == wanted {
            return Ok(());
        }
        Err(Rejection::WrongCurrency {
            given: amount.to_string(),
            wanted: wanted.code().to_owned(),
        })
    }
}

impl CreditKind {
    /// What is done to the amount, for a refusal.
    const fn verb(self) -> &'static str {
        match self {
            CreditKind::Issued => "issue",
            CreditKind::Redeemed => "redeem",
            CreditKind::GivenBack => "give back",
            CreditKind::Refunded => "refund",
            CreditKind::Corrected => "correct",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use proptest::prelude::*;

    use super::super::Holder;
    use super::*;
    use crate::id::GiftCardId;
    use crate::money::Currency;
    use crate::testing::moment;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn card(n: u128, left: i64) -> Credit {
        let holder = Holder::Customer { key: n.to_string() };
        let opened =
            Credit::opened(GiftCardId::from_u128(n), holder, Currency::EUR, None, moment(0));
        Credit { left: eur(left), ..opened }
    }

    fn entry(kind: CreditKind, minor: i64) -> CreditEntry {
        let reason = Some("because".to_owned());
        CreditEntry {
            credit: GiftCardId::from_u128(1).into(),
            kind,
            amount: eur(minor),
            payment: None,
            reason,
        }
    }

    #[test]
    fn each_kind_has_its_sign_and_its_conditions() {
        use CreditKind::{Corrected, GivenBack, Issued, Redeemed, Refunded};
        let (open, off) = (card(1, 100), Credit { active: false, ..card(1, 100) });
        let late = Credit { expires_at: Some(moment(5)), ..card(1, 100) };
        #[rustfmt::skip]
        let table = [
            // record  kind       amount  answer
            (&open, Issued,    50,   Ok(150)),
            (&open, Issued,    -50,  Err("amount.not_positive")),
            (&open, Redeemed,  -100, Ok(0)),
            (&open, Redeemed,  -101, Err("credit.short")),
            (&open, Redeemed,  1,    Err("amount.not_positive")),
            (&open, GivenBack, 7,    Ok(107)),
            (&open, GivenBack, 0,    Err("amount.not_positive")),
            (&open, Refunded,  7,    Ok(107)),
            (&open, Corrected, 7,    Ok(107)),
            (&open, Corrected, -100, Ok(0)),
            (&open, Corrected, -101, Err("credit.short")),
            (&open, Corrected, 0,    Err("amount.not_positive")),
            (&open, Issued,    i64::MAX, Err("money.overflow")),
            (&off,  Redeemed,  -1,   Err("credit.disabled")),
            (&off,  GivenBack, 1,    Ok(101)),
            (&off,  Corrected, -100, Ok(0)),
            (&late, Redeemed,  -1,   Err("credit.expired")),
            (&late, Refunded,  1,    Ok(101)),
        ];
        for (record, kind, minor, expected) in table {
            let after = record.entered(&entry(kind, minor), moment(5));
            let after = after.map(|after| after.left.minor()).map_err(|refusal| refusal.code());
            assert_eq!(after, expected, "{kind:?} {minor}");
        }
        let unsaid = CreditEntry { reason: Some(" ".to_owned()), ..entry(Corrected, 1) };
        assert_eq!(open.entered(&unsaid, moment(0)), Err(Rejection::ReasonMissing));
        let foreign =
            CreditEntry { amount: Money::from_minor(1, Currency::USD), ..entry(Issued, 1) };
        assert_eq!(open.entered(&foreign, moment(0)).unwrap_err().code(), "currency.wrong");
    }

    #[test]
    fn a_card_that_is_named_twice_pays_once() {
        let paid = redemptions(eur(300), &[card(1, 100), card(1, 100)], moment(0)).unwrap();
        assert_eq!(paid, [Redemption { credit: card(1, 0).id, amount: eur(100) }]);
    }

    fn kinds() -> impl Strategy<Value = (CreditKind, i64)> {
        (0..CreditKind::ALL.len(), -400_i64..400).prop_map(|(n, minor)| (CreditKind::ALL[n], minor))
    }

    proptest! {
        /// Whatever is tried, what is left is the sum of what was let in, and never below zero.
        #[test]
        fn what_is_left_is_the_fold_of_the_ledger_and_never_below_zero(
            tried in proptest::collection::vec(kinds(), 0..60),
        ) {
            let (mut record, mut ledger) = (card(1, 0), Vec::new());
            for (kind, minor) in tried {
                if let Ok(after) = record.entered(&entry(kind, minor), moment(0)) {
                    ledger.push(minor);
                    prop_assert_eq!(after.entries, record.entries + 1);
                    record = after;
                }
                prop_assert_eq!(record.left.minor(), ledger.iter().sum::<i64>());
                prop_assert!(record.left.minor() >= 0);
            }
        }

        /// The parts and the rest are the total; no part is more than its card has; nothing is taken that is not needed.
        #[test]
        fn redemptions_cover_as_much_as_they_can_and_no_more(
            total in 0_i64..2_000, cards in proptest::collection::vec(1_i64..700, 0..6),
        ) {
            let cards: Vec<Credit> = (1..).zip(&cards).map(|(n, left)| card(n, *left)).collect();
            let paid = redemptions(eur(total), &cards, moment(0)).unwrap();
            let sum: i64 = paid.iter().map(|part| part.amount.minor()).sum();
            let all: i64 = cards.iter().map(|card| card.left.minor()).sum();
            prop_assert_eq!(sum, total.min(all));
            for part in &paid {
                let card = cards.iter().find(|card| card.id == part.credit).unwrap();
                prop_assert!(part.amount.is_positive() && part.amount.minor() <= card.left.minor());
            }
        }
    }
}
