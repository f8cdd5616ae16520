//! The one write door.

use std::collections::BTreeMap;
use std::sync::Arc;

use sutler_core::change::{Change, ChangeSet, CommitOutcome, Receipt};
use sutler_core::id::OrderId;
use sutler_core::order::OrderNumber;
use sutler_core::port::StoreError;
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::state::{Applied, State, Stop};

/// Numbers that a commit gave to the orders it opened.
type Numbers = BTreeMap<OrderId, OrderNumber>;

/// Returns the state after `set`, `None` when nothing of it is to be written, and what to answer.
pub(crate) fn commit(
    state: &State,
    set: ChangeSet,
) -> Result<(Option<State>, CommitOutcome), StoreError> {
    if let Some(answer) = answer_of_repeat(state, &set) {
        return Ok((None, answer));
    }
    let mut next = state.clone();
    let mut numbers = Numbers::new();
    let mut receipt = Receipt::default();
    let lease_taken = set.lease_taken().map(str::to_owned);
    for change in set.changes {
        match next.apply(change, set.at, &mut numbers) {
            Ok(()) => {}
            Err(Stop::Conflict(what)) => return Ok((None, CommitOutcome::Conflict { what })),
            Err(Stop::Refused(why)) => return Ok((None, CommitOutcome::Refused(why))),
        }
    }
    let lease = lease_taken.and_then(|name| next.leases.get(&name));
    receipt.lease_token = lease.map(|lease| lease.token);
    // A set opens one order; were it several, the receipt names the one with the highest number.
    receipt.order_number = numbers.values().copied().max();
    for event in set.events {
        receipt.last_event = next.tell(
            event.numbered(|id| numbers.get(&id).copied()).unwrap_or(event),
            set.at,
            set.command,
        )?;
    }
    if let Some(once) = set.idempotency {
        Arc::make_mut(&mut next.keys).insert(once.key, (once.content, once.answer));
    }
    Ok((Some(next), CommitOutcome::Committed(receipt)))
}

fn answer_of_repeat(state: &State, set: &ChangeSet) -> Option<CommitOutcome> {
    let once = set.idempotency.as_ref()?;
    let (content, answer) = *state.keys.get(&once.key)?;
    if content == once.content {
        Some(CommitOutcome::Replayed { answer })
    } else {
        Some(CommitOutcome::Refused(Rejection::KeyReused { key: once.key.to_string() }))
    }
}

impl State {
    /// Applies one change, or says why not; then this state is of no further use.
    fn apply(&mut self, change: Change, at: Timestamp, numbers: &mut Numbers) -> Applied {
        match change {
            Change::Setup(change) => self.change_setup(change, at),
            Change::Category(category) => self.put_category(category),
            Change::Product(product) => self.put_product(*product),
            Change::Price(price) => self.put_price(price, at),
            Change::PriceRemoved { list, variant, min_quantity } => {
                self.remove_price(list, variant, min_quantity, at)
            }
            Change::Customer(customer) => self.put_customer(*customer),
            Change::Cart(cart) => self.put_cart(*cart),
            Change::Stock(change) => self.change_stock(change, at),
            Change::OrderOpened(order) => {
                let id = order.id;
                numbers.insert(id, self.open_order(*order, at)?);
                Ok(())
            }
            Change::Order { order, action } => self.put_order(&order, action, at),
            Change::Allocation(allocation) => self.put_allocation(allocation),
            Change::PaymentOpened(payment) => self.open_payment(payment),
            Change::PaymentFact { payment, fact, payment_version } => {
                self.add_payment_fact(payment, fact, payment_version)
            }
            Change::PaymentTask { task, payment_version } => {
                self.put_payment_task(task, payment_version)
            }
            Change::Credit(credit) => self.put_credit(*credit),
            Change::CreditEntry(entry) => self.enter_credit(entry, at),
            Change::Fulfillment(fulfillment) => self.put_fulfillment(*fulfillment),
            Change::Checkout(checkout) => self.put_checkout(*checkout),
            Change::PromotionUse { promotion_use, limits, first_order } => {
                self.use_promotion(*promotion_use, &limits, first_order)
            }
            Change::PromotionUseReturned { order } => self.return_promotion_uses(order),
            Change::CouponCodes { batch, codes } => self.put_coupon_codes(batch, codes),
            Change::ImportRun(run) => self.put_import_run(run),
            Change::Lease(change) => self.change_lease(&change, at),
            Change::Cursor { consumer, seq } => self.move_cursor(consumer, seq),
        }
    }
}
