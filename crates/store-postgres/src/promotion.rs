//! Uses of promotions: one row for each order that used one, and counters so that no limit is found by counting rows.

use std::collections::BTreeSet;

use sutler_core::id::{OrderId, PromotionId};
use sutler_core::rejection::Rejection;
use tokio_postgres::Row;

use crate::error::{Applied, Fault};
use crate::flight::{Call, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid};

pub(crate) mod sql {
    crate::statements::statements! {
        USES = "SELECT coalesce(e.uses, 0), coalesce(o.uses, 0) FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)
            LEFT JOIN raw_promotion_count e ON e.promotion = a.id AND e.customer = ''
            LEFT JOIN raw_promotion_count o ON o.promotion = a.id AND o.customer = $2
            ORDER BY a.n";
        LOAD = "SELECT promotion, \"order\", customer FROM raw_promotion_use u
            WHERE \"order\" = ANY ($1) OR (\"order\", promotion) IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))
            ORDER BY \"order\", promotion FOR UPDATE";
        DELETE = "DELETE FROM raw_promotion_use o USING unnest($1::uuid[], $2::uuid[]) AS n (promotion, \"order\")
            WHERE (o.\"order\", o.promotion) = (n.\"order\", n.promotion)";
        INSERT = "INSERT INTO raw_promotion_use (promotion, \"order\", customer) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])";
        LOAD_COUNTS = "SELECT promotion, customer, uses FROM raw_promotion_count
            WHERE (promotion, customer) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
              OR (promotion, customer) IN (SELECT promotion, customer FROM raw_promotion_use WHERE \"order\" = ANY ($3)
                UNION ALL SELECT promotion, '' FROM raw_promotion_use WHERE \"order\" = ANY ($3))
            ORDER BY promotion, customer FOR UPDATE";
        INSERT_COUNTS = "INSERT INTO raw_promotion_count (promotion, customer, uses) SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[])";
        UPDATE_COUNTS = "UPDATE raw_promotion_count o SET uses = n.uses
            FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS n (promotion, customer, uses)
            WHERE (o.promotion, o.customer) = (n.promotion, n.customer)";
    }
}

/// The counter of all uses; that of a customer is `=` and who it is, so that no customer can be everybody.
const EVERYBODY: &str = "";

/// Returns the name of a customer's counter.
pub(crate) fn counter(customer: &str) -> String {
    format!("={customer}")
}

/// What can be asked of uses.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskUse {
    /// All uses by an order.
    OfOrder(OrderId),
    /// The use of one promotion by an order.
    One(OrderId, PromotionId),
}

/// Rows of `raw_promotion_use`: the customer's counter by order and promotion.
pub(crate) struct PromotionUses;

impl Kind for PromotionUses {
    type Key = (OrderId, PromotionId);
    type Row = String;
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

    fn read(row: &Row) -> Result<(Self::Key, String), Fault> {
        let promotion = PromotionId::from_u128(row.id(0)?);
        Ok(((OrderId::from_u128(row.id(1)?), promotion), row.at(2)?))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let gone_promotions: Vec<Uid> =
            changes.gone.iter().map(|key| Uid(key.1.to_u128())).collect();
        let gone_orders: Vec<Uid> = changes.gone.iter().map(|key| Uid(key.0.to_u128())).collect();
        let new = params![
            column(&changes.new, |key, _| Uid(key.1.to_u128())),
            column(&changes.new, |key, _| Uid(key.0.to_u128())),
            column(&changes.new, |_, row| row.clone()),
        ];
        Ok(calls([
            (
                !changes.gone.is_empty(),
                Call::new(sql::DELETE, params![gone_promotions, gone_orders]),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT, new)),
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
pub(crate) struct PromotionCounts;

impl Kind for PromotionCounts {
    type Key = (PromotionId, String);
    type Row = i64;
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

    fn read(row: &Row) -> Result<(Self::Key, i64), Fault> {
        Ok(((PromotionId::from_u128(row.id(0)?), row.at(1)?), row.at(2)?))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&(PromotionId, String), &i64)]| {
            params![
                column(rows, |key, _| Uid(key.0.to_u128())),
                column(rows, |key, _| key.1.clone()),
                column(rows, |_, uses| *uses),
            ]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_COUNTS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_COUNTS, params(&changes.new))),
        ]))
    }
}

impl Rows {
    pub(crate) fn ask_promotion_use(
        &mut self,
        promotion: PromotionId,
        order: OrderId,
        customer: &str,
    ) {
        self.promotion_uses.ask(AskUse::One(order, promotion));
        self.promotion_counts.ask(AskCount::One(promotion, EVERYBODY.to_owned()));
        self.promotion_counts.ask(AskCount::One(promotion, counter(customer)));
    }

    /// Counts a use of a promotion, within its limits.
    pub(crate) fn use_promotion(
        &mut self,
        promotion: PromotionId,
        order: OrderId,
        customer: &str,
        limit: Option<u32>,
        limit_per_customer: Option<u32>,
    ) -> Applied {
        if self.promotion_uses.get(&(order, promotion)).is_some() {
            return Ok(());
        }
        let own = counter(customer);
        let reached = |counter: &str, limit: Option<u32>| {
            let uses = self.promotion_counts.get(&(promotion, counter.to_owned()));
            limit.is_some_and(|limit| uses.copied().unwrap_or(0) >= i64::from(limit))
        };
        if reached(EVERYBODY, limit) || reached(&own, limit_per_customer) {
            return Err(Rejection::PromotionUsedUp { name: promotion.to_string() }.into());
        }
        self.count_use(promotion, EVERYBODY, 1);
        self.count_use(promotion, &own, 1);
        self.promotion_uses.put((order, promotion), own);
        Ok(())
    }

    /// Gives the uses of an order back.
    pub(crate) fn return_promotion_uses(&mut self, order: OrderId) -> Applied {
        let uses = self.promotion_uses.iter().filter(|((user, _), _)| *user == order);
        let uses: Vec<(PromotionId, String)> =
            uses.map(|((_, promotion), own)| (*promotion, own.clone())).collect();
        for (promotion, own) in uses {
            self.count_use(promotion, EVERYBODY, -1);
            self.count_use(promotion, &own, -1);
            self.promotion_uses.remove(&(order, promotion));
        }
        Ok(())
    }

    fn count_use(&mut self, promotion: PromotionId, counter: &str, more: i64) {
        let key = (promotion, counter.to_owned());
        let uses = self.promotion_counts.get(&key).copied().unwrap_or(0);
        self.promotion_counts.put(key, uses + more);
    }
}
