//! Streams orders with all that belongs to them, promotions and open checkouts through their checks.

use sutler_core::money::Currency;
use sutler_core::order::Order;
use sutler_core::port::{Finding, OrderFilter, UsesAsked};
use sutler_core::verify::{
    OrderFacts, PromotionTally, check_open_checkout, check_order, check_payments,
    check_promotion_uses, check_quote, remark_payments,
};

use super::stock::Stock;
use super::{PAGE, VerifyReport, count};
use crate::{FlowError, Reader};

impl Reader {
    /// Looks at every order, hands its promises to `stock`, and returns how many were ever placed.
    pub(super) fn verify_orders(
        &self,
        stock: &mut Stock,
        report: &mut VerifyReport,
    ) -> Result<u64, FlowError> {
        let mut tally = PromotionTally::default();
        let (mut placed, mut before) = (0, None);
        loop {
            let orders = self.store().order_page(OrderFilter::default(), before, PAGE)?;
            let Some(last) = orders.last() else { break };
            before = Some(last.number);
            report.counts.orders += count(orders.len());
            for order in &orders {
                placed += u64::from(order.placed_at.is_some());
                tally.order(order);
                self.verify_order(order, stock, report)?;
            }
        }
        report.add(self.verify_promotions(&tally)?);
        Ok(placed)
    }

    /// Compares what orders use of each promotion with what is counted.
    fn verify_promotions(&self, tally: &PromotionTally) -> Result<Vec<Finding>, FlowError> {
        let setup = self.setup()?;
        let ids: Vec<_> = setup.promotions.iter().map(|promotion| promotion.id).collect();
        let mut currencies: Vec<Currency> =
            setup.channels.iter().map(|channel| channel.currency).collect();
        currencies.sort_unstable_by_key(|currency| currency.code());
        currencies.dedup();
        let mut counted = vec![Vec::new(); ids.len()];
        for currency in currencies {
            let asked = UsesAsked { customer: None, coupons: &[], currency };
            for (all, one) in counted.iter_mut().zip(self.store().promotion_uses(&ids, &asked)?) {
                all.push(one);
            }
        }
        let checked = setup.promotions.iter().zip(&counted);
        Ok(checked.filter_map(|(promotion, counted)| tally.check(promotion, counted)).collect())
    }

    fn verify_order(
        &self,
        order: &Order,
        stock: &mut Stock,
        report: &mut VerifyReport,
    ) -> Result<(), FlowError> {
        let store = self.store();
        let allocations = store.allocations(order.id)?;
        for allocation in &allocations {
            if order.line(allocation.line).is_some_and(|line| line.tracks_stock) {
                stock.promise(allocation.key, allocation.open());
            }
        }
        let cart = store.cart(order.cart)?;
        let (log, fulfillments) = (store.order_log(order.id)?, store.fulfillments(order.id)?);
        let facts = OrderFacts {
            order,
            log: &log,
            allocations: &allocations,
            fulfillments: &fulfillments,
            cart: cart.as_ref(),
            order_of_cart: store.order_by_cart(order.cart)?.map(|found| found.id),
        };
        report.add(check_order(&facts));
        report.add(check_quote(order));
        report.add(check_promotion_uses(order, &store.promotion_uses_of(order.id)?));
        let mut payments = Vec::new();
        for payment in store.payments(&[order.id])? {
            let tasks = store.payment_tasks(payment.id)?;
            payments.push((payment, tasks));
        }
        report.counts.payments += count(payments.len());
        report.add(check_payments(order, &payments));
        self.verify_credit_facts(payments.iter().map(|(payment, _)| payment), report)?;
        remark_payments(order, &payments)
            .into_iter()
            .for_each(|remark| report.remark(Some(remark)));
        Ok(())
    }

    pub(super) fn verify_checkouts(&self, report: &mut VerifyReport) -> Result<(), FlowError> {
        let now = self.now();
        let mut after = None;
        loop {
            let open = self.store().checkouts_open(after, PAGE)?;
            let Some(last) = open.last() else { return Ok(()) };
            after = Some(last.id);
            report.counts.checkouts += count(open.len());
            for checkout in &open {
                let order = self.store().order(checkout.order)?;
                let tasks = match checkout.payment {
                    Some(payment) => self.store().payment_tasks(payment)?,
                    None => Vec::new(),
                };
                let found = check_open_checkout(checkout, order.as_ref(), &tasks, now);
                report.add(found.findings);
                report.remark(found.remark);
            }
        }
    }
}
