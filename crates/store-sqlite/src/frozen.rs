//! Words that many orders share, as they were when an order froze them: what was sold, under which tax, from which list.
//!
//! Each stands once in `raw_frozen` and orders hold its number; that makes an order with three lines about 400 bytes
//! smaller. Rows are never changed: a renamed product gets a new row, and old orders keep the old name.

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use sutler_core::address::CountryCode;
use sutler_core::catalog::Sku;
use sutler_core::hash::ContentHash;
use sutler_core::id::{
    ChannelId, DeliveryMethodId, FeeId, PriceListId, ProductId, PromotionId, VariantId,
};
use sutler_core::money::{Currency, Rate, Rounding};
use sutler_core::pricing::{TaxCategory, TaxTreatment};
use sutler_core::shared::SharedText;

use crate::error::Fault;

pub(crate) mod sql {
    crate::statements::statements! {
        DATA_OF = "SELECT data FROM raw_frozen WHERE key = ?1";
        WITH_DIGEST = "SELECT key, data FROM raw_frozen WHERE digest = ?1";
        INSERT = "INSERT INTO raw_frozen (digest, data) VALUES (?1, ?2)";
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_simple(level: &u8) -> bool {
    *level == 0
}

/// Words that many orders share.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Frozen {
    /// How an order was counted.
    Terms {
        channel: ChannelId,
        currency: Currency,
        tax_inclusive: bool,
        rounding: Rounding,
        tax_per_order: bool,
        country: CountryCode,
        /// The tax zone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// The outside tax engine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
    },
    /// What a line sold.
    Goods {
        variant: VariantId,
        product: ProductId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        title: String,
        tracks_stock: bool,
        requires_shipping: bool,
    },
    /// Where a price came from.
    Price { list: PriceListId, name: SharedText, min_quantity: u32 },
    /// A tax.
    Tax {
        name: SharedText,
        rate: Rate,
        category: TaxCategory,
        treatment: TaxTreatment,
        #[serde(default, skip_serializing_if = "is_simple")]
        level: u8,
    },
    /// A delivery method.
    Delivery { method: DeliveryMethodId, code: String, name: String },
    /// A fee.
    Fee { fee: FeeId, code: String, name: String },
    /// A promotion.
    Promotion { promotion: PromotionId, name: SharedText },
}

/// Reads words by their number.
pub(crate) fn load(conn: &Connection, key: i64) -> Result<Frozen, Fault> {
    let found = conn
        .prepare_cached(sql::DATA_OF)?
        .query_row([key], |row| row.get::<_, String>(0))
        .optional()?;
    let data =
        found.ok_or_else(|| Fault::damaged("frozen words", format!("there is no number {key}")))?;
    Ok(serde_json::from_str(&data)?)
}

/// Finds or writes words; returns their number and whether they are new.
pub(crate) fn store(conn: &Connection, frozen: &Frozen) -> Result<(i64, bool), Fault> {
    let data = serde_json::to_string(frozen)?;
    let digest = ContentHash::of(data.as_bytes()).link();
    let mut find = conn.prepare_cached(sql::WITH_DIGEST)?;
    let mut rows = find.query([digest])?;
    while let Some(row) = rows.next()? {
        if row.get_ref(1)?.as_str().is_ok_and(|known| known == data) {
            return Ok((row.get(0)?, false));
        }
    }
    Ok((conn.prepare_cached(sql::INSERT)?.insert((digest, &data))?, true))
}

/// Returns the fault of a number that leads to words of another kind.
pub(crate) fn wrong_kind(wanted: &'static str) -> Fault {
    Fault::damaged("frozen words", format!("they are not {wanted}"))
}
