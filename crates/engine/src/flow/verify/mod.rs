//! Looking over a whole shop for anything that does not fit.
//!
//! The invariants stand in [`sutler_core::verify`], each as a pure function; here records are streamed through them, a
//! page at a time. What spans many records is looked at in windows of bounded size, so memory does not grow with the
//! shop; a large shop is passed over several times instead.
//!
//! A shop that sells meanwhile shows its records at different moments. So when anything was found and the shop changed
//! during the look, the look is repeated; findings of the last one stand, with `changing` set.
//!
//! A record that cannot be read ends the look at the others, not the whole look: the store then says which it is.
//!
//! Deliberately absent: mending, and the search index, which can be built anew at any time.

mod catalog;
mod credit;
mod event;
mod order;
mod stock;

use std::collections::BTreeSet;

use sutler_core::hash::ContentHash;
use sutler_core::port::{Finding, StoreError};

use crate::{FlowError, Reader};

/// How many records are read at a time.
const PAGE: usize = 500;

/// The most findings that a report lists; the rest are counted.
///
/// ```
/// assert_eq!(sutler_engine::flow::verify::FINDINGS_MAX, 1_000);
/// ```
pub const FINDINGS_MAX: usize = 1_000;

/// What stores say of a record that they cannot read.
const DAMAGED: &str = "store.damaged";

/// How often a look is repeated while the shop changes under it.
const LOOKS: u32 = 3;

/// How many records were looked at.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let counts = shop.verify(&mut |_| {})?.counts;
/// assert_eq!((counts.products, counts.prices, counts.levels), (1, 2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct VerifyCounts {
    /// Products.
    pub products: u64,
    /// Prices.
    pub prices: u64,
    /// Stock levels.
    pub levels: u64,
    /// Entries of all ledgers.
    pub movements: u64,
    /// Reservations, expired ones included.
    pub reservations: u64,
    /// Orders.
    pub orders: u64,
    /// Payments.
    pub payments: u64,
    /// Events.
    pub events: u64,
    /// Checkouts that are open.
    pub checkouts: u64,
    /// Gift cards and store credits.
    pub credits: u64,
}

/// What a look over the whole shop found.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let report = shop.verify(&mut |_| {})?;
/// for finding in &report.findings {
///     eprintln!("{} of {}: {}", finding.check, finding.subject, finding.message);
/// }
/// assert!(report.is_clean() && !report.changing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct VerifyReport {
    /// What is off; at most [`FINDINGS_MAX`] of it.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_total: u64,
    /// What a person or recovery still has to do, such as an overdue checkout; not damage.
    pub remarks: Vec<Finding>,
    /// What was looked at.
    pub counts: VerifyCounts,
    /// Whether the shop kept changing, so that findings may be of two moments: look again when it is quiet.
    pub changing: bool,
}

impl VerifyReport {
    /// Returns whether nothing is off.
    pub fn is_clean(&self) -> bool {
        self.findings_total == 0
    }

    fn add(&mut self, found: impl IntoIterator<Item = Finding>) {
        for finding in found {
            self.findings_total += 1;
            if self.findings.len() < FINDINGS_MAX {
                self.findings.push(finding);
            }
        }
    }

    fn remark(&mut self, remark: Option<Finding>) {
        self.remarks.extend(remark.filter(|_| self.remarks.len() < FINDINGS_MAX));
    }
}

/// Heads of everything that only grows: when none moved, nothing of substance did.
type Heads = Vec<(u64, ContentHash)>;

impl Reader {
    /// Derives every level, total and chain of the shop again and compares; `step` is told what is being looked at.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let report = shop.verify(&mut |step| eprintln!("looking at {step} …"))?;
    /// assert!(report.is_clean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, step: &mut dyn FnMut(&str)) -> Result<VerifyReport, FlowError> {
        let mut look = 1;
        loop {
            let before = self.heads()?;
            let mut report = self.look_over(step)?;
            if report.is_clean() || self.heads()? == before {
                return Ok(report);
            }
            if look == LOOKS {
                report.changing = true;
                return Ok(report);
            }
            look += 1;
            step("everything again, because the shop changed meanwhile");
        }
    }

    fn look_over(&self, step: &mut dyn FnMut(&str)) -> Result<VerifyReport, FlowError> {
        let mut report = VerifyReport::default();
        let damaged = match self.look_at_records(step, &mut report) {
            Err(FlowError::Store(error)) if error.code == DAMAGED => Some(error),
            looked => looked.map(|()| None)?,
        };
        step("the store itself");
        // A back-end may look at the same things; one finding about one record is enough.
        let known: BTreeSet<_> =
            report.findings.iter().map(|f| (f.check, f.subject.clone())).collect();
        let own = self.store().integrity()?;
        match damaged {
            Some(error) if own.is_empty() => return Err(error.into()),
            Some(error) => report.add([not_all(&error)]),
            None => {}
        }
        report.add(own.into_iter().filter(|f| !known.contains(&(f.check, f.subject.clone()))));
        Ok(report)
    }

    fn look_at_records(
        &self,
        step: &mut dyn FnMut(&str),
        report: &mut VerifyReport,
    ) -> Result<(), FlowError> {
        step("the catalog");
        self.verify_catalog(report)?;
        step("stock");
        let mut stock = stock::Stock::begin(self)?;
        stock.look_at_ledgers(self, report)?;
        step("orders");
        let placed = self.verify_orders(&mut stock, report)?;
        stock.finish(self, report)?;
        step("gift cards and store credit");
        self.verify_credit(report)?;
        step("checkouts");
        self.verify_checkouts(report)?;
        step("events");
        self.verify_events(placed, report)
    }

    fn heads(&self) -> Result<Heads, FlowError> {
        let mut heads = vec![self.store().event_head()?];
        for location in &self.setup()?.locations {
            heads.push(self.store().stock_ledger_head(location.id)?);
        }
        let newest = match self.store().order_page(Default::default(), None, 1) {
            // It is found when everything is looked over.
            Err(error) if error.code == DAMAGED => Vec::new(),
            newest => newest?,
        };
        heads.extend(
            newest
                .iter()
                .map(|order| (order.version, order.quote.hash.to_bytes()))
                .map(|(version, hash)| (version, ContentHash::from_bytes(hash))),
        );
        Ok(heads)
    }
}

/// Says that a record kept the look from going on.
fn not_all(error: &StoreError) -> Finding {
    let message = format!("not everything could be looked at: {}: {}", error.op, error.source);
    Finding { check: "store.read", subject: error.subject.clone(), message }
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}
