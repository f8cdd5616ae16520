//! Copies: every record read in order, and written as it was.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use sutler_core::order::OrderNumber;
use sutler_core::port::{CopyMark, Dump, DumpKind, DumpRecord, StoreError};
use sutler_core::pricing::BatchCoupon;

use crate::MemoryStore;
use crate::credit::CreditRecord;
use crate::state::{ChainHead, State, Table};

/// How many records are given at a time.
const PART: usize = 1_000;

impl Dump for MemoryStore {
    fn dump_counts(&self) -> Result<BTreeMap<DumpKind, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        self.snapshot().records().for_each(|record| *counts.entry(record.kind()).or_default() += 1);
        Ok(counts)
    }

    fn dump(
        &self,
        take: &mut dyn FnMut(Vec<DumpRecord>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let state = self.snapshot();
        let mut records = state.records().peekable();
        while records.peek().is_some() {
            if take(records.by_ref().take(PART).collect()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn copy_mark(&self) -> Result<Option<CopyMark>, StoreError> {
        Ok(self.snapshot().copy)
    }

    fn copy_in(
        &self,
        before: Option<CopyMark>,
        records: Vec<DumpRecord>,
        after: CopyMark,
    ) -> Result<bool, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.copy != before || (before.is_none() && state.records().next().is_some()) {
            return Ok(false);
        }
        let mut next = State::clone(&state);
        for record in records {
            let kind = record.kind().word();
            next.put_record(record)
                .ok_or_else(|| StoreError::broken("copy a shop", kind, "a key stands twice"))?;
        }
        next.copy = Some(after);
        *state = Arc::new(next);
        Ok(true)
    }

    fn copy_done(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut state).copy = None;
        Ok(())
    }
}

/// Writes a row whose key must be free.
fn put<K: Ord + Clone, V: Clone>(table: &mut Table<K, V>, key: K, row: V) -> Option<()> {
    Arc::make_mut(table).insert(key, row).is_none().then_some(())
}

impl State {
    /// Returns every record in the order of a copy.
    fn records(&self) -> impl Iterator<Item = DumpRecord> {
        let catalog = self.catalog_records();
        let sold = self.order_records().into_iter().chain(self.owed_records());
        catalog
            .chain(sold)
            .chain(self.process_records())
            .chain(self.stock_records())
            .chain(self.log_records())
    }

    fn catalog_records(&self) -> impl Iterator<Item = DumpRecord> {
        let mut prices: Vec<_> =
            self.prices.values().chain(self.past_prices.values()).cloned().collect();
        prices.sort_by_key(|record| {
            let price = &record.price;
            (price.variant, price.list, price.min_quantity, record.since)
        });
        let lists = self.setup.price_list_history().into_iter();
        let products = self
            .products
            .values()
            .map(|product| Box::new(Arc::unwrap_or_clone(Arc::clone(product))));
        self.categories
            .values()
            .cloned()
            .map(DumpRecord::Category)
            .chain(products.map(DumpRecord::Product))
            .chain(prices.into_iter().map(DumpRecord::Price))
            .chain(lists.map(|list| DumpRecord::PriceList(Box::new(list))))
            .chain(self.customers.values().map(|of| DumpRecord::Customer(Box::new(of.clone()))))
    }

    /// Orders and what hangs on them.
    fn order_records(&self) -> Vec<DumpRecord> {
        let mut records = Vec::new();
        let number = |id| self.orders.get(&id).map_or(OrderNumber(0), |order| order.number);
        let orders = || self.order_numbers.values().filter_map(|id| self.orders.get(id));
        records.extend(orders().map(|order| DumpRecord::Order(Box::new((**order).clone()))));
        for order in orders() {
            let log = self.order_logs.get(&order.id).into_iter().flat_map(|log| log.iter());
            records.extend(log.map(|entry| DumpRecord::OrderLog((order.id, entry.clone()))));
        }
        let mut allocations: Vec<_> = self.allocations.values().copied().collect();
        allocations.sort_by_key(|of| (number(of.order), of.line, of.key));
        records.extend(allocations.into_iter().map(DumpRecord::Allocation));
        let mut fulfillments: Vec<_> = self.fulfillments.values().collect();
        fulfillments.sort_by_key(|of| (number(of.order), of.id));
        records.extend(
            fulfillments.into_iter().map(|of| DumpRecord::Fulfillment(Box::new((**of).clone()))),
        );
        let payments = self.payments.values();
        records.extend(payments.map(|of| DumpRecord::Payment(Box::new((**of).clone()))));
        let mut tasks: Vec<_> = self.payment_tasks.values().cloned().collect();
        tasks.sort_by(|a, b| (a.payment, &a.key).cmp(&(b.payment, &b.key)));
        records.extend(tasks.into_iter().map(|task| DumpRecord::PaymentTask(Box::new(task))));
        let mut uses: Vec<_> = self.promotion_uses.values().cloned().collect();
        uses.sort_by_key(|used| (number(used.order), used.promotion));
        records.extend(uses.into_iter().map(|used| DumpRecord::PromotionUse(Box::new(used))));
        records
    }

    /// Codes, gift cards and store credit.
    fn owed_records(&self) -> impl Iterator<Item = DumpRecord> {
        let coupon =
            |(code, batch): (&_, &_)| BatchCoupon { code: Clone::clone(code), batch: *batch };
        let credits = self.credits.values();
        let entries = credits.clone().flat_map(|record| record.entries.iter().cloned());
        self.coupons
            .iter()
            .map(coupon)
            .map(DumpRecord::Coupon)
            .chain(
                credits.map(|record| {
                    DumpRecord::Credit(Box::new((record.credit.clone(), record.head.0)))
                }),
            )
            .chain(entries.map(|entry| DumpRecord::CreditEntry(Box::new(entry))))
    }

    fn process_records(&self) -> impl Iterator<Item = DumpRecord> {
        let keys = self.keys.iter().map(|(key, (content, answer))| {
            DumpRecord::Key(Box::new((key.clone(), *content, *answer)))
        });
        self.carts
            .values()
            .map(|cart| DumpRecord::Cart(Box::new((**cart).clone())))
            .chain(self.checkouts.values().map(|of| DumpRecord::Checkout(Box::new((**of).clone()))))
            .chain(
                self.import_runs.values().map(|run| DumpRecord::ImportRun(Box::new(run.clone()))),
            )
            .chain(keys)
    }

    fn stock_records(&self) -> impl Iterator<Item = DumpRecord> {
        let slots = self.reservations.iter();
        let movements = self.movements.iter().map(|entry| (**entry).clone());
        let heads = self.ledgers.iter().filter(|(_, ledger)| ledger.len() > 0);
        self.levels
            .iter()
            .map(|(key, level)| DumpRecord::Level((*key, *level)))
            .chain(slots.map(|(slot, quantity)| {
                DumpRecord::Reservation(crate::stock::reservation(*slot, *quantity))
            }))
            .chain(movements.map(|entry| DumpRecord::Movement(Box::new(entry))))
            .chain(heads.map(|(place, ledger)| {
                DumpRecord::LedgerHead((*place, ledger.len(), ledger.head.0))
            }))
    }

    fn log_records(&self) -> impl Iterator<Item = DumpRecord> {
        let events = self.events.iter().map(|event| DumpRecord::Event(Box::new((**event).clone())));
        let head = (self.last_event() > 0).then(|| (self.last_event(), self.event_head.0));
        let cursors = self.cursors.iter().map(|(consumer, seq)| (consumer.clone(), *seq));
        let setup = self.setup.whole().map(|setup| DumpRecord::Setup(Box::new((**setup).clone())));
        events
            .chain(head.map(DumpRecord::EventHead))
            .chain(cursors.map(DumpRecord::Cursor))
            .chain(self.leases.values().cloned().map(DumpRecord::Lease))
            .chain(setup)
    }

    /// Writes a record as it is; `None` when its key is there.
    fn put_record(&mut self, record: DumpRecord) -> Option<()> {
        match record {
            DumpRecord::Category(of) => put(&mut self.categories, of.id, of),
            DumpRecord::Product(product) => {
                put(&mut self.handles, product.handle.clone(), product.id)?;
                for variant in &product.variants {
                    put(&mut self.variants, variant.id, product.id)?;
                }
                put(&mut self.products, product.id, Arc::new(*product))
            }
            DumpRecord::Price(record) => {
                let place = (record.price.variant, record.price.list, record.price.min_quantity);
                let (variant, list, min_quantity) = place;
                match record.until {
                    None => put(&mut self.prices, place, record),
                    Some(_) => {
                        let key = (variant, list, min_quantity, record.since);
                        put(&mut self.past_prices, key, record)
                    }
                }
            }
            DumpRecord::PriceList(record) => {
                Arc::make_mut(&mut self.setup).put_past_list(*record);
                Some(())
            }
            DumpRecord::Customer(of) => put(&mut self.customers, of.id, *of),
            DumpRecord::Coupon(of) => put(&mut self.coupons, of.code, of.batch),
            DumpRecord::Credit(of) => {
                let (credit, head) = *of;
                let record = CreditRecord { credit, entries: Vec::new(), head: ChainHead(head) };
                put(&mut self.credits, record.credit.id, Arc::new(record))
            }
            DumpRecord::CreditEntry(entry) => {
                let credit = Arc::make_mut(&mut self.credits).get_mut(&entry.entry.credit)?;
                Arc::make_mut(credit).entries.push(*entry);
                Some(())
            }
            DumpRecord::Cart(of) => put(&mut self.carts, of.id, Arc::new(*of)),
            DumpRecord::Checkout(of) => put(&mut self.checkouts, of.id, Arc::new(*of)),
            DumpRecord::ImportRun(of) => put(&mut self.import_runs, (of.content, of.run), *of),
            DumpRecord::Key(of) => put(&mut self.keys, of.0, (of.1, of.2)),
            DumpRecord::Setup(setup) => {
                Arc::make_mut(&mut self.setup).put_whole(*setup);
                Some(())
            }
            of => self.put_moving_record(of),
        }
    }

    /// Writes a record of an order, of stock or of the log.
    fn put_moving_record(&mut self, record: DumpRecord) -> Option<()> {
        match record {
            DumpRecord::Order(order) => {
                put(&mut self.order_numbers, order.number, order.id)?;
                put(&mut self.orders, order.id, Arc::new(*order))
            }
            DumpRecord::OrderLog((order, entry)) => {
                let log = Arc::make_mut(&mut self.order_logs).entry(order).or_default();
                Arc::make_mut(log).push(entry);
                Some(())
            }
            DumpRecord::Allocation(of) => {
                put(&mut self.allocations, (of.order, of.line, of.key), of)
            }
            DumpRecord::Fulfillment(of) => put(&mut self.fulfillments, of.id, Arc::new(*of)),
            DumpRecord::Payment(of) => put(&mut self.payments, of.id, Arc::new(*of)),
            DumpRecord::PaymentTask(of) => put(&mut self.payment_tasks, of.key.clone(), *of),
            DumpRecord::PromotionUse(of) => {
                put(&mut self.promotion_uses, (of.promotion, of.order), *of)
            }
            DumpRecord::Level((key, level)) => put(&mut self.levels, key, level),
            DumpRecord::Reservation(of) => {
                put(&mut self.reservations, (of.key, of.expires_at, of.checkout), of.quantity)
            }
            DumpRecord::Movement(entry) => {
                let entry = Arc::from(entry);
                Arc::make_mut(&mut self.movements).push(Arc::clone(&entry));
                let ledgers = Arc::make_mut(&mut self.ledgers);
                let ledger = ledgers.entry(entry.movement.key.location).or_default();
                Arc::make_mut(ledger).entries.push(entry);
                Some(())
            }
            DumpRecord::LedgerHead((place, _, head)) => {
                let ledger = Arc::make_mut(&mut self.ledgers).get_mut(&place)?;
                Arc::make_mut(ledger).head = ChainHead(head);
                Some(())
            }
            DumpRecord::Event(event) => {
                let told = Arc::make_mut(&mut self.subject_events);
                *told.entry(event.event.subject).or_default() += 1;
                Arc::make_mut(&mut self.events).push(Arc::from(event));
                Some(())
            }
            DumpRecord::EventHead((_, head)) => {
                self.event_head = ChainHead(head);
                Some(())
            }
            DumpRecord::Cursor((consumer, seq)) => put(&mut self.cursors, consumer, seq),
            DumpRecord::Lease(of) => put(&mut self.leases, of.name.clone(), of),
            // What stays stands above.
            _ => None,
        }
    }
}
