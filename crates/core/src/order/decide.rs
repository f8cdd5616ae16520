//! What may be done to an order as a whole.

use super::{Order, OrderAction, OrderLine, OrderMove, OrderNumber, OrderStatus};
use crate::address::Address;
use crate::cart::Cart;
use crate::catalog::{Product, Variant};
use crate::change::{Change, StockChange};
use crate::id::OrderId;
use crate::inventory::{Allocation, MovementKind, StockMovement};
use crate::pricing::Quote;
use crate::rejection::Rejection;
use crate::status::{Status as _, word};
use crate::time::Timestamp;

/// Returns the order that a checkout opens: pending, with the quote frozen and all counters at zero.
///
/// `sold` gives the product and variant of a quote line; a line without one is refused as not found.
///
/// ```
/// use sutler_core::order::{OrderStatus, fresh_order};
/// # use sutler_core::catalog::{Channel, Product};
/// # use sutler_core::id::{CartId, OrderId};
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # macro_rules! record {
/// #     ($name:literal) => {
/// #         serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/", $name, ".json")))?
/// #     };
/// # }
/// # let (channel, product, order): (Channel, Product, Order) = (record!("channel"), record!("product"), record!("order"));
/// # let (now, quote, ship_to) = (Timestamp::from_millis(0), order.quote, order.ship_to);
/// # let cart = sutler_core::cart::new_cart(CartId::from_u128(1), &channel, None, now);
///
/// let sold = |id| product.variant(id).map(|variant| (&product, variant));
/// let email = "ada@example.com".to_owned();
/// let opened = fresh_order(OrderId::from_u128(1), &cart, email, ship_to, quote, sold, now)?;
/// assert_eq!(opened.status, OrderStatus::Pending);
/// assert_eq!((opened.lines[0].ordered, opened.lines[0].allocated), (2, 0));
/// assert_eq!(opened.number.0, 0, "the store gives the number");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fresh_order<'a>(
    id: OrderId,
    cart: &Cart,
    email: String,
    ship_to: Address,
    quote: Quote,
    sold: impl Fn(crate::id::VariantId) -> Option<(&'a Product, &'a Variant)>,
    now: Timestamp,
) -> Result<Order, Rejection> {
    let mut lines = Vec::with_capacity(quote.lines.len());
    for line in &quote.lines {
        let (product, variant) =
            sold(line.variant).ok_or_else(|| Rejection::not_found("variant", line.variant))?;
        lines.push(OrderLine {
            line: line.line,
            variant: variant.id,
            product: product.id,
            sku: variant.sku.clone(),
            title: product.variant_title(variant),
            tracks_stock: variant.tracks_stock,
            requires_shipping: variant.requires_shipping,
            ordered: line.quantity.get(),
            canceled: 0,
            allocated: 0,
            shipped: 0,
            delivered: 0,
            return_requested: 0,
            returned: 0,
            refunded: 0,
        });
    }
    Ok(Order {
        id,
        number: OrderNumber(0),
        cart: cart.id,
        channel: cart.channel,
        status: OrderStatus::START,
        email,
        customer: cart.customer,
        ship_to,
        quote,
        lines,
        created_at: now,
        placed_at: None,
        canceled_at: None,
        version: 1,
    })
}

/// Returns the order as placed: every line promised in full.
///
/// Errors: `move.illegal` unless it is pending.
///
/// ```
/// use sutler_core::order::{Order, OrderStatus, place};
/// # use sutler_core::time::Timestamp;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let pending: Order = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(1_800_000_000_000);
///
/// let placed = place(&pending, now)?;
/// assert_eq!((placed.status, placed.placed_at), (OrderStatus::Placed, Some(now)));
/// assert_eq!((placed.lines[0].allocated, placed.version), (2, pending.version + 1));
/// assert!(place(&placed, now).is_err(), "once");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn place(order: &Order, now: Timestamp) -> Result<Order, Rejection> {
    let mut placed = order.clone();
    placed.status = order.status.after(OrderMove::Place)?;
    placed.placed_at = Some(now);
    placed.version += 1;
    for line in &mut placed.lines {
        line.allocated = line.ordered;
    }
    Ok(placed)
}

/// Calls an order off: the order as it is to be, its action, and what gives its stock back.
///
/// A placed order is refused once any of it was shipped. What is to happen with the money is decided by the caller from
/// its payments.
///
/// ```
/// use sutler_core::change::Change;
/// use sutler_core::order::{Order, OrderStatus, cancel, place};
/// # use sutler_core::time::Timestamp;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let pending: Order = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(1_800_000_000_000);
///
/// let mut placed = place(&pending, now)?;
/// let changes = cancel(&placed, &[], "ordered twice", now)?;
/// assert!(matches!(&changes[0], Change::Order { order, .. } if order.status == OrderStatus::Canceled));
/// placed.lines[0].shipped = 1;
/// let refused = cancel(&placed, &[], "ordered twice", now);
/// assert_eq!(refused.map_err(|why| why.code()), Err("order.already_shipped"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cancel(
    order: &Order,
    allocations: &[Allocation],
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Change>, Rejection> {
    if order.lines.iter().any(|line| line.shipped > 0) {
        return Err(Rejection::AlreadyShipped { number: order.number });
    }
    let mut canceled = order.clone();
    canceled.status =
        order.status.after(OrderMove::Cancel).map_err(|_| Rejection::OrderNotPlaced {
            number: order.number,
            status: word(order.status),
            verb: "canceled",
        })?;
    canceled.canceled_at = Some(now);
    canceled.version += 1;
    for line in &mut canceled.lines {
        line.canceled = line.ordered;
        line.allocated = 0;
    }
    let mut changes = vec![Change::Order {
        order: Box::new(canceled),
        action: OrderAction::Canceled { reason: reason.to_owned() },
    }];
    for allocation in allocations.iter().filter(|allocation| allocation.open() > 0) {
        let open = allocation.open();
        if order.line(allocation.line).is_some_and(|line| line.tracks_stock) {
            let movement = StockMovement {
                key: allocation.key,
                kind: MovementKind::AllocationReleased,
                quantity: open,
                cause: Some(order.id.into()),
                reason: None,
            };
            changes.push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }));
        }
        changes.push(Change::Allocation(Allocation {
            released: allocation.released + open,
            ..*allocation
        }));
    }
    Ok(changes)
}
