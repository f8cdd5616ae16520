//! Writing records of a copy as they are: whatever their version, at whatever moment.
//!
//! Rows of a part are put into the tables of a batch, as new ones, and written by the statements that write all new rows.
//! What follows from records is counted by the server once all of them are there.

use std::sync::Arc;

use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::port::{CopyMark, DumpRecord};
use sutler_core::pricing::{PriceListRecord, PriceRecord};

use crate::credit::CreditRow;
use crate::document::Document;
use crate::error::Fault;
use crate::event::Head;
use crate::flight::{Call, params};
use crate::fulfillment::OfOrder;
use crate::rows::Rows;
use crate::session::Session;
use crate::value::{Uid, int, json};

pub(crate) mod sql {
    crate::statements::statements! {
        BEGIN = "BEGIN; LOCK TABLE raw_copy IN EXCLUSIVE MODE";
        SET_MARK = "INSERT INTO raw_copy (one, source, records, hash) VALUES (true, $1, $2, $3)
            ON CONFLICT (one) DO UPDATE SET source = excluded.source, records = excluded.records, hash = excluded.hash";
        SET_VERSION = "UPDATE raw_counter SET value = $1 WHERE name = 'setup_version'";
        /// What follows from records; again, where it was worked out before.
        DERIVE = "SET LOCAL statement_timeout = '1h';
            DELETE FROM raw_event_subject; DELETE FROM raw_promotion_count; DELETE FROM raw_buyer;
            INSERT INTO raw_event_subject (kind, id, last)
              SELECT subject_kind, subject, count(*) FROM raw_event GROUP BY 1, 2;
            INSERT INTO raw_promotion_count (promotion, counter, uses, units, amount) SELECT * FROM raw_promotion_sum;
            INSERT INTO raw_buyer (buyer, placed) SELECT buyer, count(*) FROM raw_order WHERE status = 1 GROUP BY buyer;
            UPDATE raw_counter SET value = (SELECT count(*) FROM raw_product) WHERE name = 'products';
            UPDATE raw_counter SET value = (SELECT count(*) FROM raw_variant WHERE NOT retired) WHERE name = 'variants';
            UPDATE raw_counter SET value = (SELECT coalesce(max(number), 0) FROM raw_order) WHERE name = 'order_number';
            COMMIT";
        END = "DELETE FROM raw_copy; COMMIT";
    }
}

/// A part of a copy: what it sends, and the marks before and after it.
pub(crate) struct Part {
    before: Option<CopyMark>,
    calls: Vec<Call>,
    after: CopyMark,
}

impl Part {
    pub(crate) fn new(
        before: Option<CopyMark>,
        records: Vec<DumpRecord>,
        after: CopyMark,
    ) -> Result<Self, Fault> {
        let mut rows = Rows::default();
        let mut version = None;
        for record in records {
            if let DumpRecord::Setup(setup) = &record {
                version = Some(setup.version);
            }
            rows.copy_record(record)?;
        }
        let mut calls = rows.write()?;
        calls.extend(version.map(|version| Call::new(sql::SET_VERSION, params![int(version)])));
        let CopyMark { source, records, hash } = after;
        let mark = params![Uid(source), int(records), hash.to_bytes().to_vec()];
        calls.push(Call::new(sql::SET_MARK, mark));
        Ok(Self { before, calls, after })
    }

    /// Writes it; false when it is not its turn. One that was cut before may have been committed: then its mark stands.
    pub(crate) async fn write(&self, session: &Session, cuts: u32) -> Result<bool, Fault> {
        session.script(sql::BEGIN).await?;
        let found = session.fly(&[Call::plain(super::sql::MARK)]).await?;
        let found = found.iter().flatten().next().map(super::mark).transpose()?;
        let is_written = cuts > 0 && found == Some(self.after);
        if is_written || found != self.before || !self.may_begin(session).await? {
            session.script("ROLLBACK").await?;
            return Ok(is_written);
        }
        session.fly(&self.calls).await?;
        session.script("COMMIT").await?;
        Ok(true)
    }

    /// The first part needs a store that holds nothing.
    async fn may_begin(&self, session: &Session) -> Result<bool, Fault> {
        if self.before.is_some() {
            return Ok(true);
        }
        let counted = session.fly(&[Call::plain(super::sql::COUNTS)]).await?;
        let Some(row) = counted.iter().flatten().next() else { return Ok(false) };
        Ok(super::counts(row)?.values().all(|records| *records == 0))
    }
}

/// Counts what follows from the records.
pub(crate) async fn derive(session: &Session) -> Result<(), Fault> {
    session.script(sql::BEGIN).await?;
    session.script(sql::DERIVE).await?;
    Ok(())
}

/// Ends the copy.
pub(crate) async fn end(session: &Session) -> Result<(), Fault> {
    session.script(sql::BEGIN).await?;
    session.script(sql::END).await?;
    Ok(())
}

impl Rows {
    /// Puts a record into its table; its key must be free.
    fn copy_record(&mut self, record: DumpRecord) -> Result<(), Fault> {
        match record {
            DumpRecord::Category(of) => self.categories.add(of.id, of),
            DumpRecord::Product(product) => self.copy_product(*product),
            DumpRecord::Price(record) => self.copy_price(record),
            DumpRecord::PriceList(record) => self.copy_price_list(&record),
            DumpRecord::Customer(of) => self.customers.add(of.id, Arc::new(*of)),
            DumpRecord::Order(order) => self.copy_order(&order),
            DumpRecord::OrderLog((order, entry)) => {
                let row = (entry.at, json(&entry.action)?.into());
                self.order_logs.add((order, entry.version), row)
            }
            DumpRecord::Allocation(of) => self.allocations.add((of.order, of.line, of.key), of),
            DumpRecord::Fulfillment(of) => {
                let (order, version, data) = (of.order, of.version, json(&of)?);
                self.fulfillments.add(of.id, OfOrder { order, version, data })
            }
            DumpRecord::Payment(of) => self.payments.add(of.id, Arc::new(*of)),
            DumpRecord::PaymentTask(of) => self.payment_tasks.add(of.key.clone(), Arc::new(*of)),
            DumpRecord::PromotionUse(of) => self.promotion_uses.add((of.order, of.promotion), *of),
            DumpRecord::Coupon(of) => self.coupons.add(of.code, of.batch),
            DumpRecord::Credit(of) => {
                let (credit, head) = *of;
                self.credits.add(credit.id, CreditRow { credit, head })
            }
            DumpRecord::CreditEntry(of) => self.credit_entries.add((of.entry.credit, of.seq), *of),
            DumpRecord::Cart(of) => self.carts.add(of.id, Document::new(of.version, json(&of)?)),
            DumpRecord::Checkout(of) => self.copy_checkout(&of),
            DumpRecord::ImportRun(of) => {
                self.import_runs.add((of.content, of.run), Document::new(of.version, json(&of)?))
            }
            DumpRecord::Key(of) => self.keys.add(of.0, (of.1, of.2)),
            DumpRecord::Level((key, level)) => self.levels.add(key, level),
            DumpRecord::Reservation(of) => {
                self.holds.add((of.key, of.expires_at, of.checkout), of.quantity)
            }
            DumpRecord::Movement(of) => {
                let place = self.movements.iter().next_back().map_or(0, |(place, _)| place + 1);
                self.movements.add(place, *of)
            }
            DumpRecord::LedgerHead((place, seq, hash)) => {
                self.ledger_heads.add(place, Head { seq, hash })
            }
            DumpRecord::Event(of) => {
                let data = json(&of.event.data)?;
                self.events.add(of.seq, (*of, data))
            }
            DumpRecord::EventHead((seq, hash)) => self.event_heads.add((), Head { seq, hash }),
            DumpRecord::Cursor((consumer, seq)) => self.cursors.add(consumer, seq),
            DumpRecord::Lease(of) => self.leases.add(of.name.clone(), of),
            DumpRecord::Setup(setup) => self.copy_setup(&setup),
        }
    }

    fn copy_price(&mut self, record: PriceRecord) -> Result<(), Fault> {
        let PriceRecord { price, since, until } = record;
        let place = (price.variant, price.list, price.min_quantity);
        match until {
            None => self.prices.add(place, (price, since)),
            Some(until) => self.price_pasts.add((place, since), ((price, since), until)),
        }
    }

    fn copy_price_list(&mut self, record: &PriceListRecord) -> Result<(), Fault> {
        let PriceListRecord { list, since, .. } = record;
        let mut times = self.price_list_times.get(&list.id).cloned().unwrap_or_default();
        times.push((*since, Some(json(list)?.into())));
        self.price_list_times.put(list.id, times);
        Ok(())
    }

    fn copy_checkout(&mut self, of: &Checkout) -> Result<(), Fault> {
        let is_open = !matches!(of.status, CheckoutStatus::Placed | CheckoutStatus::Unwound);
        self.checkouts.add(of.id, (is_open, Document::new(of.version, json(of)?)))
    }
}
