//! What may be done to a cart. Each function returns the cart as it is to be, one version higher.

use super::{COUPONS_MAX, Cart, CartLine, CartMove, CartStatus, LINES_MAX};
use crate::catalog::{Channel, Product, ProductStatus, Variant};
use crate::id::{CartId, CustomerId, OrderId, VariantId};
use crate::order::{Order, OrderStatus};
use crate::pricing::CouponCode;
use crate::quantity::Quantity;
use crate::rejection::Rejection;
use crate::shown::shown;
use crate::status::{Status as _, word};
use crate::time::Timestamp;

/// Returns a new, empty cart of a channel.
///
/// ```
/// use sutler_core::cart::{CartStatus, new_cart};
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CartId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
///
/// let cart = new_cart(CartId::from_u128(1), &web, None, now);
/// assert_eq!((cart.status, cart.lines.len()), (CartStatus::Open, 0));
/// assert_eq!(cart.expires_at, now.plus_seconds(web.cart_seconds));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn new_cart(
    id: CartId,
    channel: &Channel,
    customer: Option<CustomerId>,
    now: Timestamp,
) -> Cart {
    Cart {
        id,
        channel: channel.id,
        customer,
        status: CartStatus::START,
        lines: Vec::new(),
        coupons: Vec::new(),
        order: None,
        expires_at: now.plus_seconds(channel.cart_seconds),
        created_at: now,
        version: 1,
    }
}

/// Refuses a cart that is closed or ran out of time. At the moment of expiry it counts as expired.
///
/// ```
/// use sutler_core::cart::{new_cart, require_open};
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CartId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
///
/// let cart = new_cart(CartId::from_u128(1), &web, None, now);
/// assert_eq!(require_open(&cart, now), Ok(()));
/// let late = require_open(&cart, cart.expires_at);
/// assert_eq!(late.map_err(|why| why.code()), Err("cart.expired"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn require_open(cart: &Cart, now: Timestamp) -> Result<(), Rejection> {
    if cart.status != CartStatus::Open {
        return Err(Rejection::CartClosed { cart: cart.id, status: word(cart.status) });
    }
    if now >= cart.expires_at {
        return Err(Rejection::CartExpired { cart: cart.id, expired_at: cart.expires_at });
    }
    Ok(())
}

/// Refuses a cart that a checkout is selling right now: what its buyer pays for must not change under the payment. `order` is
/// the cart's order that is not canceled; it must be read after the cart, so that the cart's version guards the answer.
///
/// ```
/// use sutler_core::cart::{new_cart, require_no_checkout};
/// use sutler_core::order::{Order, OrderStatus};
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::time::Timestamp;
/// # macro_rules! record {
/// #     ($name:literal) => {
/// #         serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/", $name, ".json")))?
/// #     };
/// # }
/// # let (web, order): (Channel, Order) = (record!("channel"), record!("order"));
/// # let cart = new_cart(order.cart, &web, None, Timestamp::from_millis(0));
///
/// assert_eq!(order.status, OrderStatus::Pending);
/// let refused = require_no_checkout(&cart, Some(&order));
/// assert_eq!(refused.map_err(|why| why.code()), Err("cart.checkout_running"));
/// assert_eq!(require_no_checkout(&cart, None), Ok(()));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn require_no_checkout(cart: &Cart, order: Option<&Order>) -> Result<(), Rejection> {
    match order {
        Some(order) if order.status == OrderStatus::Pending => {
            Err(Rejection::CartCheckoutRunning { cart: cart.id })
        }
        _ => Ok(()),
    }
}

/// Refuses a variant that is retired, or whose product buyers cannot see.
///
/// ```
/// use sutler_core::cart::require_for_sale;
/// use sutler_core::catalog::{Product, Variant};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let blanket: Product = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
///
/// let large = &blanket.variants[0];
/// assert_eq!(require_for_sale(&blanket, large, now), Ok(()));
/// let retired = Variant { retired: true, ..large.clone() };
/// let refused = require_for_sale(&blanket, &retired, now);
/// assert_eq!(
///     refused.map_err(|why| why.to_string()),
///     Err("BLANKET-L is not for sale: this variant was retired".to_owned()),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn require_for_sale(
    product: &Product,
    variant: &Variant,
    now: Timestamp,
) -> Result<(), Rejection> {
    let refuse = |why: &str| {
        Err(Rejection::NotForSale { label: variant.label(&product.handle), why: why.to_owned() })
    };
    match () {
        () if variant.retired => refuse("this variant was retired"),
        () if product.status != ProductStatus::Active => {
            refuse(&format!("the product is {}", word(product.status)))
        }
        () if !product.is_visible(now) => refuse("the product is not published"),
        () => Ok(()),
    }
}

/// The cart one version on, alive again for the channel's full time.
fn touched(cart: &Cart, channel: &Channel, now: Timestamp) -> Result<Cart, Rejection> {
    require_open(cart, now)?;
    let expires_at = now.plus_seconds(channel.cart_seconds).max(cart.expires_at);
    Ok(Cart { expires_at, version: cart.version + 1, ..cart.clone() })
}

fn put_in(
    lines: &mut Vec<CartLine>,
    variant: VariantId,
    quantity: Quantity,
) -> Result<(), Rejection> {
    if let Some(line) = lines.iter_mut().find(|line| line.variant == variant) {
        line.quantity = Quantity::new(line.quantity.get().saturating_add(quantity.get()))?;
        return Ok(());
    }
    if lines.len() >= LINES_MAX {
        return Err(Rejection::CartTooLarge { what: "lines", max: LINES_MAX });
    }
    let line = lines.iter().map(|line| line.line).max().unwrap_or(0) + 1;
    lines.push(CartLine { line, variant, quantity });
    Ok(())
}

/// Puts units of a variant in; a variant that is there already gets more units on its line.
///
/// Errors: `cart.closed`, `cart.expired`; `cart.too_large` beyond [`LINES_MAX`] lines; `quantity.invalid` when a line would hold
/// more than [`QUANTITY_MAX`](crate::quantity::QUANTITY_MAX) units.
///
/// ```
/// use sutler_core::cart::{add_line, new_cart};
/// use sutler_core::quantity::{QUANTITY_MAX, Quantity};
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::{CartId, VariantId};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
/// # let (cart, blanket) = (new_cart(CartId::from_u128(1), &web, None, now), VariantId::from_u128(2));
///
/// let one = add_line(&cart, &web, blanket, Quantity::ONE, now)?;
/// let two = add_line(&one, &web, blanket, Quantity::ONE, now)?;
/// assert_eq!((two.lines.len(), two.lines[0].quantity.get(), two.version), (1, 2, 3));
/// let too_many = add_line(&two, &web, blanket, Quantity::new(QUANTITY_MAX)?, now);
/// assert_eq!(too_many.map_err(|why| why.code()), Err("quantity.invalid"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn add_line(
    cart: &Cart,
    channel: &Channel,
    variant: VariantId,
    quantity: Quantity,
    now: Timestamp,
) -> Result<Cart, Rejection> {
    let mut cart = touched(cart, channel, now)?;
    put_in(&mut cart.lines, variant, quantity)?;
    Ok(cart)
}

/// Sets the units of a variant's line; `None` takes the line out.
///
/// Errors: `cart.closed`, `cart.expired`; `not_found` when the variant has no line.
///
/// ```
/// use sutler_core::cart::{add_line, new_cart, set_line};
/// use sutler_core::quantity::Quantity;
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::{CartId, VariantId};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
/// # let (cart, blanket) = (new_cart(CartId::from_u128(1), &web, None, now), VariantId::from_u128(2));
///
/// let cart = add_line(&cart, &web, blanket, Quantity::ONE, now)?;
/// let five = set_line(&cart, &web, blanket, Some(Quantity::new(5)?), now)?;
/// assert_eq!(five.lines[0].quantity.get(), 5);
/// let none = set_line(&five, &web, blanket, None, now)?;
/// assert!(none.lines.is_empty());
/// let refused = set_line(&none, &web, blanket, None, now);
/// assert_eq!(refused.map_err(|why| why.code()), Err("not_found"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn set_line(
    cart: &Cart,
    channel: &Channel,
    variant: VariantId,
    quantity: Option<Quantity>,
    now: Timestamp,
) -> Result<Cart, Rejection> {
    let mut cart = touched(cart, channel, now)?;
    let Some(at) = cart.lines.iter().position(|line| line.variant == variant) else {
        return Err(Rejection::not_found("cart line", variant));
    };
    match (quantity, cart.lines.get_mut(at)) {
        (Some(quantity), Some(line)) => line.quantity = quantity,
        _ => drop(cart.lines.remove(at)),
    }
    Ok(cart)
}

/// Adds a coupon code, trimmed and in upper case; a code that is there already changes nothing but the version. Whether it
/// is good shows in the quote.
///
/// Errors: `cart.closed`, `cart.expired`; `input.invalid` for a code that is blank, longer than 64 characters or holds a control
/// character; `cart.too_large` beyond [`COUPONS_MAX`] codes.
///
/// ```
/// use sutler_core::cart::{new_cart, set_coupon};
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CartId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
/// # let cart = new_cart(CartId::from_u128(1), &web, None, now);
///
/// let cart = set_coupon(&cart, &web, " spring ", now)?;
/// assert_eq!(cart.coupons, ["SPRING"]);
/// let refused = set_coupon(&cart, &web, " ", now);
/// assert_eq!(refused.map_err(|why| why.code()), Err("input.invalid"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn set_coupon(
    cart: &Cart,
    channel: &Channel,
    code: &str,
    now: Timestamp,
) -> Result<Cart, Rejection> {
    let mut cart = touched(cart, channel, now)?;
    let code = code.trim().to_uppercase();
    if code.is_empty() || code.chars().count() > 64 || code.chars().any(char::is_control) {
        return Err(Rejection::BadInput {
            what: "coupon",
            given: shown(&code),
            why: "is not a code of 1 to 64 characters".to_owned(),
        });
    }
    if !cart.coupons.contains(&code) {
        if cart.coupons.len() >= COUPONS_MAX {
            return Err(Rejection::CartTooLarge { what: "coupons", max: COUPONS_MAX });
        }
        cart.coupons.push(code);
    }
    Ok(cart)
}

/// Takes a coupon code out, whether it is good or not.
///
/// Errors: `cart.closed`, `cart.expired`; `not_found`, with the codes that the cart has.
///
/// ```
/// use sutler_core::cart::{new_cart, remove_coupon, set_coupon};
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CartId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
/// # let cart = new_cart(CartId::from_u128(1), &web, None, now);
///
/// let cart = set_coupon(&cart, &web, "SPRING", now)?;
/// assert!(remove_coupon(&cart, &web, "spring", now)?.coupons.is_empty());
/// let refused = remove_coupon(&cart, &web, "sprung", now);
/// assert!(refused.is_err_and(|why| why.to_string().ends_with("did you mean `SPRING`?")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn remove_coupon(
    cart: &Cart,
    channel: &Channel,
    code: &str,
    now: Timestamp,
) -> Result<Cart, Rejection> {
    let mut cart = touched(cart, channel, now)?;
    let code =
        CouponCode::from_typed(code).map_or_else(|_| code.trim().to_uppercase(), String::from);
    let before = cart.coupons.len();
    cart.coupons.retain(|known| *known != code);
    if cart.coupons.len() == before {
        return Err(Rejection::NotFound {
            noun: "coupon of the cart",
            given: shown(&code),
            near: cart.coupons,
        });
    }
    Ok(cart)
}

/// Moves everything of `from` (a guest's cart, usually) into `into`; returns both as they are to be. Units of one variant
/// are summed.
///
/// Errors: `cart.channels` for carts of two channels, or one cart twice; `cart.closed`, `cart.expired` of either;
/// `cart.too_large` and `quantity.invalid` as in [`add_line`]. Codes beyond [`COUPONS_MAX`] are left behind, not refused.
///
/// ```
/// use sutler_core::cart::{CartStatus, add_line, merge, new_cart};
/// use sutler_core::quantity::Quantity;
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::{CartId, CustomerId, VariantId};
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let (now, blanket, customer) = (Timestamp::from_millis(0), VariantId::from_u128(2), CustomerId::from_u128(3));
///
/// let guest = new_cart(CartId::from_u128(1), &web, None, now);
/// let guest = add_line(&guest, &web, blanket, Quantity::ONE, now)?;
/// let own = new_cart(CartId::from_u128(2), &web, Some(customer), now);
/// let own = add_line(&own, &web, blanket, Quantity::ONE, now)?;
///
/// let (emptied, filled) = merge(&guest, &own, &web, now)?;
/// assert_eq!((emptied.status, filled.lines[0].quantity.get()), (CartStatus::Merged, 2));
/// assert_eq!(merge(&own, &own, &web, now).map_err(|why| why.code()), Err("cart.channels"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn merge(
    from: &Cart,
    into: &Cart,
    channel: &Channel,
    now: Timestamp,
) -> Result<(Cart, Cart), Rejection> {
    if from.channel != into.channel || from.id == into.id {
        return Err(Rejection::CartChannels);
    }
    let mut emptied = touched(from, channel, now)?;
    let mut filled = touched(into, channel, now)?;
    emptied.status = emptied.status.after(CartMove::Merge)?;
    for line in &emptied.lines {
        put_in(&mut filled.lines, line.variant, line.quantity)?;
    }
    for code in &emptied.coupons {
        if !filled.coupons.contains(code) && filled.coupons.len() < COUPONS_MAX {
            filled.coupons.push(code.clone());
        }
    }
    Ok((emptied, filled))
}

/// Closes a cart that became an order. It may have run out of time meanwhile: its checkout began in time.
///
/// Errors: `move.illegal` when it is closed already.
///
/// ```
/// use sutler_core::cart::{CartStatus, close, new_cart};
/// use sutler_core::id::OrderId;
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CartId;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
/// # let web: Channel = serde_json::from_str(text)?;
/// # let cart = new_cart(CartId::from_u128(1), &web, None, Timestamp::from_millis(0));
///
/// let order = OrderId::from_u128(7);
/// let ordered = close(&cart, order)?;
/// assert_eq!((ordered.status, ordered.order), (CartStatus::Ordered, Some(order)));
/// assert!(close(&ordered, order).is_err(), "one cart, one order");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn close(cart: &Cart, order: OrderId) -> Result<Cart, Rejection> {
    let status = cart.status.after(CartMove::Order)?;
    Ok(Cart { status, order: Some(order), version: cart.version + 1, ..cart.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, moment};

    fn variant(n: u128) -> VariantId {
        VariantId::from_u128(n)
    }

    fn units(n: u32) -> Quantity {
        Quantity::new(n).expect("in range")
    }

    fn cart() -> Cart {
        new_cart(CartId::from_u128(1), &channel(), None, moment(0))
    }

    #[test]
    fn a_variant_has_one_line_and_lines_keep_their_numbers() {
        let shop = channel();
        let one = add_line(&cart(), &shop, variant(7), units(2), moment(1)).expect("open");
        let two = add_line(&one, &shop, variant(8), units(1), moment(2)).expect("open");
        let more = add_line(&two, &shop, variant(7), units(3), moment(3)).expect("open");
        assert_eq!(
            more.lines.iter().map(|l| (l.line, l.quantity.get())).collect::<Vec<_>>(),
            [(1, 5), (2, 1)]
        );
        let less = set_line(&more, &shop, variant(7), None, moment(4)).expect("open");
        assert_eq!(less.lines.iter().map(|l| l.line).collect::<Vec<_>>(), [2]);
        assert_eq!(less.version, 5);
    }

    #[test]
    fn a_cart_that_ran_out_or_closed_is_refused() {
        let shop = channel();
        let late = cart().expires_at;
        assert!(matches!(
            add_line(&cart(), &shop, variant(7), units(1), late),
            Err(Rejection::CartExpired { .. })
        ));
        let closed = close(&cart(), OrderId::from_u128(3)).expect("open");
        assert!(matches!(
            add_line(&closed, &shop, variant(7), units(1), moment(1)),
            Err(Rejection::CartClosed { .. })
        ));
        assert!(close(&closed, OrderId::from_u128(3)).is_err());
    }

    #[test]
    fn too_many_units_or_lines_are_refused() {
        let shop = channel();
        let full = add_line(&cart(), &shop, variant(7), units(1_000_000), moment(1)).expect("open");
        assert!(matches!(
            add_line(&full, &shop, variant(7), units(1), moment(2)),
            Err(Rejection::Quantity(_))
        ));
        let mut wide = cart();
        for n in 0..u128::try_from(LINES_MAX).expect("small") {
            wide = add_line(&wide, &shop, variant(n), units(1), moment(1)).expect("room");
        }
        assert!(matches!(
            add_line(&wide, &shop, variant(9_999), units(1), moment(2)),
            Err(Rejection::CartTooLarge { .. })
        ));
    }

    #[test]
    fn a_coupon_goes_in_and_out_whatever_its_case() {
        let shop = channel();
        let with = set_coupon(&cart(), &shop, "spring", moment(1)).expect("open");
        let without = remove_coupon(&with, &shop, " Spring ", moment(2)).expect("there");
        assert_eq!((without.coupons.len(), without.version), (0, 3));
        assert_eq!(
            remove_coupon(&without, &shop, "spring", moment(3)).map_err(|r| r.code()),
            Err("not_found")
        );
    }

    #[test]
    fn merging_sums_units_and_closes_the_guests_cart() {
        let shop = channel();
        let guest = add_line(&cart(), &shop, variant(7), units(2), moment(1)).expect("open");
        let guest = set_coupon(&guest, &shop, " spring ", moment(1)).expect("open");
        let mut own =
            new_cart(CartId::from_u128(2), &shop, Some(CustomerId::from_u128(5)), moment(0));
        own = add_line(&own, &shop, variant(7), units(1), moment(1)).expect("open");
        let (emptied, filled) = merge(&guest, &own, &shop, moment(2)).expect("open");
        assert_eq!(emptied.status, CartStatus::Merged);
        assert_eq!(filled.lines.iter().map(|l| l.quantity.get()).collect::<Vec<_>>(), [3]);
        assert_eq!(filled.coupons, ["SPRING"]);
        assert!(merge(&guest, &guest, &shop, moment(2)).is_err());
    }
}
