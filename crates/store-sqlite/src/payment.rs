//! Payments with their facts, and tasks for providers.

use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::id::{OrderId, PaymentId};
use sutler_core::money::Currency;
use sutler_core::payment::{Payment, PaymentFact, PaymentTask, TaskStatus};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::batch::{Batch, NotedPayment, guard_version};
use crate::error::{Fault, Stop};
use crate::value::{self, At, Word, count, int, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT p.key, p.id, o.id, p.provider, p.method, p.amount, p.currency, p.created_at, p.version
            FROM raw_payment p JOIN raw_order o ON o.number = p.number WHERE p.id = ?1";
        OF_ORDER = "SELECT p.key, p.id, o.id, p.provider, p.method, p.amount, p.currency, p.created_at, p.version
            FROM raw_order o JOIN raw_payment p ON p.number = o.number WHERE o.id = ?1 ORDER BY p.id";
        FACTS = "SELECT kind, amount, currency, reference, at FROM raw_payment_fact WHERE payment = ?1 ORDER BY nr";
        TASKS = "SELECT t.key, t.kind, t.amount, ifnull(t.currency, p.currency), t.status, t.attempts, t.due_at,
              t.last_error, p.id
            FROM raw_payment p JOIN raw_payment_task t ON t.payment = p.key WHERE p.id = ?1";
        DUE = "SELECT t.key, t.kind, t.amount, ifnull(t.currency, p.currency), t.status, t.attempts, t.due_at,
              t.last_error, p.id
            FROM raw_payment_task t JOIN raw_payment p ON p.key = t.payment
            WHERE t.status = 0 AND t.due_at <= ?1 ORDER BY t.due_at LIMIT ?2";
        DUE_AT = "SELECT t.key, t.kind, t.amount, ifnull(t.currency, p.currency), t.status, t.attempts, t.due_at,
              t.last_error, p.id
            FROM raw_payment_task t JOIN raw_payment p ON p.key = t.payment
            WHERE t.status = 0 AND t.due_at = ?1";
        KNOWN = "SELECT key, number, currency FROM raw_payment WHERE id = ?1";
        INSERT = "INSERT INTO raw_payment (id, number, provider, method, amount, currency, created_at, version, events)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
        ADD_FACT = "INSERT INTO raw_payment_fact (payment, nr, kind, amount, currency, reference, at)
            SELECT ?1, (SELECT ifnull(max(nr), 0) + 1 FROM raw_payment_fact WHERE payment = ?1), ?2, ?3, ?4, ?5, ?6
            WHERE ?7 OR NOT EXISTS (
              SELECT 1 FROM raw_payment_fact WHERE payment = ?1 AND kind = ?2 AND reference = ?5)";
        RAISE = "UPDATE raw_payment SET version = version + 1 WHERE key = ?1";
        RAISE_FROM = "UPDATE raw_payment SET version = version + 1 WHERE key = ?1 AND version = ?2";
        HAS_VERSION = "SELECT 1 FROM raw_payment WHERE key = ?1 AND version = ?2";
        TASK_STATUS = "SELECT status FROM raw_payment_task WHERE payment = ?1 AND key = ?2";
        PUT_TASK = "INSERT INTO raw_payment_task
              (payment, key, kind, amount, currency, status, attempts, due_at, last_error)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT DO UPDATE SET kind = excluded.kind, amount = excluded.amount, currency = excluded.currency,
              status = excluded.status, attempts = excluded.attempts, due_at = excluded.due_at,
              last_error = excluded.last_error";
    }
}

/// Returns a payment.
pub(crate) fn by_id(conn: &Connection, id: PaymentId) -> Result<Option<Payment>, Fault> {
    let mut by_id = conn.prepare_cached(sql::BY_ID)?;
    by_id.query_row([id.to_bytes()], |row| Ok(read(row, conn))).optional()?.transpose()
}

/// Returns the payments of orders, by order as asked, then oldest id first.
pub(crate) fn of_orders(conn: &Connection, orders: &[OrderId]) -> Result<Vec<Payment>, Fault> {
    let mut of_order = conn.prepare_cached(sql::OF_ORDER)?;
    let mut payments = Vec::new();
    for order in orders {
        let mut rows = of_order.query([order.to_bytes()])?;
        while let Some(row) = rows.next()? {
            payments.push(read(row, conn)?);
        }
    }
    Ok(payments)
}

/// Reads the columns of [`sql::BY_ID`], and the facts.
pub(crate) fn read(row: &Row<'_>, conn: &Connection) -> Result<Payment, Fault> {
    let code = row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?;
    let mut facts = conn.prepare_cached(sql::FACTS)?;
    let facts = facts
        .query_and_then([row.get::<_, i64>(0)?], |row| fact(row, code))?
        .collect::<Result<_, Fault>>()?;
    Ok(Payment {
        id: PaymentId::from_bytes(row.get(1)?),
        order: OrderId::from_bytes(row.get(2)?),
        provider: row.get(3)?,
        method: row.get(4)?,
        amount: value::money(row.get(5)?, code)?,
        facts,
        created_at: row.get::<_, At>(7)?.0,
        version: count(row.get(8)?)?,
    })
}

fn fact(row: &Row<'_>, code: &str) -> Result<PaymentFact, Fault> {
    let other = row.get_ref(2)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    Ok(PaymentFact {
        kind: row.get::<_, Word<_>>(0)?.0,
        amount: value::money(row.get(1)?, other.unwrap_or(code))?,
        reference: row.get(3)?,
        at: row.get::<_, At>(4)?.0,
    })
}

/// Returns the tasks of a payment, by key.
pub(crate) fn tasks(conn: &Connection, payment: PaymentId) -> Result<Vec<PaymentTask>, Fault> {
    let mut of_payment = conn.prepare_cached(sql::TASKS)?;
    let found = of_payment.query_and_then([payment.to_bytes()], task)?;
    let mut tasks: Vec<PaymentTask> = found.collect::<Result<_, Fault>>()?;
    tasks.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(tasks)
}

/// Returns queued tasks due at or before `now`, by due moment, then key.
pub(crate) fn tasks_due(
    conn: &Connection,
    now: Timestamp,
    rows: usize,
) -> Result<Vec<PaymentTask>, Fault> {
    let mut due = conn.prepare_cached(sql::DUE)?;
    let found = due.query_and_then((now.millis(), limit(rows)), task)?;
    let mut tasks: Vec<PaymentTask> = found.collect::<Result<_, Fault>>()?;
    if tasks.len() == rows
        && let Some(last) = tasks.last().map(|task| task.due_at)
    {
        // Of those due at the last moment, the page may hold any: take all, so that the order of keys decides.
        tasks.retain(|task| task.due_at != last);
        let mut due_at = conn.prepare_cached(sql::DUE_AT)?;
        let more = due_at.query_and_then([last.millis()], task)?;
        tasks.extend(more.collect::<Result<Vec<_>, Fault>>()?);
    }
    tasks.sort_unstable_by(|a, b| (a.due_at, &a.key).cmp(&(b.due_at, &b.key)));
    tasks.truncate(rows);
    Ok(tasks)
}

/// Reads the columns of [`sql::TASKS`].
pub(crate) fn task(row: &Row<'_>) -> Result<PaymentTask, Fault> {
    let payment = PaymentId::from_bytes(row.get(8)?);
    let key = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    let key = match (key.strip_prefix('*'), key.strip_prefix('=')) {
        (Some(rest), _) => format!("{payment}{rest}"),
        (_, Some(whole)) => whole.to_owned(),
        _ => return Err(Fault::damaged("a payment task", "its key cannot be read")),
    };
    let code = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(PaymentTask {
        key,
        payment,
        kind: row.get::<_, Word<_>>(1)?.0,
        amount: value::money(row.get(2)?, code)?,
        status: row.get::<_, Word<_>>(4)?.0,
        attempts: row.get(5)?,
        due_at: row.get::<_, At>(6)?.0,
        last_error: row.get(7)?,
    })
}

/// Returns the key of a task as it is stored: without the payment's id, with which it begins.
fn short_key(task: &PaymentTask) -> String {
    match task.key.strip_prefix(&task.payment.to_string()) {
        Some(rest) => format!("*{rest}"),
        None => format!("={}", task.key),
    }
}

impl Batch<'_> {
    /// Opens a payment with the facts it has.
    pub(crate) fn open_payment(&mut self, payment: &Payment) -> Result<(), Stop> {
        if !self.set.is_copy {
            guard_version(None, payment.version, payment.id)?;
        }
        let number = self.order_number(payment.order)?;
        let currency = payment.amount.currency();
        let row = (
            payment.id.to_bytes(),
            number,
            &payment.provider,
            &payment.method,
            payment.amount.minor(),
            currency.code(),
            payment.created_at.millis(),
            int(payment.version),
            self.told_before(payment.id)?,
        );
        self.guarded(sql::INSERT, row, payment.id)?;
        let key = self.conn.last_insert_rowid();
        self.set.payments.push(NotedPayment { id: payment.id.to_u128(), key, number, currency });
        for fact in &payment.facts {
            self.add_fact(key, currency, fact, true)?;
        }
        Ok(())
    }

    fn add_fact(
        &self,
        key: i64,
        currency: Currency,
        fact: &PaymentFact,
        even_if_known: bool,
    ) -> Result<usize, Fault> {
        let other =
            Some(fact.amount.currency()).filter(|other| *other != currency).map(Currency::code);
        let (kind, amount, at) = (fact.kind.number(), fact.amount.minor(), fact.at.millis());
        self.run(sql::ADD_FACT, (key, kind, amount, other, &fact.reference, at, even_if_known))
    }

    /// Returns a payment's key, the number of its order and its currency.
    pub(crate) fn known_payment(&mut self, id: PaymentId) -> Result<Option<NotedPayment>, Fault> {
        if let Some(known) = self.set.payment(id.to_u128()) {
            return Ok(Some(*known));
        }
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?));
        let Some((key, number, code)) = self.one(sql::KNOWN, [id.to_bytes()], read)? else {
            return Ok(None);
        };
        let currency = value::money(0, &code)?.currency();
        let noted = NotedPayment { id: id.to_u128(), key, number, currency };
        self.set.payments.push(noted);
        Ok(Some(noted))
    }

    /// Appends a fact, once; where a version is given, only to that version of the payment.
    pub(crate) fn add_payment_fact(
        &mut self,
        id: PaymentId,
        fact: &PaymentFact,
        payment_version: Option<u64>,
    ) -> Result<(), Stop> {
        let known = self.known_payment(id)?.ok_or_else(|| Rejection::not_found("payment", id))?;
        if let Some(version) = payment_version {
            self.require_version(known.key, version, id)?;
        }
        if self.add_fact(known.key, known.currency, fact, false)? == 1 {
            self.run(sql::RAISE, [known.key])?;
        }
        Ok(())
    }

    /// Stops at a payment that moved on.
    fn require_version(&self, key: i64, version: u64, id: PaymentId) -> Result<(), Stop> {
        let found = self.one(sql::HAS_VERSION, (key, int(version)), |_| Ok(()))?;
        found.ok_or(Stop::Conflict(id.into()))
    }

    /// Writes a provider task; it takes its turn by the version of the payment.
    pub(crate) fn put_payment_task(
        &mut self,
        task: &PaymentTask,
        payment_version: u64,
    ) -> Result<(), Stop> {
        let known = self.known_payment(task.payment)?.ok_or(Stop::Conflict(task.payment.into()))?;
        let key = short_key(task);
        let stored =
            self.one(sql::TASK_STATUS, (known.key, &key), |row| row.get::<_, Word<TaskStatus>>(0))?;
        if let Some(Word(TaskStatus::Done)) = stored {
            return self.require_version(known.key, payment_version, task.payment);
        }
        self.guarded(sql::RAISE_FROM, (known.key, int(payment_version)), task.payment)?;
        self.write_task(task)
    }

    /// Writes the row of a task.
    pub(crate) fn write_task(&mut self, task: &PaymentTask) -> Result<(), Stop> {
        let known = self.known_payment(task.payment)?.ok_or(Stop::Conflict(task.payment.into()))?;
        let key = short_key(task);
        let other = Some(task.amount.currency())
            .filter(|other| *other != known.currency)
            .map(Currency::code);
        let row = (
            known.key,
            key,
            Word(task.kind),
            task.amount.minor(),
            other,
            Word(task.status),
            task.attempts,
            task.due_at.millis(),
            task.last_error.as_deref(),
        );
        self.run(sql::PUT_TASK, row)?;
        Ok(())
    }
}
