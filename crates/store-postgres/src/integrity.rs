//! Looks for damage: chains by computing them again, rows by reading them, levels by folding the ledger.
//!
//! Everything is read in one snapshot and in pages, so memory grows with the number of levels and of subjects, not with the
//! age of the shop. The server looks after its pages itself, where checksums are on; what it cannot know is whether a number
//! in a row was changed. The chains can.
//!
//! Deliberately absent: rules. Whether sums, counters and statuses are right is `verify`'s question, to any store.

use std::collections::BTreeMap;

use sutler_core::change::RecordRef;
use sutler_core::hash::ContentHash;
use sutler_core::id::StockLocationId;
use sutler_core::inventory::{StockKey, StockLevel};
use sutler_core::port::Finding;
use tokio_postgres::Row;

use crate::counter::{self, Counter};
use crate::credit::{self, CreditRow};
use crate::error::Fault;
use crate::event;
use crate::flight::{Call, Params, params};
use crate::session::Session;
use crate::stock;
use crate::value::{Columns as _, Uid, int};

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
}

/// Returns what is off.
pub(crate) async fn findings(session: &Session) -> Result<Vec<Finding>, Fault> {
    session.script(sql::BEGIN).await?;
    let snapshot = Snapshot(session);
    let mut report = Report(Vec::new());
    check_credit(&snapshot, &mut report).await?;
    let folded = check_ledgers(&snapshot, &mut report).await?;
    check_levels(&snapshot, &folded, &mut report).await?;
    check_events(&snapshot, &mut report).await?;
    check_counts(&snapshot, &mut report).await?;
    session.script("ROLLBACK").await?;
    Ok(report.0)
}

/// A connection in a transaction that sees one moment.
struct Snapshot<'s>(&'s Session);

impl Snapshot<'_> {
    async fn rows(&self, sql: &'static str, params: Params) -> Result<Vec<Row>, Fault> {
        let mut answers = self.0.fly(&[Call::new(sql, params)]).await?;
        Ok(answers.pop().unwrap_or_default())
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
                check_one_credit(&credit::read(row)?, &ledger, report)?;
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
        let stored = credit::entry(row)?;
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
        let (key, level) = stock::level(&row)?;
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
        let variant = sutler_core::id::VariantId::from_u128(row.id(0)?);
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
