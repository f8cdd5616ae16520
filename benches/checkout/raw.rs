//! The same rows as a checkout of three lines, written by hand: one durable commit each, or one for all that wait.
//!
//! There is no pricing, no idempotency key, no reservation and no second commit in it: it is the least that SQLite can
//! do for a sale, and no shop.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::VARIANTS;
use crate::meter::{Figure, cpu_seconds, figure, measure};

/// The most sales in one commit.
const BATCH: usize = 256;

/// A file for sales by hand.
pub struct Raw {
    db: Connection,
    turn: AtomicUsize,
}

impl Raw {
    pub fn new(path: &Path) -> Self {
        let db = Connection::open(path).unwrap();
        db.set_prepared_statement_cache_capacity(64);
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000;
             PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456;
             CREATE TABLE level (variant INTEGER PRIMARY KEY, price INTEGER NOT NULL, free INTEGER NOT NULL CHECK (free >= 0),
                 promised INTEGER NOT NULL);
             CREATE TABLE sale (id BLOB PRIMARY KEY, buyer INTEGER, email TEXT, ship_to TEXT, total INTEGER, tax INTEGER,
                 at INTEGER) WITHOUT ROWID;
             CREATE INDEX sale_buyer ON sale (buyer, at);
             CREATE TABLE sale_line (sale BLOB, line INTEGER, variant INTEGER, title TEXT, quantity INTEGER, price INTEGER,
                 tax INTEGER, PRIMARY KEY (sale, line)) WITHOUT ROWID;
             CREATE TABLE payment (id BLOB PRIMARY KEY, sale BLOB, amount INTEGER, reference TEXT) WITHOUT ROWID;
             CREATE INDEX payment_sale ON payment (sale);
             CREATE TABLE movement (seq INTEGER PRIMARY KEY, variant INTEGER, quantity INTEGER, sale BLOB, at INTEGER);
             CREATE TABLE event (seq INTEGER PRIMARY KEY, kind TEXT, subject BLOB, data TEXT);
             BEGIN;",
        )
        .unwrap();
        for variant in 0..VARIANTS {
            db.execute("INSERT INTO level VALUES (?1, 1990, 1000000000, 0)", [variant as i64])
                .unwrap();
        }
        db.execute_batch("COMMIT").unwrap();
        Self { db, turn: AtomicUsize::new(0) }
    }

    /// One caller, one commit for each sale.
    pub fn singly(&mut self, time: Duration) -> Figure {
        let (db, turn) = (Mutex::new(&mut self.db), &self.turn);
        measure(time, 1, || {
            let db = db.lock().unwrap();
            run(&db, "BEGIN IMMEDIATE", &[]);
            sell(&db, turn.fetch_add(1, Ordering::Relaxed));
            run(&db, "COMMIT", &[]);
            true
        })
    }

    /// Callers that wait for their own sale, and a writer that commits all that wait.
    pub fn queued(&mut self, callers: usize, time: Duration) -> Figure {
        let (sender, receiver) = mpsc::sync_channel::<(usize, SyncSender<()>)>(BATCH);
        let (cpu, start) = (cpu_seconds(), Instant::now());
        let (turn, mut done, mut commits) = (&self.turn, 0, 0);
        std::thread::scope(|scope| {
            for _ in 0..callers {
                let sender = sender.clone();
                scope.spawn(move || {
                    let (answer, answered) = mpsc::sync_channel(1);
                    while start.elapsed() < time {
                        let turn = turn.fetch_add(1, Ordering::Relaxed);
                        sender.send((turn, answer.clone())).unwrap();
                        answered.recv().unwrap();
                    }
                });
            }
            drop(sender);
            while let Ok(first) = receiver.recv() {
                let batch: Vec<_> =
                    std::iter::once(first).chain(receiver.try_iter().take(BATCH - 1)).collect();
                run(&self.db, "BEGIN IMMEDIATE", &[]);
                for (turn, _) in &batch {
                    // A shelf may be empty in the middle of a sale.
                    run(&self.db, "SAVEPOINT one", &[]);
                    sell(&self.db, *turn);
                    run(&self.db, "RELEASE one", &[]);
                }
                run(&self.db, "COMMIT", &[]);
                commits += 1;
                done += batch.len();
                batch.iter().for_each(|(_, answer)| answer.send(()).unwrap());
            }
        });
        Figure { commits, ..figure(start, cpu, done) }
    }
}

fn run(db: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> usize {
    db.prepare_cached(sql).unwrap().execute(values).unwrap()
}

fn sell(db: &Connection, turn: usize) {
    let at = turn as i64;
    let id = |salt: u128| ((turn as u128) << 8 | salt).to_be_bytes();
    let (sale, payment) = (id(1), id(2));
    let mut total = 0;
    for line in 0..3_i64 {
        let variant = ((turn * 7 + line as usize * 13) % VARIANTS) as i64;
        let price: i64 = db
            .prepare_cached(
                "UPDATE level SET free = free - 1, promised = promised + 1 WHERE variant = ?1 AND free >= 1 RETURNING price",
            )
            .unwrap()
            .query_row([variant], |row| row.get(0))
            .unwrap();
        total += price;
        run(
            db,
            "INSERT INTO sale_line VALUES (?1, ?2, ?3, 'A thing of some kind', 1, ?4, 318)",
            params![sale, line, variant, price],
        );
        run(
            db,
            "INSERT INTO movement (variant, quantity, sale, at) VALUES (?1, -1, ?2, ?3)",
            params![variant, sale, at],
        );
    }
    let address = "[\"Ada Lovelace\",\"St James's Square 12\",\"10115\",\"Berlin\",\"DE\"]";
    run(
        db,
        "INSERT INTO sale VALUES (?1, ?2, 'ada@example.com', ?3, ?4, 1031, ?5)",
        params![sale, at % 1000, address, total, at],
    );
    run(
        db,
        "INSERT INTO payment VALUES (?1, ?2, ?3, 'test_authorize_1')",
        params![payment, sale, total],
    );
    run(
        db,
        "INSERT INTO event (kind, subject, data) VALUES ('order.placed', ?1, ?2)",
        params![sale, format!("{{\"total\":{total}}}")],
    );
}
