//! Gift cards and store credit: issuing, granting, correcting, disabling, and looking at them. Redeeming is a step of the
//! checkout, refunding to them a refund like others (see [`super::payment`]).
//!
//! Deliberately absent: chance, which comes in with the code of a card, and knowing who a buyer is.

use std::collections::BTreeMap;

use sutler_core::change::{Change, ChangeSet, Idempotency, IdempotencyKey, RecordRef};
use sutler_core::credit::{
    Credit, CreditChoice, CreditEntry, CreditId, CreditKind, GiftCardCode, Holder,
    StoredCreditEntry,
};
use sutler_core::customer::normalized_email;
use sutler_core::event::Event;
use sutler_core::hash::HashInput;
use sutler_core::id::{CustomerId, GiftCardId, PaymentId, StoreCreditId};
use sutler_core::money::{Currency, Money};
use sutler_core::order::{self, OrderNumber};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::shop::Settled;
use crate::{FlowError, Reader, Shop};

/// How many records or entries are read at once.
const PAGE: usize = 500;

/// What a gift card is issued with. No default: every field is a choice.
///
/// ```
/// use sutler_core::credit::GiftCardCode;
/// use sutler_core::money::{Currency, Money};
/// use sutler_engine::flow::credit::GiftCardIssue;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// // A program takes the bytes from a source fit for secrets.
/// let code = GiftCardCode::from_random([7; GiftCardCode::RANDOM_BYTES])?;
/// let issued = shop.gift_card_issue(&GiftCardIssue {
///     code: code.clone(),
///     amount: Money::from_minor(5_000, Currency::EUR),
///     expires_at: None,
///     reason: Some("prize of the summer raffle".to_owned()),
///     key: Some("raffle-2026".parse()?),
/// })?;
/// assert_eq!(issued.credit.left.to_string(), "50.00 EUR");
/// assert_eq!(shop.gift_card_by_code(&code)?.credit, issued.credit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GiftCardIssue {
    /// The code for the bearer. The shop keeps its hash only: whoever calls must show it now.
    pub code: GiftCardCode,
    /// What is on it.
    pub amount: Money,
    /// From when on it cannot be redeemed any more.
    pub expires_at: Option<Timestamp>,
    /// Why it was issued, in words.
    pub reason: Option<String>,
    /// Same key, same card: a retry issues no second one. Codes are not compared, because each call brings its own.
    pub key: Option<IdempotencyKey>,
}

/// A gift card or store credit with its ledger.
///
/// ```
/// use sutler_core::credit::CreditKind;
/// use sutler_core::money::{Currency, Money};
/// use sutler_engine::flow::credit::CreditView;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let ten = Money::from_minor(1_000, Currency::EUR);
/// let CreditView { credit, entries, replayed, .. } =
///     shop.store_credit_grant("Ada@example.com", ten, "a late parcel", None)?;
/// assert_eq!((credit.left, replayed), (ten, false));
/// assert_eq!(entries[0].entry.kind, CreditKind::Issued);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreditView {
    /// The record.
    pub credit: Credit,
    /// Its ledger, oldest first.
    pub entries: Vec<StoredCreditEntry>,
    /// The order of each payment in the ledger.
    pub orders: BTreeMap<PaymentId, OrderNumber>,
    /// Whether this very call was made before, so that nothing was done now.
    pub replayed: bool,
}

impl CreditView {
    /// Returns a record that is only planned, with nothing in its ledger that is not planned either.
    ///
    /// ```
    /// use sutler_engine::flow::credit::CreditView;
    /// # use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let ten = Money::from_minor(1_000, Currency::EUR);
    /// let planned = shop.store_credit_grant_plan("ada@example.com", ten, "a late parcel")?;
    /// assert!(CreditView::planned(planned).entries.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn planned(credit: Credit) -> Self {
        Self { credit, entries: Vec::new(), orders: BTreeMap::new(), replayed: false }
    }
}

impl Reader {
    /// Returns a gift card or store credit with its ledger.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # use sutler_core::id::GiftCardId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let refused = shop.credit(GiftCardId::from_u128(1).into()).unwrap_err();
    /// assert_eq!(refused.code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn credit(&self, id: CreditId) -> Result<CreditView, FlowError> {
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map_or(0, |stored: &StoredCreditEntry| stored.seq);
            let page = self.store().credit_ledger(id, after, PAGE)?;
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        let credit = self.credit_record(id)?;
        let mut orders = BTreeMap::new();
        for id in entries.iter().filter_map(|stored| stored.entry.payment) {
            if let Some(payment) = self.store().payment(id)?
                && let Some(order) = self.store().order(payment.order)?
            {
                orders.insert(id, order.number);
            }
        }
        Ok(CreditView { credit, entries, orders, replayed: false })
    }

    /// Returns a gift card by its code, with its ledger.
    ///
    /// Errors: `not_found`, which does not repeat the code.
    ///
    /// ```
    /// # use sutler_core::credit::GiftCardCode;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let code = GiftCardCode::from_random([7; 10])?;
    /// let refused = shop.gift_card_by_code(&code).unwrap_err();
    /// assert!(!refused.to_string().contains(code.reveal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn gift_card_by_code(&self, code: &GiftCardCode) -> Result<CreditView, FlowError> {
        self.credit(self.gift_card_record(code)?.id)
    }

    /// Returns the store credit of a customer, one for each currency.
    ///
    /// Errors: `email.invalid`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// assert!(shop.store_credit("ada@example.com")?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn store_credit(&self, customer: &str) -> Result<Vec<Credit>, FlowError> {
        Ok(self.store().store_credits(&self.credit_holder(customer)?)?)
    }

    /// Returns up to `limit` gift cards after `after`, by id.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// assert!(shop.gift_card_list(None, 10)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn gift_card_list(
        &self,
        after: Option<GiftCardId>,
        limit: usize,
    ) -> Result<Vec<Credit>, FlowError> {
        let mut page = self.store().credit_page(after.map(CreditId::from), limit)?;
        // All gift cards come before all store credit.
        page.retain(|credit| matches!(credit.id, CreditId::GiftCard(_)));
        Ok(page)
    }

    /// Returns up to `limit` store credits after `after`, by id.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let ten = Money::from_minor(1_000, Currency::EUR);
    /// let granted = shop.store_credit_grant("ada@example.com", ten, "a late parcel", None)?;
    /// assert_eq!(shop.store_credit_list(None, 10)?, [granted.credit]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn store_credit_list(
        &self,
        after: Option<StoreCreditId>,
        limit: usize,
    ) -> Result<Vec<Credit>, FlowError> {
        let last_card = CreditId::from(GiftCardId::from_u128(u128::MAX));
        let after = after.map_or(last_card, CreditId::from);
        Ok(self.store().credit_page(Some(after), limit)?)
    }

    /// Returns how a customer is named in the ledger: by id, or a guest by normalized e-mail. The e-mail of a known customer
    /// names that customer, whose carts are found by id.
    fn credit_holder(&self, customer: &str) -> Result<String, FlowError> {
        let customer = customer.trim();
        if let Ok(id) = customer.parse::<CustomerId>() {
            return Ok(id.to_string());
        }
        order::check_email(customer)?;
        let known = self.store().customer_by_email(&normalized_email(customer))?;
        Ok(order::buyer_key(known.map(|known| known.id), Some(customer)).unwrap_or_default())
    }

    fn gift_card_record(&self, code: &GiftCardCode) -> Result<Credit, FlowError> {
        let found = self.store().gift_card_by_code(code.hash())?;
        Ok(found.ok_or_else(|| Rejection::not_found("gift card", "with this code"))?)
    }

    fn credit_record(&self, id: CreditId) -> Result<Credit, FlowError> {
        Ok(self.store().credit(id)?.ok_or_else(|| Rejection::not_found(id.noun(), id))?)
    }
}

impl Shop {
    /// Issues a gift card.
    ///
    /// Errors: `amount.not_positive`; `input.invalid` when it would be expired already; `already_exists` when the code is on
    /// another card; `key.reused`.
    ///
    /// ```
    /// use sutler_core::credit::GiftCardCode;
    /// # use sutler_core::money::{Currency, Money};
    /// use sutler_engine::flow::credit::GiftCardIssue;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let command = |byte| -> Result<GiftCardIssue, Box<dyn std::error::Error>> {
    /// #     Ok(GiftCardIssue {
    /// #         code: GiftCardCode::from_random([byte; 10])?, amount: Money::from_minor(5_000, Currency::EUR),
    /// #         expires_at: None, reason: None, key: Some("raffle".parse()?),
    /// #     })
    /// # };
    /// let first = shop.gift_card_issue(&command(1)?)?;
    /// let again = shop.gift_card_issue(&command(2)?)?;
    /// assert!(again.replayed && again.credit == first.credit, "one key, one card");
    /// let unheard = shop.gift_card_by_code(&GiftCardCode::from_random([2; 10])?).unwrap_err();
    /// assert_eq!(unheard.code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn gift_card_issue(&self, command: &GiftCardIssue) -> Result<CreditView, FlowError> {
        let settled = self.settle(|set| self.decide_issue(command, set))?;
        self.credit_settled(settled)
    }

    /// Returns the card that [`Shop::gift_card_issue`] would issue. Writes nothing.
    ///
    /// Errors: as [`Shop::gift_card_issue`].
    ///
    /// ```
    /// # use sutler_core::credit::GiftCardCode;
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_engine::flow::credit::GiftCardIssue;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let command = GiftCardIssue {
    /// #     code: GiftCardCode::from_random([1; 10])?, amount: Money::from_minor(5_000, Currency::EUR), expires_at: None,
    /// #     reason: None, key: None,
    /// # };
    /// assert_eq!(shop.gift_card_issue_plan(&command)?.left, command.amount);
    /// assert!(shop.gift_card_list(None, 10)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn gift_card_issue_plan(&self, command: &GiftCardIssue) -> Result<Credit, FlowError> {
        self.credit_planned(|set| self.decide_issue(command, set))
    }

    fn decide_issue(
        &self,
        command: &GiftCardIssue,
        set: &mut ChangeSet,
    ) -> Result<CreditId, FlowError> {
        let GiftCardIssue { code, amount, expires_at, reason, key } = command;
        let mut content = HashInput::new("gift_card.issue");
        content.text(&amount.to_string()).optional_text(reason.as_deref());
        content.optional_text(expires_at.map(|at| at.to_string()).as_deref());
        let content = content.finish();
        let id = GiftCardId::from_u128(self.next_id());
        set.idempotency = key.clone().map(|key| Idempotency { key, content, answer: id.into() });
        if let Some(at) = expires_at.filter(|at| *at <= set.at) {
            return Err(expired(at).into());
        }
        self.require_new_code(code)?;
        gift_card_open(id, code, amount.currency(), *expires_at, set);
        entry(id, CreditKind::Issued, *amount, reason.clone()).write(set);
        Ok(id.into())
    }

    /// Grants a customer store credit, in the currency of the amount. A customer is named by id, or by e-mail.
    ///
    /// Errors: `email.invalid`, `amount.not_positive`, `reason.missing`, `key.reused`.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let ten = Money::from_minor(1_000, Currency::EUR);
    /// shop.store_credit_grant("ada@example.com", ten, "a late parcel", None)?;
    /// let twice = shop.store_credit_grant(" Ada@Example.com ", ten, "another one", None)?;
    /// assert_eq!(twice.credit.left.to_string(), "20.00 EUR", "the same guest");
    /// assert_eq!(shop.store_credit("ada@example.com")?, [twice.credit]);
    /// let refused = shop.store_credit_grant("ada@example.com", ten, " ", None).unwrap_err();
    /// assert_eq!(refused.code(), "reason.missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn store_credit_grant(
        &self,
        customer: &str,
        amount: Money,
        reason: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<CreditView, FlowError> {
        let settled =
            self.settle(|set| self.decide_grant(customer, amount, reason, key.clone(), set))?;
        self.credit_settled(settled)
    }

    /// Returns what [`Shop::store_credit_grant`] would leave the customer with. Writes nothing.
    ///
    /// Errors: as [`Shop::store_credit_grant`], but `key.reused`.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let ten = Money::from_minor(1_000, Currency::EUR);
    /// assert_eq!(shop.store_credit_grant_plan("ada@example.com", ten, "a late parcel")?.left, ten);
    /// assert!(shop.store_credit("ada@example.com")?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn store_credit_grant_plan(
        &self,
        customer: &str,
        amount: Money,
        reason: &str,
    ) -> Result<Credit, FlowError> {
        self.credit_planned(|set| self.decide_grant(customer, amount, reason, None, set))
    }

    fn decide_grant(
        &self,
        customer: &str,
        amount: Money,
        reason: &str,
        key: Option<IdempotencyKey>,
        set: &mut ChangeSet,
    ) -> Result<CreditId, FlowError> {
        let customer = self.credit_holder(customer)?;
        if reason.trim().is_empty() {
            return Err(Rejection::ReasonMissing.into());
        }
        let mut content = HashInput::new("store_credit.grant");
        content.text(&customer).text(&amount.to_string()).text(reason);
        let content = content.finish();
        let id = self.store_credit_of(&customer, amount.currency(), set)?;
        set.idempotency = key.map(|key| Idempotency { key, content, answer: id.into() });
        entry(id, CreditKind::Issued, amount, Some(reason.to_owned())).write(set);
        Ok(id)
    }

    /// Corrects what is left of a gift card or store credit, up or down, for a reason. So is written off what expired.
    ///
    /// Errors: `not_found`, `reason.missing`, `currency.wrong`, `amount.not_positive` for zero, `credit.short`, `key.reused`.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// let id = shop.store_credit_grant("ada@example.com", eur(1_000), "a late parcel", None)?.credit.id;
    /// let view = shop.credit_correct(id, eur(-400), "granted too much", None)?;
    /// assert_eq!((view.credit.left, view.entries.len()), (eur(600), 2));
    /// let refused = shop.credit_correct(id, eur(-601), "more", None).unwrap_err();
    /// assert_eq!(refused.code(), "credit.short");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn credit_correct(
        &self,
        id: CreditId,
        amount: Money,
        reason: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<CreditView, FlowError> {
        let settled =
            self.settle(|set| self.decide_correction(id, amount, reason, key.clone(), set))?;
        self.credit_settled(settled)
    }

    /// Returns the record as [`Shop::credit_correct`] would leave it. Writes nothing.
    ///
    /// Errors: as [`Shop::credit_correct`], but `key.reused`.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
    /// let id = shop.store_credit_grant("ada@example.com", eur(1_000), "a late parcel", None)?.credit.id;
    /// assert_eq!(shop.credit_correct_plan(id, eur(-400), "granted too much")?.left, eur(600));
    /// assert_eq!(shop.credit(id)?.credit.left, eur(1_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn credit_correct_plan(
        &self,
        id: CreditId,
        amount: Money,
        reason: &str,
    ) -> Result<Credit, FlowError> {
        self.credit_planned(|set| self.decide_correction(id, amount, reason, None, set))
    }

    fn decide_correction(
        &self,
        id: CreditId,
        amount: Money,
        reason: &str,
        key: Option<IdempotencyKey>,
        set: &mut ChangeSet,
    ) -> Result<CreditId, FlowError> {
        let answer = RecordRef::from(id);
        let mut content = HashInput::new("credit.correct");
        content.text(&answer.to_string()).text(&amount.to_string()).text(reason);
        let content = content.finish();
        set.idempotency = key.map(|key| Idempotency { key, content, answer });
        self.credit_record(id)?;
        entry(id, CreditKind::Corrected, amount, Some(reason.to_owned())).write(set);
        Ok(id)
    }

    /// Returns the record as a decision would leave it, decided as the store decides.
    fn credit_planned(
        &self,
        mut decide: impl FnMut(&mut ChangeSet) -> Result<CreditId, FlowError>,
    ) -> Result<Credit, FlowError> {
        self.dry_run(|set| {
            let id = decide(set)?;
            let mut record = self.store().credit(id)?;
            for change in &set.changes {
                record = match change {
                    Change::Credit(put) => Some((**put).clone()),
                    Change::CreditEntry(entry) => {
                        record.map(|record| record.entered(entry, set.at)).transpose()?
                    }
                    _ => record,
                };
            }
            Ok(record.ok_or_else(|| Rejection::not_found(id.noun(), id))?)
        })
    }

    /// Makes a gift card or store credit unusable; what is left on it stays. Again is nothing.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let ten = Money::from_minor(1_000, Currency::EUR);
    /// let id = shop.store_credit_grant("ada@example.com", ten, "a late parcel", None)?.credit.id;
    /// assert!(!shop.credit_disable(id)?.credit.active);
    /// assert!(shop.credit_enable(id, None)?.credit.active);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn credit_disable(&self, id: CreditId) -> Result<CreditView, FlowError> {
        self.credit_put(id, |credit, _| Ok(Credit { active: false, ..credit }))
    }

    /// Makes a gift card or store credit usable again, and until another moment where one is given.
    ///
    /// Errors: `not_found`; `input.invalid` when it would be expired already.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let ten = Money::from_minor(1_000, Currency::EUR);
    /// let id = shop.store_credit_grant("ada@example.com", ten, "a late parcel", None)?.credit.id;
    /// let until = shop.now().plus_seconds(3_600);
    /// assert_eq!(shop.credit_enable(id, Some(until))?.credit.expires_at, Some(until));
    /// let refused = shop.credit_enable(id, Some(shop.now())).unwrap_err();
    /// assert_eq!(refused.code(), "input.invalid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn credit_enable(
        &self,
        id: CreditId,
        expires_at: Option<Timestamp>,
    ) -> Result<CreditView, FlowError> {
        self.credit_put(id, |credit, now| {
            if let Some(at) = expires_at.filter(|at| *at <= now) {
                return Err(expired(at));
            }
            let expires_at = expires_at.or(credit.expires_at);
            Ok(Credit { active: true, expires_at, ..credit })
        })
    }

    /// Writes what holds of a gift card or store credit, when that is something new.
    fn credit_put(
        &self,
        id: CreditId,
        change: impl Fn(Credit, Timestamp) -> Result<Credit, Rejection>,
    ) -> Result<CreditView, FlowError> {
        let settled = self.settle(|set| {
            let stored = self.credit_record(id)?;
            let changed = change(stored.clone(), set.at)?;
            if changed != stored {
                let version = stored.version + 1;
                set.push(Change::Credit(Box::new(Credit { version, ..changed })));
                set.tell(Event::plain(id.event_kind(), id));
            }
            Ok(id)
        })?;
        self.credit_settled(settled)
    }

    /// Returns what a buyer chose to pay with, in the order in which it is taken.
    pub(crate) fn credits_chosen(
        &self,
        choice: &CreditChoice,
        customer: &str,
        currency: Currency,
    ) -> Result<Vec<Credit>, FlowError> {
        let cards = choice.gift_cards.iter().map(|code| self.gift_card_record(code));
        let mut found = cards.collect::<Result<Vec<_>, _>>()?;
        if choice.store_credit {
            let of_customer = self.store().store_credits(customer)?;
            let own = of_customer.into_iter().find(|credit| credit.left.currency() == currency);
            found.push(own.ok_or_else(|| Rejection::not_found("store credit", customer))?);
        }
        Ok(found)
    }

    /// Returns the store credit of a customer in a currency, opened in this set where there is none.
    pub(crate) fn store_credit_of(
        &self,
        customer: &str,
        currency: Currency,
        set: &mut ChangeSet,
    ) -> Result<CreditId, FlowError> {
        let known = self.store().store_credits(customer)?;
        if let Some(own) = known.iter().find(|credit| credit.left.currency() == currency) {
            return Ok(own.id);
        }
        let id = StoreCreditId::from_u128(self.next_id());
        let holder = Holder::Customer { key: customer.to_owned() };
        set.push(Change::Credit(Box::new(Credit::opened(id, holder, currency, None, set.at))));
        Ok(id.into())
    }

    /// Refuses a code that is on a card already: two calls drew the same bytes, or one is made again without a key.
    pub(crate) fn require_new_code(&self, code: &GiftCardCode) -> Result<(), FlowError> {
        match self.store().gift_card_by_code(code.hash())? {
            None => Ok(()),
            Some(_) => {
                let given = "with this code".to_owned();
                Err(Rejection::AlreadyExists { noun: "gift card", given }.into())
            }
        }
    }

    /// Answers with what was written, now or by the first call with the same key.
    fn credit_settled(&self, settled: Settled<CreditId>) -> Result<CreditView, FlowError> {
        let (id, replayed) = match settled {
            Settled::Done(id, _) => (id, false),
            Settled::Replayed(RecordRef::GiftCard(id)) => (id.into(), true),
            Settled::Replayed(RecordRef::StoreCredit(id)) => (id.into(), true),
            Settled::Replayed(other) => {
                return Err(Rejection::not_found("gift card or store credit", other).into());
            }
        };
        Ok(CreditView { replayed, ..self.credit(id)? })
    }
}

/// Opens a gift card with nothing on it yet.
pub(crate) fn gift_card_open(
    id: GiftCardId,
    code: &GiftCardCode,
    currency: Currency,
    expires_at: Option<Timestamp>,
    set: &mut ChangeSet,
) {
    let holder = Holder::Bearer { code: code.hash() };
    set.push(Change::Credit(Box::new(Credit::opened(id, holder, currency, expires_at, set.at))));
}

/// An entry that a person makes.
fn entry(
    credit: impl Into<CreditId>,
    kind: CreditKind,
    amount: Money,
    reason: Option<String>,
) -> CreditEntry {
    CreditEntry { credit: credit.into(), kind, amount, payment: None, reason }
}

fn expired(at: Timestamp) -> Rejection {
    Rejection::BadInput {
        what: "moment of expiry",
        given: at.to_string(),
        why: "has passed: give a later one".to_owned(),
    }
}
