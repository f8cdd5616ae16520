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
///
/// ```
/// use sutler_core::cart::LINES_MAX;
/// use sutler_core::rejection::Rejection;
///
/// let refusal = Rejection::CartTooLarge { what: "lines", max: LINES_MAX };
/// assert_eq!(refusal.to_string(), "a cart has at most 500 lines");
/// ```
pub const LINES_MAX: usize = 500;

/// The most coupons a cart may have.
///
/// ```
/// use sutler_core::cart::COUPONS_MAX;
/// use sutler_core::rejection::Rejection;
///
/// let refusal = Rejection::CartTooLarge { what: "coupons", max: COUPONS_MAX };
/// assert_eq!(refusal.to_string(), "a cart has at most 20 coupons");
/// ```
pub const COUPONS_MAX: usize = 20;

/// Where a cart is.
///
/// ```
/// use sutler_core::cart::{CartMove, CartStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(CartStatus::START.after(CartMove::Order), Ok(CartStatus::Ordered));
/// assert_eq!(CartStatus::FINAL, [CartStatus::Ordered, CartStatus::Merged]);
/// ```
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
///
/// ```
/// use sutler_core::cart::{CartMove, CartStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(CartStatus::Open.after(CartMove::Merge), Ok(CartStatus::Merged));
/// assert!(CartStatus::Merged.after(CartMove::Order).is_err(), "its lines are elsewhere");
/// ```
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
///
/// ```
/// use sutler_core::cart::CartLine;
///
/// let line: CartLine = serde_json::from_str(
///     r#"{ "line": 1, "variant": "var_00000000000000000000000000000002", "quantity": 2 }"#,
/// )?;
/// assert_eq!(line.quantity.get(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// ```
/// use sutler_core::cart::{Cart, CartStatus};
///
/// let cart: Cart = serde_json::from_str(
///     r#"{
///         "id": "cart_00000000000000000000000000000001",
///         "channel": "chan_00000000000000000000000000000001",
///         "customer": null, "status": "open",
///         "lines": [{ "line": 1, "variant": "var_00000000000000000000000000000002", "quantity": 2 }],
///         "coupons": ["SPRING"], "order": null,
///         "expires_at": "2026-04-01T09:00:00Z", "created_at": "2026-03-02T09:00:00Z", "version": 3
///     }"#,
/// )?;
/// assert_eq!((cart.status, cart.lines.len()), (CartStatus::Open, 1));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
