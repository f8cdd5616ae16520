//! Sets of changes while they are decided on, in one transaction.
//!
//! One function for each kind of change stands in the file of its port; here is the order in which guards are looked at,
//! the same in every back-end: the idempotency key, then the changes as they stand in the set; the first that fails
//! decides. A set that is refused leaves nothing behind for those that follow it in the batch.
//!
//! Deliberately absent: the server (see `writer`), and any rule.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sutler_core::change::{Change, ChangeSet, CommitOutcome, Receipt};
use sutler_core::id::OrderId;
use sutler_core::order::OrderNumber;

use crate::error::{Applied, Fault, Stop};
use crate::rows::Rows;

/// What became of one set.
pub(crate) type Verdict = Result<CommitOutcome, Fault>;

/// Numbers that a set gave to the orders it opened.
type Numbers = BTreeMap<OrderId, OrderNumber>;

impl Rows {
    /// Decides on a set. Only one that is committed changes the rows.
    pub(crate) fn decide(&mut self, set: &ChangeSet) -> Verdict {
        self.at = set.at;
        let applied = catch_unwind(AssertUnwindSafe(|| self.apply(set)));
        let stop = match applied {
            Ok(Ok(receipt)) => {
                self.settle();
                return Ok(CommitOutcome::Committed(receipt));
            }
            Ok(Err(stop)) => stop,
            Err(_) => Stop::Fault(Fault::Panicked),
        };
        self.roll_back();
        match stop {
            Stop::Conflict(what) => Ok(CommitOutcome::Conflict { what }),
            Stop::Refused(why) => Ok(CommitOutcome::Refused(*why)),
            Stop::Replayed(answer) => Ok(CommitOutcome::Replayed { answer }),
            Stop::Fault(fault) => Err(fault),
        }
    }

    fn apply(&mut self, set: &ChangeSet) -> Result<Receipt, Stop> {
        if let Some(once) = &set.idempotency {
            self.look_up(once)?;
        }
        let mut numbers = Numbers::new();
        for change in &set.changes {
            self.change(change, &mut numbers)?;
        }
        let mut receipt = Receipt::default();
        // A set opens one order; were it several, the receipt names the one with the highest number.
        receipt.order_number = numbers.values().copied().max();
        receipt.lease_token = set.lease_taken().and_then(|name| self.lease_token(name));
        for event in &set.events {
            receipt.last_event = self.tell(
                event.numbered(|id| numbers.get(&id).copied()).unwrap_or_else(|| event.clone()),
                set.command,
            )?;
        }
        if let Some(once) = &set.idempotency {
            self.remember(once);
        }
        Ok(receipt)
    }

    fn change(&mut self, change: &Change, numbers: &mut Numbers) -> Applied {
        match change {
            Change::Setup(change) => self.change_setup(change),
            Change::Category(category) => self.put_category(category),
            Change::Product(product) => self.put_product(product),
            Change::Price(price) => self.put_price(price),
            Change::PriceRemoved { list, variant, min_quantity } => {
                self.remove_price((*variant, *list, *min_quantity))
            }
            Change::Cart(cart) => self.put_cart(cart),
            Change::Stock(change) => self.change_stock(change),
            Change::OrderOpened(order) => {
                numbers.insert(order.id, self.open_order(order)?);
                Ok(())
            }
            Change::Order { order, action } => self.put_order(order, action),
            Change::Allocation(allocation) => self.put_allocation(*allocation),
            Change::PaymentOpened(payment) => self.open_payment(payment),
            Change::PaymentFact { payment, fact, payment_version } => {
                self.add_payment_fact(*payment, fact, *payment_version)
            }
            Change::PaymentTask { task, payment_version } => {
                self.put_payment_task(task, *payment_version)
            }
            Change::Customer(customer) => self.put_customer(customer),
            Change::Credit(credit) => self.put_credit(credit),
            Change::CreditEntry(entry) => self.enter_credit(entry),
            Change::Fulfillment(fulfillment) => self.put_fulfillment(fulfillment),
            Change::Checkout(checkout) => self.put_checkout(checkout),
            Change::PromotionUse { promotion_use, limits, first_order } => {
                self.use_promotion(promotion_use, limits, *first_order)
            }
            Change::CouponCodes { batch, codes } => self.put_coupon_codes(*batch, codes),
            Change::PromotionUseReturned { order } => self.return_promotion_uses(*order),
            Change::ImportRun(run) => self.put_import_run(run),
            Change::Lease(change) => self.change_lease(change),
            Change::Cursor { consumer, seq } => self.move_cursor(consumer, *seq),
        }
    }
}
