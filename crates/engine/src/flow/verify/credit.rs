//! Streams gift cards, store credit and their ledgers through their checks.

use std::collections::BTreeSet;

use sutler_core::credit::{CreditId, StoredCreditEntry};
use sutler_core::payment::Payment;
use sutler_core::verify::{CreditLedger, check_credit_entry, check_credit_facts};

use super::{PAGE, VerifyReport, count};
use crate::{FlowError, Reader};

impl Reader {
    /// Checks every ledger, and that each of its entries belongs to a payment of an order.
    pub(super) fn verify_credit(&self, report: &mut VerifyReport) -> Result<(), FlowError> {
        let mut after = None;
        loop {
            let page = self.store().credit_page(after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            report.counts.credits += count(page.len());
            for credit in &page {
                let mut ledger = CreditLedger::new(credit.id);
                self.each_entry(credit.id, |stored| {
                    report.add(ledger.entry(&stored));
                    let payment = match stored.entry.payment {
                        Some(payment) => self.store().payment(payment)?,
                        None => None,
                    };
                    report.add(check_credit_entry(&stored, payment.as_ref()));
                    Ok(())
                })?;
                let kept = self.store().credit_ledger_head(credit.id)?;
                report.add(ledger.finish(credit, kept));
            }
        }
    }

    /// Checks what the payments of one order moved in ledgers.
    pub(super) fn verify_credit_facts<'a>(
        &self,
        payments: impl Iterator<Item = &'a Payment>,
        report: &mut VerifyReport,
    ) -> Result<(), FlowError> {
        for payment in payments {
            let named = payment.facts.iter().filter_map(|fact| fact.credit());
            let mut own = Vec::new();
            for credit in named.collect::<BTreeSet<_>>() {
                self.each_entry(credit, |stored| {
                    own.extend(
                        Some(stored).filter(|stored| stored.entry.payment == Some(payment.id)),
                    );
                    Ok(())
                })?;
            }
            report.add(check_credit_facts(payment, &own));
        }
        Ok(())
    }

    fn each_entry(
        &self,
        credit: CreditId,
        mut look: impl FnMut(StoredCreditEntry) -> Result<(), FlowError>,
    ) -> Result<(), FlowError> {
        let mut after = 0;
        loop {
            let page = self.store().credit_ledger(credit, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seq;
            page.into_iter().try_for_each(&mut look)?;
        }
    }
}
