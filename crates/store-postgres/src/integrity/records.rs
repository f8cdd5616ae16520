//! Rows read one by one, as the store would: what cannot be read is told with its name, and so is a column beside a record
//! that says something else than the record.
//!
//! Each table goes through a cursor, a page at a time.
//!
//! Deliberately absent: ledgers, levels and events, whose chains are computed again, and whether a record makes sense.

use serde::Deserialize;
use sutler_core::cart::Cart;
use sutler_core::change::RecordRef;
use sutler_core::checkout::Checkout;
use sutler_core::customer::Customer;
use sutler_core::fulfillment::Fulfillment;
use sutler_core::import::ImportRun;
use sutler_core::money::Currency;
use sutler_core::order::{Order, OrderAction};
use sutler_core::payment::{Payment, PaymentTask};
use sutler_core::pricing::{PriceList, TaxRate};
use tokio_postgres::Row;

use super::{Report, Snapshot};
use crate::error::Fault;
use crate::flight::params;
use crate::promotion::Coupons;
use crate::saga::Keys;
use crate::table::Kind as _;
use crate::value::Columns as _;
use crate::{catalog, order, payment, promotion, saga, setup, stock};

pub(crate) mod sql {
    crate::statements::statements! {
        CATEGORIES = "SELECT id, parent, name, version, id_text('cat_', id) FROM raw_category";
        PRODUCTS = "SELECT id_text('prod_', id), data::text, id, handle, version FROM raw_product";
        PRICES = "SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, id_text('var_', variant)
            FROM raw_price UNION ALL
            SELECT variant, list, min_quantity, amount, currency, compare_at, compare_currency, id_text('var_', variant)
            FROM raw_price_past";
        PRICE_LISTS = "SELECT id_text('pl_', list), data::text, list FROM raw_price_list_since";
        SETUP = "SELECT record_text((CASE kind WHEN 2 THEN 3 WHEN 3 THEN 13 WHEN 4 THEN 10 WHEN 5 THEN 14 WHEN 7 THEN 6
                WHEN 8 THEN 12 WHEN 16 THEN 17 WHEN 17 THEN 18 ELSE 0 END)::smallint, id), data::text, kind, id FROM raw_setup
            WHERE kind <> 1";
        TAX_RATES = "SELECT category || ' ' || name, data::text, zone, category, name, begins_at FROM raw_tax_rate";
        CUSTOMERS = "SELECT id_text('cust_', id), data::text, id, email, version FROM raw_customer";
        CARTS = "SELECT id_text('cart_', id), data::text, id, version FROM raw_cart";
        ORDERS = "SELECT data::text, number, status, counts::text, placed_at, canceled_at, version, id_text('ord_', id), id, cart,
              buyer FROM raw_order";
        ORDER_LOG = "SELECT id_text('ord_', \"order\"), action::text FROM raw_order_log";
        FULFILLMENTS = "SELECT id_text('ful_', id), data::text, id, \"order\", version FROM raw_fulfillment";
        PAYMENTS = "SELECT id_text('pay_', id), data::text, id, \"order\", version FROM raw_payment";
        TASKS = "SELECT key, data::text, payment, is_done, due_at FROM raw_payment_task";
        USES = "SELECT promotion, \"order\", customer, coupon, units, amount, currency, id_text('ord_', \"order\")
            FROM raw_promotion_use";
        COUPONS = "SELECT code, batch FROM raw_coupon";
        CHECKOUTS = "SELECT id_text('chk_', id), data::text, id, is_open, version FROM raw_checkout";
        IMPORT_RUNS = "SELECT encode(content, 'hex'), data::text, content, run, version FROM raw_import_run";
        KEYS = "SELECT key, content, answer_kind, answer FROM raw_idempotency";
        RESERVATIONS = "SELECT variant, location, expires_at, checkout, quantity, id_text('var_', variant) FROM raw_reservation";
        CURRENCIES = "SELECT code, exponent, unit FROM raw_currency";
        /// Variants of which the row and the product say two things.
        VARIANTS = "SELECT coalesce(n.of->>'id', id_text('var_', v.id)) FROM
              (SELECT p.id, json_array_elements(p.data->'variants') FROM raw_product p) AS n (product, of)
              FULL JOIN raw_variant v ON id_text('var_', v.id) = n.of->>'id'
            WHERE v.id IS NULL OR n.product IS DISTINCT FROM v.product OR v.sku IS DISTINCT FROM n.of->>'sku'
              OR v.barcode IS DISTINCT FROM n.of->>'barcode'
              OR v.retired <> coalesce((n.of->>'retired')::boolean, false)
            LIMIT 100";
        FETCH = "FETCH 1000 FROM looked_at";
        CLOSE = "CLOSE looked_at";
    }
}

/// Rows of one kind.
struct Kept {
    check: &'static str,
    sql: &'static str,
    /// In which column a row says what it is called.
    name: usize,
    /// Reads a row; returns the columns that say something else than its record.
    read: fn(&Row) -> Result<Vec<&'static str>, Fault>,
}

/// Every kind of rows, but for those that have a chain.
#[rustfmt::skip]
const KEPT: &[Kept] = &[
    Kept { check: "category.row", sql: sql::CATEGORIES, name: 4, read: |row| whole(catalog::category(row)) },
    Kept { check: "product.row", sql: sql::PRODUCTS, name: 0, read: product },
    Kept { check: "price.row", sql: sql::PRICES, name: 7, read: |row| whole(catalog::price(row)) },
    Kept { check: "price_list.row", sql: sql::PRICE_LISTS, name: 0, read: price_list },
    Kept { check: "setup.row", sql: sql::SETUP, name: 0, read: of_setup },
    Kept { check: "tax_rate.row", sql: sql::TAX_RATES, name: 0, read: tax_rate },
    Kept { check: "customer.row", sql: sql::CUSTOMERS, name: 0, read: customer },
    Kept { check: "cart.row", sql: sql::CARTS, name: 0, read: cart },
    Kept { check: "order.row", sql: sql::ORDERS, name: 7, read: of_order },
    Kept { check: "order.log", sql: sql::ORDER_LOG, name: 0, read: |row| whole(row.json::<OrderAction>(1)) },
    Kept { check: "fulfillment.row", sql: sql::FULFILLMENTS, name: 0, read: fulfillment },
    Kept { check: "payment.row", sql: sql::PAYMENTS, name: 0, read: of_payment },
    Kept { check: "payment.row", sql: sql::TASKS, name: 0, read: task },
    Kept { check: "promotion.row", sql: sql::USES, name: 7, read: |row| whole(promotion::promotion_use(row)) },
    Kept { check: "promotion.row", sql: sql::COUPONS, name: 0, read: |row| whole(Coupons::read(row)) },
    Kept { check: "checkout.row", sql: sql::CHECKOUTS, name: 0, read: checkout },
    Kept { check: "import.row", sql: sql::IMPORT_RUNS, name: 0, read: import_run },
    Kept { check: "key.row", sql: sql::KEYS, name: 0, read: |row| whole(Keys::read(row)) },
    Kept { check: "stock.row", sql: sql::RESERVATIONS, name: 5, read: |row| whole(stock::reservation(row)) },
    Kept { check: "currency.row", sql: sql::CURRENCIES, name: 0, read: currency },
];

/// Reads every row.
pub(super) async fn check(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    for kept in KEPT {
        // What is declared is one of our own statements.
        let declare = format!("DECLARE looked_at NO SCROLL CURSOR FOR {}", kept.sql);
        snapshot.script(&declare).await?;
        loop {
            let page = snapshot.once(sql::FETCH).await?;
            if page.is_empty() {
                break;
            }
            page.iter().try_for_each(|row| check_row(kept, row, report))?;
        }
        snapshot.script(sql::CLOSE).await?;
    }
    for row in snapshot.rows(sql::VARIANTS, params![]).await? {
        let name: String = row.at(0)?;
        report.add("product.row", name, "its row says something else than its product");
    }
    Ok(())
}

fn check_row(kept: &Kept, row: &Row, report: &mut Report) -> Result<(), Fault> {
    let name: String = row.at(kept.name)?;
    let off = report.row(kept.check, &name, (kept.read)(row))?.unwrap_or_default();
    if !off.is_empty() {
        let columns = off.join(", ");
        report.add(kept.check, name, format!("{columns}: the column differs from the record"));
    }
    Ok(())
}

/// A row that can be read has no column to compare.
fn whole<T>(read: Result<T, Fault>) -> Result<Vec<&'static str>, Fault> {
    read.map(|_| Vec::new())
}

/// Returns the columns that are not as they should be.
fn off<const N: usize>(columns: [(&'static str, bool); N]) -> Result<Vec<&'static str>, Fault> {
    Ok(columns.into_iter().filter(|(_, fits)| !fits).map(|(name, _)| name).collect())
}

fn product(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: sutler_core::catalog::Product = row.json(1)?;
    off([
        ("id", row.id(2)? == of.id.to_u128()),
        ("handle", row.at::<&str>(3)? == of.handle.as_str()),
        ("version", row.count(4)? == of.version),
    ])
}

fn price_list(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: PriceList = row.json(1)?;
    off([("list", row.id(2)? == of.id.to_u128())])
}

/// What all records of the set-up have; the set-up as a whole is read by whoever looks at the shop.
#[derive(Deserialize)]
struct Named {
    id: RecordRef,
}

fn of_setup(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: Named = row.json(1)?;
    off([("id", row.id(3)? == of.id.raw())])
}

fn tax_rate(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: TaxRate = row.json(1)?;
    let (zone, category, name, begins_at) = setup::rate_key(&of);
    off([
        ("zone", row.id(2)? == zone.to_u128()),
        ("category", row.at::<&str>(3)? == category),
        ("name", row.at::<&str>(4)? == name),
        ("begins_at", row.at::<i64>(5)? == begins_at),
    ])
}

fn customer(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: Customer = row.json(1)?;
    off([
        ("id", row.id(2)? == of.id.to_u128()),
        ("email", row.at::<&str>(3)? == of.email),
        ("version", row.count(4)? == of.version),
    ])
}

fn cart(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: Cart = row.json(1)?;
    off([("id", row.id(2)? == of.id.to_u128()), ("version", row.count(3)? == of.version)])
}

fn of_order(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let opened: Order = row.json(0)?;
    order::read(row)?;
    off([
        ("number", row.count(1)? == opened.number.0),
        ("id", row.id(8)? == opened.id.to_u128()),
        ("cart", row.id(9)? == opened.cart.to_u128()),
        ("buyer", row.at::<&str>(10)? == order::buyer(&opened)),
    ])
}

fn fulfillment(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: Fulfillment = row.json(1)?;
    off([
        ("id", row.id(2)? == of.id.to_u128()),
        ("order", row.id(3)? == of.order.to_u128()),
        ("version", row.count(4)? == of.version),
    ])
}

fn of_payment(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: Payment = row.json(1)?;
    off([
        ("id", row.id(2)? == of.id.to_u128()),
        ("order", row.id(3)? == of.order.to_u128()),
        ("version", row.count(4)? == of.version),
    ])
}

fn task(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: PaymentTask = row.json(1)?;
    off([
        ("key", row.at::<&str>(0)? == of.key),
        ("payment", row.id(2)? == of.payment.to_u128()),
        ("is_done", row.at::<bool>(3)? == payment::is_done(&of)),
        ("due_at", row.at::<Option<i64>>(4)? == payment::due(&of)),
    ])
}

fn checkout(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: Checkout = row.json(1)?;
    off([
        ("id", row.id(2)? == of.id.to_u128()),
        ("is_open", row.at::<bool>(3)? == saga::is_open(&of)),
        ("version", row.count(4)? == of.version),
    ])
}

fn import_run(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let of: ImportRun = row.json(1)?;
    off([
        ("content", row.hash(2)? == of.content),
        ("run", row.small(3)? == of.run),
        ("version", row.count(4)? == of.version),
    ])
}

fn currency(row: &Row) -> Result<Vec<&'static str>, Fault> {
    let known = Currency::from_code(row.at(0)?);
    let known = known.map_err(|error| Fault::damaged("a currency", error))?;
    off([
        ("exponent", row.at::<i16>(1)? == i16::from(known.exponent())),
        ("unit", row.at::<i64>(2)? == known.minor_per_major()),
    ])
}
