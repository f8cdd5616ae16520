//! Looks for damage: tables and indexes by reading both (`pages`), what rows point to (`references`), rows by reading them
//! (`records`), chains by computing them again, levels by folding the ledger.
//!
//! Everything is read in one snapshot and in pages, so memory grows with the number of levels and of subjects, not with the
//! age of the shop. What cannot be read is a finding; once a statement of the later parts fails, the parts behind it are
//! not looked at, which is said.
//!
//! Deliberately absent: rules. Whether sums, counters and statuses are right is `verify`'s question, to any store.

mod pages;
mod records;
mod references;

use std::collections::BTreeMap;

use sutler_core::change::RecordRef;
use sutler_core::hash::ContentHash;
use sutler_core::id::{StockLocationId, VariantId};
use sutler_core::inventory::{StockKey, StockLevel};
use sutler_core::port::{Finding, Looked};
use tokio_postgres::Row;

use crate::counter::{self, Counter};
use crate::credit::{self, CreditRow};
use crate::error::Fault;
use crate::event;
use crate::flight::{Call, Params, params};
use crate::pool::Pool;
use crate::session::Session;
use crate::stock;
use crate::value::{Columns as _, Uid, int};

/// The statements of the parts.
#[cfg(test)]
pub(crate) mod parts {
    pub(crate) use super::{
        pages::sql as pages, records::sql as records, references::sql as references,
    };
}

pub(crate) mod sql {
    crate::statements::statements! {
        BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '1h';
            SET LOCAL idle_in_transaction_session_timeout = 0";
        HEADS = "SELECT location, seq, hash FROM raw_ledger_head ORDER BY location";
        LOCATIONS = "SELECT DISTINCT location FROM raw_movement ORDER BY location";
        LEVELS = "SELECT l.variant, l.location, l.on_hand, l.reserved, l.allocated, l.backorder_limit, l.safety,
              coalesce(r.held, 0)::bigint
            FROM raw_level l LEFT JOIN (SELECT variant, location, sum(quantity) AS held FROM raw_reservation GROUP BY 1, 2) r
              USING (variant, location)
            ORDER BY l.variant, l.location";
        STRAY_HOLDS = "SELECT variant FROM raw_reservation r
            WHERE NOT EXISTS (SELECT FROM raw_level l WHERE (l.variant, l.location) = (r.variant, r.location)) LIMIT 100";
        SUBJECTS = "SELECT kind, id, last FROM raw_event_subject";
        LOG_GAPS = "SELECT o.id FROM raw_order o LEFT JOIN raw_order_log l ON l.\"order\" = o.id
            GROUP BY o.id HAVING count(l.version) <> o.version OR max(l.version) IS DISTINCT FROM o.version LIMIT 100";
        SIZES = "SELECT (SELECT count(*) FROM raw_product), (SELECT count(*) FROM raw_variant WHERE NOT retired),
              (SELECT coalesce(max(number), 0) FROM raw_order)";
        COUNTERS = "SELECT name, value FROM raw_counter";
        USES = "SELECT promotion FROM raw_promotion_count c FULL JOIN raw_promotion_sum u USING (promotion, counter)
            WHERE (coalesce(c.uses, 0), coalesce(c.units, 0), coalesce(c.amount, 0))
              <> (coalesce(u.uses, 0), coalesce(u.units, 0), coalesce(u.amount, 0)) LIMIT 100";
        BUYERS = "SELECT buyer FROM raw_buyer b
            FULL JOIN (SELECT buyer, count(*) AS placed FROM raw_order WHERE status = 1 GROUP BY 1) o USING (buyer)
            WHERE coalesce(b.placed, 0) <> coalesce(o.placed, 0) LIMIT 100";
    }
}

/// How many rows are read at a time.
const PAGE: i64 = 5_000;

/// How many ledgers of credits are asked for in one flight; most are short.
const LEDGERS: usize = 500;

/// The most findings that are told of one kind.
const FINDINGS_MAX: usize = 100;

/// Collects what is off.
struct Report(Vec<Finding>);

impl Report {
    fn add(&mut self, check: &'static str, subject: impl ToString, message: impl Into<String>) {
        if self.0.iter().filter(|known| known.check == check).count() < FINDINGS_MAX {
            self.0.push(Finding { check, subject: subject.to_string(), message: message.into() });
        }
    }

    /// Passes a failure on unless it is about one row; that is a finding.
    fn row<T>(
        &mut self,
        check: &'static str,
        subject: impl ToString,
        read: Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match read {
            Err(fault @ Fault::Damaged { .. }) => {
                self.add(check, subject, fault.to_string());
                Ok(None)
            }
            read => read.map(Some),
        }
    }
}

/// Returns what is off.
pub(crate) async fn findings(session: &Session) -> Result<Vec<Finding>, Fault> {
    session.script(sql::BEGIN).await?;
    let snapshot = Snapshot(session);
    let mut report = Report(Vec::new());
    match look(&snapshot, &mut report).await {
        Err(fault) if is_damage(&fault) => {
            let message = format!("not everything could be looked at: {fault}");
            report.add("store.read", "the shop", message);
        }
        looked => looked?,
    }
    session.script("ROLLBACK").await?;
    Ok(report.0)
}

/// Returns what is looked at on this server, and what cannot be.
pub(crate) async fn scope(pool: &Pool) -> Result<Vec<Looked>, Fault> {
    let answers = pool.read(&[Call::plain(pages::sql::SCOPE)]).await?;
    let mut parts = Vec::new();
    for row in answers.iter().flatten() {
        parts.extend(pages::scope(row)?);
    }
    parts.push(Looked::at("references", "every row that is pointed to is there"));
    let chains = "every ledger and event fits its chain, and every row can be read and says what its columns say";
    parts.push(Looked::at("chains", chains));
    Ok(parts)
}

async fn look(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    pages::check(snapshot, report).await?;
    references::check(snapshot, report).await?;
    records::check(snapshot, report).await?;
    check_credit(snapshot, report).await?;
    let folded = check_ledgers(snapshot, report).await?;
    check_levels(snapshot, &folded, report).await?;
    check_events(snapshot, report).await?;
    check_counts(snapshot, report).await
}

/// Whether a fault says that what is stored cannot be read, not that the server or the way to it failed.
fn is_damage(fault: &Fault) -> bool {
    match fault {
        Fault::Damaged { .. } => true,
        Fault::Postgres(error) => error.code().is_some_and(|code| {
            // Corrupt data and bugs that they lead to; values that no program of ours writes; files that are gone.
            let (code, class) = (code.code(), code.code().get(..2));
            matches!(class, Some("XX" | "22")) || matches!(code, "58030" | "58P01")
        }),
        _ => false,
    }
}

/// A connection in a transaction that sees one moment.
struct Snapshot<'s>(&'s Session);

impl Snapshot<'_> {
    async fn rows(&self, sql: &'static str, params: Params) -> Result<Vec<Row>, Fault> {
        let mut answers = self.0.fly(&[Call::new(sql, params)]).await?;
        Ok(answers.pop().unwrap_or_default())
    }

    async fn once(&self, sql: &'static str) -> Result<Vec<Row>, Fault> {
        self.0.once(sql).await
    }

    async fn script(&self, sql: &str) -> Result<(), Fault> {
        self.0.script(sql).await
    }
}

type Folded = BTreeMap<StockKey, StockLevel>;

/// Computes the chain of every ledger again, and folds its entries into levels.
async fn check_ledgers(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<Folded, Fault> {
    const CHECK: &str = "stock.chain";
    let mut folded = Folded::new();
    let mut heads: BTreeMap<u128, (u64, ContentHash)> = BTreeMap::new();
    for row in snapshot.rows(sql::HEADS, params![]).await? {
        heads.insert(row.id(0)?, (row.count(1)?, row.hash(2)?));
    }
    for row in snapshot.rows(sql::LOCATIONS, params![]).await? {
        heads.entry(row.id(0)?).or_insert((0, ContentHash::ZERO));
    }
    for (place, kept) in heads {
        let location = StockLocationId::from_u128(place);
        let (mut seq, mut hash) = (0, ContentHash::ZERO);
        loop {
            let page = params![Uid(place), int(seq), PAGE];
            let rows = snapshot.rows(stock::sql::LEDGER, page).await?;
            for row in &rows {
                let entry = match stock::movement(row) {
                    Ok(entry) => entry,
                    Err(fault) => {
                        report.add(CHECK, location, fault.to_string());
                        seq = row.count(1)?;
                        continue;
                    }
                };
                if entry.seq != seq + 1 {
                    report.add(CHECK, location, format!("entry {} is missing", seq + 1));
                }
                seq = entry.seq;
                hash = hash.chain(&entry.movement.chain_input(seq, entry.at));
                if entry.link != hash.link() {
                    report.add(CHECK, location, format!("entry {seq} does not fit its chain"));
                }
                let movement = entry.movement;
                let level = folded.entry(movement.key).or_default();
                match level.folded(movement.kind.effect(), movement.quantity) {
                    Some(next) => *level = next,
                    None => report.add(
                        "stock.level",
                        name(movement.key),
                        "the ledger leaves the range of a count",
                    ),
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        if (seq, hash) != kept {
            report.add(CHECK, location, "the chain has another head than was kept");
        }
    }
    Ok(folded)
}

/// Computes the chain of every credit's ledger again, and what is left by it.
async fn check_credit(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    let (mut kind, mut id) = (0_i16, Uid(0));
    loop {
        let rows = snapshot.rows(credit::sql::PAGE, params![kind, id, PAGE]).await?;
        for some in rows.chunks(LEDGERS) {
            let mut calls = Vec::with_capacity(some.len());
            for row in some {
                (kind, id) = (row.at(0)?, row.at(1)?);
                calls.push(Call::new(credit::sql::LEDGER, params![kind, id, 0_i64, i64::MAX]));
            }
            for (row, ledger) in some.iter().zip(snapshot.0.fly(&calls).await?) {
                let name = RecordRef::from_parts(row.tag(0)?, row.id(1)?);
                let name = name.map_or_else(|| "credit".to_owned(), |name| name.to_string());
                if let Some(kept) = report.row("credit.row", name, credit::read(row))? {
                    check_one_credit(&kept, &ledger, report)?;
                }
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

fn check_one_credit(kept: &CreditRow, ledger: &[Row], report: &mut Report) -> Result<(), Fault> {
    const CHECK: &str = "credit.chain";
    let of = kept.credit.id;
    let (mut seq, mut hash, mut left) = (0, ContentHash::ZERO, 0_i64);
    for row in ledger {
        let Some(stored) = report.row(CHECK, of, credit::entry(row))? else {
            seq = row.count(2)?;
            continue;
        };
        if stored.seq != seq + 1 {
            report.add(CHECK, of, format!("entry {} is missing", seq + 1));
        }
        seq = stored.seq;
        hash = hash.chain(&stored.entry.chain_input(seq, stored.at));
        left = left.saturating_add(stored.entry.amount.minor());
        if stored.link != hash.link() {
            report.add(CHECK, of, format!("entry {seq} does not fit its chain"));
        }
    }
    if (seq, hash) != (kept.credit.entries, kept.head) {
        report.add(CHECK, of, "the chain has another head than was kept");
    }
    if left != kept.credit.left.minor() {
        report.add("credit.left", of, "what is left is not the sum of the ledger");
    }
    Ok(())
}

async fn check_levels(
    snapshot: &Snapshot<'_>,
    folded: &Folded,
    report: &mut Report,
) -> Result<(), Fault> {
    let counts = |level: &StockLevel| (level.on_hand, level.reserved, level.allocated);
    let mut seen = 0;
    for row in snapshot.rows(sql::LEVELS, params![]).await? {
        let variant = VariantId::from_u128(row.id(0)?);
        let Some((key, level)) = report.row("stock.row", variant, stock::level(&row))? else {
            continue;
        };
        seen += usize::from(folded.contains_key(&key));
        if counts(&level) != folded.get(&key).map_or((0, 0, 0), counts) {
            report.add("stock.level", name(key), "the level is not the fold of the ledger");
        }
        let held: i64 = row.at(7)?;
        if i64::from(level.reserved) != held {
            let message =
                format!("{} units count as reserved, reservations hold {held}", level.reserved);
            report.add("stock.reserved", name(key), message);
        }
    }
    if seen < folded.len() {
        report.add("stock.level", "levels", "the ledger speaks of a level that is missing");
    }
    for row in snapshot.rows(sql::STRAY_HOLDS, params![]).await? {
        let variant = VariantId::from_u128(row.id(0)?);
        report.add("stock.reserved", variant, "a reservation stands at a level that is missing");
    }
    Ok(())
}

fn name(key: StockKey) -> String {
    format!("{} at {}", key.variant, key.location)
}

/// Computes the chain of events again.
async fn check_events(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    const CHECK: &str = "event.chain";
    let (mut seq, mut hash) = (0, ContentHash::ZERO);
    let mut subjects: BTreeMap<RecordRef, u64> = BTreeMap::new();
    loop {
        let rows = snapshot.rows(event::sql::AFTER, params![int(seq), PAGE]).await?;
        for row in &rows {
            let (stored, data) = match event::read(row) {
                Ok(stored) => stored,
                Err(fault) => {
                    seq = row.count(0)?;
                    report.add(CHECK, seq, fault.to_string());
                    continue;
                }
            };
            if stored.seq != seq + 1 {
                report.add(CHECK, seq + 1, "the event is missing");
            }
            seq = stored.seq;
            let told = subjects.entry(stored.event.subject).or_default();
            *told += 1;
            let input = stored.event.chain_input(seq, *told, stored.at, stored.command, &data);
            hash = hash.chain(&input);
            if stored.subject_seq != *told || stored.link != hash.link() {
                report.add(CHECK, seq, "the event does not fit its chain");
            }
        }
        if rows.is_empty() {
            break;
        }
    }
    let head = snapshot.rows(event::sql::HEAD, params![]).await?;
    let kept = head.first().map(|row| Ok::<_, Fault>((row.count(0)?, row.hash(1)?))).transpose()?;
    if kept != Some((seq, hash)) {
        report.add(CHECK, "head", "the chain has another head than was kept");
    }
    for row in snapshot.rows(sql::SUBJECTS, params![]).await? {
        let told = RecordRef::from_parts(row.tag(0)?, row.id(1)?)
            .and_then(|subject| subjects.remove(&subject));
        if told != Some(row.count(2)?) {
            report.add(CHECK, "subjects", "a record counts other events than the log holds");
        }
    }
    if !subjects.is_empty() {
        report.add(CHECK, "subjects", "the count of a record's events is missing");
    }
    Ok(())
}

async fn check_counts(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    for row in snapshot.rows(sql::LOG_GAPS, params![]).await? {
        let order = sutler_core::id::OrderId::from_u128(row.id(0)?);
        report.add("order.log", order, "the log does not lead to the order's version");
    }
    for row in snapshot.rows(sql::USES, params![]).await? {
        let promotion = sutler_core::id::PromotionId::from_u128(row.id(0)?);
        report.add("promotion.uses", promotion, "its counter is not the number of its uses");
    }
    for row in snapshot.rows(sql::BUYERS, params![]).await? {
        let buyer: String = row.at(0)?;
        report.add("order.buyer", buyer, "the count of placed orders is another one");
    }
    let mut counters = BTreeMap::new();
    for row in snapshot.rows(sql::COUNTERS, params![]).await? {
        let (counter, value) = counter::read(&row)?;
        counters.insert(counter, value);
    }
    for row in snapshot.rows(sql::SIZES, params![]).await? {
        let found = [Counter::Products, Counter::Variants, Counter::OrderNumber];
        for (column, counter) in found.into_iter().enumerate() {
            let value: i64 = row.at(column)?;
            if counters.get(&counter) != Some(&value) {
                let message = format!("the counter should be {value}");
                report.add("store.counter", counter.name(), message);
            }
        }
    }
    Ok(())
}
