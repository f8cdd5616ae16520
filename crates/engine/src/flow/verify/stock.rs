//! Streams levels, ledgers, reservations and promises through windows of keys.

use sutler_core::id::{CheckoutId, StockLocationId};
use sutler_core::inventory::{Reservation, StockKey, StockLevel};
use sutler_core::order::OrderStatus;
use sutler_core::port::OrderFilter;
use sutler_core::time::Timestamp;
use sutler_core::verify::{LedgerChain, StockWindow, check_reservation};

use super::{PAGE, VerifyReport, count};
use crate::{FlowError, Reader};

/// How many levels one window holds: some 25 MB.
const WINDOW_LEVELS: usize = 200_000;

/// How many entries of a ledger are read at a time.
const ENTRIES: usize = 5_000;

/// The look at stock, one window open.
pub(super) struct Stock {
    window: StockWindow,
    /// Last key of the window; `None` when it has no border behind it.
    up_to: Option<StockKey>,
    after: Option<StockKey>,
    locations: Vec<StockLocationId>,
    levels: u64,
}

impl Stock {
    /// Opens the first window and reads its levels.
    pub(super) fn begin(shop: &Reader) -> Result<Self, FlowError> {
        let locations = shop.setup()?.locations.iter().map(|location| location.id).collect();
        let mut stock = Self {
            window: StockWindow::new(None, None),
            up_to: None,
            after: None,
            locations,
            levels: 0,
        };
        stock.open(shop, None)?;
        Ok(stock)
    }

    fn open(&mut self, shop: &Reader, after: Option<StockKey>) -> Result<(), FlowError> {
        let mut levels: Vec<(StockKey, StockLevel)> = Vec::new();
        let mut last = after;
        while levels.len() < WINDOW_LEVELS {
            let page = shop.store().stock_level_page(last, ENTRIES)?;
            let Some((key, _)) = page.last() else { break };
            last = Some(*key);
            levels.extend(page);
        }
        self.levels += count(levels.len());
        self.up_to = last.filter(|_| levels.len() >= WINDOW_LEVELS);
        self.after = after;
        self.window = StockWindow::new(after, self.up_to);
        levels.into_iter().for_each(|(key, level)| self.window.level(key, level));
        Ok(())
    }

    /// Reads all ledgers and reservations for the first window, and recomputes the chains.
    pub(super) fn look_at_ledgers(
        &mut self,
        shop: &Reader,
        report: &mut VerifyReport,
    ) -> Result<(), FlowError> {
        for location in self.locations.clone() {
            let mut chain = LedgerChain::new(location);
            let mut after = 0;
            loop {
                let entries = shop.store().stock_ledger(location, after, ENTRIES)?;
                let Some(last) = entries.last() else { break };
                after = last.seq;
                report.counts.movements += count(entries.len());
                for entry in &entries {
                    report.add(chain.entry(entry));
                    self.window.movement(&entry.movement);
                }
            }
            report.add(chain.finish(shop.store().stock_ledger_head(location)?));
        }
        self.look_at_reservations(shop, Some(report))
    }

    fn look_at_reservations(
        &mut self,
        shop: &Reader,
        mut first: Option<&mut VerifyReport>,
    ) -> Result<(), FlowError> {
        let now = shop.now();
        // Behind every reservation of the key before the window.
        let mut after = self.after.map(|key| Reservation {
            key,
            expires_at: Timestamp::MAX,
            checkout: CheckoutId::from_u128(u128::MAX),
            quantity: u32::MAX,
        });
        loop {
            let page = shop.store().reservation_page(after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(*last);
            for reservation in &page {
                self.window.reservation(reservation);
                if let Some(report) = &mut first {
                    report.counts.reservations += 1;
                    let checkout = shop.store().checkout(reservation.checkout)?;
                    report.add(check_reservation(reservation, checkout.as_ref(), now));
                }
            }
            // The first look is at all of them; later ones stop behind their window.
            if first.is_none() && self.up_to.is_some_and(|up_to| last.key > up_to) {
                return Ok(());
            }
        }
    }

    /// Counts units promised to a line whose stock is counted.
    pub(super) fn promise(&mut self, key: StockKey, open: u32) {
        self.window.promise(key, open);
    }

    /// Closes the first window, then looks at those behind it.
    pub(super) fn finish(
        mut self,
        shop: &Reader,
        report: &mut VerifyReport,
    ) -> Result<(), FlowError> {
        report.add(self.window.finish());
        while let Some(after) = self.up_to {
            self.open(shop, Some(after))?;
            for location in self.locations.clone() {
                let mut seq = 0;
                loop {
                    let entries = shop.store().stock_ledger(location, seq, ENTRIES)?;
                    let Some(last) = entries.last() else { break };
                    seq = last.seq;
                    entries.iter().for_each(|entry| self.window.movement(&entry.movement));
                }
            }
            self.look_at_reservations(shop, None)?;
            self.look_at_promises(shop)?;
            report.add(self.window.finish());
        }
        report.counts.levels = self.levels;
        Ok(())
    }

    fn look_at_promises(&mut self, shop: &Reader) -> Result<(), FlowError> {
        let filter = OrderFilter { status: Some(OrderStatus::Placed) };
        let mut before = None;
        loop {
            let orders = shop.store().order_page(filter, before, PAGE)?;
            let Some(last) = orders.last() else { return Ok(()) };
            before = Some(last.number);
            for order in &orders {
                for allocation in shop.store().allocations(order.id)? {
                    if order.line(allocation.line).is_some_and(|line| line.tracks_stock) {
                        self.promise(allocation.key, allocation.open());
                    }
                }
            }
        }
    }
}
