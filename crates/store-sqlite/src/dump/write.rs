//! Writing records of a copy as they are: whatever their version, at whatever moment.

use rusqlite::params;
use sutler_core::catalog::Product;
use sutler_core::change::RecordRef;
use sutler_core::id::OrderId;
use sutler_core::port::DumpRecord;
use sutler_core::pricing::{PriceListRecord, PriceRecord};

use crate::batch::{Batch, Head, NotedOrder};
use crate::error::{Fault, Stop};
use crate::value::int;
use crate::{catalog, customer, order};

pub(crate) mod sql {
    crate::statements::statements! {
        PRICE = "INSERT INTO raw_price
              (variant, list, min_quantity, amount, currency, compare_at, compare_currency, since)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        PRICE_PAST = "INSERT INTO raw_price_past
              (variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, until)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        PRICE_LIST = "INSERT INTO raw_price_list_since (list, since, data) VALUES (?1, ?2, ?3)";
    }
}

impl Batch<'_> {
    /// Writes records in their order.
    pub(crate) fn put_records(&mut self, records: Vec<DumpRecord>) -> Result<(), Stop> {
        self.set.is_copy = true;
        for record in records {
            // Entries of one moment share a row; whatever ends the moment, or is no entry, writes them.
            let goes_on = matches!(&record, DumpRecord::Movement(next) if next.at == self.set.at);
            if !goes_on {
                self.write_entries()?;
                self.set.forget();
            }
            self.put_record(record)?;
        }
        self.write_entries()
    }

    fn put_record(&mut self, record: DumpRecord) -> Result<(), Stop> {
        match record {
            DumpRecord::Category(of) => {
                let parent = of.parent.map(|parent| parent.to_bytes());
                let row = (of.id.to_bytes(), parent, &of.name, int(of.version));
                self.run(catalog::write::sql::PUT_CATEGORY, row)?;
            }
            DumpRecord::Product(product) => self.copy_product(&product)?,
            DumpRecord::Price(record) => self.copy_price(&record)?,
            DumpRecord::PriceList(record) => self.copy_price_list(&record)?,
            DumpRecord::Customer(of) => {
                let data = serde_json::to_string(&of)?;
                let row = (of.id.to_bytes(), &of.email, int(of.version), data);
                self.run(customer::sql::PUT, row)?;
            }
            DumpRecord::Order(order) => {
                if self.insert_order(&order, int(order.number.0))? == 0 {
                    return Err(Stop::Conflict(order.id.into()));
                }
            }
            DumpRecord::OrderLog((order, entry)) => {
                let number = self.order_number(order)?;
                self.set.at = entry.at;
                self.log_action(number, entry.version, &entry.action)?;
            }
            DumpRecord::Allocation(of) => self.put_allocation(&of)?,
            DumpRecord::Fulfillment(of) => self.put_fulfillment(&of)?,
            DumpRecord::Payment(of) => self.open_payment(&of)?,
            DumpRecord::PaymentTask(task) => self.write_task(&task)?,
            DumpRecord::PromotionUse(used) => {
                let number = self.order_number(used.order)?;
                self.count_use(number, &used)?;
            }
            DumpRecord::Coupon(of) => self.put_coupon_codes(of.batch, &[of.code])?,
            DumpRecord::Credit(of) => {
                self.insert_credit(&of.0)?;
                self.set_left(&of.0, of.1)?;
            }
            DumpRecord::CreditEntry(entry) => self.write_credit_entry(&entry)?,
            other => return self.put_later_record(other),
        }
        Ok(())
    }

    /// Writes a record that may point at orders and payments, which are there by now.
    fn put_later_record(&mut self, record: DumpRecord) -> Result<(), Stop> {
        match record {
            DumpRecord::Cart(cart) => {
                self.know(cart.order.map(RecordRef::Order))?;
                self.put_cart(&cart)
            }
            DumpRecord::Checkout(of) => {
                self.know(Some(RecordRef::Checkout(of.id)))?;
                self.know(of.payment.map(RecordRef::Payment))?;
                self.put_checkout(&of)
            }
            DumpRecord::ImportRun(run) => self.write_import_run(&run),
            DumpRecord::Key(of) => {
                self.know(Some(of.2))?;
                self.write_key(&of.0, of.1, of.2)
            }
            DumpRecord::Level((key, level)) => self.copy_level(key, level),
            DumpRecord::Reservation(of) => self.copy_reservation(&of),
            DumpRecord::Movement(entry) => {
                self.know(entry.movement.cause)?;
                self.set.at = entry.at;
                self.copy_movement(&entry)
            }
            DumpRecord::LedgerHead((location, seq, hash)) => {
                self.set_ledger_head(location, Head { seq, hash })
            }
            DumpRecord::Event(event) => {
                self.know(Some(event.event.subject))?;
                self.copy_event(&event)
            }
            DumpRecord::EventHead((seq, hash)) => self.set_event_head(Head { seq, hash }),
            DumpRecord::Cursor((consumer, seq)) => self.move_cursor(&consumer, seq),
            DumpRecord::Lease(lease) => self.write_lease(&lease),
            DumpRecord::Setup(whole) => self.copy_setup(&whole),
            // What stays stands above.
            other => {
                let why = format!("nobody writes {}", other.kind().word());
                Err(Fault::damaged("a copy", why).into())
            }
        }
    }

    /// Notes an order or payment that a row is going to point at, so that it can do so by number. A checkout has the number
    /// of its order, a payment is noted with its order.
    fn know(&mut self, record: Option<RecordRef>) -> Result<(), Stop> {
        match record {
            Some(RecordRef::Order(id)) => self.know_order(id),
            Some(RecordRef::Checkout(id)) => self.know_order(OrderId::from_u128(id.to_u128())),
            Some(RecordRef::Payment(id)) => {
                if self.known_payment(id)?.is_some()
                    && let Some(order) =
                        self.one(order::sql::OF_PAYMENT, [id.to_bytes()], |row| row.get(0))?
                {
                    self.know_order(OrderId::from_bytes(order))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn know_order(&mut self, id: OrderId) -> Result<(), Stop> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok((row.get(0)?, row.get::<_, [u8; 16]>(1)?, row.get::<_, Option<String>>(2)?))
        };
        let found = self.one(order::sql::NOTE, [id.to_bytes()], read)?;
        if let Some((number, cart, code)) = found {
            let currency =
                code.and_then(|code| sutler_core::money::Currency::from_code(&code).ok());
            let cart = Some(sutler_core::id::CartId::from_bytes(cart));
            let id = id.to_u128();
            self.set.note_order(NotedOrder { id, number, currency, cart, opened: false });
        }
        Ok(())
    }

    fn copy_product(&mut self, product: &Product) -> Result<(), Stop> {
        let key = self.insert_product(product)?;
        product.variants.iter().try_for_each(|variant| self.put_variant(key, variant, None))
    }

    fn copy_price(&mut self, record: &PriceRecord) -> Result<(), Stop> {
        let price = &record.price;
        let list = self.short(price.list.to_bytes())?;
        let currency = price.amount.currency();
        let other = price.compare_at.map(|amount| amount.currency());
        let other = other.filter(|other| *other != currency).map(|other| other.code());
        let (variant, amount) = (price.variant.to_bytes(), price.amount.minor());
        let compare_at = price.compare_at.map(|amount| amount.minor());
        let (code, since) = (currency.code(), record.since.millis());
        let least = price.min_quantity;
        match record.until {
            None => self.run(
                sql::PRICE,
                params![variant, list, least, amount, code, compare_at, other, since],
            ),
            Some(until) => self.run(
                sql::PRICE_PAST,
                params![
                    variant,
                    list,
                    least,
                    amount,
                    code,
                    compare_at,
                    other,
                    since,
                    until.millis()
                ],
            ),
        }?;
        Ok(())
    }

    fn copy_price_list(&mut self, record: &PriceListRecord) -> Result<(), Stop> {
        let data = serde_json::to_string(&record.list)?;
        self.run(sql::PRICE_LIST, (record.list.id.to_bytes(), record.since.millis(), data))?;
        Ok(())
    }
}
