//! Looks for damage: pages and indexes by SQLite's own check, chains by computing them again, rows by reading them, levels
//! by folding the ledger.
//!
//! Everything is read in one pass and in order, so memory grows with the number of levels, not with the age of the shop.
//! SQLite's check finds torn pages; it cannot find a digit that changed within a page. The chains can, and so can reading
//! every row as the store would.
//!
//! Deliberately absent: columns to look up by (see `lookup`), and rules. Whether sums, counters and statuses are right is `verify`'s question, to any store.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};
use sutler_core::hash::ContentHash;
use sutler_core::id::StockLocationId;
use sutler_core::inventory::{MovementKind, StockLevel};
use sutler_core::port::{Finding, Looked};
use sutler_core::verify::CreditLedger;

use crate::batch::Counter;
use crate::error::Fault;
use crate::ledger::LedgerRow;
use crate::lookup::Tally;
use crate::short::Words;
use crate::value::{Hash, count};
use crate::{cart, credit, event, frozen, lookup, order, payment, promotion, saga};

pub(crate) mod sql {
    crate::statements::statements! {
        PLACES = "SELECT location, id, seq, hash FROM raw_ledger_head LEFT JOIN raw_short ON key = location";
        LEDGER = "SELECT l.seq, l.nr, l.at, l.cause_kind, l.cause, l.entries, l.links, o.id, l.kind,
              l.location
            FROM raw_ledger l LEFT JOIN raw_order o ON o.number = l.cause AND l.cause_kind IN (4, 8)
            ORDER BY l.location, l.seq";
        EVENTS = "SELECT e.seq, e.kind, e.subject_kind, e.subject, e.subject_seq, e.at, e.command, e.data, e.link,
              o.id, o.terms, p.id, p.currency, po.id
            FROM raw_event e
            LEFT JOIN raw_order o ON o.number = e.subject AND typeof(e.subject) = 'integer'
              AND ifnull(e.subject_kind, 8) = 8 AND e.kind IN (6, 7)
            LEFT JOIN raw_payment p ON p.key = e.subject AND typeof(e.subject) = 'integer'
              AND ifnull(e.subject_kind, 9) = 9 AND e.kind BETWEEN 8 AND 13
            LEFT JOIN raw_order po ON po.number = p.number
            ORDER BY e.seq";
        SUBJECTS = "SELECT kind, id, last FROM raw_event_subject
            UNION ALL SELECT 8, id, events FROM raw_order WHERE events > 0
            UNION ALL SELECT 9, id, events FROM raw_payment WHERE events > 0";
        LEVELS = "SELECT variant, location, on_hand, reserved, allocated, last_seq, next_expiry FROM raw_level";
        RESERVED = "SELECT variant, location, quantity, expires_at FROM raw_reservation";
        ORDERS = "SELECT number, id, cart, status, terms, email, customer, ship_to, lines, counts, delivery, hash, extra,
              created_at, placed_at, canceled_at, version, total, buyer
            FROM raw_order";
        LOG_GAPS = "SELECT o.number, o.version, count(l.version), ifnull(max(l.version), 0)
            FROM raw_order o LEFT JOIN raw_order_log l ON l.number = o.number
            GROUP BY o.number HAVING count(l.version) <> o.version OR ifnull(max(l.version), 0) <> o.version";
        CARTS = "SELECT c.channel, c.customer, c.status, c.lines, c.coupons, c.\"order\", c.expires_at, c.created_at,
              c.version, o.id, c.id
            FROM raw_cart c LEFT JOIN raw_order o ON o.number = c.\"order\" AND typeof(c.\"order\") = 'integer'";
        CHECKOUTS = "SELECT c.id, c.cart, c.\"order\", c.payment, c.status, c.reserved, c.expires_at, c.created_at,
              c.updated_at, c.problem, c.version, p.id, o.cart
            FROM raw_checkout c LEFT JOIN raw_order o ON o.id = c.id AND c.cart IS NULL
            LEFT JOIN raw_payment p ON p.key = c.payment AND typeof(c.payment) = 'integer'";
        PAYMENTS = "SELECT p.key, p.id, o.id, p.provider, p.method, p.amount, p.currency, p.created_at, p.version
            FROM raw_payment p LEFT JOIN raw_order o ON o.number = p.number";
        CREDITS = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at,
              version
            FROM raw_credit";
        FROZEN = "SELECT key, digest, data FROM raw_frozen";
        SIZE = "SELECT (SELECT count(*) FROM raw_product), (SELECT count(*) FROM raw_variant WHERE retired = 0)";
    }
}

/// The most findings that are told of one kind; a broken page may spoil thousands of rows.
const FINDINGS_MAX: usize = 100;

/// How many entries of a credit ledger are read at once.
const LEDGER_PAGE: usize = 500;

/// Collects what is off.
pub(crate) struct Report(Vec<Finding>);

impl Report {
    pub(crate) fn add(
        &mut self,
        check: &'static str,
        subject: impl ToString,
        message: impl Into<String>,
    ) {
        if self.0.iter().filter(|known| known.check == check).count() < FINDINGS_MAX {
            self.0.push(Finding { check, subject: subject.to_string(), message: message.into() });
        }
    }

    /// Passes a failure on unless it is about one row; that is a finding.
    pub(crate) fn row<T>(
        &mut self,
        check: &'static str,
        subject: impl ToString,
        read: Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(fault @ Fault::Damaged { .. }) => {
                self.add(check, subject, fault.to_string());
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Returns what is looked at.
pub(crate) fn scope() -> Vec<Looked> {
    let chains = "every ledger and event fits its chain, and every row can be read";
    vec![
        Looked::at("pages", "every page and index of the store is whole"),
        Looked::at("references", "every row that is pointed to is there"),
        Looked::at("chains", chains),
    ]
}

/// Returns what is off. The caller holds a snapshot.
pub(crate) fn findings(conn: &Connection, words: &Words) -> Result<Vec<Finding>, Fault> {
    let mut report = Report(page_findings(conn)?);
    // What stands on broken pages cannot be read to the end.
    let read = check_rows(conn, words, &mut report);
    match read {
        Err(fault) if report.0.is_empty() && !fault.is_damage() => return Err(fault),
        Err(fault) => report.add("store.read", "the file", fault.to_string()),
        Ok(()) => {}
    }
    Ok(report.0)
}

/// Returns what is off with pages and references alone.
pub(crate) fn page_findings(conn: &Connection) -> Result<Vec<Finding>, Fault> {
    let mut report = Report(Vec::new());
    if let Some(why) = damage(check_pages(conn, "PRAGMA integrity_check(100)", &mut report))? {
        // A table that cannot be read to the end stops the full check, often before it tells anything. The quick one
        // looks at each page alone, and goes on.
        damage(check_pages(conn, "PRAGMA quick_check(100)", &mut report))?;
        report.add("store.pages", "the file", why);
    }
    if let Some(why) = damage(check_references(conn, &mut report))? {
        report.add("store.reference", "the file", why);
    }
    Ok(report.0)
}

/// Returns what a check says of damage that kept it from going on; another failure is passed on.
fn damage(checked: Result<(), Fault>) -> Result<Option<String>, Fault> {
    match checked {
        Ok(()) => Ok(None),
        Err(fault) if fault.is_damage() => Ok(Some(format!("cannot be read to the end: {fault}"))),
        Err(fault) => Err(fault),
    }
}

fn check_pages(conn: &Connection, pragma: &str, report: &mut Report) -> Result<(), Fault> {
    let mut check = conn.prepare(pragma)?;
    let mut rows = check.raw_query();
    while let Some(row) = rows.next()? {
        let told: String = row.get(0)?;
        for line in told.lines().filter(|line| *line != "ok" && !line.starts_with("***")) {
            report.add("store.pages", "the file", line);
        }
    }
    Ok(())
}

fn check_references(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    let mut check = conn.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.raw_query();
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        report.add(
            "store.reference",
            &table,
            format!("row {:?} points to a missing {parent}", row.get::<_, Value>(1)?),
        );
    }
    Ok(())
}

fn check_rows(conn: &Connection, words: &Words, report: &mut Report) -> Result<(), Fault> {
    let folded = check_ledgers(conn, words, report)?;
    check_levels(conn, words, &folded, report)?;
    check_events(conn, words, report)?;
    check_orders(conn, words, report)?;
    check_credits(conn, report)?;
    check_others(conn, words, report)?;
    lookup::check(conn, report)
}

/// What the ledger says of a level: counts, and the newest entry.
type Folded = HashMap<(i64, i64), (StockLevel, u64)>;

/// Computes the chain of every ledger again, and folds its entries into levels.
fn check_ledgers(conn: &Connection, words: &Words, report: &mut Report) -> Result<Folded, Fault> {
    const CHECK: &str = "stock.chain";
    let mut folded = Folded::new();
    let mut heads: HashMap<i64, (u64, ContentHash)> = HashMap::new();
    let (mut newest, mut entered): (HashMap<i64, u64>, u64) = (HashMap::new(), 0);
    let mut ledger = conn.prepare(sql::LEDGER)?;
    let mut rows = ledger.raw_query();
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(9)?;
        let (seq, hash) = heads.entry(place).or_insert((0, ContentHash::ZERO));
        let name = || {
            words.id(conn, place).map_or_else(|_| format!("location number {place}"), location_name)
        };
        let Some(entries) = report.row(CHECK, name(), LedgerRow::read(row))? else { continue };
        if entries.seq != *seq + 1 {
            report.add(CHECK, name(), format!("entry {} is missing", *seq + 1));
        }
        if newest.insert(place, entries.nr).is_some_and(|before| before >= entries.nr) {
            report.add(CHECK, name(), "its entries are not in the order in which they were made");
        }
        for index in 0..entries.len() {
            entered += 1;
            let location = StockLocationId::from_bytes(words.id(conn, place)?);
            let Some(entry) =
                report.row(CHECK, name(), entries.movement(index, location, words, conn))?
            else {
                continue;
            };
            *hash = hash.chain(&entry.movement.chain_input(entry.seq, entry.at));
            *seq = entry.seq;
            if entry.link != hash.link() {
                report.add(CHECK, name(), format!("entry {} does not fit its chain", entry.seq));
            }
            let Some((variant, back)) = entries.place(index) else { continue };
            let (level, last_seq) = folded.entry((variant, place)).or_default();
            if entry.seq.checked_sub(back).filter(|_| back > 0).unwrap_or(0) != *last_seq {
                report.add(CHECK, name(), format!("entry {} leads back to a wrong one", entry.seq));
            }
            *last_seq = entry.seq;
            match fold(*level, entry.movement.kind, entry.movement.quantity) {
                Some(next) => *level = next,
                None => report.add(
                    "stock.level",
                    entry.movement.key.variant,
                    "the ledger leaves the range of a count",
                ),
            }
        }
    }
    check_heads(conn, &heads, report)?;
    check_counter(conn, Counter::Movements, entered, "stock.chain", report)?;
    Ok(folded)
}

fn fold(level: StockLevel, kind: MovementKind, quantity: u32) -> Option<StockLevel> {
    level.folded(kind.effect(), quantity)
}

fn location_name(id: [u8; 16]) -> String {
    StockLocationId::from_bytes(id).to_string()
}

fn check_heads(
    conn: &Connection,
    heads: &HashMap<i64, (u64, ContentHash)>,
    report: &mut Report,
) -> Result<(), Fault> {
    let mut kept = conn.prepare(sql::PLACES)?;
    let mut rows = kept.raw_query();
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        let name = row
            .get::<_, Option<[u8; 16]>>(1)?
            .map_or_else(|| format!("location number {place}"), location_name);
        let stored = (count(row.get(2)?)?, row.get::<_, Hash>(3)?.0);
        seen += 1;
        if heads.get(&place) != Some(&stored) {
            report.add("stock.chain", name, "the chain has another head than was kept");
        }
    }
    if seen < heads.len() {
        report.add("stock.chain", "ledgers", "the head of a chain is missing");
    }
    Ok(())
}

fn check_levels(
    conn: &Connection,
    words: &Words,
    folded: &Folded,
    report: &mut Report,
) -> Result<(), Fault> {
    // Units, and when the first of them expire.
    let mut held: HashMap<(i64, i64), (u64, i64)> = HashMap::new();
    let mut reserved = conn.prepare(sql::RESERVED)?;
    let mut rows = reserved.raw_query();
    while let Some(row) = rows.next()? {
        let (units, first) = held.entry((row.get(0)?, row.get(1)?)).or_insert((0, i64::MAX));
        *units += u64::from(row.get::<_, u32>(2)?);
        *first = row.get::<_, i64>(3)?.min(*first);
    }
    let mut seen = 0;
    let mut levels = conn.prepare(sql::LEVELS)?;
    let mut rows = levels.raw_query();
    while let Some(row) = rows.next()? {
        let key: (i64, i64) = (row.get(0)?, row.get(1)?);
        let variant = words.id(conn, key.0).map(sutler_core::id::VariantId::from_bytes);
        let name = variant
            .map_or_else(|_| format!("variant number {}", key.0), |variant| variant.to_string());
        let stored: (u32, u32, u32, i64) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
        let (level, last_seq) = folded.get(&key).copied().unwrap_or_default();
        seen += usize::from(folded.contains_key(&key));
        if (level.on_hand, level.reserved, level.allocated) != (stored.0, stored.1, stored.2) {
            report.add("stock.level", &name, "the level is not the fold of the ledger");
        }
        if count(stored.3)? != last_seq {
            report.add("stock.level", &name, "the level does not point at its newest entry");
        }
        let (in_hold, first) = held.remove(&key).unwrap_or((0, i64::MAX));
        if row.get::<_, Option<i64>>(6)?.unwrap_or(i64::MAX) > first {
            report.add("stock.reserved", &name, "a reservation expires before the level says so");
        }
        if u64::from(stored.1) != in_hold {
            let message =
                format!("{} units count as reserved, reservations hold {in_hold}", stored.1);
            report.add("stock.reserved", &name, message);
        }
    }
    if seen < folded.len() || !held.is_empty() {
        report.add(
            "stock.level",
            "levels",
            "the ledger or a reservation speaks of a level that is missing",
        );
    }
    Ok(())
}

/// Computes the chain of events again.
fn check_events(conn: &Connection, words: &Words, report: &mut Report) -> Result<(), Fault> {
    const CHECK: &str = "event.chain";
    let (mut seq, mut hash, mut told) = (0, ContentHash::ZERO, Tally::default());
    let mut events = conn.prepare(sql::EVENTS)?;
    let mut rows = events.raw_query();
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        let Some(stored) = report.row(CHECK, place, event::read(row, conn, words))? else {
            continue;
        };
        // In the end, what is left of each subject is its last number.
        let subject = (stored.event.subject.tag(), stored.event.subject.raw());
        told.add((subject, stored.subject_seq), 1);
        if stored.subject_seq > 1 {
            told.take((subject, stored.subject_seq - 1));
        }
        let text = serde_json::to_string(&stored.event.data)?;
        let input = stored.event.chain_input(
            stored.seq,
            stored.subject_seq,
            stored.at,
            stored.command,
            &text,
        );
        hash = hash.chain(&input);
        if stored.seq != seq + 1 {
            report.add(CHECK, place, format!("event {} is missing", seq + 1));
        }
        if stored.link != hash.link() {
            report.add(CHECK, place, "the event does not fit its chain");
        }
        seq = stored.seq;
    }
    let head = event::head(conn)?;
    if (head.seq, head.hash) != (seq, hash) {
        report.add(CHECK, "head", "the chain has another head than was kept");
    }
    let mut counted = Tally::default();
    let mut subjects = conn.prepare(sql::SUBJECTS)?;
    let mut rows = subjects.raw_query();
    while let Some(row) = rows.next()? {
        let subject = (row.get::<_, u8>(0)?, u128::from_be_bytes(row.get(1)?));
        counted.add((subject, count(row.get(2)?)?), 1);
    }
    if counted != told {
        report.add(
            "event.subject",
            "subjects",
            "the counters of subjects are not those of the log",
        );
    }
    Ok(())
}

fn check_orders(conn: &Connection, words: &Words, report: &mut Report) -> Result<(), Fault> {
    let mut orders = conn.prepare(sql::ORDERS)?;
    let mut rows = orders.raw_query();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let Some(stored) = report.row("order.row", number, order::read(row, conn, words))? else {
            continue;
        };
        if row.get::<_, i64>(17)? != stored.total().minor() {
            report.add("order.row", number, "the total of the row is not that of its quote");
        }
        // Orders of before the column was there have none.
        let buyer: Option<String> = row.get(18)?;
        if buyer.is_some() && buyer != promotion::buyer_column(&stored) {
            report.add("order.row", number, "its buyer is looked up by what it does not say");
        }
        for line in &stored.lines {
            if let Err(why) = line.check() {
                report.add("order.line", number, format!("line {}: {why}", line.line));
            }
        }
    }
    let mut gaps = conn.prepare(sql::LOG_GAPS)?;
    let mut rows = gaps.raw_query();
    while let Some(row) = rows.next()? {
        report.add(
            "order.log",
            row.get::<_, i64>(0)?,
            "the log does not lead to the order's version",
        );
    }
    Ok(())
}

/// Passes over the ledger of each gift card and store credit.
fn check_credits(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    let mut credits = conn.prepare(sql::CREDITS)?;
    let mut rows = credits.raw_query();
    while let Some(row) = rows.next()? {
        let Some((kept, head)) = report.row("credit.row", "credit", credit::read(row))? else {
            continue;
        };
        let (mut passed, mut after) = (CreditLedger::new(kept.id), 0);
        let mut found = Vec::new();
        loop {
            let read = credit::ledger(conn, &kept, after, LEDGER_PAGE);
            let Some(page) = report.row("credit.chain", kept.id, read)? else { break };
            let Some(last) = page.last() else { break };
            after = last.seq;
            found.extend(page.iter().flat_map(|stored| passed.entry(stored)));
        }
        found.extend(passed.finish(&kept, (kept.entries, head)));
        found.into_iter().for_each(|off| report.add(off.check, off.subject, off.message));
    }
    Ok(())
}

/// Reads what no chain covers, row by row, as the store would.
fn check_others(conn: &Connection, words: &Words, report: &mut Report) -> Result<(), Fault> {
    type Read = fn(&rusqlite::Row<'_>, &Connection, &Words) -> Result<(), Fault>;
    let kinds: [(&'static str, &'static str, Read); 3] = [
        ("cart.row", sql::CARTS, |row, conn, words| cart::read(row, conn, words).map(drop)),
        ("checkout.row", sql::CHECKOUTS, |row, conn, words| saga::read(row, conn, words).map(drop)),
        ("payment.row", sql::PAYMENTS, |row, conn, _| payment::read(row, conn).map(drop)),
    ];
    for (check, sql, read) in kinds {
        let mut all = conn.prepare(sql)?;
        let mut rows = all.raw_query();
        let mut nr = 0_u64;
        while let Some(row) = rows.next()? {
            nr += 1;
            report.row(check, format!("row {nr}"), read(row, conn, words))?;
        }
    }
    let mut all = conn.prepare(sql::FROZEN)?;
    let mut rows = all.raw_query();
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        let data = row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?;
        if ContentHash::of(data).link() != row.get::<_, i64>(1)? {
            report.add("order.words", key, "frozen words do not have the hash that was kept");
        }
        report.row("order.words", key, frozen::load(conn, key))?;
    }
    let (products, variants): (i64, i64) =
        conn.query_row(sql::SIZE, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    check_counter(conn, Counter::Products, count(products)?, "catalog.size", report)?;
    check_counter(conn, Counter::Variants, count(variants)?, "catalog.size", report)
}

fn check_counter(
    conn: &Connection,
    counter: Counter,
    found: u64,
    check: &'static str,
    report: &mut Report,
) -> Result<(), Fault> {
    let mut kept = conn.prepare_cached(crate::setup::sql::COUNTER)?;
    let kept: Option<i64> = kept.query_row([counter.name()], |row| row.get(0)).optional()?;
    let kept = count(kept.unwrap_or(0))?;
    if kept != found {
        report.add(check, counter.name(), format!("there are {found}, the counter says {kept}"));
    }
    Ok(())
}
