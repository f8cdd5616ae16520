//! Views that several commands answer with.

use std::collections::BTreeMap;

use sutler_core::cart::{Cart, require_open};
use sutler_core::id::VariantId;
use sutler_core::order::OrderNumber;
use sutler_core::pricing::Quote;
use sutler_core::rejection::Rejection;
use sutler_engine::flow::cart::QuoteFor;
use sutler_engine::flow::order::OrderView;
use sutler_engine::{FlowError, Shop};

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::view::{CartView, OrderShown, QuoteView};

/// Returns an order with its log and the names around it.
pub(crate) fn order_shown(shop: &Shop, view: &OrderView) -> Result<OrderShown, CommandError> {
    let log = shop.order_log(view.order.number)?;
    Ok(OrderShown::new(view, &log, &*shop.setup()?))
}

/// Answers with an order and a sentence about what was done to it.
pub(crate) fn order_answer(
    shop: &Shop,
    view: &OrderView,
    sentence: &str,
) -> Result<Answer, CommandError> {
    Ok(Answer::one(order_shown(shop, view)?).summary(sentence))
}

/// Returns a cart with what it costs; one that cannot be priced says why.
pub(crate) fn cart_shown(
    shop: &Shop,
    cart: &Cart,
    wanted: &QuoteFor,
) -> Result<CartView, CommandError> {
    let priced = match shop.cart_quote(cart.id, wanted) {
        Ok(view) => Ok(QuoteView::from(&view.quote)),
        Err(FlowError::Refused(Rejection::CartEmpty { .. })) => Err(None),
        Err(FlowError::Refused(rejection)) => Err(Some(rejection.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(CartView::new(
        cart,
        channel(shop, cart)?,
        is_expired(shop, cart),
        priced,
        &names(shop, cart)?,
    ))
}

/// Returns a cart at a price that was decided.
pub(crate) fn cart_priced(
    shop: &Shop,
    cart: &Cart,
    quote: &Quote,
) -> Result<CartView, CommandError> {
    let priced = Ok(QuoteView::from(quote));
    Ok(CartView::new(
        cart,
        channel(shop, cart)?,
        is_expired(shop, cart),
        priced,
        &names(shop, cart)?,
    ))
}

fn is_expired(shop: &Shop, cart: &Cart) -> bool {
    matches!(require_open(cart, shop.now()), Err(Rejection::CartExpired { .. }))
}

/// Returns the code of a cart's channel.
fn channel(shop: &Shop, cart: &Cart) -> Result<String, CommandError> {
    let setup = shop.setup()?;
    let found = setup.channel(cart.channel);
    Ok(found.map_or_else(|| cart.channel.to_string(), |channel| channel.code.clone()))
}

/// Returns label and title of each variant of a cart.
fn names(shop: &Shop, cart: &Cart) -> Result<BTreeMap<VariantId, (String, String)>, CommandError> {
    let mut names = BTreeMap::new();
    for line in &cart.lines {
        if let Ok(found) = shop.find_variant(&line.variant.to_string()) {
            let label = found.variant.label(&found.product.handle);
            names.insert(line.variant, (label, found.product.variant_title(&found.variant)));
        }
    }
    Ok(names)
}

/// Returns the command that makes sense next for an order.
pub(crate) fn next_for(context: &Context<'_>, view: &OrderView) -> Option<String> {
    use sutler_core::order::Stage;
    let number: OrderNumber = view.order.number;
    let rest = match view.progress.stage {
        Stage::Payment => format!("payment mark-paid {number}"),
        Stage::Confirmed | Stage::Fulfillment => {
            format!("fulfill ship {number} --carrier dhl --tracking 00340434")
        }
        Stage::Shipped => format!("fulfill deliver {number}"),
        Stage::Delivered => format!("explain {number}"),
        _ => return None,
    };
    Some(context.hint(rest))
}
