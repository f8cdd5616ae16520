//! Carts.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;
use sutler_core::cart::{Cart, CartLine};
use sutler_core::change::RecordRef;
use sutler_core::id::{CartId, ChannelId, CustomerId, OrderId, VariantId};
use sutler_core::port::{CartReader, StoreError};
use sutler_core::quantity::Quantity;

use crate::SqliteStore;
use crate::batch::Batch;
use crate::error::{Fault, Stop};
use crate::short::Words;
use crate::value::{At, Mention, Word, count, int};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT c.channel, c.customer, c.status, c.lines, c.coupons, c.\"order\", c.expires_at, c.created_at,
              c.version, o.id, c.id
            FROM raw_cart c LEFT JOIN raw_order o ON o.number = c.\"order\" AND typeof(c.\"order\") = 'integer'
            WHERE c.id = ?1";
        INSERT = "INSERT INTO raw_cart
              (id, channel, customer, status, lines, coupons, \"order\", expires_at, created_at, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
        UPDATE = "UPDATE raw_cart SET channel = ?2, customer = ?3, status = ?4, lines = ?5, coupons = ?6, \"order\" = ?7,
              expires_at = ?8, created_at = ?9, version = ?10
            WHERE id = ?1 AND version = ?10 - 1";
    }
}

impl CartReader for SqliteStore {
    fn cart(&self, id: CartId) -> Result<Option<Cart>, StoreError> {
        self.read("read a cart", |conn, words| {
            let mut by_id = conn.prepare_cached(sql::BY_ID)?;
            by_id
                .query_row([id.to_bytes()], |row| Ok(read(row, conn, words)))
                .optional()?
                .transpose()
        })
    }
}

/// Line, variant, quantity.
#[derive(Deserialize)]
struct LineText(u32, i64, #[serde(default = "one")] u32);

fn one() -> u32 {
    1
}

/// Reads the columns of [`sql::BY_ID`].
pub(crate) fn read(row: &Row<'_>, conn: &Connection, words: &Words) -> Result<Cart, Fault> {
    let text: &str = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    let mut lines = Vec::new();
    for LineText(line, variant, quantity) in serde_json::from_str::<Vec<LineText>>(text)? {
        let quantity =
            Quantity::new(quantity).map_err(|error| Fault::damaged("a cart line", error))?;
        lines.push(CartLine {
            line,
            variant: VariantId::from_bytes(words.id(conn, variant)?),
            quantity,
        });
    }
    let coupons = row.get_ref(4)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let order = match row.get::<_, Option<Mention>>(5)? {
        None => None,
        Some(Mention::Id(id)) => Some(id),
        Some(Mention::Key(_)) => {
            let found = row.get::<_, Option<[u8; 16]>>(9)?;
            Some(found.ok_or_else(|| Fault::damaged("a cart", "its order is missing"))?)
        }
    };
    Ok(Cart {
        id: CartId::from_bytes(row.get(10)?),
        channel: ChannelId::from_bytes(words.id(conn, row.get(0)?)?),
        customer: row.get::<_, Option<_>>(1)?.map(CustomerId::from_bytes),
        status: row.get::<_, Word<_>>(2)?.0,
        lines,
        coupons: coupons.map(serde_json::from_str).transpose()?.unwrap_or_default(),
        order: order.map(OrderId::from_bytes),
        expires_at: row.get::<_, At>(6)?.0,
        created_at: row.get::<_, At>(7)?.0,
        version: count(row.get(8)?)?,
    })
}

impl Batch<'_> {
    /// Writes a cart with all its lines.
    pub(crate) fn put_cart(&mut self, cart: &Cart) -> Result<(), Stop> {
        let mut lines = String::with_capacity(2 + cart.lines.len() * 12);
        lines.push('[');
        for (index, line) in cart.lines.iter().enumerate() {
            use std::fmt::Write as _;
            let comma = if index == 0 { "" } else { "," };
            let variant = self.short(line.variant.to_bytes())?;
            // Writing to a string cannot fail.
            let _ = match line.quantity.get() {
                1 => write!(lines, "{comma}[{},{variant}]", line.line),
                more => write!(lines, "{comma}[{},{variant},{more}]", line.line),
            };
        }
        lines.push(']');
        let coupons =
            (!cart.coupons.is_empty()).then(|| serde_json::to_string(&cart.coupons)).transpose()?;
        let row = (
            cart.id.to_bytes(),
            self.short(cart.channel.to_bytes())?,
            cart.customer.map(CustomerId::to_bytes),
            Word(cart.status),
            lines,
            coupons,
            cart.order.map(|order| self.mention(RecordRef::Order(order))),
            cart.expires_at.millis(),
            cart.created_at.millis(),
            int(cart.version),
        );
        self.put_versioned((sql::INSERT, sql::UPDATE), row, cart.version, cart.id)
    }
}
