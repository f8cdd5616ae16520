//! Carts: lines a buyer is still changing. A cart promises nothing; it is its own record, not an order in an early state.
//!
//! Deliberately absent: prices. A cart holds variants and quantities; what they cost is a quote, made when asked.

mod decide;

pub use decide::{
    add_line, close, merge, new_cart, remove_coupon, require_for_sale, require_no_checkout,
    require_open, set_coupon, set_line,
};

use serde::{Deserialize, Serialize};

use crate::id::{CartId, ChannelId, CustomerId, OrderId, VariantId};
use crate::quantity::Quantity;
use crate::status::Status;
use crate::time::Timestamp;

/// The most lines a cart may have.
pub const LINES_MAX: usize = 500;

/// The most coupons a cart may have.
pub const COUPONS_MAX: usize = 20;

/// Where a cart is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CartStatus {
    /// Being filled.
    Open,
    /// Became an order.
    Ordered,
    /// Its lines moved into another cart.
    Merged,
}

/// What changes the status of a cart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CartMove {
    /// An order was placed.
    Order,
    /// Its lines moved into another cart.
    Merge,
}

impl Status for CartStatus {
    type Move = CartMove;
    const NOUN: &'static str = "cart";
    const ALL: &'static [Self] = &[CartStatus::Open, CartStatus::Ordered, CartStatus::Merged];
    const START: Self = CartStatus::Open;
    const FINAL: &'static [Self] = &[CartStatus::Ordered, CartStatus::Merged];
    #[rustfmt::skip]
    const MOVES: &'static [(Self, CartMove, Self)] = &[
        // from             move             to
        (CartStatus::Open,  CartMove::Order, CartStatus::Ordered),
        (CartStatus::Open,  CartMove::Merge, CartStatus::Merged),
    ];
}

/// One variant and a quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CartLine {
    /// Number within the cart, from 1; keeps its number while others come and go.
    pub line: u32,
    /// What.
    pub variant: VariantId,
    /// How many.
    pub quantity: Quantity,
}

/// Lines a buyer is still changing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cart {
    /// Identity.
    pub id: CartId,
    /// Where it is filled.
    pub channel: ChannelId,
    /// Whose it is; `None` for a guest.
    pub customer: Option<CustomerId>,
    /// Where it is in its life.
    pub status: CartStatus,
    /// What is in it.
    pub lines: Vec<CartLine>,
    /// Coupon codes as typed, trimmed and in upper case.
    pub coupons: Vec<String>,
    /// The order it became.
    pub order: Option<OrderId>,
    /// When it stops living unless changed.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}
