//! Uses of promotions: one row for each order that used one, and counters so that no limit is found by counting rows.
//! Codes of coupon batches, looked up by code.

use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::id::{CouponBatchId, CustomerId, OrderId, PromotionId};
use sutler_core::money::Money;
use sutler_core::order::{Order, PromotionUse, buyer_key};
use sutler_core::port::{PromotionReader, StoreError, UsesAsked};
use sutler_core::pricing::{BatchCoupon, CouponCode, Limits, PromotionRefusal, PromotionUses};

use crate::SqliteStore;
use crate::batch::Batch;
use crate::error::{Fault, Stop};
use crate::short::Words;
use crate::value::{count, limit, money};

pub(crate) mod sql {
    crate::statements::statements! {
        COUNTED = "SELECT uses, units, amount FROM raw_promotion_count WHERE promotion = ?1 AND counter = ?2";
        IS_USED = "SELECT 1 FROM raw_promotion_use WHERE number = ?1 AND promotion = ?2";
        USE = "INSERT INTO raw_promotion_use (number, promotion, customer, coupon, units, amount, currency)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        COUNT = "INSERT INTO raw_promotion_count (promotion, counter, uses, units, amount) VALUES (?1, ?2, 1, ?3, ?4)
            ON CONFLICT DO UPDATE SET uses = uses + 1, units = units + excluded.units, amount = amount + excluded.amount";
        UNCOUNT = "UPDATE raw_promotion_count SET uses = uses - 1, units = units - ?3, amount = amount - ?4
            WHERE promotion = ?1 AND counter = ?2";
        OF_NUMBER = "SELECT promotion, customer, coupon, units, amount, currency FROM raw_promotion_use
            WHERE number = ?1 ORDER BY promotion";
        OF_ORDER = "SELECT u.promotion, u.customer, u.coupon, u.units, u.amount, u.currency
            FROM raw_order o JOIN raw_promotion_use u ON u.number = o.number WHERE o.id = ?1 ORDER BY u.promotion";
        DROP_OF_ORDER = "DELETE FROM raw_promotion_use WHERE number = ?1";
        PLACED_BY_GUEST = "SELECT count(*) FROM raw_order
            WHERE ifnull(buyer, lower(email)) = ?1 AND customer IS NULL AND status = 1 AND number <> ?2";
        PLACED_BY_CUSTOMER = "SELECT count(*) FROM raw_order
            WHERE customer = ?1 AND customer IS NOT NULL AND status = 1 AND number <> ?2";
        ADD_COUPON = "INSERT INTO raw_coupon (code, batch) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        BATCH_OF = "SELECT batch FROM raw_coupon WHERE code = ?1";
        COUPON_PAGE = "SELECT code FROM raw_coupon WHERE batch = ?1 AND code > ?2 ORDER BY code LIMIT ?3";
    }
}

/// The counter of all uses; the others begin with a sign, so that no customer and no coupon can be everybody.
const EVERYBODY: &str = "";

fn of_customer(customer: &str) -> String {
    format!("={customer}")
}

fn of_coupon(coupon: &CouponCode) -> String {
    format!("#{coupon}")
}

fn of_currency(code: &str) -> String {
    format!("${code}")
}

/// What stands on one counter: uses, units, minor units of money.
type Counted = (u64, u64, i64);

/// The counters that a use stands on, each with the units and the money that it adds.
pub(crate) fn counters(used: &PromotionUse) -> impl Iterator<Item = (String, u32, i64)> {
    let coupon = used.coupon.as_ref().map(|coupon| (of_coupon(coupon), 0, 0));
    let all = (EVERYBODY.to_owned(), used.units, 0);
    let given = (of_currency(used.amount.currency().code()), 0, used.amount.minor());
    [all, (of_customer(&used.customer), used.units, 0), given].into_iter().chain(coupon)
}

fn counted(conn: &Connection, promotion: PromotionId, counter: &str) -> Result<Counted, Fault> {
    let mut find = conn.prepare_cached(sql::COUNTED)?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(i64, i64, i64)> =
        find.query_row((promotion.to_bytes(), counter), read).optional()?;
    let (uses, units, amount) = found.unwrap_or_default();
    Ok((count(uses)?, count(units)?, amount))
}

fn uses(
    conn: &Connection,
    promotion: PromotionId,
    asked: &UsesAsked<'_>,
) -> Result<PromotionUses, Fault> {
    let of = |counter: &str| counted(conn, promotion, counter);
    let (total, units, _) = of(EVERYBODY)?;
    if total == 0 {
        return Ok(PromotionUses::none(promotion));
    }
    let own = asked.customer.map(|customer| of(&of_customer(customer))).transpose()?;
    let (by_customer, units_by_customer, _) = own.unwrap_or_default();
    let mut by_coupon: Vec<(CouponCode, u64)> = Vec::new();
    for code in asked.coupons {
        let (uses, ..) = of(&of_coupon(code))?;
        if uses > 0 && !by_coupon.iter().any(|(known, _)| known == code) {
            by_coupon.push((code.clone(), uses));
        }
    }
    let (_, _, given) = of(&of_currency(asked.currency.code()))?;
    let given = (given > 0).then(|| Money::from_minor(given, asked.currency));
    Ok(PromotionUses { promotion, total, by_customer, by_coupon, units, units_by_customer, given })
}

/// Returns how many orders a buyer has placed, one of them left out.
pub(crate) fn orders_placed(
    conn: &Connection,
    buyer: &str,
    without_number: i64,
) -> Result<u64, Fault> {
    let placed: i64 = match buyer.parse::<CustomerId>() {
        Ok(customer) => conn
            .prepare_cached(sql::PLACED_BY_CUSTOMER)?
            .query_row((customer.to_bytes(), without_number), |row| row.get(0))?,
        Err(_) => conn
            .prepare_cached(sql::PLACED_BY_GUEST)?
            .query_row((buyer, without_number), |row| row.get(0))?,
    };
    count(placed)
}

/// Returns what an order's buyer is looked up by, where the e-mail in small ASCII letters is not it.
pub(crate) fn buyer_column(order: &Order) -> Option<String> {
    let guest = buyer_key(None, Some(&order.email)).filter(|_| order.customer.is_none());
    guest.filter(|key| *key != order.email.to_ascii_lowercase())
}

/// Reads the columns of [`sql::OF_ORDER`].
pub(crate) fn read(row: &Row<'_>, order: OrderId) -> Result<PromotionUse, Fault> {
    let (customer, currency): (String, String) = (row.get(1)?, row.get(5)?);
    let customer = customer.strip_prefix('=').ok_or_else(|| {
        Fault::damaged("a use of a promotion", format!("`{customer}` is no customer"))
    })?;
    let coupon: Option<String> = row.get(2)?;
    Ok(PromotionUse {
        promotion: PromotionId::from_bytes(row.get(0)?),
        order,
        customer: customer.to_owned(),
        coupon: coupon.map(|code| coupon_code(&code)).transpose()?,
        units: row.get(3)?,
        amount: money(row.get(4)?, &currency)?,
    })
}

pub(crate) fn coupon_code(code: &str) -> Result<CouponCode, Fault> {
    CouponCode::new(code).map_err(|error| Fault::damaged("a coupon code", error))
}

impl PromotionReader for SqliteStore {
    fn promotion_uses(
        &self,
        promotions: &[PromotionId],
        asked: &UsesAsked<'_>,
    ) -> Result<Vec<PromotionUses>, StoreError> {
        self.snapshot("count uses of promotions", |conn, _| {
            promotions.iter().map(|&id| uses(conn, id, asked)).collect()
        })
    }

    fn promotion_uses_of(&self, order: OrderId) -> Result<Vec<PromotionUse>, StoreError> {
        self.read("read uses of promotions", |conn, _| {
            let mut of_order = conn.prepare_cached(sql::OF_ORDER)?;
            of_order.query_and_then([order.to_bytes()], |row| read(row, order))?.collect()
        })
    }

    fn batch_coupons(&self, codes: &[CouponCode]) -> Result<Vec<BatchCoupon>, StoreError> {
        self.snapshot("look coupon codes up", |conn, words| {
            let found = codes.iter().map(|code| batch_coupon(conn, words, code));
            found.filter_map(Result::transpose).collect()
        })
    }

    fn coupon_page(
        &self,
        batch: CouponBatchId,
        after: Option<&CouponCode>,
        rows: usize,
    ) -> Result<Vec<CouponCode>, StoreError> {
        self.read("read coupon codes", |conn, words| {
            let Some(key) = words.key(conn, batch.to_bytes())? else { return Ok(Vec::new()) };
            let mut page = conn.prepare_cached(sql::COUPON_PAGE)?;
            // No code is empty, so the first page comes after the empty text.
            let after = after.map_or("", CouponCode::as_str);
            page.query_and_then((key, after, limit(rows)), |row| {
                coupon_code(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)
            })?
            .collect()
        })
    }
}

fn batch_coupon(
    conn: &Connection,
    words: &Words,
    code: &CouponCode,
) -> Result<Option<BatchCoupon>, Fault> {
    let mut find = conn.prepare_cached(sql::BATCH_OF)?;
    let batch: Option<i64> = find.query_row([code.as_str()], |row| row.get(0)).optional()?;
    let Some(batch) = batch else { return Ok(None) };
    let batch = CouponBatchId::from_bytes(words.id(conn, batch)?);
    Ok(Some(BatchCoupon { code: code.clone(), batch }))
}

impl Batch<'_> {
    /// Counts what an order uses of a promotion, within its limits.
    pub(crate) fn use_promotion(
        &mut self,
        used: &PromotionUse,
        limits: &Limits,
        first_order: bool,
    ) -> Result<(), Stop> {
        let number = self.order_number(used.order)?;
        let id = used.promotion.to_bytes();
        if self.one(sql::IS_USED, (number, id), |_| Ok(()))?.is_some() {
            return Ok(());
        }
        let asked = UsesAsked {
            customer: Some(&used.customer),
            coupons: used.coupon.as_slice(),
            currency: used.amount.currency(),
        };
        used.check(limits, &uses(self.conn, used.promotion, &asked)?)?;
        if first_order && orders_placed(self.conn, &used.customer, number)? > 0 {
            return Err(used.used_up(PromotionRefusal::NotFirstOrder).into());
        }
        self.count_use(number, used)
    }

    /// Writes a use and counts it.
    pub(crate) fn count_use(&mut self, number: i64, used: &PromotionUse) -> Result<(), Stop> {
        let id = used.promotion.to_bytes();
        let (amount, currency) = (used.amount.minor(), used.amount.currency().code());
        let coupon = used.coupon.as_ref().map(CouponCode::as_str);
        let customer = of_customer(&used.customer);
        self.run(sql::USE, (number, id, customer, coupon, used.units, amount, currency))?;
        for (counter, units, amount) in counters(used) {
            self.run(sql::COUNT, (id, counter, units, amount))?;
        }
        Ok(())
    }

    /// Gives back what an order used.
    pub(crate) fn return_promotion_uses(&mut self, order: OrderId) -> Result<(), Stop> {
        let number = self.order_number(order)?;
        let used: Vec<PromotionUse> = {
            let mut of_order = self.conn.prepare_cached(sql::OF_NUMBER)?;
            of_order.query_and_then([number], |row| read(row, order))?.collect::<Result<_, _>>()?
        };
        for used in &used {
            for (counter, units, amount) in counters(used) {
                self.run(sql::UNCOUNT, (used.promotion.to_bytes(), counter, units, amount))?;
            }
        }
        if !used.is_empty() {
            self.run(sql::DROP_OF_ORDER, [number])?;
        }
        Ok(())
    }

    /// Adds codes to a batch.
    pub(crate) fn put_coupon_codes(
        &mut self,
        batch: CouponBatchId,
        codes: &[CouponCode],
    ) -> Result<(), Stop> {
        let key = self.short(batch.to_bytes())?;
        for code in codes {
            if self.run(sql::ADD_COUPON, (code.as_str(), key))? == 0 {
                return Err(Stop::taken("coupon code", code));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use sutler_core::money::Currency;

    use super::*;
    use crate::migrate::{self, MIGRATIONS};

    /// Two orders of a shop whose file is of before: one told in short, one by its whole quote.
    const BEFORE: &str = r#"
        INSERT INTO raw_frozen VALUES
          (1, 1, '{"terms":{"channel":"chan_00000000000000000000000000000001","currency":"EUR"}}'),
          (2, 2, '{"promotion":{"promotion":"promo_00000000000000000000000000000007","name":"Spring"}}');
        INSERT INTO raw_order (number, id, cart, status, terms, email, ship_to, lines, total, hash, extra, created_at,
          version, events) VALUES
          (1001, randomblob(16), randomblob(16), 1, 1, 'Ada@Example.com', '', '[]', 0, zeroblob(32),
            '{"applied":[[2,"SPRING",250,3]]}', 0, 2, 0),
          (1002, randomblob(16), randomblob(16), 1, 1, 'bob@example.com', '', '[]', 0, zeroblob(32),
            '{"quote":{"promotions_applied":[{"promotion":"promo_00000000000000000000000000000007","name":"Spring",
              "coupon":null,"amount":{"amount":"1.05","currency":"EUR"}}]}}', 0, 2, 0);
        INSERT INTO raw_promotion_use VALUES
          (1001, unhex('00000000000000000000000000000007'), '=ada@example.com'),
          (1002, unhex('00000000000000000000000000000007'), '=bob@example.com');
        INSERT INTO raw_promotion_count VALUES (unhex('00000000000000000000000000000007'), '', 2);
    "#;

    #[test]
    fn what_orders_of_before_used_is_counted_from_what_they_say() {
        let conn = Connection::open_in_memory().unwrap();
        migrate::run(&conn, MIGRATIONS.get(..4).unwrap()).unwrap();
        conn.execute_batch(BEFORE).unwrap();
        migrate::run(&conn, MIGRATIONS).unwrap();
        let (spring, code) = (PromotionId::from_u128(7), CouponCode::new("SPRING").unwrap());
        let asked = UsesAsked {
            customer: Some("ada@example.com"),
            coupons: std::slice::from_ref(&code),
            currency: Currency::EUR,
        };
        let counted = PromotionUses {
            promotion: spring,
            total: 2,
            by_customer: 1,
            by_coupon: vec![(code.clone(), 1)],
            units: 3,
            units_by_customer: 3,
            given: Some(Money::from_minor(355, Currency::EUR)),
        };
        assert_eq!(uses(&conn, spring, &asked).unwrap(), counted);
        assert_eq!(orders_placed(&conn, "ada@example.com", 0).unwrap(), 1);
        assert_eq!(orders_placed(&conn, "ada@example.com", 1001).unwrap(), 0);
    }
}
