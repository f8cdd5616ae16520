//! What outlives a crash: checkouts, import runs, idempotency keys.

use std::collections::BTreeSet;

use sutler_core::change::{Idempotency, IdempotencyKey, RecordRef};
use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::hash::ContentHash;
use sutler_core::id::CheckoutId;
use sutler_core::import::ImportRun;
use sutler_core::port::{SagaReader, StoreError};
use sutler_core::rejection::Rejection;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::document::Document;
use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        CHECKOUT = "SELECT data::text FROM raw_checkout WHERE id = $1";
        OPEN = "SELECT data::text FROM raw_checkout WHERE is_open AND id > $1 ORDER BY id LIMIT $2";
        OPEN_FIRST = "SELECT data::text FROM raw_checkout WHERE is_open ORDER BY id LIMIT $1";
        LOAD_CHECKOUTS = "SELECT id, version FROM raw_checkout WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        INSERT_CHECKOUTS = "INSERT INTO raw_checkout (id, is_open, version, data) SELECT id, is_open, version, data::json
            FROM unnest($1::uuid[], $2::boolean[], $3::bigint[], $4::text[]) AS n (id, is_open, version, data)";
        UPDATE_CHECKOUTS = "UPDATE raw_checkout o SET is_open = n.is_open, version = n.version, data = n.data::json
            FROM unnest($1::uuid[], $2::boolean[], $3::bigint[], $4::text[]) AS n (id, is_open, version, data) WHERE o.id = n.id";
        IMPORT_RUN = "SELECT data::text FROM raw_import_run WHERE content = $1 ORDER BY run DESC LIMIT 1";
        LOAD_RUNS = "SELECT content, run, version FROM raw_import_run
            JOIN unnest($1::bytea[], $2::bigint[]) AS n (content, run) USING (content, run)
            ORDER BY content, run FOR UPDATE OF raw_import_run";
        INSERT_RUNS = "INSERT INTO raw_import_run (content, run, version, data) SELECT content, run, version, data::json
            FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[]) AS n (content, run, version, data)";
        UPDATE_RUNS = "UPDATE raw_import_run o SET version = n.version, data = n.data::json
            FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[]) AS n (content, run, version, data)
            WHERE (o.content, o.run) = (n.content, n.run)";
        KEYS = "SELECT key, content, answer_kind, answer FROM raw_idempotency WHERE key = ANY ($1)";
        INSERT_KEYS = "INSERT INTO raw_idempotency (key, content, answer_kind, answer)
            SELECT * FROM unnest($1::text[], $2::bytea[], $3::smallint[], $4::uuid[])";
    }
}

impl SagaReader for PostgresStore {
    fn checkout(&self, id: CheckoutId) -> Result<Option<Checkout>, StoreError> {
        self.one("read a checkout", sql::CHECKOUT, params![Uid(id.to_u128())], |row| row.json(0))
    }

    fn checkouts_open(
        &self,
        after: Option<CheckoutId>,
        rows: usize,
    ) -> Result<Vec<Checkout>, StoreError> {
        let (sql, params) = match after {
            None => (sql::OPEN_FIRST, params![limit(rows)]),
            Some(after) => (sql::OPEN, params![Uid(after.to_u128()), limit(rows)]),
        };
        self.all("read open checkouts", sql, params, |row| row.json(0))
    }

    fn import_run(&self, content: ContentHash) -> Result<Option<ImportRun>, StoreError> {
        let params = params![content.to_bytes().to_vec()];
        self.one("read an import run", sql::IMPORT_RUN, params, |row| row.json(0))
    }

    fn idempotency(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<(ContentHash, RecordRef)>, StoreError> {
        let params = params![vec![key.as_str().to_owned()]];
        self.one("read a key", sql::KEYS, params, |row| Keys::read(row).map(|(_, known)| known))
    }
}

/// Whether a checkout is open, as its column says.
pub(crate) fn is_open(checkout: &Checkout) -> bool {
    !matches!(checkout.status, CheckoutStatus::Placed | CheckoutStatus::Unwound)
}

/// Rows of `raw_checkout`, each with whether it is open.
pub(crate) struct Checkouts;

impl Kind for Checkouts {
    type Key = CheckoutId;
    type Row = (bool, Document);
    type Ask = CheckoutId;

    fn load(asked: &BTreeSet<CheckoutId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD_CHECKOUTS, params![ids]))
    }

    fn read(row: &Row) -> Result<(CheckoutId, Self::Row), Fault> {
        Ok((CheckoutId::from_u128(row.id(0)?), (true, Document::stored(row.count(1)?))))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&CheckoutId, &Self::Row)]| {
            params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, row| row.0),
                column(rows, |_, row| int(row.1.version)),
                column(rows, |_, row| row.1.data.to_string()),
            ]
        };
        Ok(calls([
            (
                !changes.changed.is_empty(),
                Call::new(sql::UPDATE_CHECKOUTS, params(&changes.changed)),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT_CHECKOUTS, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_import_run`.
pub(crate) struct ImportRuns;

type RunKey = (ContentHash, u32);

fn run_keys<'k>(keys: impl Iterator<Item = &'k RunKey> + Clone) -> Params {
    params![
        keys.clone().map(|key| key.0.to_bytes().to_vec()).collect::<Vec<_>>(),
        keys.map(|key| i64::from(key.1)).collect::<Vec<_>>(),
    ]
}

impl Kind for ImportRuns {
    type Key = RunKey;
    type Row = Document;
    type Ask = RunKey;

    fn load(asked: &BTreeSet<RunKey>) -> Option<Call> {
        Some(Call::new(sql::LOAD_RUNS, run_keys(asked.iter())))
    }

    fn read(row: &Row) -> Result<(RunKey, Document), Fault> {
        Ok(((row.hash(0)?, row.small(1)?), Document::stored(row.count(2)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&RunKey, &Document)]| {
            let mut params = run_keys(rows.iter().map(|(key, _)| *key));
            params.push(Box::new(column(rows, |_, row| int(row.version))));
            params.push(Box::new(column(rows, |_, row| row.data.to_string())));
            params
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_RUNS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_RUNS, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_idempotency`: what a key was used for.
pub(crate) struct Keys;

impl Kind for Keys {
    type Key = IdempotencyKey;
    type Row = (ContentHash, RecordRef);
    type Ask = IdempotencyKey;

    fn load(asked: &BTreeSet<IdempotencyKey>) -> Option<Call> {
        let keys: Vec<String> = asked.iter().map(|key| key.as_str().to_owned()).collect();
        Some(Call::new(sql::KEYS, params![keys]))
    }

    fn read(row: &Row) -> Result<(IdempotencyKey, Self::Row), Fault> {
        let key = IdempotencyKey::new(row.at::<String>(0)?);
        let answer = RecordRef::from_parts(row.tag(2)?, row.id(3)?);
        let damaged = |why: &str| Fault::damaged("an idempotency key", why);
        let answer = answer.ok_or_else(|| damaged("its answer is no record"))?;
        Ok((key.map_err(|_| damaged("its text is none"))?, (row.hash(1)?, answer)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let params = params![
            column(rows, |key, _| key.as_str().to_owned()),
            column(rows, |_, row| row.0.to_bytes().to_vec()),
            column(rows, |_, row| i16::from(row.1.tag())),
            column(rows, |_, row| Uid(row.1.raw())),
        ];
        Ok(vec![Call::new(sql::INSERT_KEYS, params)])
    }
}

impl Rows {
    /// Stops a set that was committed before, or whose key was used for something else.
    pub(crate) fn look_up(&self, once: &Idempotency) -> Applied {
        match self.keys.get(&once.key) {
            None => Ok(()),
            Some((content, answer)) if *content == once.content => Err(Stop::Replayed(*answer)),
            Some(_) => Err(Rejection::KeyReused { key: once.key.to_string() }.into()),
        }
    }

    /// Makes the set take effect once.
    pub(crate) fn remember(&mut self, once: &Idempotency) {
        self.keys.put(once.key.clone(), (once.content, once.answer));
    }

    /// Writes the log record of a checkout.
    pub(crate) fn put_checkout(&mut self, checkout: &Checkout) -> Applied {
        let stored = self.checkouts.get(&checkout.id).map(|(_, stored)| stored.version);
        guard_version(stored, checkout.version, checkout.id)?;
        let document = Document::new(checkout.version, json(checkout)?);
        self.checkouts.put(checkout.id, (is_open(checkout), document));
        Ok(())
    }

    /// Writes the record of an import run.
    pub(crate) fn put_import_run(&mut self, run: &ImportRun) -> Applied {
        let slot = (run.content, run.run);
        let stored = self.import_runs.get(&slot).map(|stored| stored.version);
        guard_version(stored, run.version, ImportRun::id_of(run.content))?;
        self.import_runs.put(slot, Document::new(run.version, json(run)?));
        Ok(())
    }
}
