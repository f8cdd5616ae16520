//! Streams the event log through its checks.

use std::collections::BTreeSet;

use sutler_core::change::RecordRef;
use sutler_core::event::{EventKind, StoredEvent};
use sutler_core::id::OrderId;
use sutler_core::port::{OrderFilter, StoreError};
use sutler_core::verify::{EventChain, SubjectWindow, check_placed_event, placed_but_not_told};

use super::{PAGE, VerifyReport, count};
use crate::{FlowError, Reader};

/// How many events are read at a time.
const EVENTS: usize = 2_000;

/// How many subjects one window may hold: some 40 MB.
const WINDOW_SUBJECTS: u64 = 400_000;

/// How many orders are looked for at a time, once it is known that some are missing.
const WINDOW_ORDERS: usize = 100_000;

impl Reader {
    /// Looks at the whole log; `placed` is how many orders were ever placed.
    pub(super) fn verify_events(
        &self,
        placed: u64,
        report: &mut VerifyReport,
    ) -> Result<(), FlowError> {
        let (last, _) = self.store().event_head()?;
        // There are at most as many subjects as events.
        let parts = last.div_ceil(WINDOW_SUBJECTS).max(1);
        let mut told = 0;
        let mut chain = EventChain::default();
        for part in 0..parts {
            let mut window = SubjectWindow::new(part, parts);
            self.each_event(|stored| {
                if part == 0 {
                    report.counts.events += 1;
                    report.add(chain.event(stored, &data_text(stored)?));
                    report.add(self.placed_event(stored)?);
                }
                report.add(window.event(stored));
                Ok(())
            })?;
            told += window.placed();
        }
        report.add(chain.finish(self.store().event_head()?));
        // Each event names another order that was placed, so equal counts mean that none is missing.
        if told != placed {
            self.name_the_untold(report)?;
        }
        Ok(())
    }

    fn each_event(
        &self,
        mut look: impl FnMut(&StoredEvent) -> Result<(), FlowError>,
    ) -> Result<(), FlowError> {
        let mut after = 0;
        loop {
            let events = self.store().events(after, EVENTS)?;
            let Some(last) = events.last() else { return Ok(()) };
            after = last.seq;
            events.iter().try_for_each(&mut look)?;
        }
    }

    fn placed_event(
        &self,
        stored: &StoredEvent,
    ) -> Result<Option<sutler_core::port::Finding>, FlowError> {
        let (EventKind::OrderPlaced, RecordRef::Order(id)) =
            (stored.event.kind, stored.event.subject)
        else {
            return Ok(None);
        };
        Ok(check_placed_event(stored, self.store().order(id)?.as_ref()))
    }

    /// Finds the placed orders that no event tells of.
    fn name_the_untold(&self, report: &mut VerifyReport) -> Result<(), FlowError> {
        let mut before = None;
        loop {
            let mut placed: BTreeSet<OrderId> = BTreeSet::new();
            let mut read = 0;
            while placed.len() < WINDOW_ORDERS {
                let orders = self.store().order_page(OrderFilter::default(), before, PAGE)?;
                let Some(last) = orders.last() else { break };
                before = Some(last.number);
                read += count(orders.len());
                placed.extend(
                    orders.iter().filter(|order| order.placed_at.is_some()).map(|order| order.id),
                );
            }
            if read == 0 {
                return Ok(());
            }
            let mut told = BTreeSet::new();
            self.each_event(|stored| {
                if let (EventKind::OrderPlaced, RecordRef::Order(id)) =
                    (stored.event.kind, stored.event.subject)
                    && placed.contains(&id)
                {
                    told.insert(id);
                }
                Ok(())
            })?;
            report.add(placed_but_not_told(&placed, &told));
        }
    }
}

/// The data of an event as the text that stores keep and chain.
fn data_text(stored: &StoredEvent) -> Result<String, StoreError> {
    serde_json::to_string(&stored.event.data)
        .map_err(|error| StoreError::broken("verify", stored.event.subject.to_string(), error))
}
