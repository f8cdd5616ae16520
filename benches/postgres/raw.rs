//! The same rows as a checkout of three lines, by hand: one statement at a time, or one statement for all that wait.
//!
//! There is no pricing, no idempotency key, no reservation and no second commit in it: it is the least that Postgres can do
//! for a sale, and no shop.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use crate::meter::measure;
use crate::ours::VARIANTS;

/// The most sales in one commit.
const BATCH: usize = 256;

const TABLES: &str = "DROP SCHEMA IF EXISTS bench_raw CASCADE; CREATE SCHEMA bench_raw; SET search_path = bench_raw;
    CREATE TABLE level (variant bigint PRIMARY KEY, price bigint NOT NULL, free bigint NOT NULL CHECK (free >= 0),
        promised bigint NOT NULL DEFAULT 0) WITH (fillfactor = 70);
    CREATE TABLE sale (id bigint PRIMARY KEY, buyer bigint, email text, ship_to text, total bigint, tax bigint,
        at timestamptz DEFAULT now());
    CREATE INDEX ON sale (buyer, at);
    CREATE TABLE sale_line (sale bigint, line int, variant bigint, title text, quantity int, price bigint,
        PRIMARY KEY (sale, line));
    CREATE TABLE payment (id bigint PRIMARY KEY, sale bigint, amount bigint, reference text);
    CREATE INDEX ON payment (sale);
    CREATE TABLE movement (seq bigserial PRIMARY KEY, variant bigint, quantity int, sale bigint);
    CREATE TABLE event (seq bigserial PRIMARY KEY, kind text, subject bigint, data text);";

/// What a sale by hand says, one statement at a time.
const SELL: [&str; 9] = [
    "BEGIN",
    "UPDATE level SET free = free - 1, promised = promised + 1 WHERE variant = $1 AND free >= 1 RETURNING price",
    "INSERT INTO sale (id, buyer, email, ship_to, total, tax) VALUES ($1::bigint, $1::bigint % 1000, 'ada@example.com',
        '[\"Ada Lovelace\",\"St James''s Square 12\",\"10115\",\"Berlin\",\"DE\"]', $2, 318)",
    "INSERT INTO sale_line VALUES ($1, $2, $3, 'A thing of some kind', 1, 1990)",
    "INSERT INTO payment VALUES ($1, $1, $2, 'test_authorize_1')",
    "INSERT INTO event (kind, subject, data) VALUES ('order.placed', $1, '{\"total\":5970}')",
    "INSERT INTO movement (variant, quantity, sale) VALUES ($1, -1, $2)",
    "COMMIT",
    "SELECT free FROM level WHERE variant = $1 FOR UPDATE",
];

/// All that wait, in one statement; a sale is three lines.
const SELL_ALL: &str = "WITH line AS (SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[]) AS u (sale, line, variant)),
    wanted AS (SELECT variant, count(*) AS units FROM line GROUP BY variant),
    held AS (SELECT l.variant FROM level l JOIN wanted USING (variant) ORDER BY l.variant FOR UPDATE OF l),
    taken AS (UPDATE level l SET free = free - units, promised = promised + units FROM wanted w JOIN held USING (variant)
        WHERE l.variant = w.variant AND free >= units),
    sales AS (INSERT INTO sale (id, buyer, email, ship_to, total, tax) SELECT DISTINCT sale, sale % 1000, 'ada@example.com',
        '[\"Ada Lovelace\",\"St James''s Square 12\",\"10115\",\"Berlin\",\"DE\"]', 5970, 318 FROM line),
    lines AS (INSERT INTO sale_line SELECT sale, line, variant, 'A thing of some kind', 1, 1990 FROM line),
    paid AS (INSERT INTO payment SELECT DISTINCT sale, sale, 5970, 'test_authorize_1' FROM line),
    moved AS (INSERT INTO movement (variant, quantity, sale) SELECT variant, -1, sale FROM line)
    INSERT INTO event (kind, subject, data) SELECT DISTINCT 'order.placed', sale, '{\"total\":5970}' FROM line";

/// A connection with its statements.
struct Hand {
    runtime: Runtime,
    wire: Client,
    sell: Vec<Statement>,
}

impl Hand {
    fn new(server: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (client, connection) =
            runtime.block_on(tokio_postgres::connect(server, NoTls)).unwrap();
        runtime.spawn(connection);
        runtime.block_on(client.batch_execute("SET search_path = bench_raw")).unwrap();
        let sell = SELL.map(|sql| runtime.block_on(client.prepare(sql)).unwrap()).to_vec();
        Self { runtime, wire: client, sell }
    }

    fn run(&self, at: usize, values: &[&(dyn ToSql + Sync)]) {
        let done = self.runtime.block_on(self.wire.query(&self.sell[at], values)).unwrap();
        assert!(!matches!(at, 1 | 8) || done.len() == 1);
    }

    fn sell(&self, sale: i64, variants: &[i64]) {
        self.run(0, &[]);
        variants.iter().for_each(|variant| self.run(1, &[variant]));
        self.rows(sale, variants);
    }

    fn rows(&self, sale: i64, variants: &[i64]) {
        self.run(2, &[&sale, &5_970_i64]);
        for (line, variant) in (0_i32..).zip(variants) {
            self.run(3, &[&sale, &line, variant]);
        }
        self.run(4, &[&sale, &5_970_i64]);
        self.run(5, &[&sale]);
        variants.iter().for_each(|variant| self.run(6, &[variant, &sale]));
        self.run(7, &[]);
    }
}

/// Tables for sales by hand.
pub struct Raw {
    server: String,
    next: AtomicU64,
}

/// Three variants in ascending order, as everybody should lock them.
fn three(sale: i64) -> [i64; 3] {
    let variant = |line: i64| (sale * 7 + line * 13) % VARIANTS as i64;
    let mut three = [variant(0), variant(1), variant(2)];
    three.sort_unstable();
    three
}

impl Raw {
    pub fn new(server: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (client, connection) =
            runtime.block_on(tokio_postgres::connect(server, NoTls)).unwrap();
        runtime.spawn(connection);
        let fill = format!(
            "{TABLES} INSERT INTO level SELECT n, 1990, 1000000000 FROM generate_series(0, {VARIANTS}) AS n"
        );
        runtime.block_on(client.batch_execute(&fill)).unwrap();
        Self { server: server.to_owned(), next: AtomicU64::new(1) }
    }

    fn next(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed) as i64
    }

    /// Clients that sell three different things each time.
    pub fn singly(&self, clients: usize, time: Duration) -> f64 {
        self.by_hands(clients, time, |hand, sale| hand.sell(sale, &three(sale)))
    }

    /// Clients that lock one row, look, and write.
    pub fn hot(&self, clients: usize, time: Duration) -> f64 {
        self.by_hands(clients, time, |hand, sale| {
            hand.run(0, &[]);
            hand.run(8, &[&0_i64]);
            hand.run(1, &[&0_i64]);
            hand.rows(sale, &[0]);
        })
    }

    fn by_hands(&self, clients: usize, time: Duration, sell: impl Fn(&Hand, i64) + Sync) -> f64 {
        let hands = Mutex::new((0..clients).map(|_| Hand::new(&self.server)).collect::<Vec<_>>());
        let figure = measure(time, clients, || {
            let hand = hands.lock().unwrap().pop().unwrap();
            sell(&hand, self.next());
            hands.lock().unwrap().push(hand);
            true
        });
        figure.per_second
    }

    /// Callers that wait for their own sale, and a writer that commits all that wait.
    pub fn queued(&self, callers: usize, time: Duration) -> f64 {
        let (sender, receiver) = mpsc::sync_channel::<(i64, SyncSender<()>)>(BATCH);
        let hand = Hand::new(&self.server);
        let all = hand.runtime.block_on(hand.wire.prepare(SELL_ALL)).unwrap();
        let (start, mut done) = (Instant::now(), 0);
        std::thread::scope(|scope| {
            for _ in 0..callers {
                let sender = sender.clone();
                scope.spawn(move || {
                    let (answer, answered) = mpsc::sync_channel(1);
                    while start.elapsed() < time {
                        sender.send((self.next(), answer.clone())).unwrap();
                        answered.recv().unwrap();
                    }
                });
            }
            drop(sender);
            while let Ok(first) = receiver.recv() {
                let batch: Vec<_> =
                    std::iter::once(first).chain(receiver.try_iter().take(BATCH - 1)).collect();
                let sales: Vec<i64> = batch.iter().flat_map(|(sale, _)| [*sale; 3]).collect();
                let lines: Vec<i32> = batch.iter().flat_map(|_| [0, 1, 2]).collect();
                let variants: Vec<i64> = batch.iter().flat_map(|(sale, _)| three(*sale)).collect();
                let values: [&(dyn ToSql + Sync); 3] = [&sales, &lines, &variants];
                hand.runtime.block_on(hand.wire.execute(&all, &values)).unwrap();
                done += batch.len();
                batch.iter().for_each(|(_, answer)| answer.send(()).unwrap());
            }
        });
        f64::from(u32::try_from(done).unwrap()) / start.elapsed().as_secs_f64()
    }
}
