//! Flaws of single records: versions, limits, names that must be unique.

use sutler_core::change::{Change, ChangeSet, CommitOutcome, Receipt, RecordRef};
use sutler_core::order::OrderNumber;
use sutler_core::port::{CartReader, OrderReader, PromotionReader, Store, UsesAsked};
use sutler_core::pricing::{Limits, PromotionRefusal};
use sutler_core::rejection::Rejection;
use sutler_store_conformance::{category, coupon, order, payment, promotion, version};
use sutler_store_memory::MemoryStore;

use crate::{Flaw, Lent, Outcome, as_long_as_a_disk_takes};

/// Writes a cart over whatever stands there.
struct LastWriterWins;

impl Flaw for LastWriterWins {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        loop {
            for change in &mut set.changes {
                if let Change::Cart(cart) = change {
                    cart.version = store.cart(cart.id)?.map_or(0, |stored| stored.version) + 1;
                }
            }
            match store.commit(set.clone())? {
                CommitOutcome::Conflict { what: RecordRef::Cart(_) } => {}
                other => return Ok(other),
            }
        }
    }
}

#[test]
fn an_unguarded_version_is_noticed() {
    noticed!(Lent<LastWriterWins>: version::a_record_must_follow_its_stored_version);
}

/// Says that all is well when a promotion is used up.
struct IgnoresLimits;

impl Flaw for IgnoresLimits {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        for change in &mut set.changes {
            if let Change::PromotionUse { limits, first_order, .. } = change {
                (**limits, *first_order) = (Limits::NONE, false);
            }
        }
        store.commit(set)
    }
}

#[test]
fn ignored_limits_are_noticed() {
    noticed!(Lent<IgnoresLimits>:
        promotion::a_use_beyond_the_limit_is_refused,
        promotion::a_use_beyond_the_limit_of_a_customer_is_refused,
        promotion::a_use_beyond_the_limit_of_a_coupon_is_refused,
        promotion::units_beyond_the_limit_are_refused,
        promotion::money_beyond_the_budget_is_refused,
        promotion::one_use_goes_to_one_of_two_hundred_orders,
        promotion::the_limit_of_a_coupon_holds_under_concurrency,
        promotion::the_limit_of_units_holds_under_concurrency,
        promotion::the_budget_holds_under_concurrency,
        promotion::the_limits_of_a_customer_hold_under_concurrency,
        promotion::uses_are_given_back,
        promotion::a_first_order_is_one_of_many,
    );
}

/// Counts on what it read before the commit, as a store would that looks at counters outside of its transaction.
struct CountsBeforehand;

impl Flaw for CountsBeforehand {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        for change in &mut set.changes {
            if let Change::PromotionUse { promotion_use: used, limits, first_order } = change {
                let coupons = used.coupon.as_slice();
                let currency = used.amount.currency();
                let asked = UsesAsked { customer: Some(&used.customer), coupons, currency };
                let counted = store.promotion_uses(&[used.promotion], &asked)?;
                let known = store.promotion_uses_of(used.order)?;
                let room = counted.iter().try_for_each(|counted| used.check(limits, counted));
                if let (Err(why), true) = (room, known.is_empty()) {
                    return Ok(CommitOutcome::Refused(why));
                }
                if *first_order && store.orders_placed(&used.customer)? > 0 {
                    return Ok(CommitOutcome::Refused(
                        used.used_up(PromotionRefusal::NotFirstOrder),
                    ));
                }
                (**limits, *first_order) = (Limits::NONE, false);
            }
        }
        as_long_as_a_disk_takes();
        store.commit(set)
    }
}

#[test]
fn counting_outside_of_the_commit_is_noticed_under_concurrency() {
    promotion::a_use_beyond_the_limit_is_refused::<Lent<CountsBeforehand>>();
    promotion::units_beyond_the_limit_are_refused::<Lent<CountsBeforehand>>();
    noticed!(Lent<CountsBeforehand>:
        promotion::one_use_goes_to_one_of_two_hundred_orders,
        promotion::the_limit_of_a_coupon_holds_under_concurrency,
        promotion::the_limit_of_units_holds_under_concurrency,
        promotion::the_budget_holds_under_concurrency,
        promotion::the_limits_of_a_customer_hold_under_concurrency,
        promotion::a_first_order_is_one_of_many,
    );
}

/// Takes a code that was made before as it comes.
struct MakesCodesAgain;

impl Flaw for MakesCodesAgain {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        match store.commit(set)? {
            CommitOutcome::Refused(Rejection::AlreadyExists { .. }) => {
                Ok(CommitOutcome::Committed(Receipt::default()))
            }
            other => Ok(other),
        }
    }
}

#[test]
fn codes_that_are_made_twice_are_noticed() {
    noticed!(Lent<MakesCodesAgain>:
        coupon::a_code_is_made_once,
        coupon::one_code_is_made_by_one_of_many_threads,
    );
}

/// Accepts a second order of a cart, and numbers orders all alike as far as the receipt is concerned.
struct OrdersTwice;

impl Flaw for OrdersTwice {
    fn commit(store: &MemoryStore, set: ChangeSet) -> Outcome {
        match store.commit(set)? {
            CommitOutcome::Refused(Rejection::CartAlreadyOrdered { .. }) => {
                Ok(CommitOutcome::Committed(Receipt::default()))
            }
            CommitOutcome::Committed(mut receipt) => {
                receipt.order_number = receipt.order_number.map(|_| OrderNumber::FIRST);
                Ok(CommitOutcome::Committed(receipt))
            }
            other => Ok(other),
        }
    }
}

#[test]
fn second_orders_and_repeated_numbers_are_noticed() {
    noticed!(Lent<OrdersTwice>:
        order::a_cart_has_one_order_that_is_not_canceled,
        order::one_of_many_checkouts_of_a_cart_opens_its_order,
        order::order_numbers_are_unique_and_rise_under_concurrency,
        order::order_numbers_rise,
    );
}

/// Decides tasks on the newest version of the payment instead of the one that was read.
struct IgnoresTaskGuard;

impl Flaw for IgnoresTaskGuard {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        loop {
            for change in &mut set.changes {
                if let Change::PaymentTask { task, payment_version } = change {
                    let payment = store.payment(task.payment)?;
                    *payment_version = payment.map_or(0, |payment| payment.version);
                }
            }
            match store.commit(set.clone())? {
                CommitOutcome::Conflict { what: RecordRef::Payment(id) }
                    if store.payment(id)?.is_some() => {}
                other => return Ok(other),
            }
        }
    }
}

#[test]
fn an_unguarded_refund_is_noticed() {
    noticed!(Lent<IgnoresTaskGuard>:
        payment::a_new_task_is_guarded_by_the_version_of_its_payment,
        payment::one_of_many_tasks_decided_on_one_version_is_queued,
    );
}

/// Takes category names as they come, by writing a namesake under another name.
struct Renames;

impl Flaw for Renames {
    fn commit(store: &MemoryStore, mut set: ChangeSet) -> Outcome {
        let outcome = store.commit(set.clone())?;
        if !matches!(&outcome, CommitOutcome::Refused(why) if why.code() == "already_exists") {
            return Ok(outcome);
        }
        for change in &mut set.changes {
            if let Change::Category(category) = change {
                category.name = category.id.to_string();
            }
        }
        store.commit(set)
    }
}

#[test]
fn names_that_are_not_unique_are_noticed() {
    noticed!(Lent<Renames>: category::a_category_name_is_unique_among_siblings);
}
