//! Sets of changes while they are applied in one transaction.
//!
//! One function for each kind of change stands in the file of its port; here is the order in which guards are looked at,
//! the same in every back-end: the idempotency key, then the changes as they stand in the set; the first that fails
//! decides. Events, the entries of ledgers and the key itself are written last.
//!
//! Rows that many sets touch (heads of chains, levels, counters) are kept in memory, see [`Rows`], and written once, by
//! [`Batch::flush`]. Nothing else reads these tables while the transaction runs. They stay known for the next transaction
//! unless another process wrote meanwhile.
//!
//! Deliberately absent: BEGIN, SAVEPOINT and COMMIT (see `writer`), and any rule.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row};
use sutler_core::change::{Change, ChangeSet, Receipt, RecordRef};
use sutler_core::id::{CartId, OrderId};
use sutler_core::inventory::StockLevel;
use sutler_core::money::Currency;
use sutler_core::order::OrderNumber;
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::FailPoint;
use crate::error::{Fault, Stop};
use crate::frozen::{self, Frozen};
use crate::kept::Kept;
use crate::ledger::Entry;
use crate::order::sql as order_sql;
use crate::short::{Bounded, sql as short_sql};
use crate::value::{Mention, count, int};

/// What the writer remembers from one transaction to the next.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Pairs that never change once they are committed.
    shorts: Bounded<[u8; 16], i64>,
    frozen: Bounded<Frozen, i64>,
    /// Those of them that this transaction made, with how many of them are settled.
    made_shorts: Made<[u8; 16]>,
    made_frozen: Made<Frozen>,
    /// Rows that only writers read; true as long as no other process wrote.
    rows: Rows,
    /// What SQLite said about other writers when `rows` were read.
    data_version: Option<i64>,
}

/// What was made in a transaction, and how much of it by sets that are settled.
#[derive(Debug)]
struct Made<T> {
    all: Vec<T>,
    settled: usize,
}

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self { all: Vec::new(), settled: 0 }
    }
}

/// Rows that are kept in memory and written once before the commit.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) levels: Kept<(i64, i64), LevelRow>,
    pub(crate) heads: Kept<i64, Head>,
    pub(crate) event_head: Kept<(), Head>,
    pub(crate) last_number: Kept<(), i64>,
    pub(crate) counters: Kept<Counter, i64>,
}

impl Rows {
    fn clear(&mut self) {
        self.levels.clear();
        self.heads.clear();
        self.event_head.clear();
        self.last_number.clear();
        self.counters.clear();
    }
}

impl Memory {
    /// Begins a transaction: forgets rows that another process may have changed.
    pub(crate) fn begin(&mut self, conn: &Connection) -> Result<(), Fault> {
        let version =
            conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.data_version != Some(version) {
            self.rows.clear();
            self.data_version = Some(version);
        }
        Ok(())
    }

    /// Takes note that the transaction is committed.
    pub(crate) fn committed(&mut self) {
        self.made_shorts = Made::default();
        self.made_frozen = Made::default();
        self.rows.levels.committed();
        self.rows.heads.committed();
        self.rows.event_head.committed();
        self.rows.last_number.committed();
        self.rows.counters.committed();
    }

    /// Forgets what the transaction made: it was rolled back.
    pub(crate) fn rolled_back(&mut self) {
        for id in self.made_shorts.all.drain(..) {
            self.shorts.remove(&id);
        }
        for words in self.made_frozen.all.drain(..) {
            self.frozen.remove(&words);
        }
        self.made_shorts.settled = 0;
        self.made_frozen.settled = 0;
        self.rows.clear();
    }
}

/// The head of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: sutler_core::hash::ContentHash,
}

/// The counts of one level, and what its row holds beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LevelRow {
    pub(crate) level: StockLevel,
    /// The newest entry of the ledger about it, 0 for none.
    pub(crate) last_seq: u64,
    /// No reservation of it expires before.
    pub(crate) next_expiry: Option<i64>,
}

/// Counters that are kept as rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Counter {
    /// The version of the set-up.
    Setup,
    /// Products of any status.
    Products,
    /// Variants in use.
    Variants,
    /// Stock movements at all locations.
    Movements,
}

impl Counter {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Counter::Setup => "setup_version",
            Counter::Products => "products",
            Counter::Variants => "variants",
            Counter::Movements => "movements",
        }
    }
}

/// An order that a set spoke of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotedOrder {
    pub(crate) id: u128,
    pub(crate) number: i64,
    /// The currency of its quote, where the set told it.
    pub(crate) currency: Option<Currency>,
    /// Its cart, where the set told it.
    pub(crate) cart: Option<CartId>,
    /// Whether this set opened it.
    pub(crate) opened: bool,
}

/// A payment that a set spoke of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotedPayment {
    pub(crate) id: u128,
    pub(crate) key: i64,
    /// The number of its order.
    pub(crate) number: i64,
    pub(crate) currency: Currency,
}

/// What one set brought to light, gone when the next begins.
#[derive(Debug)]
pub(crate) struct SetNotes {
    pub(crate) at: Timestamp,
    /// Whether records of a copy are written: as they are, whatever their version.
    pub(crate) is_copy: bool,
    pub(crate) orders: Vec<NotedOrder>,
    pub(crate) payments: Vec<NotedPayment>,
    /// Entries of ledgers, not written yet.
    pub(crate) entries: Vec<Entry>,
    /// Variants that the set made: hardly anything can stand about them yet, so that is not looked for first.
    pub(crate) new_variants: HashSet<[u8; 16]>,
    /// Numbers that the set gave to new variants: no row with them can be there.
    pub(crate) new_keys: HashSet<i64>,
}

impl SetNotes {
    fn new(at: Timestamp) -> Self {
        Self {
            at,
            is_copy: false,
            orders: Vec::new(),
            payments: Vec::new(),
            entries: Vec::new(),
            new_variants: HashSet::new(),
            new_keys: HashSet::new(),
        }
    }

    /// Forgets what was noted of records.
    pub(crate) fn forget(&mut self) {
        self.orders.clear();
        self.payments.clear();
        self.new_variants.clear();
        self.new_keys.clear();
    }

    pub(crate) fn order(&self, id: u128) -> Option<&NotedOrder> {
        self.orders.iter().find(|order| order.id == id)
    }

    pub(crate) fn payment(&self, id: u128) -> Option<&NotedPayment> {
        self.payments.iter().find(|payment| payment.id == id)
    }

    /// Notes an order; what the set says itself is worth more than what was looked up.
    pub(crate) fn note_order(&mut self, noted: NotedOrder) {
        match self.orders.iter_mut().find(|order| order.id == noted.id) {
            Some(order) => *order = NotedOrder { opened: order.opened || noted.opened, ..noted },
            None => self.orders.push(noted),
        }
    }
}

/// A transaction while sets are applied in it.
pub(crate) struct Batch<'c> {
    pub(crate) conn: &'c Connection,
    /// Prepared statements, by the address of their text.
    statements: RefCell<HashMap<usize, CachedStatement<'c>>>,
    memory: &'c mut Memory,
    pub(crate) set: SetNotes,
    fail_point: Option<&'c FailPoint>,
}

impl<'c> Batch<'c> {
    pub(crate) fn new(
        conn: &'c Connection,
        memory: &'c mut Memory,
        fail_point: Option<&'c FailPoint>,
    ) -> Self {
        let (statements, set) = (RefCell::default(), SetNotes::new(Timestamp::from_millis(0)));
        Self { conn, statements, memory, set, fail_point }
    }

    /// Returns the rows that are kept in memory.
    pub(crate) fn rows(&mut self) -> &mut Rows {
        &mut self.memory.rows
    }

    /// Applies a set. After anything but a receipt, the caller rolls the transaction and [`Self::roll_back`] back.
    pub(crate) fn apply(&mut self, set: &ChangeSet) -> Result<Receipt, Stop> {
        self.set = SetNotes::new(set.at);
        if let Some(once) = &set.idempotency {
            self.look_up(once)?;
        }
        for change in &set.changes {
            self.change(change)?;
            if let Some(point) = self.fail_point {
                point("after_change");
            }
        }
        let mut receipt = Receipt::default();
        if let Some(name) = set.lease_taken() {
            receipt.lease_token = self.lease_token(name)?;
        }
        for event in &set.events {
            receipt.last_event = self.tell(event, set.at, set.command)?;
        }
        self.write_entries()?;
        if let Some(once) = &set.idempotency {
            self.remember(once)?;
        }
        // A set opens one order; were it several, the receipt names the one with the highest number.
        let opened =
            self.set.orders.iter().filter(|order| order.opened).map(|order| order.number).max();
        receipt.order_number = opened.map(|number| count(number).map(OrderNumber)).transpose()?;
        Ok(receipt)
    }

    fn change(&mut self, change: &Change) -> Result<(), Stop> {
        match change {
            Change::Setup(change) => self.change_setup(change),
            Change::Category(category) => self.put_category(category),
            Change::Product(product) => self.put_product(product),
            Change::Price(price) => self.put_price(price),
            Change::PriceRemoved { list, variant, min_quantity } => {
                self.remove_price(*list, *variant, *min_quantity)
            }
            Change::Customer(customer) => self.put_customer(customer),
            Change::Cart(cart) => self.put_cart(cart),
            Change::Stock(change) => self.change_stock(change),
            Change::OrderOpened(order) => self.open_order(order),
            Change::Order { order, action } => self.put_order(order, action),
            Change::Allocation(allocation) => self.put_allocation(allocation),
            Change::PaymentOpened(payment) => self.open_payment(payment),
            Change::PaymentFact { payment, fact, payment_version } => {
                self.add_payment_fact(*payment, fact, *payment_version)
            }
            Change::PaymentTask { task, payment_version } => {
                self.put_payment_task(task, *payment_version)
            }
            Change::Credit(credit) => self.put_credit(credit),
            Change::CreditEntry(entry) => self.enter_credit(entry),
            Change::Fulfillment(fulfillment) => self.put_fulfillment(fulfillment),
            Change::Checkout(checkout) => self.put_checkout(checkout),
            Change::PromotionUse { promotion_use, limits, first_order } => {
                self.use_promotion(promotion_use, limits, *first_order)
            }
            Change::PromotionUseReturned { order } => self.return_promotion_uses(*order),
            Change::CouponCodes { batch, codes } => self.put_coupon_codes(*batch, codes),
            Change::ImportRun(run) => self.put_import_run(run),
            Change::Lease(change) => self.change_lease(change),
            Change::Cursor { consumer, seq } => self.move_cursor(consumer, *seq),
        }
    }

    /// Makes what the set did final, as far as this transaction goes.
    pub(crate) fn settle(&mut self) {
        let Memory { made_shorts, made_frozen, rows, .. } = &mut *self.memory;
        made_shorts.settled = made_shorts.all.len();
        made_frozen.settled = made_frozen.all.len();
        rows.levels.settle();
        rows.heads.settle();
        rows.event_head.settle();
        rows.last_number.settle();
        rows.counters.settle();
    }

    /// Forgets what the set did.
    pub(crate) fn roll_back(&mut self) {
        let Memory { shorts, frozen, made_shorts, made_frozen, rows, .. } = &mut *self.memory;
        for id in made_shorts.all.drain(made_shorts.settled..) {
            shorts.remove(&id);
        }
        for words in made_frozen.all.drain(made_frozen.settled..) {
            frozen.remove(&words);
        }
        rows.levels.roll_back();
        rows.heads.roll_back();
        rows.event_head.roll_back();
        rows.last_number.roll_back();
        rows.counters.roll_back();
    }

    /// Writes the rows that were kept in memory.
    pub(crate) fn flush(&self) -> Result<(), Fault> {
        let rows = &self.memory.rows;
        self.flush_levels(rows)?;
        self.flush_heads(rows)?;
        self.flush_event_head(rows)?;
        for (counter, value) in self.memory.rows.counters.dirty() {
            self.run(crate::setup::sql::SET_COUNTER, (counter.name(), value))?;
        }
        Ok(())
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn run(&self, sql: &'static str, params: impl Params) -> Result<usize, Fault> {
        let mut statement = self.statement(sql)?;
        let changed = statement.execute(params)?;
        self.put_back(sql, statement);
        Ok(changed)
    }

    /// Reads one row, `None` when there is none.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Fault> {
        let mut statement = self.statement(sql)?;
        let found = statement.query_row(params, read).optional()?;
        self.put_back(sql, statement);
        Ok(found)
    }

    /// Takes a statement from the desk. The connection's own cache looks a statement up by its whole text; here the
    /// address of the text is enough, because it is a constant.
    fn statement(&self, sql: &'static str) -> Result<CachedStatement<'c>, Fault> {
        match self.statements.borrow_mut().remove(&sql.as_ptr().addr()) {
            Some(statement) => Ok(statement),
            None => Ok(self.conn.prepare_cached(sql)?),
        }
    }

    fn put_back(&self, sql: &'static str, statement: CachedStatement<'c>) {
        self.statements.borrow_mut().insert(sql.as_ptr().addr(), statement);
    }

    /// Refuses when a guarded write changed no row.
    pub(crate) fn guarded(
        &self,
        sql: &'static str,
        params: impl Params,
        what: impl Into<RecordRef>,
    ) -> Result<(), Stop> {
        if self.run(sql, params)? == 1 { Ok(()) } else { Err(Stop::Conflict(what.into())) }
    }

    /// Writes a record by its version: the first is inserted, a later one follows the stored one. A copy inserts whatever
    /// version there is.
    pub(crate) fn put_versioned(
        &self,
        (insert, update): (&'static str, &'static str),
        row: impl Params,
        version: u64,
        what: impl Into<RecordRef>,
    ) -> Result<(), Stop> {
        let what = what.into();
        if self.set.is_copy {
            return self.guarded(insert, row, what);
        }
        if version > 1 {
            return self.guarded(update, row, what);
        }
        guard_version(None, version, what)?;
        self.guarded(insert, row, what)
    }

    /// Returns the small number of an id, a new one when it has none.
    pub(crate) fn short(&mut self, id: [u8; 16]) -> Result<i64, Fault> {
        if let Some(&key) = self.memory.shorts.get(&id) {
            return Ok(key);
        }
        if self.set.new_variants.remove(&id) && self.run(short_sql::INSERT_NEW, [id])? == 1 {
            let key = self.conn.last_insert_rowid();
            self.memory.made_shorts.all.push(id);
            self.memory.shorts.insert(id, key);
            self.set.new_keys.insert(key);
            return Ok(key);
        }
        let key = match self.one(short_sql::KEY_OF, [id], |row| row.get(0))? {
            Some(key) => key,
            None => {
                self.memory.made_shorts.all.push(id);
                self.conn.prepare_cached(short_sql::INSERT)?.insert([id])?
            }
        };
        self.memory.shorts.insert(id, key);
        Ok(key)
    }

    /// Returns the number of frozen words.
    pub(crate) fn freeze(&mut self, words: Frozen) -> Result<i64, Fault> {
        if let Some(&key) = self.memory.frozen.get(&words) {
            return Ok(key);
        }
        let (key, is_new) = frozen::store(self.conn, &words)?;
        if is_new {
            self.memory.made_frozen.all.push(words.clone());
        }
        self.memory.frozen.insert(words, key);
        Ok(key)
    }

    /// Returns the number of an order; refuses when there is none.
    pub(crate) fn order_number(&mut self, id: OrderId) -> Result<i64, Stop> {
        if let Some(order) = self.set.order(id.to_u128()) {
            return Ok(order.number);
        }
        let found = self.one(order_sql::NUMBER_OF, [id.to_bytes()], |row| row.get(0))?;
        let number = found.ok_or_else(|| Rejection::not_found("order", id))?;
        self.set.note_order(NotedOrder {
            id: id.to_u128(),
            number,
            currency: None,
            cart: None,
            opened: false,
        });
        Ok(number)
    }

    /// Returns how a row points at a record: by its key where this set knows it.
    pub(crate) fn mention(&self, record: RecordRef) -> Mention {
        let key = match record {
            // A checkout has the number of its order.
            RecordRef::Order(_) | RecordRef::Checkout(_) => {
                self.set.order(record.raw()).map(|order| order.number)
            }
            RecordRef::Payment(_) => self.set.payment(record.raw()).map(|payment| payment.key),
            _ => None,
        };
        key.map_or_else(|| Mention::Id(record.raw().to_be_bytes()), Mention::Key)
    }

    /// Adds to a counter.
    pub(crate) fn count(&mut self, counter: Counter, more: i64) -> Result<i64, Fault> {
        let now = match self.rows().counters.get(counter) {
            Some(now) => now,
            None => {
                let found =
                    self.one(crate::setup::sql::COUNTER, [counter.name()], |row| row.get(0))?;
                let now = found.unwrap_or(0);
                self.rows().counters.learn(counter, now);
                now
            }
        };
        let next = now.saturating_add(more);
        self.rows().counters.set(counter, next);
        Ok(next)
    }
}

/// Lets a record of `version` follow the `stored` one, `None` while there is none.
pub(crate) fn guard_version(
    stored: Option<i64>,
    version: u64,
    what: impl Into<RecordRef>,
) -> Result<(), Stop> {
    if int(version).checked_sub(1) == Some(stored.unwrap_or(0)) {
        Ok(())
    } else {
        Err(Stop::Conflict(what.into()))
    }
}
