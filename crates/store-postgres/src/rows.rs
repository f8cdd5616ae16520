//! All tables of a batch, in the one order in which every writer locks them.
//!
//! Two batches of different processes that touch the same rows lock them in the same order: table by table as they stand
//! here, and by key within a table. So they wait for each other and do not lock each other out. What is wanted by everybody
//! stands late, the head of the event log last but for what it protects.

use sutler_core::change::{Change, ChangeSet, SetupChange, StockChange};
use sutler_core::order::OrderNumber;
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::cart::Carts;
use crate::catalog::write::{
    Categories, Handles, PriceEnds, PricePasts, Prices, Products, Variants,
};
use crate::counter::{Counter, Counters};
use crate::credit::{AskCredit, CreditEntries, Credits};
use crate::customer::Customers;
use crate::error::Fault;
use crate::event::{Cursors, EventHeads, EventSubjects, Events};
use crate::flight::Call;
use crate::fulfillment::Fulfillments;
use crate::lease::{Leases, ServerClock};
use crate::order::write::{Allocations, LiveOrders, OrderLogs, OrderNumbers, Orders};
use crate::payment::{PaymentTasks, Payments};
use crate::promotion::{AskBuyer, Buyers, Counts, Coupons, Uses};
use crate::saga::{Checkouts, ImportRuns, Keys};
use crate::setup::{PriceListTimes, SetupRecords, TaxRates};
use crate::stock::write::{AskHold, Holds, LedgerHeads, Levels, Movements};
use crate::table::Table;

/// Takes the rows that a statement loaded.
pub(crate) type Learn = fn(&mut Rows, &[Row]) -> Result<(), Fault>;

macro_rules! rows {
    ($($name:ident: $kind:ty,)+) => {
        /// The rows that a batch works on.
        pub(crate) struct Rows {
            $(pub(crate) $name: Table<$kind>,)+
            /// The moment of the set that is applied now.
            pub(crate) at: Timestamp,
        }

        impl Default for Rows {
            fn default() -> Self {
                Self { $($name: Table::default(),)+ at: Timestamp::from_millis(0) }
            }
        }

        impl Rows {
            /// Returns the statements that load and lock what was asked for, and who takes their rows.
            pub(crate) fn load(&self) -> Vec<(Learn, Call)> {
                let mut calls: Vec<(Learn, Call)> = Vec::new();
                $(if let Some(call) = self.$name.load() {
                    calls.push((|rows, found| rows.$name.learn(found), call));
                })+
                calls
            }

            /// Lets what the set did stand.
            pub(crate) fn settle(&mut self) {
                $(self.$name.settle();)+
            }

            /// Takes back what the set did.
            pub(crate) fn roll_back(&mut self) {
                $(self.$name.roll_back();)+
            }

            /// Returns the statements that write what changed.
            pub(crate) fn write(&self) -> Result<Vec<Call>, Fault> {
                let mut calls = Vec::new();
                $(calls.extend(self.$name.write()?);)+
                Ok(calls)
            }
        }
    };
}

rows! {
    setup: SetupRecords,
    price_list_times: PriceListTimes,
    tax_rates: TaxRates,
    categories: Categories,
    products: Products,
    variants: Variants,
    prices: Prices,
    carts: Carts,
    orders: Orders,
    order_logs: OrderLogs,
    allocations: Allocations,
    fulfillments: Fulfillments,
    payments: Payments,
    payment_tasks: PaymentTasks,
    customers: Customers,
    credits: Credits,
    credit_entries: CreditEntries,
    checkouts: Checkouts,
    import_runs: ImportRuns,
    leases: Leases,
    // Right behind the leases, whose locks it waits for.
    server_clock: ServerClock,
    cursors: Cursors,
    buyers: Buyers,
    promotion_uses: Uses,
    promotion_counts: Counts,
    levels: Levels,
    holds: Holds,
    ledger_heads: LedgerHeads,
    movements: Movements,
    counters: Counters,
    event_heads: EventHeads,
    // What is read once the locks are held: others may have written it just before.
    handles: Handles,
    price_ends: PriceEnds,
    price_pasts: PricePasts,
    live_orders: LiveOrders,
    order_numbers: OrderNumbers,
    coupons: Coupons,
    event_subjects: EventSubjects,
    events: Events,
    keys: Keys,
}

impl Rows {
    /// Asks for every row that a set may touch.
    pub(crate) fn ask(&mut self, set: &ChangeSet) {
        for change in &set.changes {
            self.ask_for(change, set.at);
        }
        if !set.events.is_empty() {
            self.event_heads.ask(());
        }
        for event in &set.events {
            self.event_subjects.ask(event.subject);
        }
        if let Some(once) = &set.idempotency {
            self.keys.ask(once.key.clone());
        }
    }

    fn ask_for(&mut self, change: &Change, at: Timestamp) {
        match change {
            Change::Setup(change) => self.ask_setup(change),
            Change::Category(category) => self.ask_category(category),
            Change::Product(product) => self.ask_product(product),
            Change::Price(price) => self.ask_price((price.variant, price.list, price.min_quantity)),
            Change::PriceRemoved { list, variant, min_quantity } => {
                self.ask_price((*variant, *list, *min_quantity));
            }
            Change::Cart(cart) => self.carts.ask(cart.id),
            Change::Stock(change) => self.ask_stock(change, at),
            Change::OrderOpened(order) => {
                self.orders.ask(order.id);
                self.live_orders.ask(order.cart);
                self.buyers.ask(AskBuyer::One(crate::order::buyer(order)));
                self.counters.ask(Counter::OrderNumber);
                if order.number != OrderNumber(0) {
                    self.order_numbers.ask(order.number);
                }
            }
            Change::Order { order, .. } => {
                self.orders.ask(order.id);
                self.buyers.ask(AskBuyer::OfOrder(order.id));
            }
            Change::Allocation(allocation) => {
                self.allocations.ask((allocation.order, allocation.line, allocation.key));
            }
            Change::PaymentOpened(payment) => self.payments.ask(payment.id),
            Change::PaymentFact { payment, .. } => self.payments.ask(*payment),
            Change::PaymentTask { task, .. } => {
                self.payments.ask(task.payment);
                self.payment_tasks.ask(task.key.clone());
            }
            Change::Customer(customer) => self.ask_customer(customer),
            Change::Credit(credit) => self.ask_credit(credit),
            Change::CreditEntry(entry) => self.credits.ask(AskCredit::Id(entry.credit)),
            Change::Fulfillment(fulfillment) => self.fulfillments.ask(fulfillment.id),
            Change::Checkout(checkout) => self.checkouts.ask(checkout.id),
            Change::PromotionUse { promotion_use, first_order, .. } => {
                self.ask_promotion_use(promotion_use, *first_order);
            }
            Change::PromotionUseReturned { order } => self.ask_promotion_uses_of(*order),
            Change::CouponCodes { codes, .. } => {
                codes.iter().for_each(|code| self.coupons.ask(code.clone()));
            }
            Change::ImportRun(run) => self.import_runs.ask((run.content, run.run)),
            Change::Lease(change) => {
                self.leases.ask(change.name().to_owned());
                self.server_clock.ask(());
            }
            Change::Cursor { consumer, .. } => self.cursors.ask(consumer.clone()),
        }
    }

    fn ask_setup(&mut self, change: &SetupChange) {
        self.counters.ask(Counter::Setup);
        match change {
            SetupChange::TaxRate(rate) => self.tax_rates.ask(crate::setup::rate_key(rate)),
            SetupChange::Removed(key) => {
                self.setup.ask(());
                crate::setup::removed_rate(key)
                    .into_iter()
                    .for_each(|rate| self.tax_rates.ask(rate));
            }
            SetupChange::PriceList(list) => {
                self.setup.ask(());
                self.price_list_times.ask(list.id);
            }
            _ => self.setup.ask(()),
        }
    }

    fn ask_stock(&mut self, change: &StockChange, at: Timestamp) {
        let mut level = |key| {
            self.levels.ask(key);
            self.ledger_heads.ask(key.location);
            self.holds.ask(AskHold::Expired(key, at));
        };
        match change {
            StockChange::Move { movement, .. } => level(movement.key),
            StockChange::Limits { key, .. } => level(*key),
            StockChange::Reserve { checkout, lines, expires_at }
            | StockChange::Release { checkout, lines, expires_at }
            | StockChange::Allocate { checkout, lines, expires_at, .. } => {
                lines.iter().for_each(|line| level(line.key));
                for line in lines {
                    self.holds.ask(AskHold::Slot(line.key, *expires_at, *checkout));
                }
            }
        }
    }
}
