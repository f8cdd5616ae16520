//! Pages and indexes, as far as a server tells of them: every table is read from end to end, and walked through by each of
//! its indexes, which must lead to the same rows.
//!
//! A page that cannot be read stops a statement, so each statement stands in a savepoint of its own, and the next one is
//! still made. Where the extension `amcheck` is installed and may be used, it looks inside of the indexes as well; it is
//! never installed from here.
//!
//! Deliberately absent: checksums. The server compares those of each page that it reads, where they are on; whether they
//! are is told by [`scope`].

use sutler_core::port::Looked;
use tokio_postgres::Row;

use super::{Report, Snapshot, is_damage};
use crate::error::Fault;
use crate::flight::{Params, params};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        /// Lets the functions of amcheck be found; no row where it cannot be used.
        ENTER_AMCHECK = "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp, ' || quote_ident(n.nspname), true)
            FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
              JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'bt_index_check' AND p.pronargs = 2
            WHERE e.extname = 'amcheck' AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')";
        INDEXES = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND c.relkind = 'i' ORDER BY 1";
        LOOK_INSIDE = "SELECT bt_index_check(c.oid, true)::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND c.relkind = 'i' AND c.relname = $1";
        /// Whether pages have checksums, and whether amcheck can be used.
        SCOPE = "SELECT current_setting('data_checksums') = 'on', EXISTS (SELECT FROM pg_extension e
              JOIN pg_namespace n ON n.oid = e.extnamespace
              JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'bt_index_check' AND p.pronargs = 2
            WHERE e.extname = 'amcheck' AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE'))";
        SAVE = "SAVEPOINT look";
        /// Leaves the rows as the only way.
        SAVE_FOR_ROWS = "SAVEPOINT look; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off;
            SET LOCAL enable_bitmapscan = off";
        /// Leaves an index as the only way.
        SAVE_FOR_WALK = "SAVEPOINT look; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
            SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off";
        BACK = "ROLLBACK TO SAVEPOINT look; RELEASE SAVEPOINT look";
    }
}

/// An index: by which order a walk takes it, and what it holds of its table.
struct Index {
    name: &'static str,
    /// Finds the rows without the index, where it does not hold all of the table.
    rows: Option<&'static str>,
    walk: &'static str,
}

/// A table, and how all of it is read.
struct Table {
    name: &'static str,
    rows: &'static str,
    indexes: &'static [Index],
}

macro_rules! tables {
    (@rows) => { None };
    (@rows $part:literal) => {
        Some(concat!("SELECT count(*), coalesce(sum(hashtid(t.ctid)), 0)::bigint FROM ", $part))
    };
    ($($table:ident { $($index:ident: $keys:literal of $rows:literal $(and $part:literal)?,)+ })+) => {
        /// Every table of a shop with every index. What is counted of rows is how many there are, and where they lie; of
        /// those of the table every value is read.
        const TABLES: &[Table] = &[$(Table {
            name: stringify!($table),
            rows: concat!(
                "SELECT count(*), coalesce(sum(hashtid(t.ctid)), 0)::bigint, coalesce(sum(length(t::text)), 0)::bigint FROM ",
                stringify!($table), " AS t"
            ),
            indexes: &[$(Index {
                name: stringify!($index),
                rows: tables!(@rows $($part)?),
                walk: concat!(
                    "SELECT count(*), coalesce(sum(hashtid(place)), 0)::bigint FROM (SELECT t.ctid AS place FROM ",
                    $rows, " ORDER BY ", $keys, ") AS walk"
                ),
            },)+],
        },)+];
    };
}

tables! {
    raw_allocation {
        raw_allocation_pkey: "\"order\", line, variant, location" of "raw_allocation AS t",
    }
    raw_buyer {
        raw_buyer_pkey: "buyer" of "raw_buyer AS t",
    }
    raw_cart {
        raw_cart_pkey: "id" of "raw_cart AS t",
    }
    raw_category {
        raw_category_name: "coalesce(parent, '00000000-0000-0000-0000-000000000000'), name" of "raw_category AS t",
        raw_category_pkey: "id" of "raw_category AS t",
    }
    raw_checkout {
        raw_checkout_open: "id" of "raw_checkout AS t WHERE is_open" and "raw_checkout AS t WHERE is_open",
        raw_checkout_pkey: "id" of "raw_checkout AS t",
    }
    raw_copy {
        raw_copy_pkey: "one" of "raw_copy AS t",
    }
    raw_counter {
        raw_counter_pkey: "name" of "raw_counter AS t",
    }
    raw_coupon {
        raw_coupon_batch: "batch, code" of "raw_coupon AS t",
        raw_coupon_pkey: "code" of "raw_coupon AS t",
    }
    raw_credit {
        raw_credit_code: "code" of "raw_credit AS t",
        raw_credit_customer: "customer, currency" of "raw_credit AS t",
        raw_credit_pkey: "kind, id" of "raw_credit AS t",
    }
    raw_credit_entry {
        raw_credit_entry_pkey: "kind, id, seq" of "raw_credit_entry AS t",
    }
    raw_currency {
        raw_currency_pkey: "code" of "raw_currency AS t",
    }
    raw_cursor {
        raw_cursor_pkey: "consumer" of "raw_cursor AS t",
    }
    raw_customer {
        raw_customer_email_key: "email" of "raw_customer AS t",
        raw_customer_pkey: "id" of "raw_customer AS t",
    }
    raw_event {
        raw_event_pkey: "seq" of "raw_event AS t",
    }
    raw_event_head {
        raw_event_head_pkey: "one" of "raw_event_head AS t",
    }
    raw_event_subject {
        raw_event_subject_pkey: "kind, id" of "raw_event_subject AS t",
    }
    raw_fulfillment {
        raw_fulfillment_order: "\"order\", id" of "raw_fulfillment AS t",
        raw_fulfillment_pkey: "id" of "raw_fulfillment AS t",
    }
    raw_idempotency {
        raw_idempotency_pkey: "key" of "raw_idempotency AS t",
    }
    raw_import_run {
        raw_import_run_pkey: "content, run" of "raw_import_run AS t",
    }
    raw_lease {
        raw_lease_pkey: "name" of "raw_lease AS t",
    }
    raw_ledger_head {
        raw_ledger_head_pkey: "location" of "raw_ledger_head AS t",
    }
    raw_level {
        raw_level_pkey: "variant, location" of "raw_level AS t",
    }
    raw_migration {
        raw_migration_pkey: "number" of "raw_migration AS t",
    }
    raw_movement {
        raw_movement_pkey: "location, seq" of "raw_movement AS t",
        raw_movement_variant: "variant, nr" of "raw_movement AS t",
    }
    raw_order {
        raw_order_buyer: "buyer" of "raw_order AS t",
        raw_order_cart: "cart" of "raw_order AS t WHERE status <> 2" and "raw_order AS t WHERE status <> 2",
        raw_order_number_key: "number" of "raw_order AS t",
        raw_order_pkey: "id" of "raw_order AS t",
        raw_order_status: "status, number" of "raw_order AS t",
    }
    raw_order_log {
        raw_order_log_pkey: "\"order\", version" of "raw_order_log AS t",
    }
    raw_payment {
        raw_payment_order: "\"order\", id" of "raw_payment AS t",
        raw_payment_pkey: "id" of "raw_payment AS t",
    }
    raw_payment_task {
        raw_payment_task_due: "due_at, key" of "raw_payment_task AS t WHERE due_at IS NOT NULL" and "raw_payment_task AS t WHERE due_at IS NOT NULL",
        raw_payment_task_payment: "payment, key" of "raw_payment_task AS t",
        raw_payment_task_pkey: "key" of "raw_payment_task AS t",
    }
    raw_price {
        raw_price_pkey: "variant, list, min_quantity" of "raw_price AS t",
    }
    raw_price_list_since {
        raw_price_list_since_pkey: "list, since" of "raw_price_list_since AS t",
    }
    raw_price_past {
        raw_price_past_pkey: "variant, list, min_quantity, since" of "raw_price_past AS t",
    }
    raw_product {
        raw_product_handle_key: "handle" of "raw_product AS t",
        raw_product_label: "lower(handle) COLLATE \"C\"" of "raw_product AS t",
        raw_product_pkey: "id" of "raw_product AS t",
    }
    raw_promotion_count {
        raw_promotion_count_pkey: "promotion, counter" of "raw_promotion_count AS t",
    }
    raw_promotion_use {
        raw_promotion_use_pkey: "\"order\", promotion" of "raw_promotion_use AS t",
    }
    raw_reservation {
        raw_reservation_pkey: "variant, location, expires_at, checkout" of "raw_reservation AS t",
    }
    raw_setup {
        raw_setup_kind_code_key: "kind, code" of "raw_setup AS t",
        raw_setup_pkey: "kind, id" of "raw_setup AS t",
    }
    raw_tax_rate {
        raw_tax_rate_pkey: "zone, category, name, begins_at" of "raw_tax_rate AS t",
    }
    raw_variant {
        raw_variant_barcode: "barcode" of "raw_variant AS t WHERE NOT retired" and "raw_variant AS t WHERE NOT retired",
        raw_variant_label: "lower(sku) COLLATE \"C\"" of "raw_variant AS t WHERE NOT retired" and "raw_variant AS t WHERE NOT retired",
        raw_variant_pkey: "id" of "raw_variant AS t",
        raw_variant_sku: "sku" of "raw_variant AS t WHERE NOT retired" and "raw_variant AS t WHERE NOT retired",
    }
    raw_writer {
        raw_writer_pkey: "writer" of "raw_writer AS t",
    }
}

/// How many rows there are, and a sum over where they lie.
type Counted = (i64, i64);

/// Reads every table, walks through every index, and has amcheck look inside of them where it can.
pub(super) async fn check(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    for table in TABLES {
        let look = Look { snapshot, name: table.name, part: "store.pages" };
        let Some(all) = look.count(sql::SAVE_FOR_ROWS, table.rows, report).await? else { continue };
        for index in table.indexes {
            let look = Look { name: index.name, part: "store.index", ..look };
            let rows = match index.rows {
                None => Some(all),
                Some(rows) => look.count(sql::SAVE_FOR_ROWS, rows, report).await?,
            };
            let walked = look.count(sql::SAVE_FOR_WALK, index.walk, report).await?;
            let (Some(rows), Some(walked)) = (rows, walked) else { continue };
            if rows.0 != walked.0 {
                let message = format!("it leads to {} rows, the table has {}", walked.0, rows.0);
                report.add("store.index", index.name, message);
            } else if rows != walked {
                report.add("store.index", index.name, "it leads to other rows than the table has");
            }
        }
    }
    look_inside(snapshot, report).await
}

async fn look_inside(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    // What is found beside the shop is found for this part alone.
    snapshot.script(sql::SAVE).await?;
    if !snapshot.rows(sql::ENTER_AMCHECK, params![]).await?.is_empty() {
        for row in snapshot.rows(sql::INDEXES, params![]).await? {
            let name: String = row.at(0)?;
            let look = Look { snapshot, name: &name, part: "store.index" };
            look.run(sql::SAVE, sql::LOOK_INSIDE, params![name.clone()], report).await?;
        }
    }
    snapshot.script(sql::BACK).await
}

/// Says what of pages and indexes is looked at on this server.
pub(super) fn scope(row: &Row) -> Result<Vec<Looked>, Fault> {
    let (has_checksums, has_amcheck): (bool, bool) = (row.at(0)?, row.at(1)?);
    let pages = if has_checksums {
        "every table can be read from end to end, and the server compares the checksum of each page"
    } else {
        "every table can be read from end to end; the server keeps no checksums of its pages (data_checksums is off), so it cannot see a bit that flipped"
    };
    let walked = "every index leads to each row that it should, and to no other";
    let inside = if has_amcheck {
        Looked::at("insides", "amcheck finds the inside of every index whole")
    } else {
        Looked::not_at(
            "insides",
            "the inside of indexes, for which the extension amcheck must be installed in the database and allowed to the user",
        )
    };
    Ok(vec![Looked::at("pages", pages), Looked::at("indexes", walked), inside])
}

/// One thing that a statement looks at.
#[derive(Clone, Copy)]
struct Look<'l> {
    snapshot: &'l Snapshot<'l>,
    name: &'l str,
    part: &'static str,
}

impl Look<'_> {
    /// Counts rows; `None` when they cannot be read, which is a finding.
    async fn count(
        &self,
        save: &'static str,
        sql: &'static str,
        report: &mut Report,
    ) -> Result<Option<Counted>, Fault> {
        let rows = self.run(save, sql, params![], report).await?;
        let counted = rows.as_deref().and_then(<[Row]>::first);
        counted.map(|row| Ok((row.at(0)?, row.at(1)?))).transpose()
    }

    async fn run(
        &self,
        save: &'static str,
        sql: &'static str,
        params: Params,
        report: &mut Report,
    ) -> Result<Option<Vec<Row>>, Fault> {
        self.snapshot.script(save).await?;
        let read = self.snapshot.rows(sql, params).await;
        if let Err(fault) = &read
            && !is_damage(fault)
        {
            return read.map(Some);
        }
        self.snapshot.script(sql::BACK).await?;
        match read {
            Ok(rows) => Ok(Some(rows)),
            Err(fault) => {
                report.add(self.part, self.name, format!("it cannot be read to the end: {fault}"));
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::BTreeSet;

    use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

    use super::*;
    use crate::{Address, OpenOptions, PostgresStore, drop_shop};

    async fn texts(client: &Client, sql: &str) -> Vec<String> {
        let rows = client.simple_query(sql).await.unwrap();
        let text = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        rows.iter().filter_map(text).collect()
    }

    async fn plan(client: &Client, save: &str, sql: &str) -> Vec<String> {
        client.batch_execute(&format!("BEGIN; {save}")).await.unwrap();
        let plan = texts(client, &format!("EXPLAIN (COSTS OFF) {sql}")).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        plan
    }

    async fn look(address: &Address) {
        let (client, connection) = address.config().connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let shop = address.shop();
        client.batch_execute(&format!("SET search_path = {shop}")).await.unwrap();
        let named = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>();
        let tables = format!("SELECT tablename FROM pg_tables WHERE schemaname = '{shop}'");
        let tables = named(texts(&client, &tables).await);
        assert_eq!(tables, TABLES.iter().map(|table| table.name.to_owned()).collect());
        for table in TABLES {
            let indexes = format!(
                "SELECT indexname FROM pg_indexes WHERE schemaname = '{shop}' AND tablename = '{}'",
                table.name
            );
            let indexes = named(texts(&client, &indexes).await);
            assert_eq!(indexes, table.indexes.iter().map(|index| index.name.to_owned()).collect());
            for rows in table.indexes.iter().filter_map(|index| index.rows).chain([table.rows]) {
                let plan = plan(&client, sql::SAVE_FOR_ROWS, rows).await;
                let by_rows = format!("Seq Scan on {} t", table.name);
                assert!(plan.iter().any(|step| step.contains(&by_rows)), "{rows}: {plan:#?}");
            }
            for index in table.indexes {
                let plan = plan(&client, sql::SAVE_FOR_WALK, index.walk).await;
                let by_index = format!("Index Scan using {} on", index.name);
                assert!(plan.iter().any(|step| step.contains(&by_index)), "{plan:#?}");
            }
        }
    }

    #[test]
    fn every_table_is_read_and_every_index_is_walked_through() {
        let server =
            std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
        let address: Address =
            format!("{server}?shop=pages_{}", std::process::id()).parse().unwrap();
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        drop(PostgresStore::open(&address, options).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(look(&address));
        drop_shop(&address).unwrap();
    }
}
