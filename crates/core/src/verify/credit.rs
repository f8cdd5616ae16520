//! Gift cards and store credit against their ledgers, and both against the payments of orders.

use super::finding;
use crate::credit::{Credit, CreditId, CreditKind, StoredCreditEntry};
use crate::hash::ContentHash;
use crate::payment::{Payment, PaymentFact, entry_of};
use crate::port::Finding;

/// Passes over the ledger of one gift card or store credit: its chain, its fold, and that it never goes below zero.
///
/// ```
/// use sutler_core::credit::{Credit, Holder};
/// use sutler_core::hash::ContentHash;
/// use sutler_core::verify::CreditLedger;
/// # use sutler_core::id::GiftCardId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::time::Timestamp;
///
/// # let holder = Holder::Customer { key: "ada".to_owned() };
/// # let now = Timestamp::from_millis(0);
/// # let empty = Credit::opened(GiftCardId::from_u128(1), holder, Currency::EUR, None, now);
/// let kept = (0, ContentHash::ZERO);
/// assert_eq!(CreditLedger::new(empty.id).finish(&empty, kept), []);
/// let rich = Credit { left: Money::from_minor(1, Currency::EUR), ..empty };
/// assert_eq!(CreditLedger::new(rich.id).finish(&rich, kept)[0].check, "credit.left");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CreditLedger {
    credit: CreditId,
    entries: u64,
    head: ContentHash,
    left: i128,
    broken: bool,
    overdrawn: bool,
}

impl CreditLedger {
    /// Begins with an empty ledger.
    pub fn new(credit: CreditId) -> Self {
        let head = ContentHash::ZERO;
        Self { credit, entries: 0, head, left: 0, broken: false, overdrawn: false }
    }

    /// Takes the next entry; only the first break of the chain and the first overdraft are told.
    pub fn entry(&mut self, stored: &StoredCreditEntry) -> Vec<Finding> {
        let mut found = Vec::new();
        self.entries += 1;
        self.left += i128::from(stored.entry.amount.minor());
        self.head = self.head.chain(&stored.entry.chain_input(stored.seq, stored.at));
        let fits = stored.seq == self.entries
            && stored.entry.credit == self.credit
            && stored.link == self.head.link();
        if !fits && !self.broken {
            self.broken = true;
            let message = format!(
                "entry {} does not fit its chain: it or one before it was changed",
                stored.seq
            );
            found.push(finding("credit.chain", self.credit, message));
        }
        if self.left < 0 && !self.overdrawn {
            self.overdrawn = true;
            let message = format!("entry {} takes more than was there", stored.seq);
            found.push(finding("credit.left", self.credit, message));
        }
        found
    }

    /// Compares with the record and with the head that was kept.
    pub fn finish(&self, credit: &Credit, kept: (u64, ContentHash)) -> Vec<Finding> {
        let mut found = Vec::new();
        if !self.broken && (kept != (self.entries, self.head) || credit.entries != self.entries) {
            let message = "the chain has another head than was kept";
            found.push(finding("credit.chain", self.credit, message));
        }
        if i128::from(credit.left.minor()) != self.left {
            let message =
                format!("{} is left, the ledger comes to {} minor units", credit.left, self.left);
            found.push(finding("credit.left", self.credit, message));
        }
        found
    }
}

/// Checks that an entry belongs to a payment whose order exists, or is one that a person made.
///
/// ```
/// use sutler_core::credit::{CreditEntry, CreditKind, StoredCreditEntry};
/// use sutler_core::verify::check_credit_entry;
/// # use sutler_core::id::GiftCardId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::time::Timestamp;
///
/// # let (credit, amount) = (GiftCardId::from_u128(1).into(), Money::from_minor(-500, Currency::EUR));
/// let entry = CreditEntry { credit, kind: CreditKind::Redeemed, amount, payment: None, reason: None };
/// let orphan = StoredCreditEntry { seq: 2, at: Timestamp::from_millis(0), entry, link: 0 };
/// let found = check_credit_entry(&orphan, None).expect("nobody bought anything with it");
/// assert_eq!(found.check, "credit.payment");
/// ```
pub fn check_credit_entry(
    stored: &StoredCreditEntry,
    payment: Option<&Payment>,
) -> Option<Finding> {
    let entry = &stored.entry;
    let by_person = matches!(entry.kind, CreditKind::Issued | CreditKind::Corrected);
    if by_person && entry.payment.is_none() {
        return None;
    }
    let belongs =
        payment.is_some_and(|payment| payment.facts.iter().any(|fact| is_of(fact, stored)));
    (!belongs).then(|| {
        let message = format!(
            "entry {} ({} {}) belongs to no payment of an order",
            stored.seq,
            entry.kind.word(),
            entry.amount
        );
        finding("credit.payment", entry.credit, message)
    })
}

/// Checks that each fact of a payment which moved credit has exactly one entry in the ledger it names; `ledgers` holds the
/// ledgers of all that the facts name. A payment by credit has no fact that moved it otherwise.
///
/// ```
/// use sutler_core::payment::{FactKind, Payment, PaymentFact};
/// use sutler_core::verify::check_credit_facts;
/// # use sutler_core::credit::CreditId;
/// # use sutler_core::id::{GiftCardId, OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::time::Timestamp;
/// # let (amount, at) = (Money::from_minor(500, Currency::EUR), Timestamp::from_millis(0));
/// # let card = CreditId::from(GiftCardId::from_u128(7));
///
/// let reference = format!("authorize:1:{card}");
/// let held = PaymentFact { kind: FactKind::Authorized, amount, reference, at };
/// # let payment = Payment {
/// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: card.provider().to_owned(),
/// #     method: card.to_string(), amount, facts: vec![], created_at: at, version: 2,
/// # };
/// let payment = Payment { facts: vec![held], ..payment };
/// assert_eq!(check_credit_facts(&payment, &[])[0].check, "credit.payment", "nobody's card paid");
/// ```
pub fn check_credit_facts(payment: &Payment, ledgers: &[StoredCreditEntry]) -> Vec<Finding> {
    let own = |stored: &&StoredCreditEntry| stored.entry.payment == Some(payment.id);
    let moved = payment.facts.iter().filter(|fact| entry_of(fact.kind).is_some());
    let by_credit = payment.credit().is_some();
    let off = moved.filter(|fact| by_credit || fact.credit().is_some()).filter(|fact| {
        let entries = ledgers.iter().filter(own).filter(|stored| is_of(fact, stored)).count();
        let twins = payment.facts.iter().filter(|other| is_twin(fact, other)).count();
        fact.credit().is_none() || entries != twins
    });
    off.map(|fact| {
        let message = format!("the fact {} has not one entry in its ledger", fact.reference);
        finding("credit.payment", payment.id, message)
    })
    .collect()
}

/// Whether an entry may be the one that belongs to a fact.
fn is_of(fact: &PaymentFact, stored: &StoredCreditEntry) -> bool {
    entry_of(fact.kind) == Some(stored.entry.kind)
        && fact.credit() == Some(stored.entry.credit)
        && fact.amount.currency() == stored.entry.amount.currency()
        && fact.amount.minor().checked_abs() == stored.entry.amount.minor().checked_abs()
}

/// Whether two facts cannot be told apart by their entries: two refunds of the same amount to the same place.
fn is_twin(fact: &PaymentFact, other: &PaymentFact) -> bool {
    (fact.kind, fact.amount, fact.credit()) == (other.kind, other.amount, other.credit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;
    use crate::change::{Change, ChangeSet};
    use crate::credit::{CreditEntry, Holder};
    use crate::id::{CommandId, GiftCardId, OrderId, PaymentId};
    use crate::money::{Currency, Money};
    use crate::payment::PaymentDraft;
    use crate::testing::moment;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn card() -> CreditId {
        GiftCardId::from_u128(7).into()
    }

    /// A card of 10.00 that paid 5.00 and got 2.00 and 3.00 back, and the payment.
    fn world() -> (Credit, Vec<StoredCreditEntry>, Payment) {
        let payment = Payment {
            id: PaymentId::from_u128(1),
            order: OrderId::from_u128(2),
            provider: card().provider().to_owned(),
            method: card().to_string(),
            amount: eur(500),
            facts: Vec::new(),
            created_at: moment(0),
            version: 1,
        };
        let mut draft = PaymentDraft::new(payment, Vec::new());
        draft.redeem(moment(1));
        draft.capture(eur(500), moment(1));
        for minor in [200, 200, 100] {
            draft.refund(eur(minor), moment(1)).unwrap();
        }
        let payment = draft.payment().clone();
        let mut set = ChangeSet::new(moment(1), CommandId::from_u128(1));
        let issued = CreditEntry {
            credit: card(),
            kind: CreditKind::Issued,
            amount: eur(1_000),
            payment: None,
            reason: None,
        };
        issued.write(&mut set);
        draft.write(&mut set);
        let holder = Holder::Customer { key: "ada".to_owned() };
        let GiftCardLedger { credit, entries } = set.changes.iter().fold(
            GiftCardLedger {
                credit: Credit::opened(card(), holder, Currency::EUR, None, moment(0)),
                entries: Vec::new(),
            },
            GiftCardLedger::with,
        );
        (credit, entries, payment)
    }

    struct GiftCardLedger {
        credit: Credit,
        entries: Vec<StoredCreditEntry>,
    }

    impl GiftCardLedger {
        fn with(mut self, change: &Change) -> Self {
            if let Change::CreditEntry(entry) = change {
                self.credit = self.credit.entered(entry, moment(1)).unwrap();
                let (seq, at) = (self.credit.entries, moment(1));
                self.entries.push(StoredCreditEntry { seq, at, entry: entry.clone(), link: 0 });
                let mut head = ContentHash::ZERO;
                for stored in &mut self.entries {
                    head = head.chain(&stored.entry.chain_input(stored.seq, stored.at));
                    stored.link = head.link();
                }
            }
            self
        }
    }

    fn words(
        credit: &Credit,
        entries: &[StoredCreditEntry],
        payment: &Payment,
    ) -> Vec<&'static str> {
        let mut head = ContentHash::ZERO;
        for stored in &world().1 {
            head = head.chain(&stored.entry.chain_input(stored.seq, stored.at));
        }
        let mut ledger = CreditLedger::new(card());
        let mut found: Vec<Finding> =
            entries.iter().flat_map(|stored| ledger.entry(stored)).collect();
        found.extend(ledger.finish(credit, (5, head)));
        let of = |stored: &StoredCreditEntry| {
            (stored.entry.payment == Some(payment.id)).then_some(payment)
        };
        found.extend(entries.iter().filter_map(|stored| check_credit_entry(stored, of(stored))));
        found.extend(check_credit_facts(payment, entries));
        let mut words: Vec<_> = found.iter().map(|finding| finding.check).collect();
        words.dedup();
        words
    }

    #[test]
    fn what_belongs_together_is_well() {
        let (credit, entries, payment) = world();
        assert_eq!(words(&credit, &entries, &payment), [""; 0]);
        assert_eq!(credit.left, eur(1_000));
    }

    #[test]
    fn each_kind_of_damage_is_found() {
        type Damage = fn(&mut Credit, &mut Vec<StoredCreditEntry>, &mut Payment);
        let table: &[(&str, Damage, &[&str])] = &[
            ("more is left", |credit, _, _| credit.left = eur(1_001), &["credit.left"]),
            (
                "an entry is gone",
                |_, entries, _| drop(entries.pop()),
                &["credit.chain", "credit.left", "credit.payment"],
            ),
            (
                "an entry was raised",
                |_, entries, _| entries[0].entry.amount = eur(2_000),
                &["credit.chain", "credit.left"],
            ),
            (
                "more was taken",
                |_, entries, _| entries[1].entry.amount = eur(-1_500),
                &["credit.chain", "credit.left", "credit.payment"],
            ),
            ("a fact is gone", |_, _, payment| drop(payment.facts.remove(0)), &["credit.payment"]),
            (
                "a refund fact is gone",
                |_, _, payment| drop(payment.facts.pop()),
                &["credit.payment"],
            ),
            (
                "a fact names no ledger",
                |_, _, payment| payment.facts[0].reference = "x".to_owned(),
                &["credit.payment"],
            ),
            (
                "another payment",
                |_, entries, _| entries[1].entry.payment = None,
                &["credit.chain", "credit.payment"],
            ),
            ("an entry too few is counted", |credit, _, _| credit.entries = 4, &["credit.chain"]),
        ];
        for (name, damage, expected) in table {
            let (mut credit, mut entries, mut payment) = world();
            damage(&mut credit, &mut entries, &mut payment);
            assert_eq!(words(&credit, &entries, &payment), *expected, "{name}");
        }
    }
}
