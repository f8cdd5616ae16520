//! Payments with their facts, and tasks for providers.

use std::collections::BTreeSet;
use std::sync::Arc;

use sutler_core::id::PaymentId;
use sutler_core::payment::{Payment, PaymentFact, PaymentTask, TaskStatus};
use sutler_core::rejection::Rejection;
use tokio_postgres::Row;

use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT data::text FROM raw_payment WHERE id = $1";
        OF_ORDERS = "SELECT data::text FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)
            JOIN raw_payment p ON p.\"order\" = a.id ORDER BY a.n, p.id";
        TASKS = "SELECT data::text FROM raw_payment_task WHERE payment = $1 ORDER BY key";
        TASKS_DUE = "SELECT data::text FROM raw_payment_task WHERE due_at <= $1 ORDER BY due_at, key LIMIT $2";
        LOAD = "SELECT id, data::text FROM raw_payment WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        INSERT = "INSERT INTO raw_payment (id, \"order\", version, data) SELECT id, \"order\", version, data::json
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) AS n (id, \"order\", version, data)";
        UPDATE = "UPDATE raw_payment o SET version = n.version, data = n.data::json
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) AS n (id, \"order\", version, data) WHERE o.id = n.id";
        LOAD_TASKS = "SELECT key, data::text FROM raw_payment_task WHERE key = ANY ($1) ORDER BY key FOR UPDATE";
        INSERT_TASKS = "INSERT INTO raw_payment_task (key, payment, is_done, due_at, data)
            SELECT key, payment, is_done, due_at, data::json
            FROM unnest($1::text[], $2::uuid[], $3::boolean[], $4::bigint[], $5::text[]) AS n (key, payment, is_done, due_at, data)";
        UPDATE_TASKS = "UPDATE raw_payment_task o SET payment = n.payment, is_done = n.is_done, due_at = n.due_at, data = n.data::json
            FROM unnest($1::text[], $2::uuid[], $3::boolean[], $4::bigint[], $5::text[]) AS n (key, payment, is_done, due_at, data)
            WHERE o.key = n.key";
    }
}

/// Rows of `raw_payment`.
pub(crate) struct Payments;

impl Kind for Payments {
    type Key = PaymentId;
    type Row = Arc<Payment>;
    type Ask = PaymentId;

    fn load(asked: &BTreeSet<PaymentId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD, params![ids]))
    }

    fn read(row: &Row) -> Result<(PaymentId, Arc<Payment>), Fault> {
        Ok((PaymentId::from_u128(row.id(0)?), Arc::new(row.json(1)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&PaymentId, &Arc<Payment>)]| -> Result<Params, Fault> {
            let texts: Result<Vec<String>, Fault> =
                rows.iter().map(|(_, payment)| json(&***payment)).collect();
            Ok(params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, row| Uid(row.order.to_u128())),
                column(rows, |_, row| int(row.version)),
                texts?,
            ])
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, params(&changes.changed)?)),
            (!changes.new.is_empty(), Call::new(sql::INSERT, params(&changes.new)?)),
        ]))
    }
}

/// Whether a task is done, as its column says.
pub(crate) fn is_done(task: &PaymentTask) -> bool {
    task.status == TaskStatus::Done
}

/// When a task is due, as its column says; `None` once it is no longer queued.
pub(crate) fn due(task: &PaymentTask) -> Option<i64> {
    (task.status == TaskStatus::Queued).then(|| task.due_at.millis())
}

/// Rows of `raw_payment_task`.
pub(crate) struct PaymentTasks;

impl Kind for PaymentTasks {
    type Key = String;
    type Row = Arc<PaymentTask>;
    type Ask = String;

    fn load(asked: &BTreeSet<String>) -> Option<Call> {
        let keys: Vec<String> = asked.iter().cloned().collect();
        Some(Call::new(sql::LOAD_TASKS, params![keys]))
    }

    fn read(row: &Row) -> Result<(String, Arc<PaymentTask>), Fault> {
        Ok((row.at(0)?, Arc::new(row.json(1)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&String, &Arc<PaymentTask>)]| -> Result<Params, Fault> {
            let texts: Result<Vec<String>, Fault> =
                rows.iter().map(|(_, task)| json(&***task)).collect();
            Ok(params![
                column(rows, |key, _| key.clone()),
                column(rows, |_, task| Uid(task.payment.to_u128())),
                column(rows, |_, task| is_done(task)),
                column(rows, |_, task| due(task)),
                texts?,
            ])
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_TASKS, params(&changes.changed)?)),
            (!changes.new.is_empty(), Call::new(sql::INSERT_TASKS, params(&changes.new)?)),
        ]))
    }
}

impl Rows {
    /// Opens a payment with the facts it has.
    pub(crate) fn open_payment(&mut self, payment: &Payment) -> Applied {
        let stored = self.payments.get(&payment.id).map(|stored| stored.version);
        guard_version(stored, payment.version, payment.id)?;
        // Of a payment that is there already only facts and tasks change.
        if stored.is_some() {
            return Err(Stop::Conflict(payment.id.into()));
        }
        self.payments.put(payment.id, Arc::new(payment.clone()));
        Ok(())
    }

    /// Appends a fact, once; where a version is given, only to that version of the payment.
    pub(crate) fn add_payment_fact(
        &mut self,
        id: PaymentId,
        fact: &PaymentFact,
        payment_version: Option<u64>,
    ) -> Applied {
        let payment = self.payments.get(&id).ok_or_else(|| Rejection::not_found("payment", id))?;
        if payment_version.is_some_and(|version| version != payment.version) {
            return Err(Stop::Conflict(id.into()));
        }
        let is_it =
            |known: &PaymentFact| known.kind == fact.kind && known.reference == fact.reference;
        if !payment.facts.iter().any(is_it) {
            let mut payment = Payment::clone(payment);
            payment.facts.push(fact.clone());
            payment.version += 1;
            self.payments.put(id, Arc::new(payment));
        }
        Ok(())
    }

    /// Writes a provider task; it takes its turn by the version of the payment.
    pub(crate) fn put_payment_task(&mut self, task: &PaymentTask, payment_version: u64) -> Applied {
        let payment = self.payments.get(&task.payment);
        let payment = payment.filter(|payment| payment.version == payment_version);
        let payment = payment.ok_or(Stop::Conflict(task.payment.into()))?;
        let known = self.payment_tasks.get(&task.key);
        if known.is_none_or(|known| !is_done(known)) {
            let raised = Payment { version: payment.version + 1, ..Payment::clone(payment) };
            self.payments.put(task.payment, Arc::new(raised));
            self.payment_tasks.put(task.key.clone(), Arc::new(task.clone()));
        }
        Ok(())
    }
}
