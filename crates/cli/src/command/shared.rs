//! Views that several commands answer with.

use std::collections::BTreeMap;

use sutler_core::cart::{Cart, require_open};
use sutler_core::change::IdempotencyKey;
use sutler_core::credit::Credit;
use sutler_core::id::VariantId;
use sutler_core::money::Money;
use sutler_core::order::OrderNumber;
use sutler_core::pricing::Quote;
use sutler_core::rejection::Rejection;
use sutler_engine::flow::cart::QuoteFor;
use sutler_engine::flow::credit::CreditView;
use sutler_engine::flow::order::OrderView;
use sutler_engine::{FlowError, Shop};

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
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
    shown(shop, cart, priced)
}

/// Returns a cart at a price that was decided.
pub(crate) fn cart_priced(
    shop: &Shop,
    cart: &Cart,
    quote: &Quote,
) -> Result<CartView, CommandError> {
    shown(shop, cart, Ok(QuoteView::from(quote)))
}

fn shown(
    shop: &Shop,
    cart: &Cart,
    priced: Result<QuoteView, Option<String>>,
) -> Result<CartView, CommandError> {
    let gifts = priced.iter().flat_map(|quote| &quote.lines).map(|line| line.variant);
    let names = names(shop, cart.lines.iter().map(|line| line.variant).chain(gifts));
    Ok(CartView::new(cart, channel(shop, cart)?, is_expired(shop, cart), priced, &names))
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

/// Returns label and title of each variant.
fn names(
    shop: &Shop,
    variants: impl Iterator<Item = VariantId>,
) -> BTreeMap<VariantId, (String, String)> {
    let mut names = BTreeMap::new();
    for variant in variants {
        if names.contains_key(&variant) {
            continue;
        }
        if let Ok(found) = shop.find_variant(&variant.to_string()) {
            let label = found.variant.label(&found.product.handle);
            names.insert(variant, (label, found.product.variant_title(&found.variant)));
        }
    }
    names
}

/// A correction of what is left of a gift card or store credit, as people type it.
#[derive(Debug, clap::Args)]
pub(crate) struct Correction {
    /// How much more is left
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT", required_unless_present = "take")]
    add: Option<TypedMoney>,
    /// How much less is left
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT", conflicts_with = "add")]
    take: Option<TypedMoney>,
    /// Why; stands in the ledger
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Same key, same correction: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Check it; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Corrects what is left; returns it as it is then, and a sentence about it.
pub(crate) fn correct(
    shop: &Shop,
    credit: &Credit,
    typed: &Correction,
) -> Result<(CreditView, String), CommandError> {
    let currency = credit.left.currency();
    let read = |amount: &Option<TypedMoney>| match amount {
        Some(amount) => amount.in_currency(currency),
        None => Ok(Money::zero(currency)),
    };
    let amount = read(&typed.add)?.checked_sub(read(&typed.take)?).map_err(Rejection::from)?;
    if typed.dry_run {
        let after = shop.credit_correct_plan(credit.id, amount, &typed.reason)?;
        let sentence = format!("nothing was done; {} would be left", after.left);
        return Ok((CreditView::planned(after), sentence));
    }
    let view = shop.credit_correct(credit.id, amount, &typed.reason, typed.key.clone())?;
    let sentence = if view.replayed {
        "it was corrected by the first call; nothing was done now".to_owned()
    } else {
        format!("corrected by {amount}; {} is left", view.credit.left)
    };
    Ok((view, sentence))
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
