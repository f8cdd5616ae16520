//! Uses of promotions: one row for each order that used one, and counters so that no limit is found by counting rows.

use rusqlite::{Connection, OptionalExtension as _};
use sutler_core::id::{OrderId, PromotionId};
use sutler_core::rejection::Rejection;

use crate::batch::Batch;
use crate::error::{Fault, Stop};

pub(crate) mod sql {
    crate::statements::statements! {
        USES = "SELECT uses FROM raw_promotion_count WHERE promotion = ?1 AND customer = ?2";
        IS_USED = "SELECT 1 FROM raw_promotion_use WHERE number = ?1 AND promotion = ?2";
        USE = "INSERT INTO raw_promotion_use (number, promotion, customer) VALUES (?1, ?2, ?3)";
        COUNT = "INSERT INTO raw_promotion_count (promotion, customer, uses) VALUES (?1, ?2, 1)
            ON CONFLICT DO UPDATE SET uses = uses + 1";
        UNCOUNT = "UPDATE raw_promotion_count SET uses = uses - 1 WHERE promotion = ?1 AND customer IN ('', ?2)";
        OF_ORDER = "SELECT promotion, customer FROM raw_promotion_use WHERE number = ?1";
        DROP_OF_ORDER = "DELETE FROM raw_promotion_use WHERE number = ?1";
    }
}

/// The counter of all uses; that of a customer is `=` and who it is, so that no customer can be everybody.
const EVERYBODY: &str = "";

fn counter(customer: &str) -> String {
    format!("={customer}")
}

fn counted(conn: &Connection, promotion: PromotionId, counter: &str) -> Result<u32, Fault> {
    let mut uses = conn.prepare_cached(sql::USES)?;
    Ok(uses.query_row((promotion.to_bytes(), counter), |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Returns how often a promotion was used: in all, and by one customer.
pub(crate) fn uses(
    conn: &Connection,
    promotion: PromotionId,
    customer: Option<&str>,
) -> Result<(u32, u32), Fault> {
    let own = customer.map(|customer| counted(conn, promotion, &counter(customer))).transpose()?;
    Ok((counted(conn, promotion, EVERYBODY)?, own.unwrap_or(0)))
}

impl Batch<'_> {
    /// Counts a use of a promotion, within its limits.
    pub(crate) fn use_promotion(
        &mut self,
        promotion: PromotionId,
        order: OrderId,
        customer: &str,
        limit: Option<u32>,
        limit_per_customer: Option<u32>,
    ) -> Result<(), Stop> {
        let number = self.order_number(order)?;
        let id = promotion.to_bytes();
        if self.one(sql::IS_USED, (number, id), |_| Ok(()))?.is_some() {
            return Ok(());
        }
        let (all, own) = uses(self.conn, promotion, Some(customer))?;
        let reached = |uses: u32, limit: Option<u32>| limit.is_some_and(|limit| uses >= limit);
        if reached(all, limit) || reached(own, limit_per_customer) {
            return Err(Rejection::PromotionUsedUp { name: promotion.to_string() }.into());
        }
        let counter = counter(customer);
        self.run(sql::USE, (number, id, &counter))?;
        self.run(sql::COUNT, (id, EVERYBODY))?;
        self.run(sql::COUNT, (id, &counter))?;
        Ok(())
    }

    /// Gives the uses of an order back.
    pub(crate) fn return_promotion_uses(&mut self, order: OrderId) -> Result<(), Stop> {
        let number = self.order_number(order)?;
        let used: Vec<([u8; 16], String)> = {
            let mut of_order = self.conn.prepare_cached(sql::OF_ORDER)?;
            let rows = of_order.query_map([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (promotion, counter) in &used {
            self.run(sql::UNCOUNT, (promotion, counter))?;
        }
        if !used.is_empty() {
            self.run(sql::DROP_OF_ORDER, [number])?;
        }
        Ok(())
    }
}
