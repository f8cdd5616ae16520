//! The checkout saga: from a cart to a placed order.
//!
//! [`CHECKOUT`] is the whole saga, to be read from top to bottom with the undo on the same row. It costs two commits
//! around one provider call; an order that is free or paid by hand needs one, because then nothing stands between its two
//! groups of steps. Every commit leaves a log record ([`sutler_core::checkout::Checkout`]) that says how far the saga came,
//! so whatever cuts it off, [`Shop::recover`] can finish or undo it.
//!
//! Invariants
//! * The provider is called with a key that was committed before, and never inside a transaction.
//! * Before `place_order` everything can be undone, and every undo accepts that its step never happened.
//! * After it nothing is undone: capture is a task that is retried until it is done or a person is told.

mod saga;
mod steps;

pub use saga::{CHECKOUT, Step, Undo};
pub(crate) use saga::{Outcome, Saga};

use sutler_core::address::Address;
use sutler_core::change::{Idempotency, IdempotencyKey, RecordRef};
use sutler_core::checkout::{self, Checkout, CheckoutStatus};
use sutler_core::credit::{Credit, CreditChoice};
use sutler_core::hash::{ContentHash, HashInput};
use sutler_core::id::{CartId, CheckoutId, OrderId};
use sutler_core::money::Money;
use sutler_core::order::{self, Order, OrderStatus};
use sutler_core::payment::Payment;
use sutler_core::pricing::{BuyerTax, Quote, QuoteHash, VatId};
use sutler_core::rejection::Rejection;

use super::customer::claims;
use super::recover::RecoveryReport;
use crate::{FlowError, Shop};

/// What a buyer who checks out says. [`CheckoutCommand::new`] takes what all of them must say; what
/// this one says beyond that is named beside it.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_engine::flow::checkout::CheckoutCommand;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
///
/// let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
/// let command = CheckoutCommand {
///     pay: Some("test:ok".into()),
///     expect_total: Some(Money::from_minor(2_870, Currency::EUR)),
///     key: Some("order-of-ada".parse()?),
///     ..CheckoutCommand::new(cart, "ada@example.com", ship_to, "standard")
/// };
/// assert_eq!(shop.checkout(&command)?.order.total().to_string(), "28.70 EUR");
///
/// let other = CheckoutCommand { delivery: "pickup".into(), ..command.clone() };
/// assert_ne!(command.content(), other.content(), "other content under the same key is refused");
/// assert_eq!(shop.checkout(&other).unwrap_err().code(), "key.reused");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckoutCommand {
    /// What is bought.
    pub cart: CartId,
    /// Where to write to.
    pub email: String,
    /// Where the goods go.
    pub ship_to: Address,
    /// Code of the delivery method.
    pub delivery: String,
    /// Provider and method: `test:ok`, `manual:cash`; not needed where credit pays everything.
    pub pay: Option<String>,
    /// Gift cards and store credit that pay before the provider does.
    pub credit: CreditChoice,
    /// What the buyer claims about tax: a VAT id, an exemption that the shop grants. Where nothing is claimed, what is known of
    /// the cart's customer.
    pub buyer_tax: BuyerTax,
    /// The total that the buyer saw; another one is refused as `quote.changed`.
    pub expect_total: Option<Money>,
    /// The hash of the quote that the buyer saw; a quote that says anything else is refused as `quote.changed`, with both
    /// totals and what moved.
    pub expect_quote: Option<QuoteHash>,
    /// Same key, same checkout: a retry returns the first result.
    pub key: Option<IdempotencyKey>,
}

/// What a checkout gave.
///
/// ```
/// use sutler_engine::flow::checkout::Placed;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let command = sutler_engine::testing::command(&shop, "test:ok")?;
///
/// let Placed { order, payments, replayed } = shop.checkout(&command)?;
/// assert_eq!((order.number.to_string().as_str(), replayed), ("1001", false));
/// assert_eq!(payments[0].state().held(), order.total(), "held, and taken at shipment");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// Its payments.
    pub payments: Vec<Payment>,
    /// Whether this very checkout was done before and nothing was done now.
    pub replayed: bool,
}

/// What a checkout would be.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let command = sutler_engine::testing::command(&shop, "test:ok")?;
/// let plan = shop.checkout_plan(&command)?;
/// assert_eq!((plan.by_credit.is_zero(), plan.due), (true, plan.quote.totals.total));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CheckoutPlan {
    /// What the cart would be sold for.
    pub quote: Quote,
    /// What gift cards and store credit would pay of it.
    pub by_credit: Money,
    /// What is left for the provider.
    pub due: Money,
}

impl CheckoutCommand {
    /// Returns the checkout of a cart, with what every buyer must say and nothing else: no payment, no credit, no claim about
    /// tax, no total or quote that was seen, and no key.
    ///
    /// As it is, it buys what costs nothing; where money is due it is refused as `payment.missing`. A program that may call
    /// twice sets a key. Nothing is checked here: the checkout does that.
    ///
    /// ```
    /// use sutler_core::credit::CreditChoice;
    /// use sutler_engine::flow::checkout::CheckoutCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
    /// let unpaid = CheckoutCommand::new(cart, "ada@example.com", ship_to, "standard");
    /// assert_eq!((&unpaid.pay, &unpaid.key, &unpaid.credit), (&None, &None, &CreditChoice::NONE));
    /// assert_eq!(shop.checkout(&unpaid).unwrap_err().code(), "payment.missing");
    ///
    /// let paid = CheckoutCommand { pay: Some("test:ok".into()), ..unpaid };
    /// assert_eq!(shop.checkout(&paid)?.order.total().to_string(), "28.70 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        cart: CartId,
        email: impl Into<String>,
        ship_to: Address,
        delivery: impl Into<String>,
    ) -> Self {
        Self {
            cart,
            email: email.into(),
            ship_to,
            delivery: delivery.into(),
            pay: None,
            credit: CreditChoice::NONE,
            buyer_tax: BuyerTax::default(),
            expect_total: None,
            expect_quote: None,
            key: None,
        }
    }

    /// Returns the hash of what is asked for: the content that a key stands for.
    pub fn content(&self) -> ContentHash {
        let mut input = HashInput::new("checkout");
        let Address { name, street, postal_code, city, country, region } = &self.ship_to;
        input.id(self.cart.to_u128()).text(&self.email);
        input.text(name).text(street).text(postal_code).text(city).text(country.as_str());
        input.text(&self.delivery).text(self.pay.as_deref().unwrap_or_default());
        input.optional_text(self.expect_total.map(|total| total.to_string()).as_deref());
        if let Some(seen) = &self.expect_quote {
            input.text("expect quote").bytes(&seen.to_bytes());
        }
        // What is rarely said is only counted when it is, so that older keys keep their meaning.
        if let Some(region) = region {
            input.text("region").text(region.as_str());
        }
        if !self.buyer_tax.is_private() {
            let BuyerTax { vat_id, exemption } = &self.buyer_tax;
            input.text("buyer tax").optional_text(vat_id.as_ref().map(VatId::as_str));
            input.optional_text(exemption.as_deref());
        }
        if !self.credit.is_none() {
            let CreditChoice { gift_cards, store_credit, expect_due } = &self.credit;
            input.text("credit").text(if *store_credit { "store credit" } else { "" });
            gift_cards.iter().for_each(|code| {
                input.text(&code.hash().to_string());
            });
            input.optional_text(expect_due.map(|due| due.to_string()).as_deref());
        }
        input.finish()
    }

    /// Returns what makes it take effect once, opening this order.
    fn idempotency(&self, order: OrderId) -> Option<Idempotency> {
        let key = self.key.clone()?;
        Some(Idempotency { key, content: self.content(), answer: order.into() })
    }

    /// Returns whether this is what an order was placed with: the content of a command without a key is only known by what
    /// it made. `credits` is what it would pay with, `claimed` what holds for the buyer's tax.
    fn made(&self, placed: &Placed, credits: &[Credit], claimed: &BuyerTax) -> bool {
        let (order, payments) = (&placed.order, &placed.payments);
        let delivery =
            order.quote.delivery.as_ref().is_some_and(|delivery| delivery.code == self.delivery);
        let pay = self.pay.as_deref().unwrap_or_default();
        let (provider, method) = pay.split_once(':').unwrap_or((pay, ""));
        // An order over nothing has no payment, whatever it was to be paid with.
        let payment = payments.iter().all(|payment| match payment.credit() {
            Some(id) => credits.iter().any(|credit| credit.id == id),
            None => payment.provider == provider && payment.method == method,
        });
        let total = self.expect_total.is_none_or(|total| total == order.total());
        order.email == self.email.trim()
            && order.ship_to == self.ship_to
            && delivery
            && payment
            && total
            && self.expect_quote.is_none_or(|seen| seen == order.quote.hash)
            && order.quote.tax.answers(claimed)
    }
}

impl Shop {
    /// Sells a cart: prices it, holds its stock, opens the order, has the money held, and places the order.
    ///
    /// Errors: refusals that name the cause (`stock.insufficient`, `quote.changed`, `cart.expired` …) leave nothing behind.
    /// After `payment.declined` stock, cart and promotion uses are as before; the canceled order stays, with its number.
    /// `checkout.stuck` means that a person must look at the payment. [`FlowError::PaymentOpen`] means that the provider did
    /// not answer, or that its answer could not be written: the stock stays held, and the same call with the same key, or
    /// [`Shop::recover`], settles it. A failure of the store means that nothing was written.
    ///
    /// ```
    /// use sutler_engine::flow::checkout::CheckoutCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let command = sutler_engine::testing::command(&shop, "test:ok")?;
    ///
    /// // A declined card leaves a canceled order; the cart stays open and is sold with another card.
    /// let declined = CheckoutCommand { pay: Some("test:decline".into()), ..command.clone() };
    /// assert_eq!(shop.checkout(&declined).unwrap_err().code(), "payment.declined");
    /// assert!(shop.order("1001".parse()?)?.order.canceled_at.is_some());
    ///
    /// let command = CheckoutCommand { key: Some("order-of-ada".parse()?), ..command };
    /// let placed = shop.checkout(&command)?;
    /// let again = shop.checkout(&command)?;
    /// assert!(again.replayed, "the same key with the same content is the same checkout");
    /// assert_eq!(again.order, placed.order);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn checkout(&self, command: &CheckoutCommand) -> Result<Placed, FlowError> {
        // Most keys are new and most carts have no order yet, and the guards of the first commit look at both in any case.
        // So nothing is looked up before; whatever is refused is looked at more closely.
        let mut saga = Saga::new(self, command);
        match saga.open() {
            Err(FlowError::Refused(refusal)) => self.checkout_refused(command, refusal),
            opened => saga.run(opened?),
        }
    }

    /// Returns what [`Shop::checkout`] would sell this cart for and who would pay, decided as its first commit decides. Writes nothing, holds
    /// no stock and asks no provider.
    ///
    /// Errors: refusals, as [`Shop::checkout`] has them before it asks the provider.
    ///
    /// ```
    /// use sutler_engine::flow::checkout::CheckoutCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let command = sutler_engine::testing::command(&shop, "test:ok")?;
    /// assert_eq!(shop.checkout_plan(&command)?.quote.totals.total.to_string(), "28.70 EUR");
    ///
    /// let unknown = CheckoutCommand { pay: Some("nope:x".into()), ..command };
    /// let refusal = shop.checkout_plan(&unknown).unwrap_err();
    /// assert_eq!(refusal.code(), shop.checkout(&unknown).unwrap_err().code());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn checkout_plan(&self, command: &CheckoutCommand) -> Result<CheckoutPlan, FlowError> {
        Saga::new(self, command).plan()
    }

    /// Answers a checkout that could not begin. Its cart may have an order: what was cut off of that one is finished or undone
    /// first, and then the cart may be free again.
    fn checkout_refused(
        &self,
        command: &CheckoutCommand,
        refusal: Rejection,
    ) -> Result<Placed, FlowError> {
        if matches!(refusal, Rejection::KeyReused { .. }) {
            return Err(refusal.into());
        }
        let ordered = self.store().order_by_cart(command.cart)?;
        if let Some(order) = ordered.as_ref().filter(|order| order.status == OrderStatus::Pending) {
            self.recover_one(self.checkout_record(order.id)?, &mut RecoveryReport::default())?;
        }
        let was_ordered =
            ordered.is_some() || matches!(refusal, Rejection::CartAlreadyOrdered { .. });
        match self.store().order_by_cart(command.cart)? {
            Some(order) => self.checkout_of_ordered(command, order),
            None if was_ordered => {
                let mut saga = Saga::new(self, command);
                let opened = saga.open()?;
                saga.run(opened)
            }
            None => Err(refusal.into()),
        }
    }

    /// Answers a checkout whose key was used before: with its order, with its refusal, or by finishing what was cut off.
    pub(crate) fn checkout_again(&self, answer: RecordRef) -> Result<Placed, FlowError> {
        let RecordRef::Order(order) = answer else {
            return Err(Rejection::not_found("order", answer).into());
        };
        let record = self.checkout_record(order)?;
        match record.status {
            CheckoutStatus::Placed => self.placed(order, true),
            CheckoutStatus::Authorizing => Saga::resume(self, &record)?.settle_for_buyer(),
            CheckoutStatus::Unwinding | CheckoutStatus::Unwound => {
                Err(checkout::undone(&record).into())
            }
            CheckoutStatus::Stuck => Err(stuck(record)),
        }
    }

    fn checkout_of_ordered(
        &self,
        command: &CheckoutCommand,
        order: Order,
    ) -> Result<Placed, FlowError> {
        if order.status == OrderStatus::Pending {
            let record = self.checkout_record(order.id)?;
            if record.status == CheckoutStatus::Stuck {
                return Err(stuck(record));
            }
            let reason =
                format!("another checkout of this cart is under way (order {})", order.number);
            return Err(FlowError::PaymentOpen { reason });
        }
        let placed = self.placed(order.id, true)?;
        if command.key.is_none() && self.is_repeat(command, &placed)? {
            return Ok(placed);
        }
        Err(Rejection::CartAlreadyOrdered { cart: command.cart }.into())
    }

    /// Whether an order was placed by this very command, as far as can be seen.
    fn is_repeat(&self, command: &CheckoutCommand, placed: &Placed) -> Result<bool, FlowError> {
        let order = &placed.order;
        let customer = self.customer_of(order.customer)?;
        let claimed = claims(customer.as_ref(), &command.buyer_tax);
        let buyer = order::buyer_key(order.customer, Some(&order.email)).unwrap_or_default();
        let credits = self.credits_chosen(&command.credit, &buyer, order.quote.currency);
        Ok(credits.is_ok_and(|credits| command.made(placed, &credits, &claimed)))
    }

    pub(crate) fn checkout_record(&self, order: OrderId) -> Result<Checkout, FlowError> {
        let id = CheckoutId::from_u128(order.to_u128());
        self.store().checkout(id)?.ok_or_else(|| Rejection::not_found("checkout", id).into())
    }

    pub(crate) fn placed(&self, order: OrderId, replayed: bool) -> Result<Placed, FlowError> {
        let payments = self.store().payments(&[order])?;
        let order =
            self.store().order(order)?.ok_or_else(|| Rejection::not_found("order", order))?;
        Ok(Placed { order, payments, replayed })
    }
}

fn stuck(record: Checkout) -> FlowError {
    Rejection::CheckoutStuck { checkout: record.id, reason: record.problem.unwrap_or_default() }
        .into()
}
