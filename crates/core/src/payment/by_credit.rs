//! Payments whose provider is the shop itself: gift cards and store credit.
//!
//! Such a payment has facts like any other and no tasks. What another provider is asked for in a call of its own, and
//! answers later, is written here at once: the fact, the entry in the ledger and the events are in the commit that decided
//! them, guarded by the version of the payment, so each happens exactly once. The name of such a fact ends with the id of
//! the gift card or store credit, by which `verify` finds the entry that belongs to it.

use super::{FactKind, Payment, PaymentDraft, PaymentFact, TaskKind};
use crate::change::Change;
use crate::credit::{CreditEntry, CreditId, CreditKind};
use crate::money::Money;
use crate::rejection::Rejection;
use crate::time::Timestamp;

impl Payment {
    /// Returns what pays, when that is a gift card or store credit.
    ///
    /// ```
    /// use sutler_core::credit::CreditId;
    /// use sutler_core::payment::Payment;
    /// # use sutler_core::id::{GiftCardId, OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::time::Timestamp;
    ///
    /// let card = CreditId::from(GiftCardId::from_u128(7));
    /// let (provider, method) = (card.provider().to_owned(), card.to_string());
    /// # let (amount, created_at) = (Money::from_minor(1, Currency::EUR), Timestamp::from_millis(0));
    /// let payment = Payment {
    ///     provider, method,
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), amount, facts: vec![], created_at, version: 1,
    ///     // …
    /// };
    /// assert_eq!(payment.credit(), Some(card));
    /// assert_eq!(Payment { provider: "test".to_owned(), ..payment }.credit(), None);
    /// ```
    pub fn credit(&self) -> Option<CreditId> {
        let credit: CreditId = self.method.parse().ok()?;
        (credit.provider() == self.provider).then_some(credit)
    }
}

impl PaymentFact {
    /// Returns the gift card or store credit whose ledger has the entry that belongs to this fact.
    ///
    /// ```
    /// use sutler_core::credit::CreditId;
    /// use sutler_core::id::GiftCardId;
    /// use sutler_core::payment::{FactKind, PaymentFact};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::time::Timestamp;
    /// # let (amount, at) = (Money::from_minor(1, Currency::EUR), Timestamp::from_millis(0));
    ///
    /// let card = CreditId::from(GiftCardId::from_u128(7));
    /// let fact = PaymentFact { kind: FactKind::Voided, amount, reference: format!("void:2:{card}"), at };
    /// assert_eq!(fact.credit(), Some(card));
    /// assert_eq!(PaymentFact { kind: FactKind::Captured, ..fact }.credit(), None, "taking enters nothing");
    /// ```
    pub fn credit(&self) -> Option<CreditId> {
        entry_of(self.kind)?;
        self.reference.rsplit_once(':')?.1.parse().ok()
    }
}

/// Returns what a fact of credit enters in the ledger. To take what is held enters nothing: it left with the hold.
pub(crate) const fn entry_of(kind: FactKind) -> Option<CreditKind> {
    match kind {
        FactKind::Authorized => Some(CreditKind::Redeemed),
        FactKind::Voided => Some(CreditKind::GivenBack),
        FactKind::Refunded => Some(CreditKind::Refunded),
        FactKind::Captured | FactKind::Failed | FactKind::Disputed => None,
    }
}

impl PaymentDraft {
    /// Holds the amount of a payment that was just opened: takes it off the gift card or store credit that pays. Nothing for
    /// a payment of another provider.
    ///
    /// ```
    /// use sutler_core::payment::{Payment, PaymentDraft, PaymentStatus};
    /// # use sutler_core::credit::CreditId;
    /// # use sutler_core::id::{GiftCardId, OrderId, PaymentId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::time::Timestamp;
    /// # let (amount, now) = (Money::from_minor(500, Currency::EUR), Timestamp::from_millis(0));
    /// # let card = CreditId::from(GiftCardId::from_u128(7));
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: card.provider().to_owned(),
    /// #     method: card.to_string(), amount, facts: vec![], created_at: now, version: 1,
    /// # };
    ///
    /// let mut draft = PaymentDraft::new(payment, vec![]);
    /// draft.redeem(now);
    /// assert_eq!(draft.payment().state().status, PaymentStatus::Authorized);
    /// draft.void(now);
    /// assert_eq!(draft.payment().state().status, PaymentStatus::Voided, "given back at once");
    /// assert!(draft.tasks().is_empty(), "nobody else is asked");
    /// ```
    pub fn redeem(&mut self, now: Timestamp) {
        if let Some(credit) = self.payment.credit() {
            self.enter(FactKind::Authorized, "authorize", self.payment.amount, credit, now);
        }
    }

    /// Gives taken money back to a gift card or store credit, whatever the money was taken from.
    ///
    /// Errors: as [`PaymentDraft::refund`].
    ///
    /// ```
    /// use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact};
    /// # use sutler_core::id::{OrderId, PaymentId, StoreCreditId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::time::Timestamp;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// # let now = Timestamp::from_millis(0);
    /// # let captured = PaymentFact { kind: FactKind::Captured, amount: eur(1_000), reference: "c".to_owned(), at: now };
    /// # let payment = Payment {
    /// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
    /// #     amount: eur(1_000), facts: vec![captured], created_at: now, version: 2,
    /// # };
    ///
    /// let mut paid_by_card = PaymentDraft::new(payment, vec![]);
    /// paid_by_card.refund_to(StoreCreditId::from_u128(1).into(), eur(400), now)?;
    /// assert_eq!(paid_by_card.payment().state().refunded, eur(400));
    /// assert!(paid_by_card.tasks().is_empty(), "the bank is not asked");
    /// let refused = paid_by_card.refund_to(StoreCreditId::from_u128(1).into(), eur(601), now);
    /// assert_eq!(refused.map_err(|why| why.code()), Err("refund.too_large"));
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn refund_to(
        &mut self,
        credit: CreditId,
        amount: Money,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        self.require_refundable(amount)?;
        self.enter(FactKind::Refunded, TaskKind::Refund.word(), amount, credit, now);
        Ok(())
    }

    /// Does at once what another provider would be asked to do.
    pub(super) fn settle(
        &mut self,
        kind: TaskKind,
        amount: Money,
        credit: CreditId,
        now: Timestamp,
    ) {
        self.enter(kind.fact(), kind.word(), amount, credit, now);
    }

    /// Writes a fact and what it enters in the ledger.
    fn enter(
        &mut self,
        kind: FactKind,
        verb: &str,
        amount: Money,
        credit: CreditId,
        now: Timestamp,
    ) {
        let version = self.payment.version;
        // The version makes it unique within the payment.
        let reference = format!("{verb}:{version}:{credit}");
        if let Some(entered) = entry_of(kind) {
            let minor = match entered {
                CreditKind::Redeemed => -amount.minor(),
                _ => amount.minor(),
            };
            let entry = CreditEntry {
                credit,
                kind: entered,
                amount: Money::from_minor(minor, amount.currency()),
                payment: Some(self.payment.id),
                reason: None,
            };
            self.events.push(entry.event());
            self.changes.push(Change::CreditEntry(entry));
        }
        self.add(PaymentFact { kind, amount, reference, at: now }, Some(version));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::{GiftCardId, OrderId, PaymentId, StoreCreditId};
    use crate::money::Currency;
    use crate::order::OrderStatus;
    use crate::payment::{capture_shares, refund_shares};
    use crate::testing::moment;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn card() -> CreditId {
        GiftCardId::from_u128(7).into()
    }

    fn payment(id: u128, credit: Option<CreditId>, minor: i64) -> Payment {
        let (provider, method) = match credit {
            Some(credit) => (credit.provider().to_owned(), credit.to_string()),
            None => ("test".to_owned(), "ok".to_owned()),
        };
        Payment {
            id: PaymentId::from_u128(id),
            order: OrderId::from_u128(2),
            provider,
            method,
            amount: eur(minor),
            facts: Vec::new(),
            created_at: moment(0),
            version: 1,
        }
    }

    fn redeemed(minor: i64) -> PaymentDraft {
        let mut draft = PaymentDraft::new(payment(1, Some(card()), minor), Vec::new());
        draft.redeem(moment(0));
        draft
    }

    /// What the ledgers get: credit and amount of each entry.
    fn entered(draft: &PaymentDraft) -> Vec<(CreditId, i64)> {
        let entry = |change: &Change| match change {
            Change::CreditEntry(entry) => Some((entry.credit, entry.amount.minor())),
            _ => None,
        };
        draft.changes.iter().filter_map(entry).collect()
    }

    #[test]
    fn what_is_held_goes_back_once_and_what_is_taken_is_refunded() {
        let mut held = redeemed(500);
        held.void(moment(1));
        held.void(moment(1));
        held.give_up(moment(1)).expect("legal");
        assert_eq!(entered(&held), [(card(), -500), (card(), 500)]);
        let mut taken = redeemed(500);
        taken.capture(eur(500), moment(1));
        taken.void(moment(1));
        assert_eq!(entered(&taken), [(card(), -500)], "taken money is not dropped");
        taken.give_up(moment(1)).expect("legal");
        taken.give_up(moment(1)).expect("legal");
        assert_eq!(entered(&taken), [(card(), -500), (card(), 500)]);
        assert!(held.tasks().is_empty() && taken.tasks().is_empty());
    }

    #[test]
    fn a_payment_that_never_held_anything_gives_nothing_back() {
        let mut never = PaymentDraft::new(payment(1, Some(card()), 500), Vec::new());
        never.void(moment(1));
        assert_eq!(entered(&never), []);
    }

    #[test]
    fn each_fact_is_guarded_by_the_version_before_it() {
        let mut draft = redeemed(500);
        draft.capture(eur(200), moment(1));
        draft.capture(eur(500), moment(1));
        draft.refund(eur(500), moment(1)).expect("taken");
        let versions = draft.changes.iter().filter_map(|change| match change {
            Change::PaymentFact { payment_version, .. } => *payment_version,
            _ => None,
        });
        assert_eq!(versions.collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(draft.payment().state().check(), Ok(()));
        assert_eq!(draft.events.len(), 6, "four facts, and two entries");
    }

    #[test]
    fn what_was_paid_by_credit_may_be_refunded_to_other_credit() {
        let other = StoreCreditId::from_u128(9).into();
        let mut draft = redeemed(500);
        draft.capture(eur(500), moment(1));
        draft.refund_to(other, eur(100), moment(1)).expect("taken");
        draft.refund(eur(400), moment(1)).expect("taken");
        assert_eq!(entered(&draft), [(card(), -500), (other, 100), (card(), 400)]);
        assert!(draft.refund(eur(1), moment(1)).is_err());
    }

    #[test]
    fn credit_is_taken_before_the_providers_money_and_never_more_than_is_due() {
        let mut by_card = PaymentDraft::new(payment(1, None, 1_500), Vec::new());
        by_card.record(PaymentFact {
            kind: FactKind::Authorized,
            amount: eur(1_500),
            reference: "a".to_owned(),
            at: moment(0),
        });
        let both = [by_card, redeemed(500)];
        for (target, expected) in
            [(0, [0, 0]), (300, [0, 300]), (900, [400, 500]), (2_000, [1_500, 500])]
        {
            assert_eq!(capture_shares(eur(target), &both), expected.map(eur), "{target}");
        }
        assert_eq!(capture_shares(eur(9_999), &both), [eur(1_500), eur(500)]);
    }

    proptest! {
        /// An order paid by two cards and a provider, refunded in any partition to any place, gives back what was taken: to
        /// the cent, and nowhere more than it had to give.
        #[test]
        fn any_partition_of_refunds_gives_back_exactly_what_was_taken(
            parts in proptest::collection::vec((1_i64..900, any::<bool>()), 0..12),
        ) {
            let bank = PaymentFact {
                kind: FactKind::Captured, amount: eur(1_700), reference: "c".to_owned(), at: moment(0),
            };
            let mut by_bank = PaymentDraft::new(payment(3, None, 1_700), Vec::new());
            by_bank.record(bank);
            let mut drafts = vec![by_bank, redeemed(500), redeemed(800)];
            for draft in &mut drafts[1..] {
                draft.capture(draft.payment().amount, moment(1));
            }
            let elsewhere: CreditId = StoreCreditId::from_u128(9).into();
            let mut wanted: Vec<(Option<Money>, bool)> =
                parts.into_iter().map(|(minor, away)| (Some(eur(minor)), away)).collect();
            wanted.push((None, false));
            let mut given = 0;
            for (amount, away) in wanted {
                let Ok(shares) = refund_shares(Currency::EUR, &drafts, amount) else {
                    prop_assert!(amount.is_none_or(|amount| amount.minor() > 3_000 - given));
                    continue;
                };
                given += shares.iter().map(|share| share.minor()).sum::<i64>();
                for (draft, share) in drafts.iter_mut().zip(shares) {
                    if share.is_positive() && away {
                        draft.refund_to(elsewhere, share, moment(2)).expect("refundable");
                    } else if share.is_positive() {
                        draft.refund(share, moment(2)).expect("refundable");
                    }
                }
            }
            prop_assert_eq!(given, 3_000, "the last one gives all that is left");
            let asked: i64 = drafts[0].tasks().iter().map(|task| task.amount.minor()).sum();
            let credited: i64 = drafts.iter().flat_map(entered).map(|(_, minor)| minor).sum();
            prop_assert_eq!(asked + credited + 1_300, 3_000, "to the bank, and to credit beyond what was redeemed");
            for draft in &drafts[1..] {
                prop_assert_eq!(draft.payment().state().check(), Ok(()));
                prop_assert!(draft.payment().state().refundable().is_zero());
            }
            // A late answer of the bank changes nothing of it.
            let tasks = drafts[0].tasks().to_vec();
            for task in tasks {
                let reply = crate::port::ProviderReply { reference: task.key.clone(), amount: task.amount };
                drafts[0].answer(&task, &Ok(reply), OrderStatus::Placed, moment(3)).expect("legal");
            }
            prop_assert_eq!(drafts[0].payment().state().refunded, eur(1_700));
        }
    }
}
