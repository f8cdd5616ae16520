//! Damage that was done to the tables of a shop, one kind after the other, and what `integrity` says of each.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use fixture::cluster::Cluster;
use fixture::{Schema, admin};
use sutler_core::port::StoreReader as _;
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::committed;
use sutler_store_postgres::{OpenOptions, PostgresStore};

/// A shop with one of everything.
fn busy() -> Schema {
    let schema = Schema::empty();
    fill(schema.store());
    schema
}

fn fill(store: &PostgresStore) {
    let world = World::on(store);
    world.sweep().into_iter().for_each(|(_, set)| {
        committed(store, set);
    });
    assert_eq!(store.integrity().unwrap(), []);
}

/// Runs SQL in the schema of a shop; its guards of ledgers look away.
fn tamper(schema: &Schema, sql: &str) -> Vec<String> {
    let shop = schema.address().shop();
    admin(&format!("SET search_path = {shop}; SET session_replication_role = replica; {sql}"))
}

fn found(schema: &Schema) -> Vec<String> {
    let findings = schema.store().integrity().unwrap();
    findings.iter().map(|f| format!("{} {}: {}", f.check, f.subject, f.message)).collect()
}

/// Does each damage, wants a finding that begins with and holds the given texts, and undoes it.
#[track_caller]
fn each_is_found(table: &[(&str, &str, &str)]) {
    let schema = busy();
    let shop = schema.address().shop().to_owned();
    let tables = tamper(
        &schema,
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
    );
    let keep =
        |table: &String| format!("CREATE TABLE {shop}_kept.{table} AS TABLE {shop}.{table};");
    let keep: String = tables.iter().map(keep).collect();
    admin(&format!("DROP SCHEMA IF EXISTS {shop}_kept CASCADE; CREATE SCHEMA {shop}_kept; {keep}"));
    let back = |table: &String| {
        format!(
            "DELETE FROM {table}; INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {shop}_kept.{table};"
        )
    };
    let back: String = tables.iter().map(back).collect();
    let mut missed = Vec::new();
    for (sql, check, words) in table {
        let done =
            tamper(&schema, &format!("WITH done AS ({sql} RETURNING 1) SELECT count(*) FROM done"));
        assert_ne!(done, ["0"], "it damages something: {sql}");
        let found = found(&schema);
        if !found.iter().any(|told| told.starts_with(check) && told.contains(words)) {
            missed.push(format!("{sql}: {found:#?}"));
        }
        tamper(&schema, &back);
    }
    let healed = found(&schema);
    admin(&format!("DROP SCHEMA {shop}_kept CASCADE"));
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(healed.is_empty(), "{healed:#?}");
}

#[test]
fn a_row_that_points_to_what_is_not_there_is_found() {
    const CHECK: &str = "store.reference ";
    let each = [
        ("DELETE FROM raw_payment", "chk_", "its payment"),
        ("DELETE FROM raw_payment", "pay_", "its payment"),
        ("DELETE FROM raw_product", "var_", "its product"),
        ("DELETE FROM raw_credit WHERE kind = 20", "gc_", "a ledger is not there"),
        ("UPDATE raw_payment SET \"order\" = gen_random_uuid()", "pay_", "its order"),
        ("UPDATE raw_fulfillment SET \"order\" = gen_random_uuid()", "ful_", "its order"),
        ("UPDATE raw_allocation SET \"order\" = gen_random_uuid()", "ord_", "an allocation"),
        ("UPDATE raw_order_log SET \"order\" = gen_random_uuid()", "ord_", "a log"),
        ("UPDATE raw_promotion_use SET \"order\" = gen_random_uuid()", "ord_", "used a promotion"),
        ("UPDATE raw_payment_task SET payment = gen_random_uuid()", "pay_", "its payment"),
        ("UPDATE raw_idempotency SET answer_kind = 8", "sweep:", "its answer"),
        ("UPDATE raw_variant SET product = gen_random_uuid()", "var_", "its product"),
        ("DELETE FROM raw_order", "chk_", "its order"),
        ("DELETE FROM raw_order", "cart_", "its order"),
        ("DELETE FROM raw_order", "ord_", "events tell of"),
        ("DELETE FROM raw_cart", "chk_", "its cart"),
    ];
    let each = each.map(|(sql, subject, words)| (sql, format!("{CHECK}{subject}"), words));
    let each: Vec<_> =
        each.iter().map(|(sql, check, words)| (*sql, check.as_str(), *words)).collect();
    each_is_found(&each);
}

#[test]
fn a_row_that_cannot_be_read_is_named() {
    each_is_found(&[
        ("UPDATE raw_product SET data = '{}'", "product.row prod_", "missing field"),
        ("UPDATE raw_customer SET data = '[]'", "customer.row cust_", "cannot be read"),
        ("UPDATE raw_cart SET data = '{}'", "cart.row cart_", "missing field"),
        ("UPDATE raw_order SET data = '{}'", "order.row ord_", "missing field"),
        ("UPDATE raw_order SET counts = '7'", "order.row ord_", "cannot be read"),
        ("UPDATE raw_order_log SET action = '\"vanished\"'", "order.log ord_", "vanished"),
        ("UPDATE raw_fulfillment SET data = '{}'", "fulfillment.row ful_", "missing field"),
        ("UPDATE raw_payment SET data = '{}'", "payment.row pay_", "missing field"),
        ("UPDATE raw_payment_task SET data = '{}'", "payment.row pay_", "missing field"),
        ("UPDATE raw_checkout SET data = '{}'", "checkout.row chk_", "missing field"),
        ("UPDATE raw_import_run SET data = '{}'", "import.row ", "missing field"),
        ("UPDATE raw_price SET currency = 'XXX'", "price.row var_", "currency"),
        ("UPDATE raw_price_list_since SET data = '{}'", "price_list.row pl_", "missing field"),
        ("UPDATE raw_setup SET data = '{}' WHERE kind = 2", "setup.row chan_", "missing field"),
        ("UPDATE raw_tax_rate SET data = '{}'", "tax_rate.row ", "missing field"),
        ("UPDATE raw_idempotency SET answer_kind = 77", "key.row sweep:", "no record"),
        (
            "UPDATE raw_coupon SET code = '' WHERE code = 'SPRING-1'",
            "promotion.row ",
            "cannot be read",
        ),
        ("UPDATE raw_promotion_use SET currency = '?'", "promotion.row ord_", "currency"),
        ("UPDATE raw_credit SET currency = '?' WHERE kind = 20", "credit.row gc_", "currency"),
        ("UPDATE raw_credit_entry SET currency = '?'", "credit.chain gc_", "currency"),
        ("UPDATE raw_movement SET kind = 99", "stock.chain loc_", "kind is not known"),
        ("UPDATE raw_event SET kind = 99", "event.chain 1", "kind is not known"),
        ("UPDATE raw_currency SET code = 'QQQ' WHERE code = 'EUR'", "currency.row QQQ", "cannot"),
    ]);
}

#[test]
fn a_column_that_differs_from_its_record_is_found() {
    each_is_found(&[
        ("UPDATE raw_product SET handle = handle || 'x'", "product.row prod_", "handle: "),
        ("UPDATE raw_product SET version = version + 1", "product.row prod_", "version: "),
        ("UPDATE raw_variant SET sku = 'other'", "product.row var_", "its product"),
        ("UPDATE raw_variant SET retired = NOT retired", "product.row var_", "its product"),
        ("DELETE FROM raw_variant", "product.row var_", "its product"),
        ("UPDATE raw_customer SET email = 'x' || email", "customer.row cust_", "email: "),
        ("UPDATE raw_customer SET version = 9", "customer.row cust_", "version: "),
        ("UPDATE raw_cart SET version = version + 1", "cart.row cart_", "version: "),
        ("UPDATE raw_order SET number = number + 50", "order.row ord_", "number: "),
        ("UPDATE raw_order SET cart = gen_random_uuid()", "order.row ord_", "cart: "),
        ("UPDATE raw_order SET buyer = 'x'", "order.row ord_", "buyer: "),
        (
            "UPDATE raw_fulfillment SET \"order\" = gen_random_uuid()",
            "fulfillment.row ful_",
            "order: ",
        ),
        ("UPDATE raw_fulfillment SET version = 9", "fulfillment.row ful_", "version: "),
        ("UPDATE raw_payment SET id = gen_random_uuid()", "payment.row pay_", "id: "),
        ("UPDATE raw_payment SET \"order\" = gen_random_uuid()", "payment.row pay_", "order: "),
        ("UPDATE raw_payment SET version = 9", "payment.row pay_", "version: "),
        ("UPDATE raw_payment_task SET key = 'x'", "payment.row x", "key: "),
        (
            "UPDATE raw_payment_task SET payment = gen_random_uuid()",
            "payment.row pay_",
            "payment: ",
        ),
        ("UPDATE raw_payment_task SET is_done = NOT is_done", "payment.row pay_", "is_done: "),
        ("UPDATE raw_payment_task SET due_at = due_at + 1", "payment.row pay_", "due_at: "),
        ("UPDATE raw_checkout SET id = gen_random_uuid()", "checkout.row chk_", "id: "),
        ("UPDATE raw_checkout SET is_open = NOT is_open", "checkout.row chk_", "is_open: "),
        ("UPDATE raw_checkout SET version = 9", "checkout.row chk_", "version: "),
        ("UPDATE raw_import_run SET run = 9", "import.row ", "run: "),
        ("UPDATE raw_import_run SET content = sha256('x')", "import.row ", "content: "),
        (
            "UPDATE raw_price_list_since SET list = gen_random_uuid()",
            "price_list.row pl_",
            "list: ",
        ),
        ("UPDATE raw_setup SET id = gen_random_uuid() WHERE kind = 3", "setup.row loc_", "id: "),
        ("UPDATE raw_tax_rate SET begins_at = begins_at + 7", "tax_rate.row ", "begins_at: "),
        ("UPDATE raw_currency SET unit = 7 WHERE code = 'EUR'", "currency.row EUR", "unit: "),
    ]);
}

/// An index that was not kept while a row was written leads past it.
#[test]
fn an_index_that_leads_past_a_row_is_found() {
    let schema = busy();
    for index in
        ["raw_customer_pkey", "raw_coupon_batch", "raw_payment_task_due", "raw_variant_label"]
    {
        let table = tamper(
            &schema,
            &format!(
                "SELECT indrelid::regclass FROM pg_index WHERE indexrelid = '{index}'::regclass"
            ),
        );
        let (table, copy) = (&table[0], format!("kept_{index}"));
        let ready = |is_ready: bool| {
            format!(
                "UPDATE pg_index SET indisready = {is_ready} WHERE indexrelid = '{index}'::regclass;"
            )
        };
        // The row is written again while the index looks away.
        tamper(
            &schema,
            &format!(
                "CREATE TEMP TABLE {copy} AS TABLE {table}; DELETE FROM {table}; {} INSERT INTO {table} TABLE {copy}; {}",
                ready(false),
                ready(true)
            ),
        );
        let found = found(&schema);
        let wanted = format!("store.index {index}: it leads to ");
        assert!(found.iter().any(|told| told.starts_with(&wanted)), "{found:#?}");
        tamper(&schema, &format!("REINDEX INDEX {index}"));
        assert_eq!(schema.store().integrity().unwrap(), []);
    }
}

/// Zeroes of a disk in the place of pages, of an index and of tables.
#[test]
fn a_page_that_cannot_be_read_is_found_and_everything_else_is_looked_at() {
    let mut cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    fill(schema.store());
    let shop = schema.address().shop().to_owned();
    let files = ["raw_customer_pkey", "raw_cart", "raw_coupon"].map(|name| {
        cluster.admin(&format!("SELECT pg_relation_filepath('{shop}.{name}')")).remove(0)
    });
    cluster.admin("CHECKPOINT");
    cluster.stop("fast");
    // The second page of an index is its first with rows. A page that is zero to its end would count as new.
    for (file, page) in files.iter().zip([1, 0, 0]) {
        let path = cluster.data().join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[page * 8_192..page * 8_192 + 7_900].fill(0);
        std::fs::write(&path, bytes).unwrap();
    }
    cluster.serve();
    let found = found(&schema);
    for wanted in [
        "store.index raw_customer_pkey: it cannot be read",
        "store.pages raw_cart: it cannot be read",
        "store.pages raw_coupon: it cannot be read",
        "store.read the shop: not everything",
    ] {
        assert!(found.iter().any(|told| told.starts_with(wanted)), "{wanted}: {found:#?}");
    }
}

/// What the server cannot look at is not said to be whole.
#[test]
fn the_inside_of_indexes_is_looked_at_only_where_amcheck_may_be_used() {
    let cluster = Cluster::start(&[]);
    let schema = Schema::at(cluster.address(), OpenOptions::default());
    let inside = || {
        let scope = schema.store().integrity_scope().unwrap();
        scope.into_iter().find(|part| part.part == "insides").unwrap()
    };
    assert!(!inside().is_looked_at && inside().words.contains("amcheck"), "{:?}", inside());
    assert_eq!(schema.store().integrity().unwrap(), []);
    assert_eq!(cluster.admin("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'"), ["0"]);
    cluster.admin("CREATE EXTENSION amcheck");
    assert!(inside().is_looked_at, "{:?}", inside());
    fill(schema.store());
}
