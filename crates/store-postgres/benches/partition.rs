//! Whether tables that grow with time are better cut into months: events, orders and movements, each whole and in parts.
//!
//! Run with `SUTLER_TEST_POSTGRES=postgres://… cargo bench -p sutler-store-postgres --bench partition`; it needs some 3 GB.
//! `BENCH_EVENTS=1000000` and `BENCH_ORDERS=300000` say how many rows there are, spread evenly over 24 months.
//!
//! The tables are those of a shop, with all their columns, checks and indexes. A table in parts must have what it is cut by in
//! every unique key: so events are cut by their place in the log, orders by their id, which begins with the time, and movements
//! by their place in the ledger of their location. The number and the cart of an order can then no longer be unique.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic
)]
#![allow(missing_docs, reason = "a program")]

use std::time::Instant;

use sutler_store_postgres::{Address, OpenOptions, PostgresStore, drop_shop};
use tokio::runtime::Runtime;
use tokio_postgres::Client;

/// How many months the rows are spread over.
const MONTHS: i64 = 24;

/// Rows that the store writes by one statement when many wait.
const BATCH: i64 = 256;

struct Bench {
    runtime: Runtime,
    session: Client,
}

impl Bench {
    fn connect(server: &str, schema: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (session, connection) =
            runtime.block_on(tokio_postgres::connect(server, tokio_postgres::NoTls)).unwrap();
        runtime.spawn(connection);
        let bench = Self { runtime, session };
        bench.run(&format!("SET search_path = {schema}; SET jit = off"));
        bench
    }

    fn run(&self, sql: &str) {
        self.runtime
            .block_on(self.session.batch_execute(sql))
            .unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }

    /// Returns how long a script takes, in milliseconds.
    fn millis(&self, sql: &str) -> f64 {
        let began = Instant::now();
        self.run(sql);
        began.elapsed().as_secs_f64() * 1_000.0
    }

    /// Returns how long a prepared statement takes on average over `times` runs, in microseconds.
    fn micros(&self, sql: &str, times: i64, argument: impl Fn(i64) -> i64) -> f64 {
        self.runtime.block_on(async {
            let statement = self.session.prepare(sql).await.unwrap();
            // A generic plan, as the store's statements have after some calls.
            for n in 0..8 {
                self.session.query(&statement, &[&argument(n)]).await.unwrap();
            }
            let began = Instant::now();
            for n in 0..times {
                self.session.query(&statement, &[&argument(n)]).await.unwrap();
            }
            began.elapsed().as_secs_f64() * 1_000_000.0 / times as f64
        })
    }

    /// Fills a table by statements of [`BATCH`] rows; returns rows a second.
    fn fill(&self, rows: i64, sql: &str) -> f64 {
        let began = Instant::now();
        self.runtime.block_on(async {
            let statement = self.session.prepare(sql).await.unwrap();
            for first in (0..rows).step_by(usize::try_from(BATCH).unwrap()) {
                let last = (first + BATCH).min(rows) - 1;
                self.session.execute(&statement, &[&first, &last]).await.unwrap();
            }
        });
        let rate = rows as f64 / began.elapsed().as_secs_f64();
        self.run("VACUUM ANALYZE");
        rate
    }
}

fn wanted(name: &str, usual: i64) -> i64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Makes `name`, whole or in [`MONTHS`] parts by `key`, whose bounds `bound` writes.
fn table(bench: &Bench, name: &str, like: &str, cut: Option<(&str, &dyn Fn(i64) -> String)>) {
    let Some((key, bound)) = cut else {
        return bench.run(&format!("CREATE TABLE {name} (LIKE {like} INCLUDING ALL)"));
    };
    bench.run(&format!(
        "CREATE TABLE {name} (LIKE {like} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE ({key})"
    ));
    for month in 0..MONTHS {
        let (from, to) = (bound(month), bound(month + 1));
        bench.run(&format!(
            "CREATE TABLE {name}_{month} PARTITION OF {name} FOR VALUES FROM ({from}) TO ({to})"
        ));
    }
}

fn events(bench: &Bench, rows: i64) {
    let of_month = rows / MONTHS;
    let bound = |month: i64| match month {
        0 => "MINVALUE".to_owned(),
        MONTHS => "MAXVALUE".to_owned(),
        month => (month * of_month + 1).to_string(),
    };
    println!(
        "events ({rows})          insert rows/s   page of 100 µs   read all ms   oldest month ms"
    );
    for in_parts in [false, true] {
        let name = if in_parts { "events_cut" } else { "events_whole" };
        table(bench, name, "raw_event", in_parts.then_some(("seq", &bound)));
        if in_parts {
            bench.run("ALTER TABLE events_cut ADD PRIMARY KEY (seq)");
        }
        let rate = bench.fill(
            rows,
            &format!(
                "INSERT INTO {name} SELECT n + 1, 7, 4, gen_random_uuid(), 1, 1700000000000 + n, gen_random_uuid(),
                 json_build_object('kind', 'order', 'number', n, 'total', json_build_object('minor', n, 'currency', 'EUR')), n
                 FROM generate_series($1::bigint, $2::bigint) n"
            ),
        );
        let page = format!("SELECT * FROM {name} WHERE seq > $1 ORDER BY seq LIMIT 100");
        let page = bench.micros(&page, 2_000, |n| n * 7_919 % rows);
        let all = format!(
            "SELECT count(*) FROM (SELECT link, data::text FROM {name} ORDER BY seq OFFSET 0) e"
        );
        let all = (0..3).map(|_| bench.millis(&all)).fold(f64::MAX, f64::min);
        let old = match in_parts {
            true => bench.millis("DROP TABLE events_cut_0"),
            false => {
                bench.millis(&format!("DELETE FROM {name} WHERE seq <= {of_month}"))
                    + bench.millis(&format!("VACUUM {name}"))
            }
        };
        println!("  {name:<22} {rate:>14.0} {page:>16.0} {all:>13.0} {old:>17.0}");
    }
}

fn orders(bench: &Bench, rows: i64) {
    let of_month = rows / MONTHS;
    // An id begins with its millisecond: one a second here.
    let id = |n: &str| {
        format!(
            "(lpad(to_hex(1700000000000 + ({n}) * 1000), 12, '0') || substr(md5(({n})::text), 1, 20))::uuid"
        )
    };
    let bound = |month: i64| match month {
        0 => "MINVALUE".to_owned(),
        MONTHS => "MAXVALUE".to_owned(),
        month => {
            format!("'{:012x}00000000000000000000'", 1_700_000_000_000 + month * of_month * 1_000)
        }
    };
    println!(
        "orders ({rows})          insert rows/s   newest 50 µs   by number µs   by id µs   oldest month ms"
    );
    for in_parts in [false, true] {
        let name = if in_parts { "orders_cut" } else { "orders_whole" };
        table(bench, name, "raw_order", in_parts.then_some(("id", &bound)));
        if in_parts {
            // The number and the cart can no longer be unique.
            bench.run("ALTER TABLE orders_cut ADD PRIMARY KEY (id);
                CREATE INDEX ON orders_cut (number); CREATE INDEX ON orders_cut (cart) WHERE status <> 2;
                CREATE INDEX ON orders_cut (status, number); CREATE INDEX ON orders_cut (buyer)");
        }
        let rate = bench.fill(
            rows,
            &format!(
                "INSERT INTO {name} (id, number, cart, status, placed_at, version, buyer, data)
                 SELECT {}, 1001 + n, gen_random_uuid(), 1, 1700000000000 + n * 1000, 1, 'buyer ' || n,
                   json_build_object('number', n, 'lines', repeat(md5(n::text), 40))
                 FROM generate_series($1::bigint, $2::bigint) n",
                id("n")
            ),
        );
        let newest =
            format!("SELECT * FROM {name} WHERE number < $1 ORDER BY number DESC LIMIT 50");
        let newest = bench.micros(&newest, 500, |n| 1_001 + rows - n);
        let number = format!("SELECT * FROM {name} WHERE number = $1");
        let number = bench.micros(&number, 2_000, |n| 1_001 + n * 7_919 % rows);
        let by_id = format!("SELECT * FROM {name} WHERE id = {}", id("$1::bigint"));
        let by_id = bench.micros(&by_id, 2_000, |n| n * 7_919 % rows);
        let old = match in_parts {
            true => bench.millis("DROP TABLE orders_cut_0"),
            false => {
                bench.millis(&format!("DELETE FROM {name} WHERE number < {}", 1_001 + of_month))
                    + bench.millis(&format!("VACUUM {name}"))
            }
        };
        println!(
            "  {name:<22} {rate:>14.0} {newest:>14.0} {number:>14.0} {by_id:>10.0} {old:>17.0}"
        );
    }
}

fn movements(bench: &Bench, rows: i64) {
    let of_month = rows / MONTHS;
    let bound = |month: i64| match month {
        0 => "MINVALUE".to_owned(),
        MONTHS => "MAXVALUE".to_owned(),
        month => (month * of_month + 1).to_string(),
    };
    println!(
        "movements ({rows})       insert rows/s   history of a variant µs   ledger page µs   oldest month ms"
    );
    for in_parts in [false, true] {
        let name = if in_parts { "movements_cut" } else { "movements_whole" };
        table(bench, name, "raw_movement", in_parts.then_some(("seq", &bound)));
        if in_parts {
            bench.run(
                "ALTER TABLE movements_cut ALTER nr SET DEFAULT 0, ADD PRIMARY KEY (location, seq);
                CREATE INDEX ON movements_cut (variant, nr)",
            );
        }
        let insert = format!(
            "INSERT INTO {name} (location, seq, nr, at, variant, kind, quantity, link) OVERRIDING SYSTEM VALUE
             SELECT '00000000-0000-0000-0000-000000000001', n + 1, n, 1700000000000 + n,
               md5((n % 5000)::text)::uuid, 1, 1, n FROM generate_series($1::bigint, $2::bigint) n"
        );
        let rate = bench.fill(rows, &insert);
        let history = format!(
            "SELECT * FROM {name} WHERE variant = md5(($1::bigint)::text)::uuid ORDER BY nr DESC LIMIT 50"
        );
        let history = bench.micros(&history, 500, |n| n % 5_000);
        let page = format!(
            "SELECT * FROM {name} WHERE location = '00000000-0000-0000-0000-000000000001' AND seq > $1
             ORDER BY seq LIMIT 100"
        );
        let page = bench.micros(&page, 2_000, |n| n * 7_919 % rows);
        let old = match in_parts {
            true => bench.millis("DROP TABLE movements_cut_0"),
            false => {
                bench.millis(&format!("DELETE FROM {name} WHERE seq <= {of_month}"))
                    + bench.millis(&format!("VACUUM {name}"))
            }
        };
        println!("  {name:<22} {rate:>14.0} {history:>25.0} {page:>16.0} {old:>17.0}");
    }
}

fn main() {
    let server = std::env::var("SUTLER_TEST_POSTGRES").expect("the URL of a server");
    let address: Address = format!("{server}?shop=bench_partition").parse().unwrap();
    let _ = drop_shop(&address);
    drop(
        PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })
            .unwrap(),
    );
    let bench = Bench::connect(&server, "bench_partition");
    events(&bench, wanted("BENCH_EVENTS", 1_000_000));
    orders(&bench, wanted("BENCH_ORDERS", 300_000));
    movements(&bench, wanted("BENCH_EVENTS", 1_000_000));
    drop(bench);
    drop_shop(&address).unwrap();
}
