//! Compares what stands in columns of its own, to be looked up by or counted, with the records that it was taken from.
//!
//! A record is found by such a column and then read from its text, so a column that says something else hides the record
//! or shows it under a name that is not its own, and nothing else would notice.
//!
//! Memory does not grow with the shop: columns are compared row by row, and what would need a table of its own (how often
//! each subject was told of, what is counted of each promotion) by a [`Tally`] of both sides.
//!
//! Deliberately absent: the handle of a product and the location of a parcel, which stand nowhere else in this file. That
//! handles are unique is checked; parcels are compared with the promises to their order by `verify`, on any store.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use rusqlite::{Connection, OptionalExtension as _};
use sutler_core::catalog::{Product, Variant};
use sutler_core::id::{OrderId, PriceListId, VariantId};
use sutler_core::money::Currency;
use sutler_core::pricing::TaxRate;

use crate::catalog::read_product;
use crate::error::Fault;
use crate::integrity::Report;
use crate::value::count;
use crate::{promotion, setup};

pub(crate) mod sql {
    crate::statements::statements! {
        CURRENCIES = "SELECT code, exponent, unit FROM raw_currency";
        SETUP = "SELECT kind, id, code, version, data FROM raw_setup";
        TAX_RATES = "SELECT zone, category, name, data FROM raw_tax_rate";
        PRODUCTS = "SELECT id, handle, version, data, key FROM raw_product";
        NAMESAKES = "SELECT p.key FROM raw_product p WHERE EXISTS (
              SELECT 1 FROM raw_product o WHERE o.handle = p.handle AND o.handle = p.handle COLLATE BINARY AND o.key < p.key)";
        PRICES_OVERLAP = "SELECT p.variant FROM raw_price_past p WHERE EXISTS (SELECT 1 FROM raw_price_past o
              WHERE o.variant = p.variant AND o.list = p.list AND o.min_quantity = p.min_quantity
                AND o.since > p.since AND o.since < p.until)
            OR EXISTS (SELECT 1 FROM raw_price o
              WHERE o.variant = p.variant AND o.list = p.list AND o.min_quantity = p.min_quantity
                AND o.since < p.until)";
        PRICE_LISTS_APART = "SELECT s.id FROM raw_setup s WHERE s.kind = 4 AND s.data IS NOT
            (SELECT l.data FROM raw_price_list_since l WHERE l.list = s.id ORDER BY l.since DESC LIMIT 1)";
        VARIANT = "SELECT product, sku, barcode, retired FROM raw_variant WHERE id = ?1";
        VARIANT_ROWS = "SELECT count(*) FROM raw_variant";
        USES = "SELECT promotion, customer, coupon, units, amount, currency, number FROM raw_promotion_use";
        USE_COUNTS = "SELECT promotion, counter, uses, units, amount FROM raw_promotion_count";
        COUPONS_ASTRAY = "SELECT c.code FROM raw_coupon c WHERE c.batch NOT IN (SELECT key FROM raw_short)";
        FOREIGN_PAYMENTS = "SELECT o.number FROM raw_checkout c
            JOIN raw_payment p ON p.key = c.payment AND typeof(c.payment) = 'integer'
            JOIN raw_order o ON o.number = p.number
            WHERE o.id <> CASE typeof(c.\"order\")
              WHEN 'null' THEN c.id
              WHEN 'blob' THEN c.\"order\"
              ELSE (SELECT id FROM raw_order WHERE number = c.\"order\") END";
    }
}

/// Compares two heaps of values without keeping them: each value adds its hash, and equal heaps have equal sums, in
/// whatever order they were read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally(u64);

impl Tally {
    /// Adds a value a number of times.
    pub(crate) fn add(&mut self, value: impl Hash, times: u64) {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        self.0 = self.0.wrapping_add(hasher.finish().wrapping_mul(times));
    }

    /// Takes a value away again.
    pub(crate) fn take(&mut self, value: impl Hash) {
        self.add(value, u64::MAX);
    }
}

/// Looks at all of them.
pub(crate) fn check(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    check_currencies(conn, report)?;
    check_setup(conn, report)?;
    check_products(conn, report)?;
    check_promotions(conn, report)?;
    check_price_history(conn, report)?;
    let mut foreign = conn.prepare(sql::FOREIGN_PAYMENTS)?;
    let mut rows = foreign.raw_query();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        report.add(
            "checkout.row",
            number,
            "a checkout of another order names the payment of this one",
        );
    }
    Ok(())
}

/// What was charged at one moment must be one price, and the newest wording of a list the one that holds.
fn check_price_history(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    let mut overlap = conn.prepare(sql::PRICES_OVERLAP)?;
    let mut rows = overlap.raw_query();
    while let Some(row) = rows.next()? {
        let variant = VariantId::from_bytes(row.get(0)?);
        report.add("price.history", variant, "two of its prices held at once in one place");
    }
    let mut apart = conn.prepare(sql::PRICE_LISTS_APART)?;
    let mut rows = apart.raw_query();
    while let Some(row) = rows.next()? {
        let list = PriceListId::from_bytes(row.get(0)?);
        report.add("price.history", list, "its history does not lead to the list as it is");
    }
    Ok(())
}

/// The views show amounts by these.
fn check_currencies(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    let mut kept = conn.prepare(sql::CURRENCIES)?;
    let mut rows = kept.raw_query();
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let (code, exponent, unit): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        seen += 1;
        let fits = Currency::from_code(&code).is_ok_and(|known| {
            (i64::from(known.exponent()), known.minor_per_major()) == (exponent, unit)
        });
        if !fits {
            report.add(
                "currency.row",
                code,
                "the digits of the currency are not those of ISO 4217",
            );
        }
    }
    if seen != Currency::all().count() {
        report.add("currency.row", "currencies", "a currency is missing");
    }
    Ok(())
}

fn check_setup(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    const CHECK: &str = "setup.row";
    let mut all = conn.prepare(sql::SETUP)?;
    let mut rows = all.raw_query();
    while let Some(row) = rows.next()? {
        let (kind, id): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
        let name = format!("record {:032x} of kind {kind}", u128::from_be_bytes(id));
        let data: String = row.get(4)?;
        let said = report.row(CHECK, &name, setup::looked_up_by(kind, &data))?;
        let found = (u128::from_be_bytes(id), row.get(2)?, count(row.get(3)?)?);
        if said.is_some_and(|said| said != found) {
            report.add(CHECK, name, "it is looked up by what its record does not say");
        }
    }
    let mut all = conn.prepare(sql::TAX_RATES)?;
    let mut rows = all.raw_query();
    while let Some(row) = rows.next()? {
        let (zone, category, name): ([u8; 16], String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let data: String = row.get(3)?;
        let read = serde_json::from_str::<TaxRate>(&data).map_err(Fault::from);
        let Some(rate) = report.row(CHECK, &name, read)? else { continue };
        let said = (rate.zone.to_bytes(), rate.category.as_str(), rate.name.as_str());
        if said != (zone, category.as_str(), name.as_str()) {
            report.add(CHECK, name, "the tax rate is looked up by what its record does not say");
        }
    }
    Ok(())
}

fn check_products(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    let mut all = conn.prepare(sql::PRODUCTS)?;
    let mut rows = all.raw_query();
    let (mut nr, mut variants) = (0_u64, 0_u64);
    while let Some(row) = rows.next()? {
        nr += 1;
        let name = format!("row {nr}");
        let Some(product) = report.row("product.row", name, read_product(row))? else { continue };
        variants += u64::try_from(product.variants.len()).unwrap_or(u64::MAX);
        for variant in &product.variants {
            check_variant(conn, row.get(4)?, &product, variant, report)?;
        }
    }
    // Each variant of a product has its row, so more of them belong to none.
    let stored = count(conn.query_row(sql::VARIANT_ROWS, [], |row| row.get(0))?)?;
    if stored != variants {
        let message = format!("{stored} can be looked up, products have {variants}");
        report.add("variant.row", "variants", message);
    }
    let mut namesakes = conn.prepare(sql::NAMESAKES)?;
    let mut rows = namesakes.raw_query();
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        report.add("product.row", format!("key {key}"), "another product has the same handle");
    }
    Ok(())
}

fn check_variant(
    conn: &Connection,
    product: i64,
    of: &Product,
    variant: &Variant,
    report: &mut Report,
) -> Result<(), Fault> {
    type Columns = (i64, Option<String>, Option<String>, bool);
    let mut row = conn.prepare_cached(sql::VARIANT)?;
    let found: Option<Columns> =
        row.query_row([variant.id.to_bytes()], |row| row.try_into()).optional()?;
    let sku = variant.sku.as_ref().map(ToString::to_string);
    match found {
        None => {
            let message = format!("it cannot be looked up, though {} has it", of.handle);
            report.add("variant.row", variant.id, message);
        }
        Some(found) if found != (product, sku, variant.barcode.clone(), variant.retired) => {
            let message = format!("it is looked up by what {} does not say of it", of.handle);
            report.add("variant.row", variant.id, message);
        }
        Some(_) => {}
    }
    Ok(())
}

fn check_promotions(conn: &Connection, report: &mut Report) -> Result<(), Fault> {
    const CHECK: &str = "promotion.count";
    // What each counter comes to is what the uses that stand on it add, one after another.
    let (mut used, mut counted) = (Tally::default(), Tally::default());
    let mut uses = conn.prepare(sql::USES)?;
    let mut rows = uses.raw_query();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(6)?;
        // The order is not looked at here: `verify` compares what is counted for it.
        let read = promotion::read(row, OrderId::from_u128(0));
        let Some(one) = report.row(CHECK, format!("order {number}"), read)? else { continue };
        for (counter, units, amount) in promotion::counters(&one) {
            let of = |what: u8| (one.promotion.to_bytes(), counter.clone(), what);
            used.add(of(0), 1);
            used.add(of(1), u64::from(units));
            used.add(of(2), count(amount)?);
        }
    }
    let mut counts = conn.prepare(sql::USE_COUNTS)?;
    let mut rows = counts.raw_query();
    while let Some(row) = rows.next()? {
        let (promotion, counter): ([u8; 16], String) = (row.get(0)?, row.get(1)?);
        for (what, column) in [(0_u8, 2), (1, 3), (2, 4)] {
            counted.add((promotion, counter.clone(), what), count(row.get(column)?)?);
        }
    }
    if used != counted {
        report.add(CHECK, "uses", "the counters are not those of the uses by orders");
    }
    let mut astray = conn.prepare(sql::COUPONS_ASTRAY)?;
    let mut rows = astray.raw_query();
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        report.add("coupon.row", code, "the coupon code is of a batch that has no id");
    }
    Ok(())
}
