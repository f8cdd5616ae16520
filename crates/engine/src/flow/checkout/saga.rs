//! The table of the checkout and what runs it.

use std::cell::Cell;
use std::sync::Arc;

use sutler_core::cart::Cart;
use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::checkout::{self, Begun, Checkout, CheckoutStatus};
use sutler_core::credit::Redemption;
use sutler_core::id::{OrderId, VariantId};
use sutler_core::money::Money;
use sutler_core::order::Order;
use sutler_core::payment::{FactKind, Payment, PaymentDraft, PaymentFact};
use sutler_core::port::{
    Goods, Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest, Retry,
};
use sutler_core::pricing::{Quote, QuoteLine};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;

use super::steps;
use super::{CheckoutCommand, CheckoutPlan, Placed};
use crate::shop::Settled;
use crate::{FlowError, Shop};

/// How often a checkout looks anew when stock or a promotion went to somebody else between look and commit.
const OPENING_TRIES: u32 = 4;

/// How often a saga is read anew while somebody moves it on.
const RELOADS: u32 = 4;

/// One step of the saga, with its undo on the same row.
///
/// ```
/// use sutler_engine::flow::checkout::{CHECKOUT, Undo};
///
/// let names: Vec<&str> = CHECKOUT.iter().map(|step| step.name).collect();
/// assert_eq!(names[4..6], ["authorize_payment", "place_order"]);
/// let returns = |at: usize| !matches!(CHECKOUT[at].undo, Undo::Never);
/// assert!(returns(4) && !returns(5), "an order that is placed is not undone");
/// ```
pub struct Step {
    /// Its name in the log and in the design.
    pub name: &'static str,
    /// Which commit carries it: steps of one group are written together or not at all.
    pub group: Group,
    pub(super) act: fn(&mut Saga<'_>, &mut ChangeSet) -> Result<(), FlowError>,
    /// What reverses it.
    pub undo: Undo,
}

/// Which commit carries a step.
///
/// ```
/// use sutler_engine::flow::checkout::CHECKOUT;
///
/// let before_the_provider = CHECKOUT.iter().take_while(|step| step.group == CHECKOUT[0].group);
/// assert_eq!(before_the_provider.count(), 4, "the first four steps are one commit");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Before the provider is asked.
    Open,
    /// The provider call itself: outside of any transaction.
    Provider,
    /// After the provider answered.
    Place,
    /// Later, as a task.
    Task,
}

/// What reverses a step.
///
/// ```
/// use sutler_engine::flow::checkout::{CHECKOUT, Undo};
///
/// let undone: Vec<&str> = CHECKOUT
///     .iter()
///     .filter(|step| matches!(step.undo, Undo::By(_)))
///     .map(|step| step.name)
///     .collect();
/// assert_eq!(undone, ["reserve_stock", "open_order", "redeem_credit", "authorize_payment"]);
/// ```
pub enum Undo {
    /// Writes the reverse; must accept that the step never happened.
    By(UndoStep),
    /// The step reads or computes only.
    Nothing,
    /// The point of no return: after this, recovery only goes forward.
    Never,
}

/// Writes what reverses a step of a saga that failed with a problem.
///
/// ```
/// use sutler_engine::flow::checkout::{CHECKOUT, Undo};
///
/// assert!(matches!(CHECKOUT[1].undo, Undo::By(_)), "what is reserved can be released");
/// ```
#[derive(Clone, Copy)]
pub struct UndoStep(fn(&mut Saga<'_>, &str, &mut ChangeSet) -> Result<(), FlowError>);

const fn step(
    name: &'static str,
    group: Group,
    act: fn(&mut Saga<'_>, &mut ChangeSet) -> Result<(), FlowError>,
    undo: Undo,
) -> Step {
    Step { name, group, act, undo }
}

/// The whole checkout, from top to bottom.
#[rustfmt::skip]
pub const CHECKOUT: &[Step] = &[
    //   name                 commit           act                       undo
    step("freeze_quote",      Group::Open,     steps::freeze_quote,      Undo::Nothing),
    step("reserve_stock",     Group::Open,     steps::reserve_stock,     Undo::By(UndoStep(steps::release_stock))),
    step("open_order",        Group::Open,     steps::open_order,        Undo::By(UndoStep(steps::cancel_order))),
    step("redeem_credit",     Group::Open,     steps::redeem_credit,     Undo::By(UndoStep(steps::return_credit))),
    step("authorize_payment", Group::Provider, steps::authorize_payment, Undo::By(UndoStep(steps::void_payment))),
    step("place_order",       Group::Place,    steps::place_order,       Undo::Never),
    step("capture_payment",   Group::Task,     steps::capture_payment,   Undo::Never),
];

/// How a saga that was opened ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The order is placed.
    Placed(Box<Placed>),
    /// Everything was undone, for this reason.
    Unwound(Rejection),
}

impl Outcome {
    fn placed(placed: Placed) -> Self {
        Outcome::Placed(Box::new(placed))
    }
}

/// A checkout under way: what it was asked for, and what its steps found and wrote so far.
pub(crate) struct Saga<'a> {
    pub(super) shop: &'a Shop,
    setup: Option<Arc<Setup>>,
    pub(super) command: Option<&'a CheckoutCommand>,
    /// The order that it opens or opened.
    pub(super) order: OrderId,
    pub(super) frozen: Option<(Cart, Goods, Quote)>,
    pub(super) begun: Option<Begun>,
    pub(super) opened: Option<Opened>,
    pub(super) fact: Option<PaymentFact>,
    /// Whether the call to hold money may still be on its way, though the provider does not know it.
    pub(super) hold_may_come: bool,
    /// What gift cards and store credit are to pay.
    pub(super) redeemed: Vec<Redemption>,
    /// The payments as the placing commit writes them.
    pub(super) paid: Vec<PaymentDraft>,
    /// The order as the placing commit writes it; not the truth before that commit succeeded.
    pub(super) placed: Option<Order>,
}

/// What the first commit wrote, or what the log says of it.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) cart: Cart,
    pub(super) order: Order,
    /// What a provider is to pay.
    pub(super) payment: Option<Payment>,
    /// What gift cards and store credit pay.
    pub(super) credits: Vec<Payment>,
    pub(super) checkout: Checkout,
}

impl<'a> Saga<'a> {
    /// Returns a saga that has done nothing yet.
    pub(super) fn new(shop: &'a Shop, command: &'a CheckoutCommand) -> Self {
        Self::of(shop, Some(command), OrderId::from_u128(shop.next_id()))
    }

    /// Picks a saga up from its log record.
    pub(crate) fn resume(shop: &'a Shop, record: &Checkout) -> Result<Self, FlowError> {
        let mut saga = Self::of(shop, None, record.order);
        saga.setup = Some(shop.setup()?);
        saga.reload()?;
        Ok(saga)
    }

    fn of(shop: &'a Shop, command: Option<&'a CheckoutCommand>, order: OrderId) -> Self {
        Self {
            shop,
            setup: None,
            command,
            order,
            frozen: None,
            begun: None,
            opened: None,
            fact: None,
            hold_may_come: false,
            redeemed: Vec::new(),
            paid: Vec::new(),
            placed: None,
        }
    }

    /// Reads the log record and what belongs to it, all of one moment: every move of a saga moves its record too.
    fn reload(&mut self) -> Result<(), FlowError> {
        for _ in 0..RELOADS {
            let checkout = self.shop.checkout_record(self.order)?;
            let version = checkout.version;
            let opened = self.read(checkout)?;
            if self.shop.checkout_record(self.order)?.version == version {
                self.opened = Some(opened);
                return Ok(());
            }
        }
        Err(FlowError::Contended { what: self.order.to_string() })
    }

    fn read(&self, checkout: Checkout) -> Result<Opened, FlowError> {
        let store = self.shop.store();
        let order = store
            .order(checkout.order)?
            .ok_or_else(|| Rejection::not_found("order", checkout.order))?;
        let cart = store
            .cart(checkout.cart)?
            .ok_or_else(|| Rejection::not_found("cart", checkout.cart))?;
        let mut credits = store.payments(&[checkout.order])?;
        let payment = match checkout.payment {
            Some(id) => {
                let found = credits.iter().find(|payment| payment.id == id).cloned();
                Some(found.ok_or_else(|| Rejection::not_found("payment", id))?)
            }
            None => None,
        };
        credits.retain(|payment| payment.credit().is_some());
        Ok(Opened { cart, order, payment, credits, checkout })
    }

    /// The set-up as it was when the saga began.
    pub(super) fn setup(&self) -> Result<&Setup, FlowError> {
        let none = || FlowError::Contended { what: "the checkout".to_owned() };
        self.setup.as_deref().ok_or_else(none)
    }

    pub(super) fn opened(&self) -> Result<&Opened, FlowError> {
        self.opened.as_ref().ok_or_else(|| FlowError::Contended { what: "the checkout".to_owned() })
    }

    /// Runs all steps of a group into a set.
    fn act(&mut self, group: Group, set: &mut ChangeSet) -> Result<(), FlowError> {
        for step in CHECKOUT.iter().filter(|step| step.group == group) {
            tracing::debug!(step = step.name, "checkout");
            (step.act)(self, set)?;
        }
        Ok(())
    }

    /// Runs the saga from its first commit on.
    pub(super) fn run(mut self, opened: Settled<bool>) -> Result<Placed, FlowError> {
        let (asks_provider, receipt) = match opened {
            Settled::Replayed(answer) => return self.shop.checkout_again(answer),
            Settled::Done(asks_provider, receipt) => (asks_provider, receipt),
        };
        if let Some(number) = receipt.order_number {
            let opened = self.opened.iter_mut().map(|opened| &mut opened.order);
            opened.chain(&mut self.placed).for_each(|order| order.number = number);
        }
        if asks_provider { self.settle_for_buyer() } else { self.finished() }
    }

    /// Settles the payment of an order that is open, for a buyer who waits. Their money may be held by then, so whatever
    /// keeps the outcome from being written is told as an open payment: somebody must come back to it.
    pub(super) fn settle_for_buyer(self) -> Result<Placed, FlowError> {
        let (number, checkout) = (self.opened()?.order.number, self.opened()?.checkout.id);
        let unwritten = |problem: String| FlowError::PaymentOpen {
            reason: format!(
                "what came of the payment of order {number} ({checkout}) could not be written: {problem}"
            ),
        };
        match self.settle_payment() {
            Ok(Outcome::Placed(placed)) => Ok(*placed),
            Ok(Outcome::Unwound(rejection)) => Err(rejection.into()),
            Err(FlowError::Store(error)) => Err(unwritten(match &error.help {
                Some(help) => format!("{error} ({help})"),
                None => error.to_string(),
            })),
            Err(error @ FlowError::Contended { .. }) => Err(unwritten(error.to_string())),
            Err(other) => Err(other),
        }
    }

    /// Makes the first commit; returns whether a provider is to be asked after it.
    pub(super) fn open(&mut self) -> Result<Settled<bool>, FlowError> {
        let shop = self.shop;
        let mut tries = 0;
        loop {
            tries += 1;
            let decided = Cell::new(false);
            let settled = shop.settle(|set| {
                decided.set(false);
                let asks_provider = self.decide_opening(set)?;
                decided.set(true);
                Ok(asks_provider)
            });
            match settled {
                // The shelf was emptied between look and commit; another location may have what is wanted, and what was to
                // be given is quoted no more. Or a promotion was used up: at the price without it the buyer is asked, or sold
                // to, as if they had come a moment later. Or a gift card was: there may be a part of it left.
                Err(FlowError::Refused(Rejection::InsufficientStock { variant, .. }))
                    if tries < OPENING_TRIES && (decided.get() || self.gives(variant)) => {}
                Err(FlowError::Refused(
                    Rejection::PromotionUsedUp { .. } | Rejection::CreditShort { .. },
                )) if tries < OPENING_TRIES && decided.get() => {}
                settled => return settled,
            }
        }
    }

    /// Tells whether the quote as it was frozen gives units of a variant.
    fn gives(&self, variant: VariantId) -> bool {
        let gift = |line: &QuoteLine| line.variant == variant && line.is_gift();
        self.frozen.as_ref().is_some_and(|(_, _, quote)| quote.lines.iter().any(gift))
    }

    /// Decides on the first commit; returns whether a provider is to be asked after it.
    fn decide_opening(&mut self, set: &mut ChangeSet) -> Result<bool, FlowError> {
        self.setup = Some(self.shop.setup()?);
        set.idempotency = self.command.and_then(|command| command.idempotency(self.order));
        self.act(Group::Open, set)?;
        // Nobody is asked, so nothing stands between opening and placing: one commit does both.
        let asks_provider = self.asks_provider()?;
        if !asks_provider {
            self.act(Group::Place, set)?;
        }
        Ok(asks_provider)
    }

    /// Decides on the first commit without making it; returns what the cart would be sold for, and who would pay.
    pub(super) fn plan(mut self) -> Result<CheckoutPlan, FlowError> {
        let shop = self.shop;
        shop.dry_run(|set| self.decide_opening(set))?;
        let none = || FlowError::Contended { what: "the checkout".to_owned() };
        let credits = self.opened()?.credits.iter().map(|payment| payment.amount);
        let (_, _, quote) = self.frozen.as_ref().ok_or_else(none)?;
        let by_credit = Money::checked_sum(credits, quote.currency).map_err(Rejection::from)?;
        let due = quote.totals.total.checked_sub(by_credit).map_err(Rejection::from)?;
        Ok(CheckoutPlan { quote: quote.clone(), by_credit, due })
    }

    fn asks_provider(&self) -> Result<bool, FlowError> {
        let Some(payment) = &self.opened()?.payment else { return Ok(false) };
        Ok(!self.shop.provider(&payment.provider)?.is_manual())
    }

    /// Has the money held, then places the order or undoes everything. Only the provider's own no undoes: whatever else
    /// keeps it from answering leaves the outcome open.
    pub(crate) fn settle_payment(mut self) -> Result<Outcome, FlowError> {
        if let Some(outcome) = self.ended()? {
            return Ok(outcome);
        }
        let mut nothing = self.shop.change_set();
        let asked = self.act(Group::Provider, &mut nothing);
        self.after_provider(asked)
    }

    fn after_provider(self, asked: Result<(), FlowError>) -> Result<Outcome, FlowError> {
        match asked {
            Ok(()) => self.place(),
            Err(FlowError::Refused(declined @ Rejection::PaymentDeclined { .. })) => {
                self.unwind(declined)
            }
            Err(open) => Err(open),
        }
    }

    /// Places the order; when a rule or a guard refuses, undoes everything.
    fn place(mut self) -> Result<Outcome, FlowError> {
        for attempt in 0..4 {
            let mut set = self.shop.change_set();
            match self.act(Group::Place, &mut set) {
                Err(FlowError::Refused(rejection)) => return self.unwind(rejection),
                acted => acted?,
            }
            match self.shop.store().commit(set) {
                Ok(CommitOutcome::Committed(_) | CommitOutcome::Replayed { .. }) => {
                    return self.finished().map(Outcome::placed);
                }
                // Somebody else recovers this shop by now, and this checkout with it.
                Ok(CommitOutcome::Refused(lost @ Rejection::LeaseLost { .. })) => {
                    return Err(lost.into());
                }
                Ok(CommitOutcome::Refused(rejection)) => {
                    let rejection = self.shop.labeled(rejection);
                    return self.unwind(rejection);
                }
                // Something moved on, or we do not know whether we did: read before deciding.
                Ok(CommitOutcome::Conflict { .. }) => {}
                Err(error) if error.retry == Retry::Never || attempt == 3 => {
                    return Err(error.into());
                }
                Err(_) => {}
            }
            if let Some(outcome) = self.reread()? {
                return Ok(outcome);
            }
        }
        Err(FlowError::Contended { what: self.opened()?.checkout.id.to_string() })
    }

    /// Reads the log again; gives the outcome when somebody else ended this saga.
    fn reread(&mut self) -> Result<Option<Outcome>, FlowError> {
        self.reload()?;
        self.ended()
    }

    /// Returns the outcome of a saga that is over, as the log has it.
    fn ended(&self) -> Result<Option<Outcome>, FlowError> {
        let record = &self.opened()?.checkout;
        Ok(match record.status {
            CheckoutStatus::Placed => Some(Outcome::placed(self.shop.placed(self.order, false)?)),
            CheckoutStatus::Authorizing => None,
            CheckoutStatus::Unwinding | CheckoutStatus::Unwound | CheckoutStatus::Stuck => {
                self.drop_late_hold()?;
                Some(Outcome::Unwound(checkout::undone(record)))
            }
        })
    }

    /// Drops a hold that the provider gave after somebody else had undone this saga for want of it.
    fn drop_late_hold(&self) -> Result<(), FlowError> {
        let (Some(payment), Some(fact)) = (&self.opened()?.payment, &self.fact) else {
            return Ok(());
        };
        self.shop.drop_hold(payment.id, fact)
    }

    /// Ends a placed saga: queued captures are tried once, and what is stored is given back.
    fn finished(self) -> Result<Placed, FlowError> {
        let shop = self.shop;
        let (Some(Opened { payment, .. }), Some(order)) = (self.opened, self.placed) else {
            return Err(FlowError::Contended { what: "the checkout".to_owned() });
        };
        let captures_now = self
            .setup
            .as_ref()
            .and_then(|setup| setup.channel(order.channel))
            .is_some_and(|c| c.capture == sutler_core::catalog::CapturePolicy::AtPlacement);
        if let (true, Some(payment)) = (captures_now && self.fact.is_some(), &payment) {
            // The order stands whatever the provider says now: the task is kept and retried.
            if let Err(problem) = shop.run_tasks_of(payment.id) {
                tracing::warn!(%problem, "capture after placement");
            }
            return shop.placed(order.id, false);
        }
        let payments = self.paid.iter().map(|paid| paid.payment().clone()).collect();
        Ok(Placed { order, payments, replayed: false })
    }

    /// Undoes every step before the one that was refused, from the last to the first, in one commit; then has the provider
    /// drop what it may hold.
    pub(crate) fn unwind(mut self, rejection: Rejection) -> Result<Outcome, FlowError> {
        let rejection = self.shop.labeled(rejection);
        let problem = rejection.to_string();
        for _ in 0..4 {
            let mut set = self.shop.change_set();
            for step in CHECKOUT.iter().rev() {
                if let Undo::By(UndoStep(undo)) = step.undo {
                    undo(&mut self, &problem, &mut set)?;
                }
            }
            let void_is_due =
                set.changes.iter().any(|change| matches!(change, Change::PaymentTask { .. }));
            let opened = self.opened()?;
            let hold_is_possible = void_is_due || self.hold_may_come;
            checkout::unwound(&opened.checkout, &rejection, hold_is_possible, &mut set)?;
            let (id, payment) =
                (opened.order.id, opened.payment.as_ref().map(|payment| payment.id));
            match self.shop.store().commit(set) {
                Ok(CommitOutcome::Committed(_) | CommitOutcome::Replayed { .. }) => {
                    if let (true, Some(payment)) = (void_is_due, payment) {
                        self.shop.finish_unwinding(id, payment);
                    }
                    return Ok(Outcome::Unwound(rejection));
                }
                Ok(CommitOutcome::Refused(refusal)) => return Err(refusal.into()),
                Err(error) if error.retry == Retry::Never => return Err(error.into()),
                Ok(CommitOutcome::Conflict { .. }) | Err(_) => {}
            }
            if let Some(outcome) = self.reread()? {
                return Ok(outcome);
            }
        }
        Err(FlowError::Contended { what: self.opened()?.checkout.id.to_string() })
    }

    /// Finds out whether the provider held the money, without asking it to: nobody waits for this buyer's answer any more.
    /// `None` while it cannot be known.
    pub(crate) fn look_up(mut self) -> Result<Option<Outcome>, FlowError> {
        if let Some(outcome) = self.ended()? {
            return Ok(Some(outcome));
        }
        let Some(payment) = self.opened()?.payment.clone() else {
            return self.place().map(Some);
        };
        let unasked = Rejection::PaymentDeclined {
            reason: "the checkout was cut off before the provider was asked".to_owned(),
        };
        match self.provider(&payment)?.lookup(&payment.authorize_key()) {
            Ok(Lookup::Done(reply)) => {
                let held = self.take_hold(&payment, reply);
                self.after_provider(held).map(Some)
            }
            Ok(Lookup::Declined { reason }) => {
                self.unwind(Rejection::PaymentDeclined { reason }).map(Some)
            }
            Ok(Lookup::NeverSeen) => {
                self.hold_may_come = true;
                self.unwind(unasked).map(Some)
            }
            Ok(Lookup::UnderWay) | Err(_) => Ok(None),
        }
    }

    /// Notes the hold that the provider gave; one of another amount is refused.
    pub(super) fn take_hold(
        &mut self,
        payment: &Payment,
        reply: ProviderReply,
    ) -> Result<(), FlowError> {
        let (at, held) = (self.shop.now(), reply.amount);
        self.fact = Some(PaymentFact {
            kind: FactKind::Authorized,
            amount: held,
            reference: reply.reference,
            at,
        });
        if held == payment.amount {
            return Ok(());
        }
        let reason = format!("the provider held {held} instead of {}", payment.amount);
        Err(Rejection::PaymentDeclined { reason }.into())
    }

    /// Returns the provider of a payment that was opened. A program that does not have it cannot know how the payment stands.
    fn provider(&self, payment: &Payment) -> Result<&'a dyn PaymentProvider, FlowError> {
        let found = self.shop.provider(&payment.provider);
        found.map_err(|unknown| FlowError::PaymentOpen { reason: unknown.to_string() })
    }

    /// Asks the provider to hold the money, under the persisted key; an unclear answer is looked up under the same key.
    pub(super) fn ask(&self, payment: &Payment) -> Result<ProviderReply, FlowError> {
        let provider = self.provider(payment)?;
        let request = ProviderRequest {
            key: payment.authorize_key(),
            amount: payment.amount,
            method: payment.method.clone(),
            follows: String::new(),
            order: payment.order.to_string(),
        };
        let declined = |reason| FlowError::Refused(Rejection::PaymentDeclined { reason });
        // A resumed saga may have asked before: its provider knows the key.
        let mut answer = provider.authorize(&request);
        for _ in 0..2 {
            let reason = match answer {
                Ok(reply) => return Ok(reply),
                Err(ProviderError::Declined { reason }) => return Err(declined(reason)),
                Err(ProviderError::Unavailable { reason } | ProviderError::Unknown { reason }) => {
                    reason
                }
            };
            answer = match provider.lookup(&request.key) {
                Ok(Lookup::Done(reply)) => Ok(reply),
                Ok(Lookup::Declined { reason }) => Err(ProviderError::Declined { reason }),
                Ok(Lookup::NeverSeen) => provider.authorize(&request),
                Ok(Lookup::UnderWay) | Err(_) => return Err(unanswered(&reason)),
            };
        }
        match answer {
            Ok(reply) => Ok(reply),
            Err(ProviderError::Declined { reason }) => Err(declined(reason)),
            Err(error) => Err(FlowError::PaymentOpen { reason: error.to_string() }),
        }
    }

    /// Writes what is known of the payment and the task that drops its hold, where one may exist.
    pub(super) fn void(&self, problem: &str, set: &mut ChangeSet) -> Result<(), FlowError> {
        let Some(payment) = &self.opened()?.payment else { return Ok(()) };
        let fact = self.fact.clone().unwrap_or_else(|| PaymentFact {
            kind: FactKind::Failed,
            amount: payment.amount,
            reference: problem.chars().take(120).collect(),
            at: set.at,
        });
        let tasks = self.shop.store().payment_tasks(payment.id)?;
        let mut draft = PaymentDraft::new(payment.clone(), tasks);
        draft.record(fact);
        draft.void(set.at);
        draft.write(set);
        Ok(())
    }
}

fn unanswered(reason: &str) -> FlowError {
    FlowError::PaymentOpen { reason: format!("its provider did not answer: {reason}") }
}
