//! Uses of promotions: one row for each order that used one, and counters so that no limit is found by counting rows. How
//! many orders a buyer has placed. The codes of coupon batches.

use std::collections::{BTreeMap, BTreeSet};

use sutler_core::id::{CouponBatchId, OrderId, PromotionId};
use sutler_core::money::{Currency, Money};
use sutler_core::order::{OrderStatus, PromotionUse};
use sutler_core::port::{PromotionReader, StoreError, UsesAsked};
use sutler_core::pricing::{BatchCoupon, CouponCode, Limits, PromotionRefusal, PromotionUses};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::{Applied, Fault, Stop};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, limit, money};

pub(crate) mod sql {
    crate::statements::statements! {
        COUNTS = "SELECT promotion, counter, uses, units, amount FROM raw_promotion_count
            WHERE promotion = ANY ($1) AND counter = ANY ($2)";
        OF_ORDER = "SELECT promotion, \"order\", customer, coupon, units, amount, currency FROM raw_promotion_use
            WHERE \"order\" = $1 ORDER BY promotion";
        LOAD = "SELECT u.promotion, u.\"order\", u.customer, u.coupon, u.units, u.amount, u.currency
            FROM (SELECT \"order\", promotion FROM raw_promotion_use WHERE \"order\" = ANY ($1)
              UNION SELECT * FROM unnest($2::uuid[], $3::uuid[])) AS n (\"order\", promotion)
            JOIN raw_promotion_use u USING (\"order\", promotion)
            ORDER BY u.\"order\", u.promotion FOR UPDATE OF u";
        DELETE = "DELETE FROM raw_promotion_use o USING unnest($1::uuid[], $2::uuid[]) AS n (promotion, \"order\")
            WHERE (o.\"order\", o.promotion) = (n.\"order\", n.promotion)";
        INSERT = "INSERT INTO raw_promotion_use (promotion, \"order\", customer, coupon, units, amount, currency)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])";
        LOAD_COUNTS = "SELECT c.promotion, c.counter, c.uses, c.units, c.amount
            FROM (SELECT * FROM unnest($1::uuid[], $2::text[])
              UNION SELECT promotion, of.counter FROM raw_promotion_use u
                CROSS JOIN LATERAL (VALUES (''), ('=' || u.customer), ('#' || u.coupon), ('$' || u.currency)) AS of (counter)
                WHERE u.\"order\" = ANY ($3)) AS n (promotion, counter)
            JOIN raw_promotion_count c USING (promotion, counter)
            ORDER BY c.promotion, c.counter FOR UPDATE OF c";
        INSERT_COUNTS = "INSERT INTO raw_promotion_count (promotion, counter, uses, units, amount)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])";
        UPDATE_COUNTS = "UPDATE raw_promotion_count o SET uses = n.uses, units = n.units, amount = n.amount
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
              AS n (promotion, counter, uses, units, amount)
            WHERE (o.promotion, o.counter) = (n.promotion, n.counter)";
        PLACED = "SELECT placed FROM raw_buyer WHERE buyer = $1";
        LOAD_BUYERS = "SELECT b.buyer, b.placed
            FROM (SELECT * FROM unnest($1::text[]) UNION SELECT buyer FROM raw_order WHERE id = ANY ($2)) AS n (buyer)
            JOIN raw_buyer b USING (buyer) ORDER BY b.buyer FOR UPDATE OF b";
        INSERT_BUYERS = "INSERT INTO raw_buyer (buyer, placed) SELECT * FROM unnest($1::text[], $2::bigint[])";
        UPDATE_BUYERS = "UPDATE raw_buyer o SET placed = n.placed FROM unnest($1::text[], $2::bigint[]) AS n (buyer, placed)
            WHERE o.buyer = n.buyer";
        COUPONS = "SELECT c.code, c.batch FROM unnest($1::text[]) WITH ORDINALITY AS a (code, n)
            JOIN raw_coupon c ON c.code = a.code ORDER BY a.n";
        COUPON_PAGE = "SELECT code, batch FROM raw_coupon WHERE batch = $1 AND code > $2 ORDER BY code LIMIT $3";
        LOAD_COUPONS = "SELECT code, batch FROM raw_coupon WHERE code = ANY ($1)";
        INSERT_COUPONS = "INSERT INTO raw_coupon (code, batch) SELECT * FROM unnest($1::text[], $2::uuid[])";
    }
}

/// What one counter of a promotion holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Count {
    uses: i64,
    units: i64,
    amount: i64,
}

/// The counter of everybody; the others begin with a sign, so that no customer can be everybody.
const EVERYBODY: &str = "";

fn counter_of_customer(customer: &str) -> String {
    format!("={customer}")
}

fn counter_of_coupon(code: &CouponCode) -> String {
    format!("#{code}")
}

fn counter_of_currency(currency: Currency) -> String {
    format!("${}", currency.code())
}

/// Returns the counters that an answer needs.
fn counters(asked: &UsesAsked<'_>) -> Vec<String> {
    let mut counters = vec![EVERYBODY.to_owned(), counter_of_currency(asked.currency)];
    counters.extend(asked.customer.map(counter_of_customer));
    counters.extend(asked.coupons.iter().map(counter_of_coupon));
    counters
}

/// Puts the counters of a promotion together as they were asked for.
fn counted(
    promotion: PromotionId,
    asked: &UsesAsked<'_>,
    count: impl Fn(&str) -> Count,
) -> PromotionUses {
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    let all = count(EVERYBODY);
    let own = asked.customer.map(|customer| count(&counter_of_customer(customer)));
    let own = own.unwrap_or_default();
    let mut by_coupon: Vec<(CouponCode, u64)> = Vec::new();
    for code in asked.coupons {
        let uses = whole(count(&counter_of_coupon(code)).uses);
        if uses > 0 && !by_coupon.iter().any(|(known, _)| known == code) {
            by_coupon.push((code.clone(), uses));
        }
    }
    let given = count(&counter_of_currency(asked.currency)).amount;
    PromotionUses {
        total: whole(all.uses),
        units: whole(all.units),
        by_customer: whole(own.uses),
        units_by_customer: whole(own.units),
        by_coupon,
        given: (given > 0).then(|| Money::from_minor(given, asked.currency)),
        ..PromotionUses::none(promotion)
    }
}

impl PromotionReader for PostgresStore {
    fn promotion_uses(
        &self,
        promotions: &[PromotionId],
        asked: &UsesAsked<'_>,
    ) -> Result<Vec<PromotionUses>, StoreError> {
        let ids: Vec<Uid> = promotions.iter().map(|id| Uid(id.to_u128())).collect();
        let params = params![ids, counters(asked)];
        let found = self.all("count uses of promotions", sql::COUNTS, params, Counts::read)?;
        let found: BTreeMap<(PromotionId, String), Count> = found.into_iter().collect();
        let of = |promotion: PromotionId| {
            counted(promotion, asked, |counter| {
                found.get(&(promotion, counter.to_owned())).copied().unwrap_or_default()
            })
        };
        Ok(promotions.iter().map(|&promotion| of(promotion)).collect())
    }

    fn promotion_uses_of(&self, order: OrderId) -> Result<Vec<PromotionUse>, StoreError> {
        let params = params![Uid(order.to_u128())];
        self.all("read uses of promotions", sql::OF_ORDER, params, promotion_use)
    }

    fn batch_coupons(&self, codes: &[CouponCode]) -> Result<Vec<BatchCoupon>, StoreError> {
        let codes: Vec<String> = codes.iter().map(|code| code.as_str().to_owned()).collect();
        self.all("read coupon codes", sql::COUPONS, params![codes], |row| {
            Coupons::read(row).map(|(code, batch)| BatchCoupon { code, batch })
        })
    }

    fn coupon_page(
        &self,
        batch: CouponBatchId,
        after: Option<&CouponCode>,
        rows: usize,
    ) -> Result<Vec<CouponCode>, StoreError> {
        // No code is empty.
        let after = after.map_or(String::new(), |code| code.as_str().to_owned());
        let params = params![Uid(batch.to_u128()), after, limit(rows)];
        self.all("read coupon codes", sql::COUPON_PAGE, params, |row| {
            Coupons::read(row).map(|(code, _)| code)
        })
    }
}

/// Reads the columns of [`sql::OF_ORDER`].
pub(crate) fn promotion_use(row: &Row) -> Result<PromotionUse, Fault> {
    let coupon: Option<&str> = row.at(3)?;
    let coupon = coupon.map(CouponCode::new).transpose();
    Ok(PromotionUse {
        promotion: PromotionId::from_u128(row.id(0)?),
        order: OrderId::from_u128(row.id(1)?),
        customer: row.at(2)?,
        coupon: coupon.map_err(|why| Fault::damaged("a use of a promotion", why))?,
        units: row.small(4)?,
        amount: money(row.at(5)?, row.at(6)?)?,
    })
}

/// What can be asked of uses.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskUse {
    /// All uses by an order.
    OfOrder(OrderId),
    /// The use of one promotion by an order.
    One(OrderId, PromotionId),
}

/// Rows of `raw_promotion_use`.
pub(crate) struct Uses;

impl Kind for Uses {
    type Key = (OrderId, PromotionId);
    type Row = PromotionUse;
    type Ask = AskUse;

    fn load(asked: &BTreeSet<AskUse>) -> Option<Call> {
        let (mut all, mut orders, mut promotions) = (Vec::new(), Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskUse::OfOrder(order) => all.push(Uid(order.to_u128())),
                AskUse::One(order, promotion) => {
                    orders.push(Uid(order.to_u128()));
                    promotions.push(Uid(promotion.to_u128()));
                }
            }
        }
        Some(Call::new(sql::LOAD, params![all, orders, promotions]))
    }

    fn read(row: &Row) -> Result<(Self::Key, PromotionUse), Fault> {
        promotion_use(row).map(|used| ((used.order, used.promotion), used))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let gone = |part: fn(&Self::Key) -> u128| -> Vec<Uid> {
            changes.gone.iter().map(|key| Uid(part(key))).collect()
        };
        let gone = params![gone(|key| key.1.to_u128()), gone(|key| key.0.to_u128())];
        let rows = &changes.new;
        let new = params![
            column(rows, |key, _| Uid(key.1.to_u128())),
            column(rows, |key, _| Uid(key.0.to_u128())),
            column(rows, |_, used| used.customer.clone()),
            column(rows, |_, used| used.coupon.as_ref().map(|code| code.as_str().to_owned())),
            column(rows, |_, used| i64::from(used.units)),
            column(rows, |_, used| used.amount.minor()),
            column(rows, |_, used| used.amount.currency().code().to_owned()),
        ];
        Ok(calls([
            (!changes.gone.is_empty(), Call::new(sql::DELETE, gone)),
            (!rows.is_empty(), Call::new(sql::INSERT, new)),
        ]))
    }
}

/// What can be asked of counters.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskCount {
    /// Those of the promotions that an order used.
    OfOrder(OrderId),
    /// One counter.
    One(PromotionId, String),
}

/// Rows of `raw_promotion_count`.
pub(crate) struct Counts;

impl Kind for Counts {
    type Key = (PromotionId, String);
    type Row = Count;
    type Ask = AskCount;

    fn load(asked: &BTreeSet<AskCount>) -> Option<Call> {
        let (mut promotions, mut counters, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskCount::OfOrder(order) => orders.push(Uid(order.to_u128())),
                AskCount::One(promotion, counter) => {
                    promotions.push(Uid(promotion.to_u128()));
                    counters.push(counter.clone());
                }
            }
        }
        Some(Call::new(sql::LOAD_COUNTS, params![promotions, counters, orders]))
    }

    fn read(row: &Row) -> Result<(Self::Key, Count), Fault> {
        let count = Count { uses: row.at(2)?, units: row.at(3)?, amount: row.at(4)? };
        Ok(((PromotionId::from_u128(row.id(0)?), row.at(1)?), count))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&Self::Key, &Count)]| {
            params![
                column(rows, |key, _| Uid(key.0.to_u128())),
                column(rows, |key, _| key.1.clone()),
                column(rows, |_, count| count.uses),
                column(rows, |_, count| count.units),
                column(rows, |_, count| count.amount),
            ]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_COUNTS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_COUNTS, params(&changes.new))),
        ]))
    }
}

/// What can be asked of buyers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskBuyer {
    /// The buyer of an order that is stored.
    OfOrder(OrderId),
    /// One buyer.
    One(String),
}

/// Rows of `raw_buyer`: how many orders are placed.
pub(crate) struct Buyers;

impl Kind for Buyers {
    type Key = String;
    type Row = i64;
    type Ask = AskBuyer;

    fn load(asked: &BTreeSet<AskBuyer>) -> Option<Call> {
        let (mut buyers, mut orders) = (Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskBuyer::OfOrder(order) => orders.push(Uid(order.to_u128())),
                AskBuyer::One(buyer) => buyers.push(buyer.clone()),
            }
        }
        Some(Call::new(sql::LOAD_BUYERS, params![buyers, orders]))
    }

    fn read(row: &Row) -> Result<(String, i64), Fault> {
        Ok((row.at(0)?, row.at(1)?))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&String, &i64)]| -> Params {
            params![column(rows, |buyer, _| buyer.clone()), column(rows, |_, placed| *placed)]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_BUYERS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_BUYERS, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_coupon`, which are only added: the batch of each code.
pub(crate) struct Coupons;

impl Kind for Coupons {
    type Key = CouponCode;
    type Row = CouponBatchId;
    type Ask = CouponCode;

    fn load(asked: &BTreeSet<CouponCode>) -> Option<Call> {
        let codes: Vec<String> = asked.iter().map(|code| code.as_str().to_owned()).collect();
        Some(Call::new(sql::LOAD_COUPONS, params![codes]))
    }

    fn read(row: &Row) -> Result<(CouponCode, CouponBatchId), Fault> {
        let code = CouponCode::new(row.at(0)?);
        let code = code.map_err(|why| Fault::damaged("a coupon code", why))?;
        Ok((code, CouponBatchId::from_u128(row.id(1)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let params = params![
            column(rows, |code, _| code.as_str().to_owned()),
            column(rows, |_, batch| Uid(batch.to_u128())),
        ];
        Ok(vec![Call::new(sql::INSERT_COUPONS, params)])
    }
}

impl Rows {
    pub(crate) fn ask_promotion_use(&mut self, used: &PromotionUse, first_order: bool) {
        self.promotion_uses.ask(AskUse::One(used.order, used.promotion));
        for counter in counters(&asked_by(used)) {
            self.promotion_counts.ask(AskCount::One(used.promotion, counter));
        }
        if first_order {
            self.orders.ask(used.order);
            self.buyers.ask(AskBuyer::One(used.customer.clone()));
        }
    }

    pub(crate) fn ask_promotion_uses_of(&mut self, order: OrderId) {
        self.promotion_uses.ask(AskUse::OfOrder(order));
        self.promotion_counts.ask(AskCount::OfOrder(order));
    }

    /// Counts what an order uses of a promotion, within its limits.
    pub(crate) fn use_promotion(
        &mut self,
        used: &PromotionUse,
        limits: &Limits,
        first_order: bool,
    ) -> Applied {
        if self.promotion_uses.get(&(used.order, used.promotion)).is_some() {
            return Ok(());
        }
        let stored = counted(used.promotion, &asked_by(used), |counter| {
            self.promotion_count(used.promotion, counter)
        });
        used.check(limits, &stored)?;
        if first_order && self.has_other_order(&used.customer, used.order) {
            return Err(used.used_up(PromotionRefusal::NotFirstOrder).into());
        }
        self.count_use(used, 1);
        self.promotion_uses.put((used.order, used.promotion), used.clone());
        Ok(())
    }

    /// Whether a buyer has another order that is placed.
    fn has_other_order(&self, buyer: &str, order: OrderId) -> bool {
        let placed = self.buyers.get(&buyer.to_owned()).copied().unwrap_or(0);
        let is_own = |row: &crate::order::write::OrderRow| row.is_placed_by(buyer);
        placed > i64::from(self.orders.get(&order).is_some_and(is_own))
    }

    /// Takes note that an order of a buyer is placed, or no longer.
    pub(crate) fn count_placed(
        &mut self,
        buyer: &str,
        before: Option<OrderStatus>,
        now: OrderStatus,
    ) {
        let placed = |status| i64::from(status == OrderStatus::Placed);
        let more = placed(now) - before.map_or(0, placed);
        if more != 0 {
            let count = self.buyers.get(&buyer.to_owned()).copied().unwrap_or(0);
            self.buyers.put(buyer.to_owned(), count + more);
        }
    }

    /// Gives back what an order used.
    pub(crate) fn return_promotion_uses(&mut self, order: OrderId) -> Applied {
        let uses = self.promotion_uses.iter().filter(|((user, _), _)| *user == order);
        let uses: Vec<PromotionUse> = uses.map(|(_, used)| used.clone()).collect();
        for used in uses {
            self.count_use(&used, -1);
            self.promotion_uses.remove(&(order, used.promotion));
        }
        Ok(())
    }

    /// Adds codes to a batch.
    pub(crate) fn put_coupon_codes(
        &mut self,
        batch: CouponBatchId,
        codes: &[CouponCode],
    ) -> Applied {
        for code in codes {
            if self.coupons.get(code).is_some() {
                return Err(Stop::taken("coupon code", code));
            }
            self.coupons.put(code.clone(), batch);
        }
        Ok(())
    }

    fn promotion_count(&self, promotion: PromotionId, counter: &str) -> Count {
        self.promotion_counts.get(&(promotion, counter.to_owned())).copied().unwrap_or_default()
    }

    /// Counts a use under everything that may limit it, or takes it back.
    fn count_use(&mut self, used: &PromotionUse, times: i64) {
        let (units, amount) = (i64::from(used.units) * times, used.amount.minor() * times);
        let mut add = |counter: String, units: i64, amount: i64| {
            let Count { uses, units: known, amount: given } =
                self.promotion_count(used.promotion, &counter);
            let count = Count { uses: uses + times, units: known + units, amount: given + amount };
            self.promotion_counts.put((used.promotion, counter), count);
        };
        add(EVERYBODY.to_owned(), units, 0);
        add(counter_of_customer(&used.customer), units, 0);
        if let Some(code) = &used.coupon {
            add(counter_of_coupon(code), 0, 0);
        }
        add(counter_of_currency(used.amount.currency()), 0, amount);
    }
}

/// Returns what is asked before a use is counted.
fn asked_by(used: &PromotionUse) -> UsesAsked<'_> {
    UsesAsked {
        customer: Some(&used.customer),
        coupons: used.coupon.as_slice(),
        currency: used.amount.currency(),
    }
}
