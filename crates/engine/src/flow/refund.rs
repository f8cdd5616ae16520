//! Giving taken money back: all of it, an amount, or what units are worth.
//!
//! Queued refunds count as given, so two at once cannot both see the same money. Deliberately absent: goods that come back.

use sutler_core::change::{Change, ChangeSet, Idempotency, IdempotencyKey};
use sutler_core::credit::{CreditId, GiftCardCode};
use sutler_core::hash::{ContentHash, HashInput};
use sutler_core::id::{GiftCardId, OrderId};
use sutler_core::money::Money;
use sutler_core::order::{
    Order, OrderAction, OrderLine, OrderNumber, OrderStatus, buyer_key, refund_units,
};
use sutler_core::payment::{Payment, PaymentDraft, refund_shares};
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_core::status::word;

use super::credit::gift_card_open;
use super::order::{OrderView, lines_by_label};
use crate::{FlowError, Shop};

/// What is given back.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_engine::flow::refund::RefundOf;
///
/// let five = Money::from_minor(500, Currency::EUR);
/// assert_eq!(RefundOf::from(five), RefundOf::Amount(five));
/// assert_eq!(RefundOf::from(None), RefundOf::Rest);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RefundOf {
    /// All that was taken and not given back yet.
    Rest,
    /// So much.
    Amount(Money),
    /// What units are worth, discounts and tax included, by SKU, variant id or line number. However a line is divided, its parts sum to what was
    /// charged for it; delivery and fees belong to no unit.
    Units(Vec<(String, Quantity)>),
}

impl From<Money> for RefundOf {
    fn from(amount: Money) -> Self {
        RefundOf::Amount(amount)
    }
}

impl From<Option<Money>> for RefundOf {
    /// Reads no amount as all that is left.
    fn from(amount: Option<Money>) -> Self {
        amount.map_or(RefundOf::Rest, RefundOf::Amount)
    }
}

impl RefundOf {
    /// Decides how much of each payment is given back, and counts the units on the order's lines.
    fn decide(&self, order: &mut Order, drafts: &[PaymentDraft]) -> Result<Decided, Rejection> {
        if order.status == OrderStatus::Pending {
            let status = word(order.status);
            let number = order.number;
            return Err(Rejection::OrderNotPlaced { number, status, verb: "refunded" });
        }
        let (amount, lines) = match self {
            RefundOf::Rest => (None, Vec::new()),
            RefundOf::Amount(amount) => (Some(*amount), Vec::new()),
            RefundOf::Units(units) => {
                let units = lines_by_label(order, units, OrderLine::to_refund)?;
                let lines = units.iter().map(|units| (units.line, units.quantity)).collect();
                (Some(refund_units(order, &units)?), lines)
            }
        };
        let shares = refund_shares(order.quote.currency, drafts, amount)?;
        Ok(Decided { shares, lines })
    }

    fn content(&self, order: OrderId, reason: &str, to: &RefundTo) -> ContentHash {
        let amount = match self {
            RefundOf::Amount(amount) => Some(amount.to_string()),
            RefundOf::Rest | RefundOf::Units(_) => None,
        };
        let mut content = HashInput::new("refund");
        content.id(order.to_u128()).optional_text(amount.as_deref()).text(reason);
        // Where nothing is said, older keys keep their meaning.
        if let Some(word) = to.word() {
            content.text(word);
        }
        if let RefundOf::Units(units) = self {
            content.text("units");
            for (label, quantity) in units {
                content.text(label).number(quantity.get().into());
            }
        }
        content.finish()
    }
}

/// A refund, decided.
struct Decided {
    /// How much of each payment.
    shares: Vec<Money>,
    /// Lines and units, where it is for some.
    lines: Vec<(u32, u32)>,
}

/// What a refund would give back, and how the money of its order stands.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
/// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
/// shop.fulfill_ship(placed.order.number, &all)?;
/// let plan = shop.refund_plan(placed.order.number, None)?;
/// assert!(plan.refunded.is_zero() && plan.amount == plan.captured);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundPlan {
    /// What would be given back.
    pub amount: Money,
    /// What was taken so far, over all payments.
    pub captured: Money,
    /// What was given back so far.
    pub refunded: Money,
}

/// Where a refund goes.
///
/// ```
/// use sutler_engine::flow::refund::RefundTo;
///
/// assert_eq!(RefundTo::Origin.word(), None, "said by saying nothing");
/// assert_eq!(RefundTo::StoreCredit.word(), Some("store_credit"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RefundTo {
    /// Where the money came from: what a provider paid to the provider, what a gift card paid to the gift card.
    Origin,
    /// The store credit of the buyer, which is opened when there is none yet.
    StoreCredit,
    /// A new gift card with this code, to be shown by whoever calls.
    GiftCard(GiftCardCode),
}

impl RefundTo {
    /// Returns the word for anything but the usual.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            RefundTo::Origin => None,
            RefundTo::StoreCredit => Some("store_credit"),
            RefundTo::GiftCard(_) => Some("gift_card"),
        }
    }
}

impl Shop {
    /// Gives captured money back: an amount, what units are worth, or all that is left.
    ///
    /// Errors: `refund.too_large`, `refund.too_many`, `not_found` (no such line), `currency.wrong`, `amount.not_positive` (also for units that
    /// cost nothing), `key.reused`.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_core::quantity::Quantity;
    /// use sutler_engine::flow::refund::RefundOf;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
    /// shop.fulfill_ship(placed.order.number, &all)?;
    ///
    /// let five = Some(Money::from_minor(500, Currency::EUR));
    /// let key = Some("chipped-mug".parse()?);
    /// let view = shop.refund(placed.order.number, five, "a chipped mug", key.clone())?;
    /// assert_eq!(view.payments[0].state().refunded.to_string(), "5.00 EUR");
    /// let again = shop.refund(placed.order.number, five, "a chipped mug", key)?;
    /// assert_eq!(again.payments, view.payments, "the same key gives back once");
    ///
    /// let one = RefundOf::Units(vec![("MUG-RED".to_owned(), Quantity::ONE)]);
    /// let view = shop.refund(placed.order.number, one, "sent back", None)?;
    /// assert_eq!(view.order.lines[0].refunded, 1);
    ///
    /// let more = Some(Money::from_minor(10_000, Currency::EUR));
    /// let refusal = shop.refund(placed.order.number, more, "a mistake", None).unwrap_err();
    /// assert_eq!(refusal.code(), "refund.too_large");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refund(
        &self,
        number: OrderNumber,
        of: impl Into<RefundOf>,
        reason: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        self.refund_to(number, of, reason, &RefundTo::Origin, key)
    }

    /// Gives captured money back like [`Shop::refund`], but says where to: to where it came from, or to a gift card or store
    /// credit of the buyer instead. Then no provider is asked, and the money is there at once.
    ///
    /// Errors: those of [`Shop::refund`]; `already_exists` when the code is on another card.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_engine::flow::refund::RefundTo;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
    /// shop.fulfill_ship(placed.order.number, &all)?;
    ///
    /// let five = Some(Money::from_minor(500, Currency::EUR));
    /// let view = shop.refund_to(placed.order.number, five, "a chip", &RefundTo::StoreCredit, None)?;
    /// assert_eq!(view.payments[0].state().refunded.to_string(), "5.00 EUR");
    /// assert_eq!(shop.store_credit("ada@example.com")?[0].left.to_string(), "5.00 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refund_to(
        &self,
        number: OrderNumber,
        of: impl Into<RefundOf>,
        reason: &str,
        to: &RefundTo,
        key: Option<IdempotencyKey>,
    ) -> Result<OrderView, FlowError> {
        let id = self.order_id(number)?;
        let of = of.into();
        let content = of.content(id, reason, to);
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: id.into() });
            let view = self.order_view(id)?;
            let drafts = view.drafts();
            let mut order = view.order;
            let Decided { shares, mut lines } = of.decide(&mut order, &drafts)?;
            let credit = self.refund_target(&order, to, set)?;
            for (mut draft, amount) in
                drafts.into_iter().zip(shares).filter(|(_, amount)| amount.is_positive())
            {
                match credit {
                    Some(credit) => draft.refund_to(credit, amount, set.at)?,
                    None => draft.refund(amount, set.at)?,
                }
                order.version += 1;
                let action = OrderAction::Refunded {
                    payment: draft.payment().id,
                    amount,
                    reason: reason.to_owned(),
                    // The first entry tells of the units, so that they count once.
                    lines: std::mem::take(&mut lines),
                };
                set.push(Change::Order { order: Box::new(order.clone()), action });
                draft.write(set);
            }
            Ok(())
        })?;
        self.run_order_tasks(id);
        self.order_view(id)
    }

    /// Returns the gift card or store credit that a refund goes to, opened in this set where it is a new one.
    fn refund_target(
        &self,
        order: &Order,
        to: &RefundTo,
        set: &mut ChangeSet,
    ) -> Result<Option<CreditId>, FlowError> {
        let currency = order.quote.currency;
        Ok(match to {
            RefundTo::Origin => None,
            RefundTo::StoreCredit => {
                let customer = buyer_key(order.customer, Some(&order.email)).unwrap_or_default();
                Some(self.store_credit_of(&customer, currency, set)?)
            }
            RefundTo::GiftCard(code) => {
                self.require_new_code(code)?;
                let id = GiftCardId::from_u128(self.next_id());
                gift_card_open(id, code, currency, None, set);
                Some(id.into())
            }
        })
    }

    /// Returns what [`Shop::refund`] would give back. Writes nothing.
    ///
    /// Errors: those of [`Shop::refund`], but `key.reused`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    /// # let all = sutler_engine::flow::fulfill::ShipCommand::new("dhl");
    /// let refusal = shop.refund_plan(placed.order.number, None).unwrap_err();
    /// assert_eq!(refusal.code(), "refund.too_large", "nothing was taken yet");
    ///
    /// shop.fulfill_ship(placed.order.number, &all)?;
    /// let plan = shop.refund_plan(placed.order.number, None)?;
    /// assert_eq!((plan.amount, plan.captured), (placed.order.total(), placed.order.total()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refund_plan(
        &self,
        number: OrderNumber,
        of: impl Into<RefundOf>,
    ) -> Result<RefundPlan, FlowError> {
        let mut view = self.order(number)?;
        let currency = view.order.quote.currency;
        let drafts = view.drafts();
        let Decided { shares, .. } = of.into().decide(&mut view.order, &drafts)?;
        let states = || view.payments.iter().map(Payment::state);
        let sum =
            |amounts: Vec<Money>| Money::checked_sum(amounts, currency).map_err(Rejection::from);
        Ok(RefundPlan {
            amount: sum(shares)?,
            captured: sum(states().map(|state| state.captured).collect())?,
            refunded: sum(states().map(|state| state.refunded).collect())?,
        })
    }
}
